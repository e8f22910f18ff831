package store

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"strings"

	"github.com/pressly/goose/v3"
	"github.com/riverqueue/river/rivermigrate"
	"github.com/uptrace/bun/dialect/sqlitedialect"
)

//go:embed migrations/*.sql
var migrations embed.FS

// migrate brings the file to the newest schema. It changes nothing in a file
// that a later version wrote.
func (s *Store) migrate(ctx context.Context) error {
	dir, err := fs.Sub(migrations, "migrations")
	if err != nil {
		return fmt.Errorf("read migrations: %w", err)
	}
	records, err := goose.NewProvider(goose.DialectSQLite3, s.w.DB, dir, goose.WithDisableGlobalRegistry(true))
	if err != nil {
		return fmt.Errorf("read migrations: %w", err)
	}
	have, want, err := records.GetVersions(ctx)
	if err != nil {
		return fmt.Errorf("read the schema version of %s: %w", s.file(), err)
	}
	if have > want {
		return s.newer(have, want)
	}
	if _, err := records.Up(ctx); err != nil {
		return fmt.Errorf("upgrade %s from schema %d to %d: %w", s.file(), have, want, err)
	}
	jobs, err := rivermigrate.New(s.driver(), &rivermigrate.Config{Logger: s.riverLog()})
	if err != nil {
		return fmt.Errorf("prepare the job tables: %w", err)
	}
	if _, err := jobs.Migrate(ctx, rivermigrate.DirectionUp, nil); err != nil {
		return fmt.Errorf("upgrade the job tables of %s: %w", s.file(), err)
	}
	return nil
}

// checkVersion refuses to read what it would misread.
func (s *Store) checkVersion(ctx context.Context) error {
	var have int64
	err := s.r.NewRaw("SELECT coalesce(max(version_id), 0) FROM goose_db_version WHERE is_applied").Scan(ctx, &have)
	if err != nil {
		return fmt.Errorf("read the schema version of %s: %w", s.file(), err)
	}
	files, err := fs.Glob(migrations, "migrations/*.sql")
	if err != nil {
		return fmt.Errorf("read migrations: %w", err)
	}
	var want int64
	for _, f := range files {
		v, err := goose.NumericComponent(f)
		if err != nil {
			return fmt.Errorf("read migrations: %w", err)
		}
		want = max(want, v)
	}
	switch {
	case have > want:
		return s.newer(have, want)
	case have < want:
		return fmt.Errorf("%s has schema %d, this version reads %d: start `sufflor serve` once to upgrade it: %w", s.file(), have, want, errors.ErrUnsupported)
	}
	return nil
}

func (s *Store) newer(have, want int64) error {
	return fmt.Errorf("%s has schema %d, this version knows up to %d: %w: install the newer sufflor again, or restore a backup from before the upgrade",
		s.file(), have, want, ErrNewer)
}

// dialect is bun's, except for NUL bytes: SQLite's text ends at one and bun
// refuses the whole statement, so one odd byte in a customer's mail would
// block its delivery for ever.
type dialect struct{ *sqlitedialect.Dialect }

func newDialect() dialect { return dialect{sqlitedialect.New()} }

// AppendString quotes s without its NUL bytes.
func (d dialect) AppendString(b []byte, s string) []byte {
	return d.Dialect.AppendString(b, strings.ReplaceAll(s, "\x00", ""))
}
