package rtf

import (
	"bytes"
	"context"
	"fmt"
	"strconv"
	"strings"
	"unicode/utf16"

	"github.com/sufflor/sufflor/ingest"
	"github.com/sufflor/sufflor/ingest/flow"
	"github.com/sufflor/sufflor/ingest/office"
	"github.com/sufflor/sufflor/ingest/office/sight"
)

// Limits of what is accepted from outside.
const (
	maxGroups   = 1000 // nested groups
	maxCells    = 256  // cells of a row
	maxFonts    = 4096
	maxStyles   = 4096
	maxEdges    = 500  // paragraphs of headers and footers
	maxMarker   = 100  // bytes of a list item's marker
	maxName     = 200  // bytes of a font's or style's name
	checkEvery  = 4096 // tokens between looks at the context
	maxFallback = 100  // characters that stand for one of Unicode
)

// destination is where the text of a group goes.
type destination int

const (
	intoText destination = iota
	intoNothing
	intoFonts
	intoStyles
	intoTitle
	intoInfo
	intoMarker
	intoLists // tables of lists
	intoLevel // the text of a list's level
	intoCode  // of a field
	intoColors
	intoBackground // of the page
	intoProperty   // of a shape
	intoName       // of that
	intoValue
)

// state is what a group inherits and its end restores.
type state struct {
	into   destination
	story  *story
	begun  *story // the story that this group began
	kind   storyKind
	nested bool // properties of a nested table's row
	upr    bool // holds two forms of one text
	first  bool // nothing but the group's begin was read
	star   bool // \* was read

	font     int
	fallback int // characters that follow one of Unicode
	hidden   bool
	deleted  bool
	ink      ink

	style   int
	outline int // 1 to 9, 0 for body text, unsaid
	table   bool
	depth   int
	list    int // from 1, 0 for none
	level   int
	formula *office.Node // the part of a formula being read
	shade   shading      // of the paragraph
	shape   *shape
	edge    bool // in a header or footer
	footer  bool
}

const unsaid = -1

type font struct {
	page int // code page, 0 for the document's
	name string
}

type style struct {
	name    string
	based   int
	outline int
	ink     ink
	shade   shading
}

type storyKind int

const (
	note storyKind = iota
	box
	edge
)

// story is a text of its own: the body, a note, a box, a header.
type story struct {
	paragraphs []flow.Paragraph
	text       strings.Builder
	spans      []flow.Span // of text
	floats     bool        // a header in which shapes float
	marker     string
	marked     bool // the document says what the marker is
	lists      *flow.Lists
	after      []ingest.Block
	row        flow.Row
	inner      flow.Row // of a nested table
	merge      flow.Merge
	shade      shading // of the cell that is defined
	cells      int     // first paragraph of the cell being read, -1 outside of rows
	styles     map[int]style
	colors     *colors
	count      *int // of the paragraphs of all stories
}

type parser struct {
	ctx   context.Context //nolint:containedctx // the walk of one Read, whose end it must notice
	data  []byte
	pos   int
	state state
	stack []state

	pending  []byte // text in the code page of the font
	lead     bool   // its last byte is the first of a character's two
	units    []uint16
	skip     int // characters left to pass over after one of Unicode
	page     int // of the document
	fallback int // default font
	fonts    map[int]font
	styles   map[int]style
	inks     map[int]style // of characters
	current  int           // font or style being defined
	kind     string        // "s" for the styles of paragraphs, "cs" for those of characters
	shaded   bool          // a style of tables puts colours behind cells
	colors   colors
	looks    flow.Looks
	last     lastLook
	facts    facts
	assumed  facts
	hidden   sight.Hidden
	name     strings.Builder
	base     int
	outline  int
	lists    flow.Lists
	table    listTable
	parts    int // of the formula being read

	count    int // of paragraphs
	body     *story
	edges    []string
	title    string
	warnings []string
}

func newParser(ctx context.Context, data []byte, assumed facts) *parser {
	p := &parser{ctx: ctx, data: data, page: 1252, fonts: map[int]font{}, styles: map[int]style{}, inks: map[int]style{}, assumed: assumed}
	p.lists = flow.Lists{ByID: map[uint32]*[flow.Levels]flow.Level{}, Overrides: map[int]flow.Override{}}
	p.body = p.newStory()
	p.state = state{story: p.body, fallback: 1, outline: unsaid, ink: usualInk()}
	return p
}

func (p *parser) newStory() *story {
	return &story{cells: -1, styles: p.styles, colors: &p.colors, lists: &p.lists, count: &p.count}
}

// parse reads all tokens. A document that ends early is read up to there.
func (p *parser) parse() error {
	for n := 0; p.pos < len(p.data); n++ {
		if n%checkEvery == 0 && p.ctx.Err() != nil {
			return fmt.Errorf("read document: %w", p.ctx.Err())
		}
		if p.count > flow.MaxParagraphs {
			return fmt.Errorf("it has more than %d paragraphs; split it: %w", flow.MaxParagraphs, ingest.ErrTooLarge)
		}
		switch c := p.data[p.pos]; c {
		case '{':
			p.pos++
			if err := p.begin(); err != nil {
				return err
			}
		case '}':
			p.pos++
			if p.end(); len(p.stack) == 0 {
				return nil
			}
		case '\\':
			p.pos++
			p.control()
		case '\r', '\n', 0:
			p.pos++
		default:
			p.plain()
		}
	}
	if len(p.stack) > 0 {
		p.warnings = append(p.warnings, "the document ends early and was read up to there")
	}
	for len(p.stack) > 0 {
		p.end()
	}
	return nil
}

// plain reads bytes of text; those that go nowhere at once.
func (p *parser) plain() {
	if p.state.into == intoNothing {
		n := bytes.IndexAny(p.data[p.pos:], `{}\`)
		if n < 0 {
			n = len(p.data) - p.pos
		}
		p.pos += max(n, 1)
		return
	}
	p.char(p.data[p.pos])
	p.pos++
	if p.lead && p.pos < len(p.data) && isTrail(p.data[p.pos:]) {
		p.char(p.data[p.pos])
		p.pos++
	}
}

func (p *parser) begin() error {
	p.flush()
	p.skip = 0
	if len(p.stack) >= maxGroups {
		return fmt.Errorf("groups are nested deeper than %d: %w", maxGroups, ingest.ErrDamaged)
	}
	p.stack = append(p.stack, p.state)
	p.state.begun, p.state.first, p.state.star, p.state.upr = nil, true, false, false
	if p.state.into == intoText && p.stack[len(p.stack)-1].upr {
		p.state.into = intoNothing // the first form; \ud brings the text back
	}
	return nil
}

func (p *parser) end() {
	p.flush()
	p.skip = 0
	was := p.state
	n := len(p.stack)
	if n == 0 {
		return
	}
	if n == 1 && was.story.text.Len() > 0 {
		was.story.end(was, flow.OfParagraph) // what has no mark of its own
	}
	p.state, p.stack = p.stack[n-1], p.stack[:n-1]
	p.state.first = false
	if was.into != p.state.into {
		switch was.into {
		case intoFonts, intoStyles:
			p.define(was.into)
		case intoTitle:
			p.title = strings.TrimSpace(p.name.String())
			p.name.Reset()
		case intoLevel:
			p.levelText(p.name.String())
			p.name.Reset()
		case intoCode:
			if formula, ok := flow.Equation(p.name.String()); ok {
				p.write(formula)
			}
			p.name.Reset()
		case intoProperty:
			p.set(was.shape)
		}
	}
	p.endFormula(was)
	if was.begun != nil {
		p.close(was)
	}
	if was.shape != nil && was.shape != p.state.shape {
		p.endShape(was.shape)
	}
}

// close puts a story that ends where it belongs.
func (p *parser) close(was state) {
	was.begun.end(was, flow.OfParagraph)
	g := p.known().ground()
	switch {
	case was.kind == box && p.state.shape != nil:
		p.state.shape.texts = append(p.state.shape.texts, was)
		return
	case was.kind == box:
		g.Open = true
	case was.kind == edge:
		g.Open = g.Open || was.begun.floats
	}
	p.settle(was, g)
}

// settle takes a story that ended and stands on g into the one around it.
func (p *parser) settle(was state, g sight.Ground) {
	s := was.begun
	flow.TakeOut(s.paragraphs, g, &p.hidden, false)
	result, err := flow.Blocks(s.paragraphs)
	if err != nil {
		p.warnings = append(p.warnings, fmt.Sprintf("left out: %v", err))
		return
	}
	switch was.kind {
	case box:
		p.state.story.after = append(p.state.story.after, result.Blocks...)
	case note:
		if text := strings.TrimSpace(strings.Join(flow.Lines(result.Blocks), "\n")); text != "" {
			p.state.story.after = append(p.state.story.after, ingest.Block{Kind: ingest.Paragraph, Text: text})
		}
	case edge:
		for _, b := range result.Blocks {
			if len(p.edges) < maxEdges {
				p.edges = append(p.edges, strings.Join(flow.Lines([]ingest.Block{b}), "\n"))
			}
		}
	}
}

// control reads what follows a backslash.
func (p *parser) control() {
	if p.pos >= len(p.data) {
		return
	}
	c := p.data[p.pos]
	if c|0x20 >= 'a' && c|0x20 <= 'z' {
		p.word()
		return
	}
	p.pos++
	if c == '*' {
		p.state.star = true
		return
	}
	if p.state.into == intoNothing {
		return
	}
	switch c {
	case '\'':
		if p.pos+2 <= len(p.data) {
			if b, err := strconv.ParseUint(string(p.data[p.pos:p.pos+2]), 16, 8); err == nil {
				p.char(byte(b))
				p.pos += 2
			}
		}
	case '~':
		p.rune('\u00a0')
	case '_':
		p.rune('-')
	case '{', '}', '\\':
		p.char(c)
	case '\r', '\n':
		p.command("par", 0, false)
	case '\t':
		p.command("tab", 0, false)
	}
}

// word reads a control word with its number.
func (p *parser) word() {
	start := p.pos
	for p.pos < len(p.data) && p.data[p.pos]|0x20 >= 'a' && p.data[p.pos]|0x20 <= 'z' {
		p.pos++
	}
	name := string(p.data[start:min(p.pos, start+32)])
	start = p.pos
	if p.pos < len(p.data) && p.data[p.pos] == '-' {
		p.pos++
	}
	for p.pos < len(p.data) && p.data[p.pos] >= '0' && p.data[p.pos] <= '9' {
		p.pos++
	}
	n, err := strconv.Atoi(string(p.data[start:min(p.pos, start+11)]))
	given := err == nil
	if !given && p.pos > start && p.data[start] == '-' && p.pos == start+1 {
		p.pos = start // a hyphen of the text
	}
	if p.pos < len(p.data) && p.data[p.pos] == ' ' {
		p.pos++
	}
	if name == "bin" {
		if n > 0 {
			p.pos = min(p.pos+n, len(p.data))
		}
		return
	}
	if p.skip > 0 && name != "u" {
		p.skip--
		return
	}
	first := p.state.first || p.state.star
	p.state.first = false
	if first && p.enter(name) {
		return
	}
	if p.state.into != intoNothing {
		p.command(name, n, given)
	}
}

// char takes a byte of text.
func (p *parser) char(b byte) {
	p.state.first = false
	if p.state.into == intoNothing {
		return
	}
	p.lead = !p.lead && b >= 0x80 && isLead(p.codePage(), b)
	if p.skip > 0 {
		p.skip--
		return
	}
	if len(p.units) > 0 {
		p.flush()
	}
	p.pending = append(p.pending, b)
}

// rune takes a character that needs no decoding.
func (p *parser) rune(r rune) {
	if p.skip > 0 {
		p.skip--
		return
	}
	p.flush()
	p.write(string(r))
}

// flush decodes the text read so far.
func (p *parser) flush() {
	if len(p.pending) > 0 {
		p.lead = false
	}
	if len(p.units) > 0 {
		text := utf16.Decode(p.units)
		p.units = p.units[:0]
		for i, r := range text {
			if r >= 0xF000 && r <= 0xF0FF {
				text[i] = flow.Symbol(r, p.fonts[p.state.font].name)
			}
		}
		p.write(string(text))
	}
	if len(p.pending) == 0 {
		return
	}
	text := p.decode(p.pending)
	p.pending = p.pending[:0]
	p.write(text)
}

func (p *parser) write(s string) {
	switch p.state.into {
	case intoText:
		switch {
		case p.state.hidden || p.state.deleted:
		case p.state.formula != nil:
			p.formulaText(s)
		default:
			p.state.story.mark(s, p.look())
			p.state.story.text.WriteString(s)
		}
	case intoMarker:
		if st := p.state.story; len(st.marker)+len(s) <= maxMarker && !p.state.hidden && !p.state.deleted {
			st.marker += s
		}
	case intoTitle, intoLevel, intoCode:
		if p.name.Len()+len(s) <= flow.MaxEquation {
			p.name.WriteString(s)
		}
	case intoFonts, intoStyles:
		for {
			before, after, found := strings.Cut(s, ";")
			if p.name.Len()+len(before) <= maxName {
				p.name.WriteString(before)
			}
			if !found {
				return
			}
			p.define(p.state.into)
			s = after
		}
	case intoColors:
		for range strings.Count(s, ";") {
			p.colors.add()
		}
	case intoName:
		put(&p.state.shape.name, s)
	case intoValue:
		put(&p.state.shape.value, s)
	case intoNothing, intoInfo, intoLists, intoBackground, intoProperty:
	}
}

// define ends the definition of a font or style, whose name was read.
func (p *parser) define(into destination) {
	name := strings.TrimSpace(p.name.String())
	p.name.Reset()
	if name == "" {
		return
	}
	if into == intoFonts {
		f := p.fonts[p.current]
		f.name, _, _ = strings.Cut(name, ";")
		if len(p.fonts) < maxFonts {
			p.fonts[p.current] = f
		}
		return
	}
	styles := p.styles
	switch p.kind {
	case "cs":
		styles = p.inks
	case "ts", "ds":
		styles = map[int]style{}
	}
	if _, twice := styles[p.current]; !twice && len(styles) < maxStyles {
		styles[p.current] = style{name: strings.ToLower(name), based: p.base, outline: p.outline, ink: p.state.ink, shade: p.state.shade}
	}
	p.current, p.kind, p.base, p.outline = 0, "s", unsaid, unsaid
}
