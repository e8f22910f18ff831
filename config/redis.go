package config

import (
	"fmt"
	"slices"

	"go.yaml.in/yaml/v3"
)

// Redis is what replicas share. Without a URL each keeps to itself. In a file
// it may also be the URL alone.
type Redis struct {
	// URL is redis://user:password@host:port/db, rediss:// with TLS, or
	// unix:///path; in mode sentinel that of a sentinel, whose user and password
	// are those of the servers it watches. It may hold a password.
	URL   Secret   `yaml:"url"`
	Mode  string   `yaml:"mode"`  // single, sentinel or cluster; "": single
	Nodes []string `yaml:"nodes"` // host:port of further sentinels or nodes

	Master           string `yaml:"master"` // as the sentinels call it
	SentinelPassword Secret `yaml:"sentinel_password"`

	// Secret seals what lies there, the same for all replicas; empty: the
	// panel's token, which must be configured then.
	Secret Secret `yaml:"secret"`
}

// On reports whether there is a Redis.
func (r Redis) On() bool { return !r.URL.IsZero() }

// UnmarshalYAML takes an address alone, too.
func (r *Redis) UnmarshalYAML(n *yaml.Node) error {
	if n.Kind == yaml.ScalarNode {
		return n.Decode(&r.URL)
	}
	type plain Redis
	return n.Decode((*plain)(r))
}

// Sealing is the secret that seals.
func (r Redis) Sealing(p Panel) Secret {
	if r.Secret.IsZero() {
		return p.Token
	}
	return r.Secret
}

func (r Redis) validate(c Config) (errs []error) {
	bad := func(format string, args ...any) { errs = append(errs, fmt.Errorf("redis."+format, args...)) }
	if !slices.Contains([]string{"", "single", "sentinel", "cluster"}, r.Mode) {
		bad("mode: %q; one of single, sentinel, cluster", r.Mode)
	}
	if !r.On() {
		if r.Mode != "" || len(r.Nodes) > 0 || r.Master != "" {
			bad("url: required; such as redis://127.0.0.1:6379")
		}
		return errs
	}
	if r.Mode == "sentinel" && r.Master == "" {
		bad("master: required with mode sentinel; the name that the sentinels watch it by")
	}
	switch s := r.Sealing(c.Panel).Reveal(); {
	case s == "":
		bad("secret: required, the same for all replicas; openssl rand -base64 32 makes one (or configure panel.token)")
	case len(s) < 24:
		bad("secret: %d characters are too few; use 24 or more", len(s))
	}
	return errs
}
