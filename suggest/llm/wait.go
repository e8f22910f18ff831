package llm

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sync"
	"time"
)

// pace spreads requests over time.
type pace struct {
	rate float64 // a second; 0: no limit
	mu   sync.Mutex
	next time.Time
}

// turn is how long to wait, or false when that is longer than patience.
func (p *pace) turn(now time.Time, patience time.Duration) (time.Duration, bool) {
	if p.rate == 0 {
		return 0, true
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	wait := max(p.next.Sub(now), 0)
	if wait > patience {
		return wait, false
	}
	p.next = now.Add(wait + time.Duration(float64(time.Second)/p.rate))
	return wait, true
}

// turn is how long to wait for a turn among all replicas, or among our own
// calls where the others cannot be asked.
func (m *Model) turn(ctx context.Context) (time.Duration, bool) {
	if m.o.Turns != nil && m.o.Rate > 0 {
		wait, err := m.o.Turns.Turn(ctx, "model "+m.Name(), time.Duration(float64(time.Second)/m.o.Rate), m.patience())
		if err == nil {
			return wait, wait <= m.patience()
		}
	}
	return m.pace.turn(time.Now(), m.patience())
}

// patience is how long a call waits for its turn before the agent is better
// served without a model.
func (m *Model) patience() time.Duration { return m.o.Deadline / 4 }

// enter takes one of the workspace's places. Whoever gets one gives it back.
func (m *Model) enter(ctx context.Context, workspace string) (leave func(), err *Error) {
	m.mu.Lock()
	places := m.turns[workspace]
	if places == nil {
		places = make(chan struct{}, m.o.Parallel)
		m.turns[workspace] = places
	}
	m.mu.Unlock()
	timer := time.NewTimer(m.patience())
	defer timer.Stop()
	select {
	case places <- struct{}{}:
		return func() { <-places }, nil
	case <-ctx.Done():
		return nil, m.late(ctx)
	case <-timer.C:
		return nil, failf(Busy, "%d replies are being written for the workspace, and none ended within %v; raise model.parallel", m.o.Parallel, m.patience())
	}
}

// wait holds a request until the configured rate and the server allow it.
func (m *Model) wait(ctx context.Context) *Error {
	m.mu.Lock()
	rest := time.Until(m.rest)
	m.mu.Unlock()
	if rest > m.patience() {
		return &Error{Cause: RateLimited, RetryAfter: rest, err: fmt.Errorf("the server wants to be left alone for another %v", rest.Round(time.Second))}
	}
	turn, ok := m.turn(ctx)
	if !ok {
		return &Error{Cause: RateLimited, RetryAfter: turn, err: fmt.Errorf("more requests than %v a second; raise model.rate", m.o.Rate)}
	}
	return m.sleep(ctx, max(rest, turn))
}

func (m *Model) sleep(ctx context.Context, d time.Duration) *Error {
	if d <= 0 {
		return nil
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return m.late(ctx)
	}
}

// longestRest bounds how long one answer can keep us from a server.
const longestRest = time.Minute

// obey keeps all calls from a server for as long as it asks, within reason.
func (m *Model) obey(e *Error) {
	if e == nil || e.RetryAfter == 0 {
		return
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.rest = time.Now().Add(min(e.RetryAfter, longestRest))
}

// backOff waits before a request is made again: as long as the server asked,
// else a moment that doubles. It gives up at once when that would be too late.
func (m *Model) backOff(ctx context.Context, e *Error, tries int) *Error {
	wait := 200 * time.Millisecond << tries
	wait = wait/2 + rand.N(wait/2) //nolint:gosec // spreads retries, guards nothing
	if e.RetryAfter > 0 {
		wait = e.RetryAfter
	}
	if at, ok := ctx.Deadline(); ok && time.Until(at) <= wait {
		return e
	}
	return m.sleep(ctx, wait)
}
