package zendesk

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/sufflor/sufflor/connectors"
)

// commentPublic is false in every comment we write. Zendesk's own default
// follows how the ticket began and is mostly public, so it is always sent.
const commentPublic = false

// maxNote bounds a note; a longer draft would be refused as a whole.
const maxNote = 30_000

type newComment struct {
	HTMLBody string `json:"html_body"`
	Public   bool   `json:"public"`
}

type ticketUpdate struct {
	Ticket struct {
		Comment newComment `json:"comment"`
	} `json:"ticket"`
}

// Silent implements [connectors.Silent].
func (c *Connector) Silent() bool { return c.cfg.Notes == Off || c.cfg.Token.IsZero() }

// Note implements [connectors.Noter] with a private comment. It looks for the
// suggestion's marker first, so that running twice writes one note, and it
// believes in privacy only when Zendesk's answer says so.
func (c *Connector) Note(ctx context.Context, n connectors.Note) (string, error) {
	ticket := n.Route[routeTicket]
	switch {
	case c.cfg.Notes == Off:
		return "", connectors.Permanent(errors.New(`notes are off for this desk; set notes to "private"`))
	case c.cfg.Token.IsZero():
		return "", connectors.Permanent(errors.New("token: required to write notes; create an OAuth client in Admin Center"))
	case ticket == "":
		return "", connectors.Permanent(fmt.Errorf("conversation %s has no known ticket; show it in the panel or the sidebar app", n.Conversation))
	case !connectors.IsNumber(ticket) || !connectors.IsToken(n.Suggestion):
		return "", connectors.Permanent(fmt.Errorf("ticket %q or suggestion %q is no id", ticket, n.Suggestion))
	}
	sign := marker + n.Suggestion + "]"
	if id, err := c.noted(ctx, ticket, sign); err != nil || id != "" {
		return id, err
	}
	var update ticketUpdate
	update.Ticket.Comment = newComment{HTMLBody: connectors.HTML(n, sign, connectors.WordsIn(c.cfg.Language), maxNote), Public: commentPublic}
	var out struct {
		Audit struct {
			Events []struct {
				ID     connectors.ID `json:"id"`
				Type   string        `json:"type"`
				Public *bool         `json:"public"`
			} `json:"events"`
		} `json:"audit"`
	}
	if err := c.call(ctx, http.MethodPut, "/api/v2/tickets/"+ticket+".json", update, &out); err != nil {
		return "", fmt.Errorf("write note on ticket %s: %w", ticket, err)
	}
	id := ""
	for _, e := range out.Audit.Events {
		if e.Type != "Comment" {
			continue
		}
		if e.Public == nil || *e.Public {
			return "", c.hide(ctx, ticket, string(e.ID))
		}
		id = string(e.ID)
	}
	if id == "" {
		return "", c.hide(ctx, ticket, "")
	}
	return id, nil
}

// hide takes a note back that is not certainly private, and makes noise.
func (c *Connector) hide(ctx context.Context, ticket, comment string) error {
	did := "the answer names no comment; look at the ticket now"
	if connectors.IsNumber(comment) {
		// Not even a worker that is shutting down leaves it standing.
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), connectors.DefaultTimeout)
		defer cancel()
		path := "/api/v2/tickets/" + ticket + "/comments/" + comment + "/make_private.json"
		did = "made private again; check the ticket and this account's triggers"
		if err := c.call(ctx, http.MethodPut, path, nil, nil); err != nil {
			did = "could not be made private (" + err.Error() + "); redact it now"
		}
	}
	return connectors.Permanent(fmt.Errorf("ticket %s, comment %s: %s: %w", ticket, comment, did, connectors.ErrVisible))
}

// noted is the id of our note with that sign, or nothing.
func (c *Connector) noted(ctx context.Context, ticket, sign string) (string, error) {
	page, err := c.comments(ctx, ticket)
	if err != nil {
		return "", err
	}
	for _, m := range page.Comments {
		if !m.Public && string(m.AuthorID) == c.cfg.APIUser && strings.Contains(m.text(), sign) {
			return string(m.ID), nil
		}
	}
	return "", nil
}

// call is one request to the API of this account.
func (c *Connector) call(ctx context.Context, method, path string, in, out any) error {
	h := http.Header{"Authorization": {"Bearer " + c.cfg.Token.Reveal()}}
	_, err := c.client.JSON(ctx, method, c.cfg.base()+path, h, in, out)
	return classify(err)
}

// classify adds what Zendesk means by some statuses.
func classify(err error) error {
	var e *connectors.CallError
	if !errors.As(err, &e) {
		return err
	}
	switch e.Status {
	case http.StatusUnauthorized:
		e.Err = fmt.Errorf("token refused; renew token in this desk's settings: %w", connectors.ErrGone)
	case http.StatusForbidden:
		e.Err = errors.New("token lacks a scope or the user a right; needs tickets:read tickets:write users:read")
	case http.StatusNotFound:
		e.Err = errors.New("not there any more, or not visible to the user of the token")
	case http.StatusConflict: // somebody saved the ticket at the same moment
		e.Final, e.After, e.Err = false, conflictPause, errors.New("edit conflict")
	case http.StatusUnprocessableEntity:
		e.Err = errors.New("ticket takes no comment: it is closed or full")
	}
	return e
}

// comment is one comment in answers of the API.
type comment struct {
	ID          connectors.ID `json:"id"`
	AuthorID    connectors.ID `json:"author_id"`
	Body        string        `json:"body"`
	PlainBody   string        `json:"plain_body"`
	HTMLBody    string        `json:"html_body"`
	Public      bool          `json:"public"`
	CreatedAt   time.Time     `json:"created_at"`
	Attachments []struct {
		ID          connectors.ID `json:"id"`
		FileName    string        `json:"file_name"`
		ContentType string        `json:"content_type"`
		ContentURL  string        `json:"content_url"`
		Size        int64         `json:"size"`
	} `json:"attachments"`
	Via struct {
		Channel string `json:"channel"`
	} `json:"via"`
}

// text is the plain text without Zendesk's markup.
func (m comment) text() string {
	if text := cmp.Or(m.PlainBody, m.Body); text != "" {
		return text
	}
	return connectors.PlainText(m.HTMLBody)
}

type user struct {
	ID     connectors.ID `json:"id"`
	Name   string        `json:"name"`
	Role   string        `json:"role"`
	Locale string        `json:"locale"`
}

type commentPage struct {
	Comments []comment `json:"comments"`
	Users    []user    `json:"users"`
}

func (c *Connector) comments(ctx context.Context, ticket string) (commentPage, error) {
	q := url.Values{"page[size]": {strconv.Itoa(pageSize)}, "sort": {commentSort}, "include": {"users"}}
	var page commentPage
	err := c.call(ctx, http.MethodGet, "/api/v2/tickets/"+ticket+"/comments.json?"+q.Encode(), nil, &page)
	if err != nil {
		return commentPage{}, fmt.Errorf("read comments of ticket %s: %w", ticket, err)
	}
	return page, nil
}
