package numfmt

import (
	"strconv"
	"strings"
)

type sectionKind uint8

const (
	numeric sectionKind = iota
	general
	dated
	textual
	literal
)

// section is one of up to four parts of a format: for positive and negative
// numbers, for zero, for text.
type section struct {
	kind      sectionKind
	tokens    []token
	condition condition
	locale    *locale
	plain     bool // nothing but digits before the point
	pattern   pattern
}

// token is a piece of a section: 0 # ? . , % E / @ as they are, and
//
//	'l' literal text     'G' the number without a format
//	'y' 'm' 'd' 'h' 's' 'b' parts of a date, n letters long
//	'M' a minute         'f' fractions of a second, n digits
//	'H' 'N' 'S' elapsed hours, minutes, seconds
//	'a' AM/PM            'g' an era, which is not shown
type token struct {
	kind byte
	n    int
	text string
}

// condition is what [>=100] demands.
type condition struct {
	op    string
	value float64
}

func (c condition) holds(v float64) bool {
	switch c.op {
	case "<":
		return v < c.value
	case "<=":
		return v <= c.value
	case ">":
		return v > c.value
	case ">=":
		return v >= c.value
	case "=":
		return v == c.value
	case "<>":
		return v != c.value
	}
	return true
}

// negative reports whether it lets only negative numbers through, which then
// show no sign.
func (c condition) negative() bool {
	return c.op == "<" && c.value <= 0 || c.op == "<=" && c.value < 0
}

// split cuts a format code at semicolons outside quotes and brackets.
func split(code string) []string {
	var out []string
	start, quoted, bracket := 0, false, false
	for i := 0; i < len(code); i++ {
		switch c := code[i]; {
		case quoted:
			quoted = c != '"'
		case c == '\\' || c == '_' || c == '*':
			i++
		case c == '"':
			quoted = true
		case c == '[':
			bracket = true
		case c == ']':
			bracket = false
		case c == ';' && !bracket:
			out = append(out, code[start:i])
			start = i + 1
		}
	}
	return append(out, code[min(start, len(code)):])
}

// parse reads one section.
func parse(code string) section {
	s := section{kind: literal}
	figures := numberLetters(code)
	rs := []rune(code)
	for i := 0; i < len(rs); i++ {
		switch r := rs[i]; {
		case r == '"':
			end := i + 1
			for end < len(rs) && rs[end] != '"' {
				end++
			}
			s.literal(string(rs[i+1 : end]))
			i = end
		case r == '\\':
			if i++; i < len(rs) {
				s.literal(string(rs[i]))
			}
		case r == '_': // room as wide as the next character
			i++
			s.literal(" ")
		case r == '*': // fills the cell with the next character
			if i++; i < len(rs) && rs[i] == ' ' {
				s.literal(" ")
			}
		case r == '[':
			end := i
			for end < len(rs) && rs[end] != ']' {
				end++
			}
			s.bracket(string(rs[i+1 : end]))
			i = end
		case at(rs[i:], "general"):
			s.add('G', 1)
			s.kind = general
			i += 6
		case r == '0' || r == '#' || r == '?':
			if n := len(s.tokens); r == '0' && s.kind == dated && n > 0 && (s.tokens[n-1].kind == 'f' || s.tokens[n-1].kind == '.') {
				if s.tokens[n-1].kind == '.' {
					s.tokens[n-1] = token{kind: 'f'}
				}
				s.tokens[n-1].n++
				continue
			}
			s.add(byte(r), 1) //nolint:gosec // ASCII
			if s.kind == literal {
				s.kind = numeric
			}
		case r == '.' || r == ',' || r == '%' || r == '/':
			s.add(byte(r), 1)
		case r == '@':
			s.add('@', 1)
			s.kind = textual
		case (r == 'E' || r == 'e') && i+1 < len(rs) && (rs[i+1] == '+' || rs[i+1] == '-') && s.kind != dated:
			s.tokens = append(s.tokens, token{kind: 'E', text: string(rs[i+1])})
			i++
		case !figures && at(rs[i:], "am/pm"):
			s.add('a', 5)
			s.kind = dated
			i += 4
		case !figures && at(rs[i:], "a/p"):
			s.add('a', 3)
			s.kind = dated
			i += 2
		case !figures && strings.ContainsRune("yYmMdDhHsSeEbBgG", r):
			n := 1
			for i+1 < len(rs) && lower(rs[i+1]) == lower(r) {
				n++
				i++
			}
			k := byte(lower(r)) //nolint:gosec // ASCII
			if k == 'e' {
				k, n = 'y', 4
			}
			s.add(k, n)
			s.kind = dated
		default:
			s.literal(string(r))
		}
	}
	switch s.kind {
	case dated:
		s.minutes()
		s.iso()
	case numeric:
		s.compile()
	}
	return s
}

// numberLetters reports whether letters in a code are words rather than parts
// of a date: it has places for digits other than fractions of a second.
func numberLetters(code string) bool {
	quoted := false
	for i := 0; i < len(code); i++ {
		switch c := code[i]; {
		case quoted:
			quoted = c != '"'
		case c == '"':
			quoted = true
		case c == '\\' || c == '_' || c == '*':
			i++
		case c == '[':
			for i < len(code) && code[i] != ']' {
				i++
			}
		case c == '#':
			return true
		case c == '0':
			start := i
			for start > 0 && code[start-1] == '0' {
				start--
			}
			if start < 2 || code[start-1] != '.' || lower(rune(code[start-2])) != 's' && code[start-2] != ']' {
				return true
			}
		}
	}
	return false
}

// at reports whether rs begins with a word in any case.
func at(rs []rune, word string) bool {
	if len(rs) < len(word) {
		return false
	}
	for i, r := range word { // ASCII: an index is a place
		if lower(rs[i]) != r {
			return false
		}
	}
	return true
}

func lower(r rune) rune {
	if r >= 'A' && r <= 'Z' {
		return r + 'a' - 'A'
	}
	return r
}

func (s *section) add(kind byte, n int) {
	s.tokens = append(s.tokens, token{kind: kind, n: n, text: string(rune(kind))})
}

func (s *section) literal(text string) {
	if n := len(s.tokens); n > 0 && s.tokens[n-1].kind == 'l' {
		s.tokens[n-1].text += text
		return
	}
	s.tokens = append(s.tokens, token{kind: 'l', text: text})
}

// bracket reads [$€-407], [$kr], [h], [>=100] and colours.
func (s *section) bracket(b string) {
	if t, ok := strings.CutPrefix(b, "$"); ok {
		symbol, tag, _ := strings.Cut(t, "-")
		if symbol != "" {
			s.literal(symbol)
		}
		if loc, ok := localeByTag(tag); ok {
			s.locale = &loc
		}
		return
	}
	if b == "" {
		return
	}
	low := strings.ToLower(b)
	switch strings.Trim(low, low[:1]) {
	case "":
		if k := strings.IndexByte("hms", low[0]); k >= 0 {
			s.add("HNS"[k], len(low))
			s.kind = dated
		}
		return
	}
	for _, op := range []string{"<=", ">=", "<>", "<", ">", "="} {
		if t, ok := strings.CutPrefix(b, op); ok {
			if v, err := strconv.ParseFloat(strings.TrimSpace(t), 64); err == nil {
				s.condition = condition{op, v}
			}
			return
		}
	}
}

// words puts a text into the place of @ or General, between the section's own
// words.
func (s *section) words(text string) string {
	var b strings.Builder
	for _, t := range s.tokens {
		switch t.kind {
		case 'l':
			b.WriteString(t.text)
		case '@', 'G':
			b.WriteString(text)
		case '.', ',', '%', '/':
			b.WriteByte(t.kind)
		}
	}
	return b.String()
}
