package liveagent

import (
	"encoding/json"
	"fmt"

	"github.com/sufflor/sufflor/connectors"
)

// Package implements [connectors.Packager]: LiveAgent has no apps, so this is
// what to paste into its rules and its custom button.
func (c *Connector) Package(p connectors.PackageOptions) (connectors.Package, error) {
	if _, err := p.Validate(); err != nil {
		return connectors.Package{}, err
	}
	files := map[string][]byte{}
	for _, event := range []string{"customer_message", "agent_reply"} {
		data, err := json.MarshalIndent(map[string]string{
			"schema": schema, "account": c.cfg.Account, "event": event, "conversation_id": "{$conversation_id}",
		}, "", " ")
		if err != nil {
			return connectors.Package{}, fmt.Errorf("encode rule: %w", err)
		}
		files["rule-"+event+".json"] = append(data, '\n')
	}
	button, err := json.MarshalIndent(map[string]string{
		"name": p.Name, "url": p.Public + "/embed/" + p.Desk + "?conversation={$conversation_id}", "method": "GET", "type": "E", "status": "A",
	}, "", " ")
	if err != nil {
		return connectors.Package{}, fmt.Errorf("encode button: %w", err)
	}
	files["custom-button.json"] = append(button, '\n')
	hook := p.Public + "/hooks/" + p.Desk + "/<path_token of the settings>"
	steps := []string{
		"Configuration > Automation > Rules > Create. Apply when: message added. Condition: added by customer. Action: HTTP request, POST " + hook + ", body: rule-customer_message.json.",
		"A second rule for messages added by agents, condition: author is not Copilot, body: rule-agent_reply.json.",
		"In both, if the editor has headers: Content-Type: application/json, and " + "X-Copilot-Token: <header_token of the settings>.",
		"Pick the variable of the ticket's id from the editor's list if {$conversation_id} is not in it.",
		"Configuration > System > Custom buttons > Create: name and address of custom-button.json, type external link.",
		"Run: sufflor connectors test " + p.Desk,
	}
	return connectors.Package{Files: files, Steps: steps}, nil
}
