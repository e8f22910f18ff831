// Package docx reads Word documents of the Office Open XML form: headings by
// what their styles mean, list numbers as Word counts them, tables, notes,
// text boxes, charts and diagrams where they stand. Changes count as accepted;
// deleted, moved and hidden text, comments, field codes and tables of contents
// are left out.
package docx

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"path"
	"slices"
	"strings"

	"github.com/sufflor/sufflor/index"
	"github.com/sufflor/sufflor/ingest"
	"github.com/sufflor/sufflor/ingest/html"
	"github.com/sufflor/sufflor/ingest/office"
	"github.com/sufflor/sufflor/ingest/text"
)

// Reader reads docx, docm, dotx and dotm files. The zero value is ready for
// use, also by several goroutines.
type Reader struct{}

const (
	maxChunks  = 100 // documents inside one document
	maxInside  = 2   // depth of documents inside one another
	maxWarned  = 5   // paragraphs that a warning names
	maxRefused = 20  // warnings of one document
)

// Read returns the document's blocks; locators count the paragraphs of the
// document body from 1, those in tables included.
func (Reader) Read(ctx context.Context, in ingest.Input) (ingest.Document, error) {
	return readInside(ctx, in, &office.Budget{}, 0)
}

func readInside(ctx context.Context, in ingest.Input, budget *office.Budget, depth int) (ingest.Document, error) {
	arc, err := ingest.OpenArchive(in)
	if err != nil {
		return ingest.Document{}, err
	}
	doc, err := read(ctx, arc, budget, depth)
	if err != nil {
		return ingest.Document{}, fmt.Errorf("%s: %w", in.Name, err)
	}
	if !office.HasText(doc) {
		return ingest.Document{}, fmt.Errorf("%s holds no text: %w", in.Name, ingest.ErrNoText)
	}
	return doc, nil
}

// book is what all stories of a document share.
type book struct {
	ctx       context.Context //nolint:containedctx // a walk of one Read, whose end it must notice
	arc       *ingest.Archive
	budget    *office.Budget
	styles    *styles
	numbers   *numbering
	notes     map[string][]ingest.Block
	title     string
	warnings  []string
	depth     int             // documents around this one
	chunks    map[string]bool // documents inside this one that were read
	edges     edges
	cells     int
	unseen    []int // paragraphs with white or tiny text
	webHidden []int // paragraphs with text that Word hides on the web
}

func (b *book) warn(format string, args ...any) {
	if text := fmt.Sprintf(format, args...); len(b.warnings) < maxRefused && !slices.Contains(b.warnings, text) {
		b.warnings = append(b.warnings, text)
	}
}

func read(ctx context.Context, arc *ingest.Archive, budget *office.Budget, depth int) (ingest.Document, error) {
	main := office.MainPart(arc, "wordprocessingml.", "word/document.xml")
	body, err := arc.Part(main)
	if errors.Is(err, ingest.ErrNoPart) {
		return ingest.Document{}, fmt.Errorf("no Word document inside the zip container (%w): %w", err, ingest.ErrDamaged)
	}
	if err != nil {
		return ingest.Document{}, err
	}
	rels := office.ReadRelations(arc, main)
	part := func(kind, usual string) string { return rels.First(kind, path.Dir(main)+"/"+usual) }
	b := &book{ctx: ctx, arc: arc, budget: budget, depth: depth, chunks: map[string]bool{}, notes: map[string][]ingest.Block{}}
	doc := ingest.Document{}
	b.styles, doc.Language = readStyles(b.optional(part("styles", "styles.xml")))
	b.numbers = readNumbering(b.optional(part("numbering", "numbering.xml")), b.styles)
	b.edges.even = evenPages(b.optional(part("settings", "settings.xml")))
	for _, kind := range []string{"footnote", "endnote"} {
		if err := b.readNotes(part(kind+"s", kind+"s.xml"), kind); err != nil {
			return ingest.Document{}, err
		}
	}
	w := b.story(rels)
	w.body, w.paragraphs, w.openEnded = true, new(int), unbalanced(body)
	if err := w.document(ingest.NewXML(body)); err != nil {
		if len(w.blocks) == 0 && b.title == "" || ctx.Err() != nil || errors.Is(err, ingest.ErrTooLarge) {
			return ingest.Document{}, err
		}
		b.warn("the document is damaged after paragraph %d and was read up to there: %v", *w.paragraphs, err)
	}
	doc.Blocks = w.blocks
	office.Name(&doc, b.title)
	if doc.Title == "" {
		doc.Title = office.CoreTitle(b.optional(office.ReadRelations(arc, "").First("core-properties", "docProps/core.xml")))
	}
	edges := b.readEdges(rels, path.Dir(main))
	edges.Append(&doc)
	b.warnUnseen()
	doc.Warnings = b.warnings
	return doc, nil
}

// optional is a part that a document can do without.
func (b *book) optional(name string) []byte {
	data, err := b.arc.Part(name)
	if err != nil && !errors.Is(err, ingest.ErrNoPart) {
		b.warn("left out: %v", err)
	}
	return data
}

// warnUnseen reports text that a reader of the page does not see, as is done
// to slip instructions to machines into a document.
func (b *book) warnUnseen() {
	list := func(at []int) string {
		at = slices.Compact(at)
		more := ""
		if len(at) > maxWarned {
			at, more = at[:maxWarned], " and others"
		}
		var words []string
		for _, n := range at {
			words = append(words, fmt.Sprint(n))
		}
		return strings.Join(words, ", ") + more
	}
	if len(b.unseen) > 0 {
		b.warn("white or tiny text that nobody sees on the page, in paragraph %s: look at it before it is used", list(b.unseen))
	}
	if len(b.webHidden) > 0 {
		b.warn("text hidden on the web was left out, in paragraph %s", list(b.webHidden))
	}
}

// edges are the headers and footers that pages show.
type edges struct {
	even bool // settings.xml: even pages have their own
	refs []edge
	// firstPage says that a section has a first page of its own.
	firstPage bool
}

type edge struct{ kind, page, id string }

func evenPages(data []byte) bool {
	n, err := office.Parse(data)
	if err != nil {
		return false
	}
	even := n.At("evenAndOddHeaders")
	return even != nil && office.IsOn(even.Attr("val"))
}

// section notes what a w:sectPr says of headers and footers.
func (e *edges) section(n *office.Node) {
	for _, k := range n.Kids {
		switch k.Name {
		case "headerReference", "footerReference":
			e.refs = append(e.refs, edge{strings.TrimSuffix(k.Name, "Reference"), k.Attr("type"), k.Attr("id")})
		case "titlePg":
			e.firstPage = e.firstPage || office.IsOn(k.Attr("val"))
		}
	}
}

// parts are the names of the parts that pages show, headers first.
func (e *edges) parts(arc *ingest.Archive, rels office.Relations, dir string) []string {
	var out []string
	for _, kind := range []string{"header", "footer"} {
		for _, r := range e.refs {
			name := rels.Part(r.id)
			if r.kind != kind || name == "" || r.page == "even" && !e.even || r.page == "first" && !e.firstPage || slices.Contains(out, name) {
				continue
			}
			out = append(out, name)
		}
		for i := 0; len(rels) == 0 && i < 50; i++ { // a package without relations
			if name := fmt.Sprintf("%s/%s%d.xml", dir, kind, i); arc.Has(name) {
				out = append(out, name)
			}
		}
	}
	return out
}

// readEdges are the texts of headers and footers, each once.
func (b *book) readEdges(main office.Relations, dir string) office.Edges {
	out := office.Edges{}
	for _, name := range b.edges.parts(b.arc, main, dir) {
		w := b.story(office.ReadRelations(b.arc, name))
		w.edge = true
		data := b.optional(name)
		w.openEnded = unbalanced(data)
		if err := w.container(ingest.NewXML(data)); err != nil && !errors.Is(err, io.EOF) {
			b.warn("left out of %s: %v", name, err)
		}
		out.Add(w.blocks)
	}
	return out
}

// chunk reads a document of another format inside this one (w:altChunk).
func (w *walker) chunk(id string) error {
	name := w.rels.Part(id)
	if name == "" || w.chunks[name] {
		return nil
	}
	if len(w.chunks) >= maxChunks || w.depth >= maxInside {
		w.warn("more documents inside the document than are read: %s was left out", name)
		return nil
	}
	w.chunks[name] = true
	data := w.optional(name)
	if len(data) == 0 {
		return nil
	}
	in := ingest.Input{Name: path.Base(name), Path: name, Data: bytes.NewReader(data), Size: int64(len(data))}
	var doc ingest.Document
	var err error
	switch ext := strings.ToLower(path.Ext(name)); {
	case bytes.HasPrefix(data, []byte("PK\x03\x04")):
		doc, err = readInside(w.ctx, in, w.budget, w.depth+1)
	case ext == ".htm" || ext == ".html" || ext == ".xhtml":
		doc, err = html.Reader{}.Read(w.ctx, in)
	case ext == ".txt" || ext == ".text":
		doc, err = text.Reader{}.Read(w.ctx, in)
	default:
		w.warn("the document %s inside the document is of a kind not read here and was left out", name)
		return nil
	}
	if w.ctx.Err() != nil {
		return fmt.Errorf("read %s: %w", name, err)
	}
	if err != nil {
		w.warn("left out of the document inside: %v", err)
		return nil
	}
	for _, text := range doc.Warnings {
		w.warn("%s: %s", name, text)
	}
	at := w.here()
	if doc.Title != "" && !slices.ContainsFunc(doc.Blocks, func(b ingest.Block) bool { return b.Text == doc.Title }) {
		doc.Blocks = append([]ingest.Block{{Kind: ingest.Paragraph, Text: doc.Title}}, doc.Blocks...)
	}
	for _, b := range doc.Blocks {
		b.Locator = at
		if b.Table != nil {
			for i := range b.Table.Rows {
				b.Table.Rows[i].Locator = at
			}
		}
		if err := w.add(b); err != nil {
			return err
		}
	}
	return nil
}

// here is the place of the last paragraph.
func (w *walker) here() index.Locator {
	if w.paragraphs == nil {
		return index.Locator{}
	}
	return index.Locator{Paragraph: *w.paragraphs}
}
