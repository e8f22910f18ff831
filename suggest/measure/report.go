package measure

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/sufflor/sufflor/suggest"
)

// Explainer makes suggestions; [suggest.Pipeline] is one.
type Explainer interface {
	Explain(ctx context.Context, r suggest.Request) (suggest.Suggestion, suggest.Trace, error)
}

// Result is one message's outcome.
type Result struct {
	Message    Message            `json:"-"`
	ID         string             `json:"id"`
	Suggestion suggest.Suggestion `json:"suggestion"`
	Trace      suggest.Trace      `json:"-"`
	Groups     int                `json:"groups"`      // groups of needs of answerable questions
	Recalled   int                `json:"recalled"`    // of them found in the first 5 passages of an ask
	Reciprocal float64            `json:"reciprocal"`  // sum over groups of 1/rank, ranks to 10
	Facts      int                `json:"facts"`       // groups of facts
	Stated     int                `json:"stated"`      // of them in the draft
	Citations  int                `json:"citations"`   // of factual sentences
	RightCites int                `json:"right_cites"` // of them right for one of the message's needs
}

// Run makes a suggestion for each message of the split ("" for all).
func Run(ctx context.Context, e Explainer, workspace string, messages []Message, split string, progress func(done, of int)) ([]Result, error) {
	messages = slices.DeleteFunc(slices.Clone(messages), func(m Message) bool { return split != "" && m.Split != split })
	var out []Result
	for i, m := range messages {
		r := m.request()
		r.Workspace = workspace
		s, trace, err := e.Explain(ctx, r)
		if err != nil {
			return nil, fmt.Errorf("message %s: %w", m.ID, err)
		}
		out = append(out, judge(m, s, trace))
		if progress != nil {
			progress(i+1, len(messages))
		}
	}
	return out, nil
}

func judge(m Message, s suggest.Suggestion, trace suggest.Trace) Result {
	r := Result{Message: m, ID: m.ID, Suggestion: s, Trace: trace}
	text := s.Text()
	for _, q := range m.Questions {
		if !q.Answerable {
			continue
		}
		for _, group := range q.Needs {
			r.Groups++
			best := 0
			for _, hits := range trace.Found {
				for rank, h := range hits {
					if rank < 10 && Right(h.Passage, group) && (best == 0 || rank+1 < best) {
						best = rank + 1
					}
				}
			}
			if best > 0 {
				r.Reciprocal += 1 / float64(best)
			}
			if best > 0 && best <= 5 {
				r.Recalled++
			}
		}
		for _, f := range q.Facts {
			r.Facts++
			if HasFact(text, f) {
				r.Stated++
			}
		}
	}
	for _, x := range s.Sentences {
		for _, c := range x.Citations {
			r.Citations++
			if r.right(c.Number) {
				r.RightCites++
			}
		}
	}
	return r
}

func (r Result) right(number int) bool {
	if number < 1 || number > len(r.Suggestion.Evidence) {
		return false
	}
	p := r.Suggestion.Evidence[number-1].Passage
	for _, q := range r.Message.Questions {
		for _, group := range q.Needs {
			if Right(p, group) {
				return true
			}
		}
	}
	return false
}

// Figures are the measures over a set of results; rates are 0 to 1.
type Figures struct {
	Messages          int            `json:"messages"`
	Recall5           float64        `json:"recall_at_5"`        // groups of needs with a right passage among an ask's first five
	MRR10             float64        `json:"mrr_at_10"`          // of the first right passage of each group
	FactsComplete     float64        `json:"facts_complete"`     // answerable messages whose draft states every required fact
	FactsStated       float64        `json:"facts_stated"`       // required facts stated
	CitationPrecision float64        `json:"citation_precision"` // citations to a right passage
	NoneUnanswerable  float64        `json:"none_unanswerable"`  // unanswerable messages flagged none
	NoneAnswerable    float64        `json:"none_answerable"`    // answerable messages flagged none
	NoneIdle          float64        `json:"none_idle"`          // thanks, greetings and off-topic flagged none
	Flags             map[string]int `json:"flags"`
	HighRight         float64        `json:"high_right"` // drafts flagged high that state every fact and cite right passages only
	P50               float64        `json:"p50_ms"`
	P95               float64        `json:"p95_ms"`
}

// Summarize computes the figures.
func Summarize(results []Result) Figures {
	f := Figures{Messages: len(results), Flags: map[string]int{}}
	var groups, recalled, facts, stated, cites, right int
	var answerable, complete, noneAns, unans, noneUn, idle, noneIdle, high, highRight int
	var reciprocal float64
	var times []float64
	for _, r := range results {
		groups += r.Groups
		recalled += r.Recalled
		reciprocal += r.Reciprocal
		facts += r.Facts
		stated += r.Stated
		cites += r.Citations
		right += r.RightCites
		times = append(times, r.Suggestion.Timings.Total)
		f.Flags[string(r.Suggestion.Flag)]++
		none := r.Suggestion.Flag == suggest.None
		switch r.Message.Kind {
		case "answerable":
			answerable++
			complete += b2i(r.Stated == r.Facts)
			noneAns += b2i(none)
		case "unanswerable":
			unans++
			noneUn += b2i(none)
		case "thanks", "greeting", "offtopic":
			idle++
			noneIdle += b2i(none)
		}
		if r.Suggestion.Flag == suggest.High {
			high++
			highRight += b2i(r.Stated == r.Facts && r.RightCites == r.Citations && r.Message.Kind == "answerable")
		}
	}
	f.Recall5, f.MRR10 = rate(recalled, groups), reciprocal/float64(max(groups, 1))
	f.FactsComplete, f.FactsStated = rate(complete, answerable), rate(stated, facts)
	f.CitationPrecision = rate(right, cites)
	f.NoneUnanswerable, f.NoneAnswerable, f.NoneIdle = rate(noneUn, unans), rate(noneAns, answerable), rate(noneIdle, idle)
	f.HighRight = rate(highRight, high)
	slices.Sort(times)
	if n := len(times); n > 0 {
		f.P50, f.P95 = times[n/2], times[min(n-1, n*95/100)]
	}
	return f
}

func b2i(b bool) int {
	if b {
		return 1
	}
	return 0
}

func rate(n, of int) float64 {
	if of == 0 {
		return 0
	}
	return float64(n) / float64(of)
}

// Report is the figures in all and per language.
type Report struct {
	Split     string             `json:"split"`
	All       Figures            `json:"all"`
	Languages map[string]Figures `json:"languages"`
	Took      time.Duration      `json:"took"`
}

// NewReport summarizes results.
func NewReport(split string, results []Result, took time.Duration) Report {
	rep := Report{Split: split, All: Summarize(results), Languages: map[string]Figures{}, Took: took}
	by := map[string][]Result{}
	for _, r := range results {
		by[r.Message.Language] = append(by[r.Message.Language], r)
	}
	for l, rs := range by {
		rep.Languages[l] = Summarize(rs)
	}
	return rep
}

// Write prints the report as a Markdown table.
func (rep Report) Write(w io.Writer) error {
	var langs []string
	for _, l := range []string{"nb", "sv", "da", "fi", "de", "en"} {
		if _, ok := rep.Languages[l]; ok {
			langs = append(langs, l)
		}
	}
	tw := tabwriter.NewWriter(w, 0, 0, 1, ' ', 0)
	row := func(name string, get func(Figures) string) {
		cells := []string{name, get(rep.All)}
		for _, l := range langs {
			cells = append(cells, get(rep.Languages[l]))
		}
		fmt.Fprintln(tw, "| "+strings.Join(cells, "\t| ")+"\t|")
	}
	fmt.Fprintln(tw, "| "+strings.Join(append([]string{rep.Split + " split", "all"}, langs...), "\t| ")+"\t|")
	fmt.Fprintln(tw, "|"+strings.Repeat(" ---\t|", len(langs)+2))
	num := func(get func(Figures) float64) func(Figures) string {
		return func(f Figures) string { return fmt.Sprintf("%.3f", get(f)) }
	}
	row("messages", func(f Figures) string { return fmt.Sprint(f.Messages) })
	row("recall@5", num(func(f Figures) float64 { return f.Recall5 }))
	row("MRR@10", num(func(f Figures) float64 { return f.MRR10 }))
	row("drafts with all facts", num(func(f Figures) float64 { return f.FactsComplete }))
	row("facts stated", num(func(f Figures) float64 { return f.FactsStated }))
	row("citation precision", num(func(f Figures) float64 { return f.CitationPrecision }))
	row("`none` of unanswerable", num(func(f Figures) float64 { return f.NoneUnanswerable }))
	row("`none` of answerable", num(func(f Figures) float64 { return f.NoneAnswerable }))
	row("`none` of thanks, greetings, off-topic", num(func(f Figures) float64 { return f.NoneIdle }))
	row("high / medium / low / none", func(f Figures) string {
		return fmt.Sprintf("%d/%d/%d/%d", f.Flags["high"], f.Flags["medium"], f.Flags["low"], f.Flags["none"])
	})
	row("`high` that are wholly right", num(func(f Figures) float64 { return f.HighRight }))
	row("p50 / p95 ms", func(f Figures) string { return fmt.Sprintf("%.1f/%.1f", f.P50, f.P95) })
	return tw.Flush()
}
