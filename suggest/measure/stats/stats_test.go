package stats_test

import (
	"math"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sufflor/sufflor/suggest/measure/stats"
)

// same compares figures, where NaN is the same as NaN.
func same(t *testing.T, want, got float64, name string) {
	t.Helper()
	if math.IsNaN(want) {
		require.True(t, math.IsNaN(got), "%s: %v where nothing can be told", name, got)
		return
	}
	require.InDelta(t, want, got, 1e-9, name)
}

func TestAgainstHandComputedValues(t *testing.T) {
	nan := math.NaN()
	for _, tt := range []struct {
		name                                        string
		p                                           []float64
		right                                       []bool
		auroc, brier, skill, ece2, aurc, excessAURC float64
	}{
		{
			// Pairs (right, wrong): .9>.6 .9>.2 .4<.6 .4>.2 = 3 of 4.
			// Brier (.01+.36+.36+.04)/4; base rate 1/2 has .25.
			// Two bins: {.2 .4} mean .3 rate .5, {.6 .9} mean .75 rate .5.
			// Risks at 1..4: 0, 1/2, 1/3, 1/2; best order: 0, 0, 1/3, 1/2.
			"one pair the wrong way round",
			[]float64{.9, .6, .4, .2},
			[]bool{true, false, true, false},
			.75, .1925, 1 - .1925/.25, .5*.2 + .5*.25, (0 + .5 + 1./3 + .5) / 4, .5 / 4,
		},
		{"perfect", []float64{1, 1, 0, 0}, []bool{true, true, false, false}, 1, 0, 1, 0, (0 + 0 + 1./3 + .5) / 4, 0},
		{
			// All alike: half the pairs, one bin, risk .25 at every coverage on the
			// mean of the orders; best: 0 0 0 1/4.
			"all ties",
			[]float64{.5, .5, .5, .5},
			[]bool{true, false, true, true},
			.5, .25, 1 - .25/.1875, .25, .25, .25 - .25/4,
		},
		{"all right", []float64{.8, .6}, []bool{true, true}, nan, (.04 + .16) / 2, nan, .3, 0, 0},
		{"all wrong", []float64{.8, .6}, []bool{false, false}, nan, (.64 + .36) / 2, nan, .7, 1, 0},
		{"one", []float64{.7}, []bool{true}, nan, .09, nan, .3, 0, 0},
		{"none", nil, nil, nan, nan, nan, nan, nan, nan},
	} {
		t.Run(tt.name, func(t *testing.T) {
			same(t, tt.auroc, stats.AUROC(tt.p, tt.right), "AUROC")
			same(t, tt.brier, stats.Brier(tt.p, tt.right), "Brier")
			same(t, tt.skill, stats.BrierSkill(tt.p, tt.right), "skill")
			same(t, tt.ece2, stats.ECE(tt.p, tt.right, 2), "ECE")
			same(t, tt.aurc, stats.AURC(tt.p, tt.right), "AURC")
			same(t, tt.excessAURC, stats.ExcessAURC(tt.p, tt.right), "excess AURC")
		})
	}
}

func TestBinsHoldAsManyEachAndKeepEqualsTogether(t *testing.T) {
	sizes := func(bins []stats.Bin) (out []int) {
		for _, b := range bins {
			out = append(out, b.N)
		}
		return out
	}
	p, right := make([]float64, 25), make([]bool, 25)
	for i := range p {
		p[i], right[i] = float64(24-i)/25, i%2 == 0
	}
	bins := stats.Bins(p, right, 10)
	require.Len(t, bins, 10)
	for _, n := range sizes(bins) {
		require.Contains(t, []int{2, 3}, n)
	}
	require.InDelta(t, 0, bins[0].Low, 0)
	require.InDelta(t, 24./25, bins[9].High, 0)

	// Most are 0: they are one bin, and the rest is shared among nine.
	p = append(make([]float64, 91), .1, .2, .3, .4, .5, .6, .7, .8, .9)
	require.Equal(t, []int{91, 1, 1, 1, 1, 1, 1, 1, 1, 1}, sizes(stats.Bins(p, make([]bool, 100), 10)))
	require.Equal(t, []int{3}, sizes(stats.Bins([]float64{.5, .5, .5}, make([]bool, 3), 10)))
	require.Equal(t, []int{1, 1}, sizes(stats.Bins([]float64{.5, .6}, make([]bool, 2), 10)), "fewer than bins")
	require.Empty(t, stats.Bins(nil, nil, 10))
	require.Empty(t, stats.Bins([]float64{1}, []bool{true}, 0))

	// The order of the input does not matter, also where probabilities are equal.
	a := stats.ECE([]float64{.2, .5, .5, .5, .8}, []bool{false, true, false, true, true}, 3)
	b := stats.ECE([]float64{.5, .8, .5, .2, .5}, []bool{false, true, true, false, true}, 3)
	require.InDelta(t, a, b, 1e-12)
}

func TestRiskCoverage(t *testing.T) {
	require.Equal(t, []stats.Point{
		{Coverage: .25, Risk: 0, Threshold: .9},
		{Coverage: .75, Risk: 1. / 3, Threshold: .6}, // two at once
		{Coverage: 1, Risk: .5, Threshold: .1},
	}, stats.RiskCoverage([]float64{.6, .9, .1, .6}, []bool{true, true, false, false}))
	require.Empty(t, stats.RiskCoverage(nil, nil))
}

func TestCuts(t *testing.T) {
	scores, positive := []float64{.9, .8, .4, .1}, []bool{true, false, true, false}
	c := stats.At(scores, positive, .5)
	require.InDelta(t, .5, c.Precision, 1e-12)
	require.InDelta(t, .5, c.Recall, 1e-12)
	require.InDelta(t, .5, c.F1, 1e-12)
	best := stats.BestCut(scores, positive)
	require.InDelta(t, .4, best.Threshold, 0)
	require.InDelta(t, .8, best.F1, 1e-12, "2 hits of 3 called, 2 there are")

	c = stats.At(scores, positive, .95)
	require.True(t, math.IsNaN(c.Precision), "nothing is called")
	require.Zero(t, c.F1)
	require.True(t, math.IsNaN(stats.At(scores, make([]bool, 4), .5).F1), "nothing to find")
	require.True(t, math.IsNaN(stats.BestCut(nil, nil).F1))
	// Equal F1: the higher threshold.
	require.InDelta(t, .9, stats.BestCut([]float64{.9, .5, .5, .4}, []bool{true, false, false, true}).Threshold, 0)
}

func TestWilson(t *testing.T) {
	low, high := stats.Wilson(8, 10) // R: prop.test(8, 10, correct = FALSE)
	require.InDelta(t, .4901625, low, 1e-6)
	require.InDelta(t, .9433178, high, 1e-6)
	low, high = stats.Wilson(3, 3)
	require.InDelta(t, .4385, low, 1e-3)
	require.InDelta(t, 1, high, 1e-12)
	low, _ = stats.Wilson(0, 0)
	require.True(t, math.IsNaN(low))
}

func TestPercentile(t *testing.T) {
	v := []float64{5, 1, 4, 2, 3, 10, 9, 8, 7, 6}
	require.InDelta(t, 5, stats.Percentile(v, .5), 0)
	require.InDelta(t, 10, stats.Percentile(v, .95), 0)
	require.InDelta(t, 1, stats.Percentile(v, 0), 0)
	require.InDelta(t, 7, stats.Percentile([]float64{7}, .99), 0)
	require.True(t, math.IsNaN(stats.Percentile(nil, .5)))
}

// mean of the values at places.
func mean(values []float64) func(places []int) float64 {
	return func(places []int) float64 {
		sum := 0.0
		for _, i := range places {
			sum += values[i]
		}
		return sum / float64(len(places))
	}
}

func TestIntervalHoldsTheMeanAndNarrows(t *testing.T) {
	interval := func(n int) (low, high float64) {
		values := make([]float64, n)
		keys := make([]int, n)
		for i := range values {
			values[i], keys[i] = float64(i%2), i
		}
		return stats.Interval(stats.Groups(keys), mean(values))
	}
	low, high := interval(100)
	// The normal approximation: .5 ± 1.96 * .05.
	require.InDelta(t, .402, low, .02)
	require.InDelta(t, .598, high, .02)
	low2, high2 := interval(100)
	require.Equal(t, []float64{low, high}, []float64{low2, high2}, "the same each time")
	low, high = interval(10000)
	require.InDelta(t, .49, low, .004)
	require.InDelta(t, .51, high, .004)
	low, _ = interval(1)
	require.True(t, math.IsNaN(low), "one tells nothing of the spread")
	low, _ = interval(0)
	require.True(t, math.IsNaN(low))
}

func TestRowsOfOneMessageAreOneWitness(t *testing.T) {
	values, alone, together := make([]float64, 100), make([]int, 100), make([]int, 100)
	for i := range values {
		values[i], alone[i], together[i] = float64(i/10%2), i, i/10
	}
	width := func(keys []int) float64 {
		low, high := stats.Interval(stats.Groups(keys), mean(values))
		return high - low
	}
	require.Greater(t, width(together), 2*width(alone))
	require.Equal(t, [][]int{{0, 2}, {1}}, stats.Groups([]string{"a", "b", "a"}))
}

func TestPair(t *testing.T) {
	// Ten pairs, each 1 better: of 2^10 sign patterns two are as extreme, p = 1/512.
	a, b, keys := make([]float64, 10), make([]float64, 10), make([]int, 10)
	for i := range a {
		a[i], b[i], keys[i] = float64(i)+1, float64(i), i
	}
	p := stats.Pair(a, b, stats.Groups(keys))
	require.InDelta(t, 1, p.Difference, 1e-12)
	require.InDelta(t, 1./512, p.P, .0015)
	require.True(t, math.IsNaN(p.Effect), "no spread to measure by")
	require.Equal(t, 10, p.N)
	require.InDelta(t, 1, p.Low, 1e-12)

	a[0] = 2 // differences 2 and nine 1: mean 1.1, deviation .316
	require.InDelta(t, 1.1/math.Sqrt(.1), stats.Pair(a, b, stats.Groups(keys)).Effect, 1e-9)

	same := stats.Pair(b, b, stats.Groups(keys))
	require.InDelta(t, 1, same.P, 0)
	require.Zero(t, same.Difference)
	one := stats.Pair([]float64{1, 1, 1}, []float64{0, 0, 0}, [][]int{{0, 1, 2}})
	require.InDelta(t, 1, one.P, 0, "three rows of one message are one throw of the coin")
	none := stats.Pair(nil, nil, nil)
	require.True(t, math.IsNaN(none.P) && math.IsNaN(none.Difference))
}

func TestSwapAgreesWithTheTestOfMeans(t *testing.T) {
	a, b, keys := make([]float64, 40), make([]float64, 40), make([]int, 40)
	for i := range a {
		a[i], b[i], keys[i] = float64(i%7)/7+.08, float64(i*5%7)/7, i
	}
	of := func(v []float64) float64 {
		sum := 0.0
		for _, x := range v {
			sum += x
		}
		return sum / float64(len(v))
	}
	groups := stats.Groups(keys)
	require.InDelta(t, stats.Pair(a, b, groups).P, stats.Swap(a, b, groups, of), .03)
	require.InDelta(t, 1, stats.Swap(a, a, groups, of), 0)
	require.True(t, math.IsNaN(stats.Swap(nil, nil, nil, of)))
}

func TestHolm(t *testing.T) {
	got := stats.Holm([]float64{.01, math.NaN(), .04, .03, .005})
	for i, want := range []float64{.03, math.NaN(), .06, .06, .02} {
		same(t, want, got[i], "corrected")
	}
	require.Equal(t, []float64{1, 1}, stats.Holm([]float64{.9, .8}))
	require.Empty(t, stats.Holm(nil))
}
