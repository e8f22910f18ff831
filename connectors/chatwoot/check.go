package chatwoot

import (
	"context"
	"fmt"
	"net/http"
	"slices"

	"github.com/sufflor/sufflor/connectors"
)

// Test implements [connectors.Tester].
func (c *Connector) Test(ctx context.Context) []connectors.Finding {
	if c.cfg.Token.IsZero() {
		return []connectors.Finding{{What: "token", Hint: "enter token and sender_id; without them nothing is written and nothing missed is caught up"}}
	}
	var found []connectors.Finding
	if c.cfg.Sender == User {
		found = c.profile(ctx)
	}
	if len(found) > 0 && !found[0].OK {
		return found
	}
	return append(found, c.reads(ctx, "conversations", listConversations+"1"), c.reads(ctx, "inboxes", "/inboxes"))
}

// profile compares whom a token belongs to with the settings.
func (c *Connector) profile(ctx context.Context) []connectors.Finding {
	var out struct {
		ID       connectors.ID `json:"id"`
		Accounts []struct {
			ID connectors.ID `json:"id"`
		} `json:"accounts"`
	}
	if err := c.request(ctx, http.MethodGet, c.cfg.BaseURL+profilePath, nil, &out); err != nil {
		return []connectors.Finding{{What: "token", Hint: err.Error()}}
	}
	found := []connectors.Finding{{What: "token", OK: true}}
	who := connectors.Finding{What: "sender", OK: string(out.ID) == c.cfg.SenderID}
	if !who.OK {
		who.Hint = fmt.Sprintf("the token belongs to user %s, sender_id is %s; correct one of them, or we do not know our own notes", out.ID, c.cfg.SenderID)
	}
	account := connectors.Finding{What: "account"}
	for _, a := range out.Accounts {
		account.OK = account.OK || string(a.ID) == c.cfg.AccountID
	}
	if !account.OK {
		account.Hint = "the user of the token is not in account " + c.cfg.AccountID + "; add it under Settings > Agents"
	}
	return slices.Concat(found, []connectors.Finding{who, account})
}

func (c *Connector) reads(ctx context.Context, what, path string) connectors.Finding {
	if err := c.call(ctx, http.MethodGet, path, nil, nil); err != nil {
		return connectors.Finding{What: what, Hint: err.Error()}
	}
	return connectors.Finding{What: what, OK: true}
}
