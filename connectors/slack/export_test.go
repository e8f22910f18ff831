package slack

import (
	"github.com/sufflor/sufflor/config"
)

// Exported for tests.
var (
	Plain     = plain
	Pieces    = pieces
	Escape    = escape
	StampTime = stampTime
)

// WithPublicSecret is a connector with the secret of Slack's documentation,
// which New refuses: only that verifies the example published with it.
func WithPublicSecret(cfg Config) *Connector {
	cfg.SigningSecret = config.NewSecret(publicSecret)
	return build(cfg, nil)
}
