package pdf_test

import (
	"bytes"
	"compress/zlib"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sufflor/sufflor/ingest"
	"github.com/sufflor/sufflor/ingest/pdf"
)

// streamFile has its cross-reference table in a stream and its page tree in an
// object stream.
func streamFile() []byte {
	data := objectStreamFile()
	data = data[:bytes.LastIndex(data, []byte("xref\n0"))]
	rows := make([][3]int, 11)
	for _, m := range regexp.MustCompile(`(?m)^(\d+) 0 obj`).FindAllSubmatchIndex(data, -1) {
		n := 0
		fmt.Sscan(string(data[m[2]:m[3]]), &n)
		rows[n] = [3]int{1, m[0], 0}
	}
	for i, n := range []int{2, 4, 5} {
		rows[n] = [3]int{2, 9, i}
	}
	rows[10] = [3]int{1, len(data), 0}
	// One column of the rows is predicted from the row above (12).
	var table []byte
	above := make([]byte, 4)
	for _, r := range rows {
		row := []byte{byte(r[0]), byte(r[1] >> 8), byte(r[1]), byte(r[2])}
		table = append(table, 2)
		for i := range row {
			table = append(table, row[i]-above[i])
		}
		above = row
	}
	packed := deflate(string(table))
	return fmt.Appendf(data, "10 0 obj\n<</Type/XRef/Size 11/Root 6 0 R/W[1 2 1]/Filter/FlateDecode/DecodeParms<</Predictor 12/Columns 4>>/Length %d>>\n"+
		"stream\n%s\nendstream\nendobj\nstartxref\n%d\n%%%%EOF\n", len(packed), packed, len(data))
}

func TestReadMendsDamage(t *testing.T) {
	second := content(text{50, 700, 12, "", "Page two."})
	good := simple(hello, second)
	withStream := func(dict, data string) []byte {
		w := new(writer).pages("", "", "", second)
		w.objects[0] = "<<" + dict + ">>\nstream\n" + data + "\nendstream"
		return w.bytes()
	}
	long := hello + strings.Repeat(" 0 g", 3000)
	flate := deflate(long)
	// A later section whose Prev leads nowhere, and one that has a newer page.
	older := bytes.LastIndex(good, []byte("xref\n0"))
	appended := func(prev int) []byte {
		newer := strings.Replace(content(text{50, 700, 12, "", "Page 2."}), "Page 2.", "Page two.", 1)
		base := bytes.Replace(good, []byte("(Page two.)"), []byte("(Page old.)"), 1)
		at := len(base)
		out := fmt.Appendf(base, "3 0 obj\n<</Length %d>>\nstream\n%s\nendstream\nendobj\n", len(newer), newer)
		return fmt.Appendf(out, "xref\n3 1\n%010d 00000 n \ntrailer\n<</Size 7/Root 6 0 R/Prev %d>>\nstartxref\n%d\n%%%%EOF\n", at, prev, len(out))
	}
	hybrid := func() []byte {
		w := new(writer).pages("", "", hello, second)
		tree := w.objects[4]
		w.objects[4] = "null"
		head := "5 0 "
		n := w.stream(fmt.Sprintf("/Type/ObjStm/N 1/First %d", len(head)), head+tree)
		data := w.bytes()
		// Object 5 is free in the table and in the stream beside it.
		data = regexp.MustCompile(`(?s)(xref\n0 \d+\n(?:\d{10} \d{5} [nf] \n){5})\d{10} 00000 n `).ReplaceAll(data, []byte("${1}0000000000 00000 f "))
		data = data[:bytes.LastIndex(data, []byte("startxref"))]
		data = bytes.Replace(data, []byte("5 0 obj\nnull\nendobj\n"), []byte("% 4567\n% 34\n% 34567\n"), 1)
		at := len(data)
		data = fmt.Appendf(data, "9 0 obj\n<</Type/XRef/Size 10/Index[5 1]/W[1 1 1]/Length 3>>\nstream\n\x02%c\x00\nendstream\nendobj\n", n)
		data = bytes.Replace(data, []byte("trailer\n<<"), fmt.Appendf(nil, "trailer\n<</XRefStm %d", at+len("/XRefStm 1234")), 1)
		return fmt.Appendf(data, "startxref\n%d\n%%%%EOF\n", bytes.LastIndex(data[:at], []byte("xref\n0")))
	}
	tests := []struct {
		name string
		file []byte
	}{
		{"nothing is wrong with a cross-reference stream", streamFile()},
		{"a cross-reference stream that is not where it should be", bytes.Replace(streamFile(), []byte("startxref\n"), []byte("startxref\n1"), 1)},
		{"version 1.8", bytes.Replace(good, []byte("%PDF-1.4"), []byte("%PDF-1.8"), 1)},
		{"startxref a little off", regexp.MustCompile(`startxref\n\d+`).ReplaceAll(good, fmt.Appendf(nil, "startxref\n%d", older-3))},
		{"Prev leads astray", appended(17)},
		{"Prev leads to an older section", appended(older)},
		{"Prev leads out of the file", appended(1 << 30)},
		{"a hybrid file", hybrid()},
		{"no table, no startxref, no end", good[:older]},
		{"every endobj is missing", bytes.ReplaceAll(good, []byte("endobj"), nil)},
		{"objects are spelt in odd ways", regexp.MustCompile(`(\d) 0 obj\n`).ReplaceAll(good, []byte("${1}  0\n obj"))},
		{"line ends are carriage returns", bytes.ReplaceAll(good, []byte("\n"), []byte("\r"))},
		{"a hole in the table", bytes.Replace(good, []byte("00000 n"), []byte("00000 X"), 2)},
		{"offsets of one object in another's place", regexp.MustCompile(`(\d{10}) 00000 n \n(\d{10})`).ReplaceAll(good, []byte("$2 00000 n \n$1"))},
		{"the length is too small", withStream("/Length 3", hello)},
		{"the length is too large", withStream("/Length 9999", hello)},
		{"no length", withStream("", hello)},
		{"the length is missing from a deflated stream", withStream("/Filter/FlateDecode", flate)},
		{"the length cuts hex off", withStream("/Filter/ASCIIHexDecode/Length 9", hex.EncodeToString([]byte(hello))+">")},
		{"the checksum of a deflated stream is wrong", withStream(fmt.Sprintf("/Filter/FlateDecode/Length %d", len(flate)), flate[:len(flate)-4]+"\x00\x00\x00\x00")},
		{"a deflated stream is cut off", withStream(fmt.Sprintf("/Filter/FlateDecode/Length %d", len(flate)-8), flate[:len(flate)-8])},
		{"a deflated stream has no header", withStream(fmt.Sprintf("/Filter/FlateDecode/Length %d", len(flate)-2), flate[2:])},
		{"a name for a filter is an abbreviation", withStream("/Filter[/AHx/Fl]", hex.EncodeToString([]byte(flate))+">")},
		{"two streams split in the middle of an operator's operands", func() []byte {
			w := new(writer).pages("", "", "BT /F1 12 Tf 50", second)
			n := w.stream("", "700 Td (Close the hood and press the button.) Tj ET")
			w.objects[1] = strings.Replace(w.objects[1], "/Contents 1 0 R", fmt.Sprintf("/Contents[1 0 R %d 0 R]", n), 1)
			return w.bytes()
		}()},
		{"a page that is not in the file", func() []byte {
			w := new(writer).pages("", "", hello, second)
			w.objects[4] = strings.Replace(w.objects[4], "Kids[", "Kids[77 0 R ", 1)
			return w.bytes()
		}()},
		{"an object stream that cannot be read and is not needed", func() []byte {
			data := streamFile()
			at := bytes.LastIndex(data, []byte("10 0 obj"))
			bad := "11 0 obj\n<</Type/ObjStm/N 3/First 20/Filter/FlateDecode/Length 4>>\nstream\nabcd\nendstream\nendobj\n"
			return append(append(bytes.Clone(data[:at]), bad...), data[at:]...)
		}()},
		{"a reference to an object with a negative number", bytes.Replace(good, []byte("trailer\n<<"), []byte("trailer\n<</Encrypt -5 0 R/Info -1 0 R"), 1)},
		{"a root with a negative number", bytes.Replace(good, []byte("/Root 6 0 R"), []byte("/Root -6 0 R"), 1)},
		{"a string with an escape that no library knows", bytes.Replace(good, []byte("/Type/Catalog"), []byte("/Type/Catalog/X(a\\qb\\777)"), 1)},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := pdf.Pages(t.Context(), input("a.pdf", tt.file))
			require.NoError(t, err)
			require.Equal(t, []string{helloText, "Page two."}, got)
		})
	}
}

func TestReadSaysWhatIsMissing(t *testing.T) {
	w := new(writer).pages("", "", strings.Replace(hello, "50 700", "50 400", 1))
	w.info = w.add("<</Title(Hood manual)>>")
	w.objects[2] = strings.Replace(w.objects[2], "Kids[", "Kids[77 0 R ", 1)
	doc, err := pdf.Reader{}.Read(t.Context(), input("a.pdf", w.bytes()))
	require.NoError(t, err)
	require.Equal(t, []string{"damaged: 1 objects could not be read"}, doc.Warnings)
	require.Equal(t, "Hood manual", doc.Title)
}

func TestReadSaysWhatIsTooMuch(t *testing.T) {
	const megabytes = 33
	forms := func() []byte {
		w := &writer{}
		for i := range 14 {
			content, resources := content(text{50, 600, 12, "", "Too deep."}), ""
			if i > 0 {
				content, resources = "/X Do", fmt.Sprintf("/XObject<</X %d 0 R>>", i)
			}
			w.stream("/Type/XObject/Subtype/Form/BBox[0 0 600 800]/Resources<<"+fonts+resources+">>", content)
		}
		return w.pages("/XObject<</X 14 0 R>>", "", hello+" /X Do").bytes()
	}
	levels := func() []byte {
		var nodes []string
		for i := range 70 {
			nodes = append(nodes, fmt.Sprintf("<</Type/Pages/Level %d/Kids[%d 0 R]>>", i, i+4))
		}
		nodes[0] = "<</Type/Pages/Kids[1 0 R 4 0 R]>>"
		return tree(append(nodes, "<</Type/Pages/Kids[1 0 R]>>")...)
	}
	parts := func() []byte {
		w := new(writer).pages("", "", hello)
		n := w.stream("", strings.Repeat(" ", megabytes<<19))
		w.objects[1] = strings.Replace(w.objects[1], "/Contents 1 0 R", fmt.Sprintf("/Contents[1 0 R %d 0 R %d 0 R]", n, n), 1)
		return w.bytes()
	}
	runs := func() []byte {
		w := new(writer).pages("", "", "")
		run := string(rune(len(hello)-1)) + hello + strings.Repeat("\x81 ", megabytes<<13)
		w.objects[0] = fmt.Sprintf("<</Filter/RunLengthDecode/Length %d>>\nstream\n%s\nendstream", len(run), run)
		return w.bytes()
	}
	const field = "<</Subtype/Widget/Rect[50 400 500 420]"
	annotated := func(annotations string) []byte {
		w := &writer{}
		w.add("[" + strings.Repeat("[(b)(c)]", 10_000) + "]")
		return w.pages("", "/Annots["+annotations+"]", hello).bytes()
	}
	tests := []struct {
		name string
		file []byte
		says string
	}{
		{"forms in each other", forms(), "page 1: more than 12 forms in each other, what is deeper is left out"},
		{"levels of the page tree", levels(), "damaged: 1 objects could not be read"},
		{"a content stream without a filter", simple(hello + strings.Repeat(" ", megabytes<<20)), "page 1: stream of more than 33554432 bytes"},
		{"a content stream of runs", runs(), "page 1: stream of more than 33554432 bytes"},
		{"annotations", annotated(strings.Repeat("<<>>", 10_001)), "page 1: more than 10000 annotations, the rest is left out"},
		{"text in fields", annotated(field + "/FT/Tx/V(" + strings.Repeat("a", 1_000_001) + ")>>"), "page 1: more than 1,000,000 glyphs, the rest is left out"},
		{"options of a field", annotated(field + "/FT/Ch/V(a)/Opt[" + strings.Repeat("(b)", 10_001) + "]>>"), "page 1: a list of more than 10000 options, or 256 that are chosen: the rest is left out"},
		{"options of all fields", annotated(strings.Repeat(field+"/FT/Ch/V(a)/Opt 1 0 R>>", 130)), "page 1: more than 5,000,000 operators, the rest is left out"},
		{"content streams of a page", parts(), "page 1: more than 32 MB of content, the rest is left out"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			doc, err := pdf.Reader{}.Read(t.Context(), input("a.pdf", tt.file))
			require.NoError(t, err)
			require.True(t, contains(doc, helloText))
			require.Equal(t, []string{tt.says}, doc.Warnings)
		})
	}
}

func TestReadTakesWhatIsFlushedForWhole(t *testing.T) {
	flushed := func(s string) string {
		var out bytes.Buffer
		z := zlib.NewWriter(&out)
		z.Write([]byte(s))
		z.Flush()
		return out.String()
	}
	tests := []struct {
		name, stream string
		warnings     []string
	}{
		{"an empty stream", "", nil},
		{"a stream without its last block", flushed(content(text{50, 600, 12, "", "Flushed."})), nil},
		{"a stream that is cut off", deflate(content(text{50, 600, 12, "", "Cut off."}))[:20], []string{"page 1: content stream 2: unexpected EOF"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			w := simple2(hello)
			n := w.add(flateStream(tt.stream, "/Filter/FlateDecode"))
			w.objects[1] = strings.Replace(w.objects[1], "/Contents 1 0 R", fmt.Sprintf("/Contents[1 0 R %d 0 R]", n), 1)
			doc := read(t, w)
			require.Equal(t, tt.warnings, doc.Warnings)
			require.Equal(t, strings.Contains(tt.name, "without"), contains(doc, "Flushed."))
		})
	}
}

func TestPagesBeyondTheMostAreSaidWhenNoneHasText(t *testing.T) {
	kids := "4 0 R " + strings.Repeat("5 0 R ", 20_001)
	_, err := pdf.Reader{}.Read(t.Context(), input("a.pdf", tree("<</Type/Pages/Kids["+kids+"]>>", "<</Type/Page/MediaBox[0 0 9 9]>>", "<</Type/Page/MediaBox[0 0 9 9]>>")))
	require.ErrorIs(t, err, ingest.ErrNoText)
	require.ErrorContains(t, err, "more than 20000 pages, the rest is left out")
}

func TestReadSaysWhatIsWrongWithADamagedFile(t *testing.T) {
	good := simple(hello)
	levels := func() []byte {
		nodes := []string{}
		for i := range 80 {
			nodes = append(nodes, fmt.Sprintf("<</Type/Pages/Level %d/Kids[%d 0 R]>>", i, i+4))
		}
		return tree(append(nodes, "<</Type/Pages/Kids[1 0 R]>>")...)
	}
	lzw := new(writer).pages("", "", "")
	lzw.objects[0] = "<</Filter/LZWDecode/Length 3>>\nstream\n\xff\xff\xff\nendstream"
	tests := []struct {
		name string
		file []byte
		is   error
		says string
	}{
		{"a page tree inside of itself", tree("<</Type/Pages/Kids[3 0 R]>>"), ingest.ErrDamaged, "its pages refer to themselves in a circle"},
		{"a page tree inside of a part of it", tree("<</Type/Pages/Kids[4 0 R]>>", "<</Type/Pages/Part 1/Kids[3 0 R 4 0 R]>>"), ingest.ErrDamaged, "its pages refer to themselves in a circle"},
		{"no pages in any part", tree("<</Type/Pages/Kids[4 0 R 4 0 R]>>", "<</Type/Pages/Kids[]>>"), ingest.ErrNoText, "it has no pages: its list of them is empty"},
		{"pages too deep in the tree", levels(), ingest.ErrDamaged, "its pages are more than 64 levels below the first"},
		{"pages that are not in the file", tree("<</Type/Pages/Kids[77 0 R 78 0 R]>>"), ingest.ErrDamaged, "its pages are lost: 2 objects in it are broken or missing"},
		{"no list of pages", bytes.Replace(good, []byte("/Type/Catalog/Pages"), []byte("/Type/Catalog/Sagep"), 1), ingest.ErrDamaged, "its catalog names no pages"},
		{"a page that cannot be decoded", lzw.bytes(), ingest.ErrDamaged, "nothing in it can be read, page 1: LZW code out of range"},
		{"the half of it", good[:bytes.Index(good, []byte("/Kids"))], ingest.ErrDamaged, "its end is missing, copy or download it again: " +
			"nothing says where its table of objects is (startxref); without its table: no objects in it lead to its pages"},
		{"a header and nothing behind it", []byte("%PDF-1.4\nstartxref\n9\n%%EOF\n"), ingest.ErrDamaged, "without its table: no objects in it lead to its pages"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := pdf.Reader{}.Read(t.Context(), input("a.pdf", tt.file))
			require.ErrorIs(t, err, tt.is)
			require.ErrorContains(t, err, "a.pdf: ")
			require.ErrorContains(t, err, tt.says)
		})
	}
}

func TestReadSaysThatAValueIsDamaged(t *testing.T) {
	w := &writer{}
	n := w.add(flateStream(deflate("A long value.")[:8], "/Filter/FlateDecode"))
	w.pages("", fmt.Sprintf("/Annots[<</Subtype/Widget/Rect[50 400 500 420]/FT/Tx/V %d 0 R>>]", n), hello)
	require.Equal(t, []string{"page 1: the value of a field: unexpected EOF"}, read(t, w).Warnings)
}

func TestReadNamesThePagesThatNeedOCR(t *testing.T) {
	image := func(pages ...string) []byte {
		w := &writer{}
		w.stream("/Type/XObject/Subtype/Image/Width 1/Height 1/Filter/DCTDecode", "x")
		return w.pages("/XObject<</I 1 0 R>>", "", pages...).bytes()
	}
	stamp := "q 600 0 0 800 0 0 cm /I Do Q " + content(text{50, 20, 8, "", "Scanned by X"})
	doc, err := pdf.Reader{}.Read(t.Context(), input("a.pdf", image(stamp, stamp, stamp)))
	require.ErrorContains(t, err, "3 of 3 pages hold pictures or unreadable fonts, and there is no usable text: run it through OCR")
	require.Equal(t, 3, doc.Pages)
	require.Equal(t, []int{1, 2, 3}, doc.Scans)

	doc, err = pdf.Reader{}.Read(t.Context(), input("a.pdf", image(hello, stamp, hello, stamp, stamp, "")))
	require.NoError(t, err)
	require.Equal(t, 6, doc.Pages)
	require.Equal(t, []int{2, 4, 5}, doc.Scans)
	require.Empty(t, doc.Warnings, "whoever recognises them or does not says so")
}

func TestReadWritesNothingToTheHomeFolder(t *testing.T) {
	home := t.TempDir()
	t.Setenv("HOME", home)
	t.Setenv("XDG_CONFIG_HOME", filepath.Join(home, "config"))
	w := new(writer).pages("", "", hello)
	w.objects[2] = strings.Replace(w.objects[2], "Kids[", "Kids[77 0 R ", 1) // every library is tried
	_, err := pdf.Reader{}.Read(t.Context(), input("a.pdf", w.bytes()))
	require.NoError(t, err)
	left, err := os.ReadDir(home)
	require.NoError(t, err)
	require.Empty(t, left)
}
