package liveagent

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/sufflor/sufflor/connectors"
)

// hint is the body of a rule: our own template, filled in by LiveAgent.
type hint struct {
	Schema       string   `json:"schema"`
	Account      variable `json:"account"`
	Conversation variable `json:"conversation_id"`
	MessageType  variable `json:"message_type"`
	Agent        variable `json:"agent_id"`
}

// variable is a value that LiveAgent filled in. One that it could not resolve
// arrives as it stands in the template, {$name}, and is empty.
type variable string

// UnmarshalJSON implements [json.Unmarshaler].
func (v *variable) UnmarshalJSON(data []byte) error {
	var id connectors.ID
	if err := id.UnmarshalJSON(data); err != nil {
		return err
	}
	if s := string(id); !strings.HasPrefix(s, "{$") || !strings.HasSuffix(s, "}") {
		*v = variable(s)
	}
	return nil
}

// conversationID finds the ticket in a body that is not JSON: LiveAgent pastes
// texts into the template without escaping them, so a quotation mark in a
// message breaks it. Our template has the id before any text.
var conversationID = regexp.MustCompile(`"conversation_id"\s*:\s*"([A-Za-z0-9_-]+)"`)

// Read implements [connectors.Connector]. Nobody signed the body, so nothing
// is taken from it but which ticket to read.
func (c *Connector) Read(d connectors.Delivery) (connectors.Receipt, error) {
	var in hint
	if err := connectors.Decode(d.Body, &in); err != nil {
		found := conversationID.FindSubmatch(d.Body)
		if found == nil {
			return connectors.Receipt{}, fmt.Errorf("no conversation_id either; use the template of README.md: %w", err)
		}
		in = hint{Schema: schema, Conversation: variable(found[1])}
	}
	ticket := string(in.Conversation)
	switch {
	case in.Account != "" && string(in.Account) != c.cfg.Account:
		return connectors.Receipt{}, fmt.Errorf("account is not %s: %w", c.cfg.Account, connectors.ErrForeign)
	case in.Schema != schema:
		return connectors.Receipt{}, fmt.Errorf("schema is not %s; use the template of README.md: %w", schema, connectors.ErrMalformed)
	case !connectors.IsToken(ticket):
		return connectors.Receipt{}, fmt.Errorf("conversation_id: missing or not filled in: %w", connectors.ErrMalformed)
	case in.MessageType != "" && strings.Contains(internalTypes, string(in.MessageType)), string(in.Agent) == c.cfg.Agent:
		return connectors.Receipt{}, nil // a note, or ours: only a loop could come of it
	}
	now := c.client.Now().UTC()
	sum := sha256.Sum256(d.Body)
	return connectors.Receipt{Events: []connectors.Event{{
		Kind: connectors.Fetch, Tenant: c.cfg.Account, Conversation: ticket, At: now,
		Key:   "hint:" + ticket + ":" + hex.EncodeToString(sum[:8]) + ":" + strconv.FormatInt(now.UnixNano()/int64(hintEvery), 10),
		Route: map[string]string{routeTicket: ticket},
	}}}, nil
}

// clean is s as text that may be shown.
func clean(s string) string {
	if !utf8.ValidString(s) {
		s = strings.ToValidUTF8(s, "\uFFFD")
	}
	return strings.TrimSpace(strings.ReplaceAll(s, "\r\n", "\n"))
}
