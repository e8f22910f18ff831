package config

import (
	"fmt"
	"net"
	"net/url"
	"slices"
	"strings"
)

// OIDC is single sign-on at an OpenID provider. Without an issuer people sign
// in with a login and a password only.
type OIDC struct {
	Issuer   string `yaml:"issuer"`    // the provider's address, as it names itself
	ClientID string `yaml:"client_id"` // ours at the provider
	// ClientSecret is ours at the provider, or stands in ClientSecretFile;
	// without either PKCE alone proves that it is us.
	ClientSecret     Secret `yaml:"client_secret"`
	ClientSecretFile string `yaml:"client_secret_file"`
	Label            string `yaml:"label"` // on the button; "": the issuer's host

	Scopes      []string `yaml:"scopes"`       // asked for beside openid, profile and email
	GroupsClaim string   `yaml:"groups_claim"` // where groups stand; dots lead into objects
	Domains     []string `yaml:"domains"`      // of verified addresses; others are kept out
	Groups      []string `yaml:"groups"`       // who is in none of them is kept out
	Roles       []Grant  `yaml:"roles"`
	Create      bool     `yaml:"create"` // make accounts of people who have none
	// LinkByEmail links people to the account that has their verified address
	// as its login, when they come for the first time. It needs Domains.
	LinkByEmail bool `yaml:"link_by_email"`
}

// Grant is the role that a group has in a workspace. Of several the first
// holds; in workspaces that are named in none, roles are given at /people.
type Grant struct {
	Group     string `yaml:"group"`
	Workspace string `yaml:"workspace"`
	Role      string `yaml:"role"`
}

// roles are those of package access.
var roles = []string{"agent", "editor", "reviewer", "admin"}

// On reports whether single sign-on is configured.
func (o OIDC) On() bool { return o.Issuer != "" }

// Name is what the button calls the provider.
func (o OIDC) Name() string {
	if u, err := url.Parse(o.Issuer); o.Label == "" && err == nil {
		return u.Hostname()
	}
	return o.Label
}

// protected reports whether an address is https, or one of this machine.
func protected(address string) bool {
	u, err := url.Parse(address)
	if err != nil || u.Host == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "" {
		return false
	}
	ip := net.ParseIP(u.Hostname())
	return u.Scheme == "https" || u.Scheme == "http" && (u.Hostname() == "localhost" || ip != nil && ip.IsLoopback())
}

func (o OIDC) validate(c Config) (errs []error) {
	bad := func(format string, args ...any) { errs = append(errs, fmt.Errorf("oidc."+format, args...)) }
	if !o.On() {
		if o.ClientID != "" || o.Create || o.LinkByEmail || len(o.Roles) > 0 {
			bad("issuer: required; the provider's address, as its .well-known/openid-configuration names it")
		}
		return errs
	}
	if !protected(o.Issuer) {
		bad("issuer: %q is no address such as https://login.example.com", o.Issuer)
	}
	if o.ClientID == "" {
		bad("client_id: required; the provider gives it when sufflor is registered there")
	}
	if !o.ClientSecret.IsZero() && o.ClientSecretFile != "" {
		bad("client_secret_file: not beside client_secret; use one of them")
	}
	if !protected(c.PublicURL) {
		bad("issuer: needs public_url, with https: the provider sends people back to public_url/signin/oidc/done")
	}
	if len(o.Label) > 60 {
		bad("label: more than 60 bytes")
	}
	for i, d := range o.Domains {
		if d == "" || strings.ContainsAny(d, "@ */") || !strings.Contains(d, ".") {
			bad("domains[%d]: %q is no domain such as example.com", i, d)
		}
	}
	if o.LinkByEmail && len(o.Domains) == 0 {
		bad("domains: required with link_by_email: else whoever has an address at the provider could take over an account")
	}
	if (len(o.Groups) > 0 || len(o.Roles) > 0) && o.GroupsClaim == "" {
		bad("groups_claim: required with groups or roles")
	}
	for i, g := range o.Roles {
		at := fmt.Sprintf("roles[%d]", i)
		if g.Group == "" {
			bad("%s.group: required", at)
		}
		if !slices.Contains(roles, g.Role) {
			bad("%s.role: %q; one of %s", at, g.Role, strings.Join(roles, ", "))
		}
		if !slices.ContainsFunc(c.Workspaces, func(w Workspace) bool { return w.ID == g.Workspace }) {
			bad("%s.workspace: %q is none of the configured ones", at, g.Workspace)
		}
	}
	return errs
}
