package slack

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/sufflor/sufflor/config"
	"github.com/sufflor/sufflor/connectors"
)

// Config is one Slack workspace.
type Config struct {
	// SigningSecret is the app's. During a rotation the one it replaces stays
	// valid as PreviousSecret.
	SigningSecret  config.Secret `yaml:"signing_secret"`
	PreviousSecret config.Secret `yaml:"previous_signing_secret"`

	Token config.Secret `yaml:"token"` // of the bot, xoxb-…; without it nothing is shown in Slack

	Team       string `yaml:"team"`       // our workspace, T…
	Enterprise string `yaml:"enterprise"` // E…, for installations of a whole organisation
	App        string `yaml:"app"`        // A…
	BotUser    string `yaml:"bot_user"`   // the bot's user id, U…
	Bot        string `yaml:"bot"`        // the bot's id, B…

	// Agents are the user ids (U…) that may see suggestions, and nobody else.
	Agents []string `yaml:"agents"`

	// Channels (C… or G…) are asked for what was missed, and tested for our
	// membership. Events come from all channels the bot is in, listed or not.
	Channels []string `yaml:"channels"`

	Language string `yaml:"language"` // of the agents; English for one we do not have
	BaseURL  string `yaml:"base_url"` // replaces https://slack.com/api
}

// Validate returns everything that is wrong.
func (c Config) Validate() error {
	errs := []error{c.validateSecrets()}
	add := func(field, problem string) { errs = append(errs, fmt.Errorf("%s: %s", field, problem)) }

	if !isID(c.Team, "T") {
		add("team", "required; the workspace id, T…, from the address of Slack in a browser")
	}
	if !isID(c.App, "A") {
		add("app", "required; the app id, A…, from Basic Information")
	}
	for _, id := range []struct{ field, value, first string }{
		{"enterprise", c.Enterprise, "E"}, {"bot_user", c.BotUser, "UW"}, {"bot", c.Bot, "B"},
	} {
		if id.value != "" && !isID(id.value, id.first) {
			add(id.field, "is no id of Slack; it starts with "+id.first[:1])
		}
	}
	if !c.Token.IsZero() && (len(c.Agents) == 0 || c.BotUser == "") {
		add("agents", "required with token, as is bot_user; the user ids of those who may see suggestions")
	}
	if len(c.Agents) > maxAgents {
		add("agents", fmt.Sprintf("at most %d; each gets a message of their own", maxAgents))
	}
	for i, a := range c.Agents {
		switch {
		case !isID(a, "UW"):
			add(fmt.Sprintf("agents[%d]", i), "is no user id; it starts with U or W, see Profile > Copy member ID")
		case slices.Contains(c.Agents[:i], a):
			add(fmt.Sprintf("agents[%d]", i), "is listed twice")
		}
	}
	if len(c.Channels) > maxChannels {
		add("channels", fmt.Sprintf("at most %d", maxChannels))
	}
	for i, ch := range c.Channels {
		switch {
		case !isID(ch, "CG"):
			add(fmt.Sprintf("channels[%d]", i), "is no channel id; it starts with C or G, see the channel's details")
		case slices.Contains(c.Channels[:i], ch):
			add(fmt.Sprintf("channels[%d]", i), "is listed twice")
		}
	}
	if c.BaseURL != "" && !connectors.IsAddress(c.BaseURL) {
		add("base_url", "must be an http(s) address, or empty for Slack's own")
	}
	return errors.Join(errs...)
}

func (c Config) validateSecrets() error {
	var errs []error
	const public = "is the example of Slack's documentation, anyone could forge deliveries; take your app's own"
	if c.SigningSecret.IsZero() {
		errs = append(errs, errors.New("signing_secret: required; take it from api.slack.com/apps > Basic Information > App Credentials"))
	}
	if c.SigningSecret.Reveal() == publicSecret {
		errs = append(errs, errors.New("signing_secret: "+public))
	}
	if c.PreviousSecret.Reveal() == publicSecret {
		errs = append(errs, errors.New("previous_signing_secret: "+public))
	}
	if t := c.Token.Reveal(); t != "" && !strings.HasPrefix(t, "xoxb-") {
		errs = append(errs, errors.New("token: must be a bot token, xoxb-…; a user's token could speak as that user"))
	}
	return errors.Join(errs...)
}

// isID reports whether s is an id of Slack that starts with one of first.
func isID(s, first string) bool {
	const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
	return len(s) > 1 && len(s) <= 40 && strings.ContainsRune(first, rune(s[0])) && strings.Trim(s, letters) == ""
}

// Connector is one Slack workspace. Safe for concurrent use.
type Connector struct {
	cfg     Config
	words   connectors.Words
	client  *connectors.Client
	files   *connectors.Files
	sealers []connectors.Sealer // the first one seals

	mu      sync.Mutex
	checked map[string]time.Time // agents known to be of our workspace
}

var (
	_ connectors.Connector = (*Connector)(nil)
	_ connectors.Taker     = (*Connector)(nil)
	_ connectors.Answerer  = (*Connector)(nil)
	_ connectors.Noter     = (*Connector)(nil)
	_ connectors.Reactor   = (*Connector)(nil)
	_ connectors.Poller    = (*Connector)(nil)
	_ connectors.Opener    = (*Connector)(nil)
	_ connectors.Tester    = (*Connector)(nil)
	_ connectors.Packager  = (*Connector)(nil)
)

// New makes a connector. A nil client is one with the default timeout.
func New(cfg Config, client *connectors.Client) (*Connector, error) {
	if err := cfg.Validate(); err != nil {
		return nil, fmt.Errorf("slack: %w", err)
	}
	return build(cfg, client), nil
}

func build(cfg Config, client *connectors.Client) *Connector {
	if client == nil {
		client = connectors.NewClient(0, nil, nil)
	}
	own := fileHost
	if cfg.BaseURL != "" {
		own = cfg.BaseURL
	}
	c := &Connector{
		cfg: cfg, words: connectors.WordsIn(cfg.Language), client: client, checked: map[string]time.Time{},
		files: connectors.NewFiles(client, nil, own),
	}
	for _, s := range []config.Secret{cfg.SigningSecret, cfg.PreviousSecret} {
		if !s.IsZero() {
			c.sealers = append(c.sealers, connectors.NewSealer("slack", s.Reveal()))
		}
	}
	return c
}

// agent reports whether user may see suggestions.
func (c *Connector) agent(user string) bool { return slices.Contains(c.cfg.Agents, user) }

// insider makes sure that an agent on the list really belongs to our
// workspace and is no guest: in a shared channel a mistaken id would show the
// draft to the customer.
func (c *Connector) insider(ctx context.Context, user string) error {
	if !c.agent(user) {
		return connectors.Permanent(fmt.Errorf("user %s is not on the list of agents", user))
	}
	c.mu.Lock()
	at, ok := c.checked[user]
	c.mu.Unlock()
	if ok && c.client.Now().Sub(at) < checkedFor {
		return nil
	}
	var out struct {
		User struct {
			TeamID            string `json:"team_id"`
			Deleted           bool   `json:"deleted"`
			IsBot             bool   `json:"is_bot"`
			IsRestricted      bool   `json:"is_restricted"`
			IsUltraRestricted bool   `json:"is_ultra_restricted"`
			IsStranger        bool   `json:"is_stranger"`
		} `json:"user"`
	}
	if err := c.get(ctx, methodUser, url.Values{"user": {user}}, &out); err != nil {
		return err
	}
	u := out.User
	if u.TeamID != c.cfg.Team || u.Deleted || u.IsBot || u.IsRestricted || u.IsUltraRestricted || u.IsStranger {
		return connectors.Permanent(fmt.Errorf("agents: user %s is a guest, a bot, gone, or not of workspace %s: remove them", user, c.cfg.Team))
	}
	c.mu.Lock()
	c.checked[user] = c.client.Now()
	c.mu.Unlock()
	return nil
}
