package pdf

import (
	"math"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// font turns the codes of a string into text and widths.
type font struct {
	name       string // in lower case, without the tag of a subset
	composite  bool   // codes of several bytes
	vertical   bool   // glyphs stand below each other
	bold, mono bool
	ascent     float64 // above the baseline in em
	descent    float64 // below the baseline in em, positive

	unicode    *cmap           // ToUnicode
	encoding   *cmap           // that a composite font brings
	predefined *predefined     // that a composite font names
	collection *collection     // that its CIDs come from
	program    func() *program // embedded; read when something asks for it
	cidToGID   []byte          // of a composite TrueType font, two bytes a CID; nil is the identity
	ordered    bool            // the glyphs of a composite font stand in the order of macGlyphs
	texts      [256]string     // of a simple font

	widths       map[uint32]float64 // thousandths of an em, by code or CID
	defaultWidth float64
	downs        map[uint32]float64 // how far down a glyph goes, by CID, likewise
	defaultDown  float64
	standard     bool // no widths in the file, but those of metrics
	metrics      metrics
	scale        float64 // of a width; 1/1000 but for Type 3
	em           float64 // height of an em for a font size of 1

	simple [256]glyph // that were asked for
	known  [256]bool
	cache  map[uint64]glyph // of a composite font, by code and length
}

// glyph is a code of a string.
type glyph struct {
	text  string  // as it stands on the line: right-to-left letters reversed
	width float64 // in em; how far down it goes in vertical writing
	space bool    // the one-byte code 32, which word spacing applies to
	blank bool    // text is only white space
}

// newFont reads a font dictionary. It never fails: a font without anything
// useful in it gives U+FFFD of average width.
func newFont(f *file, o object) *font {
	ft := &font{name: strings.ToLower(o.Key("BaseFont").Text()), scale: 0.001, em: 1, program: func() *program { return nil }}
	if _, name, ok := strings.Cut(ft.name, "+"); ok {
		ft.name = name
	}
	toUnicode := o.Key("ToUnicode")
	if data, err := f.data(toUnicode); len(data) > 0 || err != nil {
		ft.unicode = parseCMap(data, &f.entries) // what could be decoded is better than nothing
	} else if strings.HasPrefix(toUnicode.Text(), "Identity") { // not allowed, but written
		ft.unicode = &cmap{identity: true}
	}
	descriptor := o.Key("FontDescriptor")
	switch o.Key("Subtype").Text() {
	case "Type0":
		descendant := o.Key("DescendantFonts").Index(0)
		descriptor = descendant.Key("FontDescriptor")
		ft.program = lazyProgram(f, descriptor)
		ft.loadComposite(f, o, descendant)
	case "Type3":
		ft.loadType3(o)
		ft.loadSimple(o, descriptor)
		ft.guessEm()
	default:
		ft.program = lazyProgram(f, descriptor)
		ft.loadSimple(o, descriptor)
	}
	ft.style(descriptor)
	return ft
}

func (ft *font) style(descriptor object) {
	for _, word := range []string{"bold", "black", "heavy", "semibold", "demi", "-bd", ",bd", "cmbx", "sfbx"} {
		ft.bold = ft.bold || strings.Contains(ft.name, word)
	}
	ft.bold = ft.bold || descriptor.Key("FontWeight").Number() >= 600
	flags := int(descriptor.Key("Flags").Number())
	ft.bold = ft.bold || flags&(1<<18) != 0
	ft.mono = flags&1 != 0 || strings.Contains(ft.name, "courier") || strings.Contains(ft.name, "mono")
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
	if s := math.Hypot(m[0], m[1]); s != 0 {
		ft.scale = s
	}
	ft.em = 1000 * ft.scale
	if box, ok := toRect(o.Key("FontBBox")); ok && box.height() < 1e6 {
		ft.em = box.height() * math.Hypot(m[2], m[3])
	}
}

// guessEm corrects the em of a Type 3 font whose box says nothing about it: the
// mean glyph is about half an em wide.
func (ft *font) guessEm() {
	sum, n := 0.0, 0
	for _, w := range ft.widths {
		if w != 0 {
			sum, n = sum+math.Abs(w), n+1
		}
	}
	if n == 0 {
		return
	}
	if em := 2 * sum / float64(n) * ft.scale; ft.em > 2*em || ft.em < em/3 {
		ft.em = em
	}
}

// loadSimple reads a font with codes of one byte.
func (ft *font) loadSimple(o, descriptor object) {
	enc := o.Key("Encoding")
	symbolic := int(descriptor.Key("Flags").Number())&4 != 0
	switch {
	case enc.Kind() == nameKind && isBaseEncoding(enc.Text()) && (!symbolic || enc.Text() != "StandardEncoding"):
		ft.setBase(baseEncoding(enc.Text()))
	case isBaseEncoding(enc.Key("BaseEncoding").Text()):
		ft.setBase(baseEncoding(enc.Key("BaseEncoding").Text()))
	default:
		ft.builtin(o.Key("Subtype").Text() == "TrueType")
	}
	ft.differences(enc.Key("Differences"))
	first, widths := int(o.Key("FirstChar").Number()), o.Key("Widths")
	ft.widths = make(map[uint32]float64)
	for i := range min(widths.Len(), 256) {
		if c := first + i; c >= 0 && c < 256 {
			ft.widths[uint32(c)] = widths.Index(i).Number()
		}
	}
	ft.defaultWidth = descriptor.Key("MissingWidth").Number()
	if ft.standard = len(ft.widths) == 0; ft.standard {
		ft.metrics = metricsOf(ft.name)
	}
}

// differences applies the names of an encoding dictionary. A name that no list
// knows is looked up in the font's program; after that, the number in it is
// taken for a code ("g65", "c41"), the way viewers do.
func (ft *font) differences(list object) {
	unknown := map[int]string{}
	at := 0
	for i := range min(list.Len(), 1024) {
		switch d := list.Index(i); d.Kind() {
		case numberKind:
			at = int(d.Number())
		case nameKind:
			if at >= 0 && at < 256 {
				name := d.Text()
				text := ft.nameText(name)
				delete(unknown, at)
				if name == ".notdef" && at == ' ' {
					text = " "
				}
				if text == "" && name != ".notdef" {
					unknown[at] = name
				}
				ft.texts[at] = text
			}
			at++
		}
	}
	isHex, low := false, 0
	for c, name := range unknown {
		isHex = isHex || hexName(name)
		if c > 0 && c <= 10 {
			low++
		}
	}
	for c, name := range unknown {
		switch {
		case low > 5 && len(unknown) < 100: // numbered as they came up: no code means anything
		case ft.program() == nil:
			ft.texts[c] = codeText(c, name)
		default:
			if ft.texts[c] = numericName(name, isHex); ft.texts[c] == "" {
				ft.texts[c] = codeText(c, name)
			}
		}
		if ft.texts[c] == "" { // something is painted, and nobody can tell what
			ft.texts[c] = string(utf8.RuneError)
		}
	}
}

// codeText is what a code stands for when nothing is known of the glyph's name.
func codeText(c int, name string) string {
	if strings.ContainsAny(name, "0123456789") { // in TeX's own encoding most often
		switch c {
		case 11:
			return "ff"
		case 12:
			return "fi"
		case 13:
			return "fl"
		case 14:
			return "ffi"
		case 15:
			return "ffl"
		}
	}
	if c < ' ' || c >= 0x7F && c < 0xA0 {
		return ""
	}
	return string(rune(c & 0xFF))
}

// nameText is what a glyph's name stands for in this font.
func (ft *font) nameText(name string) string {
	if strings.Contains(ft.name, "dingbats") {
		if s := dingbatText(name); s != "" {
			return s
		}
	}
	if s := glyphText(name); s != "" {
		return s
	}
	return ft.program().nameText(name)
}

// hexName reports whether a name looks like a code in hexadecimal: "g4A", "4A".
func hexName(name string) bool {
	if len(name) == 3 && unicode.IsLetter(rune(name[0])) {
		name = name[1:]
	}
	return len(name) == 2 && hexValue(name[0]) >= 0 && hexValue(name[1]) >= 0 && (name[0] > '9' || name[1] > '9')
}

// numericName is the character with the number in a name that no list knows.
func numericName(name string, isHex bool) string {
	digits := strings.TrimLeftFunc(name, unicode.IsLetter)
	base := 10
	if isHex {
		if base = 16; len(name) == 3 {
			name = name[1:]
		}
		digits = name
	}
	if len(name)-len(digits) > 2 || isHex && len(digits) != 2 {
		return ""
	}
	n, err := strconv.ParseUint(digits, base, 16)
	if err != nil || n < ' ' || n > 0x7E && n < 0xA0 || n > 0x2FFF {
		return ""
	}
	return string(rune(n & 0xFFFF))
}

// builtin takes the encoding of the font's own program, or of the font that
// its name tells of.
func (ft *font) builtin(isTrueType bool) {
	program := ft.program()
	switch {
	case strings.HasPrefix(ft.name, "symbol"):
		ft.setBase(symbol())
	case strings.Contains(ft.name, "wingdings"):
		ft.setBase(fromMap(wingdings))
	case strings.Contains(ft.name, "dingbats"):
		ft.setBase(dingbats())
	case program == nil && isTrueType:
		ft.setBase(winAnsi())
	case program != nil && program.sfnt != nil && program.names == nil:
		ft.setBase(macRoman()) // the codes of a (1, 0) table
	default:
		ft.setBase(standard())
	}
	if program == nil {
		return
	}
	for c := range ft.texts {
		if s := program.codeText(byte(c & 0xFF)); s != "" {
			ft.texts[c] = s
		}
	}
}

func (ft *font) setBase(e *[256]rune) {
	for c, r := range e {
		if r != 0 {
			ft.texts[c] = string(r)
		}
	}
}

// loadComposite reads a Type 0 font.
func (ft *font) loadComposite(f *file, o, descendant object) {
	ft.composite, ft.cache = true, map[uint64]glyph{}
	ordering := descendant.Key("CIDSystemInfo").Key("Ordering").Text()
	switch enc := o.Key("Encoding"); enc.Kind() {
	case streamKind:
		data, _ := f.data(enc) // an error costs the rest of the table only
		ft.encoding = parseCMap(data, &f.entries)
		ft.vertical = ft.encoding.vertical || enc.Key("WMode").Number() == 1
		use := ft.encoding.use
		if parent := enc.Key("UseCMap"); parent.Kind() == nameKind {
			use = parent.Text()
		}
		ft.predefined = predefinedCMap(use)
	case nameKind:
		ft.predefined = predefinedCMap(enc.Text())
		ft.vertical = strings.HasSuffix(enc.Text(), "-V") || enc.Text() == "V"
	}
	ft.collection = collectionOf(ordering)
	if m := descendant.Key("CIDToGIDMap"); m.Kind() == streamKind {
		ft.cidToGID, _ = f.data(m)
	}
	ft.defaultWidth = 1000
	if dw := descendant.Key("DW"); dw.Kind() == numberKind {
		ft.defaultWidth = dw.Number()
	}
	ft.widths = cidWidths(descendant.Key("W"), 1, &f.entries)
	if ft.vertical {
		ft.defaultDown = -1000
		if dw := descendant.Key("DW2"); dw.Len() == 2 {
			ft.defaultDown = dw.Index(1).Number()
		}
		ft.downs = cidWidths(descendant.Key("W2"), 3, &f.entries)
	}
	isTrueType := descendant.Key("Subtype").Text() == "CIDFontType2"
	ft.ordered = isTrueType && ft.encoding == nil && ft.predefined == nil && ft.collection == nil && ft.isOrdered(descendant.Key("FontDescriptor"))
}

// orderedFonts are fonts of Microsoft whose first glyphs stand in the order of
// Apple's standard one.
var orderedFonts = []string{
	"arial", "comicsans", "couriernew", "georgia", "impact", "tahoma", "timesnewroman", "trebuchet", "verdana",
}

// isOrdered reports whether the glyphs of a TrueType font stand in the order of
// macGlyphs: because of its name, when it is not embedded, or because the
// widths of ASCII are those of a standard font when they are put in this order.
// An embedded font may hold but some of its glyphs, and in another order.
func (ft *font) isOrdered(descriptor object) bool {
	if descriptor.Key("FontFile2").Kind() == nullKind {
		name := strings.ReplaceAll(ft.name, " ", "")
		if slices.ContainsFunc(orderedFonts, func(s string) bool { return strings.HasPrefix(name, s) }) {
			return true
		}
	}
	m := metricsOf(ft.name)
	if m == nil {
		return false
	}
	const space = 3 // in macGlyphs
	known, same := 0, 0
	distinct := map[int16]bool{}
	for i, w := range m {
		width, ok := ft.widths[uint32(i+space)]
		if !ok {
			continue
		}
		if known++; math.Abs(width-float64(w)) <= 1.5 {
			same++
			distinct[w] = true
		}
	}
	return known >= 10 && same*10 >= known*9 && len(distinct) >= 4
}

// cidWidths reads the arrays W and W2: "c [w w w]" and "first last w". Of the
// count numbers for each CID the first is taken. left is how many entries the
// file may still have.
func cidWidths(w object, count int, left *int) map[uint32]float64 {
	widths := make(map[uint32]float64)
	n, limit := min(w.Len(), maxElements), min(maxCMap, *left)
	entries := 0 // also those that a later one overwrites
	defer func() { *left -= entries }()
	for i := 0; i+1 < n && entries < limit; {
		first := uint32(max(w.Index(i).Number(), 0))
		if list := w.Index(i + 1); list.Kind() == arrayKind {
			for j := range min(list.Len()/count, limit-entries) {
				widths[first+uint32(j)] = list.Index(j * count).Number()
				entries++
			}
			i += 2
			continue
		}
		last, width := uint32(max(w.Index(i+1).Number(), 0)), w.Index(i+2).Number()
		for c := first; c <= last && c < first+65536 && entries < limit; c++ {
			widths[c] = width
			entries++
		}
		i += 2 + count
	}
	return widths
}

// next is the first glyph of s and the bytes it takes, at least 1.
func (ft *font) next(s string) (glyph, int) {
	if !ft.composite {
		c := s[0]
		if !ft.known[c] {
			ft.simple[c] = newGlyph(ft.simpleText(uint32(c)), ft.simpleWidth(uint32(c)))
			ft.simple[c].space = c == ' '
			ft.known[c] = true
		}
		return ft.simple[c], 1
	}
	c, n := ft.code(s)
	key := uint64(n&0xF)<<32 | uint64(c)
	g, ok := ft.cache[key]
	if !ok {
		text, cid := ft.compositeText(c, s[:n])
		g = newGlyph(text, ft.compositeWidth(cid))
		g.space = n == 1 && c == ' '
		if len(ft.cache) < maxCMap {
			ft.cache[key] = g
		}
	}
	return g, n
}

func newGlyph(text string, width float64) glyph {
	text = visual(clean(text))
	return glyph{text: text, width: width, blank: strings.TrimFunc(text, unicode.IsSpace) == ""}
}

// code is the code at the start of s and its length.
func (ft *font) code(s string) (uint32, int) {
	switch {
	case ft.encoding != nil && (ft.predefined == nil || len(ft.encoding.spaces) > 0):
		return ft.encoding.next(s)
	case ft.predefined != nil:
		n := max(min(ft.predefined.length(s), len(s)), 1)
		return code(s[:n]), n
	}
	n := min(2, len(s))
	return code(s[:n]), n
}

func (ft *font) simpleText(c uint32) string {
	s := ft.unicode.text(c)
	if s != "" && !isPrivate(s) || ft.unicode.silent(c) {
		return s
	}
	if t := ft.texts[c]; t != "" && (s == "" || !isPrivate(t)) {
		return ft.symbols(t)
	}
	switch {
	case s != "":
		return ft.symbols(s)
	case c < ' ' && ft.unicode == nil && ft.program() == nil:
		return ""
	}
	return string(utf8.RuneError)
}

// compositeText is what a code stands for, and its CID.
func (ft *font) compositeText(c uint32, raw string) (string, uint32) {
	cid, mapped := c, false
	if ft.encoding != nil && len(ft.encoding.cids) > 0 {
		cid, mapped = ft.encoding.cid(c)
	}
	text := ""
	if !mapped && ft.predefined != nil {
		text = ft.predefined.text(raw)
		cid = ft.predefined.cid(raw, text)
	}
	if s := ft.unicode.text(c); s != "" || ft.unicode.silent(c) {
		return ft.symbols(s), cid
	}
	if text == "" {
		text = ft.collection.text(cid)
	}
	if text == "" {
		text = ft.symbols(ft.program().glyphText(ft.gid(cid)))
	}
	if gid := ft.gid(cid); text == "" && ft.ordered && int(gid) < len(macGlyphs()) {
		text = glyphText(macGlyphs()[gid])
	}
	if text == "" {
		text = string(utf8.RuneError)
	}
	return text, cid
}

func (ft *font) gid(cid uint32) uint32 {
	if ft.cidToGID == nil {
		return cid
	}
	return uint32(u16(ft.cidToGID, int(cid&0xFFFF)*2))
}

// isPrivate reports whether a text is one character of private use.
func isPrivate(s string) bool {
	r, size := utf8.DecodeRuneInString(s)
	return size == len(s) && r >= 0xE000 && r < 0xF900
}

// symbols gives the private-use codes of symbol fonts their characters.
func (ft *font) symbols(s string) string {
	r, size := utf8.DecodeRuneInString(s)
	if size != len(s) || r < 0xF020 || r > 0xF0FF {
		return s
	}
	c := byte(r - 0xF000)
	var known rune
	switch {
	case strings.Contains(ft.name, "wingdings"):
		known = wingdings[c]
	case strings.Contains(ft.name, "dingbats"):
		known = dingbats()[c]
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
		return standardWidth(ft.metrics, r) / 1000
	}
	return ft.defaultWidth * ft.scale
}

// compositeWidth is how far a CID moves the text, downwards in vertical
// writing.
func (ft *font) compositeWidth(cid uint32) float64 {
	widths, other := ft.widths, ft.defaultWidth
	if ft.vertical {
		widths, other = ft.downs, ft.defaultDown
	}
	w, ok := widths[cid]
	if !ok {
		w = other
	}
	if ft.vertical {
		w = -w
	}
	return w * ft.scale
}
