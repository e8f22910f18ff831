package doc

import (
	"cmp"
	"unicode/utf16"

	"github.com/sufflor/sufflor/ingest/flow"
	"github.com/sufflor/sufflor/ingest/office/sight"
	"github.com/sufflor/sufflor/ingest/ole"
)

// style is what a style says by itself and, once resolved, with those it is
// based on.
type style struct {
	id, based int // sti; index of the style below it
	name      string
	outline   int // 1 to 9, 0 for none, unsaid where nothing is said
	list      int // from 1, 0 for none, unsaid
	level     int
	hidden    toggle
	font      int // of Word 6 and 95, unsaid
	title     bool
	contents  bool
	caption   bool
	look      sight.Look
	shade     string // colour behind its paragraphs
	paints    bool   // a style of tables that puts colours behind cells
}

const unsaid = -1

// Identities of built-in styles, [MS-DOC] 2.9.260.
const (
	styleHeading1 = 1
	styleHeading9 = 9
	styleTOC1     = 19
	styleTOC9     = 27
	styleCaption  = 34
	styleTitle    = 62
	styleNone     = 0xFFF
	maxStyles     = 4095
)

// readStyles reads the style sheet, [MS-DOC] 2.9.271.
func (d *document) readStyles() {
	b := d.list(plcStyles)
	if len(b) < 2 {
		return
	}
	info := b[2:min(2+int(ole.U16(b, 0)), len(b))]
	n, base := min(int(ole.U16(info, 0)), maxStyles), int(ole.U16(info, 2))
	b = b[2+len(info):]
	for i := 0; i < n && len(b) >= 2; i++ {
		size := int(ole.U16(b, 0))
		if 2+size > len(b) {
			break
		}
		d.styles = append(d.styles, d.style(b[2:2+size], base))
		b = b[min(2+size+size%2, len(b)):]
	}
	for i := range d.styles {
		d.inherit(i, 0)
	}
}

func (d *document) style(std []byte, base int) style {
	s := style{based: styleNone, outline: unsaid, list: unsaid, level: unsaid, hidden: unset, font: unsaid}
	if len(std) < 6 || base < 6 || base > len(std) {
		return s
	}
	s.id = int(ole.U16(std, 0) & 0xFFF)
	kind := ole.U16(std, 2) & 0xF
	s.based = int(ole.U16(std, 2) >> 4)
	changes := int(ole.U16(std, 4) & 0xF)
	var rest []byte
	if d.old {
		n := 0
		if base < len(std) {
			n = int(std[base])
		}
		rest = std[min(base+1+n+1, len(std)):]
		s.name = string(std[min(base+1, len(std)):min(base+1+n, len(std))])
	} else {
		n := 2 * int(ole.U16(std, base))
		rest = std[min(base+2+n+2, len(std)):]
		s.name = utf16Text(std[min(base+2, len(std)):min(base+2+n, len(std))])
	}
	switch {
	case s.id >= styleHeading1 && s.id <= styleHeading9:
		s.outline = s.id
	case s.id >= styleTOC1 && s.id <= styleTOC9:
		s.contents = true
	case s.id == styleTitle:
		s.title = true
	case s.id == styleCaption:
		s.caption = true
	case flow.IsContents(s.name):
		s.contents = true
	default:
		// Other programs wrote documents without the identities.
		if n := flow.HeadingLevel(s.name); n > 0 {
			s.outline = n
		}
	}
	for i := 0; i < changes && len(rest) >= 2; i++ {
		size := int(ole.U16(rest, 0))
		if 2+size > len(rest) {
			break
		}
		list := rest[2 : 2+size]
		switch {
		case kind == 1 && i == 0 && size > 2:
			s.paragraph(d, list[2:])
		case kind == 1 && i == 1, kind == 2 && i == 0:
			c := plain()
			c.apply(d, list)
			s.hidden, s.font, s.look = c.hidden, c.font, d.looks.all[c.look]
		case kind == 3:
			d.each(list, func(op uint16, _ []byte) { s.paints = s.paints || paints(op) })
		}
		rest = rest[min(2+size+size%2, len(rest)):]
	}
	return s
}

func (s *style) paragraph(d *document, list []byte) {
	var p para
	p.apply(d, list, 0)
	if p.hasLine && s.outline == unsaid {
		s.outline = p.outline
	}
	if p.hasList {
		s.list = p.list
	}
	if p.hasLevel {
		s.level = p.level
	}
	s.shade = p.shade
}

// inherit takes what a style does not say from the one it is based on.
func (d *document) inherit(i, depth int) {
	s := &d.styles[i]
	if s.based >= len(d.styles) || s.based == i || depth > 20 {
		return
	}
	below := s.based
	s.based = styleNone // resolved
	d.inherit(below, depth+1)
	b := d.styles[below]
	if s.outline == unsaid {
		s.outline = b.outline
	}
	if s.list == unsaid {
		s.list = b.list
	}
	if s.level == unsaid {
		s.level = b.level
	}
	if s.font == unsaid {
		s.font = b.font
	}
	if s.hidden.over(b.hidden.over(false)) {
		s.hidden = 1
	}
	s.look, s.shade, s.paints = s.look.Over(b.look), cmp.Or(s.shade, b.shade), s.paints || b.paints
	s.title, s.contents, s.caption = s.title || b.title, s.contents || b.contents, s.caption || b.caption
}

// styled is a style by its index; documents may name ones that do not exist.
func (d *document) styled(i int) style {
	if i < 0 || i >= len(d.styles) {
		return style{outline: unsaid, list: unsaid, level: unsaid, hidden: unset, font: unsaid}
	}
	return d.styles[i]
}

func utf16Text(b []byte) string {
	units := make([]uint16, len(b)/2)
	for i := range units {
		units[i] = ole.U16(b, 2*i)
	}
	return string(utf16.Decode(units))
}
