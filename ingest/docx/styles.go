package docx

import (
	"cmp"
	"encoding/xml"
	"strings"
	"unicode"

	"github.com/sufflor/sufflor/ingest"
	"github.com/sufflor/sufflor/ingest/office"
	"github.com/sufflor/sufflor/ingest/office/sight"
	"github.com/sufflor/sufflor/ingest/pattern"
)

// bodyText is the outline level of text that is no heading, one above Word's 9.
const bodyText = 10

// maxBased is how far basedOn is followed, beyond any template.
const maxBased = 20

// style is a paragraph, character or list style as written down.
type style struct {
	name, based string
	outline     int // 1 to 9, bodyText, 0 when not set
	list        string
	listLevel   int
	vanish      *bool
	look        sight.Look
	shade       string     // of its paragraphs
	table       tableStyle // of a table style
}

// tableStyle is what a table style puts behind the texts of the whole table
// (by ""), of its first row (by "firstRow") and so on: ISO/IEC 29500-1,
// 17.18.89.
type tableStyle map[string][]string

// styles are the styles of a document by id.
type styles struct {
	colors    palette
	usualLook sight.Look // of texts that no style says anything of
	all       map[string]style
	usual     string // the paragraph style of paragraphs that name none
	resolved  map[string]resolved
}

// resolved is what a style means, with what it is based on.
type resolved struct {
	chain     []string // the style and what it is based on
	outline   int      // 1 to 9, 0 for none
	list      string
	listLevel int
	hidden    *bool
	title     bool
	caption   bool
	contents  contents
	look      sight.Look
	shade     string
}

// headingName matches "heading 2" in the languages that Word and others
// translate style names to, and style ids such as "Heading2" and "berschrift2".
var headingName = pattern.Lazy(`^(?:heading|überschrift|berschrift|ueberschrift|overskrift|rubrik|otsikko|titre|titol|títol|kop|kopje|título|titulo|título de nivel|titolo|nagłówek|nagwek|nadpis|címsor|cmsor|заголовок|başlık|balk|pealkiri|virsraksts|antraštė|fyrirsögn|επικεφαλίδα|titlu|naslov|заглавие|見出し|标题|標題|제목)\s*([1-9])$`)

// titleNames and captionNames are style names in lower case.
var (
	titleNames   = set("title", "titel", "tittel", "otsikko", "titre", "título", "titolo", "tytuł", "název", "cím", "название", "pealkiri", "titill")
	captionNames = set("caption", "table caption", "tablecaption", "beschriftung", "bildtext", "beskrivning", "billedtekst", "kuvaotsikko", "kuvateksti", "légende", "epígrafe", "didascalia", "bijschrift", "legenda", "titulek")
)

func set(names ...string) map[string]bool {
	out := map[string]bool{}
	for _, n := range names {
		out[n] = true
	}
	return out
}

// readStyles also returns the language that the defaults declare.
func readStyles(data []byte, colors palette) (*styles, string) {
	out := &styles{colors: colors, all: map[string]style{}, resolved: map[string]resolved{}}
	language := ""
	x := ingest.NewXML(data)
	for {
		tok, err := x.Token()
		if err != nil {
			return out, language
		}
		e, ok := tok.(xml.StartElement)
		if !ok || e.Name.Local != "style" && e.Name.Local != "docDefaults" {
			continue
		}
		n, err := office.Tree(x, e)
		if err != nil {
			return out, language
		}
		if n.Name == "docDefaults" {
			language = n.First("lang").Attr("val")
			out.usualLook = colors.look(n.At("rPrDefault", "rPr"))
			continue
		}
		id := n.Attr("styleId")
		out.all[id] = readStyle(n, colors)
		if v := n.Attr("default"); n.Attr("type") == "paragraph" && v != "" && office.IsOn(v) {
			out.usual = id
		}
	}
}

func readStyle(n *office.Node, colors palette) style {
	s := style{name: strings.ToLower(strings.TrimSpace(n.At("name").Attr("val"))), based: n.At("basedOn").Attr("val")}
	if o := n.At("pPr", "outlineLvl"); o != nil {
		s.outline = office.Integer(o.Attr("val"), 0, 9) + 1
	}
	num := n.At("pPr", "numPr")
	s.list = num.At("numId").Attr("val")
	s.listLevel = office.Integer(num.At("ilvl").Attr("val"), 0, levels-1)
	if v := n.At("rPr", "vanish"); v != nil {
		on := office.IsOn(v.Attr("val"))
		s.vanish = &on
	}
	s.look, s.shade = colors.look(n.At("rPr")), colors.shade(n.At("pPr", "shd"))
	if n.Attr("type") == "table" {
		s.table = tableStyle{}
		s.table.take("", n, colors)
		for part := range n.Each("tblStylePr") {
			s.table.take(part.Attr("type"), part, colors)
		}
	}
	return s
}

// take notes the shadings of a part of the tables.
func (t tableStyle) take(part string, n *office.Node, colors palette) {
	for _, kind := range []string{"tblPr", "trPr", "tcPr", "pPr", "rPr"} {
		if fill := colors.shade(n.At(kind, "shd")); fill != "" {
			t[part] = append(t[part], fill)
		}
	}
}

// tableStyle is what a table style and those it is based on say.
func (st *styles) tableStyle(id string) tableStyle {
	out := tableStyle{}
	for i := 0; i < maxBased && id != ""; i++ {
		s := st.all[id]
		for part, fills := range s.table {
			out[part] = append(out[part], fills...)
		}
		id = s.based
	}
	return out
}

// resolve follows basedOn from a style; id "" is the usual paragraph style.
func (st *styles) resolve(id string) resolved {
	if id == "" {
		id = st.usual
	}
	out, ok := st.resolved[id]
	if !ok {
		out = st.follow(id)
		st.resolved[id] = out
	}
	return out
}

func (st *styles) follow(id string) resolved {
	var out resolved
	for i := 0; i < maxBased && id != ""; i++ {
		s := st.all[id]
		low := strings.ToLower(id)
		name := s.name
		if name == "" {
			name = low
		}
		out.chain = append(out.chain, id)
		if out.outline == 0 {
			out.outline = outlineOf(name, low, s.outline)
		}
		if out.list == "" && s.list != "" {
			out.list, out.listLevel = s.list, s.listLevel
		}
		if out.hidden == nil {
			out.hidden = s.vanish
		}
		out.look, out.shade = out.look.Over(s.look), cmp.Or(out.shade, s.shade)
		out.title = out.title || i == 0 && titleNames[name]
		out.caption = out.caption || captionNames[name]
		out.contents = max(out.contents, contentsOf(name))
		id = s.based
	}
	if out.outline == bodyText {
		out.outline = 0
	}
	return out
}

// character is the look of a character style, with what it is based on.
func (st *styles) character(id string) sight.Look {
	if id == "" {
		return sight.Look{}
	}
	return st.resolve(id).look
}

// outlineOf is the level that a style's name, id or outline level says.
func outlineOf(name, id string, outline int) int {
	for _, s := range []string{name, id} {
		if m := headingName().FindStringSubmatch(s); m != nil {
			return int(m[1][0] - '0')
		}
	}
	return outline
}

// contents is what a style is for in a table of contents.
type contents int

const (
	noContents contents = iota
	contentsLine
	contentsHeading
)

// contentsOf knows the styles of tables of contents: "toc 1", "TOC1",
// "TOC Heading".
func contentsOf(name string) contents {
	switch {
	case name == "tocheading" || name == "toc heading":
		return contentsHeading
	case strings.HasPrefix(name, "toc ") || len(name) == 4 && strings.HasPrefix(name, "toc") && unicode.IsDigit(rune(name[3])):
		return contentsLine
	}
	return noContents
}
