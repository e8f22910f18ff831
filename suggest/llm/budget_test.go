package llm_test

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/sufflor/sufflor/suggest/llm"
)

// books is a ledger in memory.
type books struct {
	mu   sync.Mutex
	sums map[string]llm.Spend
	err  error
}

func (b *books) AddSpend(_ context.Context, workspace, month string, add llm.Spend) (llm.Spend, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.err != nil {
		return llm.Spend{}, b.err
	}
	if b.sums == nil {
		b.sums = map[string]llm.Spend{}
	}
	s := b.sums[workspace+" "+month]
	s.Calls, s.Estimated, s.In, s.Out, s.Micros = s.Calls+add.Calls, s.Estimated+add.Estimated, s.In+add.In, s.Out+add.Out, s.Micros+add.Micros
	b.sums[workspace+" "+month] = s
	return s, nil
}

func (b *books) MonthSpend(_ context.Context, workspace, month string) (llm.Spend, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.sums[workspace+" "+month], b.err
}

func TestSpendingIsCappedEachMonth(t *testing.T) {
	now := time.Date(2026, 1, 31, 23, 59, 0, 0, time.UTC)
	for _, tt := range []struct {
		name string
		caps llm.Caps
	}{
		{"tokens", llm.Caps{Tokens: 4 * 37}},
		{"money", llm.Caps{PriceIn: 2, PriceOut: 10, Spend: 0.00052, Currency: "EUR"}}, // four calls of 30 in and 7 out
	} {
		t.Run(tt.name, func(t *testing.T) {
			var requests atomic.Int32
			logs, ledger := &watched{}, &books{}
			clock := now
			m := model(t, llm.OpenAI, serve(t, func(w http.ResponseWriter, r *http.Request) {
				requests.Add(1)
				answering(200, reply(llm.OpenAI, "ja"))(w, r)
			}), logged(logs), func(o *llm.Options) {
				o.Caps, o.Ledger, o.Now = tt.caps, ledger, func() time.Time { return clock }
			})
			for i, want := range []int{0, 50, 75, 100} {
				_, err := m.Generate(t.Context(), prompt, nil)
				require.NoError(t, err)
				st, err := m.Budget(t.Context(), "w")
				require.NoError(t, err)
				require.Equal(t, want, st.Level, "after call %d", i+1)
				require.Equal(t, "2026-01", st.Month)
				require.Equal(t, "2026-02-01", st.Renewal.Format(time.DateOnly))
			}
			for range 3 {
				_, err := m.Generate(t.Context(), prompt, nil)
				requireCause(t, llm.Budget, err)
				require.ErrorContains(t, err, "2026-02-01")
			}
			require.EqualValues(t, 4, requests.Load())
			for _, percent := range []string{"50", "75", "100"} {
				require.Equal(t, 1, strings.Count(logs.String(), "percent="+percent), "one warning")
			}
			other := prompt
			other.Workspace = "other"
			_, err := m.Generate(t.Context(), other, nil)
			require.NoError(t, err, "a workspace has its own budget")
			clock = now.Add(2 * time.Minute)
			_, err = m.Generate(t.Context(), prompt, nil)
			require.NoError(t, err, "a new month")
			require.Equal(t, llm.Spend{Calls: 4, In: 120, Out: 28, Micros: 4 * int64(30*tt.caps.PriceIn+7*tt.caps.PriceOut)}, ledger.sums["w 2026-01"])
		})
	}
}

func TestRequestsWithoutAReplyAreChargedToo(t *testing.T) {
	each(t, func(t *testing.T, p llm.Provider) {
		t.Helper()
		ledger := &books{}
		asModel := func(h http.HandlerFunc) *llm.Model {
			return model(t, p, serve(t, h), func(o *llm.Options) {
				o.Ledger, o.Now = ledger, func() time.Time { return time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC) }
			})
		}
		_, err := asModel(answering(200, starting(p, 9)+piece(p, "half a reply")+ending(p, cut[p], 9, 500))).Generate(t.Context(), prompt, nil)
		requireCause(t, llm.Truncated, err)
		require.Equal(t, llm.Spend{Calls: 1, In: 9, Out: 500}, ledger.sums["w 2026-03"])

		_, err = asModel(answering(200, piece(p, "half a reply"))).Generate(t.Context(), prompt, nil)
		requireCause(t, llm.Broken, err)
		got := ledger.sums["w 2026-03"]
		require.EqualValues(t, 2, got.Calls)
		require.EqualValues(t, 1, got.Estimated)
		require.EqualValues(t, 500+llm.Estimate("half a reply"), got.Out)

		_, err = asModel(answering(401, "")).Generate(t.Context(), prompt, nil)
		requireCause(t, llm.Refused, err)
		require.Equal(t, got, ledger.sums["w 2026-03"], "a refused request costs nothing")
	})
}

func TestCallsAtOnceWarnOnce(t *testing.T) {
	logs, ledger := &watched{}, &books{}
	m := model(t, llm.OpenAI, serve(t, answering(200, reply(llm.OpenAI, "ja"))), logged(logs), func(o *llm.Options) {
		o.Caps, o.Ledger, o.Parallel = llm.Caps{Tokens: 37 * 20}, ledger, 8
	})
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for range 5 {
				_, _ = m.Generate(t.Context(), prompt, nil)
			}
		})
	}
	wg.Wait()
	for _, percent := range []string{"50", "75", "100"} {
		require.Equal(t, 1, strings.Count(logs.String(), "percent="+percent), percent)
	}
	st, err := m.Budget(t.Context(), "w")
	require.NoError(t, err)
	require.LessOrEqual(t, st.Spent.Calls, int64(20+7), "no more than was under way")
	require.GreaterOrEqual(t, st.Spent.Calls, int64(20))
}

func TestALedgerThatFails(t *testing.T) {
	logs, ledger := &watched{}, &books{err: errors.New("disk full")}
	with := func(c llm.Caps) *llm.Model {
		return model(t, llm.OpenAI, serve(t, answering(200, reply(llm.OpenAI, "ja"))), logged(logs), func(o *llm.Options) { o.Caps, o.Ledger = c, ledger })
	}
	_, err := with(llm.Caps{Tokens: 1000}).Generate(t.Context(), prompt, nil)
	requireCause(t, llm.Budget, err)
	require.ErrorContains(t, err, "disk full")
	_, err = with(llm.Caps{}).Generate(t.Context(), prompt, nil)
	require.NoError(t, err, "without a cap it only counts")
	require.Contains(t, logs.String(), "was not written down")
}
