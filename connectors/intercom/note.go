package intercom

import (
	"context"
	"errors"
	"fmt"
	"html"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/sufflor/sufflor/connectors"
)

// messageType is the type of every part we write. Intercom knows one other, on
// the same path, and it goes to the customer.
const messageType = partNote

// newPart is what a note is made of.
type newPart struct {
	MessageType string `json:"message_type"`
	Type        string `json:"type"`
	AdminID     string `json:"admin_id"`
	Body        string `json:"body"`
	Skip        bool   `json:"skip_notifications"` // followers hear of customers, not of us
}

// Silent implements [connectors.Silent].
func (c *Connector) Silent() bool { return c.cfg.Notes == Off || c.cfg.Token.IsZero() }

// Note implements [connectors.Noter] with an internal note. It looks for the
// suggestion's marker first, so that running twice writes one note, and it
// believes in privacy only when Intercom's answer says so.
func (c *Connector) Note(ctx context.Context, n connectors.Note) (string, error) {
	switch {
	case c.cfg.Notes == Off:
		return "", connectors.Permanent(errors.New(`notes are off for this desk; set notes to "private"`))
	case c.cfg.Token.IsZero():
		return "", connectors.Permanent(errors.New("token: required to write notes; take it from Developer Hub > your app > Authentication"))
	case !isID(n.Conversation) || !isID(n.Suggestion):
		return "", connectors.Permanent(fmt.Errorf("conversation %q or suggestion %q is no id", n.Conversation, n.Suggestion))
	}
	sign := marker + n.Suggestion + "]"
	item, err := c.conversation(ctx, n.Conversation)
	if err != nil {
		return "", err
	}
	for _, p := range item.Parts.Parts {
		if c.signed(p, sign) && p.Type == partNote {
			return string(p.ID), nil
		}
	}
	return c.write(ctx, n.Conversation, sign, connectors.HTML(n, sign, c.words, maxNote))
}

// write is the only place where anything is written.
func (c *Connector) write(ctx context.Context, where, sign, body string) (string, error) {
	in := newPart{MessageType: messageType, Type: "admin", AdminID: c.cfg.Admin, Body: body, Skip: true}
	var out conversation
	if err := c.call(ctx, http.MethodPost, "/conversations/"+where+"/reply", in, &out); err != nil {
		return "", fmt.Errorf("write note on conversation %s: %w", where, err)
	}
	if string(out.ID) != where {
		return "", c.hide(ctx, where, "")
	}
	var newest part
	for _, p := range out.Parts.Parts {
		if c.signed(p, sign) && p.CreatedAt >= newest.CreatedAt {
			newest = p
		}
	}
	if newest.ID == "" || newest.Type != messageType {
		return "", c.hide(ctx, where, string(newest.ID))
	}
	return string(newest.ID), nil
}

// signed reports whether p is a part with that sign that we wrote. A customer
// may write it as well, and must not keep us from writing.
func (c *Connector) signed(p part, sign string) bool {
	return p.ID != "" && p.Author.Type == "admin" && string(p.Author.ID) == c.cfg.Admin && strings.Contains(p.Body, sign)
}

// hide takes a part back that is not certainly a note, and makes noise.
func (c *Connector) hide(ctx context.Context, conversation, id string) error {
	did := "the answer names no part of ours; look at the conversation now"
	if isID(id) {
		// Not even a worker that is shutting down leaves it standing.
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), connectors.DefaultTimeout)
		defer cancel()
		did = "redacted; check the conversation and this app's permissions"
		if err := c.redact(ctx, conversation, id); err != nil {
			did = "could not be redacted (" + err.Error() + "); delete it now"
		}
	}
	return connectors.Permanent(fmt.Errorf("conversation %s, part %s: %s: %w", conversation, id, did, connectors.ErrVisible))
}

// redaction takes the text out of a part, for good.
type redaction struct {
	Type         string `json:"type"`
	Conversation string `json:"conversation_id"`
	Part         string `json:"conversation_part_id"`
}

func (c *Connector) redact(ctx context.Context, conversation, id string) error {
	in := redaction{Type: "conversation_part", Conversation: conversation, Part: id}
	if err := c.call(ctx, http.MethodPost, "/conversations/redact", in, nil); err != nil {
		return fmt.Errorf("redact part %s of conversation %s: %w", id, conversation, err)
	}
	return nil
}

// Withdraw implements [connectors.Withdrawer]: Intercom keeps the part and
// shows that its text was deleted. It cannot be undone, so the part is read
// first: nothing but a note of ours is ever redacted.
func (c *Connector) Withdraw(ctx context.Context, external string, n connectors.Note) error {
	switch {
	case c.cfg.Token.IsZero():
		return connectors.Permanent(errors.New("token: required to withdraw notes; take it from Developer Hub > your app > Authentication"))
	case !isID(external) || !isID(n.Conversation):
		return connectors.Permanent(fmt.Errorf("conversation %q or note %q is no id", n.Conversation, external))
	}
	item, err := c.conversation(ctx, n.Conversation)
	if gone(err) {
		return nil
	}
	if err != nil {
		return err
	}
	for _, p := range item.Parts.Parts {
		if string(p.ID) != external {
			continue
		}
		switch {
		case p.Redacted:
			return nil
		case p.Type != partNote || !c.signed(p, marker):
			return connectors.Permanent(fmt.Errorf("conversation %s, part %s: is no note of ours; left as it is", n.Conversation, external))
		}
		if err := c.redact(ctx, n.Conversation, external); !gone(err) {
			return err
		}
		return nil
	}
	return nil
}

// gone reports whether the desk has no such thing any more.
func gone(err error) bool {
	return connectors.CallStatus(err) == http.StatusNotFound
}

// React implements [connectors.Reactor]: it puts what an agent made of a draft
// into a note under that agent's name, since no panel can reach the composer.
func (c *Connector) React(ctx context.Context, d connectors.Delivery) error {
	if d.Path != pathSubmit || d.Method == http.MethodHead || c.Silent() {
		return nil
	}
	in, err := c.request(d.Body)
	if err != nil || in.Component != componentKeep {
		return err
	}
	a, ok := c.pressed(in)
	text, written := in.reply()
	if !ok || !written {
		return nil
	}
	sign := marker + a.Suggestion + " " + string(in.Admin.ID) + "]"
	_, err = c.write(ctx, a.Conversation, sign, kept(sign+" "+inline(in.Admin.Name, maxTitle), text))
	return err
}

// kept is an agent's text as a note.
func kept(head, text string) string {
	var b strings.Builder
	b.WriteString("<p><strong>" + html.EscapeString(head) + "</strong></p>")
	for part := range strings.SplitSeq(clean(text), "\n\n") {
		b.WriteString("<p>" + strings.ReplaceAll(html.EscapeString(part), "\n", "<br>") + "</p>")
	}
	return b.String()
}

// conversation reads one with its parts, the 500 newest of them.
func (c *Connector) conversation(ctx context.Context, id string) (conversation, error) {
	var out conversation
	if err := c.call(ctx, http.MethodGet, "/conversations/"+id+"?"+plaintext, nil, &out); err != nil {
		return conversation{}, fmt.Errorf("read conversation %s: %w", id, err)
	}
	if string(out.ID) != id {
		return conversation{}, &connectors.CallError{Err: fmt.Errorf("read conversation %s: the answer is about another one", id)}
	}
	return out, nil
}

// call is one request to the API of this workspace.
func (c *Connector) call(ctx context.Context, method, path string, in, out any) error {
	h := http.Header{"Authorization": {"Bearer " + c.cfg.Token.Reveal()}, "Intercom-Version": {apiVersion}}
	a, err := c.client.JSON(ctx, method, c.cfg.base()+path, h, in, out)
	return c.classify(a, err)
}

// classify adds what Intercom means by some statuses.
func (c *Connector) classify(a connectors.Answer, err error) error {
	var e *connectors.CallError
	if !errors.As(err, &e) {
		return err
	}
	switch e.Status {
	case http.StatusUnauthorized:
		e.Err = fmt.Errorf("token refused; install the app again and enter its new access token: %w", connectors.ErrGone)
	case http.StatusForbidden, http.StatusPaymentRequired:
		e.Err = errors.New("token lacks a permission, or the plan the API; the app needs: " + strings.Join(permissions[:], ", "))
	case http.StatusNotFound:
		e.Err = errors.New("not there any more, or in another workspace")
	case http.StatusTooManyRequests:
		if e.After == 0 {
			e.After = until(a.Header, c.client.Now())
		}
	case http.StatusBadRequest, http.StatusUnprocessableEntity:
		e.Err = errors.New("refused; is admin the id of a teammate of this workspace, with a seat for the Inbox?")
	}
	return e
}

// until is how long the limit that h tells of still lasts, at most a minute:
// limits are counted in slices of 10 s, so more is a clock that differs.
func until(h http.Header, now time.Time) time.Duration {
	at, err := strconv.ParseInt(h.Get(headerReset), 10, 64)
	if err != nil {
		return 0
	}
	return max(0, min(time.Unix(at, 0).Sub(now), time.Minute))
}
