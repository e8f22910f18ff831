package chatwoot

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/sufflor/sufflor/connectors"
)

// notePrivate is true in every message we write.
const notePrivate = true

// newNote is all that this desk ever writes.
type newNote struct {
	Content     string            `json:"content"`
	MessageType string            `json:"message_type"`
	Private     bool              `json:"private"`
	Attributes  map[string]string `json:"content_attributes"`
}

// Silent implements [connectors.Silent].
func (c *Connector) Silent() bool { return c.cfg.Notes == Off || c.cfg.Token.IsZero() }

// Note implements [connectors.Noter] with a private note. It looks for the
// suggestion's marker first, so that running twice writes one note, and it
// believes in privacy only when Chatwoot's answer says so.
func (c *Connector) Note(ctx context.Context, n connectors.Note) (string, error) {
	conv := n.Conversation
	switch {
	case c.cfg.Notes == Off:
		return "", connectors.Permanent(errors.New(`notes are off for this desk; set notes to "private"`))
	case !connectors.IsNumber(conv) || !connectors.IsToken(n.Suggestion):
		return "", connectors.Permanent(fmt.Errorf("conversation %q or suggestion %q is no id", conv, n.Suggestion))
	}
	sign := marker + n.Suggestion + "]"
	if id, err := c.noted(ctx, n, sign); err != nil || id != "" {
		return id, err
	}
	in := newNote{
		Content: markdown(n, sign, connectors.WordsIn(c.cfg.Language)), MessageType: "outgoing", Private: notePrivate,
		Attributes: map[string]string{suggestionKey: n.Suggestion},
	}
	var out struct {
		ID      connectors.ID `json:"id"`
		Private *bool         `json:"private"`
	}
	if err := c.call(ctx, http.MethodPost, conversationPath(conv)+"/messages", in, &out); err != nil {
		return "", fmt.Errorf("write note on conversation %s: %w", conv, err)
	}
	if out.Private == nil || !*out.Private {
		return "", c.takeBack(ctx, conv, string(out.ID))
	}
	if !connectors.IsNumber(string(out.ID)) {
		return "", &connectors.CallError{Err: fmt.Errorf("write note on conversation %s: the answer has no id", conv)}
	}
	return string(out.ID), nil
}

// takeBack deletes a note that is not certainly private, and makes noise.
func (c *Connector) takeBack(ctx context.Context, conv, id string) error {
	did := "the answer names no message; look at the conversation now"
	if connectors.IsNumber(id) {
		// Not even a worker that is shutting down leaves it standing.
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), connectors.DefaultTimeout)
		defer cancel()
		did = "deleted again; check the conversation, and what stands between us and Chatwoot"
		if err := c.remove(ctx, conv, id); err != nil {
			did = "could not be deleted (" + err.Error() + "); delete it now"
		}
	}
	return connectors.Permanent(fmt.Errorf("conversation %s, message %s: %s: %w", conv, id, did, connectors.ErrVisible))
}

func (c *Connector) remove(ctx context.Context, conv, id string) error {
	return c.call(ctx, http.MethodDelete, conversationPath(conv)+"/messages/"+id, nil, nil)
}

// noted is the id of our note with that sign, or nothing. It was written after
// the message it answers, so older ones are not read.
func (c *Connector) noted(ctx context.Context, n connectors.Note, sign string) (string, error) {
	cursor := ""
	if connectors.IsNumber(n.Message) {
		cursor = "after"
	}
	list, err := c.messages(ctx, n.Conversation, cursor, n.Message)
	if err != nil {
		return "", err
	}
	for _, m := range list {
		if m.Private && m.Sender.Type == string(c.cfg.Sender) && string(m.Sender.ID) == c.cfg.SenderID && strings.Contains(m.Content, sign) {
			return string(m.ID), nil
		}
	}
	return "", nil
}

// Withdraw implements [connectors.Withdrawer]. What is left of a note says
// that a message was deleted.
func (c *Connector) Withdraw(ctx context.Context, external string, n connectors.Note) error {
	if !connectors.IsNumber(external) || !connectors.IsNumber(n.Conversation) {
		return connectors.Permanent(fmt.Errorf("conversation %q or note %q is no id", n.Conversation, external))
	}
	err := c.remove(ctx, n.Conversation, external)
	if err == nil || connectors.CallStatus(err) == http.StatusNotFound {
		return nil
	}
	return fmt.Errorf("delete note %s of conversation %s: %w", external, n.Conversation, err)
}
