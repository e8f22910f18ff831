package standard

import (
	"encoding/json"
	"fmt"

	"github.com/sufflor/sufflor/connectors"
)

// contract is what a sender and receiver has to be told.
type contract struct {
	Endpoint string            `json:"endpoint"`
	Panel    string            `json:"panel"`
	Tenant   string            `json:"tenant"`
	Headers  map[string]string `json:"headers"`
	Send     map[string]string `json:"send"`
	Receive  map[string]string `json:"receive"`
}

// Package implements [connectors.Packager] with the settings of the other side.
func (c *Connector) Package(p connectors.PackageOptions) (connectors.Package, error) {
	if _, err := p.Validate(); err != nil {
		return connectors.Package{}, err
	}
	hook := p.Public + "/hooks/" + p.Desk
	data, err := json.MarshalIndent(contract{
		Endpoint: hook, Panel: p.Public + "/embed/" + p.Desk, Tenant: c.cfg.Tenant,
		Headers: map[string]string{
			"content-type": "application/json", "webhook-id": "the same for each attempt, without a dot, at most 128 characters",
			"webhook-timestamp": "unix seconds, at most 5 minutes off",
			"webhook-signature": "v1, and base64(HMAC-SHA256(secret, webhook-id + '.' + webhook-timestamp + '.' + body))",
		},
		Send: map[string]string{
			typeMessage: "somebody wrote", typeMessageUpdated: "a message has another text", typeMessageDeleted: "a message is gone",
			typeClosed: "the conversation is over", typeErased: "all that was said in it is to be forgotten; a later message begins it anew", typeAssigned: "it has another agent or group", typeRated: "the customer rated it, 0 to 1",
			typeFeedback: "an agent judged a suggestion", typePing: "a test",
		},
		Receive: map[string]string{
			typeSuggestion: "show it to agents only", typeUpdated: "show it in the place of the one named by replaces",
			typeWithdrawn: "take the one named by replaces away", typePing: "answer 2xx and do nothing",
		},
	}, "", "  ")
	if err != nil {
		return connectors.Package{}, fmt.Errorf("encode contract: %w", err)
	}
	return connectors.Package{
		Files: map[string][]byte{"contract.json": append(data, '\n')},
		Steps: []string{
			"Generate two secrets: echo \"whsec_$(openssl rand -base64 32)\". The first is for what comes in (secrets), the second for what goes out (callback.secret).",
			"Give the sender contract.json, the first secret, and README.md of this connector for the fields of each type.",
			"Enter the receiver's address as callback.url, and give it the second secret.",
			"sufflor connectors test " + p.Desk + " sends the receiver a signed ping.",
			"Let one suggestion be sent, and have the receiver's administrator confirm where it appeared and that no customer saw it.",
		},
	}, nil
}
