// Package index finds the passages that may answer a question.
//
// It holds what a passage is, how text is analysed per language, and the
// search itself: our own BM25 over Bleve's postings. It imports nothing of
// ours and does not know who asks.
package index

import (
	"fmt"
	"strings"
	"time"
)

// Audience says who may read a passage.
type Audience string

// The audiences. The zero value is not valid in a stored passage.
const (
	Public   Audience = "public"   // may be quoted to customers
	Internal Audience = "internal" // evidence for the agent only
)

// Kind is what a passage was in its document.
type Kind string

// The kinds of passages.
const (
	KindText  Kind = "text"  // paragraphs under one heading
	KindList  Kind = "list"  // a list with its lead-in, steps kept together
	KindTable Kind = "table" // a small table kept whole
	KindRow   Kind = "row"   // one table row, its header repeated
	KindFAQ   Kind = "faq"   // a question and its answer
	KindCase  Kind = "case"  // a solved case: the customer's question, the accepted answer
)

// Passage is a retrievable part of a document.
type Passage struct {
	ID         string    `json:"id"`                    // unique in the store and stable while document and text are unchanged
	Workspace  string    `json:"workspace"`             // the closed world it belongs to
	Collection string    `json:"collection"`            // a set of documents with one audience
	SourceName string    `json:"source_name,omitempty"` // of the configured source it came from, or the path it was read from on command
	Product    string    `json:"product,omitempty"`     // that its source is about
	Audience   Audience  `json:"audience"`
	Document   string    `json:"document"` // document id
	Source     string    `json:"source"`   // the document's path or case number as its people know it
	Title      string    `json:"title"`    // the document's title, never empty
	Headings   []string  `json:"headings,omitempty"`
	Kind       Kind      `json:"kind"`
	Language   string    `json:"language"` // "nb" (also nynorsk), "sv", "da", "fi", "de", "en", or "" when unknown
	Ordinal    int       `json:"ordinal"`  // position in the document, from 0
	Text       string    `json:"text"`     // plain UTF-8, paragraphs parted by "\n\n", list items and table rows by "\n"
	Question   string    `json:"question,omitempty"`
	Cells      []Cell    `json:"cells,omitempty"` // of a KindRow passage, in column order
	Locator    Locator   `json:"locator"`
	Copies     int       `json:"copies,omitempty"`   // further passages of its document that say the same and were folded into it
	Modified   time.Time `json:"modified,omitzero"`  // of the document
	Corrected  Corrected `json:"corrected,omitzero"` // zero: the document's own words
}

// Corrected says that an editor put a passage's text right, and who.
type Corrected struct {
	By      string    `json:"by"`
	At      time.Time `json:"at,omitzero"`
	Passage string    `json:"passage"` // id of the passage as the document has it
}

// Cell is one value of a table row with what its column is called.
type Cell struct {
	Header string `json:"header"`        // "" when the column has none; the levels of a header in several lines are joined by " / "
	Value  string `json:"value"`         // as displayed
	Ref    string `json:"ref,omitempty"` // "C14" in a spreadsheet
}

// Locator says where in its document a passage stands, so exactly that a
// person can open the place. Fields that do not apply are zero.
type Locator struct {
	Page      int        `json:"page,omitempty"`      // from 1
	PageEnd   int        `json:"page_end,omitempty"`  // 0 when the same as Page
	Box       [4]float64 `json:"box,omitzero"`        // left, bottom, right, top on Page in PDF points from the lower left corner
	Paragraph int        `json:"paragraph,omitempty"` // from 1, counted through the document body
	Sheet     string     `json:"sheet,omitempty"`
	Cells     string     `json:"cells,omitempty"`  // "A14:E14"
	Header    string     `json:"header,omitempty"` // cells of the table header, "A4:E5"
	Line      int        `json:"line,omitempty"`   // from 1, in a text file
	LineEnd   int        `json:"line_end,omitempty"`
	Anchor    string     `json:"anchor,omitempty"` // id of the HTML heading, or the Markdown slug
	Case      string     `json:"case,omitempty"`   // id of the solved case
}

// String is the locator in a few language-neutral words: "p. 3",
// "Norge!A14:E14", "l. 12–18", "#12345".
func (l Locator) String() string {
	switch {
	case l.Case != "":
		return "#" + l.Case
	case l.Sheet != "":
		return l.Sheet + "!" + l.Cells
	case l.Page > 0 && l.PageEnd > l.Page:
		return fmt.Sprintf("p. %d–%d", l.Page, l.PageEnd)
	case l.Page > 0:
		return fmt.Sprintf("p. %d", l.Page)
	case l.Anchor != "":
		return "#" + l.Anchor
	case l.Paragraph > 0:
		return fmt.Sprintf("¶ %d", l.Paragraph)
	case l.Line > 0 && l.LineEnd > l.Line:
		return fmt.Sprintf("l. %d–%d", l.Line, l.LineEnd)
	case l.Line > 0:
		return fmt.Sprintf("l. %d", l.Line)
	}
	return ""
}

// Breadcrumb is title and headings in one line, for people.
func (p Passage) Breadcrumb() string {
	return strings.Join(append([]string{p.Title}, p.Headings...), " › ")
}
