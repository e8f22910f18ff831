package store

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/uptrace/bun"
)

// The kinds of upkeep.
const (
	UpkeepBackup    = "backup"
	UpkeepRetention = "retention"
)

// Upkeep is when something was done that has to be done again and again.
type Upkeep struct {
	At     time.Time       // zero: never
	Report json.RawMessage // counts, no text
}

type upkeepRow struct {
	bun.BaseModel `bun:"table:upkeep,alias:u"`

	Kind      string `bun:",pk"`
	Workspace string `bun:",pk"`
	At        int64
	Report    string
}

// SaveUpkeep notes that upkeep of a kind was done now, of a workspace, or with
// "" of all.
func (s *Store) SaveUpkeep(ctx context.Context, kind, workspace string, report any) error {
	b, err := json.Marshal(report)
	if err == nil {
		err = s.write(ctx, func(ctx context.Context, tx *tx) error {
			row := upkeepRow{Kind: kind, Workspace: workspace, At: micros(tx.at), Report: string(b)}
			_, err := tx.NewInsert().Model(&row).On("CONFLICT (kind, workspace) DO UPDATE").Set("at = excluded.at").Set("report = excluded.report").Exec(ctx)
			return err
		})
	}
	if err != nil {
		return fmt.Errorf("note that %s was done: %w", kind, err)
	}
	return nil
}

// LastUpkeep is when upkeep of a kind was done last.
func (s *Store) LastUpkeep(ctx context.Context, kind, workspace string) (Upkeep, error) {
	row := upkeepRow{Kind: kind, Workspace: workspace}
	err := missing(s.r.NewSelect().Model(&row).WherePK().Scan(ctx))
	switch {
	case errors.Is(err, ErrNotFound):
		return Upkeep{}, nil
	case err != nil:
		return Upkeep{}, fmt.Errorf("when %s was done: %w", kind, err)
	}
	return Upkeep{At: fromMicros(row.At), Report: json.RawMessage(row.Report)}, nil
}

// Waiting is how the job queue stands.
type Waiting struct {
	Jobs   int       `json:"jobs"`            // that wait or run
	Oldest time.Time `json:"oldest,omitzero"` // since when the one waits that has been due for longest; zero: none does
	Dead   int       `json:"dead"`
}

// Waiting is how the jobs of a workspace stand, or with "" of all; with a desk
// those of that desk.
func (s *Store) Waiting(ctx context.Context, workspace, desk string) (Waiting, error) {
	var row struct {
		Jobs, Dead int
		Oldest     *time.Time
	}
	err := s.r.NewRaw(`SELECT count(*) FILTER (WHERE state NOT IN ('cancelled', 'discarded')) AS jobs,
			count(*) FILTER (WHERE state IN ('cancelled', 'discarded')) AS dead,
			min(scheduled_at) FILTER (WHERE state = 'available' AND scheduled_at <= `+s.sql.now+`) AS oldest
		FROM river_job WHERE state <> 'completed' AND (?0 = '' OR `+s.sql.argument("workspace")+` = ?0) AND (?1 = '' OR `+s.sql.argument("desk")+` = ?1)`,
		workspace, desk).Scan(ctx, &row)
	if err != nil {
		return Waiting{}, fmt.Errorf("how the job queue stands: %w", err)
	}
	out := Waiting{Jobs: row.Jobs, Dead: row.Dead}
	if row.Oldest != nil {
		out.Oldest = row.Oldest.UTC()
	}
	return out, nil
}

// Queues is how the job queue stands, by kind of job; kinds that nothing waits
// for and nothing died of are left out.
func (s *Store) Queues(ctx context.Context) (map[string]Waiting, error) {
	var rows []struct {
		Kind       string
		Jobs, Dead int
		Oldest     *time.Time
	}
	err := s.r.NewRaw(`SELECT kind, count(*) FILTER (WHERE state NOT IN ('cancelled', 'discarded')) AS jobs,
			count(*) FILTER (WHERE state IN ('cancelled', 'discarded')) AS dead,
			min(scheduled_at) FILTER (WHERE state = 'available' AND scheduled_at <= `+s.sql.now+`) AS oldest
		FROM river_job WHERE state <> 'completed' GROUP BY kind`).Scan(ctx, &rows)
	if err != nil {
		return nil, fmt.Errorf("how the job queues stand: %w", err)
	}
	out := map[string]Waiting{}
	for _, r := range rows {
		w := Waiting{Jobs: r.Jobs, Dead: r.Dead}
		if r.Oldest != nil {
			w.Oldest = r.Oldest.UTC()
		}
		out[r.Kind] = w
	}
	return out, nil
}

// ModelUse is how a language model did in drafts.
type ModelUse struct {
	Drafts   int            `json:"drafts"`   // that were looked at, the newest 5,000
	Written  int            `json:"written"`  // by the model, and used
	Failures map[string]int `json:"failures"` // why its draft was not used, by cause
	MeanMS   float64        `json:"mean_ms"`  // of calls that took any time, with or without a draft
	P95MS    float64        `json:"p95_ms"`
}

// ModelUse is how the model did in the drafts of a workspace since a time.
func (s *Store) ModelUse(ctx context.Context, workspace string, since time.Time) (ModelUse, error) {
	out := ModelUse{Failures: map[string]int{}}
	var rows []struct {
		Mode, Degraded string
		Took           float64
	}
	err := s.r.NewRaw(`SELECT coalesce(body ->> 'mode', '') AS mode, coalesce(body ->> 'degraded', '[]') AS degraded, CAST(coalesce(body -> 'timings' ->> 'model_ms', '0') AS DOUBLE PRECISION) AS took
		FROM suggestions WHERE workspace = ? AND created >= ? ORDER BY created DESC, id DESC LIMIT 5000`, workspace, micros(since)).Scan(ctx, &rows)
	if err != nil {
		return out, fmt.Errorf("how the model did in workspace %q: %w", workspace, err)
	}
	var took []float64
	for _, r := range rows {
		out.Drafts++
		if r.Mode == "model" {
			out.Written++
		}
		if r.Took > 0 {
			took = append(took, r.Took)
			out.MeanMS += r.Took
		}
		var lost []string
		if err := json.Unmarshal([]byte(r.Degraded), &lost); err != nil {
			continue // not one of ours
		}
		for _, d := range lost {
			if cause, ok := strings.CutPrefix(d, "model ("); ok {
				out.Failures[strings.TrimSuffix(cause, ")")]++
			}
		}
	}
	if n := len(took); n > 0 {
		slices.Sort(took)
		out.MeanMS, out.P95MS = out.MeanMS/float64(n), took[(n*95+99)/100-1]
	}
	return out, nil
}

// SetLanguage keeps in which language a person wants the pages; "" is the
// workspace's.
func (s *Store) SetLanguage(ctx context.Context, person, language string) error {
	err := s.write(ctx, func(ctx context.Context, tx *tx) error {
		res, err := tx.NewUpdate().Model((*personRow)(nil)).Set("language = ?", language).Where("id = ?", person).Exec(ctx)
		if err != nil {
			return err
		}
		if n, err := res.RowsAffected(); err != nil || n == 0 {
			return errors.Join(err, ErrNotFound)
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("keep the language of a person: %w", err)
	}
	return nil
}
