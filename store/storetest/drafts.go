package storetest

import (
	"context"
	"encoding/json"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/sufflor/sufflor/index"
	"github.com/sufflor/sufflor/store"
)

func unfinished(id, event, msg string) store.Suggestion {
	s := suggestion(id, event, msg)
	s.Pending = true
	return s
}

// better is what finishes a pending suggestion.
func better(id, event, msg string) store.Suggestion {
	s := suggestion(id, event, msg)
	s.Flag, s.Probability, s.Body, s.Language = "medium", 0.5, json.RawMessage(`{"draft":"Hei igjen"}`), "sv"
	return s
}

func finish(t *testing.T, s Store, sug store.Suggestion, deliver, want bool) {
	t.Helper()
	changed, err := s.FinishSuggestion(t.Context(), sug, deliver)
	require.NoError(t, err)
	require.Equal(t, want, changed)
}

func deliveries(t *testing.T, s Store, id string) int {
	t.Helper()
	list, err := s.Deliveries(t.Context(), ws, id)
	require.NoError(t, err)
	return len(list)
}

var draftTests = []test{
	{"a pending draft is seen at once, bettered once and delivered once", func(x fixture) {
		t, s, clock := x.t, x.s, x.clock
		accept(t, s, message("k1", "m1", "x", start))
		save(t, s, unfinished("s1", "k1", "m1"), true)
		got, err := s.Suggestion(t.Context(), ws, "s1")
		require.NoError(t, err)
		require.True(t, got.Pending)
		require.Equal(t, "high", got.Flag)
		require.Zero(t, deliveries(t, s, "s1"), "a note is written once")
		jobs := make(chan store.Job, 8)
		work(t, s, map[string]store.Handler{store.JobDraft: func(_ context.Context, j store.Job) error {
			jobs <- j
			return nil
		}})
		j := receive(t, jobs)
		require.Equal(t, store.Job{ID: j.ID, Kind: store.JobDraft, Workspace: ws, Desk: desk, Key: "s1", Attempt: 1}, j)
		clock.Advance(time.Second)
		finish(t, s, better("s1", "k1", "m1"), true, true)
		got, err = s.Suggestion(t.Context(), ws, "s1")
		require.NoError(t, err)
		require.False(t, got.Pending)
		require.Equal(t, "medium", got.Flag)
		require.Equal(t, "sv", got.Language)
		require.InDelta(t, 0.5, got.Probability, 0)
		require.JSONEq(t, `{"draft":"Hei igjen"}`, string(got.Body))
		require.Equal(t, start.UTC(), got.Created, "it came when it came")
		require.Equal(t, 1, deliveries(t, s, "s1"))
		again := better("s1", "k1", "m1")
		again.Flag = "low"
		finish(t, s, again, true, false)
		got, err = s.Suggestion(t.Context(), ws, "s1")
		require.NoError(t, err)
		require.Equal(t, "medium", got.Flag, "the job ran twice")
		require.Equal(t, 1, deliveries(t, s, "s1"))
		feed, err := s.Feed(t.Context(), ws, 0, 0)
		require.NoError(t, err)
		n := 0
		for _, f := range feed {
			if f.Kind == store.FeedSuggestion && f.Ref == "s1" {
				n++
			}
		}
		require.Equal(t, 2, n, "the panel is told of both")
	}},
	{"a draft that an agent has used stays as it was", func(x fixture) {
		t, s := x.t, x.s
		accept(t, s, message("k1", "m1", "x", start))
		save(t, s, unfinished("s1", "k1", "m1"), true)
		require.NoError(t, s.SaveOutcome(t.Context(), store.Outcome{Workspace: ws, Suggestion: "s1", Action: store.ActionUsed}))
		finish(t, s, better("s1", "k1", "m1"), true, false)
		got, err := s.Suggestion(t.Context(), ws, "s1")
		require.NoError(t, err)
		require.Equal(t, "high", got.Flag)
		require.False(t, got.Pending)
		require.Equal(t, 1, deliveries(t, s, "s1"))
	}},
	{"a draft superseded or withdrawn meanwhile gets no new text and no delivery", func(x fixture) {
		t, s := x.t, x.s
		accept(t, s, message("k1", "m1", "v1", start), edited("k2", "m1", "v2", start), message("k3", "m3", "x", start))
		save(t, s, unfinished("s1", "k1", "m1"), true)
		save(t, s, unfinished("s2", "k2", "m1"), true)
		finish(t, s, better("s1", "k1", "m1"), true, false)
		require.Equal(t, store.StateSuperseded, state(t, s, "s1"))
		require.Zero(t, deliveries(t, s, "s1"))
		save(t, s, unfinished("s3", "k3", "m3"), true)
		require.NoError(t, s.WithdrawSuggestions(t.Context(), ws, desk, "c1", "m3"))
		finish(t, s, better("s3", "k3", "m3"), true, false)
		got, err := s.Suggestion(t.Context(), ws, "s3")
		require.NoError(t, err)
		require.JSONEq(t, "{}", string(got.Body))
		require.Empty(t, got.Question)
		require.Zero(t, deliveries(t, s, "s3"))
	}},
	{"a suggestion that comes after its edit's waits for nothing", func(x fixture) {
		t, s := x.t, x.s
		accept(t, s, edited("k2", "m1", "v2", start), message("k1", "m1", "v1", start))
		save(t, s, suggestion("s2", "k2", "m1"), false)
		save(t, s, unfinished("s1", "k1", "m1"), true)
		got, err := s.Suggestion(t.Context(), ws, "s1")
		require.NoError(t, err)
		require.False(t, got.Pending)
		depth, err := s.QueueDepth(t.Context())
		require.NoError(t, err)
		require.Equal(t, 2, depth, "two event jobs, no draft")
	}},
	{"a better draft rests on what is there, and is followed from then on", func(x fixture) {
		t, s := x.t, x.s
		accept(t, s, message("k1", "m1", "x", start))
		for _, id := range []string{"d1", "d2"} {
			_, err := s.PutDocument(t.Context(), store.Document{ID: id, Workspace: ws, Root: "r", Path: id, Audience: string(index.Public)},
				[]index.Passage{{ID: id + "-p", Workspace: ws, Document: id, Audience: index.Public, Text: "x"}})
			require.NoError(t, err)
		}
		first := unfinished("s1", "k1", "m1")
		first.Cites = []string{"d1-p"}
		save(t, s, first, true)
		next := better("s1", "k1", "m1")
		next.Cites = []string{"gone"}
		_, err := s.FinishSuggestion(t.Context(), next, true)
		require.ErrorIs(t, err, store.ErrStale)
		next.Cites = []string{"d2-p"}
		_, err = s.DeleteDocument(t.Context(), ws, "d1")
		require.NoError(t, err)
		finish(t, s, next, true, true)
		got, err := s.Suggestion(t.Context(), ws, "s1")
		require.NoError(t, err)
		require.Zero(t, got.Stale, "it does not rest on what went")
		_, err = s.DeleteDocument(t.Context(), ws, "d2")
		require.NoError(t, err)
		got, err = s.Suggestion(t.Context(), ws, "s1")
		require.NoError(t, err)
		require.NotZero(t, got.Stale)
	}},
	{"what cannot be finished is refused by name", func(x fixture) {
		t, s := x.t, x.s
		_, err := s.FinishSuggestion(t.Context(), suggestion("nobody", "k1", "m1"), true)
		require.ErrorIs(t, err, store.ErrNotFound)
		bad := suggestion("s1", "k1", "m1")
		bad.Body = json.RawMessage("{")
		_, err = s.FinishSuggestion(t.Context(), bad, true)
		require.ErrorIs(t, err, store.ErrInvalid)
	}},
}
