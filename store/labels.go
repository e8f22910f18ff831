package store

import (
	"context"
	"encoding/json"
	"fmt"
	"iter"
	"slices"
	"time"

	"github.com/uptrace/bun"
)

// Labelled is a suggestion with all that was done with it, oldest first.
type Labelled struct {
	Suggestion Suggestion
	Outcomes   []Outcome
}

// labelPage is how many suggestions are read at once: their bodies are large.
const labelPage = 64

// MaxLabelled is the most suggestions that [Store.Labelled] gives.
const MaxLabelled = 20_000

// Labelled is the suggestions of a workspace with an outcome since a time, the
// latest outcome first; at most limit, 0 for [MaxLabelled]. Those whose message
// was withdrawn are left out: their bodies are erased. It ends with the first
// error.
func (s *Store) Labelled(ctx context.Context, workspace string, since time.Time, limit int) iter.Seq2[Labelled, error] {
	return func(yield func(Labelled, error) bool) {
		var ids []string
		q := s.r.NewSelect().TableExpr("outcomes AS o").Join("JOIN suggestions AS s ON s.id = o.suggestion AND s.workspace = o.workspace").
			ColumnExpr("o.suggestion").Where("o.workspace = ?", workspace).Where("s.state <> ?", StateWithdrawn)
		if !since.IsZero() {
			q = q.Where("o.created >= ?", micros(since))
		}
		err := q.GroupExpr("o.suggestion").OrderExpr("MAX(o.created) DESC, o.suggestion DESC").
			Limit(page(limit, MaxLabelled, MaxLabelled)).Scan(ctx, &ids)
		if err != nil {
			yield(Labelled{}, fmt.Errorf("labelled suggestions of workspace %q: %w", workspace, err))
			return
		}
		for some := range slices.Chunk(ids, labelPage) {
			list, err := s.labelled(ctx, workspace, some)
			if err != nil {
				yield(Labelled{}, fmt.Errorf("labelled suggestions of workspace %q: %w", workspace, err))
				return
			}
			for _, l := range list {
				if !yield(l, nil) {
					return
				}
			}
		}
	}
}

// labelled reads some suggestions, in the order of their ids here.
func (s *Store) labelled(ctx context.Context, workspace string, ids []string) ([]Labelled, error) {
	var rows []suggestionRow
	// With nothing added, or SQLite takes an index that begins with the workspace and
	// reads all of it.
	err := s.r.NewSelect().Model(&rows).Where("workspace || '' = ?", workspace).Where("id IN ?", bun.Tuple(ids)).Scan(ctx)
	if err != nil {
		return nil, err
	}
	var done []outcomeRow
	err = s.r.NewSelect().Model(&done).Where("workspace = ?", workspace).Where("suggestion IN ?", bun.Tuple(ids)).
		Order("created", "id").Scan(ctx)
	if err != nil {
		return nil, err
	}
	outcomes := map[string][]Outcome{}
	for _, o := range done {
		outcomes[o.Suggestion] = append(outcomes[o.Suggestion], o.outcome())
	}
	byID := map[string]Suggestion{}
	for i := range rows {
		byID[rows[i].ID] = rows[i].suggestion()
	}
	var out []Labelled
	for _, id := range ids {
		if sug, ok := byID[id]; ok {
			out = append(out, Labelled{sug, outcomes[id]})
		}
	}
	return out, nil
}

func (r outcomeRow) outcome() Outcome {
	o := Outcome{
		ID: r.ID, Workspace: r.Workspace, Suggestion: r.Suggestion, Action: r.Action,
		Reason: r.Reason, Text: r.Text, Agent: r.Agent, Created: fromMicros(r.Created), Event: r.Event,
	}
	if r.Detail != "" {
		o.Detail = json.RawMessage(r.Detail)
	}
	return o
}
