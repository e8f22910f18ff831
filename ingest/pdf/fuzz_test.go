package pdf_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/stretchr/testify/require"

	"github.com/sufflor/sufflor/ingest"
	"github.com/sufflor/sufflor/ingest/pdf"
)

// FuzzRead: whatever the bytes, Read answers in time, with an error of ingest
// or with blocks that stand somewhere.
func FuzzRead(f *testing.F) {
	f.Add(simple(hello))
	f.Add(simple(hello, content(text{50, 700, 12, "", "Page two."})))
	f.Add(new(writer).pages("", "", content(text{55, 705, 10, "F2", "Code"}, text{125, 705, 10, "", "Meaning"})+
		grid([]float64{50, 120, 300}, []float64{720, 700, 660})).bytes())
	f.Add(objectStreamFile())
	f.Add(streamFile())
	for _, name := range []string{"rc4-40.pdf", "rc4-v4.pdf", "aes-128-objects.pdf", "aes-256.pdf", "aes-256-r5.pdf", "password-128.pdf"} {
		f.Add(encryptedFile(f, name))
	}
	good := simple(hello, content(text{50, 700, 12, "", "Page two."}))
	f.Add(good[:bytes.LastIndex(good, []byte("xref\n0"))])
	f.Add(bytes.Replace(good, []byte("startxref\n"), []byte("startxref\n1"), 1))
	f.Add(bytes.ReplaceAll(good, []byte("endobj"), nil))
	f.Add(tree("<</Type/Pages/Kids[1 0 R 4 0 R 3 0 R]>>", "<</Type/Pages/Kids[3 0 R 4 0 R 1 0 R]>>"))
	f.Add([]byte("%PDF-1.4\n"))
	data, err := os.ReadFile(filepath.Join("testdata", "prices.pdf"))
	require.NoError(f, err)
	f.Add(data)
	f.Fuzz(func(t *testing.T, data []byte) {
		ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
		defer cancel()
		doc, err := pdf.Reader{}.Read(ctx, input("a.pdf", data))
		check(t, doc, err)
	})
}

// FuzzContent puts the bytes where content streams and CMaps are.
func FuzzContent(f *testing.F) {
	f.Add([]byte(hello), []byte("beginbfchar <41> <00D8> endbfchar"))
	f.Add([]byte("q BI ID \x80 EI Q [(a) -2000 (b)] TJ 1 2 3 4 re f"), []byte("1 begincodespacerange <00> <FF> endcodespacerange"))
	f.Add([]byte("/G 12 Tf /Span <</ActualText (x)>> BDC (A) Tj EMC 0 1 -1 0 50 50 Tm (B) '"), []byte("beginbfrange <00> <FF> <D83D> endbfrange"))
	f.Fuzz(func(t *testing.T, data, cmap []byte) {
		w := &writer{}
		w.stream("", string(cmap))
		w.pages("/ExtGState<</G<</Font[<</Type/Font/Subtype/Type1/ToUnicode 1 0 R>> 12]>>>>", "", "/G gs "+string(data), hello)
		doc, err := pdf.Reader{}.Read(t.Context(), input("a.pdf", w.bytes()))
		check(t, doc, err)
	})
}

// FuzzFont puts the bytes where font programs and CMaps are.
func FuzzFont(f *testing.F) {
	f.Add([]byte(cff()), []byte("1 begincodespacerange <00> <FF> endcodespacerange 1 begincidrange <00> <FF> 0 endcidrange"))
	f.Add([]byte(sfnt(map[string][]byte{"cmap": cmapTable(3, 0, 0xF021, 3), "post": postTable("K", "oe", "uni00E5")})), []byte("/Adobe-Japan1-UCS2 usecmap"))
	f.Add([]byte(sfnt(map[string][]byte{"cmap": cmapTable(0, 3, 'A', 3)})), []byte("/90ms-RKSJ-V usecmap /WMode 1 def"))
	f.Add([]byte("%!PS-AdobeFont-1.0\n/Encoding 256 array\ndup 1 /A put\n"), []byte(""))
	f.Fuzz(func(t *testing.T, program, cmap []byte) {
		w := &writer{}
		w.stream("", string(program))
		w.stream("", string(cmap))
		const shown = "BT /G 12 Tf 50 700 Td <0001412182A030FF> Tj ET "
		var pages []string
		for i, font := range []string{
			"/Subtype/Type1/FontDescriptor<</FontFile3 1 0 R/Flags 4>>",
			"/Subtype/TrueType/Encoding<</Differences[1/g1/gid2/K]>>/FontDescriptor<</FontFile2 1 0 R/Flags 4>>",
			"/Subtype/Type0/Encoding/Identity-H/DescendantFonts[<</FontDescriptor<</FontFile2 1 0 R>>/CIDToGIDMap 2 0 R>>]",
			"/Subtype/Type0/Encoding 2 0 R/DescendantFonts[<</FontDescriptor<</FontFile3 1 0 R>>/W2[1[2 3 4]]>>]",
		} {
			form := w.stream("/Type/XObject/Subtype/Form/BBox[0 0 600 800]/Resources<</Font<</G<</Type/Font"+font+">>>>>>", shown)
			pages = append(pages, fmt.Sprintf("/X%d %d 0 R", i, form))
		}
		w.pages("/XObject<<"+strings.Join(pages, "")+">>", "", hello, "/X0 Do", "/X1 Do", "/X2 Do", "/X3 Do")
		doc, err := pdf.Reader{}.Read(t.Context(), input("a.pdf", w.bytes()))
		check(t, doc, err)
	})
}

func check(t *testing.T, doc ingest.Document, err error) {
	t.Helper()
	if err != nil {
		for _, known := range []error{ingest.ErrDamaged, ingest.ErrEncrypted, ingest.ErrNoText, ingest.ErrNeedsOCR, ingest.ErrTooLarge} {
			if errors.Is(err, known) {
				return
			}
		}
		t.Fatalf("an error that says nothing: %v", err)
	}
	for i, b := range doc.Blocks {
		if !utf8.ValidString(b.Text) {
			t.Fatalf("block %d is not UTF-8: %q", i, b.Text)
		}
		if b.Locator.Page < 1 || (b.Kind == ingest.TableBody) != (b.Table != nil) {
			t.Fatalf("block %d stands nowhere or is no table: %+v", i, b)
		}
	}
}
