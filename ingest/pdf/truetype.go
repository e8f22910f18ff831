package pdf

import "encoding/binary"

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

// symbolCodes maps the codes of a symbolic TrueType font to characters: code c
// selects the glyph that the (3, 0) table has at 0xF000 + c, and a Unicode table
// may say what that glyph is.
func symbolCodes(data []byte) map[byte]rune {
	tables := cmapTables(data)
	symbols, ok := tables[[2]uint16{3, 0}]
	if !ok {
		return nil
	}
	glyphs := glyphCodes(data)
	if glyphs == nil {
		return nil
	}
	codes := map[byte]rune{}
	eachCode(symbols, func(r rune, g uint32) {
		if u, ok := glyphs[g]; ok && (r < 0x100 || r >= 0xF000 && r < 0xF100) {
			codes[byte(r&0xFF)] = u
		}
	})
	return codes
}

// cmapTables is the sub-tables of the table "cmap" by platform and encoding.
func cmapTables(data []byte) map[[2]uint16][]byte {
	tables := map[[2]uint16][]byte{}
	if len(data) < 12 {
		return tables
	}
	for i := range int(u16(data, 4)) {
		at := 12 + 16*i
		if at+16 > len(data) {
			break
		}
		offset := int(u32(data, at+8))
		if string(data[at:at+4]) != "cmap" || offset >= len(data) {
			continue
		}
		table := data[offset:]
		for j := range int(u16(table, 2)) {
			start := int(u32(table, 4+8*j+4))
			if 4+8*j+8 <= len(table) && start > 0 && start < len(table) {
				tables[[2]uint16{u16(table, 4+8*j), u16(table, 4+8*j+2)}] = table[start:]
			}
		}
	}
	return tables
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
