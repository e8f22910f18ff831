package freshworks

import (
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"

	"github.com/sufflor/sufflor/config"
	"github.com/sufflor/sufflor/connectors"
)

// Notes is where suggestions go.
type Notes string

// The values of [Notes].
const (
	Private Notes = "private"
	Off     Notes = "off"
)

func (n Notes) validate() error {
	if n != "" && n != Private && n != Off {
		return errors.New(`notes: must be "private" or "off"`)
	}
	return nil
}

// DeskConfig is one Freshdesk account.
type DeskConfig struct {
	Domain string `yaml:"domain"` // nordwind of nordwind.freshdesk.com

	// HookToken is what the automation rules send. During a rotation the one
	// it replaces stays valid as PreviousToken.
	HookToken     config.Secret `yaml:"hook_token"`
	PreviousToken config.Secret `yaml:"previous_hook_token"`

	// APIKey is an agent's; without it nothing is read, and nothing is known
	// but that something happened. APIUser is the id of that agent: what they
	// wrote is ours.
	APIKey  config.Secret `yaml:"api_key"`
	APIUser string        `yaml:"api_user"`

	Bots       []string `yaml:"bots"`        // ids of other agents that are programs
	Notes      Notes    `yaml:"notes"`       // private (default) or off, for accounts with the app
	Language   string   `yaml:"language"`    // of the agents; English for one we do not have
	AppOrigins []string `yaml:"app_origins"` // where the app's page comes from
	BaseURL    string   `yaml:"base_url"`    // replaces https://{domain}.freshdesk.com
}

const minToken = 12

// Validate returns everything that is wrong.
func (c DeskConfig) Validate() error {
	errs := []error{c.Notes.validate(), validateOrigins(c.AppOrigins), validateBase(c.BaseURL)}
	add := func(field, problem string) { errs = append(errs, fmt.Errorf("%s: %s", field, problem)) }

	if !connectors.IsSubdomain(c.Domain) {
		add("domain", "required; the part before .freshdesk.com")
	}
	if len(c.HookToken.Reveal()) < minToken {
		add("hook_token", fmt.Sprintf("required, %d or more random characters; enter the same as %s in the automation rules", minToken, headerToken))
	}
	if p := c.PreviousToken.Reveal(); p != "" && len(p) < minToken {
		add("previous_hook_token", fmt.Sprintf("at least %d characters", minToken))
	}
	if c.APIKey.IsZero() {
		add("api_key", "required: rules are not signed, so each ticket is read through the API; take it from the profile of the agent that writes the notes")
	}
	if !connectors.IsNumber(c.APIUser) {
		add("api_user", "required, digits only; the id of the agent the key belongs to")
	}
	for i, b := range c.Bots {
		if !connectors.IsNumber(b) {
			add(fmt.Sprintf("bots[%d]", i), "must be an agent's id, digits only")
		}
	}
	return errors.Join(errs...)
}

func (c DeskConfig) base() string {
	if c.BaseURL != "" {
		return strings.TrimRight(c.BaseURL, "/")
	}
	return "https://" + c.Domain + ".freshdesk.com"
}

// ChatConfig is one Freshchat account.
type ChatConfig struct {
	App string `yaml:"app"` // app_id of each delivery

	// PublicKey is what Freshchat shows beside the webhook's address, as it
	// can be copied. During a change the one it replaces stays valid as
	// PreviousKey: a webhook made anew has a new key.
	PublicKey   string `yaml:"public_key"`
	PreviousKey string `yaml:"previous_public_key"`

	// APIURL is the chat URL of the API settings. Token is an API token;
	// without it nothing is written. Agent is the id of the agent that writes:
	// what they wrote is ours.
	APIURL string        `yaml:"api_url"`
	Token  config.Secret `yaml:"token"`
	Agent  string        `yaml:"agent"`

	Bots       []string `yaml:"bots"`        // ids of other agents that are programs
	Notes      Notes    `yaml:"notes"`       // private (default) or off, for accounts with the app
	Language   string   `yaml:"language"`    // of the agents; English for one we do not have
	AppOrigins []string `yaml:"app_origins"` // where the app's page comes from
}

// Validate returns everything that is wrong.
func (c ChatConfig) Validate() error {
	errs := []error{c.Notes.validate(), validateOrigins(c.AppOrigins)}
	add := func(field, problem string) { errs = append(errs, fmt.Errorf("%s: %s", field, problem)) }

	if !isToken(c.App) {
		add("app", "required; any delivery shows it as app_id")
	}
	if _, err := parseKey(c.PublicKey); err != nil {
		add("public_key", "required; copy what stands beside the webhook's address in Admin > Webhooks: "+err.Error())
	}
	if c.PreviousKey != "" {
		if _, err := parseKey(c.PreviousKey); err != nil {
			add("previous_public_key", err.Error())
		}
	}
	if c.APIURL != "" || !c.Token.IsZero() {
		if u, err := url.Parse(c.APIURL); err != nil || u.Host == "" || (u.Scheme != "https" && u.Scheme != "http") || u.User != nil || u.RawQuery != "" {
			add("api_url", "required with token; the chat URL of Admin > API tokens, such as https://nordwind.freshchat.com/v2")
		}
	}
	if c.Token.IsZero() && c.APIURL != "" {
		add("token", "required with api_url; generate it in Admin > API tokens")
	}
	if !c.Token.IsZero() && !isToken(c.Agent) {
		add("agent", "required with token; the id of the agent that writes, see GET /agents")
	}
	for i, b := range c.Bots {
		if !isToken(b) {
			add(fmt.Sprintf("bots[%d]", i), "must be an agent's id")
		}
	}
	return errors.Join(errs...)
}

const minKeyLen = 256 // bytes; RSA-2048

// parseKey reads a public key as Freshchat shows it: on one line, with blanks
// for line breaks, and labelled as PKCS#1 although it is none.
func parseKey(text string) (*rsa.PublicKey, error) {
	if strings.Contains(text, "PRIVATE") {
		return nil, errors.New("this is a private key; Freshchat's is public")
	}
	var body []string
	for i, part := range strings.Split(text, "-----") {
		// Between dashes stand labels, at odd places.
		if s := strings.Join(strings.Fields(part), ""); s != "" && (i%2 == 0 || !strings.Contains(part, "PUBLIC KEY")) {
			body = append(body, s)
		}
	}
	if len(body) != 1 {
		return nil, errors.New("is no public key")
	}
	der, err := base64.StdEncoding.DecodeString(body[0])
	if err != nil {
		return nil, errors.New("is no public key: not base64")
	}
	var key *rsa.PublicKey
	if any, err := x509.ParsePKIXPublicKey(der); err == nil {
		key, _ = any.(*rsa.PublicKey)
	} else if key, err = x509.ParsePKCS1PublicKey(der); err != nil {
		return nil, errors.New("is no public key")
	}
	if key == nil || key.Size() < minKeyLen {
		return nil, errors.New("must be an RSA key of 2048 bits or more")
	}
	return key, nil
}

func validateOrigins(origins []string) error {
	var errs []error
	for i, o := range origins {
		if u, err := connectors.CheckHTTPS(o); err != nil || u.Path != "" || u.RawQuery != "" {
			errs = append(errs, fmt.Errorf("app_origins[%d]: must be https and a host, without a path", i))
		}
	}
	return errors.Join(errs...)
}

func validateBase(address string) error {
	if address != "" && !connectors.IsAddress(address) {
		return errors.New("base_url: must be an http(s) address, or empty for Freshdesk's own")
	}
	return nil
}

// isToken reports whether s may be part of an address. Ids of old Freshchat
// accounts are long and composed.
func isToken(s string) bool {
	const letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_"
	return s != "" && len(s) <= 200 && strings.Trim(s, letters) == ""
}

// Desk is one Freshdesk account. Safe for concurrent use.
type Desk struct {
	cfg    DeskConfig
	client *connectors.Client
	files  *connectors.Files
}

var (
	_ connectors.Connector  = (*Desk)(nil)
	_ connectors.Fetcher    = (*Desk)(nil)
	_ connectors.Poller     = (*Desk)(nil)
	_ connectors.Opener     = (*Desk)(nil)
	_ connectors.Noter      = (*Desk)(nil)
	_ connectors.Silent     = (*Desk)(nil)
	_ connectors.Updater    = (*Desk)(nil)
	_ connectors.Withdrawer = (*Desk)(nil)
	_ connectors.Tester     = (*Desk)(nil)
	_ connectors.Packager   = (*Desk)(nil)
	_ connectors.Framed     = (*Desk)(nil)
)

// NewDesk makes a connector to Freshdesk. A nil client is one with the default
// timeout.
func NewDesk(cfg DeskConfig, client *connectors.Client) (*Desk, error) {
	if err := cfg.Validate(); err != nil {
		return nil, fmt.Errorf("freshdesk: %w", err)
	}
	if client == nil {
		client = connectors.NewClient(0, nil, nil)
	}
	return &Desk{cfg: cfg, client: client, files: connectors.NewFiles(client, nil)}, nil
}

// Chat is one Freshchat account. Safe for concurrent use.
type Chat struct {
	cfg    ChatConfig
	keys   []*rsa.PublicKey
	client *connectors.Client
	files  *connectors.Files
}

var (
	_ connectors.Connector = (*Chat)(nil)
	_ connectors.Opener    = (*Chat)(nil)
	_ connectors.Noter     = (*Chat)(nil)
	_ connectors.Silent    = (*Chat)(nil)
	_ connectors.Tester    = (*Chat)(nil)
	_ connectors.Packager  = (*Chat)(nil)
	_ connectors.Framed    = (*Chat)(nil)
)

// NewChat makes a connector to Freshchat. A nil client is one with the default
// timeout.
func NewChat(cfg ChatConfig, client *connectors.Client) (*Chat, error) {
	if err := cfg.Validate(); err != nil {
		return nil, fmt.Errorf("freshchat: %w", err)
	}
	if client == nil {
		client = connectors.NewClient(0, nil, nil)
	}
	c := &Chat{cfg: cfg, client: client, files: connectors.NewFiles(client, nil)}
	for _, text := range []string{cfg.PublicKey, cfg.PreviousKey} {
		if key, err := parseKey(text); err == nil {
			c.keys = append(c.keys, key)
		}
	}
	return c, nil
}

// program reports whether id is not a person's.
func program(id, own string, bots []string) bool {
	return id != "" && (id == own || slices.Contains(bots, id))
}
