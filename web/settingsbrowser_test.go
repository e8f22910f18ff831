package web_test

import (
	"net/http/httptest"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/require"

	"github.com/sufflor/sufflor/store"
	"github.com/sufflor/sufflor/web/browsertest"
)

// settingsTab is a tab with the settings of a whole server.
func settingsTab(t *testing.T, width int64) *tab {
	t.Helper()
	browsertest.Path(t)
	s := seed(t)
	o := steward(t, s)
	o.Now = time.Now
	srv := httptest.NewServer(handler(t, o))
	t.Cleanup(srv.Close)
	b := &tab{t: t, s: s, url: srv.URL, srv: srv}
	b.launch()
	b.do(chromedp.EmulateViewport(width, 900), chromedp.Navigate(srv.URL+"/signin?token="+token))
	return b
}

func TestBrowserSettings(t *testing.T) {
	t.Parallel()
	b := settingsTab(t, 320)
	b.do(chromedp.Navigate(b.url + "/settings"))
	b.until(`location.pathname === "/settings/connectors"`)
	b.do(chromedp.Click(`form[action^="/settings/connectors/test"] button`))
	b.until(`document.querySelector(".findings li:nth-child(2)")`)
	for _, page := range []string{"connectors", "health", "guidelines", "model", "data", "language"} {
		b.do(chromedp.Navigate(b.url + "/settings/" + page))
		require.Equal(t, "true", b.eval(`document.documentElement.scrollWidth <= innerWidth`), "%s does not fit into 320 px", page)
	}

	// Two tabs write guidelines: the second is told, and its text is kept.
	b.do(chromedp.Navigate(b.url+"/settings/guidelines"), chromedp.SendKeys("#forbidden", "billig*"))
	_, err := b.s.SaveGuidelines(t.Context(), store.Guidelines{Workspace: ws, Author: "ola", Note: "other tab", Body: "tone: formal\n"})
	require.NoError(t, err)
	b.do(chromedp.Click(`button[value="save"]`))
	b.until(`document.querySelector('[role="alert"] bdi')`)
	require.Equal(t, "billig*", b.eval(`document.getElementById("forbidden").value`))
	b.do(chromedp.Click(`button[value="save"]`))
	b.until(`location.search.includes("saved=2")`)

	// Erasing needs the name.
	b.do(chromedp.Navigate(b.url+"/settings/data"), chromedp.SendKeys("#name", "Kari Nordmann"), chromedp.Click(`button[value="look"]`))
	b.until(`document.getElementById("confirm")`)
	b.do(chromedp.SendKeys("#confirm", "Kari Nordmann"), chromedp.Click(`button[value="erase"]`))
	b.until(`document.querySelector('[role="status"] dl')`)
	_, err = b.s.Suggestion(t.Context(), ws, "sg_oil")
	require.ErrorIs(t, err, store.ErrNotFound)

	b.do(chromedp.Navigate(b.url+"/settings/language"), chromedp.Click(`input[value="sv"]`), chromedp.Click(`main button`))
	b.until(`document.documentElement.lang === "sv"`)
	b.mu.Lock()
	defer b.mu.Unlock()
	require.Len(t, b.complaints, 1, "all that the browser complains of")
	require.Contains(t, b.complaints[0], "409 (Conflict)")
}
