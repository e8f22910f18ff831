package hubspot

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/sufflor/sufflor/connectors"
)

// newComment is all that this desk ever writes. It has no sender, recipient or
// channel: with those HubSpot would send it to somebody.
type newComment struct {
	Type        string     `json:"type"`
	Text        string     `json:"text"`
	RichText    string     `json:"richText"`
	Attachments []struct{} `json:"attachments"` // always none, and HubSpot wants to read so
}

// Silent implements [connectors.Silent].
func (c *Connector) Silent() bool { return c.cfg.Notes == Off || !c.cfg.access() }

// Note implements [connectors.Noter] with an internal comment. It looks for
// the suggestion's marker first, so that running twice writes one comment, and
// believes only an answer that says COMMENT.
func (c *Connector) Note(ctx context.Context, n connectors.Note) (string, error) {
	thread := n.Conversation
	switch {
	case c.cfg.Notes == Off:
		return "", connectors.Permanent(errors.New(`notes are off for this desk; set notes to "comment"`))
	case !connectors.IsNumber(thread) || !connectors.IsToken(n.Suggestion):
		return "", connectors.Permanent(fmt.Errorf("thread %q or suggestion %q is no id", thread, n.Suggestion))
	}
	sign := marker + n.Suggestion + "]"
	if id, err := c.noted(ctx, thread, sign); err != nil || id != "" {
		return id, err
	}
	w := connectors.WordsIn(c.cfg.Language)
	in := newComment{
		Type: typeComment, Attachments: []struct{}{},
		Text: connectors.Text(n, sign, w, maxNote), RichText: connectors.HTML(n, sign, w, maxNote),
	}
	var out message
	if err := c.call(ctx, http.MethodPost, messagesPath(thread), in, &out); err != nil {
		if call, ok := errors.AsType[*connectors.CallError](err); ok && call.Status == http.StatusBadRequest {
			call.Err = errors.New("comment refused; HubSpot may take none for help desk inboxes: set notes to off and use the card")
		}
		return "", fmt.Errorf("write comment on thread %s: %w", thread, err)
	}
	if out.Type != typeComment || out.Direction != "" || len(out.Recipients) > 0 {
		return "", connectors.Permanent(fmt.Errorf("thread %s, message %s: HubSpot's answer does not say that it is an internal comment, "+
			"and it has no call to take a message back; look at the conversation now and set notes to off: %w", thread, out.ID, connectors.ErrVisible))
	}
	if out.ID == "" {
		return "", &connectors.CallError{Err: fmt.Errorf("write comment on thread %s: the answer has no id", thread)}
	}
	return string(out.ID), nil
}

// noted is the id of our comment with that sign among the newest messages.
func (c *Connector) noted(ctx context.Context, thread, sign string) (string, error) {
	page, err := c.list(ctx, thread, "")
	if err != nil {
		return "", err
	}
	for _, m := range page.Results {
		if m.Type == typeComment && string(m.Client.IntegrationAppID) == c.cfg.AppID && strings.Contains(m.Text+m.RichText, sign) {
			return string(m.ID), nil
		}
	}
	return "", nil
}
