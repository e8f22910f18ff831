package libredesk

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/sufflor/sufflor/connectors"
)

// messagePrivate is true in every message we write. Without it the text goes to
// the customer.
const messagePrivate = true

// newMessage is what a note is made of.
type newMessage struct {
	Message     string   `json:"message"`
	Private     bool     `json:"private"`
	SenderType  string   `json:"sender_type"`
	Attachments []int    `json:"attachments"`
	Mentions    []string `json:"mentions"`
}

// Silent implements [connectors.Silent].
func (c *Connector) Silent() bool { return c.cfg.Notes == Off || !c.asks() }

// Note implements [connectors.Noter] with a private note. It looks for the
// suggestion's marker first, so that running twice writes one note, and it
// believes in privacy only when LibreDesk's answer says so.
func (c *Connector) Note(ctx context.Context, n connectors.Note) (string, error) {
	switch {
	case c.cfg.Notes == Off:
		return "", connectors.Permanent(errors.New(`notes are off for this desk; set notes to "private"`))
	case !c.asks():
		return "", connectors.Permanent(errors.New("api_key: required to write notes; make one for an agent of its own"))
	case !connectors.IsUUID(n.Conversation) || !isSuggestion(n.Suggestion):
		return "", connectors.Permanent(fmt.Errorf("conversation %q or suggestion %q is no id", n.Conversation, n.Suggestion))
	}
	sign := marker + n.Suggestion + "]"
	list, _, err := c.messages(ctx, n.Conversation, 1, true)
	if err != nil {
		return "", err
	}
	for _, m := range list {
		if c.ours(m, sign) && connectors.IsUUID(m.UUID) {
			return m.UUID, nil
		}
	}
	in := newMessage{
		Message: untemplated(connectors.HTML(n, sign, c.words, maxNote)), Private: messagePrivate, SenderType: senderType,
		Attachments: []int{}, Mentions: []string{},
	}
	var out message
	if err := c.call(ctx, http.MethodPost, "/api/v1/conversations/"+n.Conversation+"/messages", in, &out); err != nil {
		return "", fmt.Errorf("write note on conversation %s: %w", n.Conversation, err)
	}
	if out.Private == nil || !*out.Private || !connectors.IsUUID(out.UUID) {
		return "", c.alarm(ctx, n.Conversation, out.UUID)
	}
	return out.UUID, nil
}

// untemplated hides double braces, which LibreDesk would fill in with what it
// knows of the customer, behind entities that a browser shows as braces.
func untemplated(markup string) string {
	return strings.NewReplacer("{", "&#123;", "}", "&#125;").Replace(markup)
}

// ours reports whether m is a private note with that sign that we wrote.
func (c *Connector) ours(m message, sign string) bool {
	author := m.Author.ID
	if author == "" {
		author = m.SenderID
	}
	return m.Private != nil && *m.Private && string(author) == c.cfg.Agent && strings.Contains(m.text(), sign)
}

// alarm makes noise about a message that is not certainly private. LibreDesk
// deletes private ones only, so the attempt may well fail.
func (c *Connector) alarm(ctx context.Context, conversation, uuid string) error {
	did := "the answer names no message; look at the conversation now"
	if connectors.IsUUID(uuid) {
		// Not even a worker that is shutting down leaves it standing.
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), connectors.DefaultTimeout)
		defer cancel()
		did = "deleted; check the conversation and switch notes off"
		if err := c.remove(ctx, conversation, uuid); err != nil {
			did = "could not be deleted (" + err.Error() + "); tell the customer, and switch notes off"
		}
	}
	return connectors.Permanent(fmt.Errorf("conversation %s, message %s: %s: %w", conversation, uuid, did, connectors.ErrVisible))
}

func (c *Connector) remove(ctx context.Context, conversation, uuid string) error {
	if err := c.call(ctx, http.MethodDelete, messagePath(conversation, uuid), nil, nil); err != nil {
		return fmt.Errorf("delete message %s of conversation %s: %w", uuid, conversation, err)
	}
	return nil
}

func messagePath(conversation, uuid string) string {
	return "/api/v1/conversations/" + conversation + "/messages/" + uuid
}

// Withdraw implements [connectors.Withdrawer]. It cannot be undone, so the
// message is read first: nothing but a note of ours is ever deleted.
func (c *Connector) Withdraw(ctx context.Context, external string, n connectors.Note) error {
	switch {
	case !c.asks():
		return connectors.Permanent(errors.New("api_key: required to withdraw notes; make one for an agent of its own"))
	case !connectors.IsUUID(external) || !connectors.IsUUID(n.Conversation):
		return connectors.Permanent(fmt.Errorf("conversation %q or note %q is no id", n.Conversation, external))
	}
	there, err := c.standing(ctx, n.Conversation, external)
	if err != nil || !there {
		return err
	}
	err = c.remove(ctx, n.Conversation, external)
	call, ok := errors.AsType[*connectors.CallError](err)
	if !ok || call.Status != http.StatusNotFound && call.Status != http.StatusMethodNotAllowed {
		return err
	}
	// Either somebody was faster, or this version cannot delete messages.
	there, err = c.standing(ctx, n.Conversation, external)
	if err != nil || !there {
		return err
	}
	return connectors.Permanent(fmt.Errorf("note %s stays: this version of LibreDesk cannot delete notes", external))
}

// standing reports whether our note is there; an error if it is not ours.
func (c *Connector) standing(ctx context.Context, conversation, uuid string) (bool, error) {
	var m message
	err := c.call(ctx, http.MethodGet, messagePath(conversation, uuid), nil, &m)
	switch {
	case gone(err):
		return false, nil
	case err != nil:
		return false, fmt.Errorf("read message %s of conversation %s: %w", uuid, conversation, err)
	case m.UUID != uuid || m.Conversation != conversation || !c.ours(m, marker):
		return false, connectors.Permanent(fmt.Errorf("conversation %s, message %s: is no note of ours; left as it is", conversation, uuid))
	}
	return true, nil
}
