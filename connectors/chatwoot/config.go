package chatwoot

import (
	"errors"
	"fmt"
	"net/netip"
	"net/url"
	"strings"
	"sync"

	"github.com/sufflor/sufflor/config"
	"github.com/sufflor/sufflor/connectors"
)

// Config is one account on one Chatwoot server.
type Config struct {
	BaseURL   string `yaml:"base_url"`   // of the server, such as https://chat.nordwind.example
	AccountID string `yaml:"account_id"` // digits; in the address of the dashboard

	// Secret is the account webhook's. During a rotation the one it replaces
	// stays valid as PreviousSecret.
	Secret         config.Secret `yaml:"secret"`
	PreviousSecret config.Secret `yaml:"previous_secret"`

	// URLToken is instead of Secret for servers before 4.11.2, which do not
	// sign: it stands in the webhook's address, as ?token=. What comes there
	// is read again with Token.
	URLToken config.Secret `yaml:"url_token"`

	// Token is the access token of the sender we write as, SenderID its id,
	// and Sender what it is: user (default) or agent_bot. Without a token
	// nothing is written, caught up or read again.
	Token    config.Secret `yaml:"token"`
	Sender   Sender        `yaml:"sender"`
	SenderID string        `yaml:"sender_id"`

	Notes    Notes  `yaml:"notes"`    // private (default) or off
	Language string `yaml:"language"` // of the agents; English for one we do not have

	// Allow lists networks such as 10.1.0.0/16 in which files may be stored
	// although they are not public. The server itself may be anywhere.
	Allow []string `yaml:"allow"`
}

// Notes is where suggestions go.
type Notes string

// The values of [Notes].
const (
	Private Notes = "private"
	Off     Notes = "off"
)

// Sender is a kind of sender. User 77 and bot 77 are two.
type Sender string

// The values of [Sender].
const (
	User     Sender = "user"
	AgentBot Sender = "agent_bot"
)

// minURLToken is the shortest token that nobody guesses.
const minURLToken = 24

// Validate returns everything that is wrong.
func (c Config) Validate() error {
	var errs []error
	add := func(field, problem string) { errs = append(errs, fmt.Errorf("%s: %s", field, problem)) }

	if u, err := url.Parse(c.BaseURL); err != nil || u.Host == "" || u.User != nil || u.RawQuery != "" || (u.Scheme != "https" && u.Scheme != "http") {
		add("base_url", "required; the address of your Chatwoot, such as https://app.chatwoot.com")
	}
	if !connectors.IsNumber(c.AccountID) {
		add("account_id", "required, digits only; the number after /accounts/ in the address of the dashboard")
	}
	switch {
	case c.Secret.IsZero() && c.URLToken.IsZero():
		add("secret", "required; take it from Settings > Integrations > Webhooks > edit; or url_token for a server before 4.11.2, which does not sign")
	case !c.Secret.IsZero() && !c.URLToken.IsZero():
		add("url_token", "not together with secret: a server that signs needs none")
	case c.Secret.IsZero() && !c.PreviousSecret.IsZero():
		add("previous_secret", "only together with secret")
	}
	if t := c.URLToken.Reveal(); t != "" && (len(t) < minURLToken || !connectors.IsToken(t)) {
		add("url_token", fmt.Sprintf("at least %d letters and digits; make one with: openssl rand -hex 24", minURLToken))
	}
	if !c.URLToken.IsZero() && c.Token.IsZero() {
		add("token", "required with url_token: what is not signed is read again")
	}
	if !c.Token.IsZero() && !connectors.IsNumber(c.SenderID) {
		add("sender_id", "required with token, digits only; the id of the user or bot the token belongs to")
	}
	if c.Sender != "" && c.Sender != User && c.Sender != AgentBot {
		add("sender", `must be "user" or "agent_bot"`)
	}
	if c.Notes != "" && c.Notes != Private && c.Notes != Off {
		add("notes", `must be "private" or "off"`)
	}
	if _, err := c.allowed(); err != nil {
		errs = append(errs, err)
	}
	return errors.Join(errs...)
}

// allowed parses Allow.
func (c Config) allowed() ([]netip.Prefix, error) {
	var out []netip.Prefix
	var errs []error
	for i, text := range c.Allow {
		p, err := netip.ParsePrefix(text)
		if err != nil {
			errs = append(errs, fmt.Errorf("allow[%d]: must be a network such as 10.1.0.0/16", i))
			continue
		}
		out = append(out, p)
	}
	return out, errors.Join(errs...)
}

// Connector is one Chatwoot account. Safe for concurrent use.
type Connector struct {
	cfg    Config
	base   string // of the account's calls
	client *connectors.Client
	files  *connectors.Files

	mu      sync.Mutex
	inboxes map[connectors.ID]string // names by id, once they were read
}

var (
	_ connectors.Connector  = (*Connector)(nil)
	_ connectors.Fetcher    = (*Connector)(nil)
	_ connectors.Poller     = (*Connector)(nil)
	_ connectors.Noter      = (*Connector)(nil)
	_ connectors.Silent     = (*Connector)(nil)
	_ connectors.Withdrawer = (*Connector)(nil)
	_ connectors.Opener     = (*Connector)(nil)
	_ connectors.Tester     = (*Connector)(nil)
	_ connectors.Packager   = (*Connector)(nil)
	_ connectors.Framed     = (*Connector)(nil)
)

// New makes a connector. A nil client is one with the default timeout.
func New(cfg Config, client *connectors.Client) (*Connector, error) {
	if err := cfg.Validate(); err != nil {
		return nil, fmt.Errorf("chatwoot: %w", err)
	}
	if client == nil {
		client = connectors.NewClient(0, nil, nil)
	}
	if cfg.Sender == "" {
		cfg.Sender = User
	}
	cfg.BaseURL = strings.TrimRight(cfg.BaseURL, "/")
	allow, err := cfg.allowed()
	if err != nil {
		return nil, fmt.Errorf("chatwoot: %w", err)
	}
	return &Connector{
		cfg: cfg, base: cfg.BaseURL + "/api/v1/accounts/" + cfg.AccountID, client: client,
		files: connectors.NewFiles(client, &connectors.Guard{Allow: allow}, cfg.BaseURL),
	}, nil
}
