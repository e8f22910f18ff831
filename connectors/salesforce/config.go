package salesforce

import (
	"crypto/rsa"
	"errors"
	"fmt"
	"net/url"
	"strings"

	"github.com/golang-jwt/jwt/v5"

	"github.com/sufflor/sufflor/config"
	"github.com/sufflor/sufflor/connectors"
)

// Config is one Salesforce org.
type Config struct {
	OrgID    string `yaml:"org_id"`    // 15 or 18 characters, as Setup > Company Information has it
	MyDomain string `yaml:"my_domain"` // nordwind of nordwind.my.salesforce.com; nordwind--uat.sandbox

	// SigningSecret is what our Apex class signs with: whsec_ and base64. During
	// a rotation the one it replaces stays valid as PreviousSecret.
	SigningSecret  config.Secret `yaml:"signing_secret"`
	PreviousSecret config.Secret `yaml:"previous_signing_secret"`

	// OutboundToken is the last part of the address of outbound messages, which
	// are not signed; PreviousToken the one it replaces.
	OutboundToken config.Secret `yaml:"outbound_token"`
	PreviousToken config.Secret `yaml:"previous_outbound_token"`

	API API `yaml:"api"`

	// Notes is comment (default) or off, for orgs with the panel on the page.
	Notes    Notes  `yaml:"notes"`
	Language string `yaml:"language"` // of the agents; English for one we do not have

	// BaseURL replaces https://{my_domain}.my.salesforce.com.
	BaseURL string `yaml:"base_url"`
}

// API is the app that we log in as, with the JWT bearer flow; all empty if
// nothing is written or read.
type API struct {
	ClientID   string        `yaml:"client_id"`   // consumer key
	PrivateKey config.Secret `yaml:"private_key"` // PEM, of the certificate uploaded to the app
	Username   string        `yaml:"username"`    // of the integration user
	UserID     string        `yaml:"user_id"`     // of the same, 005…: what it writes is ours
	LoginURL   string        `yaml:"login_url"`   // https://test.salesforce.com for a sandbox
}

func (a API) used() bool {
	return a.ClientID != "" || !a.PrivateKey.IsZero() || a.Username != "" || a.UserID != "" || a.LoginURL != ""
}

// Notes is where suggestions go.
type Notes string

// The values of [Notes].
const (
	Comment Notes = "comment"
	Off     Notes = "off"
)

// Validate returns everything that is wrong.
func (c Config) Validate() error {
	var errs []error
	add := func(field, problem string) { errs = append(errs, fmt.Errorf("%s: %s", field, problem)) }

	if !isID(c.OrgID) || !strings.HasPrefix(c.OrgID, "00D") {
		add("org_id", "required; Setup > Company Information > Salesforce.com Organization ID, 00D…")
	}
	if !isDomain(c.MyDomain) {
		add("my_domain", "required; the part before .my.salesforce.com, see Setup > My Domain")
	}
	if c.SigningSecret.IsZero() && c.OutboundToken.IsZero() {
		add("signing_secret", `required, or outbound_token; generate it with: echo "whsec_$(openssl rand -base64 32)", and enter it in Setup > Custom Settings > Sufflor Setting`)
	}
	secret := func(field string, s config.Secret) {
		if _, err := parseKey(s); !s.IsZero() && err != nil {
			add(field, err.Error())
		}
	}
	secret("signing_secret", c.SigningSecret)
	secret("previous_signing_secret", c.PreviousSecret)
	if c.SigningSecret.IsZero() && !c.PreviousSecret.IsZero() {
		add("previous_signing_secret", "only together with signing_secret")
	}
	token := func(field string, s config.Secret) {
		if !s.IsZero() && !isPathToken(s.Reveal()) {
			add(field, fmt.Sprintf("must be %d or more letters and digits; generate it with: openssl rand -hex 20", minPathToken))
		}
	}
	token("outbound_token", c.OutboundToken)
	token("previous_outbound_token", c.PreviousToken)
	if c.OutboundToken.IsZero() && !c.PreviousToken.IsZero() {
		add("previous_outbound_token", "only together with outbound_token")
	}
	if c.API.used() {
		errs = append(errs, c.API.validate()...)
	}
	if c.Notes != "" && c.Notes != Comment && c.Notes != Off {
		add("notes", `must be "comment" or "off"`)
	}
	if c.BaseURL != "" && !isAddress(c.BaseURL) {
		add("base_url", "must be an http(s) address, or empty for the org's own")
	}
	return errors.Join(errs...)
}

func (a API) validate() []error {
	var errs []error
	add := func(field, problem string) { errs = append(errs, fmt.Errorf("api.%s: %s", field, problem)) }
	if a.ClientID == "" {
		add("client_id", "required; the consumer key of the external client app")
	}
	if _, err := parsePrivate(a.PrivateKey); err != nil {
		add("private_key", err.Error())
	}
	if a.Username == "" {
		add("username", "required; of the integration user, such as copilot@nordwind.example")
	}
	if !isID(a.UserID) || !strings.HasPrefix(a.UserID, prefixUser) {
		add("user_id", "required; the integration user's id, 005…, as in the address of its page in Setup > Users")
	}
	if a.LoginURL != "" && !isAddress(a.LoginURL) {
		add("login_url", "must be an address such as https://test.salesforce.com, or empty for production")
	}
	return errs
}

func parsePrivate(s config.Secret) (*rsa.PrivateKey, error) {
	if s.IsZero() {
		return nil, errors.New("required; generate it with: openssl req -x509 -newkey rsa:2048 -nodes -days 730 -keyout sufflor.key -out sufflor.crt -subj /CN=sufflor")
	}
	key, err := jwt.ParseRSAPrivateKeyFromPEM([]byte(s.Reveal()))
	if err != nil {
		return nil, errors.New("must be an RSA key in PEM, the content of sufflor.key")
	}
	if key.Size() < 256 {
		return nil, errors.New("must have 2048 bits or more")
	}
	return key, nil
}

func isAddress(s string) bool {
	u, err := url.Parse(s)
	return err == nil && u.Host != "" && u.User == nil && (u.Scheme == "https" || u.Scheme == "http")
}

const (
	digits  = "0123456789"
	letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
)

// isID reports whether s has the form of a record's id.
func isID(s string) bool {
	return (len(s) == 15 || len(s) == 18) && strings.Trim(s, letters+digits) == ""
}

func isPathToken(s string) bool {
	return len(s) >= minPathToken && len(s) <= 200 && strings.Trim(s, letters+digits+"-_") == ""
}

// isDomain takes nordwind and nordwind--uat.sandbox.
func isDomain(s string) bool {
	for part := range strings.SplitSeq(s, ".") {
		if part == "" || len(part) > 63 || strings.Trim(part, strings.ToLower(letters[:26])+digits+"-") != "" || strings.Trim(part, "-") != part {
			return false
		}
	}
	return s != ""
}

// id18 is an id in its long form. The short one is case sensitive; the three
// characters more say which letters are large, five at a time.
func id18(s string) string {
	if len(s) != 15 {
		return s
	}
	const sums = "ABCDEFGHIJKLMNOPQRSTUVWXYZ012345"
	out := []byte(s)
	for i := 0; i < len(s); i += 5 {
		sum := 0
		for j := range 5 {
			if ch := s[i+j]; ch >= 'A' && ch <= 'Z' {
				sum |= 1 << j
			}
		}
		out = append(out, sums[sum])
	}
	return string(out)
}

func (c Config) base() string {
	if c.BaseURL != "" {
		return strings.TrimRight(c.BaseURL, "/")
	}
	return "https://" + c.MyDomain + ".my.salesforce.com"
}

// Connector is one Salesforce org. Safe for concurrent use.
type Connector struct {
	cfg    Config
	org    string   // 18 characters
	me     string   // the integration user, 18 characters; empty without API
	keys   [][]byte // of the Apex class
	client *connectors.Client
	files  *connectors.Files
	tokens *connectors.Tokens // nil without API
	key    *rsa.PrivateKey    // of the same
}

var (
	_ connectors.Connector  = (*Connector)(nil)
	_ connectors.Taker      = (*Connector)(nil)
	_ connectors.Discreet   = (*Connector)(nil)
	_ connectors.Fetcher    = (*Connector)(nil)
	_ connectors.Poller     = (*Connector)(nil)
	_ connectors.Opener     = (*Connector)(nil)
	_ connectors.Noter      = (*Connector)(nil)
	_ connectors.Silent     = (*Connector)(nil)
	_ connectors.Updater    = (*Connector)(nil)
	_ connectors.Withdrawer = (*Connector)(nil)
	_ connectors.Tester     = (*Connector)(nil)
	_ connectors.Packager   = (*Connector)(nil)
	_ connectors.Hosted     = (*Connector)(nil)
	_ connectors.Framed     = (*Connector)(nil)
)

// New makes a connector. A nil client is one with the default timeout.
func New(cfg Config, client *connectors.Client) (*Connector, error) {
	if err := cfg.Validate(); err != nil {
		return nil, fmt.Errorf("salesforce: %w", err)
	}
	if client == nil {
		client = connectors.NewClient(0, nil, nil)
	}
	c := &Connector{cfg: cfg, org: id18(cfg.OrgID), client: client, files: connectors.NewFiles(client, nil, cfg.base())}
	for _, s := range []config.Secret{cfg.SigningSecret, cfg.PreviousSecret} {
		if s.IsZero() {
			continue
		}
		key, err := parseKey(s)
		if err != nil {
			return nil, fmt.Errorf("salesforce: signing_secret: %w", err)
		}
		c.keys = append(c.keys, key)
	}
	if cfg.API.used() {
		key, err := parsePrivate(cfg.API.PrivateKey)
		if err != nil {
			return nil, fmt.Errorf("salesforce: api.private_key: %w", err)
		}
		c.key, c.me = key, id18(cfg.API.UserID)
		c.tokens = &connectors.Tokens{Get: c.login, Now: client.Now}
	}
	return c, nil
}
