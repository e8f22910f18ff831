package storetest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/sufflor/sufflor/connectors"
	"github.com/sufflor/sufflor/index"
	"github.com/sufflor/sufflor/store"
)

// asking is a suggestion for a message that asks something.
func asking(id, event, msg string) store.Suggestion {
	s := suggestion(id, event, msg)
	s.Asks = 1
	return s
}

func reply(key string, at time.Time) connectors.Event {
	e := message(key, "m-"+key, "Hei!", at)
	e.Role = connectors.Agent
	return e
}

func closes(key string, at time.Time) connectors.Event {
	return connectors.Event{Key: key, Kind: connectors.Closed, Conversation: "c1", At: at}
}

// collect does all jobs and returns those that are not for events, sorted, as
// kind and key.
func collect(t *testing.T, s Store) []string {
	t.Helper()
	depth, err := s.QueueDepth(t.Context())
	require.NoError(t, err)
	if depth == 0 {
		return []string{}
	}
	jobs := make(chan store.Job, 64)
	handler := func(_ context.Context, j store.Job) error { jobs <- j; return nil }
	handlers := map[string]store.Handler{}
	for _, kind := range []string{store.JobEvent, store.JobDraft, store.JobDeliver, store.JobUpdate, store.JobWithdraw, store.JobFiles} {
		handlers[kind] = handler
	}
	stop := work(t, s, handlers)
	require.Eventually(t, func() bool {
		depth, err := s.QueueDepth(t.Context())
		require.NoError(t, err)
		return depth == 0
	}, patience, 5*time.Millisecond)
	stop()
	close(jobs)
	done := []string{}
	for j := range jobs {
		if j.Kind != store.JobEvent {
			done = append(done, j.Kind+" "+j.Key)
		}
	}
	slices.Sort(done)
	return slices.Compact(done)
}

func after(n int) time.Time { return start.Add(time.Duration(n) * time.Minute) }

var moveTests = []test{
	{"the suggestion for a newer message overtakes the earlier ones, if it asks something", func(x fixture) {
		t, s := x.t, x.s
		accept(t, s, message("k1", "m1", "a", after(1)), message("k2", "m2", "b", after(2)), message("k3", "m3", "thanks", after(3)))
		other := message("k4", "m4", "elsewhere", after(0))
		other.Conversation = "c2"
		accept(t, s, other)
		elsewhere := asking("s4", "k4", "m4")
		elsewhere.Conversation = "c2"
		save(t, s, elsewhere, true)
		save(t, s, asking("s1", "k1", "m1"), true)
		save(t, s, suggestion("s3", "k3", "m3"), false)
		require.Equal(t, store.StateActive, state(t, s, "s1"), "thanks overtake nothing")
		save(t, s, asking("s2", "k2", "m2"), true)
		require.Equal(t, store.StateOvertaken, state(t, s, "s1"))
		require.Equal(t, store.StateActive, state(t, s, "s2"))
		require.Equal(t, store.StateActive, state(t, s, "s4"))
		require.Equal(t, []string{"deliver s1", "deliver s2", "deliver s4", "withdraw s1"}, collect(t, s))
	}},
	{"a suggestion that comes after that of a newer message is born overtaken", func(x fixture) {
		t, s := x.t, x.s
		accept(t, s, message("k1", "m1", "a", after(1)), message("k2", "m2", "b", after(2)))
		save(t, s, asking("s2", "k2", "m2"), true)
		late := asking("s1", "k1", "m1")
		late.Pending = true
		save(t, s, late, true)
		got, err := s.Suggestion(t.Context(), ws, "s1")
		require.NoError(t, err)
		require.Equal(t, store.StateOvertaken, got.State)
		require.False(t, got.Pending)
		require.Zero(t, deliveries(t, s, "s1"))
	}},
	{"a person's reply answers what was asked before it, and nothing later", func(x fixture) {
		t, s := x.t, x.s
		accept(t, s, message("k1", "m1", "a", after(1)), reply("r", after(2)), message("k2", "m2", "b", after(3)))
		save(t, s, asking("s2", "k2", "m2"), true)
		require.NoError(t, s.MoveOn(t.Context(), ws, desk, "r"))
		require.Equal(t, store.StateActive, state(t, s, "s2"))
		save(t, s, asking("s1", "k1", "m1"), true)
		require.Equal(t, store.StateAnswered, state(t, s, "s1"), "answered before it was made")
		require.Zero(t, deliveries(t, s, "s1"))
	}},
	{"a reply or an end that jobs find takes back what was delivered", func(x fixture) {
		t, s := x.t, x.s
		for i, c := range []struct {
			event connectors.Event
			want  string
		}{{reply("r", after(9)), store.StateAnswered}, {closes("c", after(9)), store.StateClosed}} {
			conversation := fmt.Sprint("c", i)
			q := message(fmt.Sprint("k", i), "m", "a", after(1))
			q.Conversation, c.event.Conversation = conversation, conversation
			accept(t, s, q)
			sug := asking(fmt.Sprint("s", i), q.Key, "m")
			sug.Conversation = conversation
			save(t, s, sug, true)
			accept(t, s, c.event)
			for range 2 { // a job may run twice
				require.NoError(t, s.MoveOn(t.Context(), ws, desk, c.event.Key))
			}
			require.Equal(t, c.want, state(t, s, sug.ID))
		}
		require.Equal(t, []string{"deliver s0", "deliver s1", "withdraw s0", "withdraw s1"}, collect(t, s))
		require.ErrorIs(t, s.MoveOn(t.Context(), ws, desk, "nobody"), store.ErrNotFound)
		require.ErrorIs(t, s.MoveOn(t.Context(), "rival", desk, "r"), store.ErrNotFound)
	}},
	{"of events dated alike the one that arrived later counts as later", func(x fixture) {
		t, s := x.t, x.s
		accept(t, s, message("k1", "m1", "a", start), reply("r", start), message("k2", "m2", "b", start))
		save(t, s, asking("s1", "k1", "m1"), false)
		save(t, s, asking("s2", "k2", "m2"), false)
		require.Equal(t, store.StateAnswered, state(t, s, "s1"))
		require.Equal(t, store.StateActive, state(t, s, "s2"))
	}},
	{"what a deletion or an edit ends is taken back, too", func(x fixture) {
		t, s := x.t, x.s
		accept(t, s, message("k1", "m1", "a", after(1)))
		save(t, s, asking("s1", "k1", "m1"), true)
		accept(t, s, edited("k2", "m1", "b", after(2)))
		save(t, s, asking("s2", "k2", "m1"), true)
		accept(t, s, deleted("k3", "m1", after(3)))
		require.Equal(t, []string{"deliver s1", "deliver s2", "withdraw s1", "withdraw s2"}, collect(t, s))
	}},
	{"a suggestion that is measured only is in no list and no feed, and not delivered", func(x fixture) {
		t, s := x.t, x.s
		accept(t, s, message("k1", "m1", "a", after(1)))
		sug := asking("s1", "k1", "m1")
		sug.Shadow = true
		save(t, s, sug, true)
		require.Zero(t, deliveries(t, s, "s1"))
		list, err := s.Suggestions(t.Context(), ws, store.SuggestionFilter{})
		require.NoError(t, err)
		require.Empty(t, list)
		list, err = s.Suggestions(t.Context(), ws, store.SuggestionFilter{Shadow: true})
		require.NoError(t, err)
		require.Len(t, list, 1)
		require.NoError(t, s.SaveOutcome(t.Context(), store.Outcome{Workspace: ws, Suggestion: "s1", Action: store.ActionSent, Detail: json.RawMessage(`{"kept":1}`)}))
		outcomes, err := s.Outcomes(t.Context(), ws, "s1")
		require.NoError(t, err)
		require.JSONEq(t, `{"kept":1}`, string(outcomes[0].Detail))
		for l, err := range s.Labelled(t.Context(), ws, time.Time{}, 0) {
			require.NoError(t, err)
			require.Equal(t, "s1", l.Suggestion.ID, "measured all the same")
		}
		feed, err := s.Feed(t.Context(), ws, 0, 0)
		require.NoError(t, err)
		require.Len(t, feed, 1, "of the event")
		require.ErrorIs(t, s.SaveOutcome(t.Context(), store.Outcome{Workspace: ws, Suggestion: "s1", Action: store.ActionSent, Detail: json.RawMessage(`{`)}), store.ErrInvalid)
	}},
}

func delivery(t *testing.T, s Store, id string) store.Delivery {
	t.Helper()
	list, err := s.Deliveries(t.Context(), ws, id)
	require.NoError(t, err)
	require.Len(t, list, 1)
	return list[0]
}

var noteTests = []test{
	{"an early note is delivered at once and put right once the draft is finished", func(x fixture) {
		t, s := x.t, x.s
		accept(t, s, message("k1", "m1", "x", start))
		first := unfinished("s1", "k1", "m1")
		first.Early = true
		save(t, s, first, true)
		require.Equal(t, 1, deliveries(t, s, "s1"))
		require.NoError(t, s.SaveDelivery(t.Context(), store.Delivery{Suggestion: "s1", Desk: desk, State: store.DeliveryDelivered, External: "n1"}))
		finish(t, s, better("s1", "k1", "m1"), true, true)
		finish(t, s, better("s1", "k1", "m1"), true, false)
		require.Equal(t, 1, deliveries(t, s, "s1"))
		got, err := s.Suggestion(t.Context(), ws, "s1")
		require.NoError(t, err)
		require.Equal(t, 1, got.Revision)
		require.Equal(t, []string{"deliver s1", "draft s1", "update s1"}, collect(t, s))
	}},
	{"an early draft that stays as it was needs no update", func(x fixture) {
		t, s := x.t, x.s
		accept(t, s, message("k1", "m1", "x", start))
		first := unfinished("s1", "k1", "m1")
		first.Early = true
		save(t, s, first, true)
		require.NoError(t, s.SaveOutcome(t.Context(), store.Outcome{Workspace: ws, Suggestion: "s1", Action: store.ActionUsed}))
		finish(t, s, better("s1", "k1", "m1"), true, false)
		require.Equal(t, []string{"deliver s1", "draft s1"}, collect(t, s))
	}},
	{"a note whose source changes is put right, one that waits or is old is not", func(x fixture) {
		t, s, clock := x.t, x.s, x.clock
		put(t, s, "d", "1")
		for i, id := range []string{"s1", "s2", "s3"} {
			sug := asking(id, fmt.Sprint("k", i), "m")
			sug.Conversation, sug.Cites = fmt.Sprint("c", i), []string{"d/1"}
			save(t, s, sug, true)
		}
		require.NoError(t, s.SaveDelivery(t.Context(), store.Delivery{Suggestion: "s3", Desk: desk, State: store.DeliveryDelivered, External: "n3"}))
		clock.Advance(8 * 24 * time.Hour)
		require.NoError(t, s.SaveDelivery(t.Context(), store.Delivery{Suggestion: "s1", Desk: desk, State: store.DeliveryDelivered, External: "n1"}))
		_, err := s.DeleteDocument(t.Context(), ws, "d")
		require.NoError(t, err)
		require.Equal(t, []string{"update s1"}, collect(t, s))
		got, err := s.Suggestion(t.Context(), ws, "s1")
		require.NoError(t, err)
		require.Equal(t, 1, got.Revision)
	}},
	{"an attempt leaves a trace before it has an end", func(x fixture) {
		t, s := x.t, x.s
		save(t, s, asking("s1", "k1", "m1"), true)
		d, err := s.BeginDelivery(t.Context(), ws, "s1", desk)
		require.NoError(t, err)
		require.True(t, d.Unsure)
		require.True(t, delivery(t, s, "s1").Unsure)
		require.NoError(t, s.SaveDelivery(t.Context(), store.Delivery{Suggestion: "s1", Desk: desk, State: store.DeliveryDelivered, External: "n1", Revision: 3}))
		d, err = s.BeginDelivery(t.Context(), ws, "s1", desk)
		require.NoError(t, err)
		require.False(t, d.Unsure, "what is delivered is sure")
		require.Equal(t, "n1", d.External)
		require.Equal(t, 3, d.Revision)
		_, err = s.BeginDelivery(t.Context(), "rival", "s1", desk)
		require.ErrorIs(t, err, store.ErrNotFound)
	}},
	{"a note that was taken back stays so", func(x fixture) {
		t, s := x.t, x.s
		save(t, s, asking("s1", "k1", "m1"), true)
		require.NoError(t, s.SaveDelivery(t.Context(), store.Delivery{Suggestion: "s1", Desk: desk, State: store.DeliveryDelivered, External: "n1"}))
		require.NoError(t, s.SaveNote(t.Context(), store.Delivery{Suggestion: "s1", Desk: desk, State: store.DeliveryWithdrawn, External: "n1"}))
		require.NoError(t, s.SaveNote(t.Context(), store.Delivery{Suggestion: "s1", Desk: desk, State: store.DeliveryDelivered, External: "n2"}))
		require.NoError(t, s.SaveDelivery(t.Context(), store.Delivery{Suggestion: "s1", Desk: desk, State: store.DeliveryFailed}))
		require.Equal(t, store.DeliveryWithdrawn, delivery(t, s, "s1").State)
		require.Equal(t, "n1", delivery(t, s, "s1").External)
		require.ErrorIs(t, s.SaveNote(t.Context(), store.Delivery{Suggestion: "s9", Desk: desk, State: store.DeliveryFailed}), store.ErrNotFound)
		require.ErrorIs(t, s.SaveNote(t.Context(), store.Delivery{Suggestion: "s1", Desk: desk, State: "lost"}), store.ErrInvalid)
	}},
}

var deskTests = []test{
	{"a desk is never connected until something goes in or out", func(x fixture) {
		t, s, clock := x.t, x.s, x.clock
		d, err := s.Desk(t.Context(), desk)
		require.NoError(t, err)
		require.Equal(t, store.Desk{Name: desk}, d)
		require.Equal(t, store.DeskNever, d.State())
		accept(t, s, message("k1", "m1", "x", start))
		d, err = s.Desk(t.Context(), desk)
		require.NoError(t, err)
		require.Equal(t, store.DeskConnected, d.State())
		require.Equal(t, start.UTC(), d.Received)

		clock.Advance(time.Minute)
		save(t, s, asking("s1", "k1", "m1"), true)
		require.NoError(t, s.SaveDelivery(t.Context(), store.Delivery{Suggestion: "s1", Desk: desk, State: store.DeliveryPending, Error: "busy"}))
		d, err = s.Desk(t.Context(), desk)
		require.NoError(t, err)
		require.Equal(t, "busy", d.Error)
		require.Zero(t, d.Noted)
		require.Equal(t, store.DeskConnected, d.State(), "a fault that passes")
		require.NoError(t, s.SaveDelivery(t.Context(), store.Delivery{Suggestion: "s1", Desk: desk, State: store.DeliveryDelivered, External: "n1"}))
		d, err = s.Desk(t.Context(), desk)
		require.NoError(t, err)
		require.Equal(t, clock.Now().UTC(), d.Noted)
	}},
	{"withdrawn access disconnects, with the step to repair, until a call succeeds", func(x fixture) {
		t, s, clock := x.t, x.s, x.clock
		lost := fmt.Errorf("token refused; renew it: %w", connectors.ErrGone)
		require.NoError(t, s.DeskFailed(t.Context(), desk, lost))
		clock.Advance(time.Hour)
		require.NoError(t, s.DeskFailed(t.Context(), desk, lost))
		require.NoError(t, s.DeskFailed(t.Context(), desk, errors.New("later, something else")))
		accept(t, s, message("k1", "m1", "x", start))
		d, err := s.Desk(t.Context(), desk)
		require.NoError(t, err)
		require.Equal(t, store.DeskDisconnected, d.State(), "deliveries come without our token")
		require.Equal(t, start.UTC(), d.Lost, "since the first refusal")
		require.Contains(t, d.Reason, "renew it")
		require.NoError(t, s.DeskAnswered(t.Context(), desk))
		d, err = s.Desk(t.Context(), desk)
		require.NoError(t, err)
		require.Equal(t, store.DeskConnected, d.State())
		require.Empty(t, d.Reason)

		save(t, s, asking("s1", "k1", "m1"), true)
		require.NoError(t, s.SaveDelivery(t.Context(), store.Delivery{Suggestion: "s1", Desk: desk, State: store.DeliveryGone, Error: "uninstalled"}))
		d, err = s.Desk(t.Context(), desk)
		require.NoError(t, err)
		require.Equal(t, store.DeskDisconnected, d.State())
		require.Equal(t, "uninstalled", d.Reason)
	}},
	{"a page of events and its cursor are kept together or not at all", func(x fixture) {
		t, s, clock := x.t, x.s, x.clock
		d, err := s.BeginPolling(t.Context(), desk, after(-60))
		require.NoError(t, err)
		require.Equal(t, after(-60).UTC(), d.Since)
		clock.Advance(time.Hour)
		d, err = s.BeginPolling(t.Context(), desk, after(0))
		require.NoError(t, err)
		require.Equal(t, after(-60).UTC(), d.Since, "the first answer counts, however late")

		n, err := s.AcceptPage(t.Context(), ws, desk, []connectors.Event{message("k1", "m1", "x", start)}, "p2")
		require.NoError(t, err)
		require.Equal(t, 1, n)
		_, err = s.AcceptPage(t.Context(), ws, desk, []connectors.Event{message("k2", "m2", "x", start), {Kind: connectors.Message}}, "p3")
		require.ErrorIs(t, err, store.ErrInvalid)
		_, err = s.AcceptPage(t.Context(), ws, desk, []connectors.Event{message("k2", "m2", "x", start)}, strings.Repeat("x", 5000))
		require.ErrorIs(t, err, store.ErrInvalid)
		d, err = s.Desk(t.Context(), desk)
		require.NoError(t, err)
		require.Equal(t, "p2", d.Cursor)
		_, err = s.Event(t.Context(), desk, "k2")
		require.ErrorIs(t, err, store.ErrNotFound)
		clock.Advance(time.Minute)
		n, err = s.AcceptPage(t.Context(), ws, desk, nil, "p3")
		require.NoError(t, err)
		require.Zero(t, n)
		d, err = s.Desk(t.Context(), desk)
		require.NoError(t, err)
		require.Equal(t, "p3", d.Cursor)
		require.Equal(t, clock.Now().UTC(), d.Polled)
	}},
	{"a conversation remembers tags, group, brand and assignee", func(x fixture) {
		t, s := x.t, x.s
		e := message("k1", "m1", "x", start)
		e.Tags, e.Group, e.Brand, e.Assignee = []string{"vip", "pump"}, "g1", "b1", "a1"
		accept(t, s, e, message("k2", "m2", "y", start))
		got, err := s.Conversation(t.Context(), ws, desk, "c1")
		require.NoError(t, err)
		require.Equal(t, []string{"vip", "pump"}, got.Tags)
		require.Equal(t, []string{"g1", "b1", "a1"}, []string{got.Group, got.Brand, got.Assignee})
		accept(t, s, connectors.Event{Key: "k3", Kind: connectors.Assigned, Conversation: "c1", Group: "g2", At: start})
		got, err = s.Conversation(t.Context(), ws, desk, "c1")
		require.NoError(t, err)
		require.Equal(t, "g2", got.Group)
		require.Empty(t, got.Assignee, "nobody is an assignee, too")
		w, err := s.Workspace(t.Context(), desk, "c1", "rival", ws)
		require.NoError(t, err)
		require.Equal(t, ws, w)
		w, err = s.Workspace(t.Context(), desk, "c9", "rival", ws)
		require.NoError(t, err)
		require.Empty(t, w)
	}},
}

func file(n int, name, text string) store.File {
	return store.File{
		Workspace: ws, Desk: desk, Event: "k1", Number: n, Conversation: "c1", Message: "m1", Name: name, Type: "text/plain", Size: 9,
		State: store.FileRead, Passages: []index.Passage{{ID: "p", Title: name, Text: text, Locator: index.Locator{Line: 3}}},
	}
}

var fileTests = []test{
	{"files are kept for their conversation and forgotten with their message", func(x fixture) {
		t, s := x.t, x.s
		accept(t, s, message("k1", "m1", "x", start))
		first, failed := file(0, "log.txt", "E-4419"), file(1, "b.pdf", "")
		failed.State, failed.Error, failed.Passages = store.FileFailed, "encrypted", nil
		require.NoError(t, s.SaveFile(t.Context(), failed))
		require.NoError(t, s.SaveFile(t.Context(), file(0, "log.txt", "half")))
		require.NoError(t, s.SaveFile(t.Context(), first))
		got, err := s.Files(t.Context(), ws, desk, "c1")
		require.NoError(t, err)
		first.At, failed.At = start.UTC(), start.UTC()
		require.Equal(t, []store.File{first, failed}, got)
		none, err := s.Files(t.Context(), "rival", desk, "c1")
		require.NoError(t, err)
		require.Empty(t, none)

		accept(t, s, deleted("k2", "m1", start))
		require.NoError(t, s.SaveFile(t.Context(), first), "it came late, and is not kept")
		got, err = s.Files(t.Context(), ws, desk, "c1")
		require.NoError(t, err)
		require.Empty(t, got)
	}},
	{"a draft that waits for files is drafted once they are read", func(x fixture) {
		t, s := x.t, x.s
		accept(t, s, message("k1", "m1", "x", start))
		sug := unfinished("s1", "k1", "m1")
		sug.AwaitFiles = true
		save(t, s, sug, true)
		require.Zero(t, deliveries(t, s, "s1"))
		require.Equal(t, []string{"files k1"}, collect(t, s))
		found, err := s.Redraft(t.Context(), ws, desk, "k1")
		require.NoError(t, err)
		require.True(t, found)
		require.Equal(t, []string{"draft s1"}, collect(t, s))
		late := better("s1", "k1", "m1")
		finish(t, s, late, true, true)
		got, err := s.Suggestion(t.Context(), ws, "s1")
		require.NoError(t, err)
		require.True(t, got.Pending, "that was the round before the files")
		require.Zero(t, deliveries(t, s, "s1"))
		late.Round = got.Round
		finish(t, s, late, true, true)
		got, err = s.Suggestion(t.Context(), ws, "s1")
		require.NoError(t, err)
		require.False(t, got.Pending)
		require.Equal(t, 1, deliveries(t, s, "s1"))
	}},
	{"a file that joins a message later drafts it again, unless somebody has acted on it", func(x fixture) {
		t, s := x.t, x.s
		accept(t, s, message("k1", "m1", "x", start), message("k2", "m2", "y", start))
		joined := connectors.Event{Key: "f1", Kind: connectors.Attached, Conversation: "c1", Message: "m1", At: start}
		other := joined
		other.Key, other.Message = "f2", "m2"
		accept(t, s, joined, other)
		found, err := s.Redraft(t.Context(), ws, desk, "f1")
		require.NoError(t, err)
		require.False(t, found, "there is none yet")
		save(t, s, suggestion("s1", "k1", "m1"), false)
		save(t, s, suggestion("s2", "k2", "m2"), false)
		require.NoError(t, s.SaveOutcome(t.Context(), store.Outcome{Workspace: ws, Suggestion: "s2", Action: store.ActionUsed}))
		for _, key := range []string{"f1", "f2"} {
			found, err = s.Redraft(t.Context(), ws, desk, key)
			require.NoError(t, err)
			require.True(t, found)
		}
		require.NoError(t, s.QueueFiles(t.Context(), ws, desk, "f1"))
		require.Equal(t, []string{"draft s1", "files f1"}, collect(t, s))
		_, err = s.Redraft(t.Context(), "rival", desk, "f1")
		require.ErrorIs(t, err, store.ErrNotFound)
	}},
}
