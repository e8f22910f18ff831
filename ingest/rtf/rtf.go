// Package rtf reads Rich Text Format, after Microsoft's specification 1.9.1.
// Deleted and hidden text, field codes, pictures and what is marked as
// ignorable are left out, and so is, with a warning, text that nobody sees on a
// page; footnotes and text boxes follow the paragraph they hang on, headers and
// footers come last, each once.
package rtf

import (
	"bytes"
	"context"
	"fmt"

	"github.com/sufflor/sufflor/ingest"
	"github.com/sufflor/sufflor/ingest/flow"
	"github.com/sufflor/sufflor/ingest/office"
)

// Reader reads RTF files. The zero value is ready for use, also by several
// goroutines.
type Reader struct{}

// Read returns the document's blocks; locators count its paragraphs from 1,
// those in tables included.
func (Reader) Read(ctx context.Context, in ingest.Input) (ingest.Document, error) {
	data, err := ingest.ReadAll(in)
	if err != nil {
		return ingest.Document{}, err //nolint:wrapcheck // names the file
	}
	doc, err := read(ctx, data)
	if err != nil {
		return ingest.Document{}, fmt.Errorf("%s: %w", in.Name, err)
	}
	return doc, nil
}

func read(ctx context.Context, data []byte) (ingest.Document, error) {
	start := bytes.Index(data[:min(len(data), 1024)], []byte(`{\rtf`))
	if start < 0 {
		return ingest.Document{}, fmt.Errorf("no RTF inside; it should begin with {\\rtf: %w", ingest.ErrDamaged)
	}
	if garbled(data[start:]) {
		return ingest.Document{}, fmt.Errorf("it begins as RTF and goes on with bytes that no RTF has; save it again in the program it comes from: %w", ingest.ErrDamaged)
	}
	p, result, err := pass(ctx, data[start:], facts{})
	if err == nil && p.again() {
		p, result, err = pass(ctx, data[start:], p.facts)
	}
	if err != nil {
		return ingest.Document{}, err
	}
	if result.Empty() {
		if p.hidden.Unseen.Words > 0 {
			return ingest.Document{}, fmt.Errorf("no text inside that people see on a page: %w", ingest.ErrNoText)
		}
		return ingest.Document{}, fmt.Errorf("no text inside: %w", ingest.ErrNoText)
	}
	result.Name(p.title)
	warnings := office.Warnings(p.warnings)
	p.hidden.Warn(&warnings)
	return ingest.Document{Title: result.Title, Blocks: result.Blocks, Warnings: warnings}, nil
}

// pass reads a document of which something may be known already.
func pass(ctx context.Context, data []byte, known facts) (*parser, flow.Result, error) {
	p := newParser(ctx, data, known)
	if err := p.parse(); err != nil {
		return p, flow.Result{}, err
	}
	result, err := p.finish()
	return p, result, err
}

// garbled reports whether control characters are among the text, which writers
// of RTF escape: more than one byte in twenty before the first binary data.
// Zero bytes are a file that was not written to its end.
func garbled(data []byte) bool {
	data, _, _ = bytes.Cut(data, []byte(`\bin`))
	wrong := 0
	for _, b := range data {
		if b < ' ' && b != 0 && b != '\t' && b != '\n' && b != '\r' {
			wrong++
		}
	}
	return wrong > 8 && wrong*20 > len(data)
}

// finish lays the body out.
func (p *parser) finish() (flow.Result, error) {
	p.flush()
	p.body.end(p.state, flow.OfParagraph)
	flow.TakeOut(p.body.paragraphs, p.known().ground(), &p.hidden, true)
	result, err := flow.Blocks(p.body.paragraphs)
	if err != nil {
		return result, err //nolint:wrapcheck // Read names the file
	}
	result.Edges(p.edges)
	return result, nil
}
