package sheet

import (
	"slices"
	"strconv"
	"strings"

	"github.com/sufflor/sufflor/index"
	"github.com/sufflor/sufflor/ingest"
	"github.com/sufflor/sufflor/ingest/cases"
	"github.com/sufflor/sufflor/ingest/pattern"
)

const (
	lookahead      = 256    // rows from which the shape of a segment is guessed
	lookaheadCells = 50_000 // or cells, whichever comes first
)

// segment takes a row into the current segment: the rows without an empty one
// between them. Its first rows are kept until it is known whether tables stand
// side by side in it.
func (s *Sheet) segment(r row) {
	if r.gap {
		s.finish()
	}
	if len(s.regions) > 0 {
		s.route(r)
		return
	}
	s.pending = append(s.pending, r.clone())
	if s.waiting += len(r.cells); len(s.pending) >= lookahead || s.waiting > lookaheadCells {
		s.divide()
	}
}

// clone is a copy that outlives the next row.
func (r row) clone() row {
	r.cells, r.notes = slices.Clone(r.cells), slices.Clone(r.notes)
	return r
}

// finish ends the current segment.
func (s *Sheet) finish() {
	if len(s.regions) == 0 && len(s.pending) > 0 {
		s.divide()
	}
	var heads []*head
	for _, r := range s.regions {
		r.end()
		for _, b := range r.out {
			s.emit(b)
		}
		if r.above != nil {
			heads = append(heads, r.above)
		}
	}
	for _, b := range s.loose {
		s.emit(b)
	}
	if len(heads) > 0 {
		s.above = heads
	}
	s.regions, s.loose = nil, nil
}

// divide finds the parts of the segment and hands them its first rows.
func (s *Sheet) divide() {
	starts := s.parts(s.pending)
	for i, from := range starts {
		r := &region{s: s, from: from, to: MaxColumns, alone: len(starts) == 1}
		if i+1 < len(starts) {
			r.to = starts[i+1] - 1
		}
		s.regions = append(s.regions, r)
	}
	rows := s.pending
	s.pending, s.waiting = nil, 0
	for _, r := range rows {
		s.route(r)
	}
}

// route gives each part of the segment its cells of a row.
func (s *Sheet) route(r row) {
	if len(s.regions) == 1 {
		s.regions[0].row(r)
		return
	}
	for _, reg := range s.regions {
		part := r
		part.gap = reg.blank
		part.cells, part.notes = nil, nil
		for i, c := range r.cells {
			if c.Col >= reg.from && c.Col <= reg.to {
				part.cells = append(part.cells, r.cells[i])
			}
		}
		for _, c := range r.notes {
			if c.Col >= reg.from && c.Col <= reg.to {
				part.notes = append(part.notes, c)
			}
		}
		if len(part.cells) == 0 {
			reg.blank = true
			reg.loose = append(reg.loose, s.notes(part)...)
			continue
		}
		reg.blank = false
		reg.row(part)
	}
}

// parts are the first columns of the tables that stand side by side, the first
// one 1. An empty column alone does not part a table, since many use one to
// make room: what is right of it must also look like a table of its own.
func (s *Sheet) parts(rows []row) []int {
	starts := []int{1}
	if s.layout.Lines {
		return starts
	}
	var filled [MaxColumns + 2]bool
	for _, r := range rows {
		for _, c := range r.cells {
			// A title may go over both tables.
			if c.merge == 0 || !s.wide(c.merge) {
				filled[c.Col] = true
			}
		}
	}
	from := 1
	for col := 2; col <= MaxColumns; col++ {
		if !filled[col] {
			continue
		}
		if s.tableStarts(rows, col) || !filled[col-1] && s.apart(rows, filled[:], from, col) {
			starts = append(starts, col)
			from = col
		}
	}
	return starts
}

// wide reports whether a merged range goes over several columns.
func (s *Sheet) wide(m int) bool { return s.merged[m-1].Col2 > s.merged[m-1].Col1 }

// tableStarts reports whether the file itself has a table that starts in this
// column, beside another one.
func (s *Sheet) tableStarts(rows []row, col int) bool {
	first, last := rows[0].number, rows[len(rows)-1].number
	for _, t := range s.layout.Tables {
		if t.Col1 != col || t.Row1 > last || t.Row2 < first {
			continue
		}
		for _, other := range s.layout.Tables {
			if other.Col2 < col && other.Row1 <= t.Row2 && other.Row2 >= t.Row1 {
				return true
			}
		}
	}
	return false
}

// apart reports whether a table of its own begins in column col, where an
// empty column stands before it: both have two columns or more, and they share
// words of their headers or do not begin and end together.
func (s *Sheet) apart(rows []row, filled []bool, from, col int) bool {
	left, right := col-1, col
	for left > from && !filled[left] {
		left--
	}
	for right < MaxColumns && filled[right+1] {
		right++
	}
	lo := left
	for lo > from && filled[lo-1] {
		lo--
	}
	if left-lo < 1 || right-col < 1 {
		return false
	}
	words := map[string]bool{}
	var have [2][]int // rows with two cells or more in the left and the right part
	for i, r := range rows {
		var n [2]int
		for _, c := range r.cells {
			switch {
			case c.merge != 0 && s.wide(c.merge):
			case c.Col >= lo && c.Col <= left:
				n[0]++
				if i < 10 && !c.value() {
					words[c.Text] = true
				}
			case c.Col >= col && c.Col <= right:
				n[1]++
			}
		}
		for side := range n {
			if n[side] > 1 {
				have[side] = append(have[side], i)
			}
		}
	}
	if len(have[0]) < 2 || len(have[1]) < 2 {
		return false
	}
	shared := 0
	for _, r := range rows[:min(10, len(rows))] {
		for _, c := range r.cells {
			if c.Col >= col && c.Col <= right && !c.value() && c.merge == 0 && words[c.Text] {
				shared++
			}
		}
	}
	first, last := have[0][0]-have[1][0], have[0][len(have[0])-1]-have[1][len(have[1])-1]
	return shared >= 2 || first != 0 || last < -1 || last > 1
}

// region is a part of a segment with one table at a time.
type region struct {
	s        *Sheet
	from, to int  // columns
	alone    bool // the only one of its segment: its blocks need not wait
	blank    bool // its last row was empty
	pending  []row
	waiting  int
	lone     bool // rows of single cells
	table    *table
	above    *head
	out      []ingest.Block
	loose    []ingest.Block
}

func (g *region) emit(blocks ...ingest.Block) {
	for _, b := range blocks {
		if g.alone {
			g.s.emit(b)
		} else {
			g.out = append(g.out, b)
		}
	}
}

func (g *region) row(r row) {
	if r.gap {
		g.end()
	}
	switch {
	case g.table != nil:
		if !g.table.add(r) {
			g.end()
			g.row(r)
		}
	case g.lone && r.logical() < 2:
		g.emit(g.s.paragraph(r))
	default:
		if g.lone {
			g.end()
		}
		g.pending = append(g.pending, r.clone())
		if g.waiting += len(r.cells); len(g.pending) >= lookahead || g.waiting > lookaheadCells {
			g.decide()
		}
	}
}

// end closes what is open, so that the next row begins something new.
func (g *region) end() {
	if len(g.pending) > 0 {
		g.decide()
	}
	if g.table != nil {
		g.emit(g.table.close()...)
	}
	g.emit(g.loose...)
	g.table, g.lone, g.loose = nil, false, nil
}

// head is a table's header, kept for a table that goes on after an empty row.
type head struct {
	texts    []string   // a column, joined
	lines    [][]string // as they stand
	from, to int        // columns
	cells    string
	caption  string
}

// genericName matches the names that spreadsheet programs give to sheets.
var genericName = pattern.Lazy(`^(?i:sheet|ark|blad|taul|taulukko|tabelle|tabell|feuil|hoja|foglio|arkusz|planilha)[ _]?\d*$`)

// decide finds out what the pending rows are: titles, a header, data with
// section rows, notes.
func (g *region) decide() {
	rows := g.pending
	g.pending, g.waiting = nil, 0
	above := g.heading(rows)
	widest := 0
	for _, r := range rows {
		widest = max(widest, r.logical())
	}
	if widest < 2 {
		g.single(rows, above)
		return
	}
	top := 0
	for top < len(rows) && rows[top].logical() == 1 {
		top++
	}
	from, to := g.s.header(rows, top, widest) // header rows, then data
	h := above
	if from == to && above != nil && fits(rows[top:], above) {
		to = 0 // the table above goes on; single cells are its sections
	} else {
		h = &head{}
		if above != nil {
			h.caption = above.caption // one title over several tables
		}
		g.emit(g.s.titles(rows[:top], h)...)
		if from == to && widest == 2 && len(rows)-top <= prefaceRows && above == nil && !g.s.layout.Lines {
			for _, r := range rows[top:] { // "VAT rate | 25 %" above the table
				g.emit(g.s.paragraph(r))
			}
			g.above = h
			return
		}
		for _, r := range rows[top:from] {
			g.emit(g.s.paragraph(r))
		}
		h.from, h.to = span(rows[from:])
		for _, r := range rows[from:to] {
			h.lines = append(h.lines, line(r, h))
			g.emit(g.s.notes(r)...)
		}
		h.texts = ingest.JoinHeader(h.lines)
		if g.s.layout.Lines { // rows of text end where their last value does
			for n := len(h.texts); n > 0 && h.texts[n-1] == ""; n-- {
				h.texts = h.texts[:n-1]
			}
		}
		if to > from && !g.s.layout.Lines {
			h.cells = area(h.from, rows[from].number, h.to, rows[to-1].number)
		}
	}
	g.above = h
	g.table = newTable(g.s, h, func(b ingest.Block) { g.emit(b) })
	for i, r := range rows[to:] {
		if !g.table.add(r) {
			rest := rows[to+i:]
			g.end()
			for _, r := range rest {
				r.gap = false
				g.row(r)
			}
			return
		}
	}
}

// heading is the head above that the rows may go on under: the one in their
// columns, else any.
func (g *region) heading(rows []row) *head {
	if g.above != nil {
		return g.above
	}
	for _, h := range g.s.above {
		if fits(rows, h) {
			return h
		}
	}
	if len(g.s.above) > 0 {
		return g.s.above[0]
	}
	return nil
}

// prefaceRows is how many pairs of name and value above a table are its preface
// rather than a table of their own.
const prefaceRows = 4

// single are rows of single cells: a title that stands apart, or notes.
func (g *region) single(rows []row, above *head) {
	g.lone = true
	if above != nil || rows[0].cells[0].value() || len([]rune(rows[0].text())) > 120 || strings.HasSuffix(rows[0].text(), ".") {
		for _, r := range rows {
			g.emit(g.s.paragraph(r))
		}
		g.above = above
		return
	}
	h := &head{}
	g.emit(g.s.titles(rows, h)...)
	g.above = h
}

// titles makes the first title row the table's caption and a heading; more of
// them are paragraphs.
func (s *Sheet) titles(rows []row, h *head) []ingest.Block {
	var out []ingest.Block
	for i, r := range rows {
		b := s.paragraph(r)
		if i == 0 && !r.cells[0].value() && len([]rune(b.Text)) <= 200 && !strings.Contains(b.Text, "\n") {
			b.Kind, b.Level = ingest.Heading, 2
			h.caption = b.Text
		}
		out = append(out, b)
	}
	if h.caption == "" && s.layout.Name != "" && !genericName().MatchString(s.layout.Name) {
		h.caption = s.layout.Name
	}
	return out
}

// paragraph is a row as running text, with the comments on it.
func (s *Sheet) paragraph(r row) ingest.Block {
	parts := []string{r.text()}
	for _, c := range r.notes {
		parts = append(parts, strings.TrimSpace(c.Note))
	}
	return ingest.Block{Kind: ingest.Paragraph, Text: strings.Join(parts, "\n"), Locator: s.locator(r)}
}

// notes are the comments on a row's cells as paragraphs.
func (s *Sheet) notes(r row) []ingest.Block {
	var out []ingest.Block
	for _, c := range r.notes {
		text := strings.TrimSpace(c.Note)
		if t := strings.TrimSpace(c.Text); t != "" {
			text = t + ": " + text
		}
		out = append(out, ingest.Block{Kind: ingest.Paragraph, Text: text, Locator: index.Locator{Sheet: s.layout.Name, Cells: CellName(c.Col, r.number)}})
	}
	return out
}

func (s *Sheet) locator(r row) index.Locator {
	if s.layout.Lines {
		return lines(r.line, r.end)
	}
	return index.Locator{Sheet: s.layout.Name, Cells: area(r.first(), r.number, r.last(), r.number)}
}

func lines(from, to int) index.Locator {
	at := index.Locator{Line: from}
	if to > from {
		at.LineEnd = to
	}
	return at
}

func area(col1, row1, col2, row2 int) string {
	if col1 == col2 && row1 == row2 {
		return CellName(col1, row1)
	}
	return CellName(col1, row1) + ":" + CellName(col2, row2)
}

// fits reports whether rows have the columns of the table above.
func fits(rows []row, h *head) bool {
	from, to := span(rows)
	return len(h.texts) > 0 && from >= h.from && to <= h.to
}

// header finds the header rows: those of a table the file names as such, else
// the last run of rows without figures above the first row that is mostly
// data. It may be empty.
func (s *Sheet) header(rows []row, top, widest int) (from, to int) {
	if from, to, ok := s.named(rows, top); ok {
		return from, to
	}
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
	if data+1 < len(rows) && rows[data].counts(rows[data+1]) {
		from := data
		for from > top && rows[from-1].spread() && rows[from-1].values() == 0 && rows[from-1].logical() > 1 && !rows[from-1].long() {
			from--
		}
		return from, data + 1
	}
	last := data
	for last > top && rows[last-1].logical() == 1 {
		last-- // section rows
	}
	first := last
	for first > top && rows[first-1].values() == 0 && rows[first-1].logical() >= 2 && !rows[first-1].long() {
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

// named is the header of a table of the file's own. Words above it that name
// groups of its columns belong to it.
func (s *Sheet) named(rows []row, top int) (from, to int, ok bool) {
	for _, t := range s.layout.Tables {
		if t.HeaderRows < 1 || t.Row1 < rows[0].number || t.Row1 > rows[len(rows)-1].number {
			continue
		}
		i := slices.IndexFunc(rows, func(r row) bool { return r.number == t.Row1 })
		if i < top || rows[i].long() || rows[i].first() < t.Col1 || rows[i].last() > t.Col2 {
			continue
		}
		from, to = i, min(i+t.HeaderRows, len(rows))
		for from > top && rows[from-1].spread() && rows[from-1].values() == 0 && rows[from-1].logical() > 1 {
			from--
		}
		return from, to, true
	}
	return 0, 0, false
}

// counts reports whether the figures of a row name columns: dates above
// numbers, or 1, 2, 3 … as weeks and months are numbered.
func (r row) counts(below row) bool {
	var figures []cell
	for _, c := range r.cells {
		if c.value() {
			figures = append(figures, c)
		}
	}
	if len(figures) < 2 {
		return false
	}
	numbers, step := 0, true
	for i, c := range figures {
		if under, ok := below.at(c.Col); ok && under.Kind == Number {
			numbers++
		}
		if i > 0 {
			a, err1 := strconv.Atoi(figures[i-1].Text)
			b, err2 := strconv.Atoi(c.Text)
			step = step && err1 == nil && err2 == nil && b == a+1
		}
	}
	dates := !slices.ContainsFunc(figures, func(c cell) bool { return c.Kind != Date })
	if dates {
		return numbers*2 > len(figures)
	}
	if !step || len(figures) < 3 {
		return false
	}
	// A table may hold such a row, too: two of them are data.
	for i, c := range figures[1:] {
		left, ok1 := below.at(figures[i].Col)
		right, ok2 := below.at(c.Col)
		x, err1 := strconv.Atoi(left.Text)
		y, err2 := strconv.Atoi(right.Text)
		if !ok1 || !ok2 || err1 != nil || err2 != nil || y != x+1 {
			return true
		}
	}
	return false
}

// maxLabel is the longest text in bytes that names a column or a section; it is
// repeated with every row.
const maxLabel = 500

// long reports whether a row has texts that no column is called.
func (r row) long() bool {
	return slices.ContainsFunc(r.cells, func(c cell) bool { return len(c.Text) > maxLabel })
}

// tied reports whether the header goes on from row a into row b.
func (s *Sheet) tied(a, b row, widest int) bool {
	if b.values() > 0 || b.long() {
		return false
	}
	for _, c := range b.cells {
		if up, ok := a.at(c.Col); ok && c.merge != 0 && up.merge == c.merge {
			return true // one cell over both rows
		}
	}
	return a.spread() || a.logical() < widest && b.logical() > a.logical()
}

// wordHeader is the header of a table without any figures.
func (s *Sheet) wordHeader(rows []row, top int) (from, to int) {
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
	if len(lines) > 0 && !rows[top].long() {
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
		if c.Col >= h.from && c.Col <= h.to {
			out[c.Col-h.from] = c.Text
		}
	}
	return out
}
