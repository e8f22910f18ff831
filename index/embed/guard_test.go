package embed_test

import (
	"context"
	"errors"
	"math"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
	"unicode/utf8"

	"github.com/stretchr/testify/require"

	"github.com/sufflor/sufflor/index/embed"
)

// pretend is a maker that does what it is told.
type pretend struct {
	mu    sync.Mutex
	asked [][]string
	at    []time.Time
	make  func(ctx context.Context, texts []string) ([][]float32, error)
}

func (p *pretend) Make(ctx context.Context, texts []string) ([][]float32, error) {
	p.mu.Lock()
	p.asked, p.at = append(p.asked, append([]string{}, texts...)), append(p.at, time.Now())
	f := p.make
	p.mu.Unlock()
	if f == nil {
		f = good
	}
	return f(ctx, texts)
}

func (p *pretend) count() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return len(p.asked)
}

func good(_ context.Context, texts []string) ([][]float32, error) {
	var out [][]float32
	for _, t := range texts {
		out = append(out, []float32{1, float32(len(t))})
	}
	return out, nil
}

func fails(f embed.MakeError) func(context.Context, []string) ([][]float32, error) {
	return func(context.Context, []string) ([][]float32, error) { return nil, &f }
}

func hangs(ctx context.Context, _ []string) ([][]float32, error) {
	<-ctx.Done()
	return nil, ctx.Err()
}

func guard(tb testing.TB, p *pretend, o embed.Options) *embed.Guard {
	tb.Helper()
	o.Name = "m"
	g, err := embed.New(p, o)
	require.NoError(tb, err)
	return g
}

func TestBatchesAreBoundByCountAndSize(t *testing.T) {
	p := &pretend{}
	g := guard(t, p, embed.Options{PassagePrefix: "passage: ", QueryPrefix: "query: ", Limits: embed.Limits{Batch: 3, BatchSize: 60, Text: 30}})
	long := strings.Repeat("æ", 40)
	got, err := g.Documents(t.Context(), []string{"a", " b ", "c", "d", long, long, "e\xff"})
	require.NoError(t, err)
	require.Len(t, got, 7)
	cut := "passage: " + strings.Repeat("æ", 15)
	require.Equal(t, [][]string{
		{"passage: a", "passage: b", "passage: c"}, {"passage: d", cut}, {cut, "passage: e\uFFFD"},
	}, p.asked)
	_, err = g.Query(t.Context(), "x"+long)
	require.NoError(t, err)
	q := p.asked[3][0]
	require.True(t, utf8.ValidString(q), "cut between characters")
	require.Equal(t, "query: x"+strings.Repeat("æ", 14), q)
	got, err = g.Documents(t.Context(), nil)
	require.NoError(t, err)
	require.Empty(t, got)
	_, err = g.Query(t.Context(), " \n")
	require.ErrorIs(t, err, embed.ErrText)
}

func TestModelKnowsItsDimension(t *testing.T) {
	p := &pretend{}
	g := guard(t, p, embed.Options{})
	m, err := g.Model(t.Context())
	require.NoError(t, err)
	require.Equal(t, embed.Model{Name: "m", Dim: 2}, m)
	_, err = g.Model(t.Context())
	require.NoError(t, err)
	require.Equal(t, 1, p.count(), "asked once")
	m, err = guard(t, &pretend{}, embed.Options{Dim: 7, PassagePrefix: "passage: "}).Model(t.Context())
	require.NoError(t, err)
	require.Equal(t, embed.Model{Name: `m after "passage: "`, Dim: 7}, m)
	p.make = func(context.Context, []string) ([][]float32, error) { return [][]float32{{1, 2, 3}}, nil }
	_, err = g.Query(t.Context(), "x")
	require.ErrorIs(t, err, embed.ErrAnswer, "a model that changes under its name is found out")
	_, err = embed.New(p, embed.Options{})
	require.ErrorContains(t, err, "name")
	_, err = embed.New(p, embed.Options{Name: "m", Dim: -1})
	require.ErrorContains(t, err, "dimensions")
}

func TestUselessAnswers(t *testing.T) {
	nan, inf := float32(math.NaN()), float32(math.Inf(-1))
	for _, tt := range []struct {
		name string
		give [][]float32
	}{
		{"too few", [][]float32{{1, 2}}},
		{"too many", [][]float32{{1, 2}, {1, 2}, {1, 2}}},
		{"none", nil},
		{"no numbers", [][]float32{{}, {}}},
		{"different dimensions", [][]float32{{1, 2}, {1, 2, 3}}},
		{"no number", [][]float32{{1, 2}, {1, nan}}},
		{"infinite", [][]float32{{inf, 2}, {1, 2}}},
		{"no direction", [][]float32{{1, 2}, {0, 0}}},
		{"very long", [][]float32{make([]float32, 9000), make([]float32, 9000)}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			p := &pretend{make: func(context.Context, []string) ([][]float32, error) { return tt.give, nil }}
			_, err := guard(t, p, embed.Options{Limits: embed.Limits{Retries: -1}}).Documents(t.Context(), []string{"a", "b"})
			require.ErrorIs(t, err, embed.ErrAnswer)
		})
	}
}

func TestPassingFailuresAreTriedAgainLaterAndLater(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := 0
		p := &pretend{}
		p.make = func(ctx context.Context, texts []string) ([][]float32, error) {
			if n++; n <= 3 {
				return nil, &embed.MakeError{Kind: embed.ErrDown, Reason: "HTTP 503"}
			}
			return good(ctx, texts)
		}
		_, err := guard(t, p, embed.Options{}).Documents(t.Context(), []string{"a"})
		require.NoError(t, err)
		require.Equal(t, 4, p.count())
		for i, base := range []time.Duration{500, 1000, 2000} {
			pause := p.at[i+1].Sub(p.at[i])
			require.GreaterOrEqual(t, pause, base*time.Millisecond/2)
			require.LessOrEqual(t, pause, base*time.Millisecond*3/2)
		}
	})
}

func TestWhatIsNotTriedAgain(t *testing.T) {
	for _, tt := range []struct {
		name string
		make func(context.Context, []string) ([][]float32, error)
		want error
		n    int
	}{
		{"a wrong key", fails(embed.MakeError{Kind: embed.ErrRefused}), embed.ErrRefused, 1},
		{"a text it cannot take", fails(embed.MakeError{Kind: embed.ErrText}), embed.ErrText, 1},
		{"one that wants an hour", fails(embed.MakeError{Kind: embed.ErrDown, After: time.Hour}), embed.ErrDown, 1},
		{"one that does not answer at all", hangs, embed.ErrDown, 1},
		{"one that is down stays down", fails(embed.MakeError{Kind: embed.ErrDown}), embed.ErrDown, 4},
		{"any other error", func(context.Context, []string) ([][]float32, error) { return nil, errors.New("x") }, embed.ErrDown, 4},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p := &pretend{make: tt.make}
				_, err := guard(t, p, embed.Options{}).Documents(t.Context(), []string{"a"})
				require.ErrorIs(t, err, tt.want)
				require.Equal(t, tt.n, p.count())
			})
		})
	}
}

func TestAfterAFailureItRestsThenOneTries(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := &pretend{make: hangs}
		g := guard(t, p, embed.Options{Limits: embed.Limits{Timeout: time.Second, Rest: 10 * time.Second}})
		began := time.Now()
		_, err := g.Query(t.Context(), "x")
		require.ErrorIs(t, err, embed.ErrDown)
		require.Equal(t, time.Second, time.Since(began))
		for range 100 {
			_, err = g.Query(t.Context(), "x")
			require.ErrorIs(t, err, embed.ErrDown)
		}
		require.Equal(t, time.Second, time.Since(began), "the others cost nothing")
		require.Equal(t, 1, p.count())
		var f *embed.MakeError
		require.ErrorAs(t, err, &f)
		require.Equal(t, 10*time.Second, f.After)
		require.ErrorContains(t, err, "no answer within 1s")

		time.Sleep(10 * time.Second)
		var wg sync.WaitGroup
		for range 20 {
			wg.Go(func() {
				_, err := g.Query(t.Context(), "x")
				require.ErrorIs(t, err, embed.ErrDown)
			})
		}
		wg.Wait()
		require.Equal(t, 2, p.count(), "one tries, the others do not wait for it")

		p.mu.Lock()
		p.make = nil
		p.mu.Unlock()
		time.Sleep(10 * time.Second)
		for range 5 {
			_, err = g.Query(t.Context(), "x")
			require.NoError(t, err)
		}
	})
}

func TestQuestionsAndDocumentsFailApart(t *testing.T) {
	p := &pretend{make: fails(embed.MakeError{Kind: embed.ErrDown})}
	g := guard(t, p, embed.Options{Limits: embed.Limits{Retries: -1}})
	_, err := g.Documents(t.Context(), []string{"a"})
	require.ErrorIs(t, err, embed.ErrDown)
	p.make = nil
	_, err = g.Documents(t.Context(), []string{"a"})
	require.ErrorIs(t, err, embed.ErrDown)
	_, err = g.Query(t.Context(), "x")
	require.NoError(t, err)
}

func TestACallersDeadline(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := &pretend{make: hangs}
		g := guard(t, p, embed.Options{})
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
		defer cancel()
		_, err := g.Query(ctx, "x")
		require.ErrorIs(t, err, context.DeadlineExceeded, "so little time says nothing of the embedder")
		ctx, cancel = context.WithTimeout(t.Context(), 300*time.Millisecond)
		defer cancel()
		_, err = g.Query(ctx, "x")
		require.ErrorIs(t, err, embed.ErrDown)
		_, err = g.Query(t.Context(), "x")
		require.ErrorIs(t, err, embed.ErrDown)
		require.Equal(t, 2, p.count(), "the next question does not pay")
	})
}
