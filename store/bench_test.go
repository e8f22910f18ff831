package store_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/sufflor/sufflor/connectors"
	"github.com/sufflor/sufflor/index"
	"github.com/sufflor/sufflor/store"
)

func BenchmarkAccept(b *testing.B) {
	for _, size := range []int{1, 20} {
		b.Run(fmt.Sprintf("%d events", size), func(b *testing.B) {
			s := open(b, store.Options{Dir: b.TempDir()})
			n := 0
			for b.Loop() {
				events := make([]connectors.Event, size)
				for i := range events {
					n++
					events[i] = event(fmt.Sprint("k", n))
				}
				_, err := s.Accept(b.Context(), "w", "d", events)
				require.NoError(b, err)
			}
			b.ReportMetric(float64(n)/b.Elapsed().Seconds(), "events/s")
		})
	}
	b.Run("1 event from each of 8 at once", func(b *testing.B) {
		s := open(b, store.Options{Dir: b.TempDir()})
		var n atomic.Int64
		b.SetParallelism(4)
		b.RunParallel(func(pb *testing.PB) {
			for pb.Next() {
				_, err := s.Accept(b.Context(), "w", "d", []connectors.Event{event(fmt.Sprint("k", n.Add(1)))})
				require.NoError(b, err)
			}
		})
		b.ReportMetric(float64(n.Load())/b.Elapsed().Seconds(), "events/s")
	})
}

// From the call of Accept to the first line of the handler.
func BenchmarkAcceptToWorker(b *testing.B) {
	s := open(b, store.Options{Dir: b.TempDir()})
	ctx, cancel := context.WithCancel(b.Context())
	done := make(chan error, 1)
	begun := make(chan time.Time, 1)
	go func() {
		done <- s.Work(ctx, 2, map[string]store.Handler{store.JobEvent: func(context.Context, store.Job) error {
			begun <- time.Now()
			return nil
		}})
	}()
	_, err := s.Accept(ctx, "w", "d", []connectors.Event{event("first")})
	require.NoError(b, err)
	<-begun

	var took []time.Duration
	n := 0
	for b.Loop() {
		n++
		at := time.Now()
		_, err := s.Accept(ctx, "w", "d", []connectors.Event{event(fmt.Sprint("k", n))})
		require.NoError(b, err)
		took = append(took, (<-begun).Sub(at))
	}
	slices.Sort(took)
	b.ReportMetric(float64(took[len(took)/2].Microseconds()), "p50-µs")
	b.ReportMetric(float64(took[len(took)*95/100].Microseconds()), "p95-µs")
	cancel()
	require.NoError(b, <-done)
}

// What the pipeline asks for with every question: the passages of its hits.
func BenchmarkPassages(b *testing.B) {
	s := open(b, store.Options{Dir: b.TempDir()})
	var all []index.Passage
	var ids []string
	for i := range 5000 {
		id := fmt.Sprintf("p%05d", i)
		all = append(all, index.Passage{ID: id, Title: "t", Text: strings.Repeat("ord ", 200), Ordinal: i})
		if i%250 == 0 {
			ids = append(ids, id)
		}
	}
	_, err := s.PutDocument(b.Context(), store.Document{ID: "d", Workspace: "w"}, all)
	require.NoError(b, err)
	for b.Loop() {
		found, err := s.Passages(b.Context(), "w", ids)
		require.NoError(b, err)
		require.Len(b, found, len(ids))
	}
}
