// Package bilingual translates a question word by word for passages in other
// languages, with a list of terms that is learnt from a company's own documents:
// those it keeps in several languages say the same with the same codes, numbers
// and names.
//
// Nothing is asked over the network and nothing is shipped: what no document
// says twice is not translated.
package bilingual

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/sufflor/sufflor/index"
)

// format changes whenever terms are learnt or written otherwise.
const format = 1

// ErrFormat means that terms were written by another version, or are damaged.
// They are derived: learn them again.
var ErrFormat = errors.New("terms of another version, or damaged")

// Term is a word in another language.
type Term struct {
	Word  string  `json:"w"` // as it is written most often
	Score float64 `json:"s"` // how surely, 0 to 1
}

// Lexicon is the terms of one workspace. It does not change and is safe for
// concurrent use. A nil one knows nothing.
type Lexicon struct {
	terms map[pair]map[string][]Term // by stem, the surest first
	same  map[string][]string        // passages that say the same in other languages, by id
}

// parallel reports whether passages are known that say the same.
func (l *Lexicon) parallel() bool { return l != nil && len(l.same) > 0 }

// pair is two languages in a direction.
type pair struct{ from, to string }

func (p pair) String() string { return p.from + ">" + p.to }

// Size is how many words have a translation, over all pairs of languages.
func (l *Lexicon) Size() int {
	n := 0
	if l != nil {
		for _, t := range l.terms {
			n += len(t)
		}
	}
	return n
}

// Pairs is how many words have a translation by pair, such as "nb>sv".
func (l *Lexicon) Pairs() map[string]int {
	out := map[string]int{}
	if l != nil {
		for p, t := range l.terms {
			out[p.String()] = len(t)
		}
	}
	return out
}

// second is how sure a further translation of a word must be, as a share of the
// surest, to stand beside it.
const second = 0.95

// Translate is text, word by word, and the share of its words on the matter
// that are known, 0 to 1. Identifiers and words that are not known stay as they
// are; function words are left out.
func (l *Lexicon) Translate(from, to, text string) (string, float64) {
	if l == nil || len(l.terms[pair{from, to}]) == 0 {
		return text, 0
	}
	terms := l.terms[pair{from, to}]
	var out []string
	known, words, end := 0, 0, -1
	for _, t := range index.Analyze(from, text) {
		if t.Start < end {
			continue // a piece of an identifier that is there already
		}
		surface := text[t.Start:t.End]
		if t.Identifier {
			out, end = append(out, surface), t.End
			continue
		}
		if t.Stop || t.Term == "" {
			continue
		}
		words++
		found := terms[t.Term]
		if len(found) == 0 {
			out = append(out, surface)
			continue
		}
		known++
		for i, f := range found {
			if i == 0 || f.Score >= second*found[0].Score && i < 2 {
				out = append(out, f.Word)
			}
		}
	}
	if words == 0 {
		return text, 0
	}
	return strings.Join(out, " "), float64(known) / float64(words)
}

// file is a lexicon as it is written.
type file struct {
	Format int             `json:"format"`
	Sum    string          `json:"sha256"` // of Learnt
	Of     string          `json:"of"`     // what was learnt from, in the caller's words
	Learnt json.RawMessage `json:"learnt"`
}

// learnt is what is in a file.
type learnt struct {
	Terms map[string]map[string][]Term `json:"terms"` // by pair
	Same  map[string][]string          `json:"same"`
}

// Encode is l as a file, with what it was learnt from.
func (l *Lexicon) Encode(of string) ([]byte, error) {
	out := learnt{Terms: map[string]map[string][]Term{}}
	if l != nil {
		for p, t := range l.terms {
			out.Terms[p.String()] = t
		}
		out.Same = l.same
	}
	raw, err := json.Marshal(out)
	if err != nil {
		return nil, fmt.Errorf("write terms: %w", err)
	}
	sum := sha256.Sum256(raw)
	data, err := json.Marshal(file{Format: format, Sum: hex.EncodeToString(sum[:]), Of: of, Learnt: raw})
	if err != nil {
		return nil, fmt.Errorf("write terms: %w", err)
	}
	return append(data, '\n'), nil
}

// Decode reads what Encode wrote. Its error wraps [ErrFormat].
func Decode(data []byte) (l *Lexicon, of string, err error) {
	var f file
	d := json.NewDecoder(bytes.NewReader(data))
	d.DisallowUnknownFields()
	if err := d.Decode(&f); err != nil {
		return nil, "", fmt.Errorf("%w: %w", ErrFormat, err)
	}
	if f.Format != format {
		return nil, "", fmt.Errorf("%w: format %d, want %d", ErrFormat, f.Format, format)
	}
	if sum := sha256.Sum256(f.Learnt); hex.EncodeToString(sum[:]) != f.Sum {
		return nil, "", fmt.Errorf("%w: the checksum is another", ErrFormat)
	}
	var in learnt
	if err := json.Unmarshal(f.Learnt, &in); err != nil {
		return nil, "", fmt.Errorf("%w: %w", ErrFormat, err)
	}
	l = &Lexicon{terms: map[pair]map[string][]Term{}, same: in.Same}
	for name, terms := range in.Terms {
		from, to, ok := strings.Cut(name, ">")
		if !ok {
			return nil, "", fmt.Errorf("%w: pair %q", ErrFormat, name)
		}
		l.terms[pair{from, to}] = terms
	}
	return l, f.Of, nil
}

// bySurety orders terms, the surest first.
func bySurety(a, b Term) int {
	return cmp.Or(cmp.Compare(b.Score, a.Score), cmp.Compare(a.Word, b.Word))
}
