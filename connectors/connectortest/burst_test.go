package connectortest_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"slices"
	"sort"
	"strings"
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

// deadlines are how long each vendor waits for an acknowledgement, the shortest
// of its hooks; where it does not say, what its fact sheet aims at.
var deadlines = map[string]time.Duration{
	"chatwoot":   5 * time.Second,  // WEBHOOK_TIMEOUT
	"freshchat":  3 * time.Second,  // quoted by integrators
	"freshdesk":  2 * time.Second,  // not documented
	"hubspot":    1 * time.Second,  // 1, 2 and 5 s over the years
	"intercom":   5 * time.Second,  // slower than 0.5 s may be throttled
	"libredesk":  3 * time.Second,  // of the response's headers
	"liveagent":  2 * time.Second,  // not documented
	"livechat":   10 * time.Second, // without an answer of 200
	"meta":       1 * time.Second,  // WhatsApp: under 1 % above it
	"salesforce": 2 * time.Second,  // not documented for outbound messages; callouts 10 s
	"slack":      3 * time.Second,
	"standard":   15 * time.Second,
	"teams":      5 * time.Second, // outgoing webhook
	"zammad":     30 * time.Second,
	"zendesk":    10 * time.Second, // or 12 s
}

func TestEveryKindHasADeadline(t *testing.T) {
	t.Parallel()
	for name := range desks {
		require.NotZero(t, deadlines[kind(name)], name)
	}
}

// How long desks wait for their acknowledgement in a burst of 2,000 mixed
// deliveries of all kinds, over HTTP: verify, read, and a write to disk that is
// committed together with others'. Vendors and server share the processors;
// signing is done before. One operation is one burst. A table tells it by kind,
// each against its vendor's deadline; refused are answers of 409 and 503, after
// which a vendor comes again.
//
//	GOMAXPROCS=2 go test ./connectors/connectortest -run '^$' -bench Burst -benchtime 5x -v
func BenchmarkBurst(b *testing.B) {
	for _, senders := range []int{16, 64, 2000} {
		b.Run(fmt.Sprintf("%d at once", senders), func(b *testing.B) {
			took := map[string][]time.Duration{} // by kind
			bursts, refused := 0, 0
			for b.Loop() {
				b.StopTimer()
				all := newBurst(b)
				items := all.prepare(2000)
				server := httptest.NewServer(all.intake)
				b.StartTimer()
				all.fire(b, server.URL, items, senders)
				b.StopTimer()
				server.Close()
				for _, it := range items {
					took[kind(it.name)] = append(took[kind(it.name)], it.took)
					if it.status != http.StatusOK {
						refused++
					}
				}
				require.NoError(b, all.store.Close())
				bursts++
				b.StartTimer()
			}
			report(b, took)
			b.ReportMetric(float64(refused), "refused")
			b.ReportMetric(float64(2000*bursts)/b.Elapsed().Seconds(), "deliveries/s")
		})
	}
}

// shot is one delivery of a burst and how long its acknowledgement took.
type shot struct {
	name   string
	d      connectors.Delivery
	took   time.Duration
	status int
}

// prepare signs n deliveries, one desk after the other.
func (b *burst) prepare(n int) []*shot {
	out := make([]*shot, n)
	for i := range out {
		name := b.names[i%len(b.names)]
		out[i] = &shot{name: name, d: b.desks[name].message(i, text(i))}
	}
	return out
}

// fire sends items from a number of connections at once.
func (*burst) fire(b *testing.B, address string, items []*shot, senders int) {
	b.Helper()
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: senders}, Timeout: time.Minute}
	defer client.CloseIdleConnections()
	var next atomic.Int64
	var wg sync.WaitGroup
	for range senders {
		wg.Go(func() {
			for {
				i := int(next.Add(1)) - 1
				if i >= len(items) {
					return
				}
				items[i].send(b, client, address)
			}
		})
	}
	wg.Wait()
}

func (s *shot) send(b *testing.B, client *http.Client, address string) {
	b.Helper()
	target := s.d.Target
	if target == "" {
		target = "/hooks/" + s.name + s.d.Path
	}
	r, err := http.NewRequestWithContext(b.Context(), s.d.Method, address+target, bytes.NewReader(s.d.Body))
	if err != nil {
		b.Errorf("%s: %v", s.name, err)
		return
	}
	r.Header = s.d.Header.Clone()
	start := time.Now()
	res, err := client.Do(r)
	if err != nil {
		b.Errorf("%s: %v", s.name, err)
		return
	}
	_, err = io.Copy(io.Discard, res.Body)
	_ = res.Body.Close()
	s.took, s.status = time.Since(start), res.StatusCode
	again := s.status == http.StatusConflict || s.status == http.StatusServiceUnavailable
	if err != nil || s.status != http.StatusOK && !again {
		b.Errorf("%s: status %d, %v", s.name, s.status, err)
	}
}

// report tells percentiles, and how many acknowledgements came too late for
// their vendor.
func report(b *testing.B, took map[string][]time.Duration) {
	b.Helper()
	at := func(sorted []time.Duration, q float64) float64 {
		return float64(sorted[min(len(sorted)-1, int(q*float64(len(sorted))))].Microseconds()) / 1000
	}
	var all []time.Duration
	late := 0
	var table strings.Builder
	for _, k := range slices.Sorted(maps.Keys(took)) {
		list := took[k]
		slices.Sort(list)
		n := len(list) - sort.Search(len(list), func(i int) bool { return list[i] > deadlines[k] })
		late += n
		fmt.Fprintf(&table, "\n%-10s  %5d deliveries  p50 %8.1f ms  p99 %8.1f ms  max %8.1f ms  deadline %6.0f ms  late %d",
			k, len(list), at(list, 0.50), at(list, 0.99), at(list, 1), float64(deadlines[k].Milliseconds()), n)
		all = append(all, list...)
	}
	slices.Sort(all)
	b.Log(table.String())
	b.ReportMetric(at(all, 0.50), "p50-ms")
	b.ReportMetric(at(all, 0.99), "p99-ms")
	b.ReportMetric(at(all, 1), "max-ms")
	b.ReportMetric(float64(late), "late")
}
