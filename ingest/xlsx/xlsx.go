// Package xlsx reads Excel workbooks: every visible sheet as its tables, with
// titles, header rows in several lines, section rows and notes told apart, and
// values as the sheet's reader sees them in Excel.
package xlsx

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/xuri/excelize/v2"

	"github.com/sufflor/sufflor/index/lang"
	"github.com/sufflor/sufflor/ingest"
	"github.com/sufflor/sufflor/ingest/sheet"
)

// Reader reads xlsx files. The zero value is ready for use, also by several
// goroutines.
type Reader struct {
	// TempDir is where sheets over 16 MB are unpacked while they are read;
	// empty for the system's.
	TempDir string
}

const (
	maxSheets  = 200
	maxColumns = 1000    // cells a row
	maxRows    = 100_000 // rows of a sheet
	maxEmpty   = 5000    // empty rows before a sheet counts as over
	maxCells   = 5_000_000
	maxCalc    = 2000 // formulas computed because no value was stored
)

// Read returns the workbook's visible sheets. What was left out is named in
// the warnings.
func (r Reader) Read(ctx context.Context, in ingest.Input) (doc ingest.Document, err error) {
	arc, err := ingest.OpenArchive(in)
	if err != nil {
		return ingest.Document{}, err
	}
	book, err := openBook(arc)
	if err != nil {
		return ingest.Document{}, fmt.Errorf("%s: %w", in.Name, err)
	}
	f, err := excelize.OpenReader(io.NewSectionReader(in.Data, 0, in.Size), excelize.Options{
		ShortDatePattern: "yyyy-mm-dd", LongDatePattern: "yyyy-mm-dd", UnzipSizeLimit: 256 << 20, UnzipXMLSizeLimit: 16 << 20, TmpDir: r.TempDir,
	})
	if err != nil {
		return ingest.Document{}, fmt.Errorf("%s cannot be opened as a workbook (%w): %w", in.Name, err, ingest.ErrDamaged)
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	w := &workbook{out: sheet.NewBook(sheet.Options{Sheets: book.visible()}), ctx: ctx, arc: arc, book: book, file: f}
	if err := w.read(); err != nil {
		return ingest.Document{}, fmt.Errorf("%s: %w", in.Name, err)
	}
	doc = w.out.Document()
	if len(doc.Blocks) == 0 {
		return ingest.Document{}, fmt.Errorf("%s holds no values in its visible sheets: %w", in.Name, ingest.ErrNoText)
	}
	if props, err := f.GetDocProps(); err == nil {
		doc.Title = strings.TrimSpace(props.Title)
	}
	return doc, nil
}

type workbook struct {
	ctx   context.Context //nolint:containedctx // a walk of one Read, whose end it must notice
	arc   *ingest.Archive
	book  book
	file  *excelize.File
	out   *sheet.Book
	cells int
	calcs int
}

func (w *workbook) warn(format string, args ...any) {
	w.out.Warn(format, args...)
}

func (w *workbook) read() error {
	read := 0
	for _, s := range w.book.sheets {
		if s.hidden {
			w.warn("hidden sheet %q was left out", s.name)
			continue
		}
		if s.part == "" || !w.arc.Has(s.part) {
			continue // a chart sheet
		}
		if read++; read > maxSheets {
			w.warn("only the first %d sheets were read", maxSheets)
			break
		}
		if _, err := w.sheet(s); err != nil {
			return fmt.Errorf("sheet %q: %w", s.name, err)
		}
	}
	return nil
}

// sheet reads the rows of one sheet: first what its XML says about merged,
// hidden and numeric cells, then the values.
func (w *workbook) sheet(s sheetRef) (*page, error) {
	facts, err := w.scan(s.part)
	if err != nil {
		return nil, err
	}
	sh := &page{name: s.name, facts: facts}
	rows, err := w.file.Rows(s.name)
	if err != nil {
		return nil, fmt.Errorf("open rows (%w): %w", err, ingest.ErrDamaged)
	}
	number := 0
	var sample strings.Builder
	for rows.Next() {
		number++
		if number%256 == 0 && w.ctx.Err() != nil {
			return nil, errors.Join(w.ctx.Err(), rows.Close())
		}
		values, err := rows.Columns()
		if err != nil {
			return nil, errors.Join(fmt.Errorf("row %d (%w): %w", number, err, ingest.ErrDamaged), rows.Close())
		}
		r := w.row(sh, number, values)
		r.hidden = facts.hiddenRows[number]
		for _, c := range r.cells {
			if sample.Len() < 4000 && c.number == nil {
				sample.WriteString(c.text + "\n")
			}
		}
		w.cells += len(r.cells)
		sh.rows = append(sh.rows, r)
		if len(sh.rows) == maxRows || w.cells > maxCells {
			w.warn("sheet %q was read up to row %d; split it to have all of it read", s.name, number)
			break
		}
	}
	if err := errors.Join(rows.Error(), rows.Close()); err != nil {
		return nil, fmt.Errorf("rows (%w): %w", err, ingest.ErrDamaged)
	}
	sh.locale = localeOf(lang.Detect(sample.String()).Language)
	l := sheet.Layout{Name: s.name, HiddenColumns: facts.hiddenColumns}
	for _, m := range facts.merges {
		l.Merged = append(l.Merged, sheet.Range{Col1: m.col1, Row1: m.row1, Col2: m.col2, Row2: m.row2})
	}
	if out := w.out.Sheet(l); out != nil {
		sh.push(out, w.book.formats)
	}
	return sh, nil
}

// row collects the filled cells of a row. Formulas without a stored value are
// computed.
func (w *workbook) row(sh *page, number int, values []string) row {
	r := row{number: number}
	f := sh.facts
	for _, c := range f.empties[number] {
		for len(values) < c && len(values) < maxColumns {
			values = append(values, "")
		}
		if c <= len(values) && strings.TrimSpace(values[c-1]) == "" {
			values[c-1] = w.compute(sh.name, f, c, number)
		}
	}
	for i, v := range values {
		col := i + 1
		if strings.TrimSpace(v) == "" {
			continue
		}
		c := cell{col: col, text: v}
		if n, ok := f.numbers[place{number, col}]; ok {
			c.number = &n
		}
		r.cells = append(r.cells, c)
	}
	return r
}

// compute is the value of a formula that was stored without one.
func (w *workbook) compute(sheet string, f *facts, col, row int) (value string) {
	name := cellName(col, row)
	failed := func(why any) string {
		w.warn("sheet %q, cell %s: its formula has no stored value and cannot be computed (%v); open the file in Excel and save it", sheet, name, why)
		return ""
	}
	if w.calcs++; w.calcs > maxCalc {
		if w.calcs == maxCalc+1 {
			return failed(fmt.Sprintf("more than %d such formulas", maxCalc))
		}
		return ""
	}
	defer func() {
		if p := recover(); p != nil { // the calculation engine meets formulas it was not written for
			value = failed(p)
		}
	}()
	v, err := w.file.CalcCellValue(sheet, name, excelize.Options{RawCellValue: true})
	if err != nil {
		return failed(err)
	}
	if n, ok := parseNumber(v); ok {
		f.numbers[place{row, col}] = numeric{value: n, style: f.styles[place{row, col}]}
	}
	return v
}

func cellName(col, row int) string {
	name, err := excelize.CoordinatesToCellName(col, row)
	if err != nil {
		return fmt.Sprintf("R%dC%d", row, col)
	}
	return name
}
