package store_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/sufflor/sufflor/store"
)

func TestAnIdentityIsOnePersons(t *testing.T) {
	t.Parallel()
	s, ctx := open(t, store.Options{Dir: t.TempDir()}), t.Context()
	const issuer = "https://login.example.com"
	one := store.Identity{Issuer: issuer, Subject: "1"}
	_, err := s.PersonByIdentity(ctx, issuer, "1")
	require.ErrorIs(t, err, store.ErrNotFound)
	kari, err := s.AddIdentified(ctx, store.Person{ID: "k", Login: "Kari@example.com", Roles: map[string]string{"a": "agent", "b": "admin"}}, one)
	require.NoError(t, err)
	got, err := s.PersonByIdentity(ctx, issuer, "1")
	require.NoError(t, err)
	require.Equal(t, kari.ID, got.ID)
	require.Equal(t, map[string]string{"a": "agent", "b": "admin"}, got.Roles, "a role in each workspace")
	require.Len(t, got.Linked, 1)
	require.Equal(t, "1", got.Linked[0].Subject)
	require.False(t, got.Linked[0].Linked.IsZero())

	_, err = s.AddIdentified(ctx, store.Person{ID: "o", Login: "ola"}, one)
	require.ErrorIs(t, err, store.ErrTaken)
	_, err = s.PersonByLogin(ctx, "ola")
	require.ErrorIs(t, err, store.ErrNotFound, "both or neither")
	_, err = s.AddPerson(ctx, store.Person{ID: "o", Login: "ola"})
	require.NoError(t, err)
	require.ErrorIs(t, s.LinkIdentity(ctx, "o", one), store.ErrTaken)
	require.ErrorIs(t, s.LinkIdentity(ctx, "k", store.Identity{Issuer: issuer, Subject: "2"}), store.ErrTaken, "one of each provider")
	require.NoError(t, s.LinkIdentity(ctx, "k", store.Identity{Issuer: "https://other.example.com", Subject: "1"}))
	require.ErrorIs(t, s.LinkIdentity(ctx, "o", store.Identity{Issuer: issuer}), store.ErrInvalid)
	require.ErrorIs(t, s.LinkIdentity(ctx, "nobody", one), store.ErrNotFound)

	require.NoError(t, s.StartSession(ctx, store.Session{ID: "s", Person: "k", Expires: time.Now().Add(time.Hour)}))
	require.NoError(t, s.UnlinkIdentities(ctx, "k"))
	require.ErrorIs(t, s.UnlinkIdentities(ctx, "k"), store.ErrNotFound)
	_, err = s.Session(ctx, "s")
	require.ErrorIs(t, err, store.ErrNotFound)
	_, err = s.PersonByIdentity(ctx, issuer, "1")
	require.ErrorIs(t, err, store.ErrNotFound)
}

func TestWhatWasSentIsInTheAuditLog(t *testing.T) {
	t.Parallel()
	s, ctx := open(t, store.Options{Dir: t.TempDir()}), t.Context()
	saved, err := s.SaveSuggestion(ctx, store.Suggestion{ID: "s1", Workspace: "a", Desk: "zendesk", EventKey: "e", Conversation: "c\n9", Message: "m", Flag: "high", Body: []byte(`{}`)}, false)
	require.NoError(t, err)
	require.True(t, saved)
	sent := store.Outcome{ID: "r:s1", Workspace: "a", Suggestion: "s1", Action: store.ActionSent, Text: "Dear Kari", Agent: "agent 7"}
	for range 2 { // the job may run again
		require.NoError(t, s.SaveOutcome(ctx, sent))
	}
	require.NoError(t, s.SaveOutcome(ctx, store.Outcome{ID: "desk:zendesk:e2", Workspace: "a", Suggestion: "s1", Action: store.ActionUp, Agent: "agent 7"}))
	require.NoError(t, s.SaveOutcome(ctx, store.Outcome{Workspace: "a", Suggestion: "s1", Action: store.ActionUsed, Agent: "kari"}))
	acts, err := s.Acts(ctx, store.ActFilter{})
	require.NoError(t, err)
	var told []string
	for _, a := range acts {
		told = append(told, a.Workspace+" "+a.Kind+" "+a.Actor+" "+a.Action+" "+a.Object+" "+a.Detail)
	}
	digest := store.Subject{Conversation: "c\n9"}.Digest()
	require.Equal(t, []string{
		"a desk agent 7 suggestion.outcome s1 up, conversation " + digest,
		"a desk agent 7 suggestion.sent s1 conversation " + digest,
	}, told, "pages write their own lines, and nobody's words are in any")
}
