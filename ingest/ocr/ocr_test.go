package ocr_test

import (
	"bytes"
	"context"
	"image"
	"image/color"
	"image/draw"
	"image/png"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/image/font"
	"golang.org/x/image/font/gofont/goregular"
	"golang.org/x/image/font/opentype"
	"golang.org/x/image/math/fixed"

	"github.com/sufflor/sufflor/ingest"
	"github.com/sufflor/sufflor/ingest/ocr"
	"github.com/sufflor/sufflor/ingest/tool"
)

// needs skips where Tesseract or poppler is missing; SUFFLOR_REQUIRE_TOOLS
// makes that a failure.
func needs(t *testing.T) {
	t.Helper()
	for _, name := range []string{"tesseract", "pdftoppm"} {
		if _, err := exec.LookPath(name); err != nil {
			if os.Getenv("SUFFLOR_REQUIRE_TOOLS") != "" {
				t.Fatal(err)
			}
			t.Skipf("%v; .ci/setup installs it", err)
		}
	}
}

// picture paints lines of text, the first one larger, as a scanner sees a page
// of 150 dots an inch.
func picture(t *testing.T, lines ...string) image.Image {
	t.Helper()
	f, err := opentype.Parse(goregular.TTF)
	require.NoError(t, err)
	img := image.NewGray(image.Rect(0, 0, 1240, 1754))
	draw.Draw(img, img.Bounds(), image.NewUniform(color.White), image.Point{}, draw.Src)
	y := 200
	for i, l := range lines {
		size := 26.0
		if i == 0 {
			size = 52
		}
		face, err := opentype.NewFace(f, &opentype.FaceOptions{Size: size, DPI: 72, Hinting: font.HintingFull})
		require.NoError(t, err)
		d := font.Drawer{Dst: img, Src: image.Black, Face: face, Dot: fixed.P(150, y)}
		d.DrawString(l)
		if y += 40; i == 0 {
			y += 60
		}
	}
	return img
}

func pngOf(t *testing.T, img image.Image) []byte {
	t.Helper()
	var b bytes.Buffer
	require.NoError(t, png.Encode(&b, img))
	return b.Bytes()
}

func input(name string, data []byte) ingest.Input {
	return ingest.Input{Name: name, Path: name, Data: bytes.NewReader(data), Size: int64(len(data)), Recognize: true}
}

func all(doc ingest.Document) string {
	var parts []string
	for _, b := range doc.Blocks {
		parts = append(parts, b.Text)
	}
	return strings.Join(parts, "\n")
}

var norwegian = []string{
	"Garantibestemmelser",
	"Garantien gjelder i 36 måneder fra kjøpsdatoen og dekker",
	"alle feil på motor, pumpe og styring. Slitedeler er ikke",
	"dekket. Ta vare på kvitteringen og før serviceheftet.",
}

func TestAPictureIsReadWithItsPlace(t *testing.T) {
	needs(t)
	data := pngOf(t, picture(t, norwegian...))
	doc, err := ocr.Image{}.Read(t.Context(), input("skann.png", data))
	require.NoError(t, err)
	require.Contains(t, all(doc), "36 måneder")
	require.Equal(t, ingest.Heading, doc.Blocks[0].Kind)
	require.Equal(t, "Garantibestemmelser", doc.Blocks[0].Text)
	require.Contains(t, doc.Warnings, "the text was recognised in a picture")
	at := doc.Blocks[0].Locator
	require.Equal(t, 1, at.Page)
	require.InDelta(t, 150, at.Box[0], 15)
	require.InDelta(t, 1754-200, at.Box[1], 20, "from the lower left corner")
}

func TestAPictureIsNotReadUnlessAsked(t *testing.T) {
	in := input("skann.png", pngOf(t, picture(t, norwegian...)))
	in.Recognize = false
	doc, err := ocr.Image{}.Read(t.Context(), in)
	require.ErrorIs(t, err, ingest.ErrNeedsOCR)
	require.Equal(t, []int{1}, doc.Scans)
}

func TestWithoutTesseractAPictureSaysWhatToInstall(t *testing.T) {
	none := ocr.Engine{Kit: tool.Kit{Folders: []string{t.TempDir()}}}
	_, err := ocr.Image{Engine: none}.Read(t.Context(), input("a.png", pngOf(t, picture(t, "x"))))
	require.ErrorIs(t, err, ingest.ErrNeedsOCR)
	require.ErrorContains(t, err, "a.png: tesseract is not installed; install it")
}

func TestAPictureThatWouldTakeAllMemoryIsRefused(t *testing.T) {
	var b bytes.Buffer
	require.NoError(t, png.Encode(&b, image.NewGray(image.Rect(0, 0, 20_000, 20_000))))
	_, err := ocr.Image{}.Read(t.Context(), input("bomb.png", b.Bytes()))
	require.ErrorIs(t, err, ingest.ErrTooLarge)
	require.ErrorContains(t, err, "20000 × 20000")
}

func TestWhatIsNoPictureIsRefused(t *testing.T) {
	_, err := ocr.Image{}.Read(t.Context(), input("a.heic", []byte("no picture at all")))
	require.ErrorIs(t, err, ingest.ErrUnsupported)
	_, err = ocr.Image{}.Read(t.Context(), input("cut.png", pngOf(t, picture(t, "x"))[:20]))
	require.ErrorIs(t, err, ingest.ErrDamaged)
}

func TestACancelledRecognitionEnds(t *testing.T) {
	needs(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := ocr.Image{}.Read(ctx, input("a.png", pngOf(t, picture(t, "x"))))
	require.ErrorIs(t, err, context.Canceled)
}

func FuzzImage(f *testing.F) {
	f.Add([]byte("\x89PNG\r\n\x1a\n"))
	f.Add([]byte("II*\x00\x08\x00\x00\x00\x00\x00\x08\x00\x00\x00"))
	f.Add([]byte("GIF89a"))
	f.Add([]byte("BM"))
	f.Add([]byte("RIFF\x00\x00\x00\x00WEBPVP8 "))
	f.Fuzz(func(t *testing.T, data []byte) {
		in := input("f", data)
		in.Recognize = false // Tesseract is fuzzed by others
		if _, err := (ocr.Image{}).Read(t.Context(), in); err == nil {
			t.Fatal("a picture was read without recognition")
		}
	})
}
