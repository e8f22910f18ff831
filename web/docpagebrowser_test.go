package web_test

import (
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
	"github.com/stretchr/testify/require"

	"github.com/sufflor/sufflor/store"
)

// TestBrowserAnEditorFixesWhatTheSearchFound goes from the playground to the
// passage beside the page of its PDF, corrects it and undoes that, on a desk
// and on a phone.
func TestBrowserAnEditorFixesWhatTheSearchFound(t *testing.T) {
	t.Parallel()
	b := openTab(t, 1280, 900)
	keep(t, b.s, store.Document{Type: "pdf", Pages: 3, Hash: "kept"}, manual(), manuals()...)
	b.do(chromedp.Navigate(b.url + "/documents/playground"))
	b.until(`document.getElementById("q")`)
	b.do(chromedp.SendKeys("#q", "how many litres of oil"), chromedp.Click(".ask button"))
	b.until(`document.querySelector("#hit-1 mark")`)
	require.Contains(t, b.eval(`[...document.querySelectorAll("#hit-1 mark")].map((m) => m.textContent).join()`), "oil,litres,oil")
	b.do(chromedp.Click("#hit-1 .why summary"))
	b.until(`document.querySelector("#hit-1 .why[open] table")`)
	shot(t, b, "playground")

	b.do(chromedp.Click("#hit-1 h3 a"))
	b.until(`document.getElementById("pdf") && ` + pdfState + ` === "shown"`)
	require.Equal(t, "Page 2 of 3", b.eval(`document.getElementById("page-now").textContent`))
	require.Equal(t, "true", b.eval(`document.querySelectorAll(".sheet .hit").length > 0`), "its words are marked")
	require.Equal(t, "true", b.eval(`document.querySelector("#p-oil-2").classList.contains("shown")`))
	require.Equal(t, "true", b.eval(`document.getElementById("original").getBoundingClientRect().right <= document.getElementById("passages").getBoundingClientRect().left`), "side by side")

	b.do(chromedp.Click("#p-oil-2 .edits details:last-of-type summary"))
	b.until(`document.querySelector("#t-oil-2").offsetParent`)
	b.do(chromedp.Focus("#t-oil-2"), chromedp.SendKeys("#t-oil-2", " + - n"), chromedp.SendKeys("#r-oil-2", "misprint"), chromedp.KeyEvent(kb.Enter))
	b.until(`document.querySelector("[role=status].good")`)
	require.Contains(t, b.eval(`document.querySelector("#p-oil-2 .text").textContent`), "+ - n", "keys of the viewer are letters here")
	require.Contains(t, b.eval(`document.querySelector("#p-oil-2 .fixed").textContent`), "misprint")
	shot(t, b, "document")
	require.Equal(t, "0", b.eval(`document.querySelectorAll("[style]:not(#original *)").length`))

	b.do(chromedp.EmulateViewport(320, 640), chromedp.Navigate(b.url+"/documents/view?id=doc-oil&at=oil-2&from=1&to=1"))
	b.until(`document.getElementById("pdf") && ` + pdfState + ` === "shown"`)
	require.Equal(t, "320", b.eval("document.documentElement.scrollWidth"))
	require.Equal(t, "true", b.eval(`document.getElementById("original").getBoundingClientRect().bottom <= document.getElementById("passages").getBoundingClientRect().top`), "one after the other")
	b.do(chromedp.Click("#p-oil-2 .fixed button"))
	b.until(`document.querySelector("[role=status].good") && !document.querySelector(".fixed button")`)
	require.Equal(t, "320", b.eval("document.documentElement.scrollWidth"))
	b.do(chromedp.Navigate(b.url + "/documents/playground?q=oil"))
	b.until(`document.querySelector("#hit-1")`)
	require.Equal(t, "320", b.eval("document.documentElement.scrollWidth"))
	b.quiet()
}
