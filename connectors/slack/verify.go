package slack

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/sufflor/sufflor/config"
	"github.com/sufflor/sufflor/connectors"
)

const version = "v0"

// errProbe is Slack looking at our certificate. It is not signed, so it is
// answered and nothing else.
var errProbe = fmt.Errorf("certificate probe: %w", connectors.ErrUnverified)

// Takes implements [connectors.Taker].
func (c *Connector) Takes(path string) []string {
	const form = "application/x-www-form-urlencoded"
	switch path {
	case pathEvents:
		return []string{"application/json", form} // a form is a certificate probe
	case pathInteractive, pathCommands:
		return []string{form}
	}
	return nil
}

// Verify implements [connectors.Connector].
func (c *Connector) Verify(_ context.Context, d connectors.Delivery, now time.Time) error {
	stamp, signature := d.Header.Get(headerStamp), d.Header.Get(headerSignature)
	if stamp == "" && signature == "" && isProbe(d.Body) {
		return errProbe
	}
	seconds, err := strconv.ParseUint(stamp, 10, 40)
	if err != nil {
		return fmt.Errorf("no readable %s: %w", headerStamp, connectors.ErrUnverified)
	}
	if age := now.Sub(time.Unix(int64(seconds), 0)); age.Truncate(time.Second).Abs() > window {
		return fmt.Errorf("signed %s ago, at most %s either way: %w", age.Round(time.Second), window, connectors.ErrUnverified)
	}
	digits, ok := strings.CutPrefix(signature, version+"=")
	sum, err := hex.DecodeString(digits)
	if !ok || err != nil || digits != strings.ToLower(digits) {
		return fmt.Errorf("no readable %s: %w", headerSignature, connectors.ErrUnverified)
	}
	for _, secret := range []config.Secret{c.cfg.SigningSecret, c.cfg.PreviousSecret} {
		if !secret.IsZero() && hmac.Equal(sum, digest(secret, stamp, d.Body)) {
			return nil
		}
	}
	return fmt.Errorf("signature does not match: %w", connectors.ErrUnverified)
}

// isProbe recognises a form with nothing but ssl_check=1 and perhaps a token.
func isProbe(body []byte) bool {
	if len(body) > 512 || !bytes.Contains(body, []byte("ssl_check=1")) {
		return false
	}
	form, err := url.ParseQuery(string(body))
	return err == nil && form.Get("ssl_check") == "1"
}

// digest is over version, timestamp as it was sent, and body. The secret looks
// like hex but is used as text.
func digest(secret config.Secret, stamp string, body []byte) []byte {
	mac := hmac.New(sha256.New, []byte(secret.Reveal()))
	mac.Write([]byte(version + ":" + stamp + ":"))
	mac.Write(body)
	return mac.Sum(nil)
}

// Sign returns the headers Slack would send body with at that time: for tests,
// demonstrations and senders of one's own. The content type is the caller's.
func Sign(secret config.Secret, body []byte, at time.Time) http.Header {
	stamp := strconv.FormatInt(at.Unix(), 10)
	h := http.Header{}
	h.Set(headerStamp, stamp)
	h.Set(headerSignature, version+"="+hex.EncodeToString(digest(secret, stamp, body)))
	return h
}

// Answer implements [connectors.Answerer].
func (c *Connector) Answer(err error) int {
	if errors.Is(err, errProbe) {
		return http.StatusOK
	}
	return 0
}
