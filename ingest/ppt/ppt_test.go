package ppt_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/binary"
	"io"
	"os"
	"strings"
	"testing"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/stretchr/testify/require"

	"github.com/sufflor/sufflor/ingest"
	"github.com/sufflor/sufflor/ingest/flow/flowtest"
	"github.com/sufflor/sufflor/ingest/ole/oletest"
	"github.com/sufflor/sufflor/ingest/ppt"
)

var le = binary.LittleEndian

func input(data []byte) ingest.Input {
	return ingest.Input{Name: "test.ppt", Path: "test.ppt", Data: bytes.NewReader(data), Size: int64(len(data))}
}

func join(parts ...[]byte) []byte { return bytes.Join(parts, nil) }

func u32(v ...uint32) []byte {
	var b []byte
	for _, n := range v {
		b = le.AppendUint32(b, n)
	}
	return b
}

// rec is a record; head holds its version and instance.
func rec(head, kind int, data ...[]byte) []byte {
	b := join(data...)
	return join(le.AppendUint16(le.AppendUint16(nil, uint16(head)), uint16(kind)), u32(uint32(len(b))), b)
}

// in is a container.
func in(kind int, data ...[]byte) []byte { return rec(0xF, kind, data...) }

func wide(s string) []byte {
	var b []byte
	for _, u := range utf16.Encode([]rune(s)) {
		b = le.AppendUint16(b, u)
	}
	return b
}

// text is a text of a kind as a shape or the document holds it.
func text(kind uint32, s string, style ...byte) []byte {
	b := join(rec(0, 0xF9F, u32(kind)), rec(0, 0xFA0, wide(s)))
	if len(style) > 0 {
		b = append(b, rec(0, 0xFA1, style)...)
	}
	return b
}

// shape holds a text, as a placeholder of a kind when it is above 0.
func shape(holder byte, text []byte) []byte {
	var data []byte
	if holder > 0 {
		data = in(0xF011, rec(0, 0xBC3, u32(0), []byte{holder, 0, 0, 0}))
	}
	return in(0xF004, data, in(0xF00D, text))
}

// wordArt is a text that is drawn, with the flags of such.
func wordArt(flags uint32) []byte {
	art := wide("Tilbud\rnå\x00")
	options := rec(3|4<<4, 0xF00B, le.AppendUint16(nil, 0x81C5), u32(4), le.AppendUint16(nil, 0x80C0), u32(uint32(len(art))), le.AppendUint16(nil, 0xC3), u32(36<<16), le.AppendUint16(nil, 0xFF), u32(flags), []byte("skip"), art)
	return in(0xF004, options)
}

func drawing(shapes ...[]byte) []byte { return in(0x40C, in(0xF002, in(0xF003, shapes...))) }

// slide has the number of its notes, 0 for none.
func slide(notes uint32, parts ...[]byte) []byte {
	return in(0x3EE, append([][]byte{rec(2, 0x3EF, make([]byte, 16), u32(notes), make([]byte, 4))}, parts...)...)
}

// persist is the entry of a slide in the document's list.
func persist(id, number uint32) []byte { return rec(0, 0x3F3, u32(id, 0, 0, number, 0)) }

// file puts objects into a presentation, the first being its document, from
// number 1; more are later saves that replace objects.
func file(objects [][]byte, more ...map[uint32][]byte) []byte {
	return container(streams(objects, more...))
}

func streams(objects [][]byte, more ...map[uint32][]byte) (stream, user []byte) {
	var at []uint32
	for _, o := range objects {
		at = append(at, uint32(len(stream)))
		stream = append(stream, o...)
	}
	last := uint32(0)
	save := func(directory []byte) {
		dir := uint32(len(stream))
		stream = append(stream, rec(0, 0x1772, directory)...)
		edit := uint32(len(stream))
		stream = append(stream, rec(0, 0xFF5, u32(0, 0, last, dir, 1, 0, 0))...)
		last = edit
	}
	save(join(u32(1|uint32(len(at))<<20), u32(at...)))
	for _, m := range more {
		var dir []byte
		for id, o := range m {
			dir = append(dir, u32(id|1<<20, uint32(len(stream)))...)
			stream = append(stream, o...)
		}
		save(dir)
	}
	return stream, rec(0, 0xFF6, u32(20, 0xE391C05F, last))
}

func container(stream, user []byte) []byte {
	return oletest.Build(map[string][]byte{"PowerPoint Document": stream, "Current User": user})
}

func document(slides ...[]byte) []byte { return in(0x3E8, rec(0xF, 0xFF0, slides...)) }

func read(tb testing.TB, data []byte) (ingest.Document, []string) {
	tb.Helper()
	doc, err := ppt.Reader{}.Read(context.Background(), input(data))
	require.NoError(tb, err)
	return doc, flowtest.Lines(doc)
}

// unpack is a file that is kept compressed.
func unpack(tb testing.TB, name string) []byte {
	tb.Helper()
	packed, err := os.Open(name)
	require.NoError(tb, err)
	defer packed.Close()
	r, err := gzip.NewReader(packed)
	require.NoError(tb, err)
	data, err := io.ReadAll(r)
	require.NoError(tb, err)
	return data
}

// TestTalk reads what LibreOffice made of slides of ours.
func TestTalk(t *testing.T) {
	doc, _ := read(t, unpack(t, "testdata/talk.ppt.gz"))
	flowtest.Golden(t, "testdata/talk.golden", doc)
	require.Equal(t, 3, doc.Pages)
	require.Equal(t, []string{"slide 2 is hidden and was left out"}, doc.Warnings)
	require.Equal(t, 3, doc.Blocks[len(doc.Blocks)-1].Locator.Page)
}

func TestSlides(t *testing.T) {
	list := func(ids ...uint32) []byte {
		var b []byte
		for _, id := range ids {
			b = append(b, persist(id, 255+id)...)
		}
		return document(b)
	}
	title := func(s string) []byte { return shape(13, text(0, s)) }
	bullets := join(u32(2), []byte{0, 0}, u32(1), []byte{1, 0}, u32(3), []byte{1, 0}, u32(1<<20|1), []byte{0, 0, 1, 0, 9, 9, 9, 9}, u32(2), []byte{2, 0}, u32(0))
	hidden := rec(0, 0x3F9, make([]byte, 10), []byte{4, 0}, make([]byte, 4))
	anchor := func(l, t, r, b uint32) []byte { return rec(0, 0xF00F, u32(l, t, r, b)) }
	cell := func(at []byte, s string) []byte { return in(0xF004, at, in(0xF00D, text(4, s))) }
	table := in(0xF003, in(0xF004, rec(3, 0xF122, le.AppendUint16(nil, 0x39F), u32(1))),
		cell(anchor(0, 0, 500, 200), "Vare"), cell(anchor(500, 0, 1000, 100), "1"), cell(anchor(500, 100, 1000, 200), "2"), cell(anchor(0, 200, 1000, 300), "under"))
	tests := []struct {
		name string
		data []byte
		want []string
	}{
		{name: "in the order of the list", data: file([][]byte{list(3, 2), slide(0, drawing(title("B"))), slide(0, drawing(title("A"), shape(0, text(4, "fri\vtekst"))))}), want: []string{"heading1| A", "paragraph| fri\ntekst", "heading1| B"}},
		{name: "a newer save wins", data: file([][]byte{list(2), slide(0, drawing(title("old")))}, map[uint32][]byte{2: slide(0, drawing(title("new")))}), want: []string{"heading1| new"}},
		{name: "text that the document keeps", data: file([][]byte{document(persist(2, 256), text(0, "Tittel"), text(1, "en\rto"), persist(3, 257), text(0, "Løs")), slide(0, drawing(shape(13, rec(0, 0xF9E, u32(0))), shape(14, rec(0, 0xF9E, u32(1))))), slide(0)}), want: []string{"heading1| Tittel", "item1 •| en", "item1 •| to", "heading1| Løs"}},
		{name: "levels and bullets", data: file([][]byte{list(2), slide(0, drawing(shape(0, text(4, "a\rbc\rd", bullets...))))}), want: []string{"heading1| ", "item1 •| a", "paragraph| bc", "paragraph| d"}},
		{name: "text of one byte a character", data: file([][]byte{list(2), slide(0, drawing(shape(0, join(rec(0, 0xF9F, u32(4)), rec(0, 0xFA8, []byte("bl\xe5b\xe6r"))))))}), want: []string{"heading1| ", "paragraph| blåbær"}},
		{name: "what stands on every slide goes", data: file([][]byte{list(2), slide(0, drawing(shape(9, text(4, "Brisk AS")), shape(8, text(4, "*")), shape(0, text(4, "*")), title("A")))}), want: []string{"heading1| A"}},
		{name: "hidden slides go", data: file([][]byte{list(2, 3), slide(0, hidden, drawing(title("A"))), slide(0, drawing(title("B")))}), want: []string{"heading1| B"}},
		{name: "notes follow their slide", data: file([][]byte{in(0x3E8, rec(0xF, 0xFF0, persist(2, 256), persist(4, 257)), rec(0x2F, 0xFF0, persist(3, 77))), slide(77, drawing(title("A"))), in(0x3F0, drawing(shape(11, text(4, "bilde")), shape(12, text(2, "Husk!")))), slide(0, drawing(title("B")))}), want: []string{"heading1| A", "heading2| Speaker notes", "paragraph| Husk!", "heading1| B"}},
		{name: "a text box on the page of notes", data: file([][]byte{in(0x3E8, rec(0xF, 0xFF0, persist(2, 256)), rec(0x2F, 0xFF0, persist(3, 77))), slide(77, drawing(title("A"))), in(0x3F0, drawing(shape(11, text(4, "bilde")), shape(9, text(4, "Brisk AS")), shape(0, text(4, "Husk!"))))}), want: []string{"heading1| A", "heading2| Speaker notes", "paragraph| Husk!"}},
		{name: "text as a drawing", data: file([][]byte{list(2), slide(0, drawing(wordArt(0x40004000), wordArt(0x40000000)))}), want: []string{"heading1| ", "paragraph| Tilbud", "paragraph| nå"}},
		{name: "groups", data: file([][]byte{list(2), slide(0, drawing(in(0xF003, shape(0, text(4, "a")), in(0xF003, shape(0, text(4, "b"))))))}), want: []string{"heading1| ", "paragraph| a", "paragraph| b"}},
		{name: "a table", data: file([][]byte{list(2), slide(0, drawing(table))}), want: []string{"heading1| ", "table| <> [] Vare;1 [] Vare;2 [] under;under"}},
		{name: "a list that names a slide twice", data: file([][]byte{list(2, 2), slide(0, drawing(title("A")))}), want: []string{"heading1| A", "heading1| "}},
		{name: "no list", data: container(join(slide(0, drawing(title("A"))), slide(0, drawing(title("B")))), nil), want: []string{"heading1| A", "heading1| B"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, lines := read(t, tt.data)
			require.Equal(t, tt.want, lines)
		})
	}
}

func TestWhatIsMissingIsSaid(t *testing.T) {
	cell := func(s string, at ...byte) []byte { return in(0xF004, at, in(0xF00D, text(4, s))) }
	table := in(0xF003, in(0xF004, rec(3, 0xF122, le.AppendUint16(nil, 0x39F), u32(1))), cell("a", rec(0, 0xF00F, u32(0, 0, 5, 5))...), cell("b"))
	tests := []struct {
		name string
		data []byte
		want string
	}{
		{name: "a slide that is not in the file", data: file([][]byte{document(persist(2, 256), persist(9, 257)), slide(0, drawing(shape(0, text(4, "a"))))}), want: "slide 2 is damaged"},
		{name: "a cell without a place", data: file([][]byte{document(persist(2, 256)), slide(0, drawing(table))}), want: "slide 1: 1 cells of its tables"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			doc, _ := read(t, tt.data)
			require.Len(t, doc.Warnings, 1)
			require.Contains(t, doc.Warnings[0], tt.want)
		})
	}
}

func TestPowerPoint95(t *testing.T) {
	data := oletest.Build(map[string][]byte{"PowerPoint Document": []byte("\x03\x00\x00\x00\xff\xff\x00\x00abcd"), "Text_Content": []byte("Bl\xe5b\xe6r\r\rtil\x0balle\r \r")})
	doc, lines := read(t, data)
	require.Equal(t, []string{"paragraph| Blåbær", "paragraph| til", "paragraph| alle"}, lines)
	require.Len(t, doc.Warnings, 1)
	require.Contains(t, doc.Warnings[0], "PowerPoint 95")
}

func TestAFileForTwoVersions(t *testing.T) {
	stream := slide(0, drawing(shape(0, text(4, "ny"))))
	_, lines := read(t, oletest.Build(map[string][]byte{"PowerPoint Document": []byte("old"), "Text_Content": []byte("gammel"), "PP97_DUALSTORAGE/PowerPoint Document": stream}))
	require.Equal(t, []string{"heading1| ", "paragraph| ny"}, lines)
}

func TestTitleAndPages(t *testing.T) {
	doc, _ := read(t, file([][]byte{document(persist(2, 256), persist(3, 257)), slide(0, drawing(shape(15, text(6, "Slik\vgjør du")))), slide(0, drawing(shape(0, text(4, "b"))))}))
	require.Equal(t, "Slik gjør du", doc.Title)
	require.Equal(t, 2, doc.Pages)
	require.Equal(t, 1, doc.Blocks[0].Locator.Page)
	require.Equal(t, 2, doc.Blocks[len(doc.Blocks)-1].Locator.Page)
}

func TestBadFiles(t *testing.T) {
	whole := [][]byte{document(persist(2, 256)), slide(0, drawing(shape(0, text(4, "a"))))}
	stream := join(whole...)
	edit := len(stream)
	protected := append(bytes.Clone(stream), rec(0, 0xFF5, u32(0, 0, 0, 0, 1, 0, 0, 7))...)
	circle := append(bytes.Clone(stream), rec(0, 0xFF5, u32(0, 0, uint32(edit), 0, 1, 0, 0))...)
	tests := []struct {
		name string
		data []byte
		want error
	}{
		{name: "no compound file", data: []byte("hello"), want: ingest.ErrDamaged},
		{name: "no presentation inside", data: oletest.Build(map[string][]byte{"Workbook": []byte("x")}), want: ingest.ErrDamaged},
		{name: "a password", data: container(stream, rec(0, 0xFF6, u32(20, 0xF3D1C4DF, 0))), want: ingest.ErrEncrypted},
		{name: "a password that the save names", data: container(protected, rec(0, 0xFF6, u32(20, 0xE391C05F, uint32(edit)))), want: ingest.ErrEncrypted},
		{name: "too many paragraphs", data: file([][]byte{document(persist(2, 256)), slide(0, drawing(shape(0, text(4, strings.Repeat("a\r", 150_000))), shape(0, text(4, strings.Repeat("a\r", 150_000)))))}), want: ingest.ErrTooLarge},
		{name: "nothing inside", data: file([][]byte{document(persist(2, 256)), slide(0)}), want: ingest.ErrNoText},
		{name: "no records", data: container([]byte("x"), nil), want: ingest.ErrNoText},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := ppt.Reader{}.Read(t.Context(), input(tt.data))
			require.ErrorIs(t, err, tt.want)
			require.ErrorContains(t, err, "test.ppt")
		})
	}
	doc, _ := read(t, container(circle, rec(0, 0xFF6, u32(20, 0xE391C05F, uint32(edit)))))
	require.Contains(t, strings.Join(doc.Warnings, "\n"), "list of slides is damaged", "saves in a circle")
}

func TestCancelledReadStops(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := ppt.Reader{}.Read(ctx, input(file([][]byte{document(persist(2, 256)), slide(0, drawing(shape(0, text(4, "a"))))})))
	require.ErrorIs(t, err, context.Canceled)
}

// FuzzRead changes the streams rather than the container around them, which
// package ole tests.
func FuzzRead(f *testing.F) {
	user := rec(0, 0xFF6, u32(20, 0xE391C05F, 0))
	f.Add(join(document(persist(2, 256), text(0, "a")), slide(0, drawing(shape(13, rec(0, 0xF9E, u32(0)))))), user)
	f.Add(slide(0, drawing(in(0xF003, in(0xF004, rec(3, 0xF122, le.AppendUint16(nil, 0x39F), u32(1))), in(0xF004, rec(0, 0xF00F, u32(0, 0, 5, 5)), in(0xF00D, text(1, "a\rb", make([]byte, 20)...)))))), user)
	f.Add(rec(0, 0xFF5, u32(0, 0, 0, 0, 1, 0, 0)), user)
	looks := talk{
		flags: 7, titles: scheme(white, 0), drawn: drawn(rectangle, mid.anchor(), []property{fill, colored(navy)}), master: masterStyle(6, sized(0, 1)),
		shapes: grouped(mid, whole, []property{{4, 9 << 16}}, framed(mid.child(), []property{fill, {0x180, 7}}, join(ordinary(inked(4, whiteInk), sized(9, 1)), rec(0, 0xFDF, u32(0, 9))))),
	}
	stream, end := looks.streams()
	f.Add(stream, end)
	f.Fuzz(func(t *testing.T, stream, user []byte) {
		doc, err := ppt.Reader{}.Read(context.Background(), input(container(stream[:min(len(stream), 1<<20)], user[:min(len(user), 1<<10)])))
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
