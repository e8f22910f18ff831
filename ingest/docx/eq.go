package docx

import (
	"strings"
	"unicode"
)

// equation is the formula of an EQ field (ECMA-376-1, 2.16.5.20 of the first
// edition) in one line: \f(1;2) is 1/2, \r(3;x) is √(3&x). Switches that only
// move, frame or stack their arguments give these one after the other.
func equation(code string) string {
	code, _, _ = strings.Cut(code, `\*`) // how the result is formatted
	e := eq{rest: []rune(code)}
	return strings.Join(strings.Fields(strings.Join(e.list(false), ",")), " ")
}

// eq is a formula being read; its length, and so the nesting, is bounded by
// that of a field's code.
type eq struct{ rest []rune }

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
		if e.next(); r == 0 {
			return ""
		}
		return string(r)
	}
	name := unicode.ToLower(e.next())
	for unicode.IsLetter(e.peek()) || unicode.IsDigit(e.peek()) || unicode.IsSpace(e.peek()) || e.peek() == '-' {
		e.next()
	}
	if e.peek() == '\\' { // an option of the switch before: \s\up 12(…)
		return ""
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

// part is a part of a fraction, in brackets when it is more than one word.
func part(s string) string {
	if strings.ContainsFunc(s, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) }) {
		return "(" + s + ")"
	}
	return s
}
