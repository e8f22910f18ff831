package ocr_test

import (
	"bytes"
	"context"
	"fmt"
	"image"
	"image/jpeg"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/sufflor/sufflor/index"
	"github.com/sufflor/sufflor/ingest"
	"github.com/sufflor/sufflor/ingest/ocr"
	"github.com/sufflor/sufflor/ingest/pdf"
	"github.com/sufflor/sufflor/ingest/tool"
)

// bomb is a picture that says it is huge.
type bomb struct {
	image.Image
	side int // pixels
}

// scan is a PDF whose pages are pictures; a nil picture makes a page of text.
func scan(t *testing.T, pages ...image.Image) []byte {
	t.Helper()
	var out bytes.Buffer
	var offsets []int
	object := func(format string, args ...any) {
		offsets = append(offsets, out.Len())
		fmt.Fprintf(&out, "%d 0 obj\n"+format+"\nendobj\n", append([]any{len(offsets)}, args...)...)
	}
	stream := func(dict string, data []byte) {
		object("<<%s/Length %d>>\nstream\n%s\nendstream", dict, len(data), data)
	}
	out.WriteString("%PDF-1.7\n")
	kids := make([]string, len(pages))
	for i := range pages {
		kids[i] = fmt.Sprintf("%d 0 R", 4+3*i)
	}
	object("<</Type/Catalog/Pages 2 0 R>>")
	object("<</Type/Pages/Kids[%s]/Count %d>>", strings.Join(kids, " "), len(pages))
	object("<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>")
	for i, img := range pages {
		object("<</Type/Page/Parent 2 0 R/MediaBox[0 0 595.2 841.92]/Contents %d 0 R/Resources<</Font<</F 3 0 R>>/XObject<</I %d 0 R>>>>>>", 5+3*i, 6+3*i)
		if b, ok := img.(bomb); ok {
			stream("", []byte("q 595.2 0 0 841.92 0 0 cm /I Do Q"))
			stream(fmt.Sprintf("/Type/XObject/Subtype/Image/Width %d/Height %d/ColorSpace/DeviceGray/BitsPerComponent 1/Filter/FlateDecode", b.side, b.side),
				[]byte("x\x9c\x03\x00\x00\x00\x00\x01"))
			continue
		}
		if img == nil {
			stream("", []byte("BT /F 12 Tf 72 700 Td (This page has a text layer and needs no recognition.) Tj ET"))
			object("null")
			continue
		}
		stream("", []byte("q 595.2 0 0 841.92 0 0 cm /I Do Q"))
		var b bytes.Buffer
		require.NoError(t, jpeg.Encode(&b, img, &jpeg.Options{Quality: 90}))
		stream(fmt.Sprintf("/Type/XObject/Subtype/Image/Width %d/Height %d/ColorSpace/DeviceGray/BitsPerComponent 8/Filter/DCTDecode", img.Bounds().Dx(), img.Bounds().Dy()), b.Bytes())
	}
	start := out.Len()
	fmt.Fprintf(&out, "xref\n0 %d\n0000000000 65535 f \n", len(offsets)+1)
	for _, o := range offsets {
		fmt.Fprintf(&out, "%010d 00000 n \n", o)
	}
	fmt.Fprintf(&out, "trailer\n<</Size %d/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n", len(offsets)+1, start)
	return out.Bytes()
}

func TestPagesThatArePicturesAreReadWhereTheyBelong(t *testing.T) {
	needs(t)
	data := scan(t, picture(t, norwegian...), nil, picture(t, "Zubehör und Preise", "Der Filter kostet 249 Euro und hält zwölf Monate."))
	doc, err := ocr.PDF{Reader: pdf.Reader{}}.Read(t.Context(), input("skann.pdf", data))
	require.NoError(t, err)
	text := all(doc)
	require.Regexp(t, `(?s)36 måneder.*text layer.*249 Euro`, text)
	require.Empty(t, doc.Scans)
	require.Contains(t, doc.Warnings, "the text of pages 1, 3 was recognised in pictures")
	first := doc.Blocks[0]
	require.Equal(t, 1, first.Locator.Page)
	require.InDelta(t, 150*72/150, first.Locator.Box[0], 8, "points")
	require.InDelta(t, 841.92-200*72/150, first.Locator.Box[1], 10)
}

func TestWithoutTheProgramsAScannedPDFSaysWhatToInstall(t *testing.T) {
	none := ocr.Engine{Kit: tool.Kit{Folders: []string{t.TempDir()}}}
	t.Run("a PDF of pictures", func(t *testing.T) {
		_, err := ocr.PDF{Reader: pdf.Reader{}, Engine: none}.Read(t.Context(), input("a.pdf", scan(t, picture(t, "x"))))
		require.ErrorIs(t, err, ingest.ErrNeedsOCR)
		require.ErrorContains(t, err, "pdftoppm is not installed")
	})
	t.Run("a PDF with one page of text keeps it and says so", func(t *testing.T) {
		doc, err := ocr.PDF{Reader: pdf.Reader{}, Engine: none}.Read(t.Context(), input("a.pdf", scan(t, nil, picture(t, "x"))))
		require.NoError(t, err)
		require.Equal(t, []int{2}, doc.Scans)
		require.Contains(t, all(doc), "text layer")
	})
}

func TestAPictureThatIsTooLargeToBeDrawnIsNamed(t *testing.T) {
	needs(t)
	huge := bomb{side: 100_000}
	t.Run("a PDF of nothing else", func(t *testing.T) {
		_, err := ocr.PDF{Reader: pdf.Reader{}}.Read(t.Context(), input("a.pdf", scan(t, huge)))
		require.ErrorIs(t, err, ingest.ErrTooLarge)
		require.ErrorContains(t, err, "a.pdf: recognise page 1: a picture on it has 100000 × 100000 pixels")
		require.NotContains(t, ingest.Hint(err), "install")
	})
	t.Run("other pages are recognised", func(t *testing.T) {
		doc, err := ocr.PDF{Reader: pdf.Reader{}}.Read(t.Context(), input("a.pdf", scan(t, huge, picture(t, norwegian...))))
		require.NoError(t, err)
		require.Contains(t, all(doc), "36 måneder")
		require.Equal(t, []int{1}, doc.Scans)
		require.Contains(t, strings.Join(doc.Warnings, "\n"), "page 1: not recognised: a picture on it has 100000")
	})
}

// kit is programs that are shell scripts.
func kit(t *testing.T, programs map[string]string) tool.Kit {
	t.Helper()
	dir := t.TempDir()
	for name, body := range programs {
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), []byte("#!/bin/sh\n"+body+"\n"), 0o755))
	}
	return tool.Kit{Folders: []string{dir}, Temp: t.TempDir()}
}

func TestARecognitionThatFailsIsNoMissingProgram(t *testing.T) {
	const languages = `[ "$1" = --list-langs ] && { echo nor; exit 0; }; `
	draws := `for last; do :; done; echo picture > "$last.png"`
	soon := func(t *testing.T) context.Context {
		t.Helper()
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
		t.Cleanup(cancel)
		return ctx
	}
	always := func(t *testing.T) context.Context { t.Helper(); return t.Context() }
	tests := []struct {
		name     string
		ctx      func(*testing.T) context.Context
		programs map[string]string
		is       error
		says     string
	}{
		{"pdftoppm fails", always, map[string]string{"pdftoppm": "echo 'no such page' >&2; exit 1", "tesseract": languages}, ingest.ErrDamaged, "recognise page 1: pdftoppm: exit status 1: no such page"},
		{"Tesseract fails", always, map[string]string{"pdftoppm": draws, "tesseract": languages + "echo 'out of ideas' >&2; exit 1"}, ingest.ErrDamaged, "tesseract: exit status 1: out of ideas"},
		{"there is no time", soon, map[string]string{"pdftoppm": draws, "tesseract": languages + "exit 0"}, ingest.ErrTooLarge, "no time was left"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := ocr.PDF{Reader: pdf.Reader{}, Engine: ocr.Engine{Kit: kit(t, tt.programs), Languages: []string{"nb"}}}
			file := input("a.pdf", scan(t, picture(t, "x")))
			_, err := r.Read(tt.ctx(t), file) // the clock runs from here
			require.ErrorIs(t, err, tt.is)
			require.ErrorContains(t, err, tt.says)
			require.NotErrorIs(t, err, ingest.ErrNeedsOCR)
			require.NotContains(t, ingest.Hint(err), "install")
		})
	}
}

func TestPagesBeyondTheMostAreNamedAsSuch(t *testing.T) {
	programs := kit(t, map[string]string{
		"pdftoppm":  `for last; do :; done; echo picture > "$last.png"`,
		"tesseract": `[ "$1" = --list-langs ] && { echo nor; exit 0; }; printf '5\t1\n'; exit 0`,
	})
	var scans []int
	for p := range 501 {
		scans = append(scans, p+1)
	}
	reader := found{ingest.Document{Pages: 502, Scans: scans, Blocks: []ingest.Block{{Kind: ingest.Paragraph, Text: "text", Locator: index.Locator{Page: 502}}}}}
	doc, err := ocr.PDF{Reader: reader, Engine: ocr.Engine{Kit: programs, Languages: []string{"nb"}}}.Read(t.Context(), input("a.pdf", nil))
	require.NoError(t, err)
	require.Equal(t, []int{501}, doc.Scans)
	require.Contains(t, doc.Warnings, "page 501: not recognised: of one file 500 pages are")
}

// found is a reader that always says the same.
type found struct{ doc ingest.Document }

func (f found) Read(context.Context, ingest.Input) (ingest.Document, error) { return f.doc, nil }
