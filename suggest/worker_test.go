package suggest_test

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/sufflor/sufflor/connectors"
	"github.com/sufflor/sufflor/index"
	"github.com/sufflor/sufflor/store"
	"github.com/sufflor/sufflor/suggest"
)

// desk is a connector whose notes and fetched events the test decides.
type desk struct {
	mu      sync.Mutex
	notes   []connectors.Note
	answers []error // of the next notes, nil when used up
	fetched []connectors.Event
	silent  bool
}

func (*desk) Verify(context.Context, connectors.Delivery, time.Time) error { return nil }

func (*desk) Read(connectors.Delivery) (connectors.Receipt, error) { return connectors.Receipt{}, nil }

func (d *desk) Silent() bool { return d.silent }

func (d *desk) Fetch(context.Context, connectors.Event) ([]connectors.Event, error) {
	return d.fetched, nil
}

func (d *desk) Note(_ context.Context, n connectors.Note) (string, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if len(d.answers) > 0 {
		err := d.answers[0]
		d.answers = d.answers[1:]
		if err != nil {
			return "", err
		}
	}
	d.notes = append(d.notes, n)
	return "note-1", nil
}

func (d *desk) sent() []connectors.Note {
	d.mu.Lock()
	defer d.mu.Unlock()
	return append([]connectors.Note(nil), d.notes...)
}

// office is a running worker over a real store.
type office struct {
	store  *store.Store
	desk   *desk
	worker *suggest.Worker
}

func open(t *testing.T) office {
	t.Helper()
	return openWith(t, nil, nil)
}

func openWith(t *testing.T, c suggest.Composer, live *suggest.Live) office {
	t.Helper()
	return openAs(t, func(w *suggest.Worker) { w.Pipeline.Composer, w.Live = c, live })
}

// openAs is open with a worker that the test has set up.
func openAs(t *testing.T, setUp func(*suggest.Worker)) office {
	t.Helper()
	s, err := store.Open(t.Context(), store.Options{Dir: t.TempDir(), Log: slog.New(slog.DiscardHandler)})
	require.NoError(t, err)
	o := office{store: s, desk: &desk{}}
	lib := newLibrary(t, shelf()...)
	fill(t, s, lib)
	p := pipeline(lib)
	w := &suggest.Worker{
		Store: s, Pipeline: p, Desks: map[string]connectors.Connector{"zd": o.desk}, Now: time.Now,
		Log: slog.New(slog.DiscardHandler), Link: func(_, id string) string { return "https://panel.example/" + id },
	}
	setUp(w)
	o.worker = w
	ctx, stop := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- s.Work(ctx, 2, w.Handlers()) }()
	t.Cleanup(func() {
		stop()
		require.NoError(t, <-done)
		require.NoError(t, s.Close())
	})
	return o
}

// fill stores what the library holds: a document for each audience.
func fill(t *testing.T, s *store.Store, lib library) {
	t.Helper()
	docs := map[string][]index.Passage{}
	for _, p := range lib.all {
		p.Document = p.Workspace + "-" + string(p.Audience)
		docs[p.Document] = append(docs[p.Document], p)
	}
	for id, passages := range docs {
		p := passages[0]
		_, err := s.PutDocument(t.Context(), store.Document{ID: id, Workspace: p.Workspace, Root: "r", Path: id, Audience: string(p.Audience)}, passages)
		require.NoError(t, err)
	}
}

func (o office) accept(t *testing.T, events ...connectors.Event) {
	t.Helper()
	_, err := o.store.Accept(t.Context(), ws, "zd", events)
	require.NoError(t, err)
}

// settled waits for n suggestions and returns them, newest first.
func (o office) settled(t *testing.T, n int) []store.Suggestion {
	t.Helper()
	var list []store.Suggestion
	require.Eventually(t, func() bool {
		var err error
		list, err = o.store.Suggestions(t.Context(), ws, store.SuggestionFilter{})
		require.NoError(t, err)
		depth, err := o.store.QueueDepth(t.Context())
		require.NoError(t, err)
		return len(list) >= n && depth == 0
	}, 20*time.Second, 5*time.Millisecond)
	require.Len(t, list, n)
	return list
}

func question(key, text string) connectors.Event {
	return connectors.Event{
		Key: key, Kind: connectors.Message, Role: connectors.Customer, Conversation: "c1", Message: "m-" + key, AuthorName: "Kari Nordmann",
		Text: text, At: time.Now(), Route: map[string]string{"ticket": "77"},
	}
}

var discard = slog.New(slog.DiscardHandler)

const oil = "Hvor mye olje går det i pumpen P-77?"

func TestWorkerDeliversASuggestionToAgents(t *testing.T) {
	o := open(t)
	o.accept(t, question("1", oil))
	o.accept(t, question("1", oil)) // the desk says it twice
	sug := o.settled(t, 1)[0]
	require.Eventually(t, func() bool { return len(o.desk.sent()) == 1 }, 10*time.Second, 5*time.Millisecond)
	n := o.desk.sent()[0]
	require.Equal(t, sug.ID, n.Suggestion)
	require.Contains(t, n.Text, "38 liter")
	require.NotContains(t, n.Text, "[1]", "no marks in what may be pasted")
	require.Equal(t, "77", n.Route["ticket"])
	require.Equal(t, "https://panel.example/"+sug.ID, n.PanelURL)
	require.NotEmpty(t, n.Citations)
	require.NotEmpty(t, n.Reasons)
	require.Eventually(t, func() bool {
		d, err := o.store.Deliveries(t.Context(), ws, sug.ID)
		require.NoError(t, err)
		return len(d) == 1 && d[0].State == store.DeliveryDelivered && d[0].External == "note-1"
	}, 10*time.Second, 5*time.Millisecond)
}

func TestWorkerThanksMakeNoNote(t *testing.T) {
	o := open(t)
	o.accept(t, question("1", "Tusen takk for hjelpen!"))
	require.Equal(t, "none", o.settled(t, 1)[0].Flag)
	require.Empty(t, o.desk.sent())
}

func TestWorkerSilentDeskGetsNothing(t *testing.T) {
	o := open(t)
	o.desk.silent = true
	o.accept(t, question("1", oil))
	o.settled(t, 1)
	require.Empty(t, o.desk.sent())
	dead, err := o.store.DeadJobs(t.Context())
	require.NoError(t, err)
	require.Empty(t, dead)
}

func TestWorkerEditsAndDeletions(t *testing.T) {
	o := open(t)
	o.accept(t, question("1", oil))
	o.settled(t, 1)
	edited := question("1-edit", "Hva koster filteret til pumpe P-88?")
	edited.Kind, edited.Message = connectors.Edited, "m-1"
	o.accept(t, edited)
	list := o.settled(t, 2)
	require.Equal(t, "active", list[0].State)
	require.Contains(t, string(list[0].Body), "710 kr")
	require.Equal(t, "superseded", list[1].State)

	o.accept(t, connectors.Event{Key: "1-gone", Kind: connectors.Deleted, Conversation: "c1", Message: "m-1", At: time.Now()})
	require.Eventually(t, func() bool {
		sug, err := o.store.Suggestion(t.Context(), ws, list[0].ID)
		require.NoError(t, err)
		return sug.State == "withdrawn"
	}, 10*time.Second, 5*time.Millisecond)
}

func TestWorkerLearnsWhatWasSent(t *testing.T) {
	o := open(t)
	o.accept(t, question("1", oil))
	sug := o.settled(t, 1)[0]
	var s suggest.Suggestion
	require.NoError(t, json.Unmarshal(sug.Body, &s))
	o.accept(t, connectors.Event{Key: "2", Kind: connectors.Message, Role: connectors.Agent, Author: "jonas", Conversation: "c1", Message: "m-2", Text: s.Text(), At: time.Now()})
	o.accept(t, connectors.Event{Key: "3", Kind: connectors.Feedback, Conversation: "c1", At: time.Now(), Rating: &connectors.Rating{Suggestion: sug.ID, Verdict: "up", Agent: "jonas"}})
	require.Eventually(t, func() bool {
		list, err := o.store.Outcomes(t.Context(), ws, sug.ID)
		require.NoError(t, err)
		actions := map[string]string{}
		for _, x := range list {
			actions[x.Action] = x.Reason
		}
		_, rated := actions["up"]
		return actions["sent"] == "edit distance 0.00" && rated
	}, 10*time.Second, 5*time.Millisecond)
	require.Eventually(t, func() bool {
		rec, err := o.store.Suggestion(t.Context(), ws, sug.ID)
		require.NoError(t, err)
		return rec.State == store.StateAnswered
	}, 10*time.Second, 5*time.Millisecond)
}

func TestWorkerKeepsWhatTheCustomerThoughtOfTheReply(t *testing.T) {
	o := open(t)
	o.accept(t, question("1", oil))
	sug := o.settled(t, 1)[0]
	var s suggest.Suggestion
	require.NoError(t, json.Unmarshal(sug.Body, &s))
	// The rating overtakes the reply on its way to us.
	o.accept(t, connectors.Event{
		Key: "csat", Kind: connectors.Rated, Conversation: "c1", At: time.Now().Add(time.Minute), Score: &connectors.Score{Value: 0.75, Comment: "Takk!"},
	})
	o.accept(t, connectors.Event{Key: "2", Kind: connectors.Message, Role: connectors.Agent, Author: "jonas", Conversation: "c1", Message: "m-2", Text: s.Text(), At: time.Now()})
	other := question("9", oil)
	other.Conversation = "c9"
	o.accept(t, other)
	require.Eventually(t, func() bool {
		list, err := o.store.Outcomes(t.Context(), ws, sug.ID)
		require.NoError(t, err)
		return len(list) == 2
	}, 20*time.Second, 5*time.Millisecond)
	list, err := o.store.Outcomes(t.Context(), ws, sug.ID)
	require.NoError(t, err)
	rated := list[1]
	require.Equal(t, store.ActionRated, rated.Action)
	require.JSONEq(t, `{"score":0.75}`, string(rated.Detail))
	require.Empty(t, rated.Text, "the customer's words stay with their event")
	o.accept(t, connectors.Event{
		Key: "early", Kind: connectors.Rated, Conversation: "c1", At: time.Now().Add(-time.Hour), Score: &connectors.Score{Value: 0},
	})
	require.Eventually(t, func() bool {
		left, err := o.store.Suggestions(t.Context(), ws, store.SuggestionFilter{Conversation: "c9"})
		require.NoError(t, err)
		return len(left) == 1
	}, 20*time.Second, 5*time.Millisecond)
	none, err := o.store.Outcomes(t.Context(), ws, suggestionFor(t, o, "9"))
	require.NoError(t, err)
	require.Empty(t, none, "of another conversation")
	list, err = o.store.Outcomes(t.Context(), ws, sug.ID)
	require.NoError(t, err)
	require.Len(t, list, 2, "a rating from before the question says nothing of its answer")
}

func suggestionFor(t *testing.T, o office, key string) string {
	t.Helper()
	sug, err := o.store.SuggestionFor(t.Context(), ws, "zd", key)
	require.NoError(t, err)
	return sug.ID
}

func TestWorkerFeedbackThatNamesANote(t *testing.T) {
	o := open(t)
	o.accept(t, question("1", oil))
	sug := o.settled(t, 1)[0]
	require.Eventually(t, func() bool {
		d, err := o.store.Deliveries(t.Context(), ws, sug.ID)
		require.NoError(t, err)
		return len(d) == 1 && d[0].State == store.DeliveryDelivered
	}, 10*time.Second, 5*time.Millisecond)
	o.accept(t,
		connectors.Event{Key: "up", Kind: connectors.Feedback, Conversation: "chat-1", At: time.Now(), Rating: &connectors.Rating{Note: "note-1", Verdict: "up", Agent: "jonas"}},
		connectors.Event{Key: "none", Kind: connectors.Feedback, Conversation: "chat-1", At: time.Now(), Rating: &connectors.Rating{Verdict: "up", Agent: "jonas"}},
	)
	require.Eventually(t, func() bool {
		list, err := o.store.Outcomes(t.Context(), ws, sug.ID)
		require.NoError(t, err)
		return len(list) == 1 && list[0].Action == "up" && list[0].Agent == "jonas"
	}, 10*time.Second, 5*time.Millisecond)

	// An agent who reacts to anything else gives no verdict, and no alarm.
	late := openAs(t, func(w *suggest.Worker) { w.Now = func() time.Time { return time.Now().Add(time.Hour) } })
	late.accept(t, connectors.Event{Key: "odd", Kind: connectors.Feedback, At: time.Now(), Rating: &connectors.Rating{Note: "note-77", Verdict: "down"}})
	late.quiet(t)
	dead, err := late.store.DeadJobs(t.Context())
	require.NoError(t, err)
	require.Empty(t, dead)
}

func TestWorkerForgetsAConversationThatWasDeleted(t *testing.T) {
	b := newBoard()
	o := openBoard(t, b, nil)
	o.accept(t, question("1", oil))
	sug := o.settled(t, 1)[0]
	o.quiet(t)
	o.accept(t, connectors.Event{Key: "gone", Kind: connectors.Erased, Conversation: "c1", At: time.Now().Add(time.Second)})
	o.quiet(t)
	rec, err := o.store.Suggestion(t.Context(), ws, sug.ID)
	require.NoError(t, err)
	require.Equal(t, store.StateWithdrawn, rec.State)
	require.Zero(t, b.said("withdraw"), "the note went with its conversation")
	dead, err := o.store.DeadJobs(t.Context())
	require.NoError(t, err)
	require.Empty(t, dead)
}

func TestWorkerFetchesWhatADeliveryOnlyNames(t *testing.T) {
	o := open(t)
	o.desk.fetched = []connectors.Event{question("real", oil)}
	o.accept(t, connectors.Event{Key: "ids", Kind: connectors.Fetch, Conversation: "c1", At: time.Now()})
	require.Equal(t, "real", o.settled(t, 1)[0].EventKey)
}

func TestWorkerCommandShowsTheLastSuggestionAgain(t *testing.T) {
	o := open(t)
	o.accept(t, question("1", oil))
	o.settled(t, 1)
	require.Eventually(t, func() bool { return len(o.desk.sent()) == 1 }, 10*time.Second, 5*time.Millisecond)
	o.accept(t, connectors.Event{Key: "cmd", Kind: connectors.Command, Role: connectors.Agent, Conversation: "c1", At: time.Now(), Route: map[string]string{"response": "r"}})
	require.Eventually(t, func() bool { return len(o.desk.sent()) == 2 }, 10*time.Second, 5*time.Millisecond)
	require.Equal(t, "r", o.desk.sent()[1].Route["response"], "the answer goes where the agent asked")
	require.Equal(t, o.desk.sent()[0].Suggestion, o.desk.sent()[1].Suggestion)
}

func TestWorkerFailedDeliveries(t *testing.T) {
	for _, tt := range []struct {
		name  string
		err   error
		state string
		notes int
	}{
		{"a fault that passes is tried again", &connectors.CallError{Status: 429, After: 10 * time.Millisecond, Err: errors.New("rate limited")}, store.DeliveryDelivered, 1},
		{"a refusal is final", connectors.Permanent(errors.New("no such ticket")), store.DeliveryFailed, 0},
		{"withdrawn access is final", connectors.Permanent(connectors.ErrGone), store.DeliveryGone, 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			o := open(t)
			o.desk.answers = []error{tt.err}
			o.accept(t, question("1", oil))
			require.Eventually(t, func() bool {
				list, err := o.store.Suggestions(t.Context(), ws, store.SuggestionFilter{})
				require.NoError(t, err)
				if len(list) == 0 {
					return false
				}
				d, err := o.store.Deliveries(t.Context(), ws, list[0].ID)
				require.NoError(t, err)
				return len(d) == 1 && d[0].State == tt.state
			}, 30*time.Second, 10*time.Millisecond)
			require.Len(t, o.desk.sent(), tt.notes)
			if tt.notes == 0 {
				require.Eventually(t, func() bool {
					dead, err := o.store.DeadJobs(t.Context())
					require.NoError(t, err)
					return len(dead) == 1
				}, 10*time.Second, 5*time.Millisecond, "a dead job is kept and visible")
			}
		})
	}
}
