package web_test

import (
	"context"
	"fmt"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/browser"
	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
	"github.com/stretchr/testify/require"

	"github.com/sufflor/sufflor/store"
	"github.com/sufflor/sufflor/suggest"
	"github.com/sufflor/sufflor/suggest/insight"
	"github.com/sufflor/sufflor/web"
	"github.com/sufflor/sufflor/web/browsertest"
)

// tab is a page in a browser that has signed in.
type tab struct {
	t   *testing.T
	ctx context.Context
	url string
	s   *store.Store
	srv *httptest.Server

	live suggest.Live // what a model writes

	mu         sync.Mutex
	complaints []string // of the browser: exceptions, CSP violations, failed requests
}

func openTab(t *testing.T, width, height int64, change ...func(*web.Options)) *tab {
	t.Helper()
	browsertest.Path(t) // before what takes longer
	s := seed(t)
	o := options(s)
	o.Now = time.Now
	// The panel leads to what a real server has.
	o.Insight = &insight.Reader{Store: s}
	o.Rerun = func(context.Context, store.Suggestion) (suggest.Suggestion, error) { return suggest.Suggestion{}, nil }
	o.Fix, o.Search = fixes(s), oilFound
	b := &tab{t: t, s: s}
	o.Writing = b.live.Watch
	for _, f := range change {
		f(&o)
	}
	srv := httptest.NewServer(handler(t, o))
	t.Cleanup(srv.Close)

	b.url, b.srv = srv.URL, srv
	b.launch()
	b.do(
		chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
			if _, err := cdp.Call(ctx, t, log.Enable, cdp.Empty{}); err != nil {
				return err
			}
			for _, name := range []string{"clipboard-read", "clipboard-write"} {
				_, err := cdp.Call(ctx, t, browser.SetPermission, browser.SetPermissionParams{
					Origin: srv.URL, Permission: &browser.PermissionDescriptor{Name: name}, Setting: browser.PermissionSettingGranted,
				})
				if err != nil {
					return err
				}
			}
			return nil
		}),
		chromedp.EmulateViewport(width, height),
		chromedp.Navigate(srv.URL+"/signin?token="+token),
	)
	b.until(`document.getElementById("link").dataset.state === "live"`)
	return b
}

// launch starts a browser of its own for the tab.
func (b *tab) launch() {
	b.t.Helper()
	b.ctx = browsertest.Launch(b.t, 5*time.Minute)
	require.NoError(b.t, chromedp.Listen(b.ctx, b.listen))
}

func (b *tab) listen(ev any) {
	b.mu.Lock()
	defer b.mu.Unlock()
	switch e := ev.(type) {
	case *log.EventEntryAdded:
		if e.Entry.Level == log.EntryLevelError || e.Entry.Level == log.EntryLevelWarning {
			b.complaints = append(b.complaints, e.Entry.Text+" "+e.Entry.URL)
		}
	case *runtime.EventExceptionThrown:
		b.complaints = append(b.complaints, e.ExceptionDetails.Text)
	}
}

func (b *tab) do(steps ...chromedp.Action[chromedp.Void]) {
	b.t.Helper()
	require.NoError(b.t, chromedp.Do(b.ctx, steps...))
}

// until waits for an expression to hold.
func (b *tab) until(expression string) {
	b.t.Helper()
	browsertest.Until(b.t, b.ctx, expression)
}

func (b *tab) eval(expression string) string {
	b.t.Helper()
	got, err := chromedp.Run(b.ctx, chromedp.Evaluate[string](fmt.Sprintf("String(%s)", expression)))
	require.NoError(b.t, err)
	return got
}

func (b *tab) press(keys string) { b.t.Helper(); b.do(chromedp.KeyEvent(keys)) }

func (b *tab) quiet() {
	b.t.Helper()
	b.mu.Lock()
	defer b.mu.Unlock()
	require.Empty(b.t, b.complaints, "the browser complains")
}

// outcome waits for the nth outcome of a suggestion.
func (b *tab) outcome(id string, n int) store.Outcome {
	b.t.Helper()
	var list []store.Outcome
	require.Eventually(b.t, func() bool {
		var err error
		list, err = b.s.Outcomes(b.t.Context(), ws, id)
		return err == nil && len(list) >= n
	}, browsertest.Patient, 10*time.Millisecond)
	require.Len(b.t, list, n)
	return list[n-1]
}

const shown = `document.querySelector("[data-suggestion]").dataset.suggestion`

func TestBrowserAnAgentWorksWithTheKeyboard(t *testing.T) {
	b := openTab(t, 1280, 900)
	require.Equal(t, "sg_oil", b.eval(shown))
	require.Equal(t, b.url+"/panel", b.eval("location.href"), "the token has left the address")

	b.press("u")
	b.until(`document.getElementById("done").textContent.startsWith("Copied")`)
	require.Equal(t, "used", b.outcome("sg_oil", 1).Action)
	require.Equal(t, oilDraft().Text(), b.clipboard())

	b.press("2")
	b.until(`document.querySelector("#context-2 .cells")`)
	require.Equal(t, "source-2", b.eval(`document.activeElement.closest(".card").id`))
	b.press("1")
	b.until(`document.querySelector("#context-1 mark")`)
	require.Equal(t, "Use hydraulic oil of class ISO VG 46.", b.eval(`document.querySelector("#context-1 mark").textContent`))
	require.Contains(t, b.eval(`document.querySelector("#context-1 .near").textContent`), "Check the oil level")
	b.press(kb.Escape)
	b.until(`!document.querySelector("#context-1 mark")`)
	b.press("4")
	b.until(`document.querySelector("#context-4 .here") && document.querySelector(".also").open`)
	require.Contains(t, b.eval(`document.getElementById("source-4").innerText`), "Internal – do not send")

	b.press("j")
	b.until(shown + ` === "sg_high"`)
	require.Equal(t, "sg_high", b.eval(`document.activeElement.dataset.id`))
	require.Contains(t, b.eval("location.search"), "suggestion=sg_high")
	b.press("k")
	b.until(shown + ` === "sg_oil"`)
	b.press(kb.ArrowDown)
	b.until(shown + ` === "sg_high"`)
	b.do(chromedp.NavigateBack())
	b.until(shown + ` === "sg_oil"`)

	b.press("+")
	require.Equal(t, "up", b.outcome("sg_oil", 2).Action)
	b.until(`document.getElementById("up").getAttribute("aria-pressed") === "true"`)

	b.press("?")
	b.until(`document.getElementById("help").open`)
	b.press("j") // belongs to the dialog
	b.press(kb.Escape)
	b.until(`!document.getElementById("help").open`)
	require.Equal(t, "sg_oil", b.eval(shown))
	b.quiet()
}

// clipboard is what an agent would paste.
func (b *tab) clipboard() string {
	b.t.Helper()
	got, err := chromedp.Run(b.ctx, chromedp.Evaluate[string](`navigator.clipboard.readText()`, chromedp.EvalAwaitPromise))
	require.NoError(b.t, err)
	return got
}

func TestBrowserRejectingSaysWhyAndCanBeTakenBack(t *testing.T) {
	b := openTab(t, 320, 800)
	b.press("x")
	b.until(`document.activeElement.value === "wrong"`)
	b.press("2")
	o := b.outcome("sg_oil", 1)
	require.Equal(t, "rejected", o.Action)
	require.Equal(t, "outdated", o.Reason)
	b.until(`document.querySelector("#down summary").classList.contains("pressed") && !document.getElementById("down").open`)
	b.press("-")
	b.until(`document.activeElement.value === "wrong"`)
	b.do(chromedp.SendKeys(`#down input[name=comment]`, "83, not 38"))
	b.press(kb.Enter)
	require.Equal(t, "wrong: 83, not 38", b.outcome("sg_oil", 2).Reason)
	b.until(`document.querySelector("#down summary").classList.contains("pressed") && !document.getElementById("down").open`)

	b.do(chromedp.Click("#up"))
	require.Equal(t, "up", b.outcome("sg_oil", 3).Action)
	b.until(`!document.querySelector("#down summary").classList.contains("pressed")`)
	b.quiet()
}

func TestBrowserNewsComeWithoutDisturbing(t *testing.T) {
	b := openTab(t, 1280, 900)
	b.press("e")
	b.until(`document.activeElement.id === "edited"`)
	b.press("Yes! ")

	save(t, b.s, func() store.Suggestion {
		r := record(t, "sg_fresh", "Ingrid <b>Bø</b>", "Is it in stock?", plainDraft(suggest.High))
		r.Created = time.Now()
		return r
	}())
	b.until(`document.querySelector(".item").dataset.id === "sg_fresh"`)
	b.until(`document.getElementById("announce").textContent === "New suggestion: Ingrid <b>Bø</b>. Ready to use."`)
	require.Equal(t, "edited", b.eval("document.activeElement.id"), "the focus stays")
	require.Equal(t, "sg_oil", b.eval(shown), "the draft stays")
	require.Equal(t, "(1) ", b.eval("document.title.slice(0, 4)"))
	require.Equal(t, "true", b.eval(`document.querySelector(".item").classList.contains("is-new")`))

	b.press("And more. ")
	b.do(chromedp.Click(`.item[data-id="sg_fresh"]`))
	b.until(shown + ` === "sg_fresh"`)
	require.NotContains(t, b.eval("document.title"), "(1)")
	b.do(chromedp.Click(`.item[data-id="sg_oil"]`))
	b.until(shown + ` === "sg_oil"`)
	require.Contains(t, b.eval(`document.getElementById("edited").value`), "Yes! And more. Hi Kari,", "what was typed is not lost")

	b.do(chromedp.Click("#copy-edited"))
	o := b.outcome("sg_oil", 1)
	require.Equal(t, "edited", o.Action)
	require.Contains(t, o.Text, "Yes! And more. Hi Kari,")
	require.Equal(t, o.Text, b.clipboard())

	require.NoError(t, b.s.WithdrawSuggestions(t.Context(), ws, "zendesk", "conv-sg_oil", "msg-sg_oil"))
	b.until(`document.querySelector(".notice") && !document.getElementById("draft")`)
	b.quiet()
}

func TestBrowserCopiesWhereTheClipboardIsRefused(t *testing.T) {
	b := openTab(t, 1280, 900)
	b.do(chromedp.Evaluate[chromedp.Void](`navigator.clipboard.writeText = () => Promise.reject(new Error("refused")); document.execCommand = () => false; 0`))
	b.do(chromedp.Click("#use"))
	b.until(`document.getElementById("done").textContent.includes("Ctrl+C")`)
	require.Contains(t, b.eval("getSelection().toString()"), "Use hydraulic oil of class ISO VG 46. Change the oil", "no citation marks in what is selected")
	require.Equal(t, "used", b.outcome("sg_oil", 1).Action)
	b.quiet()
}

func TestBrowserSaysThatTheConnectionIsLostAndCatchesUp(t *testing.T) {
	b := openTab(t, 1280, 900)
	b.do(chromedp.Evaluate[chromedp.Void](`dispatchEvent(new Event("offline")); 0`))
	b.until(`document.getElementById("link").textContent === "Connection lost, reconnecting …"`)
	r := record(t, "sg_meanwhile", "Ingrid", "Is it in stock?", plainDraft(suggest.High))
	r.Created = time.Now()
	save(t, b.s, r)
	b.until(`document.getElementById("link").dataset.state === "live"`)
	b.until(`document.querySelector('.item[data-id="sg_meanwhile"]')`)
	b.quiet()
}

func TestBrowserFitsIntoASideBar(t *testing.T) {
	b := openTab(t, 320, 800)
	for _, target := range []string{"/panel", "/panel?suggestion=sg_oil&source=1", "/panel?suggestion=sg_oil&source=4", "/panel?suggestion=sg_none", "/panel?workspace=nord", "/signin", "/panel?suggestion=missing"} {
		b.do(chromedp.Navigate(b.url + target))
		require.Equal(t, "320", b.eval("document.documentElement.scrollWidth"), target)
	}
	long := record(t, "sg_long", fmt.Sprintf("%0200d", 7), fmt.Sprintf("%010000d", 7), plainDraft(suggest.High))
	long.Created = time.Now()
	save(t, b.s, long)
	b.do(chromedp.Navigate(b.url + "/panel?suggestion=sg_long"))
	require.Equal(t, "320", b.eval("document.documentElement.scrollWidth"), "words of 10,000 letters break")
}

func TestBrowserMarksInTheListStayOnALineEach(t *testing.T) {
	for _, width := range []int64{320, 400, 800, 1100} {
		t.Run(fmt.Sprint(width, " px"), func(t *testing.T) {
			b := openTab(t, width, 800)
			p := library()["doc-oil"]
			for i := range p {
				p[i].ID, p[i].Document, p[i].Workspace = "nord-"+p[i].ID, "doc-nord", "nord"
			}
			_, err := b.s.PutDocument(t.Context(), store.Document{
				ID: "doc-nord", Workspace: "nord", Collection: "manuals", Audience: "public", Root: "/documents", Path: "a.pdf", Hash: "oil", Type: "pdf",
			}, p)
			require.NoError(t, err)
			r := record(t, "sg_stale", "Astrid", "Hvor mye olje går det på tanken?", plainDraft(suggest.Medium))
			r.Workspace, r.Cites, r.Created = "nord", []string{p[1].ID}, time.Now()
			save(t, b.s, r)
			_, err = b.s.DeleteDocument(t.Context(), "nord", "doc-nord")
			require.NoError(t, err)

			b.do(chromedp.Navigate(b.url + "/panel?workspace=nord"))
			for _, mark := range []string{".stale", ".word"} {
				lines := fmt.Sprintf(`(e => e.getBoundingClientRect().height / parseFloat(getComputedStyle(e).lineHeight))(document.querySelector(".item %s"))`, mark)
				require.Equal(t, "true", b.eval(lines+" < 1.5"), mark+" is on one line")
			}
			require.Equal(t, "Kilde endret", b.eval(`document.querySelector(".item .stale").textContent`))
			require.Equal(t, "true", b.eval(`document.querySelector(".item .stale").getBoundingClientRect().width > 40`), "it can be seen")
			b.quiet()
		})
	}
}
