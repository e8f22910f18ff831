package liveagent

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/sufflor/sufflor/connectors"
)

// ticket is a ticket in answers of the API.
type ticket struct {
	ID          connectors.ID   `json:"id"`
	Contact     connectors.ID   `json:"owner_contactid"`
	ContactName string          `json:"owner_name"`
	ContactMail string          `json:"owner_email"`
	Department  connectors.ID   `json:"departmentid"`
	Agent       connectors.ID   `json:"agentid"`
	Status      string          `json:"status"`
	Tags        []connectors.ID `json:"tags"`
	Code        string          `json:"code"`
	Channel     string          `json:"channel_type"`
	Changed     string          `json:"date_changed"`
	Resolved    string          `json:"date_resolved"`
	Subject     string          `json:"subject"`
	Fields      []struct {
		Code  string          `json:"code"`
		Value json.RawMessage `json:"value"`
	} `json:"custom_fields"`
}

// group is a mail, a chat or a note with its parts.
type group struct {
	ID       connectors.ID `json:"id"`
	User     connectors.ID `json:"userid"`
	Name     string        `json:"user_full_name"`
	Type     string        `json:"type"`
	Status   string        `json:"status"`
	Created  string        `json:"datecreated"`
	Messages []message     `json:"messages"`
}

type message struct {
	ID         connectors.ID `json:"id"`
	User       connectors.ID `json:"userid"`
	Type       string        `json:"type"`
	Created    string        `json:"datecreated"`
	Format     string        `json:"format"`
	Text       string        `json:"message"`
	Visibility string        `json:"visibility"`
}

// is reports whether code is one of those in set.
func is(code, set string) bool { return len(code) == 1 && strings.Contains(set, code) }

// private reports whether only agents see m.
func (m message) private(g group) bool {
	return is(m.Type, internalTypes) || m.Visibility == visibilityAgents || is(g.Type, "IUZ1")
}

func (m message) plain() string {
	if is(m.Format, htmlFormats) {
		return connectors.PlainText(m.Text)
	}
	return clean(m.Text)
}

// Fetch implements [connectors.Fetcher] by reading the ticket and its messages.
func (c *Connector) Fetch(ctx context.Context, e connectors.Event) ([]connectors.Event, error) {
	id := e.Route[routeTicket]
	if !connectors.IsToken(id) {
		return nil, connectors.Permanent(fmt.Errorf("event %s: %q is no ticket id", e.Key, id))
	}
	var t ticket
	if err := c.get(ctx, pathTickets+"/"+id, nil, &t); err != nil {
		return nil, fmt.Errorf("read ticket %s: %w", id, err)
	}
	if string(t.ID) != id {
		return nil, connectors.Permanent(fmt.Errorf("asked for ticket %s and got another", id))
	}
	from := e.At
	if from.IsZero() {
		from = c.client.Now()
	}
	return c.events(ctx, t, from.Add(-fetchWindow))
}

// cursor is where a poll goes on. Times are the account's own words, so that a
// wrong time zone costs nothing.
type cursor struct {
	After string `json:"after"`
	Page  int    `json:"page,omitempty"`
}

// Poll implements [connectors.Poller] with the tickets that changed. Rules call
// once, if at all, so this is what makes nothing be missed.
func (c *Connector) Poll(ctx context.Context, text string, since time.Time) (connectors.Page, error) {
	at := cursor{After: since.In(c.zone).Format(timeLayout), Page: 1}
	if text != "" {
		if err := connectors.Decode([]byte(text), &at); err != nil {
			return connectors.Page{}, connectors.Permanent(fmt.Errorf("stored cursor: %w", err))
		}
	}
	after, err := time.Parse(timeLayout, at.After)
	if err != nil {
		return connectors.Page{}, connectors.Permanent(errors.New("stored cursor: no time in it"))
	}
	filter, err := json.Marshal([][]string{{sortChanged, filterAfter, after.Add(-overlap).Format(timeLayout)}})
	if err != nil {
		return connectors.Page{}, fmt.Errorf("encode filter: %w", err)
	}
	q := url.Values{
		"_filters": {string(filter)}, "_sortField": {sortChanged}, "_sortDir": {"ASC"},
		"_page": {strconv.Itoa(max(at.Page, 1))}, "_perPage": {strconv.Itoa(ticketsPerPoll)},
	}
	var tickets []ticket
	if err := c.get(ctx, pathTickets, q, &tickets); err != nil {
		return connectors.Page{}, fmt.Errorf("list changed tickets: %w", err)
	}
	out := connectors.Page{More: len(tickets) >= ticketsPerPoll}
	last := at.After
	for _, t := range tickets {
		if !connectors.IsToken(string(t.ID)) {
			continue
		}
		events, err := c.events(ctx, t, c.at(at.After).Add(-fetchWindow))
		if err != nil {
			return connectors.Page{}, err
		}
		out.Events = append(out.Events, events...)
		if _, err := time.Parse(timeLayout, t.Changed); err == nil {
			last = max(last, t.Changed) // of this layout, texts sort as times do
		}
	}
	slices.SortStableFunc(out.Events, func(a, b connectors.Event) int { return a.At.Compare(b.At) })
	next := cursor{After: last, Page: 1}
	if out.More && last == at.After {
		next.Page = max(at.Page, 1) + 1 // all of one second: only then do pages count
	}
	data, err := json.Marshal(next)
	if err != nil {
		return connectors.Page{}, fmt.Errorf("encode cursor: %w", err)
	}
	out.Cursor = string(data)
	return out, nil
}

// at is a time of the API; zero if it is none. One in the future means a wrong
// zone, and is now: what sorts by it must not end up ahead of what is to come.
func (c *Connector) at(text string) time.Time {
	t, err := time.ParseInLocation(timeLayout, text, c.zone)
	if err != nil {
		if t, err = time.Parse(time.RFC3339, text); err != nil {
			return time.Time{}
		}
	}
	if now := c.client.Now(); t.After(now.Add(clockSlack)) {
		return now.UTC()
	}
	return t.UTC()
}

// groups are all messages of a ticket, oldest first.
func (c *Connector) groups(ctx context.Context, id string) ([]group, error) {
	var all []group
	for page := range maxPages {
		q := url.Values{"_page": {strconv.Itoa(page + 1)}, "_perPage": {strconv.Itoa(perPage)}}
		var groups []group
		if err := c.get(ctx, pathTickets+"/"+id+"/messages", q, &groups); err != nil {
			return nil, fmt.Errorf("read messages of ticket %s: %w", id, err)
		}
		all = append(all, groups...)
		if len(groups) < perPage {
			break
		}
	}
	return all, nil
}

// events are what happened in a ticket after from, with keys that do not
// depend on how we learned of it.
func (c *Connector) events(ctx context.Context, t ticket, from time.Time) ([]connectors.Event, error) {
	over := c.event(connectors.Closed, t)
	over.Key, over.At = "closed:"+string(t.ID)+":"+cmp.Or(t.Resolved, t.Changed), c.at(cmp.Or(t.Resolved, t.Changed))
	switch {
	case is(t.Status, statusSpam):
		return []connectors.Event{over}, nil
	case is(t.Status, statusDeleted):
		at := c.at(t.Changed)
		return []connectors.Event{{
			Kind: connectors.Erased, Key: "erased:" + string(t.ID) + ":" + t.Changed, Tenant: c.cfg.Account, Conversation: string(t.ID), At: at,
		}}, nil
	}
	groups, err := c.groups(ctx, string(t.ID))
	if err != nil {
		return nil, err
	}
	var events []connectors.Event
	for _, g := range groups {
		found, err := c.group(ctx, t, g, from)
		if err != nil {
			return nil, err
		}
		events = append(events, found...)
	}
	slices.SortStableFunc(events, func(a, b connectors.Event) int { return a.At.Compare(b.At) })
	if t.Agent != "" {
		e := c.event(connectors.Assigned, t)
		e.Key, e.At = "assigned:"+string(t.ID)+":"+string(t.Agent)+":"+string(t.Department), c.at(t.Changed)
		events = append(events, e)
	}
	if is(t.Status, statusesOver) {
		events = append(events, over)
	}
	return events, nil
}

// event is what all events of a ticket have in common.
func (c *Connector) event(kind connectors.Kind, t ticket) connectors.Event {
	e := connectors.Event{
		Kind: kind, Tenant: c.cfg.Account, Conversation: string(t.ID), Subject: t.Subject, Channel: channels[t.Channel],
		Customer: cmp.Or(string(t.Contact), t.ContactMail), Group: string(t.Department), Assignee: string(t.Agent),
		Route: map[string]string{routeTicket: string(t.ID)},
	}
	for _, tag := range t.Tags {
		e.Tags = append(e.Tags, string(tag))
	}
	for _, f := range t.Fields {
		var value connectors.ID
		if f.Code == "" || json.Unmarshal(f.Value, &value) != nil || value == "" {
			continue
		}
		if e.Facts == nil {
			e.Facts = map[string]string{}
		}
		e.Facts[f.Code] = string(value)
	}
	return e
}

// group is what a group of messages holds: a message with its files, or what
// the customer thought of the answer.
func (c *Connector) group(ctx context.Context, t ticket, g group, from time.Time) ([]connectors.Event, error) {
	if is(g.Status, groupMoved) {
		return nil, nil // it is in another ticket now
	}
	var events []connectors.Event
	var files []connectors.Attachment
	file := message{}
	for _, m := range g.Messages {
		at := c.at(cmp.Or(m.Created, g.Created))
		if m.ID == "" || m.private(g) || (!at.IsZero() && at.Before(from)) {
			continue
		}
		switch m.Type {
		case messageFile:
			if a, ok := attachment(m); ok {
				files, file = append(files, a), m
			}
		case messageReward, messagePunish:
			events = append(events, c.rated(t, g, m, at))
		case messageText, messageLegacy:
			e, err := c.message(ctx, t, g, m, at)
			if err != nil {
				return nil, err
			}
			if e.Kind != "" {
				events = append(events, e)
			}
		}
	}
	if len(files) == 0 || is(g.Status, groupDeleted) {
		return events, nil
	}
	i := slices.IndexFunc(events, func(e connectors.Event) bool { return e.Kind == connectors.Message })
	if i < 0 { // files without words
		file.Text, file.Format = "", ""
		e, err := c.message(ctx, t, g, file, c.at(cmp.Or(file.Created, g.Created)))
		if err != nil || e.Kind == "" {
			return events, err
		}
		events = append(events, e)
		i = len(events) - 1
	}
	events[i].Attachments = files
	return events, nil
}

// message is one text, an event without a kind if it is none of our business.
func (c *Connector) message(ctx context.Context, t ticket, g group, m message, at time.Time) (connectors.Event, error) {
	user := cmp.Or(m.User, g.User)
	role, err := c.role(ctx, t, g, user)
	text := m.plain()
	if err != nil || role == "" || string(user) == c.cfg.Agent || (role == connectors.Agent && strings.Contains(text, marker)) {
		return connectors.Event{}, err
	}
	e := c.event(connectors.Message, t)
	e.Key, e.Message, e.Role, e.Author, e.At = "message:"+string(t.ID)+":"+string(m.ID), string(m.ID), role, string(user), at
	e.AuthorName = g.Name
	if user != g.User {
		e.AuthorName = ""
		if role == connectors.Customer {
			e.AuthorName = t.ContactName
		}
	}
	if g.Type == groupWhatsApp {
		e.Channel = "whatsapp"
	}
	if is(g.Status, groupDeleted) {
		e.Kind, e.Key, e.At = connectors.Deleted, "deleted:"+string(t.ID)+":"+string(m.ID), c.at(t.Changed)
		e.Subject, e.Role = "", ""
		return e, nil
	}
	e.Text = text
	return e, nil
}

// role is who wrote, empty for machines. Mails tell by their direction; in
// chats both sides write, and the API is asked who is an agent.
func (c *Connector) role(ctx context.Context, t ticket, g group, user connectors.ID) (connectors.Role, error) {
	switch {
	case is(g.Type, customerGroups):
		return connectors.Customer, nil
	case !is(g.Type, agentGroups+mixedGroups) || user == "":
		return "", nil
	case is(g.Type, agentGroups), user == t.Agent:
		return connectors.Agent, nil
	case user == t.Contact:
		return connectors.Customer, nil
	}
	agent, err := c.isAgent(ctx, string(user))
	switch {
	case err != nil:
		return "", err
	case agent:
		return connectors.Agent, nil
	}
	return connectors.Customer, nil
}

// isAgent asks the API, and believes it for a while.
func (c *Connector) isAgent(ctx context.Context, user string) (bool, error) {
	if !connectors.IsToken(user) {
		return false, nil
	}
	c.mu.Lock()
	k, ok := c.known[user]
	c.mu.Unlock()
	if ok && c.client.Now().Sub(k.at) < knownFor {
		return k.agent, nil
	}
	err := c.get(ctx, pathAgents+user, nil, nil)
	if err != nil && !errors.Is(err, errNotThere) {
		return false, fmt.Errorf("ask whether %s is an agent: %w", user, err)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.known) >= maxKnown {
		clear(c.known)
	}
	c.known[user] = kin{agent: err == nil, at: c.client.Now()}
	return err == nil, nil
}

// rated is praise or blame, with the comment that stands beside it.
func (c *Connector) rated(t ticket, g group, m message, at time.Time) connectors.Event {
	e := c.event(connectors.Rated, t)
	e.Key, e.At, e.Message = "rated:"+string(t.ID)+":"+string(m.ID), at, string(m.ID)
	e.Score = &connectors.Score{}
	if m.Type == messageReward {
		e.Score.Value = 1
	}
	for _, other := range g.Messages {
		if other.Type == messageComment {
			e.Score.Comment = other.plain()
		}
	}
	return e
}

// attachment is the file that a message of type F describes in JSON.
func attachment(m message) (connectors.Attachment, bool) {
	var f struct {
		ID   connectors.ID `json:"id"`
		Name string        `json:"name"`
		Type string        `json:"type"`
		Size json.Number   `json:"size"`
	}
	if json.Unmarshal([]byte(m.Text), &f) != nil || !connectors.IsToken(string(f.ID)) {
		return connectors.Attachment{}, false
	}
	size, err := f.Size.Int64()
	if err != nil {
		size = 0 // not told
	}
	return connectors.Attachment{ID: string(f.ID), Name: f.Name, Type: f.Type, Size: max(size, 0)}, true
}

// errNotThere means that the API has no such thing.
var errNotThere = errors.New("not there any more, or not visible to this key")

// get is one request to version 3 of the API.
func (c *Connector) get(ctx context.Context, path string, q url.Values, out any) error {
	if err := c.pace.wait(ctx); err != nil {
		return err
	}
	if len(q) > 0 {
		path += "?" + q.Encode()
	}
	_, err := c.client.JSON(ctx, http.MethodGet, c.cfg.base()+path, http.Header{headerKey: {c.cfg.APIKey.Reveal()}}, nil, out)
	return classify(err, "api_key", "version 3")
}

// classify adds what LiveAgent means by some statuses.
func classify(err error, key, version string) error {
	e, ok := errors.AsType[*connectors.CallError](err)
	if !ok {
		return err
	}
	switch e.Status {
	case http.StatusUnauthorized:
		e.Err = fmt.Errorf("%s refused; make a key of %s in Configuration > System > API and enter it: %w", key, version, connectors.ErrGone)
	case http.StatusForbidden:
		e.Err = fmt.Errorf("%s lacks a right; it needs to read tickets, their messages, agents and files", key)
	case http.StatusNotFound:
		e.Err = errNotThere
	}
	return e
}

// pace spreads calls: LiveAgent's limit is per minute and not documented.
type pace struct {
	gap time.Duration

	mu   sync.Mutex
	next time.Time
}

// wait waits for the next turn, or until ctx ends.
func (p *pace) wait(ctx context.Context) error {
	p.mu.Lock()
	now := time.Now()
	if first := now.Add(-p.gap * callBurst); p.next.Before(first) {
		p.next = first
	}
	p.next = p.next.Add(p.gap)
	pause := p.next.Sub(now)
	p.mu.Unlock()
	if pause <= 0 {
		return ctx.Err()
	}
	timer := time.NewTimer(pause)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
