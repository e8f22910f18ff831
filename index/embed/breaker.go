package embed

import (
	"fmt"
	"sync"
	"time"
)

// breaker keeps questions from what has just failed. After a rest one is let
// through to try; the others wait for its result.
type breaker struct {
	rest time.Duration

	mu     sync.Mutex
	until  time.Time // zero while all is well
	trying bool
	last   error // why it is open
}

// enter reports whether to go on. Whoever may, calls leave.
func (b *breaker) enter() error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.until.IsZero() {
		return nil
	}
	wait := time.Until(b.until)
	if wait <= 0 && !b.trying {
		b.trying = true
		return nil
	}
	return &MakeError{Kind: ErrDown, Reason: fmt.Sprintf("not asked, since it failed before (%v)", b.last), After: max(wait, 0)}
}

// leave notes how it went: nil when it answered.
func (b *breaker) leave(err error, after time.Duration) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.trying = false
	if err == nil {
		b.until, b.last = time.Time{}, nil
		return
	}
	b.until, b.last = time.Now().Add(max(b.rest, after)), err
}

// abandon ends an attempt that says nothing, such as one that was cancelled.
func (b *breaker) abandon() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.trying = false
}
