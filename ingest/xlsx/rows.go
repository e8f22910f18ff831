package xlsx

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/sufflor/sufflor/ingest/sheet"
	"github.com/sufflor/sufflor/ingest/sheet/markup"
	"github.com/sufflor/sufflor/ingest/sheet/numfmt"
)

// page reads the rows of one sheet.
type page struct {
	w      *workbook
	name   string
	out    *sheet.Sheet
	facts  *facts
	number int // of the row under way
	cells  []sheet.Cell
	value  []byte
	place  numfmt.Place
	noted  []place // comments by row
	lost   int     // cells whose shared text is missing
	failed int     // formulas that could not be computed
	pale   int     // cells of which a part was left out that nobody sees
	looks  rich    // of the text just shown
	cache  []shown

	concealed map[int]bool // rows that are not shown, where shapes may lie over them
}

// shown is a number that was shown before: columns repeat theirs.
type shown struct {
	bits  uint64
	style int
	cell  sheet.Cell
}

const (
	cacheSize = 1 << 12
	maxNamed  = 5 // cells that warnings name one by one
)

// general is how a cell without a style shows its value.
var general = numfmt.Parse("General")

func (p *page) style(id int) *numfmt.Format {
	if id < 0 || id >= len(p.w.book.styles) {
		return general
	}
	return p.w.book.styles[id].format
}

// rows pushes the rows of a part.
func (p *page) rows(part string) error {
	r, err := p.w.arc.Open(part)
	if err != nil {
		return err
	}
	p.place = numfmt.Place{Language: p.facts.language, Date1904: p.w.book.date1904}
	p.cache, p.concealed = make([]shown, cacheSize), map[int]bool{}
	p.noted = slices.SortedFunc(maps.Keys(p.facts.notes), func(a, b place) int {
		if a.row != b.row {
			return a.row - b.row
		}
		return a.col - b.col
	})
	err = p.scan(markup.New(r))
	if errors.Is(err, io.EOF) {
		err = nil
	}
	return errors.Join(err, r.Close())
}

func (p *page) scan(s *markup.Scanner) error {
	inside := false
	for {
		k, err := s.Next()
		if err != nil {
			if errors.Is(err, io.EOF) {
				p.rest(lastRow + 1)
			}
			return err
		}
		switch {
		case k == markup.Start && string(s.Name()) == "sheetData":
			inside = true
		case k == markup.End && string(s.Name()) == "sheetData":
			// Checksums stand at the end: read on, but no rows.
			inside = false
		case k == markup.Start && inside && string(s.Name()) == "row":
			more, err := p.row(s)
			if err != nil || !more {
				return err
			}
		}
	}
}

// row reads the row just begun and pushes it. It reports whether more are
// wanted.
func (p *page) row(s *markup.Scanner) (bool, error) {
	number := p.number + 1
	if n, ok := whole(s.Attr("r")); ok && n > 0 && n <= lastRow {
		number = n
	}
	if number%256 == 0 && p.w.ctx.Err() != nil {
		return false, p.w.ctx.Err()
	}
	hidden := yes(s.Attr("hidden")) || none(s.String("ht"))
	if hidden && len(p.facts.shapes) > 0 {
		p.concealed[number] = true
	}
	p.cells = p.cells[:0]
	col, depth := 0, s.Depth()
	for {
		k, err := s.Next()
		if err != nil {
			return false, err
		}
		if k == markup.Start && string(s.Name()) == "c" {
			col++
			ref := s.Attr("r")
			if c, _ := parseCell(ref); c > 0 {
				col = c
			}
			c, err := p.cell(s, number, col)
			if err != nil {
				return false, err
			}
			if c.Text != "" {
				c.Col = col
				p.cells = append(p.cells, c)
			}
		}
		if s.Depth() < depth {
			break
		}
	}
	if !p.rest(number) {
		return false, nil
	}
	p.notes(number)
	p.number = number
	return p.out.Row(sheet.Row{Number: number, Hidden: hidden, Cells: p.cells}), nil
}

// rest pushes the comments in rows before number that the file does not list.
func (p *page) rest(number int) bool {
	for len(p.noted) > 0 && p.noted[0].row < number {
		row := p.noted[0].row
		if row <= p.number { // passed already, in a file whose rows are out of order
			p.noted = p.noted[1:]
			continue
		}
		kept := p.cells
		p.cells = nil
		p.notes(row)
		more := p.out.Row(sheet.Row{Number: row, Cells: p.cells})
		p.cells = kept
		if !more {
			return false
		}
	}
	return true
}

// notes adds the comments on a row to its cells.
func (p *page) notes(number int) {
	for len(p.noted) > 0 && p.noted[0].row == number {
		at := p.noted[0]
		p.noted = p.noted[1:]
		i := slices.IndexFunc(p.cells, func(c sheet.Cell) bool { return c.Col == at.col })
		if i < 0 {
			p.cells = append(p.cells, sheet.Cell{Col: at.col})
			i = len(p.cells) - 1
		}
		p.cells[i].Note = p.facts.notes[at]
	}
}

// whole reads a number of digits only.
func whole(b []byte) (int, bool) {
	if len(b) == 0 || len(b) > 9 {
		return 0, false
	}
	n := 0
	for _, c := range b {
		if c < '0' || c > '9' {
			return 0, false
		}
		n = n*10 + int(c-'0')
	}
	return n, true
}

// cell reads the cell just begun; one that shows nothing has no text.
func (p *page) cell(s *markup.Scanner, row, col int) (sheet.Cell, error) {
	style, _ := whole(s.Attr("s")) // 0 is the first style
	kind := kindOf(s.Attr("t"))
	formula, value, stored := false, false, false
	p.value, p.looks = p.value[:0], rich{}
	for depth := s.Depth(); ; {
		k, err := s.Next()
		if err != nil {
			return sheet.Cell{}, err
		}
		switch k {
		case markup.Start:
			switch string(s.Name()) {
			case "v":
				value, stored = true, true
			case "f":
				formula = true
			case "is":
				if p.value, p.looks, err = richText(s, p.value, &p.w.book.colors); err != nil {
					return sheet.Cell{}, err
				}
			}
		case markup.Text:
			if value {
				p.value = s.AppendText(p.value)
			}
		case markup.End:
			value = false
		}
		if s.Depth() < depth {
			break
		}
	}
	var c sheet.Cell
	if formula && (!stored || kind == number && len(bytes.TrimSpace(p.value)) == 0) {
		c = p.compute(row, col, style)
	} else {
		c = p.show(kind, style)
	}
	return p.look(c, p.looks, style, row, col), nil
}

// kind is what the t attribute of a cell says.
type kind uint8

const (
	number kind = iota
	shared
	text
	boolean
	fault
	isoDate
)

func kindOf(t []byte) kind {
	switch string(t) {
	case "s":
		return shared
	case "str", "inlineStr":
		return text
	case "b":
		return boolean
	case "e":
		return fault
	case "d":
		return isoDate
	}
	return number
}

// show is the cell of the value just read.
func (p *page) show(k kind, style int) sheet.Cell {
	if len(p.value) == 0 {
		return sheet.Cell{}
	}
	switch k {
	case shared:
		i, ok := whole(bytes.TrimSpace(p.value))
		t, found := p.w.book.texts.at(i)
		if !ok || !found {
			p.lost++
			return sheet.Cell{}
		}
		p.looks = p.w.book.texts.rich[i]
		return p.words(t, style)
	case text:
		return p.words(clean(p.value), style)
	case boolean:
		if yes(bytes.TrimSpace(p.value)) {
			return sheet.Cell{Text: "TRUE", Kind: sheet.Bool}
		}
		return sheet.Cell{Text: "FALSE", Kind: sheet.Bool}
	case fault:
		return sheet.Cell{Text: clean(p.value[:min(len(p.value), 20)]), Kind: sheet.Fault}
	case isoDate:
		t := strings.TrimSuffix(strings.TrimSpace(clean(p.value)), "Z")
		t = strings.TrimSuffix(strings.TrimSuffix(t, ".000"), "T00:00:00")
		return sheet.Cell{Text: strings.Replace(t, "T", " ", 1), Kind: sheet.Date}
	}
	return p.figure(bytes.TrimSpace(p.value), style)
}

// words is a text as its format shows it; what it does not show is there to be
// asked for.
func (p *page) words(t string, style int) sheet.Cell {
	if shown := p.style(style).Text(t); strings.TrimSpace(shown) != "" || strings.TrimSpace(t) == "" {
		return sheet.Cell{Text: shown}
	}
	return sheet.Cell{Text: t, Unseen: true}
}

// figure is a number as its format shows it.
func (p *page) figure(raw []byte, style int) sheet.Cell {
	v, err := strconv.ParseFloat(string(raw), 64)
	if err != nil || v-v != 0 { // neither infinite nor NaN
		return sheet.Cell{Text: clean(raw)} // no number after all, but something
	}
	f := p.style(style)
	if math.Abs(v) >= 1e15 && f.Plain() {
		if digits, ok := numfmt.Exact(string(raw)); ok {
			return sheet.Cell{Text: digits, Kind: sheet.Number}
		}
	}
	bits := math.Float64bits(v)
	slot := &p.cache[(bits>>40^bits>>20^bits^uint64(style)*0x9E3779B1)%cacheSize] //nolint:gosec // a style is not negative
	if slot.bits == bits && slot.style == style && slot.cell.Text != "" {
		return slot.cell
	}
	c := sheet.Cell{Kind: sheet.Number}
	var date bool
	if c.Text, date = f.Number(v, p.place); date {
		c.Kind = sheet.Date
	}
	if style < len(p.w.book.styles) && p.w.book.styles[style].blank {
		c.Text, c.Unseen = string(raw), true
	}
	*slot = shown{bits, style, c}
	return c
}

// compute is the cell of a formula that was stored without a value.
func (p *page) compute(row, col, style int) sheet.Cell {
	name := sheet.CellName(col, row)
	v, err := p.w.formulas.value(p.name, name)
	if err != nil {
		if p.failed++; p.failed <= maxNamed {
			p.w.out.Warn("sheet %q, cell %s: its formula has no stored value and cannot be computed (%v); open the file in Excel and save it", p.name, name, err)
		}
		return sheet.Cell{}
	}
	p.value = append(p.value[:0], v...)
	switch _, err := strconv.ParseFloat(v, 64); {
	case err == nil:
		return p.show(number, style)
	case strings.HasPrefix(v, "#"):
		return p.show(fault, style)
	}
	return p.show(text, style)
}

// report warns of what was left out.
func (p *page) report() {
	if p.failed > maxNamed {
		p.w.out.Warn("sheet %q: %d more formulas have no stored value and cannot be computed", p.name, p.failed-maxNamed)
	}
	if p.pale > 0 {
		p.w.out.Warn("sheet %q: in %d cells a part of the text that nobody sees, as it is tiny or white on white, was left out", p.name, p.pale)
	}
	if p.lost > 0 {
		p.w.out.Warn("sheet %q: %d cells were left out, the workbook's list of texts does not hold theirs; open the file in Excel and save it again", p.name, p.lost)
	}
}

// sample is text of the first rows, from which the language is told. It leaves
// the scanner behind the rows.
func (w *workbook) sample(s *markup.Scanner) (string, error) {
	var b strings.Builder
	var value []byte
	var kind kind
	in := false
	add := func(t string) {
		if strings.TrimSpace(t) != "" {
			b.WriteString(t + "\n")
		}
	}
	depth := s.Depth()
	for n := 0; b.Len() < sampleSize && n < 20*sampleSize; n++ {
		k, err := s.Next()
		if err != nil {
			return b.String(), err
		}
		if s.Depth() < depth {
			return b.String(), nil
		}
		switch k {
		case markup.Start:
			switch string(s.Name()) {
			case "c":
				kind = kindOf(s.Attr("t"))
			case "v":
				in, value = true, value[:0]
			case "is":
				if value, _, err = richText(s, value[:0], &w.book.colors); err != nil {
					return b.String(), err
				}
				add(clean(value))
			}
		case markup.Text:
			if in {
				value = s.AppendText(value)
			}
		case markup.End:
			if !in {
				continue
			}
			in = false
			if i, ok := whole(value); ok && kind == shared {
				t, _ := w.book.texts.at(i)
				add(t)
			} else if kind == text {
				add(clean(value))
			}
		}
	}
	if err := s.SkipTo("sheetData", depth); err != nil {
		return b.String(), fmt.Errorf("pass over rows: %w", err)
	}
	return b.String(), nil
}
