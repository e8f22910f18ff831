package html

import (
	"io"
	"strconv"
	"strings"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"

	"github.com/sufflor/sufflor/index"
	"github.com/sufflor/sufflor/ingest"
)

var errEOF = io.EOF

const (
	maxSpan  = 1000    // columns or rows a cell may cover
	maxCells = 500_000 // cells of one table, merged ones counted as often as they show
)

// table reads a data table; one that only arranges the page is read as if its
// cells were paragraphs.
func (w *walker) table(n *html.Node, depth int) {
	if layout(n) {
		walk(n, func(c *html.Node) bool {
			if c.DataAtom == atom.Td || c.DataAtom == atom.Th || c.DataAtom == atom.Caption {
				w.children(c, depth+1)
				w.endParagraph()
				return false
			}
			return c.DataAtom != atom.Table
		})
		return
	}
	g := grid{}
	t := &ingest.Table{}
	walk(n, func(c *html.Node) bool {
		switch c.DataAtom {
		case atom.Caption:
			t.Caption = collapse(content(c))
			return false
		case atom.Tr:
			if w.ctx.Err() == nil {
				g.row(c)
			}
			return false
		}
		return c.DataAtom != atom.Table && !aside(c)
	})
	if g.cut {
		w.doc.Warnings = append(w.doc.Warnings, "a table was read up to "+strconv.Itoa(maxCells)+" cells only")
	}
	heads := g.heads()
	t.Header = ingest.JoinHeader(texts(g.rows[:heads]))
	group := ""
	for _, r := range g.rows[heads:] {
		if text, ok := r.section(); ok {
			group = text
			continue
		}
		t.Rows = append(t.Rows, ingest.Row{Cells: r.cells, Group: group})
	}
	if len(t.Rows) == 0 {
		for _, r := range g.rows {
			w.add(ingest.Block{Kind: ingest.Paragraph, Text: strings.Join(r.cells, " ")})
		}
		return
	}
	for i := range t.Rows {
		t.Rows[i].Locator = index.Locator{Anchor: w.anchor, Paragraph: w.blocks + 1}
	}
	w.add(ingest.Block{Kind: ingest.TableBody, Table: t})
}

// layout reports whether a table only arranges the page: it says so, holds one
// column, or has tables or headings in its cells.
func layout(n *html.Node) bool {
	if role := attr(n, "role"); role == "presentation" || role == "none" {
		return true
	}
	heads, nested, widest := 0, false, 0
	walk(n, func(c *html.Node) bool {
		switch {
		case c.DataAtom == atom.Th:
			heads++
		case c.DataAtom == atom.Table || headingLevel(c) > 0:
			nested = true
			return false
		case c.DataAtom == atom.Tr:
			width := 0
			for d := range c.ChildNodes() {
				if d.DataAtom == atom.Td || d.DataAtom == atom.Th {
					width++
				}
			}
			widest = max(widest, width)
		}
		return true
	})
	return widest < 2 || (heads == 0 && nested)
}

// cell is what a row shows in one column.
type gridRow struct {
	cells []string
	heads int  // cells that are <th>
	own   int  // cells of the row itself, spans counted once
	wide  int  // columns the first of them covers
	head  bool // in <thead>
}

// section is the text of a row that is one cell over the whole width.
func (r gridRow) section() (string, bool) {
	if r.own == 1 && r.wide >= len(r.cells) && len(r.cells) > 1 && r.cells[0] != "" {
		return strings.ReplaceAll(r.cells[0], "\n", " "), true
	}
	return "", false
}

// grid lays cells out with their spans.
type grid struct {
	rows  []gridRow
	below map[int]pending // by column
	cells int
	cut   bool
}

// pending is a cell that reaches down into rows to come.
type pending struct {
	text string
	rows int
}

func (g *grid) row(tr *html.Node) {
	if g.cut {
		return
	}
	if g.below == nil {
		g.below = map[int]pending{}
	}
	r := gridRow{head: tr.Parent != nil && tr.Parent.DataAtom == atom.Thead}
	fill := func() {
		for {
			p, ok := g.below[len(r.cells)]
			if !ok {
				return
			}
			col := len(r.cells)
			r.cells = append(r.cells, p.text)
			if p.rows--; p.rows == 0 {
				delete(g.below, col)
			} else {
				g.below[col] = p
			}
		}
	}
	for c := range tr.ChildNodes() {
		if c.DataAtom != atom.Td && c.DataAtom != atom.Th {
			continue
		}
		fill()
		text := collapse(content(c))
		wide, high := spanOf(c, "colspan"), spanOf(c, "rowspan")
		if r.own++; r.own == 1 {
			r.wide = wide
		}
		if c.DataAtom == atom.Th {
			r.heads++
		}
		for range wide {
			if g.cells++; g.cells > maxCells || len(r.cells) >= maxSpan {
				g.cut = true
				break
			}
			if high > 1 {
				g.below[len(r.cells)] = pending{text, high - 1}
				r.cells = append(r.cells, text)
				continue
			}
			r.cells = append(r.cells, text)
		}
	}
	fill()
	if strings.TrimSpace(strings.Join(r.cells, "")) != "" {
		g.rows = append(g.rows, r)
	}
}

func spanOf(n *html.Node, name string) int {
	v, err := strconv.Atoi(attr(n, name))
	if err != nil || v < 1 {
		return 1
	}
	return min(v, maxSpan)
}

// heads counts the header rows: those of <thead>, else leading rows of <th>,
// else a first row that looks like one.
func (g *grid) heads() int {
	n := 0
	for n < len(g.rows) && g.rows[n].head {
		n++
	}
	if n == 0 {
		for n < len(g.rows) && g.rows[n].own > 0 && g.rows[n].heads == g.rows[n].own && g.rows[n].own > 1 {
			n++
		}
	}
	if n == len(g.rows) {
		return 0
	}
	if n == 0 {
		none := true
		for _, r := range g.rows {
			none = none && r.heads == 0
		}
		if none && ingest.IsHeader(texts(g.rows[:min(len(g.rows), 20)])) {
			return 1
		}
	}
	return n
}

func texts(rows []gridRow) [][]string {
	out := make([][]string, len(rows))
	for i, r := range rows {
		out[i] = r.cells
	}
	return out
}
