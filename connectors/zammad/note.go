package zammad

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/sufflor/sufflor/connectors"
)

// noteInternal is true in every article we write. Zammad's own default is to
// show a note to the customer.
const noteInternal = true

type newArticle struct {
	TicketID    string `json:"ticket_id"`
	Subject     string `json:"subject"`
	Body        string `json:"body"`
	ContentType string `json:"content_type"`
	Type        string `json:"type"`
	Internal    bool   `json:"internal"`
	Sender      string `json:"sender"`
}

// Silent implements [connectors.Silent].
func (c *Connector) Silent() bool { return c.cfg.Notes == Off || c.cfg.Token.IsZero() }

// Note implements [connectors.Noter] with an internal note. It looks for the
// suggestion's marker first, so that running twice writes one note, and it
// believes in privacy only when Zammad's answer says so.
func (c *Connector) Note(ctx context.Context, n connectors.Note) (string, error) {
	id := n.Route[routeTicket]
	switch {
	case c.cfg.Notes == Off:
		return "", connectors.Permanent(errors.New(`notes are off for this desk; set notes to "internal"`))
	case !connectors.IsNumber(id) || !connectors.IsToken(n.Suggestion):
		return "", connectors.Permanent(fmt.Errorf("ticket %.40q or suggestion %.40q is no id", id, n.Suggestion))
	}
	sign := marker + n.Suggestion + "]"
	if found, err := c.noted(ctx, id, sign); err != nil || found != "" {
		return found, err
	}
	words := connectors.WordsIn(c.cfg.Language)
	in := newArticle{
		TicketID: id, Subject: words.Title, Body: connectors.HTML(n, sign, words, maxNote), ContentType: "text/html",
		Type: typeNote, Internal: noteInternal, Sender: senderAgent,
	}
	var out article
	if err := c.call(ctx, http.MethodPost, "/api/v1/ticket_articles", in, &out); err != nil {
		return "", fmt.Errorf("write note on ticket %s: %w", id, err)
	}
	if !connectors.IsNumber(string(out.ID)) || !private(out) || out.TicketID != "" && string(out.TicketID) != id {
		return "", c.hide(ctx, id, string(out.ID))
	}
	return string(out.ID), nil
}

// private reports whether only agents see a: Zammad sends an article of type
// email although it is internal.
func private(a article) bool { return a.Internal != nil && *a.Internal && a.Type == typeNote }

// hide takes an article back that is not certainly private, and makes noise.
func (c *Connector) hide(ctx context.Context, id, written string) error {
	did := "the answer names no article; look at the ticket now"
	if connectors.IsNumber(written) {
		// Not even a worker that is shutting down leaves it standing.
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), connectors.DefaultTimeout)
		defer cancel()
		did = "deleted again; check the triggers of this Zammad that change articles, and whether it was sent"
		if err := c.remove(ctx, written); err != nil {
			did = "could not be deleted (" + err.Error() + "); delete it now"
		}
	}
	return connectors.Permanent(fmt.Errorf("ticket %s, article %s: %s: %w", id, written, did, connectors.ErrVisible))
}

// noted is the id of our note with that sign, or nothing.
func (c *Connector) noted(ctx context.Context, id, sign string) (string, error) {
	all, err := c.articles(ctx, id)
	if isLarge(err) {
		if _, all, err = c.ticket(ctx, id); isLarge(err) {
			return "", connectors.Permanent(fmt.Errorf("ticket %s is too large to be read", id))
		}
	}
	if err != nil {
		return "", err
	}
	for _, a := range all {
		if string(a.CreatedByID) != c.cfg.APIUser || !strings.Contains(a.Body, sign) {
			continue
		}
		if !private(a) {
			return "", c.hide(ctx, id, string(a.ID))
		}
		return string(a.ID), nil
	}
	return "", nil
}

// Withdraw implements [connectors.Withdrawer]: the note is deleted, which Zammad
// allows its author for a while.
func (c *Connector) Withdraw(ctx context.Context, external string, _ connectors.Note) error {
	if !connectors.IsNumber(external) {
		return connectors.Permanent(fmt.Errorf("%.40q is no id of a note", external))
	}
	if err := c.remove(ctx, external); err != nil {
		return fmt.Errorf("delete note %s: %w", external, err)
	}
	return nil
}

func (c *Connector) remove(ctx context.Context, id string) error {
	err := c.call(ctx, http.MethodDelete, "/api/v1/ticket_articles/"+id, nil, nil)
	if isGone(err) {
		return nil
	}
	return err
}

// call is one request to the API.
func (c *Connector) call(ctx context.Context, method, path string, in, out any) error {
	if c.cfg.Token.IsZero() {
		return connectors.Permanent(errors.New("token: required to read and write tickets; create it in the profile of the copilot's user"))
	}
	_, err := c.client.JSON(ctx, method, c.cfg.base()+path, c.auth(), in, out)
	return classify(method, err)
}

func (c *Connector) auth() http.Header {
	return http.Header{"Authorization": {"Token token=" + c.cfg.Token.Reveal()}}
}

// classify adds what Zammad means by some statuses.
func classify(method string, err error) error {
	e, ok := errors.AsType[*connectors.CallError](err)
	if !ok {
		return err
	}
	switch e.Status {
	case http.StatusUnauthorized:
		e.Err = fmt.Errorf("token refused; renew token in this desk's settings: %w", connectors.ErrGone)
	case http.StatusForbidden:
		e.Err = errors.New("the user of the token lacks a right; needs ticket.agent, and read, create and change in the group")
		if method == http.MethodDelete {
			e.Err = errors.New("the copilot's user may not delete this note; it may be older than Zammad's ui_ticket_zoom_article_delete_timeframe")
		}
	case http.StatusNotFound:
		e.Err = errors.New("not there any more, or not visible to the user of the token")
	case http.StatusUnprocessableEntity:
		e.Err = errors.New("refused as not valid; the ticket may be merged or need an attribute")
	}
	return err
}

// isGone reports whether what was asked for does not exist.
func isGone(err error) bool {
	return connectors.CallStatus(err) == http.StatusNotFound
}

// isLarge reports whether the answer was larger than we read.
func isLarge(err error) bool {
	e, ok := errors.AsType[*connectors.CallError](err)
	return ok && e.Final && e.Status == http.StatusOK
}
