package meta

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/sufflor/sufflor/connectors"
)

// envelope is a delivery. Its items are decoded one by one: a batch must not
// fail for one of them.
type envelope struct {
	Object string `json:"object"`
	Entry  []struct {
		ID        connectors.ID     `json:"id"`
		Time      connectors.ID     `json:"time"`
		Changes   []json.RawMessage `json:"changes"`   // WhatsApp
		Messaging []json.RawMessage `json:"messaging"` // Messenger, Instagram
		Standby   []json.RawMessage `json:"standby"`
	} `json:"entry"`
}

// Read implements [connectors.Connector].
func (c *Connector) Read(d connectors.Delivery) (connectors.Receipt, error) {
	if d.Method == http.MethodGet {
		return greet(d)
	}
	var in envelope
	if err := connectors.Decode(d.Body, &in); err != nil {
		return connectors.Receipt{}, err
	}
	r := reader{c: c, keys: map[string]bool{}}
	for _, e := range in.Entry {
		switch in.Object {
		case objectWhatsApp:
			for _, ch := range e.Changes {
				r.change(e.ID, e.Time, ch)
			}
		case objectPage, objectInstagram:
			if !r.account(e.ID) {
				continue
			}
			items := e.Messaging
			if c.cfg.Standby {
				items = slices.Concat(items, e.Standby)
			}
			for _, m := range items {
				r.messaging(in.Object, e.ID, m)
			}
		}
	}
	switch {
	case len(r.events) == 0 && r.bad > 0:
		return connectors.Receipt{}, fmt.Errorf("entry: no item of %d is readable: %w", r.bad, connectors.ErrMalformed)
	case r.foreign > 0 && r.known == 0:
		return connectors.Receipt{}, fmt.Errorf("entry: no account of it is listed under accounts: %w", connectors.ErrForeign)
	}
	slices.SortStableFunc(r.events, func(a, b connectors.Event) int { return a.At.Compare(b.At) })
	return connectors.Receipt{Events: r.events}, nil
}

// greet answers the handshake with the bare challenge.
func greet(d connectors.Delivery) (connectors.Receipt, error) {
	challenge := d.Query().Get(queryChallenge)
	odd := strings.ContainsFunc(challenge, func(r rune) bool { return r <= ' ' || r > '~' })
	if challenge == "" || len(challenge) > maxChallenge || odd {
		return connectors.Receipt{}, fmt.Errorf("%s: missing, longer than %d or not printable: %w", queryChallenge, maxChallenge, connectors.ErrMalformed)
	}
	return connectors.Receipt{Reply: &connectors.Reply{Status: http.StatusOK, Type: "text/plain; charset=utf-8", Body: []byte(challenge)}}, nil
}

// reader collects the events of a delivery.
type reader struct {
	c       *Connector
	events  []connectors.Event
	keys    map[string]bool
	bad     int // items that are not readable
	known   int // accounts of ours
	foreign int // of others
}

// account reports whether id is one of ours, and counts.
func (r *reader) account(id connectors.ID) bool {
	if !r.c.ours(id) {
		r.foreign++
		return false
	}
	r.known++
	return true
}

// keep adds e unless it is there already.
func (r *reader) keep(e connectors.Event) {
	if e.Message == "" && e.Kind != connectors.Rated && e.Kind != connectors.Ops {
		r.bad++
		return
	}
	if !r.keys[e.Key] {
		r.keys[e.Key] = true
		r.events = append(r.events, e)
	}
}

// event is what all events of a conversation have. Ids are scoped to the
// account, and so are our keys.
func event(account, customer connectors.ID, channel string, at time.Time) connectors.Event {
	return connectors.Event{
		Tenant: string(account), Conversation: string(account) + ":" + string(customer), Customer: string(customer),
		Channel: channel, At: at, Route: map[string]string{routeAccount: string(account)},
	}
}

// said makes e a message with an id. The key is the same for an echo and in
// every repetition.
func said(e connectors.Event, id string, role connectors.Role, author connectors.ID) connectors.Event {
	e.Kind, e.Message, e.Key, e.Role, e.Author = connectors.Message, id, "message:"+e.Tenant+":"+id, role, string(author)
	return e
}

// own reports whether a program of ours, or one that is listed, wrote that.
func (c *Connector) own(app connectors.ID, metadata, text string) bool {
	return slices.Contains(c.cfg.Apps, string(app)) || strings.HasPrefix(metadata, marker) || strings.Contains(text, textMarker)
}

// unix reads a time in seconds or milliseconds, which come as text or number.
func unix(id connectors.ID, unit time.Duration) (time.Time, bool) {
	n, err := strconv.ParseInt(string(id), 10, 64)
	if err != nil || n <= 0 || n > 1<<53 {
		return time.Time{}, false
	}
	if unit == time.Millisecond {
		return time.UnixMilli(n).UTC(), true
	}
	return time.Unix(n, 0).UTC(), true
}

// whatsAppMedia is a file in a message of WhatsApp.
type whatsAppMedia struct {
	ID       string `json:"id"`
	MIMEType string `json:"mime_type"`
	Filename string `json:"filename"`
	Caption  string `json:"caption"`
}

type whatsAppMessage struct {
	From      connectors.ID `json:"from"`
	To        connectors.ID `json:"to"`
	ID        string        `json:"id"`
	Timestamp connectors.ID `json:"timestamp"` // seconds
	Type      string        `json:"type"`
	Text      struct {
		Body string `json:"body"`
	} `json:"text"`
	Button struct {
		Text string `json:"text"`
	} `json:"button"`
	Interactive struct {
		ButtonReply struct {
			Title string `json:"title"`
		} `json:"button_reply"`
		ListReply struct {
			Title string `json:"title"`
		} `json:"list_reply"`
	} `json:"interactive"`
	Image    *whatsAppMedia `json:"image"`
	Document *whatsAppMedia `json:"document"`
	Audio    *whatsAppMedia `json:"audio"`
	Video    *whatsAppMedia `json:"video"`
	Sticker  *whatsAppMedia `json:"sticker"`
}

// content is what a message says, and its file.
func (m whatsAppMessage) content() (text string, file *whatsAppMedia) {
	switch m.Type {
	case "text":
		text = m.Text.Body
	case "button":
		text = m.Button.Text
	case "interactive":
		text = cmp.Or(m.Interactive.ButtonReply.Title, m.Interactive.ListReply.Title)
	case "image":
		file = m.Image
	case "document":
		file = m.Document
	case "audio":
		file = m.Audio
	case "video":
		file = m.Video
	case "sticker":
		file = m.Sticker
	}
	if file != nil {
		text = file.Caption
	}
	return text, file
}

// change is one change of WhatsApp.
func (r *reader) change(business, stamp connectors.ID, raw json.RawMessage) {
	var ch struct {
		Field string `json:"field"`
		Value struct {
			Event    string `json:"event"`
			Metadata struct {
				PhoneNumberID connectors.ID `json:"phone_number_id"`
			} `json:"metadata"`
			Contacts []struct {
				WaID    connectors.ID `json:"wa_id"`
				Profile struct {
					Name string `json:"name"`
				} `json:"profile"`
			} `json:"contacts"`
			Messages []json.RawMessage `json:"messages"`
			Echoes   []json.RawMessage `json:"message_echoes"`
		} `json:"value"`
	}
	if err := json.Unmarshal(raw, &ch); err != nil {
		r.bad++
		return
	}
	v := ch.Value
	switch ch.Field {
	case fieldMessages, fieldEchoes:
	case fieldAccount:
		r.accountUpdate(business, stamp, v.Event)
		return
	default:
		return
	}
	account := v.Metadata.PhoneNumberID
	if !r.account(account) {
		return
	}
	names := map[connectors.ID]string{}
	for _, c := range v.Contacts {
		names[c.WaID] = c.Profile.Name
	}
	for _, raw := range v.Messages {
		m, at, ok := r.whatsApp(raw)
		if !ok {
			continue
		}
		e := said(event(account, m.From, whatsApp, at), m.ID, connectors.Customer, m.From)
		e.AuthorName = names[m.From]
		r.whatsAppContent(e, m)
	}
	for _, raw := range v.Echoes {
		m, at, ok := r.whatsApp(raw)
		if !ok {
			continue
		}
		r.whatsAppContent(said(event(account, m.To, whatsApp, at), m.ID, connectors.Agent, m.From), m)
	}
}

// whatsApp decodes one message.
func (r *reader) whatsApp(raw json.RawMessage) (m whatsAppMessage, at time.Time, ok bool) {
	if err := json.Unmarshal(raw, &m); err != nil {
		r.bad++
		return m, at, false
	}
	at, ok = unix(m.Timestamp, time.Second)
	if !ok || m.From == "" || m.ID == "" {
		r.bad++
		return m, at, false
	}
	return m, at, true
}

// whatsAppContent keeps e with what m says. Reactions, system messages and
// what Meta itself cannot show say nothing.
func (r *reader) whatsAppContent(e connectors.Event, m whatsAppMessage) {
	text, file := m.content()
	if e.Role == connectors.Agent && (m.To == "" || r.c.own("", "", text)) {
		return
	}
	e.Text = text
	if file != nil && file.ID != "" {
		e.Attachments = []connectors.Attachment{{ID: file.ID, Name: file.Filename, Type: file.MIMEType}}
	}
	if strings.TrimSpace(text) == "" && len(e.Attachments) == 0 {
		return
	}
	r.keep(e)
}

// accountUpdate tells an administrator that Meta restricted an account.
func (r *reader) accountUpdate(business, stamp connectors.ID, what string) {
	const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ_"
	if what == "" || len(what) > 60 || strings.Trim(what, letters) != "" || !r.account(business) {
		return
	}
	at, _ := unix(stamp, time.Second)
	r.keep(connectors.Event{
		Kind: connectors.Ops, Key: "ops:" + string(business) + ":" + what + ":" + string(stamp), Tenant: string(business), Channel: whatsApp, At: at,
		Detail: "Meta changed the state of WhatsApp Business account " + string(business) + " (" + what + "); look at business.facebook.com",
	})
}

// item is one event of Messenger or Instagram.
type item struct {
	Sender struct {
		ID connectors.ID `json:"id"`
	} `json:"sender"`
	Recipient struct {
		ID connectors.ID `json:"id"`
	} `json:"recipient"`
	Timestamp connectors.ID `json:"timestamp"` // milliseconds
	Message   *struct {
		Mid         string        `json:"mid"`
		IsEcho      bool          `json:"is_echo"`
		IsDeleted   bool          `json:"is_deleted"`
		AppID       connectors.ID `json:"app_id"`
		Metadata    string        `json:"metadata"`
		Text        string        `json:"text"`
		Unsupported bool          `json:"is_unsupported"`
		QuickReply  struct {
			Payload string `json:"payload"`
		} `json:"quick_reply"`
		Attachments []struct {
			Type    string `json:"type"`
			Payload struct {
				URL string `json:"url"`
			} `json:"payload"`
		} `json:"attachments"`
	} `json:"message"`
	Postback *struct {
		Mid   string `json:"mid"`
		Title string `json:"title"`
	} `json:"postback"`
	Edit *struct {
		Mid  string        `json:"mid"`
		Text string        `json:"text"`
		Num  connectors.ID `json:"num_edit"`
	} `json:"message_edit"` // unverified
	Feedback *struct {
		Screens []struct {
			Questions map[string]struct {
				Type     string        `json:"type"`
				Payload  connectors.ID `json:"payload"`
				FollowUp struct {
					Payload string `json:"payload"`
				} `json:"follow_up"`
			} `json:"questions"`
		} `json:"feedback_screens"`
	} `json:"messaging_feedback"` // unverified
}

// messaging is one item of Messenger or Instagram. Receipts of delivery and
// reading, and whatever else Meta adds, say nothing.
func (r *reader) messaging(object string, account connectors.ID, raw json.RawMessage) {
	var m item
	if err := json.Unmarshal(raw, &m); err != nil {
		r.bad++
		return
	}
	if m.Message == nil && m.Postback == nil && m.Edit == nil && m.Feedback == nil {
		return
	}
	at, ok := unix(m.Timestamp, time.Millisecond)
	if !ok || m.Sender.ID == "" || m.Recipient.ID == "" {
		r.bad++
		return
	}
	channel := messenger
	if object == objectInstagram {
		channel = instagram
	}
	role, customer := connectors.Customer, m.Sender.ID
	if m.Sender.ID == account || (m.Message != nil && m.Message.IsEcho) {
		role, customer = connectors.Agent, m.Recipient.ID
	}
	e := event(account, customer, channel, at)
	switch {
	case m.Message != nil:
		r.message(e, m, role)
	case m.Postback != nil && role == connectors.Customer:
		e = said(e, m.Postback.Mid, role, m.Sender.ID)
		if e.Text = m.Postback.Title; strings.TrimSpace(e.Text) != "" {
			r.keep(e)
		}
	case m.Edit != nil:
		if r.c.own("", "", m.Edit.Text) {
			return
		}
		e = said(e, m.Edit.Mid, role, m.Sender.ID)
		e.Kind, e.Text = connectors.Edited, m.Edit.Text
		e.Key = "edited:" + e.Tenant + ":" + m.Edit.Mid + ":" + cmp.Or(string(m.Edit.Num), string(m.Timestamp))
		r.keep(e)
	case m.Feedback != nil && role == connectors.Customer:
		r.feedback(e, m)
	}
}

func (r *reader) message(e connectors.Event, m item, role connectors.Role) {
	in := m.Message
	if role == connectors.Agent && r.c.own(in.AppID, in.Metadata, in.Text) {
		return
	}
	e = said(e, in.Mid, role, m.Sender.ID)
	if in.IsDeleted {
		e.Kind, e.Key = connectors.Deleted, "deleted:"+e.Tenant+":"+in.Mid
		r.keep(e)
		return
	}
	e.Text = cmp.Or(in.Text, in.QuickReply.Payload)
	for i, a := range in.Attachments {
		if a.Payload.URL == "" || a.Type == "fallback" || a.Type == "template" { // a link's preview, a form: no files
			continue
		}
		e.Attachments = append(e.Attachments, connectors.Attachment{ID: in.Mid + ":" + strconv.Itoa(i), Name: a.Type, URL: a.Payload.URL})
	}
	if strings.TrimSpace(e.Text) == "" && len(e.Attachments) == 0 {
		return
	}
	r.keep(e)
}

// feedback is what a customer answered to Messenger's form. Several questions
// are one rating each.
func (r *reader) feedback(e connectors.Event, m item) {
	for i, s := range m.Feedback.Screens {
		for _, name := range slices.Sorted(maps.Keys(s.Questions)) {
			q := s.Questions[name]
			scale, known := scales[q.Type]
			n, err := strconv.ParseFloat(string(q.Payload), 64)
			if !known || err != nil || !(n >= scale.worst && n <= scale.best) {
				continue
			}
			e.Kind, e.Role = connectors.Rated, connectors.Customer
			e.Author = string(m.Sender.ID)
			e.Key = "rated:" + e.Conversation + ":" + string(m.Timestamp) + ":" + strconv.Itoa(i) + ":" + name
			e.Score = &connectors.Score{Value: (n - scale.worst) / (scale.best - scale.worst), Comment: q.FollowUp.Payload}
			r.keep(e)
		}
	}
}
