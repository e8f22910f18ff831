package sheet

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/sufflor/sufflor/index"
	"github.com/sufflor/sufflor/ingest"
	"github.com/sufflor/sufflor/ingest/cases"
)

const (
	blockRows = 2000 // a longer table goes on in the next block
	maxTail   = 100  // rows of single words after which a table is over
	maxLevels = 3    // section rows that follow each other and all name the rows below
)

// table takes the rows below a header.
type table struct {
	s     *Sheet
	head  *head
	emit  func(ingest.Block)
	rows  []ingest.Row
	made  bool // a block, or several
	group string
	tail  []row // single words: sections if data follows, else notes
	cases map[cases.Field]int

	// What the rows since the last block cover.
	col1, row1, col2, row2 int
}

func newTable(s *Sheet, h *head, emit func(ingest.Block)) *table {
	t := &table{s: s, head: h, emit: emit}
	if at, ok := cases.Columns(h.texts); ok {
		t.cases = at
	}
	return t
}

// add takes a row. It reports false for one that the table is over before.
func (t *table) add(r row) bool {
	if len(r.cells) == 1 || r.cells[0].merge != 0 && r.logical() == 1 {
		if !r.cells[0].value() && !t.asks(r) {
			if len(t.tail) == maxTail {
				return false
			}
			t.tail = append(t.tail, r.clone())
			return true
		}
	}
	t.sections()
	t.data(r)
	return true
}

// asks reports whether a row's only cell is a question or an answer.
func (t *table) asks(r row) bool {
	for _, f := range []cases.Field{cases.Question, cases.Answer} {
		if col, ok := t.cases[f]; ok && r.first() == t.head.from+col {
			return true
		}
	}
	return false
}

// sections makes the waiting single words the group of the rows to come.
func (t *table) sections() {
	if len(t.tail) == 0 {
		return
	}
	tail := t.tail
	t.tail = nil
	var group []string
	for i, r := range tail {
		if r.first() != t.head.from || len(tail)-i > maxLevels || len(r.notes) > 0 || r.long() {
			t.data(r)
			continue
		}
		t.cover(r)
		group = append(group, strings.TrimSpace(r.text()))
	}
	if len(group) > 0 {
		t.group = strings.Join(group, " / ")
	}
}

// cover widens the place of the block to a row.
func (t *table) cover(r row) {
	if t.row1 == 0 {
		t.col1, t.row1, t.col2 = r.first(), r.number, r.last()
		if t.s.layout.Lines {
			t.row1 = r.line
		}
	}
	t.col1, t.col2, t.row2 = min(t.col1, r.first()), max(t.col2, r.last()), r.number
	if t.s.layout.Lines {
		t.row2 = r.end
	}
}

func (t *table) data(r row) {
	h := t.head
	if r.first() < h.from { // a column that the first rows did not have
		t.flush()
		wider := *h
		pad := make([]string, h.from-r.first())
		if len(h.texts) > 0 {
			wider.texts = append(pad, h.texts...)
		}
		wider.lines = nil
		for _, l := range h.lines {
			wider.lines = append(wider.lines, append(slices.Clone(pad), l...))
		}
		if t.cases != nil {
			t.cases, _ = cases.Columns(wider.texts)
		}
		wider.from = r.first()
		*h = wider
	}
	width := max(h.to, r.last()) - h.from + 1
	if t.s.layout.Lines {
		width = r.last() - h.from + 1
	}
	n := width + len(r.notes)
	t.s.book.places += n
	t.s.book.text += len(t.group)
	cells := t.s.book.take(n)
	for _, c := range r.cells {
		cells[c.Col-h.from] = c.Text
	}
	if t.repeated(cells[:width]) {
		return // the header again
	}
	t.cover(r)
	out := ingest.Row{Cells: cells, Group: t.group}
	if t.s.layout.Lines {
		out.Locator = lines(r.line, r.end)
	} else {
		out.Refs = t.s.book.take(n)
		out.Locator = index.Locator{Sheet: t.s.layout.Name, Header: h.cells}
		out.Locator.Cells = t.s.book.refs(out.Refs[:width], h.from, r.number)
	}
	for i, c := range r.notes {
		cells[width+i] = c.Note
		if out.Refs != nil {
			out.Refs[width+i] = CellName(c.Col, r.number)
		}
	}
	t.rows = append(t.rows, out)
	if len(t.rows) == blockRows && t.cases == nil {
		t.flush()
	}
}

// refs names the cells of a row and gives its range. One string backs them
// all: a million small ones would cost more than the values.
func (b *Book) refs(refs []string, from, row int) string {
	buf := b.buf[:0]
	var number [20]byte
	digits := strconv.AppendInt(number[:0], int64(row), 10)
	last := from + len(refs) - 1
	buf = append(append(buf, b.column(from)...), digits...)
	if last > from {
		buf = append(append(append(buf, ':'), b.column(last)...), digits...)
	}
	whole := len(buf)
	for i := 1; i < len(refs)-1; i++ {
		buf = append(append(buf, b.column(from+i)...), digits...)
	}
	text := string(buf)
	b.buf = buf
	at := whole
	for i := 1; i < len(refs)-1; i++ {
		n := len(b.column(from+i)) + len(digits)
		refs[i] = text[at : at+n]
		at += n
	}
	size := len(b.column(from)) + len(digits)
	refs[0] = text[:size]
	if last > from {
		refs[len(refs)-1] = text[size+1 : whole]
	}
	return text[:whole]
}

// repeated reports whether a row is a line of the header once more.
func (t *table) repeated(cells []string) bool {
	for _, l := range t.head.lines {
		if slices.Equal(cells, l[:min(len(l), len(cells))]) && strings.Join(l[min(len(l), len(cells)):], "") == "" {
			return true
		}
	}
	return false
}

// flush makes a block of the rows so far.
func (t *table) flush() {
	if len(t.rows) == 0 || t.cases != nil {
		return
	}
	for _, text := range t.head.texts {
		t.s.book.text += len(text)
	}
	var at index.Locator
	if t.s.layout.Lines {
		at = lines(t.row1, t.row2)
	} else {
		at = index.Locator{Sheet: t.s.layout.Name, Cells: area(t.col1, t.row1, t.col2, t.row2), Header: t.head.cells}
	}
	t.emit(ingest.Block{Kind: ingest.TableBody, Locator: at, Table: &ingest.Table{Caption: t.head.caption, Header: t.head.texts, Rows: slices.Clip(t.rows), Sheet: true}})
	t.rows, t.row1, t.made = nil, 0, true
}

// close makes the last block and gives the notes below the table.
func (t *table) close() []ingest.Block {
	if t.cases != nil {
		t.made = len(t.rows) > 0 || t.s.layout.Lines
		t.solved()
	}
	t.flush()
	var out []ingest.Block
	if words := strings.Join(strings.Fields(strings.Join(t.head.texts, " ")), " "); !t.made && words != "" {
		// A form to be filled in still says what it asks for.
		out = append(out, ingest.Block{Kind: ingest.Paragraph, Text: words, Locator: index.Locator{Sheet: t.s.layout.Name, Cells: t.head.cells}})
	}
	for _, r := range t.tail {
		out = append(out, t.s.paragraph(r))
	}
	t.tail = nil
	return out
}

// solved makes blocks of rows with a question and an answer.
func (t *table) solved() {
	highest := 0.0
	if col, ok := t.cases[cases.Rating]; ok {
		for _, r := range t.rows {
			if col < len(r.Cells) {
				highest = max(highest, cases.Score(r.Cells[col]))
			}
		}
	}
	incomplete, unhelpful := 0, 0
	for _, r := range t.rows {
		c, ok := cases.FromRow(r.Cells, t.cases)
		if !ok {
			incomplete++
			continue
		}
		if cases.Unhelpful(c.Rating, highest) {
			unhelpful++
			continue
		}
		if c.ID == "" {
			if t.s.layout.Lines {
				c.ID = strconv.Itoa(r.Locator.Line)
			} else {
				c.ID = fmt.Sprintf("%s!%s", t.s.layout.Name, r.Refs[0])
			}
		}
		loc := r.Locator
		loc.Case = c.ID
		t.emit(ingest.Block{Kind: ingest.CaseBlock, Case: &c, Locator: loc})
	}
	if incomplete > 0 {
		t.s.book.Warn("%s%d rows without question or answer were left out", t.s.prefix(), incomplete)
	}
	if unhelpful > 0 {
		t.s.book.Warn("%s%d cases rated as unhelpful were left out", t.s.prefix(), unhelpful)
	}
	t.rows = nil
}
