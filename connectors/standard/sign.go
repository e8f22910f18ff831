package standard

import (
	"context"
	"crypto/ed25519"
	"crypto/hmac"
	"crypto/sha256"
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

// Prefixes of secrets: symmetric, ed25519 private and public.
const (
	prefixSecret  = "whsec_"
	prefixPrivate = "whsk_"
	prefixPublic  = "whpk_"
)

// key is one secret, ready to use; exactly one field is set.
type key struct {
	mac     []byte
	private ed25519.PrivateKey
	public  ed25519.PublicKey
}

// parseKey reads a secret as the specification writes it. One without a prefix
// is symmetric.
func parseKey(s config.Secret) (key, error) {
	text := s.Reveal()
	if text == "" {
		return key{}, errors.New("required; generate one with: openssl rand -base64 32, and put whsec_ before it")
	}
	kind := prefixSecret
	for _, p := range []string{prefixSecret, prefixPrivate, prefixPublic} {
		if rest, ok := strings.CutPrefix(text, p); ok {
			kind, text = p, rest
			break
		}
	}
	raw, err := base64.StdEncoding.DecodeString(text)
	switch {
	case err != nil:
		return key{}, errors.New("must be base64 after its prefix")
	case kind == prefixPublic:
		if len(raw) != ed25519.PublicKeySize {
			return key{}, fmt.Errorf("an ed25519 public key has %d bytes", ed25519.PublicKeySize)
		}
		return key{public: raw}, nil
	case kind == prefixPrivate:
		switch len(raw) {
		case ed25519.PrivateKeySize:
			return key{private: raw}, nil
		case ed25519.SeedSize:
			return key{private: ed25519.NewKeyFromSeed(raw)}, nil
		}
		return key{}, fmt.Errorf("an ed25519 private key has %d or %d bytes", ed25519.PrivateKeySize, ed25519.SeedSize)
	case len(raw) < minKey:
		return key{}, fmt.Errorf("too short: %d bytes, at least %d", len(raw), minKey)
	case text == publicKey:
		return key{}, errors.New("is the example of the specification, anyone could forge deliveries; generate your own")
	}
	return key{mac: raw}, nil
}

func (k key) sum(signed []byte) []byte {
	mac := hmac.New(sha256.New, k.mac)
	mac.Write(signed)
	return mac.Sum(nil)
}

// match reports whether sig is k's signature of that version over signed.
func (k key) match(version string, signed, sig []byte) bool {
	switch version {
	case "v1":
		return k.mac != nil && hmac.Equal(sig, k.sum(signed))
	case "v1a":
		return k.public != nil && ed25519.Verify(k.public, signed, sig)
	}
	return false // of a later specification; another entry may do
}

// content is what is signed. The sender signs the timestamp as text, so it is
// never reformatted.
func content(id, stamp string, body []byte) []byte {
	return []byte(id + "." + stamp + "." + string(body))
}

// Sign returns the headers of body as a sender has to send it, for tests,
// demonstrations and senders of one's own. The secret is whsec_… or whsk_….
func Sign(secret config.Secret, id string, body []byte, at time.Time) (http.Header, error) {
	k, err := parseKey(secret)
	if err != nil {
		return nil, fmt.Errorf("secret: %w", err)
	}
	return k.sign(id, body, at)
}

func (k key) sign(id string, body []byte, at time.Time) (http.Header, error) {
	if !validID(id) {
		return nil, fmt.Errorf("webhook id %q: 1 to %d characters without a dot", id, maxID)
	}
	stamp := strconv.FormatInt(at.Unix(), 10)
	signed := content(id, stamp, body)
	var entry string
	switch {
	case k.mac != nil:
		entry = "v1," + base64.StdEncoding.EncodeToString(k.sum(signed))
	case k.private != nil:
		entry = "v1a," + base64.StdEncoding.EncodeToString(ed25519.Sign(k.private, signed))
	default:
		return nil, errors.New("secret: a public key cannot sign; use whsec_… or whsk_…")
	}
	h := http.Header{}
	h.Set("Content-Type", "application/json")
	h.Set("Webhook-Id", id)
	h.Set("Webhook-Timestamp", stamp)
	h.Set("Webhook-Signature", entry)
	return h, nil
}

// validID reports whether id is free of dots, and of what would not survive a
// header or a log.
func validID(id string) bool {
	if id == "" || len(id) > maxID {
		return false
	}
	for _, r := range id {
		if r <= ' ' || r > '~' || r == '.' {
			return false
		}
	}
	return true
}

// header reads one of the three headers by its name after the prefix.
func (c *Connector) header(h http.Header, name string) string {
	if v := h.Get("Webhook-" + name); v != "" || c.cfg.Headers != Svix {
		return v
	}
	return h.Get("Svix-" + name)
}

// Verify implements [connectors.Connector].
func (c *Connector) Verify(_ context.Context, d connectors.Delivery, now time.Time) error {
	id, stamp := c.header(d.Header, "Id"), c.header(d.Header, "Timestamp")
	if !validID(id) {
		return fmt.Errorf("webhook-id missing, too long or with a dot: %w", connectors.ErrUnverified)
	}
	seconds, err := strconv.ParseUint(stamp, 10, 40)
	if err != nil {
		return fmt.Errorf("no readable webhook-timestamp: %w", connectors.ErrUnverified)
	}
	if age := now.Sub(time.Unix(int64(seconds), 0)); age.Truncate(time.Second).Abs() > window {
		return fmt.Errorf("signed %s ago, at most %s either way: %w", age.Round(time.Second), window, connectors.ErrUnverified)
	}
	signed := content(id, stamp, d.Body)
	for entry := range strings.FieldsSeq(c.header(d.Header, "Signature")) {
		version, text, _ := strings.Cut(entry, ",")
		sig, err := base64.StdEncoding.Strict().DecodeString(text)
		if err != nil {
			continue
		}
		for _, k := range c.keys {
			if k.match(version, signed, sig) {
				return nil
			}
		}
	}
	return fmt.Errorf("no matching signature: %w", connectors.ErrUnverified)
}
