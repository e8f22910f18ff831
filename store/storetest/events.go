package storetest

import (
	"fmt"
	"strings"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/sufflor/sufflor/connectors"
	"github.com/sufflor/sufflor/store"
)

var eventTests = []test{
	{"an event comes back as it was accepted", func(x fixture) {
		t, s := x.t, x.s
		e := message("k1", "m1", "Hei, hvor er pakken?\n\n– Ola ✓", start)
		e.Author, e.AuthorName, e.Customer, e.Subject = "u1", "Ola", "cust-1", "Pakke"
		e.Route = map[string]string{"thread": "42"}
		e.Attachments = []connectors.Attachment{{ID: "a1", Name: "kvittering.pdf", Size: 17}}
		accept(t, s, e)

		got, err := s.Event(t.Context(), desk, "k1")
		require.NoError(t, err)
		e.At = start.UTC()
		require.Equal(t, store.Event{Event: e, Workspace: ws, Desk: desk, Received: start.UTC()}, got)
	}},
	{"an event that nobody sent is not found", func(x fixture) {
		t, s := x.t, x.s
		accept(t, s, message("k1", "m1", "x", start))
		_, err := s.Event(t.Context(), "other", "k1")
		require.ErrorIs(t, err, store.ErrNotFound)
		_, err = s.Event(t.Context(), desk, "k1\x00")
		require.NoError(t, err, "a NUL is never part of a key")
	}},
	{"a redelivery is neither stored nor queued twice", func(x fixture) {
		t, s := x.t, x.s
		accept(t, s, message("k1", "m1", "first", start))
		n, err := s.Accept(t.Context(), ws, desk, []connectors.Event{
			message("k1", "m1", "changed", start), message("k2", "m2", "second", start.Add(time.Second)), message("k2", "m2", "again", start),
		})
		require.NoError(t, err)
		require.Equal(t, 1, n)
		require.Equal(t, []string{"first", "second"}, texts(t, s, time.Time{}, 0))
		depth, err := s.QueueDepth(t.Context())
		require.NoError(t, err)
		require.Equal(t, 2, depth)
	}},
	{"the same key at another desk is another event", func(x fixture) {
		t, s := x.t, x.s
		accept(t, s, message("k1", "m1", "here", start))
		n, err := s.Accept(t.Context(), ws, "sales", []connectors.Event{message("k1", "m1", "there", start)})
		require.NoError(t, err)
		require.Equal(t, 1, n)
	}},
	{"a delivery with one bad event is refused whole", func(x fixture) {
		t, s := x.t, x.s
		_, err := s.Accept(t.Context(), ws, desk, []connectors.Event{message("k1", "m1", "x", start), {Kind: connectors.Message}})
		require.ErrorIs(t, err, store.ErrInvalid)
		require.ErrorContains(t, err, "events[1]")
		_, err = s.Event(t.Context(), desk, "k1")
		require.ErrorIs(t, err, store.ErrNotFound)
	}},
	{"history is the last messages before a time, oldest first", func(x fixture) {
		t, s := x.t, x.s
		for _, i := range []int{3, 1, 5, 2, 4} {
			accept(t, s, message(fmt.Sprint("k", i), fmt.Sprint("m", i), fmt.Sprint(i), start.Add(time.Duration(i)*time.Minute)))
		}
		accept(t, s, connectors.Event{Key: "closed", Kind: connectors.Closed, Conversation: "c1", At: start.Add(time.Hour)})
		require.Equal(t, []string{"1", "2", "3", "4", "5"}, texts(t, s, time.Time{}, 0))
		require.Equal(t, []string{"2", "3"}, texts(t, s, start.Add(4*time.Minute), 2))
		other, err := s.History(t.Context(), "rival", desk, "c1", time.Time{}, 0)
		require.NoError(t, err)
		require.Empty(t, other, "no workspace sees another's messages")
	}},
	{"an event without a time stands where it arrived", func(x fixture) {
		t, s, clock := x.t, x.s, x.clock
		accept(t, s, message("k1", "m1", "early", start.Add(-time.Minute)))
		accept(t, s, message("k2", "m2", "undated", time.Time{}))
		accept(t, s, message("k3", "m3", "absurd", time.Date(99999, 1, 1, 0, 0, 0, 0, time.UTC)))
		clock.Advance(time.Minute)
		accept(t, s, message("k4", "m4", "late", clock.Now()))
		require.Equal(t, []string{"early", "undated", "absurd", "late"}, texts(t, s, time.Time{}, 0))
		got, err := s.Event(t.Context(), desk, "k2")
		require.NoError(t, err)
		require.True(t, got.At.IsZero(), "we do not invent what the desk did not say")
	}},
	{"the conversation knows subject, customer and when it was closed", func(x fixture) {
		t, s := x.t, x.s
		first := message("k1", "m1", "x", start)
		first.Subject, first.Customer, first.Channel = "Pakke", "cust-1", "mail"
		accept(t, s, first, connectors.Event{Key: "k2", Kind: connectors.Closed, Conversation: "c1", At: start.Add(time.Hour)})
		got, err := s.Conversation(t.Context(), ws, desk, "c1")
		require.NoError(t, err)
		require.Equal(t, store.Conversation{
			Workspace: ws, Desk: desk, ID: "c1", Subject: "Pakke", Customer: "cust-1", Channel: "mail",
			Opened: start.UTC(), Active: start.Add(time.Hour).UTC(), Closed: start.Add(time.Hour).UTC(),
		}, got)

		accept(t, s, message("k3", "m3", "late to come", start.Add(time.Minute)))
		got, err = s.Conversation(t.Context(), ws, desk, "c1")
		require.NoError(t, err)
		require.False(t, got.Closed.IsZero(), "an old message does not open it again")

		accept(t, s, message("k4", "m4", "again", start.Add(2*time.Hour)))
		got, err = s.Conversation(t.Context(), ws, desk, "c1")
		require.NoError(t, err)
		require.True(t, got.Closed.IsZero(), "a new message does")

		_, err = s.Conversation(t.Context(), "rival", desk, "c1")
		require.ErrorIs(t, err, store.ErrNotFound)
	}},
	{"edits and deletions lead to the same end in any order", func(x fixture) {
		t, s := x.t, x.s
		at := func(n int) time.Time { return start.Add(time.Duration(n) * time.Second) }
		stories := []struct {
			name   string
			events []connectors.Event
			want   []string // of the history
			gone   bool
		}{
			{"an edit wins", []connectors.Event{message("m", "", "v1", at(0)), edited("e", "", "v2", at(1))}, []string{"v2"}, false},
			{"the latest of two edits wins", []connectors.Event{message("m", "", "v1", at(0)), edited("e", "", "v2", at(1)), edited("f", "", "v3", at(2))}, []string{"v3"}, false},
			{"an edit dated like its message wins", []connectors.Event{message("m", "", "v1", at(0)), edited("e", "", "v2", at(0))}, []string{"v2"}, false},
			{"an edit to nothing is an edit", []connectors.Event{message("m", "", "v1", at(0)), edited("e", "", "", at(1))}, []string{""}, false},
			{"a deletion wins", []connectors.Event{message("m", "", "v1", at(0)), deleted("d", "", at(1))}, []string{}, true},
			{"a deletion wins over a later edit", []connectors.Event{message("m", "", "v1", at(0)), edited("e", "", "v2", at(9)), deleted("d", "", at(1))}, []string{}, true},
		}
		for i, story := range stories {
			for p, order := range permutations(len(story.events)) {
				conversation := fmt.Sprintf("story-%d-%d", i, p)
				var keys []string
				for _, n := range order {
					e := story.events[n]
					e.Key, e.Message, e.Conversation = conversation+e.Key, "same id in each conversation", conversation
					accept(t, s, e)
					keys = append(keys, e.Key)
				}
				name := fmt.Sprintf("%s, in order %v", story.name, order)
				history, err := s.History(t.Context(), ws, desk, conversation, time.Time{}, 0)
				require.NoError(t, err)
				got := []string{}
				for _, e := range history {
					got = append(got, e.Text)
				}
				require.Equal(t, story.want, got, name)
				for _, key := range keys {
					e, err := s.Event(t.Context(), desk, key)
					require.NoError(t, err)
					require.Equal(t, story.gone, e.Gone, "%s: event %s", name, key)
					require.Equal(t, strings.Join(story.want, ""), e.Text, "%s: event %s: all events of a message have its text", name, key)
				}
			}
		}
	}},
	{"of two edits dated alike the one that arrives later wins", func(x fixture) {
		t, s := x.t, x.s
		accept(t, s, message("k1", "m1", "v1", start), edited("k2", "m1", "v2", start), edited("k3", "m1", "v3", start))
		require.Equal(t, []string{"v3"}, texts(t, s, time.Time{}, 0))
	}},
	{"a deletion forgets attachments and touches nothing else", func(x fixture) {
		t, s := x.t, x.s
		e := message("k1", "m1", "secret", start)
		e.Attachments = []connectors.Attachment{{Name: "passport.jpg"}}
		feedback := connectors.Event{
			Key: "k3", Kind: connectors.Feedback, Conversation: "c1", Message: "m1",
			Rating: &connectors.Rating{Verdict: "up", Text: "good"}, At: start,
		}
		accept(t, s, e, message("k2", "m2", "other", start), feedback, deleted("k4", "m1", start))
		got, err := s.Event(t.Context(), desk, "k1")
		require.NoError(t, err)
		require.Empty(t, got.Text)
		require.Empty(t, got.Attachments)
		require.Equal(t, []string{"other"}, texts(t, s, time.Time{}, 0))
		got, err = s.Event(t.Context(), desk, "k3")
		require.NoError(t, err)
		require.False(t, got.Gone)
		require.Equal(t, "good", got.Rating.Text)
	}},
	{"a deletion withdraws the suggestions for its message", func(x fixture) {
		t, s := x.t, x.s
		accept(t, s, message("k1", "m1", "secret", start), message("k2", "m2", "other", start))
		save(t, s, suggestion("s1", "k1", "m1"), true)
		save(t, s, suggestion("s2", "k2", "m2"), true)
		accept(t, s, deleted("k3", "m1", start))
		got, err := s.Suggestion(t.Context(), ws, "s1")
		require.NoError(t, err)
		require.Equal(t, store.StateWithdrawn, got.State)
		require.Empty(t, got.Question)
		require.JSONEq(t, "{}", string(got.Body))
		require.Equal(t, store.StateActive, state(t, s, "s2"))
	}},
}

func permutations(n int) [][]int {
	if n == 0 {
		return [][]int{{}}
	}
	var all [][]int
	for _, p := range permutations(n - 1) {
		for i := range n {
			q := append(append(append([]int{}, p[:i]...), n-1), p[i:]...)
			all = append(all, q)
		}
	}
	return all
}
