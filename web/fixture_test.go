package web_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
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

const (
	token = "panel-token-of-the-tests"
	ws    = "fjordvik"
)

var noon = time.Date(2026, 1, 15, 12, 0, 0, 0, time.UTC)

func openStore(tb testing.TB) *store.Store {
	tb.Helper()
	s, err := store.Open(tb.Context(), store.Options{Dir: tb.TempDir(), Now: func() time.Time { return noon }})
	require.NoError(tb, err)
	tb.Cleanup(func() { require.NoError(tb, s.Close()) })
	return s
}

func options(s *store.Store) web.Options {
	return web.Options{
		Store: s, Token: config.NewSecret(token), Version: "test", Now: func() time.Time { return noon.Add(3 * time.Minute) },
		Workspaces: []web.Workspace{{ID: ws, Name: "Fjordvik Maskin", Language: "en"}, {ID: "nord", Name: "Nord & Sør <AS>", Language: "nb"}},
	}
}

func handler(t *testing.T, o web.Options) http.Handler {
	t.Helper()
	h, err := web.New(o)
	require.NoError(t, err)
	return h
}

// call sends a request with the token, unless change takes it away.
// What the API says must be as its description has it.
func call(h http.Handler, method, target, body string, change ...func(*http.Request)) *httptest.ResponseRecorder {
	r, w := send(h, method, target, body, change...)
	if err := asDescribed(r, body, w); err != nil {
		panic(err)
	}
	return w
}

func send(h http.Handler, method, target, body string, change ...func(*http.Request)) (*http.Request, *httptest.ResponseRecorder) {
	r := httptest.NewRequest(method, target, strings.NewReader(body))
	r.Header.Set("Authorization", "Bearer "+token)
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	for _, f := range change {
		f(r)
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return r, w
}

// signIn is the cookie of a fresh session.
func signIn(t *testing.T, h http.Handler) *http.Cookie {
	t.Helper()
	w := call(h, http.MethodGet, "/signin?token="+token, "", anonymous)
	require.Equal(t, http.StatusSeeOther, w.Code)
	cookies := w.Result().Cookies()
	require.Len(t, cookies, 1)
	return cookies[0]
}

func anonymous(r *http.Request) { r.Header.Del("Authorization") }

func with(c *http.Cookie) func(*http.Request) {
	return func(r *http.Request) {
		r.Header.Del("Authorization")
		r.AddCookie(c)
	}
}

func header(name, value string) func(*http.Request) {
	return func(r *http.Request) { r.Header.Set(name, value) }
}

func passage(id string, ordinal int, text string) index.Passage {
	return index.Passage{
		ID: id, Workspace: ws, Collection: "manuals", Audience: index.Public, Document: "doc-" + strings.SplitN(id, "-", 2)[0],
		Source: "operator-manual-xy-2000.pdf", Title: "Operator’s manual XY-2000", Headings: []string{"Maintenance", "Hydraulic oil"},
		Kind: index.KindText, Language: "en", Ordinal: ordinal, Text: text, Locator: index.Locator{Page: 14},
	}
}

// library are the documents that the suggestions below cite.
func library() map[string][]index.Passage {
	oil := []index.Passage{
		passage("oil-1", 0, "Check the oil level every morning while the machine is cold. The level must lie between the two marks on the gauge."),
		passage("oil-2", 1, "Use hydraulic oil of class ISO VG 46. The tank holds 38 litres. Change the oil after the first 50 operating hours, then every 500 hours or once a year, whichever comes first."),
		passage("oil-3", 2, "Hand used oil in to an approved collection point. Never mix oils of different classes."),
	}
	oil[2].Headings = []string{"Maintenance", "Disposal"}
	row := passage("price-1", 0, "Part no.: 55-1046; Description: Hydraulic oil filter; Fits: XY-2000, XY-2400; Price: EUR 64.00")
	row.Title, row.Headings, row.Kind, row.Source = "Price list 2026", []string{"Spare parts"}, index.KindRow, "fjordvik-prices-2026.xlsx"
	row.Locator = index.Locator{Sheet: "Norge", Cells: "A14:E14", Header: "A4:E4"}
	row.Cells = []index.Cell{{Header: "Part no.", Value: "55-1046"}, {Header: "Description", Value: "Hydraulic oil filter"}, {Header: "Fits", Value: "XY-2000, XY-2400"}, {Header: "Price", Value: "EUR 64.00"}}
	next := row
	next.ID, next.Ordinal, next.Text = "price-2", 1, "Part no.: 55-1047; Description: Air filter; Price: EUR 38.50"
	next.Cells = []index.Cell{{Header: "Part no.", Value: "55-1047"}, {Header: "Description", Value: "Air filter"}, {Header: "Price", Value: "EUR 38.50"}}
	internal := passage("secret-1", 0, "Dealers get 18 % on filters until 31 March. Do not mention this in writing.")
	internal.Audience, internal.Title, internal.Headings = index.Internal, "Dealer terms", []string{"Discounts"}
	internal.Collection, internal.Locator = "internal", index.Locator{Paragraph: 12}
	solved := passage("case-1", 0, "The tank takes 38 litres, but about 4 litres stay in the cylinders, so 34 litres are enough for a change.")
	solved.Title, solved.Headings, solved.Kind, solved.Question = "Solved cases", nil, index.KindCase, "How much oil do I need for a change on my XY-2000?"
	solved.Locator = index.Locator{Case: "10482"}
	return map[string][]index.Passage{"doc-oil": oil, "doc-price": {row, next}, "doc-secret": {internal}, "doc-case": {solved}}
}

func fillLibrary(t *testing.T, s *store.Store) {
	t.Helper()
	for id, passages := range library() {
		p := passages[0]
		_, err := s.PutDocument(t.Context(), store.Document{
			ID: id, Workspace: ws, Collection: p.Collection, Audience: string(p.Audience), Root: "/documents", Path: p.Source,
			Title: p.Title, Language: "en", Hash: id, Type: "pdf",
		}, passages)
		require.NoError(t, err)
	}
}

func cite(n int, p index.Passage, part string) suggest.Citation {
	at := strings.Index(p.Text, part)
	if at < 0 {
		panic("fixture: not in the passage: " + part)
	}
	return suggest.Citation{Number: n, Passage: p.ID, Start: at, End: at + len(part)}
}

func evidence(p index.Passage, cited bool) suggest.Evidence {
	return suggest.Evidence{Passage: p, Score: 1, Cited: cited}
}

// oilDraft answers two questions of three from a manual and a price list.
func oilDraft() suggest.Suggestion {
	lib := library()
	oil, price := lib["doc-oil"][1], lib["doc-price"][0]
	manual := evidence(oil, true)
	manual.Elsewhere = 2
	return suggest.Suggestion{
		Language: "en", Kind: "question", Flag: suggest.Medium, Probability: 0.71,
		Asks: []suggest.Ask{
			{Text: "Which oil does the XY-2000 need, and how often is it changed?", Kind: "what", Answered: true, Score: 0.93},
			{Text: "What does the filter cost?", Kind: "price", Answered: true, Score: 0.88},
			{Text: "Can you deliver to Tromsø before Friday?", Kind: "when", Score: 0.11},
		},
		Sentences: []suggest.Sentence{
			{Text: "Hi Kari,", Kind: suggest.Frame, Ask: -1},
			{Text: "Use hydraulic oil of class ISO VG 46.", Kind: suggest.Fact, Break: "\n\n", Citations: []suggest.Citation{cite(1, oil, "Use hydraulic oil of class ISO VG 46.")}},
			{Text: "Change the oil after the first 50 operating hours, then every 500 hours or once a year, whichever comes first.", Kind: suggest.Fact, Citations: []suggest.Citation{cite(1, oil, "Change the oil after the first 50 operating hours, then every 500 hours or once a year, whichever comes first.")}},
			{Text: "Hydraulic oil filter 55-1046 costs EUR 64.00.", Kind: suggest.Fact, Ask: 1, Break: "\n\n", Citations: []suggest.Citation{{Number: 2, Passage: "price-1"}}},
			{Text: "As for “Can you deliver to Tromsø before Friday?”, I need to look into it and get back to you.", Kind: suggest.Open, Ask: 2, Break: "\n\n"},
			{Text: "Kind regards", Kind: suggest.Closes, Ask: -1, Break: "\n\n"},
			{Text: "Fjordvik Maskin", Kind: suggest.Closes, Ask: -1, Break: "\n"},
		},
		Evidence: []suggest.Evidence{manual, evidence(price, true), evidence(lib["doc-case"][0], false), evidence(lib["doc-secret"][0], false)},
		Missing:  []string{"Can you deliver to Tromsø before Friday?"},
		Checks: []suggest.Check{
			{Name: "supported", Passed: true},
			{Name: "anchors", Passed: true},
			{Name: "audience", Passed: true},
			{Name: "language", Passed: true},
			{Name: "answered", Detail: "Can you deliver to Tromsø before Friday?"},
		},
		Reasons:  []suggest.Reason{{Code: "partly", Text: "1 of 3 questions has no answer in the documents."}, {Code: "missing", Text: "The source does not mention: Tromsø, Friday."}},
		Timings:  suggest.Timings{Total: 41.2},
		Versions: suggest.Versions{Pipeline: "1", Index: "bm25-3", Writer: "extract-1", Weights: "2026-01"},
	}
}

// plainDraft is a draft of one sentence with the given flag.
func plainDraft(flag suggest.Flag) suggest.Suggestion {
	oil := library()["doc-oil"][1]
	s := suggest.Suggestion{
		Language: "en", Kind: "question", Flag: flag, Probability: 0.9, Asks: []suggest.Ask{{Text: "How much oil?", Answered: flag == suggest.High}},
		Sentences: []suggest.Sentence{{Text: "The tank holds 38 litres.", Kind: suggest.Fact, Citations: []suggest.Citation{cite(1, oil, "The tank holds 38 litres.")}}},
		Evidence:  []suggest.Evidence{evidence(oil, true)},
		Reasons:   []suggest.Reason{{Code: "x", Text: "A reason in words."}},
		Timings:   suggest.Timings{Total: 12},
	}
	if flag == suggest.None {
		s.Sentences, s.Evidence[0].Cited, s.Missing, s.Probability = nil, false, []string{"How much oil?"}, 0
	}
	return s
}

// record is a stored suggestion.
func record(t *testing.T, id, customer, question string, body suggest.Suggestion) store.Suggestion {
	t.Helper()
	data, err := json.Marshal(body)
	require.NoError(t, err)
	return store.Suggestion{
		ID: id, Workspace: ws, Desk: "zendesk", EventKey: "key-" + id, Conversation: "conv-" + id, Message: "msg-" + id,
		Language: body.Language, Flag: string(body.Flag), Probability: body.Probability, Body: data,
		Created: noon, Customer: customer, Question: question,
	}
}

func save(t *testing.T, s *store.Store, r store.Suggestion) {
	t.Helper()
	saved, err := s.SaveSuggestion(context.WithoutCancel(t.Context()), r, false)
	require.NoError(t, err)
	require.True(t, saved)
}

const oilQuestion = "Hello! Which oil does the XY-2000 need, and how often is it changed? What does the filter cost?\n\nAnd can you deliver to Tromsø before Friday?\n\nKari"

// seed fills a store with one suggestion of each flag, the newest sg_oil.
func seed(t *testing.T) *store.Store {
	t.Helper()
	s := openStore(t)
	fillLibrary(t, s)
	for i, f := range []suggest.Flag{suggest.None, suggest.Low, suggest.High} {
		r := record(t, "sg_"+string(f), []string{"", "Åse-Märta Öhlund-Wennerström", "Pekka Virtanen"}[i], "How much oil does the tank hold? The gauge is broken.", plainDraft(f))
		r.Created = noon.Add(time.Duration(i-40) * time.Minute)
		save(t, s, r)
	}
	save(t, s, record(t, "sg_oil", "Kari Nordmann", oilQuestion, oilDraft()))
	return s
}

func ids(n int) string { return fmt.Sprintf("sg_%02d", n) }
