// Package flow makes blocks of paragraphs as word processors of before 2007
// store them: one after the other, with marks where a table's cells and rows
// end. The binary Word format and RTF share it.
package flow

import (
	"fmt"
	"slices"
	"strings"

	"github.com/sufflor/sufflor/index"
	"github.com/sufflor/sufflor/ingest"
)

// MaxParagraphs is how many paragraphs, empty ones and row marks included,
// readers should take of a document before they refuse it.
const MaxParagraphs = 250_000

// Limits of what is made of one document.
const (
	maxBlocks = 200_000
	maxText   = 64 << 20 // bytes of text, that of merged cells repeated
	maxDepth  = 16       // tables in tables
	maxSpan   = 200      // columns of a table; Word allows 63
)

// End is what the mark at the end of a paragraph ends.
type End int

// The ends; the zero value is the ordinary one.
const (
	OfParagraph End = iota
	OfCell          // the paragraph is the last of a table cell
	OfRow           // a mark without text after the last cell of a row
)

// Paragraph is a paragraph with what decides where it goes.
type Paragraph struct {
	Text     string
	Outline  int    // level of a heading, 1 to 9, 0 for none
	Title    bool   // in the style of the document's title
	Contents bool   // in a style of a table of contents, whose lines are left out
	Caption  bool   // names the table below or above it
	Marker   string // of a list item: "•", "3."
	Level    int    // depth of a list item, from 1
	Depth    int    // tables it stands in
	Ends     End
	Row      Row            // with OfRow
	After    []ingest.Block // notes and text boxes that hang on it
	Spans    []Span         // of Text, one after the other
	Shade    string         // colour that lies behind it, as package sight has them
	Under    string         // one that may lie below that
}

// Row is what a row's mark says about it.
type Row struct {
	Edges  []int // of the cells from left to right, one more than cells; may be empty
	Merge  []Merge
	Header bool // repeats on each page

	Fills []string // colours behind the cells, as package sight has them
	Under []string // those that may lie below them
	Open  bool     // something else may
}

// Merge is how a cell belongs to its neighbours.
type Merge struct{ Left, Up bool }

// Result is what became of paragraphs.
type Result struct {
	Title  string
	Blocks []ingest.Block
}

// Blocks lays paragraphs out; locators count them from 1, row marks not
// included. It wraps [ingest.ErrTooLarge].
func Blocks(paragraphs []Paragraph) (Result, error) {
	b := builder{}
	for i := range paragraphs {
		p := &paragraphs[i]
		if p.Ends != OfRow {
			b.count++
		}
		b.put(p)
		if b.blocks > maxBlocks || b.size > maxText {
			return b.out, fmt.Errorf("more than %d paragraphs or %d MB of text: %w", maxBlocks, maxText>>20, ingest.ErrTooLarge)
		}
	}
	b.closeTo(0)
	b.endCaption(nil)
	if b.size > maxText {
		return b.out, fmt.Errorf("more than %d MB of text in tables: %w", maxText>>20, ingest.ErrTooLarge)
	}
	return b.out, nil
}

type cell struct {
	blocks []ingest.Block
	at     index.Locator
}

type row struct {
	cells []cell
	Row
}

// table is a table being read; rows and cells not yet ended are kept apart.
type table struct {
	rows  []row
	cells []cell
	open  cell
}

type builder struct {
	out    Result
	tables []table // the outermost first
	count  int
	blocks int
	size   int
}

func (b *builder) put(p *Paragraph) {
	b.closeTo(min(p.Depth, maxDepth))
	for len(b.tables) < min(p.Depth, maxDepth) {
		b.tables = append(b.tables, table{})
	}
	at := index.Locator{Paragraph: b.count}
	if p.Ends == OfRow {
		if n := len(b.tables); n > 0 {
			b.tables[n-1].endRow(p.Row)
		}
		return
	}
	if n := len(b.tables); n > 0 && b.tables[n-1].open.at.Paragraph == 0 {
		b.tables[n-1].open.at = at
	}
	b.text(p, at)
	for _, block := range p.After {
		block.Locator = at
		b.add(block)
	}
	if n := len(b.tables); n > 0 && p.Ends == OfCell {
		b.tables[n-1].endCell()
	}
}

// text decides what a paragraph is.
func (b *builder) text(p *Paragraph, at index.Locator) {
	text := strings.TrimSpace(p.Text)
	numbered := p.Marker != "" && p.Marker != Bullet
	block := ingest.Block{Kind: ingest.Paragraph, Text: text, Locator: at}
	switch {
	case text == "" || p.Contents && isContentsLine(text):
		return
	case p.Title && len(b.tables) == 0:
		if b.out.Title == "" && !numbered {
			b.out.Title = strings.Join(strings.Fields(text), " ")
			return
		}
		block.Kind, block.Level = ingest.Heading, 1
		if numbered {
			block.Text = p.Marker + " " + text
		}
	case p.Outline >= 1 && p.Outline <= 9:
		block.Kind, block.Level = ingest.Heading, min(p.Outline, 6)
		if numbered {
			block.Text = p.Marker + " " + text
		}
	case p.Marker != "":
		block.Kind, block.Level, block.Marker = ingest.ListItem, max(p.Level, 1), p.Marker
	case p.Caption && len(b.tables) == 0:
		block.Marker = captionMark
	}
	b.add(block)
}

// captionMark marks a paragraph that may be the caption of the table below;
// paragraphs have no marker otherwise, and it is gone from the result.
const captionMark = "caption"

func (b *builder) add(block ingest.Block) {
	b.blocks++
	b.size += len(block.Text)
	if n := len(b.tables); n > 0 {
		b.tables[n-1].open.blocks = append(b.tables[n-1].open.blocks, block)
		return
	}
	b.endCaption(block.Table)
	b.out.Blocks = append(b.out.Blocks, block)
}

// endCaption takes a caption that stands last for t, or leaves it a paragraph.
func (b *builder) endCaption(t *ingest.Table) {
	n := len(b.out.Blocks) - 1
	if n < 0 || b.out.Blocks[n].Marker != captionMark || b.out.Blocks[n].Kind != ingest.Paragraph {
		return
	}
	b.out.Blocks[n].Marker = ""
	if t != nil {
		t.Caption, b.out.Blocks = b.out.Blocks[n].Text, b.out.Blocks[:n]
	}
}

// closeTo ends the tables deeper than depth; each becomes a block of what is
// around it.
func (b *builder) closeTo(depth int) {
	for len(b.tables) > depth {
		t := b.tables[len(b.tables)-1]
		b.tables = b.tables[:len(b.tables)-1]
		if len(t.open.blocks) > 0 {
			t.endCell()
		}
		if len(t.cells) > 0 {
			t.endRow(Row{})
		}
		for _, block := range t.layOut(&b.size) {
			b.add(block)
		}
	}
}

func (t *table) endCell() {
	t.cells = append(t.cells, t.open)
	t.open = cell{}
}

func (t *table) endRow(r Row) {
	if len(t.open.blocks) > 0 {
		t.endCell()
	}
	t.open = cell{}
	if len(t.cells) > 0 {
		t.rows = append(t.rows, row{t.cells, r})
	}
	t.cells = nil
}

// text is a cell's blocks on lines of their own; nested tables row by row.
func (c cell) text() string { return strings.TrimSpace(strings.Join(Lines(c.blocks), "\n")) }

// Lines is the text of blocks where there can be none: one line or more each,
// tables row by row.
func Lines(blocks []ingest.Block) []string {
	var out []string
	add := func(text string) {
		if text != "" {
			out = append(out, text)
		}
	}
	for _, b := range blocks {
		switch {
		case b.Table != nil:
			add(b.Table.Caption)
			add(oneRow(b.Table.Header))
			group := ""
			for _, r := range b.Table.Rows {
				if r.Group != group {
					group = r.Group
					add(group)
				}
				add(oneRow(r.Cells))
			}
		case b.Kind == ingest.ListItem:
			add(b.Marker + " " + b.Text)
		default:
			add(b.Text)
		}
	}
	return out
}

// oneRow is a row as text, in which a cell over several columns shows once.
func oneRow(cells []string) string {
	var texts []string
	last := ""
	for _, text := range cells {
		if text != "" && text != last {
			texts = append(texts, text)
		}
		last = text
	}
	return strings.TrimSpace(strings.Join(texts, " "))
}

// layOut makes blocks of a table. One cell alone in every row is a frame
// around ordinary text.
func (t *table) layOut(size *int) []ingest.Block {
	if !slices.ContainsFunc(t.rows, func(r row) bool { return len(r.cells) > 1 }) {
		var out []ingest.Block
		for _, r := range t.rows {
			for _, c := range r.cells {
				out = append(out, c.blocks...)
			}
		}
		return out
	}
	grid, width := t.grid(size)
	if grid == nil {
		return nil
	}
	heads := headers(t.rows, grid)
	out := &ingest.Table{Header: ingest.JoinHeader(grid[:heads])}
	out.Rows = t.body(grid, heads, width)
	if len(out.Rows) > 0 {
		return []ingest.Block{{Kind: ingest.TableBody, Table: out, Locator: t.rows[0].cells[0].at}}
	}
	var blocks []ingest.Block
	for i, line := range grid {
		if text := oneRow(line); text != "" {
			blocks = append(blocks, ingest.Block{Kind: ingest.Paragraph, Text: text, Locator: t.rows[i].cells[0].at})
		}
	}
	return blocks
}

// body are the rows below the header. A cell alone across the whole width
// names the rows below it, unless there are none.
func (t *table) body(grid [][]string, heads, width int) []ingest.Row {
	var rows []ingest.Row
	group := ""
	for i := heads; i < len(grid); i++ {
		if strings.TrimSpace(strings.Join(grid[i], "")) == "" {
			continue
		}
		if len(t.rows[i].cells) == 1 && len(grid[i]) == width && t.named(grid, i) {
			group = strings.ReplaceAll(grid[i][0], "\n", " ")
			continue
		}
		rows = append(rows, ingest.Row{Cells: grid[i], Group: group, Locator: t.rows[i].cells[0].at})
	}
	return rows
}

// named reports whether the row below i has several cells and text.
func (t *table) named(grid [][]string, i int) bool {
	return i+1 < len(grid) && len(t.rows[i+1].cells) > 1 && strings.TrimSpace(strings.Join(grid[i+1], "")) != ""
}

// headers counts the header rows: those that repeat on each page, else the
// first when it looks like one.
func headers(rows []row, grid [][]string) int {
	n := 0
	for n < len(rows) && rows[n].Header {
		n++
	}
	switch {
	case n > 0 && n < len(rows):
		return n
	case ingest.IsHeader(grid):
		return 1
	}
	return 0
}

// grid lays the cells of all rows in the columns that their edges make.
func (t *table) grid(size *int) ([][]string, int) {
	columns := t.columns()
	grid := make([][]string, len(t.rows))
	width := 0
	for i, r := range t.rows {
		line := make([]string, 0, len(r.cells))
		for j, c := range r.cells {
			text, span := c.text(), 1
			if columns != nil {
				from := columns.at(r.Edges[j])
				for len(line) < from {
					line = append(line, "")
				}
				span = max(columns.at(r.Edges[j+1])-from, 1)
			}
			if j < len(r.Merge) && text == "" {
				switch m := r.Merge[j]; {
				case m.Up && i > 0 && len(line) < len(grid[i-1]):
					text = grid[i-1][len(line)]
				case m.Left && len(line) > 0:
					text = line[len(line)-1]
				}
			}
			for range min(span, maxSpan-len(line)) {
				line = append(line, text)
				*size += len(text)
			}
		}
		if *size > maxText {
			return nil, 0 // the caller refuses the document
		}
		grid[i], width = line, max(width, len(line))
	}
	return grid, width
}

// edges are the column edges of a table from left to right.
type edges []int

// near is how far apart edges of one column may be, in twips: rows moved by
// hand are off by a little.
const near = 60

// columns are the edges that all rows have together, nil when a row does not
// say where its edges are.
func (t *table) columns() edges {
	var all edges
	for _, r := range t.rows {
		if len(r.Edges) != len(r.cells)+1 || !slices.IsSorted(r.Edges) {
			return nil
		}
		all = append(all, r.Edges...)
	}
	slices.Sort(all)
	var out edges
	for _, e := range all {
		if len(out) == 0 || e-out[len(out)-1] > near {
			out = append(out, e)
		}
	}
	if len(out) > maxSpan {
		return nil
	}
	return out
}

// at is the column that begins at an edge.
func (e edges) at(x int) int {
	i, found := slices.BinarySearch(e, x)
	if !found {
		i--
	}
	return max(i, 0)
}

// Edges adds what stands at the edges of pages, each text once and page
// numbers left out, under a heading without text.
func (r *Result) Edges(texts []string) {
	seen := map[string]bool{r.Title: true}
	first := true
	for _, text := range texts {
		text = strings.TrimSpace(text)
		if words(text) < 2 || seen[text] {
			continue
		}
		seen[text] = true
		if first {
			r.Blocks = append(r.Blocks, ingest.Block{Kind: ingest.Heading, Level: 1})
			first = false
		}
		r.Blocks = append(r.Blocks, ingest.Block{Kind: ingest.Paragraph, Text: text})
	}
}

func words(s string) int {
	n := 0
	for f := range strings.FieldsSeq(s) {
		if strings.ContainsFunc(f, func(r rune) bool { return r >= 'A' }) {
			n++
		}
	}
	return n
}

// Name gives a document without a title the text of its only heading of the
// first level, else the one its properties say.
func (r *Result) Name(property string) {
	if r.Title != "" {
		return
	}
	n := 0
	for _, b := range r.Blocks {
		if b.Kind == ingest.Heading && b.Level == 1 && b.Text != "" {
			r.Title, n = b.Text, n+1
		}
	}
	if n != 1 {
		r.Title = strings.TrimSpace(property)
	}
}

// Empty reports whether nothing was found that can be read.
func (r *Result) Empty() bool {
	return !slices.ContainsFunc(r.Blocks, func(b ingest.Block) bool { return b.Text != "" || b.Table != nil })
}
