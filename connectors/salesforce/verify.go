package salesforce

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/sufflor/sufflor/config"
	"github.com/sufflor/sufflor/connectors"
)

const (
	secretPrefix = "whsec_"
	minKey       = 24 // bytes, by Standard Webhooks
)

// parseKey is the key of a secret as Standard Webhooks writes it.
func parseKey(s config.Secret) ([]byte, error) {
	key, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(s.Reveal(), secretPrefix))
	switch {
	case err != nil:
		return nil, errors.New("must be whsec_ and base64")
	case len(key) < minKey:
		return nil, fmt.Errorf("too short: %d bytes, at least %d", len(key), minKey)
	}
	return key, nil
}

// Takes implements [connectors.Taker]. Paths without a secret do not exist; a
// wrong token in the address is found out by Verify, like a wrong signature.
func (c *Connector) Takes(path string) []string {
	switch {
	case path == pathApex && len(c.keys) > 0:
		return []string{"application/json"}
	case strings.HasPrefix(path, pathOutbound) && !c.cfg.OutboundToken.IsZero():
		return []string{"text/xml"}
	}
	return nil
}

// Shown implements [connectors.Discreet].
func (c *Connector) Shown(path string) string {
	if strings.HasPrefix(path, pathOutbound) {
		return pathOutbound + "…"
	}
	return path
}

// Verify implements [connectors.Connector].
func (c *Connector) Verify(_ context.Context, d connectors.Delivery, now time.Time) error {
	if strings.HasPrefix(d.Path, pathOutbound) {
		return c.verifyOutbound(d)
	}
	id, stamp := d.Header.Get("Webhook-Id"), d.Header.Get("Webhook-Timestamp")
	if !isWebhookID(id) {
		return fmt.Errorf("webhook-id missing, too long or with a dot: %w", connectors.ErrUnverified)
	}
	seconds, err := strconv.ParseUint(stamp, 10, 40)
	if err != nil {
		return fmt.Errorf("no readable webhook-timestamp: %w", connectors.ErrUnverified)
	}
	if age := now.Sub(time.Unix(int64(seconds), 0)); age.Truncate(time.Second).Abs() > window {
		return fmt.Errorf("signed %s ago, at most %s either way: %w", age.Round(time.Second), window, connectors.ErrUnverified)
	}
	for entry := range strings.FieldsSeq(d.Header.Get("Webhook-Signature")) {
		// Compared as text: one delivery must not come in several spellings.
		for _, key := range c.keys {
			if hmac.Equal([]byte(entry), []byte(signature(key, id, stamp, d.Body))) {
				return nil
			}
		}
	}
	return fmt.Errorf("no matching signature: %w", connectors.ErrUnverified)
}

// isWebhookID refuses a dot, which would let somebody shift bytes between id
// and timestamp under the same signature.
func isWebhookID(id string) bool {
	return id != "" && len(id) <= maxID && strings.Trim(id, letters+digits+"-_") == ""
}

// signature is v1 of Standard Webhooks. The timestamp is signed as it came.
func signature(key []byte, id, stamp string, body []byte) string {
	mac := hmac.New(sha256.New, key)
	mac.Write([]byte(id + "." + stamp + "."))
	mac.Write(body)
	return "v1," + base64.StdEncoding.EncodeToString(mac.Sum(nil))
}

// verifyOutbound compares the token in the address and the org in the body. An
// outbound message is not signed, so this is all there is to compare, and a
// body that does not name our org whole and readably is not known to be its.
func (c *Connector) verifyOutbound(d connectors.Delivery) error {
	token := strings.TrimPrefix(d.Path, pathOutbound)
	got, match := sha256.Sum256([]byte(token)), 0
	for _, s := range []config.Secret{c.cfg.OutboundToken, c.cfg.PreviousToken} {
		want := sha256.Sum256([]byte(s.Reveal()))
		if !s.IsZero() {
			match |= subtle.ConstantTimeCompare(got[:], want[:])
		}
	}
	if match != 1 {
		return fmt.Errorf("token in the address does not match: %w", connectors.ErrUnverified)
	}
	env, err := parseOutbound(d.Body)
	if err != nil {
		return fmt.Errorf("outbound message: %w: %w", err, connectors.ErrUnverified)
	}
	if id18(env.Org) != c.org {
		return fmt.Errorf("OrganizationId is not %s: %w", c.org, connectors.ErrUnverified)
	}
	return nil
}

// Sign returns the headers our Apex class would send body with at that time:
// for tests and demonstrations.
func Sign(secret config.Secret, id string, body []byte, at time.Time) (http.Header, error) {
	key, err := parseKey(secret)
	if err != nil {
		return nil, fmt.Errorf("secret: %w", err)
	}
	stamp := strconv.FormatInt(at.Unix(), 10)
	h := http.Header{}
	h.Set("Content-Type", "application/json")
	h.Set("Webhook-Id", id)
	h.Set("Webhook-Timestamp", stamp)
	h.Set("Webhook-Signature", signature(key, id, stamp, body))
	return h, nil
}
