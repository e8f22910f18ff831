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
)

// Example is one ask's features and whether its answer was right.
type Example struct {
	Set        string             `json:"set"`
	ID         string             `json:"id,omitempty"`
	Language   string             `json:"language,omitempty"`
	Answerable bool               `json:"answerable"` // the documents hold an answer, found or not
	Right      bool               `json:"right"`
	Features   map[string]float64 `json:"features"` // none: nothing was found
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
			out = append(out, Example{
				Set: "messages_" + r.Message.Language, ID: fmt.Sprint(r.ID, "/", i), Language: r.Message.Language, Features: a.Features, Right: rightAnswer(r, a, questions),
				Answerable: slices.ContainsFunc(questions, func(q Question) bool { return q.Answerable }),
			})
		}
	}
	return out
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

// Fit trains a logistic regression with an L2 penalty by gradient descent
// from zero: deterministic, and plenty for a dozen features.
func Fit(examples []Example, names []string, penalty float64) (bias float64, weights map[string]float64, err error) {
	if len(examples) < 20 {
		return 0, nil, fmt.Errorf("%d examples are too few to fit; need 20", len(examples))
	}
	w := make([]float64, len(names))
	n := float64(len(examples))
	const rounds, rate = 20000, 0.5
	grad := make([]float64, len(names))
	for range rounds {
		clear(grad)
		gb := 0.0
		for _, e := range examples {
			z := bias
			for i, name := range names {
				z += w[i] * e.Features[name]
			}
			d := 1/(1+math.Exp(-z)) - float64(b2i(e.Right))
			gb += d
			for i, name := range names {
				grad[i] += d * e.Features[name]
			}
		}
		bias -= rate * gb / n
		for i := range w {
			w[i] -= rate * (grad[i]/n + penalty*w[i]/n)
		}
	}
	weights = map[string]float64{}
	for i, name := range names {
		weights[name] = math.Round(w[i]*1000) / 1000
	}
	return math.Round(bias*1000) / 1000, weights, nil
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
	var right, wrong []float64
	for _, e := range examples {
		if e.Right {
			right = append(right, score(e.Features))
		} else {
			wrong = append(wrong, score(e.Features))
		}
	}
	if len(right) == 0 || len(wrong) == 0 {
		return math.NaN()
	}
	wins := 0.0
	for _, a := range right {
		for _, b := range wrong {
			switch {
			case a > b:
				wins++
			case a == b:
				wins += 0.5
			}
		}
	}
	return wins / float64(len(right)*len(wrong))
}
