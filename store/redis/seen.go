package redis

import (
	"context"
	"time"
)

// remembered is how long a delivery is known: desks repeat one within minutes.
const remembered = 10 * time.Minute

// Seen reports whether [Client.Remember] was called for key of late. False
// says nothing.
func (c *Client) Seen(ctx context.Context, key string) bool {
	n := int64(0)
	err := c.do(ctx, func(ctx context.Context) (err error) {
		n, err = c.r.Exists(ctx, c.seenName(key)).Result()
		return err
	})
	return err == nil && n == 1
}

// Remember notes key for ten minutes. It does not wait.
func (c *Client) Remember(key string) {
	name := c.seenName(key)
	c.later(func(ctx context.Context) error { return c.r.Set(ctx, name, "1", remembered).Err() })
}

func (c *Client) seenName(key string) string { return version + "s:" + c.digest("seen", key) }
