package suggest_test

import (
	"context"
	"encoding/json"
	"log/slog"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/sufflor/sufflor/connectors"
	"github.com/sufflor/sufflor/index"
	"github.com/sufflor/sufflor/store"
	"github.com/sufflor/sufflor/suggest"
)

// archive is a store with an index over it, where one document says how much
// oil a pump takes.
type archive struct {
	t     *testing.T
	store *store.Store
	index *index.Local
}

func newArchive(t *testing.T) archive {
	t.Helper()
	s, err := store.Open(t.Context(), store.Options{Dir: t.TempDir(), Log: slog.New(slog.DiscardHandler)})
	require.NoError(t, err)
	x, err := index.Open(t.Context(), t.TempDir(), index.Options{})
	require.NoError(t, err)
	t.Cleanup(func() {
		require.NoError(t, x.Close())
		require.NoError(t, s.Close())
	})
	a := archive{t, s, x}
	a.say("38 liter")
	return a
}

// say makes the document say how much oil it is.
func (a archive) say(amount string) {
	a.t.Helper()
	ctx := context.WithoutCancel(a.t.Context())
	text := "Pumpen P-77 fylles med " + amount + " hydraulikkolje. Oljen skiftes hvert år."
	_, err := a.store.PutDocument(ctx, store.Document{ID: "pump", Workspace: ws, Root: "r", Path: "pump.md", Audience: "public"}, []index.Passage{{
		ID: "p-" + amount, Title: "Håndbok", Kind: index.KindFAQ, Question: "Hvor mye olje går det i pumpen P-77?", Text: text, Language: "nb",
		Audience: index.Public, Collection: "c", Source: "pump.md",
	}})
	require.NoError(a.t, err)
	pending, err := a.store.PendingIndex(ctx, 0)
	require.NoError(a.t, err)
	for _, p := range pending {
		require.NoError(a.t, a.index.Apply(ctx, index.Batch{Put: p.Put, Delete: p.Delete}))
	}
	require.NoError(a.t, a.store.Indexed(ctx, pending...))
}

func (a archive) gone() {
	a.t.Helper()
	_, err := a.store.DeleteDocument(context.WithoutCancel(a.t.Context()), ws, "pump")
	require.NoError(a.t, err)
}

func (a archive) pipeline() *suggest.Pipeline {
	p := pipeline(library{Local: a.index})
	p.Library = a.store
	return p
}

// meddler changes the documents after a draft was written and before it is
// done.
type meddler struct {
	suggest.Writer
	after func(n int)
	n     int
}

func (m *meddler) Write(ctx context.Context, b suggest.Brief) ([]suggest.Answer, error) {
	answers, err := m.Writer.Write(ctx, b)
	m.n++
	m.after(m.n)
	return answers, err
}

func TestADraftWhoseSourceChangesIsMadeAgain(t *testing.T) {
	a := newArchive(t)
	p := a.pipeline()
	m := &meddler{Writer: p.Writer, after: func(n int) {
		if n == 1 {
			a.say("41 liter")
		}
	}}
	p.Writer = m
	s := ask(t, p, oil)
	require.Equal(t, 2, m.n)
	require.Contains(t, s.Text(), "41 liter")
	require.NotContains(t, s.Text(), "38 liter")
}

func TestADraftWhoseSourceKeepsChangingIsWithheld(t *testing.T) {
	a := newArchive(t)
	p := a.pipeline()
	m := &meddler{Writer: p.Writer, after: func(n int) { a.say([]string{"", "41 liter", "42 liter"}[n]) }}
	p.Writer = m
	s := ask(t, p, oil)
	require.Equal(t, 2, m.n, "once more, not for ever")
	require.Equal(t, suggest.None, s.Flag)
	require.Empty(t, s.Sentences)
	require.Empty(t, s.Evidence)
	require.Equal(t, "changed", s.Reasons[0].Code)
	require.NotEmpty(t, s.Missing)
	body, err := json.Marshal(s)
	require.NoError(t, err)
	require.NotContains(t, string(body), "38 liter")
	require.NotContains(t, string(body), "41 liter")
}

// meddling changes the documents at the last moment: between the pipeline's
// look at them and the transaction that saves the suggestion.
type meddling struct {
	*store.Store
	before func(n int)
	n      int
}

func (m *meddling) SaveSuggestion(ctx context.Context, sug store.Suggestion, deliver bool) (bool, error) {
	m.n++
	m.before(m.n)
	return m.Store.SaveSuggestion(ctx, sug, deliver)
}

func TestASuggestionIsNeverSavedOnWhatIsGone(t *testing.T) {
	for _, tt := range []struct {
		name    string
		before  func(a archive, n int)
		saves   int
		says    string
		changed bool
	}{
		{"changed once: it is made again", func(a archive, n int) {
			if n == 1 {
				a.say("41 liter")
			}
		}, 2, "41 liter", false},
		{"deleted: it is made again without", func(a archive, n int) {
			if n == 1 {
				a.gone()
			}
		}, 2, "", false},
		{"changed twice: it is withheld", func(a archive, n int) { a.say([]string{"", "41 liter", "42 liter", "43 liter"}[n]) }, 3, "", true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			a := newArchive(t)
			m := &meddling{Store: a.store, before: func(n int) { tt.before(a, n) }}
			d := &desk{silent: true}
			w := &suggest.Worker{
				Store: m, Pipeline: a.pipeline(), Desks: map[string]connectors.Connector{"zd": d}, Now: time.Now, Log: slog.New(slog.DiscardHandler),
			}
			_, err := a.store.Accept(t.Context(), ws, "zd", []connectors.Event{question("1", oil)})
			require.NoError(t, err)
			require.NoError(t, w.Handlers()[suggest.JobEvent](t.Context(), store.Job{Kind: suggest.JobEvent, Workspace: ws, Desk: "zd", Key: "1"}))
			require.Equal(t, tt.saves, m.n)
			list, err := a.store.Suggestions(t.Context(), ws, store.SuggestionFilter{})
			require.NoError(t, err)
			require.Len(t, list, 1)
			require.NotContains(t, string(list[0].Body), "38 liter", "not even as evidence")
			var s suggest.Suggestion
			require.NoError(t, json.Unmarshal(list[0].Body, &s))
			require.Contains(t, s.Text(), tt.says)
			require.Equal(t, tt.changed, len(s.Reasons) > 0 && s.Reasons[0].Code == "changed")
			require.True(t, list[0].Stale.IsZero())
		})
	}
}

func TestADraftThatWentStaleIsNotDelivered(t *testing.T) {
	a := newArchive(t)
	d := &desk{}
	w := &suggest.Worker{
		Store: a.store, Pipeline: a.pipeline(), Desks: map[string]connectors.Connector{"zd": d}, Now: time.Now, Log: slog.New(slog.DiscardHandler),
	}
	_, err := a.store.Accept(t.Context(), ws, "zd", []connectors.Event{question("1", oil)})
	require.NoError(t, err)
	require.NoError(t, w.Handlers()[suggest.JobEvent](t.Context(), store.Job{Kind: suggest.JobEvent, Workspace: ws, Desk: "zd", Key: "1"}))
	list, err := a.store.Suggestions(t.Context(), ws, store.SuggestionFilter{})
	require.NoError(t, err)
	require.Contains(t, string(list[0].Body), "38 liter")

	a.gone() // while the delivery waits
	rec, err := a.store.Suggestion(t.Context(), ws, list[0].ID)
	require.NoError(t, err)
	require.False(t, rec.Stale.IsZero())
	require.NoError(t, w.Handlers()[suggest.JobDeliver](t.Context(), store.Job{Kind: suggest.JobDeliver, Workspace: ws, Desk: "zd", Key: rec.ID}))
	require.Len(t, d.sent(), 1)
	n := d.sent()[0]
	require.Empty(t, n.Text)
	require.Empty(t, n.Citations)
	require.Equal(t, "none", n.Flag)
	require.Contains(t, n.Reasons[0], "kilde")
}
