package docx

import (
	"bytes"
	"cmp"
	"encoding/xml"
	"strconv"
	"strings"

	"github.com/sufflor/sufflor/ingest"
	"github.com/sufflor/sufflor/ingest/office"
	"github.com/sufflor/sufflor/ingest/office/sight"
	"github.com/sufflor/sufflor/ingest/pattern"
)

// palette knows the colours of a document's theme.
type palette struct {
	theme, named map[string]string
}

// readPalette reads the theme and how the settings name its colours.
func readPalette(theme, settings []byte) palette {
	root, err := office.Parse(theme)
	if err != nil {
		root = nil // white and black are those of all themes
	}
	p := palette{theme: office.ThemeColors(root), named: map[string]string{
		"background1": "light1", "text1": "dark1", "background2": "light2", "text2": "dark2",
	}}
	set, err := office.Parse(settings)
	if err != nil {
		return p
	}
	names := map[string]string{"bg1": "background1", "t1": "text1", "bg2": "background2", "t2": "text2"}
	if m := set.At("clrSchemeMapping"); m != nil {
		for _, a := range m.Attrs {
			p.named[cmp.Or(names[a.Name.Local], a.Name.Local)] = a.Value
		}
	}
	return p
}

// short makes names of a theme's colours what they are in the theme.
var short = strings.NewReplacer("light", "lt", "dark", "dk", "followedHyperlink", "folHlink", "hyperlink", "hlink")

// of is a colour that an element gives in one attribute, or by a name of the
// theme's in others, which goes before.
func (p palette) of(n *office.Node, plain, theme string) string {
	hex := n.Attr(plain)
	name := n.Attr(theme)
	if name == "" || name == "none" {
		switch {
		case strings.EqualFold(hex, sight.Auto):
			return sight.Auto
		case hex != "" && !office.Near(hex, hex):
			return sight.Unknown
		}
		return hex
	}
	name = cmp.Or(p.named[name], name)
	out := p.theme[short.Replace(name)]
	if out == "" {
		out = hex // which counts in all that makes it lighter or darker
	} else {
		out = office.Blend(out, "FFFFFF", share(n.Attr(strings.TrimSuffix(theme, "Color")+"Tint")))
		out = office.Blend(out, "000000", share(n.Attr(strings.TrimSuffix(theme, "Color")+"Shade")))
	}
	if !office.Near(out, out) {
		return sight.Unknown
	}
	return out
}

// share is a part of 255 in two hexadecimal digits, the whole when it is none.
func share(s string) int {
	n, err := strconv.ParseUint(s, 16, 8)
	if err != nil {
		return 255
	}
	return int(n)
}

// shade is what a w:shd puts behind a text (ISO/IEC 29500-1, 17.3.5): "" when
// there is none.
func (p palette) shade(n *office.Node) string {
	if n == nil {
		return ""
	}
	switch n.Attr("val") {
	case "", "clear":
		return cmp.Or(p.of(n, "fill", "themeFill"), sight.Auto)
	case "nil":
		return sight.Auto
	case "solid":
		if c := p.of(n, "color", "themeColor"); office.Near(c, c) {
			return c
		}
	}
	return sight.Unknown
}

// marked are the colours of w:highlight (17.18.40).
var marked = map[string]string{
	"black": "000000", "blue": "0000FF", "cyan": "00FFFF", "darkBlue": "000080", "darkCyan": "008080", "darkGray": "808080", "darkGreen": "008000", "darkMagenta": "800080",
	"darkRed": "800000", "darkYellow": "808000", "green": "00FF00", "lightGray": "C0C0C0", "magenta": "FF00FF", "red": "FF0000", "white": "FFFFFF", "yellow": "FFFF00",
}

// look reads a w:rPr.
func (p palette) look(n *office.Node) sight.Look {
	l := sight.Look{Size: office.Integer(n.At("sz").Attr("val"), 0, 10_000), Fill: p.shade(n.At("shd"))}
	if c := n.At("color"); c != nil {
		l.Ink = cmp.Or(p.of(c, "val", "themeColor"), sight.Auto)
	}
	if h := n.At("highlight").Attr("val"); h != "" && h != "none" {
		l.Fill = cmp.Or(marked[h], sight.Unknown)
	}
	for _, name := range []string{"textFill", "textOutline", "glow", "reflection", "props3d", "shadow", "outline", "emboss", "imprint"} {
		if e := n.At(name); e != nil && office.IsOn(e.Attr("val")) && e.At("noFill") == nil {
			l.Effect = true
		}
	}
	return l
}

// shaded is the ground under a text with a shading of its own and one by its
// style. One that says there is none may have meant less than its words.
func shaded(g sight.Ground, own, style string) sight.Ground {
	if own == sight.Auto {
		return g.Or(style)
	}
	return g.Painted(cmp.Or(own, style))
}

// behind and below match what floats behind the text of a page: a drawing that
// says so, and a shape of the older form whose place in the pile is below.
var (
	behind = pattern.Lazy(`behindDoc\s*=\s*["'](?:1|true|on)`)
	below  = pattern.Lazy(`z-index:\s*-`)
)

// hasBehind reports whether something that floats behind the text may be in a
// part.
func hasBehind(part []byte) bool {
	return bytes.IndexByte(part, 0) >= 0 || behind().Match(part) || below().Match(part) // or in UTF-16
}

// lay works out the page that texts stand on: its colour, and whether pictures
// or shapes may lie behind them.
func (b *book) lay(body, settings []byte, main office.Relations) {
	b.page = sight.Ground{Colors: []string{sight.Paper}, Open: hasBehind(body)}
	if n := background(body); n != nil {
		color := b.colors.of(n, "color", "themeColor")
		if len(n.Kids) > 0 { // how it is filled, mostly with a picture
			color = sight.Unknown
		}
		set, err := office.Parse(settings)
		if err == nil && isOn(set, "displayBackgroundShape") {
			b.page = b.page.Painted(color)
			b.page.Open = hasBehind(body)
		} else { // shown by some programs only
			b.page = b.page.Or(color)
		}
	}
	top := topMargin(body)
	for _, kind := range []string{"header", "footer"} {
		for _, name := range main.Parts(kind) {
			b.page.Open = b.page.Open || b.reaches(name, kind, top)
		}
	}
}

// filled is what a shape's own properties (spPr) put behind its text: no colours
// when they say nothing, and open when they say that it is nothing.
func (b *book) filled(n *office.Node) sight.Ground {
	switch fill := n.At("solidFill"); {
	case n.At("noFill") != nil:
		return sight.Ground{Open: true}
	case fill != nil:
		return b.page.Painted(b.colors.drawn(fill))
	case n.At("gradFill") != nil, n.At("blipFill") != nil, n.At("pattFill") != nil, n.At("grpFill") != nil:
		return b.page.Painted(sight.Unknown)
	}
	return sight.Ground{}
}

// drawn is the colour in an a:solidFill; one that is made lighter, darker or
// transparent is not worked out.
func (p palette) drawn(fill *office.Node) string {
	for _, k := range fill.Kids {
		hex, ok := office.BaseColor(k, p.themed)
		if !ok {
			continue
		}
		for _, change := range k.Kids {
			if change.Name != "" {
				hex = ""
			}
		}
		return cmp.Or(hex, sight.Unknown)
	}
	return sight.Unknown
}

// themed is the colour that drawings know by a name.
func (p palette) themed(name string) string {
	word := map[string]string{"bg1": "background1", "tx1": "text1", "bg2": "background2", "tx2": "text2"}[name]
	return p.theme[short.Replace(cmp.Or(p.named[word], name))]
}

// filledOld is the same for a shape in VML ([MS-OE376] 2, 6.1.2): white, unless
// it says otherwise.
func (b *book) filledOld(e xml.StartElement) sight.Ground {
	if v := office.Attr(e, "filled"); v == "f" || v == "false" {
		return sight.Ground{Open: true}
	}
	color, _, _ := strings.Cut(office.Attr(e, "fillcolor"), " ")
	color = strings.TrimPrefix(color, "#")
	switch kind := office.Attr(e, "type"); {
	case color != "" && !strings.EqualFold(color, "white") && !strings.EqualFold(color, "fff") && !office.NearWhite(color):
		return b.page.Painted(sight.Unknown)
	case kind != "" && kind != "#_x0000_t202": // not the usual text box, but one of a type that may say more
		return sight.Ground{Open: true}
	}
	return b.page.Painted(sight.Paper)
}

// background is the w:background of a document, nil without one.
func background(body []byte) *office.Node {
	x := ingest.NewXML(body)
	for {
		tok, err := x.Token()
		if err != nil {
			return nil
		}
		e, ok := tok.(xml.StartElement)
		switch {
		case ok && e.Name.Local == "body":
			return nil
		case ok && e.Name.Local == "background":
			n, err := office.Tree(x, e)
			if err != nil {
				return nil
			}
			return n
		}
	}
}

const (
	emuPerTwip = 635
	// usualMargin and usualEdge are how far in twips the text and the header
	// are from the edge of the paper when nothing says so.
	usualMargin, usualEdge = 1440, 708
)

var margin = pattern.Lazy(`pgMar\b[^>]*\btop\s*=\s*["']-?(\d+)`)

// topMargin is the smallest of the sections' in English Metric Units.
func topMargin(body []byte) int {
	least := 0
	for _, m := range margin().FindAllSubmatch(body, 1000) {
		if n := office.Integer(string(m[1]), 0, 100_000); least == 0 || n < least {
			least = n
		}
	}
	return cmp.Or(least, usualMargin) * emuPerTwip
}

// reaches reports whether something in a header or footer may lie behind the
// text of the page, where all of it is: whatever floats, but for what surely
// stays above that text.
func (b *book) reaches(name, kind string, top int) bool {
	data, err := b.arc.Part(name)
	if err != nil {
		return false
	}
	root, err := office.Parse(data)
	if err != nil {
		return true
	}
	for a := range root.All("anchor") {
		if kind == "footer" || bottom(a) > top {
			return true
		}
	}
	for pict := range root.All("pict") {
		for _, shape := range []string{"shape", "rect", "roundrect", "oval", "group"} {
			if s := pict.First(shape); s != nil && s.First("textpath") == nil && strings.Contains(s.Attr("style"), "position:absolute") {
				return true
			}
		}
	}
	return false
}

// far is beyond any page, in English Metric Units.
const far = 1 << 30

// bottom is how far down the page a floating drawing of a header reaches, far
// when that is not said in numbers.
func bottom(anchor *office.Node) int {
	at := anchor.At("positionV")
	from := 0
	switch at.Attr("relativeFrom") {
	case "page", "topMargin":
	case "paragraph", "line": // a header may have a few lines
		from = (usualEdge + 600) * emuPerTwip
	default:
		return far
	}
	off, err := strconv.Atoi(strings.TrimSpace(at.At("posOffset").Content()))
	if err != nil || off < -far || off > far {
		return far
	}
	return from + off + office.Integer(anchor.At("extent").Attr("cy"), 0, far)
}

// floats reports whether a header or footer has shapes or pictures that its own
// text may stand on.
func floats(part []byte) bool {
	return bytes.IndexByte(part, 0) >= 0 || bytes.Contains(part, []byte("anchor ")) || bytes.Contains(part, []byte("position:absolute"))
}
