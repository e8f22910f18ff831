package store_test

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/sufflor/sufflor/store"
)

func TestWritesThatWaitShareACommit(t *testing.T) {
	t.Parallel()
	var clock atomic.Int64 // one tick for each transaction
	s, err := store.Open(t.Context(), store.Options{Dir: t.TempDir(), Now: func() time.Time { return time.Unix(clock.Add(1), 0).UTC() }})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, s.Close()) })
	failure := errors.New("this one fails")
	fine := func() error { return nil }
	received := func(t *testing.T, name string) time.Time { // zero: not written
		t.Helper()
		d, err := s.Desk(t.Context(), name)
		require.NoError(t, err)
		return d.Received
	}
	gather := func(ctx context.Context, t *testing.T, n int, what func(i int) error) []chan error {
		t.Helper()
		release, err := s.Hold(ctx)
		require.NoError(t, err)
		defer release()
		ends := make([]chan error, n)
		for i := range ends {
			ends[i] = make(chan error, 1)
			go func() {
				ends[i] <- s.Grouped(ctx, fmt.Sprintf("%s %d", t.Name(), i), func() error { return what(i) })
			}()
			require.Eventually(t, func() bool { return s.Gathered() == i+1 }, time.Minute, time.Millisecond)
		}
		return ends
	}

	t.Run("all that wait are one commit", func(t *testing.T) {
		for _, end := range gather(t.Context(), t, 5, func(int) error { return nil }) {
			require.NoError(t, <-end)
		}
		at := received(t, t.Name()+" 0")
		require.NotZero(t, at)
		for i := range 5 {
			require.Equal(t, at, received(t, fmt.Sprintf("%s %d", t.Name(), i)))
		}
	})
	t.Run("what one fails at is taken back alone", func(t *testing.T) {
		ends := gather(t.Context(), t, 4, func(i int) error {
			if i%2 == 1 {
				return failure
			}
			return nil
		})
		for i, end := range ends {
			err := <-end
			require.Equal(t, i%2 == 1, errors.Is(err, failure), err)
			require.Equal(t, i%2 == 1, received(t, fmt.Sprintf("%s %d", t.Name(), i)).IsZero())
		}
	})
	t.Run("a single one that fails leaves nothing", func(t *testing.T) {
		require.ErrorIs(t, s.Grouped(t.Context(), t.Name(), func() error { return failure }), failure)
		require.Zero(t, received(t, t.Name()))
	})
	t.Run("one that gives up waiting is not written, and others are", func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		release, err := s.Hold(t.Context())
		require.NoError(t, err)
		ends := make(chan error, 1)
		go func() { ends <- s.Grouped(ctx, t.Name(), fine) }()
		require.Eventually(t, func() bool { return s.Gathered() == 1 }, time.Minute, time.Millisecond)
		cancel()
		require.ErrorIs(t, <-ends, context.Canceled)
		require.Zero(t, s.Gathered())
		release()
		require.NoError(t, s.Grouped(t.Context(), t.Name()+" other", fine))
		require.Zero(t, received(t, t.Name()))
		require.NotZero(t, received(t, t.Name()+" other"))
	})
	t.Run("who writes for others and loses its client goes on", func(t *testing.T) {
		first, cancel := context.WithCancel(t.Context())
		ends := gather(first, t, 3, func(i int) error {
			if i == 0 {
				cancel()
			}
			return nil
		})
		for _, end := range ends {
			require.NoError(t, <-end)
		}
		require.NotZero(t, received(t, t.Name()+" 2"))
	})
	t.Run("a panic is nobody's success", func(t *testing.T) {
		release, err := s.Hold(t.Context())
		require.NoError(t, err)
		ends := make(chan error, 2)
		for i := range 2 {
			go func() {
				defer func() {
					if p := recover(); p != nil {
						ends <- fmt.Errorf("panic: %v", p)
					}
				}()
				ends <- s.Grouped(t.Context(), fmt.Sprint(t.Name(), i), func() error { panic("a mistake of ours") })
			}()
			require.Eventually(t, func() bool { return s.Gathered() == i+1 }, time.Minute, time.Millisecond)
		}
		release()
		require.Error(t, <-ends)
		require.Error(t, <-ends)
		require.NoError(t, s.Grouped(t.Context(), t.Name()+" after", fine))
		require.Zero(t, received(t, fmt.Sprint(t.Name(), 0)))
	})
}
