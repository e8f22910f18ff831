package store

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/uptrace/bun"
)

// maxGuidelines bounds the body of guidelines, in bytes.
const maxGuidelines = 64 << 10

// Guidelines are one version of how a workspace wants its drafts to sound.
// The store reads no meaning into Body. A version is never changed.
type Guidelines struct {
	Workspace string // required
	Version   int    // set by the store, from 1
	Author    string // who saved it
	Note      string // why, may be empty
	Body      string
	Created   time.Time // set by the store
}

type guidelinesRow struct {
	bun.BaseModel `bun:"table:guidelines,alias:g"`

	Workspace string `bun:",pk"`
	Version   int    `bun:",pk"`
	Author    string
	Note      string
	Body      string
	Created   int64
}

func (r guidelinesRow) guidelines() Guidelines {
	return Guidelines{Workspace: r.Workspace, Version: r.Version, Author: r.Author, Note: r.Note, Body: r.Body, Created: fromMicros(r.Created)}
}

// ErrOutdated means that somebody saved a newer version meanwhile.
var ErrOutdated = errors.New("a newer version was saved meanwhile")

// SaveGuidelines adds a version, which is in use from then on. One that says
// what the newest says adds nothing and returns that.
func (s *Store) SaveGuidelines(ctx context.Context, g Guidelines) (Guidelines, error) {
	return s.saveGuidelines(ctx, g, -1)
}

// SaveGuidelinesOver is SaveGuidelines for who has seen the version base, 0
// for none: [ErrOutdated] when there is a newer one.
func (s *Store) SaveGuidelinesOver(ctx context.Context, g Guidelines, base int) (Guidelines, error) {
	return s.saveGuidelines(ctx, g, max(base, 0))
}

func (s *Store) saveGuidelines(ctx context.Context, g Guidelines, base int) (Guidelines, error) {
	if g.Workspace == "" || len(g.Body) > maxGuidelines {
		return g, fmt.Errorf("save guidelines of workspace %q, %d bytes: a workspace and at most %d bytes: %w", g.Workspace, len(g.Body), maxGuidelines, ErrInvalid)
	}
	var row guidelinesRow
	err := s.write(ctx, func(ctx context.Context, tx *tx) error {
		err := tx.NewSelect().Model(&row).Where("workspace = ?", g.Workspace).Order("version DESC").Limit(1).Scan(ctx)
		if err = missing(err); err != nil && !errors.Is(err, ErrNotFound) {
			return err
		}
		if err == nil && row.Body == g.Body {
			return nil
		}
		if base >= 0 && row.Version > base {
			return ErrOutdated
		}
		row = guidelinesRow{Workspace: g.Workspace, Version: row.Version + 1, Author: g.Author, Note: g.Note, Body: g.Body, Created: micros(tx.at)}
		_, err = tx.NewInsert().Model(&row).Exec(ctx)
		return err
	})
	if err != nil {
		return g, fmt.Errorf("save guidelines of workspace %q: %w", g.Workspace, err)
	}
	return row.guidelines(), nil
}

// Guidelines are the given version of a workspace's, or the newest for 0.
// [ErrNotFound] when there is none.
func (s *Store) Guidelines(ctx context.Context, workspace string, version int) (Guidelines, error) {
	var row guidelinesRow
	q := s.r.NewSelect().Model(&row).Where("workspace = ?", workspace)
	if version > 0 {
		q = q.Where("version = ?", version)
	}
	if err := q.Order("version DESC").Limit(1).Scan(ctx); err != nil {
		return Guidelines{}, fmt.Errorf("guidelines of workspace %q, version %d: %w", workspace, version, missing(err))
	}
	return row.guidelines(), nil
}

// GuidelinesHistory are all versions of a workspace's, newest first, at most
// limit (0: 50; never more than 500).
func (s *Store) GuidelinesHistory(ctx context.Context, workspace string, limit int) ([]Guidelines, error) {
	var rows []guidelinesRow
	err := s.r.NewSelect().Model(&rows).Where("workspace = ?", workspace).Order("version DESC").Limit(page(limit, 50, 500)).Scan(ctx)
	if err != nil {
		return nil, fmt.Errorf("guidelines of workspace %q: %w", workspace, err)
	}
	list := make([]Guidelines, len(rows))
	for i, r := range rows {
		list[i] = r.guidelines()
	}
	return list, nil
}
