package calibrate

import (
	"cmp"
	"math"
	"slices"
)

// Point is a probability and what came of it.
type Point struct {
	P float64 // that the draft is used as it is, 0 to 1
	Y float64 // 1 it was, 0 it was not, something between for changes
	W float64 // weight, above 0

	Ignored bool // nobody meant it; it does not count where outcomes are counted
}

// Figures say how good probabilities are.
type Figures struct {
	Points int     `json:"points"`
	Base   float64 `json:"base"`  // share that is right
	AUROC  float64 `json:"auroc"` // chance that a right one has the higher probability; 0 when all are alike
	ECE    float64 `json:"ece"`   // expected calibration error, ten bins of the same mass
	Brier  float64 `json:"brier"` // mean squared error
	Skill  float64 `json:"skill"` // 1 - Brier / that of always saying the base
	// AURC is the area under the risk–coverage curve: the mean share of wrong
	// ones over all coverages; Excess is what it is above that of a perfect
	// order.
	AURC   float64 `json:"aurc"`
	Excess float64 `json:"excess_aurc"`
	// At20, At40 and At60 are the share of right ones among the 20, 40 and 60
	// per cent with the highest probabilities.
	At20 float64 `json:"precision_at_20"`
	At40 float64 `json:"precision_at_40"`
	At60 float64 `json:"precision_at_60"`
}

// Measure is the figures of points. An outcome of a half or more counts as
// right where right and wrong are counted.
func Measure(points []Point) Figures {
	f := Figures{Points: len(points)}
	if len(points) == 0 {
		return f
	}
	sorted := highest(points)
	var w, y, brier float64
	for _, p := range sorted {
		w += p.W
		y += p.W * p.Y
		brier += p.W * (p.P - p.Y) * (p.P - p.Y)
	}
	f.Base, f.Brier = y/w, brier/w
	var spread float64
	for _, p := range sorted {
		spread += p.W * (p.Y - f.Base) * (p.Y - f.Base)
	}
	if spread > 0 {
		f.Skill = 1 - brier/spread
	}
	f.AUROC, f.ECE = auroc(sorted), ece(sorted, 10)
	f.AURC = aurc(sorted)
	perfect := slices.Clone(sorted)
	slices.SortStableFunc(perfect, func(a, b Point) int { return cmp.Compare(b.Y, a.Y) })
	for i := range perfect {
		perfect[i].P = float64(len(perfect) - i) // no ties
	}
	f.Excess = f.AURC - aurc(perfect)
	f.At20, f.At40, f.At60 = precision(sorted, 0.2), precision(sorted, 0.4), precision(sorted, 0.6)
	return f
}

// highest is points by probability, the highest first.
func highest(points []Point) []Point {
	out := slices.Clone(points)
	slices.SortStableFunc(out, func(a, b Point) int { return cmp.Compare(b.P, a.P) })
	return out
}

// auroc of points sorted by probability; equal ones count a half.
func auroc(sorted []Point) float64 {
	var right, wrong, wins float64
	for i := len(sorted) - 1; i >= 0; {
		var r, n float64
		p := sorted[i].P
		for ; i >= 0 && sorted[i].P == p; i-- {
			if sorted[i].Y >= 0.5 {
				r += sorted[i].W
			} else {
				n += sorted[i].W
			}
		}
		wins += r * (wrong + n/2)
		right, wrong = right+r, wrong+n
	}
	if right == 0 || wrong == 0 {
		return 0
	}
	return wins / right / wrong
}

// ece is Naeini et al.'s expected calibration error (AAAI 2015) over bins of
// the same mass.
func ece(sorted []Point, bins int) float64 {
	var sum, total float64
	for b := range bins {
		var w, p, y float64
		for _, x := range sorted[b*len(sorted)/bins : (b+1)*len(sorted)/bins] {
			w, p, y = w+x.W, p+x.W*x.P, y+x.W*x.Y
		}
		sum, total = sum+math.Abs(p-y), total+w
	}
	return sum / total
}

// aurc is the mean risk over all coverages; those of the same probability come
// in together.
func aurc(sorted []Point) float64 {
	var area, w, bad float64
	for i := 0; i < len(sorted); {
		var gw, gb float64
		p := sorted[i].P
		for ; i < len(sorted) && sorted[i].P == p; i++ {
			gw += sorted[i].W
			gb += sorted[i].W * (1 - sorted[i].Y)
		}
		w, bad = w+gw, bad+gb
		area += gw * bad / w
	}
	return area / w
}

// precision is the share of right ones among the first part of the weight.
func precision(sorted []Point, part float64) float64 {
	var total, w, y float64
	for _, p := range sorted {
		total += p.W
	}
	for _, p := range sorted {
		if w >= part*total-1e-9 {
			break
		}
		w, y = w+p.W, y+p.W*p.Y
	}
	return y / w
}

// Above is the share of points with a probability of at least threshold, and
// the share of right ones among them; 0 of none.
func Above(points []Point, threshold float64) (coverage, right float64) {
	var total, w, y float64
	for _, p := range points {
		total += p.W
		if p.P >= threshold {
			w, y = w+p.W, y+p.W*p.Y
		}
	}
	if w == 0 {
		return 0, 0
	}
	return w / total, y / w
}

// Noise is the calibration error that points with perfect probabilities would
// show on average, because a bin of few is never exactly right: the mean of a
// normal distribution's distance from 0 with each bin's spread.
func Noise(points []Point, bins int) float64 {
	sorted := highest(points)
	var sum, total float64
	for b := range bins {
		var w, spread float64
		for _, x := range sorted[b*len(sorted)/bins : (b+1)*len(sorted)/bins] {
			w, spread = w+x.W, spread+x.W*x.W*x.P*(1-x.P)
		}
		sum, total = sum+math.Sqrt(spread*2/math.Pi), total+w
	}
	if total == 0 {
		return 0
	}
	return sum / total
}
