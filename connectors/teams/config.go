package teams

import (
	"encoding/base64"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/sufflor/sufflor/config"
	"github.com/sufflor/sufflor/connectors"
)

// Config is a bot in one tenant, an outgoing webhook, or both.
type Config struct {
	TenantID string `yaml:"tenant_id"` // of the company, a GUID
	Cloud    string `yaml:"cloud"`     // public (default), usgov, china

	// AppID is the bot's, a GUID. Its client secret gets our tokens; without
	// one nothing is shown in Teams. The one it replaces keeps the buttons of
	// older cards working for as long as it is listed.
	AppID          string        `yaml:"app_id"`
	ClientSecret   config.Secret `yaml:"client_secret"`
	PreviousSecret config.Secret `yaml:"previous_client_secret"`

	// MultiTenantBot is for bots that Azure lists as multi tenant.
	MultiTenantBot bool `yaml:"multi_tenant_bot"`

	// OutgoingToken is the security token of an outgoing webhook, base64. While
	// the webhook is made anew the token it replaces stays valid beside it.
	OutgoingToken         config.Secret `yaml:"outgoing_token"`
	PreviousOutgoingToken config.Secret `yaml:"previous_outgoing_token"`

	// Agents are the object ids (GUIDs) in Entra of those who may see
	// suggestions. Everybody else's words are a customer's.
	Agents []string `yaml:"agents"`

	// Notes is personal (default) or off.
	Notes Notes `yaml:"notes"`

	Language  string    `yaml:"language"`  // of the agents; English for one we do not have
	Developer Developer `yaml:"developer"` // for the app package only

	// BaseURL replaces scheme and host of every address of Microsoft.
	BaseURL string `yaml:"base_url"`
}

// Notes is where suggestions go.
type Notes string

// The values of [Notes].
const (
	Personal Notes = "personal"
	Off      Notes = "off"
)

// Developer is who stands behind the app, as Teams shows it. What is empty
// becomes the address of this server.
type Developer struct {
	Name    string `yaml:"name"`
	Website string `yaml:"website"`
	Privacy string `yaml:"privacy"`
	Terms   string `yaml:"terms"`
}

// Validate returns everything that is wrong.
func (c Config) Validate() error {
	var errs []error
	add := func(field, problem string) { errs = append(errs, fmt.Errorf("%s: %s", field, problem)) }

	if !connectors.IsUUID(c.TenantID) {
		add("tenant_id", "required; the tenant's GUID, from Entra admin center > Overview")
	}
	if _, ok := clouds[c.Cloud]; !ok && c.Cloud != "" {
		add("cloud", "must be one of "+strings.Join(slices.Sorted(maps.Keys(clouds)), ", "))
	}
	if c.AppID == "" && c.OutgoingToken.IsZero() {
		add("app_id", "required, the bot's application id from Azure Bot > Configuration; or set outgoing_token for an outgoing webhook")
	}
	if c.AppID != "" && !connectors.IsUUID(c.AppID) {
		add("app_id", "must be a GUID; Azure Bot > Configuration > Microsoft App ID")
	}
	if c.AppID == "" && !c.ClientSecret.IsZero() {
		add("app_id", "required with client_secret")
	}
	if c.ClientSecret.IsZero() && !c.PreviousSecret.IsZero() {
		add("previous_client_secret", "only together with client_secret")
	}
	if connectors.IsUUID(c.ClientSecret.Reveal()) {
		add("client_secret", "is a GUID, so it is the secret's id; copy the column Value, which Entra shows once")
	}
	errs = append(errs, c.validateTokens(), c.validateAgents())
	if c.Notes != "" && c.Notes != Personal && c.Notes != Off {
		add("notes", `must be "personal" or "off"`)
	}
	for _, d := range []struct{ field, value string }{
		{"developer.website", c.Developer.Website}, {"developer.privacy", c.Developer.Privacy}, {"developer.terms", c.Developer.Terms},
	} {
		if _, err := connectors.CheckHTTPS(d.value); d.value != "" && err != nil {
			add(d.field, "must be an https address, or empty for that of this server")
		}
	}
	if c.BaseURL != "" && !connectors.IsAddress(c.BaseURL) {
		add("base_url", "must be an http(s) address, or empty for Microsoft's own")
	}
	return errors.Join(errs...)
}

func (c Config) validateTokens() error {
	var errs []error
	for _, t := range []struct {
		field string
		value config.Secret
	}{{"outgoing_token", c.OutgoingToken}, {"previous_outgoing_token", c.PreviousOutgoingToken}} {
		if t.value.IsZero() {
			continue
		}
		if key, err := base64.StdEncoding.DecodeString(t.value.Reveal()); err != nil || len(key) == 0 {
			errs = append(errs, fmt.Errorf("%s: must be the base64 text that Teams showed once when the webhook was made; make it anew if it is lost", t.field))
		}
	}
	if c.OutgoingToken.IsZero() && !c.PreviousOutgoingToken.IsZero() {
		errs = append(errs, errors.New("previous_outgoing_token: only together with outgoing_token"))
	}
	return errors.Join(errs...)
}

func (c Config) validateAgents() error {
	var errs []error
	if len(c.Agents) == 0 {
		errs = append(errs, errors.New("agents: required; the object ids of those who may see suggestions, from Entra admin center > Users"))
	}
	if len(c.Agents) > maxAgents {
		errs = append(errs, fmt.Errorf("agents: at most %d; each gets a card of their own", maxAgents))
	}
	for i, a := range c.Agents {
		switch {
		case !connectors.IsUUID(a):
			errs = append(errs, fmt.Errorf("agents[%d]: must be a GUID, the user's object id in Entra", i))
		case slices.ContainsFunc(c.Agents[:i], func(b string) bool { return strings.EqualFold(a, b) }):
			errs = append(errs, fmt.Errorf("agents[%d]: is listed twice", i))
		}
	}
	return errors.Join(errs...)
}

func (c Config) cloud() cloud {
	if c.Cloud == "" {
		return clouds["public"]
	}
	return clouds[c.Cloud]
}

// Connector is one bot. Safe for concurrent use.
type Connector struct {
	cfg    Config
	cloud  cloud
	words  connectors.Words
	client *connectors.Client
	files  *connectors.Files
	keys   *keyring
	tokens *connectors.Tokens
	seals  []connectors.Sealer // the first one seals

	rosters recent[roster] // by service and conversation
	seats   recent[seat]   // by service and agent
	shown   recent[string] // activity id by suggestion and agent; empty where Teams did not say
}

var (
	_ connectors.Connector  = (*Connector)(nil)
	_ connectors.Taker      = (*Connector)(nil)
	_ connectors.Answerer   = (*Connector)(nil)
	_ connectors.Noter      = (*Connector)(nil)
	_ connectors.Silent     = (*Connector)(nil)
	_ connectors.Updater    = (*Connector)(nil)
	_ connectors.Withdrawer = (*Connector)(nil)
	_ connectors.Viewer     = (*Connector)(nil)
	_ connectors.Opener     = (*Connector)(nil)
	_ connectors.Tester     = (*Connector)(nil)
	_ connectors.Packager   = (*Connector)(nil)
	_ connectors.Framed     = (*Connector)(nil)
)

// New makes a connector. A nil client is one with the default timeout.
func New(cfg Config, client *connectors.Client) (*Connector, error) {
	if err := cfg.Validate(); err != nil {
		return nil, fmt.Errorf("teams: %w", err)
	}
	if client == nil {
		client = connectors.NewClient(0, nil, nil)
	}
	cfg.AppID, cfg.TenantID = strings.ToLower(cfg.AppID), strings.ToLower(cfg.TenantID)
	c := &Connector{cfg: cfg, cloud: cfg.cloud(), words: connectors.WordsIn(cfg.Language), client: client, files: newFiles(cfg, client)}
	c.keys = &keyring{load: c.loadKeys, turn: make(chan struct{}, 1)}
	c.tokens = &connectors.Tokens{Get: c.newToken, Now: client.Now}
	for _, s := range []config.Secret{cfg.ClientSecret, cfg.PreviousSecret} {
		if !s.IsZero() {
			c.seals = append(c.seals, connectors.NewSealer("teams", s.Reveal()))
		}
	}
	return c, nil
}

// agent reports whether somebody may see suggestions, by object id.
func (c *Connector) agent(object string) bool {
	return slices.ContainsFunc(c.cfg.Agents, func(a string) bool { return strings.EqualFold(a, object) })
}

// bot is our id in Teams.
func (c *Connector) bot() string { return botPrefix + c.cfg.AppID }

// at is address, at BaseURL if that is set.
func (c *Connector) at(address string) string {
	if c.cfg.BaseURL == "" {
		return address
	}
	_, rest, _ := strings.Cut(address, "://")
	_, path, _ := strings.Cut(rest, "/")
	return strings.TrimRight(c.cfg.BaseURL, "/") + "/" + path
}
