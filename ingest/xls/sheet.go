package xls

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/sufflor/sufflor/index/lang"
	"github.com/sufflor/sufflor/ingest/codepage"
	"github.com/sufflor/sufflor/ingest/sheet"
	"github.com/sufflor/sufflor/ingest/sheet/numfmt"
)

// worksheet is the kind of a sheet in the record that begins it.
const worksheet = 0x0010

// cell is a filled cell.
type cell struct {
	row, col int // from 1
	style    int
	number   float64
	text     string
	kind     sheet.Kind
	blank    bool  // the number format shows nothing
	mixed    bool  // the text has runs, but not where it is known
	rich     int32 // number of its runs, 0 for none
	note     string
}

// page is what was read of one sheet.
type page struct {
	w       *workbook
	cells   []cell
	layout  sheet.Layout
	hidden  map[int]bool // rows
	pending *cell        // a formula whose text follows
	object  int          // number of the object whose text follows
	comment bool         // it is the box of a comment
	shape   shape        // what is drawn for it
	notes   map[int]string
	drawn   []shape
	last    int // row of the last cell, from 1
	lost    int // cells whose shared text is missing
	unseen  int // shapes with a text that nobody sees
	pale    int // cells of which a part was left out that nobody sees
	painted sheet.Areas
}

// sheet reads a sheet's records and lays its rows out.
func (w *workbook) sheet(ref sheetRef, hidden bool) error {
	if ref.chart != "" {
		if out := w.out.Sheet(sheet.Layout{Name: ref.name, Hidden: ref.hidden}); out != nil {
			out.Draw(sheet.Range{}, ref.chart)
			out.Close()
		}
		return nil
	}
	p := &page{w: w, layout: sheet.Layout{Name: ref.name, Hidden: ref.hidden}, hidden: map[int]bool{}, notes: map[int]string{}}
	if !ref.hidden || hidden {
		if err := p.read(ref.at); err != nil {
			return err
		}
	}
	out := w.out.Sheet(p.layout)
	if out == nil {
		return nil
	}
	if p.lost > 0 {
		w.out.Warn("sheet %q: %d cells were left out, the workbook's list of texts does not hold theirs; open the file in Excel and save it again", ref.name, p.lost)
	}
	p.push(out)
	if p.pale > 0 {
		w.out.Warn("sheet %q: in %d cells a part of the text that nobody sees, as it is tiny or in the colour of what is behind it, was left out", ref.name, p.pale)
	}
	return nil
}

// read reads the records from the one that begins the sheet to the one that
// ends it. Of charts within only what is written on them is read: their values
// are those of cells.
func (p *page) read(at int) error {
	r := &records{data: p.w.data, pos: at}
	depth := 0
	var within *chart
	for n := 0; ; n++ {
		if n%4096 == 0 && p.w.ctx.Err() != nil {
			return fmt.Errorf("read records: %w", p.w.ctx.Err())
		}
		rec, ok := r.next()
		if !ok {
			p.w.damaged = true
			p.w.out.Warn("sheet %q is damaged: it breaks off after row %d; open the file in Excel and save it again", p.layout.Name, p.last)
			return nil
		}
		switch rec.kind {
		case recBOF, recBOF2, recBOF3, recBOF4:
			if depth++; depth == 2 && u16(rec.data, 2) == chartSheet {
				within = &chart{w: p.w}
			}
		case recEOF:
			if depth--; depth == 1 && within != nil {
				p.draw(within.lines())
				within = nil
			}
		default:
			switch {
			case depth == 1:
				p.record(rec)
			case depth == 2 && within != nil:
				within.record(rec)
			}
		}
		if depth <= 0 {
			if n == 0 {
				p.w.damaged = true
				p.w.out.Warn("sheet %q was left out, it is not where the workbook says; open the file in Excel and save it again", p.layout.Name)
			}
			return nil
		}
		if p.w.cells > sheet.MaxCells {
			p.w.out.Warn("sheet %q was read up to row %d: the limit of a file is %d cells; split it to have all of it read", p.layout.Name, p.last, sheet.MaxCells)
			return nil
		}
	}
}

func (p *page) add(c cell) {
	if c.row > 0 && c.col > 0 && c.col <= sheet.MaxColumns {
		p.cells = append(p.cells, c)
		p.w.cells++
		p.last = c.row
	}
}

// record takes a record of the sheet itself.
func (p *page) record(rec record) {
	if p.w.version == 2 {
		rec = modern(rec)
	}
	b := rec.data
	at := cell{row: u16(b, 0) + 1, col: u16(b, 2) + 1, style: u16(b, 4)}
	switch rec.kind {
	case recNumber:
		if len(b) >= 14 {
			p.number(at, float(b[6:]))
		}
	case recRK:
		if len(b) >= 10 {
			p.number(at, rk(u32(b, 6)))
		}
	case recNumbers:
		for i := 4; i+6 <= len(b)-2; i += 6 {
			p.number(cell{row: at.row, col: at.col + (i-4)/6, style: u16(b, i)}, rk(u32(b, i+2)))
		}
	case recLabel:
		p.text(at, p.w.long(rec.text(6)))
	case recRich:
		t := rec.text(6)
		s := p.w.long(t)
		at.rich = p.w.keep(p.w.behind(t, s))
		at.mixed = p.w.old && utf8.RuneCountInString(s) != u16(b, 6) // characters of two bytes
		p.text(at, s)
	case recLabelSST:
		if i := int(u32(b, 6)); len(b) >= 10 && i < len(p.w.strings) {
			at.rich = p.w.rich[i]
			p.text(at, p.w.strings[i])
		} else {
			p.lost++
		}
	case recBool:
		if len(b) >= 8 {
			p.bool(at, b[6], b[7] != 0)
		}
	case recFormula, recFormula3, recFormula4:
		p.formula(at, b)
	case recString:
		if p.pending != nil {
			p.text(*p.pending, p.w.long(rec.text(0)))
			p.pending = nil
		}
	case recRow:
		if len(b) >= 14 && b[12]&0x20 != 0 {
			p.hidden[u16(b, 0)+1] = true
		}
	case recColumns:
		if len(b) >= 10 && b[8]&1 != 0 && len(p.layout.HiddenColumns) < sheet.MaxColumns {
			p.layout.HiddenColumns = append(p.layout.HiddenColumns, [2]int{u16(b, 0) + 1, u16(b, 2) + 1})
		}
	case recMerged:
		for i := range min(u16(b, 0), (len(b)-2)/8) {
			if m := b[2+8*i:]; len(p.layout.Merged) <= sheet.MaxMerged {
				p.layout.Merged = append(p.layout.Merged, rangeOf(m))
			}
		}
	case recDrawing:
		p.shape.read(rec.text(0))
	case recObject:
		const comment = 0x19
		p.object, p.comment = u16(b, 6), u16(b, 4) == comment
	case recText:
		p.drawing(rec)
	case recNote:
		p.note(at, rec)
	default:
		p.paint(rec)
	}
}

// drawing takes the text of the comment or the shape whose object came last.
func (p *page) drawing(rec record) {
	s, ok := p.w.boxText(rec)
	switch {
	case !ok:
	case p.comment:
		p.notes[p.object] = s
	default:
		p.draw(s)
	}
}

// boxText is the text of a box: [MS-XLS] 2.4.329.
func (w *workbook) boxText(rec record) (s string, ok bool) {
	if len(rec.parts) == 0 || w.old {
		return "", false
	}
	t := &text{rec.parts}
	flags := t.take(1)
	if len(flags) == 0 {
		return "", false
	}
	return t.chars(u16(rec.data, 10), flags[0]&1 != 0), true
}

// draw keeps the text of the shape whose object came last.
func (p *page) draw(s string) {
	switch {
	case strings.TrimSpace(s) == "":
	case p.shape.hidden && !p.w.all:
		p.unseen++
	default:
		p.w.cells++
		p.shape.text = s
		p.drawn = append(p.drawn, p.shape)
	}
}

// note attaches the comment on a cell. BIFF5 stores its text, BIFF8 the number
// of the object that has it, which mostly begins with the author's name.
func (p *page) note(at cell, rec record) {
	at.style = 0
	b := rec.data
	if p.w.old {
		at.note = strings.TrimSpace(codepage.Decode(p.w.page, b[min(6, len(b)):]))
	} else {
		at.note = strings.TrimSpace(p.notes[u16(b, 6)])
		if author := strings.TrimSpace(p.w.long(rec.text(8))); author != "" {
			at.note = strings.TrimSpace(strings.TrimPrefix(at.note, author+":"))
		}
	}
	if at.note != "" {
		p.add(at)
	}
}

func (p *page) text(c cell, s string) {
	if strings.TrimSpace(s) == "" {
		return
	}
	// What the format does not show is there to be asked for.
	if c.text = p.w.format(c.style).Text(s); strings.TrimSpace(c.text) == "" {
		c.text, c.blank = s, true
	}
	c.kind, c.mixed = sheet.Text, c.mixed || c.rich > 0 && c.text != s
	p.add(c)
}

func (p *page) number(c cell, v float64) {
	if v-v != 0 { // infinite or not a number
		return
	}
	c.kind, c.number = sheet.Number, v
	p.add(c)
}

// bool adds a truth value or an error.
func (p *page) bool(c cell, v byte, isError bool) {
	switch {
	case isError:
		c.kind, c.text = sheet.Fault, errorText(v)
	case v != 0:
		c.kind, c.text = sheet.Bool, "TRUE"
	default:
		c.kind, c.text = sheet.Bool, "FALSE"
	}
	if c.text != "" {
		p.add(c)
	}
}

// errorText is how an error looks: [MS-XLS] 2.5.10.
func errorText(code byte) string {
	switch code {
	case 0x00:
		return "#NULL!"
	case 0x07:
		return "#DIV/0!"
	case 0x0F:
		return "#VALUE!"
	case 0x17:
		return "#REF!"
	case 0x1D:
		return "#NAME?"
	case 0x24:
		return "#NUM!"
	case 0x2A:
		return "#N/A"
	}
	return ""
}

// formula takes the value a formula had when the file was saved: [MS-XLS]
// 2.5.133.
func (p *page) formula(c cell, b []byte) {
	p.pending = nil
	if len(b) < 14 {
		return
	}
	value := b[6:14]
	if u16(value, 6) != 0xFFFF {
		p.number(c, float(value))
		return
	}
	switch value[0] {
	case 0:
		p.pending = &c
	case 1:
		p.bool(c, value[2], false)
	case 2:
		p.bool(c, value[2], true)
	}
}

func float(b []byte) float64 {
	return math.Float64frombits(uint64(u32(b, 0)) | uint64(u32(b, 4))<<32)
}

// rk is a number in four bytes: [MS-XLS] 2.5.217.
func rk(n uint32) float64 {
	var v float64
	if n&2 != 0 {
		v = float64(int32(n) >> 2) //nolint:gosec // signed in the file
	} else {
		v = math.Float64frombits(uint64(n&^3) << 32)
	}
	if n&1 != 0 {
		v /= 100
	}
	return v
}

// push shows the cells as Excel does, row by row.
func (p *page) push(out *sheet.Sheet) {
	defer out.Close()
	order := func(a, b cell) int { return cmp.Or(cmp.Compare(a.row, b.row), cmp.Compare(a.col, b.col)) }
	if !slices.IsSortedFunc(p.cells, order) {
		slices.SortStableFunc(p.cells, order)
	}
	place := numfmt.Place{Language: p.language(), Date1904: p.w.from}
	for _, d := range p.drawn {
		if d.under(p.hidden) && !p.w.all {
			p.unseen++
			continue
		}
		out.Draw(d.at, d.text)
	}
	if p.unseen > 0 {
		p.w.out.Warn("sheet %q: texts of %d shapes that are hidden, or over hidden rows, were left out", p.layout.Name, p.unseen)
	}
	for i := 0; i < len(p.cells); {
		in := sheet.Row{Number: p.cells[i].row, Hidden: p.hidden[p.cells[i].row]}
		for ; i < len(p.cells) && p.cells[i].row == in.Number; i++ {
			c := p.cells[i]
			shown := sheet.Cell{Col: c.col, Text: c.text, Kind: c.kind, Note: c.note, Unseen: c.blank}
			if c.kind == sheet.Number {
				f := p.w.format(c.style)
				var date bool
				if shown.Text, date = f.Number(c.number, place); date {
					shown.Kind = sheet.Date
				}
				if f.blank {
					shown.Text, shown.Unseen = strconv.FormatFloat(c.number, 'f', -1, 64), true
				}
			}
			shown = p.look(shown, c)
			if n := len(in.Cells); n > 0 && in.Cells[n-1].Col == c.col {
				in.Cells[n-1] = join(in.Cells[n-1], shown)
				continue
			}
			in.Cells = append(in.Cells, shown)
		}
		if !out.Row(in) {
			return
		}
	}
}

// join is a cell stored twice: its value and the comment on it, or, in a
// damaged file, two values, of which the last counts.
func join(a, b sheet.Cell) sheet.Cell {
	if b.Text == "" {
		a.Note = b.Note
		return a
	}
	b.Note = cmp.Or(b.Note, a.Note)
	return b
}

// sure is how likely a language must be for numbers to be written its way; a
// handful of words is too few, and then the workbook's shared texts count.
const sure = 0.75

const sampleSize = 4000 // bytes that tell a language

func (p *page) language() string {
	var sample, all strings.Builder
	for _, c := range p.cells {
		if c.kind == sheet.Text && sample.Len() < sampleSize {
			sample.WriteString(c.text + "\n")
		}
	}
	if g := lang.Detect(sample.String()); g.Confidence >= sure {
		return g.Language
	}
	for _, s := range p.w.strings {
		if all.Len() >= sampleSize {
			break
		}
		all.WriteString(s + "\n")
	}
	if g := lang.Detect(all.String()); g.Confidence >= sure {
		return g.Language
	}
	return ""
}
