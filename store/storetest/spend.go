package storetest

import (
	"sync"

	"github.com/stretchr/testify/require"

	"github.com/sufflor/sufflor/store"
)

var spendTests = []test{
	{"sums grow and are told", func(x fixture) {
		t, s := x.t, x.s
		one := store.Spend{Workspace: "w", Month: "2026-01", Calls: 1, Estimated: 1, TokensIn: 1000, TokensOut: 50, Micros: 7}
		got, err := s.AddSpend(t.Context(), one)
		require.NoError(t, err)
		require.Equal(t, one, got)
		got, err = s.AddSpend(t.Context(), store.Spend{Workspace: "w", Month: "2026-01", Calls: 1, TokensIn: 1, TokensOut: 2, Micros: 3})
		require.NoError(t, err)
		want := store.Spend{Workspace: "w", Month: "2026-01", Calls: 2, Estimated: 1, TokensIn: 1001, TokensOut: 52, Micros: 10}
		require.Equal(t, want, got)
		got, err = s.MonthSpend(t.Context(), "w", "2026-01")
		require.NoError(t, err)
		require.Equal(t, want, got)
	}},
	{"workspaces and months are apart", func(x fixture) {
		t, s := x.t, x.s
		for _, add := range []store.Spend{
			{Workspace: "a", Month: "2025-12", TokensIn: 1}, {Workspace: "a", Month: "2026-01", TokensIn: 2}, {Workspace: "b", Month: "2026-01", TokensIn: 4},
		} {
			_, err := s.AddSpend(t.Context(), add)
			require.NoError(t, err)
		}
		tokens := func(list []store.Spend, err error) (out []int64) {
			require.NoError(t, err)
			for _, one := range list {
				out = append(out, one.TokensIn)
			}
			return out
		}
		require.Equal(t, []int64{2, 1}, tokens(s.Spending(t.Context(), "a")), "the newest first")
		require.Equal(t, []int64{2, 4, 1}, tokens(s.Spending(t.Context(), "")))
		require.Empty(t, tokens(s.Spending(t.Context(), "c")))
		got, err := s.MonthSpend(t.Context(), "b", "2025-12")
		require.NoError(t, err)
		require.Equal(t, store.Spend{Workspace: "b", Month: "2025-12"}, got)
	}},
	{"nothing is lost when many add at once", func(x fixture) {
		t, s := x.t, x.s
		var wg sync.WaitGroup
		var mu sync.Mutex
		seen := map[int64]bool{}
		for range 20 {
			wg.Go(func() {
				got, err := s.AddSpend(t.Context(), store.Spend{Workspace: "w", Month: "2026-01", Calls: 1, TokensIn: 5})
				mu.Lock()
				defer mu.Unlock()
				if err != nil {
					t.Error(err)
				}
				seen[got.Calls] = true
			})
		}
		wg.Wait()
		got, err := s.MonthSpend(t.Context(), "w", "2026-01")
		require.NoError(t, err)
		require.EqualValues(t, 100, got.TokensIn)
		require.Len(t, seen, 20, "each saw the sum after its own")
	}},
	{"what is no month, or is taken back, is refused", func(x fixture) {
		t, s := x.t, x.s
		for _, add := range []store.Spend{
			{Month: "2026-01"}, {Workspace: "w"}, {Workspace: "w", Month: "January"}, {Workspace: "w", Month: "2026-13"}, {Workspace: "w", Month: "2026-01", Micros: -1},
		} {
			_, err := s.AddSpend(t.Context(), add)
			require.ErrorIs(t, err, store.ErrInvalid)
		}
	}},
}
