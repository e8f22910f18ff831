package suggest_test

import (
	"context"
	"errors"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sufflor/sufflor/store"
	"github.com/sufflor/sufflor/suggest"
)

// TestOfTwoThatSayNearlyTheSame has two prices for one thing, in two documents.
func TestOfTwoThatSayNearlyTheSame(t *testing.T) {
	shelf := func(oldest, newest string) library {
		old, fresh := page("a", "Priser", "Filter", oldest), page("b", "Priser", "Filter", newest)
		old.Modified = fresh.Modified.AddDate(-2, 0, 0)
		return shelve(t, old, fresh)
	}
	first := func(t *testing.T, p *suggest.Pipeline) (string, suggest.Suggestion) {
		t.Helper()
		s := ask(t, p, "Hva koster filteret F-12 til pumpen P-77?")
		require.NotEmpty(t, s.Evidence)
		return s.Evidence[0].Passage.Document, s
	}
	const a, b = "Filteret F-12 til pumpen P-77 koster 690 kr.", "Filteret F-12 til pumpen P-77 koster 740 kr."
	voted := func(v map[string]store.Votes) *suggest.Pipeline {
		p := pipeline(shelf(a, b))
		p.Votes = func(_ context.Context, workspace string, _ []string) (map[string]store.Votes, error) {
			require.Equal(t, ws, workspace)
			return v, nil
		}
		return p
	}
	t.Run("the newer one comes first", func(t *testing.T) {
		got, s := first(t, pipeline(shelf(a, b)))
		require.Equal(t, "b", got)
		require.Contains(t, s.Text(), "740 kr")
		got, s = first(t, pipeline(shelf(b, a)))
		require.Equal(t, "b", got)
		require.Contains(t, s.Text(), "690 kr")
	})
	t.Run("or the one that agents used", func(t *testing.T) {
		got, _ := first(t, voted(map[string]store.Votes{"a-p": {Good: 9}}))
		require.Equal(t, "a", got)
	})
	t.Run("or the one they did not call wrong", func(t *testing.T) {
		got, _ := first(t, voted(map[string]store.Votes{"b-p": {Good: 1, Bad: 9}}))
		require.Equal(t, "a", got)
	})
	t.Run("votes never raise what is on another matter", func(t *testing.T) {
		other := page("c", "Retur", "Frist", "Ubrukte deler kan returneres innen 30 dager.")
		p := pipeline(shelve(t, page("a", "Priser", "Filter", a), other))
		p.Votes = func(context.Context, string, []string) (map[string]store.Votes, error) {
			return map[string]store.Votes{"c-p": {Good: 10000}}, nil
		}
		got, _ := first(t, p)
		require.Equal(t, "a", got)
	})
	t.Run("without votes there is still a draft, and it says so", func(t *testing.T) {
		p := pipeline(shelf(a, b))
		p.Votes = func(context.Context, string, []string) (map[string]store.Votes, error) { return nil, errors.New("disk full") }
		got, s := first(t, p)
		require.Equal(t, "b", got)
		require.Equal(t, []string{"votes"}, s.Degraded)
	})
}
