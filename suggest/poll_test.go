package suggest_test

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/sufflor/sufflor/connectors"
	"github.com/sufflor/sufflor/store"
	"github.com/sufflor/sufflor/suggest"
)

// gazette is a desk that tells page by page what it has; its cursor is the
// number of pages read.
type gazette struct {
	desk

	pages [][]connectors.Event
	errs  []error // of the next questions
	asked []string
	at    []time.Time
	since []time.Time
	stuck bool // says that there is more and stays where it is
}

func (g *gazette) Poll(_ context.Context, cursor string, since time.Time) (connectors.Page, error) {
	g.asked, g.at, g.since = append(g.asked, cursor), append(g.at, time.Now()), append(g.since, since)
	if len(g.errs) > 0 {
		err := g.errs[0]
		g.errs = g.errs[1:]
		if err != nil {
			return connectors.Page{}, err
		}
	}
	n, _ := strconv.Atoi(cursor)
	if g.stuck {
		return connectors.Page{Cursor: cursor, More: true}, nil
	}
	if n >= len(g.pages) {
		return connectors.Page{Cursor: cursor}, nil
	}
	return connectors.Page{Events: g.pages[n], Cursor: strconv.Itoa(n + 1), More: n+1 < len(g.pages)}, nil
}

// ledger is a store in memory that notes what was accepted.
type ledger struct {
	*store.Store // nil: nothing else may be asked

	cursor string
	since  time.Time
	keys   []string
	failed []error
	broken int // number of the next accepts that fail
}

func (l *ledger) BeginPolling(_ context.Context, desk string, since time.Time) (store.Desk, error) {
	if l.since.IsZero() {
		l.since = since
	}
	return store.Desk{Name: desk, Cursor: l.cursor, Since: l.since}, nil
}

func (l *ledger) Accept(_ context.Context, _, _ string, events []connectors.Event) (int, error) {
	if l.broken > 0 {
		l.broken--
		return 0, errors.New("disk full")
	}
	for _, e := range events {
		l.keys = append(l.keys, e.Key)
	}
	return len(events), nil
}

func (l *ledger) AcceptPage(ctx context.Context, workspace, desk string, events []connectors.Event, cursor string) (int, error) {
	n, err := l.Accept(ctx, workspace, desk, events)
	if err == nil {
		l.cursor = cursor
	}
	return n, err
}

func (l *ledger) DeskFailed(_ context.Context, _ string, cause error) error {
	l.failed = append(l.failed, cause)
	return nil
}

func polled(keys ...string) (out []connectors.Event) {
	for _, k := range keys {
		out = append(out, question(k, oil))
	}
	return out
}

// poll runs for a time on the pretend clock.
func poll(t *testing.T, g *gazette, l *ledger, o suggest.Polling, long time.Duration) {
	t.Helper()
	w := &suggest.Worker{Store: l, Now: time.Now, Log: discard}
	ctx, cancel := context.WithTimeout(t.Context(), long)
	defer cancel()
	w.Poll(ctx, connectors.Desk{Name: "zd", Workspace: ws, Connector: g}, o)
}

func TestPollingCatchesUpPageByPageAndGoesOn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := &gazette{pages: [][]connectors.Event{polled("1", "2"), polled("3"), nil}}
		l := &ledger{}
		start := time.Now()
		poll(t, g, l, suggest.Polling{Every: time.Minute, Back: 24 * time.Hour}, 150*time.Second)
		require.Equal(t, []string{"1", "2", "3"}, l.keys)
		require.Equal(t, []string{"", "1", "2", "3", "3"}, g.asked, "at once until there is no more, then each minute")
		require.Equal(t, start.Add(-24*time.Hour), g.since[0])
		require.Equal(t, start.Add(2*time.Minute), g.at[4])

		g.pages = append(g.pages, polled("4"))
		poll(t, g, l, suggest.Polling{Every: time.Minute}, time.Second)
		require.Equal(t, []string{"1", "2", "3", "4"}, l.keys, "a new start goes on where the last one was")
		require.Equal(t, start.Add(-24*time.Hour), g.since[len(g.since)-1], "and began where it began")
	})
}

func TestPollingIsNotDoneWhereItCannotBe(t *testing.T) {
	w := &suggest.Worker{Store: &ledger{}, Now: time.Now, Log: discard}
	w.Poll(t.Context(), connectors.Desk{Name: "zd", Connector: &desk{}}, suggest.Polling{Every: time.Minute})
	w.Poll(t.Context(), connectors.Desk{Name: "zd", Connector: &gazette{}}, suggest.Polling{})
}

func TestPollingWaitsByClassOfError(t *testing.T) {
	busy := &connectors.CallError{Status: 503, Err: errors.New("busy")}
	for _, tt := range []struct {
		name string
		errs []error
		want []time.Duration // between questions
	}{
		{"faults that pass, longer each time", []error{busy, busy, busy, nil}, []time.Duration{time.Minute, 2 * time.Minute, 4 * time.Minute, time.Minute}},
		{"as long as the desk asks", []error{&connectors.CallError{Status: 429, After: 10 * time.Minute, Err: errors.New("slow down")}, nil}, []time.Duration{10 * time.Minute, time.Minute}},
		{"only a person can help", []error{fmt.Errorf("renew the token: %w", connectors.ErrGone), nil}, []time.Duration{15 * time.Minute, time.Minute}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				g, l := &gazette{errs: tt.errs}, &ledger{}
				var sum time.Duration
				for _, d := range tt.want {
					sum += d
				}
				poll(t, g, l, suggest.Polling{Every: time.Minute}, sum+time.Second)
				var got []time.Duration
				for i := 1; i < len(g.at); i++ {
					got = append(got, g.at[i].Sub(g.at[i-1]))
				}
				require.Equal(t, tt.want, got)
				require.Len(t, l.failed, len(tt.errs)-1)
			})
		})
	}
}

func TestAPageThatCannotBeKeptIsAskedForAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g, l := &gazette{pages: [][]connectors.Event{polled("1"), polled("2")}}, &ledger{broken: 1}
		poll(t, g, l, suggest.Polling{Every: time.Minute}, 90*time.Second)
		require.Equal(t, []string{"", "", "1"}, g.asked)
		require.Equal(t, []string{"1", "2"}, l.keys)
	})
}

func TestALargePageIsKeptBitByBitAndItsCursorLast(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var keys []string
		for i := range 250 {
			keys = append(keys, strconv.Itoa(i))
		}
		g, l := &gazette{pages: [][]connectors.Event{polled(keys...)}}, &ledger{}
		poll(t, g, l, suggest.Polling{Every: time.Minute}, time.Second)
		require.Equal(t, keys, l.keys)
		require.Equal(t, "1", l.cursor)
	})
}

func TestADeskThatStaysWhereItIsIsLeftUntilNextTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g, l := &gazette{stuck: true}, &ledger{}
		poll(t, g, l, suggest.Polling{Every: time.Minute, Jitter: func() float64 { return 0 }}, 100*time.Second)
		require.Len(t, g.asked, 2)
		require.Equal(t, 54*time.Second, g.at[1].Sub(g.at[0]), "a tenth earlier")
	})
}
