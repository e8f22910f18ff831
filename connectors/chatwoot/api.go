package chatwoot

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"

	"github.com/sufflor/sufflor/connectors"
)

// call is one request to the API of the account; path begins after it.
func (c *Connector) call(ctx context.Context, method, path string, in, out any) error {
	return c.request(ctx, method, c.base+path, in, out)
}

func (c *Connector) request(ctx context.Context, method, address string, in, out any) error {
	if c.cfg.Token.IsZero() {
		return connectors.Permanent(errors.New("token: required to read and write conversations; take it from the profile page of the user that writes the notes"))
	}
	_, err := c.client.JSON(ctx, method, address, http.Header{headerToken: {c.cfg.Token.Reveal()}}, in, out)
	call, ok := errors.AsType[*connectors.CallError](err)
	if !ok {
		return err
	}
	switch call.Status {
	case http.StatusUnauthorized:
		call.Err = fmt.Errorf("token refused, or a proxy dropped it (nginx: underscores_in_headers on); renew token in this desk's settings: %w", connectors.ErrGone)
	case http.StatusForbidden:
		call.Err = errors.New("not allowed; make the user of the token a member of the inbox")
	case http.StatusNotFound:
		call.Err = errors.New("not there, or not for the user of the token: check account_id and the members of the inbox")
	case http.StatusUnprocessableEntity:
		call.Err = errors.New("refused as not valid")
	}
	return call
}

func conversationPath(id string) string { return "/conversations/" + id }

// messages are those of a conversation, oldest first: the last few, or those
// that the cursor, "after" or "before" with a message's id, chooses.
func (c *Connector) messages(ctx context.Context, conv, cursor, id string) ([]message, error) {
	path := conversationPath(conv) + "/messages"
	if cursor != "" {
		path += "?" + url.Values{cursor: {id}}.Encode()
	}
	var out struct {
		Payload []message `json:"payload"`
	}
	if err := c.call(ctx, http.MethodGet, path, nil, &out); err != nil {
		return nil, fmt.Errorf("read messages of conversation %s: %w", conv, err)
	}
	return out.Payload, nil
}

// inbox is the name of an inbox, which the API does not tell with a
// conversation. Without a name its id does.
func (c *Connector) inbox(ctx context.Context, id connectors.ID) string {
	c.mu.Lock()
	names := c.inboxes
	c.mu.Unlock()
	if _, known := names[id]; !known && id != "" {
		names = c.readInboxes(ctx, id)
	}
	return names[id]
}

func (c *Connector) readInboxes(ctx context.Context, id connectors.ID) map[connectors.ID]string {
	var out struct {
		Payload []struct {
			ID   connectors.ID `json:"id"`
			Name string        `json:"name"`
		} `json:"payload"`
	}
	if err := c.call(ctx, http.MethodGet, "/inboxes", nil, &out); err != nil {
		return nil // a message counts more than the name of its inbox
	}
	names := map[connectors.ID]string{id: ""} // one without a name is not asked for again
	for _, in := range out.Payload {
		names[in.ID] = in.Name
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.inboxes = names
	return names
}
