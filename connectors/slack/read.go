package slack

import (
	"cmp"
	"encoding/json"
	"fmt"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/sufflor/sufflor/connectors"
)

type message struct {
	Type       string `json:"type"`
	Subtype    string `json:"subtype"`
	TS         string `json:"ts"`
	ThreadTS   string `json:"thread_ts"`
	User       string `json:"user"`
	BotID      string `json:"bot_id"`
	AppID      string `json:"app_id"`
	Text       string `json:"text"`
	Team       string `json:"team"`
	UserTeam   string `json:"user_team"`
	SourceTeam string `json:"source_team"`
	Edited     *struct {
		TS string `json:"ts"`
	} `json:"edited"`
	LatestReply string `json:"latest_reply"` // in answers of the API
	Files       []file `json:"files"`
}

// file is a file of a message.
type file struct {
	ID       string `json:"id"`
	Name     string `json:"name"`
	MIMEType string `json:"mimetype"`
	Size     int64  `json:"size"`
	UserTeam string `json:"user_team"`
	URL      string `json:"url_private_download"`
}

func (f file) attachment() connectors.Attachment {
	return connectors.Attachment{ID: f.ID, Name: f.Name, Type: f.MIMEType, Size: f.Size, URL: f.URL}
}

type inner struct {
	message
	Channel   string   `json:"channel"`
	EventTS   string   `json:"event_ts"`
	DeletedTS string   `json:"deleted_ts"`
	Message   *message `json:"message"`
	Previous  *message `json:"previous_message"`
}

type envelope struct {
	Type           string `json:"type"`
	Challenge      string `json:"challenge"`
	TeamID         string `json:"team_id"`
	APIAppID       string `json:"api_app_id"`
	EventID        string `json:"event_id"`
	MinuteLimited  int64  `json:"minute_rate_limited"`
	Event          *inner `json:"event"`
	Authorizations []struct {
		EnterpriseID        string `json:"enterprise_id"`
		TeamID              string `json:"team_id"`
		UserID              string `json:"user_id"`
		IsBot               bool   `json:"is_bot"`
		IsEnterpriseInstall bool   `json:"is_enterprise_install"`
	} `json:"authorizations"`
}

// Read implements [connectors.Connector].
func (c *Connector) Read(d connectors.Delivery) (connectors.Receipt, error) {
	switch d.Path {
	case pathInteractive:
		return c.readInteractive(d)
	case pathCommands:
		return c.readCommand(d.Body)
	default:
		return c.readEvent(d.Body)
	}
}

func (c *Connector) readEvent(body []byte) (connectors.Receipt, error) {
	var in envelope
	if err := connectors.Decode(body, &in); err != nil {
		return connectors.Receipt{}, err
	}
	if in.Type == "url_verification" {
		return handshake(in.Challenge)
	}
	if !c.forUs(in) {
		return connectors.Receipt{}, fmt.Errorf("not for app %s in workspace %s: %w", c.cfg.App, c.cfg.Team, connectors.ErrForeign)
	}
	switch in.Type {
	case "app_rate_limited":
		at := time.Unix(in.MinuteLimited, 0).UTC()
		return c.ops("limited:"+strconv.FormatInt(in.MinuteLimited, 10), at,
			"Slack sends more than 30,000 events an hour and leaves out the rest; invite the bot to fewer channels"), nil
	case "event_callback":
	default:
		return connectors.Receipt{}, nil
	}
	if in.Event == nil || in.EventID == "" {
		return connectors.Receipt{}, fmt.Errorf("event or event_id: missing: %w", connectors.ErrMalformed)
	}
	switch at, _ := stampTime(in.Event.EventTS); in.Event.Type {
	case "app_uninstalled":
		return c.ops(in.EventID, at, "the app was removed from the Slack workspace; install it again or delete this desk"), nil
	case "tokens_revoked":
		return c.ops(in.EventID, at, "Slack withdrew the app's tokens; install the app again and enter the new token"), nil
	case "message":
		return c.readMessage(in)
	}
	return connectors.Receipt{}, nil
}

func handshake(challenge string) (connectors.Receipt, error) {
	if challenge == "" {
		return connectors.Receipt{}, fmt.Errorf("challenge: missing: %w", connectors.ErrMalformed)
	}
	return reply(map[string]string{"challenge": challenge})
}

// reply answers 200 with v as JSON.
func reply(v any) (connectors.Receipt, error) {
	body, err := json.Marshal(v)
	if err != nil {
		return connectors.Receipt{}, fmt.Errorf("encode answer: %w", err)
	}
	return connectors.Receipt{Reply: &connectors.Reply{Status: 200, Type: "application/json", Body: body}}, nil
}

// forUs reports whether an event was sent to our installation. In a shared
// channel team_id may be the other company's; then the authorizations tell.
func (c *Connector) forUs(in envelope) bool {
	if in.APIAppID != c.cfg.App {
		return false
	}
	if in.TeamID == c.cfg.Team {
		return true
	}
	for _, a := range in.Authorizations {
		if a.TeamID == c.cfg.Team || (a.IsEnterpriseInstall && c.cfg.Enterprise != "" && a.EnterpriseID == c.cfg.Enterprise) {
			return true
		}
	}
	return false
}

func (c *Connector) ops(key string, at time.Time, detail string) connectors.Receipt {
	return connectors.Receipt{Events: []connectors.Event{{
		Kind: connectors.Ops, Key: "ops:" + key, Tenant: c.cfg.Team, Channel: "slack", At: at, Detail: detail,
	}}}
}

// bot reports whether a message is ours or another program's. Our own often
// carry no subtype, so all their ids are compared.
func (c *Connector) bot(m *message, in envelope) bool {
	if m.BotID != "" || m.Subtype == "bot_message" || (m.AppID != "" && m.AppID == in.APIAppID) {
		return true
	}
	if m.User != "" && m.User == c.cfg.BotUser {
		return true
	}
	for _, a := range in.Authorizations {
		if a.IsBot && a.UserID != "" && a.UserID == m.User {
			return true
		}
	}
	return false
}

// role compares workspaces. Where Slack does not say whose somebody is, only
// the list of agents makes an agent: a customer's words must not be learned
// as if they were an agent's.
func (c *Connector) role(m *message) connectors.Role {
	team := cmp.Or(m.UserTeam, m.SourceTeam, m.Team)
	if team == "" && len(m.Files) > 0 {
		team = m.Files[0].UserTeam
	}
	if team == c.cfg.Team || (team == "" && c.agent(m.User)) {
		return connectors.Agent
	}
	return connectors.Customer
}

func (c *Connector) readMessage(in envelope) (connectors.Receipt, error) {
	ev := in.Event
	if !isID(ev.Channel, "CGD") {
		return connectors.Receipt{}, fmt.Errorf("event.channel: missing or odd: %w", connectors.ErrMalformed)
	}
	at, ok := stampTime(cmp.Or(ev.EventTS, ev.TS))
	if !ok {
		return connectors.Receipt{}, fmt.Errorf("event.event_ts: missing or odd: %w", connectors.ErrMalformed)
	}
	var e connectors.Event
	switch ev.Subtype {
	case "", "file_share", "thread_broadcast", "me_message":
		if c.bot(&ev.message, in) {
			return connectors.Receipt{}, nil
		}
		e = c.event(connectors.Message, ev, &ev.message)
		e.Key = messageKey(e)
	case "message_changed":
		// Slack sends this for link previews and reply counts as well.
		m := ev.Message
		if m == nil || m.Edited == nil || (ev.Previous != nil && ev.Previous.Text == m.Text) || c.bot(m, in) {
			return connectors.Receipt{}, nil
		}
		e = c.event(connectors.Edited, ev, m)
		e.At = at
		e.Key = editedKey(e, cmp.Or(m.Edited.TS, ev.EventTS))
	case "message_deleted":
		m := &message{TS: ev.DeletedTS}
		if ev.Previous != nil {
			if c.bot(ev.Previous, in) {
				return connectors.Receipt{}, nil
			}
			m.ThreadTS, m.User, m.Team = ev.Previous.ThreadTS, ev.Previous.User, cmp.Or(ev.Previous.UserTeam, ev.Previous.Team)
		}
		e = c.event(connectors.Deleted, ev, m)
		e.At = at
		e.Key = "deleted:" + e.Message
	default: // joins, topics, other bots
		return connectors.Receipt{}, nil
	}
	if e.Message == "" {
		return connectors.Receipt{}, fmt.Errorf("ts: missing or odd: %w", connectors.ErrMalformed)
	}
	return connectors.Receipt{Events: []connectors.Event{e}}, nil
}

func messageKey(e connectors.Event) string { return "message:" + e.Message }

func editedKey(e connectors.Event, ts string) string { return "edited:" + e.Message + ":" + ts }

// event is m in our words, without a message id if its ts is not readable.
func (c *Connector) event(kind connectors.Kind, ev *inner, m *message) connectors.Event {
	at, ok := stampTime(m.TS)
	if !ok {
		return connectors.Event{}
	}
	role := c.role(m)
	e := connectors.Event{
		Kind: kind, Tenant: c.cfg.Team, Conversation: ev.Channel + ":" + cmp.Or(m.ThreadTS, m.TS), Message: ev.Channel + ":" + m.TS,
		Role: role, Author: m.User, Text: plain(m.Text), Channel: "slack", Group: ev.Channel, At: at,
		Route: map[string]string{routeChannel: ev.Channel},
	}
	if m.ThreadTS != "" {
		e.Route[routeThread] = m.ThreadTS
	}
	if role == connectors.Customer && m.User != "" {
		e.Customer = cmp.Or(m.UserTeam, m.SourceTeam, m.Team) + ":" + m.User
	}
	for _, f := range m.Files {
		e.Attachments = append(e.Attachments, f.attachment())
	}
	return e
}

// interaction is a click on one of our buttons or a form sent in.
type interaction struct {
	Type      string `json:"type"`
	TriggerID string `json:"trigger_id"`
	APIAppID  string `json:"api_app_id"`
	User      struct {
		ID     string `json:"id"`
		TeamID string `json:"team_id"`
	} `json:"user"`
	Team struct {
		ID string `json:"id"`
	} `json:"team"`
	Enterprise struct {
		ID string `json:"id"`
	} `json:"enterprise"`
	IsEnterpriseInstall bool `json:"is_enterprise_install"`
	Container           struct {
		MessageTS string `json:"message_ts"`
		ChannelID string `json:"channel_id"`
		ThreadTS  string `json:"thread_ts"`
	} `json:"container"`
	ResponseURL string `json:"response_url"`
	Actions     []struct {
		ActionID string `json:"action_id"`
		Value    string `json:"value"`
		ActionTS string `json:"action_ts"`
	} `json:"actions"`
	View struct {
		ID              string `json:"id"`
		CallbackID      string `json:"callback_id"`
		PrivateMetadata string `json:"private_metadata"`
		Hash            string `json:"hash"`
		State           struct {
			Values map[string]map[string]struct {
				Value string `json:"value"`
			} `json:"values"`
		} `json:"state"`
	} `json:"view"`
}

// interact decodes an interaction and reports whether an agent of ours did it.
func (c *Connector) interact(body []byte) (in interaction, agent bool, err error) {
	form, err := url.ParseQuery(string(body))
	if err != nil || form.Get("payload") == "" {
		return in, false, fmt.Errorf("payload: missing: %w", connectors.ErrMalformed)
	}
	if err := connectors.Decode([]byte(form.Get("payload")), &in); err != nil {
		return in, false, fmt.Errorf("payload: %w", err)
	}
	org := in.IsEnterpriseInstall && c.cfg.Enterprise != "" && in.Enterprise.ID == c.cfg.Enterprise
	if in.APIAppID != c.cfg.App || (in.Team.ID != c.cfg.Team && !org) {
		return in, false, fmt.Errorf("not for app %s in workspace %s: %w", c.cfg.App, c.cfg.Team, connectors.ErrForeign)
	}
	return in, c.agent(in.User.ID) && (in.User.TeamID == "" || in.User.TeamID == c.cfg.Team), nil
}

func (c *Connector) readInteractive(d connectors.Delivery) (connectors.Receipt, error) {
	in, agent, err := c.interact(d.Body)
	if err != nil || !agent {
		return connectors.Receipt{}, err
	}
	switch in.Type {
	case "block_actions":
		return c.readActions(in, stamped(d))
	case "view_submission":
		return c.readView(in, stamped(d))
	}
	return connectors.Receipt{}, nil
}

func (c *Connector) readActions(in interaction, at time.Time) (connectors.Receipt, error) {
	var rec connectors.Receipt
	for _, a := range in.Actions {
		if a.ActionID == actionEdit || a.ActionID == actionOpen || !ours(a.ActionID) {
			continue // edit opens a form, which is what counts; open is a link
		}
		p, err := c.press(a.ActionID, a.Value, in.User.ID, at)
		if err != nil {
			return connectors.Receipt{}, err
		}
		if p.channel == "" {
			p.channel = in.Container.ChannelID
		}
		thread := cmp.Or(p.thread, in.Container.ThreadTS, p.message)
		e := c.feedback(in, "action:"+in.TriggerID+":"+a.ActionTS, p.channel, thread)
		e.Rating = &connectors.Rating{Suggestion: p.suggestion, Verdict: p.verdict, Agent: in.User.ID}
		e.At, _ = stampTime(a.ActionTS)
		if p.message != "" {
			e.Message = p.channel + ":" + p.message
		}
		rec.Events = append(rec.Events, e)
	}
	return rec, nil
}

func (c *Connector) feedback(in interaction, key, channel, thread string) connectors.Event {
	e := connectors.Event{
		Kind: connectors.Feedback, Key: key, Tenant: c.cfg.Team, Role: connectors.Agent, Author: in.User.ID, Channel: "slack",
	}
	if channel != "" && thread != "" {
		e.Conversation = channel + ":" + thread
	}
	return e
}

func (c *Connector) readView(in interaction, at time.Time) (connectors.Receipt, error) {
	if in.View.CallbackID != callbackEdit {
		return connectors.Receipt{}, nil
	}
	p, err := c.saved(in.View.PrivateMetadata, in.User.ID, at)
	if err != nil {
		return connectors.Receipt{}, err
	}
	if in.View.ID == "" {
		return connectors.Receipt{}, fmt.Errorf("view.id: missing: %w", connectors.ErrMalformed)
	}
	text := in.View.State.Values[blockReply][actionReply].Value
	if strings.TrimSpace(text) == "" {
		return connectors.Receipt{}, nil // Slack demands a text; nothing was learned without
	}
	e := c.feedback(in, "view:"+in.View.ID+":"+in.View.Hash, p.channel, p.thread)
	e.Rating = &connectors.Rating{Suggestion: p.suggestion, Verdict: "edited", Text: text, Agent: in.User.ID}
	return connectors.Receipt{Events: []connectors.Event{e}}, nil
}

func (c *Connector) readCommand(body []byte) (connectors.Receipt, error) {
	form, err := url.ParseQuery(string(body))
	if err != nil {
		return connectors.Receipt{}, fmt.Errorf("form not readable: %w", connectors.ErrMalformed)
	}
	if form.Get("ssl_check") == "1" {
		return connectors.Receipt{}, nil
	}
	org := form.Get("is_enterprise_install") == "true" && c.cfg.Enterprise != "" && form.Get("enterprise_id") == c.cfg.Enterprise
	app := form.Get("api_app_id") // absent in Slack's own published example
	if (form.Get("team_id") != c.cfg.Team && !org) || (app != "" && app != c.cfg.App) {
		return connectors.Receipt{}, fmt.Errorf("not for app %s in workspace %s: %w", c.cfg.App, c.cfg.Team, connectors.ErrForeign)
	}
	user, channel, trigger := form.Get("user_id"), form.Get("channel_id"), form.Get("trigger_id")
	if user == "" || !isID(channel, "CGD") || trigger == "" {
		return connectors.Receipt{}, fmt.Errorf("user_id, channel_id or trigger_id: missing: %w", connectors.ErrMalformed)
	}
	if !c.agent(user) {
		return reply(map[string]string{"response_type": ephemeral, "text": c.words.NotAgent})
	}
	rec, err := reply(map[string]string{"response_type": ephemeral, "text": c.words.Asked})
	if err != nil {
		return rec, err
	}
	e := connectors.Event{
		Kind: connectors.Command, Key: "command:" + trigger, Tenant: c.cfg.Team, Role: connectors.Agent,
		// A command does not tell its thread; the channel is all we know.
		Conversation: channel, Author: user, AuthorName: form.Get("user_name"), Text: form.Get("text"), Channel: "slack",
		Route: map[string]string{routeChannel: channel, routeUser: user},
	}
	if u := form.Get("response_url"); c.isResponseURL(u) {
		e.Route[routeResponse] = u
	}
	rec.Events = []connectors.Event{e}
	return rec, nil
}

// isResponseURL reports whether address is one of Slack itself: we answer there
// with a draft. With a BaseURL, Slack is whatever that names.
func (c *Connector) isResponseURL(address string) bool {
	if c.cfg.BaseURL != "" {
		a, err := url.Parse(address)
		b, err2 := url.Parse(c.cfg.BaseURL)
		return err == nil && err2 == nil && a.Host == b.Host && a.Scheme == b.Scheme
	}
	u, err := connectors.CheckHTTPS(address)
	return err == nil && u.Host == responseURLs
}
