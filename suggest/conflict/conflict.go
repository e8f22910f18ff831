// Package conflict finds passages that say different things on one matter: two
// warranties, two prices, a yes and a no.
//
// It would rather miss a conflict than report one that is none, for each costs
// a draft its flag: passages of different products, years, countries or
// variants do not contradict each other. It does no I/O, accepts any bytes and
// is safe for concurrent use.
package conflict

import (
	"cmp"
	"slices"
	"strings"

	"github.com/sufflor/sufflor/index"
	"github.com/sufflor/sufflor/suggest/message"
	"github.com/sufflor/sufflor/suggest/overlap"
)

// Kind is what two passages differ in.
type Kind string

// The kinds of conflicts.
const (
	Value Kind = "value" // a number, price, date, phone number …
	YesNo Kind = "yesno" // one says that it is so, the other that it is not
)

// Conflict is a pair of passages that contradict each other.
type Conflict struct {
	Kind           Kind
	A, B           int          // indices of the passages, A < B
	SpanA, SpanB   message.Span // bytes of their texts
	What           string       // the words that both are on, as A writes them
	ValueA, ValueB string       // as written; for [YesNo] the sentences
	Newer          int          // A, B, or -1 when dates do not tell
}

// Bounds of the work.
const (
	maxPassages   = 16
	maxStatements = 24
	maxText       = 8 << 10 // bytes of a passage that are looked at
	maxConflicts  = 8
)

// Find compares the passages that answer a question with each other, best
// first, and gives what it finds in their order, at most one conflict per pair.
// With a question only what is said on its words counts; without one, all.
func Find(language, question string, passages []index.Passage) []Conflict {
	if len(passages) > maxPassages {
		passages = passages[:maxPassages]
	}
	said := make([]said, len(passages))
	for i, p := range passages {
		said[i] = read(p)
	}
	asked := newAsk(language, question)
	var out []Conflict
	for i := range passages {
		for j := i + 1; j < len(passages) && len(out) < maxConflicts; j++ {
			if !comparable(passages[i], passages[j]) {
				continue
			}
			if c, ok := compare(&said[i], &said[j], asked); ok {
				c.A, c.B, c.Newer = i, j, newer(passages, i, j)
				out = append(out, c)
			}
		}
	}
	return out
}

// comparable reports whether two passages can speak of the same thing at all.
func comparable(a, b index.Passage) bool {
	switch {
	case a.Language != b.Language || a.ID != "" && a.ID == b.ID:
		return false
	case a.Document == b.Document && a.Kind == index.KindRow && b.Kind == index.KindRow:
		return false // rows of one table, or of its next sheet
	case a.Product != "" && b.Product != "" && a.Product != b.Product:
		return false
	}
	return true
}

func newer(passages []index.Passage, i, j int) int {
	a, b := passages[i].Modified, passages[j].Modified
	switch {
	case a.IsZero() || b.IsZero() || a.Equal(b):
		return -1
	case a.After(b):
		return i
	}
	return j
}

// compare finds the first contradiction between two passages.
func compare(a, b *said, asked ask) (Conflict, bool) {
	for i := range a.statements {
		for j := range b.statements {
			x, y := &a.statements[i], &b.statements[j]
			if x.bucket != y.bucket || x.count != y.count || x.exact != y.exact {
				continue
			}
			if c, ok := differ(a, b, x, y, asked); ok {
				return c, true
			}
		}
	}
	if a.denies || b.denies {
		return opposed(a, b, asked)
	}
	return Conflict{}, false
}

// differ reports whether two statements give one thing different values.
func differ(a, b *said, x, y *statement, asked ask) (Conflict, bool) {
	if x.quantity.agrees(y.quantity) || x.quantity.among(b) || y.quantity.among(a) || taxed(x.quantity, y.quantity) {
		return Conflict{}, false
	}
	if !x.how().same(y.how()) {
		return Conflict{}, false
	}
	what, ok := together(a, b, x, y, asked)
	if !ok || len(what) < minMatched(x) {
		return Conflict{}, false
	}
	return Conflict{Kind: Value, SpanA: x.span, SpanB: y.span, What: strings.Join(what, " "), ValueA: x.quantity.text, ValueB: y.quantity.text}, true
}

// minMatched is how many words two statements must share. A bare number or a
// date says little by itself about what it counts.
func minMatched(x *statement) int {
	switch x.quantity.kind {
	case message.Number, message.Date:
		return 2
	}
	return 1
}

// together gives the words that two statements share when they speak of the
// same thing: each other word of theirs would make it another one.
func together(a, b *said, x, y *statement, asked ask) ([]string, bool) {
	if !sameSet(a.scope(x), b.scope(y)) || disjoint(a.years(x), b.years(y)) {
		return nil, false
	}
	x.analyse(a)
	y.analyse(b)
	mx, my := x.matches(y), y.matches(x)
	var shared []string
	onAsk := !asked.says || overlaps(asked.codes, a.scope(x))
	strong := false
	for i, m := range mx {
		t := x.query.Terms[i]
		if m < alike {
			if !x.loose[i] {
				return nil, false
			}
			continue
		}
		if len(shared) < 4 && x.own[i] {
			shared = append(shared, t.Surface)
		}
		if y.said(t) {
			strong = true
		}
		onAsk = onAsk || asked.speaks(t)
	}
	for i, m := range my {
		if m < alike && !y.loose[i] {
			return nil, false
		}
		onAsk = onAsk || m >= alike && asked.speaks(y.query.Terms[i])
	}
	return shared, onAsk && strong
}

// alike is how near two words must be, as [overlap.Similar] and its synonyms
// measure it: inflections and compounds of one stem.
const alike = 0.6

// ask is what the customer wants to know.
type ask struct {
	text  overlap.Text
	codes map[string]bool
	says  bool // has words on the matter, or codes
}

func newAsk(language, question string) ask {
	a := ask{text: overlap.Analyze(language, question), codes: message.Codes(question)}
	fill := fillersOf(language)
	for _, t := range overlap.Weigh(a.text, nil, 1).Terms {
		a.says = a.says || t.Identifier || t.Weight == 1 && !fill[strings.ToLower(t.Surface)] && !fill[t.Term]
	}
	return a
}

// speaks reports whether the question has a word like t.
func (a ask) speaks(t overlap.Term) bool {
	q := overlap.Query{Terms: []overlap.Term{t}, Total: 1}
	return q.Matches(a.text)[0] >= 0.5
}

func overlaps(codes map[string]bool, list []string) bool {
	return slices.ContainsFunc(list, func(c string) bool { return codes[c] })
}

// opposed finds a sentence that says what another one denies.
func opposed(a, b *said, asked ask) (Conflict, bool) {
	for i := range a.sentences {
		for j := range b.sentences {
			x, y := &a.sentences[i], &b.sentences[j]
			if x.denies == y.denies || x.values != y.values || !x.how().same(y.how()) {
				continue
			}
			what, ok := together(a, b, x, y, asked)
			if !ok || len(what) < 3 || x.slack(y) || y.slack(x) {
				continue
			}
			return Conflict{Kind: YesNo, SpanA: x.span, SpanB: y.span, What: strings.Join(what, " "), ValueA: x.text, ValueB: y.text}, true
		}
	}
	return Conflict{}, false
}

// taxed reports whether one amount is the other with value added tax.
func taxed(a, b quantity) bool {
	if a.kind != message.Money || a.low <= 0 || b.low <= 0 {
		return false
	}
	ratio := max(a.low, b.low) / min(a.low, b.low)
	for _, rate := range []float64{1.25, 1.19, 1.24, 1.255} {
		if ratio > rate-0.002 && ratio < rate+0.002 {
			return true
		}
	}
	return false
}

// sameSet reports whether two sorted lists hold the same.
func sameSet(a, b []string) bool { return slices.Equal(a, b) }

// disjoint reports whether both lists hold something and nothing in common.
func disjoint(a, b []string) bool {
	return len(a) > 0 && len(b) > 0 && !slices.ContainsFunc(a, func(s string) bool { return slices.Contains(b, s) })
}

func sorted(m map[string]bool) []string {
	out := make([]string, 0, len(m))
	for k := range m {
		out = append(out, k)
	}
	slices.SortFunc(out, cmp.Compare)
	return out
}
