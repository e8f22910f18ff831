package zammad

import (
	"errors"
	"fmt"
	"net/url"
	"strings"

	"github.com/sufflor/sufflor/config"
	"github.com/sufflor/sufflor/connectors"
)

// Config is one Zammad.
type Config struct {
	URL string `yaml:"url"` // https://help.nordwind.example, as its links have it

	// SignatureToken is the webhook's "HMAC SHA1 Signature Token". During a
	// rotation the one it replaces stays valid as PreviousToken.
	SignatureToken config.Secret `yaml:"signature_token"`
	PreviousToken  config.Secret `yaml:"previous_signature_token"`

	// HookToken, if set, is the webhook's bearer token, asked for as well.
	HookToken config.Secret `yaml:"hook_token"`

	// Token is an access token; without it nothing is written or read. APIUser
	// is the id of the user it belongs to: what it writes is ours.
	Token   config.Secret `yaml:"token"`
	APIUser string        `yaml:"api_user"`

	// Notes is internal (default) or off.
	Notes    Notes  `yaml:"notes"`
	Language string `yaml:"language"` // of the agents; English for one we do not have

	ClosedStates []string `yaml:"closed_states"` // names; empty: closed, merged

	// Facts are attributes of your own, of ticket, customer or organization,
	// that say something about the case, such as machine_type.
	Facts []string `yaml:"facts"`

	// BaseURL replaces URL for calls, such as an address within your network.
	BaseURL string `yaml:"base_url"`
}

// Notes is where suggestions go.
type Notes string

// The values of [Notes].
const (
	Internal Notes = "internal"
	Off      Notes = "off"
)

// Validate returns everything that is wrong.
func (c Config) Validate() error {
	var errs []error
	add := func(field, problem string) { errs = append(errs, fmt.Errorf("%s: %s", field, problem)) }

	if !isAddress(c.URL) {
		add("url", "required; the address of your Zammad, such as https://help.nordwind.example")
	}
	if c.SignatureToken.IsZero() {
		add("signature_token", "required; generate it with: openssl rand -hex 32, and enter it in Manage > Webhook as HMAC SHA1 Signature Token")
	}
	long := func(field string, s config.Secret) {
		if !s.IsZero() && len(s.Reveal()) < minToken {
			add(field, fmt.Sprintf("too short; at least %d characters, a signature never grows old: openssl rand -hex 32", minToken))
		}
	}
	long("signature_token", c.SignatureToken)
	long("previous_signature_token", c.PreviousToken)
	long("hook_token", c.HookToken)
	if c.SignatureToken.IsZero() && !c.PreviousToken.IsZero() {
		add("previous_signature_token", "only together with signature_token")
	}
	if !c.Token.IsZero() && !connectors.IsNumber(c.APIUser) {
		add("api_user", "required with token, digits only; the id of the user the token belongs to, in the address of its profile")
	}
	if c.Notes != "" && c.Notes != Internal && c.Notes != Off {
		add("notes", `must be "internal" or "off"`)
	}
	for i, s := range c.ClosedStates {
		if strings.TrimSpace(s) == "" {
			add(fmt.Sprintf("closed_states[%d]", i), "is empty; the name of a state as in Manage > Ticket states")
		}
	}
	for i, s := range c.Facts {
		if s == "" || len(s) > maxFact {
			add(fmt.Sprintf("facts[%d]", i), "is no name of an attribute; see Manage > Objects, column Name")
		}
	}
	if len(c.Facts) > maxFacts {
		add("facts", fmt.Sprintf("at most %d", maxFacts))
	}
	if c.BaseURL != "" && !isAddress(c.BaseURL) {
		add("base_url", "must be an http(s) address, or empty for url itself")
	}
	return errors.Join(errs...)
}

// isAddress takes no quotes and the like: an address also stands in a script.
func isAddress(s string) bool {
	u, err := url.Parse(s)
	return err == nil && !strings.ContainsAny(s, "'\"\\`$ ") && u.Host != "" && u.User == nil && u.RawQuery == "" && u.Fragment == "" && (u.Scheme == "https" || u.Scheme == "http")
}

func (c Config) base() string {
	if c.BaseURL != "" {
		return strings.TrimRight(c.BaseURL, "/")
	}
	return strings.TrimRight(c.URL, "/")
}

// Connector is one Zammad. Safe for concurrent use.
type Connector struct {
	cfg    Config
	host   string // of URL; it tells systems apart
	closed []string
	client *connectors.Client
	files  *connectors.Files
}

var (
	_ connectors.Connector  = (*Connector)(nil)
	_ connectors.Poller     = (*Connector)(nil)
	_ connectors.Opener     = (*Connector)(nil)
	_ connectors.Noter      = (*Connector)(nil)
	_ connectors.Silent     = (*Connector)(nil)
	_ connectors.Withdrawer = (*Connector)(nil)
	_ connectors.Tester     = (*Connector)(nil)
	_ connectors.Packager   = (*Connector)(nil)
)

// New makes a connector. A nil client is one with the default timeout.
func New(cfg Config, client *connectors.Client) (*Connector, error) {
	if err := cfg.Validate(); err != nil {
		return nil, fmt.Errorf("zammad: %w", err)
	}
	if client == nil {
		client = connectors.NewClient(0, nil, nil)
	}
	u, err := url.Parse(cfg.URL)
	if err != nil {
		return nil, fmt.Errorf("zammad: url: %w", err)
	}
	c := &Connector{cfg: cfg, host: strings.ToLower(u.Host), closed: cfg.ClosedStates, client: client, files: connectors.NewFiles(client, nil, cfg.base())}
	if len(c.closed) == 0 {
		c.closed = closedStates
	}
	return c, nil
}
