package measure_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sufflor/sufflor/index"
	"github.com/sufflor/sufflor/index/measure"
)

// judged is two families of sets in which what is relevant has more of Alike,
// and less of Window, than what is not.
func judged() []measure.Judged {
	var out []measure.Judged
	for _, set := range []string{"a_nb", "a_sv", "b"} {
		for i := range 20 {
			noise := float64(i%5) / 10
			out = append(out, measure.Judged{Set: set, Found: []measure.Candidate{
				{Features: index.Features{Text: noise, Alike: 0.2, Window: 0.5, Length: 3}},
				{Features: index.Features{Text: 0.2, Alike: 0.6, Window: 0.2, Length: 3}, Relevant: true},
				{Features: index.Features{Text: 0.4 - noise, Alike: 0.1, Window: 0.9, Length: 3}},
			}})
		}
	}
	return out
}

func TestFitLearnsWhatTellsRelevantPassages(t *testing.T) {
	t.Parallel()
	w := measure.Fit(judged())
	require.Positive(t, w.Alike)
	require.Negative(t, w.Window)
	require.Zero(t, w.Length, "it is the same everywhere")
	require.Zero(t, w.Question)
	for set, score := range measure.LeftOut(judged()) {
		require.InDelta(t, 1, score, 1e-9, set)
	}
	require.Len(t, measure.LeftOut(judged()), 3)
	require.Equal(t, w, measure.Fit(judged()), "the same each time")
}

func TestFitWithNothingToLearnFrom(t *testing.T) {
	t.Parallel()
	require.Zero(t, measure.Fit(nil))
	require.Zero(t, measure.Fit([]measure.Judged{{Set: "a", Found: []measure.Candidate{{Features: index.Features{Text: 1}}}}}))
	require.Empty(t, measure.LeftOut(nil))
}

func TestJudgedComeBackFromTheirFile(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "judged.jsonl")
	require.NoError(t, measure.WriteJudged(path, judged()))
	got, err := measure.ReadJudged(t.Context(), path)
	require.NoError(t, err)
	require.Equal(t, judged(), got)

	require.NoError(t, os.WriteFile(path, []byte("{\"set\":\"a\",\"found\":[{}]}\n{\"set\":1}\n"), 0o600))
	_, err = measure.ReadJudged(t.Context(), path)
	require.ErrorContains(t, err, "judged.jsonl:2")
	require.NoError(t, os.WriteFile(path, []byte("{\"set\":\"a\"}\n"), 0o600))
	_, err = measure.ReadJudged(t.Context(), path)
	require.ErrorContains(t, err, "found is missing")
}
