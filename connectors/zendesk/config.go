package zendesk

import (
	"crypto/rsa"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"

	"github.com/sufflor/sufflor/config"
	"github.com/sufflor/sufflor/connectors"
)

// Config is one Zendesk account.
type Config struct {
	Subdomain string `yaml:"subdomain"`  // nordwind of nordwind.zendesk.com
	AccountID string `yaml:"account_id"` // digits; in each delivery as account_id

	// SigningSecret is the webhook's. During a rotation the one it replaces
	// stays valid as PreviousSecret.
	SigningSecret  config.Secret `yaml:"signing_secret"`
	PreviousSecret config.Secret `yaml:"previous_signing_secret"`

	// Token is an OAuth bearer token; without it nothing is written or read.
	// APIUser is the id of the user it belongs to: what it writes is ours.
	Token   config.Secret `yaml:"token"`
	APIUser string        `yaml:"api_user"`

	// Notes is private (default) or off, for accounts with the sidebar app.
	Notes Notes `yaml:"notes"`

	Language  string    `yaml:"language"` // of the agents; English for one we do not have
	Messaging Messaging `yaml:"messaging"`
	Sidebar   Sidebar   `yaml:"sidebar"`

	// BaseURL replaces https://{subdomain}.zendesk.com.
	BaseURL string `yaml:"base_url"`
}

// Notes is where suggestions go.
type Notes string

// The values of [Notes].
const (
	Private Notes = "private"
	Off     Notes = "off"
)

// Messaging is the Sunshine Conversations webhook; all empty if not used.
type Messaging struct {
	AppID      string        `yaml:"app_id"`
	WebhookKey config.Secret `yaml:"webhook_key"` // sent as X-API-Key
	KeyID      string        `yaml:"key_id"`      // to read messages again
	KeySecret  config.Secret `yaml:"key_secret"`
}

func (m Messaging) used() bool {
	return m.AppID != "" || !m.WebhookKey.IsZero() || m.KeyID != "" || !m.KeySecret.IsZero()
}

// Sidebar is the app in the ticket sidebar; all empty if not used.
type Sidebar struct {
	Installation string `yaml:"installation"` // id of the app's installation
	PublicKey    string `yaml:"public_key"`   // of the app, PEM

	// App is the app's id, digits; with it only that app may frame our panel.
	App string `yaml:"app"`

	// Page is bundled (default) or signed, see the constants.
	Page Page `yaml:"page"`
}

// Page is which page the sidebar shows.
type Page string

// The values of [Page]. A bundled page is in the app itself: it can put a draft
// into the editor, and agents log in to the panel in it. A signed page is our
// panel itself: Zendesk vouches for the agent, and drafts are copied by hand.
const (
	Bundled Page = "bundled"
	Signed  Page = "signed"
)

// Validate returns everything that is wrong.
func (c Config) Validate() error {
	var errs []error
	add := func(field, problem string) { errs = append(errs, fmt.Errorf("%s: %s", field, problem)) }

	if !connectors.IsSubdomain(c.Subdomain) {
		add("subdomain", "required; the part before .zendesk.com")
	}
	if !connectors.IsNumber(c.AccountID) {
		add("account_id", "required, digits only; any delivery shows it as account_id")
	}
	if c.SigningSecret.IsZero() && c.Messaging.WebhookKey.IsZero() {
		add("signing_secret", "required; take it from Admin Center > Apps and integrations > Webhooks > Reveal secret")
	}
	if c.SigningSecret.IsZero() && !c.PreviousSecret.IsZero() {
		add("previous_signing_secret", "only together with signing_secret")
	}
	const public = "is Zendesk's published test secret, anyone could forge deliveries; create the webhook and take its own secret"
	if isPublic(c.SigningSecret.Reveal()) {
		add("signing_secret", public)
	}
	if isPublic(c.PreviousSecret.Reveal()) {
		add("previous_signing_secret", public)
	}
	if !c.Token.IsZero() && !connectors.IsNumber(c.APIUser) {
		add("api_user", "required with token, digits only; the id of the user the token belongs to")
	}
	if c.Notes != "" && c.Notes != Private && c.Notes != Off {
		add("notes", `must be "private" or "off"`)
	}
	if m := c.Messaging; m.used() {
		const required = "required when messaging is used; see README.md of this connector"
		if !connectors.IsToken(m.AppID) {
			add("messaging.app_id", required)
		}
		if m.WebhookKey.IsZero() {
			add("messaging.webhook_key", required)
		}
		if m.KeyID == "" {
			add("messaging.key_id", required)
		}
		if m.KeySecret.IsZero() {
			add("messaging.key_secret", required)
		}
	}
	if s := c.Sidebar; s.Installation != "" || s.PublicKey != "" {
		if _, err := NewApp(c); err != nil {
			errs = append(errs, err)
		}
	}
	if p := c.Sidebar.Page; p != "" && p != Bundled && p != Signed {
		add("sidebar.page", `must be "bundled" or "signed"`)
	}
	if a := c.Sidebar.App; a != "" && !connectors.IsNumber(a) {
		add("sidebar.app", "must be digits only; the id of the app, in the address of its page in Admin Center")
	}
	if c.BaseURL != "" && !connectors.IsAddress(c.BaseURL) {
		add("base_url", "must be an http(s) address, or empty for Zendesk's own")
	}
	return errors.Join(errs...)
}

func isPublic(secret string) bool {
	plain, err := base64.StdEncoding.DecodeString(testingSecret)
	return secret == testingSecret || (err == nil && secret == string(plain))
}

func (c Config) base() string {
	if c.BaseURL != "" {
		return strings.TrimRight(c.BaseURL, "/")
	}
	return "https://" + c.Subdomain + ".zendesk.com"
}

// Connector is one Zendesk account. Safe for concurrent use.
type Connector struct {
	cfg    Config
	client *connectors.Client
	files  *connectors.Files
	app    *App // nil without a sidebar that signs
}

var (
	_ connectors.Connector = (*Connector)(nil)
	_ connectors.Taker     = (*Connector)(nil)
	_ connectors.Answerer  = (*Connector)(nil)
	_ connectors.Noter     = (*Connector)(nil)
	_ connectors.Fetcher   = (*Connector)(nil)
	_ connectors.Poller    = (*Connector)(nil)
	_ connectors.Opener    = (*Connector)(nil)
	_ connectors.Tester    = (*Connector)(nil)
	_ connectors.Packager  = (*Connector)(nil)
	_ connectors.Hosted    = (*Connector)(nil)
	_ connectors.Framed    = (*Connector)(nil)
)

// New makes a connector. A nil client is one with the default timeout.
func New(cfg Config, client *connectors.Client) (*Connector, error) {
	if err := cfg.Validate(); err != nil {
		return nil, fmt.Errorf("zendesk: %w", err)
	}
	if client == nil {
		client = connectors.NewClient(0, nil, nil)
	}
	c := &Connector{cfg: cfg, client: client, files: connectors.NewFiles(client, nil, cfg.base())}
	if cfg.Sidebar.Installation != "" {
		var err error
		if c.app, err = NewApp(cfg); err != nil {
			return nil, fmt.Errorf("zendesk: %w", err)
		}
	}
	return c, nil
}

// App verifies the first page load of our app in the ticket sidebar.
type App struct {
	key      *rsa.PublicKey
	audience string
	issuer   string
}
