package odt

import (
	"encoding/xml"
	"strconv"
	"strings"

	"github.com/sufflor/sufflor/ingest"
	"github.com/sufflor/sufflor/ingest/flow"
	"github.com/sufflor/sufflor/ingest/office"
	"github.com/sufflor/sufflor/ingest/office/odf"
)

const (
	levels   = 10
	maxBased = 20 // how far parent styles are followed
)

// style is a style of a family as written down.
type style struct {
	parent, name string
	outline      string // style:default-outline-level
	list         string
	display      string // text:display: "none" hides
	slide        string // presentation:visibility
	master       string // style:master-page-name
	bare         bool   // presentation:background-visible is false
	alone        bool   // so is presentation:background-objects-visible
}

// styleSheet holds styles by family and name, and list styles by name below
// family "list".
type styleSheet map[string]*entry

type entry struct {
	style style
	look  odf.Style
	place placing
	list  *listStyle
	lang  string
}

// listStyle is how the levels of a list are numbered.
type listStyle [levels]listLevel

// listLevel is one level; without a format it shows no number.
type listLevel struct {
	known          bool
	bullet         bool
	format         string // style:num-format: "1", "a", "I"
	prefix, suffix string
	start          int
	shown          int    // text:display-levels
	whole          string // loext:num-list-format: "%1%.%2%."
}

func key(family, name string) string { return family + "/" + name }

// read reads office:styles or office:automatic-styles up to its end.
func (s styleSheet) read(x *ingest.XML, b *book) error {
	return office.Each(x, func(e xml.StartElement) error {
		n, err := office.Tree(x, e)
		if err != nil {
			return err
		}
		switch name := n.Attr("name"); n.Name {
		case "style", "default-style":
			props, page := n.At("text-properties"), n.At("drawing-page-properties")
			s[key(n.Attr("family"), name)] = &entry{style: style{
				parent: n.Attr("parent-style-name"), name: n.Attr("display-name"), outline: n.Attr("default-outline-level"), list: n.Attr("list-style-name"),
				display: props.Attr("display"), slide: page.Attr("visibility"), master: n.Attr("master-page-name"),
				bare: page.Attr("background-visible") == "false", alone: page.Attr("background-objects-visible") == "false",
			}, look: odf.Read(n), place: placingOf(n), lang: language(props)}
		case "list-style":
			s[key("list", name)] = &entry{list: readListStyle(n)}
		case "outline-style":
			b.outline = readListStyle(n)
		case "page-layout":
			b.layouts[name] = layoutOf(n)
		case "gradient":
			b.gradients[name] = odf.Gradient(n)
		case "table-template":
			b.templates[name] = templateOf(n)
		}
		return nil
	})
}

func language(n *office.Node) string {
	lang, country := n.Attr("language"), n.Attr("country")
	if lang == "" || lang == "none" || lang == "zxx" {
		return ""
	}
	if country == "" || country == "none" {
		return lang
	}
	return lang + "-" + country
}

// language is that of paragraphs by default.
func (s styleSheet) language() string {
	for _, k := range []string{key("paragraph", "Standard"), key("paragraph", "")} {
		if e := s[k]; e != nil && e.lang != "" {
			return e.lang
		}
	}
	return ""
}

func readListStyle(n *office.Node) *listStyle {
	l := &listStyle{}
	for _, k := range n.Kids {
		if k.Name == "" || !strings.Contains(k.Name, "level-style") {
			continue
		}
		i := office.Integer(k.Attr("level"), 1, levels) - 1
		l[i] = listLevel{
			known: true, bullet: strings.HasSuffix(k.Name, "bullet") || strings.HasSuffix(k.Name, "image"),
			format: k.Attr("num-format"), prefix: k.Attr("num-prefix"), suffix: k.Attr("num-suffix"), whole: k.Attr("num-list-format"),
			start: 1, shown: office.Integer(k.Attr("display-levels"), 1, levels),
		}
		if s := k.Attr("start-value"); s != "" {
			l[i].start = office.Integer(s, 0, office.MaxNumber)
		}
	}
	return l
}

// find is a style of the part, else of the document.
func (b *book) find(family, name string) *entry {
	if name == "" {
		return nil
	}
	if e := b.own[key(family, name)]; e != nil {
		return e
	}
	return b.common[key(family, name)]
}

// meaning is what a paragraph style says with what it is based on.
type meaning struct {
	outline int // 1 to 10, 0 for none
	list    string
	hidden  bool
	title   bool
	caption bool
}

// meaning follows the parents of a style.
func (b *book) meaning(family, name string) meaning {
	var out meaning
	display := ""
	for range maxBased {
		e := b.find(family, name)
		plain := strings.ToLower(strings.ReplaceAll(name, "_20_", " "))
		if e != nil && e.style.name != "" {
			plain = strings.ToLower(e.style.name)
		}
		switch plain {
		case "title":
			out.title = true
		case "caption", "table", "table caption", "tablecaption":
			out.caption = true
		}
		if e == nil {
			break
		}
		if out.outline == 0 && e.style.outline != "" {
			out.outline = office.Integer(e.style.outline, 0, levels)
		}
		if out.list == "" {
			out.list = e.style.list
		}
		if display == "" {
			display = e.style.display
		}
		name = e.style.parent
		if name == "" {
			break
		}
	}
	out.hidden = display == "none"
	return out
}

// counter counts the levels of one list; a level that has not begun is -1.
type counter struct{ n [levels]int }

func newCounter() *counter {
	c := &counter{}
	c.reset(0)
	return c
}

func (c *counter) reset(from int) {
	for i := from; i < levels; i++ {
		c.n[i] = -1
	}
}

// next counts an item of a level from 0; start is an item's own number, or -1.
func (c *counter) next(at, start int, style *listStyle) {
	for i := range at { // a level that was passed over counts as begun
		if c.n[i] < 0 {
			c.n[i] = style.first(i)
		}
	}
	switch {
	case start >= 0:
		c.n[at] = start
	case c.n[at] < 0:
		c.n[at] = style.first(at)
	case c.n[at] < office.MaxNumber:
		c.n[at]++
	}
	c.reset(at + 1)
}

// first is the number that a level begins with.
func (l *listStyle) first(at int) int {
	if l == nil || !l[at].known {
		return 1
	}
	return l[at].start
}

// marker is the sign of the item that was counted last.
func (c *counter) marker(at int, style *listStyle) string {
	if style == nil || !style[at].known || style[at].bullet {
		return office.Marker
	}
	lv := style[at]
	number := func(i int) string {
		return flow.Number(formatOf(style[i].format), max(c.n[i], 0))
	}
	if lv.format == "" {
		return ""
	}
	if lv.whole != "" {
		out := lv.whole
		for i := range levels {
			if place := "%" + strconv.Itoa(i+1) + "%"; strings.Contains(out, place) {
				out = strings.ReplaceAll(out, place, number(i))
			}
		}
		return strings.TrimSpace(out)
	}
	var parts []string
	for i := max(at-lv.shown+1, 0); i <= at; i++ {
		if style[i].format != "" {
			parts = append(parts, number(i))
		}
	}
	return strings.TrimSpace(lv.prefix + strings.Join(parts, ".") + lv.suffix)
}

// formatOf is the name of style:num-format (OpenDocument 1.3, part 3, 19.500)
// in WordprocessingML.
func formatOf(f string) string {
	switch f {
	case "a":
		return "lowerLetter"
	case "A":
		return "upperLetter"
	case "i":
		return "lowerRoman"
	case "I":
		return "upperRoman"
	case "":
		return "none"
	}
	switch {
	case strings.HasPrefix(f, "01"):
		return "decimalZero"
	case strings.HasPrefix(f, "①"):
		return "decimalEnclosedCircle"
	case strings.HasPrefix(f, "一"):
		return "chineseCounting"
	case strings.HasPrefix(f, "А"):
		return "russianUpper"
	case strings.HasPrefix(f, "а"):
		return "russianLower"
	}
	return "decimal"
}
