package measure_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode"

	"github.com/stretchr/testify/require"

	"github.com/sufflor/sufflor/index"
	retrieval "github.com/sufflor/sufflor/index/measure"
	"github.com/sufflor/sufflor/suggest"
	"github.com/sufflor/sufflor/suggest/measure"
)

// write makes files in a folder and returns it.
func write(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, content := range files {
		path := filepath.Join(dir, name)
		require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o755))
		require.NoError(t, os.WriteFile(path, []byte(content), 0o600))
	}
	return dir
}

func TestItemsAreReadStrictly(t *testing.T) {
	for _, tt := range []struct{ name, line, want string }{
		{"no JSON", `hello`, "not a JSON object"},
		{"no object", `[1]`, "not a JSON object"},
		{"no id", `{"question": "x"}`, "id: required"},
		{"empty id", `{"id": "", "question": "x"}`, "id: required"},
		{"an id that is none", `{"id": {}, "question": "x"}`, "id: must be a text or a number"},
		{"an id with a line break", `{"id": "a\nb", "question": "x"}`, "control characters"},
		{"no question", `{"id": 1}`, "question: required"},
		{"a blank question", `{"id": 1, "question": " "}`, "question: required"},
		{"two questions", `{"id": 1, "question": "x", "text": "y"}`, "question and text: are the same"},
		{"two answers", `{"id": 1, "question": "x", "answer": "y", "answers": ["z"]}`, "answer and answers: are the same"},
		{"a question that is no text", `{"id": 1, "question": 3}`, "question: 3 is not a text"},
		{"an answer that is no text", `{"id": 1, "question": "x", "answer": 3}`, "answer: 3 is neither a text nor a list"},
		{"a context that is no text", `{"id": 1, "question": "x", "context": [{"text": "y"}]}`, `context: [{"text": "y"}] is neither`},
		{"a language that is none", `{"id": 1, "question": "x", "language": "Norwegian"}`, `language: "Norwegian" is not a language code`},
		{"a label that is none", `{"id": 1, "context": "c", "response": "x", "label": 2}`, "label: 2 is neither 0"},
		{"a label in words", `{"id": 1, "context": "c", "response": "x", "label": "1"}`, `label: "1" is neither 0`},
		{"a label of nothing", `{"id": 1, "question": "x", "label": 1}`, "label: judges a response"},
		{"a label without context", `{"id": 1, "response": "x", "label": 1}`, "by its context"},
		{"a response without measure", `{"id": 1, "question": "x", "response": "y"}`, "nothing to measure it by"},
		{"answerable in words", `{"id": 1, "question": "x", "answerable": "no"}`, "answerable: \"no\" is neither"},
		{"unanswerable with an answer", `{"id": 1, "question": "x", "answerable": false, "answer": "y"}`, "answerable: is false, and there is an answer"},
		{"an id twice", `{"id": "first", "question": "x"}`, `id: "first" stands in line 1, too`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			dir := write(t, map[string]string{"set.jsonl": `{"id": "first", "question": "q", "context": ""}` + "\n\n" + tt.line + "\n"})
			_, err := measure.OpenDatasets(t.Context(), filepath.Join(dir, "set.jsonl"), measure.DatasetOptions{})
			require.ErrorContains(t, err, tt.want)
			require.ErrorContains(t, err, "set.jsonl:3: ")
		})
	}
}

func TestItemsAsSetsHaveThem(t *testing.T) {
	dir := write(t, map[string]string{"faq_nb.jsonl": strings.Join([]string{
		`{"id": 12, "text": "Hva koster det?", "answers": ["38 900 kr", " ", "38900"], "context": ["a", "", "b"], "lang": "nn-NO", "title": "T"}`,
		`{"id": "u", "question": "Selger dere båter?", "answer": "", "answerable": false, "context": "a", "category": 3, "spans": []}`,
		`{"id": "g", "question": "", "context": "a", "response": "b", "label": 1, "answer": null}`,
		`{"id": "d", "question": "Hvor?", "split": "dev"}`,
	}, "\n")})
	sets, err := measure.OpenDatasets(t.Context(), dir, measure.DatasetOptions{})
	require.NoError(t, err)
	require.Len(t, sets, 1)
	d := sets[0]
	require.Equal(t, "faq_nb", d.Name)
	require.Equal(t, []string{"fields that are not used: category, spans"}, d.Notes)
	require.Len(t, d.Items, 4)
	a, u, g := d.Items[0], d.Items[1], d.Items[2]
	require.Equal(t, "12", a.ID)
	require.Equal(t, "nb", a.Language)
	require.Equal(t, []string{"38 900 kr", "38900"}, a.References)
	require.Equal(t, []string{"a", "b"}, a.Context)
	require.True(t, *a.Answerable, "there is an answer")
	require.False(t, *u.Answerable)
	require.Empty(t, u.References)
	require.True(t, *g.Unsupported)
	require.Nil(t, g.Answerable)
	require.True(t, d.Searches(), "the last one has no context")
	require.True(t, d.Brings())
	require.Equal(t, "nb", d.House())

	sets, err = measure.OpenDatasets(t.Context(), dir, measure.DatasetOptions{Split: "train"})
	require.NoError(t, err)
	require.Len(t, sets[0].Items, 3, "what has no split is in every one")
	sets, err = measure.OpenDatasets(t.Context(), dir, measure.DatasetOptions{Limit: 2})
	require.NoError(t, err)
	require.Len(t, sets[0].Items, 2)
}

func TestFieldsThatAreNotUsedAreNamedAndBounded(t *testing.T) {
	var b strings.Builder
	for i := range 3000 {
		fmt.Fprintf(&b, "{\"id\": %d, \"question\": \"x\", \"context\": \"c\", \"a\\u001b[31m%d\": 1}\n", i, i)
	}
	dir := write(t, map[string]string{"set.jsonl": b.String()})
	sets, err := measure.OpenDatasets(t.Context(), dir, measure.DatasetOptions{})
	require.NoError(t, err)
	note := sets[0].Notes[0]
	require.Less(t, len(note), 500)
	require.Contains(t, note, "and 988 more")
	require.NotContains(t, note, "\x1b")
}

func TestATestSplitIsOneByItsFileOrAnItem(t *testing.T) {
	line := `{"id": 1, "question": "x", "context": "c"`
	dir := write(t, map[string]string{"a/test.jsonl": line + "}", "b/dev.jsonl": line + "}", "b/x.jsonl": line + `, "split": "test"}`})
	sets, err := measure.OpenDatasets(t.Context(), filepath.Join(dir, "a"), measure.DatasetOptions{})
	require.NoError(t, err)
	require.Equal(t, measure.Test, sets[0].Split)
	require.Equal(t, "a", sets[0].Name)
	sets, err = measure.OpenDatasets(t.Context(), filepath.Join(dir, "b"), measure.DatasetOptions{})
	require.NoError(t, err)
	require.Equal(t, []string{"b/dev", "dev", "b/x", measure.Test}, []string{sets[0].Name, sets[0].Split, sets[1].Name, sets[1].Split})
}

func TestSetsThatAreNone(t *testing.T) {
	dir := write(t, map[string]string{"empty.jsonl": "\n\n", "notes/README.md": "x", "other/x.jsonl": `{"id": 1, "question": "x", "split": "dev"}`})
	_, err := measure.OpenDatasets(t.Context(), filepath.Join(dir, "empty.jsonl"), measure.DatasetOptions{})
	require.ErrorContains(t, err, "empty.jsonl: no items")
	_, err = measure.OpenDatasets(t.Context(), filepath.Join(dir, "notes"), measure.DatasetOptions{})
	require.ErrorContains(t, err, "no corpus.jsonl in it")
	require.ErrorContains(t, err, "nor a *.jsonl")
	_, err = measure.OpenDatasets(t.Context(), filepath.Join(dir, "nowhere"), measure.DatasetOptions{})
	require.ErrorIs(t, err, os.ErrNotExist)
	_, err = measure.OpenDatasets(t.Context(), filepath.Join(dir, "other"), measure.DatasetOptions{Split: "test"})
	require.ErrorContains(t, err, `no item of the split "test"`)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err = measure.OpenDatasets(ctx, filepath.Join(dir, "other"), measure.DatasetOptions{})
	require.ErrorIs(t, err, context.Canceled)
}

func TestOurMessagesAreASet(t *testing.T) {
	sets, err := measure.OpenDatasets(t.Context(), filepath.Join("..", "..", "testdata", "eval"), measure.DatasetOptions{})
	require.NoError(t, err)
	require.Equal(t, measure.Messages, sets[0].Form)
	require.Equal(t, measure.Test, sets[0].Split)
	one, err := measure.OpenDatasets(t.Context(), filepath.Join("..", "..", "testdata", "eval", "nb.jsonl"), measure.DatasetOptions{Split: "dev", Limit: 3})
	require.NoError(t, err)
	require.Len(t, one[0].Items, 3)
	_, err = measure.OpenDatasets(t.Context(), filepath.Join("..", "..", "testdata", "eval"), measure.DatasetOptions{Split: "train"})
	require.ErrorContains(t, err, `no message of the split "train"`)
}

// Whatever a line holds, what is taken of it is within its bounds.
func FuzzItems(f *testing.F) {
	f.Add([]byte(`{"id": 1, "question": "x", "answer": ["a"], "context": "c", "language": "nn-NO"}`))
	f.Add([]byte(`{"id": "a", "response": "x", "label": 1, "context": ["c", null]}`))
	f.Add([]byte(`{"id": null, "text": 1e9, "answers": {}, "answerable": "x", "split": 3}`))
	f.Add([]byte("{\"id\": \"\u202e\", \"question\": \"\x00\"}"))
	f.Fuzz(func(t *testing.T, raw []byte) {
		it, err := measure.ParseItem(raw)
		if err != nil {
			return
		}
		if it.ID == "" || len(it.ID) > 1024 || strings.ContainsFunc(it.ID, unicode.IsControl) {
			t.Fatalf("took the id %q", it.ID)
		}
		if it.Response == nil && strings.TrimSpace(it.Request.Text) == "" || it.Unsupported != nil && (it.Response == nil || !it.Given) {
			t.Fatalf("took what cannot be measured: %+v", it)
		}
		for _, s := range append(it.References, it.Context...) {
			if strings.TrimSpace(s) == "" {
				t.Fatalf("took a blank text")
			}
		}
	})
}

// local is an index that holds one workspace per test.
func local(t *testing.T) *index.Local {
	t.Helper()
	x, err := index.Open(t.Context(), t.TempDir(), index.Options{})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, x.Close()) })
	return x
}

func whole(_ context.Context, workspace string, d retrieval.Document) ([]index.Passage, error) {
	return []index.Passage{{ID: workspace + "/" + d.ID, Workspace: workspace, Audience: index.Public, Document: d.ID, Title: d.Title, Text: d.Text, Language: d.Language, Kind: index.KindText}}, nil
}

func TestAnItemIsAnsweredFromAllOfItsContextAndNothingElse(t *testing.T) {
	dir := write(t, map[string]string{"set.jsonl": strings.Join([]string{
		`{"id": "a", "question": "freight", "context": ["Freight is free.", "Nothing of that."], "language": "en"}`,
		`{"id": "b", "question": "freight", "context": ["Freight costs 20 euros."], "language": "en"}`,
		`{"id": "c", "question": "freight", "context": [], "language": "en"}`,
		`{"id": "r", "context": ["Freight in a response."], "response": "x", "label": 0}`,
	}, "\n")})
	sets, err := measure.OpenDatasets(t.Context(), filepath.Join(dir, "set.jsonl"), measure.DatasetOptions{})
	require.NoError(t, err)
	x := local(t)
	g := &measure.Given{Searcher: x, Workspace: "given"}
	n, err := g.Fill(t.Context(), sets[0], whole, x)
	require.NoError(t, err)
	require.Equal(t, 3, n, "responses need no passages")
	found := func(i int) (ids []string) {
		g.Only(sets[0], i)
		res, err := g.Search(t.Context(), index.Query{Workspace: "given", Text: "freight", Language: "en", Limit: 10})
		require.NoError(t, err)
		for _, h := range res.Hits {
			ids = append(ids, h.ID)
		}
		return ids
	}
	require.Equal(t, []string{"given/a#1", "given/a#2"}, found(0), "what the search does not find stands at the end")
	require.Equal(t, []string{"given/b#1"}, found(1))
	require.Empty(t, found(2))
	texts, err := g.Passages(t.Context(), "given", []string{"given/b#1", "other"})
	require.NoError(t, err)
	require.Len(t, texts, 1)
	require.Equal(t, "b#1", texts["given/b#1"].Source)
	idf, err := g.IDF(t.Context(), "given", "en", []string{"freight", "cost"})
	require.NoError(t, err)
	require.Less(t, idf["freight"], idf["cost"], "words weigh what they weigh in the set")
}

// quoted is a suggestion that quotes passages.
func quoted(passages ...index.Passage) (suggest.Suggestion, suggest.Trace) {
	s := suggest.Suggestion{Flag: suggest.High, Probability: .9}
	var found []suggest.Scored
	for i, p := range passages {
		s.Sentences = append(s.Sentences, suggest.Sentence{Kind: suggest.Fact, Text: p.Text, Citations: []suggest.Citation{{Number: i + 1, Passage: p.ID}}})
		s.Evidence = append(s.Evidence, suggest.Evidence{Passage: p, Cited: true})
		found = append(found, suggest.Scored{Passage: p})
	}
	return s, suggest.Trace{Found: [][]suggest.Scored{found}}
}

// outcome of one item, whatever it is answered.
func outcome(t *testing.T, it measure.Item, s suggest.Suggestion, trace suggest.Trace) *measure.Outcome {
	t.Helper()
	out, err := measure.Bench{Explain: func(context.Context, *measure.Dataset, int) (suggest.Suggestion, suggest.Trace, error) {
		return s, trace, nil
	}}.
		Run(t.Context(), &measure.Dataset{Items: []measure.Item{it}})
	require.NoError(t, err)
	return out[0]
}

func TestCitationsOfAMessage(t *testing.T) {
	yes := true
	m := measure.Message{ID: "x", Kind: "answerable", Questions: []measure.Question{
		{Answerable: true, Needs: [][]measure.Need{{{Doc: "a.md", Quote: "38 litres"}}}, Facts: [][]string{{"38"}}},
		{Answerable: true, Needs: [][]measure.Need{{{Doc: "b.md", Quote: "two years"}}}, Facts: [][]string{{"two years"}, {"parts"}}},
	}}
	it := measure.Item{ID: "x", Message: &m, Answerable: &yes}
	right := index.Passage{ID: "1", Source: "a.md", Text: "It holds 38 litres."}
	also := index.Passage{ID: "2", Source: "b.md", Text: "It lasts two years."}
	wrong := index.Passage{ID: "3", Source: "c.md", Text: "Parts are sold."}

	s, trace := quoted(right, wrong)
	o := outcome(t, it, s, trace)
	require.InDelta(t, .5, o.Scores["citation_precision"], 1e-9)
	require.InDelta(t, .5, o.Scores["citation_recall"], 1e-9)
	require.InDelta(t, .5, o.Scores["completeness"], 1e-9, "the first question is answered")
	require.InDelta(t, 2./3, o.Scores["facts_stated"], 1e-9)
	require.Zero(t, o.Scores["facts_complete"])
	require.InDelta(t, .5, o.Scores["recall_at_5"], 1e-9)
	require.False(t, *o.Right)

	s, trace = quoted(right, also)
	require.False(t, *outcome(t, it, s, trace).Right, "one fact is not stated")
	also.Text += " Parts, too."
	s, trace = quoted(right, also)
	o = outcome(t, it, s, trace)
	require.True(t, *o.Right)
	require.InDelta(t, 1, o.Scores["citation_recall"], 1e-9)

	// The same, withheld: nothing is drafted, and it would have been right.
	trace.Answers = []suggest.Answer{{Sentences: []suggest.Quote{{Text: right.Text, Passage: "1"}}}, {Sentences: []suggest.Quote{{Text: also.Text, Passage: "2"}}}}
	o = outcome(t, it, suggest.Suggestion{Flag: suggest.None, Probability: .2}, trace)
	require.True(t, *o.Right)
	require.Zero(t, o.Scores["drafted"])
	require.Zero(t, o.Scores["facts_stated"])
	require.NotContains(t, o.Scores, "citation_precision", "nothing is cited")
	require.InDelta(t, 1, o.Scores["none_answerable"], 1e-9)

	m.Kind = "thanks"
	o = outcome(t, it, suggest.Suggestion{Flag: suggest.None}, suggest.Trace{})
	require.InDelta(t, 1, o.Scores["none_idle"], 1e-9)
	require.Nil(t, o.Right, "nothing was asked")
}

func TestQuotesOfJudgedDocuments(t *testing.T) {
	yes := true
	it := measure.Item{ID: "q", Answerable: &yes, Gold: retrieval.Relevance{"d1": 1, "d2": 2}}
	p := func(id, document string) index.Passage { return index.Passage{ID: id, Document: document, Text: id} }
	s, trace := quoted(p("1", "d9"), p("2", "d1"), p("3", "d1"))
	o := outcome(t, it, s, trace)
	require.InDelta(t, 1, o.Scores["quotes_gold"], 1e-9)
	require.InDelta(t, 2./3, o.Scores["citation_precision"], 1e-9)
	require.InDelta(t, .5, o.Scores["citation_recall"], 1e-9)
	require.InDelta(t, .5, o.Scores["mrr_at_10"], 1e-9)
	require.InDelta(t, .5, o.Scores["recall_at_5"], 1e-9)
	require.True(t, *o.Right)
	s, trace = quoted(p("1", "d9"))
	o = outcome(t, it, s, trace)
	require.Zero(t, o.Scores["quotes_gold"])
	require.False(t, *o.Right)
}
