package answerable

import (
	"fmt"
	"hash/fnv"
	"io"
	"maps"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/sufflor/sufflor/suggest"
	"github.com/sufflor/sufflor/suggest/calibrate"
	"github.com/sufflor/sufflor/suggest/measure"
)

// SetReport is the figures of one set, or of several together.
type SetReport struct {
	Set       string `json:"set"`
	Questions int    `json:"questions"`
	// Found is the share of questions that are answered from the right
	// document when it is there.
	Found float64 `json:"found"`
	// Right is how well probabilities tell answers from the right document
	// from all others, with it there and without.
	Right calibrate.Figures `json:"right"`
	// Gone is the chance that a question has a higher probability with its
	// document than another without.
	Gone float64 `json:"auroc_gone"`
	// Noise is the calibration error that as many points of perfect
	// probabilities would show, on average.
	Noise float64 `json:"ece_noise"`
	// None is the share of questions without their document that the gate
	// stops; Stopped that of right answers.
	None    float64 `json:"gate_gone"`
	Stopped float64 `json:"gate_right"`
	// Coverage and Precision are those of probabilities that are high.
	Coverage float64 `json:"high_coverage"`
	// Labels is how many outcomes calibrated, both halves together; 0 without.
	Labels    int     `json:"labels,omitempty"`
	Precision float64 `json:"high_precision"`
}

// Thresholds are the probabilities that the report looks at.
type Thresholds struct{ Low, High float64 }

// Judge is the figures of examples with probabilities.
func Judge(set string, examples []measure.Example, probability func(measure.Example) float64, t Thresholds) SetReport {
	r := SetReport{Set: set}
	var points, gone []calibrate.Point
	var found, absent, stopped, refused int
	for _, e := range examples {
		p := probability(e)
		points = append(points, calibrate.Point{P: p, Y: b2f(e.Right), W: 1})
		gone = append(gone, calibrate.Point{P: p, Y: b2f(e.Answerable), W: 1})
		switch {
		case e.Right:
			found++
			stopped += b2i(p < t.Low)
		case !e.Answerable:
			refused += b2i(p < t.Low)
		}
		if e.Answerable {
			r.Questions++
		} else {
			absent++
		}
	}
	r.Found, r.None, r.Stopped = rate(found, r.Questions), rate(refused, absent), rate(stopped, found)
	r.Right, r.Gone, r.Noise = calibrate.Measure(points), calibrate.Measure(gone).AUROC, calibrate.Noise(points, 10)
	r.Coverage, r.Precision = calibrate.Above(points, t.High)
	return r
}

// Calibrated is the figures of a set as a workspace whose outcomes are known:
// half of its questions calibrate the probabilities of the other half, and the
// other way round. Every answer counts as a draft that was used when it is
// right; shipped are the model's thresholds.
func Calibrated(set string, examples []measure.Example, probability func(measure.Example) float64, shipped suggest.Thresholds) SetReport {
	at := time.Unix(0, 0)
	half := func(e measure.Example) int {
		h := fnv.New32a()
		_, _ = h.Write([]byte(e.ID)) // never fails; the same question in another language has the same id
		return int(h.Sum32() >> 16 & 1)
	}
	var labels [2][]calibrate.Label
	for i, e := range examples {
		p := probability(e)
		if p == 0 {
			continue // there is no draft that could be used
		}
		labels[half(e)] = append(labels[half(e)], calibrate.Label{Suggestion: fmt.Sprint(i), Language: e.Language, At: at, P: p, Y: b2f(e.Right)})
	}
	var learned [2]*calibrate.Calibration
	for k := range learned {
		learned[k] = &calibrate.Calibration{Workspaces: map[string]calibrate.Workspace{}}
		if len(labels[1-k]) > 0 {
			learned[k].Workspaces[set] = calibrate.Learn(labels[1-k], shipped.High, at)
		}
	}
	var high, good float64
	r := Judge(set, examples, func(e measure.Example) float64 {
		p, t := learned[half(e)].Calibrate(set, e.Language, probability(e), shipped)
		if p >= t.High {
			high++
			good += b2f(e.Right)
		}
		return p
	}, Thresholds{Low: shipped.Low, High: shipped.High})
	r.Coverage, r.Precision = high/float64(max(len(examples), 1)), 0
	if high > 0 {
		r.Precision = good / high
	}
	r.Labels = len(labels[0]) + len(labels[1])
	return r
}

// BySet are the examples of each set, in the order of the sets' names.
func BySet(examples []measure.Example) (names []string, sets map[string][]measure.Example) {
	return by(examples, func(e measure.Example) string { return e.Set })
}

// ByFamily are those of each family: a workspace in several languages.
func ByFamily(examples []measure.Example) (names []string, families map[string][]measure.Example) {
	return by(examples, measure.Example.Family)
}

func by(examples []measure.Example, name func(measure.Example) string) (names []string, groups map[string][]measure.Example) {
	groups = map[string][]measure.Example{}
	for _, e := range examples {
		groups[name(e)] = append(groups[name(e)], e)
	}
	return slices.Sorted(maps.Keys(groups)), groups
}

// LeftOut gives, for each example, the probability by what fit learned of the
// other families.
func LeftOut(examples []measure.Example, fit func([]measure.Example) (func(measure.Example) float64, error)) (func(measure.Example) float64, error) {
	families := map[string]func(measure.Example) float64{}
	for _, e := range examples {
		family := e.Family()
		if families[family] != nil {
			continue
		}
		others := slices.DeleteFunc(slices.Clone(examples), func(o measure.Example) bool { return o.Family() == family })
		if len(others) == 0 {
			return nil, fmt.Errorf("all sets are of the family %q; leaving it out needs another", family)
		}
		f, err := fit(others)
		if err != nil {
			return nil, fmt.Errorf("without %s: %w", family, err)
		}
		families[family] = f
	}
	return func(e measure.Example) float64 { return families[e.Family()](e) }, nil
}

// Write prints reports as a table in Markdown.
func Write(w io.Writer, reports []SetReport) error {
	tw := tabwriter.NewWriter(w, 0, 0, 1, ' ', 0)
	fmt.Fprintln(tw, "| set\t| questions\t| found\t| AUROC right\t| AUROC gone\t| ECE (noise)\t| Brier\t| AURC\t| P@20\t| P@40\t| P@60\t| high: precision\t| coverage\t| gate stops gone\t| right\t|")
	fmt.Fprintln(tw, "|"+strings.Repeat(" ---\t|", 15))
	for _, r := range reports {
		f := r.Right
		fmt.Fprintf(tw, "| %s\t| %d\t| %.2f\t| %.3f\t| %.3f\t| %.3f (%.3f)\t| %.3f\t| %.3f\t| %.2f\t| %.2f\t| %.2f\t| %.3f\t| %.2f\t| %.2f\t| %.2f\t|\n", r.Set, r.Questions, r.Found,
			f.AUROC, r.Gone, f.ECE, r.Noise, f.Brier, f.AURC, f.At20, f.At40, f.At60, r.Precision, r.Coverage, r.None, r.Stopped)
	}
	return tw.Flush()
}

func rate(n, of int) float64 {
	if of == 0 {
		return 0
	}
	return float64(n) / float64(of)
}

func b2i(b bool) int {
	if b {
		return 1
	}
	return 0
}

func b2f(b bool) float64 { return float64(b2i(b)) }
