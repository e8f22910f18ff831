package insight

import (
	"math"
	"slices"

	"github.com/sufflor/sufflor/suggest/overlap"
)

// alike is the mean cosine from which groups of questions are put together.
const alike = 0.25

// codeWeight is what an identifier counts beside a word: two questions on one
// machine need not be on the same matter.
const codeWeight = 0.6

// bag is the terms of a text with their weights, of length 1.
type bag map[string]float64

// bags weighs the index's own terms of texts by their rarity among them (TF-IDF
// with smoothed document frequencies; Salton and Buckley, IPM 24:5, 1988).
// Function words are left out, words around the matter count little, and an
// identifier counts once, however many ways the index has to write it.
func bags(language string, texts []string) []bag {
	out := make([]bag, len(texts))
	frequency := map[string]float64{}
	for i, text := range texts {
		out[i] = bag{}
		for _, t := range overlap.Weigh(overlap.Analyze(language, text), nil, 1).Terms {
			out[i][t.Term] = t.Weight
			if t.Identifier {
				out[i][t.Term] *= codeWeight
			}
			frequency[t.Term]++
		}
	}
	n := float64(len(texts))
	for _, b := range out {
		var sum float64
		for _, term := range sortedKeys(b) { // sums in one order: deterministic
			b[term] *= math.Log((1+n)/(1+frequency[term])) + 1
			sum += b[term] * b[term]
		}
		for term := range b {
			b[term] /= math.Sqrt(sum)
		}
	}
	return out
}

func cosine(a, b bag) float64 {
	if len(b) < len(a) {
		a, b = b, a
	}
	var parts []float64
	for term, w := range a {
		if v, ok := b[term]; ok {
			parts = append(parts, w*v)
		}
	}
	slices.Sort(parts)
	var sum float64
	for _, p := range parts {
		sum += p
	}
	return sum
}

// cluster puts texts together by average linkage (UPGMA; Sokal and Michener
// 1958), found by nearest-neighbour chains in the square of their number
// (Murtagh, The Computer Journal 26:4, 1983). It returns their places, each
// cluster's text that is nearest to the others first; the largest cluster first,
// then the one that comes first.
func cluster(language string, texts []string) [][]int {
	n := len(texts)
	b := bags(language, texts)
	sim := make([][]float64, n) // as they are merged
	first := make([][]float64, n)
	for i := range sim {
		sim[i] = make([]float64, n)
		first[i] = make([]float64, n)
		for j := range i {
			s := cosine(b[i], b[j])
			sim[i][j], sim[j][i], first[i][j], first[j][i] = s, s, s, s
		}
	}
	members := make([][]int, n)
	for i := range members {
		members[i] = []int{i}
	}
	active := make([]bool, n)
	for i := range active {
		active[i] = true
	}
	nearest := func(i, before int) (at int, best float64) {
		at, best = -1, -1
		if before >= 0 {
			at, best = before, sim[i][before]
		}
		for j := range n {
			if j != i && active[j] && sim[i][j] > best {
				at, best = j, sim[i][j]
			}
		}
		return at, best
	}
	var chain []int
	for {
		if len(chain) == 0 {
			i := slices.Index(active, true)
			if i < 0 {
				break
			}
			chain = append(chain, i)
		}
		top, before := chain[len(chain)-1], -1
		if len(chain) > 1 {
			before = chain[len(chain)-2]
		}
		next, best := nearest(top, before)
		switch {
		case best < alike && before < 0:
			// Nothing is near enough to it now, and merging others brings
			// nothing nearer than the nearest of them was.
			active[top], chain = false, nil
		case next == before:
			a, c := min(top, before), max(top, before)
			na, nc := float64(len(members[a])), float64(len(members[c]))
			for j := range n {
				s := (na*sim[a][j] + nc*sim[c][j]) / (na + nc)
				sim[a][j], sim[j][a] = s, s
			}
			members[a], members[c], active[c] = append(members[a], members[c]...), nil, false
			chain = chain[:len(chain)-2]
		default:
			chain = append(chain, next)
		}
	}
	var out [][]int
	for _, m := range members {
		if len(m) > 0 {
			slices.Sort(m)
			out = append(out, central(m, first))
		}
	}
	slices.SortStableFunc(out, func(a, b []int) int { return len(b) - len(a) })
	return out
}

// central puts the member that is nearest to the others first.
func central(m []int, sim [][]float64) []int {
	at, best := 0, -1.0
	for i, x := range m {
		var sum float64
		for _, y := range m {
			sum += sim[x][y]
		}
		if sum > best+1e-12 {
			at, best = i, sum
		}
	}
	out := []int{m[at]}
	return append(append(out, m[:at]...), m[at+1:]...)
}

// Unlike reports which texts are like none of those before them: text i is
// compared with texts from[i] to i-1. Texts are alike from the cosine on from
// which questions are put together; one without a word to go by is never
// unlike others.
func Unlike(language string, texts []string, from []int) []bool {
	out := make([]bool, len(texts))
	type use struct {
		text   int
		weight float64
	}
	uses := map[string][]use{}
	for i, b := range bags(language, texts) {
		near := make([]float64, i-from[i]) // cosines
		for _, term := range sortedKeys(b) {
			for _, u := range slices.Backward(uses[term]) {
				if u.text < from[i] {
					break
				}
				near[u.text-from[i]] += u.weight * b[term]
			}
			uses[term] = append(uses[term], use{i, b[term]})
		}
		out[i] = len(b) > 0 && !slices.ContainsFunc(near, func(c float64) bool { return c >= alike })
	}
	return out
}
