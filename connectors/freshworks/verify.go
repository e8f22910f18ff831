package freshworks

import (
	"context"
	"crypto"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"fmt"
	"net/http"
	"time"

	"github.com/sufflor/sufflor/config"
	"github.com/sufflor/sufflor/connectors"
)

// same compares in a time that tells nothing, not even a length. What is not
// set is the same as nothing.
func same(secret config.Secret, sent string) bool {
	want, got := sha256.Sum256([]byte(secret.Reveal())), sha256.Sum256([]byte(sent))
	return !secret.IsZero() && subtle.ConstantTimeCompare(want[:], got[:]) == 1
}

// Verify implements [connectors.Connector]: the token stands in a header, or
// in that of Basic authentication. The body is not signed; that is why Read
// makes no more of it than something to fetch.
func (d *Desk) Verify(_ context.Context, dl connectors.Delivery, _ time.Time) error {
	sent := dl.Header.Get(headerToken)
	if sent == "" {
		r := http.Request{Header: dl.Header}
		if user, password, ok := r.BasicAuth(); ok && user == basicUser {
			sent = password
		}
	}
	current, previous := same(d.cfg.HookToken, sent), same(d.cfg.PreviousToken, sent)
	if !current && !previous {
		return fmt.Errorf("%s or Basic password does not match: %w", headerToken, connectors.ErrUnverified)
	}
	return nil
}

// Verify implements [connectors.Connector]: RSASSA-PKCS1-v1_5 with SHA-256
// (RFC 8017, 8.2) over the body as it came. There is no timestamp; a delivery
// that comes again is known by the ids in it.
func (c *Chat) Verify(_ context.Context, d connectors.Delivery, _ time.Time) error {
	text := d.Header.Get(headerSignature)
	sig, err := base64.StdEncoding.Strict().DecodeString(text)
	// A decoder forgives line breaks, and one delivery must not come in
	// several spellings.
	if err != nil || base64.StdEncoding.EncodeToString(sig) != text {
		return fmt.Errorf("%s is missing or not base64: %w", headerSignature, connectors.ErrUnverified)
	}
	sum := sha256.Sum256(d.Body)
	for _, key := range c.keys {
		if rsa.VerifyPKCS1v15(key, crypto.SHA256, sum[:], sig) == nil {
			return nil
		}
	}
	return fmt.Errorf("signature does not match: %w", connectors.ErrUnverified)
}
