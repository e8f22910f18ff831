package livechat_test

import (
	"crypto/tls"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/sufflor/sufflor/config"
	"github.com/sufflor/sufflor/connectors"
	"github.com/sufflor/sufflor/connectors/connectortest"
	"github.com/sufflor/sufflor/connectors/livechat"
)

const (
	agentAPI  = "/v3.6/agent/action/"
	configAPI = "/v3.6/configuration/action/"
)

type elementIn struct {
	Title   string `json:"title"`
	Buttons []struct {
		Text     string   `json:"text"`
		Postback string   `json:"postback_id"`
		Users    []string `json:"user_ids"`
	} `json:"buttons"`
}

type eventIn struct {
	Type       string      `json:"type"`
	Visibility string      `json:"visibility"`
	CustomID   string      `json:"custom_id"`
	Text       string      `json:"text"`
	Template   string      `json:"template_id"`
	Elements   []elementIn `json:"elements"`
}

type sendIn struct {
	ChatID string  `json:"chat_id"`
	Event  eventIn `json:"event"`
}

type eventOut struct {
	ID         string `json:"id"`
	CustomID   string `json:"custom_id,omitempty"`
	CreatedAt  string `json:"created_at"`
	Type       string `json:"type"`
	AuthorID   string `json:"author_id"`
	Visibility string `json:"visibility"`
	Text       string `json:"text"`
	Deleted    bool   `json:"deleted,omitempty"`
}

type object = map[string]any

// desk is one chat of a license.
type desk struct {
	*connectortest.Fake

	mu     sync.Mutex
	events []eventOut
	users  []object
	ids    []string
	closed bool
	rating object
	shown  string // visibility that events get, whatever was asked; empty: as asked
	lost   bool   // events are taken and not listed
	cards  object // answered to cards, if not nil
}

func (d *desk) thread() object {
	return object{
		"id": threadID, "active": !d.closed, "user_ids": d.ids, "events": d.events, "created_at": "2026-07-25T17:19:00Z",
		"access": object{"group_ids": []int{7}}, "tags": []string{"delivery"}, "properties": object{"rating": d.rating},
	}
}

func refusal(kind string) object {
	return object{"error": object{"type": kind, "message": "quotes what was sent", "data": object{}}}
}

func newDesk(t *testing.T) *desk {
	t.Helper()
	d := &desk{
		Fake:  connectortest.NewFake(t, connectortest.Bearer("dal:token")),
		ids:   []string{customer, agent},
		users: []object{{"id": customer, "type": "customer", "name": "Anna"}, {"id": agent, "type": "agent", "name": "Jonas", "visibility": "all"}},
		events: []eventOut{{
			ID: "K600PKZON8_7", CreatedAt: "2026-07-25T17:19:53.412000Z", Type: "message", AuthorID: customer, Visibility: "all",
			Text: "Hallo, meine Bestellung #55871 ist seit 5 Tagen überfällig 😕 – wann kommt sie an?",
		}},
	}
	type chatIn struct {
		ChatID   string `json:"chat_id"`
		ThreadID string `json:"thread_id"`
	}
	connectortest.Take(d.Fake, "POST "+agentAPI+"get_chat", func(in chatIn, _ connectortest.Call) (int, any) {
		d.mu.Lock()
		defer d.mu.Unlock()
		if in.ChatID != chatID || (in.ThreadID != "" && in.ThreadID != threadID) {
			return http.StatusNotFound, refusal("not_found")
		}
		return http.StatusOK, object{"id": chatID, "users": d.users, "thread": d.thread(), "access": object{"group_ids": []int{7}}}
	})
	type addIn struct {
		ChatID     string `json:"chat_id"`
		UserID     string `json:"user_id"`
		UserType   string `json:"user_type"`
		Visibility string `json:"visibility"`
		Ignore     bool   `json:"ignore_requester_presence"`
	}
	connectortest.Take(d.Fake, "POST "+agentAPI+"add_user_to_chat", func(in addIn, _ connectortest.Call) (int, any) {
		d.mu.Lock()
		defer d.mu.Unlock()
		if in != (addIn{chatID, bot, "agent", "agents", true}) {
			t.Errorf("who is let in, and how: %+v", in)
		}
		d.users = append(d.users, object{"id": bot, "type": "agent", "visibility": "agents"})
		d.ids = append(d.ids, bot)
		return http.StatusOK, nil
	})
	connectortest.Take(d.Fake, "POST "+agentAPI+"send_event", func(in sendIn, _ connectortest.Call) (int, any) {
		d.mu.Lock()
		defer d.mu.Unlock()
		if in.Event.Visibility != "agents" {
			t.Errorf("a customer would see this: %+v", in)
		}
		switch {
		case in.ChatID != chatID:
			return http.StatusBadRequest, refusal("not_found")
		case d.closed:
			return http.StatusBadRequest, refusal("chat_inactive")
		case !contains(d.ids, bot):
			t.Error("the bot is not in the chat")
			return http.StatusBadRequest, refusal("requester_user_not_present")
		case in.Event.Type == "rich_message" && d.cards != nil:
			return http.StatusBadRequest, d.cards
		}
		id := fmt.Sprintf("K600PKZON8_%d", 20+len(d.events))
		visibility := in.Event.Visibility
		if d.shown != "" {
			visibility = d.shown
		}
		if !d.lost {
			d.events = append(d.events, eventOut{
				ID: id, CustomID: in.Event.CustomID, CreatedAt: "2026-07-25T17:20:00Z", Type: in.Event.Type, AuthorID: bot,
				Visibility: visibility, Text: in.Event.Text,
			})
		}
		return http.StatusOK, object{"event_id": id}
	})
	return d
}

func contains(all []string, one string) bool {
	return strings.Contains("|"+strings.Join(all, "|")+"|", "|"+one+"|")
}

func (d *desk) connect(t *testing.T, change func(*livechat.Config)) *livechat.Connector {
	t.Helper()
	cfg := settings()
	cfg.BaseURL = d.URL
	if change != nil {
		change(&cfg)
	}
	c, err := livechat.New(cfg, nil)
	require.NoError(t, err)
	return c
}

func (d *desk) actions() []string {
	var out []string
	for _, l := range d.Lines() {
		out = append(out, l[strings.LastIndexByte(l, '/')+1:])
	}
	return out
}

// sent are the events that were sent.
func (d *desk) sent(t *testing.T) []eventIn {
	t.Helper()
	var out []eventIn
	for _, c := range d.Calls() {
		if strings.HasSuffix(c.Line, "send_event") {
			var in sendIn
			require.NoError(t, json.Unmarshal(c.Body, &in))
			out = append(out, in.Event)
		}
	}
	return out
}

func note() connectors.Note {
	return connectors.Note{
		Suggestion: "sg_01K0NEW", Conversation: chatID, Message: "K600PKZON8_7", Flag: "medium", Reasons: []string{"one of two sentences is quoted"},
		Text: "Guten Tag <Anna> & Co,\nheute versendet.\n\nGruß",
		Citations: []connectors.Citation{
			{Number: 1, Title: "Versand", Where: "p. 3", URL: "https://kb.example/1"}, {Number: 2, Title: "Böse", URL: "javascript:alert(1)"},
		},
		PanelURL: "https://copilot.example/s/1", Route: map[string]string{"chat": chatID, "thread": threadID},
	}
}

func TestNoteIsForAgentsOnly(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	c := d.connect(t, func(cfg *livechat.Config) { cfg.Language = "de" })
	id, err := connectors.Deliver(t.Context(), c, note())
	require.NoError(t, err)
	require.Equal(t, "K600PKZON8_21", id)
	require.Equal(t, []string{"get_chat", "add_user_to_chat", "send_event", "send_event", "get_chat"}, d.actions())
	require.Equal(t, "dal", d.Calls()[0].Header.Get("X-Region"))

	sent := d.sent(t)
	require.Len(t, sent, 2)
	require.Equal(t, "message", sent[0].Type)
	require.Equal(t, "copilot:sg_01K0NEW", sent[0].CustomID)
	require.NotContains(t, sent[0].Text, "javascript:")
	connectortest.Golden(t, "note_de.golden", []byte(sent[0].Text+"\n"))

	card := sent[1]
	require.Equal(t, "rich_message", card.Type)
	require.Equal(t, "cards", card.Template)
	require.Equal(t, "[Copilot sg_01K0NEW] Erst prüfen", card.Elements[0].Title, "our marker, should the card come back, and the flag")
	require.Len(t, card.Elements[0].Buttons, 2)
	require.Equal(t, "Hilfreich", card.Elements[0].Buttons[0].Text)
	connectortest.Golden(t, "card_de.golden", []byte(string(d.Calls()[3].Body)+"\n"))
	require.NotContains(t, string(d.Calls()[3].Body), `"type":"message"`, "such a button would speak in the chat")

	// Pressing what was shown is feedback.
	press := `{"user_id":"` + agent + `","chat_id":"` + chatID + `","thread_id":"` + threadID + `","event_id":"K600PKZON8_22","postback":{"id":"` +
		card.Elements[0].Buttons[1].Postback + `","toggled":true}}`
	got := read(t, c, delivery("incoming_rich_message_postback", press))
	require.Len(t, got, 1)
	require.Equal(t, "down", got[0].Rating.Verdict)
	require.Equal(t, "sg_01K0NEW", got[0].Rating.Suggestion)
}

func TestNoteIsWrittenOnce(t *testing.T) {
	t.Parallel()
	for name, fault := range map[string]connectortest.Fault{
		"the answer to the note is lost":       {Times: 1, Only: "POST " + agentAPI + "send_event", Done: true, Cut: true},
		"the answer comes as a fault":          {Times: 1, Only: "POST " + agentAPI + "send_event", Done: true, Status: 502},
		"the answer to the invitation is lost": {Times: 1, Only: "POST " + agentAPI + "add_user_to_chat", Done: true, Cut: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := newDesk(t)
			c := d.connect(t, nil)
			d.Fail(&fault)
			_, err := connectors.Deliver(t.Context(), c, note())
			require.Error(t, err)
			require.False(t, connectors.IsPermanent(err), "%v", err)
			id, err := connectors.Deliver(t.Context(), c, note())
			require.NoError(t, err)
			require.Equal(t, "K600PKZON8_21", id)
			_, err = connectors.Deliver(t.Context(), c, note())
			require.NoError(t, err)
			require.Len(t, d.sent(t), 2, "one note, one card")
		})
	}
}

func TestNoteThatIsNotCertainlyPrivate(t *testing.T) {
	t.Parallel()
	t.Run("one that others see raises an alarm, each time", func(t *testing.T) {
		t.Parallel()
		d := newDesk(t)
		d.shown = "all"
		c := d.connect(t, nil)
		for range 2 {
			_, err := connectors.Deliver(t.Context(), c, note())
			require.ErrorIs(t, err, connectors.ErrVisible)
			require.True(t, connectors.IsPermanent(err), "never again")
		}
	})
	t.Run("a bot that is in the chat for everybody writes nothing", func(t *testing.T) {
		t.Parallel()
		d := newDesk(t)
		d.ids = append(d.ids, bot)
		d.users = append(d.users, object{"id": bot, "type": "agent", "visibility": "all"})
		_, err := connectors.Deliver(t.Context(), d.connect(t, nil), note())
		require.ErrorContains(t, err, "for everybody")
		require.True(t, connectors.IsPermanent(err))
		require.Equal(t, []string{"get_chat"}, d.actions())
	})
	t.Run("a bot that left is let in again for agents", func(t *testing.T) {
		t.Parallel()
		d := newDesk(t)
		d.users = append(d.users, object{"id": bot, "type": "agent", "visibility": "all"})
		_, err := connectors.Deliver(t.Context(), d.connect(t, nil), note())
		require.NoError(t, err)
	})
	t.Run("one that is not listed is looked for again", func(t *testing.T) {
		t.Parallel()
		d := newDesk(t)
		d.lost = true
		_, err := connectors.Deliver(t.Context(), d.connect(t, nil), note())
		require.ErrorContains(t, err, "does not show the note yet")
		require.False(t, connectors.IsPermanent(err))
	})
}

func TestNoteThatComesTooLate(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.closed = true
	_, err := connectors.Deliver(t.Context(), d.connect(t, nil), note())
	require.ErrorContains(t, err, "is closed")
	require.True(t, connectors.IsPermanent(err))

	n := note()
	n.Route["thread"] = "K600PKZOM8"
	_, err = connectors.Deliver(t.Context(), newDesk(t).connect(t, nil), n)
	require.ErrorContains(t, err, "thread K600PKZOM8 is over")
	require.True(t, connectors.IsPermanent(err))
}

func TestButtons(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	_, err := connectors.Deliver(t.Context(), d.connect(t, func(c *livechat.Config) { c.Buttons = livechat.NoButtons }), note())
	require.NoError(t, err)
	require.Len(t, d.sent(t), 1)

	d = newDesk(t)
	d.cards = refusal("validation")
	_, err = connectors.Deliver(t.Context(), d.connect(t, nil), note())
	require.NoError(t, err, "cards that are refused cost the buttons, not the note")

	d = newDesk(t)
	n := note()
	n.Text, n.Flag = "", "none"
	_, err = connectors.Deliver(t.Context(), d.connect(t, nil), n)
	require.NoError(t, err)
	require.Len(t, d.sent(t), 1, "without a draft there is nothing to judge")
}

func TestNoteNeedsAChat(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(*connectors.Note, *livechat.Config){
		"no route":   func(n *connectors.Note, _ *livechat.Config) { n.Route = nil },
		"a path":     func(n *connectors.Note, _ *livechat.Config) { n.Route["chat"] = "a/../b" },
		"notes off":  func(_ *connectors.Note, c *livechat.Config) { c.Notes = livechat.Off },
		"without it": func(_ *connectors.Note, c *livechat.Config) { c.Token = config.Secret{} },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d, n := newDesk(t), note()
			c := d.connect(t, func(cfg *livechat.Config) { change(&n, cfg) })
			_, err := c.Note(t.Context(), n)
			require.True(t, connectors.IsPermanent(err), "%v", err)
			require.Empty(t, d.Lines())
		})
	}
	require.True(t, newDesk(t).connect(t, func(c *livechat.Config) { c.Notes = livechat.Off }).Silent())
	require.False(t, newDesk(t).connect(t, nil).Silent())
}

func TestNoteFaults(t *testing.T) {
	t.Parallel()
	connectortest.NoteFaults(t, note(), func(t *testing.T, client *connectors.Client) (*connectortest.Fake, connectors.Noter) {
		t.Helper()
		d := newDesk(t)
		cfg := settings()
		cfg.BaseURL = d.URL
		c, err := livechat.New(cfg, client)
		require.NoError(t, err)
		return d.Fake, c
	})
}

// Which status goes with a type of error is not documented: the type decides.
func TestErrorsByType(t *testing.T) {
	t.Parallel()
	tests := []struct {
		kind      string
		status    int
		permanent bool
		gone      bool
	}{
		{"authentication", 400, true, true},
		{"authorization", 400, true, false},
		{"too_many_requests", 400, false, false},
		{"request_timeout", 400, false, false},
		{"internal", 400, false, false},
		{"chat_inactive", 500, true, false},
		{"not_found", 500, true, false},
		{"misdirected_request", 500, true, false},
		{"something_new", 422, true, false},
	}
	for _, tt := range tests {
		t.Run(tt.kind, func(t *testing.T) {
			t.Parallel()
			d := newDesk(t)
			body, err := json.Marshal(refusal(tt.kind))
			require.NoError(t, err)
			d.Fail(&connectortest.Fault{Status: tt.status, Body: string(body)})
			_, err = connectors.Deliver(t.Context(), d.connect(t, nil), note())
			require.Equal(t, tt.permanent, connectors.IsPermanent(err), "%v", err)
			require.NotContains(t, err.Error(), "quotes")
			if tt.gone {
				require.ErrorIs(t, err, connectors.ErrGone)
			} else {
				require.NotErrorIs(t, err, connectors.ErrGone)
			}
		})
	}
}

func TestTheOtherRegionIsAsked(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	c := d.connect(t, func(cfg *livechat.Config) { cfg.Region = "" })
	d.Fail(&connectortest.Fault{Times: 1, Status: 421, Body: `{"error":{"type":"misdirected_request","data":{"region":"fra"}}}`})
	_, err := connectors.Deliver(t.Context(), c, note())
	require.NoError(t, err)
	calls := d.Calls()
	require.Empty(t, calls[0].Header.Get("X-Region"))
	for _, call := range calls[1:] {
		require.Equal(t, "fra", call.Header.Get("X-Region"), "it is remembered")
	}
}

func TestPersonalAccessToken(t *testing.T) {
	t.Parallel()
	const account = "390e44e6-0000-4368-a6dd-74a14508c2e1"
	f := connectortest.NewFake(t, func(r *http.Request) bool {
		user, password, ok := r.BasicAuth()
		return ok && user == account && password == "dal:token"
	})
	f.Raw("POST "+agentAPI+"get_chat", func(connectortest.Call) (int, any) { return http.StatusNotFound, refusal("not_found") })
	cfg := settings()
	cfg.BaseURL, cfg.Account = f.URL, account
	c, err := livechat.New(cfg, nil)
	require.NoError(t, err)
	_, err = c.Note(t.Context(), note())
	require.ErrorContains(t, err, "not there any more")
}

func fromAPI(c *livechat.Config) { c.Source = livechat.FromAPI }

// The delivery is not signed: whatever it says, what the API says counts.
func TestMessagesAreReadAgain(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	c := d.connect(t, fromAPI)
	hints := read(t, c, sample(t, "incoming_event_customer_tampered.json"))
	require.Len(t, hints, 1)
	require.Equal(t, connectors.Fetch, hints[0].Kind)
	require.Empty(t, hints[0].Text)

	got, err := c.Fetch(t.Context(), hints[0])
	require.NoError(t, err)
	require.Len(t, got, 1)
	require.Contains(t, got[0].Text, "#55871", "what was forged is #55872")
	require.Equal(t, "Anna", got[0].AuthorName)
	require.Equal(t, "7", got[0].Group)
	straight := read(t, connector(t), sample(t, "incoming_event_customer.json"))
	require.Equal(t, straight[0].Key, got[0].Key, "one event however we learn of it")

	d.mu.Lock()
	d.events = nil
	d.mu.Unlock()
	_, err = c.Fetch(t.Context(), hints[0])
	require.True(t, connectors.IsPermanent(err), "what the API does not know never happened: %v", err)
}

func TestDeletionsAreReadAgain(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	c := d.connect(t, fromAPI)
	body := delivery("event_deleted", `{"chat_id":"PJ0MRSHTDG","thread_id":"K600PKZON8","event_id":"K600PKZON8_7"}`)
	hint := read(t, c, body)[0]
	require.Equal(t, connectors.Fetch, hint.Kind)
	_, err := c.Fetch(t.Context(), hint)
	require.True(t, connectors.IsPermanent(err), "nobody has messages forgotten by forging a delivery: %v", err)

	want := read(t, connector(t), body)
	for name, events := range map[string][]eventOut{"gone": nil, "marked": {{ID: "K600PKZON8_7", CreatedAt: "2026-07-25T17:19:53Z", Type: "message", AuthorID: customer, Visibility: "all", Deleted: true}}} {
		d.mu.Lock()
		d.events = events
		d.mu.Unlock()
		got, err := c.Fetch(t.Context(), hint)
		require.NoError(t, err, name)
		require.Equal(t, want, got, name)
	}
}

func TestFetchRefusesWhatIsNotOurs(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	c := d.connect(t, nil)
	for _, e := range []connectors.Event{
		{Key: "k"}, {Key: "k", Route: map[string]string{"chat": "a/b", "reason": "event"}}, {Key: "k", Route: map[string]string{"chat": chatID}},
	} {
		_, err := c.Fetch(t.Context(), e)
		require.True(t, connectors.IsPermanent(err), "%v", err)
	}
	require.Empty(t, d.Lines())
}

func TestFetchOfARating(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	c := d.connect(t, nil)
	hint := read(t, c, delivery("thread_properties_updated",
		`{"chat_id":"PJ0MRSHTDG","thread_id":"K600PKZON8","properties":{"rating":{"comment":"Danke"}}}`))[0]
	got, err := c.Fetch(t.Context(), hint)
	require.NoError(t, err)
	require.Empty(t, got, "no score yet")

	d.mu.Lock()
	d.rating = object{"score": 1, "comment": "Danke"}
	d.mu.Unlock()
	got, err = c.Fetch(t.Context(), hint)
	require.NoError(t, err)
	require.Equal(t, &connectors.Score{Value: 1, Comment: "Danke"}, got[0].Score)
	whole := read(t, c, delivery("thread_properties_updated",
		`{"chat_id":"PJ0MRSHTDG","thread_id":"K600PKZON8","properties":{"rating":{"score":1,"comment":"Danke"}}}`))
	require.Equal(t, whole[0].Key, got[0].Key)
}

// listing lets d list its chat and, before it, quiet ones, a page at a time.
func (d *desk) listing(t *testing.T, pages int) {
	t.Helper()
	type in struct {
		Filters *struct {
			Without bool `json:"include_chats_without_threads"`
		} `json:"filters"`
		SortOrder string `json:"sort_order"`
		Limit     int    `json:"limit"`
		PageID    string `json:"page_id"`
	}
	connectortest.Take(d.Fake, "POST "+agentAPI+"list_chats", func(q in, _ connectortest.Call) (int, any) {
		d.mu.Lock()
		defer d.mu.Unlock()
		page := 0
		if q.PageID != "" {
			if q.Filters != nil || q.SortOrder != "" || q.Limit != 0 {
				t.Errorf("a page's id must come alone: %+v", q)
			}
			_, err := fmt.Sscanf(q.PageID, "page%d", &page)
			require.NoError(t, err)
		}
		last := object{}
		for _, e := range d.events {
			last[e.Type] = object{"thread_id": threadID, "event": e}
		}
		out := object{"found_chats": pages, "chats_summary": []object{
			{"id": chatID, "users": d.users, "last_event_per_type": last, "last_thread_summary": object{"id": threadID, "created_at": "2026-07-25T17:19:00Z"}},
			{"id": "QUIETCHAT", "last_thread_summary": object{"id": "T", "created_at": "2020-01-01T00:00:00Z"}},
		}}
		if page+1 < pages {
			out["next_page_id"] = fmt.Sprintf("page%d", page+1)
		}
		return http.StatusOK, out
	})
	type threadsIn struct {
		ChatID string `json:"chat_id"`
		Events int    `json:"min_events_count"`
	}
	connectortest.Take(d.Fake, "POST "+agentAPI+"list_threads", func(q threadsIn, _ connectortest.Call) (int, any) {
		d.mu.Lock()
		defer d.mu.Unlock()
		if q.ChatID != chatID {
			t.Errorf("nothing happened in chat %s", q.ChatID)
		}
		return http.StatusOK, object{"threads": []object{d.thread()}, "found_threads": 1}
	})
}

func TestPoll(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.listing(t, 1)
	c := d.connect(t, nil)
	since := time.Date(2026, 7, 25, 17, 0, 0, 0, time.UTC)

	page, err := c.Poll(t.Context(), "", since)
	require.NoError(t, err)
	require.False(t, page.More)
	require.Len(t, page.Events, 1)
	straight := read(t, c, sample(t, "incoming_event_customer.json"))[0]
	require.Equal(t, straight.Key, page.Events[0].Key)
	require.Equal(t, straight.Text, page.Events[0].Text)
	require.Equal(t, straight.At, page.Events[0].At)

	// What happens later is found from where the first poll ended.
	d.mu.Lock()
	d.events = append(d.events, eventOut{ID: "K600PKZON8_8", CreatedAt: "2026-07-25T18:19:53Z", Type: "message", AuthorID: agent, Visibility: "all", Text: "Moin"})
	d.closed, d.rating = true, object{"score": 0}
	d.mu.Unlock()
	page, err = c.Poll(t.Context(), page.Cursor, since)
	require.NoError(t, err)
	require.Len(t, page.Events, 4)
	require.Equal(t, straight.Key, page.Events[0].Key, "a little is read again, and known by its key")
	require.Equal(t, "event:PJ0MRSHTDG:K600PKZON8_8", page.Events[1].Key)
	require.Equal(t, connectors.Rated, page.Events[2].Kind)
	require.Equal(t, connectors.Closed, page.Events[3].Kind)
	require.Equal(t, read(t, c, delivery("chat_deactivated", `{"chat_id":"PJ0MRSHTDG","thread_id":"K600PKZON8"}`))[0].Key, page.Events[3].Key)

	// What was deleted meanwhile is told so, with the key that its delivery has.
	d.mu.Lock()
	d.events[1].Deleted = true
	d.mu.Unlock()
	gone, err := c.Poll(t.Context(), page.Cursor, since)
	require.NoError(t, err)
	require.Equal(t, read(t, c, delivery("event_deleted", `{"chat_id":"PJ0MRSHTDG","thread_id":"K600PKZON8","event_id":"K600PKZON8_8"}`))[0], gone.Events[0])

	// Quiet afterwards, apart from what overlaps.
	again, err := c.Poll(t.Context(), page.Cursor, since)
	require.NoError(t, err)
	require.Equal(t, page.Cursor, again.Cursor)
}

func TestPollGoesThroughPages(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.listing(t, 3)
	c := d.connect(t, nil)
	cursor, n := "", 0
	for {
		page, err := c.Poll(t.Context(), cursor, time.Date(2026, 7, 25, 17, 0, 0, 0, time.UTC))
		require.NoError(t, err)
		require.LessOrEqual(t, len(page.Cursor), 4<<10)
		cursor = page.Cursor
		if n++; !page.More {
			break
		}
	}
	require.Equal(t, 3, n)
	page, err := c.Poll(t.Context(), "", time.Date(2027, 1, 1, 0, 0, 0, 0, time.UTC))
	require.NoError(t, err)
	require.False(t, page.More, "nothing new on a page ends the sweep")
	require.Empty(t, page.Events)

	_, err = c.Poll(t.Context(), "not ours", time.Time{})
	require.ErrorIs(t, err, connectors.ErrMalformed)
}

func TestOpen(t *testing.T) {
	t.Parallel()
	s := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") != "" {
			t.Error("the token went to a host that a delivery named")
		}
		switch r.URL.Path {
		case "/ok":
			w.Header().Set("Content-Type", "image/jpeg")
			_, _ = w.Write([]byte("picture"))
		case "/away":
			http.Redirect(w, r, "/ok", http.StatusFound)
		case "/inside":
			http.Redirect(w, r, "https://10.0.0.1/metadata", http.StatusFound)
		case "/plain":
			http.Redirect(w, r, "http://cdn.livechat-files.com/x", http.StatusFound)
		case "/round":
			http.Redirect(w, r, "/round", http.StatusFound)
		case "/huge":
			_, _ = w.Write(make([]byte, 5<<20))
		}
	}))
	t.Cleanup(s.Close)
	tr, ok := s.Client().Transport.(*http.Transport)
	require.True(t, ok)
	client := connectors.NewClient(0, &http.Transport{TLSClientConfig: &tls.Config{RootCAs: tr.TLSClientConfig.RootCAs, MinVersion: tls.VersionTLS12}}, nil)
	c, err := livechat.New(settings(), client)
	require.NoError(t, err)
	open := func(url string, size, limit int64) (connectors.File, error) {
		return c.Open(t.Context(), connectors.Event{}, connectors.Attachment{Name: "etikett.jpg", URL: url, Size: size}, limit)
	}
	_, err = open(s.URL+"/ok", 0, 100)
	blocked := &connectors.BlockedError{}
	require.ErrorAs(t, err, &blocked, "our own network is not LiveChat's")
	require.True(t, connectors.IsPermanent(err))

	c.AllowFiles(netip.MustParsePrefix("127.0.0.0/8"))
	got, err := open(s.URL+"/ok", 7, 100)
	require.NoError(t, err)
	require.Equal(t, connectors.File{Name: "etikett.jpg", Type: "image/jpeg", Data: []byte("picture")}, got)

	_, err = open(s.URL+"/ok", 7, 6)
	require.ErrorIs(t, err, connectors.ErrTooLarge, "said to be too large")
	_, err = open(s.URL+"/ok", 0, 6)
	require.ErrorIs(t, err, connectors.ErrTooLarge, "found to be too large")
	_, err = open(s.URL+"/huge", 0, 4<<20)
	require.ErrorIs(t, err, connectors.ErrTooLarge)
	got, err = open(s.URL+"/away", 0, 100)
	require.NoError(t, err)
	require.Equal(t, "picture", string(got.Data), "a redirect is followed")
	for _, path := range []string{"/inside", "/plain"} {
		_, err = open(s.URL+path, 0, 100)
		require.ErrorAs(t, err, &blocked, "but not everywhere: %s", path)
	}
	_, err = open(s.URL+"/round", 0, 100)
	require.True(t, connectors.IsPermanent(err), "nor for ever: %v", err)
	_, err = open("http://cdn.livechat-files.com/x", 0, 100)
	require.ErrorAs(t, err, &blocked)
}

func TestTest(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.listing(t, 1)
	type owner struct {
		Client string `json:"owner_client_id"`
	}
	var hooks []object
	enabled := true
	connectortest.Take(d.Fake, "POST "+configAPI+"get_license_webhooks_state", func(owner, connectortest.Call) (int, any) {
		return http.StatusOK, object{"license_webhooks_enabled": enabled}
	})
	connectortest.Take(d.Fake, "POST "+configAPI+"list_webhooks", func(in owner, _ connectortest.Call) (int, any) {
		require.Equal(t, settings().Client, in.Client)
		return http.StatusOK, hooks
	})
	c := d.connect(t, nil)
	verdicts := func() (map[string]bool, string) {
		out, hints := map[string]bool{}, ""
		for _, f := range c.Test(t.Context()) {
			out[f.What] = f.OK
			require.Equal(t, f.OK, f.Hint == "", "%+v", f)
			hints += f.Hint + "\n"
		}
		return out, hints
	}
	for _, action := range []string{"incoming_event", "incoming_rich_message_postback", "chat_deactivated"} {
		hooks = append(hooks, object{"action": action, "url": "https://copilot.example/hooks/livechat/" + pathToken})
	}
	got, _ := verdicts()
	require.Equal(t, map[string]bool{"token": true, "may read chats": true, "may write notes": true, "webhooks enabled": true, "webhooks registered": true}, got)

	hooks[1]["url"], enabled = "https://copilot.example/hooks/livechat/old", false
	got, hints := verdicts()
	require.False(t, got["webhooks registered"])
	require.Contains(t, hints, "incoming_rich_message_postback")
	require.False(t, got["webhooks enabled"])

	d.Fail(&connectortest.Fault{Only: "POST " + agentAPI + "send_event", Status: 403, Body: `{"error":{"type":"authorization"}}`})
	got, hints = verdicts()
	require.False(t, got["may write notes"])
	require.Contains(t, hints, "chats--all:rw")
	require.NotContains(t, hints, "dal:token")

	d.Fail(&connectortest.Fault{Status: 401, Body: `{"error":{"type":"authentication"}}`})
	got, _ = verdicts()
	require.Equal(t, map[string]bool{"token": false}, got, "nothing more can be asked")
	require.Len(t, d.events, 1, "nothing was written")
}

func TestPackage(t *testing.T) {
	t.Parallel()
	cfg := settings()
	cfg.Widget = "https://static.nordwind.example/widget/index.html"
	c, err := livechat.New(cfg, nil)
	require.NoError(t, err)
	options := connectors.PackageOptions{Public: "https://copilot.example", Desk: "chat", Name: `Sufflør "Copilot"`}
	got, err := c.Package(options)
	require.NoError(t, err)
	again, err := c.Package(options)
	require.NoError(t, err)
	require.Equal(t, got, again)
	require.Equal(t, []string{"https://my.livechatinc.com", "https://my.livechat.com", "https://static.nordwind.example"}, c.Origins())

	all := ""
	for name, data := range got.Files {
		all += string(data)
		if strings.HasSuffix(name, ".json") {
			require.True(t, json.Valid(data), name)
		}
	}
	for _, secret := range []string{secretKey, pathToken, "dal:token"} {
		require.NotContains(t, all, secret)
	}
	connectortest.Golden(t, "package_index.golden", got.Files["widget/index.html"])
	connectortest.Golden(t, "package_app.golden", got.Files["app.json"])
	connectortest.Golden(t, "package_webhook.golden", got.Files["webhooks/incoming_event.json"])
	require.Len(t, got.Files, 5+9)

	for name, change := range map[string]func(*connectors.PackageOptions){
		"no https":  func(o *connectors.PackageOptions) { o.Public = "http://copilot.example" },
		"no desk":   func(o *connectors.PackageOptions) { o.Desk = `"><script>` },
		"no name":   func(o *connectors.PackageOptions) { o.Name = "" },
		"long name": func(o *connectors.PackageOptions) { o.Name = strings.Repeat("x", 61) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := options
			change(&o)
			_, err := c.Package(o)
			require.Error(t, err)
		})
	}
}
