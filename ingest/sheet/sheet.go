// Package sheet makes blocks of the rows of a spreadsheet: its tables with
// their header rows told apart, titles, section rows and notes.
//
// Readers of xlsx, xls, ods and csv push rows of displayed cells, one at a
// time, and get the document's blocks. The package looks ahead a few hundred
// rows and keeps no more than that beside what it returns. It knows no file
// format; how numbers look is known by package numfmt below it.
//
//	book := sheet.NewBook(sheet.Options{Sheets: 2})
//	if s := book.Sheet(sheet.Layout{Name: "Prices", Merged: merged}); s != nil {
//		for … {
//			if !s.Row(row) {
//				break
//			}
//		}
//		s.Close()
//	}
//	doc := book.Document()
package sheet

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/sufflor/sufflor/index"
	"github.com/sufflor/sufflor/ingest"
)

// Limits of a document. What is beyond them is left out with a warning.
const (
	MaxSheets  = 200
	MaxColumns = 1000      // columns of a sheet
	MaxRows    = 200_000   // filled rows of all sheets
	MaxCells   = 2_000_000 // filled cells of all sheets, and comments
	MaxText    = 64 << 20  // bytes of their text and comments, headers and sections as often as they stand with it
	MaxEmpty   = 5000      // empty rows before a sheet counts as over
	MaxMerged  = 50_000    // merged ranges of a sheet
	maxFilled  = 1_000_000 // cells of a sheet that they fill
	maxName    = 255       // bytes of a sheet's name, which stands with every row
	maxPlaces  = 4_000_000 // cells of table rows, the empty ones with them
	maxTables  = 100       // of the file's own on a sheet; more are found like those without a name
	maxDrawn   = 10_000    // text boxes and other shapes of a sheet
)

// Kind is what a cell holds.
type Kind uint8

// The kinds of cells.
const (
	Text Kind = iota
	Number
	Date // also times and durations
	Bool
	// Fault is an error value such as #REF!. It tells of the workbook's making
	// and nothing to who asks about its contents, so it is left out and counted
	// in a warning.
	Fault
)

// Cell is a filled cell.
type Cell struct {
	Col  int    // from 1
	Text string // as displayed
	Kind Kind
	Note string // the comment on it, usually empty; a cell may hold nothing else

	// Unseen says that nobody who looks at the sheet sees the text: it has the
	// colour of what is behind it, is tiny or is formatted away. Such cells are
	// left out unless [Options] say otherwise, and counted in a warning.
	Unseen bool
	// Doubtful says the same of a text that something may show all the same.
	// Such cells are read like others, and counted in a warning.
	Doubtful bool
}

// Row is a row with its filled cells.
type Row struct {
	Number  int  // from 1
	Hidden  bool // left out unless [Options] say otherwise
	Line    int  // where the rows are lines of a text file: the first line, from 1
	LineEnd int  // and the last
	Cells   []Cell
}

// Range is a rectangle of cells, from 1 and with its edges.
type Range struct{ Col1, Row1, Col2, Row2 int }

// Table is a range that the file itself calls a table.
type Table struct {
	Range
	HeaderRows int // 0 when it shows none
}

// Layout is what a file says about a sheet beside its cells.
type Layout struct {
	Name          string
	Hidden        bool
	Merged        []Range // in any order
	Tables        []Table
	HiddenColumns [][2]int // first and last
	// Lines says that rows are lines of a text file: locators give lines
	// instead of cells, and pairs of values are never a preface.
	Lines bool
}

// Options of a book.
type Options struct {
	Sheets int  // in the file and not hidden; with more than one each gets a heading
	Hidden bool // also hidden sheets, rows and columns, and cells that nobody sees
	// Emit takes the blocks as they are made, for a caller who does not want
	// all of them in memory; nil keeps them for [Book.Document].
	Emit func(ingest.Block)
}

// Book collects the blocks of a workbook's sheets. It is not safe for
// concurrent use.
type Book struct {
	o      Options
	doc    ingest.Document
	sheets int
	rows   int
	cells  int
	text   int // bytes
	places int
	full   bool
	arena  []string
	names  []string // of columns
	buf    []byte
	once   map[string]bool
}

// NewBook returns an empty book.
func NewBook(o Options) *Book { return &Book{o: o, once: map[string]bool{}} }

// Document is what was collected, with the number of sheets as its pages.
func (b *Book) Document() ingest.Document {
	b.doc.Pages = b.sheets
	return b.doc
}

// Full reports whether a limit of the document is reached: no more rows are
// taken, and a warning says so.
func (b *Book) Full() bool { return b.full }

// maxWarnings bounds what a person may be expected to read.
const maxWarnings = 100

// Warn adds a warning, the same one only once. Above 100 they are cut off, and
// the last one says so.
func (b *Book) Warn(format string, args ...any) {
	text := fmt.Sprintf(format, args...)
	if b.once[text] || len(b.once) > maxWarnings {
		return
	}
	b.once[text] = true
	if len(b.once) > maxWarnings {
		text = "more warnings of this file are not shown"
	}
	b.doc.Warnings = append(b.doc.Warnings, text)
}

func (b *Book) emit(block ingest.Block) {
	if b.o.Emit != nil {
		b.o.Emit(block)
		return
	}
	b.doc.Blocks = append(b.doc.Blocks, block)
}

// take is n empty strings out of a larger piece.
func (b *Book) take(n int) []string {
	if len(b.arena) < n {
		b.arena = make([]string, max(n, 4096))
	}
	out := b.arena[:n:n]
	b.arena = b.arena[n:]
	return out
}

// ColumnName is "A" for 1, "AA" for 27.
func ColumnName(col int) string {
	var buf [8]byte
	i := len(buf)
	for ; col > 0 && i > 0; col = (col - 1) / 26 {
		i--
		buf[i] = byte('A' + (col-1)%26)
	}
	return string(buf[i:])
}

// CellName is "C14" for column 3, row 14.
func CellName(col, row int) string { return ColumnName(col) + strconv.Itoa(row) }

func (b *Book) column(col int) string {
	for len(b.names) <= col {
		b.names = append(b.names, ColumnName(len(b.names)))
	}
	return b.names[col]
}

// Wants reports whether [Book.Sheet] would take a sheet, for readers to whom
// its layout is some work.
func (b *Book) Wants(l Layout) bool {
	return (!l.Hidden || b.o.Hidden) && !b.full && b.sheets < MaxSheets
}

// Sheet begins a sheet, or returns nil when it is left out: it is hidden, or
// a limit is reached. The one before must be closed.
func (b *Book) Sheet(l Layout) *Sheet {
	if len(l.Name) > maxName {
		l.Name = strings.ToValidUTF8(l.Name[:maxName], "")
	}
	switch {
	case l.Hidden && !b.o.Hidden:
		b.Warn("hidden sheet %q was left out", l.Name)
		return nil
	case b.full:
		b.Warn("sheet %q was left out: the file is over the limit of %d rows, %d cells or %d MB of text; split it", l.Name, MaxRows, MaxCells, MaxText>>20)
		return nil
	case b.sheets == MaxSheets:
		b.Warn("only the first %d sheets were read", MaxSheets)
		return nil
	}
	b.sheets++
	s := &Sheet{book: b, layout: l}
	s.layout.Tables = l.Tables[:min(len(l.Tables), maxTables)]
	if len(l.HiddenColumns) > 0 && !b.o.Hidden {
		s.concealed = make([]bool, MaxColumns+1)
		for _, h := range l.HiddenColumns {
			for col := max(h[0], 1); col <= min(h[1], MaxColumns); col++ {
				s.concealed[col] = true
			}
		}
	}
	if len(l.Merged) > MaxMerged {
		b.Warn("sheet %q: only the first %d merged ranges were filled", l.Name, MaxMerged)
		l.Merged = l.Merged[:MaxMerged]
	}
	s.merged = make([]merge, 0, len(l.Merged))
	for _, r := range l.Merged {
		if r.Col1 >= 1 && r.Row1 >= 1 && r.Col2 >= r.Col1 && r.Row2 >= r.Row1 && (r.Col2 > r.Col1 || r.Row2 > r.Row1) {
			s.merged = append(s.merged, merge{Range: r})
		}
	}
	slices.SortStableFunc(s.merged, func(a, b merge) int { return cmp.Compare(a.Row1, b.Row1) })
	return s
}

// Merge adds a merged range, for formats that tell of one at its first cell. It
// must not begin above the next row.
func (s *Sheet) Merge(r Range) {
	switch {
	case r.Col1 < 1 || r.Row1 <= s.last || r.Col2 < r.Col1 || r.Row2 < r.Row1:
		return
	case len(s.merged) >= MaxMerged:
		s.book.Warn("sheet %q: only the first %d merged ranges were filled", s.layout.Name, MaxMerged)
		return
	}
	s.merged = append(s.merged, merge{Range: r})
}

// merge is a merged range and, once its first row was seen, its value.
type merge struct {
	Range
	source Cell
}

// Sheet takes the rows of one sheet.
type Sheet struct {
	book    *Book
	layout  Layout
	merged  []merge // by first row
	next    int     // the first of merged that is not yet reached
	active  []int   // reached and not yet passed, index of merged
	filled  int
	headed  bool // the sheet's heading was made
	last    int  // number of the last filled row
	over    bool
	drawn   []drawn
	hidden  int // rows left out
	columns int // cells left out in hidden columns
	unseen  int // cells left out whose text nobody sees
	doubted int // cells read of which that may be so

	concealed []bool         // hidden columns, nil when there are none
	faults    map[string]int // error values that were left out

	scratch row
	pending []row // of the current segment, until its parts are known
	waiting int   // cells in pending
	regions []*region
	above   []*head        // of the segments before
	loose   []ingest.Block // comments between rows
}

// cell is a cell of a row under work.
type cell struct {
	Cell
	merge int // 1 + index of the merged range it belongs to, 0 for none
}

// row is a row with its filled cells in column order.
type row struct {
	number, line, end int
	gap               bool // an empty row stands before it
	cells             []cell
	notes             []Cell // comments on its cells, also on empty ones
	unseen, doubted   int    // cells
}

// Row takes the next row; numbers must rise. It reports whether more rows are
// wanted. The cells need not be in order; Row may change them, and the caller may
// after the call.
func (s *Sheet) Row(r Row) bool {
	if s.over {
		return false
	}
	if r.Number <= s.last {
		s.book.Warn("%srows out of order were left out", s.prefix())
		return true
	}
	s.faulty(r)
	s.reach(r)
	in := s.clean(r)
	if !r.Hidden || s.book.o.Hidden {
		s.unseen += in.unseen
		s.doubted += in.doubted
	}
	if len(in.cells) == 0 && len(in.notes) == 0 {
		return true
	}
	if empty := r.Number - s.last - 1; s.last > 0 && empty > MaxEmpty {
		s.book.Warn("sheet %q was read up to row %d: %d empty rows follow", s.layout.Name, s.last, MaxEmpty)
		s.over = true
		return false
	}
	in.gap = s.last > 0 && r.Number > s.last+1
	s.last = r.Number
	if r.Hidden && !s.book.o.Hidden {
		s.hidden++
		return true
	}
	in.cells = s.fill(in)
	size, cells := 0, len(in.cells)+len(in.notes)
	for i := range in.cells {
		size += len(in.cells[i].Text)
	}
	for i := range in.notes {
		size += len(in.notes[i].Note)
	}
	if s.book.rows >= MaxRows || s.book.cells+cells > MaxCells || s.book.text+size > MaxText || s.book.places > maxPlaces {
		s.book.full, s.over = true, true
		place := fmt.Sprintf("sheet %q was read up to row %d", s.layout.Name, r.Number-1)
		if s.layout.Lines {
			place = fmt.Sprintf("the file was read up to line %d", r.Line-1)
		}
		s.book.Warn("%s: the limit of a file is %d rows, %d cells (%d with the empty ones) and %d MB of text; split it to have all of it read", place, MaxRows, MaxCells, maxPlaces, MaxText>>20)
		return false
	}
	s.book.rows++
	s.book.cells += cells
	s.book.text += size
	if len(in.cells) == 0 {
		s.loose = append(s.loose, s.notes(in)...)
		return true
	}
	s.scratch = in
	s.segment(in)
	return true
}

// reach notes the values of the merged ranges that begin in this row.
func (s *Sheet) reach(r Row) {
	for s.next < len(s.merged) && s.merged[s.next].Row1 <= r.Number {
		m := &s.merged[s.next]
		if m.Row1 == r.Number {
			for _, c := range r.Cells {
				if c.Col == m.Col1 && strings.TrimSpace(c.Text) != "" && !s.unseenCell(c) {
					m.source = c
					s.active = append(s.active, s.next)
				}
			}
		}
		s.next++
	}
	s.active = slices.DeleteFunc(s.active, func(i int) bool { return s.merged[i].Row2 < r.Number })
}

// unseenCell reports whether a cell's text is left out, as nobody sees it.
func (s *Sheet) unseenCell(c Cell) bool { return c.Unseen && !s.book.o.Hidden }

func (s *Sheet) hiddenColumn(col int) bool { return s.concealed != nil && s.concealed[col] }

// clean keeps the cells that show something, in the order of their columns.
func (s *Sheet) clean(r Row) row {
	in := row{number: r.Number, line: r.Line, end: r.LineEnd, cells: s.scratch.cells[:0]}
	sorted := true
	for _, c := range r.Cells {
		if blank(c.Text) && c.Note == "" {
			continue
		}
		if c.Col < 1 || c.Col > MaxColumns {
			s.book.Warn("%sonly the first %d columns were read", s.prefix(), MaxColumns)
			continue
		}
		if s.hiddenColumn(c.Col) {
			s.columns++
			continue
		}
		if s.unseenCell(c) && !blank(c.Text) {
			in.unseen++
			if c.Text = ""; c.Note == "" {
				continue
			}
		}
		if c.Doubtful {
			in.doubted++
		}
		if n := len(in.cells); n > 0 && in.cells[n-1].Col >= c.Col {
			sorted = false
		}
		if c.Note != "" {
			in.notes = append(in.notes, c)
			if blank(c.Text) {
				continue
			}
		}
		in.cells = append(in.cells, cell{Cell: c})
	}
	if !sorted {
		slices.SortStableFunc(in.cells, func(a, b cell) int { return cmp.Compare(a.Col, b.Col) })
		in.cells = slices.CompactFunc(in.cells, func(a, b cell) bool { return a.Col == b.Col })
	}
	return in
}

func (s *Sheet) prefix() string {
	if s.layout.Name == "" {
		return ""
	}
	return fmt.Sprintf("sheet %q: ", s.layout.Name)
}

func blank(text string) bool {
	return text == "" || text[0] <= ' ' && strings.TrimSpace(text) == ""
}

// fill repeats the value of each merged range in all its cells. Ranges may
// overlap in damaged files; the first one wins.
func (s *Sheet) fill(r row) []cell {
	for _, i := range s.active {
		m := &s.merged[i]
		for col := m.Col1; col <= min(m.Col2, MaxColumns); col++ {
			if s.hiddenColumn(col) {
				continue
			}
			if s.filled++; s.filled > maxFilled {
				s.book.Warn("%sonly a part of its merged cells was filled", s.prefix())
				s.active, s.next = nil, len(s.merged)
				return r.cells
			}
			r.set(col, cell{Cell: m.source, merge: i + 1})
		}
	}
	return r.cells
}

func (r *row) set(col int, c cell) {
	c.Col = col
	i, found := slices.BinarySearchFunc(r.cells, col, func(have cell, col int) int { return have.Col - col })
	if !found {
		r.cells = slices.Insert(r.cells, i, c)
	} else if r.cells[i].merge == 0 {
		r.cells[i] = c
	}
}

// drawn is the text of a shape and the cells under it.
type drawn struct {
	at   Range
	text string
}

// Draw adds the text of a text box or another shape that lies over the cells at.
// Where that is not known at is zero. Such texts follow the sheet's rows.
func (s *Sheet) Draw(at Range, text string) {
	if text = strings.TrimSpace(text); text == "" {
		return
	}
	if !s.book.o.Hidden && s.concealed != nil && at.Col1 >= 1 && at.Col2 <= MaxColumns && !slices.Contains(s.concealed[at.Col1:max(at.Col1, at.Col2)+1], false) {
		s.columns++
		return
	}
	switch {
	case len(s.drawn) == maxDrawn:
		s.book.Warn("sheet %q: only the texts of the first %d shapes were read", s.layout.Name, maxDrawn)
	case s.book.text+len(text) > MaxText:
		s.book.Warn("sheet %q: texts of shapes were left out, the limit of a file is %d MB of text", s.layout.Name, MaxText>>20)
	default:
		s.book.text += len(text)
		s.drawn = append(s.drawn, drawn{at, text})
	}
}

// shapes emits the texts of shapes from top to bottom.
func (s *Sheet) shapes() {
	slices.SortStableFunc(s.drawn, func(a, b drawn) int {
		return cmp.Or(cmp.Compare(a.at.Row1, b.at.Row1), cmp.Compare(a.at.Col1, b.at.Col1))
	})
	for _, d := range s.drawn {
		at := index.Locator{Sheet: s.layout.Name}
		if r := d.at; r.Row1 >= 1 && r.Col1 >= 1 {
			at.Cells = area(r.Col1, r.Row1, max(r.Col1, r.Col2), max(r.Row1, r.Row2))
		}
		s.emit(ingest.Block{Kind: ingest.Paragraph, Text: d.text, Locator: at})
	}
	s.drawn = nil
}

// Close ends the sheet.
func (s *Sheet) Close() {
	s.finish()
	s.shapes()
	s.warnFaults()
	if s.hidden > 0 {
		s.book.Warn("sheet %q: %d hidden rows were left out", s.layout.Name, s.hidden)
	}
	if s.columns > 0 {
		s.book.Warn("sheet %q: hidden columns were left out", s.layout.Name)
	}
	if s.unseen > 0 {
		s.book.Warn("sheet %q: %d cells whose text nobody sees, as it is tiny, formatted away or in the colour of what is behind it, were left out", s.layout.Name, s.unseen)
	}
	if s.doubted > 0 {
		s.book.Warn("sheet %q: %d cells have text in the colour of what is behind it, unless a table style or a condition paints them, and were read: delete what answers must not use", s.layout.Name, s.doubted)
	}
	s.over = true
}

func (s *Sheet) emit(b ingest.Block) {
	if !s.headed {
		s.headed = true
		if s.book.o.Sheets > 1 {
			s.book.emit(ingest.Block{Kind: ingest.Heading, Level: 1, Text: s.layout.Name, Locator: index.Locator{Sheet: s.layout.Name}})
		}
	}
	s.book.emit(b)
}

// logical counts cells, a merged one once.
func (r row) logical() int {
	n, last := 0, 0
	for i := range r.cells {
		if m := r.cells[i].merge; m == 0 || m != last {
			n++
			last = m
		}
	}
	return n
}

func (r row) text() string {
	var parts []string
	last := 0
	for _, c := range r.cells {
		if t := strings.TrimSpace(c.Text); t != "" && (c.merge == 0 || c.merge != last) {
			parts = append(parts, t)
		}
		last = c.merge
	}
	return strings.Join(parts, " ")
}

// value reports whether a cell holds a figure; a year may head a column.
func (c cell) value() bool {
	switch c.Kind {
	case Number:
		return len(c.Text) != 4 || c.Text < "1990" || c.Text > "2100"
	case Date, Bool:
		return true
	}
	return ingest.IsValue(c.Text)
}

func (r row) values() int {
	n := 0
	for _, c := range r.cells {
		if c.value() {
			n++
		}
	}
	return n
}

// spread reports whether a merged cell goes over several columns of the row.
func (r row) spread() bool {
	for i, c := range r.cells {
		if i > 0 && c.merge != 0 && c.merge == r.cells[i-1].merge {
			return true
		}
	}
	return false
}

func (r row) first() int { return r.cells[0].Col }
func (r row) last() int  { return r.cells[len(r.cells)-1].Col }

func (r row) at(col int) (cell, bool) {
	i, found := slices.BinarySearchFunc(r.cells, col, func(have cell, col int) int { return have.Col - col })
	if !found {
		return cell{}, false
	}
	return r.cells[i], true
}

func span(rows []row) (from, to int) {
	from, to = rows[0].first(), rows[0].last()
	for _, r := range rows {
		from, to = min(from, r.first()), max(to, r.last())
	}
	return from, to
}
