// Package storetest holds what every store must do, whatever database it
// keeps its records in.
package storetest

import (
	"context"
	"encoding/json"
	"iter"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/sufflor/sufflor/access"
	"github.com/sufflor/sufflor/connectors"
	"github.com/sufflor/sufflor/index"
	"github.com/sufflor/sufflor/store"
)

// Store is the contract under test.
type Store interface {
	Close() error
	Check(ctx context.Context) error

	Accept(ctx context.Context, workspace, desk string, events []connectors.Event) (fresh int, err error)
	Event(ctx context.Context, desk, key string) (store.Event, error)
	History(ctx context.Context, workspace, desk, conversation string, before time.Time, limit int) ([]store.Event, error)
	Conversation(ctx context.Context, workspace, desk, id string) (store.Conversation, error)
	Workspace(ctx context.Context, desk, conversation string, workspaces ...string) (string, error)

	AcceptPage(ctx context.Context, workspace, desk string, events []connectors.Event, cursor string) (fresh int, err error)
	BeginPolling(ctx context.Context, desk string, since time.Time) (store.Desk, error)
	Desk(ctx context.Context, name string) (store.Desk, error)
	DeskFailed(ctx context.Context, desk string, cause error) error
	DeskAnswered(ctx context.Context, desk string) error

	SaveFile(ctx context.Context, f store.File) error
	Files(ctx context.Context, workspace, desk, conversation string) ([]store.File, error)
	QueueFiles(ctx context.Context, workspace, desk, key string) error
	Redraft(ctx context.Context, workspace, desk, key string) (found bool, err error)

	SaveSuggestion(ctx context.Context, sug store.Suggestion, deliver bool) (saved bool, err error)
	FinishSuggestion(ctx context.Context, sug store.Suggestion, deliver bool) (changed bool, err error)
	WithdrawSuggestions(ctx context.Context, workspace, desk, conversation, message string) error
	Suggestion(ctx context.Context, workspace, id string) (store.Suggestion, error)
	SuggestionFor(ctx context.Context, workspace, desk, eventKey string) (store.Suggestion, error)
	Suggestions(ctx context.Context, workspace string, f store.SuggestionFilter) ([]store.Suggestion, error)
	SaveOutcome(ctx context.Context, o store.Outcome) error
	Outcomes(ctx context.Context, workspace, suggestion string) ([]store.Outcome, error)
	Labelled(ctx context.Context, workspace string, since time.Time, limit int) iter.Seq2[store.Labelled, error]
	Votes(ctx context.Context, workspace string, ids []string) (map[string]store.Votes, error)
	MoveOn(ctx context.Context, workspace, desk, key string) error
	SaveDelivery(ctx context.Context, d store.Delivery) error
	BeginDelivery(ctx context.Context, workspace, suggestion, desk string) (store.Delivery, error)
	SaveNote(ctx context.Context, d store.Delivery) error
	Deliveries(ctx context.Context, workspace, suggestion string) ([]store.Delivery, error)

	SaveGuidelines(ctx context.Context, g store.Guidelines) (store.Guidelines, error)
	Guidelines(ctx context.Context, workspace string, version int) (store.Guidelines, error)
	GuidelinesHistory(ctx context.Context, workspace string, limit int) ([]store.Guidelines, error)

	Feed(ctx context.Context, workspace string, after int64, limit int) ([]store.FeedItem, error)
	FeedEnd(ctx context.Context, workspace string) (int64, error)
	Watch(workspace string) (wake <-chan struct{}, stop func())

	Documents(ctx context.Context, workspace string, f store.DocumentFilter) ([]store.Document, error)
	Document(ctx context.Context, workspace, id string) (store.Document, error)
	PutDocument(ctx context.Context, d store.Document, passages []index.Passage) (old []string, err error)
	FailDocument(ctx context.Context, d store.Document) error
	DeleteDocument(ctx context.Context, workspace, id string) (old []string, err error)
	EachDocument(ctx context.Context, workspace string, f store.DocumentFilter) iter.Seq2[store.Document, error]
	TouchDocument(ctx context.Context, d store.Document) error
	Totals(ctx context.Context, workspace string) ([]store.Totals, error)
	Versions(ctx context.Context, workspace, document string) ([]store.Version, error)
	VersionPassages(ctx context.Context, workspace, document string, version int) ([]index.Passage, error)
	SaveSource(ctx context.Context, src store.Source) error
	PauseSource(ctx context.Context, workspace, name string, paused bool) error
	Sources(ctx context.Context, workspace string) ([]store.Source, error)
	SaveRun(ctx context.Context, r store.Run) (store.Run, error)
	Runs(ctx context.Context, workspace, source string, limit int) ([]store.Run, error)
	PendingCount(ctx context.Context) (int, error)
	PendingIndex(ctx context.Context, limit int) ([]store.Pending, error)
	Indexed(ctx context.Context, list ...store.Pending) error
	MarkAllPending(ctx context.Context) error
	Passages(ctx context.Context, workspace string, ids []string) (map[string]index.Passage, error)
	Around(ctx context.Context, workspace, id string, n int) ([]index.Passage, error)
	AllPassages(ctx context.Context, workspace string) iter.Seq2[index.Passage, error]

	AddSpend(ctx context.Context, add store.Spend) (store.Spend, error)
	MonthSpend(ctx context.Context, workspace, month string) (store.Spend, error)
	Spending(ctx context.Context, workspace string) ([]store.Spend, error)

	access.Records

	Work(ctx context.Context, workers int, handlers map[string]store.Handler) error
	DeadJobs(ctx context.Context) ([]store.DeadJob, error)
	RetryJob(ctx context.Context, id int64) error
	QueueDepth(ctx context.Context) (int, error)
}

// Clock is a time that tests set. It is safe for concurrent use.
type Clock struct {
	mu sync.Mutex
	at time.Time
}

// Now is the time set.
func (c *Clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.at
}

// Advance sets the clock forward.
func (c *Clock) Advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = c.at.Add(d)
}

// Run tests a store. Open returns a new and empty one that takes its time
// from now, and closes it when the test ends.
func Run(t *testing.T, open func(t *testing.T, now func() time.Time) Store) {
	t.Helper()
	for _, group := range []struct {
		name  string
		tests []test
	}{
		{"events", eventTests},
		{"suggestions", suggestionTests},
		{"drafts in two steps", draftTests},
		{"conversations that move on", moveTests},
		{"notes", noteTests},
		{"desks", deskTests},
		{"files", fileTests},
		{"guidelines", guidelineTests},
		{"feed", feedTests},
		{"documents", documentTests},
		{"stale suggestions", staleTests},
		{"versions", versionTests},
		{"sources", sourceTests},
		{"spending", spendTests},
		{"access", accessTests},
		{"jobs", jobTests},
	} {
		t.Run(group.name, func(t *testing.T) {
			for _, tt := range group.tests {
				t.Run(tt.name, func(t *testing.T) {
					clock := &Clock{at: start}
					tt.run(fixture{t, open(t, clock.Now), clock})
				})
			}
		})
	}
}

type test struct {
	name string
	run  func(fixture)
}

type fixture struct {
	t     *testing.T
	s     Store
	clock *Clock
}

// A fixed moment, finer than a millisecond, in another zone than UTC.
var start = time.Date(2026, 3, 1, 12, 0, 0, 123456000, time.FixedZone("CET", 3600)).Round(0)

const (
	ws   = "acme"
	desk = "support"
)

func message(key, msg, text string, at time.Time) connectors.Event {
	return connectors.Event{
		Key: key, Kind: connectors.Message, Conversation: "c1", Message: msg,
		Role: connectors.Customer, Text: text, At: at,
	}
}

func edited(key, msg, text string, at time.Time) connectors.Event {
	e := message(key, msg, text, at)
	e.Kind = connectors.Edited
	return e
}

func deleted(key, msg string, at time.Time) connectors.Event {
	e := message(key, msg, "", at)
	e.Kind = connectors.Deleted
	return e
}

func accept(t *testing.T, s Store, events ...connectors.Event) {
	t.Helper()
	n, err := s.Accept(t.Context(), ws, desk, events)
	require.NoError(t, err)
	require.Equal(t, len(events), n, "all events are new")
}

func suggestion(id, event, msg string) store.Suggestion {
	return store.Suggestion{
		ID: id, Workspace: ws, Desk: desk, EventKey: event, Conversation: "c1", Message: msg,
		Language: "nb", Flag: "high", Probability: 0.875, Body: json.RawMessage(`{"draft":"Hei"}`),
		Customer: "cust-1", Question: "Når kommer pakken?",
	}
}

func save(t *testing.T, s Store, sug store.Suggestion, deliver bool) {
	t.Helper()
	saved, err := s.SaveSuggestion(t.Context(), sug, deliver)
	require.NoError(t, err)
	require.True(t, saved)
}

func state(t *testing.T, s Store, id string) string {
	t.Helper()
	sug, err := s.Suggestion(t.Context(), ws, id)
	require.NoError(t, err)
	return sug.State
}

func texts(t *testing.T, s Store, before time.Time, limit int) []string {
	t.Helper()
	history, err := s.History(t.Context(), ws, desk, "c1", before, limit)
	require.NoError(t, err)
	list := make([]string, len(history))
	for i, e := range history {
		list[i] = e.Text
	}
	return list
}
