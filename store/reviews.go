package store

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"
	"unicode/utf8"

	"github.com/oklog/ulid/v2"
	"github.com/uptrace/bun"
)

// ErrSettled means a review that two people have given theirs beside: each has
// seen the other's by now, so neither changes.
var ErrSettled = errors.New("already settled")

// Review is what one person thinks of a suggestion. Ratings are 1 to 5, 0 for
// what could not be judged; one of them is given at least.
type Review struct {
	Workspace, Suggestion, Reviewer   string // required
	Correct, Complete, Tone, Citation int
	Comment                           string
	Corrected                         string        // how the answer should have been
	Took                              time.Duration // from opening the draft to saving; 0: not known
	Created, Updated                  time.Time     // set by the store
}

// Bounds of what people write about a suggestion, in bytes.
const (
	maxPerson    = 200
	maxComment   = 8 << 10
	maxCorrected = 64 << 10
)

type reviewRow struct {
	bun.BaseModel `bun:"table:reviews,alias:v"`

	Suggestion string `bun:",pk"`
	Reviewer   string `bun:",pk"`
	Workspace  string
	Correct    int
	Complete   int
	Tone       int
	Citation   int
	Comment    string
	Corrected  string
	Seconds    float64
	Created    int64
	Updated    int64
}

func (r reviewRow) review() Review {
	return Review{
		Workspace: r.Workspace, Suggestion: r.Suggestion, Reviewer: r.Reviewer,
		Correct: r.Correct, Complete: r.Complete, Tone: r.Tone, Citation: r.Citation, Comment: r.Comment, Corrected: r.Corrected,
		Took: time.Duration(r.Seconds * float64(time.Second)), Created: fromMicros(r.Created), Updated: fromMicros(r.Updated),
	}
}

// SaveReview keeps a review; a later one of the same reviewer replaces the
// earlier, until another reviewer's stands beside it: then the error wraps
// [ErrSettled]. The suggestion must be in the same workspace, else the error is
// [ErrNotFound], and it must not be withdrawn: there is nothing left to judge.
func (s *Store) SaveReview(ctx context.Context, r Review) error {
	given := 0
	for _, n := range []int{r.Correct, r.Complete, r.Tone, r.Citation} {
		if n < 0 || n > 5 {
			return fmt.Errorf("save review of suggestion %q: rating %d: must be 1 to 5, or 0 for none: %w", r.Suggestion, n, ErrInvalid)
		}
		given = max(given, n)
	}
	if given == 0 || !fits(r.Reviewer, 1, maxPerson) || !fits(r.Comment, 0, maxComment) || !fits(r.Corrected, 0, maxCorrected) || r.Took < 0 {
		return fmt.Errorf("save review of suggestion %q: a rating, a reviewer of at most %d bytes, a comment of at most %d and an answer of at most %d, in UTF-8: %w",
			r.Suggestion, maxPerson, maxComment, maxCorrected, ErrInvalid)
	}
	err := s.write(ctx, func(ctx context.Context, tx *tx) error {
		if err := tx.judged(ctx, r.Workspace, r.Suggestion); err != nil {
			return err
		}
		var who []string
		err := tx.NewSelect().Model((*reviewRow)(nil)).Column("reviewer").Where("suggestion = ?", r.Suggestion).Scan(ctx, &who)
		if err != nil {
			return err
		}
		if len(who) > 1 && slices.Contains(who, r.Reviewer) {
			return ErrSettled
		}
		_, err = tx.NewInsert().Model(&reviewRow{
			Suggestion: r.Suggestion, Reviewer: r.Reviewer, Workspace: r.Workspace, Correct: r.Correct, Complete: r.Complete, Tone: r.Tone,
			Citation: r.Citation, Comment: r.Comment, Corrected: r.Corrected, Seconds: r.Took.Seconds(), Created: micros(tx.at), Updated: micros(tx.at),
		}).On("CONFLICT (suggestion, reviewer) DO UPDATE").
			Set("correct = excluded.correct").Set("complete = excluded.complete").Set("tone = excluded.tone").Set("citation = excluded.citation").
			Set("comment = excluded.comment").Set("corrected = excluded.corrected").Set("updated = excluded.updated").Returning("NULL").Exec(ctx)
		return err
	})
	if err != nil {
		return fmt.Errorf("save review of suggestion %q: %w", r.Suggestion, err)
	}
	return nil
}

func fits(text string, least, most int) bool {
	return len(text) >= least && len(text) <= most && utf8.ValidString(text)
}

// judged requires a suggestion that can be judged.
func (t *tx) judged(ctx context.Context, workspace, suggestion string) error {
	var row suggestionRow
	err := t.NewSelect().Model(&row).Column("state").Where("workspace = ?", workspace).Where("id = ?", suggestion).Scan(ctx)
	if err != nil {
		return missing(err)
	}
	if row.State == StateWithdrawn {
		return fmt.Errorf("the customer has deleted the message: %w", ErrInvalid)
	}
	return nil
}

// Reviews are those of a workspace since a time, oldest first, or with a
// suggestion only those of it; at most limit (0: 1,000; never more than
// 20,000), the newest.
func (s *Store) Reviews(ctx context.Context, workspace, suggestion string, since time.Time, limit int) ([]Review, error) {
	var rows []reviewRow
	q := s.r.NewSelect().Model(&rows).Where("workspace = ?", workspace)
	if suggestion != "" {
		q = q.Where("suggestion = ?", suggestion)
	}
	if !since.IsZero() {
		q = q.Where("created >= ?", micros(since))
	}
	err := q.Order("created DESC", "suggestion DESC", "reviewer DESC").Limit(page(limit, 1000, MaxLabelled)).Scan(ctx)
	if err != nil {
		return nil, fmt.Errorf("reviews of workspace %q: %w", workspace, err)
	}
	slices.Reverse(rows)
	list := make([]Review, len(rows))
	for i, r := range rows {
		list[i] = r.review()
	}
	return list, nil
}

// The causes of a bad draft.
const (
	CauseMissing       = "missing"        // no document says it
	CauseNotRetrieved  = "not_retrieved"  // one does, and it was not found
	CauseBadlyWritten  = "badly_written"  // it was found, and cannot be quoted as it is
	CauseOutdated      = "outdated"       // it is not so any more
	CauseConflicting   = "conflicting"    // another document says otherwise
	CauseWrongAudience = "wrong_audience" // it is internal and should be public, or the other way round
)

// The states of a triage.
const (
	TriageOpen   = "open"
	TriageFixed  = "fixed"  // the owner says that it is mended
	TriageClosed = "closed" // seen to be so
)

// Causes are all causes, in the order in which they are asked.
func Causes() []string {
	return []string{CauseMissing, CauseNotRetrieved, CauseBadlyWritten, CauseOutdated, CauseConflicting, CauseWrongAudience}
}

// TriageStates are all states, in the order in which they come.
func TriageStates() []string { return []string{TriageOpen, TriageFixed, TriageClosed} }

// Triage is why a draft was bad, and who mends that.
type Triage struct {
	Workspace, Suggestion string // required
	Cause, State          string // required
	Document              string // id of the document to mend, "" for none
	Title                 string // of the document, as it was; set by the store
	Owner                 string // who is to mend it, "" for nobody yet
	Note                  string
	Author                string
	Created, Updated      time.Time // set by the store
}

// TriageFilter narrows a list. Zero fields do not.
type TriageFilter struct {
	State, Owner, Document, Suggestion string

	Limit int // 0: 500; never more than 20,000
}

type triageRow struct {
	bun.BaseModel `bun:"table:triage,alias:t"`

	Suggestion string `bun:",pk"`
	Workspace  string
	Cause      string
	Document   string
	Title      string
	Owner      string
	Note       string
	State      string
	Author     string
	Created    int64
	Updated    int64
}

// SaveTriage keeps why a draft was bad; a later triage of it replaces the
// earlier. Suggestion and document must be in the same workspace, else the
// error is [ErrNotFound]; a document that has gone since stays named.
func (s *Store) SaveTriage(ctx context.Context, t Triage) error {
	if !slices.Contains(Causes(), t.Cause) || !slices.Contains(TriageStates(), t.State) ||
		!fits(t.Owner, 0, maxPerson) || !fits(t.Author, 0, maxPerson) || !fits(t.Note, 0, maxComment) {
		return fmt.Errorf("save triage of suggestion %q: cause %q, state %q: a known cause and state, names of at most %d bytes and a note of at most %d, in UTF-8: %w",
			t.Suggestion, t.Cause, t.State, maxPerson, maxComment, ErrInvalid)
	}
	err := s.write(ctx, func(ctx context.Context, tx *tx) error {
		if err := tx.judged(ctx, t.Workspace, t.Suggestion); err != nil {
			return err
		}
		var old triageRow
		err := tx.NewSelect().Model(&old).Where("suggestion = ?", t.Suggestion).Scan(ctx)
		if err = missing(err); err != nil && !errors.Is(err, ErrNotFound) {
			return err
		}
		row := triageRow{
			Suggestion: t.Suggestion, Workspace: t.Workspace, Cause: t.Cause, Document: t.Document, Owner: t.Owner, Note: t.Note,
			State: t.State, Author: t.Author, Created: micros(tx.at), Updated: micros(tx.at),
		}
		if t.Document != "" {
			var doc documentRow
			err := tx.NewSelect().Model(&doc).Column("title", "path").Where("workspace = ?", t.Workspace).Where("id = ?", t.Document).Scan(ctx)
			switch err := missing(err); {
			case err == nil && doc.Title != "":
				row.Title = doc.Title
			case err == nil:
				row.Title = doc.Path
			case errors.Is(err, ErrNotFound) && old.Document == t.Document:
				row.Title = old.Title
			default:
				return fmt.Errorf("document %q: %w", t.Document, err)
			}
		}
		_, err = tx.NewInsert().Model(&row).On("CONFLICT (suggestion) DO UPDATE").
			Set("cause = excluded.cause").Set("document = excluded.document").Set("title = excluded.title").Set("owner = excluded.owner").
			Set("note = excluded.note").Set("state = excluded.state").Set("author = excluded.author").Set("updated = excluded.updated").
			Returning("NULL").Exec(ctx)
		return err
	})
	if err != nil {
		return fmt.Errorf("save triage of suggestion %q: %w", t.Suggestion, err)
	}
	return nil
}

// Triages lists what was triaged, the last changed first.
func (s *Store) Triages(ctx context.Context, workspace string, f TriageFilter) ([]Triage, error) {
	var rows []triageRow
	q := s.r.NewSelect().Model(&rows).Where("workspace = ?", workspace)
	for _, by := range []struct{ column, value string }{
		{"state", f.State}, {"owner", f.Owner}, {"document", f.Document}, {"suggestion", f.Suggestion},
	} {
		if by.value != "" {
			q = q.Where("? = ?", bun.Ident(by.column), by.value)
		}
	}
	if err := q.Order("updated DESC", "suggestion DESC").Limit(page(f.Limit, 500, MaxLabelled)).Scan(ctx); err != nil {
		return nil, fmt.Errorf("triage of workspace %q: %w", workspace, err)
	}
	list := make([]Triage, len(rows))
	for i, r := range rows {
		list[i] = Triage{
			Workspace: r.Workspace, Suggestion: r.Suggestion, Cause: r.Cause, State: r.State, Document: r.Document, Title: r.Title,
			Owner: r.Owner, Note: r.Note, Author: r.Author, Created: fromMicros(r.Created), Updated: fromMicros(r.Updated),
		}
	}
	return list, nil
}

// Rerun is a suggestion's question asked again later.
type Rerun struct {
	ID                    string // set by the store
	Workspace, Suggestion string // required
	Language, Flag        string
	Probability           float64
	Body                  json.RawMessage // required, as of a suggestion
	Author                string
	Created               time.Time // set by the store
}

type rerunRow struct {
	bun.BaseModel `bun:"table:reruns,alias:n"`

	ID          string `bun:",pk"`
	Suggestion  string
	Workspace   string
	Language    string
	Flag        string
	Probability float64
	Body        string
	Author      string
	Created     int64
}

// keepReruns is how many reruns of a suggestion are kept: their bodies are large.
const keepReruns = 5

// SaveRerun keeps a rerun, and of each suggestion the last five.
func (s *Store) SaveRerun(ctx context.Context, r Rerun) (Rerun, error) {
	if !json.Valid(r.Body) || !fits(r.Author, 0, maxPerson) {
		return r, fmt.Errorf("save rerun of suggestion %q: body in JSON, author of at most %d bytes: %w", r.Suggestion, maxPerson, ErrInvalid)
	}
	err := s.write(ctx, func(ctx context.Context, tx *tx) error {
		if err := tx.judged(ctx, r.Workspace, r.Suggestion); err != nil {
			return err
		}
		r.ID, r.Created = ulid.MustNew(ulid.Timestamp(tx.at), ulid.DefaultEntropy()).String(), tx.at.UTC().Truncate(time.Microsecond)
		_, err := tx.NewInsert().Model(&rerunRow{
			ID: r.ID, Suggestion: r.Suggestion, Workspace: r.Workspace, Language: r.Language, Flag: r.Flag, Probability: r.Probability,
			Body: string(r.Body), Author: r.Author, Created: micros(r.Created),
		}).Exec(ctx)
		if err != nil {
			return err
		}
		_, err = tx.NewDelete().Model((*rerunRow)(nil)).Where("suggestion = ?", r.Suggestion).
			Where("id NOT IN (SELECT id FROM reruns WHERE suggestion = ? ORDER BY id DESC LIMIT ?)", r.Suggestion, keepReruns).Exec(ctx)
		return err
	})
	if err != nil {
		return r, fmt.Errorf("save rerun of suggestion %q: %w", r.Suggestion, err)
	}
	return r, nil
}

// Reruns are those of a suggestion, newest first.
func (s *Store) Reruns(ctx context.Context, workspace, suggestion string) ([]Rerun, error) {
	var rows []rerunRow
	err := s.r.NewSelect().Model(&rows).Where("workspace = ?", workspace).Where("suggestion = ?", suggestion).Order("id DESC").Limit(keepReruns).Scan(ctx)
	if err != nil {
		return nil, fmt.Errorf("reruns of suggestion %q: %w", suggestion, err)
	}
	list := make([]Rerun, len(rows))
	for i, r := range rows {
		list[i] = Rerun{
			ID: r.ID, Workspace: r.Workspace, Suggestion: r.Suggestion, Language: r.Language, Flag: r.Flag, Probability: r.Probability,
			Body: json.RawMessage(r.Body), Author: r.Author, Created: fromMicros(r.Created),
		}
	}
	return list, nil
}

// LastRerun is the newest rerun of each of the given suggestions that has one,
// without its body.
func (s *Store) LastRerun(ctx context.Context, workspace string, suggestions []string) (map[string]Rerun, error) {
	found := map[string]Rerun{}
	for chunk := range slices.Chunk(suggestions, batch) {
		var rows []rerunRow
		err := s.r.NewSelect().Model(&rows).ExcludeColumn("body").Where("workspace = ?", workspace).
			Where("id IN (SELECT max(id) FROM reruns WHERE suggestion IN ? GROUP BY suggestion)", bun.Tuple(chunk)).Scan(ctx)
		if err != nil {
			return nil, fmt.Errorf("reruns of workspace %q: %w", workspace, err)
		}
		for _, r := range rows {
			found[r.Suggestion] = Rerun{
				ID: r.ID, Workspace: r.Workspace, Suggestion: r.Suggestion, Language: r.Language, Flag: r.Flag, Probability: r.Probability,
				Author: r.Author, Created: fromMicros(r.Created),
			}
		}
	}
	return found, nil
}

// Reviewable are the suggestions of a workspace since a time that can be
// judged, newest first, with their outcomes but without their bodies; at most
// limit (0: 500; never more than [MaxLabelled]).
func (s *Store) Reviewable(ctx context.Context, workspace string, since time.Time, limit int) ([]Labelled, error) {
	var rows []suggestionRow
	q := s.r.NewSelect().Model(&rows).ExcludeColumn("body").Where("workspace = ?", workspace).Where("state <> ?", StateWithdrawn)
	if !since.IsZero() {
		q = q.Where("created >= ?", micros(since))
	}
	if err := q.Order("created DESC", "id DESC").Limit(page(limit, 500, MaxLabelled)).Scan(ctx); err != nil {
		return nil, fmt.Errorf("suggestions of workspace %q to review: %w", workspace, err)
	}
	out := make([]Labelled, len(rows))
	at := map[string]int{}
	ids := make([]string, len(rows))
	for i := range rows {
		sug := rows[i].suggestion()
		sug.Body = nil
		out[i], at[sug.ID], ids[i] = Labelled{Suggestion: sug}, i, sug.ID
	}
	for chunk := range slices.Chunk(ids, batch) {
		var done []outcomeRow
		err := s.r.NewSelect().Model(&done).Where("workspace = ?", workspace).Where("suggestion IN ?", bun.Tuple(chunk)).Order("created", "id").Scan(ctx)
		if err != nil {
			return nil, fmt.Errorf("outcomes of workspace %q to review: %w", workspace, err)
		}
		for _, o := range done {
			l := &out[at[o.Suggestion]]
			l.Outcomes = append(l.Outcomes, o.outcome())
		}
	}
	return out, nil
}

// Bodies are those of the given suggestions that are there.
func (s *Store) Bodies(ctx context.Context, workspace string, ids []string) (map[string]json.RawMessage, error) {
	found := map[string]json.RawMessage{}
	for chunk := range slices.Chunk(ids, labelPage) {
		var rows []suggestionRow
		err := s.r.NewSelect().Model(&rows).Column("id", "body").Where("workspace = ?", workspace).Where("id IN ?", bun.Tuple(chunk)).Scan(ctx)
		if err != nil {
			return nil, fmt.Errorf("bodies of suggestions of workspace %q: %w", workspace, err)
		}
		for _, r := range rows {
			found[r.ID] = json.RawMessage(r.Body)
		}
	}
	return found, nil
}
