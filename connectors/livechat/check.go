package livechat

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/sufflor/sufflor/connectors"
)

// needed are the actions without which something is missing; the others of
// facts.go are welcome.
var needed = []string{actionEvent, actionPostback, actionClosed} //nolint:gochecknoglobals // a constant list

// Test implements [connectors.Tester]. Nothing is changed: what would write is
// asked of a chat that does not exist.
func (c *Connector) Test(ctx context.Context) []connectors.Finding {
	if c.cfg.Token.IsZero() {
		return []connectors.Finding{{What: "token", Hint: "not set: deliveries are read, but no notes are written and nothing that was missed is asked for"}}
	}
	err := c.call(ctx, agentPath+"list_chats", listChats{Limit: 1}, nil)
	if errors.Is(err, connectors.ErrGone) || (err != nil && !connectors.IsPermanent(err)) {
		return []connectors.Finding{{What: "token", Hint: err.Error()}}
	}
	found := []connectors.Finding{{What: "token", OK: true}}
	add := func(what string, err error, hint string) {
		f := connectors.Finding{What: what, OK: err == nil}
		if err != nil {
			f.Hint = hint + " (" + err.Error() + ")"
		}
		found = append(found, f)
	}
	add("may read chats", err, "give the token the scope chats--all:rw, or chats--access:rw and the bot every group")
	add("may write notes", c.probe(ctx), "give the token the scope chats--all:rw, or chats--access:rw and the bot every group")
	if c.cfg.Client == "" {
		return append(found, connectors.Finding{What: "webhooks", Hint: "not looked at; set client_id to the app's client id"})
	}
	return append(found, c.webhooks(ctx)...)
}

// probe asks to write where nothing can be written. To be told that the chat
// is wrong is to be allowed.
func (c *Connector) probe(ctx context.Context) error {
	e := newEvent{Type: typeMessage, Visibility: noteVisibility, CustomID: customPrefix + "probe", Text: marker + "probe]"}
	in := sendEvent{ChatID: probeChat, Event: e}
	region, _ := c.region.Load().(string)
	said, err := c.ask(ctx, agentPath+"send_event", region, in, nil)
	if said.Type == errNotFound || said.Type == errValidation || said.Type == errInactive {
		return nil
	}
	return classify(said, err)
}

type hook struct {
	Action string `json:"action"`
	URL    string `json:"url"`
}

func (c *Connector) webhooks(ctx context.Context) []connectors.Finding {
	in := struct {
		Client string `json:"owner_client_id"`
	}{c.cfg.Client}
	var state struct {
		Enabled bool `json:"license_webhooks_enabled"`
	}
	enabled := connectors.Finding{What: "webhooks enabled"}
	switch err := c.call(ctx, configurePath+"get_license_webhooks_state", in, &state); {
	case err != nil:
		enabled.Hint = "give the token the scope webhooks.state:ro (" + err.Error() + ")"
	case !state.Enabled:
		enabled.Hint = "call enable_license_webhooks, or install the app again"
	default:
		enabled.OK = true
	}
	var hooks []hook
	registered := connectors.Finding{What: "webhooks registered"}
	if err := c.call(ctx, configurePath+"list_webhooks", in, &hooks); err != nil {
		registered.Hint = "give the token the scope webhooks.configuration:rw (" + err.Error() + ")"
		return []connectors.Finding{enabled, registered}
	}
	var missing []string
	for _, action := range needed {
		ours := func(h hook) bool {
			return h.Action == action && strings.HasSuffix(h.URL, "/"+c.cfg.PathToken.Reveal())
		}
		if !slices.ContainsFunc(hooks, ours) {
			missing = append(missing, action)
		}
	}
	registered.OK = len(missing) == 0
	if !registered.OK {
		registered.Hint = fmt.Sprintf("register %s with an address that ends with path_token; see register.py of the package", strings.Join(missing, ", "))
	}
	return []connectors.Finding{enabled, registered}
}
