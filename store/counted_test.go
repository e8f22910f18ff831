package store_test

import (
	"context"
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/sufflor/sufflor/connectors"
	"github.com/sufflor/sufflor/store"
)

var monday = time.Date(2026, 1, 12, 9, 0, 0, 0, time.UTC)

func said(key, conversation string, role connectors.Role, at time.Time) connectors.Event {
	return connectors.Event{Key: key, Kind: connectors.Message, Conversation: conversation, Message: "m-" + key, Role: role, Text: "x", At: at}
}

func put(tb testing.TB, s *store.Store, id, key, conversation string, at time.Time) {
	tb.Helper()
	saved, err := s.SaveSuggestion(tb.Context(), store.Suggestion{
		ID: id, Workspace: "w", Desk: "d", EventKey: key, Conversation: conversation, Message: "m-" + key, Language: "nb", Flag: "high",
		Probability: 0.8, Body: json.RawMessage(`{}`), Created: at, Question: "x",
	}, false)
	require.NoError(tb, err)
	require.True(tb, saved)
}

func uncounted(t *testing.T, s *store.Store) []store.Uncounted {
	t.Helper()
	list, err := s.Uncounted(t.Context(), "w", 0)
	require.NoError(t, err)
	n, err := s.UncountedCount(t.Context(), "w")
	require.NoError(t, err)
	require.Len(t, list, n)
	return list
}

func counted(u store.Uncounted) store.Counted {
	return store.Counted{
		Suggestion: u.Suggestion.ID, Workspace: "w", Created: u.Suggestion.Created, Desk: "d", Language: "nb", Flag: "high", Kind: "price",
		Probability: 0.8, Asks: 1, Action: "used", Good: 1, Distance: -1, Waited: 40 * time.Millisecond, Replied: -1, Shadow: true, Token: u.Token,
		Documents: []store.CountedDocument{{ID: "doc", Cited: true}, {ID: "other", Disputed: true}},
	}
}

func all(t *testing.T, s *store.Store, from, to time.Time) (out []store.Counted) {
	t.Helper()
	for c, err := range s.Counted(t.Context(), "w", from, to, 0) {
		require.NoError(t, err)
		out = append(out, c)
	}
	return out
}

func TestWhateverChangesASuggestionHasItCountedAgain(t *testing.T) {
	s := open(t, store.Options{Dir: t.TempDir(), Now: func() time.Time { return monday.Add(time.Hour) }})
	_, err := s.Accept(t.Context(), "w", "d", []connectors.Event{said("k1", "c", connectors.Customer, monday)})
	require.NoError(t, err)
	put(t, s, "s1", "k1", "c", monday.Add(2*time.Second))
	list := uncounted(t, s)
	require.Len(t, list, 1)
	require.Equal(t, monday, list[0].Asked)
	require.Equal(t, monday.Add(time.Hour), list[0].Arrived)
	require.Zero(t, list[0].Replied)

	want := counted(list[0])
	require.NoError(t, s.SaveCounted(t.Context(), want))
	require.Empty(t, uncounted(t, s))
	want.Documents, want.Token = nil, 0
	require.Equal(t, []store.Counted{want}, all(t, s, monday, monday.Add(time.Hour)))
	require.Empty(t, all(t, s, monday.Add(3*time.Second), monday.Add(time.Hour)), "before the span")
	require.Empty(t, all(t, s, monday, monday.Add(2*time.Second)), "the span ends before it")

	for _, tt := range []struct {
		name   string
		change func(ctx context.Context) error
	}{
		{"an outcome", func(ctx context.Context) error {
			return s.SaveOutcome(ctx, store.Outcome{Workspace: "w", Suggestion: "s1", Action: store.ActionUsed})
		}},
		{"an agent's reply", func(ctx context.Context) error {
			_, err := s.Accept(ctx, "w", "d", []connectors.Event{said("k2", "c", connectors.Agent, monday.Add(5*time.Minute))})
			return err
		}},
		{"the message is deleted", func(ctx context.Context) error { return s.WithdrawSuggestions(ctx, "w", "d", "c", "m-k1") }},
	} {
		t.Run(tt.name, func(t *testing.T) {
			before := uncounted(t, s)
			require.Empty(t, before)
			require.NoError(t, tt.change(t.Context()))
			list = uncounted(t, s)
			require.Len(t, list, 1)
			require.NoError(t, s.SaveCounted(t.Context(), counted(list[0])))
		})
	}
	require.Equal(t, monday.Add(5*time.Minute), list[0].Replied)
	require.Len(t, list[0].Outcomes, 1)

	_, err = s.Accept(t.Context(), "w", "d", []connectors.Event{
		said("k3", "c", connectors.Customer, monday.Add(6*time.Minute)),
		said("k4", "other", connectors.Agent, monday.Add(7*time.Minute)),
	})
	require.NoError(t, err)
	require.Empty(t, uncounted(t, s), "neither answers it")

	gone := counted(list[0])
	gone.Gone = true
	require.NoError(t, s.SaveCounted(t.Context(), gone))
	require.Empty(t, all(t, s, monday, monday.Add(time.Hour)))
	uses, err := s.DocumentUses(t.Context(), "w", monday, monday.Add(time.Hour), 0)
	require.NoError(t, err)
	require.Empty(t, uses)
}

func TestAChangeWhileCountingIsNotLost(t *testing.T) {
	s := open(t, store.Options{Dir: t.TempDir()})
	put(t, s, "s1", "k1", "c", monday)
	list := uncounted(t, s)
	require.NoError(t, s.SaveOutcome(t.Context(), store.Outcome{Workspace: "w", Suggestion: "s1", Action: store.ActionUsed}))
	require.NoError(t, s.SaveCounted(t.Context(), counted(list[0])))
	again := uncounted(t, s)
	require.Len(t, again, 1)
	require.Len(t, again[0].Outcomes, 1)
	require.ErrorIs(t, s.SaveCounted(t.Context(), store.Counted{Suggestion: "s1"}), store.ErrInvalid)
}

func TestCountedSuggestionsComeInPagesNewestFirst(t *testing.T) {
	s := open(t, store.Options{Dir: t.TempDir()})
	for i := range 7 {
		put(t, s, fmt.Sprint("s", i), fmt.Sprint("k", i), "c", monday.Add(time.Duration(i/2)*time.Minute))
	}
	var list []store.Counted
	for _, u := range uncounted(t, s) {
		c := counted(u)
		if c.Suggestion == "s3" {
			c.Action = "rejected"
		}
		list = append(list, c)
	}
	require.NoError(t, s.SaveCounted(t.Context(), list...))
	var ids []string
	for c, err := range s.Counted(t.Context(), "w", monday, monday.Add(time.Hour), 6) {
		require.NoError(t, err)
		ids = append(ids, c.Suggestion)
	}
	require.Equal(t, []string{"s6", "s5", "s4", "s3", "s2", "s1"}, ids)
	uses, err := s.DocumentUses(t.Context(), "w", monday, monday.Add(time.Hour), 0)
	require.NoError(t, err)
	require.Equal(t, []store.DocumentUse{
		{Document: "doc", Cited: 7, Actions: map[string]int{"used": 6, "rejected": 1}},
		{Document: "other", Disputed: 7, Actions: map[string]int{"used": 0, "rejected": 0}},
	}, uses)
	for _, err := range s.Counted(t.Context(), "elsewhere", monday, monday.Add(time.Hour), 0) {
		require.NoError(t, err)
		require.FailNow(t, "another workspace's")
	}
	some, err := s.SuggestionsByID(t.Context(), "w", []string{"s4", "nobody", "s1"})
	require.NoError(t, err)
	require.Len(t, some, 2)
	require.Equal(t, "s4", some[0].ID)
	none, err := s.SuggestionsByID(t.Context(), "elsewhere", []string{"s4"})
	require.NoError(t, err)
	require.Empty(t, none)
}
