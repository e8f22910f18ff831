package meta

import (
	"encoding/json"
	"fmt"

	"github.com/sufflor/sufflor/connectors"
)

// subscriptions is what has to be subscribed to, by the names of Meta's pages.
type subscriptions struct {
	CallbackURL string              `json:"callback_url"`
	Fields      map[string][]string `json:"fields"`
}

// Package implements [connectors.Packager]: Meta takes no file, so it is the
// settings and what to do with them.
func (c *Connector) Package(p connectors.PackageOptions) (connectors.Package, error) {
	if _, err := p.Validate(); err != nil {
		return connectors.Package{}, err
	}
	hook := p.Public + "/hooks/" + p.Desk
	data, err := json.MarshalIndent(subscriptions{
		CallbackURL: hook,
		Fields: map[string][]string{
			objectWhatsApp:  {fieldMessages, fieldEchoes, fieldAccount},
			objectPage:      {fieldMessages, "message_echoes", "message_edits", "messaging_postbacks", "messaging_feedback"},
			objectInstagram: {fieldMessages, "messaging_postbacks"},
		},
	}, "", "  ")
	if err != nil {
		return connectors.Package{}, fmt.Errorf("encode settings: %w", err)
	}
	return connectors.Package{
		Files: map[string][]byte{"subscriptions.json": append(data, '\n')},
		Steps: []string{
			"Open developers.facebook.com > your app (type Business) and add the products you use: WhatsApp, Messenger, Instagram.",
			"Webhooks > choose the object > Edit subscription: callback URL " + hook + ", verify token as in verify_token of this desk.",
			"Subscribe to the fields that subscriptions.json lists for each object.",
			"Subscribe the assets: each WhatsApp Business account, page and Instagram account, under the product's settings.",
			"Enter the app secret under app_secrets and the ids of numbers, pages and Instagram accounts under accounts.",
			"Publish the app: in development mode only people with a role in it are heard.",
			"Write from a telephone that is not yours; the conversation appears in the panel.",
		},
	}, nil
}
