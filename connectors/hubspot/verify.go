package hubspot

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/sufflor/sufflor/config"
	"github.com/sufflor/sufflor/connectors"
)

// Takes implements [connectors.Taker].
func (c *Connector) Takes(path string) []string {
	switch path {
	case pathEvents, pathFeedback, pathSuggestion:
		return []string{"application/json"}
	}
	return nil
}

// Verify implements [connectors.Connector].
func (c *Connector) Verify(_ context.Context, d connectors.Delivery, now time.Time) error {
	uri := c.cfg.PublicURL + d.Target
	if d.Header.Get(headerSignature) == "" && c.cfg.Signatures == Legacy && d.Path == pathEvents {
		return c.verifyLegacy(d, uri)
	}
	stamp := d.Header.Get(headerStamp)
	ms, err := strconv.ParseInt(stamp, 10, 64)
	if err != nil || len(stamp) != stampDigits || strings.Trim(stamp, "0123456789") != "" {
		return fmt.Errorf("no readable %s: %w", headerStamp, connectors.ErrUnverified)
	}
	if age := now.Sub(time.UnixMilli(ms)); age > window || age < -window {
		return fmt.Errorf("signed %s ago, at most %s either way: %w", age.Round(time.Second), window, connectors.ErrUnverified)
	}
	// A gateway that takes headers for forms makes spaces of "+", which base64
	// has and spaces it has not.
	sent := []byte(strings.ReplaceAll(d.Header.Get(headerSignature), " ", "+"))
	for _, secret := range c.secrets() {
		if hmac.Equal(sent, []byte(digest(secret, d.Method, uri, stamp, d.Body))) {
			return nil
		}
	}
	return fmt.Errorf("signature does not match; is public_url the address that HubSpot calls? %w", connectors.ErrUnverified)
}

func (c *Connector) secrets() []config.Secret {
	if c.cfg.PreviousSecret.IsZero() {
		return []config.Secret{c.cfg.ClientSecret}
	}
	return []config.Secret{c.cfg.ClientSecret, c.cfg.PreviousSecret}
}

// digest is the third version: over method, address, body and time, with
// nothing between them.
func digest(secret config.Secret, method, uri, stamp string, body []byte) string {
	mac := hmac.New(sha256.New, []byte(secret.Reveal()))
	mac.Write([]byte(method + strings.NewReplacer(decoded[:]...).Replace(uri)))
	mac.Write(body)
	mac.Write([]byte(stamp))
	return base64.StdEncoding.EncodeToString(mac.Sum(nil))
}

// verifyLegacy knows the first and second version: hashes with the secret in
// front. They can be prolonged without the secret, but not to a body that is
// still JSON.
func (c *Connector) verifyLegacy(d connectors.Delivery, uri string) error {
	between := ""
	switch d.Header.Get(headerVersion) {
	case "v1":
	case "v2":
		between = d.Method + uri
	default:
		return fmt.Errorf("%s is not v1 or v2: %w", headerVersion, connectors.ErrUnverified)
	}
	sent := []byte(d.Header.Get(headerLegacy))
	for _, secret := range c.secrets() {
		sum := sha256.Sum256([]byte(secret.Reveal() + between + string(d.Body)))
		if hmac.Equal(sent, []byte(hex.EncodeToString(sum[:]))) {
			return nil
		}
	}
	return fmt.Errorf("signature does not match: %w", connectors.ErrUnverified)
}

// Resign returns the headers HubSpot would send d with at that time, for
// replaying what was recorded.
func (c *Connector) Resign(d connectors.Delivery, at time.Time) (http.Header, error) {
	stamp := strconv.FormatInt(at.UnixMilli(), 10)
	h := http.Header{}
	h.Set("Content-Type", "application/json")
	h.Set(headerStamp, stamp)
	h.Set(headerSignature, digest(c.cfg.ClientSecret, d.Method, c.cfg.PublicURL+d.Target, stamp, d.Body))
	return h, nil
}
