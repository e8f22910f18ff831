package libredesk

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/sufflor/sufflor/connectors"
)

// message is one in webhooks and in answers of the API.
type message struct {
	UUID         string          `json:"uuid"`
	Type         string          `json:"type"`
	Status       string          `json:"status"`
	Conversation string          `json:"conversation_uuid"`
	Content      string          `json:"content"`
	Text         string          `json:"text_content"`
	ContentType  string          `json:"content_type"`
	Private      *bool           `json:"private"`
	SenderID     connectors.ID   `json:"sender_id"`
	CreatedAt    time.Time       `json:"created_at"`
	UpdatedAt    time.Time       `json:"updated_at"`
	Meta         json.RawMessage `json:"meta"`
	Author       struct {
		ID        connectors.ID `json:"id"`
		FirstName string        `json:"first_name"`
		LastName  string        `json:"last_name"`
		Type      string        `json:"type"`
	} `json:"author"`
	Attachments []struct {
		Name        string `json:"name"`
		Size        int64  `json:"size"`
		ContentType string `json:"content_type"`
		Disposition string `json:"disposition"`
		UUID        string `json:"uuid"`
		URL         string `json:"url"`
	} `json:"attachments"`
}

// conversation is one in webhooks and in answers of the API.
type conversation struct {
	UUID              string          `json:"uuid"`
	UpdatedAt         time.Time       `json:"updated_at"`
	Subject           string          `json:"subject"`
	Channel           string          `json:"inbox_channel"`
	Inbox             string          `json:"inbox_name"`
	Status            string          `json:"status"`
	StatusCategory    string          `json:"status_category"`
	AssignedUser      connectors.ID   `json:"assigned_user_id"`
	AssignedTeam      connectors.ID   `json:"assigned_team_id"`
	Tags              json.RawMessage `json:"tags"`
	CustomAttributes  json.RawMessage `json:"custom_attributes"`
	LastInteractionAt time.Time       `json:"last_interaction_at"`
	Contact           struct {
		ID               connectors.ID   `json:"id"`
		ExternalID       connectors.ID   `json:"external_user_id"`
		CustomAttributes json.RawMessage `json:"custom_attributes"`
	} `json:"contact"`
	Rating   int       `json:"csat_rating"`
	Feedback string    `json:"csat_feedback"`
	RatedAt  time.Time `json:"csat_responded_at"`
}

// Read implements [connectors.Connector].
func (c *Connector) Read(d connectors.Delivery) (connectors.Receipt, error) {
	var in struct {
		Event     string          `json:"event"`
		Timestamp time.Time       `json:"timestamp"`
		Payload   json.RawMessage `json:"payload"`
	}
	if err := connectors.Decode(d.Body, &in); err != nil {
		return connectors.Receipt{}, err
	}
	var out []connectors.Event
	var err error
	switch in.Event {
	case "":
		err = fmt.Errorf("event: missing: %w", connectors.ErrMalformed)
	case messageCreated, messageUpdated:
		out, err = c.readMessage(in.Payload)
	case statusChanged, assignedTo, unassigned:
		out, err = c.readChange(in.Event, in.Payload, in.Timestamp.UTC())
	}
	return connectors.Receipt{Events: out}, err
}

func (c *Connector) readMessage(payload json.RawMessage) ([]connectors.Event, error) {
	var m message
	if err := connectors.Decode(payload, &m); err != nil {
		return nil, fmt.Errorf("payload: %w", err)
	}
	if !connectors.IsUUID(m.UUID) || !connectors.IsUUID(m.Conversation) {
		return nil, fmt.Errorf("payload.uuid or conversation_uuid: missing or odd: %w", connectors.ErrMalformed)
	}
	e, ok := c.said(m)
	if !ok {
		return nil, nil
	}
	if e.Role == connectors.Customer && c.asks() {
		// The subject, which retrieval needs and which gives away automatic
		// replies, stands in the conversation only.
		e.Kind, e.Key = connectors.Fetch, "fetch:"+m.UUID
	}
	return []connectors.Event{e}, nil
}

// said is m as a message, without what only its conversation knows; false if it
// is none of our business: four independent guards against answering ourselves
// or another program, and replies that were not sent (yet).
func (c *Connector) said(m message) (connectors.Event, bool) {
	if m.Private == nil || *m.Private || c.own(m) || m.automatic() {
		return connectors.Event{}, false
	}
	e := connectors.Event{
		Kind: connectors.Message, Key: "message:" + m.UUID, Tenant: c.host, Conversation: m.Conversation, Message: m.UUID,
		Author: string(m.Author.ID), AuthorName: strings.TrimSpace(m.Author.FirstName + " " + m.Author.LastName),
		Text: m.text(), At: m.CreatedAt.UTC(),
	}
	switch {
	case m.Type == typeIncoming && m.Author.Type != "" && slices.Contains(strings.Fields(customerTypes), m.Author.Type):
		e.Role, e.Customer = connectors.Customer, string(cmp.Or(m.Author.ID, m.SenderID))
	case m.Type == typeOutgoing && m.Author.Type == senderType && m.Status == statusSent:
		e.Role = connectors.Agent
	default: // activities, the AI assistant, replies that wait or failed
		return connectors.Event{}, false
	}
	for _, a := range m.Attachments {
		e.Attachments = append(e.Attachments, connectors.Attachment{ID: a.UUID, Name: a.Name, Type: a.ContentType, Size: a.Size, URL: a.URL})
	}
	return e, e.Text != "" || len(e.Attachments) > 0
}

// own reports whether we wrote m.
func (c *Connector) own(m message) bool {
	byUs := m.Type == typeOutgoing && c.cfg.Agent != "" && (string(m.Author.ID) == c.cfg.Agent || string(m.SenderID) == c.cfg.Agent)
	return byUs || strings.Contains(m.text(), marker+"sg_")
}

// automatic reports whether a rule wrote m, or asks for a rating with it, or
// mails what was said in a chat once more.
func (m message) automatic() bool {
	var meta struct {
		Automated  bool `json:"is_automated"`
		Rating     bool `json:"is_csat"`
		Continuity bool `json:"continuity_email"`
	}
	if json.Unmarshal(m.Meta, &meta) != nil {
		return false
	}
	return m.Type == typeOutgoing && (meta.Automated || meta.Rating || meta.Continuity)
}

// text is m without markup.
func (m message) text() string {
	switch {
	case strings.TrimSpace(m.Text) != "":
		return strings.TrimSpace(m.Text)
	case m.ContentType == "html":
		return connectors.PlainText(m.Content)
	}
	return strings.TrimSpace(m.Content)
}

// readChange reads what happened to a conversation. Older versions send ids
// without the conversation.
func (c *Connector) readChange(event string, payload json.RawMessage, at time.Time) ([]connectors.Event, error) {
	var in struct {
		UUID         string        `json:"conversation_uuid"`
		Status       string        `json:"new_status"`
		AssignedTo   connectors.ID `json:"assigned_to"`
		Conversation conversation  `json:"conversation"`
	}
	if err := connectors.Decode(payload, &in); err != nil {
		return nil, fmt.Errorf("payload: %w", err)
	}
	if !connectors.IsUUID(in.UUID) {
		return nil, fmt.Errorf("payload.conversation_uuid: missing or odd: %w", connectors.ErrMalformed)
	}
	item := in.Conversation
	if item.UUID != in.UUID {
		item = conversation{} // LibreDesk could not read it
	}
	e := connectors.Event{Tenant: c.host, Conversation: in.UUID, At: at}
	item.enrich(&e)
	var out []connectors.Event
	switch event {
	case statusChanged:
		item.Status = in.Status
		if item.closed() {
			out = append(out, item.over(e))
		}
	default:
		e.Kind, e.Assignee = connectors.Assigned, ""
		if event == assignedTo {
			e.Assignee = string(in.AssignedTo)
		}
		e.Key = "assigned:" + in.UUID + ":" + e.Assignee + ":" + strconv.FormatInt(at.Unix(), 10)
		out = append(out, e)
	}
	return append(out, item.rated(c.host)...), nil
}

// closed reports whether a conversation is over.
func (item conversation) closed() bool {
	return item.StatusCategory == categoryClosed || slices.Contains(closedStatuses[:], item.Status)
}

// over makes e, which holds what is known of item, its end. The last thing said
// tells one end from the next, however we learn of it.
func (item conversation) over(e connectors.Event) connectors.Event {
	stamp := item.LastInteractionAt
	if stamp.IsZero() {
		stamp = e.At
	}
	e.Kind, e.Key = connectors.Closed, "closed:"+e.Conversation+":"+strconv.FormatInt(stamp.UnixMicro(), 10)
	return e
}

// rated is how the customer rated a conversation, where the version tells it.
func (item conversation) rated(tenant string) []connectors.Event {
	if item.Rating < worstRating || item.Rating > bestRating || item.RatedAt.IsZero() || !connectors.IsUUID(item.UUID) {
		return nil
	}
	e := connectors.Event{
		Kind: connectors.Rated, Tenant: tenant, Conversation: item.UUID, At: item.RatedAt.UTC(),
		Key:   fmt.Sprintf("rated:%s:%d:%d", item.UUID, item.RatedAt.UnixMicro(), item.Rating),
		Score: &connectors.Score{Value: float64(item.Rating-worstRating) / (bestRating - worstRating), Comment: strings.TrimSpace(item.Feedback)},
	}
	item.enrich(&e)
	return []connectors.Event{e}
}

// enrich adds to e what its conversation knows.
func (item conversation) enrich(e *connectors.Event) {
	e.Subject, e.Channel, e.Brand = item.Subject, item.Channel, item.Inbox
	e.Assignee, e.Group = string(item.AssignedUser), string(item.AssignedTeam)
	e.Customer = string(cmp.Or(item.Contact.ExternalID, item.Contact.ID, connectors.ID(e.Customer)))
	e.Facts = facts(item.Contact.CustomAttributes, item.CustomAttributes)
	var tags []string
	if json.Unmarshal(item.Tags, &tags) == nil {
		e.Tags = tags
	}
}

// facts are the custom attributes that are words, numbers or yes and no; what a
// conversation says comes before what its contact does.
func facts(lists ...json.RawMessage) map[string]string {
	all := map[string]any{}
	for _, raw := range lists {
		var one map[string]any
		if json.Unmarshal(raw, &one) == nil {
			maps.Copy(all, one)
		}
	}
	out := map[string]string{}
	for _, name := range slices.Sorted(maps.Keys(all)) {
		text := ""
		switch v := all[name].(type) {
		case string:
			text = connectors.Clip(v, maxFact)
		case float64:
			text = strconv.FormatFloat(v, 'f', -1, 64)
		case bool:
			text = strconv.FormatBool(v)
		}
		if text != "" && len(out) < maxFacts {
			out[name] = text
		}
	}
	if len(out) == 0 {
		return nil
	}
	return out
}
