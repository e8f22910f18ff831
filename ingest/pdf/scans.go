package pdf

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// legible calls with for each word that can be read and counts these words and
// those that hold characters without a meaning: U+FFFD or private use.
func (p *page) legible(with func(string)) (legible, illegible int) {
	p.each(func(w *packed) {
		if strings.ContainsFunc(w.text, meaningless) {
			illegible++
		} else if strings.ContainsFunc(w.text, letterOrDigit) {
			legible++
			with(w.text)
		}
	})
	return legible, illegible
}

func meaningless(r rune) bool { return r == utf8.RuneError || unicode.Is(unicode.Co, r) }

func letterOrDigit(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) }

// scans are the numbers of the pages that hold pictures or unreadable fonts
// and no text to speak of. usable reports whether the document has any text
// beyond what a scanner stamps on each page.
func scans(pages []*page) (numbers []int, usable bool) {
	distinct := map[string]bool{}
	for _, p := range pages {
		legible, illegible := p.legible(func(word string) {
			if len(distinct) < minWords && strings.ContainsFunc(word, unicode.IsLetter) {
				distinct[word] = true
			}
		})
		unreadable := illegible*5 > legible+illegible || p.unreadable*5 > p.glyphs
		if legible < minWords && (p.images > 0 || unreadable) {
			numbers = append(numbers, p.number)
		}
	}
	return numbers, len(distinct) >= minWords
}

func hasWords(pages []*page) bool {
	return slices.ContainsFunc(pages, func(p *page) bool { return p.count() > 0 })
}
