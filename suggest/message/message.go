// Package message understands what a customer wrote, in the six languages we
// support: where the customer's own words are, which questions they hold, what
// kind of message it is, and which facts a text states.
//
// Everything here is a pure function of its arguments. Nothing reads the
// index, the store or the clock, and no function takes more than linear time:
// messages come from outside.
package message

import (
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"
)

// Span is a part of a text, as byte offsets.
type Span struct {
	Start, End int
}

// maxBody bounds how much of a body is searched for questions. What is longer
// is a log or a pasted document.
const maxBody = 32 << 10

// clip is text cut to at most limit bytes, between two runes.
func clip(text string, limit int) string {
	if len(text) <= limit {
		return text
	}
	for limit > 0 && !utf8.RuneStart(text[limit]) {
		limit--
	}
	return text[:limit]
}

// fold is text in lower case with every byte offset kept: the few letters whose
// lower case has another length stay as they are, and bytes that are no UTF-8
// become zero.
func fold(text string) string {
	b := make([]byte, 0, len(text))
	for i := 0; i < len(text); {
		r, size := utf8.DecodeRuneInString(text[i:])
		l := unicode.ToLower(r)
		switch {
		case r == utf8.RuneError && size == 1:
			b = append(b, 0)
		case utf8.RuneLen(l) == size:
			b = utf8.AppendRune(b, l)
		default:
			b = append(b, text[i:i+size]...)
		}
		i += size
	}
	return string(b)
}

// isWord reports whether r can be inside a word.
func isWord(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) || unicode.IsMark(r) }

// wordBefore reports whether a word continues up to text[:i].
func wordBefore(text string, i int) bool {
	r, _ := utf8.DecodeLastRuneInString(text[:i])
	return i > 0 && isWord(r)
}

// wordAfter reports whether a word goes on at text[i:].
func wordAfter(text string, i int) bool {
	r, _ := utf8.DecodeRuneInString(text[i:])
	return i < len(text) && isWord(r)
}

// phrases are words and word sequences to look for in folded text. A "*" at
// the end of one stands for the rest of its last word.
type phrases []string

// list splits a table of phrases at "|".
func list(table string) phrases {
	var out phrases
	for p := range strings.SplitSeq(table, "|") {
		if p = strings.TrimSpace(p); p != "" {
			out = append(out, p)
		}
	}
	return out
}

// later is list for the first one who asks: most processes never do.
func later(table string) func() phrases {
	return sync.OnceValue(func() phrases { return list(table) })
}

// find is where the first of the phrases stands, the longest when two start
// alike, or -1.
func (ps phrases) find(folded string) (at int, phrase string) {
	at = -1
	for _, p := range ps {
		if i := index(folded, p); i >= 0 && (at < 0 || i < at || i == at && len(p) > len(phrase)) {
			at, phrase = i, p
		}
	}
	return at, strings.TrimSuffix(phrase, "*")
}

// open is the phrases that end in "*".
func (ps phrases) open() phrases {
	var out phrases
	for _, p := range ps {
		if strings.HasSuffix(p, "*") {
			out = append(out, p)
		}
	}
	return out
}

// in reports whether one of the phrases occurs.
func (ps phrases) in(folded string) bool {
	for _, p := range ps {
		if index(folded, p) >= 0 {
			return true
		}
	}
	return false
}

// starts is the length of the longest phrase that folded begins with, or 0.
func (ps phrases) starts(folded string) int {
	best := 0
	for _, p := range ps {
		p, open := strings.CutSuffix(p, "*")
		if len(p) > best && strings.HasPrefix(folded, p) && (open || !wordAfter(folded, len(p))) {
			best = len(p)
		}
	}
	return best
}

// index is where phrase stands in folded as whole words, or -1.
func index(folded, phrase string) int {
	phrase, open := strings.CutSuffix(phrase, "*")
	for from := 0; ; {
		i := strings.Index(folded[from:], phrase)
		if i < 0 {
			return -1
		}
		i += from
		if !wordBefore(folded, i) && (open || !wordAfter(folded, i+len(phrase))) {
			return i
		}
		from = i + len(phrase)
	}
}

// whole is where words stand in folded at or after from, as they are and not
// as a part of others, or -1.
func whole(folded, words string, from int) int {
	for words != "" {
		i := strings.Index(folded[from:], words)
		if i < 0 {
			break
		}
		i += from
		if from = i + len(words); !wordBefore(folded, i) && !wordAfter(folded, from) {
			return i
		}
	}
	return -1
}

// wordSpans is the words of a text. Hyphens, apostrophes and colons inside a
// word belong to it.
func wordSpans(text string) []Span {
	var out []Span
	start := -1
	for i, r := range text {
		inside := isWord(r) || start >= 0 && strings.ContainsRune("-'’:", r) && wordAfter(text, i+utf8.RuneLen(r))
		switch {
		case inside && start < 0:
			start = i
		case !inside && start >= 0:
			out = append(out, Span{start, i})
			start = -1
		}
	}
	if start >= 0 {
		out = append(out, Span{start, len(text)})
	}
	return out
}

// trim is the span without spaces at its ends.
func trim(text string, s Span) Span {
	part := text[s.Start:s.End]
	left := strings.TrimLeftFunc(part, unicode.IsSpace)
	s.Start += len(part) - len(left)
	s.End = s.Start + len(strings.TrimRightFunc(left, unicode.IsSpace))
	return s
}
