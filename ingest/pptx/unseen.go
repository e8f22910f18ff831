package pptx

import (
	"math"
	"strconv"
	"strings"

	"github.com/sufflor/sufflor/ingest/office"
)

const (
	// tiny is the size in hundredths of a point up to which nobody reads a text.
	tiny = 100
	// faint is the opacity in thousandths of a percent up to which a colour is
	// as good as none.
	faint = 5000
	whole = 100_000 // thousandths of a percent
	// maxCompared bounds how often a text and what is behind it are compared on
	// one slide; texts beyond count as if nothing were behind them.
	maxCompared = 2_000_000
	usualSize   = 1800 // of a text that nothing gives a size, ISO/IEC 29500-1, 21.1.2.3.9
)

// unseen are the slides with text that nobody who looks at them sees, as is
// put there to slip instructions to machines into a presentation.
type unseen struct{ outside, tiny, white office.Places }

func (d *deck) warnUnseen() {
	for _, u := range []struct {
		what   string
		slides office.Places
	}{
		{"text outside the slide", d.unseen.outside},
		{"text of at most 1 point", d.unseen.tiny},
		{"white or transparent text on white", d.unseen.white},
	} {
		if len(u.slides) > 0 {
			d.notices.Report("%s that nobody sees, on slide %v: look at it before it is used", u.what, u.slides)
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

// covers reports whether r is behind a good part of text.
func (r rect) covers(text rect) bool {
	wide := min(r.right, text.right) - max(r.left, text.left)
	high := min(r.bottom, text.bottom) - max(r.top, text.top)
	return wide >= 0 && high >= 0 && wide*high >= (text.right-text.left)*(text.bottom-text.top)/4
}

// inspection looks for unseen text on one slide.
type inspection struct {
	*slide
	colors   colors
	white    bool   // the slide's background is plainly white
	behind   []rect // what was painted so far and is not plainly white
	compared int
}

// inspect notes whether a slide holds text that nobody sees.
func (s *slide) inspect(root *office.Node) {
	i := inspection{slide: s, colors: s.layout.colors.override(root)}
	i.white = i.plain(root)
	if show := root.Attr("showMasterSp"); show == "" || office.IsOn(show) {
		i.behind = append(i.behind, s.layout.painted...)
	}
	i.shapes(root.At("cSld", "spTree"), group{scaleX: 1, scaleY: 1}, 0)
}

// plain reports whether the background that a slide, its layout or its master
// gives is white all over.
func (i *inspection) plain(root *office.Node) bool {
	bg := root.At("cSld", "bg")
	if bg == nil {
		bg = i.layout.background
	}
	if bg == nil {
		return true
	}
	if ref := bg.At("bgRef"); ref != nil { // 1001 is the theme's plain fill
		return ref.Attr("idx") == "1001" && i.colors.in(ref) == white
	}
	return i.fill(bg.At("bgPr")) == white
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
	if known && i.wide > 0 && i.high > 0 && hasText(n) &&
		(at.right <= 0 || at.bottom <= 0 || at.left >= float64(i.wide) || at.top >= float64(i.high)) {
		i.unseen.outside.Add(i.at.Page)
	}
	if n.Name == "graphicFrame" {
		i.table(n.At("graphic", "graphicData", "tbl"), at, known)
	} else if body := n.At("txBody"); body != nil {
		back := i.fillOf(n, ph)
		onWhite := back == white || back == none && i.white
		fontRef := n.At("style", "fontRef")
		i.text(body, i.inherited(body, kind, ph.Attr("idx")), fontRef, func() bool { return onWhite && (back != none || !known || !i.covered(at)) })
	}
	if known && (n.Name != "sp" || i.fillOf(n, ph) == other) {
		i.behind = append(i.behind, at)
	}
}

// covered reports whether something that is not white lies behind a text.
func (i *inspection) covered(text rect) bool {
	for _, r := range i.behind {
		if i.compared++; i.compared > maxCompared {
			return false
		}
		if r.covers(text) {
			return true
		}
	}
	return false
}

// table looks at the cells of a table. The style of a table may colour them.
func (i *inspection) table(t *office.Node, at rect, known bool) {
	styled := true
	switch strings.TrimSpace(t.At("tblPr", "tableStyleId").Content()) {
	case "", "{2D5ABB26-0587-4C30-8999-92F81FD0307C}", "{5940675A-B579-460E-94D1-54222C63F5DA}": // "No Style", without and with a grid
		styled = false
	}
	for tr := range t.Each("tr") {
		for tc := range tr.Each("tc") {
			back := i.fill(tc.At("tcPr"))
			onWhite := back == white || back == none && !styled && i.white
			i.text(tc.At("txBody"), []*office.Node{i.usual}, nil, func() bool { return onWhite && (back != none || !known || !i.covered(at)) })
		}
	}
}

// text looks at the runs of a text body; onWhite says whether what is behind
// it is plainly white.
func (i *inspection) text(body *office.Node, styles []*office.Node, fontRef *office.Node, onWhite func() bool) {
	shrunk := share(body.At("bodyPr", "normAutofit").Attr("fontScale"))
	for p := range body.Each("p") {
		level := "lvl" + strconv.Itoa(office.Integer(p.At("pPr").Attr("lvl"), 0, maxLevel-1)+1) + "pPr"
		for _, r := range p.Kids {
			if r.Name != "r" && r.Name != "fld" || r.Attr("type") == "slidenum" || strings.TrimSpace(r.At("t").Content()) == "" {
				continue
			}
			looks := []*office.Node{r.At("rPr")}
			for _, s := range styles {
				looks = append(looks, s.At(level, "defRPr"))
			}
			if sizeOf(looks)*shrunk/whole <= tiny {
				i.unseen.tiny.Add(i.at.Page)
			}
			if ink := i.ink(looks, fontRef); (ink == white || ink == none) && onWhite() {
				i.unseen.white.Add(i.at.Page)
			}
		}
	}
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
// style, the reference of the shape's style, and the styles further out.
func (i *inspection) ink(looks []*office.Node, fontRef *office.Node) paint {
	if h := looks[0].At("highlight"); h != nil && i.colors.in(h) == other {
		return other // behind the text, but as good
	}
	for k, l := range looks {
		if k == 2 && fontRef != nil {
			if c := i.colors.in(fontRef); c != none {
				return c
			}
		}
		if !isFilled(l) {
			continue
		}
		if line := l.At("ln"); isFilled(line) && i.fill(line) == other {
			return other // drawn in outline
		}
		return i.fill(l)
	}
	return other
}

// hasText reports whether a shape, table or frame says anything.
func hasText(n *office.Node) bool {
	if data := n.At("graphic", "graphicData"); data.At("chart") != nil || data.At("relIds") != nil {
		return true
	}
	for t := range n.All("t") {
		if strings.TrimSpace(t.Content()) != "" {
			return true
		}
	}
	return false
}

// paint is what something is filled with, as far as it matters here.
type paint int

const (
	none  paint = iota // nothing, or as good
	white              // nearly white
	other              // a colour, a picture, or what is not worked out here
)

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
	switch {
	case f == nil, f.Name == "noFill":
		return none
	case f.Name == "solidFill":
		return c.in(f)
	}
	return other
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
	return none
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

// in is the colour inside an element: none when it has none.
func (c colors) in(n *office.Node) paint {
	for _, k := range n.Kids {
		hex := ""
		switch k.Name {
		case "srgbClr":
			hex = k.Attr("val")
		case "sysClr":
			hex = k.Attr("lastClr")
		case "schemeClr":
			name := k.Attr("val")
			if to := c.named[name]; to != "" {
				name = to
			}
			hex = c.theme[name]
		case "prstClr":
			if k.Attr("val") == "white" {
				hex = "FFFFFF"
			}
		case "scrgbClr", "hslClr":
		default:
			continue
		}
		out := other
		if office.NearWhite(hex) {
			out = white
		}
		for _, change := range k.Kids {
			if change.Name == "alpha" {
				if share(change.Attr("val")) <= faint {
					return none
				}
			} else if change.Name != "" { // lighter, darker
				out = other
			}
		}
		return out
	}
	return none
}

// styled is what a reference to the theme's fills comes to; 0 and 1000 are none.
func (c colors) styled(ref *office.Node) paint {
	switch ref.Attr("idx") {
	case "0", "1000":
		return none
	case "1":
		return c.in(ref)
	}
	return other
}

// painted are the places of what a layout or master shows on every slide, but
// for what is plainly white.
func (c colors) painted(tree *office.Node, g group, depth int) []rect {
	if tree == nil || depth > maxGroups {
		return nil
	}
	var out []rect
	for _, n := range tree.Kids {
		switch n.Name {
		case "grpSp":
			out = append(out, c.painted(n, g.within(n), depth+1)...)
		case "sp", "pic", "graphicFrame":
			if placeholderOf(n) != nil {
				continue
			}
			fill := other
			if own := n.At("spPr"); n.Name == "sp" && isFilled(own) {
				fill = c.fill(own)
			} else if n.Name == "sp" {
				fill = none
				if ref := n.At("style", "fillRef"); ref != nil {
					fill = c.styled(ref)
				}
			}
			if at, known := g.onSlide(n, boxOf(n)); known && fill == other {
				out = append(out, at)
			}
		}
	}
	return out
}
