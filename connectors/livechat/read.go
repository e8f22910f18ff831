package livechat

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/sufflor/sufflor/connectors"
)

// properties are of a chat, thread or event: namespace, name, value.
type properties map[string]map[string]any

// UnmarshalJSON implements [json.Unmarshaler]. Properties are an extra: ones
// of another form must not cost the message they come with.
func (p *properties) UnmarshalJSON(data []byte) error {
	var spaces map[string]json.RawMessage
	*p = nil
	_ = json.Unmarshal(data, &spaces) // what is no object has no namespaces
	for name, raw := range spaces {
		var values map[string]any
		if json.Unmarshal(raw, &values) == nil && len(values) > 0 {
			if *p == nil {
				*p = properties{}
			}
			(*p)[name] = values
		}
	}
	return nil
}

// event is something in a thread.
type event struct {
	ID          string    `json:"id"`
	CustomID    string    `json:"custom_id"`
	CreatedAt   time.Time `json:"created_at"`
	Type        string    `json:"type"`
	AuthorID    string    `json:"author_id"`
	Visibility  string    `json:"visibility"`
	Text        string    `json:"text"`
	Name        string    `json:"name"`
	URL         string    `json:"url"`
	ContentType string    `json:"content_type"`
	Size        int64     `json:"size"`
	Deleted     bool      `json:"deleted"` // in lists; its text may still be there
	Postback    struct {
		ID string `json:"id"`
	} `json:"postback"`
}

type access struct {
	GroupIDs []connectors.ID `json:"group_ids"`
}

type user struct {
	ID         string `json:"id"`
	Type       string `json:"type"` // customer, agent; bots are agents too
	Name       string `json:"name"`
	Visibility string `json:"visibility"` // of agents in a chat
}

type thread struct {
	ID         string     `json:"id"`
	Active     bool       `json:"active"`
	UserIDs    []string   `json:"user_ids"`
	Events     []event    `json:"events"`
	Properties properties `json:"properties"`
	Access     access     `json:"access"`
	Tags       []string   `json:"tags"`
	CreatedAt  time.Time  `json:"created_at"`
}

type chat struct {
	ID         string     `json:"id"`
	Users      []user     `json:"users"`
	Properties properties `json:"properties"`
	Access     access     `json:"access"`
	Thread     thread     `json:"thread"`
}

// envelope is a delivery. Its secret_key is not read a second time, so that it
// gets nowhere.
type envelope struct {
	Action       string `json:"action"`
	Organization string `json:"organization_id"`
	Payload      struct {
		ChatID     string     `json:"chat_id"`
		ThreadID   string     `json:"thread_id"`
		Event      event      `json:"event"`
		EventID    string     `json:"event_id"`
		Chat       chat       `json:"chat"`
		UserID     string     `json:"user_id"`
		Properties properties `json:"properties"`
		Postback   struct {
			ID      string `json:"id"`
			Toggled bool   `json:"toggled"`
		} `json:"postback"`
		TransferredTo struct {
			GroupIDs []connectors.ID `json:"group_ids"`
			AgentIDs []string        `json:"agent_ids"`
		} `json:"transferred_to"`
		RequesterID string `json:"requester_id"`
		Reason      string `json:"reason"`
		Queue       struct {
			QueuedAt time.Time `json:"queued_at"`
		} `json:"queue"`
	} `json:"payload"`
	AdditionalData struct {
		ChatProperties properties `json:"chat_properties"`
		Present        []string   `json:"chat_presence_user_ids"`
	} `json:"additional_data"`
}

// Read implements [connectors.Connector].
func (c *Connector) Read(d connectors.Delivery) (connectors.Receipt, error) {
	var in envelope
	if err := connectors.Decode(d.Body, &in); err != nil {
		return connectors.Receipt{}, err
	}
	if !strings.EqualFold(in.Organization, c.cfg.Organization) {
		return connectors.Receipt{}, fmt.Errorf("organization_id is not %s: %w", c.cfg.Organization, connectors.ErrForeign)
	}
	if in.Action == actionChat {
		return c.readChat(in)
	}
	read, known := map[string]func(envelope, place) ([]connectors.Event, error){
		actionEvent: c.readEvent, actionUpdated: c.readEvent, actionDeleted: c.readDeleted, actionClosed: readClosed,
		actionMoved: c.readMoved, actionPostback: c.readPostback, actionThread: c.readRating, actionProperty: c.readRating,
	}[in.Action]
	if !known {
		return connectors.Receipt{}, nil
	}
	p := in.Payload
	if !connectors.IsToken(p.ChatID) || (p.ThreadID != "" && !connectors.IsToken(p.ThreadID)) {
		return connectors.Receipt{}, fmt.Errorf("payload.chat_id or thread_id: missing or odd: %w", connectors.ErrMalformed)
	}
	at := place{tenant: c.cfg.Organization, chat: p.ChatID, thread: p.ThreadID, present: in.AdditionalData.Present}
	at.facts = facts(in.AdditionalData.ChatProperties)
	events, err := read(in, at)
	return connectors.Receipt{Events: events}, err
}

// place is where something happened, and what is known of it there.
type place struct {
	tenant, chat, thread string
	present              []string // ids of users
	users                map[string]user
	facts                map[string]string
	tags                 []string
	group                string
}

// base is what all events of a place share.
func (c *Connector) base(p place) connectors.Event {
	e := connectors.Event{
		Tenant: p.tenant, Conversation: p.chat, Channel: channel, Facts: p.facts, Tags: p.tags, Group: p.group,
		Route: map[string]string{routeChat: p.chat},
	}
	if p.thread != "" {
		e.Route[routeThread] = p.thread
	}
	for _, id := range p.present {
		switch c.role(id, p.users) {
		case connectors.Customer:
			e.Customer = cmp.Or(e.Customer, id)
		case connectors.Agent:
			e.Assignee = cmp.Or(e.Assignee, id)
		}
	}
	return e
}

// role is what a user is, or nothing if what they write is none of our
// business. Bots have the type of agents, but no mail address as an id.
func (c *Connector) role(id string, users map[string]user) connectors.Role {
	switch {
	case id == "" || id == c.cfg.Bot || slices.Contains(c.cfg.Bots, id):
		return ""
	case users[id].Type == "customer":
		return connectors.Customer
	case isAgent(id):
		return connectors.Agent
	case connectors.IsUUID(id) && users[id].Type == "":
		return connectors.Customer
	}
	return ""
}

// own reports whether we wrote e. It is asked of agents and bots only: a
// customer who writes our marker shall not silence us.
func (c *Connector) own(e event) bool {
	return (c.cfg.Bot != "" && e.AuthorID == c.cfg.Bot) || strings.HasPrefix(e.CustomID, customPrefix) || strings.HasPrefix(e.Text, marker)
}

// eventKey is the same however we learn of an event.
func eventKey(chat, id string) string { return "event:" + chat + ":" + id }

// digest tells contents apart in keys of what has no time or id of its own.
func digest(parts ...string) string {
	sum := sha256.Sum256([]byte(strings.Join(parts, "\x00")))
	return hex.EncodeToString(sum[:8])
}

func (c *Connector) readEvent(in envelope, p place) ([]connectors.Event, error) {
	e, edited := in.Payload.Event, in.Action == actionUpdated
	if !connectors.IsToken(e.ID) || e.CreatedAt.IsZero() {
		return nil, fmt.Errorf("payload.event: id or created_at: missing or odd: %w", connectors.ErrMalformed)
	}
	got, ok := c.told(e, p, edited)
	switch {
	case !ok:
		return nil, nil
	case c.cfg.Source != FromAPI:
		return []connectors.Event{got}, nil
	}
	// Nothing that was said is believed, only that something was.
	hint := connectors.Event{
		Kind: connectors.Fetch, Key: "hint:" + got.Key, Tenant: got.Tenant, Conversation: got.Conversation, Message: got.Message,
		Role: got.Role, Channel: got.Channel, At: got.At, Route: maps.Clone(got.Route),
	}
	hint.Route[routeReason] = reasonEvent
	if edited {
		hint.Route[routeReason] = reasonUpdated
	}
	return []connectors.Event{hint}, nil
}

// told is e in our words, and whether it is any of our business. What is not
// certainly public is internal.
func (c *Connector) told(e event, p place, edited bool) (connectors.Event, bool) {
	role := c.role(e.AuthorID, p.users)
	if role == "" || e.Visibility != everybody || (role != connectors.Customer && c.own(e)) {
		return connectors.Event{}, false
	}
	if e.Deleted {
		return deleted(p, e.ID), true
	}
	out := c.base(p)
	out.Key, out.Message, out.At = eventKey(p.chat, e.ID), e.ID, e.CreatedAt.UTC()
	out.Role, out.Author, out.AuthorName = role, e.AuthorID, p.users[e.AuthorID].Name
	if role == connectors.Customer {
		out.Customer = e.AuthorID
	}
	switch e.Type {
	case typeMessage:
		out.Kind, out.Text = connectors.Message, cmp.Or(e.Text, e.Postback.ID)
		if edited {
			// No delivery says when the text was changed, so it is the text
			// that tells one change from the next.
			out.Kind, out.Key = connectors.Edited, "edited:"+p.chat+":"+e.ID+":"+digest(out.Text)
		}
	case typeFile:
		if edited {
			return connectors.Event{}, false
		}
		out.Kind = connectors.Attached
		out.Attachments = []connectors.Attachment{{ID: e.ID, Name: e.Name, Type: e.ContentType, Size: max(0, e.Size), URL: e.URL}}
	default: // forms, cards, system messages
		return connectors.Event{}, false
	}
	return out, true
}

func (c *Connector) readDeleted(in envelope, p place) ([]connectors.Event, error) {
	id := in.Payload.EventID
	if !connectors.IsToken(id) {
		return nil, fmt.Errorf("payload.event_id: missing or odd: %w", connectors.ErrMalformed)
	}
	e := deleted(p, id)
	if c.cfg.Source == FromAPI {
		e.Kind, e.Key = connectors.Fetch, "hint:"+e.Key
		e.Route[routeReason] = reasonDeleted
	}
	return []connectors.Event{e}, nil
}

// deleted has no time: no delivery says when.
func deleted(p place, id string) connectors.Event {
	e := connectors.Event{
		Kind: connectors.Deleted, Key: "deleted:" + p.chat + ":" + id, Tenant: p.tenant, Conversation: p.chat, Message: id,
		Channel: channel, Route: map[string]string{routeChat: p.chat},
	}
	if p.thread != "" {
		e.Route[routeThread] = p.thread
	}
	return e
}

// readClosed ends a thread. The chat goes on with the next one.
func readClosed(_ envelope, p place) ([]connectors.Event, error) {
	if p.thread == "" {
		return nil, fmt.Errorf("payload.thread_id: missing: %w", connectors.ErrMalformed)
	}
	return []connectors.Event{closed(p)}, nil
}

func closed(p place) connectors.Event {
	return connectors.Event{
		Kind: connectors.Closed, Key: "closed:" + p.chat + ":" + p.thread, Tenant: p.tenant, Conversation: p.chat, Channel: channel,
		Route: map[string]string{routeChat: p.chat, routeThread: p.thread},
	}
}

// readMoved has neither time nor id: a chat that is moved to and fro by the
// same person in one thread repeats itself. Each message names the agents
// present as well.
func (c *Connector) readMoved(in envelope, p place) ([]connectors.Event, error) {
	to := in.Payload.TransferredTo
	groups := make([]string, 0, len(to.GroupIDs))
	for _, g := range to.GroupIDs {
		groups = append(groups, string(g))
	}
	queued := ""
	if at := in.Payload.Queue.QueuedAt; !at.IsZero() {
		queued = at.UTC().Format(time.RFC3339Nano)
	}
	e := c.base(p)
	e.Kind = connectors.Assigned
	e.Key = "moved:" + p.chat + ":" + digest(p.thread, strings.Join(to.AgentIDs, ","), strings.Join(groups, ","),
		in.Payload.RequesterID, in.Payload.Reason, queued)
	e.Assignee, e.Group = "", ""
	if len(to.AgentIDs) > 0 {
		e.Assignee = to.AgentIDs[0]
	}
	if len(groups) > 0 {
		e.Group = groups[0]
	}
	return []connectors.Event{e}, nil
}

// readPostback is a button of ours that an agent pressed. Customers can send
// postbacks of any name, so those count only if they carry our seal.
func (c *Connector) readPostback(in envelope, p place) ([]connectors.Event, error) {
	b := in.Payload.Postback
	if !b.Toggled || c.role(in.Payload.UserID, nil) != connectors.Agent {
		return nil, nil
	}
	a, err := c.sealer.Open(b.ID, in.Payload.UserID)
	if err != nil || a.Conversation != p.chat || (a.Verdict != verdictUp && a.Verdict != verdictDown) {
		return nil, nil //nolint:nilerr // a button of somebody else's card, and none of our business
	}
	e := c.base(p)
	e.Kind, e.Role, e.Author, e.Assignee = connectors.Feedback, connectors.Agent, in.Payload.UserID, ""
	e.Key = "postback:" + p.chat + ":" + digest(a.Suggestion, a.Verdict, in.Payload.UserID)
	e.Rating = &connectors.Rating{Suggestion: a.Suggestion, Verdict: a.Verdict, Agent: in.Payload.UserID}
	return []connectors.Event{e}, nil
}

// readRating is what changed about a rating. A comment that comes alone is
// looked up together with its score.
func (c *Connector) readRating(in envelope, p place) ([]connectors.Event, error) {
	if e, ok := c.rated(p, in.Payload.Properties); ok {
		return []connectors.Event{e}, nil
	}
	comment := text(in.Payload.Properties[spaceRating][propertyNote])
	if comment == "" || c.cfg.Token.IsZero() {
		return nil, nil
	}
	e := c.base(p)
	e.Kind, e.Key = connectors.Fetch, "hint:rated:"+p.chat+":"+digest(p.thread, comment)
	e.Route[routeReason] = reasonRating
	return []connectors.Event{e}, nil
}

// rated is the customer's rating among properties, if there is one.
func (c *Connector) rated(p place, all properties) (connectors.Event, bool) {
	rating := all[spaceRating]
	score, ok := number(rating[propertyScore])
	if !ok || score < 0 || score > 1 {
		return connectors.Event{}, false
	}
	comment := text(rating[propertyNote])
	e := c.base(p)
	e.Kind, e.Role = connectors.Rated, connectors.Customer
	e.Key = "rated:" + p.chat + ":" + digest(p.thread, strconv.FormatFloat(score, 'g', -1, 64), comment)
	e.Score = &connectors.Score{Value: score, Comment: comment}
	return e, true
}

// readChat is a new thread with what was said in it so far.
func (c *Connector) readChat(in envelope) (connectors.Receipt, error) {
	ch := in.Payload.Chat
	if !connectors.IsToken(ch.ID) || !connectors.IsToken(ch.Thread.ID) {
		return connectors.Receipt{}, fmt.Errorf("payload.chat: id or thread.id: missing or odd: %w", connectors.ErrMalformed)
	}
	var events []connectors.Event
	p := c.placeOf(ch)
	for _, e := range ch.Thread.Events {
		sub := in
		sub.Action, sub.Payload.Event = actionEvent, e
		got, err := c.readEvent(sub, p)
		if err != nil {
			return connectors.Receipt{}, err
		}
		events = append(events, got...)
	}
	sortEvents(events)
	return connectors.Receipt{Events: unique(events)}, nil
}

// placeOf is a chat with its thread.
func (c *Connector) placeOf(ch chat) place {
	p := place{
		tenant: c.cfg.Organization, chat: ch.ID, thread: ch.Thread.ID, users: map[string]user{},
		facts: facts(ch.Properties), tags: ch.Thread.Tags,
	}
	for _, u := range ch.Users {
		p.users[u.ID] = u
	}
	p.present = ch.Thread.UserIDs
	if len(p.present) == 0 {
		for _, u := range ch.Users {
			p.present = append(p.present, u.ID)
		}
	}
	for _, a := range []access{ch.Thread.Access, ch.Access} {
		if len(a.GroupIDs) > 0 && p.group == "" {
			p.group = string(a.GroupIDs[0])
		}
	}
	return p
}

// sortEvents puts the oldest first; within one microsecond the number at the
// end of an id tells the order, and what is no message comes last.
func sortEvents(events []connectors.Event) {
	slices.SortStableFunc(events, func(a, b connectors.Event) int {
		return cmp.Or(a.At.Compare(b.At), cmp.Compare(ordinal(a.Message), ordinal(b.Message)))
	})
}

// ordinal is n of an event id such as K600PKZON8_n.
func ordinal(id string) int {
	if id == "" {
		return math.MaxInt
	}
	_, n, _ := strings.Cut(id, "_")
	i, _ := strconv.Atoi(n) // 0 for ids of another form
	return i
}

func unique(events []connectors.Event) []connectors.Event {
	seen := map[string]bool{}
	return slices.DeleteFunc(events, func(e connectors.Event) bool {
		was := seen[e.Key]
		seen[e.Key] = true
		return was
	})
}

// facts are a chat's properties by "namespace.name", those that are short.
func facts(all properties) map[string]string {
	out := map[string]string{}
	for _, space := range slices.Sorted(maps.Keys(all)) {
		for _, name := range slices.Sorted(maps.Keys(all[space])) {
			v := text(all[space][name])
			if space == spaceRating || v == "" || len(v) > maxFact || len(space)+len(name) > maxFact || len(out) >= maxFacts {
				continue
			}
			out[space+"."+name] = v
		}
	}
	if len(out) == 0 {
		return nil
	}
	return out
}

// text is a property's value: a string, a number or a truth.
func text(v any) string {
	switch v := v.(type) {
	case string:
		return v
	case bool:
		return strconv.FormatBool(v)
	case float64:
		return strconv.FormatFloat(v, 'f', -1, 64)
	case json.Number:
		return v.String()
	}
	return ""
}

func number(v any) (float64, bool) {
	f, ok := v.(float64)
	return f, ok
}
