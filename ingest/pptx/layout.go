package pptx

import (
	"slices"
	"strconv"

	"github.com/sufflor/sufflor/ingest/office"
)

// layout is what a slide's layout and its master say of placeholders.
type layout struct {
	own, master []placeholder
	styles      *office.Node // p:txStyles of the master
	colors      colors
	background  *office.Node   // p:bg of the layout, else of the master
	painted     []office.Layer // what layout and master show, the lowest first
}

// placeholder is a shape that others take their place and style from.
type placeholder struct {
	kind, index string
	box         box
	list        *office.Node // a:lstStyle
	properties  *office.Node // p:spPr
}

// box is where a shape stands, in English Metric Units from the upper left.
type box struct {
	x, y, wide, high int64
	known            bool
}

// layout reads a slide layout once; a missing one says nothing.
func (d *deck) layout(name string) *layout {
	if l, ok := d.layouts[name]; ok {
		return l
	}
	l := &layout{colors: readColors(nil, nil)}
	d.layouts[name] = l
	root := d.style(name)
	if root == nil {
		return l
	}
	l.own = placeholders(root)
	master := office.ReadRelations(d.arc, name).First("slideMaster", "")
	over := d.style(master)
	if over != nil {
		l.master = placeholders(over)
		l.styles = over.At("txStyles")
		theme := d.style(office.ReadRelations(d.arc, master).First("theme", ""))
		l.colors = readColors(theme, over.At("clrMap")).override(root)
	}
	for _, n := range []*office.Node{root, over} {
		if l.background == nil {
			l.background = n.At("cSld", "bg")
		}
		l.painted = append(l.colors.painted(n.At("cSld", "spTree"), office.Ungrouped(), 0), l.painted...)
		if show := root.Attr("showMasterSp"); show != "" && !office.IsOn(show) {
			break
		}
	}
	return l
}

// style is a part that says how slides look, nil when it is missing. Without
// it the slide can still be read.
func (d *deck) style(name string) *office.Node {
	if name == "" || !d.arc.Has(name) {
		return nil
	}
	root, err := d.part(name)
	if err != nil {
		d.warn("slide %d: left out: %v", d.at.Page, err)
	}
	return root
}

func placeholders(root *office.Node) []placeholder {
	var out []placeholder
	for sp := range root.At("cSld", "spTree").All("sp") {
		if ph := sp.At("nvSpPr", "nvPr", "ph"); ph != nil {
			out = append(out, placeholder{kind: kindOf(ph), index: ph.Attr("idx"), box: boxOf(sp), list: sp.At("txBody", "lstStyle"), properties: sp.At("spPr")})
		}
	}
	return out
}

// kindOf is a placeholder's type; one without is for any content.
func kindOf(ph *office.Node) string {
	if k := ph.Attr("type"); k != "" {
		return k
	}
	return "obj"
}

// find are the placeholders of layout and master that a slide's one is made
// from: in the layout by index, in the master by type.
func (l *layout) find(kind, index string) []placeholder {
	var out []placeholder
	for _, p := range l.own {
		if p.index == index && (index != "" || sameKind(p.kind, kind)) {
			out = append(out, p)
			if kind == "obj" {
				kind = p.kind
			}
			break
		}
	}
	for _, p := range l.master {
		if sameKind(p.kind, kind) {
			return append(out, p)
		}
	}
	return out
}

func sameKind(a, b string) bool { return family(a) == family(b) }

// family puts types together that take their style from the same place.
func family(kind string) string {
	switch kind {
	case "title", "ctrTitle":
		return "title"
	}
	if isEdge(kind) {
		return kind
	}
	return "body"
}

// isEdge reports whether a placeholder is for what stands at the edge of each
// slide: date, footer, number.
func isEdge(kind string) bool {
	switch kind {
	case "dt", "ftr", "sldNum", "hdr", "sldImg":
		return true
	}
	return false
}

// xfrmOf says where a shape, frame or group stands.
func xfrmOf(n *office.Node) *office.Node {
	if xfrm := n.At("spPr", "xfrm"); xfrm != nil {
		return xfrm
	}
	if xfrm := n.At("xfrm"); xfrm != nil { // p:graphicFrame
		return xfrm
	}
	return n.At("grpSpPr", "xfrm")
}

// boxOf is a shape's own place.
func boxOf(n *office.Node) box {
	xfrm := xfrmOf(n)
	off, ext := xfrm.At("off"), xfrm.At("ext")
	if off == nil || ext == nil {
		return box{}
	}
	return box{x: emu(off.Attr("x")), y: emu(off.Attr("y")), wide: emu(ext.Attr("cx")), high: emu(ext.Attr("cy")), known: true}
}

func (b box) rect() office.Rect {
	return office.Rect{Left: float64(b.x), Top: float64(b.y), Right: float64(b.x + b.wide), Bottom: float64(b.y + b.high)}
}

const maxEMU = 1 << 40 // beyond any slide, and far from overflow

func emu(s string) int64 {
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil {
		return 0
	}
	return min(max(n, -maxEMU), maxEMU)
}

// below reports whether b lies wholly below a and partly under it.
func (b box) below(a box) bool {
	if !a.known || !b.known || a.high <= 0 || b.high <= 0 {
		return false
	}
	slack := min(a.high, b.high) / 5
	overlap := min(a.x+a.wide, b.x+b.wide) - max(a.x, b.x)
	return b.y >= a.y+a.high-slack && overlap > min(a.wide, b.wide)/4
}

// maxSorted bounds the shapes that are put in order: it takes time in their
// square.
const maxSorted = 400

// order puts shapes into reading order. The order of the file is kept but for
// what plainly contradicts it: a shape is moved behind the ones that it lies
// wholly below.
func order(boxes []box) []int {
	n := len(boxes)
	out := make([]int, 0, n)
	if n > maxSorted {
		for i := range n {
			out = append(out, i)
		}
		return out
	}
	waits := make([]int, n) // shapes above that are still to come, -1 when done
	for i := range n {
		for k := range n {
			if boxes[i].below(boxes[k]) {
				waits[i]++
			}
		}
	}
	for len(out) < n {
		next := slices.Index(waits, 0)
		if next < 0 { // all wait for one another
			next = slices.IndexFunc(waits, func(w int) bool { return w > 0 })
		}
		waits[next] = -1
		out = append(out, next)
		for i := range n {
			if waits[i] > 0 && boxes[i].below(boxes[next]) {
				waits[i]--
			}
		}
	}
	return out
}
