package zendesk

import (
	"cmp"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"time"

	"github.com/sufflor/sufflor/connectors"
)

// Fetch implements [connectors.Fetcher]: for triggers, which send ids only;
// for redactions, which do not tell what is left; and for Sunshine
// Conversations, whose deliveries are not signed.
func (c *Connector) Fetch(ctx context.Context, e connectors.Event) ([]connectors.Event, error) {
	switch reason := e.Route[routeReason]; reason {
	case reasonMessaging:
		return c.fetchMessage(ctx, e)
	case reasonTrigger, reasonRedacted:
		return c.fetchComments(ctx, e)
	default:
		return nil, connectors.Permanent(fmt.Errorf("event %s: no reason to fetch in its route", e.Key))
	}
}

// ticket is one ticket in answers of the API.
type ticket struct {
	ID          connectors.ID `json:"id"`
	RequesterID connectors.ID `json:"requester_id"`
	AssigneeID  connectors.ID `json:"assignee_id"`
	GroupID     connectors.ID `json:"group_id"`
	BrandID     connectors.ID `json:"brand_id"`
	Subject     string        `json:"subject"`
	Status      string        `json:"status"`
	Priority    string        `json:"priority"`
	Type        string        `json:"type"`
	Tags        tags          `json:"tags"`
	UpdatedAt   time.Time     `json:"updated_at"`
	Via         struct {
		Channel string `json:"channel"`
	} `json:"via"`
	Rating *struct {
		ID      connectors.ID `json:"id"`
		Score   string        `json:"score"`
		Comment string        `json:"comment"`
	} `json:"satisfaction_rating"`
}

// event is what all events of a ticket have.
func (t ticket) event(account, id string) connectors.Event {
	return connectors.Event{
		Tenant: account, Conversation: id, Customer: string(t.RequesterID), Subject: t.Subject, Channel: t.Via.Channel,
		Tags: t.Tags, Group: someone(t.GroupID), Brand: someone(t.BrandID), Assignee: someone(t.AssigneeID),
		Facts: ticketFacts(t.Priority, t.Type), Route: map[string]string{routeTicket: id},
	}
}

// rated is the customer's rating, if there is one. No webhook tells of it.
func (t ticket) rated(account, id string) []connectors.Event {
	if t.Rating == nil {
		return nil
	}
	value, known := scores[t.Rating.Score]
	if !known {
		return nil
	}
	e := t.event(account, id)
	e.Kind, e.Role, e.Author, e.At = connectors.Rated, connectors.Customer, e.Customer, t.UpdatedAt.UTC()
	e.Key = "rated:" + id + ":" + string(t.Rating.ID) + ":" + t.Rating.Score
	e.Score = &connectors.Score{Value: value, Comment: t.Rating.Comment}
	return []connectors.Event{e}
}

func (c *Connector) fetchComments(ctx context.Context, e connectors.Event) ([]connectors.Event, error) {
	id := e.Route[routeTicket]
	switch {
	case !connectors.IsNumber(id):
		return nil, connectors.Permanent(fmt.Errorf("event %s: %q is no ticket id", e.Key, id))
	case c.cfg.Token.IsZero():
		return nil, connectors.Permanent(errors.New("token: required to read tickets; create an OAuth client in Admin Center"))
	}
	var out struct {
		Ticket ticket `json:"ticket"`
	}
	if err := c.call(ctx, http.MethodGet, "/api/v2/tickets/"+id+".json", nil, &out); err != nil {
		return nil, fmt.Errorf("read ticket %s: %w", id, err)
	}
	events, err := c.said(ctx, id, out.Ticket, e)
	if err != nil || e.Route[routeReason] == reasonRedacted {
		return events, err
	}
	return append(events, out.Ticket.rated(c.cfg.AccountID, id)...), nil
}

// said reads the comments of a ticket that e stands for.
func (c *Connector) said(ctx context.Context, id string, t ticket, e connectors.Event) ([]connectors.Event, error) {
	page, err := c.comments(ctx, id)
	if err != nil {
		return nil, err
	}
	authors := map[connectors.ID]user{}
	for _, u := range page.Users {
		authors[u.ID] = u
	}
	var events []connectors.Event
	looked := 0
	for _, m := range page.Comments {
		if !c.wanted(m, e) {
			continue
		}
		u, known := authors[m.AuthorID]
		if !known {
			if looked++; looked > maxUsers {
				return nil, connectors.Permanent(fmt.Errorf("ticket %s: more than %d unknown authors", id, maxUsers))
			}
			if u, err = c.user(ctx, m.AuthorID); err != nil {
				return nil, err
			}
			authors[m.AuthorID] = u
		}
		if u.Role != "end-user" && (m.Via.Channel == "rule" || m.Via.Channel == "api") {
			continue // an automation's words are not an agent's
		}
		events = append(events, c.fetched(id, t, m, u, e))
	}
	slices.SortStableFunc(events, func(a, b connectors.Event) int { return a.At.Compare(b.At) })
	return events, nil
}

// wanted reports whether m may be what e stands for.
func (c *Connector) wanted(m comment, e connectors.Event) bool {
	if !m.Public || m.ID == "" || c.own(m.AuthorID, "", m.text()) {
		return false
	}
	if e.Route[routeReason] == reasonRedacted {
		return string(m.ID) == e.Message
	}
	return m.CreatedAt.After(e.At.Add(-fetchWindow))
}

func (c *Connector) fetched(id string, t ticket, m comment, u user, from connectors.Event) connectors.Event {
	e := t.event(c.cfg.AccountID, id)
	e.Kind, e.Key, e.Message = connectors.Message, commentKey(id, m.ID), string(m.ID)
	e.Role, e.Author, e.AuthorName, e.Text, e.At = connectors.Agent, string(m.AuthorID), u.Name, m.text(), m.CreatedAt.UTC()
	if u.Role == "end-user" {
		e.Role, e.Language = connectors.Customer, u.Locale
	}
	if from.Route[routeReason] == reasonRedacted {
		e.Kind, e.Key, e.At = connectors.Edited, "edited:"+from.Key, from.At
	}
	for _, a := range m.Attachments {
		e.Attachments = append(e.Attachments, connectors.Attachment{
			ID: string(a.ID), Name: a.FileName, Type: a.ContentType, Size: a.Size, URL: a.ContentURL,
		})
	}
	return e
}

func (c *Connector) user(ctx context.Context, id connectors.ID) (user, error) {
	if !connectors.IsNumber(string(id)) {
		return user{}, connectors.Permanent(fmt.Errorf("%q is no user id", id))
	}
	var out struct {
		User user `json:"user"`
	}
	if err := c.call(ctx, http.MethodGet, "/api/v2/users/"+string(id)+".json", nil, &out); err != nil {
		return user{}, fmt.Errorf("read user %s: %w", id, err)
	}
	return out.User, nil
}

// fetchMessage reads the message a hint told us of. What the API does not
// confirm never existed.
func (c *Connector) fetchMessage(ctx context.Context, e connectors.Event) ([]connectors.Event, error) {
	conversation := e.Route[routeConversation]
	if !connectors.IsToken(conversation) || !c.cfg.Messaging.used() {
		return nil, connectors.Permanent(fmt.Errorf("event %s: no conversation to read, or messaging is not configured", e.Key))
	}
	basic := base64.StdEncoding.EncodeToString([]byte(c.cfg.Messaging.KeyID + ":" + c.cfg.Messaging.KeySecret.Reveal()))
	q := url.Values{"page[size]": {strconv.Itoa(pageSize)}}
	address := c.cfg.base() + "/sc/v2/apps/" + c.cfg.Messaging.AppID + "/conversations/" + conversation + "/messages?" + q.Encode()
	var out struct {
		Messages []suncoMessage `json:"messages"`
	}
	if _, err := c.client.JSON(ctx, http.MethodGet, address, http.Header{"Authorization": {"Basic " + basic}}, nil, &out); err != nil {
		return nil, fmt.Errorf("read conversation %s: %w", conversation, classify(err))
	}
	i := slices.IndexFunc(out.Messages, func(m suncoMessage) bool { return m.ID == e.Message })
	if i < 0 {
		return nil, connectors.Permanent(fmt.Errorf("message %s is not in conversation %s: a forged or very late delivery", e.Message, conversation))
	}
	m := out.Messages[i]
	role := m.role()
	if role == "" || c.own("", "", m.Content.Text) {
		return nil, nil
	}
	got := connectors.Event{
		Kind: connectors.Message, Key: messageKey(m.ID), Tenant: c.cfg.AccountID, Conversation: conversation, Message: m.ID,
		Role: role, Author: m.Author.UserID, AuthorName: m.Author.DisplayName, Channel: "messaging",
		Text: m.Content.Text, At: m.Received.UTC(), Route: map[string]string{routeConversation: conversation},
	}
	if role == connectors.Customer {
		// The id by which the company itself knows somebody comes first.
		got.Customer = cmp.Or(m.Author.User.ExternalID, string(m.Author.User.ZendeskID), m.Author.UserID)
	}
	if m.Content.MediaURL != "" {
		got.Attachments = []connectors.Attachment{{
			Name: m.Content.AltText, Type: m.Content.MediaType, Size: m.Content.MediaSize, URL: m.Content.MediaURL,
		}}
	}
	if m.Deleted {
		got.Kind, got.Key, got.At = connectors.Deleted, "deleted:"+m.ID, e.At
		got.Text, got.Attachments = "", nil
	}
	return []connectors.Event{got}, nil
}
