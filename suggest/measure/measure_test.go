package measure_test

import (
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sufflor/sufflor/index"
	"github.com/sufflor/sufflor/suggest"
	"github.com/sufflor/sufflor/suggest/measure"
)

func TestHasFact(t *testing.T) {
	for _, tt := range []struct {
		name, text string
		facts      []string
		want       bool
	}{
		{"as written", "Det koster 38 900 kr.", []string{"38 900"}, true},
		{"another separator", "Es kostet 3.390 €.", []string{"3 390"}, true},
		{"a thin space", "Det koster 38\u202f900 kr.", []string{"38 900"}, true},
		{"another number that begins alike", "Det koster 38 9001 kr.", []string{"38 900 kr"}, false},
		{"case", "XY-NK20 passer.", []string{"xy-nk20"}, true},
		{"one of several", "vier Stunden", []string{"4 Stunden", "vier Stunden"}, true},
		{"none", "fünf Stunden", []string{"4 Stunden"}, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			require.Equal(t, tt.want, measure.HasFact(tt.text, tt.facts))
		})
	}
}

func TestRight(t *testing.T) {
	group := []measure.Need{{Doc: "nb/a.md", Quote: "38 Liter  olje"}}
	p := index.Passage{Source: "/x/kb/nb/a.md", Text: "Tanken tar 38 liter\nolje."}
	require.True(t, measure.Right(p, group))
	p.Source = "/x/kb/sv/a.md"
	require.False(t, measure.Right(p, group), "the same words in another document")
	p.Source, p.Text = "nb/a.md", "Tanken tar 39 liter olje."
	require.False(t, measure.Right(p, group))
}

func TestSummarize(t *testing.T) {
	message := func(kind string) measure.Message { return measure.Message{Kind: kind, Language: "nb"} }
	flagged := func(f suggest.Flag) suggest.Suggestion { return suggest.Suggestion{Flag: f} }
	f := measure.Summarize([]measure.Result{
		{Message: message("answerable"), Suggestion: flagged(suggest.High), Groups: 2, Recalled: 1, Reciprocal: 0.5, Facts: 2, Stated: 2, Citations: 2, RightCites: 2},
		{Message: message("answerable"), Suggestion: flagged(suggest.None), Groups: 1, Recalled: 1, Reciprocal: 1, Facts: 2, Stated: 0},
		{Message: message("unanswerable"), Suggestion: flagged(suggest.None)},
		{Message: message("unanswerable"), Suggestion: flagged(suggest.Low), Citations: 2},
		{Message: message("thanks"), Suggestion: flagged(suggest.None)},
	})
	require.InDelta(t, 2.0/3, f.Recall5, 1e-9)
	require.InDelta(t, 0.5, f.MRR10, 1e-9)
	require.InDelta(t, 0.5, f.FactsComplete, 1e-9)
	require.InDelta(t, 0.5, f.FactsStated, 1e-9)
	require.InDelta(t, 0.5, f.CitationPrecision, 1e-9)
	require.InDelta(t, 0.5, f.NoneUnanswerable, 1e-9)
	require.InDelta(t, 0.5, f.NoneAnswerable, 1e-9)
	require.InDelta(t, 1, f.NoneIdle, 1e-9)
	require.InDelta(t, 1, f.HighRight, 1e-9)
	require.Equal(t, map[string]int{"high": 1, "low": 1, "none": 3}, f.Flags)
	require.Zero(t, measure.Summarize(nil).Recall5, "nothing measured is no number")
}

func TestFitLearnsWhatTells(t *testing.T) {
	var examples []measure.Example
	for i := range 200 {
		x := float64(i%10) / 10
		examples = append(examples, measure.Example{Features: map[string]float64{"tells": x, "noise": float64(i%3) / 3}, Right: x > 0.45})
	}
	bias, w, err := measure.Fit(examples, []string{"tells", "noise"}, 0.1)
	require.NoError(t, err)
	require.Greater(t, w["tells"], 3.0)
	require.Less(t, math.Abs(w["noise"]), 1.0)
	score := func(f map[string]float64) float64 { return bias + w["tells"]*f["tells"] + w["noise"]*f["noise"] }
	require.Greater(t, measure.AUROC(examples, score), 0.99)
	_, _, err = measure.Fit(examples[:3], []string{"tells"}, 1)
	require.ErrorContains(t, err, "too few")
}

func TestFitRankingPutsRightOnesFirst(t *testing.T) {
	var choices []measure.Choice
	for i := range 30 {
		c := measure.Choice{}
		for j := range 5 {
			right := j == i%5
			tells := 0.2
			if right {
				tells = 0.6
			}
			c.Features = append(c.Features, map[string]float64{"tells": tells, "noise": float64((i+j)%4) / 4})
			c.Right = append(c.Right, right)
		}
		choices = append(choices, c)
	}
	w := measure.FitRanking(choices, []string{"tells", "noise"}, 1)
	require.InDelta(t, 1, measure.FirstRight(choices, w), 1e-9)
}

func TestLoadNamesFileAndLine(t *testing.T) {
	dir := t.TempDir()
	_, err := measure.Load(dir)
	require.ErrorContains(t, err, "*.jsonl")
	write := func(s string) {
		require.NoError(t, os.WriteFile(filepath.Join(dir, "nb.jsonl"), []byte(s), 0o600))
	}
	write(`{"id": "a", "text": "x"}` + "\n\n" + `{"id": "a"}`)
	_, err = measure.Load(dir)
	require.ErrorContains(t, err, "nb.jsonl:3")
	write(`{"id": "a", "txt": "x"}`)
	_, err = measure.Load(dir)
	require.ErrorContains(t, err, "txt")
}

// The repository's own messages keep to their description.
func TestOurMessages(t *testing.T) {
	all, err := measure.Load(filepath.Join("..", "..", "testdata", "eval"))
	require.NoError(t, err)
	require.GreaterOrEqual(t, len(all), 200)
	split := map[string]int{}
	for _, m := range all {
		split[m.Split]++
		require.Contains(t, []string{"nb", "sv", "da", "fi", "de", "en"}, m.Language, m.ID)
		require.True(t, strings.HasPrefix(m.ID, m.Language), m.ID)
		require.Contains(t, []string{"answerable", "partly", "unanswerable", "thanks", "greeting", "offtopic"}, m.Kind, m.ID)
		for _, q := range m.Questions {
			require.Equal(t, q.Answerable, len(q.Needs) > 0, m.ID)
			for _, group := range q.Needs {
				for _, n := range group {
					require.FileExists(t, filepath.Join("..", "..", "testdata", "kb", n.Doc), m.ID)
				}
			}
		}
	}
	require.Len(t, split, 2)
	require.InDelta(t, float64(len(all))/3, split["test"], 10, "a third is held back")
}
