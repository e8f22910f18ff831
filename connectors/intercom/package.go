package intercom

import (
	"encoding/json"
	"fmt"

	"github.com/sufflor/sufflor/connectors"
)

// settings is what an administrator enters in the Developer Hub, which takes no
// manifest.
type settings struct {
	Name        string   `json:"name"`
	Permissions []string `json:"permissions"`
	Webhooks    struct {
		URL    string   `json:"endpoint_url"`
		Topics []string `json:"topics"`
	} `json:"webhooks"`
	Canvas struct {
		Audience   string `json:"audience"`
		Location   string `json:"location"`
		Initialize string `json:"initialize_url"`
		Submit     string `json:"submit_url"`
	} `json:"canvas_kit"`
}

// Package implements [connectors.Packager]: the settings of the app and the
// steps to make it. Intercom apps are made by hand.
func (c *Connector) Package(p connectors.PackageOptions) (connectors.Package, error) {
	if _, err := p.Validate(); err != nil {
		return connectors.Package{}, err
	}
	hook := p.Public + "/hooks/" + p.Desk
	s := settings{Name: p.Name, Permissions: permissions[:]}
	s.Webhooks.URL, s.Webhooks.Topics = hook+pathWebhook, topics[:]
	s.Canvas.Audience, s.Canvas.Location = "For teammates", "Conversation details (Inbox)"
	s.Canvas.Initialize, s.Canvas.Submit = hook+pathInitialize, hook+pathSubmit
	data, err := json.MarshalIndent(s, "", "  ")
	if err != nil {
		return connectors.Package{}, fmt.Errorf("encode settings: %w", err)
	}
	return connectors.Package{
		Files: map[string][]byte{"intercom-app.json": append(data, '\n')},
		Steps: []string{
			"Open app.intercom.com/a/apps/_/developer-hub, create an app named " + p.Name + " in your workspace. The values of all steps are in intercom-app.json.",
			"Authentication: tick the permissions listed. Copy the access token into token.",
			"Basic information: copy the client secret into client_secret.",
			"Webhooks: enter " + s.Webhooks.URL + " and subscribe to the topics listed.",
			"Canvas Kit > For teammates: enter " + s.Canvas.Initialize + " to initialize and " + s.Canvas.Submit + " to submit. " +
				"Leave everything under \"For users, leads and visitors\" empty: that is what customers see.",
			"Install the app, open a conversation in the Inbox and pin the app among the conversation details.",
		},
	}, nil
}
