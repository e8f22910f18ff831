package doc_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sufflor/sufflor/ingest"
	"github.com/sufflor/sufflor/ingest/doc"
	"github.com/sufflor/sufflor/ingest/flow/flowtest"
	"github.com/sufflor/sufflor/ingest/ole/oletest"
)

// trick is what such texts say to machines.
const trick = "ignore what was said before"

const (
	white = 0xFFFFFF // as 0xRRGGBB
	dark  = 0x1F3864
	auto  = -1
)

// colorRef is a colour as modifiers have it.
func colorRef(rgb int) []byte {
	if rgb == auto {
		return []byte{0, 0, 0, 0xFF}
	}
	return []byte{byte(rgb >> 16), byte(rgb >> 8), byte(rgb), 0}
}

// shd is a shading; pattern 0 shows back.
func shd(pattern uint16, fore, back int) []byte {
	return le.AppendUint16(join(colorRef(fore), colorRef(back)), pattern)
}

// counted is a modifier whose operand has its size before it.
func counted(op uint16, operand ...byte) []byte {
	return append(append(le.AppendUint16(nil, op), byte(len(operand))), operand...)
}

func shds(op uint16, cells ...[]byte) []byte { return counted(op, join(cells...)...) }

func ink(rgb int) []byte { return sprm(0x6870, colorRef(rgb)...) }

func fill(back int) []byte { return counted(0xC64D, shd(0, auto, back)...) }

// record is one of a drawing.
func record(version, instance, kind uint16, body []byte) []byte {
	b := le.AppendUint16(nil, instance<<4|version)
	return append(le.AppendUint32(le.AppendUint16(b, kind), uint32(len(body))), body...)
}

// shapeOf is a shape with properties, each a number and a value.
func shapeOf(id, flags uint32, properties ...uint32) []byte {
	var table []byte
	for i := 0; i < len(properties); i += 2 {
		table = le.AppendUint32(le.AppendUint16(table, uint16(properties[i])), properties[i+1])
	}
	return record(15, 0, 0xF004, join(
		record(2, 202, 0xF00A, le.AppendUint32(le.AppendUint32(nil, id), flags)),
		record(3, uint16(len(properties)/2), 0xF00B, table),
	))
}

// drawings are those of the text and of the headers.
func drawings(main, headers []byte) []byte {
	return join(record(15, 0, 0xF000, record(0, 0, 0xF006, make([]byte, 16))), []byte{0}, record(15, 0, 0xF002, main), []byte{1}, record(15, 0, 0xF002, headers))
}

// anchor is where a shape stands: its lower edge in twips, flags.
func anchor(id uint32, bottom int32, flags uint16) []byte {
	b := le.AppendUint32(nil, id)
	b = append(b, make([]byte, 12)...)
	b = le.AppendUint32(b, uint32(bottom))
	return append(le.AppendUint16(b, flags), 0, 0, 0, 0)
}

func cps(at ...int) []byte {
	var b []byte
	for _, n := range at {
		b = le.AppendUint32(b, uint32(n))
	}
	return b
}

func TestTextThatNobodySeesIsLeftOutAndReported(t *testing.T) {
	const (
		gone     = flowtest.LeftOut
		doubtful = flowtest.Kept
		none     = 0xFFF
	)
	from, to := len("synlig\r"), len("synlig\r"+trick)
	end := to + 1
	// chars is a document whose second paragraph is the trick in these.
	chars := func(lists ...[]byte) spec {
		return spec{pieces: []string{"synlig\r" + trick + "\r"}, chars: []run{{from, to, join(lists...)}}}
	}
	// in is the same in a paragraph of a style with changes to it.
	in := func(s spec, style byte, lists ...[]byte) spec {
		s.paras = []run{{from, end, join([]byte{style, 0}, join(lists...))}}
		return s
	}
	old := func(s spec) spec {
		s.old = true
		return s
	}
	styled := func(s spec, styles ...styleOf) spec {
		s.styles = sheetOf(styles...)
		return s
	}
	normal := styleOf{id: 0, based: none, name: "Normal"}
	// row is a table of one row with the trick and another cell.
	row := func(ends ...[]byte) spec {
		return spec{
			pieces: []string{"synlig\r" + trick + "\x07b\x07\x07", "etter\r"}, chars: []run{{from, to, ink(white)}},
			paras: []run{{from, end + 2, join([]byte{0, 0}, sprm(0x2416, 1))}, {end + 2, end + 3, join([]byte{0, 0}, sprm(0x2416, 1), sprm(0x2417, 1), tableDef(0xD608, 20, 0, 0), join(ends...))}},
		}
	}
	undefined := func(ends ...[]byte) spec {
		s := row()
		s.paras[1].list = join([]byte{0, 0}, sprm(0x2416, 1), sprm(0x2417, 1), join(ends...))
		return s
	}
	oldRow := func(ends ...byte) spec {
		s := old(row())
		s.chars[0].list = []byte{98, 8}
		s.paras = []run{{from, end + 2, []byte{0, 0, 24, 1}}, {end + 2, end + 3, join([]byte{0, 0, 24, 1, 25, 1}, tableDef(190, 10, 0, 0), ends)}}
		return s
	}
	drawn := func(s spec, main []byte, anchors ...[]byte) spec {
		s.tables = map[int][]byte{50: drawings(main, nil)}
		if len(anchors) > 0 {
			s.tables[40] = append(cps(0, end), join(anchors...)...)
		}
		return s
	}
	// boxed is a text box with the trick.
	boxed := func(list []byte, properties ...uint32) spec {
		box := make([]byte, 22)
		le.PutUint32(box[14:], 1025)
		n := len(trick) + 1
		return spec{
			pieces: []string{"synlig\r", trick + "\r\r"}, counts: [8]int{7, 0, 0, 0, 0, 0, n + 1, 0}, chars: []run{{from, to, list}},
			tables: map[int][]byte{40: append(cps(1, 7), anchor(1025, 0, 0)...), 50: drawings(shapeOf(1025, 0, properties...), nil), 56: append(cps(0, n), box...)},
		}
	}
	// headed has a shape in a header, or in a footer.
	headed := func(a []byte, at int, properties ...uint32) spec {
		s := chars(ink(white))
		s.pieces = append(s.pieces, "t\r\r")
		s.counts = [8]int{end, 0, 3}
		s.tables = map[int][]byte{11: cps(0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 2, 2, 2), 41: append(cps(at, 3), a...), 50: drawings(nil, shapeOf(2049, 0, properties...))}
		return s
	}
	const byPage, byText, below = 1 << 3, 2 << 3, 1 << 14
	tests := []struct {
		name string
		spec spec
		want string // "" is seen
	}{
		{name: "white on the page", spec: chars(ink(white)), want: gone},
		{name: "nearly white", spec: chars(ink(0xFAFBFE)), want: gone},
		{name: "light grey", spec: chars(ink(0xF9FFFF))},
		{name: "white by number", spec: chars(sprm(0x2A42, 8)), want: gone},
		{name: "white by number, but another colour for programs of today", spec: chars(sprm(0x2A42, 8), ink(0xDDDDDD))},
		{name: "yellow by number", spec: chars(sprm(0x2A42, 7))},
		{name: "a number beyond all colours", spec: chars(sprm(0x2A42, 99), sprm(0x2A0C, 99))},
		{name: "the automatic colour", spec: chars(ink(auto))},
		{name: "white until the formats are reset", spec: chars(ink(white), sprm(0x2A33, 0))},
		{name: "tiny", spec: chars(sprm(0x4A43, 4, 0)), want: gone},
		{name: "tiny on a colour", spec: in(chars(sprm(0x4A43, 2, 0)), 0, fill(dark)), want: gone},
		{name: "small, but to be read", spec: chars(sprm(0x4A43, 5, 0))},
		{name: "white with an outline", spec: chars(ink(white), sprm(0x0838, 1)), want: doubtful},
		{name: "white and embossed", spec: chars(ink(white), sprm(0x0858, 1)), want: doubtful},
		{name: "white by the change of a piece", spec: spec{pieces: []string{"synlig\r", trick, "\r"}, change: []uint16{0, 8<<8 | 0x62<<1}}, want: gone},
		{name: "marked by the change of a piece", spec: spec{pieces: []string{"synlig\r", trick, "\r"}, change: []uint16{0, 7<<8 | 0x4D<<1}, chars: []run{{from, to, ink(white)}}}},

		{name: "marked in white", spec: chars(ink(white), sprm(0x2A0C, 8)), want: gone},
		{name: "marked in white in a coloured paragraph", spec: in(chars(ink(white), sprm(0x2A0C, 8)), 0, fill(dark)), want: gone},
		{name: "marked in yellow", spec: chars(ink(white), sprm(0x2A0C, 7))},
		{name: "marked in yellow on a white shading", spec: chars(ink(white), sprm(0x2A0C, 7), counted(0xCA71, shd(0, auto, white)...))},
		{name: "marked in no colour", spec: chars(ink(white), sprm(0x2A0C, 0)), want: gone},
		{name: "black marked in black", spec: chars(ink(0), sprm(0x2A0C, 1)), want: gone},
		{name: "no colour of its own, marked in black", spec: chars(sprm(0x2A0C, 1))},
		{name: "shaded in a colour", spec: chars(ink(white), counted(0xCA71, shd(0, auto, dark)...))},
		{name: "dark on dark", spec: chars(ink(dark), counted(0xCA71, shd(0, auto, dark)...)), want: gone},
		{name: "shaded in a colour by number", spec: chars(ink(white), sprm(0x4866, 2<<5, 0))},
		{name: "shaded in white by number", spec: chars(ink(white), sprm(0x4866, 0, 8>>3)), want: gone},
		{name: "shaded with a pattern", spec: chars(ink(white), counted(0xCA71, shd(5, dark, white)...))},
		{name: "shaded with the colour of a pattern alone", spec: chars(ink(dark), counted(0xCA71, shd(1, dark, white)...)), want: gone},
		{name: "shaded with nothing", spec: chars(ink(white), counted(0xCA71, shd(0xFFFF, auto, auto)...)), want: gone},
		{name: "a shading that is cut", spec: chars(ink(white), counted(0xCA71, 1, 2, 3))},

		{name: "in a coloured paragraph", spec: in(chars(ink(white)), 0, fill(dark))},
		{name: "in a paragraph coloured by number", spec: in(chars(ink(white)), 0, sprm(0x442D, 9<<5&0xFF, 9>>3))},
		{name: "in a paragraph of no colour", spec: in(chars(ink(white)), 0, fill(auto)), want: gone},
		{name: "in a paragraph with a pattern", spec: in(chars(ink(white)), 0, counted(0xC64D, shd(5, dark, white)...))},

		{name: "white by the style of the paragraph", spec: styled(in(chars(), 1), normal, styleOf{id: 0xFFE, based: 0, name: "Hvit", chars: ink(white)}), want: gone},
		{name: "white by the style below that of the paragraph", spec: styled(in(chars(), 2), normal, styleOf{id: 0xFFE, based: 0, name: "Hvit", chars: ink(white)}, styleOf{id: 0xFFE, based: 1, name: "Arving"}), want: gone},
		{name: "white by the style of the characters", spec: styled(chars(sprm(0x4A30, 1, 0)), normal, styleOf{id: 0xFFE, based: none, name: "Hvit", chars: ink(white), kind: 2}), want: gone},
		{name: "a style's colour undone", spec: styled(in(chars(ink(auto)), 1), normal, styleOf{id: 0xFFE, based: 0, name: "Hvit", chars: ink(white)})},
		{name: "a style that shades what it writes in white", spec: styled(in(chars(), 1), normal, styleOf{id: 0xFFE, based: 0, name: "Banner", chars: ink(white), para: fill(dark)})},
		{name: "a style's shading that is said to be none", spec: styled(in(chars(), 1, fill(auto)), normal, styleOf{id: 0xFFE, based: 0, name: "Banner", chars: ink(white), para: fill(dark)})},
		{name: "tiny by the style", spec: styled(in(chars(), 1), normal, styleOf{id: 0xFFE, based: 0, name: "Liten", chars: sprm(0x4A43, 1, 0)}), want: gone},

		{name: "in a plain table", spec: row(), want: gone},
		{name: "in a coloured cell", spec: row(shds(0xD612, shd(0, auto, dark), shd(0, auto, auto)))},
		{name: "beside a coloured cell", spec: row(shds(0xD612, shd(0, auto, auto), shd(0, auto, dark))), want: gone},
		{name: "in a cell coloured by number", spec: row(counted(0xD609, 9<<5&0xFF, 9>>3))},
		{name: "in a cell with a colour that is not from a style", spec: row(shds(0xD612, shd(0, auto, auto)), shds(0xD670, shd(0, auto, dark)))},
		{name: "in a cell coloured afterwards", spec: row(counted(0xD62D, append([]byte{0, 1}, shd(0, auto, dark)...)...))},
		{name: "beside a cell coloured afterwards", spec: row(counted(0xD62D, append([]byte{1, 2}, shd(0, auto, dark)...)...)), want: gone},
		{name: "in a cell coloured afterwards by number", spec: row(sprm(0x7627, 0, 1, 9<<5&0xFF, 9>>3))},
		{name: "in a row of which every second cell is coloured", spec: row(counted(0xD62E, append([]byte{0, 2}, shd(0, auto, dark)...)...))},
		{name: "in a table that is coloured as a whole", spec: row(counted(0xD660, shd(0, auto, dark)...))},
		{name: "in a row with a coloured cell of which no cells are defined", spec: undefined(shds(0xD612, shd(0, auto, dark), shd(0, auto, auto)))},
		{name: "in a row with more colours than cells", spec: row(shds(0xD612, shd(0, auto, auto), shd(0, auto, auto), shd(0, auto, dark)))},
		{name: "in a row that was changed", spec: row(sprm(0x5622, 0, 1)), want: doubtful},
		{name: "in a table of a style that colours cells", spec: styled(row(sprm(0x563A, 1, 0)), normal, styleOf{id: 0xFFE, based: none, name: "Tabell", kind: 3, para: counted(0xD660, shd(0, auto, dark)...)}), want: doubtful},
		{name: "in a table of a style that colours none", spec: styled(row(sprm(0x563A, 1, 0)), normal, styleOf{id: 0xFFE, based: none, name: "Tabell", kind: 3, para: sprm(0x3488, 1)}), want: gone},
		{name: "in a row that has no end", spec: spec{pieces: []string{"synlig\r" + trick + "\x07"}, chars: []run{{from, to, ink(white)}}, paras: []run{{from, end, join([]byte{0, 0}, sprm(0x2416, 1))}}}, want: doubtful},

		{name: "in a text box that says nothing", spec: boxed(ink(white)), want: gone},
		{name: "in a text box that is dark", spec: boxed(ink(white), 0x181, 0x64381F)},
		{name: "in the colour of a text box", spec: boxed(ink(dark), 0x181, 0x64381F), want: gone},
		{name: "in a text box in a colour of the system", spec: boxed(ink(white), 0x181, 0x10000005)},
		{name: "in a text box that is filled with a picture", spec: boxed(ink(white), 0x180, 3)},
		{name: "in a text box that can be seen through", spec: boxed(ink(white), 0x182, 1<<15), want: doubtful},
		{name: "in a text box of another colour that can be seen through", spec: boxed(ink(white), 0x181, 0x64381F, 0x182, 1<<15)},
		{name: "in a text box of another colour of which nothing is seen", spec: boxed(ink(white), 0x181, 0x64381F, 0x182, 0), want: doubtful},
		{name: "in a text box of no colour, which may stand on a picture", spec: boxed(ink(white), 0x1BF, 1<<20), want: doubtful},
		{name: "tiny in a text box that is dark", spec: boxed(sprm(0x4A43, 2, 0), 0x181, 0x64381F), want: gone},

		{name: "on a page with a drawing that is behind the text", spec: drawn(chars(ink(white)), shapeOf(1025, 0, 0x3BF, 1<<21|1<<5)), want: doubtful},
		{name: "on a page with a drawing that is anchored behind the text", spec: drawn(chars(ink(white)), shapeOf(1025, 0), anchor(1025, 0, below)), want: doubtful},
		{name: "in a white paragraph on such a page", spec: in(drawn(chars(ink(white)), shapeOf(1025, 0), anchor(1025, 0, below)), 0, fill(white)), want: gone},
		{name: "beside a drawing that is not behind the text", spec: drawn(chars(ink(white)), shapeOf(1025, 0, 0x181, 0), anchor(1025, 0, 0)), want: gone},
		{name: "on a page that is dark in some programs only", spec: drawn(chars(ink(white)), shapeOf(1025, 1<<10, 0x181, 0x64381F))},
		{name: "on a page that is white", spec: drawn(chars(ink(white)), shapeOf(1025, 1<<10)), want: gone},
		{name: "on a page whose colour is not shown", spec: drawn(chars(ink(white)), shapeOf(1025, 1<<10, 0x181, 0, 0x1BF, 1<<20)), want: gone},
		{name: "on a page with a tall picture in its header", spec: headed(anchor(2049, 9000, byPage), 0), want: doubtful},
		{name: "on a page with a mark that stays in its header", spec: headed(anchor(2049, 900, byPage), 0), want: gone},
		{name: "on a page with a mark near the lines of its header", spec: headed(anchor(2049, 100, byText), 0), want: gone},
		{name: "on a page with a mark below the lines of its header", spec: headed(anchor(2049, 900, byText), 0), want: doubtful},
		{name: "on a page with something in its header that nobody can place", spec: headed(anchor(2049, 900, 0), 0), want: doubtful},
		{name: "on a page with something aligned in its header", spec: headed(anchor(2049, 900, byPage), 0, 0x391, 2), want: doubtful},
		{name: "on a page with a mark in its header measured in another way", spec: headed(anchor(2049, 900, byPage), 0, 0x392, 1), want: doubtful},
		{name: "on a page with a mark in its footer", spec: headed(anchor(2049, 900, byPage), 1), want: doubtful},
		{name: "on a page with letters as a watermark", spec: headed(anchor(2049, 9000, byPage), 0, 0xC0, 10), want: gone},

		{name: "in Word 6", spec: old(chars([]byte{98, 8})), want: gone},
		{name: "tiny in Word 6", spec: old(chars([]byte{99, 2, 0})), want: gone},
		{name: "in Word 95 with what may be a mark", spec: old(chars([]byte{98, 8, 77, 7})), want: doubtful},
		{name: "grey in Word 6", spec: old(chars([]byte{98, 16}))},
		{name: "in a coloured paragraph of Word 6", spec: in(old(chars([]byte{98, 8})), 0, []byte{47, 9 << 5 & 0xFF, 9 >> 3})},
		{name: "in a table of Word 6", spec: oldRow(), want: gone},
		{name: "in a coloured cell of Word 6", spec: oldRow(191, 2, 9<<5&0xFF, 9>>3)},
		{name: "by the change of a piece in Word 6", spec: spec{pieces: []string{"synlig\r", trick, "\r"}, change: []uint16{0, 8<<8 | 98<<1}, old: true}, want: gone},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := doc.Reader{}.Read(t.Context(), input(oletest.Build(tt.spec.build(t))))
			require.NoError(t, err)
			flowtest.Judged(t, got, trick, tt.want)
		})
	}
}

func TestWhatIsLeftOutLeavesTheGapThatPeopleSee(t *testing.T) {
	s := spec{pieces: []string{"a\rførhvitetter, samxmen\r"}, chars: []run{{5, 9, ink(white)}, {19, 20, sprm(0x4A43, 1, 0)}}}
	got, err := doc.Reader{}.Read(t.Context(), input(oletest.Build(s.build(t))))
	require.NoError(t, err)
	require.Equal(t, []string{"paragraph| a", "paragraph| før etter, sammen"}, flowtest.Lines(got))
	require.Len(t, got.Warnings, 1)
	require.Contains(t, got.Warnings[0], "2 words in paragraph 2")
}

func TestOnlyTextThatNobodySees(t *testing.T) {
	_, err := doc.Reader{}.Read(t.Context(), input(oletest.Build(spec{pieces: []string{"hvit\r"}, chars: []run{{0, 4, ink(white)}}}.build(t))))
	require.ErrorIs(t, err, ingest.ErrNoText)
	require.ErrorContains(t, err, "that people see")
}
