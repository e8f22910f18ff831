package meta

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/sufflor/sufflor/config"
	"github.com/sufflor/sufflor/connectors"
)

// errHandshake is a subscription that does not know our verify token.
var errHandshake = fmt.Errorf("handshake: verify token or mode does not match: %w", connectors.ErrUnverified)

// Greets implements [connectors.Greeter]: Meta asks by GET whether we want to
// be subscribed.
func (c *Connector) Greets(method, path string) bool {
	return method == http.MethodGet && path == ""
}

// Verify implements [connectors.Connector]. The scheme has no time in it, so a
// delivery may be replayed for ever: the message ids in it are what tells.
func (c *Connector) Verify(_ context.Context, d connectors.Delivery, _ time.Time) error {
	if d.Method == http.MethodGet {
		return c.verifyHandshake(d)
	}
	// Compared as text: one delivery must not come in several spellings.
	sent := []byte(d.Header.Get(headerSignature))
	for _, s := range c.cfg.AppSecrets {
		if hmac.Equal(sent, []byte(signature(s, d.Body))) {
			return nil
		}
	}
	return fmt.Errorf("no matching %s: %w", headerSignature, connectors.ErrUnverified)
}

// verifyHandshake has no signature to look at; the token is all there is.
func (c *Connector) verifyHandshake(d connectors.Delivery) error {
	q := d.Query()
	got := sha256.Sum256([]byte(q.Get(queryToken)))
	want := sha256.Sum256([]byte(c.cfg.VerifyToken.Reveal()))
	same := subtle.ConstantTimeCompare(got[:], want[:]) == 1
	if !same || c.cfg.VerifyToken.IsZero() || q.Get(queryMode) != modeSubscribe {
		return errHandshake
	}
	return nil
}

// signature is over the body as it came: Meta writes what is not ASCII as
// escapes and signs those. The secret looks like hex but is used as text.
func signature(secret config.Secret, body []byte) string {
	mac := hmac.New(sha256.New, []byte(secret.Reveal()))
	mac.Write(body)
	return "sha256=" + hex.EncodeToString(mac.Sum(nil))
}

// Sign returns the headers Meta would send body with: for tests,
// demonstrations and relays of one's own.
func Sign(secret config.Secret, body []byte) http.Header {
	h := http.Header{}
	h.Set("Content-Type", "application/json")
	h.Set(headerSignature, signature(secret, body))
	return h
}

// Answer implements [connectors.Answerer]. Meta switches a whole subscription
// off that is refused for long, so a delivery for an account that nobody
// listed is taken and dropped; our log names it.
func (c *Connector) Answer(err error) int {
	switch {
	case errors.Is(err, errHandshake):
		return http.StatusForbidden
	case errors.Is(err, connectors.ErrForeign):
		return http.StatusOK
	}
	return 0
}
