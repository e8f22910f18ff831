// Package calibrate turns the flag's model, which ships the same for everybody,
// into probabilities of a workspace: it learns from what agents did with its
// drafts, and says from which probability on a draft may be called sure.
package calibrate

import (
	"cmp"
	"math"
	"slices"
)

// pseudo is how many outcomes the curve that was there before counts for
// (docs/adr/0021-flag.md).
const pseudo = 50

// isotonicFrom is how many outcomes a curve takes that follows them freely;
// fewer bend the one that was there before by two numbers.
const isotonicFrom = 300

// steadiness is how much more than [pseudo] the sigmoid of the same outcomes
// counts beside them where a curve follows them freely: alone it follows chance
// as well.
const steadiness = 4

// fading is what is left of [pseudo] then.
const fading = 0.2

// least and most are the ends of what a curve says: nobody can know better
// from a few hundred outcomes.
const (
	least = 0.002
	most  = 1 - least
)

// Curve maps the shipped model's probability to a calibrated one. The zero
// value changes nothing. Knots are monotone; between them the curve is straight.
type Curve struct {
	// Slope and Shift are those of Platt's sigmoid (1999) over the logit;
	// Slope 0 is the zero value's 1.
	Slope float64 `json:"slope,omitempty"`
	Shift float64 `json:"shift,omitempty"`
	// Knots, unless none, take the place of the sigmoid.
	Knots []Knot `json:"knots,omitempty"`
}

// Knot is a point of a curve.
type Knot struct {
	From float64 `json:"from"`
	To   float64 `json:"to"`
}

// At is the calibrated probability of p.
func (c Curve) At(p float64) float64 {
	switch {
	case len(c.Knots) > 0:
		return c.between(p)
	case c.Slope == 0 && c.Shift == 0:
		return p
	}
	return bounded(sigmoid(c.Slope*logit(p) + c.Shift))
}

func (c Curve) between(p float64) float64 {
	k := c.Knots
	i, found := slices.BinarySearchFunc(k, p, func(x Knot, p float64) int { return cmp.Compare(x.From, p) })
	switch {
	case found:
		return k[i].To
	case i == 0:
		return k[0].To
	case i == len(k):
		return k[i-1].To
	}
	a, b := k[i-1], k[i]
	return a.To + (b.To-a.To)*(p-a.From)/(b.From-a.From)
}

// Fit is a curve over points, whose P are the shipped model's. It begins as
// before, which counts as [pseudo] outcomes spread like the points; it is a
// sigmoid over before's logit, and follows the points freely once there are
// [isotonicFrom].
func Fit(points []Point, before Curve) Curve {
	if len(points) == 0 {
		return before
	}
	sorted := highest(points)
	slices.Reverse(sorted)
	prior := pseudoPoints(sorted, before)
	meant := 0
	for _, p := range points {
		if !p.Ignored {
			meant++
		}
	}
	if meant < isotonicFrom {
		return platt(sorted, prior)
	}
	// So many outcomes need no prior to tell slope and shift; they need one not
	// to follow chance, and that is their own sigmoid.
	for i := range prior {
		prior[i].W *= fading
	}
	own := platt(sorted, prior)
	for i := range prior {
		prior[i].Y, prior[i].W = own.At(prior[i].P), prior[i].W/fading*steadiness
	}
	return isotonic(append(sorted, prior...))
}

// Sigmoid is Platt's slope and shift of points' logits, without a prior.
func Sigmoid(points []Point) (slope, shift float64) {
	c := platt(points, nil)
	return c.Slope, c.Shift
}

// pseudoPoints are outcomes as before expects them: at twenty quantiles of
// points, which are sorted, and at fixed places over the whole range, so that a
// curve does not go wild where nothing has been seen.
func pseudoPoints(sorted []Point, before Curve) []Point {
	var at []float64
	const each = 10
	for i := range each {
		at = append(at, sorted[(2*i+1)*len(sorted)/(2*each)].P, sigmoid(float64(i)-4.5))
	}
	out := make([]Point, len(at))
	for i, p := range at {
		out[i] = Point{P: p, Y: before.At(p), W: float64(pseudo) / float64(len(at))}
	}
	return out
}

// platt fits Platt's sigmoid by Newton's method. A step that makes things worse
// is halved: far from the end the curve bends too little for a whole one (Lin,
// Lin and Weng, A note on Platt's probabilistic outputs, 2007).
func platt(points, prior []Point) Curve {
	a, b := 1.0, 0.0
	const rounds = 100
	loss := surprise(a, b, points, prior)
	for range rounds {
		var ga, gb, haa, hab, hbb float64
		for _, list := range [][]Point{points, prior} {
			for _, p := range list {
				x := logit(p.P)
				q := sigmoid(a*x + b)
				d, h := p.W*(q-p.Y), p.W*max(q*(1-q), 1e-6)
				ga, gb = ga+d*x, gb+d
				haa, hab, hbb = haa+h*x*x, hab+h*x, hbb+h
			}
		}
		det := haa*hbb - hab*hab
		if det < 1e-12 {
			break
		}
		sa, sb := (hbb*ga-hab*gb)/det, (haa*gb-hab*ga)/det
		next := surprise(a-sa, b-sb, points, prior)
		for next > loss && math.Abs(sa)+math.Abs(sb) > 1e-9 {
			sa, sb = sa/2, sb/2
			next = surprise(a-sa, b-sb, points, prior)
		}
		if math.Abs(sa)+math.Abs(sb) < 1e-9 {
			break
		}
		a, b, loss = a-sa, b-sb, next
	}
	if !(a > 0.01) { // outcomes that run against the model bend it flat, not around
		a = 0.01
		b = logit(mean(points, prior))
	}
	return Curve{Slope: a, Shift: b}
}

// surprise is the points' logarithmic loss under a sigmoid, over all lists.
func surprise(a, b float64, lists ...[]Point) (sum float64) {
	for _, list := range lists {
		for _, p := range list {
			z := a*logit(p.P) + b
			// log(1+exp(z)) - y·z, without overflow
			sum += p.W * (max(z, 0) + math.Log1p(math.Exp(-math.Abs(z))) - p.Y*z)
		}
	}
	return sum
}

func mean(lists ...[]Point) float64 {
	var w, y float64
	for _, list := range lists {
		for _, p := range list {
			w, y = w+p.W, y+p.W*p.Y
		}
	}
	return y / w
}

// isotonic pools adjacent violators (Ayer et al. 1955): blocks whose means
// rise. Knots stand at the blocks' mean probabilities, so that the curve rises
// also within a block and keeps the model's order.
func isotonic(points []Point) Curve {
	slices.SortStableFunc(points, func(a, b Point) int { return cmp.Compare(a.P, b.P) })
	type block struct{ w, p, y float64 }
	var blocks []block
	rises := func() bool {
		n := len(blocks)
		return n < 2 || blocks[n-2].y/blocks[n-2].w < blocks[n-1].y/blocks[n-1].w
	}
	for _, p := range points {
		blocks = append(blocks, block{p.W, p.W * p.P, p.W * p.Y})
		for !rises() {
			n := len(blocks)
			x, y := blocks[n-2], blocks[n-1]
			blocks = append(blocks[:n-2], block{x.w + y.w, x.p + y.p, x.y + y.y})
		}
	}
	var c Curve
	for _, b := range blocks {
		k := Knot{b.p / b.w, bounded(b.y / b.w)}
		if n := len(c.Knots); n > 0 && (k.From <= c.Knots[n-1].From || k.To < c.Knots[n-1].To) {
			continue // rounding
		}
		c.Knots = append(c.Knots, k)
	}
	return c
}

func sigmoid(z float64) float64 { return 1 / (1 + math.Exp(-z)) }

func logit(p float64) float64 {
	p = max(1e-6, min(p, 1-1e-6))
	return math.Log(p / (1 - p))
}

func bounded(p float64) float64 { return max(least, min(p, most)) }
