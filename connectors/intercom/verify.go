package intercom

import (
	"context"
	"crypto/hmac"
	"crypto/sha1" //nolint:gosec // the vendor signs webhooks with it
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"net/http"
	"time"

	"github.com/sufflor/sufflor/config"
	"github.com/sufflor/sufflor/connectors"
)

// Takes implements [connectors.Taker].
func (c *Connector) Takes(path string) []string {
	switch path {
	case pathWebhook, pathInitialize, pathSubmit:
		return []string{"application/json"}
	}
	return nil
}

// Greets implements [connectors.Greeter]: Intercom asks for the head of the
// webhook's address before it saves it.
func (c *Connector) Greets(method, path string) bool {
	return method == http.MethodHead && path == pathWebhook
}

// greeting reports whether d is such a question, which says nothing and is not
// signed.
func greeting(d connectors.Delivery) bool {
	return d.Method == http.MethodHead && d.Path == pathWebhook && len(d.Body) == 0
}

// Verify implements [connectors.Connector]. Neither signature covers a time,
// so a copy verifies for ever; that its keys were seen before is what stops it.
func (c *Connector) Verify(_ context.Context, d connectors.Delivery, _ time.Time) error {
	if greeting(d) {
		return nil
	}
	header, sign := headerHub, hubDigest
	if d.Path != pathWebhook {
		header, sign = headerBody, bodyDigest
	}
	// Compared as text, not decoded: one delivery must not come in several
	// spellings.
	sent := []byte(d.Header.Get(header))
	for _, secret := range []config.Secret{c.cfg.ClientSecret, c.cfg.PreviousSecret} {
		if !secret.IsZero() && hmac.Equal(sent, []byte(sign(secret, d.Body))) {
			return nil
		}
	}
	return fmt.Errorf("%s does not match: %w", header, connectors.ErrUnverified)
}

func hubDigest(secret config.Secret, body []byte) string {
	return hubPrefix + digest(sha1.New, secret, body)
}

func bodyDigest(secret config.Secret, body []byte) string { return digest(sha256.New, secret, body) }

func digest(h func() hash.Hash, secret config.Secret, body []byte) string {
	mac := hmac.New(h, []byte(secret.Reveal()))
	mac.Write(body)
	return hex.EncodeToString(mac.Sum(nil))
}

// Sign returns the headers Intercom would send body with to path, as in
// [connectors.Delivery]: for tests, demonstrations and senders of one's own.
func Sign(secret config.Secret, path string, body []byte) http.Header {
	h := http.Header{}
	h.Set("Content-Type", "application/json")
	if path == pathWebhook {
		h.Set(headerHub, hubDigest(secret, body))
	} else {
		h.Set(headerBody, bodyDigest(secret, body))
	}
	return h
}

// Answer implements [connectors.Answerer]. One address serves every workspace
// that has the app, and Intercom suspends an address that refuses a lot: what
// is meant for another workspace is dropped and answered like the rest.
func (c *Connector) Answer(err error) int {
	if errors.Is(err, connectors.ErrForeign) {
		return http.StatusOK
	}
	return 0
}
