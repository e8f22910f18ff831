package measure_test

import (
	"math"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sufflor/sufflor/index/measure"
)

func TestWrittenScoresFallWithTheRank(t *testing.T) {
	run := measure.Run{
		"q2": {{Document: "a", Score: 2}, {Document: "z", Score: 2}, {Document: "b", Score: 2}, {Document: "c", Score: 1.5}},
		"q1": {{Document: "big", Score: 1e300}, {Document: "close", Score: 1}, {Document: "closer", Score: 1 - 1e-12}, {Document: "zero"}, {Document: "nought"}, {Document: "wrong", Score: 7}, {Document: "far", Score: -1e300}, {Document: "farther", Score: -1e301}},
	}
	path := filepath.Join(t.TempDir(), "x.run")
	require.NoError(t, os.WriteFile(path, []byte("old"), 0o600))
	require.NoError(t, run.WriteFile(path, "tag"))
	left, err := os.ReadDir(filepath.Dir(path))
	require.NoError(t, err)
	require.Len(t, left, 1, "no half file stays")

	raw, err := os.ReadFile(path)
	require.NoError(t, err)
	text := strings.Split(strings.TrimSpace(string(raw)), "\n")
	require.Len(t, text, 12)
	require.Equal(t, "q2\tQ0\ta\t1\t2\ttag", text[8])
	last := map[string]float32{}
	for _, l := range text {
		p := strings.Split(l, "\t")
		require.Len(t, p, 6)
		score, err := strconv.ParseFloat(p[4], 32) // as trec_eval has it
		require.NoError(t, err)
		require.False(t, math.IsInf(score, 0))
		if p[3] != "1" {
			require.Less(t, float32(score), last[p[0]], l)
		}
		last[p[0]] = float32(score)
	}

	again, err := measure.ReadRun(t.Context(), path)
	require.NoError(t, err)
	for q, found := range run {
		for i, d := range found {
			require.Equal(t, d.Document, again[q][i].Document)
		}
	}
}

func TestReadRunOrdersAsTrecEvalDoes(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x.run")
	require.NoError(t, os.WriteFile(path, []byte("q Q0 low 1 0.5 t\nq Q0 a 2 1e0 t\nq Q0 c 3 1 t\n\nq Q0 b 4 1.0 t\nq Q0 top 5 3 t\n"), 0o600))
	run, err := measure.ReadRun(t.Context(), path)
	require.NoError(t, err)
	require.Equal(t, measure.Run{"q": {{"top", 3}, {"c", 1}, {"b", 1}, {"a", 1}, {"low", .5}}}, run)
}

func TestReadRunNamesWhatIsWrong(t *testing.T) {
	for _, tt := range []struct{ name, text, want string }{
		{"nothing", "", "x.run: the run is empty"},
		{"judgements", "q1\td1\t1\n", "x.run:1: 3 columns; a TREC run has 6"},
		{"a score that is none", "q Q0 d 1 high t\n", `x.run:1: score: "high" is not a number`},
		{"a score that is not a number", "q Q0 d 1 1 t\nq Q0 e 1 NaN t\n", `x.run:2: score: "NaN" is not a number`},
		{"a document twice", "q Q0 d 1 2 t\nq Q0 d 2 1 t\n", `x.run:2: document "d" of question "q" stands in line 1, too`},
		{"no document", "q\tQ0\t\t1\t2\tt\n", "x.run:1: question and document: required"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "x.run")
			require.NoError(t, os.WriteFile(path, []byte(tt.text), 0o600))
			_, err := measure.ReadRun(t.Context(), path)
			require.ErrorContains(t, err, tt.want)
		})
	}
	_, err := measure.ReadRun(t.Context(), filepath.Join(t.TempDir(), "x.run"))
	require.ErrorIs(t, err, os.ErrNotExist)
}

func TestSpacedIDs(t *testing.T) {
	require.Zero(t, measure.Run{"q": {{Document: "d"}}}.Spaced())
	require.Equal(t, 2, measure.Run{"q 1": {{Document: "d 1"}, {Document: "d"}}, "q2": {{Document: "d 1"}}}.Spaced())
}
