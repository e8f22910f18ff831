package pdf_test

import (
	"bytes"
	"context"
	"encoding/ascii85"
	"encoding/hex"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sufflor/sufflor/ingest"
	"github.com/sufflor/sufflor/ingest/pdf"
)

var _ ingest.Reader = pdf.Reader{}

const hello = "BT /F1 12 Tf 50 700 Td (Close the hood and press the button.) Tj ET"

func TestPagesReadsWhatIsPainted(t *testing.T) {
	tests := []struct {
		name string
		file []byte
		want string
	}{
		{
			name: "every operator that paints text",
			file: simple("BT /F1 12 Tf 14 TL 50 700 Td (one) Tj T* (two) Tj (three) ' 0 0 (four) \" 0 -14 TD (five) Tj" +
				" 1 0 0 1 50 600 Tm [(s) 20 (ix)] TJ ET"),
			want: "one\ntwo\nthree\nfour\nfive\n\nsix",
		},
		{
			name: "kerning is no space, a gap is",
			file: simple("BT /F1 12 Tf 50 700 Td [(A) 80 (V) -90 (A)] TJ 100 0 Td [(over) -400 (heats)] TJ ET"),
			want: "AVA over heats",
		},
		{
			name: "character, word and horizontal spacing do not part words",
			file: simple("BT /F1 12 Tf 3 Tc 5 Tw 50 Tz 50 700 Td (press force) Tj ET"),
			want: "press force",
		},
		{
			name: "a word in two fonts stays one",
			file: simple("BT /F1 12 Tf 50 700 Td (XY) Tj /F2 12 Tf (-2000) Tj ET"),
			want: "XY-2000",
		},
		{
			name: "raised digits are exponents, lowered ones are not",
			file: simple("BT /F1 12 Tf 50 700 Td (m) Tj 5 Ts /F1 7 Tf (3) Tj 0 Ts /F1 12 Tf ( CO) Tj -3 Ts /F1 7 Tf (2) Tj ET"),
			want: "m³ CO2",
		},
		{
			name: "graphics state is saved and the matrix moves text",
			file: simple("q 2 0 0 2 0 0 cm BT /F1 6 Tf 25 350 Td (big) Tj ET Q BT /F1 12 Tf 50 650 Td (small) Tj ET"),
			want: "big\n\nsmall",
		},
		{
			name: "inline images are skipped, whatever their bytes",
			file: simple("q BI /W 4 /H 1 /BPC 8 /CS /G ID (Tj EI\x80\x00( \nEI Q " + hello),
			want: "Close the hood and press the button.",
		},
		{
			name: "ActualText replaces what is painted",
			file: simple("BT /F1 12 Tf 50 700 Td (be ) Tj /Span <</ActualText <FEFF006600FC0072>>> BDC (f~r) Tj EMC ( use) Tj ET"),
			want: "be für use",
		},
		{
			name: "text painted twice is read once",
			file: simple(content(text{50, 700, 12, "", "Warning"}, text{50.3, 700, 12, "", "Warning"}) +
				"BT /F1 12 Tf 50 650 Td (B) Tj -8 0 Td (B) Tj ET"),
			want: "Warning\n\nBB",
		},
		{
			name: "turned text comes last",
			file: simple("BT /F1 12 Tf 0 1 -1 0 20 300 Tm (stamp) Tj ET " +
				content(text{50, 700, 12, "", "first"}, text{50, 650, 12, "", "second"}, text{50, 600, 12, "", "third"})),
			want: "first\n\nsecond\n\nthird\n\nstamp",
		},
		{
			name: "text beyond the page's edges is not on the page",
			file: simple(hello + content(text{900, 700, 12, "", "outside"})),
			want: "Close the hood and press the button.",
		},
		{
			name: "numbers and brackets as viewers accept them",
			file: simple("BT /F1 12 Tf --5 1.2.3 Td 50 700- Td [(open) -20 (ed)] TJ [(never) (closed) Tj ET"),
			want: "opened",
		},
		{
			name: "lines end where they end on the page, with their hyphens",
			file: simple(content(
				text{50, 700, 12, "", "The controller stops at once and the com-"},
				text{50, 686, 12, "", "pressor cools down, see article 720-"},
				text{50, 672, 12, "", "4420 in the list of every compressor sold."})),
			want: "The controller stops at once and the com-\npressor cools down, see article 720-\n4420 in the list of every compressor sold.",
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := pdf.Pages(t.Context(), input("a.pdf", tt.file))
			require.NoError(t, err)
			require.Equal(t, []string{tt.want}, got)
		})
	}
}

func TestPagesDecodesFonts(t *testing.T) {
	const cmap = "begincmap 1 begincodespacerange <0000> <FFFF> endcodespacerange " +
		"2 beginbfchar <0001> <00C5> <0002> <00660066> endbfchar " +
		"2 beginbfrange <0010> <0012> <0061> <0020> <0021> [<00E6> <00F8>] endbfrange endcmap"
	tests := []struct {
		name    string
		font    string // after /Type/Font; %d is the ToUnicode stream
		unicode string
		shown   string
		want    string
	}{
		{
			name: "WinAnsi", font: "/Subtype/Type1/BaseFont/Arial/Encoding/WinAnsiEncoding",
			shown: "(\xc5pne \x80 \x93d\xf8r\x94 \x96)", want: "Åpne € “dør” –",
		},
		{
			name: "Mac Roman", font: "/Subtype/Type1/BaseFont/Arial/Encoding/MacRomanEncoding",
			shown: "(\x81pne d\xbfr)", want: "Åpne dør",
		},
		{
			name: "standard, the built-in one of Latin fonts", font: "/Subtype/Type1/BaseFont/Times-Roman",
			shown: "(\xaeve don't \xe9)", want: "five don’t Ø",
		},
		{
			name:  "Differences with names of the glyph list, uni names and ligatures",
			font:  "/Subtype/Type1/BaseFont/X/Encoding<</BaseEncoding/WinAnsiEncoding/Differences[65/aring/Zcaron 67/uni03A9/f_i/odieresis.sc]>>",
			shown: "(ABCDEF)", want: "åŽΩfiöF",
		},
		{
			name: "ToUnicode of a simple font wins over its encoding", unicode: "beginbfchar <41> <00D8> endbfchar",
			font: "/Subtype/TrueType/BaseFont/ABCDEF+X/Encoding/WinAnsiEncoding/ToUnicode %d 0 R", shown: "(AB)", want: "ØB",
		},
		{
			name: "Identity-H with ToUnicode", unicode: cmap,
			font:  "/Subtype/Type0/BaseFont/X/Encoding/Identity-H/ToUnicode %d 0 R/DescendantFonts[<</Subtype/CIDFontType2/DW 500/W[1[600 600] 16 18 550]>>]",
			shown: "<000100020010001100120020 0021>", want: "Åffabcæø",
		},
		{
			name:  "a UCS2 encoding is Unicode itself",
			font:  "/Subtype/Type0/BaseFont/X/Encoding/UniGB-UCS2-H/DescendantFonts[<</Subtype/CIDFontType2/DW 500>>]",
			shown: "<00C500660066>", want: "Åff",
		},
		{
			name:  "Symbol",
			font:  "/Subtype/Type1/BaseFont/Symbol",
			shown: "(10 mW \xb1 2 \xb0)", want: "10 μΩ ± 2 °",
		},
		{
			name: "Type 3",
			font: "/Subtype/Type3/FontMatrix[.01 0 0 .01 0 0]/FontBBox[0 0 80 100]/CharProcs<<>>" +
				"/Encoding<</Differences[97/aring/space/b]>>/FirstChar 97/Widths[60 30 60]",
			shown: "(acbca)", want: "åb bå",
		},
		{
			name:  "what no table knows is marked, not guessed",
			font:  "/Subtype/Type0/BaseFont/X/Encoding/Identity-H/DescendantFonts[<</Subtype/CIDFontType2/DW 500>>]",
			shown: "<0041>", want: "\uFFFD",
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			w := &writer{}
			font := tt.font
			if tt.unicode != "" {
				font = fmt.Sprintf(font, w.stream("", tt.unicode))
			}
			// The fonts of the helper stay the page's; a form brings its own.
			form := w.stream("/Type/XObject/Subtype/Form/BBox[0 0 600 800]/Resources<</Font<</G<</Type/Font"+font+">>>>>>",
				"BT /G 12 Tf 50 700 Td "+tt.shown+" Tj ET")
			w.pages(fmt.Sprintf("/XObject<</X %d 0 R>>", form), "", "/X Do")
			got, err := pdf.Pages(t.Context(), input("a.pdf", w.bytes()))
			require.NoError(t, err)
			require.Equal(t, []string{tt.want}, got)
		})
	}
}

func TestPagesReadsForms(t *testing.T) {
	t.Run("forms in forms, with their matrix", func(t *testing.T) {
		w := &writer{}
		inner := w.stream("/Type/XObject/Subtype/Form/BBox[0 0 600 800]/Matrix[1 0 0 1 0 -20]/Resources<<"+fonts+">>",
			content(text{50, 700, 12, "", "inside"}))
		outer := w.stream(fmt.Sprintf("/Type/XObject/Subtype/Form/BBox[0 0 600 800]/Resources<</XObject<</I %d 0 R>>>>", inner), "/I Do")
		w.pages(fmt.Sprintf("/XObject<</O %d 0 R>>", outer), "", content(text{50, 700, 12, "", "above"})+"/O Do")
		got, err := pdf.Pages(t.Context(), input("a.pdf", w.bytes()))
		require.NoError(t, err)
		require.Equal(t, []string{"above\n\ninside"}, got)
	})
	t.Run("a form that calls itself twice comes to an end", func(t *testing.T) {
		w := &writer{}
		w.stream("/Type/XObject/Subtype/Form/BBox[0 0 600 800]/Resources<<"+fonts+"/XObject<</X 1 0 R>>>>", "/X Do /X Do")
		w.pages("/XObject<</X 1 0 R>>", "", hello+" /X Do")
		doc, err := pdf.Reader{}.Read(t.Context(), input("a.pdf", w.bytes()))
		require.NoError(t, err)
		require.Equal(t, "Close the hood and press the button.", doc.Blocks[0].Text)
	})
	t.Run("too many form calls are a warning", func(t *testing.T) {
		w := &writer{}
		w.stream("/Type/XObject/Subtype/Form/BBox[0 0 600 800]", "")
		w.pages("/XObject<</X 1 0 R>>", "", hello+strings.Repeat(" /X Do", 10_001))
		doc, err := pdf.Reader{}.Read(t.Context(), input("a.pdf", w.bytes()))
		require.NoError(t, err)
		require.Equal(t, []string{"page 1: more than 10,000 form calls, the rest is left out"}, doc.Warnings)
	})
	t.Run("form fields show their appearance, or else their value", func(t *testing.T) {
		w := &writer{}
		w.stream("/Type/XObject/Subtype/Form/BBox[0 0 100 20]/Resources<<"+fonts+">>", "BT /F1 12 Tf 2 5 Td (Ada) Tj ET")
		w.pages("", "/Annots[<</Subtype/Widget/FT/Tx/V(Ada)/Rect[50 600 150 620]/AP<</N 1 0 R>>>>"+
			"<</Subtype/Widget/FT/Tx/V(Byron)/Rect[50 550 150 570]>>"+
			"<</Subtype/Widget/FT/Tx/F 2/V(hidden)/Rect[50 500 150 520]>>]", hello)
		got, err := pdf.Pages(t.Context(), input("a.pdf", w.bytes()))
		require.NoError(t, err)
		require.Equal(t, []string{"Close the hood and press the button.\n\nAda\n\nByron"}, got)
	})
	t.Run("optional content that is switched off is left out", func(t *testing.T) {
		w := &writer{}
		w.add("<</Type/OCG/Name(Draft)>>")
		w.pages("/Properties<</L 1 0 R>>", "", hello+" /OC /L BDC "+content(text{50, 600, 12, "", "DRAFT"})+" EMC")
		w.objects[w.root-1] = strings.Replace(w.objects[w.root-1], "/Catalog", "/Catalog/OCProperties<</D<</OFF[1 0 R]>>>>", 1)
		got, err := pdf.Pages(t.Context(), input("a.pdf", w.bytes()))
		require.NoError(t, err)
		require.Equal(t, []string{"Close the hood and press the button."}, got)
	})
}

func TestPagesDecodesStreams(t *testing.T) {
	var a85 bytes.Buffer
	enc := ascii85.NewEncoder(&a85)
	enc.Write([]byte(hello))
	enc.Close()
	flat := deflate(hello)
	rows := ""
	for len(rows) < len(hello)/8*9 { // PNG predictor "up" of 8 columns
		i := len(rows) / 9 * 8
		row := []byte(hello[i:min(i+8, len(hello))])
		for j := range row {
			if i >= 8 {
				row[j] -= hello[i-8+j]
			}
		}
		rows += "\x02" + string(row)
	}
	tests := []struct{ name, dict, data string }{
		{"plain", "", hello},
		{"Flate", "/Filter/FlateDecode", flat},
		{"Flate with a wrong checksum", "/Filter/FlateDecode", flat[:len(flat)-4] + "\x00\x00\x00\x00"},
		{"Flate without its end", "/Filter/FlateDecode", deflate(hello + strings.Repeat(" %%%", 99))[:len(flat)]},
		{"LZW", "/Filter/LZWDecode", lzw(hello)},
		{"hexadecimal", "/Filter/ASCIIHexDecode", hex.EncodeToString([]byte(hello)) + ">"},
		{"base 85", "/Filter/ASCII85Decode", a85.String() + "~>"},
		{"run length", "/Filter/RunLengthDecode", string(rune(len(hello)-1)) + hello + "\x80"},
		{"two filters", "/Filter[/ASCIIHexDecode/FlateDecode]", hex.EncodeToString([]byte(flat)) + ">"},
		{"a predictor", "/Filter/FlateDecode/DecodeParms<</Predictor 15/Columns 8>>", deflate(rows)},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			w := new(writer).pages("", "", "")
			w.objects[0] = fmt.Sprintf("<<%s/Length %d>>\nstream\n%s\nendstream", tt.dict, len(tt.data), tt.data)
			got, err := pdf.Pages(t.Context(), input("a.pdf", w.bytes()))
			require.NoError(t, err)
			require.Len(t, got, 1)
			require.Contains(t, got[0], "Close the hood and press the")
		})
	}
	t.Run("a stream with a wrong length ends at endstream", func(t *testing.T) {
		w := new(writer).pages("", "", "")
		w.objects[0] = "<</Length 7>>\nstream\n" + hello + "\nendstream"
		got, err := pdf.Pages(t.Context(), input("a.pdf", w.bytes()))
		require.NoError(t, err)
		require.Equal(t, []string{"Close the hood and press the button."}, got)
	})
	t.Run("a content stream that cannot be read costs itself only", func(t *testing.T) {
		w := new(writer).pages("", "", hello)
		bad := w.stream("/Filter/JBIG2Decode", "x")
		w.objects[1] = strings.Replace(w.objects[1], "/Contents 1 0 R", fmt.Sprintf("/Contents[%d 0 R 1 0 R]", bad), 1)
		doc, err := pdf.Reader{}.Read(t.Context(), input("a.pdf", w.bytes()))
		require.NoError(t, err)
		require.Equal(t, "Close the hood and press the button.", doc.Blocks[0].Text)
		require.Equal(t, []string{"page 1: content stream 1: JBIG2Decode: filter not supported"}, doc.Warnings)
	})
}

// lzw writes nine-bit codes and clears the table before they would grow.
func lzw(s string) string {
	var out []byte
	bits, held := 0, 0
	put := func(code int) {
		bits, held = bits<<9|code, held+9
		for held >= 8 {
			out = append(out, byte(bits>>(held-8)))
			held -= 8
		}
	}
	for i := range len(s) {
		if i%200 == 0 {
			put(256)
		}
		put(int(s[i]))
	}
	put(257)
	put(0)
	return string(out)
}

func TestPagesOpensDamagedFiles(t *testing.T) {
	good := simple(hello, content(text{50, 700, 12, "", "Page two."}))
	want := []string{"Close the hood and press the button.", "Page two."}
	compressed := objectStreamFile()
	tests := []struct {
		name string
		file []byte
	}{
		{"bytes before the header", (&writer{header: "junk\n%PDF-1.4\n"}).pages("", "", hello, content(text{50, 700, 12, "", "Page two."})).bytes()},
		{"version 2.0", bytes.Replace(good, []byte("%PDF-1.4"), []byte("%PDF-2.0"), 1)},
		{"bytes after the end", append(bytes.Clone(good), strings.Repeat("\x00<html>", 150)...)},
		{"startxref is wrong", bytes.Replace(good, []byte("startxref\n"), []byte("startxref\n1"), 1)},
		{"offsets are wrong", bytes.Replace(good, []byte("%PDF-1.4\n"), []byte("%PDF-1.4\n%shift\n"), 1)},
		{"the end is cut off", good[:bytes.LastIndex(good, []byte("xref\n0"))]},
		{"the end is cut off behind an object stream", compressed[:bytes.LastIndex(compressed, []byte("xref\n0"))]},
		{"Prev points to itself", bytes.Replace(good, []byte("/Size"), fmt.Appendf(nil, "/Prev %d/Size", bytes.LastIndex(good, []byte("xref\n0"))), 1)},
		{"the table claims two thousand million objects", bytes.Replace(good, []byte("xref\n0 "), []byte("xref\n2000000000 "), 1)},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := pdf.Pages(t.Context(), input("a.pdf", tt.file))
			require.NoError(t, err)
			require.Equal(t, want, got)
		})
	}
}

// objectStreamFile has its page tree in an object stream and no use for the
// cross-reference table, which is to be cut off.
func objectStreamFile() []byte {
	w := new(writer).pages("", "", hello, content(text{50, 700, 12, "", "Page two."}))
	var head, body strings.Builder
	for _, n := range []int{2, 4, 5} {
		fmt.Fprintf(&head, "%d %d ", n, body.Len())
		body.WriteString(w.objects[n-1] + " ")
		w.objects[n-1] = "null"
	}
	data := deflate(head.String() + body.String())
	var out bytes.Buffer
	out.WriteString("%PDF-1.5\n")
	for i, o := range w.objects {
		if o != "null" {
			fmt.Fprintf(&out, "%d 0 obj\n%s\nendobj\n", i+1, o)
		}
	}
	fmt.Fprintf(&out, "9 0 obj\n<</Type/ObjStm/N 3/First %d/Filter/FlateDecode/Length %d>>\nstream\n%s\nendstream\nendobj\nxref\n0 0\n",
		head.Len(), len(data), data)
	return out.Bytes()
}

func TestReadSaysWhyItCannot(t *testing.T) {
	encrypted := new(writer).pages("", "", hello)
	encrypted.trailer = "/ID[<00><00>]/Encrypt<</Filter/Standard/V 2/R 3/Length 128/P -4/O<" + strings.Repeat("41", 32) + ">/U<" + strings.Repeat("42", 32) + ">>>"
	aes256 := new(writer).pages("", "", hello)
	aes256.trailer = "/ID[<00><00>]/Encrypt<</Filter/Standard/V 5/R 6/Length 128/P -4>>"
	image := &writer{}
	image.stream("/Type/XObject/Subtype/Image/Width 1/Height 1/Filter/DCTDecode", "x")
	image.pages("/XObject<</I 1 0 R>>", "", "q 600 0 0 800 0 0 cm /I Do Q "+content(text{50, 20, 8, "", "Scanned by X"}))
	loop := &writer{}
	loop.add("<</Type/Pages/Count 1/Kids[1 0 R]>>")
	loop.root = loop.add("<</Type/Catalog/Pages 1 0 R>>")
	bomb := new(writer).pages("", "", "")
	spaces := deflate(strings.Repeat(" ", 40<<20) + hello)
	bomb.objects[0] = fmt.Sprintf("<</Filter/FlateDecode/Length %d>>\nstream\n%s\nendstream", len(spaces), spaces)
	tests := []struct {
		name string
		file []byte
		want error
		says string
	}{
		{"a small stream that decodes to a large one", bomb.bytes(), ingest.ErrDamaged, "page 1: stream of more than 33554432 bytes"},
		{"a password is needed", encrypted.bytes(), ingest.ErrEncrypted, "without a password"},
		{"the encryption is unknown", aes256.bytes(), ingest.ErrEncrypted, "save it without"},
		{"a scan", image.bytes(), ingest.ErrNeedsOCR, "run it through OCR"},
		{"empty pages", simple("", ""), ingest.ErrNoText, "2 pages without any text"},
		{"not a PDF", []byte("<html>"), ingest.ErrDamaged, "no PDF header"},
		{"an empty file", nil, ingest.ErrDamaged, "no PDF header"},
		{"only a header", []byte("%PDF-1.4\n"), ingest.ErrDamaged, "manual.pdf: "},
		{"a page tree that holds itself", loop.bytes(), ingest.ErrDamaged, "nothing in it can be read"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			in := input("manual.pdf", tt.file)
			in.Path = "/srv/documents/manual.pdf"
			_, err := pdf.Reader{}.Read(t.Context(), in)
			require.ErrorIs(t, err, tt.want)
			require.True(t, strings.HasPrefix(err.Error(), "manual.pdf: "), err.Error())
			require.ErrorContains(t, err, tt.says)
		})
	}
	t.Run("the file is too large", func(t *testing.T) {
		in := input("manual.pdf", simple(hello))
		in.Size = 1 << 40
		_, err := pdf.Reader{}.Read(t.Context(), in)
		require.ErrorIs(t, err, ingest.ErrTooLarge)
	})
	t.Run("the context is done", func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		_, err := pdf.Reader{}.Read(ctx, input("manual.pdf", simple(hello)))
		require.ErrorIs(t, err, context.Canceled)
	})
}

func TestReadBoundsHostileFiles(t *testing.T) {
	tests := []struct {
		name    string
		content string
	}{
		{"twenty million brackets", strings.Repeat("[", 20_000_000)},
		{"a million saved states", strings.Repeat("q ", 1_000_000)},
		{"a long path", strings.Repeat("1 2 l ", 200_000) + "S"},
		{"white words on many boxes", strings.Repeat("0 g 300 10 1 1 re f ", 15_000) + "1 g BT /F1 1 Tf " + strings.Repeat("1 0 0 1 300 10.5 Tm (a ) Tj 1 0 0 1 302 90 Tm (b ) Tj ", 50_000) + "ET"},
		{"a writer that goes up and down", "BT /F1 1 Tf " + strings.Repeat("1 0 0 1 300 90 Tm (a b c ) Tj 1 0 0 1 320 20 Tm (d e f ) Tj ", 100_000) + "ET"},
		{"a frame of many rules", func() string {
			var out strings.Builder
			for i := range 3000 {
				fmt.Fprintf(&out, "%d 0 m %d 800 l S 0 %d m 600 %d l S ", i%600, i%600, i%800, i%800)
			}
			return out.String()
		}()},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			w := new(writer).pages("", "", "")
			data := deflate(hello + " " + tt.content)
			w.objects[0] = fmt.Sprintf("<</Filter/FlateDecode/Length %d>>\nstream\n%s\nendstream", len(data), data)
			doc, err := pdf.Reader{}.Read(t.Context(), input("a.pdf", w.bytes()))
			require.NoError(t, err)
			require.Equal(t, "Close the hood and press the button.", doc.Blocks[0].Text)
		})
	}
}

func TestPagesReadsPagesWhoseBoxesAreWrong(t *testing.T) {
	tests := []struct{ name, boxes string }{
		{"a crop box beside the page", "/CropBox[700 900 1300 1700]"},
		{"an empty crop box", "/CropBox[0 0 0 0]"},
		{"an empty page", "/MediaBox[0 0 0 0]"},
		{"a crop box on an empty page", "/MediaBox[0 0 0 0]/CropBox[0 0 600 800]"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			w := simple2(hello)
			page := &w.objects[w.root-3]
			if strings.Contains(tt.boxes, "Media") {
				*page = strings.Replace(*page, "/MediaBox[0 0 600 800]", "", 1)
			}
			*page = strings.Replace(*page, "/Type/Page/", "/Type/Page"+tt.boxes+"/", 1)
			got, err := pdf.Pages(t.Context(), input("a.pdf", w.bytes()))
			require.NoError(t, err)
			require.Equal(t, []string{helloText}, got)
		})
	}
}
