// Package ingest turns documents into passages with exact locators and keeps
// store and index in step with them.
//
// Formats live in folders of their own below this one; package formats lists
// them. What a document means is not known here.
package ingest

import (
	"context"
	"errors"
	"io"
	"time"

	"github.com/sufflor/sufflor/index"
)

// Errors a person can do something about; readers wrap them.
var (
	ErrNoText      = errors.New("no text") // a scan, or an empty file
	ErrEncrypted   = errors.New("password protected")
	ErrDamaged     = errors.New("damaged")
	ErrUnsupported = errors.New("format not supported")
	ErrTooLarge    = errors.New("over the size limit")
	ErrNeedsOCR    = errors.New("needs text recognition (OCR)") // pages are pictures; the document's Scans say which
)

// Input is a file to be read. Readers get the whole file: they need to seek.
type Input struct {
	Name     string // base name, for titles
	Path     string // for messages
	Data     io.ReaderAt
	Size     int64
	Modified time.Time

	// Recognize asks for the text of pictures, which takes seconds a page.
	// Without it, a reader says what would need it: [ErrNeedsOCR], Scans.
	Recognize bool
}

// Reader reads one format.
type Reader interface {
	// Read returns the document's blocks in reading order. It must return
	// soon after ctx is done, never panic and bound what it allocates. With
	// an error wrapping [ErrNeedsOCR] the document's Pages and Scans are
	// valid.
	Read(ctx context.Context, in Input) (Document, error)
}

// Document is a file's content in one common form.
type Document struct {
	Title    string   `json:"title"`
	Language string   `json:"language,omitempty"` // declared by the file, may be empty
	Pages    int      `json:"pages,omitempty"`    // pages, slides or sheets; 0 where the format has none
	Scans    []int    `json:"scans,omitempty"`    // pages, from 1, that hold pictures or unreadable fonts and no usable text
	Blocks   []Block  `json:"blocks"`
	Warnings []string `json:"warnings,omitempty"` // what was left out and why, for the summary
}

// BlockKind is what a block is.
type BlockKind string

// The kinds of blocks.
const (
	Heading   BlockKind = "heading"
	Paragraph BlockKind = "paragraph"
	ListItem  BlockKind = "item"
	TableBody BlockKind = "table"
	CaseBlock BlockKind = "case"
)

// Block is a piece of a document that is not taken apart further by readers.
type Block struct {
	Kind    BlockKind     `json:"kind"`
	Level   int           `json:"level,omitempty"`  // of a heading 1 to 6, of an item its depth from 1
	Marker  string        `json:"marker,omitempty"` // of an item: "•", "3.", "b)"
	Text    string        `json:"text"`
	Table   *Table        `json:"table,omitempty"`
	Case    *Case         `json:"case,omitempty"`
	Locator index.Locator `json:"locator,omitzero"`
}

// Table is a table with its header rows told apart.
type Table struct {
	Caption string   `json:"caption,omitempty"`
	Header  []string `json:"header,omitempty"` // one text a column, levels of a header in several lines joined by " / "; empty when there is none
	Rows    []Row    `json:"rows,omitempty"`
	Sheet   bool     `json:"sheet,omitempty"` // from a spreadsheet: each row is a passage of its own
}

// Row is one table row.
type Row struct {
	Cells   []string      `json:"cells"`           // as displayed; merged cells repeat their value
	Refs    []string      `json:"refs,omitempty"`  // "C14", spreadsheets only, as long as Cells
	Group   string        `json:"group,omitempty"` // section row above it ("Spare parts"), may be empty
	Locator index.Locator `json:"locator,omitzero"`
}

// Case is a solved case or a question with its answer.
type Case struct {
	ID       string    `json:"id,omitempty"`
	Question string    `json:"question,omitempty"`
	Answer   string    `json:"answer,omitempty"`
	Language string    `json:"language,omitempty"`
	Tags     []string  `json:"tags,omitempty"`
	Rating   string    `json:"rating,omitempty"`
	At       time.Time `json:"at,omitzero"`
}
