package docx

import (
	"encoding/xml"
	"errors"
	"io"
	"strconv"
	"strings"

	"github.com/sufflor/sufflor/index"
	"github.com/sufflor/sufflor/ingest"
	"github.com/sufflor/sufflor/ingest/office"
	"github.com/sufflor/sufflor/ingest/office/sight"
)

// maxCells bounds the cells of all tables, so that empty ones cost nothing.
const maxCells = 250_000

// wordCell is a cell of a table row.
type wordCell struct {
	office.Cell
	blocks  []ingest.Block
	deleted bool
	fill    string
}

// wordRow is a row: its cells, and whether it repeats as a header.
type wordRow struct {
	cells  []wordCell
	header bool
	before int // w:gridBefore
	gone   bool
	number int // from 0
	wide   int // columns so far
	fill   string
}

// wordTable is a table as read.
type wordTable struct {
	rows   []wordRow
	styled bool // its first row is set off
	ground sight.Ground
	style  tableStyle
	shows  map[string]bool // parts for which the style's shadings are switched on, nil for all
	read   int             // rows
}

// table reads a w:tbl whose start was read.
func (w *walker) table(x *ingest.XML) error {
	w.tables++
	t := wordTable{ground: w.ground}
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
			row := wordRow{number: t.read}
			t.read++
			err := w.row(x, &row, t)
			if !row.gone && len(row.cells) > 0 {
				t.rows = append(t.rows, row)
			}
			return err
		case "tblPr":
			return w.tableProperties(x, e, t)
		case "sdt":
			return w.control(x, func(x *ingest.XML) error { return w.rows(x, t) })
		case "tblGrid", "del", "moveFrom", "customXmlPr":
			return x.Skip()
		}
		return w.rows(x, t) // ins, customXml around rows
	})
}

// tableProperties reads w:tblPr for the switch that styles the first row, and
// for what is behind the cells.
func (w *walker) tableProperties(x *ingest.XML, e xml.StartElement, t *wordTable) error {
	n, err := office.Tree(x, e)
	if err != nil {
		return err
	}
	t.ground = w.ground.Or(w.colors.shade(n.At("shd")))
	if id := n.At("tblStyle").Attr("val"); id != "" {
		_, known := w.styles.all[id]
		t.style, t.ground.Open = w.styles.tableStyle(id), t.ground.Open || !known
	}
	if look := n.At("tblLook"); look != nil {
		t.shows = parts(look)
		t.styled = t.shows["firstRow"]
	}
	return nil
}

// parts are the parts of a table that a w:tblLook styles of their own
// (ISO/IEC 29500-4, 14.4.7 for the older form).
func parts(n *office.Node) map[string]bool {
	mask, err := strconv.ParseUint(n.Attr("val"), 16, 16)
	if err != nil {
		mask = 0
	}
	on := func(name string, bit uint64) bool {
		if v := n.Attr(name); v != "" {
			return office.IsOn(v)
		}
		return mask&bit != 0
	}
	rows, columns := !on("noHBand", 0x200), !on("noVBand", 0x400)
	return map[string]bool{
		"firstRow": on("firstRow", 0x20), "lastRow": on("lastRow", 0x40), "firstCol": on("firstColumn", 0x80), "lastCol": on("lastColumn", 0x100),
		"band1Horz": rows, "band2Horz": rows, "band1Vert": columns, "band2Vert": columns,
	}
}

// under is what the next cell of a row may stand on when it has no shading of
// its own. Which row and which column is the last is not known yet.
func (t *wordTable) under(row *wordRow) sight.Ground {
	g := t.ground.Or(row.fill)
	for part, fills := range t.style {
		switch {
		case part == "firstRow" && row.number > 0 && !row.header, part == "firstCol" && row.before+row.wide > 0:
			continue
		case t.shows != nil && part != "" && part != "wholeTable" && !strings.HasSuffix(part, "Cell") && !t.shows[part]:
			continue
		}
		for _, fill := range fills {
			g = g.Or(fill)
		}
	}
	return g
}

// row reads a w:tr.
func (w *walker) row(x *ingest.XML, row *wordRow, t *wordTable) error {
	return office.Each(x, func(e xml.StartElement) error {
		switch e.Name.Local {
		case "tc":
			return w.nextCell(x, row, t)
		case "trPr":
			return row.properties(x, e)
		case "sdt":
			return w.control(x, func(x *ingest.XML) error { return w.row(x, row, t) })
		case "tblPrEx":
			n, err := office.Tree(x, e)
			row.fill = w.colors.shade(n.At("shd"))
			return err
		case "del", "moveFrom", "customXmlPr":
			return x.Skip()
		}
		return w.row(x, row, t)
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

func (w *walker) nextCell(x *ingest.XML, row *wordRow, t *wordTable) error {
	if w.cells++; w.cells > maxCells {
		w.warn("tables with more than %d cells were read up to there only", maxCells)
		return x.Skip()
	}
	c, err := w.cell(x, t.under(row))
	row.wide += max(c.Span, 1)
	if !c.deleted {
		row.cells = append(row.cells, c)
	}
	return err
}

func (w *walker) cell(x *ingest.XML, under sight.Ground) (wordCell, error) {
	c := wordCell{}
	if w.paragraphs != nil {
		c.At = index.Locator{Paragraph: *w.paragraphs + 1}
	}
	sub := &walker{book: w.book, rels: w.rels, paragraphs: w.paragraphs, fields: w.fields, tables: w.tables, body: w.body, edge: w.edge, ground: under, openEnded: w.openEnded}
	err := office.Each(x, func(e xml.StartElement) error {
		if e.Name.Local != "tcPr" {
			return sub.block(x, e)
		}
		err := c.properties(x, e, w.colors)
		sub.ground = under.Painted(c.fill)
		return err
	})
	if err == nil {
		err = sub.release(nil)
	}
	c.blocks = sub.blocks
	return c, err
}

func (c *wordCell) properties(x *ingest.XML, e xml.StartElement, colors palette) error {
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
	c.fill = colors.shade(n.At("shd"))
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
