package docx

import (
	"bytes"
	"cmp"
	"encoding/xml"
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/sufflor/sufflor/index"
	"github.com/sufflor/sufflor/ingest"
	"github.com/sufflor/sufflor/ingest/eml"
	"github.com/sufflor/sufflor/ingest/html"
	"github.com/sufflor/sufflor/ingest/office"
	"github.com/sufflor/sufflor/ingest/office/embedded"
	"github.com/sufflor/sufflor/ingest/rtf"
	"github.com/sufflor/sufflor/ingest/text"
)

// maxChunks bounds the documents inside one document.
const maxChunks = 100

// inner reports whether one more document inside this one may be read.
func (w *walker) inner(name string) bool {
	if w.chunks++; w.chunks > maxChunks || w.inside == nil {
		w.warn("more documents inside the document than are read: %s was left out", name)
		return false
	}
	return true
}

// chunk reads a document of another format inside this one (w:altChunk).
func (w *walker) chunk(id string) error {
	name := w.rels.Part(id)
	if name == "" || w.shown[name] {
		return nil
	}
	w.shown[name] = true
	if !w.inner(name) {
		return nil
	}
	data := w.optional(name)
	if len(data) == 0 {
		return nil
	}
	in := partInput(name, data)
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
	blocks, err := w.shownBy(name, doc, err)
	if err != nil {
		return err
	}
	for _, b := range blocks {
		place(&b, w.here())
		if err := w.add(b); err != nil {
			return err
		}
	}
	return nil
}

func partInput(name string, data []byte) ingest.Input {
	return ingest.Input{Name: path.Base(name), Path: name, Data: bytes.NewReader(data), Size: int64(len(data))}
}

// shownBy are the blocks of a document inside this one, its title first. That
// it could not be read is a warning, unless the reading was stopped.
func (w *walker) shownBy(name string, doc ingest.Document, err error) ([]ingest.Block, error) {
	if w.ctx.Err() != nil {
		return nil, fmt.Errorf("read %s: %w", name, err)
	}
	if err != nil {
		w.warn("left out of the document inside: %v", err)
		return nil, nil
	}
	for _, text := range doc.Warnings {
		w.warn("%s: %s", name, text)
	}
	if doc.Title != "" && !slices.ContainsFunc(doc.Blocks, func(b ingest.Block) bool { return b.Text == doc.Title }) {
		doc.Blocks = append([]ingest.Block{{Kind: ingest.Paragraph, Text: doc.Title}}, doc.Blocks...)
	}
	return doc.Blocks, nil
}

// place gives a block and its rows a place.
func place(b *ingest.Block, at index.Locator) {
	b.Locator = at
	if b.Table != nil {
		for i := range b.Table.Rows {
			b.Table.Rows[i].Locator = at
		}
	}
}

// object reads what an embedded object (o:OLEObject) shows: a piece of a
// workbook, or a Word document. Of others there is only a picture.
func (w *walker) object(e xml.StartElement, r run) ([]ingest.Block, error) {
	kind, name := cmp.Or(office.Attr(e, "ProgID"), "of unknown kind"), w.rels.Part(office.Attr(e, "id"))
	if w.shown[name] || !w.shows(r) {
		return nil, nil
	}
	word := strings.HasSuffix(name, ".docx") || strings.HasSuffix(name, ".docm")
	if name == "" || office.Attr(e, "DrawAspect") == "Icon" || !word && !embedded.IsWorkbook(name) {
		w.warn("an embedded object (%s), of which only a picture shows, was left out", kind)
		return nil, nil
	}
	w.shown[name] = true
	if !w.inner(name) {
		return nil, nil
	}
	data, err := w.arc.Part(name)
	if err != nil {
		w.warn("left out: %v", err)
		return nil, nil
	}
	doc := ingest.Document{}
	if word {
		doc, err = readInside(w.inside, partInput(name, data), w.budget)
	} else {
		doc.Blocks, err = embedded.Workbook(w.inside, partInput(name, data))
	}
	return w.shownBy(name, doc, err)
}
