package llm

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// Cause is why a call ended as it did.
type Cause string

// The causes. All but [OK] come with an [Error].
const (
	OK          Cause = "ok"
	Deadline    Cause = "deadline"     // no whole reply in time
	SlowStart   Cause = "slow_start"   // nothing came in time
	Stalled     Cause = "stalled"      // the reply fell silent midway
	Refused     Cause = "refused"      // the server does not accept our key or our request
	NotFound    Cause = "not_found"    // no such model, or the address is not the API's
	RateLimited Cause = "rate_limited" // by the server, or by our own rate
	Overloaded  Cause = "overloaded"   // the server failed
	Unreachable Cause = "unreachable"  // no connection, or it broke
	Truncated   Cause = "truncated"    // the reply was cut at its length
	Filtered    Cause = "filtered"     // the provider withheld it
	Empty       Cause = "empty"
	Broken      Cause = "broken"    // what came is not a reply
	TooLong     Cause = "too_long"  // the prompt does not fit the model
	Busy        Cause = "busy"      // the workspace has enough calls under way
	Open        Cause = "open"      // the model failed so often that it is left alone for a while
	Budget      Cause = "budget"    // the workspace's month is used up
	Cancelled   Cause = "cancelled" // the caller left
)

// Error is why there is no reply. Its text says what to do next and holds
// nothing of what a server wrote, which may repeat prompts and keys.
type Error struct {
	Cause      Cause
	Status     int           // of HTTP; 0: none
	RetryAfter time.Duration // that the server asked for; 0: it did not
	err        error
	hasty      bool // the caller's time was up, while the server was at work
}

func (e *Error) Error() string { return string(e.Cause) + ": " + e.err.Error() }

func (e *Error) Unwrap() error { return e.err }

// Is makes every kind of lateness a [context.DeadlineExceeded].
func (e *Error) Is(target error) bool {
	switch e.Cause {
	case Deadline, SlowStart, Stalled:
		return target == context.DeadlineExceeded
	case Cancelled:
		return target == context.Canceled
	}
	return false
}

// CauseOf is the cause of an error of this package; [OK] for none.
func CauseOf(err error) Cause {
	if err == nil {
		return OK
	}
	if e, ok := errors.AsType[*Error](err); ok {
		return e.Cause
	}
	return Broken
}

func failf(c Cause, format string, args ...any) *Error {
	return &Error{Cause: c, err: fmt.Errorf(format, args...)}
}

// retried reports whether the same request may succeed a moment later.
func (e *Error) retried() bool {
	switch e.Cause {
	case RateLimited, Overloaded, Unreachable:
		return true
	}
	return false
}

// sick reports whether a failure speaks against the server as a whole, rather
// than against one request, our settings or our haste.
func (e *Error) sick() bool {
	switch e.Cause {
	case Deadline, SlowStart, Stalled, Overloaded, Unreachable, Broken:
		return !e.hasty
	}
	return false
}
