// Package pptx reads PowerPoint presentations of the Office Open XML form:
// slides in the order in which they are shown, their titles as headings, lists
// with their levels, tables, charts, diagrams and what embedded workbooks show,
// and the speaker's notes after each slide. Hidden slides, footers and comments
// are left out.
package pptx

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/sufflor/sufflor/index"
	"github.com/sufflor/sufflor/ingest"
	"github.com/sufflor/sufflor/ingest/office"
)

// Reader reads pptx, pptm, ppsx and potx files. The zero value is ready for
// use, also by several goroutines.
type Reader struct{}

const (
	maxSlides = 10_000

	// notesHeading stands above what the speaker says: it is not on the slide.
	notesHeading = "Speaker notes"
)

// Read returns the document's blocks; locators give the slide's number as
// Page, counted from 1 with hidden slides, as PowerPoint numbers them.
func (Reader) Read(ctx context.Context, in ingest.Input) (ingest.Document, error) {
	arc, err := ingest.OpenArchive(in)
	if err != nil {
		return ingest.Document{}, err
	}
	d := deck{ctx: ctx, arc: arc, layouts: map[string]*layout{}}
	if inside, ok := ingest.Nest(ctx); ok {
		d.inside = inside
	}
	if err := d.read(); err != nil {
		return ingest.Document{}, fmt.Errorf("%s: %w", in.Name, err)
	}
	if !slices.ContainsFunc(d.doc.Blocks, func(b ingest.Block) bool { return b.Text != "" && b.Text != notesHeading || b.Table != nil }) {
		return ingest.Document{}, d.notices.NoText(in.Name, d.damage)
	}
	return d.doc, nil
}

// deck is a presentation being read.
type deck struct {
	ctx     context.Context //nolint:containedctx // a walk of one Read, whose end it must notice
	inside  context.Context //nolint:containedctx // the same for documents inside this one, nil when they are too deep
	arc     *ingest.Archive
	doc     ingest.Document
	budget  office.Budget
	layouts map[string]*layout
	usual   *office.Node // p:defaultTextStyle
	at      index.Locator
	objects int   // embedded
	wide    int64 // of a slide, in English Metric Units; 0 when not said
	high    int64
	tables  *office.Node // the styles of tables
	unseen  office.UnseenText
	notices office.Warnings
	damage  error // the first of which there is a warning
}

func (d *deck) warn(format string, args ...any) {
	d.damage = cmp.Or(d.damage, office.Damage(args))
	d.notices.Add(format, args...)
}

func (d *deck) read() error {
	main := office.MainPart(d.arc, "presentationml.", "ppt/presentation.xml")
	data, err := d.arc.Part(main)
	if errors.Is(err, ingest.ErrNoPart) {
		return fmt.Errorf("no presentation inside the zip container (%w): %w", err, ingest.ErrDamaged)
	}
	if err != nil {
		return err
	}
	root, err := office.Parse(data)
	if err != nil {
		d.warn("the list of slides is damaged: %v", err)
	}
	d.usual = root.At("defaultTextStyle")
	d.wide, d.high = emu(root.At("sldSz").Attr("cx")), emu(root.At("sldSz").Attr("cy"))
	rels := office.ReadRelations(d.arc, main)
	d.tables = d.style(rels.First("tableStyles", ""))
	names := slideNames(root, rels)
	if len(names) == 0 {
		names = rels.Parts("slide") // a list without slides, or none
	}
	if len(names) > maxSlides {
		return fmt.Errorf("%d slides, at most %d are read: %w", len(names), maxSlides, ingest.ErrTooLarge)
	}
	d.doc.Pages = len(names)
	for i, name := range names {
		if err := d.ctx.Err(); err != nil {
			return fmt.Errorf("read slide %d: %w", i+1, err)
		}
		d.at = index.Locator{Page: i + 1}
		if err := d.slide(name); err != nil {
			return err
		}
	}
	d.warnUnseen()
	d.doc.Warnings = d.notices
	core := office.ReadRelations(d.arc, "").First("core-properties", "docProps/core.xml")
	if d.doc.Title == "" {
		if data, err := d.arc.Part(core); err == nil {
			d.doc.Title = office.CoreTitle(data)
		}
	}
	return nil
}

// slideNames are the parts of the slides in the order of p:sldIdLst.
func slideNames(root *office.Node, rels office.Relations) []string {
	var out []string
	for s := range root.At("sldIdLst").Each("sldId") {
		for _, a := range s.Attrs { // id is the slide's own number, r:id the relation
			if part := rels.Part(a.Value); a.Name.Local == "id" && a.Name.Space != "" && part != "" {
				out = append(out, part)
			}
		}
	}
	return out
}

// part reads a part of the package as a tree; what is missing or damaged is
// reported and gives what could be read.
func (d *deck) part(name string) (*office.Node, error) {
	data, err := d.arc.Part(name)
	if errors.Is(err, ingest.ErrTooLarge) {
		return nil, err
	}
	if err != nil {
		d.warn("slide %d: left out: %v", d.at.Page, err)
		return nil, nil
	}
	n, err := office.Parse(data)
	if err != nil {
		d.warn("slide %d: %s was read in part: %v", d.at.Page, path.Base(name), err)
	}
	return n, nil
}

func (d *deck) add(b ingest.Block) error {
	b.Locator = d.at
	if b.Table != nil {
		for i := range b.Table.Rows {
			b.Table.Rows[i].Locator = d.at
		}
	}
	if err := d.budget.Spend(b); err != nil {
		return err
	}
	d.doc.Blocks = append(d.doc.Blocks, b)
	return nil
}

// slide reads one slide and its notes.
func (d *deck) slide(name string) error {
	root, err := d.part(name)
	if err != nil || root == nil {
		return err
	}
	if show := root.Attr("show"); show != "" && !office.IsOn(show) {
		d.warn("slide %d is hidden and was left out", d.at.Page)
		return nil
	}
	rels := office.ReadRelations(d.arc, name)
	s := slide{deck: d, rels: rels, layout: d.layout(rels.First("slideLayout", ""))}
	s.inspect(root)
	blocks := s.shapes(root.At("cSld", "spTree"), 0)
	title := s.title
	if d.doc.Title == "" && d.at.Page == 1 {
		d.doc.Title = strings.Join(strings.Fields(title), " ")
	}
	if err := d.add(ingest.Block{Kind: ingest.Heading, Level: 1, Text: title}); err != nil {
		return err // without a text, it ends the slide before
	}
	for _, b := range blocks {
		if err := d.add(b); err != nil {
			return err
		}
	}
	return d.notes(rels)
}

// notes adds what the speaker says to a slide.
func (d *deck) notes(rels office.Relations) error {
	name := rels.First("notesSlide", "")
	if name == "" || !d.arc.Has(name) {
		return nil
	}
	root, err := d.part(name)
	if err != nil || root == nil {
		return err
	}
	s := slide{deck: d, rels: office.ReadRelations(d.arc, name), layout: &layout{}, notes: true}
	blocks := s.shapes(root.At("cSld", "spTree"), 0)
	if len(blocks) == 0 {
		return nil
	}
	for _, b := range append([]ingest.Block{{Kind: ingest.Heading, Level: 2, Text: notesHeading}}, blocks...) {
		if err := d.add(b); err != nil {
			return err
		}
	}
	return nil
}
