package xls_test

import (
	"bytes"
	"context"
	"crypto/md5"
	"crypto/rc4"
	"crypto/sha1"
	"encoding/binary"
	"math"
	"os"
	"strings"
	"testing"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/stretchr/testify/require"

	"github.com/sufflor/sufflor/ingest"
	"github.com/sufflor/sufflor/ingest/flow/flowtest"
	"github.com/sufflor/sufflor/ingest/ole/oletest"
	"github.com/sufflor/sufflor/ingest/xls"
)

var le = binary.LittleEndian

func input(data []byte) ingest.Input {
	return ingest.Input{Name: "test.xls", Path: "test.xls", Data: bytes.NewReader(data), Size: int64(len(data))}
}

// rec is a record of values: numbers of two bytes, bytes and strings as they
// are, floats of eight.
func rec(kind int, values ...any) []byte {
	var b []byte
	for _, v := range values {
		switch v := v.(type) {
		case int:
			b = le.AppendUint16(b, uint16(v))
		case uint32:
			b = le.AppendUint32(b, v)
		case float64:
			b = le.AppendUint64(b, math.Float64bits(v))
		case string:
			b = append(b, v...)
		case []byte:
			b = append(b, v...)
		}
	}
	return append(le.AppendUint16(le.AppendUint16(nil, uint16(kind)), uint16(len(b))), b...)
}

func join(parts ...[]byte) []byte { return bytes.Join(parts, nil) }

// wide is a string of BIFF8 with its count of two bytes.
func wide(s string) []byte {
	units := utf16.Encode([]rune(s))
	b := append(le.AppendUint16(nil, uint16(len(units))), 1)
	for _, u := range units {
		b = le.AppendUint16(b, u)
	}
	return b
}

// tab is a sheet to be built.
type tab struct {
	name   string
	state  int // 1 hidden, 2 very hidden
	kind   int // 2 a chart
	record []byte
}

const biff8, biff5 = 0x600, 0x500

// book builds the records of a workbook.
func book(version int, globals []byte, tabs ...tab) []byte {
	bound := func(at int, t tab) []byte {
		head := []byte{byte(t.state), byte(t.kind), byte(len(t.name))}
		if version == biff8 {
			head = append(head, 0)
		}
		return rec(0x85, uint32(at), head, t.name)
	}
	out := join(rec(0x809, version, 5), globals)
	at := len(out)
	for _, t := range tabs {
		at += len(bound(0, t))
	}
	at += len(rec(0xA))
	var sheets []byte
	for _, t := range tabs {
		out = append(out, bound(at+len(sheets), t)...)
		kind := 0x10
		if t.kind == 2 {
			kind = 0x20
		}
		sheets = append(sheets, join(rec(0x809, version, kind), t.record, rec(0xA))...)
	}
	return join(out, rec(0xA), sheets)
}

func container(stream []byte) []byte { return oletest.Build(map[string][]byte{"Workbook": stream}) }

func read(tb testing.TB, data []byte) (ingest.Document, []string) {
	tb.Helper()
	doc, err := xls.Reader{}.Read(context.Background(), input(data))
	require.NoError(tb, err)
	return doc, flowtest.Lines(doc)
}

// cells are texts of BIFF8 in rows, so that what is tested stands in a table.
func cells(rows ...[]string) []byte {
	var b []byte
	for r, row := range rows {
		for c, s := range row {
			b = append(b, rec(0x204, r, c, 0, wide(s))...)
		}
	}
	return b
}

func TestPrices(t *testing.T) {
	data, err := os.ReadFile("testdata/prices.xls")
	require.NoError(t, err)
	doc, lines := read(t, data)
	flowtest.Golden(t, "testdata/prices.golden", doc)
	require.Len(t, doc.Warnings, 3, "a hidden row, column and sheet")
	require.NotContains(t, strings.Join(lines, "\n"), "Hemmelig")

	doc, err = xls.Reader{Hidden: true}.Read(t.Context(), input(data))
	require.NoError(t, err)
	all := strings.Join(flowtest.Lines(doc), "\n")
	for _, word := range []string{"Hemmelig", "Utgått", "Margin"} {
		require.Contains(t, all, word)
	}
}

func TestCells(t *testing.T) {
	xf := func(formats ...int) []byte {
		var b []byte
		for _, f := range formats {
			b = append(b, rec(0xE0, 0, f, make([]byte, 16))...)
		}
		return b
	}
	// The header makes a table of two rows of what is tested.
	table := func(header int, value ...[]byte) []byte {
		return join(cells([]string{"ID", "Sum", "Ref"}), join(value...), rec(0x204, 1, 0, 0, wide("a")), rec(0x204, 1, 2, 0, wide("x")), rec(0x204, 2, 0, 0, wide("b")), rec(0x203, 2, 1, 0, 5.0), rec(0x204, 2, 2, 0, wide("y")))
	}
	formula := func(row, col int, value []byte) []byte {
		return rec(0x6, row, col, 0, value, 0, uint32(0), 0)
	}
	tests := []struct {
		name    string
		globals []byte
		record  []byte
		want    string
	}{
		{name: "a number", record: table(0, rec(0x203, 1, 1, 0, 12.5)), want: "12.5"},
		{name: "a number in four bytes", record: table(0, rec(0x27E, 1, 1, 0, uint32(1234<<2|2))), want: "1234"},
		{name: "a negative number in four bytes", record: table(0, rec(0x27E, 1, 1, 0, uint32(0xFFFFFFFF&^3|2))), want: "-1"},
		{name: "hundredths in four bytes", record: table(0, rec(0x27E, 1, 1, 0, uint32(1234<<2|3))), want: "12.34"},
		{name: "a float in four bytes", record: table(0, rec(0x27E, 1, 1, 0, uint32(math.Float64bits(0.5)>>32))), want: "0.5"},
		{name: "numbers in one record", record: table(0, rec(0xBD, 1, 1, 0, uint32(7<<2|2), 1)), want: "7"},
		{name: "a formula with a number", record: table(0, formula(1, 1, le.AppendUint64(nil, math.Float64bits(3)))), want: "3"},
		{name: "a formula with a text", record: table(0, formula(1, 1, []byte{0, 0, 0, 0, 0, 0, 0xFF, 0xFF}), rec(0x4BC, 0, 0), rec(0x207, wide("Łódź"))), want: "Łódź"},
		{name: "a formula with an empty text", record: table(0, formula(1, 1, []byte{3, 0, 0, 0, 0, 0, 0xFF, 0xFF})), want: ""},
		{name: "a formula that is true", record: table(0, formula(1, 1, []byte{1, 0, 1, 0, 0, 0, 0xFF, 0xFF})), want: "TRUE"},
		{name: "a formula that fails", record: table(0, formula(1, 1, []byte{2, 0, 7, 0, 0, 0, 0xFF, 0xFF})), want: ""},
		{name: "a truth value", record: table(0, rec(0x205, 1, 1, 0, []byte{0, 0})), want: "FALSE"},
		{name: "an error", record: table(0, rec(0x205, 1, 1, 0, []byte{0x2A, 1})), want: ""},
		{name: "a built-in date", globals: xf(14), record: table(0, rec(0x203, 1, 1, 0, 37747.0)), want: "2003-05-06"},
		{name: "a date counted from 1904", globals: join(rec(0x22, 1), xf(14)), record: table(0, rec(0x203, 1, 1, 0, 37747.0-1462)), want: "2003-05-06"},
		{name: "a format of the workbook's own", globals: join(rec(0x41E, 164, wide(`0.0" kg"`)), xf(164)), record: table(0, rec(0x203, 1, 1, 0, 2.25)), want: "2.3 kg"},
		{name: "a text with formatting", record: table(0, rec(0xD6, 1, 1, 0, wide("rik"), 1, 0, 0)), want: "rik"},
		{name: "a style that does not exist", record: table(0, rec(0x203, 1, 1, 999, 4.0)), want: "4"},
		{name: "a shared text that does not exist", record: table(0, rec(0xFD, 1, 1, 0, uint32(99))), want: ""},
		{name: "not a number", record: table(0, rec(0x203, 1, 1, 0, math.NaN())), want: ""},
		{name: "a chart within", record: table(0, rec(0x809, biff8, 0x20), rec(0x203, 1, 1, 0, 99.0), rec(0xA), rec(0x203, 1, 1, 0, 1.0)), want: "1"},
		{name: "a value stored twice", record: table(0, rec(0x203, 1, 1, 0, 1.0), rec(0x203, 1, 1, 0, 2.0)), want: "2"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			doc, _ := read(t, container(book(biff8, tt.globals, tab{name: "S", record: tt.record})))
			var rows []ingest.Row
			for _, b := range doc.Blocks {
				if b.Table != nil {
					rows = append(rows, b.Table.Rows...)
				}
			}
			require.NotEmpty(t, rows)
			if tt.want == "" {
				require.Equal(t, []string{"a", "", "x"}, rows[0].Cells[:3])
				return
			}
			require.Equal(t, []string{"a", tt.want, "x"}, rows[0].Cells)
			require.Equal(t, "B2", rows[0].Refs[1])
		})
	}
}

func TestSharedStrings(t *testing.T) {
	// A string of both widths over three records, one with formatting and
	// phonetic text, and one that begins where a record ends.
	first := join(le.AppendUint32(nil, 3), le.AppendUint32(nil, 3), le.AppendUint16(nil, 8), []byte{0}, []byte("Bl"))
	second := append([]byte{1}, 0xE5, 0, 0x41, 1) // "åŁ"
	third := join([]byte{0}, []byte("ende"), le.AppendUint16(nil, 3), []byte{0xD}, le.AppendUint16(nil, 1), le.AppendUint32(nil, 5), wide("rik")[3:], []byte{1, 0, 0, 0}, []byte("pho"))
	fourth := join([]byte("ne"), le.AppendUint16(nil, 4))
	fifth := join([]byte{0}, []byte("last"))
	globals := join(rec(0xFC, first), rec(0x3C, second), rec(0x3C, third), rec(0x3C, fourth), rec(0x3C, fifth))
	record := join(cells([]string{"Vare", "Pris", "Merke"}), rec(0xFD, 1, 0, 0, uint32(0)), rec(0xFD, 1, 1, 0, uint32(1)), rec(0xFD, 1, 2, 0, uint32(2)))
	_, lines := read(t, container(book(biff8, globals, tab{name: "S", record: record})))
	require.Contains(t, strings.Join(lines, "\n"), "BlåŁende;rik;last")
}

func TestExcel5(t *testing.T) {
	label := func(row, col int, s string) []byte { return rec(0x204, row, col, 0, len(s), s) }
	record := join(
		label(0, 0, "\xd6\xe5\xed\xe0"), label(0, 1, "B"), label(0, 2, "C"), rec(0xD6, 1, 0, 0, 1, "x", []byte{0}), rec(0x203, 1, 1, 0, 1.0),
		rec(0x6, 1, 2, 0, []byte{0, 0, 0, 0, 0, 0, 0xFF, 0xFF}, 0, uint32(0), 0), rec(0x207, 2, "\xe0\xe1"),
	)
	stream := book(biff5, join(rec(0x42, 1251), rec(0x41E, 164, []byte{4}, "0.00"), rec(0xE0, 0, 164, make([]byte, 12))), tab{name: "\xcb\xe8\xf1\xf2", record: record}, tab{name: "Second", record: label(0, 0, "z")})
	want := []string{"heading1| Лист", "table| Лист<Цена;B;C> [] x;1.00;аб", "heading1| Second"}
	for name, data := range map[string][]byte{"Book": oletest.Build(map[string][]byte{"Book": stream}), "BOOK": oletest.Build(map[string][]byte{"BOOK": stream}), "no container": stream} {
		_, lines := read(t, data)
		require.Equal(t, want, lines[:3], name)
	}
}

func TestExcelBeforeWorkbooks(t *testing.T) {
	attr := func(format byte) []byte { return []byte{0, format, 0} }
	excel2 := join(
		rec(0x9, 2, 0x10), rec(0x1E, []byte{7}, "General"), rec(0x1E, []byte{4}, "0.00"),
		rec(0x4, 0, 0, attr(0), []byte{4}, "Vare"), rec(0x4, 0, 1, attr(0), []byte{4}, "Pris"), rec(0x4, 0, 2, attr(0), []byte{1}, "C"),
		rec(0x4, 1, 0, attr(0), []byte{2}, "\xe5l"), rec(0x3, 1, 1, attr(1), 2.5), rec(0x2, 1, 2, attr(0), 42),
		rec(0x6, 2, 0, attr(0), []byte{0, 0, 0, 0, 0, 0, 0xFF, 0xFF}, []byte{0}), rec(0x7, []byte{3}, "sum"), rec(0x6, 2, 1, attr(1), 7.0, []byte{0}), rec(0x5, 2, 2, attr(0), []byte{1, 0}), rec(0xA),
	)
	later := func(bof, xf, formula int, format []byte) []byte {
		return join(
			rec(bof, 0, 0x10, 0), format, rec(xf, []byte{0, 0}, make([]byte, 10)), rec(xf, []byte{0, 1}, make([]byte, 10)),
			rec(0x204, 0, 0, 0, 4, "Vare"), rec(0x204, 0, 1, 0, 4, "Pris"), rec(0x204, 0, 2, 0, 1, "C"),
			rec(0x204, 1, 0, 0, 2, "\xe5l"), rec(0x203, 1, 1, 1, 2.5), rec(0x27E, 1, 2, 0, uint32(42<<2|2)),
			rec(formula, 2, 0, 0, []byte{0, 0, 0, 0, 0, 0, 0xFF, 0xFF}, 0), rec(0x207, 3, "sum"), rec(formula, 2, 1, 1, 7.0, 0), rec(0x205, 2, 2, 0, []byte{1, 0}), rec(0xA),
		)
	}
	files := map[string][]byte{
		"Excel 2": excel2,
		"Excel 3": later(0x209, 0x243, 0x206, join(rec(0x1E, []byte{7}, "General"), rec(0x1E, []byte{4}, "0.00"))),
		"Excel 4": later(0x409, 0x443, 0x406, join(rec(0x41E, 0, []byte{7}, "General"), rec(0x41E, 0, []byte{4}, "0.00"))),
	}
	for name, data := range files {
		require.True(t, xls.Bare(data), name)
		_, lines := read(t, data)
		require.Equal(t, []string{"table| <Vare;Pris;C> [] ål;2,50;42 [] sum;7,00;TRUE"}, lines, name)
	}
	require.False(t, xls.Bare([]byte("\t\x08\t\ttext")))
}

func TestComments(t *testing.T) {
	record := join(cells([]string{"Vare", "Pris", "Merke"}, []string{"a", "b", "c"}, []string{"d", "e", "f"}), object(0x19, 3, "ring lageret"), rec(0x1C, 1, 1, 0, 3, wide("K"), 0))
	_, lines := read(t, container(book(biff8, nil, tab{name: "S", record: record})))
	require.Contains(t, strings.Join(lines, "\n"), "ring lageret")
}

func TestCommentsDoNotRepeatWhoWroteThem(t *testing.T) {
	record := join(cells([]string{"Vare", "Pris"}, []string{"a", "b"}), object(0x19, 3, "Kari Nordmann:\nring lageret"), rec(0x1C, 1, 1, 0, 3, wide("Kari Nordmann"), 0))
	_, lines := read(t, container(book(biff8, nil, tab{name: "S", record: record})))
	all := strings.Join(lines, "\n")
	require.Contains(t, all, "ring lageret")
	require.NotContains(t, all, "Kari")
}

// object is one that has a text, as comments (0x19) and text boxes (6) do.
func object(kind, id int, s string) []byte {
	return join(rec(0x5D, 0x15, 0x12, kind, id), rec(0x1B6, make([]byte, 10), len(s), make([]byte, 6)), rec(0x3C, []byte{0}, s), rec(0x3C, make([]byte, 16)))
}

// drawing is what stands before the object of a shape: its place and whether
// it is shown.
func drawing(col1, row1, col2, row2 int, hidden bool) []byte {
	atom := func(version, kind int, data []byte) []byte {
		return join(le.AppendUint16(le.AppendUint16(nil, uint16(version)), uint16(kind)), le.AppendUint32(nil, uint32(len(data))), data)
	}
	flags := uint32(0x80008)
	if hidden {
		flags = 0x20002
	}
	properties := rec(0, 0x00BF, uint32(0), 0x03BF, flags)[4:]
	place := rec(0, 2, col1-1, 0, row1-1, 0, col2-1, 0, row2-1, 0)[4:]
	inside := join(atom(0x2, 0xF00A, make([]byte, 8)), atom(0x23, 0xF00B, properties), atom(0, 0xF010, place), atom(0, 0xF011, nil))
	return rec(0xEC, atom(0xF, 0xF004, inside))
}

func TestTextsOfShapes(t *testing.T) {
	const box = 6
	record := join(rec(0x7D, 3, 4, 0, 0, 1), rec(0x208, 8, 0, 1, 300, 0, 0, 0x20, 0xF), cells([]string{"Vare", "Pris"}, []string{"a", "b"}, []string{"c", "d"}),
		drawing(2, 6, 3, 7, false), object(box, 1, "Prisene gjelder\nfra mars"),
		drawing(1, 4, 2, 5, false), object(box, 2, "Les dette f\xf8rst"),
		drawing(1, 4, 2, 5, true), object(box, 3, "skjult form"),
		drawing(4, 1, 5, 2, false), object(box, 4, "over skjulte kolonner"),
		drawing(1, 9, 2, 9, false), object(box, 5, "over en skjult rad"))
	data := container(book(biff8, nil, tab{name: "S", record: record}))
	doc, lines := read(t, data)
	all := strings.Join(lines, "\n")
	require.Less(t, strings.Index(all, "Les dette først"), strings.Index(all, "Prisene gjelder"), "from top to bottom")
	require.NotContains(t, all, "skjult")
	require.Equal(t, []string{`sheet "S": texts of 2 shapes that are hidden, or over hidden rows, were left out`, `sheet "S": hidden columns were left out`}, doc.Warnings)
	last := doc.Blocks[len(doc.Blocks)-1]
	require.Equal(t, "Prisene gjelder\nfra mars", last.Text)
	require.Equal(t, "B6:C7", last.Locator.Cells)

	doc, err := xls.Reader{Hidden: true}.Read(t.Context(), input(data))
	require.NoError(t, err)
	for _, word := range []string{"skjult form", "over skjulte kolonner", "over en skjult rad"} {
		require.Contains(t, strings.Join(flowtest.Lines(doc), "\n"), word)
	}
}

// chart is what is written on one: each text with what it belongs to.
func chart(text func(s string) []byte, texts ...any) []byte {
	out := join(rec(0x1033), rec(0x1003, 0), rec(0x1033), rec(0x100D, 0, text("Serie 1")), rec(0x1034), rec(0x203, 0, 0, 0, 99.0))
	for i := 0; i < len(texts); i += 2 {
		out = join(out, rec(0x1025, make([]byte, 32)), rec(0x1033), rec(0x104F, 0), rec(0x1051, 0))
		if s, _ := texts[i].(string); s != "" {
			out = join(out, rec(0x100D, 0, text(s)))
		}
		out = join(out, rec(0x1027, texts[i+1], 0, 0), rec(0x1034))
	}
	return join(out, rec(0x1034))
}

func TestTextsOfCharts(t *testing.T) {
	const title, value, category, label = 1, 2, 3, 4
	short := func(s string) []byte { return append([]byte{byte(len(s)), 0}, s...) }
	within := func(kind int) []byte {
		return join(cells([]string{"Vare", "Pris"}, []string{"a", "b"}), drawing(3, 5, 9, 20, false), rec(0x5D, 0x15, 0x12, 5, 1),
			rec(0x809, biff8, kind), chart(short, "Salg per m\xe5ned", title, "kroner", value, "kroner", category, "", category, "topp", label), object(6, 1, "Kilde: regnskapet"), rec(0xA))
	}
	doc, lines := read(t, container(book(biff8, nil, tab{name: "S", record: within(0x20)})))
	require.Equal(t, "Salg per måned\nkroner\ntopp\nKilde: regnskapet", doc.Blocks[len(doc.Blocks)-1].Text)
	require.Equal(t, "C5:I20", doc.Blocks[len(doc.Blocks)-1].Locator.Cells)
	require.NotContains(t, strings.Join(lines, "\n"), "Serie", "a name in a cell")
	require.NotContains(t, strings.Join(lines, "\n"), "99")
	_, lines = read(t, container(book(biff8, nil, tab{name: "S", record: within(0x40)})))
	require.NotContains(t, strings.Join(lines, "\n"), "Salg", "what is no chart")

	one := cells([]string{"one"})
	_, lines = read(t, container(book(biff8, nil, tab{name: "A", record: one}, tab{name: "Bilde", kind: 2, record: chart(short, "Salg", title)}, tab{name: "Skjult", kind: 2, state: 1, record: chart(short, "Tap", title)})))
	all := strings.Join(lines, "\n")
	require.Contains(t, all, "heading1| Bilde\nparagraph| Salg")
	require.NotContains(t, all, "Tap")

	old := func(s string) []byte { return append([]byte{byte(len(s))}, s...) }
	label5 := rec(0x204, 0, 0, 0, 1, "x")
	stream := book(biff5, nil, tab{name: "A", record: join(label5, rec(0x809, biff5, 0x20), chart(old, "Gammelt", title), rec(0xA))})
	_, lines = read(t, oletest.Build(map[string][]byte{"Book": stream}))
	require.Contains(t, strings.Join(lines, "\n"), "paragraph| Gammelt")
}

func TestShapesAlone(t *testing.T) {
	doc, _ := read(t, container(book(biff8, nil, tab{name: "S", record: object(6, 1, "Ring 22 33 44 55")})))
	require.Len(t, doc.Blocks, 1)
	require.Equal(t, "Ring 22 33 44 55", doc.Blocks[0].Text)
	require.Empty(t, doc.Blocks[0].Locator.Cells, "it is not said where")
}

func TestSheets(t *testing.T) {
	one := cells([]string{"one"})
	doc, lines := read(t, container(book(biff8, nil, tab{name: "A", record: one}, tab{name: "B", state: 1, record: one}, tab{name: "C", state: 2, record: one}, tab{name: "D", kind: 2, record: one}, tab{name: "E", record: cells([]string{"two"})})))
	require.Equal(t, 2, doc.Pages)
	all := strings.Join(lines, "\n")
	require.Contains(t, all, "heading1| A")
	require.Contains(t, all, "heading1| E")
	require.NotContains(t, all, "heading1| D", "a chart")
	require.Len(t, doc.Warnings, 2)
}

func TestWhatIsMissingIsSaid(t *testing.T) {
	whole := book(biff8, nil, tab{name: "A", record: cells([]string{"one"})}, tab{name: "B", record: cells([]string{"two"}, []string{"three"})})
	moved := bytes.Clone(whole)
	at := bytes.Index(moved, rec(0x85)[:2])
	le.PutUint32(moved[at+4:], le.Uint32(moved[at+4:])+uint32(len(rec(0x809, 0, 0))))
	tests := []struct {
		name string
		data []byte
		want string
	}{
		{name: "the end of a sheet", data: whole[:len(whole)-len(rec(0xA))-len(cells([]string{"three"}))], want: `sheet "B" is damaged: it breaks off after row 1`},
		{name: "the beginning of a sheet", data: moved, want: `sheet "A" was left out`},
		{name: "shared texts", data: book(biff8, nil, tab{name: "S", record: join(cells([]string{"one"}), rec(0xFD, 0, 1, 0, uint32(7)))}), want: `sheet "S": 1 cells were left out`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			doc, _ := read(t, container(tt.data))
			require.Len(t, doc.Warnings, 1)
			require.Contains(t, doc.Warnings[0], tt.want)
		})
	}
}

func TestMergedCells(t *testing.T) {
	record := join(cells([]string{"Vare", "Pris", "Merke"}, []string{"a", "1", "x"}), rec(0x204, 2, 1, 0, wide("2")), rec(0x204, 2, 2, 0, wide("y")), rec(0xE5, 1, 1, 2, 0, 0))
	_, lines := read(t, container(book(biff8, nil, tab{name: "S", record: record})))
	require.Contains(t, strings.Join(lines, "\n"), "a;1;x [] a;2;y")
}

// encrypted is a workbook with the records after FILEPASS encrypted; key
// gives that of a block of 1,024 bytes.
func encrypted(pass []byte, key func(block int) []byte) []byte {
	stream := book(biff8, rec(0x2F, pass), tab{name: "S", record: cells([]string{"Vare", "Pris", "Merke"}, []string{strings.Repeat("lang ", 300), "1", "x"})})
	out := bytes.Clone(stream)
	hide := func(from, to int) {
		for i := from; i < to; i++ {
			c, _ := rc4.NewCipher(key(i / 1024))
			pad := make([]byte, i%1024+1)
			c.XORKeyStream(pad, pad)
			out[i] ^= pad[i%1024]
		}
	}
	for pos := len(rec(0x809, biff8, 5)) + len(rec(0x2F, pass)); pos < len(stream); {
		kind, end := le.Uint16(stream[pos:]), pos+4+int(le.Uint16(stream[pos+2:]))
		switch kind {
		case 0x809:
		case 0x85:
			hide(pos+8, end)
		default:
			hide(pos+4, end)
		}
		pos = end
	}
	return container(out)
}

// basic encrypts with a password as Excel 97 did.
func basic(password string) []byte {
	salt := []byte("0123456789abcdef")
	verifier := []byte("verifierverifier")
	first := md5.Sum(wide(password)[3:])
	second := md5.Sum(bytes.Repeat(append(first[:5:5], salt...), 16))
	key := func(block int) []byte {
		sum := md5.Sum(le.AppendUint32(second[:5:5], uint32(block)))
		return sum[:]
	}
	hash := md5.Sum(verifier)
	c, _ := rc4.NewCipher(key(0))
	both := append(bytes.Clone(verifier), hash[:]...)
	c.XORKeyStream(both, both)
	return encrypted(join(le.AppendUint16(nil, 1), le.AppendUint16(nil, 1), le.AppendUint16(nil, 1), salt, both), key)
}

// crypto encrypts with a password as Excel 2002 did.
func crypto(password string, bits int) []byte {
	salt := []byte("0123456789abcdef")
	verifier := []byte("verifierverifier")
	first := sha1.Sum(append(bytes.Clone(salt), wide(password)[3:]...))
	key := func(block int) []byte {
		sum := sha1.Sum(le.AppendUint32(bytes.Clone(first[:]), uint32(block)))
		if bits == 40 {
			return append(bytes.Clone(sum[:5]), make([]byte, 11)...)
		}
		return sum[:bits/8]
	}
	hash := sha1.Sum(verifier)
	c, _ := rc4.NewCipher(key(0))
	both := append(bytes.Clone(verifier), hash[:]...)
	c.XORKeyStream(both, both)
	u32 := func(v ...uint32) []byte {
		var b []byte
		for _, n := range v {
			b = le.AppendUint32(b, n)
		}
		return b
	}
	name := wide("Microsoft Enhanced Cryptographic Provider v1.0\x00")[3:]
	header := append(u32(4, 0, 0x6801, 0x8004, uint32(bits), 1, 0, 0), name...)
	pass := join(le.AppendUint16(nil, 1), le.AppendUint16(nil, 2), le.AppendUint16(nil, 2), u32(4, uint32(len(header))), header, u32(16), salt, both[:16], u32(20), both[16:])
	return encrypted(pass, key)
}

// mixed is a workbook encrypted as Excel 95 did it, with the key that the usual
// password makes; that is written down here, not derived.
func mixed(version int, number, hash int) []byte {
	const key = "\x3c\x5b\xd4\x17\xf0\x1f\x28\x13\xf0\x4b\xb4\x03\xc4\x73\xa4\x20"
	pass, label := rec(0x2F, 0, number, hash), wide("Pris i kroner")
	if version == biff5 {
		pass, label = rec(0x2F, number, hash), append([]byte{13, 0}, "Pris i kroner"...)
	}
	row := func(n int) []byte { return join(rec(0x204, n, 0, 0, label), rec(0x203, n, 1, 0, 1234.0)) }
	out := book(version, pass, tab{name: "S", record: join(row(0), row(1))})
	for pos := len(rec(0x809, version, 5)) + len(pass); pos < len(out); {
		from, end := pos+4, pos+4+int(le.Uint16(out[pos+2:]))
		switch le.Uint16(out[pos:]) {
		case 0x809:
			from = end
		case 0x85:
			from += 4
		}
		for i := from; i < end; i++ {
			v := out[i] ^ key[(i+end-pos-4)%16]
			out[i] = v<<5 | v>>3
		}
		pos = end
	}
	return container(out)
}

func TestEncrypted(t *testing.T) {
	const usual = "VelvetSweatshop"
	for name, data := range map[string][]byte{"Excel 97": basic(usual), "CryptoAPI with 40 bits": crypto(usual, 40), "CryptoAPI with 128 bits": crypto(usual, 128)} {
		_, lines := read(t, data)
		require.Contains(t, strings.Join(lines, "\n"), "lang lang", name)
	}
	for name, data := range map[string][]byte{"Excel 95": mixed(biff5, 0xB359, 0x9A0A), "Excel 95 in Excel 97": mixed(biff8, 0xB359, 0x9A0A)} {
		_, lines := read(t, data)
		require.Contains(t, strings.Join(lines, "\n"), "Pris i kroner 1234", name)
	}
	for name, data := range map[string][]byte{
		"Excel 97": basic("secret"), "CryptoAPI": crypto("secret", 128), "another key": mixed(biff8, 0xB358, 0x9A0A), "another hash": mixed(biff5, 0xB359, 0x9A0B),
		"nothing said": encrypted(nil, func(int) []byte { return []byte("12345") }),
	} {
		_, err := xls.Reader{}.Read(t.Context(), input(data))
		require.ErrorIs(t, err, ingest.ErrEncrypted, name)
		require.ErrorContains(t, err, "test.xls", name)
	}
}

func TestBadFiles(t *testing.T) {
	tests := []struct {
		name string
		data []byte
		want error
	}{
		{name: "no compound file", data: []byte("hello"), want: ingest.ErrDamaged},
		{name: "no workbook inside", data: oletest.Build(map[string][]byte{"WordDocument": []byte("x")}), want: ingest.ErrDamaged},
		{name: "no sheets", data: container(book(biff8, nil)), want: ingest.ErrDamaged},
		{name: "no records of a workbook", data: container(rec(0x10, 0, 0)), want: ingest.ErrDamaged},
		{name: "nothing in the sheets", data: container(book(biff8, nil, tab{name: "S"})), want: ingest.ErrNoText},
		{name: "a sheet outside of the file", data: container(join(rec(0x809, biff8, 5), rec(0x85, uint32(1<<30), 0, []byte{1, 0}, "S"), rec(0xA))), want: ingest.ErrDamaged},
		{name: "a sheet said to be where one ends", data: container(join(rec(0x809, biff8, 5), rec(0x85, uint32(21), 0, []byte{1, 0}, "S"), rec(0xA))), want: ingest.ErrDamaged},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := xls.Reader{}.Read(t.Context(), input(tt.data))
			require.ErrorIs(t, err, tt.want)
			require.ErrorContains(t, err, "test.xls")
		})
	}
}

func TestCancelledReadStops(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := xls.Reader{}.Read(ctx, input(container(book(biff8, nil, tab{name: "S", record: cells([]string{"a"})}))))
	require.ErrorIs(t, err, context.Canceled)
}

// FuzzRead changes the records rather than the container around them, which
// package ole tests.
func FuzzRead(f *testing.F) {
	f.Add(book(biff8, join(rec(0xFC, uint32(1), uint32(1), 1, []byte{0}, "a"), rec(0x3C, []byte{1, 0, 0})), tab{name: "S", record: join(cells([]string{"a", "b"}), rec(0xFD, 1, 1, 0, uint32(0)), rec(0xE5, 1, 1, 2, 0, 0))}))
	f.Add(book(biff5, rec(0x42, 1251), tab{name: "S", record: join(rec(0x204, 0, 0, 0, 1, "a"), rec(0x1C, 0, 0, 1, "n"))}))
	f.Add(join(rec(0x9, 2, 0x10), rec(0x4, 0, 0, []byte{0, 0, 0, 4}, "Vare"), rec(0x7, []byte{3}, "sum"), rec(0x2, 1, 1, []byte{0, 0, 0}, 7), rec(0xA)))
	f.Add(book(biff8, rec(0x2F, make([]byte, 54)), tab{name: "S"}))
	f.Add(book(biff8, join(face(biff8, white, 10), rec(0x92, 1, uint32(0xFFFFFF)), xf(biff8, 0, 0, 1, white), newer([3]int{4, 2, 0xFFFFFF}, [3]int{13, 3, 0}), rec(0xFC, uint32(1), uint32(1), formatted("abc", 1, 0, 2, 0))),
		tab{name: "S", record: join(rec(0xFD, 0, 0, 0, uint32(0)), rec(0x1B0, 1, 0, ranges(0, 9, 0, 9), 1, ranges(0, 1, 0, 1)), rec(0xE9, 0))}))
	f.Add(book(biff5, join(face(biff5, white, 10), xf(biff5, 0, 0, 1, white)), tab{name: "S", record: rec(0xD6, 0, 0, 0, 3, "abc", []byte{1, 1, 0})}))
	f.Fuzz(func(t *testing.T, data []byte) {
		doc, err := xls.Reader{}.Read(context.Background(), input(container(data[:min(len(data), 1<<20)])))
		if err != nil {
			return
		}
		for _, b := range doc.Blocks {
			if !utf8.ValidString(b.Text) {
				t.Fatalf("invalid text %q", b.Text)
			}
		}
	})
}
