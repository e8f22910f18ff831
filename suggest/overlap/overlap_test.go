package overlap_test

import (
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"

	"github.com/sufflor/sufflor/suggest/overlap"
)

func TestSimilar(t *testing.T) {
	for _, tt := range []struct {
		name, a, b string
		low, high  float64
	}{
		{"the same", "støy", "støy", 1, 1},
		{"a compound holds its first part", "støykrav", "støy", 0.6, 0.9},
		{"a compound holds its last part", "hydraulikkolj", "olj", 0, 0}, // three letters say little
		{"a compound holds its long last part", "lärmnorm", "norm", 0.6, 0.9},
		{"an inflection", "oppgrader", "oppgradering", 0.6, 0.9},
		{"a middle part", "ombyggingssettet", "bygging", 0.5, 0.8},
		{"common beginning only", "garantere", "garantien", 0.3, 0.8},
		{"different words", "kniv", "olje", 0, 0},
		{"short words", "is", "ist", 0, 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got := overlap.Similar(tt.a, tt.b)
			require.InDelta(t, got, overlap.Similar(tt.b, tt.a), 1e-9, "symmetric")
			require.GreaterOrEqual(t, got, tt.low)
			require.LessOrEqual(t, got, tt.high)
		})
	}
}

func TestCoverage(t *testing.T) {
	idf := map[string]float64{}
	q := overlap.Weigh(overlap.Analyze("nb", "Hva koster filteret HF-33?"), idf, 2)
	full := overlap.Analyze("nb", "Filteret HF-33 koster 690 kr.")
	other := overlap.Analyze("nb", "Filteret HF-34 koster 690 kr.")
	require.InDelta(t, 1, q.Coverage(full), 1e-9)
	require.Less(t, q.Coverage(other), 0.8, "another code is another thing")
	require.Contains(t, surfaces(q.Missing(other)), "HF-33")
	require.Empty(t, q.Missing(full))
	require.InDelta(t, 1, overlap.Query{}.Coverage(other), 1e-9, "nothing is covered by anything")
	require.InDelta(t, 1, q.Coverage(other, overlap.Analyze("nb", "HF-33")), 1e-9, "texts count together")
}

func surfaces(terms []overlap.Term) (out []string) {
	for _, t := range terms {
		out = append(out, t.Surface)
	}
	return out
}

func TestAddKeepsTheLargerWeight(t *testing.T) {
	a := overlap.Weigh(overlap.Analyze("en", "noise"), nil, 2)
	b := overlap.Weigh(overlap.Analyze("en", "noise kit"), nil, 4)
	sum := a.Add(b, 0.25)
	require.Len(t, sum.Terms, 2)
	require.InDelta(t, 2+1, sum.Total, 1e-9)
	require.InDelta(t, 2, a.Total, 1e-9, "a is left alone")
}

func TestNovelty(t *testing.T) {
	source := overlap.Analyze("en", "The kit costs EUR 3,390 and takes four hours to install.")
	require.InDelta(t, 0, overlap.Novelty(overlap.Analyze("en", "Installing the kit takes four hours."), nil, 1, source), 0.15)
	require.Greater(t, overlap.Novelty(overlap.Analyze("en", "We offer a discount for schools."), nil, 1, source), 0.9)
	require.Zero(t, overlap.Novelty(overlap.Analyze("en", ""), nil, 1, source))
}

func FuzzSimilar(f *testing.F) {
	f.Add("støykrav", "støy")
	f.Add("é", "e")
	f.Add("\xff\xfe", "åååååå")
	f.Fuzz(func(t *testing.T, a, b string) {
		if !utf8.ValidString(a) || !utf8.ValidString(b) {
			t.Skip()
		}
		got := overlap.Similar(a, b)
		require.GreaterOrEqual(t, got, 0.0)
		require.LessOrEqual(t, got, 1.0)
		require.InDelta(t, got, overlap.Similar(b, a), 1e-9)
	})
}
