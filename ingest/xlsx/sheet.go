package xlsx

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/sufflor/sufflor/index"
	"github.com/sufflor/sufflor/ingest"
	"github.com/sufflor/sufflor/ingest/cases"
)

// cell is a filled cell, or one that a merged cell covers.
type cell struct {
	col    int
	text   string
	number *numeric
	merge  int // 1 + index of the merged range it belongs to, 0 for none
}

// row is a row with its filled cells in column order.
type row struct {
	number int
	cells  []cell
}

// sheet is what was read of one sheet.
type sheet struct {
	name    string
	facts   *facts
	rows    []row
	locale  locale
	wide    bool // has columns beyond the cap
	skipped bool // has values in hidden columns
}

// finish shows numbers as they look in Excel and fills merged ranges.
func (s *sheet) finish(formats []string) {
	for i := range s.rows {
		for j := range s.rows[i].cells {
			c := &s.rows[i].cells[j]
			if c.number == nil {
				continue
			}
			code := ""
			if n := c.number.style; n >= 0 && n < len(formats) {
				code = formats[n]
				if code == "" {
					continue // a built-in format that we leave to excelize
				}
			}
			if text, ok := format(c.number.value, code, s.locale); ok {
				c.text = text
			}
		}
	}
	s.merge()
}

// merge repeats the value of each merged range in all its cells. Ranges may
// overlap in damaged files; the first one wins.
func (s *sheet) merge() {
	at := make(map[int]int, len(s.rows))
	for i, r := range s.rows {
		at[r.number] = i
	}
	filled := 0
	for m, rg := range s.facts.merges {
		top, ok := at[rg.row1]
		if !ok {
			continue
		}
		var value *cell
		for i := range s.rows[top].cells {
			if s.rows[top].cells[i].col == rg.col1 {
				value = &s.rows[top].cells[i]
			}
		}
		if value == nil {
			continue
		}
		source := *value
		source.merge = m + 1
		for n := rg.row1; n <= min(rg.row2, rg.row1+maxRows); n++ {
			i, ok := at[n]
			if !ok {
				if n-rg.row1 > len(s.rows) {
					break
				}
				continue
			}
			for col := rg.col1; col <= min(rg.col2, maxColumns); col++ {
				if s.facts.hiddenColumns.has(col) {
					continue
				}
				if filled++; filled > maxCells {
					return
				}
				s.rows[i].set(col, source)
			}
		}
	}
}

func (r *row) set(col int, c cell) {
	c.col = col
	i, found := slices.BinarySearchFunc(r.cells, col, func(have cell, col int) int { return have.col - col })
	if !found {
		r.cells = slices.Insert(r.cells, i, c)
	} else if r.cells[i].merge == 0 {
		r.cells[i] = c
	}
}

// logical counts cells, a merged one once.
func (r row) logical() int {
	n, last := 0, 0
	for _, c := range r.cells {
		if c.merge == 0 || c.merge != last {
			n++
		}
		last = c.merge
	}
	return n
}

func (r row) text() string {
	var parts []string
	last := 0
	for _, c := range r.cells {
		if c.merge == 0 || c.merge != last {
			parts = append(parts, strings.TrimSpace(c.text))
		}
		last = c.merge
	}
	return strings.Join(parts, " ")
}

// value reports whether a cell holds a figure; a year may head a column.
func (c cell) value() bool {
	if c.number != nil {
		return !(c.number.value >= 1990 && c.number.value <= 2100 && len(c.text) == 4)
	}
	return ingest.IsValue(c.text)
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

func (r row) first() int { return r.cells[0].col }
func (r row) last() int  { return r.cells[len(r.cells)-1].col }

func (r row) at(col int) (cell, bool) {
	i, found := slices.BinarySearchFunc(r.cells, col, func(have cell, col int) int { return have.col - col })
	if !found {
		return cell{}, false
	}
	return r.cells[i], true
}

// head is a table's header, kept for a table that goes on after an empty row.
type head struct {
	texts    []string
	from, to int // columns
	cells    string
	caption  string
}

// genericName matches the names Excel gives to sheets.
var genericName = regexp.MustCompile(`^(?i:sheet|ark|blad|taul|taulukko|tabelle)\s?\d*$`)

// blocks tells the sheet's tables, titles and notes apart.
func (s *sheet) blocks() []ingest.Block {
	var out []ingest.Block
	var above *head
	start := 0
	for i := 1; i <= len(s.rows); i++ {
		if i < len(s.rows) && s.rows[i].number == s.rows[i-1].number+1 {
			continue
		}
		var blocks []ingest.Block
		blocks, above = s.segment(s.rows[start:i], above)
		out = append(out, blocks...)
		start = i
	}
	return out
}

func (s *sheet) place(rows []row) index.Locator {
	from, to := rows[0].first(), rows[0].last()
	for _, r := range rows {
		from, to = min(from, r.first()), max(to, r.last())
	}
	return index.Locator{Sheet: s.name, Cells: s.area(from, rows[0].number, to, rows[len(rows)-1].number)}
}

func (s *sheet) area(col1, row1, col2, row2 int) string {
	if col1 == col2 && row1 == row2 {
		return cellName(col1, row1)
	}
	return cellName(col1, row1) + ":" + cellName(col2, row2)
}

func (s *sheet) paragraph(r row) ingest.Block {
	return ingest.Block{Kind: ingest.Paragraph, Text: r.text(), Locator: s.place([]row{r})}
}

// segment reads rows without an empty one between them: titles, a header, data
// with section rows, notes.
func (s *sheet) segment(rows []row, above *head) ([]ingest.Block, *head) {
	widest := 0
	for _, r := range rows {
		widest = max(widest, r.logical())
	}
	if widest < 2 {
		return s.lone(rows, above)
	}
	top := 0
	for top < len(rows) && rows[top].logical() == 1 {
		top++
	}
	from, to := s.header(rows, top, widest) // header rows, then data
	var out []ingest.Block
	h := above
	if from == to && above != nil && fits(rows[top:], above) {
		to = 0 // the table above goes on; single cells are its sections
	} else {
		h = &head{}
		if above != nil {
			h.caption = above.caption // one title over several tables
		}
		out = s.titles(rows[:top], h)
		if from == to && widest == 2 && len(rows)-top <= prefaceRows && above == nil {
			for _, r := range rows[top:] { // "VAT rate | 25 %" above the table
				out = append(out, s.paragraph(r))
			}
			return out, h
		}
		for _, r := range rows[top:from] {
			out = append(out, s.paragraph(r))
		}
		h.from, h.to = span(rows[from:])
		var lines [][]string
		for _, r := range rows[from:to] {
			lines = append(lines, line(r, h))
		}
		h.texts = ingest.JoinHeader(lines)
		if to > from {
			h.cells = s.area(h.from, rows[from].number, h.to, rows[to-1].number)
		}
	}
	return append(out, s.table(rows[to:], h)...), h
}

// prefaceRows is how many pairs of name and value above a table are its preface
// rather than a table of their own.
const prefaceRows = 4

// lone are rows of single cells: a title that stands apart, or notes.
func (s *sheet) lone(rows []row, above *head) ([]ingest.Block, *head) {
	if above != nil || len([]rune(rows[0].text())) > 120 || strings.HasSuffix(rows[0].text(), ".") {
		var out []ingest.Block
		for _, r := range rows {
			out = append(out, s.paragraph(r))
		}
		return out, above
	}
	h := &head{}
	return s.titles(rows, h), h
}

// titles makes the first title row the table's caption and a heading; more of
// them are paragraphs.
func (s *sheet) titles(rows []row, h *head) []ingest.Block {
	var out []ingest.Block
	for i, r := range rows {
		b := s.paragraph(r)
		if i == 0 {
			b.Kind, b.Level = ingest.Heading, 2
			h.caption = b.Text
		}
		out = append(out, b)
	}
	if h.caption == "" && !genericName.MatchString(s.name) {
		h.caption = s.name
	}
	return out
}

// fits reports whether rows have the columns of the table above.
func fits(rows []row, h *head) bool {
	from, to := span(rows)
	return len(h.texts) > 0 && from >= h.from && to <= h.to
}

func span(rows []row) (from, to int) {
	from, to = rows[0].first(), rows[0].last()
	for _, r := range rows {
		from, to = min(from, r.first()), max(to, r.last())
	}
	return from, to
}

// header finds the header rows: the last run of rows without figures above the
// first row that is mostly data. It may be empty.
func (s *sheet) header(rows []row, top, widest int) (from, to int) {
	data := -1
	for i := top; i < len(rows); i++ {
		if rows[i].values() > 0 && rows[i].logical() >= max(2, (widest+1)/2) {
			data = i
			break
		}
	}
	if data < 0 {
		return s.wordHeader(rows, top)
	}
	last := data
	for last > top && rows[last-1].logical() == 1 {
		last-- // section rows
	}
	first := last
	for first > top && rows[first-1].values() == 0 && rows[first-1].logical() >= 2 {
		first--
	}
	if first == last {
		return data, data
	}
	// Data without figures looks like a header, too: only rows that a merged
	// or missing cell ties to the one above belong to it.
	end := first + 1
	for end < last && end-first < 5 && s.tied(rows[end-1], rows[end], widest) {
		end++
	}
	return first, end
}

// tied reports whether the header goes on from row a into row b.
func (s *sheet) tied(a, b row, widest int) bool {
	if b.values() > 0 {
		return false
	}
	for _, c := range b.cells {
		if up, ok := a.at(c.col); ok && c.merge != 0 && up.merge == c.merge {
			return true // one cell over both rows
		}
	}
	return a.spread() || a.logical() < widest && b.logical() > a.logical()
}

// wordHeader is the header of a table without any figures.
func (s *sheet) wordHeader(rows []row, top int) (from, to int) {
	var lines [][]string
	h := &head{}
	h.from, h.to = span(rows[top:])
	for _, r := range rows[top:] {
		if r.logical() > 1 && len(lines) < 20 {
			lines = append(lines, line(r, h))
		}
	}
	if ingest.IsHeader(lines) {
		return top, top + 1
	}
	if len(lines) > 0 {
		if _, ok := cases.Columns(lines[0]); ok {
			return top, top + 1
		}
	}
	return top, top
}

// line is a row's cells in the columns of h.
func line(r row, h *head) []string {
	out := make([]string, h.to-h.from+1)
	for _, c := range r.cells {
		if c.col >= h.from && c.col <= h.to {
			out[c.col-h.from] = c.text
		}
	}
	return out
}

// table makes the table of data rows and the paragraphs of notes below them.
func (s *sheet) table(rows []row, h *head) []ingest.Block {
	end := len(rows)
	for end > 0 && rows[end-1].logical() == 1 && s.words(rows[end-1]) {
		end--
	}
	t := &ingest.Table{Caption: h.caption, Header: h.texts, Sheet: true}
	group := ""
	for _, r := range rows[:end] {
		if r.logical() == 1 && s.words(r) && r.first() == h.from {
			group = strings.TrimSpace(r.text())
			continue
		}
		cells := line(r, h)
		if slices.Equal(cells, h.texts) {
			continue // the header again
		}
		refs := make([]string, len(cells))
		for i := range refs {
			refs[i] = cellName(h.from+i, r.number)
		}
		t.Rows = append(t.Rows, ingest.Row{
			Cells: cells, Refs: refs, Group: group,
			Locator: index.Locator{Sheet: s.name, Cells: s.area(h.from, r.number, h.to, r.number), Header: h.cells},
		})
	}
	var out []ingest.Block
	if at, ok := cases.Columns(h.texts); ok {
		out = s.cases(t.Rows, at)
	} else if len(t.Rows) > 0 {
		at := s.place(rows[:end])
		at.Header = h.cells
		out = append(out, ingest.Block{Kind: ingest.TableBody, Table: t, Locator: at})
	}
	for _, r := range rows[end:] {
		out = append(out, s.paragraph(r))
	}
	return out
}

// words reports whether a row's only cell is text.
func (s *sheet) words(r row) bool { return !r.cells[0].value() }

// cases makes blocks of rows with a question and an answer.
func (s *sheet) cases(rows []ingest.Row, at map[cases.Field]int) []ingest.Block {
	highest := 0.0
	if col, ok := at[cases.Rating]; ok {
		for _, r := range rows {
			highest = max(highest, cases.Score(r.Cells[col]))
		}
	}
	var out []ingest.Block
	for _, r := range rows {
		c, ok := cases.FromRow(r.Cells, at)
		if !ok || cases.Unhelpful(c.Rating, highest) {
			continue
		}
		if c.ID == "" {
			c.ID = fmt.Sprintf("%s!%s", s.name, r.Refs[0])
		}
		loc := r.Locator
		loc.Case = c.ID
		out = append(out, ingest.Block{Kind: ingest.CaseBlock, Case: &c, Locator: loc})
	}
	return out
}
