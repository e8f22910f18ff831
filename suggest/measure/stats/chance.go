package stats

import (
	"cmp"
	"math"
	"math/rand/v2"
	"slices"

	retrieval "github.com/sufflor/sufflor/index/measure"
)

// What chance is asked, and the seed that makes its answers the same each time.
const (
	Samples      = 1000 // of [Interval]
	Permutations = 2000 // of [Swap]
	Seed         = 2026
)

func chance() *rand.Rand {
	return rand.New(rand.NewPCG(Seed, Seed)) //nolint:gosec // a test of chance, not a secret; it must repeat
}

// Groups are the places of what belongs together, in the order of first
// appearance: rows of one message are no independent witnesses.
func Groups[K comparable](keys []K) [][]int {
	var out [][]int
	at := map[K]int{}
	for i, k := range keys {
		g, ok := at[k]
		if !ok {
			g = len(out)
			at[k] = g
			out = append(out, nil)
		}
		out[g] = append(out[g], i)
	}
	return out
}

// Interval is the 95 % interval of a figure by the percentile bootstrap (Efron
// and Tibshirani, An Introduction to the Bootstrap, 1993, chapter 13) over
// groups, drawn whole (Field and Welsh, JRSS B 69:3, 2007). of is told the places
// that were drawn, some of them several times. Draws on which the figure is NaN
// are left out; with fewer than two groups, or when most draws are left out,
// there is no interval: NaN.
func Interval(groups [][]int, of func(places []int) float64) (low, high float64) {
	if len(groups) < 2 {
		return math.NaN(), math.NaN()
	}
	random := chance()
	var places []int
	var drawn []float64
	for range Samples {
		places = places[:0]
		for range groups {
			places = append(places, groups[random.IntN(len(groups))]...)
		}
		if v := of(places); !math.IsNaN(v) {
			drawn = append(drawn, v)
		}
	}
	if 2*len(drawn) < Samples {
		return math.NaN(), math.NaN()
	}
	return Percentile(drawn, 0.025), Percentile(drawn, 0.975)
}

// Swap is the p value of the difference of a figure of two systems: how often
// it is at least as large, in either direction, when chance decides for each
// group which system gave which results (the paired randomization test; Noreen,
// Computer-Intensive Methods for Testing Hypotheses, 1989). The observed one
// counts in, so that p is never 0. For means,
// [github.com/sufflor/sufflor/index/measure.Randomization] is the same on more
// permutations.
func Swap[T any](a, b []T, groups [][]int, of func([]T) float64) float64 {
	observed := math.Abs(of(a) - of(b))
	if math.IsNaN(observed) {
		return math.NaN()
	}
	observed -= 1e-12 // sums in another order differ in their last bits
	random := chance()
	x, y := slices.Clone(a), slices.Clone(b)
	extreme, tried := 1, 1
	for range Permutations {
		var bits uint64
		for n, g := range groups {
			if n%64 == 0 {
				bits = random.Uint64()
			}
			for _, i := range g {
				x[i], y[i] = a[i], b[i]
				if bits&1 == 1 {
					x[i], y[i] = b[i], a[i]
				}
			}
			bits >>= 1
		}
		d := math.Abs(of(x) - of(y))
		if math.IsNaN(d) {
			continue
		}
		tried++
		if d >= observed {
			extreme++
		}
	}
	return float64(extreme) / float64(tried)
}

// Paired is the difference of the means of two systems' scores of the same
// things, a less b.
type Paired struct {
	Difference float64
	Low, High  float64 // 95 % [Interval] of it
	P          float64 // of the paired randomization test over groups
	// Effect is the difference in standard deviations of the groups'
	// differences (d_z; Cohen, Statistical Power Analysis, 1988, 2.3.5). NaN when
	// they are all the same.
	Effect float64
	N      int // pairs
}

// Pair compares means. Groups are swapped whole.
func Pair(a, b []float64, groups [][]int) Paired {
	out := Paired{N: len(a)}
	sums := make([]float64, len(groups))
	for g, places := range groups {
		for _, i := range places {
			sums[g] += a[i] - b[i]
		}
	}
	mean := func(places []int) float64 {
		var sum float64
		for _, i := range places {
			sum += a[i] - b[i]
		}
		return sum / float64(len(places))
	}
	all := make([]int, len(a))
	for i := range all {
		all[i] = i
	}
	out.Difference = mean(all)
	out.Low, out.High = Interval(groups, mean)
	out.P, out.Effect = math.NaN(), effect(sums)
	if len(a) > 0 {
		out.P = retrieval.Randomization(sums, make([]float64, len(sums)))
	}
	return out
}

// effect is the mean of differences in their standard deviations.
func effect(differences []float64) float64 {
	n := float64(len(differences))
	if n < 2 {
		return math.NaN()
	}
	var mean, square float64
	for _, d := range differences {
		mean += d / n
	}
	for _, d := range differences {
		square += (d - mean) * (d - mean) / (n - 1)
	}
	if square < 1e-24 {
		return math.NaN()
	}
	return mean / math.Sqrt(square)
}

// Holm is p values corrected for their number by Holm's step-down procedure
// (Scandinavian Journal of Statistics 6:2, 1979): the smallest of m times m, the
// next times m-1, never smaller than the one before nor above 1. NaN stays NaN
// and does not count.
func Holm(p []float64) []float64 {
	out := make([]float64, len(p))
	var at []int
	for i, v := range p {
		out[i] = math.NaN()
		if !math.IsNaN(v) {
			at = append(at, i)
		}
	}
	slices.SortStableFunc(at, func(a, b int) int { return cmp.Compare(p[a], p[b]) })
	last := 0.0
	for rank, i := range at {
		last = max(last, min(p[i]*float64(len(at)-rank), 1))
		out[i] = last
	}
	return out
}
