package suggest_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/sufflor/sufflor/connectors"
	"github.com/sufflor/sufflor/index"
	"github.com/sufflor/sufflor/store"
	"github.com/sufflor/sufflor/suggest"
)

func TestWhichConversationsAreDraftedFor(t *testing.T) {
	closed := func(time.Time) bool { return false }
	for _, tt := range []struct {
		name   string
		policy suggest.Policy
		want   bool
	}{
		{"everything", suggest.Policy{Share: 1}, true},
		{"nothing", suggest.Policy{}, false},
		{"its channel", suggest.Policy{Share: 1, Channels: []string{"Mail", "chat"}}, true},
		{"another channel", suggest.Policy{Share: 1, Channels: []string{"chat"}}, false},
		{"one of its tags", suggest.Policy{Share: 1, Tags: []string{"pump", "truck"}}, true},
		{"no tag of its", suggest.Policy{Share: 1, Tags: []string{"truck"}}, false},
		{"a tag that is not wanted", suggest.Policy{Share: 1, NotTags: []string{"VIP"}}, false},
		{"its group, which only the conversation knows", suggest.Policy{Share: 1, Groups: []string{"g1"}}, true},
		{"another group", suggest.Policy{Share: 1, Groups: []string{"g2"}}, false},
		{"its language", suggest.Policy{Share: 1, Languages: []string{"nb"}}, true},
		{"another language", suggest.Policy{Share: 1, Languages: []string{"sv", "en"}}, false},
		{"outside of business hours", suggest.Policy{Share: 1, Open: closed}, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			o := openAs(t, func(w *suggest.Worker) { w.Policies = map[string]suggest.Policy{"zd": tt.policy} })
			o.accept(t, connectors.Event{Key: "0", Kind: connectors.Assigned, Conversation: "c1", Group: "g1", At: time.Now()})
			q := question("1", oil)
			q.Channel, q.Tags = "mail", []string{"pump", "vip"}
			o.accept(t, q)
			o.quiet(t)
			list, err := o.store.Suggestions(t.Context(), ws, store.SuggestionFilter{})
			require.NoError(t, err)
			require.Equal(t, tt.want, len(list) == 1)
			require.Len(t, o.desk.sent(), len(list))
		})
	}
}

// TestAShareOfConversationsIsStable draws by id: each conversation is in or
// out, however often it is asked, and a larger share has all of a smaller one.
func TestAShareOfConversationsIsStable(t *testing.T) {
	a := newArchive(t)
	drafted := func(share float64) map[string]bool {
		out := map[string]bool{}
		s, err := store.Open(t.Context(), store.Options{Dir: t.TempDir(), Log: discard})
		require.NoError(t, err)
		defer func() { require.NoError(t, s.Close()) }()
		w := &suggest.Worker{
			Store: s, Pipeline: a.pipeline(), Desks: map[string]connectors.Connector{"zd": &desk{silent: true}}, Now: time.Now, Log: discard,
			Policies: map[string]suggest.Policy{"zd": {Share: share}},
		}
		for i := range 200 {
			q := question(fmt.Sprint(i), "Takk!") // no search: this is about the draw
			q.Conversation = fmt.Sprint("c", i)
			_, err := s.Accept(t.Context(), ws, "zd", []connectors.Event{q})
			require.NoError(t, err)
			require.NoError(t, w.Handlers()[suggest.JobEvent](t.Context(), store.Job{Workspace: ws, Desk: "zd", Key: q.Key}))
		}
		list, err := s.Suggestions(t.Context(), ws, store.SuggestionFilter{Limit: 500})
		require.NoError(t, err)
		for _, rec := range list {
			out[rec.Conversation] = true
		}
		return out
	}
	quarter, half := drafted(0.25), drafted(0.5)
	require.Equal(t, quarter, drafted(0.25))
	require.InDelta(t, 50, len(quarter), 25)
	require.InDelta(t, 100, len(half), 30)
	for c := range quarter {
		require.True(t, half[c], c)
	}
}

func TestShadowDraftsAreMeasuredAndShownToNobody(t *testing.T) {
	b := newBoard()
	o := openBoard(t, b, func(w *suggest.Worker) { w.Policies = map[string]suggest.Policy{"zd": {Share: 1, Shadow: true}} })
	o.accept(t, question("1", oil))
	o.quiet(t)
	list, err := o.store.Suggestions(t.Context(), ws, store.SuggestionFilter{})
	require.NoError(t, err)
	require.Empty(t, list)
	n, err := o.worker.Latest(t.Context(), connectors.Desk{Name: "zd", Workspace: ws}, connectors.Show{Conversation: "c1"})
	require.NoError(t, err)
	require.Nil(t, n)
	o.accept(t, answer("2", "Pumpen P-77 fylles med 38 liter hydraulikkolje."))
	o.quiet(t)
	require.Equal(t, map[string]string{"1": store.StateAnswered}, o.states(t))
	require.Len(t, o.sent(t)["1"], 1)
	require.Empty(t, b.calls)
	feed, err := o.store.Feed(t.Context(), ws, 0, 0)
	require.NoError(t, err)
	for _, f := range feed {
		require.NotContains(t, []string{store.FeedSuggestion, store.FeedOutcome, store.FeedDelivery}, f.Kind)
	}
}

func TestBrandsLeadToWorkspacesAndCollections(t *testing.T) {
	lib := newLibrary(t, append(shelf(), index.Passage{
		Workspace: "b", Kind: index.KindFAQ, Question: "Hvor mye olje går det i pumpen P-77?", Text: "Pumpen P-77 fylles med 99 liter hydraulikkolje.",
	})...)
	b := &desk{}
	o := openAs(t, func(w *suggest.Worker) {
		fill(t, w.Store.(*store.Store), lib)
		w.Pipeline = pipeline(lib)
		w.Desks["zd"] = b
		w.Policies = map[string]suggest.Policy{"zd": {Share: 1, Map: []suggest.Mapping{
			{Brand: "blue", Workspace: "b"},
			{Group: "parts", Collections: []string{"nothing here"}},
		}}}
	})
	put := func(e connectors.Event) {
		_, err := o.worker.Accept(t.Context(), ws, "zd", []connectors.Event{e})
		require.NoError(t, err)
	}
	blue := question("1", oil)
	blue.Brand = "Blue"
	put(connectors.Event{Key: "0", Kind: connectors.Fetch, Conversation: "c1", At: time.Now()})
	put(blue)
	put(connectors.Event{Key: "close", Kind: connectors.Closed, Conversation: "c1", At: time.Now().Add(time.Hour)}) // names no brand
	parts := question("2", oil)
	parts.Conversation, parts.Group = "c2", "parts"
	put(parts)
	plain := question("3", oil)
	plain.Conversation = "c3"
	put(plain)
	o.quiet(t)
	text := func(workspace, key string) string {
		rec, err := o.store.SuggestionFor(t.Context(), workspace, "zd", key)
		require.NoError(t, err)
		return rec.State + " " + string(rec.Body)
	}
	require.Contains(t, text("b", "1"), "99 liter")
	require.Contains(t, text("b", "1"), store.StateClosed, "what names no brand stays with its conversation")
	require.Contains(t, text(ws, "3"), "38 liter")
	require.NotContains(t, text(ws, "2"), "38 liter", "other collections are not searched")
	rated := connectors.Event{Key: "up", Kind: connectors.Feedback, At: time.Now()}
	rec, err := o.store.SuggestionFor(context.Background(), "b", "zd", "1")
	require.NoError(t, err)
	rated.Rating = &connectors.Rating{Suggestion: rec.ID, Verdict: "up"}
	put(rated) // a button without a conversation
	o.quiet(t)
	outcomes, err := o.store.Outcomes(t.Context(), "b", rec.ID)
	require.NoError(t, err)
	require.Len(t, outcomes, 1)
}
