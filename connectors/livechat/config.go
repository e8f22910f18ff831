package livechat

import (
	"errors"
	"fmt"
	"strings"
	"sync/atomic"

	"github.com/sufflor/sufflor/config"
	"github.com/sufflor/sufflor/connectors"
)

// Config is one LiveChat license.
type Config struct {
	Organization string `yaml:"organization"` // organization_id of each delivery

	// PathToken is the last part of the hook's address.
	PathToken config.Secret `yaml:"path_token"`

	// SecretKey is what the webhooks were registered with. During a rotation
	// the one it replaces stays valid as PreviousKey.
	SecretKey   config.Secret `yaml:"secret_key"`
	PreviousKey config.Secret `yaml:"previous_secret_key"`

	// Token is the bot's, or a personal access token of the Account; without
	// it nothing is written or read. Region is dal or fra; empty asks once.
	Token   config.Secret `yaml:"token"`
	Account string        `yaml:"account"`
	Region  string        `yaml:"region"`

	Bot    string   `yaml:"bot"`       // the id we write as: what it wrote is ours
	Bots   []string `yaml:"bots"`      // ids of other bots; what they write is nobody's reply
	Client string   `yaml:"client_id"` // of the app that owns the webhooks; to check them

	Notes   Notes   `yaml:"notes"`   // agents (default) or off, for licenses with the widget
	Buttons Buttons `yaml:"buttons"` // on (default) or off
	Source  Source  `yaml:"source"`  // delivery (default) or api

	Widget   string `yaml:"widget"`   // https address of the widget's page, if it is used
	Language string `yaml:"language"` // of the agents; English for one we do not have
	BaseURL  string `yaml:"base_url"` // replaces https://api.livechatinc.com
}

// Notes is where suggestions go.
type Notes string

// The values of [Notes].
const (
	Agents Notes = "agents"
	Off    Notes = "off"
)

// Buttons is whether a note is followed by buttons to judge it.
type Buttons string

// The values of [Buttons].
const (
	WithButtons Buttons = "on"
	NoButtons   Buttons = "off"
)

// Source is where the text of a message comes from.
type Source string

// The values of [Source]. Whoever once saw the secret key can forge a
// delivery; with FromAPI nothing is made of one but a question to LiveChat.
const (
	FromDelivery Source = "delivery"
	FromAPI      Source = "api"
)

// Least lengths of what nobody may guess.
const (
	minPathToken = 8
	minSecretKey = 16
)

// Validate returns everything that is wrong.
func (c Config) Validate() error {
	errs := []error{c.validateSecrets(), c.validateAccess()}
	add := func(field, problem string) { errs = append(errs, fmt.Errorf("%s: %s", field, problem)) }

	if !connectors.IsUUID(c.Organization) {
		add("organization", "required, of the form 390e44e6-f1e6-4368-a6dd-74a14508c2e1; any delivery shows it as organization_id")
	}
	for i, b := range c.Bots {
		if b == "" {
			add(fmt.Sprintf("bots[%d]", i), "is empty")
		}
	}
	if c.Notes != "" && c.Notes != Agents && c.Notes != Off {
		add("notes", `must be "agents" or "off"`)
	}
	if c.Buttons != "" && c.Buttons != WithButtons && c.Buttons != NoButtons {
		add("buttons", `must be "on" or "off"`)
	}
	if c.Widget != "" {
		if _, err := connectors.CheckHTTPS(c.Widget); err != nil {
			add("widget", "must be the https address of the widget's page, or empty")
		}
	}
	if c.BaseURL != "" && !connectors.IsAddress(c.BaseURL) {
		add("base_url", "must be an http(s) address, or empty for LiveChat's own")
	}
	return errors.Join(errs...)
}

func (c Config) validateSecrets() error {
	var errs []error
	add := func(field, problem string) { errs = append(errs, fmt.Errorf("%s: %s", field, problem)) }

	if t := c.PathToken.Reveal(); len(t) < minPathToken || !connectors.IsToken(t) {
		add("path_token", fmt.Sprintf("required, %d or more random letters and digits; the hook is /hooks/<desk>/<path_token>", minPathToken))
	}
	if len(c.SecretKey.Reveal()) < minSecretKey {
		add("secret_key", fmt.Sprintf("required, %d or more random characters; the one the webhooks were registered with", minSecretKey))
	}
	if p := c.PreviousKey.Reveal(); p != "" && len(p) < minSecretKey {
		add("previous_secret_key", fmt.Sprintf("at least %d characters", minSecretKey))
	}
	if !c.SecretKey.IsZero() && c.SecretKey.Reveal() == c.PathToken.Reveal() {
		add("path_token", "must not be the secret_key: addresses are logged, keys are not")
	}
	return errors.Join(errs...)
}

func (c Config) validateAccess() error {
	var errs []error
	add := func(field, problem string) { errs = append(errs, fmt.Errorf("%s: %s", field, problem)) }

	if !c.Token.IsZero() && c.Bot == "" {
		add("bot", "required with token; the id of the bot that writes the notes")
	}
	if c.Token.IsZero() && c.Account != "" {
		add("token", "required with account; the personal access token")
	}
	if c.Account != "" && !connectors.IsUUID(c.Account) {
		add("account", "must be the account id shown beside the personal access token, or empty with a bot's token")
	}
	if c.Region != "" && !isRegion(c.Region) {
		add("region", `must be "dal" (America), "fra" (Europe) or empty`)
	}
	if c.Source != "" && c.Source != FromDelivery && c.Source != FromAPI {
		add("source", `must be "delivery" or "api"`)
	}
	if c.Source == FromAPI && c.Token.IsZero() {
		add("source", `"api" needs a token to read chats with`)
	}
	return errors.Join(errs...)
}

func isRegion(s string) bool { return s == "dal" || s == "fra" }

// isAgent reports whether a user id is an agent's: those are mail addresses.
func isAgent(id string) bool { return strings.Contains(id, "@") }

func (c Config) base() string {
	if c.BaseURL != "" {
		return strings.TrimRight(c.BaseURL, "/")
	}
	return defaultBase
}

// Connector is one LiveChat license. Safe for concurrent use.
type Connector struct {
	cfg    Config
	client *connectors.Client
	files  *connectors.Files
	sealer connectors.Sealer
	region atomic.Value // string; where LiveChat sent us
}

var (
	_ connectors.Connector = (*Connector)(nil)
	_ connectors.Taker     = (*Connector)(nil)
	_ connectors.Discreet  = (*Connector)(nil)
	_ connectors.Answerer  = (*Connector)(nil)
	_ connectors.Noter     = (*Connector)(nil)
	_ connectors.Silent    = (*Connector)(nil)
	_ connectors.Fetcher   = (*Connector)(nil)
	_ connectors.Poller    = (*Connector)(nil)
	_ connectors.Opener    = (*Connector)(nil)
	_ connectors.Tester    = (*Connector)(nil)
	_ connectors.Packager  = (*Connector)(nil)
	_ connectors.Framed    = (*Connector)(nil)
)

// New makes a connector. A nil client is one with the default timeout.
func New(cfg Config, client *connectors.Client) (*Connector, error) {
	if err := cfg.Validate(); err != nil {
		return nil, fmt.Errorf("livechat: %w", err)
	}
	if client == nil {
		client = connectors.NewClient(0, nil, nil)
	}
	c := &Connector{
		cfg: cfg, client: client, files: connectors.NewFiles(client, nil),
		sealer: connectors.NewSealer("livechat", cfg.SecretKey.Reveal()),
	}
	c.region.Store(cfg.Region)
	return c, nil
}
