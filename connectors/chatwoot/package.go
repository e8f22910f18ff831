package chatwoot

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/sufflor/sufflor/connectors"
)

type object = map[string]any

// Package implements [connectors.Packager] with the settings of a dashboard
// app and of the webhook, as the API takes them.
func (c *Connector) Package(p connectors.PackageOptions) (connectors.Package, error) {
	if _, err := p.Validate(); err != nil {
		return connectors.Package{}, err
	}
	panel, hook := p.Public+"/embed/"+p.Desk, p.Public+"/hooks/"+p.Desk
	if c.cfg.Secret.IsZero() {
		hook += "?" + tokenParameter + "=<url_token>" // a package holds no secret
	}
	events := []string{messageCreated, messageUpdated, statusChanged, convUpdated}
	out := connectors.Package{Files: map[string][]byte{}}
	for name, content := range map[string]object{
		"dashboard-app.json": {"dashboard_app": object{"title": p.Name, "content": []object{{"type": "frame", "url": panel}}}},
		"webhook.json":       {"webhook": object{"url": hook, "subscriptions": events}},
	} {
		data, err := json.MarshalIndent(content, "", "  ")
		if err != nil {
			return connectors.Package{}, fmt.Errorf("encode %s: %w", name, err)
		}
		out.Files[name] = append(data, '\n')
	}
	const post = "or: curl -H 'Content-Type: application/json' -H \"api_access_token: $ADMIN_TOKEN\" -d @"
	out.Steps = []string{
		"Settings > Integrations > Webhooks > Add: " + hook + ", events " + strings.Join(events, ", ") +
			";\n" + post + "webhook.json " + c.base + "/webhooks",
		"Open the webhook again and enter the secret it shows as secret of this desk",
		"Settings > Integrations > Dashboard apps > Add: title " + p.Name + ", address " + panel +
			";\n" + post + "dashboard-app.json " + c.base + "/dashboard_apps",
		"Run: sufflor connectors test " + p.Desk,
	}
	return out, nil
}
