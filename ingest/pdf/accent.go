package pdf

import (
	"bytes"
	"math"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// accents are the marks that stand alone and the ones that combine.
var accents = map[rune]rune{
	'`': '\u0300', '´': '\u0301', 'ˆ': '\u0302', '^': '\u0302', '˜': '\u0303', '~': '\u0303', '¯': '\u0304', 'ˉ': '\u0304',
	'˘': '\u0306', '˙': '\u0307', '¨': '\u0308', '˚': '\u030A', '˝': '\u030B', 'ˇ': '\u030C', '¸': '\u0327', '˛': '\u0328',
}

// accents puts an accent and a letter together that are painted one over the
// other, in either order, as TeX does. It reports whether it did.
func (b *builder) accents(text string, u, v, width, em float64) bool {
	r, size := utf8.DecodeRuneInString(text)
	old, oldSize := utf8.DecodeRuneInString(b.tail)
	if size != len(text) || oldSize != len(b.tail) || size == 0 || oldSize == 0 || r < utf8.RuneSelf && old < utf8.RuneSelf && !isAccent(r) && !isAccent(old) {
		return false
	}
	letter, mark := r, accents[old]
	if mark == 0 {
		if letter, mark = old, accents[r]; mark == 0 {
			return false
		}
	}
	if !unicode.IsLetter(letter) || math.Abs(v-b.word.base) > 0.5*em || math.Abs(u+width/2-(b.last+b.end)/2) > 0.3*em ||
		!bytes.HasSuffix(b.text, []byte(b.tail)) {
		return false
	}
	switch letter {
	case 'ı':
		letter = 'i'
	case 'ȷ':
		letter = 'j'
	}
	composed := norm.NFC.String(string([]rune{letter, mark}))
	if utf8.RuneCountInString(composed) > 1 {
		return false
	}
	b.text = append(b.text[:len(b.text)-len(b.tail)], composed...)
	b.tail = composed
	if letter == r {
		b.word.base, b.word.size = v, max(em, b.word.size)
	}
	return true
}

func isAccent(r rune) bool { return r == '`' || r == '^' || r == '~' }
