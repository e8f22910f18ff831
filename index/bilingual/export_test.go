package bilingual

import "github.com/sufflor/sufflor/index"

// Terms is what word, in the language from, is called in to, the surest first.
func (l *Lexicon) Terms(from, to, word string) []Term {
	for _, t := range index.Analyze(from, word) {
		return l.terms[pair{from, to}][t.Term]
	}
	return nil
}
