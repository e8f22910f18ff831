package docx

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	"net/mail"
	"net/textproto"
	"path"
	"slices"
	"strings"

	"github.com/sufflor/sufflor/ingest"
	"github.com/sufflor/sufflor/ingest/html"
	"github.com/sufflor/sufflor/ingest/text"
)

const (
	maxChunks = 100 // documents inside one document
	maxInside = 2   // depth of documents inside one another
)

// chunk reads a document of another format inside this one (w:altChunk).
func (w *walker) chunk(id string) error {
	name := w.rels.Part(id)
	if name == "" || w.shown[name] {
		return nil
	}
	w.shown[name] = true
	if w.chunks++; w.chunks > maxChunks || w.depth >= maxInside {
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
		doc, err = readInside(w.ctx, in, w.budget, w.depth+1)
	case ext == ".htm" || ext == ".html" || ext == ".xhtml":
		doc, err = html.Reader{}.Read(w.ctx, in)
	case ext == ".mht" || ext == ".mhtml" || ext == ".eml":
		page := pageOf(data)
		in.Data, in.Size = bytes.NewReader(page), int64(len(page))
		doc, err = html.Reader{}.Read(w.ctx, in)
	case ext == ".txt" || ext == ".text":
		doc, err = text.Reader{}.Read(w.ctx, in)
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

// pageOf is the web page in an archive of one (MHTML, RFC 2557), nil when there
// is none.
func pageOf(data []byte) []byte {
	msg, err := mail.ReadMessage(bytes.NewReader(data))
	if err != nil {
		return nil
	}
	kind, params, err := mime.ParseMediaType(msg.Header.Get("Content-Type"))
	if err != nil {
		return nil
	}
	if !strings.HasPrefix(kind, "multipart/") {
		return decoded(textproto.MIMEHeader(msg.Header), msg.Body)
	}
	parts := multipart.NewReader(msg.Body, params["boundary"])
	for range maxChunks {
		part, err := parts.NextRawPart()
		if err != nil {
			return nil
		}
		if strings.HasPrefix(part.Header.Get("Content-Type"), "text/html") {
			return decoded(part.Header, part)
		}
	}
	return nil
}

// decoded is a body without its transfer encoding; what is damaged ends it.
func decoded(h textproto.MIMEHeader, r io.Reader) []byte {
	switch strings.ToLower(h.Get("Content-Transfer-Encoding")) {
	case "quoted-printable":
		r = quotedprintable.NewReader(r)
	case "base64":
		r = base64.NewDecoder(base64.StdEncoding, r)
	}
	var out bytes.Buffer
	_, _ = out.ReadFrom(r) // a damaged end costs only the end
	return out.Bytes()
}
