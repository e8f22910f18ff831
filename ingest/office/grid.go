package office

import (
	"slices"
	"strconv"
	"strings"

	"github.com/sufflor/sufflor/index"
	"github.com/sufflor/sufflor/ingest"
)

// MaxSpan is how many columns one cell may cover, and how often a cell or
// column may be repeated; Word allows 63, others more.
const MaxSpan = 1000

// maxGroup bounds in bytes the names of groups that stand over one another and
// are put in front of one row; those before are rows of their own.
const maxGroup = 1000

// Cell is a cell of a table as its file has it. Every file format marks the
// places that a merged cell covers; those are Left or Above.
type Cell struct {
	Text  string
	Span  int  // columns it covers without marking them; 0 counts as 1
	Left  bool // shows what the cell to its left shows
	Above bool // shows what the cell above it shows
	At    index.Locator
}

// Row is a row of cells.
type Row struct {
	Cells  []Cell
	Header bool // repeats at the top of each page
}

// own counts the cells of a row that are not part of one to their left.
func (r Row) own() int {
	n := 0
	for _, c := range r.Cells {
		if !c.Left {
			n++
		}
	}
	return n
}

// Grid is a table in the making.
type Grid struct {
	Rows    []Row
	Caption string
	// Styled says that the table's look sets its first row off.
	Styled bool
}

// Frame reports whether every row is a single cell: a frame around text rather
// than a table.
func (g Grid) Frame() bool {
	for _, r := range g.Rows {
		if r.own() != 1 {
			return false
		}
	}
	return true
}

// Block is the table, or the paragraphs it comes to when it has no rows below
// its header. What is over 500,000 cells or 64 MB a document is cut off, and
// the warning says so; a row that is one cell over the whole width names the
// group of those below it.
func (g Grid) Block(b *Budget) (blocks []ingest.Block, warning string) {
	shown, width, cut := g.lay(b)
	if cut {
		warning = "a table is too large and was read up to row " + strconv.Itoa(len(shown)) + " only"
	}
	if len(shown) == 0 {
		return nil, warning
	}
	at := g.Rows[0].at()
	if g.Caption == "" && len(shown) > 2 && !g.Rows[0].Header && isGroup(g.Rows[0], shown[0], width) && ingest.IsHeader(shown[1:]) {
		g.Caption, g.Rows, shown = oneLine(shown[0][0]), g.Rows[1:], shown[1:] // a table's title in its first row
	}
	heads := g.heads(shown)
	t := &ingest.Table{Caption: g.Caption, Header: ingest.JoinHeader(shown[:heads])}
	group, used, body := "", true, false
	for i := heads; i < len(shown); i++ {
		if isGroup(g.Rows[i], shown[i], width) {
			name := oneLine(shown[i][0])
			switch {
			case used:
			case len(group)+len(name) > maxGroup:
				t.Rows = append(t.Rows, ingest.Row{Cells: []string{group}, Locator: g.Rows[i-1].at()})
			default:
				name = group + " / " + name
			}
			group, used = name, false
			continue
		}
		if strings.TrimSpace(strings.Join(shown[i], "")) == "" {
			continue
		}
		t.Rows = append(t.Rows, ingest.Row{Cells: shown[i], Group: group, Locator: g.Rows[i].at()})
		used, body = true, true
	}
	if body {
		blocks = append(blocks, ingest.Block{Kind: ingest.TableBody, Table: t, Locator: at})
		if !used { // a last row over the whole width is a remark on the table
			blocks = append(blocks, ingest.Block{Kind: ingest.Paragraph, Text: group, Locator: at})
		}
		return blocks, warning
	}
	if g.Caption != "" {
		blocks = append(blocks, ingest.Block{Kind: ingest.Paragraph, Text: g.Caption, Locator: at})
	}
	for i, line := range shown {
		if text := rowText(g.Rows[i], line); text != "" {
			blocks = append(blocks, ingest.Block{Kind: ingest.Paragraph, Text: text, Locator: g.Rows[i].at()})
		}
	}
	return blocks, warning
}

// isGroup reports whether a row is one cell over the whole width with a text
// short enough for a name.
func isGroup(r Row, shown []string, width int) bool {
	return width > 1 && len(shown) >= width && r.own() == 1 && shown[0] != "" && !r.Cells[0].Above
}

func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }

func rowText(r Row, shown []string) string {
	var texts []string
	last := ""
	for i, text := range shown {
		if text = strings.TrimSpace(text); text != "" && (i == 0 || text != last || r.own() == len(shown)) {
			texts = append(texts, text)
		}
		last = text
	}
	return strings.Join(texts, " ")
}

func (r Row) at() index.Locator {
	if len(r.Cells) == 0 {
		return index.Locator{}
	}
	return r.Cells[0].At
}

// lay repeats merged cells wherever they show.
func (g Grid) lay(b *Budget) (shown [][]string, width int, cut bool) {
	for i, r := range g.Rows {
		line := make([]string, 0, len(r.Cells))
		for _, c := range r.Cells {
			text := c.Text
			switch col := len(line); {
			case c.Left && col > 0:
				text = line[col-1]
			case c.Above && i > 0 && col < len(shown[i-1]):
				text = shown[i-1][col]
			}
			for range max(min(c.Span, MaxSpan), 1) {
				if !b.cell(text) {
					return shown, width, true
				}
				line = append(line, text)
			}
		}
		shown = append(shown, line)
		width = max(width, len(line))
	}
	return shown, width, false
}

// heads counts the header rows: those that repeat on each page, else the first
// when the table's style sets it off or it looks like one.
func (g Grid) heads(shown [][]string) int {
	n := 0
	for n < len(shown) && g.Rows[n].Header {
		n++
	}
	if n > 0 && n < len(shown) {
		return n
	}
	if len(shown) == 0 || slices.ContainsFunc(shown[0], isTicked) {
		return 0
	}
	if ingest.IsHeader(shown) {
		return 1
	}
	if g.Styled && len(shown) > 2 && g.Rows[0].own() > 1 {
		for _, text := range shown[0] {
			if text == "" || ingest.IsValue(text) {
				return 0
			}
		}
		return 1
	}
	return 0
}

// isTicked reports whether a cell begins with a box to tick, as those of forms
// do and no header.
func isTicked(text string) bool {
	return strings.HasPrefix(text, "☐") || strings.HasPrefix(text, "☒") || strings.HasPrefix(text, "☑")
}

// Flat is the text of blocks in lines, tables row by row: what a cell or a
// note shows of them.
func Flat(blocks []ingest.Block) string {
	var lines []string
	add := func(s string) {
		if s = strings.TrimSpace(s); s != "" {
			lines = append(lines, s)
		}
	}
	for _, b := range blocks {
		switch {
		case b.Table != nil:
			add(b.Table.Caption)
			add(strings.Join(b.Table.Header, " "))
			group := ""
			for _, r := range b.Table.Rows {
				if r.Group != group {
					group = r.Group
					add(group)
				}
				add(strings.Join(r.Cells, " "))
			}
		case b.Kind == ingest.ListItem:
			add(b.Marker + " " + b.Text)
		default:
			add(b.Text)
		}
	}
	return strings.Join(lines, "\n")
}
