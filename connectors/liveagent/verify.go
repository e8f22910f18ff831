package liveagent

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"fmt"
	"strings"
	"time"

	"github.com/sufflor/sufflor/config"
	"github.com/sufflor/sufflor/connectors"
)

// Takes implements [connectors.Taker]. Which path is the right one only Verify
// may tell; what media type a rule sends depends on the version.
func (c *Connector) Takes(path string) []string {
	if path == "" {
		return nil
	}
	return []string{"application/json", "text/plain", "application/x-www-form-urlencoded"}
}

// Shown implements [connectors.Discreet]. A wrong path is hidden like the right
// one: it may be last month's, or lack a letter.
func (c *Connector) Shown(path string) string {
	if path == "" {
		return ""
	}
	return "/…"
}

// Verify implements [connectors.Connector] by comparing tokens: LiveAgent
// signs neither body nor time. That is why Read makes no more of a call than
// something to fetch.
func (c *Connector) Verify(_ context.Context, d connectors.Delivery, _ time.Time) error {
	path := same(strings.TrimPrefix(d.Path, "/"), c.cfg.PathToken, c.cfg.PreviousPathToken)
	header := c.cfg.HeaderToken.IsZero() || same(d.Header.Get(headerToken), c.cfg.HeaderToken, c.cfg.PreviousHeaderToken)
	if !path || !header {
		return fmt.Errorf("path or %s is not the configured token: %w", headerToken, connectors.ErrUnverified)
	}
	return nil
}

// same compares in constant time, whatever the lengths.
func same(got string, want ...config.Secret) bool {
	sum, ok := sha256.Sum256([]byte(got)), 0
	for _, w := range want {
		if w.IsZero() {
			continue
		}
		s := sha256.Sum256([]byte(w.Reveal()))
		ok |= subtle.ConstantTimeCompare(sum[:], s[:])
	}
	return ok == 1
}
