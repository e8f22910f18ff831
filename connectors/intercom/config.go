package intercom

import (
	"errors"
	"fmt"
	"strings"

	"github.com/sufflor/sufflor/config"
	"github.com/sufflor/sufflor/connectors"
)

// Config is one Intercom workspace.
type Config struct {
	Workspace string `yaml:"workspace"` // its id, as in app.intercom.com/a/inbox/nw1nord0
	Region    Region `yaml:"region"`    // us (default), eu or au

	// ClientSecret is the app's. During a rotation the one it replaces stays
	// valid as PreviousSecret.
	ClientSecret   config.Secret `yaml:"client_secret"`
	PreviousSecret config.Secret `yaml:"previous_client_secret"`

	// Token is the app's access token; without it nothing is written or read
	// and only the panel shows suggestions. Admin is the id of the teammate
	// in whose name notes are written: what it writes is ours.
	Token config.Secret `yaml:"token"`
	Admin string        `yaml:"admin"`

	// App is the app_package_code that parts written through our app carry.
	App string `yaml:"app"`

	// Notes is private (default) or off, for agents who use the panel only.
	Notes Notes `yaml:"notes"`

	Language string `yaml:"language"` // of the agents; English for one we do not have

	// BaseURL replaces the region's address of the API.
	BaseURL string `yaml:"base_url"`
}

// Notes is where suggestions go besides the panel.
type Notes string

// The values of [Notes].
const (
	Private Notes = "private"
	Off     Notes = "off"
)

// Region is where Intercom keeps a workspace.
type Region string

// The values of [Region].
const (
	US Region = "us"
	EU Region = "eu"
	AU Region = "au"
)

// Validate returns everything that is wrong.
func (c Config) Validate() error {
	var errs []error
	add := func(field, problem string) { errs = append(errs, fmt.Errorf("%s: %s", field, problem)) }

	if !isID(c.Workspace) {
		add("workspace", "required; the id in the address of your Inbox, behind /a/inbox/")
	}
	if c.ClientSecret.IsZero() {
		add("client_secret", "required; take it from Developer Hub > your app > Basic information")
	}
	if !c.Token.IsZero() && c.Token == c.ClientSecret {
		add("token", "is the client secret; take the access token from Developer Hub > your app > Authentication")
	}
	if !c.Token.IsZero() && !connectors.IsNumber(c.Admin) {
		add("admin", "required with token, digits only; the number in the address of the teammate's profile")
	}
	if c.App != "" && !isID(c.App) {
		add("app", "must be the app_package_code of your app, or empty")
	}
	if c.Notes != "" && c.Notes != Private && c.Notes != Off {
		add("notes", `must be "private" or "off"`)
	}
	if c.Region != "" && c.Region != US && c.Region != EU && c.Region != AU {
		add("region", `must be "us", "eu" or "au"`)
	}
	if c.BaseURL != "" && !connectors.IsAddress(c.BaseURL) {
		add("base_url", "must be an http(s) address, or empty for Intercom's own")
	}
	return errors.Join(errs...)
}

// isID reports whether s may stand in a path of the API.
func isID(s string) bool {
	const letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_"
	return s != "" && len(s) <= 100 && strings.Trim(s, letters) == ""
}

func (c Config) base() string {
	switch {
	case c.BaseURL != "":
		return strings.TrimRight(c.BaseURL, "/")
	case c.Region == EU:
		return "https://api.eu.intercom.io"
	case c.Region == AU:
		return "https://api.au.intercom.io"
	}
	return "https://api.intercom.io"
}

// Connector is one Intercom workspace. Safe for concurrent use.
type Connector struct {
	cfg    Config
	client *connectors.Client
	files  *connectors.Client // for addresses that a delivery names
	sealer connectors.Sealer
	words  connectors.Words
}

var (
	_ connectors.Connector  = (*Connector)(nil)
	_ connectors.Taker      = (*Connector)(nil)
	_ connectors.Greeter    = (*Connector)(nil)
	_ connectors.Answerer   = (*Connector)(nil)
	_ connectors.Viewer     = (*Connector)(nil)
	_ connectors.Reactor    = (*Connector)(nil)
	_ connectors.Noter      = (*Connector)(nil)
	_ connectors.Silent     = (*Connector)(nil)
	_ connectors.Withdrawer = (*Connector)(nil)
	_ connectors.Poller     = (*Connector)(nil)
	_ connectors.Opener     = (*Connector)(nil)
	_ connectors.Tester     = (*Connector)(nil)
	_ connectors.Packager   = (*Connector)(nil)
)

// New makes a connector. A nil client is one with the default timeout.
func New(cfg Config, client *connectors.Client) (*Connector, error) {
	if err := cfg.Validate(); err != nil {
		return nil, fmt.Errorf("intercom: %w", err)
	}
	if client == nil {
		client = connectors.NewClient(0, nil, nil)
	}
	return &Connector{
		cfg: cfg, client: client, files: client.Guarded(&connectors.Guard{}),
		sealer: connectors.NewSealer("intercom", cfg.ClientSecret.Reveal()), words: connectors.WordsIn(cfg.Language),
	}, nil
}
