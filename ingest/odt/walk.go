package odt

import (
	"cmp"
	"encoding/xml"
	"fmt"
	"slices"
	"strings"

	"github.com/sufflor/sufflor/index"
	"github.com/sufflor/sufflor/ingest"
	"github.com/sufflor/sufflor/ingest/office"
	"github.com/sufflor/sufflor/ingest/office/odf"
)

const maxSpaces = 100 // of one text:s

// walker reads one story: the body, a cell of it, a note, a header, a box.
type walker struct {
	*book
	blocks     []ingest.Block
	paragraphs *int // of the body so far; nil elsewhere
	tables     int  // around
	edge       bool // a header or footer
	notes      bool // a page of speaker's notes
	list       *list
	captions   int    // blocks up to a paragraph that may be the caption of a table below
	inLine     bool   // a shape in a line of text
	formula    string // what such a shape shows, when it is a formula
	setting
}

// list is the list that is read, innermost last.
type list struct {
	style   *listStyle
	own     *listStyle // of the item alone
	name    string
	count   *counter
	level   int  // from 0
	pending bool // an item has begun and not been counted
	header  bool // what stands here has no number
	start   int  // the item's own number, or -1
}

func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }

func (w *walker) add(b ingest.Block) error {
	if err := w.budget.Spend(b); err != nil {
		return err
	}
	w.blocks = append(w.blocks, b)
	return nil
}

// sub begins a story inside this one.
func (w *walker) sub() *walker {
	return &walker{book: w.book, tables: w.tables, edge: w.edge, notes: w.notes, setting: w.setting}
}

// each reads the elements of the one that has just begun, up to its end.
func (w *walker) each(x *ingest.XML, see func(e xml.StartElement) error) error {
	return office.Each(x, func(e xml.StartElement) error {
		if err := w.ctx.Err(); err != nil {
			return fmt.Errorf("read document: %w", err)
		}
		return see(e)
	})
}

// container reads block elements up to the end of the element around them.
func (w *walker) container(x *ingest.XML) error {
	return w.each(x, func(e xml.StartElement) error { return w.block(x, e) })
}

// hidden reports whether an element is not shown: a section, a field.
func hidden(e xml.StartElement) bool {
	switch office.Attr(e, "display") {
	case "none":
		return true
	case "condition":
		return office.Attr(e, "is-hidden") == "true"
	}
	return false
}

// block reads one element that stands where a paragraph can.
func (w *walker) block(x *ingest.XML, e xml.StartElement) error {
	switch e.Name.Local {
	case "p", "h":
		return w.paragraph(x, e)
	case "list":
		return w.listOf(x, e)
	case "table":
		return w.table(x, e)
	case "section", "index-title", "alphabetical-index", "bibliography", "user-index":
		if hidden(e) {
			return x.Skip()
		}
		outer := w.ground
		w.ground = w.ground.On(w.fill("section", office.Attr(e, "style-name")))
		err := w.container(x)
		w.ground = outer
		return err
	case "index-body":
		return w.container(x)
	case "page":
		return w.page(x, e)
	case "numbered-paragraph", "text-box", "list-item", "list-header", "note-body":
		return w.container(x)
	}
	if isShape(e) {
		return w.shape(x, e)
	}
	return x.Skip() // tables of contents, tracked changes, annotations, forms, declarations …
}

// para is what was read of a paragraph.
type para struct {
	text   strings.Builder
	space  bool // what was written last was white space
	hidden bool
	ground odf.Ground
	after  []ingest.Block // notes, boxes and descriptions that follow it
}

func (p *para) write(s string) {
	if s != "" {
		p.text.WriteString(s)
		p.space = false
	}
}

// chars adds character data: white space counts as one space, and as none at
// the beginning (OpenDocument 1.3, part 3, 6.1.2).
func (p *para) chars(s string) {
	for _, r := range s {
		switch r {
		case ' ', '\t', '\r', '\n':
			if !p.space && p.text.Len() > 0 {
				p.text.WriteByte(' ')
				p.space = true
			}
			continue
		case '\u00AD':
			continue
		}
		p.text.WriteRune(r)
		p.space = false
	}
}

// paragraph reads a text:p or text:h and adds its blocks.
func (w *walker) paragraph(x *ingest.XML, e xml.StartElement) error {
	at := w.here()
	if w.paragraphs != nil {
		*w.paragraphs++
		at = w.here()
	}
	name, level := office.Attr(e, "style-name"), 0
	if e.Name.Local == "h" {
		level = office.Integer(office.Attr(e, "outline-level"), 1, levels)
	}
	noNumber, restart := office.Attr(e, "is-list-header") == "true", office.Attr(e, "start-value")
	m := w.meaning("paragraph", name)
	p := &para{hidden: m.hidden, ground: w.paragraphGround(name)}
	if err := w.inline(x, p, run{gone: m.hidden, look: w.paragraphLook(name)}); err != nil {
		return err
	}
	text := strings.TrimSpace(office.Plain(p.text.String(), ""))
	if p.hidden {
		text = ""
	}
	if level == 0 && w.list == nil && m.outline > 0 && w.tables == 0 {
		level = m.outline
	}
	if err := w.place(text, level, m, at, noNumber, restart); err != nil {
		return err
	}
	for _, b := range p.after {
		b.Locator = at
		if err := w.add(b); err != nil {
			return err
		}
	}
	return nil
}

// place decides what a paragraph is and adds it.
func (w *walker) place(text string, level int, m meaning, at index.Locator, noNumber bool, restart string) error {
	marker, isItem := w.number(level, m, noNumber, restart)
	if text == "" {
		return nil
	}
	b := ingest.Block{Kind: ingest.Paragraph, Text: text, Locator: at}
	switch {
	case m.title && w.tables == 0 && !w.edge && w.want == "text":
		w.title = cmp.Or(w.title, oneLine(text))
		b.Kind, b.Level = ingest.Heading, 1
	case level > 0:
		b.Kind, b.Level = ingest.Heading, min(level, 6)
		if marker != "" && marker != office.Marker {
			b.Text = marker + " " + text
		}
	case isItem && marker != "":
		b.Kind, b.Level, b.Marker = ingest.ListItem, w.list.level+1, marker
	}
	if err := w.add(b); err != nil {
		return err
	}
	if m.caption && b.Kind == ingest.Paragraph {
		w.captions = len(w.blocks)
	}
	return nil
}

// number counts a paragraph in its list, or a heading in the chapters.
func (w *walker) number(level int, m meaning, noNumber bool, restart string) (marker string, isItem bool) {
	if l := w.list; l != nil {
		if !l.pending || l.header || noNumber {
			return "", false
		}
		l.pending = false
		style := l.style
		if l.own != nil {
			style = l.own
		}
		if style == nil && m.list != "" {
			if e := w.find("list", m.list); e != nil {
				style = e.list
			}
		}
		l.count.next(l.level, l.start, style)
		return l.count.marker(l.level, style), true
	}
	if level == 0 || w.outline == nil || noNumber || w.edge {
		return "", false
	}
	start := -1
	if restart != "" {
		start = office.Integer(restart, 0, office.MaxNumber)
	}
	if w.chapters == nil {
		w.chapters = newCounter()
	}
	w.chapters.next(level-1, start, w.outline)
	if w.outline[level-1].format == "" {
		return "", false
	}
	return w.chapters.marker(level-1, w.outline), false
}

// listOf reads a text:list.
func (w *walker) listOf(x *ingest.XML, e xml.StartElement) error {
	outer := w.list
	l := &list{name: office.Attr(e, "style-name"), start: -1}
	if outer != nil {
		l.count, l.level, l.style = outer.count, min(outer.level+1, levels-1), outer.style
		if l.name == "" {
			l.name = outer.name
		}
	}
	if s := w.find("list", l.name); s != nil {
		l.style = s.list
	}
	if outer == nil {
		l.count = w.counterOf(e, l.name)
	}
	w.list = l
	err := w.each(x, func(i xml.StartElement) error {
		switch i.Name.Local {
		case "list-item", "list-header":
		default:
			return x.Skip()
		}
		l.pending, l.header, l.start, l.own = true, i.Name.Local == "list-header", -1, nil
		if s := w.find("list", office.Attr(i, "style-override")); s != nil {
			l.own = s.list
		}
		if s := office.Attr(i, "start-value"); s != "" {
			l.start = office.Integer(s, 0, office.MaxNumber)
		}
		return w.container(x)
	})
	w.list = outer
	return err
}

// counterOf is a new list's own counter, or that of the list it goes on.
func (w *walker) counterOf(e xml.StartElement, style string) *counter {
	count := newCounter()
	if id := office.Attr(e, "continue-list"); id != "" && w.lists[id] != nil {
		count = w.lists[id]
	} else if office.Attr(e, "continue-numbering") == "true" && w.last[style] != nil {
		count = w.last[style]
	}
	w.last[style] = count
	if id := office.Attr(e, "id"); id != "" {
		w.lists[id] = count
	}
	return count
}

// run is how characters look.
type run struct {
	gone bool // hidden
	look odf.Look
}

// inline reads the content of a paragraph or span up to its end.
func (w *walker) inline(x *ingest.XML, p *para, r run) error {
	for {
		tok, err := x.Token()
		if err != nil {
			return err
		}
		switch e := tok.(type) {
		case xml.EndElement:
			return nil
		case xml.CharData:
			if !r.gone {
				p.chars(w.seen(string(e), p.ground, r.look))
			}
		case xml.StartElement:
			if err := w.element(x, e, p, r); err != nil {
				return err
			}
		}
	}
}

func (w *walker) element(x *ingest.XML, e xml.StartElement, p *para, r run) error {
	text := ""
	switch e.Name.Local {
	case "span":
		if name := office.Attr(e, "style-name"); name != "" {
			if d := w.display(name); d != "" {
				r.gone = d == "none"
			}
			r.look = w.chain("text", name).Look(r.look)
		}
		return w.inline(x, p, r)
	case "s":
		n := office.Integer(office.Attr(e, "c"), 1, maxSpaces)
		text = strings.Repeat(" ", n)
	case "tab":
		text = "\t"
	case "line-break":
		text = "\n"
	case "note":
		return w.note(x, p, r.gone)
	case "hidden-text":
		r.gone = r.gone || office.Attr(e, "is-hidden") == "true"
		return w.inline(x, p, r)
	case "hidden-paragraph":
		p.hidden = p.hidden || office.Attr(e, "is-hidden") == "true"
		return x.Skip()
	case "page-number", "page-count":
		if w.edge || w.want == "presentation" {
			return x.Skip()
		}
		return w.inline(x, p, r)
	case "variable-set", "user-field-get", "variable-get", "user-field-input", "database-display", "expression":
		r.gone = r.gone || hidden(e)
		return w.inline(x, p, r)
	case "annotation", "tracked-changes", "ruby-text", "script", "event-listeners", "binary-data", "control":
		return x.Skip()
	default:
		if isShape(e) {
			if r.gone {
				return x.Skip()
			}
			sub := w.sub()
			sub.inLine = true
			sub.ground = p.ground
			if err := sub.shape(x, e); err != nil {
				return err
			}
			p.write(sub.formula)
			p.after = append(p.after, sub.blocks...)
			return nil
		}
		if e.Name.Local == "a" {
			r.look = w.linkLook(e, r.look)
		}
		return w.inline(x, p, r) // links, fields, marks
	}
	if !r.gone {
		p.write(text)
	}
	return x.Skip()
}

// display is what a character style says of hiding, with what it is based on.
func (w *walker) display(name string) string {
	for range maxBased {
		e := w.find("text", name)
		if e == nil {
			return ""
		}
		if e.style.display != "" {
			return e.style.display
		}
		name = e.style.parent
	}
	return ""
}

// note reads a foot- or endnote; it follows its paragraph.
func (w *walker) note(x *ingest.XML, p *para, gone bool) error {
	sub := w.sub()
	sub.setting = setting{ground: w.paper}
	err := w.each(x, func(e xml.StartElement) error {
		if e.Name.Local != "note-body" || gone {
			return x.Skip()
		}
		return sub.container(x)
	})
	p.after = append(p.after, sub.blocks...)
	return err
}

// isShape reports whether an element is something drawn that may hold text.
func isShape(e xml.StartElement) bool {
	switch e.Name.Local {
	case "frame", "custom-shape", "rect", "ellipse", "circle", "line", "polyline", "polygon", "regular-polygon", "path", "connector", "caption", "measure", "g":
		return strings.Contains(e.Name.Space, "drawing") || e.Name.Space == "draw"
	case "a":
		return strings.Contains(e.Name.Space, "drawing") || e.Name.Space == "draw" // a link around a frame
	}
	return false
}

// shape reads a drawn element: the text in it, then what describes it.
func (w *walker) shape(x *ingest.XML, e xml.StartElement) error {
	if office.Attr(e, "display") == "none" || w.isFooter(e) {
		return x.Skip()
	}
	decorative := office.Attr(e, "decorative") == "true"
	outer, around := w.list, w.setting
	w.list = nil
	defer func() { w.list, w.setting = outer, around }()
	s := w.enter(e)
	defer w.leave(s, len(w.blocks))
	var alts []string
	drawn := false
	err := w.each(x, func(k xml.StartElement) error {
		switch k.Name.Local {
		case "title", "desc":
			n, err := office.Tree(x, k)
			if alt := office.AltText(n.Content()); alt != "" && !decorative && !slices.Contains(alts, alt) {
				alts = append(alts, alt)
			}
			return err
		case "object":
			drawn = true
			s.picture()
			return w.object(x, k)
		case "image", "object-ole": // text can be written on a picture, too
			s.picture()
			w.ground = w.ground.On(odf.Picture())
			return w.container(x)
		case "text-box":
			return w.container(x)
		case "plugin", "applet", "floating-frame":
			s.picture()
			return x.Skip()
		case "enhanced-geometry":
			s.form = office.Attr(k, "type")
			return x.Skip()
		case "glue-point", "image-map", "contour-polygon", "contour-path":
			return x.Skip()
		case "table":
			drawn = true
			s.picture()
			return w.table(x, k)
		}
		return w.block(x, k)
	})
	if err != nil || drawn && w.notes {
		return err
	}
	for _, alt := range alts {
		if err := w.add(ingest.Block{Kind: ingest.Paragraph, Text: alt, Locator: w.here()}); err != nil {
			return err
		}
	}
	return nil
}
