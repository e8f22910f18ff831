package web_test

import (
	"context"
	"net/http/httptest"
	"testing"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/require"

	"github.com/sufflor/sufflor/web/browsertest"
)

// openReports is a browser that shows reports of [worked].
func openReports(t *testing.T, width, height int64) *tab {
	t.Helper()
	browsertest.Path(t)
	b := &tab{t: t, s: worked(t)}
	b.srv = httptest.NewServer(handler(t, insightOptions(b.s)))
	t.Cleanup(b.srv.Close)
	b.url = b.srv.URL
	b.launch()
	b.do(
		chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
			_, err := cdp.Call(ctx, t, log.Enable, cdp.Empty{})
			return err
		}),
		chromedp.EmulateViewport(width, height),
		// The server's clock stands at noon of a day in 2026.
		chromedp.Navigate(b.url+"/signin?token="+token+"&next=/insight"),
	)
	b.until(`document.querySelector(".rooms [aria-current=page]")`)
	return b
}

func TestBrowserReportsAreRead(t *testing.T) {
	b := openReports(t, 1280, 900)
	require.Equal(t, b.url+"/insight", b.eval("location.href"))
	require.Equal(t, "7", b.eval(`document.querySelectorAll("figure svg[role=img]").length`))
	require.Equal(t, "0", b.eval(`document.querySelectorAll("[style]").length`))

	b.do(chromedp.Click(".rooms a:nth-child(3)"))
	b.until(`location.pathname === "/insight/gaps"`)
	b.until(`document.querySelector(".gap h3").textContent.includes("deliver to Svalbard")`)
	b.do(chromedp.Click(".gap details summary"))
	b.until(`document.querySelector(".gap textarea").value.startsWith("# ")`)
	b.until(`document.querySelector(".gap button").checkVisibility()`)
	require.Equal(t, "true", b.eval(`document.querySelector(".gap a").href.includes("/panel?suggestion=work_")`))

	b.do(chromedp.Click(".rooms a:nth-child(5)"))
	b.until(`location.pathname === "/insight/money"`)
	b.until(`document.getElementById("rate")`)
	b.do(chromedp.SendKeys("#rate", "45"), chromedp.SendKeys("#currency", "EUR"), chromedp.Click(".span button"))
	b.until(`location.search.includes("rate=45") && document.querySelector(".tiles").innerText.includes("at 45 EUR an hour")`)
	b.do(chromedp.Click(".rooms a:nth-child(4)"))
	b.until(`location.pathname === "/insight/documents" && document.querySelector("tbody th").textContent.includes("XY-2000")`)
	require.Equal(t, "true", b.eval(`location.search.includes("rate=45")`), "what was entered stays")
	b.quiet()
}

func TestBrowserReportsFitASideBar(t *testing.T) {
	b := openReports(t, 320, 800)
	for _, path := range insightPaths {
		b.do(chromedp.Navigate(b.url + path))
		b.until(`document.querySelector("main section")`)
		require.Equal(t, "true", b.eval(`document.documentElement.scrollWidth <= 320`), "%s is %s wide", path, b.eval(`document.documentElement.scrollWidth`))
		b.until(`[...document.querySelectorAll(".sheet[tabindex]")].every((x) => x.getBoundingClientRect().right <= 320)`)
	}
	b.quiet()
}
