// Package rtf reads Rich Text Format, after Microsoft's specification 1.9.1.
// Deleted and hidden text, field codes, pictures and what is marked as
// ignorable are left out; footnotes and text boxes follow the paragraph they
// hang on, headers and footers come last, each once.
package rtf

import (
	"bytes"
	"context"
	"fmt"

	"github.com/sufflor/sufflor/ingest"
	"github.com/sufflor/sufflor/ingest/flow"
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
	p := newParser(ctx, data[start:])
	if err := p.parse(); err != nil {
		return ingest.Document{}, err
	}
	result, err := p.finish()
	if err != nil {
		return ingest.Document{}, err
	}
	if result.Empty() {
		return ingest.Document{}, fmt.Errorf("no text inside: %w", ingest.ErrNoText)
	}
	result.Name(p.title)
	return ingest.Document{Title: result.Title, Blocks: result.Blocks, Warnings: p.warnings}, nil
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
	result, err := flow.Blocks(p.body.paragraphs)
	if err != nil {
		return result, err //nolint:wrapcheck // Read names the file
	}
	result.Edges(p.edges)
	return result, nil
}
