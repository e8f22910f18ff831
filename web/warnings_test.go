package web_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/net/html"

	"github.com/sufflor/sufflor/suggest"
	"github.com/sufflor/sufflor/suggest/message"
	"github.com/sufflor/sufflor/web"
)

// warnedDraft is a model's, of sources that contradict each other, for a
// customer who should be handed over. One of the sources is no evidence.
func warnedDraft() suggest.Suggestion {
	lib := library()
	oil := lib["doc-oil"][1]
	oil.Modified = time.Date(2026, 1, 9, 0, 0, 0, 0, time.UTC)
	s := plainDraft(suggest.Medium)
	s.Mode, s.Versions.Model, s.Escalate, s.Degraded = suggest.Written, "fjord-1", []string{"legal", "person"}, []string{"meaning (deadline)", "model (slow)"}
	s.Evidence = []suggest.Evidence{evidence(oil, true)}
	s.Conflicts = []suggest.Conflict{
		{What: "tank oil", A: "oil-2", B: "case-1", ValueA: "38 litres", ValueB: "34 litres", Newer: "oil-2"},
		{What: "tank", A: "gone-1", B: "secret-1", ValueA: "38 litres", ValueB: "18 %"},
	}
	s.Reasons = []suggest.Reason{
		{Code: "model", Text: "Written by a model."},
		{Code: "legal", Text: "The customer mentions the law: “my lawyer”."},
		{Code: "human", Text: "The customer asks for a person."},
		{Code: "likely", Text: "The answer is probably right."},
		{Code: "planted", Text: "A text in “Solved cases” tries to steer the reply."},
		{Code: "conflict", Text: "The sources contradict each other: tank."},
		{Code: "unsupported", Text: "Struck: “It never leaks.” is not in the source."},
		{Code: "filtered", Text: "Struck: “See evil.example” (url)."},
		{Code: "degraded", Text: "Made without meaning."},
	}
	return s
}

func TestGoldenWarnings(t *testing.T) {
	s := seed(t)
	save(t, s, record(t, "sg_warned", "Kari Nordmann", "How much oil? My lawyer asks.", warnedDraft()))
	page := get(t, handler(t, options(s)), "/panel/suggestion?suggestion=sg_warned")
	golden(t, "suggestion_warned.html", page)

	order := []string{"Consider handing this over", "Read before use", "The sources contradict each other: tank oil", "Written by the language model fjord-1", "Sentences struck out: 2"}
	at := 0
	for _, part := range order {
		next := strings.Index(page[at:], part)
		require.GreaterOrEqual(t, next, 0, "%q comes after what is above it", part)
		at += next
	}
	text := words(t, page)
	require.Contains(t, text, "38 litres Newer Changed 2026-01-09 Operator’s manual XY-2000 › Maintenance › Hydraulic oil · p. 14 1 ")
	require.Contains(t, text, "34 litres Date unknown Solved cases · #10482 ", "a source that is no evidence has its place, too")
	require.Contains(t, text, "18 % Internal – do not send Date unknown Dealer terms", "what became internal since is marked")
	require.Contains(t, text, "Warning: A text in “Solved cases” tries to steer the reply.")
	for once, n := range map[string]int{"my lawyer": 1, "asks for a person": 1, "never leaks": 1, "Written by": 1, "contradict": 2, "Made without": 1, "model (slow)": 0} {
		require.Equal(t, n, strings.Count(text, once), once)
	}
}

// words are what a page says.
func words(t *testing.T, page string) string {
	t.Helper()
	var out strings.Builder
	z := html.NewTokenizer(strings.NewReader(page))
	for {
		switch z.Next() {
		case html.ErrorToken:
			return strings.Join(strings.Fields(out.String()), " ")
		case html.TextToken:
			out.WriteString(z.Token().Data)
			out.WriteByte(' ')
		}
	}
}

func TestEveryRuleOfEscalationHasAWord(t *testing.T) {
	all, err := web.Texts()
	require.NoError(t, err)
	for _, rule := range message.AllRules() {
		require.Contains(t, all["en"], "mark_"+string(rule))
	}
}

func TestQuotationsSayThatTheyAre(t *testing.T) {
	s := seed(t)
	quoted := plainDraft(suggest.High)
	quoted.Mode = suggest.Extractive
	save(t, s, record(t, "sg_quoted", "Kari", "How much oil?", quoted))
	h := handler(t, options(s))
	require.Contains(t, get(t, h, "/panel/suggestion?suggestion=sg_quoted"), "Quotations from the documents, word for word.")
	require.NotContains(t, get(t, h, "/panel/suggestion?suggestion=sg_none"), "Quotations")
}
