package connectors

import (
	"bytes"
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

const (
	// maxAnswer bounds what we read of a desk's answer.
	maxAnswer = 4 << 20

	// maxRetryAfter caps what a desk may ask us to wait: beyond it a
	// suggestion is worthless and a broken clock is the likelier reason.
	maxRetryAfter = time.Hour

	// DefaultTimeout is how long one call to a desk may take.
	DefaultTimeout = 10 * time.Second

	// DefaultWindow is how long after its creation a suggestion is still
	// worth delivering. A later one meets an answer that was already given.
	DefaultWindow = 10 * time.Minute
)

// Errors of deliveries to a desk.
var (
	// ErrVisible means that what we wrote may be readable by the customer.
	// Nothing is worse: raise an alarm, never retry.
	ErrVisible = errors.New("note may be visible to the customer")
	// ErrExpired means that a note is too late to be of use.
	ErrExpired = errors.New("too late to be of use")
)

// CallError is a failed call to a desk, classified for a queue.
type CallError struct {
	Status int           // of the answer; 0 without one
	After  time.Duration // what the desk asked us to wait; 0 leaves it to [Policy]
	Final  bool          // whether repeating the call is pointless
	Err    error
}

func (e *CallError) Error() string {
	if e.Status == 0 {
		return e.Err.Error()
	}
	return fmt.Sprintf("status %d: %v", e.Status, e.Err)
}

func (e *CallError) Unwrap() error { return e.Err }

// Permanent reports whether a queue must not try again.
func (e *CallError) Permanent() bool { return e.Final }

// RetryAfter is what the desk asked us to wait, for a queue; 0 when it did not.
func (e *CallError) RetryAfter() time.Duration { return e.After }

// CallStatus is the status of the answer to the call that failed with err; 0
// without one.
func CallStatus(err error) int {
	if call, ok := errors.AsType[*CallError](err); ok {
		return call.Status
	}
	return 0
}

// Permanent marks err as not worth another attempt.
func Permanent(err error) error { return &CallError{Final: true, Err: err} }

// IsPermanent reports whether err says that another attempt is pointless.
// What nobody classified is worth another attempt.
func IsPermanent(err error) bool {
	if errors.Is(err, ErrGone) || errors.Is(err, ErrVisible) || errors.Is(err, ErrExpired) {
		return true
	}
	var p interface{ Permanent() bool }
	return errors.As(err, &p) && p.Permanent()
}

// StatusError classifies an answer by its status; nil for 2xx. Overload, our
// own haste and the desk's faults pass, everything else does not; 410 wraps
// [ErrGone]. Texts of the answer are left out: they may quote a customer.
func StatusError(status int, h http.Header, now time.Time) error {
	switch {
	case status >= 200 && status < 300:
		return nil
	case status == http.StatusGone:
		return &CallError{Status: status, Final: true, Err: ErrGone}
	case status == http.StatusTooManyRequests:
		return &CallError{Status: status, After: RetryAfter(h, now), Err: errors.New("rate limited")}
	case status == http.StatusRequestTimeout, status == http.StatusTooEarly, status >= 500:
		return &CallError{Status: status, After: RetryAfter(h, now), Err: errors.New("temporary fault of the desk")}
	case status >= 300 && status < 400:
		return &CallError{Status: status, Final: true, Err: errors.New("redirects are not followed; set the final address")}
	default:
		return &CallError{Status: status, Final: true, Err: errors.New("refused by the desk")}
	}
}

// RetryAfter reads the header of that name, in seconds or as an HTTP date
// (RFC 9110, 10.2.3). It is 0 if absent, unreadable or past, and at most 1 h.
func RetryAfter(h http.Header, now time.Time) time.Duration {
	text := strings.TrimSpace(h.Get("Retry-After"))
	if text == "" {
		return 0
	}
	var d time.Duration
	if n, err := strconv.ParseInt(text, 10, 64); err == nil {
		d = time.Duration(min(n, int64(maxRetryAfter/time.Second))) * time.Second
	} else if at, err := http.ParseTime(text); err == nil {
		d = at.Sub(now)
	}
	return max(0, min(d, maxRetryAfter))
}

// Deliver makes one attempt to show note to agents through n and returns the
// desk's id of what it created. Its errors are classified: IsPermanent tells
// a queue to give up, [Policy.Next] when to come back.
func Deliver(ctx context.Context, n Noter, note Note) (id string, err error) {
	switch {
	case note.Suggestion == "":
		return "", Permanent(errors.New("note without suggestion id"))
	case note.Conversation == "":
		return "", Permanent(fmt.Errorf("suggestion %s: note without conversation", note.Suggestion))
	}
	id, err = n.Note(ctx, note)
	if err != nil {
		return "", fmt.Errorf("deliver suggestion %s: %w", note.Suggestion, err)
	}
	return id, nil
}

// delays between attempts; the last one repeats until the window closes.
var delays = [...]time.Duration{5 * time.Second, 20 * time.Second, time.Minute, 2 * time.Minute, 4 * time.Minute}

// Policy is when a failed delivery is tried again. The zero value is usable.
type Policy struct {
	Window time.Duration  // of usefulness, from the note's creation; 0 is [DefaultWindow]
	Jitter func() float64 // in [0,1), stretches a delay by up to a fifth; nil: none
}

// Next is how long to wait after the given number of failed attempts (1 after
// the first) of a note that is age old. It returns err itself if it is
// permanent, and an error wrapping [ErrExpired] if the next attempt would be
// too late.
func (p Policy) Next(attempt int, age time.Duration, err error) (time.Duration, error) {
	if err == nil {
		return 0, nil
	}
	if IsPermanent(err) {
		return 0, err
	}
	wait := delays[min(max(attempt, 1), len(delays))-1]
	if p.Jitter != nil {
		wait += time.Duration(p.Jitter() * float64(wait) / 5)
	}
	if call, ok := errors.AsType[*CallError](err); ok {
		wait = max(wait, call.After)
	}
	window := p.Window
	if window <= 0 {
		window = DefaultWindow
	}
	if age+wait > window {
		return 0, fmt.Errorf("%d attempts in %s, last: %w (%w)", attempt, age.Round(time.Second), err, ErrExpired)
	}
	return wait, nil
}

// Answer is what a desk said to a call.
type Answer struct {
	Status int
	Header http.Header
	Body   []byte // at most 4 MiB
}

// Client calls a desk: bounded in time and size, and never following a
// redirect. Safe for concurrent use.
type Client struct {
	http *http.Client
	now  func() time.Time
}

// NewClient makes a client. A nil transport is Go's own; see [Client.Guarded]
// for addresses that others may choose. A timeout of 0 is [DefaultTimeout], a
// nil now is [time.Now].
func NewClient(timeout time.Duration, transport http.RoundTripper, now func() time.Time) *Client {
	if timeout <= 0 {
		timeout = DefaultTimeout
	}
	if transport == nil {
		t := http.DefaultTransport.(*http.Transport).Clone()
		t.TLSClientConfig = &tls.Config{MinVersion: tls.VersionTLS12}
		transport = t
	}
	if now == nil {
		now = time.Now
	}
	return &Client{
		http: &http.Client{
			Timeout: timeout, Transport: transport,
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		},
		now: now,
	}
}

// Now is the client's clock.
func (c *Client) Now() time.Time { return c.now() }

// Guarded is c behind g. Of c's transport only the TLS settings remain: a
// guard checks where it connects, so it has to do the connecting itself.
func (c *Client) Guarded(g *Guard) *Client {
	var conf *tls.Config
	if t, ok := c.http.Transport.(*http.Transport); ok && t.TLSClientConfig != nil {
		conf = t.TLSClientConfig.Clone()
	}
	guarded := *c.http
	guarded.Transport = g.Transport(conf)
	return &Client{http: &guarded, now: c.now}
}

// Do sends body, which may be nil, and returns the answer. An answer other
// than 2xx comes with a [CallError] as well; a failure before it has status 0
// and may be tried again.
func (c *Client) Do(ctx context.Context, method, address string, h http.Header, body []byte) (Answer, error) {
	req, err := http.NewRequestWithContext(ctx, method, address, bytes.NewReader(body))
	if err != nil {
		return Answer{}, Permanent(errors.New("address is not a URL"))
	}
	for k, v := range h {
		req.Header[http.CanonicalHeaderKey(k)] = v
	}
	req.Header.Set("User-Agent", "sufflor")
	res, err := c.http.Do(req)
	if err != nil {
		if blocked, ok := errors.AsType[*BlockedError](err); ok {
			return Answer{}, Permanent(blocked)
		}
		return Answer{}, &CallError{Err: fmt.Errorf("%s %s: %w", method, req.URL.Host, cause(err))}
	}
	defer res.Body.Close() //nolint:errcheck // read to its end or given up
	data, err := io.ReadAll(io.LimitReader(res.Body, maxAnswer+1))
	switch {
	case err != nil:
		return Answer{}, &CallError{Status: res.StatusCode, Err: fmt.Errorf("read answer: %w", cause(err))}
	case len(data) > maxAnswer:
		return Answer{}, &CallError{Status: res.StatusCode, Final: true, Err: fmt.Errorf("answer of more than %d bytes", maxAnswer)}
	}
	a := Answer{Status: res.StatusCode, Header: res.Header, Body: data}
	return a, StatusError(a.Status, a.Header, c.now())
}

// JSON is Do with in encoded as the body, if not nil, and the answer decoded
// into out, if not nil. An answer that is not the JSON we expect is a fault of
// the desk and may be tried again.
func (c *Client) JSON(ctx context.Context, method, address string, h http.Header, in, out any) (Answer, error) {
	var body []byte
	h = h.Clone()
	if h == nil {
		h = http.Header{}
	}
	h.Set("Accept", "application/json")
	if in != nil {
		var err error
		if body, err = json.Marshal(in); err != nil {
			return Answer{}, Permanent(fmt.Errorf("encode request: %w", err))
		}
		h.Set("Content-Type", "application/json; charset=utf-8")
	}
	a, err := c.Do(ctx, method, address, h, body)
	if err != nil || out == nil {
		return a, err
	}
	if err := Decode(a.Body, out); err != nil {
		return a, &CallError{Status: a.Status, Err: fmt.Errorf("answer: %w", err)}
	}
	return a, nil
}

// cause drops the *url.Error around err, which quotes the whole address:
// some addresses are secrets.
func cause(err error) error {
	if u, ok := errors.AsType[*url.Error](err); ok {
		return u.Err
	}
	return err
}
