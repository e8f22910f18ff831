package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime/debug"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/sufflor/sufflor/cmd/sufflor/quick"
	"github.com/sufflor/sufflor/ingest"
	"github.com/sufflor/sufflor/ingest/formats"
	"github.com/sufflor/sufflor/ingest/pdf"
)

// extraction is what `sufflor extract` was asked for.
type extraction struct {
	passages bool
	words    bool
	kind     bool
	ocr      bool
	hidden   bool
}

func (c *cli) extractCmd() *cobra.Command {
	var x extraction
	timeout := time.Minute
	cmd := &cobra.Command{
		Use: "extract FILE", Short: "Print a document's text as sufflor reads it; a form feed parts pages", Args: cobra.ExactArgs(1),
		Long: `Prints UTF-8 text to standard output, a form feed between pages; of a PDF the lines
as they end on the page. With --json the
document's blocks with their locators; with --passages the passages that would be
indexed; with --type what kind of file it is. Nothing is stored.

With --ocr, pages that are pictures are recognised with Tesseract when it is
installed, as ingest does; that takes a few seconds a page.

A file that takes more memory than ingest allows a file, or more time than
--timeout, is given up with an error and exit code 1.`,
		PersistentPreRun: func(*cobra.Command, []string) {}, // extract says itself when it has started
		RunE: func(cmd *cobra.Command, args []string) error {
			ctx, cancel := context.WithTimeout(cmd.Context(), timeout)
			defer cancel()
			full, release := ingest.Confine(0)
			defer release()
			// A reader stuck in a library does not see ctx: we leave without it.
			done := make(chan error, 1)
			go func() { done <- c.extract(ctx, args[0], x) }()
			select {
			case err := <-done:
				return err
			case <-full:
				return withHint(ingest.OverMemory(filepath.Base(args[0])))
			case <-ctx.Done():
				select {
				case err := <-done:
					return err
				case <-time.After(time.Second):
				}
				return fmt.Errorf("%s was not read within %v; --timeout gives it longer", args[0], timeout)
			}
		},
	}
	cmd.Flags().BoolVar(&x.passages, "passages", false, "print the passages that would be indexed, as JSON")
	cmd.Flags().BoolVar(&x.words, "words", false, "print each word of a PDF with its page and place, as JSON")
	cmd.Flags().BoolVar(&x.kind, "type", false, "print the format and the media type only")
	cmd.Flags().BoolVar(&x.ocr, "ocr", false, "recognise pages that are pictures")
	cmd.Flags().BoolVar(&x.hidden, "hidden", false, "read hidden sheets, rows and columns, too")
	cmd.Flags().DurationVar(&timeout, "timeout", timeout, "give up after this time")
	return cmd
}

func (c *cli) extract(ctx context.Context, path string, x extraction) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer func() { _ = f.Close() }()
	info, err := f.Stat()
	if err != nil {
		return err
	}
	if info.IsDir() {
		return usage(fmt.Errorf("%s is a folder; name one file", path))
	}
	in := ingest.Input{Name: filepath.Base(path), Path: path, Data: f, Size: info.Size(), Modified: info.ModTime()}
	format, err := formats.Detect(in)
	if err != nil {
		return withHint(err)
	}
	if x.kind {
		return c.printKind(format)
	}
	if x.words {
		quick.Later()
		return c.printWords(ctx, in, format)
	}
	if format == formats.PDF && !c.json && !x.passages && !x.ocr {
		quick.Later()
		pages, err := pdf.Pages(ctx, in)
		if err != nil {
			return withHint(err)
		}
		_, err = fmt.Fprintln(c.stdout, strings.Join(pages, "\f"))
		return err
	}
	quick.Started()
	registry := formats.All(formats.Options{Hidden: x.hidden})
	if !c.json && !x.passages && !x.ocr {
		debug.SetGCPercent(50) // a large workbook's rows are garbage once they are printed
		p := &plain{out: bufio.NewWriter(c.stdout)}
		doc, err := registry.Stream(ctx, in, p.write)
		if err = errors.Join(err, p.out.Flush()); err != nil {
			return withHint(err)
		}
		c.note(doc.Warnings)
		return nil
	}
	r := ingest.Direct{Reader: registry, OCR: ingest.Never}
	if x.ocr {
		r.OCR = ingest.WhenNeeded
	}
	doc, err := r.Read(ctx, in)
	if err != nil {
		return withHint(err)
	}
	switch {
	case x.passages:
		passages, err := ingest.Cut(ctx, doc, ingest.Origin{Document: path, Source: path})
		if err != nil {
			return withHint(err)
		}
		return c.print(passages)
	case c.json:
		return c.print(doc)
	}
	p := &plain{out: bufio.NewWriter(c.stdout)}
	for _, b := range doc.Blocks {
		p.write(b)
	}
	c.note(doc.Warnings)
	return errors.Join(p.out.Flush(), ctx.Err())
}

// note says on standard error what a document's text leaves out.
func (c *cli) note(warnings []string) {
	for _, w := range warnings {
		fmt.Fprintln(c.stderr, "note:", printable(w))
	}
}

func (c *cli) printKind(f formats.Format) error {
	if c.json {
		return c.print(map[string]string{"format": string(f), "mime": f.MIME()})
	}
	_, err := fmt.Fprintf(c.stdout, "%s %s\n", f, f.MIME())
	return err
}

func (c *cli) printWords(ctx context.Context, in ingest.Input, f formats.Format) error {
	if f != formats.PDF {
		return usage(fmt.Errorf("%s is %s; --words is for PDF files, --json has the places of other formats", in.Path, f))
	}
	words, err := pdf.Words(ctx, in)
	if err != nil {
		return withHint(err)
	}
	return c.print(words)
}

// withHint adds what a person can do about a file that was not read.
func withHint(err error) error {
	if hint := ingest.Hint(err); hint != "" {
		return fmt.Errorf("%w\n  %s", err, hint)
	}
	return err
}

// plain writes a document's blocks as text, a form feed between pages.
type plain struct {
	out     *bufio.Writer
	page    int
	caption string
	header  []string
}

func (p *plain) write(b ingest.Block) {
	if at := b.Locator.Page; at > p.page {
		if p.page > 0 {
			p.line("\f")
		}
		p.page = at
	}
	switch {
	case b.Table != nil:
		p.table(b.Table)
	case b.Case != nil:
		p.line(b.Case.Question, "\n", b.Case.Answer, "\n")
	case b.Marker != "":
		p.line(b.Marker, " ", b.Text, "\n")
	default:
		p.line(b.Text, "\n")
	}
	p.line("\n")
	if b.Table == nil {
		p.caption, p.header = "", nil
	}
}

// table leaves out what a large table's next part repeats.
func (p *plain) table(t *ingest.Table) {
	if !t.Sheet || t.Caption != p.caption || !slices.Equal(t.Header, p.header) {
		if t.Caption != "" {
			p.line(t.Caption, "\n")
		}
		if len(t.Header) > 0 {
			p.line(strings.Join(t.Header, "\t"), "\n")
		}
	}
	p.caption, p.header = t.Caption, t.Header
	group := ""
	for _, r := range t.Rows {
		if r.Group != "" && r.Group != group {
			p.line(r.Group, "\n")
		}
		group = r.Group
		p.line(strings.Join(r.Cells, "\t"), "\n")
	}
}

// line writes texts; what fails is told by the writer's Flush.
func (p *plain) line(texts ...string) {
	for _, t := range texts {
		_, _ = p.out.WriteString(t)
	}
}
