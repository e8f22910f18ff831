package store

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/uptrace/bun"

	"github.com/sufflor/sufflor/connectors"
)

// Event is a stored event. Its Text is the newest text of its message, not
// necessarily the one it came with, and is empty once the message is deleted.
type Event struct {
	connectors.Event
	Workspace, Desk string
	Received        time.Time
	Gone            bool // the message was deleted, its text and attachments forgotten
}

// Conversation is what the events of one conversation add up to.
type Conversation struct {
	Workspace, Desk, ID        string
	Subject, Customer, Channel string
	Opened, Active             time.Time
	Closed                     time.Time // zero while open; a later message opens it again

	// As the desk said last; empty where it never did.
	Tags                   []string
	Group, Brand, Assignee string
}

type eventRow struct {
	bun.BaseModel `bun:"table:events,alias:e"`

	Seq          int64 `bun:",pk,autoincrement"`
	Desk         string
	Key          string
	Workspace    string
	Kind         string
	Conversation string
	Message      string
	Text         string
	Attachments  string
	Body         string
	Deleted      bool
	At           int64
	Received     int64
	Digest       string

	Forgotten bool `bun:"-"` // its conversation was deleted after it
}

type revisionRow struct {
	bun.BaseModel `bun:"table:revisions,alias:r"`

	Workspace    string `bun:",pk"`
	Desk         string `bun:",pk"`
	Conversation string `bun:",pk"`
	Message      string `bun:",pk"`
	Text         string
	At           int64
	Deleted      bool
}

type conversationRow struct {
	bun.BaseModel `bun:"table:conversations,alias:c"`

	Workspace    string `bun:",pk"`
	Desk         string `bun:",pk"`
	Conversation string `bun:",pk"`
	Subject      string
	Customer     string
	Channel      string
	Opened       int64
	Active       int64
	Closed       int64
	Tags         string
	Team         string
	Brand        string
	Assignee     string
}

// Accept stores the events of one delivery and queues a [JobEvent] for each
// that is new. When it returns without error all of it is on disk, and the
// desk may be told so; fresh counts the events not seen before.
//
// Events of one message may come in any order. A deletion erases the text of
// its message, before or after the message itself arrives, and withdraws its
// suggestions; of several edits the latest one at the desk wins. The deletion
// of a conversation erases all that happened in it before.
//
// A key that comes again for something else keeps its first event; the log
// says so.
func (s *Store) Accept(ctx context.Context, workspace, desk string, events []connectors.Event) (fresh int, err error) {
	return s.accept(ctx, workspace, desk, events, nil)
}

// accept is Accept with more to do in the same transaction.
func (s *Store) accept(ctx context.Context, workspace, desk string, events []connectors.Event, more func(context.Context, *tx) error) (fresh int, err error) {
	if workspace == "" || desk == "" {
		return 0, fmt.Errorf("accept events for workspace %q, desk %q: both are required: %w", workspace, desk, ErrInvalid)
	}
	for i, e := range events {
		if e.Key == "" || e.Kind == "" {
			return 0, fmt.Errorf("desk %q: events[%d]: key %q, kind %q: both are required: %w", desk, i, e.Key, e.Kind, ErrInvalid)
		}
	}
	if len(events) == 0 && more == nil {
		return 0, nil
	}
	var other []string // keys used again for something else
	trace := traceOf(ctx)
	err = s.writeGrouped(ctx, func(ctx context.Context, tx *tx) error {
		fresh, other = 0, nil
		var jobs []job
		for _, e := range events {
			row, err := newEventRow(workspace, desk, e, tx.at)
			if err != nil {
				return fmt.Errorf("desk %q: event %q: %w", desk, e.Key, err)
			}
			if gone, err := tx.buried(ctx, workspace, desk, row.Conversation, row.Message, row.Key, row.At); err != nil || gone {
				if err != nil {
					return fmt.Errorf("desk %q: event %q: look whether it was erased: %w", desk, e.Key, err)
				}
				continue
			}
			isNew, err := tx.accept(ctx, row)
			if err != nil {
				return fmt.Errorf("desk %q: event %q: %w", desk, e.Key, err)
			}
			if !isNew {
				same, err := tx.same(ctx, row)
				if err != nil {
					return fmt.Errorf("desk %q: event %q: compare with the first: %w", desk, e.Key, err)
				}
				if !same {
					other = append(other, row.Key)
				}
				continue
			}
			fresh++
			if row.Forgotten {
				continue // nothing to do for it, and nothing to keep
			}
			jobs = append(jobs, job{Workspace: workspace, Desk: desk, Key: row.Key, Trace: trace})
			if err := tx.converse(ctx, row, e); err != nil {
				return fmt.Errorf("desk %q: event %q: conversation %q: %w", desk, e.Key, e.Conversation, err)
			}
			if err := tx.feed(ctx, workspace, FeedEvent, desk+"/"+row.Key); err != nil {
				return err
			}
		}
		if more == nil {
			err = tx.deskReceived(ctx, desk)
		} else {
			err = more(ctx, tx)
		}
		if err != nil {
			return err
		}
		return s.enqueue(ctx, tx, JobEvent, jobs...)
	})
	if err != nil {
		return 0, fmt.Errorf("accept events: %w", err)
	}
	for _, key := range other {
		s.log.WarnContext(ctx, "an event came again with other content; the first is kept", "workspace", workspace, "desk", desk, "event", key)
	}
	return fresh, nil
}

func newEventRow(workspace, desk string, e connectors.Event, received time.Time) (*eventRow, error) {
	// JSON knows the years 0 to 9999 only. A time outside is the desk's
	// mistake, and no reason to refuse the message.
	if y := e.At.UTC().Year(); y < 1 || y > 9999 {
		e.At = time.Time{}
	}
	e.At = e.At.UTC()
	row := &eventRow{
		Desk: desk, Key: e.Key, Workspace: workspace, Kind: string(e.Kind),
		Conversation: e.Conversation, Message: e.Message, Text: e.Text,
		At: micros(e.At), Received: micros(received),
	}
	if row.At == 0 {
		row.At = row.Received
	}
	row.Digest = digest(e)
	if len(e.Attachments) > 0 {
		b, err := json.Marshal(e.Attachments)
		if err != nil {
			return nil, fmt.Errorf("encode attachments: %w", err)
		}
		row.Attachments = string(b)
	}
	e.Text, e.Attachments = "", nil
	b, err := json.Marshal(e)
	if err != nil {
		return nil, fmt.Errorf("encode: %w", err)
	}
	row.Body = string(b)
	return row, nil
}

// digest is of what makes an event this one and no other. The rest may differ
// between a delivery and what the desk says when it is asked. White space is
// not told apart: desks wrap lines as they like.
func digest(e connectors.Event) string {
	h := sha256.New()
	for _, part := range []string{string(e.Kind), e.Conversation, e.Message, strings.Join(strings.Fields(e.Text), " ")} {
		h.Write([]byte(part + "\x00"))
	}
	return hex.EncodeToString(h.Sum(nil)[:16])
}

// same reports whether row says what the first event with its key did. Of
// events from before we looked, and of deleted ones, nobody knows.
func (t *tx) same(ctx context.Context, row *eventRow) (bool, error) {
	var first eventRow
	err := t.NewSelect().Model(&first).Column("digest").Where("desk = ?", row.Desk).Where("key = ?", row.Key).Scan(ctx)
	return err != nil || first.Digest == "" || row.Digest == "" || first.Digest == row.Digest, missing(err)
}

func (row *eventRow) event() (Event, error) {
	e := Event{Workspace: row.Workspace, Desk: row.Desk, Received: fromMicros(row.Received), Gone: row.Deleted}
	if err := json.Unmarshal([]byte(row.Body), &e.Event); err != nil {
		return Event{}, fmt.Errorf("decode event %q of desk %q: %w", row.Key, row.Desk, err)
	}
	if row.Attachments != "" {
		if err := json.Unmarshal([]byte(row.Attachments), &e.Attachments); err != nil {
			return Event{}, fmt.Errorf("decode attachments of event %q of desk %q: %w", row.Key, row.Desk, err)
		}
	}
	// As the columns have them, for these are what we look up by.
	e.Key, e.Conversation, e.Message, e.Text = row.Key, row.Conversation, row.Message, row.Text
	return e, nil
}

func (row *eventRow) erase() {
	row.Text, row.Attachments, row.Digest, row.Deleted = "", "", "", true
}

// revisable reports whether the event is part of the story of one message.
func (row *eventRow) revisable() bool {
	switch connectors.Kind(row.Kind) {
	case connectors.Message, connectors.Edited, connectors.Deleted:
		return row.Message != ""
	}
	return false
}

// accept stores one event, with the text its message has by now.
func (t *tx) accept(ctx context.Context, row *eventRow) (isNew bool, err error) {
	if row.Forgotten, err = t.erased(ctx, row); err != nil {
		return false, err
	}
	var newest bool // this event decides what its message says
	switch {
	case row.Forgotten:
		row.erase()
		row.Body, err = row.bare()
		if err != nil {
			return false, err
		}
	case row.revisable():
		rev := revisionRow{Workspace: row.Workspace, Desk: row.Desk, Conversation: row.Conversation, Message: row.Message}
		err := t.row(ctx, "SELECT text, at, deleted FROM revisions WHERE workspace = ? AND desk = ? AND conversation = ? AND message = ?",
			row.Workspace, row.Desk, row.Conversation, row.Message).Scan(&rev.Text, &rev.At, &rev.Deleted)
		known := err == nil
		if err := missing(err); err != nil && !errors.Is(err, ErrNotFound) {
			return false, fmt.Errorf("look for earlier changes: %w", err)
		}
		switch kind := connectors.Kind(row.Kind); {
		case kind == connectors.Deleted:
			row.erase()
			newest = true
		case known && rev.Deleted:
			row.erase()
		case kind == connectors.Edited && (!known || row.At >= rev.At):
			newest = true
		case known:
			row.Text = rev.Text
		}
	}
	row.Body = withoutNUL(row.Body)
	res, err := t.run(ctx, `INSERT INTO events (desk, key, workspace, kind, conversation, message, text, attachments, body, deleted, at, received, digest)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (desk, key) DO NOTHING`,
		row.Desk, row.Key, row.Workspace, row.Kind, row.Conversation, row.Message, row.Text, row.Attachments, row.Body, row.Deleted, row.At, row.Received, row.Digest)
	if err != nil {
		return false, fmt.Errorf("insert: %w", err)
	}
	if n, err := res.RowsAffected(); err != nil || n == 0 {
		return false, err
	}
	switch {
	case connectors.Kind(row.Kind) == connectors.Erased:
		return true, t.eraseConversation(ctx, row)
	case newest:
		return true, t.revise(ctx, row)
	}
	return true, nil
}

// bare is the body of an event without all that somebody said or is called.
func (row *eventRow) bare() (string, error) {
	b, err := json.Marshal(connectors.Event{
		Key: row.Key, Kind: connectors.Kind(row.Kind), Conversation: row.Conversation, Message: row.Message, At: fromMicros(row.At),
	})
	if err != nil {
		return "", fmt.Errorf("encode: %w", err)
	}
	return string(b), nil
}

// revise gives all events of a message the text, or the silence, of row.
func (t *tx) revise(ctx context.Context, row *eventRow) error {
	_, err := t.NewInsert().Model(&revisionRow{
		Workspace: row.Workspace, Desk: row.Desk, Conversation: row.Conversation, Message: row.Message,
		Text: row.Text, At: row.At, Deleted: row.Deleted,
	}).On("CONFLICT (workspace, desk, conversation, message) DO UPDATE").
		Set("text = excluded.text").Set("at = excluded.at").Set("deleted = excluded.deleted").Exec(ctx)
	if err != nil {
		return fmt.Errorf("note the change: %w", err)
	}
	q := t.NewUpdate().Model((*eventRow)(nil)).
		Set("text = ?", row.Text).
		Where("workspace = ?", row.Workspace).Where("desk = ?", row.Desk).
		Where("conversation = ?", row.Conversation).Where("message = ?", row.Message).
		Where("kind IN (?)", bun.List([]connectors.Kind{connectors.Message, connectors.Edited, connectors.Deleted}))
	if row.Deleted {
		q = q.Set("attachments = ''").Set("digest = ''").Set("deleted = ?", true)
	}
	if _, err := q.Exec(ctx); err != nil {
		return fmt.Errorf("change the message: %w", err)
	}
	if row.Deleted {
		_, err := t.NewUpdate().Model((*outcomeRow)(nil)).Set("text = ''").Where("event <> ''").
			Where("suggestion IN (SELECT id FROM suggestions WHERE workspace = ? AND desk = ? AND conversation = ?)", row.Workspace, row.Desk, row.Conversation).
			Where("event IN (SELECT key FROM events WHERE workspace = ? AND desk = ? AND conversation = ? AND message = ?)",
				row.Workspace, row.Desk, row.Conversation, row.Message).Exec(ctx)
		if err != nil {
			return fmt.Errorf("forget the reply: %w", err)
		}
		if err := t.forgetFiles(ctx, row.Workspace, row.Desk, row.Conversation, row.Message); err != nil {
			return err
		}
		return t.withdraw(ctx, row.Workspace, row.Desk, row.Conversation, row.Message)
	}
	return nil
}

// converse keeps the conversation of an event up to date.
func (t *tx) converse(ctx context.Context, row *eventRow, e connectors.Event) error {
	if row.Conversation == "" {
		return nil
	}
	var tags string
	if len(e.Tags) > 0 {
		b, err := json.Marshal(e.Tags)
		if err != nil {
			return fmt.Errorf("encode tags: %w", err)
		}
		tags = string(b)
	}
	var closed int64
	set := ""
	switch e.Kind {
	case connectors.Assigned: // nobody is an assignee, too
		set = ", assignee = excluded.assignee"
	case connectors.Closed, connectors.Erased:
		closed = row.At
		set = ", closed = CASE WHEN excluded.closed > c.closed THEN excluded.closed ELSE c.closed END"
	case connectors.Message:
		set = ", closed = CASE WHEN excluded.active > c.closed THEN 0 ELSE c.closed END"
	}
	if e.Kind != connectors.Assigned {
		set += ", assignee = CASE WHEN excluded.assignee <> '' THEN excluded.assignee ELSE c.assignee END"
	}
	_, err := t.run(ctx, `INSERT INTO conversations AS c (workspace, desk, conversation, subject, customer, channel, opened, active, closed, tags, team, brand, assignee)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (workspace, desk, conversation) DO UPDATE SET
			subject = CASE WHEN excluded.subject <> '' THEN excluded.subject ELSE c.subject END,
			customer = CASE WHEN excluded.customer <> '' THEN excluded.customer ELSE c.customer END,
			channel = CASE WHEN excluded.channel <> '' THEN excluded.channel ELSE c.channel END,
			tags = CASE WHEN excluded.tags <> '' THEN excluded.tags ELSE c.tags END,
			team = CASE WHEN excluded.team <> '' THEN excluded.team ELSE c.team END,
			brand = CASE WHEN excluded.brand <> '' THEN excluded.brand ELSE c.brand END,
			opened = CASE WHEN excluded.opened < c.opened THEN excluded.opened ELSE c.opened END,
			active = CASE WHEN excluded.active > c.active THEN excluded.active ELSE c.active END`+set,
		row.Workspace, row.Desk, row.Conversation, e.Subject, e.Customer, e.Channel, row.At, row.At, closed, tags, e.Group, e.Brand, e.Assignee)
	return err
}

// Event is the event of a desk with the given key, or [ErrNotFound].
func (s *Store) Event(ctx context.Context, desk, key string) (Event, error) {
	var row eventRow
	err := s.r.NewSelect().Model(&row).Where("desk = ?", desk).Where("key = ?", key).Scan(ctx)
	if err != nil {
		return Event{}, fmt.Errorf("event %q of desk %q: %w", key, desk, missing(err))
	}
	return row.event()
}

// History is the last messages of a conversation before a time (zero: all),
// at most limit (0: 20; never more than 500), oldest first. Messages have
// their latest text; deleted ones are left out.
func (s *Store) History(ctx context.Context, workspace, desk, conversation string, before time.Time, limit int) ([]Event, error) {
	var rows []eventRow
	q := s.r.NewSelect().Model(&rows).
		Where("workspace = ?", workspace).Where("desk = ?", desk).Where("conversation = ?", conversation).
		Where("kind = ?", string(connectors.Message)).Where("NOT deleted")
	if !before.IsZero() {
		q = q.Where("at < ?", micros(before))
	}
	if err := q.Order("at DESC", "seq DESC").Limit(page(limit, 20, 500)).Scan(ctx); err != nil {
		return nil, fmt.Errorf("history of conversation %q of desk %q: %w", conversation, desk, err)
	}
	slices.Reverse(rows)
	events := make([]Event, 0, len(rows))
	for i := range rows {
		e, err := rows[i].event()
		if err != nil {
			return nil, err
		}
		events = append(events, e)
	}
	return events, nil
}

// Conversation is what is known of a conversation, or [ErrNotFound].
func (s *Store) Conversation(ctx context.Context, workspace, desk, id string) (Conversation, error) {
	row := conversationRow{Workspace: workspace, Desk: desk, Conversation: id}
	if err := s.r.NewSelect().Model(&row).WherePK().Scan(ctx); err != nil {
		return Conversation{}, fmt.Errorf("conversation %q of desk %q: %w", id, desk, missing(err))
	}
	c := Conversation{
		Workspace: row.Workspace, Desk: row.Desk, ID: row.Conversation,
		Subject: row.Subject, Customer: row.Customer, Channel: row.Channel,
		Opened: fromMicros(row.Opened), Active: fromMicros(row.Active), Closed: fromMicros(row.Closed),
		Group: row.Team, Brand: row.Brand, Assignee: row.Assignee,
	}
	if row.Tags != "" {
		if err := json.Unmarshal([]byte(row.Tags), &c.Tags); err != nil {
			return Conversation{}, fmt.Errorf("conversation %q of desk %q: tags: %w", id, desk, err)
		}
	}
	return c, nil
}

// Workspace is the first of workspaces in which a desk's conversation has a
// message, or "".
func (s *Store) Workspace(ctx context.Context, desk, conversation string, workspaces ...string) (string, error) {
	if conversation == "" {
		return "", nil
	}
	for _, w := range workspaces {
		ok, err := s.r.NewSelect().Model((*eventRow)(nil)).
			Where("workspace = ?", w).Where("desk = ?", desk).Where("conversation = ?", conversation).
			Where("kind = ?", string(connectors.Message)).Exists(ctx)
		if err != nil {
			return "", fmt.Errorf("workspace of conversation %q of desk %q: %w", conversation, desk, err)
		}
		if ok {
			return w, nil
		}
	}
	return "", nil
}
