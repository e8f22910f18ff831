package xlsx

import (
	"github.com/sufflor/sufflor/ingest/sheet"
)

// cell is a filled cell.
type cell struct {
	col    int
	text   string
	number *numeric
}

// row is a row with its filled cells in column order.
type row struct {
	number int
	hidden bool
	cells  []cell
}

// page is what was read of one sheet.
type page struct {
	name   string
	facts  *facts
	rows   []row
	locale locale
}

func (s *page) push(out *sheet.Sheet, formats []string) {
	for _, r := range s.rows {
		in := sheet.Row{Number: r.number, Hidden: r.hidden}
		for _, c := range r.cells {
			kind := sheet.Text
			if c.number != nil {
				kind = sheet.Number
				code := ""
				if n := c.number.style; n >= 0 && n < len(formats) {
					code = formats[n]
				}
				if len(formats) == 0 || code != "" {
					if text, ok := format(c.number.value, code, s.locale); ok {
						c.text = text
					}
				}
			}
			in.Cells = append(in.Cells, sheet.Cell{Col: c.col, Text: c.text, Kind: kind})
		}
		if !out.Row(in) {
			break
		}
	}
	out.Close()
}
