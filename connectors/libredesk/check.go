package libredesk

import (
	"context"
	"net/http"
	"slices"
	"strings"

	"github.com/sufflor/sufflor/connectors"
)

// Test implements [connectors.Tester]. LibreDesk lists an agent's permissions,
// so that none has to be tried.
func (c *Connector) Test(ctx context.Context) []connectors.Finding {
	if !c.asks() {
		return []connectors.Finding{{What: "key", Hint: "not set: suggestions appear in the panel only, and missed messages are not looked for"}}
	}
	var me struct {
		ID          connectors.ID `json:"id"`
		Permissions []string      `json:"permissions"`
	}
	if err := c.call(ctx, http.MethodGet, "/api/v1/agents/me", nil, &me); err != nil {
		return []connectors.Finding{{What: "key", Hint: err.Error()}}
	}
	out := []connectors.Finding{
		{What: "key", OK: true},
		finding("agent", string(me.ID) == c.cfg.Agent, "the key belongs to agent "+connectors.Clip(string(me.ID), 20)+"; enter that as agent, or our own notes are taken for replies"),
	}
	if len(me.Permissions) == 0 {
		_, err := c.list(ctx, 1)
		hint := ""
		if err != nil {
			hint = err.Error()
		}
		return append(out, finding("may look for missed messages", err == nil, hint),
			connectors.Finding{What: "permissions", Hint: "this version does not list them; give the agent's role " + needed()})
	}
	for _, p := range permissions {
		if p.what == "may write notes" && c.cfg.Notes == Off {
			continue
		}
		ok := slices.ContainsFunc(p.anyOf, func(name string) bool { return slices.Contains(me.Permissions, name) })
		out = append(out, finding(p.what, ok, "add "+strings.Join(p.anyOf, " or ")+" to the role of agent "+c.cfg.Agent))
	}
	return out
}

func finding(what string, ok bool, hint string) connectors.Finding {
	if ok {
		hint = ""
	}
	return connectors.Finding{What: what, OK: ok, Hint: hint}
}
