// Package csv reads comma, semicolon, tab and bar separated values: solved
// cases when their columns say so, else tables.
//
// Files are read as a stream, in any charset that [ingest.DecodeText] knows,
// and with the faults that exports have: quotes that never close, rows of any
// length, lines above the header.
package csv

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/sufflor/sufflor/ingest"
	"github.com/sufflor/sufflor/ingest/sheet"
)

// Reader reads delimited text. The zero value is ready for use, also by
// several goroutines.
type Reader struct{}

const (
	maxFile = 1 << 30  // bytes
	sample  = 64 << 10 // bytes looked at to find the delimiter
)

// Read returns a block a case, or tables, up to the limits of package sheet.
// What was left out is named in the warnings.
func (Reader) Read(ctx context.Context, in ingest.Input) (ingest.Document, error) {
	if in.Size > maxFile {
		return ingest.Document{}, fmt.Errorf("%s has %d MB, at most %d are read: %w", in.Name, in.Size>>20, maxFile>>20, ingest.ErrTooLarge)
	}
	book := sheet.NewBook(sheet.Options{})
	if err := read(ctx, in, book); err != nil {
		return ingest.Document{}, fmt.Errorf("%s: %w", in.Name, err)
	}
	doc := book.Document()
	doc.Pages = 0 // a text file has none
	if len(doc.Blocks) == 0 {
		return ingest.Document{}, fmt.Errorf("%s holds no rows, or none below its header: %w", in.Name, ingest.ErrNoText)
	}
	return doc, nil
}

func read(ctx context.Context, in ingest.Input, book *sheet.Book) error {
	cs, err := charsetOf(in)
	if err != nil {
		return err
	}
	head := make([]byte, sample)
	n, err := io.ReadFull(cs.reader(in), head)
	if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
		return fmt.Errorf("read: %w", err)
	}
	l := newLines(cs.reader(in))
	delimiter, told := toldByExcel(head[:n])
	if told {
		if _, err := l.next(); err != nil {
			return fmt.Errorf("read: %w", err)
		}
	} else {
		delimiter = sniff(head[:n])
	}
	s := book.Sheet(sheet.Layout{Lines: true})
	defer s.Close()
	r := records{lines: l, delimiter: delimiter}
	p := pusher{out: s}
	for n := 0; ; n++ {
		if n%256 == 0 && ctx.Err() != nil {
			return fmt.Errorf("read rows: %w", ctx.Err())
		}
		rec, err := r.next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return fmt.Errorf("line %d: %w", l.number+1, err)
		}
		if !p.push(rec) {
			break
		}
	}
	if l.cut > 0 {
		book.Warn("%d lines are longer than %d MB, what is behind that was left out", l.cut, maxLine>>20)
	}
	if r.open > 0 {
		book.Warn("line %d: a quotation mark that begins a cell is never closed; it and %d more were taken as characters", r.open, r.broken-1)
	}
	return nil
}

// pusher numbers the rows. Empty lines mean nothing in most files; a table of
// its own begins below one where words stand and figures stood before, or more
// words than before.
type pusher struct {
	out    *sheet.Sheet
	number int
	blank  bool
	values bool // the table so far has figures
	widest int  // of its rows
	cells  []sheet.Cell
}

func (p *pusher) push(rec record) bool {
	p.cells = p.cells[:0]
	values := false
	for i, text := range rec.cells {
		if strings.TrimSpace(text) != "" {
			c := sheet.Cell{Col: i + 1, Text: text}
			if sheet.IsFault(text) {
				c.Kind = sheet.Fault
			}
			p.cells = append(p.cells, c)
			values = values || !p.values && ingest.IsValue(text) || p.blank && ingest.IsValue(text)
		}
	}
	if len(p.cells) == 0 {
		p.blank = true
		return true
	}
	p.number++
	if p.blank && !values && len(p.cells) > 1 && (p.values || len(p.cells) > p.widest && p.widest > 0) {
		p.number++
		p.values, p.widest = false, 0
	}
	p.blank, p.widest = false, max(p.widest, len(p.cells))
	p.values = p.values || values
	return p.out.Row(sheet.Row{Number: p.number, Line: rec.line, LineEnd: rec.end, Cells: p.cells})
}

// toldByExcel reads the line "sep=;" by which Excel is told the delimiter.
func toldByExcel(head []byte) (byte, bool) {
	line, _, _ := bytes.Cut(head, []byte("\n"))
	line = bytes.Trim(line, "\"\r")
	if len(line) == 5 && strings.EqualFold(string(line[:4]), "sep=") && line[4] < 0x80 {
		return line[4], true
	}
	return 0, false
}

// sniff finds the delimiter: the one that cuts the first rows into the most
// columns and all of them alike.
func sniff(head []byte) byte {
	if len(head) == sample {
		if i := bytes.LastIndexByte(head, '\n'); i > 0 {
			head = head[:i]
		}
	}
	best, most := byte(','), 0.0
	for _, d := range []byte{';', '\t', ',', '|'} {
		r := records{lines: newLines(bytes.NewReader(head)), delimiter: d}
		widths := map[int]int{}
		rows := 0
		for rows < 200 {
			rec, err := r.next()
			if err != nil {
				break
			}
			if len(rec.cells) == 1 && rec.cells[0] == "" {
				continue
			}
			widths[len(rec.cells)]++
			rows++
		}
		score := 0.0
		for width, n := range widths {
			if width > 1 {
				score = max(score, float64(n)/float64(rows)*(1+float64(min(width, 20))/20))
			}
		}
		if score > most {
			best, most = d, score
		}
	}
	return best
}
