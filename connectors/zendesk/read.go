package zendesk

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/sufflor/sufflor/connectors"
)

// envelope is a delivery of an event webhook.
type envelope struct {
	AccountID connectors.ID `json:"account_id"`
	ID        string        `json:"id"`
	Type      string        `json:"type"`
	Time      time.Time     `json:"time"`
	Detail    struct {
		ID          connectors.ID `json:"id"`
		ActorID     connectors.ID `json:"actor_id"`
		RequesterID connectors.ID `json:"requester_id"`
		AssigneeID  connectors.ID `json:"assignee_id"`
		GroupID     connectors.ID `json:"group_id"`
		BrandID     connectors.ID `json:"brand_id"`
		Subject     string        `json:"subject"`
		Priority    string        `json:"priority"`
		Type        string        `json:"type"`
		Tags        tags          `json:"tags"`
		UpdatedAt   time.Time     `json:"updated_at"`
		Via         struct {
			Channel string `json:"channel"`
		} `json:"via"`
	} `json:"detail"`
	Event struct {
		Comment struct {
			ID     connectors.ID `json:"id"`
			Author struct {
				ID      connectors.ID `json:"id"`
				IsStaff bool          `json:"is_staff"`
				Name    string        `json:"name"`
			} `json:"author"`
			Body       string `json:"body"`
			IsPublic   bool   `json:"is_public"`
			Attachment struct {
				ID          connectors.ID `json:"id"`
				Filename    string        `json:"filename"`
				ContentType string        `json:"content_type"`
				ContentURL  string        `json:"content_url"`
				IsPublic    bool          `json:"is_public"`
			} `json:"attachment"`
		} `json:"comment"`
		Actor struct {
			ID   connectors.ID `json:"id"`
			Name string        `json:"name"`
			Type string        `json:"type"`
		} `json:"actor"`
		ConversationID string `json:"conversation_id"`
		Message        struct {
			ID   string `json:"id"`
			Body string `json:"body"`
		} `json:"message"`
		Current current `json:"current"`
	} `json:"event"`
}

// tags are a list or, in some deliveries, words with spaces between them.
type tags []string

// UnmarshalJSON implements [json.Unmarshaler].
func (t *tags) UnmarshalJSON(data []byte) error {
	var list []string
	if json.Unmarshal(data, &list) == nil {
		*t = list
		return nil
	}
	var words string
	if json.Unmarshal(data, &words) == nil {
		*t = strings.Fields(words)
		return nil
	}
	return errors.New("tags are a list of texts")
}

// current is the new value of what changed: a status, or an id as text or
// number. Other events have lists and objects there, which nobody here reads.
type current string

// UnmarshalJSON implements [json.Unmarshaler].
func (c *current) UnmarshalJSON(data []byte) error {
	var id connectors.ID
	if id.UnmarshalJSON(data) == nil {
		*c = current(id)
	}
	return nil
}

// someone is an id, nothing where Zendesk says nobody: null, "" or 0.
func someone[T ~string](id T) string {
	if id == "0" {
		return ""
	}
	return string(id)
}

// ticketFacts are what a ticket says of itself in Zendesk's own words.
func ticketFacts(priority, kind string) map[string]string {
	facts := map[string]string{}
	for name, value := range map[string]string{"priority": priority, "type": kind} {
		if value != "" {
			facts[name] = strings.ToLower(value)
		}
	}
	if len(facts) == 0 {
		return nil
	}
	return facts
}

// Read implements [connectors.Connector].
func (c *Connector) Read(d connectors.Delivery) (connectors.Receipt, error) {
	switch d.Path {
	case pathMessaging:
		return c.readMessaging(d.Body)
	case pathTrigger:
		return c.readTrigger(d)
	default:
		return c.readEvent(d)
	}
}

// ours compares the account a delivery names with the one we are set up for.
// The header is not signed, but a header that disagrees is still a reason.
func (c *Connector) ours(d connectors.Delivery) error {
	if got := d.Header.Get(headerAccount); got != "" && got != c.cfg.AccountID {
		return fmt.Errorf("%s is not %s: %w", headerAccount, c.cfg.AccountID, connectors.ErrForeign)
	}
	return nil
}

func (c *Connector) readEvent(d connectors.Delivery) (connectors.Receipt, error) {
	var in envelope
	if err := connectors.Decode(d.Body, &in); err != nil {
		return connectors.Receipt{}, err
	}
	if err := c.ours(d); err != nil {
		return connectors.Receipt{}, err
	}
	if string(in.AccountID) != c.cfg.AccountID {
		return connectors.Receipt{}, fmt.Errorf("account_id is not %s: %w", c.cfg.AccountID, connectors.ErrForeign)
	}
	kind, known := strings.CutPrefix(in.Type, typePrefix)
	ticket := string(in.Detail.ID)
	switch {
	case !known:
		return connectors.Receipt{}, fmt.Errorf("type: must start with %s: %w", typePrefix, connectors.ErrMalformed)
	case in.ID == "" || !connectors.IsNumber(ticket) || in.Time.IsZero():
		return connectors.Receipt{}, fmt.Errorf("id, detail.id or time: missing: %w", connectors.ErrMalformed)
	}
	e := connectors.Event{
		Tenant: c.cfg.AccountID, Conversation: ticket, Subject: in.Detail.Subject, Channel: in.Detail.Via.Channel,
		Customer: string(in.Detail.RequesterID), At: in.Time.UTC(), Route: map[string]string{routeTicket: ticket},
		Tags: in.Detail.Tags, Group: someone(in.Detail.GroupID), Brand: someone(in.Detail.BrandID), Assignee: someone(in.Detail.AssigneeID),
		Facts: ticketFacts(in.Detail.Priority, in.Detail.Type),
	}
	var events []connectors.Event
	var err error
	switch kind {
	case commentAdded:
		events, err = c.comment(in, e)
	case messageAdded:
		events, err = c.message(in, e)
	case attachmentLinked:
		events, err = attached(in, e)
	case commentRedacted, attachmentRedacted, commentMadePrivate:
		events, err = redacted(in, e, kind)
	case statusChanged:
		switch status := string(in.Event.Current); {
		case isDeleted(status):
			events = erased(in, e)
		case isOver(status):
			events = closed(in, e)
		}
	case softDeleted, permanentlyDeleted:
		events = erased(in, e)
	case markedAsSpam, merged:
		events = closed(in, e)
	case agentAssigned:
		e.Kind, e.Key, e.Assignee = connectors.Assigned, "assigned:"+in.ID, someone(in.Event.Current)
		events = []connectors.Event{e}
	case groupAssigned:
		e.Kind, e.Key, e.Group = connectors.Assigned, "assigned:"+in.ID, someone(in.Event.Current)
		events = []connectors.Event{e}
	}
	return connectors.Receipt{Events: events}, err
}

// own reports whether we wrote that: three independent guards against a loop
// of notes about our own notes, the third being that private ones are skipped.
func (c *Connector) own(author, actor connectors.ID, text string) bool {
	me := connectors.ID(c.cfg.APIUser)
	return me != "" && (author == me || actor == me) || strings.Contains(text, marker+"sg_")
}

func (c *Connector) comment(in envelope, e connectors.Event) ([]connectors.Event, error) {
	m := in.Event.Comment
	if !connectors.IsNumber(string(m.ID)) {
		return nil, fmt.Errorf("event.comment.id: missing: %w", connectors.ErrMalformed)
	}
	if !m.IsPublic || c.own(m.Author.ID, in.Detail.ActorID, m.Body) {
		return nil, nil
	}
	e.Kind, e.Key, e.Message = connectors.Message, commentKey(e.Conversation, m.ID), string(m.ID)
	e.Author, e.AuthorName, e.Text = string(m.Author.ID), m.Author.Name, m.Body
	e.Role = connectors.Customer
	if m.Author.IsStaff {
		e.Role = connectors.Agent
	}
	return []connectors.Event{e}, nil
}

// commentKey is the same however we learn of a comment: from an event, from a
// trigger or from reading the ticket again.
func commentKey(ticket string, comment connectors.ID) string {
	return "comment:" + ticket + ":" + string(comment)
}

func (c *Connector) message(in envelope, e connectors.Event) ([]connectors.Event, error) {
	m, actor := in.Event.Message, in.Event.Actor
	if m.ID == "" {
		return nil, fmt.Errorf("event.message.id: missing: %w", connectors.ErrMalformed)
	}
	switch {
	case strings.HasPrefix(string(actor.ID), "zd:") || c.own(actor.ID, "", m.Body):
		return nil, nil
	case actor.Type == "end_user":
		e.Role, e.Customer = connectors.Customer, string(actor.ID)
	case actor.Type == "agent":
		e.Role = connectors.Agent
	default: // trigger, system
		return nil, nil
	}
	e.Kind, e.Key, e.Message = connectors.Message, messageKey(m.ID), m.ID
	e.Author, e.AuthorName, e.Text, e.Channel = string(actor.ID), actor.Name, m.Body, "messaging"
	if id := in.Event.ConversationID; id != "" {
		e.Route[routeConversation] = id
	}
	return []connectors.Event{e}, nil
}

func messageKey(id string) string { return "message:" + id }

func attached(in envelope, e connectors.Event) ([]connectors.Event, error) {
	m := in.Event.Comment
	if m.ID == "" || m.Attachment.ID == "" {
		return nil, fmt.Errorf("event.comment.attachment: missing: %w", connectors.ErrMalformed)
	}
	if !m.Attachment.IsPublic {
		return nil, nil
	}
	e.Kind, e.Key, e.Message = connectors.Attached, "attachment:"+e.Conversation+":"+string(m.Attachment.ID), string(m.ID)
	e.Attachments = []connectors.Attachment{{
		ID: string(m.Attachment.ID), Name: m.Attachment.Filename, Type: m.Attachment.ContentType, URL: m.Attachment.ContentURL,
	}}
	return []connectors.Event{e}, nil
}

// redacted forgets the text at once and then asks for what is left of it. The
// shape of these events is unverified, so nothing but the ids is used.
func redacted(in envelope, e connectors.Event, kind string) ([]connectors.Event, error) {
	id := string(in.Event.Comment.ID)
	if !connectors.IsNumber(id) {
		return nil, fmt.Errorf("event.comment.id: missing: %w", connectors.ErrMalformed)
	}
	e.Subject, e.Message = "", id
	gone := e
	gone.Kind, gone.Key = connectors.Deleted, "deleted:"+in.ID
	if kind == commentMadePrivate {
		return []connectors.Event{gone}, nil
	}
	e.Kind, e.Key = connectors.Fetch, "fetch:"+in.ID
	e.Route = maps.Clone(e.Route)
	e.Route[routeReason] = reasonRedacted
	return []connectors.Event{gone, e}, nil
}

// isOver reports whether nothing more is to be answered in that status.
func isOver(status string) bool {
	switch strings.ToUpper(status) {
	case "SOLVED", "CLOSED", "ARCHIVED":
		return true
	}
	return false
}

func isDeleted(status string) bool { return strings.EqualFold(status, "deleted") }

// erased is a ticket that was deleted: what is left of it names nobody and
// nothing. Restored, it begins anew with what is written then.
func erased(in envelope, e connectors.Event) []connectors.Event {
	return []connectors.Event{gone(e, cmp.Or(in.Detail.UpdatedAt.UTC(), in.Time.UTC()))}
}

// gone has the same key however we learn of a deletion.
func gone(e connectors.Event, at time.Time) connectors.Event {
	return connectors.Event{
		Kind: connectors.Erased, Key: "erased:" + e.Conversation + ":" + at.Format(time.RFC3339),
		Tenant: e.Tenant, Conversation: e.Conversation, At: at,
	}
}

// closed is the end of a ticket. Its key is made of what the API shows of a
// ticket as well, so that polling finds the same event.
func closed(in envelope, e connectors.Event) []connectors.Event {
	e.Kind, e.Key = connectors.Closed, "closed:"+in.ID
	if !in.Detail.UpdatedAt.IsZero() {
		e.Key = closedKey(e.Conversation, in.Detail.UpdatedAt)
	}
	return []connectors.Event{e}
}

func closedKey(ticket string, updated time.Time) string {
	return "closed:" + ticket + ":" + updated.UTC().Format(time.RFC3339)
}

// readTrigger reads our own trigger's body. It holds ids only, because
// placeholders are not escaped: a quote in a customer's text would break it.
func (c *Connector) readTrigger(d connectors.Delivery) (connectors.Receipt, error) {
	var in struct {
		V         int           `json:"v"`
		Ticket    connectors.ID `json:"ticket_id"`
		Event     string        `json:"event"`
		UpdatedAt time.Time     `json:"updated_at"`
	}
	if err := connectors.Decode(d.Body, &in); err != nil {
		return connectors.Receipt{}, err
	}
	if err := c.ours(d); err != nil {
		return connectors.Receipt{}, err
	}
	ticket := string(in.Ticket)
	if in.V != 1 || !connectors.IsNumber(ticket) || in.Event != "public_comment" || in.UpdatedAt.IsZero() {
		return connectors.Receipt{}, fmt.Errorf("trigger body is not the one of README.md, or its placeholders were not filled in: %w", connectors.ErrMalformed)
	}
	return connectors.Receipt{Events: []connectors.Event{{
		Kind: connectors.Fetch, Key: "trigger:" + ticket + ":" + in.UpdatedAt.UTC().Format(time.RFC3339Nano),
		Tenant: c.cfg.AccountID, Conversation: ticket, At: in.UpdatedAt.UTC(),
		Route: map[string]string{routeTicket: ticket, routeReason: reasonTrigger},
	}}}, nil
}

// suncoMessage is a message in deliveries and answers of Sunshine Conversations.
type suncoMessage struct {
	ID       string    `json:"id"`
	Received time.Time `json:"received"`
	Deleted  bool      `json:"deleted"`
	Author   struct {
		Type        string `json:"type"`
		UserID      string `json:"userId"`
		DisplayName string `json:"displayName"`
		User        struct {
			ExternalID string        `json:"externalId"`
			ZendeskID  connectors.ID `json:"zendeskId"`
		} `json:"user"`
	} `json:"author"`
	Content struct {
		Type      string `json:"type"`
		Text      string `json:"text"`
		AltText   string `json:"altText"`
		MediaURL  string `json:"mediaUrl"`
		MediaType string `json:"mediaType"`
		MediaSize int64  `json:"mediaSize"`
	} `json:"content"`
	Source struct {
		Type string `json:"type"`
	} `json:"source"`
}

// role is who wrote m, or nothing if that is none of our business.
func (m suncoMessage) role() connectors.Role {
	switch {
	case m.Author.Type == "user":
		return connectors.Customer
	case m.Author.Type == "business" && m.Source.Type == agentWorkspace:
		return connectors.Agent
	}
	return ""
}

func (c *Connector) readMessaging(body []byte) (connectors.Receipt, error) {
	var in struct {
		App struct {
			ID string `json:"id"`
		} `json:"app"`
		Events []struct {
			ID        string    `json:"id"`
			CreatedAt time.Time `json:"createdAt"`
			Type      string    `json:"type"`
			Payload   struct {
				Conversation struct {
					ID string `json:"id"`
				} `json:"conversation"`
				Message suncoMessage `json:"message"`
			} `json:"payload"`
		} `json:"events"`
	}
	if err := connectors.Decode(body, &in); err != nil {
		return connectors.Receipt{}, err
	}
	if in.App.ID != c.cfg.Messaging.AppID {
		return connectors.Receipt{}, fmt.Errorf("app.id is not %s: %w", c.cfg.Messaging.AppID, connectors.ErrForeign)
	}
	var events []connectors.Event
	seen := map[string]bool{}
	for i, ev := range in.Events {
		if ev.Type != "conversation:message" || seen[ev.ID] {
			continue
		}
		m, conversation := ev.Payload.Message, ev.Payload.Conversation.ID
		if ev.ID == "" || !connectors.IsToken(m.ID) || !connectors.IsToken(conversation) {
			return connectors.Receipt{}, fmt.Errorf("events[%d]: id missing or odd: %w", i, connectors.ErrMalformed)
		}
		seen[ev.ID] = true
		if m.role() == "" {
			continue
		}
		// Anybody who learned the static key could have written this, so no
		// text is taken from it.
		events = append(events, connectors.Event{
			Kind: connectors.Fetch, Key: "hint:" + ev.ID, Tenant: c.cfg.AccountID, Conversation: conversation,
			Message: m.ID, Role: m.role(), Channel: "messaging", At: ev.CreatedAt.UTC(),
			Route: map[string]string{routeConversation: conversation, routeReason: reasonMessaging},
		})
	}
	slices.SortStableFunc(events, func(a, b connectors.Event) int { return a.At.Compare(b.At) })
	return connectors.Receipt{Events: events}, nil
}
