package liveagent

import (
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"time"
	_ "time/tzdata" // a container may have no zones, and LiveAgent's times need one

	"github.com/sufflor/sufflor/config"
	"github.com/sufflor/sufflor/connectors"
)

// Config is one LiveAgent account.
type Config struct {
	Account string `yaml:"account"` // nordwind of nordwind.ladesk.com

	// PathToken is the last part of the hook's address. HeaderToken is sent
	// along as X-Copilot-Token, where the rule editor has headers. Those they
	// replace stay valid beside them.
	PathToken           config.Secret `yaml:"path_token"`
	PreviousPathToken   config.Secret `yaml:"previous_path_token"`
	HeaderToken         config.Secret `yaml:"header_token"`
	PreviousHeaderToken config.Secret `yaml:"previous_header_token"`

	// APIKey is of version 3 of the API; nothing can be read without.
	APIKey config.Secret `yaml:"api_key"`

	// Agent is the id of the agent "Copilot": what it writes is ours.
	Agent string `yaml:"agent"`

	// Notes is off (default) or note. Notes need NotesKey, a key of version 1,
	// and TestTicket, the id of a ticket that no customer owns.
	Notes      Notes         `yaml:"notes"`
	NotesKey   config.Secret `yaml:"notes_key"`
	TestTicket string        `yaml:"test_ticket"`

	TimeZone       string `yaml:"time_zone"`        // of the account, such as Europe/Berlin
	CallsPerMinute int    `yaml:"calls_per_minute"` // to the API; 0 is 150
	Language       string `yaml:"language"`         // of the agents; English for one we do not have

	// BaseURL is the installation's address if it is your own; it replaces
	// https://{account}.ladesk.com.
	BaseURL string `yaml:"base_url"`
}

// Notes is where suggestions go.
type Notes string

// The values of [Notes].
const (
	Off     Notes = "off"
	AsNotes Notes = "note"
)

// Validate returns everything that is wrong.
func (c Config) Validate() error {
	var errs []error
	add := func(field, problem string) { errs = append(errs, fmt.Errorf("%s: %s", field, problem)) }

	if !connectors.IsToken(c.Account) {
		add("account", "required; the part before .ladesk.com, or a name of your choice for an installation of your own")
	}
	if len(c.PathToken.Reveal()) < minToken || !connectors.IsToken(c.PathToken.Reveal()) {
		add("path_token", "required, at least 10 letters or digits; generate it with: openssl rand -hex 16")
	}
	if p := c.PreviousPathToken; !p.IsZero() && (len(p.Reveal()) < minToken || !connectors.IsToken(p.Reveal())) {
		add("previous_path_token", "at least 10 letters or digits")
	}
	if c.HeaderToken.IsZero() && !c.PreviousHeaderToken.IsZero() {
		add("previous_header_token", "only together with header_token")
	}
	if c.APIKey.IsZero() {
		add("api_key", "required, what rules send is only a hint; Configuration > System > API > version 3")
	}
	if !connectors.IsToken(c.Agent) {
		add("agent", "required; the id of the agent Copilot, from the address of its profile")
	}
	switch c.Notes {
	case "", Off:
	case AsNotes:
		if c.NotesKey.IsZero() {
			add("notes_key", "required for notes; Configuration > System > API > version 1")
		}
		if !connectors.IsToken(c.TestTicket) {
			add("test_ticket", "required for notes; the id of a ticket of your own, on which the first note is tried")
		}
	default:
		add("notes", `must be "note" or "off"`)
	}
	if _, err := c.zone(); err != nil {
		add("time_zone", "required; the account's, such as Europe/Berlin, from Configuration > System > General")
	}
	if c.CallsPerMinute < 0 {
		add("calls_per_minute", "must not be negative")
	}
	if c.BaseURL != "" && !connectors.IsAddress(c.BaseURL) {
		add("base_url", "must be an http(s) address, or empty for ladesk.com")
	}
	return errors.Join(errs...)
}

func (c Config) zone() (*time.Location, error) {
	if c.TimeZone == "" || c.TimeZone == "Local" {
		return nil, errors.New("no zone")
	}
	return time.LoadLocation(c.TimeZone)
}

func (c Config) base() string {
	if c.BaseURL != "" {
		return strings.TrimRight(c.BaseURL, "/")
	}
	return "https://" + c.Account + ".ladesk.com"
}

// Connector is one LiveAgent account. Safe for concurrent use.
type Connector struct {
	cfg    Config
	zone   *time.Location
	words  connectors.Words
	client *connectors.Client
	files  *connectors.Files
	pace   pace

	proving sync.Mutex
	proven  atomic.Bool // a note on the test ticket is one
	stopped atomic.Bool // a note was none: no further ones

	mu    sync.Mutex
	known map[string]kin // by user id
}

// kin is whether a user is an agent, as of a time.
type kin struct {
	agent bool
	at    time.Time
}

var (
	_ connectors.Connector = (*Connector)(nil)
	_ connectors.Taker     = (*Connector)(nil)
	_ connectors.Discreet  = (*Connector)(nil)
	_ connectors.Fetcher   = (*Connector)(nil)
	_ connectors.Poller    = (*Connector)(nil)
	_ connectors.Noter     = (*Connector)(nil)
	_ connectors.Silent    = (*Connector)(nil)
	_ connectors.Opener    = (*Connector)(nil)
	_ connectors.Tester    = (*Connector)(nil)
	_ connectors.Packager  = (*Connector)(nil)
)

// New makes a connector. A nil client is one with the default timeout.
func New(cfg Config, client *connectors.Client) (*Connector, error) {
	if err := cfg.Validate(); err != nil {
		return nil, fmt.Errorf("liveagent: %w", err)
	}
	zone, err := cfg.zone()
	if err != nil {
		return nil, fmt.Errorf("liveagent: time_zone: %w", err)
	}
	if client == nil {
		client = connectors.NewClient(0, nil, nil)
	}
	calls := cfg.CallsPerMinute
	if calls == 0 {
		calls = defaultCalls
	}
	return &Connector{
		cfg: cfg, zone: zone, client: client, files: connectors.NewFiles(client, nil, cfg.base()), words: connectors.WordsIn(cfg.Language),
		pace: pace{gap: time.Minute / time.Duration(calls)}, known: map[string]kin{},
	}, nil
}
