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
	empty  map[uint32]bool // codes that stand for nothing, by the file's own word
	ranges []codeRange     // sorted by lo
	cids   []codeRange     // sorted by lo; to is the first CID

	identity bool   // its codes are UTF-16
	use      string // the CMap it goes on from, by name
	parent   *collection
	vertical bool
}

// codeSpace says how many bytes a code has.
type codeSpace struct {
	lo, hi uint32
	bytes  int
}

type codeRange struct {
	lo, hi uint32
	text   string // of lo, which alone may be no character; the last one counts up
	to     uint32
}

// parseCMap reads what a CMap maps and ignores the PostScript around it. left
// is how many entries the file may still have.
func parseCMap(data []byte, left *int) *cmap {
	m := &cmap{chars: map[uint32]string{}, empty: map[uint32]bool{}}
	l := lexer{data: data}
	var args []operand
	entries, limit := 0, min(maxCMap, *left)
	defer func() { *left -= entries }()
	for entries < limit {
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
		case "usecmap":
			if n := len(args); n > 0 {
				m.use = args[n-1].str
				ordering, ok := strings.CutPrefix(m.use, "Adobe-")
				if ordering, _, cut := strings.Cut(ordering, "-UCS2"); ok && cut {
					m.parent = collectionOf(ordering)
				}
			}
		case "def":
			if n := len(args); n > 1 && args[n-2].str == "WMode" {
				m.vertical = args[n-1].num == 1
			}
		case "endcodespacerange":
			for i := 0; i+1 < len(args) && len(m.spaces) < 100; i += 2 {
				if n := len(args[i].str); n >= 1 && n <= 4 {
					m.spaces = append(m.spaces, codeSpace{code(args[i].str), code(args[i+1].str), n})
				}
			}
		case "endbfchar":
			for i := 0; i+1 < len(args); i += 2 {
				c := code(args[i].str)
				m.chars[c] = unicodeOf(args[i+1])
				if args[i+1].kind == stringKind && args[i+1].str == "" {
					m.empty[c] = true
				}
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
					m.ranges = append(m.ranges, codeRange{lo: lo, hi: hi, text: rawUnicode(args[i+2])})
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
	if m == nil {
		return ""
	}
	if s, ok := m.chars[c]; ok {
		return s
	}
	if m.identity && c <= 0xFFFF {
		return validText(string(rune(c & 0xFFFF)))
	}
	if r, ok := find(m.ranges, c); ok && r.text != "" {
		last, size := utf8.DecodeLastRuneInString(r.text)
		if text := validText(r.text[:len(r.text)-size] + string(last+rune((c-r.lo)&0x1FFFFF))); text != "" {
			return text
		}
	}
	return m.parent.text(c)
}

// silent reports whether the CMap says that a code stands for nothing: several
// glyphs may be one character, which the first of them has.
func (m *cmap) silent(c uint32) bool { return m != nil && m.empty[c] }

// cid is the glyph's number for its width, and whether the CMap has one.
func (m *cmap) cid(c uint32) (uint32, bool) {
	if r, ok := find(m.cids, c); ok {
		return r.to + c - r.lo, true
	}
	return 0, false
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
func unicodeOf(o operand) string { return validText(rawUnicode(o)) }

// rawUnicode is a destination with what is no character in it: a range may
// begin at U+0000.
func rawUnicode(o operand) string {
	if o.kind == nameKind {
		return glyphText(o.str)
	}
	if len(o.str) == 1 { // one byte is not UTF-16, but it is written
		return string(rune(o.str[0]))
	}
	if len(o.str) > 128 {
		return ""
	}
	return decodeUTF16(o.str)
}

// validText is a text without what is no character.
func validText(s string) string {
	return strings.Map(func(r rune) rune {
		if !validRune(r) {
			return -1
		}
		return r
	}, s)
}
