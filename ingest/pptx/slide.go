package pptx

import (
	"bytes"
	"cmp"
	"errors"
	"path"
	"strconv"
	"strings"

	"github.com/sufflor/sufflor/ingest"
	"github.com/sufflor/sufflor/ingest/docx"
	"github.com/sufflor/sufflor/ingest/flow"
	"github.com/sufflor/sufflor/ingest/office"
	"github.com/sufflor/sufflor/ingest/office/embedded"
)

const (
	maxGroups = 40 // inside one another
	maxLevel  = 9
)

// slide is a slide or a page of notes being read.
type slide struct {
	*deck
	rels   office.Relations
	layout *layout
	notes  bool // only the placeholder for notes counts
	title  string
}

// shapes are the blocks of a shape tree or group in reading order.
func (s *slide) shapes(tree *office.Node, depth int) []ingest.Block {
	if tree == nil {
		return nil
	}
	if depth > maxGroups {
		s.warn("slide %d: shapes in more than %d groups inside one another were left out", s.at.Page, maxGroups)
		return nil
	}
	var parts [][]ingest.Block
	var boxes []box
	for _, n := range tree.Kids {
		switch n.Name {
		case "sp", "pic", "graphicFrame", "grpSp", "cxnSp":
			blocks := s.shape(n, depth)
			if len(blocks) > 0 {
				parts = append(parts, blocks)
				boxes = append(boxes, s.boxOf(n))
			}
		}
	}
	var out []ingest.Block
	for _, i := range order(boxes) {
		out = append(out, parts[i]...)
	}
	return out
}

// boxOf is where a shape stands, by its layout when it does not say itself.
func (s *slide) boxOf(n *office.Node) box {
	if b := boxOf(n); b.known {
		return b
	}
	if ph := placeholderOf(n); ph != nil {
		for _, p := range s.layout.find(kindOf(ph), ph.Attr("idx")) {
			if p.box.known {
				return p.box
			}
		}
	}
	return box{}
}

// properties are those that all kinds of shapes have: p:cNvPr and p:nvPr.
func properties(n *office.Node) (shown, placed *office.Node) {
	for _, k := range n.Kids {
		if strings.HasPrefix(k.Name, "nv") {
			return k.At("cNvPr"), k.At("nvPr")
		}
	}
	return nil, nil
}

func placeholderOf(n *office.Node) *office.Node {
	_, placed := properties(n)
	return placed.At("ph")
}

func (s *slide) shape(n *office.Node, depth int) []ingest.Block {
	shown, placed := properties(n)
	if on(shown.Attr("hidden")) {
		return nil
	}
	kind, index := "", ""
	if ph := placed.At("ph"); ph != nil {
		kind, index = kindOf(ph), ph.Attr("idx")
	}
	if isEdge(kind) {
		return nil
	}
	if s.notes && kind == "" && n.Name != "sp" {
		return nil
	}
	var blocks []ingest.Block
	switch n.Name {
	case "grpSp":
		blocks = s.shapes(n, depth+1)
	case "graphicFrame":
		blocks = s.frame(n)
	default:
		blocks = s.text(n.At("txBody"), kind, index)
	}
	if alt := description(shown); alt != "" && !s.notes {
		blocks = append(blocks, ingest.Block{Kind: ingest.Paragraph, Text: alt})
	}
	return blocks
}

// description is a shape's alternative text.
func description(shown *office.Node) string {
	if d := shown.First("decorative"); d != nil && office.IsOn(d.Attr("val")) {
		return ""
	}
	return office.AltText(cmp.Or(shown.Attr("descr"), shown.Attr("title")))
}

// frame reads a table, chart or diagram.
func (s *slide) frame(n *office.Node) []ingest.Block {
	data := n.At("graphic", "graphicData")
	if t := data.At("tbl"); t != nil {
		return s.table(t)
	}
	if c := data.At("chart"); c != nil {
		return s.other(c.Attr("id"), func(data []byte) ([]ingest.Block, error) { return office.Chart(data, &s.budget) })
	}
	if r := data.At("relIds"); r != nil {
		return s.other(r.Attr("dm"), office.Diagram)
	}
	if o := data.At("oleObj"); o != nil {
		return s.object(o)
	}
	return nil
}

// maxObjects bounds the files read inside one presentation.
const maxObjects = 100

// object reads what an embedded workbook shows, or a Word document; of other
// objects there is only a picture.
func (s *slide) object(o *office.Node) []ingest.Block {
	name := s.rels.Part(o.Attr("id"))
	word := strings.HasSuffix(name, ".docx") || strings.HasSuffix(name, ".docm")
	if s.objects++; name == "" || on(o.Attr("showAsIcon")) || !word && !embedded.IsWorkbook(name) || s.objects > maxObjects || s.inside == nil {
		kind := cmp.Or(o.Attr("progId"), o.Attr("name"), "of unknown kind")
		s.warn("slide %d: an embedded object (%s), of which only a picture shows, was left out", s.at.Page, kind)
		return nil
	}
	return s.other(o.Attr("id"), func(data []byte) ([]ingest.Block, error) {
		in := ingest.Input{Name: path.Base(name), Path: name, Data: bytes.NewReader(data), Size: int64(len(data))}
		if !word {
			return embedded.Workbook(s.inside, in)
		}
		doc, err := docx.Reader{}.Read(s.inside, in)
		if errors.Is(err, ingest.ErrNoText) {
			err = nil
		}
		for _, text := range doc.Warnings {
			s.warn("slide %d: %s: %s", s.at.Page, in.Name, text)
		}
		return doc.Blocks, err //nolint:wrapcheck // it names the file
	})
}

// other reads a part that a frame shows.
func (s *slide) other(id string, read func([]byte) ([]ingest.Block, error)) []ingest.Block {
	name := s.rels.Part(id)
	if name == "" {
		return nil
	}
	data, err := s.arc.Part(name)
	if err != nil {
		s.warn("slide %d: left out: %v", s.at.Page, err)
		return nil
	}
	blocks, err := read(data)
	if err != nil {
		s.warn("slide %d: %s was read in part: %v", s.at.Page, path.Base(name), err)
	}
	return blocks
}

func (s *slide) table(t *office.Node) []ingest.Block {
	g := office.Grid{}
	if first := t.At("tblPr").Attr("firstRow"); first != "" {
		g.Styled = office.IsOn(first)
	}
	for tr := range t.Each("tr") {
		row := office.Row{}
		for tc := range tr.Each("tc") {
			row.Cells = append(row.Cells, office.Cell{
				Text: office.Flat(s.paragraphs(tc.At("txBody"), nil)),
				Left: on(tc.Attr("hMerge")), Above: on(tc.Attr("vMerge")), At: s.at,
			})
		}
		g.Rows = append(g.Rows, row)
	}
	blocks, warning := g.Block(&s.budget)
	if warning != "" {
		s.warn("slide %d: %s", s.at.Page, warning)
	}
	return blocks
}

func on(v string) bool { return v != "" && office.IsOn(v) }

// text reads the text of a shape that is placeholder kind, or none.
func (s *slide) text(body *office.Node, kind, index string) []ingest.Block {
	if body == nil {
		return nil
	}
	if family(kind) == "title" && kind != "" && !s.notes {
		var lines []string
		for p := range body.Each("p") {
			if text := strings.TrimSpace(office.DrawingText(p)); text != "" {
				lines = append(lines, text)
			}
		}
		title := strings.Join(lines, "\n")
		if s.title == "" {
			s.title = title
			return nil
		}
		if title == "" {
			return nil
		}
		return []ingest.Block{{Kind: ingest.Paragraph, Text: title}}
	}
	return s.paragraphs(body, s.inherited(body, kind, index))
}

// inherited are the list styles that hold for a text, the nearest first.
func (s *slide) inherited(body *office.Node, kind, index string) []*office.Node {
	styles := []*office.Node{body.At("lstStyle")}
	if kind == "" {
		return append(styles, s.layout.styles.At("otherStyle"), s.usual)
	}
	for _, p := range s.layout.find(kind, index) {
		styles = append(styles, p.list)
	}
	if family(kind) == "title" {
		return append(styles, s.layout.styles.At("titleStyle"))
	}
	return append(styles, s.layout.styles.At("bodyStyle"))
}

// bullet is what marks a paragraph as an item: "" for nothing said, "none",
// "char", or a scheme of numbers.
func bullet(pPr *office.Node) (scheme string, start int) {
	if pPr == nil {
		return "", 0
	}
	for _, k := range pPr.Kids {
		switch k.Name {
		case "buNone":
			return "none", 0
		case "buChar", "buBlip":
			return "char", 0
		case "buAutoNum":
			return k.Attr("type"), office.Integer(k.Attr("startAt"), 1, office.MaxNumber)
		}
	}
	return "", 0
}

// paragraphs are the paragraphs of a text body, items by the bullets that
// they and their styles have.
func (s *slide) paragraphs(body *office.Node, styles []*office.Node) []ingest.Block {
	var out []ingest.Block
	var counts [maxLevel + 1]int
	var schemes [maxLevel + 1]string
	for p := range body.Each("p") {
		text := strings.TrimSpace(office.DrawingText(p))
		if text == "" {
			continue
		}
		pPr := p.At("pPr")
		level := office.Integer(pPr.Attr("lvl"), 0, maxLevel-1)
		scheme, start := bullet(pPr)
		for i := 0; scheme == "" && i < len(styles); i++ {
			scheme, start = bullet(styles[i].At("lvl" + strconv.Itoa(level+1) + "pPr"))
		}
		for i := level + 1; i < len(counts); i++ {
			counts[i], schemes[i] = 0, ""
		}
		if scheme == "" || scheme == "none" {
			counts[level], schemes[level] = 0, ""
			out = append(out, ingest.Block{Kind: ingest.Paragraph, Text: text})
			continue
		}
		marker := office.Marker
		if scheme != "char" {
			if counts[level] == 0 || schemes[level] != scheme {
				counts[level] = start - 1
			}
			counts[level]++
			marker = numbered(scheme, counts[level])
		}
		schemes[level] = scheme
		out = append(out, ingest.Block{Kind: ingest.ListItem, Level: level + 1, Marker: marker, Text: text})
	}
	return out
}

// numbered is n in a scheme of a:buAutoNum (ISO/IEC 29500-1, 20.1.10.61):
// "arabicPeriod", "alphaLcParenBoth".
func numbered(scheme string, n int) string {
	format := "decimal"
	for prefix, f := range map[string]string{
		"alphaLc": "lowerLetter", "alphaUc": "upperLetter", "romanLc": "lowerRoman", "romanUc": "upperRoman", "circleNum": "decimalEnclosedCircle",
	} {
		if strings.HasPrefix(scheme, prefix) {
			format = f
		}
	}
	text := flow.Number(format, n)
	switch {
	case strings.HasSuffix(scheme, "ParenBoth"):
		return "(" + text + ")"
	case strings.HasSuffix(scheme, "ParenR"):
		return text + ")"
	case strings.HasSuffix(scheme, "Period"):
		return text + "."
	case strings.HasSuffix(scheme, "Minus"):
		return text + "-"
	}
	return text
}
