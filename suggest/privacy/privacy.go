// Package privacy masks personal data, and puts it back.
//
// Text that leaves the house or that is learned from passes through a [Vault],
// one for each conversation: names, addresses and numbers become placeholders
// such as <PERSON_1>, the same value always the same one, and what comes back
// is restored. What a customer wrote that looks like a placeholder is masked,
// too, so that nobody can plant one.
//
// The package knows texts and nothing of desks, models or stores; keeping a
// vault between two turns is the caller's work, see [Vault.MarshalJSON].
package privacy

import (
	"encoding/json"
	"errors"
	"fmt"
	"hash/maphash"
	"log/slog"
	"slices"
	"strings"
	"sync"

	"github.com/sufflor/sufflor/idnumber"
)

// ErrUnknown is wrapped when a text names a placeholder that was never given
// out in its conversation.
var ErrUnknown = errors.New("unknown placeholder")

// Kind is a sort of personal data, and the word in its placeholders.
type Kind string

// What is found.
const (
	Name    Kind = "PERSON"
	Email   Kind = "EMAIL"
	Phone   Kind = "PHONE"
	Address Kind = "ADDRESS" // street and number, with postcode and place
	IBAN    Kind = "IBAN"
	Account Kind = "ACCOUNT" // a national bank account number
	Card    Kind = "CARD"    // a payment card
	ID      Kind = "ID"      // national identity, tax, health and travel documents
	IP      Kind = "IP"      // an address of IP version 4 or 6
	MAC     Kind = "MAC"     // of a network device
	URL     Kind = "URL"     // only with a password, a token or a person in it
	Wallet  Kind = "WALLET"  // Bitcoin

	// Text is what looks like a placeholder and was written by somebody.
	Text Kind = "TEXT"
)

// Kinds are all kinds that can be chosen, in order of precedence where two
// claim the same text.
func Kinds() []Kind {
	return []Kind{URL, Email, IBAN, Card, ID, Wallet, IP, MAC, Account, Phone, Address, Name}
}

// Person is somebody the desk knows to take part in a conversation. Without a
// name, an address such as kari.nordmann@… gives one.
type Person struct {
	Name  string `json:"name,omitempty"`
	Email string `json:"email,omitempty"`
	Phone string `json:"phone,omitempty"`
}

// Options say what is masked. The zero value masks all that can be found
// without knowing anybody.
type Options struct {
	Known []Person // customer and agents

	// Kinds narrows what is masked; empty is all.
	Kinds []Kind

	// Keep are the company's own domains ("fjordvik.example") and phone
	// numbers, which are part of answers.
	Keep []string

	// Norway is the rule for Norwegian identity numbers.
	Norway idnumber.Norway

	// Off leaves every text as it is: for a model in the house.
	Off bool
}

// Finding is a piece of personal data in a text.
type Finding struct {
	Kind       Kind    `json:"kind"`
	Rule       string  `json:"rule"`       // what it was recognised by, such as "no_fnr"
	Start      int     `json:"start"`      // in bytes
	End        int     `json:"end"`        // in bytes, exclusive
	Confidence float64 `json:"confidence"` // 0 to 1, an estimate by rule

	norm string // equal for two spellings of one value
	base string // as it is restored, when that is not as it was written
}

// Vault is the map between the values and the placeholders of one
// conversation. It grows with the texts it masks; the same texts in the same
// order give the same placeholders. It prints nothing of what it holds, and is
// safe for concurrent use.
type Vault struct {
	opts Options

	mu     sync.Mutex
	names  names // known, and learned from the texts
	values map[Kind][]value
	index  map[string]int // kind and norm → number

	// spelled keeps how values were written in texts that do not use the
	// spelling they are restored with, by the masked text; order is oldest
	// first.
	spelled map[uint64]spelling
	order   []uint64
	seed    maphash.Seed
}

type value struct {
	Norm string `json:"norm"`
	Text string `json:"text"`
}

// spelling is a masked text and what stood for each of its placeholders.
type spelling struct {
	Masked string   `json:"masked"`
	Values []string `json:"values"`
}

// maxSpelled bounds the texts whose spelling is kept.
const maxSpelled = 64

// New is an empty vault.
func New(opts Options) *Vault {
	v := &Vault{opts: opts, values: map[Kind][]value{}, index: map[string]int{}, spelled: map[uint64]spelling{}, seed: maphash.MakeSeed()}
	for _, p := range opts.Known {
		v.names.add(p.Name, true)
		if p.Name == "" {
			v.names.add(nameOf(p.Email), true)
		}
	}
	return v
}

// Find is what would be masked in a text, in order. It learns nothing.
func (v *Vault) Find(text string) []Finding {
	v.mu.Lock()
	names := v.names.clone()
	v.mu.Unlock()
	found := find(text, &v.opts, &names)
	return slices.DeleteFunc(found, func(f Finding) bool { return f.Kind == Text })
}

// Mask is text with placeholders for its personal data. [Vault.Restore] of the
// result is text again, byte for byte. It takes time linear in the text.
func (v *Vault) Mask(text string) string {
	if v.opts.Off || text == "" {
		return text
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	found := find(text, &v.opts, &v.names)
	if len(found) == 0 {
		return text
	}
	var out strings.Builder
	out.Grow(len(text))
	last, plain := 0, true
	written := make([]string, len(found))
	for i, f := range found {
		written[i] = text[f.Start:f.End]
		n := v.number(f, written[i])
		restored := v.values[f.Kind][n-1].Text
		if f.Kind == Name {
			ending := letters(text[f.End:])
			stem, joined := inflect(restored, ending)
			plain = plain && stem+joined == written[i]+ending
		} else {
			plain = plain && restored == written[i]
		}
		out.WriteString(text[last:f.Start])
		writePlaceholder(&out, f.Kind, n)
		last = f.End
	}
	out.WriteString(text[last:])
	masked := out.String()
	v.spell(masked, written, plain)
	return masked
}

// number is the number of a value's placeholder, from 1.
func (v *Vault) number(f Finding, written string) int {
	norm := f.norm
	if norm == "" {
		norm = written
	}
	key := string(f.Kind) + " " + norm
	if n, ok := v.index[key]; ok {
		return n
	}
	if f.Kind == Phone {
		// With and without the country's code it is one number. Many
		// numbers are a list of strangers, not one person's spellings.
		for i, old := range v.values[Phone] {
			if i >= 256 {
				break
			}
			if sameNumber(old.Norm, norm) {
				v.index[key] = i + 1
				return i + 1
			}
		}
	}
	if f.base != "" {
		written = f.base
	}
	v.values[f.Kind] = append(v.values[f.Kind], value{Norm: norm, Text: written})
	n := len(v.values[f.Kind])
	v.index[key] = n
	return n
}

// spell keeps how the values of a masked text were written, unless that is how
// they are restored anyway.
func (v *Vault) spell(masked string, written []string, plain bool) {
	key := maphash.String(v.seed, masked)
	_, kept := v.spelled[key]
	switch {
	case plain && kept:
		delete(v.spelled, key)
		v.order = slices.DeleteFunc(v.order, func(k uint64) bool { return k == key })
	case !plain:
		if !kept {
			if len(v.order) == maxSpelled {
				delete(v.spelled, v.order[0])
				v.order = slices.Delete(v.order, 0, 1)
			}
			v.order = append(v.order, key)
		}
		v.spelled[key] = spelling{Masked: masked, Values: written}
	}
}

// Restore puts the values back in place of their placeholders. It is lenient
// on how a placeholder is written ([EMAIL\_1], <email_1>, PERSON 1), and joins
// an ending to a name as Nordic languages do ("<PERSON_1>s"). A value comes
// back as it was first written, or as the desk writes it; in a text that this
// vault masked itself, as it was written there.
//
// A placeholder that was never given out stays, and is named in an error that
// wraps [ErrUnknown].
func (v *Vault) Restore(text string) (string, error) {
	if v.opts.Off {
		return text, nil
	}
	marks := placeholders(text)
	if len(marks) == 0 {
		return text, nil
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	own, isOwn := v.spelled[maphash.String(v.seed, text)]
	isOwn = isOwn && own.Masked == text && len(own.Values) == len(marks)
	var out strings.Builder
	out.Grow(len(text))
	var unknown []error
	last := 0
	for i, m := range marks {
		out.WriteString(text[last:m.from])
		last = m.to
		switch values := v.values[m.kind]; {
		case isOwn:
			out.WriteString(own.Values[i])
		case m.number < 1 || m.number > len(values):
			out.WriteString(text[m.from:m.to])
			unknown = append(unknown, fmt.Errorf("%q: %w", text[m.from:m.to], ErrUnknown))
		case m.kind == Name:
			ending := letters(text[m.to:])
			written, joined := inflect(values[m.number-1].Text, ending)
			out.WriteString(written)
			out.WriteString(joined)
			last += len(ending)
		default:
			out.WriteString(values[m.number-1].Text)
		}
	}
	out.WriteString(text[last:])
	return out.String(), errors.Join(unknown...)
}

// saved is a vault as JSON.
type saved struct {
	Version int              `json:"version"`
	Values  map[Kind][]value `json:"values"`
	Learned []string         `json:"learned,omitempty"`
	Spelled []spelling       `json:"spelled,omitempty"`
}

// MarshalJSON is the map, with all the personal data in it: encrypt it before
// it is kept. Options are not part of it.
func (v *Vault) MarshalJSON() ([]byte, error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	s := saved{Version: 1, Values: v.values, Learned: v.names.learned}
	for _, key := range v.order {
		s.Spelled = append(s.Spelled, v.spelled[key])
	}
	return json.Marshal(s)
}

// UnmarshalJSON replaces what a vault from [New] holds by a map that was kept.
func (v *Vault) UnmarshalJSON(data []byte) error {
	var s saved
	if err := json.Unmarshal(data, &s); err != nil {
		return fmt.Errorf("a conversation's placeholders: %w", err)
	}
	if s.Version != 1 {
		return fmt.Errorf("a conversation's placeholders: version %d, this program reads 1", s.Version)
	}
	fresh := New(v.opts)
	for kind, values := range s.Values {
		if _, ok := kindOf(string(kind)); !ok {
			return fmt.Errorf("a conversation's placeholders: kind %q is not one of ours", kind)
		}
		fresh.values[kind] = values
		for i, val := range values {
			fresh.index[string(kind)+" "+val.Norm] = i + 1
		}
	}
	for _, name := range s.Learned {
		fresh.names.add(name, false)
	}
	for _, sp := range s.Spelled {
		fresh.spell(sp.Masked, sp.Values, false)
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	v.names, v.values, v.index, v.spelled, v.order, v.seed = fresh.names, fresh.values, fresh.index, fresh.spelled, fresh.order, fresh.seed
	return nil
}

// String hides what the vault holds.
func (v *Vault) String() string { return "[vault]" }

// GoString hides what the vault holds.
func (v *Vault) GoString() string { return "[vault]" }

// LogValue hides what the vault holds.
func (v *Vault) LogValue() slog.Value { return slog.StringValue("[vault]") }
