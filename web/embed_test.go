package web_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"html"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/sufflor/sufflor/connectors"
	"github.com/sufflor/sufflor/store"
	"github.com/sufflor/sufflor/suggest"
	"github.com/sufflor/sufflor/web"
)

// hosting is a desk that frames the panel and signs "agent/conversation" with
// the word "good".
type hosting struct {
	connectors.Connector

	origins []string
	expires time.Time
	err     error // of every visit
}

func (h *hosting) Origins() []string { return h.origins }

func (h *hosting) Visitor(_ context.Context, d connectors.Delivery, _ time.Time) (connectors.Visitor, error) {
	if h.err != nil {
		return connectors.Visitor{}, h.err
	}
	form, err := url.ParseQuery(string(d.Body))
	if err != nil {
		return connectors.Visitor{}, fmt.Errorf("%w: %w", err, connectors.ErrMalformed)
	}
	token := form.Get("token")
	if d.Method == http.MethodGet {
		token = d.Query().Get("token")
	}
	who, sig, _ := strings.Cut(token, ":")
	if sig != "good" {
		return connectors.Visitor{}, fmt.Errorf("signature: %w", connectors.ErrUnverified)
	}
	agent, conversation, _ := strings.Cut(who, "/")
	return connectors.Visitor{Agent: agent, Conversation: conversation, Expires: h.expires}, nil
}

// plain is a desk that knows nothing of frames.
type plain struct{ connectors.Connector }

const deskOrigin = "https://nordwind.zendesk.com"

// embedOptions are options with three desks: two of one workspace, one of
// another.
func embedOptions(s *store.Store) web.Options {
	o := options(s)
	o.Desks = map[string]connectors.Desk{
		"zendesk": {Name: "zendesk", Workspace: ws, Kind: "zendesk", Connector: &hosting{origins: []string{"HTTPS://Nordwind.zendesk.com:443", "https://*.apps.example"}}},
		"other":   {Name: "other", Workspace: ws, Kind: "zendesk", Connector: &hosting{}},
		"nord":    {Name: "nord", Workspace: "nord", Kind: "chatwoot", Connector: plain{}},
	}
	return o
}

func form(r *http.Request) { r.Header.Set("Content-Type", "application/x-www-form-urlencoded") }

var framed = regexp.MustCompile(`data-frame="([^"]*)"`)

// embedded is what the page tells its script.
type embedded struct {
	Desk, Kind, Base, Conversation string

	Origins []string
	Pass    *struct {
		Token, Agent, Conversation string
		Lives                      int
	}
}

func readFrame(t *testing.T, w *httptest.ResponseRecorder) (e embedded) {
	t.Helper()
	m := framed.FindStringSubmatch(w.Body.String())
	require.Len(t, m, 2, w.Body.String())
	require.NoError(t, json.Unmarshal([]byte(html.UnescapeString(m[1])), &e))
	return e
}

// enterFrame loads the panel as the desk does for an agent.
func enterFrame(t *testing.T, h http.Handler, desk, who string) string {
	t.Helper()
	w := call(h, "POST", "/embed/"+desk, "token="+url.QueryEscape(who+":good"), anonymous, form)
	require.Equal(t, 200, w.Code, w.Body.String())
	e := readFrame(t, w)
	require.NotNil(t, e.Pass)
	return e.Pass.Token
}

func passing(token string) func(*http.Request) { return header("Authorization", "Bearer "+token) }

func TestTheDeskVouchesForAnAgent(t *testing.T) {
	h := handler(t, embedOptions(seed(t)))
	w := call(h, "POST", "/embed/zendesk?origin=x&app_guid=y", "token="+url.QueryEscape("42/conv-sg_oil:good"), anonymous, form, header("X-Forwarded-Proto", "https"))
	require.Equal(t, 200, w.Code)
	e := readFrame(t, w)
	require.Equal(t, "42", e.Pass.Agent)
	require.Equal(t, "conv-sg_oil", e.Pass.Conversation)
	require.Equal(t, "conv-sg_oil", e.Conversation)
	require.Equal(t, 30*60, e.Pass.Lives)
	require.Equal(t, []string{deskOrigin, "https://*.apps.example"}, e.Origins)
	require.Equal(t, "/embed/zendesk", e.Base)
	require.NotContains(t, w.Body.String(), ":good", "what the desk signed is not in the page")
	require.NotContains(t, w.Body.String(), "hydraulic", "the page shows nothing by itself")

	k := w.Result().Cookies()[0]
	require.Equal(t, e.Pass.Token, k.Value)
	require.Equal(t, "/embed/zendesk", k.Path)
	require.Equal(t, http.SameSiteNoneMode, k.SameSite)
	require.True(t, k.Secure && k.HttpOnly && k.Partitioned)
	k = call(h, "POST", "/embed/zendesk", "token=42:good", anonymous, form).Result().Cookies()[0]
	require.Equal(t, http.SameSiteLaxMode, k.SameSite, "a browser takes no other without https")

	e = readFrame(t, call(h, "GET", "/embed/zendesk?token=42:good", "", anonymous))
	require.Equal(t, "42", e.Pass.Agent, "some desks sign the address")
	require.Equal(t, e.Pass.Agent, readFrame(t, call(h, "GET", "/embed/zendesk", "", with(k))).Pass.Agent, "the cookie is for when the frame is loaded again")
}

func TestAPageThatNobodyVouchesForHoldsNoPass(t *testing.T) {
	o := embedOptions(seed(t))
	desk := o.Desks["zendesk"].Connector.(*hosting)
	h := handler(t, o)
	good := call(h, "POST", "/embed/zendesk", "token=42:good", anonymous, form).Result().Cookies()[0]

	w := call(h, "GET", "/embed/zendesk?conversation=7&token=42:bad", "", anonymous)
	require.Equal(t, 200, w.Code)
	require.Nil(t, readFrame(t, w).Pass)
	require.Equal(t, "7", readFrame(t, w).Conversation)
	require.Empty(t, w.Result().Cookies())

	w = call(h, "POST", "/embed/zendesk", "token=42:bad", anonymous, form, with(good))
	require.Equal(t, 401, w.Code, "what came to be verified and does not hold is not excused by a cookie")
	require.Nil(t, readFrame(t, w).Pass)
	require.Contains(t, w.Body.String(), "sign-in was not accepted")
	require.Empty(t, w.Result().Cookies())

	require.Equal(t, 401, call(h, "POST", "/embed/zendesk", "token=/conv-sg_oil:good", anonymous, form).Code, "it must name an agent")
	desk.expires = noon
	require.Equal(t, 401, call(h, "POST", "/embed/zendesk", "token=42:good", anonymous, form).Code, "its word is over")
	desk.expires, desk.err = time.Time{}, fmt.Errorf("another account: %w", connectors.ErrForeign)
	require.Equal(t, 401, call(h, "POST", "/embed/zendesk", "token=42:good", anonymous, form).Code)
	desk.err = errors.New("the desk's keys could not be read")
	w = call(h, "POST", "/embed/zendesk", "token=42:good", anonymous, form)
	require.Equal(t, 500, w.Code)
	require.NotContains(t, w.Body.String(), "keys could not be read")

	require.Equal(t, 404, call(h, "GET", "/embed/nobody", "", anonymous).Code)
	require.Equal(t, 404, call(h, "GET", "/embed/nobody/list?conversation=1", "", anonymous).Code)
}

func TestAPageAroundTheFrameMayBringTheDesksWord(t *testing.T) {
	h := handler(t, embedOptions(seed(t)))
	enter := func(desk, body string) *httptest.ResponseRecorder {
		return call(h, "POST", "/embed/"+desk+"/enter", body, anonymous)
	}
	w := enter("zendesk", `{"context":"42:good"}`)
	require.Equal(t, 200, w.Code, w.Body.String())
	var p struct {
		Token, Agent string
		Lives        int
	}
	require.NoError(t, json.Unmarshal(w.Body.Bytes(), &p))
	require.Equal(t, "42", p.Agent)
	require.Equal(t, 200, call(h, "GET", "/embed/zendesk/list?conversation=conv-sg_oil", "", passing(p.Token)).Code)

	require.Equal(t, 401, enter("zendesk", `{"context":"42:bad"}`).Code)
	require.Equal(t, 401, enter("zendesk", `{"context":""}`).Code)
	require.Equal(t, 401, enter("nord", `{"context":"42:good"}`).Code, "a desk that signs nothing")
	require.Equal(t, 400, enter("zendesk", `{"token":"42:good"}`).Code)
	require.Equal(t, 415, call(h, "POST", "/embed/zendesk/enter", `{"context":"42:good"}`, anonymous, form).Code, "a form of another site is not taken")
}

func TestWhatAPassOpens(t *testing.T) {
	s := seed(t)
	foreign := record(t, "sg_foreign", "Other", "Secret?", plainDraft(suggest.High))
	foreign.Desk = "other"
	save(t, s, foreign)
	nord := record(t, "sg_nord", "Nord", "Hemmelig?", plainDraft(suggest.High))
	nord.Desk, nord.Workspace, nord.Conversation = "zendesk", "nord", "conv-sg_oil"
	save(t, s, nord)
	h := handler(t, embedOptions(s))
	all, bound, other := enterFrame(t, h, "zendesk", "42"), enterFrame(t, h, "zendesk", "42/conv-sg_oil"), enterFrame(t, h, "other", "42")
	cut := strings.LastIndexByte(all, '.')
	session := signIn(t, h)
	const list, one, source = "/embed/zendesk/list?conversation=conv-sg_oil", "/embed/zendesk/suggestion?suggestion=sg_oil", "/embed/zendesk/source?suggestion=sg_oil&source=1"
	for _, tt := range []struct {
		name, method, target string
		body                 string
		change               func(*http.Request)
		want                 int
	}{
		{"the list of a conversation", "GET", list, "", passing(all), 200},
		{"a suggestion", "GET", one, "", passing(all), 200},
		{"a source", "GET", source, "", passing(all), 200},
		{"a source that is none", "GET", "/embed/zendesk/source?suggestion=sg_oil&source=9", "", passing(all), 404},
		{"an outcome", "POST", "/embed/zendesk/suggestion/sg_oil/outcome", `{"action":"up"}`, passing(all), 201},
		{"no list of all conversations", "GET", "/embed/zendesk/list", "", passing(all), 400},
		{"a suggestion of another desk", "GET", "/embed/zendesk/suggestion?suggestion=sg_foreign", "", passing(all), 404},
		{"a source of another desk's", "GET", "/embed/zendesk/source?suggestion=sg_foreign&source=1", "", passing(all), 404},
		{"an outcome of another desk's", "POST", "/embed/zendesk/suggestion/sg_foreign/outcome", `{"action":"up"}`, passing(all), 404},
		{"a suggestion of another workspace", "GET", "/embed/zendesk/suggestion?suggestion=sg_nord&workspace=nord", "", passing(all), 404},
		{"the pass of another desk", "GET", list, "", passing(other), 401},
		{"the conversation that was signed", "GET", list, "", passing(bound), 200},
		{"its suggestion", "GET", one, "", passing(bound), 200},
		{"another conversation than was signed", "GET", "/embed/zendesk/list?conversation=conv-sg_high", "", passing(bound), 403},
		{"its live stream", "GET", "/embed/zendesk/live?conversation=conv-sg_high", "", passing(bound), 403},
		{"its suggestion", "GET", "/embed/zendesk/suggestion?suggestion=sg_high", "", passing(bound), 404},
		{"an outcome of it", "POST", "/embed/zendesk/suggestion/sg_high/outcome", `{"action":"up"}`, passing(bound), 404},
		{"nothing", "GET", list, "", anonymous, 401},
		{"a pass with another body", "GET", list, "", passing("x" + all), 401},
		{"a pass with another signature", "GET", list, "", passing(all[:cut+1] + strings.ToUpper(all[cut+1:])), 401},
		{"a pass without a signature", "GET", list, "", passing(all[:cut]), 401},
		{"a pass that was cut", "GET", list, "", passing(all[:len(all)-1]), 401},
		{"a session is no pass", "GET", list, "", passing(session.Value), 401},
		{"the panel's token is no pass", "GET", list, "", passing(token), 401},
		{"a pass in the wrong scheme", "GET", list, "", header("Authorization", "Basic "+all), 401},
		{"a cookie alone", "GET", list, "", with(&http.Cookie{Name: "sufflor_frame", Value: all}), 401},
		{"a cookie that another site's form brings", "POST", "/embed/zendesk/suggestion/sg_oil/outcome", `{"action":"up"}`, with(&http.Cookie{Name: "sufflor_frame", Value: all}), 401},
		{"a cookie does not renew itself", "POST", "/embed/zendesk/pass", "", with(&http.Cookie{Name: "sufflor_frame", Value: all}), 401},
		{"a session alone", "GET", list, "", with(session), 401},
		{"the API", "GET", "/api/suggestions", "", passing(all), 401},
		{"the API's live stream", "GET", "/api/live", "", passing(all), 401},
		{"documents", "GET", "/api/documents", "", passing(all), 401},
		{"the panel, as a session", "GET", "/panel/list", "", with(&http.Cookie{Name: session.Name, Value: all}), 401},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w := call(h, tt.method, tt.target, tt.body, tt.change)
			require.Equal(t, tt.want, w.Code, w.Body.String())
			if tt.want >= 400 && strings.HasPrefix(tt.target, "/embed/") {
				var p struct{ Error, Next string }
				require.NoError(t, json.Unmarshal(w.Body.Bytes(), &p))
				require.NotEmpty(t, p.Next)
				require.NotContains(t, w.Body.String(), "Secret?")
			}
		})
	}
	page := call(h, "GET", list, "", passing(all)).Body.String()
	require.Contains(t, page, "sg_oil")
	require.NotContains(t, page, "sg_high")
}

func TestAPassGoesToNoOtherWorkspaceWithItsDesk(t *testing.T) {
	o := embedOptions(seed(t))
	p := enterFrame(t, handler(t, o), "zendesk", "42")
	d := o.Desks["zendesk"]
	d.Workspace = "nord"
	o.Desks["zendesk"] = d
	require.Equal(t, 401, call(handler(t, o), "GET", "/embed/zendesk/list?conversation=conv-sg_oil", "", passing(p)).Code)
}

func TestAPassEnds(t *testing.T) {
	now := noon
	o := embedOptions(seed(t))
	o.Now = func() time.Time { return now }
	o.EmbedLife = 10 * time.Minute
	h := handler(t, o)
	list := func(p string) int {
		return call(h, "GET", "/embed/zendesk/list?conversation=conv-sg_oil", "", passing(p)).Code
	}
	renewed := func(p string) (string, int) {
		w := call(h, "POST", "/embed/zendesk/pass", "", passing(p))
		var got struct{ Token string }
		if w.Code == 200 {
			require.NoError(t, json.Unmarshal(w.Body.Bytes(), &got))
		}
		return got.Token, w.Code
	}
	p := enterFrame(t, h, "zendesk", "42")
	first := p
	now = noon.Add(10*time.Minute - time.Second)
	require.Equal(t, 200, list(p))
	p, _ = renewed(p)
	now = noon.Add(10 * time.Minute)
	require.Equal(t, 401, list(first), "what was renewed ends when it would have")
	_, code := renewed(first)
	require.Equal(t, 401, code, "what has ended is not renewed")
	require.Equal(t, 200, list(p))

	for now.Before(noon.Add(12*time.Hour - 15*time.Minute)) {
		now = now.Add(9 * time.Minute)
		p, code = renewed(p)
		require.Equal(t, 200, code)
	}
	now = noon.Add(12*time.Hour - time.Second)
	require.Equal(t, 200, list(p))
	now = noon.Add(12 * time.Hour)
	require.Equal(t, 401, list(p), "nobody stays for ever")
	require.Equal(t, 401, func() int { _, code := renewed(p); return code }())
}

func TestOutcomesAreTheVouchedAgents(t *testing.T) {
	s := seed(t)
	h := handler(t, embedOptions(s))
	p := enterFrame(t, h, "zendesk", "42")
	const target = "/embed/zendesk/suggestion/sg_oil/outcome"
	require.Equal(t, 201, call(h, "POST", target, `{"action":"used","agent":"somebody else"}`, passing(p)).Code)
	require.Equal(t, 201, call(h, "POST", target, `{"action":"used"}`, passing(p)).Code)
	require.Equal(t, 400, call(h, "POST", target, `{"action":"send"}`, passing(p)).Code)

	session := signIn(t, h)
	e := readFrame(t, call(h, "GET", "/embed/zendesk", "", with(session)))
	require.Empty(t, e.Pass.Agent)
	require.Equal(t, 201, call(h, "POST", target, `{"action":"used","agent":"kari"}`, passing(e.Pass.Token)).Code)

	list, err := s.Outcomes(t.Context(), ws, "sg_oil")
	require.NoError(t, err)
	require.Len(t, list, 2, "who presses Use twice has used one draft")
	require.Equal(t, "42", list[0].Agent)
	require.Equal(t, "kari", list[1].Agent, "without the desk's word, the page's has to do")
}

func TestOnlyItsDeskFramesAPanel(t *testing.T) {
	o := embedOptions(seed(t))
	o.FrameAncestors = []string{"https://intranet.example"}
	h := handler(t, o)
	for target, want := range map[string]string{
		"/embed/zendesk":      "frame-ancestors https://nordwind.zendesk.com https://*.apps.example https://intranet.example",
		"/embed/other":        "frame-ancestors https://intranet.example",
		"/embed/zendesk/open": "frame-ancestors 'none'",
		"/signin":             "frame-ancestors 'self' https://intranet.example",
	} {
		w := call(h, "GET", target, "", anonymous)
		csp := w.Header().Get("Content-Security-Policy")
		require.True(t, strings.HasSuffix(csp, want), "%s: %s", target, csp)
		require.Contains(t, csp, "script-src 'self';")
		require.Equal(t, target == "/embed/zendesk" || target == "/embed/other", w.Header().Get("X-Frame-Options") == "", target)
	}
	o.FrameAncestors = nil
	require.Contains(t, call(handler(t, o), "GET", "/embed/nord", "", anonymous).Header().Get("Content-Security-Policy"), "frame-ancestors 'none'")

	o.Desks["zendesk"].Connector.(*hosting).origins = []string{"https://a.example; script-src *"}
	_, err := web.New(o)
	require.ErrorContains(t, err, "desk zendesk: ")
	o.Desks["zendesk"] = connectors.Desk{Name: "zendesk", Workspace: "gone", Connector: plain{}}
	_, err = web.New(o)
	require.ErrorContains(t, err, `workspace "gone" is not configured`)
}

func TestSigningInForAFrame(t *testing.T) {
	h := handler(t, embedOptions(seed(t)))
	w := call(h, "GET", "/embed/nord/open", "", anonymous)
	require.Equal(t, 303, w.Code)
	require.Equal(t, "/signin?next=%2Fembed%2Fnord%2Fopen", w.Header().Get("Location"))

	w = call(h, "POST", "/signin", url.Values{"token": {token}, "next": {"/embed/nord/open"}}.Encode(), anonymous, form)
	require.Equal(t, 303, w.Code)
	require.Equal(t, "/embed/nord/open", w.Header().Get("Location"))
	for _, next := range []string{"/embed/nobody/open", "/embed/nord/list", "/embed/nord/../../open", "//evil.example/embed/nord/open", "/embed/nord/open/x"} {
		w := call(h, "GET", "/signin?token="+token+"&next="+url.QueryEscape(next), "", anonymous)
		require.Equal(t, "/panel", w.Header().Get("Location"), next)
	}

	w = call(h, "GET", "/embed/nord/open", "", with(signIn(t, h)))
	require.Equal(t, 200, w.Code)
	m := regexp.MustCompile(`data-pass="([^"]*)"`).FindStringSubmatch(w.Body.String())
	require.Len(t, m, 2)
	var p struct{ Token string }
	require.NoError(t, json.Unmarshal([]byte(html.UnescapeString(m[1])), &p))
	require.Equal(t, 200, call(h, "GET", "/embed/nord/list?conversation=1", "", passing(p.Token)).Code)
	require.Equal(t, 401, call(h, "GET", "/embed/zendesk/list?conversation=1", "", passing(p.Token)).Code)
}

func FuzzPass(f *testing.F) {
	o := embedOptions(nil)
	o.Store = &still{} // nothing is read of it
	h, err := web.New(o)
	if err != nil {
		f.Fatal(err)
	}
	f.Add("eyJkIjoiemVuZGVzayJ9.c2ln")
	f.Add("..")
	f.Add("")
	f.Fuzz(func(t *testing.T, text string) {
		r := httptest.NewRequest(http.MethodGet, "/embed/zendesk/list?conversation=1", nil)
		r.Header.Set("Authorization", "Bearer "+text)
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		require.Equal(t, 401, w.Code, "accepted what was never sealed: %q", text)
	})
}

// TestNoScriptSends looks for the ways by which a desk's own page could be made
// to send something to a customer.
func TestNoScriptSends(t *testing.T) {
	files, err := filepath.Glob("static/*.js")
	require.NoError(t, err)
	require.NotEmpty(t, files)
	for _, f := range files {
		data, err := os.ReadFile(f)
		require.NoError(t, err)
		for _, never := range []string{"sendMessage", "sendReply", "ticket.save", "ticket.submit", "comment.type", "publicReply"} {
			require.NotContains(t, string(data), never, f)
		}
	}
}
