package rtf

import (
	"cmp"
	"iter"
	"math"
	"strconv"
	"strings"

	"github.com/sufflor/sufflor/ingest/flow"
	"github.com/sufflor/sufflor/ingest/office/sight"
)

const (
	maxColors = 10_000 // of the colour table
	maxValue  = 100    // bytes of the name and the value of a shape's property
)

// shading is what control words put behind something, in colours of the table.
type shading struct {
	fill    int32 // of the table, 0 for none
	pattern bool  // mixed with another colour
}

// ink is how the text being read looks, as far as that may hide it.
type ink struct {
	color     int32 // of the table, unsaid
	highlight int32 // 0 for none
	back      int32 // of \cb, which most programs do not show
	fill      shading
	size      int32 // half-points, 0 where nothing is said
	style     int32 // of the characters, 0 for none
	effect    bool
}

func usualInk() ink { return ink{color: unsaid} }

// colors is the colour table: "" stands for the automatic colour.
type colors struct {
	table []string
	rgb   [3]byte // of the entry being read
	said  bool    // it has one
}

// add ends an entry.
func (c *colors) add() {
	hex := ""
	if c.said {
		hex = sight.Hex(c.rgb[0], c.rgb[1], c.rgb[2])
	}
	if len(c.table) < maxColors {
		c.table = append(c.table, hex)
	}
	c.rgb, c.said = [3]byte{}, false
}

func (c *colors) part(i, n int) { c.rgb[i], c.said = byte(min(max(n, 0), 255)), true }

// of is a colour by its number.
func (c *colors) of(n int32) string {
	if n < 0 || int(n) >= len(c.table) {
		return sight.Auto
	}
	return cmp.Or(c.table[n], sight.Auto)
}

// shade is the colour of a shading, "" for none.
func (c *colors) shade(s shading) string {
	switch {
	case s.pattern:
		return sight.Unknown
	case s.fill > 0:
		return c.of(s.fill)
	}
	return ""
}

// number keeps what a control word says in the range of an int32.
func number(n int) int32 { return int32(min(max(n, math.MinInt32), math.MaxInt32)) }

// primaries are the control words of the parts of a colour.
var primaries = []string{"red", "green", "blue"}

// inkWord takes a control word about the looks of characters, of what is behind
// them or of what is behind a paragraph.
func (p *parser) inkWord(name string, n int, on bool) {
	s := &p.state
	switch name {
	case "cf":
		s.ink.color = number(max(n, 0))
	case "highlight":
		s.ink.highlight = number(n)
	case "cb":
		s.ink.back = number(n)
	case "fs":
		s.ink.size = number(max(n, 0))
	case "cs":
		s.ink.style = number(n)
		if s.into == intoStyles {
			p.current = n
		}
	case "outl", "shad", "embo", "impr":
		s.ink.effect = on
	case "chcbpat":
		s.ink.fill.fill = number(n)
	case "cbpat":
		s.shade.fill = number(n)
	case "chshdng":
		s.ink.fill.pattern = n > 0
	case "shading":
		s.shade.pattern = n > 0
	}
}

// patterned takes a control word for a pattern behind characters, a paragraph
// or a cell, such as \bghoriz. It reports false for others.
func (p *parser) patterned(name string) bool {
	switch {
	case strings.HasPrefix(name, "chbg"):
		p.flush()
		p.state.ink.fill.pattern = true
	case strings.HasPrefix(name, "bg"):
		p.flush()
		p.state.shade.pattern = true
	case strings.HasPrefix(name, "clbg"):
		p.state.story.shade.pattern = true
	default:
		return false
	}
	return true
}

// lastLook is how the last text looked, and all that decided it.
type lastLook struct {
	known bool
	ink   ink
	shade shading
	style int
	look  *sight.Look
}

// look is how the text that is written now looks, nil when that hides nothing.
func (p *parser) look() *sight.Look {
	s, last := &p.state, &p.last
	if !last.known || last.ink != s.ink || last.shade != s.shade || last.style != s.style {
		*last = lastLook{true, s.ink, s.shade, s.style, p.newLook()}
	}
	return last.look
}

// newLook is the same, worked out. Styles only say once more what control words say before a text; programs
// differ in whether they follow one that says it alone.
func (p *parser) newLook() *sight.Look {
	s := &p.state
	l := sight.Look{Size: int(s.ink.size), Effect: s.ink.effect, Fill: p.colors.shade(s.ink.fill)}
	if s.ink.color != unsaid {
		l.Ink = p.colors.of(s.ink.color)
		l.Loose = s.ink.color == 0 // mostly the automatic one, whatever the table says
	}
	if s.ink.highlight > 0 {
		l.Mark = p.colors.of(s.ink.highlight)
	}
	if l.Ink == "" {
		l.Ink, l.Loose = p.styledInk(), true
	}
	if !l.MayHide() {
		return nil
	}
	l.Loose = l.Loose && !l.Tiny()
	l.Behind = [2]string{p.colors.shade(shading{fill: s.ink.back}), p.colors.shade(s.shade)}
	return p.looks.Of(l)
}

// styledInk is the colour that the styles of the characters or the paragraph
// give.
func (p *parser) styledInk() string {
	for _, s := range []iter.Seq[style]{based(p.inks, int(p.state.ink.style)), based(p.styles, p.state.style)} {
		for st := range s {
			if st.ink.color != unsaid {
				return p.colors.of(st.ink.color)
			}
		}
	}
	return ""
}

// styledShade is what the styles of a paragraph put behind it.
func (s *story) styledShade(id int) string {
	for st := range based(s.styles, id) {
		if fill := s.colors.shade(st.shade); fill != "" {
			return fill
		}
	}
	return ""
}

// mark notes the look of a text that is about to be written.
func (s *story) mark(text string, look *sight.Look) {
	if look == nil || text == "" {
		return
	}
	from := s.text.Len()
	to := from + len(text)
	if n := len(s.spans); n > 0 && s.spans[n-1].Look == look && s.spans[n-1].To == from {
		s.spans[n-1].To = to
		return
	}
	s.spans = append(s.spans, flow.Span{From: from, To: to, Look: look})
}

// facts are what the texts of the body stand on.
type facts struct {
	behind bool   // something floats behind the text
	reach  int    // how far down the page a header's shapes reach, in twips
	top    int    // where the text begins; 0 when nothing says so
	page   string // colour of the page, "" for white
	shown  bool   // programs show it that do not show it always
}

const (
	// usualMargin and usualEdge are how far in twips the text and the header
	// are from the edge of the paper when nothing says so.
	usualMargin, usualEdge = 1440, 708
	far                    = 1 << 30
)

// ground is what the body stands on.
func (f facts) ground() sight.Ground {
	g := sight.Ground{Colors: []string{sight.Paper}}
	if f.shown {
		g = g.Painted(f.page)
	} else {
		g = g.Or(f.page)
	}
	g.Open = f.behind || f.reach > cmp.Or(f.top, usualMargin)
	return g
}

// shape is a drawing, of which the text may be a text box.
type shape struct {
	ground  bool // it is the page's background
	inner   bool // it is within another
	old     bool // of before Word 97
	unsaid  bool // nothing is said of how it is filled
	name    strings.Builder
	value   strings.Builder
	bottom  int
	from    string // what that is measured from
	aligned bool
	art     bool // letters drawn as a picture
	empty   bool
	clear   bool    // as good as empty
	thin    bool    // what is behind shines through
	through bool    // text goes over it or under it
	placed  bool    // it is said which
	other   bool    // filled with a picture, colours, or one of which not all is seen
	color   [3]byte // that it is filled with
	fore    [3]byte // of an old one
	texts   []state // that ended within it, with their stories
}

// put adds to a property's name or value, as far as these are long.
func put(b *strings.Builder, s string) {
	if b.Len()+len(s) <= maxValue {
		b.WriteString(s)
	}
}

// enterProperty begins a property of a shape, its name or its value.
func (p *parser) enterProperty(name string) {
	s := &p.state
	switch {
	case name == "sp" && s.shape != nil && s.into != intoProperty:
		s.into = intoProperty
		s.shape.name.Reset()
		s.shape.value.Reset()
	case name == "sn" && s.into == intoProperty:
		s.into = intoName
	case name == "sv" && s.into == intoProperty:
		s.into = intoValue
	default:
		s.into = intoNothing
	}
}

// beginShape begins one.
func (p *parser) beginShape(name string) {
	s := &p.state
	if s.into != intoText && s.into != intoBackground {
		return
	}
	sh := &shape{ground: s.into == intoBackground, inner: s.shape != nil, unsaid: true, old: name == "do", color: [3]byte{255, 255, 255}, fore: [3]byte{255, 255, 255}}
	s.shape = sh
}

// shapeWord takes a control word about a shape. It reports false for others.
func (p *parser) shapeWord(name string, n int) bool {
	sh := p.state.shape
	if sh == nil {
		return false
	}
	switch name {
	case "shpbottom":
		sh.bottom = n
	case "shpbypage", "shpbymargin", "shpbypara":
		sh.from = name[len("shpby"):]
	case "shpwr":
		sh.through = n == 3
	case "shpfblwtxt":
		sh.placed = true
		p.facts.behind = p.facts.behind || n == 1
	case "dpfillpat":
		sh.unsaid, sh.empty, sh.other = false, n == 0, n != 0 && n != 1
	default:
		color := &sh.color
		part, ok := strings.CutPrefix(name, "dpfillbgc")
		if !ok {
			color = &sh.fore
			part, ok = strings.CutPrefix(name, "dpfillfgc")
		}
		i := strings.Index("rgb", part)
		if !ok || len(part) != 1 || i < 0 {
			return false
		}
		color[i] = byte(min(max(n, 0), 255))
	}
	return true
}

// set takes a property of a shape, [MS-ODRAW] 2.3.
func (p *parser) set(sh *shape) {
	name, value := strings.TrimSpace(sh.name.String()), strings.TrimSpace(sh.value.String())
	n, err := strconv.Atoi(value)
	sh.name.Reset()
	sh.value.Reset()
	switch name {
	case "gtextUNICODE":
		sh.art = sh.art || value != ""
	case "fillColor":
		sh.unsaid = false
		sh.color = [3]byte{byte(n), byte(n >> 8), byte(n >> 16)} //nolint:gosec // its bytes
		sh.other = sh.other || err != nil || n>>24 != 0
	case "fFilled":
		sh.unsaid, sh.empty = false, n == 0
	case "fillType":
		sh.other = sh.other || n != 0
	case "fillOpacity":
		sh.clear, sh.thin = n <= 0, n < 1<<16
	case "fBehindDocument":
		sh.placed = true
		p.facts.behind = p.facts.behind || n == 1
	case "posv":
		sh.aligned = n != 0
	case "posrelv":
		sh.from = map[int]string{1: "page", 2: "para"}[n]
	}
}

// endShape ends a shape: its texts are read, and it may lie behind others.
func (p *parser) endShape(sh *shape) {
	color := sight.Hex(sh.color[0], sh.color[1], sh.color[2])
	if sh.other || sh.old && sh.color != sh.fore {
		color = sight.Unknown
	}
	empty := sh.empty || sh.clear
	if sh.ground {
		if !empty {
			p.facts.page = color
		}
		return
	}
	g := p.known().ground()
	switch {
	case empty, sh.unsaid && color == sight.Paper: // which some programs fill in white
		g.Open = true
	case sh.thin:
		g = g.Or(color)
		g.Open = true
	default:
		g = g.Painted(color)
	}
	for _, was := range sh.texts {
		p.settle(was, g)
	}
	p.facts.behind = p.facts.behind || sh.old || sh.through && !sh.placed
	if !p.state.edge || sh.inner || sh.art {
		return
	}
	p.state.story.floats = true
	bottom := far
	if !sh.aligned {
		switch sh.from {
		case "page":
			bottom = sh.bottom
		case "para": // a header may have a few lines
			bottom = usualEdge + 600 + min(max(sh.bottom, -far), far)
		}
	}
	if p.state.footer {
		bottom = far
	}
	p.facts.reach = max(p.facts.reach, bottom)
}

// known are the facts known so far; when the document is read once more, all.
func (p *parser) known() facts {
	f, all := p.facts, p.assumed
	f.behind, f.reach, f.shown = f.behind || all.behind, max(f.reach, all.reach), f.shown || all.shown
	f.page = cmp.Or(all.page, f.page)
	if f.top == 0 || all.top > 0 && all.top < f.top {
		f.top = all.top
	}
	return f
}

// margin takes a top margin, of which the smallest counts.
func (f *facts) margin(n int) {
	if n = max(n, 1); f.top == 0 || n < f.top {
		f.top = n
	}
}

// again reports whether to read the document once more, as what was learnt late
// may bring text back that was left out.
func (p *parser) again() bool {
	return p.facts != p.assumed && (p.hidden.Unseen.Words > 0 || p.facts.page != "")
}
