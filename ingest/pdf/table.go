package pdf

import (
	"cmp"
	"math"
	"slices"
	"strings"
	"unicode"
)

// table is a table on one page.
type table struct {
	rect
	columns []float64 // left edges
	rows    []tableRow
	header  int // rows that are its header
	caption string
}

type tableRow struct {
	rect
	cells []cell
	page  int
	end   int // page where it ends, when it goes on
}

type cell struct {
	text   string
	words  []*word
	bold   bool
	merged bool // repeats its left or upper neighbour
}

const (
	snapRule     = 2.5 // points that rules of a frame may miss each other by
	maxGridCells = 20_000
)

// ruledTables finds the tables that are drawn with rules, and the words that
// are not in any.
func ruledTables(p *page, h *hyphens) ([]*table, []*word) {
	across, down := mergeRules(p.across, true), mergeRules(p.down, false)
	if len(across) < 2 || len(down) < 2 || len(across)*len(down) > 4_000_000 {
		return nil, p.words
	}
	groups := connect(across, down)
	var tables []*table
	words := p.words
	for _, g := range groups {
		t, rest := newGrid(g.across, g.down).fill(words, h)
		if t == nil {
			continue
		}
		t.setHeader(g.across, p.shades)
		tables, words = append(tables, t), rest
	}
	return tables, words
}

// mergeRules joins the pieces of a rule: cells draw their borders each.
func mergeRules(rules []rule, across bool) []rule {
	flat := func(r rule) (pos, lo, hi float64) {
		if across {
			return r.y0, r.x0, r.x1
		}
		return r.x0, r.y0, r.y1
	}
	sorted := slices.Clone(rules)
	slices.SortFunc(sorted, func(a, b rule) int {
		ap, al, _ := flat(a)
		bp, bl, _ := flat(b)
		return cmp.Or(cmp.Compare(math.Round(ap), math.Round(bp)), cmp.Compare(al, bl), cmp.Compare(ap, bp))
	})
	var out []rule
	for _, r := range sorted {
		pos, lo, hi := flat(r)
		if n := len(out); n > 0 {
			last := &out[n-1]
			lp, _, lh := flat(*last)
			if math.Abs(lp-pos) < 1.2 && lo <= lh+snapRule {
				if across {
					last.x1 = max(lh, hi)
				} else {
					last.y1 = max(lh, hi)
				}
				last.weight = max(last.weight, r.weight)
				continue
			}
		}
		out = append(out, r)
	}
	return out
}

// frame is rules that touch each other.
type frame struct{ across, down []rule }

func connect(across, down []rule) []frame {
	parent := make([]int, len(across)+len(down))
	for i := range parent {
		parent[i] = i
	}
	root := func(i int) int {
		for parent[i] != i {
			parent[i] = parent[parent[i]]
			i = parent[i]
		}
		return i
	}
	for i, a := range across {
		for j, d := range down {
			if d.x0 >= a.x0-snapRule && d.x0 <= a.x1+snapRule && a.y0 >= d.y0-snapRule && a.y0 <= d.y1+snapRule {
				parent[root(i)] = root(len(across) + j)
			}
		}
	}
	byRoot := map[int]*frame{}
	var order []int
	get := func(i int) *frame {
		r := root(i)
		if byRoot[r] == nil {
			byRoot[r] = &frame{}
			order = append(order, r)
		}
		return byRoot[r]
	}
	for i, a := range across {
		g := get(i)
		g.across = append(g.across, a)
	}
	for j, d := range down {
		g := get(len(across) + j)
		g.down = append(g.down, d)
	}
	var out []frame
	for _, r := range order {
		out = append(out, *byRoot[r])
	}
	return out
}

// grid is a frame cut at all of its rules; cells of the table are one or more
// of its fields.
type grid struct {
	xs, ys []float64 // xs from the left, ys from the top
	owner  []int     // field that a field is merged with
}

func newGrid(across, down []rule) *grid {
	g := &grid{}
	for _, d := range down {
		g.xs = append(g.xs, d.x0)
	}
	for _, a := range across {
		g.ys = append(g.ys, a.y0)
	}
	g.xs, g.ys = cluster(g.xs), cluster(g.ys)
	slices.Reverse(g.ys)
	columns, rows := len(g.xs)-1, len(g.ys)-1
	if columns < 1 || rows < 1 || columns*rows > maxGridCells {
		return g
	}
	g.owner = make([]int, columns*rows)
	for i := range g.owner {
		g.owner[i] = i
	}
	for r := range rows {
		for c := range columns {
			if c > 0 && !covered(down, g.xs[c], g.ys[r+1], g.ys[r], false) {
				g.merge(r*columns+c-1, r*columns+c)
			}
			if r > 0 && !covered(across, g.ys[r], g.xs[c], g.xs[c+1], true) {
				g.merge((r-1)*columns+c, r*columns+c)
			}
		}
	}
	return g
}

func (g *grid) find(i int) int {
	for g.owner[i] != i {
		i = g.owner[i]
	}
	return i
}

func (g *grid) merge(a, b int) {
	a, b = g.find(a), g.find(b)
	g.owner[max(a, b)] = min(a, b)
}

// cluster sorts numbers and keeps one of those that lie together.
func cluster(values []float64) []float64 {
	slices.Sort(values)
	var out []float64
	for _, v := range values {
		if len(out) == 0 || v-out[len(out)-1] > snapRule {
			out = append(out, v)
		}
	}
	return out
}

// covered reports whether a rule at pos covers most of lo to hi.
func covered(rules []rule, pos, lo, hi float64, across bool) bool {
	for _, r := range rules {
		p, a, b := r.x0, r.y0, r.y1
		if across {
			p, a, b = r.y0, r.x0, r.x1
		}
		if math.Abs(p-pos) <= snapRule && min(b, hi)-max(a, lo) > 0.6*(hi-lo) {
			return true
		}
	}
	return false
}

// fill puts the words into the grid's fields. It returns no table, and all
// words, when the frame is not one.
func (g *grid) fill(words []*word, h *hyphens) (*table, []*word) {
	columns, rows := len(g.xs)-1, len(g.ys)-1
	if columns < 2 || rows < 2 || g.owner == nil {
		return nil, words
	}
	fields := make(map[int][]*word)
	var rest []*word
	for _, w := range words {
		x, y := (w.x0+w.x1)/2, w.base+0.25*w.size
		c, okC := slot(g.xs, x)
		r, okR := slotDown(g.ys, y)
		if !okC || !okR {
			rest = append(rest, w)
			continue
		}
		owner := g.find(r*columns + c)
		fields[owner] = append(fields[owner], w)
	}
	if len(fields) < 3 {
		return nil, words
	}
	for _, inside := range fields {
		if holdsTable(inside) {
			return nil, words // a form: its frame goes around tables
		}
	}
	t := &table{rect: rect{g.xs[0], g.ys[rows], g.xs[columns], g.ys[0]}, columns: g.xs[:columns]}
	made := make(map[int]cell, len(fields)) // a merged cell may cover thousands
	for owner, inside := range fields {
		made[owner] = newCell(inside, h)
	}
	for r := range rows {
		row := tableRow{rect: rect{g.xs[0], g.ys[r+1], g.xs[columns], g.ys[r]}, cells: make([]cell, columns)}
		for c := range columns {
			i := r*columns + c
			owner := g.find(i)
			row.cells[c] = made[owner]
			row.cells[c].merged = owner != i
		}
		t.rows = append(t.rows, row)
	}
	t.splitRows(h)
	t.dropEmpty()
	if len(t.rows) < 2 || len(t.columns) < 2 {
		return nil, words
	}
	return t, rest
}

// holdsTable reports whether the words of a field stand in columns themselves.
func holdsTable(words []*word) bool {
	all, tabulars := lines(words), 0
	for _, l := range all {
		if len(l.segments(2*columnGap)) > 1 && tabular(l, nil) {
			tabulars++
		}
	}
	return tabulars >= minTabular && tabulars*2 > len(all)
}

func slot(edges []float64, x float64) (int, bool) {
	i, exact := slices.BinarySearch(edges, x)
	if !exact {
		i--
	}
	return i, i >= 0 && i < len(edges)-1
}

func slotDown(edges []float64, y float64) (int, bool) {
	i := 0
	for i < len(edges) && edges[i] > y {
		i++
	}
	return i - 1, i > 0 && i < len(edges)
}

func newCell(words []*word, h *hyphens) cell {
	if len(words) == 0 {
		return cell{}
	}
	c := cell{words: words, bold: true}
	for _, l := range lines(words) {
		c.text = h.joinCell(c.text, l.text())
		c.bold = c.bold && l.bold
	}
	return c
}

// splitRows takes a row apart that holds several: some writers rule only the
// columns.
func (t *table) splitRows(h *hyphens) {
	var out []tableRow
	for _, row := range t.rows {
		tops := row.starts()
		if len(tops) < 3 {
			out = append(out, row)
			continue
		}
		for i := range tops {
			top, bottom := row.y1, row.y0
			if i > 0 {
				top = tops[i].base + 0.9*tops[i].size
			}
			if i+1 < len(tops) {
				bottom = tops[i+1].base + 0.9*tops[i+1].size
			}
			part := tableRow{rect: rect{row.x0, bottom, row.x1, top}}
			for _, c := range row.cells {
				var words []*word
				for _, w := range c.words {
					if w.base < top && w.base >= bottom {
						words = append(words, w)
					}
				}
				n := newCell(words, h)
				n.merged = c.merged
				part.cells = append(part.cells, n)
			}
			out = append(out, part)
		}
	}
	t.rows = out
}

// starts are the lines that begin a row inside of a ruled one: all lines of the
// first column when each has one beside it in all others, or those that
// [tableRow.records] finds.
func (r tableRow) starts() []*line {
	if first := lines(r.cells[0].words); len(first) >= 3 && r.oneToOne(first) {
		return first
	}
	return r.records()
}

// records finds the rows of a price list or a bill, where the text of one
// column takes several lines: two columns of numbers have their lines beside
// each other. A row begins at such a line, and below white space.
func (r tableRow) records() []*line {
	var numbers [][]*line
	var all []*word
	for _, c := range r.cells {
		if slices.ContainsFunc(c.words, func(w *word) bool { return w.base < r.y0-snapRule || w.base > r.y1+snapRule }) {
			return nil // a cell of several rows
		}
		if c.merged {
			continue
		}
		all = append(all, c.words...)
		if own := lines(c.words); len(own) >= 3 && !slices.ContainsFunc(own, func(l *line) bool { return !isNumber(l.text()) }) {
			numbers = append(numbers, own)
		}
	}
	var anchors []*line
	for i, a := range numbers {
		for _, b := range numbers[:i] {
			if level(a, b) == len(a) && level(b, a) == len(b) {
				anchors = a
			}
		}
	}
	if anchors == nil {
		return nil
	}
	rows := lines(all)
	pitch := math.Inf(1)
	for i, l := range rows[1:] {
		if d := rows[i].base - l.base; d > 0.8*l.size {
			pitch = min(pitch, d)
		}
	}
	starts := rows[:1]
	for i, l := range rows[1:] {
		wide := rows[i].base-l.base > rowGap*pitch
		if wide || level([]*line{l}, anchors) == 1 && rows[i].base-l.base > 0.8*l.size {
			starts = append(starts, l)
		}
	}
	return starts
}

// rowGap is how much farther apart than the lines of a cell those of two rows
// are.
const rowGap = 1.4

// isNumber reports whether a text is a number, maybe with a currency or a unit.
func isNumber(s string) bool {
	letters, digits := 0, 0
	for _, r := range s {
		switch {
		case unicode.IsDigit(r):
			digits++
		case unicode.IsLetter(r):
			letters++
		}
	}
	return digits > 0 && letters <= 3
}

// level counts the lines of a that stand beside one of b.
func level(a, b []*line) int {
	n := 0
	for _, l := range a {
		if slices.ContainsFunc(b, func(o *line) bool { return math.Abs(o.base-l.base) < 0.2*l.size }) {
			n++
		}
	}
	return n
}

func (r tableRow) oneToOne(first []*line) bool {
	matching := 0
	for _, c := range r.cells[1:] {
		if other := lines(c.words); len(other) == len(first) && level(first, other) == len(first) {
			matching++
		}
	}
	return matching == len(r.cells)-1
}

// dropEmpty removes rows and columns without any text: double rules, margins.
func (t *table) dropEmpty() {
	t.rows = slices.DeleteFunc(t.rows, func(r tableRow) bool {
		return !slices.ContainsFunc(r.cells, func(c cell) bool { return c.text != "" && !c.merged })
	})
	for c := range slices.Backward(t.columns) {
		if slices.ContainsFunc(t.rows, func(r tableRow) bool { return r.cells[c].text != "" && !r.cells[c].merged }) {
			continue
		}
		t.columns = slices.Delete(slices.Clone(t.columns), c, c+1)
		for i := range t.rows {
			t.rows[i].cells = slices.Delete(t.rows[i].cells, c, c+1)
		}
	}
}

// setHeader counts the rows that are the header: they are bold, shaded or ruled
// off unlike the rest, or they name columns of numbers.
func (t *table) setHeader(across []rule, shades []shade) {
	if len(t.rows) < 2 {
		return
	}
	if n := t.leading(func(r tableRow) bool { return r.bold() }); n > 0 {
		t.header = n
		return
	}
	if n := t.leading(func(r tableRow) bool { return r.shade(shades) != t.rows[len(t.rows)-1].shade(shades) }); n == 1 {
		t.header = n
		return
	}
	if t.ruledOff(across) || t.namesColumns() {
		t.header = 1
	}
}

// leading is the number of rows at the top of which f is true, 0 unless it is
// false of most others.
func (t *table) leading(f func(tableRow) bool) int {
	n := 0
	for n < len(t.rows) && f(t.rows[n]) {
		n++
	}
	if n > 3 || n >= len(t.rows) {
		return 0
	}
	others := 0
	for _, r := range t.rows[n:] {
		if f(r) {
			others++
		}
	}
	if others*2 > len(t.rows)-n {
		return 0
	}
	return n
}

func (r tableRow) bold() bool {
	some := false
	for _, c := range r.cells {
		if c.text != "" && !c.bold {
			return false
		}
		some = some || c.text != ""
	}
	return some
}

// shade is the colour behind the row's middle.
func (r tableRow) shade(shades []shade) color {
	found := paper
	y := (r.y0 + r.y1) / 2
	for _, s := range shades {
		if s.holds((r.x0+r.x1)/2, y) && s.height() < 3*r.height()+20 {
			found = s.color
		}
	}
	return found
}

// ruledOff reports whether the rule below the first row is thicker than the
// other rules between rows.
func (t *table) ruledOff(across []rule) bool {
	below := math.Inf(-1)
	others := 0.0
	bottom := t.rows[0].y0
	for _, a := range across {
		if a.width() < 0.6*t.width() {
			continue
		}
		switch {
		case math.Abs(a.y0-bottom) <= snapRule:
			below = max(below, a.weight)
		case a.y0 < bottom && a.y0 > t.y0+snapRule:
			others = max(others, a.weight)
		}
	}
	if others == 0 { // no rules between the rows below: any rule here is the header's
		return below > 0 && len(t.rows) > 2
	}
	return below > others*1.2
}

// namesColumns reports whether the first row is words without numbers above at
// least one column of numbers, or above rows that are unlike it.
func (t *table) namesColumns() bool {
	for _, c := range t.rows[0].cells {
		if c.text == "" || c.merged || strings.ContainsFunc(c.text, unicode.IsDigit) || len([]rune(c.text)) > 40 {
			return false
		}
	}
	for c := range t.columns {
		numbers := 0
		for _, r := range t.rows[1:] {
			if strings.ContainsFunc(r.cells[c].text, unicode.IsDigit) {
				numbers++
			}
		}
		if numbers*2 > len(t.rows)-1 {
			return true
		}
	}
	return len(t.columns) >= 3 && len(t.rows) >= 3
}

const (
	columnGap   = 0.9 // between the columns of a table without rules, in em
	minTabular  = 3   // lines of a table without rules
	maxWrapped  = 1.35
	maxCellText = 400
	maxLeadIn   = 4 // lines
)

// alignedTables replaces lines that stand in columns by a table.
func alignedTables(all []*line, p *page, h *hyphens) []*line {
	var out []*line
	cuts := make([][]float64, len(all)+1)
	for i, l := range all {
		cuts[i] = p.cuts(l)
	}
	for i := 0; i < len(all); {
		at := cuts[i]
		if at == nil {
			at = cuts[i+1] // every other row may be shaded
		}
		t, used := alignedTable(all[i:], at, p, h)
		if t == nil {
			out = append(out, all[i])
			i++
			continue
		}
		out = append(out, &line{rect: t.rect, base: t.y1, table: t})
		i += used
	}
	return out
}

// span is the columns a table without rules has so far.
type span struct{ lo, hi float64 }

// cuts are the places where cells that are shaded one by one meet beside each
// other behind a line.
func (p *page) cuts(l *line) []float64 {
	if l.table != nil || len(p.shades) < 2 {
		return nil
	}
	var row []shade
	y := l.base + 0.3*l.size
	for _, s := range p.shades {
		if s.y0 <= y && s.y1 >= y && s.height() < maxShaded*l.size {
			row = append(row, s)
		}
	}
	var cuts []float64
	for _, a := range row[:min(len(row), maxColumns)] {
		for _, b := range row[:min(len(row), maxColumns)] {
			if math.Abs(a.x1-b.x0) <= snapRule && a.x0 < b.x0 && a.x1 < b.x1 {
				cuts = append(cuts, (a.x1+b.x0)/2)
			}
		}
	}
	return cluster(cuts)
}

const (
	maxShaded  = 12 // em that a shaded cell is high
	maxColumns = 200
)

// alignedTable takes lines from the top as long as their parts fall into the
// same columns. cuts are known places between these.
func alignedTable(all []*line, cuts []float64, p *page, h *hyphens) (*table, int) {
	lead := leadIn(all, cuts)
	top := all[:lead]
	if all = all[lead:]; !tabular(all[0], cuts) {
		return nil, 0
	}
	var spans []span
	used, tabulars, widest, row := 0, 0, 0, 0
	for i, l := range all {
		if l.table != nil || i > 0 && tooFar(all[i-1], l, p) {
			break
		}
		next := addSpans(spans, l, cuts)
		if tabular(l, cuts) {
			// Short cells may have stood apart from a name above them until a
			// long one reaches below both.
			if widest = max(widest, len(l.segments(columnGap, cuts...))); len(next) < max(widest, 2) {
				break
			}
			tabulars++
			used, row = i+1, i
		} else if len(next) != len(spans) || columnOf(spans, l.x0) < 0 || isItem(l) {
			break // a paragraph below the table, not a cell that is wrapped
		} else if l.x0 < spans[0].hi && (i == 0 || !nearer(all, i) && !paintedEarly(all[row:i], l)) {
			break
		}
		spans = next
	}
	for used > 0 && !tabular(all[used-1], cuts) {
		used--
	}
	// Lines that only wrap cells of the last row belong to it.
	for used > 0 && used < len(all) {
		l := all[used]
		if l.table != nil || isItem(l) || len(addSpans(spans, l, cuts)) != len(spans) ||
			l.x0 < spans[0].hi && !paintedEarly(all[row:used], l) || all[used-1].base-l.base > maxWrapped*l.size {
			break
		}
		used++
	}
	columns := len(spans)
	for _, l := range top {
		spans = addSpans(spans, l, cuts)
	}
	if tabulars < 2 || len(spans) != columns {
		return nil, 0
	}
	t := &table{rect: all[0].rect, columns: make([]float64, 0, len(spans))}
	for _, s := range spans {
		t.columns = append(t.columns, s.lo)
	}
	t.addLines(slices.Concat(top, all[:used]), spans, cuts, p, h)
	t.underNames()
	if len(t.rows) < 2 || !t.plausible() {
		return nil, 0
	}
	t.setHeader(p.across, p.shades)
	ruled := ruleBetween(all[0], all[1], p)
	if t.header == 0 && ruled {
		t.header = 1
	}
	if tabulars < minTabular && !ruled && (t.header == 0 || len(t.columns) < 3) {
		return nil, 0
	}
	return t, lead + used
}

// leadIn is how many lines at the top are only the beginning of cells in the
// lines below them: names of columns that end at the same height. They were
// painted after a cell to the left that begins further down.
func leadIn(all []*line, cuts []float64) int {
	for n := range min(len(all)-1, maxLeadIn) {
		if tabular(all[n], cuts) {
			return n
		}
		if !paintedLate(all[n:]) {
			return 0
		}
	}
	return 0
}

// paintedLate reports whether the first line was painted after a word to the
// left in one of the lines close below it.
func paintedLate(all []*line) bool {
	first := all[0]
	for i := 1; i < min(len(all), maxLeadIn+1); i++ {
		if first.table != nil || all[i].table != nil || all[i-1].base-all[i].base > maxWrapped*first.size {
			return false
		}
		if slices.ContainsFunc(all[i].words, func(w *word) bool { return w.x1 < first.x0 && w.seq < first.words[0].seq }) {
			return true
		}
	}
	return false
}

// paintedEarly reports whether a line was painted before something to the right
// of it in the lines above: it goes on with a cell of their row.
func paintedEarly(above []*line, l *line) bool {
	return slices.ContainsFunc(above, func(a *line) bool {
		return slices.ContainsFunc(a.words, func(w *word) bool { return w.x0 > l.x1 && w.seq > l.words[0].seq })
	})
}

// tabular reports whether a line has parts far from each other that are not
// only a list's marker and its text.
func tabular(l *line, cuts []float64) bool {
	if l.table != nil {
		return false
	}
	parts := l.segments(columnGap, cuts...)
	if _, ok := l.item(""); ok {
		return len(parts) > 2
	}
	return len(parts) >= 2
}

func isItem(l *line) bool {
	_, ok := l.item("")
	return ok
}

// tooFar reports whether white space or a change of size ends the table.
func tooFar(a, b *line, p *page) bool {
	gap := a.base - b.base
	return gap > 3*max(a.size, b.size) && !ruleBetween(a, b, p) || gap > 5*max(a.size, b.size)
}

func ruleBetween(a, b *line, p *page) bool {
	for _, r := range p.across {
		if r.y0 < a.base && r.y0 > b.base && r.x1-r.x0 > 0.5*(max(a.x1, b.x1)-min(a.x0, b.x0)) {
			return true
		}
	}
	return false
}

// nearer reports whether line i is closer to the line above than rows are.
func nearer(all []*line, i int) bool {
	gap := all[i-1].base - all[i].base
	return i+1 < len(all) && gap < 0.9*(all[i].base-all[i+1].base)
}

// addSpans widens the columns by the parts of a line and merges those that the
// line bridges.
func addSpans(spans []span, l *line, cuts []float64) []span {
	out := slices.Clone(spans)
	for _, part := range l.segments(columnGap, cuts...) {
		b := boxOf(part)
		out = append(out, span{b.x0, b.x1})
	}
	slices.SortFunc(out, func(a, b span) int { return cmp.Compare(a.lo, b.lo) })
	merged := out[:1]
	for _, s := range out[1:] {
		if last := &merged[len(merged)-1]; s.lo <= last.hi+0.3*l.size && !parts(cuts, last.hi, s.lo) {
			last.hi = max(last.hi, s.hi)
		} else {
			merged = append(merged, s)
		}
	}
	return merged
}

func columnOf(spans []span, x float64) int {
	for i, s := range spans {
		if x >= s.lo-1 && x <= s.hi+1 {
			return i
		}
	}
	return -1
}

// addLines makes rows of lines. A line that leaves the first column empty and
// is close to the line above goes on with its cells, and so does one that was
// painted among them.
func (t *table) addLines(all []*line, spans []span, cuts []float64, p *page, h *hyphens) {
	var groups [][]*line
	among := paintedAmong(all, spans)
	for i, l := range all {
		wraps := i > 0 && columnOf(spans, l.x0) > 0 && all[i-1].base-l.base < maxWrapped*l.size && !ruleBetween(all[i-1], l, p)
		wraps = wraps && !hadRoom(all[i-1], l, spans) || i > 0 && !tabular(l, cuts) && nearer(all, i)
		if wraps || among[i] {
			groups[len(groups)-1] = append(groups[len(groups)-1], l)
			continue
		}
		groups = append(groups, []*line{l})
	}
	for _, g := range groups {
		row := tableRow{rect: g[0].rect, cells: make([]cell, len(spans))}
		words := make([][]*word, len(spans))
		for _, l := range g {
			row.rect = row.union(l.rect)
			for _, w := range l.words {
				c := max(columnOf(spans, (w.x0+w.x1)/2), 0)
				words[c] = append(words[c], w)
			}
		}
		for c := range row.cells {
			row.cells[c] = newCell(words[c], h)
		}
		t.rect = t.union(row.rect)
		t.rows = append(t.rows, row)
	}
}

// paintedAmong tells of each line whether it belongs to the row of the line
// above it by the order of painting: most writers paint a row cell by cell, so
// that the second line of one cell comes before the first of the next. Where
// whole columns were painted one after the other, it tells nothing.
func paintedAmong(all []*line, spans []span) []bool {
	among := make([]bool, len(all))
	last := make([]int32, len(spans)) // painted in a column of the row so far
	rows := 0
	for i, l := range all {
		for _, w := range l.words {
			c := max(columnOf(spans, (w.x0+w.x1)/2), 0)
			among[i] = among[i] || c+1 < len(last) && w.seq < slices.Max(last[c+1:])
		}
		if !among[i] {
			rows++
			clear(last)
		}
		for _, w := range l.words {
			c := max(columnOf(spans, (w.x0+w.x1)/2), 0)
			last[c] = max(last[c], w.seq)
		}
	}
	if rows < minTabular {
		clear(among)
	}
	return among
}

// underNames puts a name in the first row into the column beside it when that
// has none and the name has no column of its own: centred names over cells that
// stand at the left or right.
func (t *table) underNames() {
	for c := len(t.columns) - 1; c > 0; c-- {
		a, b := t.rows[0].cells[c-1].text != "", t.rows[0].cells[c].text != ""
		named, other := c-1, c
		if b {
			named, other = c, c-1
		}
		if a == b || len(t.rows) < 3 || slices.ContainsFunc(t.rows[1:], func(r tableRow) bool { return r.cells[named].text != "" }) {
			continue
		}
		t.columns[c-1] = min(t.columns[c-1], t.columns[c])
		t.columns = slices.Delete(t.columns, c, c+1)
		for i := range t.rows {
			drop := named
			if i == 0 {
				drop = other
			}
			t.rows[i].cells = slices.Delete(t.rows[i].cells, drop, drop+1)
		}
	}
}

// hadRoom reports whether a line of several parts does not go on with the cells
// above it: in one of the columns its first word would have fitted there.
func hadRoom(above, l *line, spans []span) bool {
	parts := l.segments(columnGap)
	if len(parts) < 2 {
		return false
	}
	for _, part := range parts {
		c := columnOf(spans, (part[0].x0+part[0].x1)/2)
		if c < 0 {
			continue
		}
		end := math.Inf(-1)
		for _, w := range above.words {
			if columnOf(spans, (w.x0+w.x1)/2) == c {
				end = max(end, w.x1)
			}
		}
		if room := spans[c].hi - end; !math.IsInf(end, 0) && room > part[0].width()+0.8*l.size {
			return true
		}
	}
	return false
}

// plausible rejects running text that happens to have gaps: most rows of a
// table fill two columns, and cells are short.
func (t *table) plausible() bool {
	full := 0
	for _, r := range t.rows {
		filled := 0
		for _, c := range r.cells {
			if c.text != "" {
				filled++
			}
			if len(c.text) > maxCellText {
				return false
			}
		}
		if filled >= 2 {
			full++
		}
	}
	return full*10 >= len(t.rows)*6
}

// seq is when the first word of the table was painted.
func (t *table) seq() int32 {
	first := int32(math.MaxInt32)
	for _, r := range t.rows {
		for _, c := range r.cells {
			for _, w := range c.words {
				first = min(first, w.seq)
			}
		}
	}
	return first
}

// same reports whether two rows have the same text.
func (r tableRow) same(o tableRow) bool {
	return slices.EqualFunc(r.cells, o.cells, func(a, b cell) bool { return a.text == b.text })
}
