// Package browsertest drives Debian's Chromium in the tests of our pages. It
// knows no page.
package browsertest

import (
	"context"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/require"
)

// How long a slow machine may take. A test that passes does not wait for them.
const (
	begins  = 2 * time.Minute // until it answers
	Patient = 2 * time.Minute // until a page is as it should be
	again   = 25 * time.Millisecond
)

// Path is the browser to test with. Without one the test is skipped, or fails
// where SUFFLOR_REQUIRE_BROWSER asks for one. With -short there is none.
func Path(tb testing.TB) string {
	tb.Helper()
	if testing.Short() {
		tb.Skip("a browser is slow")
	}
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	const missing = "no chromium found: install Debian's package chromium (apt-get install chromium)"
	if os.Getenv("CI") != "" || os.Getenv("SUFFLOR_REQUIRE_BROWSER") != "" {
		require.FailNow(tb, missing)
	}
	tb.Skip(missing)
	return ""
}

// Launch starts a browser of the test's own with an empty page. It lives at
// most so long.
func Launch(tb testing.TB, life time.Duration) context.Context {
	tb.Helper()
	ctx, stop := chromedp.NewExecAllocator(tb.Context(), append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath(Path(tb)), chromedp.NoSandbox, chromedp.UserDataDir(tb.TempDir()), chromedp.WSURLReadTimeout(begins),
		chromedp.Flag("disable-gpu", true), chromedp.Flag("disable-component-update", true), chromedp.Flag("disable-sync", true),
		chromedp.Flag("disable-quic", true), chromedp.Flag("disable-background-networking", true), chromedp.Flag("disable-lcd-text", true),
		chromedp.Flag("hide-scrollbars", true))...)
	tb.Cleanup(stop)
	ctx, stop = context.WithTimeout(ctx, life)
	tb.Cleanup(stop)
	ctx, stop = chromedp.NewContext(ctx)
	tb.Cleanup(stop)
	require.NoError(tb, chromedp.Do(ctx)) // the browser ends with the context of the first call
	return ctx
}

// Until waits for an expression to hold. It asks from outside: our pages'
// policy forbids the evaluation that chromedp's Poll relies on.
func Until(tb testing.TB, ctx context.Context, expression string) { //nolint:revive // tb comes first in tests
	tb.Helper()
	question := chromedp.Evaluate[bool](fmt.Sprintf("Boolean(%s)", expression))
	limit, stop := context.WithTimeout(ctx, Patient)
	defer stop()
	for {
		ok, err := chromedp.Run(limit, question) // a page that is just leaving answers with an error
		if err == nil && ok {
			return
		}
		select {
		case <-limit.Done():
			where, _ := chromedp.Run(ctx, chromedp.Evaluate[string]("location.pathname + location.search + ': ' + document.body?.innerText.slice(0, 400)"))
			require.FailNow(tb, "it never came to hold", "%s\nat %s\nlast error: %v", expression, where, err)
		case <-time.After(again):
		}
	}
}

// Watch is what a tab did since it was last asked to [Watch.Begin].
type Watch struct {
	mu         sync.Mutex
	origin     string
	complaints []string
	foreign    []string
	documents  []*network.Response
	sizes      map[network.RequestID]float64
	asked      map[network.RequestID]string
}

// Attend watches the tab of ctx, which shows pages of the server at origin
// and of nobody else.
func Attend(tb testing.TB, ctx context.Context, origin string) *Watch { //nolint:revive // tb comes first in tests
	tb.Helper()
	w := &Watch{}
	w.Begin(origin)
	require.NoError(tb, chromedp.Listen(ctx, w.listen))
	require.NoError(tb, chromedp.Do(ctx, chromedp.Func(func(ctx context.Context, target *chromedp.Target) error {
		if _, err := cdp.Call(ctx, target, log.Enable, cdp.Empty{}); err != nil {
			return err
		}
		_, err := cdp.Call(ctx, target, network.Enable, network.EnableParams{})
		return err
	})))
	return w
}

// Begin forgets what was.
func (w *Watch) Begin(origin string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.origin, w.complaints, w.foreign, w.documents = origin, nil, nil, nil
	w.sizes, w.asked = map[network.RequestID]float64{}, map[network.RequestID]string{}
}

func (w *Watch) listen(ev any) {
	w.mu.Lock()
	defer w.mu.Unlock()
	switch e := ev.(type) {
	case *log.EventEntryAdded:
		if e.Entry.Level == log.EntryLevelError || e.Entry.Level == log.EntryLevelWarning {
			w.complaints = append(w.complaints, strings.TrimSpace(e.Entry.Text+" "+e.Entry.URL))
		}
	case *runtime.EventExceptionThrown:
		w.complaints = append(w.complaints, e.ExceptionDetails.Text)
	case *runtime.EventConsoleAPICalled:
		if e.Type == runtime.ConsoleAPICalledTypeError || e.Type == runtime.ConsoleAPICalledTypeWarning {
			w.complaints = append(w.complaints, fmt.Sprintf("console.%s at %v", e.Type, e.StackTrace))
		}
	case *network.EventRequestWillBeSent:
		w.asked[e.RequestID] = e.Request.URL
		if u, err := url.Parse(e.Request.URL); err != nil || u.Scheme != "data" && u.Scheme != "blob" && !strings.HasPrefix(e.Request.URL, w.origin+"/") {
			w.foreign = append(w.foreign, e.Request.URL)
		}
	case *network.EventResponseReceived:
		if e.Type == network.ResourceTypeDocument {
			w.documents = append(w.documents, e.Response)
		}
	case *network.EventLoadingFinished:
		w.sizes[e.RequestID] = e.EncodedDataLength
	}
}

// Complaints are exceptions, violations of the policy, failed requests and
// what scripts wrote as error or warning.
func (w *Watch) Complaints() []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return append([]string(nil), w.complaints...)
}

// Foreign are the addresses elsewhere that were asked for.
func (w *Watch) Foreign() []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return append([]string(nil), w.foreign...)
}

// Documents are the answers that were shown as pages.
func (w *Watch) Documents() []*network.Response {
	w.mu.Lock()
	defer w.mu.Unlock()
	return append([]*network.Response(nil), w.documents...)
}

// Bytes are what came over the wire, headers included, by address. What is
// still coming is not in it.
func (w *Watch) Bytes() map[string]int {
	w.mu.Lock()
	defer w.mu.Unlock()
	sizes := map[string]int{}
	for id, n := range w.sizes {
		sizes[w.asked[id]] += int(n)
	}
	return sizes
}

// Theme lets pages be light or dark, and still.
func Theme(dark bool) chromedp.Action[chromedp.Void] {
	scheme := "light"
	if dark {
		scheme = "dark"
	}
	return chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		_, err := cdp.Call(ctx, t, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{
			{Name: "prefers-color-scheme", Value: scheme}, {Name: "prefers-reduced-motion", Value: "reduce"},
		}})
		return err
	})
}

// Cookie gives the browser a session at the server at origin, or with an empty
// value takes it away.
func Cookie(origin, name, value string) chromedp.Action[chromedp.Void] {
	return chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		var err error
		if value == "" {
			_, err = cdp.Call(ctx, t, network.ClearBrowserCookies, cdp.Empty{})
		} else {
			_, err = cdp.Call(ctx, t, network.SetCookie, network.SetCookieParams{URL: origin + "/", Name: name, Value: value})
		}
		return err
	})
}

// Before runs a script in each page before its own.
func Before(script string) chromedp.Action[chromedp.Void] {
	return chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		_, err := cdp.Call(ctx, t, page.AddScriptToEvaluateOnNewDocument, page.AddScriptToEvaluateOnNewDocumentParams{Source: script})
		return err
	})
}
