package teams

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/sufflor/sufflor/config"
	"github.com/sufflor/sufflor/connectors"
)

const (
	maxToken     = 8 << 10
	tokenLetters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_."
)

// errEndorsement means a genuine token of another channel than Teams.
var errEndorsement = fmt.Errorf("the key does not vouch for Teams: %w", connectors.ErrUnverified)

// Takes implements [connectors.Taker]. Paths without a secret do not exist.
func (c *Connector) Takes(path string) []string {
	switch {
	case path == pathBot && c.cfg.AppID != "", path == pathOutgoing && !c.cfg.OutgoingToken.IsZero():
		return []string{"application/json"}
	}
	return nil
}

// Verify implements [connectors.Connector].
func (c *Connector) Verify(ctx context.Context, d connectors.Delivery, now time.Time) error {
	switch {
	case d.Path == pathOutgoing && !c.cfg.OutgoingToken.IsZero():
		return c.verifyOutgoing(d)
	case d.Path == pathBot && c.cfg.AppID != "":
		return c.verifyBot(ctx, d, now)
	}
	return fmt.Errorf("nothing is expected here: %w", connectors.ErrUnverified)
}

// verifyOutgoing compares as text, not decoded: a decoder forgives line
// breaks, and one delivery must not come in several spellings.
func (c *Connector) verifyOutgoing(d connectors.Delivery) error {
	sent, ok := strings.CutPrefix(d.Header.Get(headerAuth), schemeHMAC)
	if !ok {
		return fmt.Errorf("no %s header with HMAC: %w", headerAuth, connectors.ErrUnverified)
	}
	for _, token := range []config.Secret{c.cfg.OutgoingToken, c.cfg.PreviousOutgoingToken} {
		want, err := digest(token, d.Body)
		if !token.IsZero() && err == nil && hmac.Equal([]byte(sent), []byte(want)) {
			return nil
		}
	}
	return fmt.Errorf("signature does not match: %w", connectors.ErrUnverified)
}

// digest is over the body, keyed with what the token decodes to.
func digest(token config.Secret, body []byte) (string, error) {
	key, err := base64.StdEncoding.DecodeString(token.Reveal())
	if err != nil || len(key) == 0 {
		return "", errors.New("outgoing token is not base64")
	}
	mac := hmac.New(sha256.New, key)
	mac.Write(body)
	return base64.StdEncoding.EncodeToString(mac.Sum(nil)), nil
}

// Sign returns the headers Teams would send body with to an outgoing webhook:
// for tests, demonstrations and senders of one's own.
func Sign(token config.Secret, body []byte) (http.Header, error) {
	sum, err := digest(token, body)
	if err != nil {
		return nil, err
	}
	h := http.Header{}
	h.Set("Content-Type", "application/json; charset=utf-8")
	h.Set(headerAuth, schemeHMAC+sum)
	return h, nil
}

type claims struct {
	jwt.RegisteredClaims
	ServiceURL string `json:"serviceurl"` // the documentation writes serviceUrl, which is read as well
}

// verifyBot follows the Bot Framework's rules for connectors. The token vouches
// for the sender and its serviceUrl; it does not cover the body.
func (c *Connector) verifyBot(ctx context.Context, d connectors.Delivery, now time.Time) error {
	token, ok := strings.CutPrefix(d.Header.Get(headerAuth), schemeBearer)
	// A base64 decoder passes over line breaks: one token, one spelling.
	if !ok || token == "" || len(token) > maxToken || strings.ContainsFunc(token, func(r rune) bool { return !strings.ContainsRune(tokenLetters, r) }) {
		return fmt.Errorf("no %s header with one token: %w", headerAuth, connectors.ErrUnverified)
	}
	var key signer
	var missing error // why there is no key
	find := func(t *jwt.Token) (any, error) {
		id, _ := t.Header["kid"].(string)
		if id == "" {
			return nil, errors.New("no key id")
		}
		key, missing = c.keys.find(ctx, id, now)
		return key.public, missing
	}
	var got claims
	_, err := jwt.NewParser(
		jwt.WithValidMethods([]string{jwt.SigningMethodRS256.Alg()}), jwt.WithStrictDecoding(),
		jwt.WithIssuer(c.cloud.issuer), jwt.WithAudience(c.cfg.AppID), jwt.WithExpirationRequired(),
		jwt.WithLeeway(skew), jwt.WithTimeFunc(func() time.Time { return now }),
	).ParseWithClaims(token, &got, find)
	switch {
	case missing != nil && !errors.Is(missing, connectors.ErrUnverified):
		return missing
	case err != nil:
		return fmt.Errorf("token: %s: %w", fault(err), connectors.ErrUnverified)
	case len(got.Audience) != 1:
		return fmt.Errorf("token: meant for several bots: %w", connectors.ErrUnverified)
	case got.ServiceURL == "":
		return fmt.Errorf("token: no serviceurl in it: %w", connectors.ErrUnverified)
	}
	var a struct { // no more of the body than the token vouches for
		ServiceURL string `json:"serviceUrl"`
		ChannelID  string `json:"channelId"`
	}
	if err := connectors.Decode(d.Body, &a); err != nil {
		// Read decodes these as well and refuses the body as malformed.
		return endorsed(key, channelTeams)
	}
	if strings.TrimSuffix(a.ServiceURL, "/") != strings.TrimSuffix(got.ServiceURL, "/") {
		return fmt.Errorf("serviceUrl is not the token's: %w", connectors.ErrUnverified)
	}
	return endorsed(key, a.ChannelID)
}

func endorsed(key signer, channel string) error {
	if channel != channelTeams || !slices.Contains(key.endorsements, channel) {
		return errEndorsement
	}
	return nil
}

// fault is what is wrong with a token, quoting nothing of it.
func fault(err error) string {
	for _, f := range []struct {
		err  error
		text string
	}{
		{jwt.ErrTokenMalformed, "is no JSON Web Token"},
		{jwt.ErrTokenUnverifiable, "no published key for it"},
		{jwt.ErrTokenSignatureInvalid, "signature or algorithm is wrong"},
		{jwt.ErrTokenExpired, "expired"},
		{jwt.ErrTokenNotValidYet, "not valid yet; is this server's clock right?"},
		{jwt.ErrTokenInvalidAudience, "meant for another bot"},
		{jwt.ErrTokenInvalidIssuer, "not issued by the Bot Framework of this cloud"},
	} {
		if errors.Is(err, f.err) {
			return f.text
		}
	}
	return "claims are missing or odd"
}

// isService reports whether address may get our token.
func (c *Connector) isService(address string) bool {
	u, err := connectors.CheckHTTPS(address)
	return err == nil && u.RawQuery == "" && u.Fragment == "" && slices.Contains(c.cloud.services, u.Host)
}

// host is the host of address, empty if it is none.
func host(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return ""
	}
	return u.Host
}

// Answer implements [connectors.Answerer]: the Bot Framework's documentation
// wants a 403 for a channel that the key does not vouch for.
func (c *Connector) Answer(err error) int {
	if errors.Is(err, errEndorsement) {
		return http.StatusForbidden
	}
	return 0
}
