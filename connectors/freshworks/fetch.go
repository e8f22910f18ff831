package freshworks

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"time"

	"github.com/sufflor/sufflor/connectors"
)

// Fetch implements [connectors.Fetcher]: what a rule told of is read, with all
// that happened shortly before it. What is known already is dropped by its key.
func (d *Desk) Fetch(ctx context.Context, e connectors.Event) ([]connectors.Event, error) {
	id := e.Route[routeTicket]
	if !connectors.IsNumber(id) {
		return nil, connectors.Permanent(fmt.Errorf("event %s: %q is no ticket id", e.Key, id))
	}
	t, err := d.ticket(ctx, id)
	if err != nil {
		return nil, err
	}
	rs, err := d.replies(ctx, id)
	if err != nil {
		return nil, err
	}
	at := e.At
	if at.IsZero() {
		at = d.client.Now()
	}
	return d.told(t, rs, at.Add(-fetchWindow)), nil
}

// told is what happened in a ticket from start on, oldest first.
func (d *Desk) told(t ticket, rs []reply, start time.Time) []connectors.Event {
	id := string(t.ID)
	base := d.base(t)
	at := t.UpdatedAt.UTC()
	over := connectors.Event{Kind: connectors.Closed, Tenant: base.Tenant, Conversation: id, At: at, Key: "spam:" + id + ":" + at.Format(time.RFC3339)}
	switch {
	case !connectors.IsNumber(id):
		return nil
	case t.Deleted:
		over.Kind, over.Key = connectors.Erased, "erased:"+id+":"+at.Format(time.RFC3339)
		return []connectors.Event{over}
	case t.Spam:
		return []connectors.Event{over}
	}
	var events []connectors.Event
	if e, ok := d.first(t, base); ok && !t.CreatedAt.Before(start) {
		events = append(events, e)
	}
	for _, r := range rs {
		if e, ok := d.reply(r, t.Requester, base); ok && !r.CreatedAt.Before(start) {
			events = append(events, e)
		}
	}
	slices.SortStableFunc(events, func(a, b connectors.Event) int { return a.At.Compare(b.At) })
	if base.Assignee != "" || base.Group != "" {
		e := base
		e.Kind, e.At = connectors.Assigned, t.UpdatedAt.UTC()
		e.Key = "assigned:" + id + ":" + base.Assignee + ":" + base.Group
		events = append(events, e)
	}
	if e, ok := closed(t, base); ok {
		events = append(events, e)
	}
	return events
}

// base is what all events of a ticket share.
func (d *Desk) base(t ticket) connectors.Event {
	id := string(t.ID)
	source := ticketSources[t.Source]
	if source == "" && t.Source != 0 {
		source = strconv.Itoa(t.Source)
	}
	return connectors.Event{
		Tenant: d.cfg.Domain, Conversation: id, Subject: t.Subject, Customer: string(t.RequesterID), Channel: source,
		Tags: t.Tags, Group: string(t.GroupID), Brand: string(t.ProductID), Assignee: string(t.ResponderID), Facts: facts(t),
		Route: map[string]string{routeTicket: id},
	}
}

// first is the message that began a ticket.
func (d *Desk) first(t ticket, e connectors.Event) (connectors.Event, bool) {
	e.Kind, e.Key, e.Message = connectors.Message, "ticket:"+e.Conversation, "ticket-"+e.Conversation
	e.Text, e.Attachments, e.At = plain(t.Text, t.Markup), attachments(t.Attachments), t.CreatedAt.UTC()
	e.Role, e.Author, e.AuthorName, e.Language = connectors.Customer, e.Customer, t.Requester.Name, t.Requester.Language
	if t.Source == sourceOutbound {
		e.Role, e.Author, e.AuthorName, e.Language = connectors.Agent, e.Assignee, "", ""
		if d.program(t.ResponderID) || marked(e.Text) {
			return connectors.Event{}, false
		}
	}
	return e, e.Text != "" || len(e.Attachments) > 0
}

// reply is r in our words, and whether it is any of our business. Four guards
// keep us from answering ourselves: privacy, the agent's id, other programs'
// ids, and our marker, which is not asked of customers.
func (d *Desk) reply(r reply, requester requester, e connectors.Event) (connectors.Event, bool) {
	text := plain(r.Text, r.Markup)
	switch {
	case !connectors.IsNumber(string(r.ID)) || !r.public() || r.Source == sourceForward:
		return connectors.Event{}, false
	case d.program(r.UserID) || (!r.Incoming && marked(text)):
		return connectors.Event{}, false
	}
	e.Kind, e.Key, e.Message = connectors.Message, replyKey(e.Conversation, r.ID), string(r.ID)
	e.Role, e.Author, e.Text, e.At = connectors.Agent, string(r.UserID), text, r.CreatedAt.UTC()
	e.Attachments = attachments(r.Attachments)
	if r.Incoming {
		e.Role, e.Language = connectors.Customer, requester.Language
		if e.Author == e.Customer {
			e.AuthorName = requester.Name
		}
	}
	if text == "" {
		e.Kind = connectors.Attached
	}
	return e, text != "" || len(e.Attachments) > 0
}

func replyKey(ticket string, id connectors.ID) string { return "reply:" + ticket + ":" + string(id) }

func (d *Desk) program(id connectors.ID) bool {
	return program(string(id), d.cfg.APIUser, d.cfg.Bots)
}

func closed(t ticket, e connectors.Event) (connectors.Event, bool) {
	if t.Status != statusResolved && t.Status != statusClosed {
		return connectors.Event{}, false
	}
	at := t.UpdatedAt
	if p := t.Stats.ResolvedAt; p != nil {
		at = *p
	} else if p := t.Stats.ClosedAt; p != nil {
		at = *p
	}
	e.Kind, e.At = connectors.Closed, at.UTC()
	e.Key = "closed:" + e.Conversation + ":" + e.At.Format(time.RFC3339)
	return e, true
}

// facts are what a ticket's form holds, that which is short.
func facts(t ticket) map[string]string {
	out := map[string]string{}
	add := func(name, value string) {
		if value != "" && len(value) <= maxFact && len(name) <= maxFact && len(out) < maxFacts {
			out[name] = value
		}
	}
	add("type", t.Type)
	for _, name := range slices.Sorted(maps.Keys(t.Custom)) {
		switch v := t.Custom[name].(type) {
		case string:
			add(name, v)
		case bool:
			add(name, strconv.FormatBool(v))
		case float64:
			add(name, strconv.FormatFloat(v, 'f', -1, 64))
		}
	}
	if len(out) == 0 {
		return nil
	}
	return out
}

// cursor is where a [Desk.Poll] goes on: tickets updated since From, in the
// order of their updates, and ratings given since Rated.
type cursor struct {
	From  time.Time `json:"from"`
	Page  int       `json:"page,omitempty"` // beyond the first of tickets with one and the same update
	Rated time.Time `json:"rated"`
}

// Poll implements [connectors.Poller]: rules are limited to 1000 calls an
// hour, wait when the account's budget is used up, and are dropped after a day.
func (d *Desk) Poll(ctx context.Context, text string, since time.Time) (connectors.Page, error) {
	cur := cursor{From: since.UTC(), Rated: since.UTC()}
	if text != "" {
		if err := json.Unmarshal([]byte(text), &cur); err != nil || cur.Page < 0 || cur.Page > maxPages {
			return connectors.Page{}, connectors.Permanent(fmt.Errorf("cursor is not ours; start without one: %w", connectors.ErrMalformed))
		}
	}
	q := url.Values{
		"updated_since": {cur.From.Format(time.RFC3339)}, "order_by": {"updated_at"}, "order_type": {"asc"},
		"per_page": {strconv.Itoa(pollTickets)}, "page": {strconv.Itoa(cur.Page + 1)}, "include": {"requester,stats,description"},
	}
	var tickets []ticket
	if err := d.call(ctx, http.MethodGet, "/tickets?"+q.Encode(), nil, &tickets); err != nil {
		return connectors.Page{}, fmt.Errorf("list tickets: %w", err)
	}
	var events []connectors.Event
	last := cur.From
	for _, t := range tickets {
		if !connectors.IsNumber(string(t.ID)) {
			continue
		}
		rs, err := d.replies(ctx, string(t.ID))
		if err != nil {
			return connectors.Page{}, err
		}
		events = append(events, d.told(t, rs, cur.From.Add(-pollOverlap))...)
		if t.UpdatedAt.After(last) {
			last = t.UpdatedAt.UTC()
		}
	}
	more := len(tickets) >= pollTickets
	switch {
	case !more:
		cur.Page = 0
	case last.Equal(cur.From) && cur.Page < maxPages: // a page of one moment
		cur.Page++
	case last.Equal(cur.From):
		last, cur.Page = last.Add(time.Second), 0 // or it would never end
	default:
		cur.Page = 0
	}
	cur.From = last
	if !more {
		rated, err := d.ratings(ctx, &cur)
		if err != nil {
			return connectors.Page{}, err
		}
		events = append(events, rated...)
	}
	slices.SortStableFunc(events, func(a, b connectors.Event) int { return a.At.Compare(b.At) })
	next, err := json.Marshal(cur)
	if err != nil {
		return connectors.Page{}, fmt.Errorf("encode cursor: %w", err)
	}
	return connectors.Page{Events: events, Cursor: string(next), More: more}, nil
}

// ratings are what customers thought since cur.Rated. Accounts without surveys
// refuse the question, which is no reason not to hear of tickets.
func (d *Desk) ratings(ctx context.Context, cur *cursor) ([]connectors.Event, error) {
	q := url.Values{"created_since": {cur.Rated.Format(time.RFC3339)}, "per_page": {strconv.Itoa(pageSize)}}
	var found []struct {
		ID        connectors.ID  `json:"id"`
		TicketID  connectors.ID  `json:"ticket_id"`
		UserID    connectors.ID  `json:"user_id"`
		AgentID   connectors.ID  `json:"agent_id"`
		GroupID   connectors.ID  `json:"group_id"`
		Feedback  string         `json:"feedback"`
		Ratings   map[string]int `json:"ratings"`
		CreatedAt time.Time      `json:"created_at"`
	}
	err := d.call(ctx, http.MethodGet, "/surveys/satisfaction_ratings?"+q.Encode(), nil, &found)
	if s := connectors.CallStatus(err); s == http.StatusForbidden || s == http.StatusNotFound {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("list ratings: %w", err)
	}
	var events []connectors.Event
	for _, r := range found {
		value, said := r.Ratings["default_question"]
		id := string(r.TicketID)
		if !said || !connectors.IsNumber(id) || !connectors.IsNumber(string(r.ID)) {
			continue
		}
		if r.CreatedAt.After(cur.Rated) {
			cur.Rated = r.CreatedAt.UTC()
		}
		events = append(events, connectors.Event{
			Kind: connectors.Rated, Key: "rated:" + id + ":" + string(r.ID), Tenant: d.cfg.Domain, Conversation: id,
			Role: connectors.Customer, Author: string(r.UserID), Customer: string(r.UserID), Assignee: string(r.AgentID), Group: string(r.GroupID),
			At: r.CreatedAt.UTC(), Score: &connectors.Score{Value: score(value), Comment: r.Feedback}, Route: map[string]string{routeTicket: id},
		})
	}
	return events, nil
}

// score is a rating of Freshdesk's default question from 0 to 1: -103 is the
// worst, 100 neutral, 103 the best; what lies between has no meaning.
func score(value int) float64 {
	const most = ratingScale - ratingStep
	switch {
	case value < -ratingStep:
		value += ratingStep
	case value > ratingStep:
		value -= ratingStep
	default:
		value = 0
	}
	return math.Max(0, math.Min(1, float64(value+most)/(2*most)))
}
