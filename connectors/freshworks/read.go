package freshworks

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/url"
	"strings"
	"time"

	"github.com/sufflor/sufflor/connectors"
)

// hint is what an automation rule says of a ticket: in our own template, or in
// Freshdesk's "simple" content.
type hint struct {
	TicketID  connectors.ID `json:"ticket_id"`
	TicketURL string        `json:"ticket_url"`
	SentAt    string        `json:"sent_at"`
}

// Read implements [connectors.Connector]. A body that is no JSON is none
// because a placeholder in it was filled with quotes or line breaks; the
// ticket's number is in it all the same, and the rest is read from the API.
func (d *Desk) Read(dl connectors.Delivery) (connectors.Receipt, error) {
	var in struct {
		Copilot hint `json:"copilot"`
		Simple  hint `json:"freshdesk_webhook"`
	}
	err := connectors.Decode(dl.Body, &in)
	h := in.Copilot
	if h.TicketID == "" {
		h = in.Simple
	}
	if err != nil {
		h = hint{TicketID: connectors.ID(scanTicket(string(dl.Body)))}
	}
	id := string(h.TicketID)
	switch {
	case !connectors.IsNumber(id) && err != nil:
		return connectors.Receipt{}, fmt.Errorf("no ticket_id can be found: %w", err)
	case !connectors.IsNumber(id):
		return connectors.Receipt{}, fmt.Errorf(
			"ticket_id: the body is not the one of README.md, or its placeholders were not filled in: %w", connectors.ErrMalformed)
	case d.foreign(h.TicketURL):
		return connectors.Receipt{}, fmt.Errorf("ticket_url is not of %s: %w", d.cfg.Domain, connectors.ErrForeign)
	}
	sum := sha256.Sum256(dl.Body)
	e := connectors.Event{
		Kind: connectors.Fetch, Key: "hint:" + id + ":" + hex.EncodeToString(sum[:12]), Tenant: d.cfg.Domain, Conversation: id,
		Route: map[string]string{routeTicket: id},
	}
	if at, err := time.Parse(time.RFC3339, h.SentAt); err == nil {
		e.At = at.UTC()
	}
	return connectors.Receipt{Events: []connectors.Event{e}}, nil
}

// foreign reports whether an address is of another Freshdesk account. A portal
// may have a host of its own, which says nothing.
func (d *Desk) foreign(address string) bool {
	u, err := url.Parse(address)
	if err != nil {
		return false
	}
	name, ours := strings.CutSuffix(strings.ToLower(u.Hostname()), ".freshdesk.com")
	return ours && name != d.cfg.Domain
}

// scanTicket is the first number after "ticket_id". The template has it before
// anything a customer wrote, and a wrong one would only be read in vain.
func scanTicket(body string) string {
	const member = `"ticket_id"`
	_, rest, _ := strings.Cut(body, member)
	rest = strings.TrimLeft(rest, " \t\r\n")
	if !strings.HasPrefix(rest, ":") {
		return ""
	}
	rest = strings.TrimLeft(rest[1:], " \t\r\n\"")
	end := strings.IndexFunc(rest, func(r rune) bool { return r < '0' || r > '9' })
	if end < 0 {
		return ""
	}
	return rest[:end]
}

// part is a piece of a Freshchat message.
type part struct {
	Text *struct {
		Content string `json:"content"`
	} `json:"text"`
	Image *media `json:"image"`
	Video *media `json:"video"`
	Audio *media `json:"audio"`
	File  *media `json:"file"`
}

type media struct {
	Name        string `json:"name"`
	URL         string `json:"url"`
	Size        int64  `json:"file_size_in_bytes"`
	ContentType string `json:"content_type"`
}

// message is one of Freshchat's, in deliveries and answers.
type message struct {
	ID             string `json:"id"`
	AppID          string `json:"app_id"`
	ConversationID string `json:"conversation_id"`
	ChannelID      string `json:"channel_id"`
	InteractionID  string `json:"interaction_id"`
	Type           string `json:"message_type"`
	ActorType      string `json:"actor_type"`
	ActorID        string `json:"actor_id"`
	UserID         string `json:"user_id"`
	Source         string `json:"message_source"`
	CreatedTime    string `json:"created_time"`
	BotsNote       bool   `json:"botsPrivateNote"`
	Parts          []part `json:"message_parts"`
	Legacy         []struct {
		Type       string `json:"part_type"`
		Properties struct {
			Text string `json:"text"`
		} `json:"properties"`
	} `json:"msg_parts"`
}

// text is what all parts say, one below the other.
func (m message) text() string {
	var lines []string
	for _, p := range m.Parts {
		if p.Text != nil && p.Text.Content != "" {
			lines = append(lines, p.Text.Content)
		}
	}
	for _, p := range m.Legacy {
		if p.Type == "text" && p.Properties.Text != "" {
			lines = append(lines, p.Properties.Text)
		}
	}
	return strings.Join(lines, "\n")
}

func (m message) attachments() []connectors.Attachment {
	var out []connectors.Attachment
	for _, p := range m.Parts {
		for _, f := range []*media{p.Image, p.Video, p.Audio, p.File} {
			if f == nil || f.URL == "" {
				continue
			}
			a := connectors.Attachment{Name: f.Name, Type: f.ContentType, Size: max(0, f.Size), URL: f.URL}
			if u, err := url.Parse(f.URL); err == nil && a.Name == "" {
				a.Name = u.Path[strings.LastIndexByte(u.Path, '/')+1:]
			}
			out = append(out, a)
		}
	}
	return out
}

// conversation is one of Freshchat's in deliveries about it.
type conversation struct {
	ID        string `json:"conversation_id"`
	AppID     string `json:"app_id"`
	ChannelID string `json:"channel_id"`
	AgentID   string `json:"assigned_agent_id"`
	GroupID   string `json:"assigned_group_id"`
}

type chatEnvelope struct {
	Actor struct {
		Type string `json:"actor_type"`
		ID   string `json:"actor_id"`
	} `json:"actor"`
	Action     string    `json:"action"`
	ActionTime time.Time `json:"action_time"`
	Data       struct {
		Message    message `json:"message"`
		Assignment struct {
			AgentID      string       `json:"to_agent_id"`
			GroupID      string       `json:"to_group_id"`
			Conversation conversation `json:"conversation"`
		} `json:"assignment"`
		Resolve struct {
			Conversation conversation `json:"conversation"`
		} `json:"resolve"`
	} `json:"data"`
}

// Read implements [connectors.Connector].
func (c *Chat) Read(d connectors.Delivery) (connectors.Receipt, error) {
	var in chatEnvelope
	if err := connectors.Decode(d.Body, &in); err != nil {
		return connectors.Receipt{}, err
	}
	var events []connectors.Event
	var err error
	switch in.Action {
	case actionMessage:
		events, err = c.readMessage(in)
	case actionAssigned:
		a := in.Data.Assignment
		events, err = c.readState(in, a.Conversation, connectors.Event{
			Kind: connectors.Assigned, Key: "assigned", Assignee: cmp.Or(a.AgentID, a.Conversation.AgentID), Group: cmp.Or(a.GroupID, a.Conversation.GroupID),
		})
	case actionResolved:
		v := in.Data.Resolve.Conversation
		events, err = c.readState(in, v, connectors.Event{Kind: connectors.Closed, Key: "closed", Assignee: v.AgentID, Group: v.GroupID})
	}
	return connectors.Receipt{Events: events}, err
}

// ours compares the app a delivery names with the one we are set up for.
func (c *Chat) ours(app string) error {
	if app != c.cfg.App {
		return fmt.Errorf("app_id is not %s: %w", c.cfg.App, connectors.ErrForeign)
	}
	return nil
}

func (c *Chat) readMessage(in chatEnvelope) ([]connectors.Event, error) {
	m := in.Data.Message
	if err := c.ours(m.AppID); err != nil {
		return nil, err
	}
	at, err := time.Parse(time.RFC3339, m.CreatedTime)
	if err != nil || !isToken(m.ID) || !isToken(m.ConversationID) {
		return nil, fmt.Errorf("data.message: id, conversation_id or created_time: missing or odd: %w", connectors.ErrMalformed)
	}
	role := c.role(m, in.Actor.ID)
	if role == "" {
		return nil, nil
	}
	e := connectors.Event{
		Kind: connectors.Message, Key: "message:" + m.ID, Tenant: c.cfg.App, Conversation: m.ConversationID, Message: m.ID,
		Role: role, Author: cmp.Or(m.ActorID, in.Actor.ID), Customer: m.UserID, Text: m.text(), Attachments: m.attachments(),
		Channel: cmp.Or(m.Source, "chat"), Brand: m.ChannelID, At: at.UTC(), Route: map[string]string{routeConversation: m.ConversationID},
	}
	if role == connectors.Customer {
		e.Author = cmp.Or(m.UserID, e.Author)
	}
	switch {
	case e.Text == "" && len(e.Attachments) == 0: // buttons, forms
		return nil, nil
	case e.Text == "":
		e.Kind = connectors.Attached
	}
	return []connectors.Event{e}, nil
}

// role is who wrote m, or nothing if that is none of our business: what is not
// certainly public is internal, and programs are nobody. Four guards keep us
// from answering ourselves: the type, the agent's id, other programs' ids, and
// our marker, which is not asked of customers lest they silence us with it.
func (c *Chat) role(m message, actor string) connectors.Role {
	switch {
	case m.BotsNote || (m.Type != "" && m.Type != typeNormal):
		return ""
	case m.ActorType == actorUser:
		return connectors.Customer
	case m.ActorType != actorAgent || m.ActorID == "" && actor == "":
		return ""
	case program(m.ActorID, c.cfg.Agent, c.cfg.Bots), program(actor, c.cfg.Agent, c.cfg.Bots), marked(m.text()):
		return ""
	}
	return connectors.Agent
}

// marked reports whether a text begins as our notes do.
func marked(text string) bool {
	text = strings.TrimSpace(text)
	return len(text) >= len(marker) && strings.EqualFold(text[:len(marker)], marker)
}

func (c *Chat) readState(in chatEnvelope, v conversation, e connectors.Event) ([]connectors.Event, error) {
	if err := c.ours(v.AppID); err != nil {
		return nil, err
	}
	if !isToken(v.ID) || in.ActionTime.IsZero() {
		return nil, fmt.Errorf("conversation_id or action_time: missing or odd: %w", connectors.ErrMalformed)
	}
	e.Tenant, e.Conversation, e.Brand, e.At = c.cfg.App, v.ID, v.ChannelID, in.ActionTime.UTC()
	e.Key += ":" + v.ID + ":" + e.At.Format(time.RFC3339Nano)
	e.Route = map[string]string{routeConversation: v.ID}
	return []connectors.Event{e}, nil
}
