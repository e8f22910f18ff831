package xlsx

import (
	"bytes"
	"strconv"
	"strings"

	"github.com/sufflor/sufflor/ingest"
	"github.com/sufflor/sufflor/ingest/office"
	"github.com/sufflor/sufflor/ingest/sheet"
	"github.com/sufflor/sufflor/ingest/sheet/markup"
	"github.com/sufflor/sufflor/ingest/sheet/numfmt"
)

const (
	tiny  = 2 // points; nobody reads a text of this size
	paper = "FFFFFF"
)

// colors resolves the colours that a workbook refers to by number: ECMA-376
// part 1, 18.8.3, 18.8.19 and 18.8.27.
type colors struct {
	theme   []string
	palette []string // of the workbook's own
}

// themeOf are the colours of a theme by number: light comes before dark.
func themeOf(arc *ingest.Archive, part string) []string {
	var root *office.Node
	if data, err := arc.Part(part); err == nil {
		root, _ = office.Parse(data) // what could be read of it
	}
	names := office.ThemeColors(root)
	var out []string
	for _, name := range []string{"lt1", "dk1", "lt2", "dk2", "accent1", "accent2", "accent3", "accent4", "accent5", "accent6", "hlink", "folHlink"} {
		out = append(out, names[name])
	}
	return out
}

// of is the colour of the element just begun, in six hexadecimal digits where
// that can be told, else a word that is the same for the same colour only; ""
// when it is the usual one.
func (c *colors) of(s *markup.Scanner) string { return c.settled(c.said(s)) }

// said is the same before the palette is known.
func (c *colors) said(s *markup.Scanner) string {
	if theme := string(s.Attr("theme")); theme != "" {
		tint, _ := strconv.ParseFloat(s.String("tint"), 64) // mostly none; below 0 it is darker
		n, err := strconv.Atoi(theme)
		if err != nil || n < 0 || n >= len(c.theme) {
			return "theme " + theme
		}
		if hex := c.theme[n]; tint == 0 || tint > 0 && office.NearWhite(hex) {
			return hex
		}
		return "theme " + theme + " " + s.String("tint")
	}
	if rgb := string(s.Attr("rgb")); rgb != "" { // some programs write both, and mean the theme
		return rgb[max(0, len(rgb)-6):] // the opacity stands before it
	}
	if n, ok := whole(s.Attr("indexed")); ok && n != 64 && n != 65 { // those are as the system has them
		return indexed + strconv.Itoa(n)
	}
	return ""
}

const indexed = "index "

// settled looks a colour up in the palette.
func (c *colors) settled(color string) string {
	index, ok := strings.CutPrefix(color, indexed)
	if !ok {
		return color
	}
	n, err := strconv.Atoi(index)
	switch {
	case err == nil && n < len(c.palette):
		return c.palette[n]
	case index == "1" || index == "9":
		return paper
	case index == "0" || index == "8":
		return "000000"
	}
	return color
}

func isTiny(s *markup.Scanner) bool {
	size, err := strconv.ParseFloat(s.String("val"), 64)
	return err == nil && size > 0 && size <= tiny
}

// font is what a font says about whether its text is seen.
type font struct {
	ink  string
	tiny bool
}

// readStyles lists the cell styles. Fonts and fills stand before them in the
// part, and once more behind them for what depends on a condition.
func (b *book) readStyles(arc *ingest.Archive, part string) {
	custom, parsed := map[int]string{}, map[string]*numfmt.Format{}
	var fonts []font
	var fills []string
	section, pattern := "", ""
	var fontOf, fillOf []int // of the styles, -1 for none
	b.part(each(arc, part, func(s *markup.Scanner) {
		name := string(s.Name())
		if s.Depth() == 2 {
			section = name
		}
		switch section + "/" + name {
		case "numFmts/numFmt":
			if id, err := strconv.Atoi(s.String("numFmtId")); err == nil && len(custom) < maxStyles {
				custom[id] = s.String("formatCode")
			}
		case "fonts/font":
			if len(fonts) < maxStyles {
				fonts = append(fonts, font{})
			}
		case "fonts/color":
			if n := len(fonts); n > 0 {
				fonts[n-1].ink = b.colors.said(s)
			}
		case "fonts/sz":
			if n := len(fonts); n > 0 {
				fonts[n-1].tiny = isTiny(s)
			}
		case "fills/fill":
			if len(fills) < maxStyles {
				fills = append(fills, paper)
			}
		case "fills/patternFill", "fills/gradientFill":
			if n := len(fills); n > 0 {
				pattern = s.String("patternType")
				if name != "patternFill" || pattern != "" && pattern != "none" {
					fills[n-1] = ""
				}
			}
		case "fills/fgColor":
			if n := len(fills); n > 0 && pattern == "solid" {
				fills[n-1] = b.colors.said(s)
			}
		case "cellXfs/xf":
			if len(b.styles) >= maxStyles {
				return
			}
			id, _ := strconv.Atoi(s.String("numFmtId")) // 0 is General
			code, ok := custom[id]
			if !ok {
				code = numfmt.Builtin(id)
			}
			f, ok := parsed[code]
			if !ok {
				f = numfmt.Parse(code)
				parsed[code] = f
			}
			b.styles = append(b.styles, cellStyle{format: f, inked: numfmt.Inked(code), blank: f.Blank()})
			fontOf, fillOf = append(fontOf, idOf(s.Attr("fontId"))), append(fillOf, idOf(s.Attr("fillId")))
		case "colors/rgbColor":
			if rgb := s.String("rgb"); len(b.colors.palette) < 100 {
				b.colors.palette = append(b.colors.palette, rgb[max(0, len(rgb)-6):])
			}
		}
	}))
	for i := range b.styles {
		st, behind := &b.styles[i], paper
		if n := fillOf[i]; n >= len(fills) {
			behind = ""
		} else if n >= 0 {
			behind = b.colors.settled(fills[n])
		}
		if n := fontOf[i]; n >= 0 && n < len(fonts) {
			ink := b.colors.settled(fonts[n].ink)
			st.tiny, st.like = fonts[n].tiny, ink != "" && (ink == behind || office.Near(ink, behind))
		}
		st.paper = office.NearWhite(behind)
	}
}

// idOf is the number of a font or fill, -1 for none.
func idOf(b []byte) int {
	if n, ok := whole(b); ok {
		return n
	}
	return -1
}

// rich is what the runs of a text say of their looks.
type rich struct {
	inked bool   // some have a colour or a size of their own
	pale  bool   // some are white or tiny
	seen  string // the text without these
}

// areas are ranges of cells that something may paint: table styles, conditions,
// a picture behind the sheet.
type areas struct{ sheet.Areas }

// add takes ranges such as "A1:B9 D4".
func (a *areas) add(ranges []byte) {
	for ref := range bytes.FieldsSeq(ranges) {
		if r, ok := parseRange(ref); ok {
			a.Add(r)
		}
	}
}

// look says of a cell whether people see its text.
func (p *page) look(c sheet.Cell, looks rich, style, row, col int) sheet.Cell {
	if c.Text == "" || style >= len(p.w.book.styles) {
		return c
	}
	st := p.w.book.styles[style]
	switch {
	case st.tiny && looks.inked, st.like && (st.inked || looks.inked):
		c.Doubtful = true
	case st.tiny:
		c.Unseen = true
	case st.like && p.facts.painted.Hold(row, col):
		c.Doubtful = true
	case st.like:
		c.Unseen = true
	case !looks.pale || !st.paper || p.w.hidden:
	case p.facts.painted.Hold(row, col):
		c.Doubtful = true
	default:
		p.pale++
		c.Text = looks.seen
	}
	return c
}
