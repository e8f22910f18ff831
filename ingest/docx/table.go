package docx

import (
	"encoding/xml"
	"errors"
	"io"
	"strings"

	"github.com/sufflor/sufflor/index"
	"github.com/sufflor/sufflor/ingest"
	"github.com/sufflor/sufflor/ingest/office"
)

// maxCells bounds the cells of all tables, so that empty ones cost nothing.
const maxCells = 250_000

// wordCell is a cell of a table row.
type wordCell struct {
	office.Cell
	blocks  []ingest.Block
	deleted bool
	shaded  bool
}

// wordRow is a row: its cells, and whether it repeats as a header.
type wordRow struct {
	cells  []wordCell
	header bool
	before int // w:gridBefore
	gone   bool
}

// wordTable is a table as read.
type wordTable struct {
	rows   []wordRow
	styled bool // its first row is set off
	shaded bool // its style may colour cells
}

// table reads a w:tbl whose start was read.
func (w *walker) table(x *ingest.XML) error {
	w.tables++
	t := wordTable{}
	err := w.rows(x, &t)
	w.tables--
	if err != nil && (!errors.Is(err, io.EOF) || len(t.rows) == 0) {
		return err
	}
	if add := w.layTable(t); add != nil {
		return add
	}
	return err
}

// rows reads the rows of a table.
func (w *walker) rows(x *ingest.XML, t *wordTable) error {
	return office.Each(x, func(e xml.StartElement) error {
		switch e.Name.Local {
		case "tr":
			row := wordRow{}
			err := w.row(x, &row, t.shaded)
			if !row.gone && len(row.cells) > 0 {
				t.rows = append(t.rows, row)
			}
			return err
		case "tblPr":
			return t.properties(x, e)
		case "sdt":
			return w.control(x, func(x *ingest.XML) error { return w.rows(x, t) })
		case "tblGrid", "del", "moveFrom", "customXmlPr":
			return x.Skip()
		}
		return w.rows(x, t) // ins, customXml around rows
	})
}

// properties reads w:tblPr for the switch that styles the first row.
func (t *wordTable) properties(x *ingest.XML, e xml.StartElement) error {
	n, err := office.Tree(x, e)
	if err != nil {
		return err
	}
	switch n.At("tblStyle").Attr("val") {
	case "", "TableGrid", "TableNormal":
	default:
		t.shaded = true
	}
	t.shaded = t.shaded || filled(n.At("shd"))
	if look := n.At("tblLook"); look != nil {
		v, mask := look.Attr("firstRow"), look.Attr("val")
		t.styled = v != "" && office.IsOn(v)
		if v == "" && len(mask) == 4 {
			t.styled = strings.ContainsAny(mask[2:3], "2367aAbBeEfF") // bit 0x0020
		}
	}
	return nil
}

// row reads a w:tr.
func (w *walker) row(x *ingest.XML, row *wordRow, shaded bool) error {
	return office.Each(x, func(e xml.StartElement) error {
		switch e.Name.Local {
		case "tc":
			return w.nextCell(x, row, shaded)
		case "trPr":
			return row.properties(x, e)
		case "sdt":
			return w.control(x, func(x *ingest.XML) error { return w.row(x, row, shaded) })
		case "tblPrEx", "del", "moveFrom", "customXmlPr":
			return x.Skip()
		}
		return w.row(x, row, shaded)
	})
}

// properties reads w:trPr: gone is a row that was deleted, moved away or is
// hidden.
func (r *wordRow) properties(x *ingest.XML, e xml.StartElement) error {
	n, err := office.Tree(x, e)
	if err != nil {
		return err
	}
	r.header = isOn(n, "tblHeader")
	r.before = office.Integer(n.At("gridBefore").Attr("val"), 0, office.MaxSpan)
	r.gone = n.At("del") != nil || n.At("moveFrom") != nil || isOn(n, "hidden")
	return nil
}

func (w *walker) nextCell(x *ingest.XML, row *wordRow, shaded bool) error {
	if w.cells++; w.cells > maxCells {
		w.warn("tables with more than %d cells were read up to there only", maxCells)
		return x.Skip()
	}
	c, err := w.cell(x, shaded || w.shaded)
	if !c.deleted {
		row.cells = append(row.cells, c)
	}
	return err
}

func (w *walker) cell(x *ingest.XML, shaded bool) (wordCell, error) {
	c := wordCell{}
	if w.paragraphs != nil {
		c.At = index.Locator{Paragraph: *w.paragraphs + 1}
	}
	sub := &walker{book: w.book, rels: w.rels, paragraphs: w.paragraphs, fields: w.fields, tables: w.tables, body: w.body, edge: w.edge, shaded: shaded, openEnded: w.openEnded}
	err := office.Each(x, func(e xml.StartElement) error {
		if e.Name.Local != "tcPr" {
			return sub.block(x, e)
		}
		err := c.properties(x, e)
		sub.shaded = sub.shaded || c.shaded
		return err
	})
	if err == nil {
		err = sub.release(nil)
	}
	c.blocks = sub.blocks
	return c, err
}

func (c *wordCell) properties(x *ingest.XML, e xml.StartElement) error {
	n, err := office.Tree(x, e)
	if err != nil {
		return err
	}
	c.Span = office.Integer(n.At("gridSpan").Attr("val"), 1, office.MaxSpan)
	if m := n.At("vMerge"); m != nil {
		c.Above = m.Attr("val") != "restart"
	}
	if m := n.At("hMerge"); m != nil {
		c.Left = m.Attr("val") != "restart"
	}
	c.deleted = n.At("cellDel") != nil
	c.shaded = filled(n.At("shd"))
	return nil
}

// layTable adds a table; what only arranges text is added as that text.
func (w *walker) layTable(t wordTable) error {
	if len(t.rows) == 0 || w.inField() {
		return nil
	}
	g := office.Grid{Styled: t.styled}
	arranges := false
	for _, r := range t.rows {
		row := office.Row{Header: r.header}
		if r.before > 0 {
			row.Cells = append(row.Cells, office.Cell{Span: r.before, At: r.cells[0].At})
		}
		for _, c := range r.cells {
			arranges = arranges || chapter(c.blocks)
			c.Text = office.Flat(c.blocks)
			row.Cells = append(row.Cells, c.Cell)
		}
		g.Rows = append(g.Rows, row)
	}
	if arranges || g.Frame() {
		for _, r := range t.rows {
			for _, c := range r.cells {
				w.blocks = append(w.blocks, c.blocks...)
			}
		}
		return nil
	}
	if n := len(w.blocks); n > 0 && w.captions == n {
		g.Caption = w.blocks[n-1].Text
		w.blocks = w.blocks[:n-1]
	}
	blocks, warning := g.Block(w.budget)
	if warning != "" {
		w.warn("%s", warning)
	}
	w.blocks = append(w.blocks, blocks...)
	return nil
}

// chapter reports whether a cell holds a heading and text below it, as those
// of tables that lay out a page do.
func chapter(blocks []ingest.Block) bool {
	return len(blocks) > 2 && blocks[0].Kind == ingest.Heading
}
