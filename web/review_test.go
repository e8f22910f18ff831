package web_test

import (
	"context"
	"encoding/csv"
	"encoding/json"
	"errors"
	"html"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/sufflor/sufflor/store"
	"github.com/sufflor/sufflor/suggest"
	"github.com/sufflor/sufflor/web"
)

// qaDesk is the review pages of one person, or of two who take turns.
type qaDesk struct {
	t       *testing.T
	h       http.Handler
	s       *store.Store
	session *http.Cookie
	name    *http.Cookie
}

func newDesk(t *testing.T, change ...func(*web.Options)) *qaDesk {
	t.Helper()
	s := seed(t)
	o := options(s)
	o.Rerun = func(_ context.Context, rec store.Suggestion) (suggest.Suggestion, error) {
		if rec.ID == "sg_low" {
			return suggest.Suggestion{}, errors.New("the index is away")
		}
		again := plainDraft(suggest.High)
		again.Sentences[0].Text = "The tank holds 34 litres <script>alert(1)</script>."
		return again, nil
	}
	o.Second = -1
	for _, f := range change {
		f(&o)
	}
	d := &qaDesk{t: t, s: s, h: handler(t, o)}
	d.session = signIn(t, d.h)
	return d
}

func (d *qaDesk) do(method, target string, form url.Values) *httptest.ResponseRecorder {
	d.t.Helper()
	return call(d.h, method, target, form.Encode(), with(d.session), func(r *http.Request) {
		if d.name != nil {
			r.AddCookie(d.name)
		}
		r.Header.Set("Sec-Fetch-Site", "same-origin")
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	})
}

// is says who reviews from now on.
func (d *qaDesk) is(name string) {
	d.t.Helper()
	w := d.do("POST", "/review/name", url.Values{"name": {name}})
	require.Equal(d.t, http.StatusSeeOther, w.Code, w.Body)
	d.name = w.Result().Cookies()[0]
	require.True(d.t, d.name.HttpOnly)
}

func (d *qaDesk) page(target string) string {
	d.t.Helper()
	w := d.do("GET", target, nil)
	require.Equal(d.t, http.StatusOK, w.Code, w.Body)
	require.NotContains(d.t, w.Body.String(), "<script>")
	return w.Body.String()
}

func (d *qaDesk) goes(method, target string, form url.Values) string {
	d.t.Helper()
	w := d.do(method, target, form)
	require.Equal(d.t, http.StatusSeeOther, w.Code, w.Body)
	return w.Header().Get("Location")
}

func ratings(correct string) url.Values {
	return url.Values{"correct": {correct}, "complete": {"4"}, "tone": {"5"}, "citation": {"0"}, "comment": {"fine"}}
}

const all = "&rules=1&random=100&workspace=fjordvik"

func outcome(t *testing.T, s *store.Store, id, action, reason, text, agent string) {
	t.Helper()
	require.NoError(t, s.SaveOutcome(t.Context(), store.Outcome{Workspace: ws, Suggestion: id, Action: action, Reason: reason, Text: text, Agent: agent}))
}

func TestReviewerRatesOneDraftAfterTheOther(t *testing.T) {
	d := newDesk(t)
	outcome(t, d.s, "sg_high", store.ActionRejected, "facts: it is 83", "", "Ola")
	require.Contains(t, d.page("/review"), `name="name"`)
	require.Contains(t, d.goes("GET", "/review/item?suggestion=sg_high", nil), "/review?", "a name is needed first")
	d.is("  Kari   Nordmann ")
	require.Contains(t, d.page("/review?x=1"+all), "<bdi>Kari Nordmann</bdi>")
	require.Contains(t, d.page("/review?x=1"+all), "4 wait for you. 4 wait for somebody, of 4 in the sample.")

	first := d.goes("GET", "/review/next?x=1"+all+"&rejected=1", nil)
	require.Contains(t, first, "suggestion=sg_high", "what was rejected comes first")
	page := d.page(first)
	for _, want := range []string{"The tank holds 38 litres.", "Wrong: the customer would be misled", "Each source says just that", "What was sent is not known", `autofocus`} {
		require.Contains(t, page, want)
	}
	next := d.goes("POST", first, ratings("2"))
	require.Contains(t, next, "/review/item?")
	require.NotContains(t, next, "sg_high")
	require.Contains(t, next, "random=100", "the rules go along")
	list, err := d.s.Reviews(t.Context(), ws, "sg_high", time.Time{}, 0)
	require.NoError(t, err)
	require.Len(t, list, 1)
	require.Equal(t, []any{"Kari Nordmann", 2, 4, 5, 0, "fine"}, []any{list[0].Reviewer, list[0].Correct, list[0].Complete, list[0].Tone, list[0].Citation, list[0].Comment})

	for range 3 {
		next = d.goes("POST", next, ratings("5"))
	}
	require.Contains(t, next, "/review?", "nothing is left")
	require.Contains(t, d.page(next), "0 wait for you. 0 wait for somebody, of 4 in the sample.")
}

func TestTheTimeOfARatingIsMeasured(t *testing.T) {
	d := newDesk(t)
	d.is("Kari")
	now := noon.Add(3 * time.Minute).UnixMilli()
	for name, c := range map[string]struct {
		opened string
		want   time.Duration
	}{
		"sg_high": {jsonNumber(now - 14_000), 14 * time.Second},
		"sg_oil":  {jsonNumber(now - 7_200_000), 0}, // went for lunch
		"sg_low":  {jsonNumber(now + 5000), 0},
		"sg_none": {"x", 0},
	} {
		form := ratings("4")
		form.Set("opened", c.opened)
		d.goes("POST", "/review/item?suggestion="+name+all, form)
		list, err := d.s.Reviews(t.Context(), ws, name, time.Time{}, 0)
		require.NoError(t, err)
		require.Equal(t, c.want, list[0].Took, name)
	}
	require.Contains(t, d.page("/review/agreement"), "14.0 s")
}

func jsonNumber(n int64) string {
	b, _ := json.Marshal(n)
	return string(b)
}

func TestTheSecondReviewerIsBlind(t *testing.T) {
	d := newDesk(t, func(o *web.Options) { o.Second = 1 })
	const both = "&rules=1&random=100&second=0&workspace=fjordvik" // nobody opens their own eyes
	d.is("Kari")
	form := ratings("1")
	form.Set("comment", "SECRET OPINION")
	d.goes("POST", "/review/item?suggestion=sg_oil"+both, form)
	require.Contains(t, d.page("/review?x=1"+both), "1 of 2 ratings – you have rated")
	require.Contains(t, d.page("/review/item?suggestion=sg_oil"+both), "SECRET OPINION", "one's own can be changed until the other has rated")
	require.Contains(t, d.goes("GET", "/review/next?x=1"+both, nil), "/review/item")

	d.is("Ola")
	for _, target := range []string{"/review?x=1" + both, "/review/item?suggestion=sg_oil" + both, "/review/triage?x=1" + both, "/review/triage/item?suggestion=sg_oil" + both, "/review/export.csv?x=1" + both, "/api/reviews?x=1" + both} {
		w := d.do("GET", target, nil)
		require.Equal(t, 200, w.Code, w.Body)
		require.NotContains(t, w.Body.String(), "SECRET OPINION", target)
	}
	require.NotContains(t, d.page("/review/item?suggestion=sg_oil"+both), " checked")
	require.Contains(t, d.page("/review/agreement?x=1"+both), "0 ratings by 0 people", "a mean of one rating would tell it")
	require.NotContains(t, d.page("/review/triage?x=1"+both), "sg_oil", "that it was rated low tells, too")
	d.goes("POST", "/review/item?suggestion=sg_oil"+both, ratings("2"))
	page := d.page("/review/item?suggestion=sg_oil" + both)
	for _, want := range []string{"SECRET OPINION", "Correct: 1", "Correct: 2", "<bdi>Kari</bdi>"} {
		require.Contains(t, page, want)
	}
	require.NotContains(t, page, `name="correct"`)
	require.Equal(t, http.StatusConflict, d.do("POST", "/review/item?suggestion=sg_oil"+both, ratings("1")).Code, "having seen the other's, nobody changes theirs")
	require.Contains(t, d.page("/review/triage?x=1"+both), "sg_oil")
	agreement := d.page("/review/agreement?x=1" + both)
	require.Contains(t, agreement, "Kari / Ola")
	require.Contains(t, agreement, "Not known: all ratings are the same")
}

func TestDraftBesideTheReplyThatWasSent(t *testing.T) {
	d := newDesk(t)
	d.is("Kari")
	outcome(t, d.s, "sg_high", store.ActionSent, "", "The tank holds 34 litres. <script>alert(1)</script>", "Ola")
	page := d.page("/review/item?suggestion=sg_high" + all)
	require.Contains(t, page, `<del><span class="sign" aria-hidden="true">−</span><span class="sr">removed: </span>38 <span class="sr"> end of removed </span></del>`)
	require.Contains(t, page, `<ins><span class="sign" aria-hidden="true">+</span><span class="sr">added: </span>34 <span class="sr">`)
	require.Contains(t, page, "&lt;script&gt;")
	w := call(d.h, "GET", "/api/reviews/compare?suggestion=sg_high", "")
	require.Equal(t, 200, w.Code, w.Body)
	var got struct {
		Sent string
		Diff []struct{ Op, Text string }
	}
	require.NoError(t, json.Unmarshal(w.Body.Bytes(), &got))
	require.Contains(t, got.Sent, "34")
	require.Equal(t, "delete", got.Diff[1].Op)
	require.Contains(t, d.page("/review?rules=1&heavy=20"), "Heavily edited (")
	require.NotContains(t, d.page("/review?rules=1&heavy=99"), "Heavily edited (")
	outcome(t, d.s, "sg_low", store.ActionSent, "", "The tank holds 38 litres.", "Ola")
	require.Contains(t, d.page("/review/item?suggestion=sg_low"+all), "Sent just as drafted.")
}

func TestTheQueueIsSampledByRule(t *testing.T) {
	d := newDesk(t)
	outcome(t, d.s, "sg_high", store.ActionDown, "facts", "", "Ola")
	outcome(t, d.s, "sg_oil", store.ActionRejected, "", "", "Pål & Co")
	d.is("Kari")
	drafts := func(query string) []string {
		t.Helper()
		w := call(d.h, "GET", "/api/reviews/queue?"+query, "")
		require.Equal(t, 200, w.Code, w.Body)
		var got struct {
			Drafts []struct {
				ID  string
				Why []string
			}
		}
		require.NoError(t, json.Unmarshal(w.Body.Bytes(), &got))
		var ids []string
		for _, g := range got.Drafts {
			ids = append(ids, g.ID)
		}
		return ids
	}
	require.Equal(t, []string{"sg_high"}, drafts("rejected=1"))
	require.Equal(t, []string{"sg_oil"}, drafts("agent=p%C3%A5l+%26+co"))
	require.Equal(t, []string{"sg_low"}, drafts("flag=low"))
	require.Empty(t, drafts("topics=4"), "too little was asked to tell what is new")
	require.Len(t, drafts("topics=0&flag=low"), 1, "0 is not by this")
	require.Empty(t, drafts("language=nb"))
	require.Len(t, drafts("language=en"), 4)
	require.Len(t, drafts("random=100"), 4)
	require.Equal(t, drafts("random=30"), drafts("random=30"))
	require.Len(t, drafts("random=100&reviewer=Kari"), 4)
	require.Contains(t, drafts(""), "sg_high", "the usual rules")
	for _, wrong := range []string{"random=101", "topics=53", "heavy=x", "days=0", "days=400"} {
		require.Equal(t, 400, call(d.h, "GET", "/api/reviews/queue?"+wrong, "").Code, wrong)
	}
	page := d.page("/review?rules=1&flag=low&language=en&agent=%3Cscript%3E")
	require.Contains(t, page, `value="&lt;script&gt;"`)
	require.Contains(t, page, `<option value="low" selected>`)
}

func TestTriageIsAssignedAndAskedAgain(t *testing.T) {
	d := newDesk(t)
	outcome(t, d.s, "sg_high", store.ActionDown, "facts: it is 34 <b>", "", "Ola")
	outcome(t, d.s, "sg_low", store.ActionRejected, "", "", "")
	d.is("Kari")
	page := d.page("/review/triage")
	for _, want := range []string{"Not looked at (2)", "Ola: facts: it is 34 &lt;b&gt;", "An agent: no reason given"} {
		require.Contains(t, page, want)
	}
	form := url.Values{"cause": {"outdated"}, "document": {"doc-oil"}, "owner": {" Per  Hansen "}, "state": {"open"}, "note": {"page 14\r\nsays 38"}}
	require.Contains(t, d.goes("POST", "/review/triage/item?suggestion=sg_high", form), "saved=1")
	list, err := d.s.Triages(t.Context(), ws, store.TriageFilter{})
	require.NoError(t, err)
	require.Len(t, list, 1)
	got := list[0]
	require.Equal(t, []string{"outdated", "doc-oil", "Per Hansen", "page 14\nsays 38", "Kari"}, []string{got.Cause, got.Document, got.Owner, got.Note, got.Author})
	require.Contains(t, d.page("/review/triage?owner=Per+Hansen"), "The source is outdated")
	require.Contains(t, d.page("/review/triage?state=new"), "sg_low")
	require.NotContains(t, d.page("/review/triage?state=new"), "sg_high")

	// Who owned the document the last time is asked again.
	form.Set("owner", "")
	d.goes("POST", "/review/triage/item?suggestion=sg_low", form)
	list, err = d.s.Triages(t.Context(), ws, store.TriageFilter{Suggestion: "sg_low"})
	require.NoError(t, err)
	require.Equal(t, "Per Hansen", list[0].Owner)

	require.Contains(t, d.page("/review/triage/item?suggestion=sg_high"), "The question has not been asked again yet.")
	require.Contains(t, d.goes("POST", "/review/rerun?state=open", url.Values{"suggestion": {"sg_high", "sg_low"}}), "done=1&failed=1")
	require.Contains(t, d.page("/review/triage?done=1&failed=1"), "Asked again: 1. Could not be asked: 1.")
	page = d.page("/review/triage/item?suggestion=sg_high")
	require.Contains(t, page, "38 <span class=\"sr\">")
	require.Contains(t, page, "34 <span class=\"sr\">")
	require.Contains(t, html.UnescapeString(page), "</span><script>alert(1)</script><span", "as text")
	require.Contains(t, page, "litres.</p>", "the draft keeps its own white space")
	require.Contains(t, d.goes("POST", "/review/rerun?back=sg_low", url.Values{"suggestion": {"sg_low"}}), "failed=1")

	require.Equal(t, 400, d.do("POST", "/review/rerun", nil).Code)
	require.Equal(t, 400, d.do("POST", "/review/rerun", url.Values{"suggestion": make([]string, 21)}).Code)
	for name, wrong := range map[string]url.Values{
		"cause": {"cause": {"x"}, "state": {"open"}}, "state": {"cause": {"missing"}, "state": {"x"}}, "note": {"cause": {"missing"}, "state": {"open"}, "note": {strings.Repeat("x", 9000)}},
	} {
		w := d.do("POST", "/review/triage/item?suggestion=sg_high", wrong)
		require.Equal(t, 400, w.Code)
		require.Contains(t, w.Body.String(), name+":")
	}
}

func TestReviewsInTheAPI(t *testing.T) {
	d := newDesk(t)
	post := func(path, body string) *httptest.ResponseRecorder { return call(d.h, "POST", path, body) }
	require.Equal(t, 201, post("/api/reviews", `{"suggestion":"sg_high","reviewer":"Kari","correct":2,"complete":3,"tone":4,"citation":5,"comment":"=1+1","seconds":12}`).Code)
	require.Equal(t, 201, post("/api/reviews", `{"suggestion":"sg_high","reviewer":"Ola","correct":3,"tone":4}`).Code)
	for body, field := range map[string]string{
		`{"suggestion":"sg_high","correct":2}`:                                                              "reviewer",
		`{"suggestion":"sg_high","reviewer":"Kari"}`:                                                        "correct",
		`{"suggestion":"sg_high","reviewer":"Kari","tone":6}`:                                               "tone",
		`{"suggestion":"sg_high","reviewer":"Kari","tone":-1}`:                                              "tone",
		`{"suggestion":"sg_high","reviewer":"Kari","tone":1,"x":1}`:                                         "body",
		`{"suggestion":"sg_high","reviewer":"Kari","tone":1,"comment":"` + strings.Repeat("x", 9000) + `"}`: "comment",
		`{"suggestion":"sg_high","reviewer":"` + strings.Repeat("x", 101) + `","tone":1}`:                   "reviewer",
	} {
		w := post("/api/reviews", body)
		require.Equal(t, 400, w.Code, body)
		require.Contains(t, w.Body.String(), field)
	}
	var got struct {
		Reviews   json.RawMessage
		Agreement []struct {
			Scale string
			Pairs []struct{ First, Second string }
			Mean  *float64
		}
	}
	w := call(d.h, "GET", "/api/reviews/agreement", "")
	require.NoError(t, json.Unmarshal(w.Body.Bytes(), &got))
	require.Len(t, got.Agreement, 4)
	require.InDelta(t, 2.5, *got.Agreement[0].Mean, 1e-9)
	require.Equal(t, "Ola", got.Agreement[0].Pairs[0].Second)
	w = call(d.h, "GET", "/api/reviews?suggestion=sg_high", "")
	require.Contains(t, w.Body.String(), `"seconds":12`)

	require.Equal(t, 201, post("/api/reviews/triage", `{"suggestion":"sg_high","cause":"missing","state":"fixed","owner":"@Per","author":"Kari"}`).Code)
	require.Equal(t, 400, post("/api/reviews/triage", `{"suggestion":"sg_high","cause":"missing"}`).Code, "author")
	w = post("/api/reviews/rerun", `{"fixed":true,"author":"Kari"}`)
	require.JSONEq(t, `{"done":["sg_high"],"failed":[]}`, w.Body.String())
	w = call(d.h, "GET", "/api/reviews/triage", "")
	require.Contains(t, w.Body.String(), `"owner":"@Per"`)
	require.Contains(t, w.Body.String(), `"flag":"high"`)
	w = call(d.h, "GET", "/api/reviews/compare?suggestion=sg_high", "")
	require.Contains(t, w.Body.String(), "34 litres")

	w = call(d.h, "GET", "/api/reviews/export.csv", "")
	require.Equal(t, "text/csv; charset=utf-8", w.Header().Get("Content-Type"))
	require.Contains(t, w.Header().Get("Content-Disposition"), "attachment")
	rows, err := csv.NewReader(strings.NewReader(strings.TrimPrefix(w.Body.String(), "\ufeff"))).ReadAll()
	require.NoError(t, err)
	require.Len(t, rows, 3, "a head and a line for each review")
	at := func(row int, column string) string {
		for i, c := range rows[0] {
			if c == column {
				return rows[row][i]
			}
		}
		t.Fatalf("no column %q", column)
		return ""
	}
	require.Equal(t, "'=1+1", at(1, "comment"), "no formula")
	require.Equal(t, "'@Per", at(1, "owner"))
	require.Equal(t, []string{"Kari", "2", "12.0", "missing", "fixed", "high"}, []string{at(1, "reviewer"), at(1, "correct"), at(1, "seconds"), at(1, "cause"), at(1, "state"), at(1, "flag_after")})
	require.Empty(t, at(2, "complete"))
	require.Contains(t, at(1, "draft"), "38 litres")
}

func TestReviewOfAnotherWorkspaceIsNotFound(t *testing.T) {
	d := newDesk(t)
	d.is("Kari")
	for _, target := range []string{"/review/item?workspace=nord&suggestion=sg_oil", "/review/triage/item?workspace=nord&suggestion=sg_oil", "/api/reviews?workspace=nord&suggestion=sg_oil", "/api/reviews/compare?workspace=nord&suggestion=sg_oil", "/review?workspace=elsewhere"} {
		require.Equal(t, 404, d.do("GET", target, nil).Code, target)
	}
	require.Equal(t, 404, d.do("POST", "/review/item?workspace=nord&suggestion=sg_oil", ratings("4")).Code)
	require.Equal(t, 404, d.do("POST", "/review/triage/item?workspace=nord&suggestion=sg_oil", url.Values{"cause": {"missing"}, "state": {"open"}}).Code)
	require.Equal(t, 404, d.do("POST", "/review/rerun?workspace=nord", url.Values{"suggestion": {"sg_oil"}}).Code)
	require.Equal(t, 404, d.do("POST", "/review/triage/item?suggestion=sg_oil", url.Values{"cause": {"missing"}, "state": {"open"}, "document": {"doc-elsewhere"}}).Code)
	require.Equal(t, 404, call(d.h, "POST", "/api/reviews?workspace=nord", `{"suggestion":"sg_oil","reviewer":"K","correct":1}`).Code)
	require.NotContains(t, d.page("/review?workspace=nord&rules=1&random=100"), "sg_oil")
	w := call(d.h, "GET", "/api/reviews/export.csv?workspace=nord", "")
	require.Equal(t, 1, strings.Count(w.Body.String(), "\n"), "only the head")
}

func TestReviewNeedsASession(t *testing.T) {
	d := newDesk(t)
	w := call(d.h, "GET", "/review/triage?workspace=fjordvik", "", anonymous)
	require.Equal(t, http.StatusSeeOther, w.Code)
	require.Equal(t, "/signin?next=%2Freview%2Ftriage%3Fworkspace%3Dfjordvik", w.Header().Get("Location"))
	require.Equal(t, 401, call(d.h, "GET", "/api/reviews", "", anonymous).Code)
	require.Equal(t, 401, call(d.h, "GET", "/review/export.csv", "", anonymous).Code)
	require.Equal(t, 403, call(d.h, "POST", "/review/item?suggestion=sg_oil", "correct=1", with(d.session), header("Sec-Fetch-Site", "cross-site")).Code)
	w = d.do("POST", "/review/item?suggestion=sg_oil", ratings("3"))
	require.Equal(t, 400, w.Code, "nobody has said who reviews")
}

func TestNastyTextsOnTheReviewPages(t *testing.T) {
	d := newDesk(t)
	d.is(`<script>x</script>`)
	for i, bad := range nasty {
		id := ids(i)
		body := plainDraft(suggest.High)
		body.Sentences[0].Text = bad
		body.Evidence[0].Passage.Title, body.Evidence[0].Passage.Text = bad, bad
		r := record(t, id, bad, bad, body)
		save(t, d.s, r)
		outcome(t, d.s, id, store.ActionRejected, strings.ToValidUTF8(bad, "?"), "", strings.ToValidUTF8(clipped(bad), "?"))
		outcome(t, d.s, id, store.ActionSent, "", strings.ToValidUTF8(bad, "?")+" x", "")
		form := ratings("1")
		form.Set("comment", strings.ToValidUTF8(clipped(bad), "?"))
		form.Set("corrected", strings.ToValidUTF8(clipped(bad), "?"))
		d.goes("POST", "/review/item?suggestion="+id+all, form)
		form = url.Values{"cause": {"missing"}, "state": {"fixed"}, "owner": {"<script>"}, "note": {strings.ToValidUTF8(clipped(bad), "?")}}
		d.goes("POST", "/review/triage/item?suggestion="+id, form)
		d.goes("POST", "/review/rerun", url.Values{"suggestion": {id}})
		for _, target := range []string{"/review/item?suggestion=" + id + all, "/review/triage/item?suggestion=" + id} {
			page := d.page(target)
			require.NotContains(t, page, "<img src=x", target)
			require.NotContains(t, page, "javascript:alert(1)\"", target)
		}
	}
	d.page("/review?x=1" + all)
	d.page("/review/triage?x=1" + all)
	d.page("/review/agreement?x=1" + all)
	rows, err := csv.NewReader(strings.NewReader(d.do("GET", "/review/export.csv?x=1"+all, nil).Body.String())).ReadAll()
	require.NoError(t, err)
	require.Greater(t, len(rows), len(nasty))
	require.Equal(t, 400, d.do("POST", "/review/item?suggestion=sg_oil", url.Values{"correct": {"<script>"}}).Code)
	require.Equal(t, 400, d.do("POST", "/review/item?suggestion=sg_oil", url.Values{"correct": {"1"}, "comment": {"\xff"}}).Code)
	require.Equal(t, 400, d.do("POST", "/review/name", url.Values{"name": {" "}}).Code)
}

func clipped(s string) string { return s[:min(len(s), 60)] }

func TestAWithdrawnMessageCannotBeReviewed(t *testing.T) {
	d := newDesk(t)
	d.is("Kari")
	require.NoError(t, d.s.WithdrawSuggestions(t.Context(), ws, "zendesk", "conv-sg_oil", "msg-sg_oil"))
	require.Contains(t, d.page("/review/item?suggestion=sg_oil"), "deleted")
	require.NotContains(t, d.page("/review?x=1"+all), "sg_oil")
	require.Equal(t, http.StatusConflict, d.do("POST", "/review/item?suggestion=sg_oil", ratings("3")).Code)
}

func TestAServerThatDoesNotAskAgain(t *testing.T) {
	d := newDesk(t, func(o *web.Options) { o.Rerun = nil })
	d.is("Kari")
	require.Equal(t, http.StatusNotImplemented, d.do("POST", "/review/rerun", url.Values{"suggestion": {"sg_oil"}}).Code)
	require.Contains(t, d.page("/review/triage/item?suggestion=sg_oil"), "does not ask questions again")
}

func TestReviewPagesInEachLanguage(t *testing.T) {
	for _, language := range []string{"nb", "sv", "da", "fi", "de", "en"} {
		d := newDesk(t, func(o *web.Options) { o.Workspaces = []web.Workspace{{ID: ws, Language: language}} })
		outcome(t, d.s, "sg_high", store.ActionRejected, "", "", "Ola")
		d.is("Kari")
		for _, target := range []string{"/review", "/review/item?suggestion=sg_oil", "/review/agreement", "/review/triage", "/review/triage/item?suggestion=sg_high"} {
			page := d.page(target)
			require.Contains(t, page, `<html lang="`+language+`">`)
			require.NotContains(t, page, "%!", target)
		}
	}
}

func TestWhoSaysTheirNameStaysAtTheSample(t *testing.T) {
	d := newDesk(t)
	form := regexp.MustCompile(`action="(/review/name[^"]*)"`).FindStringSubmatch(d.page("/review?rules=1&random=7&workspace=fjordvik"))
	require.NotNil(t, form)
	w := d.do("POST", html.UnescapeString(form[1]), url.Values{"name": {"Kari"}})
	next, err := url.Parse(w.Header().Get("Location"))
	require.NoError(t, err)
	require.Equal(t, "/review", next.Path)
	require.Equal(t, []string{"7", "fjordvik"}, []string{next.Query().Get("random"), next.Query().Get("workspace")})
}
