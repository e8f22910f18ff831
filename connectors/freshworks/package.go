package freshworks

import (
	"bytes"
	"embed"
	"encoding/json"
	"fmt"
	"html/template"
	"net/url"
	"slices"

	"github.com/sufflor/sufflor/connectors"
)

// maxName is of the app, in bytes.
const maxName = 60

//go:embed app
var app embed.FS

// manifest is that of platform 3.0: one module of the product and "common",
// which may be empty and must be there.
type manifest struct {
	Version string            `json:"platform-version"`
	Modules map[string]module `json:"modules"`
	Engines struct {
		Node string `json:"node"`
		FDK  string `json:"fdk"`
	} `json:"engines"`
}

type module struct {
	Location map[string]location `json:"location,omitempty"`
}

type location struct {
	URL  string `json:"url"`
	Icon string `json:"icon"`
}

const page = "panel.html"

// folder is an app, below fdk/, that shows our panel at a place of a product, in
// the order of files that "fdk validate" and "fdk pack" expect.
func folder(p connectors.PackageOptions, product, moduleName, place string) (map[string][]byte, error) {
	if _, err := p.Validate(); err != nil {
		return nil, err
	}
	if len(p.Name) > maxName {
		return nil, fmt.Errorf("name of the app: at most %d bytes", maxName)
	}
	// The platform has braces of its own in pages.
	t, err := template.New(page).Delims("[[", "]]").ParseFS(app, "app/"+page)
	if err != nil {
		return nil, fmt.Errorf("app page: %w", err)
	}
	var index bytes.Buffer
	if err := t.Execute(&index, map[string]string{"Name": p.Name, "Product": product, "Panel": p.Public + "/embed/" + p.Desk}); err != nil {
		return nil, fmt.Errorf("app page: %w", err)
	}
	m := manifest{Version: "3.0", Modules: map[string]module{
		"common":   {},
		moduleName: {Location: map[string]location{place: {URL: page, Icon: "styles/images/icon.svg"}}},
	}}
	m.Engines.Node, m.Engines.FDK = engineNode, engineFDK
	data, err := json.MarshalIndent(m, "", "  ")
	if err != nil {
		return nil, fmt.Errorf("app manifest: %w", err)
	}
	files := map[string][]byte{
		"fdk/manifest.json":       append(data, '\n'),
		"fdk/config/iparams.json": []byte("{}\n"),
		"fdk/README.md":           []byte("# " + p.Name + "\n\nShows suggestions for replies beside a conversation, from " + p.Public + ".\n"),
		"fdk/app/" + page:         index.Bytes(),
	}
	for name, from := range map[string]string{
		"scripts/panel.js": "panel.js", "styles/style.css": "style.css", "styles/images/icon.svg": "icon.svg",
	} {
		if files["fdk/app/"+name], err = app.ReadFile("app/" + from); err != nil {
			return nil, fmt.Errorf("app: %w", err)
		}
	}
	return files, nil
}

// install are the steps that both products' apps have in common.
func install(origin string) []string {
	return []string{
		"Install the FDK on your own computer as Freshworks documents it (it comes from their server, not from npm), then in fdk/: fdk validate, fdk pack.",
		"Freshworks developer portal > Custom apps > Create: upload the dist/*.zip that fdk pack made, publish it to your account and install it; there are no settings.",
		"Open " + origin + ", look up the address of the app's own frame (browser > inspect the panel) and enter its host under app_origins in this desk's settings: " +
			"our panel lets nobody frame it who is not named.",
	}
}

// Package implements [connectors.Packager]: an app for the sidebar of tickets,
// and the bodies of the automation rules.
func (d *Desk) Package(p connectors.PackageOptions) (connectors.Package, error) {
	files, err := folder(p, "freshdesk", "support_ticket", "ticket_sidebar")
	if err != nil {
		return connectors.Package{}, err
	}
	for _, event := range []string{"customer_replied", "agent_replied", "ticket_created", "ticket_closed"} {
		files["rules/"+event+".json"] = []byte(ruleBody(event))
	}
	hook := p.Public + "/hooks/" + p.Desk
	return connectors.Package{Files: files, Steps: append([]string{
		"Admin > Automations > Ticket updates: four rules, each with the action Trigger webhook, POST to " + hook + ", encoding JSON, content Advanced, " +
			"custom header " + headerToken + ": <hook_token>. Put the placeholders in from Freshdesk's own list if the ones in rules/ are not taken.",
		"Rule \"requester adds a reply\": body rules/customer_replied.json. Rule \"agent adds a public reply\", performer not the agent that writes our notes: rules/agent_replied.json. " +
			"Rule \"status changes to resolved or closed\": rules/ticket_closed.json. Under Ticket creation, any ticket: rules/ticket_created.json.",
		"Set both lists of rules to \"execute all matching rules\", or a rule before ours swallows it.",
	}, install("a ticket")...)}, nil
}

// ruleBody ends with the comment, of which nothing is used but that it tells
// one call from the next: Freshdesk gives its calls no ids. Placeholders are
// not escaped, so whatever a customer wrote stands behind the ticket's number.
func ruleBody(event string) string {
	return `{"copilot":{"schema":"fd1","event":"` + event + `","ticket_id":"{{ticket.id}}","ticket_url":"{{ticket.url}}",` +
		`"status":"{{ticket.status}}","latest_public_comment":"{{ticket.latest_public_comment}}"}}` + "\n"
}

// Package implements [connectors.Packager]: an app beside conversations.
func (c *Chat) Package(p connectors.PackageOptions) (connectors.Package, error) {
	files, err := folder(p, "freshchat", "chat_conversation", "conversation_user_info")
	if err != nil {
		return connectors.Package{}, err
	}
	return connectors.Package{Files: files, Steps: append([]string{
		"Admin > Webhooks: enable, address " + p.Public + "/hooks/" + p.Desk + ", events message_create, conversation_assignment, conversation_resolution. " +
			"Copy the public key shown beside the address into public_key of this desk's settings, as it is.",
	}, install("a conversation")...)}, nil
}

// Origins implements [connectors.Framed].
func (d *Desk) Origins() []string {
	return append([]string{"https://" + d.cfg.Domain + ".freshdesk.com"}, d.cfg.AppOrigins...)
}

// Origins implements [connectors.Framed].
func (c *Chat) Origins() []string {
	out := slices.Clone(c.cfg.AppOrigins)
	if u, err := url.Parse(c.cfg.APIURL); err == nil && u.Host != "" {
		out = append([]string{"https://" + u.Host}, out...)
	}
	return out
}
