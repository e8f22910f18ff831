package web_test

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/sufflor/sufflor/index"
	"github.com/sufflor/sufflor/store"
	"github.com/sufflor/sufflor/suggest"
	"github.com/sufflor/sufflor/web"
)

// working are options of a server that has all that agents work with: a model
// whose words the test gives, a search that finds the library.
func working(s *store.Store, reword func(w suggest.Wording) (suggest.Suggestion, error)) web.Options {
	o := embedOptions(s)
	if reword != nil {
		o.Rewords = func(string) bool { return true }
		o.Reword = func(_ context.Context, _ store.Suggestion, w suggest.Wording) (suggest.Suggestion, error) {
			return reword(w)
		}
	}
	o.Hinted = func(_ context.Context, _ store.Suggestion, hint string) (suggest.Suggestion, error) {
		s := plainDraft(suggest.High)
		s.Asks[0].Text = hint
		s.Sentences = append([]suggest.Sentence{{Text: "Hi Kari,", Kind: suggest.Frame, Ask: -1}}, s.Sentences...)
		s.Sentences[1].Break = "\n\n"
		return s, nil
	}
	o.Search = func(_ context.Context, q web.SearchRequest) (web.SearchResult, error) {
		lib := library()
		out := web.SearchResult{Language: "en"}
		if q.Workspace == ws {
			for _, p := range []index.Passage{lib["doc-oil"][1], lib["doc-price"][0], lib["doc-secret"][0]} {
				out.Hits = append(out.Hits, web.SearchHit{Passage: p})
			}
		}
		return out, nil
	}
	return o
}

func shorter(suggest.Wording) (suggest.Suggestion, error) {
	s := modelDraft()
	s.Reasons = []suggest.Reason{{Code: "unsupported", Text: "Struck: “We pay you 500 <b>EUR</b>” is not in the source."}}
	return s, nil
}

func TestEditsAreKept(t *testing.T) {
	s := seed(t)
	h := handler(t, working(s, nil))
	frame := passing(enterFrame(t, h, "zendesk", "42"))
	for name, at := range map[string]struct {
		url    string
		change func(*http.Request)
	}{
		"in the API":        {"/api/suggestions/sg_oil/edit?workspace=" + ws, func(*http.Request) {}},
		"in a desk's frame": {"/embed/zendesk/suggestion/sg_oil/edit", frame},
	} {
		t.Run(name, func(t *testing.T) {
			require.Equal(t, 404, call(h, "GET", at.url, "", at.change).Code)
			require.Equal(t, 200, call(h, "PUT", at.url, `{"text":"first","tab":"a","quotes":[{"passage":"oil-2","text":"38"}]}`, at.change).Code)
			w := call(h, "GET", at.url, "", at.change)
			require.Equal(t, 200, w.Code)
			require.Contains(t, w.Body.String(), `"text":"first","quotes":[{"passage":"oil-2","text":"38"}],"version":1`)

			w = call(h, "PUT", at.url, `{"text":"second","tab":"b"}`, at.change)
			require.Equal(t, 409, w.Code)
			var clash struct {
				Error, Next string
				Edit        struct {
					Text    string
					Version int
				}
			}
			require.NoError(t, json.Unmarshal(w.Body.Bytes(), &clash))
			require.Equal(t, "first", clash.Edit.Text)
			require.NotEmpty(t, clash.Next)
			require.Equal(t, 200, call(h, "PUT", at.url, `{"text":"second","tab":"b","base":1}`, at.change).Code)

			require.Equal(t, 204, call(h, "DELETE", at.url, "", at.change).Code)
			require.Equal(t, 404, call(h, "GET", at.url, "", at.change).Code)
			for _, bad := range []string{`{"base":-1}`, `{"tab":"` + strings.Repeat("x", 65) + `"}`, `{"quotes":[` + strings.Repeat(`{},`, 20) + `{}]}`, `{"other":1}`, `[]`} {
				require.Equal(t, 400, call(h, "PUT", at.url, bad, at.change).Code, bad)
			}
			require.Equal(t, 400, call(h, "PUT", at.url, `{"text":"`+strings.Repeat("x", 65<<10)+`"}`, at.change).Code)
		})
	}
	t.Run("what was typed is on the page, and gone when it was used", func(t *testing.T) {
		api := "/api/suggestions/sg_oil/"
		require.Equal(t, 200, call(h, "PUT", api+"edit", `{"text":"\"><script>x</script>","tab":"a","quotes":[{"passage":"oil-2","text":"38 litres"},{"passage":"gone","text":"x"}]}`).Code)
		session := with(signIn(t, h))
		page := call(h, "GET", "/panel?suggestion=sg_oil", "", session).Body.String()
		require.Contains(t, page, `data-kept="&#34;&gt;&lt;script&gt;x&lt;/script&gt;"`)
		require.Contains(t, page, `<li data-passage="oil-2" data-text="38 litres">`)
		require.NotContains(t, page, `data-passage="gone"`)
		require.Equal(t, 201, call(h, "POST", api+"outcome", `{"action":"used"}`).Code)
		require.Equal(t, 200, call(h, "GET", api+"edit", "").Code, "the draft was used, not this")
		require.Equal(t, 201, call(h, "POST", api+"outcome", `{"action":"edited","text":"x"}`).Code)
		require.Equal(t, 404, call(h, "GET", api+"edit", "").Code)
	})
}

// TestOthersDraftsAreNotReached sends ids of other desks and workspaces to all
// that agents work with.
func TestOthersDraftsAreNotReached(t *testing.T) {
	s := seed(t)
	nord := record(t, "sg_nord", "Nord", "Hemmelig?", plainDraft(suggest.High))
	nord.Workspace = "nord"
	save(t, s, nord)
	foreign := record(t, "sg_foreign", "Other", "Secret?", plainDraft(suggest.High))
	foreign.Desk = "other"
	save(t, s, foreign)
	h := handler(t, working(s, shorter))
	frame := passing(enterFrame(t, h, "zendesk", "42/conv-sg_oil"))
	for _, what := range []struct{ method, path, body string }{
		{"GET", "edit", ""},
		{"PUT", "edit", `{"text":"x"}`},
		{"DELETE", "edit", ""},
		{"GET", "templates", ""},
		{"POST", "reword", `{"text":"x","style":"shorter"}`},
		{"POST", "again", `{"hint":"x"}`},
	} {
		require.Equal(t, 404, call(h, what.method, "/api/suggestions/sg_nord/"+what.path+"?workspace="+ws, what.body).Code, what)
		for _, id := range []string{"sg_nord", "sg_foreign", "sg_high"} {
			w := call(h, what.method, "/embed/zendesk/suggestion/"+id+"/"+what.path, what.body, frame)
			require.Equal(t, 404, w.Code, "%v %s: %s", what, id, w.Body.String())
		}
		require.Equal(t, 401, call(h, what.method, "/embed/zendesk/suggestion/sg_oil/"+what.path, what.body, anonymous).Code, what)
	}
	require.Equal(t, 404, call(h, "POST", "/api/knowledge?workspace=elsewhere", `{"text":"oil"}`).Code)
	require.Equal(t, 401, call(h, "POST", "/embed/zendesk/knowledge", `{"text":"oil"}`, anonymous).Code)
	require.Equal(t, 200, call(h, "POST", "/embed/zendesk/knowledge", `{"text":"oil"}`, frame).Code)
}

func TestATextIsWordedAnew(t *testing.T) {
	var asked suggest.Wording
	var fail error
	h := handler(t, working(seed(t), func(w suggest.Wording) (suggest.Suggestion, error) {
		asked = w
		s, _ := shorter(w)
		return s, fail
	}))
	const at = "/api/suggestions/sg_oil/reword?part=1"
	w := call(h, "POST", at, `{"text":"Long text.","style":"translate","language":"fi","quoted":["oil-2"]}`)
	require.Equal(t, 200, w.Code, w.Body.String())
	require.Equal(t, suggest.Wording{Text: "Long text.", Style: "translate", Language: "fi", Quoted: []string{"oil-2"}}, asked)
	var got struct {
		Text, HTML string
		Suggestion suggest.Suggestion
	}
	require.NoError(t, json.Unmarshal(w.Body.Bytes(), &got))
	require.Equal(t, "Your tank takes 38 litres of oil.", got.Text)
	require.Equal(t, suggest.High, got.Suggestion.Flag)
	require.Contains(t, got.HTML, "Ready to use")
	require.Contains(t, got.HTML, "We pay you 500 &lt;b&gt;EUR&lt;/b&gt;", "what was left out is told, as text")
	require.Contains(t, got.HTML, `href="/source/oil-2?workspace=fjordvik"`)

	for _, bad := range []string{`{"style":"shorter"}`, `{"text":"x","style":"louder"}`, `{"text":"x","style":"translate"}`, `{"text":"x","style":"translate","language":"xx"}`, `{"text":"` + strings.Repeat("x", 9<<10) + `","style":"shorter"}`} {
		require.Equal(t, 400, call(h, "POST", at, bad).Code, bad[:min(len(bad), 60)])
	}
	for cause, want := range map[suggest.Cause]struct {
		status int
		says   string
	}{
		suggest.CauseSlow: {503, "did not answer in time"}, suggest.CauseBudget: {503, "budget is used up"}, suggest.CauseDown: {503, "not available"}, suggest.CauseLimited: {503, "no more requests"},
		suggest.CauseUnsupported: {422, "supported by the sources"}, suggest.CauseLanguage: {422, "wrong language"}, suggest.CauseGarbage: {422, "could not be used"}, suggest.CausePrivate: {422, "not of this conversation"}, "new": {503, "not available"},
	} {
		fail = &suggest.ComposeError{Cause: cause, Err: errors.New("secret details")}
		w := call(h, "POST", at, `{"text":"x","style":"shorter"}`)
		require.Equal(t, want.status, w.Code, cause)
		require.Contains(t, w.Body.String(), want.says, cause)
		require.Contains(t, w.Body.String(), "Your text is unchanged.")
		require.NotContains(t, w.Body.String(), "secret")
	}

	none := handler(t, working(seed(t), nil))
	require.Equal(t, 501, call(none, "POST", at, `{"text":"x","style":"shorter"}`).Code)
	require.NotContains(t, get(t, none, "/panel"), `data-tool="reword"`, "not offered without a model")
	require.Contains(t, get(t, h, "/panel"), `data-tool="reword"`)
	require.NotContains(t, get(t, handler(t, options(seed(t))), "/panel"), `data-tool="search"`)
}

func TestAHintAsksAgain(t *testing.T) {
	h := handler(t, working(seed(t), nil))
	const at = "/api/suggestions/sg_oil/again"
	w := call(h, "POST", at+"?part=1", `{"hint":" how much <b>oil</b> "}`)
	require.Equal(t, 200, w.Code, w.Body.String())
	var got struct{ Text, HTML string }
	require.NoError(t, json.Unmarshal(w.Body.Bytes(), &got))
	require.Equal(t, "Hi Kari,\n\nThe tank holds 38 litres.", got.Text)
	require.Contains(t, got.HTML, `data-facts="The tank holds 38 litres."`)
	require.Contains(t, got.HTML, `data-take="facts"`)
	require.Contains(t, call(h, "POST", at, `{"hint":"x"}`).Body.String(), `"suggestion":{`)
	require.NotContains(t, call(h, "POST", at, `{"hint":"x"}`).Body.String(), `"html"`)
	for _, bad := range []string{`{}`, `{"hint":"  "}`, `{"hint":"` + strings.Repeat("x", 1001) + `"}`} {
		require.Equal(t, 400, call(h, "POST", at, bad).Code)
	}
	require.Equal(t, 501, call(handler(t, options(seed(t))), "POST", at, `{"hint":"x"}`).Code)
}

func TestTheKnowledgeIsSearchedByHand(t *testing.T) {
	h := handler(t, working(seed(t), nil))
	w := call(h, "POST", "/api/knowledge?part=1", `{"text":"oil class"}`)
	require.Equal(t, 200, w.Code, w.Body.String())
	var got struct {
		HTML string
		Hits []struct {
			Passage, Title, Href string
			Internal             bool
			Sentences            []string
		}
	}
	require.NoError(t, json.Unmarshal(w.Body.Bytes(), &got))
	require.Len(t, got.Hits, 3)
	require.Equal(t, "Use hydraulic oil of class ISO VG 46.", got.Hits[0].Sentences[0])
	require.Len(t, got.Hits[0].Sentences, 3)
	require.Equal(t, "/source/oil-2?workspace=fjordvik", got.Hits[0].Href)
	require.Equal(t, []string{"Part no.: 55-1046; Description: Hydraulic oil filter; Fits: XY-2000, XY-2400; Price: EUR 64.00"}, got.Hits[1].Sentences)
	require.True(t, got.Hits[2].Internal)
	require.Empty(t, got.Hits[2].Sentences, "of what customers must not read nothing can be quoted")
	require.Contains(t, got.HTML, "Internal – do not send")
	require.Equal(t, 4, strings.Count(got.HTML, "data-quote="))
	for _, bad := range []string{`{}`, `{"text":"x","language":"xx"}`, `{"text":"` + strings.Repeat("x", 1001) + `"}`} {
		require.Equal(t, 400, call(h, "POST", "/api/knowledge", bad).Code)
	}
	require.Equal(t, 501, call(handler(t, options(seed(t))), "POST", "/api/knowledge", `{"text":"x"}`).Code)
}

func TestTemplatesAreFilledForTheConversation(t *testing.T) {
	s := seed(t)
	o := working(s, nil)
	o.Profile = func(string) suggest.Profile {
		g, err := suggest.ParseGuidelines([]byte("templates:\n  returns: {en: \"Return for {{customer}}: {{date}} {{agent}}\"}\n  closing: {nb: \"Hilsen {{company}}\"}\n"))
		require.NoError(t, err)
		return suggest.Profile{Name: "Fjordvik AS", Guidelines: g}
	}
	h := handler(t, o)
	type list struct {
		Language  string
		Templates []struct{ Name, Label, Text string }
	}
	read := func(target string, change ...func(*http.Request)) (got list) {
		w := call(h, "GET", target, "", change...)
		require.Equal(t, 200, w.Code, w.Body.String())
		require.NoError(t, json.Unmarshal(w.Body.Bytes(), &got))
		return got
	}
	got := read("/api/suggestions/sg_oil/templates")
	require.Equal(t, "en", got.Language)
	require.Len(t, got.Templates, 4)
	require.Equal(t, "Greeting", got.Templates[0].Label)
	require.Equal(t, "Hi Kari,\n\nthank you for contacting Fjordvik AS.", got.Templates[0].Text)
	require.Contains(t, got.Templates[1].Text, "(conv-sg_oil)")
	require.Equal(t, "Return for Kari Nordmann: 2026-01-15", got.Templates[3].Text)
	require.Equal(t, "Hilsen Fjordvik AS", read("/embed/zendesk/suggestion/sg_oil/templates?language=nb", passing(enterFrame(t, h, "zendesk", "42"))).Templates[2].Text)
	require.Equal(t, 400, call(h, "GET", "/api/suggestions/sg_oil/templates?language=xx", "").Code)
	require.Contains(t, get(t, h, "/panel"), `data-insert="Return for Kari Nordmann: 2026-01-15"`)
}

func TestADraftIsRejectedWithOneClick(t *testing.T) {
	s := seed(t)
	h := handler(t, options(s))
	page := get(t, h, "/panel")
	session := with(signIn(t, h))
	codes := []string{"wrong", "outdated", "not_found", "language", "tone", "too_long", "internal"}
	for i, code := range codes {
		require.Contains(t, page, `name="reason" value="`+code+`"`)
		form := url.Values{"workspace": {ws}, "suggestion": {"sg_oil"}, "action": {"rejected"}, "reason": {code}}
		w := call(h, "POST", "/panel/outcome", form.Encode(), session, header("Content-Type", "application/x-www-form-urlencoded"), header("Sec-Fetch-Site", "same-origin"))
		require.Equal(t, 303, w.Code)
		list, err := s.Outcomes(t.Context(), ws, "sg_oil")
		require.NoError(t, err)
		require.Equal(t, code, list[i].Reason)
		require.Equal(t, store.ActionRejected, list[i].Action)
	}
	for code, bad := range map[string]int{"wrong": 1, "outdated": 1, "tone": 0, "too_long": 0, "language": 0} {
		r := record(t, "sg_"+code, "Kari", "?", plainDraft(suggest.High))
		r.Cites = []string{"case-1"}
		save(t, s, r)
		before, err := s.Votes(t.Context(), ws, []string{"case-1"})
		require.NoError(t, err)
		require.Equal(t, 201, call(h, "POST", "/api/suggestions/sg_"+code+"/outcome", `{"action":"rejected","reason":"`+code+`"}`).Code)
		after, err := s.Votes(t.Context(), ws, []string{"case-1"})
		require.NoError(t, err)
		require.Equal(t, bad, after["case-1"].Bad-before["case-1"].Bad, "what %s says of the passage", code)
	}
}

func TestWhatToAskTheCustomer(t *testing.T) {
	s := seed(t)
	draft := oilDraft()
	draft.Asks[0].Missing = []string{"Tromsø", "winter", "Tromsø"}
	draft.Conflicts = []suggest.Conflict{{What: "oil", A: "oil-2", B: "case-1", ValueA: "38 litres", ValueB: "34 litres"}}
	draft.Sentences = append(draft.Sentences, suggest.Sentence{Text: "Which year is your machine from?", Kind: suggest.Asks, Ask: -1})
	save(t, s, record(t, "sg_asks", "Kari", "?", draft))
	page := get(t, handler(t, options(s)), "/panel/suggestion?suggestion=sg_asks")
	for _, text := range []string{
		"Which year is your machine from?", "Please tell us a little more about this: “Can you deliver to Tromsø before Friday?”.",
		"You mention Tromsø, winter. Can you say a little more about that?", "Which model and version is it about?",
	} {
		require.Contains(t, page, `data-insert="`+text+`"`)
	}
	require.Contains(t, page, "Another source says something else", "a sentence whose source is disputed says so")

	draft.Language = "nb"
	save(t, s, record(t, "sg_nb", "Kari", "?", draft))
	require.Contains(t, get(t, handler(t, options(s)), "/panel/suggestion?suggestion=sg_nb"), "Hvilken modell og versjon gjelder det?", "in the customer's language")
}

func TestASentenceWithoutASourceSaysSo(t *testing.T) {
	s := openStore(t)
	body := plainDraft(suggest.Low)
	body.Sentences[0].Citations = nil
	body.Evidence[0].Attachment, body.Evidence[0].Passage.Audience = "pump <3>.pdf", index.Internal
	save(t, s, record(t, "sg_bare", "Kari", "?", body))
	h := handler(t, options(s))
	page := get(t, h, "/panel")
	require.Contains(t, page, `(No source)`)
	require.Contains(t, page, "From the customer’s attachment pump &lt;3&gt;.pdf – not from the documents")
	require.NotContains(t, page, "Internal – do not send")
	source := get(t, h, "/panel/source?suggestion=sg_bare&source=1")
	require.NotContains(t, source, "changed or removed")
	require.NotContains(t, source, "/source/")
}

func TestTwoQuestionsInARowAreBothReached(t *testing.T) {
	s := openStore(t)
	for i, id := range []string{"sg_first", "sg_second"} {
		r := record(t, id, "Kari", "Question "+id, plainDraft(suggest.High))
		r.Conversation, r.Message, r.Asks, r.Created = "conv", "m-"+id, 1, noon.Add(time.Duration(i)*time.Minute)
		save(t, s, r)
	}
	h := handler(t, working(s, nil))
	page := get(t, h, "/panel")
	require.Contains(t, page, `data-id="sg_first" data-created`, "in the list")
	require.Contains(t, page, "Earlier message")
	require.Contains(t, page, `<a class="other" href="/panel?suggestion=sg_first&amp;workspace=fjordvik" data-id="sg_first">`)
	page = get(t, h, "/panel?suggestion=sg_first")
	require.Contains(t, page, "The customer has written again.")
	require.Contains(t, page, `data-id="sg_second">`)
	require.NotContains(t, page, "Use anyway", "it still waits for an answer")
	frame := call(h, "GET", "/embed/zendesk/list?conversation=conv", "", passing(enterFrame(t, h, "zendesk", "42"))).Body.String()
	require.Contains(t, frame, "sg_first")
	require.Contains(t, frame, "sg_second")
}
