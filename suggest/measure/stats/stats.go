// Package stats has the figures of scores against outcomes: how well a
// probability tells right from wrong, how much it can be believed, how sure a
// figure is, and whether two systems differ.
//
// It knows nothing of drafts. What cannot be told, because nothing was measured
// or because all outcomes are the same, is NaN. Slices of one call have the same
// length. The same input gives the same result.
package stats

import (
	"cmp"
	"math"
	"slices"
)

// byScore is the places of scores, highest first, equal ones in their order.
func byScore(scores []float64) []int {
	at := make([]int, len(scores))
	for i := range at {
		at[i] = i
	}
	slices.SortStableFunc(at, func(a, b int) int { return cmp.Compare(scores[b], scores[a]) })
	return at
}

// ties calls fn with the runs of equal scores, highest score first.
func ties(scores []float64, fn func(run []int)) {
	at := byScore(scores)
	for len(at) > 0 {
		n := 1
		for n < len(at) && scores[at[n]] == scores[at[0]] {
			n++
		}
		fn(at[:n])
		at = at[n:]
	}
}

func count(of []bool) (n int) {
	for _, b := range of {
		if b {
			n++
		}
	}
	return n
}

func indicator(b bool) float64 {
	if b {
		return 1
	}
	return 0
}

// AUROC is the area under the receiver operating characteristic: the chance
// that a positive scores above a negative, ties counting half (Hanley and
// McNeil, Radiology 143:1, 1982). It is NaN without both classes.
func AUROC(scores []float64, positive []bool) float64 {
	pos := count(positive)
	neg := len(positive) - pos
	if pos == 0 || neg == 0 {
		return math.NaN()
	}
	var wins float64
	above := 0 // positives with a higher score
	ties(scores, func(run []int) {
		p := 0
		for _, i := range run {
			if positive[i] {
				p++
			}
		}
		wins += float64(len(run)-p) * (float64(above) + float64(p)/2)
		above += p
	})
	return wins / float64(pos) / float64(neg)
}

// Brier is the mean squared difference of probability and outcome (Brier,
// Monthly Weather Review 78:1, 1950); 0 is best.
func Brier(p []float64, right []bool) float64 {
	var sum float64
	for i := range p {
		d := p[i] - indicator(right[i])
		sum += d * d
	}
	return sum / float64(len(p))
}

// BrierSkill is 1 less the Brier score as a share of that of always saying the
// base rate (Murphy, Journal of Applied Meteorology 12:1, 1973): 1 is perfect, 0
// no better than the base rate. It is NaN without both classes.
func BrierSkill(p []float64, right []bool) float64 {
	rate := float64(count(right)) / float64(len(right))
	base := rate * (1 - rate)
	if base == 0 || math.IsNaN(base) {
		return math.NaN()
	}
	return 1 - Brier(p, right)/base
}

// Bin is some of the probabilities, next to each other.
type Bin struct {
	N         int
	Low, High float64 // the smallest and the largest
	Mean      float64 // of the probabilities
	Rate      float64 // share of the outcomes that are right
}

// Bins parts probabilities into at most n bins of as many members each as can
// be (Nguyen and O'Connor, EMNLP 2015), lowest first. Equal probabilities stay
// together, so that the order of the input does not matter: a bin is larger
// where they would be parted.
func Bins(p []float64, right []bool, n int) []Bin {
	var out []Bin
	at := byScore(p)
	slices.Reverse(at)
	left := at
	for len(left) > 0 && n > 0 {
		// What is left is shared among the bins that are left.
		size := int(math.Round(float64(len(left)) / float64(max(n-len(out), 1))))
		size = min(max(size, 1), len(left))
		for size < len(left) && p[left[size]] == p[left[size-1]] {
			size++
		}
		b := Bin{N: size, Low: p[left[0]], High: p[left[size-1]]}
		for _, i := range left[:size] {
			b.Mean += p[i] / float64(size)
			b.Rate += indicator(right[i]) / float64(size)
		}
		out = append(out, b)
		left = left[size:]
	}
	return out
}

// ECE is the expected calibration error: the difference of mean probability and
// rate in each of n bins, weighted by their members (Naeini, Cooper and
// Hauskrecht, AAAI 2015), on the equal-mass [Bins].
func ECE(p []float64, right []bool, n int) float64 {
	if len(p) == 0 {
		return math.NaN()
	}
	var sum float64
	for _, b := range Bins(p, right, n) {
		sum += float64(b.N) / float64(len(p)) * math.Abs(b.Mean-b.Rate)
	}
	return sum
}

// Point of a risk-coverage curve.
type Point struct {
	Coverage  float64 // share that is answered
	Risk      float64 // share of the answered that is wrong
	Threshold float64 // the probability that has to be reached
}

// RiskCoverage is the risk of answering only what is at least as probable as a
// threshold, for each threshold there is, highest first (El-Yaniv and Wiener,
// JMLR 11, 2010).
func RiskCoverage(p []float64, right []bool) []Point {
	var out []Point
	var n, wrong int
	ties(p, func(run []int) {
		for _, i := range run {
			n++
			if !right[i] {
				wrong++
			}
		}
		out = append(out, Point{Coverage: float64(n) / float64(len(p)), Risk: float64(wrong) / float64(n), Threshold: p[run[0]]})
	})
	return out
}

// AURC is the area under the risk-coverage curve: the mean of the risks of
// answering the 1, 2, … n most probable (Geifman, Uziel and El-Yaniv, ICLR
// 2019); 0 is best. Equal probabilities count with the mean of all their orders.
func AURC(p []float64, right []bool) float64 {
	var sum float64
	var n, wrong int
	ties(p, func(run []int) {
		w := 0
		for _, i := range run {
			if !right[i] {
				w++
			}
		}
		for k := 1; k <= len(run); k++ {
			sum += (float64(wrong) + float64(w)*float64(k)/float64(len(run))) / float64(n+k)
		}
		n, wrong = n+len(run), wrong+w
	})
	return sum / float64(len(p))
}

// ExcessAURC is [AURC] less that of the best possible order, with all that is
// right before all that is wrong (Geifman, Uziel and El-Yaniv, ICLR 2019).
func ExcessAURC(p []float64, right []bool) float64 {
	best := make([]float64, len(right))
	for i, r := range right {
		best[i] = indicator(r)
	}
	return AURC(p, right) - AURC(best, right)
}

// Cut is what comes of calling positive whatever scores at least Threshold.
type Cut struct {
	Threshold             float64
	Precision, Recall, F1 float64
}

// At is the cut at a threshold (van Rijsbergen, Information Retrieval, 1979). Its
// precision is NaN when nothing scores that high, its recall when nothing is
// positive; F1 is 0 when nothing positive scores that high, and NaN when nothing
// is positive.
func At(scores []float64, positive []bool, threshold float64) Cut {
	var hit, called int
	for i, s := range scores {
		if s >= threshold {
			called++
			if positive[i] {
				hit++
			}
		}
	}
	return cut(threshold, hit, called, count(positive))
}

func cut(threshold float64, hit, called, positive int) Cut {
	c := Cut{Threshold: threshold, Precision: float64(hit) / float64(called), Recall: float64(hit) / float64(positive), F1: math.NaN()}
	if positive > 0 {
		c.F1 = 2 * float64(hit) / float64(called+positive)
	}
	return c
}

// BestCut is the cut with the largest F1, of equal ones that with the highest
// threshold. It looks at the outcomes: nobody has that threshold before.
func BestCut(scores []float64, positive []bool) Cut {
	best := Cut{Threshold: math.NaN(), Precision: math.NaN(), Recall: math.NaN(), F1: math.NaN()}
	pos := count(positive)
	if pos == 0 {
		return best
	}
	var hit, called int
	ties(scores, func(run []int) {
		for _, i := range run {
			called++
			if positive[i] {
				hit++
			}
		}
		if c := cut(scores[run[0]], hit, called, pos); math.IsNaN(best.F1) || c.F1 > best.F1 {
			best = c
		}
	})
	return best
}

// Wilson is the score interval of a share, k of n, at 95 % (Wilson, JASA
// 22:158, 1927). Of nothing it is NaN.
func Wilson(k, n int) (low, high float64) {
	if n == 0 {
		return math.NaN(), math.NaN()
	}
	const z = 1.959963984540054
	m := float64(n)
	p := float64(k) / m
	middle := p + z*z/(2*m)
	reach := z * math.Sqrt(p*(1-p)/m+z*z/(4*m*m))
	return max((middle-reach)/(1+z*z/m), 0), min((middle+reach)/(1+z*z/m), 1)
}

// Percentile is the smallest of values that share of them do not exceed (nearest
// rank); NaN of none.
func Percentile(values []float64, share float64) float64 {
	if len(values) == 0 {
		return math.NaN()
	}
	sorted := slices.Sorted(slices.Values(values))
	at := int(math.Ceil(share*float64(len(sorted))-1e-9)) - 1
	return sorted[min(max(at, 0), len(sorted)-1)]
}
