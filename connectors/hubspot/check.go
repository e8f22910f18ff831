package hubspot

import (
	"context"
	"fmt"
	"net/http"
	"slices"

	"github.com/sufflor/sufflor/connectors"
)

// access is what a token may do.
type access struct {
	portal, app connectors.ID
	scopes      []string
}

// Test implements [connectors.Tester].
func (c *Connector) Test(ctx context.Context) []connectors.Finding {
	if !c.cfg.access() {
		return []connectors.Finding{{What: "token", Hint: "enter token, or client_id and refresh_token: webhooks hold ids only"}}
	}
	a, err := c.access(ctx)
	if err != nil {
		return []connectors.Finding{{What: "token", Hint: err.Error()}}
	}
	found := []connectors.Finding{
		{What: "token", OK: true},
		same("account", "portal_id", a.portal, c.cfg.PortalID),
		same("app", "app_id", a.app, c.cfg.AppID),
		scope("may read conversations", a.scopes, scopeRead),
	}
	if c.cfg.Notes != Off {
		found = append(found, scope("may write comments", a.scopes, scopeWrite))
	}
	if len(c.cfg.ContactProperties) > 0 {
		found = append(found, scope("may read contacts", a.scopes, scopeContacts))
	}
	f := connectors.Finding{What: "conversations", OK: true}
	if err := c.call(ctx, http.MethodGet, conversationsPath+"/threads?limit=1", nil, nil); err != nil {
		f.OK, f.Hint = false, err.Error()
	}
	return append(found, f)
}

func same(what, field string, got connectors.ID, want string) connectors.Finding {
	if string(got) == want {
		return connectors.Finding{What: what, OK: true}
	}
	return connectors.Finding{What: what, Hint: fmt.Sprintf("the token belongs to %s, %s is %s; correct one of them", got, field, want)}
}

func scope(what string, has []string, need string) connectors.Finding {
	if slices.Contains(has, need) {
		return connectors.Finding{What: what, OK: true}
	}
	return connectors.Finding{What: what, Hint: "add the scope " + need + " to the app and install it again"}
}

func (c *Connector) access(ctx context.Context) (access, error) {
	if c.cfg.Token.IsZero() {
		token, err := c.tokens.Token(ctx)
		if err != nil {
			return access{}, err
		}
		var out struct {
			Portal connectors.ID `json:"hub_id"`
			App    connectors.ID `json:"app_id"`
			Scopes []string      `json:"scopes"`
		}
		err = c.call(ctx, http.MethodGet, oauthInfo+token, nil, &out)
		return access{out.Portal, out.App, out.Scopes}, err
	}
	in := struct {
		Key string `json:"tokenKey"`
	}{c.cfg.Token.Reveal()}
	var out struct {
		Portal connectors.ID `json:"hubId"`
		App    connectors.ID `json:"appId"`
		Scopes []string      `json:"scopes"`
	}
	err := c.call(ctx, http.MethodPost, staticInfo, in, &out)
	return access{out.Portal, out.App, out.Scopes}, err
}
