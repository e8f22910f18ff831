package pdf

import (
	"bytes"
	"math"
)

// operand is a value in a content stream or a CMap.
type operand struct {
	kind kind
	num  float64
	str  string
	list []operand // of an array, or of a dictionary: key, value, key, value
}

// key finds an entry of a dictionary written in the content stream.
func (o operand) key(name string) (operand, bool) {
	if o.kind != dictKind {
		return operand{}, false
	}
	for i := 0; i+1 < len(o.list); i += 2 {
		if o.list[i].str == name {
			return o.list[i+1], true
		}
	}
	return operand{}, false
}

// lexer takes a content stream apart. It accepts what viewers accept: "--5",
// "12-34", "1.2.3", brackets that never close.
//
// Whoever calls release makes the elements of an array invalid.
type lexer struct {
	data []byte
	pos  int
	text string // the same as data, for operands to share; may be empty

	list []operand // elements of an array, used again after release
	lent bool      // to an operand
	made int       // elements of arrays since the last operator
}

// cut is a part of the data.
func (l *lexer) cut(from, to int) string {
	if l.text != "" {
		return l.text[from:to]
	}
	return string(l.data[from:to])
}

// release takes back what the operands so far were lent.
func (l *lexer) release() { l.lent = false }

const (
	maxDepth    = 40      // of arrays and dictionaries in each other
	maxElements = 200_000 // of arrays in each other
)

// next returns the next operand, or the next operator when op is not empty.
// At the end both are empty and ok is false.
func (l *lexer) next() (v operand, op string, ok bool) {
	v, op, ok = l.value(0)
	if op != "" {
		l.made = 0
	}
	return v, op, ok
}

func (l *lexer) value(depth int) (operand, string, bool) {
	l.space()
	if l.pos >= len(l.data) {
		return operand{}, "", false
	}
	c := l.data[l.pos]
	switch {
	case c == '(':
		return operand{kind: stringKind, str: l.literal()}, "", true
	case c == '<' && l.peek(1) == '<':
		l.pos += 2
		return operand{kind: dictKind, list: l.elements(depth, true)}, "", true
	case c == '<':
		return operand{kind: stringKind, str: l.hex()}, "", true
	case c == '[':
		l.pos++
		return operand{kind: arrayKind, list: l.elements(depth, false)}, "", true
	case c == '/':
		l.pos++
		return operand{kind: nameKind, str: l.name()}, "", true
	case c == '>' && l.peek(1) == '>':
		l.pos += 2
		return operand{}, ">>", true
	case c == ']' || c == '}' || c == '{' || c == ')' || c == '>':
		l.pos++
		return operand{}, l.cut(l.pos-1, l.pos), true
	}
	start := l.pos
	for l.pos < len(l.data) && !isSpace(l.data[l.pos]) && !isDelimiter(l.data[l.pos]) {
		l.pos++
	}
	word := l.data[start:l.pos]
	if n, isNumber := number(word); isNumber {
		return operand{kind: numberKind, num: n}, "", true
	}
	switch string(word) {
	case "true":
		return operand{kind: boolKind, num: 1}, "", true
	case "false":
		return operand{kind: boolKind}, "", true
	case "null":
		return operand{}, "null", true
	}
	return operand{}, l.cut(start, l.pos), true
}

func (l *lexer) peek(n int) byte {
	if l.pos+n < len(l.data) {
		return l.data[l.pos+n]
	}
	return 0
}

func (l *lexer) space() {
	for l.pos < len(l.data) {
		switch c := l.data[l.pos]; {
		case isSpace(c):
			l.pos++
		case c == '%':
			for l.pos < len(l.data) && l.data[l.pos] != '\n' && l.data[l.pos] != '\r' {
				l.pos++
			}
		default:
			return
		}
	}
}

// elements reads an array or a dictionary up to its end.
func (l *lexer) elements(depth int, dict bool) []operand {
	if depth > 0 || l.lent {
		return l.appendElements(nil, depth, dict)
	}
	l.lent = true
	l.list = l.appendElements(l.list[:0], depth, dict)
	return l.list
}

func (l *lexer) appendElements(list []operand, depth int, dict bool) []operand {
	for {
		if depth >= maxDepth {
			l.pos = len(l.data) // nothing a person wrote nests like this
			return list
		}
		v, op, ok := l.value(depth + 1)
		if !ok || op == ">>" && dict || op == "]" && !dict {
			return list
		}
		switch op {
		case "", "null":
			if l.made++; l.made <= maxElements {
				list = append(list, v)
			}
		case "Tj", "TJ", "ET", "BT": // the bracket was never closed
			l.pos -= len(op)
			return list
		}
	}
}

func (l *lexer) literal() string {
	for i := l.pos + 1; i < len(l.data) && l.data[i] != '(' && l.data[i] != '\\' && l.data[i] != '\r'; i++ {
		if l.data[i] == ')' { // nothing in it to decode
			s := l.cut(l.pos+1, i)
			l.pos = i + 1
			return s
		}
	}
	var out []byte
	depth := 0
	for ; l.pos < len(l.data); l.pos++ {
		c := l.data[l.pos]
		switch c {
		case '(':
			depth++
			if depth == 1 {
				continue
			}
		case ')':
			depth--
			if depth == 0 {
				l.pos++
				return string(out)
			}
		case '\\':
			l.pos++
			out = l.escape(out)
			continue
		case '\r': // a line end in a string is always "\n"
			if l.peek(1) == '\n' {
				l.pos++
			}
			c = '\n'
		}
		out = append(out, c)
	}
	return string(out)
}

// escape reads what follows a backslash and leaves pos on its last byte.
func (l *lexer) escape(out []byte) []byte {
	switch c := l.peek(0); c {
	case 'n':
		return append(out, '\n')
	case 'r':
		return append(out, '\r')
	case 't':
		return append(out, '\t')
	case 'b':
		return append(out, '\b')
	case 'f':
		return append(out, '\f')
	case '\r':
		if l.peek(1) == '\n' {
			l.pos++
		}
		return out
	case '\n':
		return out
	case '0', '1', '2', '3', '4', '5', '6', '7':
		n := int(c - '0')
		for range 2 {
			d := l.peek(1)
			if d < '0' || d > '7' {
				break
			}
			n = n<<3 | int(d-'0')
			l.pos++
		}
		return append(out, byte(n&0xFF))
	default:
		if l.pos < len(l.data) {
			out = append(out, c)
		}
		return out
	}
}

func (l *lexer) hex() string {
	l.pos++
	end := bytes.IndexByte(l.data[l.pos:], '>')
	if end < 0 {
		end = len(l.data) - l.pos
	}
	in := l.data[l.pos : l.pos+end]
	l.pos = min(l.pos+end+1, len(l.data))
	out := make([]byte, 0, (len(in)+1)/2)
	high := -1
	for i := range len(in) {
		v := hexValue(in[i])
		switch {
		case v < 0:
		case high < 0:
			high = v
		default:
			out = append(out, byte((high<<4|v)&0xFF))
			high = -1
		}
	}
	if high >= 0 {
		out = append(out, byte(high<<4&0xFF))
	}
	return string(out)
}

func (l *lexer) name() string {
	start := l.pos
	for l.pos < len(l.data) && l.data[l.pos] != '#' && !isSpace(l.data[l.pos]) && !isDelimiter(l.data[l.pos]) {
		l.pos++
	}
	if l.peek(0) != '#' {
		return l.cut(start, l.pos)
	}
	out := bytes.Clone(l.data[start:l.pos])
	for l.pos < len(l.data) && !isSpace(l.data[l.pos]) && !isDelimiter(l.data[l.pos]) {
		c := l.data[l.pos]
		if c == '#' {
			if a, b := hexValue(l.peek(1)), hexValue(l.peek(2)); a >= 0 && b >= 0 {
				c = byte((a<<4 | b) & 0xFF)
				l.pos += 2
			}
		}
		out = append(out, c)
		l.pos++
	}
	return string(out)
}

// skipImage jumps over an inline image: from after BI to after EI. The data is
// binary, so an EI counts only between white space and what looks like text.
func (l *lexer) skipImage() {
	id := bytes.Index(l.data[l.pos:], []byte("ID"))
	if id < 0 {
		l.pos = len(l.data)
		return
	}
	l.pos += id + 2
	for {
		ei := bytes.Index(l.data[l.pos:], []byte("EI"))
		if ei < 0 {
			l.pos = len(l.data)
			return
		}
		at := l.pos + ei
		l.pos = at + 2
		if at > 0 && isSpace(l.data[at-1]) && l.looksLikeText(at+2) {
			return
		}
	}
}

func (l *lexer) looksLikeText(at int) bool {
	if at < len(l.data) && !isSpace(l.data[at]) {
		return false
	}
	for i := min(at, len(l.data)); i < min(at+16, len(l.data)); i++ {
		if c := l.data[i]; c > 126 || c < ' ' && !isSpace(c) {
			return false
		}
	}
	return true
}

// number reads a number the way viewers do: a second sign or point ends it.
func number(b []byte) (float64, bool) {
	i, negative := 0, false
	for i < len(b) && (b[i] == '-' || b[i] == '+') {
		negative = negative || b[i] == '-'
		i++
	}
	var n float64
	scale, digits, point := 1.0, 0, false
	for ; i < len(b); i++ {
		switch c := b[i]; {
		case c >= '0' && c <= '9':
			digits++
			if point {
				scale /= 10
				n += float64(c-'0') * scale
			} else {
				n = n*10 + float64(c-'0')
			}
		case c == '.' && !point:
			point = true
		case (c == '.' || c == '-') && digits > 0:
			i = len(b)
		default:
			return 0, false
		}
	}
	if digits == 0 && !point {
		return 0, false
	}
	if n > math.MaxInt32*1024 {
		n = 0 // no page is that large
	}
	if negative {
		n = -n
	}
	return n, true
}

func isSpace(c byte) bool { return charClasses[c] == 1 }

func isDelimiter(c byte) bool { return charClasses[c] == 2 }

// charClasses has 1 for white space and 2 for delimiters (ISO 32000-1, 7.2.2).
var charClasses = [256]byte{
	' ': 1, '\n': 1, '\r': 1, '\t': 1, '\f': 1, 0: 1,
	'(': 2, ')': 2, '<': 2, '>': 2, '[': 2, ']': 2, '{': 2, '}': 2, '/': 2, '%': 2,
}

func hexValue(c byte) int {
	switch {
	case c >= '0' && c <= '9':
		return int(c - '0')
	case c >= 'a' && c <= 'f':
		return int(c-'a') + 10
	case c >= 'A' && c <= 'F':
		return int(c-'A') + 10
	}
	return -1
}
