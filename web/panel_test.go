package web_test

import (
	"encoding/json"
	"io"
	"math"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/stretchr/testify/require"
	"golang.org/x/net/html"

	"github.com/sufflor/sufflor/config"
	"github.com/sufflor/sufflor/index"
	"github.com/sufflor/sufflor/store"
	"github.com/sufflor/sufflor/suggest"
	"github.com/sufflor/sufflor/web"
)

// golden compares with testdata/name. UPDATE_GOLDEN=1 rewrites it; read the
// diff then.
func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if os.Getenv("UPDATE_GOLDEN") != "" {
		require.NoError(t, os.WriteFile(path, []byte(got), 0o600))
	}
	want, err := os.ReadFile(path)
	require.NoError(t, err, "run make golden")
	require.Equal(t, string(want), got)
}

var hash = regexp.MustCompile(`(/static/\w+\.)[0-9a-f]{12}\.`)

func get(t *testing.T, h http.Handler, target string) string {
	t.Helper()
	w := call(h, http.MethodGet, target, "", with(signIn(t, h)))
	require.Equal(t, http.StatusOK, w.Code, w.Body.String())
	wellFormed(t, w.Body.String())
	return hash.ReplaceAllString(w.Body.String(), "${1}HASH.")
}

// wellFormed holds that elements close in the order they opened, and that
// nothing in a page could run or style inline.
func wellFormed(t *testing.T, page string) {
	t.Helper()
	void := []string{"meta", "link", "input", "br"}
	var open []string
	z := html.NewTokenizer(strings.NewReader(page))
	for {
		switch z.Next() {
		case html.ErrorToken:
			require.ErrorIs(t, z.Err(), io.EOF)
			require.Empty(t, open, "left open")
			return
		case html.StartTagToken:
			tok := z.Token()
			for _, a := range tok.Attr {
				require.False(t, strings.HasPrefix(a.Key, "on") || a.Key == "style", "inline %s in <%s>", a.Key, tok.Data)
				if a.Key == "href" || a.Key == "src" || a.Key == "action" {
					require.Regexp(t, `^[/#]`, a.Val, "an address elsewhere in <%s>", tok.Data)
				}
			}
			if !slices.Contains(void, tok.Data) {
				open = append(open, tok.Data)
			}
		case html.EndTagToken:
			tok := z.Token()
			require.NotEmpty(t, open, "</%s> closes nothing", tok.Data)
			require.Equal(t, open[len(open)-1], tok.Data, "closed out of order")
			open = open[:len(open)-1]
		}
	}
}

func TestGoldenPages(t *testing.T) {
	h := handler(t, options(seed(t)))
	golden(t, "panel.html", get(t, h, "/panel"))
	golden(t, "panel_source.html", get(t, h, "/panel?suggestion=sg_oil&source=1"))
	golden(t, "suggestion_none.html", get(t, h, "/panel/suggestion?suggestion=sg_none"))
	golden(t, "source_row.html", get(t, h, "/panel/source?suggestion=sg_oil&source=2"))
	golden(t, "signin.html", hash.ReplaceAllString(call(h, "GET", "/signin?next=/panel", "", anonymous).Body.String(), "${1}HASH."))
}

func TestAPageShowsEveryFlagInWords(t *testing.T) {
	h := handler(t, options(seed(t)))
	for id, words := range map[string]string{"sg_high": "Ready to use", "sg_oil": "Read before use", "sg_low": "Evidence only", "sg_none": "No draft"} {
		page := get(t, h, "/panel/suggestion?suggestion="+id)
		require.Contains(t, page, "<strong>"+words+"</strong>")
		require.Equal(t, id != "sg_none", strings.Contains(page, `id="use"`), "there is something to use where there is a draft")
	}
}

func TestAPageSpeaksTheLanguageOfItsAgents(t *testing.T) {
	all, err := web.Texts()
	require.NoError(t, err)
	for language, words := range all {
		o := options(seed(t))
		o.Workspaces = []web.Workspace{{ID: ws, Name: "Fjordvik", Language: language}}
		page := get(t, handler(t, o), "/panel?suggestion=sg_oil&source=4")
		require.Contains(t, page, `<html lang="`+language+`">`)
		for _, key := range []string{"use", "edit", "latest", "internal", "unanswered", "flag_medium", "also_found"} {
			require.Contains(t, html.UnescapeString(page), words[key], "%s.%s", language, key)
		}
	}
}

var verbs = regexp.MustCompile(`%[%sd]`)

func TestAllLanguagesHaveAllTexts(t *testing.T) {
	all, err := web.Texts()
	require.NoError(t, err)
	for _, language := range []string{"nb", "sv", "da", "fi", "de", "en"} {
		require.Contains(t, all, language)
	}
	require.Len(t, all, 6)
	for language, words := range all {
		for key, text := range words {
			require.NotEmpty(t, strings.TrimSpace(text), "%s.%s", language, key)
			require.Contains(t, all["en"], key, "%s.%s is not in English", language, key)
		}
		for key, text := range all["en"] {
			require.Contains(t, words, key, "%s lacks %s", language, key)
			require.Equal(t, verbs.FindAllString(text, -1), verbs.FindAllString(words[key], -1), "%s.%s fills in something else", language, key)
		}
	}
}

func TestEveryTextIsUsed(t *testing.T) {
	all, err := web.Texts()
	require.NoError(t, err)
	var code strings.Builder
	for _, glob := range []string{"*.go", "templates/*.html", "static/*.js"} {
		files, err := filepath.Glob(glob)
		require.NoError(t, err)
		for _, f := range files {
			if !strings.HasSuffix(f, "_test.go") {
				data, err := os.ReadFile(f)
				require.NoError(t, err)
				code.Write(data)
			}
		}
	}
	for key := range all["en"] {
		stem, _, _ := strings.Cut(key, "_")
		found := strings.Contains(code.String(), `"`+key+`"`) || slices.Contains([]string{"flag", "done", "check", "error", "mark", "insight", "reject"}, stem) || strings.HasPrefix(key, "reword_failed_") || strings.HasPrefix(key, "template_")
		require.True(t, found, "texts.yaml: %s: nothing shows it", key)
	}
}

// nasty is what customers and documents may hold.
var nasty = []string{
	`<script>alert(1)</script>`, `"><img src=x onerror=alert(1)>`, `'; alert(1); //`, `</textarea></title><script>x</script>`, `{{.}} ${x} %s %d %!`,
	"\u202Eright to left\u202C and \u2067שלום\u2069", strings.Repeat("w", 10_000), "a\x00b\xff\xfe", "<!-- ", "javascript:alert(1)", "\n\n\n",
}

func TestTextFromOutsideIsText(t *testing.T) {
	for _, bad := range nasty {
		p := passage("oil-2", 1, bad)
		p.Title, p.Headings, p.Question, p.Language = bad, []string{bad}, bad, bad
		row := p
		row.Kind, row.Cells, row.Audience = index.KindRow, []index.Cell{{Header: bad, Value: bad}}, index.Internal
		body := suggest.Suggestion{
			Mode: suggest.Written, Escalate: []string{bad, "legal"}, Conflicts: []suggest.Conflict{{What: bad, A: "oil-2", B: bad, ValueA: bad, ValueB: bad, Newer: bad}},
			Language: bad, Flag: suggest.Flag(bad), Probability: 7, Missing: []string{bad}, Degraded: []string{bad},
			Asks:      []suggest.Ask{{Text: bad}},
			Sentences: []suggest.Sentence{{Text: bad, Kind: suggest.SentenceKind(bad), Break: bad, Citations: []suggest.Citation{{Number: 1}, {Number: 9}, {Number: -1}, {Number: 2, Start: -4, End: 1 << 40}}}},
			Evidence:  []suggest.Evidence{{Passage: p, Cited: true}, {Passage: row}},
			Reasons:   []suggest.Reason{{Text: bad}}, Checks: []suggest.Check{{Name: bad, Detail: bad}}, Versions: suggest.Versions{Index: bad},
		}
		data, err := json.Marshal(body)
		require.NoError(t, err)
		o := options(nil)
		o.Workspaces[0].Name = bad
		o.Store = &still{Store: openStore(t), one: store.Suggestion{ID: bad, Workspace: ws, Conversation: bad, Customer: bad, Question: bad + "\n" + bad, Flag: bad, Language: bad, Body: data, State: "active", Created: noon}}
		h := handler(t, o)
		for _, target := range []string{"/panel?source=1&conversation=" + url.QueryEscape(strings.ToValidUTF8(bad, "")), "/panel/list", "/panel/suggestion?source=2", "/panel/source?source=1", "/panel/source?source=2"} {
			page := get(t, h, target)
			for _, own := range []string{"work", "panel"} {
				page = strings.Replace(page, `<script src="/static/`+own+`.HASH.js" defer></script>`, "", 1)
			}
			require.NotContains(t, page, "<script")
			require.NotContains(t, page, "<img")
			require.NotContains(t, page, "ZgotmplZ")
			require.NotRegexp(t, `%![a-z(]`, page)
		}
	}
}

func TestEightCitationsInOneSentence(t *testing.T) {
	s := openStore(t)
	body := suggest.Suggestion{Language: "en", Flag: suggest.High, Sentences: []suggest.Sentence{{Text: "All of it.", Kind: suggest.Fact}}}
	for i := range 8 {
		p := passage("oil-2", i, "All of it.")
		body.Evidence = append(body.Evidence, suggest.Evidence{Passage: p, Cited: true})
		body.Sentences[0].Citations = append(body.Sentences[0].Citations, suggest.Citation{Number: i + 1, Passage: p.ID}, suggest.Citation{Number: i + 1, Passage: p.ID, End: 3})
	}
	save(t, s, record(t, "sg_eight", "Kari", "?", body))
	page := get(t, handler(t, options(s)), "/panel")
	require.Contains(t, page, `data-cites="1 2 3 4 5 6 7 8"`)
	require.Equal(t, 8, strings.Count(page, `class="cite"`), "a number stands once in a sentence")
}

func TestASourceIsMarkedWhereItIsCited(t *testing.T) {
	s := seed(t)
	h := handler(t, options(s))
	page := get(t, h, "/panel/source?suggestion=sg_oil&source=1")
	require.Contains(t, page, "<mark>Use hydraulic oil of class ISO VG 46.</mark> The tank holds 38 litres. <mark>Change the oil")
	require.Contains(t, page, "Check the oil level", "the passage before")
	require.Contains(t, page, "Disposal", "the heading of the passage after")
	require.Contains(t, get(t, h, "/panel?suggestion=sg_oil&source=4"), "Internal – do not send")

	_, err := s.DeleteDocument(t.Context(), ws, "doc-oil")
	require.NoError(t, err)
	page = get(t, h, "/panel/source?suggestion=sg_oil&source=1")
	require.Contains(t, page, "changed or removed")
	require.Contains(t, page, "<mark>Use hydraulic oil", "what was cited is kept")

	session := signIn(t, h)
	require.Equal(t, 404, call(h, "GET", "/panel/source?suggestion=sg_oil&source=5", "", with(session)).Code)
	require.Equal(t, 404, call(h, "GET", "/panel/source?suggestion=sg_oil", "", with(session)).Code)
}

func TestAnEditedMessageLeadsToTheNewSuggestion(t *testing.T) {
	s := openStore(t)
	old := record(t, "sg_old", "Kari", "How much?", plainDraft(suggest.High))
	save(t, s, old)
	newer := old
	newer.ID, newer.EventKey, newer.Created = "sg_new", "key-new", noon.Add(time.Second)
	save(t, s, newer)
	h := handler(t, options(s))
	page := get(t, h, "/panel?suggestion=sg_old")
	require.Contains(t, page, "The customer has edited the message")
	require.Contains(t, page, `href="/panel?suggestion=sg_new&amp;workspace=fjordvik">Show the new one`)
	require.NotContains(t, page, `data-id="sg_old"`, "the list holds what is current")

	require.NoError(t, s.WithdrawSuggestions(t.Context(), ws, "zendesk", newer.Conversation, newer.Message))
	page = get(t, h, "/panel?suggestion=sg_new")
	require.Contains(t, page, "The customer has deleted the message")
	require.NotContains(t, page, "38 litres")
	require.NotContains(t, page, `id="use"`)
}

func TestABodyThatCannotBeReadCostsTheDraftOnly(t *testing.T) {
	o := options(nil)
	o.Store = &still{Store: openStore(t), one: store.Suggestion{ID: "sg_1", Workspace: ws, Customer: "Kari", Question: "How much?", Body: json.RawMessage(`{"asks": 5}`), State: "active", Created: noon}}
	page := get(t, handler(t, o), "/panel?source=1")
	require.Contains(t, page, "The suggestion cannot be read")
	require.Contains(t, page, "How much?")
}

func TestThumbsWithoutAScript(t *testing.T) {
	s := seed(t)
	h := handler(t, options(s))
	form := url.Values{"workspace": {ws}, "suggestion": {"sg_oil"}, "action": {"rejected"}, "reason": {"wrong"}, "comment": {" 83, not 38 "}}
	post := func(change ...func(*http.Request)) int {
		return call(h, "POST", "/panel/outcome", form.Encode(), append(change, header("Content-Type", "application/x-www-form-urlencoded"))...).Code
	}
	session := signIn(t, h)
	require.Equal(t, 403, post(with(session), header("Sec-Fetch-Site", "cross-site")))
	require.Equal(t, 303, post(with(session), header("Sec-Fetch-Site", "same-origin")))
	got, err := s.Outcomes(t.Context(), ws, "sg_oil")
	require.NoError(t, err)
	require.Len(t, got, 1)
	require.Equal(t, "wrong: 83, not 38", got[0].Reason)
	require.Contains(t, get(t, h, "/panel"), "Rejected")

	form.Set("action", "up")
	require.Equal(t, 303, post(with(session), header("Sec-Fetch-Site", "same-origin")))
	page := get(t, h, "/panel")
	require.Contains(t, page, `role="status">Rated good</p>`, "the later verdict holds")
}

func TestAPageForEveryError(t *testing.T) {
	h := handler(t, options(seed(t)))
	session := signIn(t, h)
	for target, want := range map[string]struct {
		status int
		says   string
	}{
		"/panel?suggestion=sg_missing": {404, "Not found"},
		"/panel?workspace=x":           {404, "use one of: fjordvik, nord"},
		"/panel?source=x":              {400, "The address is not right"},
		"/panel?before=x":              {400, "before"},
		"/elsewhere":                   {404, "Back to the suggestions"},
	} {
		w := call(h, "GET", target, "", with(session))
		require.Equal(t, want.status, w.Code, target)
		require.Contains(t, w.Body.String(), want.says, target)
		wellFormed(t, w.Body.String())
	}
}

func TestTheListPagesToOlderSuggestions(t *testing.T) {
	s := openStore(t)
	for i := range 35 {
		r := record(t, ids(i), "Kari", "?", plainDraft(suggest.High))
		r.Created = noon.AddDate(0, 0, i-35)
		save(t, s, r)
	}
	h := handler(t, options(s))
	page := get(t, h, "/panel")
	require.Equal(t, 30, strings.Count(page, `class="item `))
	require.Contains(t, page, `data-id="`+ids(34)+`" data-created`)
	_, rest, ok := strings.Cut(page, `<p class="all"><a href="`)
	require.True(t, ok)
	older, _, _ := strings.Cut(rest, `"`)
	page = get(t, h, html.UnescapeString(older))
	require.Equal(t, 5, strings.Count(page, `class="item `))
}

func FuzzAnyBodyMakesAPage(f *testing.F) {
	for _, s := range []any{oilDraft(), plainDraft(suggest.None), suggest.Suggestion{}} {
		data, err := json.Marshal(s)
		require.NoError(f, err)
		f.Add(data, oilQuestion)
	}
	f.Add([]byte(`{"sentences":[{"citations":[{"number":1,"start":1,"end":2}]}],"evidence":[{"passage":{"text":"åå"}}]}`), "?")
	f.Add([]byte(`{"probability":1e308,"timings":{"total_ms":-1e300}}`), "\xff")
	f.Add([]byte(`null`), "")
	s := &still{Store: openStore(f)}
	h, err := web.New(web.Options{Store: s, Token: config.NewSecret(token), Workspaces: []web.Workspace{{ID: ws}}})
	require.NoError(f, err)
	session := call(h, "GET", "/signin?token="+token, "", anonymous).Result().Cookies()[0]
	f.Fuzz(func(t *testing.T, body []byte, question string) {
		s.one = store.Suggestion{ID: "sg_1", Workspace: ws, Question: question, Customer: question, Body: body, State: "active", Created: noon}
		w := call(h, "GET", "/panel", "", with(session))
		require.Equal(t, 200, w.Code, w.Body.String())
		require.Equal(t, 2, strings.Count(w.Body.String(), "<script"))
		wellFormed(t, w.Body.String())
	})
}

func FuzzSegmentsKeepTheText(f *testing.F) {
	f.Add("Use oil. Change it.", 0, 8, 4, 12)
	f.Add("åäö", 1, 3, 0, 2)
	f.Add("", 0, 0, -1, 5)
	f.Add("ab", 1, 1, 2, 1)
	f.Fuzz(func(t *testing.T, text string, a, b, c, d int) {
		texts, marks := web.Segments(text, [][2]int{{a, b}, {c, d}})
		require.Equal(t, text, strings.Join(texts, ""))
		for i, s := range texts {
			require.NotEmpty(t, s)
			require.False(t, i > 0 && marks[i] == marks[i-1], "neighbours differ")
			require.False(t, utf8.ValidString(text) && !utf8.ValidString(s), "no character is cut")
		}
	})
}

func FuzzClip(f *testing.F) {
	f.Add("Hydraulic oil filter", 9)
	f.Add("åååå", 2)
	f.Add("\xff\xff\xff", 2)
	f.Fuzz(func(t *testing.T, text string, n int) {
		n = min(max(n, 1), 1000)
		for _, got := range []string{web.Clip(text, n), web.ClipLeft(text, n)} {
			require.LessOrEqual(t, utf8.RuneCountInString(got), n)
			if utf8.RuneCountInString(text) <= n {
				require.Equal(t, text, got)
			}
		}
	})
}

var variable = regexp.MustCompile(`--([a-z-]+): (#[0-9a-f]{3,6});`)

// luminance is the relative luminance of WCAG 2.2.
func luminance(t *testing.T, hex string) float64 {
	t.Helper()
	if len(hex) == 4 {
		hex = "#" + strings.Repeat(hex[1:2], 2) + strings.Repeat(hex[2:3], 2) + strings.Repeat(hex[3:4], 2)
	}
	n, err := strconv.ParseUint(hex[1:], 16, 32)
	require.NoError(t, err)
	linear := func(shift int) float64 {
		c := float64(n>>shift&0xff) / 255
		if c <= 0.04045 {
			return c / 12.92
		}
		return math.Pow((c+0.055)/1.055, 2.4)
	}
	return 0.2126*linear(16) + 0.7152*linear(8) + 0.0722*linear(0)
}

func TestColoursCanBeReadInBothThemes(t *testing.T) {
	css, err := os.ReadFile("static/panel.css")
	require.NoError(t, err)
	light, dark, ok := strings.Cut(string(css), "@media (prefers-color-scheme: dark)")
	require.True(t, ok)
	dark, _, _ = strings.Cut(dark, "\n}\n")
	for theme, text := range map[string]string{"light": light, "dark": dark} {
		colours := map[string]string{}
		for _, m := range variable.FindAllStringSubmatch(text, -1) {
			colours[m[1]] = m[2]
		}
		pairs := [][2]string{
			{"text", "surface"},
			{"text", "ground"},
			{"text", "sunken"},
			{"text", "accent-soft"},
			{"text", "low-soft"},
			{"on-accent", "accent"},
			{"on-accent", "accent-strong"},
			{"on-mark", "mark"},
			{"stop", "stop-soft"},
			{"stop", "surface"},
			{"medium", "surface"},
			{"text", "stop-soft"},
			{"muted", "medium-soft"},
		}
		for _, on := range []string{"surface", "ground", "sunken", "accent-soft"} {
			pairs = append(pairs, [2]string{"muted", on}, [2]string{"accent", on})
		}
		for _, flag := range []string{"high", "medium", "low", "none"} {
			pairs = append(pairs, [2]string{flag, flag + "-soft"}, [2]string{flag, "surface"}, [2]string{flag, "accent-soft"}, [2]string{"text", flag + "-soft"})
		}
		for _, p := range pairs {
			a, b := luminance(t, colours[p[0]]), luminance(t, colours[p[1]])
			ratio := (max(a, b) + 0.05) / (min(a, b) + 0.05)
			require.GreaterOrEqual(t, ratio, 4.5, "%s: %s on %s (AA)", theme, p[0], p[1])
		}
	}
}

func TestPanelSaysThatAModelIsWriting(t *testing.T) {
	s := openStore(t)
	fillLibrary(t, s)
	r := record(t, "sg_w", "Kari", "How much oil?", oilDraft())
	r.Pending = true
	save(t, s, r)
	o := options(s)
	page := call(handler(t, o), "GET", "/panel/suggestion?workspace="+ws+"&suggestion=sg_w", "", with(signIn(t, handler(t, o)))).Body.String()
	require.Contains(t, page, `id="writing"`)
	require.Contains(t, page, `id="draft"`, "the quotations are there meanwhile")
	_, err := s.FinishSuggestion(t.Context(), r, false)
	require.NoError(t, err)
	page = call(handler(t, o), "GET", "/panel/suggestion?workspace="+ws+"&suggestion=sg_w", "", with(signIn(t, handler(t, o)))).Body.String()
	require.NotContains(t, page, `id="writing"`)
}

func TestASuggestionThatIsNotActiveSaysSo(t *testing.T) {
	for state, want := range map[string]string{
		"answered": "An agent has replied since the draft was made. It no longer holds.",
		"renamed":  "The suggestion no longer holds.", // a state of a later store
		"":         "The suggestion no longer holds.",
	} {
		s := &still{Store: openStore(t), one: record(t, "sg_1", "Kari", "How much?", plainDraft(suggest.High))}
		s.one.State = state
		o := options(nil)
		o.Store = s
		page := get(t, handler(t, o), "/panel/suggestion?suggestion=sg_1")
		require.Contains(t, page, `<p class="notice">`+want+"</p>", state)
		require.Contains(t, page, "The tank holds 38 litres.", "what the draft said can still be read")
	}
}
