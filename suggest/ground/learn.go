package ground

import (
	"math"
	"slices"
)

// example is a row to learn from.
type example struct {
	x      []float64
	y      float64
	weight float64
	group  string
}

// fitLinear is a logistic regression with a ridge, by Newton's method.
func fitLinear(names []string, rows []example) *Linear {
	n := len(names)
	l := &Linear{Names: names, Mean: make([]float64, n), Scale: make([]float64, n), W: make([]float64, n)}
	total := 0.0
	for _, r := range rows {
		total += r.weight
		for j, v := range r.x {
			l.Mean[j] += r.weight * v
		}
	}
	for j := range n {
		l.Mean[j] /= total
	}
	for _, r := range rows {
		for j, v := range r.x {
			l.Scale[j] += r.weight * (v - l.Mean[j]) * (v - l.Mean[j])
		}
	}
	for j := range n {
		if l.Scale[j] = math.Sqrt(l.Scale[j] / total); l.Scale[j] < 1e-6 {
			l.Scale[j] = 1
		}
	}
	z := make([][]float64, len(rows))
	for i, r := range rows {
		z[i] = make([]float64, n+1)
		for j, v := range r.x {
			z[i][j] = clamp((v - l.Mean[j]) / l.Scale[j])
		}
		z[i][n] = 1
	}
	beta := make([]float64, n+1)
	for range 12 {
		h := make([][]float64, n+1)
		for j := range h {
			h[j] = make([]float64, n+2)
			if j < n {
				h[j][j] = ridge
				h[j][n+1] = -ridge * beta[j]
			} else {
				h[j][j] = 1e-6
			}
		}
		for i, r := range rows {
			sum := 0.0
			for j, v := range z[i] {
				sum += beta[j] * v
			}
			p := logistic(sum)
			g, w := r.weight*(r.y-p), r.weight*max(p*(1-p), 1e-5)
			for j, a := range z[i] {
				h[j][n+1] += g * a
				wa := w * a
				row := h[j]
				for k := j; k <= n; k++ {
					row[k] += wa * z[i][k]
				}
			}
		}
		for j := range h {
			for k := range j {
				h[j][k] = h[k][j]
			}
		}
		step := solve(h)
		largest := 0.0
		for j, s := range step {
			beta[j] += max(-2, min(2, s))
			largest = max(largest, math.Abs(s))
		}
		if largest < 1e-5 {
			break
		}
	}
	for j := range n {
		l.W[j] = beta[j]
	}
	l.Bias = beta[n]
	return l
}

// solve is Gauss elimination of an augmented matrix.
func solve(a [][]float64) []float64 {
	n := len(a)
	for i := range n {
		p := i
		for r := i + 1; r < n; r++ {
			if math.Abs(a[r][i]) > math.Abs(a[p][i]) {
				p = r
			}
		}
		a[i], a[p] = a[p], a[i]
		if math.Abs(a[i][i]) < 1e-12 {
			a[i][i] = 1e-12
		}
		for r := i + 1; r < n; r++ {
			f := a[r][i] / a[i][i]
			if f == 0 {
				continue
			}
			for c := i; c <= n; c++ {
				a[r][c] -= f * a[i][c]
			}
		}
	}
	x := make([]float64, n)
	for i := n - 1; i >= 0; i-- {
		x[i] = a[i][n]
		for c := i + 1; c < n; c++ {
			x[i] -= a[i][c] * x[c]
		}
		x[i] /= a[i][i]
	}
	return x
}

// growth is how a forest is grown.
type growth struct {
	trees, depth int
	rate         float64
	leaf         float64 // least weight of a leaf
	ridge        float64
	share        float64 // of the features that a tree may look at
}

const bins = 32

// fitForest is gradient boosting on the logistic loss over binned features.
func fitForest(rows []example, g growth) *Forest {
	n := len(rows[0].x)
	cuts := make([][]float64, n)
	binned := make([][]uint8, n)
	for j := range n {
		vs := make([]float64, len(rows))
		for i, r := range rows {
			vs[i] = r.x[j]
		}
		slices.Sort(vs)
		for b := 1; b < bins; b++ {
			v := vs[b*(len(vs)-1)/bins]
			if len(cuts[j]) == 0 || v > cuts[j][len(cuts[j])-1] {
				cuts[j] = append(cuts[j], v)
			}
		}
		binned[j] = make([]uint8, len(rows))
		for i, r := range rows {
			k, _ := slices.BinarySearch(cuts[j], r.x[j])
			binned[j][i] = uint8(k) //nolint:gosec // fewer than bins
		}
	}
	up, all := 0.0, 0.0
	for _, r := range rows {
		up += r.weight * r.y
		all += r.weight
	}
	f := &Forest{Bias: math.Log((up + 1) / (all - up + 1))}
	score := make([]float64, len(rows))
	for i := range score {
		score[i] = f.Bias
	}
	grad, hess := make([]float64, len(rows)), make([]float64, len(rows))
	every := make([]int, len(rows))
	for i := range every {
		every[i] = i
	}
	seed := uint64(1)
	for range g.trees {
		for i, r := range rows {
			p := logistic(score[i])
			grad[i] = r.weight * (r.y - p)
			hess[i] = r.weight * max(p*(1-p), 1e-4)
		}
		var look []int
		for j := range n {
			seed = seed*6364136223846793005 + 1442695040888963407
			if float64(seed>>40)/float64(1<<24) < g.share {
				look = append(look, j)
			}
		}
		var t []Node
		var grow func(idx []int, depth int) int
		grow = func(idx []int, depth int) int {
			at := len(t)
			t = append(t, Node{Feature: -1})
			var sg, sh float64
			for _, i := range idx {
				sg += grad[i]
				sh += hess[i]
			}
			t[at].Value = math.Round(1e4*g.rate*sg/(sh+g.ridge)) / 1e4
			if depth == 0 {
				return at
			}
			bestGain, bestJ, bestB := 1e-3, -1, 0
			for _, j := range look {
				var hg, hh [bins]float64
				for _, i := range idx {
					hg[binned[j][i]] += grad[i]
					hh[binned[j][i]] += hess[i]
				}
				lg, lh := 0.0, 0.0
				for b := range cuts[j] {
					lg += hg[b]
					lh += hh[b]
					if lh < g.leaf || sh-lh < g.leaf {
						continue
					}
					gain := lg*lg/(lh+g.ridge) + (sg-lg)*(sg-lg)/(sh-lh+g.ridge) - sg*sg/(sh+g.ridge)
					if gain > bestGain {
						bestGain, bestJ, bestB = gain, j, b
					}
				}
			}
			if bestJ < 0 {
				return at
			}
			var left, right []int
			for _, i := range idx {
				if int(binned[bestJ][i]) <= bestB {
					left = append(left, i)
				} else {
					right = append(right, i)
				}
			}
			l := grow(left, depth-1)
			r := grow(right, depth-1)
			t[at] = Node{Feature: bestJ, At: cuts[bestJ][bestB], Left: l, Right: r}
			return at
		}
		grow(every, g.depth)
		f.Trees = append(f.Trees, t)
		one := &Forest{Trees: [][]Node{t}}
		for i, r := range rows {
			score[i] += one.logit(r.x)
		}
	}
	return f
}
