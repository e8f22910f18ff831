package ground

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"sync"
)

// Linear is a logistic regression: standardised features, weights, bias.
type Linear struct {
	Names []string  `json:"names"`
	Mean  []float64 `json:"mean"`
	Scale []float64 `json:"scale"`
	W     []float64 `json:"weights"`
	Bias  float64   `json:"bias"`
}

// logit of x; values far outside what was trained on are cut.
func (l *Linear) logit(x []float64) float64 {
	sum := l.Bias
	for i, w := range l.W {
		sum += w * clamp((x[i]-l.Mean[i])/l.Scale[i])
	}
	return sum
}

func clamp(z float64) float64 { return max(-4, min(4, z)) }

// Node is an inner node or, with Feature -1, a leaf of a tree.
type Node struct {
	Feature int     `json:"f"`
	At      float64 `json:"t,omitempty"` // go left when the feature is at most this
	Left    int     `json:"l,omitempty"`
	Right   int     `json:"r,omitempty"`
	Value   float64 `json:"v,omitempty"`
}

// Forest is gradient-boosted trees.
type Forest struct {
	Bias  float64  `json:"bias"`
	Trees [][]Node `json:"trees"`
}

func (f *Forest) logit(x []float64) float64 {
	sum := f.Bias
	for _, t := range f.Trees {
		n := 0
		for t[n].Feature >= 0 {
			if x[t[n].Feature] <= t[n].At {
				n = t[n].Left
			} else {
				n = t[n].Right
			}
		}
		sum += t[n].Value
	}
	return sum
}

// Model is what is learned. Its JSON says in about on what and how.
type Model struct {
	About    string  `json:"about"`
	Command  string  `json:"command"`
	Unit     *Linear `json:"unit"` // of a sentence
	UnitTree *Forest `json:"unit_tree,omitempty"`
	Whole    *Linear `json:"whole"` // of a response
	Tree     *Forest `json:"tree,omitempty"`
	// Mix is the share of the trees in the score.
	Mix float64 `json:"mix"`
}

// Sentence is the probability that a sentence is unsupported.
func (m *Model) Sentence(f Features) float64 {
	z := m.Unit.logit(f)
	if m.UnitTree != nil {
		z = (1-m.Mix)*z + m.Mix*m.UnitTree.logit(f)
	}
	return logistic(z)
}

// Response is the probability that something in a response is unsupported.
func (m *Model) Response(r Measured) float64 {
	if len(r.Sentences) == 0 {
		return 0
	}
	x := r.vector()
	z := m.Whole.logit(x)
	if m.Tree != nil {
		z = (1-m.Mix)*z + m.Mix*m.Tree.logit(x)
	}
	return logistic(z)
}

// worst are the features whose extreme over the sentences counts for the
// response, and the sign that makes the extreme a maximum.
var worst = []struct {
	name string
	sign float64
}{
	{"novel_soft", 1},
	{"novel_rare", 1},
	{"cov_asked", -1},
	{"cov_window", -1},
	{"cov_sentence", -1},
	{"bigrams", -1},
	{"lcs_sentence", -1},
	{"copied", -1},
	{"novel_fact", 1},
	{"facts_conflict", 1},
	{"negation", 1},
	{"pairs_apart", 1},
	{"recombined", 1},
	{"opinion", 1},
	{"question", 1},
}

var worstAt = func() []int {
	out := make([]int, len(worst))
	for i, w := range worst {
		out[i] = -1
		for j, n := range featureNames {
			if n == w.name {
				out[i] = j
			}
		}
	}
	return out
}()

// vector is a response's features: those of the whole, the worst of its
// sentences, and how many there are.
func (r Measured) vector() []float64 {
	x := make([]float64, 0, len(r.Whole)+len(worst)+2)
	x = append(x, r.Whole...)
	for i, w := range worst {
		v := math.Inf(-1)
		for _, s := range r.Sentences {
			v = max(v, w.sign*s.Features[worstAt[i]])
		}
		if math.IsInf(v, 0) {
			v = 0
		}
		x = append(x, v)
	}
	questions, firsts := 0, 0
	for _, s := range r.Sentences {
		if s.Features[questionAt] > 0 {
			questions++
		}
		if s.Features[firstAt] > 0 {
			firsts++
		}
	}
	return append(x, log1p(float64(len(r.Sentences))), ratio(questions, len(r.Sentences)), ratio(firsts, len(r.Sentences)))
}

var questionAt, firstAt = nameAt("question"), nameAt("first")

func nameAt(name string) int {
	for i, n := range featureNames {
		if n == name {
			return i
		}
	}
	return -1
}

// vectorNames name the features of a response.
func vectorNames() []string {
	out := slices.Clone(featureNames)
	for _, w := range worst {
		out = append(out, "worst_"+w.name)
	}
	return append(out, "sentences", "questions", "firsts")
}

//go:embed weights.json
var weightsJSON []byte

// Shipped is the model in the binary.
var Shipped = sync.OnceValue(func() *Model {
	m, err := ReadModel(weightsJSON)
	if err != nil {
		panic(err) // embedded; a test loads it
	}
	return m
})

// ReadModel parses a model and refuses one for other features.
func ReadModel(data []byte) (*Model, error) {
	m := &Model{}
	if err := json.Unmarshal(data, m); err != nil {
		return nil, fmt.Errorf("groundedness weights: %w", err)
	}
	for _, l := range []struct {
		name  string
		l     *Linear
		tree  *Forest
		names []string
	}{{"unit", m.Unit, m.UnitTree, featureNames}, {"whole", m.Whole, m.Tree, vectorNames()}} {
		n := len(l.names)
		if l.l == nil || len(l.l.W) != n || len(l.l.Mean) != n || len(l.l.Scale) != n || len(l.l.Names) != n {
			return nil, fmt.Errorf("groundedness weights: %s: want %d features; train again with sufflor check fit", l.name, n)
		}
		for i, name := range l.names {
			if l.l.Names[i] != name {
				return nil, fmt.Errorf("groundedness weights: %s: feature %d is %q, not %q; train again with sufflor check fit", l.name, i, l.l.Names[i], name)
			}
		}
		if l.tree == nil {
			continue
		}
		for _, t := range l.tree.Trees {
			for i, node := range t {
				if node.Feature >= n || node.Feature >= 0 && (node.Left <= i || node.Right <= i || node.Left >= len(t) || node.Right >= len(t)) {
					return nil, fmt.Errorf("groundedness weights: %s: a tree is damaged; train again with sufflor check fit", l.name)
				}
			}
			if len(t) == 0 {
				return nil, fmt.Errorf("groundedness weights: %s: a tree is empty; train again with sufflor check fit", l.name)
			}
		}
	}
	return m, nil
}
