package zendesk

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/sufflor/sufflor/config"
	"github.com/sufflor/sufflor/connectors"
)

// Takes implements [connectors.Taker]. Paths without a secret do not exist.
func (c *Connector) Takes(path string) []string {
	json := []string{"application/json"}
	switch {
	case (path == pathEvents || path == pathTrigger) && !c.cfg.SigningSecret.IsZero():
		return json
	case path == pathMessaging && !c.cfg.Messaging.WebhookKey.IsZero():
		return json
	}
	return nil
}

// Verify implements [connectors.Connector].
func (c *Connector) Verify(_ context.Context, d connectors.Delivery, now time.Time) error {
	if d.Path == pathMessaging {
		return c.verifyKey(d)
	}
	stamp := d.Header.Get(headerStamp)
	at, err := time.Parse(time.RFC3339, stamp)
	if err != nil {
		return fmt.Errorf("no readable %s: %w", headerStamp, connectors.ErrUnverified)
	}
	if age := now.Sub(at); age > window || age < -window {
		return fmt.Errorf("signed %s ago, at most %s either way: %w", age.Round(time.Second), window, connectors.ErrUnverified)
	}
	// Compared as text, not decoded: a decoder forgives line breaks, and one
	// delivery must not come in several spellings.
	sent := []byte(d.Header.Get(headerSignature))
	for _, secret := range []config.Secret{c.cfg.SigningSecret, c.cfg.PreviousSecret} {
		if !secret.IsZero() && hmac.Equal(sent, []byte(digest(secret, stamp, d.Body))) {
			return nil
		}
	}
	return fmt.Errorf("signature does not match: %w", connectors.ErrUnverified)
}

// verifyKey compares the static key of Sunshine Conversations. The body is not
// signed; that is why Read makes no more of it than something to fetch.
func (c *Connector) verifyKey(d connectors.Delivery) error {
	want := c.cfg.Messaging.WebhookKey
	got := sha256.Sum256([]byte(d.Header.Get(headerKey)))
	sum := sha256.Sum256([]byte(want.Reveal()))
	if want.IsZero() || subtle.ConstantTimeCompare(got[:], sum[:]) != 1 {
		return fmt.Errorf("%s does not match: %w", headerKey, connectors.ErrUnverified)
	}
	return nil
}

// digest is over the timestamp as it was sent, directly followed by the body.
// The secret looks like base64 but is used as text.
func digest(secret config.Secret, stamp string, body []byte) string {
	mac := hmac.New(sha256.New, []byte(secret.Reveal()))
	mac.Write([]byte(stamp))
	mac.Write(body)
	return base64.StdEncoding.EncodeToString(mac.Sum(nil))
}

// Sign returns the headers Zendesk would send body with at that time: for
// tests, demonstrations and senders of one's own.
func Sign(secret config.Secret, account string, body []byte, at time.Time) http.Header {
	stamp := at.UTC().Format(time.RFC3339)
	h := http.Header{}
	h.Set("Content-Type", "application/json; charset=utf-8")
	h.Set(headerAccount, account)
	h.Set(headerStamp, stamp)
	h.Set(headerSignature, digest(secret, stamp, body))
	return h
}

// Answer implements [connectors.Answerer]. Zendesk repeats a delivery that was
// answered 409, and never one that was answered 500.
func (c *Connector) Answer(err error) int {
	for _, theirs := range []error{connectors.ErrUnverified, connectors.ErrMalformed, connectors.ErrForeign} {
		if errors.Is(err, theirs) {
			return 0
		}
	}
	return http.StatusConflict
}
