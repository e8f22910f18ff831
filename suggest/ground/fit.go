package ground

import (
	"cmp"
	"context"
	"fmt"
	"hash/fnv"
	"math"
	"runtime"
	"slices"
	"strings"
	"sync"
	"unicode"

	"github.com/sufflor/sufflor/suggest/measure/stats"
)

// The settings of training. They were chosen on the development sets by how a
// set fares that was left out.
const (
	setWeight     = 400 // of a labelled set, however many rows it has
	plantedWeight = 100 // of a set that was made by spoiling
	phrasesWeight = 200 // of the sentences that no passage supports
	ridge         = 60
	mix           = 0.5
	folds         = 5
	seed          = 1
)

var grown = growth{trees: 100, depth: 3, rate: 0.08, leaf: 10, ridge: 4, share: 0.4}

// Training is what a model is fitted on.
type Training struct {
	Sets     []Set
	Passages []Passage // for examples that are made
	Command  string
}

// Result is how a set was scored by models that had not seen it.
type Result struct {
	Name     string
	N, Up    int     // rows, and those with something unsupported
	Fold     float64 // AUROC of 5 folds of the set alone, grouped by context
	Transfer float64 // AUROC of a model of all other sets
}

type measuredSet struct {
	name   string
	made   bool
	rows   []Measured
	labels []bool
	groups []string
}

// Fit trains a model on all sets, and reports how models fare on each set that
// have not seen it.
func Fit(ctx context.Context, t Training) (*Model, []Result, error) {
	sets := t.sets()
	var all []measuredSet
	c := NewWith(nil)
	for _, s := range sets {
		m, err := c.measureSet(ctx, s)
		if err != nil {
			return nil, nil, err
		}
		all = append(all, m)
	}
	var results []Result
	for i, s := range all {
		if err := ctx.Err(); err != nil {
			return nil, nil, err
		}
		if s.made {
			continue
		}
		results = append(results, Result{Name: s.name, N: len(s.rows), Up: countTrue(s.labels), Fold: s.inDomain(), Transfer: transfer(all, i)})
	}
	m := fitModel(all)
	names := make([]string, len(all))
	for i, s := range all {
		names[i] = fmt.Sprintf("%s (%d)", s.name, len(s.rows))
	}
	m.About = "Probability that a sentence (unit) or a response (whole) says something that its passages do not: the mean logit of a logistic regression and of boosted trees. Trained on " + strings.Join(names, ", ") + "; sets named planted, phrases and +spoilt were made by sufflor."
	m.Command = t.Command
	return m, results, nil
}

// sets are those given and those that are made.
func (t Training) sets() []Set {
	out := slices.Clone(t.Sets)
	for i, s := range out {
		if !slices.ContainsFunc(s.Rows, func(r Row) bool { return *r.Label != 0 }) {
			out[i] = Spoil(s, seed) // supported answers only
		}
	}
	if len(t.Passages) > 0 {
		out = append(out, Corrupt(t.Passages, seed), Phrases(t.Passages, seed))
	}
	return out
}

// measureSet computes a set's features, on all cores.
func (c *Checker) measureSet(ctx context.Context, s Set) (measuredSet, error) {
	out := measuredSet{name: s.Name, made: s.Made, rows: make([]Measured, len(s.Rows))}
	var wg sync.WaitGroup
	next := make(chan int)
	for range runtime.NumCPU() {
		wg.Go(func() {
			for i := range next {
				r := s.Rows[i]
				out.rows[i] = c.Measure(LanguageOf(r), r.Question, r.Context, *r.Response)
			}
		})
	}
	var err error
	for i, r := range s.Rows {
		if err = ctx.Err(); err != nil {
			break
		}
		next <- i
		out.labels = append(out.labels, *r.Label == 1)
		out.groups = append(out.groups, r.groupKey())
	}
	close(next)
	wg.Wait()
	return out, err
}

// groupKey is the same for rows of one context, however it is spaced.
func (r Row) groupKey() string {
	if r.group != "" {
		return r.group
	}
	return strings.Map(func(c rune) rune {
		if unicode.IsLetter(c) || unicode.IsDigit(c) {
			return unicode.ToLower(c)
		}
		return -1
	}, strings.Join(r.Context, ""))
}

// total is the weight of all rows.
func (s measuredSet) total() float64 {
	switch {
	case s.name == phrasesName:
		return phrasesWeight
	case s.made:
		return plantedWeight
	}
	return setWeight
}

func (s measuredSet) examples() []example {
	total := s.total()
	out := make([]example, len(s.rows))
	for i, m := range s.rows {
		out[i] = example{x: m.vector(), y: bit(s.labels[i]), weight: total / float64(len(s.rows)), group: s.groups[i]}
	}
	return out
}

func (s measuredSet) inDomain() float64 {
	rows := s.examples()
	scores := make([]float64, len(rows))
	for fold := range folds {
		var train []example
		for _, r := range rows {
			if foldOf(r.group) != fold {
				train = append(train, r)
			}
		}
		if len(train) == 0 {
			continue // all rows are of one context
		}
		l, f := fitLinear(vectorNames(), train), fitForest(train, grown)
		for i, r := range rows {
			if foldOf(r.group) == fold {
				scores[i] = (1-mix)*l.logit(r.x) + mix*f.logit(r.x)
			}
		}
	}
	return stats.AUROC(scores, s.labels)
}

func foldOf(group string) int {
	h := fnv.New32a()
	_, _ = h.Write([]byte(group))
	return int(h.Sum32()>>3) % folds
}

func transfer(all []measuredSet, left int) float64 {
	var train []example
	for i, s := range all {
		if i != left {
			train = append(train, s.examples()...)
		}
	}
	if len(train) == 0 {
		return math.NaN()
	}
	l, f := fitLinear(vectorNames(), train), fitForest(train, grown)
	var scores []float64
	for _, r := range all[left].examples() {
		scores = append(scores, (1-mix)*l.logit(r.x)+mix*f.logit(r.x))
	}
	return stats.AUROC(scores, all[left].labels)
}

func fitModel(all []measuredSet) *Model {
	var whole []example
	for _, s := range all {
		whole = append(whole, s.examples()...)
	}
	m := &Model{Mix: mix, Whole: fitLinear(vectorNames(), whole), Tree: fitForest(whole, grown)}
	m.fitUnits(all)
	m.round()
	return m
}

// fitUnits trains the sentences' model. Which sentence of an unsupported
// response is to blame is not known: it is the one that the model so far finds
// worst, first the one with most that is new.
func (m *Model) fitUnits(all []measuredSet) {
	soft := nameAt("novel_soft")
	blame := func(f Features) float64 { return f[soft] }
	for range 3 {
		var rows []example
		for _, s := range all {
			total := s.total()
			for i, r := range s.rows {
				if len(r.Sentences) == 0 {
					continue
				}
				w := total / float64(len(s.rows))
				if !s.labels[i] {
					for _, u := range r.Sentences {
						rows = append(rows, example{x: u.Features, weight: w / math.Sqrt(float64(len(r.Sentences)))})
					}
					continue
				}
				u := slices.MaxFunc(r.Sentences, func(a, b MeasuredSentence) int { return cmp.Compare(blame(a.Features), blame(b.Features)) })
				rows = append(rows, example{x: u.Features, y: 1, weight: w})
			}
		}
		m.Unit, m.UnitTree = fitLinear(featureNames, rows), fitForest(rows, grown)
		blame = m.Sentence
	}
}

// round keeps the file small.
func (m *Model) round() {
	short := func(xs []float64) {
		for i, x := range xs {
			xs[i] = rounded(x)
		}
	}
	for _, l := range []*Linear{m.Unit, m.Whole} {
		short(l.Mean)
		short(l.Scale)
		short(l.W)
		l.Bias = rounded(l.Bias)
	}
	for _, f := range []*Forest{m.UnitTree, m.Tree} {
		f.Bias = rounded(f.Bias)
		for _, t := range f.Trees {
			for i := range t {
				t[i].At = rounded(t[i].At)
			}
		}
	}
}

// rounded has six significant digits.
func rounded(x float64) float64 {
	if x == 0 || math.IsInf(x, 0) || math.IsNaN(x) {
		return 0
	}
	p := math.Pow(10, 5-math.Floor(math.Log10(math.Abs(x))))
	return math.Round(x*p) / p
}

func countTrue(bs []bool) int {
	n := 0
	for _, b := range bs {
		if b {
			n++
		}
	}
	return n
}

// Accuracy is how well scores tell unsupported responses from others; what
// cannot be told is NaN, see package stats.
type Accuracy struct {
	N, Up     int
	AUROC     float64
	F1        float64 // at Threshold
	Precision float64
	Recall    float64
	Threshold float64
	BestF1    float64 // at the threshold that suits this set best: an upper bound
	BestAt    float64
	Called    int     // scored at Threshold or above
	Mean      float64 // of the scores
}

// Assess scores a set with the checker's model.
func (c *Checker) Assess(ctx context.Context, s Set, threshold float64) (Accuracy, error) {
	m, err := c.measureSet(ctx, s)
	if err != nil {
		return Accuracy{}, err
	}
	scores := make([]float64, len(m.rows))
	a := Accuracy{N: len(m.rows), Up: countTrue(m.labels), Threshold: threshold}
	for i, r := range m.rows {
		scores[i] = c.model.Response(r)
		a.Mean += scores[i] / float64(len(m.rows))
		if scores[i] >= threshold {
			a.Called++
		}
	}
	a.AUROC = stats.AUROC(scores, m.labels)
	at, best := stats.At(scores, m.labels, threshold), stats.BestCut(scores, m.labels)
	a.F1, a.Precision, a.Recall = at.F1, at.Precision, at.Recall
	a.BestF1, a.BestAt = best.F1, best.Threshold
	return a, nil
}
