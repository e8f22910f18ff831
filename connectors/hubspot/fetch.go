package hubspot

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/sufflor/sufflor/connectors"
)

// Fetch implements [connectors.Fetcher]: webhooks hold no text.
func (c *Connector) Fetch(ctx context.Context, e connectors.Event) ([]connectors.Event, error) {
	thread := e.Conversation
	if !connectors.IsNumber(thread) || !isMessage(e.Message) {
		return nil, connectors.Permanent(fmt.Errorf("event %s: thread or message is no id", e.Key))
	}
	var m message
	if err := c.call(ctx, http.MethodGet, messagePath(thread, e.Message), nil, &m); err != nil {
		return nil, fmt.Errorf("read message %s of thread %s: %w", e.Message, thread, err)
	}
	if string(m.ID) != e.Message || string(m.ThreadID) != thread {
		return nil, connectors.Permanent(fmt.Errorf("message %s of thread %s: the answer is about another", e.Message, thread))
	}
	if m.Type != typeMessage || m.role() == "" || c.own(m) {
		return nil, nil
	}
	var t threadInfo
	if err := c.call(ctx, http.MethodGet, threadPath(thread), nil, &t); err != nil {
		return nil, fmt.Errorf("read thread %s: %w", thread, err)
	}
	return c.events(ctx, m, t)
}

// events are what m stands for.
func (c *Connector) events(ctx context.Context, m message, t threadInfo) ([]connectors.Event, error) {
	role := m.role()
	if m.Type != typeMessage || role == "" || c.own(m) || t.Spam {
		return nil, nil
	}
	if m.Truncation != "" && m.Truncation != notTruncated {
		var whole message
		path := messagePath(string(m.ThreadID), string(m.ID)) + originalContent
		if err := c.call(ctx, http.MethodGet, path, nil, &whole); err != nil {
			return nil, fmt.Errorf("read the whole of message %s: %w", m.ID, err)
		}
		m.Text, m.RichText = whole.Text, whole.RichText
	}
	got := c.event(ctx, m, t, role)
	if role == connectors.Customer {
		if err := c.contact(ctx, &got); err != nil {
			return nil, err
		}
	}
	return []connectors.Event{got}, nil
}

// threadInfo is what a thread says of itself.
type threadInfo struct {
	ID         connectors.ID `json:"id"`
	Newest     time.Time     `json:"latestMessageTimestamp"`
	AssignedTo string        `json:"assignedTo"` // an actor
	InboxID    connectors.ID `json:"inboxId"`
	ContactID  connectors.ID `json:"associatedContactId"`
	Spam       bool          `json:"spam"`
}

func (c *Connector) event(ctx context.Context, m message, t threadInfo, role connectors.Role) connectors.Event {
	actor, name := m.sender()
	e := connectors.Event{
		Kind: connectors.Message, Key: "message:" + string(m.ThreadID) + ":" + string(m.ID), Tenant: c.cfg.PortalID,
		Conversation: string(m.ThreadID), Message: string(m.ID), Role: role, Author: userOf(actor), AuthorName: name,
		Customer: string(t.ContactID), Subject: m.Subject, Text: m.text(), Channel: c.channel(ctx, m.ChannelID),
		At: m.CreatedAt.UTC(), Group: string(t.InboxID), Assignee: userOf(t.AssignedTo),
	}
	if id, ok := strings.CutPrefix(actor, visitorPrefix); ok && e.Customer == "" {
		e.Customer = id
	}
	for _, a := range m.Attachments {
		if a.FileID != "" || a.URL != "" {
			e.Attachments = append(e.Attachments, connectors.Attachment{ID: string(a.FileID), Name: a.Name, URL: a.URL})
		}
	}
	return e
}

// channel is the name of a channel. Without one its id does.
func (c *Connector) channel(ctx context.Context, id connectors.ID) string {
	c.mu.Lock()
	names := c.channels
	c.mu.Unlock()
	if _, known := names[id]; !known && id != "" {
		names = c.readChannels(ctx, id)
	}
	if name := names[id]; name != "" {
		return name
	}
	return string(id)
}

func (c *Connector) readChannels(ctx context.Context, id connectors.ID) map[connectors.ID]string {
	var out struct {
		Results []struct {
			ID   connectors.ID `json:"id"`
			Name string        `json:"name"`
		} `json:"results"`
	}
	if err := c.call(ctx, http.MethodGet, conversationsPath+"/channels", nil, &out); err != nil {
		return nil // a message counts more than the name of its channel
	}
	names := map[connectors.ID]string{id: ""} // one without a name is not asked for again
	for _, r := range out.Results {
		names[r.ID] = strings.ToLower(r.Name)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.channels = names
	return names
}

// contact adds what is known of a customer, where properties are configured.
func (c *Connector) contact(ctx context.Context, e *connectors.Event) error {
	if len(c.cfg.ContactProperties) == 0 || !connectors.IsNumber(e.Customer) {
		return nil
	}
	names := slices.Compact(slices.Sorted(slices.Values(append(slices.Clone(c.cfg.ContactProperties), languageField))))
	var out struct {
		Properties map[string]any `json:"properties"`
	}
	err := c.call(ctx, http.MethodGet, contactPath+e.Customer+"?"+url.Values{"properties": {strings.Join(names, ",")}}.Encode(), nil, &out)
	switch status := connectors.CallStatus(err); {
	case status == http.StatusNotFound:
		return nil // merged or deleted since
	case status == http.StatusForbidden:
		return fmt.Errorf("read contact %s: the app needs %s, or leave contact_properties empty: %w", e.Customer, scopeContacts, err)
	case err != nil:
		return fmt.Errorf("read contact %s: %w", e.Customer, err)
	}
	if s, ok := out.Properties[languageField].(string); ok {
		e.Language = s
	}
	for _, name := range c.cfg.ContactProperties {
		if s, ok := out.Properties[name].(string); ok && s != "" && name != languageField {
			if e.Facts == nil {
				e.Facts = map[string]string{}
			}
			e.Facts[name] = s
		}
	}
	return nil
}
