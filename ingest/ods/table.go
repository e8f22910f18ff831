package ods

import (
	"math"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/sufflor/sufflor/ingest/pattern"
	"github.com/sufflor/sufflor/ingest/sheet"
	"github.com/sufflor/sufflor/ingest/sheet/markup"
	"github.com/sufflor/sufflor/ingest/sheet/numfmt"
)

const (
	maxText = 1 << 20 // bytes of a cell, and of the comment on it
	lastRow = 1 << 24 // more rows than any program has
)

// table reads the rows of one sheet.
type table struct {
	w       *workbook
	name    string
	hidden  bool
	out     *sheet.Sheet
	columns [][2]int // hidden ones
	column  int      // the last one that a table-column told of
	number  int      // of the last row
	cells   []sheet.Cell
	text    []byte
	cut     int // texts that are longer than maxText
	drawn   []shape
	unseen  int // texts of shapes that nobody sees
	pale    int // cells of which a part was left out that nobody sees
	facts
	usual   []usual // styles of cells that name none
	reading reading // of the cell under way
}

// usual is the style of a column's cells that name none.
type usual struct {
	last  int // column
	style string
}

// shape is a text that is drawn over the cells; at is zero for one that the
// page holds, not a cell.
type shape struct {
	at   sheet.Range
	text string
}

const maxShapes = 20_000 // of a sheet, more than are shown

// read pushes the rows of the table just begun.
func (t *table) read(s *markup.Scanner) error {
	defer func() {
		if t.cut > 0 {
			t.w.out.Warn("sheet %q: %d cells, comments or shapes have a text longer than %d MB, what is behind that was left out", t.name, t.cut, maxText>>20)
		}
		if t.out != nil {
			if t.unseen > 0 {
				t.w.out.Warn("sheet %q: texts of %d shapes that are hidden, or over hidden rows, were left out", t.name, t.unseen)
			}
			if t.pale > 0 {
				t.w.out.Warn("sheet %q: in %d cells a part of the text that nobody sees, as it is tiny or white on white, was left out", t.name, t.pale)
			}
			for _, d := range t.drawn {
				t.out.Draw(d.at, d.text)
			}
			t.out.Close()
		}
	}()
	over := false
	for depth := s.Depth(); s.Depth() >= depth; {
		k, err := s.Next()
		if err != nil {
			return err
		}
		if k != markup.Start || over {
			continue
		}
		switch string(s.Name()) {
		case "table-column":
			n := repeated(s, "number-columns-repeated")
			if style := s.String("default-cell-style-name"); len(t.usual) < maxStyles {
				t.usual = append(t.usual, usual{min(t.column+n, lastRow), style})
			}
			if hides(s) && len(t.columns) < sheet.MaxColumns {
				t.columns = append(t.columns, [2]int{t.column + 1, t.column + n})
			}
			t.column = min(t.column+n, lastRow)
		case "table-row":
			if t.out == nil {
				t.out = t.w.out.Sheet(sheet.Layout{Name: t.name, Hidden: t.hidden, HiddenColumns: t.columns})
				if over = t.out == nil; over {
					continue
				}
			}
			more, err := t.row(s)
			if err != nil {
				return err
			}
			over = !more
		case "table-header-columns", "table-columns", "table-column-group", "table-header-rows", "table-rows", "table-row-group":
			// Only group what is in them.
		case "shapes":
			if err := t.shapes(s, sheet.Range{}, false); err != nil {
				return err
			}
		default: // forms, sources, named expressions
			if err := s.Skip(); err != nil {
				return err
			}
		}
	}
	return nil
}

// repeated is how often an element stands for itself.
func repeated(s *markup.Scanner, attr string) int {
	n, err := strconv.Atoi(s.String(attr))
	if err != nil || n < 1 {
		return 1
	}
	return min(n, lastRow)
}

func hides(s *markup.Scanner) bool {
	v := string(s.Attr("visibility"))
	return v == "collapse" || v == "filter"
}

// row reads the row just begun and pushes it, as often as it is repeated.
func (t *table) row(s *markup.Scanner) (more bool, err error) {
	n, hidden := repeated(s, "number-rows-repeated"), hides(s)
	if t.number%256 == 0 && t.w.ctx.Err() != nil {
		return false, t.w.ctx.Err()
	}
	t.cells = t.cells[:0]
	col := 1
	in := line{hidden: hidden, rows: n, style: s.String("default-cell-style-name"), usual: t.usual}
	in.painted = t.open || len(t.w.looks.grounds) > 0 && t.w.looks.grounds[keyOf("table-row", s.String("style-name"))]
	for depth := s.Depth(); s.Depth() >= depth; {
		k, err := s.Next()
		if err != nil {
			return false, err
		}
		if k != markup.Start {
			continue
		}
		switch string(s.Name()) {
		case "table-cell":
			if col, err = t.cell(s, col, &in); err != nil {
				return false, err
			}
		case "covered-table-cell":
			// What it holds is not shown.
			col = min(col+repeated(s, "number-columns-repeated"), lastRow)
			if err := s.Skip(); err != nil {
				return false, err
			}
		}
	}
	if len(t.cells) == 0 {
		t.number = min(t.number+n, lastRow)
		return true, nil
	}
	for range n {
		if t.number++; t.number > lastRow {
			return false, nil
		}
		if t.number%256 == 0 && t.w.ctx.Err() != nil {
			return false, t.w.ctx.Err()
		}
		if !t.out.Row(sheet.Row{Number: t.number, Hidden: hidden, Cells: t.cells}) {
			return false, nil
		}
	}
	return true, nil
}

// line is what a row says of all its cells.
type line struct {
	hidden  bool
	rows    int // for which it stands
	painted bool
	style   string  // of cells that name none
	usual   []usual // or this, of the columns that follow
}

// look is how a cell's text is seen: by its own style, the row's or the
// column's.
func (t *table) look(s *markup.Scanner, in *line, col, n int) *cellLook {
	name := s.Attr("style-name")
	if len(name) == 0 {
		name = []byte(in.style)
	}
	for len(in.usual) > 0 && in.usual[0].last < col {
		in.usual = in.usual[1:]
	}
	if len(name) == 0 && len(in.usual) > 0 {
		name = []byte(in.usual[0].style)
	}
	c := t.w.looks.cell(name)
	if in.painted || len(t.painted) > 0 && t.painted.meet(sheet.Range{Col1: col, Row1: t.number + 1, Col2: col + n - 1, Row2: t.number + in.rows}) {
		open := *c
		open.ground = c.ground.Open()
		return &open
	}
	return c
}

// cell reads the cell just begun into the row, as often as it is repeated, and
// gives the column behind it.
func (t *table) cell(s *markup.Scanner, col int, in *line) (next int, err error) {
	n := repeated(s, "number-columns-repeated")
	next = min(col+n, lastRow)
	v := valueOf(s)
	wide, high := repeated(s, "number-columns-spanned"), repeated(s, "number-rows-spanned")
	c := sheet.Cell{Kind: v.kind}
	look := t.look(s, in, col, n)
	t.reading = reading{cell: look, looks: t.w.looks, base: look.look, spans: t.reading.spans[:0], seen: t.reading.seen[:0]}
	t.text = t.text[:0]
	paragraphs := 0
	for depth := s.Depth(); s.Depth() >= depth; {
		k, err := s.Next()
		if err != nil {
			return 0, err
		}
		if k != markup.Start {
			continue
		}
		switch string(s.Name()) {
		case "p", "h":
			if paragraphs++; paragraphs > 1 {
				t.text = append(t.text, '\n')
				t.reading.piece(t.text, len(t.text)-1, 0)
			}
			if t.text, err = paragraph(s, t.text, &t.reading); err != nil {
				return 0, err
			}
		case "annotation":
			if c.Note, err = t.box(s); err != nil {
				return 0, err
			}
		default:
			at := sheet.Range{Col1: col, Row1: t.number + 1, Col2: col, Row2: t.number + 1}
			if err := t.shape(s, at, in.hidden); err != nil {
				return 0, err
			}
		}
	}
	text := valid(t.bounded(t.text))
	shown := strings.TrimSpace(text) != ""
	if c.Text = v.show(text); !shown && paragraphs > 0 && v.kind != 0 && look.someNumbers && !look.noNumbers {
		c.Text = "" // such as the zeros that a format shows nothing of
	}
	c = t.judge(c, v, shown)
	if v.fault || v.formula && sheet.IsFault(c.Text) {
		c.Kind = sheet.Fault
	}
	if c.Text == "" && c.Note == "" {
		return next, nil
	}
	if wide > 1 || high > 1 {
		t.out.Merge(sheet.Range{Col1: col, Row1: t.number + 1, Col2: col + wide - 1, Row2: t.number + high})
	}
	for i := range min(n, sheet.MaxColumns+1) {
		c.Col = col + i
		t.cells = append(t.cells, c)
	}
	return next, nil
}

// bounded is a text up to maxText.
func (t *table) bounded(text []byte) []byte {
	if len(text) <= maxText {
		return text
	}
	t.cut++
	end := maxText
	for end > 0 && !utf8.RuneStart(text[end]) {
		end--
	}
	return text[:end]
}

// paragraph adds the text of the paragraph just begun: OpenDocument writes
// spaces that follow each other, tabs and line ends as elements.
// What is far behind maxText is dropped; see bounded. seen, which may be nil,
// takes what people see of it.
func paragraph(s *markup.Scanner, text []byte, seen *reading) ([]byte, error) {
	if seen != nil {
		seen.begin(s)
	}
	for depth := s.Depth(); s.Depth() >= depth; {
		k, err := s.Next()
		if err != nil {
			return text, err
		}
		if len(text) > maxText {
			continue
		}
		before := len(text)
		switch k {
		case markup.Text:
			text = s.AppendText(text)
			for i := before; i < len(text); i++ {
				if text[i] == '\n' || text[i] == '\t' {
					text[i] = ' ' // line ends in the file mean nothing
				}
			}
		case markup.Start:
			if seen != nil {
				seen.begin(s)
			}
			switch string(s.Name()) {
			case "s":
				n, err := strconv.Atoi(s.String("c"))
				if err != nil || n < 1 {
					n = 1
				}
				for range min(n, 1000) {
					text = append(text, ' ')
				}
			case "tab":
				text = append(text, '\t')
			case "line-break":
				text = append(text, '\n')
			case "ruby-text", "note", "annotation", "frame":
				if err := s.Skip(); err != nil {
					return text, err
				}
			}
		case markup.End:
		}
		if seen != nil && len(text) > before {
			seen.piece(text, before, s.Depth())
		}
	}
	return text, nil
}

// box is the text of the comment or shape just begun, without who wrote it
// when and what it is called.
func (t *table) box(s *markup.Scanner) (string, error) {
	var text []byte
	for depth := s.Depth(); s.Depth() >= depth; {
		k, err := s.Next()
		if err != nil {
			return "", err
		}
		if k != markup.Start {
			continue
		}
		switch string(s.Name()) {
		case "p", "h":
			if len(text) > 0 {
				text = append(text, '\n')
			}
			if text, err = paragraph(s, text, nil); err != nil {
				return "", err
			}
		case "text-box", "list", "list-item", "list-header":
		default:
			if err := s.Skip(); err != nil {
				return "", err
			}
		}
	}
	return strings.TrimSpace(valid(t.bounded(text))), nil
}

// value is what a cell holds beside the text that shows it.
type value struct {
	kind    sheet.Kind
	date    bool
	raw     string
	fault   bool // said only by newer versions of LibreOffice
	formula bool
}

func valueOf(s *markup.Scanner) value {
	kind := s.Attr("office:value-type")
	if kind == nil {
		kind = s.Attr("value-type")
	}
	v := value{fault: string(s.Attr("calcext:value-type")) == "error", formula: s.Attr("formula") != nil}
	switch string(kind) {
	case "float", "percentage", "currency":
		v.kind, v.raw = sheet.Number, s.String("value")
	case "date":
		v.kind, v.date, v.raw = sheet.Date, true, s.String("date-value")
	case "time":
		v.kind = sheet.Date
	case "boolean":
		v.kind, v.raw = sheet.Bool, strings.ToUpper(s.String("boolean-value"))
	case "string":
		v.raw = s.String("string-value")
	}
	return v
}

// digitDate matches a date whose month is in digits, as in "07.03.24 14:05".
var digitDate = pattern.Lazy(`\b\d{1,4}\s?[./-]\s?\d{1,4}(?:\s?[./-]\s?\d{1,4}\b|\.|\b)`)

// show is the text that a cell shows: its own, but for dates that can be
// misread and numbers that it shortens.
func (v value) show(text string) string {
	if strings.TrimSpace(text) == "" && v.raw != "" {
		text = v.raw
		if v.date {
			text = strings.Replace(strings.TrimSuffix(text, "T00:00:00"), "T", " ", 1)
		}
	}
	switch {
	case v.date:
		return v.iso(text)
	case v.kind == sheet.Number && strings.ContainsAny(text, "Ee"):
		if n, err := strconv.ParseFloat(v.raw, 64); err == nil && math.Abs(n) >= 1e15 {
			if digits, ok := numfmt.Exact(v.raw); ok {
				return digits
			}
		}
	}
	return text
}

// iso is the text of a date with its day in the one order that nobody misreads.
// A date whose month is spelled stays as it is.
func (v value) iso(text string) string {
	day, _, _ := strings.Cut(v.raw, "T")
	at := digitDate().FindStringIndex(text)
	if at == nil || len(day) < len("2006-01-02") {
		return text
	}
	parts := strings.FieldsFunc(strings.TrimRight(text[at[0]:at[1]], "."), func(r rune) bool { return !unicode.IsDigit(r) })
	if len(parts) == 2 {
		if strings.IndexFunc(text, unicode.IsLetter) >= 0 {
			return text // "7. mars 14.05"
		}
		if max(len(parts[0]), len(parts[1])) == 4 {
			day = day[:len("2006-01")] // "03/2024"
		}
	}
	return text[:at[0]] + day + text[at[1]:]
}
