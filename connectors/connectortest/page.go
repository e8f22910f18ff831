package connectortest

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/require"
)

// pageWait is how long a page may take before its test fails.
const pageWait = 2 * time.Minute

// PanelOrigin is what a package is made for when its page is to be shown with
// [OpenPage].
const PanelOrigin = "https://panel.example"

// Page is a package's own page in Chromium, with a frame in it in which the
// test plays our panel.
type Page struct {
	ctx   context.Context
	heard chan map[string]any
	say   chan map[string]any
}

// panelPage tells its server what it hears, and says what its server tells it.
const panelPage = `<!doctype html><title>Panel</title><script>
addEventListener("message", (e) => { if (e.source === parent) fetch("/heard", { method: "POST", body: JSON.stringify(e.data) }); });
(async () => { for (;;) { const m = await (await fetch("/next")).json(); parent.postMessage(m, "*"); } })();
</script>`

// OpenPage serves files on one origin and a panel on another, as which the
// files are changed to know it instead of [PanelOrigin], and opens entry.
// Without Chromium the test is skipped, in CI it fails.
func OpenPage(t *testing.T, files map[string][]byte, entry string) *Page {
	t.Helper()
	p := &Page{heard: make(chan map[string]any, 100), say: make(chan map[string]any, 100)}
	panel := httptest.NewServer(http.HandlerFunc(p.panel))
	t.Cleanup(panel.Close)
	host := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		data, ok := files[strings.TrimPrefix(r.URL.Path, "/")]
		if !ok {
			http.NotFound(w, r)
			return
		}
		types := map[string]string{".html": "text/html; charset=utf-8", ".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml"}
		w.Header().Set("Content-Type", types[path.Ext(r.URL.Path)])
		_, _ = w.Write(bytes.ReplaceAll(data, []byte(PanelOrigin), []byte(panel.URL)))
	}))
	t.Cleanup(host.Close)

	ctx, stop := chromedp.NewExecAllocator(t.Context(), append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath(chromium(t)), chromedp.NoSandbox, chromedp.UserDataDir(t.TempDir()),
		chromedp.Flag("disable-gpu", true), chromedp.Flag("disable-background-networking", true))...)
	t.Cleanup(stop)
	ctx, stop = context.WithTimeout(ctx, pageWait)
	t.Cleanup(stop)
	p.ctx, stop = chromedp.NewContext(ctx)
	t.Cleanup(stop)
	require.NoError(t, chromedp.Do(p.ctx, chromedp.Navigate(host.URL+"/"+entry)))
	return p
}

// chromium is the browser to test with.
func chromium(t *testing.T) string {
	t.Helper()
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if file, err := exec.LookPath(name); err == nil {
			return file
		}
	}
	const missing = "no chromium found: install Debian's package chromium (apt-get install chromium)"
	if os.Getenv("CI") != "" || os.Getenv("SUFFLOR_REQUIRE_BROWSER") != "" {
		require.FailNow(t, missing)
	}
	t.Skip(missing)
	return ""
}

func (p *Page) panel(w http.ResponseWriter, r *http.Request) {
	switch r.URL.Path {
	case "/heard":
		var m map[string]any
		if body, err := io.ReadAll(r.Body); err == nil && json.Unmarshal(body, &m) == nil {
			p.heard <- m
		}
	case "/next":
		select {
		case m := <-p.say:
			_ = json.NewEncoder(w).Encode(m)
		case <-r.Context().Done():
		}
	default:
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		_, _ = io.WriteString(w, panelPage)
	}
}

// Say has the panel say m to the page around it.
func (p *Page) Say(m map[string]any) {
	m["sufflor"] = 1
	p.say <- m
}

// Heard is the next message that the page sent the panel.
func (p *Page) Heard(t *testing.T) map[string]any {
	t.Helper()
	select {
	case m := <-p.heard:
		return m
	case <-p.ctx.Done():
		require.FailNow(t, "the page says nothing")
		return nil
	}
}

// Eval is what an expression in the page comes to, as JSON; promises are
// waited for.
func (p *Page) Eval(t *testing.T, expression string) string {
	t.Helper()
	out, err := chromedp.Run(p.ctx, chromedp.Evaluate[string](`(async () => JSON.stringify((await (`+expression+`)) ?? null))()`, chromedp.EvalAwaitPromise))
	require.NoError(t, err)
	return out
}
