package web_test

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sufflor/sufflor/store"
	"github.com/sufflor/sufflor/suggest"
	"github.com/sufflor/sufflor/web"
)

func TestAChangedSourceIsMarked(t *testing.T) {
	words := map[string]string{
		"nb": "En kilde er endret", "sv": "En källa har ändrats", "da": "En kilde er ændret",
		"fi": "Lähdettä on muutettu", "de": "Eine Quelle wurde geändert", "en": "A source changed",
	}
	short := map[string]string{
		"nb": "Kilde endret", "sv": "Källa ändrad", "da": "Kilde ændret", "fi": "Lähde muuttunut", "de": "Quelle geändert", "en": "Source changed",
	}
	s := openStore(t)
	fillLibrary(t, s)
	r := record(t, "sg_1", "Kari", "How much oil?", plainDraft(suggest.High))
	r.Cites = []string{"oil-2"}
	save(t, s, r)
	end, err := s.FeedEnd(t.Context(), ws)
	require.NoError(t, err)
	page := func(language, path string) string {
		t.Helper()
		o := options(s)
		o.Workspaces[0].Language = language
		h := handler(t, o)
		w := call(h, http.MethodGet, path+"?workspace="+ws+"&suggestion=sg_1", "", with(signIn(t, h)))
		require.Equal(t, http.StatusOK, w.Code)
		return w.Body.String()
	}
	for language := range words {
		require.NotContains(t, page(language, "/panel"), words[language])
	}

	_, err = s.DeleteDocument(t.Context(), ws, "doc-oil")
	require.NoError(t, err)
	for language := range words {
		for _, path := range []string{"/panel", "/panel/suggestion"} {
			require.Contains(t, page(language, path), words[language])
		}
		require.Contains(t, page(language, "/panel/list"), short[language])
	}
	items, err := s.Feed(t.Context(), ws, end, 0)
	require.NoError(t, err)
	require.Equal(t, store.FeedSuggestion, items[0].Kind, "who watches the panel is told at once")
	require.Equal(t, "sg_1", items[0].Ref)

	h := handler(t, options(s))
	for _, path := range []string{"/api/suggestions/sg_1", "/api/suggestions"} {
		w := call(h, http.MethodGet, path, "")
		require.Contains(t, w.Body.String(), `"stale":"2026-01-15T12:00:00Z"`)
	}
}

// clerk is an operator that remembers what it was asked.
type clerk struct{ asked []string }

func (c *clerk) note(what string) (any, error) {
	c.asked = append(c.asked, what)
	return map[string]string{"did": what}, nil
}

func (c *clerk) Status(_ context.Context, w string) (any, error) { return c.note("status " + w) }

func (c *clerk) Failures(_ context.Context, w, s string) (any, error) {
	return c.note("failures " + w + " " + s)
}

func (c *clerk) History(_ context.Context, _, d string, version int) (any, error) {
	return c.note("history " + d + " " + string(rune('0'+version)))
}

func (c *clerk) Pause(_ context.Context, _, s string, paused bool) error {
	if s == "nobody" {
		return errors.New("workspace has no source \"nobody\"; it has: manuals")
	}
	_, err := c.note(map[bool]string{true: "pause ", false: "resume "}[paused] + s)
	return err
}

func (c *clerk) Remove(_ context.Context, _, target string, dry bool) (any, error) {
	return c.note("remove " + target + map[bool]string{true: " dry"}[dry])
}

func TestTheOperatorsAPI(t *testing.T) {
	c := &clerk{}
	o := options(openStore(t))
	o.Operator = c
	h := handler(t, o)
	for _, tt := range []struct {
		method, path, body string
		want               int
		asked              string
	}{
		{"GET", "/api/ingest/status", "", 200, "status " + ws},
		{"GET", "/api/ingest/status?workspace=nord", "", 200, "status nord"},
		{"GET", "/api/ingest/status?workspace=x", "", 404, ""},
		{"GET", "/api/ingest/failures?source=manuals", "", 200, "failures " + ws + " manuals"},
		{"GET", "/api/ingest/history?document=a.pdf&version=2", "", 200, "history a.pdf 2"},
		{"GET", "/api/ingest/history", "", 400, ""},
		{"POST", "/api/ingest/pause", `{"source":"manuals"}`, 200, "pause manuals"},
		{"POST", "/api/ingest/resume", `{"source":"manuals"}`, 200, "resume manuals"},
		{"POST", "/api/ingest/pause", `{"source":"nobody"}`, 422, ""},
		{"POST", "/api/ingest/pause", `{"sauce":"manuals"}`, 400, ""},
		{"POST", "/api/ingest/remove", `{"target":"/docs","dry_run":true}`, 200, "remove /docs dry"},
		{"POST", "/api/ingest/remove", `{}`, 400, ""},
		{"GET", "/api/ingest/pause", "", 405, ""},
	} {
		c.asked = nil
		w := call(h, tt.method, tt.path, tt.body)
		require.Equal(t, tt.want, w.Code, "%s %s: %s", tt.method, tt.path, w.Body)
		if tt.asked == "" {
			require.Empty(t, c.asked)
			var p struct{ Error, Next string }
			require.NoError(t, json.Unmarshal(w.Body.Bytes(), &p))
			require.NotEmpty(t, p.Error)
			require.NotEmpty(t, p.Next)
		} else {
			require.Equal(t, []string{tt.asked}, c.asked)
		}
		w = call(h, tt.method, tt.path, tt.body, anonymous)
		require.Contains(t, []int{401, 405}, w.Code, "%s %s is for the operator", tt.method, tt.path)
	}
	w := call(handler(t, options(openStore(t))), http.MethodGet, "/api/ingest/status", "")
	require.Equal(t, http.StatusNotImplemented, w.Code)
}

func TestIngestTakesOnlyWhatItUnderstands(t *testing.T) {
	o := options(openStore(t))
	o.Ingest = func(context.Context, web.IngestRequest, func(any)) (any, error) { return map[string]int{}, nil }
	h := handler(t, o)
	for body, want := range map[string]int{
		`{"paths":["/docs"]}`: 200, `{"sources":["a"],"dry_run":true,"retry":true}`: 200,
		`{"paths":["docs"]}`: 400, `{"sources":[""]}`: 400, `{"sauces":["a"]}`: 400,
	} {
		require.Equal(t, want, call(h, http.MethodPost, "/api/ingest", body).Code, body)
	}
}
