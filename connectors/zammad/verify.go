package zammad

import (
	"context"
	"crypto/hmac"
	"crypto/sha1" //nolint:gosec // what Zammad signs with; sound as a MAC
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"fmt"
	"net/http"
	"time"

	"github.com/sufflor/sufflor/config"
	"github.com/sufflor/sufflor/connectors"
)

// Verify implements [connectors.Connector]. There is no time in the scheme, so
// now does not matter: a replay is known by its article.
func (c *Connector) Verify(_ context.Context, d connectors.Delivery, _ time.Time) error {
	if !c.cfg.HookToken.IsZero() {
		got := sha256.Sum256([]byte(d.Header.Get("Authorization")))
		want := sha256.Sum256([]byte("Bearer " + c.cfg.HookToken.Reveal()))
		if subtle.ConstantTimeCompare(got[:], want[:]) != 1 {
			return fmt.Errorf("bearer token does not match: %w", connectors.ErrUnverified)
		}
	}
	// Compared as text, prefix and all: other digests under this header, or a
	// part of one, are not Zammad's.
	sent := []byte(d.Header.Get(headerSignature))
	for _, secret := range []config.Secret{c.cfg.SignatureToken, c.cfg.PreviousToken} {
		if !secret.IsZero() && hmac.Equal(sent, []byte(signature(secret, d.Body))) {
			return nil
		}
	}
	return fmt.Errorf("%s does not match: %w", headerSignature, connectors.ErrUnverified)
}

func signature(secret config.Secret, body []byte) string {
	mac := hmac.New(sha1.New, []byte(secret.Reveal()))
	mac.Write(body)
	return signaturePrefix + hex.EncodeToString(mac.Sum(nil))
}

// Sign returns the headers Zammad would send body with: for tests and
// demonstrations.
func Sign(secret config.Secret, body []byte) http.Header {
	h := http.Header{}
	h.Set("Content-Type", "application/json; charset=utf-8")
	h.Set(headerSignature, signature(secret, body))
	return h
}
