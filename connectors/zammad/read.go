package zammad

import (
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/sufflor/sufflor/connectors"
)

// payload is what a trigger sends, and what we make of two answers of the API.
type payload struct {
	Ticket  json.RawMessage `json:"ticket"`
	Article *article        `json:"article"`
}

// ticket is the ticket in deliveries and answers.
type ticket struct {
	ID           connectors.ID   `json:"id"`
	Number       connectors.ID   `json:"number"`
	Title        string          `json:"title"`
	State        name            `json:"state"`
	Group        name            `json:"group"`
	Priority     name            `json:"priority"`
	Organization person          `json:"organization"`
	OwnerID      connectors.ID   `json:"owner_id"`
	CustomerID   connectors.ID   `json:"customer_id"`
	Customer     person          `json:"customer"`
	Tags         tags            `json:"tags"`
	UpdatedAt    time.Time       `json:"updated_at"`
	CloseAt      *time.Time      `json:"close_at"`
	LastCloseAt  *time.Time      `json:"last_close_at"`
	LastOwnerAt  *time.Time      `json:"last_owner_update_at"`
	ArticleIDs   []connectors.ID `json:"-"` // see decodeTicket
}

// article is an article in deliveries and answers.
type article struct {
	ID          connectors.ID `json:"id"`
	TicketID    connectors.ID `json:"ticket_id"`
	Type        string        `json:"type"`
	Sender      string        `json:"sender"`
	From        string        `json:"from"`
	ContentType string        `json:"content_type"`
	Body        string        `json:"body"`
	Internal    *bool         `json:"internal"`
	CreatedByID connectors.ID `json:"created_by_id"`
	CreatedBy   person        `json:"created_by"`
	OriginByID  connectors.ID `json:"origin_by_id"`
	OriginBy    person        `json:"origin_by"`
	CreatedAt   time.Time     `json:"created_at"`
	Attachments []struct {
		ID          connectors.ID  `json:"id"`
		Filename    string         `json:"filename"`
		Size        connectors.ID  `json:"size"` // mostly text
		Preferences map[string]any `json:"preferences"`
		URL         string         `json:"url"`
	} `json:"attachments"`
}

// name is what Zammad writes as text in answers and as an object in deliveries.
type name string

// UnmarshalJSON implements [json.Unmarshaler].
func (n *name) UnmarshalJSON(data []byte) error {
	var text string
	if json.Unmarshal(data, &text) == nil { // also for null
		*n = name(text)
		return nil
	}
	var in struct {
		Name string `json:"name"`
	}
	if err := json.Unmarshal(data, &in); err != nil {
		return fmt.Errorf("is no name: %w", err)
	}
	*n = name(in.Name)
	return nil
}

// person is a user or an organization: an object in deliveries, a login or a
// name in answers.
type person struct {
	Firstname string
	Lastname  string
	Name      string
	VIP       bool
	fields    map[string]json.RawMessage
}

// UnmarshalJSON implements [json.Unmarshaler].
func (p *person) UnmarshalJSON(data []byte) error {
	*p = person{}
	var text string
	if json.Unmarshal(data, &text) == nil {
		p.Name = text
		return nil
	}
	if err := json.Unmarshal(data, &p.fields); err != nil {
		return fmt.Errorf("is neither a name nor an object: %w", err)
	}
	for key, to := range map[string]any{
		"firstname": &p.Firstname, "lastname": &p.Lastname, "name": &p.Name, "vip": &p.VIP,
	} {
		if raw, ok := p.fields[key]; ok {
			_ = json.Unmarshal(raw, to) // of another kind: as good as missing
		}
	}
	return nil
}

func (p person) full() string {
	if s := strings.TrimSpace(p.Firstname + " " + p.Lastname); s != "" && s != "-" {
		return s
	}
	return p.Name
}

// tags are a list, or text with commas.
type tags []string

// UnmarshalJSON implements [json.Unmarshaler]. What is of another kind is as
// good as none.
func (t *tags) UnmarshalJSON(data []byte) error {
	var list []string
	var text string
	if json.Unmarshal(data, &text) == nil {
		list = strings.Split(text, ",")
	} else if json.Unmarshal(data, &list) != nil {
		list = nil
	}
	for _, s := range list {
		if s = strings.TrimSpace(s); s != "" {
			*t = append(*t, s)
		}
	}
	return nil
}

// Read implements [connectors.Connector].
func (c *Connector) Read(d connectors.Delivery) (connectors.Receipt, error) {
	var in payload
	if err := connectors.Decode(d.Body, &in); err != nil {
		return connectors.Receipt{}, err
	}
	events, err := c.events(in)
	return connectors.Receipt{Events: events}, err
}

// events is what a ticket with its last article is to us: a message, and what
// the ticket says of itself.
func (c *Connector) events(in payload) ([]connectors.Event, error) {
	t, err := decodeTicket(in.Ticket)
	if err != nil {
		return nil, err
	}
	if !connectors.IsNumber(string(t.ID)) {
		return nil, fmt.Errorf("ticket.id: missing; keep the webhook's own payload: %w", connectors.ErrMalformed)
	}
	base := c.envelope(t, in)
	var all []connectors.Event
	if a := in.Article; a != nil {
		if a.TicketID != "" && a.TicketID != t.ID {
			return nil, fmt.Errorf("article.ticket_id: is not that of the ticket: %w", connectors.ErrMalformed)
		}
		e, keep, err := c.message(*a, base)
		if err != nil {
			return nil, err
		}
		if keep {
			all = append(all, e)
		}
	}
	return append(all, c.states(t, in.Article == nil, base)...), nil
}

func decodeTicket(raw json.RawMessage) (ticket, error) {
	var t ticket
	if err := connectors.Decode(raw, &t); err != nil {
		return ticket{}, fmt.Errorf("ticket: %w", err)
	}
	// Only needed of answers, and no reason to refuse a delivery.
	var more struct {
		ArticleIDs []connectors.ID `json:"article_ids"`
	}
	if connectors.Decode(raw, &more) == nil {
		t.ArticleIDs = more.ArticleIDs
	}
	return t, nil
}

// envelope is what all events of a ticket have in common.
func (c *Connector) envelope(t ticket, in payload) connectors.Event {
	e := connectors.Event{
		Tenant: c.host, Conversation: string(t.ID), Subject: t.Title, Customer: string(t.CustomerID), Group: string(t.Group), Tags: t.Tags,
		At: t.UpdatedAt.UTC(), Facts: c.facts(t, in), Route: map[string]string{routeTicket: string(t.ID)},
	}
	if t.OwnerID != nobody {
		e.Assignee = string(t.OwnerID)
	}
	return e
}

// facts is what is known of ticket and customer: little of Zammad's own, and
// the attributes that the settings name.
func (c *Connector) facts(t ticket, in payload) map[string]string {
	out := map[string]string{}
	add := func(key, value string) {
		if value = strings.TrimSpace(value); value != "" && len(value) <= maxFact && len(out) < maxFacts {
			out[key] = value
		}
	}
	add("number", string(t.Number))
	add("priority", string(t.Priority))
	add("organization", t.Organization.full())
	if t.Customer.VIP {
		add("vip", "true")
	}
	var own map[string]json.RawMessage
	if len(c.cfg.Facts) > 0 && json.Unmarshal(in.Ticket, &own) != nil {
		own = nil
	}
	for _, key := range c.cfg.Facts {
		for _, of := range []map[string]json.RawMessage{own, t.Customer.fields, t.Organization.fields} {
			if value := scalar(of[key]); value != "" {
				add(key, value)
				break
			}
		}
	}
	return out
}

// scalar is a text, a number, or yes or no, as text.
func scalar(raw json.RawMessage) string {
	var v any
	if json.Unmarshal(raw, &v) != nil {
		return ""
	}
	switch v := v.(type) {
	case string:
		return v
	case float64:
		return string(raw)
	case bool:
		return strconv.FormatBool(v)
	}
	return ""
}

// articleKey is the same however often and by whatever trigger we hear of an
// article, and when we find it ourselves.
func articleKey(id connectors.ID) string { return "article:" + string(id) }

// own reports whether we wrote that: independent guards against a loop of notes
// about our own notes, the third being that internal ones are skipped.
func (c *Connector) own(a article) bool {
	me := connectors.ID(c.cfg.APIUser)
	return me != "" && a.CreatedByID == me || strings.Contains(a.Body, marker+"sg_")
}

// message fills e and reports whether it is of any use: notes among agents,
// what the system wrote and what we wrote are not.
func (c *Connector) message(a article, e connectors.Event) (connectors.Event, bool, error) {
	switch {
	case !connectors.IsNumber(string(a.ID)):
		return e, false, fmt.Errorf("article.id: missing: %w", connectors.ErrMalformed)
	case a.CreatedAt.IsZero():
		return e, false, fmt.Errorf("article.created_at: missing: %w", connectors.ErrMalformed)
	case a.Internal == nil: // what nobody calls public is not read as such
		return e, false, fmt.Errorf("article.internal: missing: %w", connectors.ErrMalformed)
	case *a.Internal || c.own(a):
		return e, false, nil
	}
	switch a.Sender {
	case senderCustomer:
		e.Role = connectors.Customer
	case senderAgent:
		e.Role = connectors.Agent
	default: // System: auto replies
		return e, false, nil
	}
	e.Kind, e.Key, e.Message = connectors.Message, articleKey(a.ID), string(a.ID)
	e.Channel, e.At = a.Type, a.CreatedAt.UTC()
	// What an agent typed for a caller is the caller's word.
	e.Author, e.AuthorName = string(a.CreatedByID), a.CreatedBy.full()
	if a.OriginByID != "" {
		e.Author, e.AuthorName = string(a.OriginByID), a.OriginBy.full()
	}
	if e.Role == connectors.Customer && e.Customer == "" {
		e.Customer = e.Author
	}
	e.Text = a.Body
	if a.ContentType != "text/plain" {
		e.Text = connectors.PlainText(a.Body)
	}
	for _, f := range a.Attachments {
		if f.URL != "" && !c.here(f.URL) {
			return e, false, fmt.Errorf("a file is at another Zammad than url says; url must be the address in Settings > System > Base: %w", connectors.ErrForeign)
		}
		size, _ := strconv.ParseInt(string(f.Size), 10, 64) // 0: not known
		e.Attachments = append(e.Attachments, connectors.Attachment{
			ID: string(f.ID), Name: f.Filename, Type: mediaType(f.Preferences), Size: max(0, size), URL: f.URL,
		})
	}
	return e, true, nil
}

// here reports whether address is of the Zammad we are set up for. Nothing else
// in a delivery names it.
func (c *Connector) here(address string) bool {
	u, err := url.Parse(address)
	return err == nil && (u.Host == "" || strings.EqualFold(u.Host, c.host))
}

func mediaType(preferences map[string]any) string {
	for _, key := range []string{"Content-Type", "Mime-Type"} {
		if s, ok := preferences[key].(string); ok {
			s, _, _ = strings.Cut(s, ";")
			return strings.TrimSpace(s)
		}
	}
	return ""
}

// states is what a ticket says of itself. That it has another owner is looked
// for only where nobody wrote: triggers do not say what changed, but when the
// owner did.
func (c *Connector) states(t ticket, quiet bool, e connectors.Event) []connectors.Event {
	var all []connectors.Event
	if t.LastOwnerAt != nil && quiet {
		e := e
		e.Kind, e.At = connectors.Assigned, t.LastOwnerAt.UTC()
		e.Key = "assigned:" + string(t.ID) + ":" + string(t.OwnerID) + ":" + stamp(*t.LastOwnerAt)
		all = append(all, e)
	}
	if slices.ContainsFunc(c.closed, func(s string) bool { return strings.EqualFold(s, string(t.State)) }) {
		at := t.UpdatedAt
		for _, when := range []*time.Time{t.CloseAt, t.LastCloseAt} {
			if when != nil {
				at = *when
			}
		}
		e.Kind, e.Key, e.At = connectors.Closed, "closed:"+string(t.ID)+":"+stamp(at), at.UTC()
		all = append(all, e)
	}
	return all
}

func stamp(at time.Time) string { return strconv.FormatInt(at.UnixMilli(), 10) }
