package zammad

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"time"

	"github.com/sufflor/sufflor/connectors"
)

// Test implements [connectors.Tester].
func (c *Connector) Test(ctx context.Context) []connectors.Finding {
	if c.cfg.Token.IsZero() {
		return []connectors.Finding{{What: "token", Hint: "create it as the copilot's user in Profile > Token Access; without it suggestions show in the panel only"}}
	}
	var me struct {
		ID     connectors.ID       `json:"id"`
		Active bool                `json:"active"`
		Groups map[string][]string `json:"group_ids"`
	}
	if err := c.call(ctx, http.MethodGet, "/api/v1/users/me", nil, &me); err != nil {
		return []connectors.Finding{{What: "token", Hint: hint(err, "create a token with the permission ticket.agent; Settings > System > API must allow tokens")}}
	}
	found := []connectors.Finding{{What: "token", OK: true}}
	add := func(what string, ok bool, do string) {
		f := connectors.Finding{What: what, OK: ok}
		if !ok {
			f.Hint = do
		}
		found = append(found, f)
	}
	add("token is of api_user", string(me.ID) == c.cfg.APIUser && me.Active,
		fmt.Sprintf("the token is of user %s: set api_user to it, or our own notes are taken for an agent's", me.ID))
	notable := 0
	for _, group := range slices.Sorted(maps.Keys(me.Groups)) {
		if r := me.Groups[group]; slices.Contains(r, "full") || slices.Contains(r, "read") && slices.Contains(r, "create") && slices.Contains(r, "change") {
			notable++
		}
	}
	add(fmt.Sprintf("may read tickets and write notes in %d of %d groups", notable, len(me.Groups)), notable > 0 && notable == len(me.Groups),
		"give the copilot's user read, create and change in each group that it serves")
	today := c.client.Now().UTC().Format(time.DateOnly)
	q := url.Values{"query": {"updated_at:[" + today + " TO " + today + "]"}, "limit": {"1"}}
	var out struct {
		Tickets []connectors.ID `json:"tickets"`
	}
	err := c.call(ctx, http.MethodGet, "/api/v1/tickets/search?"+q.Encode(), nil, &out)
	add("may search tickets, for what was missed", err == nil, hint(err, "search needs Elasticsearch and ticket.agent"))
	if err != nil || len(out.Tickets) == 0 {
		return found
	}
	_, err = c.articles(ctx, string(out.Tickets[0]))
	add("may read articles", err == nil || isLarge(err), hint(err, "give the copilot's user read in the group of ticket "+string(out.Tickets[0])))
	return found
}

// hint is what to do, after what the desk said if that is not the same.
func hint(err error, do string) string {
	switch {
	case err == nil:
		return do
	case errors.Is(err, connectors.ErrGone):
		return err.Error()
	}
	return err.Error() + "; " + do
}
