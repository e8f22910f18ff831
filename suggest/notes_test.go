package suggest_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/sufflor/sufflor/connectors"
	"github.com/sufflor/sufflor/store"
	"github.com/sufflor/sufflor/suggest"
)

// board is a desk whose notes can be replaced and taken back. A second note for
// the same suggestion is the first one, as connectors promise.
type board struct {
	mu     sync.Mutex
	notes  map[string]connectors.Note // by the board's id
	calls  []string
	faults map[string][]error // by call, used up one by one
	after  func(call string)  // called when the board has done it and before it answers
}

func newBoard() *board {
	return &board{notes: map[string]connectors.Note{}, faults: map[string][]error{}}
}

func (*board) Verify(context.Context, connectors.Delivery, time.Time) error { return nil }

func (*board) Read(connectors.Delivery) (connectors.Receipt, error) {
	return connectors.Receipt{}, nil
}

func (b *board) call(name string, do func() error) error {
	b.mu.Lock()
	b.calls = append(b.calls, name)
	var err error
	if f := b.faults[name]; len(f) > 0 {
		err, b.faults[name] = f[0], f[1:]
	}
	if err == nil {
		err = do()
	}
	hook := b.after
	b.mu.Unlock()
	if hook != nil {
		hook(name)
	}
	return err
}

func (b *board) Note(_ context.Context, n connectors.Note) (string, error) {
	id := "note-" + n.Suggestion
	return id, b.call("note", func() error {
		if _, ok := b.notes[id]; !ok {
			b.notes[id] = n
		}
		return nil
	})
}

func (b *board) Update(_ context.Context, id string, n connectors.Note) error {
	return b.call("update", func() error {
		if _, ok := b.notes[id]; !ok {
			return fmt.Errorf("%s: %w", id, connectors.ErrNoNote)
		}
		b.notes[id] = n
		return nil
	})
}

func (b *board) Withdraw(_ context.Context, id string, n connectors.Note) error {
	if n.Conversation == "" || n.Route["ticket"] != "77" {
		return connectors.Permanent(errors.New("a note that leads nowhere"))
	}
	return b.call("withdraw", func() error {
		delete(b.notes, id)
		return nil
	})
}

func (b *board) shown() map[string]connectors.Note {
	b.mu.Lock()
	defer b.mu.Unlock()
	return maps.Clone(b.notes)
}

func (b *board) said(name string) (n int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, c := range b.calls {
		if c == name {
			n++
		}
	}
	return n
}

func openBoard(t *testing.T, b *board, setUp func(*suggest.Worker)) office {
	t.Helper()
	return openAs(t, func(w *suggest.Worker) {
		w.Desks["zd"] = b
		if setUp != nil {
			setUp(w)
		}
	})
}

// quiet waits until no job is left to do at once.
func (o office) quiet(t *testing.T) {
	t.Helper()
	require.Eventually(t, func() bool {
		depth, err := o.store.QueueDepth(t.Context())
		require.NoError(t, err)
		return depth == 0
	}, time.Minute, 5*time.Millisecond)
}

func (o office) states(t *testing.T) map[string]string {
	t.Helper()
	list, err := o.store.Suggestions(t.Context(), ws, store.SuggestionFilter{Shadow: true})
	require.NoError(t, err)
	out := map[string]string{}
	for _, s := range list {
		out[s.EventKey] = s.State
	}
	return out
}

func (o office) note(t *testing.T, id string) store.Delivery {
	t.Helper()
	list, err := o.store.Deliveries(t.Context(), ws, id)
	require.NoError(t, err)
	require.Len(t, list, 1)
	return list[0]
}

func answer(key, text string) connectors.Event {
	return connectors.Event{Key: key, Kind: connectors.Message, Role: connectors.Agent, Author: "jonas", Conversation: "c1", Message: "m-" + key, Text: text, At: time.Now()}
}

const filter = "Hva koster filteret til pumpe P-88?"

func TestNotesAreTakenBackOnceTheConversationMovesOn(t *testing.T) {
	for _, tt := range []struct {
		name  string
		then  connectors.Event
		state string
		left  int
	}{
		{"a newer message has its own", question("2", filter), store.StateOvertaken, 1},
		{"thanks take nothing back", question("2", "Tusen takk for hjelpen!"), store.StateActive, 1},
		{"a person answered", answer("2", "Det går 38 liter i den."), store.StateAnswered, 0},
		{"a bot answered", connectors.Event{Key: "2", Kind: connectors.Message, Role: connectors.Bot, Conversation: "c1", Message: "b", Text: "Vi svarer snart", At: time.Now()}, store.StateActive, 1},
		{"the message was deleted", connectors.Event{Key: "2", Kind: connectors.Deleted, Conversation: "c1", Message: "m-1", At: time.Now()}, store.StateWithdrawn, 0},
		{"the conversation was closed", connectors.Event{Key: "2", Kind: connectors.Closed, Conversation: "c1", At: time.Now()}, store.StateClosed, 0},
		{"another conversation was closed", connectors.Event{Key: "2", Kind: connectors.Closed, Conversation: "c2", At: time.Now()}, store.StateActive, 1},
	} {
		t.Run(tt.name, func(t *testing.T) {
			b := newBoard()
			o := openBoard(t, b, nil)
			o.accept(t, question("1", oil))
			first := o.settled(t, 1)[0]
			require.Len(t, b.shown(), 1)
			if !tt.then.At.IsZero() {
				tt.then.At = time.Now()
			}
			o.accept(t, tt.then)
			o.quiet(t)
			require.Equal(t, tt.state, o.states(t)["1"])
			require.Len(t, b.shown(), tt.left)
			_, stands := b.shown()["note-"+first.ID]
			require.Equal(t, tt.state == store.StateActive, stands)
			want := store.DeliveryWithdrawn
			if stands {
				want = store.DeliveryDelivered
			}
			require.Equal(t, want, o.note(t, first.ID).State)
			dead, err := o.store.DeadJobs(t.Context())
			require.NoError(t, err)
			require.Empty(t, dead)
		})
	}
}

func TestNotesStayWhereADeskCannotTakeThemBack(t *testing.T) {
	o := open(t)
	o.accept(t, question("1", oil))
	first := o.settled(t, 1)[0]
	o.accept(t, answer("2", "Det går 38 liter i den."))
	o.quiet(t)
	require.Equal(t, store.StateAnswered, o.states(t)["1"])
	require.Equal(t, store.DeliveryDelivered, o.note(t, first.ID).State)
}

func TestWithdrawingIsTriedAgainByClassOfError(t *testing.T) {
	for _, tt := range []struct {
		name  string
		err   error
		left  int
		dead  int
		state string
	}{
		{"a fault that passes", &connectors.CallError{Status: 429, After: 5 * time.Millisecond, Err: errors.New("rate limited")}, 0, 0, store.DeskConnected},
		{"somebody removed it already", fmt.Errorf("404: %w", connectors.ErrNoNote), 1, 0, store.DeskConnected},
		{"refused for good", connectors.Permanent(errors.New("ticket is archived")), 1, 1, store.DeskConnected},
		{"access withdrawn", fmt.Errorf("renew the token: %w", connectors.ErrGone), 1, 1, store.DeskDisconnected},
	} {
		t.Run(tt.name, func(t *testing.T) {
			b := newBoard()
			b.faults["withdraw"] = []error{tt.err}
			o := openBoard(t, b, nil)
			o.accept(t, question("1", oil))
			o.settled(t, 1)
			o.accept(t, answer("2", "Det går 38 liter i den."))
			o.quiet(t)
			require.Len(t, b.shown(), tt.left)
			dead, err := o.store.DeadJobs(t.Context())
			require.NoError(t, err)
			require.Len(t, dead, tt.dead)
			d, err := o.store.Desk(t.Context(), "zd")
			require.NoError(t, err)
			require.Equal(t, tt.state, d.State())
		})
	}
}

// TestANoteOfAKilledProcessIsFoundAndTakenBack stops between the moment that
// the desk has the note and the one that we know it.
func TestANoteOfAKilledProcessIsFoundAndTakenBack(t *testing.T) {
	a := newArchive(t)
	b := newBoard()
	w := &suggest.Worker{Store: forgetful{a.store}, Pipeline: a.pipeline(), Desks: map[string]connectors.Connector{"zd": b}, Now: time.Now, Log: discard}
	do := func(kind, key string) error {
		return w.Handlers()[kind](t.Context(), store.Job{Kind: kind, Workspace: ws, Desk: "zd", Key: key, Attempt: 1})
	}
	_, err := a.store.Accept(t.Context(), ws, "zd", []connectors.Event{question("1", oil)})
	require.NoError(t, err)
	require.NoError(t, do(suggest.JobEvent, "1"))
	list, err := a.store.Suggestions(t.Context(), ws, store.SuggestionFilter{})
	require.NoError(t, err)
	id := list[0].ID
	require.ErrorIs(t, do(suggest.JobDeliver, id), errKilled)
	require.Len(t, b.shown(), 1, "the desk has it")

	w.Store = a.store // the next start
	_, err = a.store.Accept(t.Context(), ws, "zd", []connectors.Event{answer("2", "Det går 38 liter i den.")})
	require.NoError(t, err)
	require.NoError(t, do(suggest.JobEvent, "2"))
	require.NoError(t, do(suggest.JobDeliver, id), "it runs again")
	require.Empty(t, b.shown())
	require.NoError(t, do(suggest.JobWithdraw, id))
	require.NoError(t, do(suggest.JobDeliver, id))
	require.Empty(t, b.shown())
	require.Equal(t, 1, b.said("withdraw"))
	d, err := a.store.Deliveries(t.Context(), ws, id)
	require.NoError(t, err)
	require.Equal(t, store.DeliveryWithdrawn, d[0].State)
}

var errKilled = errors.New("killed")

// forgetful is a store whose process is killed before it can note a delivery.
type forgetful struct{ *store.Store }

func (forgetful) SaveDelivery(context.Context, store.Delivery) error { return errKilled }

func TestADeliveryThatWasMadeIsNotMadeAgain(t *testing.T) {
	a := newArchive(t)
	b := newBoard()
	w := &suggest.Worker{Store: a.store, Pipeline: a.pipeline(), Desks: map[string]connectors.Connector{"zd": b}, Now: time.Now, Log: discard}
	_, err := a.store.Accept(t.Context(), ws, "zd", []connectors.Event{question("1", oil)})
	require.NoError(t, err)
	require.NoError(t, w.Handlers()[suggest.JobEvent](t.Context(), store.Job{Workspace: ws, Desk: "zd", Key: "1"}))
	list, err := a.store.Suggestions(t.Context(), ws, store.SuggestionFilter{})
	require.NoError(t, err)
	for range 2 {
		require.NoError(t, w.Handlers()[suggest.JobDeliver](t.Context(), store.Job{Workspace: ws, Desk: "zd", Key: list[0].ID, Attempt: 1}))
	}
	require.Equal(t, 1, b.said("note"))
}

func TestAQuotedNoteIsReplacedWhenTheModelIsDone(t *testing.T) {
	p := &pen{let: make(chan struct{})}
	b := newBoard()
	o := openBoard(t, b, func(w *suggest.Worker) { w.Pipeline.Composer = p })
	o.accept(t, question("1", oil))
	require.Eventually(t, func() bool { return len(b.shown()) == 1 }, 20*time.Second, 5*time.Millisecond, "agents need not wait for the model")
	id := "note-" + o.stored(t, 1)[0].ID
	require.Eventually(t, func() bool { return o.note(t, id[len("note-"):]).State == store.DeliveryDelivered }, 20*time.Second, 5*time.Millisecond)
	require.NotContains(t, b.shown()[id].Text, "Svar: ")
	close(p.let)
	rec := o.settled(t, 1)[0]
	require.Contains(t, b.shown()[id].Text, "Svar: ")
	require.Equal(t, 1, b.said("note"))
	require.Equal(t, 1, b.said("update"))
	require.Equal(t, rec.Revision, o.note(t, rec.ID).Revision)

	// The job runs once more, and changes nothing.
	require.NoError(t, o.worker.Handlers()[suggest.JobUpdate](t.Context(), store.Job{Workspace: ws, Desk: "zd", Key: rec.ID}))
	require.Equal(t, 1, b.said("update"))
}

func TestUpdatesByClassOfError(t *testing.T) {
	for _, tt := range []struct {
		name, state string
		err         error
		updated     bool
		dead        int
	}{
		{"a fault that passes", store.DeliveryDelivered, &connectors.CallError{Status: 503, After: 5 * time.Millisecond, Err: errors.New("busy")}, true, 0},
		{"an agent removed the note", store.DeliveryWithdrawn, fmt.Errorf("404: %w", connectors.ErrNoNote), false, 0},
		{"refused for good", store.DeliveryDelivered, connectors.Permanent(errors.New("no right")), false, 1},
	} {
		t.Run(tt.name, func(t *testing.T) {
			b := newBoard()
			b.faults["update"] = []error{tt.err}
			p := &pen{let: make(chan struct{})}
			o := openBoard(t, b, func(w *suggest.Worker) { w.Pipeline.Composer = p })
			o.accept(t, question("1", oil))
			require.Eventually(t, func() bool {
				list, err := o.store.Suggestions(t.Context(), ws, store.SuggestionFilter{})
				require.NoError(t, err)
				if len(list) == 0 {
					return false
				}
				d, err := o.store.Deliveries(t.Context(), ws, list[0].ID)
				require.NoError(t, err)
				return len(d) == 1 && d[0].State == store.DeliveryDelivered
			}, 20*time.Second, 5*time.Millisecond)
			close(p.let)
			rec := o.settled(t, 1)[0]
			require.Equal(t, tt.state, o.note(t, rec.ID).State)
			require.Equal(t, tt.updated, strings.Contains(b.shown()["note-"+rec.ID].Text, "Svar: "))
			dead, err := o.store.DeadJobs(t.Context())
			require.NoError(t, err)
			require.Len(t, dead, tt.dead)
			require.Equal(t, 1, b.said("note"), "never a second note")
		})
	}
}

func TestANoteSaysSoWhenItsSourceIsGone(t *testing.T) {
	b := newBoard()
	o := openBoard(t, b, nil)
	o.accept(t, question("1", oil))
	rec := o.settled(t, 1)[0]
	require.Contains(t, b.shown()["note-"+rec.ID].Text, "38 liter")
	_, err := o.store.DeleteDocument(t.Context(), ws, ws+"-public")
	require.NoError(t, err)
	o.quiet(t)
	n := b.shown()["note-"+rec.ID]
	require.Empty(t, n.Text)
	require.Empty(t, n.Citations)
	require.Equal(t, "none", n.Flag)
}

// TestADraftFinishedWhileItsNoteIsWrittenReachesTheDesk lets the model finish
// in the middle of the delivery of the quoted draft.
func TestADraftFinishedWhileItsNoteIsWrittenReachesTheDesk(t *testing.T) {
	p := &pen{let: make(chan struct{})}
	b := newBoard()
	let := sync.OnceFunc(func() { close(p.let) })
	o := openBoard(t, b, func(w *suggest.Worker) { w.Pipeline.Composer = p })
	b.after = func(call string) {
		if call != "note" {
			return
		}
		let()
		require.Eventually(t, func() bool {
			list, err := o.store.Suggestions(context.Background(), ws, store.SuggestionFilter{})
			return err == nil && len(list) == 1 && !list[0].Pending
		}, 20*time.Second, 5*time.Millisecond)
	}
	o.accept(t, question("1", oil))
	rec := o.settled(t, 1)[0]
	require.Contains(t, b.shown()["note-"+rec.ID].Text, "Svar: ")
}

func TestLatestIsTheActiveSuggestionAsANote(t *testing.T) {
	o := open(t)
	desk := connectors.Desk{Name: "zd", Workspace: ws}
	n, err := o.worker.Latest(t.Context(), desk, connectors.Show{Conversation: "c1"})
	require.NoError(t, err)
	require.Nil(t, n)
	o.accept(t, question("1", oil))
	rec := o.settled(t, 1)[0]
	n, err = o.worker.Latest(t.Context(), desk, connectors.Show{Conversation: "c1", Route: map[string]string{"canvas": "9"}})
	require.NoError(t, err)
	require.Equal(t, rec.ID, n.Suggestion)
	require.Contains(t, n.Text, "38 liter")
	require.Equal(t, "https://panel.example/"+rec.ID, n.PanelURL)
	require.Equal(t, map[string]string{"ticket": "77", "canvas": "9"}, n.Route)
	o.accept(t, answer("2", "38 liter"))
	o.quiet(t)
	n, err = o.worker.Latest(t.Context(), desk, connectors.Show{Conversation: "c1"})
	require.NoError(t, err)
	require.Nil(t, n)
}
