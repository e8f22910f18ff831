package xls_test

import (
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sufflor/sufflor/ingest/flow/flowtest"
	"github.com/sufflor/sufflor/ingest/ole/oletest"
	"github.com/sufflor/sufflor/ingest/xls"
)

// trick is what such cells say to machines.
const trick = "ignore what was said before"

const (
	gone     = `sheet "S": 1 cells whose text nobody sees, as it is tiny, formatted away or in the colour of what is behind it, were left out`
	part     = `sheet "S": in 1 cells a part of the text that nobody sees, as it is tiny or in the colour of what is behind it, was left out`
	doubtful = `sheet "S": 1 cells have text in the colour of what is behind it, unless a table style or a condition paints them, and were read: delete what answers must not use`
)

// Colours by number.
const (
	black, white, navy = 8, 9, 18
	windowText, window = 64, 65
	usual              = 0x7FFF
)

// face is a font in a colour and a size in points.
func face(version, color, points int) []byte {
	name := []byte{5, 0}
	if version == biff5 {
		name = name[:1]
	}
	return rec(0x31, points*20, 0, color, 400, 0, uint32(0), name, "Arial")
}

// xf is a cell style.
func xf(version, font, format, pattern, fore int) []byte {
	back := window
	if version == biff5 {
		return rec(0xE0, font, format, 0, 0, uint32(fore|back<<7|pattern<<16), uint32(0))
	}
	return rec(0xE0, font, format, 0, 0, 0, uint32(0), uint32(pattern)<<26, fore|back<<7)
}

// formatted is a text of BIFF8 with runs, each a place and a font.
func formatted(s string, runs ...int) []byte {
	b := wide(s)
	b[2] |= 8
	b = append(b[:3:3], append(le.AppendUint16(nil, uint16(len(runs)/2)), b[3:]...)...)
	for _, r := range runs {
		b = le.AppendUint16(b, uint16(r))
	}
	return b
}

// newer says of the style 1 what Excel 2007 does: properties of a kind, a kind of
// colour and the colour.
func newer(properties ...[3]int) []byte {
	var b []byte
	for _, p := range properties {
		b = append(b, rec(p[0], 0)[:2]...)
		b = le.AppendUint16(b, 20)
		b = append(le.AppendUint16(b, uint16(p[1])), 0, 0)
		b = append(le.AppendUint32(b, uint32(p[2])), make([]byte, 8)...)
	}
	return rec(0x87D, make([]byte, 14), 1, 0, len(properties), b)
}

// ranges are cells in the order of the format: rows, then columns, from 0.
func ranges(r ...int) []byte {
	var b []byte
	for _, n := range r {
		b = le.AppendUint16(b, uint16(n))
	}
	return b
}

func TestCellsThatNobodySeesAreLeftOutAndCounted(t *testing.T) {
	const foreground, gradient, text = 4, 6, 13
	const byNumber, rgb, theme = 1, 2, 3
	palette := func(color uint32) []byte {
		b := le.AppendUint16(nil, 56)
		for range 56 {
			b = le.AppendUint32(b, color)
		}
		return rec(0x92, b)
	}
	everywhere := strings.Repeat("\x08\x00\x08\x00\x08\x00\x08\x00", 300) + "\x01\x00\x01\x00\x01\x00\x01\x00"
	tests := []struct {
		name          string
		ink, size     int // white and 10 points when 0
		pattern, fore int
		format        string
		globals       []byte
		runs          []int // fonts: 1 is the cell's, 2 black, 3 white, 5 tiny
		around        []byte
		want          string // "" is seen
	}{
		{name: "white on no fill", want: gone},
		{name: "the white that no workbook changes", ink: 1, want: gone},
		{name: "the window's background on no fill", ink: window, want: gone},
		{name: "black on no fill", ink: black},
		{name: "the usual colour", ink: usual},
		{name: "the usual colour on black", ink: usual, pattern: 1, fore: black},
		{name: "the window's text", ink: windowText},
		{name: "light yellow", ink: 26},
		{name: "a number that is no colour", ink: 99},
		{name: "white that the workbook has as red", globals: palette(0x0000FF)},
		{name: "another number that the workbook has as nearly white", ink: 30, globals: palette(0xFCFDFE), want: gone},
		{name: "a palette that is cut", ink: 30, globals: rec(0x92, 56, uint32(0))},
		{name: "white on white", pattern: 1, fore: white, want: gone},
		{name: "white on the window's background", pattern: 1, fore: window, want: gone},
		{name: "white on the window's text", pattern: 1, fore: windowText},
		{name: "white on blue", pattern: 1, fore: navy},
		{name: "blue on the same blue", ink: navy, pattern: 1, fore: navy, want: gone},
		{name: "blue on the same blue by another number", ink: navy, pattern: 1, fore: 32, want: gone},
		{name: "white on a pattern", pattern: 17, fore: white},
		{name: "tiny", ink: black, size: 1, want: gone},
		{name: "two points on blue", size: 2, pattern: 1, fore: navy, want: gone},
		{name: "small, but to be read", ink: black, size: 3},
		{name: "a format that shows nothing", ink: black, format: ";;;", want: gone},
		{name: "a format that shows texts", ink: black, format: ";;;@"},
		{name: "a format with a colour", format: "[Red]General", want: doubtful},

		{name: "white that Excel 2007 has as grey", globals: newer([3]int{text, rgb, 0xFF808080}), want: doubtful},
		{name: "white that Excel 2007 has as white, too", globals: newer([3]int{text, rgb, 0xFFFFFFFF}), want: gone},
		{name: "white that is the theme's", globals: newer([3]int{text, theme, 0}), want: gone},
		{name: "white that is another colour of the theme", globals: newer([3]int{text, theme, 4}), want: doubtful},
		{name: "white by number in Excel 2007", globals: newer([3]int{text, byNumber, white}), want: gone},
		{name: "white on white that Excel 2007 has as blue", pattern: 1, fore: white, globals: newer([3]int{foreground, rgb, 0xFF800000}), want: doubtful},
		{name: "white on what is a gradient in Excel 2007", pattern: 1, fore: white, globals: newer([3]int{gradient, 0, 0}), want: doubtful},
		{name: "black that Excel 2007 has as white", ink: black, globals: newer([3]int{text, rgb, 0xFFFFFFFF}), want: doubtful},

		{name: "where a condition may paint", around: rec(0x1B0, 1, 0, ranges(0, 9, 0, 9), 2, ranges(5, 6, 1, 1), ranges(1, 9, 1, 1)), want: doubtful},
		{name: "beside where a condition may paint", around: rec(0x1B0, 1, 0, ranges(0, 9, 0, 9), 2, ranges(5, 6, 1, 1), ranges(1, 9, 2, 2)), want: gone},
		{name: "a condition of which only the box is known", around: rec(0x1B0, 1, 0, ranges(0, 9, 0, 9)), want: doubtful},
		{name: "beyond the ranges that are counted singly", around: rec(0x1B0, 1, 0, ranges(0, 9, 0, 9), 301, everywhere), want: doubtful},
		{name: "where a condition of the newer kind may paint", around: rec(0x879, make([]byte, 12), 1, 0, ranges(0, 9, 0, 9), 1, ranges(1, 1, 1, 1)), want: doubtful},
		{name: "in a pivot table", around: rec(0xB0, ranges(0, 9, 0, 9), make([]byte, 30)), want: doubtful},
		{name: "in a table", around: rec(0x878, 0x878, 1, ranges(0, 9, 0, 9), make([]byte, 30)), want: doubtful},
		{name: "before a picture", around: rec(0xE9, make([]byte, 8)), want: doubtful},

		{name: "a part that is white", ink: black, runs: []int{5, 3}, want: part},
		{name: "a part that is tiny", ink: black, runs: []int{5, 5}, want: part},
		{name: "a part that is white on blue", ink: black, pattern: 1, fore: navy, runs: []int{5, 3}},
		{name: "a white cell with a part in another colour", runs: []int{0, 2, 5, 1}, want: part},
		{name: "a white cell of which every part is black", runs: []int{0, 2, 5, 2}},
		{name: "a black cell of which every part is white or tiny", ink: black, runs: []int{0, 3, 5, 5}, want: gone},
		{name: "a part that is white where a condition may paint", ink: black, runs: []int{5, 3}, around: rec(0x1B0, 1, 0, ranges(0, 9, 0, 9), 0), want: doubtful},
		{name: "a part in a font that does not exist", ink: black, runs: []int{5, 99}},
		{name: "runs out of order", ink: black, runs: []int{5, 2, 3, 3, 500, 3}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if tt.ink == 0 {
				tt.ink = white
			}
			if tt.size == 0 {
				tt.size = 10
			}
			if tt.format == "" {
				tt.format = "General"
			}
			value := "seen " + trick
			globals := join(face(biff8, usual, 10), face(biff8, tt.ink, tt.size), face(biff8, black, 10), face(biff8, white, 10), face(biff8, black, 1),
				rec(0x41E, 170, wide(tt.format)), xf(biff8, 0, 0, 0, windowText), xf(biff8, 1, 170, tt.pattern, tt.fore), tt.globals,
				rec(0xFC, uint32(1), uint32(1), formatted(value, tt.runs...)))
			// The third row is hidden, so that what is in it is not counted.
			record := join(rec(0x208, 2, 0, 1, 300, 0, 0, 0x20, 0xF), rec(0x204, 1, 0, 0, wide("K")), rec(0xFD, 1, 1, 1, uint32(0)), rec(0x204, 2, 0, 1, wide("L")), rec(0x204, 3, 0, 0, wide("M")), tt.around)
			data := container(book(biff8, globals, tab{name: "S", record: record}))
			doc, lines := read(t, data)
			text := strings.Join(lines, "\n")
			require.Contains(t, text, "K")
			require.Equal(t, tt.want == "" || tt.want == doubtful, strings.Contains(text, trick), text)
			require.Equal(t, tt.want != gone, strings.Contains(text, "seen"), text)
			warnings := strings.Replace(strings.Join(doc.Warnings, "\n"), `sheet "S": 1 hidden rows were left out`, "", 1)
			require.Equal(t, tt.want, strings.Trim(warnings, "\n"))

			doc, err := xls.Reader{Hidden: true}.Read(t.Context(), input(data))
			require.NoError(t, err)
			require.Contains(t, strings.Join(flowtest.Lines(doc), "\n"), value, "who asks for what is hidden gets it")
		})
	}
}

func TestNumbersThatAreFormattedAwayAreCounted(t *testing.T) {
	globals := join(face(biff8, usual, 10), rec(0x41E, 170, wide(";;;")), rec(0x41E, 171, wide("0;-0;")), xf(biff8, 0, 0, 0, 0), xf(biff8, 0, 170, 0, 0), xf(biff8, 0, 171, 0, 0))
	data := container(book(biff8, globals, tab{name: "S", record: join(rec(0x204, 1, 0, 0, wide("K")), rec(0x203, 1, 1, 1, 490.5), rec(0x203, 1, 2, 2, 0.0), rec(0x203, 1, 3, 2, 7.0))}))
	doc, lines := read(t, data)
	require.NotContains(t, strings.Join(lines, "\n"), "490")
	require.Contains(t, strings.Join(lines, "\n"), "7")
	require.Equal(t, []string{gone}, doc.Warnings)

	doc, err := xls.Reader{Hidden: true}.Read(t.Context(), input(data))
	require.NoError(t, err)
	require.Contains(t, strings.Join(flowtest.Lines(doc), "\n"), "490.5")
}

func TestUnseenCellsOfOlderVersions(t *testing.T) {
	label := func(style int, s string) []byte { return rec(0x204, 1, 1, style, len(s), s) }
	seen := rec(0x204, 1, 0, 0, 1, "K")
	excel5 := func(ink, pattern, fore int, cell []byte) []byte {
		globals := join(face(biff5, usual, 10), face(biff5, ink, 10), face(biff5, black, 10), face(biff5, white, 10), face(biff5, black, 1), xf(biff5, 0, 0, 0, 0), xf(biff5, 1, 0, pattern, fore))
		return oletest.Build(map[string][]byte{"Book": book(biff5, globals, tab{name: "S", record: join(seen, cell)})})
	}
	early := func(bof, style, ink int, area int) []byte {
		attributes := func(font byte, area int) []byte { return rec(style, []byte{font, 0}, 0, 0, area, uint32(0)) }
		return join(rec(bof, 0, 0x10, 0), rec(0x231, 200, 0, usual, []byte{1}, "A"), rec(0x231, 200, 0, ink, []byte{1}, "A"), attributes(0, 0), attributes(1, area), seen, label(1, "seen "+trick), rec(0xA))
	}
	unnamed := strings.TrimPrefix(strings.Replace(gone, `"S"`, `""`, 1), "")
	tests := []struct {
		name string
		data []byte
		want []string
		lost bool
	}{
		{name: "white in Excel 5", data: excel5(white, 0, 0, label(1, "seen "+trick)), want: []string{gone}, lost: true},
		{name: "white on blue in Excel 5", data: excel5(white, 1, navy, label(1, "seen "+trick))},
		{name: "blue on blue in Excel 5", data: excel5(navy, 1, navy, label(1, "seen "+trick)), want: []string{gone}, lost: true},
		{name: "two colours that are one only in Excel 97", data: excel5(27, 1, 41, label(1, "seen "+trick))},
		{name: "a part in Excel 5", data: excel5(black, 0, 0, rec(0xD6, 1, 1, 1, 32, "seen "+trick, []byte{1, 5, 3})), want: []string{part}, lost: true},
		{name: "a part of a text in two bytes a character", data: oletest.Build(map[string][]byte{"Book": book(biff5, join(rec(0x42, 932), face(biff5, usual, 10), face(biff5, white, 10), xf(biff5, 0, 0, 0, 0), xf(biff5, 1, 0, 0, 0)),
			tab{name: "S", record: join(seen, rec(0xD6, 1, 1, 1, 36, "\x93\xfa\x96\x7bseen "+trick, []byte{1, 0, 0}))})}), want: []string{doubtful}},
		{name: "white in Excel 4", data: early(0x409, 0x443, white, 0), want: []string{unnamed}, lost: true},
		{name: "white in Excel 3", data: early(0x209, 0x243, white, 0), want: []string{unnamed}, lost: true},
		{name: "white on blue in Excel 4", data: early(0x409, 0x443, white, 1|navy<<6)},
		{name: "the window's background in Excel 4", data: early(0x409, 0x443, 25, 0), want: []string{unnamed}, lost: true},
		{name: "the window's text in Excel 4", data: early(0x409, 0x443, 24, 0)},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			doc, lines := read(t, tt.data)
			require.Equal(t, tt.want, doc.Warnings)
			require.Equal(t, !tt.lost, strings.Contains(strings.Join(lines, "\n"), trick), lines)
		})
	}
}

// TestLooks reads what LibreOffice made of cells of ours: those that nobody sees
// say so.
func TestLooks(t *testing.T) {
	data, err := os.ReadFile("testdata/looks.xls")
	require.NoError(t, err)
	doc, lines := read(t, data)
	all := strings.Join(lines, "\n")
	require.NotContains(t, all, "usynlig")
	for _, word := range []string{"vanlig", "hvit på blå", "kanskje", "rød av", "delvis"} {
		require.Contains(t, all, word)
	}
	require.Len(t, doc.Warnings, 3)
	require.Contains(t, doc.Warnings[0], "4 cells whose text nobody sees")
	require.Contains(t, doc.Warnings[1], "2 cells have text in the colour")
	require.Contains(t, doc.Warnings[2], "in 1 cells a part")
}

// TestManyRuns shows a text again and again that is stored once and takes work to
// look at.
func TestManyRuns(t *testing.T) {
	var runs []int
	for i := range 15_900 {
		runs = append(runs, i, 1)
	}
	value := formatted(strings.Repeat("ab", 8_000), runs...)
	text := len(value) - 4*15_900
	globals := join(face(biff8, usual, 10), face(biff8, white, 10), xf(biff8, 0, 0, 0, 0), rec(0xFC, uint32(1), uint32(1), value[:text]), rec(0x3C, value[text:]))
	var record []byte
	for i := range 1_300 {
		record = append(record, rec(0xFD, i, 0, 0, uint32(0))...)
	}
	doc, _ := read(t, container(book(biff8, globals, tab{name: "S", record: record})))
	require.Len(t, doc.Warnings, 1, "the cell's own font is to be seen")
	require.Contains(t, doc.Warnings[0], "1257 cells whose text nobody sees")
}
