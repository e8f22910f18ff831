package meta

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/sufflor/sufflor/config"
	"github.com/sufflor/sufflor/connectors"
)

// Config is what we hear of one company's accounts at Meta.
type Config struct {
	// AppSecrets verify deliveries: one for each app that calls this hook, two
	// of one app during a rotation. The order does not matter.
	AppSecrets []config.Secret `yaml:"app_secrets"`

	// VerifyToken is what we thought of and entered at Meta for the handshake.
	VerifyToken config.Secret `yaml:"verify_token"`

	// Accounts are ours: phone number ids of WhatsApp, page ids of Messenger,
	// account ids of Instagram, all digits. Whatever names none of them is not
	// for us.
	Accounts []string `yaml:"accounts"`

	// Apps are programs that write for the company, by app id: bots, and
	// relays of our own. What they write is nobody's reply.
	Apps []string `yaml:"apps"`

	// Standby also hears conversations that another app has in hand.
	Standby bool `yaml:"standby"`

	// Token reads files of WhatsApp; without it only their existence is known.
	// It should not be able to send. Version is the Graph API's, such as v23.0.
	Token   config.Secret `yaml:"token"`
	Version string        `yaml:"version"`

	BaseURL string `yaml:"base_url"` // replaces https://graph.facebook.com
}

// Validate returns everything that is wrong.
func (c Config) Validate() error {
	var errs []error
	add := func(field, problem string) { errs = append(errs, fmt.Errorf("%s: %s", field, problem)) }

	switch {
	case len(c.AppSecrets) == 0:
		add("app_secrets", "required, at least one; take it from developers.facebook.com > your app > App settings > Basic > App secret")
	case len(c.AppSecrets) > maxSecrets:
		add("app_secrets", fmt.Sprintf("at most %d", maxSecrets))
	}
	for i, s := range c.AppSecrets {
		field := fmt.Sprintf("app_secrets[%d]", i)
		switch {
		case len(s.Reveal()) < minSecret:
			add(field, fmt.Sprintf("too short to be an app secret; those have 32 characters, and %d is the least we take", minSecret))
		case s.Reveal() == c.VerifyToken.Reveal():
			add(field, "must not be the verify token: that one is in addresses, where logs keep it")
		}
	}
	if len(c.VerifyToken.Reveal()) < minVerify {
		add("verify_token", fmt.Sprintf("required, at least %d characters; make one with: openssl rand -hex 32, and enter it at Meta as well", minVerify))
	}
	if len(c.Accounts) == 0 {
		add("accounts", "required; phone number ids, page ids and Instagram account ids, each delivery shows them")
	}
	for _, list := range []struct {
		name string
		ids  []string
	}{{"accounts", c.Accounts}, {"apps", c.Apps}} {
		for i, id := range list.ids {
			switch {
			case !isNumber(id):
				add(fmt.Sprintf("%s[%d]", list.name, i), "must be digits only, in quotes")
			case slices.Contains(list.ids[:i], id):
				add(fmt.Sprintf("%s[%d]", list.name, i), "is listed twice")
			}
		}
	}
	if !c.Token.IsZero() && !isVersion(c.Version) {
		add("version", "required with token, such as v23.0; take the present one from Meta's changelog of the Graph API")
	}
	if c.BaseURL != "" && !connectors.IsAddress(c.BaseURL) {
		add("base_url", "must be an http(s) address, or empty for Meta's own")
	}
	return errors.Join(errs...)
}

func isNumber(s string) bool {
	return s != "" && len(s) <= 32 && strings.Trim(s, "0123456789") == ""
}

// isVersion reports whether s is like v23.0.
func isVersion(s string) bool {
	major, minor, ok := strings.Cut(strings.TrimPrefix(s, "v"), ".")
	return ok && strings.HasPrefix(s, "v") && isNumber(major) && isNumber(minor)
}

func (c Config) base() string {
	if c.BaseURL != "" {
		return strings.TrimRight(c.BaseURL, "/")
	}
	return graph
}

// Connector is the accounts of one company. Safe for concurrent use.
type Connector struct {
	cfg    Config
	client *connectors.Client
	files  *connectors.Files
}

var (
	_ connectors.Connector = (*Connector)(nil)
	_ connectors.Greeter   = (*Connector)(nil)
	_ connectors.Answerer  = (*Connector)(nil)
	_ connectors.Opener    = (*Connector)(nil)
	_ connectors.Tester    = (*Connector)(nil)
	_ connectors.Packager  = (*Connector)(nil)
)

// New makes a connector. A nil client is one with the default timeout.
func New(cfg Config, client *connectors.Client) (*Connector, error) {
	if err := cfg.Validate(); err != nil {
		return nil, fmt.Errorf("meta: %w", err)
	}
	if client == nil {
		client = connectors.NewClient(0, nil, nil)
	}
	own := []string{mediaHost}
	if cfg.BaseURL != "" {
		own = []string{cfg.base()}
	}
	return &Connector{cfg: cfg, client: client, files: connectors.NewFiles(client, nil, own...)}, nil
}

func (c *Connector) ours(account connectors.ID) bool {
	return account != "" && slices.Contains(c.cfg.Accounts, string(account))
}
