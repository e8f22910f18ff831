package libredesk

import (
	"errors"
	"fmt"
	"net/netip"
	"net/url"
	"strings"
	"time"

	"github.com/sufflor/sufflor/config"
	"github.com/sufflor/sufflor/connectors"
)

// Config is one LibreDesk.
type Config struct {
	// BaseURL is where agents open it, such as https://desk.nordwind.example.
	BaseURL string `yaml:"base_url"`

	// WebhookSecret is the webhook's. During a rotation the one it replaces
	// stays valid as PreviousSecret.
	WebhookSecret  config.Secret `yaml:"webhook_secret"`
	PreviousSecret config.Secret `yaml:"previous_webhook_secret"`

	// Window is how old a delivery may be, either way; 0 is 5 min.
	Window time.Duration `yaml:"window"`

	// APIKey and APISecret belong to the agent with the id Agent: what it
	// writes is ours. Without them nothing is written or read.
	APIKey    config.Secret `yaml:"api_key"`
	APISecret config.Secret `yaml:"api_secret"`
	Agent     string        `yaml:"agent"`

	// Notes is private (default) or off, for agents who use the panel.
	Notes Notes `yaml:"notes"`

	// ContextSecret is that of the context link that opens our panel, and
	// PreviousContext the one it replaces. Empty: there is no link.
	ContextSecret   config.Secret `yaml:"context_secret"`
	PreviousContext config.Secret `yaml:"previous_context_secret"`

	// AllowNetworks are networks of our own where LibreDesk keeps files, such
	// as 10.1.0.0/16; files on LibreDesk's own host need none.
	AllowNetworks []string `yaml:"allow_networks"`

	Language string `yaml:"language"` // of the agents; English for one we do not have
}

// Notes is where suggestions go besides the panel.
type Notes string

// The values of [Notes].
const (
	Private Notes = "private"
	Off     Notes = "off"
)

// contextKey is the length of a context link's secret: a key of AES-256.
const contextKey = 32

// Validate returns everything that is wrong.
func (c Config) Validate() error {
	var errs []error
	add := func(field, problem string) { errs = append(errs, fmt.Errorf("%s: %s", field, problem)) }

	if u, err := url.Parse(c.BaseURL); err != nil || u.Host == "" || (u.Scheme != "https" && u.Scheme != "http") || u.User != nil || u.RawQuery != "" {
		add("base_url", "required; the address of LibreDesk, such as https://desk.example.com")
	}
	if c.WebhookSecret.IsZero() {
		add("webhook_secret", "required; LibreDesk does not sign without one, so enter 32 random characters or more at Admin > Webhooks and here")
	}
	if c.Window < 0 || c.Window > maxWindow {
		add("window", "must be between 0 (5 min) and 1h")
	}
	if c.APIKey.IsZero() != c.APISecret.IsZero() {
		add("api_key", "only together with api_secret; both are shown once when the key is made")
	}
	if !c.APIKey.IsZero() && !connectors.IsNumber(c.Agent) {
		add("agent", "required with api_key, digits only; the id of the agent the key belongs to")
	}
	if c.Notes != "" && c.Notes != Private && c.Notes != Off {
		add("notes", `must be "private" or "off"`)
	}
	for name, s := range map[string]config.Secret{"context_secret": c.ContextSecret, "previous_context_secret": c.PreviousContext} {
		if !s.IsZero() && len(s.Reveal()) != contextKey {
			add(name, fmt.Sprintf("must have %d characters; it is the secret of the link at Admin > Context links", contextKey))
		}
	}
	if _, err := c.guard(); err != nil {
		add("allow_networks", err.Error())
	}
	return errors.Join(errs...)
}

// guard is for addresses that LibreDesk does not answer for itself.
func (c Config) guard() (*connectors.Guard, error) {
	g := &connectors.Guard{}
	for i, text := range c.AllowNetworks {
		p, err := netip.ParsePrefix(text)
		if err != nil {
			return nil, fmt.Errorf("[%d] is no network such as 10.1.0.0/16", i)
		}
		g.Allow = append(g.Allow, p)
	}
	return g, nil
}

// isSuggestion reports whether s may stand in a marker.
func isSuggestion(s string) bool {
	const letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_"
	return s != "" && len(s) <= 100 && strings.Trim(s, letters) == ""
}

func (c Config) window() time.Duration {
	if c.Window == 0 {
		return defaultWindow
	}
	return c.Window
}

// Connector is one LibreDesk. Safe for concurrent use.
type Connector struct {
	cfg    Config
	base   string // without a final slash
	host   string
	client *connectors.Client
	files  *connectors.Client // for addresses that LibreDesk leads to
	words  connectors.Words
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
	_ connectors.Hosted     = (*Connector)(nil)
)

// New makes a connector. A nil client is one with the default timeout.
func New(cfg Config, client *connectors.Client) (*Connector, error) {
	if err := cfg.Validate(); err != nil {
		return nil, fmt.Errorf("libredesk: %w", err)
	}
	if client == nil {
		client = connectors.NewClient(0, nil, nil)
	}
	u, err := url.Parse(cfg.BaseURL)
	if err != nil {
		return nil, fmt.Errorf("libredesk: base_url: %w", err)
	}
	g, err := cfg.guard()
	if err != nil {
		return nil, fmt.Errorf("libredesk: allow_networks: %w", err)
	}
	return &Connector{
		cfg: cfg, base: strings.TrimRight(cfg.BaseURL, "/"), host: u.Host,
		client: client, files: client.Guarded(g), words: connectors.WordsIn(cfg.Language),
	}, nil
}

// asks reports whether we have a key for the API.
func (c *Connector) asks() bool { return !c.cfg.APIKey.IsZero() }
