package pptx

import (
	"strconv"
	"strings"

	"github.com/sufflor/sufflor/ingest/office"
)

const (
	// tiny is the size in hundredths of a point up to which nobody reads a text.
	tiny = 200
	// faint is the opacity in thousandths of a percent up to which a colour is
	// as good as none.
	faint     = 5000
	whole     = 100_000 // thousandths of a percent
	usualSize = 1800    // of a text that nothing gives a size, ISO/IEC 29500-1, 21.1.2.3.9
)

func (d *deck) warnUnseen() {
	for _, w := range d.unseen.Warnings() {
		d.notices.Report("%s", w)
	}
}

// onSlide is where a box within a group stands on the slide, when that is known.
func onSlide(g office.Group, n *office.Node, b box) (office.Rect, bool) {
	return g.OnSlide(b.rect(), turned(n)), b.known || g.Turned()
}

func turned(n *office.Node) bool {
	xfrm := xfrmOf(n)
	return office.Integer(xfrm.Attr("rot"), 0, 1<<30) != 0
}

// within is how shapes inside a p:grpSp are placed.
func within(g office.Group, n *office.Node) office.Group {
	b := boxOf(n)
	if !b.known {
		return g
	}
	off, ext := xfrmOf(n).At("chOff"), xfrmOf(n).At("chExt")
	inner := box{x: emu(off.Attr("x")), y: emu(off.Attr("y")), wide: emu(ext.Attr("cx")), high: emu(ext.Attr("cy"))}
	return g.Within(b.rect(), inner.rect(), turned(n))
}

// inspection looks for unseen text on one slide, and takes it out.
type inspection struct {
	*slide
	office.Stage
	colors colors
}

// inspect takes the text out of a slide that nobody sees, and notes it.
func (s *slide) inspect(root *office.Node) {
	i := inspection{slide: s, colors: s.layout.colors.override(root)}
	i.Back = i.background(root)
	timing := root.At("timing")
	for _, kind := range []string{"animMotion", "animClr", "animScale"} {
		i.Moving = i.Moving || timing.First(kind) != nil
	}
	if show := root.Attr("showMasterSp"); show == "" || office.IsOn(show) {
		i.Layers = append(i.Layers, s.layout.painted...)
	}
	i.shapes(root.At("cSld", "spTree"), office.Ungrouped(), 0)
}

// background is what a slide, its layout or its master gives.
func (i *inspection) background(root *office.Node) office.Paint {
	bg := root.At("cSld", "bg")
	if bg == nil {
		bg = i.layout.background
	}
	if bg == nil {
		return office.Solid("FFFFFF")
	}
	if ref := bg.At("bgRef"); ref != nil {
		if ref.Attr("idx") == "1001" { // the theme's plain fill
			return i.colors.in(ref)
		}
		return office.Paint{Kind: office.OtherPaint}
	}
	if p := i.fill(bg.At("bgPr")); p.Kind != office.NoPaint {
		return p
	}
	return office.Paint{Kind: office.OtherPaint}
}

func (i *inspection) shapes(tree *office.Node, g office.Group, depth int) {
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

func (i *inspection) shape(n *office.Node, g office.Group, depth int) {
	shown, placed := properties(n)
	if on(shown.Attr("hidden")) { // the reader leaves it out
		if words := wordsOf(n); words != "" {
			i.unseen.Hidden.Add(i.at.Page, words)
		}
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
		i.shapes(n, within(g, n), depth+1)
		return
	}
	at, known := onSlide(g, n, i.boxOf(n))
	if known && i.wide > 0 && i.high > 0 &&
		(at.Right <= 0 || at.Bottom <= 0 || at.Left >= float64(i.wide) || at.Top >= float64(i.high)) {
		i.outside(n)
		return
	}
	place := office.Place{Rect: at, Known: known}
	if n.Name == "graphicFrame" {
		i.table(n.At("graphic", "graphicData", "tbl"), place)
	} else if body := n.At("txBody"); body != nil {
		own := []office.Paint{i.fillOf(n, ph)}
		fontRef := n.At("style", "fontRef")
		i.text(body, i.inherited(body, kind, ph.Attr("idx")), fontRef, func(ink office.Paint) office.Sight { return i.Judge(ink, own, place) })
	}
	if known {
		i.paint(n, ph, at, !g.Turned() && !turned(n))
	}
}

// wordsOf is what a shape says, empty when that is nothing.
func wordsOf(n *office.Node) string {
	var text strings.Builder
	for t := range n.All("t") {
		text.WriteString(t.Content() + " ")
	}
	data := n.At("graphic", "graphicData")
	if data.At("chart") != nil || data.At("relIds") != nil {
		text.WriteString(" (chart)")
	}
	if strings.TrimSpace(text.String()) == "" {
		return ""
	}
	return text.String()
}

// outside takes out a shape that lies beyond the edges of the slide.
func (i *inspection) outside(n *office.Node) {
	switch words := wordsOf(n); {
	case words == "":
	case i.Moving:
		i.unseen.Doubtful.Add(i.at.Page, words)
	default:
		i.unseen.Outside.Add(i.at.Page, words)
		n.Name, n.Kids = "", nil
	}
}

// paint notes what a shape shows that texts after it may stand on.
func (i *inspection) paint(n, ph *office.Node, at office.Rect, upright bool) {
	p := office.Paint{Kind: office.OtherPaint}
	switch n.Name {
	case "sp":
		p = i.fillOf(n, ph)
	case "pic":
		p.Kind = office.PicturePaint
	}
	if p.Kind != office.NoPaint {
		i.Layers = append(i.Layers, office.Layer{Rect: at, Paint: p, Full: upright && isBox(n)})
	}
}

// isBox reports whether a shape is a rectangle.
func isBox(n *office.Node) bool {
	form := n.At("spPr", "prstGeom").Attr("prst")
	return form == "rect" || form == "" && n.At("spPr", "custGeom") == nil
}

// table looks at the cells of a table. The style of a table may colour them.
func (i *inspection) table(t *office.Node, at office.Place) {
	properties := t.At("tblPr")
	style, known := i.tableStyle(strings.TrimSpace(properties.At("tableStyleId").Content()))
	row := 0
	for tr := range t.Each("tr") {
		column := 0
		for tc := range tr.Each("tc") {
			fills := []office.Paint{i.fill(tc.At("tcPr"))}
			if fills[0].Kind == office.NoPaint && !isFilled(tc.At("tcPr")) {
				fills = append(fills, i.styled(style, properties, row, column)...)
			}
			i.text(tc.At("txBody"), nil, nil, func(ink office.Paint) office.Sight {
				s := i.Judge(ink, fills, at)
				if s == office.Unseen && ink.Kind != office.NoPaint && fills[0].Kind == office.NoPaint && !known {
					return office.Doubtful
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
func (i *inspection) styled(style, properties *office.Node, row, column int) []office.Paint {
	if style == nil {
		return nil
	}
	switches := map[string]string{"firstRow": "firstRow", "lastRow": "lastRow", "firstCol": "firstCol", "lastCol": "lastCol", "band1H": "bandRow", "band2H": "bandRow", "band1V": "bandCol", "band2V": "bandCol"}
	var out []office.Paint
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
func (i *inspection) text(body *office.Node, styles []*office.Node, fontRef *office.Node, judge func(ink office.Paint) office.Sight) {
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
				i.unseen.Tiny.Add(i.at.Page, text)
				r.Kids = nil
				continue
			}
			switch s := judge(i.ink(looks, fontRef)); {
			case s == office.Doubtful, s == office.Unseen && hasEffects(looks[0]):
				i.unseen.Doubtful.Add(i.at.Page, text)
			case s == office.Unseen:
				i.unseen.Pale.Add(i.at.Page, text)
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
func (i *inspection) ink(looks []*office.Node, fontRef *office.Node) office.Paint {
	if h := looks[0].At("highlight"); h != nil && !i.colors.in(h).IsWhite() {
		return office.Paint{Kind: office.OtherPaint} // behind the text, but as good
	}
	for k, l := range looks {
		out := office.Paint{}
		switch {
		case k == 2 && fontRef != nil && i.colors.in(fontRef).Kind != office.NoPaint:
			out = i.colors.in(fontRef)
		case !isFilled(l):
			continue
		default:
			out = i.fill(l)
			if line := l.At("ln"); isFilled(line) && i.fill(line).Kind != office.NoPaint && !i.fill(line).IsWhite() {
				return office.Paint{Kind: office.OtherPaint} // drawn in outline
			}
		}
		if k > 0 && out.Kind == office.SolidPaint && !out.IsWhite() {
			return office.Paint{Kind: office.OtherPaint}
		}
		return out
	}
	return office.Paint{Kind: office.OtherPaint}
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
func (c colors) fill(properties *office.Node) office.Paint {
	f := fillIn(properties)
	if f == nil {
		return office.Paint{}
	}
	switch f.Name {
	case "noFill":
		return office.Paint{}
	case "solidFill":
		return c.in(f)
	case "blipFill":
		return office.Paint{Kind: office.PicturePaint}
	case "gradFill", "pattFill":
		for _, part := range []string{"gs", "fgClr", "bgClr"} {
			for stop := range f.All(part) {
				if c.in(stop).IsWhite() {
					return office.Paint{Kind: office.PicturePaint}
				}
			}
		}
	}
	return office.Paint{Kind: office.OtherPaint}
}

func (i *inspection) fill(properties *office.Node) office.Paint { return i.colors.fill(properties) }

// fillOf is what a shape is filled with: as it says itself, as its style says,
// or as the placeholders say that it is made from.
func (i *inspection) fillOf(n, ph *office.Node) office.Paint {
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
	return office.Paint{}
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
func (c colors) in(n *office.Node) office.Paint {
	if n == nil {
		return office.Paint{}
	}
	for _, k := range n.Kids {
		hex, ok := office.BaseColor(k, c.themed)
		if !ok {
			continue
		}
		out := office.Paint{Kind: office.OtherPaint}
		if hex != "" {
			out = office.Solid(hex)
		}
		for _, change := range k.Kids {
			if change.Name == "alpha" {
				opacity := share(change.Attr("val"))
				if opacity <= faint {
					return office.Paint{}
				}
				out.Thin = opacity < whole
			} else if change.Name != "" { // lighter, darker
				out.Kind = office.OtherPaint
			}
		}
		return out
	}
	return office.Paint{}
}

// styled is what a reference to the theme's fills comes to; 0 and 1000 are none.
func (c colors) styled(ref *office.Node) office.Paint {
	switch ref.Attr("idx") {
	case "0", "1000":
		return office.Paint{}
	case "1":
		return c.in(ref)
	}
	return office.Paint{Kind: office.OtherPaint}
}

// painted is what a layout or master shows on every slide, the lowest first.
func (c colors) painted(tree *office.Node, g office.Group, depth int) []office.Layer {
	if tree == nil || depth > maxGroups {
		return nil
	}
	var out []office.Layer
	for _, n := range tree.Kids {
		switch n.Name {
		case "grpSp":
			out = append(out, c.painted(n, within(g, n), depth+1)...)
		case "sp", "pic", "graphicFrame":
			if placeholderOf(n) != nil {
				continue
			}
			p := office.Paint{Kind: office.OtherPaint}
			if own := n.At("spPr"); n.Name == "sp" && isFilled(own) {
				p = c.fill(own)
			} else if n.Name == "sp" {
				p = office.Paint{}
				if ref := n.At("style", "fillRef"); ref != nil {
					p = c.styled(ref)
				}
			} else if n.Name == "pic" {
				p.Kind = office.PicturePaint
			}
			if at, known := onSlide(g, n, boxOf(n)); known && p.Kind != office.NoPaint {
				out = append(out, office.Layer{Rect: at, Paint: p, Full: !g.Turned() && !turned(n) && isBox(n)})
			}
		}
	}
	return out
}
