package web_test

import (
	"fmt"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/require"

	"github.com/sufflor/sufflor/access"
	"github.com/sufflor/sufflor/web/browsertest"
)

func TestBrowserFromTheFirstAccountToTheAuditLog(t *testing.T) {
	browsertest.Path(t)
	s := seed(t)
	o := options(s)
	o.Now = func() time.Time { return noon }
	srv := httptest.NewServer(handler(t, o))
	t.Cleanup(srv.Close)
	link, err := (access.Desk{Store: s, Workspaces: []string{ws, "nord"}, Now: o.Now}).SetUp(t.Context())
	require.NoError(t, err)
	b := &tab{t: t, s: s, url: srv.URL, srv: srv}
	b.launch()
	shot := func(name string) {
		dir := os.Getenv("SUFFLOR_SHOTS")
		if dir == "" {
			return
		}
		for _, width := range []int64{1280, 320} {
			b.do(chromedp.EmulateViewport(width, 800))
			png, err := chromedp.Run(b.ctx, chromedp.FullScreenshot(100))
			require.NoError(t, err)
			require.NoError(t, os.WriteFile(filepath.Join(dir, fmt.Sprintf("%s_%d.png", name, width)), png, 0o600))
		}
	}
	fits := func() {
		b.do(chromedp.EmulateViewport(320, 800))
		require.Equal(t, "320", b.eval("document.documentElement.scrollWidth"), "nothing to the side at 320 px")
	}
	typed := func(id, text string) chromedp.Action[chromedp.Void] { return chromedp.SendKeys("#"+id, text) }

	b.do(chromedp.EmulateViewport(1280, 800), chromedp.Navigate(srv.URL+"/setup?link="+link))
	shot("setup")
	fits()
	b.do(typed("login", "kari"), typed("password", secret), typed("again", secret), chromedp.Click("button.primary"))
	b.until(`location.pathname === "/account"`)
	shot("account")
	fits()
	b.do(chromedp.Navigate(srv.URL+"/people"), typed("login", "ola"), chromedp.Click("form.box button"))
	b.until(`document.querySelector(".secret")`)
	shot("people")
	fits()
	reset := b.eval(`document.querySelector(".secret").textContent`)
	b.do(chromedp.Navigate(srv.URL+"/keys"), typed("name", "crm"), chromedp.Click(`input[value="ask"]`), chromedp.Click("form.box button"))
	b.until(`document.querySelector(".secret").textContent.startsWith("sfk_")`)
	shot("keys")
	fits()
	b.do(chromedp.Navigate(srv.URL + "/audit?action=person."))
	b.until(`document.querySelectorAll("tbody tr").length === 2`)
	shot("audit")
	fits()
	b.do(chromedp.Click(".top form button"))
	b.until(`location.pathname === "/signin"`)
	shot("signin")

	b.do(chromedp.Navigate(reset), typed("password", secret), typed("again", secret), chromedp.Click("button.primary"))
	b.until(`location.pathname === "/account"`)
	require.Equal(t, "true", b.eval(`!document.querySelector('a[href="/people"]')`), "an agent looks after nobody")
	b.do(chromedp.Navigate(srv.URL + "/panel?suggestion=sg_oil"))
	b.until(`document.getElementById("up")`)
	b.do(chromedp.Click("#up"))
	require.Eventually(t, func() bool {
		list, err := s.Outcomes(t.Context(), ws, "sg_oil")
		return err == nil && len(list) == 1 && list[0].Agent == "ola"
	}, browsertest.Patient, 50*time.Millisecond)
}
