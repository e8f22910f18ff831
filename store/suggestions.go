package store

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/oklog/ulid/v2"
	"github.com/uptrace/bun"

	"github.com/sufflor/sufflor/connectors"
	"github.com/sufflor/sufflor/index"
)

// The states of a suggestion.
const (
	StateActive     = "active"
	StateSuperseded = "superseded" // a newer version of the message has its own
	StateWithdrawn  = "withdrawn"  // the message was deleted; question and body are erased
	StateOvertaken  = "overtaken"  // a later message of the conversation has its own
	StateAnswered   = "answered"   // a person answered the customer since
	StateClosed     = "closed"     // the conversation was closed since
)

// Suggestion is a draft with all that explains it. The store reads no meaning
// into Flag and Body.
type Suggestion struct {
	ID, Workspace, Desk, EventKey string // required
	Conversation, Message         string
	Language, Flag                string
	Probability                   float64
	State                         string          // set by the store
	Body                          json.RawMessage // nil is kept as {}
	Created                       time.Time       // zero: now
	Customer, Question            string

	// Stale is when a passage that the draft cites was changed or removed;
	// zero as long as none was. Set by the store.
	Stale time.Time

	// Pending says that a better draft is being made, which
	// [Store.FinishSuggestion] brings.
	Pending bool

	// Cites are the passages that the draft quotes to the customer, Shows
	// those it shows the agent beside them. They are written, not read back.
	Cites, Shows []string

	// Early delivers a pending suggestion at once, and once more when it is
	// finished, for a desk where a note can be replaced. It is not read back.
	Early bool
	// AwaitFiles makes a pending suggestion wait for a [JobFiles] of its
	// event, which brings the [JobDraft]. It is not read back.
	AwaitFiles bool

	Asks     int       // how many things the customer wants; with none it overtakes no other
	Asked    time.Time // when the event happened at the desk; set by the store
	Revision int       // counts what changed the text that agents see; set by the store
	Round    int       // of drafting; [Store.FinishSuggestion] ends the one that it names
	Shadow   bool      // measured only: it is in no list and no feed, and not delivered
}

// SuggestionFilter narrows a list of suggestions. Zero fields do not.
type SuggestionFilter struct {
	Desk, Conversation, Message, Flag, State string

	Shadow bool // also those that are measured only

	Before time.Time // created earlier, for the next page
	Limit  int       // 0: 50; never more than 500
}

// The actions of an outcome.
const (
	ActionUsed     = "used"     // as drafted
	ActionEdited   = "edited"   // after changes
	ActionRejected = "rejected" // Reason says why
	ActionUp       = "up"       // thumbs up, by QA or agent
	ActionDown     = "down"     // thumbs down
	ActionSent     = "sent"     // Text is the reply that the customer really got
	ActionRated    = "rated"    // by the customer, after that reply; Detail is {"score": 0 to 1}
)

// Outcome is what somebody did with a suggestion.
type Outcome struct {
	ID                    string // empty: a new one; else a second save with it does nothing
	Workspace, Suggestion string // required
	Action                string // required
	Reason, Text, Agent   string
	Detail                json.RawMessage // of [ActionSent]: what became of the draft's sentences; of [ActionRated]: the score; nil for none
	// Event is the key of the reply's event, of [ActionSent]: when that message
	// is deleted, Text is erased.
	Event   string
	Created time.Time // zero: now
}

// The states of a delivery.
const (
	DeliveryPending   = "pending"
	DeliveryDelivered = "delivered" // final
	DeliveryFailed    = "failed"
	DeliveryGone      = "gone"      // the desk took our access away
	DeliveryWithdrawn = "withdrawn" // final: the note is not at the desk any more, or never was
)

// Delivery is how far a suggestion came on its way to the desk.
type Delivery struct {
	Suggestion, Desk string // required
	State            string // required
	External         string // the desk's id of the note
	Error            string
	Attempts         int
	Updated          time.Time // set by the store
	Revision         int       // of the suggestion, that the note shows
	Unsure           bool      // an attempt began and its end is not known: the note may be there
}

type suggestionRow struct {
	bun.BaseModel `bun:"table:suggestions,alias:s"`

	ID           string `bun:",pk"`
	Workspace    string
	Desk         string
	EventKey     string
	EventAt      int64
	EventSeq     int64
	Conversation string
	Message      string
	Language     string
	Flag         string
	Probability  float64
	State        string
	Body         string
	Created      int64
	Customer     string
	Question     string
	Stale        int64
	Pending      bool
	Asked        int64
	Asks         int
	Revision     int
	Round        int
	Shadow       bool
}

type citeRow struct {
	bun.BaseModel `bun:"table:cites,alias:q"`

	Suggestion string `bun:",pk"`
	Passage    string `bun:",pk"`
}

type outcomeRow struct {
	bun.BaseModel `bun:"table:outcomes,alias:o"`

	ID         string `bun:",pk"`
	Workspace  string
	Suggestion string
	Action     string
	Reason     string
	Text       string
	Agent      string
	Created    int64
	Detail     string
	Event      string
}

type deliveryRow struct {
	bun.BaseModel `bun:"table:deliveries,alias:d"`

	Suggestion string `bun:",pk"`
	Desk       string `bun:",pk"`
	Workspace  string
	State      string
	External   string
	Error      string
	Attempts   int
	Updated    int64
	Revision   int
	Unsure     bool
}

// SaveSuggestion keeps the suggestion for an event, once: a second one for
// the same event is not saved, for a job may run twice. With deliver, a
// [JobDeliver] is queued in the same transaction, keyed by the suggestion.
//
// When sug is pending, a [JobDraft] is queued instead, and the delivery waits
// for [Store.FinishSuggestion]: a desk's note is written once. Where it can be
// replaced, Early has it both ways.
//
// Jobs of one message may finish in any order. The suggestion for its newest
// event supersedes the others; one that comes late is kept superseded, and
// one for a message deleted meanwhile is kept withdrawn, without its text.
// One that asks something overtakes those for earlier messages of the
// conversation; one that comes when a later message has its own, when somebody
// has answered or closed the conversation since, is kept as such. None of
// these is delivered, and what was delivered of them is taken back by a
// [JobWithdraw].
//
// All that it cites and shows must be live, and what it cites must be of a
// public document: else nothing is saved and the error wraps [ErrStale]. So a
// draft that was being made when its source changed is never seen.
func (s *Store) SaveSuggestion(ctx context.Context, sug Suggestion, deliver bool) (saved bool, err error) {
	if sug.ID == "" || sug.Workspace == "" || sug.Desk == "" || sug.EventKey == "" {
		return false, fmt.Errorf("save suggestion %q for event %q of desk %q, workspace %q: all four are required: %w",
			sug.ID, sug.EventKey, sug.Desk, sug.Workspace, ErrInvalid)
	}
	if len(sug.Body) > 0 && !json.Valid(sug.Body) {
		return false, fmt.Errorf("save suggestion %q: body: not JSON: %w", sug.ID, ErrInvalid)
	}
	err = s.write(ctx, func(ctx context.Context, tx *tx) error {
		known, err := tx.NewSelect().Model((*suggestionRow)(nil)).
			Where("desk = ?", sug.Desk).Where("event_key = ?", sug.EventKey).Exists(ctx)
		if err != nil || known {
			return err
		}
		if gone, err := tx.erasedSince(ctx, sug.Workspace, sug.Desk, sug.Conversation, sug.Message, sug.EventKey); err != nil || gone {
			return err
		}
		if err := tx.live(ctx, sug); err != nil {
			return err
		}
		saved = true
		return s.saveSuggestion(ctx, tx, sug, deliver)
	})
	if err != nil {
		return false, fmt.Errorf("save suggestion %q for event %q of desk %q: %w", sug.ID, sug.EventKey, sug.Desk, err)
	}
	return saved, nil
}

// live requires that what a suggestion rests on is there and may be quoted.
func (t *tx) live(ctx context.Context, sug Suggestion) error {
	for _, part := range []struct {
		ids    []string
		public bool
	}{{sug.Cites, true}, {sug.Shows, false}} {
		ids := distinct(part.ids)
		for chunk := range slices.Chunk(ids, batch) {
			q := t.NewSelect().TableExpr("passages AS p").
				Join("JOIN documents AS d ON d.workspace = p.workspace AND d.id = p.document").
				Where("p.workspace = ?", sug.Workspace).Where("p.id IN ?", bun.Tuple(chunk))
			if part.public {
				q = q.Where("d.audience = ?", string(index.Public))
			}
			n, err := q.Count(ctx)
			if err != nil {
				return fmt.Errorf("look for what it cites: %w", err)
			}
			if int(n) < len(chunk) {
				return fmt.Errorf("%d of the passages it rests on are gone: %w", len(chunk)-int(n), ErrStale)
			}
		}
	}
	return nil
}

func distinct(ids []string) []string {
	ids = slices.Clone(ids)
	slices.Sort(ids)
	return slices.Compact(ids)
}

// staleNotes is how long after it was written a note is put right when what
// it cites changes. An older one lies in a conversation that nobody reads, and
// a large change of documents must not call on a desk for each of them.
const staleNotes = 7 * 24 * time.Hour

// stale marks the suggestions that cite one of passages.
func (t *tx) stale(ctx context.Context, workspace string, passages []string) error {
	for chunk := range slices.Chunk(passages, batch) {
		var ids []string
		_, err := t.NewUpdate().Model((*suggestionRow)(nil)).Set("stale = ?", micros(t.at)).Set("revision = revision + 1").
			Where("workspace = ?", workspace).Where("stale = 0").Where("state <> ?", StateWithdrawn).
			Where("id IN (SELECT suggestion FROM cites WHERE passage IN ?)", bun.Tuple(chunk)).
			Returning("id").Exec(ctx, &ids)
		if err != nil {
			return fmt.Errorf("mark suggestions as stale: %w", err)
		}
		slices.Sort(ids)
		for _, id := range ids {
			if err := t.feed(ctx, workspace, FeedSuggestion, id); err != nil {
				return err
			}
		}
		var notes []deliveryRow
		err = t.NewSelect().Model(&notes).Join("JOIN suggestions AS s ON s.id = d.suggestion").
			Where("d.suggestion IN ?", bun.Tuple(append(ids, ""))).Where("s.state = ?", StateActive).
			Where("d.state = ?", DeliveryDelivered).Where("d.updated >= ?", micros(t.at.Add(-staleNotes))).Order("d.suggestion").Scan(ctx)
		if err != nil {
			return fmt.Errorf("look for notes of stale suggestions: %w", err)
		}
		if err := t.noteJobs(ctx, JobUpdate, notes); err != nil {
			return err
		}
	}
	return nil
}

// noteJobs queues a job for each of some notes.
func (t *tx) noteJobs(ctx context.Context, kind string, notes []deliveryRow) error {
	jobs := make([]job, len(notes))
	for i, n := range notes {
		jobs[i] = job{Workspace: n.Workspace, Desk: n.Desk, Key: n.Suggestion}
	}
	return t.store.enqueue(ctx, t, kind, jobs...)
}

// leave is what follows when suggestions went out of use: those who watch are
// told, and notes are taken back.
func (t *tx) leave(ctx context.Context, workspace string, ids []string) error {
	if len(ids) == 0 {
		return nil
	}
	slices.Sort(ids)
	for _, id := range ids {
		if err := t.feed(ctx, workspace, FeedSuggestion, id); err != nil {
			return err
		}
	}
	var notes []deliveryRow
	err := t.NewSelect().Model(&notes).Where("suggestion IN ?", bun.Tuple(ids)).
		Where("(state IN ? OR unsure)", bun.Tuple([]string{DeliveryPending, DeliveryDelivered})).Order("suggestion", "desk").Scan(ctx)
	if err != nil {
		return fmt.Errorf("look for notes to take back: %w", err)
	}
	return t.noteJobs(ctx, JobWithdraw, notes)
}

func (s *Store) saveSuggestion(ctx context.Context, tx *tx, sug Suggestion, deliver bool) error {
	row := newSuggestionRow(sug, tx.at)
	if err := tx.place(ctx, row); err != nil {
		return err
	}
	row.Pending = sug.Pending && row.State == StateActive
	if row.State == StateActive && row.Message != "" {
		if err := tx.retire(ctx, StateSuperseded, row.Workspace, row.Desk, row.Conversation, row.Message); err != nil {
			return err
		}
	}
	if row.State == StateActive && row.Asks > 0 && row.Conversation != "" {
		earlier := func(q *bun.UpdateQuery) *bun.UpdateQuery {
			return q.Where("(asked, event_seq) < (?, ?)", row.Asked, row.EventSeq)
		}
		if err := tx.moveOn(ctx, StateOvertaken, row.Workspace, row.Desk, row.Conversation, earlier); err != nil {
			return err
		}
	}
	if _, err := tx.NewInsert().Model(row).Exec(ctx); err != nil {
		return fmt.Errorf("insert: %w", err)
	}
	if row.State != StateWithdrawn {
		if err := tx.cite(ctx, row.ID, sug.Cites); err != nil {
			return err
		}
	}
	if err := tx.feed(ctx, row.Workspace, FeedSuggestion, row.ID); err != nil {
		return err
	}
	deliver = deliver && row.State == StateActive && !row.Shadow
	if row.Pending {
		next := job{Workspace: row.Workspace, Desk: row.Desk, Key: row.ID}
		kind := JobDraft
		if sug.AwaitFiles {
			kind, next.Key = JobFiles, row.EventKey
		}
		if err := s.enqueue(ctx, tx, kind, next); err != nil {
			return err
		}
		deliver = deliver && sug.Early
	}
	if !deliver {
		return nil
	}
	return s.deliver(ctx, tx, row)
}

// cite notes what a suggestion cites.
func (t *tx) cite(ctx context.Context, suggestion string, passages []string) error {
	ids := distinct(passages)
	if len(ids) == 0 {
		return nil
	}
	rows := make([]citeRow, len(ids))
	for i, id := range ids {
		rows[i] = citeRow{Suggestion: suggestion, Passage: id}
	}
	if _, err := t.NewInsert().Model(&rows).Exec(ctx); err != nil {
		return fmt.Errorf("insert citations: %w", err)
	}
	return nil
}

// deliver queues the delivery of a suggestion.
func (s *Store) deliver(ctx context.Context, tx *tx, row *suggestionRow) error {
	_, err := tx.NewInsert().Model(&deliveryRow{
		Suggestion: row.ID, Desk: row.Desk, Workspace: row.Workspace, State: DeliveryPending, Updated: micros(tx.at),
	}).Exec(ctx)
	if err != nil {
		return fmt.Errorf("insert delivery: %w", err)
	}
	return s.enqueue(ctx, tx, JobDeliver, job{Workspace: row.Workspace, Desk: row.Desk, Key: row.ID})
}

// FinishSuggestion puts a better draft in the place of a pending one, and then
// delivers it as [Store.SaveSuggestion] does, or queues a [JobUpdate] where it
// was delivered early; once, however often it is called. Language, Flag,
// Probability, Body, Cites and Shows are those of sug, the rest stays. While
// another round than sug's is wanted, it stays pending and is not delivered.
//
// A draft that somebody has acted on stays as it was: what they said is about
// that one. One that was superseded or withdrawn meanwhile stays too, and is
// not delivered. What sug rests on must be live, else the error wraps
// [ErrStale].
func (s *Store) FinishSuggestion(ctx context.Context, sug Suggestion, deliver bool) (changed bool, err error) {
	if !json.Valid(sug.Body) {
		return false, fmt.Errorf("finish suggestion %q: body: not JSON: %w", sug.ID, ErrInvalid)
	}
	err = s.write(ctx, func(ctx context.Context, tx *tx) error {
		var row suggestionRow
		if err := tx.NewSelect().Model(&row).Where("workspace = ?", sug.Workspace).Where("id = ?", sug.ID).Scan(ctx); err != nil {
			return missing(err)
		}
		if !row.Pending {
			return nil
		}
		acted, err := tx.NewSelect().Model((*outcomeRow)(nil)).Where("suggestion = ?", row.ID).Exists(ctx)
		if err != nil {
			return fmt.Errorf("look for what was done with it: %w", err)
		}
		row.Pending = row.State == StateActive && !acted && row.Round != sug.Round
		if row.State == StateActive && !acted {
			if err := tx.live(ctx, sug); err != nil {
				return err
			}
			row.Language, row.Flag, row.Probability, row.Body, row.Stale = sug.Language, sug.Flag, sug.Probability, withoutNUL(string(sug.Body)), 0
			if _, err := tx.NewDelete().Model((*citeRow)(nil)).Where("suggestion = ?", row.ID).Exec(ctx); err != nil {
				return fmt.Errorf("drop citations: %w", err)
			}
			if err := tx.cite(ctx, row.ID, sug.Cites); err != nil {
				return err
			}
			row.Revision++
			changed = true
		}
		if _, err := tx.NewUpdate().Model(&row).WherePK().Exec(ctx); err != nil {
			return fmt.Errorf("update: %w", err)
		}
		if err := tx.feed(ctx, row.Workspace, FeedSuggestion, row.ID); err != nil {
			return err
		}
		if row.State != StateActive || row.Shadow {
			return nil
		}
		var notes []deliveryRow
		if err := tx.NewSelect().Model(&notes).Where("suggestion = ?", row.ID).Order("desk").Scan(ctx); err != nil {
			return fmt.Errorf("look for its note: %w", err)
		}
		switch {
		case len(notes) > 0 && changed:
			return tx.noteJobs(ctx, JobUpdate, notes)
		case len(notes) > 0 || !deliver || row.Pending:
			return nil
		}
		return s.deliver(ctx, tx, &row)
	})
	if err != nil {
		return false, fmt.Errorf("finish suggestion %q: %w", sug.ID, err)
	}
	return changed, nil
}

// place decides the state a new suggestion starts in, by where its event
// stands in the story of the message.
func (t *tx) place(ctx context.Context, row *suggestionRow) error {
	var e eventRow
	err := t.NewSelect().Model(&e).Where("desk = ?", row.Desk).Where("key = ?", row.EventKey).Scan(ctx)
	switch err := missing(err); {
	case err == nil && connectors.Kind(e.Kind) == connectors.Message:
		// Older than its edits, even where the desk dates all alike.
		row.EventAt, row.EventSeq, row.Asked = 0, e.Seq, e.At
	case err == nil:
		row.EventAt, row.EventSeq, row.Asked = e.At, e.Seq, e.At
	case errors.Is(err, ErrNotFound):
		row.EventAt, row.Asked = row.Created, row.Created
	default:
		return fmt.Errorf("look up the event: %w", err)
	}
	if e.Deleted { // with its message, or with the whole conversation
		row.State, row.Question, row.Customer, row.Body = StateWithdrawn, "", "", "{}"
		return nil
	}
	row.State = StateActive
	if row.Message == "" {
		return t.late(ctx, row)
	}
	gone, err := t.NewSelect().Model((*revisionRow)(nil)).
		Where("workspace = ?", row.Workspace).Where("desk = ?", row.Desk).
		Where("conversation = ?", row.Conversation).Where("message = ?", row.Message).
		Where("deleted").Exists(ctx)
	if err != nil {
		return fmt.Errorf("look for a deletion: %w", err)
	}
	if gone {
		row.State, row.Question, row.Body = StateWithdrawn, "", "{}"
		return nil
	}
	late, err := t.NewSelect().Model((*suggestionRow)(nil)).
		Where("workspace = ?", row.Workspace).Where("desk = ?", row.Desk).
		Where("conversation = ?", row.Conversation).Where("message = ?", row.Message).
		Where("state = ?", StateActive).
		Where("(event_at, event_seq) > (?, ?)", row.EventAt, row.EventSeq).Exists(ctx)
	if err != nil {
		return fmt.Errorf("look for a newer suggestion: %w", err)
	}
	if late {
		row.State = StateSuperseded
		return nil
	}
	return t.late(ctx, row)
}

// late finds out whether the conversation has moved on since the event that a
// new suggestion is for, as it has when jobs ran late or events were caught up.
func (t *tx) late(ctx context.Context, row *suggestionRow) error {
	if row.Conversation == "" || row.EventSeq == 0 {
		return nil
	}
	for _, c := range []struct {
		state, kind, role string
	}{{StateAnswered, string(connectors.Message), string(connectors.Agent)}, {StateClosed, string(connectors.Closed), ""}} {
		q := t.NewSelect().Model((*eventRow)(nil)).
			Where("workspace = ?", row.Workspace).Where("desk = ?", row.Desk).Where("conversation = ?", row.Conversation).
			Where("(at, seq) > (?, ?)", row.Asked, row.EventSeq).Where("kind = ?", c.kind).Where("NOT deleted")
		if c.role != "" {
			q = q.Where("body ->> 'role' = ?", c.role)
		}
		since, err := q.Exists(ctx)
		if err != nil {
			return fmt.Errorf("look at what came after it: %w", err)
		}
		if since {
			row.State = c.state
			return nil
		}
	}
	newer, err := t.NewSelect().Model((*suggestionRow)(nil)).
		Where("workspace = ?", row.Workspace).Where("desk = ?", row.Desk).Where("conversation = ?", row.Conversation).
		Where("state NOT IN ?", bun.Tuple([]string{StateSuperseded, StateWithdrawn})).Where("asks > 0").
		Where("message <> ? OR message = ''", row.Message).
		Where("(asked, event_seq) > (?, ?)", row.Asked, row.EventSeq).Exists(ctx)
	if err != nil {
		return fmt.Errorf("look for the suggestion of a newer message: %w", err)
	}
	if newer {
		row.State = StateOvertaken
	}
	return nil
}

// moveOn takes active suggestions of a conversation out of use.
func (t *tx) moveOn(ctx context.Context, state, workspace, desk, conversation string, which func(*bun.UpdateQuery) *bun.UpdateQuery) error {
	var ids []string
	_, err := t.NewUpdate().Model((*suggestionRow)(nil)).Set("state = ?", state).
		Where("workspace = ?", workspace).Where("desk = ?", desk).Where("conversation = ?", conversation).Where("state = ?", StateActive).
		Apply(which).Returning("id").Exec(ctx, &ids)
	if err != nil {
		return fmt.Errorf("mark suggestions %s: %w", state, err)
	}
	return t.leave(ctx, workspace, ids)
}

// MoveOn takes the suggestions out of use that the event of a desk with the
// given key has answered, if it is a person's message, or closed with their
// conversation, and queues a [JobWithdraw] for each note. Suggestions for what
// happened later stay.
func (s *Store) MoveOn(ctx context.Context, workspace, desk, key string) error {
	err := s.write(ctx, func(ctx context.Context, tx *tx) error {
		var e eventRow
		err := tx.NewSelect().Model(&e).Where("workspace = ?", workspace).Where("desk = ?", desk).Where("key = ?", key).Scan(ctx)
		if err != nil {
			return missing(err)
		}
		state := StateAnswered
		if connectors.Kind(e.Kind) == connectors.Closed {
			state = StateClosed
		}
		if e.Conversation == "" || e.Deleted {
			return nil
		}
		return tx.moveOn(ctx, state, workspace, desk, e.Conversation, func(q *bun.UpdateQuery) *bun.UpdateQuery {
			return q.Where("(asked, event_seq) < (?, ?)", e.At, e.Seq)
		})
	})
	if err != nil {
		return fmt.Errorf("move on with event %q of desk %q: %w", key, desk, err)
	}
	return nil
}

// retire takes the active suggestions of a message out of use.
func (t *tx) retire(ctx context.Context, state, workspace, desk, conversation, message string) error {
	var ids []string
	q := t.NewUpdate().Model((*suggestionRow)(nil)).Set("state = ?", state).
		Where("workspace = ?", workspace).Where("desk = ?", desk).
		Where("conversation = ?", conversation).Where("message = ?", message).
		Returning("id")
	if state == StateWithdrawn {
		q = q.Set("question = ''").Set("body = '{}'").Where("state <> ?", state)
	} else {
		q = q.Where("state = ?", StateActive)
	}
	if _, err := q.Exec(ctx, &ids); err != nil {
		return fmt.Errorf("mark suggestions %s: %w", state, err)
	}
	return t.leave(ctx, workspace, ids)
}

func (t *tx) withdraw(ctx context.Context, workspace, desk, conversation, message string) error {
	return t.retire(ctx, StateWithdrawn, workspace, desk, conversation, message)
}

// WithdrawSuggestions takes back all suggestions for a message, and erases
// their questions and bodies. [Store.Accept] does so by itself when it learns
// that a message was deleted.
func (s *Store) WithdrawSuggestions(ctx context.Context, workspace, desk, conversation, message string) error {
	err := s.write(ctx, func(ctx context.Context, tx *tx) error {
		return tx.withdraw(ctx, workspace, desk, conversation, message)
	})
	if err != nil {
		return fmt.Errorf("withdraw the suggestions for message %q of conversation %q, desk %q: %w", message, conversation, desk, err)
	}
	return nil
}

// Suggestion is the suggestion with the given id, or [ErrNotFound].
func (s *Store) Suggestion(ctx context.Context, workspace, id string) (Suggestion, error) {
	var row suggestionRow
	err := s.r.NewSelect().Model(&row).Where("workspace = ?", workspace).Where("id = ?", id).Scan(ctx)
	if err != nil {
		return Suggestion{}, fmt.Errorf("suggestion %q: %w", id, missing(err))
	}
	return row.suggestion(), nil
}

// SuggestionFor is the suggestion that was saved for an event, or
// [ErrNotFound]: how a job that runs again finds what it did before.
func (s *Store) SuggestionFor(ctx context.Context, workspace, desk, eventKey string) (Suggestion, error) {
	var row suggestionRow
	err := s.r.NewSelect().Model(&row).
		Where("workspace = ?", workspace).Where("desk = ?", desk).Where("event_key = ?", eventKey).Scan(ctx)
	if err != nil {
		return Suggestion{}, fmt.Errorf("suggestion for event %q of desk %q: %w", eventKey, desk, missing(err))
	}
	return row.suggestion(), nil
}

// Suggestions lists suggestions of a workspace, newest first.
func (s *Store) Suggestions(ctx context.Context, workspace string, f SuggestionFilter) ([]Suggestion, error) {
	var rows []suggestionRow
	q := s.r.NewSelect().Model(&rows).Where("workspace = ?", workspace)
	for _, by := range []struct{ column, value string }{
		{"desk", f.Desk}, {"conversation", f.Conversation}, {"message", f.Message}, {"flag", f.Flag}, {"state", f.State},
	} {
		if by.value != "" {
			q = q.Where("? = ?", bun.Ident(by.column), by.value)
		}
	}
	if !f.Shadow {
		q = q.Where("NOT shadow")
	}
	if !f.Before.IsZero() {
		q = q.Where("created < ?", micros(f.Before))
	}
	if err := q.Order("created DESC", "id DESC").Limit(page(f.Limit, 50, 500)).Scan(ctx); err != nil {
		return nil, fmt.Errorf("suggestions of workspace %q: %w", workspace, err)
	}
	list := make([]Suggestion, len(rows))
	for i := range rows {
		list[i] = rows[i].suggestion()
	}
	return list, nil
}

func newSuggestionRow(s Suggestion, now time.Time) *suggestionRow {
	if s.Created.IsZero() {
		s.Created = now
	}
	if len(s.Body) == 0 {
		s.Body = json.RawMessage("{}")
	}
	return &suggestionRow{
		ID: s.ID, Workspace: s.Workspace, Desk: s.Desk, EventKey: s.EventKey,
		Conversation: s.Conversation, Message: s.Message, Language: s.Language, Flag: s.Flag,
		Probability: s.Probability, Body: withoutNUL(string(s.Body)), Created: micros(s.Created),
		Customer: s.Customer, Question: s.Question, Asks: s.Asks, Shadow: s.Shadow,
	}
}

func (r *suggestionRow) suggestion() Suggestion {
	return Suggestion{
		ID: r.ID, Workspace: r.Workspace, Desk: r.Desk, EventKey: r.EventKey,
		Conversation: r.Conversation, Message: r.Message, Language: r.Language, Flag: r.Flag,
		Probability: r.Probability, State: r.State, Body: json.RawMessage(r.Body), Created: fromMicros(r.Created),
		Customer: r.Customer, Question: r.Question, Stale: fromMicros(r.Stale), Pending: r.Pending,
		Asks: r.Asks, Asked: fromMicros(r.Asked), Revision: r.Revision, Round: r.Round, Shadow: r.Shadow,
	}
}

// SaveOutcome keeps what somebody did with a suggestion. The suggestion must
// be in the same workspace, else the error is [ErrNotFound].
func (s *Store) SaveOutcome(ctx context.Context, o Outcome) error {
	switch o.Action {
	case ActionUsed, ActionEdited, ActionRejected, ActionUp, ActionDown, ActionSent, ActionRated:
	default:
		return fmt.Errorf("save outcome for suggestion %q: action %q: must be used, edited, rejected, up, down, sent or rated: %w", o.Suggestion, o.Action, ErrInvalid)
	}
	if len(o.Detail) > 0 && !json.Valid(o.Detail) {
		return fmt.Errorf("save outcome for suggestion %q: detail: not JSON: %w", o.Suggestion, ErrInvalid)
	}
	err := s.write(ctx, func(ctx context.Context, tx *tx) error {
		ok, err := tx.NewSelect().Model((*suggestionRow)(nil)).
			Where("workspace = ?", o.Workspace).Where("id = ?", o.Suggestion).Exists(ctx)
		if err != nil {
			return err
		}
		if !ok {
			return ErrNotFound
		}
		if o.ID == "" {
			o.ID = ulid.Make().String()
		}
		if o.Created.IsZero() {
			o.Created = tx.at
		}
		res, err := tx.NewInsert().Model(&outcomeRow{
			ID: o.ID, Workspace: o.Workspace, Suggestion: o.Suggestion, Action: o.Action,
			Reason: o.Reason, Text: o.Text, Agent: o.Agent, Created: micros(o.Created), Detail: string(o.Detail), Event: o.Event,
		}).On("CONFLICT (id) DO NOTHING").Exec(ctx)
		if err != nil {
			return err
		}
		if n, err := res.RowsAffected(); err != nil || n == 0 {
			return err
		}
		if err := tx.audited(ctx, o); err != nil {
			return err
		}
		return tx.feed(ctx, o.Workspace, FeedOutcome, o.Suggestion)
	})
	if err != nil {
		return fmt.Errorf("save outcome for suggestion %q: %w", o.Suggestion, err)
	}
	return nil
}

// Outcomes is all that was done with a suggestion, oldest first.
func (s *Store) Outcomes(ctx context.Context, workspace, suggestion string) ([]Outcome, error) {
	var rows []outcomeRow
	err := s.r.NewSelect().Model(&rows).
		Where("workspace = ?", workspace).Where("suggestion = ?", suggestion).
		Order("created", "id").Limit(1000).Scan(ctx)
	if err != nil {
		return nil, fmt.Errorf("outcomes of suggestion %q: %w", suggestion, err)
	}
	list := make([]Outcome, len(rows))
	for i, r := range rows {
		list[i] = r.outcome()
	}
	return list, nil
}

// SaveDelivery keeps how far a suggestion came. Once delivered or withdrawn it
// stays so, whatever a second run of the job says.
func (s *Store) SaveDelivery(ctx context.Context, d Delivery) error {
	if err := d.valid(); err != nil {
		return err
	}
	err := s.write(ctx, func(ctx context.Context, tx *tx) error { return tx.saveDelivery(ctx, d) })
	if err != nil {
		return fmt.Errorf("save delivery of suggestion %q to desk %q: %w", d.Suggestion, d.Desk, err)
	}
	return nil
}

func (d Delivery) valid() error {
	switch d.State {
	case DeliveryPending, DeliveryDelivered, DeliveryFailed, DeliveryGone, DeliveryWithdrawn:
		return nil
	}
	return fmt.Errorf("save delivery of suggestion %q: state %q: must be pending, delivered, failed, gone or withdrawn: %w", d.Suggestion, d.State, ErrInvalid)
}

func (t *tx) saveDelivery(ctx context.Context, d Delivery) error {
	var sug suggestionRow
	if err := t.NewSelect().Model(&sug).Column("workspace").Where("id = ?", d.Suggestion).Scan(ctx); err != nil {
		return missing(err)
	}
	res, err := t.NewInsert().Model(&deliveryRow{
		Suggestion: d.Suggestion, Desk: d.Desk, Workspace: sug.Workspace, State: d.State,
		External: d.External, Error: d.Error, Attempts: d.Attempts, Updated: micros(t.at), Revision: d.Revision, Unsure: d.Unsure,
	}).On("CONFLICT (suggestion, desk) DO UPDATE").
		Set("state = excluded.state").Set("external = excluded.external").Set("error = excluded.error").
		Set("attempts = excluded.attempts").Set("updated = excluded.updated").
		Set("revision = excluded.revision").Set("unsure = excluded.unsure").
		Where("d.state NOT IN ?", bun.Tuple([]string{DeliveryDelivered, DeliveryWithdrawn})).Exec(ctx)
	if err != nil {
		return err
	}
	if n, err := res.RowsAffected(); err != nil || n == 0 {
		return err
	}
	if err := t.noted(ctx, d); err != nil {
		return err
	}
	return t.feed(ctx, sug.Workspace, FeedDelivery, d.Suggestion)
}

// BeginDelivery notes that an attempt to write a note begins, so that a process
// killed before it could note the end leaves a trace of it, and returns how
// far the delivery is.
func (s *Store) BeginDelivery(ctx context.Context, workspace, suggestion, desk string) (Delivery, error) {
	var d Delivery
	err := s.write(ctx, func(ctx context.Context, tx *tx) error {
		var row deliveryRow
		err := tx.NewSelect().Model(&row).Where("workspace = ?", workspace).Where("suggestion = ?", suggestion).Where("desk = ?", desk).Scan(ctx)
		if err != nil {
			return missing(err)
		}
		if row.State != DeliveryDelivered && row.State != DeliveryWithdrawn && !row.Unsure {
			row.Unsure = true
			if _, err := tx.NewUpdate().Model(&row).Column("unsure").WherePK().Exec(ctx); err != nil {
				return err
			}
		}
		d = row.delivery()
		return nil
	})
	if err != nil {
		return Delivery{}, fmt.Errorf("begin delivery of suggestion %q to desk %q: %w", suggestion, desk, err)
	}
	return d, nil
}

// SaveNote keeps what became of a note after its delivery: another revision,
// another id, taken back, or why not. It changes a delivery in any state but
// withdrawn.
func (s *Store) SaveNote(ctx context.Context, d Delivery) error {
	if err := d.valid(); err != nil {
		return err
	}
	err := s.write(ctx, func(ctx context.Context, tx *tx) error {
		var row deliveryRow
		err := tx.NewSelect().Model(&row).Where("suggestion = ?", d.Suggestion).Where("desk = ?", d.Desk).Scan(ctx)
		if err != nil {
			return missing(err)
		}
		if row.State == DeliveryWithdrawn {
			return nil
		}
		row.State, row.External, row.Error, row.Revision, row.Unsure, row.Updated = d.State, d.External, d.Error, d.Revision, d.Unsure, micros(tx.at)
		if _, err := tx.NewUpdate().Model(&row).WherePK().Exec(ctx); err != nil {
			return err
		}
		if err := tx.noted(ctx, d); err != nil {
			return err
		}
		return tx.feed(ctx, row.Workspace, FeedDelivery, d.Suggestion)
	})
	if err != nil {
		return fmt.Errorf("save the note of suggestion %q at desk %q: %w", d.Suggestion, d.Desk, err)
	}
	return nil
}

// Deliveries is how far a suggestion came, by desk.
func (s *Store) Deliveries(ctx context.Context, workspace, suggestion string) ([]Delivery, error) {
	var rows []deliveryRow
	err := s.r.NewSelect().Model(&rows).
		Where("workspace = ?", workspace).Where("suggestion = ?", suggestion).Order("desk").Scan(ctx)
	if err != nil {
		return nil, fmt.Errorf("deliveries of suggestion %q: %w", suggestion, err)
	}
	list := make([]Delivery, len(rows))
	for i, r := range rows {
		list[i] = r.delivery()
	}
	return list, nil
}

func (r deliveryRow) delivery() Delivery {
	return Delivery{
		Suggestion: r.Suggestion, Desk: r.Desk, State: r.State, External: r.External,
		Error: r.Error, Attempts: r.Attempts, Updated: fromMicros(r.Updated), Revision: r.Revision, Unsure: r.Unsure,
	}
}
