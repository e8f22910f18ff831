package index

import (
	"cmp"
	"math"
	"slices"
)

// Share is what one feature gave to a passage's rank.
type Share struct {
	Name   string  `json:"name"`   // as in [Features], or "meaning"
	Value  float64 `json:"value"`  // of the feature
	Weight float64 `json:"weight"` // that was learned for it
	Gives  float64 `json:"gives"`  // Value times Weight: e to the power of their sum is Why.Words over Why.Language
}

// Why explains a hit's score: Words, and what exact identifiers add to it.
type Why struct {
	Shares   []Share `json:"shares"`   // of the second look, those that give most or take most first
	Language float64 `json:"language"` // factor for the passage's language, 0 to 1
	Words    float64 `json:"words"`    // by words and meaning
	Codes    float64 `json:"codes"`    // by exact identifiers: as many times the best score by words as there are
}

// Explain tells how a hit of a query came by its score. A hit that somebody
// else put in another order has a score that is not its own: then Codes alone
// is not to be relied on.
func Explain(q Query, h Hit) Why {
	w := Why{Language: kinship(known(q.Language), known(h.Language))}
	near := standard.near
	add := func(name string, value, weight float64) {
		if value != 0 {
			w.Shares = append(w.Shares, Share{Name: name, Value: value, Weight: weight, Gives: value * weight})
		}
	}
	sum := near * h.Parts.Near
	add("meaning", h.Parts.Near, near)
	if !onlyIdentifiers(q.Text) {
		r := trainedRanking()
		sum += r.Score(h.Parts.Features)
		learned := r.Weights.List()
		for i, v := range h.Parts.Features.List() {
			add(featureNames[i], v, learned[i])
		}
	}
	slices.SortStableFunc(w.Shares, func(a, b Share) int {
		return cmp.Compare(math.Abs(b.Gives), math.Abs(a.Gives))
	})
	w.Words = w.Language * math.Exp(sum)
	if h.Parts.Identifiers > 0 {
		w.Codes = max(0, h.Score-w.Words)
	}
	return w
}

// featureNames are those of [Features], in the order of [Features.List].
var featureNames = [FeatureCount]string{"text", "question", "kin", "grams", "alike", "lead", "near", "window", "title", "aim", "length"}

// onlyIdentifiers reports whether a query has no word to be ranked by.
func onlyIdentifiers(text string) bool {
	for _, w := range analyze(neutral, text) {
		if w.folded != "" && !w.Stop {
			return false
		}
	}
	return true
}

// Match is a stretch of a text that shares words with a query.
type Match struct {
	Start int  `json:"start"` // bytes
	End   int  `json:"end"`
	Alike bool `json:"alike,omitempty"` // spelled like a word of the query, not the same
}

// alikeShown is from what share of common n-grams on a word is shown as one
// like that of the query.
const alikeShown = 0.5

// Matches finds the words of text, which is in a language, that a query asks
// for, in order.
func Matches(language, query, text string) []Match {
	terms, grams := map[string]bool{}, []map[string]bool{}
	for _, w := range analyze(known(language), query) {
		if w.Stop {
			continue
		}
		terms[w.Term] = true
		if w.folded != "" && spelled(w.folded) {
			set := map[string]bool{}
			eachGram(w.folded, func(g string) { set[g] = true })
			grams = append(grams, set)
		}
	}
	var out []Match
	for _, w := range analyze(known(language), text) {
		m := Match{Start: w.Start, End: w.End}
		switch {
		case w.Stop:
			continue
		case terms[w.Term]:
		case alikeOne(w.folded, grams):
			m.Alike = true
		default:
			continue
		}
		if n := len(out); n > 0 && m.Start < out[n-1].End { // a piece of an identifier
			out[n-1].End, out[n-1].Alike = max(out[n-1].End, m.End), out[n-1].Alike && m.Alike
			continue
		}
		out = append(out, m)
	}
	return out
}

// alikeOne reports whether a word shares enough n-grams with one of the
// query's: of the shorter of the two, for one may be a part of the other.
func alikeOne(word string, asked []map[string]bool) bool {
	if word == "" || !spelled(word) {
		return false
	}
	own := map[string]bool{}
	eachGram(word, func(g string) { own[g] = true })
	for _, set := range asked {
		n := 0
		for g := range own {
			if set[g] {
				n++
			}
		}
		if least := min(len(own), len(set)); least > 1 && float64(n) >= alikeShown*float64(least) {
			return true
		}
	}
	return false
}

// ShareNames are the names that a [Share] can have.
func ShareNames() []string { return append([]string{"meaning"}, featureNames[:]...) }
