package liveagent

import (
	"context"
	"errors"
	"net/url"
	"time"

	"github.com/sufflor/sufflor/connectors"
)

// Test implements [connectors.Tester]. A key for notes can only be tried by
// writing one, which the first suggestion does, on the test ticket.
func (c *Connector) Test(ctx context.Context) []connectors.Finding {
	var out []connectors.Finding
	found := func(what string, err error, hint string) bool {
		f := connectors.Finding{What: what, OK: err == nil}
		if err != nil {
			f.Hint = hint + ": " + err.Error()
		}
		out = append(out, f)
		return err == nil
	}
	var tickets []ticket
	q := url.Values{"_page": {"1"}, "_perPage": {"1"}, "_sortField": {sortChanged}, "_sortDir": {"DESC"}}
	if !found("may read tickets", c.get(ctx, pathTickets, q, &tickets), "the key needs the right to read tickets") {
		return out
	}
	if len(tickets) > 0 {
		_, err := c.groups(ctx, string(tickets[0].ID))
		found("may read messages", err, "the key needs the right to read tickets in all departments")
		found("time_zone", c.ahead(tickets[0].Changed), "set the zone of Configuration > System > General")
	}
	found("agent exists", c.get(ctx, pathAgents+c.cfg.Agent, nil, nil), "agent must be the id of the agent Copilot, and the key needs the right to read agents")
	if c.cfg.Notes == AsNotes {
		_, err := c.noted(ctx, c.cfg.TestTicket, marker+probe+"]")
		found("test_ticket", err, "test_ticket must be a ticket of your own that the key can read")
	}
	return out
}

// ahead is an error if a time of the API is in the future.
func (c *Connector) ahead(text string) error {
	t, err := time.ParseInLocation(timeLayout, text, c.zone)
	if err == nil && t.After(c.client.Now().Add(10*time.Minute)) {
		return errors.New("the newest ticket changed at " + text + ", which is in the future there")
	}
	return nil
}
