package suggest_test

import (
	"log/slog"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/sufflor/sufflor/connectors"
	"github.com/sufflor/sufflor/store"
	"github.com/sufflor/sufflor/suggest"
)

func TestAQuestionIsAskedAgain(t *testing.T) {
	o := open(t)
	start := time.Now().Add(-time.Hour)
	first := question("1", "Hei, jeg har en pumpe P-77.")
	first.At = start
	asked := question("2", "Hvor mye olje går det i den?")
	asked.At = start.Add(time.Minute)
	o.accept(t, first)
	o.settled(t, 1)
	o.accept(t, asked)
	rec := o.settled(t, 2)[0]
	require.Equal(t, asked.Text, rec.Question)
	later := question("2-edit", "Hva koster filteret til pumpe P-88?")
	later.Kind, later.Message = connectors.Edited, "m-2"
	o.accept(t, later)
	o.settled(t, 3)

	w := &suggest.Worker{Store: o.store, Pipeline: pipeline(newLibrary(t, shelf()...)), Now: time.Now, Log: slog.New(slog.DiscardHandler)}
	s, err := w.Again(t.Context(), rec)
	require.NoError(t, err)
	sound(t, s)
	require.Contains(t, s.Text(), "38 liter", "the machine was named in the message before")
	require.NotContains(t, s.Text(), "710 kr", "what was asked then, not what the message says now")
	require.Contains(t, s.Text(), "Kari")
	list, err := o.store.Suggestions(t.Context(), ws, store.SuggestionFilter{})
	require.NoError(t, err)
	require.Len(t, list, 3, "nothing is stored")

	lost := rec
	lost.EventKey, lost.Question = "unknown", oil
	s, err = w.Again(t.Context(), lost)
	require.NoError(t, err)
	require.Contains(t, s.Text(), "38 liter", "without the event, the question alone")

	elsewhere := lost
	elsewhere.EventKey, elsewhere.Workspace = "2", "other"
	s, err = w.Again(t.Context(), elsewhere)
	require.NoError(t, err)
	require.NotContains(t, s.Text(), "38 liter", "an event of another workspace is not looked at, nor are its documents")

	lost.Question = ""
	_, err = w.Again(t.Context(), lost)
	require.ErrorIs(t, err, store.ErrInvalid)
}
