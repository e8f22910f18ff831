package libredesk

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/sufflor/sufflor/connectors"
)

// settings is what an administrator enters.
type settings struct {
	Role struct {
		Name        string   `json:"name"`
		Permissions []string `json:"permissions"`
	} `json:"role"`
	Webhook struct {
		Name   string   `json:"name"`
		URL    string   `json:"url"`
		Events []string `json:"events"`
	} `json:"webhook"`
	ContextLink struct {
		Name string `json:"name"`
		URL  string `json:"url_template"`
	} `json:"context_link"`
}

// Package implements [connectors.Packager]: LibreDesk takes no apps, so it is
// the settings and the steps to enter them.
func (c *Connector) Package(p connectors.PackageOptions) (connectors.Package, error) {
	if _, err := p.Validate(); err != nil {
		return connectors.Package{}, err
	}
	var s settings
	s.Role.Name, s.Role.Permissions = p.Name, strings.Fields(needed())
	s.Webhook.Name, s.Webhook.URL, s.Webhook.Events = p.Name, p.Public+"/hooks/"+p.Desk, events[:]
	// The token alone says who looks at what; the other variables are not
	// authenticated and would leave personal data in logs.
	s.ContextLink.Name, s.ContextLink.URL = p.Name, p.Public+"/embed/"+p.Desk+"?"+tokenParameter+"={{token}}"
	data, err := json.MarshalIndent(s, "", "  ")
	if err != nil {
		return connectors.Package{}, fmt.Errorf("encode settings: %w", err)
	}
	return connectors.Package{
		Files: map[string][]byte{"libredesk-settings.json": append(data, '\n')},
		Steps: []string{
			"Admin > Teammates > Roles: make a role " + p.Name + " with the permissions in libredesk-settings.json.",
			"Admin > Teammates > Agents: make an agent " + p.Name + " with that role. Note its id (agent) and generate its API key (api_key, api_secret).",
			"Admin > Webhooks: URL " + s.Webhook.URL + ", the events listed, and a secret of 32 random characters or more (webhook_secret). Press Test.",
			"Admin > Context links: name " + p.Name + ", URL " + s.ContextLink.URL + ", and a secret of exactly 32 random characters (context_secret).",
		},
	}, nil
}
