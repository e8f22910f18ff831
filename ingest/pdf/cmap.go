package pdf

import (
	"cmp"
	"slices"
	"strings"
	"unicode/utf8"
)

// cmap is a ToUnicode CMap (ISO 32000-1, 9.10.3) or the CMap of a composite
// font (9.7.5).
type cmap struct {
	spaces []codeSpace
	chars  map[uint32]string
	ranges []codeRange // sorted by lo
	cids   []codeRange // sorted by lo; to is the first CID
}

// codeSpace says how many bytes a code has.
type codeSpace struct {
	lo, hi uint32
	bytes  int
}

type codeRange struct {
	lo, hi uint32
	text   string // of lo; the last character counts up
	to     uint32
}

// parseCMap reads what a CMap maps and ignores the PostScript around it.
func parseCMap(data []byte) *cmap {
	m := &cmap{chars: map[uint32]string{}}
	l := lexer{data: data}
	var args []operand
	for entries := 0; entries < maxCMap; {
		v, op, ok := l.next()
		if !ok {
			break
		}
		if op == "" {
			if len(args) < maxElements {
				args = append(args, v)
			}
			continue
		}
		switch op {
		case "endcodespacerange":
			for i := 0; i+1 < len(args) && len(m.spaces) < 100; i += 2 {
				if n := len(args[i].str); n >= 1 && n <= 4 {
					m.spaces = append(m.spaces, codeSpace{code(args[i].str), code(args[i+1].str), n})
				}
			}
		case "endbfchar":
			for i := 0; i+1 < len(args); i += 2 {
				m.chars[code(args[i].str)] = unicodeOf(args[i+1])
			}
			entries += len(args) / 2
		case "endbfrange":
			for i := 0; i+2 < len(args); i += 3 {
				lo, hi := code(args[i].str), code(args[i+1].str)
				for j, item := range args[i+2].list { // an array: one text for each code
					if uint32(j) <= hi-lo && hi >= lo {
						m.chars[lo+uint32(j)] = unicodeOf(item)
						entries++
					}
				}
				if args[i+2].kind != arrayKind {
					m.ranges = append(m.ranges, codeRange{lo: lo, hi: hi, text: unicodeOf(args[i+2])})
				}
			}
			entries += len(args) / 3
		case "endcidchar":
			for i := 0; i+1 < len(args); i += 2 {
				c := code(args[i].str)
				m.cids = append(m.cids, codeRange{lo: c, hi: c, to: uint32(max(args[i+1].num, 0))})
			}
			entries += len(args) / 2
		case "endcidrange":
			for i := 0; i+2 < len(args); i += 3 {
				m.cids = append(m.cids, codeRange{
					lo: code(args[i].str), hi: code(args[i+1].str), to: uint32(max(args[i+2].num, 0)),
				})
			}
			entries += len(args) / 3
		}
		args = args[:0]
	}
	byLow := func(a, b codeRange) int { return cmp.Compare(a.lo, b.lo) }
	slices.SortStableFunc(m.ranges, byLow)
	slices.SortStableFunc(m.cids, byLow)
	return m
}

// text is what a code stands for, "" when the CMap does not say.
func (m *cmap) text(c uint32) string {
	if s, ok := m.chars[c]; ok {
		return s
	}
	r, ok := find(m.ranges, c)
	if !ok || r.text == "" {
		return ""
	}
	last, size := utf8.DecodeLastRuneInString(r.text)
	return r.text[:len(r.text)-size] + string(last+rune((c-r.lo)&0x1FFFFF))
}

// cid is the glyph's number for its width.
func (m *cmap) cid(c uint32) uint32 {
	if r, ok := find(m.cids, c); ok {
		return r.to + c - r.lo
	}
	return 0
}

// next is the code at the start of s and its length, at least 1 for a string
// that is not empty.
func (m *cmap) next(s string) (uint32, int) {
	for n := 1; n <= min(4, len(s)); n++ {
		c := code(s[:n])
		for _, space := range m.spaces {
			if space.bytes == n && inSpace(c, space) {
				return c, n
			}
		}
	}
	n := 2
	if len(m.spaces) > 0 {
		n = m.spaces[0].bytes
	}
	n = min(n, len(s))
	return code(s[:n]), n
}

// inSpace compares byte by byte: a code space is a box, not an interval.
func inSpace(c uint32, space codeSpace) bool {
	for shift := 0; shift < 8*space.bytes; shift += 8 {
		b := c >> shift & 0xFF
		if b < space.lo>>shift&0xFF || b > space.hi>>shift&0xFF {
			return false
		}
	}
	return true
}

func find(ranges []codeRange, c uint32) (codeRange, bool) {
	i, exact := slices.BinarySearchFunc(ranges, c, func(r codeRange, c uint32) int { return cmp.Compare(r.lo, c) })
	if !exact {
		i--
	}
	if i < 0 || c > ranges[i].hi {
		return codeRange{}, false
	}
	return ranges[i], true
}

func code(s string) uint32 {
	var c uint32
	for i := range min(len(s), 4) {
		c = c<<8 | uint32(s[i])
	}
	return c
}

// unicodeOf is a destination: UTF-16, or a glyph's name.
func unicodeOf(o operand) string {
	if o.kind == nameKind {
		return glyphText(o.str)
	}
	if len(o.str) == 1 { // one byte is not UTF-16, but it is written
		return string(rune(o.str[0]))
	}
	if len(o.str) > 128 {
		return ""
	}
	return strings.Map(func(r rune) rune {
		if !validRune(r) {
			return -1
		}
		return r
	}, decodeUTF16(o.str))
}
