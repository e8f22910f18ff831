// Package redis carries between replicas what is live or can be made again:
// news for open panels, replies and vectors, counts of sign-ins, and which
// deliveries are known.
//
// It is the one package that knows go-redis, and it knows nothing of what it
// carries. Nothing in Redis is needed for an answer: each call has a short
// deadline, a server that does not answer is left alone until it does, and
// who asked goes on as if there were no Redis. What may hold a customer's
// words is sealed, and no key holds any.
package redis

import (
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	goredis "github.com/redis/go-redis/v9"
	"github.com/redis/go-redis/v9/logging"
)

// ErrDown means that Redis does not answer. The caller goes on without.
var ErrDown = errors.New("redis does not answer")

// Modes of running Redis.
const (
	Single   = "single"
	Sentinel = "sentinel"
	Cluster  = "cluster"
)

const (
	timeout  = 50 * time.Millisecond  // of a call
	probe    = 500 * time.Millisecond // between two looks at the server
	dial     = 2 * time.Second        // of a connection, which is made beside the calls
	tolerate = 3                      // failures in a row before a server is left alone
	backlog  = 1024                   // of what is told without waiting
	version  = "sufflor:1:"           // of keys and of what they hold
)

// Options say where Redis is. URL, and in mode sentinel Master, are required.
type Options struct {
	URL   string   // redis://user:password@host:port/db, rediss:// with TLS, or unix:///path
	Mode  string   // Single, Sentinel or Cluster; "": Single
	Nodes []string // host:port of further sentinels or nodes

	Master           string // as the sentinels call it
	SentinelPassword string

	// Secret is what all replicas know and Redis does not, 24 bytes or more.
	// Keys are digests with it, values are sealed with it; another secret
	// finds nothing of what was kept with this one.
	Secret string

	Log *slog.Logger // nil: silence
}

// Client is a Redis, there or not. It is safe for concurrent use.
type Client struct {
	r       goredis.UniversalClient
	cluster bool
	log     *slog.Logger
	sealer  cipher.AEAD
	names   []byte // key of digests
	self    string // this replica, in what it tells

	up       atomic.Bool
	said     atomic.Bool // the first state has been logged
	failures atomic.Int32
	failed   chan struct{} // wakes the prober

	mu    sync.Mutex
	cause error         // why it is down
	turn  chan struct{} // closed when the state changes

	tell chan func(context.Context) error
	end  context.CancelFunc
	wg   sync.WaitGroup
}

// Open makes a client and begins to look for the server; that none is there
// is no error. Whoever opens it closes it.
func Open(ctx context.Context, o Options) (*Client, error) {
	u, err := o.universal()
	if err != nil {
		return nil, err
	}
	if len(o.Secret) < 24 {
		return nil, errors.New("redis.secret: 24 characters or more are required, the same for all replicas")
	}
	c := &Client{
		cluster: o.Mode == Cluster, log: o.Log, self: rand.Text(),
		failed: make(chan struct{}, 1), turn: make(chan struct{}), tell: make(chan func(context.Context) error, backlog),
		cause: errors.New("it has not been asked yet"),
	}
	if c.log == nil {
		c.log = slog.New(slog.DiscardHandler)
	}
	if c.names, err = hkdf.Key(sha256.New, []byte(o.Secret), nil, "sufflor redis names", 32); err != nil {
		return nil, fmt.Errorf("redis: derive a key: %w", err)
	}
	key, err := hkdf.Key(sha256.New, []byte(o.Secret), nil, "sufflor redis values", 32)
	if err != nil {
		return nil, fmt.Errorf("redis: derive a key: %w", err)
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, fmt.Errorf("redis: %w", err)
	}
	if c.sealer, err = cipher.NewGCMWithRandomNonce(block); err != nil {
		return nil, fmt.Errorf("redis: %w", err)
	}
	logging.Disable() // the library would write to standard error; what matters we log ourselves
	c.r = goredis.NewUniversalClient(u)
	life, end := context.WithCancel(context.WithoutCancel(ctx))
	c.end = end
	c.look(life)
	c.wg.Go(func() { c.probe(life) })
	c.wg.Go(func() { c.send(life) })
	return c, nil
}

// Check reports what is wrong with where Redis is said to be.
func (o Options) Check() error {
	_, err := o.universal()
	return err
}

func (o Options) universal() (*goredis.UniversalOptions, error) {
	one, err := goredis.ParseURL(o.URL)
	if err != nil { // whose text may hold the password
		return nil, errors.New("redis.url: not an address such as redis://127.0.0.1:6379, rediss://user:password@host:6379/0 or unix:///run/redis/redis.sock")
	}
	u := &goredis.UniversalOptions{
		Addrs: append([]string{one.Addr}, o.Nodes...), Username: one.Username, Password: one.Password, DB: one.DB, TLSConfig: one.TLSConfig,
		DialTimeout: dial, ReadTimeout: timeout, WriteTimeout: timeout, PoolTimeout: timeout, ContextTimeoutEnabled: true, MaxRetries: -1,
		MinIdleConns: 1, DisableIdentity: true,
	}
	switch o.Mode {
	case "", Single:
		if len(o.Nodes) > 0 {
			return nil, errors.New("redis.nodes: only with mode sentinel or cluster")
		}
	case Sentinel:
		if o.Master == "" {
			return nil, errors.New("redis.master: required with mode sentinel; the name that the sentinels watch it by")
		}
		u.MasterName, u.SentinelPassword = o.Master, o.SentinelPassword
	case Cluster:
		if one.DB != 0 {
			return nil, errors.New("redis.url: a cluster has database 0 only")
		}
		u.IsClusterMode = true
	default:
		return nil, fmt.Errorf("redis.mode: %q; one of single, sentinel, cluster", o.Mode)
	}
	return u, nil
}

// Close ends what runs beside the calls, and the connections.
func (c *Client) Close() error {
	c.end()
	c.wg.Wait()
	return c.r.Close()
}

// Down is why Redis does not answer; nil: it does.
func (c *Client) Down() error {
	if c.up.Load() {
		return nil
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	return fmt.Errorf("%w: %w", ErrDown, c.cause)
}

// state is whether Redis answers, and a channel that is closed when that changes.
func (c *Client) state() (up bool, changed <-chan struct{}) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.up.Load(), c.turn
}

// become notes a state, and logs each change once.
func (c *Client) become(ctx context.Context, up bool, cause error) {
	c.mu.Lock()
	c.cause = cause
	changed := c.up.Swap(up) != up
	if changed {
		close(c.turn)
		c.turn = make(chan struct{})
	}
	c.mu.Unlock()
	c.failures.Store(0)
	if first := !c.said.Swap(true); !changed && !first {
		return
	}
	if up {
		c.log.InfoContext(ctx, "redis answers")
		return
	}
	c.log.WarnContext(ctx, "redis does not answer; going on without", "err", cause)
}

// do makes one call. An error other than a missing key counts against the
// server, unless it was the caller who gave up.
func (c *Client) do(ctx context.Context, call func(context.Context) error) error {
	if !c.up.Load() {
		return ErrDown
	}
	limited, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	err := call(limited)
	switch {
	case err == nil, errors.Is(err, goredis.Nil):
		c.failures.Store(0)
		return err
	case ctx.Err() != nil:
		return ctx.Err()
	}
	if c.failures.Add(1) == tolerate {
		c.become(ctx, false, err)
		select {
		case c.failed <- struct{}{}:
		default:
		}
	}
	return fmt.Errorf("%w: %w", ErrDown, err)
}

// probe looks at the server all the time: for one that is left alone to answer
// again, and for one that nobody calls to be gone.
func (c *Client) probe(ctx context.Context) {
	tick := time.NewTicker(probe)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-c.failed:
		case <-tick.C:
		}
		if c.up.Load() {
			_ = c.do(ctx, c.touch) // counted there
		} else if ctx.Err() == nil {
			c.look(ctx)
		}
	}
}

// touch has the server keep something, which it must be able to: a replica or
// a full memory would answer a ping.
func (c *Client) touch(ctx context.Context) error {
	return c.r.Set(ctx, version+"probe:"+c.self, "1", time.Minute).Err()
}

// look finds out whether the server answers.
func (c *Client) look(ctx context.Context) {
	limited, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	err := c.touch(limited)
	if ctx.Err() == nil {
		c.become(ctx, err == nil, err)
	}
}

// later has something told without waiting for it. Too much at once is lost.
func (c *Client) later(call func(context.Context) error) {
	if !c.up.Load() {
		return
	}
	select {
	case c.tell <- call:
	default:
	}
}

func (c *Client) send(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case call := <-c.tell:
			_ = c.do(ctx, call) // counted there; nobody waits for it
		}
	}
}

// digest names texts without holding them.
func (c *Client) digest(parts ...string) string {
	h := hmac.New(sha256.New, c.names)
	var n [8]byte
	for _, p := range parts {
		binary.BigEndian.PutUint64(n[:], uint64(len(p)))
		h.Write(n[:])
		h.Write([]byte(p))
	}
	return base64.RawURLEncoding.EncodeToString(h.Sum(nil)[:18])
}

// seal makes of a value what nobody reads or changes without the secret. It
// can be opened under the same name only.
func (c *Client) seal(name string, value []byte) []byte {
	return c.sealer.Seal(nil, nil, value, []byte(name)) //nolint:gosec // no nonce is given: the sealer draws one each time
}

func (c *Client) open(name string, sealed []byte) ([]byte, error) {
	value, err := c.sealer.Open(nil, nil, sealed, []byte(name))
	if err != nil {
		return nil, errors.New("sealed with another secret, or changed")
	}
	return value, nil
}
