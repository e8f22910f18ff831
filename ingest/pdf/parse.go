package pdf

import (
	"bytes"
	"encoding/hex"
	"strconv"
)

// object reads an object as it stands in a file: like [lexer.next], but
// references are kept. op is a keyword that is not a value, such as "endobj".
func (l *lexer) object(depth int) (v operand, op string, ok bool) {
	l.space()
	switch {
	case l.peek(0) == '<' && l.peek(1) == '<':
		l.pos += 2
		return operand{kind: dictKind, list: l.members(depth, true)}, "", true
	case l.peek(0) == '[':
		l.pos++
		return operand{kind: arrayKind, list: l.members(depth, false)}, "", true
	}
	v, op, ok = l.value(depth)
	if l.made++; l.made > 4*maxElements { // nothing a person needs
		l.pos = len(l.data)
		return operand{}, "", false
	}
	if op == "null" {
		op = ""
	}
	if v.kind == numberKind && l.reference() {
		if v.kind = refKind; v.num < 0 || v.num >= maxObjects {
			v = operand{} // there is no such object
		}
	}
	return v, op, ok
}

// reference skips the rest of a reference, a generation and an R.
func (l *lexer) reference() bool {
	i, digits := l.pos, 0
	for ; i < len(l.data) && isSpace(l.data[i]); i++ {
	}
	for ; i < len(l.data) && l.data[i] >= '0' && l.data[i] <= '9'; i++ {
		digits++
	}
	if digits == 0 || digits > 5 || i == len(l.data) || !isSpace(l.data[i]) {
		return false
	}
	for ; i < len(l.data) && isSpace(l.data[i]); i++ {
	}
	if i == len(l.data) || l.data[i] != 'R' || i+1 < len(l.data) && !isSpace(l.data[i+1]) && !isDelimiter(l.data[i+1]) {
		return false
	}
	l.pos = i + 1
	return true
}

// members reads an array or a dictionary, which is key, value, key, value. One
// that is never closed ends where its object does.
func (l *lexer) members(depth int, dict bool) []operand {
	var list []operand
	for {
		if depth >= maxDepth {
			l.pos = len(l.data)
			return list
		}
		start := l.pos
		v, op, ok := l.object(depth + 1)
		switch {
		case !ok || op == "]" && !dict || op == ">>" && dict:
			if dict && len(list)%2 == 1 { // a key without a value
				list = append(list, operand{})
			}
			return list
		case op == "endobj" || op == "stream" || op == "endstream" || op == "obj" || op == ">>":
			l.pos = start
			return list[:len(list)/2*2]
		case op != "" || dict && len(list)%2 == 0 && v.kind != nameKind:
			continue
		}
		list = append(list, v)
	}
}

// write appends the object in clean syntax. Strings go through change, and
// generations are all zero.
func (o operand) write(out []byte, change func(string) string) []byte {
	switch o.kind {
	case boolKind:
		return strconv.AppendBool(out, o.num != 0)
	case numberKind:
		return strconv.AppendFloat(out, o.num, 'f', -1, 64)
	case stringKind:
		return append(hex.AppendEncode(append(out, '<'), []byte(change(o.str))), '>')
	case nameKind:
		return appendName(out, o.str)
	case refKind:
		return append(strconv.AppendInt(out, int64(o.num), 10), " 0 R"...)
	case arrayKind:
		out = append(out, '[')
		for _, v := range o.list {
			out = append(v.write(out, change), ' ')
		}
		return append(out, ']')
	case dictKind, streamKind:
		out = append(out, "<<"...)
		for i := 0; i+1 < len(o.list); i += 2 {
			out = append(appendName(out, o.list[i].str), ' ')
			out = append(o.list[i+1].write(out, change), ' ')
		}
		return append(out, ">>"...)
	default:
		return append(out, "null"...)
	}
}

func appendName(out []byte, name string) []byte {
	out = append(out, '/')
	for _, c := range []byte(name) {
		if c <= ' ' || c > '~' || c == '#' || isDelimiter(c) {
			out = append(out, '#', "0123456789ABCDEF"[c>>4], "0123456789ABCDEF"[c&15])
		} else {
			out = append(out, c)
		}
	}
	return out
}

// get is an entry of a dictionary, null when there is none.
func (o operand) get(name string) operand {
	for i := 0; i+1 < len(o.list); i += 2 {
		if o.list[i].str == name {
			return o.list[i+1]
		}
	}
	return operand{}
}

// definition is an object with its number, as it stands in a file.
type definition struct {
	number, generation int
	value              operand
	stream             int64 // where its data begins; 0 when it is no stream
	end                int64 // of what was read
}

// definition reads "12 0 obj …" at an offset. The end may be missing.
func (s *source) definition(offset int64) (d definition, ok bool) {
	for window := int64(1 << 10); ; window *= 8 {
		data := s.view(offset, window)
		l := lexer{data: data}
		d, ok = l.definition()
		// What ends close to the window's end may be cut off by it.
		if l.pos+32 < len(data) || window > maxObject || offset+int64(len(data)) >= s.len() {
			s.huge = s.huge || window > maxObject && l.pos+32 >= len(data)
			d.end = offset + int64(l.pos)
			if d.stream > 0 {
				d.stream += offset
			}
			return d, ok
		}
	}
}

func (l *lexer) definition() (d definition, ok bool) {
	number, _, _ := l.next()
	generation, _, _ := l.next()
	_, op, _ := l.next()
	if op != "obj" && len(op) > 3 && op[:3] == "obj" { // "obj123"
		l.pos -= len(op) - 3
		op = "obj"
	}
	if number.kind != numberKind || generation.kind != numberKind || op != "obj" ||
		number.num < 0 || number.num >= maxObjects || generation.num < 0 || generation.num > 65535 {
		return d, false
	}
	d.number, d.generation = int(number.num), int(generation.num)
	v, op, _ := l.object(0)
	if op != "" { // "endobj" at once: null
		return d, true
	}
	d.value = v
	if v.kind != dictKind {
		return d, true
	}
	before := l.pos
	l.space()
	if !bytes.HasPrefix(l.data[l.pos:], []byte("stream")) {
		l.pos = before
		return d, true
	}
	l.pos += len("stream")
	for l.peek(0) == ' ' && l.pos < len(l.data) {
		l.pos++
	}
	if l.peek(0) == '\r' {
		l.pos++
	}
	if l.peek(0) == '\n' {
		l.pos++
	}
	d.value.kind, d.stream = streamKind, int64(l.pos)
	return d, true
}
