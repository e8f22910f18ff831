package web_test

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/net/html"

	"github.com/sufflor/sufflor/access"
	"github.com/sufflor/sufflor/store"
	"github.com/sufflor/sufflor/suggest"
	"github.com/sufflor/sufflor/suggest/insight"
	"github.com/sufflor/sufflor/web"
)

// everything is a server with all its parts, which fail the test when they
// are asked about ws.
func everything(t *testing.T, s *store.Store) web.Options {
	t.Helper()
	mine := func(workspace string) {
		if workspace == ws {
			t.Errorf("a part was asked about %s", ws)
		}
	}
	o := embedOptions(s)
	o.Insight = &insight.Reader{Store: s}
	o.Ask = func(_ context.Context, q suggest.Request) (suggest.Suggestion, error) {
		mine(q.Workspace)
		return suggest.Suggestion{}, nil
	}
	o.Rerun = func(_ context.Context, rec store.Suggestion) (suggest.Suggestion, error) {
		mine(rec.Workspace)
		return suggest.Suggestion{}, nil
	}
	o.Hinted = func(_ context.Context, rec store.Suggestion, _ string) (suggest.Suggestion, error) {
		mine(rec.Workspace)
		return suggest.Suggestion{}, nil
	}
	o.Reword = func(_ context.Context, rec store.Suggestion, _ suggest.Wording) (suggest.Suggestion, error) {
		mine(rec.Workspace)
		return suggest.Suggestion{}, nil
	}
	o.Fix = fixes(s)
	o.Settings = &web.Settings{
		TestModel: func(context.Context) web.ModelTry { return web.ModelTry{} },
		Preview: func(_ context.Context, rec store.Suggestion, _ suggest.Guidelines) (suggest.Suggestion, error) {
			mine(rec.Workspace)
			return suggest.Suggestion{}, nil
		},
		KeepDays: 30,
	}
	o.Search = func(_ context.Context, q web.SearchRequest) (web.SearchResult, error) {
		mine(q.Workspace)
		return web.SearchResult{}, nil
	}
	o.Ingest = func(_ context.Context, q web.IngestRequest, _ func(any)) (any, error) {
		mine(q.Workspace)
		return map[string]any{}, nil
	}
	o.Upload = func(_ context.Context, workspace, _, _ string, _ io.Reader) (any, error) {
		mine(workspace)
		return map[string]any{}, nil
	}
	o.MaxUpload = 1 << 20
	o.Guidelines = func(_ context.Context, q web.GuidelinesRequest) (any, error) {
		mine(q.Workspace)
		return map[string]any{}, nil
	}
	o.Backup = func(context.Context, string) (any, error) {
		t.Error("a backup was made")
		return map[string]any{}, nil
	}
	o.Reindex = func(context.Context, func(any)) (any, error) {
		t.Error("an index was built")
		return map[string]any{}, nil
	}
	o.Operator = &clerk{}
	return o
}

// theirs are ids and names of ws, by the names that parameters and fields have.
func theirs(key string) map[string]any {
	return map[string]any{
		"workspace": ws, "id": key, "login": "agent", "subject": "x", "role": "none", "scopes": []string{"admin"}, "name": "x", "disabled": true,
		"suggestion": "sg_oil", "suggestions": []string{"sg_oil"}, "conversation": "conv-sg_oil", "document": "doc-oil", "source": "manuals", "target": "manuals",
		"text": "oil", "action": "used", "reviewer": "", "correct": 4, "complete": 4, "tone": 4, "citation": 4, "cause": "missing", "state": "open", "body": "x: y", "dir": "/x", "reason": "x", "hint": "x", "style": "shorter", "job": 1, "desk": "zendesk",
	}
}

// reads are the fields of a route's body, as its description tells them.
func reads(t *testing.T, h http.Handler) func(route string) []string {
	t.Helper()
	var doc struct {
		Paths map[string]map[string]struct {
			RequestBody struct {
				Content map[string]struct {
					Schema struct{ Properties map[string]any }
				}
			}
		}
	}
	require.NoError(t, json.Unmarshal(call(h, "GET", "/api/v1/openapi.json", "", anonymous).Body.Bytes(), &doc))
	return func(route string) []string {
		method, path, _ := strings.Cut(route, " ")
		path = strings.NewReplacer("/api/", "/api/v1/", ":id", "{id}").Replace(path)
		var names []string
		for name := range doc.Paths[path][strings.ToLower(method)].RequestBody.Content["application/json"].Schema.Properties {
			names = append(names, name)
		}
		return names
	}
}

// TestAnotherWorkspacesIdsOpenNothingAnywhere walks all routes as the
// administrator of another workspace, and with a key for everything there, once
// naming ws and once with ids of it in their own.
func TestAnotherWorkspacesIdsOpenNothingAnywhere(t *testing.T) {
	t.Parallel()
	s := seed(t)
	addPeople(t, s)
	h := handler(t, everything(t, s))
	desk := access.Desk{Store: s, Workspaces: []string{ws, "nord"}, Now: func() time.Time { return noon }}
	root := access.Who{Kind: access.KindCommand, Name: "root"}
	k, _, err := desk.AddKey(t.Context(), root, access.NewKey{Name: "theirs", Workspace: ws, Scopes: []string{"admin"}})
	require.NoError(t, err)
	_, secret, err := desk.AddKey(t.Context(), root, access.NewKey{Name: "ours", Workspace: "nord", Scopes: access.Scopes()})
	require.NoError(t, err)
	fieldsOf := reads(t, h)
	ids := theirs(k.ID)
	stranger := signInAs(t, h, "stranger")

	// What concerns whoever asks, or no workspace at all.
	own := []string{"GET /", "GET /account", "POST /account/password", "POST /signout", "GET /keys", "GET /api/keys", "GET /settings/language", "POST /settings/language", "GET /api/settings/language", "POST /api/settings/language"}
	walked := 0
	for _, route := range web.Routes(h) {
		method, path, _ := strings.Cut(route, " ")
		if web.Open(route) || slices.Contains(own, route) || strings.HasPrefix(path, "/embed/") {
			continue // panels in a desk have a pass of their own, see embed_test.go
		}
		for _, as := range []struct {
			name, actor string
			who         func(*http.Request)
		}{
			{"a stranger", "stranger", func(r *http.Request) { with(stranger)(r); r.Header.Set("Sec-Fetch-Site", "same-origin") }},
			{"a stranger's key", "ours", header("Authorization", "Bearer "+secret)},
		} {
			api := strings.HasPrefix(path, "/api/")
			if as.actor == "ours" && !api || as.actor == "stranger" && web.ByHeader(route) {
				continue
			}
			for _, named := range []bool{true, false} {
				needsID := strings.Contains(path, ":id")
				q := url.Values{"suggestion": {"sg_oil"}, "document": {"doc-oil"}, "conversation": {"conv-sg_oil"}}
				if strings.Contains(path, ":page") || strings.HasPrefix(path, "/audit") || strings.HasPrefix(path, "/api/") && !strings.Contains(path, "passages") && !strings.Contains(path, "reviews") {
					q = url.Values{}
				}
				if named {
					q.Set("workspace", ws)
				}
				id := map[bool]string{true: "oil-2", false: "sg_oil"}[strings.Contains(path, "passages") || strings.HasPrefix(path, "/source")]
				target := strings.NewReplacer(":id", id, ":source", "manuals", "*name", "a.txt", ":page", "gaps").Replace(path) + "?" + q.Encode()
				text, forms := "", ""
				if method != "GET" {
					body, values := map[string]any{}, url.Values{}
					for _, name := range fieldsOf(route) {
						if v, ok := ids[name]; ok && (named || name != "workspace") {
							body[name] = v
						}
					}
					for name, v := range ids {
						if one, ok := v.(string); ok && (named || name != "workspace") {
							values.Set(name, one)
						}
					}
					data, err := json.Marshal(body)
					require.NoError(t, err)
					text, forms = string(data), values.Encode()
				}
				before, err := s.Acts(t.Context(), store.ActFilter{Action: "refused", Actor: as.actor, Limit: 10_000})
				require.NoError(t, err)
				var w *httptest.ResponseRecorder
				switch {
				case method != "GET" && !api:
					_, w = send(h, method, target, forms, as.who, func(r *http.Request) { r.Header.Set("Content-Type", "application/x-www-form-urlencoded") })
				case strings.HasSuffix(path, "/live") && !named:
					continue // their own stream
				default:
					_, w = send(h, method, target, text, as.who)
				}
				walked++
				for _, leak := range []string{"Fjordvik", "Kari Nordmann", "hydraulic", "ISO VG", "operator-manual", "38 litres"} {
					require.NotContains(t, w.Body.String(), leak, "%s as %s (named: %t) tells of another's workspace", route, as.name, named)
				}
				if !named && !needsID {
					continue // their own lists, forms without what they need, or what is refused: nothing leaked is all there is to say
				}
				require.Contains(t, []int{403, 404}, w.Code, "%s as %s (named: %t): %s", route, as.name, named, w.Body.String())
				after, err := s.Acts(t.Context(), store.ActFilter{Action: "refused", Actor: as.actor, Limit: 10_000})
				require.NoError(t, err)
				require.Greater(t, len(after), len(before), "%s as %s (named: %t): is in no audit log", route, as.name, named)
			}
		}
	}
	require.Greater(t, walked, 150)

	// Nothing of it has done anything.
	outcomes, err := s.Outcomes(t.Context(), ws, "sg_oil")
	require.NoError(t, err)
	require.Empty(t, outcomes)
	p, err := s.PersonByLogin(t.Context(), "agent")
	require.NoError(t, err)
	require.Equal(t, map[string]string{ws: "agent"}, p.Roles)
	require.False(t, p.Disabled)
	keys, err := s.Keys(t.Context())
	require.NoError(t, err)
	require.True(t, slices.ContainsFunc(keys, func(x store.Key) bool { return x.ID == k.ID && x.Revoked.IsZero() }))
}

// evil is in every field that a customer or a document can reach. It closes
// what it may stand in, and then does harm.
const evil = `"'></title></textarea></script><script>evil()</script><img src=x onerror=evil()>`

// poison puts evil at the end of every text that is no name of ours.
func poison(v reflect.Value) {
	switch v.Kind() {
	case reflect.Pointer, reflect.Interface:
		if !v.IsNil() {
			poison(v.Elem())
		}
	case reflect.Slice:
		for i := range v.Len() {
			poison(v.Index(i))
		}
	case reflect.Struct:
		for i := range v.NumField() {
			switch v.Type().Field(i).Name {
			case "ID", "Workspace", "Document", "Passage", "Kind", "Code", "Language", "Audience", "Flag", "State":
				if v.Field(i).Kind() == reflect.String {
					continue // ours: others are refused before they are kept
				}
			}
			if v.Field(i).CanSet() {
				poison(v.Field(i))
			}
		}
	case reflect.String:
		if v.Type() == reflect.TypeFor[string]() {
			v.SetString(v.String() + evil)
		}
	}
}

// poisoned is a store whose every field says evil.
func poisoned(t *testing.T) *store.Store {
	t.Helper()
	s, ctx := openStore(t), t.Context()
	for id, passages := range library() {
		poison(reflect.ValueOf(passages))
		p := passages[0]
		d := store.Document{ID: id, Workspace: ws, Collection: p.Collection, Audience: string(p.Audience), Root: "/documents" + evil, Path: p.Source, Title: p.Title, Language: "en", Hash: id, Type: "pdf", Product: evil, Warnings: []string{evil}}
		_, err := s.PutDocument(ctx, d, passages)
		require.NoError(t, err)
	}
	for _, name := range []string{"sg_oil", "sg_high"} {
		body := oilDraft()
		if name == "sg_high" {
			body = plainDraft(suggest.High)
		}
		poison(reflect.ValueOf(&body))
		r := record(t, name, "Kari"+evil, oilQuestion+evil, body)
		r.Conversation, r.Message, r.Desk = "conv-"+name+evil, "msg"+name+evil, "zendesk"
		save(t, s, r)
	}
	for _, o := range []store.Outcome{
		{Action: store.ActionSent, Text: "Use oil." + evil, Agent: "agent" + evil, Reason: evil, Detail: json.RawMessage(`{"distance":0.5}`)},
		{Action: store.ActionRejected, Text: evil, Agent: "agent" + evil, Reason: "wrong: " + evil},
		{Action: store.ActionDown, Agent: evil, Reason: evil},
	} {
		for _, name := range []string{"sg_oil", "sg_high"} {
			o.Workspace, o.Suggestion = ws, name
			require.NoError(t, s.SaveOutcome(ctx, o))
		}
	}
	require.NoError(t, s.SaveReview(ctx, store.Review{Workspace: ws, Suggestion: "sg_oil", Reviewer: "reviewer" + evil, Correct: 1, Complete: 1, Comment: evil, Corrected: evil}))
	require.NoError(t, s.SaveReview(ctx, store.Review{Workspace: ws, Suggestion: "sg_oil", Reviewer: "owner", Correct: 1, Complete: 2, Comment: evil, Corrected: evil}))
	require.NoError(t, s.SaveTriage(ctx, store.Triage{Workspace: ws, Suggestion: "sg_oil", Cause: store.CauseMissing, State: store.TriageOpen, Document: "doc-oil", Owner: "ola" + evil, Note: evil, Author: evil}))
	body, err := json.Marshal(oilDraft())
	require.NoError(t, err)
	_, err = s.SaveRerun(ctx, store.Rerun{Workspace: ws, Suggestion: "sg_oil", Flag: "high", Body: body, Author: evil})
	require.NoError(t, err)
	_, err = s.AddPerson(ctx, store.Person{ID: "x", Login: "x" + evil, Name: evil, Roles: map[string]string{ws: "agent"}})
	require.NoError(t, err)
	_, err = s.AddKey(ctx, store.Key{ID: "k" + evil, Hash: "h", Name: evil, Workspace: ws, Scopes: []string{"ask"}, Author: evil})
	require.NoError(t, err)
	require.NoError(t, s.AddAct(ctx, store.Act{Workspace: ws, Kind: "desk", Actor: evil, Action: "x", Object: evil, Detail: evil}))
	return s
}

// harm is what evil would be if a page took it for its own, "" if none did.
func harm(page string) string {
	for z := html.NewTokenizer(strings.NewReader(page)); ; {
		switch z.Next() {
		case html.ErrorToken:
			return ""
		case html.StartTagToken, html.SelfClosingTagToken:
			tag := z.Token()
			src := ""
			for _, a := range tag.Attr {
				if strings.HasPrefix(a.Key, "on") {
					return "<" + tag.Data + " " + a.Key + ">"
				}
				if (a.Key == "href" || a.Key == "src" || a.Key == "action") && strings.HasPrefix(strings.ToLower(strings.TrimSpace(a.Val)), "javascript:") {
					return "<" + tag.Data + " " + a.Key + "=" + a.Val + ">"
				}
				if a.Key == "src" {
					src = a.Val
				}
			}
			if tag.Data == "script" && !strings.HasPrefix(src, "/static/") || tag.Data == "img" && src == "x" {
				return "<" + tag.Data + " src=" + src + ">"
			}
		}
	}
}

// TestNothingThatIsKeptIsTakenForAPage fetches every page with evil in every
// field.
func TestNothingThatIsKeptIsTakenForAPage(t *testing.T) {
	t.Parallel()
	require.NotEmpty(t, harm("<p>"+evil), "the test sees what it looks for")
	require.NotEmpty(t, harm(`<p title="`+evil+`">`))
	s := poisoned(t)
	addPeople(t, s)
	o := embedOptions(s)
	o.Insight = &insight.Reader{Store: s}
	h := handler(t, o)
	owner := signInAs(t, h, "owner")
	seen, shown := 0, map[string]bool{}
	look := func(route, target string, who func(*http.Request)) {
		_, w := send(h, http.MethodGet, target, "", who)
		require.NotContains(t, []int{401, 403, 500}, w.Code, "%s: %s", target, w.Body.String())
		seen++
		kind := w.Header().Get("Content-Type")
		if !strings.HasPrefix(kind, "text/html") {
			require.NotContains(t, []string{"", "image/svg+xml", "application/xml"}, kind, "%s: browsers would look for themselves", target)
			require.Equal(t, "nosniff", w.Header().Get("X-Content-Type-Options"), target)
			return
		}
		require.Empty(t, harm(w.Body.String()), "%s shows what was kept as if it were the page's own", target)
		if strings.Contains(w.Body.String(), "evil()") {
			shown[route] = true
		}
	}
	for _, route := range web.Routes(h) {
		method, path, _ := strings.Cut(route, " ")
		if method != "GET" || strings.HasSuffix(path, "/live") || strings.HasPrefix(path, "/static") || strings.HasPrefix(path, "/embed/") || web.ByHeader(route) || strings.HasPrefix(path, "/signin/oidc") {
			continue
		}
		ids := []string{"x"}
		if strings.Contains(path, ":id") {
			ids = []string{"sg_oil", "oil-2", "price-1", "case-1", "secret-1", url.PathEscape(evil)}
		}
		if strings.Contains(path, ":page") {
			ids = []string{"x", "gaps", "documents", "quality", "money"}
		}
		for _, id := range ids {
			at := strings.NewReplacer(":id", id, ":page", id).Replace(path)
			look(route, at+"?"+url.Values{"workspace": {ws}}.Encode(), with(owner))
			for _, suggestion := range []string{"sg_oil", "sg_high", evil} {
				look(route, at+"?"+url.Values{"workspace": {ws}, "suggestion": {suggestion}, "source": {"1"}, "next": {evil}, "link": {evil}, "table": {evil}}.Encode(), with(owner))
			}
			look(route, at+"?"+url.Values{"workspace": {evil}, "conversation": {"conv-sg_oil" + evil}, "actor": {evil}, "action": {evil}, "object": {evil}, "days": {evil}, "agent": {evil}, "currency": {evil}}.Encode(), with(owner))
		}
	}
	pass := enterFrame(t, h, "zendesk", "42")
	for _, part := range []string{"list", "suggestion", "source"} {
		look("GET /embed/:desk/"+part, "/embed/zendesk/"+part+"?"+url.Values{"suggestion": {"sg_oil"}, "source": {"1"}, "conversation": {"conv-sg_oil" + evil}}.Encode(), passing(pass))
	}
	require.Greater(t, seen, 150)
	for _, page := range []string{"GET /panel", "GET /panel/list", "GET /panel/suggestion", "GET /panel/source", "GET /source/:id", "GET /review", "GET /review/item", "GET /review/triage", "GET /review/triage/item", "GET /people", "GET /keys", "GET /audit", "GET /insight/:page"} {
		require.True(t, shown[page], "%s shows nothing of what was kept: the test looks at nothing there", page)
	}
}
