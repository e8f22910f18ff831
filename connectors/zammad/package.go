package zammad

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"net/url"
	"strings"

	"github.com/sufflor/sufflor/connectors"
)

// maxName is of the app, in bytes.
const maxName = 60

// installer creates what the other files describe.
//
//go:embed package/install.sh
var installer string

// What stands in the files until install.sh fills it in: no secret is in a
// package.
const (
	fillSignature = "SIGNATURE_TOKEN"
	fillBearer    = "HOOK_TOKEN"
	webhookID     = "WEBHOOK_ID"
)

// Ids that every Zammad begins with.
const (
	senderAgentID    = 1
	senderCustomerID = 2
	stateClosedID    = 4
)

// condition is one of a trigger, as the API has it.
type condition struct {
	Operator   string  `json:"operator"`
	Before     string  `json:"pre_condition,omitempty"`
	Value      any     `json:"value"`
	Completion *string `json:"value_completion,omitempty"`
}

type trigger struct {
	Name      string               `json:"name"`
	Activator string               `json:"activator"`
	Mode      string               `json:"execution_condition_mode"`
	Condition map[string]condition `json:"condition"`
	Perform   map[string]any       `json:"perform"`
	Quiet     bool                 `json:"disable_notification"`
	Active    bool                 `json:"active"`
	Note      string               `json:"note"`
}

// Package implements [connectors.Packager]: a webhook, its triggers, and a
// field that leads to the panel. Zammad frames no pages of others.
func (c *Connector) Package(p connectors.PackageOptions) (connectors.Package, error) {
	if _, err := p.Validate(); err != nil {
		return connectors.Package{}, err
	}
	if len(p.Name) > maxName {
		return connectors.Package{}, fmt.Errorf("name of the app: at most %d bytes", maxName)
	}
	webhook := map[string]any{
		"name": p.Name, "endpoint": p.Public + "/hooks/" + p.Desk, "http_method": "post", "signature_token": fillSignature, "ssl_verify": true,
		"customized_payload": false, "active": true, "note": "Sends tickets and articles to " + p.Name + ". Keep the payload as it is.",
	}
	if !c.cfg.HookToken.IsZero() {
		webhook["bearer_token"] = fillBearer
	}
	files := map[string]any{"webhook.json": webhook, "panel-field.json": panelField(p)}
	for file, t := range triggers(p.Name) {
		files[file] = t
	}
	out := connectors.Package{Files: map[string][]byte{}}
	for file, v := range files {
		data, err := json.MarshalIndent(v, "", "  ")
		if err != nil {
			return connectors.Package{}, fmt.Errorf("package: %s: %w", file, err)
		}
		out.Files[file] = append(data, '\n')
	}
	// [Config.Validate] let no quotes into the address.
	out.Files["install.sh"] = []byte(strings.ReplaceAll(installer, "__URL__", strings.TrimRight(c.cfg.URL, "/")))
	out.Steps = []string{
		"As an administrator, Profile > Token Access: create a token with admin.webhook and admin.trigger; it is needed only now.",
		"ZAMMAD_TOKEN=… SIGNATURE_TOKEN=… sh install.sh, with signature_token of this desk" + bearerStep(c) + ". It creates the webhook and four triggers; by hand they are in Manage > Webhook and Manage > Trigger, as the files say.",
		"Write a test mail; see the delivery in Manage > Webhook > Recent Logs, and the note, marked as internal, on the ticket.",
		"For a link to the panel on each ticket: ZAMMAD_TOKEN=… sh install.sh panel, with a token that also has admin.object. Zammad then has to be restarted.",
	}
	return out, nil
}

func bearerStep(c *Connector) string {
	if c.cfg.HookToken.IsZero() {
		return ""
	}
	return " and HOOK_TOKEN=… with its hook_token"
}

// triggers fire when a customer wrote, when an agent answered, when a ticket
// was closed, and when it got another owner.
func triggers(app string) map[string]trigger {
	send := map[string]any{"notification.webhook": map[string]any{"webhook_id": webhookID}}
	created := condition{Operator: "is", Value: "create"}
	seen := condition{Operator: "is", Value: false}
	one := func(name, note string, c map[string]condition) trigger {
		return trigger{
			Name: app + ": " + name, Activator: "action", Mode: "selective", Condition: c, Perform: send, Quiet: true, Active: true, Note: note,
		}
	}
	return map[string]trigger{
		"trigger-customer.json": one("customer wrote", "What is answered.", map[string]condition{
			"article.action": created, "article.sender_id": {Operator: "is", Value: senderCustomerID}, "article.internal": seen,
		}),
		"trigger-agent.json": one("agent answered", "What is learned from. Notes among agents do not leave this system.", map[string]condition{
			"article.action": created, "article.sender_id": {Operator: "is", Value: senderAgentID}, "article.internal": seen,
		}),
		"trigger-closed.json": one("ticket closed", "So that its suggestion ends.", map[string]condition{
			"ticket.action": {Operator: "is", Value: "update"}, "ticket.state_id": {Operator: "is", Value: stateClosedID},
		}),
		"trigger-owner.json": one("owner changed", "So that the new owner sees the suggestion.", map[string]condition{
			"ticket.action": {Operator: "is", Value: "update"}, "ticket.owner_id": {Operator: "has changed", Before: "current_user.id", Value: "", Completion: new("")},
		}),
	}
}

// panelField is a field that agents alone see, with a link beside it.
func panelField(p connectors.PackageOptions) map[string]any {
	link := p.Public + "/embed/" + url.PathEscape(p.Desk) + "?conversation=#{ticket.id}"
	return map[string]any{
		"name": "sufflor_panel", "object": "Ticket", "display": p.Name, "active": true, "position": 1550, "data_type": "input",
		"data_option": map[string]any{"type": "text", "default": "open", "maxlength": 20, "null": true, "linktemplate": link},
		"screens": map[string]any{
			"create_middle": map[string]any{},
			"edit":          map[string]any{"ticket.agent": map[string]any{"shown": true, "required": false}},
		},
	}
}
