package pdf

import (
	"slices"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/unicode/bidi"
	"golang.org/x/text/unicode/norm"
)

// clean makes the text of a glyph one of letters: ligatures and the forms that
// a letter takes within a word are taken apart, what is no character is left
// out. Other compatibility characters stay as they are: "m³" must not become
// "m3".
func clean(s string) string {
	plain := true
	for i := 0; i < len(s) && plain; i++ {
		plain = s[i] >= ' ' && s[i] < utf8.RuneSelf
	}
	if plain {
		return s
	}
	var out strings.Builder
	for _, r := range s {
		switch {
		case r >= 0xFB00 && r <= 0xFDFF, r >= 0xFE70 && r <= 0xFEFC, r >= 0x2E80 && r <= 0x2FD5:
			// Latin ligatures, Hebrew and Arabic forms, CJK radicals.
			out.WriteString(strings.TrimLeft(norm.NFKC.String(string(r)), " "))
		case r == 0xFEFF, r == 0x200B, r >= 0x7F && r < 0xA0:
		case validRune(r) || r == utf8.RuneError:
			out.WriteRune(r)
		}
	}
	return out.String()
}

// class is what a character does to the direction of a line.
type class int

const (
	neutral class = iota
	leftToRight
	rightToLeft
	digit
	joint     // between digits: "1.5", "12:30"
	combining // takes the direction of what it stands on
)

func classOf(r rune) class {
	if r < 0x80 {
		switch {
		case r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z':
			return leftToRight
		case r >= '0' && r <= '9':
			return digit
		case strings.ContainsRune(".,:/-+%$#", r):
			return joint
		}
		return neutral
	}
	p, _ := bidi.LookupRune(r)
	switch p.Class() {
	case bidi.R, bidi.AL:
		return rightToLeft
	case bidi.L:
		return leftToRight
	case bidi.EN, bidi.AN:
		return digit
	case bidi.CS, bidi.ES, bidi.ET:
		return joint
	case bidi.NSM:
		return combining
	}
	return neutral
}

// isMark reports whether a text is nothing but marks for other letters.
func isMark(s string) bool {
	for _, r := range s {
		if r < 0x300 || classOf(r) != combining {
			return false
		}
	}
	return s != ""
}

// hasRTL reports whether a text has letters that are written from right to left.
func hasRTL(s string) bool {
	for i := 0; i < len(s); i++ {
		if s[i] >= 0xD6 { // U+0590 and above begin with it
			return strings.ContainsFunc(s[i:], func(r rune) bool {
				return r >= 0x0590 && (r < 0x0900 || r >= 0xFB1D && r < 0xFE00 || r >= 0xFE70 && r < 0xFF00 || r >= 0x10800 && r < 0x11000) &&
					classOf(r) == rightToLeft
			})
		}
	}
	return false
}

// visual is a text in the order that its characters stand on the line.
func visual(s string) string {
	if !hasRTL(s) {
		return s
	}
	return logical(s, !strings.ContainsFunc(s, func(r rune) bool { return classOf(r) == leftToRight }))
}

// logical turns a line as it stands on the page, from left to right, into the
// order of reading. It undoes what the Unicode bidirectional algorithm (UAX 9)
// does on two levels; rtl says that the line as a whole runs from right to left.
// Applied twice it gives its argument.
func logical(s string, rtl bool) string {
	runes := []rune(s)
	classes := make([]class, len(runes))
	for i, r := range runes {
		classes[i] = classOf(r)
	}
	resolve(classes, rtl)
	if rtl {
		// Turn all of it, then those runs back that stand the right way.
		slices.Reverse(runes)
		slices.Reverse(classes)
	}
	for start := 0; start < len(runes); {
		end := start
		for end < len(runes) && (classes[end] == rightToLeft) != rtl {
			end++
		}
		slices.Reverse(runes[start:end])
		start = max(end, start+1)
	}
	for i, r := range runes {
		if classes[i] == rightToLeft {
			runes[i] = mirror(r)
		}
	}
	return string(runes)
}

// resolve makes every class leftToRight or rightToLeft.
func resolve(classes []class, rtl bool) {
	base := leftToRight
	if rtl {
		base = rightToLeft
	}
	for i, c := range classes { // what joins digits is one of them
		if c == joint {
			between := i > 0 && i+1 < len(classes) && classes[i-1] == digit && classes[i+1] == digit
			if classes[i] = neutral; between {
				classes[i] = digit
			}
		}
	}
	for i, last := 0, neutral; i < len(classes); i++ { // a number behind a Latin name belongs to it
		switch c := classes[i]; {
		case c == leftToRight || c == rightToLeft:
			last = c
		case c == digit && last == leftToRight:
			classes[i] = leftToRight
		}
	}
	for i := 0; i < len(classes); { // neutral between two of a kind is of that kind
		c := classes[i]
		if c != neutral && c != combining {
			i++
			continue
		}
		end := i
		for end < len(classes) && (classes[end] == neutral || classes[end] == combining) {
			end++
		}
		left, right := base, base
		if i > 0 {
			left = strong(classes[i-1], rtl)
		}
		if end < len(classes) {
			right = strong(classes[end], rtl)
		}
		for j := i; j < end; j++ {
			switch {
			case left == right:
				classes[j] = left
			case classes[j] == combining && (left == rightToLeft || right == rightToLeft):
				classes[j] = rightToLeft
			default:
				classes[j] = base
			}
		}
		i = end
	}
	for i, c := range classes {
		if c == digit {
			classes[i] = leftToRight
		}
	}
}

// strong is the direction that a class lends to its neutral neighbours. Digits
// lend that of the line.
func strong(c class, rtl bool) class {
	switch {
	case c == digit && rtl:
		return rightToLeft
	case c == digit:
		return leftToRight
	}
	return c
}

// mostlyRTL reports whether a line runs from right to left as a whole.
func mostlyRTL(s string) bool {
	balance := 0
	for _, r := range s {
		switch classOf(r) {
		case rightToLeft:
			balance++
		case leftToRight:
			balance--
		}
	}
	return balance > 0
}

const brackets = "()[]{}<>«»‹›"

// mirror is the bracket that a bracket on the page stands for in a line from
// right to left.
func mirror(r rune) rune {
	pairs := []rune(brackets)
	if i := slices.Index(pairs, r); i >= 0 {
		return pairs[i^1]
	}
	return r
}
