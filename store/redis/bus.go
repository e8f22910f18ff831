package redis

import (
	"context"
	"encoding/json"
	"log/slog"
	"sync"
	"time"

	goredis "github.com/redis/go-redis/v9"
)

const (
	channel = version + "live"
	// blind is how often panels look at the store while Redis cannot tell.
	blind = 2 * time.Second
	// alive is how often a silent connection is asked whether it is one.
	alive = time.Second
)

// feed is where news come from and are read: [store.Store].
type feed interface {
	Watch(workspace string) (wake <-chan struct{}, stop func())
	FeedEnd(ctx context.Context, workspace string) (int64, error)
}

// Bus tells the panels of all replicas that a workspace has news; what these
// are they read from the store. Without Redis they look there every two
// seconds. It is safe for concurrent use.
type Bus struct {
	c     *Client
	feed  feed
	hear  func(workspace string, data []byte)
	log   *slog.Logger
	names []string

	mu       sync.Mutex
	watchers map[string]map[chan struct{}]struct{} // by workspace
	last     map[string]int64                      // the newest number told or heard, by workspace
}

// note is what replicas tell each other.
type note struct {
	From      string `json:"from"`
	Workspace string `json:"ws"`
	Seq       int64  `json:"seq,omitempty"`
	Data      []byte `json:"data,omitempty"`
}

// NewBus is a bus for the workspaces of f, to be run with [Bus.Run]. hear gets
// what other replicas passed to [Bus.Tell]; it must not wait.
func (c *Client) NewBus(f feed, workspaces []string, hear func(workspace string, data []byte)) *Bus {
	return &Bus{c: c, feed: f, hear: hear, log: c.log, names: workspaces, watchers: map[string]map[chan struct{}]struct{}{}, last: map[string]int64{}}
}

// Watch is [store.Store.Watch] for what any replica commits.
func (b *Bus) Watch(workspace string) (wake <-chan struct{}, stop func()) {
	ch := make(chan struct{}, 1)
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.watchers[workspace] == nil {
		b.watchers[workspace] = map[chan struct{}]struct{}{}
	}
	b.watchers[workspace][ch] = struct{}{}
	return ch, sync.OnceFunc(func() {
		b.mu.Lock()
		defer b.mu.Unlock()
		delete(b.watchers[workspace], ch)
	})
}

// Tell passes data on to the other replicas, without waiting and without any
// promise that it arrives.
func (b *Bus) Tell(workspace string, data []byte) { b.publish(note{Workspace: workspace, Data: data}) }

// Run carries news until ctx ends.
func (b *Bus) Run(ctx context.Context) {
	var wg sync.WaitGroup
	for _, ws := range b.names {
		wake, stop := b.feed.Watch(ws) // before Run returns to whoever commits
		wg.Go(func() {
			defer stop()
			for {
				select {
				case <-ctx.Done():
					return
				case <-wake:
					b.wake(ws)
					b.news(ctx, ws)
				}
			}
		})
	}
	wg.Go(func() { b.listen(ctx) })
	wg.Go(func() { b.look(ctx) })
	wg.Wait()
}

// news tells the others how far the feed has come, unless they know.
func (b *Bus) news(ctx context.Context, workspace string) {
	if b.c.Down() != nil {
		return
	}
	seq, err := b.feed.FeedEnd(ctx, workspace)
	if err != nil {
		if ctx.Err() == nil {
			b.log.WarnContext(ctx, "news not passed on", "workspace", workspace, "err", err)
		}
		return
	}
	if b.newer(workspace, seq) {
		b.publish(note{Workspace: workspace, Seq: seq})
	}
}

// newer notes seq, and reports whether it was news.
func (b *Bus) newer(workspace string, seq int64) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	if seq <= b.last[workspace] {
		return false
	}
	b.last[workspace] = seq
	return true
}

func (b *Bus) publish(n note) {
	n.From = b.c.self
	plain, err := json.Marshal(n)
	if err != nil {
		return // strings and numbers always can
	}
	b.c.later(func(ctx context.Context) error {
		sealed := b.c.seal(channel, plain)
		if b.c.cluster {
			return b.c.r.SPublish(ctx, channel, sealed).Err()
		}
		return b.c.r.Publish(ctx, channel, sealed).Err()
	})
}

// listen hears the others. Each time the connection is made anew something may
// have been missed, so everybody looks.
func (b *Bus) listen(ctx context.Context) {
	var sub *goredis.PubSub
	if b.c.cluster {
		sub = b.c.r.SSubscribe(ctx, channel)
	} else {
		sub = b.c.r.Subscribe(ctx, channel)
	}
	defer func() { _ = sub.Close() }() // there is nothing left to say
	in := sub.ChannelWithSubscriptions(goredis.WithChannelHealthCheckInterval(alive))
	for {
		select {
		case <-ctx.Done():
			return
		case m, open := <-in:
			if !open {
				return
			}
			switch m := m.(type) {
			case *goredis.Subscription:
				b.wakeAll()
			case *goredis.Message:
				b.take(m)
			}
		}
	}
}

func (b *Bus) take(m *goredis.Message) {
	plain, err := b.c.open(channel, []byte(m.Payload))
	if err != nil {
		return // not from one of us
	}
	var n note
	if err := json.Unmarshal(plain, &n); err != nil || n.From == b.c.self {
		return
	}
	if n.Data != nil {
		b.hear(n.Workspace, n.Data)
		return
	}
	b.newer(n.Workspace, n.Seq)
	b.wake(n.Workspace)
}

// look wakes everybody every two seconds while Redis is gone, and once when it
// is back.
func (b *Bus) look(ctx context.Context) {
	tick := time.NewTicker(blind)
	defer tick.Stop()
	for {
		up, changed := b.c.state()
		beat := tick.C
		if up {
			beat = nil
		}
		select {
		case <-ctx.Done():
			return
		case <-beat:
		case <-changed:
		}
		b.wakeAll()
	}
}

func (b *Bus) wakeAll() {
	for _, ws := range b.names {
		b.wake(ws)
	}
}

func (b *Bus) wake(workspace string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for ch := range b.watchers[workspace] {
		select {
		case ch <- struct{}{}:
		default: // it has not looked yet, and will see this too
		}
	}
}
