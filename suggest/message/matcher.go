package message

import (
	"slices"
	"strings"
	"unicode/utf8"
)

// matcher finds many phrases in one pass over a text. Each belongs to a label.
type matcher map[string][]labelled // by the first headSize bytes

type labelled struct {
	phrase string
	open   bool // a "*" stood at its end
	label  Rule
}

const headSize = 2

// add adds phrases, which must be folded and begin with a word of two bytes.
func (m matcher) add(label Rule, ps phrases) {
	for _, p := range ps {
		p, open := strings.CutSuffix(p, "*")
		if len(p) >= headSize {
			m[p[:headSize]] = append(m[p[:headSize]], labelled{p, open, label})
		}
	}
}

// find yields where phrases stand in folded as whole words, from left to right.
func (m matcher) find(folded string) func(yield func(Rule, Span) bool) {
	return func(yield func(Rule, Span) bool) {
		inside := false // a word goes on
		for i := 0; i+headSize <= len(folded); {
			r, size := utf8.DecodeRuneInString(folded[i:])
			if inside = isWord(r) && inside; !inside {
				for _, l := range m[folded[i:i+headSize]] {
					end := i + len(l.phrase)
					if strings.HasPrefix(folded[i:], l.phrase) && (l.open || !wordAfter(folded, end)) && !yield(l.label, Span{i, end}) {
						return
					}
				}
			}
			inside = isWord(r)
			i += size
		}
	}
}

// has reports whether one of the phrases of labels occurs.
func (m matcher) has(folded string, labels ...Rule) bool {
	for label := range m.find(folded) {
		if slices.Contains(labels, label) {
			return true
		}
	}
	return false
}
