package office

import (
	"slices"
	"strconv"
	"strings"

	"github.com/sufflor/sufflor/ingest"
	"github.com/sufflor/sufflor/ingest/sheet/numfmt"
)

const (
	maxPoints = 10_000 // rows of a chart's table
	maxSeries = 256
	// maxNesting is how many levels of categories, or of a diagram, are told apart.
	maxNesting = 20
)

// Chart is what a chart part says (c:chartSpace or cx:chartSpace): one table
// with the title as caption, a column a series and a row a category, then the
// titles of the axes and texts written onto the chart. With an error it is what stands
// before the fault.
func Chart(data []byte, b *Budget) ([]ingest.Block, error) {
	root, err := Parse(data)
	c := root.At("chart")
	if c == nil {
		return nil, err
	}
	if root.At("chartData") != nil {
		return chartEx(root), err
	}
	var all []series
	var axes []string
	area := c.At("plotArea")
	if area != nil {
		for _, k := range area.Kids {
			if strings.HasSuffix(k.Name, "Chart") {
				for s := range k.Each("ser") {
					if len(all) < maxSeries {
						all = append(all, readSeries(s))
					}
				}
			}
			if strings.HasSuffix(k.Name, "Ax") {
				if title := chartText(k.At("title")); title != "" && !slices.Contains(axes, title) {
					axes = append(axes, title)
				}
			}
		}
	}
	g := Grid{Caption: chartText(c.At("title"))}
	g.Rows = chartRows(all, axes)
	blocks, _ := g.Block(b)
	if len(g.Rows) == 0 && g.Caption != "" {
		blocks = append(blocks, ingest.Block{Kind: ingest.Paragraph, Text: g.Caption})
	}
	notes := axes
	for l := range c.All("dLbl") {
		if text := chartText(l.At("tx")); text != "" {
			notes = append(notes, text)
		}
	}
	for i, text := range notes {
		if i == 0 && len(axes) > 0 && len(all) > 0 {
			continue // heads the categories
		}
		blocks = append(blocks, ingest.Block{Kind: ingest.Paragraph, Text: text})
	}
	return blocks, err
}

// series is one row of values of a chart; points are numbered from 0.
type series struct {
	name         string
	names, value map[int]string
}

func readSeries(s *Node) series {
	first := func(names ...string) *Node {
		for _, n := range names {
			if k := s.At(n); k != nil {
				return k
			}
		}
		return nil
	}
	out := series{name: chartText(s.At("tx")), names: points(first("cat", "xVal")), value: points(first("val", "yVal"))}
	for i, size := range points(s.At("bubbleSize")) {
		out.value[i] += " (" + size + ")"
	}
	return out
}

// chartRows lays series out: by category where all have the same ones, else
// one below the other.
func chartRows(all []series, axes []string) []Row {
	if len(all) == 0 {
		return nil
	}
	last, same := -1, true
	for _, s := range all {
		for i := range s.value {
			last = max(last, i)
		}
		for i := range s.names {
			last = max(last, i)
		}
		same = same && (len(s.names) == 0 || mapsEqual(s.names, all[0].names))
	}
	last = min(last, maxPoints)
	corner := ""
	if len(axes) > 0 {
		corner = axes[0]
	}
	head := Row{Header: true, Cells: []Cell{{Text: corner}}}
	var rows []Row
	if !same {
		head.Cells = append(head.Cells, Cell{}, Cell{})
		rows = append(rows, head)
		for _, s := range all {
			for i := range last + 1 {
				if s.value[i] != "" || s.names[i] != "" {
					rows = append(rows, Row{Cells: []Cell{{Text: s.names[i]}, {Text: s.name}, {Text: s.value[i]}}})
				}
			}
		}
		return rows
	}
	for _, s := range all {
		head.Cells = append(head.Cells, Cell{Text: s.name})
	}
	rows = append(rows, head)
	for i := range last + 1 {
		r := Row{Cells: []Cell{{Text: all[0].names[i]}}}
		for _, s := range all {
			r.Cells = append(r.Cells, Cell{Text: s.value[i]})
		}
		rows = append(rows, r)
	}
	return rows
}

func mapsEqual(a, b map[int]string) bool {
	if len(a) != len(b) {
		return false
	}
	for k, v := range a {
		if b[k] != v {
			return false
		}
	}
	return true
}

// points are the cached values of a c:cat, c:val and the like by index;
// levels of a category come from the inner to the outer and are joined.
func points(n *Node) map[int]string {
	out := map[int]string{}
	if n == nil {
		return out
	}
	if cache := n.First("multiLvlStrCache"); cache != nil {
		levels := 0
		for lvl := range cache.Each("lvl") {
			if levels++; levels > maxNesting {
				break
			}
			above := ""
			level := map[int]string{}
			for pt := range lvl.Each("pt") {
				level[Integer(pt.Attr("idx"), 0, maxPoints)] = oneLine(pt.At("v").Content())
			}
			if len(out) == 0 {
				out = level
				continue
			}
			for i := range maxPoints {
				text, ok := out[i]
				if !ok {
					continue
				}
				if level[i] != "" {
					above = level[i]
				}
				out[i] = above + " / " + text
			}
		}
		return out
	}
	for _, name := range []string{"numCache", "numLit", "strCache", "strLit"} {
		cache := n.First(name)
		if cache == nil {
			continue
		}
		format := numfmt.Parse(cache.At("formatCode").Content())
		for pt := range cache.Each("pt") {
			text := oneLine(pt.At("v").Content())
			if strings.HasPrefix(name, "num") {
				own := format
				if f := pt.Attr("formatCode"); f != "" {
					own = numfmt.Parse(f)
				}
				text = figure(text, own)
			}
			out[Integer(pt.Attr("idx"), 0, maxPoints)] = text
		}
		return out
	}
	return out
}

// figure shows a number as its format says.
func figure(text string, format *numfmt.Format) string {
	f, err := strconv.ParseFloat(text, 64)
	if err != nil {
		return text
	}
	shown, _ := format.Number(f, numfmt.Place{})
	return shown
}

// chartText is the rich or cached text of a title, a series name or a label.
func chartText(n *Node) string {
	if n == nil {
		return ""
	}
	if rich := n.First("rich"); rich != nil {
		var lines []string
		for p := range rich.Each("p") {
			if text := oneLine(DrawingText(p)); text != "" {
				lines = append(lines, text)
			}
		}
		return strings.Join(lines, " ")
	}
	var out []string
	for v := range n.All("v") {
		if text := oneLine(v.Content()); text != "" {
			out = append(out, text)
		}
	}
	return strings.Join(out, " ")
}

// chartEx reads the charts that came with Office 2016 (waterfall, treemap …):
// their titles, then their data line by line.
func chartEx(root *Node) []ingest.Block {
	var blocks []ingest.Block
	add := func(text string) {
		if text = oneLine(text); text != "" {
			blocks = append(blocks, ingest.Block{Kind: ingest.Paragraph, Text: text})
		}
	}
	for title := range root.All("title") {
		var words []string
		for p := range title.All("p") {
			words = append(words, DrawingText(p))
		}
		add(strings.Join(words, " "))
	}
	for s := range root.All("series") {
		add(s.First("v").Content())
	}
	for data := range root.At("chartData").Each("data") {
		rows := map[int][]string{}
		last := -1
		for _, dim := range data.Kids {
			for lvl := range dim.Each("lvl") {
				format := numfmt.Parse(lvl.Attr("formatCode"))
				for pt := range lvl.Each("pt") {
					i := Integer(pt.Attr("idx"), 0, maxPoints)
					text := oneLine(pt.Content())
					if dim.Name == "numDim" {
						text = figure(text, format)
					}
					rows[i] = append(rows[i], text)
					last = max(last, i)
				}
			}
		}
		for i := range last + 1 {
			add(strings.Join(rows[i], " "))
		}
	}
	return blocks
}

// DrawingText is the text of a DrawingML paragraph (a:p); fields that show the
// number of the page are left out.
func DrawingText(p *Node) string {
	var b strings.Builder
	var walk func(n *Node, font string)
	walk = func(n *Node, font string) {
		for _, k := range n.Kids {
			switch k.Name {
			case "r", "fld":
				if k.Attr("type") == "slidenum" {
					continue
				}
				walk(k, k.At("rPr", "sym").Attr("typeface"))
			case "t":
				b.WriteString(Plain(k.Content(), font))
			case "br":
				b.WriteString("\n")
			case "oMath", "oMathPara":
				b.WriteString(Math(k))
			case "m":
				walk(k, font)
			}
		}
	}
	if p != nil {
		walk(p, "")
	}
	return b.String()
}

// Diagram is the text of a SmartArt's data part (dgm:dataModel) as a list, in
// the order in which its points hang together. With an error it is what stands
// before the fault.
func Diagram(data []byte) ([]ingest.Block, error) {
	root, err := Parse(data)
	type link struct {
		to    string
		order int
	}
	texts, below := map[string]string{}, map[string][]link{}
	var order []string
	top := ""
	for pt := range root.At("ptLst").Each("pt") {
		id := pt.Attr("modelId")
		switch pt.Attr("type") {
		case "doc":
			top = id
		case "", "node", "asst":
			var lines []string
			for p := range pt.At("t").Each("p") {
				if text := strings.TrimSpace(DrawingText(p)); text != "" {
					lines = append(lines, text)
				}
			}
			if pt.At("prSet").Attr("phldr") == "1" && len(lines) == 0 {
				continue
			}
			texts[id] = strings.Join(lines, "\n")
			order = append(order, id)
		}
	}
	for c := range root.At("cxnLst").Each("cxn") {
		if t := c.Attr("type"); t == "" || t == "parOf" {
			below[c.Attr("srcId")] = append(below[c.Attr("srcId")], link{c.Attr("destId"), Integer(c.Attr("srcOrd"), 0, maxPoints)})
		}
	}
	var blocks []ingest.Block
	seen := map[string]bool{}
	var visit func(id string, level int)
	visit = func(id string, level int) {
		if seen[id] || level > maxNesting {
			return
		}
		seen[id] = true
		if texts[id] != "" {
			blocks = append(blocks, ingest.Block{Kind: ingest.ListItem, Level: max(level, 1), Marker: Marker, Text: texts[id]})
		}
		next := below[id]
		slices.SortStableFunc(next, func(a, b link) int { return a.order - b.order })
		for _, l := range next {
			visit(l.to, level+1)
		}
	}
	visit(top, 0)
	for _, id := range order { // what hangs on nothing
		visit(id, 1)
	}
	return blocks, err
}
