package measure

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"

	"github.com/sufflor/sufflor/index"
	retrieval "github.com/sufflor/sufflor/index/measure"
	"github.com/sufflor/sufflor/suggest"
	"github.com/sufflor/sufflor/suggest/measure/stats"
)

// Example is one ask's features and whether its answer was right.
type Example struct {
	Set        string             `json:"set"`
	ID         string             `json:"id,omitempty"`
	Language   string             `json:"language,omitempty"`
	Answerable bool               `json:"answerable"` // the documents hold an answer, found or not
	Right      bool               `json:"right"`
	Quotes     int                `json:"quotes,omitempty"`       // sentences that would be quoted
	RightOnes  int                `json:"right_quotes,omitempty"` // of them from a passage that is right for the message
	Features   map[string]float64 `json:"features"`               // none: nothing was found
}

// Family is what a set has in common with those in other languages: its name
// up to the first underscore. The same texts in another language are no new
// texts.
func (e Example) Family() string {
	family, _, _ := strings.Cut(e.Set, "_")
	return family
}

// Examples are the asks of results with a verdict: an answer is right when it
// cites a right passage of the question it stands for, or of one of
// the message's questions where that is unknown, and states at least
// half of that question's facts; what is not answerable has no right answer.
func Examples(results []Result) []Example {
	var out []Example
	for _, r := range results {
		for i, a := range r.Trace.Answers {
			if len(a.Features) == 0 {
				continue
			}
			questions := r.Message.Questions
			if len(questions) == len(r.Trace.Answers) {
				questions = questions[i : i+1] // asks are in the order of the questions
			}
			right := 0
			for _, q := range a.Sentences {
				right += b2i(r.needs(q.Passage))
			}
			out = append(out, Example{
				Quotes: len(a.Sentences), RightOnes: right,
				Set: "messages_" + r.Message.Language, ID: fmt.Sprint(r.ID, "/", i), Language: r.Message.Language, Features: a.Features, Right: rightAnswer(r, a, questions),
				Answerable: slices.ContainsFunc(questions, func(q Question) bool { return q.Answerable }),
			})
		}
	}
	return out
}

// needs reports whether a passage is right for one of the message's questions.
func (r Result) needs(passage string) bool {
	for _, hits := range r.Trace.Found {
		for _, h := range hits {
			if h.Passage.ID == passage {
				return slices.ContainsFunc(r.Message.Questions, func(q Question) bool {
					return slices.ContainsFunc(q.Needs, func(g []Need) bool { return Right(h.Passage, g) })
				})
			}
		}
	}
	return false
}

func rightAnswer(r Result, a suggest.Answer, questions []Question) bool {
	var said strings.Builder
	cites := map[string]bool{}
	for _, q := range a.Sentences {
		said.WriteString(q.Text + "\n")
		cites[q.Passage] = true
	}
	text := said.String()
	for _, q := range questions {
		if !q.Answerable {
			continue
		}
		stated := 0
		for _, f := range q.Facts {
			stated += b2i(HasFact(text, f))
		}
		if 2*stated < len(q.Facts) {
			continue
		}
		for _, hits := range r.Trace.Found {
			for _, h := range hits {
				if cites[h.Passage.ID] && slices.ContainsFunc(q.Needs, func(g []Need) bool { return Right(h.Passage, g) }) {
					return true
				}
			}
		}
	}
	return false
}

// Fit trains a logistic regression with an L2 penalty on the weights of
// standardised features, by Newton's method: deterministic. The families of
// sets count alike, however many examples they have. A name may be a product
// of two features, "a*b". Examples without features are left out: the model
// has no say on them.
func Fit(examples []Example, names []string, penalty float64) (bias float64, weights map[string]float64, err error) {
	examples = slices.DeleteFunc(slices.Clone(examples), func(e Example) bool { return len(e.Features) == 0 })
	if len(examples) < 20 {
		return 0, nil, fmt.Errorf("%d examples are too few to fit; need 20", len(examples))
	}
	t := designOf(examples, names)
	w := t.newton(penalty)
	weights = map[string]float64{}
	for j, name := range names {
		if t.spread[j] == 0 {
			continue // the same everywhere: nothing was learned of it
		}
		raw := w[j] / t.spread[j]
		bias -= raw * t.mean[j]
		weights[name] = math.Round(raw*1e4) / 1e4
	}
	return math.Round((bias+w[len(names)])*1e4) / 1e4, weights, nil
}

// cost is what an example weighs: a wrong answer of five sentences costs its
// reader more than one of one. Where the sentences were not counted, 1.
func (e Example) cost() float64 {
	if e.Right || e.Quotes == 0 {
		return 1
	}
	return 0.5 + float64(e.Quotes)/4
}

// design is examples as standardised rows with a last column of ones.
type design struct {
	rows         [][]float64
	right        []float64
	weight       []float64 // adds up to the number of examples
	mean, spread []float64
}

func designOf(examples []Example, names []string) design {
	mass := map[string]float64{}
	for _, e := range examples {
		mass[e.Family()] += e.cost()
	}
	n := len(names)
	t := design{mean: make([]float64, n), spread: make([]float64, n)}
	for _, e := range examples {
		row := make([]float64, n+1)
		w := float64(len(examples)) / float64(len(mass)) * e.cost() / mass[e.Family()]
		for j, name := range names {
			row[j] = suggest.Value(e.Features, name)
			t.mean[j] += w * row[j] / float64(len(examples))
		}
		row[n] = 1
		t.rows, t.right, t.weight = append(t.rows, row), append(t.right, float64(b2i(e.Right))), append(t.weight, w)
	}
	for i, row := range t.rows {
		for j := range n {
			row[j] -= t.mean[j]
			t.spread[j] += t.weight[i] * row[j] * row[j] / float64(len(examples))
		}
	}
	for j := range n {
		t.spread[j] = math.Sqrt(t.spread[j])
		if t.spread[j] < 1e-6 {
			t.spread[j] = 0
		}
	}
	for _, row := range t.rows {
		for j := range n {
			if t.spread[j] > 0 {
				row[j] /= t.spread[j]
			} else {
				row[j] = 0
			}
		}
	}
	return t
}

// newton is the weights of the columns, the last one's without a penalty.
func (t design) newton(penalty float64) []float64 {
	n := len(t.mean) + 1
	w := make([]float64, n)
	const rounds = 25
	for range rounds {
		gradient := make([]float64, n)
		hessian := make([][]float64, n)
		for j := range hessian {
			hessian[j] = make([]float64, n)
			hessian[j][j] = 1e-9
			if j < n-1 {
				gradient[j], hessian[j][j] = penalty*w[j], penalty
			}
		}
		for i, row := range t.rows {
			p := 1 / (1 + math.Exp(-dot(w, row)))
			d, h := t.weight[i]*(p-t.right[i]), t.weight[i]*max(p*(1-p), 1e-6)
			for j, x := range row {
				gradient[j] += d * x
				if x == 0 {
					continue
				}
				x *= h
				for k := range j + 1 {
					hessian[j][k] += x * row[k]
				}
			}
		}
		step := solve(hessian, gradient)
		longest := 0.0
		for _, s := range step {
			longest = max(longest, math.Abs(s))
		}
		const far = 2 // a longer step is not to be trusted
		for j := range w {
			w[j] -= step[j] * min(1, far/max(longest, far))
		}
		if longest < 1e-7 {
			break
		}
	}
	return w
}

// solve is x of a·x = b by Cholesky's decomposition; of a, which is positive
// definite, only the lower half is read.
func solve(a [][]float64, b []float64) []float64 {
	n := len(b)
	for j := range n {
		for k := range j + 1 {
			sum := a[j][k]
			for l := range k {
				sum -= a[j][l] * a[k][l]
			}
			if j == k {
				a[j][j] = math.Sqrt(max(sum, 1e-12))
			} else {
				a[j][k] = sum / a[k][k]
			}
		}
	}
	x := slices.Clone(b)
	for j := range n {
		for k := range j {
			x[j] -= a[j][k] * x[k]
		}
		x[j] /= a[j][j]
	}
	for j := n - 1; j >= 0; j-- {
		for k := j + 1; k < n; k++ {
			x[j] -= a[k][j] * x[k]
		}
		x[j] /= a[j][j]
	}
	return x
}

// Searches are the asks of results with what was found for them, to train the
// search on: right is what the message's authors named. Each language is a set
// of its own.
func Searches(results []Result) []retrieval.Judged {
	var out []retrieval.Judged
	for _, r := range results {
		for i, hits := range r.Trace.Found {
			questions := r.Message.Questions
			if len(questions) == len(r.Trace.Found) {
				questions = questions[i : i+1] // asks are in the order of the questions
			}
			j := retrieval.Judged{Set: "messages_" + r.Message.Language}
			for _, h := range hits {
				right := slices.ContainsFunc(questions, func(q Question) bool {
					return q.Answerable && slices.ContainsFunc(q.Needs, func(g []Need) bool { return Right(h.Passage, g) })
				})
				j.Found = append(j.Found, retrieval.Candidate{Features: h.Hit.Parts.Features, Relevant: right})
			}
			if len(j.Found) > 0 {
				out = append(out, j)
			}
		}
	}
	return out
}

// Choice is one ask with its candidates, some of them right.
type Choice struct {
	Features []map[string]float64
	Right    []bool
}

// Choices are the asks of results for which some candidate unit is right: it
// belongs to a right passage of the question the ask stands for, and states
// its facts when any candidate does. rank lists an ask's candidates.
func Choices(results []Result, rank func(language string, ask suggest.BriefAsk) []Unit) []Choice {
	var out []Choice
	for _, r := range results {
		b := r.Trace.Brief
		for i, ask := range b.Asks {
			questions := r.Message.Questions
			if len(questions) == len(b.Asks) {
				questions = questions[i : i+1] // asks are in the order of the questions
			}
			var c Choice
			worth := []float64{}
			best := 0.0
			for _, u := range rank(b.Language, ask) {
				w := 0.0
				for _, q := range questions {
					if q.Answerable && slices.ContainsFunc(q.Needs, func(g []Need) bool { return Right(u.Passage, g) }) {
						stated := 0
						for _, f := range q.Facts {
							stated += b2i(HasFact(u.Text, f))
						}
						w = max(w, 0.1+rate(stated, len(q.Facts)))
					}
				}
				best = max(best, w)
				worth = append(worth, w)
				c.Features = append(c.Features, u.Features)
			}
			if best == 0 {
				continue
			}
			for _, w := range worth {
				c.Right = append(c.Right, w >= 0.99*best)
			}
			out = append(out, c)
		}
	}
	return out
}

// Unit is a candidate of an ask.
type Unit struct {
	Passage  index.Passage
	Text     string
	Features map[string]float64
}

// FitRanking trains weights so that right candidates come first: a softmax
// over each ask's candidates (ListNet, Cao et al., ICML 2007, with the
// probability mass on the right ones), an L2 penalty, AdaGrad from zero.
// Deterministic.
func FitRanking(choices []Choice, names []string, penalty float64) map[string]float64 {
	w := make([]float64, len(names))
	grad, past := make([]float64, len(names)), make([]float64, len(names))
	tables := make([][][]float64, len(choices))
	for i, c := range choices {
		tables[i] = c.table(names)
	}
	var z []float64
	const rounds, rate = 300, 0.3
	for range rounds {
		clear(grad)
		for k, table := range tables {
			right := choices[k].Right
			z = z[:0]
			top := math.Inf(-1)
			for _, f := range table {
				z = append(z, dot(w, f))
				top = max(top, z[len(z)-1])
			}
			var sum, good float64
			for j := range z {
				z[j] = math.Exp(z[j] - top)
				sum += z[j]
				if right[j] {
					good += z[j]
				}
			}
			for j, f := range table {
				g := z[j] / sum
				if right[j] {
					g -= z[j] / good
				}
				for i := range f {
					grad[i] += g * f[i]
				}
			}
		}
		for i := range w {
			g := (grad[i] + penalty*w[i]) / float64(len(choices))
			past[i] += g * g
			if past[i] > 0 {
				w[i] -= rate * g / math.Sqrt(past[i])
			}
		}
	}
	out := map[string]float64{}
	for i, n := range names {
		out[n] = math.Round(w[i]*1000) / 1000
	}
	return out
}

// table is the features as rows in the order of names.
func (c Choice) table(names []string) [][]float64 {
	out := make([][]float64, len(c.Features))
	for j, f := range c.Features {
		row := make([]float64, len(names))
		for i, n := range names {
			row[i] = f[n]
		}
		out[j] = row
	}
	return out
}

func dot(a, b []float64) (sum float64) {
	for i := range a {
		sum += a[i] * b[i]
	}
	return sum
}

// FirstRight is the share of asks whose first candidate is right.
func FirstRight(choices []Choice, weights map[string]float64) float64 {
	names := slices.Sorted(maps.Keys(weights))
	w := make([]float64, len(names))
	for i, n := range names {
		w[i] = weights[n]
	}
	right := 0
	for _, c := range choices {
		best, at := math.Inf(-1), -1
		for j, f := range c.table(names) {
			if z := dot(w, f); z > best {
				best, at = z, j
			}
		}
		right += b2i(at >= 0 && c.Right[at])
	}
	return rate(right, len(choices))
}

// AUROC is the chance that a right answer scores above a wrong one.
func AUROC(examples []Example, score func(map[string]float64) float64) float64 {
	scores, right := make([]float64, len(examples)), make([]bool, len(examples))
	for i, e := range examples {
		scores[i], right[i] = score(e.Features), e.Right
	}
	return stats.AUROC(scores, right)
}
