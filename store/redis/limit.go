package redis

import (
	"context"
	"errors"
	"time"

	goredis "github.com/redis/go-redis/v9"
)

// Limit is when waiting begins for one who tries, and how long it gets.
type Limit struct {
	Name string        // whose attempts; only a digest of it leaves
	Free int           // attempts without waiting
	Most time.Duration // each further one doubles, from a second to this
}

// try counts an attempt unless one of its limits says wait. All replicas go by
// Redis's clock.
var try = goredis.NewScript(`
local t = redis.call('TIME')
local now = t[1] * 1000 + math.floor(t[2] / 1000)
local wait = 0
for _, k in ipairs(KEYS) do
  wait = math.max(wait, tonumber(redis.call('HGET', k, 'end') or '0') - now)
end
if wait > 0 then return wait end
for i, k in ipairs(KEYS) do
  local over = redis.call('HINCRBY', k, 'n', 1) - tonumber(ARGV[2 * i])
  if over >= 0 then
    redis.call('HSET', k, 'end', string.format('%d', now + math.min(1000 * 2 ^ math.min(over, 20), tonumber(ARGV[2 * i + 1]))))
  end
  redis.call('PEXPIRE', k, ARGV[1])
end
return 0`)

// undo takes one attempt back.
var undo = goredis.NewScript(`
if redis.call('EXISTS', KEYS[1]) == 0 then return 0 end
if redis.call('HINCRBY', KEYS[1], 'n', -1) <= 0 then return redis.call('DEL', KEYS[1]) end
return redis.call('HDEL', KEYS[1], 'end')`)

// Try counts an attempt against all limits at once, or returns how long to
// wait first. What was not tried for forget is forgotten.
func (c *Client) Try(ctx context.Context, forget time.Duration, limits ...Limit) (wait time.Duration, err error) {
	keys, args := make([]string, len(limits)), []any{forget.Milliseconds()}
	for i, l := range limits {
		keys[i] = c.limitName(l.Name)
		args = append(args, l.Free, l.Most.Milliseconds())
	}
	err = c.do(ctx, func(ctx context.Context) error {
		ms, err := try.Run(ctx, c.r, keys, args...).Int64()
		wait = time.Duration(ms) * time.Millisecond
		return err
	})
	return wait, err
}

// Undo forgets all attempts of the names in drop and one of those in less.
func (c *Client) Undo(ctx context.Context, drop, less []string) error {
	var errs []error
	for _, name := range drop {
		errs = append(errs, c.do(ctx, func(ctx context.Context) error { return c.r.Del(ctx, c.limitName(name)).Err() }))
	}
	for _, name := range less {
		errs = append(errs, c.do(ctx, func(ctx context.Context) error { return undo.Run(ctx, c.r, []string{c.limitName(name)}).Err() }))
	}
	return errors.Join(errs...)
}

// pace is the generic cell rate algorithm (ITU-T I.371): KEYS[1] is when the
// next call is due if all keep to the rate; a turn later than ARGV[2] from now
// is not taken.
var pace = goredis.NewScript(`
local t = redis.call('TIME')
local now = t[1] * 1000000 + t[2]
local due = math.max(tonumber(redis.call('GET', KEYS[1]) or '0'), now)
if due - now > tonumber(ARGV[2]) then return due - now end
redis.call('SET', KEYS[1], string.format('%d', due + ARGV[1]), 'PX', math.ceil((due + ARGV[1] - now) / 1000) + 1000)
return due - now`)

// Turn is how long to wait for a turn when all replicas together take one each
// interval. One that is further away than most is not taken.
func (c *Client) Turn(ctx context.Context, name string, interval, most time.Duration) (wait time.Duration, err error) {
	err = c.do(ctx, func(ctx context.Context) error {
		us, err := pace.Run(ctx, c.r, []string{version + "p:" + c.digest("pace", name)}, interval.Microseconds(), most.Microseconds()).Int64()
		wait = time.Duration(us) * time.Microsecond
		return err
	})
	return wait, err
}

// limitName puts all into one slot of a cluster: a script takes keys of one.
func (c *Client) limitName(name string) string {
	return version + "{limits}:" + c.digest("limit", name)
}
