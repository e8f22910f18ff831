package store

import (
	"context"
	"fmt"
	"slices"

	"github.com/uptrace/bun"
)

// Votes are what people thought of the drafts that cite a passage; each draft
// counts once on each side.
type Votes struct {
	Good int // used, edited, sent or thumbs up
	Bad  int // rejected or thumbs down, for wrong or outdated facts or a wrong source
}

// ticked is the part of a reason that was ticked, before what was written.
var ticked = bun.Safe("substr(o.reason || ':', 1, instr(o.reason || ':', ':'))")

// Votes are those on the passages with the given ids; one without any has no entry.
// Drafts rejected for their tone, or because something is missing, say nothing
// of what they do cite.
func (s *Store) Votes(ctx context.Context, workspace string, ids []string) (map[string]Votes, error) {
	found := map[string]Votes{}
	for chunk := range slices.Chunk(ids, batch) {
		var rows []struct {
			Passage   string
			Good, Bad int
		}
		err := s.r.NewSelect().TableExpr("cites AS q").Join("JOIN outcomes AS o ON o.suggestion = q.suggestion").
			ColumnExpr("q.passage").
			ColumnExpr("COUNT(DISTINCT CASE WHEN o.action IN ? THEN o.suggestion END) AS good",
				bun.Tuple([]string{ActionUsed, ActionEdited, ActionSent, ActionUp})).
			ColumnExpr("COUNT(DISTINCT CASE WHEN o.action IN ? AND (? LIKE '%facts%' OR ? LIKE '%source%' OR ? LIKE '%wrong%' OR ? LIKE '%outdated%') THEN o.suggestion END) AS bad",
				bun.Tuple([]string{ActionRejected, ActionDown}), ticked, ticked, ticked, ticked).
			Where("o.workspace = ?", workspace).Where("q.passage IN ?", bun.Tuple(chunk)).
			GroupExpr("q.passage").Scan(ctx, &rows)
		if err != nil {
			return nil, fmt.Errorf("votes on passages of workspace %q: %w", workspace, err)
		}
		for _, r := range rows {
			if r.Good+r.Bad > 0 {
				found[r.Passage] = Votes{r.Good, r.Bad}
			}
		}
	}
	return found, nil
}
