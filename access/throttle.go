package access

import (
	"context"
	"sync"
	"time"
)

// Throttle slows down who tries passwords: an account from one address, an
// account from everywhere, and an address with all accounts. It forgets when
// the process ends. It is safe for concurrent use once Shared is set.
type Throttle struct {
	// Shared counts for all replicas; nil: each counts for itself, as it also
	// does while Shared gives errors.
	Shared Tries

	mu    sync.Mutex
	tries map[string]*tries
}

// Tries counts attempts where all replicas see them.
type Tries interface {
	// Try counts an attempt against all limits at once, or returns how long to
	// wait first. It forgets what was not tried for so long.
	Try(ctx context.Context, forget time.Duration, limits []Limit) (wait time.Duration, err error)
	// Undo forgets all attempts of the names in drop and one of those in less.
	Undo(ctx context.Context, drop, less []string) error
}

// Limit is when waiting begins for whose attempts Name stands for: after Free
// of them. Each further one doubles the wait, from a second to Most.
type Limit struct {
	Name string
	Free int
	Most time.Duration
}

type tries struct {
	n     int
	last  time.Time
	until time.Time
}

// limit is when waiting begins and how long it gets.
type limit struct {
	free int           // attempts without waiting
	most time.Duration // each further one doubles, from a second to this
}

var (
	accountAtAddress = limit{free: 5, most: 15 * time.Minute}
	// Strangers must not be able to keep somebody out for long.
	account = limit{free: 20, most: 30 * time.Second}
	address = limit{free: 50, most: 15 * time.Minute}
)

const (
	forgetTries = time.Hour
	maxTries    = 50_000 // keys that are remembered
)

type throttleKey struct {
	name  string
	limit limit
}

func throttleKeys(login, addr string) []throttleKey {
	keys := []throttleKey{{"l " + login, account}}
	if addr != "" { // else everybody would wait for what one does
		keys = append(keys, throttleKey{"p " + addr + " " + login, accountAtAddress}, throttleKey{"a " + addr, address})
	}
	return keys
}

// Try counts an attempt, before it is known how it ends, so that many at once
// are no way around. It returns how long to wait first; 0 is go on.
func (t *Throttle) Try(ctx context.Context, login, addr string, now time.Time) (wait time.Duration) {
	if t.Shared != nil {
		var limits []Limit
		for _, k := range throttleKeys(login, addr) {
			limits = append(limits, Limit{k.name, k.limit.free, k.limit.most})
		}
		if wait, err := t.Shared.Try(ctx, forgetTries, limits); err == nil {
			if wait == 0 {
				t.try(login, addr, now) // for when there is nobody to share with
			}
			return wait
		}
	}
	return t.try(login, addr, now)
}

func (t *Throttle) try(login, addr string, now time.Time) (wait time.Duration) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.tries == nil {
		t.tries = map[string]*tries{}
	}
	keys := throttleKeys(login, addr)
	for _, k := range keys {
		if r := t.tries[k.name]; r != nil {
			wait = max(wait, r.until.Sub(now))
		}
	}
	if wait > 0 {
		return wait
	}
	for _, k := range keys {
		r := t.tries[k.name]
		if r == nil || now.Sub(r.last) > forgetTries {
			t.room(now)
			r = &tries{}
			t.tries[k.name] = r
		}
		r.n++
		r.last = now
		if over := r.n - k.limit.free; over >= 0 {
			r.until = now.Add(min(time.Second<<min(over, 20), k.limit.most))
		}
	}
	return 0
}

// Good forgets the failed attempts at an account after one that was right.
// Those of the address count on, but not this one.
func (t *Throttle) Good(ctx context.Context, login, addr string) {
	if t.Shared != nil {
		var drop, less []string
		for _, k := range throttleKeys(login, addr) {
			if k.limit != address {
				drop = append(drop, k.name)
			} else {
				less = append(less, k.name)
			}
		}
		_ = t.Shared.Undo(ctx, drop, less) // lost, it costs a wait
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, k := range throttleKeys(login, addr) {
		if k.limit != address {
			delete(t.tries, k.name)
		} else if r := t.tries[k.name]; r != nil {
			r.n, r.until = r.n-1, time.Time{}
		}
	}
}

// room keeps what is remembered bounded: first what is old goes, then what was
// tried longest ago.
func (t *Throttle) room(now time.Time) {
	if len(t.tries) < maxTries {
		return
	}
	var oldest string
	for name, r := range t.tries {
		if now.Sub(r.last) > forgetTries {
			delete(t.tries, name)
		} else if oldest == "" || r.last.Before(t.tries[oldest].last) {
			oldest = name
		}
	}
	if len(t.tries) >= maxTries {
		delete(t.tries, oldest)
	}
}
