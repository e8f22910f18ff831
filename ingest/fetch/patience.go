package fetch

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"time"
)

const (
	maxSilent = 5           // calls in a row that a server may leave without an answer
	restTime  = time.Minute // for which it is left alone then
)

// ErrSilent means that a server left several calls in a row without an answer,
// and is not asked for a while: a source of a thousand files on a server that
// fell silent would wait for each of them.
var ErrSilent = errors.New("the server left the last calls without an answer and is left alone for now; check that it runs")

// patience is a transport that stops asking hosts that do not answer.
type patience struct {
	next  http.RoundTripper
	rest  time.Duration
	mu    sync.Mutex
	hosts map[string]silence // only those whose last call failed
}

type silence struct {
	calls int
	until time.Time // when the next call is made, once calls are too many
}

// RoundTrip implements [http.RoundTripper]. An answer of any status is one.
func (p *patience) RoundTrip(r *http.Request) (*http.Response, error) {
	host := r.URL.Host
	if !p.ask(host) {
		return nil, fmt.Errorf("%s: %w", host, ErrSilent)
	}
	resp, err := p.next.RoundTrip(r)
	if err != nil && (errors.Is(err, context.Canceled) || IsRefused(err)) {
		return resp, err //nolint:wrapcheck // a transport passes errors on; these say nothing about the server
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if err == nil {
		delete(p.hosts, host)
		return resp, nil
	}
	p.hosts[host] = silence{p.hosts[host].calls + 1, time.Now().Add(p.rest)}
	return resp, err //nolint:wrapcheck // a transport passes errors on
}

// silent reports whether a host is left alone now.
func (p *patience) silent() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, s := range p.hosts {
		if s.calls >= maxSilent && time.Now().Before(s.until) {
			return true
		}
	}
	return false
}

// ask reports whether a call may be made; of a silent host, one after each rest.
func (p *patience) ask(host string) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	s := p.hosts[host]
	if s.calls < maxSilent {
		return true
	}
	if time.Now().Before(s.until) {
		return false
	}
	p.hosts[host] = silence{s.calls, time.Now().Add(p.rest)}
	return true
}
