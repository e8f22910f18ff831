package ingest

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/sufflor/sufflor/index"
)

// Sizes of passages in characters. 1,300 are up to about 200 words, in Finnish
// 150: one thought, and what it is about. A list or an answer is worth more when
// whole. docs/measurements/ingest.md tells what other sizes did.
const (
	softSize   = 1300 // paragraphs are joined up to here
	hardSize   = 1600 // and a paragraph is split beyond here
	listSize   = 2400 // a list is split beyond here, and a cell of a row that is
	rowSize    = 4800 // a table's row is split beyond here, and a small table not kept whole
	shortSize  = 200  // a beginning that must not stand alone
	leadSize   = 400  // the longest paragraph that can introduce a list
	lapSize    = 160  // the longest sentence that the next part of a cut paragraph repeats
	labelSize  = 300  // the longest heading, caption or column header: passages repeat them
	wholeTable = 12   // rows of a table that is also kept whole
)

// Origin says where a document comes from and who may read it.
type Origin struct {
	Workspace  string
	Collection string
	Audience   index.Audience
	Document   string // document id
	Source     string // path or number as its people know it
	SourceName string // of the source it was read from
	Product    string // that the source is about
	Modified   time.Time
	Mask       Masker // for solved cases
}

// Passages cuts doc into passages along its structure: paragraphs under one
// heading, a list with its lead-in, each row of a table, a question with its
// answer, a solved case. Their texts are the document's own words. The result
// is deterministic, and ids stay while document, text and place do.
//
// It is for documents that we trust; [Cut] has bounds.
func Passages(doc Document, from Origin) []index.Passage {
	c := newChunker(context.Background(), doc, from)
	return c.cut(doc)
}

// maxPassages is how much the passages of one document may hold, in bytes. Each
// repeats its title, headings and column headers, so that a file made for it
// would grow beyond any memory.
const maxPassages = 512 << 20

// Cut is [Passages] for documents from outside. It ends soon after ctx does,
// and what would take too much memory is an error wrapping [ErrTooLarge].
func Cut(ctx context.Context, doc Document, from Origin) ([]index.Passage, error) {
	return cutWithin(ctx, doc, from, maxPassages)
}

func cutWithin(ctx context.Context, doc Document, from Origin, most int) ([]index.Passage, error) {
	c := newChunker(ctx, doc, from)
	c.most = most
	out := c.cut(doc)
	if c.over != nil {
		return nil, c.over
	}
	return out, nil
}

func newChunker(ctx context.Context, doc Document, from Origin) *chunker {
	return &chunker{ctx: ctx, from: from, title: titleOf(doc, from.Source), faqLevels: questionLevels(doc.Blocks)}
}

// cut makes the passages of doc; they are worth nothing when c.ended says so.
func (c *chunker) cut(doc Document) []index.Passage {
	for _, b := range doc.Blocks {
		if c.ended() {
			return nil
		}
		switch b.Kind {
		case Heading:
			c.flush()
			if longer(b.Text, labelSize) { // it heads nothing; somebody pressed the wrong button
				c.section = append(c.section, Block{Kind: Paragraph, Text: b.Text, Locator: b.Locator})
				continue
			}
			c.enter(b)
		case CaseBlock:
			c.flush()
			c.addCase(b)
		default:
			c.section = append(c.section, b)
		}
	}
	c.flush()
	c.out = fold(c.out, c.ended)
	assignLanguages(doc, c.out, c.ended)
	identify(c.from.Document, c.out)
	return c.out
}

// ended reports whether the cutting was given up, and notes why.
func (c *chunker) ended() bool {
	if c.over == nil && c.ctx.Err() != nil {
		c.over = fmt.Errorf("cut %s into passages: %w", filepath.Base(c.from.Source), context.Cause(c.ctx))
	}
	return c.over != nil
}

// titleOf is what the document calls itself, else its file name in words.
func titleOf(doc Document, source string) string {
	if t := oneLine(doc.Title); t != "" {
		return label(t)
	}
	base := filepath.Base(filepath.ToSlash(source))
	base = strings.TrimSuffix(base, filepath.Ext(base))
	base = strings.Join(strings.FieldsFunc(base, func(r rune) bool { return r == '_' || r == ' ' }), " ")
	if base == "" || base == "." {
		return "Untitled"
	}
	return base
}

// label is a text that is repeated with each passage, at most labelSize
// characters of it.
func label(text string) string {
	if !longer(text, labelSize) {
		return text
	}
	return split(text, labelSize)[0] + "…"
}

// questionLevels are the heading levels that mostly hold questions; there a
// heading without a question mark is one too ("My HK-75 shows C-21").
func questionLevels(blocks []Block) map[int]bool {
	all, questions := map[int]int{}, map[int]int{}
	for _, b := range blocks {
		if b.Kind == Heading && b.Text != "" {
			all[b.Level]++
			if isQuestion(b.Text) {
				questions[b.Level]++
			}
		}
	}
	levels := map[int]bool{}
	for level, n := range questions {
		levels[level] = n >= 3 && n*3 >= all[level]*2
	}
	return levels
}

// heading is one step of the heading path.
type heading struct {
	level    int
	text     string
	question bool
	locator  index.Locator
}

type chunker struct {
	ctx       context.Context //nolint:containedctx // it lives for one document
	most      int             // bytes of passages; 0 is any number
	size      int             // bytes of passages so far
	over      error           // why the cutting was given up
	from      Origin
	title     string
	faqLevels map[int]bool
	path      []heading
	section   []Block
	out       []index.Passage
}

// enter moves to a heading. One without text ends the sections of its level.
func (c *chunker) enter(b Block) {
	level := max(b.Level, 1)
	for len(c.path) > 0 && c.path[len(c.path)-1].level >= level {
		c.path = c.path[:len(c.path)-1]
	}
	text := oneLine(b.Text)
	if text == "" {
		return
	}
	c.path = append(c.path, heading{
		level: level, text: text, locator: b.Locator,
		question: isQuestion(text) || c.faqLevels[b.Level],
	})
}

// headings is the path in words; the title is not repeated, nor the question
// of a passage that has it as such.
func (c *chunker) headings(question bool) []string {
	var out []string
	for i, h := range c.path {
		if (i == 0 && h.text == c.title) || (question && i == len(c.path)-1) {
			continue
		}
		out = append(out, h.text)
	}
	return out
}

// flush makes passages of the section that was collected.
func (c *chunker) flush() {
	blocks := c.section
	c.section = nil
	if len(blocks) == 0 {
		return
	}
	if n := len(c.path); n > 0 && c.path[n-1].question {
		c.blocks(blocks, c.path[n-1].text)
		return
	}
	at := questionParagraphs(blocks)
	if len(at) < 2 {
		c.blocks(blocks, "")
		return
	}
	c.blocks(blocks[:at[0]], "")
	for i, start := range at {
		end := len(blocks)
		if i+1 < len(at) {
			end = at[i+1]
		}
		c.path = append(c.path, heading{level: 7, text: oneLine(blocks[start].Text), question: true})
		c.blocks(blocks[start+1:end], oneLine(blocks[start].Text))
		c.path = c.path[:len(c.path)-1]
	}
}

// questionParagraphs finds paragraphs that are nothing but a question and are
// followed by something else: how questions and answers are often typed.
func questionParagraphs(blocks []Block) []int {
	var at []int
	for i, b := range blocks {
		if !questionAlone(b) || i+1 == len(blocks) || questionAlone(blocks[i+1]) {
			continue
		}
		at = append(at, i)
	}
	return at
}

func questionAlone(b Block) bool {
	return b.Kind == Paragraph && strings.HasSuffix(b.Text, "?") && len(b.Text) <= 200 &&
		!strings.ContainsRune(b.Text, '\n') && len(sentences(b.Text)) == 1
}

// unit is what is not taken apart any more when passages are filled.
type unit struct {
	list bool
	text string
	at   []index.Locator
}

func (u unit) size() int { return utf8.RuneCountInString(u.text) }

// blocks fills passages from the blocks of one section.
func (c *chunker) blocks(blocks []Block, question string) {
	f := filler{c: c, question: question, soft: softSize}
	if question != "" {
		f.soft = hardSize // an answer is worth more when whole
	}
	for i := 0; i < len(blocks) && !c.ended(); {
		switch b := blocks[i]; b.Kind {
		case ListItem:
			n := listLength(blocks[i:])
			f.list(blocks[i : i+n])
			i += n
		case TableBody:
			lead := ""
			if b.Table != nil && b.Table.Caption == "" {
				lead = f.takeCaption()
			}
			f.flush()
			c.table(b, lead, question)
			i++
		default:
			for _, part := range pieces(tidy(b.Text)) {
				f.paragraph(unit{text: part, at: []index.Locator{b.Locator}})
			}
			i++
		}
	}
	f.flush()
}

// pieces is a paragraph, cut where it is too long. Each further piece begins
// with the last sentence of the one before, when it is short: what "it" means
// stands there.
func pieces(text string) []string {
	if utf8.RuneCountInString(text) <= hardSize {
		return split(text, hardSize)
	}
	parts := split(text, hardSize-lapSize-1)
	out := slices.Clone(parts)
	for i := 1; i < len(parts); i++ {
		before := sentences(parts[i-1])
		last := strings.TrimSpace(before[len(before)-1])
		if len(before) > 1 && utf8.RuneCountInString(last) <= lapSize {
			out[i] = last + " " + parts[i]
		}
	}
	return out
}

// listLength counts the blocks of a list: its items, and paragraphs between
// them where the numbering goes on afterwards.
func listLength(blocks []Block) int {
	n := 0
	for n < len(blocks) {
		if blocks[n].Kind == ListItem {
			n++
			continue
		}
		next := n
		for next < len(blocks) && blocks[next].Kind == Paragraph && next-n < 2 {
			next++
		}
		if next == len(blocks) || blocks[next].Kind != ListItem || !goesOn(blocks[next].Marker) {
			break
		}
		n = next
	}
	return n
}

// goesOn reports whether a marker is numbered and not the first of its list.
func goesOn(marker string) bool {
	m := strings.Trim(marker, "().: ")
	return m != "" && m != "1" && m != "a" && m != "A" && m != "i" && m != "I" && (unicode.IsDigit(rune(m[0])) || len(m) == 1 && unicode.IsLetter(rune(m[0])))
}

// filler joins units into passages.
type filler struct {
	c        *chunker
	question string
	soft     int
	units    []unit
	size     int
}

func (f *filler) add(u unit) {
	f.units = append(f.units, u)
	f.size += u.size() + 2
}

func (f *filler) paragraph(u unit) {
	if u.text == "" {
		return
	}
	sum := f.size + u.size()
	if f.size > 0 && sum > f.soft && (f.size >= shortSize || sum > hardSize) {
		f.flush()
	}
	f.add(u)
}

// list adds a list. What does not fit beside the text before takes only its
// lead-in along, and repeats it when the list itself must be split.
func (f *filler) list(blocks []Block) {
	lines := make([]unit, 0, len(blocks))
	total := 0
	for _, b := range blocks {
		for _, part := range split(itemText(b), listSize) {
			u := unit{text: part, at: []index.Locator{b.Locator}}
			lines = append(lines, u)
			total += u.size() + 1
		}
	}
	if len(lines) == 0 {
		return
	}
	var lead []unit
	if f.size+total > f.soft {
		lead = f.takeLead()
		f.flush()
	}
	leading := 0
	for _, u := range lead {
		leading += u.size() + 2
	}
	for start := 0; start < len(lines) && !f.c.ended(); {
		end, size := start, leading
		for end < len(lines) && (end == start || size+lines[end].size() <= listSize) {
			size += lines[end].size() + 1
			end++
		}
		end = wholeItem(blocks, lines, start, end)
		for _, u := range lead {
			f.add(u)
		}
		joined := unit{list: true}
		for i, u := range lines[start:end] {
			if i > 0 {
				joined.text += "\n"
			}
			joined.text += u.text
			joined.at = append(joined.at, u.at...)
		}
		f.add(joined)
		if start = end; start < len(lines) {
			f.flush()
		}
	}
}

// wholeItem moves the end of a part of a list back so that sub-items stay with
// their item, when that leaves something.
func wholeItem(blocks []Block, lines []unit, start, end int) int {
	if end == len(lines) || len(blocks) != len(lines) {
		return end
	}
	top := blocks[start].Level
	for at := end; at > start; at-- {
		if blocks[at].Kind == ListItem && blocks[at].Level <= top {
			return at
		}
	}
	return end
}

func itemText(b Block) string {
	text := tidy(b.Text)
	if text == "" {
		return ""
	}
	if marker := oneLine(b.Marker); b.Kind == ListItem && marker != "" {
		text = marker + " " + text
	}
	if b.Level > 1 {
		indent := strings.Repeat("  ", min(b.Level-1, 8))
		text = indent + strings.ReplaceAll(text, "\n", "\n"+indent)
	}
	return text
}

// takeLead removes the paragraph that introduces what follows.
func (f *filler) takeLead() []unit {
	n := len(f.units)
	if n == 0 || f.units[n-1].list || f.units[n-1].size() > leadSize {
		return nil
	}
	lead := f.units[n-1]
	f.units, f.size = f.units[:n-1], f.size-lead.size()-2
	return []unit{lead}
}

// takeCaption removes the sentence that announces a table.
func (f *filler) takeCaption() string {
	n := len(f.units)
	if n == 0 || f.units[n-1].list || !strings.HasSuffix(f.units[n-1].text, ":") || f.units[n-1].size() > leadSize {
		return ""
	}
	return f.takeLead()[0].text
}

func (f *filler) flush() {
	if len(f.units) == 0 {
		return
	}
	kind, at := index.KindText, []index.Locator(nil)
	texts := make([]string, 0, len(f.units))
	for _, u := range f.units {
		if u.list {
			kind = index.KindList
		}
		texts = append(texts, u.text)
		at = append(at, u.at...)
	}
	if f.question != "" {
		kind = index.KindFAQ
	}
	f.c.emit(index.Passage{Kind: kind, Question: f.question, Text: strings.Join(texts, "\n\n"), Locator: span(at)})
	f.units, f.size = nil, 0
}

// table makes a passage of each row, and one of a small table as a whole.
func (c *chunker) table(b Block, lead, question string) {
	t := b.Table
	if t == nil {
		return
	}
	caption := tidy(t.Caption)
	if caption == "" {
		caption = lead
	}
	header := make([]string, len(t.Header))
	for i, h := range append([]string{caption}, t.Header...) {
		if longer(h, labelSize) { // once in full, for the rows repeat its beginning
			c.blocks([]Block{{Kind: Paragraph, Text: h, Locator: b.Locator}}, "")
			h = label(tidy(h))
		}
		if i == 0 {
			caption = h
		} else {
			header[i-1] = strings.TrimRight(oneLine(h), ": ")
		}
	}
	if !t.Sheet && len(t.Rows) <= wholeTable {
		if text := tableText(t, caption); utf8.RuneCountInString(text) <= rowSize {
			c.emit(index.Passage{Kind: index.KindTable, Question: question, Text: text, Locator: tableSpan(b)})
		}
	}
	group := ""
	for _, r := range t.Rows {
		if c.ended() {
			return
		}
		if g := oneLine(r.Group); g != group {
			if group = g; longer(g, labelSize) {
				c.blocks([]Block{{Kind: Paragraph, Text: g, Locator: r.Locator}}, "")
			}
		}
		cells := rowCells(header, r)
		if len(cells) == 0 {
			continue
		}
		at := r.Locator
		if at == (index.Locator{}) {
			at = b.Locator
		}
		var above []string
		if caption != "" {
			above = append(above, caption)
		}
		if group != "" {
			above = append(above, label(group))
		}
		for _, part := range rowParts(cells) {
			lines := slices.Clone(above)
			for _, cell := range part {
				if cell.Header == "" {
					lines = append(lines, cell.Value)
				} else {
					lines = append(lines, cell.Header+": "+cell.Value)
				}
			}
			c.emit(index.Passage{Kind: index.KindRow, Text: strings.Join(lines, "\n"), Cells: part, Locator: at})
		}
	}
}

// rowParts are a row's cells by passage: all in one, unless they are more than
// rowSize. Then no passage has more than listSize of a cell, and each further
// one begins with the row's first cell, which says what the row is about.
func rowParts(cells []index.Cell) [][]index.Cell {
	size := func(c index.Cell) int { return utf8.RuneCountInString(c.Header) + utf8.RuneCountInString(c.Value) }
	total := 0
	for _, c := range cells {
		total += size(c)
	}
	if total <= rowSize {
		return [][]index.Cell{cells}
	}
	lead := cells[0]
	lead.Value = label(lead.Value)
	var parts [][]index.Cell
	var part []index.Cell
	filled := 0
	for _, c := range cells {
		for i, value := range split(c.Value, listSize) {
			c.Value = value
			if len(part) > 0 && (i > 0 || filled+size(c) > rowSize) {
				parts = append(parts, part)
				part, filled = []index.Cell{lead}, size(lead)
			}
			part = append(part, c)
			filled += size(c)
		}
	}
	return append(parts, part)
}

func rowCells(header []string, r Row) []index.Cell {
	var cells []index.Cell
	for i, v := range r.Cells {
		cell := index.Cell{Value: oneLine(v)}
		if cell.Value == "" {
			continue
		}
		if i < len(header) {
			cell.Header = header[i]
		}
		if i < len(r.Refs) {
			cell.Ref = r.Refs[i]
		}
		if n := len(cells); n > 0 && cells[n-1].Value == cell.Value && cells[n-1].Header == cell.Header {
			continue // one merged cell under one merged header
		}
		cells = append(cells, cell)
	}
	return cells
}

func tableText(t *Table, caption string) string {
	var lines []string
	if caption != "" {
		lines = append(lines, caption)
	}
	if line := cellLine(t.Header); line != "" {
		lines = append(lines, line)
	}
	group := ""
	for _, r := range t.Rows {
		if g := oneLine(r.Group); g != group {
			group = g
			if g != "" {
				lines = append(lines, g)
			}
		}
		if line := cellLine(r.Cells); line != "" {
			lines = append(lines, line)
		}
	}
	return strings.Join(lines, "\n")
}

// cellLine is a row on one line; empty cells keep their place.
func cellLine(cells []string) string {
	flat := make([]string, len(cells))
	some := false
	for i, c := range cells {
		flat[i] = oneLine(c)
		some = some || flat[i] != ""
	}
	if !some {
		return ""
	}
	return strings.TrimRight(strings.Join(flat, " | "), " |")
}

func tableSpan(b Block) index.Locator {
	if b.Locator != (index.Locator{}) {
		return b.Locator
	}
	at := make([]index.Locator, len(b.Table.Rows))
	for i, r := range b.Table.Rows {
		at[i] = r.Locator
	}
	return span(at)
}

// addCase makes a passage of a solved case, without its personal data.
func (c *chunker) addCase(b Block) {
	if b.Case == nil {
		return
	}
	question, answer := tidy(c.from.Mask.Mask(b.Case.Question)), tidy(c.from.Mask.Mask(b.Case.Answer))
	if question == "" || answer == "" {
		return
	}
	at := b.Locator
	at.Case = b.Case.ID
	for i, part := range split(answer, listSize) {
		if c.ended() {
			return
		}
		if i > 0 {
			question = label(question)
		}
		c.emit(index.Passage{Kind: index.KindCase, Question: question, Text: part, Language: b.Case.Language, Locator: at})
	}
}

// emit completes a passage with what it has from its document and its place.
func (c *chunker) emit(p index.Passage) {
	if strings.TrimSpace(p.Text) == "" {
		return
	}
	p.Workspace, p.Collection, p.Audience = c.from.Workspace, c.from.Collection, c.from.Audience
	p.Document, p.Source, p.Title, p.Modified = c.from.Document, c.from.Source, c.title, c.from.Modified
	p.SourceName, p.Product = c.from.SourceName, c.from.Product
	p.Headings, p.Ordinal = c.headings(p.Question != "" && p.Kind != index.KindCase), len(c.out)
	if c.size += bulk(p); c.most > 0 && c.size > c.most {
		c.over = fmt.Errorf("the passages of %s take more than %d MB: %w", filepath.Base(c.from.Source), c.most>>20, ErrTooLarge)
		return
	}
	c.out = append(c.out, p)
}

// bulk is about the bytes of a passage.
func bulk(p index.Passage) int {
	n := len(p.Title) + len(p.Question) + len(p.Text)
	for _, h := range p.Headings {
		n += len(h)
	}
	for _, c := range p.Cells {
		n += len(c.Header) + len(c.Value) + len(c.Ref)
	}
	return n
}

// identify gives each passage an id made from what it is and where it stands.
func identify(document string, passages []index.Passage) {
	seen := make(map[string]int, len(passages))
	for i := range passages {
		p := &passages[i]
		at, err := json.Marshal(p.Locator)
		if err != nil {
			at = fmt.Append(nil, p.Locator) // only a NaN in Box cannot be marshalled
		}
		sum := sha256.Sum256([]byte(strings.Join([]string{document, string(p.Kind), p.Question, p.Text, string(at)}, "\x00")))
		id := "p" + hex.EncodeToString(sum[:12])
		seen[id]++
		if n := seen[id]; n > 1 { // the same words twice in one place
			id = fmt.Sprintf("%s-%d", id, n)
		}
		p.ID = id
	}
}

// span is the locator that covers exactly the given ones.
func span(at []index.Locator) index.Locator {
	var out index.Locator
	onePage, boxes := true, true
	for i, l := range at {
		if i == 0 {
			out = l
			onePage = l.PageEnd == 0 || l.PageEnd == l.Page
			boxes = l.Box != [4]float64{}
			continue
		}
		last := max(l.Page, l.PageEnd)
		if last > max(out.Page, out.PageEnd) {
			out.PageEnd = last
		}
		if l.Page > 0 && (out.Page == 0 || l.Page < out.Page) {
			out.PageEnd, out.Page = max(out.Page, out.PageEnd), l.Page
		}
		onePage = onePage && l.Page == at[0].Page && (l.PageEnd == 0 || l.PageEnd == l.Page)
		boxes = boxes && l.Box != [4]float64{}
		out.Box = [4]float64{min(out.Box[0], l.Box[0]), min(out.Box[1], l.Box[1]), max(out.Box[2], l.Box[2]), max(out.Box[3], l.Box[3])}
		if l.Paragraph > 0 && (out.Paragraph == 0 || l.Paragraph < out.Paragraph) {
			out.Paragraph = l.Paragraph
		}
		if l.Line > 0 && (out.Line == 0 || l.Line < out.Line) {
			out.Line = l.Line
		}
		if end := max(l.Line, l.LineEnd); end > max(out.Line, out.LineEnd) {
			out.LineEnd = end
		}
		if out.Anchor == "" {
			out.Anchor = l.Anchor
		}
		out.Cells = joinCells(out.Cells, l.Cells)
	}
	if !onePage || !boxes {
		out.Box = [4]float64{}
	}
	if out.PageEnd == out.Page {
		out.PageEnd = 0
	}
	if out.LineEnd == out.Line {
		out.LineEnd = 0
	}
	return out
}

// joinCells is the range from the first cell of a to the last of b: the notes
// under one table stand below each other.
func joinCells(a, b string) string {
	if a == "" {
		return b
	}
	if b == "" || a == b {
		return a
	}
	first, _, _ := strings.Cut(a, ":")
	_, last, ok := strings.Cut(b, ":")
	if !ok {
		last = b
	}
	return first + ":" + last
}
