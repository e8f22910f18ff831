// Package pdf reads PDF files.
//
// It interprets the content streams of the pages itself: characters come from
// the fonts' own tables, words and lines from where the characters stand, and
// headings, lists, tables and columns from how the lines look and lie. The
// libraries below it, ledongthuc/pdf and pdfcpu, are asked for objects only.
//
// Lines from right to left and vertical writing come in the order of reading.
// Text that nobody sees on the page is left out and warned of.
//
// It does not read text in images (that needs OCR), text whose fonts say
// nothing about their glyphs (it comes as U+FFFD), and it does not use a tagged
// file's structure.
package pdf

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/sufflor/sufflor/ingest"
)

// Limits of what a file may cost. They are far above what people write and far
// below what hurts.
const (
	maxFile        = 512 << 20 // bytes
	maxDecoded     = 256 << 20 // bytes of streams in a file
	maxStream      = 32 << 20  // bytes of one
	maxUnpacked    = 96 << 20  // bytes of object streams
	maxObject      = 4 << 20   // bytes of an object without its stream
	maxCached      = 1 << 20   // bytes of a stream that is kept
	maxCache       = 32 << 20  // bytes of all that are kept
	maxRead        = 8 << 30   // bytes that the library may read, again and again
	maxObjects     = 2 << 20   // in the cross-reference table
	maxSections    = 4096      // of it
	maxPages       = 20_000
	maxFilters     = 8          // of a stream
	maxTreeDepth   = 64         // of the page tree
	maxForms       = 10_000     // calls on a page
	maxFormDepth   = 12         // of forms in forms
	maxGlyphs      = 1_000_000  // on a page
	maxOps         = 5_000_000  // on a page
	maxStates      = 512        // saved by q, marked by BDC
	maxPath        = 20_000     // points of a path
	maxRules       = 20_000     // lines on a page
	maxAnnotations = 10_000     // on a page
	maxWords       = 1_000_000  // in a file
	maxWork        = 30_000_000 // operators in a file, a glyph being four
	maxCMap        = 100_000    // entries of a font's table for codes or widths
	maxEntries     = 1_000_000  // of all of them in a file
	maxVocabulary  = 200_000    // words that hyphens are judged by

	minWords = 5 // of a document that is not a scan
)

var errPages = fmt.Errorf("more than %d pages, the rest is left out", maxPages)

// Reader reads PDF files. The zero value is ready; it is safe for concurrent
// use. A file can still bring the process down in the library below it, so
// files from outside are best read in a process of their own.
type Reader struct{}

// Read implements [ingest.Reader]. Boxes are in points from the lower left
// corner of the page as it is shown: cut to its crop box and rotated.
//
// Headers, footers and page numbers that repeat are left out. What could not
// be read is in the document's warnings. Errors wrap [ingest.ErrDamaged],
// [ingest.ErrEncrypted], [ingest.ErrTooLarge], [ingest.ErrNoText] or, when
// there is nothing but images, [ingest.ErrNeedsOCR]; or they are ctx's.
func (Reader) Read(ctx context.Context, in ingest.Input) (doc ingest.Document, err error) {
	defer noPanic(in, &err)
	f, pages, notes, err := load(ctx, in)
	if err != nil && !errors.Is(err, ingest.ErrNeedsOCR) {
		return ingest.Document{}, err
	}
	doc.Pages = len(pages)
	doc.Scans, _ = scans(pages)
	if err != nil {
		return doc, err
	}
	h := learn(pages)
	drop := furniture(pages)
	body := bodySize(pages)
	blocks := make([][]block, len(pages))
	for i, p := range pages {
		if ctx.Err() != nil {
			return ingest.Document{}, ctx.Err()
		}
		p.open()
		blocks[i] = p.layout(h, func(w *word) bool { return !drop[wordID{p.number, w.seq}] })
		p.close()
		p.packed, p.turned = nil, nil // there may be many, and what is to come needs room
	}
	all := assemble(blocks, h, body)
	setHeadings(all, body, f.outline())
	setLevels(all)
	doc.Title = title(textString(f.trailer().Key("Info").Key("Title").Text()), all)
	doc.Language = textString(f.root().Key("Lang").Text())
	for _, b := range all {
		doc.Blocks = append(doc.Blocks, b.export())
	}
	doc.Warnings = append(notes, warnings(f, pages)...)
	return doc, nil
}

// Pages is the text of each page in reading order, with headers and footers, to
// be laid beside the page: lines end where they end there, paragraphs are
// parted by an empty line, the cells of a table by tabs. Errors are those of
// [Reader.Read], but what little text a scan has is given.
func Pages(ctx context.Context, in ingest.Input) (texts []string, err error) {
	defer noPanic(in, &err)
	_, pages, _, err := load(ctx, in)
	if err != nil && (!errors.Is(err, ingest.ErrNeedsOCR) || !hasWords(pages)) {
		return nil, err
	}
	h := &hyphens{asShown: true}
	for _, p := range pages {
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		p.open()
		var out strings.Builder
		before := ingest.BlockKind("")
		for i, b := range p.layout(h, nil) {
			switch {
			case i > 0 && b.kind == ingest.ListItem && before == ingest.ListItem:
				out.WriteByte('\n')
			case i > 0:
				out.WriteString("\n\n")
			}
			out.WriteString(b.plain())
			before = b.kind
		}
		texts = append(texts, out.String())
		p.close()
		p.packed, p.turned = nil, nil
	}
	return texts, nil
}

// learn takes the words of all pages for those that hyphens are judged by.
func learn(pages []*page) *hyphens {
	h := &hyphens{}
	for _, p := range pages {
		p.open()
		for _, l := range lines(p.words) {
			h.learn(l.text())
		}
		p.close()
	}
	return h
}

// noPanic turns what we overlooked into an error: the file is at fault, and the
// next one must still be read.
func noPanic(in ingest.Input, err *error) {
	if r := recover(); r != nil {
		*err = fmt.Errorf("%s: %v: %w", in.Name, r, ingest.ErrDamaged)
	}
}

// load opens a file and interprets its pages. notes say what is missing. An
// error about what is on the pages comes with them.
func load(ctx context.Context, in ingest.Input) (f *file, pages []*page, notes []string, err error) {
	defer func() {
		if err != nil && ctx.Err() == nil {
			err = fmt.Errorf("%s: %w", in.Name, err)
		}
	}()
	r, err := read(ctx, in)
	if err != nil {
		return nil, nil, nil, err
	}
	scanned, usable := scans(r.pages)
	switch nothing := r.words == 0 && r.images == 0; {
	case nothing && r.fault() != "":
		err = fmt.Errorf("nothing in it can be read, %s: %w", r.fault(), ingest.ErrDamaged)
	case len(r.pages) == 0:
		err = fmt.Errorf("it has no pages: its list of them is empty: %w", ingest.ErrNoText)
	case len(scanned) > 0 && !usable:
		err = fmt.Errorf("%d of %d pages hold pictures or unreadable fonts, and there is no usable text: run it through OCR and try again: %w",
			len(scanned), len(r.pages), ingest.ErrNeedsOCR)
	case r.words == 0:
		notes := ""
		if len(r.notes) > 0 {
			notes = " (" + strings.Join(r.notes, "; ") + ")"
		}
		err = fmt.Errorf("%d pages without any text%s: %w", len(r.pages), notes, ingest.ErrNoText)
	}
	return r.f, r.pages, r.notes, err
}
