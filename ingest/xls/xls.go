// Package xls reads Excel workbooks of before 2007 (.xls), those of Excel 97
// to 2003 (BIFF8) and of Excel 5 and 95 (BIFF5), after [MS-XLS], and the sheets
// of Excel 2 to 4: every visible sheet as its tables, and values as the sheet's
// reader sees them in Excel.
package xls

import (
	"context"
	"errors"
	"fmt"

	"github.com/sufflor/sufflor/ingest"
	"github.com/sufflor/sufflor/ingest/ole"
	"github.com/sufflor/sufflor/ingest/sheet"
)

// Reader reads .xls files. The zero value is ready for use, also by several
// goroutines.
type Reader struct {
	Hidden bool // also hidden sheets, rows and columns
}

// Read returns the workbook's visible sheets. What was left out is named in
// the warnings.
func (r Reader) Read(ctx context.Context, in ingest.Input) (ingest.Document, error) {
	stream, title, warnings, err := open(in)
	if err != nil {
		return ingest.Document{}, err
	}
	w := &workbook{ctx: ctx, data: stream, all: r.Hidden}
	if err := w.globals(); err != nil {
		return ingest.Document{}, fmt.Errorf("%s: %w", in.Name, err)
	}
	w.resolve()
	w.out = sheet.NewBook(sheet.Options{Sheets: w.visible(r.Hidden), Hidden: r.Hidden})
	for _, warning := range warnings {
		w.out.Warn("%s", warning)
	}
	for _, s := range w.sheets {
		if err := w.sheet(s, r.Hidden); err != nil {
			return ingest.Document{}, fmt.Errorf("%s: sheet %q: %w", in.Name, s.name, err)
		}
	}
	doc := w.out.Document()
	if len(doc.Blocks) == 0 && w.damaged {
		return ingest.Document{}, fmt.Errorf("%s: %s: %w", in.Name, doc.Warnings[0], ingest.ErrDamaged)
	}
	if len(doc.Blocks) == 0 {
		return ingest.Document{}, fmt.Errorf("%s holds no values in its visible sheets: %w", in.Name, ingest.ErrNoText)
	}
	doc.Title = title
	return doc, nil
}

// Bare reports whether head, the first bytes of a file, begins the records of
// a sheet or workbook without a container, as Excel 2 to 5 wrote them: a
// beginning-of-file record of version 2 to 8 ([MS-XLS] 2.4.21).
func Bare(head []byte) bool {
	return len(head) >= 8 && head[0] == recBOF2 && (head[1] == 0 || head[1] == 2 || head[1] == 4 || head[1] == 8) &&
		(head[2] == 4 || head[2] == 6 || head[2] == 8 || head[2] == 16) && head[3] == 0
}

// open finds the workbook's records: a stream of a compound file, or the file
// itself.
func open(in ingest.Input) (stream []byte, title string, warnings []string, err error) {
	head := make([]byte, 8)
	if _, err := in.Data.ReadAt(head, 0); err == nil && Bare(head) {
		stream, err := ingest.ReadAll(in)
		return stream, "", nil, err //nolint:wrapcheck // names the file
	}
	f, err := ole.Open(in)
	if err != nil {
		return nil, "", nil, err //nolint:wrapcheck // names the file
	}
	warnings = f.Warnings()
	name := "Workbook"
	if !f.Has(name) {
		name = "Book"
	}
	stream, err = f.Stream(name)
	switch {
	case errors.Is(err, ole.ErrNoStream):
		return nil, "", nil, fmt.Errorf("%s: no workbook inside (%w): %w", in.Name, err, ingest.ErrDamaged)
	case errors.Is(err, ingest.ErrDamaged) && len(stream) > 0:
		warnings = append(warnings, fmt.Sprintf("the workbook is damaged and was read as far as possible: %v", err))
	case err != nil:
		return nil, "", nil, fmt.Errorf("%s: %w", in.Name, err)
	}
	return stream, f.Title(), warnings, nil
}
