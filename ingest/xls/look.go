package xls

import (
	"cmp"
	"fmt"
	"strings"
	"unicode/utf16"

	"github.com/sufflor/sufflor/ingest/office"
	"github.com/sufflor/sufflor/ingest/sheet"
)

// Records of looks, [MS-XLS] 2.3.
const (
	recFont       = 0x0031
	recPalette    = 0x0092
	recPivot      = 0x00B0 // SxView
	recBackground = 0x00E9 // BkHim
	recCondition  = 0x01B0 // CondFmt
	recFont3      = 0x0231 // of BIFF3 and 4
	recTable      = 0x0872 // Feature11
	recTable12    = 0x0878 // Feature12
	recCondition2 = 0x0879 // CondFmt12
	recNewerLook  = 0x087D // XFExt
)

const (
	tiny    = 40 // twentieths of a point; nobody reads a text of this size
	paper   = "FFFFFF"
	unknown = "?" // a colour that is not worked out, and like no other

	// maxRuns bounds how many runs of one workbook are looked at; texts beyond
	// are read and reported.
	maxRuns = 20_000_000
)

// The colours of workbooks that bring none of their own, from number 8. The
// eight that stand first are below 8, too, where no workbook changes them.
const (
	fixed = "000000FFFFFFFF000000FF000000FFFFFF00FF00FF00FFFF"
	dark  = "800000008000000080808000800080008080C0C0C0808080"

	palette5 = fixed + dark + "8080FF802060FFFFC0A0E0E0600080FF80800080C0C0C0FF" + "000080FF00FFFFFF0000FFFF8000808000000080800000FF" +
		"00CFFF69FFFFE0FFE0FFFF80A6CAF0DD9CB3B38FEEE3E3E3" + "2A6FF93FB8CD488436958C418E5E42A0627A624FAC969696" + "1D2FBE286676004500453E016A281385396A4A3285424242"

	palette8 = fixed + dark + "9999FF993366FFFFCCCCFFFF660066FF80800066CCCCCCFF" + "000080FF00FFFFFF0000FFFF8000808000000080800000FF" +
		"00CCFFCCFFFFCCFFCCFFFF9999CCFFFF99CCCC99FFFFCC99" + "3366FF33CCCC99CC00FFCC00FF9900FF6600666699969696" + "003366339966003300333300993300993366333399333333"

	digits = 6 // of a colour
)

// style is a cell style. What it takes over from the style that it is based on
// it holds itself, and that is what programs show.
type style struct {
	format  int // of numbers
	font    int
	fill    int // number of a colour
	pattern int // of the fill
	behind  string
	newer   newer
	like    office.Sight // of text in the style's own font, by its colour
}

// newer is how a style looks in Excel 2007 and later, which know more colours;
// what that does not change is "".
type newer struct{ ink, fill string }

// font is what a font says about whether its text is seen.
type font struct {
	color int
	tiny  bool
}

// run is a part of a text that has a font of its own.
type run struct{ from, font uint16 } // UTF-16 units and the number of a font

// keep keeps the runs of a text under a number, 0 when there are none.
func (w *workbook) keep(runs []run) int32 {
	if len(runs) == 0 {
		return 0
	}
	w.runs = append(w.runs, runs)
	return int32(len(w.runs)) //nolint:gosec // no more than strings and cells
}

// look takes a record of looks.
func (w *workbook) look(rec record) {
	b := rec.data
	switch rec.kind {
	case recFont, recFont3:
		if len(w.fonts) == 4 {
			w.fonts = append(w.fonts, font{}) // no file has the fifth
		}
		if height := u16(b, 0); len(b) >= 6 && len(w.fonts) < maxStyles {
			w.fonts = append(w.fonts, font{color: u16(b, 4), tiny: height > 0 && height <= tiny})
		}
	case recPalette:
		w.palette = ""
		for i := range max(min(u16(b, 0), (len(b)-2)/4, len(palette8)/digits), 0) {
			w.palette += fmt.Sprintf("%02X%02X%02X", b[2+4*i], b[3+4*i], b[4+4*i])
		}
	case recStyle:
		if len(w.styles) < maxStyles {
			s := style{font: u16(b, 0), format: u16(b, 2)}
			if area := u32(b, 8); w.old {
				s.fill, s.pattern = int(area&0x7F), int(area>>16&0x3F)
			} else {
				s.fill, s.pattern = u16(b, 18)&0x7F, int(u32(b, 14)>>26)
			}
			w.styles = append(w.styles, s)
		}
	case recStyle3, recStyle4:
		if len(w.styles) < maxStyles && len(b) > 1 {
			w.styles = append(w.styles, style{font: int(b[0]), format: int(b[1]), fill: u16(b, 6) >> 6 & 0x1F, pattern: u16(b, 6) & 0x3F})
		}
	case recNewerLook:
		if len(w.later) < maxStyles {
			w.later = append(w.later, b)
		}
	}
}

// color is a colour by its number, [MS-XLS] 2.5.161, and in BIFF3 and 4 by
// OpenOffice.org's description of the format, 5.74; "" for the usual colour of a
// text, which may depend on what is behind it.
func (w *workbook) color(n int) string {
	text, window := 64, 65
	if w.version < 5 {
		text, window = 24, 25
	}
	colors := cmp.Or(w.palette, palette8)
	if w.palette == "" && w.old {
		colors = palette5
	}
	switch {
	case n == text:
	case n == window:
		return paper
	case n < len(fixed)/digits:
		return fixed[digits*n:][:digits]
	case n < 64 && digits*(n-8) < len(colors):
		return colors[digits*(n-8):][:digits]
	}
	return ""
}

// resolve works out how the styles look, when all of the records that say so
// are known.
func (w *workbook) resolve() {
	for _, b := range w.later {
		w.readNewer(b)
	}
	for i := range w.styles {
		s := &w.styles[i]
		switch s.pattern {
		case 0:
			s.behind = paper
		case 1:
			s.behind = w.color(s.fill)
		}
		s.like = w.like(s, s.font, s.newer.ink)
	}
}

// readNewer reads what Excel 2007 and later say of a style: [MS-XLS] 2.4.355
// and 2.5.108.
func (w *workbook) readNewer(b []byte) {
	const foreground, gradient, text = 4, 6, 13
	if len(b) < 20 || u16(b, 14) >= len(w.styles) {
		return
	}
	look := &w.styles[u16(b, 14)].newer
	for b = b[20:]; len(b) >= 4; {
		size := min(max(u16(b, 2), 4), len(b))
		switch in := b[4:size]; u16(b, 0) {
		case foreground:
			look.fill = w.full(in)
		case gradient:
			look.fill = unknown
		case text:
			look.ink = w.full(in)
		}
		b = b[size:]
	}
}

// full is a colour that Excel 2007 brought. Of those of a theme only the first
// is the same in nearly all.
func (w *workbook) full(b []byte) string {
	const byNumber, rgb, theme = 1, 2, 3
	if len(b) < 8 || u16(b, 2) != 0 { // lighter or darker
		return unknown
	}
	switch kind, n := u16(b, 0), u32(b, 4); {
	case kind == rgb:
		return fmt.Sprintf("%02X%02X%02X", b[4], b[5], b[6])
	case kind == theme && n == 0:
		return paper
	case kind == byNumber:
		return cmp.Or(w.color(int(n&0xFFFF)), unknown)
	}
	return unknown
}

// like reports whether text in a font has the colour of what is behind it; ink
// is the colour that later programs give it.
func (w *workbook) like(s *style, id int, ink string) office.Sight {
	if id >= len(w.fonts) {
		return office.Seen
	}
	own := w.color(w.fonts[id].color)
	before, after := office.Near(own, s.behind), office.Near(cmp.Or(ink, own), cmp.Or(s.newer.fill, s.behind))
	switch {
	case before && after:
		return office.Unseen
	case before || after:
		return office.Doubtful
	}
	return office.Seen
}

func (w *workbook) tiny(font int) bool { return font < len(w.fonts) && w.fonts[font].tiny }

// look says of a cell whether people see its text.
func (p *page) look(shown sheet.Cell, c cell) sheet.Cell {
	if shown.Text == "" || shown.Unseen || c.style >= len(p.w.styles) {
		return shown
	}
	st := &p.w.styles[c.style]
	var runs []run
	if c.rich > 0 {
		runs = p.w.runs[c.rich-1]
	}
	p.w.looked += len(runs)
	if c.mixed = c.mixed || p.w.looked > maxRuns; c.mixed || len(runs) == 0 {
		sight := p.sight(c, st.like, st.font)
		shown.Unseen, shown.Doubtful = sight == office.Unseen && !c.mixed, sight == office.Doubtful || sight == office.Unseen && c.mixed
		return shown
	}
	var seen strings.Builder
	visible, lost := false, false
	font, from := st.font, 0
	part := func(text string) {
		like := st.like
		if font != st.font {
			like = p.w.like(st, font, "")
		}
		sight := p.sight(c, like, font)
		switch {
		case strings.TrimSpace(text) == "":
		case sight == office.Unseen:
			lost = true
			return
		default:
			visible = true
			shown.Doubtful = shown.Doubtful || sight == office.Doubtful
		}
		seen.WriteString(text)
	}
	units, next := 0, 0
	for i, r := range shown.Text {
		if next < len(runs) && units >= int(runs[next].from) {
			part(shown.Text[from:i])
			from, font = i, int(runs[next].font)
			next++
		}
		units += utf16.RuneLen(r)
	}
	part(shown.Text[from:])
	switch {
	case !visible:
		shown.Unseen = lost
	case lost && !p.w.all:
		p.pale++
		shown.Text = seen.String()
	}
	return shown
}

// sight is whether people see text of a cell in a font whose colour is like what
// is behind it.
func (p *page) sight(c cell, like office.Sight, font int) office.Sight {
	switch {
	case p.w.tiny(font):
		return office.Unseen
	case like == office.Unseen && (p.w.format(c.style).inked || p.painted.Hold(c.row, c.col)):
		return office.Doubtful
	}
	return like
}

// paint notes cells that something beside their style may colour.
func (p *page) paint(rec record) {
	const header = 12 // of records that came later
	b := rec.data
	switch rec.kind {
	case recBackground:
		p.painted.Add(sheet.Range{Col1: 1, Row1: 1, Col2: sheet.MaxColumns, Row2: 1 << 20})
	case recPivot:
		p.areas(b, 1)
	case recTable, recTable12:
		p.areas(b[min(4, len(b)):], 1)
	case recCondition2:
		b = b[min(header, len(b)):]
		fallthrough
	case recCondition:
		if n := u16(b, header); n > 0 && len(b) > header+2 {
			p.areas(b[header+2:], n)
		} else {
			p.areas(b[min(4, len(b)):], 1) // the box around them
		}
	}
}

// areas reads n ranges: [MS-XLS] 2.5.212.
func (p *page) areas(b []byte, n int) {
	for ; n > 0 && len(b) >= 8; n-- {
		p.painted.Add(rangeOf(b))
		b = b[8:]
	}
}

func rangeOf(b []byte) sheet.Range {
	return sheet.Range{Row1: u16(b, 0) + 1, Row2: u16(b, 2) + 1, Col1: u16(b, 4) + 1, Col2: u16(b, 6) + 1}
}
