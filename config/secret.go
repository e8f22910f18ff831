// Package config holds every setting of sufflor, where it comes from and what
// is wrong with it. It is a leaf: it imports nothing of ours.
package config

import (
	"encoding/json"
	"log/slog"

	"go.yaml.in/yaml/v3"
)

// Secret is a text that must never be shown. It formats, logs and marshals as
// "[secret]"; only Reveal gives it away.
type Secret struct{ value string }

// NewSecret wraps s.
func NewSecret(s string) Secret { return Secret{value: s} }

const hidden = "[secret]"

// Reveal is the secret itself; callers must not log it.
func (s Secret) Reveal() string { return s.value }

// IsZero reports whether there is no secret.
func (s Secret) IsZero() bool { return s.value == "" }

func (s Secret) String() string {
	if s.value == "" {
		return ""
	}
	return hidden
}

// GoString keeps %#v from printing the value.
func (s Secret) GoString() string { return `config.Secret("` + s.String() + `")` }

// LogValue implements [slog.LogValuer].
func (s Secret) LogValue() slog.Value { return slog.StringValue(s.String()) }

// MarshalJSON implements [json.Marshaler].
func (s Secret) MarshalJSON() ([]byte, error) { return json.Marshal(s.String()) }

// MarshalYAML implements [yaml.Marshaler].
func (s Secret) MarshalYAML() (any, error) { return s.String(), nil }

// UnmarshalYAML implements [yaml.Unmarshaler].
func (s *Secret) UnmarshalYAML(n *yaml.Node) error { return n.Decode(&s.value) }
