package web_test

import (
	"context"
	"fmt"
	"html/template"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/target"
	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/require"

	"github.com/sufflor/sufflor/suggest"
	"github.com/sufflor/sufflor/web/browsertest"
)

// deskPage is a help desk's page with a reply to write and our panel beside it:
// what a package's own script has to do, and no more.
var deskPage = template.Must(template.New("").Parse(`<!doctype html><html lang="en"><title>Desk</title>
<style>body{margin:0;display:flex;font:15px sans-serif} main{flex:1;padding:16px} textarea{width:100%;height:200px} iframe{width:320px;height:800px;border:0;border-left:1px solid #ccc}</style>
<main><h1>Ticket</h1><textarea id="composer"></textarea></main>
<iframe id="panel" name="panel" allow="clipboard-write"></iframe>
{{if .Post}}<form id="first" method="post" target="panel" action="{{.Panel}}"><input name="token" value="{{.Post}}"></form>{{end}}
<script>
  const panel = document.getElementById("panel"), composer = document.getElementById("composer");
  const origin = new URL({{.Panel}}).origin;
  window.heard = [];
  window.say = (m) => panel.contentWindow.postMessage(m, origin);
  window.now = {{.Say}};
  addEventListener("message", (e) => {
    if (e.source !== panel.contentWindow || e.origin !== origin) return;
    if (e.data === "chatwoot-dashboard-app:fetch-info") say(JSON.stringify({ event: "appContext", data: { conversation: { id: "conv-sg_oil" }, contact: {}, currentAgent: { id: 42 } } }));
    if (e.data.sufflor !== 1) return;
    heard.push(e.data);
    if (e.data.type === "ready" && now) say(now);
    if (e.data.type === "insert" && !window.full) composer.value += e.data.text;
    if (e.data.type === "insert") say({ sufflor: 1, type: "inserted", suggestion: e.data.suggestion, ok: !window.full });
  });
  const first = document.getElementById("first");
  if (first) first.submit(); else panel.src = {{.Panel}};
</script>`))

// deskCase is how a desk shows the panel.
type deskCase struct {
	kind string         // of desk; zendesk when empty
	zaf  bool           // whether Zendesk's own page is around the panel
	path string         // of the panel, with its query
	post string         // the desk's word, posted with the first load
	say  map[string]any // what the page says once the panel is ready
}

// desk is a browser with a desk's page: the page, and the panel in its frame.
type desk struct {
	*tab

	panel *tab
	later atomic.Int64 // how much later it is for the server, in ns
}

// everyDesk stands for an origin with a wildcard that the page matches.
const everyDesk = "*"

// zafPage is Zendesk's own page around an app whose page is on our server: the
// framework's side of its protocol, strict about what an app may ask.
var zafPage = template.Must(template.New("").Parse(`<!doctype html><html lang="en"><title>Zendesk</title>
<textarea id="composer"></textarea><iframe id="panel" name="panel" style="width:320px;height:700px"></iframe>
<form id="first" method="post" target="panel" action="{{.Panel}}?origin={{.Origin}}&amp;app_guid=g-1"><input name="token" value="{{.Post}}"></form>
<script>
  const panel = document.getElementById("panel"), composer = document.getElementById("composer"), origin = new URL({{.Panel}}).origin;
  window.ticket = "conv-sg_oil"; window.wrong = []; window.asked = [];
  const say = (m) => panel.contentWindow.postMessage(JSON.stringify(m), origin);
  window.activate = () => say({ key: "zaf.app.activated", message: {} });
  addEventListener("message", (e) => {
    if (e.source !== panel.contentWindow || e.origin !== origin || typeof e.data !== "string") return;
    const m = JSON.parse(e.data);
    if (m.appGuid !== "g-1") wrong.push(m);
    if (m.key === "iframe.handshake") { say({ key: "zaf.app.registered", message: { metadata: {}, context: {} } }); return; }
    if (m.key === "iframe.on:app.activated") return;
    const known = { "ticket.id": window.ticket, "currentUser.id": 42 };
    if (m.request === "get" && m.params.every((k) => k in known)) {
      say({ id: m.id, result: { ...Object.fromEntries(m.params.map((k) => [k, known[k]])), errors: {} } });
      return;
    }
    const [name, args] = Object.entries(m.params ?? {})[0] ?? [];
    asked.push(name);
    if (name === "resize") say({ id: m.id, result: { errors: {} } });
    else if (name === "ticket.editor.insert") say({ id: m.id, result: { errors: { [name]: { message: "no editor" } } } });
    else if (name === "comment.appendText") { composer.value += args[0]; say({ id: m.id, result: { errors: {} } }); }
    else wrong.push(m);
  });
  document.getElementById("first").submit();
</script>`))

func openDesk(t *testing.T, k deskCase, origins ...string) *desk {
	t.Helper()
	browsertest.Path(t)
	s := seed(t)
	o := embedOptions(s)
	b := &tab{t: t, s: s}
	d := &desk{tab: b}
	o.Now = func() time.Time { return time.Now().Add(time.Duration(d.later.Load())) }
	o.Writing = b.live.Watch
	// Another name of this machine: to the browser the desk is another site.
	var srv *httptest.Server
	page := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		of := deskPage
		if k.zaf {
			of = zafPage
		}
		_ = of.Execute(w, map[string]any{"Panel": srv.URL + k.path, "Origin": b.url, "Post": k.post, "Say": k.say})
	}))
	t.Cleanup(page.Close)
	b.url = strings.Replace(page.URL, "127.0.0.1", "desk.localhost", 1)
	if len(origins) == 0 {
		origins = []string{b.url}
	}
	if origins[0] == everyDesk {
		origins[0] = strings.Replace(b.url, "desk.", "*.", 1)
	}
	if k.kind != "" {
		z := o.Desks["zendesk"]
		z.Kind = k.kind
		o.Desks["zendesk"] = z
	}
	o.Desks["zendesk"].Connector.(*hosting).origins = origins
	srv = httptest.NewServer(handler(t, o))
	t.Cleanup(srv.Close)
	b.srv = srv
	b.launch()
	b.do(chromedp.Func(watchLog), chromedp.EmulateViewport(900, 800), chromedp.Navigate(b.url))
	return d
}

func watchLog(ctx context.Context, t *chromedp.Target) error {
	_, err := cdp.Call(ctx, t, log.Enable, cdp.Empty{})
	return err
}

// attach waits for the panel's frame and looks into it.
func (d *desk) attach() {
	d.t.Helper()
	d.panel = d.find(d.inFrame)
}

func (d *desk) inFrame(i *target.Info) bool {
	return i.Type == "iframe" && strings.HasPrefix(i.URL, d.srv.URL)
}

// find waits for another page or frame of the browser.
func (d *desk) find(match func(*target.Info) bool) *tab {
	d.t.Helper()
	return d.findAll(1, match)[0]
}

// findAll waits for at least n of them.
func (d *desk) findAll(n int, match func(*target.Info) bool) []*tab {
	d.t.Helper()
	var ids []target.ID
	require.Eventually(d.t, func() bool {
		list, err := chromedp.Targets(d.ctx)
		if err != nil {
			return false
		}
		ids = nil
		for _, i := range list {
			if match(i) {
				ids = append(ids, i.TargetID)
			}
		}
		return len(ids) >= n
	}, browsertest.Patient, 20*time.Millisecond, "no such page or frame")
	var tabs []*tab
	for _, id := range ids {
		ctx, stop := chromedp.NewContext(d.ctx, chromedp.WithTargetID(id))
		d.t.Cleanup(stop)
		p := &tab{t: d.t, ctx: ctx, url: d.srv.URL, s: d.s, srv: d.srv}
		require.NoError(d.t, chromedp.Listen(ctx, p.listen))
		p.do(chromedp.Func(watchLog))
		tabs = append(tabs, p)
	}
	return tabs
}

// click presses a button of the panel as its script sees it.
func (b *tab) click(id string) {
	b.t.Helper()
	b.do(chromedp.Evaluate[chromedp.Void](fmt.Sprintf(`document.getElementById(%q).click(); 0`, id)))
}

func conversation(id string, more ...any) map[string]any {
	m := map[string]any{"sufflor": 1, "type": "conversation", "conversation": id}
	for i := 0; i+1 < len(more); i += 2 {
		m[more[i].(string)] = more[i+1]
	}
	return m
}

func TestBrowserADeskShowsThePanelAndTakesTheDraft(t *testing.T) {
	d := openDesk(t, deskCase{path: "/embed/zendesk?origin=x", post: "42:good", say: conversation("conv-sg_oil", "agent", "42", "insert", true)})
	d.attach()
	d.panel.until(shown + ` === "sg_oil"`)
	d.panel.until(`document.getElementById("link").dataset.state === "live"`)
	require.Equal(t, d.srv.URL+"/embed/zendesk", d.panel.eval("location.href"), "what was signed has left the address")
	require.Equal(t, "320", d.panel.eval("document.documentElement.scrollWidth"))
	require.Equal(t, "none", d.panel.eval(`getComputedStyle(document.getElementById("list")).display`), "of one there is nothing to choose")

	d.panel.click("use")
	d.until(`document.getElementById("composer").value`)
	require.Equal(t, oilDraft().Text(), d.eval(`document.getElementById("composer").value`))
	d.panel.until(`document.getElementById("done").textContent.startsWith("Inserted")`)
	o := d.outcome("sg_oil", 1)
	require.Equal(t, "used", o.Action)
	require.Equal(t, "42", o.Agent)
	require.Equal(t, `{"sufflor":1,"type":"ready"}`, d.eval(`JSON.stringify(heard[0])`))
	require.Equal(t, "conv-sg_oil sg_oil", d.eval(`heard[1].conversation + " " + heard[1].suggestion`))

	// The desk goes to another conversation, and to one without suggestions.
	d.do(chromedp.Evaluate[chromedp.Void](`say({sufflor: 1, type: "conversation", conversation: "conv-sg_high", agent: "42"}); 0`))
	d.panel.until(shown + ` === "sg_high"`)
	d.do(chromedp.Evaluate[chromedp.Void](`say({sufflor: 1, type: "conversation", conversation: "conv-new", agent: "42"}); 0`))
	d.panel.until(`document.getElementById("none")?.textContent.startsWith("No suggestion for this conversation")`)

	// There it comes by itself, and so does the answer to the next message.
	for _, id := range []string{"sg_first", "sg_second"} {
		r := record(t, id, "Ingrid", "Is it in stock?", plainDraft(suggest.High))
		r.Conversation, r.Created = "conv-new", time.Now()
		save(t, d.s, r)
		d.panel.until(shown + ` === "` + id + `"`)
	}
	require.NotEqual(t, "none", d.panel.eval(`getComputedStyle(document.getElementById("list")).display`))
	other := record(t, "sg_elsewhere", "Ingrid", "And this?", plainDraft(suggest.High))
	other.Created = time.Now()
	save(t, d.s, other)

	// A suggestion that is taken back leaves a way to the one before.
	require.NoError(t, d.s.WithdrawSuggestions(t.Context(), ws, "zendesk", "conv-new", "msg-sg_second"))
	d.panel.until(`document.querySelector(".notice") && document.querySelectorAll(".item").length === 1`)
	require.NotEqual(t, "none", d.panel.eval(`getComputedStyle(document.getElementById("list")).display`))
	d.panel.do(chromedp.Evaluate[chromedp.Void](`document.querySelector(".item").click(); 0`))
	d.panel.until(shown + ` === "sg_first"`)

	// An editor that is open is left alone.
	d.panel.click("edit")
	require.Equal(t, "Copy edited", d.panel.eval(`document.getElementById("copy-edited").textContent`), "the desk no longer says that it can insert")
	r := record(t, "sg_third", "Ingrid", "Hello?", plainDraft(suggest.High))
	r.Conversation, r.Created = "conv-new", time.Now()
	save(t, d.s, r)
	d.panel.until(`document.querySelector(".item").dataset.id === "sg_third"`)
	require.Equal(t, "sg_first", d.panel.eval(shown))
	require.NotContains(t, d.panel.eval(`document.getElementById("list").textContent`), "And this?")
	d.panel.quiet()
	d.quiet()
}

func TestBrowserTheDesksWordMayComeByMessage(t *testing.T) {
	d := openDesk(t, deskCase{path: "/embed/zendesk", say: conversation("conv-sg_oil", "agent", "42", "context", "42/conv-sg_oil:good")}, everyDesk)
	d.attach()
	d.panel.until(shown + ` === "sg_oil"`)

	// The page cannot insert: the text goes to the clipboard, or is selected.
	d.panel.do(chromedp.Evaluate[chromedp.Void](`navigator.clipboard.writeText = () => Promise.reject(new Error("refused")); document.execCommand = () => false; 0`))
	d.panel.click("use")
	d.panel.until(`document.getElementById("done").textContent.includes("Ctrl+C")`)
	require.Equal(t, "42", d.outcome("sg_oil", 1).Agent)
	require.Equal(t, "1", d.eval("heard.length"))

	// The frame is loaded again without any word: the pass is still there.
	d.do(chromedp.Evaluate[chromedp.Void](`now = null; panel.src = panel.src + "?conversation=conv-sg_oil"; 0`))
	d.attach()
	d.panel.until(shown + ` === "sg_oil"`)

	// Another conversation than was signed needs another word.
	d.do(chromedp.Evaluate[chromedp.Void](`say({sufflor: 1, type: "conversation", conversation: "conv-sg_high", agent: "42"}); 0`))
	d.panel.until(`!document.getElementById("gate").hidden && document.getElementById("app").hidden`)
	d.do(chromedp.Evaluate[chromedp.Void](`say({sufflor: 1, type: "conversation", conversation: "conv-sg_high", agent: "42", context: "42/conv-sg_high:good"}); 0`))
	d.panel.until(shown + ` === "sg_high"`)

	// Back again, and the word for it is still good.
	d.do(chromedp.Evaluate[chromedp.Void](`say(now = {sufflor: 1, type: "conversation", conversation: "conv-sg_oil", agent: "42", context: "42/conv-sg_oil:good"}); 0`))
	d.panel.until(shown + ` === "sg_oil"`)

	// Another agent at the same desk needs one as well; what was shown is gone.
	d.do(chromedp.Evaluate[chromedp.Void](`say({sufflor: 1, type: "conversation", conversation: "conv-sg_oil", agent: "43"}); 0`))
	d.panel.until(`!document.getElementById("gate").hidden`)
	require.Equal(t, "true", d.panel.eval(`!document.querySelector("[data-suggestion]")`))
	d.panel.quiet()
	d.quiet()
}

func TestBrowserADeskThatCannotInsertAfterAllLosesNothing(t *testing.T) {
	d := openDesk(t, deskCase{path: "/embed/zendesk", post: "42:good", say: conversation("conv-sg_oil", "insert", true)})
	d.attach()
	d.panel.until(shown + ` === "sg_oil"`)
	d.do(chromedp.Evaluate[chromedp.Void](`window.full = true; 0`))
	d.panel.do(chromedp.Evaluate[chromedp.Void](`navigator.clipboard.writeText = () => Promise.reject(new Error("refused")); document.execCommand = () => false; 0`))
	d.panel.click("use")
	d.panel.until(`document.getElementById("done").textContent.includes("Ctrl+C")`)
	require.Empty(t, d.eval(`document.getElementById("composer").value`))
	require.Contains(t, d.panel.eval("getSelection().toString()"), "ISO VG 46")
}

func TestBrowserAnAgentSignsInInAWindowOfItsOwn(t *testing.T) {
	d := openDesk(t, deskCase{path: "/embed/zendesk", say: conversation("conv-sg_oil", "agent", "kari")})
	d.attach()
	d.panel.until(`!document.getElementById("gate").hidden`)
	require.Equal(t, "320", d.panel.eval("document.documentElement.scrollWidth"))
	require.Equal(t, "true", d.panel.eval(`!document.querySelector("[data-suggestion]")`))

	d.panel.do(chromedp.Evaluate[chromedp.Void](`document.getElementById("gate-link").click(); 0`))
	w := d.find(func(i *target.Info) bool { return i.Type == "page" && strings.HasPrefix(i.URL, d.srv.URL+"/signin") })
	w.do(chromedp.Evaluate[chromedp.Void](fmt.Sprintf(`document.getElementById("token").value = %q; document.querySelector("form").submit(); 0`, token)))
	d.panel.until(shown + ` === "sg_oil"`)
	d.panel.click("up")
	require.Equal(t, "kari", d.outcome("sg_oil", 1).Agent)
	d.panel.quiet()
	d.quiet()
}

// ended resolves when all messages that were sent to a window have been read.
const ended = `new Promise((r) => { addEventListener("message", (e) => { if (e.data === "end") r(0); }); postMessage("end", "*"); })`

func TestBrowserNobodyElseFramesThePanelOrSpeaksToIt(t *testing.T) {
	t.Run("a page that is not the desk's", func(t *testing.T) {
		d := openDesk(t, deskCase{path: "/embed/zendesk", post: "42:good", say: conversation("conv-sg_oil")}, "https://nordwind.zendesk.com")
		require.Eventually(t, func() bool {
			d.mu.Lock()
			defer d.mu.Unlock()
			return strings.Contains(strings.Join(d.complaints, "\n"), "frame-ancestors https://nordwind.zendesk.com")
		}, browsertest.Patient, 20*time.Millisecond, "the browser refuses the frame")
		require.Equal(t, "0", d.eval("heard.length"))
	})
	t.Run("a window of somebody else's", func(t *testing.T) {
		d := openDesk(t, deskCase{path: "/embed/zendesk?conversation=conv-sg_oil", post: "42:good"})
		d.attach()
		d.panel.until(shown + ` === "sg_oil"`)

		// Another site opens the panel as a window, and finds the desk's frame.
		evil := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			fmt.Fprintf(w, `<!doctype html><title>evil</title><script>
				window.heard = 0; addEventListener("message", () => heard++);
				const own = open(%q), desk = open(%q), nobody = open(%q);
				window.speak = () => { for (const w of [own, desk.frames[0], nobody]) {
					w.postMessage({sufflor: 1, type: "conversation", conversation: "conv-sg_high", agent: "42", context: "42:good", insert: true}, "*");
					w.postMessage({sufflor: 1, type: "pass", pass: {token: "x", lives: 1800}}, "*");
				} return desk.frames.length; };
			</script>`, d.srv.URL+"/embed/zendesk?token="+url.QueryEscape("42:good")+"&conversation=conv-sg_oil", d.url, d.srv.URL+"/embed/other")
		}))
		t.Cleanup(evil.Close)
		other := strings.Replace(evil.URL, "127.0.0.1", "evil.localhost", 1)
		d.do(chromedp.Evaluate[chromedp.Void](fmt.Sprintf(`{ const a = Object.assign(document.createElement("a"), {href: %q, target: "_blank"}); document.body.append(a); a.click(); } 0`, other)))
		e := d.find(func(i *target.Info) bool { return i.Type == "page" && strings.HasPrefix(i.URL, other) })
		own := d.find(func(i *target.Info) bool {
			return i.Type == "page" && strings.HasPrefix(i.URL, d.srv.URL+"/embed/zendesk")
		})
		own.until(shown + ` === "sg_oil"`)
		e.until("desk.frames.length === 1")
		panels := append(d.findAll(2, d.inFrame), own)
		for _, p := range panels {
			p.until(shown + ` === "sg_oil"`)
		}
		require.Equal(t, "1", e.eval("speak()"))
		nobody := d.find(func(i *target.Info) bool { return i.Type == "page" && i.URL == d.srv.URL+"/embed/other" })
		// Messages are delivered in order: after this one all have been read.
		nobody.do(chromedp.Evaluate[chromedp.Void](ended, chromedp.EvalAwaitPromise))
		require.Equal(t, "null", nobody.eval(`sessionStorage.getItem("sufflor.pass.other")`), "a pass comes from our own window only")
		for _, p := range panels {
			p.do(chromedp.Evaluate[chromedp.Void](ended, chromedp.EvalAwaitPromise))
			require.Equal(t, "sg_oil", p.eval(shown))
			require.Equal(t, "sg_oil", p.eval(`new URLSearchParams(location.search).get("conversation").slice(5)`))
		}
		require.Equal(t, "0", e.eval("heard"), "and nobody spoke to it")
	})
}

func TestBrowserAPassIsRenewedWhileThePanelIsSeen(t *testing.T) {
	d := openDesk(t, deskCase{path: "/embed/zendesk", post: "42:good", say: conversation("conv-sg_oil", "agent", "42")})
	d.attach()
	d.panel.until(shown + ` === "sg_oil"`)
	const kept = `JSON.parse(sessionStorage.getItem("sufflor.pass.zendesk")).token`
	first := d.panel.eval(kept)
	d.later.Add(int64(16 * time.Minute)) // for the server
	d.panel.do(chromedp.Evaluate[chromedp.Void](`{ const real = Date.now; Date.now = () => real() + 16 * 60 * 1000; document.dispatchEvent(new Event("visibilitychange")); } 0`))
	d.panel.until(kept + " !== " + fmt.Sprintf("%q", first))
	d.later.Add(int64(20 * time.Minute)) // more than a pass that is not renewed lives
	r := record(t, "sg_later", "Kari", "Hello?", plainDraft(suggest.High))
	r.Conversation, r.Created = "conv-sg_oil", time.Now()
	save(t, d.s, r)
	d.panel.until(shown + ` === "sg_later"`)
	require.Equal(t, "1", d.eval("heard.length"), "nobody had to be asked")
}

func TestBrowserAPassThatIsOverNeedsTheDesksWordAgain(t *testing.T) {
	d := openDesk(t, deskCase{path: "/embed/zendesk", post: "42:good", say: conversation("conv-sg_oil", "agent", "42", "context", "42:good")})
	d.attach()
	d.panel.until(shown + ` === "sg_oil"`)
	over := func(id string) {
		d.later.Add(int64(time.Hour))
		r := record(t, id, "Kari", "Hello?", plainDraft(suggest.High))
		r.Conversation, r.Created = "conv-sg_oil", time.Now()
		save(t, d.s, r) // the panel wants to show it, and learns that its time is over
	}
	over("sg_later")
	d.panel.until(shown + ` === "sg_later"`)
	require.Equal(t, "2", d.eval(`heard.filter((m) => m.type === "ready").length`), "it asked the desk")

	d.do(chromedp.Evaluate[chromedp.Void](`now = {sufflor: 1, type: "conversation", conversation: "conv-sg_oil", agent: "42"}; 0`))
	over("sg_last")
	d.panel.until(`!document.getElementById("gate").hidden && document.getElementById("app").hidden`)
	require.Equal(t, "null", d.panel.eval(`sessionStorage.getItem("sufflor.pass.zendesk")`))
}

func TestBrowserChatwootSaysItInItsOwnWay(t *testing.T) {
	d := openDesk(t, deskCase{kind: "chatwoot", path: "/embed/zendesk", post: "42:good"})
	d.attach()
	d.panel.until(shown + ` === "sg_oil"`)
	d.panel.click("up")
	require.Equal(t, "42", d.outcome("sg_oil", 1).Agent)
	d.panel.quiet()
	d.quiet()
}

func TestBrowserZendesksOwnPageNeedsNoScriptOfOurs(t *testing.T) {
	d := openDesk(t, deskCase{zaf: true, path: "/embed/zendesk", post: "42:good"})
	d.attach()
	d.panel.until(shown + ` === "sg_oil"`)
	require.NotContains(t, d.panel.eval("location.href"), "token")
	d.panel.click("use")
	d.until(`document.getElementById("composer").value`)
	require.Equal(t, oilDraft().Text(), d.eval(`document.getElementById("composer").value`))
	d.panel.until(`document.getElementById("done").textContent.startsWith("Inserted")`)
	require.Equal(t, "42", d.outcome("sg_oil", 1).Agent)
	require.Equal(t, "resize ticket.editor.insert comment.appendText", d.eval(`asked.join(" ")`))

	// Another ticket is before the agent by now, and Zendesk has not said so yet.
	d.do(chromedp.Evaluate[chromedp.Void](`ticket = "conv-sg_high"; composer.value = ""; 0`))
	d.panel.do(chromedp.Evaluate[chromedp.Void](`navigator.clipboard.writeText = () => Promise.reject(new Error("refused")); document.execCommand = () => false; 0`))
	d.panel.click("use")
	d.panel.until(`document.getElementById("done").textContent.includes("Ctrl+C")`)
	require.Empty(t, d.eval(`composer.value`), "a draft in the wrong ticket would go to the wrong customer")
	d.do(chromedp.Evaluate[chromedp.Void](`activate(); 0`))
	d.panel.until(shown + ` === "sg_high"`)
	require.Equal(t, "[]", d.eval("JSON.stringify(wrong)"))
	d.panel.quiet()
	d.quiet()
}
