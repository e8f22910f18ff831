package odt

import (
	"bytes"
	"cmp"
	"encoding/xml"
	"strconv"
	"strings"

	"github.com/sufflor/sufflor/ingest"
	"github.com/sufflor/sufflor/ingest/office"
	"github.com/sufflor/sufflor/ingest/office/odf"
	"github.com/sufflor/sufflor/ingest/pattern"
)

// setting is where the texts of a story stand, and how they look there.
type setting struct {
	ground  odf.Ground
	drawn   bool      // in a drawn shape, whose style they begin with
	base    odf.Look  // of the text of such a shape
	above   odf.Chain // the styles of such a shape, without the outline's
	levels  string    // what the styles of the outline's levels begin with
	grouped bool      // in a group of shapes
	bent    bool      // in a shape that may fill its letters instead of itself
}

// spots are where something was found: in paragraphs of the body or on slides,
// and apart from them in a note, a text box, a header or a footer.
type spots struct {
	at    office.Places
	apart bool
	words int
}

// unseen is the text that nobody who looks at the pages sees, as is put there
// to slip instructions to machines into a document. All but the doubtful is
// left out.
type unseen struct{ outside, tiny, pale, doubtful spots }

// spot notes a text where the walker is.
func (w *walker) spot(s *spots, text string) {
	n := len(strings.Fields(text))
	if n == 0 {
		return
	}
	s.words += n
	switch at := w.here(); {
	case w.want == "presentation":
		s.at.Add(at.Page)
	case w.paragraphs == nil:
		s.apart = true
	default:
		s.at.Add(at.Paragraph)
	}
}

func (b *book) warnUnseen() {
	u := b.unseen
	if b.want == "presentation" {
		b.report("text outside the slide, which nobody sees, was left out", "", u.outside)
		b.report("text of at most 2 points, which nobody sees, was left out", "", u.tiny)
		b.report("transparent text or text in the colour of what it stands on, which nobody sees, was left out", "", u.pale)
		b.report("text that may not be seen, as it stands on a picture or moves, was read", ": look at it before it is used", u.doubtful)
		return
	}
	gone := u.pale
	gone.words += u.tiny.words
	gone.apart = gone.apart || u.tiny.apart
	gone.at = u.pale.at.With(u.tiny.at)
	b.report("text that nobody sees on the page, as it is tiny or has the colour of what it stands on, was left out", "", gone)
	b.report("text that may have the colour of what it stands on was read", ": a picture or a shape may lie behind it; look at it before it is used", u.doubtful)
}

// report warns of what was found.
func (b *book) report(what, advice string, s spots) {
	unit := "in paragraph "
	if b.want == "presentation" {
		unit = "on slide "
	}
	var places []string
	if len(s.at) > 0 {
		places = append(places, unit+s.at.String())
	}
	if s.apart {
		places = append(places, "in a note, a text box, a header or a footer")
	}
	if len(places) > 0 {
		b.warnings.Report("%s, %d words %s%s", what, s.words, strings.Join(places, " and "), advice)
	}
}

// seen is what people see of a piece of text.
func (w *walker) seen(text string, g odf.Ground, l odf.Look) string {
	if strings.TrimSpace(text) == "" {
		return text
	}
	switch s := g.Sight(l, text); {
	case s == odf.Tiny:
		w.spot(&w.unseen.tiny, text)
		return ""
	case s == odf.Doubtful, s == odf.Pale && (w.bent || w.slide != nil && w.slide.unsure):
		w.spot(&w.unseen.doubtful, text)
	case s == odf.Pale:
		w.spot(&w.unseen.pale, text)
		return " " // the gap that people see
	}
	return text
}

// chain is a style with those that it is based on.
func (b *book) chain(family, name string) odf.Chain {
	return odf.Follow(name, func(name string) (odf.Style, bool) {
		e := b.find(family, name)
		if e == nil {
			return odf.Style{}, false
		}
		return e.look, true
	})
}

// usual is what a family's default style says.
func (b *book) usual(family string) odf.Style {
	if e := b.common[key(family, "")]; e != nil {
		return e.look
	}
	return odf.Style{}
}

// paint is what a style says of how something is filled.
func (b *book) paint(family, name string) odf.Paint {
	return b.chain(family, name).Paint().Over(b.usual(family).Paint)
}

// fill is what a style fills something with, nothing when it does not say.
func (b *book) fill(family, name string) odf.Fill {
	f, _ := b.paint(family, name).Fill(b.gradients)
	return f
}

// standard is the style of paragraphs that name none.
const standard = "Standard"

// paragraphLook is how the characters of a paragraph look by its style.
func (w *walker) paragraphLook(name string) odf.Look {
	styles := w.chain("paragraph", name)
	if w.drawn {
		return styles.Look(w.baseLook())
	}
	below := odf.Look{}.With(w.usual("paragraph").Text)
	if len(styles) == 0 || len(styles) == 1 && styles[0].Parent == "" && w.own[key("paragraph", name)] != nil {
		below = w.chain("paragraph", standard).Look(below)
	}
	return styles.Look(below)
}

// baseLook is how text of a shape looks, whose outline has styles by level.
func (w *walker) baseLook() odf.Look {
	if w.levels == "" || w.list == nil || w.list.level == 0 {
		return w.base
	}
	deeper := w.chain("presentation", w.levels+strconv.Itoa(w.list.level+1))
	return w.above.Look(deeper.Look(odf.Look{}.With(w.usual("graphic").Text)))
}

// paragraphGround is what the text of a paragraph stands on.
func (w *walker) paragraphGround(name string) odf.Ground {
	f := w.fill("paragraph", name)
	if w.drawn && !f.None() { // some programs fill them, and some only say so
		return w.ground.Or(w.ground.On(f))
	}
	return w.ground.On(f)
}

// linkLook is how the text of a link looks, which programs colour by a style
// that the file need not name.
func (w *walker) linkLook(e xml.StartElement, around odf.Look) odf.Look {
	styles := w.chain("text", cmp.Or(office.Attr(e, "style-name"), "Internet_20_link"))
	if w.drawn || !styles.Look(odf.Look{}).Says() {
		return styles.Look(around).Inked()
	}
	return styles.Look(around)
}

// styleOf is the style of a shape with its family: a placeholder's is one of
// presentations.
func styleOf(e xml.StartElement) (family, name string) {
	for _, a := range e.Attr {
		if a.Name.Local != "style-name" {
			continue
		}
		if strings.Contains(a.Name.Space, "presentation") {
			return "presentation", a.Value
		}
		name = a.Value
	}
	return "graphic", name
}

// drawing is a shape that is read.
type drawing struct {
	fill    odf.Fill
	at      rect
	known   bool // its place
	form    string
	outside bool // beyond the slide's edges
	group   bool
}

// picture says that the shape shows something whose colours are not known.
func (d *drawing) picture() { d.fill = odf.Picture() }

// enter makes the setting that of the texts in a shape.
func (w *walker) enter(e xml.StartElement) *drawing {
	d := &drawing{group: e.Name.Local == "g" || e.Name.Local == "a"}
	if w.edge && !w.grouped && e.Name.Local != "a" {
		w.reached = w.reached || !w.stays(e)
	}
	if d.group {
		w.grouped = w.grouped || e.Name.Local == "g"
		return d
	}
	d.fill = w.fillOf(e)
	behind := w.ground
	switch {
	case w.slide != nil:
		d.at, d.known = rectOf(e)
		behind = w.slide.under(d.at, d.known)
		d.outside = d.known && w.slide.misses(d.at)
	case w.want == "presentation", office.Attr(e, "anchor-type") == "as-char":
	default:
		behind = w.paper.Or(w.ground)
		if w.covered {
			behind = behind.Open()
		}
	}
	inner := setting{ground: behind.On(d.fill), grouped: w.grouped, bent: w.fontwork && e.Name.Local == "custom-shape"}
	if d.outside {
		inner.ground = odf.Ground{} // all of it is left out at the end
	}
	if inner.drawn = e.Name.Local != "frame" || w.want == "presentation"; inner.drawn {
		w.dress(&inner, e)
	}
	w.setting = inner
	return d
}

// dress says how the text of a drawn shape looks.
func (w *walker) dress(s *setting, e xml.StartElement) {
	family, name := styleOf(e)
	s.above = w.chain("paragraph", office.Attr(e, "text-style-name"))
	for _, next := range w.names(family, name) {
		if outline, ok := strings.CutSuffix(next, "-outline1"); ok {
			s.levels = outline + "-outline"
			break
		}
		s.above = append(s.above, w.find(family, next).look)
	}
	below := odf.Look{}.With(w.usual("graphic").Text)
	if s.levels != "" {
		below = w.chain(family, s.levels+"1").Look(below)
	}
	s.base = s.above.Look(below)
}

// names are those of a style and of what it is based on.
func (b *book) names(family, name string) []string {
	var out []string
	for e := b.find(family, name); e != nil && len(out) < maxBased; e = b.find(family, name) {
		out = append(out, name)
		name = e.style.parent
	}
	return out
}

// fillOf is what a shape is filled with.
func (w *walker) fillOf(e xml.StartElement) odf.Fill {
	switch e.Name.Local {
	case "line", "polyline", "connector", "measure":
		return odf.Fill{}
	}
	family, name := styleOf(e)
	paint := w.chain(family, name).Paint().Over(w.usual("graphic").Paint)
	f, ok := paint.Fill(w.gradients)
	if !ok && e.Name.Local != "frame" {
		return paint.Usual()
	}
	return f
}

// leave ends a shape whose blocks begin at first. One beyond the edges of the
// slide is taken out, others may lie under what comes after.
func (w *walker) leave(d *drawing, first int) {
	switch {
	case w.slide == nil || d.group:
	case d.outside:
		text := office.Flat(w.blocks[first:])
		if w.slide.unsure {
			w.spot(&w.unseen.doubtful, text)
			return
		}
		w.spot(&w.unseen.outside, text)
		w.blocks = w.blocks[:first]
	case d.known && !d.fill.None():
		w.slide.layers = append(w.slide.layers, layer{d.at, d.fill, d.form == "" || d.form == "rectangle"})
	}
}

// placing is where a graphic style puts a shape of a header or footer.
type placing struct{ position, relative string }

func placingOf(n *office.Node) placing {
	p := n.At("graphic-properties")
	return placing{p.Attr("vertical-pos"), p.Attr("vertical-rel")}
}

// stays reports whether a shape of a header or footer surely lies beside the
// text of the body.
func (w *walker) stays(e xml.StartElement) bool {
	switch office.Attr(e, "anchor-type") {
	case "as-char":
		return true
	case "paragraph", "char":
	default:
		return false
	}
	var p placing
	for _, name := range w.names(styleOf(e)) {
		next := w.find("graphic", name)
		if next == nil {
			break
		}
		p = placing{cmp.Or(p.position, next.place.position), cmp.Or(p.relative, next.place.relative)}
	}
	at, known := rectOf(e)
	switch p.position {
	case "top":
		at.bottom -= at.top
		at.top = 0
	case "from-top", "":
	default:
		return false
	}
	switch p.relative {
	case "", "paragraph", "paragraph-content", "char", "line", "text":
	default:
		return false
	}
	switch {
	case !known || office.Attr(e, "transform") != "":
		return false
	case w.foot:
		return at.top >= 0
	}
	return at.bottom <= w.high
}

// tableLooks is how the cells of a table are painted.
type tableLooks struct {
	ground   odf.Ground
	columns  []string // the style of cells that name none, by column
	row      xml.StartElement
	template []string // styles that the cells may have by the table's template
	unknown  bool     // the template is not in the file
}

func (w *walker) tableLooks(e xml.StartElement) tableLooks {
	t := tableLooks{ground: w.ground.On(w.fill("table", office.Attr(e, "style-name")))}
	if name := office.Attr(e, "template-name"); name != "" {
		known := false
		t.template, known = w.templates[name]
		t.unknown = !known
	}
	return t
}

// column takes a table:table-column.
func (t *tableLooks) column(e xml.StartElement) {
	style := office.Attr(e, "default-cell-style-name")
	for range office.Integer(office.Attr(e, "number-columns-repeated"), 1, office.MaxSpan) {
		if len(t.columns) < office.MaxSpan {
			t.columns = append(t.columns, style)
		}
	}
}

// cellSetting is where the text of a cell stands.
func (w *walker) cellSetting(t *tableLooks, e xml.StartElement, col int) setting {
	name := cmp.Or(office.Attr(e, "style-name"), office.Attr(t.row, "default-cell-style-name"))
	if name == "" && col < len(t.columns) {
		name = t.columns[col]
	}
	s := setting{ground: t.ground.On(w.fill("table-row", office.Attr(t.row, "style-name"))), drawn: w.drawn}
	f, ok := w.paint("table-cell", name).Fill(w.gradients)
	switch {
	case ok:
		s.ground = s.ground.On(f)
	case t.unknown:
		s.ground = s.ground.Open()
	default:
		bare := s.ground
		for _, style := range t.template {
			s.ground = s.ground.Or(bare.On(w.fill("table-cell", style)))
		}
	}
	if s.drawn {
		s.base = w.chain("table-cell", name).Look(odf.Look{})
		if !s.base.Says() && (t.unknown || len(t.template) > 0) {
			s.base = s.base.Inked()
		}
	}
	return s
}

// templateOf are the cell styles of a table:table-template.
func templateOf(n *office.Node) []string {
	var out []string
	for _, k := range n.Kids {
		if name := k.Attr("style-name"); name != "" && len(out) < 100 {
			out = append(out, name)
		}
	}
	return out
}

// layout is what a style:page-layout says of pages.
type layout struct {
	paint      odf.Paint
	wide, high float64 // points, 0 when not known
	edges      map[string]edgeLayout
}

// edgeLayout is the same of a header or footer.
type edgeLayout struct {
	paint odf.Paint
	high  float64
}

func layoutOf(n *office.Node) layout {
	p := n.At("page-layout-properties")
	l := layout{paint: odf.Read(n).Paint, edges: map[string]edgeLayout{}}
	l.wide, _ = odf.Length(p.Attr("page-width"))
	l.high, _ = odf.Length(p.Attr("page-height"))
	for _, kind := range []string{"header", "footer"} {
		style := n.At(kind + "-style")
		if style == nil {
			continue
		}
		p := style.At("header-footer-properties")
		high, _ := odf.Length(cmp.Or(p.Attr("min-height"), p.Attr("height")))
		l.edges[kind] = edgeLayout{odf.Read(style).Paint, high}
	}
	return l
}

// pageGround is the page of a text by its layout, and by the style of newer
// programs for what lies in the margins, too.
func (b *book) pageGround(layout, style string) odf.Ground {
	f, _ := b.layouts[layout].paint.Fill(b.gradients)
	g := odf.Paper().On(f)
	if f := b.fill("drawing-page", style); !f.None() {
		g = g.Or(g.On(f))
	}
	return g
}

// lay works out the pages that the texts of the body stand on.
func (b *book) lay() {
	if b.want == "presentation" {
		b.paper = odf.Paper()
		return
	}
	b.paper = odf.Ground{}
	for _, name := range b.used() {
		b.paper = b.paper.Or(b.masterOf[name].ground)
	}
	if len(b.masterOf) == 0 {
		b.paper = odf.Paper()
	}
	for _, sheet := range []styleSheet{b.own, b.common} {
		for k, e := range sheet {
			if f, _ := e.look.Paint.Fill(b.gradients); strings.HasPrefix(k, "graphic/") && !f.None() {
				b.covered = true
			}
		}
	}
	if b.behind || b.reached {
		b.paper = b.paper.Open()
	}
}

// used are the masters that pages of the body may have.
func (b *book) used() []string {
	named := map[string]bool{}
	for _, sheet := range []styleSheet{b.own, b.common} {
		for _, e := range sheet {
			if e.style.master != "" {
				named[e.style.master] = true
			}
		}
	}
	if b.masterOf[standard].known {
		named[standard] = true
	} else {
		named[b.first] = true
	}
	var out []string
	for again := true; again; {
		again = false
		for name := range named {
			if next := b.masterOf[name].next; next != "" && !named[next] {
				named[next], again = true, true
			}
		}
	}
	for name := range named {
		if b.masterOf[name].known {
			out = append(out, name)
		}
	}
	return out
}

var (
	painted = pattern.Lazy(`[<:](?:image|object|object-ole|plugin|applet|custom-shape|rect|ellipse|circle|polygon|regular-polygon|path|caption)[\s/>]`)
	bent    = pattern.Lazy(`text-path\s*=\s*["']true`)
	under   = pattern.Lazy(`run-through\s*=\s*["']background`)
)

// survey looks over a part before it is read: what may lie behind its texts,
// and for presentations what is known of a slide at its end only.
func (b *book) survey(data []byte) {
	wide := bytes.IndexByte(data, 0) >= 0 // UTF-16
	b.covered = wide || painted().Match(data)
	b.behind = wide || under().Match(data)
	b.fontwork = wide || bent().Match(data)
	if b.want == "presentation" && (wide || restless().Match(data)) {
		b.facts = surveySlides(ingest.NewXML(data))
	}
}
