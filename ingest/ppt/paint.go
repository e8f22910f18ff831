package ppt

import (
	"maps"
	"strings"
	"unicode/utf16"

	"github.com/sufflor/sufflor/ingest/office"
)

// properties are those of a shape by number: [MS-ODRAW] 2.3.
type properties map[int]uint32

const (
	rotation      = 0x0004
	pictureNumber = 0x0104
	fillType      = 0x0180
	fillColor     = 0x0181
	fillOpacity   = 0x0182
	fillBack      = 0x0183
	fillStops     = 0x0197
	fillFlags     = 0x01BF
	lineFlags     = 0x01FF
	shadowFlags   = 0x023F
	masterShape   = 0x0301
	shapeFlags    = 0x03BF
)

// Flags are said in pairs: below 16 whether one holds, from 16 that it is said.
const (
	isFilled   = 1 << 4
	isLined    = 1 << 3
	isShadowed = 1 << 1
	isHidden   = 1 << 1
	says       = 16
	flags      = 0x3F // numbers that end so have them
)

// read takes the properties of a shape.
func (p properties) read(shape record) {
	for _, r := range shape.children() {
		if r.kind != recOptions && r.kind != recOptions2 && r.kind != recMoreOptions {
			continue
		}
		const entry = 6
		for b, n := r.data, r.instance; n > 0 && len(b) >= entry; b, n = b[entry:], n-1 {
			p.set(u16(b, 0)&0x3FFF, u32(b, 2))
		}
	}
}

// set takes a value; of flags those that it says.
func (p properties) set(id int, v uint32) {
	if id&flags == flags {
		said := v >> says
		v = v&said | p[id]&^said | (v|p[id])&^(1<<says-1)
	}
	p[id] = v
}

// flag is what a pair of flags says, and whether it says so.
func (p properties) flag(id, bit int) (on, said bool) {
	v := int(p[id])
	return v&bit != 0, v&(bit<<says) != 0
}

func propertiesOf(shape record) properties {
	p := properties{}
	p.read(shape)
	return p
}

// turned reports whether a shape is so by some angle, in parts of 1/65536 of a
// degree.
func (p properties) turned() bool { return p[rotation] != 0 }

// over are properties with those that are not said taken from below.
func (p properties) over(below properties) properties {
	out := maps.Clone(below)
	for id, v := range p {
		out.set(id, v)
	}
	return out
}

// Kinds of fills: [MS-ODRAW] 2.4.11.
const (
	solidFill      = 0
	textureFill    = 2
	pictureFill    = 3
	backgroundFill = 9
)

const (
	wholeOpacity = 1 << 16
	faint        = wholeOpacity / 20 // up to which a colour is as good as none
	white        = 0xFFFFFF
)

// filled is what a shape is filled with that is filled.
func (s scheme) filled(p properties, back office.Paint) office.Paint {
	color := func(id int) office.Paint {
		c, ok := p[id]
		if !ok {
			c = white
		}
		return s.color(c)
	}
	out := office.Paint{Kind: office.OtherPaint}
	switch p[fillType] {
	case solidFill:
		out = color(fillColor)
	case textureFill, pictureFill:
		out.Kind = office.PicturePaint
	case backgroundFill:
		out = back
	default: // a pattern or a gradient
		if _, more := p[fillStops]; more || color(fillColor).IsWhite() || color(fillBack).IsWhite() {
			out.Kind = office.PicturePaint
		}
	}
	if opacity, ok := p[fillOpacity]; ok && opacity < wholeOpacity {
		if out.Thin = true; opacity <= faint {
			return office.Paint{}
		}
	}
	return out
}

// Kinds of shapes: [MS-ODRAW] 2.4.24.
const (
	rectangle      = 1
	line           = 20
	firstConnector = 32
	lastConnector  = 40
	pictureFrame   = 75
	textBox        = 202
)

// What the head of a shape says: [MS-ODRAW] 2.2.40.
const (
	isGroup      = 1 << 0 // it stands for a group
	isPatriarch  = 1 << 2
	isObject     = 1 << 4
	isBackground = 1 << 10
)

// head is the kind of a shape, its number and what it is.
func head(shape record) (kind int, number, flags uint32) {
	h, ok := shape.child(recShapeHead)
	if !ok {
		return 0, 0, 0
	}
	return h.instance, u32(h.data, 0), u32(h.data, 4)
}

func i32(b []byte, at int) int32 { return int32(u32(b, at)) } //nolint:gosec // signed in the file

// boxOf is where a shape stands within its group, in parts of 1/576 inch; one
// without a size says nothing.
func boxOf(shape record) (office.Rect, bool) {
	var v [4]float64
	if r, ok := shape.child(recChildAnchor); ok && len(r.data) >= 16 {
		for i := range v {
			v[i] = float64(i32(r.data, 4*i))
		}
	} else if r, ok := shape.child(recAnchor); ok && len(r.data) >= 8 {
		for i, to := range []int{1, 0, 2, 3} { // the top comes first
			if len(r.data) >= 16 {
				v[to] = float64(i32(r.data, 4*i))
			} else {
				v[to] = float64(int16(u16(r.data, 2*i))) //nolint:gosec // signed in the file
			}
		}
	}
	b := office.Rect{Left: min(v[0], v[2]), Top: min(v[1], v[3]), Right: max(v[0], v[2]), Bottom: max(v[1], v[3])}
	return b, b.Area() > 0
}

// within is how the shapes of a group are placed. Its first shape stands for
// the group.
func within(g office.Group, group record) office.Group {
	first, ok := group.child(recShape)
	if !ok {
		return g
	}
	inside, ok := first.child(recGroupInside)
	box, known := boxOf(first)
	if _, _, flags := head(first); !ok || !known || flags&isPatriarch != 0 || len(inside.data) < 16 {
		return g
	}
	at := func(i int) float64 { return float64(i32(inside.data, 4*i)) }
	return g.Within(box, office.Rect{Left: at(0), Top: at(1), Right: at(2), Bottom: at(3)}, propertiesOf(first).turned())
}

// inspection looks for unseen text on one slide, and takes it out.
type inspection struct {
	office.Stage
	*deck

	slide  record
	master *master
	scheme scheme
}

// inspect prepares to look at a slide.
func (d *deck) inspect(slide record) *inspection {
	i := &inspection{deck: d, slide: slide, master: d.master(slide)}
	atom, _ := slide.child(recSlideAtom)
	flags, known := u16(atom.data, 20), false
	i.scheme, known = readScheme(slide)
	if m := i.master; m != nil && m.known && (flags&masterScheme != 0 || !known) {
		i.scheme = m.scheme
	}
	i.Back = i.background(slide, flags)
	i.Moving = slide.moves(0)
	if flags&masterObjects != 0 && i.master != nil {
		i.Layers = i.painted(i.master)
		i.Moving = i.Moving || i.master.cut
	}
	return i
}

// moves reports whether something in a slide changes its place, size or colour
// when it is shown: [MS-PPT] 2.8.28 and others.
func (r record) moves(depth int) bool {
	if depth > maxDepth || r.kind == recDrawing {
		return false
	}
	r.container = r.container || r.kind == recTagData
	for _, c := range r.children() {
		if c.kind == recColorChange || c.kind == recMotion || c.kind == recScaling || c.moves(depth+1) {
			return true
		}
	}
	return false
}

// background is that of a slide or of its master.
func (i *inspection) background(slide record, flags int) office.Paint {
	for m := i.master; flags&masterBackground != 0; m = m.above {
		if m == nil {
			return office.Paint{Kind: office.PicturePaint} // which may be anything
		}
		slide, flags = m.record, m.flags
	}
	drawing, _ := slide.child(recDrawing)
	parts, _ := drawing.child(recDrawingParts)
	for _, shape := range parts.children() {
		if _, _, flags := head(shape); shape.kind != recShape || flags&isBackground == 0 {
			continue
		}
		p := propertiesOf(shape)
		if on, said := p.flag(fillFlags, isFilled); on || !said {
			return i.scheme.filled(p, office.Paint{Kind: office.OtherPaint})
		}
	}
	return office.Paint{Kind: office.PicturePaint}
}

// painted is what a master shows on every slide, the lowest first.
func (i *inspection) painted(m *master) []office.Layer {
	if out, ok := m.painted[i.scheme]; ok {
		return out
	}
	s := i.scheme
	if len(m.painted) >= maxSchemes {
		i.Moving = true // so that nothing is taken out by colours that are not looked at
		return nil
	}
	var out []office.Layer
	if m.above != nil && m.flags&masterObjects != 0 {
		out = append(out, i.painted(m.above)...)
		m.cut = m.cut || m.above.cut
	}
	sub := &inspection{deck: i.deck, scheme: s, master: m}
	sub.Back, sub.Layers = i.Back, out
	sub.collect(m.record, office.Ungrouped(), 0)
	m.cut = m.cut || len(sub.Layers) > maxPainted
	m.painted[s] = sub.Layers
	return sub.Layers
}

// collect goes through what a master shows.
func (i *inspection) collect(r record, g office.Group, depth int) {
	if depth > maxDepth {
		return
	}
	for _, c := range r.children() {
		switch {
		case len(i.Layers) > maxPainted:
			return
		case c.kind == recDrawing || c.kind == recDrawingParts:
			i.collect(c, g, depth+1)
		case c.kind == recGroup:
			i.collect(c, within(g, c), depth+1)
		case c.kind == recShape && placeholder(c) == noHolder:
			i.paint(i.shape(c, g))
		}
	}
}

// prototypes are the properties of a master's shapes by their numbers.
func (m *master) prototypes(r record, depth int) {
	if depth > maxDepth {
		return
	}
	for _, c := range r.children() {
		switch c.kind {
		case recDrawing, recDrawingParts, recGroup:
			m.prototypes(c, depth+1)
		case recShape:
			if _, number, _ := head(c); len(m.shapes) < maxPainted && placeholder(c) != noHolder {
				m.shapes[number] = propertiesOf(c)
			}
		}
	}
}

// standing is where a shape stands and what it is filled with.
type standing struct {
	office.Place
	fills  []office.Paint // each of which it may have
	layer  office.Paint   // what it shows to texts after it
	full   bool           // it fills its box
	hidden bool
	shadow bool
	lined  bool // letters that are drawn have an outline
}

// shape looks at a shape; nil is one of which nothing is known.
func (i *inspection) shape(shape record, g office.Group) *standing {
	if i == nil {
		return nil
	}
	p := propertiesOf(shape)
	kind, _, flags := head(shape)
	if flags&(isBackground|isGroup|isPatriarch) != 0 {
		return nil
	}
	s := &standing{}
	box, known := boxOf(shape)
	s.Rect, s.Known = g.OnSlide(box, p.turned()), known || g.Turned()
	if m, ok := i.prototype(p[masterShape]); ok {
		p = p.over(m)
	}
	on, said := p.flag(fillFlags, isFilled)
	paint := i.scheme.filled(p.over(i.setting.fill), i.Back)
	switch {
	case said && on:
		s.fills = []office.Paint{paint}
	case said:
		paint = office.Paint{}
		s.fills = []office.Paint{paint}
	default:
		s.fills = []office.Paint{{}, paint}
	}
	s.shadow, _ = p.flag(shadowFlags, isShadowed)
	lined, linesSaid := p.flag(lineFlags, isLined)
	s.lined = lined || !linesSaid
	s.hidden, _ = p.flag(shapeFlags, isHidden)
	switch _, pictured := p[pictureNumber]; {
	case s.hidden || kind == line || kind >= firstConnector && kind <= lastConnector:
		s.layer = office.Paint{}
	case pictured || kind == pictureFrame || flags&isObject != 0:
		s.layer = office.Paint{Kind: office.PicturePaint}
	default:
		s.layer = paint
	}
	s.full = said && (kind == rectangle || kind == textBox) && !p.turned() && !g.Turned()
	return s
}

// prototype are the properties of the master's shape that another is made from.
func (i *inspection) prototype(number uint32) (properties, bool) {
	for m := i.master; m != nil && number != 0; m = m.above {
		if p, ok := m.shapes[number]; ok {
			return p, true
		}
	}
	return nil, false
}

// paint notes what a shape shows that texts after it may stand on.
func (i *inspection) paint(s *standing) {
	if s != nil && s.layer.Kind != office.NoPaint && s.Known {
		i.Layers = append(i.Layers, office.Layer{Rect: s.Rect, Paint: s.layer, Full: s.full})
	}
}

// outside reports whether a shape lies beyond the edges of the slide.
func (i *inspection) outside(s *standing) bool {
	return s.Known && i.setting.wide > 0 && i.setting.high > 0 &&
		(s.Right <= 0 || s.Bottom <= 0 || s.Left >= float64(i.setting.wide) || s.Top >= float64(i.setting.high))
}

// absent takes out a text whose shape is hidden or lies beyond the edges of the
// slide, unless something brings that in, and reports whether it is so.
func (i *inspection) absent(t *text, s *standing) bool {
	if s == nil || !s.hidden && !i.outside(s) {
		return false
	}
	words := lines(t.value)
	switch {
	case s.hidden:
		i.unseen.Hidden.Add(i.at.Page, words)
	case i.Moving:
		i.unseen.Doubtful.Add(i.at.Page, words)
		return true
	default:
		i.unseen.Outside.Add(i.at.Page, words)
	}
	t.value = ""
	return true
}

// text takes out of a text what nobody sees; s is nil where it is not known
// where the text stands. What is taken out leaves signs that are no text, so that
// the runs still fit.
func (i *inspection) text(t *text, s *standing) {
	if i == nil || i.absent(t, s) {
		return
	}
	if s == nil {
		s = &standing{}
	}
	units := utf16.Encode([]rune(t.value))
	paragraphs, behind := t.paragraphRuns(len(units) + 1)
	runs := characterRuns(behind, len(units)+1)
	links := make([]bool, len(units))
	for _, l := range t.links {
		for k := min(l[0], uint32(len(units))); k < min(l[1], uint32(len(units))); k++ { //nolint:gosec // from a length
			links[k] = true
		}
	}
	changed := false
	for from := 0; from < len(units); {
		for len(paragraphs) > 0 && paragraphs[0].to <= from {
			paragraphs = paragraphs[1:]
		}
		for len(runs) > 0 && runs[0].to <= from {
			runs = runs[1:]
		}
		to, level, run := len(units), 0, characters{}
		if len(paragraphs) > 0 {
			to, level = min(to, paragraphs[0].to), paragraphs[0].level
		}
		if len(runs) > 0 {
			to, run = min(to, runs[0].to), runs[0].characters
		}
		for k := from; k < to; k++ {
			if links[k] != links[from] {
				to = k
			}
		}
		changed = i.run(units[from:to], t.kind, level, run, links[from], s) || changed
		from = to
	}
	if changed {
		t.value = string(utf16.Decode(units))
	}
}

// noText is a sign that is left out of all text.
const noText = 1

// run looks at a run of a text, and reports whether it was taken out.
func (i *inspection) run(units []uint16, kind, level int, run characters, linked bool, s *standing) bool {
	words := lines(string(utf16.Decode(units)))
	if w := strings.TrimSpace(words); w == "" || w == "*" { // the place of a number or date
		return false
	}
	below := i.setting.usual
	if kind == otherText {
		below = i.setting.styles.of(kind, level).over(below)
	}
	if i.master != nil {
		below = i.master.styles.of(kind, level).over(below)
	}
	look := run.over(below)
	gap := uint16(noText)
	switch sight := i.sight(run, look, linked, s); {
	case look.size > 0 && look.size <= tiny:
		i.unseen.Tiny.Add(i.at.Page, words)
	case sight == office.Unseen && look.effect != withEffect && !s.shadow:
		i.unseen.Pale.Add(i.at.Page, words)
		gap = ' ' // that people see
	case sight != office.Seen:
		i.unseen.Doubtful.Add(i.at.Page, words)
		return false
	default:
		return false
	}
	for k, u := range units {
		if u != '\r' {
			units[k] = gap
			gap = noText
		}
	}
	return true
}

// sight is whether people see text. Of colours that the run does not say itself
// only white counts. Links have a colour of their own in PowerPoint.
func (i *inspection) sight(run, look characters, linked bool, s *standing) office.Sight {
	if !look.inked {
		return office.Seen
	}
	ink := i.scheme.ink(look.ink)
	if !run.inked && !ink.IsWhite() {
		return office.Seen
	}
	sight := i.Judge(ink, s.fills, s.Place)
	if linked {
		if other := i.Judge(i.scheme.ofScheme(linkColor), s.fills, s.Place); other != sight {
			return office.Doubtful
		}
	}
	return sight
}

// art takes out a text that is drawn as an outline and that nobody sees.
func (i *inspection) art(t *text, s *standing) {
	if i == nil || s == nil || i.absent(t, s) || s.lined || len(s.fills) != 1 {
		return
	}
	switch i.Judge(s.fills[0], nil, s.Place) {
	case office.Seen:
	case office.Unseen:
		if !s.shadow {
			i.unseen.Pale.Add(i.at.Page, lines(t.value))
			t.value = ""
			return
		}
		fallthrough
	case office.Doubtful:
		i.unseen.Doubtful.Add(i.at.Page, lines(t.value))
	}
}
