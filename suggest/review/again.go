package review

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"

	"github.com/sufflor/sufflor/store"
	"github.com/sufflor/sufflor/suggest"
)

// MaxAgain is how many questions are asked again at once.
const MaxAgain = 20

type rerunRecords interface {
	Suggestion(ctx context.Context, workspace, id string) (store.Suggestion, error)
	Triages(ctx context.Context, workspace string, f store.TriageFilter) ([]store.Triage, error)
	SaveRerun(ctx context.Context, r store.Rerun) (store.Rerun, error)
}

// AskAgain asks the questions of suggestions once more, one after the other,
// and stores what comes: of those named, or without any of those whose triage
// says that they are mended; [MaxAgain] at most. A question that cannot be
// asked costs only itself.
func AskAgain(ctx context.Context, s rerunRecords, ask func(context.Context, store.Suggestion) (suggest.Suggestion, error), log *slog.Logger,
	workspace string, ids []string, author string,
) (done, failed []string, err error) {
	if len(ids) == 0 {
		fixed, err := s.Triages(ctx, workspace, store.TriageFilter{State: store.TriageFixed, Limit: MaxAgain})
		if err != nil {
			return nil, nil, err
		}
		for _, t := range fixed {
			ids = append(ids, t.Suggestion)
		}
	}
	if len(ids) > MaxAgain {
		return nil, nil, fmt.Errorf("ask %d questions again: at most %d at once: %w", len(ids), MaxAgain, store.ErrInvalid)
	}
	// All are looked up first: another workspace's id is refused before
	// anything is done.
	list := make([]store.Suggestion, len(ids))
	for i, id := range ids {
		if list[i], err = s.Suggestion(ctx, workspace, id); err != nil {
			return nil, nil, err
		}
	}
	for _, rec := range list {
		if err := askOne(ctx, s, ask, rec, author); err != nil {
			log.WarnContext(ctx, "question not asked again", "suggestion", rec.ID, "err", err)
			failed = append(failed, rec.ID)
			continue
		}
		done = append(done, rec.ID)
	}
	return done, failed, nil
}

func askOne(ctx context.Context, s rerunRecords, ask func(context.Context, store.Suggestion) (suggest.Suggestion, error), rec store.Suggestion, author string) error {
	again, err := ask(ctx, rec)
	if err != nil {
		return err
	}
	body, err := json.Marshal(again)
	if err != nil {
		return fmt.Errorf("encode the new draft of %s: %w", rec.ID, err)
	}
	_, err = s.SaveRerun(ctx, store.Rerun{
		Workspace: rec.Workspace, Suggestion: rec.ID, Language: again.Language, Flag: string(again.Flag), Probability: again.Probability, Body: body, Author: author,
	})
	return err
}
