package ppt

import (
	"fmt"
	"maps"

	"github.com/sufflor/sufflor/ingest/office"
)

const (
	tiny = 2 // points; nobody reads a text of this size

	// maxPainted bounds what a master paints on every slide, and maxSchemes in
	// how many sets of colours that is worked out.
	maxPainted = 1000
	maxSchemes = 100
)

// scheme is a slide's set of colours, each of six hexadecimal digits. They are
// for the background, text, shadows, titles, fills, accents, links and links
// that were followed.
type scheme [8]string

const linkColor = 6

// readScheme reads the colours of a slide or master: [MS-PPT] 2.4.17.
func readScheme(slide record) (scheme, bool) {
	const own = 1 // the others are there to be chosen
	var out scheme
	for _, r := range slide.children() {
		if r.kind == recScheme && r.instance == own && len(r.data) >= 4*len(out) {
			for i := range out {
				out[i] = hex(u32(r.data, 4*i))
			}
			return out, true
		}
	}
	return out, false
}

// hex is a colour whose red is the lowest byte.
func hex(c uint32) string { return fmt.Sprintf("%02X%02X%02X", c&0xFF, c>>8&0xFF, c>>16&0xFF) }

// ofScheme is a colour of the scheme by its number.
func (s scheme) ofScheme(n uint32) office.Paint {
	for i, color := range s {
		if n == uint32(i) && color != "" {
			return office.Solid(color)
		}
	}
	return office.Paint{Kind: office.OtherPaint}
}

// ink is a colour of text: [MS-PPT] 2.12.2.
func (s scheme) ink(c uint32) office.Paint {
	const rgb = 0xFE
	if c>>24 == rgb {
		return office.Solid(hex(c))
	}
	return s.ofScheme(c >> 24)
}

// color is one of a drawing: [MS-ODRAW] 2.2.2.
func (s scheme) color(c uint32) office.Paint {
	const byPalette, byScheme, bySystem = 1, 8, 16
	switch flags := c >> 24; {
	case flags&byScheme != 0:
		return s.ofScheme(c & 0xFF)
	case flags&(byPalette|bySystem) != 0:
		return office.Paint{Kind: office.OtherPaint}
	}
	return office.Solid(hex(c))
}

// characters is how characters look, as far as that decides whether they are
// seen. What is not said is zero.
type characters struct {
	size   int // points
	inked  bool
	ink    uint32
	effect effect // a shadow or a relief, which may show the text
}

type effect int

const (
	unsaid effect = iota
	withEffect
	withoutEffect
)

// over is a look with what it does not say taken from the one below.
func (c characters) over(below characters) characters {
	if c.size == 0 {
		c.size = below.size
	}
	if !c.inked {
		c.inked, c.ink = below.inked, below.ink
	}
	if c.effect == unsaid {
		c.effect = below.effect
	}
	return c
}

// readCharacters reads properties of characters and says how many bytes they
// are: [MS-PPT] 2.9.13.
func readCharacters(b []byte) (c characters, size int) {
	const (
		styles    = 0xFFFF
		effects   = 1<<4 | 1<<9
		fontSize  = 1 << 17
		color     = 1 << 18
		position  = 1 << 19
		undefined = 0xFF
	)
	mask := u32(b, 0)
	size = 4
	if mask&styles != 0 {
		if said := int(mask & effects); said != 0 {
			c.effect = withoutEffect
			if u16(b, size)&said != 0 {
				c.effect = withEffect
			}
		}
		size += 2
	}
	for _, font := range []uint32{1 << 16, 1 << 21, 1 << 22, 1 << 23} {
		if mask&font != 0 {
			size += 2
		}
	}
	if mask&fontSize != 0 {
		c.size = u16(b, size)
		size += 2
	}
	if mask&color != 0 {
		c.ink = u32(b, size)
		c.inked = c.ink>>24 != undefined && size+4 <= len(b)
		size += 4
	}
	if mask&position != 0 {
		size += 2
	}
	return c, size
}

// characterRun is how the characters up to a UTF-16 unit look.
type characterRun struct {
	characters
	to int
}

// characterRuns reads the properties of characters from those of a text:
// [MS-PPT] 2.9.46.
func characterRuns(b []byte, units int) []characterRun {
	var out []characterRun
	for from := 0; len(b) >= 8 && from < units; {
		c, size := readCharacters(b[4:])
		from += int(u32(b, 0) & 0x7FFFFFFF)
		out = append(out, characterRun{c, from})
		b = b[min(4+size, len(b)):]
	}
	return out
}

// styles are the looks of texts by their kind and level.
type styles map[int][]characters

// read takes a master's style: [MS-PPT] 2.9.35.
func (s styles) read(r record) {
	const numbered = 5 // kinds from here on say which level it is
	b := r.data
	levels := make([]characters, 0, maxLevel+1)
	n := u16(b, 0)
	for b = b[min(2, len(b)):]; n > 0 && len(levels) <= maxLevel; n-- {
		if r.instance >= numbered {
			b = b[min(2, len(b)):]
		}
		if len(b) < 8 {
			break
		}
		b = b[min(4+exceptionSize(u32(b, 0), b[4:]), len(b)):]
		c, size := readCharacters(b)
		levels = append(levels, c)
		b = b[min(size, len(b)):]
	}
	s[r.instance] = levels
}

// of is how a text of a kind looks at a level.
func (s styles) of(kind, level int) characters {
	var c characters
	if l := s[kind]; level < len(l) {
		c = l[level]
	}
	base := bodyText
	switch kind {
	case centerTitleText:
		base = titleText
	case centerBodyText, halfBodyText, quarterBodyText:
	default:
		return c
	}
	if l := s[base]; level < len(l) {
		c = c.over(l[level])
	}
	return c
}

// setting is what slides take over from the document.
type setting struct {
	wide, high int32  // of a slide, 0 when it is not known
	styles     styles // of texts that are no placeholder
	usual      characters
	fill       properties
	masters    map[uint32]*master // by number
}

// readSetting reads what the document says of looks.
func (d *deck) readSetting(document uint32) {
	d.setting = setting{styles: styles{}, fill: properties{}, masters: map[uint32]*master{}}
	doc, ok := d.object(document)
	if !ok || doc.kind != recDocument {
		return
	}
	const masters = 1 // instance of the list
	for _, r := range doc.children() {
		switch r.kind {
		case recDocumentAtom:
			d.setting.wide, d.setting.high = i32(r.data, 0), i32(r.data, 4)
		case recEnvironment:
			for _, e := range r.children() {
				switch e.kind {
				case recMasterStyle:
					d.setting.styles.read(e)
				case recUsualLook:
					d.setting.usual, _ = readCharacters(e.data)
				}
			}
		case recDrawingGroup:
			if all, ok := r.child(recDrawings); ok {
				d.setting.fill.read(all)
			}
		case recSlideList:
			for _, s := range r.children() {
				if s.kind != recSlidePersist || r.instance != masters || len(s.data) < 16 {
					continue
				}
				if m, ok := d.object(u32(s.data, 0)); ok && (m.kind == recMaster || m.kind == recSlide) {
					d.setting.masters[u32(s.data, 12)] = &master{record: m}
				}
			}
		}
	}
}

// master is what slides take over from the master they are made from.
type master struct {
	record

	read    bool
	above   *master // of the master of title slides, that of the others
	scheme  scheme
	known   bool // the scheme is
	flags   int
	styles  styles
	shapes  map[uint32]properties // by their numbers
	painted map[scheme][]office.Layer
	cut     bool // it paints more than is kept
}

// What a slide takes over from its master: [MS-PPT] 2.5.11.
const (
	masterObjects = 1 << iota
	masterScheme
	masterBackground
)

// master is the master of a slide or of the master of title slides; nil when
// it is missing.
func (d *deck) master(slide record) *master {
	atom, _ := slide.child(recSlideAtom)
	m := d.setting.masters[u32(atom.data, 12)]
	if m == nil || m.read {
		return m
	}
	m.read = true
	own, _ := m.child(recSlideAtom)
	m.flags = u16(own.data, 20)
	if m.kind == recSlide {
		if m.above = d.master(m.record); m.above != nil && m.above.kind != recMaster {
			m.above = nil
		}
	}
	m.scheme, m.known = readScheme(m.record)
	if m.above != nil && m.above.known && (m.flags&masterScheme != 0 || !m.known) {
		m.scheme, m.known = m.above.scheme, true
	}
	m.styles, m.shapes, m.painted = styles{}, map[uint32]properties{}, map[scheme][]office.Layer{}
	if m.above != nil {
		maps.Copy(m.styles, m.above.styles)
	}
	for _, r := range m.children() {
		if r.kind == recMasterStyle {
			m.styles.read(r)
		}
	}
	m.prototypes(m.record, 0)
	return m
}
