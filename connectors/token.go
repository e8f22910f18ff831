package connectors

import (
	"context"
	"sync"
	"time"
)

// Tokens keeps an access token until shortly before it expires, and gets one
// at a time. The zero value with Get set is usable; safe for concurrent use.
type Tokens struct {
	// Get asks for a new token. Its errors are classified as those of
	// [Client.Do]; a refusal for good wraps [ErrGone].
	Get func(ctx context.Context) (token string, expires time.Time, err error)
	Now func() time.Time // nil is time.Now

	once    sync.Once
	turn    chan struct{} // holds one while somebody asks
	token   string
	expires time.Time
}

// early is how long before its end a token is renewed.
const early = time.Minute

// Token is a token that is still good for a while.
func (t *Tokens) Token(ctx context.Context) (string, error) {
	t.once.Do(func() { t.turn = make(chan struct{}, 1) })
	select {
	case t.turn <- struct{}{}:
	case <-ctx.Done():
		return "", ctx.Err()
	}
	defer func() { <-t.turn }()
	now := time.Now
	if t.Now != nil {
		now = t.Now
	}
	if t.token != "" && now().Before(t.expires.Add(-early)) {
		return t.token, nil
	}
	token, expires, err := t.Get(ctx)
	if err != nil {
		return "", err
	}
	t.token, t.expires = token, expires
	return token, nil
}

// Drop forgets token, which a desk refused, unless it was renewed meanwhile.
func (t *Tokens) Drop(token string) {
	t.once.Do(func() { t.turn = make(chan struct{}, 1) })
	t.turn <- struct{}{}
	defer func() { <-t.turn }()
	if t.token == token {
		t.token = ""
	}
}
