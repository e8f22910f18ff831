package ppt

import (
	"cmp"
	"slices"
	"strings"
	"unicode/utf16"

	"github.com/sufflor/sufflor/ingest"
	"github.com/sufflor/sufflor/ingest/flow"
	"github.com/sufflor/sufflor/ingest/office"
)

// text is a text with what its paragraphs look like.
type text struct {
	kind  int // what the text is, from its header
	value string
	style []byte
	links [][2]uint32 // first and last but one UTF-16 unit of each
}

// Kinds of texts: [MS-PPT] 2.13.33.
const (
	titleText       = 0
	bodyText        = 1
	otherText       = 4
	centerBodyText  = 5
	centerTitleText = 6
	halfBodyText    = 7
	quarterBodyText = 8
)

func (t text) isTitle() bool { return t.kind == titleText || t.kind == centerTitleText }

func (t text) isBody() bool {
	return t.kind == bodyText || t.kind == halfBodyText || t.kind == quarterBodyText
}

// addText takes the next record of a list of texts.
func addText(texts []text, r record) []text {
	if r.kind == recTextHeader {
		return append(texts, text{kind: int(u32(r.data, 0))})
	}
	n := len(texts)
	if n == 0 {
		return texts
	}
	switch r.kind {
	case recTextChars:
		texts[n-1].value = utf16Text(r.data)
	case recTextBytes:
		texts[n-1].value = latin(r.data)
	case recTextStyle:
		texts[n-1].style = r.data
	case recTextLink:
		if len(texts[n-1].links) < maxLinks && len(r.data) >= 8 {
			texts[n-1].links = append(texts[n-1].links, [2]uint32{u32(r.data, 0), u32(r.data, 4)})
		}
	}
	return texts
}

// shapes collects the text of a slide's or its notes' shapes.
type shapes struct {
	texts  []text // that the document keeps of the slide
	used   []bool // which of them a shape shows
	notes  bool
	title  string
	blocks []ingest.Block
	lost   int // cells of tables
	look   *inspection
}

const (
	maxDepth = 32   // groups in groups
	maxLinks = 1000 // of a text
	maxLevel = 4    // of a paragraph
)

// read goes through the shapes in the order they are drawn; g places them.
func (s *shapes) read(r record, g office.Group, depth int) {
	if depth > maxDepth {
		return
	}
	for _, c := range r.children() {
		switch c.kind {
		case recDrawing, recDrawingParts:
			s.read(c, g, depth+1)
		case recGroup:
			in := within(g, c)
			if rows := tableRows(c, s, in); rows != nil {
				s.table(rows)
			} else {
				s.read(c, in, depth+1)
			}
		case recShape:
			s.shape(c, g)
		}
	}
}

// placeholder is what a shape stands for; 0 when for nothing.
func placeholder(shape record) int {
	data, _ := shape.child(recClientData)
	p, ok := data.child(recPlaceholder)
	if !ok || len(p.data) < 5 {
		return 0
	}
	return int(p.data[4])
}

// Placeholders: [MS-PPT] 2.13.21.
const (
	noHolder     = 0
	dateHolder   = 7
	headerHolder = 10
	notesHolder  = 12
	masterNotes  = 6
)

func (s *shapes) shape(shape record, g office.Group) {
	kind := placeholder(shape)
	if kind >= dateHolder && kind <= headerHolder || s.notes && kind != noHolder && kind != notesHolder && kind != masterNotes {
		return // what stands on every slide, and the picture of the slide on its notes
	}
	at := s.look.shape(shape, g)
	defer s.look.paint(at)
	t, ok := s.textOf(shape)
	if !ok {
		if t.value, ok = wordArt(shape); !ok {
			return
		}
		t.kind = otherText
		s.look.art(&t, at)
	} else {
		s.look.text(&t, at)
	}
	if t.isTitle() && !s.notes && s.title == "" && strings.TrimSpace(lines(t.value)) != "" {
		s.title = strings.TrimSpace(lines(t.value))
		return
	}
	s.add(t)
}

// textOf is the text in a shape, or that of the document that it shows.
func (s *shapes) textOf(shape record) (text, bool) {
	box, ok := shape.child(recTextbox)
	if !ok {
		return text{}, false
	}
	box.container = true // some programs write it as none
	var own []text
	for _, r := range box.children() {
		if i := int(u32(r.data, 0)); r.kind == recTextRef && len(r.data) >= 4 && i >= 0 && i < len(s.texts) && !s.used[i] {
			s.used[i] = true
			return s.texts[i], true
		}
		own = addText(own, r)
	}
	if len(own) == 0 {
		return text{}, false
	}
	return own[0], true
}

// wordArt is the text that a shape draws as its outline: [MS-ODRAW] 2.3.22.1.
func wordArt(shape record) (string, bool) {
	const (
		gtextUnicode = 0x00C0
		gtextFlags   = 0x00FF
		isText       = 1 << 14
		saysSo       = 1 << 30
		complexValue = 1 << 15
		entry        = 6
	)
	options, _ := shape.child(recOptions)
	value, at := "", min(entry*options.instance, len(options.data))
	for i := 0; i+entry <= at && i+entry <= entry*options.instance; i += entry {
		id, n := u16(options.data, i), u32(options.data, i+2)
		if id&0x3FFF == gtextFlags && n&saysSo != 0 && n&isText == 0 {
			return "", false
		}
		if id&complexValue == 0 {
			continue
		}
		// What does not fit in the value follows the list, in its order.
		end := min(int64(at)+int64(n), int64(len(options.data)))
		if id&0x3FFF == gtextUnicode {
			value, _, _ = strings.Cut(utf16Text(options.data[at:end]), "\x00")
		}
		at = int(end)
	}
	return value, value != ""
}

// rest adds the texts that no shape shows.
func (s *shapes) rest() {
	for i, t := range s.texts {
		if s.used[i] {
			continue
		}
		s.look.text(&t, nil)
		if t.isTitle() && s.title == "" {
			s.title = strings.TrimSpace(lines(t.value))
			continue
		}
		s.add(t)
	}
}

// lines has the line breaks of a text as such.
func lines(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\v' || r == '\r':
			return '\n'
		case r < ' ' && r != '\t':
			return -1
		}
		return r
	}, s)
}

// add adds the paragraphs of a text; those of a slide's body are items.
func (s *shapes) add(t text) {
	looks := t.paragraphs()
	for i, p := range strings.SplitN(t.value, "\r", maxBlocks) {
		if len(s.blocks) > maxBlocks {
			return // the deck is refused
		}
		value := strings.TrimSpace(lines(p))
		if value == "" || value == "*" { // the place of a number or date
			continue
		}
		look := paragraph{bullet: asMaster}
		if i < len(looks) {
			look = looks[i]
		}
		b := ingest.Block{Kind: ingest.Paragraph, Text: value}
		if look.bullet == bulleted || look.bullet == asMaster && t.isBody() {
			b.Kind, b.Level, b.Marker = ingest.ListItem, look.level+1, flow.Bullet
		}
		s.blocks = append(s.blocks, b)
	}
}

// paragraph is how a paragraph looks.
type paragraph struct {
	level  int
	bullet bullet
}

type bullet int

const (
	asMaster bullet = iota
	bulleted
	unbulleted
)

// paragraphs reads how the paragraphs look from the runs of their properties.
func (t text) paragraphs() []paragraph {
	units := 0 // UTF-16 up to the end of each paragraph
	var ends []int
	for _, r := range t.value {
		units += utf16.RuneLen(r)
		if r == '\r' {
			ends = append(ends, units)
		}
	}
	ends = append(ends, units+1)
	out := make([]paragraph, len(ends))
	next := 0
	runs, _ := t.paragraphRuns(units + 1)
	for _, r := range runs {
		for ; next < len(ends) && ends[next] <= r.to; next++ {
			out[next] = r.paragraph
		}
	}
	return out
}

// paragraphRun is how the paragraphs up to a UTF-16 unit look.
type paragraphRun struct {
	paragraph
	to int
}

// paragraphRuns reads the properties of paragraphs of a text of so many UTF-16
// units, its end counted in; behind them are those of characters: [MS-PPT]
// 2.9.44, 2.9.45 and 2.9.20.
func (t text) paragraphRuns(units int) (runs []paragraphRun, behind []byte) {
	b := t.style
	for from := 0; len(b) >= 10 && from < units; {
		count, level, mask := int(u32(b, 0)&0x7FFFFFFF), u16(b, 4), u32(b, 6)
		look := paragraph{level: min(level, maxLevel)}
		if mask&1 != 0 { // whether there is a bullet is said
			look.bullet = unbulleted
			if u16(b, 10)&1 != 0 {
				look.bullet = bulleted
			}
		}
		from += count
		runs = append(runs, paragraphRun{look, from})
		b = b[min(10+exceptionSize(mask, b[10:]), len(b)):]
	}
	return runs, b
}

// exceptionSize is the bytes of the properties that a mask announces.
func exceptionSize(mask uint32, b []byte) int {
	has := func(bits uint32, size int) int {
		if mask&bits != 0 {
			return size
		}
		return 0
	}
	size := has(0xF, 2) + has(1<<7, 2) + has(1<<4, 2) + has(1<<6, 2) + has(1<<5, 4) + has(1<<11, 2) + has(1<<12, 2) + has(1<<13, 2) + has(1<<14, 2) + has(1<<8, 2) + has(1<<10, 2) + has(1<<15, 2)
	if mask&(1<<20) != 0 { // tabs
		size += 2 + 4*u16(b, size)
	}
	return size + has(1<<16, 2) + has(7<<17, 2) + has(1<<21, 2)
}

// tableCell is a cell of a table, which is a group of shapes.
type tableCell struct {
	left, top, right int
	text             string
}

const maxCells = 5000 // of a table

// tableRows are the rows of a group that is a table, nil for one that is none.
// Each cell is a shape of its own; only where they are makes rows of them.
func tableRows(group record, s *shapes, g office.Group) [][]tableCell {
	const tableProperties = 0x039F
	var cells []tableCell
	for i, shape := range group.children() {
		if i == 0 {
			options, _ := shape.child(recMoreOptions)
			found := false
			for at := 0; at+6 <= len(options.data); at += 6 {
				found = found || u16(options.data, at)&0x3FFF == tableProperties
			}
			if !found {
				return nil
			}
			continue
		}
		place := s.look.shape(shape, g)
		t, ok := s.textOf(shape)
		if ok {
			s.look.text(&t, place)
		}
		s.look.paint(place)
		if !ok {
			continue
		}
		anchor, ok := shape.child(recChildAnchor)
		if !ok || len(anchor.data) < 16 || len(cells) >= maxCells {
			s.lost++
			continue
		}
		at := func(i int) int { return int(int32(u32(anchor.data, 4*i))) } //nolint:gosec // signed in the file
		cells = append(cells, tableCell{left: at(0), top: at(1), right: at(2), text: lines(t.value)})
	}
	slices.SortStableFunc(cells, func(a, b tableCell) int { return cmp.Or(cmp.Compare(a.top, b.top), cmp.Compare(a.left, b.left)) })
	rows := [][]tableCell{}
	for i, c := range cells {
		if i == 0 || c.top != cells[i-1].top {
			rows = append(rows, nil)
		}
		rows[len(rows)-1] = append(rows[len(rows)-1], c)
	}
	return rows
}

// table adds a table. Where no cell is, one of a row above reaches down.
func (s *shapes) table(rows [][]tableCell) {
	var in []flow.Paragraph
	left := 0
	for i, row := range rows {
		if i == 0 || row[0].left < left {
			left = row[0].left
		}
	}
	for _, row := range rows {
		def := flow.Row{Edges: []int{left}}
		end := left
		put := func(text string, to int, up bool) {
			in = append(in, flow.Paragraph{Text: text, Depth: 1, Ends: flow.OfCell})
			def.Edges, def.Merge = append(def.Edges, to), append(def.Merge, flow.Merge{Up: up})
			end = to
		}
		for _, c := range row {
			if c.left > end {
				put("", c.left, true)
			}
			put(c.text, max(c.right, end), false)
		}
		in = append(in, flow.Paragraph{Depth: 1, Ends: flow.OfRow, Row: def})
	}
	result, err := flow.Blocks(in)
	if err != nil {
		for _, row := range rows {
			s.lost += len(row)
		}
		return
	}
	s.blocks = append(s.blocks, result.Blocks...)
}
