// Package csv reads comma, semicolon and tab separated values: solved cases
// when their columns say so, else a table.
package csv

import (
	"context"
	stdcsv "encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/sufflor/sufflor/index"
	"github.com/sufflor/sufflor/ingest"
	"github.com/sufflor/sufflor/ingest/cases"
)

// Reader reads delimited text. The zero value is ready for use, also by
// several goroutines.
type Reader struct{}

const (
	maxRows    = 200_000
	maxColumns = 1000
	sample     = 64 << 10 // bytes looked at to find the delimiter
)

// Read returns a block a case, or one table.
func (Reader) Read(ctx context.Context, in ingest.Input) (ingest.Document, error) {
	data, err := ingest.ReadAll(in)
	if err != nil {
		return ingest.Document{}, err
	}
	text, _ := ingest.DecodeText(data)
	skipped := 0
	delimiter := rune(0)
	if first, rest, _ := strings.Cut(text, "\n"); len(first) == 5 && strings.HasPrefix(strings.ToLower(first), "sep=") {
		delimiter, text, skipped = rune(first[4]), rest, 1 // how Excel is told
	}
	if delimiter == 0 {
		delimiter = sniff(text)
	}
	rows, warnings, err := records(ctx, text, delimiter)
	if err != nil {
		return ingest.Document{}, fmt.Errorf("%s: %w", in.Name, err)
	}
	if len(rows) == 0 {
		return ingest.Document{}, fmt.Errorf("%s is empty: %w", in.Name, ingest.ErrNoText)
	}
	for i := range rows {
		rows[i].line += skipped
		rows[i].end += skipped
	}
	doc := ingest.Document{Warnings: warnings}
	if at, ok := cases.Columns(rows[0].cells); ok {
		caseBlocks(&doc, rows[1:], at)
	} else {
		doc.Blocks = []ingest.Block{table(rows)}
	}
	if len(doc.Blocks) == 0 {
		return ingest.Document{}, fmt.Errorf("%s holds no rows below its header: %w", in.Name, ingest.ErrNoText)
	}
	return doc, nil
}

// row is a record and its lines in the file.
type row struct {
	cells     []string
	line, end int
}

func (r row) locator() index.Locator {
	at := index.Locator{Line: r.line}
	if r.end > r.line {
		at.LineEnd = r.end
	}
	return at
}

func newReader(text string, delimiter rune) *stdcsv.Reader {
	r := stdcsv.NewReader(strings.NewReader(text))
	r.Comma, r.LazyQuotes, r.FieldsPerRecord = delimiter, true, -1
	return r
}

// records reads the rows that hold anything.
func records(ctx context.Context, text string, delimiter rune) ([]row, []string, error) {
	r := newReader(text, delimiter)
	var rows []row
	var warnings []string
	for {
		if len(rows)%1024 == 0 && ctx.Err() != nil {
			return nil, nil, fmt.Errorf("read rows: %w", ctx.Err())
		}
		cells, err := r.Read()
		if errors.Is(err, io.EOF) {
			return rows, warnings, nil
		}
		if err != nil {
			return nil, nil, fmt.Errorf("row %d (%w): %w", len(rows)+1, err, ingest.ErrDamaged)
		}
		if len(cells) > maxColumns {
			warnings = appendOnce(warnings, fmt.Sprintf("only the first %d columns were read", maxColumns))
			cells = cells[:maxColumns]
		}
		if strings.TrimSpace(strings.Join(cells, "")) == "" {
			continue
		}
		if len(rows) > maxRows {
			return rows, appendOnce(warnings, fmt.Sprintf("only the first %d rows were read; split the file to read them all", maxRows)), nil
		}
		line, _ := r.FieldPos(0)
		last, _ := r.FieldPos(len(cells) - 1)
		rows = append(rows, row{cells: cells, line: line, end: last + strings.Count(cells[len(cells)-1], "\n")})
	}
}

func appendOnce(list []string, s string) []string {
	if slices.Contains(list, s) {
		return list
	}
	return append(list, s)
}

// sniff finds the delimiter: the one that cuts the first rows into the most
// columns and all of them alike.
func sniff(text string) rune {
	if len(text) > sample {
		text = text[:sample]
		if i := strings.LastIndexByte(text, '\n'); i > 0 {
			text = text[:i]
		}
	}
	best, most := ',', 0.0
	for _, d := range []rune{';', '\t', ',', '|'} {
		r := newReader(text, d)
		widths := map[int]int{}
		rows := 0
		for rows < 100 {
			cells, err := r.Read()
			if err != nil {
				break
			}
			widths[len(cells)]++
			rows++
		}
		if rows == 0 {
			continue
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

// caseBlocks adds a block for each solved case.
func caseBlocks(doc *ingest.Document, rows []row, at map[cases.Field]int) {
	highest := 0.0
	if col, ok := at[cases.Rating]; ok {
		for _, r := range rows {
			if col < len(r.cells) {
				highest = max(highest, cases.Score(r.cells[col]))
			}
		}
	}
	incomplete, unhelpful := 0, 0
	for _, r := range rows {
		c, ok := cases.FromRow(r.cells, at)
		switch {
		case !ok:
			incomplete++
		case cases.Unhelpful(c.Rating, highest):
			unhelpful++
		default:
			if c.ID == "" {
				c.ID = fmt.Sprintf("%d", r.line)
			}
			loc := r.locator()
			loc.Case = c.ID
			doc.Blocks = append(doc.Blocks, ingest.Block{Kind: ingest.CaseBlock, Case: &c, Locator: loc})
		}
	}
	if incomplete > 0 {
		doc.Warnings = append(doc.Warnings, fmt.Sprintf("%d rows without question or answer were left out", incomplete))
	}
	if unhelpful > 0 {
		doc.Warnings = append(doc.Warnings, fmt.Sprintf("%d cases rated as unhelpful were left out", unhelpful))
	}
}

// table makes one table; the first row is its header when it looks like one.
func table(rows []row) ingest.Block {
	head := make([][]string, 0, 20)
	for _, r := range rows[:min(len(rows), 20)] {
		head = append(head, r.cells)
	}
	t := &ingest.Table{Sheet: true}
	if ingest.IsHeader(head) {
		t.Header, rows = rows[0].cells, rows[1:]
	}
	for _, r := range rows {
		t.Rows = append(t.Rows, ingest.Row{Cells: r.cells, Locator: r.locator()})
	}
	return ingest.Block{Kind: ingest.TableBody, Table: t}
}
