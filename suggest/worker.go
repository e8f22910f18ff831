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

	JobUpdate   = "update"
	JobWithdraw = "withdraw"
	JobFiles    = "files"
)

const (
	maxHistory = 8 // earlier messages that are looked at
	maxDrafts  = 2 // attempts at a model's draft; then the quotations stay
)

// records is what the worker needs of the store.
type records interface {
	Event(ctx context.Context, desk, key string) (store.Event, error)
	Accept(ctx context.Context, workspace, desk string, events []connectors.Event) (int, error)
	AcceptPage(ctx context.Context, workspace, desk string, events []connectors.Event, cursor string) (int, error)
	BeginPolling(ctx context.Context, desk string, since time.Time) (store.Desk, error)
	DeskFailed(ctx context.Context, desk string, cause error) error
	DeskAnswered(ctx context.Context, desk string) error
	Conversation(ctx context.Context, workspace, desk, id string) (store.Conversation, error)
	Workspace(ctx context.Context, desk, conversation string, workspaces ...string) (string, error)
	History(ctx context.Context, workspace, desk, conversation string, before time.Time, limit int) ([]store.Event, error)
	SaveSuggestion(ctx context.Context, sug store.Suggestion, deliver bool) (bool, error)
	FinishSuggestion(ctx context.Context, sug store.Suggestion, deliver bool) (bool, error)
	WithdrawSuggestions(ctx context.Context, workspace, desk, conversation, message string) error
	Suggestion(ctx context.Context, workspace, id string) (store.Suggestion, error)
	Suggestions(ctx context.Context, workspace string, f store.SuggestionFilter) ([]store.Suggestion, error)
	MoveOn(ctx context.Context, workspace, desk, key string) error
	SaveOutcome(ctx context.Context, o store.Outcome) error
	Outcomes(ctx context.Context, workspace, suggestion string) ([]store.Outcome, error)
	SuggestionByNote(ctx context.Context, workspace, desk, external string) (store.Suggestion, error)
	SaveDelivery(ctx context.Context, d store.Delivery) error
	BeginDelivery(ctx context.Context, workspace, suggestion, desk string) (store.Delivery, error)
	SaveNote(ctx context.Context, d store.Delivery) error
	Deliveries(ctx context.Context, workspace, suggestion string) ([]store.Delivery, error)
	SaveFile(ctx context.Context, f store.File) error
	Files(ctx context.Context, workspace, desk, conversation string) ([]store.File, error)
	QueueFiles(ctx context.Context, workspace, desk, key string) error
	Redraft(ctx context.Context, workspace, desk, key string) (bool, error)
}

// Worker does the jobs: it reacts to events, reads files, and delivers,
// replaces and takes back notes. A job may run twice; its effect happens once.
type Worker struct {
	Store    records
	Pipeline *Pipeline
	Desks    map[string]connectors.Connector // by the desk's configured name
	// Link is the address of a suggestion in the panel, for notes; nil leaves
	// links out.
	Link func(workspace, suggestion string) string
	// Source is the address of a suggestion's evidence by its number.
	Source func(workspace, suggestion string, number int) string
	// Policies say what is drafted and shown, by the desk's name; a desk
	// without one gets drafts for everything.
	Policies map[string]Policy
	// Read takes a customer's file apart; nil: files are not looked at.
	Read Reader
	// Live is told of a model's sentences as they come; nil: nobody is.
	Live *Live
	// Observe is told of each suggestion that was stored, with the time since
	// its message was received; nil: nobody is.
	Observe func(desk string, s Suggestion, since time.Duration)
	Now     func() time.Time
	Log     *slog.Logger

	notes turnstile
}

// Handlers are the worker's jobs by kind.
func (w *Worker) Handlers() map[string]store.Handler {
	return map[string]store.Handler{
		JobEvent: w.event, JobDraft: w.draft, JobDeliver: w.deliver, JobUpdate: w.update, JobWithdraw: w.withdraw, JobFiles: w.files,
	}
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
			if err := w.sent(ctx, e); err != nil || !isPerson(e) {
				return err
			}
			return w.Store.MoveOn(ctx, e.Workspace, e.Desk, e.Key)
		}
		return nil
	case connectors.Closed:
		return w.Store.MoveOn(ctx, e.Workspace, e.Desk, e.Key)
	case connectors.Attached:
		if w.readable(e) {
			return w.Store.QueueFiles(ctx, e.Workspace, e.Desk, e.Key)
		}
	case connectors.Deleted:
		return w.Store.WithdrawSuggestions(ctx, e.Workspace, e.Desk, e.Conversation, e.Message)
	case connectors.Feedback:
		return w.feedback(ctx, e)
	case connectors.Rated:
		return w.rated(ctx, e)
	case connectors.Fetch:
		if e.Gone { // with its conversation
			return nil
		}
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
// better it, or files have to be read first, that is a job of its own: neither
// must keep other messages waiting, and a killed process goes on where it was.
func (w *Worker) suggest(ctx context.Context, e store.Event) error {
	policy := w.policy(e.Desk)
	about, err := w.about(ctx, e)
	if err != nil {
		return err
	}
	if e.Gone || !policy.wants(e.Desk, about, w.Now(), happened(e)) {
		return nil
	}
	files := w.readable(e)
	if strings.TrimSpace(e.Text) == "" {
		if files { // what they say may matter to the next message
			return w.Store.QueueFiles(ctx, e.Workspace, e.Desk, e.Key)
		}
		return nil
	}
	req, err := w.request(ctx, e, about)
	if err != nil {
		return err
	}
	s, more, err := w.Pipeline.Quote(ctx, req)
	if err != nil {
		return fmt.Errorf("suggest for %s: %w", e.Key, err)
	}
	if !policy.speaks(s.Language) {
		return nil
	}
	s, saved, err := w.store(ctx, e, req, s, func(rec store.Suggestion, deliver bool) (bool, error) {
		rec.AwaitFiles = files && len(s.Asks) > 0
		rec.Pending = rec.AwaitFiles || more && Flag(rec.Flag) != None
		return w.Store.SaveSuggestion(ctx, rec, deliver)
	})
	if err != nil {
		return err
	}
	if files && len(s.Asks) == 0 {
		if err := w.Store.QueueFiles(ctx, e.Workspace, e.Desk, e.Key); err != nil {
			return err
		}
	}
	if saved {
		w.Log.InfoContext(ctx, "suggestion stored", "suggestion", suggestionID(e.Desk, e.Key), "desk", e.Desk, "language", s.Language, "flag", s.Flag,
			"asks", len(s.Asks), "model_follows", more, "files_follow", files, "shadow", policy.Shadow, "total_ms", s.Timings.Total, "since_received_ms", ms(w.Now().Sub(e.Received)))
		w.observe(e, s)
	}
	return w.wasAnswered(ctx, e)
}

// wasAnswered compares a suggestion with the reply that came before it was
// made: an agent was faster, or both were caught up on at once.
func (w *Worker) wasAnswered(ctx context.Context, e store.Event) error {
	rec, err := w.Store.Suggestion(ctx, e.Workspace, suggestionID(e.Desk, e.Key))
	if err != nil || rec.State != store.StateAnswered {
		return err
	}
	list, err := w.Store.History(ctx, e.Workspace, e.Desk, e.Conversation, time.Time{}, 100)
	if err != nil {
		return err
	}
	for _, h := range list {
		if isPerson(h) && happened(h).After(rec.Asked) {
			return w.sent(ctx, h)
		}
	}
	return nil
}

// request is an event with the conversation before it.
func (w *Worker) request(ctx context.Context, e store.Event, a about) (Request, error) {
	earlier, err := w.Store.History(ctx, e.Workspace, e.Desk, e.Conversation, happened(e), maxHistory)
	if err != nil {
		return Request{}, fmt.Errorf("read the conversation of %s: %w", e.Key, err)
	}
	req := Request{Workspace: e.Workspace, Text: e.Text, Subject: e.Subject, Customer: e.AuthorName, Language: e.Language}
	req.Collections = w.policy(e.Desk).collections(a, e.Workspace)
	if req.Files, err = w.filesFor(ctx, e); err != nil {
		return Request{}, err
	}
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
		a, err := w.about(ctx, e)
		if err != nil {
			return err
		}
		if req, err = w.request(ctx, e, a); err != nil {
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
		next.Round = rec.Round
		return w.Store.FinishSuggestion(ctx, next, deliver)
	})
	if err != nil {
		return err
	}
	w.Log.InfoContext(ctx, "draft finished", "suggestion", rec.ID, "desk", rec.Desk, "changed", changed, "mode", string(s.Mode), "flag", s.Flag,
		"model_ms", s.Timings.Model, "since_received_ms", ms(w.Now().Sub(e.Received)))
	w.observe(e, s)
	return nil
}

func (w *Worker) observe(e store.Event, s Suggestion) {
	if w.Observe != nil {
		w.Observe(e.Desk, s, w.Now().Sub(e.Received))
	}
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
		Probability: s.Probability, State: store.StateActive, Body: body, Created: w.Now(), Customer: e.AuthorName, Question: e.Text,
		Shadow: w.policy(e.Desk).Shadow, Early: w.replaces(e.Desk), Asks: len(s.Asks),
	}
	if e.Kind == connectors.Command { // an agent's question moves no conversation on
		rec.Asks = 0
	}
	for _, ev := range s.Evidence {
		switch {
		case ev.Attachment != "": // of this conversation; no document can change it
		case ev.Cited:
			rec.Cites = append(rec.Cites, ev.Passage.ID)
		default:
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

// feedback keeps what an agent did with a suggestion at their desk. Of a note
// that is not, or not yet, known nothing can be said: agents react to other
// messages, too.
func (w *Worker) feedback(ctx context.Context, e store.Event) error {
	if e.Rating == nil || e.Rating.Suggestion == "" && e.Rating.Note == "" {
		return nil
	}
	// A button's event may name no conversation to find its workspace by.
	for _, workspace := range w.workspaces(e.Workspace, e.Desk) {
		rec, err := w.judged(ctx, workspace, e)
		if err == nil {
			return w.Store.SaveOutcome(ctx, store.Outcome{
				ID: "desk:" + e.Desk + ":" + e.Key, Workspace: workspace, Suggestion: rec.ID, Action: e.Rating.Verdict,
				Reason: e.Rating.Reason, Text: e.Rating.Text, Agent: e.Rating.Agent, Created: w.Now(),
			})
		}
		if !errors.Is(err, store.ErrNotFound) {
			return err
		}
	}
	switch {
	case e.Rating.Suggestion != "":
		return permanent(fmt.Errorf("feedback %s: suggestion %s: %w", e.Key, e.Rating.Suggestion, store.ErrNotFound))
	case w.Now().Sub(e.Received) <= joinFor: // the delivery may not be noted yet
		return laterError{fmt.Errorf("feedback %s: note %s is not known yet", e.Key, e.Rating.Note)}
	}
	return nil
}

// judged is the suggestion that feedback names, or whose note it names.
func (w *Worker) judged(ctx context.Context, workspace string, e store.Event) (store.Suggestion, error) {
	if e.Rating.Suggestion != "" {
		return w.Store.Suggestion(ctx, workspace, e.Rating.Suggestion)
	}
	return w.Store.SuggestionByNote(ctx, workspace, e.Desk, e.Rating.Note)
}

// rated keeps what the customer thought of a conversation with each suggestion
// of it whose reply was sent before.
func (w *Worker) rated(ctx context.Context, e store.Event) error {
	if e.Score == nil || e.Conversation == "" || e.Gone {
		return nil
	}
	list, err := w.Store.Suggestions(ctx, e.Workspace, store.SuggestionFilter{Desk: e.Desk, Conversation: e.Conversation, Shadow: true, Limit: maxCandidates})
	if err != nil {
		return err
	}
	detail, err := json.Marshal(map[string]float64{"score": e.Score.Value})
	if err != nil {
		return permanent(fmt.Errorf("score of %s: %w", e.Key, err))
	}
	found := false
	for _, rec := range list {
		if rec.State == store.StateWithdrawn || rec.Asked.After(happened(e)) {
			continue
		}
		outcomes, err := w.Store.Outcomes(ctx, rec.Workspace, rec.ID)
		if err != nil {
			return err
		}
		if !slices.ContainsFunc(outcomes, func(o store.Outcome) bool { return o.Action == store.ActionSent }) {
			continue
		}
		found = true
		err = w.Store.SaveOutcome(ctx, store.Outcome{
			ID: "rated:" + e.Desk + ":" + e.Key + ":" + rec.ID, Workspace: rec.Workspace, Suggestion: rec.ID, Action: store.ActionRated,
			Reason: fmt.Sprintf("score %.2f", e.Score.Value), Created: w.Now(), Detail: detail, Event: e.Key,
		})
		if err != nil {
			return err
		}
	}
	if !found && len(list) > 0 && w.Now().Sub(e.Received) <= joinFor { // the reply may still be on its way
		return laterError{fmt.Errorf("rating %s: no reply of conversation %s is known yet", e.Key, e.Conversation)}
	}
	return nil
}

// fetch asks the desk what stands behind an event that holds ids only.
func (w *Worker) fetch(ctx context.Context, e store.Event) error {
	f, ok := w.Desks[e.Desk].(connectors.Fetcher)
	if !ok {
		return permanent(fmt.Errorf("event %s: desk %q cannot be asked; check its settings", e.Key, e.Desk))
	}
	events, err := f.Fetch(ctx, e.Event)
	if err != nil {
		return errors.Join(classed(err, "fetch %s from desk %s", e.Key, e.Desk), w.Store.DeskFailed(ctx, e.Desk, err))
	}
	if err := w.Store.DeskAnswered(ctx, e.Desk); err != nil {
		return err
	}
	_, err = w.Accept(ctx, e.Workspace, e.Desk, events)
	return err
}

// permanentError must not be tried again.
type permanentError struct{ error }

func permanent(err error) error { return permanentError{err} }

// Permanent tells the queue not to retry.
func (permanentError) Permanent() bool { return true }

// Unwrap gives the cause.
func (e permanentError) Unwrap() error { return e.error }
