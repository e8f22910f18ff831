package intercom

import (
	"context"
	"errors"
	"net/http"
	"strings"

	"github.com/sufflor/sufflor/connectors"
)

// Test implements [connectors.Tester]. The right to write is asked with a note
// to a conversation that does not exist.
func (c *Connector) Test(ctx context.Context) []connectors.Finding {
	if c.cfg.Token.IsZero() {
		return []connectors.Finding{{What: "token", Hint: "not set: suggestions appear in the panel only, and missed messages are not looked for"}}
	}
	var me struct {
		ID  connectors.ID `json:"id"`
		App struct {
			Workspace string `json:"id_code"`
			Region    string `json:"region"`
		} `json:"app"`
	}
	if err := c.call(ctx, http.MethodGet, "/me", nil, &me); err != nil {
		return []connectors.Finding{{What: "token", Hint: err.Error()}}
	}
	out := []connectors.Finding{
		{What: "token", OK: true},
		finding("workspace", me.App.Workspace == c.cfg.Workspace,
			"the token belongs to workspace "+clipID(me.App.Workspace)+"; enter that as workspace, or the token of "+c.cfg.Workspace),
	}
	if me.App.Region != "" && c.cfg.BaseURL == "" {
		out = append(out, finding("region", strings.EqualFold(me.App.Region, string(c.region())),
			"the workspace is kept in "+clipID(me.App.Region)+"; set region to "+strings.ToLower(clipID(me.App.Region))))
	}
	out = append(out, c.teammate(ctx)...)
	err := c.call(ctx, http.MethodGet, "/conversations?per_page=1", nil, nil)
	out = append(out, finding("may read conversations", err == nil, hint(err, "Read conversations")))
	if c.cfg.Notes != Off {
		in := newPart{MessageType: messageType, Type: "admin", AdminID: c.cfg.Admin, Body: "?", Skip: true}
		err = c.call(ctx, http.MethodPost, "/conversations/"+nowhere+"/reply", in, nil)
		out = append(out, finding("may write notes", reached(err), hint(err, "Write conversations")))
	}
	return out
}

// teammate looks for the one in whose name notes are written.
func (c *Connector) teammate(ctx context.Context) []connectors.Finding {
	var one struct {
		ID   connectors.ID `json:"id"`
		Seat *bool         `json:"has_inbox_seat"`
	}
	err := c.call(ctx, http.MethodGet, "/admins/"+c.cfg.Admin, nil, &one)
	if gone(err) {
		return []connectors.Finding{{What: "admin", Hint: "there is no teammate " + c.cfg.Admin + " in this workspace; take the number from the address of the profile"}}
	}
	if err != nil {
		return []connectors.Finding{{What: "admin", Hint: hint(err, "Read admins")}}
	}
	return []connectors.Finding{
		finding("admin", string(one.ID) == c.cfg.Admin, "the answer is about another teammate"),
		finding("seat", one.Seat == nil || *one.Seat, "teammate "+c.cfg.Admin+" has no seat for the Inbox; give it one under Settings > Teammates"),
	}
}

func (c *Connector) region() Region {
	if c.cfg.Region == "" {
		return US
	}
	return c.cfg.Region
}

func finding(what string, ok bool, hint string) connectors.Finding {
	if ok {
		hint = ""
	}
	return connectors.Finding{What: what, OK: ok, Hint: hint}
}

// reached reports whether a call got as far as the conversation that it could
// not find, or as what was wrong with it.
func reached(err error) bool {
	call, ok := errors.AsType[*connectors.CallError](err)
	return ok && (call.Status == http.StatusNotFound || call.Status == http.StatusBadRequest || call.Status == http.StatusUnprocessableEntity)
}

// hint says what to do about err, most likely a missing permission.
func hint(err error, permission string) string {
	call, ok := errors.AsType[*connectors.CallError](err)
	switch {
	case err == nil:
		return "Intercom took a note to a conversation that should not exist; tell the developers"
	case ok && (call.Status == http.StatusForbidden || call.Status == http.StatusUnauthorized):
		return `permission "` + permission + `" is missing; add it in Developer Hub > your app > Authentication and install the app again`
	}
	return err.Error()
}

// clipID keeps what a desk answered short enough for one line.
func clipID(s string) string { return inline(s, maxTitle/4) }
