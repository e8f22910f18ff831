package store

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"
	"time"

	"github.com/uptrace/bun"

	"github.com/sufflor/sufflor/connectors"
)

// Counted is what became of a suggestion, as figures need it. It holds no
// text. The store reads no meaning into Kind, Action and Gap.
type Counted struct {
	Suggestion, Workspace string // required
	Created               time.Time
	Desk, Language, Flag  string
	Kind                  string // of question
	Probability           float64
	Asks                  int           // how many things the customer wants
	Action                string        // what became of it; "" for nothing yet
	Sent                  bool          // whether the reply that was sent is known
	Good                  int           // 1 good, 0 not, -1 unknown
	Distance              float64       // share of words changed; -1 unknown
	Waited                time.Duration // from the message to the suggestion; -1 unknown
	Replied               time.Duration // from the message to an agent's reply; -1 unknown
	Gap                   string        // why it shows that something is missing; "" when it does not
	Stale                 bool          // a source changed since
	Shadow                bool          // measured only, shown to nobody

	Documents []CountedDocument // written, not read back
	Gone      bool              // its message was withdrawn: it counts no more
	Token     int64             // of the [Uncounted] that it comes from
}

// CountedDocument is a document that a suggestion rests on.
type CountedDocument struct {
	ID       string
	Cited    bool // quoted to the customer
	Disputed bool // another source says otherwise
	Outdated bool // an agent, or a later change, says that it is not so any more
}

// Uncounted is a suggestion that is yet to be counted, with all that is known
// of what became of it.
type Uncounted struct {
	Labelled
	Token   int64
	Asked   time.Time // when the message was written at the desk; zero when unknown
	Arrived time.Time // when we received it; zero when unknown
	Replied time.Time // when an agent answered in the conversation; zero when nobody did yet
}

// DocumentUse is how a document did in a span of time: how many suggestions
// cite it, and what became of these by action.
type DocumentUse struct {
	Document                  string
	Cited, Disputed, Outdated int
	Actions                   map[string]int // of the cited
}

type countedRow struct {
	bun.BaseModel `bun:"table:counted,alias:c"`

	Workspace   string `bun:",pk"`
	Created     int64  `bun:",pk"`
	Suggestion  string `bun:",pk"`
	Desk        string
	Language    string
	Kind        string
	Flag        string
	Probability float64
	Asks        int
	Action      string
	Sent        bool
	Good        int
	Distance    float64
	Waited      int64
	Replied     int64
	Gap         string
	Stale       bool
	Shadow      bool
}

type countedDocumentRow struct {
	bun.BaseModel `bun:"table:counted_documents,alias:d"`

	Workspace  string `bun:",pk"`
	Created    int64  `bun:",pk"`
	Suggestion string `bun:",pk"`
	Document   string `bun:",pk"`
	Cited      bool
	Disputed   bool
	Outdated   bool
	Action     string
}

type uncountedRow struct {
	bun.BaseModel `bun:"table:uncounted,alias:u"`

	Token      int64 `bun:",pk,autoincrement"`
	Workspace  string
	Suggestion string
}

// countedPage is how many rows one read brings.
const countedPage = 5000

// MaxCounted is the most suggestions that [Store.Counted] gives.
const MaxCounted = 200_000

// Uncounted is suggestions of a workspace that are yet to be counted, those
// that changed last first; at most limit, 0 for 64, never more than 500.
func (s *Store) Uncounted(ctx context.Context, workspace string, limit int) ([]Uncounted, error) {
	var rows []uncountedRow
	err := s.r.NewSelect().Model(&rows).Where("workspace = ?", workspace).Order("token DESC").Limit(page(limit, labelPage, 500)).Scan(ctx)
	if err != nil {
		return nil, fmt.Errorf("uncounted suggestions of workspace %q: %w", workspace, err)
	}
	if len(rows) == 0 {
		return nil, nil
	}
	ids, tokens := make([]string, len(rows)), map[string]int64{}
	for i, r := range rows {
		ids[i], tokens[r.Suggestion] = r.Suggestion, r.Token
	}
	list, err := s.labelled(ctx, workspace, ids)
	if err != nil {
		return nil, fmt.Errorf("uncounted suggestions of workspace %q: %w", workspace, err)
	}
	out := make([]Uncounted, len(list))
	for i, l := range list {
		out[i] = Uncounted{Labelled: l, Token: tokens[l.Suggestion.ID]}
		if err := s.clock(ctx, &out[i]); err != nil {
			return nil, fmt.Errorf("when suggestion %q was asked for and answered: %w", l.Suggestion.ID, err)
		}
	}
	return out, nil
}

// clock reads when a suggestion's message was written and answered. Both times
// are the desk's, so that its clock may be wrong.
func (s *Store) clock(ctx context.Context, u *Uncounted) error {
	var e eventRow
	err := missing(s.r.NewSelect().Model(&e).Column("at", "received").
		Where("desk = ?", u.Suggestion.Desk).Where("key = ?", u.Suggestion.EventKey).Scan(ctx))
	if errors.Is(err, ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	u.Asked, u.Arrived = fromMicros(e.At), fromMicros(e.Received)
	if u.Suggestion.Conversation == "" {
		return nil
	}
	var reply eventRow
	err = missing(s.r.NewSelect().Model(&reply).Column("at").
		Where("workspace = ?", u.Suggestion.Workspace).Where("desk = ?", u.Suggestion.Desk).Where("conversation = ?", u.Suggestion.Conversation).
		Where("at > ?", e.At).Where("kind = ?", string(connectors.Message)).Where("body ->> 'role' = ?", string(connectors.Agent)).
		Order("at", "seq").Limit(1).Scan(ctx))
	if errors.Is(err, ErrNotFound) {
		return nil
	}
	u.Replied = fromMicros(reply.At)
	return err
}

// UncountedCount is how many suggestions of a workspace are yet to be counted.
func (s *Store) UncountedCount(ctx context.Context, workspace string) (int, error) {
	n, err := s.r.NewSelect().Model((*uncountedRow)(nil)).Where("workspace = ?", workspace).Count(ctx)
	if err != nil {
		return 0, fmt.Errorf("uncounted suggestions of workspace %q: %w", workspace, err)
	}
	return int(n), nil
}

// SaveCounted keeps what was counted in place of what was before. What changed
// since it was read stays to be counted again.
func (s *Store) SaveCounted(ctx context.Context, list ...Counted) error {
	for chunk := range slices.Chunk(list, batch) {
		err := s.write(ctx, func(ctx context.Context, tx *tx) error { return tx.saveCounted(ctx, chunk) })
		if err != nil {
			return fmt.Errorf("save %d counted suggestions: %w", len(chunk), err)
		}
	}
	return nil
}

func (t *tx) saveCounted(ctx context.Context, list []Counted) error {
	ids, tokens := make([]string, len(list)), make([]int64, len(list))
	for i, c := range list {
		if c.Suggestion == "" || c.Workspace == "" {
			return fmt.Errorf("suggestion %q of workspace %q: both are required: %w", c.Suggestion, c.Workspace, ErrInvalid)
		}
		ids[i], tokens[i] = c.Suggestion, c.Token
	}
	// A suggestion may have been deleted since it was read.
	var there []string
	if err := t.NewSelect().Model((*suggestionRow)(nil)).Column("id").Where("id IN ?", bun.Tuple(ids)).Scan(ctx, &there); err != nil {
		return err
	}
	for _, model := range []any{(*countedRow)(nil), (*countedDocumentRow)(nil)} {
		if _, err := t.NewDelete().Model(model).Where("suggestion IN ?", bun.Tuple(ids)).Exec(ctx); err != nil {
			return err
		}
	}
	if _, err := t.NewDelete().Model((*uncountedRow)(nil)).Where("token IN ?", bun.Tuple(tokens)).Exec(ctx); err != nil {
		return err
	}
	var rows []countedRow
	var documents []countedDocumentRow
	for _, c := range list {
		if c.Gone || !slices.Contains(there, c.Suggestion) {
			continue
		}
		row := countedRow{
			Workspace: c.Workspace, Created: micros(c.Created), Suggestion: c.Suggestion, Desk: c.Desk, Language: c.Language, Kind: c.Kind,
			Flag: c.Flag, Probability: c.Probability, Asks: c.Asks, Action: c.Action, Sent: c.Sent, Good: c.Good, Distance: c.Distance,
			Waited: span(c.Waited), Replied: span(c.Replied), Gap: c.Gap, Stale: c.Stale, Shadow: c.Shadow,
		}
		rows = append(rows, row)
		for _, d := range c.Documents {
			documents = append(documents, countedDocumentRow{
				Workspace: c.Workspace, Created: row.Created, Suggestion: c.Suggestion, Document: d.ID,
				Cited: d.Cited, Disputed: d.Disputed, Outdated: d.Outdated, Action: c.Action,
			})
		}
	}
	if len(rows) > 0 {
		if _, err := t.NewInsert().Model(&rows).Returning("NULL").Exec(ctx); err != nil {
			return err
		}
	}
	if len(documents) > 0 {
		if _, err := t.NewInsert().Model(&documents).Returning("NULL").Exec(ctx); err != nil {
			return err
		}
	}
	return nil
}

// span is a duration as it is stored.
func span(d time.Duration) int64 {
	if d < 0 {
		return -1
	}
	return d.Microseconds()
}

// Counted is what became of the suggestions of a workspace that were created
// from a time on and before another, newest first; at most limit, 0 for
// [MaxCounted]. It ends with the first error.
func (s *Store) Counted(ctx context.Context, workspace string, from, to time.Time, limit int) iter.Seq2[Counted, error] {
	return func(yield func(Counted, error) bool) {
		left := int(page(limit, MaxCounted, MaxCounted))
		before, id := micros(to), ""
		for left > 0 {
			var rows []countedRow
			err := s.r.NewSelect().Model(&rows).Where("workspace = ?", workspace).Where("created >= ?", micros(from)).
				Where("(created, suggestion) < (?, ?)", before, id).
				Order("created DESC", "suggestion DESC").Limit(int64(min(left, countedPage))).Scan(ctx)
			if err != nil {
				yield(Counted{}, fmt.Errorf("counted suggestions of workspace %q: %w", workspace, err))
				return
			}
			for _, r := range rows {
				if !yield(r.counted(), nil) {
					return
				}
			}
			if len(rows) < min(left, countedPage) {
				return
			}
			left -= len(rows)
			before, id = rows[len(rows)-1].Created, rows[len(rows)-1].Suggestion
		}
	}
}

func (r *countedRow) counted() Counted {
	c := Counted{
		Suggestion: r.Suggestion, Workspace: r.Workspace, Created: fromMicros(r.Created), Desk: r.Desk, Language: r.Language, Flag: r.Flag,
		Kind: r.Kind, Probability: r.Probability, Asks: r.Asks, Action: r.Action, Sent: r.Sent, Good: r.Good, Distance: r.Distance,
		Waited: -1, Replied: -1, Gap: r.Gap, Stale: r.Stale, Shadow: r.Shadow,
	}
	if r.Waited >= 0 {
		c.Waited = time.Duration(r.Waited) * time.Microsecond
	}
	if r.Replied >= 0 {
		c.Replied = time.Duration(r.Replied) * time.Microsecond
	}
	return c
}

// DocumentUses is how the documents did that suggestions of a span of time
// rest on, the most cited first; at most limit, 0 for 200, never more than
// 2,000. A document may be there no more.
func (s *Store) DocumentUses(ctx context.Context, workspace string, from, to time.Time, limit int) ([]DocumentUse, error) {
	var rows []struct {
		Document, Action          string
		Cited, Disputed, Outdated int
	}
	err := s.r.NewSelect().Model((*countedDocumentRow)(nil)).Column("document", "action").
		ColumnExpr("SUM(CASE WHEN cited THEN 1 ELSE 0 END) AS cited").ColumnExpr("SUM(CASE WHEN disputed THEN 1 ELSE 0 END) AS disputed").
		ColumnExpr("SUM(CASE WHEN outdated THEN 1 ELSE 0 END) AS outdated").
		Where("workspace = ?", workspace).Where("created >= ?", micros(from)).Where("created < ?", micros(to)).
		GroupExpr("document, action").Scan(ctx, &rows)
	if err != nil {
		return nil, fmt.Errorf("uses of documents of workspace %q: %w", workspace, err)
	}
	byID := map[string]*DocumentUse{}
	var out []*DocumentUse
	for _, r := range rows {
		u := byID[r.Document]
		if u == nil {
			u = &DocumentUse{Document: r.Document, Actions: map[string]int{}}
			byID[r.Document] = u
			out = append(out, u)
		}
		u.Cited, u.Disputed, u.Outdated = u.Cited+r.Cited, u.Disputed+r.Disputed, u.Outdated+r.Outdated
		u.Actions[r.Action] += r.Cited
	}
	slices.SortFunc(out, func(a, b *DocumentUse) int {
		return cmp.Or(b.Cited-a.Cited, b.Disputed-a.Disputed, b.Outdated-a.Outdated, cmp.Compare(a.Document, b.Document))
	})
	list := make([]DocumentUse, 0, min(len(out), 2000))
	for _, u := range out[:min(len(out), int(page(limit, 200, 2000)))] {
		list = append(list, *u)
	}
	return list, nil
}

// SuggestionsByID are suggestions of a workspace, in the order of ids; those
// that are not there are left out. At most 500 are read.
func (s *Store) SuggestionsByID(ctx context.Context, workspace string, ids []string) ([]Suggestion, error) {
	byID := map[string]Suggestion{}
	ids = ids[:min(len(ids), 500)]
	for chunk := range slices.Chunk(ids, batch) {
		var rows []suggestionRow
		if err := s.r.NewSelect().Model(&rows).Where("workspace || '' = ?", workspace).Where("id IN ?", bun.Tuple(chunk)).Scan(ctx); err != nil {
			return nil, fmt.Errorf("suggestions of workspace %q: %w", workspace, err)
		}
		for i := range rows {
			byID[rows[i].ID] = rows[i].suggestion()
		}
	}
	out := make([]Suggestion, 0, len(ids))
	for _, id := range ids {
		if sug, ok := byID[id]; ok {
			out = append(out, sug)
		}
	}
	return out, nil
}
