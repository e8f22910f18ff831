package message

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// wrapped is the number of characters from which a line that just ends is
// taken to have been wrapped by a mail program.
const wrapped = 45

// Sentences splits text into sentences, in order and without overlap. Line
// breaks end a sentence unless the line was wrapped; each line of a list is a
// sentence of its own. Language decides about abbreviations; with an unknown
// one those of all languages count.
func Sentences(language, text string) []Span {
	short := vocabularyOf(language).abbreviations
	var out []Span
	start := 0
	add := func(end int) {
		if s := trim(text, Span{start, end}); s.Start < s.End {
			out = append(out, s)
		}
		start = end
	}
	lineStart := 0
	for i := 0; i < len(text); {
		c := text[i]
		switch {
		case c == '\n':
			if !continues(text, lineStart, i) {
				add(i)
			}
			i++
			lineStart = i
		case c == '.' || c == '!' || c == '?' || strings.HasPrefix(text[i:], "…"):
			end, final := terminator(text, i)
			if final && (c != '.' || !dotInside(text, lineStart, i, end, short)) {
				add(end)
			}
			i = end
		case c <= ' ':
			i++
		default:
			// Addresses hold full stops and question marks of their own.
			if n := address(text[i:]); n > 0 && !wordBefore(text, i) {
				i += n
				continue
			}
			_, size := utf8.DecodeRuneInString(text[i:])
			i += size
		}
	}
	add(len(text))
	return out
}

// continues reports whether the sentence goes on after the line text[from:at].
func continues(text string, from, at int) bool {
	line := strings.TrimSpace(text[from:at])
	rest := text[at+1:]
	next, _, _ := strings.Cut(rest, "\n")
	next = strings.TrimSpace(clip(next, 64))
	if line == "" || next == "" || strings.HasSuffix(line, ":") || listMarker(next) > 0 {
		return false
	}
	if n := utf8.RuneCountInString(clip(line, 4*wrapped)); n < wrapped {
		return false
	}
	r, _ := utf8.DecodeRuneInString(next)
	return unicode.IsLower(r) || utf8.RuneCountInString(clip(line, 400)) >= 60
}

// listMarker is the length of what marks line as an item of a list: "- ",
// "• ", "1. ", "2) ", "a) ", or 0.
func listMarker(line string) int {
	r, size := utf8.DecodeRuneInString(line)
	switch {
	case strings.ContainsRune("-–—*•·▪‣+", r):
		if rest := line[size:]; rest != "" && (rest[0] == ' ' || rest[0] == '\t') {
			return size + 1
		}
		return 0
	case r >= 'a' && r <= 'h' && len(line) > 2 && line[1] == ')':
		return 2
	}
	n := 0
	for n < len(line) && n < 3 && isDigit(line[n]) {
		n++
	}
	if n > 0 && n < 3 && n+1 < len(line) && (line[n] == '.' || line[n] == ')') && line[n+1] == ' ' {
		return n + 2
	}
	return 0
}

// terminator is the end of a run of closing punctuation at text[i:], with the
// quotes and brackets around it, and whether a sentence can end there.
func terminator(text string, i int) (end int, final bool) {
	end = i
	for end < len(text) {
		r, size := utf8.DecodeRuneInString(text[end:])
		if !strings.ContainsRune(".!?…", r) {
			break
		}
		end += size
	}
	marks := end
	for end < len(text) {
		r, size := utf8.DecodeRuneInString(text[end:])
		if !strings.ContainsRune("\"'”’“»)]", r) {
			break
		}
		end += size
	}
	if end == len(text) {
		return end, true
	}
	r, size := utf8.DecodeRuneInString(text[end:])
	if unicode.IsSpace(r) {
		if run := text[i:marks]; strings.Trim(run, ".…") == "" && (len(run) > 1) {
			// Dots that trail off end a sentence when a new one begins.
			next, _ := utf8.DecodeRuneInString(strings.TrimLeft(clip(text[end:], 16), " \t\n"))
			return end, !unicode.IsLower(next)
		}
		return end, true
	}
	if text[i] == '.' {
		// A forgotten space: "kommer.Hva". Never inside a number or a name.
		next, _ := utf8.DecodeRuneInString(text[end+size:])
		before, _ := utf8.DecodeLastRuneInString(text[:i])
		return end, marks == i+1 && unicode.IsUpper(r) && unicode.IsLower(next) && unicode.IsLower(before)
	}
	return end, unicode.IsLetter(r)
}

// dotInside reports whether the full stop at text[i] belongs to an
// abbreviation, an ordinal or a list marker, and text[end:] goes on with the
// same sentence.
func dotInside(text string, lineStart, i, end int, short map[string]bool) bool {
	if end-i > 1 && text[i+1] == '.' {
		return false
	}
	head := text[lineStart:i]
	if len(head) > 24 {
		head = head[len(head)-24:]
	}
	cut := strings.LastIndexFunc(head, func(r rune) bool {
		return !isWord(r) && r != '.' && r != '-'
	})
	word := head
	if cut >= 0 {
		_, size := utf8.DecodeRuneInString(head[cut:])
		word = head[cut+size:]
	}
	rest := strings.TrimLeft(clip(text[end:], 40), " \t\u00a0\u202f")
	if rest == "" || rest[0] == '\n' || rest[0] == '\r' {
		return false
	}
	next, _ := utf8.DecodeRuneInString(rest)
	if word == "" {
		return false
	}
	if strings.Trim(word, "0123456789") == "" {
		if strings.TrimSpace(text[lineStart:i]) == word && len(word) < 3 {
			return true // the marker of a list
		}
		if n, _ := monthAt(rest); n > 0 {
			return true
		}
		return unicode.IsLower(next) && len(word) < 5 // "hver 250. time"
	}
	ends, known := short[fold(word)]
	if known {
		return !ends || !unicode.IsUpper(next)
	}
	// Initials: "J. Hansen", but neither "16 A." nor "20 °C.".
	r, size := utf8.DecodeRuneInString(word)
	before := strings.TrimRight(text[lineStart:i-len(word)], " \u00a0")
	unit := before != "" && (isDigit(before[len(before)-1]) || strings.HasSuffix(before, "°"))
	return size == len(word) && unicode.IsUpper(r) && r != 'I' && !unit
}

// maxAddress bounds a web or mail address.
const maxAddress = 2048

// address is the length of the web or mail address that s begins with, or 0.
func address(s string) int {
	if !strings.HasPrefix(s, "http://") && !strings.HasPrefix(s, "https://") && !strings.HasPrefix(s, "www.") &&
		!strings.HasPrefix(s, "HTTP://") && !strings.HasPrefix(s, "HTTPS://") && !strings.HasPrefix(s, "Https://") {
		return 0
	}
	s = clip(s, maxAddress)
	end := strings.IndexFunc(s, func(r rune) bool { return unicode.IsSpace(r) || strings.ContainsRune("<>\"", r) })
	if end < 0 {
		end = len(s)
	}
	trimmed := strings.TrimRight(s[:end], ".,;:!?'”»]*_")
	// A closing bracket belongs to the address only with its opening one.
	for strings.HasSuffix(trimmed, ")") && strings.Count(trimmed, ")") > strings.Count(trimmed, "(") {
		trimmed = strings.TrimRight(strings.TrimSuffix(trimmed, ")"), ".,;:!?'")
	}
	if to := normURL(trimmed); to == "" || to == "www" {
		return 0 // a scheme alone leads nowhere
	}
	return len(trimmed)
}

func isDigit(b byte) bool { return '0' <= b && b <= '9' }
