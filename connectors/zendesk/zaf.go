package zendesk

import (
	"crypto"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"time"

	"github.com/sufflor/sufflor/connectors"
)

const (
	maxToken  = 8 << 10
	minKeyLen = 256 // bytes; RSA-2048
)

// NewApp makes a verifier from cfg.Sidebar. One app key signs for every
// customer of an app: the audience is what tells accounts apart.
func NewApp(cfg Config) (*App, error) {
	if !connectors.IsNumber(cfg.Sidebar.Installation) {
		return nil, errors.New("sidebar.installation: required, digits only; see Admin Center > Apps, or the API's apps/installations")
	}
	if !connectors.IsSubdomain(cfg.Subdomain) {
		return nil, errors.New("subdomain: required; the part before .zendesk.com")
	}
	block, rest := pem.Decode([]byte(cfg.Sidebar.PublicKey))
	if block == nil || len(strings.TrimSpace(string(rest))) > 0 {
		return nil, errors.New("sidebar.public_key: must be one PEM block; take it from /api/v2/apps/{app_id}/public_key.pem")
	}
	parsed, err := x509.ParsePKIXPublicKey(block.Bytes)
	key, ok := parsed.(*rsa.PublicKey)
	if err != nil || !ok || key.Size() < minKeyLen {
		return nil, errors.New("sidebar.public_key: must be an RSA key of 2048 bits or more")
	}
	host := cfg.Subdomain + ".zendesk.com"
	return &App{
		key: key, issuer: host,
		audience: "https://" + host + "/api/v2/apps/installations/" + cfg.Sidebar.Installation + ".json",
	}, nil
}

// Claims is what Zendesk vouches for when an agent opens the app.
type Claims struct {
	User     string // id of the agent
	Product  string // support
	Location string // ticket_sidebar
	Expires  time.Time
}

// Verify checks the form field "token" of the first page load and returns what
// it says, or an error wrapping [connectors.ErrUnverified]. Only that one
// request is signed: give the page a short session of your own.
func (a *App) Verify(token string, now time.Time) (Claims, error) {
	claims, err := a.verify(token, now)
	if err != nil {
		return Claims{}, fmt.Errorf("sidebar token: %w: %w", err, connectors.ErrUnverified)
	}
	return claims, nil
}

func (a *App) verify(token string, now time.Time) (Claims, error) {
	if token == "" || len(token) > maxToken {
		return Claims{}, errors.New("missing or too long")
	}
	parts := strings.Split(token, ".")
	if len(parts) != 3 {
		return Claims{}, errors.New("is no JSON Web Token")
	}
	var raw [3][]byte
	for i, p := range parts {
		var err error
		if raw[i], err = base64.RawURLEncoding.Strict().DecodeString(p); err != nil {
			return Claims{}, errors.New("is no JSON Web Token")
		}
	}
	// The algorithm is ours to choose: a token that names another one, be it
	// "none" or an HMAC keyed with our public key, is refused unread.
	var head struct {
		Alg  string          `json:"alg"`
		Crit json.RawMessage `json:"crit"`
	}
	if json.Unmarshal(raw[0], &head) != nil || head.Alg != "RS256" || head.Crit != nil {
		return Claims{}, errors.New("not signed with RS256")
	}
	sum := sha256.Sum256([]byte(parts[0] + "." + parts[1]))
	if rsa.VerifyPKCS1v15(a.key, crypto.SHA256, sum[:], raw[2]) != nil {
		return Claims{}, errors.New("signature does not match")
	}
	return a.read(raw[1], now)
}

func (a *App) read(payload []byte, now time.Time) (Claims, error) {
	var p struct {
		Exp     json.Number `json:"exp"`
		Nbf     json.Number `json:"nbf"`
		Iat     json.Number `json:"iat"`
		Iss     string      `json:"iss"`
		Aud     string      `json:"aud"`
		Sub     string      `json:"sub"`
		Context struct {
			Product  string `json:"product"`
			Location string `json:"location"`
		} `json:"context"`
	}
	if json.Unmarshal(payload, &p) != nil {
		return Claims{}, errors.New("claims not readable")
	}
	exp, err := p.Exp.Int64()
	if err != nil {
		return Claims{}, errors.New("without expiry")
	}
	expires := time.Unix(exp, 0).UTC()
	if now.After(expires.Add(zafLeeway)) {
		return Claims{}, errors.New("expired")
	}
	for _, n := range []json.Number{p.Nbf, p.Iat} {
		if n == "" {
			continue
		}
		if from, err := n.Int64(); err != nil || now.Add(zafLeeway).Before(time.Unix(from, 0)) {
			return Claims{}, errors.New("not valid yet")
		}
	}
	switch {
	case p.Iss != a.issuer:
		return Claims{}, errors.New("issued by another account")
	case p.Aud != a.audience:
		return Claims{}, errors.New("meant for another installation")
	}
	u, err := url.Parse(p.Sub)
	if err != nil || u.Host != a.issuer {
		return Claims{}, errors.New("names no user of this account")
	}
	id, below := strings.CutPrefix(strings.TrimSuffix(u.Path, ".json"), "/api/v2/users/")
	if !below || !connectors.IsNumber(id) {
		return Claims{}, errors.New("names no user of this account")
	}
	return Claims{User: id, Product: p.Context.Product, Location: p.Context.Location, Expires: expires}, nil
}
