// Package embedded reads what an Excel workbook inside a document shows on its
// page. The file holds the whole workbook, the page a piece of one sheet; only
// that piece is read, for the author does not see the rest either.
package embedded

import (
	"context"
	"errors"
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/sufflor/sufflor/ingest"
	"github.com/sufflor/sufflor/ingest/office"
	"github.com/sufflor/sufflor/ingest/xlsx"
)

// maxCoordinate bounds rows and columns; Excel has 1,048,576 rows.
const maxCoordinate = 1 << 21

// IsWorkbook reports whether a part is a workbook by its name.
func IsWorkbook(name string) bool {
	ext := strings.ToLower(path.Ext(name))
	return ext == ".xlsx" || ext == ".xlsm"
}

// Workbook is what a workbook (.xlsx, .xlsm) shows inside another document: the
// cells of its active sheet that oleSize names (ISO/IEC 29500-1, 18.2.16), as
// tables without places. Errors wrap the sentinels of package ingest; a
// workbook that does not say what it shows gives one, and no text.
func Workbook(ctx context.Context, in ingest.Input) ([]ingest.Block, error) {
	arc, err := ingest.OpenArchive(in)
	if err != nil {
		return nil, err //nolint:wrapcheck // it names the file
	}
	v, err := shown(arc)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", in.Name, err)
	}
	doc, err := xlsx.Reader{}.Read(ctx, in)
	if errors.Is(err, ingest.ErrNoText) {
		return nil, nil
	}
	if err != nil {
		return nil, err //nolint:wrapcheck // it names the file
	}
	var out []ingest.Block
	for _, b := range doc.Blocks {
		if b, ok := v.cut(b); ok {
			out = append(out, b)
		}
	}
	return out, nil
}

// view is the piece of a sheet that is shown.
type view struct {
	sheet string
	area  area
}

// area is a range of cells, both ends included, from 1.
type area struct{ left, top, right, bottom int }

func (a area) has(b area) bool {
	return b.left >= a.left && b.top >= a.top && b.right <= a.right && b.bottom <= a.bottom
}

func shown(arc *ingest.Archive) (view, error) {
	data, err := arc.Part(office.MainPart(arc, "spreadsheetml.", "xl/workbook.xml"))
	if err != nil {
		return view{}, err //nolint:wrapcheck // the caller names the file
	}
	root, err := office.Parse(data)
	if err != nil {
		return view{}, err //nolint:wrapcheck // the caller names the file
	}
	a, ok := parse(root.At("oleSize").Attr("ref"))
	if !ok {
		return view{}, fmt.Errorf("the workbook does not say which of its cells are shown: %w", ingest.ErrUnsupported)
	}
	sheets := slices.Collect(root.At("sheets").Each("sheet"))
	active := office.Integer(root.At("bookViews", "workbookView").Attr("activeTab"), 0, maxCoordinate)
	if active >= len(sheets) {
		return view{}, fmt.Errorf("no active sheet in the workbook: %w", ingest.ErrDamaged)
	}
	return view{sheets[active].Attr("name"), a}, nil
}

// cut is what the view shows of a block.
func (v view) cut(b ingest.Block) (ingest.Block, bool) {
	if b.Locator.Sheet != v.sheet {
		return b, false
	}
	if b.Table == nil {
		a, ok := parse(b.Locator.Cells)
		text := b.Text
		if b.Case != nil {
			text = b.Case.Question + "\n" + b.Case.Answer
		}
		return ingest.Block{Kind: ingest.Paragraph, Text: text}, ok && v.area.has(a) && text != ""
	}
	t := &ingest.Table{}
	head, headed := parse(b.Locator.Header)
	headed = headed && head.top >= v.area.top && head.bottom <= v.area.bottom
	for _, r := range b.Table.Rows {
		row := ingest.Row{}
		if v.area.top == 1 {
			row.Group = r.Group
		}
		var header []string
		for i, ref := range r.Refs {
			if i > 0 && len(ref) <= len(r.Refs[i-1]) && slices.Contains(r.Refs[:i], ref) {
				continue // a note on a cell
			}
			if a, ok := parse(ref); ok && v.area.has(a) && i < len(r.Cells) {
				row.Cells = append(row.Cells, r.Cells[i])
				if headed && i < len(b.Table.Header) {
					header = append(header, b.Table.Header[i])
				}
			}
		}
		if strings.TrimSpace(strings.Join(row.Cells, "")) == "" {
			continue
		}
		t.Rows, t.Header = append(t.Rows, row), header
	}
	if v.area.top == 1 && b.Table.Caption != v.sheet { // what stands above is shown, too, but not the sheet's name
		t.Caption = b.Table.Caption
	}
	return ingest.Block{Kind: b.Kind, Table: t}, len(t.Rows) > 0
}

// parse reads "B2:D9" or "B2".
func parse(s string) (area, bool) {
	first, last, two := strings.Cut(s, ":")
	if !two {
		last = first
	}
	var a area
	var ok, end bool
	a.left, a.top, ok = cell(first)
	a.right, a.bottom, end = cell(last)
	return a, ok && end
}

func cell(s string) (col, row int, ok bool) {
	i := 0
	for ; i < len(s) && s[i] >= 'A' && s[i] <= 'Z' && col < maxCoordinate; i++ {
		col = col*26 + int(s[i]-'A') + 1
	}
	row = office.Integer(s[i:], 0, maxCoordinate)
	return col, row, col > 0 && row > 0
}
