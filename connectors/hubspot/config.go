package hubspot

import (
	"errors"
	"fmt"
	"strings"
	"sync"

	"github.com/sufflor/sufflor/config"
	"github.com/sufflor/sufflor/connectors"
)

// Config is one HubSpot account and the app installed in it.
type Config struct {
	// PublicURL is the https address by which HubSpot reaches this server,
	// without /hooks; signatures are over it. Left out, it is the server's own
	// public_url.
	PublicURL string `yaml:"public_url"`

	PortalID string `yaml:"portal_id"` // the account, digits; what others are refused
	AppID    string `yaml:"app_id"`    // of our app, digits; what it writes is ours

	// ClientSecret is the app's. During a rotation the one it replaces stays
	// valid as PreviousSecret.
	ClientSecret   config.Secret `yaml:"client_secret"`
	PreviousSecret config.Secret `yaml:"previous_client_secret"`

	// Signatures is v3 (default), or legacy to take v1 and v2 as well.
	Signatures Signatures `yaml:"signatures"`

	// Token is the static token of an app for one account; or an app with
	// OAuth has ClientID and RefreshToken. With neither nothing is read or
	// written, and webhooks are of no use.
	Token        config.Secret `yaml:"token"`
	ClientID     string        `yaml:"client_id"`
	RefreshToken config.Secret `yaml:"refresh_token"`

	// Notes is comment (default) or off, for accounts with the card.
	Notes Notes `yaml:"notes"`

	// ContactProperties are read for each customer message, such as the
	// machine somebody owns: internal names, at most 20.
	ContactProperties []string `yaml:"contact_properties"`

	Language string `yaml:"language"` // of the agents; English for one we do not have

	// BaseURL replaces https://api.hubapi.com.
	BaseURL string `yaml:"base_url"`
}

// Notes is where suggestions go.
type Notes string

// The values of [Notes].
const (
	Comment Notes = "comment"
	Off     Notes = "off"
)

// Signatures is which of HubSpot's schemes are believed.
type Signatures string

// The values of [Signatures]. Legacy signatures hold no time: whoever has seen
// a delivery can send it again.
const (
	V3     Signatures = "v3"
	Legacy Signatures = "legacy"
)

const maxProperties = 20

// Validate returns everything that is wrong.
func (c Config) Validate() error {
	var errs []error
	add := func(field, problem string) { errs = append(errs, fmt.Errorf("%s: %s", field, problem)) }

	if u, err := connectors.CheckHTTPS(c.PublicURL); err != nil || u.RawQuery != "" || u.Fragment != "" {
		add("public_url", "required here or at the top of the configuration; the https address of this server as HubSpot calls it, such as https://copilot.example.com")
	}
	if !connectors.IsNumber(c.PortalID) {
		add("portal_id", "required, digits only; the account id at the top right of HubSpot's account menu")
	}
	if !connectors.IsNumber(c.AppID) {
		add("app_id", "required, digits only; on the app's page in your developer account or project")
	}
	if c.ClientSecret.IsZero() {
		add("client_secret", "required; take it from the Auth page of the app")
	}
	if c.Signatures != "" && c.Signatures != V3 && c.Signatures != Legacy {
		add("signatures", `must be "v3" or "legacy"`)
	}
	switch {
	case !c.Token.IsZero() && (c.ClientID != "" || !c.RefreshToken.IsZero()):
		add("token", "either token, for an app with static authentication, or client_id and refresh_token")
	case c.ClientID != "" && c.RefreshToken.IsZero():
		add("refresh_token", "required with client_id; install the app once and keep what HubSpot answers")
	case c.ClientID == "" && !c.RefreshToken.IsZero():
		add("client_id", "required with refresh_token; take it from the Auth page of the app")
	}
	if c.Notes != "" && c.Notes != Comment && c.Notes != Off {
		add("notes", `must be "comment" or "off"`)
	}
	if len(c.ContactProperties) > maxProperties {
		add("contact_properties", fmt.Sprintf("at most %d", maxProperties))
	}
	for i, p := range c.ContactProperties {
		if !connectors.IsToken(p) {
			add(fmt.Sprintf("contact_properties[%d]", i), "must be the internal name of a property, such as hs_language")
		}
	}
	if c.BaseURL != "" && !connectors.IsAddress(c.BaseURL) {
		add("base_url", "must be an http(s) address, or empty for HubSpot's own")
	}
	return errors.Join(errs...)
}

// isMessage reports whether s may be the id of a message. Those we have seen are
// hexadecimal; how others look is not said, so only what could leave the path
// is refused.
func isMessage(s string) bool {
	const letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.~=+:@|"
	return s != "" && len(s) <= 256 && strings.Trim(s, letters) == "" && strings.Trim(s, ".") != ""
}

func (c Config) base() string {
	if c.BaseURL != "" {
		return strings.TrimRight(c.BaseURL, "/")
	}
	return apiBase
}

// access reports whether there is a way to the API.
func (c Config) access() bool { return !c.Token.IsZero() || !c.RefreshToken.IsZero() }

// Connector is one HubSpot account. Safe for concurrent use.
type Connector struct {
	cfg    Config
	client *connectors.Client
	files  *connectors.Files
	tokens *connectors.Tokens

	mu       sync.Mutex
	channels map[connectors.ID]string // names by id, once they were read
}

var (
	_ connectors.Connector = (*Connector)(nil)
	_ connectors.Taker     = (*Connector)(nil)
	_ connectors.Fetcher   = (*Connector)(nil)
	_ connectors.Poller    = (*Connector)(nil)
	_ connectors.Noter     = (*Connector)(nil)
	_ connectors.Silent    = (*Connector)(nil)
	_ connectors.Opener    = (*Connector)(nil)
	_ connectors.Viewer    = (*Connector)(nil)
	_ connectors.Tester    = (*Connector)(nil)
	_ connectors.Packager  = (*Connector)(nil)
)

// New makes a connector. A nil client is one with the default timeout.
func New(cfg Config, client *connectors.Client) (*Connector, error) {
	if err := cfg.Validate(); err != nil {
		return nil, fmt.Errorf("hubspot: %w", err)
	}
	if client == nil {
		client = connectors.NewClient(0, nil, nil)
	}
	cfg.PublicURL = strings.TrimRight(cfg.PublicURL, "/")
	c := &Connector{cfg: cfg, client: client, files: connectors.NewFiles(client, nil)}
	c.tokens = &connectors.Tokens{Get: c.token, Now: client.Now}
	return c, nil
}
