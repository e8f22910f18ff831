package measure

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"slices"
	"strconv"
	"strings"

	"github.com/sufflor/sufflor/index"
)

// Judged is a query of a set with what a search found for it.
type Judged struct {
	Set    string      `json:"set"`
	Weight float64     `json:"weight,omitempty"` // of its set; 0 is 1
	Found  []Candidate `json:"found"`
}

// Candidate is a found passage and whether it was judged relevant.
type Candidate struct {
	Features index.Features `json:"features"`
	Relevant bool           `json:"relevant,omitempty"`
}

// Family is what a set has in common with those in other languages: its name up
// to the first underscore.
func (j Judged) Family() string {
	family, _, _ := strings.Cut(j.Set, "_")
	return family
}

// WriteJudged writes queries to a file, one JSON object a line.
func WriteJudged(path string, queries []Judged) error {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	out := json.NewEncoder(f)
	for _, q := range queries {
		if err = out.Encode(q); err != nil {
			break
		}
	}
	if err := errors.Join(err, f.Close()); err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	return nil
}

// ReadJudged reads what [WriteJudged] wrote.
func ReadJudged(ctx context.Context, path string) ([]Judged, error) {
	return within(path, func(in io.Reader) ([]Judged, error) {
		var out []Judged
		err := Lines(ctx, path, in, func(line int, text []byte) error {
			var q Judged
			if err := json.Unmarshal(text, &q); err != nil {
				return fmt.Errorf("%s:%d: %w; it must be written by sufflor eval --judged", path, line, err)
			}
			if q.Set == "" || len(q.Found) == 0 {
				return fmt.Errorf("%s:%d: set or found is missing; it must be written by sufflor eval --judged", path, line)
			}
			out = append(out, q)
			return nil
		})
		return out, err
	})
}

// LeftOut is the nDCG@10 of each set when its family is left out of the training:
// what strangers' questions may expect. Passages that were not found count as if
// they did not exist.
func LeftOut(queries []Judged) map[string]float64 {
	scores := map[string][]float64{}
	done := map[string]bool{}
	for _, q := range queries {
		family := q.Family()
		if done[family] {
			continue
		}
		done[family] = true
		var others, own []Judged
		for _, o := range queries {
			if o.Family() == family {
				own = append(own, o)
			} else {
				others = append(others, o)
			}
		}
		weights := Fit(others)
		for _, o := range own {
			if score, ok := o.ndcg(index.Ranking{Weights: weights}); ok {
				scores[o.Set] = append(scores[o.Set], score)
			}
		}
	}
	means := map[string]float64{}
	for set, all := range scores {
		sum := 0.0
		for _, score := range all {
			sum += score
		}
		means[set] = sum / float64(len(all))
	}
	return means
}

// ndcg is the nDCG@10 of what was found, ordered by r; not ok when nothing
// relevant is among it.
func (j Judged) ndcg(r index.Ranking) (score float64, ok bool) {
	order := make([]string, len(j.Found))
	scores := make([]float64, len(j.Found))
	rels := Relevance{}
	places := make([]int, len(j.Found))
	for i, c := range j.Found {
		places[i] = i
		scores[i] = r.Score(c.Features)
		if c.Relevant {
			rels[strconv.Itoa(i)] = 1
		}
	}
	slices.SortStableFunc(places, func(a, b int) int { return cmp.Compare(scores[b], scores[a]) })
	for rank, i := range places {
		order[rank] = strconv.Itoa(i)
	}
	return NDCG(rels, order, 10), len(rels) > 0
}

// How [Fit] learns. More steps change the third digit of a weight.
const (
	fitSteps = 300
	fitRate  = 0.09
	fitDecay = 1e-3 // of the squared weights, features in units of their deviation
)

// Fit learns the weights that make relevant passages likeliest to come first:
// the listwise loss of Cao et al., Learning to Rank: From Pairwise Approach to
// Listwise Approach, 2007, with softmax over each query's passages, minimised
// by Adam (Kingma and Ba, 2015). Every set counts alike, however many queries
// it has. Queries without a relevant passage among those found teach nothing. The
// result depends on the order of queries in the last digits only.
//
// A feature that is the same everywhere keeps the weight 0.
func Fit(queries []Judged) index.Features {
	const n = index.FeatureCount
	type example struct {
		x      [][n]float64
		want   []float64
		weight float64
	}
	sizes := map[string]float64{}
	var all []example
	var sets []string
	var mean, deviation [n]float64
	rows := 0.0
	for _, q := range queries {
		relevant := 0.0
		for _, c := range q.Found {
			if c.Relevant {
				relevant++
			}
		}
		if relevant == 0 {
			continue
		}
		e := example{x: make([][n]float64, len(q.Found)), want: make([]float64, len(q.Found))}
		for i, c := range q.Found {
			e.x[i] = c.Features.List()
			if c.Relevant {
				e.want[i] = 1 / relevant
			}
			for j, v := range e.x[i] {
				mean[j] += v
				deviation[j] += v * v
			}
			rows++
		}
		sizes[q.Set]++
		all, sets = append(all, e), append(sets, q.Set)
	}
	if rows == 0 {
		return index.Features{}
	}
	for j := range mean {
		mean[j] /= rows
		deviation[j] = math.Sqrt(math.Max(deviation[j]/rows-mean[j]*mean[j], 0))
	}
	for i := range all {
		all[i].weight = 1 / sizes[sets[i]] / float64(len(sizes))
		for k := range all[i].x {
			for j := range n {
				all[i].x[k][j] -= mean[j]
				if deviation[j] > 1e-9 {
					all[i].x[k][j] /= deviation[j]
				} else {
					all[i].x[k][j] = 0
				}
			}
		}
	}
	var w, first, second [n]float64
	for step := 1; step <= fitSteps; step++ {
		var slope [n]float64
		for j := range n {
			slope[j] = fitDecay * w[j]
		}
		for _, e := range all {
			p := softmax(e.x, w)
			for k, x := range e.x {
				d := (p[k] - e.want[k]) * e.weight
				for j := range n {
					slope[j] += d * x[j]
				}
			}
		}
		for j := range n {
			first[j] = 0.9*first[j] + 0.1*slope[j]
			second[j] = 0.999*second[j] + 0.001*slope[j]*slope[j]
			m := first[j] / (1 - math.Pow(0.9, float64(step)))
			v := second[j] / (1 - math.Pow(0.999, float64(step)))
			w[j] -= fitRate * m / (math.Sqrt(v) + 1e-8)
		}
	}
	for j := range n {
		if deviation[j] > 1e-9 {
			w[j] /= deviation[j]
		} else {
			w[j] = 0
		}
	}
	return index.FeaturesOf(w)
}

// softmax is the chance of each row to be the one wanted.
func softmax[T ~[index.FeatureCount]float64](rows []T, w [index.FeatureCount]float64) []float64 {
	p := make([]float64, len(rows))
	top := math.Inf(-1)
	for k, x := range rows {
		for j, v := range x {
			p[k] += w[j] * v
		}
		top = max(top, p[k])
	}
	sum := 0.0
	for k := range p {
		p[k] = math.Exp(p[k] - top)
		sum += p[k]
	}
	for k := range p {
		p[k] /= sum
	}
	return p
}
