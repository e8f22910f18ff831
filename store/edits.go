package store

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/uptrace/bun"
)

// ErrConflict means that another saved in between.
var ErrConflict = errors.New("changed meanwhile")

// maxEdit bounds a text that is being edited, in bytes, and what was quoted
// for it.
const maxEdit = 64 << 10

// Edit is what an agent has typed on a draft and not used yet. It goes when
// the suggestion does, and when the customer takes the message back.
type Edit struct {
	Workspace, Suggestion string // required
	Agent                 string // whose it is; may be empty
	Text                  string
	Quotes                json.RawMessage // what was quoted by hand; nil for nothing
	Tab                   string          // names the page that saves
	Version               int             // set by the store, from 1
	Updated               time.Time       // set by the store
}

type editRow struct {
	bun.BaseModel `bun:"table:edits,alias:e"`

	Suggestion string `bun:",pk"`
	Agent      string `bun:",pk"`
	Workspace  string
	Text       string
	Quotes     string
	Tab        string
	Version    int
	Updated    int64
}

func (r editRow) edit() Edit {
	return Edit{
		Workspace: r.Workspace, Suggestion: r.Suggestion, Agent: r.Agent, Text: r.Text, Quotes: rawOrNil(r.Quotes),
		Tab: r.Tab, Version: r.Version, Updated: fromMicros(r.Updated),
	}
}

func rawOrNil(text string) json.RawMessage {
	if text == "" {
		return nil
	}
	return json.RawMessage(text)
}

// SaveEdit keeps e in the place of version base, which is 0 when there was
// none. When another tab saved since, nothing changes: what it returns is that
// tab's, and the error wraps [ErrConflict]. A tab that saved last itself, and
// lost the answer, is in conflict with nobody. The suggestion must be there
// and not withdrawn, else the error is [ErrNotFound].
func (s *Store) SaveEdit(ctx context.Context, e Edit, base int) (Edit, error) {
	if e.Workspace == "" || e.Suggestion == "" || len(e.Text) > maxEdit || len(e.Quotes) > maxEdit || len(e.Quotes) > 0 && !json.Valid(e.Quotes) {
		return e, fmt.Errorf("save an edit of suggestion %q, %d bytes: at most %d, and a workspace and a suggestion: %w", e.Suggestion, len(e.Text), maxEdit, ErrInvalid)
	}
	var row editRow
	err := s.write(ctx, func(ctx context.Context, tx *tx) error {
		ok, err := tx.NewSelect().Model((*suggestionRow)(nil)).
			Where("workspace = ?", e.Workspace).Where("id = ?", e.Suggestion).Where("state <> ?", StateWithdrawn).Exists(ctx)
		if err != nil {
			return err
		}
		if !ok {
			return ErrNotFound
		}
		row = editRow{}
		err = missing(tx.NewSelect().Model(&row).Where("suggestion = ?", e.Suggestion).Where("agent = ?", e.Agent).Scan(ctx))
		switch {
		case errors.Is(err, ErrNotFound): // another tab may have used it, and no text of it is lost
		case err != nil:
			return err
		case row.Version != base && row.Tab != e.Tab:
			return ErrConflict
		}
		row = editRow{
			Suggestion: e.Suggestion, Agent: e.Agent, Workspace: e.Workspace, Text: e.Text, Quotes: string(e.Quotes), Tab: e.Tab,
			Version: max(row.Version, base) + 1, Updated: micros(tx.at),
		}
		_, err = tx.NewInsert().Model(&row).On("CONFLICT (suggestion, agent) DO UPDATE").
			Set("text = EXCLUDED.text, quotes = EXCLUDED.quotes, tab = EXCLUDED.tab, version = EXCLUDED.version, updated = EXCLUDED.updated").Exec(ctx)
		return err
	})
	if err != nil {
		return row.edit(), fmt.Errorf("save an edit of suggestion %q: %w", e.Suggestion, err)
	}
	return row.edit(), nil
}

// Edit is what an agent has typed on a suggestion, or [ErrNotFound].
func (s *Store) Edit(ctx context.Context, workspace, suggestion, agent string) (Edit, error) {
	var row editRow
	err := s.r.NewSelect().Model(&row).Where("workspace = ?", workspace).Where("suggestion = ?", suggestion).Where("agent = ?", agent).Scan(ctx)
	if err != nil {
		return Edit{}, fmt.Errorf("edit of suggestion %q: %w", suggestion, missing(err))
	}
	return row.edit(), nil
}

// DropEdit forgets what an agent has typed on a suggestion, if anything.
func (s *Store) DropEdit(ctx context.Context, workspace, suggestion, agent string) error {
	err := s.write(ctx, func(ctx context.Context, tx *tx) error {
		_, err := tx.NewDelete().Model((*editRow)(nil)).
			Where("workspace = ?", workspace).Where("suggestion = ?", suggestion).Where("agent = ?", agent).Exec(ctx)
		return err
	})
	if err != nil {
		return fmt.Errorf("drop the edit of suggestion %q: %w", suggestion, err)
	}
	return nil
}
