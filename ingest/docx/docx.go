// Package docx reads Word documents of the Office Open XML form: headings by
// what their styles mean, list numbers as Word counts them, tables, notes,
// text boxes, charts, diagrams and what embedded workbooks show, where they
// stand. Changes count as accepted; deleted, moved and hidden text, comments,
// field codes and tables of contents are left out.
package docx

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"path"
	"slices"
	"strings"

	"github.com/sufflor/sufflor/index"
	"github.com/sufflor/sufflor/ingest"
	"github.com/sufflor/sufflor/ingest/office"
	"github.com/sufflor/sufflor/ingest/office/sight"
)

// Reader reads docx, docm, dotx and dotm files. The zero value is ready for
// use, also by several goroutines.
type Reader struct{}

// Read returns the document's blocks; locators count the paragraphs of the
// document body from 1, those in tables included.
func (Reader) Read(ctx context.Context, in ingest.Input) (ingest.Document, error) {
	return readInside(ctx, in, &office.Budget{})
}

func readInside(ctx context.Context, in ingest.Input, budget *office.Budget) (ingest.Document, error) {
	arc, err := ingest.OpenArchive(in)
	if err != nil {
		return ingest.Document{}, err
	}
	doc, damage, err := read(ctx, arc, budget)
	if err != nil {
		return ingest.Document{}, fmt.Errorf("%s: %w", in.Name, err)
	}
	if !office.HasText(doc) {
		return ingest.Document{}, office.Warnings(doc.Warnings).NoText(in.Name, damage)
	}
	return doc, nil
}

// book is what all stories of a document share.
type book struct {
	ctx       context.Context //nolint:containedctx // a walk of one Read, whose end it must notice
	inside    context.Context //nolint:containedctx // the same for documents inside this one, nil when they are too deep
	arc       *ingest.Archive
	budget    *office.Budget
	styles    *styles
	numbers   *numbering
	notes     map[string][]ingest.Block
	title     string
	warnings  office.Warnings
	damage    error                   // the first of which there is a warning
	mainRels  office.Relations        // of the main part
	stores    map[string]*office.Node // XML items by id
	bound     *bound                  // to which the control that is read is bound
	bindings  int                     // looked up
	boundText int                     // bytes that came of them
	shown     map[string]bool         // parts inside this document that were read
	edges     edges
	cells     int
	chunks    int // documents inside this one
	colors    palette
	page      sight.Ground // that the texts of the body stand on
	hidden    sight.Hidden
	webHidden sight.Spots // of text that Word hides on the web
}

func (b *book) warn(format string, args ...any) {
	b.damage = cmp.Or(b.damage, office.Damage(args))
	b.warnings.Add(format, args...)
}

// read also returns what damage the warnings tell of.
func read(ctx context.Context, arc *ingest.Archive, budget *office.Budget) (doc ingest.Document, damage, err error) {
	main := office.MainPart(arc, "wordprocessingml.", "word/document.xml")
	body, err := arc.Part(main)
	if errors.Is(err, ingest.ErrNoPart) {
		return doc, nil, fmt.Errorf("no Word document inside the zip container (%w): %w", err, ingest.ErrDamaged)
	}
	if err != nil {
		return doc, nil, err
	}
	rels := office.ReadRelations(arc, main)
	part := func(kind, usual string) string { return rels.First(kind, path.Dir(main)+"/"+usual) }
	b := &book{ctx: ctx, arc: arc, mainRels: rels, budget: budget, shown: map[string]bool{}, notes: map[string][]ingest.Block{}}
	if inside, ok := ingest.Nest(ctx); ok {
		b.inside = inside
	}
	settings := b.optional(part("settings", "settings.xml"))
	b.colors = readPalette(b.optional(part("theme", "theme/theme1.xml")), settings)
	b.styles, doc.Language = readStyles(b.optional(part("styles", "styles.xml")), b.colors)
	b.numbers = readNumbering(b.optional(part("numbering", "numbering.xml")), b.styles)
	b.edges.even = evenPages(settings)
	b.lay(body, settings, rels)
	for _, kind := range []string{"footnote", "endnote"} {
		if err := b.readNotes(part(kind+"s", kind+"s.xml"), kind); err != nil {
			return doc, nil, err
		}
	}
	w := b.story(rels)
	w.body, w.paragraphs, w.openEnded = true, new(int), unbalanced(body)
	if err := w.document(ingest.NewXML(body)); err != nil {
		if len(w.blocks) == 0 && b.title == "" || ctx.Err() != nil || errors.Is(err, ingest.ErrTooLarge) {
			return doc, nil, err
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
	return doc, b.damage, nil
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
	b.hidden.Warn(&b.warnings)
	b.webHidden.Report(&b.warnings, "text hidden on the web was left out", "")
}

// edges are the headers and footers that pages show.
type edges struct {
	even bool // settings.xml: even pages have their own
	refs []edge
	seen map[edge]bool
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
			r := edge{strings.TrimSuffix(k.Name, "Reference"), k.Attr("type"), k.Attr("id")}
			if e.seen == nil {
				e.seen = map[edge]bool{}
			}
			if !e.seen[r] {
				e.seen[r] = true
				e.refs = append(e.refs, r)
			}
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
		for i := 0; rels.None() && i < 50; i++ { // a package without relations
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
		data := b.optional(name)
		w.edge = true
		w.ground.Open = w.ground.Open || floats(data)
		w.openEnded = unbalanced(data)
		if err := w.container(ingest.NewXML(data)); err != nil && !errors.Is(err, io.EOF) {
			b.warn("left out of %s: %v", name, err)
		}
		out.Add(w.blocks)
	}
	return out
}

// here is the place of the last paragraph.
func (w *walker) here() index.Locator {
	if w.paragraphs == nil {
		return index.Locator{}
	}
	return index.Locator{Paragraph: *w.paragraphs}
}
