package store

import (
	"context"
	"fmt"
	"time"

	"github.com/uptrace/bun"
)

// Citing is the suggestions that cite a document, in any of its versions that
// are known, and how these went. Withdrawn ones and those that were only
// measured do not count.
type Citing struct {
	Suggestions int
	Counts      []CitingCount // most first
	Latest      []CitingDraft // newest first
	Passages    map[string]int
}

// CitingCount is how many suggestions have a flag, and what agents did with
// them.
type CitingCount struct {
	Flag   string
	Action string // what an agent did last, votes only when there is nothing else; "" for nothing yet
	N      int
}

// CitingDraft is one that cites the document.
type CitingDraft struct {
	ID       string
	Created  time.Time
	Flag     string
	Action   string
	Stale    bool
	Question string
}

// citing are the ids of suggestions that cite a document: its passages in use,
// those that fixes took out or put in, and, for earlier versions, as far as
// they were counted.
const citing = `SELECT q.suggestion FROM cites AS q JOIN passages AS p ON p.id = q.passage WHERE p.document = ? AND p.workspace = ?
UNION SELECT q.suggestion FROM cites AS q JOIN passages_aside AS p ON p.id = q.passage WHERE p.document = ? AND p.workspace = ?
UNION SELECT q.suggestion FROM cites AS q JOIN fixes AS f ON f.passage = q.passage WHERE f.document = ? AND f.workspace = ?
UNION SELECT c.suggestion FROM counted_documents AS c WHERE c.document = ? AND c.workspace = ? AND c.cited`

// lastAction is what an agent did with suggestion s.
const lastAction = `coalesce((SELECT o.action FROM outcomes AS o WHERE o.suggestion = s.id ORDER BY o.action IN (?, ?), o.created DESC, o.id DESC LIMIT 1), '')`

// Citing finds what cites a document, with the latest few (0: 10, never more
// than 100), and how many suggestions cite each of its passages in use.
func (s *Store) Citing(ctx context.Context, workspace, document string, latest int) (c Citing, err error) {
	defer func() {
		if err != nil {
			err = fmt.Errorf("what cites document %q: %w", document, err)
		}
	}()
	var ids []any
	for range 4 {
		ids = append(ids, document, workspace)
	}
	of := func(q *bun.SelectQuery) *bun.SelectQuery {
		return q.TableExpr("suggestions AS s").Where("s.workspace = ?", workspace).Where("s.state <> ?", StateWithdrawn).Where("NOT s.shadow").
			Where("s.id IN ("+citing+")", ids...)
	}
	err = of(s.r.NewSelect()).ColumnExpr("s.flag").ColumnExpr(lastAction+" AS action", ActionUp, ActionDown).ColumnExpr("count(*) AS n").
		GroupExpr("1, 2").OrderExpr("n DESC, 1, 2").Scan(ctx, &c.Counts)
	if err != nil {
		return c, err
	}
	for _, n := range c.Counts {
		c.Suggestions += n.N
	}
	var rows []struct {
		ID, Flag, Action, Question string
		Created, Stale             int64
	}
	err = of(s.r.NewSelect()).ColumnExpr("s.id, s.flag, s.question, s.created, s.stale").ColumnExpr(lastAction+" AS action", ActionUp, ActionDown).
		OrderExpr("s.created DESC, s.id DESC").Limit(page(latest, 10, 100)).Scan(ctx, &rows)
	if err != nil {
		return c, err
	}
	for _, r := range rows {
		c.Latest = append(c.Latest, CitingDraft{ID: r.ID, Created: fromMicros(r.Created), Flag: r.Flag, Action: r.Action, Stale: r.Stale != 0, Question: r.Question})
	}
	var per []struct {
		Passage string
		N       int
	}
	err = s.r.NewSelect().TableExpr("cites AS q").Join("JOIN passages AS p ON p.id = q.passage").Join("JOIN suggestions AS s ON s.id = q.suggestion").
		ColumnExpr("q.passage").ColumnExpr("count(*) AS n").Where("p.document = ?", document).Where("p.workspace = ?", workspace).
		Where("s.state <> ?", StateWithdrawn).Where("NOT s.shadow").Group("q.passage").Scan(ctx, &per)
	c.Passages = make(map[string]int, len(per))
	for _, p := range per {
		c.Passages[p.Passage] = p.N
	}
	return c, err
}

// Shelves are the collections and the sources that the documents of a
// workspace are in, each once, in order.
func (s *Store) Shelves(ctx context.Context, workspace string) (collections, sources []string, err error) {
	for _, one := range []struct {
		column string
		into   *[]string
	}{{"collection", &collections}, {"source", &sources}} {
		err := s.r.NewSelect().Model((*documentRow)(nil)).Distinct().Column(one.column).
			Where("workspace = ?", workspace).Where("? <> ''", bun.Ident(one.column)).Order(one.column).Scan(ctx, one.into)
		if err != nil {
			return nil, nil, fmt.Errorf("shelves of workspace %q: %w", workspace, err)
		}
	}
	return collections, sources, nil
}
