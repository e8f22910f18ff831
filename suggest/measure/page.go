package measure

import (
	"cmp"
	_ "embed"
	"fmt"
	"html/template"
	"io"
	"maps"
	"math"
	"slices"
	"strings"

	retrieval "github.com/sufflor/sufflor/index/measure"
	"github.com/sufflor/sufflor/suggest/measure/svg"
)

//go:embed report.html
var reportHTML string

// page is what report.html shows.
type page struct {
	Title   string
	Setup   Setup
	Sets    []pageSet
	Compare []pageComparison
}

type pageSet struct {
	Name, About string
	Tiles       []tile
	Plots       []*svg.Plot
	Parts       []pagePart
	Languages   *svg.Table
	Notes       []string
	Withheld    bool // texts of the test split are not shown
	Misses      []miss
}

// tile is a figure in large letters.
type tile struct{ Label, Value, Interval, About string }

type pagePart struct {
	Name string
	Rows []pageRow
}

type pageRow struct{ Label, About, Value, Interval, N, Better string }

type pageComparison struct {
	SetComparison
	Rows []compareRow
}

type compareRow struct {
	Label, About, This, Other, Difference, Interval, P, Holm, Effect, N string
	Verdict                                                             string // better, worse, or neither
}

// miss is an item that went wrong.
type miss struct {
	*Outcome
	Said   string // probability
	Wrong  string // what is wrong, in words
	Scores []string
}

// significant is below which corrected p a difference is marked.
const significant = 0.05

// tiles are the keys of figures in large letters, as far as there are any.
var tiles = []string{
	"facts_complete", "rouge_l", "token_f1", "quotes_gold", "citation_precision", "drafted", "none_unanswerable",
	"flag_auroc", "flag_ece", "flag_high_precision", "flag_high_coverage",
}

// WriteHTML writes a report to read: one file without scripts that fetches
// nothing. misses is how many of the worst items of each set it shows with
// their texts; never those of the test split.
func (f *Findings) WriteHTML(path string, misses int) error {
	tmpl, err := template.Must(template.New("svg").Parse(svg.HTML)).New("report").Parse(reportHTML)
	if err != nil {
		return fmt.Errorf("report.html: %w", err)
	}
	shown := f.page(misses)
	if err := retrieval.WriteWhole(path, func(w io.Writer) error { return tmpl.Execute(w, shown) }); err != nil {
		return fmt.Errorf("write report %s: %w", path, err)
	}
	return nil
}

func (f *Findings) page(misses int) page {
	measures := Measures(f.Setup.Graders)
	out := page{Title: "Drafts measured: " + f.Setup.Name, Setup: f.Setup}
	if f.Setup.Versions.Writer == "" {
		out.Title = "Responses measured"
	}
	for _, s := range f.Sets {
		out.Sets = append(out.Sets, s.page(f.Setup.Graders, measures, misses))
	}
	for _, c := range f.Compare {
		pc := pageComparison{SetComparison: c}
		for _, m := range measures {
			d, ok := c.Measures[m.Key]
			if !ok {
				continue
			}
			pc.Rows = append(pc.Rows, compareRow{
				Label: m.Label, About: m.About, This: m.format(d.This), Other: m.format(d.Other), Difference: signed(d.Difference),
				Interval: interval(signed(d.Low), signed(d.High)), P: four(d.P), Holm: four(d.Holm), Effect: signed(d.Effect), N: fmt.Sprint(d.N), Verdict: m.verdict(d),
			})
		}
		out.Compare = append(out.Compare, pc)
	}
	return out
}

// verdict of a difference: better or worse when it is significant.
func (m Measure) verdict(d Difference) string {
	switch {
	case m.Plain || !d.Holm.Known() || d.Holm >= significant || d.Difference == 0:
		return ""
	case (d.Difference > 0) != m.Low:
		return "better"
	}
	return "worse"
}

func (s SetFindings) page(graders []string, measures []Measure, misses int) pageSet {
	out := pageSet{Name: s.Name, About: s.about(), Notes: s.notes(), Withheld: s.Split == Test}
	wanted := slices.Clone(tiles)
	for _, g := range graders {
		wanted = append(wanted, "grounded_"+g+"_auroc", "grounded_"+g+"_best_f1")
	}
	for _, key := range wanted {
		at := slices.IndexFunc(measures, func(m Measure) bool { return m.Key == key })
		if e, ok := s.Measures[key]; ok && at >= 0 && e.Value.Known() {
			m := measures[at]
			out.Tiles = append(out.Tiles, tile{m.Label, m.format(e.Value), interval(m.format(e.Low), m.format(e.High)), m.About})
		}
	}
	for _, m := range measures {
		e, ok := s.Measures[m.Key]
		if !ok {
			continue
		}
		if n := len(out.Parts); n == 0 || out.Parts[n-1].Name != string(m.Part) {
			out.Parts = append(out.Parts, pagePart{Name: string(m.Part)})
		}
		better := "more is better"
		if m.Low {
			better = "less is better"
		}
		if m.Plain {
			better = ""
		}
		part := &out.Parts[len(out.Parts)-1]
		part.Rows = append(part.Rows, pageRow{m.Label, m.About, m.format(e.Value), interval(m.format(e.Low), m.format(e.High)), fmt.Sprint(e.N), better})
	}
	if slices.ContainsFunc(s.Outcomes, func(o *Outcome) bool { return o.Flag != "" }) {
		out.Plots = append(out.Plots, reliability(s), riskCoverage(s), precision(s), latency(s))
	}
	for _, g := range graders {
		if slices.ContainsFunc(s.Outcomes, func(o *Outcome) bool { return o.Unsupported != nil }) {
			out.Plots = append(out.Plots, grades(g, s))
		}
	}
	out.Languages = s.languageTable(measures)
	if !out.Withheld {
		out.Misses = s.worst(misses)
	}
	return out
}

// languageTable is the figures by language, when there are several.
func (s SetFindings) languageTable(measures []Measure) *svg.Table {
	languages := s.languages()
	if len(languages) == 0 {
		return nil
	}
	t := &svg.Table{Head: []string{"measure"}}
	for _, l := range languages {
		t.Head = append(t.Head, fmt.Sprintf("%s (%d)", l, s.Languages[l].Items))
	}
	for _, m := range measures {
		if _, ok := s.Measures[m.Key]; !ok {
			continue
		}
		row := []string{m.Label}
		for _, l := range languages {
			cell := "–"
			if e, ok := s.Languages[l].Measures[m.Key]; ok {
				cell = m.format(e.Value)
			}
			row = append(row, cell)
		}
		t.Rows = append(t.Rows, row)
	}
	return t
}

// wrong says what is wrong with an item, and how bad that is.
func (o *Outcome) wrong() (bad float64, what string) {
	switch {
	case o.Right != nil && !*o.Right && o.Flag != "none" && o.Answerable != nil && !*o.Answerable:
		return 1 + float64(o.Probability), "drafted, and nothing answers it"
	case o.Right != nil && !*o.Right && o.Flag != "none":
		return 1 + float64(o.Probability), "drafted, and not right"
	case o.Right != nil && *o.Right && o.Flag == "none":
		return 1 - float64(o.Probability)/2, "withheld, and would have been right"
	case o.Right != nil && !*o.Right && o.Answerable != nil && *o.Answerable:
		return 0.5 - float64(o.Probability)/4, "answerable, and nothing right was found"
	case o.Scores["none_idle"] == 0 && o.Flag != "" && o.Right == nil && o.Answerable == nil:
		if _, idle := o.Scores["none_idle"]; idle {
			return 1.5, "drafted, and nothing was asked"
		}
	case o.Unsupported != nil:
		for _, score := range o.Graded {
			bad = max(bad, math.Abs(score-float64(b2i(*o.Unsupported))))
		}
		if bad <= 0.5 {
			return 0, ""
		}
		if *o.Unsupported {
			return bad, "unsupported, and graded as if it were not"
		}
		return bad, "supported, and graded as if it were not"
	}
	if f, ok := o.Scores["token_f1"]; ok && o.Right == nil {
		return 1 - f, "differs from the reference"
	}
	return 0, ""
}

// worst are the n worst items.
func (s SetFindings) worst(n int) []miss {
	var out []miss
	bad := map[string]float64{}
	for _, o := range s.Outcomes {
		how, what := o.wrong()
		if what == "" || o.Detail == nil {
			continue
		}
		bad[o.ID] = how
		m := miss{Outcome: o, Wrong: what}
		if o.Flag != "" {
			m.Said = decimals(o.Probability)
		}
		for _, key := range []string{"token_f1", "rouge_l", "facts_stated", "citation_precision", "recall_at_5"} {
			if v, ok := o.Scores[key]; ok {
				m.Scores = append(m.Scores, strings.ReplaceAll(key, "_", " ")+" "+decimals(Number(v)))
			}
		}
		for _, g := range slices.Sorted(maps.Keys(o.Graded)) {
			m.Scores = append(m.Scores, g+" "+decimals(Number(o.Graded[g])))
		}
		out = append(out, m)
	}
	slices.SortStableFunc(out, func(a, b miss) int { return cmp.Or(cmp.Compare(bad[b.ID], bad[a.ID]), cmp.Compare(a.ID, b.ID)) })
	return out[:min(n, len(out))]
}
