package store

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/uptrace/bun"

	"github.com/sufflor/sufflor/connectors"
	"github.com/sufflor/sufflor/index"
)

// The states of a customer's file.
const (
	FileRead    = "read"
	FileFailed  = "failed"  // Error says why
	FileSkipped = "skipped" // not wanted: its kind, or too many; Error says which
)

// File is a file of a customer's message with what it says. It belongs to its
// conversation and is found by no search.
type File struct {
	Workspace, Desk, Event string // the event's key
	Number                 int    // in the event, from 0
	Conversation, Message  string
	Name, Type             string
	Size                   int64
	State, Error           string
	Passages               []index.Passage
	At                     time.Time // set by the store
}

type fileRow struct {
	bun.BaseModel `bun:"table:attachments,alias:a"`

	Desk         string `bun:",pk"`
	Event        string `bun:",pk"`
	Number       int    `bun:",pk"`
	Workspace    string
	Conversation string
	Message      string
	Name         string
	Type         string
	Size         int64
	State        string
	Error        string
	Passages     string
	At           int64
}

// SaveFile keeps what a file says, or why it says nothing; a later one with
// its number takes its place. Of a message that was deleted nothing is kept.
func (s *Store) SaveFile(ctx context.Context, f File) error {
	row := fileRow{
		Desk: f.Desk, Event: f.Event, Number: f.Number, Workspace: f.Workspace, Conversation: f.Conversation, Message: f.Message,
		Name: f.Name, Type: f.Type, Size: f.Size, State: f.State, Error: f.Error, Passages: "[]",
	}
	if len(f.Passages) > 0 {
		b, err := json.Marshal(f.Passages)
		if err != nil {
			return fmt.Errorf("save file %q of event %q: %w", f.Name, f.Event, err)
		}
		row.Passages = string(b)
	}
	err := s.write(ctx, func(ctx context.Context, tx *tx) error {
		gone, err := tx.NewSelect().Model((*revisionRow)(nil)).
			Where("workspace = ?", f.Workspace).Where("desk = ?", f.Desk).Where("conversation = ?", f.Conversation).
			Where("message = ?", f.Message).Where("deleted").Exists(ctx)
		if err == nil && !gone {
			gone, err = tx.erasedSince(ctx, f.Workspace, f.Desk, f.Conversation, f.Message, f.Event)
		}
		if err != nil || gone {
			return err
		}
		row.At = micros(tx.at)
		_, err = tx.NewInsert().Model(&row).On("CONFLICT (desk, event, number) DO UPDATE").
			Set("name = excluded.name").Set("type = excluded.type").Set("size = excluded.size").Set("state = excluded.state").
			Set("error = excluded.error").Set("passages = excluded.passages").Set("at = excluded.at").Exec(ctx)
		return err
	})
	if err != nil {
		return fmt.Errorf("save file %q of event %q of desk %q: %w", f.Name, f.Event, f.Desk, err)
	}
	return nil
}

// maxFiles is how many files of a conversation are looked at.
const maxFiles = 30

// Files are the last files of a conversation, at most 30, oldest first.
func (s *Store) Files(ctx context.Context, workspace, desk, conversation string) ([]File, error) {
	var rows []fileRow
	err := s.r.NewSelect().Model(&rows).
		Where("workspace = ?", workspace).Where("desk = ?", desk).Where("conversation = ?", conversation).
		Order("at DESC", "event DESC", "number DESC").Limit(maxFiles).Scan(ctx)
	if err != nil {
		return nil, fmt.Errorf("files of conversation %q of desk %q: %w", conversation, desk, err)
	}
	slices.Reverse(rows)
	list := make([]File, len(rows))
	for i, r := range rows {
		list[i] = File{
			Workspace: r.Workspace, Desk: r.Desk, Event: r.Event, Number: r.Number, Conversation: r.Conversation, Message: r.Message,
			Name: r.Name, Type: r.Type, Size: r.Size, State: r.State, Error: r.Error, At: fromMicros(r.At),
		}
		if err := json.Unmarshal([]byte(r.Passages), &list[i].Passages); err != nil {
			return nil, fmt.Errorf("decode file %q of event %q: %w", r.Name, r.Event, err)
		}
		if len(list[i].Passages) == 0 {
			list[i].Passages = nil
		}
	}
	return list, nil
}

// forgetFiles erases what the files of a message say.
func (t *tx) forgetFiles(ctx context.Context, workspace, desk, conversation, message string) error {
	_, err := t.NewDelete().Model((*fileRow)(nil)).
		Where("workspace = ?", workspace).Where("desk = ?", desk).Where("conversation = ?", conversation).Where("message = ?", message).Exec(ctx)
	if err != nil {
		return fmt.Errorf("forget files: %w", err)
	}
	return nil
}

// QueueFiles queues the reading of an event's files.
func (s *Store) QueueFiles(ctx context.Context, workspace, desk, key string) error {
	err := s.write(ctx, func(ctx context.Context, tx *tx) error {
		return s.enqueue(ctx, tx, JobFiles, job{Workspace: workspace, Desk: desk, Key: key})
	})
	if err != nil {
		return fmt.Errorf("queue the files of event %q of desk %q: %w", key, desk, err)
	}
	return nil
}

// Redraft asks for a new round of drafting of the active suggestion for an
// event's message, because its files are read now. It reports whether the
// message has any suggestion; one that somebody has acted on, or that is out of
// use, stays as it is.
func (s *Store) Redraft(ctx context.Context, workspace, desk, key string) (found bool, err error) {
	err = s.write(ctx, func(ctx context.Context, tx *tx) error {
		found = false
		var e eventRow
		err := tx.NewSelect().Model(&e).Where("workspace = ?", workspace).Where("desk = ?", desk).Where("key = ?", key).Scan(ctx)
		if err != nil {
			return missing(err)
		}
		var row suggestionRow
		q := tx.NewSelect().Model(&row).Where("workspace = ?", workspace).Where("desk = ?", desk).OrderExpr("state = 'active' DESC, id").Limit(1)
		if e.Message == "" || connectors.Kind(e.Kind) == connectors.Command {
			q = q.Where("event_key = ?", key)
		} else {
			q = q.Where("conversation = ?", e.Conversation).Where("message = ?", e.Message)
		}
		if err := missing(q.Scan(ctx)); err != nil {
			if errors.Is(err, ErrNotFound) {
				return nil
			}
			return err
		}
		found = true
		acted, err := tx.NewSelect().Model((*outcomeRow)(nil)).Where("suggestion = ?", row.ID).Exists(ctx)
		if err != nil || acted && !row.Pending || row.State != StateActive {
			return err
		}
		row.Pending = true
		row.Round++
		if _, err := tx.NewUpdate().Model(&row).Column("pending", "round").WherePK().Exec(ctx); err != nil {
			return err
		}
		if err := tx.feed(ctx, workspace, FeedSuggestion, row.ID); err != nil {
			return err
		}
		return s.enqueue(ctx, tx, JobDraft, job{Workspace: workspace, Desk: desk, Key: row.ID, Round: row.Round})
	})
	if err != nil {
		return false, fmt.Errorf("draft again for event %q of desk %q: %w", key, desk, err)
	}
	return found, nil
}
