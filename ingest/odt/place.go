package odt

import (
	"encoding/xml"
	"math"
	"strconv"
	"strings"

	"github.com/sufflor/sufflor/ingest"
	"github.com/sufflor/sufflor/ingest/office"
	"github.com/sufflor/sufflor/ingest/office/odf"
	"github.com/sufflor/sufflor/ingest/pattern"
)

// rect is a box in points.
type rect struct{ left, top, right, bottom float64 }

// under is the share of a box that lies on r, from 0 to 1; a line lies on what
// it touches.
func (r rect) under(box rect) float64 {
	wide := min(r.right, box.right) - max(r.left, box.left)
	high := min(r.bottom, box.bottom) - max(r.top, box.top)
	if wide < 0 || high < 0 {
		return 0
	}
	part := func(shared, all float64) float64 {
		if all <= 0 {
			return 1
		}
		return shared / all
	}
	return part(wide, box.right-box.left) * part(high, box.bottom-box.top)
}

// rectOf is the box of a shape as its attributes say (OpenDocument 1.3 part 3,
// 10.3 and 19.226 to 19.228). A turned one has a box that holds it whichever way
// it is turned.
func rectOf(e xml.StartElement) (r rect, known bool) {
	number := func(name string) (float64, bool) { return odf.Length(office.Attr(e, name)) }
	x, isAt := number("x")
	y, _ := number("y")
	wide, ok1 := number("width")
	high, ok2 := number("height")
	if x1, ok := number("x1"); ok {
		x2, okX := number("x2")
		y1, okY := number("y1")
		y2, ok := number("y2")
		return rect{min(x1, x2), min(y1, y2), max(x1, x2), max(y1, y2)}, ok && okX && okY
	}
	r = rect{x, y, x + wide, y + high}
	if t := office.Attr(e, "transform"); t != "" {
		r, isAt = transformed(r, t)
	}
	return r, isAt && ok1 && ok2
}

var (
	operation = pattern.Lazy(`([A-Za-z]+)\s*\(([^()]*)\)`)
	separator = pattern.Lazy(`[\s,]+`)
)

const maxOperations = 20 // of one shape

// transformed is the box around r after a draw:transform, for both directions
// in which programs turn.
func transformed(r rect, transform string) (rect, bool) {
	out := rect{math.Inf(1), math.Inf(1), math.Inf(-1), math.Inf(-1)}
	steps := operation().FindAllStringSubmatch(transform, maxOperations+1)
	if len(steps) == 0 || len(steps) > maxOperations {
		return r, false
	}
	for _, way := range []float64{1, -1} {
		for _, p := range [][2]float64{{r.left, r.top}, {r.right, r.top}, {r.left, r.bottom}, {r.right, r.bottom}} {
			for _, s := range steps {
				ok := false
				if p, ok = step(p, s[1], separator().Split(strings.TrimSpace(s[2]), -1), way); !ok {
					return r, false
				}
			}
			out.left, out.right = min(out.left, p[0]), max(out.right, p[0])
			out.top, out.bottom = min(out.top, p[1]), max(out.bottom, p[1])
		}
	}
	return out, true
}

// step moves a point by one operation of a draw:transform.
func step(p [2]float64, name string, args []string, way float64) ([2]float64, bool) {
	n := make([]float64, len(args))
	for i, a := range args {
		f, err := strconv.ParseFloat(a, 64)
		length, ok := odf.Length(a)
		if err != nil && !ok || math.IsNaN(f) || math.Abs(f) > 1e6 {
			return p, false
		}
		if n[i] = f; ok {
			n[i] = length
		}
	}
	second := func() float64 {
		if len(n) > 1 {
			return n[1]
		}
		return 0
	}
	switch {
	case name == "translate":
		p = [2]float64{p[0] + n[0], p[1] + second()}
	case name == "rotate":
		sin, cos := math.Sincos(way * n[0])
		p = [2]float64{p[0]*cos + p[1]*sin, p[1]*cos - p[0]*sin}
	case name == "scale" && len(n) == 2:
		p = [2]float64{p[0] * n[0], p[1] * n[1]}
	case name == "skewX":
		p[0] += p[1] * math.Tan(way*n[0])
	case name == "skewY":
		p[1] += p[0] * math.Tan(way*n[0])
	default:
		return p, false
	}
	far := math.Abs(p[0]) > 1e9 || math.Abs(p[1]) > 1e9
	return p, !far && p[0] == p[0] && p[1] == p[1]
}

// layer is something painted that texts may stand on.
type layer struct {
	rect
	fill odf.Fill
	full bool // it fills its box
}

// slide is what the texts of a slide may stand on.
type slide struct {
	ground     odf.Ground
	wide, high float64 // points, 0 when not known
	layers     []layer // what was painted so far, the lowest first
	unsure     bool    // shapes move, change colour or lie in another order than that of the file
	compared   int
}

// maxCompared bounds how often texts and what may be behind them are compared
// on one slide; those beyond are read and reported.
const maxCompared = 2_000_000

// misses reports whether a box lies beyond the slide's edges.
func (s *slide) misses(r rect) bool {
	return s.wide > 0 && s.high > 0 && (r.right <= 0 || r.bottom <= 0 || r.left >= s.wide || r.top >= s.high)
}

// under is what a box on the slide stands on.
func (s *slide) under(r rect, known bool) odf.Ground {
	g := s.ground
	if s.compared += len(s.layers); s.compared > maxCompared {
		return g.Open()
	}
	for _, l := range s.layers {
		if !known {
			g = g.Partly(l.fill, 0)
			continue
		}
		const all = 0.999 // lengths are rounded
		switch share := l.under(r); {
		case share <= 0:
		case share > all && l.full:
			g = g.On(l.fill)
		default:
			g = g.Partly(l.fill, share)
		}
	}
	return g
}

// slideFacts is what is known of a slide at its end only.
type slideFacts struct {
	unsure bool
	top    int // the highest z-index so far
}

// restless matches what makes a slide's shapes another than they stand there.
var restless = pattern.Lazy(`animate(?:Motion|Color|Transform)\b|z-index\s*=|attributeName\s*=\s*["'][A-Za-z-]*color`)

// surveySlides goes over the slides of a presentation as far as they can be
// read.
func surveySlides(x *ingest.XML) []slideFacts {
	var out []slideFacts
	for len(out) <= maxSlides {
		tok, err := x.Token()
		if err != nil {
			break
		}
		e, ok := tok.(xml.StartElement)
		if !ok {
			continue
		}
		if e.Name.Local == "page" {
			out = append(out, slideFacts{})
			continue
		}
		if len(out) == 0 {
			continue
		}
		last := &out[len(out)-1]
		switch e.Name.Local {
		case "animateMotion", "animateColor", "animateTransform":
			last.unsure = true
		}
		if strings.Contains(office.Attr(e, "attributeName"), "color") {
			last.unsure = true
		}
		if z := office.Attr(e, "z-index"); z != "" && isShape(e) {
			n := office.Integer(z, 0, math.MaxInt32)
			last.unsure = last.unsure || n < last.top
			last.top = max(last.top, n)
		}
	}
	return out
}

// master is a style:master-page.
type master struct {
	known  bool
	layout string
	style  string // of the page
	next   string
	ground odf.Ground
	layers []layer // what it shows on each slide, the lowest first
}

// masterReader takes what the masters of pages say beside their texts.
type masterReader struct {
	*book
	name string
}

// begin takes the start of an element.
func (m *masterReader) begin(e xml.StartElement) {
	switch e.Name.Local {
	case "master-page":
		m.name = office.Attr(e, "name")
		if len(m.masterOf) == 0 {
			m.first = m.name
		}
		if len(m.masterOf) < maxMasters {
			made := master{known: true, layout: office.Attr(e, "page-layout-name"), next: office.Attr(e, "next-style-name"), style: office.Attr(e, "style-name")}
			if m.want == "presentation" {
				made.ground = m.slideGround(m.name, made.style)
			} else {
				made.ground = m.pageGround(made.layout, made.style)
			}
			m.masterOf[m.name] = made
		}
		return
	case "handout-master":
		m.name = ""
	}
	now, ok := m.masterOf[m.name]
	if !ok || m.want != "presentation" {
		return
	}
	if e.Name.Local == "image" || e.Name.Local == "object" || e.Name.Local == "plugin" || e.Name.Local == "table" {
		if n := len(now.layers); n > 0 {
			now.layers[n-1].fill = odf.Picture()
		}
		return
	}
	if !isShape(e) || e.Name.Local == "g" || e.Name.Local == "a" || class(e) != "" || len(now.layers) >= maxLayers {
		return
	}
	w := walker{book: m.book}
	at, known := rectOf(e)
	if !known {
		return
	}
	form := e.Name.Local
	now.layers = append(now.layers, layer{at, w.fillOf(e), (form == "rect" || form == "frame") && office.Attr(e, "transform") == ""})
	m.masterOf[m.name] = now
}

const (
	maxMasters = 1000
	maxLayers  = 10_000 // of one master
)

// edge is what the text of a header or footer stands on.
func (m *masterReader) edge(e xml.StartElement) odf.Ground {
	l := m.layouts[m.masterOf[m.name].layout]
	kind, _, _ := strings.Cut(e.Name.Local, "-")
	m.foot, m.high = kind == "footer", l.edges[kind].high
	f, _ := l.edges[kind].paint.Fill(m.gradients)
	g := m.masterOf[m.name].ground.On(f)
	if m.covered || m.behind {
		g = g.Open()
	}
	return g
}

// slideGround is the background that a master gives to its slides, by the style
// of the page or by one that goes by its name.
func (b *book) slideGround(name, style string) odf.Ground {
	g := odf.Paper()
	page, _ := b.paint("drawing-page", style).Fill(b.gradients)
	back, _ := b.chain("presentation", name+"-background").Paint().Fill(b.gradients)
	switch {
	case page.None() && back.None():
		return g
	case back.None():
		return g.On(page)
	case page.None():
		return g.On(back)
	}
	return g.On(page).Or(g.On(back))
}

// slideOf begins a slide.
func (w *walker) slideOf(e xml.StartElement) *slide {
	m := w.masterOf[office.Attr(e, "master-page-name")]
	l := w.layouts[m.layout]
	s := &slide{ground: m.ground, wide: l.wide, high: l.high}
	if !m.known { // the background may be any
		s.ground = odf.Paper().Open()
	}
	style := office.Attr(e, "style-name")
	page := w.find("drawing-page", style)
	if page != nil && page.style.bare {
		s.ground = odf.Paper()
	}
	s.ground = s.ground.On(w.fill("drawing-page", style))
	if page == nil || !page.style.alone {
		s.layers = append(s.layers, m.layers...)
	}
	if n := w.pages - 1; n < len(w.facts) {
		s.unsure = w.facts[n].unsure
	}
	return s
}
