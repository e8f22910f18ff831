package connectors

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"strings"
)

// Action is what a button of a note stands for. A desk sends it back to us
// when an agent presses the button.
type Action struct {
	Suggestion   string `json:"s"`
	Conversation string `json:"c,omitempty"`
	Agent        string `json:"a,omitempty"` // who alone may press it; empty: every agent who sees it
	Verdict      string `json:"v,omitempty"` // as in [Rating]; empty where the button says it otherwise
}

// Sealer signs actions, so that a button cannot be made for a suggestion or
// an agent that it was not shown with.
type Sealer struct{ key []byte }

// NewSealer signs with a key made of a desk's own secret: nobody but that desk
// and we know it, and changing it voids the buttons of old notes.
func NewSealer(kind, secret string) Sealer {
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write([]byte("sufflor action v1 " + kind))
	return Sealer{key: mac.Sum(nil)}
}

func (s Sealer) sign(text string) string {
	mac := hmac.New(sha256.New, s.key)
	mac.Write([]byte(text))
	return base64.RawURLEncoding.EncodeToString(mac.Sum(nil)[:16])
}

// Seal is a as text: letters, digits, "-", "_" and one ".", about 120
// characters for ids of usual length.
func (s Sealer) Seal(a Action) string {
	data, _ := json.Marshal(a) // strings only: never fails
	text := base64.RawURLEncoding.EncodeToString(data)
	return text + "." + s.sign(text)
}

const maxSealed = 4 << 10

// Open is the action sealed in text, pressed by agent, "" where the desk does
// not say who. Errors wrap [ErrUnverified].
func (s Sealer) Open(text, agent string) (Action, error) {
	body, sig, _ := strings.Cut(text, ".")
	if len(s.key) == 0 || len(text) > maxSealed || !hmac.Equal([]byte(sig), []byte(s.sign(body))) {
		return Action{}, fmt.Errorf("button was not made by us: %w", ErrUnverified)
	}
	data, err := base64.RawURLEncoding.Strict().DecodeString(body)
	if err != nil {
		return Action{}, fmt.Errorf("button is not readable: %w", ErrUnverified)
	}
	var a Action
	if err := Decode(data, &a); err != nil {
		return Action{}, fmt.Errorf("button is not readable: %w", ErrUnverified)
	}
	if a.Agent != "" && a.Agent != agent {
		return Action{}, fmt.Errorf("button was shown to another agent: %w", ErrUnverified)
	}
	return a, nil
}
