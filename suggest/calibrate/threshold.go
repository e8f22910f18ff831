package calibrate

import (
	"math"
	"slices"
	"strings"
)

// What a high flag promises (docs/adr/0021-flag.md).
const (
	risk       = 0.05 // at most this share of drafts flagged high is not used as it is
	confidence = 0.95 // with at least this probability over repeated runs
	window     = 500  // latest outcomes that are looked at
	// floor is the least probability of a high flag, whatever its company: a
	// draft that is itself more likely than 15 % to be changed is not sure,
	// even when the others above it are so good that the share holds.
	floor = 0.85
)

// The search for a threshold spends its error on two sequences.
const (
	mainShare  = 0.8 // of the error, on thresholds from startCover down
	startCover = 0.3 // share of the window above the first of them
	stepCover  = 0.05
)

// Bound is how sure a threshold is.
type Bound struct {
	Threshold float64 `json:"threshold"` // above 1: no draft is high
	Certified bool    `json:"certified"` // the bound of the bad rate holds; else too few outcomes tell
	Outcomes  int     `json:"outcomes"`  // in the window
	Above     int     `json:"above"`     // of them at the threshold or above
	Bad       int     `json:"bad"`       // of these not used as they were
	Upper     float64 `json:"upper"`     // Clopper–Pearson's upper bound of the bad rate
}

// none is above every probability.
const none = 2

// HighThreshold is the lowest threshold of points, the latest last, from which
// on the bad rate is at most 5 %, by Clopper and Pearson's upper bound (1934).
// Anything short of used as it is, or nearly, counts as bad.
//
// Trying one threshold after another on the same outcomes would find a good one
// by luck. So they are tried in an order that outcomes have no part in, from
// 30 % of the window down, each with the same error, up to the first that fails
// (fixed-sequence testing, as in Angelopoulos et al., Learn then Test, 2021): the
// chance that any threshold taken is worse than promised stays below the error.
// A fifth of it goes to the best 20 % alone, for workspaces where less is sure.
//
// Without proof the shipped threshold stays as long as outcomes do not speak
// against it, which they do when their lower bound is above 5 %, and as long as
// the window is not full. Then nothing is high.
func HighThreshold(points []Point, shipped float64) Bound {
	recent := points[max(0, len(points)-window):]
	sorted := highest(recent)
	n := len(sorted)
	best := Bound{Threshold: shipped, Outcomes: n}
	take := func(count int, allowed float64) bool {
		b, ok := boundAt(sorted, count, allowed)
		if !ok {
			return false
		}
		if !best.Certified || b.Threshold < best.Threshold {
			best = b
		}
		return true
	}
	alpha := 1 - confidence
	take(int(math.Ceil(0.2*float64(n))), alpha*(1-mainShare))
	for cover := startCover; cover <= 1+1e-9; cover += stepCover {
		if !take(max(int(math.Ceil(cover*float64(n)-1e-9)), leastCount(alpha*mainShare)), alpha*mainShare) {
			break
		}
	}
	if best.Certified {
		return best
	}
	above, bad := count(sorted, shipped)
	best.Above, best.Bad = above, bad
	if above > 0 {
		best.Upper = Upper(bad, above, alpha)
	}
	if n >= window || above > 0 && lower(bad, above, alpha) > risk {
		best.Threshold = none
	}
	return best
}

// leastCount is how many outcomes, none of them bad, prove the risk.
func leastCount(alpha float64) int { return int(math.Ceil(math.Log(alpha) / math.Log(1-risk))) }

// boundAt is the bound of the first count of sorted, with all that have the
// same probability as the last of them, never below the floor.
func boundAt(sorted []Point, at int, alpha float64) (Bound, bool) {
	if at > len(sorted) || at == 0 {
		return Bound{}, false
	}
	threshold := max(sorted[at-1].P, floor)
	above, bad := count(sorted, threshold)
	if above == 0 {
		return Bound{}, false
	}
	b := Bound{Threshold: threshold, Certified: true, Outcomes: len(sorted), Above: above, Bad: bad, Upper: Upper(bad, above, alpha)}
	return b, b.Upper <= risk
}

func count(sorted []Point, threshold float64) (above, bad int) {
	for _, p := range sorted {
		if p.P < threshold {
			break
		}
		above++
		if p.Y < 1 {
			bad++
		}
	}
	return above, bad
}

// Upper is Clopper and Pearson's upper bound of a rate of which bad of n were
// seen: the rate at which so few would be seen with probability alpha.
func Upper(bad, n int, alpha float64) float64 {
	if bad >= n {
		return 1
	}
	return bisect(func(rate float64) bool { return atMost(bad, n, rate) > alpha })
}

// lower is the bound from below.
func lower(bad, n int, alpha float64) float64 {
	if bad == 0 {
		return 0
	}
	return bisect(func(rate float64) bool { return 1-atMost(bad-1, n, rate) < alpha })
}

// bisect is where below turns false.
func bisect(below func(float64) bool) float64 {
	lo, hi := 0.0, 1.0
	for range 60 {
		if mid := (lo + hi) / 2; below(mid) {
			lo = mid
		} else {
			hi = mid
		}
	}
	return (lo + hi) / 2
}

// atMost is the binomial probability of at most k of n.
func atMost(k, n int, rate float64) float64 {
	if rate <= 0 {
		return 1
	}
	if rate >= 1 {
		return 0
	}
	sum := 0.0
	total, _ := math.Lgamma(float64(n + 1))
	for i := range k + 1 {
		a, _ := math.Lgamma(float64(i + 1))
		b, _ := math.Lgamma(float64(n - i + 1))
		sum += math.Exp(total - a - b + float64(i)*math.Log(rate) + float64(n-i)*math.Log1p(-rate))
	}
	return min(sum, 1)
}

// latest is labels in the order of their time, then of their suggestion.
func latest(labels []Label) []Label {
	out := slices.Clone(labels)
	slices.SortStableFunc(out, func(a, b Label) int {
		if c := a.At.Compare(b.At); c != 0 {
			return c
		}
		return strings.Compare(a.Suggestion, b.Suggestion)
	})
	return out
}
