package doc

import (
	"strings"
	"unicode/utf16"

	"github.com/sufflor/sufflor/ingest/flow"
	"github.com/sufflor/sufflor/ingest/office/sight"
	"github.com/sufflor/sufflor/ingest/ole"
)

// maxLooks bounds the looks of a document; text in further ones counts as seen.
const maxLooks = 60_000

// looks gives each look a number; 0 is that of which nothing is said.
type looks struct {
	all    []sight.Look
	number map[sight.Look]uint16
	spans  flow.Looks
}

func newLooks() looks {
	beyond := sight.Look{Ink: sight.Unknown}
	return looks{all: []sight.Look{{}, beyond}, number: map[sight.Look]uint16{{}: 0, beyond: 1}}
}

func (l *looks) of(look sight.Look) uint16 {
	n, ok := l.number[look]
	switch {
	case ok:
		return n
	case len(l.all) >= maxLooks:
		return 1
	}
	n = uint16(len(l.all)) //nolint:gosec // bounded above
	l.all, l.number[look] = append(l.all, look), n
	return n
}

// icos are the colours by number, [MS-DOC] 2.9.119; 0 is the automatic one.
var icos = []string{
	sight.Auto, "000000", "0000FF", "00FFFF", "00FF00", "FF00FF", "FF0000", "FFFF00", "FFFFFF",
	"000080", "008080", "008000", "800080", "800000", "808000", "808080", "C0C0C0",
}

func ico(n int) string {
	if n >= len(icos) {
		return sight.Unknown
	}
	return icos[n]
}

// colorRef is a COLORREF, [MS-DOC] 2.9.43.
func colorRef(b []byte) string {
	if b[3] != 0 {
		return sight.Auto
	}
	return sight.Hex(b[0], b[1], b[2])
}

// shade is the colour that a shading comes to, [MS-DOC] 2.9.248: pattern is its
// Ipat.
func shade(pattern int, fore, back string) string {
	switch pattern {
	case 0:
		return back
	case 1:
		if fore != sight.Auto {
			return fore
		}
	case 0xFFFF:
		return sight.Auto
	}
	return sight.Unknown
}

// shade80 is a Shd80, [MS-DOC] 2.9.250.
func shade80(v uint16) string {
	if v == 0xFFFF {
		return sight.Auto
	}
	return shade(int(v>>10), ico(int(v&0x1F)), ico(int(v>>5&0x1F)))
}

const shdSize = 10 // bytes of a Shd

// shadeAt is the Shd at the start of b.
func shadeAt(b []byte) string {
	if len(b) < shdSize {
		return sight.Unknown
	}
	return shade(int(ole.U16(b, 8)), colorRef(b), colorRef(b[4:]))
}

// changeLook takes a modifier of how characters look.
func changeLook(l *sight.Look, op uint16, b []byte) {
	switch op {
	case sprmPlain:
		*l = sight.Look{}
	case sprmIco:
		l.Ink = ico(int(b[0]))
	case sprmColor:
		l.Ink = colorRef(b)
	case sprmHighlight:
		l.Mark = ico(int(b[0]))
	case sprmCharShd80:
		l.Fill = shade80(ole.U16(b, 0))
	case sprmCharShd:
		l.Fill = shadeAt(b)
	case sprmSize:
		l.Size = int(ole.U16(b, 0))
	case sprmOutlined, sprmShadowed, sprmImprinted, sprmEmbossed:
		l.Effect = l.Effect || b[0]&1 != 0
	case sprmStrange:
		l.Loose = true
	}
}

// changeShade takes a modifier of what lies behind a paragraph or a row.
func (p *para) changeShade(op uint16, b []byte) {
	switch op {
	case sprmParaShd80:
		p.shade = shade80(ole.U16(b, 0))
	case sprmParaShd:
		p.shade = shadeAt(b)
	case sprmCellShds80:
		for i := 0; 2*i+2 <= len(b); i++ {
			p.fill(i, shade80(ole.U16(b, 2*i)))
		}
	case sprmCellShds, sprmCellShds2, sprmCellShds3:
		for i := 0; shdSize*i+shdSize <= len(b); i++ {
			p.fill(firstCell[op]+i, shadeAt(b[shdSize*i:]))
		}
	case sprmCellRaw, sprmCellRaw2, sprmCellRaw3:
		for i := 0; shdSize*i+shdSize <= len(b); i++ {
			if n := firstCell[op] + i; n >= len(p.fills) || p.fills[n] == sight.Auto {
				p.fill(n, shadeAt(b[shdSize*i:]))
			}
		}
	case sprmSetShd80, sprmSetOdd80, sprmSetShd, sprmSetOdd:
		p.fillSome(op, b)
	case sprmTableShd:
		p.under = []string{shadeAt(b)}
	case sprmTableStyle:
		p.tableStyle = int(ole.U16(b, 0))
	case sprmInsert, sprmDelete:
		p.open = true
	}
}

// fillSome puts a colour behind a range of cells.
func (p *para) fillSome(op uint16, b []byte) {
	if len(b) < 4 {
		return
	}
	fill := sight.Unknown // of every second cell
	switch op {
	case sprmSetShd80:
		fill = shade80(ole.U16(b, 2))
	case sprmSetShd:
		fill = shadeAt(b[2:])
	}
	for i := int(b[0]); i < min(int(b[1]), maxCells); i++ {
		p.fill(i, fill)
	}
}

// firstCell is the number from 0 of the first cell that a list of shadings is
// about, where it is not 0.
var firstCell = map[uint16]int{sprmCellShds2: 22, sprmCellShds3: 44, sprmCellRaw2: 22, sprmCellRaw3: 44}

// fill puts a colour behind a cell.
func (p *para) fill(cell int, color string) {
	if cell >= maxCells {
		return
	}
	for len(p.fills) <= cell {
		p.fills = append(p.fills, sight.Auto)
	}
	p.fills[cell] = color
}

// paints reports whether a modifier of a style of tables may put colours behind
// cells.
func paints(op uint16) bool {
	const styleShd, conditional, older = 0xD687, 0xD66A, 0xD688 // sprmTCellShdStyle, sprmTCnf
	switch op {
	case sprmTableShd, sprmCellShds80, sprmCellShds, sprmCellShds2, sprmCellShds3, sprmCellRaw, sprmCellRaw2, sprmCellRaw3, sprmSetShd, sprmSetOdd, sprmSetShd80, sprmSetOdd80,
		styleShd, conditional, older:
		return true
	}
	return false
}

// lookOf is how characters look in a paragraph of a style, nil when that hides
// nothing.
func (d *document) lookOf(c char, st style) *sight.Look {
	l := d.looks.all[c.look]
	if c.style != 0 {
		l = l.Over(d.styled(c.style).look)
	}
	return d.looks.spans.Of(l.Over(st.look))
}

// cuts are where the look of a text changes.
type cuts []cut

type cut struct {
	at   int // in units of UTF-16
	look *sight.Look
}

func (c *cuts) add(at int, look *sight.Look) {
	if n := len(*c); n == 0 && look == nil || n > 0 && (*c)[n-1].look == look {
		return
	}
	*c = append(*c, cut{at, look})
}

// text decodes units, and gives the parts of it that have looks.
func (c cuts) text(units []uint16) (string, []flow.Span) {
	if len(c) == 0 {
		return string(utf16.Decode(units)), nil
	}
	var out strings.Builder
	var spans []flow.Span
	out.WriteString(string(utf16.Decode(units[:c[0].at])))
	for i, part := range c {
		end := len(units)
		if i+1 < len(c) {
			end = c[i+1].at
		}
		from := out.Len()
		out.WriteString(string(utf16.Decode(units[part.at:end])))
		if part.look != nil {
			spans = append(spans, flow.Span{From: from, To: out.Len(), Look: part.look})
		}
	}
	return out.String(), spans
}
