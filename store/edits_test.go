package store_test

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sufflor/sufflor/store"
)

func TestEdits(t *testing.T) {
	s := open(t, store.Options{Dir: t.TempDir()})
	sug := store.Suggestion{ID: "sg", Workspace: "w", Desk: "d", EventKey: "k", Conversation: "c", Message: "m"}
	_, err := s.SaveSuggestion(t.Context(), sug, false)
	require.NoError(t, err)
	edit := func(tab, text string) store.Edit {
		return store.Edit{Workspace: "w", Suggestion: "sg", Agent: "kari", Tab: tab, Text: text}
	}
	_, err = s.Edit(t.Context(), "w", "sg", "kari")
	require.ErrorIs(t, err, store.ErrNotFound)

	one := edit("a", "first")
	one.Quotes = json.RawMessage(`[{"passage":"p"}]`)
	got, err := s.SaveEdit(t.Context(), one, 0)
	require.NoError(t, err)
	require.Equal(t, 1, got.Version)
	got, err = s.Edit(t.Context(), "w", "sg", "kari")
	require.NoError(t, err)
	require.Equal(t, "first", got.Text)
	require.JSONEq(t, `[{"passage":"p"}]`, string(got.Quotes))
	require.False(t, got.Updated.IsZero())

	t.Run("the same tab goes on, also when it lost an answer", func(t *testing.T) {
		for _, base := range []int{1, 1, 0} {
			_, err := s.SaveEdit(t.Context(), edit("a", "second"), base)
			require.NoError(t, err)
		}
	})
	t.Run("another tab is told, and nothing is lost", func(t *testing.T) {
		theirs, err := s.SaveEdit(t.Context(), edit("b", "mine"), 1)
		require.ErrorIs(t, err, store.ErrConflict)
		require.Equal(t, "second", theirs.Text)
		require.Equal(t, "a", theirs.Tab)
		got, err := s.SaveEdit(t.Context(), edit("b", "mine"), theirs.Version)
		require.NoError(t, err, "having seen it, it may")
		require.Equal(t, theirs.Version+1, got.Version)
	})
	t.Run("others have their own", func(t *testing.T) {
		_, err := s.Edit(t.Context(), "w", "sg", "ola")
		require.ErrorIs(t, err, store.ErrNotFound)
		_, err = s.Edit(t.Context(), "other", "sg", "kari")
		require.ErrorIs(t, err, store.ErrNotFound)
	})
	t.Run("what cannot be kept", func(t *testing.T) {
		for _, e := range []store.Edit{
			{Workspace: "w"},
			{Suggestion: "sg"},
			edit("a", strings.Repeat("x", 64<<10+1)),
			{Workspace: "w", Suggestion: "sg", Quotes: json.RawMessage("{")},
		} {
			_, err := s.SaveEdit(t.Context(), e, 0)
			require.ErrorIs(t, err, store.ErrInvalid)
		}
		_, err := s.SaveEdit(t.Context(), store.Edit{Workspace: "other", Suggestion: "sg"}, 0)
		require.ErrorIs(t, err, store.ErrNotFound)
	})
	t.Run("it is dropped, and a tab that did not see it loses nothing", func(t *testing.T) {
		require.NoError(t, s.DropEdit(t.Context(), "w", "sg", "kari"))
		require.NoError(t, s.DropEdit(t.Context(), "w", "sg", "kari"))
		got, err := s.SaveEdit(t.Context(), edit("c", "more"), 3)
		require.NoError(t, err)
		require.Equal(t, 4, got.Version)
	})
	t.Run("it goes with the customer's message", func(t *testing.T) {
		require.NoError(t, s.WithdrawSuggestions(t.Context(), "w", "d", "c", "m"))
		_, err := s.Edit(t.Context(), "w", "sg", "kari")
		require.ErrorIs(t, err, store.ErrNotFound)
		_, err = s.SaveEdit(t.Context(), edit("a", "late"), 0)
		require.True(t, errors.Is(err, store.ErrNotFound))
	})
}
