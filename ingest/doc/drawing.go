package doc

import (
	"cmp"
	"slices"

	"github.com/sufflor/sufflor/ingest/office/sight"
	"github.com/sufflor/sufflor/ingest/ole"
)

const (
	maxShapes  = 100_000
	maxAnchors = 1000 // in headers, of which each is looked at
	anchorSize = 26   // of an Spa, [MS-DOC] 2.9.253

	// usualMargin and usualEdge are how far in twips the text and the header
	// are from the edge of the paper when nothing says so.
	usualMargin, usualEdge = 1440, 708
)

// shape is how a drawing is filled and placed.
type shape struct {
	color      string
	empty      bool
	clear      bool // as good as empty
	thin       bool // what is behind shines through
	background bool // of the page
	behind     bool // the text of the page
	art        bool // letters drawn as a picture
	aligned    bool
	from       uint32 // what its place is measured from, 0 when nothing says so
}

// What a place is measured from, [MS-ODRAW] 2.4.8.
const fromPage, fromParagraph = 2, 3

// Records and properties of drawings, [MS-ODRAW] 2.2 and 2.3.
const (
	drawCommon     = 0xF000 // what all drawings share
	drawShape      = 0xF004 // a container that begins a shape
	drawIdentity   = 0xF00A // OfficeArtFSP
	drawProperties = 0xF00B
	drawSecond     = 0xF121
	drawThird      = 0xF122

	propLetters  = 0x00C0 // gtextUNICODE
	propFillType = 0x0180
	propColor    = 0x0181
	propOpacity  = 0x0182
	propFill     = 0x01BF // fFilled and others
	propAlign    = 0x0391 // posv
	propFrom     = 0x0392 // posrelv
	propGroup    = 0x03BF // fBehindDocument and others
)

// readDrawings finds how shapes are filled, and what the page is like that the
// text stands on.
func (d *document) readDrawings() {
	d.paper = sight.Ground{Colors: []string{sight.Paper}}
	d.shapes = map[uint32]shape{}
	if d.old {
		const main, headers = 0x192, 0x19A // lists of drawings
		d.paper.Open = d.at(main) != nil || d.at(headers) != nil
		return
	}
	b := d.list(plcDrawings)
	if len(b) >= 8 && ole.U16(b, 2) == drawCommon {
		b = b[min(8+int64(ole.U32(b, 4)), int64(len(b))):]
	}
	for len(b) > 1 {
		b = d.drawing(b[1:]) // behind a byte that says whose it is
	}
	for _, s := range d.shapes {
		switch {
		case s.background && !s.empty: // shown by some programs only
			d.paper = d.paper.Or(s.color)
		case s.behind:
			d.paper.Open = true
		}
	}
	_, anchors := d.plc(plcShapes, anchorSize)
	for _, a := range anchors {
		const below = 1 << 14 // fBelowText
		d.paper.Open = d.paper.Open || ole.U16(a, 20)&below != 0
	}
	d.paper.Open = d.paper.Open || d.reaches()
}

// drawing reads the shapes of a drawing and returns what follows it.
func (d *document) drawing(b []byte) []byte {
	if len(b) < 8 {
		return nil
	}
	end := min(8+int64(ole.U32(b, 4)), int64(len(b)))
	rest := b[end:]
	b = b[8:end]
	id, s := uint32(0), shape{}
	keep := func() {
		if id != 0 && len(d.shapes) < maxShapes {
			d.shapes[id] = s
		}
	}
	for len(b) >= 8 {
		head, kind, size := ole.U16(b, 0), ole.U16(b, 2), int64(ole.U32(b, 4))
		b = b[8:]
		if head&0xF == 0xF { // what it contains follows
			if kind == drawShape {
				keep()
				id, s = 0, shape{color: sight.Paper}
			}
			continue
		}
		body := b[:min(size, int64(len(b)))]
		b = b[len(body):]
		switch kind {
		case drawIdentity:
			const background = 1 << 10
			id, s.background = ole.U32(body, 0), ole.U32(body, 4)&background != 0
		case drawProperties, drawSecond, drawThird:
			for i := 0; i < int(head>>4) && 6*i+6 <= len(body); i++ {
				s.set(ole.U16(body, 6*i)&0x3FFF, ole.U32(body, 6*i+2))
			}
		}
	}
	keep()
	return rest
}

// set takes a property.
func (s *shape) set(id uint16, v uint32) {
	const said = 16 // bits between a property of yes and no and that it counts
	is := func(bit uint32) bool { return v&(bit<<said) != 0 && v&bit != 0 }
	switch id {
	case propLetters:
		s.art = v != 0
	case propColor:
		switch {
		case v>>24 != 0: // of a scheme or of the system
			s.color = sight.Unknown
		case s.color != sight.Unknown:
			s.color = sight.Hex(byte(v), byte(v>>8), byte(v>>16))
		}
	case propFillType:
		if v != 0 {
			s.color = sight.Unknown
		}
	case propOpacity:
		s.clear, s.thin = v == 0, v < 1<<16
	case propFill:
		const filled = 1 << 4
		s.empty = v&(filled<<said) != 0 && !is(filled)
	case propGroup:
		s.behind = is(1 << 5)
	case propAlign:
		s.aligned = v != 0
	case propFrom:
		s.from = v
	}
}

// inside is what the text of a text box stands on.
func (d *document) inside(id uint32) sight.Ground {
	s, ok := d.shapes[id]
	switch {
	case !ok, s.empty, s.clear:
		return sight.Ground{Colors: d.paper.Colors, Open: true}
	case s.thin:
		return sight.Ground{Colors: d.paper.Or(s.color).Colors, Open: true}
	}
	return d.paper.Painted(s.color)
}

// floats reports whether shapes float in headers or footers.
func (d *document) floats() bool {
	at, _ := d.plc(plcHeaderShapes, anchorSize)
	return len(at) > 0
}

// reaches reports whether a shape of a header or footer may lie behind the text
// of the page: all but letters, and what surely stays above that text.
func (d *document) reaches() bool {
	at, anchors := d.plc(plcHeaderShapes, anchorSize)
	if len(anchors) == 0 || len(anchors) > maxAnchors {
		return len(anchors) > 0
	}
	top, footers := d.topMargin(), d.footers()
	for i, a := range anchors {
		s := d.shapes[ole.U32(a, 0)]
		if s.art {
			continue
		}
		bottom := int64(int32(ole.U32(a, 16))) //nolint:gosec // signed in the file
		switch cmp.Or(s.from, uint32(ole.U16(a, 20)>>3&3)+1) {
		case fromPage:
		case fromParagraph: // a header may have a few lines
			bottom += usualEdge + 600
		default:
			return true
		}
		if s.aligned || bottom > top || slices.ContainsFunc(footers, func(f span) bool { return f.from <= at[i] && at[i] < f.to }) {
			return true
		}
	}
	return false
}

// footers are where footers are among the text of headers and footers.
func (d *document) footers() []span {
	at, _ := d.plc(plcHeaders, 0)
	var out []span
	for i := firstHeader; i+1 < len(at) && i < lastHeader; i++ {
		switch (i - firstHeader) % 6 {
		case 2, 3, 5: // of even, odd and first pages
			out = append(out, span{at[i], at[i+1]})
		}
	}
	return out
}

// topMargin is the smallest of the sections', in twips.
func (d *document) topMargin() int64 {
	const size, changes = 12, 2 // of a Sed, and where it points to its properties
	least := int64(0)
	_, sections := d.plc(plcSections, size)
	for _, sed := range sections {
		top, from := int64(usualMargin), min(int64(ole.U32(sed, changes)), int64(len(d.main)))
		if end := from + 2 + int64(ole.U16(d.main, int(from))); end <= int64(len(d.main)) {
			d.each(d.main[from+2:end], func(op uint16, b []byte) {
				if op == sprmTop {
					top = int64(int16(ole.U16(b, 0))) //nolint:gosec // signed in the file
				}
			})
		}
		if top = max(top, -top); least == 0 || top < least {
			least = top
		}
	}
	return cmp.Or(least, usualMargin)
}
