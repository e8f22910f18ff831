package freshworks

import (
	"context"
	"errors"
	"fmt"
	"net/http"

	"github.com/sufflor/sufflor/connectors"
)

// findings collects what a test found.
type findings []connectors.Finding

func (f *findings) add(what string, err error, hint string) {
	one := connectors.Finding{What: what, OK: err == nil}
	if err != nil {
		one.Hint = hint + " (" + err.Error() + ")"
	}
	*f = append(*f, one)
}

// stop reports whether nothing more can be asked after err.
func stop(err error) bool {
	return err != nil && (errors.Is(err, connectors.ErrGone) || !connectors.IsPermanent(err))
}

// allowed is nil if a call about something that does not exist failed for that
// reason alone.
func allowed(err error) error {
	if s := connectors.CallStatus(err); s == http.StatusNotFound || s == http.StatusBadRequest || s == http.StatusUnprocessableEntity {
		return nil
	}
	return err
}

// Test implements [connectors.Tester]. Nothing is changed: what would write is
// asked of a ticket that does not exist.
func (d *Desk) Test(ctx context.Context) []connectors.Finding {
	var f findings
	var me struct {
		ID connectors.ID `json:"id"`
	}
	err := d.call(ctx, http.MethodGet, "/agents/me", nil, &me)
	f.add("api_key", err, "take the key from the profile of the agent that writes the notes, and look at domain")
	if stop(err) {
		return f
	}
	if err == nil && string(me.ID) != d.cfg.APIUser {
		err = fmt.Errorf("the key is of agent %s", me.ID)
	}
	f.add("api_user", err, "set api_user to the agent the key belongs to, or our own notes would be taken for replies")
	var some []ticket
	err = d.call(ctx, http.MethodGet, "/tickets?per_page=1", nil, &some)
	f.add("may read tickets", err, "give the agent the scope \"all tickets\"")
	probe := newNote{Body: marker + "probe]", Private: notePrivate}
	err = allowed(d.call(ctx, http.MethodPost, "/tickets/"+probeTicket+"/notes", probe, nil))
	f.add("may write notes", err, "give the agent's role the right to add private notes")
	err = d.call(ctx, http.MethodGet, "/surveys/satisfaction_ratings?per_page=1", nil, nil)
	f.add("may read ratings", err, "only for plans with surveys; without it nothing but ratings is missing")
	return f
}

// Test implements [connectors.Tester]. Nothing is changed: what would write is
// asked of a conversation that does not exist.
func (c *Chat) Test(ctx context.Context) []connectors.Finding {
	var f findings
	if c.cfg.Token.IsZero() {
		return append(f, connectors.Finding{What: "token", Hint: "not set: deliveries are read, but no notes are written"})
	}
	err := c.call(ctx, http.MethodGet, "/agents/"+c.cfg.Agent, nil, nil)
	if stop(err) {
		f.add("token", err, "generate a token in Admin > API tokens, and look at api_url")
		return f
	}
	f.add("token", nil, "")
	f.add("agent", err, "set agent to the id of the agent that writes; GET /agents lists them")
	err = allowed(c.call(ctx, http.MethodGet, "/conversations/"+probeConversation+"/messages", nil, nil))
	f.add("may read messages", err, "generate the token as an agent that may see all conversations")
	err = allowed(c.call(ctx, http.MethodPost, "/conversations/"+probeConversation+"/messages", c.privately(marker+"probe]"), nil))
	f.add("may write private messages", err, "generate the token as an agent that may write private notes")
	return f
}
