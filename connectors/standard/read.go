package standard

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/sufflor/sufflor/connectors"
)

// webhook is what comes in; which part of data is used depends on the type.
type webhook struct {
	Type      string    `json:"type"`
	Timestamp time.Time `json:"timestamp"`
	Data      struct {
		Tenant       string `json:"tenant"`
		Conversation struct {
			ID       string   `json:"id"`
			Channel  string   `json:"channel"`
			Subject  string   `json:"subject"`
			Tags     []string `json:"tags"`
			Group    string   `json:"group"`
			Brand    string   `json:"brand"`
			Assignee struct {
				ID string `json:"id"`
			} `json:"assignee"`
		} `json:"conversation"`
		Message  message `json:"message"`
		Customer struct {
			ID     string         `json:"id"`
			Name   string         `json:"name"`
			Locale string         `json:"locale"`
			Facts  map[string]any `json:"facts"`
		} `json:"customer"`
		LanguageHints []string `json:"language_hints"`

		SuggestionID string `json:"suggestion_id"`
		Verdict      string `json:"verdict"`
		Agent        struct {
			ID string `json:"id"`
		} `json:"agent"`
		FinalText string `json:"final_text"`
		Reason    string `json:"reason"`

		Rating struct {
			Value   *float64 `json:"value"` // 0 to 1
			Comment string   `json:"comment"`
		} `json:"rating"`
	} `json:"data"`
}

type message struct {
	ID     string `json:"id"`
	Author struct {
		Role string `json:"role"`
		ID   string `json:"id"`
		Name string `json:"name"`
	} `json:"author"`
	Visibility  string    `json:"visibility"`
	Text        string    `json:"text"`
	ContentType string    `json:"content_type"`
	CreatedAt   time.Time `json:"created_at"`
	UpdatedAt   time.Time `json:"updated_at"` // of message.updated
	InReplyTo   string    `json:"in_reply_to"`
	Attachments []struct {
		ID          string `json:"id"`
		Name        string `json:"name"`
		ContentType string `json:"content_type"`
		Size        int64  `json:"size"`
		URL         string `json:"url"`
	} `json:"attachments"`
}

// routeReply is the message an agent's reply answers, where the desk knows it.
const routeReply = "in_reply_to"

// The bounds of what is kept of a customer.
const (
	maxFacts = 32
	maxFact  = 200 // bytes of a name or value
)

// facts is what the sender knows of its customer; what is neither text, number
// nor yes or no is left out.
func facts(in map[string]any) map[string]string {
	out := map[string]string{}
	for _, name := range slices.Sorted(maps.Keys(in)) {
		var value string
		switch v := in[name].(type) {
		case string:
			value = strings.TrimSpace(v)
		case float64, bool:
			value = fmt.Sprint(v)
		}
		if value != "" && len(name) <= maxFact && len(value) <= maxFact && len(out) < maxFacts {
			out[name] = value
		}
	}
	if len(out) == 0 {
		return nil
	}
	return out
}

// Read implements [connectors.Connector].
func (c *Connector) Read(d connectors.Delivery) (connectors.Receipt, error) {
	var in webhook
	if err := connectors.Decode(d.Body, &in); err != nil {
		return connectors.Receipt{}, err
	}
	id := c.header(d.Header, "Id")
	if !validID(id) {
		return connectors.Receipt{}, fmt.Errorf("webhook-id: missing or odd: %w", connectors.ErrMalformed)
	}
	if in.Type == typePing && in.Data.Tenant == "" {
		return connectors.Receipt{}, nil
	}
	if in.Data.Tenant != c.cfg.Tenant {
		return connectors.Receipt{}, fmt.Errorf("data.tenant is not %q: %w", c.cfg.Tenant, connectors.ErrForeign)
	}
	e := connectors.Event{
		// The id stays the same over all attempts, so it is the key.
		Key: "webhook:" + id, Tenant: in.Data.Tenant, Conversation: in.Data.Conversation.ID, Channel: in.Data.Conversation.Channel,
		Group: in.Data.Conversation.Group, Brand: in.Data.Conversation.Brand, Assignee: in.Data.Conversation.Assignee.ID,
		Tags: kept(in.Data.Conversation.Tags),
	}
	var keep bool
	var err error
	switch in.Type {
	case typeMessage:
		keep, err = readMessage(in, &e)
	case typeMessageUpdated:
		keep, err = readEdit(in, &e)
	case typeMessageDeleted:
		keep, err = readDeletion(in, &e)
	case typeClosed, typeErased, typeAssigned, typeRated:
		keep, err = readConversation(in, &e)
	case typeFeedback:
		keep, err = readFeedback(in, &e)
	}
	if err != nil || !keep {
		return connectors.Receipt{}, err
	}
	return connectors.Receipt{Events: []connectors.Event{e}}, nil
}

// readMessage fills e and reports whether it is of any use: what we wrote
// ourselves, bots and internal notes are not.
func readMessage(in webhook, e *connectors.Event) (bool, error) {
	m := in.Data.Message
	if e.Conversation == "" || m.ID == "" {
		return false, fmt.Errorf("data.conversation.id or data.message.id: missing: %w", connectors.ErrMalformed)
	}
	if m.CreatedAt.IsZero() {
		return false, fmt.Errorf("data.message.created_at: missing: %w", connectors.ErrMalformed)
	}
	switch m.Visibility {
	case "public":
	case "internal":
		return false, nil
	default:
		return false, fmt.Errorf("data.message.visibility: must be public or internal: %w", connectors.ErrMalformed)
	}
	switch m.Author.Role {
	case "customer":
		e.Role = connectors.Customer
	case "agent":
		e.Role = connectors.Agent
	case "bot", "system", "copilot":
		return false, nil
	default:
		return false, fmt.Errorf("data.message.author.role: unknown: %w", connectors.ErrMalformed)
	}
	e.Text = m.Text
	if strings.HasPrefix(m.ContentType, "text/html") {
		e.Text = connectors.PlainText(m.Text)
	}
	if (strings.TrimSpace(e.Text) == "" && len(m.Attachments) == 0) || strings.Contains(e.Text, noteMarker) {
		return false, nil
	}
	e.Kind, e.Message, e.At, e.Subject = connectors.Message, m.ID, m.CreatedAt.UTC(), in.Data.Conversation.Subject
	e.Author, e.AuthorName, e.Customer = m.Author.ID, m.Author.Name, in.Data.Customer.ID
	if e.Role == connectors.Customer {
		e.AuthorName, e.Language = cmp.Or(in.Data.Customer.Name, m.Author.Name), language(in)
		e.Facts = facts(in.Data.Customer.Facts)
	}
	if m.InReplyTo != "" {
		e.Route = map[string]string{routeReply: m.InReplyTo}
	}
	for _, a := range m.Attachments {
		e.Attachments = append(e.Attachments, connectors.Attachment{ID: a.ID, Name: a.Name, Type: a.ContentType, Size: a.Size, URL: a.URL})
	}
	return true, nil
}

// readEdit is a message with another text. An edit that made it private has no
// text for us any more: it is gone.
func readEdit(in webhook, e *connectors.Event) (bool, error) {
	if in.Data.Message.Visibility == "internal" {
		return readDeletion(in, e)
	}
	keep, err := readMessage(in, e)
	if !keep || err != nil {
		return keep, err
	}
	e.Kind = connectors.Edited
	if at := cmp.Or(in.Data.Message.UpdatedAt, in.Timestamp); !at.IsZero() {
		e.At = at.UTC()
	}
	return true, nil
}

func readDeletion(in webhook, e *connectors.Event) (bool, error) {
	switch {
	case e.Conversation == "" || in.Data.Message.ID == "":
		return false, fmt.Errorf("data.conversation.id or data.message.id: missing: %w", connectors.ErrMalformed)
	case in.Timestamp.IsZero():
		return false, fmt.Errorf("timestamp: missing: %w", connectors.ErrMalformed)
	}
	e.Kind, e.Message, e.At = connectors.Deleted, in.Data.Message.ID, in.Timestamp.UTC()
	return true, nil
}

// readConversation is what happened to a conversation as a whole.
func readConversation(in webhook, e *connectors.Event) (bool, error) {
	switch {
	case e.Conversation == "":
		return false, fmt.Errorf("data.conversation.id: missing: %w", connectors.ErrMalformed)
	case in.Timestamp.IsZero():
		return false, fmt.Errorf("timestamp: missing: %w", connectors.ErrMalformed)
	}
	e.At, e.Customer, e.Subject = in.Timestamp.UTC(), in.Data.Customer.ID, in.Data.Conversation.Subject
	switch in.Type {
	case typeErased: // whatever else it says shall be forgotten
		*e = connectors.Event{Kind: connectors.Erased, Key: e.Key, Tenant: e.Tenant, Conversation: e.Conversation, At: e.At}
	case typeClosed:
		e.Kind = connectors.Closed
	case typeAssigned:
		e.Kind = connectors.Assigned
	case typeRated:
		r := in.Data.Rating
		if r.Value == nil || !(*r.Value >= 0 && *r.Value <= 1) {
			return false, fmt.Errorf("data.rating.value: must be between 0 and 1: %w", connectors.ErrMalformed)
		}
		e.Kind, e.Role, e.Author = connectors.Rated, connectors.Customer, in.Data.Customer.ID
		e.Score = &connectors.Score{Value: *r.Value, Comment: r.Comment}
	}
	return true, nil
}

// kept is tags within bounds.
func kept(tags []string) []string {
	var out []string
	for _, t := range tags {
		if t != "" && len(t) <= maxTag && len(out) < maxTags {
			out = append(out, t)
		}
	}
	return out
}

func language(in webhook) string {
	for _, hint := range in.Data.LanguageHints {
		if hint != "" {
			return hint
		}
	}
	return in.Data.Customer.Locale
}

func readFeedback(in webhook, e *connectors.Event) (bool, error) {
	d := in.Data
	if d.SuggestionID == "" {
		return false, fmt.Errorf("data.suggestion_id: missing: %w", connectors.ErrMalformed)
	}
	switch d.Verdict {
	case "used", "edited", "rejected", "up", "down":
	default:
		return false, fmt.Errorf("data.verdict: must be used, edited, rejected, up or down: %w", connectors.ErrMalformed)
	}
	e.Kind, e.Role, e.Author, e.At = connectors.Feedback, connectors.Agent, d.Agent.ID, in.Timestamp.UTC()
	e.Rating = &connectors.Rating{Suggestion: d.SuggestionID, Verdict: d.Verdict, Text: d.FinalText, Reason: d.Reason, Agent: d.Agent.ID}
	return true, nil
}
