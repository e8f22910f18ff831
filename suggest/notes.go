package suggest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"

	"github.com/sufflor/sufflor/connectors"
	"github.com/sufflor/sufflor/store"
)

// turns lets the jobs of one note take turns: a note that is being written
// cannot be replaced or taken back yet. The zero value is ready.
type turnstile struct {
	mu   sync.Mutex
	held map[string]*turn
}

type turn struct {
	mu      sync.Mutex
	waiting int
}

// take waits for the turn of key; call done when it is over.
func (t *turnstile) take(key string) (done func()) {
	t.mu.Lock()
	if t.held == nil {
		t.held = map[string]*turn{}
	}
	one := t.held[key]
	if one == nil {
		one = &turn{}
		t.held[key] = one
	}
	one.waiting++
	t.mu.Unlock()
	one.mu.Lock()
	return func() {
		one.mu.Unlock()
		t.mu.Lock()
		defer t.mu.Unlock()
		if one.waiting--; one.waiting == 0 {
			delete(t.held, key)
		}
	}
}

// noter is the desk's connector when it shows notes as it is configured.
func (w *Worker) noter(desk string) (connectors.Noter, bool) {
	n, ok := w.Desks[desk].(connectors.Noter)
	if s, silent := n.(connectors.Silent); silent && s.Silent() {
		return nil, false
	}
	return n, ok
}

// replaces reports whether notes at a desk can be replaced.
func (w *Worker) replaces(desk string) bool {
	n, ok := w.noter(desk)
	if !ok {
		return false
	}
	_, ok = n.(connectors.Updater)
	return ok
}

// suggestionOf is the suggestion that a job is about.
func (w *Worker) suggestionOf(ctx context.Context, j store.Job) (store.Suggestion, error) {
	rec, err := w.Store.Suggestion(ctx, j.Workspace, j.Key)
	if errors.Is(err, store.ErrNotFound) {
		return rec, permanent(fmt.Errorf("%s %s: %w", j.Kind, j.Key, err))
	}
	return rec, err
}

// deliver shows a suggestion to the agents at their desk. It makes one
// attempt; the store's queue tries again as the error says.
func (w *Worker) deliver(ctx context.Context, j store.Job) error {
	defer w.notes.take(j.Key)()
	rec, err := w.suggestionOf(ctx, j)
	if err != nil {
		return err
	}
	if rec.State != store.StateActive { // while it waited
		return w.takeBack(ctx, rec)
	}
	noter, ok := w.noter(rec.Desk)
	if !ok {
		return permanent(fmt.Errorf("deliver %s: desk %q takes no notes; check the configuration", rec.ID, rec.Desk))
	}
	before, err := w.begin(ctx, rec, noter)
	if err != nil || before.State == store.DeliveryDelivered || before.State == store.DeliveryWithdrawn {
		return err
	}
	note, err := w.noteOf(ctx, rec)
	if err != nil {
		return err
	}
	d := store.Delivery{Suggestion: rec.ID, Desk: rec.Desk, Attempts: j.Attempt, Revision: rec.Revision}
	external, err := connectors.Deliver(ctx, noter, note)
	switch {
	case err == nil:
		d.State, d.External = store.DeliveryDelivered, external
	case errors.Is(err, connectors.ErrGone):
		d.State, d.Error = store.DeliveryGone, err.Error()
	case connectors.IsPermanent(err):
		d.State, d.Error = store.DeliveryFailed, err.Error()
	default:
		d.State, d.Error, d.Unsure = store.DeliveryPending, err.Error(), mayHaveHappened(err)
	}
	if saveErr := w.Store.SaveDelivery(ctx, d); saveErr != nil {
		return errors.Join(err, saveErr)
	}
	return classed(err, "deliver %s to desk %s", rec.ID, rec.Desk)
}

// begin is how far a delivery is. Where notes can be taken back, it leaves a
// trace of the attempt first: killed after the desk has the note and before we
// know, the next attempt must not forget that there may be one.
func (w *Worker) begin(ctx context.Context, rec store.Suggestion, noter connectors.Noter) (store.Delivery, error) {
	if _, ok := noter.(connectors.Withdrawer); ok {
		return w.Store.BeginDelivery(ctx, rec.Workspace, rec.ID, rec.Desk)
	}
	d, _, err := w.delivery(ctx, rec)
	return d, err
}

// mayHaveHappened reports whether a call failed so that the desk may have done
// what it was asked all the same: no answer, or a fault on its side.
func mayHaveHappened(err error) bool {
	var call *connectors.CallError
	return !errors.As(err, &call) || call.Status < http.StatusBadRequest || call.Status >= http.StatusInternalServerError
}

// classed wraps the error of a call to a desk so that the queue knows whether
// to try again; nil stays nil.
func classed(err error, format string, args ...any) error {
	if err == nil {
		return nil
	}
	err = fmt.Errorf(format+": %w", append(args, err)...)
	if connectors.IsPermanent(err) {
		return permanent(err)
	}
	return err
}

// delivery is how far a suggestion came on its way to its own desk.
func (w *Worker) delivery(ctx context.Context, rec store.Suggestion) (store.Delivery, bool, error) {
	list, err := w.Store.Deliveries(ctx, rec.Workspace, rec.ID)
	for _, d := range list {
		if d.Desk == rec.Desk {
			return d, true, err
		}
	}
	return store.Delivery{}, false, err
}

// update puts the present draft in the place of what a delivered note shows: a
// model finished it, or a source changed. Where a desk has no way to, the note
// stays as it is.
func (w *Worker) update(ctx context.Context, j store.Job) error {
	defer w.notes.take(j.Key)()
	rec, err := w.suggestionOf(ctx, j)
	if err != nil {
		return err
	}
	if rec.State != store.StateActive { // it is taken back instead
		return nil
	}
	noter, _ := w.noter(rec.Desk)
	updater, ok := noter.(connectors.Updater)
	if !ok {
		return nil
	}
	// A delivery that still waits will show the present draft by itself.
	d, ok, err := w.delivery(ctx, rec)
	if err != nil || !ok || d.State != store.DeliveryDelivered || d.Revision >= rec.Revision {
		return err
	}
	note, err := w.noteOf(ctx, rec)
	if err != nil {
		return err
	}
	err = updater.Update(ctx, d.External, note)
	switch {
	case err == nil:
		d.Revision, d.Error = rec.Revision, ""
	case errors.Is(err, connectors.ErrNoNote):
		// Somebody removed it; they need no other.
		d.State, d.Error = store.DeliveryWithdrawn, ""
	default:
		return errors.Join(classed(err, "update the note of %s at desk %s", rec.ID, rec.Desk), w.Store.DeskFailed(ctx, rec.Desk, err))
	}
	if err := w.Store.SaveNote(ctx, d); err != nil {
		return err
	}
	w.Log.InfoContext(ctx, "note updated", "suggestion", rec.ID, "desk", rec.Desk, "revision", rec.Revision)
	return nil
}

// withdraw takes a note back once its conversation has moved on.
func (w *Worker) withdraw(ctx context.Context, j store.Job) error {
	defer w.notes.take(j.Key)()
	rec, err := w.suggestionOf(ctx, j)
	if err != nil || rec.State == store.StateActive {
		return err
	}
	return w.takeBack(ctx, rec)
}

// takeBack removes what the desk shows of a suggestion that is out of use.
func (w *Worker) takeBack(ctx context.Context, rec store.Suggestion) error {
	d, ok, err := w.delivery(ctx, rec)
	if err != nil || !ok || d.State == store.DeliveryWithdrawn {
		return err
	}
	withdrawer, able := w.Desks[rec.Desk].(connectors.Withdrawer)
	switch {
	case able && (d.State == store.DeliveryDelivered || d.Unsure && d.State != store.DeliveryGone):
	case d.State == store.DeliveryPending && !d.Unsure && d.Attempts == 0:
		d.State = store.DeliveryWithdrawn // it never was there
		return w.Store.SaveNote(ctx, d)
	default:
		return nil
	}
	note, err := w.noteOf(ctx, rec)
	if err != nil {
		return err
	}
	if d.State != store.DeliveryDelivered {
		// An attempt began and we do not know its end. Noters look for a note
		// of the same suggestion before they write one, so this finds it.
		noter, ok := w.noter(rec.Desk)
		if !ok {
			return nil
		}
		if d.External, err = connectors.Deliver(ctx, noter, note); err != nil {
			return errors.Join(classed(err, "look for the note of %s at desk %s", rec.ID, rec.Desk), w.Store.DeskFailed(ctx, rec.Desk, err))
		}
		d.State, d.Unsure, d.Error = store.DeliveryDelivered, false, ""
		if err := w.Store.SaveNote(ctx, d); err != nil {
			return err
		}
	}
	if err := withdrawer.Withdraw(ctx, d.External, note); err != nil && !errors.Is(err, connectors.ErrNoNote) {
		return errors.Join(classed(err, "take the note of %s back from desk %s", rec.ID, rec.Desk), w.Store.DeskFailed(ctx, rec.Desk, err))
	}
	d.State, d.Error = store.DeliveryWithdrawn, ""
	if err := w.Store.SaveNote(ctx, d); err != nil {
		return err
	}
	w.Log.InfoContext(ctx, "note taken back", "suggestion", rec.ID, "desk", rec.Desk, "state", rec.State)
	return nil
}

// command answers an agent who asked us in the desk: a question gets a
// suggestion of its own, a bare command the conversation's last one again
// (an ephemeral message is gone after a reload).
func (w *Worker) command(ctx context.Context, e store.Event) error {
	if strings.TrimSpace(e.Text) != "" {
		return w.suggest(ctx, e)
	}
	noter, ok := w.noter(e.Desk)
	if !ok {
		return nil
	}
	recent, err := w.Store.Suggestions(ctx, e.Workspace, store.SuggestionFilter{Desk: e.Desk, Limit: 200})
	if err != nil {
		return err
	}
	for _, rec := range recent {
		// A command names its channel; conversations in it add their thread.
		if rec.State != store.StateActive || rec.Conversation != e.Conversation && !strings.HasPrefix(rec.Conversation, e.Conversation+":") {
			continue
		}
		note, err := w.note(rec, e)
		if err != nil {
			return permanent(err)
		}
		_, err = connectors.Deliver(ctx, noter, note)
		return err
	}
	return nil
}

// Latest is the present suggestion of a conversation as a note, nil when there
// is none, for a desk that draws its panel from our answer.
func (w *Worker) Latest(ctx context.Context, desk connectors.Desk, s connectors.Show) (*connectors.Note, error) {
	if s.Conversation == "" {
		return nil, nil
	}
	for _, workspace := range w.workspaces(desk.Workspace, desk.Name) {
		list, err := w.Store.Suggestions(ctx, workspace, store.SuggestionFilter{
			Desk: desk.Name, Conversation: s.Conversation, State: store.StateActive, Limit: 1,
		})
		if err != nil {
			return nil, err
		}
		if len(list) == 0 {
			continue
		}
		n, err := w.noteOf(ctx, list[0])
		if err != nil {
			return nil, err
		}
		for k, v := range s.Route {
			if n.Route == nil {
				n.Route = map[string]string{}
			}
			n.Route[k] = v
		}
		return &n, nil
	}
	return nil, nil
}

// noteOf is a suggestion as a note on the event that it is for.
func (w *Worker) noteOf(ctx context.Context, rec store.Suggestion) (connectors.Note, error) {
	e, err := w.Store.Event(ctx, rec.Desk, rec.EventKey)
	if errors.Is(err, store.ErrNotFound) {
		return connectors.Note{}, permanent(fmt.Errorf("suggestion %s: %w", rec.ID, err))
	}
	if err != nil {
		return connectors.Note{}, err
	}
	n, err := w.note(rec, e)
	if err != nil {
		return n, permanent(err)
	}
	return n, nil
}

func (w *Worker) note(rec store.Suggestion, e store.Event) (connectors.Note, error) {
	var s Suggestion
	if err := json.Unmarshal(rec.Body, &s); err != nil {
		return connectors.Note{}, fmt.Errorf("suggestion %s: %w", rec.ID, err)
	}
	if !rec.Stale.IsZero() && rec.State != store.StateWithdrawn { // what it quotes is not so any more
		s = w.Pipeline.Withhold(rec.Workspace, s)
	}
	n := connectors.Note{
		Suggestion: rec.ID, Conversation: rec.Conversation, Message: rec.Message, Language: s.Language,
		Flag: string(s.Flag), Confidence: s.Probability, Text: s.Text(), Route: e.Route,
	}
	if n.Flag == "" { // its body is erased
		n.Flag, n.Language = string(None), rec.Language
	}
	if w.Link != nil {
		n.PanelURL = w.Link(rec.Workspace, rec.ID)
	}
	for _, r := range s.Reasons {
		n.Reasons = append(n.Reasons, r.Text)
	}
	language := w.Pipeline.Profile(rec.Workspace).Language
	for i, ev := range s.Evidence {
		c := connectors.Citation{Number: i + 1, Title: ev.Passage.Breadcrumb(), Where: Where(language, ev.Passage.Locator), Quote: clip(ev.Passage.Text)}
		switch {
		case ev.Attachment != "": // no document of ours, which the note has to say; agents open it at their desk
			c.Title = ev.Attachment
			c.Where = strings.TrimSuffix(connectors.WordsIn(language).Attachment+", "+c.Where, ", ")
		case !ev.Cited:
			continue
		case w.Source != nil:
			c.URL = w.Source(rec.Workspace, rec.ID, c.Number)
		}
		n.Citations = append(n.Citations, c)
	}
	return n, nil
}
