package store

import (
	"context"
	"fmt"
	"slices"

	"github.com/uptrace/bun"

	"github.com/sufflor/sufflor/connectors"
)

// erased reports whether the conversation of row was deleted at its desk after
// row happened. What comes later begins it anew, as when a ticket is restored.
func (t *tx) erased(ctx context.Context, row *eventRow) (bool, error) {
	if row.Conversation == "" || connectors.Kind(row.Kind) == connectors.Erased {
		return false, nil
	}
	ok, err := t.exists(ctx, "SELECT 1 FROM revisions WHERE workspace = ? AND desk = ? AND conversation = ? AND message = '' AND deleted AND at >= ?",
		row.Workspace, row.Desk, row.Conversation, row.At)
	if err != nil {
		return false, fmt.Errorf("look for the end of its conversation: %w", err)
	}
	return ok, nil
}

// eraseConversation forgets what was said in a conversation until row, an
// [connectors.Erased], and takes its suggestions out of use. Their notes are
// gone with it, so the desk is told nothing.
//
// [Store.Erase] deletes rows; this empties them. A desk sends what it deleted
// in no order and more than once, so that events and revisions stay to tell
// what is old, and figures go on counting what agents did. What is typed about
// a suggestion goes by triggers, as when a single message is taken back.
func (t *tx) eraseConversation(ctx context.Context, row *eventRow) error {
	of := func(q *bun.UpdateQuery) *bun.UpdateQuery {
		return q.Where("workspace = ?", row.Workspace).Where("desk = ?", row.Desk).Where("conversation = ?", row.Conversation)
	}
	// A message of no id stands for the whole: no message has none.
	_, err := t.NewInsert().Model(&revisionRow{
		Workspace: row.Workspace, Desk: row.Desk, Conversation: row.Conversation, At: row.At, Deleted: true,
	}).On("CONFLICT (workspace, desk, conversation, message) DO UPDATE").Set("at = " + larger("r.at", "excluded.at")).Exec(ctx)
	if err != nil {
		return fmt.Errorf("note the end: %w", err)
	}
	_, err = t.NewUpdate().Model((*revisionRow)(nil)).Set("text = ''").Set("deleted = ?", true).
		Apply(of).Where("message <> ''").Where("at <= ?", row.At).Exec(ctx)
	if err != nil {
		return fmt.Errorf("forget changes: %w", err)
	}
	_, err = t.NewUpdate().Model((*eventRow)(nil)).Set("body = "+t.store.sql.bare).
		Set("text = ''").Set("attachments = ''").Set("digest = ''").Set("deleted = ?", true).
		Apply(of).Where("key <> ?", row.Key).Where("at <= ?", row.At).Exec(ctx)
	if err != nil {
		return fmt.Errorf("forget what was said: %w", err)
	}
	_, err = t.NewUpdate().Model((*conversationRow)(nil)).Set("subject = ''").Set("customer = ''").Set("tags = ''").
		Apply(of).Where("active <= ?", row.At).Exec(ctx)
	if err != nil {
		return fmt.Errorf("forget the conversation: %w", err)
	}
	_, err = t.NewDelete().Model((*fileRow)(nil)).
		Where("workspace = ?", row.Workspace).Where("desk = ?", row.Desk).Where("conversation = ?", row.Conversation).
		Where("event IN (SELECT key FROM events WHERE workspace = ? AND desk = ? AND conversation = ? AND deleted)",
			row.Workspace, row.Desk, row.Conversation).Exec(ctx)
	if err != nil {
		return fmt.Errorf("forget files: %w", err)
	}
	return t.eraseSuggestions(ctx, row, of)
}

func (t *tx) eraseSuggestions(ctx context.Context, row *eventRow, of func(*bun.UpdateQuery) *bun.UpdateQuery) error {
	var ids []string
	_, err := t.NewUpdate().Model((*suggestionRow)(nil)).
		Set("state = ?", StateWithdrawn).Set("question = ''").Set("body = '{}'").Set("customer = ''").
		Apply(of).Where("asked <= ?", row.At).Returning("id").Exec(ctx, &ids)
	if err != nil {
		return fmt.Errorf("withdraw suggestions: %w", err)
	}
	slices.Sort(ids)
	for chunk := range slices.Chunk(ids, batch) {
		// Of a reason only what was ticked stays, which stands before the colon,
		// and of details only the customer's score: the others repeat sentences.
		_, err := t.NewUpdate().Model((*outcomeRow)(nil)).Set("text = ''").
			Set("detail = CASE WHEN action = ? THEN detail ELSE '' END", ActionRated).
			Set("reason = CASE WHEN instr(reason, ':') > 0 THEN substr(reason, 1, instr(reason, ':') - 1) ELSE reason END").
			Where("suggestion IN ?", bun.Tuple(chunk)).Exec(ctx)
		if err != nil {
			return fmt.Errorf("forget replies: %w", err)
		}
		_, err = t.NewUpdate().Model((*deliveryRow)(nil)).Set("state = ?", DeliveryWithdrawn).Set("unsure = ?", false).Set("error = ''").
			Set("updated = ?", micros(t.at)).Where("suggestion IN ?", bun.Tuple(chunk)).Exec(ctx)
		if err != nil {
			return fmt.Errorf("let go of notes: %w", err)
		}
		for _, id := range chunk {
			if err := t.feed(ctx, row.Workspace, FeedSuggestion, id); err != nil {
				return err
			}
		}
	}
	return nil
}

// SuggestionByNote is the suggestion that a desk shows in the note with its id
// external, or [ErrNotFound]. A note in several places has their ids with
// commas between; any of them will do.
func (s *Store) SuggestionByNote(ctx context.Context, workspace, desk, external string) (Suggestion, error) {
	var row suggestionRow
	err := ErrNotFound
	if external != "" {
		err = s.r.NewSelect().Model(&row).Join("JOIN deliveries AS d ON d.suggestion = s.id").
			Where("s.workspace = ?", workspace).Where("d.desk = ?", desk).
			Where("d.external = ? OR instr(',' || d.external || ',', ',' || ? || ',') > 0", external, external).
			Order("d.updated DESC").Limit(1).Scan(ctx)
	}
	if err != nil {
		return Suggestion{}, fmt.Errorf("suggestion of note %q at desk %q: %w", external, desk, missing(err))
	}
	return row.suggestion(), nil
}
