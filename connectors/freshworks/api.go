package freshworks

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/sufflor/sufflor/connectors"
)

// call is one request to Freshdesk's API, version 2.
func (d *Desk) call(ctx context.Context, method, path string, in, out any) error {
	key := base64.StdEncoding.EncodeToString([]byte(d.cfg.APIKey.Reveal() + ":" + apiPassword))
	_, err := d.client.JSON(ctx, method, d.cfg.base()+"/api/v2"+path, http.Header{"Authorization": {"Basic " + key}}, in, out)
	return classify(err, "api_key", "the agent needs the right to view tickets and to add private notes")
}

// call is one request to Freshchat's API.
func (c *Chat) call(ctx context.Context, method, path string, in, out any) error {
	h := http.Header{"Authorization": {"Bearer " + c.cfg.Token.Reveal()}}
	_, err := c.client.JSON(ctx, method, c.cfg.APIURL+path, h, in, out)
	return classify(err, "token", "generate it as an agent that may see all conversations")
}

// classify adds what Freshworks means by some statuses.
func classify(err error, secret, right string) error {
	e, ok := errors.AsType[*connectors.CallError](err)
	if !ok {
		return err
	}
	switch e.Status {
	case http.StatusUnauthorized:
		e.Err = fmt.Errorf("%s refused; enter a new one in this desk's settings: %w", secret, connectors.ErrGone)
	case http.StatusForbidden:
		e.Err = errors.New("a right is missing: " + right)
	case http.StatusNotFound:
		e.Err = errors.New("not there any more, or not visible to us")
	}
	return e
}

type file struct {
	ID          connectors.ID `json:"id"`
	Name        string        `json:"name"`
	ContentType string        `json:"content_type"`
	Size        int64         `json:"size"`
	URL         string        `json:"attachment_url"`
}

func attachments(files []file) []connectors.Attachment {
	var out []connectors.Attachment
	for _, f := range files {
		out = append(out, connectors.Attachment{ID: string(f.ID), Name: f.Name, Type: f.ContentType, Size: max(0, f.Size), URL: f.URL})
	}
	return out
}

type requester struct {
	Name     string `json:"name"`
	Language string `json:"language"`
}

// ticket is one of Freshdesk's, which is its own first message.
type ticket struct {
	ID          connectors.ID  `json:"id"`
	Subject     string         `json:"subject"`
	Text        string         `json:"description_text"`
	Markup      string         `json:"description"`
	Status      int            `json:"status"`
	Priority    int            `json:"priority"`
	Source      int            `json:"source"`
	Type        string         `json:"type"`
	RequesterID connectors.ID  `json:"requester_id"`
	ResponderID connectors.ID  `json:"responder_id"`
	GroupID     connectors.ID  `json:"group_id"`
	ProductID   connectors.ID  `json:"product_id"`
	Tags        []string       `json:"tags"`
	Custom      map[string]any `json:"custom_fields"`
	Attachments []file         `json:"attachments"`
	Spam        bool           `json:"spam"`
	Deleted     bool           `json:"deleted"`
	CreatedAt   time.Time      `json:"created_at"`
	UpdatedAt   time.Time      `json:"updated_at"`
	Requester   requester      `json:"requester"`
	Stats       struct {
		ResolvedAt *time.Time `json:"resolved_at"`
		ClosedAt   *time.Time `json:"closed_at"`
	} `json:"stats"`
}

// reply is what Freshdesk calls a conversation: a reply or a note.
type reply struct {
	ID          connectors.ID `json:"id"`
	UserID      connectors.ID `json:"user_id"`
	Markup      string        `json:"body"`
	Text        string        `json:"body_text"`
	Incoming    bool          `json:"incoming"`
	Private     *bool         `json:"private"`
	Source      int           `json:"source"`
	Attachments []file        `json:"attachments"`
	CreatedAt   time.Time     `json:"created_at"`
}

// private reports whether r certainly is; public whether it certainly is not.
func (r reply) private() bool { return r.Private != nil && *r.Private }
func (r reply) public() bool  { return r.Private != nil && !*r.Private }

// plain is a text that Freshdesk gives plain, or as HTML alone.
func plain(text, markup string) string {
	if text != "" {
		return text
	}
	return connectors.PlainText(markup)
}

func (d *Desk) ticket(ctx context.Context, id string) (ticket, error) {
	var t ticket
	if err := d.call(ctx, http.MethodGet, "/tickets/"+id+"?include=requester,stats", nil, &t); err != nil {
		return ticket{}, fmt.Errorf("read ticket %s: %w", id, err)
	}
	if string(t.ID) != id {
		return ticket{}, &connectors.CallError{Err: fmt.Errorf("read ticket %s: Freshdesk answers with another one", id)}
	}
	return t, nil
}

// replies are all of a ticket's, oldest first.
func (d *Desk) replies(ctx context.Context, id string) ([]reply, error) {
	var all []reply
	for page := 1; page <= maxPages; page++ {
		q := url.Values{"page": {strconv.Itoa(page)}, "per_page": {strconv.Itoa(pageSize)}}
		var some []reply
		if err := d.call(ctx, http.MethodGet, "/tickets/"+id+"/conversations?"+q.Encode(), nil, &some); err != nil {
			return nil, fmt.Errorf("read conversations of ticket %s: %w", id, err)
		}
		all = append(all, some...)
		if len(some) < pageSize {
			return all, nil
		}
	}
	return nil, connectors.Permanent(fmt.Errorf("ticket %s: more than %d conversations", id, maxPages*pageSize))
}
