package web_test

import (
	"archive/zip"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/sufflor/sufflor/connectors"
	"github.com/sufflor/sufflor/store"
	"github.com/sufflor/sufflor/suggest"
	"github.com/sufflor/sufflor/web"
)

// testedDesk is a desk that can be asked, and that has an app.
type testedDesk struct{ connectors.Connector }

func (testedDesk) Test(context.Context) []connectors.Finding {
	return []connectors.Finding{{What: "token", OK: true}, {What: "scopes", Hint: "add <script>tickets:read"}}
}

func (testedDesk) Package(o connectors.PackageOptions) (connectors.Package, error) {
	return connectors.Package{Zip: "app.zip", Files: map[string][]byte{"manifest.json": []byte(o.Public + "/embed/" + o.Desk)}, Steps: []string{"Upload it"}}, nil
}

// steward is a server with everything that the settings show.
func steward(t *testing.T, s *store.Store) web.Options {
	t.Helper()
	o := options(s)
	o.Log = slog.New(slog.NewTextHandler(t.Output(), nil))
	o.Desks = map[string]connectors.Desk{
		"zendesk": {Name: "zendesk", Kind: "zendesk", Workspace: ws, Connector: testedDesk{}},
		"theirs":  {Name: "theirs", Kind: "slack", Workspace: "nord", Connector: testedDesk{}},
	}
	o.Guidelines = func(ctx context.Context, q web.GuidelinesRequest) (any, error) {
		if q.Restore > 0 {
			old, err := s.Guidelines(ctx, q.Workspace, q.Restore)
			if err != nil {
				return nil, err
			}
			q.Body = old.Body
		}
		g := store.Guidelines{Workspace: q.Workspace, Body: q.Body, Author: q.Author, Note: q.Note}
		if q.Base != nil {
			return s.SaveGuidelinesOver(ctx, g, *q.Base)
		}
		return s.SaveGuidelines(ctx, g)
	}
	o.Settings = &web.Settings{
		PublicURL: "https://sufflor.example.com", KeepDays: 30, KeepVersions: 5,
		Model: &web.ModelSetting{Name: "openai/small", Host: "models.example.com", Key: true, Deadline: 12 * time.Second, MonthlySpend: 10, Currency: "EUR", Resting: func() bool { return false }},
		TestModel: func(context.Context) web.ModelTry {
			return web.ModelTry{Model: "openai/small", Cause: "refused", Next: "refused: <b>check the key</b>"}
		},
		Embedder: func(string) web.EmbedderState { return web.EmbedderState{Model: "e5", Vectors: 5, Passages: 9} },
		Disk:     func() (uint64, uint64, error) { return 2e9, 100e9, nil },
		Pending:  func(context.Context) (int, error) { return 0, nil },
		Configured: func(string) suggest.Guidelines {
			return suggest.Guidelines{Signature: map[string]string{"en": "Fjordvik"}}
		},
		Preview: func(_ context.Context, rec store.Suggestion, g suggest.Guidelines) (suggest.Suggestion, error) {
			d := plainDraft(suggest.High)
			if g.Greeting["en"] != "" {
				d.Sentences = append([]suggest.Sentence{{Text: g.Greeting["en"], Kind: suggest.Frame, Ask: -1}}, d.Sentences...)
			}
			return d, nil
		},
	}
	return o
}

func admin(t *testing.T, s *store.Store, o web.Options) (http.Handler, func(*http.Request)) {
	t.Helper()
	addPeople(t, s)
	h := handler(t, o)
	return h, with(signInAs(t, h, "admin"))
}

func opened(t *testing.T, h http.Handler, path string, who func(*http.Request)) string {
	t.Helper()
	w := call(h, "GET", path, "", who)
	require.Equal(t, http.StatusOK, w.Code, w.Body.String())
	return w.Body.String()
}

func died(t *testing.T, s *store.Store, workspace, desk, conversation string) int64 {
	t.Helper()
	_, err := s.Accept(t.Context(), workspace, desk, []connectors.Event{{Key: "dead-" + desk, Kind: connectors.Message, Conversation: conversation, Message: "m", Role: connectors.Customer, Text: "x", At: noon}})
	require.NoError(t, err)
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() {
		done <- s.Work(ctx, 1, map[string]store.Handler{store.JobEvent: func(context.Context, store.Job) error { return hopeless{} }})
	}()
	var id int64
	require.Eventually(t, func() bool {
		dead, err := s.DeadJobs(t.Context())
		for _, j := range dead {
			if j.Desk == desk {
				id = j.ID
			}
		}
		return err == nil && id != 0
	}, 30*time.Second, 10*time.Millisecond)
	stop()
	require.NoError(t, <-done)
	return id
}

type hopeless struct{}

func (hopeless) Error() string { return "the desk said <script>no" }

func (hopeless) Permanent() bool { return true }

func TestConnectorsPage(t *testing.T) {
	t.Parallel()
	s := seed(t)
	h, me := admin(t, s, steward(t, s))
	id, theirs := died(t, s, ws, "zendesk", "c"), died(t, s, "nord", "theirs", "c")
	page := opened(t, h, "/settings/connectors", me)
	require.Contains(t, page, "https://sufflor.example.com/hooks/zendesk")
	require.Contains(t, page, "Create a dedicated agent", "the steps of the README")
	require.NotContains(t, page, "&lt;your host&gt;")
	require.Contains(t, page, "the desk said &lt;script&gt;no")
	require.NotContains(t, page, "theirs")
	require.NotContains(t, page, "<script>no")

	require.NoError(t, s.DeskFailed(t.Context(), "zendesk", errors.Join(errors.New("renew the <script>token"), connectors.ErrGone)))
	page = opened(t, h, "/settings/connectors", me)
	require.Contains(t, page, "Disconnected")
	require.Contains(t, page, "renew the &lt;script&gt;token")

	w := post(h, "/settings/connectors/test", me, "workspace", ws, "desk", "zendesk")
	require.Equal(t, 200, w.Code)
	require.Contains(t, w.Body.String(), "add &lt;script&gt;tickets:read")
	require.Equal(t, 404, post(h, "/settings/connectors/test", me, "workspace", ws, "desk", "theirs").Code)
	require.Equal(t, 404, post(h, "/settings/connectors/test", me, "workspace", "nord", "desk", "theirs").Code)
	require.Equal(t, 404, call(h, "GET", "/settings/connectors/theirs/package", "", me).Code)

	require.Equal(t, 404, post(h, "/settings/connectors/retry", me, "workspace", ws, "id", itoa(theirs)).Code)
	require.Equal(t, 303, post(h, "/settings/connectors/retry", me, "workspace", ws, "id", itoa(id)).Code)
	require.NotContains(t, opened(t, h, "/settings/connectors", me), "the desk said")
	require.Equal(t, 404, post(h, "/settings/connectors/retry", me, "workspace", ws, "id", itoa(id)).Code)

	w = call(h, "GET", "/settings/connectors/zendesk/package", "", me)
	require.Equal(t, 200, w.Code)
	files := unzip(t, w.Body.Bytes())
	require.Contains(t, files["STEPS.txt"], "1. Upload it")
	require.Equal(t, "https://sufflor.example.com/embed/zendesk", unzip(t, []byte(files["app.zip"]))["manifest.json"])

	var api struct{ Desks []web.DeskJSON }
	require.NoError(t, json.Unmarshal([]byte(opened(t, h, "/api/settings/connectors", me)), &api))
	require.Len(t, api.Desks, 1)
	require.Equal(t, "disconnected", api.Desks[0].State)
	same := header("Sec-Fetch-Site", "same-origin")
	require.Contains(t, call(h, "POST", "/api/settings/connectors/test", `{"desk":"zendesk"}`, me, same).Body.String(), `"ok":true`)
	require.Equal(t, 404, call(h, "POST", "/api/settings/connectors/retry", `{"job":`+itoa(theirs)+`}`, me, same).Code)
}

func itoa(n int64) string { b, _ := json.Marshal(n); return string(b) }

func unzip(t *testing.T, data []byte) map[string]string {
	t.Helper()
	z, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	require.NoError(t, err)
	out := map[string]string{}
	for _, f := range z.File {
		r, err := f.Open()
		require.NoError(t, err)
		b, err := io.ReadAll(r)
		require.NoError(t, err)
		out[f.Name] = string(b)
	}
	return out
}

func TestHealthPageSaysWhatToDo(t *testing.T) {
	t.Parallel()
	s := seed(t)
	o := steward(t, s)
	o.Health = map[string]func(context.Context) error{"index": func(context.Context) error { return web.Partial("answers lack 3 documents") }}
	o.Settings.Model.Resting = func() bool { return true }
	h, me := admin(t, s, o)
	var got struct{ Parts []web.PartJSON }
	require.NoError(t, json.Unmarshal([]byte(opened(t, h, "/api/settings/health", me)), &got))
	states := map[string]string{}
	for _, p := range got.Parts {
		states[p.Part] = p.State
		if p.State == "warn" || p.State == "fail" {
			require.NotEmpty(t, p.Next, p.Part)
		}
	}
	require.Equal(t, map[string]string{
		"store": "ok", "index": "warn", "pending": "ok", "queue": "ok", "dead": "ok", "desks": "ok", "model": "fail", "embedder": "warn", "disk": "fail", "backup": "warn",
	}, states)
	page := opened(t, h, "/settings/health", me)
	require.Contains(t, page, "Something is broken.")
	require.Contains(t, page, "answers lack 3 documents")

	require.NoError(t, s.SaveUpkeep(t.Context(), store.UpkeepBackup, "", map[string]int{"files": 1}))
	died(t, s, ws, "zendesk", "c")
	page = opened(t, h, "/settings/health", me)
	require.Contains(t, page, "Last one: 3 min")
	require.Contains(t, page, "See why on the page about help desks")

	bare := options(seed(t))
	w := call(handler(t, bare), "GET", "/api/settings/health", "")
	require.Equal(t, 200, w.Code)
	require.Contains(t, w.Body.String(), `"part":"desks","state":"unknown"`)
}

func TestModelPage(t *testing.T) {
	t.Parallel()
	s := seed(t)
	written := plainDraft(suggest.High)
	written.Mode, written.Timings.Model = suggest.Written, 1500
	lost := plainDraft(suggest.Low)
	lost.Degraded, lost.Timings.Model = []string{"model (slow)"}, 12000
	save(t, s, record(t, "sg_written", "A", "Q?", written))
	save(t, s, record(t, "sg_lost", "A", "Q?", lost))
	_, err := s.AddSpend(t.Context(), store.Spend{Workspace: ws, Month: "2026-01", Calls: 3, TokensIn: 900, TokensOut: 100, Micros: 2_500_000})
	require.NoError(t, err)
	h, me := admin(t, s, steward(t, s))
	page := opened(t, h, "/settings/model", me)
	for _, want := range []string{"openai/small", "models.example.com", "2.50 EUR", "10.00 EUR", "25%", "too slow", "6.8 s / 12.0 s", "never shown"} {
		require.Contains(t, page, want)
	}
	w := post(h, "/settings/model/test", me, "workspace", ws)
	require.Contains(t, w.Body.String(), "check the key&lt;/b&gt;")
	require.Contains(t, opened(t, h, "/api/settings/model", me), `"failures":{"slow":1}`)
	require.Contains(t, opened(t, h, "/api/settings/model", me), `"key":true`)
	o := options(seed(t))
	require.Contains(t, opened(t, handler(t, o), "/api/settings/model", func(*http.Request) {}), `"model":null`)
	require.Equal(t, 501, call(handler(t, o), "POST", "/api/settings/model/test", `{}`).Code)
}

func TestGuidelinesEditor(t *testing.T) {
	t.Parallel()
	s := seed(t)
	h, _ := admin(t, s, steward(t, s))
	me := with(signInAs(t, h, "editor"))
	form := func(values ...string) *httptest.ResponseRecorder {
		return post(h, "/settings/guidelines", me, append([]string{"workspace", ws}, values...)...)
	}
	page := opened(t, h, "/settings/guidelines", me)
	require.Contains(t, page, "Nobody has saved any yet.")
	require.Contains(t, page, "Fjordvik</textarea>", "the configured signature")
	require.NotContains(t, page, "/settings/health", "what an editor may not open is not offered")

	w := form("base", "0", "do", "save", "tone", "formal", "forbidden", "billig*\r\n\r\ngratis", "greeting.en", "Buy <script>gratis", "must_say.fi", strings.Repeat("x", 1001))
	require.Equal(t, 422, w.Code)
	require.Contains(t, w.Body.String(), `id="greeting.en-wrong"`)
	require.Contains(t, w.Body.String(), `id="must_say.fi-wrong"`)
	require.Contains(t, w.Body.String(), "Buy &lt;script&gt;gratis", "the text is kept")
	_, err := s.Guidelines(t.Context(), ws, 0)
	require.ErrorIs(t, err, store.ErrNotFound)

	w = form("base", "0", "do", "save", "tone", "formal", "tone_in.fi", "rude", "forbidden_in.de", strings.Repeat("x", 81))
	require.Equal(t, 422, w.Code)
	require.Contains(t, w.Body.String(), `id="tone_in.fi-wrong"`)
	require.Contains(t, w.Body.String(), `id="forbidden_in.de-wrong"`)

	w = form("base", "0", "do", "save", "tone", "formal", "forbidden", "billig*\r\n\r\ngratis", "greeting.en", "Hello {name},\r\nthanks.", "note", "start <script>",
		"tone_in.en", "friendly", "forbidden_in.de", "preiswert\r\n", "must_say.default", "+47 22 00 00 00")
	require.Equal(t, 303, w.Code, w.Body.String())
	saved, err := s.Guidelines(t.Context(), ws, 0)
	require.NoError(t, err)
	require.Equal(t, []any{1, "editor", "start <script>"}, []any{saved.Version, saved.Author, saved.Note})
	g, err := suggest.ParseGuidelines([]byte(saved.Body))
	require.NoError(t, err)
	require.Equal(t, []string{"billig*", "gratis"}, g.Forbidden)
	require.Equal(t, "Hello {name},\nthanks.", g.Greeting["en"])
	require.Equal(t, map[string]suggest.Tone{"en": suggest.Friendly}, g.ToneIn)
	require.Equal(t, map[string][]string{"de": {"preiswert"}}, g.ForbiddenIn)
	require.Equal(t, "+47 22 00 00 00", g.MustSay[suggest.AnyLanguage])
	require.Contains(t, opened(t, h, w.Header().Get("Location"), me), "Version 1 is in use.")

	// Another tab began before.
	w = form("base", "0", "do", "save", "tone", "friendly", "greeting.en", "Hi {name}!")
	require.Equal(t, 409, w.Code)
	require.Contains(t, w.Body.String(), "Somebody saved version 1 while you were writing")
	require.Contains(t, w.Body.String(), "Hi {name}!")
	require.Contains(t, w.Body.String(), `name="base" value="1"`)
	require.Equal(t, 303, form("base", "1", "do", "save", "tone", "friendly", "greeting.en", "Hi {name}!").Code)

	w = form("base", "2", "do", "preview", "suggestion", "sg_oil", "greeting.en", "Welcome <b>back</b>")
	require.Equal(t, 200, w.Code)
	require.Contains(t, w.Body.String(), "Hi {name}!")
	require.Contains(t, w.Body.String(), "&lt;b&gt;back&lt;/b&gt;")
	require.NotContains(t, w.Body.String(), "<b>back")
	require.Equal(t, 404, form("base", "2", "do", "preview", "suggestion", "sg_none_such").Code)
	require.Equal(t, 404, post(h, "/settings/guidelines", me, "workspace", "nord", "base", "0", "do", "save").Code)

	require.Equal(t, 303, post(h, "/settings/guidelines/restore", me, "workspace", ws, "version", "1").Code)
	page = opened(t, h, "/settings/guidelines?version=2", me)
	require.Contains(t, page, "In use: version 3.")
	require.Contains(t, page, "tone: friendly")
	require.Contains(t, page, "start &lt;script&gt;")
	require.Equal(t, 404, call(h, "GET", "/settings/guidelines?version=9", "", me).Code)
	same := header("Sec-Fetch-Site", "same-origin")
	require.Contains(t, opened(t, h, "/api/settings/guidelines", me), `"version":3`)
	require.Equal(t, 422, call(h, "POST", "/api/settings/guidelines/preview", `{"suggestion":"sg_oil","body":"tone: rude"}`, me, same).Code)
	require.Contains(t, call(h, "POST", "/api/settings/guidelines/preview", `{"suggestion":"sg_oil","body":"greeting: {en: Salve}"}`, me, same).Body.String(), "Salve")
	acts, err := s.Acts(t.Context(), store.ActFilter{Action: "guidelines.changed"})
	require.NoError(t, err)
	require.Len(t, acts, 3)
}

func TestTheFormOfGuidelinesKeepsWhatItHasNoFieldsFor(t *testing.T) {
	t.Parallel()
	s := seed(t)
	h, _ := admin(t, s, steward(t, s))
	me := with(signInAs(t, h, "editor"))
	_, err := s.SaveGuidelines(t.Context(), store.Guidelines{Workspace: ws, Author: "editor", Body: "templates: {closing: {en: 'Bye from {{company}}'}}"})
	require.NoError(t, err)
	require.Equal(t, 303, post(h, "/settings/guidelines", me, "workspace", ws, "base", "1", "do", "save", "greeting.en", "Hello {name},").Code)
	saved, err := s.Guidelines(t.Context(), ws, 0)
	require.NoError(t, err)
	g, err := suggest.ParseGuidelines([]byte(saved.Body))
	require.NoError(t, err)
	require.Equal(t, []string{"Hello {name},", "Bye from {{company}}"}, []string{g.Greeting["en"], g.Templates["closing"]["en"]})
	w := post(h, "/settings/guidelines", me, "workspace", ws, "base", "2", "do", "save", "forbidden", "bye")
	require.Equal(t, 422, w.Code)
	require.Contains(t, w.Body.String(), "templates.closing.en: holds &#34;bye&#34;, which is forbidden")
}

func TestErasingAsksTwiceAndIsNoted(t *testing.T) {
	t.Parallel()
	s := seed(t)
	h, me := admin(t, s, steward(t, s))
	form := func(values ...string) *httptest.ResponseRecorder {
		return post(h, "/settings/data", me, append([]string{"workspace", ws}, values...)...)
	}
	require.Equal(t, 422, form("do", "look", "kind", "customer", "name", " ").Code)
	require.Equal(t, 422, form("do", "look", "kind", "message", "name", "m").Code)
	require.Contains(t, form("do", "look", "kind", "customer", "name", "<script>nobody").Body.String(), "Nothing is kept.")
	w := form("do", "look", "kind", "customer", "name", "kari nordmann")
	require.Equal(t, 200, w.Code)
	require.Contains(t, w.Body.String(), "conv-sg_oil")
	require.Equal(t, 422, form("do", "erase", "kind", "customer", "name", "kari nordmann", "confirm", "kari").Code)
	_, err := s.Suggestion(t.Context(), ws, "sg_oil")
	require.NoError(t, err)

	w = post(h, "/settings/data/export", me, "workspace", ws, "kind", "customer", "name", "Kari Nordmann")
	require.Equal(t, "application/zip", w.Header().Get("Content-Type"))
	files := unzip(t, w.Body.Bytes())
	require.Contains(t, files["suggestions.json"], "sg_oil")
	require.Contains(t, files["contents.json"], "Kari Nordmann")
	require.Equal(t, 404, post(h, "/settings/data/export", me, "workspace", "nord", "kind", "customer", "name", "Kari Nordmann").Code)

	w = form("do", "erase", "kind", "customer", "name", "Kari Nordmann", "confirm", "Kari Nordmann")
	require.Equal(t, 200, w.Code)
	require.Contains(t, w.Body.String(), "Erased")
	_, err = s.Suggestion(t.Context(), ws, "sg_oil")
	require.ErrorIs(t, err, store.ErrNotFound)
	acts, err := s.Acts(t.Context(), store.ActFilter{Action: "data."})
	require.NoError(t, err)
	require.Equal(t, []string{"data.erased", "data.exported", "data.looked", "data.looked", "data.looked"}, actions(acts))
	for _, a := range acts {
		require.NotContains(t, strings.ToLower(a.Object+a.Detail), "kari")
	}
	require.Equal(t, store.Subject{Customer: "Kari Nordmann"}.Digest(), acts[0].Object)

	same := header("Sec-Fetch-Site", "same-origin")
	require.Equal(t, 422, call(h, "POST", "/api/settings/data/erase", `{"customer":"Pekka Virtanen","confirm":"Pekka"}`, me, same).Code)
	require.Equal(t, 400, call(h, "POST", "/api/settings/data/look", `{}`, me, same).Code)
	require.Equal(t, 404, call(h, "POST", "/api/settings/data/erase", `{"workspace":"nord","customer":"Pekka Virtanen","confirm":"Pekka Virtanen"}`, me, same).Code)
	require.Contains(t, call(h, "POST", "/api/settings/data/look", `{"customer":"Pekka Virtanen"}`, me, same).Body.String(), `"suggestions":1`)
	require.Contains(t, call(h, "POST", "/api/settings/data/erase", `{"customer":"Pekka Virtanen","confirm":"Pekka Virtanen"}`, me, same).Body.String(), `"suggestions":1`)
}

func actions(acts []store.Act) []string {
	var list []string
	for _, a := range acts {
		list = append(list, a.Action)
	}
	return list
}

func TestRetentionOnThePage(t *testing.T) {
	t.Parallel()
	s := seed(t)
	o := steward(t, s)
	o.Now = func() time.Time { return noon.Add(31 * 24 * time.Hour) }
	h, me := admin(t, s, o)
	require.Contains(t, opened(t, h, "/settings/data", me), "30 days after the last message")
	require.Contains(t, opened(t, h, "/api/settings/data", me), `"due":4`)
	same := header("Sec-Fetch-Site", "same-origin")
	require.Contains(t, call(h, "POST", "/api/settings/data/retention", `{"dry_run":true}`, me, same).Body.String(), `"suggestions":4`)
	w := post(h, "/settings/data", me, "workspace", ws, "do", "retention")
	require.Equal(t, 200, w.Code)
	require.Contains(t, opened(t, h, "/api/settings/data", me), `"due":0`)
	require.Contains(t, opened(t, h, "/api/settings/data", me), `"suggestions":4`, "the last run")
	o.Settings.KeepDays = 0
	require.Equal(t, 409, call(handler(t, o), "POST", "/api/settings/data/retention", `{}`).Code)
}

func TestEachPersonHasTheirLanguage(t *testing.T) {
	t.Parallel()
	s := seed(t)
	h, me := admin(t, s, steward(t, s))
	german := header("Accept-Language", "xx, no;q=0.2, de-AT;q=0.9")
	in := func(code, page string) { t.Helper(); require.Contains(t, page, `<html lang="`+code+`">`) }
	in("en", call(h, "GET", "/signin", "", anonymous).Body.String())
	in("de", call(h, "GET", "/signin", "", anonymous, german).Body.String())
	in("nb", call(h, "GET", "/signin", "", anonymous, header("Accept-Language", "nn")).Body.String())
	in("en", call(h, "GET", "/signin", "", anonymous, header("Accept-Language", strings.Repeat("z;", 9000))).Body.String())
	in("en", call(h, "GET", "/settings/language", "", me, german).Body.String())
	in("nb", call(h, "GET", "/panel?workspace=nord", "", with(signInAs(t, h, "stranger")), german).Body.String())

	w := post(h, "/settings/language", me, "language", "fi")
	require.Equal(t, 303, w.Code)
	for _, path := range []string{"/panel", "/settings/connectors", "/settings/health", "/settings/guidelines", "/settings/model", "/settings/data", "/settings/language", "/account", "/people", "/keys", "/audit", "/review"} {
		in("fi", opened(t, h, path, me))
	}

	in("fi", opened(t, h, "/panel", with(signInAs(t, h, "admin"))))
	in("en", opened(t, h, "/panel", with(signInAs(t, h, "agent"))))
	cookie := w.Result().Cookies()[0]
	in("fi", call(h, "GET", "/signin", "", anonymous, func(r *http.Request) { r.AddCookie(cookie) }, german).Body.String())
	require.Equal(t, 400, post(h, "/settings/language", me, "language", "xx").Code)
	same := header("Sec-Fetch-Site", "same-origin")
	require.Contains(t, opened(t, h, "/api/settings/language", me), `"fi"`)
	require.Equal(t, 200, call(h, "POST", "/api/settings/language", `{"language":""}`, me, same).Code)
	in("en", opened(t, h, "/panel", me))
	require.Equal(t, 403, call(h, "POST", "/api/settings/language", `{"language":"fi"}`).Code)
}

func TestSettingsInEveryLanguage(t *testing.T) {
	t.Parallel()
	s := seed(t)
	o := steward(t, s)
	for _, code := range []string{"nb", "sv", "da", "fi", "de", "en"} {
		o.Workspaces = []web.Workspace{{ID: ws, Language: code}}
		delete(o.Desks, "theirs")
		h := handler(t, o)
		me := with(signIn(t, h))
		for _, page := range []string{"connectors", "health", "guidelines", "model", "data", "language"} {
			require.NotContains(t, opened(t, h, "/settings/"+page, me), "%!", code)
		}
		w := post(h, "/settings/data", me, "do", "look", "kind", "customer", "name", "Kari Nordmann")
		require.Equal(t, 200, w.Code, code)
		require.NotContains(t, w.Body.String(), "%!")
		require.Equal(t, 303, call(h, "GET", "/settings", "", me).Code)
	}
}
