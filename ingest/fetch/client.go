package fetch

import (
	"compress/gzip"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"math"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/sufflor/sufflor/ingest"
)

// Each phase of a call has its own limit, so that a big file on a slow line
// arrives and a silent server does not hold us.
const (
	dialTimeout   = 10 * time.Second
	tlsTimeout    = 10 * time.Second
	headerTimeout = 30 * time.Second
	idleTimeout   = 30 * time.Second // without a byte of the body
	wholeTimeout  = 15 * time.Minute
	maxRedirects  = 5
	maxHeader     = 256 << 10
)

// Errors of calls.
var (
	ErrRedirect = errors.New("redirect not followed")
	errIdle     = errors.New("the server sent nothing for too long")
)

// ClientOptions are what a [Client] can be told.
type ClientOptions struct {
	UserAgent    string         // required; see [UserAgent]
	AllowPrivate []string       // networks, addresses and host names that need not be public; "*.example.lan" is all below
	Authorities  *x509.CertPool // who vouches for servers; nil is the system's list
	Resolver     *net.Resolver  // of host names; nil is the system's
	IdleTimeout  time.Duration  // without a byte of a body; 0 means 30 seconds
	Rest         time.Duration  // for which a host that does not answer is left alone; 0 means a minute
}

// Client makes calls to addresses chosen by others. It connects to public
// addresses and named exceptions only, keeps no cookies, speaks TLS 1.2 or
// later, bounds every phase and leaves hosts alone that do not answer. Safe for concurrent use.
type Client struct {
	follow, once *http.Client
	transport    *http.Transport
	patient      *patience
	agent        string
	idle         time.Duration
}

// NewClient makes a client, or reports what is wrong with the options.
func NewClient(o ClientOptions) (*Client, error) {
	g, err := newGuard(o.AllowPrivate)
	if err != nil {
		return nil, err
	}
	g.resolver = o.Resolver
	if o.UserAgent == "" {
		return nil, errors.New("HTTP client: a user agent is required")
	}
	t := &http.Transport{ // without a proxy, which would connect for us
		DialContext: g.dial, TLSClientConfig: &tls.Config{MinVersion: tls.VersionTLS12, RootCAs: o.Authorities}, ForceAttemptHTTP2: true,
		TLSHandshakeTimeout: tlsTimeout, ResponseHeaderTimeout: headerTimeout, ExpectContinueTimeout: time.Second, IdleConnTimeout: time.Minute,
		MaxIdleConns: 20, MaxIdleConnsPerHost: 4, MaxConnsPerHost: 8, MaxResponseHeaderBytes: maxHeader,
		DisableCompression: true, // unpacked by Do, which counts
	}
	c := &Client{transport: t, agent: o.UserAgent, idle: o.IdleTimeout}
	if c.idle <= 0 {
		c.idle = idleTimeout
	}
	c.patient = &patience{next: t, rest: o.Rest, hosts: map[string]silence{}}
	if c.patient.rest <= 0 {
		c.patient.rest = restTime
	}
	c.follow = &http.Client{Transport: c.patient, CheckRedirect: checkRedirect}
	c.once = &http.Client{Transport: c.patient, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	return c, nil
}

// CheckHop reports whether one address may send us to another: http or https
// only, never from https to http, never with credentials in it.
func CheckHop(from, to *url.URL) error {
	switch {
	case to.Scheme != "https" && to.Scheme != "http":
		return fmt.Errorf("to %q, which is neither http nor https: %w", to.Scheme, ErrRedirect)
	case from.Scheme == "https" && to.Scheme == "http":
		return fmt.Errorf("to %s, which is not encrypted: %w", redact(to), ErrRedirect)
	case to.User != nil:
		return fmt.Errorf("to %s, which holds a user: %w", redact(to), ErrRedirect)
	case to.Hostname() == "":
		return fmt.Errorf("to an address without a host: %w", ErrRedirect)
	}
	return nil
}

func checkRedirect(r *http.Request, via []*http.Request) error {
	if len(via) > maxRedirects {
		return fmt.Errorf("more than %d redirects: %w", maxRedirects, ErrRedirect)
	}
	if err := CheckHop(via[len(via)-1].URL, r.URL); err != nil {
		return err
	}
	if r.URL.Host != via[0].URL.Host {
		r.Header.Del("Authorization") // net/http would send it on to hosts below
	}
	return nil
}

// Close closes idle connections.
func (c *Client) Close() { c.transport.CloseIdleConnections() }

// Silent reports whether a host is left alone just now, for libraries that
// would ask [Client.Transport] again and again: see [ErrSilent].
func (c *Client) Silent() bool { return c.patient.silent() }

// Transport is the guarded transport for libraries that bring a client of
// their own. It follows no redirect and ends a call that takes too long or
// falls silent; how much an answer may hold is for the caller to say.
func (c *Client) Transport() http.RoundTripper { return timed{c} }

type timed struct{ *Client }

func (t timed) RoundTrip(r *http.Request) (*http.Response, error) {
	ctx, end := bounded(r.Context())
	resp, err := t.patient.RoundTrip(r.WithContext(ctx))
	if err != nil {
		end(nil)
		return nil, err //nolint:wrapcheck // a transport passes errors on
	}
	resp.Body = t.watch(ctx, resp.Body, math.MaxInt64, end)
	return resp, nil
}

// bounded is a context that ends when a whole call takes too long, or by end.
func bounded(parent context.Context) (ctx context.Context, end func(why error)) {
	ctx, cancel := context.WithCancelCause(parent)
	ctx, stop := context.WithTimeout(ctx, wholeTimeout)
	return ctx, func(why error) { cancel(why); stop() }
}

// watch is raw with at most limit bytes and without long silences.
func (c *Client) watch(ctx context.Context, raw io.ReadCloser, limit int64, end func(error)) *body {
	return &body{raw: raw, left: limit, limit: limit, end: end, ctx: ctx, idle: c.idle, timer: time.AfterFunc(c.idle, func() { end(errIdle) })}
}

// Do sends r and follows up to five redirects. The answer's body gives at most
// limit bytes, packed and unpacked, and then an error wrapping
// [ingest.ErrTooLarge]; the same error comes at once when the answer announces
// more. Closing the body ends the call.
func (c *Client) Do(r *http.Request, limit int64) (*http.Response, error) {
	return c.send(c.follow, r, limit)
}

// Once is Do without following a redirect: 3xx is an answer like others.
func (c *Client) Once(r *http.Request, limit int64) (*http.Response, error) {
	return c.send(c.once, r, limit)
}

func (c *Client) send(h *http.Client, r *http.Request, limit int64) (*http.Response, error) {
	if r.URL.Scheme != "http" && r.URL.Scheme != "https" {
		return nil, &RefusedError{Host: redact(r.URL), Reason: "it is neither http nor https"}
	}
	ctx, end := bounded(r.Context())
	r = r.Clone(ctx)
	r.Header.Set("User-Agent", c.agent)
	unpack := false
	if r.Method == http.MethodGet && r.Header.Get("Range") == "" && r.Header.Get("Accept-Encoding") == "" {
		r.Header.Set("Accept-Encoding", "gzip")
		unpack = true
	}
	resp, err := h.Do(r) //nolint:gosec // keeping such calls out of our network is what this package is for
	if err != nil {
		if resp != nil {
			_ = resp.Body.Close()
		}
		end(nil)
		return nil, fmt.Errorf("%s %s: %w", r.Method, redact(r.URL), cause(err))
	}
	b := c.watch(ctx, resp.Body, limit, end)
	if resp.ContentLength > limit && r.Method != http.MethodHead {
		_ = b.Close()
		return nil, fmt.Errorf("%s %s: it has %d bytes, %d are allowed: %w", r.Method, redact(r.URL), resp.ContentLength, limit, ingest.ErrTooLarge)
	}
	resp.Body = b
	if unpack && strings.EqualFold(resp.Header.Get("Content-Encoding"), "gzip") {
		resp.Body = &unpacked{packed: b, left: limit, limit: limit}
		resp.Header.Del("Content-Encoding")
		resp.Header.Del("Content-Length")
		resp.ContentLength = -1
	}
	return resp, nil
}

// body counts bytes and notices silence.
type body struct {
	raw         io.ReadCloser
	left, limit int64
	idle        time.Duration
	timer       *time.Timer
	end         func(error)
	ctx         context.Context //nolint:containedctx // of the one call this body belongs to; says why it ended
}

func (b *body) Read(p []byte) (int, error) {
	b.timer.Reset(b.idle)
	defer b.timer.Stop() // the reader's own pace is not the server's
	n, err := limited(b.raw, p, &b.left, b.limit)
	if err != nil && !errors.Is(err, io.EOF) && b.ctx.Err() != nil {
		err = context.Cause(b.ctx)
	}
	return n, err
}

func (b *body) Close() error {
	b.timer.Stop()
	err := b.raw.Close()
	b.end(nil)
	return err //nolint:wrapcheck // nothing to add
}

// limited reads from r what is left, and tells the end from too much.
func limited(r io.Reader, p []byte, left *int64, limit int64) (int, error) {
	if len(p) == 0 {
		return 0, nil
	}
	if *left <= 0 {
		for range 100 {
			n, err := r.Read(p[:1])
			if n > 0 {
				return 0, tooLarge(limit)
			}
			if err != nil {
				return 0, err //nolint:wrapcheck // io.EOF must stay itself
			}
		}
		return 0, io.ErrNoProgress
	}
	n, err := r.Read(p[:min(int64(len(p)), *left)])
	*left -= int64(n)
	return n, err //nolint:wrapcheck // io.EOF must stay itself
}

// unpacked is a gzip body whose two sides are both counted: little that
// unpacks to much, and much that unpacks to nothing.
type unpacked struct {
	packed      *body
	zr          *gzip.Reader
	left, limit int64
}

func (u *unpacked) Read(p []byte) (int, error) {
	if u.zr == nil {
		zr, err := gzip.NewReader(u.packed)
		if errors.Is(err, io.EOF) {
			return 0, io.EOF // an empty answer, as to HEAD or with 304
		}
		if err != nil {
			return 0, fmt.Errorf("unpack: %w", err)
		}
		u.zr = zr
	}
	return limited(u.zr, p, &u.left, u.limit)
}

func (u *unpacked) Close() error { return u.packed.Close() }

// IsRefused reports whether the guard refused the call.
func IsRefused(err error) bool {
	_, ok := errors.AsType[*RefusedError](err)
	return ok
}
