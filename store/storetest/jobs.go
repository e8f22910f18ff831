package storetest

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/sufflor/sufflor/store"
)

// How long a job may take to come about on a busy machine. Nothing waits
// this long unless it fails.
const patience = 30 * time.Second

type permanentError struct{ error }

func (permanentError) Permanent() bool { return true }

type laterError struct{ wait time.Duration }

func (laterError) Error() string               { return "rate limited" }
func (e laterError) RetryAfter() time.Duration { return e.wait }

// work runs jobs until stop is called, which waits for their end.
func work(t *testing.T, s Store, handlers map[string]store.Handler) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- s.Work(ctx, 4, handlers) }()
	stop = sync.OnceFunc(func() {
		cancel()
		require.NoError(t, <-done)
	})
	t.Cleanup(stop)
	return stop
}

func receive(t *testing.T, jobs <-chan store.Job) store.Job {
	t.Helper()
	select {
	case j := <-jobs:
		return j
	case <-time.After(patience):
		t.Fatal("no job came")
	}
	panic("unreachable")
}

func dead(t *testing.T, s Store) []store.DeadJob {
	t.Helper()
	list, err := s.DeadJobs(t.Context())
	require.NoError(t, err)
	return list
}

func awaitDead(t *testing.T, s Store) store.DeadJob {
	t.Helper()
	require.Eventually(t, func() bool { return len(dead(t, s)) == 1 }, patience, 10*time.Millisecond)
	return dead(t, s)[0]
}

var jobTests = []test{
	{"each fresh event is worked once, whether it came before or during work", func(x fixture) {
		t, s := x.t, x.s
		accept(t, s, message("k0", "m0", "x", start), message("k1", "m1", "x", start))
		jobs := make(chan store.Job, 100)
		stop := work(t, s, map[string]store.Handler{store.JobEvent: func(_ context.Context, j store.Job) error {
			jobs <- j
			return nil
		}})
		accept(t, s, message("k2", "m2", "x", start))
		seen := map[string]bool{}
		for range 3 {
			j := receive(t, jobs)
			require.Equal(t, store.Job{ID: j.ID, Kind: store.JobEvent, Workspace: ws, Desk: desk, Key: j.Key, Attempt: 1}, j)
			seen[j.Key] = true
		}
		require.Len(t, seen, 3)
		stop()
		depth, err := s.QueueDepth(t.Context())
		require.NoError(t, err)
		require.Zero(t, depth)
		require.Empty(t, jobs)
	}},
	{"a delivery is queued with its suggestion", func(x fixture) {
		t, s := x.t, x.s
		jobs := make(chan store.Job, 10)
		work(t, s, map[string]store.Handler{store.JobDeliver: func(_ context.Context, j store.Job) error {
			jobs <- j
			return nil
		}})
		save(t, s, suggestion("s1", "k1", "m1"), false)
		save(t, s, suggestion("s2", "k2", "m2"), true)
		require.Equal(t, "s2", receive(t, jobs).Key)
	}},
	{"kinds without a handler wait for one", func(x fixture) {
		t, s := x.t, x.s
		accept(t, s, message("k1", "m1", "x", start))
		save(t, s, suggestion("s1", "k1", "m1"), true)
		jobs := make(chan store.Job, 10)
		handler := func(_ context.Context, j store.Job) error { jobs <- j; return nil }
		stop := work(t, s, map[string]store.Handler{store.JobDeliver: handler})
		require.Equal(t, store.JobDeliver, receive(t, jobs).Kind)
		stop()
		require.Empty(t, jobs)
		work(t, s, map[string]store.Handler{store.JobEvent: handler})
		require.Equal(t, store.JobEvent, receive(t, jobs).Kind)
	}},
	{"handlers that make no sense are refused", func(x fixture) {
		t, s := x.t, x.s
		require.ErrorContains(t, s.Work(t.Context(), 1, nil), "no handlers")
		require.ErrorContains(t, s.Work(t.Context(), 1, map[string]store.Handler{"tidy": nil}), `"tidy"`)
	}},
	{"work ends when its context does, after the job that runs", func(x fixture) {
		t, s := x.t, x.s
		accept(t, s, message("k1", "m1", "x", start))
		started, release := make(chan struct{}), make(chan struct{})
		var finished atomic.Bool
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error, 1)
		go func() {
			done <- s.Work(ctx, 1, map[string]store.Handler{store.JobEvent: func(ctx context.Context, _ store.Job) error {
				close(started)
				<-release
				finished.Store(ctx.Err() == nil)
				return nil
			}})
		}()
		<-started
		require.ErrorContains(t, s.Work(ctx, 1, map[string]store.Handler{store.JobEvent: nil}), "already working")
		cancel()
		select {
		case <-done:
			t.Fatal("work ended before its job")
		case <-time.After(50 * time.Millisecond):
		}
		close(release)
		require.NoError(t, <-done)
		require.True(t, finished.Load(), "the job was left in peace")
		depth, err := s.QueueDepth(t.Context())
		require.NoError(t, err)
		require.Zero(t, depth, "and its end is recorded")
	}},
	{"a job that asks for a moment gets it and loses no attempt", func(x fixture) {
		t, s := x.t, x.s
		accept(t, s, message("k1", "m1", "x", start))
		jobs := make(chan store.Job, 10)
		var runs atomic.Int32
		work(t, s, map[string]store.Handler{store.JobEvent: func(_ context.Context, j store.Job) error {
			jobs <- j
			if runs.Add(1) == 1 {
				return fmt.Errorf("model: %w", laterError{20 * time.Millisecond})
			}
			return nil
		}})
		require.Equal(t, 1, receive(t, jobs).Attempt)
		require.Equal(t, 1, receive(t, jobs).Attempt)
	}},
	{"a job that fails runs again after three seconds", func(x fixture) {
		t, s := x.t, x.s
		accept(t, s, message("k1", "m1", "x", start))
		jobs := make(chan store.Job, 10)
		work(t, s, map[string]store.Handler{store.JobEvent: func(_ context.Context, j store.Job) error {
			jobs <- j
			if j.Attempt == 1 {
				return errors.New("busy")
			}
			return nil
		}})
		receive(t, jobs)
		began := time.Now()
		require.Equal(t, 2, receive(t, jobs).Attempt)
		require.Greater(t, time.Since(began), 2900*time.Millisecond)
	}},
	{"a permanent error kills the job, which can be seen and retried", func(x fixture) {
		t, s := x.t, x.s
		accept(t, s, message("k1", "m1", "x", start))
		jobs := make(chan store.Job, 10)
		var cured atomic.Bool
		work(t, s, map[string]store.Handler{store.JobEvent: func(_ context.Context, j store.Job) error {
			jobs <- j
			if cured.Load() {
				return nil
			}
			return fmt.Errorf("read: %w", permanentError{errors.New(strings.Repeat("ø", 5000))})
		}})
		receive(t, jobs)
		d := awaitDead(t, s)
		require.Equal(t, "k1", d.Key)
		require.Equal(t, 1, d.Attempt)
		require.True(t, strings.HasPrefix(d.Error, "read: øø"), d.Error)
		require.True(t, strings.HasSuffix(d.Error, "ø…"), "cut between characters")
		require.Less(t, len(d.Error), 2100, "what an error may say is bounded")
		require.WithinDuration(t, time.Now(), d.Died, time.Minute)
		depth, err := s.QueueDepth(t.Context())
		require.NoError(t, err)
		require.Zero(t, depth)

		cured.Store(true)
		require.NoError(t, s.RetryJob(t.Context(), d.ID))
		require.Equal(t, 1, receive(t, jobs).Attempt, "a new life has all its attempts")
		require.Empty(t, dead(t, s))
		require.ErrorIs(t, s.RetryJob(t.Context(), d.ID), store.ErrNotFound)
	}},
	{"a delivery that is too old is not made, and says so until it is retried", func(x fixture) {
		t, s, clock := x.t, x.s, x.clock
		save(t, s, suggestion("s1", "k1", "m1"), true)
		clock.Advance(10*time.Minute + time.Second)
		jobs := make(chan store.Job, 10)
		work(t, s, map[string]store.Handler{store.JobDeliver: func(_ context.Context, j store.Job) error {
			jobs <- j
			return nil
		}})
		d := awaitDead(t, s)
		require.Contains(t, d.Error, "not delivered within 10m0s")
		require.Empty(t, jobs)
		got, err := s.Deliveries(t.Context(), ws, "s1")
		require.NoError(t, err)
		require.Equal(t, store.DeliveryFailed, got[0].State)
		require.Contains(t, got[0].Error, "not delivered within 10m0s")

		require.NoError(t, s.RetryJob(t.Context(), d.ID))
		receive(t, jobs)
		got, err = s.Deliveries(t.Context(), ws, "s1")
		require.NoError(t, err)
		require.Equal(t, store.DeliveryPending, got[0].State)
	}},
	{"a delivery does not wait past its time", func(x fixture) {
		t, s, clock := x.t, x.s, x.clock
		save(t, s, suggestion("s1", "k1", "m1"), true)
		clock.Advance(9*time.Minute + 58*time.Second)
		work(t, s, map[string]store.Handler{store.JobDeliver: func(context.Context, store.Job) error {
			return errors.New("desk is down")
		}})
		require.Contains(t, awaitDead(t, s).Error, "desk is down")
	}},
	{"what the handler says of a delivery stands when the job is given up", func(x fixture) {
		t, s := x.t, x.s
		save(t, s, suggestion("s1", "k1", "m1"), true)
		work(t, s, map[string]store.Handler{store.JobDeliver: func(ctx context.Context, j store.Job) error {
			err := s.SaveDelivery(ctx, store.Delivery{Suggestion: j.Key, Desk: j.Desk, State: store.DeliveryGone, Error: "uninstalled", Attempts: j.Attempt})
			if err != nil {
				return err
			}
			return permanentError{errors.New("access withdrawn")}
		}})
		awaitDead(t, s)
		got, err := s.Deliveries(t.Context(), ws, "s1")
		require.NoError(t, err)
		require.Equal(t, store.DeliveryGone, got[0].State)
		require.Equal(t, "uninstalled", got[0].Error)
	}},
}
