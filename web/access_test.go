package web_test

import (
	"context"
	"encoding/base64"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"html"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/sufflor/sufflor/access"
	"github.com/sufflor/sufflor/store"
	"github.com/sufflor/sufflor/suggest"
	"github.com/sufflor/sufflor/suggest/insight"
	"github.com/sufflor/sufflor/web"
)

const secret = "correct horse battery" // of everybody in the tests

// hashed is what all of them share: hashing is slow by design.
var hashed = sync.OnceValues(func() (string, error) { return access.Hash(context.Background(), secret) })

func shared(t *testing.T) string {
	t.Helper()
	password, err := hashed()
	require.NoError(t, err)
	return password
}

// people of the tests: one of each role in ws, an admin of everything, one of
// the other workspace, and one without any role.
var people = map[string]map[string]string{
	"agent": {ws: "agent"}, "editor": {ws: "editor"}, "reviewer": {ws: "reviewer"}, "admin": {ws: "admin"},
	"owner": {ws: "admin", "nord": "admin"}, "stranger": {"nord": "admin"}, "nobody": {},
}

func addPeople(t *testing.T, s *store.Store) {
	t.Helper()
	for login, roles := range people {
		_, err := s.AddPerson(t.Context(), store.Person{ID: "id-" + login, Login: login, Password: shared(t), Roles: roles})
		require.NoError(t, err)
	}
}

func fields(values ...string) (string, func(*http.Request)) {
	v := url.Values{}
	for i := 0; i+1 < len(values); i += 2 {
		v.Add(values[i], values[i+1])
	}
	return v.Encode(), func(r *http.Request) {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.Header.Set("Sec-Fetch-Site", "same-origin")
		r.Header.Del("Authorization")
	}
}

func post(h http.Handler, path string, change func(*http.Request), values ...string) *httptest.ResponseRecorder {
	body, plain := fields(values...)
	return call(h, http.MethodPost, path, body, plain, func(r *http.Request) {
		if change != nil {
			change(r)
		}
	})
}

func signInAs(t *testing.T, h http.Handler, login string) *http.Cookie {
	t.Helper()
	w := post(h, "/signin", nil, "login", login, "password", secret)
	require.Equal(t, http.StatusSeeOther, w.Code, w.Body.String())
	return w.Result().Cookies()[0]
}

// TestEveryRouteAndRole asks every route as everybody. What a role may not is
// 403, another's workspace 404; anything else has passed the door.
func TestEveryRouteAndRole(t *testing.T) {
	s := seed(t)
	addPeople(t, s)
	o := options(s)
	o.Insight = &insight.Reader{Store: s}
	h := handler(t, o)
	sessions := map[string]*http.Cookie{}
	for login := range people {
		sessions[login] = signInAs(t, h, login)
	}
	rules := web.Rules()
	routes := web.Routes(h)
	for _, route := range routes {
		method, path, _ := strings.Cut(route, " ")
		if web.Open(route) {
			continue
		}
		n, ok := rules[route]
		require.True(t, ok, "%s: has no line in the table of rules", route)
		if method == "POST" && path == "/signout" || strings.HasPrefix(path, "/embed/") || strings.HasSuffix(path, "/live") {
			continue // tested by themselves
		}
		target := strings.NewReplacer(":id", "sg_oil", ":source", "manuals", "*name", "a.txt", ":page", "x").Replace(path)
		for login, roles := range people {
			w := call(h, method, target+"?workspace="+ws, body(method), with(sessions[login]), header("Sec-Fetch-Site", "same-origin"))
			role := roles[ws]
			may := role == "admin" || role != "" && (n.Role == "agent" || n.Role == role)
			somewhere := may || roles["nord"] == "admin"
			if n.Whole {
				may = login == "owner"
				somewhere = may
			}
			switch {
			case n == access.Needs{}:
				require.NotContains(t, []int{401, 403}, w.Code, "%s as %s: %s", route, login, w.Body.String())
			case web.ByHeader(route):
				require.Equal(t, http.StatusUnauthorized, w.Code, "%s as %s: needs a key", route, login)
			case !somewhere:
				require.Equal(t, http.StatusForbidden, w.Code, "%s as %s: %s", route, login, w.Body.String())
			case may:
				require.NotContains(t, []int{401, 403}, w.Code, "%s as %s: %s", route, login, w.Body.String())
			case method == "GET" && !strings.HasPrefix(path, "/account") && path != "/" && !strings.HasPrefix(path, "/keys") && path != "/api/keys":
				require.Equal(t, 404, w.Code, "%s as %s: another's workspace: %s", route, login, w.Body.String())
			}
		}
		// Without anybody nothing opens.
		w := call(h, method, target, body(method), anonymous, header("Sec-Fetch-Site", "same-origin"))
		require.Contains(t, []int{401, 303}, w.Code, route)
		if w.Code == 303 {
			require.True(t, strings.HasPrefix(w.Header().Get("Location"), "/signin"), route)
		}
	}
}

func body(method string) string {
	if method == "GET" {
		return ""
	}
	return "{}"
}

func TestAnotherWorkspacesIdsInABodyOpenNothing(t *testing.T) {
	s := seed(t)
	addPeople(t, s)
	o := options(s)
	o.Ask = func(context.Context, suggest.Request) (suggest.Suggestion, error) { return suggest.Suggestion{}, nil }
	h := handler(t, o)
	stranger := with(signInAs(t, h, "stranger"))
	same := header("Sec-Fetch-Site", "same-origin")
	require.Equal(t, 404, call(h, "GET", "/api/suggestions/sg_oil", "", stranger).Code, "their own workspace has none of that id")
	require.Equal(t, 404, call(h, "GET", "/api/suggestions/sg_oil?workspace="+ws, "", stranger).Code)
	require.Equal(t, 404, call(h, "POST", "/api/ask", `{"workspace":"fjordvik","text":"x"}`, stranger, same).Code)
	require.Equal(t, 404, post(h, "/panel/outcome", stranger, "workspace", ws, "suggestion", "sg_oil", "action", "up").Code)
	require.Equal(t, 404, call(h, "POST", "/api/people", `{"workspace":"fjordvik","login":"x","role":"admin"}`, stranger, same).Code)
	require.Equal(t, 404, call(h, "POST", "/api/people/role", `{"workspace":"fjordvik","login":"stranger","role":"admin"}`, stranger, same).Code)
	require.Equal(t, 403, call(h, "POST", "/api/people/reset", `{"login":"owner"}`, stranger, same).Code, "a link would be the owner's account")
	require.Equal(t, 403, call(h, "POST", "/api/keys", `{"workspace":"*","name":"x","scopes":["admin"]}`, stranger, same).Code)
	acts, err := s.Acts(t.Context(), store.ActFilter{Action: "refused", Actor: "stranger"})
	require.NoError(t, err)
	require.GreaterOrEqual(t, len(acts), 7)
	require.NotContains(t, call(h, "GET", "/panel", "", stranger).Body.String(), "Fjordvik Maskin", "nor its name")
}

func TestTheTokenOpensPagesUntilThereIsAnAccount(t *testing.T) {
	s := seed(t)
	o := options(s)
	h := handler(t, o)
	before := signIn(t, h)
	require.Equal(t, 200, call(h, "GET", "/panel", "", with(before)).Code)
	addPeople(t, s)
	require.Equal(t, 303, call(h, "GET", "/panel", "", with(before)).Code, "sessions that the token began are over")
	require.Equal(t, 401, call(h, "GET", "/signin?token="+token, "", anonymous).Code)
	require.Equal(t, 200, call(h, "GET", "/api/suggestions", "").Code, "machines go on")
	page := call(h, "GET", "/signin", "", anonymous).Body.String()
	require.Contains(t, page, `name="password"`)
	require.NotContains(t, page, `name="token"`)
	o.TokenSignIn = true
	h = handler(t, o)
	require.Equal(t, 303, call(h, "GET", "/signin?token="+token, "", anonymous).Code)
	require.Contains(t, call(h, "GET", "/signin", "", anonymous).Body.String(), `name="token"`)
}

func TestTheFirstAccountIsMadeByALinkOnce(t *testing.T) {
	s := seed(t)
	h := handler(t, options(s))
	desk := access.Desk{Store: s, Workspaces: []string{ws, "nord"}, Now: func() time.Time { return noon }}
	link, err := desk.SetUp(t.Context())
	require.NoError(t, err)
	page := call(h, "GET", "/setup?link="+link, "", anonymous)
	require.Equal(t, 200, page.Code)
	require.Equal(t, 404, call(h, "GET", "/setup?link=x"+link, "", anonymous).Code)
	require.Equal(t, 404, call(h, "GET", "/reset?link="+link, "", anonymous).Code)
	make1 := func(link, password, again string) *httptest.ResponseRecorder {
		return post(h, "/setup", nil, "link", link, "login", "Kari@Example.com", "name", "<script>Kari", "password", password, "again", again)
	}
	require.Equal(t, 422, make1(link, "short", "short").Code)
	require.Equal(t, 422, make1(link, "aaaaaaaaaaaaaaa", "aaaaaaaaaaaaaaa").Code)
	require.Equal(t, 422, make1(link, secret, secret+"x").Code)
	require.Equal(t, 404, make1("other", secret, secret).Code)
	require.Equal(t, 403, post(h, "/setup", header("Sec-Fetch-Site", "cross-site"), "link", link).Code)
	w := make1(link, secret, secret)
	require.Equal(t, 303, w.Code, w.Body.String())
	in := with(w.Result().Cookies()[0])
	require.Equal(t, 404, make1(link, secret, secret).Code, "once")
	link, err = desk.SetUp(t.Context())
	require.NoError(t, err)
	require.Empty(t, link, "and never again")
	people := call(h, "GET", "/people", "", in).Body.String()
	require.Contains(t, people, "kari@example.com")
	require.NotContains(t, people, "<script>")

	stale := seed(t)
	desk.Store = stale
	desk.Now = func() time.Time { return noon.Add(-61 * time.Minute) }
	link, err = desk.SetUp(t.Context())
	require.NoError(t, err)
	require.Equal(t, 404, call(handler(t, options(stale)), "GET", "/setup?link="+link, "", anonymous).Code, "an hour old")
}

func TestSessionsEnd(t *testing.T) {
	s := seed(t)
	addPeople(t, s)
	h := handler(t, options(s))
	same := header("Sec-Fetch-Site", "same-origin")
	in := func(c *http.Cookie) int { return call(h, "GET", "/api/suggestions", "", with(c)).Code }

	a, b := signInAs(t, h, "agent"), signInAs(t, h, "AGENT ")
	require.Equal(t, 200, in(a))
	require.Equal(t, 403, call(h, "POST", "/signout", "", with(a)).Code, "from another site")
	require.Equal(t, 303, call(h, "POST", "/signout", "", with(a), same).Code)
	require.Equal(t, 401, in(a), "a copy of the cookie is worth nothing")
	require.Equal(t, 200, in(b))
	wrong := post(h, "/account/password", with2(b), "old", "wrong password", "password", "another long one", "again", "another long one")
	require.Equal(t, 422, wrong.Code)
	require.Equal(t, 200, in(b))
	require.Equal(t, 303, post(h, "/account/password", with2(b), "old", secret, "password", "another long one", "again", "another long one").Code)
	require.Equal(t, 401, in(b))
	require.Equal(t, 401, post(h, "/signin", nil, "login", "agent", "password", secret).Code)
	require.Equal(t, 303, post(h, "/signin", nil, "login", "agent", "password", "another long one").Code)

	owner, editor := with(signInAs(t, h, "owner")), signInAs(t, h, "editor")
	require.Equal(t, 200, call(h, "POST", "/api/people/role", `{"workspace":"fjordvik","login":"editor","role":"none"}`, owner, same).Code)
	require.Equal(t, 403, in(editor), "a role that was taken away")
	reviewer := signInAs(t, h, "reviewer")
	require.Equal(t, 200, call(h, "POST", "/api/people/disable", `{"login":"reviewer","disabled":true}`, owner, same).Code)
	require.Equal(t, 401, in(reviewer))
	require.Equal(t, 401, post(h, "/signin", nil, "login", "reviewer", "password", secret).Code)
	require.Equal(t, 422, call(h, "POST", "/api/people/disable", `{"login":"owner","disabled":true}`, owner, same).Code, "not oneself")

	w := call(h, "POST", "/api/people/reset", `{"login":"agent"}`, owner, same)
	var out struct{ Link string }
	require.NoError(t, json.Unmarshal(w.Body.Bytes(), &out))
	link := strings.TrimPrefix(out.Link, "/reset?link=")
	w = post(h, "/reset", nil, "link", link, "password", secret, "again", secret)
	require.Equal(t, 303, w.Code, w.Body.String())
	require.Equal(t, 200, in(w.Result().Cookies()[0]))
	require.Equal(t, 404, post(h, "/reset", nil, "link", link, "password", secret, "again", secret).Code)
}

// TestASessionThatEndsTakesNothingAlong: a script learns that it is over and
// keeps what was typed; somebody who goes to a page signs in and comes back.
func TestASessionThatEndsTakesNothingAlong(t *testing.T) {
	s := seed(t)
	addPeople(t, s)
	now := noon
	o := options(s)
	o.Now = func() time.Time { return now }
	h := handler(t, o)
	in := with(signInAs(t, h, "owner"))
	now = now.Add(13 * time.Hour)
	script := func(r *http.Request) {
		r.Header.Set("Sec-Fetch-Site", "same-origin")
		r.Header.Set("Sec-Fetch-Mode", "cors")
		r.Header.Set("Sec-Fetch-Dest", "empty")
	}
	for _, path := range []string{"/panel", "/panel/list", "/panel/suggestion?suggestion=sg_oil", "/review/item?suggestion=sg_oil", "/people", "/source/oil-2", "/api/v1/suggestions"} {
		w := call(h, "GET", path, "", in, script)
		require.Equal(t, 401, w.Code, path)
		var p map[string]string
		require.NoError(t, json.Unmarshal(w.Body.Bytes(), &p), path)
		require.Equal(t, "unauthorized", p["code"])
	}
	w := post(h, "/review/item?suggestion=sg_oil", func(r *http.Request) { in(r); script(r) }, "correct", "4")
	require.Equal(t, 401, w.Code)
	require.Equal(t, "application/json; charset=utf-8", w.Header().Get("Content-Type"))
	for _, path := range []string{"/panel?suggestion=sg_oil", "/review/item?suggestion=sg_oil", "/people", "/source/oil-2", "/insight/gaps", "/audit?actor=x"} {
		w := call(h, "GET", path, "", in, header("Sec-Fetch-Mode", "navigate"), header("Sec-Fetch-Dest", "document"))
		require.Equal(t, 303, w.Code, path)
		require.Equal(t, "/signin?next="+url.QueryEscape(path), w.Header().Get("Location"))
		w = post(h, "/signin", nil, "login", "owner", "password", secret, "next", path)
		require.Equal(t, path, w.Header().Get("Location"), "and back")
	}
	for _, next := range []string{"//evil.example/people", "https://evil.example/people", "/\\evil.example", "/api/v1/people", "/signout", "/people/../../x", "javascript:alert(1)", "/panel//evil", "", "/static/panel.js"} {
		w := post(h, "/signin", nil, "login", "owner", "password", secret, "next", next)
		require.Equal(t, "/panel", w.Header().Get("Location"), next)
	}
}

func with2(c *http.Cookie) func(*http.Request) { return func(r *http.Request) { r.AddCookie(c) } }

func TestGuessingIsSlowedDown(t *testing.T) {
	s := seed(t)
	addPeople(t, s)
	now := noon
	o := options(s)
	o.Now = func() time.Time { return now }
	h := handler(t, o)
	from := func(addr string) func(*http.Request) { return func(r *http.Request) { r.RemoteAddr = addr + ":1234" } }
	try := func(login, password, addr string) int {
		return post(h, "/signin", from(addr), "login", login, "password", password).Code
	}
	var first string
	for i := range 5 {
		for _, login := range []string{"agent", "unknown"} {
			w := post(h, "/signin", from("203.0.113.9"), "login", login, "password", "guess number one")
			require.Equal(t, 401, w.Code, "attempt %d", i)
			said := strings.ReplaceAll(w.Body.String(), login, "")
			if first == "" {
				first = said
			}
			require.Equal(t, first, said, "nobody learns who has an account")
		}
	}
	require.Equal(t, 429, try("agent", secret, "203.0.113.9"), "also with the right one")
	require.Equal(t, 429, try("unknown", secret, "203.0.113.9"))
	require.Equal(t, 303, try("agent", secret, "198.51.100.7"), "from elsewhere it is not kept out")
	require.Equal(t, 303, try("editor", secret, "203.0.113.9"), "nor is another account")
	now = now.Add(2 * time.Second)
	require.Equal(t, 303, try("agent", secret, "203.0.113.9"), "and not for ever")
}

func TestKeysOpenWhatTheirScopesSay(t *testing.T) {
	s := seed(t)
	addPeople(t, s)
	h := handler(t, options(s))
	owner, same := with(signInAs(t, h, "owner")), header("Sec-Fetch-Site", "same-origin")
	add := func(workspace string, scopes ...string) (id, key string) {
		b, err := json.Marshal(map[string]any{"name": "<script>crm", "workspace": workspace, "scopes": scopes})
		require.NoError(t, err)
		w := call(h, "POST", "/api/keys", string(b), owner, same)
		require.Equal(t, 200, w.Code, w.Body.String())
		var out struct{ ID, Key string }
		require.NoError(t, json.Unmarshal(w.Body.Bytes(), &out))
		return out.ID, out.Key
	}
	ask := func(key, method, target, body string) int {
		return call(h, method, target, body, header("Authorization", "Bearer "+key)).Code
	}
	id, key := add(ws, "suggestions")
	require.Regexp(t, `^sfk_[A-Z2-7]{26}$`, key)
	require.Equal(t, 200, ask(key, "GET", "/api/suggestions?workspace="+ws, ""))
	require.Equal(t, 404, ask(key, "GET", "/api/suggestions?workspace=nord", ""))
	require.Equal(t, 403, ask(key, "POST", "/api/ask", `{"text":"x"}`))
	require.Equal(t, 403, ask(key, "GET", "/api/people", ""))
	_, docs := add(ws, "documents")
	require.Equal(t, 501, ask(docs, "POST", "/api/ingest", `{}`), "let in; the test has no reader of documents")
	require.Equal(t, 403, ask(docs, "POST", "/api/backup", `{"dir":"/x"}`))
	_, all := add("*", "admin")
	require.Equal(t, 200, ask(all, "GET", "/api/jobs/dead", ""))
	require.Equal(t, 401, ask(all+"x", "GET", "/api/jobs/dead", ""))

	page := call(h, "GET", "/keys", "", owner).Body.String()
	require.NotContains(t, page, key)
	require.NotContains(t, page, "<script>")
	list, err := s.Keys(t.Context())
	require.NoError(t, err)
	for _, k := range list {
		require.NotContains(t, k.Hash, strings.TrimPrefix(key, "sfk_"))
		require.Equal(t, noon, k.Used)
	}
	admin := with(signInAs(t, h, "admin")) // of one workspace
	require.Equal(t, 404, call(h, "POST", "/api/keys/revoke", fmt.Sprintf(`{"id":%q}`, list[len(list)-1].ID+"x"), admin, same).Code)
	require.Equal(t, 200, call(h, "POST", "/api/keys/revoke", fmt.Sprintf(`{"id":%q}`, id), admin, same).Code)
	require.Equal(t, 401, ask(key, "GET", "/api/suggestions", ""))
	require.Equal(t, 422, call(h, "POST", "/api/keys", `{"name":"x","scopes":["everything"]}`, owner, same).Code)
}

func TestTheAuditLogSaysWhoSawAndDidWhat(t *testing.T) {
	s := seed(t)
	addPeople(t, s)
	h := handler(t, options(s))
	agent, same := with(signInAs(t, h, "agent")), header("Sec-Fetch-Site", "same-origin")
	for range 3 {
		require.Equal(t, 200, call(h, "GET", "/panel?suggestion=sg_oil", "", agent).Code)
	}
	require.Equal(t, 201, call(h, "POST", "/api/suggestions/sg_oil/outcome", `{"action":"edited","text":"=cmd() Kari","agent":"somebody else"}`, agent, same).Code)
	outcomes, err := s.Outcomes(t.Context(), ws, "sg_oil")
	require.NoError(t, err)
	require.Equal(t, "agent", outcomes[0].Agent, "whatever the script says")
	post(h, "/signin", nil, "login", `=HYPERLINK("x")`, "password", "not the right one")

	owner := with(signInAs(t, h, "owner"))
	w := call(h, "GET", "/api/audit?workspace="+ws+"&actor=agent", "", owner)
	var out struct{ Acts []web.ActJSON }
	require.NoError(t, json.Unmarshal(w.Body.Bytes(), &out))
	var told []string
	for _, a := range out.Acts {
		told = append(told, strings.Join([]string{a.Kind, a.Actor, a.Action, a.Object, a.Detail}, " "))
	}
	require.Equal(t, []string{"person agent suggestion.outcome sg_oil edited, conversation " + store.Subject{Conversation: "conv-sg_oil"}.Digest(), "person agent suggestion.seen sg_oil "}, told, "what is looked at again was seen once")

	all := call(h, "GET", "/audit", "", owner).Body.String()
	for _, words := range []string{"Kari Nordmann", "hydraulic", "=cmd()"} {
		require.NotContains(t, all, words, "no customer's words")
	}
	require.Contains(t, html.UnescapeString(all), "signin.refused")
	rows, err := csv.NewReader(call(h, "GET", "/audit.csv", "", owner).Body).ReadAll()
	require.NoError(t, err)
	guarded := false
	for _, row := range rows {
		for _, cell := range row {
			require.NotRegexp(t, regexp.MustCompile(`^[=+\-@\t\r]`), cell)
			guarded = guarded || strings.HasPrefix(cell, "'=hyperlink")
		}
	}
	require.True(t, guarded)
	narrow := with(signInAs(t, h, "admin"))
	require.NotContains(t, call(h, "GET", "/audit", "", narrow).Body.String(), "signin.refused", "the installation's lines are the owners'")
}

func TestFormsComeFromOurPages(t *testing.T) {
	s := seed(t)
	addPeople(t, s)
	h := handler(t, options(s))
	owner := signInAs(t, h, "owner")
	for _, path := range []string{"/people", "/people/role", "/people/disable", "/people/reset", "/keys", "/keys/revoke", "/account/password", "/signout"} {
		for _, from := range []string{"cross-site", "same-site", "none"} {
			w := post(h, path, func(r *http.Request) { r.AddCookie(owner); r.Header.Set("Sec-Fetch-Site", from) }, "login", "agent")
			require.Equal(t, 403, w.Code, "%s from %s", path, from)
		}
	}
	require.Equal(t, 403, post(h, "/signin", header("Sec-Fetch-Site", "cross-site"), "login", "agent", "password", secret).Code)
	w := post(h, "/people", with2(owner), "workspace", ws, "login", `new"><script>`, "role", "agent")
	require.Equal(t, 200, w.Code, w.Body.String())
	require.NotContains(t, w.Body.String(), "<script>")
	require.Regexp(t, `http://example.com/reset\?link=[A-Z2-7]{26}`, w.Body.String())
	require.Equal(t, 422, post(h, "/people", with2(owner), "workspace", ws, "login", "agent", "role", "agent").Code, "taken")
}

func TestAPanelInADeskLivesWithTheAccount(t *testing.T) {
	s := seed(t)
	o := embedOptions(s)
	h := handler(t, o)
	opened := regexp.MustCompile(`data-pass="([^"]*)"`)
	pass := func(c *http.Cookie, desk string) string {
		w := call(h, "GET", "/embed/"+desk+"/open", "", with(c))
		require.Equal(t, 200, w.Code, w.Body.String())
		var p struct{ Token, Agent string }
		require.NoError(t, json.Unmarshal([]byte(html.UnescapeString(opened.FindStringSubmatch(w.Body.String())[1])), &p))
		require.Empty(t, p.Agent, "the desk's agent is another name")
		return p.Token
	}
	list := func(token string) int {
		return call(h, "GET", "/embed/zendesk/list?conversation=conv-sg_oil", "", passing(token)).Code
	}
	byToken, vouched := pass(signIn(t, h), "zendesk"), enterFrame(t, h, "zendesk", "42")
	require.Equal(t, 200, list(byToken))
	addPeople(t, s)
	require.Equal(t, 401, list(byToken), "there are accounts now")
	require.Equal(t, 200, list(vouched), "the desk still vouches for its agents")

	agent := signInAs(t, h, "agent")
	own := pass(agent, "zendesk")
	require.Equal(t, 200, list(own))
	w := call(h, "POST", "/embed/zendesk/suggestion/sg_oil/outcome", `{"action":"up","agent":"42"}`, passing(own))
	require.Equal(t, 201, w.Code, w.Body.String())
	outcomes, err := s.Outcomes(t.Context(), ws, "sg_oil")
	require.NoError(t, err)
	require.Equal(t, "agent", outcomes[0].Agent)
	acts, err := s.Acts(t.Context(), store.ActFilter{Action: "suggestion.outcome"})
	require.NoError(t, err)
	require.Equal(t, [3]string{"agent", "sg_oil", ws}, [3]string{acts[0].Actor, acts[0].Object, acts[0].Workspace})
	require.Equal(t, 403, call(h, "GET", "/embed/nord/open", "", with(agent)).Code, "a desk of another workspace")
	require.Equal(t, 403, call(h, "GET", "/embed/zendesk/open", "", with(signInAs(t, h, "nobody"))).Code)
	require.Nil(t, readFrame(t, call(h, "GET", "/embed/nord", "", with(agent))).Pass)

	editor := pass(signInAs(t, h, "editor"), "zendesk")
	require.NoError(t, s.SetRole(t.Context(), "id-editor", ws, ""))
	require.Equal(t, 403, list(editor))
	require.Equal(t, 303, call(h, "POST", "/signout", "", with(agent), header("Sec-Fetch-Site", "same-origin")).Code)
	require.Equal(t, 401, list(own), "signing out ends the panel, too")
}

// TestAReviewIsOfWhoSignedIn: two who review blind must be two.
func TestAReviewIsOfWhoSignedIn(t *testing.T) {
	s := seed(t)
	addPeople(t, s)
	h := handler(t, options(s))
	me := signInAs(t, h, "reviewer")
	rate := func(reviewer string) *httptest.ResponseRecorder {
		return call(h, http.MethodPost, "/api/reviews?workspace="+ws, `{"suggestion":"sg_high","reviewer":"`+reviewer+`","correct":4,"complete":4,"tone":4,"citation":4}`,
			with(me), header("Sec-Fetch-Site", "same-origin"))
	}
	require.Equal(t, http.StatusBadRequest, rate("Somebody Else").Code)
	require.Equal(t, http.StatusCreated, rate("").Code)
	page := call(h, http.MethodGet, "/review?workspace="+ws, "", with(me))
	require.Contains(t, page.Body.String(), "<bdi>reviewer</bdi>")
	require.NotContains(t, page.Body.String(), `name="name"`, "nobody is asked who they are")
	cookie := &http.Cookie{Name: "sufflor_reviewer", Value: base64.RawURLEncoding.EncodeToString([]byte("Somebody Else"))}
	page = call(h, http.MethodGet, "/review?workspace="+ws, "", with(me), func(r *http.Request) { r.AddCookie(cookie) })
	require.Contains(t, page.Body.String(), "<bdi>reviewer</bdi>", "a cookie says nothing against that")
}
