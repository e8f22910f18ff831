// Package ocr recognises text in pictures with Tesseract, when it is
// installed, and in the pages of PDF files that are pictures, with poppler's
// pdftoppm beside it.
//
// What it reads is marked as recognised in the document's warnings: a digit
// that was read wrongly looks like any other.
package ocr

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/sufflor/sufflor/index/lang"
	"github.com/sufflor/sufflor/ingest"
	"github.com/sufflor/sufflor/ingest/tool"
)

const (
	maxFile   = 256 << 20 // bytes that are copied for a tool
	maxPages  = 500       // that are recognised of one file
	perPage   = time.Minute
	dpi       = 300
	maxSide   = 5000    // pixels of a page's longer side
	maxDrawn  = 1 << 30 // pixels of a picture on a page; an A0 page at 600 dots per inch has half of them
	goodWord  = 60      // certainty, in percent, of a word that is hardly wrong
	goodBlock = 40      // mean certainty below which a paragraph is a picture's noise
)

// names are Tesseract's names of our languages.
var names = map[string]string{"nb": "nor", "sv": "swe", "da": "dan", "fi": "fin", "de": "deu", "en": "eng"}

// Engine recognises text. Its zero value uses what the system has, in all of
// our languages that are installed; it is safe for concurrent use.
type Engine struct {
	Kit tool.Kit
	// Languages are ours (nb, sv …), the likeliest first; empty means all.
	Languages []string
}

// job is one file's recognition.
type job struct {
	tesseract string
	languages []string // Tesseract's names, installed ones
	missing   []string
	modes     []string // page segmentation
	folder    *tool.Folder
	uncertain int // words with digits that may be wrong
	noise     int // paragraphs that were dropped
}

// begin finds the programs. Without Tesseract or any of the languages the
// error wraps [ingest.ErrNeedsOCR].
func (e Engine) begin(ctx context.Context, name string) (*job, error) {
	path, err := e.Kit.Find("tesseract")
	if err != nil {
		return nil, fmt.Errorf("%s: %w; install it (apt-get install tesseract-ocr tesseract-ocr-nor …): %w", name, err, ingest.ErrNeedsOCR)
	}
	folder, err := e.Kit.Folder()
	if err != nil {
		return nil, err //nolint:wrapcheck // says what it did
	}
	j := &job{tesseract: path, folder: folder}
	out, err := folder.Run(ctx, tool.Limits{Wall: perPage}, path, "--list-langs")
	if err != nil {
		return nil, errors.Join(fmt.Errorf("%s: ask Tesseract for its languages: %w", name, err), folder.Close())
	}
	installed := strings.Fields(string(out))
	wanted := e.Languages
	if len(wanted) == 0 {
		wanted = lang.Supported()
	}
	for _, l := range wanted {
		switch n := names[l]; {
		case n == "":
		case slices.Contains(installed, n):
			j.languages = append(j.languages, n)
		default:
			j.missing = append(j.missing, n)
		}
	}
	if len(j.languages) == 0 {
		return nil, errors.Join(fmt.Errorf("%s: Tesseract has none of the languages %s; install tesseract-ocr-%s: %w",
			name, strings.Join(j.missing, ", "), strings.Join(j.missing, " tesseract-ocr-"), ingest.ErrNeedsOCR), folder.Close())
	}
	if slices.Contains(installed, "osd") {
		j.modes = []string{"--psm", "1"} // turns a page that lies on its side
	}
	return j, nil
}

// recognise reads one picture in the job's folder, which may have several pages.
func (j *job) recognise(ctx context.Context, picture string, pages, resolution int) ([]sheet, error) {
	args := []string{filepath.Base(picture), "stdout", "-l", strings.Join(j.languages, "+")}
	if resolution > 0 {
		args = append(args, "--dpi", strconv.Itoa(resolution))
	}
	args = append(append(args, j.modes...), "tsv")
	out, err := j.folder.Run(ctx, tool.Limits{Wall: time.Duration(1+pages) * perPage, Memory: 1500 << 20}, j.tesseract, args...)
	if err != nil {
		return nil, err //nolint:wrapcheck // names the program
	}
	sheets := parse(string(out))
	j.settle(sheets)
	return sheets, nil
}

// settle keeps to the language that was found once there is enough text to
// tell: each further language costs as much time again.
func (j *job) settle(sheets []sheet) {
	if len(j.languages) < 3 {
		return
	}
	var text strings.Builder
	for _, s := range sheets {
		for _, p := range s.paragraphs {
			text.WriteString(p.text() + "\n")
		}
	}
	if text.Len() < 400 {
		return
	}
	found := names[lang.Detect(text.String()).Language]
	if !slices.Contains(j.languages, found) {
		return
	}
	keep := []string{found}
	if found != "eng" && slices.Contains(j.languages, "eng") {
		keep = append(keep, "eng")
	}
	j.languages = keep
}

// notes are what a reader must know of what was recognised.
func (j *job) notes() []string {
	var out []string
	if j.uncertain > 0 {
		out = append(out, fmt.Sprintf("%d recognised words with digits are uncertain; check figures against the original", j.uncertain))
	}
	if j.noise > 0 {
		out = append(out, fmt.Sprintf("%d pieces of text in pictures could not be recognised and were left out", j.noise))
	}
	if len(j.missing) > 0 {
		out = append(out, fmt.Sprintf("text recognition lacks the languages %s; install tesseract-ocr-%s", strings.Join(j.missing, ", "), strings.Join(j.missing, " tesseract-ocr-")))
	}
	return out
}

// Image reads pictures: PNG, JPEG, TIFF with several pages, GIF, BMP and WebP.
// Without [ingest.Input.Recognize] it answers [ingest.ErrNeedsOCR]. Boxes are in
// pixels from the lower left corner.
type Image struct{ Engine Engine }

// Read implements [ingest.Reader].
func (r Image) Read(ctx context.Context, in ingest.Input) (doc ingest.Document, err error) {
	pages, err := check(in)
	if err != nil {
		return ingest.Document{}, err
	}
	doc.Pages = pages
	for p := range pages {
		doc.Scans = append(doc.Scans, p+1)
	}
	if !in.Recognize {
		return doc, fmt.Errorf("%s is a picture: %w", in.Name, ingest.ErrNeedsOCR)
	}
	j, err := r.Engine.begin(ctx, in.Name)
	if err != nil {
		return doc, err
	}
	defer func() { err = errors.Join(err, j.folder.Close()) }()
	path, err := j.folder.Put("picture", io.NewSectionReader(in.Data, 0, in.Size), maxFile)
	if err != nil {
		return doc, fmt.Errorf("%s: %w: %w", in.Name, err, ingest.ErrTooLarge)
	}
	sheets, err := j.recognise(ctx, path, pages, 0)
	if err != nil {
		return doc, fmt.Errorf("%s: recognise its text: %w: %w", in.Name, err, ingest.ErrDamaged)
	}
	doc.Scans = nil
	for i, s := range sheets {
		blocks := j.blocks(s, i+1, 1)
		if len(blocks) == 0 {
			doc.Scans = append(doc.Scans, i+1)
		}
		doc.Blocks = append(doc.Blocks, blocks...)
	}
	if doc.Pages = max(doc.Pages, len(sheets)); len(doc.Blocks) == 0 {
		return ingest.Document{Pages: doc.Pages}, fmt.Errorf("%s: no text could be recognised: %w", in.Name, ingest.ErrNoText)
	}
	doc.Warnings = append([]string{"the text was recognised in a picture"}, j.notes()...)
	return doc, nil
}

// PDF reads PDF files with Reader, and recognises the pages that it found to
// be pictures when [ingest.Input.Recognize] asks for it.
type PDF struct {
	Reader ingest.Reader
	Engine Engine
}

// Read implements [ingest.Reader].
func (r PDF) Read(ctx context.Context, in ingest.Input) (ingest.Document, error) {
	doc, err := r.Reader.Read(ctx, in)
	if !in.Recognize || len(doc.Scans) == 0 || err != nil && !errors.Is(err, ingest.ErrNeedsOCR) {
		return doc, err //nolint:wrapcheck // names the file
	}
	if err := r.pages(ctx, in, &doc); err != nil {
		if len(doc.Blocks) == 0 {
			return doc, err
		}
		// What has a text layer is worth having without the rest.
		doc.Warnings = append(doc.Warnings, ingest.PageList(doc.Scans)+": not recognised: "+err.Error())
		return doc, nil
	}
	if len(doc.Blocks) == 0 {
		return doc, fmt.Errorf("%s: no text could be recognised on %d pages: %w", in.Name, doc.Pages, ingest.ErrNoText)
	}
	return doc, nil
}

// pages recognises the scans of doc and puts their blocks where they belong.
func (r PDF) pages(ctx context.Context, in ingest.Input, doc *ingest.Document) (err error) {
	render, err := r.Engine.Kit.Find("pdftoppm")
	if err != nil {
		return fmt.Errorf("%s: %w; install it (apt-get install poppler-utils): %w", in.Name, err, ingest.ErrNeedsOCR)
	}
	j, err := r.Engine.begin(ctx, in.Name)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, j.folder.Close()) }()
	if _, err := j.folder.Put(document, io.NewSectionReader(in.Data, 0, in.Size), maxFile); err != nil {
		return fmt.Errorf("%s: %w: %w", in.Name, err, ingest.ErrTooLarge)
	}
	scale, pixels := r.resolutions(ctx, j, doc.Scans), r.pixels(ctx, j, doc.Scans)
	found := map[int][]ingest.Block{}
	var read, failed, unread, beyond []int
	var why error // of the first that failed
	for i, page := range doc.Scans {
		if i >= maxPages {
			beyond = append(beyond, page)
			continue
		}
		if ctx.Err() != nil || late(ctx) {
			unread = append(unread, page)
			continue
		}
		resolution := scale(page)
		sheets, err := j.page(ctx, render, page, resolution, pixels[page])
		if err != nil {
			failed, why = append(failed, page), cmp.Or(why, err)
			continue
		}
		for _, s := range sheets {
			found[page] = append(found[page], j.blocks(s, page, 72/float64(resolution))...)
		}
		read = append(read, page)
	}
	switch {
	case len(read) > 0:
	case ctx.Err() != nil:
		return ctx.Err()
	case why != nil:
		return fmt.Errorf("%s: recognise page %d: %w", in.Name, failed[0], why)
	default:
		return fmt.Errorf("%s: no time was left to recognise its pages; raise ingest.file_timeout: %w", in.Name, ingest.ErrTooLarge)
	}
	doc.Blocks = merge(doc.Blocks, found, read)
	doc.Scans = slices.Sorted(slices.Values(slices.Concat(failed, unread, beyond)))
	doc.Warnings = append(doc.Warnings, "the text of "+ingest.PageList(read)+" was recognised in pictures")
	if len(failed) > 0 {
		doc.Warnings = append(doc.Warnings, fmt.Sprintf("%s: not recognised: %v", ingest.PageList(failed), why))
	}
	if len(unread) > 0 {
		doc.Warnings = append(doc.Warnings, ingest.PageList(unread)+": not recognised: there was no time left")
	}
	if len(beyond) > 0 {
		doc.Warnings = append(doc.Warnings, fmt.Sprintf("%s: not recognised: of one file %d pages are", ingest.PageList(beyond), maxPages))
	}
	doc.Warnings = append(doc.Warnings, j.notes()...)
	return nil
}

// document is the name of the copy that the programs read.
const document = "document.pdf"

// page makes a picture of one page and recognises it. pixels are those of the
// largest picture on it, as far as they are known.
func (j *job) page(ctx context.Context, render string, page, resolution int, pixels [2]int) ([]sheet, error) {
	if int64(pixels[0])*int64(pixels[1]) > maxDrawn {
		return nil, fmt.Errorf("a picture on it has %d × %d pixels; save it smaller: %w", pixels[0], pixels[1], ingest.ErrTooLarge)
	}
	picture, n := fmt.Sprintf("page%d", page), strconv.Itoa(page)
	_, err := j.folder.Run(ctx, tool.Limits{Wall: perPage, Memory: 1500 << 20}, render,
		"-q", "-gray", "-png", "-singlefile", "-cropbox", "-r", strconv.Itoa(resolution), "-f", n, "-l", n, document, picture)
	var sheets []sheet
	if err == nil {
		sheets, err = j.recognise(ctx, picture+".png", 1, resolution)
	}
	if err != nil {
		return nil, fmt.Errorf("%w: %w", err, ingest.ErrDamaged)
	}
	return sheets, nil
}

// late reports whether another page would hardly be done in time.
func late(ctx context.Context) bool {
	deadline, ok := ctx.Deadline()
	return ok && time.Until(deadline) < 10*time.Second
}

// resolutions gives the resolution of each page: 300 dots per inch, or less
// where a page is so large that it would take all memory.
func (r PDF) resolutions(ctx context.Context, j *job, pages []int) func(page int) int {
	sides := map[int]float64{}
	if info, err := r.Engine.Kit.Find("pdfinfo"); err == nil {
		// An error leaves the sizes out: pdftoppm will say what is wrong.
		out, _ := j.folder.Run(ctx, tool.Limits{Wall: perPage}, info, "-f", strconv.Itoa(pages[0]), "-l", strconv.Itoa(pages[len(pages)-1]), document)
		for line := range strings.Lines(string(out)) {
			var page int
			var w, h float64
			if n, _ := fmt.Sscanf(line, "Page %d size: %f x %f pts", &page, &w, &h); n == 3 {
				sides[page] = max(w, h)
			}
		}
	}
	return func(page int) int {
		side := sides[page]
		if side <= 0 {
			return dpi
		}
		return int(max(36, min(dpi, maxSide*72/side)))
	}
}

// pixels are width and height of the largest picture of each page. Sizes that
// pdfimages does not tell are left out.
func (r PDF) pixels(ctx context.Context, j *job, pages []int) map[int][2]int {
	largest := map[int][2]int{}
	images, err := r.Engine.Kit.Find("pdfimages")
	if err != nil {
		return largest
	}
	// An error leaves the sizes out: pdftoppm will say what is wrong.
	out, _ := j.folder.Run(ctx, tool.Limits{Wall: perPage}, images, "-list", "-f", strconv.Itoa(pages[0]), "-l", strconv.Itoa(pages[len(pages)-1]), document)
	for line := range strings.Lines(string(out)) {
		var page, number, w, h int
		var kind string
		if n, _ := fmt.Sscan(line, &page, &number, &kind, &w, &h); n != 5 {
			continue // a heading
		}
		if most := largest[page]; int64(w)*int64(h) > int64(most[0])*int64(most[1]) {
			largest[page] = [2]int{w, h}
		}
	}
	return largest
}

// merge puts the recognised blocks of pages before the first block of a later
// page.
func merge(blocks []ingest.Block, found map[int][]ingest.Block, pages []int) []ingest.Block {
	var out []ingest.Block
	at := 0
	for _, page := range pages {
		for at < len(blocks) && blocks[at].Locator.Page <= page {
			out = append(out, blocks[at])
			at++
		}
		out = append(out, found[page]...)
	}
	return append(out, blocks[at:]...)
}
