package chatwoot

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"math"
	"net/url"
	"path"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/sufflor/sufflor/connectors"
)

// payload is a delivery about a message. Those about a conversation are a
// conversation.
type payload struct {
	message
	Event   string `json:"event"`
	Account struct {
		ID connectors.ID `json:"id"`
	} `json:"account"`
	Inbox struct {
		Name string `json:"name"`
	} `json:"inbox"`
	Conversation conversation `json:"conversation"`
}

// message is one in deliveries and in answers of the API.
type message struct {
	ID         connectors.ID `json:"id"`
	Content    string        `json:"content"` // null where there are only files
	Type       connectors.ID `json:"message_type"`
	Private    bool          `json:"private"`
	CreatedAt  stamp         `json:"created_at"`
	UpdatedAt  stamp         `json:"updated_at"`
	Sender     sender        `json:"sender"` // null for echoes and automations
	Attributes attributes    `json:"content_attributes"`
	Files      []attachment  `json:"attachments"`
	Account    connectors.ID `json:"account_id"` // only within a conversation
}

type sender struct {
	ID   connectors.ID `json:"id"`
	Name string        `json:"name"`
	Type string        `json:"type"` // a contact has none in deliveries
}

type attachment struct {
	ID   connectors.ID `json:"id"`
	Type string        `json:"file_type"`
	URL  string        `json:"data_url"`
	Size int64         `json:"file_size"`
}

// attributes are a message's content attributes. Their shape depends on the
// channel, so what is of another shape is left out and costs nothing else.
type attributes struct {
	Deleted      bool
	ExternalEcho bool
	Suggestion   string
	Subject      string
	Mail         string // the text of a mail
	Rating       *int
	Comment      string
}

// UnmarshalJSON implements [json.Unmarshaler].
func (a *attributes) UnmarshalJSON(data []byte) error {
	var fields map[string]json.RawMessage
	if json.Unmarshal(data, &fields) != nil {
		return nil //nolint:nilerr // a text or a list holds nothing for us
	}
	read := func(name string, into any) { _ = json.Unmarshal(fields[name], into) }
	read("deleted", &a.Deleted)
	read("external_echo", &a.ExternalEcho)
	read(suggestionKey, &a.Suggestion)
	var mail struct {
		Subject string `json:"subject"`
		Text    struct {
			Reply string `json:"reply"`
			Full  string `json:"full"`
		} `json:"text_content"`
	}
	read("email", &mail)
	a.Subject, a.Mail = mail.Subject, cmp.Or(mail.Text.Reply, mail.Text.Full)
	var values struct {
		Survey struct {
			Rating  *int   `json:"rating"`
			Comment string `json:"feedback_message"`
		} `json:"csat_survey_response"`
	}
	read("submitted_values", &values)
	a.Rating, a.Comment = values.Survey.Rating, values.Survey.Comment
	return nil
}

// stamp is a time that Chatwoot writes as text, as seconds, or as seconds with
// a fraction.
type stamp struct{ time.Time }

// UnmarshalJSON implements [json.Unmarshaler].
func (s *stamp) UnmarshalJSON(data []byte) error {
	if string(data) == "null" {
		return nil
	}
	if len(data) > 0 && data[0] == '"' {
		return json.Unmarshal(data, &s.Time)
	}
	f, err := strconv.ParseFloat(string(data), 64)
	if err != nil || f < 0 || f > 253_402_300_799 {
		return errors.New("a time is a text or a number of seconds")
	}
	whole, part := math.Modf(f)
	s.Time = time.Unix(int64(whole), int64(part*1e6)*1e3).UTC()
	return nil
}

// conversation is one in deliveries and in answers of the API.
type conversation struct {
	ID         connectors.ID              `json:"id"` // per account, as the dashboard shows it
	Account    connectors.ID              `json:"account_id"`
	InboxID    connectors.ID              `json:"inbox_id"`
	Channel    string                     `json:"channel"`
	Status     string                     `json:"status"`
	Labels     []string                   `json:"labels"`
	Active     stamp                      `json:"last_activity_at"`
	UpdatedAt  stamp                      `json:"updated_at"`
	Custom     map[string]json.RawMessage `json:"custom_attributes"`
	Additional struct {
		Language string `json:"browser_language"`
		Subject  string `json:"mail_subject"`
	} `json:"additional_attributes"`
	Meta struct {
		Channel string `json:"channel"` // in answers of the API
		Sender  struct {
			sender
			Identifier string                     `json:"identifier"`
			Custom     map[string]json.RawMessage `json:"custom_attributes"`
		} `json:"sender"`
		Assignee sender `json:"assignee"`
		Team     struct {
			ID   connectors.ID `json:"id"`
			Name string        `json:"name"`
		} `json:"team"`
	} `json:"meta"`
	Messages []message                    `json:"messages"` // the newest one
	Changed  []map[string]json.RawMessage `json:"changed_attributes"`
}

// Read implements [connectors.Connector].
func (c *Connector) Read(d connectors.Delivery) (connectors.Receipt, error) {
	var kind struct {
		Event string `json:"event"`
	}
	if err := connectors.Decode(d.Body, &kind); err != nil {
		return connectors.Receipt{}, err
	}
	switch kind.Event {
	case messageCreated, messageUpdated:
		return c.readMessage(d)
	case statusChanged, convUpdated:
		return c.readConversation(d, kind.Event)
	case "":
		return connectors.Receipt{}, fmt.Errorf("event: missing: %w", connectors.ErrMalformed)
	default:
		return connectors.Receipt{}, nil
	}
}

func (c *Connector) readMessage(d connectors.Delivery) (connectors.Receipt, error) {
	var in payload
	if err := connectors.Decode(d.Body, &in); err != nil {
		return connectors.Receipt{}, err
	}
	if string(in.Account.ID) != c.cfg.AccountID {
		return connectors.Receipt{}, fmt.Errorf("account.id is not %s: %w", c.cfg.AccountID, connectors.ErrForeign)
	}
	if !connectors.IsNumber(string(in.ID)) || !connectors.IsNumber(string(in.Conversation.ID)) || in.CreatedAt.IsZero() {
		return connectors.Receipt{}, fmt.Errorf("id, conversation.id or created_at: missing or odd: %w", connectors.ErrMalformed)
	}
	events := c.events(in.message, in.Conversation, in.Inbox.Name, in.Event == messageUpdated)
	if c.cfg.Secret.IsZero() {
		for i := range events {
			events[i] = hint(events[i])
		}
	}
	return connectors.Receipt{Events: events}, nil
}

// hint is what a delivery that nobody signed is worth: its ids.
func hint(e connectors.Event) connectors.Event {
	return connectors.Event{
		Kind: connectors.Fetch, Key: "hint:" + e.Key, Tenant: e.Tenant, Conversation: e.Conversation, Message: e.Message, At: e.At,
	}
}

// events are what m, as it is now, stands for. The same message by another way
// gives the same keys.
func (c *Connector) events(m message, conv conversation, inbox string, updated bool) []connectors.Event {
	if m.Attributes.Rating != nil {
		return c.rated(m, conv)
	}
	role := m.role()
	if role == "" || m.Private || c.own(m) {
		return nil
	}
	e := c.event(conv, inbox)
	e.Message, e.Role, e.At = string(m.ID), role, m.CreatedAt.UTC()
	if m.Attributes.Deleted {
		e.Kind, e.Key, e.Subject = connectors.Deleted, "deleted:"+e.Message, ""
		e.At = conv.changed(m)
		return []connectors.Event{e}
	}
	e.Text = strings.TrimSpace(cmp.Or(m.Content, m.Attributes.Mail))
	e.Subject = cmp.Or(m.Attributes.Subject, e.Subject)
	e.Author, e.AuthorName = string(m.Sender.ID), m.Sender.Name
	for _, a := range m.Files {
		if slices.Contains(fileTypes, a.Type) && a.URL != "" {
			e.Attachments = append(e.Attachments, connectors.Attachment{ID: string(a.ID), Name: fileName(a.URL), Size: a.Size, URL: a.URL})
		}
	}
	// Updates tell of read receipts as well as of edits and do not say of
	// which. With the text in the key one that changed nothing is a duplicate.
	sum := sha256.Sum256([]byte(e.Text))
	e.Kind, e.Key = connectors.Message, "message:"+e.Message+":"+hex.EncodeToString(sum[:8])
	if updated {
		e.Kind, e.At = connectors.Edited, conv.changed(m)
	}
	return []connectors.Event{e}
}

// event is what a conversation says of itself.
func (c *Connector) event(conv conversation, inbox string) connectors.Event {
	e := connectors.Event{
		Tenant: c.cfg.AccountID, Conversation: string(conv.ID), Channel: channel(cmp.Or(conv.Channel, conv.Meta.Channel)),
		Customer: string(conv.Meta.Sender.ID), Language: conv.Additional.Language, Subject: conv.Additional.Subject,
		Tags: conv.Labels, Group: cmp.Or(conv.Meta.Team.Name, string(conv.Meta.Team.ID)), Brand: cmp.Or(inbox, string(conv.InboxID)),
		Assignee: string(conv.Meta.Assignee.ID), Facts: map[string]string{},
	}
	facts(e.Facts, conv.Meta.Sender.Custom)
	facts(e.Facts, conv.Custom)
	if id := conv.Meta.Sender.Identifier; id != "" {
		e.Facts["identifier"] = id
	}
	if len(e.Facts) == 0 {
		e.Facts = nil
	}
	return e
}

const maxFacts = 100

// facts adds attributes that are a text, a number or a truth value.
func facts(to map[string]string, from map[string]json.RawMessage) {
	for _, name := range slices.Sorted(maps.Keys(from)) {
		raw := from[name]
		text := string(raw)
		switch {
		case text == "null" || text == "" || text[0] == '{' || text[0] == '[' || len(to) >= maxFacts:
			continue
		case text[0] == '"':
			if json.Unmarshal(raw, &text) != nil || text == "" {
				continue
			}
		}
		to[name] = text
	}
}

// changed is when m was last changed, as far as the conversation knows.
func (conv conversation) changed(m message) time.Time {
	for _, n := range conv.Messages {
		if n.ID == m.ID && !n.UpdatedAt.IsZero() {
			return n.UpdatedAt.UTC()
		}
	}
	return m.CreatedAt.UTC()
}

// role is who wrote m, or nothing if that is none of our business. Contacts
// have no type in deliveries, so the direction decides.
func (m message) role() connectors.Role {
	switch m.Type {
	case "incoming", "0":
		return connectors.Customer
	case "outgoing", "1":
		// Written on the phone, past Chatwoot: nobody's name is on it.
		if m.Sender.Type == string(User) || (m.Sender.ID == "" && m.Attributes.ExternalEcho) {
			return connectors.Agent
		}
	}
	return "" // templates, activity, bots, automations
}

// own reports whether we wrote m: three guards that hold alone, the fourth
// being that private notes are skipped.
func (c *Connector) own(m message) bool {
	me := m.Sender.Type == string(c.cfg.Sender) && c.cfg.SenderID != "" && string(m.Sender.ID) == c.cfg.SenderID
	return me || m.Attributes.Suggestion != "" || strings.Contains(m.Content, marker+"sg_")
}

// rated is a survey that the customer filled in. It may be changed later.
func (c *Connector) rated(m message, conv conversation) []connectors.Event {
	rating := *m.Attributes.Rating
	if rating < 1 || rating > bestScore || m.Private {
		return nil
	}
	e := c.event(conv, "")
	sum := sha256.Sum256([]byte(strconv.Itoa(rating) + m.Attributes.Comment))
	e.Kind, e.Key, e.At = connectors.Rated, "rated:"+string(m.ID)+":"+hex.EncodeToString(sum[:8]), conv.changed(m)
	e.Score = &connectors.Score{Value: float64(rating-1) / (bestScore - 1), Comment: m.Attributes.Comment}
	return []connectors.Event{e}
}

// channel is our name for a channel.
func channel(class string) string {
	if name, ok := channels[class]; ok {
		return name
	}
	_, last, _ := strings.Cut(class, "::")
	return strings.ToLower(last)
}

// fileName is the last part of an address.
func fileName(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return ""
	}
	if name := path.Base(u.Path); name != "/" && name != "." {
		return name
	}
	return ""
}

func (c *Connector) readConversation(d connectors.Delivery, event string) (connectors.Receipt, error) {
	var in struct {
		conversation
		Of struct {
			ID connectors.ID `json:"id"`
		} `json:"account"`
	}
	if err := connectors.Decode(d.Body, &in); err != nil {
		return connectors.Receipt{}, err
	}
	// Deliveries about conversations name the account where they happen to,
	// at the latest in the newest message.
	accounts := []connectors.ID{in.Of.ID, in.Account}
	for _, m := range in.Messages {
		accounts = append(accounts, m.Account)
	}
	for _, a := range accounts {
		if a != "" && string(a) != c.cfg.AccountID {
			return connectors.Receipt{}, fmt.Errorf("account is not %s: %w", c.cfg.AccountID, connectors.ErrForeign)
		}
	}
	if !connectors.IsNumber(string(in.ID)) {
		return connectors.Receipt{}, fmt.Errorf("id: missing or odd: %w", connectors.ErrMalformed)
	}
	if c.cfg.Secret.IsZero() {
		return connectors.Receipt{}, nil // not signed, and nothing that could be read again
	}
	e := c.event(in.conversation, "")
	e.At = in.UpdatedAt.UTC()
	if in.UpdatedAt.IsZero() {
		e.At = in.Active.UTC()
	}
	sum := sha256.Sum256(d.Body)
	id := string(in.ID) + ":" + hex.EncodeToString(sum[:8])
	switch {
	case event == statusChanged && in.Status == "resolved":
		e.Kind, e.Key = connectors.Closed, "closed:"+id
	case event == convUpdated && slices.ContainsFunc(in.Changed, func(c map[string]json.RawMessage) bool {
		return c["assignee_id"] != nil || c["team_id"] != nil
	}):
		e.Kind, e.Key = connectors.Assigned, "assigned:"+id
	default:
		return connectors.Receipt{}, nil
	}
	return connectors.Receipt{Events: []connectors.Event{e}}, nil
}
