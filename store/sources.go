package store

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"time"

	"github.com/oklog/ulid/v2"
	"github.com/uptrace/bun"
)

// The states of a run.
const (
	RunRunning     = "running"
	RunOK          = "ok"
	RunPartial     = "partial"     // done, but something could not be read
	RunFailed      = "failed"      // Error says why
	RunStopped     = "stopped"     // by a person, or because the server ended
	RunInterrupted = "interrupted" // its process was killed
)

// longestRun is after what time a run of another process counts as killed.
const longestRun = 24 * time.Hour

// keepRuns is how many runs of a source are remembered.
const keepRuns = 50

// Source is a configured source and how far it is.
type Source struct {
	Workspace, Name string // required
	Kind            string // folder, web, s3, webdav
	Roots           []string
	Paused          bool
	LastRun         time.Time // when the last run ended
	LastResult      string    // its state
	NextRun         time.Time // zero: only on command
}

// Run is one run of a source. The store reads no meaning into Report.
type Run struct {
	ID, Workspace, Source string
	State                 string
	Started, Ended        time.Time
	Error                 string
	Report                json.RawMessage
}

type sourceRow struct {
	bun.BaseModel `bun:"table:sources,alias:s"`

	Workspace  string `bun:",pk"`
	Name       string `bun:",pk"`
	Kind       string
	Roots      string
	Paused     bool
	LastRun    int64
	LastResult string
	NextRun    int64
}

type runRow struct {
	bun.BaseModel `bun:"table:runs,alias:r"`

	ID        string `bun:",pk"`
	Workspace string
	Source    string
	State     string
	Started   int64
	Ended     int64
	Error     string
	Report    string
}

// SaveSource notes what a source is and when it is due next. Whether it is
// paused and what its last run did stay as they are.
func (s *Store) SaveSource(ctx context.Context, src Source) error {
	if src.Workspace == "" || src.Name == "" {
		return fmt.Errorf("save source %q of workspace %q: both are required: %w", src.Name, src.Workspace, ErrInvalid)
	}
	roots, err := json.Marshal(src.Roots)
	if err != nil {
		return fmt.Errorf("save source %q: %w", src.Name, err)
	}
	err = s.write(ctx, func(ctx context.Context, tx *tx) error {
		_, err := tx.NewInsert().Model(&sourceRow{
			Workspace: src.Workspace, Name: src.Name, Kind: src.Kind, Roots: string(roots), NextRun: micros(src.NextRun),
		}).On("CONFLICT (workspace, name) DO UPDATE").
			Set("kind = excluded.kind").Set("roots = excluded.roots").Set("next_run = excluded.next_run").Exec(ctx)
		return err
	})
	if err != nil {
		return fmt.Errorf("save source %q: %w", src.Name, err)
	}
	return nil
}

// PauseSource pauses or resumes a source, or gives [ErrNotFound].
func (s *Store) PauseSource(ctx context.Context, workspace, name string, paused bool) error {
	err := s.write(ctx, func(ctx context.Context, tx *tx) error {
		res, err := tx.NewUpdate().Model((*sourceRow)(nil)).Set("paused = ?", paused).
			Where("workspace = ?", workspace).Where("name = ?", name).Exec(ctx)
		if err != nil {
			return err
		}
		if n, err := res.RowsAffected(); err != nil || n == 0 {
			return errors.Join(err, ErrNotFound)
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("pause source %q: %w", name, err)
	}
	return nil
}

// Sources are the sources of a workspace that were ever saved, by name.
func (s *Store) Sources(ctx context.Context, workspace string) ([]Source, error) {
	var rows []sourceRow
	if err := s.r.NewSelect().Model(&rows).Where("workspace = ?", workspace).Order("name").Scan(ctx); err != nil {
		return nil, fmt.Errorf("sources of workspace %q: %w", workspace, err)
	}
	list := make([]Source, len(rows))
	for i, r := range rows {
		list[i] = Source{
			Workspace: r.Workspace, Name: r.Name, Kind: r.Kind, Paused: r.Paused, LastRun: fromMicros(r.LastRun),
			LastResult: r.LastResult, NextRun: fromMicros(r.NextRun),
		}
		if err := json.Unmarshal([]byte(r.Roots), &list[i].Roots); err != nil {
			return nil, fmt.Errorf("roots of source %q: %w", r.Name, err)
		}
	}
	return list, nil
}

// SaveRun keeps a run as it is now; one without id is new and gets one. A run
// that has ended is noted at its source in the same transaction.
func (s *Store) SaveRun(ctx context.Context, r Run) (Run, error) {
	if r.ID == "" {
		r.ID = ulid.Make().String()
	}
	if len(r.Report) == 0 {
		r.Report = json.RawMessage("{}")
	}
	err := s.write(ctx, func(ctx context.Context, tx *tx) error {
		_, err := tx.NewInsert().Model(&runRow{
			ID: r.ID, Workspace: r.Workspace, Source: r.Source, State: r.State, Started: micros(r.Started), Ended: micros(r.Ended),
			Error: r.Error, Report: string(r.Report),
		}).On("CONFLICT (id) DO UPDATE").
			Set("state = excluded.state").Set("ended = excluded.ended").Set("error = excluded.error").Set("report = excluded.report").Exec(ctx)
		if err != nil || r.State == RunRunning {
			return err
		}
		_, err = tx.NewUpdate().Model((*sourceRow)(nil)).Set("last_run = ?", micros(r.Ended)).Set("last_result = ?", r.State).
			Where("workspace = ?", r.Workspace).Where("name = ?", r.Source).Exec(ctx)
		if err != nil {
			return err
		}
		old := tx.NewSelect().Model((*runRow)(nil)).Column("id").
			Where("workspace = ?", r.Workspace).Where("source = ?", r.Source).Order("id DESC").Limit(1000).Offset(keepRuns)
		_, err = tx.NewDelete().Model((*runRow)(nil)).Where("id IN (?)", old).Exec(ctx)
		return err
	})
	if err != nil {
		return r, fmt.Errorf("save run %s of source %q: %w", r.ID, r.Source, err)
	}
	return r, nil
}

// Runs are the last runs of a source, newest first, at most limit (0: 10).
func (s *Store) Runs(ctx context.Context, workspace, source string, limit int) ([]Run, error) {
	var rows []runRow
	err := s.r.NewSelect().Model(&rows).Where("workspace = ?", workspace).Where("source = ?", source).
		Order("id DESC").Limit(page(limit, 10, keepRuns)).Scan(ctx)
	if err != nil {
		return nil, fmt.Errorf("runs of source %q: %w", source, err)
	}
	list := make([]Run, len(rows))
	for i, r := range rows {
		list[i] = Run{
			ID: r.ID, Workspace: r.Workspace, Source: r.Source, State: r.State, Started: fromMicros(r.Started), Ended: fromMicros(r.Ended),
			Error: r.Error, Report: json.RawMessage(r.Report),
		}
	}
	return list, nil
}

// interrupt ends the runs of a process that was killed: we hold the lock, so
// nobody runs them any more.
//
// Where the database is shared another process may be running them. There only those are ended
// that began so long ago that none would still be at it.
func (s *Store) interrupt(ctx context.Context) error {
	return s.write(ctx, func(ctx context.Context, tx *tx) error {
		before := int64(math.MaxInt64)
		if s.pg != nil && s.pg.shared {
			before = micros(tx.at.Add(-longestRun))
		}
		_, err := tx.NewUpdate().Model((*runRow)(nil)).Set("state = ?", RunInterrupted).Set("ended = ?", micros(tx.at)).
			Set("error = ?", "the process was killed; the next run goes on where it stopped").
			Where("state = ?", RunRunning).Where("started < ?", before).Exec(ctx)
		return err
	})
}

// RemoveSource forgets a source that is no more configured, with its runs. Its
// documents are removed one by one before.
func (s *Store) RemoveSource(ctx context.Context, workspace, name string) error {
	err := s.write(ctx, func(ctx context.Context, tx *tx) error {
		_, err := tx.NewDelete().Model((*sourceRow)(nil)).Where("workspace = ?", workspace).Where("name = ?", name).Exec(ctx)
		if err != nil {
			return err
		}
		_, err = tx.NewDelete().Model((*runRow)(nil)).Where("workspace = ?", workspace).Where("source = ?", name).Exec(ctx)
		return err
	})
	if err != nil {
		return fmt.Errorf("remove source %q: %w", name, err)
	}
	return nil
}
