package web_test

import (
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/sufflor/sufflor/config"
	"github.com/sufflor/sufflor/index"
	"github.com/sufflor/sufflor/store"
	"github.com/sufflor/sufflor/suggest"
	"github.com/sufflor/sufflor/web"
)

func TestStaticFilesAreSentCompressedToWhoReadsThat(t *testing.T) {
	h := handler(t, options(openStore(t)))
	page := call(h, http.MethodGet, "/signin", "", anonymous).Body.String()
	address := regexp.MustCompile(`/static/panel\.[0-9a-f]{12}\.css`).FindString(page)
	require.NotEmpty(t, address)
	plain := call(h, http.MethodGet, address, "", anonymous)
	for accept, squeezed := range map[string]bool{"gzip, deflate, br": true, "br;q=1.0, GZIP;q=0.5": true, "*": true, "": false, "br": false, "gzip;q=0": false, "gzip; q=x": false} {
		w := call(h, http.MethodGet, address, "", anonymous, header("Accept-Encoding", accept))
		require.Equal(t, http.StatusOK, w.Code)
		require.Equal(t, "Accept-Encoding", w.Header().Get("Vary"))
		require.Equal(t, "text/css; charset=utf-8", w.Header().Get("Content-Type"))
		if !squeezed {
			require.Empty(t, w.Header().Get("Content-Encoding"), accept)
			require.Equal(t, plain.Body.String(), w.Body.String())
			continue
		}
		require.Equal(t, "gzip", w.Header().Get("Content-Encoding"), accept)
		require.Less(t, w.Body.Len(), plain.Body.Len()/2)
		r, err := gzip.NewReader(w.Body)
		require.NoError(t, err)
		data, err := io.ReadAll(r)
		require.NoError(t, err)
		require.Equal(t, plain.Body.String(), string(data))
	}
}

func TestNewRefusesWhatWouldBeOpenOrUnusable(t *testing.T) {
	s := openStore(t)
	for _, tt := range []struct {
		name   string
		change func(*web.Options)
		want   string
	}{
		{"no store", func(o *web.Options) { o.Store = nil }, "store: required"},
		{"no token", func(o *web.Options) { o.Token = config.Secret{} }, "panel.token: required"},
		{"no workspace", func(o *web.Options) { o.Workspaces = nil }, "workspaces: at least one"},
		{"a frame ancestor that adds a directive", func(o *web.Options) { o.FrameAncestors = []string{"https://a.example; script-src *"} }, "panel.frame_ancestors[0]"},
		{"a frame ancestor that is everybody", func(o *web.Options) { o.FrameAncestors = []string{"https://a.example", "*"} }, "panel.frame_ancestors[1]"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			o := options(s)
			tt.change(&o)
			_, err := web.New(o)
			require.ErrorContains(t, err, tt.want)
		})
	}
}

func TestWhoMayComeIn(t *testing.T) {
	h := handler(t, options(seed(t)))
	session := signIn(t, h)
	forged := *session
	forged.Value = "9" + forged.Value
	const outcome = "/api/suggestions/sg_oil/outcome"
	const up = `{"action":"up"}`
	for _, tt := range []struct {
		name           string
		method, target string
		body           string
		change         []func(*http.Request)
		want           int
	}{
		{"the token opens the API", "GET", "/api/suggestions", "", nil, 200},
		{"the scheme is read in any case", "GET", "/api/suggestions", "", []func(*http.Request){header("Authorization", "bearer "+token)}, 200},
		{"nothing opens nothing", "GET", "/api/suggestions", "", []func(*http.Request){anonymous}, 401},
		{"a wrong token", "GET", "/api/suggestions", "", []func(*http.Request){header("Authorization", "Bearer "+token+"x")}, 401},
		{"an empty token", "GET", "/api/suggestions", "", []func(*http.Request){header("Authorization", "Bearer ")}, 401},
		{"another scheme", "GET", "/api/suggestions", "", []func(*http.Request){header("Authorization", "Basic "+token)}, 401},
		{"a wrong token is not excused by a session", "GET", "/api/suggestions", "", []func(*http.Request){with(session), header("Authorization", "Bearer x")}, 401},
		{"a session opens the API", "GET", "/api/suggestions", "", []func(*http.Request){with(session)}, 200},
		{"a forged session", "GET", "/api/suggestions", "", []func(*http.Request){with(&forged)}, 401},
		{"a session opens the panel", "GET", "/panel", "", []func(*http.Request){with(session)}, 200},
		{"the panel sends others to sign in", "GET", "/panel", "", []func(*http.Request){anonymous}, 303},
		{"a piece of the panel does not redirect scripts", "GET", "/panel/list", "", []func(*http.Request){anonymous}, 401},
		{"the token does not open pages", "GET", "/panel/list", "", nil, 401},
		{"a session changes things from our own pages", "POST", outcome, up, []func(*http.Request){with(session), header("Sec-Fetch-Site", "same-origin")}, 201},
		{"an older browser says so with its origin", "POST", outcome, up, []func(*http.Request){with(session), header("Origin", "http://example.com")}, 201},
		{"another site uses the session", "POST", outcome, up, []func(*http.Request){with(session), header("Sec-Fetch-Site", "cross-site")}, 403},
		{"a sister site uses the session", "POST", outcome, up, []func(*http.Request){with(session), header("Sec-Fetch-Site", "same-site"), header("Origin", "http://example.com")}, 403},
		{"another origin uses the session", "POST", outcome, up, []func(*http.Request){with(session), header("Origin", "https://evil.example")}, 403},
		{"nobody says where the request comes from", "POST", outcome, up, []func(*http.Request){with(session)}, 403},
		{"a hidden origin", "POST", outcome, up, []func(*http.Request){with(session), header("Origin", "null")}, 403},
		{"the token needs no origin", "POST", outcome, up, nil, 201},
		{"documents are read for the operator only", "POST", "/api/ingest", `{"paths":["a"]}`, []func(*http.Request){with(session), header("Sec-Fetch-Site", "same-origin")}, 401},
		{"health needs no sign-in", "GET", "/healthz", "", []func(*http.Request){anonymous}, 200},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w := call(h, tt.method, tt.target, tt.body, tt.change...)
			require.Equal(t, tt.want, w.Code, w.Body.String())
			if tt.want == 401 {
				require.Contains(t, w.Header().Get("WWW-Authenticate"), "Bearer")
			}
			if tt.want >= 400 && strings.HasPrefix(tt.target, "/api/") {
				var p struct{ Error, Next string }
				require.NoError(t, json.Unmarshal(w.Body.Bytes(), &p))
				require.NotEmpty(t, p.Error)
				require.NotEmpty(t, p.Next)
			}
		})
	}
}

func TestASessionEnds(t *testing.T) {
	now := noon
	o := options(openStore(t))
	o.Now = func() time.Time { return now }
	h := handler(t, o)
	session := signIn(t, h)
	now = noon.Add(12*time.Hour - time.Second)
	require.Equal(t, 200, call(h, "GET", "/api/suggestions", "", with(session)).Code)
	now = noon.Add(12*time.Hour + time.Second)
	require.Equal(t, 401, call(h, "GET", "/api/suggestions", "", with(session)).Code)

	now = noon
	o.Token = config.NewSecret("another-token-altogether")
	require.Equal(t, 401, call(handler(t, o), "GET", "/api/suggestions", "", with(session)).Code, "a new token ends all sessions")

	w := call(h, "POST", "/signout", "", with(session), header("Sec-Fetch-Site", "same-origin"))
	require.Equal(t, 303, w.Code)
	require.Negative(t, w.Result().Cookies()[0].MaxAge)
}

func TestSignInSwapsTheTokenForACookie(t *testing.T) {
	h := handler(t, options(openStore(t)))

	w := call(h, "GET", "/signin?token="+token+"&next="+url.QueryEscape("/panel?suggestion=sg_1&workspace=nord"), "", anonymous)
	require.Equal(t, http.StatusSeeOther, w.Code)
	require.Equal(t, "/panel?suggestion=sg_1&workspace=nord", w.Header().Get("Location"))
	k := w.Result().Cookies()[0]
	require.True(t, k.HttpOnly)
	require.False(t, k.Secure)
	require.Equal(t, http.SameSiteLaxMode, k.SameSite)
	require.NotContains(t, k.Value, token)

	k = call(h, "GET", "/signin?token="+token, "", anonymous, header("X-Forwarded-Proto", "https")).Result().Cookies()[0]
	require.True(t, k.Secure, "in the frame of a help desk the cookie is a third party's")
	require.Equal(t, http.SameSiteNoneMode, k.SameSite)
	require.True(t, k.Partitioned)

	form := func(tok string) *httptest.ResponseRecorder {
		return call(h, "POST", "/signin", url.Values{"token": {tok}, "next": {"/panel?workspace=nord"}}.Encode(),
			anonymous, header("Content-Type", "application/x-www-form-urlencoded"))
	}
	require.Equal(t, "/panel?workspace=nord", form(" "+token+"\n").Header().Get("Location"), "pasted with spaces")
	wrong := form("wrong")
	require.Equal(t, http.StatusUnauthorized, wrong.Code)
	require.Empty(t, wrong.Result().Cookies())
	require.Contains(t, wrong.Body.String(), "The token does not match")
	require.Equal(t, http.StatusUnauthorized, call(h, "GET", "/signin?token=", "", anonymous).Code)
}

// next comes from a link that anybody can write.
func FuzzSignInStaysHere(f *testing.F) {
	for _, s := range []string{"/panel", "/panel?suggestion=a", "//evil.example/panel", "https://evil.example/panel", "/panel/../../x", `/\evil.example`, "javascript:alert(1)", "/panel#//x", "\r\nSet-Cookie: a=b", "/panel?%0d%0aX:y"} {
		f.Add(s)
	}
	h, err := web.New(web.Options{Store: openStore(f), Token: config.NewSecret(token), Workspaces: []web.Workspace{{ID: ws}}})
	require.NoError(f, err)
	f.Fuzz(func(t *testing.T, next string) {
		w := call(h, "GET", "/signin?"+url.Values{"token": {token}, "next": {next}}.Encode(), "", anonymous)
		require.Equal(t, http.StatusSeeOther, w.Code)
		to, err := url.Parse(w.Header().Get("Location"))
		require.NoError(t, err)
		require.Contains(t, []string{"/panel", "/account", "/people", "/keys", "/audit"}, to.Path)
		require.Empty(t, to.Host)
		require.Empty(t, to.Scheme)
	})
}

func FuzzNoSessionButOurs(f *testing.F) {
	h, err := web.New(web.Options{Store: openStore(f), Token: config.NewSecret(token), Workspaces: []web.Workspace{{ID: ws}}, Now: func() time.Time { return noon }})
	require.NoError(f, err)
	good := call(h, "GET", "/signin?token="+token, "", anonymous).Result().Cookies()[0].Value
	for _, s := range []string{"", ".", "..", "9999999999.a.b", good[:len(good)-1], "1" + good, good + ".", strings.ToUpper(good)} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, value string) {
		w := call(h, "GET", "/api/suggestions", "", anonymous, header("Cookie", "sufflor_session="+value))
		if w.Code != http.StatusUnauthorized && !strings.Contains(value, good) {
			t.Fatalf("let in with %q: %d", value, w.Code)
		}
	})
}

func TestEveryAnswerIsGuarded(t *testing.T) {
	o := options(seed(t))
	o.FrameAncestors = []string{"https://fjordvik.zendesk.com", "https://*.desk.example:8443"}
	h := handler(t, o)
	session := signIn(t, h)
	for _, target := range []string{"/panel", "/signin", "/api/suggestions", "/nowhere", "/healthz", "/panel?suggestion=missing"} {
		got := call(h, "GET", target, "", with(session)).Header()
		require.Equal(t, "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; form-action 'self'; "+
			"base-uri 'none'; frame-ancestors 'self' https://fjordvik.zendesk.com https://*.desk.example:8443", got.Get("Content-Security-Policy"), target)
		require.Equal(t, "nosniff", got.Get("X-Content-Type-Options"), target)
		require.Equal(t, "no-referrer", got.Get("Referrer-Policy"), target)
		require.Equal(t, "no-store", got.Get("Cache-Control"), target)
	}
}

func TestStaticFilesAreNamedByTheirContent(t *testing.T) {
	h := handler(t, options(seed(t)))
	page := call(h, "GET", "/panel", "", with(signIn(t, h))).Body.String()
	for _, want := range []struct{ before, kind string }{{`<script src="`, "text/javascript; charset=utf-8"}, {`rel="stylesheet" href="`, "text/css; charset=utf-8"}} {
		_, rest, ok := strings.Cut(page, want.before)
		require.True(t, ok, want.before)
		address, _, _ := strings.Cut(rest, `"`)
		require.Regexp(t, `^/static/(panel|work)\.[0-9a-f]{12}\.(css|js)$`, address)
		w := call(h, "GET", address, "", anonymous)
		require.Equal(t, 200, w.Code)
		require.Equal(t, want.kind, w.Header().Get("Content-Type"))
		require.Contains(t, w.Header().Get("Cache-Control"), "immutable")
		packed := call(h, "GET", address, "", anonymous, header("Accept-Encoding", "br, gzip"))
		require.Equal(t, "gzip", packed.Header().Get("Content-Encoding"))
		z, err := gzip.NewReader(packed.Body)
		require.NoError(t, err)
		plain, err := io.ReadAll(z)
		require.NoError(t, err)
		require.Equal(t, w.Body.Bytes(), plain)
	}
	require.Equal(t, 404, call(h, "GET", "/static/panel.css", "", anonymous).Code)
	require.Equal(t, 404, call(h, "GET", "/static/../texts.yaml", "", anonymous).Code)
}

func TestSuggestionsInTheAPI(t *testing.T) {
	h := handler(t, options(seed(t)))
	var list struct {
		Suggestions []struct {
			ID, Flag, Customer string
			Created            time.Time
		}
	}
	get := func(query string) []string {
		w := call(h, "GET", "/api/suggestions?"+query, "")
		require.Equal(t, 200, w.Code, w.Body.String())
		require.NoError(t, json.Unmarshal(w.Body.Bytes(), &list))
		var ids []string
		for _, s := range list.Suggestions {
			ids = append(ids, s.ID)
		}
		return ids
	}
	require.Equal(t, []string{"sg_oil", "sg_high", "sg_low", "sg_none"}, get(""))
	require.Equal(t, []string{"sg_oil", "sg_high"}, get("limit=2"))
	require.Equal(t, []string{"sg_low", "sg_none"}, get("before="+list.Suggestions[1].Created.Format(time.RFC3339Nano)))
	require.Equal(t, []string{"sg_low"}, get("flag=low"))
	require.Equal(t, []string{"sg_high"}, get("conversation=conv-sg_high"))
	require.Empty(t, get("workspace=nord"))

	var one struct {
		ID, Text   string
		Suggestion suggest.Suggestion
		Outcomes   []struct{ Action, Reason string }
	}
	require.Equal(t, 201, call(h, "POST", "/api/suggestions/sg_oil/outcome", `{"action":"down","reason":"facts: 38, not 83"}`).Code)
	w := call(h, "GET", "/api/suggestions/sg_oil", "")
	require.NoError(t, json.Unmarshal(w.Body.Bytes(), &one))
	require.Equal(t, oilDraft(), one.Suggestion)
	require.Equal(t, oilDraft().Sentences[1].Text, strings.Split(strings.Split(one.Text, "\n\n")[1], " Change")[0])
	require.Len(t, one.Outcomes, 1)
	require.Equal(t, "facts: 38, not 83", one.Outcomes[0].Reason)

	for target, want := range map[string]string{
		"/api/suggestions?limit=0": "limit", "/api/suggestions?limit=x": "limit", "/api/suggestions?before=yesterday": "before",
	} {
		w := call(h, "GET", target, "")
		require.Equal(t, 400, w.Code)
		require.Contains(t, w.Body.String(), want)
	}
	require.Equal(t, 404, call(h, "GET", "/api/suggestions/sg_oil?workspace=nord", "").Code, "no query crosses workspaces")
	w = call(h, "GET", "/api/suggestions?workspace=elsewhere", "")
	require.Equal(t, 404, w.Code)
	require.Contains(t, w.Body.String(), "fjordvik, nord")
}

func TestOutcomes(t *testing.T) {
	s := seed(t)
	h := handler(t, options(s))
	long := strings.Repeat("x", 3000)
	for _, tt := range []struct {
		name, body string
		want       int
		says       string
	}{
		{"used", `{"action":"used"}`, 201, "used"},
		{"used again is the same", `{"action":"used"}`, 201, "used"},
		{"edited with its text", `{"action":"edited","text":"Hi"}`, 201, "edited"},
		{"up", `{"action":"up"}`, 201, "up"},
		{"down replaces up", `{"action":"down","reason":"tone","agent":"a-7"}`, 201, "down"},
		{"edited without its text", `{"action":"edited","text":" "}`, 400, "text: required"},
		{"what only the desk can know", `{"action":"sent","text":"Hi"}`, 400, "action"},
		{"no action", `{}`, 400, "action"},
		{"a field that is not there", `{"action":"up","stars":5}`, 400, "stars"},
		{"two objects", `{"action":"up"}{}`, 400, "after the object"},
		{"not JSON", `action=up`, 400, "body"},
		{"a reason too long", `{"action":"down","reason":"` + long + `"}`, 400, "reason"},
		{"a body too large", `{"action":"edited","text":"` + strings.Repeat(long, 50) + `"}`, 413, "larger than"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w := call(h, "POST", "/api/suggestions/sg_oil/outcome", tt.body)
			require.Equal(t, tt.want, w.Code, w.Body.String())
			require.Contains(t, w.Body.String(), tt.says)
		})
	}
	got, err := s.Outcomes(t.Context(), ws, "sg_oil")
	require.NoError(t, err)
	var kept []string
	for _, o := range got {
		kept = append(kept, o.Action+o.Reason+o.Agent)
	}
	require.ElementsMatch(t, []string{"used", "edited", "up", "downtonea-7"}, kept)
	require.Equal(t, 404, call(h, "POST", "/api/suggestions/sg_missing/outcome", `{"action":"up"}`).Code)
	require.Equal(t, 415, call(h, "POST", "/api/suggestions/sg_oil/outcome", `{"action":"up"}`, header("Content-Type", "text/plain")).Code)
}

func TestPassagesComeWithTheirNeighbours(t *testing.T) {
	h := handler(t, options(seed(t)))
	var got struct {
		Passage       index.Passage
		Where         string
		Before, After []index.Passage
	}
	w := call(h, "GET", "/api/passages/oil-2?around=1", "")
	require.NoError(t, json.Unmarshal(w.Body.Bytes(), &got))
	require.Equal(t, "oil-2", got.Passage.ID)
	require.Equal(t, "p. 14", got.Where)
	require.Equal(t, "oil-1", got.Before[0].ID)
	require.Equal(t, "oil-3", got.After[0].ID)
	require.Contains(t, call(h, "GET", "/api/passages/oil-1", "").Body.String(), `"before":[]`)
	require.Equal(t, 404, call(h, "GET", "/api/passages/none", "").Code)
	require.Equal(t, 404, call(h, "GET", "/api/passages/oil-2?workspace=nord", "").Code)
	require.Equal(t, 400, call(h, "GET", "/api/passages/oil-2?around=99", "").Code)
}

func TestDocumentsAndJobs(t *testing.T) {
	s := seed(t)
	require.NoError(t, s.FailDocument(t.Context(), store.Document{ID: "doc-scan", Workspace: ws, Root: "/documents", Path: "scan.pdf", Error: "no text", Hint: "run OCR"}))
	h := handler(t, options(s))
	body := call(h, "GET", "/api/documents", "").Body.String()
	require.Contains(t, body, `"path":"fjordvik-prices-2026.xlsx"`)
	failed := call(h, "GET", "/api/documents?state=failed", "").Body.String()
	require.Contains(t, failed, "run OCR")
	require.NotContains(t, failed, "fjordvik-prices")

	require.JSONEq(t, `{"jobs":[]}`, call(h, "GET", "/api/jobs/dead", "").Body.String())
	require.Equal(t, 404, call(h, "POST", "/api/jobs/77/retry", "").Code)
	require.Equal(t, 400, call(h, "POST", "/api/jobs/x/retry", "").Code)
}

func TestAsk(t *testing.T) {
	o := options(openStore(t))
	require.Equal(t, 501, call(handler(t, o), "POST", "/api/ask", `{"text":"a"}`).Code)
	o.Ask = func(_ context.Context, q suggest.Request) (suggest.Suggestion, error) {
		if q.Text == "boom" {
			return suggest.Suggestion{}, errors.New("index: disk on fire")
		}
		return suggest.Suggestion{Kind: q.Workspace + ":" + q.Customer + ":" + q.Text, Flag: suggest.None}, nil
	}
	h := handler(t, o)
	require.Contains(t, call(h, "POST", "/api/ask", `{"workspace":"nord","customer":"Kari","text":"Hva koster det?"}`).Body.String(), "nord:Kari:Hva koster det?")
	require.Equal(t, 400, call(h, "POST", "/api/ask", `{"text":"  "}`).Code)
	require.Equal(t, 404, call(h, "POST", "/api/ask", `{"workspace":"x","text":"a"}`).Code)
	w := call(h, "POST", "/api/ask", `{"text":"boom"}`)
	require.Equal(t, 500, w.Code)
	require.NotContains(t, w.Body.String(), "disk on fire", "causes are for the log")
}

func TestSearch(t *testing.T) {
	o := options(openStore(t))
	require.Equal(t, 501, call(handler(t, o), "POST", "/api/search", `{"text":"a"}`).Code)
	o.Search = func(_ context.Context, q web.SearchRequest) (web.SearchResult, error) {
		var f index.Filter
		for name, values := range q.Filter {
			for _, v := range values {
				if err := f.Add(name, v); err != nil {
					return web.SearchResult{}, fmt.Errorf("search: %w", err)
				}
			}
		}
		return web.SearchResult{Language: fmt.Sprint(q.Workspace, q.Limit, f.Sources)}, nil
	}
	h := handler(t, o)
	for _, tt := range []struct {
		name, body string
		code       int
		says       string
	}{
		{"one value and several", `{"workspace":"nord","text":"olje","limit":3,"filter":{"source":["a","b"],"language":"nb"}}`, 200, "nord3 [a b]"},
		{"no text", `{"text":" "}`, 400, "text: required"},
		{"too many", `{"text":"a","limit":101}`, 400, "between 1 and 100"},
		{"an unknown filter", `{"text":"a","filter":{"colour":"red"}}`, 400, `filter \"colour\": unknown; use one of audience`},
		{"a date that is none", `{"text":"a","filter":{"after":"soon"}}`, 400, "is no date"},
		{"a value that is no text", `{"text":"a","filter":{"source":7}}`, 400, "body: "},
		{"an unknown field", `{"text":"a","filters":{}}`, 400, "filters"},
		{"an unknown workspace", `{"text":"a","workspace":"x"}`, 404, "not configured"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w := call(h, "POST", "/api/search", tt.body)
			require.Equal(t, tt.code, w.Code)
			require.Contains(t, w.Body.String(), tt.says)
		})
	}
	require.Equal(t, 401, call(h, "POST", "/api/search", `{"text":"a"}`, anonymous).Code)
}

func TestIngestTellsItsProgress(t *testing.T) {
	o := options(openStore(t))
	o.Ingest = func(_ context.Context, q web.IngestRequest, progress func(any)) (any, error) {
		progress(map[string]int{"done": 1})
		progress(map[string]int{"done": 2})
		if len(q.Paths) == 0 {
			return nil, errors.New("prices.xlsx: password protected")
		}
		return map[string]any{"workspace": q.Workspace, "paths": q.Paths, "audience": q.Audience}, nil
	}
	h := handler(t, o)
	w := call(h, "POST", "/api/ingest", `{"workspace":"nord","paths":["/a","/b"],"audience":"public"}`)
	require.Equal(t, "application/x-ndjson", w.Header().Get("Content-Type"))
	require.Equal(t, "{\"progress\":{\"done\":1}}\n{\"progress\":{\"done\":2}}\n{\"summary\":{\"audience\":\"public\",\"paths\":[\"/a\",\"/b\"],\"workspace\":\"nord\"}}\n", w.Body.String())
	require.Contains(t, call(h, "POST", "/api/ingest", `{"workspace":"nord"}`).Body.String(), `{"error":"prices.xlsx: password protected"`)
	require.Equal(t, 400, call(h, "POST", "/api/ingest", `{"paths":[""]}`).Code)
}

func TestHealthNamesThePart(t *testing.T) {
	o := options(openStore(t))
	h := handler(t, o)
	require.JSONEq(t, `{"status":"ok","version":"test","parts":{"store":"ok","queue":"ok"}}`, call(h, "GET", "/healthz", "", anonymous).Body.String())
	o.Health = map[string]func(context.Context) error{"index": func(context.Context) error { return web.Partial("being rebuilt") }}
	w := call(handler(t, o), "GET", "/healthz", "", anonymous)
	require.Equal(t, 200, w.Code, "it serves")
	require.Contains(t, w.Body.String(), `"index":"being rebuilt"`)
	o.Health = map[string]func(context.Context) error{"index": func(context.Context) error { return errors.New("secret path") }}
	o.Health["filling"] = func(context.Context) error { return fmt.Errorf("index: %w", web.Partial("being rebuilt, 40 % done")) }
	w = call(handler(t, o), "GET", "/healthz", "", anonymous)
	require.Contains(t, w.Body.String(), `"filling":"being rebuilt, 40 % done"`)
	require.Equal(t, 503, w.Code)
	require.Contains(t, w.Body.String(), `"index":"unavailable`)
	require.Contains(t, w.Body.String(), `"store":"ok"`)
	require.NotContains(t, w.Body.String(), "secret path")
}

func TestHooksAreNotOurs(t *testing.T) {
	o := options(openStore(t))
	o.Hooks = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.WriteHeader(http.StatusTeapot)
		_, _ = w.Write([]byte(r.Method + " " + r.URL.Path))
	})
	w := call(handler(t, o), "POST", "/hooks/zendesk/app", "{}", anonymous)
	require.Equal(t, http.StatusTeapot, w.Code)
	require.Equal(t, "POST /hooks/zendesk/app", w.Body.String())
}

func TestAPanicIsOneFailedRequest(t *testing.T) {
	o := options(openStore(t))
	o.Ask = func(context.Context, suggest.Request) (suggest.Suggestion, error) { panic("nil map") }
	w := call(handler(t, o), "POST", "/api/ask", `{"text":"a"}`)
	require.Equal(t, 500, w.Code)
	require.Contains(t, w.Body.String(), "look for request")
	require.NotContains(t, w.Body.String(), "nil map")
}

func TestWrongAddressesAndMethods(t *testing.T) {
	h := handler(t, options(openStore(t)))
	require.Equal(t, 404, call(h, "GET", "/api/nothing", "").Code)
	w := call(h, "DELETE", "/api/suggestions/sg_oil", "")
	require.Equal(t, 405, w.Code)
	require.Contains(t, w.Body.String(), "use GET")
	require.Equal(t, "/signin", call(h, "GET", "/", "", anonymous).Header().Get("Location"))
	require.Equal(t, "/panel", call(h, "GET", "/", "", with(signIn(t, h))).Header().Get("Location"))
}

// still is a store that holds one suggestion and never changes.
type still struct {
	*store.Store

	one      store.Suggestion
	outcomes []store.Outcome
}

func (s *still) Suggestion(context.Context, string, string) (store.Suggestion, error) {
	return s.one, nil
}

func (s *still) Suggestions(context.Context, string, store.SuggestionFilter) ([]store.Suggestion, error) {
	return []store.Suggestion{s.one}, nil
}

func (s *still) Outcomes(context.Context, string, string) ([]store.Outcome, error) {
	return s.outcomes, nil
}

func (s *still) Around(context.Context, string, string, int) ([]index.Passage, error) {
	return nil, store.ErrNotFound
}

// Passages has every passage, each as it was asked for.
func (s *still) Passages(_ context.Context, _ string, ids []string) (map[string]index.Passage, error) {
	out := map[string]index.Passage{}
	for _, id := range ids {
		out[id] = index.Passage{ID: id, Title: id, Headings: []string{id}, Language: id, Audience: index.Public, Locator: index.Locator{Sheet: id}}
	}
	return out, nil
}

func (s *still) FeedEnd(context.Context, string) (int64, error) { return 7, nil }

func TestBackup(t *testing.T) {
	o := options(openStore(t))
	require.Equal(t, 501, call(handler(t, o), "POST", "/api/backup", `{"dir":"/b"}`).Code)
	o.Backup = func(_ context.Context, dir string) (any, error) {
		if dir == "/full" {
			return nil, errors.New("/full is not empty")
		}
		return map[string]string{"dir": dir}, nil
	}
	h := handler(t, o)
	require.JSONEq(t, `{"dir":"/b"}`, call(h, "POST", "/api/backup", `{"dir":"/b"}`).Body.String())
	w := call(h, "POST", "/api/backup", `{"dir":"/full"}`)
	require.Equal(t, 422, w.Code)
	require.Contains(t, w.Body.String(), "not empty", "the operator is told in full")
	require.Equal(t, 400, call(h, "POST", "/api/backup", `{"dir":"b"}`).Code)
	require.Equal(t, 401, call(h, "POST", "/api/backup", `{"dir":"/b"}`, anonymous).Code)
}
