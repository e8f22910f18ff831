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
)

// Input is a file to be read. Readers get the whole file: they need to seek.
type Input struct {
	Name     string // base name, for titles
	Path     string // for messages
	Data     io.ReaderAt
	Size     int64
	Modified time.Time
}

// Reader reads one format.
type Reader interface {
	// Read returns the document's blocks in reading order. It must return
	// soon after ctx is done, never panic and bound what it allocates.
	Read(ctx context.Context, in Input) (Document, error)
}

// Document is a file's content in one common form.
type Document struct {
	Title    string
	Language string // declared by the file, may be empty
	Blocks   []Block
	Warnings []string // what was left out and why, for the summary
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
	Kind    BlockKind
	Level   int    // of a heading 1 to 6, of an item its depth from 1
	Marker  string // of an item: "•", "3.", "b)"
	Text    string
	Table   *Table
	Case    *Case
	Locator index.Locator
}

// Table is a table with its header rows told apart.
type Table struct {
	Caption string
	Header  []string // one text a column, levels of a header in several lines joined by " / "; empty when there is none
	Rows    []Row
	Sheet   bool // from a spreadsheet: each row is a passage of its own
}

// Row is one table row.
type Row struct {
	Cells   []string // as displayed; merged cells repeat their value
	Refs    []string // "C14", spreadsheets only, as long as Cells
	Group   string   // section row above it ("Spare parts"), may be empty
	Locator index.Locator
}

// Case is a solved case or a question with its answer.
type Case struct {
	ID       string
	Question string
	Answer   string
	Language string
	Tags     []string
	Rating   string
	At       time.Time
}
