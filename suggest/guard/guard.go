// Package guard keeps text that others planted out of drafts.
//
// The defence is what it does with output: [Output] looks at every sentence of
// a draft, whoever wrote it, and [Passage] takes out of a source what tries to
// instruct before anybody quotes or reads it. [Suspicious] is a warning for the
// agent and no defence: rules know few of the ways to say a thing.
//
// It knows nothing of models, prompts or pages, does no I/O and is safe for
// concurrent use. What it is given may be any bytes; its time is linear.
package guard

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// maxText is how many bytes of a text are looked at.
const maxText = 64 << 10

// view is a text as it is compared: in lower case, of one width, without
// characters that cannot be seen and without letters that only look Latin.
type view struct {
	text string
	at   []int32 // of each byte of text, its place in the original
	end  int     // of the original, as far as it was looked at
}

func newView(s string) view {
	if len(s) > maxText {
		s = s[:maxText]
	}
	v := view{at: make([]int32, 0, len(s)), end: len(s)}
	b := make([]byte, 0, len(s))
	for i, r := range s {
		n := len(b)
		switch {
		case r < utf8.RuneSelf:
			b = utf8.AppendRune(b, unicode.ToLower(r))
		case invisible(r) || unicode.Is(unicode.Mn, r):
		case unicode.IsSpace(r):
			b = append(b, ' ')
		default:
			for _, c := range plain(r) {
				b = utf8.AppendRune(b, c)
			}
		}
		for ; n < len(b); n++ {
			v.at = append(v.at, int32(i)) //nolint:gosec // below maxText
		}
	}
	v.text = string(b)
	return v
}

// plain is r as it reads: "ｇ", "𝗴" and "Ｇ" are g, and so is what Cyrillic and
// Greek letters look like.
func plain(r rune) []rune {
	r = unicode.ToLower(r)
	if l, ok := lookalikes[r]; ok {
		return []rune{l}
	}
	if r < 0x2000 {
		return []rune{r}
	}
	out := []rune(norm.NFKC.String(string(r)))
	for i, c := range out {
		out[i] = unicode.ToLower(c)
	}
	return out
}

// lookalikes are letters, in lower case, that pass for Latin ones.
var lookalikes = map[rune]rune{
	'а': 'a', 'в': 'b', 'с': 'c', 'ԁ': 'd', 'е': 'e', 'ё': 'e', 'ғ': 'f', 'һ': 'h', 'і': 'i', 'ї': 'i', 'ј': 'j', 'к': 'k', 'ӏ': 'l', 'м': 'm', 'н': 'h',
	'о': 'o', 'р': 'p', 'ԛ': 'q', 'ѕ': 's', 'т': 't', 'ц': 'u', 'ѵ': 'v', 'ԝ': 'w', 'х': 'x', 'у': 'y', 'ү': 'y', 'з': '3',
	'α': 'a', 'β': 'b', 'ε': 'e', 'η': 'n', 'ι': 'i', 'κ': 'k', 'ν': 'v', 'ο': 'o', 'ρ': 'p', 'τ': 't', 'υ': 'u', 'χ': 'x', 'γ': 'y', 'ω': 'w',
	'ɑ': 'a', 'ɡ': 'g', 'ı': 'i', 'ⅼ': 'l', 'օ': 'o', 'ս': 'u', 'ո': 'n',
	'∕': '/', '⁄': '/', '։': ':', '․': '.', '。': '.', '｡': '.', '‐': '-', '‑': '-', '–': '-', '—': '-', '−': '-',
	'’': '\'', '‘': '\'', '“': '"', '”': '"', '„': '"', '«': '"', '»': '"',
}

// invisible reports whether r takes no room: zero width, direction, tags,
// fillers. Controls are looked for apart.
func invisible(r rune) bool {
	switch {
	case r == 0xAD, r == 0x34F, r == 0x61C, r == 0x115F, r == 0x1160, r == 0x17B4, r == 0x17B5, r == 0x180E, r == 0x3164, r == 0xFEFF, r == 0xFFA0:
		return true
	case r >= 0x200B && r <= 0x200F, r >= 0x202A && r <= 0x202E, r >= 0x2060 && r <= 0x206F, r >= 0xFE00 && r <= 0xFE0F, r >= 0xFFF0 && r <= 0xFFFB,
		r >= 0xE0000 && r <= 0xE0FFF:
		return true
	}
	return false
}

// span is the place in the original of text[start:end].
func (v view) span(start, end int) (int, int) {
	from := v.end
	if start < len(v.at) {
		from = int(v.at[start])
	}
	to := v.end
	if end < len(v.at) {
		to = int(v.at[end])
	}
	return from, max(to, from)
}

// word is a run of letters and digits of a view.
type word struct {
	text       string
	start, end int // in the view
	classes    class
}

// maxWord bounds a word in bytes; longer ones are no words.
const maxWord = 64

// words are v's words. Letters that stand apart are joined: "i g n o r e".
func (v view) words() []word {
	var out []word
	apart := 0 // words of one letter at the end of out
	join := func() {
		if apart >= 4 {
			first := len(out) - apart
			var b strings.Builder
			for _, w := range out[first:] {
				b.WriteString(w.text)
			}
			if b.Len() <= maxWord {
				out[first] = word{text: b.String(), start: out[first].start, end: out[len(out)-1].end}
				out = out[:first+1]
			}
		}
		apart = 0
	}
	for i := 0; i < len(v.text); {
		r, size := utf8.DecodeRuneInString(v.text[i:])
		if !unicode.IsLetter(r) && !unicode.IsDigit(r) {
			i += size
			continue
		}
		start := i
		for i < len(v.text) {
			r, size = utf8.DecodeRuneInString(v.text[i:])
			if !unicode.IsLetter(r) && !unicode.IsDigit(r) && (r != '\'' || i+1 >= len(v.text) || v.text[i+1] < 'a') {
				break
			}
			i += size
		}
		one := utf8.RuneCountInString(v.text[start:i]) == 1
		if apart == 0 || !one || start-out[len(out)-1].end > 3 {
			join()
		}
		if one {
			apart++
		}
		out = append(out, word{text: v.text[start:i], start: start, end: i})
	}
	join()
	for i := range out {
		out[i].classes = classesOf(out[i].text)
		if out[i].start > 0 && v.text[out[i].start-1] == '@' {
			out[i].classes |= contact
		}
	}
	for i := range out {
		mark(out, i)
	}
	return out
}

// mark adds to the words from i on the classes of the expression that begins
// there.
func mark(words []word, i int) {
	for _, e := range vocabulary().expressions[words[i].text] {
		if i+len(e.words) > len(words) {
			continue
		}
		if !slices.EqualFunc(e.words, words[i:i+len(e.words)], func(want string, w word) bool { return fits(w.text, want) }) {
			continue
		}
		for j := range e.words {
			words[i+j].classes |= e.class
		}
	}
}

// fits reports whether word is what want says: "ohje*" is any word that begins so.
func fits(word, want string) bool {
	if stem, ok := strings.CutSuffix(want, "*"); ok {
		return strings.HasPrefix(word, stem)
	}
	return word == want
}
