// Package pictures draws what an agent sees of us at a desk: what the desk was
// really sent, in a plain frame that is no vendor's.
package pictures

import (
	"bytes"
	"context"
	_ "embed" // the frame
	"fmt"
	"html/template"
	"image"
	"image/color"
	"image/png"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/sufflor/sufflor/connectors"
)

// Question is what the customer of all pictures wrote.
const Question = "Hei, hoggeren vår (XY-2000) stopper hele tiden med E-4419, selv om matebordet er tomt. Hva gjør vi, og går det på garantien?"

// Customer is who wrote it.
const Customer = "Oddvar Lien"

// Suggestion is the id of what is shown, as long as ours are.
const Suggestion = "sg_ne5hhs7yd3k2oq4v6xub"

// Note is the suggestion of all pictures, about machines that we made up
// (testdata/kb/nb), for the conversation that like is for.
func Note(like connectors.Note) connectors.Note {
	return connectors.Note{
		Suggestion: Suggestion, Conversation: like.Conversation, Message: like.Message, Route: like.Route,
		Language: "nb", Flag: "medium", Confidence: 0.71,
		Reasons: []string{"1 av 2 spørsmål mangler svar i dokumentene.", "Framgangsmåte: brukerhandbok-xy-2000.pdf, side 2", "Kilden nevner ikke: garantien."},
		Text: "Hei Oddvar,\n\nKommer E-4419 tilbake med tomt matebord, skal trykksensor B12 byttes (artikkelnr. 720-4419). " +
			"Det tar en halvtime med vanlig verktøy.\n\nNår det gjelder garantien, må jeg undersøke saken og komme tilbake til deg.\n\nVennlig hilsen\nFjordvik kundeservice",
		Citations: []connectors.Citation{
			{
				Number: 1, Title: "Brukerhåndbok XY-2000 › 5.1 E-4419: matevalsen er blokkert", Where: "side 2",
				Quote: "Kommer koden tilbake med tomt matebord, bytt trykksensor B12 (artikkelnr. 720-4419).", URL: "https://hjelp.fjordvik.example/p/51e4419",
			},
			{
				Number: 2, Title: "Løste saker", Where: "sak #S-10231",
				Quote: "Det tar en halvtime med vanlig verktøy.", URL: "https://hjelp.fjordvik.example/p/s10231",
			},
		},
		PanelURL: "https://hjelp.fjordvik.example/s/" + Suggestion,
	}
}

// Scene is a picture's content.
type Scene struct {
	Where  string        // what such a place is called at the desk: "Intern merknad"
	Body   template.HTML // what we sent, as the desk shows it
	Beside bool          // in a column beside the conversation, not within it
	Alone  bool          // in a place of its own, without the conversation
}

//go:embed frame.html
var frameText string

var frame = template.Must(template.New("").Parse(frameText))

// Limits of a picture, so that many of them weigh little.
const (
	width    = 640
	height   = 1400 // of the window; more would be too much for a help desk as well
	maxBytes = 40 << 10
	colors   = 48
	wait     = 2 * time.Minute
)

// Draw writes docs/img/desks/<kind>.png.
func Draw(t *testing.T, kind string, s Scene) {
	t.Helper()
	var page bytes.Buffer
	require.NoError(t, frame.Execute(&page, map[string]any{"Scene": s, "Question": Question, "Customer": Customer}))
	file := filepath.Join(t.TempDir(), "page.html")
	require.NoError(t, os.WriteFile(file, page.Bytes(), 0o600))

	Shoot(t, kind, "file://"+file, width, height)
}

// Shoot writes docs/img/desks/<kind>.png of the page at address in a window of
// wide and tall pixels.
func Shoot(t *testing.T, kind, address string, wide, tall int) {
	t.Helper()
	ctx, stop := context.WithTimeout(t.Context(), wait)
	defer stop()
	shot := filepath.Join(t.TempDir(), "shot.png")
	out, err := exec.CommandContext(ctx, chromium(t), "--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-lcd-text",
		"--hide-scrollbars", "--force-color-profile=srgb", "--allow-file-access-from-files", "--user-data-dir="+t.TempDir(),
		fmt.Sprintf("--window-size=%d,%d", wide, tall), "--timeout=10000", "--screenshot="+shot, address).CombinedOutput()
	require.NoError(t, err, "%s", out)
	data, err := os.ReadFile(shot)
	require.NoError(t, err, "%s", out)
	write(t, kind, data)
}

// write keeps a screenshot as docs/img/desks/<kind>.png, in few colours and
// without what is empty below.
func write(t *testing.T, kind string, shot []byte) {
	t.Helper()
	out := Small(t, shot, colors)
	require.LessOrEqual(t, len(out), maxBytes, "a picture is small")
	Keep(t, filepath.Join(Folder(t), "desks", kind+".png"), out)
}

// Folder is docs/img.
func Folder(t *testing.T) string {
	t.Helper()
	_, here, _, ok := runtime.Caller(0)
	require.True(t, ok)
	return filepath.Join(filepath.Dir(here), "..", "..", "..", "docs", "img")
}

// Small is a screenshot in at most so many colours (256), without what is empty
// below.
func Small(t *testing.T, shot []byte, colors int) []byte {
	t.Helper()
	full, err := png.Decode(bytes.NewReader(shot))
	require.NoError(t, err)
	var out bytes.Buffer
	enc := png.Encoder{CompressionLevel: png.BestCompression}
	require.NoError(t, enc.Encode(&out, fewer(full, used(full), colors)))
	return out.Bytes()
}

// Keep writes a picture, unless the one that is there looks the same: where
// less than one pixel in 200 differs, only a time or an id has changed.
func Keep(t *testing.T, file string, picture []byte) {
	t.Helper()
	if before, err := os.ReadFile(file); err == nil && alike(before, picture) {
		return
	}
	require.NoError(t, os.MkdirAll(filepath.Dir(file), 0o755))
	require.NoError(t, os.WriteFile(file, picture, 0o644))
}

func alike(a, b []byte) bool {
	m, err := png.Decode(bytes.NewReader(a))
	if err != nil {
		return false
	}
	n, err := png.Decode(bytes.NewReader(b))
	if err != nil || m.Bounds() != n.Bounds() {
		return false
	}
	differ, size := 0, m.Bounds().Size()
	for y := range size.Y {
		for x := range size.X {
			if far(m.At(x, y), n.At(x, y)) {
				differ++
			}
		}
	}
	return differ*200 < size.X*size.Y
}

// far reports whether two colours can be told apart.
func far(a, b color.Color) bool {
	r, g, bl, _ := a.RGBA()
	s, h, bm, _ := b.RGBA()
	const seen = 16 << 8
	apart := func(x, y uint32) bool { return max(x, y)-min(x, y) > seen }
	return apart(r, s) || apart(g, h) || apart(bl, bm)
}

// used is m without the rows at its end that are of one colour.
func used(m image.Image) image.Rectangle {
	b := m.Bounds()
	ground := color.RGBAModel.Convert(m.At(b.Min.X, b.Max.Y-1))
	for b.Max.Y > b.Min.Y+1 {
		for x := b.Min.X; x < b.Max.X; x++ {
			if color.RGBAModel.Convert(m.At(x, b.Max.Y-1)) != ground {
				return b
			}
		}
		b.Max.Y--
	}
	return b
}

// fewer is the part b of m in its most frequent colors: flat surfaces keep theirs, and only
// the edges of letters lose shades.
func fewer(m image.Image, b image.Rectangle, colors int) image.Image {
	count := map[color.RGBA]int{}
	at := func(x, y int) color.RGBA {
		r, g, bl, _ := m.At(x, y).RGBA()
		return color.RGBA{uint8(r >> 8), uint8(g >> 8), uint8(bl >> 8), 255}
	}
	for y := b.Min.Y; y < b.Max.Y; y++ {
		for x := b.Min.X; x < b.Max.X; x++ {
			count[at(x, y)]++
		}
	}
	all := make([]color.RGBA, 0, len(count))
	for c := range count {
		all = append(all, c)
	}
	slices.SortFunc(all, func(a, b color.RGBA) int {
		if n := count[b] - count[a]; n != 0 {
			return n
		}
		return (int(a.R)<<16 | int(a.G)<<8 | int(a.B)) - (int(b.R)<<16 | int(b.G)<<8 | int(b.B))
	})
	var palette color.Palette
	for _, c := range all[:min(len(all), colors)] {
		palette = append(palette, c)
	}
	out := image.NewPaletted(image.Rect(0, 0, b.Dx(), b.Dy()), palette)
	near := map[color.RGBA]uint8{}
	for y := range b.Dy() {
		for x := range b.Dx() {
			c := at(b.Min.X+x, b.Min.Y+y)
			i, ok := near[c]
			if !ok {
				i = uint8(palette.Index(c))
				near[c] = i
			}
			out.SetColorIndex(x, y, i)
		}
	}
	return out
}

func chromium(t *testing.T) string {
	t.Helper()
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if file, err := exec.LookPath(name); err == nil {
			return file
		}
	}
	require.FailNow(t, "no chromium found: install Debian's package chromium (apt-get install chromium)")
	return ""
}
