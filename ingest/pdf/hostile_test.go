package pdf_test

import (
	"bytes"
	"compress/flate"
	"encoding/binary"
	"fmt"
	"runtime"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sufflor/sufflor/ingest"
	"github.com/sufflor/sufflor/ingest/pdf"
)

const helloText = "Close the hood and press the button."

// bomb is a file made to take all memory or never to end.
type bomb struct {
	name string
	file func() []byte
	want error  // nil: its first page is read, and errAny
	says string // in the error or in a warning; may be empty
}

// inflating is a zlib stream of so many megabytes of c after a beginning. Its
// blocks are the same, so it is written as fast as they are copied.
func inflating(beginning string, c byte, megabytes int) string {
	var out bytes.Buffer
	w, _ := flate.NewWriter(&out, flate.BestCompression)
	out.WriteString("\x78\x9c")
	w.Write([]byte(beginning))
	w.Flush()
	block := bytes.Repeat([]byte{c}, 1<<20)
	w.Write(block)
	w.Flush()
	before := out.Len()
	w.Write(block)
	w.Flush()
	again := bytes.Clone(out.Bytes()[before:])
	for range megabytes - 2 {
		out.Write(again)
	}
	w.Close()
	return out.String()
}

func flateStream(data string, more string) string {
	return fmt.Sprintf("<<%s/Length %d>>\nstream\n%s\nendstream", more, len(data), data)
}

// withContent is a file whose first page has this stream for its content.
func withContent(stream string) []byte {
	w := new(writer).pages("", "", "")
	w.objects[0] = stream
	return w.bytes()
}

// tree is a file with a page tree of one's own: object 1 is a page that says
// hello, object 2 its content, the catalog follows with object 3 as its tree.
func tree(objects ...string) []byte {
	w := &writer{}
	w.add("<</Type/Page/Contents 2 0 R/Resources<<" + fonts + ">>/MediaBox[0 0 600 800]>>")
	w.stream("", strings.Replace(hello, "50 700", "50 400", 1)) // no header
	for _, o := range objects {
		w.add(o)
	}
	w.root = w.add("<</Type/Catalog/Pages 3 0 R>>")
	return w.bytes()
}

// crossReferenceStream is a file whose only section is a stream with these
// entries and data.
func crossReferenceStream(entries, data string) []byte {
	out := bytes.Clone(simple(hello))
	out = out[:bytes.LastIndex(out, []byte("xref\n0 "))]
	at := len(out)
	out = fmt.Appendf(out, "90 0 obj\n<</Type/XRef/Root 4 0 R%s/Length %d>>\nstream\n%s\nendstream\nendobj\nstartxref\n%d\n%%%%EOF\n",
		entries, len(data), data, at)
	return out
}

func bombs() []bomb {
	const flateFilter = "/Filter/FlateDecode"
	forms := func(depth, calls int) []byte {
		w := &writer{}
		for i := range depth {
			content, resources := hello, ""
			if i > 0 {
				content = strings.Repeat("/X Do ", calls)
				resources = fmt.Sprintf("/XObject<</X %d 0 R>>", i)
			}
			w.stream("/Type/XObject/Subtype/Form/BBox[0 0 600 800]/Resources<<"+fonts+resources+">>", content)
		}
		return w.pages(fmt.Sprintf("/XObject<</X %d 0 R>>", depth), "", hello+strings.Repeat(" /X Do", calls)).bytes()
	}
	return []bomb{
		{"a page of 3 GiB", func() []byte {
			return withContent(flateStream(inflating(hello+" ", ' ', 3<<10), flateFilter))
		}, nil, "page 1: stream of more than 33554432 bytes"},
		{"a page of 1 GiB deflated twice", func() []byte {
			return withContent(flateStream(deflate(inflating(hello+" ", ' ', 1<<10)), "/Filter[/FlateDecode/FlateDecode]"))
		}, nil, "page 1: stream of more than 33554432 bytes"},
		{"a thousand pages of 3 GiB that come to nothing", func() []byte {
			w := new(writer).pages("", "", append([]string{hello}, make([]string, 1000)...)...)
			w.objects[2] = flateStream(inflating("", '>', 3<<10), "/Filter[/FlateDecode/ASCIIHexDecode]")
			for i := 4; i < 2002; i += 2 {
				w.objects[i+1] = strings.ReplaceAll(w.objects[i+1], fmt.Sprintf("/Contents %d 0 R", i+1), "/Contents 3 0 R")
			}
			return w.bytes()
		}, nil, "MB of decoded streams"},
		{"forms in each other that paint 10^11 times", func() []byte { return forms(11, 10) }, nil, "more than 10,000 form calls"},
		{"a form that paints itself", func() []byte {
			w := &writer{}
			w.stream("/Type/XObject/Subtype/Form/BBox[0 0 600 800]/Resources<</XObject<</X 1 0 R>>>>", "/X Do /X Do")
			return w.pages("/XObject<</X 1 0 R>>", "", hello+" /X Do").bytes()
		}, nil, ""},
		{"200,000 times the same page", func() []byte {
			return tree("<</Type/Pages/Count 200000/Kids[" + strings.Repeat("1 0 R ", 200_000) + "]>>")
		}, nil, "more than 20000 pages"},
		{"100,000 pages", func() []byte {
			var kids strings.Builder
			objects := []string{""}
			for i := range 100_000 {
				fmt.Fprintf(&kids, "%d 0 R ", i+4)
				objects = append(objects, "<</Type/Page/Contents 2 0 R/Resources<<"+fonts+">>/MediaBox[0 0 600 800]>>")
			}
			objects[0] = "<</Type/Pages/Count 100000/Kids[" + kids.String() + "]>>"
			return tree(objects...)
		}, nil, "more than 20000 pages"},
		{"a page tree of pages that are each other's kids", func() []byte {
			return tree("<</Type/Pages/Kids[1 0 R 4 0 R 3 0 R]>>", "<</Type/Pages/Kids[3 0 R 4 0 R 5 0 R]>>",
				"<</Type/Pages/Parent 5 0 R/Kids[4 0 R 3 0 R 5 0 R]>>")
		}, nil, ""},
		{"a page tree of 60 levels with two of the next on each", func() []byte {
			objects := []string{}
			for i := range 60 {
				objects = append(objects, fmt.Sprintf("<</Type/Pages/L %d/Kids[%d 0 R %d 0 R]>>", i, i+4, i+4))
			}
			return tree(append(objects, "<</Type/Pages/Kids[1 0 R]>>")...)
		}, nil, ""},
		{"a count of pages that no file has", func() []byte {
			return tree("<</Type/Pages/Count 99999999999999999999/Kids[1 0 R]>>")
		}, nil, ""},
		{"a negative count of pages", func() []byte { return tree("<</Type/Pages/Count -5/Kids[1 0 R]>>") }, nil, ""},
		{"a cross-reference stream of 2^31 objects", func() []byte {
			return crossReferenceStream("/Size 2147483648/W[1 2 1]", "")
		}, nil, ""},
		{"a cross-reference stream with an index of 2^31 objects", func() []byte {
			return crossReferenceStream("/Size 10/Index[2147483000 2147483000 0 2147483647]/W[1 2 1]", strings.Repeat("\x01\x00\x10\x00", 2000))
		}, nil, ""},
		{"cross-reference streams of 3 GiB", func() []byte {
			data := inflating("", 0, 3<<10)
			return crossReferenceStream("/Size 10/W[1 0 0]/Filter/FlateDecode", data)
		}, nil, ""},
		{"an object stream inside of itself", func() []byte {
			rows := binary.BigEndian.AppendUint32(nil, 0)
			for range 60 {
				rows = append(rows, 2, 0, 4, 0)
			}
			return crossReferenceStream("/Size 60/W[1 2 1]", string(rows))
		}, nil, ""},
		{"an object stream whose objects are all the same bytes", func() []byte {
			var head strings.Builder
			for i := range 100_000 {
				fmt.Fprintf(&head, "%d 0 ", i+100)
			}
			body := head.String() + strings.Repeat("<</A(b)>> ", 10_000)
			w := &writer{}
			w.pages("", "", hello)
			w.stream(fmt.Sprintf("/Type/ObjStm/N 100000/First %d", head.Len()), body)
			data := w.bytes()
			return data[:bytes.LastIndex(data, []byte("xref\n0 "))]
		}, nil, ""},
		{"object streams of 3 GiB", func() []byte {
			w := &writer{}
			w.pages("", "", hello)
			for range 20 {
				data := inflating("90 0 91 100 ", ' ', 3<<10)
				w.add(flateStream(data, "/Type/ObjStm/N 2/First 12"+flateFilter))
			}
			data := w.bytes()
			return data[:bytes.LastIndex(data, []byte("xref\n0 "))]
		}, nil, ""},
		{"a chain of cross-reference sections that has no end", func() []byte {
			out := bytes.Clone(simple(hello))
			for range 20_000 {
				at := bytes.LastIndex(out, []byte("xref\n0 "))
				out = fmt.Appendf(out, "xref\n0 0\ntrailer\n<</Prev %d>>\nstartxref\n%d\n%%%%EOF\n", at, len(out))
			}
			return out
		}, nil, ""},
		{"twenty million brackets in a page", func() []byte {
			return withContent(flateStream(deflate(hello+" "+strings.Repeat("[", 20_000_000)), flateFilter))
		}, nil, ""},
		{"five million brackets in an object", func() []byte {
			return tree("<</Type/Pages/Kids[1 0 R]/A 4 0 R>>", strings.Repeat("[", 5_000_000))
		}, nil, ""},
		{"five million brackets in the catalog", func() []byte {
			w := new(writer).pages("", "", hello)
			w.objects[w.root-1] = "<</Type/Catalog/A" + strings.Repeat("[", 5_000_000)
			return w.bytes()
		}, ingest.ErrDamaged, ""},
		{"arrays of twenty million numbers in a page", func() []byte {
			return withContent(flateStream(deflate(hello+strings.Repeat(" ["+strings.Repeat("0 ", 150_000)+"]", 80)), flateFilter))
		}, nil, ""},
		{"an array of ten million numbers in an object", func() []byte {
			return tree("<</Type/Pages/Kids[1 0 R 4 0 R]>>", "["+strings.Repeat("0 ", 10_000_000)+"]")
		}, nil, ""},
		{"a dictionary of a million keys", func() []byte {
			var out strings.Builder
			for i := range 1_000_000 {
				fmt.Fprintf(&out, "/K%d %d ", i, i)
			}
			return tree("<</Type/Pages/Kids[1 0 R 4 0 R]>>", "<<"+out.String()+">>")
		}, nil, ""},
		{"a million text objects", func() []byte {
			return withContent(flateStream(deflate(hello+strings.Repeat(" BT /F1 9 Tf 9 9 Td (a) Tj ET", 1_000_000)), flateFilter))
		}, nil, ""},
		{"ten million words", func() []byte {
			w := new(writer).pages("", "", append([]string{hello}, make([]string, 40)...)...)
			var words strings.Builder
			words.WriteString("BT /F1 9 Tf 1 0 0 1 9 700 Tm 1 TL ")
			for i := range 400 {
				fmt.Fprintf(&words, "0 -%d Td (%s) Tj ", i%2, strings.Repeat(fmt.Sprintf("a%d ", i%7), 800))
			}
			for i := 1; i <= 40; i++ {
				w.objects[2*i] = flateStream(deflate(words.String()+"ET"), flateFilter)
			}
			return w.bytes()
		}, nil, "more than a book does"},
		{"2,000 pages with a font of 100 long ranges each", func() []byte {
			w := &writer{}
			var cmap strings.Builder
			for range 2000 {
				cmap.WriteString("100 beginbfrange\n" + strings.Repeat("<0000> <FFFF> <0041>\n", 100) + "endbfrange\n")
			}
			w.stream("", cmap.String())
			return w.pages("/F9<</F9 9>>/Font<</F1<</Type/Font/Subtype/Type0/BaseFont/X/Encoding/Identity-H/ToUnicode 1 0 R>>>>", "",
				"BT /F1 9 Tf 9 700 Td (\x00\x00\x00\x01) Tj ET").bytes()
		}, errAny, ""},
		{"a stream whose length is itself", func() []byte {
			w := new(writer).pages("", "", "")
			w.objects[0] = "<</Length 1 0 R>>\nstream\n" + hello + "\nendstream"
			return w.bytes()
		}, nil, ""},
		{"a stream whose filter and parameters are itself", func() []byte {
			w := new(writer).pages("", "", hello, "")
			w.objects[2] = "<</Filter 3 0 R/DecodeParms 3 0 R/Length 3 0 R>>\nstream\n" + hello + "\nendstream"
			return w.bytes()
		}, nil, "page 2"},
		{"resources, fonts and forms that hold themselves", func() []byte {
			w := &writer{}
			w.add("<</Font 1 0 R/XObject 1 0 R/ExtGState 1 0 R/Properties 1 0 R/F1 1 0 R/X 1 0 R/Subtype/Type0" +
				"/DescendantFonts[1 0 R]/Encoding 1 0 R/ToUnicode 1 0 R/FontDescriptor 1 0 R/CIDToGIDMap 1 0 R/W 1 0 R/Kids 1 0 R/Parent 1 0 R>>")
			return w.pages("", "/Annots[1 0 R]", hello, "/F1 gs /F1 12 Tf (x) Tj /X Do /X BDC").bytes()
		}, nil, ""},
		{"contents that hold themselves", func() []byte {
			w := new(writer).pages("", "", hello, "")
			w.objects[2] = "[3 0 R 3 0 R [1 0 R]]"
			return w.bytes()
		}, nil, ""},
		{"references that go round in circles", func() []byte {
			return tree("<</Type/Pages/Kids[1 0 R 4 0 R]>>", "5 0 R", "4 0 R")
		}, nil, ""},
		{"a row of pixels as long as a file", func() []byte {
			w := new(writer).pages("", "", append([]string{hello}, make([]string, 200)...)...)
			for i := 1; i <= 200; i++ {
				w.objects[2*i] = flateStream(deflate("0123456789"), "/Filter/FlateDecode/DecodeParms<</Predictor 15/Columns 2147483647/Colors 99/BitsPerComponent 99>>")
			}
			return w.bytes()
		}, nil, ""},
	}
}

// errAny stands for any error of ingest or none: the file is nonsense.
var errAny = ingest.ErrNoText

func TestReadGetsOverBombs(t *testing.T) {
	for _, tt := range bombs() {
		t.Run(tt.name, func(t *testing.T) {
			doc, err := pdf.Reader{}.Read(t.Context(), input("a.pdf", tt.file()))
			said := strings.Join(doc.Warnings, "\n")
			switch {
			case tt.want == errAny: //nolint:errorlint // the mark itself
				check(t, doc, err)
			case tt.want != nil:
				require.ErrorIs(t, err, tt.want)
				said = err.Error()
			default:
				require.NoError(t, err)
				require.NotEmpty(t, doc.Blocks)
				require.Contains(t, doc.Blocks[0].Text, helloText)
			}
			require.Contains(t, said, tt.says)
		})
	}
}

func TestReadBoundsTheTablesOfFonts(t *testing.T) {
	tests := []struct {
		name   string
		fonts  int
		widths string
	}{
		{"a hundred bytes each, for a hundred thousand widths", 500, "0 65535 500 65536 131071 500"},
		{"the same widths again and again", 11, strings.Repeat("0 65535 500 ", 4)},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			w := &writer{}
			list, shown := "", ""
			for i := range tt.fonts {
				n := w.add(fmt.Sprintf("<</Type/Font/Subtype/Type0/BaseFont/A%d/Encoding/Identity-H/DescendantFonts[<</Subtype/CIDFontType2/W[%s]>>]>>", i, tt.widths))
				list += fmt.Sprintf("/G%d %d 0 R", i, n)
				shown += fmt.Sprintf(" BT /G%d 10 Tf 50 500 Td <0041> Tj ET", i)
			}
			w.pages("", "", hello+shown)
			page := &w.objects[len(w.objects)-3]
			*page = strings.Replace(*page, "/Font<<", "/Font<<"+list, 1)
			doc := read(t, w)
			require.Equal(t, "Close the hood and press the button.", doc.Blocks[0].Text)
			require.Contains(t, strings.Join(doc.Warnings, "|"), "its fonts have tables of more than 1000000 entries")
		})
	}
}

// few is how many bytes reading a small file allocates at most, freed ones
// among them.
const few = 256 << 20

// allocated is how many bytes reading a file allocates.
func allocated(t *testing.T, file []byte) int {
	t.Helper()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	_, err := pdf.Reader{}.Read(t.Context(), input("a.pdf", file))
	runtime.ReadMemStats(&after)
	require.NoError(t, err)
	return int(after.TotalAlloc - before.TotalAlloc)
}

func TestReadBoundsWhatAccentsTake(t *testing.T) {
	word := " BT /F1 10 Tf 50 500 Td [" + strings.Repeat("(a) 556 (\xb4) ", 40_000) + "] TJ ET"
	require.Less(t, allocated(t, simple(hello+word)), few)
}

func TestReadBoundsWhatFontProgramsTake(t *testing.T) {
	be32 := func(n int) string { return string(binary.BigEndian.AppendUint32(nil, uint32(n))) }
	be16 := func(n int) string { return string(binary.BigEndian.AppendUint16(nil, uint16(n))) }
	post := func(glyphs int, more string) string {
		table := "\x00\x02\x00\x00" + strings.Repeat("\x00", 28) + be16(glyphs) + more
		return "\x00\x01\x00\x00" + be16(1) + strings.Repeat("\x00", 6) + "post" + be32(0) + be32(28) + be32(len(table)) + table
	}
	// A Compact Font Format program whose glyphs all have the same long name.
	long := func(glyphs, length int) string {
		index := func(item string) string { return be16(1) + "\x04" + be32(1) + be32(1+len(item)) + item }
		top := func(charset, strings int) string {
			return index("\x1d" + be32(charset) + "\x0f" + "\x1d" + be32(strings) + "\x11")
		}
		before := "\x01\x00\x04\x04" + index("F") + top(0, 0) + index(strings.Repeat("a", length)) + be16(0)
		charset := "\x00" + strings.Repeat(be16(391), glyphs-1)
		return strings.Replace(before, top(0, 0), top(len(before), len(before)+len(charset)), 1) +
			charset + be16(glyphs) + "\x01" + strings.Repeat("\x01", glyphs+1)
	}
	tests := []struct {
		name    string
		program string
		fonts   int
	}{
		{"ten million names without a letter", post(1, strings.Repeat("\x00", 10_000_000)), 1},
		{"a table of 65,535 names that ends before the first", post(65535, ""), 500},
		{"20,000 glyphs with the same name of 64 kB", long(20_000, 1<<16), 1},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			w := &writer{}
			n := w.add(flateStream(deflate(tt.program), "/Filter/FlateDecode"))
			list, shown := "", ""
			for i := range tt.fonts {
				f := w.add(fmt.Sprintf("<</Type/Font/Subtype/TrueType/BaseFont/A%d/FontDescriptor<</FontFile2 %d 0 R/Flags 4>>>>", i, n))
				list += fmt.Sprintf("/G%d %d 0 R", i, f)
				shown += fmt.Sprintf(" BT /G%d 10 Tf 50 500 Td (A) Tj ET", i)
			}
			w.pages("", "", hello+shown)
			page := &w.objects[len(w.objects)-3]
			*page = strings.Replace(*page, "/Font<<", "/Font<<"+list, 1)
			require.Less(t, allocated(t, w.bytes()), few)
		})
	}
}
