package measure_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/sufflor/sufflor/index"
	"github.com/sufflor/sufflor/index/measure"
)

// local is an index of our own, gone after the test.
func local(t *testing.T) *index.Local {
	t.Helper()
	x, err := index.Open(t.Context(), t.TempDir(), index.Options{})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, x.Close()) })
	return x
}

// The ranking of our own small set. UPDATE_GOLDEN=1 rewrites it; read the diff.
func TestGolden(t *testing.T) {
	s, err := measure.Open(t.Context(), filepath.Join("testdata", "tiny"), measure.Options{})
	require.NoError(t, err)
	trial, err := measure.Bench{Index: local(t), Limit: 100}.Try(t.Context(), s)
	require.NoError(t, err)
	rep := measure.NewReport("lexical", 100, false)
	rep.Add(trial, measure.Other{})
	rep.Finish()
	var got bytes.Buffer
	require.NoError(t, rep.Write(&got))
	fmt.Fprintln(&got)
	for _, q := range slices.Sorted(maps.Keys(trial.Run)) {
		fmt.Fprintf(&got, "%s:", q)
		for _, d := range trial.Run[q][:min(3, len(trial.Run[q]))] {
			fmt.Fprintf(&got, " %s", d.Document)
		}
		fmt.Fprintln(&got)
	}
	path := filepath.Join("testdata", "tiny.golden")
	if os.Getenv("UPDATE_GOLDEN") != "" {
		require.NoError(t, os.WriteFile(path, got.Bytes(), 0o600))
	}
	want, err := os.ReadFile(path)
	require.NoError(t, err, "run UPDATE_GOLDEN=1 go test ./index/measure and read the diff")
	require.Equal(t, string(want), got.String())
}

func TestOddQuestionsAreAnsweredOrCounted(t *testing.T) {
	long := strings.Repeat("one two three four five six seven ", 3000) // 100 kB
	s, err := measure.Open(t.Context(), files(t, "set_en", map[string]string{
		"queries.jsonl": `{"_id": "q1", "text": "😀😀"}` + "\n" + `{"_id": "q2", "text": "` + long + `"}` + "\n" + `{"_id": "q3", "text": "  "}` + "\n" +
			`{"_id": "q4", "text": "'; DROP TABLE x; -- <script>\u0000\u202e"}` + "\n",
		"qrels/test.tsv": "q1\td1\t1\nq2\td2\t1\nq3\td1\t1\nq4\td1\t1\n",
	}), measure.Options{})
	require.NoError(t, err)
	trial, err := measure.Bench{Index: local(t), Limit: 10}.Try(t.Context(), s)
	require.NoError(t, err)
	require.Len(t, trial.Took, 4)
	require.NotEmpty(t, trial.Run["q2"])
	rep := measure.NewReport("lexical", 10, false)
	rep.Add(trial, measure.Other{})
	require.Equal(t, 3, rep.Sets[0].Unanswered)
	require.Equal(t, 4, rep.Sets[0].Questions)
	require.InDelta(t, .25, rep.Sets[0].Figures["recall@10"], 1e-12)
}

// crowd is an index in which the passages of one document come first.
type crowd struct{ asked []int }

func (c *crowd) Apply(context.Context, index.Batch) error { return nil }

func (c *crowd) Search(_ context.Context, q index.Query) (index.Result, error) {
	c.asked = append(c.asked, q.Limit)
	var all []index.Hit
	for i := range 7 {
		all = append(all, index.Hit{ID: fmt.Sprint("d1/", i), Document: "d1", Score: float64(20 - i)})
	}
	all = append(all, index.Hit{ID: "d2/0", Document: "d2", Score: 2}, index.Hit{ID: "d3/0", Document: "d3", Score: 1})
	return index.Result{Hits: all[:min(q.Limit, len(all))], Degraded: []string{"vectors"}}, nil
}

func TestADocumentCountsWithItsBestPassage(t *testing.T) {
	s, err := measure.Open(t.Context(), files(t, "set_en", nil), measure.Options{})
	require.NoError(t, err)
	x := &crowd{}
	a, err := measure.Bench{Index: x, Limit: 2}.Ask(t.Context(), s)
	require.NoError(t, err)
	require.Equal(t, []measure.Ranked{{"d1", 20}, {"d2", 2}}, a.Run["q1"])
	require.Equal(t, []int{2, 4, 8}, x.asked[:3])
	require.Equal(t, map[string]int{"vectors": 2}, a.Degraded)

	a, err = measure.Bench{Index: &crowd{}, Limit: 100}.Ask(t.Context(), s)
	require.NoError(t, err)
	require.Len(t, a.Run["q1"], 3, "the search ends when there is no more")
}

func TestCutMakesThePassages(t *testing.T) {
	s, err := measure.Open(t.Context(), files(t, "set_en", nil), measure.Options{})
	require.NoError(t, err)
	cut := func(_ context.Context, workspace string, d measure.Document) ([]index.Passage, error) {
		var out []index.Passage
		for i := range 3 {
			out = append(out, index.Passage{ID: fmt.Sprint(d.ID, i), Workspace: workspace, Audience: index.Public, Document: d.ID, Text: d.Text})
		}
		return out, nil
	}
	var steps []string
	b := measure.Bench{Index: local(t), Limit: 10, Cut: cut, Progress: func(step string, done, total int) {
		steps = append(steps, fmt.Sprintf("%s %d/%d", step, done, total))
	}}
	trial, err := b.Try(t.Context(), s)
	require.NoError(t, err)
	require.Equal(t, 6, trial.Passages)
	require.Equal(t, []string{"indexing set_en 2/2", "asking set_en 1/2", "asking set_en 2/2"}, steps)
	require.Len(t, trial.Run["q1"], 1)

	b.Cut = func(context.Context, string, measure.Document) ([]index.Passage, error) { return nil, errTooLong }
	_, err = b.Try(t.Context(), s)
	require.ErrorIs(t, err, errTooLong)
	require.ErrorContains(t, err, `document "d1"`)
}

var errTooLong = errors.New("too long")

func TestReportComparesAndAverages(t *testing.T) {
	rep := measure.NewReport("lexical", 100, false)
	for i, name := range []string{"a_nb", "b_en"} {
		s, err := measure.Open(t.Context(), files(t, name, nil), measure.Options{})
		require.NoError(t, err)
		run := measure.Run{"q1": {{"d1", 1}}, "q2": {{"d1", 2}, {"d2", 1}}}
		if i == 1 {
			run = measure.Run{"q1": {{"d1", 1}}}
		}
		rep.Add(measure.Trial{Set: s, Passages: 2, Indexing: time.Millisecond, Answers: measure.Answers{Run: run, Took: []time.Duration{1e6, 2e6}}},
			measure.Other{Name: "old.run", Run: measure.Run{"q1": {{"d1", 1}}, "q7": {{"d1", 1}}}})
	}
	rep.Finish()
	a, b := rep.Sets[0], rep.Sets[1]
	require.InDelta(t, .75, a.Figures["MRR@10"], 1e-12, "(1 + 1/2) / 2")
	require.InDelta(t, .5, b.Figures["MRR@10"], 1e-12, "one question found nothing")
	require.Equal(t, 1, b.Unanswered)
	require.InDelta(t, .5, a.Compare.Figures["MRR@10"], 1e-12)
	require.InDelta(t, .25, a.Compare.Difference["MRR@10"], 1e-12)
	require.InDelta(t, 1, a.Compare.P["MRR@10"], 1e-12, "one question that differs tells nothing")
	require.Len(t, a.Compare.P, 3)
	require.Equal(t, 1, a.Compare.Ignored)
	require.InDelta(t, 2000, a.Speed.Passages, 1e-6)
	require.InDelta(t, 2, a.Speed.P95, 1e-9)
	require.Equal(t, 4, rep.Mean.Questions)
	require.InDelta(t, .625, rep.Mean.Figures["MRR@10"], 1e-12)
	require.InDelta(t, .5, rep.Mean.Other["MRR@10"], 1e-12)
	require.InDelta(t, .75, rep.Mean.Languages["nb"].Figures["MRR@10"], 1e-12)
	require.Nil(t, a.Languages, "all its questions are in one language")

	var out bytes.Buffer
	require.NoError(t, rep.Write(&out))
	require.Regexp(t, `\| mean of 2 sets +\| 4 +\|`, out.String())
	require.Regexp(t, `\| +\| difference +\| \+0\.\d{3} +\| \+0\.250`, out.String())
	require.Contains(t, out.String(), "a_nb: questions of the compared run without a relevant document, ignored: 1\n")
	require.Contains(t, out.String(), "b_en: questions that found nothing, counted 0: 1\n")
	out.Reset()
	require.NoError(t, rep.WriteSpeed(&out))
	require.Regexp(t, `\| a_nb +\| 2 +\| 2 +\| 2000 `, out.String())
}
