package redis_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/sufflor/sufflor/store/redis"
	"github.com/sufflor/sufflor/store/redis/redistest"
)

const soon = 20 * time.Second

func open(tb testing.TB, o redis.Options) *redis.Client {
	tb.Helper()
	if o.Secret == "" {
		o.Secret = redistest.Secret
	}
	c, err := redis.Open(tb.Context(), o)
	require.NoError(tb, err)
	tb.Cleanup(func() { require.NoError(tb, c.Close()) })
	return c
}

func up(tb testing.TB, c *redis.Client) {
	tb.Helper()
	require.Eventually(tb, func() bool { return c.Down() == nil }, soon, 10*time.Millisecond, "it never came up")
}

func TestOpenRefuses(t *testing.T) {
	for _, tc := range []struct {
		name, want string
		o          redis.Options
	}{
		{"an address of something else, without quoting its password", "redis.url: not an address", redis.Options{URL: "http://u:hunter2@x"}},
		{"a short secret", "redis.secret: 24 characters", redis.Options{URL: "redis://x", Secret: "short"}},
		{"sentinels without a master's name", "redis.master: required", redis.Options{URL: "redis://x", Mode: redis.Sentinel}},
		{"a database of a cluster", "database 0 only", redis.Options{URL: "redis://x/3", Mode: redis.Cluster}},
		{"an unknown mode", "one of single, sentinel, cluster", redis.Options{URL: "redis://x", Mode: "ring"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			_, err := redis.Open(t.Context(), tc.o)
			require.ErrorContains(t, err, tc.want)
			require.NotContains(t, err.Error(), "hunter2")
		})
	}
}

// everything is used by two replicas on one Redis, whichever kind it is.
func everything(t *testing.T, o redis.Options) {
	t.Helper()
	a, b := open(t, o), open(t, o)
	up(t, a)
	up(t, b)
	ctx := t.Context()

	t.Run("a value made by one is another's", func(t *testing.T) {
		got, err := a.Do(ctx, "w", "q", func(context.Context) ([]byte, error) { return []byte("answer"), nil })
		require.NoError(t, err)
		require.Equal(t, "answer", string(got))
		got, err = b.Do(ctx, "w", "q", func(context.Context) ([]byte, error) { return nil, errors.New("made again") })
		require.NoError(t, err)
		require.Equal(t, "answer", string(got))
	})
	t.Run("another workspace does not get it", func(t *testing.T) {
		got, err := b.Do(ctx, "other", "q", func(context.Context) ([]byte, error) { return []byte("own"), nil })
		require.NoError(t, err)
		require.Equal(t, "own", string(got))
	})
	t.Run("what is forgotten is made again, elsewhere it stays", func(t *testing.T) {
		require.NoError(t, a.Forget(ctx, "w"))
		got, err := b.Do(ctx, "w", "q", func(context.Context) ([]byte, error) { return []byte("new"), nil })
		require.NoError(t, err)
		require.Equal(t, "new", string(got))
		got, err = a.Do(ctx, "other", "q", func(context.Context) ([]byte, error) { return nil, errors.New("made again") })
		require.NoError(t, err)
		require.Equal(t, "own", string(got))
	})
	t.Run("of many that ask at once one makes it", func(t *testing.T) {
		var made atomic.Int32
		var wg sync.WaitGroup
		for i := range 8 {
			c := []*redis.Client{a, b}[i%2]
			wg.Go(func() {
				got, err := c.Do(ctx, "w", "slow", func(context.Context) ([]byte, error) {
					made.Add(1)
					time.Sleep(100 * time.Millisecond) // a model at work
					return []byte("once"), nil
				})
				if err != nil || string(got) != "once" {
					t.Errorf("got %q, %v", got, err)
				}
			})
		}
		wg.Wait()
		require.EqualValues(t, 1, made.Load())
	})
	t.Run("what one could not make the next tries at once", func(t *testing.T) {
		bad := errors.New("no")
		_, err := a.Do(ctx, "w", "fails", func(context.Context) ([]byte, error) { return nil, bad })
		require.ErrorIs(t, err, bad)
		got, err := b.Do(ctx, "w", "fails", func(context.Context) ([]byte, error) { return []byte("yes"), nil })
		require.NoError(t, err)
		require.Equal(t, "yes", string(got))
	})
	t.Run("what is made while a customer is forgotten is not kept", func(t *testing.T) {
		_, err := a.Do(ctx, "w", "race", func(ctx context.Context) ([]byte, error) { return []byte("old"), b.Forget(ctx, "w") })
		require.NoError(t, err)
		got, err := b.Do(ctx, "w", "race", func(context.Context) ([]byte, error) { return []byte("new"), nil })
		require.NoError(t, err)
		require.Equal(t, "new", string(got))
	})
	t.Run("attempts count together", func(t *testing.T) {
		l := redis.Limit{Name: "kari", Free: 3, Most: time.Minute}
		for i, c := range []*redis.Client{a, b, a} {
			wait, err := c.Try(ctx, time.Hour, l)
			require.NoError(t, err)
			require.Zero(t, wait, "attempt %d", i)
		}
		wait, err := b.Try(ctx, time.Hour, l)
		require.NoError(t, err)
		require.Positive(t, wait)
		require.LessOrEqual(t, wait, time.Second)
		require.NoError(t, a.Undo(ctx, []string{"kari"}, nil))
		wait, err = b.Try(ctx, time.Hour, l)
		require.NoError(t, err)
		require.Zero(t, wait)
	})
	t.Run("an attempt that was right counts no more, the others do", func(t *testing.T) {
		l := redis.Limit{Name: "10.0.0.1", Free: 3, Most: time.Minute}
		for range 3 {
			_, err := a.Try(ctx, time.Hour, l)
			require.NoError(t, err)
		}
		require.NoError(t, a.Undo(ctx, nil, []string{"10.0.0.1"}))
		wait, err := b.Try(ctx, time.Hour, l)
		require.NoError(t, err)
		require.Zero(t, wait, "the third was taken back")
		wait, err = b.Try(ctx, time.Hour, l)
		require.NoError(t, err)
		require.Positive(t, wait)
	})
	t.Run("turns are taken together", func(t *testing.T) {
		for i, c := range []*redis.Client{a, b, a} {
			wait, err := c.Turn(ctx, "model", time.Minute, 10*time.Minute)
			require.NoError(t, err)
			require.InDelta(t, float64(i)*60, wait.Seconds(), 20)
		}
		wait, err := b.Turn(ctx, "model", time.Minute, time.Minute)
		require.NoError(t, err)
		require.Greater(t, wait, time.Minute, "too far away: not taken")
	})
	t.Run("a delivery is known once it is remembered", func(t *testing.T) {
		require.False(t, b.Seen(ctx, "zendesk 1"))
		a.Remember("zendesk 1")
		require.Eventually(t, func() bool { return b.Seen(ctx, "zendesk 1") }, soon, 5*time.Millisecond)
	})
	t.Run("news and pieces reach the other replica", func(t *testing.T) { news(t, a, b) })
}

// feed is a store's feed.
type feed struct {
	mu   sync.Mutex
	seq  int64
	wake chan struct{}
}

func newFeed() *feed { return &feed{wake: make(chan struct{}, 1)} }

func (f *feed) Watch(string) (<-chan struct{}, func()) { return f.wake, func() {} }

func (f *feed) FeedEnd(context.Context, string) (int64, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.seq, nil
}

func (f *feed) commit() {
	f.mu.Lock()
	f.seq++
	f.mu.Unlock()
	f.wake <- struct{}{}
}

func run(tb testing.TB, b *redis.Bus) {
	tb.Helper()
	ctx, stop := context.WithCancel(tb.Context())
	var wg sync.WaitGroup
	wg.Go(func() { b.Run(ctx) })
	tb.Cleanup(func() { stop(); wg.Wait() })
}

func woken(tb testing.TB, wake <-chan struct{}) {
	tb.Helper()
	select {
	case <-wake:
	case <-time.After(soon):
		tb.Fatal("nobody told")
	}
}

func news(t *testing.T, a, b *redis.Client) {
	t.Helper()
	pieces := make(chan string, 1000)
	at, bt := newFeed(), newFeed()
	busA := a.NewBus(at, []string{"w"}, func(string, []byte) { t.Error("heard its own") })
	busB := b.NewBus(bt, []string{"w"}, func(ws string, data []byte) { pieces <- ws + " " + string(data) })
	run(t, busA)
	run(t, busB)
	// Until B listens, nothing arrives; then everything does.
	require.Eventually(t, func() bool { busA.Tell("w", []byte("hei")); return len(pieces) > 0 }, soon, 20*time.Millisecond)
	require.Equal(t, "w hei", <-pieces)

	wake, stop := busB.Watch("w")
	defer stop()
	at.commit()
	woken(t, wake)
}

func TestSingle(t *testing.T) {
	s := redistest.Start(t, "--requirepass", "hunter2")
	everything(t, redis.Options{URL: strings.Replace(s.URL, "//", "//:hunter2@", 1)})
}

func TestCluster(t *testing.T) {
	nodes := redistest.Cluster(t)
	everything(t, redis.Options{URL: nodes[0].URL, Nodes: []string{nodes[1].Addr}, Mode: redis.Cluster})
}

func TestSentinelFindsTheNewMaster(t *testing.T) {
	master := redistest.Start(t)
	_, port, err := net.SplitHostPort(master.Addr)
	require.NoError(t, err)
	replica := redistest.Start(t, "--replicaof", "127.0.0.1 "+port)
	s := redistest.Sentinel(t, master)
	require.Eventually(t, func() bool {
		out, err := s.Do("sentinel", "replicas", "main")
		return err == nil && strings.Contains(out, "master-link-status\nok")
	}, soon, 100*time.Millisecond)
	o := redis.Options{URL: s.URL, Mode: redis.Sentinel, Master: "main"}
	everything(t, o)

	c := open(t, o)
	up(t, c)
	master.Kill()
	require.Eventually(t, func() bool {
		_, err := c.Try(t.Context(), time.Hour, redis.Limit{Name: "after", Free: 1 << 30})
		return err == nil
	}, 2*soon, 50*time.Millisecond, "the replica never took over")
	out, err := replica.Do("role")
	require.NoError(t, err)
	require.True(t, strings.HasPrefix(out, "master"), out)
}

func TestWhatLiesInRedisCannotBeRead(t *testing.T) {
	s := redistest.Start(t)
	c := open(t, redis.Options{URL: s.URL})
	up(t, c)
	ctx := t.Context()
	_, err := c.Do(ctx, "acme", "Kari asks", func(context.Context) ([]byte, error) { return []byte("Kari's answer"), nil })
	require.NoError(t, err)
	_, err = c.Try(ctx, time.Hour, redis.Limit{Name: "kari@example.com", Free: 3, Most: time.Minute})
	require.NoError(t, err)
	c.Remember("Kari's delivery")
	require.Eventually(t, func() bool { return c.Seen(ctx, "Kari's delivery") }, soon, 5*time.Millisecond)
	keys, err := s.Do("--scan")
	require.NoError(t, err)
	list := strings.Fields(keys)
	require.Len(t, list, 4) // value, limit, delivery and the probe
	for _, k := range list {
		ttl, err := s.Do("pttl", k)
		require.NoError(t, err)
		require.NotEqual(t, "-1\n", ttl, "%s stays for ever", k)
		value, err := s.Do("dump", k)
		require.NoError(t, err)
		for _, word := range []string{"Kari", "kari", "acme", "answer"} {
			require.NotContains(t, k+value, word)
		}
	}
	t.Run("nor with another secret", func(t *testing.T) {
		other := open(t, redis.Options{URL: s.URL, Secret: "another-secret-0123456789"}) //nolint:contextcheck // the test's own
		up(t, other)
		got, err := other.Do(ctx, "acme", "Kari asks", func(context.Context) ([]byte, error) { return []byte("own"), nil })
		require.NoError(t, err)
		require.Equal(t, "own", string(got))
	})
	t.Run("and what somebody put there is not believed", func(t *testing.T) {
		for _, k := range list {
			if strings.HasPrefix(k, "sufflor:1:v:") {
				_, err := s.Do("set", k, "forged") //nolint:contextcheck // the test's own
				require.NoError(t, err)
			}
		}
		got, err := c.Do(ctx, "acme", "Kari asks", func(context.Context) ([]byte, error) { return []byte("made anew"), nil })
		require.NoError(t, err)
		require.Equal(t, "made anew", string(got))
	})
}

// lines is a log that can be read while it is written.
type lines struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lines) count(text string) int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return strings.Count(l.b.String(), text)
}

func TestKilledAndStartedAgainDuringTraffic(t *testing.T) {
	s := redistest.Start(t)
	var log lines
	o := redis.Options{URL: s.URL, Log: slog.New(slog.NewTextHandler(&log, nil))}
	a, b := open(t, o), open(t, redis.Options{URL: s.URL})
	up(t, a)
	up(t, b)
	at, bt := newFeed(), newFeed()
	busA, busB := a.NewBus(at, []string{"w"}, nil), b.NewBus(bt, []string{"w"}, nil)
	run(t, busA)
	run(t, busB)
	wake, stopWatch := busB.Watch("w")
	defer stopWatch()

	ctx, stop := context.WithCancel(t.Context())
	var wg sync.WaitGroup
	for g := range 4 {
		wg.Go(func() {
			for i := 0; ctx.Err() == nil; i++ {
				want := fmt.Sprint(g, i)
				got, err := a.Do(context.WithoutCancel(ctx), "w", want, func(context.Context) ([]byte, error) { return []byte(want), nil })
				if err != nil || string(got) != want {
					t.Errorf("with Redis gone or coming: %q, %v", got, err)
					return
				}
				time.Sleep(time.Millisecond) // two cores for all
			}
		})
	}
	const rounds = 3
	for range rounds {
		s.Kill()
		require.Eventually(t, func() bool { return errors.Is(a.Down(), redis.ErrDown) }, soon, time.Millisecond)
		for len(wake) > 0 {
			<-wake
		}
		woken(t, wake) // panels look by themselves
		s.Again()
		up(t, a)
		up(t, b)
		require.Eventually(t, func() bool { // the bus is back as well
			for len(wake) > 0 {
				<-wake
			}
			at.commit()
			select {
			case <-wake:
				return true
			case <-time.After(100 * time.Millisecond):
				return false
			}
		}, soon, 10*time.Millisecond)
	}
	stop()
	wg.Wait()
	require.Equal(t, rounds, log.count("redis does not answer"), "one line for each change")
	require.Equal(t, rounds+1, log.count("redis answers"))
}

// stalling passes bytes on until it is told to hold them back.
func stalling(t *testing.T, to string) (addr string, stall func(bool)) {
	t.Helper()
	ln, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	require.NoError(t, err)
	var held atomic.Bool
	var wg sync.WaitGroup
	ctx, cancel := context.WithCancel(context.Background())
	pass := func(dst, src net.Conn) {
		defer func() { _ = dst.Close() }()
		buf := make([]byte, 32<<10)
		for {
			n, err := src.Read(buf)
			for held.Load() && ctx.Err() == nil {
				time.Sleep(time.Millisecond)
			}
			if _, werr := dst.Write(buf[:n]); err != nil || werr != nil {
				return
			}
		}
	}
	wg.Go(func() {
		for {
			in, err := ln.Accept()
			if err != nil {
				return
			}
			out, err := (&net.Dialer{}).DialContext(ctx, "tcp", to)
			if err != nil {
				_ = in.Close()
				continue
			}
			context.AfterFunc(ctx, func() { _ = in.Close(); _ = out.Close() })
			wg.Go(func() { pass(in, out) })
			wg.Go(func() { pass(out, in) })
		}
	})
	t.Cleanup(func() { cancel(); _ = ln.Close(); wg.Wait() })
	return ln.Addr().String(), held.Store
}

func TestSlowRedisIsGivenUpOn(t *testing.T) {
	s := redistest.Start(t)
	addr, stall := stalling(t, s.Addr)
	c := open(t, redis.Options{URL: "redis://" + addr})
	up(t, c)
	stall(true)
	for range 5 {
		got, err := c.Do(t.Context(), "w", "k", func(context.Context) ([]byte, error) { return []byte("made"), nil })
		require.NoError(t, err)
		require.Equal(t, "made", string(got))
	}
	require.ErrorIs(t, c.Down(), redis.ErrDown)
	stall(false)
	up(t, c)
}

func TestFullRedisIsLeftAlone(t *testing.T) {
	s := redistest.Start(t)
	c := open(t, redis.Options{URL: s.URL})
	up(t, c)
	_, err := s.Do("config", "set", "maxmemory", "1", "maxmemory-policy", "noeviction")
	require.NoError(t, err)
	for i := range 5 {
		got, err := c.Do(t.Context(), "w", fmt.Sprint(i), func(context.Context) ([]byte, error) { return []byte("made"), nil })
		require.NoError(t, err)
		require.Equal(t, "made", string(got))
	}
	require.ErrorContains(t, c.Down(), "OOM")
	_, err = s.Do("config", "set", "maxmemory", "0")
	require.NoError(t, err)
	up(t, c)
}

func benchmarked(b *testing.B) *redis.Client {
	b.Helper()
	c := open(b, redis.Options{URL: redistest.Start(b).URL})
	up(b, c)
	return c
}

func BenchmarkSeen(b *testing.B) {
	c := benchmarked(b)
	for b.Loop() {
		c.Seen(b.Context(), "a delivery")
	}
}

func BenchmarkKept(b *testing.B) {
	c := benchmarked(b)
	for b.Loop() {
		_, _ = c.Do(b.Context(), "w", "k", func(context.Context) ([]byte, error) { return make([]byte, 1024), nil })
	}
}

func BenchmarkTry(b *testing.B) {
	c := benchmarked(b)
	for b.Loop() {
		_, _ = c.Try(b.Context(), time.Hour, redis.Limit{Name: "l", Free: 1 << 30}, redis.Limit{Name: "p", Free: 1 << 30}, redis.Limit{Name: "a", Free: 1 << 30})
	}
}

func BenchmarkGone(b *testing.B) {
	c := open(b, redis.Options{URL: "redis://127.0.0.1:" + redistest.FreePort(b)})
	for b.Loop() {
		c.Seen(b.Context(), "a delivery")
	}
}

// BenchmarkNews is from a commit on one replica to the wake of a panel on another.
func BenchmarkNews(b *testing.B) {
	s := redistest.Start(b)
	x, y := open(b, redis.Options{URL: s.URL}), open(b, redis.Options{URL: s.URL})
	up(b, x)
	up(b, y)
	xt, heard := newFeed(), make(chan struct{}, 1000)
	bx := x.NewBus(xt, []string{"w"}, nil)
	by := y.NewBus(newFeed(), []string{"w"}, func(string, []byte) { heard <- struct{}{} })
	run(b, bx)
	run(b, by)
	require.Eventually(b, func() bool { bx.Tell("w", []byte("x")); return len(heard) > 0 }, soon, 20*time.Millisecond)
	wake, stop := by.Watch("w")
	defer stop()
	for b.Loop() {
		xt.commit()
		<-wake
	}
}
