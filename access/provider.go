package access

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"
)

const (
	// clockSkew is how far a provider's clock and ours may differ.
	clockSkew = 2 * time.Minute

	providerTimeout = 10 * time.Second // of each call
	providerAnswer  = 1 << 20          // bytes
	providerRest    = 30 * time.Second // after one that failed, before the next is tried
	providerKept    = 24 * time.Hour   // then what it says of itself is fetched anew
)

// ErrUnreachable means that a provider cannot be asked now, or says of itself
// what cannot be true.
var ErrUnreachable = errors.New("the sign-on provider is not reachable")

// ErrUnproven means that an answer is not proven to come from the provider, to
// be for us, and to belong to the attempt.
var ErrUnproven = errors.New("the sign-on was not proven")

// ProviderSettings are how we are known to an OpenID provider.
type ProviderSettings struct {
	Issuer   string // its address
	ClientID string // ours there
	Secret   string // ours there; empty: PKCE alone
	Redirect string // the address that it sends people back to
	// SignedOut is where it sends those who sign out there; may be empty.
	SignedOut string
	Scopes    []string // asked for beside openid, profile and email
	// Groups is the claim with a person's groups; dots lead into objects.
	Groups string
	Client *http.Client     // nil: one with bounds
	Now    func() time.Time // nil: time.Now
}

// Provider is an OpenID provider, asked by the authorization code flow with
// PKCE: OpenID Connect Core 1.0, 3.1, and RFC 7636. It finds out what it needs
// when it is first used, so that a provider that is away stops nothing else.
// It is safe for concurrent use.
type Provider struct {
	set ProviderSettings

	mu    sync.Mutex
	found *oidc.Provider
	since time.Time // found
	err   error     // of the last try
	tried time.Time
}

// NewProvider returns the provider of those settings.
func NewProvider(set ProviderSettings) *Provider {
	if set.Client == nil {
		set.Client = &http.Client{Timeout: providerTimeout, Transport: bounded{http.DefaultTransport}}
	}
	if set.Now == nil {
		set.Now = time.Now
	}
	return &Provider{set: set}
}

// Issuer is the provider's address.
func (p *Provider) Issuer() string { return p.set.Issuer }

// bounded keeps an answer from filling the memory.
type bounded struct{ http.RoundTripper }

func (b bounded) RoundTrip(r *http.Request) (*http.Response, error) {
	res, err := b.RoundTripper.RoundTrip(r)
	if err == nil {
		res.Body = struct {
			io.Reader
			io.Closer
		}{io.LimitReader(res.Body, providerAnswer), res.Body}
	}
	return res, err
}

// discover is what the provider says of itself. Errors wrap [ErrUnreachable].
func (p *Provider) discover(ctx context.Context) (*oidc.Provider, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	now := p.set.Now()
	fresh := p.found != nil && now.Sub(p.since) < providerKept
	resting := p.err != nil && now.Sub(p.tried) < providerRest && !now.Before(p.tried)
	switch {
	case fresh, p.found != nil && resting:
		return p.found, nil
	case resting:
		return nil, p.err
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), providerTimeout) // of use to all who wait
	defer cancel()
	found, err := oidc.NewProvider(oidc.ClientContext(ctx, p.set.Client), p.set.Issuer)
	p.tried = now
	if err == nil {
		err = p.plausible(found)
	}
	if err != nil {
		p.err = fmt.Errorf("oidc.issuer: %s/.well-known/openid-configuration: %s: %w; look whether this machine reaches the address, and whether it names that issuer",
			strings.TrimSuffix(p.set.Issuer, "/"), short(err.Error()), ErrUnreachable)
		if p.found != nil {
			return p.found, nil // what it said before
		}
		return nil, p.err
	}
	p.found, p.since, p.err = found, now, nil
	return found, nil
}

// plausible refuses a provider that is asked over https and names addresses
// without it: codes and secrets would travel in the open.
func (p *Provider) plausible(found *oidc.Provider) error {
	var says struct {
		Keys string `json:"jwks_uri"`
	}
	if err := found.Claims(&says); err != nil {
		return err
	}
	e := found.Endpoint()
	for _, address := range []string{e.AuthURL, e.TokenURL, says.Keys} {
		if address == "" {
			return errors.New("it names no authorization_endpoint, token_endpoint or jwks_uri")
		}
		if strings.HasPrefix(p.set.Issuer, "https://") && !strings.HasPrefix(address, "https://") {
			return fmt.Errorf("it names %s, which is not https", address)
		}
	}
	return nil
}

// Check reports whether the provider can be asked.
func (p *Provider) Check(ctx context.Context) error {
	_, err := p.discover(ctx)
	return err
}

// Trouble is why the provider could not be asked the last time; nil when it
// could, or nobody has tried. It does not wait for the provider.
func (p *Provider) Trouble() error {
	if !p.mu.TryLock() {
		return nil // it is being asked
	}
	defer p.mu.Unlock()
	return p.err
}

// EndSession is where somebody signs out at the provider, "" when it has no
// such place or was not asked yet: OpenID Connect RP-Initiated Logout 1.0.
func (p *Provider) EndSession() string {
	p.mu.Lock()
	found := p.found
	p.mu.Unlock()
	if found == nil {
		return ""
	}
	var says struct {
		EndSession string `json:"end_session_endpoint"`
	}
	if found.Claims(&says) != nil {
		return ""
	}
	u, err := url.Parse(says.EndSession)
	if err != nil || u.Scheme != "https" && u.Scheme != "http" {
		return ""
	}
	q := u.Query()
	q.Set("client_id", p.set.ClientID)
	if p.set.SignedOut != "" {
		q.Set("post_logout_redirect_uri", p.set.SignedOut)
	}
	u.RawQuery = q.Encode()
	return u.String()
}

// Attempt is a sign-on that was begun. The browser that began it keeps it, and
// nobody else may see it.
type Attempt struct {
	State    string `json:"s"`
	Nonce    string `json:"n"`
	Verifier string `json:"v"`
}

func (p *Provider) oauth(found *oidc.Provider) *oauth2.Config {
	scopes := []string{oidc.ScopeOpenID, "profile", "email"}
	for _, s := range p.set.Scopes {
		if !slices.Contains(scopes, s) {
			scopes = append(scopes, s)
		}
	}
	return &oauth2.Config{ClientID: p.set.ClientID, ClientSecret: p.set.Secret, Endpoint: found.Endpoint(), RedirectURL: p.set.Redirect, Scopes: scopes}
}

// Begin is where to send a browser, and what it must bring back.
func (p *Provider) Begin(ctx context.Context) (address string, a Attempt, err error) {
	found, err := p.discover(ctx)
	if err != nil {
		return "", a, err
	}
	a = Attempt{State: rand.Text(), Nonce: rand.Text(), Verifier: oauth2.GenerateVerifier()}
	return p.oauth(found).AuthCodeURL(a.State, oidc.Nonce(a.Nonce), oauth2.S256ChallengeOption(a.Verifier)), a, nil
}

// Vouched is what a provider says of somebody.
type Vouched struct {
	Issuer   string
	Subject  string // its name for them, which never changes
	Email    string // empty unless it says that it is theirs
	Name     string
	Groups   []string
	Verified bool // whether Email was given and theirs
}

// claims are those we read, of a token or of the user info.
type claims struct {
	Email    string          `json:"email"`
	Verified json.RawMessage `json:"email_verified"` // some write "true"
	Name     string          `json:"name"`
	Party    string          `json:"azp"`
}

// Finish proves what a browser brought back, and says who it is. Errors wrap
// [ErrUnproven] or [ErrUnreachable].
func (p *Provider) Finish(ctx context.Context, a Attempt, q url.Values) (Vouched, error) {
	unproven := func(what string, err error) (Vouched, error) {
		if err != nil {
			what += ": " + short(err.Error())
		}
		return Vouched{}, fmt.Errorf("%s: %w", what, ErrUnproven)
	}
	if a.State == "" || subtle.ConstantTimeCompare([]byte(q.Get("state")), []byte(a.State)) != 1 {
		return unproven("state: of another attempt", nil)
	}
	if iss := q.Get("iss"); iss != "" && iss != p.set.Issuer { // RFC 9207
		return unproven("iss: of another provider", nil)
	}
	if code := q.Get("error"); code != "" {
		return unproven("the provider refused", errors.New(code))
	}
	if q.Get("code") == "" {
		return unproven("code: missing", nil)
	}
	found, err := p.discover(ctx)
	if err != nil {
		return Vouched{}, err
	}
	ctx, cancel := context.WithTimeout(oidc.ClientContext(ctx, p.set.Client), providerTimeout)
	defer cancel()
	token, err := p.oauth(found).Exchange(ctx, q.Get("code"), oauth2.VerifierOption(a.Verifier))
	if refused, ok := errors.AsType[*oauth2.RetrieveError](err); ok && refused.Response != nil && refused.Response.StatusCode < http.StatusInternalServerError {
		return unproven("the provider takes the code from us not", errors.New(refused.ErrorCode+" "+refused.ErrorDescription))
	}
	if err != nil {
		return Vouched{}, fmt.Errorf("swap the code for a token: %s: %w", short(err.Error()), ErrUnreachable)
	}
	raw, _ := token.Extra("id_token").(string)
	if raw == "" {
		return unproven("id_token: missing", nil)
	}
	id, err := found.VerifierContext(oidc.ClientContext(context.WithoutCancel(ctx), p.set.Client), &oidc.Config{
		ClientID: p.set.ClientID, Now: func() time.Time { return p.set.Now().Add(-clockSkew) },
	}).Verify(ctx, raw)
	if err != nil {
		return unproven("id_token", err)
	}
	var says claims
	if err := id.Claims(&says); err != nil {
		return unproven("id_token", err)
	}
	switch {
	case subtle.ConstantTimeCompare([]byte(id.Nonce), []byte(a.Nonce)) != 1:
		return unproven("nonce: of another attempt", nil)
	case id.Subject == "" || len(id.Subject) > 255: // OpenID Connect Core 1.0, 2
		return unproven("sub: missing or too long", nil)
	case says.Party != "" && says.Party != p.set.ClientID, says.Party == "" && len(id.Audience) > 1:
		return unproven("azp: made for another party", nil)
	case id.IssuedAt.After(p.set.Now().Add(clockSkew)):
		return unproven("iat: in the future; set the clocks", nil)
	case id.AccessTokenHash != "":
		if err := id.VerifyAccessToken(token.AccessToken); err != nil {
			return unproven("at_hash", err)
		}
	}
	v := Vouched{Issuer: p.set.Issuer, Subject: id.Subject}
	v.take(says)
	v.Groups = groups(id.Claims, p.set.Groups)
	if (v.Email == "" || v.Groups == nil) && found.UserInfoEndpoint() != "" {
		info, err := found.UserInfo(ctx, oauth2.StaticTokenSource(token))
		if err != nil {
			return Vouched{}, fmt.Errorf("ask for the user info: %s: %w", short(err.Error()), ErrUnreachable)
		}
		if info.Subject != id.Subject { // OpenID Connect Core 1.0, 5.3.2
			return unproven("user info: of somebody else", nil)
		}
		var more claims
		if err := info.Claims(&more); err != nil {
			return unproven("user info", err)
		}
		v.take(more)
		if v.Groups == nil {
			v.Groups = groups(info.Claims, p.set.Groups)
		}
	}
	return v, nil
}

// take adds what was not known yet.
func (v *Vouched) take(c claims) {
	if text := string(c.Verified); v.Email == "" && c.Email != "" && (text == "true" || text == `"true"`) {
		v.Email, v.Verified = c.Email, true
	}
	if v.Name == "" {
		v.Name = c.Name
	}
}

// groups are those in a claim, nil when it is not there. A claim that is
// neither a text nor a list of texts is none.
func groups(read func(any) error, claim string) []string {
	var all map[string]any
	if claim == "" || read(&all) != nil {
		return nil
	}
	var at any = all
	if whole, ok := all[claim]; ok { // some names are addresses, with dots
		at = whole
	} else {
		for part := range strings.SplitSeq(claim, ".") {
			object, _ := at.(map[string]any)
			at = object[part]
		}
	}
	switch x := at.(type) {
	case string:
		return []string{x}
	case []any:
		list := []string{}
		for _, v := range x {
			if text, ok := v.(string); ok {
				list = append(list, text)
			}
		}
		return list
	}
	return nil
}
