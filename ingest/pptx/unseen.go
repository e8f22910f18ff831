package pptx

import (
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/sufflor/sufflor/ingest/office"
)

const (
	// tiny is the size in hundredths of a point up to which nobody reads a text.
	tiny = 200
	// faint is the opacity in thousandths of a percent up to which a colour is
	// as good as none.
	faint = 5000
	whole = 100_000 // thousandths of a percent
	// maxCompared bounds how often a text and what is behind it are compared on
	// one slide; texts beyond are read and reported.
	maxCompared = 2_000_000
	usualSize   = 1800 // of a text that nothing gives a size, ISO/IEC 29500-1, 21.1.2.3.9
)

// unseen is the text that nobody who looks at the slides sees, as is put there
// to slip instructions to machines into a presentation. All but the doubtful is
// left out.
type unseen struct{ outside, tiny, pale, doubtful spots }

// spots are the slides on which something was found, and of how many words.
type spots struct {
	slides office.Places
	words  int
}

func (s *spots) add(slide int, text string) {
	if n := len(strings.Fields(text)); n > 0 {
		s.slides.Add(slide)
		s.words += n
	}
}

func (d *deck) warnUnseen() {
	for _, u := range []struct {
		what   string
		advice string
		found  spots
	}{
		{"text outside the slide, which nobody sees, was left out", "", d.unseen.outside},
		{"text of at most 2 points, which nobody sees, was left out", "", d.unseen.tiny},
		{"transparent text or text in the colour of what it stands on, which nobody sees, was left out", "", d.unseen.pale},
		{"text that may not be seen, as it stands on a picture or moves, was read", ": look at it before it is used", d.unseen.doubtful},
	} {
		if u.found.words > 0 {
			d.notices.Report("%s, %d words on slide %v%s", u.what, u.found.words, u.found.slides, u.advice)
		}
	}
}

// rect is a box on the slide, groups and turns counted in.
type rect struct{ left, top, right, bottom float64 }

// group is how the shapes in a group are placed: they are scaled, then moved.
type group struct {
	scaleX, scaleY, moveX, moveY float64
	all                          *rect // stands for each shape's own box when the group is turned
}

// onSlide is where a box within the group stands on the slide.
func (g group) onSlide(n *office.Node, b box) (rect, bool) {
	if g.all != nil {
		return *g.all, true
	}
	if !b.known {
		return rect{}, false
	}
	x, y := bounded(float64(b.x)*g.scaleX+g.moveX), bounded(float64(b.y)*g.scaleY+g.moveY)
	wide, high := bounded(math.Abs(float64(b.wide)*g.scaleX)), bounded(math.Abs(float64(b.high)*g.scaleY))
	if turned(n) { // whichever way, it stays within this circle
		radius := math.Hypot(wide, high) / 2
		x, y = x+wide/2, y+high/2
		return rect{x - radius, y - radius, x + radius, y + radius}, true
	}
	return rect{x, y, x + wide, y + high}, true
}

// bounded keeps scaled lengths far from overflow.
func bounded(f float64) float64 { return min(max(f, -maxEMU), maxEMU) }

func turned(n *office.Node) bool {
	xfrm := xfrmOf(n)
	return office.Integer(xfrm.Attr("rot"), 0, 1<<30) != 0
}

// within is how shapes inside a p:grpSp are placed.
func (g group) within(n *office.Node) group {
	xfrm := xfrmOf(n)
	b := boxOf(n)
	if !b.known {
		return g
	}
	if r, known := g.onSlide(n, b); known && turned(n) {
		g.all = &r
		return g
	}
	scale := func(outer int64, inner string) float64 {
		if in := emu(inner); in != 0 {
			return float64(outer) / float64(in)
		}
		return 1
	}
	off, ext := xfrm.At("chOff"), xfrm.At("chExt")
	x, y := scale(b.wide, ext.Attr("cx")), scale(b.high, ext.Attr("cy"))
	g.moveX = bounded(g.moveX + g.scaleX*(float64(b.x)-x*float64(emu(off.Attr("x")))))
	g.moveY = bounded(g.moveY + g.scaleY*(float64(b.y)-y*float64(emu(off.Attr("y")))))
	g.scaleX, g.scaleY = bounded(g.scaleX*x), bounded(g.scaleY*y)
	return g
}

// shared is how much of text lies on r, as an area.
func (r rect) shared(text rect) float64 {
	wide := min(r.right, text.right) - max(r.left, text.left)
	high := min(r.bottom, text.bottom) - max(r.top, text.top)
	return max(wide, 0) * max(high, 0)
}

func (r rect) area() float64 { return (r.right - r.left) * (r.bottom - r.top) }

// layer is something painted that texts may stand on.
type layer struct {
	rect
	paint
	full bool // it fills its rectangle
}

// inspection looks for unseen text on one slide, and takes it out.
type inspection struct {
	*slide
	colors   colors
	back     paint   // the slide's background
	layers   []layer // what was painted so far, the lowest first
	moving   bool    // something on the slide changes its place or colour
	compared int
}

// inspect takes the text out of a slide that nobody sees, and notes it.
func (s *slide) inspect(root *office.Node) {
	i := inspection{slide: s, colors: s.layout.colors.override(root)}
	i.back = i.background(root)
	timing := root.At("timing")
	for _, kind := range []string{"animMotion", "animClr", "animScale"} {
		i.moving = i.moving || timing.First(kind) != nil
	}
	if show := root.Attr("showMasterSp"); show == "" || office.IsOn(show) {
		i.layers = append(i.layers, s.layout.painted...)
	}
	i.shapes(root.At("cSld", "spTree"), group{scaleX: 1, scaleY: 1}, 0)
}

// background is what a slide, its layout or its master gives.
func (i *inspection) background(root *office.Node) paint {
	bg := root.At("cSld", "bg")
	if bg == nil {
		bg = i.layout.background
	}
	if bg == nil {
		return solid("FFFFFF")
	}
	if ref := bg.At("bgRef"); ref != nil {
		if ref.Attr("idx") == "1001" { // the theme's plain fill
			return i.colors.in(ref)
		}
		return paint{kind: other}
	}
	if p := i.fill(bg.At("bgPr")); p.kind != none {
		return p
	}
	return paint{kind: other}
}

func (i *inspection) shapes(tree *office.Node, g group, depth int) {
	if tree == nil || depth > maxGroups {
		return
	}
	for _, n := range tree.Kids {
		switch n.Name {
		case "sp", "pic", "graphicFrame", "grpSp":
			i.shape(n, g, depth)
		}
	}
}

func (i *inspection) shape(n *office.Node, g group, depth int) {
	shown, placed := properties(n)
	if on(shown.Attr("hidden")) {
		return
	}
	ph := placed.At("ph")
	kind := ""
	if ph != nil {
		kind = kindOf(ph)
	}
	if isEdge(kind) {
		return
	}
	if n.Name == "grpSp" {
		i.shapes(n, g.within(n), depth+1)
		return
	}
	at, known := g.onSlide(n, i.boxOf(n))
	if known && i.wide > 0 && i.high > 0 &&
		(at.right <= 0 || at.bottom <= 0 || at.left >= float64(i.wide) || at.top >= float64(i.high)) {
		i.outside(n)
		return
	}
	place := place{at, known}
	if n.Name == "graphicFrame" {
		i.table(n.At("graphic", "graphicData", "tbl"), place)
	} else if body := n.At("txBody"); body != nil {
		own := []paint{i.fillOf(n, ph)}
		fontRef := n.At("style", "fontRef")
		i.text(body, i.inherited(body, kind, ph.Attr("idx")), fontRef, func(ink paint) sight { return i.judge(ink, own, place) })
	}
	if known {
		i.paint(n, ph, at, g.all == nil && !turned(n))
	}
}

// outside takes out a shape that lies beyond the edges of the slide.
func (i *inspection) outside(n *office.Node) {
	var text strings.Builder
	for t := range n.All("t") {
		text.WriteString(t.Content() + " ")
	}
	data := n.At("graphic", "graphicData")
	if data.At("chart") != nil || data.At("relIds") != nil {
		text.WriteString(" (chart)")
	}
	switch {
	case strings.TrimSpace(text.String()) == "":
	case i.moving:
		i.unseen.doubtful.add(i.at.Page, text.String())
	default:
		i.unseen.outside.add(i.at.Page, text.String())
		n.Name, n.Kids = "", nil
	}
}

// paint notes what a shape shows that texts after it may stand on.
func (i *inspection) paint(n, ph *office.Node, at rect, upright bool) {
	p := paint{kind: other}
	switch n.Name {
	case "sp":
		p = i.fillOf(n, ph)
	case "pic":
		p.kind = picture
	}
	if p.kind != none {
		i.layers = append(i.layers, layer{at, p, upright && isBox(n)})
	}
}

// isBox reports whether a shape is a rectangle.
func isBox(n *office.Node) bool {
	form := n.At("spPr", "prstGeom").Attr("prst")
	return form == "rect" || form == "" && n.At("spPr", "custGeom") == nil
}

// place is where a text stands, when that is known.
type place struct {
	rect
	known bool
}

// sight is whether people see a text.
type sight int

const (
	seen sight = iota
	doubtful
	unseenText
)

// judge says whether a text in ink is seen, whose own shape may have one of
// these fills.
func (i *inspection) judge(ink paint, own []paint, at place) sight {
	switch ink.kind {
	case none:
		return unseenText
	case solidFill:
	default:
		return seen
	}
	through := false // to what is behind the shape
	for _, p := range own {
		switch s := p.shows(ink); {
		case p.kind == none || s == unseenText && p.thin:
			through = true
		case s != unseenText:
			return s
		}
	}
	if !through && len(own) > 0 {
		return unseenText
	}
	return i.behind(ink, at)
}

// behind goes down the layers under a text.
func (i *inspection) behind(ink paint, at place) sight {
	partly := false
	for _, l := range slices.Backward(i.layers) {
		if i.compared++; i.compared > maxCompared {
			return doubtful
		}
		shared := l.shared(at.rect)
		if at.known && shared <= 0 {
			continue
		}
		s := l.shows(ink)
		switch {
		case s == unseenText && at.known && l.full && !l.thin && shared >= at.area():
			return i.sure(partly)
		case s == unseenText:
		case at.known && shared >= at.area()/4:
			return s
		default:
			partly = true
		}
	}
	if s := i.back.shows(ink); s != unseenText {
		return s
	}
	return i.sure(partly)
}

// sure is the sight of a text in the colour of what it stands on.
func (i *inspection) sure(partly bool) sight {
	if partly || i.moving {
		return doubtful
	}
	return unseenText
}

// table looks at the cells of a table. The style of a table may colour them.
func (i *inspection) table(t *office.Node, at place) {
	properties := t.At("tblPr")
	style, known := i.tableStyle(strings.TrimSpace(properties.At("tableStyleId").Content()))
	row := 0
	for tr := range t.Each("tr") {
		column := 0
		for tc := range tr.Each("tc") {
			fills := []paint{i.fill(tc.At("tcPr"))}
			if fills[0].kind == none && !isFilled(tc.At("tcPr")) {
				fills = append(fills, i.styled(style, properties, row, column)...)
			}
			i.text(tc.At("txBody"), nil, nil, func(ink paint) sight {
				s := i.judge(ink, fills, at)
				if s == unseenText && ink.kind != none && fills[0].kind == none && !known {
					return doubtful
				}
				return s
			})
			column++
		}
		row++
	}
}

// tableStyle is a style of tables, nil for one that paints nothing; known is
// false when it is not in the file.
func (i *inspection) tableStyle(id string) (style *office.Node, known bool) {
	switch id {
	case "", "{2D5ABB26-0587-4C30-8999-92F81FD0307C}", "{5940675A-B579-460E-94D1-54222C63F5DA}": // "No Style", without and with a grid
		return nil, true
	}
	for s := range i.tables.Each("tblStyle") {
		if s.Attr("styleId") == id {
			return s, true
		}
	}
	return nil, false
}

// styled are the fills that a table style may give a cell (ISO/IEC 29500-1,
// 20.1.4.2). Which row and which column is the last is left open.
func (i *inspection) styled(style, properties *office.Node, row, column int) []paint {
	if style == nil {
		return nil
	}
	switches := map[string]string{"firstRow": "firstRow", "lastRow": "lastRow", "firstCol": "firstCol", "lastCol": "lastCol", "band1H": "bandRow", "band2H": "bandRow", "band1V": "bandCol", "band2V": "bandCol"}
	var out []paint
	for _, part := range style.Kids {
		if s := switches[part.Name]; s != "" && !on(properties.Attr(s)) || part.Name == "firstRow" && row > 0 || part.Name == "firstCol" && column > 0 {
			continue
		}
		look := part.At("tcStyle")
		if part.Name == "tblBg" {
			look = part
		}
		if fill := look.At("fill"); fill != nil {
			out = append(out, i.fill(fill))
		} else if ref := look.At("fillRef"); ref != nil {
			out = append(out, i.colors.styled(ref))
		}
	}
	return out
}

// text looks at the runs of a text body and takes out those that nobody sees;
// judge says how an ink is seen where it stands.
func (i *inspection) text(body *office.Node, styles []*office.Node, fontRef *office.Node, judge func(ink paint) sight) {
	shrunk := share(body.At("bodyPr", "normAutofit").Attr("fontScale"))
	for p := range body.Each("p") {
		level := "lvl" + strconv.Itoa(office.Integer(p.At("pPr").Attr("lvl"), 0, maxLevel-1)+1) + "pPr"
		for _, r := range p.Kids {
			if r.Name != "r" && r.Name != "fld" || r.Attr("type") == "slidenum" {
				continue
			}
			text := r.At("t").Content()
			if strings.TrimSpace(text) == "" {
				continue
			}
			looks := []*office.Node{r.At("rPr")}
			for _, s := range styles {
				looks = append(looks, s.At(level, "defRPr"))
			}
			if sizeOf(looks)*shrunk/whole <= tiny {
				i.unseen.tiny.add(i.at.Page, text)
				r.Kids = nil
				continue
			}
			switch s := judge(i.ink(looks, fontRef)); {
			case s == doubtful, s == unseenText && hasEffects(looks[0]):
				i.unseen.doubtful.add(i.at.Page, text)
			case s == unseenText:
				i.unseen.pale.add(i.at.Page, text)
				r.At("t").Kids = []*office.Node{{Text: " "}} // the gap that people see
			}
		}
	}
}

// hasEffects reports whether a run has a shadow, a glow or the like.
func hasEffects(look *office.Node) bool {
	list := look.At("effectLst")
	return list != nil && len(list.Kids) > 0 || look.At("effectDag") != nil
}

// share is a part of a whole in thousandths of a percent, or, in the strict
// form, as "90%"; what is not given is the whole.
func share(v string) int {
	if percent, ok := strings.CutSuffix(v, "%"); ok {
		f, err := strconv.ParseFloat(percent, 64)
		if err != nil {
			return whole
		}
		return int(min(max(f*1000, 0), whole))
	}
	n, err := strconv.Atoi(v)
	if err != nil {
		return whole
	}
	return min(max(n, 0), whole)
}

func sizeOf(looks []*office.Node) int {
	for _, l := range looks {
		if v := l.Attr("sz"); v != "" {
			return office.Integer(v, 0, 400_000)
		}
	}
	return usualSize
}

// ink is what a text is written in: what the run says, then the shape's list
// style, the reference of the shape's style, and the styles further out. Of
// colours that the run does not say itself only white counts.
func (i *inspection) ink(looks []*office.Node, fontRef *office.Node) paint {
	if h := looks[0].At("highlight"); h != nil && !i.colors.in(h).isWhite() {
		return paint{kind: other} // behind the text, but as good
	}
	for k, l := range looks {
		out := paint{}
		switch {
		case k == 2 && fontRef != nil && i.colors.in(fontRef).kind != none:
			out = i.colors.in(fontRef)
		case !isFilled(l):
			continue
		default:
			out = i.fill(l)
			if line := l.At("ln"); isFilled(line) && i.fill(line).kind != none && !i.fill(line).isWhite() {
				return paint{kind: other} // drawn in outline
			}
		}
		if k > 0 && out.kind == solidFill && !out.isWhite() {
			return paint{kind: other}
		}
		return out
	}
	return paint{kind: other}
}

// paint is what something is filled with, as far as it matters here.
type paint struct {
	kind paintKind
	hex  string // of solidFill
	thin bool   // what is behind shines through
}

type paintKind int

const (
	none      paintKind = iota // nothing, or as good
	solidFill                  // in a colour that is known
	picture                    // which may have any colour
	other                      // a colour that is worked out no further, and not white
)

func solid(hex string) paint { return paint{kind: solidFill, hex: hex} }

func (p paint) isWhite() bool { return p.kind == solidFill && office.NearWhite(p.hex) }

// shows says how an ink is seen on p.
func (p paint) shows(ink paint) sight {
	switch {
	case p.kind == solidFill && office.Near(p.hex, ink.hex):
		return unseenText
	case p.kind == picture && ink.isWhite():
		return doubtful
	}
	return seen
}

// isFilled reports whether properties say how something is filled, if only
// that it is not.
func isFilled(properties *office.Node) bool { return fillIn(properties) != nil }

func fillIn(properties *office.Node) *office.Node {
	if properties == nil {
		return nil
	}
	for _, k := range properties.Kids {
		switch k.Name {
		case "noFill", "solidFill", "gradFill", "blipFill", "pattFill", "grpFill":
			return k
		}
	}
	return nil
}

// fill is what properties say that something is filled with.
func (c colors) fill(properties *office.Node) paint {
	f := fillIn(properties)
	if f == nil {
		return paint{}
	}
	switch f.Name {
	case "noFill":
		return paint{}
	case "solidFill":
		return c.in(f)
	case "blipFill":
		return paint{kind: picture}
	case "gradFill", "pattFill":
		for _, part := range []string{"gs", "fgClr", "bgClr"} {
			for stop := range f.All(part) {
				if c.in(stop).isWhite() {
					return paint{kind: picture}
				}
			}
		}
	}
	return paint{kind: other}
}

func (i *inspection) fill(properties *office.Node) paint { return i.colors.fill(properties) }

// fillOf is what a shape is filled with: as it says itself, as its style says,
// or as the placeholders say that it is made from.
func (i *inspection) fillOf(n, ph *office.Node) paint {
	if own := n.At("spPr"); isFilled(own) {
		return i.fill(own)
	}
	if ref := n.At("style", "fillRef"); ref != nil {
		return i.colors.styled(ref)
	}
	if ph != nil {
		for _, p := range i.layout.find(kindOf(ph), ph.Attr("idx")) {
			if isFilled(p.properties) {
				return i.fill(p.properties)
			}
		}
	}
	return paint{}
}

// colors are those of a theme and how a master names them.
type colors struct {
	theme map[string]string // by name: "lt1" is "FFFFFF"
	named map[string]string // "bg1" is "lt1"
}

// readColors takes a theme and a master's p:clrMap, of which either may be nil.
func readColors(theme, names *office.Node) colors {
	c := colors{theme: office.ThemeColors(theme), named: map[string]string{"bg1": "lt1", "tx1": "dk1", "bg2": "lt2", "tx2": "dk2"}}
	return c.renamed(names)
}

// renamed takes the names of a p:clrMap or a:overrideClrMapping.
func (c colors) renamed(names *office.Node) colors {
	if names == nil {
		return c
	}
	c.named = map[string]string{}
	for _, a := range names.Attrs {
		c.named[a.Name.Local] = a.Value
	}
	return c
}

// override takes the names that a slide has of its own.
func (c colors) override(root *office.Node) colors {
	return c.renamed(root.At("clrMapOvr", "overrideClrMapping"))
}

// themed is the colour that goes by a name, through the master's names.
func (c colors) themed(name string) string {
	if to := c.named[name]; to != "" {
		name = to
	}
	return c.theme[name]
}

// in is the colour inside an element: none when it has none.
func (c colors) in(n *office.Node) paint {
	if n == nil {
		return paint{}
	}
	for _, k := range n.Kids {
		hex, ok := office.BaseColor(k, c.themed)
		if !ok {
			continue
		}
		out := paint{kind: other}
		if hex != "" {
			out = solid(hex)
		}
		for _, change := range k.Kids {
			if change.Name == "alpha" {
				opacity := share(change.Attr("val"))
				if opacity <= faint {
					return paint{}
				}
				out.thin = opacity < whole
			} else if change.Name != "" { // lighter, darker
				out.kind = other
			}
		}
		return out
	}
	return paint{}
}

// styled is what a reference to the theme's fills comes to; 0 and 1000 are none.
func (c colors) styled(ref *office.Node) paint {
	switch ref.Attr("idx") {
	case "0", "1000":
		return paint{}
	case "1":
		return c.in(ref)
	}
	return paint{kind: other}
}

// painted is what a layout or master shows on every slide, the lowest first.
func (c colors) painted(tree *office.Node, g group, depth int) []layer {
	if tree == nil || depth > maxGroups {
		return nil
	}
	var out []layer
	for _, n := range tree.Kids {
		switch n.Name {
		case "grpSp":
			out = append(out, c.painted(n, g.within(n), depth+1)...)
		case "sp", "pic", "graphicFrame":
			if placeholderOf(n) != nil {
				continue
			}
			p := paint{kind: other}
			if own := n.At("spPr"); n.Name == "sp" && isFilled(own) {
				p = c.fill(own)
			} else if n.Name == "sp" {
				p = paint{}
				if ref := n.At("style", "fillRef"); ref != nil {
					p = c.styled(ref)
				}
			} else if n.Name == "pic" {
				p.kind = picture
			}
			if at, known := g.onSlide(n, boxOf(n)); known && p.kind != none {
				out = append(out, layer{at, p, g.all == nil && !turned(n) && isBox(n)})
			}
		}
	}
	return out
}
