package doc_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"maps"
	"os"
	"strings"
	"testing"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/stretchr/testify/require"
	"golang.org/x/text/encoding/charmap"

	"github.com/sufflor/sufflor/ingest"
	"github.com/sufflor/sufflor/ingest/doc"
	"github.com/sufflor/sufflor/ingest/flow/flowtest"
	"github.com/sufflor/sufflor/ingest/ole/oletest"
)

var le = binary.LittleEndian

// run is a range of stored characters with its properties.
type run struct {
	from, to int // of all text, in characters
	list     []byte
}

// spec is a document to be built.
type spec struct {
	pieces []string // each is stored apart
	wide   []bool   // which are UTF-16
	change []uint16 // prm of each
	chars  []run
	paras  []run // list begins with the style
	styles []byte
	counts [8]int // of the stories; nil means that all is main text
	tables map[int][]byte
	flags  uint16
	old    bool // Word 6
	bare   bool // no piece table
}

// build makes the streams of a document: the text from byte 2048, then the
// pages of properties.
func (s spec) build(tb testing.TB) map[string][]byte {
	tb.Helper()
	const text = 2048
	main := make([]byte, text)
	var at []int // byte of each character, and of the end
	var cps, pcds []byte
	n := 0
	for i, p := range s.pieces {
		cps = le.AppendUint32(cps, uint32(n))
		start := len(main)
		wide := i < len(s.wide) && s.wide[i]
		for _, u := range utf16.Encode([]rune(p)) {
			at = append(at, len(main))
			n++
			if wide {
				main = le.AppendUint16(main, u)
				continue
			}
			b, ok := charmap.Windows1252.EncodeRune(rune(u))
			require.True(tb, ok, "%q is not in the code page", rune(u))
			main = append(main, b)
		}
		fc := uint32(start)
		if !wide && !s.old {
			fc = fc*2 | 1<<30
		}
		pcds = le.AppendUint16(pcds, 0)
		pcds = le.AppendUint32(pcds, fc)
		prm := uint16(0)
		if i < len(s.change) {
			prm = s.change[i]
		}
		pcds = le.AppendUint16(pcds, prm)
	}
	end := len(main)
	at = append(at, end)
	pieces := append(append(cps, le.AppendUint32(nil, uint32(n))...), pcds...)
	clx := append(append([]byte{2}, le.AppendUint32(nil, uint32(len(pieces)))...), pieces...)

	tables := map[int][]byte{33: clx}
	if s.bare {
		tables = map[int][]byte{}
	}
	maps.Copy(tables, s.tables)
	if s.styles != nil {
		tables[1] = s.styles
	}
	page := func(index int, runs []run, entry int, put func(list []byte) []byte) {
		if len(runs) == 0 {
			return
		}
		runs = whole(runs)
		for len(main)%512 != 0 {
			main = append(main, 0)
		}
		number := len(main) / 512
		p := make([]byte, 512)
		free := 510
		for i, r := range runs {
			le.PutUint32(p[4*i:], uint32(at[r.from]))
			le.PutUint32(p[4*i+4:], uint32(at[r.to]))
			if r.list == nil {
				continue
			}
			b := put(r.list)
			free = (free - len(b)) &^ 1
			copy(p[free:], b)
			p[4*(len(runs)+1)+entry*i] = byte(free / 2)
		}
		p[511] = byte(len(runs))
		main = append(main, p...)
		plc := le.AppendUint32(le.AppendUint32(nil, uint32(at[0])), uint32(end))
		if s.old {
			tables[index] = le.AppendUint16(plc, uint16(number))
		} else {
			tables[index] = le.AppendUint32(plc, uint32(number))
		}
	}
	entry := 13
	if s.old {
		entry = 7
	}
	page(12, s.chars, 1, func(list []byte) []byte { return append([]byte{byte(len(list))}, list...) })
	page(13, s.paras, entry, func(list []byte) []byte {
		if len(list)%2 == 0 && !s.old {
			return append([]byte{0, byte(len(list) / 2)}, list...)
		}
		if len(list)%2 != 0 && s.old {
			list = append(list, 0)
		}
		return append([]byte{byte((len(list) + 1) / 2)}, list...)
	})

	version, first, counts := uint16(193), 154, 76
	if s.old {
		version, first, counts = 104, 0x58, 0x34
	}
	le.PutUint16(main, 0xA5EC)
	le.PutUint16(main[2:], version)
	le.PutUint16(main[6:], 0x414)
	le.PutUint16(main[10:], s.flags)
	le.PutUint32(main[24:], text)
	le.PutUint32(main[28:], uint32(end))
	if s.counts == [8]int{} {
		s.counts[0] = n
	}
	for i, c := range s.counts {
		le.PutUint32(main[counts+4*i:], uint32(c))
	}
	var table []byte
	for index := range 93 {
		b, ok := tables[index]
		if !ok {
			continue
		}
		where := len(table)
		if s.old {
			where = len(main)
			main = append(main, b...)
		} else {
			table = append(table, b...)
		}
		if s.old && index > 40 {
			continue
		}
		le.PutUint32(main[first+8*index:], uint32(where))
		le.PutUint32(main[first+8*index+4:], uint32(len(b)))
	}
	out := map[string][]byte{"WordDocument": main}
	if !s.old {
		out["0Table"] = table
	}
	return out
}

// whole fills the gaps between runs: pages have none.
func whole(runs []run) []run {
	var out []run
	for _, r := range runs {
		if n := len(out); n > 0 && out[n-1].to < r.from {
			out = append(out, run{from: out[n-1].to, to: r.from})
		}
		out = append(out, r)
	}
	return out
}

func input(data []byte) ingest.Input {
	return ingest.Input{Name: "test.doc", Path: "test.doc", Data: bytes.NewReader(data), Size: int64(len(data))}
}

func read(tb testing.TB, s spec) []string {
	tb.Helper()
	got, err := doc.Reader{}.Read(context.Background(), input(oletest.Build(s.build(tb))))
	require.NoError(tb, err)
	return flowtest.Lines(got)
}

// sprm is a property modifier with its operand.
func sprm(op uint16, operand ...byte) []byte { return append(le.AppendUint16(nil, op), operand...) }

func join(parts ...[]byte) []byte { return bytes.Join(parts, nil) }

func TestGuide(t *testing.T) {
	data, err := os.ReadFile("../flow/testdata/guide.doc")
	require.NoError(t, err)
	got, err := doc.Reader{}.Read(t.Context(), input(data))
	require.NoError(t, err)
	flowtest.Golden(t, "../flow/testdata/guide.golden", got)
	require.Empty(t, got.Warnings)
}

func TestText(t *testing.T) {
	deleted, hidden := sprm(0x0800, 1), sprm(0x083C, 1)
	tests := []struct {
		name string
		spec spec
		want []string
	}{
		{name: "pieces in one and two bytes", spec: spec{pieces: []string{"blåbær €\rЦена", " łódź\r"}, wide: []bool{true, true}}, want: []string{"paragraph| blåbær €", "paragraph| Цена łódź"}},
		{name: "a fast save puts pieces together", spec: spec{pieces: []string{"Kjør “lang", "somt\r", "ΨΩ\r"}, wide: []bool{false, false, true}}, want: []string{"paragraph| Kjør “langsomt", "paragraph| ΨΩ"}},
		{name: "a fast save deletes and hides pieces", spec: spec{pieces: []string{"a", "b", "c", "d\r"}, change: []uint16{0, 1<<8 | 0x41<<1, 1<<8 | 0x5C<<1}}, want: []string{"paragraph| ad"}},
		{name: "deleted and hidden text goes", spec: spec{pieces: []string{"abcde\r"}, chars: []run{{1, 2, deleted}, {3, 4, hidden}}}, want: []string{"paragraph| ace"}},
		{name: "a deleted mark joins paragraphs", spec: spec{pieces: []string{"a\rb\r"}, chars: []run{{1, 2, deleted}}}, want: []string{"paragraph| ab"}},
		{name: "formulas of fields", spec: spec{pieces: []string{"10 \x13 EQ \\f(1;2) \x15 tomme, \x13 IF \x13 EQ \\f(1;2)\x15 \x14x\x15 \x13 EQ\x15\x13 EQ \\r(2)\r"}}, want: []string{"paragraph| 10 1/2 tomme, x  EQ \\r(2)"}},
		{name: "formulas of fields in Word 6", spec: spec{old: true, pieces: []string{"10 \x13EQ \\f(å;2)\x15 tomme\r"}}, want: []string{"paragraph| 10 å/2 tomme"}},
		{name: "field codes go, results stay", spec: spec{pieces: []string{"se \x13 HYPERLINK \"x\" \x14\x13 REF \x14port\x15alen\x15 og \x13 SET a \x15\x13 MACROBUTTON Name klikk her\x15.\r"}}, want: []string{"paragraph| se portalen og klikk her."}},
		{name: "a field without an end is text", spec: spec{pieces: []string{"a\x13 PAGE b\rc\r"}}, want: []string{"paragraph| a PAGE b", "paragraph| c"}},
		{name: "special characters", spec: spec{pieces: []string{"XY\x1e2000 so\x1flo\x0bny\tlinje\x0e\x01\x05\x08\r", "b\x0cc"}}, want: []string{"paragraph| XY-2000 solo\nny\tlinje", "paragraph| b", "paragraph| c"}},
		{name: "symbols", spec: spec{pieces: []string{"a(b(\r"}, chars: []run{{1, 2, join(sprm(0x6A09, 0, 0, 0xE5, 0x03), sprm(0x0855, 1))}}}, want: []string{"paragraph| aϥb("}},
		{name: "symbols that are not marked as special", spec: spec{pieces: []string{"160(C (b)\r"}, chars: []run{{3, 4, sprm(0x6A09, 0, 0, 0xE5, 0x03)}}}, want: []string{"paragraph| 160ϥC (b)"}},
		{name: "no piece table, one byte a character", spec: spec{pieces: []string{"blåbær\rsyltetøy"}, bare: true}, want: []string{"paragraph| blåbær", "paragraph| syltetøy"}},
		{name: "no piece table, two bytes a character", spec: spec{pieces: []string{"blåbær\r"}, wide: []bool{true}, bare: true, flags: 1 << 12, counts: [8]int{7}}, want: []string{"paragraph| blåbær"}},
		{name: "Word 6", spec: spec{pieces: []string{"blåbær\x13 PAGE \x1412\x15\r“syltetøy”\r"}, old: true}, want: []string{"paragraph| blåbær12", "paragraph| “syltetøy”"}},
		{name: "Word 6 without a piece table", spec: spec{pieces: []string{"blåbær\r"}, old: true, bare: true}, want: []string{"paragraph| blåbær"}},
		{name: "Word 6 deletes and hides", spec: spec{pieces: []string{"abcde\r"}, old: true, chars: []run{{1, 2, []byte{65, 1}}, {3, 4, []byte{85, 1, 92, 1}}}}, want: []string{"paragraph| ace"}},
		{name: "counts that make no sense", spec: spec{pieces: []string{"a\r"}, counts: [8]int{1 << 30, -5}}, want: []string{"paragraph| a"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) { require.Equal(t, tt.want, read(t, tt.spec)) })
	}
}

// tableDef is the definition of a row with cells of 1000 twips; merge has two
// bytes a cell.
func tableDef(op uint16, cell int, merge ...uint16) []byte {
	b := []byte{byte(len(merge))}
	for i := range len(merge) + 1 {
		b = le.AppendUint16(b, uint16(1000*i))
	}
	for _, m := range merge {
		b = append(le.AppendUint16(b, m), make([]byte, cell-2)...)
	}
	if op < 256 {
		return append([]byte{byte(op)}, append(le.AppendUint16(nil, uint16(len(b)+1)), b...)...)
	}
	return append(le.AppendUint16(nil, op), append(le.AppendUint16(nil, uint16(len(b)+1)), b...)...)
}

func TestTables(t *testing.T) {
	style := []byte{0, 0}
	in := join(style, sprm(0x2416, 1))
	rowEnd := func(more ...[]byte) []byte {
		return join(style, sprm(0x2416, 1), sprm(0x2417, 1), join(more...))
	}
	inner := join(in, sprm(0x6649, 2, 0, 0, 0), sprm(0x244B, 1))
	innerEnd := join(in, sprm(0x6649, 2, 0, 0, 0), sprm(0x244C, 1))
	tests := []struct {
		name string
		spec spec
		want []string
	}{
		{
			name: "rows",
			spec: spec{pieces: []string{"a\x07b\rc\x07\x07d\x07e\x07\x07y\r"}, paras: []run{{0, 6, in}, {6, 7, rowEnd(tableDef(0xD608, 20, 0, 0))}, {7, 11, in}, {11, 12, rowEnd(tableDef(0xD608, 20, 0, 0))}, {12, 14, style}}},
			want: []string{"table| <> [] a;b\nc [] d;e", "paragraph| y"},
		},
		{
			name: "merged cells and a row that repeats",
			spec: spec{
				pieces: []string{"1\x072\x07\x07a\x07b\x07\x07\x07c\x07\x07d\x07\x07\x07"},
				paras: []run{
					{0, 4, in},
					{4, 5, rowEnd(sprm(0x3404, 1), tableDef(0xD608, 20, 0, 0))},
					{5, 9, in},
					{9, 10, rowEnd(tableDef(0xD608, 20, 0x60, 0))},
					{10, 13, in},
					{13, 14, rowEnd(tableDef(0xD608, 20, 0x20, 0))},
					{14, 17, in},
					{17, 18, rowEnd(tableDef(0xD608, 20, 0, 0), sprm(0x5624, 0, 2))},
				},
			},
			want: []string{"table| <1;2> [] a;b [] a;c [] d;d"},
		},
		{
			name: "a table in a cell",
			spec: spec{
				pieces: []string{"x\ry\r\rafter\x07b\x07\x07c\x07d\x07\x07"},
				paras:  []run{{0, 2, inner}, {2, 4, inner}, {4, 5, innerEnd}, {5, 13, in}, {13, 14, rowEnd()}, {14, 18, in}, {18, 19, rowEnd()}},
			},
			want: []string{"table| <> [] x y\nafter;b [] c;d"},
		},
		{
			name: "Word 6",
			spec: spec{
				old: true, pieces: []string{"a\x07b\x07\x07c\x07d\x07\x07"},
				paras: []run{{0, 4, []byte{0, 0, 24, 1}}, {4, 5, join([]byte{0, 0, 24, 1, 25, 1}, tableDef(190, 10, 0, 0))}, {5, 9, []byte{0, 0, 24, 1}}, {9, 10, join([]byte{0, 0, 24, 1, 25, 1}, tableDef(190, 10, 0, 0))}},
			},
			want: []string{"table| <> [] a;b [] c;d"},
		},
		{name: "a cell mark outside of tables", spec: spec{pieces: []string{"a\x07b\r"}}, want: []string{"paragraph| a", "paragraph| b"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) { require.Equal(t, tt.want, read(t, tt.spec)) })
	}
}

// sheetOf builds a style sheet; each style is its id, the one below it, its
// name and the changes it makes.
type styleOf struct {
	id, based   uint16
	name        string
	para, chars []byte
	kind        uint16 // 0 is that of a paragraph
}

func sheetOf(styles ...styleOf) []byte {
	b := append(le.AppendUint16(nil, 18), le.AppendUint16(nil, uint16(len(styles)))...)
	b = append(b, append(le.AppendUint16(nil, 10), make([]byte, 14)...)...)
	for _, s := range styles {
		std := le.AppendUint16(nil, s.id)
		std = le.AppendUint16(std, s.based<<4|max(s.kind, 1))
		std = le.AppendUint16(std, 2)
		std = append(std, 0, 0, 0, 0)
		units := utf16.Encode([]rune(s.name))
		std = le.AppendUint16(std, uint16(len(units)))
		for _, u := range append(units, 0) {
			std = le.AppendUint16(std, u)
		}
		changes := [][]byte{append([]byte{0, 0}, s.para...), s.chars}
		switch s.kind {
		case 2:
			changes = changes[1:]
		case 3:
			changes[0] = s.para
		}
		for _, upx := range changes {
			std = append(le.AppendUint16(std, uint16(len(upx))), upx...)
			if len(upx)%2 != 0 {
				std = append(std, 0)
			}
		}
		b = append(le.AppendUint16(b, uint16(len(std))), std...)
	}
	return b
}

func TestStyles(t *testing.T) {
	const none = 0xFFF
	styles := sheetOf(
		styleOf{id: 0, based: none, name: "Normal"},
		styleOf{id: 2, based: 0, name: "heading 2"},
		styleOf{id: 0xFFE, based: 1, name: "Firma"},
		styleOf{id: 0xFFE, based: 0, name: "Nivå", para: sprm(0x2640, 2)},
		styleOf{id: 62, based: 0, name: "Title"},
		styleOf{id: 19, based: 0, name: "toc 1"},
		styleOf{id: 0xFFE, based: 0, name: "Skjult", chars: sprm(0x083C, 1)},
		styleOf{id: 0xFFE, based: 7, name: "Kretsløp"},
		styleOf{id: 0xFFE, based: 0, name: "Overskrift 3"},
	)
	var text string
	var paras []run
	add := func(style byte, s string, more ...byte) {
		from := len([]rune(text))
		text += s + "\r"
		paras = append(paras, run{from, len([]rune(text)), append([]byte{style, 0}, more...)})
	}
	add(4, "Tittel")
	add(1, "Innebygd")
	add(2, "Arvet")
	add(3, "Nivaa")
	add(0, "Direkte", sprm(0x2640, 4)...)
	add(1, "Likevel ikke", sprm(0x2640, 9)...)
	add(5, "Innhold 3")
	add(6, "skjult")
	add(7, "rundt")
	add(8, "Navn")
	add(99, "ukjent")
	got, err := doc.Reader{}.Read(t.Context(), input(oletest.Build(spec{pieces: []string{text}, paras: paras, styles: styles}.build(t))))
	require.NoError(t, err)
	require.Equal(t, "Tittel", got.Title)
	require.Equal(t, []string{"heading2| Innebygd", "heading2| Arvet", "heading3| Nivaa", "heading5| Direkte", "paragraph| Likevel ikke", "paragraph| rundt", "heading3| Navn", "paragraph| ukjent"}, flowtest.Lines(got))
}

// fontsOf6 is the list of fonts of Word 6 and 95.
func fontsOf6(charsets ...byte) []byte {
	b := []byte{0, 0}
	for _, c := range charsets {
		b = append(b, 5+7, 0, 0, 0, c, 0, 'S', 'y', 'm', 'b', 'o', 'l', 0)
	}
	le.PutUint16(b, uint16(len(b)))
	return b
}

func TestFontsTellTheCodePageOfWord6(t *testing.T) {
	font := func(n byte) []byte { return []byte{93, n, 0} }
	symbol := []byte{74, 3, 1, 0, 0xB0}
	text := "blåbær Öåíà ³ó d\r"
	got := read(t, spec{
		pieces: []string{text, "160( C\r"}, old: true, tables: map[int][]byte{15: fontsOf6(0, 204, 238)},
		chars: []run{{0, 7, font(0)}, {7, 12, font(1)}, {12, 14, font(2)}, {len([]rune(text)) + 3, len([]rune(text)) + 4, symbol}},
	})
	require.Equal(t, []string{"paragraph| blåbær Цена łó d", "paragraph| 160° C"}, got)
}

func TestTwoBytesACharacterInWord6(t *testing.T) {
	s := spec{pieces: []string{"Hei \u1093\u93fa\u967b\u1094!\r", "åtte\r"}, wide: []bool{true, true}, old: true, flags: 1 << 12, tables: map[int][]byte{15: fontsOf6(0, 128)}}
	require.Equal(t, []string{"paragraph| Hei “日本”!", "paragraph| åtte"}, read(t, s))
	s.bare, s.pieces, s.counts = true, s.pieces[:1], [8]int{10}
	require.Equal(t, []string{"paragraph| Hei “日本”!"}, read(t, s))
}

func TestStyleThatHidesCanBeUndone(t *testing.T) {
	styles := sheetOf(styleOf{id: 0, based: 0xFFF, name: "Normal", chars: sprm(0x083C, 1)})
	require.Equal(t, []string{"paragraph| bd"}, read(t, spec{pieces: []string{"abcd\r"}, styles: styles, chars: []run{{1, 2, sprm(0x083C, 0)}, {2, 3, sprm(0x083C, 0x80)}, {3, 4, sprm(0x083C, 0x81)}}}))
}

func TestStories(t *testing.T) {
	// Main text, footnote, header and text box in the order they are stored.
	cps := func(at ...int) []byte {
		var b []byte
		for _, n := range at {
			b = le.AppendUint32(b, uint32(n))
		}
		return b
	}
	shape := make([]byte, 22)
	le.PutUint32(shape[14:], 1025)
	anchor := make([]byte, 26)
	le.PutUint32(anchor, 1025)
	s := spec{
		pieces: []string{"a\x02b\r" + "c\r", "\x02 note\r\r", "Brisk Support\r\r", "box\r\r"},
		counts: [8]int{6, 8, 15, 0, 0, 0, 5, 0},
		tables: map[int][]byte{
			2:  append(cps(1, 6), 0, 0),
			3:  cps(0, 7, 8),
			11: cps(0, 0, 0, 0, 0, 0, 0, 14, 15),
			40: append(cps(4, 6), anchor...),
			56: append(cps(0, 4), shape...),
		},
	}
	require.Equal(t, []string{"paragraph| ab", "paragraph| note", "paragraph| c", "paragraph| box", "heading1| ", "paragraph| Brisk Support"}, read(t, s))
}

func TestBadFiles(t *testing.T) {
	plain := func() map[string][]byte { return spec{pieces: []string{"a\r"}}.build(t) }
	encrypted := spec{pieces: []string{"a\r"}, flags: 1 << 8}.build(t)
	cut := plain()
	cut["WordDocument"] = cut["WordDocument"][:40]
	nowhere := spec{pieces: []string{"a\r"}, bare: true}.build(t)
	le.PutUint32(nowhere["WordDocument"][24:], 1<<31)
	tests := []struct {
		name string
		data []byte
		want error
	}{
		{name: "no compound file", data: []byte("hello"), want: ingest.ErrDamaged},
		{name: "no Word document inside", data: oletest.Build(map[string][]byte{"Workbook": []byte("x")}), want: ingest.ErrDamaged},
		{name: "a password", data: oletest.Build(encrypted), want: ingest.ErrEncrypted},
		{name: "a header that is cut", data: oletest.Build(cut), want: ingest.ErrDamaged},
		{name: "text outside of the file", data: oletest.Build(nowhere), want: ingest.ErrDamaged},
		{name: "too many paragraphs", data: oletest.Build(spec{pieces: []string{strings.Repeat("\r", 300_000)}}.build(t)), want: ingest.ErrTooLarge},
		{name: "nothing inside", data: oletest.Build(spec{pieces: []string{"\r \r"}}.build(t)), want: ingest.ErrNoText},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := doc.Reader{}.Read(t.Context(), input(tt.data))
			require.ErrorIs(t, err, tt.want)
			require.ErrorContains(t, err, "test.doc")
		})
	}
}

func TestRepeatedPiecesAreBounded(t *testing.T) {
	// 2,000 pieces that all show the same 64 KB would be 128 million characters.
	s := spec{pieces: []string{strings.Repeat("x", 64<<10)}}.build(t)
	var cps, pcds []byte
	for i := range 2000 {
		cps = le.AppendUint32(cps, uint32(i*64<<10))
		pcds = append(pcds, 0, 0)
		pcds = le.AppendUint32(pcds, 2048*2|1<<30)
		pcds = append(pcds, 0, 0)
	}
	cps = le.AppendUint32(cps, 2000*64<<10)
	clx := append([]byte{2}, le.AppendUint32(nil, uint32(len(cps)+len(pcds)))...)
	clx = append(append(clx, cps...), pcds...)
	le.PutUint32(s["WordDocument"][154+8*33+4:], uint32(len(clx)))
	le.PutUint32(s["WordDocument"][76:], 2000*64<<10)
	s["0Table"] = clx
	got, err := doc.Reader{}.Read(t.Context(), input(oletest.Build(s)))
	require.NoError(t, err)
	require.Len(t, got.Blocks[0].Text, 2*64<<10)
	require.Contains(t, got.Warnings[0], "damaged after 131072 characters")
}

func TestFieldsWithinFieldsAreReadInTimeThatGrowsWithThem(t *testing.T) {
	const n = 1_000_000
	lines := read(t, spec{pieces: []string{"a" + strings.Repeat("\x13", n) + strings.Repeat("\x15", n) + "b\r"}})
	require.Equal(t, []string{"paragraph| ab"}, lines)
}

func TestAMarkerIsBounded(t *testing.T) {
	text := strings.Repeat("x", 30_000)
	lstf := make([]byte, 28)
	le.PutUint32(lstf, 7)
	lstf[26] = 1 // one level
	level := append(make([]byte, 28), byte(len(text)&0xFF), byte(len(text)>>8))
	for _, u := range utf16.Encode([]rune(text)) {
		level = le.AppendUint16(level, u)
	}
	lfo := make([]byte, 16)
	le.PutUint32(lfo, 7)
	s := spec{
		pieces: []string{"a\r"}, paras: []run{{0, 2, join([]byte{0, 0}, sprm(0x460B, 1, 0))}},
		tables: map[int][]byte{73: join([]byte{1, 0}, lstf, level), 74: join([]byte{1, 0, 0, 0}, lfo)},
	}
	got, err := doc.Reader{}.Read(t.Context(), input(oletest.Build(s.build(t))))
	require.NoError(t, err)
	require.Equal(t, strings.Repeat("x", 100), got.Blocks[0].Marker, "a list has it as often as items")
}

func TestMissingTextIsSaid(t *testing.T) {
	pieces := func(cps []uint32, fcs ...uint32) map[string][]byte {
		s := spec{pieces: []string{"abcdefgh\r"}}.build(t)
		var plc []byte
		for _, cp := range cps {
			plc = le.AppendUint32(plc, cp)
		}
		for _, fc := range fcs {
			plc = append(le.AppendUint32(append(plc, 0, 0), fc*2|1<<30), 0, 0)
		}
		s["0Table"] = append(le.AppendUint32([]byte{2}, uint32(len(plc))), plc...)
		le.PutUint32(s["WordDocument"][154+8*33+4:], uint32(len(s["0Table"])))
		return s
	}
	tests := []struct {
		name  string
		parts map[string][]byte
		want  string
		says  string
	}{
		{name: "pieces that go back", parts: pieces([]uint32{0, 4, 2, 9}, 2048, 2050, 2052), want: "abcd", says: "damaged after 4 characters"},
		{name: "a piece outside of the file", parts: pieces([]uint32{0, 4, 8}, 2048, 1<<20), want: "abcd", says: "4 of its characters are not in the file"},
		{name: "an empty piece", parts: pieces([]uint32{0, 4, 4, 8}, 2048, 2048, 2052), want: "abcdefgh"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := doc.Reader{}.Read(t.Context(), input(oletest.Build(tt.parts)))
			require.NoError(t, err)
			require.Equal(t, []string{"paragraph| " + tt.want}, flowtest.Lines(got))
			if tt.says == "" {
				require.Empty(t, got.Warnings)
				return
			}
			require.Len(t, got.Warnings, 1)
			require.Contains(t, got.Warnings[0], tt.says)
		})
	}
}

func TestCancelledReadStops(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := doc.Reader{}.Read(ctx, input(oletest.Build(spec{pieces: []string{"a\r"}}.build(t))))
	require.ErrorIs(t, err, context.Canceled)
}

// FuzzRead changes the streams rather than the container around them, which
// package ole tests.
func FuzzRead(f *testing.F) {
	add := func(s spec) {
		b := s.build(f)
		f.Add(b["WordDocument"], b["0Table"])
	}
	add(spec{pieces: []string{"a\x07b\x07\x07", "Ψ\r"}, wide: []bool{false, true}, chars: []run{{0, 2, sprm(0x083C, 1)}}, paras: []run{{0, 4, []byte{0, 0, 0x16, 0x24, 1}}, {4, 5, join([]byte{0, 0, 0x16, 0x24, 1, 0x17, 0x24, 1}, tableDef(0xD608, 20, 0, 0))}}, styles: sheetOf(styleOf{id: 1, name: "a"})})
	add(spec{pieces: []string{"a\x13 b\x14c\x15\r"}, old: true, chars: []run{{0, 2, []byte{65, 1}}}})
	add(spec{
		pieces: []string{"ab\x07\x07", "c\r"}, change: []uint16{0, 8<<8 | 0x62<<1}, chars: []run{{0, 1, join(ink(white), sprm(0x2A0C, 8))}, {1, 2, join(sprm(0x4A43, 2, 0), counted(0xCA71, shd(1, dark, white)...))}},
		paras:  []run{{0, 3, join([]byte{0, 0}, sprm(0x2416, 1))}, {3, 4, join([]byte{0, 0}, sprm(0x2416, 1), sprm(0x2417, 1), tableDef(0xD608, 20, 0), shds(0xD612, shd(0, auto, dark)), counted(0xD62D, append([]byte{0, 9}, shd(0, 0, 0)...)...))}},
		tables: map[int][]byte{40: append(cps(0, 1), anchor(1, 0, 1<<14)...), 41: append(cps(0, 1), anchor(2, 9, 1<<3)...), 50: drawings(shapeOf(1, 1<<10, 0x181, 1, 0x3BF, 1<<21|1<<5), shapeOf(2, 0, 0x392, 3))},
		styles: sheetOf(styleOf{id: 0, based: 0xFFF, name: "a", chars: ink(white), para: fill(dark)}),
	})
	if data, err := os.ReadFile("../flow/testdata/guide.doc"); err == nil {
		f.Add(data[512:], data[4096:])
	}
	f.Fuzz(func(t *testing.T, main, table []byte) {
		got, err := doc.Reader{}.Read(context.Background(), input(oletest.Build(map[string][]byte{"WordDocument": main[:min(len(main), 1<<20)], "0Table": table[:min(len(table), 1<<20)], "Data": table[:min(len(table), 1<<10)]})))
		if err != nil {
			return
		}
		for _, b := range got.Blocks {
			if !utf8.ValidString(b.Text) {
				t.Fatalf("invalid text %q", b.Text)
			}
		}
	})
}
