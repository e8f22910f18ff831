package livechat

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/sufflor/sufflor/config"
	"github.com/sufflor/sufflor/connectors"
)

// Takes implements [connectors.Taker]. A path that is not ours does not exist,
// and what is sent there is not read.
func (c *Connector) Takes(path string) []string {
	if !c.here(path) {
		return nil
	}
	return []string{"application/json"}
}

func (c *Connector) here(path string) bool {
	token, below := strings.CutPrefix(path, "/")
	return below && same(c.cfg.PathToken, token)
}

// same compares in a time that tells nothing, not even a length. What is not
// set is the same as nothing.
func same(secret config.Secret, sent string) bool {
	want, got := sha256.Sum256([]byte(secret.Reveal())), sha256.Sum256([]byte(sent))
	return !secret.IsZero() && subtle.ConstantTimeCompare(want[:], got[:]) == 1
}

// Shown implements [connectors.Discreet]. A wrong path is hidden like the right
// one: it may be last month's, or lack a letter.
func (c *Connector) Shown(path string) string {
	if path == "" {
		return ""
	}
	return "/…"
}

// Verify implements [connectors.Connector]. The key stands in the body, so the
// body has to be parsed to find it; nothing else is looked at before. Errors
// never quote a body: it holds the key.
func (c *Connector) Verify(_ context.Context, d connectors.Delivery, _ time.Time) error {
	if !c.here(d.Path) {
		return fmt.Errorf("path does not end with path_token: %w", connectors.ErrUnverified)
	}
	// Members by their exact name: a struct would take any spelling.
	var in map[string]json.RawMessage
	if err := connectors.Decode(d.Body, &in); err != nil {
		return fmt.Errorf("no secret_key can be read: %w: %w", err, connectors.ErrUnverified)
	}
	var sent *string
	if err := json.Unmarshal(in["secret_key"], &sent); err != nil || sent == nil {
		return fmt.Errorf("secret_key: missing: %w", connectors.ErrUnverified)
	}
	current, previous := same(c.cfg.SecretKey, *sent), same(c.cfg.PreviousKey, *sent)
	if !current && !previous {
		return fmt.Errorf("secret_key does not match: %w", connectors.ErrUnverified)
	}
	return nil
}

// Answer implements [connectors.Answerer]: what is not JSON is told so,
// although no key could be read in it.
func (c *Connector) Answer(err error) int {
	if errors.Is(err, connectors.ErrMalformed) {
		return http.StatusBadRequest
	}
	return 0
}
