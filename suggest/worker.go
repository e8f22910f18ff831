package suggest

import (
	"context"
	"crypto/sha256"
	"encoding/base32"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/sufflor/sufflor/connectors"
	"github.com/sufflor/sufflor/store"
	"github.com/sufflor/sufflor/suggest/message"
)

// Kinds of jobs, as the store enqueues them.
const (
	JobEvent   = "event"
	JobDraft   = "draft"
	JobDeliver = "deliver"
)

const (
	maxHistory = 8 // earlier messages that are looked at
	maxDrafts  = 2 // attempts at a model's draft; then the quotations stay
)

// records is what the worker needs of the store.
type records interface {
	Event(ctx context.Context, desk, key string) (store.Event, error)
	Accept(ctx context.Context, workspace, desk string, events []connectors.Event) (int, error)
	History(ctx context.Context, workspace, desk, conversation string, before time.Time, limit int) ([]store.Event, error)
	SaveSuggestion(ctx context.Context, sug store.Suggestion, deliver bool) (bool, error)
	FinishSuggestion(ctx context.Context, sug store.Suggestion, deliver bool) (bool, error)
	WithdrawSuggestions(ctx context.Context, workspace, desk, conversation, message string) error
	Suggestion(ctx context.Context, workspace, id string) (store.Suggestion, error)
	Suggestions(ctx context.Context, workspace string, f store.SuggestionFilter) ([]store.Suggestion, error)
	SaveOutcome(ctx context.Context, o store.Outcome) error
	SaveDelivery(ctx context.Context, d store.Delivery) error
}

// Worker does the jobs: it reacts to events and delivers suggestions. A job
// may run twice; its effect happens once.
type Worker struct {
	Store    records
	Pipeline *Pipeline
	Desks    map[string]connectors.Connector // by the desk's configured name
	// Link is the address of a suggestion in the panel, for notes; nil leaves
	// links out.
	Link func(workspace, suggestion string) string
	// Live is told of a model's sentences as they come; nil: nobody is.
	Live *Live
	Now  func() time.Time
	Log  *slog.Logger
}

// Handlers are the worker's jobs by kind.
func (w *Worker) Handlers() map[string]store.Handler {
	return map[string]store.Handler{JobEvent: w.event, JobDraft: w.draft, JobDeliver: w.deliver}
}

func (w *Worker) event(ctx context.Context, j store.Job) error {
	e, err := w.Store.Event(ctx, j.Desk, j.Key)
	if errors.Is(err, store.ErrNotFound) {
		return permanent(fmt.Errorf("event %s of desk %s: %w", j.Key, j.Desk, err))
	}
	if err != nil {
		return err
	}
	switch e.Kind {
	case connectors.Message, connectors.Edited:
		switch e.Role {
		case connectors.Customer:
			return w.suggest(ctx, e)
		case connectors.Agent:
			return w.sent(ctx, e)
		}
		return nil
	case connectors.Deleted:
		return w.Store.WithdrawSuggestions(ctx, e.Workspace, e.Desk, e.Conversation, e.Message)
	case connectors.Feedback:
		return w.feedback(ctx, e)
	case connectors.Fetch:
		return w.fetch(ctx, e)
	case connectors.Command:
		return w.command(ctx, e)
	case connectors.Ops:
		w.Log.WarnContext(ctx, "desk needs an administrator", "desk", e.Desk, "detail", e.Detail)
	}
	return nil
}

// suggestionID is the same each time a job runs.
func suggestionID(desk, key string) string {
	sum := sha256.Sum256([]byte(desk + "\x00" + key))
	return "sg_" + strings.ToLower(base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(sum[:])[:20])
}

// suggest stores the quoted draft, which agents see at once. Where a model may
// better it, that is a job of its own: a slow model must not keep other
// messages waiting, and a killed process goes on where it was.
func (w *Worker) suggest(ctx context.Context, e store.Event) error {
	if strings.TrimSpace(e.Text) == "" {
		return nil // attachments only, or deleted meanwhile
	}
	req, err := w.request(ctx, e)
	if err != nil {
		return err
	}
	s, more, err := w.Pipeline.Quote(ctx, req)
	if err != nil {
		return fmt.Errorf("suggest for %s: %w", e.Key, err)
	}
	s, saved, err := w.store(ctx, e, req, s, func(rec store.Suggestion, deliver bool) (bool, error) {
		rec.Pending = more && Flag(rec.Flag) != None
		return w.Store.SaveSuggestion(ctx, rec, deliver)
	})
	if err != nil {
		return err
	}
	if saved {
		w.Log.InfoContext(ctx, "suggestion stored", "suggestion", suggestionID(e.Desk, e.Key), "desk", e.Desk, "language", s.Language, "flag", s.Flag,
			"asks", len(s.Asks), "model_follows", more, "total_ms", s.Timings.Total, "since_received_ms", ms(w.Now().Sub(e.Received)))
	}
	return nil
}

// request is an event with the conversation before it.
func (w *Worker) request(ctx context.Context, e store.Event) (Request, error) {
	before := e.At
	if before.IsZero() {
		before = e.Received
	}
	earlier, err := w.Store.History(ctx, e.Workspace, e.Desk, e.Conversation, before, maxHistory)
	if err != nil {
		return Request{}, fmt.Errorf("read the conversation of %s: %w", e.Key, err)
	}
	req := Request{Workspace: e.Workspace, Text: e.Text, Subject: e.Subject, Customer: e.AuthorName, Language: e.Language}
	for _, name := range slices.Sorted(maps.Keys(e.Facts)) {
		req.Facts = append(req.Facts, message.Fact{Name: name, Value: e.Facts[name]})
	}
	for _, h := range earlier {
		if h.Message != e.Message && (h.Role == connectors.Customer || h.Role == connectors.Agent) {
			req.History = append(req.History, Turn{Agent: h.Role == connectors.Agent, Text: h.Text})
		}
	}
	return req, nil
}

// draft betters a pending suggestion with a language model.
func (w *Worker) draft(ctx context.Context, j store.Job) error {
	rec, err := w.Store.Suggestion(ctx, j.Workspace, j.Key)
	if errors.Is(err, store.ErrNotFound) {
		return permanent(fmt.Errorf("draft %s: %w", j.Key, err))
	}
	if err != nil || !rec.Pending {
		return err
	}
	e, err := w.Store.Event(ctx, rec.Desk, rec.EventKey)
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		return err
	}
	var s Suggestion
	if unknown := json.Unmarshal(rec.Body, &s); unknown != nil {
		return permanent(fmt.Errorf("suggestion %s: %w", rec.ID, unknown))
	}
	req := Request{}
	if err == nil {
		if req, err = w.request(ctx, e); err != nil {
			return err
		}
		// Superseded, withdrawn, or tried often enough: it stays as it is, and
		// only what waited for it goes on.
		if rec.State == store.StateActive && j.Attempt <= maxDrafts {
			if s, err = w.Pipeline.Write(ctx, req, w.tell(rec)); err != nil {
				return fmt.Errorf("draft %s: %w", rec.ID, err)
			}
			if err := ctx.Err(); err != nil {
				return err // we are shutting down, which is not the model's fault
			}
		}
	} else {
		e.Workspace, e.Desk, e.Key = rec.Workspace, rec.Desk, rec.EventKey
	}
	s, changed, err := w.store(ctx, e, req, s, func(next store.Suggestion, deliver bool) (bool, error) {
		return w.Store.FinishSuggestion(ctx, next, deliver)
	})
	if err != nil {
		return err
	}
	w.Log.InfoContext(ctx, "draft finished", "suggestion", rec.ID, "desk", rec.Desk, "changed", changed, "mode", string(s.Mode), "flag", s.Flag,
		"model_ms", s.Timings.Model, "since_received_ms", ms(w.Now().Sub(e.Received)))
	return nil
}

// tell passes a model's sentences on to those who watch.
func (w *Worker) tell(rec store.Suggestion) func(Sentence) {
	if w.Live == nil {
		return nil
	}
	p := Piece{Suggestion: rec.ID}
	return func(s Sentence) {
		p.Sentences = append(p.Sentences, s)
		w.Live.Tell(rec.Workspace, p)
	}
}

// store keeps a suggestion with put. What rests on a source that changed just
// now is made once more, of quotations, and then withheld. It returns what was
// kept.
func (w *Worker) store(ctx context.Context, e store.Event, req Request, s Suggestion, put func(store.Suggestion, bool) (bool, error)) (Suggestion, bool, error) {
	saved, err := w.put(e, s, put)
	if errors.Is(err, store.ErrStale) && req.Text != "" { // between the last look and the transaction
		if s, _, err = w.Pipeline.Quote(ctx, req); err != nil {
			return s, false, fmt.Errorf("suggest for %s again: %w", e.Key, err)
		}
		saved, err = w.put(e, s, put)
	}
	if errors.Is(err, store.ErrStale) {
		s = w.Pipeline.Withhold(e.Workspace, s)
		saved, err = w.put(e, s, put)
	}
	return s, saved, err
}

func (w *Worker) put(e store.Event, s Suggestion, put func(store.Suggestion, bool) (bool, error)) (bool, error) {
	body, err := json.Marshal(s)
	if err != nil {
		return false, permanent(fmt.Errorf("encode suggestion for %s: %w", e.Key, err))
	}
	rec := store.Suggestion{
		ID: suggestionID(e.Desk, e.Key), Workspace: e.Workspace, Desk: e.Desk, EventKey: e.Key,
		Conversation: e.Conversation, Message: e.Message, Language: s.Language, Flag: string(s.Flag),
		Probability: s.Probability, State: "active", Body: body, Created: w.Now(), Customer: e.AuthorName, Question: e.Text,
	}
	for _, ev := range s.Evidence {
		if ev.Cited {
			rec.Cites = append(rec.Cites, ev.Passage.ID)
		} else {
			rec.Shows = append(rec.Shows, ev.Passage.ID)
		}
	}
	_, noted := w.noter(e.Desk)
	saved, err := put(rec, noted && len(s.Asks) > 0)
	if err != nil {
		return false, fmt.Errorf("store suggestion for %s: %w", e.Key, err)
	}
	return saved, nil
}

// sent records what an agent really answered, and how far it is from the draft.
func (w *Worker) sent(ctx context.Context, e store.Event) error {
	list, err := w.Store.Suggestions(ctx, e.Workspace, store.SuggestionFilter{Conversation: e.Conversation, Limit: 1})
	if err != nil || len(list) == 0 {
		return err
	}
	last := list[0]
	if last.Desk != e.Desk || last.State != "active" || !e.At.IsZero() && !last.Created.IsZero() && e.At.Before(last.Created.Add(-time.Hour)) {
		return nil
	}
	var s Suggestion
	if err := json.Unmarshal(last.Body, &s); err != nil {
		return permanent(fmt.Errorf("suggestion %s: %w", last.ID, err))
	}
	return w.Store.SaveOutcome(ctx, store.Outcome{
		ID: "sent:" + e.Desk + ":" + e.Key, Workspace: e.Workspace, Suggestion: last.ID, Action: "sent",
		Reason: fmt.Sprintf("edit distance %.2f", EditDistance(s.Text(), e.Text)), Text: e.Text, Agent: e.Author, Created: w.Now(),
	})
}

func (w *Worker) feedback(ctx context.Context, e store.Event) error {
	if e.Rating == nil || e.Rating.Suggestion == "" {
		return nil
	}
	if _, err := w.Store.Suggestion(ctx, e.Workspace, e.Rating.Suggestion); err != nil {
		if errors.Is(err, store.ErrNotFound) {
			return permanent(fmt.Errorf("feedback %s: suggestion %s: %w", e.Key, e.Rating.Suggestion, err))
		}
		return err
	}
	return w.Store.SaveOutcome(ctx, store.Outcome{
		ID: "desk:" + e.Desk + ":" + e.Key, Workspace: e.Workspace, Suggestion: e.Rating.Suggestion, Action: e.Rating.Verdict,
		Reason: e.Rating.Reason, Text: e.Rating.Text, Agent: e.Rating.Agent, Created: w.Now(),
	})
}

// fetch asks the desk what stands behind an event that holds ids only.
func (w *Worker) fetch(ctx context.Context, e store.Event) error {
	f, ok := w.Desks[e.Desk].(connectors.Fetcher)
	if !ok {
		return permanent(fmt.Errorf("event %s: desk %q cannot be asked; check its settings", e.Key, e.Desk))
	}
	events, err := f.Fetch(ctx, e.Event)
	if err != nil {
		return fmt.Errorf("fetch %s from desk %s: %w", e.Key, e.Desk, err)
	}
	_, err = w.Store.Accept(ctx, e.Workspace, e.Desk, events)
	return err
}

// deliver shows a suggestion to the agents at their desk. It makes one
// attempt; the store's queue tries again as the error says.
func (w *Worker) deliver(ctx context.Context, j store.Job) error {
	rec, err := w.Store.Suggestion(ctx, j.Workspace, j.Key)
	if errors.Is(err, store.ErrNotFound) {
		return permanent(fmt.Errorf("deliver %s: %w", j.Key, err))
	}
	if err != nil {
		return err
	}
	if rec.State != "active" {
		return nil // superseded or withdrawn while it waited
	}
	noter, ok := w.noter(rec.Desk)
	if !ok {
		return permanent(fmt.Errorf("deliver %s: desk %q takes no notes; check the configuration", rec.ID, rec.Desk))
	}
	e, err := w.Store.Event(ctx, rec.Desk, rec.EventKey)
	if err != nil {
		return err
	}
	note, err := w.note(rec, e)
	if err != nil {
		return permanent(err)
	}
	d := store.Delivery{Suggestion: rec.ID, Desk: rec.Desk, Attempts: j.Attempt, Updated: w.Now()}
	external, err := connectors.Deliver(ctx, noter, note)
	switch {
	case err == nil:
		d.State, d.External = "delivered", external
	case errors.Is(err, connectors.ErrGone):
		d.State, d.Error = "gone", err.Error()
	case connectors.IsPermanent(err):
		d.State, d.Error = "failed", err.Error()
	default:
		d.State, d.Error = "pending", err.Error()
	}
	if saveErr := w.Store.SaveDelivery(ctx, d); saveErr != nil {
		return errors.Join(err, saveErr)
	}
	if err != nil {
		return fmt.Errorf("deliver %s to desk %s: %w", rec.ID, rec.Desk, err)
	}
	return nil
}

// noter is the desk's connector when it shows notes as it is configured.
func (w *Worker) noter(desk string) (connectors.Noter, bool) {
	n, ok := w.Desks[desk].(connectors.Noter)
	if s, silent := n.(connectors.Silent); silent && s.Silent() {
		return nil, false
	}
	return n, ok
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
	recent, err := w.Store.Suggestions(ctx, e.Workspace, store.SuggestionFilter{Limit: 200})
	if err != nil {
		return err
	}
	for _, rec := range recent {
		// A command names its channel; conversations in it add their thread.
		if rec.Desk != e.Desk || rec.State != "active" || rec.Conversation != e.Conversation && !strings.HasPrefix(rec.Conversation, e.Conversation+":") {
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

func (w *Worker) note(rec store.Suggestion, e store.Event) (connectors.Note, error) {
	var s Suggestion
	if err := json.Unmarshal(rec.Body, &s); err != nil {
		return connectors.Note{}, fmt.Errorf("suggestion %s: %w", rec.ID, err)
	}
	if !rec.Stale.IsZero() { // what it quotes is not so any more
		s = w.Pipeline.Withhold(rec.Workspace, s)
	}
	n := connectors.Note{
		Suggestion: rec.ID, Conversation: rec.Conversation, Message: rec.Message, Language: s.Language,
		Flag: string(s.Flag), Confidence: s.Probability, Text: s.Text(), Route: e.Route,
	}
	if w.Link != nil {
		n.PanelURL = w.Link(rec.Workspace, rec.ID)
	}
	for _, r := range s.Reasons {
		n.Reasons = append(n.Reasons, r.Text)
	}
	for i, ev := range s.Evidence {
		if ev.Cited {
			n.Citations = append(n.Citations, connectors.Citation{Number: i + 1, Title: ev.Passage.Breadcrumb(), Where: ev.Passage.Locator.String(), Quote: clip(ev.Passage.Text)})
		}
	}
	return n, nil
}

// permanentError must not be tried again.
type permanentError struct{ error }

func permanent(err error) error { return permanentError{err} }

// Permanent tells the queue not to retry.
func (permanentError) Permanent() bool { return true }

// Unwrap gives the cause.
func (e permanentError) Unwrap() error { return e.error }

// EditDistance is the share of words that differ between a draft and what was
// sent, 0 to 1: Levenshtein's distance on words over the longer one's length.
func EditDistance(draft, sent string) float64 {
	a, b := strings.Fields(draft), strings.Fields(sent)
	if len(a) > 2000 || len(b) > 2000 {
		return 1
	}
	longer := max(len(a), len(b))
	if longer == 0 {
		return 0
	}
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range a {
		diagonal := row[0]
		row[0] = i + 1
		for j := range b {
			cost := 1
			if a[i] == b[j] {
				cost = 0
			}
			diagonal, row[j+1] = row[j+1], min(row[j+1]+1, row[j]+1, diagonal+cost)
		}
	}
	return float64(row[len(b)]) / float64(longer)
}
