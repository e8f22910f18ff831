package hubspot_test

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/sufflor/sufflor/config"
	"github.com/sufflor/sufflor/connectors"
	"github.com/sufflor/sufflor/connectors/connectortest"
	"github.com/sufflor/sufflor/connectors/hubspot"
)

func note() connectors.Note {
	return connectors.Note{
		Suggestion: "sg_01K0NEW", Conversation: thread, Message: "2f1c9b1e6a2b4f7e9a", Language: "de", Flag: "medium",
		Reasons: []string{"eine Frage bleibt offen", "Zahl <5 geprüft"},
		Text:    "Guten Tag <Anna> & Co,\nheute versendet.\n\nGruß",
		Citations: []connectors.Citation{
			{Number: 1, Title: "Versand & Zoll", Where: "S. 3", Quote: "Pakete gehen am selben Tag ab.", URL: "https://kb.example/1"},
			{Number: 2, Title: "Böse", URL: "javascript:alert(1)"},
		},
		PanelURL: "https://copilot.example.net/s/1",
	}
}

const (
	messages = "/conversations/v3/conversations/threads/{thread}/messages"
	getList  = "GET /conversations/v3/conversations/threads/9598272090/messages"
	postNote = "POST /conversations/v3/conversations/threads/9598272090/messages"
)

// written is all that may be in a comment.
type written struct {
	Type        string            `json:"type"`
	Text        string            `json:"text"`
	RichText    string            `json:"richText"`
	Attachments []json.RawMessage `json:"attachments"`
}

// inbox plays the conversations API: it keeps the comments it was given.
type inbox struct {
	mu       sync.Mutex
	comments []map[string]any
	answer   func(comment map[string]any) // changes what is said about a comment
}

func (b *inbox) register(t *testing.T, f *connectortest.Fake) {
	t.Helper()
	f.Get("GET "+messages, func(c connectortest.Call) (int, any) {
		b.mu.Lock()
		defer b.mu.Unlock()
		require.Equal(t, "limit=100&sort=-createdAt", c.Query)
		return http.StatusOK, map[string]any{"results": append([]map[string]any{}, b.comments...)}
	})
	connectortest.Take(f, "POST "+messages, func(in written, c connectortest.Call) (int, any) {
		b.mu.Lock()
		defer b.mu.Unlock()
		if in.Type != "COMMENT" || in.Text == "" || in.RichText == "" || in.Attachments == nil || len(in.Attachments) > 0 {
			t.Errorf("not an internal comment: %s", c.Body)
		}
		m := map[string]any{
			"type": in.Type, "id": "c0ffee02", "conversationsThreadId": c.Path("thread"), "createdBy": "I-" + app, "text": in.Text, "richText": in.RichText,
			"client": map[string]any{"clientType": "INTEGRATION", "integrationAppId": json.Number(app)}, "recipients": []any{}, "attachments": []any{},
		}
		b.comments = append(b.comments, m)
		if b.answer != nil {
			m = map[string]any{"type": m["type"], "id": m["id"], "recipients": m["recipients"]}
			b.answer(m)
		}
		return http.StatusCreated, m
	})
}

func start(t *testing.T, b *inbox, client *connectors.Client) (*connectortest.Fake, *hubspot.Connector) {
	t.Helper()
	f := connectortest.NewFake(t, connectortest.Bearer("pat-token"))
	if b != nil {
		b.register(t, f)
	}
	cfg := settings()
	cfg.BaseURL = f.URL + "/"
	c, err := hubspot.New(cfg, client)
	require.NoError(t, err)
	return f, c
}

func TestNoteIsAnInternalComment(t *testing.T) {
	t.Parallel()
	f, c := start(t, &inbox{}, nil)
	id, err := connectors.Deliver(t.Context(), c, note())
	require.NoError(t, err)
	require.Equal(t, "c0ffee02", id)
	require.Equal(t, []string{getList, postNote}, f.Lines())
	var sent written
	require.NoError(t, json.Unmarshal(f.Calls()[1].Body, &sent))
	connectortest.Golden(t, "comment.golden", []byte(sent.Text+"\n\n--- rich ---\n"+sent.RichText+"\n"))
	require.True(t, strings.HasPrefix(sent.Text, "[Copilot sg_01K0NEW] "), "the marker guards against loops")
	require.NotContains(t, sent.Text+sent.RichText, "javascript:")

	again, err := connectors.Deliver(t.Context(), c, note())
	require.NoError(t, err)
	require.Equal(t, id, again)
	require.Equal(t, []string{getList, postNote, getList}, f.Lines(), "written once")
}

func TestLongNotesFit(t *testing.T) {
	t.Parallel()
	f, c := start(t, &inbox{}, nil)
	n := note()
	n.Text = strings.Repeat("&", 1<<17)
	for range 500 {
		n.Citations = append(n.Citations, connectors.Citation{Number: 9, Title: strings.Repeat("T", 300), URL: "https://kb.example/9"})
	}
	_, err := connectors.Deliver(t.Context(), c, n)
	require.NoError(t, err)
	var sent written
	require.NoError(t, json.Unmarshal(f.Calls()[1].Body, &sent))
	require.LessOrEqual(t, len(sent.Text), 20_000+1_500)
	require.LessOrEqual(t, len(sent.RichText), 20_000+1_500)
	require.Contains(t, sent.RichText, n.PanelURL, "the way into the panel stays")
}

// The answer is lost after HubSpot did what it was asked.
func TestLostAnswerDoesNotWriteTwice(t *testing.T) {
	t.Parallel()
	f, c := start(t, &inbox{}, nil)
	f.Fail(&connectortest.Fault{Times: 1, Only: "POST", Done: true, Cut: true})
	_, err := connectors.Deliver(t.Context(), c, note())
	require.Error(t, err)
	require.False(t, connectors.IsPermanent(err))
	id, err := connectors.Deliver(t.Context(), c, note())
	require.NoError(t, err)
	require.Equal(t, "c0ffee02", id)
	require.Equal(t, []string{getList, postNote, getList}, f.Lines())
}

func TestNoteFaults(t *testing.T) {
	t.Parallel()
	connectortest.NoteFaults(t, note(), func(t *testing.T, client *connectors.Client) (*connectortest.Fake, connectors.Noter) {
		t.Helper()
		return start(t, &inbox{}, client)
	})
}

// HubSpot does not always say how long to wait, and has statuses of its own.
func TestHasteWaits(t *testing.T) {
	t.Parallel()
	for _, status := range []int{423, 429, 477} {
		f, c := start(t, &inbox{}, nil)
		f.Fail(&connectortest.Fault{Status: status, Body: `{"policyName":"TEN_SECONDLY_ROLLING"}`})
		_, err := connectors.Deliver(t.Context(), c, note())
		var call *connectors.CallError
		require.ErrorAs(t, err, &call)
		require.Equal(t, 10*time.Second, call.After, status)
		require.False(t, connectors.IsPermanent(err), status)
	}
}

func TestAnAnswerThatDoesNotSayCommentIsAnAlarm(t *testing.T) {
	t.Parallel()
	for name, answer := range map[string]func(map[string]any){
		"it says message":    func(m map[string]any) { m["type"] = "MESSAGE" },
		"it does not say":    func(m map[string]any) { delete(m, "type") },
		"it has a direction": func(m map[string]any) { m["direction"] = "OUTGOING" },
		"it has recipients":  func(m map[string]any) { m["recipients"] = []any{map[string]any{"actorId": "V-1"}} },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, c := start(t, &inbox{answer: answer}, nil)
			_, err := connectors.Deliver(t.Context(), c, note())
			require.ErrorIs(t, err, connectors.ErrVisible)
			require.True(t, connectors.IsPermanent(err), "never again")
			require.ErrorContains(t, err, thread, "somebody has to look there")
		})
	}
	_, c := start(t, &inbox{answer: func(m map[string]any) { delete(m, "id") }}, nil)
	_, err := connectors.Deliver(t.Context(), c, note())
	require.ErrorContains(t, err, "no id")
	require.False(t, connectors.IsPermanent(err), "the next attempt finds it by its marker")
}

// Our marker counts only in a comment of our app.
func TestMarkerOfOthersDoesNotCount(t *testing.T) {
	t.Parallel()
	f, c := start(t, &inbox{comments: []map[string]any{
		{"type": "MESSAGE", "id": "1", "direction": "INCOMING", "text": "[Copilot sg_01K0NEW]"},
		{"type": "COMMENT", "id": "2", "text": "[Copilot sg_01K0NEW]", "client": map[string]any{"integrationAppId": 1}},
	}}, nil)
	id, err := connectors.Deliver(t.Context(), c, note())
	require.NoError(t, err)
	require.Equal(t, "c0ffee02", id)
	require.Equal(t, []string{getList, postNote}, f.Lines())
}

func TestNotesNeedSettingsAndIDs(t *testing.T) {
	t.Parallel()
	f := connectortest.NewFake(t, connectortest.Bearer("pat-token"))
	with := func(change func(*hubspot.Config)) *hubspot.Connector {
		cfg := settings()
		cfg.BaseURL = f.URL
		change(&cfg)
		c, err := hubspot.New(cfg, nil)
		require.NoError(t, err)
		return c
	}
	off := with(func(c *hubspot.Config) { c.Notes = hubspot.Off })
	none := with(func(c *hubspot.Config) { c.Token = config.Secret{} })
	require.True(t, off.Silent())
	require.True(t, none.Silent())
	require.False(t, with(func(*hubspot.Config) {}).Silent())
	odd := note()
	odd.Conversation = "1/../../2"
	for name, tt := range map[string]struct {
		c *hubspot.Connector
		n connectors.Note
	}{"off": {off, note()}, "no token": {none, note()}, "a path": {with(func(*hubspot.Config) {}), odd}} {
		_, err := connectors.Deliver(t.Context(), tt.c, tt.n)
		require.True(t, connectors.IsPermanent(err), "%s: %v", name, err)
	}
	require.Empty(t, f.Calls())
}

// oauthDesk refuses every token but the newest it gave.
type oauthDesk struct {
	mu    sync.Mutex
	given int
	valid string
}

func (o *oauthDesk) auth(r *http.Request) bool {
	return r.URL.Path == "/oauth/v1/token" || strings.HasPrefix(r.Header.Get("Authorization"), "Bearer access-")
}

func startOAuth(t *testing.T, o *oauthDesk) (*connectortest.Fake, *hubspot.Connector) {
	t.Helper()
	f := connectortest.NewFake(t, o.auth)
	f.Raw("POST /oauth/v1/token", func(c connectortest.Call) (int, any) {
		form, err := url.ParseQuery(string(c.Body))
		require.NoError(t, err)
		require.Equal(t, url.Values{
			"grant_type": {"refresh_token"}, "client_id": {"client"}, "client_secret": {secret}, "refresh_token": {"refresh"},
		}, form)
		require.Equal(t, "application/x-www-form-urlencoded", c.Header.Get("Content-Type"))
		o.mu.Lock()
		defer o.mu.Unlock()
		o.given++
		o.valid = "access-" + string(rune('0'+o.given))
		return http.StatusOK, map[string]any{"access_token": o.valid, "refresh_token": "refresh", "expires_in": 1800, "token_type": "bearer"}
	})
	f.Get("GET "+messages, func(c connectortest.Call) (int, any) {
		o.mu.Lock()
		defer o.mu.Unlock()
		if c.Header.Get("Authorization") != "Bearer "+o.valid {
			return http.StatusUnauthorized, map[string]any{"category": "EXPIRED_AUTHENTICATION"}
		}
		return http.StatusOK, map[string]any{"results": []any{map[string]any{
			"type": "COMMENT", "id": "c1", "text": "[Copilot sg_01K0NEW]", "client": map[string]any{"integrationAppId": app},
		}}}
	})
	cfg := settings()
	cfg.Token, cfg.ClientID, cfg.RefreshToken, cfg.BaseURL = config.Secret{}, "client", config.NewSecret("refresh"), f.URL
	c, err := hubspot.New(cfg, nil)
	require.NoError(t, err)
	return f, c
}

func TestTokensAreRenewed(t *testing.T) {
	t.Parallel()
	const refresh = "POST /oauth/v1/token"
	o := &oauthDesk{}
	f, c := startOAuth(t, o)
	for range 2 {
		_, err := connectors.Deliver(t.Context(), c, note())
		require.NoError(t, err)
	}
	require.Equal(t, []string{refresh, getList, getList}, f.Lines(), "one token for both")
	o.mu.Lock()
	o.valid = "revoked"
	o.mu.Unlock()
	_, err := connectors.Deliver(t.Context(), c, note())
	require.NoError(t, err)
	require.Equal(t, []string{getList, refresh, getList}, f.Lines()[3:], "one more try with a new one")

	f.Fail(&connectortest.Fault{Only: "GET", Status: http.StatusUnauthorized})
	_, err = connectors.Deliver(t.Context(), c, note())
	require.ErrorIs(t, err, connectors.ErrGone)
	require.Len(t, f.Lines(), 9, "and no third")

	f.Fail(&connectortest.Fault{Only: refresh, Status: http.StatusServiceUnavailable})
	_, err = connectors.Deliver(t.Context(), c, note())
	require.Error(t, err)
	require.False(t, connectors.IsPermanent(err), "their fault passes")

	f.Fail(&connectortest.Fault{Only: refresh, Status: http.StatusOK, Body: `{"access_token":""}`})
	_, err = connectors.Deliver(t.Context(), c, note())
	require.ErrorContains(t, err, "without access_token")
	require.False(t, connectors.IsPermanent(err))

	f.Fail(&connectortest.Fault{Only: refresh, Status: http.StatusBadRequest, Body: `{"status":"BAD_REFRESH_TOKEN"}`})
	_, err = connectors.Deliver(t.Context(), c, note())
	require.ErrorIs(t, err, connectors.ErrGone)
	require.ErrorContains(t, err, "install the app")
	require.NotContains(t, err.Error(), secret)
}

// reading is a desk with one message, its thread and its channels.
func reading(t *testing.T, change func(*hubspot.Config), message map[string]any) (*connectortest.Fake, *hubspot.Connector) {
	t.Helper()
	f := connectortest.NewFake(t, connectortest.Bearer("pat-token"))
	f.Get("GET "+messages+"/{message}", func(c connectortest.Call) (int, any) { return http.StatusOK, message })
	f.Get("GET "+messages+"/{message}/original-content", func(connectortest.Call) (int, any) {
		return http.StatusOK, `{"text":"","richText":"<p>Das Ganze.</p><blockquote>zitiert</blockquote>"}`
	})
	f.Get("GET /conversations/v3/conversations/threads/{thread}", func(connectortest.Call) (int, any) {
		return http.StatusOK, `{"id":"9598272090","status":"OPEN","assignedTo":"A-7700112","inboxId":"33","associatedContactId":"60112233","spam":false}`
	})
	f.Get("GET /conversations/v3/conversations/channels", func(connectortest.Call) (int, any) {
		return http.StatusOK, `{"results":[{"id":"1000","name":"LIVE_CHAT"},{"id":"1002","name":"EMAIL"}]}`
	})
	f.Get("GET /crm/v3/objects/contacts/60112233", func(c connectortest.Call) (int, any) {
		require.Equal(t, "properties=hs_language%2Cmachine%2Cplan", c.Query)
		return http.StatusOK, `{"id":"60112233","properties":{"hs_language":"de-at","machine":"FX-200","plan":null,"hs_object_id":"60112233"}}`
	})
	cfg := settings()
	cfg.BaseURL = f.URL
	if change != nil {
		change(&cfg)
	}
	c, err := hubspot.New(cfg, nil)
	require.NoError(t, err)
	return f, c
}

func sample(t *testing.T, name string) map[string]any {
	t.Helper()
	var m map[string]any
	require.NoError(t, json.Unmarshal(connectortest.Body(t, name), &m))
	return m
}

func toFetch(m map[string]any) connectors.Event {
	id, _ := m["id"].(string)
	return connectors.Event{Kind: connectors.Fetch, Key: "fetch:1", Conversation: thread, Message: id}
}

func TestFetch(t *testing.T) {
	t.Parallel()
	at := func(s string) time.Time {
		out, err := time.Parse(time.RFC3339, s)
		require.NoError(t, err)
		return out
	}
	customer := connectors.Event{
		Kind: connectors.Message, Key: "message:9598272090:2f1c9b1e6a2b4f7e9a", Tenant: portal, Conversation: thread, Message: "2f1c9b1e6a2b4f7e9a",
		Role: connectors.Customer, Author: "V-60112233", AuthorName: "Anna Beispiel", Customer: "60112233", Channel: "live_chat",
		Text: "Hallo, meine Bestellung #55871 ist seit 5 Tagen überfällig 😕 – wann kommt sie an?",
		At:   at("2026-07-25T17:19:54.118Z"), Group: "33", Assignee: "7700112",
	}
	file := customer
	file.Key, file.Message, file.Text, file.At = "message:9598272090:2f1c9b1e6a2b4f7e9d", "2f1c9b1e6a2b4f7e9d", "", at("2026-07-25T17:19:56.118Z")
	file.Attachments = []connectors.Attachment{{ID: "166120044", Name: "etikett.jpg", URL: "https://48211307.fs1.example/etikett.jpg"}}
	agent := customer
	agent.Key, agent.Message, agent.At = "message:9598272090:2f1c9b1e6a2b4f7e9c", "2f1c9b1e6a2b4f7e9c", at("2026-07-25T17:19:59.118Z")
	agent.Role, agent.Author, agent.AuthorName, agent.Text = connectors.Agent, "7700112", "Jonas Agent", "Hallo Anna, das Paket wird morgen zugestellt."
	for name, want := range map[string][]connectors.Event{
		"api_message_incoming.json": {customer}, "api_message_attachment.json": {file}, "api_message_agent_reply.json": {agent},
		"api_comment_own.json": nil, "api_message_bot.json": nil,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m := sample(t, name)
			_, c := reading(t, nil, m)
			got, err := c.Fetch(t.Context(), toFetch(m))
			require.NoError(t, err)
			require.Equal(t, want, got)
		})
	}
}

func TestFetchOfOddMessages(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name   string
		sample string
		change map[string]any
		want   func(t *testing.T, got []connectors.Event, err error)
	}{
		{"rich text only", "api_message_incoming.json", map[string]any{"text": nil, "richText": "<p>Guten&nbsp;Tag</p><p>Zeile<br>zwei</p>"}, text("Guten Tag\n\nZeile\nzwei")},
		{"a long mail is read whole", "api_message_incoming.json", map[string]any{"truncationStatus": "TRUNCATED_TO_MOST_RECENT_REPLY"}, text("Das Ganze.\n\n> zitiert")},
		{"no sender but a creator", "api_message_agent_reply.json", map[string]any{"senders": []any{}}, text("Hallo Anna, das Paket wird morgen zugestellt.")},
		{"a sender without actor", "api_message_agent_reply.json", map[string]any{"senders": []any{map[string]any{"name": "x"}}}, text("Hallo Anna, das Paket wird morgen zugestellt.")},
		{"an unknown channel keeps its number", "api_message_incoming.json", map[string]any{"channelId": "4711"}, func(t *testing.T, got []connectors.Event, err error) {
			t.Helper()
			require.NoError(t, err)
			require.Equal(t, "4711", got[0].Channel)
		}},
		{"an id of another form", "api_message_incoming.json", map[string]any{"id": "AQ+x==|1.2"}, func(t *testing.T, got []connectors.Event, err error) {
			t.Helper()
			require.NoError(t, err)
			require.Equal(t, "AQ+x==|1.2", got[0].Message)
		}},
		{"our app's words as an agent", "api_message_agent_reply.json", map[string]any{"client": map[string]any{"integrationAppId": 3120457}}, none},
		{"our app as the actor", "api_message_incoming.json", map[string]any{"senders": []any{map[string]any{"actorId": "I-3120457"}}}, none},
		{"our marker", "api_message_agent_reply.json", map[string]any{"text": "[Copilot sg_1] x"}, none},
		{"a language model's words", "api_message_bot.json", map[string]any{"senders": []any{map[string]any{"actorId": "L-1"}}}, none},
		{"words of welcome", "api_message_incoming.json", map[string]any{"type": "WELCOME_MESSAGE"}, none},
		{"no direction", "api_message_incoming.json", map[string]any{"direction": nil}, none},
		{"another thread", "api_message_incoming.json", map[string]any{"conversationsThreadId": "1"}, func(t *testing.T, got []connectors.Event, err error) {
			t.Helper()
			require.True(t, connectors.IsPermanent(err), "%v", err)
			require.Empty(t, got)
		}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			m := sample(t, tt.sample)
			maps.Copy(m, tt.change)
			_, c := reading(t, nil, m)
			got, err := c.Fetch(t.Context(), toFetch(m))
			tt.want(t, got, err)
		})
	}
}

func text(want string) func(*testing.T, []connectors.Event, error) {
	return func(t *testing.T, got []connectors.Event, err error) {
		t.Helper()
		require.NoError(t, err)
		require.Len(t, got, 1)
		require.Equal(t, want, got[0].Text)
	}
}

func none(t *testing.T, got []connectors.Event, err error) {
	t.Helper()
	require.NoError(t, err)
	require.Empty(t, got)
}

func TestFetchOfAContact(t *testing.T) {
	t.Parallel()
	m := sample(t, "api_message_incoming.json")
	f, c := reading(t, func(cfg *hubspot.Config) { cfg.ContactProperties = []string{"plan", "machine", "hs_language"} }, m)
	got, err := c.Fetch(t.Context(), toFetch(m))
	require.NoError(t, err)
	require.Equal(t, "de-at", got[0].Language)
	require.Equal(t, map[string]string{"machine": "FX-200"}, got[0].Facts)

	const contact = "GET /crm/v3/objects/contacts"
	f.Fail(&connectortest.Fault{Only: contact, Status: http.StatusForbidden})
	_, err = c.Fetch(t.Context(), toFetch(m))
	require.ErrorContains(t, err, "crm.objects.contacts.read")
	f.Fail(&connectortest.Fault{Only: contact, Status: http.StatusNotFound})
	got, err = c.Fetch(t.Context(), toFetch(m))
	require.NoError(t, err)
	require.Len(t, got, 1, "a contact that is gone costs no message")
	f.Fail(&connectortest.Fault{Only: contact, Status: http.StatusBadGateway})
	_, err = c.Fetch(t.Context(), toFetch(m))
	require.False(t, connectors.IsPermanent(err), "%v", err)
}

func TestFetchFaults(t *testing.T) {
	t.Parallel()
	m := sample(t, "api_message_incoming.json")
	f, c := reading(t, nil, m)
	f.Fail(&connectortest.Fault{Status: http.StatusNotFound})
	_, err := c.Fetch(t.Context(), toFetch(m))
	require.True(t, connectors.IsPermanent(err), "the thread was deleted")
	f.Fail(&connectortest.Fault{Status: http.StatusBadGateway})
	_, err = c.Fetch(t.Context(), toFetch(m))
	require.False(t, connectors.IsPermanent(err))
	f.Fail(&connectortest.Fault{Only: "GET /conversations/v3/conversations/channels", Status: http.StatusForbidden})
	got, err := c.Fetch(t.Context(), toFetch(m))
	require.NoError(t, err)
	require.Equal(t, "1000", got[0].Channel, "a message counts more than its channel's name")
	f.Fail(nil)
	m["channelId"] = "4711"
	for range 2 {
		_, err = c.Fetch(t.Context(), toFetch(m))
		require.NoError(t, err)
	}
	asked := 0
	for _, line := range f.Lines() {
		if strings.HasSuffix(line, "/channels") {
			asked++
		}
	}
	require.Equal(t, 2, asked, "refused once, then read once for all")

	calls := len(f.Calls())
	for _, e := range []connectors.Event{{Conversation: "../1", Message: "a"}, {Conversation: thread, Message: "../a"}, {}} {
		_, err = c.Fetch(t.Context(), e)
		require.True(t, connectors.IsPermanent(err), "%v", err)
	}
	require.Len(t, f.Calls(), calls, "nothing asked")
}

// busy is a desk with several threads and their messages, newest first.
func busy(t *testing.T, threads []map[string]any, msgs map[string][]map[string]any) (*connectortest.Fake, *hubspot.Connector) {
	t.Helper()
	f, c := reading(t, nil, nil)
	f.Get("GET /conversations/v3/conversations/threads", func(c connectortest.Call) (int, any) {
		q, err := url.ParseQuery(c.Query)
		require.NoError(t, err)
		require.Equal(t, []string{"25", "latestMessageTimestamp"}, []string{q.Get("limit"), q.Get("sort")})
		since, err := time.Parse(time.RFC3339, q.Get("latestMessageTimestampAfter"))
		require.NoError(t, err)
		var list []map[string]any
		for _, th := range threads {
			if newest, err := time.Parse(time.RFC3339, th["latestMessageTimestamp"].(string)); err == nil && newest.After(since) {
				list = append(list, th)
			}
		}
		return http.StatusOK, paged(list, 25, q.Get("after"))
	})
	f.Get("GET "+messages, func(c connectortest.Call) (int, any) {
		q, err := url.ParseQuery(c.Query)
		require.NoError(t, err)
		require.Equal(t, "-createdAt", q.Get("sort"))
		return http.StatusOK, paged(msgs[c.Path("thread")], 100, q.Get("after"))
	})
	return f, c
}

func paged(list []map[string]any, size int, after string) map[string]any {
	from, _ := strconv.Atoi(after)
	end := min(from+size, len(list))
	out := map[string]any{"results": append([]map[string]any{}, list[from:end]...)}
	if end < len(list) {
		out["paging"] = map[string]any{"next": map[string]any{"after": strconv.Itoa(end)}}
	}
	return out
}

func TestPollFindsWhatWasMissed(t *testing.T) {
	t.Parallel()
	names := []string{"api_message_agent_reply.json", "api_comment_own.json", "api_message_attachment.json", "api_message_incoming.json", "api_message_bot.json"}
	var msgs []map[string]any
	for _, name := range names { // newest first
		msgs = append(msgs, sample(t, name))
	}
	threads := []map[string]any{{
		"id": thread, "latestMessageTimestamp": "2026-07-25T17:19:59.118Z", "assignedTo": "A-7700112", "inboxId": "33", "associatedContactId": "60112233",
	}, {"id": "2", "latestMessageTimestamp": "2026-07-25T17:20:00Z", "spam": true}}
	_, c := busy(t, threads, map[string][]map[string]any{thread: msgs, "2": {sample(t, "api_message_incoming.json")}})
	page, err := c.Poll(t.Context(), "", time.Date(2026, 7, 25, 17, 0, 0, 0, time.UTC))
	require.NoError(t, err)
	require.False(t, page.More)
	var want []connectors.Event
	for _, m := range slices.Backward(msgs) {
		_, one := reading(t, nil, m)
		got, err := one.Fetch(t.Context(), toFetch(m))
		require.NoError(t, err)
		want = append(want, got...)
	}
	require.Len(t, want, 3)
	require.Equal(t, want, page.Events, "what a delivery would have led to, oldest first")

	page, err = c.Poll(t.Context(), page.Cursor, time.Time{})
	require.NoError(t, err)
	require.Len(t, page.Events, 3, "the last minute is read again; the keys say that it is known")
}

func TestPollGoesThroughPages(t *testing.T) {
	t.Parallel()
	begin := time.Date(2026, 7, 25, 12, 0, 0, 0, time.UTC)
	var threads []map[string]any
	msgs := map[string][]map[string]any{}
	for i := range 60 {
		at := begin.Add(time.Duration(i) * time.Minute).Format(time.RFC3339)
		id := strconv.Itoa(i + 1)
		threads = append(threads, map[string]any{"id": id, "latestMessageTimestamp": at})
		m := sample(t, "api_message_incoming.json")
		m["id"], m["conversationsThreadId"], m["createdAt"] = "m"+id, id, at
		msgs[id] = []map[string]any{m}
	}
	for i := range 150 { // a long one, its newest first
		m := sample(t, "api_message_incoming.json")
		m["id"], m["conversationsThreadId"], m["createdAt"] = "long"+strconv.Itoa(i), "60", begin.Add(59*time.Minute-time.Duration(i)*10*time.Second).Format(time.RFC3339)
		msgs["60"] = append(msgs["60"], m)
	}
	_, c := busy(t, threads, msgs)
	keys := map[string]bool{}
	cursor, rounds := "", 0
	for more := true; more; rounds++ {
		page, err := c.Poll(t.Context(), cursor, begin.Add(-time.Hour))
		require.NoError(t, err)
		for _, e := range page.Events {
			keys[e.Key] = true
		}
		cursor, more = page.Cursor, page.More
	}
	require.Equal(t, 3, rounds)
	require.Len(t, keys, 60+150, "all threads, and all pages of the long one")

	page, err := c.Poll(t.Context(), cursor, time.Time{})
	require.NoError(t, err)
	require.False(t, page.More)
	require.LessOrEqual(t, len(page.Events), 10, "only the last minute")
	require.NotEmpty(t, page.Events)
}

func TestPollFaults(t *testing.T) {
	t.Parallel()
	const list = "GET /conversations/v3/conversations/threads"
	f, c := busy(t, []map[string]any{{"id": thread, "latestMessageTimestamp": "2026-07-25T17:19:59.118Z"}}, nil)
	for _, cursor := range []string{"{", "{}", `{"from":1}`} {
		_, err := c.Poll(t.Context(), cursor, time.Time{})
		require.True(t, connectors.IsPermanent(err), cursor)
	}
	since := time.Date(2026, 7, 25, 17, 0, 0, 0, time.UTC)
	f.Fail(&connectortest.Fault{Only: list + "/", Status: http.StatusBadGateway})
	_, err := c.Poll(t.Context(), "", since)
	require.False(t, connectors.IsPermanent(err), "nothing is skipped: %v", err)
	f.Fail(&connectortest.Fault{Only: list + "/", Status: http.StatusNotFound})
	page, err := c.Poll(t.Context(), "", since)
	require.NoError(t, err, "deleted since it was listed")
	require.Empty(t, page.Events)
	f.Fail(&connectortest.Fault{Status: http.StatusUnauthorized})
	_, err = c.Poll(t.Context(), "", since)
	require.ErrorIs(t, err, connectors.ErrGone)
	f.Fail(&connectortest.Fault{Times: 1, Only: list, Status: http.StatusOK, Body: `{"results":[{"id":"../1"}]}`})
	_, err = c.Poll(t.Context(), "", since)
	require.True(t, connectors.IsPermanent(err))
}

// Threads of help desk inboxes may take no comments.
func TestRefusedCommentsSayWhatToDo(t *testing.T) {
	t.Parallel()
	f, c := start(t, &inbox{}, nil)
	f.Fail(&connectortest.Fault{Only: "POST", Status: http.StatusBadRequest, Body: `{"category":"VALIDATION_ERROR"}`})
	_, err := connectors.Deliver(t.Context(), c, note())
	require.True(t, connectors.IsPermanent(err))
	require.ErrorContains(t, err, "set notes to off")
}

func TestOpen(t *testing.T) {
	t.Parallel()
	var asked []http.Header
	storage := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked = append(asked, r.Header.Clone())
		switch r.URL.Path {
		case "/etikett.jpg", "/signed":
			w.Header().Set("Content-Type", "image/jpeg")
			_, _ = w.Write([]byte("JPEG bytes"))
		case "/inside":
			http.Redirect(w, r, "https://169.254.169.254/latest", http.StatusFound)
		default:
			w.WriteHeader(http.StatusForbidden)
		}
	}))
	t.Cleanup(storage.Close)
	roots := x509.NewCertPool()
	roots.AddCert(storage.Certificate())
	client := connectors.NewClient(0, &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12}}, nil)
	f, c := start(t, nil, client)
	f.Get("GET /files/v3/files/166120044/signed-url", func(connectortest.Call) (int, any) {
		return http.StatusOK, map[string]any{"url": storage.URL + "/signed", "expiresAt": "2026-07-25T18:00:00Z"}
	})
	open := func(path, id string, limit int64) (connectors.File, error) {
		return c.Open(t.Context(), connectors.Event{}, connectors.Attachment{ID: id, URL: path}, limit)
	}
	_, err := open(storage.URL+"/etikett.jpg", "", 100)
	var blocked *connectors.BlockedError
	require.ErrorAs(t, err, &blocked, "a private address")
	_, err = open("http://files.example/x", "", 100)
	require.ErrorAs(t, err, &blocked, "no https")
	require.Empty(t, asked)

	c.AllowFiles(&connectors.Guard{Allow: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}})
	got, err := open(storage.URL+"/etikett.jpg", "166120044", 10)
	require.NoError(t, err)
	require.Equal(t, connectors.File{Type: "image/jpeg", Data: []byte("JPEG bytes")}, got)
	require.Empty(t, f.Calls())
	got, err = open(storage.URL+"/private.jpg", "166120044", 10)
	require.NoError(t, err)
	require.Equal(t, "JPEG bytes", string(got.Data), "by the address the API gives")
	got, err = open("", "166120044", 10)
	require.NoError(t, err)
	require.Equal(t, "JPEG bytes", string(got.Data))
	_, err = open(storage.URL+"/etikett.jpg", "166120044", 9)
	require.ErrorIs(t, err, connectors.ErrTooLarge)
	_, err = open(storage.URL+"/inside", "", 100)
	require.ErrorAs(t, err, &blocked, "a redirect into our own network")
	_, err = open(storage.URL+"/private.jpg", "../1", 100)
	require.Error(t, err)
	_, err = open("", "", 100)
	require.True(t, connectors.IsPermanent(err))
	for _, h := range asked {
		require.Empty(t, h.Get("Authorization"), "the storage gets no token")
	}
}

func TestTest(t *testing.T) {
	t.Parallel()
	all := []string{"oauth", "conversations.read", "conversations.write", "crm.objects.contacts.read"}
	tests := []struct {
		name   string
		change func(info map[string]any)
		fault  *connectortest.Fault
		bad    map[string]string // what is not well, and a word of its hint
	}{
		{name: "all is well", bad: map[string]string{}},
		{name: "a scope is missing", change: func(i map[string]any) { i["scopes"] = []string{"conversations.read"} }, bad: map[string]string{
			"may write comments": "conversations.write", "may read contacts": "crm.objects.contacts.read",
		}},
		{name: "another account", change: func(i map[string]any) { i["hubId"] = 1 }, bad: map[string]string{"account": "portal_id"}},
		{name: "another app", change: func(i map[string]any) { i["appId"] = 1 }, bad: map[string]string{"app": "app_id"}},
		{name: "a token that is gone", fault: &connectortest.Fault{Status: http.StatusUnauthorized}, bad: map[string]string{"token": "renew token"}},
		{name: "no way to the inbox", fault: &connectortest.Fault{Only: "GET", Status: http.StatusForbidden}, bad: map[string]string{"conversations": "scope"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			f := connectortest.NewFake(t, connectortest.Bearer("pat-token"))
			info := map[string]any{"userId": 1, "hubId": 48211307, "appId": 3120457, "scopes": all}
			if tt.change != nil {
				tt.change(info)
			}
			connectortest.Take(f, "POST /oauth/v2/private-apps/get/access-token-info", func(in struct {
				Key string `json:"tokenKey"`
			}, _ connectortest.Call,
			) (int, any) {
				require.Equal(t, "pat-token", in.Key)
				return http.StatusOK, info
			})
			f.Get("GET /conversations/v3/conversations/threads", func(connectortest.Call) (int, any) { return http.StatusOK, `{"results":[]}` })
			f.Fail(tt.fault)
			cfg := settings()
			cfg.BaseURL, cfg.ContactProperties = f.URL, []string{"machine"}
			c, err := hubspot.New(cfg, nil)
			require.NoError(t, err)
			findings(t, c.Test(t.Context()), tt.bad)
		})
	}
	cfg := settings()
	cfg.Token = config.Secret{}
	c, err := hubspot.New(cfg, nil)
	require.NoError(t, err)
	findings(t, c.Test(t.Context()), map[string]string{"token": "ids only"})
}

func findings(t *testing.T, got []connectors.Finding, bad map[string]string) {
	t.Helper()
	require.NotEmpty(t, got)
	for _, f := range got {
		word, isBad := bad[f.What]
		require.Equal(t, !isBad, f.OK, "%s: %s", f.What, f.Hint)
		require.Contains(t, f.Hint, word)
		require.Equal(t, f.OK, f.Hint == "", f.What)
	}
	for what := range bad {
		require.True(t, slices.ContainsFunc(got, func(f connectors.Finding) bool { return f.What == what }), what)
	}
}

func TestTestWithOAuth(t *testing.T) {
	t.Parallel()
	f, c := startOAuth(t, &oauthDesk{})
	f.Get("GET /oauth/v1/access-tokens/{token}", func(c connectortest.Call) (int, any) {
		require.Equal(t, "access-1", c.Path("token"))
		return http.StatusOK, `{"hub_id":48211307,"app_id":3120457,"scopes":["conversations.read","conversations.write"]}`
	})
	f.Get("GET /conversations/v3/conversations/threads", func(connectortest.Call) (int, any) { return http.StatusOK, `{"results":[]}` })
	findings(t, c.Test(t.Context()), nil)

	f, c = startOAuth(t, &oauthDesk{})
	f.Fail(&connectortest.Fault{Status: http.StatusBadRequest})
	findings(t, c.Test(t.Context()), map[string]string{"token": "install the app"})
}

func TestPackage(t *testing.T) {
	t.Parallel()
	c := connector(t)
	opts := connectors.PackageOptions{Public: public, Desk: "hubspot", Name: "Sufflør"}
	p, err := c.Package(opts)
	require.NoError(t, err)
	again, err := c.Package(opts)
	require.NoError(t, err)
	require.Equal(t, p, again)
	require.NotEmpty(t, p.Steps)

	var all strings.Builder
	for _, name := range slices.Sorted(func(yield func(string) bool) {
		for n := range p.Files {
			if !yield(n) {
				return
			}
		}
	}) {
		content := p.Files[name]
		require.NotContains(t, string(content), secret, "settings of a package are public")
		require.NotContains(t, string(content), "pat-token")
		if strings.HasSuffix(name, ".json") {
			require.True(t, json.Valid(content), name)
		}
		if name != "src/app/cards/SufflorCard.jsx" {
			all.WriteString("=== " + name + "\n" + string(content))
		}
	}
	connectortest.Golden(t, "package.golden", []byte(all.String()))

	var app struct {
		Config struct {
			Permitted struct {
				Fetch []string `json:"fetch"`
			} `json:"permittedUrls"`
		} `json:"config"`
	}
	require.NoError(t, json.Unmarshal(p.Files["src/app/app-hsmeta.json"], &app))
	for _, path := range []string{"/panel/suggestion", "/panel/feedback"} {
		require.Contains(t, app.Config.Permitted.Fetch, public+hook+path)
		require.NotEmpty(t, c.Takes(path))
		require.Contains(t, string(p.Files["src/app/cards/SufflorCard.jsx"]), `"`+path+`"`)
	}

	_, err = c.Package(connectors.PackageOptions{Public: "https://other.example", Desk: "hubspot", Name: "x"})
	require.ErrorContains(t, err, "public_url")
	_, err = c.Package(connectors.PackageOptions{Public: public})
	require.ErrorContains(t, err, "required")
}
