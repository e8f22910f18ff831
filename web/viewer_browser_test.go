package web_test

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
	"github.com/stretchr/testify/require"

	"github.com/sufflor/sufflor/index"
	"github.com/sufflor/sufflor/store"
)

// openViewer is a tab with the draft sg_pdf, which cites a PDF that is kept.
func openViewer(t *testing.T, width, height int64, file []byte) *tab {
	t.Helper()
	b := openTab(t, width, height)
	oil := manuals()
	keep(t, b.s, store.Document{Type: "pdf", Pages: 3, Hash: "kept"}, file, oil...)
	body := oilDraft()
	body.Evidence[0].Passage = oil[1]
	r := record(t, "sg_pdf", "Kari Nordmann", oilQuestion, body)
	r.Created = time.Now()
	save(t, b.s, r)
	return b
}

// scripted holds once the page's script listens.
const scripted = `document.documentElement.classList.contains("scripted")`

const pdfState = `document.getElementById("pdf").dataset.state`

// marked is where the marks lie, in PDF points from the page's lower left
// corner: left, bottom, right, top of all of them.
const marked = `(() => {
  const sheet = document.querySelector(".sheet").getBoundingClientRect();
  const hits = [...document.querySelectorAll(".sheet .hit")].map((e) => e.getBoundingClientRect());
  const x = (v) => 600 * (v - sheet.left) / sheet.width;
  const y = (v) => 800 * (sheet.bottom - v) / sheet.height;
  return [Math.min(...hits.map((r) => x(r.left))), Math.min(...hits.map((r) => y(r.bottom))), Math.max(...hits.map((r) => x(r.right))), Math.max(...hits.map((r) => y(r.top)))];
})()`

func TestBrowserACitationOpensThePDFAtItsWords(t *testing.T) {
	b := openViewer(t, 1280, 900, manual())
	b.do(chromedp.Navigate(b.url + "/panel?suggestion=sg_pdf"))
	b.until(scripted)
	b.press("1")
	b.until(`document.querySelector("#context-1 .to-place")`)
	b.do(chromedp.Click("#context-1 .to-place"))
	b.until(`document.getElementById("pdf") && ` + pdfState + ` === "shown"`)
	shot(t, b, "pdf")

	require.Equal(t, "Page 2 of 3", b.eval(`document.getElementById("page-now").textContent`))
	require.Equal(t, "true", b.eval(`(() => { // something was drawn
		const c = document.querySelector(".sheet canvas");
		const d = c.getContext("2d").getImageData(0, 0, c.width, c.height).data;
		let dark = 0;
		for (let i = 0; i < d.length; i += 4) if (d[i] < 128) dark++;
		return dark > 500;
	})()`))
	require.Equal(t, "true", b.eval(`(([l, b, r, t]) => l > 68 && l < 76 && b > 622 && b < 630 && t > 666 && t < 672 && r > 400 && r < 490)(`+marked+`)`), b.eval(marked))
	require.Equal(t, "true", b.eval(`(() => { const r = document.querySelector(".hit").getBoundingClientRect(); return r.top >= 0 && r.bottom <= innerHeight; })()`), "it is in sight")
	require.Contains(t, b.eval(`document.querySelector(".here").textContent`), "Use hydraulic oil of class ISO VG 46.", "and in words, for who cannot see it")

	width := b.eval(`document.querySelector(".sheet").clientWidth`)
	b.press("+")
	b.until(pdfState + ` === "shown" && document.querySelector(".sheet").clientWidth > 1.2 * ` + width)
	require.Equal(t, "true", b.eval(`(([l, b, r, t]) => l > 68 && l < 76 && b > 622 && b < 630)(`+marked+`)`), b.eval(marked))
	b.press("-")
	b.do(chromedp.Click("#page-next"))
	b.until(`document.getElementById("page-now").textContent === "Page 3 of 3" && ` + pdfState + ` === "shown"`)
	require.Equal(t, "0", b.eval(`document.querySelectorAll(".hit").length`), "another page has no marks")
	require.Equal(t, "true", b.eval(`document.getElementById("page-next").disabled`))
	b.do(chromedp.Click("#page-cited"))
	b.until(`document.querySelector(".hit") && ` + pdfState + ` === "shown"`)

	b.press("n")
	b.until(scripted + ` && document.querySelector(".region tr.cited")`)
	require.Equal(t, "4", b.eval(`document.querySelectorAll(".region mark").length`))
	shot(t, b, "table")
	b.press("n")
	b.until(scripted + ` && document.querySelector(".message mark")`)
	b.press("p")
	b.until(scripted + ` && document.querySelector(".region tr.cited")`)
	b.press(kb.Escape)
	b.until(`document.querySelector("#context-2 .cells")`)
	require.Equal(t, "sg_pdf", b.eval(shown), "back at the draft, with the source open")
	b.quiet()
}

func TestBrowserAPDFThatCannotBeShownLeavesTheText(t *testing.T) {
	b := openViewer(t, 800, 800, []byte("not what its name says"))
	b.do(chromedp.Navigate(b.url + onPage))
	b.until(`document.getElementById("pdf") && ` + pdfState + ` === "failed"`)
	require.Equal(t, "The page cannot be shown. Below is the text that was read from it.", b.eval(`document.getElementById("pdf-state").textContent`))
	require.Equal(t, "2", b.eval(`document.querySelectorAll(".here mark").length`))
	b.quiet()
}

func TestBrowserWordsThatAreNotOnThePageAreFramed(t *testing.T) {
	b := openViewer(t, 800, 800, pdfFile([]string{"One"}, []string{"Two"}, []string{"Three"}))
	b.do(chromedp.Navigate(b.url + onPage))
	b.until(`document.getElementById("pdf") && ` + pdfState + ` === "framed"`)
	require.Equal(t, "72,628,480,668", b.eval(marked+`.map(Math.round)`), "the passage's box")
	b.quiet()
}

func TestBrowserTheViewerFitsIntoASideBar(t *testing.T) {
	b := openViewer(t, 320, 700, manual())
	for _, target := range []string{onPage, "/source/price-1?suggestion=sg_pdf&source=2", "/source/case-1?suggestion=sg_pdf&source=3", "/source/secret-1?suggestion=sg_pdf&source=4", "/source/oil-1"} {
		b.do(chromedp.Navigate(b.url + target))
		b.until(`!document.getElementById("pdf") || ` + pdfState + ` === "shown"`)
		require.Equal(t, "320", b.eval("document.documentElement.scrollWidth"), target)
		b.do(chromedp.Evaluate[chromedp.Void](`document.body.style.fontSize = "30px"; document.querySelectorAll("h1, p, td, th, mark").forEach((e) => { e.style.fontSize = "200%"; }); 0`))
		require.Equal(t, "320", b.eval("document.documentElement.scrollWidth"), target+" with text twice as large")
	}
	b.do(chromedp.Navigate(b.url + onPage))
	b.until(pdfState + ` === "shown"`)
	shot(t, b, "narrow")
	b.quiet()
}

func TestBrowserOfALargeFileOnlyWhatThePageNeedsIsFetched(t *testing.T) {
	const unused = 12 << 20
	b := openViewer(t, 800, 800, manualWith(unused))
	b.do(chromedp.Navigate(b.url + onPage))
	b.until(`document.getElementById("pdf") && ` + pdfState + ` === "shown"`)
	const sent = `performance.getEntriesByType("resource").filter((e) => e.name.includes("/original")).reduce((n, e) => n + e.transferSize, 0)`
	require.Equal(t, "true", b.eval(fmt.Sprintf("%s > 0 && %s < %d", sent, sent, unused/2)), b.eval(sent))
	b.quiet()
}

func TestBrowserALongTextOpensAtTheCitedParagraph(t *testing.T) {
	b := openTab(t, 800, 600)
	var long []index.Passage
	for i := range 40 {
		p := passage(fmt.Sprintf("guide-%02d", i), i, strings.Repeat(fmt.Sprintf("Sentence of part %d. ", i), 30))
		p.Source, p.Locator = "guide.docx", index.Locator{Paragraph: i + 1}
		long = append(long, p)
	}
	keep(t, b.s, store.Document{Type: "docx"}, nil, long...)
	b.do(chromedp.Navigate(b.url + "/source/guide-20"))
	b.until(scripted)
	b.until(`scrollY > 0 && (({top, bottom}) => top >= 0 && bottom <= innerHeight)(document.querySelector("mark").getBoundingClientRect())`)
	require.Equal(t, "17", b.eval(`document.querySelectorAll(".here, .near").length`), "not the whole document")
	b.press(kb.Escape)
	b.until(`location.pathname === "/panel"`)
	b.quiet()
}

// redSquare is a JPEG 2000 picture of 16 x 16 red pixels, made by us.
const redSquare = "AAAADGpQICANCocKAAAAFGZ0eXBqcDIgAAAAAGpwMiAAAAAtanAyaAAAABZpaGRyAAAAEAAAABAAAwcHAAAAAAAPY29scgEAAAAAABAAAADOanAyY/9P/1EA" +
	"LwAAAAAAEAAAABAAAAAAAAAAAAAAABAAAAAQAAAAAAAAAAAAAwcBAQcBAQcBAf9SAAwAAAABAQAEBAAB/1wABEBA/2QAJQABQ3JlYXRlZCBieSBPcGVuSlBF" +
	"RyB2ZXJzaW9uIDIuNS4w/5AACgAAAAAAVgAB/5PH1CIRUFSv3xyyvAAAAABhIS//f4DfgYAUAFyv9JywPAAAAABhIS/axEAAAMJCX7aZAAABhIS/bTIAAAMJ" +
	"CX7aZAAABhIS/3//2Q=="

func TestBrowserPicturesOfScansAreShown(t *testing.T) {
	picture, err := base64.StdEncoding.DecodeString(redSquare)
	require.NoError(t, err)
	// A page that is a picture, as scanners write it.
	var out bytes.Buffer
	out.WriteString("%PDF-1.5\n")
	var at []int
	for i, o := range []string{
		"<</Type/Catalog/Pages 2 0 R>>", "<</Type/Pages/Count 2/Kids[3 0 R 3 0 R]>>",
		"<</Type/Page/Parent 2 0 R/Contents 4 0 R/Resources<</XObject<</I 5 0 R>>>>/MediaBox[0 0 600 800]>>",
		"<</Length 26>>\nstream\n600 0 0 800 0 0 cm /I Do  \nendstream",
		fmt.Sprintf("<</Type/XObject/Subtype/Image/Width 16/Height 16/Filter/JPXDecode/Length %d>>\nstream\n%s\nendstream", len(picture), picture),
	} {
		at = append(at, out.Len())
		fmt.Fprintf(&out, "%d 0 obj\n%s\nendobj\n", i+1, o)
	}
	start := out.Len()
	fmt.Fprintf(&out, "xref\n0 %d\n0000000000 65535 f \n", len(at)+1)
	for _, n := range at {
		fmt.Fprintf(&out, "%010d 00000 n \n", n)
	}
	fmt.Fprintf(&out, "trailer\n<</Size %d/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n", len(at)+1, start)

	b := openViewer(t, 800, 800, out.Bytes())
	b.do(chromedp.Navigate(b.url + onPage))
	b.until(`document.getElementById("pdf") && ` + pdfState + ` === "framed"`)
	require.Equal(t, "200,30,30,255", b.eval(`(() => {
		const c = document.querySelector(".sheet canvas");
		return c.getContext("2d").getImageData(c.width / 2, c.height / 2, 1, 1).data.join();
	})()`))
	b.quiet()
}

// shot writes a screenshot where SUFFLOR_SHOTS says, for people to look at.
func shot(t *testing.T, b *tab, name string) {
	t.Helper()
	dir := os.Getenv("SUFFLOR_SHOTS")
	if dir == "" {
		return
	}
	data, err := chromedp.Run(b.ctx, chromedp.CaptureScreenshot())
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(filepath.Join(dir, "viewer-"+name+".png"), data, 0o600))
}
