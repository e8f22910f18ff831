package odt

import (
	"encoding/xml"
	"path"
	"strings"

	"github.com/sufflor/sufflor/ingest"
	"github.com/sufflor/sufflor/ingest/office"
)

// object reads what a draw:object shows: a formula, a chart, or another
// OpenDocument file's text or tables. In flat files it stands inside.
func (w *walker) object(x *ingest.XML, e xml.StartElement) error {
	n, err := office.Tree(x, e)
	if err != nil {
		return err
	}
	if n.First("math") != nil || n.First("chart") != nil || n.First("body") != nil {
		return w.show(n)
	}
	name := path.Join(strings.TrimPrefix(n.Attr("href"), "./"), "content.xml")
	if w.arc == nil || n.Attr("href") == "" || !w.arc.Has(name) || w.seenParts[name] {
		return nil
	}
	w.seenParts[name] = true
	data, err := w.arc.Part(name)
	if err != nil {
		w.warn("left out: %v", err)
		return nil
	}
	root, err := office.Parse(data)
	if err != nil {
		w.warn("%s was read in part: %v", name, err)
	}
	return w.show(&office.Node{Kids: []*office.Node{root}})
}

// show adds what an embedded document says.
func (w *walker) show(n *office.Node) error {
	add := func(text string) error {
		if text = oneLine(text); text == "" {
			return nil
		}
		return w.add(ingest.Block{Kind: ingest.Paragraph, Text: text, Locator: w.here()})
	}
	if m := n.First("math"); m != nil {
		text := oneLine(mathML(m))
		if w.inLine {
			w.formula = text
			return nil
		}
		return add(text)
	}
	body := n.First("body")
	if chart := body.At("chart", "chart"); chart != nil {
		return w.chart(chart)
	}
	for t := range body.All("table") {
		w.plainTable(t, "")
	}
	for _, kind := range []string{"text", "drawing", "presentation"} {
		for _, p := range paragraphs(body.At(kind), nil) {
			if err := add(plain(p)); err != nil {
				return err
			}
		}
	}
	return nil
}

// paragraphs adds those that an embedded document shows outside its tables.
func paragraphs(n *office.Node, all []*office.Node) []*office.Node {
	if n == nil {
		return all
	}
	for _, k := range n.Kids {
		switch k.Name {
		case "p", "h":
			all = append(all, k)
		case "tracked-changes", "annotation", "notes", "table", "table-of-content", "note-citation":
		default:
			if k.Attr("display") != "none" {
				all = paragraphs(k, all)
			}
		}
	}
	return all
}

// chart adds a chart: its table with the title as caption, then the titles of
// its axes.
func (w *walker) chart(c *office.Node) error {
	title := oneLine(plain(c.At("title")))
	if sub := oneLine(plain(c.At("subtitle"))); sub != "" {
		title = strings.TrimSpace(title + ": " + sub)
	}
	tables := false
	for t := range c.Each("table") {
		tables = true
		w.plainTable(t, title)
	}
	if !tables && title != "" {
		if err := w.add(ingest.Block{Kind: ingest.Paragraph, Text: title, Locator: w.here()}); err != nil {
			return err
		}
	}
	for a := range c.At("plot-area").Each("axis") {
		if text := oneLine(plain(a.At("title"))); text != "" {
			if err := w.add(ingest.Block{Kind: ingest.Paragraph, Text: text, Locator: w.here()}); err != nil {
				return err
			}
		}
	}
	return nil
}

// plainTable adds a table of an embedded document, whose first row heads it.
func (w *walker) plainTable(t *office.Node, caption string) {
	g := office.Grid{Caption: caption}
	for tr := range t.All("table-row") {
		row := office.Row{Header: len(g.Rows) == 0 && caption != ""}
		for _, c := range tr.Kids {
			if c.Name != "table-cell" && c.Name != "covered-table-cell" {
				continue
			}
			var lines []string
			for p := range c.Each("p") {
				lines = append(lines, oneLine(plain(p)))
			}
			repeat := office.Integer(c.Attr("number-columns-repeated"), 1, office.MaxSpan)
			text := strings.Join(lines, "\n")
			if text == "" && repeat > 50 {
				continue // the empty rest of a sheet
			}
			if text == "NaN" {
				text = ""
			}
			for range repeat {
				if w.cells++; w.cells <= maxCells {
					row.Cells = append(row.Cells, office.Cell{Text: text, At: w.here()})
				}
			}
		}
		if len(row.Cells) > 0 {
			g.Rows = append(g.Rows, row)
		}
	}
	blocks, warning := g.Block(&w.budget)
	if warning != "" {
		w.warn("%s", warning)
	}
	for _, b := range blocks {
		b.Locator = w.here()
		w.blocks = append(w.blocks, b)
	}
}

// plain is the text of an element with its spaces and breaks.
func plain(n *office.Node) string {
	var b strings.Builder
	var walk func(n *office.Node)
	walk = func(n *office.Node) {
		if n == nil {
			return
		}
		b.WriteString(n.Text)
		switch n.Name {
		case "s", "tab", "line-break":
			b.WriteString(" ")
		case "annotation", "tracked-changes":
			return
		}
		for _, k := range n.Kids {
			walk(k)
		}
		if n.Name == "p" {
			b.WriteString(" ")
		}
	}
	walk(n)
	return b.String()
}

// mathML writes a MathML formula in one line: (a+b)/c, x^2, √(x).
func mathML(n *office.Node) string {
	if n == nil {
		return ""
	}
	var kids []*office.Node
	for _, k := range n.Kids {
		if k.Name != "" {
			kids = append(kids, k)
		}
	}
	kid := func(i int) string {
		if i < len(kids) {
			return mathML(kids[i])
		}
		return ""
	}
	group := func(s string) string {
		if len([]rune(s)) > 1 && strings.ContainsAny(s, "+-−*/·=,^_ ") {
			return "(" + s + ")"
		}
		return s
	}
	script := func(sign, s string) string {
		if s == "" {
			return ""
		}
		return sign + group(s)
	}
	all := func(sep string) string {
		var out []string
		for _, k := range kids {
			out = append(out, mathML(k))
		}
		return strings.Join(out, sep)
	}
	switch n.Name {
	case "mi", "mn", "mo", "mtext", "ms":
		return oneLine(n.Content())
	case "annotation", "annotation-xml":
		return ""
	case "mfrac":
		return group(kid(0)) + "/" + group(kid(1))
	case "msqrt":
		return "√(" + all("") + ")"
	case "mroot":
		return "√(" + kid(1) + "&" + kid(0) + ")"
	case "msup", "mover":
		return kid(0) + script("^", kid(1))
	case "msub":
		return kid(0) + script("_", kid(1))
	case "munder":
		return kid(0) + script("_", kid(1)) + " "
	case "msubsup":
		return kid(0) + script("_", kid(1)) + script("^", kid(2))
	case "munderover":
		return kid(0) + script("_", kid(1)) + script("^", kid(2)) + " "
	case "mtable":
		return "(" + all("; ") + ")"
	case "mtr":
		return all(", ")
	case "mspace":
		return " "
	}
	return all("")
}
