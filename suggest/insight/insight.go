// Package insight tells how a workspace's drafts do: what agents did with them,
// how far their probabilities can be believed, what the documents lack, and
// what time they save.
//
// It measures and never assumes. What cannot be known from what was stored is
// NaN, with the reason. The same records give the same report.
package insight

import (
	"cmp"
	"context"
	"fmt"
	"iter"
	"slices"
	"sync"
	"time"

	"github.com/sufflor/sufflor/index"
	"github.com/sufflor/sufflor/store"
	"github.com/sufflor/sufflor/suggest/measure/stats"
)

// Number is a figure that may be unknown.
type Number = stats.Number

// records is what a report needs of the store.
type records interface {
	Uncounted(ctx context.Context, workspace string, limit int) ([]store.Uncounted, error)
	UncountedCount(ctx context.Context, workspace string) (int, error)
	SaveCounted(ctx context.Context, list ...store.Counted) error
	Counted(ctx context.Context, workspace string, from, to time.Time, limit int) iter.Seq2[store.Counted, error]
	DocumentUses(ctx context.Context, workspace string, from, to time.Time, limit int) ([]store.DocumentUse, error)
	SuggestionsByID(ctx context.Context, workspace string, ids []string) ([]store.Suggestion, error)
	Passages(ctx context.Context, workspace string, ids []string) (map[string]index.Passage, error)
	Document(ctx context.Context, workspace, id string) (store.Document, error)
}

// Bounds of a report.
const (
	maxGroups    = 40  // rows of a part; the smallest are left out
	maxDocuments = 200 // by citations
	maxGapDrafts = 500 // suggestions whose questions are put together
	maxGaps      = 50
	maxExamples  = 5
)

// Part is what a report holds besides the figures of the whole.
type Part int

// The parts, to be joined with |.
const (
	Gaps Part = 1 << iota
	Documents
	Everything = Gaps | Documents
)

// Query says what a report is about. From and To are required; weeks are those
// of From's time zone.
type Query struct {
	Workspace string
	From, To  time.Time // To is exclusive
	Parts     Part
	Rate      float64 // what an hour costs; 0 leaves money out
}

// Report is how drafts did in a span of time.
type Report struct {
	Workspace string    `json:"workspace"`
	From      time.Time `json:"from"`
	To        time.Time `json:"to"`
	Uncounted int       `json:"uncounted"` // suggestions that are not in the figures yet
	Truncated bool      `json:"truncated"` // only the newest [store.MaxCounted] are in the figures

	Whole       Figures     `json:"whole"`
	Desks       []Group     `json:"desks"`
	Languages   []Group     `json:"languages"`
	Kinds       []Group     `json:"kinds"`
	Weeks       []Group     `json:"weeks"` // oldest first, those without messages too
	Flags       []Flag      `json:"flags"`
	Calibration Calibration `json:"calibration"`
	Distances   []Bar       `json:"distances"` // of drafts to what was sent, share of words
	Latencies   []Bar       `json:"latencies"` // ms from a message to its suggestion
	Replies     []Bar       `json:"replies"`   // hours from a message to the agent's reply
	Money       Money       `json:"money"`
	Gaps        GapList     `json:"gaps"`
	Documents   []Document  `json:"documents"`
}

// Share is k of n with its 95 % score interval (Wilson 1927).
type Share struct {
	K     int    `json:"k"`
	N     int    `json:"n"`
	Value Number `json:"value"`
	Low   Number `json:"low"`
	High  Number `json:"high"`
}

func share(k, n int) Share {
	low, high := stats.Wilson(k, n)
	return Share{K: k, N: n, Value: Number(float64(k) / float64(n)), Low: Number(low), High: Number(high)}
}

// Spread is how values lie.
type Spread struct {
	N   int    `json:"n"`
	P50 Number `json:"p50"`
	P95 Number `json:"p95"`
}

func spread(values []float64) Spread {
	slices.Sort(values)
	return Spread{N: len(values), P50: Number(stats.Percentile(values, .5)), P95: Number(stats.Percentile(values, .95))}
}

// Bar is how many values lie in a part of the range; the last bar of a report
// holds all that is above, too.
type Bar struct {
	From Number `json:"from"`
	To   Number `json:"to"`
	N    int    `json:"n"`
}

// Group is the figures of some of the suggestions.
type Group struct {
	Name string `json:"name"`
	Figures
}

// Reader makes reports. It is safe for concurrent use.
type Reader struct {
	Store records

	counting sync.Mutex
}

// Report is how drafts did. Suggestions that changed since the last report are
// counted first, as many as fit into patience.
func (r *Reader) Report(ctx context.Context, q Query, patience time.Duration) (Report, error) {
	out := Report{Workspace: q.Workspace, From: q.From, To: q.To}
	if !q.From.Before(q.To) {
		return out, fmt.Errorf("report from %s to %s: the end is not after the beginning", q.From.Format(time.DateOnly), q.To.Format(time.DateOnly))
	}
	var err error
	if out.Uncounted, err = r.CatchUp(ctx, q.Workspace, patience); err != nil {
		return out, err
	}
	var list []store.Counted
	for c, err := range r.Store.Counted(ctx, q.Workspace, q.From, q.To, 0) {
		if err != nil {
			return out, err
		}
		list = append(list, c)
	}
	out.Truncated = len(list) == store.MaxCounted
	out.fill(list, q)
	if q.Parts&Gaps != 0 {
		if out.Gaps, err = r.gaps(ctx, q, list); err != nil {
			return out, err
		}
	}
	if q.Parts&Documents != 0 {
		if out.Documents, err = r.documents(ctx, q); err != nil {
			return out, err
		}
	}
	return out, nil
}

func (out *Report) fill(list []store.Counted, q Query) {
	out.Whole = figures(list)
	out.Desks = groups(list, func(c store.Counted) string { return c.Desk })
	out.Languages = groups(list, func(c store.Counted) string { return c.Language })
	out.Kinds = groups(list, func(c store.Counted) string { return c.Kind })
	out.Weeks = weeks(list, q)
	out.Flags = flags(list)
	out.Calibration = calibration(list)
	var distances, latencies, replies []float64
	for _, c := range list {
		if c.Distance >= 0 && shown(c) {
			distances = append(distances, c.Distance)
		}
		if c.Waited >= 0 {
			latencies = append(latencies, float64(c.Waited.Microseconds())/1000)
		}
		if c.Replied >= 0 && c.Asks > 0 {
			replies = append(replies, c.Replied.Hours())
		}
	}
	out.Distances, out.Latencies, out.Replies = bars(distances, 1), bars(latencies, 0), bars(replies, 0)
	out.Money = money(list, q.Rate)
}

// groups are the figures by name, the largest first; without a name they are
// left out.
func groups(list []store.Counted, name func(store.Counted) string) []Group {
	by := map[string][]store.Counted{}
	for _, c := range list {
		if n := name(c); n != "" {
			by[n] = append(by[n], c)
		}
	}
	out := make([]Group, 0, len(by))
	for n, some := range by {
		out = append(out, Group{Name: n, Figures: figures(some)})
	}
	slices.SortFunc(out, func(a, b Group) int {
		return cmp.Or(cmp.Compare(b.Suggestions, a.Suggestions), cmp.Compare(a.Name, b.Name))
	})
	return out[:min(len(out), maxGroups)]
}

// weeks are the figures by ISO week.
func weeks(list []store.Counted, q Query) []Group {
	zone := q.From.Location()
	week := func(t time.Time) string {
		year, n := t.In(zone).ISOWeek()
		return fmt.Sprintf("%d-W%02d", year, n)
	}
	by := map[string][]store.Counted{}
	for _, c := range list {
		w := week(c.Created)
		by[w] = append(by[w], c)
	}
	var out []Group
	last := week(q.To.Add(-1))
	for t := q.From; ; t = t.AddDate(0, 0, 7) {
		w := week(t)
		if t.After(q.To) {
			w = last
		}
		if len(out) == 0 || out[len(out)-1].Name != w {
			out = append(out, Group{Name: w, Figures: figures(by[w])})
		}
		if w == last {
			return out
		}
	}
}
