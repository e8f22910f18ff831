package teams

import (
	"cmp"
	"encoding/json"
	"fmt"
	"net/url"
	"path"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/sufflor/sufflor/connectors"
)

type account struct {
	ID       string `json:"id"`
	Name     string `json:"name"`
	Object   string `json:"aadObjectId"`
	Role     string `json:"role"`
	Targeted bool   `json:"isTargeted"` // of a recipient: nobody else sees the message
}

// activity is a delivery of the Bot Framework, and of an outgoing webhook,
// which sends the same in less detail. What differs between clients stays raw.
type activity struct {
	Type         string  `json:"type"`
	ID           string  `json:"id"`
	Timestamp    string  `json:"timestamp"`
	ServiceURL   string  `json:"serviceUrl"`
	ChannelID    string  `json:"channelId"`
	From         account `json:"from"`
	Recipient    account `json:"recipient"`
	Conversation struct {
		ID     string `json:"id"`
		Kind   string `json:"conversationType"`
		Tenant string `json:"tenantId"`
	} `json:"conversation"`
	Text        string `json:"text"`
	TextFormat  string `json:"textFormat"`
	Attachments []struct {
		Type    string          `json:"contentType"`
		URL     string          `json:"contentUrl"`
		Name    string          `json:"name"`
		Content json.RawMessage `json:"content"`
	} `json:"attachments"`
	Entities    []json.RawMessage `json:"entities"`
	ChannelData struct {
		Tenant struct {
			ID string `json:"id"`
		} `json:"tenant"`
		Channel struct {
			ID string `json:"id"`
		} `json:"channel"`
		Event string `json:"eventType"`
	} `json:"channelData"`
	Locale         string          `json:"locale"`
	ReplyTo        string          `json:"replyToId"`
	Name           string          `json:"name"`
	Value          json.RawMessage `json:"value"`
	Action         string          `json:"action"`
	MembersAdded   []account       `json:"membersAdded"`
	MembersRemoved []account       `json:"membersRemoved"`
	ReactionsAdded []struct {
		Type string `json:"type"`
	} `json:"reactionsAdded"`
}

// decode is the one way a body is read, so that what Verify compared is what
// Read uses.
func decode(body []byte) (activity, error) {
	var a activity
	err := connectors.Decode(body, &a)
	return a, err
}

// entity is what we want of an activity's entities.
type entity struct {
	Type      string `json:"type"`
	Text      string `json:"text"`
	Mentioned struct {
		ID   string `json:"id"`
		Name string `json:"name"`
	} `json:"mentioned"`
	Country    string   `json:"country"`
	Timezone   string   `json:"timezone"`
	Additional []string `json:"additionalType"`
}

func (a activity) entities() []entity {
	var out []entity
	for _, raw := range a.Entities {
		var e entity
		if json.Unmarshal(raw, &e) == nil { // one we cannot read is one we do not know
			out = append(out, e)
		}
	}
	return out
}

// at is when it happened; zero where that is not readable, which the Bot
// Framework's specification (A2042) does not allow us to refuse.
func (a activity) at() time.Time {
	t, err := time.Parse(time.RFC3339Nano, a.Timestamp)
	if err != nil {
		return time.Time{}
	}
	return t.UTC()
}

// Read implements [connectors.Connector].
func (c *Connector) Read(d connectors.Delivery) (connectors.Receipt, error) {
	a, err := decode(d.Body)
	if err != nil {
		return connectors.Receipt{}, err
	}
	if err := c.ours(a, d.Path); err != nil {
		return connectors.Receipt{}, err
	}
	if d.Path == pathOutgoing {
		return c.readOutgoing(a)
	}
	if c.self(a) {
		return connectors.Receipt{}, nil
	}
	switch a.Type {
	case typeMessage, typeUpdate, typeDelete, typeReaction, typeInvoke:
		if a.ID == "" || !isConversation(a.Conversation.ID) {
			return connectors.Receipt{}, fmt.Errorf("id or conversation.id: missing or odd: %w", connectors.ErrMalformed)
		}
	}
	switch a.Type {
	case typeMessage:
		return c.readMessage(a)
	case typeUpdate:
		return c.readUpdate(a), nil
	case typeDelete:
		return c.readDelete(a), nil
	case typeReaction:
		return c.readReaction(a), nil
	case typeInvoke:
		return c.readInvoke(a)
	case typeConversation, typeInstallation:
		return c.readInstallation(a), nil
	}
	return connectors.Receipt{}, nil // specification A2005: ignore what is new
}

// ours compares tenant and bot with the configured ones.
func (c *Connector) ours(a activity, path string) error {
	host, sender := a.Conversation.Tenant, a.ChannelData.Tenant.ID
	for _, t := range []string{host, sender} {
		if t != "" && !strings.EqualFold(t, c.cfg.TenantID) {
			return fmt.Errorf("not of tenant %s: %w", c.cfg.TenantID, connectors.ErrForeign)
		}
	}
	if host == "" && sender == "" {
		return fmt.Errorf("channelData.tenant.id: missing: %w", connectors.ErrMalformed)
	}
	if to := a.Recipient.ID; path == pathBot && strings.HasPrefix(to, botPrefix) && !strings.EqualFold(to, c.bot()) {
		return fmt.Errorf("not for bot %s: %w", c.cfg.AppID, connectors.ErrForeign)
	}
	if path == pathBot && !c.isService(a.ServiceURL) {
		return fmt.Errorf("serviceUrl is no address of Teams in this cloud: %w", connectors.ErrForeign)
	}
	return nil
}

// self reports whether we or another program wrote that: by id, by role, and
// by the label that our messages carry.
func (c *Connector) self(a activity) bool {
	if strings.HasPrefix(a.From.ID, botPrefix) || a.From.Role == "bot" || a.From.Role == "skill" {
		return true
	}
	for _, e := range a.entities() {
		if slices.Contains(e.Additional, labelGenerated) {
			return true
		}
	}
	return false
}

// event is what all events of a have in common.
func (c *Connector) event(kind connectors.Kind, a activity) connectors.Event {
	base, _, _ := strings.Cut(a.Conversation.ID, threadMark)
	return connectors.Event{
		Kind: kind, Tenant: c.cfg.TenantID, Conversation: a.Conversation.ID, Channel: channelTeams, Group: a.ChannelData.Channel.ID,
		Author: cmp.Or(a.From.Object, a.From.ID), At: a.at(),
		Route: map[string]string{routeService: a.ServiceURL, routeConversation: base, routeKind: a.Conversation.Kind},
	}
}

func (c *Connector) readMessage(a activity) (connectors.Receipt, error) {
	if len(a.Value) > 0 && string(a.Value) != "null" && strings.TrimSpace(a.Text) == "" {
		return c.readSubmit(a)
	}
	e := c.message(connectors.Message, a)
	agent := c.agent(a.From.Object)
	mentioned := slices.ContainsFunc(a.entities(), func(n entity) bool {
		return n.Type == "mention" && strings.EqualFold(n.Mentioned.ID, c.bot())
	})
	switch {
	case a.Conversation.Kind == personal && !agent:
		return connectors.Receipt{}, nil // whoever else installed the app has nothing to ask
	case a.Conversation.Kind == personal:
		// In their own chat with us an agent shows us what a customer wrote.
		e.Role, e.Author = connectors.Customer, a.From.Object
		e.Route[routeUser], e.Route[routeAsk] = a.From.Object, a.ID
		delete(e.Route, routeWho)
		e.AuthorName, e.Customer = "", ""
	case agent && (mentioned || a.Recipient.Targeted):
		return connectors.Receipt{Events: []connectors.Event{c.command(a, e.Text)}}, nil
	case a.Recipient.Targeted:
		return connectors.Receipt{}, nil // for nobody's eyes but ours
	}
	if e.Text == "" && len(e.Attachments) == 0 {
		return connectors.Receipt{}, nil // a sticker, a card, a call
	}
	e.Key = key("message", a.Conversation.ID, a.ID)
	return connectors.Receipt{Events: []connectors.Event{e}}, nil
}

// message is what somebody wrote.
func (c *Connector) message(kind connectors.Kind, a activity) connectors.Event {
	e := c.event(kind, a)
	e.Message, e.Text, e.AuthorName = a.ID, c.text(a), a.From.Name
	if c.agent(a.From.Object) {
		e.Role = connectors.Agent
	} else {
		e.Role, e.Customer, e.Language = connectors.Customer, e.Author, a.Locale
		e.Route[routeWho] = connectors.Clip(a.From.Name, maxTitle)
		e.Facts = facts(a)
	}
	e.Attachments = attachments(a)
	return e
}

// facts is what the customer's client tells. It may be an agent's own country
// as well, so it is never more than a hint.
func facts(a activity) map[string]string {
	out := map[string]string{}
	for _, e := range a.entities() {
		if e.Type != "clientInfo" {
			continue
		}
		if e.Country != "" {
			out["country"] = e.Country
		}
		if e.Timezone != "" {
			out["timezone"] = e.Timezone
		}
	}
	if len(out) == 0 {
		return nil
	}
	return out
}

// key is the same for each redelivery.
func key(kind string, parts ...string) string { return kind + ":" + strings.Join(parts, ":") }

var atTag = regexp.MustCompile(`(?s)<at(?:\s[^>]*)?>(.*?)</at>`)

// text is what was written, without the mention of our bot. A message with
// files may have its words in an attachment of HTML only.
func (c *Connector) text(a activity) string {
	text := a.Text
	for _, e := range a.entities() {
		if e.Type != "mention" || e.Text == "" {
			continue
		}
		name := e.Mentioned.Name
		if strings.EqualFold(e.Mentioned.ID, c.bot()) {
			name = ""
		}
		text = strings.ReplaceAll(text, e.Text, name)
	}
	text = strings.NewReplacer("\u00a0", " ", "&nbsp;", " ").Replace(text) // after a mention even in plain text
	if a.TextFormat == "xml" || a.TextFormat == "html" {
		text = connectors.PlainText(text)
	} else {
		text = atTag.ReplaceAllString(text, "$1")
	}
	if strings.TrimSpace(a.Text) != "" { // a mention alone is no text, whatever the HTML makes of it
		return strings.TrimSpace(text)
	}
	for _, f := range a.Attachments {
		var markup string
		if f.Type == "text/html" && json.Unmarshal(f.Content, &markup) == nil {
			return connectors.PlainText(markup)
		}
	}
	return ""
}

// attachments are the files of a message; its text as HTML and its cards are
// none.
func attachments(a activity) []connectors.Attachment {
	var out []connectors.Attachment
	for _, f := range a.Attachments {
		switch {
		case f.Type == typeFile:
			var file struct {
				URL  string `json:"downloadUrl"`
				ID   string `json:"uniqueId"`
				Type string `json:"fileType"`
			}
			if json.Unmarshal(f.Content, &file) != nil || file.URL == "" {
				continue
			}
			out = append(out, connectors.Attachment{ID: file.ID, Name: f.Name, Type: mediaType(file.Type), URL: file.URL})
		case strings.HasPrefix(f.Type, "image/") && f.URL != "":
			out = append(out, connectors.Attachment{ID: imageID(f.URL), Name: f.Name, Type: f.Type, URL: f.URL})
		}
	}
	return out
}

// imageID is the part of an inline image's address that names it.
func imageID(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return ""
	}
	_, rest, _ := strings.Cut(path.Clean(u.Path), "/attachments/")
	id, _, _ := strings.Cut(rest, "/")
	return id
}

// readUpdate reads an edit, and the return of what was deleted.
func (c *Connector) readUpdate(a activity) connectors.Receipt {
	if e := a.ChannelData.Event; e != "editMessage" && e != "undeleteMessage" {
		return connectors.Receipt{}
	}
	if a.Conversation.Kind == personal {
		return connectors.Receipt{}
	}
	e := c.message(connectors.Edited, a)
	// An edit keeps the message's id; the time tells edits apart.
	e.Key = key("edited", a.ChannelData.Event, a.Conversation.ID, a.ID, a.Timestamp)
	return connectors.Receipt{Events: []connectors.Event{e}}
}

func (c *Connector) readDelete(a activity) connectors.Receipt {
	e := c.event(connectors.Deleted, a)
	e.Message = a.ID
	e.Key = key("deleted", a.Conversation.ID, a.ID, a.Timestamp)
	return connectors.Receipt{Events: []connectors.Event{e}}
}

// command is an agent's question. Its answer goes to that agent alone.
func (c *Connector) command(a activity, text string) connectors.Event {
	e := c.event(connectors.Command, a)
	e.Key, e.Role, e.Message, e.Text = key("command", a.Conversation.ID, a.ID), connectors.Agent, a.ID, text
	e.Author = a.From.Object
	e.Route[routeUser], e.Route[routeAsk] = a.From.Object, a.ID
	return e
}

// readOutgoing reads an outgoing webhook. Its answer is shown to the whole
// channel, so it says that we heard and nothing else.
func (c *Connector) readOutgoing(a activity) (connectors.Receipt, error) {
	if a.Type != typeMessage {
		return connectors.Receipt{}, nil
	}
	if a.ID == "" || !isConversation(a.Conversation.ID) {
		return connectors.Receipt{}, fmt.Errorf("id or conversation.id: missing or odd: %w", connectors.ErrMalformed)
	}
	if c.self(a) {
		return connectors.Receipt{}, nil
	}
	if !c.agent(a.From.Object) {
		return say(c.words.NotAgent)
	}
	rec, err := say(c.words.Asked)
	if err != nil {
		return connectors.Receipt{}, err
	}
	// It begins with the mention of the webhook, which has no entity.
	text := c.text(activity{Text: atTag.ReplaceAllLiteralString(a.Text, ""), TextFormat: a.TextFormat, Attachments: nil})
	rec.Events = []connectors.Event{c.command(a, text)}
	if !c.isService(a.ServiceURL) {
		delete(rec.Events[0].Route, routeService)
	}
	return rec, nil
}

func say(text string) (connectors.Receipt, error) {
	return reply(map[string]string{"type": typeMessage, "text": text})
}

// reply answers 200 with v as JSON.
func reply(v any) (connectors.Receipt, error) {
	body, err := json.Marshal(v)
	if err != nil {
		return connectors.Receipt{}, fmt.Errorf("encode answer: %w", err)
	}
	return connectors.Receipt{Reply: &connectors.Reply{Status: 200, Type: "application/json; charset=utf-8", Body: body}}, nil
}

// readInstallation tells an administrator who can be reached and who cannot
// any more. Teams reports an installation in two ways; one is enough.
func (c *Connector) readInstallation(a activity) connectors.Receipt {
	us := func(m account) bool { return strings.EqualFold(m.ID, c.bot()) }
	where := "a " + cmp.Or(a.Conversation.Kind, "conversation")
	who := fmt.Sprintf("%q (%s)", connectors.Clip(a.From.Name, maxTitle), cmp.Or(a.From.Object, "no object id"))
	detail, what := "", ""
	switch {
	case a.Type == typeConversation && slices.ContainsFunc(a.MembersAdded, us):
		what, detail = "installed", "the app was added to "+where+" by "+who
		if a.Conversation.Kind == personal && c.agent(a.From.Object) {
			detail = who + " added the app and can be shown suggestions"
		} else if a.Conversation.Kind == personal {
			detail = who + " added the app, but is not on the list: add the object id to agents if they may see suggestions"
		}
	case a.Type == typeConversation && slices.ContainsFunc(a.MembersRemoved, us), a.Type == typeInstallation && a.Action == "remove":
		what, detail = "removed", "the app was removed from "+where+" by "+who
		if a.Conversation.Kind == personal {
			detail = who + " removed the app and sees no more suggestions; install it again or take them off the list of agents"
		}
	default:
		return connectors.Receipt{}
	}
	e := c.event(connectors.Ops, a)
	e.Key, e.Detail = key(what, a.Conversation.ID, cmp.Or(a.ID, a.Timestamp)), detail
	return connectors.Receipt{Events: []connectors.Event{e}}
}

// isConversation reports whether s may be the id of a conversation.
func isConversation(s string) bool {
	return s != "" && len(s) <= 512 && s != "." && s != ".." && !strings.ContainsFunc(s, func(r rune) bool {
		return r <= ' ' || r == 0x7f || strings.ContainsRune(`/\?#%`, r)
	})
}

func mediaType(extension string) string {
	switch e := strings.ToLower(extension); e {
	case "":
		return ""
	case "pdf":
		return "application/pdf"
	case "jpg", "jpeg":
		return "image/jpeg"
	case "png", "gif", "webp", "bmp", "tiff":
		return "image/" + e
	case "txt", "log":
		return "text/plain"
	case "csv", "html":
		return "text/" + e
	case "docx":
		return "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
	case "xlsx":
		return "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
	case "pptx":
		return "application/vnd.openxmlformats-officedocument.presentationml.presentation"
	}
	return ""
}
