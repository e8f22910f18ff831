package main

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/sufflor/sufflor/config"
	"github.com/sufflor/sufflor/ingest"
	"github.com/sufflor/sufflor/store"
	"github.com/sufflor/sufflor/web"
)

// BenchmarkWebhook sends customers' messages to a real server on the demo
// base, 20 a second, and reports how long acknowledging and suggesting take.
func BenchmarkWebhook(b *testing.B) {
	const perSecond, messages = 20, 400
	root, err := filepath.Abs(filepath.Join("..", ".."))
	require.NoError(b, err)
	cfg := benchConfig(b, root)
	c := &cli{stdout: os.Stderr, stderr: os.Stderr, json: true}
	keys, err := demoSecrets(cfg.Data)
	require.NoError(b, err)
	require.NoError(b, addDesks(&cfg, keys, "http://127.0.0.1:9")) // nobody there: deliveries fail, suggestions do not
	cfg.Log.Level = "error"
	turns, err := readScript(filepath.Join(root, "testdata", "script", "demo.yaml"))
	require.NoError(b, err)
	turns = slices.DeleteFunc(turns, func(t turn) bool { return t.Desk != "zendesk" })

	for b.Loop() {
		ctx, stop := context.WithCancel(b.Context())
		ready := make(chan *server, 1)
		done := make(chan error, 1)
		go func() { done <- c.serve(ctx, cfg, func(s *server) { ready <- s }) }()
		s := <-ready
		client := &http.Client{Timeout: 10 * time.Second}
		acks := make([]time.Duration, messages)
		sent := map[string]time.Time{}
		var mu sync.Mutex
		var wg sync.WaitGroup
		tick := time.NewTicker(time.Second / perSecond)
		for i := range messages {
			<-tick.C
			wg.Go(func() {
				t := turns[i%len(turns)]
				t.Conversation = fmt.Sprint(40000 + i)
				start := time.Now()
				id, err := send(ctx, client, s, keys, 1000+i, t, time.Now())
				acks[i] = time.Since(start)
				require.NoError(b, err)
				mu.Lock()
				sent[id] = start
				mu.Unlock()
			})
		}
		tick.Stop()
		wg.Wait()
		stored := storedAfter(b, ctx, s.app.store, sent)
		percentiles(b, "ack", acks)
		percentiles(b, "stored", stored)
		b.ReportMetric(rssMB(b), "rss-MB")
		stop()
		require.NoError(b, <-done)
	}
}

func benchConfig(b *testing.B, root string) config.Config {
	b.Helper()
	cfg, err := demoConfig(b.TempDir(), filepath.Join(root, "testdata", "kb"))
	require.NoError(b, err)
	cfg.Listen = "127.0.0.1:0"
	a, err := openApp(b.Context(), cfg, slog.New(slog.DiscardHandler))
	require.NoError(b, err)
	w := cfg.Workspaces[0]
	_, err = a.ingest(b.Context(), w, web.IngestRequest{}, func(ingest.Event) {})
	require.NoError(b, err)
	require.NoError(b, a.Close())
	return cfg
}

// storedAfter is how long after its sending each message's suggestion was
// stored, by the store's own clock.
func storedAfter(b *testing.B, ctx context.Context, s *store.Store, sent map[string]time.Time) []time.Duration { //nolint:revive // b comes first
	b.Helper()
	var out []time.Duration
	require.Eventually(b, func() bool {
		list, err := s.Suggestions(ctx, demoWorkspace, store.SuggestionFilter{Limit: 2 * len(sent)})
		require.NoError(b, err)
		out = out[:0]
		for _, sug := range list {
			if start, ok := sent[sug.Message]; ok {
				out = append(out, sug.Created.Sub(start))
			}
		}
		return len(out) == len(sent)
	}, time.Minute, 100*time.Millisecond)
	return out
}

func percentiles(b *testing.B, name string, d []time.Duration) {
	b.Helper()
	slices.Sort(d)
	for _, p := range []int{50, 95, 99} {
		b.ReportMetric(float64(d[min(len(d)-1, len(d)*p/100)].Microseconds())/1000, fmt.Sprintf("%s-p%d-ms", name, p))
	}
}

// rssMB is the process's resident memory; 0 where it cannot be told.
func rssMB(b *testing.B) float64 {
	b.Helper()
	runtime.GC()
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return 0
	}
	_, rest, _ := strings.Cut(string(status), "VmRSS:")
	var kb float64
	_, _ = fmt.Sscan(rest, &kb)
	return kb / 1024
}

// BenchmarkIngest reads the demo base into an empty store.
func BenchmarkIngest(b *testing.B) {
	root, err := filepath.Abs(filepath.Join("..", ".."))
	require.NoError(b, err)
	var bytes int64
	var passages int
	var took time.Duration
	for b.Loop() {
		cfg, err := demoConfig(b.TempDir(), filepath.Join(root, "testdata", "kb"))
		require.NoError(b, err)
		a, err := openApp(b.Context(), cfg, slog.New(slog.DiscardHandler))
		require.NoError(b, err)
		w := cfg.Workspaces[0]
		sum, err := a.ingest(b.Context(), w, web.IngestRequest{}, func(ingest.Event) {})
		require.NoError(b, err)
		bytes, passages, took = bytes+sum.Bytes, passages+sum.Passages, took+sum.Took
		require.NoError(b, a.Close())
	}
	b.ReportMetric(float64(bytes)/1e6/took.Seconds(), "MB/s")
	b.ReportMetric(float64(passages)/took.Seconds(), "passages/s")
}
