package pdf

import (
	"bytes"
	_ "embed" // for macglyphs.txt
	"encoding/binary"
	"math"
	"strings"
	"sync"
)

// glyphCodes maps the glyphs of a TrueType program to characters, by its
// Unicode table (3, 1), (3, 10) or (0, x). It is nil when there is none.
func glyphCodes(data []byte) map[uint32]rune {
	var best []byte
	tables := cmapTables(data)
	for _, id := range [][2]uint16{{3, 10}, {0, 4}, {0, 3}, {3, 1}, {0, 1}, {0, 0}} {
		if t, ok := tables[id]; ok {
			best = t
			break
		}
	}
	if best == nil {
		return nil
	}
	glyphs := make(map[uint32]rune)
	eachCode(best, func(r rune, g uint32) {
		if old, ok := glyphs[g]; g != 0 && (!ok || r < old) {
			glyphs[g] = r
		}
	})
	return glyphs
}

// sfntTable is a table of a TrueType or OpenType program, nil when it has none
// of that name.
func sfntTable(data []byte, tag string) []byte {
	start := 0
	if bytes.HasPrefix(data, []byte("ttcf")) {
		start = int(u32(data, 12)) // of the first font in a collection
	}
	for i := range int(u16(data, start+4)) {
		at := start + 12 + 16*i
		if at < 0 || at+16 > len(data) {
			break
		}
		offset, length := int(u32(data, at+8)), int(u32(data, at+12))
		if string(data[at:at+4]) == tag && offset < len(data) {
			return data[offset:min(offset+max(length, 0), len(data))]
		}
	}
	return nil
}

// cmapTables is the sub-tables of the table "cmap" by platform and encoding.
func cmapTables(data []byte) map[[2]uint16][]byte {
	tables := map[[2]uint16][]byte{}
	table := sfntTable(data, "cmap")
	for j := range int(u16(table, 2)) {
		start := int(u32(table, 4+8*j+4))
		if 4+8*j+8 <= len(table) && start > 0 && start < len(table) {
			tables[[2]uint16{u16(table, 4+8*j), u16(table, 4+8*j+2)}] = table[start:]
		}
	}
	return tables
}

//go:embed macglyphs.txt
var macGlyphList string

// macGlyphs are the names of the first 258 glyphs of the table "post", as
// Apple's TrueType Reference Manual lists them.
var macGlyphs = sync.OnceValue(func() []string { return strings.Fields(macGlyphList) })

// postNames are the names of the glyphs in a table "post", nil when it has none.
func postNames(t []byte) []string {
	switch u32(t, 0) {
	case 0x00010000:
		return macGlyphs()
	case 0x00020000:
	default:
		return nil
	}
	n := min(int(u16(t, 32)), max(0, len(t)-34)/2)
	var own []string
	for at := 34 + 2*n; at < len(t) && len(own) < math.MaxUint16; {
		end := at + 1 + int(t[at])
		if end > len(t) {
			break
		}
		own = append(own, string(t[at+1:end]))
		at = end
	}
	names := make([]string, n)
	for g := range names {
		switch i := int(u16(t, 34+2*g)); {
		case i < len(macGlyphs()):
			names[g] = macGlyphs()[i]
		case i-len(macGlyphs()) < len(own):
			names[g] = own[i-len(macGlyphs())]
		}
	}
	return names
}

// eachCode calls f for what a sub-table of format 0, 4, 6 or 12 maps.
func eachCode(t []byte, f func(r rune, glyph uint32)) {
	switch u16(t, 0) {
	case 0:
		for c := range 256 {
			if 6+c < len(t) {
				f(rune(c), uint32(t[6+c]))
			}
		}
	case 4:
		eachCode4(t, f)
	case 6:
		first := rune(u16(t, 6))
		for i := range int(u16(t, 8)) {
			if g := u16(t, 10+2*i); g != 0 {
				f(first+rune(i), uint32(g))
			}
		}
	case 12:
		left := maxCMap
		for i := range min(int(u32(t, 12)), maxCMap) {
			lo, hi, g := u32(t, 16+12*i), u32(t, 20+12*i), u32(t, 24+12*i)
			for c := lo; c <= hi && left > 0 && c < 0x110000; c++ {
				f(rune(c), g+c-lo)
				left--
			}
		}
	}
}

func eachCode4(t []byte, f func(r rune, glyph uint32)) {
	segments := int(u16(t, 6)) / 2
	ends, starts := 14, 16+2*segments
	deltas, offsets := starts+2*segments, starts+4*segments
	left := maxCMap // segments may overlap on purpose
	for i := range segments {
		lo, hi := int(u16(t, starts+2*i)), int(u16(t, ends+2*i))
		delta, offset := u16(t, deltas+2*i), int(u16(t, offsets+2*i))
		if hi == 0xFFFF {
			hi-- // the segment that ends the table
		}
		for c := lo; c <= hi && left > 0; c++ {
			left--
			g := uint16(c&0xFFFF) + delta
			if offset != 0 {
				g = u16(t, offsets+2*i+offset+2*(c-lo))
				if g != 0 {
					g += delta
				}
			}
			if g != 0 {
				f(rune(c&0xFFFF), uint32(g))
			}
		}
	}
}

func u16(b []byte, at int) uint16 {
	if at < 0 || at+2 > len(b) {
		return 0
	}
	return binary.BigEndian.Uint16(b[at:])
}

func u32(b []byte, at int) uint32 {
	if at < 0 || at+4 > len(b) {
		return 0
	}
	return binary.BigEndian.Uint32(b[at:])
}
