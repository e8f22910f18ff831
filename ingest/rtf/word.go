package rtf

import (
	"iter"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/sufflor/sufflor/ingest/codepage"
	"github.com/sufflor/sufflor/ingest/flow"
)

// enter begins the destination that the first word of a group names. It
// reports false for words that are none.
func (p *parser) enter(name string) bool {
	s := &p.state
	if s.into == intoNothing && name != "ud" {
		return true
	}
	star := s.star
	s.star = false
	if p.formulaPart(name) {
		return true
	}
	switch name {
	case "fonttbl":
		p.flush()
		s.into = intoFonts
	case "stylesheet":
		p.flush()
		p.last.known = false
		s.into, p.current, p.kind, p.base, p.outline = intoStyles, 0, "s", unsaid, unsaid
	case "colortbl":
		p.flush()
		p.last.known = false
		s.into = intoColors
	case "info":
		s.into = intoInfo
	case "title":
		if s.into == intoInfo {
			s.into = intoTitle
			p.name.Reset()
		}
	case "listtext", "pntext":
		s.into, s.story.marker, s.story.marked = intoMarker, "", true
	case "listtable", "listoverridetable":
		p.flush()
		s.into = intoLists
	case "leveltext":
		if s.into != intoLists || p.table.level == nil {
			s.into = intoNothing
		} else {
			s.into = intoLevel
			p.name.Reset()
		}
	case "fldinst":
		p.flush()
		if s.into != intoText { // a field within the code of another
			s.into = intoNothing
			break
		}
		s.into = intoCode
		p.name.Reset()
	case "footnote":
		p.open(note)
	case "shptxt", "dptxbxtext":
		p.open(box)
	case "header", "headerl", "headerr", "headerf", "footer", "footerl", "footerr", "footerf":
		p.open(edge)
		s.edge, s.footer = true, name[0] == 'f'
	case "upr":
		s.upr = true
	case "ud":
		if n := len(p.stack); n > 0 && p.stack[n-1].upr {
			s.into = p.stack[n-1].into
		}
	case "nesttableprops":
		s.nested = true
	case "shp", "shpinst", "do":
		if name != "shpinst" || s.shape == nil {
			p.beginShape(name)
		}
	case "background":
		p.flush()
		s.into = intoBackground
	case "sp", "sn", "sv":
		p.flush()
		p.enterProperty(name)
	case "fldrslt", "result", "shpgrp", "field", "object", "moMath", "moMathPara", "shppict":
		// Their text counts, also where readers may ignore it.
	case "cs", "ts", "ds", "s":
		if s.into == intoStyles {
			p.kind = name
		}
		return star && s.into != intoStyles
	case "pict", "nonshppict", "objdata", "objclass", "objname", "levelnumbers", "listname", "liststylename", "revtbl", "rsidtbl", "filetbl",
		"shprslt", "nonesttables", "xe", "tc", "tcn", "rxe", "txe", "bkmkstart", "bkmkend", "themedata", "datastore", "latentstyles", "pn",
		"ftnsep", "ftnsepc", "ftncn", "aftnsep", "aftnsepc", "aftncn", "annotation", "atnid", "atnauthor", "atnref", "atndate", "private", "template", "xmlnstbl", "mmathPr":
		s.into = intoNothing
	default:
		if !star && !mathProperties(name) {
			return false
		}
		s.into = intoNothing
	}
	return true
}

// mathProperties tells the properties of formulas, such as \mfPr, from their
// parts.
func mathProperties(name string) bool {
	return len(name) > 3 && name[0] == 'm' && strings.HasSuffix(name, "Pr")
}

func (p *parser) open(kind storyKind) {
	if p.state.into != intoText {
		return
	}
	s := p.newStory()
	p.state.story, p.state.begun, p.state.kind = s, s, kind
	p.state.table, p.state.depth, p.state.nested, p.state.list, p.state.formula = false, 0, false, 0, nil
}

// command does what a control word says; given tells whether n was written.
func (p *parser) command(name string, n int, given bool) {
	s := &p.state
	on := !given || n != 0
	switch name {
	case "u":
		p.unicode(n)
	case "uc":
		s.fallback = min(max(n, 0), maxFallback)
	case "f":
		p.flush()
		s.font, p.current = n, n
	case "fcharset":
		p.fontPage(codepage.OfCharset(n))
	case "cpg":
		p.fontPage(n)
	case "ansicpg":
		p.page = n
	case "mac":
		p.page = 10000
	case "pc":
		p.page = 437
	case "pca":
		p.page = 850
	case "deff":
		s.font, p.fallback = n, n
	case "plain":
		p.flush()
		s.hidden, s.deleted, s.font, s.ink = false, false, p.fallback, usualInk()
	case "v":
		p.flush()
		s.hidden = on
	case "deleted":
		p.flush()
		s.deleted = on
	case "pard":
		p.flush()
		s.style, s.outline, s.table, s.depth, s.list, s.level, s.shade = 0, unsaid, false, 0, 0, 0, shading{}
	case "s":
		if s.into == intoStyles {
			p.current = n
		}
		s.style = n
	case "sbasedon":
		p.base = n
	case "outlinelevel":
		level := 0
		if n >= 0 && n < 9 {
			level = n + 1
		}
		if s.into == intoStyles {
			p.outline = level
		} else {
			s.outline = level
		}
	case "ls":
		if s.into == intoLists {
			p.listWord(name, n)
			return
		}
		s.list = max(n, 0)
	case "ilvl":
		s.level = min(max(n, 0), 8)
	case "intbl":
		s.table = true
	case "itap":
		s.depth = min(max(n, 0), 100)
	case "cf", "highlight", "cb", "fs", "cs", "outl", "shad", "embo", "impr", "chcbpat", "chshdng", "cbpat", "shading":
		p.flush()
		p.inkWord(name, n, on)
	case "viewbksp":
		p.facts.shown = n == 1
	case "margt", "margtsxn":
		p.facts.margin(n)
	default:
		text, sign := signs[name]
		switch {
		case s.into == intoColors:
			p.flush()
			if i := slices.Index(primaries, name); i >= 0 {
				p.colors.part(i, n)
			}
		case s.into == intoStyles && strings.HasPrefix(name, "tscell"):
			p.shaded = p.shaded || slices.Contains([]string{"tscellcbpat", "tscellcfpat", "tscellpct"}, name)
		case s.shape != nil && p.shapeWord(name, n):
		case p.patterned(name):
		case s.into == intoText:
			p.layout(name, n)
		case s.into == intoLists:
			p.listWord(name, n)
		case sign:
			p.flush()
			p.write(text)
		}
	}
}

func (p *parser) fontPage(page int) {
	if p.state.into != intoFonts {
		return
	}
	f := p.fonts[p.current]
	f.page = page
	if len(p.fonts) < maxFonts {
		p.fonts[p.current] = f
	}
}

// unicode takes a character and passes over what stands for it in programs
// that know none.
func (p *parser) unicode(n int) {
	if len(p.pending) > 0 {
		p.flush()
	}
	p.skip = 0
	if n > 0xFFFF && n <= utf8.MaxRune { // not allowed, but written
		p.rune(rune(n))
	} else {
		p.units = append(p.units, uint16(n)) //nolint:gosec // negative ones are meant so
	}
	p.skip = p.state.fallback
}

// signs are control words that stand for text.
var signs = map[string]string{
	"tab": "\t", "line": "\n", "lbr": "\n", "softline": "\n", "column": "\n", "emdash": "—", "endash": "–", "emspace": " ", "enspace": " ", "qmspace": " ", "bullet": "•",
	"lquote": "‘", "rquote": "’", "ldblquote": "“", "rdblquote": "”", "zwj": "\u200d", "zwnj": "\u200c", "ltrmark": "", "rtlmark": "",
}

// layout does what ends and shapes paragraphs.
func (p *parser) layout(name string, n int) {
	s := p.state.story
	def := &s.row
	if p.state.nested {
		def = &s.inner
	}
	switch name {
	case "par", "sect", "page":
		p.flush()
		if name == "page" && s.text.Len() == 0 {
			return
		}
		if p.state.deleted && name == "par" {
			return // the paragraph goes on in the next
		}
		s.end(p.state, flow.OfParagraph)
	case "cell":
		p.flush()
		s.endCell(p.state, 1)
	case "nestcell":
		p.flush()
		s.endCell(p.state, max(p.state.depth, 2))
	case "row":
		p.flush()
		s.endRow(p.state, 1, s.row)
	case "nestrow":
		p.flush()
		s.endRow(p.state, max(p.state.depth, 2), s.inner)
	case "trowd":
		p.flush()
		*def, s.merge, s.shade = flow.Row{}, flow.Merge{}, shading{}
		if !p.state.nested && s.cells < 0 {
			s.cells = len(s.paragraphs)
		}
	case "trhdr":
		def.Header = true
	case "clmrg":
		s.merge.Left = true
	case "clvmrg":
		s.merge.Up = true
	case "cellx":
		if len(def.Edges) <= maxCells {
			if len(def.Edges) == 0 {
				def.Edges = append(def.Edges, min(0, n-1))
			}
			def.Edges, def.Merge = append(def.Edges, n), append(def.Merge, s.merge)
			def.Fills = append(def.Fills, p.colors.shade(s.shade))
		}
		s.merge, s.shade = flow.Merge{}, shading{}
	case "clcbpat", "clcbpatraw":
		if name == "clcbpat" || s.shade.fill == 0 {
			s.shade.fill = number(n)
		}
	case "clshdng":
		s.shade.pattern = n > 0
	case "trcbpat", "trcfpat":
		def.Under = []string{p.colors.shade(shading{fill: number(n)})}
	case "ts":
		def.Open = p.shaded
	case "trleft":
		if len(def.Edges) == 0 {
			def.Edges = append(def.Edges, n)
		}
	default:
		if text, ok := signs[name]; ok {
			p.flush()
			p.write(text)
		}
	}
}

// end ends a paragraph.
func (s *story) end(st state, ends flow.End) {
	text := s.text.String()
	s.text.Reset()
	out := flow.Paragraph{Text: text, Ends: ends, After: s.after, Spans: s.spans, Shade: s.colors.shade(st.shade), Under: s.styledShade(st.style)}
	s.after, s.spans = nil, nil
	look := s.styles[st.style]
	out.Outline, out.Title, out.Contents, out.Caption = s.heading(st), look.name == "title", flow.IsContents(look.name), look.name == "caption"
	if st.table {
		out.Depth = max(st.depth, 1)
	}
	if strings.TrimSpace(text) != "" {
		out.Marker = marker(s.marker)
		if st.list > 0 && !out.Contents {
			// It counts also where the document says the marker, which is for
			// readers that know no lists and may be older than the list.
			number := s.lists.Next(st.list, st.level)
			if !s.marked || out.Marker != "" && s.lists.Sure(st.list, st.level) {
				out.Marker = marker(number)
			}
		}
		if out.Marker != "" {
			out.Level = st.level + 1
		}
		s.marker, s.marked = "", false
	}
	if ends == flow.OfParagraph && out.Text == "" && len(out.After) == 0 && out.Depth == 0 && len(s.paragraphs) > 0 && s.cells >= 0 {
		return // nothing, and no reason to end a table for
	}
	*s.count++
	s.paragraphs = append(s.paragraphs, out)
}

// heading is the level of a paragraph's heading, which it or one of its styles
// says.
func (s *story) heading(st state) int {
	if st.outline != unsaid {
		return st.outline
	}
	for look := range based(s.styles, st.style) {
		if look.outline != unsaid {
			return look.outline
		}
		if n := flow.HeadingLevel(look.name); n > 0 {
			return n
		}
	}
	return 0
}

// based are a style and those it is based on.
func based(styles map[int]style, id int) iter.Seq[style] {
	return func(yield func(style) bool) {
		for range 10 {
			look, ok := styles[id]
			if !ok || !yield(look) {
				return
			}
			id = look.based
		}
	}
}

// marker is a list item's marker as text: signs become one bullet.
func marker(s string) string {
	s = strings.TrimSpace(s)
	if s != "" && !strings.ContainsFunc(s, func(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) }) {
		return flow.Bullet
	}
	if s == "o" || s == "§" { // bullets of Courier and Wingdings
		return flow.Bullet
	}
	return s
}

// endCell ends a cell. Paragraphs of it that do not say so are in the table,
// too.
func (s *story) endCell(st state, depth int) {
	st.table = true
	if depth == 1 {
		st.depth = 1
	} else {
		st.depth = depth
	}
	if s.cells >= 0 {
		for i := s.cells; i < len(s.paragraphs); i++ {
			s.paragraphs[i].Depth = max(s.paragraphs[i].Depth, 1)
		}
	}
	s.end(st, flow.OfCell)
	if depth == 1 {
		s.cells = len(s.paragraphs)
	}
}

func (s *story) endRow(st state, depth int, def flow.Row) {
	if strings.TrimSpace(s.text.String()) != "" {
		s.endCell(st, depth)
	}
	s.text.Reset()
	s.spans = nil
	*s.count++
	s.paragraphs = append(s.paragraphs, flow.Paragraph{Depth: depth, Ends: flow.OfRow, Row: def})
	if depth == 1 {
		s.cells = -1
	}
}
