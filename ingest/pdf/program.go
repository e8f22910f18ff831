package pdf

import (
	"bytes"
	"strings"
	"sync"
)

// program is what an embedded font program tells about its glyphs: a TrueType,
// an OpenType, a Compact Font Format or a Type 1 program, whatever the file
// says it is. A nil program tells nothing.
type program struct {
	sfnt  []byte          // of TrueType and OpenType
	names []string        // by glyph
	codes map[byte]string // names by code, of Type 1 and Compact Font Format
	byCID map[int]uint32  // glyphs, of a program with CIDs

	glyphs  map[uint32]rune // by glyph, of a Unicode table; read when asked for
	read    bool
	symbols *[256]uint32      // glyphs by code, of a symbolic TrueType font; likewise
	gids    map[string]uint32 // by name
	left    *int              // entries of tables that the file's fonts may still have
}

// lazyProgram is the program of a descriptor, read at the first call: most
// fonts tell all in their dictionary.
func lazyProgram(f *file, descriptor object) func() *program {
	return sync.OnceValue(func() *program {
		if f.entries <= 0 {
			return nil
		}
		p := loadProgram(f, descriptor)
		if p != nil {
			p.left = &f.entries
			f.entries -= len(p.names) + len(p.codes) + len(p.byCID)
		}
		return p
	})
}

// loadProgram reads the font file of a descriptor, nil when there is none.
func loadProgram(f *file, descriptor object) *program {
	var data []byte
	for _, key := range []string{"FontFile2", "FontFile3", "FontFile"} {
		if data, _ = f.data(descriptor.Key(key)); len(data) > 4 { // what could be decoded is better than nothing
			break
		}
	}
	switch {
	case len(data) <= 4:
		return nil
	case bytes.HasPrefix(data, []byte("%!")) || data[0] == 0x80:
		return &program{codes: type1Encoding(data)}
	case data[0] == 1 && data[1] == 0 && data[2] <= 32:
		return cffProgram(parseCFF(data))
	}
	p := &program{sfnt: data}
	if table := sfntTable(data, "CFF "); table != nil {
		if c := cffProgram(parseCFF(table)); c != nil {
			c.sfnt = data
			return c
		}
	}
	p.names = postNames(sfntTable(data, "post"))
	return p
}

func cffProgram(c *cffFont) *program {
	if c == nil {
		return &program{}
	}
	p := &program{names: c.names, codes: c.encoding}
	if c.cids != nil {
		p.byCID = make(map[int]uint32, len(c.cids))
		glyph := uint32(0)
		for _, cid := range c.cids {
			p.byCID[cid] = glyph
			glyph++
		}
	}
	return p
}

// glyphText is what the glyph of a number stands for. In a program with CIDs
// the number is a CID.
func (p *program) glyphText(gid uint32) string {
	if p == nil {
		return ""
	}
	if p.byCID != nil {
		g, ok := p.byCID[int(gid)]
		if !ok {
			return ""
		}
		gid = g
	}
	if !p.read {
		if p.read = true; *p.left > 0 {
			p.glyphs = glyphCodes(p.sfnt)
			*p.left -= len(p.glyphs)
		}
	}
	r, ok := p.glyphs[gid]
	if ok && (r < 0xE000 || r >= 0xF900) {
		return string(r)
	}
	if int(gid) < len(p.names) {
		if s := glyphText(p.names[gid]); s != "" {
			return s
		}
	}
	if ok {
		return string(r)
	}
	return ""
}

// nameText is what the glyph of a name stands for, by the tables of the
// program: "g36" may be a letter there.
func (p *program) nameText(name string) string {
	if p == nil || p.sfnt == nil {
		return ""
	}
	if p.gids == nil {
		p.gids = make(map[string]uint32, len(p.names))
		glyph := uint32(0)
		for _, n := range p.names {
			p.gids[n] = glyph
			glyph++
		}
	}
	if g, ok := p.gids[name]; ok {
		return p.glyphText(g)
	}
	for _, prefix := range []string{"gid", "glyph", "index", "cid"} {
		if digits, ok := strings.CutPrefix(name, prefix); ok {
			if n, isNumber := number([]byte(digits)); isNumber && n >= 0 && n < 65536 {
				return p.glyphText(uint32(n))
			}
		}
	}
	return ""
}

// codeText is what a code of a font without an encoding stands for.
func (p *program) codeText(c byte) string {
	if name, ok := p.codes[c]; ok {
		return glyphText(name)
	}
	if p.sfnt == nil {
		return ""
	}
	if p.symbols == nil {
		p.symbols = symbolGlyphs(p.sfnt)
	}
	if g := p.symbols[c]; g != 0 {
		return p.glyphText(g)
	}
	return ""
}

// symbolGlyphs are the glyphs that codes select in a symbolic TrueType font:
// those that the (3, 0) table has at 0xF000 + c, or the (1, 0) table at c.
func symbolGlyphs(data []byte) *[256]uint32 {
	var glyphs [256]uint32
	tables := cmapTables(data)
	symbols, ok := tables[[2]uint16{3, 0}]
	if !ok {
		symbols = tables[[2]uint16{1, 0}]
	}
	eachCode(symbols, func(r rune, g uint32) {
		if r < 0x100 || r >= 0xF000 && r < 0xF100 {
			glyphs[r&0xFF] = g
		}
	})
	return &glyphs
}

// type1Encoding reads "dup 65 /A put" from the clear text of a Type 1 program.
func type1Encoding(data []byte) map[byte]string {
	if end := bytes.Index(data, []byte("eexec")); end >= 0 {
		data = data[:end]
	}
	l := lexer{data: data}
	var last [2]operand
	codes := map[byte]string{}
	for range maxElements {
		v, op, ok := l.next()
		if !ok {
			break
		}
		if op == "put" && last[0].kind == numberKind && last[1].kind == nameKind {
			if c := int(last[0].num); c >= 0 && c < 256 {
				codes[byte(c)] = last[1].str
			}
		}
		if op == "" {
			last[0], last[1] = last[1], v
		}
	}
	return codes
}
