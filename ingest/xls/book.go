package xls

import (
	"context"
	"fmt"

	"github.com/sufflor/sufflor/ingest"
	"github.com/sufflor/sufflor/ingest/codepage"
	"github.com/sufflor/sufflor/ingest/sheet"
	"github.com/sufflor/sufflor/ingest/sheet/numfmt"
)

// Limits of what a workbook may say about itself.
const (
	maxStrings = 2_000_000
	maxChars   = 128 << 20 // bytes of the shared strings
	maxStyles  = 100_000
	maxSheets  = 10_000
)

// workbook is what was read of the records that all sheets share.
type workbook struct {
	ctx     context.Context //nolint:containedctx // the walk of one Read, whose end it must notice
	data    []byte
	out     *sheet.Book
	all     bool // also what is hidden
	version int  // of BIFF: 2 to 5 or 8
	old     bool // before BIFF8: text in a code page
	page    int  // that code page
	from    bool // dates count from 1904
	sheets  []sheetRef
	strings []string
	runs    [][]run       // of texts in several fonts
	rich    map[int]int32 // the numbers of those of strings
	styles  []style
	fonts   []font
	palette string   // the colours of the workbook's own
	later   [][]byte // what Excel 2007 and later say of the styles
	codes   map[int]string
	formats map[int]format
	looked  int  // at how many runs, so far
	cells   int  // kept so far
	charts  int  // bytes of sheets that are charts, so far
	damaged bool // a sheet was lost, or a part of one
}

// sheetRef is where a sheet's records begin.
type sheetRef struct {
	name   string
	at     int
	hidden bool
	chart  string // what is written on it, of a sheet that is a chart
}

// globals reads the records before those of the sheets.
func (w *workbook) globals() error {
	w.page, w.codes, w.formats = codepage.Western, map[int]string{}, map[int]format{}
	w.rich = map[int]int32{}
	r := &records{data: w.data}
	kind, bof, ok := r.one()
	w.version = version(kind, bof)
	if w.old = w.version < 8; !ok || w.version == 0 {
		return fmt.Errorf("what is inside is no workbook of Excel 2 to 2003: %w", ingest.ErrDamaged)
	}
	if u16(bof, 2) == worksheet { // a sheet alone, as before Excel 5
		w.sheets = []sheetRef{{}}
	}
	for {
		rec, ok := r.next()
		if !ok {
			break
		}
		switch rec.kind {
		case recEOF:
			return w.check()
		case recFilePass:
			var err error
			if w.data, err = decrypt(w.data, r.pos, rec.data, w.old); err != nil {
				return err
			}
			r.data = w.data
		case recCodePage:
			w.page = u16(rec.data, 0)
		case recDate1904:
			w.from = u16(rec.data, 0) == 1
		case recNumFormat, recNumFormat2:
			w.code(rec)
		case recStrings:
			w.shared(rec)
		case recSheet:
			const table, chart = 0, 2 // the kinds of sheets that are no macros
			if len(rec.data) <= 6 || len(w.sheets) >= maxSheets {
				continue
			}
			s := sheetRef{name: w.short(rec.text(6)), at: int(u32(rec.data, 0) & 0x7FFFFFFF), hidden: rec.data[4]&3 != 0}
			if rec.data[5] == chart {
				s.chart = w.chartAt(s.at)
			}
			if rec.data[5] == table || s.chart != "" {
				w.sheets = append(w.sheets, s)
			}
		default:
			w.look(rec)
		}
	}
	return w.check()
}

// version is that of BIFF, 0 for what is none: [MS-XLS] 2.4.21, and for those
// before BIFF5 OpenOffice.org's description of the format, 5.8.
func version(kind int, bof []byte) int {
	switch {
	case kind == recBOF2:
		return 2
	case kind == recBOF3:
		return 3
	case kind == recBOF4:
		return 4
	case kind != recBOF:
		return 0
	case u16(bof, 0) < 0x0600:
		return 5
	}
	return 8
}

// code reads a number format. Those before BIFF5 are counted.
func (w *workbook) code(rec record) {
	if len(w.codes) >= maxStyles || len(rec.data) < 2 {
		return
	}
	switch {
	case w.version < 4:
		w.codes[len(w.codes)] = w.short(rec.text(0))
	case w.version == 4:
		w.codes[len(w.codes)] = w.short(rec.text(2))
	case w.old:
		w.codes[u16(rec.data, 0)] = w.short(rec.text(2))
	default:
		w.codes[u16(rec.data, 0)] = w.long(rec.text(2))
	}
}

func (w *workbook) check() error {
	if len(w.sheets) == 0 {
		return fmt.Errorf("the workbook lists no sheets: %w", ingest.ErrDamaged)
	}
	return nil
}

func (w *workbook) visible(hidden bool) int {
	n := 0
	for _, s := range w.sheets {
		if !s.hidden || hidden {
			n++
		}
	}
	return n
}

// shared reads the table of shared strings.
func (w *workbook) shared(rec record) {
	t := rec.text(8)
	size := 0
	for range min(u32(rec.data, 4), maxStrings) {
		s, runs, ok := t.rich()
		if size += len(s); !ok || size > maxChars {
			return
		}
		if n := w.keep(runs); n > 0 {
			w.rich[len(w.strings)] = n
		}
		w.strings = append(w.strings, s)
	}
}

// format is a number format.
type format struct {
	*numfmt.Format
	blank bool // it shows nothing
	inked bool // it has a colour
}

// format is the number format of a cell style.
func (w *workbook) format(style int) format {
	id := 0
	if w.version == 2 {
		id = style // cells refer to formats at once
	}
	if style < len(w.styles) {
		id = w.styles[style].format
	}
	if f, ok := w.formats[id]; ok {
		return f
	}
	code, ok := w.codes[id]
	// Dates that follow the reader's own settings are stored as American ones.
	if fixed := numfmt.Builtin(id); !ok || fixed != "" && (id == 14 || id == 22) {
		code = fixed
	}
	f := format{Format: numfmt.Parse(code), inked: numfmt.Inked(code)}
	f.blank = f.Blank()
	w.formats[id] = f
	return f
}
