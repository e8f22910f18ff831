package docx

import (
	"encoding/xml"
	"errors"
	"io"
	"strings"

	"github.com/sufflor/sufflor/index"
	"github.com/sufflor/sufflor/ingest"
)

const maxSpan = 200 // columns one cell may cover; Word allows 63

// wordCell is a cell of a table row.
type wordCell struct {
	blocks []ingest.Block
	span   int
	merge  string // "", "restart" or "continue"
	at     index.Locator
}

// wordRow is a row: its cells, and whether it repeats as a header.
type wordRow struct {
	cells  []wordCell
	header bool
	before int // w:gridBefore
}

// table reads a w:tbl whose start was read.
func (w *walker) table(x *ingest.XML) error {
	w.inTable++
	rows, look, err := w.rows(x)
	w.inTable--
	if err != nil && (!errors.Is(err, io.EOF) || len(rows) == 0) {
		return err
	}
	if add := w.layTable(rows, look); add != nil {
		return add
	}
	return err
}

// rows reads the rows of a table and whether its first row is styled as header.
func (w *walker) rows(x *ingest.XML) (rows []wordRow, first bool, err error) {
	for {
		tok, err := x.Token()
		if err != nil {
			return rows, first, err
		}
		switch e := tok.(type) {
		case xml.EndElement:
			return rows, first, nil
		case xml.StartElement:
			switch e.Name.Local {
			case "tr":
				row, keep, rowErr := w.row(x)
				if keep && len(row.cells) > 0 {
					rows = append(rows, row)
				}
				err = rowErr
			case "tblPr":
				first, err = tableLook(x)
			case "tblGrid", "del", "moveFrom", "sdtPr", "sdtEndPr":
				err = x.Skip()
			default: // sdt, sdtContent, ins, customXml around rows
				var more []wordRow
				more, _, err = w.rows(x)
				rows = append(rows, more...)
			}
			if err != nil {
				return rows, first, err
			}
		}
	}
}

// tableLook reads w:tblPr for the switch that styles the first row.
func tableLook(x *ingest.XML) (first bool, err error) {
	for depth := 0; ; {
		tok, err := x.Token()
		if err != nil {
			return false, err
		}
		switch e := tok.(type) {
		case xml.EndElement:
			if depth == 0 {
				return first, nil
			}
			depth--
		case xml.StartElement:
			depth++
			if e.Name.Local == "tblLook" {
				v := attr(e, "firstRow")
				first = v == "1" || v == "true"
				if mask := attr(e, "val"); v == "" && len(mask) == 4 {
					first = strings.ContainsAny(mask[2:3], "2367aAbBeEfF") // bit 0x0020
				}
			}
		}
	}
}

// row reads a w:tr; keep is false for one that was deleted or is hidden.
func (w *walker) row(x *ingest.XML) (row wordRow, keep bool, err error) {
	keep = true
	for {
		tok, err := x.Token()
		if err != nil {
			return row, keep, err
		}
		switch e := tok.(type) {
		case xml.EndElement:
			return row, keep, nil
		case xml.StartElement:
			switch e.Name.Local {
			case "tc":
				var c wordCell
				c, err = w.cell(x)
				row.cells = append(row.cells, c)
			case "trPr":
				err = rowProperties(x, &row, &keep)
			case "tblPrEx", "sdtPr", "sdtEndPr", "del", "moveFrom":
				err = x.Skip()
			default:
				var inner wordRow
				var innerKeep bool
				inner, innerKeep, err = w.row(x)
				row.cells = append(row.cells, inner.cells...)
				keep = keep && innerKeep
			}
			if err != nil {
				return row, keep, err
			}
		}
	}
}

func rowProperties(x *ingest.XML, row *wordRow, keep *bool) error {
	return eachProperty(x, func(e xml.StartElement) bool {
		switch e.Name.Local {
		case "tblHeader":
			row.header = on(e)
		case "gridBefore":
			row.before = number(attr(e, "val"), 0, maxSpan)
		case "del", "hidden":
			*keep = false
		}
		return true
	})
}

func (w *walker) cell(x *ingest.XML) (wordCell, error) {
	c := wordCell{span: 1, at: index.Locator{Paragraph: w.paragraph + 1}}
	sub := &walker{ctx: w.ctx, styles: w.styles, numbers: w.numbers, notes: w.notes, paragraph: w.paragraph, inTable: w.inTable}
	for {
		tok, err := x.Token()
		if err != nil {
			return c, err
		}
		switch e := tok.(type) {
		case xml.EndElement:
			w.paragraph = sub.paragraph
			w.size += sub.size
			c.blocks = sub.doc.Blocks
			return c, nil
		case xml.StartElement:
			switch e.Name.Local {
			case "tcPr":
				err = cellProperties(x, &c)
			case "p":
				err = sub.readParagraph(x)
			case "tbl":
				err = sub.table(x)
			case "del", "moveFrom", "sdtPr", "sdtEndPr":
				err = x.Skip()
			case "AlternateContent":
				err = sub.choice(x, sub.container)
			default:
				err = sub.container(x)
			}
			if err != nil {
				return c, err
			}
		}
	}
}

func cellProperties(x *ingest.XML, c *wordCell) error {
	return eachProperty(x, func(e xml.StartElement) bool {
		switch e.Name.Local {
		case "gridSpan":
			c.span = number(attr(e, "val"), 1, maxSpan)
		case "vMerge":
			if c.merge = attr(e, "val"); c.merge == "" {
				c.merge = "continue"
			}
		}
		return true
	})
}

// text is a cell's blocks on lines of their own; nested tables row by row.
func (c wordCell) text() string {
	var lines []string
	for _, b := range c.blocks {
		switch {
		case b.Table != nil:
			if h := strings.TrimSpace(strings.Join(b.Table.Header, " ")); h != "" {
				lines = append(lines, h)
			}
			for _, r := range b.Table.Rows {
				lines = append(lines, strings.TrimSpace(strings.Join(r.Cells, " ")))
			}
		case b.Kind == ingest.ListItem:
			lines = append(lines, b.Marker+" "+b.Text)
		default:
			lines = append(lines, b.Text)
		}
	}
	return strings.TrimSpace(strings.Join(lines, "\n"))
}

// layTable lays rows out in columns and adds the table. One cell alone is a
// frame around ordinary text.
func (w *walker) layTable(rows []wordRow, look bool) error {
	if len(rows) == 0 {
		return nil
	}
	if frame(rows) {
		for _, r := range rows {
			for _, c := range r.cells {
				for _, b := range c.blocks {
					if err := w.add(b); err != nil {
						return err
					}
				}
			}
		}
		return nil
	}
	width := 0
	grid := make([][]string, len(rows))
	for i, r := range rows {
		grid[i] = make([]string, r.before, r.before+len(r.cells))
		for _, c := range r.cells {
			text := c.text()
			if c.merge == "continue" && i > 0 && len(grid[i]) < len(grid[i-1]) {
				text = grid[i-1][len(grid[i])]
			}
			for range c.span {
				grid[i] = append(grid[i], text)
			}
		}
		width = max(width, len(grid[i]))
	}
	heads := headers(rows, grid, look)
	t := &ingest.Table{Header: ingest.JoinHeader(grid[:heads])}
	if n := len(w.doc.Blocks); n > 0 && w.doc.Blocks[n-1].Marker == captionMark && w.doc.Blocks[n-1].Kind == ingest.Paragraph {
		t.Caption = w.doc.Blocks[n-1].Text
		w.doc.Blocks = w.doc.Blocks[:n-1]
	}
	group := ""
	for i := heads; i < len(rows); i++ {
		if len(rows[i].cells) == 1 && rows[i].cells[0].span >= width && width > 1 && grid[i][0] != "" {
			group = strings.ReplaceAll(grid[i][0], "\n", " ")
			continue
		}
		if strings.TrimSpace(strings.Join(grid[i], "")) == "" {
			continue
		}
		t.Rows = append(t.Rows, ingest.Row{Cells: grid[i], Group: group, Locator: rows[i].cells[0].at})
	}
	at := rows[0].cells[0].at
	if len(t.Rows) == 0 {
		for _, line := range grid {
			if text := strings.TrimSpace(strings.Join(line, " ")); text != "" {
				if err := w.add(ingest.Block{Kind: ingest.Paragraph, Text: text, Locator: at}); err != nil {
					return err
				}
			}
		}
		return nil
	}
	return w.add(ingest.Block{Kind: ingest.TableBody, Table: t, Locator: at})
}

// frame reports whether every row is a single cell.
func frame(rows []wordRow) bool {
	for _, r := range rows {
		if len(r.cells) != 1 {
			return false
		}
	}
	return true
}

// headers counts the header rows: those that repeat on each page, else the
// first when the table's style sets it off or it looks like one.
func headers(rows []wordRow, grid [][]string, look bool) int {
	n := 0
	for n < len(rows) && rows[n].header {
		n++
	}
	if n > 0 && n < len(rows) {
		return n
	}
	if ingest.IsHeader(grid) {
		return 1
	}
	if look && len(rows) > 2 && len(rows[0].cells) > 1 {
		for _, c := range rows[0].cells {
			if text := c.text(); text == "" || ingest.IsValue(text) {
				return 0
			}
		}
		return 1
	}
	return 0
}
