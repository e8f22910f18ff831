package livechat

import (
	"bytes"
	_ "embed"
	"encoding/json"
	"fmt"
	"html/template"
	"net/url"
	"slices"

	"github.com/sufflor/sufflor/connectors"
)

// maxName is of the app, in bytes.
const maxName = 60

//go:embed widget/index.html
var widgetPage string

//go:embed widget/widget.css
var widgetStyle []byte

//go:embed widget/relay.js
var widgetScript []byte

//go:embed widget/register.py
var registerScript []byte

// scopes of the app, as the developer console lists them.
var scopes = []string{ //nolint:gochecknoglobals // a constant list
	"chats--all:rw", "agents--all:ro", "agents-bot--my:rw", "webhooks.configuration:rw", "webhooks.state:ro",
}

// Origins implements [connectors.Framed]: LiveChat's, and that of the page
// between LiveChat and our panel.
func (c *Connector) Origins() []string {
	out := slices.Clone(agentApps)
	if u, err := url.Parse(c.cfg.Widget); err == nil && u.Host != "" {
		out = append(out, u.Scheme+"://"+u.Host)
	}
	return out
}

// webhook is what register_webhook takes, except for what is secret: the key
// and the end of the address, which register.py puts in.
type webhook struct {
	URL         string   `json:"url"`
	Description string   `json:"description"`
	Action      string   `json:"action"`
	Type        string   `json:"type"`
	Filters     *filters `json:"filters,omitempty"`
	Additional  []string `json:"additional_data,omitempty"`
}

type filters struct {
	SourceType []string `json:"source_type"`
}

// webhooks are those that [Connector.Read] knows. That other clients' events
// alone are asked for keeps our own notes out at their source; system messages
// of LiveChat itself are none of our business.
func webhooks(address, name string) []webhook {
	more := []string{"chat_properties", "chat_presence_user_ids"}
	var out []webhook
	for _, action := range []string{
		actionEvent, actionUpdated, actionDeleted, actionPostback, actionChat, actionClosed, actionMoved, actionThread, actionProperty,
	} {
		w := webhook{URL: address, Description: name + ": " + action, Action: action, Type: "license", Additional: more}
		switch action {
		case actionEvent:
			w.Filters = &filters{SourceType: []string{"other_clients"}}
		case actionMoved:
			w.Additional = nil
		}
		out = append(out, w)
	}
	return out
}

// settings are what is entered in the developer console.
type settings struct {
	Name   string   `json:"name"`
	Type   string   `json:"type"`
	Scopes []string `json:"scopes"`
	Widget struct {
		Source    string `json:"source_url"`
		Placement string `json:"placement"`
	} `json:"agent_app_widget"`
	Bot struct {
		Name string `json:"name"`
		Note string `json:"note"`
	} `json:"bot"`
}

// Package implements [connectors.Packager]: the widget's page, to be put on a
// web server of one's own, and what the developer console and the API want to
// know.
func (c *Connector) Package(p connectors.PackageOptions) (connectors.Package, error) {
	public, err := p.Validate()
	if err != nil {
		return connectors.Package{}, err
	}
	if len(p.Name) > maxName {
		return connectors.Package{}, fmt.Errorf("name of the app: at most %d bytes", maxName)
	}
	page, err := template.New("index.html").Parse(widgetPage)
	if err != nil {
		return connectors.Package{}, fmt.Errorf("widget page: %w", err)
	}
	var index bytes.Buffer
	if err := page.Execute(&index, map[string]string{
		"Origin": public.Scheme + "://" + public.Host, "Panel": p.Public + "/embed/" + p.Desk, "Name": p.Name, "SDK": sdkHash,
	}); err != nil {
		return connectors.Package{}, fmt.Errorf("widget page: %w", err)
	}
	files := map[string][]byte{
		"widget/index.html": index.Bytes(), "widget/widget.css": widgetStyle, "widget/relay.js": widgetScript, "register.py": registerScript,
	}
	app := settings{Name: p.Name, Type: "server-side app", Scopes: scopes}
	app.Widget.Source, app.Widget.Placement = c.cfg.Widget, "details"
	if c.cfg.Widget == "" {
		app.Widget.Source = "https://<your web server>/widget/index.html"
	}
	app.Bot.Name, app.Bot.Note = p.Name, "no groups and no routing: it joins chats by itself, for agents only"
	if files["app.json"], err = encode(app); err != nil {
		return connectors.Package{}, err
	}
	for _, w := range webhooks(p.Public+"/hooks/"+p.Desk, p.Name) {
		if files["webhooks/"+w.Action+".json"], err = encode(w); err != nil {
			return connectors.Package{}, err
		}
	}
	return connectors.Package{Files: files, Steps: []string{
		"Developer Console > Apps > Create new app: enter name, type and scopes of app.json, and the building blocks App Authorization and Chat Webhooks.",
		"Create a bot without groups (create_bot) and its token (issue_bot_token); enter its id as bot and the token as token in this desk's settings.",
		"Make up a path_token and a secret_key (openssl rand -hex 24 for each), enter them in this desk's settings and start the server.",
		"Run python3 register.py with TOKEN, CLIENT_ID, PATH_TOKEN and SECRET_KEY in its environment: it registers each file of webhooks/. " +
			"At most 3 webhooks per action and client are allowed, and none can be changed: unregister old ones first.",
		"Fetch the SDK: npm pack @livechat/agent-app-sdk@" + sdkVersion + ", and copy package/dist/agentapp.umd.min.js out of it into widget/.",
		"Put widget/ on a web server that speaks https, and enter the address of its index.html as widget in this desk's settings.",
		"Building blocks > LiveChat Widgets: source URL is that address, placement Details. Then Private installation > Install app.",
		"Open a chat: the panel stands at its right. Run the test of this desk.",
	}}, nil
}

func encode(v any) ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	if err := e.Encode(v); err != nil {
		return nil, fmt.Errorf("encode settings: %w", err)
	}
	return b.Bytes(), nil
}
