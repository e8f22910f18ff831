package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

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
		Long: `Prints UTF-8 text to standard output, a form feed between pages. With --json the
document's blocks with their locators; with --passages the passages that would be
indexed; with --type what kind of file it is. Nothing is stored.

With --ocr, pages that are pictures are recognised with Tesseract when it is
installed, as ingest does; that takes a few seconds a page.`,
		RunE: func(cmd *cobra.Command, args []string) error {
			ctx, cancel := context.WithTimeout(cmd.Context(), timeout)
			defer cancel()
			// A reader stuck in a library does not see ctx: we leave without it.
			done := make(chan error, 1)
			go func() { done <- c.extract(ctx, args[0], x) }()
			select {
			case err := <-done:
				return err
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
		return c.printWords(ctx, in, format)
	}
	if format == formats.PDF && !c.json && !x.passages && !x.ocr {
		pages, err := pdf.Pages(ctx, in)
		if err != nil {
			return withHint(err)
		}
		_, err = fmt.Fprintln(c.stdout, strings.Join(pages, "\f"))
		return err
	}
	r := ingest.Direct{Reader: formats.All(formats.Options{Hidden: x.hidden}), OCR: ingest.Never}
	if x.ocr {
		r.OCR = ingest.WhenNeeded
	}
	doc, err := r.Read(ctx, in)
	if err != nil {
		return withHint(err)
	}
	switch {
	case x.passages:
		return c.print(ingest.Passages(doc, ingest.Origin{Document: path, Source: path}))
	case c.json:
		return c.print(doc)
	}
	_, err = c.stdout.Write([]byte(plain(doc)))
	return errors.Join(err, ctx.Err())
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

// plain is a document's text, a form feed between pages.
func plain(doc ingest.Document) string {
	var b strings.Builder
	page := 0
	for _, x := range doc.Blocks {
		if p := x.Locator.Page; p > page {
			if page > 0 {
				b.WriteByte('\f')
			}
			page = p
		}
		switch {
		case x.Table != nil:
			b.WriteString(x.Table.Caption)
			if x.Table.Caption != "" {
				b.WriteByte('\n')
			}
			if len(x.Table.Header) > 0 {
				b.WriteString(strings.Join(x.Table.Header, "\t") + "\n")
			}
			for _, r := range x.Table.Rows {
				b.WriteString(strings.Join(r.Cells, "\t") + "\n")
			}
		case x.Case != nil:
			b.WriteString(x.Case.Question + "\n" + x.Case.Answer + "\n")
		default:
			if x.Marker != "" {
				b.WriteString(x.Marker + " ")
			}
			b.WriteString(x.Text + "\n")
		}
		b.WriteByte('\n')
	}
	return b.String()
}
