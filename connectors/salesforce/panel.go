package salesforce

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/sufflor/sufflor/connectors"
)

// claims is what our Apex class vouches for when an agent opens a record.
type claims struct {
	jwt.RegisteredClaims
	Name   string `json:"name"`
	Record string `json:"record"` // a case or a messaging session
}

// maxToken bounds what is parsed, in bytes.
const maxToken = 4 << 10

// panelSecret is what the class signs with: a key of its own, so that nothing
// signed for the hook passes for a visit and the other way round.
func panelSecret(key []byte) []byte {
	mac := hmac.New(sha256.New, key)
	mac.Write([]byte(panelKey))
	return mac.Sum(nil)
}

// Visitor implements [connectors.Hosted]: the token stands in the address that
// our Lightning component frames, or in the form that a new one is sent with.
func (c *Connector) Visitor(_ context.Context, d connectors.Delivery, now time.Time) (connectors.Visitor, error) {
	token := d.Query().Get(panelParam)
	if d.Method == http.MethodPost {
		form, err := url.ParseQuery(string(d.Body))
		if err != nil {
			return connectors.Visitor{}, fmt.Errorf("form is not readable: %w", connectors.ErrUnverified)
		}
		token = form.Get(panelParam)
	}
	if token == "" || len(token) > maxToken {
		return connectors.Visitor{}, fmt.Errorf("%s: missing or too long: %w", panelParam, connectors.ErrUnverified)
	}
	parser := jwt.NewParser(
		jwt.WithValidMethods([]string{jwt.SigningMethodHS256.Alg()}), jwt.WithIssuer(c.org), jwt.WithAudience(panelAudience),
		jwt.WithExpirationRequired(), jwt.WithIssuedAt(), jwt.WithLeeway(panelLeeway), jwt.WithStrictDecoding(), jwt.WithTimeFunc(func() time.Time { return now }),
	)
	err := errors.New("no signing_secret is set")
	for _, key := range c.keys {
		var who claims
		if _, err = parser.ParseWithClaims(token, &who, func(*jwt.Token) (any, error) { return panelSecret(key), nil }); err != nil {
			continue
		}
		if !isID(who.Subject) || !strings.HasPrefix(who.Subject, prefixUser) || who.Record != "" && !isWebhookID(who.Record) {
			err = errors.New("names no user or no record")
			continue
		}
		return connectors.Visitor{Agent: id18(who.Subject), Name: who.Name, Conversation: id18(who.Record), Expires: who.ExpiresAt.UTC()}, nil
	}
	return connectors.Visitor{}, fmt.Errorf("%s: %w: %w", panelParam, err, connectors.ErrUnverified)
}

// Origins implements [connectors.Framed]: Lightning pages, and the org itself
// for consoles that show them from there.
func (c *Connector) Origins() []string {
	return []string{
		"https://" + c.cfg.MyDomain + ".lightning.force.com",
		"https://" + c.cfg.MyDomain + ".my.salesforce.com",
	}
}
