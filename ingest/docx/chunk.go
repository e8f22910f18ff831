package docx

import (
	"bytes"
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/sufflor/sufflor/ingest"
	"github.com/sufflor/sufflor/ingest/eml"
	"github.com/sufflor/sufflor/ingest/html"
	"github.com/sufflor/sufflor/ingest/rtf"
	"github.com/sufflor/sufflor/ingest/text"
)

// maxChunks bounds the documents inside one document.
const maxChunks = 100

// chunk reads a document of another format inside this one (w:altChunk).
func (w *walker) chunk(id string) error {
	name := w.rels.Part(id)
	if name == "" || w.shown[name] {
		return nil
	}
	w.shown[name] = true
	if w.chunks++; w.chunks > maxChunks || w.inside == nil {
		w.warn("more documents inside the document than are read: %s was left out", name)
		return nil
	}
	data := w.optional(name)
	if len(data) == 0 {
		return nil
	}
	in := ingest.Input{Name: path.Base(name), Path: name, Data: bytes.NewReader(data), Size: int64(len(data))}
	var doc ingest.Document
	var err error
	switch ext := strings.ToLower(path.Ext(name)); {
	case bytes.HasPrefix(data, []byte("PK\x03\x04")):
		doc, err = readInside(w.inside, in, w.budget)
	case ext == ".htm" || ext == ".html" || ext == ".xhtml":
		doc, err = html.Reader{}.Read(w.inside, in)
	case ext == ".mht" || ext == ".mhtml" || ext == ".eml":
		doc, err = eml.Reader{}.Read(w.inside, in)
	case ext == ".rtf":
		doc, err = rtf.Reader{}.Read(w.inside, in)
	case ext == ".txt" || ext == ".text":
		doc, err = text.Reader{}.Read(w.inside, in)
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
