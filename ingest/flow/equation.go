package flow

import (
	"strings"
	"unicode"
)

// MaxEquation is the length in bytes of a field's code that [Equation] reads.
const MaxEquation = 1000

// Equation is the formula of an EQ field (ECMA-376-1, 2.16.5.20 of the first
// edition) in one line, and whether code is that of one: \f(1;2) is 1/2,
// \r(3;x) is √(3&x). Switches that only move, frame or stack their arguments
// give these one after the other. How East Asian characters are read, which
// Word writes above them by such a field, is left out.
func Equation(code string) (formula string, ok bool) {
	code = strings.TrimLeft(code[:min(len(code), MaxEquation)], " ")
	if len(code) < 3 || !strings.EqualFold(code[:2], "EQ") || code[2] != ' ' && code[2] != '\\' {
		return "", false
	}
	e := eq{rest: []rune(strings.ToValidUTF8(code[2:], ""))}
	return strings.Join(strings.Fields(strings.Join(e.list(false), ",")), " "), true
}

// eq is a formula being read; its length, and so the nesting, is bounded by
// that of a field's code.
type eq struct {
	rest     []rune
	phonetic bool // it sets how characters are read above them
}

// next takes one character, 0 at the end.
func (e *eq) next() rune {
	if len(e.rest) == 0 {
		return 0
	}
	r := e.rest[0]
	e.rest = e.rest[1:]
	return r
}

func (e *eq) peek() rune {
	if len(e.rest) == 0 {
		return 0
	}
	return e.rest[0]
}

// list reads arguments up to the bracket that ends them, or all that is left.
func (e *eq) list(inside bool) []string {
	var all []string
	var b strings.Builder
	for len(e.rest) > 0 {
		switch r := e.next(); {
		case r == '\\':
			b.WriteString(e.command())
		case r == '(':
			b.WriteString("(" + strings.Join(e.list(true), ",") + ")")
		case r == ')' && inside:
			return append(all, b.String())
		case (r == ',' || r == ';') && inside:
			all = append(all, b.String())
			b.Reset()
		default:
			b.WriteRune(r)
		}
	}
	return append(all, b.String())
}

// command reads what follows a backslash: a sign that stands for itself, or a
// switch with its options and arguments.
func (e *eq) command() string {
	if r := e.peek(); !unicode.IsLetter(r) {
		switch e.next(); r {
		case 0:
			return ""
		case '*':
			e.format()
			return ""
		}
		return string(r)
	}
	name := unicode.ToLower(e.next())
	e.word()
	for e.peek() == '\\' { // an option: \s\up 12(…), \b\lc\{(…)
		if e.next(); !unicode.IsLetter(e.peek()) {
			e.next()
		}
		e.word()
	}
	if e.peek() != '(' {
		return ""
	}
	e.next()
	args := e.list(true)
	for i := range args {
		args[i] = strings.TrimSpace(args[i])
	}
	switch {
	case name == 'o' && len(args) == 2 && e.phonetic:
		return args[1]
	case name == 'f' && len(args) == 2:
		return part(args[0]) + "/" + part(args[1])
	case name == 'r' && len(args) == 2:
		return "√(" + args[0] + "&" + args[1] + ")"
	case name == 'r':
		return "√(" + args[0] + ")"
	case name == 'b':
		return "(" + strings.Join(args, ",") + ")"
	case name == 'l' || name == 'a':
		return strings.Join(args, ", ")
	}
	return strings.Join(args, "")
}

// word passes over the rest of a switch's or an option's name, and its number.
func (e *eq) word() {
	for r := e.peek(); unicode.IsLetter(r) || unicode.IsDigit(r) || unicode.IsSpace(r) || r == '-'; r = e.peek() {
		e.next()
	}
}

// part is a part of a fraction, in brackets when it is more than one word.
func part(s string) string {
	if strings.ContainsFunc(s, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) }) {
		return "(" + s + ")"
	}
	return s
}

// format passes over what follows \*, how the result is formatted: a word, or
// a text in quotes. "hps" is the size of the characters' reading.
func (e *eq) format() {
	for e.peek() == ' ' {
		e.next()
	}
	if e.peek() == '"' {
		for e.next(); e.peek() != 0 && e.next() != '"'; {
		}
		return
	}
	var word []rune
	for r := e.peek(); unicode.IsLetter(r) || unicode.IsDigit(r); r = e.peek() {
		word = append(word, e.next())
	}
	e.phonetic = e.phonetic || strings.HasPrefix(strings.ToLower(string(word)), "hps")
}
