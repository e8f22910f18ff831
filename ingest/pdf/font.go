package pdf

import (
	"strings"
	"unicode/utf8"
)

// font turns the codes of a string into text and widths.
type font struct {
	name       string
	composite  bool // codes of several bytes
	bold, mono bool
	ascent     float64 // above the baseline in em
	descent    float64 // below the baseline in em, positive

	unicode  *cmap           // ToUnicode
	encoding *cmap           // of a composite font
	utf16    bool            // codes are UTF-16 themselves
	texts    [256]string     // of a simple font
	glyphs   map[uint32]rune // of a TrueType program, by glyph

	widths       map[uint32]float64 // thousandths of an em, by code or CID
	defaultWidth float64
	standard     bool    // no widths in the file
	scale        float64 // of a width; 1/1000 but for Type 3
	em           float64 // height of an em for a font size of 1
}

// glyph is a code of a string.
type glyph struct {
	text  string
	width float64 // in em
	space bool    // the one-byte code 32, which word spacing applies to
}

// newFont reads a font dictionary. It never fails: a font without anything
// useful in it gives U+FFFD of average width.
func newFont(f *file, o object) *font {
	ft := &font{name: o.Key("BaseFont").Text(), scale: 0.001, em: 1, defaultWidth: 0}
	if _, name, ok := strings.Cut(ft.name, "+"); ok {
		ft.name = name
	}
	if data, err := f.data(o.Key("ToUnicode")); len(data) > 0 || err != nil {
		ft.unicode = parseCMap(data) // what could be decoded is better than nothing
	}
	descriptor := o.Key("FontDescriptor")
	switch o.Key("Subtype").Text() {
	case "Type0":
		descendant := o.Key("DescendantFonts").Index(0)
		descriptor = descendant.Key("FontDescriptor")
		ft.loadComposite(f, o, descendant)
	case "Type3":
		ft.loadType3(o)
		ft.loadSimple(f, o, descriptor)
	default:
		ft.loadSimple(f, o, descriptor)
	}
	ft.style(descriptor)
	return ft
}

func (ft *font) style(descriptor object) {
	name := strings.ToLower(ft.name)
	for _, word := range []string{"bold", "black", "heavy", "semibold", "demi", "-bd", ",bd", "cmbx", "sfbx"} {
		ft.bold = ft.bold || strings.Contains(name, word)
	}
	ft.bold = ft.bold || descriptor.Key("FontWeight").Number() >= 600
	flags := int(descriptor.Key("Flags").Number())
	ft.bold = ft.bold || flags&(1<<18) != 0
	ft.mono = flags&1 != 0 || strings.Contains(name, "courier") || strings.Contains(name, "mono")
	ft.ascent, ft.descent = 0.75, 0.22
	if a := descriptor.Key("Ascent").Number() / 1000; a > 0.4 && a < 1.2 {
		ft.ascent = a
	}
	if d := -descriptor.Key("Descent").Number() / 1000; d > 0.05 && d < 0.5 {
		ft.descent = d
	}
}

func (ft *font) loadType3(o object) {
	m := toMatrix(o.Key("FontMatrix"))
	if m[0] != 0 {
		ft.scale = max(m[0], -m[0])
	}
	ft.em = 1000 * ft.scale
	if box, ok := toRect(o.Key("FontBBox")); ok && box.height() < 1e6 {
		ft.em = box.height() * max(m[3], -m[3])
	}
}

// loadSimple reads a font with codes of one byte.
func (ft *font) loadSimple(f *file, o, descriptor object) {
	base := ft.builtin(f, descriptor)
	enc := o.Key("Encoding")
	symbolic := int(descriptor.Key("Flags").Number())&4 != 0
	switch {
	case enc.Kind() == nameKind && (!symbolic || enc.Text() != "StandardEncoding"):
		ft.setBase(baseEncoding(enc.Text()))
	case enc.Key("BaseEncoding").Kind() == nameKind:
		ft.setBase(baseEncoding(enc.Key("BaseEncoding").Text()))
	default:
		ft.setBase(base)
		if ft.glyphs == nil && o.Key("Subtype").Text() != "TrueType" {
			ft.type1Encoding(f, descriptor)
		}
	}
	differences, at := enc.Key("Differences"), 0
	for i := range min(differences.Len(), 1024) {
		switch d := differences.Index(i); d.Kind() {
		case numberKind:
			at = int(d.Number())
		case nameKind:
			if at >= 0 && at < 256 {
				if s := glyphText(d.Text()); s != "" || d.Text() == ".notdef" {
					ft.texts[at] = s
				} else if ft.texts[at] == "" && at >= ' ' {
					ft.texts[at] = string(standard()[at]) // "g65", "c65": the code is the best guess
				}
			}
			at++
		}
	}
	first, widths := int(o.Key("FirstChar").Number()), o.Key("Widths")
	ft.widths = make(map[uint32]float64)
	for i := range min(widths.Len(), 256) {
		if c := first + i; c >= 0 && c < 256 {
			ft.widths[uint32(c)] = widths.Index(i).Number()
		}
	}
	ft.defaultWidth = descriptor.Key("MissingWidth").Number()
	ft.standard = len(ft.widths) == 0
}

// builtin is the encoding of the font's own program, as far as its name or its
// glyphs tell.
func (ft *font) builtin(f *file, descriptor object) *[256]rune {
	name := strings.ToLower(ft.name)
	switch {
	case strings.HasPrefix(name, "symbol"):
		return symbol()
	case strings.Contains(name, "dingbats"):
		return fromMap(dingbats)
	case strings.Contains(name, "wingdings"):
		return fromMap(wingdings)
	}
	data, err := f.data(descriptor.Key("FontFile2"))
	if err != nil || len(data) == 0 {
		return standard()
	}
	var e [256]rune
	for c, r := range *macRoman() { // the codes of a (1, 0) table
		e[c] = r
	}
	for c, r := range symbolCodes(data) {
		e[c] = r
	}
	return &e
}

func (ft *font) setBase(e *[256]rune) {
	for c, r := range e {
		if r != 0 {
			ft.texts[c] = string(r)
		}
	}
}

// type1Encoding reads "dup 65 /A put" from the clear text of a Type 1 program.
func (ft *font) type1Encoding(f *file, descriptor object) {
	data, err := f.data(descriptor.Key("FontFile"))
	if err != nil || len(data) == 0 {
		return
	}
	if end := strings.Index(string(data), "eexec"); end >= 0 {
		data = data[:end]
	}
	l := lexer{data: data}
	var last [2]operand
	for range maxElements {
		v, op, ok := l.next()
		if !ok {
			return
		}
		if op == "put" && last[0].kind == numberKind && last[1].kind == nameKind {
			if c := int(last[0].num); c >= 0 && c < 256 {
				ft.texts[c] = glyphText(last[1].str)
			}
		}
		if op == "" {
			last[0], last[1] = last[1], v
		}
	}
}

// loadComposite reads a Type 0 font.
func (ft *font) loadComposite(f *file, o, descendant object) {
	ft.composite = true
	switch enc := o.Key("Encoding"); enc.Kind() {
	case streamKind:
		if data, _ := f.data(enc); len(data) > 0 { // an error costs the rest of the table only
			ft.encoding = parseCMap(data)
		}
	case nameKind:
		ft.utf16 = strings.Contains(enc.Text(), "UCS2") || strings.Contains(enc.Text(), "UTF16")
	}
	if ft.unicode == nil && !ft.utf16 {
		if data, err := f.data(descendant.Key("FontDescriptor").Key("FontFile2")); err == nil {
			ft.glyphs = glyphCodes(data)
		}
	}
	ft.defaultWidth = 1000
	if dw := descendant.Key("DW"); dw.Kind() == numberKind {
		ft.defaultWidth = dw.Number()
	}
	ft.widths = cidWidths(descendant.Key("W"))
}

// cidWidths reads the W array: "c [w w w]" and "first last w".
func cidWidths(w object) map[uint32]float64 {
	widths := make(map[uint32]float64)
	n := min(w.Len(), maxElements)
	for i := 0; i+1 < n && len(widths) < maxCMap; {
		first := uint32(max(w.Index(i).Number(), 0))
		if list := w.Index(i + 1); list.Kind() == arrayKind {
			for j := range min(list.Len(), maxCMap) {
				widths[first+uint32(j)] = list.Index(j).Number()
			}
			i += 2
			continue
		}
		last, width := uint32(max(w.Index(i+1).Number(), 0)), w.Index(i+2).Number()
		for c := first; c <= last && c < first+65536 && len(widths) < maxCMap; c++ {
			widths[c] = width
		}
		i += 3
	}
	return widths
}

// next is the first glyph of s and the bytes it takes, at least 1.
func (ft *font) next(s string) (glyph, int) {
	if !ft.composite {
		c := uint32(s[0])
		return glyph{text: ft.simpleText(c), width: ft.simpleWidth(c), space: c == ' '}, 1
	}
	c, n := code(s[:min(2, len(s))]), min(2, len(s))
	cid := c
	if ft.encoding != nil {
		c, n = ft.encoding.next(s)
		if cid = c; len(ft.encoding.cids) > 0 {
			cid = ft.encoding.cid(c)
		}
	}
	width, ok := ft.widths[cid]
	if !ok {
		width = ft.defaultWidth
	}
	return glyph{text: ft.compositeText(c, cid, s[:n]), width: width * ft.scale, space: n == 1 && c == ' '}, n
}

func (ft *font) simpleText(c uint32) string {
	if ft.unicode != nil {
		if s := ft.unicode.text(c); s != "" {
			return ft.known(s)
		}
	}
	if s := ft.texts[c]; s != "" {
		return s
	}
	if c < ' ' && ft.unicode == nil {
		return ""
	}
	return string(utf8.RuneError)
}

func (ft *font) compositeText(c, cid uint32, raw string) string {
	if ft.unicode != nil {
		if s := ft.unicode.text(c); s != "" {
			return ft.known(s)
		}
	}
	if ft.utf16 {
		return decodeUTF16(raw)
	}
	if r, ok := ft.glyphs[cid]; ok {
		return string(r)
	}
	return string(utf8.RuneError)
}

// known gives the private-use codes of symbol fonts their characters.
func (ft *font) known(s string) string {
	r, size := utf8.DecodeRuneInString(s)
	if size != len(s) || r < 0xF020 || r > 0xF0FF {
		return s
	}
	c := byte(r - 0xF000)
	name := strings.ToLower(ft.name)
	var known rune
	switch {
	case strings.Contains(name, "wingdings"):
		known = wingdings[c]
	case strings.Contains(name, "dingbats"):
		known = dingbats[c]
	default:
		known = symbol()[c]
	}
	if known == 0 {
		return s
	}
	return string(known)
}

func (ft *font) simpleWidth(c uint32) float64 {
	if w, ok := ft.widths[c]; ok && (w > 0 || ft.texts[c] != " ") {
		return w * ft.scale
	}
	if ft.standard {
		r, _ := utf8.DecodeRuneInString(ft.texts[c])
		return standardWidth(ft.name, r) / 1000
	}
	return ft.defaultWidth * ft.scale
}
