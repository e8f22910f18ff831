package redis

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"time"

	goredis "github.com/redis/go-redis/v9"
)

const (
	// Kept is how long a value is kept: as long as an erased customer's words
	// could at most outlive a lost command to drop them.
	Kept     = time.Hour
	maxValue = 64 << 10 // bytes of a value; a larger one is not kept

	held  = 10 * time.Second      // a maker's lock; then others may make it
	await = 2 * time.Second       // how long the others wait for the maker
	pause = 20 * time.Millisecond // between two looks
)

// claim is the value, or the lock on making it.
var claim = goredis.NewScript(`
local v = redis.call('GET', KEYS[1])
if v then return {v} end
if redis.call('SET', KEYS[2], ARGV[1], 'NX', 'PX', ARGV[2]) then return {} end
return false`)

// keep stores a value for who still holds the lock: one that was taken over,
// or taken away because a customer is forgotten, stores nothing.
var keep = goredis.NewScript(`
if redis.call('GET', KEYS[2]) ~= ARGV[1] then return 0 end
redis.call('DEL', KEYS[2])
if ARGV[2] ~= '' then redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[3]) end
return 1`)

// Do is the value of a key, kept by whichever replica made it first, or made
// now. Of several that ask at once one makes it; the others wait for it a
// moment, and then make it themselves. Workspace and key may hold anything;
// only digests of them leave. Errors are those of make.
func (c *Client) Do(ctx context.Context, workspace, key string, make func(context.Context) ([]byte, error)) ([]byte, error) {
	name := c.prefix(workspace) + "{" + c.digest("value", workspace, key) + "}"
	keys, token := []string{name, name + ":lock"}, rand.Text()
	owner := false
	for until := time.Now().Add(await); ; {
		var got any
		err := c.do(ctx, func(ctx context.Context) (err error) {
			got, err = claim.Run(ctx, c.r, keys, token, held.Milliseconds()).Result()
			return err
		})
		if err == nil {
			list, _ := got.([]any)
			if owner = len(list) == 0; owner {
				break
			}
			sealed, _ := list[0].(string)
			if value, err := c.open(name, []byte(sealed)); err == nil {
				return value, nil
			}
			break // not ours to read: as if it were not there
		}
		if !errors.Is(err, goredis.Nil) || time.Now().After(until) { // Redis is gone, or the maker is slow
			break
		}
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-time.After(pause):
		}
	}
	value, err := make(ctx)
	if !owner {
		return value, err
	}
	sealed := ""
	if err == nil && len(value) <= maxValue {
		sealed = string(c.seal(name, value))
	}
	// Also when the caller has gone: the others wait for it.
	_ = c.do(context.WithoutCancel(ctx), func(ctx context.Context) error {
		return keep.Run(ctx, c.r, keys, token, sealed, Kept.Milliseconds()).Err()
	})
	return value, err
}

// Forget drops all that is kept for a workspace, and keeps what is being made
// just now from being kept. An error means that it may stay for [Kept].
func (c *Client) Forget(ctx context.Context, workspace string) error {
	if !c.up.Load() {
		return fmt.Errorf("forget what Redis keeps: %w; it goes by itself within %v", ErrDown, Kept)
	}
	drop := func(ctx context.Context, r goredis.UniversalClient) error {
		iter := r.Scan(ctx, 0, c.prefix(workspace)+"*", 1000).Iterator()
		for iter.Next(ctx) {
			if err := r.Unlink(ctx, iter.Val()).Err(); err != nil {
				return err
			}
		}
		return iter.Err()
	}
	var err error
	if all, ok := c.r.(*goredis.ClusterClient); ok {
		err = all.ForEachMaster(ctx, func(ctx context.Context, one *goredis.Client) error { return drop(ctx, one) })
	} else {
		err = drop(ctx, c.r)
	}
	if err != nil {
		return fmt.Errorf("forget what Redis keeps: %w; it goes by itself within %v", err, Kept)
	}
	return nil
}

func (c *Client) prefix(workspace string) string {
	return version + "v:" + c.digest("workspace", workspace) + ":"
}
