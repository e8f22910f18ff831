package store_test

import (
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/sufflor/sufflor/connectors"
	"github.com/sufflor/sufflor/index"
	"github.com/sufflor/sufflor/store"
)

// secret is what must not be found anywhere once its conversation is deleted.
const secret = "Geheimnis-4111"

func TestADeletedConversationIsForgotten(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := open(t, store.Options{Dir: dir})
	at := time.Date(2026, 7, 25, 12, 0, 0, 0, time.UTC)
	said := func(key, conversation string, after time.Duration) connectors.Event {
		return connectors.Event{
			Key: key, Kind: connectors.Message, Role: connectors.Customer, Conversation: conversation, Message: "m" + key, At: at.Add(after),
			Text: secret, Subject: secret, AuthorName: secret, Customer: secret, Tags: []string{secret}, Facts: map[string]string{"x": secret},
			Attachments: []connectors.Attachment{{Name: secret}},
		}
	}
	edited := said("e1", "c1", time.Minute)
	edited.Kind, edited.Message = connectors.Edited, "mk1"
	rated := said("r1", "c1", time.Minute)
	rated.Kind, rated.Message, rated.Score = connectors.Rated, "", &connectors.Score{Value: 1, Comment: secret}
	accept := func(events ...connectors.Event) {
		t.Helper()
		_, err := s.Accept(t.Context(), "w", "d", events)
		require.NoError(t, err)
	}
	accept(said("k1", "c1", 0), edited, rated, said("other", "c2", 0))
	for _, id := range []string{"k1", "other"} {
		conversation := map[string]string{"k1": "c1", "other": "c2"}[id]
		saved, err := s.SaveSuggestion(t.Context(), store.Suggestion{
			ID: "sg_" + id, Workspace: "w", Desk: "d", EventKey: id, Conversation: conversation, Message: "m" + id, Customer: secret,
			Question: secret, Body: json.RawMessage(`{"x":"` + secret + `"}`), Asks: 1,
		}, true)
		require.NoError(t, err)
		require.True(t, saved)
		require.NoError(t, s.SaveDelivery(t.Context(), store.Delivery{Suggestion: "sg_" + id, Desk: "d", State: store.DeliveryDelivered, External: "n-" + id}))
		require.NoError(t, s.SaveOutcome(t.Context(), store.Outcome{Workspace: "w", Suggestion: "sg_" + id, Action: store.ActionEdited, Text: secret}))
		require.NoError(t, s.SaveOutcome(t.Context(), store.Outcome{Workspace: "w", Suggestion: "sg_" + id, Action: store.ActionDown, Reason: "facts: " + secret}))
		require.NoError(t, s.SaveOutcome(t.Context(), store.Outcome{
			Workspace: "w", Suggestion: "sg_" + id, Action: store.ActionSent, Text: secret, Detail: json.RawMessage(`{"x":"` + secret + `"}`),
		}))
		require.NoError(t, s.SaveReview(t.Context(), store.Review{Workspace: "w", Suggestion: "sg_" + id, Reviewer: "qa", Correct: 3, Comment: secret, Corrected: secret}))
		require.NoError(t, s.SaveTriage(t.Context(), store.Triage{Workspace: "w", Suggestion: "sg_" + id, Cause: store.CauseMissing, Note: secret, State: store.TriageOpen}))
		_, err = s.SaveRerun(t.Context(), store.Rerun{Workspace: "w", Suggestion: "sg_" + id, Body: json.RawMessage(`{"x":"` + secret + `"}`)})
		require.NoError(t, err)
		_, err = s.SaveEdit(t.Context(), store.Edit{Workspace: "w", Suggestion: "sg_" + id, Agent: "kari", Text: secret, Quotes: json.RawMessage(`{"x":"` + secret + `"}`)}, 0)
		require.NoError(t, err)
		require.NoError(t, s.SaveFile(t.Context(), store.File{
			Workspace: "w", Desk: "d", Event: id, Conversation: conversation, Message: "m" + id, Name: secret, State: store.FileRead,
			Passages: []index.Passage{{Text: secret}},
		}))
	}
	accept(connectors.Event{Key: "gone", Kind: connectors.Erased, Conversation: "c1", At: at.Add(time.Hour)})

	history, err := s.History(t.Context(), "w", "d", "c1", time.Time{}, 0)
	require.NoError(t, err)
	require.Empty(t, history)
	c, err := s.Conversation(t.Context(), "w", "d", "c1")
	require.NoError(t, err)
	require.Empty(t, c.Subject+c.Customer)
	require.False(t, c.Closed.IsZero())
	sug, err := s.Suggestion(t.Context(), "w", "sg_k1")
	require.NoError(t, err)
	require.Equal(t, store.StateWithdrawn, sug.State)
	require.Equal(t, "{}", string(sug.Body))
	require.Empty(t, sug.Question+sug.Customer)
	d, err := s.Deliveries(t.Context(), "w", "sg_k1")
	require.NoError(t, err)
	require.Equal(t, store.DeliveryWithdrawn, d[0].State, "the note went with the conversation")
	outcomes, err := s.Outcomes(t.Context(), "w", "sg_k1")
	require.NoError(t, err)
	require.Len(t, outcomes, 3)
	for _, o := range outcomes {
		require.Empty(t, o.Text)
		require.Contains(t, []string{"", "facts"}, o.Reason, "what was ticked stays")
	}
	files, err := s.Files(t.Context(), "w", "d", "c1")
	require.NoError(t, err)
	require.Empty(t, files)

	other, err := s.Suggestion(t.Context(), "w", "sg_other")
	require.NoError(t, err)
	require.Equal(t, store.StateActive, other.State)
	require.Equal(t, secret, other.Question)
	files, err = s.Files(t.Context(), "w", "d", "c2")
	require.NoError(t, err)
	require.Len(t, files, 1)

	// What was on its way when it was deleted is forgotten too, and a draft
	// that was being made for it.
	accept(said("late", "c1", time.Minute))
	e, err := s.Event(t.Context(), "d", "late")
	require.NoError(t, err)
	require.True(t, e.Gone)
	require.Empty(t, e.Text+e.Subject+e.AuthorName)
	for _, id := range []string{"late", "e1"} {
		_, err = s.SaveSuggestion(t.Context(), store.Suggestion{
			ID: "sg_" + id, Workspace: "w", Desk: "d", EventKey: id, Conversation: "c1", Question: secret, Customer: secret, Body: json.RawMessage(`{"x":"` + secret + `"}`),
		}, true)
		require.NoError(t, err)
		sug, err = s.Suggestion(t.Context(), "w", "sg_"+id)
		require.NoError(t, err)
		require.Equal(t, store.StateWithdrawn, sug.State)
	}

	// A conversation that is restored begins anew.
	again := said("again", "c1", 2*time.Hour)
	again.Text, again.Subject, again.AuthorName, again.Customer, again.Tags, again.Facts, again.Attachments = "Hallo?", "", "", "", nil, nil, nil
	accept(again)
	history, err = s.History(t.Context(), "w", "d", "c1", time.Time{}, 0)
	require.NoError(t, err)
	require.Len(t, history, 1)

	accept(connectors.Event{Key: "gone2", Kind: connectors.Erased, Conversation: "c2", At: at.Add(time.Hour)})
	require.NoError(t, s.Close())
	require.Empty(t, traces(t, dir, secret))
}

func TestASuggestionIsFoundByItsNote(t *testing.T) {
	t.Parallel()
	s := open(t, store.Options{Dir: t.TempDir()})
	for i, external := range []string{"kari/chat-1/10,ola/chat-2/11", "kari/chat-1/101", "kari/chat-1/12"} {
		id := fmt.Sprint("sg_", i)
		desk := map[bool]string{true: "other", false: "d"}[i == 2]
		_, err := s.Accept(t.Context(), "w", desk, []connectors.Event{event(fmt.Sprint("k", i))})
		require.NoError(t, err)
		_, err = s.SaveSuggestion(t.Context(), store.Suggestion{ID: id, Workspace: "w", Desk: desk, EventKey: fmt.Sprint("k", i)}, true)
		require.NoError(t, err)
		require.NoError(t, s.SaveDelivery(t.Context(), store.Delivery{Suggestion: id, Desk: desk, State: store.DeliveryDelivered, External: external}))
	}
	for _, tt := range []struct{ name, workspace, note, want string }{
		{"one place", "w", "kari/chat-1/101", "sg_1"},
		{"the first of two", "w", "kari/chat-1/10", "sg_0"},
		{"the second of two", "w", "ola/chat-2/11", "sg_0"},
		{"both", "w", "kari/chat-1/10,ola/chat-2/11", "sg_0"},
		{"the beginning of an id", "w", "kari/chat-1/1", ""},
		{"a pattern is no id", "w", "%", ""},
		{"another desk's", "w", "kari/chat-1/12", ""},
		{"another workspace's", "v", "kari/chat-1/101", ""},
		{"nothing", "w", "", ""},
	} {
		got, err := s.SuggestionByNote(t.Context(), tt.workspace, "d", tt.note)
		if tt.want == "" {
			require.ErrorIs(t, err, store.ErrNotFound, tt.name)
			continue
		}
		require.NoError(t, err, tt.name)
		require.Equal(t, tt.want, got.ID, tt.name)
	}
}
