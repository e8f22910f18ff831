package slack

import (
	"encoding/json"
	"fmt"

	"github.com/sufflor/sufflor/connectors"
)

// manifest is that of a Slack app, version 1.
type manifest struct {
	Metadata struct {
		Major int `json:"major_version"`
		Minor int `json:"minor_version"`
	} `json:"_metadata"`
	Display struct {
		Name        string `json:"name"`
		Description string `json:"description"`
	} `json:"display_information"`
	Features struct {
		BotUser struct {
			Name   string `json:"display_name"`
			Always bool   `json:"always_online"`
		} `json:"bot_user"`
		Commands []command `json:"slash_commands"`
	} `json:"features"`
	OAuth struct {
		Scopes struct {
			Bot []string `json:"bot"`
		} `json:"scopes"`
	} `json:"oauth_config"`
	Settings struct {
		Events struct {
			URL  string   `json:"request_url"`
			Bots []string `json:"bot_events"`
		} `json:"event_subscriptions"`
		Interactivity struct {
			Enabled bool   `json:"is_enabled"`
			URL     string `json:"request_url"`
		} `json:"interactivity"`
		OrgDeploy bool `json:"org_deploy_enabled"`
		Socket    bool `json:"socket_mode_enabled"`
		Rotation  bool `json:"token_rotation_enabled"`
	} `json:"settings"`
}

type command struct {
	Command     string `json:"command"`
	URL         string `json:"url"`
	Description string `json:"description"`
	Escape      bool   `json:"should_escape"`
}

// maxAppName is Slack's limit for the name of an app.
const maxAppName = 35

// Package implements [connectors.Packager] with the manifest an app is made of.
func (c *Connector) Package(p connectors.PackageOptions) (connectors.Package, error) {
	if _, err := p.Validate(); err != nil {
		return connectors.Package{}, err
	}
	hook := p.Public + "/hooks/" + p.Desk
	var m manifest
	m.Metadata.Major, m.Metadata.Minor = 1, 1
	m.Display.Name, m.Display.Description = clip(p.Name, maxAppName), "Cited drafts from your company's documents, shown to agents only."
	m.Features.BotUser.Name, m.Features.BotUser.Always = clip(p.Name, maxAppName), true
	m.Features.Commands = []command{{Command: "/copilot", URL: hook + pathCommands, Description: "Shows the latest suggestion again"}}
	// What is not here the token cannot do; nothing in it lets it join, open
	// or write to people.
	m.OAuth.Scopes.Bot = []string{
		"channels:history", "channels:read", "chat:write", "commands", "files:read", "groups:history", "groups:read", "users:read",
	}
	m.Settings.Events.URL = hook + pathEvents
	m.Settings.Events.Bots = []string{"app_uninstalled", "message.channels", "message.groups", "tokens_revoked"}
	m.Settings.Interactivity.Enabled, m.Settings.Interactivity.URL = true, hook+pathInteractive
	data, err := json.MarshalIndent(m, "", "  ")
	if err != nil {
		return connectors.Package{}, fmt.Errorf("encode manifest: %w", err)
	}
	return connectors.Package{
		Files: map[string][]byte{"manifest.json": append(data, '\n')},
		Steps: []string{
			"Start this server with the desk configured, or Slack cannot check the addresses.",
			"api.slack.com/apps > Create New App > From a manifest: choose the workspace and paste manifest.json.",
			"Basic Information: enter the app id as app and the signing secret as signing_secret of this desk; then verify the request URL.",
			"Install App: enter the bot token as token, the bot's user id as bot_user and its bot id as bot.",
			"Enter the member ids of those who may see suggestions under agents, and the support channels under channels.",
			"/invite the bot to each of these channels, then run: sufflor connectors test " + p.Desk,
			"Let somebody from outside write in a shared channel, and ask them to confirm that they see no suggestion.",
		},
	}, nil
}
