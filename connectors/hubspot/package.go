package hubspot

import (
	_ "embed" // the card
	"encoding/json"
	"fmt"

	"github.com/sufflor/sufflor/connectors"
)

//go:embed card/SufflorCard.jsx
var card []byte

type object = map[string]any

// Package implements [connectors.Packager] with the files of a project: an app
// with its webhooks and the card.
func (c *Connector) Package(p connectors.PackageOptions) (connectors.Package, error) {
	if _, err := p.Validate(); err != nil {
		return connectors.Package{}, err
	}
	if p.Public != c.cfg.PublicURL {
		return connectors.Package{}, fmt.Errorf("public_url of this desk is %s, this server is at %s; HubSpot's signatures hold only for the address it calls", c.cfg.PublicURL, p.Public)
	}
	hook := c.cfg.PublicURL + "/hooks/" + p.Desk
	w := connectors.WordsIn(c.cfg.Language)
	out := connectors.Package{Files: map[string][]byte{"src/app/cards/SufflorCard.jsx": card}}
	files := map[string]any{
		"hsproject.json":                         object{"name": "sufflor-" + p.Desk, "srcDir": "src", "platformVersion": platformVersion},
		"src/app/app-hsmeta.json":                c.app(p, hook),
		"src/app/webhooks/webhooks-hsmeta.json":  webhooks(hook),
		"src/app/cards/sufflor-card-hsmeta.json": cardMeta(p, w),
		"src/app/cards/package.json": object{
			"name": "sufflor-card", "version": "1.0.0", "private": true, "type": "module",
			"dependencies": object{"@hubspot/ui-extensions": "latest", "react": "^18.2.0"},
		},
	}
	for name, content := range files {
		data, err := indent(content)
		if err != nil {
			return connectors.Package{}, err
		}
		out.Files[name] = append(data, '\n')
	}
	settings, err := indent(object{
		"hook": hook, "name": p.Name, "threadProperty": threadProperty,
		"words": object{
			"use": w.Use, "up": w.Up, "down": w.Down, "thanks": w.Thanks, "sources": w.Sources,
			"open": w.Open, "noAnswer": w.NoAnswer, "asked": w.Asked,
		},
	})
	if err != nil {
		return connectors.Package{}, err
	}
	out.Files["src/app/cards/settings.js"] = []byte("export const settings = " + string(settings) + ";\n")
	out.Steps = []string{
		"Install HubSpot's command line (npm install -g @hubspot/cli) and sign in with: hs account auth",
		"In the folder of these files: hs project upload",
		"In HubSpot: Development > Projects > sufflor-" + p.Desk + " > the app > Distribution: install it in your account",
		"From the app's Auth page enter client secret and access token as client_secret and token of this desk, and the app's id as app_id",
		"Settings > Objects > Tickets > Help desk > right sidebar: add the card " + p.Name,
		"Run: sufflor connectors test " + p.Desk,
	}
	return out, nil
}

func indent(v any) ([]byte, error) {
	data, err := json.MarshalIndent(v, "", "  ")
	if err != nil {
		return nil, fmt.Errorf("encode package: %w", err)
	}
	return data, nil
}

func (c *Connector) app(p connectors.PackageOptions, hook string) object {
	scopes := []string{scopeRead, scopeWrite, scopeTickets}
	if len(c.cfg.ContactProperties) > 0 {
		scopes = append(scopes, scopeContacts)
	}
	auth := object{"type": "static", "requiredScopes": scopes, "optionalScopes": []string{}, "conditionallyRequiredScopes": []string{}}
	if c.cfg.ClientID != "" {
		auth["type"], auth["redirectUrls"] = "oauth", []string{"http://localhost:3000/oauth-callback"}
	}
	return object{
		"uid": "sufflor_app", "type": "app",
		"config": object{
			"name": p.Name, "description": "Cited drafts for agents; customers never see them.",
			"distribution": "private", "auth": auth,
			"permittedUrls": object{"fetch": []string{hook + pathSuggestion, hook + pathFeedback}, "iframe": []string{}, "img": []string{}},
		},
	}
}

func webhooks(hook string) object {
	return object{
		"uid": "sufflor_webhooks", "type": "webhooks",
		"config": object{
			"settings": object{"targetUrl": hook, "maxConcurrentRequests": 10},
			"subscriptions": object{
				"crmObjects": []object{}, "legacyCrmObjects": []object{},
				"hubEvents": []object{
					{"subscriptionType": newMessage, "active": true},
					{"subscriptionType": propertyChange, "propertyName": "status", "active": true},
					{"subscriptionType": propertyChange, "propertyName": "assignedTo", "active": true},
					{"subscriptionType": deletion, "active": true},
					{"subscriptionType": privacyDeletion, "active": true},
				},
			},
		},
	}
}

func cardMeta(p connectors.PackageOptions, w connectors.Words) object {
	return object{
		"uid": "sufflor_card", "type": "card",
		"config": object{
			"name": p.Name, "description": w.Title, "location": cardLocation,
			"entrypoint": "/app/cards/SufflorCard.jsx", "objectTypes": []string{"tickets"},
		},
	}
}
