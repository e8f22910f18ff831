package office

import (
	"strings"

	"github.com/sufflor/sufflor/ingest"
	"github.com/sufflor/sufflor/ingest/pattern"
)

// pageNumber matches a paragraph that says which page this is and no more.
var pageNumber = pattern.Lazy(`(?i)^[-–—|\s]*(page|side|sida|sid|seite|sivu|pagina|página|page n°|strona|lk|p|s)?\.?\s*\d*\s*((of|av|af|von|de|di|van|sur|z|/|\|)\s*\d*)?[-–—|\s]*$`)

// Edges collects the texts of headers and footers, each once.
type Edges struct {
	Blocks []ingest.Block
	seen   map[string]bool
}

// Add takes the texts of one header or footer; what only says which page this
// is, is left out. Cells of a table, by which headers are often laid out, are
// paragraphs of their own.
func (e *Edges) Add(blocks []ingest.Block) {
	for _, b := range blocks {
		e.text(b.Text)
		if b.Table == nil {
			continue
		}
		e.text(b.Table.Caption)
		for _, c := range b.Table.Header {
			e.text(c)
		}
		for _, r := range b.Table.Rows {
			e.text(r.Group)
			for _, c := range r.Cells {
				e.text(c)
			}
		}
	}
}

// text adds a paragraph; left, middle and right of a line are told apart by
// tabs.
func (e *Edges) text(s string) {
	var parts []string
	for part := range strings.FieldsFuncSeq(s, func(r rune) bool { return r == '\t' || r == '\n' }) {
		if part = strings.TrimSpace(part); !pageNumber().MatchString(part) {
			parts = append(parts, part)
		}
	}
	s = strings.Join(parts, "\t")
	if s == "" || e.seen[s] {
		return
	}
	if e.seen == nil {
		e.seen = map[string]bool{}
	}
	e.seen[s] = true
	e.Blocks = append(e.Blocks, ingest.Block{Kind: ingest.Paragraph, Text: s})
}

// Append puts the edges behind a document's blocks, below a heading without
// text that ends the last section. A header that repeats the title is left out.
func (e *Edges) Append(doc *ingest.Document) {
	first := true
	for _, b := range e.Blocks {
		if b.Text == doc.Title {
			continue
		}
		if first {
			doc.Blocks = append(doc.Blocks, ingest.Block{Kind: ingest.Heading, Level: 1})
			first = false
		}
		doc.Blocks = append(doc.Blocks, b)
	}
}

// Name gives a document its title: the paragraph with the title style, else the
// only heading of the first level, else none.
func Name(doc *ingest.Document, titled string) {
	if doc.Title = titled; titled != "" {
		return
	}
	n := 0
	for _, b := range doc.Blocks {
		if b.Kind == ingest.Heading && b.Level == 1 && b.Text != "" {
			doc.Title = b.Text
			n++
		}
	}
	if n != 1 {
		doc.Title = ""
	}
}

// HasText reports whether a document says anything.
func HasText(doc ingest.Document) bool {
	for _, b := range doc.Blocks {
		if b.Text != "" || b.Table != nil {
			return true
		}
	}
	return false
}
