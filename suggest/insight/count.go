package insight

import (
	"context"
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/sufflor/sufflor/store"
	"github.com/sufflor/sufflor/suggest"
	"github.com/sufflor/sufflor/suggest/calibrate"
)

// Why a suggestion shows that something is missing.
const (
	GapNone     = "none"     // no draft, though something was asked
	GapNotFound = "rejected" // rejected, for what is in the documents was not found or not enough
)

// What an agent ticks when something was not found, or is not so any more.
var (
	notFound = []string{"incomplete", "not_found", "not-found", "notfound", "missing"}
	outdated = []string{"outdated", "stale"}
)

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }

// countAtOnce is how many suggestions are read and written together: each
// commit waits for the disk.
const countAtOnce = 200

// CatchUp counts suggestions that changed since they were counted, and returns
// how many are left when patience is over; 0 waits for all.
func (r *Reader) CatchUp(ctx context.Context, workspace string, patience time.Duration) (left int, err error) {
	r.counting.Lock()
	defer r.counting.Unlock()
	for began := time.Now(); patience <= 0 || time.Since(began) < patience; {
		some, err := r.Store.Uncounted(ctx, workspace, countAtOnce)
		if err != nil {
			return 0, err
		}
		if len(some) == 0 {
			return 0, nil
		}
		list := make([]store.Counted, len(some))
		for i, u := range some {
			if list[i], err = r.count(ctx, u); err != nil {
				return 0, err
			}
		}
		if err := r.Store.SaveCounted(ctx, list...); err != nil {
			return 0, err
		}
	}
	return r.Store.UncountedCount(ctx, workspace)
}

// Run counts what changed in every period, until ctx ends. What goes wrong is
// told to failed, and tried again.
func (r *Reader) Run(ctx context.Context, workspaces []string, every time.Duration, failed func(error)) {
	tick := time.NewTicker(every)
	defer tick.Stop()
	for {
		for _, w := range workspaces {
			// In small parts: a report must not wait for all of a first count.
			for left := 1; left > 0 && ctx.Err() == nil; {
				var err error
				if left, err = r.CatchUp(ctx, w, 200*time.Millisecond); err != nil {
					if ctx.Err() == nil {
						failed(err)
					}
					break
				}
			}
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// count says what became of a suggestion. A body that cannot be read counts
// with what stands beside it.
func (r *Reader) count(ctx context.Context, u store.Uncounted) (store.Counted, error) {
	sug := u.Suggestion
	c := store.Counted{
		Suggestion: sug.ID, Workspace: sug.Workspace, Created: sug.Created, Desk: sug.Desk, Language: sug.Language, Flag: sug.Flag,
		Probability: sug.Probability, Good: -1, Distance: -1, Waited: -1, Replied: -1, Stale: !sug.Stale.IsZero(),
		Gone: sug.State == store.StateWithdrawn, Token: u.Token, Shadow: sug.Shadow,
	}
	if c.Gone {
		return c, nil
	}
	if !u.Arrived.IsZero() && !sug.Created.Before(u.Arrived) {
		c.Waited = sug.Created.Sub(u.Arrived)
	}
	if !u.Asked.IsZero() && u.Replied.After(u.Asked) {
		c.Replied = u.Replied.Sub(u.Asked)
	}
	var s suggest.Suggestion
	if json.Unmarshal(sug.Body, &s) != nil {
		return c, nil //nolint:nilerr // its body is erased: what stands beside it still counts
	}
	c.Asks, c.Kind = len(s.Asks), s.Kind
	if len(s.Asks) > 0 && s.Asks[0].Kind != "" {
		c.Kind = s.Asks[0].Kind
	}
	became(&c, s, u.Outcomes)
	var err error
	c.Documents, err = r.rests(ctx, c, s, u.Outcomes)
	return c, err
}

// became fills in what was done with a draft.
func became(c *store.Counted, s suggest.Suggestion, outcomes []store.Outcome) {
	draft := s.Text()
	rejected, missing := false, false
	for _, o := range outcomes {
		switch o.Action {
		case store.ActionRejected, store.ActionDown:
			rejected = true
			missing = missing || says(o.Reason, notFound)
		case store.ActionSent:
			c.Sent = true
			c.Distance = calibrate.Distance(draft, o)
		case store.ActionEdited:
			if !c.Sent && strings.TrimSpace(o.Text) != "" {
				c.Distance = calibrate.Distance(draft, o)
			}
		}
	}
	if !drafted(*c) {
		c.Distance = -1
		if c.Asks > 0 {
			c.Gap = GapNone
		}
		return
	}
	y, _, ok := calibrate.Verdict(draft, outcomes)
	if ok {
		c.Good = 0
		if y >= 0.5 {
			c.Good = 1
		}
	}
	switch {
	case rejected:
		c.Action = Rejected
		if missing {
			c.Gap = GapNotFound
		}
	case !ok:
	case y >= 1:
		c.Action = Used
	case y > 0:
		c.Action = Edited
	default:
		c.Action = Ignored
	}
}

// says reports whether a reason names one of codes. Before the colon stands
// what was ticked.
func says(reason string, codes []string) bool {
	ticked, _, _ := strings.Cut(reason, ":")
	for part := range strings.SplitSeq(ticked, ",") {
		if slices.Contains(codes, strings.ToLower(strings.TrimSpace(part))) {
			return true
		}
	}
	return false
}

// rests are the documents that a draft quotes or that disagree with these.
func (r *Reader) rests(ctx context.Context, c store.Counted, s suggest.Suggestion, outcomes []store.Outcome) ([]store.CountedDocument, error) {
	of := map[string]string{} // document by passage
	by := map[string]store.CountedDocument{}
	gone := c.Stale || slices.ContainsFunc(outcomes, func(o store.Outcome) bool {
		return (o.Action == store.ActionRejected || o.Action == store.ActionDown) && says(o.Reason, outdated)
	})
	for _, e := range s.Evidence {
		of[e.Passage.ID] = e.Passage.Document
		if e.Cited && e.Passage.Document != "" {
			by[e.Passage.Document] = store.CountedDocument{ID: e.Passage.Document, Cited: true, Outdated: gone}
		}
	}
	var unknown []string
	for _, x := range s.Conflicts {
		for _, id := range []string{x.A, x.B} {
			if _, ok := of[id]; !ok {
				unknown = append(unknown, id)
			}
		}
	}
	if len(unknown) > 0 {
		found, err := r.Store.Passages(ctx, c.Workspace, unknown)
		if err != nil {
			return nil, err
		}
		for id, p := range found {
			of[id] = p.Document
		}
	}
	for _, x := range s.Conflicts {
		for _, id := range []string{x.A, x.B} {
			if d := of[id]; d != "" && of[x.A] != of[x.B] {
				u := by[d]
				u.ID, u.Disputed = d, true
				by[d] = u
			}
		}
	}
	out := make([]store.CountedDocument, 0, len(by))
	for _, id := range sortedKeys(by) {
		out = append(out, by[id])
	}
	return out, nil
}
