package measure

import (
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"math"
	"slices"
	"strings"
	"text/tabwriter"

	retrieval "github.com/sufflor/sufflor/index/measure"
	"github.com/sufflor/sufflor/suggest"
	"github.com/sufflor/sufflor/suggest/measure/stats"
)

// What reports and runs say they are. A field keeps its name and meaning within
// a version; new ones may be added.
const (
	reportFormat  = "sufflor-eval-drafts"
	runFormat     = "sufflor-eval-run"
	formatVersion = 1
)

// Setup is what was measured, and how.
type Setup struct {
	Name     string           `json:"name"` // in comparisons: the writer, or the configuration file
	Writer   string           `json:"writer"`
	Versions suggest.Versions `json:"versions"`
	Graders  []string         `json:"graders"`
	Seed     int              `json:"seed"` // of intervals and tests
	Samples  int              `json:"samples"`
}

// Findings are what was measured on sets.
type Findings struct {
	Format  string          `json:"format"`
	Version int             `json:"version"`
	Setup   Setup           `json:"setup"`
	Sets    []SetFindings   `json:"sets"`
	Compare []SetComparison `json:"compare,omitempty"`
}

// SetFindings are the figures of one set.
type SetFindings struct {
	Name      string                    `json:"name"`
	Form      Form                      `json:"form"`
	Split     string                    `json:"split,omitempty"`
	Items     int                       `json:"items"`
	Passages  int                       `json:"passages,omitempty"` // that the set brings
	Measures  map[string]Estimate       `json:"measures"`
	Languages map[string]LanguageFigure `json:"languages,omitempty"` // when there are several
	Flags     []FlagRow                 `json:"flags,omitempty"`
	// Reliability is in ten bins of equal mass, lowest probability first.
	Reliability  []ReliabilityBin   `json:"reliability,omitempty"`
	RiskCoverage []RiskPoint        `json:"risk_coverage,omitempty"`
	Thresholds   map[string]Number  `json:"grader_thresholds,omitempty"` // at which F1 is best
	Latency      map[string]Latency `json:"latency,omitempty"`
	Degraded     map[string]int     `json:"degraded,omitempty"` // items by the part that was lost on the way
	Notes        []string           `json:"notes,omitempty"`
	Outcomes     []*Outcome         `json:"outcomes"`
}

// LanguageFigure is the figures of one language.
type LanguageFigure struct {
	Items    int                 `json:"items"`
	Measures map[string]Estimate `json:"measures"`
}

// NewFindings begins a report.
func NewFindings(s Setup) *Findings {
	s.Seed, s.Samples = stats.Seed, stats.Samples
	return &Findings{Format: reportFormat, Version: formatVersion, Setup: s}
}

// rightness is what makes a draft right, by the form of its set.
var rightness = map[Form]string{
	Messages: "a draft is right when it states every fact that the answerable questions need and cites right passages only",
	BEIR:     "a draft is right when it quotes a relevant document",
	JSONL:    "a draft is right when the item is answerable and it has at least half of the words of a reference: a stand-in for a person's judgement",
}

// Add adds what came of a set. passages is how many the set brought.
func (f *Findings) Add(d *Dataset, passages int, outcomes []*Outcome) {
	measures := Measures(f.Setup.Graders)
	s := SetFindings{
		Name: d.Name, Form: d.Form, Split: d.Split, Items: len(outcomes), Passages: passages, Notes: d.Notes,
		Measures: estimates(outcomes, measures), Latency: latencies(outcomes), Outcomes: outcomes, Degraded: map[string]int{},
		Languages: map[string]LanguageFigure{}, Thresholds: map[string]Number{},
	}
	languages, of := byLanguage(outcomes)
	if len(languages) > 1 {
		for _, l := range languages {
			s.Languages[l] = LanguageFigure{Items: len(of[l]), Measures: estimates(of[l], measures)}
		}
	}
	for _, o := range outcomes {
		for _, part := range o.Degraded {
			s.Degraded[part]++
		}
	}
	p, right := probabilities(outcomes)
	if len(p) > 0 {
		s.Notes = append(slices.Clone(s.Notes), rightness[d.Form])
		for _, flag := range flags {
			s.Flags = append(s.Flags, flagRow(flag, outcomes))
		}
		for _, b := range stats.Bins(p, right, bins) {
			s.Reliability = append(s.Reliability, ReliabilityBin{N: b.N, Low: Number(b.Low), High: Number(b.High), Mean: Number(b.Mean), Rate: Number(b.Rate)})
		}
		for _, r := range stats.RiskCoverage(p, right) {
			s.RiskCoverage = append(s.RiskCoverage, RiskPoint{Coverage: Number(r.Coverage), Risk: Number(r.Risk), Threshold: Number(r.Threshold)})
		}
	}
	for _, g := range f.Setup.Graders {
		if scores, unsupported := labels(g, outcomes); len(scores) > 0 {
			s.Thresholds[g] = Number(stats.BestCut(scores, unsupported).Threshold)
		}
	}
	f.Sets = append(f.Sets, s)
}

// Write prints the figures as Markdown tables, then the comparison.
func (f *Findings) Write(w io.Writer) error {
	measures := Measures(f.Setup.Graders)
	for i, s := range f.Sets {
		if i > 0 {
			fmt.Fprintln(w)
		}
		fmt.Fprintf(w, "%s: %s\n\n", s.Name, s.about())
		if err := s.write(w, measures); err != nil {
			return err
		}
		for _, note := range s.notes() {
			fmt.Fprintf(w, "\n%s: %s\n", s.Name, note)
		}
	}
	for _, c := range f.Compare {
		fmt.Fprintln(w)
		if err := c.write(w, measures); err != nil {
			return err
		}
	}
	return nil
}

// about is a set in a line.
func (s SetFindings) about() string {
	parts := []string{fmt.Sprintf("%d items", s.Items)}
	if s.Split != "" {
		parts = append(parts, "split "+s.Split)
	}
	if s.Passages > 0 {
		parts = append(parts, fmt.Sprintf("%d passages of its own", s.Passages))
	}
	return strings.Join(parts, ", ")
}

func (s SetFindings) notes() []string {
	out := slices.Clone(s.Notes)
	for _, part := range slices.Sorted(maps.Keys(s.Degraded)) {
		out = append(out, fmt.Sprintf("items for which %s was lost: %d", part, s.Degraded[part]))
	}
	return out
}

// languages are those of the table.
func (s SetFindings) languages() []string {
	languages, _ := byLanguage(s.Outcomes)
	if len(languages) < 2 {
		return nil
	}
	return languages
}

func (s SetFindings) write(w io.Writer, measures []Measure) error {
	languages := s.languages()
	t := markdown{tabwriter.NewWriter(w, 0, 0, 1, ' ', 0)}
	t.head(append([]string{"measure", "all", "95 % interval", "n"}, languages...)...)
	for _, m := range measures {
		e, ok := s.Measures[m.Key]
		if !ok {
			continue
		}
		cells := []string{m.Label, m.format(e.Value), interval(m.format(e.Low), m.format(e.High)), fmt.Sprint(e.N)}
		for _, l := range languages {
			cell := ""
			if e, ok := s.Languages[l].Measures[m.Key]; ok {
				cell = m.format(e.Value)
			}
			cells = append(cells, cell)
		}
		t.row(cells...)
	}
	if err := t.Flush(); err != nil {
		return err
	}
	if len(s.Flags) > 0 {
		fmt.Fprintln(w)
		t.head("flag", "drafts", "coverage", "right", "precision", "95 % interval")
		for _, r := range s.Flags {
			t.row(r.Flag, fmt.Sprint(r.N), decimals(r.Coverage), fmt.Sprint(r.Right), decimals(r.Precision), interval(decimals(r.Low), decimals(r.High)))
		}
		if err := t.Flush(); err != nil {
			return err
		}
	}
	if len(s.Latency) > 0 {
		fmt.Fprintln(w)
		t.head("step", "p50 ms", "p95 ms", "p99 ms")
		for _, step := range s.steps() {
			l := s.Latency[step]
			t.row(step, fmt.Sprintf("%.1f", float64(l.P50)), fmt.Sprintf("%.1f", float64(l.P95)), fmt.Sprintf("%.1f", float64(l.P99)))
		}
	}
	return t.Flush()
}

// stepOrder is how the pipeline goes; steps that are not in it come after it.
var stepOrder = []string{"understand", "retrieve", "write", "check", "total"}

func (s SetFindings) steps() []string {
	at := func(name string) int {
		if i := slices.Index(stepOrder, name); i >= 0 {
			return i
		}
		return len(stepOrder)
	}
	return slices.SortedStableFunc(slices.Values(slices.Sorted(maps.Keys(s.Latency))), func(a, b string) int { return at(a) - at(b) })
}

// format is a value as people read it.
func (m Measure) format(n Number) string {
	if m.Key == "draft_words" && n.Known() {
		return fmt.Sprintf("%.1f", float64(n))
	}
	return decimals(n)
}

// decimals is a number with three decimals; what is unknown is a dash.
func decimals(n Number) string {
	if !n.Known() {
		return "–"
	}
	v := float64(n)
	if math.Abs(v) < 5e-4 {
		v = 0 // no "-0.000" of what rounding left
	}
	return fmt.Sprintf("%.3f", v)
}

// interval is two ends as people read them.
func interval(low, high string) string {
	if low == "–" && high == "–" {
		return "–"
	}
	return low + " to " + high
}

// markdown is a table whose columns line up.
type markdown struct{ *tabwriter.Writer }

func (t markdown) head(cells ...string) {
	t.row(cells...)
	fmt.Fprintln(t, "|"+strings.Repeat(" ---\t|", len(cells)))
}

func (t markdown) row(cells ...string) { fmt.Fprintln(t, "| "+strings.Join(cells, "\t| ")+"\t|") }

// runHeader is the first line of a saved run.
type runHeader struct {
	Format  string `json:"format"`
	Version int    `json:"version"`
	Setup   Setup  `json:"setup"`
}

// runLine is any other.
type runLine struct {
	Set   string `json:"set"`
	Form  Form   `json:"form"`
	Split string `json:"split,omitempty"`
	Outcome
}

// WriteRun writes every item to a file, one JSON object a line after one that
// says what was measured. Of the test split there are figures only, no texts.
func (f *Findings) WriteRun(path string) error {
	err := retrieval.WriteWhole(path, func(w io.Writer) error {
		out := json.NewEncoder(w)
		if err := out.Encode(runHeader{runFormat, formatVersion, f.Setup}); err != nil {
			return err
		}
		for _, s := range f.Sets {
			for _, o := range s.Outcomes {
				line := runLine{s.Name, s.Form, s.Split, *o}
				if s.Split == Test {
					line.Detail = nil
				}
				if err := out.Encode(line); err != nil {
					return err
				}
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("write run %s: %w", path, err)
	}
	return nil
}

// Bare is f without the texts of items, as it is printed.
func (f *Findings) Bare() *Findings {
	out := *f
	out.Sets = slices.Clone(f.Sets)
	for i, s := range out.Sets {
		bare := make([]*Outcome, len(s.Outcomes))
		for k, o := range s.Outcomes {
			c := *o
			c.Detail = nil
			bare[k] = &c
		}
		out.Sets[i].Outcomes = bare
	}
	return &out
}
