package libredesk

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"time"

	"github.com/sufflor/sufflor/config"
	"github.com/sufflor/sufflor/connectors"
)

// Verify implements [connectors.Connector]. The signature is checked over the
// bytes as they came; only then the time that stands within them.
func (c *Connector) Verify(_ context.Context, d connectors.Delivery, now time.Time) error {
	// Compared as text, not decoded: one delivery must not come in several
	// spellings.
	sent := []byte(d.Header.Get(headerSignature))
	ok := false
	for _, secret := range []config.Secret{c.cfg.WebhookSecret, c.cfg.PreviousSecret} {
		if !secret.IsZero() && hmac.Equal(sent, []byte(digest(secret, d.Body))) {
			ok = true
		}
	}
	if !ok {
		return fmt.Errorf("%s does not match; LibreDesk leaves it out when its webhook has no secret: %w", headerSignature, connectors.ErrUnverified)
	}
	return c.fresh(d.Body, now)
}

// fresh reports whether body, which is authentic, was sent just now. One that
// is no JSON has no time; that is for Read to say.
func (c *Connector) fresh(body []byte, now time.Time) error {
	if !json.Valid(body) {
		return nil
	}
	var in struct {
		Timestamp time.Time `json:"timestamp"`
	}
	if err := json.Unmarshal(body, &in); err != nil || in.Timestamp.IsZero() {
		return fmt.Errorf("no readable timestamp in the body: %w", connectors.ErrUnverified)
	}
	if age, window := now.Sub(in.Timestamp), c.cfg.window(); age > window || age < -window {
		return fmt.Errorf("sent %s ago, at most %s either way; are the clocks right?: %w", age.Round(time.Second), window, connectors.ErrUnverified)
	}
	return nil
}

func digest(secret config.Secret, body []byte) string {
	mac := hmac.New(sha256.New, []byte(secret.Reveal()))
	mac.Write(body)
	return signaturePrefix + hex.EncodeToString(mac.Sum(nil))
}

// Sign returns the headers LibreDesk would send body with: for tests,
// demonstrations and senders of one's own.
func Sign(secret config.Secret, body []byte) http.Header {
	h := http.Header{}
	h.Set("Content-Type", "application/json")
	h.Set(headerSignature, digest(secret, body))
	return h
}
