package meta

import (
	"context"
	"net/url"
	"slices"

	"github.com/sufflor/sufflor/connectors"
)

// Test implements [connectors.Tester]. What comes in needs no token and is not
// tested here: Meta's own button "Test" does that.
func (c *Connector) Test(ctx context.Context) []connectors.Finding {
	if c.cfg.Token.IsZero() {
		return []connectors.Finding{{What: "token", OK: true, Hint: "none is set: messages are heard, files of WhatsApp are not read"}}
	}
	var who struct {
		ID connectors.ID `json:"id"`
	}
	if err := c.get(ctx, "me", url.Values{"fields": {"id"}}, &who); err != nil {
		return []connectors.Finding{{What: "token", Hint: err.Error()}}
	}
	out := []connectors.Finding{{What: "token", OK: true}, c.cannotSend(ctx)}
	for _, id := range c.cfg.Accounts {
		f := connectors.Finding{What: "account " + id, OK: true}
		if err := c.get(ctx, id, url.Values{"fields": {"id"}}, nil); err != nil {
			f.OK, f.Hint = false, "not visible to the token; assign it to the system user in Business settings > Accounts, or correct accounts ("+err.Error()+")"
		}
		out = append(out, f)
	}
	return out
}

// cannotSend looks for permissions that we do not want.
func (c *Connector) cannotSend(ctx context.Context) connectors.Finding {
	f := connectors.Finding{What: "token cannot send", OK: true}
	var out struct {
		Data []struct {
			Permission string `json:"permission"`
			Status     string `json:"status"`
		} `json:"data"`
	}
	if err := c.get(ctx, "me/permissions", nil, &out); err != nil {
		f.OK, f.Hint = false, "its permissions are not readable: "+err.Error()
		return f
	}
	for _, p := range out.Data {
		if p.Status == "granted" && slices.Contains(senders, p.Permission) {
			f.OK, f.Hint = false, "the token has "+p.Permission+" and could write to customers; make one without it"
		}
	}
	return f
}
