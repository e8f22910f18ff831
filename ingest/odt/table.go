package odt

import (
	"encoding/xml"

	"github.com/sufflor/sufflor/ingest"
	"github.com/sufflor/sufflor/ingest/office"
)

const (
	maxCells   = 250_000 // of all tables
	maxRepeats = 1000    // of one row
)

// grid is a table being read.
type grid struct {
	office.Grid
	blocks [][]ingest.Block // of its cells
	below  map[int]int      // rows that a cell still reaches down, by column
	looks  tableLooks
}

// table reads a table:table and adds it; one that only frames text is added as
// that text.
func (w *walker) table(x *ingest.XML, e xml.StartElement) error {
	g := &grid{below: map[int]int{}, looks: w.tableLooks(e)}
	w.tables++
	outer := w.list
	w.list = nil
	err := w.rows(x, g, false)
	w.list = outer
	w.tables--
	if err != nil {
		return err
	}
	if len(g.Rows) == 0 {
		return nil
	}
	if g.Frame() || arranges(g.blocks) {
		for _, blocks := range g.blocks {
			w.blocks = append(w.blocks, blocks...)
		}
		return nil
	}
	if n := len(w.blocks); n > 0 && w.captions == n {
		g.Caption = w.blocks[n-1].Text
		w.blocks = w.blocks[:n-1]
	}
	blocks, warning := g.Block(&w.budget)
	if warning != "" {
		w.warn("%s", warning)
	}
	w.blocks = append(w.blocks, blocks...)
	return nil
}

// arranges reports whether a cell holds a heading and text below it, as those
// of tables that lay out a page do.
func arranges(cells [][]ingest.Block) bool {
	for _, blocks := range cells {
		if len(blocks) > 2 && blocks[0].Kind == ingest.Heading {
			return true
		}
	}
	return false
}

func (w *walker) rows(x *ingest.XML, g *grid, header bool) error {
	return w.each(x, func(e xml.StartElement) error {
		switch e.Name.Local {
		case "table-header-rows":
			return w.rows(x, g, true)
		case "table-rows", "table-row-group":
			return w.rows(x, g, header)
		case "table-row":
			return w.row(x, e, g, header)
		case "table-columns", "table-header-columns", "table-column-group":
			return w.rows(x, g, header)
		case "table-column":
			g.looks.column(e)
		}
		return x.Skip()
	})
}

func (w *walker) row(x *ingest.XML, e xml.StartElement, g *grid, header bool) error {
	switch office.Attr(e, "visibility") {
	case "collapse", "filter":
		return x.Skip()
	}
	repeat := office.Integer(office.Attr(e, "number-rows-repeated"), 1, maxRepeats)
	row := office.Row{Header: header}
	empty := true
	g.looks.row = e.Copy()
	err := w.each(x, func(c xml.StartElement) error {
		switch c.Name.Local {
		case "table-cell", "covered-table-cell":
			return w.cell(x, c, g, &row, &empty)
		}
		return x.Skip()
	})
	if err != nil || len(row.Cells) == 0 {
		return err
	}
	if empty {
		repeat = 1
	}
	g.Rows = append(g.Rows, row)
	for range repeat - 1 {
		if w.cells += len(row.Cells); w.cells > maxCells {
			w.warn("tables with more than %d cells were read up to there only", maxCells)
			break
		}
		g.Rows = append(g.Rows, row)
	}
	return nil
}

// cell reads a cell or the place that a merged one covers.
func (w *walker) cell(x *ingest.XML, e xml.StartElement, g *grid, row *office.Row, empty *bool) error {
	repeat := office.Integer(office.Attr(e, "number-columns-repeated"), 1, office.MaxSpan)
	wide := office.Integer(office.Attr(e, "number-columns-spanned"), 1, office.MaxSpan)
	high := office.Integer(office.Attr(e, "number-rows-spanned"), 1, 1<<20)
	covered := e.Name.Local == "covered-table-cell"
	sub := w.sub()
	sub.paragraphs = w.paragraphs
	sub.setting = w.cellSetting(&g.looks, e, len(row.Cells))
	at := w.here()
	if w.paragraphs != nil && w.want == "text" {
		at.Paragraph++
	}
	if err := sub.container(x); err != nil {
		return err
	}
	for i := range repeat {
		if w.cells++; w.cells > maxCells {
			w.warn("tables with more than %d cells were read up to there only", maxCells)
			return nil
		}
		c := office.Cell{At: at}
		col := len(row.Cells)
		switch {
		case covered && g.below[col] > 0:
			c.Above = true
			g.below[col]--
		case covered && col > 0:
			c.Left = true
		default:
			delete(g.below, col)
			c.Text = office.Flat(sub.blocks)
			*empty = *empty && c.Text == ""
			if i == 0 && len(sub.blocks) > 0 {
				g.blocks = append(g.blocks, sub.blocks)
			}
			for k := col; high > 1 && k < col+wide; k++ {
				g.below[k] = high - 1
			}
		}
		row.Cells = append(row.Cells, c)
	}
	return nil
}
