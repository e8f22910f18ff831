package libredesk

import (
	"context"
	"crypto/aes"
	"crypto/cipher"
	"encoding/base64"
	"errors"
	"fmt"
	"time"

	"github.com/sufflor/sufflor/config"
	"github.com/sufflor/sufflor/connectors"
)

// tokenParameter is what the address of our context link calls the token.
const tokenParameter = "token"

const maxToken = 4 << 10

// Visitor implements [connectors.Hosted]: an agent opened our context link,
// which carries a token that LibreDesk encrypted with the link's secret
// (AES-256-GCM, standard base64 of nonce, ciphertext and tag).
func (c *Connector) Visitor(_ context.Context, d connectors.Delivery, now time.Time) (connectors.Visitor, error) {
	v, err := c.visitor(d.Query().Get(tokenParameter), now)
	if err != nil {
		return connectors.Visitor{}, fmt.Errorf("context link: %w: %w", err, connectors.ErrUnverified)
	}
	return v, nil
}

func (c *Connector) visitor(token string, now time.Time) (connectors.Visitor, error) {
	if token == "" || len(token) > maxToken {
		return connectors.Visitor{}, errors.New("token: missing or too long")
	}
	sealed, err := base64.StdEncoding.Strict().DecodeString(token)
	if err != nil {
		return connectors.Visitor{}, errors.New("token: is no base64")
	}
	plain, err := c.decrypt(sealed)
	if err != nil {
		return connectors.Visitor{}, err
	}
	var in struct {
		Agent        connectors.ID `json:"agent_id"`
		Email        string        `json:"agent_email"`
		Conversation string        `json:"conversation_uuid"`
		IssuedAt     int64         `json:"iat"`
		Expires      int64         `json:"exp"`
	}
	if err := connectors.Decode(plain, &in); err != nil {
		return connectors.Visitor{}, errors.New("token: content is not readable")
	}
	issued, expires := time.Unix(in.IssuedAt, 0), time.Unix(in.Expires, 0)
	switch {
	case in.IssuedAt <= 0 || in.Expires <= in.IssuedAt || expires.Sub(issued) > tokenLife:
		return connectors.Visitor{}, errors.New("token: has no life, or one of more than a day")
	case now.After(expires):
		return connectors.Visitor{}, errors.New("token: expired; open the link again")
	case now.Add(tokenLeeway).Before(issued):
		return connectors.Visitor{}, errors.New("token: not valid yet; are the clocks right?")
	case !connectors.IsNumber(string(in.Agent)) || !connectors.IsUUID(in.Conversation):
		return connectors.Visitor{}, errors.New("token: names no agent or conversation")
	}
	return connectors.Visitor{Agent: string(in.Agent), Name: in.Email, Conversation: in.Conversation, Expires: expires.UTC()}, nil
}

func (c *Connector) decrypt(sealed []byte) ([]byte, error) {
	for _, secret := range []config.Secret{c.cfg.ContextSecret, c.cfg.PreviousContext} {
		if secret.IsZero() {
			continue
		}
		block, err := aes.NewCipher([]byte(secret.Reveal()))
		if err != nil {
			return nil, errors.New("context_secret: is no key")
		}
		gcm, err := cipher.NewGCM(block)
		if err != nil {
			return nil, errors.New("context_secret: is no key")
		}
		if len(sealed) < gcm.NonceSize()+gcm.Overhead() {
			continue
		}
		if plain, err := gcm.Open(nil, sealed[:gcm.NonceSize()], sealed[gcm.NonceSize():], nil); err == nil {
			return plain, nil
		}
	}
	return nil, errors.New("token: was not made with this link's secret")
}
