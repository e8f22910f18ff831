package chatwoot

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/sufflor/sufflor/config"
	"github.com/sufflor/sufflor/connectors"
)

// unsigned reports whether the address called holds the token of a server that
// does not sign. It is in the query and not in the path, which is logged.
func (c *Connector) unsigned(d connectors.Delivery) bool {
	sent := d.Query()[tokenParameter]
	if c.cfg.URLToken.IsZero() || len(sent) != 1 {
		return false
	}
	got, want := sha256.Sum256([]byte(sent[0])), sha256.Sum256([]byte(c.cfg.URLToken.Reveal()))
	return hmac.Equal(got[:], want[:])
}

// Verify implements [connectors.Connector].
func (c *Connector) Verify(_ context.Context, d connectors.Delivery, now time.Time) error {
	if c.cfg.Secret.IsZero() {
		if c.unsigned(d) {
			return nil // only a hint, see Read
		}
		return fmt.Errorf("url_token does not match: %w", connectors.ErrUnverified)
	}
	stamp := d.Header.Get(headerStamp)
	seconds, err := strconv.ParseInt(stamp, 10, 64)
	if err != nil || len(stamp) > 11 || strings.Trim(stamp, "0123456789") != "" {
		return fmt.Errorf("no readable %s; Chatwoot before 4.11.2 sends none, see url_token: %w", headerStamp, connectors.ErrUnverified)
	}
	if age := now.Sub(time.Unix(seconds, 0)); age > window || age < -window {
		return fmt.Errorf("signed %s ago, at most %s either way: %w", age.Round(time.Second), window, connectors.ErrUnverified)
	}
	// Compared as text: one delivery must not come in several spellings.
	sent := []byte(d.Header.Get(headerSignature))
	for _, secret := range []config.Secret{c.cfg.Secret, c.cfg.PreviousSecret} {
		if !secret.IsZero() && hmac.Equal(sent, []byte(digest(secret, stamp, d.Body))) {
			return nil
		}
	}
	return fmt.Errorf("signature does not match: %w", connectors.ErrUnverified)
}

// digest is over the time as text, a dot, and the body. The secret is used as
// the text it is shown as.
func digest(secret config.Secret, stamp string, body []byte) string {
	mac := hmac.New(sha256.New, []byte(secret.Reveal()))
	mac.Write([]byte(stamp + "."))
	mac.Write(body)
	return signaturePrefix + hex.EncodeToString(mac.Sum(nil))
}

// Resign returns the headers Chatwoot would send d with at that time, for
// replaying what was recorded. Servers that do not sign send none.
func (c *Connector) Resign(d connectors.Delivery, at time.Time) (http.Header, error) {
	h := http.Header{}
	h.Set("Content-Type", "application/json")
	if c.cfg.Secret.IsZero() {
		return h, nil
	}
	stamp := strconv.FormatInt(at.Unix(), 10)
	h.Set(headerStamp, stamp)
	h.Set(headerSignature, digest(c.cfg.Secret, stamp, d.Body))
	return h, nil
}
