package measure

import (
	"cmp"
	"fmt"
	"io"
	"maps"
	"math"
	"slices"
	"strings"
	"text/tabwriter"
	"time"
)

// Figures are metrics by name, each a mean over questions or over sets.
type Figures map[string]float64

// Report is what was measured.
type Report struct {
	Leg     string      `json:"leg"`
	Limit   int         `json:"limit"`   // documents a question
	Chunked bool        `json:"chunked"` // documents were cut into passages
	Sets    []SetReport `json:"sets"`
	Mean    *Mean       `json:"mean,omitempty"` // of several sets

	metrics []Metric
}

// SetReport is what was measured on one set.
type SetReport struct {
	Name      string           `json:"name"`
	Split     string           `json:"split"`
	Documents int              `json:"documents"`
	Passages  int              `json:"passages"`
	Questions int              `json:"questions"` // with a relevant document: what the figures are means of
	Figures   Figures          `json:"figures"`
	Languages map[string]Group `json:"languages,omitempty"` // by the questions' language, when there are several
	// Unanswered is how many questions were asked and found nothing; they count 0.
	Unanswered int            `json:"unanswered"`
	Degraded   map[string]int `json:"degraded,omitempty"` // questions by the part of the search that did not answer
	Gaps       Gaps           `json:"gaps"`
	Speed      Speed          `json:"speed"`
	Compare    *Comparison    `json:"compare,omitempty"`
}

// Group is the figures of some of a set's questions.
type Group struct {
	Questions int     `json:"questions"`
	Figures   Figures `json:"figures"`
}

// Speed is how long things took, one question at a time, the first one included.
type Speed struct {
	P50      float64 `json:"p50_ms"`
	P95      float64 `json:"p95_ms"`
	P99      float64 `json:"p99_ms"`
	Passages float64 `json:"indexed_passages_per_second"` // put into the index, without reading the file
}

// Comparison is another run of the same questions.
type Comparison struct {
	Run        string  `json:"run"`
	Figures    Figures `json:"figures"`
	Difference Figures `json:"difference"` // ours less theirs
	P          Figures `json:"p"`          // see [Randomization]
	// Ignored is how many questions of the run the set does not judge.
	Ignored int `json:"ignored_questions"`
}

// Mean is the mean of the sets, each counting the same.
type Mean struct {
	Group                      // questions are their sum
	Languages map[string]Group `json:"languages,omitempty"` // the mean over the sets that have the language
	Other     Figures          `json:"compare,omitempty"`
}

// NewReport begins a report of a leg with limit documents a question.
func NewReport(leg string, limit int, chunked bool) *Report {
	return &Report{Leg: leg, Limit: limit, Chunked: chunked, metrics: Metrics(limit)}
}

// tested are the metrics whose differences are tested.
var tested = []string{"nDCG@10", "MRR@10", "recall@50"}

// Other is a run to compare with. The zero value is none.
type Other struct {
	Name string
	Run  Run
}

// Add adds what came of a set, compared with other.
func (r *Report) Add(t Trial, other Other) {
	s := t.Set
	ours := s.scores(t.Run, r.metrics)
	set := SetReport{
		Name: s.Name, Split: s.Split, Documents: s.Documents, Passages: t.Passages, Questions: len(s.Queries), Figures: average(ours, nil),
		Degraded: t.Degraded, Gaps: s.Gaps,
		Speed: Speed{
			P50: percentile(t.Took, .50), P95: percentile(t.Took, .95), P99: percentile(t.Took, .99),
			Passages: float64(t.Passages) / max(t.Indexing.Seconds(), 1e-9),
		},
	}
	groups := map[string][]int{}
	for i, q := range s.Queries {
		if q.Missing {
			continue
		}
		if len(t.Run[q.ID]) == 0 {
			set.Unanswered++
		}
		groups[cmp.Or(q.Language, unknown)] = append(groups[cmp.Or(q.Language, unknown)], i)
	}
	set.Languages = map[string]Group{}
	for l, at := range groups {
		set.Languages[l] = Group{Questions: len(at), Figures: average(ours, at)}
	}
	if other.Run != nil {
		set.Compare = r.compare(s, ours, other)
	}
	r.Sets = append(r.Sets, set)
}

// unknown stands for the language of questions that could not be told.
const unknown = "unknown"

// Mean is the means of metrics over all questions of s; those that run does
// not answer count 0.
func (s *Set) Mean(run Run, metrics []Metric) Figures { return average(s.scores(run, metrics), nil) }

// scores is each metric of each question of s, in their order.
func (s *Set) scores(run Run, metrics []Metric) map[string][]float64 {
	out := map[string][]float64{}
	for _, q := range s.Queries {
		ranking := run.ranking(q.ID)
		for _, m := range metrics {
			out[m.Name] = append(out[m.Name], m.Of(s.Judged[q.ID], ranking))
		}
	}
	return out
}

// average is the figures of the questions at some places, nil for all.
func average(scores map[string][]float64, at []int) Figures {
	out := Figures{}
	for name, all := range scores {
		sum, n := 0.0, len(at)
		if at == nil {
			n = len(all)
			for _, v := range all {
				sum += v
			}
		}
		for _, i := range at {
			sum += all[i]
		}
		out[name] = sum / float64(n)
	}
	return out
}

func (r *Report) compare(s *Set, ours map[string][]float64, other Other) *Comparison {
	theirs := s.scores(other.Run, r.metrics)
	c := &Comparison{Run: other.Name, Figures: average(theirs, nil), Difference: Figures{}, P: Figures{}}
	mean := average(ours, nil)
	for metric, v := range c.Figures {
		c.Difference[metric] = mean[metric] - v
	}
	for _, metric := range tested {
		if len(ours[metric]) > 0 {
			c.P[metric] = Randomization(ours[metric], theirs[metric])
		}
	}
	for q := range other.Run {
		if len(s.Judged[q]) == 0 {
			c.Ignored++
		}
	}
	return c
}

// percentile is the smallest of the times that share of them do not exceed
// (nearest rank), in milliseconds; 0 of none.
func percentile(times []time.Duration, share float64) float64 {
	if len(times) == 0 {
		return 0
	}
	sorted := slices.Sorted(slices.Values(times))
	at := int(math.Ceil(share*float64(len(sorted)))) - 1
	return float64(sorted[max(at, 0)]) / float64(time.Millisecond)
}

// Finish computes the mean of several sets, and leaves out the languages where
// there is only one.
func (r *Report) Finish() {
	if len(r.Sets) > 1 {
		m := &Mean{Languages: map[string]Group{}}
		var all, others []Group
		languages := map[string][]Group{}
		for _, s := range r.Sets {
			all = append(all, Group{s.Questions, s.Figures})
			for l, g := range s.Languages {
				languages[l] = append(languages[l], g)
			}
			if s.Compare != nil {
				others = append(others, Group{s.Questions, s.Compare.Figures})
			}
		}
		m.Group = mean(all)
		if len(others) == len(r.Sets) {
			m.Other = mean(others).Figures
		}
		for l, g := range languages {
			m.Languages[l] = mean(g)
		}
		if len(m.Languages) == 1 {
			m.Languages = nil
		}
		r.Mean = m
	}
	for i := range r.Sets {
		if len(r.Sets[i].Languages) == 1 {
			r.Sets[i].Languages = nil
		}
	}
}

// mean is that of groups, each counting the same.
func mean(groups []Group) Group {
	out := Group{Figures: Figures{}}
	for _, g := range groups {
		out.Questions += g.Questions
		for name, v := range g.Figures {
			out.Figures[name] += v / float64(len(groups))
		}
	}
	return out
}

// Write prints the quality as a Markdown table, then what differs from the
// compared runs, then what did not fit together.
func (r *Report) Write(w io.Writer) error {
	names := make([]string, len(r.metrics))
	for i, m := range r.metrics {
		names[i] = m.Name
	}
	t := newTable(w, append([]string{"set", "questions"}, names...)...)
	row := func(name string, g Group) {
		t.row(append([]string{name, fmt.Sprint(g.Questions)}, r.cells("%.3f", g.Figures)...)...)
	}
	for _, s := range r.Sets {
		row(s.Name, Group{s.Questions, s.Figures})
		for _, l := range slices.Sorted(maps.Keys(s.Languages)) {
			row(s.Name+" "+l, s.Languages[l])
		}
	}
	if r.Mean != nil {
		row(fmt.Sprintf("mean of %d sets", len(r.Sets)), r.Mean.Group)
		for _, l := range slices.Sorted(maps.Keys(r.Mean.Languages)) {
			row("mean "+l, r.Mean.Languages[l])
		}
	}
	if err := t.flush(); err != nil {
		return err
	}
	if err := r.writeCompared(w, names); err != nil {
		return err
	}
	var notes strings.Builder
	for _, s := range r.Sets {
		for _, note := range s.notes() {
			fmt.Fprintf(&notes, "\n%s: %s", s.Name, note)
		}
	}
	if notes.Len() == 0 {
		return nil
	}
	_, err := fmt.Fprintln(w, notes.String())
	return err
}

func (r *Report) writeCompared(w io.Writer, names []string) error {
	if !slices.ContainsFunc(r.Sets, func(s SetReport) bool { return s.Compare != nil }) {
		return nil
	}
	fmt.Fprintln(w)
	t := newTable(w, append([]string{"compared", "run"}, names...)...)
	triple := func(name, run string, ours, theirs, difference Figures) {
		t.row(append([]string{name, "this"}, r.cells("%.3f", ours)...)...)
		t.row(append([]string{"", run}, r.cells("%.3f", theirs)...)...)
		t.row(append([]string{"", "difference"}, r.cells("%+.3f", difference)...)...)
	}
	for _, s := range r.Sets {
		if c := s.Compare; c != nil {
			triple(s.Name, c.Run, s.Figures, c.Figures, c.Difference)
			t.row(append([]string{"", "p"}, r.cells("%.4f", c.P)...)...)
		}
	}
	if r.Mean != nil && r.Mean.Other != nil {
		difference := Figures{}
		for name, v := range r.Mean.Other {
			difference[name] = r.Mean.Figures[name] - v
		}
		triple("mean", "compared", r.Mean.Figures, r.Mean.Other, difference)
	}
	return t.flush()
}

// cells is figures in the order of the metrics, empty for those without.
func (r *Report) cells(format string, f Figures) []string {
	out := make([]string, len(r.metrics))
	for i, m := range r.metrics {
		if v, ok := f[m.Name]; ok {
			if math.Abs(v) < 5e-5 {
				v = 0 // no "-0.000" of what rounding left
			}
			out[i] = fmt.Sprintf(format, v)
		}
	}
	return out
}

// WriteSpeed prints the times as a Markdown table.
func (r *Report) WriteSpeed(w io.Writer) error {
	t := newTable(w, "set", "documents", "passages", "indexed passages/s", "p50 ms", "p95 ms", "p99 ms")
	for _, s := range r.Sets {
		v := s.Speed
		t.row(s.Name, fmt.Sprint(s.Documents), fmt.Sprint(s.Passages), fmt.Sprintf("%.0f", v.Passages),
			fmt.Sprintf("%.2f", v.P50), fmt.Sprintf("%.2f", v.P95), fmt.Sprintf("%.2f", v.P99))
	}
	return t.flush()
}

// notes is what a reader of the figures must know of the set, in words.
func (s SetReport) notes() []string {
	var out []string
	say := func(n int, format string) {
		if n > 0 {
			out = append(out, fmt.Sprintf(format, n))
		}
	}
	say(s.Unanswered, "questions that found nothing, counted 0: %d")
	for _, part := range slices.Sorted(maps.Keys(s.Degraded)) {
		say(s.Degraded[part], "questions that were answered without "+part+": %d")
	}
	say(s.Gaps.Unjudged, "questions without a relevant document, not asked: %d")
	say(s.Gaps.MissingQuestions, "judged questions that "+queriesFile+" does not have, counted 0 if anything is relevant: %d")
	say(s.Gaps.MissingDocuments, "judgements of documents that "+corpusFile+" does not have, counted as not found: %d")
	say(s.Gaps.Repeated, "judgements that stand there twice, counted once: %d")
	out = append(out, s.Gaps.Examples...)
	if s.Compare != nil {
		say(s.Compare.Ignored, "questions of the compared run without a relevant document, ignored: %d")
	}
	return out
}

// table is a Markdown table whose columns line up.
type table struct{ *tabwriter.Writer }

func newTable(w io.Writer, columns ...string) table {
	t := table{tabwriter.NewWriter(w, 0, 0, 1, ' ', 0)}
	t.row(columns...)
	fmt.Fprintln(t, "|"+strings.Repeat(" ---\t|", len(columns)))
	return t
}

func (t table) row(cells ...string) { fmt.Fprintln(t, "| "+strings.Join(cells, "\t| ")+"\t|") }

func (t table) flush() error { return t.Flush() }
