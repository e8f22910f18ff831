package main

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/require"

	"github.com/sufflor/sufflor/access"
	"github.com/sufflor/sufflor/web/browsertest"
)

// screen is a page as somebody sees it. Pages are in [screens] and nowhere
// else: from there they are drawn, and tested.
type screen struct {
	name   string // of its pictures
	path   string // with names of [company.places] in braces
	as     string // a role; empty: nobody has signed in
	wait   string // an expression that holds once the page is there; empty: as soon as it is loaded
	act    string // a script to run then, such as one that opens something
	then   string // an expression that holds once that is done; empty: at once
	fresh  bool   // at a company on its first day
	status int    // of the answer; 0: 200
	shown  bool   // in docs/img/screens, for the manual
}

const (
	live  = `document.getElementById("link").dataset.state === "live"`
	drawn = `document.getElementById("pdf").dataset.state === "shown"`
)

// screens is the one list of pages.
var screens = []screen{
	{name: "signin", path: "/signin", shown: true},
	{name: "setup", path: "{setup}", fresh: true, shown: true},
	{name: "setup-gone", path: "/setup?link=used", fresh: true, status: http.StatusNotFound},
	{name: "panel", path: "/panel?suggestion={draft}", as: access.Agent, wait: live, shown: true},
	{name: "panel-list", path: "/panel", as: access.Agent, wait: live},
	{name: "panel-low", path: "/panel?suggestion={low}", as: access.Agent, wait: live, shown: true},
	{name: "panel-none", path: "/panel?suggestion={none}", as: access.Agent, wait: live, shown: true},
	{name: "panel-keys", path: "/panel?suggestion={draft}", as: access.Agent, wait: live, act: `document.getElementById("help-open").click()`, shown: true},
	{name: "panel-source", path: "/panel?suggestion={draft}&source=1", as: access.Agent, wait: live},
	{name: "panel-edit", path: "/panel?suggestion={draft}", as: access.Agent, wait: live, act: `document.getElementById("edit").click()`},
	{name: "panel-down", path: "/panel?suggestion={draft}", as: access.Agent, wait: live, act: `document.getElementById("down").open = true`},
	{name: "panel-empty", path: "/panel", as: access.Admin, wait: live, fresh: true},
	{name: "embedded", path: "/embed/zendesk?conversation=35002", as: access.Agent, wait: `document.querySelector("[data-suggestion]")`, shown: true},
	{name: "embedded-gate", path: "/embed/zendesk?conversation=35001", wait: `!document.getElementById("gate").hidden`},
	{name: "source-pdf", path: "{pdf}", as: access.Agent, wait: drawn, shown: true},
	{name: "source-word", path: "{docx}", as: access.Agent, shown: true},
	{name: "source-excel", path: "{xlsx}", as: access.Agent, shown: true},
	{name: "source-case", path: "{csv}", as: access.Agent, shown: true},
	{name: "source-web", path: "{html}", as: access.Agent},
	{name: "review", path: "/review?days=90", as: access.Reviewer, shown: true},
	{name: "review-item", path: "/review/item?suggestion={rejected}", as: access.Reviewer, shown: true},
	{name: "review-triage", path: "/review/triage?days=90", as: access.Reviewer, shown: true},
	{name: "review-triage-item", path: "/review/triage/item?suggestion={rejected}", as: access.Reviewer, shown: true},
	{name: "review-agreement", path: "/review/agreement?days=90", as: access.Reviewer, shown: true},
	{name: "review-empty", path: "/review", as: access.Admin, fresh: true},
	{name: "triage-empty", path: "/review/triage", as: access.Admin, fresh: true},
	{name: "agreement-empty", path: "/review/agreement", as: access.Admin, fresh: true},
	{name: "insight", path: "/insight?days=60", as: access.Reviewer, shown: true},
	{name: "insight-parts", path: "/insight/parts?days=60", as: access.Reviewer},
	{name: "insight-gaps", path: "/insight/gaps?days=60", as: access.Reviewer, shown: true},
	{name: "insight-documents", path: "/insight/documents?days=60", as: access.Reviewer, shown: true},
	{name: "insight-money", path: "/insight/money?days=60&rate=450&currency=NOK", as: access.Reviewer, shown: true},
	{name: "insight-empty", path: "/insight", as: access.Admin, fresh: true},
	{name: "insight-gaps-empty", path: "/insight/gaps", as: access.Admin, fresh: true},
	{name: "insight-documents-empty", path: "/insight/documents", as: access.Admin, fresh: true},
	{name: "insight-money-empty", path: "/insight/money", as: access.Admin, fresh: true},
	{name: "panel-hint", path: "/panel?suggestion={draft}", as: access.Agent, wait: live, act: tool("hint", "Hva koster frakten?"), then: `document.querySelector("#hint-out .alternative")`},
	{name: "panel-search", path: "/panel?suggestion={draft}", as: access.Agent, wait: live, act: tool("search", "garanti på deler"), then: `document.querySelector("#search-out .hits")`, shown: true},
	{name: "panel-templates", path: "/panel?suggestion={draft}", as: access.Agent, wait: live, act: tool("templates", "")},
	{name: "documents", path: "/documents", as: access.Editor, shown: true},
	{name: "documents-list", path: "/documents/list", as: access.Editor, shown: true},
	{name: "documents-upload", path: "/documents/upload", as: access.Editor, shown: true},
	{name: "documents-source", path: "/documents/source?name=fjordvik", as: access.Editor, shown: true},
	{name: "documents-remove", path: "/documents/remove?source=fjordvik", as: access.Editor},
	{name: "documents-removed", path: "/documents/removed", as: access.Editor},
	{name: "documents-empty", path: "/documents", as: access.Admin, fresh: true},
	{name: "documents-list-empty", path: "/documents/list", as: access.Admin, fresh: true},
	{name: "documents-removed-empty", path: "/documents/removed", as: access.Admin, fresh: true},
	{name: "document", path: "/documents/view?id={plain}", as: access.Editor, wait: drawn, shown: true},
	{name: "document-excluded", path: "/documents/view?id={excluded}&only=fixed", as: access.Editor},
	{name: "document-corrected", path: "/documents/view?id={corrected}&only=fixed", as: access.Editor},
	{name: "document-lost", path: "/documents/view?id={lost}", as: access.Editor, shown: true},
	{name: "playground", path: "/documents/playground", as: access.Editor},
	{name: "playground-hits", path: "/documents/playground?q=Hvor+lenge+er+det+garanti+p%C3%A5+deler", as: access.Editor, act: `document.querySelector(".why").open = true`, shown: true},
	{name: "settings-connectors", path: "/settings/connectors", as: access.Admin, shown: true},
	{name: "settings-health", path: "/settings/health", as: access.Admin, shown: true},
	{name: "settings-guidelines", path: "/settings/guidelines", as: access.Editor, shown: true},
	{name: "settings-model", path: "/settings/model", as: access.Admin},
	{name: "settings-data", path: "/settings/data", as: access.Admin, shown: true},
	{name: "settings-language", path: "/settings/language", as: access.Agent},
	{name: "settings-connectors-empty", path: "/settings/connectors", as: access.Admin, fresh: true},
	{name: "api", path: "/api", as: access.Agent},
	{name: "account", path: "/account", as: access.Agent, shown: true},
	{name: "people", path: "/people", as: access.Admin, shown: true},
	{name: "keys", path: "/keys", as: access.Admin, shown: true},
	{name: "audit", path: "/audit", as: access.Admin, shown: true},
	{name: "people-empty", path: "/people", as: access.Admin, fresh: true},
	{name: "keys-empty", path: "/keys", as: access.Admin, fresh: true},
	{name: "missing", path: "/no-such-page", as: access.Agent, status: http.StatusNotFound},
	{name: "refused", path: "/people", as: access.Agent, status: http.StatusForbidden},
}

// tool opens one of the panel's tools, and asks it something.
func tool(name, text string) string {
	open := fmt.Sprintf("document.querySelector(\"[data-tool=%s]\").click();", name)
	if text == "" {
		return open
	}
	return open + fmt.Sprintf(`document.getElementById("%[1]s-text").value = %[2]q; document.getElementById("tool-%[1]s").requestSubmit()`, name, text)
}

// places are what the paths of screens name.
func (c *company) places() *strings.Replacer {
	c.t.Helper()
	if c.played == nil {
		return strings.NewReplacer("{setup}", "/setup?link="+c.setUp)
	}
	return strings.NewReplacer(
		"{draft}", c.played[0].ID, "{low}", c.played[6].ID, "{none}", c.played[7].ID, "{rejected}", c.rejected,
		"{pdf}", c.source(".pdf"), "{docx}", c.source(".docx"), "{xlsx}", c.source(".xlsx"), "{csv}", c.source(".csv"), "{html}", c.source(".html"),
		"{plain}", c.edited["plain"], "{excluded}", c.edited["excluded"], "{corrected}", c.edited["corrected"], "{lost}", c.edited["lost"],
	)
}

// visit is a browser that is shown one screen after another.
type visit struct {
	t      *testing.T
	ctx    context.Context
	seen   *browsertest.Watch
	of     map[bool]*company // by whether it is on its first day
	places map[bool]*strings.Replacer
	now    string // the session in the browser
}

func visitOf(t *testing.T, worked, fresh *company) *visit {
	t.Helper()
	v := &visit{
		t: t, ctx: browsertest.Launch(t, browserLife), of: map[bool]*company{false: worked, true: fresh},
		places: map[bool]*strings.Replacer{false: worked.places(), true: fresh.places()},
	}
	v.seen = browsertest.Attend(t, v.ctx, worked.URL)
	// The browser's clock shows what the server's does, for pages say how long
	// ago something was. What one page kept, such as a panel's pass, is not there
	// for the next.
	v.do(browsertest.Before(fmt.Sprintf(`try { sessionStorage.clear(); } catch {} Date.now = () => %d;`, noticed.UnixMilli())))
	return v
}

func (v *visit) do(steps ...chromedp.Action[chromedp.Void]) {
	v.t.Helper()
	require.NoError(v.t, chromedp.Do(v.ctx, steps...))
}

func (v *visit) eval(expression string) string {
	v.t.Helper()
	got, err := chromedp.Run(v.ctx, chromedp.Evaluate[string](expression, chromedp.EvalAwaitPromise))
	require.NoError(v.t, err)
	return got
}

// as gives a screen as wide as its window. Narrower than 500 px no window is,
// so it is emulated.
func (v *visit) as(l look) {
	v.t.Helper()
	v.do(chromedp.EmulateViewport(l.width, 900), browsertest.Theme(l.dark))
}

// look is a width and a theme.
type look struct {
	width int64
	dark  bool
}

// browserLife is far more than all screens take on a slow machine.
const browserLife = 20 * time.Minute

// Widths of screens, in CSS pixels.
const (
	wide   = 1280
	narrow = 320
)

// noticed is when all screens are looked at.
var noticed = today.Add(20 * time.Minute)

// open shows a screen and waits until it is there.
func (v *visit) open(s screen) {
	v.t.Helper()
	c := v.of[s.fresh]
	if cookie := c.cookies[s.as]; cookie != v.now {
		name, value, _ := strings.Cut(cookie, "=")
		v.do(browsertest.Cookie(c.URL, "", ""))
		if value != "" {
			v.do(browsertest.Cookie(c.URL, name, value))
		}
		v.now = cookie
	}
	c.clock.set(noticed) // however long the screens before took
	v.do(chromedp.Navigate("about:blank"))
	v.seen.Begin(c.URL)
	v.do(chromedp.Navigate(c.URL + v.places[s.fresh].Replace(s.path)))
	v.settled(s)
	if s.act != "" {
		v.do(chromedp.Evaluate[chromedp.Void](s.act + "; 0"))
		if s.then != "" {
			browsertest.Until(v.t, v.ctx, s.then)
		}
	}
}

// settled waits until a screen is there, also after its width has changed.
func (v *visit) settled(s screen) {
	v.t.Helper()
	browsertest.Until(v.t, v.ctx, `document.readyState === "complete"`)
	if s.wait != "" {
		browsertest.Until(v.t, v.ctx, s.wait)
	}
}

// axeRun asks axe-core for what is wrong by WCAG 2.2, levels A and AA.
const axeRun = `axe.run(document, {runOnly: {type: "tag", values: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]}, resultTypes: ["violations"]}).then((r) => r.violations.map((v) =>
	v.id + ": " + v.help + "\n" + v.nodes.slice(0, 4).map((n) => "  " + n.target.join(" ") + "  " + n.html.slice(0, 160) + "\n    " + n.failureSummary.replaceAll("\n", "\n    ")).join("\n")).join("\n"))`

// axe lets axe-core find nothing wrong with what is shown.
func (v *visit) axe(l look) {
	v.t.Helper()
	if v.eval("typeof axe") == "undefined" {
		// From the developer tools: the page's policy lets no script of others in.
		script, err := os.ReadFile(filepath.Join("..", "..", "web", "testdata", "axe", "axe.min.js"))
		require.NoError(v.t, err)
		v.do(chromedp.Evaluate[chromedp.Void](string(script) + "; 0"))
	}
	require.Empty(v.t, v.eval(axeRun), "axe-core at %d px, dark: %v", l.width, l.dark)
}

// panelBytes is the most that the panel may send before fonts and pdf.js.
const panelBytes = 60 << 10

// browsers is how many are shown screens at a time; each has half of them.
const browsers = 2

func TestBrowserEveryPage(t *testing.T) {
	t.Parallel()
	browsertest.Path(t)
	worked, fresh := demoCompany(t, 24, 4, "nb", "prices"), newCompany(t)
	for n := range browsers {
		t.Run(fmt.Sprint("browser ", n+1), func(t *testing.T) {
			t.Parallel()
			v := visitOf(t, worked, fresh)
			for i, s := range screens {
				if i%browsers == n {
					t.Run(s.name, func(t *testing.T) { v.tests(t, s) })
				}
			}
		})
	}
}

// tests opens a screen, and finds nothing wrong with it.
func (v *visit) tests(t *testing.T, s screen) {
	t.Helper()
	v.t = t
	v.as(look{wide, false})
	v.open(s)
	check(t, v, s)

	require.NotEmpty(t, v.eval("document.title"))
	// Colours do not depend on the width: two looks show all of them.
	// The other two are looked at when the pictures are drawn.
	for _, l := range []look{{wide, false}, {narrow, true}} {
		v.as(l)
		v.settled(s)
		v.axe(l)
		require.Equal(t, fmt.Sprint(l.width), v.eval("String(document.documentElement.scrollWidth)"), "nothing to the side")
	}
	check(t, v, s)
}

// check looks at what a screen was sent with, and what the browser says of it.
func check(t *testing.T, v *visit, s screen) {
	t.Helper()
	require.Empty(t, v.seen.Foreign(), "asked for elsewhere")
	documents := v.seen.Documents()
	require.NotEmpty(t, documents)
	want := s.status
	if want == 0 {
		want = http.StatusOK
		require.Empty(t, v.seen.Complaints(), "the browser complains")
	}
	last := documents[len(documents)-1]
	require.EqualValues(t, want, last.Status)
	for _, d := range documents {
		policy := ""
		for name, value := range d.Headers {
			if strings.EqualFold(name, "Content-Security-Policy") {
				policy = fmt.Sprint(value)
			}
		}
		require.Contains(t, policy, "default-src 'none'", d.URL)
		require.Contains(t, policy, "script-src 'self'", d.URL)
		require.NotContains(t, policy, "unsafe", d.URL)
	}
	if !strings.HasPrefix(s.name, "panel") {
		return
	}
	total := 0
	sizes := v.seen.Bytes()
	for address, n := range sizes {
		if !strings.Contains(address, "/api/") { // what is asked for later
			total += n
		}
	}
	require.Positive(t, total)
	require.LessOrEqual(t, total, panelBytes, "%v", sizes)
}
