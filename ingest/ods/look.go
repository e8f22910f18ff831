package ods

import (
	"bytes"
	"strings"

	"github.com/sufflor/sufflor/ingest/office/odf"
	"github.com/sufflor/sufflor/ingest/pattern"
	"github.com/sufflor/sufflor/ingest/sheet"
	"github.com/sufflor/sufflor/ingest/sheet/markup"
)

// maxStyles bounds the styles of a document, and its number formats.
const maxStyles = 100_000

// looks is what a document's styles say about whether cells are seen.
type looks struct {
	styles   map[string]*cellStyle // by family and name; those of cells by name alone
	formats  map[string]*format
	grounds  map[string]bool // styles of rows and tables that paint what is behind cells
	pages    bool            // so does the style of a page
	style    *cellStyle      // that is read
	format   *format         // or this one
	resolved map[string]*cellLook
}

func newLooks() *looks {
	return &looks{styles: map[string]*cellStyle{}, formats: map[string]*format{}, grounds: map[string]bool{}, resolved: map[string]*cellLook{}}
}

// cellStyle is a style as it is written down, of cells or of texts.
type cellStyle struct {
	odf.Style
	key         string
	format      string
	conditional bool
}

// format is how a number is shown (OpenDocument 1.3 part 3, 16.29).
type format struct {
	words bool // it says how texts are shown, too
	shows bool // something, whatever the value
	inked bool // in a colour of its own
	parts []string
}

// keyOf is where a style is kept.
func keyOf(family, name string) string {
	if family == "table-cell" {
		return name
	}
	return family + "/" + name
}

// read takes the element just begun, if it is one of styles.
func (l *looks) read(s *markup.Scanner) error {
	switch name := string(s.Name()); name {
	case "style", "default-style":
		l.format, l.style = nil, nil
		if len(l.styles) < maxStyles {
			l.style = &cellStyle{key: keyOf(s.String("family"), s.String("name")), format: s.String("data-style-name")}
			l.style.Parent = s.String("parent-style-name")
			l.styles[l.style.key] = l.style
		}
	case "number-style", "currency-style", "percentage-style", "date-style", "time-style", "boolean-style", "text-style":
		l.style, l.format = nil, nil
		if len(l.formats) < maxStyles {
			l.format = &format{words: name == "text-style"}
			l.formats[s.String("name")] = l.format
		}
	case "page-layout", "master-page", "list-style", "gradient":
		l.style, l.format = nil, nil
	case "text-properties":
		switch {
		case l.style != nil:
			l.style.Text = odf.ReadText(s.String)
		case l.format != nil:
			l.format.inked = l.format.inked || s.Attr("color") != nil
		}
	case "table-cell-properties":
		if l.style != nil {
			l.style.Paint.Read(s.String)
		}
	case "background-image":
		if l.style != nil && s.Attr("href") != nil {
			l.style.Paint.Image()
			l.grounds[l.style.key] = true
		}
	case "table-properties", "table-row-properties", "page-layout-properties":
		var p odf.Paint
		p.Read(s.String)
		if f, _ := p.Fill(nil); f.None() {
			break
		}
		if l.style != nil {
			l.grounds[l.style.key] = true
		}
		l.pages = l.pages || name == "page-layout-properties"
	case "map":
		switch {
		case l.style != nil:
			l.style.conditional = true
		case l.format != nil && len(l.format.parts) < 100:
			l.format.parts = append(l.format.parts, s.String("apply-style-name"))
		}
	case "text", "embedded-text":
		if l.format == nil {
			break
		}
		f := l.format
		text, err := s.Content()
		f.shows = f.shows || strings.TrimSpace(valid(text)) != ""
		return err
	case "number", "scientific-number", "fraction", "currency-symbol", "day", "month", "year", "era", "day-of-week", "week-of-year", "quarter",
		"hours", "minutes", "seconds", "am-pm", "boolean", "text-content", "fill-character":
		if l.format != nil {
			l.format.shows = true
		}
	}
	return nil
}

// cellLook is how the cells of a style are seen.
type cellLook struct {
	look   odf.Look
	ground odf.Ground
	plain  bool // all of their text is seen
	// What their format shows nothing of: all numbers, some, texts.
	noNumbers, someNumbers, noWords bool
}

func (l *looks) find(name string) (odf.Style, bool) {
	s := l.styles[name]
	if s == nil {
		return odf.Style{}, false
	}
	return s.Style, true
}

// usualStyle is the style of cells that name none.
const usualStyle = "Default"

// cell is the look of cells of a style.
func (l *looks) cell(name []byte) *cellLook {
	if c := l.resolved[string(name)]; c != nil {
		return c
	}
	style := string(markup.Unescape(nil, name))
	if style == "" {
		style = usualStyle
	}
	chain := odf.Follow(style, l.find)
	usual, _ := l.find("")
	c := &cellLook{look: chain.Look(odf.Look{}.With(usual.Text)), ground: odf.Paper()}
	fill, _ := chain.Paint().Over(usual.Paint).Fill(nil)
	c.ground = c.ground.On(fill)
	data := ""
	for range chain {
		s := l.styles[style]
		if s.conditional {
			c.ground = c.ground.Open()
		}
		if data == "" {
			data = s.format
		}
		style = s.Parent
	}
	if f := l.formats[data]; f != nil {
		l.formatted(c, f)
	}
	// Letters of each script: they have sizes of their own.
	c.plain = c.ground.Sight(c.look, "x") == odf.Seen && c.ground.Sight(c.look, "漢") == odf.Seen && c.ground.Sight(c.look, "م") == odf.Seen
	if len(l.resolved) < maxStyles {
		l.resolved[string(name)] = c
	}
	return c
}

// formatted takes what a number format says.
func (l *looks) formatted(c *cellLook, f *format) {
	c.noNumbers, c.noWords = !f.shows, f.words && !f.shows
	inked := f.inked
	// The last part of a format for texts is that of texts alone.
	c.someNumbers = !f.shows && (!f.words || len(f.parts) == 0)
	for _, name := range f.parts {
		part := l.formats[name]
		if part == nil {
			c.noNumbers = false
			continue
		}
		c.noNumbers = c.noNumbers && !part.shows
		c.someNumbers = c.someNumbers || !part.shows
		inked = inked || part.inked
	}
	if inked { // which goes before that of the style
		c.ground = c.ground.Open()
	}
}

// areas are ranges of cells that a condition may paint.
type areas []sheet.Range

// maxAreas bounds the ranges that are looked through for a cell; those beyond
// are taken together.
const maxAreas = 200

func (a *areas) add(r sheet.Range) {
	if n := len(*a); n >= maxAreas {
		last := (*a)[n-1]
		(*a)[n-1] = sheet.Range{Col1: min(last.Col1, r.Col1), Row1: min(last.Row1, r.Row1), Col2: max(last.Col2, r.Col2), Row2: max(last.Row2, r.Row2)}
		return
	}
	*a = append(*a, r)
}

// meet reports whether some of the cells of a range may be painted.
func (a areas) meet(r sheet.Range) bool {
	for _, p := range a {
		if p.Row1 <= r.Row2 && r.Row1 <= p.Row2 && p.Col1 <= r.Col2 && r.Col1 <= p.Col2 {
			return true
		}
	}
	return false
}

// facts is what is known of a sheet before its rows are read.
type facts struct {
	painted areas
	open    bool // something may lie behind all cells
}

// addresses matches the ranges of a condition, as in "Prices.A1:Prices.B9".
var addresses = pattern.Lazy(`\.\$?([A-Za-z]{1,3})\$?([0-9]{1,8})(?::(?:[^\s:]*\.)?\$?([A-Za-z]{1,3})\$?([0-9]{1,8}))?`)

// survey passes over the table just begun.
func survey(s *markup.Scanner) (facts, error) {
	var f facts
	for depth := s.Depth(); s.Depth() >= depth; {
		k, err := s.Next()
		if err != nil {
			return f, err
		}
		if k != markup.Start {
			continue
		}
		switch string(s.Name()) {
		case "table-cell", "table-row", "covered-table-cell", "p", "span": // nearly all
			continue
		case "conditional-format":
		default:
			f.open = f.open || string(s.Attr("table-background")) == "true" // a shape
			continue
		}
		for _, m := range addresses().FindAllStringSubmatch(s.String("target-range-address"), 10_000) {
			r := sheet.Range{Col1: column(m[1]), Row1: number(m[2]), Col2: column(m[3]), Row2: number(m[4])}
			if m[3] == "" {
				r.Col2, r.Row2 = r.Col1, r.Row1
			}
			f.painted.add(r)
		}
	}
	return f, nil
}

// column is the number of a column's letters.
func column(letters string) int {
	n := 0
	for _, c := range strings.ToUpper(letters) {
		n = n*26 + int(c-'A'+1)
	}
	return n
}

func number(digits string) int {
	n := 0
	for _, c := range digits {
		n = n*10 + int(c-'0')
	}
	return n
}

// reading is the text of a cell as it is read, and what people see of it.
type reading struct {
	cell  *cellLook
	looks *looks
	base  odf.Look
	spans []span
	seen  []byte // once something was not
	gone  bool
	doubt bool
}

// span is a run of text with a look of its own.
type span struct {
	depth int
	look  odf.Look
}

// begin takes an element in the text that gives it another look.
func (r *reading) begin(s *markup.Scanner) {
	look := r.look(s.Depth() - 1)
	switch string(s.Name()) {
	case "p", "h":
		name := s.Attr("style-name")
		if len(name) == 0 {
			return
		}
		look = odf.Follow("paragraph/"+string(markup.Unescape(nil, name)), r.family("paragraph/")).Look(look)
	case "span":
		look = odf.Follow("text/"+s.String("style-name"), r.family("text/")).Look(look)
	case "a": // programs colour links
		look = look.Inked()
	default:
		return
	}
	r.spans = append(r.spans, span{s.Depth(), look})
}

// family finds styles whose parents are of the same family.
func (r *reading) family(prefix string) func(name string) (odf.Style, bool) {
	return func(name string) (odf.Style, bool) {
		s, ok := r.looks.find(name)
		if s.Parent != "" {
			s.Parent = prefix + s.Parent
		}
		return s, ok
	}
}

// look is that of the text at a depth of elements.
func (r *reading) look(depth int) odf.Look {
	for n := len(r.spans); n > 0 && r.spans[n-1].depth > depth; n-- {
		r.spans = r.spans[:n-1]
	}
	if n := len(r.spans); n > 0 {
		return r.spans[n-1].look
	}
	return r.base
}

// piece takes what was added to the text behind its first bytes.
func (r *reading) piece(text []byte, from, depth int) {
	piece := text[from:]
	sight := odf.Seen
	look := r.look(depth)
	if (!r.cell.plain || len(r.spans) > 0) && len(bytes.TrimSpace(piece)) > 0 {
		sight = r.cell.ground.Sight(look, string(piece))
	}
	switch sight {
	case odf.Doubtful:
		r.doubt = true
	case odf.Tiny, odf.Pale:
		if !r.gone {
			r.gone, r.seen = true, append(r.seen[:0], text[:from]...)
		}
		if sight == odf.Pale {
			r.seen = append(r.seen, ' ') // the gap that people see
		}
		return
	case odf.Seen:
	}
	if r.gone {
		r.seen = append(r.seen, piece...)
	}
}

// judge says of a cell whether people see its text, of which shown is written
// in its paragraphs.
func (t *table) judge(c sheet.Cell, v value, shown bool) sheet.Cell {
	r := &t.reading
	switch {
	case strings.TrimSpace(c.Text) == "":
		return c
	case v.kind == 0 && r.cell.noWords, v.kind != 0 && r.cell.noNumbers:
		c.Unseen = true
		return c
	case !shown:
		r.piece([]byte(c.Text), 0, 0)
	}
	seen := strings.TrimSpace(valid(r.seen))
	switch {
	case r.gone && seen == "":
		c.Unseen = true
	case r.gone && !t.w.hidden:
		t.pale++
		c.Text = seen
	}
	c.Doubtful = r.doubt && !c.Unseen
	return c
}
