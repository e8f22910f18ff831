package store

import "context"

// Backoff is for the table that proves it.
var Backoff = backoff

// ListPlan is how the database finds a page of [Store.ListDocuments].
func (s *Store) ListPlan(ctx context.Context, workspace string, f ListFilter, after string) (plan []string, err error) {
	var rows []listedRow
	q, err := s.listed(s.r.NewSelect().Model(&rows), workspace, f, after)
	if err != nil {
		return nil, err
	}
	lines, err := s.r.QueryContext(ctx, "EXPLAIN QUERY PLAN "+q.Limit(51).String())
	if err != nil {
		return nil, err
	}
	defer lines.Close()
	for lines.Next() {
		var id, parent, unused int
		var detail string
		if err := lines.Scan(&id, &parent, &unused, &detail); err != nil {
			return nil, err
		}
		plan = append(plan, detail)
	}
	return plan, lines.Err()
}
