package standard

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"time"

	"github.com/sufflor/sufflor/config"
	"github.com/sufflor/sufflor/connectors"
)

// Config is one sender and, with a callback, one receiver.
type Config struct {
	Tenant string `yaml:"tenant"` // the account; each delivery must name it

	// Secrets verify what comes in: whsec_… (v1) or whpk_… (v1a). During a
	// rotation there are two; the order does not matter.
	Secrets []config.Secret `yaml:"secrets"`

	// Headers is standard (default), or svix for senders that still use the
	// older names as well.
	Headers Headers `yaml:"headers"`

	Callback Callback `yaml:"callback"`

	// FeedbackURL, if set, is sent along with "/{suggestion}" added, for
	// receivers that rather post there than send suggestion.feedback.
	FeedbackURL string `yaml:"feedback_url"`

	// Frames are the origins that may frame our panel, https://desk.example.
	Frames []string `yaml:"frames"`
}

// Headers is how the three headers are called.
type Headers string

// The values of [Headers].
const (
	Standard Headers = "standard"
	Svix     Headers = "svix"
)

// Callback is where suggestions go; all empty if they are not sent.
type Callback struct {
	URL    string        `yaml:"url"`
	Secret config.Secret `yaml:"secret"` // whsec_… or whsk_…, never one of Secrets

	// Allow lists networks such as 10.1.0.0/16 that are allowed although they
	// are not public, for callbacks and for attachments.
	Allow []string `yaml:"allow"`
}

func (c Callback) used() bool { return c.URL != "" || !c.Secret.IsZero() }

// Validate returns everything that is wrong. It resolves no names.
func (c Config) Validate() error {
	var errs []error
	add := func(field, problem string) { errs = append(errs, fmt.Errorf("%s: %s", field, problem)) }

	if c.Tenant == "" {
		add("tenant", "required; the text each delivery has in data.tenant")
	}
	if len(c.Secrets) == 0 {
		add("secrets", "required, at least one; generate it with: openssl rand -base64 32, and put whsec_ before it")
	}
	for i, s := range c.Secrets {
		field := fmt.Sprintf("secrets[%d]", i)
		if k, err := parseKey(s); err != nil {
			add(field, err.Error())
		} else if k.private != nil {
			add(field, "is a private key; to verify you need whpk_…")
		}
	}
	if c.Headers != "" && c.Headers != Standard && c.Headers != Svix {
		add("headers", `must be "standard" or "svix"`)
	}
	if c.FeedbackURL != "" {
		if _, err := connectors.CheckHTTPS(c.FeedbackURL); err != nil {
			add("feedback_url", err.Error())
		}
	}
	for i, o := range c.Frames {
		u, err := connectors.CheckHTTPS(o)
		if err != nil || o != "https://"+u.Host {
			add(fmt.Sprintf("frames[%d]", i), "must be an origin such as https://desk.example, without a path")
		}
	}
	if c.Callback.used() {
		errs = append(errs, c.validateCallback()...)
	}
	if _, err := c.allowed(); err != nil {
		errs = append(errs, err)
	}
	return errors.Join(errs...)
}

func (c Config) validateCallback() []error {
	var errs []error
	add := func(field, problem string) { errs = append(errs, fmt.Errorf("callback.%s: %s", field, problem)) }
	if c.Callback.URL == "" {
		add("url", "required with a callback")
	} else if _, err := connectors.CheckHTTPS(c.Callback.URL); err != nil {
		add("url", err.Error())
	}
	if k, err := parseKey(c.Callback.Secret); err != nil {
		add("secret", err.Error())
	} else if k.public != nil {
		add("secret", "is a public key and cannot sign; use whsec_… or whsk_…")
	}
	for _, s := range c.Secrets {
		if strings.TrimPrefix(s.Reveal(), prefixSecret) == strings.TrimPrefix(c.Callback.Secret.Reveal(), prefixSecret) {
			add("secret", "must not be one of secrets: whoever receives could forge what comes in")
			break
		}
	}
	return errs
}

// allowed parses Callback.Allow.
func (c Config) allowed() ([]netip.Prefix, error) {
	var out []netip.Prefix
	var errs []error
	for i, text := range c.Callback.Allow {
		p, err := netip.ParsePrefix(text)
		if err != nil {
			errs = append(errs, fmt.Errorf("callback.allow[%d]: must be a network such as 10.1.0.0/16", i))
			continue
		}
		out = append(out, p.Masked())
	}
	return out, errors.Join(errs...)
}

// Connector is one sender and its receiver. Safe for concurrent use.
type Connector struct {
	cfg    Config
	keys   []key // inbound
	out    key
	client *connectors.Client // nil without a callback
	guard  *connectors.Guard
	files  *connectors.Files
	now    func() time.Time
}

var (
	_ connectors.Connector  = (*Connector)(nil)
	_ connectors.Noter      = (*Connector)(nil)
	_ connectors.Silent     = (*Connector)(nil)
	_ connectors.Updater    = (*Connector)(nil)
	_ connectors.Withdrawer = (*Connector)(nil)
	_ connectors.Opener     = (*Connector)(nil)
	_ connectors.Tester     = (*Connector)(nil)
	_ connectors.Packager   = (*Connector)(nil)
	_ connectors.Framed     = (*Connector)(nil)
)

// New makes a connector. A nil client is one with the default timeout. Whatever
// its transport, callbacks go through a guard against our own network.
func New(cfg Config, client *connectors.Client) (*Connector, error) {
	if err := cfg.Validate(); err != nil {
		return nil, fmt.Errorf("standard: %w", err)
	}
	c := &Connector{cfg: cfg}
	for i, s := range cfg.Secrets {
		k, err := parseKey(s)
		if err != nil {
			return nil, fmt.Errorf("standard: secrets[%d]: %w", i, err)
		}
		c.keys = append(c.keys, k)
	}
	allow, err := cfg.allowed()
	if err != nil {
		return nil, fmt.Errorf("standard: %w", err)
	}
	guard := &connectors.Guard{Allow: allow}
	if client == nil {
		client = connectors.NewClient(callbackTimeout, nil, nil)
	}
	c.files, c.now = connectors.NewFiles(client, guard), client.Now
	if !cfg.Callback.used() {
		return c, nil
	}
	if c.out, err = parseKey(cfg.Callback.Secret); err != nil {
		return nil, fmt.Errorf("standard: callback.secret: %w", err)
	}
	c.guard = guard
	c.client = client.Guarded(c.guard)
	return c, nil
}

// Origins implements [connectors.Framed].
func (c *Connector) Origins() []string { return slices.Clone(c.cfg.Frames) }

// Check reports whether the callback's name resolves to allowed addresses, for
// an admin who wants to know before the first suggestion.
func (c *Connector) Check(ctx context.Context) error {
	if c.guard == nil {
		return nil
	}
	if err := c.guard.Check(ctx, c.cfg.Callback.URL); err != nil {
		return fmt.Errorf("callback.url: %w", err)
	}
	return nil
}
