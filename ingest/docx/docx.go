// Package docx reads Word documents of the Office Open XML form: headings by
// what their styles mean, list numbers as Word counts them, tables, footnotes
// and text boxes where they stand. Deleted, moved and hidden text and field
// codes are left out.
package docx

import (
	"context"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"path"
	"slices"
	"strings"

	"github.com/sufflor/sufflor/index"
	"github.com/sufflor/sufflor/ingest"
)

// Reader reads docx files. The zero value is ready for use, also by several
// goroutines.
type Reader struct{}

const (
	maxBlocks = 200_000
	maxText   = 64 << 20 // bytes of text
)

// Read returns the document's blocks; locators count the paragraphs of the
// document body from 1, those in tables included.
func (Reader) Read(ctx context.Context, in ingest.Input) (ingest.Document, error) {
	arc, err := ingest.OpenArchive(in)
	if err != nil {
		return ingest.Document{}, err
	}
	doc, err := read(ctx, arc)
	if err != nil {
		return ingest.Document{}, fmt.Errorf("%s: %w", in.Name, err)
	}
	if !slices.ContainsFunc(doc.Blocks, func(b ingest.Block) bool { return b.Text != "" || b.Table != nil }) {
		return ingest.Document{}, fmt.Errorf("%s holds no text: %w", in.Name, ingest.ErrNoText)
	}
	return doc, nil
}

func read(ctx context.Context, arc *ingest.Archive) (ingest.Document, error) {
	main := mainPart(arc)
	body, err := arc.Part(main)
	if errors.Is(err, ingest.ErrNoPart) {
		return ingest.Document{}, fmt.Errorf("no Word document inside the zip container (%w): %w", err, ingest.ErrDamaged)
	}
	if err != nil {
		return ingest.Document{}, err
	}
	dir := path.Dir(main)
	w := &walker{ctx: ctx}
	w.styles, w.doc.Language = readStyles(w.optional(arc, dir+"/styles.xml"))
	w.numbers = readNumbering(w.optional(arc, dir+"/numbering.xml"), w.styles)
	w.notes = map[string]string{}
	w.readNotes(w.optional(arc, dir+"/footnotes.xml"), "footnote")
	w.readNotes(w.optional(arc, dir+"/endnotes.xml"), "endnote")

	x := ingest.NewXML(body)
	if err := w.document(x); err != nil {
		if len(w.doc.Blocks) == 0 || ctx.Err() != nil || errors.Is(err, ingest.ErrTooLarge) {
			return ingest.Document{}, err
		}
		w.doc.Warnings = append(w.doc.Warnings, fmt.Sprintf("the document is damaged after paragraph %d and was read up to there: %v", w.paragraph, err))
	}
	w.edges(arc, dir)
	w.title(w.optional(arc, "docProps/core.xml"))
	return w.doc, nil
}

// mainPart is the part that the package's relations call the document.
func mainPart(arc *ingest.Archive) string {
	const usual = "word/document.xml"
	data, err := arc.Part("_rels/.rels")
	if err != nil {
		return usual
	}
	for _, r := range relations(data) {
		if strings.HasSuffix(r.kind, "/officeDocument") {
			return strings.TrimPrefix(r.target, "/")
		}
	}
	return usual
}

type relation struct{ kind, target string }

// relations are the targets of a .rels part; a damaged one gives what could be
// read.
func relations(data []byte) []relation {
	var out []relation
	x := ingest.NewXML(data)
	for {
		tok, err := x.Token()
		if err != nil {
			return out
		}
		if e, ok := tok.(xml.StartElement); ok && e.Name.Local == "Relationship" && attr(e, "TargetMode") != "External" {
			out = append(out, relation{attr(e, "Type"), attr(e, "Target")})
		}
	}
}

// optional is a part that a document can do without.
func (w *walker) optional(arc *ingest.Archive, name string) []byte {
	data, err := arc.Part(name)
	if err != nil && !errors.Is(err, ingest.ErrNoPart) {
		w.doc.Warnings = append(w.doc.Warnings, fmt.Sprintf("left out: %v", err))
	}
	return data
}

func attr(e xml.StartElement, name string) string {
	for _, a := range e.Attr {
		if a.Name.Local == name {
			return a.Value
		}
	}
	return ""
}

// on reads a switch such as <w:vanish/> or <w:vanish w:val="false"/>.
func on(e xml.StartElement) bool {
	switch attr(e, "val") {
	case "0", "false", "off", "none":
		return false
	}
	return true
}

// edges adds headers and footers, each text once, after the body.
func (w *walker) edges(arc *ingest.Archive, dir string) {
	seen := map[string]bool{}
	var blocks []ingest.Block
	for _, kind := range []string{"header", "footer"} {
		for i := range 50 {
			name := fmt.Sprintf("%s/%s%d.xml", dir, kind, i)
			if i == 0 {
				name = fmt.Sprintf("%s/%s.xml", dir, kind)
			}
			if !arc.Has(name) {
				continue
			}
			sub := &walker{ctx: w.ctx, styles: w.styles, numbers: w.numbers, notes: w.notes}
			if err := sub.container(ingest.NewXML(w.optional(arc, name))); err != nil && !errors.Is(err, io.EOF) {
				continue // what decorates the pages is not worth failing for
			}
			for _, b := range sub.doc.Blocks {
				if words(b.Text) < 2 || seen[b.Text] || b.Text == w.doc.Title {
					continue // page numbers
				}
				seen[b.Text] = true
				blocks = append(blocks, ingest.Block{Kind: ingest.Paragraph, Text: b.Text})
			}
		}
	}
	if len(blocks) > 0 {
		w.doc.Blocks = append(w.doc.Blocks, ingest.Block{Kind: ingest.Heading, Level: 1})
		w.doc.Blocks = append(w.doc.Blocks, blocks...)
	}
}

func words(s string) int {
	n := 0
	for f := range strings.FieldsSeq(s) {
		if strings.ContainsFunc(f, func(r rune) bool { return r >= 'A' }) {
			n++
		}
	}
	return n
}

// title is the paragraph with the title style, else the only heading of the
// first level, else what the properties say.
func (w *walker) title(core []byte) {
	if w.doc.Title != "" {
		return
	}
	found := ""
	n := 0
	for _, b := range w.doc.Blocks {
		if b.Kind == ingest.Heading && b.Level == 1 && b.Text != "" {
			found, n = b.Text, n+1
		}
	}
	if n == 1 {
		w.doc.Title = found
		return
	}
	x := ingest.NewXML(core)
	for {
		tok, err := x.Token()
		if err != nil {
			return
		}
		if e, ok := tok.(xml.StartElement); ok && e.Name.Local == "title" {
			if next, err := x.Token(); err == nil {
				if text, ok := next.(xml.CharData); ok {
					w.doc.Title = strings.TrimSpace(string(text))
				}
			}
			return
		}
	}
}

// walker reads the parts that hold text.
type walker struct {
	ctx       context.Context //nolint:containedctx // a walk of one Read, whose end it must notice
	styles    styles
	numbers   *numbering
	notes     map[string]string
	doc       ingest.Document
	paragraph int
	inTable   int // tables around
	size      int // bytes of text so far
}

func (w *walker) add(b ingest.Block) error {
	w.size += len(b.Text)
	if len(w.doc.Blocks) >= maxBlocks || w.size > maxText {
		return fmt.Errorf("more than %d paragraphs or %d MB of text: %w", maxBlocks, maxText>>20, ingest.ErrTooLarge)
	}
	w.doc.Blocks = append(w.doc.Blocks, b)
	return nil
}

// document finds the body.
func (w *walker) document(x *ingest.XML) error {
	for {
		tok, err := x.Token()
		if errors.Is(err, io.EOF) {
			return fmt.Errorf("no document body: %w", ingest.ErrDamaged)
		}
		if err != nil {
			return err
		}
		if e, ok := tok.(xml.StartElement); ok && e.Name.Local == "body" {
			err := w.container(x)
			if errors.Is(err, io.EOF) {
				return fmt.Errorf("the document ends early: %w", ingest.ErrDamaged)
			}
			return err
		}
	}
}

// container reads block elements up to the end of the element around them.
func (w *walker) container(x *ingest.XML) error {
	for {
		if err := w.ctx.Err(); err != nil {
			return fmt.Errorf("read document: %w", err)
		}
		tok, err := x.Token()
		if err != nil {
			return err
		}
		switch e := tok.(type) {
		case xml.EndElement:
			return nil
		case xml.StartElement:
			switch e.Name.Local {
			case "p":
				err = w.readParagraph(x)
			case "tbl":
				err = w.table(x)
			case "del", "moveFrom", "sectPr", "sdtPr", "sdtEndPr", "tcPr", "trPr", "tblPr", "tblGrid", "rPr", "pPr":
				err = x.Skip()
			case "AlternateContent":
				err = w.choice(x, w.container)
			default: // sdt, sdtContent, ins, moveTo, customXml, hdr, ftr, footnote …
				err = w.container(x)
			}
			if err != nil {
				return err
			}
		}
	}
}

// choice reads the first variant of mc:AlternateContent and skips the others.
func (w *walker) choice(x *ingest.XML, inside func(*ingest.XML) error) error {
	taken := false
	for {
		tok, err := x.Token()
		if err != nil {
			return err
		}
		switch e := tok.(type) {
		case xml.EndElement:
			return nil
		case xml.StartElement:
			if taken || (e.Name.Local != "Choice" && e.Name.Local != "Fallback") {
				err = x.Skip()
			} else {
				taken = true
				err = inside(x)
			}
			if err != nil {
				return err
			}
		}
	}
}

// readNotes keeps the text of foot- or endnotes by id.
func (w *walker) readNotes(data []byte, element string) {
	x := ingest.NewXML(data)
	for {
		tok, err := x.Token()
		if err != nil {
			return
		}
		e, ok := tok.(xml.StartElement)
		if !ok || e.Name.Local != element {
			continue
		}
		sub := &walker{ctx: w.ctx, styles: w.styles, numbers: w.numbers}
		err = sub.container(x)
		if kind := attr(e, "type"); kind == "" || kind == "normal" {
			var text []string
			for _, b := range sub.doc.Blocks {
				if b.Text != "" {
					text = append(text, b.Text)
				}
			}
			w.notes[element+attr(e, "id")] = strings.TrimSpace(strings.Join(text, "\n"))
		}
		if err != nil {
			return
		}
	}
}

// readParagraph reads a w:p whose start was read, and adds its blocks: itself,
// then its footnotes and text boxes.
func (w *walker) readParagraph(x *ingest.XML) error {
	w.paragraph++
	at := index.Locator{Paragraph: w.paragraph}
	p := para{}
	if err := w.inline(x, &p, false); err != nil {
		return err
	}
	text := strings.TrimSpace(p.text.String())
	st := w.styles.resolve(p.style)
	if err := w.place(p, st, text, at); err != nil {
		return err
	}
	for _, note := range p.notes {
		if err := w.add(ingest.Block{Kind: ingest.Paragraph, Text: note, Locator: at}); err != nil {
			return err
		}
	}
	for _, b := range p.boxes {
		b.Locator = at
		if err := w.add(b); err != nil {
			return err
		}
	}
	return nil
}

// place decides what a paragraph is and adds it.
func (w *walker) place(p para, st resolved, text string, at index.Locator) error {
	// A numbered paragraph counts even when it is empty or hidden.
	list, level := st.list, st.listLevel
	if p.list != "" {
		list = p.list
	}
	if p.listLevel >= 0 && p.hasLevel {
		level = p.listLevel
	}
	marker := ""
	if list != "" && list != "0" && text != "" {
		marker = w.numbers.next(list, level)
	}
	if text == "" || p.hidden || st.contents {
		return nil
	}
	outline := st.outline
	if p.outline > 0 {
		outline = p.outline
	}
	switch {
	case st.title && w.inTable == 0:
		if w.doc.Title == "" {
			w.doc.Title = strings.Join(strings.Fields(text), " ")
			return nil
		}
		return w.add(ingest.Block{Kind: ingest.Heading, Level: 1, Text: text, Locator: at})
	case outline >= 1 && outline <= 9:
		if marker != "" && marker != bulletMark {
			text = marker + " " + text
		}
		return w.add(ingest.Block{Kind: ingest.Heading, Level: min(outline, 6), Text: text, Locator: at})
	case marker != "":
		return w.add(ingest.Block{Kind: ingest.ListItem, Level: level + 1, Marker: marker, Text: text, Locator: at})
	}
	b := ingest.Block{Kind: ingest.Paragraph, Text: text, Locator: at}
	if st.caption {
		b.Marker = captionMark
	}
	return w.add(b)
}

// captionMark marks a paragraph that may be the caption of the table below;
// paragraphs have no marker otherwise.
const captionMark = "caption"

// para is what was read of a paragraph.
type para struct {
	style     string
	list      string // w:numId
	listLevel int
	hasLevel  bool
	outline   int // 1 to 9, 0 for none
	hidden    bool
	text      strings.Builder
	notes     []string
	boxes     []ingest.Block
}

// inline reads the content of a paragraph or run up to its end; hidden runs
// give no text.
func (w *walker) inline(x *ingest.XML, p *para, hidden bool) error {
	for {
		tok, err := x.Token()
		if err != nil {
			return err
		}
		switch e := tok.(type) {
		case xml.EndElement:
			return nil
		case xml.StartElement:
			if err := w.element(x, e, p, &hidden); err != nil {
				return err
			}
		}
	}
}

func (w *walker) element(x *ingest.XML, e xml.StartElement, p *para, hidden *bool) error {
	write := func(s string) error {
		if !*hidden {
			p.text.WriteString(s)
		}
		return x.Skip()
	}
	switch e.Name.Local {
	case "pPr":
		return w.properties(x, p)
	case "rPr":
		return w.runProperties(x, hidden)
	case "r", "hyperlink", "smartTag", "ins", "moveTo", "fldSimple", "sdt", "sdtContent", "customXml", "dir", "bdo":
		return w.inline(x, p, *hidden)
	case "t":
		return w.chars(x, p, *hidden)
	case "tab", "ptab":
		return write("\t")
	case "br", "cr":
		if attr(e, "type") == "page" || attr(e, "type") == "column" {
			return x.Skip()
		}
		return write("\n")
	case "noBreakHyphen":
		return write("-")
	case "sym":
		return write(symbol(attr(e, "char")))
	case "footnoteReference":
		return w.note(x, p, "footnote"+attr(e, "id"), *hidden)
	case "endnoteReference":
		return w.note(x, p, "endnote"+attr(e, "id"), *hidden)
	case "AlternateContent":
		return w.choice(x, func(x *ingest.XML) error { return w.inline(x, p, *hidden) })
	case "txbxContent":
		return w.box(x, p)
	case "del", "moveFrom", "instrText", "delText", "delInstrText", "sdtPr", "sdtEndPr", "rt", "pPrChange", "rPrChange", "softHyphen", "posOffset", "align", "annotationRef", "fldData":
		return x.Skip()
	default: // drawings, maths and what comes later: only their text counts
		return w.inline(x, p, *hidden)
	}
}

func (w *walker) note(x *ingest.XML, p *para, id string, hidden bool) error {
	if text := w.notes[id]; text != "" && !hidden {
		p.notes = append(p.notes, text)
	}
	return x.Skip()
}

// chars reads the character data of w:t, m:t or a:t.
func (w *walker) chars(x *ingest.XML, p *para, hidden bool) error {
	for {
		tok, err := x.Token()
		if err != nil {
			return err
		}
		switch e := tok.(type) {
		case xml.CharData:
			if !hidden {
				p.text.Write(e)
			}
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
func (w *walker) box(x *ingest.XML, p *para) error {
	sub := &walker{ctx: w.ctx, styles: w.styles, numbers: w.numbers, notes: w.notes}
	if err := sub.container(x); err != nil {
		return err
	}
	p.boxes = append(p.boxes, sub.doc.Blocks...)
	return nil
}

// eachProperty calls see for every element of a properties element that has
// just begun, until it ends; what see does not want to look into is skipped.
// Properties as they were before a tracked change are never seen.
func eachProperty(x *ingest.XML, see func(e xml.StartElement) (below bool)) error {
	for depth := 0; ; {
		tok, err := x.Token()
		if err != nil {
			return err
		}
		switch e := tok.(type) {
		case xml.EndElement:
			if depth == 0 {
				return nil
			}
			depth--
		case xml.StartElement:
			if strings.HasSuffix(e.Name.Local, "PrChange") || !see(e) {
				if err := x.Skip(); err != nil {
					return err
				}
				continue
			}
			depth++
		}
	}
}

// properties reads w:pPr.
func (w *walker) properties(x *ingest.XML, p *para) error {
	return eachProperty(x, func(e xml.StartElement) bool {
		switch e.Name.Local {
		case "pStyle":
			p.style = attr(e, "val")
		case "numId":
			p.list = attr(e, "val")
		case "ilvl":
			p.listLevel, p.hasLevel = number(attr(e, "val"), 0, 8), true
		case "outlineLvl":
			p.outline = number(attr(e, "val"), 0, 9) + 1
			if p.outline == 10 {
				p.outline = 0
			}
		case "rPr", "sectPr", "numberingChange":
			return false // run properties here are those of the paragraph mark
		}
		return true
	})
}

// runProperties reads w:rPr, of which only hiding matters.
func (w *walker) runProperties(x *ingest.XML, hidden *bool) error {
	return eachProperty(x, func(e xml.StartElement) bool {
		switch e.Name.Local {
		case "vanish", "webHidden":
			*hidden = on(e)
		case "rStyle":
			*hidden = *hidden || w.styles[attr(e, "val")].hidden
		}
		return true
	})
}
