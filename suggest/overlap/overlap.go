// Package overlap measures how much of one text's meaning stands in another,
// without a model: rare words weigh more, and compounds and inflections count
// in part. It is the ruler that writer, checks and flag share.
package overlap

import (
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/sufflor/sufflor/index"
)

// Text is an analysed text.
type Text struct {
	Language string
	Source   string
	Tokens   []index.Token
	terms    map[string]bool
	groups   map[int]bool // of synonyms
	parts    map[int]bool // of synonyms of words' heads
}

// Analyze analyses text in language; "" is analysed without stemming.
func Analyze(language, text string) Text {
	text = Plain(text)
	t := Text{Language: language, Source: text, Tokens: index.Analyze(language, text)}
	t.terms, t.groups, t.parts = make(map[string]bool, len(t.Tokens)), map[int]bool{}, map[int]bool{}
	th := thesauri()[language]
	for _, tok := range t.Tokens {
		if t.terms[tok.Term] {
			continue
		}
		t.terms[tok.Term] = true
		if !tok.Stop && !tok.Identifier {
			groups, parts := th.of(tok.Term)
			for _, n := range groups {
				t.groups[n] = true
			}
			for _, n := range parts {
				t.parts[n] = true
			}
		}
	}
	return t
}

// Has reports whether the exact term occurs.
func (t Text) Has(term string) bool { return t.terms[term] }

// Terms are the distinct terms that carry meaning, in order of appearance.
func (t Text) Terms() []string {
	var out []string
	seen := map[string]bool{}
	for _, tok := range t.Tokens {
		if !tok.Stop && !seen[tok.Term] {
			seen[tok.Term] = true
			out = append(out, tok.Term)
		}
	}
	return out
}

// Term is a word that is looked for.
type Term struct {
	Term       string
	Surface    string  // as written
	Weight     float64 // its rarity, times what the caller thinks of it
	Identifier bool
	groups     []int // of synonyms
	parts      []int // of synonyms of its head
}

// Query is what is looked for.
type Query struct {
	Terms []Term
	Total float64 // sum of weights
}

// Weigh makes a query of t. Terms unknown to idf get unknown; a word that no
// document holds tells most about what is missing.
func Weigh(t Text, idf map[string]float64, unknown float64) Query {
	var q Query
	at := map[string]int{}
	whole := 0
	for _, tok := range t.Tokens {
		if tok.Start < whole {
			continue // a part or a spelling of a code counts once, with the code
		}
		if tok.Identifier {
			whole = tok.End
		}
		if tok.Stop {
			continue
		}
		if _, ok := at[tok.Term]; ok {
			continue
		}
		w, ok := idf[tok.Term]
		if !ok {
			w = unknown
		}
		word := surface(t.Source, tok)
		if !tok.Identifier && chatty(t.Language, word) {
			w *= chattyWeight
		}
		at[tok.Term] = len(q.Terms)
		term := Term{Term: tok.Term, Surface: word, Weight: w, Identifier: tok.Identifier}
		if !tok.Identifier {
			term.groups, term.parts = thesauri()[t.Language].of(tok.Term)
		}
		q.Terms = append(q.Terms, term)
		q.Total += w
	}
	return q
}

func surface(s string, tok index.Token) string {
	if tok.Start < 0 || tok.End > len(s) || tok.Start >= tok.End {
		return tok.Term
	}
	return s[tok.Start:tok.End]
}

// Add appends o's terms with their weights multiplied by factor; terms that
// are already there keep the larger weight.
func (q Query) Add(o Query, factor float64) Query {
	out := Query{Terms: slices.Clone(q.Terms)}
	for _, t := range o.Terms {
		t.Weight *= factor
		i := slices.IndexFunc(out.Terms, func(have Term) bool { return have.Term == t.Term })
		switch {
		case i < 0:
			out.Terms = append(out.Terms, t)
		case out.Terms[i].Weight < t.Weight:
			out.Terms[i].Weight = t.Weight
		}
	}
	for _, t := range out.Terms {
		out.Total += t.Weight
	}
	return out
}

// Words is the query without identifiers.
func (q Query) Words() Query {
	var out Query
	for _, t := range q.Terms {
		if !t.Identifier {
			out.Terms = append(out.Terms, t)
			out.Total += t.Weight
		}
	}
	return out
}

// Coverage is the share of q's weight that the texts hold together, 0 to 1.
// A query without terms is covered.
func (q Query) Coverage(texts ...Text) float64 {
	if q.Total == 0 {
		return 1
	}
	sum := 0.0
	for _, t := range q.Terms {
		sum += t.Weight * match(t, texts)
	}
	return sum / q.Total
}

// Matches is how well text holds each of q's terms, 0 to 1, 1 for the very
// term: Coverage taken apart for callers that need it of many texts.
func (q Query) Matches(text Text) []float64 {
	out := make([]float64, len(q.Terms))
	texts := []Text{text}
	for i, t := range q.Terms {
		out[i] = match(t, texts)
	}
	return out
}

// Known is the share of t's words that the query speaks of, 0 to 1; the
// opposite view of Coverage.
func (q Query) Known(t Text) float64 {
	words := t.Terms()
	if len(words) == 0 {
		return 0
	}
	sum := 0.0
	for _, w := range words {
		best := 0.0
		for _, x := range q.Terms {
			if x.Term == w {
				best = 1
				break
			}
			if !x.Identifier {
				best = max(best, Similar(x.Term, w))
			}
		}
		sum += best
	}
	return sum / float64(len(words))
}

// Missing are the surfaces of terms that the texts do not hold, heaviest first.
func (q Query) Missing(texts ...Text) []Term {
	var out []Term
	for _, t := range q.Terms {
		if match(t, texts) < 0.4 {
			out = append(out, t)
		}
	}
	slices.SortStableFunc(out, func(a, b Term) int {
		switch {
		case a.Weight > b.Weight:
			return -1
		case a.Weight < b.Weight:
			return 1
		}
		return strings.Compare(a.Term, b.Term)
	})
	return out
}

// ContentWords is the number of t's distinct words that say something about
// the matter.
func ContentWords(t Text) int {
	n := 0
	seen := map[string]bool{}
	for _, tok := range t.Tokens {
		if !tok.Stop && !seen[tok.Term] && (tok.Identifier || !chatty(t.Language, surface(t.Source, tok))) {
			n++
		}
		seen[tok.Term] = true
	}
	return n
}

// match is how well the texts hold t, 0 to 1.
func match(t Term, texts []Text) float64 {
	best := 0.0
	for _, text := range texts {
		if text.terms[t.Term] {
			return 1
		}
		if t.Identifier {
			continue // E-4419 is not E-4420
		}
		for _, n := range t.groups {
			switch {
			case text.groups[n]:
				best = max(best, synonymMatch)
			case text.parts[n]:
				best = max(best, headMatch)
			}
		}
		for _, n := range t.parts {
			if text.groups[n] || text.parts[n] {
				best = max(best, headMatch)
			}
		}
		for term := range text.terms {
			best = max(best, Similar(t.Term, term))
		}
	}
	return best
}

// Similar is how far two stems can stand for one another, 0 to 1: compounds
// hold their parts (støykrav, støy) and inflections share their beginning.
func Similar(a, b string) float64 {
	if a == b {
		return 1
	}
	if len(a) > len(b) {
		a, b = b, a
	}
	short, long := utf8.RuneCountInString(a), utf8.RuneCountInString(b)
	if short < 4 {
		return 0
	}
	if strings.HasPrefix(b, a) || strings.HasSuffix(b, a) {
		return 0.55 + 0.35*float64(short)/float64(long)
	}
	if short >= 5 && strings.Contains(b, a) {
		return 0.5 + 0.3*float64(short)/float64(long)
	}
	p := prefix(a, b)
	if n := utf8.RuneCountInString(a[:p]); n >= 5 && float64(n) >= 0.65*float64(short) {
		return 0.75 * float64(n) / float64(long)
	}
	if n := utf8.RuneCountInString(a[:p]); n >= 4 && short >= 8 {
		return 0.3 // two compounds of one first part: melustandardi, melusäädös
	}
	return 0
}

// prefix is the length in bytes of the common beginning, at a rune's edge.
func prefix(a, b string) int {
	n := 0
	for n < len(a) && n < len(b) && a[n] == b[n] {
		n++
	}
	for n > 0 && n < len(a) && !utf8.RuneStart(a[n]) {
		n--
	}
	return n
}

// Novelty is the weight of t's words that the sources do not hold, as a share
// of all its words' weight, 0 to 1; the weight of words unknown to idf is
// unknown.
func Novelty(t Text, idf map[string]float64, unknown float64, sources ...Text) float64 {
	q := Weigh(t, idf, unknown)
	if q.Total == 0 {
		return 0
	}
	return 1 - q.Coverage(sources...)
}
