package connectortest_test

import (
	"bytes"
	"context"
	"fmt"
	"maps"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/sufflor/sufflor/connectors"
	"github.com/sufflor/sufflor/store"
)

// text is what message n says.
func text(n int) string { return fmt.Sprintf("Nachricht %d, wo bleibt mein Paket?", n) }

// burst is an intake with all desks in front of a store on disk.
type burst struct {
	dir    string
	store  *store.Store
	intake *connectors.Intake
	desks  map[string]desk
	names  []string
}

const burstWorkspace = "w"

func newBurst(tb testing.TB) *burst {
	tb.Helper()
	b := &burst{dir: tb.TempDir(), desks: map[string]desk{}, names: slices.Sorted(maps.Keys(desks))}
	b.open(tb)
	b.intake = &connectors.Intake{
		Desks: map[string]connectors.Desk{}, Now: func() time.Time { return clock },
		Accept: func(ctx context.Context, desk connectors.Desk, events []connectors.Event) error {
			_, err := b.store.Accept(ctx, desk.Workspace, desk.Name, events)
			return err
		},
	}
	for _, name := range b.names {
		b.desks[name] = desks[name](tb, &company{})
		b.intake.Desks[name] = connectors.Desk{Name: name, Workspace: burstWorkspace, Kind: kind(name), Connector: b.desks[name].connector}
	}
	return b
}

func (b *burst) open(tb testing.TB) {
	tb.Helper()
	s, err := store.Open(tb.Context(), store.Options{Dir: b.dir})
	require.NoError(tb, err)
	b.store = s
	tb.Cleanup(func() { _ = s.Close() })
}

// send delivers to a desk once and returns the status.
func send(ctx context.Context, in *connectors.Intake, name string, d connectors.Delivery) int {
	target := d.Target
	if target == "" {
		target = "/hooks/" + name + d.Path
	}
	r := httptest.NewRequestWithContext(ctx, d.Method, target, bytes.NewReader(d.Body))
	r.Header = d.Header.Clone()
	w := httptest.NewRecorder()
	in.ServeHTTP(w, r)
	return w.Code
}

// One intake takes 2,000 deliveries of all desks at once, each sent twice as
// vendors do. Whatever was acknowledged is on disk once, none twice.
func TestBurst(t *testing.T) {
	t.Parallel()
	const deliveries, senders = 2000, 16
	b := newBurst(t)

	type item struct {
		name string
		n    int
	}
	var all []item
	for n := range deliveries {
		it := item{b.names[n%len(b.names)], n}
		all = append(all, it, it)
	}
	rnd := rand.New(rand.NewPCG(1, 2)) // the same order each time
	rnd.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })

	var next, again atomic.Int64
	var wg sync.WaitGroup
	for range senders {
		wg.Go(func() {
			for {
				i := int(next.Add(1)) - 1
				if i >= len(all) {
					return
				}
				it := all[i]
				d := b.desks[it.name].message(it.n, text(it.n))
				status := 0
				for range 50 { // a vendor comes back after 409 or 503
					if status = send(t.Context(), b.intake, it.name, d); status == http.StatusOK {
						break
					}
					if status != http.StatusConflict && status != http.StatusServiceUnavailable {
						break
					}
					again.Add(1)
				}
				if status != http.StatusOK {
					t.Errorf("%s %d: status %d", it.name, it.n, status)
				}
			}
		})
	}
	wg.Wait()
	require.NoError(t, b.store.Close())
	b.open(t) // what counts is on disk

	events := map[connectors.Kind]int{}
	for n := range deliveries {
		name := b.names[n%len(b.names)]
		d := b.desks[name].message(n, text(n))
		rec, err := b.desks[name].connector.Read(d)
		require.NoError(t, err)
		require.NotEmpty(t, rec.Events, "%s %d", name, n)
		for _, want := range rec.Events {
			events[want.Kind]++
			got, err := b.store.Event(t.Context(), name, want.Key)
			require.NoError(t, err, "lost: %s %s", name, want.Key)
			require.Equal(t, want.Kind, got.Kind)
			if want.Kind != connectors.Fetch || got.Text != "" { // what is asked for may be known in part
				require.Equal(t, text(n), got.Text, "%s %d", name, n)
			}
		}
	}
	total := 0
	for _, n := range events {
		total += n
	}
	require.Equal(t, total, b.stored(t), "doubled, or two deliveries with one key")
	depth, err := b.store.QueueDepth(t.Context())
	require.NoError(t, err)
	require.Equal(t, total, depth, "one job for each event")
	require.NotZero(t, events[connectors.Fetch])
	t.Logf("%d deliveries of %d desks, events: %v, %d sent again after 409 or 503", len(all), len(b.names), events, again.Load())
}

// stored counts the events in the store by its feed.
func (b *burst) stored(t *testing.T) int {
	t.Helper()
	count, after := 0, int64(0)
	for {
		items, err := b.store.Feed(t.Context(), burstWorkspace, after, 500)
		require.NoError(t, err)
		if len(items) == 0 {
			return count
		}
		for _, it := range items {
			after = it.Seq
			if it.Kind == store.FeedEvent {
				count++
			}
		}
	}
}

// How long a desk waits for its acknowledgement while 16 others deliver: verify,
// read, and two writes to disk that are committed together with others'.
func BenchmarkAcknowledge(b *testing.B) {
	all := newBurst(b)
	var n atomic.Int64
	var mu sync.Mutex
	var took []time.Duration
	b.SetParallelism(8)
	b.RunParallel(func(pb *testing.PB) {
		var mine []time.Duration
		for pb.Next() {
			i := int(n.Add(1))
			name := all.names[i%len(all.names)]
			d := all.desks[name].message(i, text(i))
			start := time.Now()
			status := send(b.Context(), all.intake, name, d)
			mine = append(mine, time.Since(start))
			if status != http.StatusOK {
				b.Errorf("%s %d: status %d", name, i, status)
			}
		}
		mu.Lock()
		defer mu.Unlock()
		took = append(took, mine...)
	})
	slices.Sort(took)
	at := func(q float64) float64 {
		return float64(took[min(len(took)-1, int(q*float64(len(took))))].Microseconds()) / 1000
	}
	b.ReportMetric(at(0.50), "p50-ms")
	b.ReportMetric(at(0.99), "p99-ms")
	b.ReportMetric(float64(len(took))/b.Elapsed().Seconds(), "deliveries/s")
}
