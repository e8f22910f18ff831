package xls

import (
	"slices"
	"strings"
)

// Records of a chart, [MS-XLS] 2.3.
const (
	recSeriesText = 0x100D
	recChartText  = 0x1025 // Text
	recObjectLink = 0x1027
	recBegin      = 0x1033
	recEnd        = 0x1034
)

// chartSheet is the kind of a chart in the record that begins it.
const chartSheet = 0x0020

const (
	maxBlocks     = 100 // inside one another, of a chart's records
	maxChartTexts = 200
)

// chart collects what is written on a chart: its title, the titles of its
// axes, labels and text boxes. Names of series and values are those of cells,
// and left out.
type chart struct {
	w      *workbook
	blocks []int // kinds of the records whose blocks are open
	last   int   // kind of the record before
	text   string
	title  string
	axes   []string
	notes  []string
}

// record takes a record of the chart.
func (c *chart) record(rec record) {
	switch rec.kind {
	case recBegin:
		if len(c.blocks) < maxBlocks {
			c.blocks = append(c.blocks, c.last)
		}
	case recEnd:
		if n := len(c.blocks); n > 0 {
			c.blocks = c.blocks[:n-1]
		}
	case recChartText:
		c.text = ""
	case recSeriesText:
		if n := len(c.blocks); n > 0 && c.blocks[n-1] == recChartText {
			c.text = c.w.short(rec.text(2))
		}
	case recObjectLink:
		c.link(u16(rec.data, 0))
	case recText:
		if text, ok := c.w.boxText(rec); ok {
			c.notes = put(c.notes, text)
		}
	}
	c.last = rec.kind
}

// link says what the text read last belongs to: [MS-XLS] 2.4.182.
func (c *chart) link(to int) {
	const title, value, category, label, series = 1, 2, 3, 4, 7
	switch to {
	case title:
		c.title = strings.TrimSpace(c.text)
	case value, category, series:
		c.axes = put(c.axes, c.text)
	case label:
		c.notes = put(c.notes, c.text)
	}
	c.text = ""
}

// put adds a text that is not yet there.
func put(list []string, text string) []string {
	if text = strings.TrimSpace(text); text == "" || len(list) >= maxChartTexts || slices.Contains(list, text) {
		return list
	}
	return append(list, text)
}

// lines is what is written on the chart, a line each.
func (c *chart) lines() string {
	return strings.Join(slices.Concat(put(nil, c.title), c.axes, c.notes), "\n")
}

// chartAt reads the chart of a sheet that has nothing else. Charts do not
// overlap, so that all of them together are no longer than the workbook.
func (w *workbook) chartAt(at int) string {
	r := &records{data: w.data, pos: at}
	c := &chart{w: w}
	defer func() { w.charts += max(r.pos-at, 0) }()
	for depth, n := 0, 0; w.ctx.Err() == nil && w.charts+r.pos-at <= len(w.data); n++ {
		rec, ok := r.next()
		if !ok || n == 0 && (rec.kind != recBOF || u16(rec.data, 2) != chartSheet) {
			break
		}
		switch rec.kind {
		case recBOF:
			depth++
		case recEOF:
			depth--
		default:
			if depth == 1 {
				c.record(rec)
			}
		}
		if depth <= 0 {
			break
		}
	}
	return c.lines()
}
