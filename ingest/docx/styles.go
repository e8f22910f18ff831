package docx

import (
	"encoding/xml"
	"regexp"
	"strconv"
	"strings"
	"unicode"

	"github.com/sufflor/sufflor/ingest"
)

// style is a paragraph or character style as written down.
type style struct {
	name, based string
	outline     int // 1 to 9, 0 for none, 10 for body text
	list        string
	listLevel   int
	hidden      bool
}

type styles map[string]style

// resolved is what a style means, with what it is based on.
type resolved struct {
	outline   int // 1 to 9, 0 for none
	list      string
	listLevel int
	title     bool
	caption   bool
	contents  bool // a line of a table of contents
}

// headingName matches "heading 2" in the languages Word translates style names
// to, and style ids such as "Heading2" and "berschrift2".
var headingName = regexp.MustCompile(`^(?:heading|überschrift|berschrift|ueberschrift|overskrift|rubrik|otsikko|titre|kop|kopje|título|titolo|nagłówek|pealkiri)\s*([1-9])$`)

// readStyles also returns the language that the defaults declare.
func readStyles(data []byte) (styles, string) {
	out := styles{}
	language := ""
	x := ingest.NewXML(data)
	var id string
	var s style
	open, defaults, kind := false, false, ""
	for {
		tok, err := x.Token()
		if err != nil {
			return out, language
		}
		switch e := tok.(type) {
		case xml.StartElement:
			switch e.Name.Local {
			case "docDefaults":
				defaults = true
			case "lang":
				if defaults {
					language = attr(e, "val")
				}
			case "style":
				open, kind, id, s = true, attr(e, "type"), attr(e, "styleId"), style{}
			case "name":
				if open {
					s.name = strings.ToLower(attr(e, "val"))
				}
			case "basedOn":
				s.based = attr(e, "val")
			case "outlineLvl":
				s.outline = number(attr(e, "val"), 0, 9) + 1
			case "numId":
				s.list = attr(e, "val")
			case "ilvl":
				s.listLevel = number(attr(e, "val"), 0, 8)
			case "vanish":
				s.hidden = kind == "character" && on(e)
			}
		case xml.EndElement:
			switch e.Name.Local {
			case "docDefaults":
				defaults = false
			case "style":
				out[id] = s
				open = false
			}
		}
	}
}

// resolve follows basedOn, at most as far as any template goes.
func (all styles) resolve(id string) resolved {
	var out resolved
	first := true
	for range 20 {
		s, ok := all[id]
		name := s.name
		if !ok {
			name = strings.ToLower(id)
		}
		if id == "" {
			break
		}
		if out.outline == 0 {
			if m := headingName.FindStringSubmatch(name); m != nil {
				out.outline = int(m[1][0] - '0')
			} else if m := headingName.FindStringSubmatch(strings.ToLower(id)); m != nil {
				out.outline = int(m[1][0] - '0')
			} else if s.outline > 0 {
				out.outline = s.outline
			}
		}
		if out.list == "" && s.list != "" {
			out.list, out.listLevel = s.list, s.listLevel
		}
		switch name {
		case "title", "titel", "tittel", "otsikko":
			out.title = out.title || first
		case "caption", "table caption", "tablecaption", "beschriftung", "bildtext", "beskrivning", "billedtekst", "kuvaotsikko", "kuvateksti":
			out.caption = true
		}
		if strings.HasPrefix(name, "toc ") || strings.HasPrefix(name, "toc") && len(name) == 4 && unicode.IsDigit(rune(name[3])) || name == "tocheading" {
			out.contents = true
		}
		id, first = s.based, false
	}
	if out.outline == 10 {
		out.outline = 0
	}
	return out
}

// number is a decimal within bounds, lo when it is none.
func number(s string, lo, hi int) int {
	n, err := strconv.Atoi(s)
	if err != nil {
		return lo
	}
	return min(max(n, lo), hi)
}

// symbol is the character of w:sym: symbol fonts keep theirs in a private
// area, where the common bullets and arrows are known.
func symbol(hex string) string {
	n, err := strconv.ParseInt(hex, 16, 32)
	if err != nil {
		return ""
	}
	switch r := rune(n); {
	case r == 0xF0E0 || r == 0xF0AE:
		return "→"
	case r == 0xF0B0:
		return "°"
	case r == 0xF0B1:
		return "±"
	case r == 0xF0A3:
		return "≤"
	case r == 0xF0B3:
		return "≥"
	case r == 0xF057:
		return "Ω"
	case r == 0xF06D:
		return "µ"
	case r >= 0xE000 && r <= 0xF8FF || !unicode.IsPrint(r):
		return ""
	default:
		return string(r)
	}
}
