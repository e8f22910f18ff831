package review_test

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/sufflor/sufflor/store"
	"github.com/sufflor/sufflor/suggest/review"
)

// asked are drafts, newest first, of which nobody has judged one.
type asked []store.Suggestion

func (a asked) Reviewable(_ context.Context, _ string, since time.Time, limit int) (out []store.Labelled, err error) {
	for _, s := range a {
		if !s.Created.Before(since) && len(out) < limit {
			out = append(out, store.Labelled{Suggestion: s})
		}
	}
	return out, nil
}

func (asked) Bodies(context.Context, string, []string) (map[string]json.RawMessage, error) {
	return nil, nil
}

func (asked) Reviews(context.Context, string, string, time.Time, int) ([]store.Review, error) {
	return nil, nil
}

func (asked) Triages(context.Context, string, store.TriageFilter) ([]store.Triage, error) {
	return nil, nil
}

func (asked) LastRerun(context.Context, string, []string) (map[string]store.Rerun, error) {
	return nil, nil
}

func TestNewTopicsAreSampled(t *testing.T) {
	now := time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)
	var list asked // oldest first, until it is turned round
	ask := func(id, language, question string, ago time.Duration, asks int) {
		list = append(list, store.Suggestion{ID: id, Workspace: "w", Language: language, Question: question, Asks: asks, Created: now.Add(-ago)})
	}
	day := 24 * time.Hour
	ask("old", "en", "Can you deliver to Svalbard?", 60*day, 1)
	for i := range 60 {
		ask(fmt.Sprint("usual", i), "en", fmt.Sprintf("How often must the oil of compressor %d be changed?", i), 20*day-time.Duration(i)*time.Hour, 1)
	}
	ask("oil", "en", "When must the oil be changed?", 5*day, 1)
	ask("svalbard", "en", "Do you deliver to Svalbard?", 4*day, 1)
	ask("again", "en", "Is it possible that you deliver to Svalbard?", 3*day, 1)
	ask("thanks", "en", "A wonderful trampoline, thank you", 2*day, 0)
	ask("swedish", "sv", "Levererar ni till Svalbard?", day, 1)
	slices.Reverse(list)
	picked := func(weeks int) (ids []string) {
		got, err := review.Draw(t.Context(), list, "w", review.Rules{Topics: weeks}, now.Add(-7*day))
		require.NoError(t, err)
		for _, e := range got.Entries {
			require.Equal(t, []review.Reason{review.Topic}, e.Why)
			ids = append(ids, e.Suggestion.ID)
		}
		return ids
	}
	require.Equal(t, []string{"svalbard"}, picked(4), "the first on the matter; in Swedish too little was asked to tell")
	require.Empty(t, picked(12), "somebody asked for it two months ago")
	require.Empty(t, picked(1), "too little was asked in one week to tell")
}
