package zendesk

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/sufflor/sufflor/connectors"
)

// Test implements [connectors.Tester].
func (c *Connector) Test(ctx context.Context) []connectors.Finding {
	if c.cfg.Token.IsZero() {
		return []connectors.Finding{{What: "token", OK: true, Hint: "none is set: tickets are heard, no notes are written, nothing is read again"}}
	}
	var out struct {
		User struct {
			ID           connectors.ID `json:"id"`
			Role         string        `json:"role"`
			OnlyPrivate  bool          `json:"only_private_comments"`
			Suspended    bool          `json:"suspended"`
			Restrictions string        `json:"ticket_restriction"`
		} `json:"user"`
	}
	if err := c.call(ctx, http.MethodGet, "/api/v2/users/me.json", nil, &out); err != nil {
		return []connectors.Finding{{What: "token", Hint: err.Error()}}
	}
	u := out.User
	if someone(u.ID) == "" { // Zendesk shows an anonymous user instead of refusing
		return []connectors.Finding{{What: "token", Hint: "Zendesk does not know it; renew token in this desk's settings"}}
	}
	found := []connectors.Finding{{What: "token", OK: true}}
	add := func(what string, ok bool, hint string) {
		if ok {
			hint = ""
		}
		found = append(found, connectors.Finding{What: what, OK: ok, Hint: hint})
	}
	add("api_user is whose token it is", string(u.ID) == c.cfg.APIUser, "the token belongs to user "+string(u.ID)+
		"; enter that as api_user, or our own notes are taken for an agent's")
	add("user is an agent", (u.Role == "agent" || u.Role == "admin") && !u.Suspended, "its role is "+strconv.Quote(u.Role)+
		"; make it an agent that is not suspended")
	found = append(found, connectors.Finding{What: "user writes private notes only", OK: true, Hint: onlyPrivate(u.OnlyPrivate)})
	add("user sees all tickets", u.Restrictions == "", "it sees "+strconv.Quote(u.Restrictions)+" only; notes on other tickets fail")
	found = append(found, c.testScopes(ctx)...)
	return append(found, c.testWebhooks(ctx)...)
}

func onlyPrivate(is bool) string {
	if is {
		return ""
	}
	return "recommended: give it a role that allows private comments only, then Zendesk itself keeps our notes from customers"
}

// testScopes asks what the token may do. What cannot be seen is tried, as far
// as that changes nothing.
func (c *Connector) testScopes(ctx context.Context) []connectors.Finding {
	var out struct {
		Token struct {
			Scopes []string `json:"scopes"`
		} `json:"token"`
	}
	if err := c.call(ctx, http.MethodGet, "/api/v2/oauth/tokens/current.json", nil, &out); err != nil {
		f := connectors.Finding{What: "may read tickets", OK: true, Hint: "the token's scopes are not readable; see to tickets:write by hand"}
		if err := c.call(ctx, http.MethodGet, "/api/v2/tickets.json?page%5Bsize%5D=1", nil, nil); err != nil {
			f.OK, f.Hint = false, err.Error()
		}
		return []connectors.Finding{f}
	}
	var found []connectors.Finding
	for _, s := range scopes {
		f := connectors.Finding{What: s.what, OK: slices.Contains(out.Token.Scopes, s.narrow) || slices.Contains(out.Token.Scopes, s.broad)}
		if !f.OK {
			f.Hint = "make a token that also has the scope " + s.narrow
		}
		found = append(found, f)
	}
	return found
}

// testWebhooks looks whether a webhook that calls us has our secret.
func (c *Connector) testWebhooks(ctx context.Context) []connectors.Finding {
	if c.cfg.SigningSecret.IsZero() {
		return nil
	}
	const what = "webhook"
	var out struct {
		Webhooks []struct {
			ID            string   `json:"id"`
			Name          string   `json:"name"`
			Endpoint      string   `json:"endpoint"`
			Status        string   `json:"status"`
			Subscriptions []string `json:"subscriptions"`
		} `json:"webhooks"`
	}
	if err := c.call(ctx, http.MethodGet, "/api/v2/webhooks?page%5Bsize%5D=100", nil, &out); err != nil {
		return []connectors.Finding{{What: what, OK: true, Hint: "not visible to this token, which is well; look at it in Admin Center"}}
	}
	var found []connectors.Finding
	for _, w := range out.Webhooks {
		if !strings.Contains(w.Endpoint, "/hooks/") || !connectors.IsToken(w.ID) || len(found) == maxWebhooks {
			continue
		}
		f := connectors.Finding{What: fmt.Sprintf("%s %q", what, w.Name)}
		var secret struct {
			Signing struct {
				Secret string `json:"secret"`
			} `json:"signing_secret"`
		}
		err := c.call(ctx, http.MethodGet, "/api/v2/webhooks/"+w.ID+"/signing_secret", nil, &secret)
		switch {
		case w.Status != "active":
			f.Hint = "is switched off; activate it in Admin Center > Webhooks"
		case err == nil && secret.Signing.Secret != c.cfg.SigningSecret.Reveal() && secret.Signing.Secret != c.cfg.PreviousSecret.Reveal():
			f.Hint = "signs with another secret than signing_secret; reveal it in Admin Center and enter it"
		case !slices.Contains(w.Subscriptions, typePrefix+commentAdded) && !slices.Contains(w.Subscriptions, "conditional_ticket_events"):
			f.Hint = "is subscribed neither to comments nor connected to a trigger; see step 3 of the set-up"
		default:
			f.OK = true
		}
		found = append(found, f)
	}
	if len(found) == 0 {
		return []connectors.Finding{{What: what, Hint: "none calls an address with /hooks/ in it; create it, step 3 of the set-up"}}
	}
	return found
}
