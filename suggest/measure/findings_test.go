package measure_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sufflor/sufflor/index"
	"github.com/sufflor/sufflor/suggest"
	"github.com/sufflor/sufflor/suggest/measure"
)

// quoter drafts by quoting the whole first passage of a context, with a
// probability that falls from item to item. Every fourth draft is withheld.
type quoter struct{ better bool }

func (q quoter) Explain(_ context.Context, d *measure.Dataset, i int) (suggest.Suggestion, suggest.Trace, error) {
	it := d.Items[i]
	p := index.Passage{ID: it.ID + "/0", Document: it.ID + "#1", Source: it.ID + "#1", Title: "About " + it.ID, Text: strings.Join(it.Context[:min(1, len(it.Context))], "")}
	s := suggest.Suggestion{
		Language: it.Language, Flag: suggest.Medium, Probability: 0.9 - 0.1*float64(i), Asks: []suggest.Ask{{Text: it.Request.Text, Answered: true}},
		Sentences: []suggest.Sentence{
			{Kind: suggest.Frame, Text: "Hi"},
			{Kind: suggest.Fact, Text: p.Text, Break: "\n\n", Citations: []suggest.Citation{{Number: 1, Passage: p.ID}}},
		},
		Evidence: []suggest.Evidence{{Passage: p, Cited: true}},
		Reasons:  []suggest.Reason{{Code: "likely", Text: "It <probably> answers."}},
		Timings:  suggest.Timings{Understand: 0.25, Retrieve: 1 + float64(i), Write: 2, Check: 0.5, Total: 3.75 + float64(i)},
		Versions: suggest.Versions{Writer: "quoter-1"},
	}
	switch {
	case i == 0 || q.better:
		s.Flag = suggest.High
	case i%4 == 3:
		s.Flag, s.Sentences = suggest.None, nil
	case i > 3:
		s.Flag = suggest.Low
		s.Degraded = []string{"votes"}
	}
	quote := suggest.Answer{Sentences: []suggest.Quote{{Text: p.Text, Passage: p.ID}}}
	return s, suggest.Trace{Found: [][]suggest.Scored{{{Passage: p}}}, Answers: []suggest.Answer{quote}}, nil
}

func tiny(t *testing.T, q quoter) *measure.Findings {
	t.Helper()
	sets, err := measure.OpenDatasets(t.Context(), filepath.Join("testdata", "tiny"), measure.DatasetOptions{})
	require.NoError(t, err)
	require.Len(t, sets, 1)
	f := measure.NewFindings(measure.Setup{Name: "quoter", Writer: "quoter", Versions: suggest.Versions{Writer: "quoter-1"}, Graders: []string{"overlap"}})
	outcomes, err := measure.Bench{Explain: q.Explain, Graders: []measure.NamedGrader{{Name: "overlap", Grader: measure.Overlap{}}}}.Run(t.Context(), sets[0])
	require.NoError(t, err)
	f.Add(sets[0], 6, outcomes)
	return f
}

// golden compares with a file; UPDATE_GOLDEN=1 rewrites it; read the diff.
func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if os.Getenv("UPDATE_GOLDEN") != "" {
		require.NoError(t, os.WriteFile(path, got, 0o600))
	}
	want, err := os.ReadFile(path)
	require.NoError(t, err, "run UPDATE_GOLDEN=1 go test ./suggest/measure and read the diff")
	require.Equal(t, string(want), string(got))
}

func htmlOf(t *testing.T, f *measure.Findings, misses int) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "report.html")
	require.NoError(t, f.WriteHTML(path, misses))
	page, err := os.ReadFile(path)
	require.NoError(t, err)
	return string(page)
}

func TestGolden(t *testing.T) {
	f := tiny(t, quoter{})
	require.NoError(t, f.CompareWith(tiny(t, quoter{better: true})))
	raw, err := json.MarshalIndent(f.Bare(), "", "  ")
	require.NoError(t, err)
	golden(t, "tiny.golden.json", append(raw, '\n'))
	golden(t, "tiny.golden.html", []byte(htmlOf(t, f, 3)))
	var text bytes.Buffer
	require.NoError(t, f.Write(&text))
	golden(t, "tiny.golden.md", text.Bytes())
}

func TestFiguresOfTheTinySet(t *testing.T) {
	s := tiny(t, quoter{}).Sets[0]
	value := func(key string) float64 {
		e, ok := s.Measures[key]
		require.True(t, ok, key)
		return float64(e.Value)
	}
	require.Equal(t, 8, s.Items)
	require.InDelta(t, 5./6, value("drafted"), 1e-9, "the fourth is withheld, two are responses")
	require.InDelta(t, .25, value("none_answerable"), 1e-9)
	require.InDelta(t, 0, value("none_unanswerable"), 1e-9)
	// F of 2 of 5 and 2 of 2 words; the second reference as it stands; none; "rinse
	// … with water … dry it" 5 of 7 and 5 of 7.
	rouge := (2*.4/1.4 + 1 + 0 + 5./7) / 4
	require.InDelta(t, rouge, value("rouge_l"), 1e-9)
	require.Greater(t, value("writer_rouge_l"), rouge, "the withheld one counts")
	require.InDelta(t, 1, value("cited_sentences"), 1e-9)
	require.InDelta(t, 0, value("unsupported_overlap"), 1e-9, "a quote says what its source says")
	require.InDelta(t, 1, value("grounded_overlap_auroc"), 1e-9)
	require.InDelta(t, 1, value("flag_high_precision"), 1e-9)
	require.InDelta(t, 1./6, value("flag_high_coverage"), 1e-9)
	// Right: .9 .8 .6 .4; wrong: .7 .5. Pairs won: .9 .8 both, .6 one, .4 none.
	require.InDelta(t, 5./8, value("flag_auroc"), 1e-9)
	require.InDelta(t, 5./8, value("answerable_auroc"), 1e-9)
	require.Equal(t, map[string]int{"votes": 2}, s.Degraded)
	require.InDelta(t, 5.75, float64(s.Latency["total"].P50), 1e-9)
	require.InDelta(t, 8.75, float64(s.Latency["total"].P99), 1e-9)
	require.Contains(t, s.Notes, "fields that are not used: model")
	require.Equal(t, 3, s.Languages["nb"].Items)
	for key := range s.Measures {
		require.NotContains(t, key, " ", "keys are names")
	}
}

func TestTheReportIsSafeAndSelfContained(t *testing.T) {
	page := htmlOf(t, tiny(t, quoter{}), 10)
	require.Contains(t, page, "&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt; What does freight cost &amp; when")
	require.Contains(t, page, "It &lt;probably&gt; answers.")
	for _, out := range []string{"<script", "http://", "https://", "url(", "@import", "<link", "<img", "NaN", "Inf", "%!", "ZgotmplZ"} {
		require.NotContains(t, page, out)
	}
	require.Contains(t, page, "prefers-color-scheme: dark")
	require.Contains(t, page, "@media print")
	require.Contains(t, page, `content="default-src 'none'; style-src 'unsafe-inline'"`)
	require.Contains(t, page, "drafted, and nothing answers it")
	require.Contains(t, page, "withheld, and would have been right")
	require.NotContains(t, htmlOf(t, tiny(t, quoter{}), 0), "What does freight cost", "texts only when asked for")
}

func TestTheTestSplitShowsNoTexts(t *testing.T) {
	f := tiny(t, quoter{})
	f.Sets[0].Split = measure.Test
	page := htmlOf(t, f, 100)
	require.Contains(t, page, "Test split: no texts are shown.")
	require.NotContains(t, page, "freight")
	path := filepath.Join(t.TempDir(), "x.run")
	require.NoError(t, f.WriteRun(path))
	run, err := os.ReadFile(path)
	require.NoError(t, err)
	require.NotContains(t, string(run), "reight")
	require.Contains(t, string(run), `"rouge_l"`)
	raw, err := json.Marshal(f.Bare())
	require.NoError(t, err)
	require.NotContains(t, string(raw), "reight")
}

func TestSavedRunsComeBack(t *testing.T) {
	dir := t.TempDir()
	f := tiny(t, quoter{})
	report, run := filepath.Join(dir, "a.json"), filepath.Join(dir, "a.jsonl")
	raw, err := json.Marshal(f.Bare())
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(report, raw, 0o600))
	require.NoError(t, f.WriteRun(run))
	text, err := os.ReadFile(run)
	require.NoError(t, err)
	require.Contains(t, string(text), "What does freight cost", "dev texts are in runs")
	for _, path := range []string{report, run} {
		saved, err := measure.ReadSaved(t.Context(), path)
		require.NoError(t, err)
		require.Len(t, saved.Sets[0].Outcomes, 8)
		saved.Again()
		require.InDelta(t, float64(f.Sets[0].Measures["rouge_l"].Value), float64(saved.Sets[0].Measures["rouge_l"].Value), 1e-6)
		require.InDelta(t, float64(f.Sets[0].Measures["flag_ece"].Value), float64(saved.Sets[0].Measures["flag_ece"].Value), 1e-6)
		again := tiny(t, quoter{})
		require.NoError(t, again.CompareWith(saved))
		for key, d := range again.Compare[0].Measures {
			require.InDelta(t, 0, float64(d.Difference), 1e-6, key)
			if !math.IsNaN(float64(d.P)) {
				require.InDelta(t, 1, float64(d.P), 0, key)
			}
		}
	}
	for name, content := range map[string]string{
		"other.json":     `{"sets": []}`,
		"text.json":      `hello`,
		"empty.json":     ``,
		"none.json":      `{"format": "sufflor-eval-drafts", "version": 1, "sets": []}`,
		"newer.json":     `{"format": "sufflor-eval-drafts", "version": 2}`,
		"twice.jsonl":    `{"format": "sufflor-eval-run", "version": 1}` + "\n" + `{"set": "a", "id": "1"}` + "\n" + `{"set": "a", "id": "1"}`,
		"broken.jsonl":   `{"format": "sufflor-eval-run", "version": 1}` + "\n" + `{"set": 1}`,
		"without.jsonl":  `{"format": "sufflor-eval-run", "version": 1}` + "\n" + `{"set": "a"}`,
		"nulls.json":     `{"format": "sufflor-eval-drafts", "version": 1, "sets": [{"name": "a", "outcomes": [null]}]}`,
		"wrongtype.json": `{"format": "sufflor-eval-drafts", "version": 1, "sets": 3}`,
	} {
		path := filepath.Join(dir, name)
		require.NoError(t, os.WriteFile(path, []byte(content), 0o600))
		_, err := measure.ReadSaved(t.Context(), path)
		require.ErrorContains(t, err, name)
	}
	_, err = measure.ReadSaved(t.Context(), dir)
	require.ErrorContains(t, err, "no file")
}

// many is findings of n items, each with a score and a probability.
func many(n int, score func(i int) float64, right func(i int) bool) *measure.Findings {
	f := measure.NewFindings(measure.Setup{Name: "made"})
	var outcomes []*measure.Outcome
	for i := range n {
		r, v := right(i), score(i)
		o := &measure.Outcome{
			ID: fmt.Sprint(i), Group: fmt.Sprint(i), Flag: "medium", Probability: measure.Number(v), Right: &r,
			Scores: map[string]float64{}, Steps: map[string]float64{"total": float64(i)},
		}
		if !math.IsNaN(v) {
			o.Scores["rouge_l"] = v
		}
		outcomes = append(outcomes, o)
	}
	f.Add(&measure.Dataset{Name: "made", Form: measure.JSONL}, 0, outcomes)
	return f
}

func TestCompareFindsWhatDiffersAndOnlyThat(t *testing.T) {
	right := func(i int) bool { return i%3 > 0 }
	noise := func(i int) float64 { return float64(i*37%100) / 100 }
	a := many(120, func(i int) float64 {
		if right(i) {
			return .5 + noise(i)/2
		}
		return noise(i) / 2
	}, right)
	b := many(120, noise, right)
	require.NoError(t, a.CompareWith(b))
	c := a.Compare[0]
	require.Equal(t, "this", c.This)
	require.Equal(t, 120, c.Items)
	auroc := c.Measures["flag_auroc"]
	require.InDelta(t, 1, float64(auroc.This), 1e-9)
	require.Less(t, float64(auroc.Holm), .05)
	require.Positive(t, float64(auroc.Low))
	require.False(t, auroc.Effect.Known(), "a figure of the set has no deviation")
	require.Greater(t, float64(c.Measures["flag_medium_precision"].P), .9, "all are medium in both")
	for key, d := range c.Measures {
		if d.P.Known() {
			require.GreaterOrEqual(t, float64(d.Holm), float64(d.P), key)
		}
	}
	page := htmlOf(t, a, 0)
	require.Regexp(t, `class="better">&#43;0\.\d{3} better`, page)

	// Items that one lacks do not count.
	part := many(60, noise, right)
	require.NoError(t, part.CompareWith(b))
	require.Equal(t, 60, part.Compare[0].Items)
	require.Equal(t, 60, part.Compare[0].OnlyOther)

	other := many(10, noise, right)
	other.Sets[0].Name = "another"
	require.ErrorContains(t, other.CompareWith(b), "no set in common")
	other.Sets[0].Name = "made"
	for _, o := range other.Sets[0].Outcomes {
		o.ID += "x"
	}
	require.ErrorContains(t, other.CompareWith(b), "no item in common")
}

// Plots of hardly anything: they are there, or say why not, and no number in
// them is broken.
func TestPlotsOfHardlyAnything(t *testing.T) {
	yes, no := func(int) bool { return true }, func(int) bool { return false }
	for _, tt := range []struct {
		name   string
		f      *measure.Findings
		wanted []string
	}{
		{"nothing", many(0, nil, nil), nil},
		{"one item", many(1, func(int) float64 { return .5 }, yes), []string{"<svg", "all have the same probability"}},
		{"one bin", many(40, func(int) float64 { return .25 }, no), []string{"<svg", "40 drafts, mean probability 0.250, right 0.000"}},
		{"all at the ends", many(40, func(i int) float64 { return float64(i % 2) }, yes), []string{"<svg"}},
		{"probabilities that are none", many(5, func(int) float64 { return math.NaN() }, yes), nil},
		{"beyond the ends", many(5, func(i int) float64 { return float64(i)*3 - 4 }, yes), []string{"<svg"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			page := htmlOf(t, tt.f, 5)
			for _, w := range tt.wanted {
				require.Contains(t, page, w)
			}
			require.NotRegexp(t, regexp.MustCompile(`NaN|Inf|%!`), page)
			for _, v := range regexp.MustCompile(` (?:x|y|x1|y1|x2|y2|cx|cy|width|height)="(-[^"]*)"`).FindAllString(page, -1) {
				t.Errorf("outside of the picture: %s", v)
			}
			_, err := json.Marshal(tt.f.Bare())
			require.NoError(t, err, "what is unknown is null")
			var out bytes.Buffer
			require.NoError(t, tt.f.Write(&out))
			require.NotContains(t, out.String(), "NaN")
		})
	}
}

func TestNumbersThatAreUnknown(t *testing.T) {
	raw, err := json.Marshal([]measure.Number{measure.Number(math.NaN()), measure.Number(math.Inf(1)), .1234567, -1e-9})
	require.NoError(t, err)
	require.Equal(t, `[null,null,0.123457,0]`, string(raw))
	var back []measure.Number
	require.NoError(t, json.Unmarshal(raw, &back))
	require.False(t, back[0].Known())
	require.InDelta(t, .123457, float64(back[2]), 1e-12)
}
