package store

import "context"

// Backoff is for the table that proves it.
var Backoff = backoff

// OpenSQLite and MaxStatements are for the tests of connections.
var OpenSQLite = openSQLite

// MaxStatements is how many statements a connection keeps.
const MaxStatements = maxStatements

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

// Hold takes the writer's turn, so that writes gather; the function it returns
// ends that.
func (s *Store) Hold(ctx context.Context) (release func(), err error) {
	return func() { s.turn.Release(1) }, s.turn.Acquire(ctx, 1)
}

// Gathered is how many grouped writes wait for their turn.
func (s *Store) Gathered() int {
	s.group.mu.Lock()
	defer s.group.mu.Unlock()
	return len(s.group.waiting)
}

// Grouped is a write that shares its commit with others.
func (s *Store) Grouped(ctx context.Context, desk string, then func() error) error {
	return s.writeGrouped(ctx, func(ctx context.Context, tx *tx) error {
		if err := tx.deskReceived(ctx, desk); err != nil {
			return err
		}
		return then()
	})
}

// ErasedTables are the tables that erasing reaches.
func ErasedTables() (names []string) {
	for _, p := range (&Store{sql: sqliteExpressions}).whole("", nil).parts() {
		names = append(names, p.table)
	}
	return names
}

// Tables are those of the database, without SQLite's own and those that an
// index of text is kept in.
func (s *Store) Tables(ctx context.Context) (names []string, err error) {
	err = s.r.NewRaw("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' AND name NOT LIKE 'document\\_parts\\_%' ESCAPE '\\' ORDER BY name").Scan(ctx, &names)
	return names, err
}
