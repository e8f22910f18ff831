package freshworks

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/sufflor/sufflor/connectors"
)

// notePrivate is in every note we write. What Freshdesk does without it is of
// no interest: it is always sent.
const notePrivate = true

type newNote struct {
	Body    string `json:"body"`
	Private bool   `json:"private"`
}

func sign(n connectors.Note) string { return marker + n.Suggestion + "]" }

// Silent implements [connectors.Silent].
func (d *Desk) Silent() bool { return d.cfg.Notes == Off }

func (d *Desk) html(n connectors.Note) string {
	return connectors.HTML(n, sign(n), connectors.WordsIn(d.cfg.Language), maxNote)
}

// writable is the ticket that n belongs to, or why nothing can be written.
func (d *Desk) writable(n connectors.Note) (string, error) {
	id := n.Route[routeTicket]
	switch {
	case d.cfg.Notes == Off:
		return "", connectors.Permanent(errors.New(`notes are off for this desk; set notes to "private"`))
	case !connectors.IsNumber(id) || !isToken(n.Suggestion):
		return "", connectors.Permanent(fmt.Errorf("ticket %q or suggestion %q is no id", id, n.Suggestion))
	}
	return id, nil
}

// Note implements [connectors.Noter] with a private note. It looks for the
// suggestion's marker first, so that running twice writes one note, and
// believes in privacy only when Freshdesk says so.
func (d *Desk) Note(ctx context.Context, n connectors.Note) (string, error) {
	id, err := d.writable(n)
	if err != nil {
		return "", err
	}
	found, err := d.find(ctx, id, func(r reply) bool { return strings.Contains(plain(r.Text, r.Markup), sign(n)) })
	if err != nil {
		return "", err
	}
	if found != nil {
		return string(found.ID), d.sure(ctx, id, *found)
	}
	var out reply
	if err := d.call(ctx, http.MethodPost, "/tickets/"+id+"/notes", newNote{Body: d.html(n), Private: notePrivate}, &out); err != nil {
		return "", fmt.Errorf("write note on ticket %s: %w", id, err)
	}
	return string(out.ID), d.sure(ctx, id, out)
}

// find is the note of ours that is wanted, or nil.
func (d *Desk) find(ctx context.Context, id string, wanted func(reply) bool) (*reply, error) {
	rs, err := d.replies(ctx, id)
	if err != nil {
		return nil, err
	}
	i := slices.IndexFunc(rs, func(r reply) bool { return string(r.UserID) == d.cfg.APIUser && !r.Incoming && wanted(r) })
	if i < 0 {
		return nil, nil
	}
	return &rs[i], nil
}

// sure is nil if Freshdesk says that r is private. An answer that does not say
// is looked up; a note that is not certainly private is taken back, and noise
// is made.
func (d *Desk) sure(ctx context.Context, id string, r reply) error {
	if r.private() && connectors.IsNumber(string(r.ID)) {
		return nil
	}
	if r.Private == nil && connectors.IsNumber(string(r.ID)) {
		found, err := d.find(ctx, id, func(o reply) bool { return o.ID == r.ID })
		if err == nil && found != nil && found.private() {
			return nil
		}
	}
	did := "the answer names no note; look at the ticket now"
	if connectors.IsNumber(string(r.ID)) {
		// Not even a worker that is shutting down leaves it standing.
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), connectors.DefaultTimeout)
		defer cancel()
		did = "deleted again; check the ticket and this account's rules"
		if err := d.remove(ctx, string(r.ID)); err != nil {
			did = "could not be deleted (" + err.Error() + "); delete it now"
		}
	}
	return connectors.Permanent(fmt.Errorf("ticket %s, note %s: %s: %w", id, r.ID, did, connectors.ErrVisible))
}

func (d *Desk) remove(ctx context.Context, note string) error {
	return d.call(ctx, http.MethodDelete, "/conversations/"+note, nil, nil)
}

// ours is the note with the desk's id external, or an error wrapping
// [connectors.ErrNoNote]. What we did not write ourselves is never touched.
func (d *Desk) ours(ctx context.Context, external string, n connectors.Note) (string, error) {
	id, err := d.writable(n)
	if err != nil {
		return "", err
	}
	if !connectors.IsNumber(external) {
		return "", connectors.Permanent(fmt.Errorf("ticket %s: %q is no id of a note: %w", id, external, connectors.ErrNoNote))
	}
	found, err := d.find(ctx, id, func(r reply) bool { return string(r.ID) == external })
	if err != nil {
		return "", err
	}
	if found == nil {
		return "", connectors.Permanent(fmt.Errorf("ticket %s, note %s: %w", id, external, connectors.ErrNoNote))
	}
	return id, d.sure(ctx, id, *found)
}

// Update implements [connectors.Updater]. A note's text can be changed; its
// privacy is not said again, and looked at all the same.
func (d *Desk) Update(ctx context.Context, external string, n connectors.Note) error {
	id, err := d.ours(ctx, external, n)
	if err != nil {
		return err
	}
	in := struct {
		Body string `json:"body"`
	}{d.html(n)}
	var out reply
	err = d.call(ctx, http.MethodPut, "/conversations/"+external, in, &out)
	switch {
	case connectors.CallStatus(err) == http.StatusNotFound:
		return connectors.Permanent(fmt.Errorf("ticket %s, note %s: %w", id, external, connectors.ErrNoNote))
	case err != nil:
		return fmt.Errorf("change note %s of ticket %s: %w", external, id, err)
	}
	out.ID = connectors.ID(external)
	return d.sure(ctx, id, out)
}

// Withdraw implements [connectors.Withdrawer] by deleting the note.
func (d *Desk) Withdraw(ctx context.Context, external string, n connectors.Note) error {
	id, err := d.ours(ctx, external, n)
	if errors.Is(err, connectors.ErrNoNote) {
		return nil
	}
	if err != nil {
		return err
	}
	if err := d.remove(ctx, external); err != nil && connectors.CallStatus(err) != http.StatusNotFound {
		return fmt.Errorf("delete note %s of ticket %s: %w", external, id, err)
	}
	return nil
}

// newMessage is a private message. Freshchat's own type is one that the
// customer sees, so this one is always sent.
type newMessage struct {
	Parts     []newPart `json:"message_parts"`
	Type      string    `json:"message_type"`
	ActorType string    `json:"actor_type"`
	ActorID   string    `json:"actor_id"`
}

type newPart struct {
	Text struct {
		Content string `json:"content"`
	} `json:"text"`
}

// messageType is that of every message we write.
const messageType = typePrivate

func (c *Chat) privately(text string) newMessage {
	var p newPart
	p.Text.Content = text
	return newMessage{Parts: []newPart{p}, Type: messageType, ActorType: actorAgent, ActorID: c.cfg.Agent}
}

// Silent implements [connectors.Silent].
func (c *Chat) Silent() bool { return c.cfg.Notes == Off || c.cfg.Token.IsZero() }

// Note implements [connectors.Noter] with a private message. It looks for the
// suggestion's marker first, so that running twice writes one. There is no
// call to change or delete a message.
func (c *Chat) Note(ctx context.Context, n connectors.Note) (string, error) {
	id := n.Route[routeConversation]
	switch {
	case c.cfg.Notes == Off:
		return "", connectors.Permanent(errors.New(`notes are off for this desk; set notes to "private"`))
	case c.cfg.Token.IsZero():
		return "", connectors.Permanent(errors.New("token: required to write notes; generate it in Admin > API tokens"))
	case !isToken(id) || !isToken(n.Suggestion):
		return "", connectors.Permanent(fmt.Errorf("conversation %q or suggestion %q is no id", id, n.Suggestion))
	}
	if got, err := c.written(ctx, id, sign(n)); err != nil || got != "" {
		return got, err
	}
	var out message
	text := connectors.Text(n, sign(n), connectors.WordsIn(c.cfg.Language), maxText)
	err := c.call(ctx, http.MethodPost, "/conversations/"+id+"/messages", c.privately(text), &out)
	if connectors.CallStatus(err) == http.StatusBadRequest {
		// In conversations by mail Freshchat writes the message and refuses
		// the call for another reason.
		if got, lost := c.written(ctx, id, sign(n)); lost != nil || got != "" {
			return got, lost
		}
	}
	if err != nil {
		return "", fmt.Errorf("write note in conversation %s: %w", id, err)
	}
	if out.Type == "" && out.ID != "" { // an answer that does not say is looked up
		if got, err := c.written(ctx, id, sign(n)); err != nil || got != "" {
			return got, err
		}
	}
	return out.ID, sure(id, out)
}

// sure is nil if Freshchat says that m is private.
func sure(id string, m message) error {
	if m.Type == typePrivate && m.ID != "" {
		return nil
	}
	return connectors.Permanent(fmt.Errorf("conversation %s, message %s: not certainly private; look at it now, there is no call to delete it: %w",
		id, m.ID, connectors.ErrVisible))
}

// written is the id of our message with that sign, or nothing.
func (c *Chat) written(ctx context.Context, id, sign string) (string, error) {
	q := url.Values{"page": {"1"}, "items_per_page": {strconv.Itoa(messagesPage)}}
	var out struct {
		Messages []message `json:"messages"`
	}
	if err := c.call(ctx, http.MethodGet, "/conversations/"+id+"/messages?"+q.Encode(), nil, &out); err != nil {
		return "", fmt.Errorf("read conversation %s: %w", id, err)
	}
	for _, m := range out.Messages {
		if m.ActorID == c.cfg.Agent && strings.Contains(m.text(), sign) {
			return m.ID, sure(id, m)
		}
	}
	return "", nil
}
