// Package doc reads Word documents of before 2007 (.doc): those of Word 97 to
// 2003 and of Word 6 and 95, after [MS-DOC]. Deleted and hidden text and field
// codes are left out, and so is, with a warning, text that nobody sees on a page;
// footnotes and text boxes follow the paragraph they hang on, headers and
// footers come last, each once.
package doc

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/sufflor/sufflor/ingest"
	"github.com/sufflor/sufflor/ingest/flow"
	"github.com/sufflor/sufflor/ingest/office"
	"github.com/sufflor/sufflor/ingest/office/sight"
	"github.com/sufflor/sufflor/ingest/ole"
)

// Reader reads .doc files. The zero value is ready for use, also by several
// goroutines.
type Reader struct{}

// Older reports whether a file begins as documents of Word did before they
// were OLE containers: of DOS, of the Macintosh, and of Windows up to Word 2.
func Older(head []byte) bool {
	for _, sign := range []string{"\x9B\xA5", "\xDB\xA5", "\xDC\xA5", "\x31\xBE\x00\x00\x00\xAB", "\xFE\x37\x00\x1C", "\xFE\x37\x00\x23"} {
		if bytes.HasPrefix(head, []byte(sign)) {
			return true
		}
	}
	return false
}

// Read returns the document's blocks; locators count its paragraphs from 1,
// those in tables included.
func (Reader) Read(ctx context.Context, in ingest.Input) (ingest.Document, error) {
	head := make([]byte, 8)
	if n, err := in.Data.ReadAt(head, 0); (err == nil || errors.Is(err, io.EOF)) && Older(head[:n]) {
		return ingest.Document{}, fmt.Errorf("%s was made with a Word of before 1993; save it as .docx: %w", in.Name, ingest.ErrUnsupported)
	}
	f, err := ole.Open(in)
	if err != nil {
		return ingest.Document{}, err //nolint:wrapcheck // names the file
	}
	doc, err := read(ctx, f)
	if err != nil {
		return ingest.Document{}, fmt.Errorf("%s: %w", in.Name, err)
	}
	return doc, nil
}

func read(ctx context.Context, f *ole.File) (ingest.Document, error) {
	d := &document{ctx: ctx, warnings: f.Warnings(), looks: newLooks()}
	var err error
	if d.main, err = d.stream(f, "WordDocument"); err != nil {
		return ingest.Document{}, err
	}
	if err := d.header(); err != nil {
		return ingest.Document{}, err
	}
	if d.old {
		d.table = d.main
	} else if err := d.openTable(f); err != nil {
		return ingest.Document{}, err
	}
	if f.Has("Data") {
		if d.data, err = d.stream(f, "Data"); err != nil {
			d.warnings = append(d.warnings, fmt.Sprintf("left out: %v", err))
		}
	}
	if err := d.pieces(); err != nil {
		return ingest.Document{}, err
	}
	d.readStyles()
	d.readLists()
	d.readProperties()
	d.readDrawings()
	result, err := d.layOut()
	if err != nil {
		return ingest.Document{}, err
	}
	if result.Empty() {
		if d.found.Unseen.Words > 0 {
			return ingest.Document{}, fmt.Errorf("no text inside that people see on a page: %w", ingest.ErrNoText)
		}
		return ingest.Document{}, fmt.Errorf("no text inside: %w", ingest.ErrNoText)
	}
	result.Name(f.Title())
	warnings := office.Warnings(d.warnings)
	d.found.Warn(&warnings)
	return ingest.Document{Title: result.Title, Blocks: result.Blocks, Warnings: warnings}, nil
}

// stream is a stream of which a damaged end costs no more than a warning.
func (d *document) stream(f *ole.File, name string) ([]byte, error) {
	data, err := f.Stream(name)
	switch {
	case err == nil:
		return data, nil
	case errors.Is(err, ole.ErrNoStream):
		return nil, fmt.Errorf("no Word document inside (%w): %w", err, ingest.ErrDamaged)
	case errors.Is(err, ingest.ErrDamaged) && len(data) > 0:
		d.warnings = append(d.warnings, fmt.Sprintf("the document is damaged and was read as far as possible: %v", err))
		return data, nil
	}
	return nil, err
}

// openTable reads the table stream: the one that the header names, else the
// other.
func (d *document) openTable(f *ole.File) error {
	name, other := "0Table", "1Table"
	if d.flags&flagTable1 != 0 {
		name, other = other, name
	}
	if !f.Has(name) && f.Has(other) {
		name = other
	}
	if !f.Has(name) {
		return nil // then only a document without properties can be read
	}
	var err error
	d.table, err = d.stream(f, name)
	return err
}

// layOut reads all stories and puts them in their places.
func (d *document) layOut() (flow.Result, error) {
	at := d.stories()
	d.notes = map[int][]ingest.Block{}
	for _, s := range at[storyMain+1:] {
		d.aside += s.to - s.from
	}
	d.hang(plcFootnoteRefs, plcFootnotes, 2, at[storyFootnotes])
	d.hang(plcEndnoteRefs, plcEndnotes, 2, at[storyEndnotes])
	d.boxes(at[storyBoxes])
	main, err := d.paragraphs(at[storyMain])
	if err != nil {
		return flow.Result{}, err
	}
	// Boxes without an anchor come last.
	if n := len(main); n > 0 {
		main[n-1].After = append(main[n-1].After, d.notes[noAnchor]...)
	}
	flow.TakeOut(main, d.paper, &d.found, true)
	result, err := flow.Blocks(main)
	if err != nil {
		return result, err //nolint:wrapcheck // Read names the file
	}
	result.Edges(d.edges(at[storyHeaders], at[storyHeaderBoxes]))
	return result, nil
}

// noAnchor keeps what hangs on no character of the main text.
const noAnchor = -1

// part is the text of a part of a story that stands on g, as blocks. Parts that overlap are
// damaged: all of them together have no more characters than their stories.
func (d *document) part(s span, g sight.Ground) []ingest.Block {
	if d.aside -= s.to - s.from; d.aside < 0 {
		d.warn("some notes, text boxes or headers are damaged and were left out")
		return nil
	}
	paragraphs, err := d.paragraphs(s)
	if err != nil {
		d.warn("notes, text boxes or headers were left out: " + err.Error())
		return nil
	}
	flow.TakeOut(paragraphs, g, &d.found, false)
	result, err := flow.Blocks(paragraphs)
	if err != nil {
		d.warn("notes, text boxes or headers were left out: " + err.Error())
		return nil
	}
	return result.Blocks
}

// warn adds a warning once.
func (d *document) warn(text string) {
	if !slices.Contains(d.warnings, text) {
		d.warnings = append(d.warnings, text)
	}
}

// hang reads the notes of a story and hangs each on its reference; size is
// that of what follows the references in their list.
func (d *document) hang(refs, texts, size int, story span) {
	at, _ := d.plc(refs, size)
	parts, _ := d.plc(texts, 0)
	for i := 0; i+1 < len(at) && i+1 < len(parts); i++ {
		if text := strings.Join(flow.Lines(d.part(story.part(parts[i], parts[i+1]), d.paper)), "\n"); text != "" {
			d.notes[at[i]] = append(d.notes[at[i]], ingest.Block{Kind: ingest.Paragraph, Text: text})
		}
	}
}

// boxes reads the text boxes and hangs each on its anchor, which has the id of
// the same shape.
func (d *document) boxes(story span) {
	const (
		boxSize = 22 // of an FTXBXS
		shapeID = 14 // where its lid stands
	)
	anchors := map[uint32]int{}
	at, spas := d.plc(plcShapes, anchorSize)
	for i, spa := range spas {
		anchors[ole.U32(spa, 0)] = at[i]
	}
	parts, texts := d.plc(plcBoxes, boxSize)
	for i, box := range texts {
		anchor, ok := anchors[ole.U32(box, shapeID)]
		if !ok {
			anchor = noAnchor
		}
		d.notes[anchor] = append(d.notes[anchor], d.part(story.part(parts[i], parts[i+1]), d.inside(ole.U32(box, shapeID)))...)
	}
}

// The first six stories of headers and footers are what separates notes; six
// follow for each section.
const (
	firstHeader = 6
	lastHeader  = firstHeader + 6*200
)

// edges are the texts of headers and footers.
func (d *document) edges(headers, boxes span) []string {
	var out []string
	add := func(blocks []ingest.Block) {
		for _, b := range blocks {
			out = append(out, strings.Join(flow.Lines([]ingest.Block{b}), "\n"))
		}
	}
	g := d.paper
	g.Open = g.Open || d.floats()
	at, _ := d.plc(plcHeaders, 0)
	for i := firstHeader; i+1 < len(at) && i < lastHeader; i++ {
		if at[i+1] > at[i] {
			add(d.part(headers.part(at[i], at[i+1]), g))
		}
	}
	if boxes.to > boxes.from {
		g.Open = true
		add(d.part(boxes, g))
	}
	return out
}
