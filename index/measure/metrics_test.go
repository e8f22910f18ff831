package measure_test

import (
	"math"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/sufflor/sufflor/index/measure"
)

func TestMetrics(t *testing.T) {
	log2 := math.Log2
	ten := []string{"n1", "n2", "n3", "n4", "n5", "n6", "n7", "n8", "n9", "a"}
	for _, tt := range []struct {
		name    string
		rels    measure.Relevance
		ranking []string
		want    map[string]float64
	}{
		{
			"the only right one is first",
			measure.Relevance{"a": 1},
			[]string{"a", "x"},
			map[string]float64{"nDCG@10": 1, "MRR@10": 1, "recall@5": 1, "recall@10": 1, "recall@50": 1, "recall@100": 1, "hit@3": 1, "success@1": 1},
		},
		{
			"the gain is the relevance, and the best order has the more relevant one first",
			measure.Relevance{"a": 1, "b": 3},
			[]string{"a", "x", "b"},
			map[string]float64{
				"nDCG@10": (1/log2(2) + 3/log2(4)) / (3/log2(2) + 1/log2(3)), // 2.5 / 3.6309 = .6885
				"MRR@10":  1, "recall@5": 1, "recall@10": 1, "recall@50": 1, "recall@100": 1, "hit@3": 1, "success@1": 1,
			},
		},
		{
			"what is not found counts in the best order",
			measure.Relevance{"a": 1, "b": 1, "c": 1},
			[]string{"x", "a"},
			map[string]float64{
				"nDCG@10": (1 / log2(3)) / (1 + 1/log2(3) + .5), // .6309 / 2.1309 = .2961
				"MRR@10":  .5, "recall@5": 1. / 3, "recall@10": 1. / 3, "recall@50": 1. / 3, "recall@100": 1. / 3, "hit@3": 1, "success@1": 0,
			},
		},
		{
			"rank 10 is within 10 and not within 5",
			measure.Relevance{"a": 1},
			ten,
			map[string]float64{"nDCG@10": 1 / log2(11), "MRR@10": .1, "recall@5": 0, "recall@10": 1, "recall@50": 1, "recall@100": 1, "hit@3": 0, "success@1": 0},
		},
		{
			"rank 11 is not within 10",
			measure.Relevance{"a": 1},
			append([]string{"n0"}, ten...),
			map[string]float64{"nDCG@10": 0, "MRR@10": 0, "recall@5": 0, "recall@10": 0, "recall@50": 1, "recall@100": 1, "hit@3": 0, "success@1": 0},
		},
		{
			"nothing is found",
			measure.Relevance{"a": 1},
			nil,
			map[string]float64{"nDCG@10": 0, "MRR@10": 0, "recall@5": 0, "recall@10": 0, "recall@50": 0, "recall@100": 0, "hit@3": 0, "success@1": 0},
		},
		{
			"nothing is relevant",
			nil,
			[]string{"a"},
			map[string]float64{"nDCG@10": 0, "MRR@10": 0, "recall@5": 0, "recall@10": 0, "recall@50": 0, "recall@100": 0, "hit@3": 0, "success@1": 0},
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got := map[string]float64{}
			for _, m := range measure.Metrics(100) {
				got[m.Name] = m.Of(tt.rels, tt.ranking)
			}
			require.InDeltaMapValues(t, tt.want, got, 1e-12)
		})
	}
}

func TestMetricsDeeperThanTheLimitAreLeftOut(t *testing.T) {
	var names []string
	for _, m := range measure.Metrics(10) {
		names = append(names, m.Name)
	}
	require.Equal(t, []string{"nDCG@10", "MRR@10", "recall@5", "recall@10", "hit@3", "success@1"}, names)
}

func TestRandomization(t *testing.T) {
	repeat := func(v float64, n int) []float64 {
		out := make([]float64, n)
		for i := range out {
			out[i] = v
		}
		return out
	}
	for _, tt := range []struct {
		name  string
		a, b  []float64
		want  float64
		delta float64
	}{
		{"the same scores", []float64{1, .5, 0}, []float64{1, .5, 0}, 1, 0},
		{"no questions", nil, nil, 1, 0},
		{"one question tells nothing", []float64{1}, []float64{0}, 1, 0},
		// All n differences have one sign: 2 of the 2^n ways to swap are as extreme.
		{"three questions all better", repeat(1, 3), repeat(0, 3), 2. / 8, .015},
		{"five questions all worse", repeat(.2, 5), repeat(.7, 5), 2. / 32, .01},
		{"thirty questions all better: as small as it gets", repeat(.3, 30), repeat(.2, 30), 1. / 10_001, 0},
		// Differences 2, -1: sums 1, 3, -3, -1, all at least 1 away from 0.
		{"a larger gain than loss on two questions", []float64{2, 0}, []float64{0, 1}, 1, 0},
		// Differences 3, 2, 1, -1: |sum| 5 or more for 5 (two ways), 7, and their negatives: 6 of 16.
		{"four questions, one lost", []float64{3, 2, 1, 0}, []float64{0, 0, 0, 1}, 6. / 16, .015},
		{"questions without a difference change nothing", append(repeat(1, 3), repeat(.4, 50)...), append(repeat(0, 3), repeat(.4, 50)...), 2. / 8, .015},
	} {
		t.Run(tt.name, func(t *testing.T) {
			p := measure.Randomization(tt.a, tt.b)
			require.InDelta(t, tt.want, p, tt.delta+1e-12)
			require.InDelta(t, p, measure.Randomization(tt.a, tt.b), 0, "the same each time")
			require.InDelta(t, p, measure.Randomization(tt.b, tt.a), 0, "in either direction")
		})
	}
}

func TestPercentileIsTheNearestRank(t *testing.T) {
	var times []time.Duration
	for i := range 200 {
		times = append(times, time.Duration(200-i)*time.Millisecond)
	}
	require.InDelta(t, 100, measure.Percentile(times, .50), 1e-9)
	require.InDelta(t, 190, measure.Percentile(times, .95), 1e-9)
	require.InDelta(t, 198, measure.Percentile(times, .99), 1e-9)
	require.InDelta(t, 7, measure.Percentile([]time.Duration{7 * time.Millisecond}, .5), 1e-9)
	require.Zero(t, measure.Percentile(nil, .5))
}
