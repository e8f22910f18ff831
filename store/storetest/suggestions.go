package storetest

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/sufflor/sufflor/store"
)

var suggestionTests = []test{
	{"a suggestion comes back as it was saved", func(x fixture) {
		t, s := x.t, x.s
		accept(t, s, message("k1", "m1", "x", start))
		want := suggestion("s1", "k1", "m1")
		save(t, s, want, false)
		want.State, want.Created, want.Asked = store.StateActive, start.UTC(), start.UTC()
		got, err := s.Suggestion(t.Context(), ws, "s1")
		require.NoError(t, err)
		require.Equal(t, want, got)
		got, err = s.SuggestionFor(t.Context(), ws, desk, "k1")
		require.NoError(t, err)
		require.Equal(t, want, got)
		_, err = s.Suggestion(t.Context(), "rival", "s1")
		require.ErrorIs(t, err, store.ErrNotFound)
		_, err = s.SuggestionFor(t.Context(), "rival", desk, "k1")
		require.ErrorIs(t, err, store.ErrNotFound)
	}},
	{"an event has one suggestion, however often its job runs", func(x fixture) {
		t, s := x.t, x.s
		accept(t, s, message("k1", "m1", "x", start))
		save(t, s, suggestion("s1", "k1", "m1"), true)
		saved, err := s.SaveSuggestion(t.Context(), suggestion("s2", "k1", "m1"), true)
		require.NoError(t, err)
		require.False(t, saved)
		all, err := s.Suggestions(t.Context(), ws, store.SuggestionFilter{})
		require.NoError(t, err)
		require.Len(t, all, 1)
		depth, err := s.QueueDepth(t.Context())
		require.NoError(t, err)
		require.Equal(t, 2, depth, "one event job, one delivery")
	}},
	{"what cannot be kept is refused by name", func(x fixture) {
		t, s := x.t, x.s
		for _, change := range []func(*store.Suggestion){
			func(s *store.Suggestion) { s.ID = "" },
			func(s *store.Suggestion) { s.Workspace = "" },
			func(s *store.Suggestion) { s.Desk = "" },
			func(s *store.Suggestion) { s.EventKey = "" },
			func(s *store.Suggestion) { s.Body = json.RawMessage("{") },
		} {
			sug := suggestion("s1", "k1", "m1")
			change(&sug)
			_, err := s.SaveSuggestion(t.Context(), sug, false)
			require.ErrorIs(t, err, store.ErrInvalid)
		}
		require.ErrorIs(t, s.SaveOutcome(t.Context(), store.Outcome{Workspace: ws, Suggestion: "s1", Action: "liked"}), store.ErrInvalid)
		require.ErrorIs(t, s.SaveDelivery(t.Context(), store.Delivery{Suggestion: "s1", Desk: desk, State: "lost"}), store.ErrInvalid)
	}},
	{"an edit's suggestion supersedes that of the message", func(x fixture) {
		t, s := x.t, x.s
		accept(t, s, message("k1", "m1", "v1", start), edited("k2", "m1", "v2", start), message("k3", "m3", "other", start))
		save(t, s, suggestion("s3", "k3", "m3"), true)
		save(t, s, suggestion("s1", "k1", "m1"), true)
		save(t, s, suggestion("s2", "k2", "m1"), true)
		require.Equal(t, store.StateSuperseded, state(t, s, "s1"))
		require.Equal(t, store.StateActive, state(t, s, "s2"))
		require.Equal(t, store.StateActive, state(t, s, "s3"))
	}},
	{"a suggestion that comes after its edit's is born superseded and not delivered", func(x fixture) {
		t, s := x.t, x.s
		accept(t, s, edited("k2", "m1", "v2", start), message("k1", "m1", "v1", start))
		save(t, s, suggestion("s2", "k2", "m1"), true)
		save(t, s, suggestion("s1", "k1", "m1"), true)
		require.Equal(t, store.StateSuperseded, state(t, s, "s1"))
		require.Equal(t, store.StateActive, state(t, s, "s2"))
		deliveries, err := s.Deliveries(t.Context(), ws, "s1")
		require.NoError(t, err)
		require.Empty(t, deliveries)
	}},
	{"a suggestion for a message deleted meanwhile keeps no text and is not delivered", func(x fixture) {
		t, s := x.t, x.s
		accept(t, s, message("k1", "m1", "secret", start), deleted("k2", "m1", start))
		save(t, s, suggestion("s1", "k1", "m1"), true)
		got, err := s.Suggestion(t.Context(), ws, "s1")
		require.NoError(t, err)
		require.Equal(t, store.StateWithdrawn, got.State)
		require.Empty(t, got.Question)
		require.JSONEq(t, "{}", string(got.Body))
		deliveries, err := s.Deliveries(t.Context(), ws, "s1")
		require.NoError(t, err)
		require.Empty(t, deliveries)
	}},
	{"withdrawing takes back every suggestion for the message, and only those", func(x fixture) {
		t, s := x.t, x.s
		accept(t, s, message("k1", "m1", "v1", start), edited("k2", "m1", "v2", start), message("k3", "m3", "x", start))
		save(t, s, suggestion("s1", "k1", "m1"), false)
		save(t, s, suggestion("s2", "k2", "m1"), false)
		save(t, s, suggestion("s3", "k3", "m3"), false)
		require.NoError(t, s.WithdrawSuggestions(t.Context(), "rival", desk, "c1", "m1"))
		require.Equal(t, store.StateActive, state(t, s, "s2"))
		require.NoError(t, s.WithdrawSuggestions(t.Context(), ws, desk, "c1", "m1"))
		require.Equal(t, store.StateWithdrawn, state(t, s, "s1"))
		require.Equal(t, store.StateWithdrawn, state(t, s, "s2"))
		require.Equal(t, store.StateActive, state(t, s, "s3"))
	}},
	{"suggestions are listed newest first, by filter and page", func(x fixture) {
		t, s, clock := x.t, x.s, x.clock
		flags := []string{"high", "low", "high", "none"}
		for i, flag := range flags {
			sug := suggestion(fmt.Sprint("s", i), fmt.Sprint("k", i), fmt.Sprint("m", i))
			sug.Flag, sug.Conversation = flag, fmt.Sprint("c", i/2)
			save(t, s, sug, false)
			clock.Advance(time.Second)
		}
		for _, tt := range []struct {
			filter store.SuggestionFilter
			want   []string
		}{
			{store.SuggestionFilter{}, []string{"s3", "s2", "s1", "s0"}},
			{store.SuggestionFilter{Flag: "high"}, []string{"s2", "s0"}},
			{store.SuggestionFilter{Conversation: "c0"}, []string{"s1", "s0"}},
			{store.SuggestionFilter{Conversation: "c1", Flag: "low"}, nil},
			{store.SuggestionFilter{Limit: 2}, []string{"s3", "s2"}},
			{store.SuggestionFilter{Before: start.Add(2 * time.Second), Limit: 1}, []string{"s1"}},
			{store.SuggestionFilter{Message: "m3", Desk: desk, State: store.StateActive}, []string{"s3"}},
			{store.SuggestionFilter{State: store.StateWithdrawn}, nil},
		} {
			list, err := s.Suggestions(t.Context(), ws, tt.filter)
			require.NoError(t, err)
			var ids []string
			for _, sug := range list {
				ids = append(ids, sug.ID)
			}
			require.Equal(t, tt.want, ids, "%+v", tt.filter)
		}
		rival, err := s.Suggestions(t.Context(), "rival", store.SuggestionFilter{})
		require.NoError(t, err)
		require.Empty(t, rival)
	}},
	{"an outcome with an id is kept once, oldest first", func(x fixture) {
		t, s, clock := x.t, x.s, x.clock
		save(t, s, suggestion("s1", "k1", "m1"), false)
		first := store.Outcome{ID: "o9", Workspace: ws, Suggestion: "s1", Action: store.ActionEdited, Reason: "tone", Text: "Hei!", Agent: "kari"}
		require.NoError(t, s.SaveOutcome(t.Context(), first))
		clock.Advance(time.Second)
		require.NoError(t, s.SaveOutcome(t.Context(), first))
		require.NoError(t, s.SaveOutcome(t.Context(), store.Outcome{Workspace: ws, Suggestion: "s1", Action: store.ActionUp}))
		got, err := s.Outcomes(t.Context(), ws, "s1")
		require.NoError(t, err)
		require.Len(t, got, 2)
		first.Created = start.UTC()
		require.Equal(t, first, got[0])
		require.Equal(t, store.ActionUp, got[1].Action)
		require.NotEmpty(t, got[1].ID)
	}},
	{"an outcome needs a suggestion of its workspace", func(x fixture) {
		t, s := x.t, x.s
		save(t, s, suggestion("s1", "k1", "m1"), false)
		err := s.SaveOutcome(t.Context(), store.Outcome{Workspace: "rival", Suggestion: "s1", Action: store.ActionUsed})
		require.ErrorIs(t, err, store.ErrNotFound)
	}},
	{"labelled suggestions come with all their outcomes, the latest first", func(x fixture) {
		t, s, clock := x.t, x.s, x.clock
		for i := range 4 {
			sug := suggestion(fmt.Sprint("s", i), fmt.Sprint("k", i), fmt.Sprint("m", i))
			sug.Body = json.RawMessage(fmt.Sprintf(`{"n":%d}`, i))
			save(t, s, sug, false)
		}
		for _, o := range []store.Outcome{
			{Suggestion: "s0", Action: store.ActionUsed},
			{Suggestion: "s1", Action: store.ActionEdited, Text: "Hei!"},
			{Suggestion: "s2", Action: store.ActionUp},
			{Suggestion: "s0", Action: store.ActionSent, Text: "Hei"},
		} {
			o.Workspace = ws
			clock.Advance(time.Minute)
			require.NoError(t, s.SaveOutcome(t.Context(), o))
		}
		get := func(workspace string, since time.Time, limit int) (ids []string) {
			for l, err := range s.Labelled(t.Context(), workspace, since, limit) {
				require.NoError(t, err)
				ids = append(ids, l.Suggestion.ID)
				if l.Suggestion.ID == "s0" {
					require.JSONEq(t, `{"n":0}`, string(l.Suggestion.Body))
					require.Len(t, l.Outcomes, 2, "also those before since")
					require.Equal(t, []string{store.ActionUsed, store.ActionSent}, []string{l.Outcomes[0].Action, l.Outcomes[1].Action})
				}
			}
			return ids
		}
		require.Equal(t, []string{"s0", "s2", "s1"}, get(ws, time.Time{}, 0), "nobody did anything with s3")
		require.Equal(t, []string{"s0", "s2"}, get(ws, time.Time{}, 2))
		require.Equal(t, []string{"s0"}, get(ws, start.Add(4*time.Minute), 0))
		require.Empty(t, get("rival", time.Time{}, 0))
		for range s.Labelled(t.Context(), ws, time.Time{}, 0) {
			break // whoever has enough stops
		}
		require.NoError(t, s.WithdrawSuggestions(t.Context(), ws, desk, "c1", "m2"))
		require.NotContains(t, get(ws, time.Time{}, 0), "s2", "its body is erased")
		ended, cancel := context.WithCancel(t.Context())
		cancel()
		for _, err := range s.Labelled(ended, ws, time.Time{}, 0) {
			require.ErrorIs(t, err, context.Canceled)
		}
	}},
	{"passages are voted on by what became of the drafts that cite them", func(x fixture) {
		t, s := x.t, x.s
		put(t, s, "d", "1", "2", "3")
		vote := func(id, action, reason string, cites ...string) {
			sug := suggestion("s"+id, "k"+id, "m"+id)
			sug.Cites = cites
			save(t, s, sug, false)
			require.NoError(t, s.SaveOutcome(t.Context(), store.Outcome{Workspace: ws, Suggestion: sug.ID, Action: action, Reason: reason}))
		}
		vote("1", store.ActionUsed, "", "d/1", "d/2")
		require.NoError(t, s.SaveOutcome(t.Context(), store.Outcome{Workspace: ws, Suggestion: "s1", Action: store.ActionSent}))
		vote("2", store.ActionEdited, "", "d/1")
		vote("3", store.ActionRejected, "facts: wrong price", "d/1", "d/2")
		vote("4", store.ActionDown, "tone: what a source of mirth", "d/3")
		vote("5", store.ActionDown, "tone, source", "d/2")
		got, err := s.Votes(t.Context(), ws, []string{"d/1", "d/2", "d/3", "d/4"})
		require.NoError(t, err)
		require.Equal(t, map[string]store.Votes{"d/1": {Good: 2, Bad: 1}, "d/2": {Good: 1, Bad: 2}}, got)
		got, err = s.Votes(t.Context(), "rival", []string{"d/1"})
		require.NoError(t, err)
		require.Empty(t, got)
	}},
	{"a delivery once made stays made", func(x fixture) {
		t, s := x.t, x.s
		save(t, s, suggestion("s1", "k1", "m1"), true)
		d := store.Delivery{Suggestion: "s1", Desk: desk, State: store.DeliveryPending, Updated: start.UTC()}
		got, err := s.Deliveries(t.Context(), ws, "s1")
		require.NoError(t, err)
		require.Equal(t, []store.Delivery{d}, got, "queued together with the suggestion")

		d.State, d.External, d.Attempts = store.DeliveryDelivered, "note-7", 2
		require.NoError(t, s.SaveDelivery(t.Context(), d))
		require.NoError(t, s.SaveDelivery(t.Context(), store.Delivery{Suggestion: "s1", Desk: desk, State: store.DeliveryFailed, Error: "timeout"}))
		got, err = s.Deliveries(t.Context(), ws, "s1")
		require.NoError(t, err)
		require.Equal(t, []store.Delivery{d}, got)

		require.ErrorIs(t, s.SaveDelivery(t.Context(), store.Delivery{Suggestion: "s9", Desk: desk, State: store.DeliveryFailed}), store.ErrNotFound)
	}},
}

var feedTests = []test{
	{"each change is fed once, in order, to its workspace only", func(x fixture) {
		t, s := x.t, x.s
		accept(t, s, message("k1", "m1", "x", start), message("k2", "m2", "y", start))
		save(t, s, suggestion("s1", "k1", "m1"), true)
		_, err := s.SaveSuggestion(t.Context(), suggestion("s1", "k1", "m1"), true)
		require.NoError(t, err)
		require.NoError(t, s.SaveOutcome(t.Context(), store.Outcome{Workspace: ws, Suggestion: "s1", Action: store.ActionUsed}))
		require.NoError(t, s.SaveDelivery(t.Context(), store.Delivery{Suggestion: "s1", Desk: desk, State: store.DeliveryGone}))
		_, err = s.PutDocument(t.Context(), document("d1"), passages("d1", "a"))
		require.NoError(t, err)

		items, err := s.Feed(t.Context(), ws, 0, 0)
		require.NoError(t, err)
		var got []string
		last := int64(0)
		for _, item := range items {
			require.Greater(t, item.Seq, last)
			require.Equal(t, start.UTC(), item.At)
			last = item.Seq
			got = append(got, item.Kind+" "+item.Ref)
		}
		require.Equal(t, []string{
			"event support/k1", "event support/k2", "suggestion s1", "outcome s1", "delivery s1", "documents d1",
		}, got)
		end, err := s.FeedEnd(t.Context(), ws)
		require.NoError(t, err)
		require.Equal(t, last, end)

		items, err = s.Feed(t.Context(), ws, items[1].Seq, 2)
		require.NoError(t, err)
		require.Len(t, items, 2)
		require.Equal(t, "suggestion", items[0].Kind)
		rival, err := s.Feed(t.Context(), "rival", 0, 0)
		require.NoError(t, err)
		require.Empty(t, rival)
	}},
	{"a watcher is woken after the commit and finds the change", func(x fixture) {
		t, s := x.t, x.s
		wake, stop := s.Watch(ws)
		defer stop()
		rival, stopRival := s.Watch("rival")
		defer stopRival()
		accept(t, s, message("k1", "m1", "x", start))
		accept(t, s, message("k2", "m2", "x", start))
		<-wake
		items, err := s.Feed(t.Context(), ws, 0, 0)
		require.NoError(t, err)
		require.Len(t, items, 2)
		require.Empty(t, rival)

		stop()
		stop()
		accept(t, s, message("k3", "m3", "x", start))
		require.Empty(t, wake)
	}},
	{"what changed nothing wakes nobody", func(x fixture) {
		t, s := x.t, x.s
		accept(t, s, message("k1", "m1", "x", start))
		save(t, s, suggestion("s1", "k1", "m1"), false)
		wake, stop := s.Watch(ws)
		defer stop()
		_, err := s.Accept(t.Context(), ws, desk, nil)
		require.NoError(t, err)
		_, err = s.SaveSuggestion(t.Context(), suggestion("s1", "k1", "m1"), false)
		require.NoError(t, err)
		require.NoError(t, s.WithdrawSuggestions(t.Context(), ws, desk, "c1", "m9"))
		require.Empty(t, wake)
	}},
}
