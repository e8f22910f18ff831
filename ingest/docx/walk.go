package docx

import (
	"cmp"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/sufflor/sufflor/index"
	"github.com/sufflor/sufflor/ingest"
	"github.com/sufflor/sufflor/ingest/office"
	"github.com/sufflor/sufflor/ingest/office/sight"
	"github.com/sufflor/sufflor/ingest/pattern"
)

// walker reads one story: the body, a cell of it, a note, a header, a box.
type walker struct {
	*book
	rels       office.Relations // of the part that is read
	blocks     []ingest.Block
	paragraphs *int         // of the body so far; nil elsewhere
	fields     *[]field     // begun and not ended
	held       *para        // whose mark is deleted: the next goes on in it
	tables     int          // around
	body       bool         // of the document, cells included
	edge       bool         // a header or footer
	ground     sight.Ground // on which its texts stand
	openEnded  bool         // fields that never end
	captions   int          // blocks up to a paragraph that may be the caption of a table below
	contents   int          // blocks up to the last line of a table of contents
}

// story begins another part's or box's text.
func (b *book) story(rels office.Relations) *walker {
	return &walker{book: b, rels: rels, fields: &[]field{}, ground: b.page}
}

func (w *walker) add(b ingest.Block) error {
	if err := w.budget.Spend(b); err != nil {
		return err
	}
	w.blocks = append(w.blocks, b)
	return nil
}

// document finds the body; some programs write several.
func (w *walker) document(x *ingest.XML) error {
	for found := false; ; {
		tok, err := x.Token()
		if errors.Is(err, io.EOF) {
			if found {
				return nil
			}
			return fmt.Errorf("no document body: %w", ingest.ErrDamaged)
		}
		if err != nil {
			return err
		}
		e, ok := tok.(xml.StartElement)
		if !ok || e.Name.Local != "body" {
			continue
		}
		err = w.container(x)
		if errors.Is(err, io.EOF) {
			return fmt.Errorf("the document ends early: %w", ingest.ErrDamaged)
		}
		if err != nil {
			return err
		}
		found = true
	}
}

// container reads block elements up to the end of the element around them.
func (w *walker) container(x *ingest.XML) error {
	err := w.blockElements(x)
	if held := w.release(err); held != nil {
		return held
	}
	return err
}

// release adds the paragraph that waited for another one.
func (w *walker) release(err error) error {
	p := w.held
	w.held = nil
	if p == nil || err != nil && !errors.Is(err, io.EOF) {
		return nil
	}
	return w.finish(p)
}

func (w *walker) blockElements(x *ingest.XML) error {
	return office.Each(x, func(e xml.StartElement) error {
		if err := w.ctx.Err(); err != nil {
			return fmt.Errorf("read document: %w", err)
		}
		return w.block(x, e)
	})
}

// block reads one element that stands where a paragraph can.
func (w *walker) block(x *ingest.XML, e xml.StartElement) error {
	switch e.Name.Local {
	case "p":
		return w.readParagraph(x)
	case "tbl":
		if err := w.release(nil); err != nil {
			return err
		}
		return w.table(x)
	case "sectPr":
		return w.section(x, e)
	case "sdt":
		return w.control(x, w.blockElements)
	case "altChunk":
		id := office.Attr(e, "id")
		if err := x.Skip(); err != nil {
			return err
		}
		return w.chunk(id)
	case "del", "moveFrom", "tcPr", "trPr", "tblPr", "tblGrid", "rPr", "pPr", "customXmlPr":
		return x.Skip()
	case "AlternateContent":
		return w.choice(x, w.blockElements)
	case "oMathPara", "oMath":
		n, err := office.Tree(x, e)
		if err != nil {
			return err
		}
		return w.paragraphOf(office.Math(n))
	}
	return w.blockElements(x) // ins, moveTo, customXml, hdr, ftr, footnote …
}

// paragraphOf adds a text that stands alone.
func (w *walker) paragraphOf(text string) error {
	if text == "" || w.inField() {
		return nil
	}
	return w.add(ingest.Block{Kind: ingest.Paragraph, Text: text, Locator: w.here()})
}

func (w *walker) section(x *ingest.XML, e xml.StartElement) error {
	n, err := office.Tree(x, e)
	if err == nil {
		w.edges.section(n)
	}
	return err
}

// control reads the content of a w:sdt. One for a table of contents is left
// out but for what was written below the table.
func (w *walker) control(x *ingest.XML, inside func(*ingest.XML) error) error {
	contents := false
	outer := w.bound
	defer func() { w.bound = outer }()
	return office.Each(x, func(e xml.StartElement) error {
		switch {
		case e.Name.Local == "sdtPr":
			n, err := office.Tree(x, e)
			contents = n.At("docPartObj", "docPartGallery").Attr("val") == "Table of Contents"
			if b := w.boundTo(n); b != nil {
				w.bound = b
			}
			return err
		case e.Name.Local != "sdtContent":
			return x.Skip()
		case !contents:
			return inside(x)
		}
		first, before := len(w.blocks), w.contents
		w.contents = -1
		err := inside(x)
		if w.contents < 0 {
			w.contents = len(w.blocks)
		}
		w.blocks = slices.Delete(w.blocks, first, max(w.contents, first))
		w.contents, w.captions = before, 0
		return err
	})
}

// choice reads the first variant of mc:AlternateContent and skips the others.
func (w *walker) choice(x *ingest.XML, inside func(*ingest.XML) error) error {
	taken := false
	return office.Each(x, func(e xml.StartElement) error {
		if taken || (e.Name.Local != "Choice" && e.Name.Local != "Fallback") {
			return x.Skip()
		}
		taken = true
		return inside(x)
	})
}

// readNotes keeps the blocks of foot- or endnotes by id. Only what is over a
// limit is an error.
func (b *book) readNotes(name, element string) error {
	data := b.optional(name)
	x := ingest.NewXML(data)
	rels := office.ReadRelations(b.arc, name)
	open := unbalanced(data)
	for {
		tok, err := x.Token()
		if err != nil {
			return nil //nolint:nilerr // what could be read of the notes is kept
		}
		e, ok := tok.(xml.StartElement)
		if !ok || e.Name.Local != element {
			continue
		}
		w := b.story(rels)
		w.openEnded = open
		err = w.container(x)
		if kind := office.Attr(e, "type"); kind == "" || kind == "normal" {
			b.notes[element+office.Attr(e, "id")] = w.blocks
		}
		if errors.Is(err, ingest.ErrTooLarge) || b.ctx.Err() != nil {
			return err
		}
		if err != nil {
			b.warn("left out of the %ss: %v", element, err)
			return nil
		}
	}
}

// para is what was read of a paragraph.
type para struct {
	style     string
	list      string // w:numId
	listLevel int
	hasLevel  bool
	outline   int  // 1 to 9, bodyText, 0 when not set
	joins     bool // its mark is deleted, or it is a drop cap
	quiet     bool // its mark is hidden: without a text it is not there
	ground    sight.Ground
	text      *strings.Builder
	after     []ingest.Block // notes, boxes and descriptions that follow it
	alts      []string       // descriptions so far
	at        index.Locator
}

// run is how characters look, as far as that decides whether they are read.
type run struct {
	hidden  bool
	web     bool // hidden on the web
	deleted bool
	font    string
	look    sight.Look
	base    sight.Look   // of the paragraph's runs that say nothing
	box     sight.Ground // what a text box that is read stands on
}

// readParagraph reads a w:p whose start was read, and adds its blocks: itself,
// then its footnotes and text boxes.
func (w *walker) readParagraph(x *ingest.XML) error {
	p := &para{text: &strings.Builder{}}
	if w.paragraphs != nil {
		*w.paragraphs++
		p.at.Paragraph = *w.paragraphs
	}
	if h := w.held; h != nil {
		w.held = nil
		p.text, p.after, p.alts, p.at = h.text, h.after, h.alts, h.at
	}
	usual := w.styles.resolve("")
	p.ground = shaded(w.ground, "", usual.shade)
	base := usual.look.Over(w.styles.usualLook)
	if err := w.inline(x, p, run{look: base, base: base}); err != nil {
		return err
	}
	if w.openEnded {
		*w.fields = (*w.fields)[:0]
	}
	if p.joins {
		w.held = p
		return nil
	}
	return w.finish(p)
}

func (w *walker) finish(p *para) error {
	text := strings.TrimSpace(p.text.String())
	if text == "" && w.inField() || w.styles.resolve(p.style).contents != noContents {
		w.contents = len(w.blocks)
	}
	if err := w.place(p, text); err != nil {
		return err
	}
	for _, b := range p.after {
		place(&b, p.at)
		if err := w.add(b); err != nil {
			return err
		}
	}
	return nil
}

// pageAtEnd matches a line of a table of contents, which gives a page. Some
// authors take the style for headings.
var pageAtEnd = pattern.Lazy(`(?i)[\s.…]([0-9]+|[ivxlc]+)$`)

// place decides what a paragraph is and adds it.
func (w *walker) place(p *para, text string) error {
	st := w.styles.resolve(p.style)
	list, level := st.list, st.listLevel
	if p.list != "" {
		list = p.list
	} else if at := w.numbers.styleLevel(list, st.chain); at >= 0 {
		level = at
	}
	if p.hasLevel {
		level = p.listLevel
	}
	marker := ""
	gone := text == "" && (p.joins || p.quiet)
	if list != "" && list != "0" && !gone {
		marker = w.numbers.next(list, level) // an empty paragraph counts, too
	}
	if text == "" || st.contents == contentsHeading || st.contents == contentsLine && pageAtEnd().MatchString(text) {
		return nil
	}
	outline := st.outline
	if p.outline > 0 && p.outline != bodyText {
		outline = p.outline
	}
	switch {
	case st.title && w.tables == 0 && !w.edge:
		w.title = cmp.Or(w.title, strings.Join(strings.Fields(text), " "))
		return w.add(ingest.Block{Kind: ingest.Heading, Level: 1, Text: text, Locator: p.at})
	case outline >= 1:
		if marker != "" && marker != office.Marker {
			text = marker + " " + text
		}
		return w.add(ingest.Block{Kind: ingest.Heading, Level: min(outline, 6), Text: text, Locator: p.at})
	case marker != "":
		return w.add(ingest.Block{Kind: ingest.ListItem, Level: level + 1, Marker: marker, Text: text, Locator: p.at})
	}
	b := ingest.Block{Kind: ingest.Paragraph, Text: text, Locator: p.at}
	if err := w.add(b); err != nil {
		return err
	}
	if st.caption {
		w.captions = len(w.blocks)
	}
	return nil
}

// maxAlts bounds the descriptions of one paragraph.
const maxAlts = 200

// inline reads the content of a paragraph or run up to its end.
func (w *walker) inline(x *ingest.XML, p *para, r run) error {
	return office.Each(x, func(e xml.StartElement) error { return w.element(x, e, p, &r) })
}

// shows reports whether what a run holds is text of the document.
func (w *walker) shows(r run) bool { return !r.hidden && !r.deleted && !w.inField() }

// write adds a text to a paragraph, unless it is not to be seen.
func (w *walker) write(p *para, r run, text string) {
	if text == "" || !w.shows(r) {
		return
	}
	if b := w.bound; b != nil {
		if b.written {
			return
		}
		text, b.written = b.text, true
	}
	if strings.TrimSpace(text) != "" {
		switch seen := r.look.On(p.ground); {
		case r.web:
			w.found(&w.webHidden, text)
		case seen == office.Unseen:
			w.found(&w.hidden.Unseen, text)
			text = ""
			if !r.look.Tiny() {
				text = " " // the gap that people see
			}
		case seen == office.Doubtful:
			w.found(&w.hidden.Doubtful, text)
		}
	}
	if !r.web {
		p.text.WriteString(text)
		for i := range *w.fields {
			(*w.fields)[i].wrote = true
		}
	}
}

// found notes the words of a text in the paragraph that is read.
func (w *walker) found(s *sight.Spots, text string) {
	paragraph := 0
	if w.body {
		paragraph = *w.paragraphs
	}
	s.Add(paragraph, text)
}

func (w *walker) element(x *ingest.XML, e xml.StartElement, p *para, r *run) error {
	text := ""
	switch e.Name.Local {
	case "pPr":
		return w.properties(x, e, p, r)
	case "rPr":
		return w.runProperties(x, e, r)
	case "t":
		return w.chars(x, func(s string) { w.write(p, *r, s) }, r.font)
	case "instrText":
		return w.chars(x, w.instruction, "")
	case "del", "moveFrom": // read on: fields may begin or end here
		gone := *r
		gone.deleted = true
		return w.inline(x, p, gone)
	case "sdt":
		return w.control(x, func(x *ingest.XML) error { return w.inline(x, p, *r) })
	case "AlternateContent":
		return w.choice(x, func(x *ingest.XML) error { return w.inline(x, p, *r) })
	case "fldChar":
		text, err := w.fieldChar(x, e)
		w.write(p, *r, text)
		return err
	case "fldSimple":
		return w.simpleField(x, office.Attr(e, "instr"), p, *r)
	case "footnoteReference", "endnoteReference":
		w.note(p, strings.TrimSuffix(e.Name.Local, "Reference")+office.Attr(e, "id"), *r)
		return x.Skip()
	case "oMath":
		n, err := office.Tree(x, e)
		w.write(p, *r, office.Math(n))
		return err
	case "tab", "ptab":
		text = "\t"
	case "br", "cr":
		if kind := office.Attr(e, "type"); kind != "page" && kind != "column" {
			text = "\n"
		}
	case "noBreakHyphen":
		text = "-"
	case "sym":
		text = symbol(e)
	case "delText", "delInstrText", "rt", "pPrChange", "rPrChange", "softHyphen", "annotationRef", "fldData":
	default: // hyperlinks, tags and what comes later: only their text counts
		return w.drawing(x, e, p, r)
	}
	w.write(p, *r, text)
	return x.Skip()
}

// drawing reads elements of pictures, shapes, charts and diagrams.
func (w *walker) drawing(x *ingest.XML, e xml.StartElement, p *para, r *run) error {
	switch e.Name.Local {
	case "txbxContent":
		return w.box(x, p, *r)
	case "txbx", "drawing", "pict", "object":
		return w.inline(x, p, *r)
	case "spPr":
		n, err := office.Tree(x, e)
		r.box = w.filled(n)
		return err
	case "style": // of a shape
		n, err := office.Tree(x, e)
		if ref := n.At("fillRef"); ref != nil && ref.Attr("idx") != "0" && len(r.box.Colors) == 0 && !r.box.Open {
			r.box = w.page.Painted(sight.Unknown)
		}
		return err
	case "docPr", "cNvPr":
		n, err := office.Tree(x, e)
		if err != nil {
			return err
		}
		if v := n.Attr("hidden"); v != "" && office.IsOn(v) {
			r.hidden = true
		}
		if d := n.First("decorative"); d == nil || !office.IsOn(d.Attr("val")) {
			w.alt(p, *r, cmp.Or(n.Attr("descr"), n.Attr("title")))
		}
		return nil
	case "shape", "rect", "roundrect", "oval", "group": // VML
		inside := *r
		inside.hidden = inside.hidden || strings.Contains(strings.ReplaceAll(office.Attr(e, "style"), " ", ""), "visibility:hidden")
		w.alt(p, inside, office.Attr(e, "alt"))
		inside.box = w.filledOld(e)
		return w.inline(x, p, inside)
	case "fill": // of a shape in VML
		switch office.Attr(e, "type") {
		case "", "solid":
		default:
			r.box = w.page.Painted(sight.Unknown)
		}
		if office.Attr(e, "opacity") != "" {
			r.box = sight.Ground{Open: true}
		}
		return x.Skip()
	case "textpath":
		w.alt(p, *r, office.Attr(e, "string"))
		return x.Skip()
	case "txBody":
		n, err := office.Tree(x, e)
		for a := range n.Each("p") {
			w.follow(p, *r, ingest.Block{Kind: ingest.Paragraph, Text: strings.TrimSpace(office.DrawingText(a))})
		}
		return err
	case "chart":
		w.part(p, *r, office.Attr(e, "id"), func(data []byte) ([]ingest.Block, error) { return office.Chart(data, w.budget) })
		return x.Skip()
	case "OLEObject":
		blocks, err := w.object(e, *r)
		w.follow(p, *r, blocks...)
		return errors.Join(err, x.Skip())
	case "relIds":
		w.part(p, *r, office.Attr(e, "dm"), office.Diagram)
		return x.Skip()
	}
	return w.inline(x, p, *r)
}

// part reads a chart or diagram, each once.
func (w *walker) part(p *para, r run, id string, read func([]byte) ([]ingest.Block, error)) {
	name := w.rels.Part(id)
	if name == "" || w.shown[name] || !w.shows(r) {
		return
	}
	w.shown[name] = true
	data, err := w.arc.Part(name)
	if err != nil {
		w.warn("left out: %v", err)
		return
	}
	blocks, err := read(data)
	if err != nil {
		w.warn("%s was read in part: %v", name, err)
	}
	w.follow(p, r, blocks...)
}

// follow adds blocks that come after the paragraph they hang on.
func (w *walker) follow(p *para, r run, blocks ...ingest.Block) {
	if !w.shows(r) {
		return
	}
	for _, b := range blocks {
		if b.Text != "" || b.Table != nil {
			p.after = append(p.after, b)
		}
	}
}

// alt adds a picture's description, each once a paragraph: a picture and the
// frame around it mostly carry the same.
func (w *walker) alt(p *para, r run, text string) {
	if text = office.AltText(text); text != "" && w.shows(r) && !slices.Contains(p.alts, text) && len(p.alts) < maxAlts {
		p.alts = append(p.alts, text)
		w.follow(p, r, ingest.Block{Kind: ingest.Paragraph, Text: text})
	}
}

func (w *walker) simpleField(x *ingest.XML, code string, p *para, r run) error {
	*w.fields = append(*w.fields, field{result: true, out: w.leftOut(code)})
	depth := len(*w.fields)
	err := w.inline(x, p, r)
	*w.fields = (*w.fields)[:min(depth-1, len(*w.fields))]
	return err
}

// note adds a foot- or endnote where it is first referred to.
func (w *walker) note(p *para, id string, r run) {
	if w.shows(r) {
		w.follow(p, r, w.notes[id]...)
		delete(w.notes, id)
	}
}

// chars gives the character data of w:t, m:t or w:instrText away.
func (w *walker) chars(x *ingest.XML, see func(string), font string) error {
	for {
		tok, err := x.Token()
		if err != nil {
			return err
		}
		switch e := tok.(type) {
		case xml.CharData:
			see(office.Plain(string(e), font))
		case xml.StartElement:
			if err := x.Skip(); err != nil {
				return err
			}
		case xml.EndElement:
			return nil
		}
	}
}

// box reads a text box; its blocks follow the paragraph it hangs on.
func (w *walker) box(x *ingest.XML, p *para, r run) error {
	if !w.shows(r) {
		return x.Skip()
	}
	sub := w.story(w.rels)
	sub.ground = r.box
	if len(r.box.Colors) == 0 {
		sub.ground = sight.Ground{Colors: w.page.Colors, Open: true}
	}
	sub.edge, sub.tables, sub.openEnded = w.edge, w.tables, w.openEnded
	if err := sub.container(x); err != nil {
		return err
	}
	w.follow(p, r, sub.blocks...)
	return nil
}

// properties reads w:pPr.
func (w *walker) properties(x *ingest.XML, e xml.StartElement, p *para, r *run) error {
	n, err := office.Tree(x, e)
	if err != nil {
		return err
	}
	p.style = n.At("pStyle").Attr("val")
	if num := n.At("numPr"); num != nil {
		p.list = num.At("numId").Attr("val")
		if lvl := num.At("ilvl"); lvl != nil {
			p.listLevel, p.hasLevel = office.Integer(lvl.Attr("val"), 0, levels-1), true
		}
	}
	if o := n.At("outlineLvl"); o != nil {
		p.outline = office.Integer(o.Attr("val"), 0, 9) + 1
	}
	st := w.styles.resolve(p.style)
	p.ground = shaded(w.ground, w.colors.shade(n.At("shd")), st.shade)
	r.base = st.look.Over(w.styles.usualLook)
	r.look = r.base
	if s := n.At("sectPr"); s != nil {
		w.edges.section(s)
	}
	if h := st.hidden; h != nil {
		r.hidden = *h
	}
	mark := n.At("rPr") // of the paragraph mark, not of the text
	p.quiet = isOn(mark, "vanish")
	p.joins = mark.At("del") != nil || mark.At("moveFrom") != nil
	switch n.At("framePr").Attr("dropCap") {
	case "drop", "margin":
		p.joins = true
	}
	return nil
}

func isOn(n *office.Node, name string) bool {
	k := n.At(name)
	return k != nil && office.IsOn(k.Attr("val"))
}

// runProperties reads w:rPr, of which only matters what hides text.
func (w *walker) runProperties(x *ingest.XML, e xml.StartElement, r *run) error {
	n, err := office.Tree(x, e)
	if err != nil {
		return err
	}
	if s := n.At("rStyle"); s != nil {
		if h := w.styles.resolve(s.Attr("val")).hidden; h != nil {
			r.hidden = *h
		}
	}
	if v := n.At("vanish"); v != nil {
		r.hidden = office.IsOn(v.Attr("val"))
	}
	r.web = isOn(n, "webHidden")
	r.font = n.At("rFonts").Attr("ascii")
	r.look = w.colors.look(n).Over(w.styles.character(n.At("rStyle").Attr("val"))).Over(r.base)
	return nil
}

func symbol(e xml.StartElement) string {
	code := 0
	if _, err := fmt.Sscanf(office.Attr(e, "char"), "%x", &code); err != nil || code < 0 || code > 0x10FFFF {
		return ""
	}
	return office.Symbol(office.Attr(e, "font"), rune(code))
}
