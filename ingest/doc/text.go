package doc

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"
	"unicode/utf16"

	"golang.org/x/text/encoding/charmap"

	"github.com/sufflor/sufflor/ingest"
	"github.com/sufflor/sufflor/ingest/codepage"
	"github.com/sufflor/sufflor/ingest/flow"
	"github.com/sufflor/sufflor/ingest/office/sight"
	"github.com/sufflor/sufflor/ingest/ole"
)

// Characters with a meaning, [MS-DOC] 2.4.1 and 2.4.3.
const (
	markCell       = 0x07
	markLine       = 0x0B
	markPage       = 0x0C // or the end of a section
	markParagraph  = 0x0D
	markColumn     = 0x0E
	markField      = 0x13
	markResult     = 0x14
	markFieldEnd   = 0x15
	noBreakHyphen  = 0x1E
	optionalHyphen = 0x1F
)

// letter is a stored character with what matters of its looks. Its place in
// the main stream finds the paragraph's properties.
type letter struct {
	unit  uint16 // of UTF-16; of Word 6 and 95 as it is stored
	alone uint16 // what the field that begins here shows: index in formulas from 1, 0 for none
	at    uint32 // byte of the main stream
	cp    int32  // character position
	piece int32
	run   int32 // index in chars, -1 for plain text
}

// letters are the characters of a range.
func (d *document) letters(s span) ([]letter, error) {
	if s.to-s.from > maxChars {
		return nil, fmt.Errorf("it has more than %d million characters; split it: %w", maxChars>>20, ingest.ErrTooLarge)
	}
	out := make([]letter, 0, max(s.to-s.from, 0))
	for i := d.pieceAt(s.from); i < len(d.runs) && d.runs[i].from < s.to; i++ {
		if err := d.ctx.Err(); err != nil {
			return nil, fmt.Errorf("read document: %w", err)
		}
		p := d.runs[i]
		from, to := max(p.from, s.from), min(p.to, s.to)
		at := p.at + int64(from-p.from)*p.size()
		run := d.runAt(at)
		for cp := from; cp < to; cp++ {
			for run < len(d.chars) && d.chars[run].to <= at {
				run++
			}
			l := letter{at: uint32(at), cp: int32(cp), piece: int32(i), run: -1} //nolint:gosec // streams have at most 128 MB
			if run < len(d.chars) && d.chars[run].from <= at {
				l.run = int32(run) //nolint:gosec // at most maxRuns
			}
			if p.wide {
				l.unit = ole.U16(d.main, int(at))
			} else {
				l.unit = d.unit(d.main[at])
			}
			out = append(out, l)
			at += p.size()
		}
	}
	return out, nil
}

// unit is a byte of text. Later versions than Word 95 store in one byte what
// Windows-1252 has; whose code page Word 6 and 95 mean only the font tells.
func (d *document) unit(b byte) uint16 {
	if b < 0x80 || d.old {
		return uint16(b)
	}
	return uint16(charmap.Windows1252.DecodeByte(b)) //nolint:gosec // it holds nothing beyond 16 bits
}

// runAt is the first run of characters that may hold a byte.
func (d *document) runAt(at int64) int {
	i, found := slices.BinarySearchFunc(d.chars, at, func(r charRun, at int64) int { return cmp.Compare(r.from, at) })
	if !found && i > 0 {
		i--
	}
	return i
}

// codes marks the letters of field codes, which are not shown; what has no
// end is no field. Fields without a result that are formulas keep what they
// show.
func (d *document) codes(text []letter) []bool {
	type field struct{ begin, result int }
	change := make([]int32, len(text)+1) // of the number of codes around
	var open []field
	formulas := map[int]int{} // where one ends, by where it begins
	for i, l := range text {
		n := len(open)
		switch {
		case l.unit == markField:
			open = append(open, field{i, -1})
		case l.unit == markResult && n > 0 && open[n-1].result < 0:
			open[n-1].result = i
		case l.unit == markFieldEnd && n > 0:
			f := open[n-1]
			open = open[:n-1]
			if f.result < 0 {
				f.result = f.begin + buttonCode(text[f.begin:i])
				if startsEQ(text[f.begin+1 : i]) {
					formulas[f.begin] = i
				}
			}
			change[f.begin]++
			change[f.result+1]--
		}
	}
	hidden, around := make([]bool, len(text)), int32(0)
	for i := range text {
		around += change[i]
		hidden[i] = around > 0
		if end, ok := formulas[i]; ok && around == 1 && len(d.formulas) < math.MaxUint16 {
			if s, ok := flow.Equation(d.code(text[i+1 : end])); ok {
				d.formulas = append(d.formulas, s)
				text[i].alone = uint16(len(d.formulas)) //nolint:gosec // bounded above
			}
		}
	}
	return hidden
}

// startsEQ reports whether a field's code may be a formula.
func startsEQ(code []letter) bool {
	for len(code) > 0 && code[0].unit == ' ' {
		code = code[1:]
	}
	return len(code) > 2 && code[0].unit|0x20 == 'e' && code[1].unit|0x20 == 'q'
}

// code is a field's code as text, up to the length that formulas have.
func (d *document) code(text []letter) string {
	var units []uint16
	stored := encoded{page: d.page}
	for _, l := range text[:min(len(text), flow.MaxEquation)] {
		switch {
		case l.unit < ' ':
		case d.old:
			units = stored.add(units, l.unit, d)
		default:
			units = append(units, l.unit)
		}
	}
	return string(utf16.Decode(stored.decode(units)))
}

// buttonCode is how much of a field without a result is code: all, but for
// buttons, whose text is the end of the code.
func buttonCode(code []letter) int {
	const longest = 32 // characters up to the end of the name of a field
	word, words := false, 0
	for i, l := range code[1:] {
		if words < 2 && i > longest {
			break // no button: in fields within fields each would be read to the end
		}
		space := l.unit == ' '
		if !space && !word {
			if words++; words == 3 {
				return i
			}
		}
		if space && word && words == 1 {
			name := make([]uint16, 0, 16)
			for _, c := range code[1 : i+1] {
				name = append(name, c.unit)
			}
			switch strings.ToUpper(strings.TrimSpace(string(utf16.Decode(name)))) {
			case "MACROBUTTON", "GOTOBUTTON":
			default:
				return len(code)
			}
		}
		word = !space
	}
	return len(code)
}

// paragraphs reads a range; what stands after its last mark is one more.
func (d *document) paragraphs(s span) ([]flow.Paragraph, error) {
	text, err := d.letters(s)
	if err != nil {
		return nil, err
	}
	code := d.codes(text)
	var out []flow.Paragraph
	start := 0
	for i, l := range text {
		switch l.unit {
		case markParagraph, markCell, markPage:
			if code[i] || l.unit == markParagraph && d.charOf(l).deleted {
				continue
			}
			if len(out)%1024 == 0 && d.ctx.Err() != nil {
				return nil, fmt.Errorf("read document: %w", d.ctx.Err())
			}
			if len(out) >= flow.MaxParagraphs {
				return nil, fmt.Errorf("it has more than %d paragraphs; split it: %w", flow.MaxParagraphs, ingest.ErrTooLarge)
			}
			p := d.paraAt(int64(l.at), d.runs[l.piece].change)
			out = append(out, d.paragraph(text[start:i], code[start:i], p, l.unit))
			start = i + 1
		}
	}
	if start < len(text) {
		l := text[len(text)-1]
		p := d.paraAt(int64(l.at), d.runs[l.piece].change)
		out = append(out, d.paragraph(text[start:], code[start:], p, markParagraph))
	}
	return out, nil
}

func (d *document) charOf(l letter) char {
	c := plain()
	if l.run >= 0 {
		c = d.chars[l.run].char
	}
	if change := d.runs[l.piece].change; change != nil {
		c.apply(d, change)
	}
	return c
}

// paragraph makes a paragraph of its letters and the mark at its end.
func (d *document) paragraph(text []letter, code []bool, p para, mark uint16) flow.Paragraph {
	st := d.styled(p.style)
	out := flow.Paragraph{Title: st.title, Contents: st.contents, Caption: st.caption, Outline: max(st.outline, 0)}
	if p.hasLine {
		out.Outline = p.outline
	}
	if p.inTable {
		out.Depth = max(p.depth, 1)
		switch {
		case mark == markCell && p.rowEnd, p.innerRow:
			out.Ends, out.Row = flow.OfRow, d.row(&p)
			return out
		case mark == markCell, p.innerCell:
			out.Ends = flow.OfCell
		}
	}
	out.Shade = cmp.Or(p.shade, st.shade)
	if p.shade == sight.Auto {
		out.Under = st.shade // it may have meant less than its words
	}
	d.show(&out, text, code, st)
	list, at := st.list, max(st.level, 0)
	if p.hasList {
		list = p.list
	}
	if p.hasLevel {
		at = p.level
	}
	if list > 0 && strings.TrimSpace(out.Text) != "" && !st.contents {
		out.Marker, out.Level = d.lists.Next(list, at), at+1
	}
	return out
}

// show gives a paragraph the text of letters as it is displayed, and what hangs
// on them.
func (d *document) show(out *flow.Paragraph, text []letter, code []bool, st style) {
	var looks cuts
	units := make([]uint16, 0, len(text))
	stored := encoded{} // text of Word 6 and 95 that is not decoded yet
	hide := st.hidden.over(false)
	last, look, hidden := int32(-2), plain(), false
	lastPiece := int32(-1)
	for i, l := range text {
		if code[i] && l.alone == 0 {
			continue
		}
		if l.run != last || l.piece != lastPiece {
			last, lastPiece = l.run, l.piece
			look = d.charOf(l)
			below := hide
			if look.style != 0 {
				below = d.styled(look.style).hidden.over(hide)
			}
			hidden = look.deleted || look.hidden.over(below)
			if d.old {
				units = stored.decode(units)
				stored.page = d.pageOf(look, st)
			}
			looks.add(len(units), d.lookOf(look, st))
		}
		if hidden {
			continue
		}
		if l.alone > 0 {
			units = append(stored.decode(units), utf16.Encode([]rune(d.formulas[l.alone-1]))...)
			continue
		}
		if len(d.notes) > 0 {
			out.After = append(out.After, d.notes[int(l.cp)]...)
		}
		if d.old && l.unit >= ' ' && l.unit != '(' {
			units = stored.add(units, l.unit, d)
			continue
		}
		units = stored.decode(units)
		switch l.unit {
		case '\t':
			units = append(units, '\t')
		case markLine, markColumn:
			units = append(units, '\n')
		case noBreakHyphen:
			units = append(units, '-')
		case '(':
			if look.symbol != 0 {
				units = append(units, uint16(look.symbol)) //nolint:gosec // of the basic plane
				continue
			}
			units = append(units, l.unit)
		default:
			if l.unit >= ' ' {
				units = append(units, l.unit)
			}
		}
	}
	out.Text, out.Spans = looks.text(stored.decode(units))
}

// encoded is text in a code page.
type encoded struct {
	page int
	text []byte
}

// add adds a character, and what was added before in another code page to
// units. Where characters have two bytes, those of Western fonts, marked by
// another upper byte than any of a code page, stand among the others.
func (e *encoded) add(units []uint16, unit uint16, d *document) []uint16 {
	const lead = 0x8000 // upper bytes of Asian code pages have this bit
	switch {
	case unit >= lead && !isAsian(e.page):
		units = e.decode(units)
		e.page = d.asian
	case unit < lead && d.flags&flagWide != 0 && isAsian(e.page):
		units = e.decode(units)
		e.page = codepage.Western
	}
	if unit >= lead {
		e.text = append(e.text, byte(unit>>8))
	}
	e.text = append(e.text, byte(unit)) //nolint:gosec // its lower half
	return units
}

// decode adds the text to units, and is empty then.
func (e *encoded) decode(units []uint16) []uint16 {
	if len(e.text) > 0 {
		units = append(units, utf16.Encode([]rune(codepage.Decode(e.page, e.text)))...)
		e.text = e.text[:0]
	}
	return units
}

// pageOf is the code page of text of Word 6 and 95: that of its font, which
// its own properties, its character's or its paragraph's style name.
func (d *document) pageOf(look char, st style) int {
	font := look.font
	if font == unsaid && look.style != 0 {
		font = d.styled(look.style).font
	}
	if font == unsaid {
		font = st.font
	}
	page, ok := d.fontPage[font]
	if !ok || page == codepage.Western {
		return d.page // fonts of one charset were used for the letters of another
	}
	return page
}

// row is what a row's mark says about its cells.
func (d *document) row(p *para) flow.Row {
	const (
		merged   = 0x02
		vertical = 0x20
		restart  = 0x40
	)
	r := flow.Row{Edges: p.edges, Header: p.header, Merge: make([]flow.Merge, len(p.merges)), Under: p.under, Open: p.open || d.styled(p.tableStyle).paints}
	if len(p.fills) > 0 {
		r.Fills = make([]string, max(len(p.merges), len(p.fills)))
		copy(r.Fills, p.fills)
	}
	for i, m := range p.merges {
		r.Merge[i] = flow.Merge{Left: m&merged != 0, Up: m&vertical != 0 && m&restart == 0}
	}
	for _, s := range p.spans {
		for i := s[0] + 1; i < min(s[1], len(r.Merge)); i++ {
			r.Merge[i].Left = true
		}
	}
	return r
}
