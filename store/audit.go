package store

import (
	"context"
	"fmt"
	"strings"
	"time"
	"unicode"

	"github.com/uptrace/bun"
)

// Key lets a machine use the API. The store keeps a hash of it only.
type Key struct {
	ID        string // required
	Hash      string // required
	Name      string
	Workspace string // required; "*": every one
	Scopes    []string
	Author    string    // who made it
	Created   time.Time // set by the store
	Used      time.Time // to the minute; zero: never
	Revoked   time.Time // zero: in use
}

type keyRow struct {
	bun.BaseModel `bun:"table:api_keys,alias:k"`

	ID        string `bun:",pk"`
	Hash      string
	Name      string
	Workspace string
	Scopes    string
	Author    string
	Created   int64
	Used      int64
	Revoked   int64
}

func (r keyRow) key() Key {
	return Key{
		ID: r.ID, Hash: r.Hash, Name: r.Name, Workspace: r.Workspace, Scopes: strings.Fields(r.Scopes), Author: r.Author,
		Created: fromMicros(r.Created), Used: fromMicros(r.Used), Revoked: fromMicros(r.Revoked),
	}
}

// AddKey keeps a new key.
func (s *Store) AddKey(ctx context.Context, k Key) (Key, error) {
	if k.ID == "" || k.Hash == "" || k.Workspace == "" || len(k.Scopes) == 0 {
		return k, fmt.Errorf("add key %q: id, hash, workspace and scopes are required: %w", k.Name, ErrInvalid)
	}
	row := keyRow{ID: k.ID, Hash: k.Hash, Name: k.Name, Workspace: k.Workspace, Scopes: strings.Join(k.Scopes, " "), Author: k.Author}
	err := s.write(ctx, func(ctx context.Context, tx *tx) error {
		row.Created = micros(tx.at)
		_, err := tx.NewInsert().Model(&row).Exec(ctx)
		return err
	})
	if err != nil {
		return k, fmt.Errorf("add key %q: %w", k.Name, err)
	}
	return row.key(), nil
}

// Keys are all, also revoked ones, the newest first.
func (s *Store) Keys(ctx context.Context) ([]Key, error) {
	var rows []keyRow
	if err := s.r.NewSelect().Model(&rows).Order("created DESC", "id").Scan(ctx); err != nil {
		return nil, fmt.Errorf("keys: %w", err)
	}
	list := make([]Key, len(rows))
	for i, r := range rows {
		list[i] = r.key()
	}
	return list, nil
}

// KeyByHash is the key in use with that hash.
func (s *Store) KeyByHash(ctx context.Context, hash string) (Key, error) {
	var row keyRow
	if err := s.r.NewSelect().Model(&row).Where("hash = ? AND revoked = 0", hash).Scan(ctx); err != nil {
		return Key{}, fmt.Errorf("key: %w", missing(err))
	}
	return row.key(), nil
}

// TouchKey notes that a key was used.
func (s *Store) TouchKey(ctx context.Context, id string) error {
	err := s.write(ctx, func(ctx context.Context, tx *tx) error {
		_, err := tx.NewUpdate().Model((*keyRow)(nil)).Set("used = ?", micros(tx.at.Truncate(time.Minute))).Where("id = ?", id).Exec(ctx)
		return err
	})
	if err != nil {
		return fmt.Errorf("note the use of key %q: %w", id, err)
	}
	return nil
}

// RevokeKey ends a key for good. Revoking it again changes nothing.
func (s *Store) RevokeKey(ctx context.Context, id string) (Key, error) {
	var row keyRow
	err := s.write(ctx, func(ctx context.Context, tx *tx) error {
		if err := tx.NewSelect().Model(&row).Where("id = ?", id).Scan(ctx); err != nil {
			return missing(err)
		}
		if row.Revoked != 0 {
			return nil
		}
		row.Revoked = micros(tx.at)
		_, err := tx.NewUpdate().Model(&row).Column("revoked").WherePK().Exec(ctx)
		return err
	})
	if err != nil {
		return Key{}, fmt.Errorf("revoke key %q: %w", id, err)
	}
	return row.key(), nil
}

// Act is a line of the audit log: who did what to what. It names things by
// their ids and holds no text of customers or documents.
type Act struct {
	Seq       int64     // set by the store
	At        time.Time // set by the store
	Workspace string    // empty: the installation
	Kind      string    // of the actor: person, key, token, desk, command, nobody
	Actor     string    // a login, a key's name, an agent's id at a desk
	Action    string    // required
	Object    string
	Detail    string
}

type actRow struct {
	bun.BaseModel `bun:"table:audit,alias:a"`

	Seq       int64 `bun:",pk,autoincrement"`
	At        int64
	Workspace string
	Kind      string
	Actor     string
	Action    string
	Object    string
	Detail    string
}

// ActFilter chooses lines of the audit log. Empty fields choose all.
type ActFilter struct {
	// Workspaces are those wanted, "" for the installation; nil: all.
	Workspaces   []string
	Actor        string
	Action       string // an action, or the beginning of some with a dot: "person."
	Object       string
	Since, Until time.Time // from, and before
	Before       int64     // only lines older than that one; 0: all
	Limit        int       // 0: 100; never more than 10 000
}

// AddAct adds a line to the audit log. Nothing changes or removes it again.
func (s *Store) AddAct(ctx context.Context, a Act) error {
	if a.Action == "" || a.Kind == "" {
		return fmt.Errorf("add to the audit log: action and kind are required: %w", ErrInvalid)
	}
	err := s.write(ctx, func(ctx context.Context, tx *tx) error {
		row := actRow{At: micros(tx.at), Workspace: a.Workspace, Kind: a.Kind, Actor: a.Actor, Action: a.Action, Object: a.Object, Detail: a.Detail}
		_, err := tx.NewInsert().Model(&row).Exec(ctx)
		return err
	})
	if err != nil {
		return fmt.Errorf("add to the audit log: %w", err)
	}
	return nil
}

// Acts are lines of the audit log, the newest first.
func (s *Store) Acts(ctx context.Context, f ActFilter) ([]Act, error) {
	var rows []actRow
	q := s.r.NewSelect().Model(&rows).Order("seq DESC").Limit(page(f.Limit, 100, 10_000))
	if f.Workspaces != nil {
		if len(f.Workspaces) == 0 {
			return nil, nil
		}
		q = q.Where("workspace IN ?", bun.Tuple(f.Workspaces))
	}
	if f.Actor != "" {
		q = q.Where("actor = ?", f.Actor)
	}
	switch group, ok := strings.CutSuffix(f.Action, "."); {
	case ok:
		q = q.Where("substr(action, 1, ?) = ?", len(group)+1, f.Action)
	case f.Action != "":
		q = q.Where("action = ?", f.Action)
	}
	if f.Object != "" {
		q = q.Where("object = ?", f.Object)
	}
	if !f.Since.IsZero() {
		q = q.Where("at >= ?", micros(f.Since))
	}
	if !f.Until.IsZero() {
		q = q.Where("at < ?", micros(f.Until))
	}
	if f.Before > 0 {
		q = q.Where("seq < ?", f.Before)
	}
	if err := q.Scan(ctx); err != nil {
		return nil, fmt.Errorf("audit log: %w", err)
	}
	list := make([]Act, len(rows))
	for i, r := range rows {
		list[i] = Act{Seq: r.Seq, At: fromMicros(r.At), Workspace: r.Workspace, Kind: r.Kind, Actor: r.Actor, Action: r.Action, Object: r.Object, Detail: r.Detail}
	}
	return list, nil
}

// audited writes what came of a suggestion outside of our own pages, which
// write their lines themselves: what was sent to a customer, and what an agent
// said at the desk. The conversation is named by its digest, because the log
// outlives what is erased.
func (t *tx) audited(ctx context.Context, o Outcome) error {
	row := actRow{At: micros(t.at), Workspace: o.Workspace, Kind: "desk", Actor: line(o.Agent, 200), Action: "suggestion.outcome", Object: o.Suggestion, Detail: o.Action}
	switch {
	case o.Action == ActionSent:
		row.Action, row.Detail = "suggestion.sent", ""
	case !strings.HasPrefix(o.ID, "desk:"):
		return nil
	}
	var sug suggestionRow
	err := t.NewSelect().Model(&sug).Column("conversation").Where("workspace = ?", o.Workspace).Where("id = ?", o.Suggestion).Scan(ctx)
	if err != nil {
		return err
	}
	row.Detail = strings.TrimPrefix(row.Detail+", conversation "+Subject{Conversation: sug.Conversation}.Digest(), ", ")
	_, err = t.NewInsert().Model(&row).Exec(ctx)
	return err
}

// line keeps the log to single lines, of at most n bytes.
func line(s string, n int) string {
	s = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(s, "?"))
	if len(s) > n {
		s = strings.ToValidUTF8(s[:n], "")
	}
	return s
}
