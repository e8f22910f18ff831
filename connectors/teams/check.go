package teams

import (
	"context"
	"fmt"

	"github.com/sufflor/sufflor/connectors"
)

// Test implements [connectors.Tester]. Whether the app is installed for an
// agent, Teams tells nobody but the bot in a conversation, so the chats are
// not asked: opening one would change something.
func (c *Connector) Test(ctx context.Context) []connectors.Finding {
	var out []connectors.Finding
	found := func(what string, err error, hint string) {
		f := connectors.Finding{What: what, OK: err == nil}
		if err != nil {
			f.Hint = hint + ": " + err.Error()
		}
		out = append(out, f)
	}
	if c.cfg.AppID == "" {
		return append(out, connectors.Finding{
			What: "may show suggestions", Hint: "an outgoing webhook cannot: its answers are visible to the whole channel; set app_id and client_secret for cards, or use the panel",
		})
	}
	keys, err := c.loadKeys(ctx)
	found("signing keys of the Bot Framework", err, "allow https from this server to "+host(c.cloud.metadata))
	if err == nil {
		vouch := 0
		for _, k := range keys {
			if endorsed(k, channelTeams) == nil {
				vouch++
			}
		}
		if vouch == 0 {
			err = fmt.Errorf("none of %d keys is endorsed for %s", len(keys), channelTeams)
		}
		found("a key vouches for Teams", err, "no delivery can be verified; is cloud the right one?")
	}
	if c.cfg.ClientSecret.IsZero() {
		return append(out, connectors.Finding{What: "may show suggestions", Hint: "client_secret: missing; make one in Entra admin center > App registrations > Certificates & secrets"})
	}
	_, _, err = c.newToken(ctx)
	found("token for the bot", err, "check app_id, tenant_id and client_secret")
	return out
}
