package web_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sufflor/sufflor/index"
	"github.com/sufflor/sufflor/store"
	"github.com/sufflor/sufflor/suggest"
	"github.com/sufflor/sufflor/suggest/review"
	"github.com/sufflor/sufflor/web"
)

// fixes lets a handler change passages, without an index.
func fixes(s *store.Store) func(context.Context, store.Fix) (web.Fixed, error) {
	return func(ctx context.Context, f store.Fix) (web.Fixed, error) {
		st, _, err := s.FixPassage(ctx, f)
		return web.NewFixed(st, true), err
	}
}

// oilFound finds the passage on oil, whatever is asked.
func oilFound(_ context.Context, q web.SearchRequest) (web.SearchResult, error) {
	oil := library()["doc-oil"][1]
	why := index.Why{Shares: []index.Share{{Name: "near", Value: 0.5, Weight: 3.65, Gives: 1.825}}, Language: 1, Words: 6.2}
	return web.SearchResult{
		Language: "en",
		Hits:     []web.SearchHit{{Score: 6.2, Passage: oil, Why: &why, Matches: index.Matches("en", q.Text, oil.Text), Quoted: true}},
		Draft:    &web.SearchDraft{Flag: "high", Quotes: []web.SearchQuote{{Text: "The tank holds 38 litres.", Passage: oil, Hit: 1}}},
	}, nil
}

// docDesk is a handler that changes passages, and a session.
func docDesk(t *testing.T) (*store.Store, http.Handler, func(*http.Request)) {
	t.Helper()
	s := seed(t)
	for i, flag := range []suggest.Flag{suggest.High, suggest.Low} {
		r := record(t, fmt.Sprint("sg_cites_", i), "Kari", "How much oil <i>fits</i>?", plainDraft(flag))
		r.Cites = []string{"oil-2"}
		save(t, s, r)
	}
	o := options(s)
	o.Fix = fixes(s)
	h := handler(t, o)
	return s, h, with(signIn(t, h))
}

const oilPage = "/documents/view?id=doc-oil"

// postFix sends the form of a document's page.
func postFix(h http.Handler, session func(*http.Request), pairs ...string) *httptest.ResponseRecorder {
	form := url.Values{"workspace": {ws}, "id": {"doc-oil"}, "seen": {"0"}}
	for i := 0; i+1 < len(pairs); i += 2 {
		form.Set(pairs[i], pairs[i+1])
	}
	return call(h, "POST", "/documents/view/fix", form.Encode(), session, header("Content-Type", "application/x-www-form-urlencoded"), header("Sec-Fetch-Site", "same-origin"))
}

func before(s, mark string) string {
	s, _, _ = strings.Cut(s, mark)
	return s
}

func TestThePageOfADocumentSaysWhatItIs(t *testing.T) {
	t.Parallel()
	s, h, session := docDesk(t)
	outcome(t, s, "sg_cites_0", store.ActionUsed, "", "", "Ola")
	body := call(h, "GET", oilPage, "", session).Body.String()
	for _, want := range []string{
		"operator-manual-xy-2000.pdf", "Customers and agents", "English", "Nothing was left out", "p-oil-1", "p-oil-3", "1–3 of 3 passages",
		"The tank holds 38 litres", "Page 14", "2 suggestions cite the document", "cited by 2 suggestions", "/panel?suggestion=sg_cites_0", "How much oil &lt;i&gt;fits", "Used", "Nothing yet", "in use",
	} {
		require.Contains(t, body, want)
	}
	require.NotContains(t, body, "No suggestion has cited it yet")
	require.Contains(t, call(h, "GET", "/documents/view?id=doc-secret", "", session).Body.String(), "Agents only")
	require.Equal(t, http.StatusNotFound, call(h, "GET", "/documents/view?id=nothing", "", session).Code)
	require.Equal(t, http.StatusNotFound, call(h, "GET", oilPage+"&workspace=nord", "", session).Code, "of another workspace")
	require.Equal(t, http.StatusSeeOther, call(h, "GET", oilPage, "", anonymous).Code, "first one signs in")
}

func TestADocumentThatFailedSaysWhyAndWhatToDo(t *testing.T) {
	t.Parallel()
	s, h, session := docDesk(t)
	require.NoError(t, s.FailDocument(t.Context(), store.Document{ID: "doc-oil", Workspace: ws, Root: "/documents", Path: "operator-manual-xy-2000.pdf", Code: "encrypted", Error: "password protected", Hint: "save it without one"}))
	body := call(h, "GET", oilPage, "", session).Body.String()
	require.Contains(t, body, "the one before stays in use")
	require.Contains(t, body, "password protected")
	require.Contains(t, body, "save it without one")
	require.NoError(t, s.FailDocument(t.Context(), store.Document{ID: "scan", Workspace: ws, Root: "/documents", Path: "scan.pdf", Code: store.CodeNoText, Error: "no text"}))
	body = call(h, "GET", "/documents/view?id=scan", "", session).Body.String()
	require.Contains(t, body, "could not be read")
	require.Contains(t, body, "The document has no passages")
}

func TestAPassageIsExcludedCorrectedAndRestoredOnThePage(t *testing.T) {
	t.Parallel()
	s, h, session := docDesk(t)
	live := func(id string) bool {
		found, err := s.Passages(t.Context(), ws, []string{id})
		require.NoError(t, err)
		return len(found) > 0
	}
	w := postFix(h, session, "passage", "oil-2", "action", "exclude", "reason", "it is <b>34</b>")
	require.Equal(t, http.StatusSeeOther, w.Code, w.Body)
	require.False(t, live("oil-2"))
	body := call(h, "GET", before(w.Header().Get("Location"), "#"), "", session).Body.String()
	require.Contains(t, body, "The passage is excluded from search.")
	require.Contains(t, body, "it is &lt;b&gt;34&lt;/b&gt;")
	require.Contains(t, body, "Who changed what")

	w = postFix(h, session, "passage", "oil-2", "action", "correct", "text", "The tank holds 34 litres.", "reason", "misprint")
	require.Equal(t, http.StatusConflict, w.Code, "the page was old")
	require.Contains(t, w.Body.String(), "Somebody else has changed the passage")
	require.Contains(t, w.Body.String(), "The tank holds 34 litres.</textarea>", "what was typed is kept")
	require.Contains(t, w.Body.String(), `value="misprint"`)

	st, err := s.FixOf(t.Context(), ws, "oil-2")
	require.NoError(t, err)
	w = postFix(h, session, "passage", "oil-2", "action", "correct", "text", "The tank holds 34 litres.", "reason", "misprint", "seen", fmt.Sprint(st.Seq))
	require.Equal(t, http.StatusSeeOther, w.Code, w.Body)
	body = call(h, "GET", before(w.Header().Get("Location"), "#"), "", session).Body.String()
	require.Contains(t, body, "The text is corrected.")
	require.Contains(t, body, "The tank holds 34 litres.")
	require.Contains(t, body, "The tank holds 38 litres.", "what the document says stays to be seen")

	w = postFix(h, session, "passage", "oil-2", "action", "restore", "seen", "-1")
	require.Equal(t, http.StatusSeeOther, w.Code, w.Body)
	require.True(t, live("oil-2"))
	for _, tt := range []struct {
		pairs []string
		want  string
	}{
		{[]string{"action", "exclude"}, "Say why"},
		{[]string{"action", "correct", "reason", "x", "text", " "}, "Write the text"},
		{[]string{"action", "restore"}, "no longer like that"},
	} {
		w := postFix(h, session, append(tt.pairs, "passage", "oil-2", "seen", "-1")...)
		require.GreaterOrEqual(t, w.Code, 400)
		require.Contains(t, w.Body.String(), tt.want)
	}
	require.Equal(t, http.StatusBadRequest, postFix(h, session, "passage", "oil-2", "action", "burn").Code)
	require.Equal(t, http.StatusNotFound, postFix(h, session, "passage", "nothing", "action", "exclude", "reason", "x").Code)
	require.Equal(t, http.StatusNotFound, postFix(h, session, "workspace", "nord", "passage", "oil-2", "action", "exclude", "reason", "x").Code)
	acts, err := s.Acts(t.Context(), store.ActFilter{Action: "passage.changed"})
	require.NoError(t, err)
	require.Len(t, acts, 3)
	require.Equal(t, []string{"oil-2", "restore"}, []string{acts[0].Object, acts[0].Detail})
}

func TestAFixThatNoLongerAppliesIsShown(t *testing.T) {
	t.Parallel()
	s, h, session := docDesk(t)
	require.Equal(t, http.StatusSeeOther, postFix(h, session, "passage", "oil-2", "action", "correct", "text", "It is 34 now.", "reason", "misprint").Code)
	next := library()["doc-oil"]
	next[1].ID, next[1].Text = "oil-2b", "The tank holds 36 litres since 2026."
	_, err := s.PutDocument(t.Context(), store.Document{ID: "doc-oil", Workspace: ws, Collection: "manuals", Audience: "public", Root: "/documents", Path: "operator-manual-xy-2000.pdf", Title: "Manual", Type: "pdf"}, next)
	require.NoError(t, err)
	body := call(h, "GET", oilPage+"&from=1&to=2", "", session).Body.String()
	require.Contains(t, body, "Changes that no longer apply")
	require.Contains(t, body, "It is 34 now.")
	require.Contains(t, body, "From version 1 to version 2")
	require.Contains(t, body, "1 new")
	require.Contains(t, body, "2 as before")
	var fixes struct{ Fixes []web.Fixed }
	require.NoError(t, json.Unmarshal(call(h, "GET", "/api/fixes?state=lost", "").Body.Bytes(), &fixes))
	require.Len(t, fixes.Fixes, 1)
	require.Equal(t, "oil-2", fixes.Fixes[0].Passage)
	require.Equal(t, http.StatusSeeOther, postFix(h, session, "passage", "oil-2", "action", "restore", "seen", fmt.Sprint(fixes.Fixes[0].Fix)).Code)
	require.NotContains(t, call(h, "GET", oilPage, "", session).Body.String(), "Changes that no longer apply")
	require.Equal(t, http.StatusNotFound, call(h, "GET", oilPage+"&from=1&to=9", "", session).Code)
	require.Equal(t, http.StatusBadRequest, call(h, "GET", "/api/fixes?state=odd", "").Code)
}

func TestDocumentsAndFixesInTheAPI(t *testing.T) {
	t.Parallel()
	s, h, _ := docDesk(t)
	w := call(h, "POST", "/api/passages/oil-2/correct", `{"text":"The tank holds 34 litres.","reason":"misprint","author":"Kari","seen":0}`)
	require.Equal(t, http.StatusOK, w.Code, w.Body)
	var done web.Fixed
	require.NoError(t, json.Unmarshal(w.Body.Bytes(), &done))
	require.Equal(t, []any{"Kari", "applies", "oil-2", true}, []any{done.Author, done.State, done.Passage, done.Indexed})
	require.Equal(t, http.StatusConflict, call(h, "POST", "/api/passages/oil-2/exclude", `{"reason":"x","seen":0}`).Code)
	w = call(h, "POST", "/api/passages/oil-1/correct", `{"text":"Check the oil level every morning while the machine is cold. The level must lie between the two marks on the gauge.","reason":"x"}`)
	require.Equal(t, http.StatusConflict, w.Code, "it says that already")

	var doc struct {
		Document struct{ ID, Path string }
		Total    int
		Passages []struct {
			Passage index.Passage
			Cited   int
			Fix     *web.Fixed
		}
		History []web.Fixed
		Cited   struct{ Suggestions int }
	}
	w = call(h, "GET", "/api/documents/doc-oil?from=2&limit=1", "")
	require.NoError(t, json.Unmarshal(w.Body.Bytes(), &doc))
	require.Equal(t, []any{"doc-oil", 3, 1}, []any{doc.Document.ID, doc.Total, len(doc.Passages)})
	require.Equal(t, []any{"oil-2", "correct"}, []any{doc.Passages[0].Passage.ID, doc.Passages[0].Fix.Action})
	require.Positive(t, doc.Cited.Suggestions)
	require.Equal(t, http.StatusNotFound, call(h, "GET", "/api/documents/doc-oil?workspace=nord", "").Code)
	require.Equal(t, http.StatusBadRequest, call(h, "GET", "/api/documents/doc-oil?limit=x", "").Code)

	var history struct {
		Now     web.Fixed
		History []web.Fixed
	}
	w = call(h, "GET", "/api/passages/"+done.Live+"/fixes", "")
	require.NoError(t, json.Unmarshal(w.Body.Bytes(), &history))
	require.Equal(t, "oil-2", history.Now.Passage)
	require.Len(t, history.History, 1)
	require.Equal(t, http.StatusNotFound, call(h, "GET", "/api/passages/oil-1/fixes", "").Code)
	require.Equal(t, http.StatusOK, call(h, "POST", "/api/passages/"+done.Live+"/restore", `{}`).Code)
	require.Equal(t, http.StatusBadRequest, call(h, "POST", "/api/passages/oil-2/exclude", `{}`).Code)
	require.Equal(t, http.StatusBadRequest, call(h, "GET", "/api/documents/doc-oil/changes", "").Code)
	_, err := s.PutDocument(t.Context(), store.Document{ID: "doc-oil", Workspace: ws, Audience: "public", Root: "/documents", Path: "m.pdf"}, library()["doc-oil"][:2])
	require.NoError(t, err)
	var d web.DocumentChanges
	require.NoError(t, json.Unmarshal(call(h, "GET", "/api/documents/doc-oil/changes?from=1&to=2", "").Body.Bytes(), &d))
	require.Equal(t, []int{2, 1, 0, 0}, []int{d.Same, d.Removed, d.Added, d.Changed})
	require.Equal(t, http.StatusNotFound, call(h, "GET", "/api/documents/doc-oil/original", "").Code, "it is not kept")
	o := options(s)
	require.Equal(t, http.StatusNotImplemented, call(handler(t, o), "POST", "/api/passages/oil-2/exclude", `{"reason":"x"}`).Code)
}

func TestTheOriginalOfADocumentIsAFile(t *testing.T) {
	t.Parallel()
	s, h, session := docDesk(t)
	keep(t, s, store.Document{Type: "pdf", Pages: 3, Hash: "kept"}, manual(), manuals()...)
	body := call(h, "GET", oilPage, "", session).Body.String()
	require.Contains(t, body, "data-pdf")
	w := call(h, "GET", "/documents/original?id=doc-oil", "", session)
	require.Equal(t, []any{200, "application/pdf"}, []any{w.Code, w.Header().Get("Content-Type")})
	require.Contains(t, w.Header().Get("Content-Disposition"), "attachment")
	require.Contains(t, w.Header().Get("Content-Security-Policy"), "sandbox")
	require.Equal(t, http.StatusNotFound, call(h, "GET", "/documents/original?id=doc-oil&workspace=nord", "", session).Code)
	require.Equal(t, http.StatusNotFound, call(h, "GET", "/documents/original?id=doc-case", "", session).Code)
}

func TestADraftSaysWhoCorrectedWhatItCites(t *testing.T) {
	t.Parallel()
	s, h, session := docDesk(t)
	w := call(h, "POST", "/api/passages/oil-2/correct", `{"text":"The tank holds 34 litres.","reason":"misprint","author":"Kari <i>N</i>"}`)
	var done web.Fixed
	require.NoError(t, json.Unmarshal(w.Body.Bytes(), &done))
	found, err := s.Passages(t.Context(), ws, []string{done.Live})
	require.NoError(t, err)
	draft := plainDraft("high")
	draft.Evidence[0].Passage = found[done.Live]
	draft.Sentences[0].Citations = []suggest.Citation{cite(1, found[done.Live], "The tank holds 34 litres.")}
	save(t, s, record(t, "sg_corrected", "Kari", "How much?", draft))
	require.Contains(t, call(h, "GET", "/panel?suggestion=sg_corrected", "", session).Body.String(), "Corrected by Kari &lt;i&gt;N&lt;/i&gt;, 2026-01-15")
	require.Contains(t, call(h, "GET", "/source/"+done.Live+"?suggestion=sg_corrected&source=1", "", session).Body.String(), "Corrected by Kari")

	old := call(h, "GET", "/source/oil-2?suggestion=sg_high&source=1", "", session).Body.String()
	require.Contains(t, old, "An editor has corrected this passage since")
	require.Contains(t, old, "38 litres")
	require.Equal(t, http.StatusOK, call(h, "POST", "/api/passages/oil-2/exclude", `{"reason":"x","author":"Kari"}`).Code)
	require.Contains(t, call(h, "GET", "/source/oil-2?suggestion=sg_high&source=1", "", session).Body.String(), "An editor has excluded this passage")
	require.Equal(t, http.StatusNotFound, call(h, "GET", "/source/oil-2", "", session).Code, "it is not found by itself")
	require.Equal(t, http.StatusNotFound, call(h, "GET", "/api/passages/oil-2", "").Code)
}

func TestWhatDocumentsSayIsTextOnTheirPages(t *testing.T) {
	t.Parallel()
	s := openStore(t)
	o := options(s)
	o.Fix = fixes(s)
	found := web.SearchResult{Language: "en"}
	o.Search = func(context.Context, web.SearchRequest) (web.SearchResult, error) { return found, nil }
	h := handler(t, o)
	session := with(signIn(t, h))
	for i, bad := range nasty {
		id := fmt.Sprintf("bad-%d", i)
		p := passage(id, 0, "x "+bad)
		p.Document, p.Title, p.Headings, p.Question, p.Source = id, bad+"t", []string{bad}, bad, bad
		p.Kind, p.Cells = index.KindRow, []index.Cell{{Header: bad, Value: bad}}
		p.Locator = index.Locator{Sheet: bad, Cells: bad}
		d := store.Document{
			ID: id, Workspace: ws, Collection: bad + "c", Audience: "public", Root: bad + "r", Path: bad + "p", Title: bad + "t", Source: bad, Product: bad,
			Language: bad, Type: bad, Warnings: []string{bad},
		}
		_, err := s.PutDocument(t.Context(), d, []index.Passage{p})
		require.NoError(t, err)
		if strings.TrimSpace(bad) != "" && len(bad) < 500 {
			_, _, err = s.FixPassage(t.Context(), store.Fix{Workspace: ws, Passage: id, Action: store.FixCorrect, Text: strings.ToValidUTF8(bad, "?") + "y", Reason: strings.ToValidUTF8(bad, "?"), Author: strings.ToValidUTF8(bad, "?"), Seen: -1})
			require.NoError(t, err)
		}
		d.Hash = "2"
		p.ID, p.Text = id+"b", "y "+bad
		_, err = s.PutDocument(t.Context(), d, []index.Passage{p})
		require.NoError(t, err)
		found.Hits = append(found.Hits, web.SearchHit{Passage: p, Matches: []index.Match{{Start: -1, End: 3}, {Start: 0, End: 1}, {Start: 0, End: 1 << 20}}})
		found.Draft = &web.SearchDraft{Quotes: []web.SearchQuote{{Text: bad, Passage: p}}, Missing: []string{bad}}
		body := call(h, "GET", "/documents/view?from=1&to=2&id="+id, "", session)
		require.Equal(t, 200, body.Code, "%q: %s", bad, body.Body)
		harmless(t, body.Body.String())
	}
	w := call(h, "GET", "/documents/playground?q="+url.QueryEscape(strings.ToValidUTF8(nasty[0]+nasty[1], "")), "", session)
	require.Equal(t, 200, w.Code)
	harmless(t, w.Body.String())
	w = postFix(h, session, "id", "bad-0", "passage", "bad-0b", "action", "correct", "text", "</textarea><script>alert(1)</script>", "reason", "")
	require.Equal(t, http.StatusBadRequest, w.Code)
	harmless(t, w.Body.String())
}

// harmless requires that nothing from outside became markup.
func harmless(t *testing.T, page string) {
	t.Helper()
	for _, bad := range []string{"<script>", "<img", "onerror=alert(1)>", "</textarea></title>", "<!-- ", `href="javascript:`, "style="} {
		require.NotContains(t, page, bad)
	}
}

func TestThePlaygroundShowsWhyAHitStandsWhereItDoes(t *testing.T) {
	t.Parallel()
	s := seed(t)
	o := options(s)
	var asked web.SearchRequest
	oil := library()["doc-oil"][1]
	o.Search = func(_ context.Context, q web.SearchRequest) (web.SearchResult, error) {
		asked = q
		if q.Filter["after"] != nil && q.Filter["after"][0] == "soon" {
			return web.SearchResult{}, index.ErrFilter
		}
		why := index.Why{Shares: []index.Share{{Name: "near", Value: 0.5, Weight: 3.65, Gives: 1.825}, {Name: "length", Value: 3, Weight: -0.1, Gives: -0.3}}, Language: 0.6, Words: 4.2, Codes: 1.5}
		return web.SearchResult{
			Language: "en", Degraded: []string{"vectors"}, Took: 1.25,
			Hits: []web.SearchHit{
				{Score: 5.7, Parts: index.Parts{BM25: 2.5}, Passage: oil, Why: &why, Matches: index.Matches("en", q.Text, oil.Text), Quoted: true},
				{Score: 4, Passage: library()["doc-case"][0], SameAs: 1},
			},
			Draft: &web.SearchDraft{Flag: "high", Quotes: []web.SearchQuote{{Text: "The tank holds 38 litres.", Passage: oil, Hit: 1}}},
		}, nil
	}
	h := handler(t, o)
	session := with(signIn(t, h))
	body := call(h, "GET", "/documents/playground?q=how+many+litres&as=customer&collection=manuals&language=en&in=en&after=2026-01-01", "", session).Body.String()
	require.True(t, asked.Explain)
	require.Equal(t, map[string]web.Values{"audience": {"public"}, "collection": {"manuals"}, "language": {"en"}, "after": {"2026-01-01"}}, asked.Filter)
	for _, want := range []string{
		"<mark>litres</mark>", "Quoted by the draft", "Says the same as hit 1", `href="#hit-1"`, "hit 1 below", "Words close together (8 words)", "&#43;1.82", "−0.30",
		"language × 0.6, words and meaning 4.20, and 1.50 more", "score 5.70", "vectors", "The tank holds 38 litres.", "/documents/view?at=oil-2&amp;id=doc-oil",
	} {
		require.Contains(t, body, want)
	}
	w := call(h, "GET", "/documents/playground?q=x&after=soon", "", session)
	require.Equal(t, http.StatusBadRequest, w.Code)
	require.Contains(t, w.Body.String(), "Write dates like")
	require.Equal(t, http.StatusBadRequest, call(h, "GET", "/documents/playground?q=+", "", session).Code)
	require.Equal(t, http.StatusBadRequest, call(h, "GET", "/documents/playground?q="+strings.Repeat("x", 2001), "", session).Code)
	require.Equal(t, http.StatusOK, call(h, "GET", "/documents/playground", "", session).Code)
	require.Equal(t, http.StatusNotFound, call(h, "GET", "/documents/playground?workspace=elsewhere", "", session).Code)
	require.Contains(t, call(h, "GET", "/documents/playground?workspace=nord&collection=manuals", "", session).Body.String(), "Prøv søket")
}

func TestVersionsAreComparedPassageByPassage(t *testing.T) {
	t.Parallel()
	texts := func(list ...string) (out []index.Passage) {
		for i, x := range list {
			p := passage(fmt.Sprint("x-", i), i, x)
			p.Locator = index.Locator{Page: i + 1}
			out = append(out, p)
		}
		return out
	}
	for _, tt := range []struct {
		name          string
		before, after []index.Passage
		want          []string
		same, moved   int
	}{
		{"the same", texts("a b c", "d e f"), texts("a b c", "d e f"), nil, 2, 0},
		{"another word", texts("a b c d", "e f g"), texts("a b c x", "e f g"), []string{"changed a b c d > a b c x"}, 1, 0},
		{"one put in before", texts("a b c", "d e f"), texts("new one here", "a b c", "d e f"), []string{"added new one here"}, 2, 2},
		{"one gone", texts("a b c", "d e f", "g h i"), texts("a b c", "g h i"), []string{"removed d e f"}, 2, 1},
		{"all other", texts("a b c"), texts("x y z"), []string{"added x y z", "removed a b c"}, 0, 0},
		{"the most alike counts", texts("a b c d", "a b c e f"), texts("a b c e g"), []string{"removed a b c d", "changed a b c e f > a b c e g"}, 0, 0},
		{"swapped", texts("a b c", "d e f"), texts("d e f", "a b c"), nil, 2, 2},
		{"nothing before", nil, texts("a"), []string{"added a"}, 0, 0},
		{"nothing after", texts("a"), nil, []string{"removed a"}, 0, 0},
		{"said twice, now once", texts("a b", "a b"), texts("a b"), []string{"removed a b"}, 1, 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			d := web.Compare(tt.before, tt.after)
			var got []string
			for _, c := range d.Changes {
				switch c.What {
				case "changed":
					got = append(got, c.What+" "+c.Before.Text+" > "+c.After.Text)
					require.NotEmpty(t, c.Pieces)
					require.NotEqual(t, review.Same, c.Pieces[len(c.Pieces)-1].Op)
				case "added":
					got = append(got, c.What+" "+c.After.Text)
				default:
					got = append(got, c.What+" "+c.Before.Text)
				}
			}
			require.Equal(t, tt.want, got)
			require.Equal(t, []int{tt.same, tt.moved}, []int{d.Same, d.Moved})
			require.Equal(t, len(got), d.Added+d.Changed+d.Removed)
		})
	}
	many, more := make([]string, 5000), make([]string, 5000)
	for i := range many {
		many[i], more[i] = fmt.Sprint("old ", i), fmt.Sprint("new ", i)
	}
	d := web.Compare(texts(many...), texts(more...))
	require.Len(t, d.Changes, 200)
	require.Equal(t, 10_000, d.Added+d.Removed)
}
