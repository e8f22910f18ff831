package intercom

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/sufflor/sufflor/connectors"
)

// envelope is a notification.
type envelope struct {
	Topic     string       `json:"topic"`
	ID        string       `json:"id"` // the same when it is sent again; null for a ping
	AppID     string       `json:"app_id"`
	CreatedAt unix         `json:"created_at"`
	Data      envelopeData `json:"data"`
}

type envelopeData struct {
	Item conversation `json:"item"`
}

// conversation is one in notifications and in answers of the API.
type conversation struct {
	ID         connectors.ID         `json:"id"`
	CreatedAt  unix                  `json:"created_at"`
	UpdatedAt  unix                  `json:"updated_at"`
	Title      string                `json:"title"`
	Source     source                `json:"source"`
	Contacts   loose[contactList]    `json:"contacts"`
	Assignee   connectors.ID         `json:"admin_assignee_id"`
	Team       connectors.ID         `json:"team_assignee_id"`
	Tags       loose[tagList]        `json:"tags"`
	Parts      partList              `json:"conversation_parts"`
	Rating     loose[*rating]        `json:"conversation_rating"`
	Attributes loose[map[string]any] `json:"custom_attributes"`
}

type source struct {
	ID          connectors.ID       `json:"id"`
	Type        string              `json:"type"`
	DeliveredAs string              `json:"delivered_as"`
	Subject     string              `json:"subject"`
	Body        string              `json:"body"`
	Author      author              `json:"author"`
	Attachments loose[[]attachment] `json:"attachments"`
	Redacted    bool                `json:"redacted"`
}

type author struct {
	Type        string        `json:"type"`
	ID          connectors.ID `json:"id"`
	Name        string        `json:"name"`
	Email       string        `json:"email"`
	FromAIAgent bool          `json:"from_ai_agent"`
	IsAIAnswer  bool          `json:"is_ai_answer"`
}

type contactList struct {
	Contacts []struct {
		ID         connectors.ID `json:"id"`
		ExternalID connectors.ID `json:"external_id"`
	} `json:"contacts"`
}

type tagList struct {
	Tags []struct {
		Name string `json:"name"`
	} `json:"tags"`
}

type partList struct {
	Parts []part `json:"conversation_parts"`
}

type part struct {
	ID          connectors.ID       `json:"id"`
	Type        string              `json:"part_type"`
	Body        string              `json:"body"`
	CreatedAt   unix                `json:"created_at"`
	UpdatedAt   unix                `json:"updated_at"`
	AssignedTo  loose[*reference]   `json:"assigned_to"`
	Author      author              `json:"author"`
	Attachments loose[[]attachment] `json:"attachments"`
	Redacted    bool                `json:"redacted"`
	App         string              `json:"app_package_code"`
}

type reference struct {
	Type string        `json:"type"`
	ID   connectors.ID `json:"id"`
}

type attachment struct {
	Name        string       `json:"name"`
	URL         string       `json:"url"`
	ContentType string       `json:"content_type"`
	Size        loose[int64] `json:"filesize"`
}

type rating struct {
	Rating    loose[int] `json:"rating"`
	Remark    string     `json:"remark"`
	CreatedAt unix       `json:"created_at"`
}

// loose is a T whose shape no schema promises: one of another shape is as good
// as none, and no reason to lose the message beside it.
type loose[T any] struct{ is T }

// UnmarshalJSON implements [json.Unmarshaler].
func (l *loose[T]) UnmarshalJSON(data []byte) error {
	var v T
	if json.Unmarshal(data, &v) == nil {
		l.is = v
	}
	return nil
}

// unix is a time in seconds since 1970; 0 where there is none.
type unix int64

// UnmarshalJSON implements [json.Unmarshaler].
func (u *unix) UnmarshalJSON(data []byte) error {
	n, err := strconv.ParseInt(strings.Trim(string(data), `"`), 10, 64)
	if err != nil || n < 0 || n > maxUnix {
		n = 0
	}
	*u = unix(n)
	return nil
}

// maxUnix is in the year 2286; what is later is no time in seconds.
const maxUnix = 9_999_999_999

func (u unix) time() time.Time {
	if u == 0 {
		return time.Time{}
	}
	return time.Unix(int64(u), 0).UTC()
}

// Read implements [connectors.Connector].
func (c *Connector) Read(d connectors.Delivery) (connectors.Receipt, error) {
	switch {
	case d.Method == http.MethodHead:
		return connectors.Receipt{}, nil
	case d.Path == pathInitialize:
		return c.readInitialize(d.Body)
	case d.Path == pathSubmit:
		return c.readSubmit(d.Body)
	}
	return c.readNotification(d.Body)
}

func (c *Connector) ours(workspace string) error {
	if workspace != c.cfg.Workspace {
		return fmt.Errorf("workspace is not %s: %w", c.cfg.Workspace, connectors.ErrForeign)
	}
	return nil
}

func (c *Connector) readNotification(body []byte) (connectors.Receipt, error) {
	var in envelope
	if err := connectors.Decode(body, &in); err != nil {
		return connectors.Receipt{}, err
	}
	if in.Topic == topicPing {
		return connectors.Receipt{}, nil
	}
	if err := c.ours(in.AppID); err != nil {
		return connectors.Receipt{}, err
	}
	switch {
	case in.Topic == uninstalled:
		return connectors.Receipt{Events: []connectors.Event{{
			Kind: connectors.Ops, Key: "ops:" + cmp.Or(in.ID, in.Topic), Tenant: c.cfg.Workspace, At: in.CreatedAt.time(),
			Detail: "the app was removed from the Intercom workspace; install it again and enter its new token, or delete this desk",
		}}}, nil
	case !strings.HasPrefix(in.Topic, topicConversation):
		return connectors.Receipt{}, nil
	case !isID(string(in.Data.Item.ID)):
		return connectors.Receipt{}, fmt.Errorf("data.item.id: missing or odd: %w", connectors.ErrMalformed)
	case in.ID == "":
		return connectors.Receipt{}, fmt.Errorf("id: missing: %w", connectors.ErrMalformed)
	}
	events, err := c.notified(in)
	if err != nil {
		return connectors.Receipt{}, err
	}
	return connectors.Receipt{Events: ordered(events)}, nil
}

// notified is what a notification says: what its parts are, whatever the topic,
// and what only the topic tells.
func (c *Connector) notified(in envelope) ([]connectors.Event, error) {
	item := in.Data.Item
	if in.Topic == topicDeleted {
		return c.deleted(in), nil
	}
	var events []connectors.Event
	switch in.Topic {
	case topicUserCreated, topicAdminCreated:
		e, ok, err := c.opening(item)
		if err != nil {
			return nil, err
		}
		if ok {
			events = append(events, e)
		}
	case topicRedacted:
		if item.Source.Redacted && item.Source.ID != "" {
			e := c.gone(item, sourceID(item))
			e.At = in.CreatedAt.time()
			events = append(events, e)
		}
	case topicRated:
		events = append(events, c.rated(item)...)
	}
	for i, p := range item.Parts.Parts {
		if p.ID == "" {
			return nil, fmt.Errorf("conversation_parts[%d].id: missing: %w", i, connectors.ErrMalformed)
		}
		events = append(events, c.said(item, p)...)
	}
	has := func(k connectors.Kind) bool {
		return slices.ContainsFunc(events, func(e connectors.Event) bool { return e.Kind == k })
	}
	rest := c.event(item, in.CreatedAt.time())
	switch {
	case in.Topic == topicClosed && !has(connectors.Closed):
		rest.Kind, rest.Key = connectors.Closed, "closed:"+in.ID
		events = append(events, rest)
	case (in.Topic == topicAssigned || in.Topic == topicOpenAssigned) && !has(connectors.Assigned):
		rest.Kind, rest.Key = connectors.Assigned, "assigned:"+in.ID
		events = append(events, rest)
	}
	return events, nil
}

// deleted forgets a conversation as a whole: the notification names no messages.
func (c *Connector) deleted(in envelope) []connectors.Event {
	id := string(in.Data.Item.ID)
	return []connectors.Event{{
		Kind: connectors.Erased, Key: "gone:" + id, Tenant: c.cfg.Workspace, Conversation: id, At: in.CreatedAt.time(),
	}}
}

// ordered sorts oldest first and leaves one of each key: the same part may come
// twice in one notification.
func ordered(events []connectors.Event) []connectors.Event {
	slices.SortStableFunc(events, func(a, b connectors.Event) int {
		return cmp.Or(a.At.Compare(b.At), cmp.Compare(len(a.Message), len(b.Message)), cmp.Compare(a.Message, b.Message))
	})
	seen := map[string]bool{}
	return slices.DeleteFunc(events, func(e connectors.Event) bool {
		again := seen[e.Key]
		seen[e.Key] = true
		return again
	})
}

// event is what is the same for all events of a conversation.
func (c *Connector) event(item conversation, at time.Time) connectors.Event {
	e := connectors.Event{
		Tenant: c.cfg.Workspace, Conversation: string(item.ID), Channel: item.Source.Type, At: at,
		Subject: cmp.Or(plain(item.Source.Subject), plain(item.Title)), Customer: item.customer(""),
		Assignee: id(item.Assignee), Group: id(item.Team), Facts: item.facts(),
	}
	for _, t := range item.Tags.is.Tags {
		if t.Name != "" {
			e.Tags = append(e.Tags, t.Name)
		}
	}
	return e
}

// id is without the 0 that older versions of the API write for nobody.
func id(i connectors.ID) string {
	if i == "0" {
		return ""
	}
	return string(i)
}

// customer is the contact with that id, or the first one: by the id under which
// the company itself knows somebody, if there is one.
func (item conversation) customer(who connectors.ID) string {
	list := item.Contacts.is.Contacts
	if len(list) == 0 {
		return string(who)
	}
	one := list[0]
	for _, other := range list {
		if other.ID == who {
			one = other
		}
	}
	return string(cmp.Or(one.ExternalID, one.ID))
}

// facts are the conversation's attributes that are words, numbers or yes and no.
func (item conversation) facts() map[string]string {
	out := map[string]string{}
	for _, name := range slices.Sorted(maps.Keys(item.Attributes.is)) {
		if len(out) == maxFacts {
			break
		}
		switch v := item.Attributes.is[name].(type) {
		case string:
			if v != "" {
				out[name] = connectors.Clip(v, maxFact)
			}
		case float64:
			out[name] = strconv.FormatFloat(v, 'f', -1, 64)
		case bool:
			out[name] = strconv.FormatBool(v)
		}
	}
	if len(out) == 0 {
		return nil
	}
	return out
}

// role is who wrote, or nothing if that is none of our business. A bot may
// write under the topic of an administrator.
func (c *Connector) role(a author) connectors.Role {
	if a.FromAIAgent || a.IsAIAnswer || strings.HasPrefix(a.Email, operatorMail) {
		return ""
	}
	switch a.Type {
	case "user", "lead", "contact", "visitor":
		return connectors.Customer
	case "admin":
		return connectors.Agent
	}
	return ""
}

// own reports whether we wrote that. Notes are skipped besides, so that each of
// the guards holds alone.
func (c *Connector) own(a author, app, body string) bool {
	switch {
	case c.cfg.Admin != "" && a.Type == "admin" && string(a.ID) == c.cfg.Admin:
		return true
	case c.cfg.App != "" && app == c.cfg.App:
		return true
	}
	return strings.Contains(body, marker+"sg_")
}

// sourceID is the message id of a conversation's first message, which is no part.
func sourceID(item conversation) string { return "src:" + string(item.Source.ID) }

func messageKey(item conversation, message string) string {
	return "message:" + string(item.ID) + ":" + message
}

// opening is the message that began a conversation.
func (c *Connector) opening(item conversation) (connectors.Event, bool, error) {
	s := item.Source
	if s.ID == "" {
		return connectors.Event{}, false, fmt.Errorf("source.id: missing: %w", connectors.ErrMalformed)
	}
	role := c.role(s.Author)
	bulk := role == connectors.Agent && s.DeliveredAs != "admin_initiated" // a campaign's words are not an agent's
	if role == "" || bulk || s.Redacted || c.own(s.Author, "", s.Body) {
		return connectors.Event{}, false, nil
	}
	e, ok := c.message(item, role, s.Author, s.Body, s.Attachments.is)
	e.Message, e.Key = sourceID(item), messageKey(item, sourceID(item))
	e.At = item.CreatedAt.time()
	return e, ok, nil
}

// message is what somebody wrote; false if it is nothing.
func (c *Connector) message(item conversation, role connectors.Role, a author, body string, files []attachment) (connectors.Event, bool) {
	e := c.event(item, time.Time{})
	e.Kind, e.Role, e.Author, e.AuthorName, e.Text = connectors.Message, role, string(a.ID), a.Name, plain(body)
	if role == connectors.Customer {
		e.Customer = item.customer(a.ID)
	}
	for _, f := range files {
		e.Attachments = append(e.Attachments, connectors.Attachment{Name: f.Name, Type: f.ContentType, Size: f.Size.is, URL: f.URL})
	}
	e.Attachments = append(e.Attachments, pictures(body)...)
	return e, e.Text != "" || len(e.Attachments) > 0
}

// said is what one part means: a message, a close, both, an assignment, a
// deletion, or nothing.
func (c *Connector) said(item conversation, p part) []connectors.Event {
	if p.Type == partNote || c.own(p.Author, p.App, p.Body) {
		return nil
	}
	var out []connectors.Event
	role := c.role(p.Author)
	spoken := p.Type != "" && slices.Contains(strings.Fields(partTypes), p.Type)
	switch {
	case p.Redacted:
		e := c.gone(item, string(p.ID))
		e.At = max(p.CreatedAt, p.UpdatedAt).time()
		return []connectors.Event{e}
	case spoken && role != "":
		if e, ok := c.message(item, role, p.Author, p.Body, p.Attachments.is); ok {
			e.Message, e.Key, e.At = string(p.ID), messageKey(item, string(p.ID)), p.CreatedAt.time()
			out = append(out, e)
		}
	case strings.Contains(p.Type, partAssign):
		out = append(out, c.assigned(item, p))
	}
	if p.Type == partClose {
		e := c.event(item, p.CreatedAt.time())
		e.Kind, e.Key = connectors.Closed, "closed:"+string(item.ID)+":"+string(p.ID)
		out = append(out, e)
	}
	return out
}

func (c *Connector) gone(item conversation, message string) connectors.Event {
	return connectors.Event{
		Kind: connectors.Deleted, Key: "deleted:" + string(item.ID) + ":" + message, Tenant: c.cfg.Workspace,
		Conversation: string(item.ID), Message: message,
	}
}

func (c *Connector) assigned(item conversation, p part) connectors.Event {
	e := c.event(item, p.CreatedAt.time())
	e.Kind, e.Key = connectors.Assigned, "assigned:"+string(item.ID)+":"+string(p.ID)
	switch to := p.AssignedTo.is; {
	case to == nil: // the conversation says who has it now
	case to.Type == "admin":
		e.Assignee = id(to.ID)
	case to.Type == "team":
		e.Group = id(to.ID)
	}
	return e
}

// rated is how a customer rated a conversation. A remark may follow later; it
// makes an event of its own.
func (c *Connector) rated(item conversation) []connectors.Event {
	r := item.Rating.is
	if r == nil || r.Rating.is < worstRating || r.Rating.is > bestRating {
		return nil
	}
	e := c.event(item, cmp.Or(item.UpdatedAt, item.CreatedAt).time())
	e.Kind = connectors.Rated
	e.Key = fmt.Sprintf("rated:%s:%d:%d:%t", item.ID, r.CreatedAt, r.Rating.is, r.Remark != "")
	e.Score = &connectors.Score{
		Value: float64(r.Rating.is-worstRating) / (bestRating - worstRating), Comment: plain(r.Remark),
	}
	return []connectors.Event{e}
}
