package chatwoot_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"maps"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/sufflor/sufflor/config"
	"github.com/sufflor/sufflor/connectors"
	"github.com/sufflor/sufflor/connectors/chatwoot"
	"github.com/sufflor/sufflor/connectors/connectortest"
)

const (
	account  = "3"
	secret   = "cw_test_9bX2vQ7mT4kLr8Zp"
	urlToken = "0123456789abcdef01234567"
)

var clock = time.Unix(1785000000, 0)

func settings() chatwoot.Config {
	return chatwoot.Config{
		BaseURL: "https://chat.nordwind.example/", AccountID: account, Secret: config.NewSecret(secret),
		Token: config.NewSecret("cw-token"), Sender: chatwoot.AgentBot, SenderID: "77", Language: "de",
	}
}

func connector(tb testing.TB, change func(*chatwoot.Config)) *chatwoot.Connector {
	tb.Helper()
	cfg := settings()
	if change != nil {
		change(&cfg)
	}
	c, err := chatwoot.New(cfg, nil)
	require.NoError(tb, err)
	return c
}

func unsigned(c *chatwoot.Config) {
	c.Secret, c.URLToken = config.Secret{}, config.NewSecret(urlToken)
}

func TestVectors(t *testing.T) {
	t.Parallel()
	build := func(v connectortest.Vector) (connectors.Connector, error) {
		cfg := settings()
		cfg.Secret = config.NewSecret(v.Secret)
		return chatwoot.New(cfg, nil)
	}
	sent := connectortest.Vectors(t, build, func(t *testing.T, v connectortest.Vector, got connectortest.Result) {
		t.Helper()
		kinds := map[string]connectors.Role{
			"customer_message_ok": connectors.Customer, "retry_same_delivery_id": connectors.Customer, "agent_reply_ok": connectors.Agent,
		}
		if role, ok := kinds[v.Name]; ok {
			require.Len(t, got.Events, 1)
			require.Equal(t, connectors.Message, got.Events[0].Kind)
			require.Equal(t, role, got.Events[0].Role)
		} else {
			require.Empty(t, got.Events, v.Why)
		}
	})
	require.Equal(t, 13, sent)
}

func TestVerify(t *testing.T) {
	t.Parallel()
	c := connector(t, func(c *chatwoot.Config) { c.PreviousSecret = config.NewSecret("the one before") })
	set := func(name, value string) func(http.Header) { return func(h http.Header) { h.Set(name, value) } }
	tests := []struct {
		name   string
		secret string
		age    time.Duration
		change func(http.Header)
		ok     bool
	}{
		{name: "the present secret", secret: secret, ok: true},
		{name: "the one before", secret: "the one before", ok: true},
		{name: "another account's", secret: "cw_other"},
		{name: "exactly as old as allowed", secret: secret, age: 300 * time.Second, ok: true},
		{name: "a second older", secret: secret, age: 301 * time.Second},
		{name: "exactly as early as allowed", secret: secret, age: -300 * time.Second, ok: true},
		{name: "a second earlier", secret: secret, age: -301 * time.Second},
		{name: "a time with a sign", secret: secret, change: set("X-Chatwoot-Timestamp", "+1785000000")},
		{name: "a time with a zero in front", secret: secret, change: set("X-Chatwoot-Timestamp", "01785000000")},
		{name: "no time", secret: secret, change: set("X-Chatwoot-Timestamp", "")},
		{name: "no signature", secret: secret, change: set("X-Chatwoot-Signature", "")},
		{name: "capital letters", secret: secret, change: func(h http.Header) {
			h.Set("X-Chatwoot-Signature", strings.ToUpper(h.Get("X-Chatwoot-Signature")))
		}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			sender := connector(t, func(c *chatwoot.Config) { c.Secret = config.NewSecret(tt.secret) })
			d := connectors.Delivery{Method: http.MethodPost, Body: []byte(`{"event":"x"}`)}
			var err error
			d.Header, err = sender.Resign(d, clock.Add(-tt.age))
			require.NoError(t, err)
			if tt.change != nil {
				tt.change(d.Header)
			}
			err = c.Verify(t.Context(), d, clock)
			if tt.ok {
				require.NoError(t, err)
			} else {
				require.ErrorIs(t, err, connectors.ErrUnverified)
			}
		})
	}
}

// Servers before 4.11.2 do not sign. They have to be allowed, by a token in
// the address, and what they say is read again.
func TestServersThatDoNotSign(t *testing.T) {
	t.Parallel()
	c := connector(t, unsigned)
	d := connectors.Delivery{Target: "/hooks/cw?token=" + urlToken, Header: http.Header{}, Body: connectortest.Body(t, "customer_message.json")}
	require.NoError(t, c.Verify(t.Context(), d, clock))
	require.ErrorIs(t, connector(t, nil).Verify(t.Context(), d, clock), connectors.ErrUnverified, "a server that signs needs no token")
	rec, err := c.Read(d)
	require.NoError(t, err)
	require.Len(t, rec.Events, 1)
	require.Equal(t, connectors.Event{
		Kind: connectors.Fetch, Key: rec.Events[0].Key, Tenant: account, Conversation: "4711", Message: "90122",
		At: time.Date(2026, 7, 25, 17, 19, 52, 412e6, time.UTC),
	}, rec.Events[0], "nothing but ids is taken from it")
	for _, target := range []string{"/hooks/cw", "/hooks/cw?token=", "/hooks/cw?token=" + urlToken + "x", "/hooks/cw?token=x&token=" + urlToken, "/hooks/cw/" + urlToken, "%"} {
		d.Target = target
		require.ErrorIs(t, c.Verify(t.Context(), d, clock), connectors.ErrUnverified, target)
	}

	d.Body = []byte(`{"event":"conversation_status_changed","id":1,"status":"resolved"}`)
	rec, err = c.Read(d)
	require.NoError(t, err)
	require.Empty(t, rec.Events, "it could not be read again")
	h, err := c.Resign(d, clock)
	require.NoError(t, err)
	require.Equal(t, http.Header{"Content-Type": {"application/json"}}, h)
}

func customer() connectors.Event {
	return connectors.Event{
		Kind: connectors.Message, Key: "message:90122:" + sum("Hallo, meine Bestellung #55871 ist seit 5 Tagen überfällig 😕 – wann kommt sie an?"),
		Tenant: account, Conversation: "4711", Message: "90122", Role: connectors.Customer,
		Author: "815", AuthorName: "Anna Beispiel", Customer: "815", Channel: "web", Language: "de",
		Text: "Hallo, meine Bestellung #55871 ist seit 5 Tagen überfällig 😕 – wann kommt sie an?",
		At:   time.Date(2026, 7, 25, 17, 19, 52, 412e6, time.UTC),
		Tags: []string{"order"}, Brand: "Webshop Chat", Assignee: "41", Facts: map[string]string{"plan": "plus", "identifier": "crm-20411"},
	}
}

func sum(text string) string {
	s := sha256.Sum256([]byte(text))
	return hex.EncodeToString(s[:8])
}

func TestReadSamples(t *testing.T) {
	t.Parallel()
	file := customer()
	file.Key, file.Message, file.Text = "message:90123:"+sum(""), "90123", ""
	file.Attachments = []connectors.Attachment{{
		ID: "5541", Name: "label.jpg", Size: 184213, URL: "https://chat.nordwind.example/rails/active_storage/blobs/redirect/abc/label.jpg",
	}}
	agent := customer()
	agent.Text = "Hallo Anna, das Paket liegt im Depot Hamburg und wird morgen zugestellt."
	agent.Key, agent.Message, agent.Role, agent.Author, agent.AuthorName = "message:90125:"+sum(agent.Text), "90125", connectors.Agent, "41", "Jonas Agent"
	agent.At = time.Date(2026, 7, 25, 17, 19, 58, 412e6, time.UTC)
	again := customer()
	again.Kind = connectors.Edited
	for name, want := range map[string][]connectors.Event{
		"customer_message.json": {customer()}, "attachment.json": {file}, "agent_reply.json": {agent},
		"private_note_own.json": nil, "bot_message.json": nil,
		"message_updated_duplicate.json": {again}, // the key is the first one's, so it is a duplicate
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			rec, err := connector(t, nil).Read(connectors.Delivery{Body: connectortest.Body(t, name)})
			require.NoError(t, err)
			require.Equal(t, want, rec.Events)
		})
	}
}

// changed is a sample with some values replaced, by dotted paths.
func changed(t *testing.T, sample string, change map[string]any) []byte {
	t.Helper()
	var m map[string]any
	require.NoError(t, json.Unmarshal(connectortest.Body(t, sample), &m))
	for path, v := range change {
		at := m
		parts := strings.Split(path, ".")
		for _, p := range parts[:len(parts)-1] {
			at = at[p].(map[string]any)
		}
		at[parts[len(parts)-1]] = v
	}
	data, err := json.Marshal(m)
	require.NoError(t, err)
	return data
}

func TestReadOddMessages(t *testing.T) {
	t.Parallel()
	is := func(kind connectors.Kind, check func(t *testing.T, e connectors.Event)) func(*testing.T, []connectors.Event) {
		return func(t *testing.T, got []connectors.Event) {
			t.Helper()
			require.Len(t, got, 1)
			require.Equal(t, kind, got[0].Kind)
			check(t, got[0])
		}
	}
	nothing := func(t *testing.T, got []connectors.Event) {
		t.Helper()
		require.Empty(t, got)
	}
	later := time.Date(2026, 7, 25, 18, 0, 0, 0, time.UTC)
	tests := []struct {
		name   string
		sample string
		change map[string]any
		want   func(t *testing.T, got []connectors.Event)
		err    error
	}{
		{"an edit", "message_updated_duplicate.json", map[string]any{
			"content": "Ich meine 55872.", "conversation.messages": []any{map[string]any{"id": 90122, "updated_at": later, "account_id": 3}},
		}, is(connectors.Edited, func(t *testing.T, e connectors.Event) {
			t.Helper()
			require.Equal(t, "message:90122:"+sum("Ich meine 55872."), e.Key)
			require.Equal(t, later, e.At)
		}), nil},
		{
			"a deletion", "message_updated_duplicate.json",
			map[string]any{"content": "This message was deleted", "content_attributes": map[string]any{"deleted": true}},
			is(connectors.Deleted, func(t *testing.T, e connectors.Event) {
				t.Helper()
				require.Empty(t, e.Text)
				require.Equal(t, "deleted:90122", e.Key)
				require.False(t, e.At.IsZero())
			}), nil,
		},
		{"a survey is asked", "bot_message.json", map[string]any{"message_type": "template", "content_type": "input_csat"}, nothing, nil},
		{"a survey is filled in", "bot_message.json", map[string]any{
			"event": "message_updated", "message_type": "template", "sender": nil,
			"content_attributes": map[string]any{"submitted_values": map[string]any{"csat_survey_response": map[string]any{"rating": 4, "feedback_message": "schnell"}}},
		}, is(connectors.Rated, func(t *testing.T, e connectors.Event) {
			t.Helper()
			require.Equal(t, &connectors.Score{Value: 0.75, Comment: "schnell"}, e.Score)
			require.Equal(t, "4711", e.Conversation)
		}), nil},
		{"a rating beyond the scale", "bot_message.json", map[string]any{
			"content_attributes": map[string]any{"submitted_values": map[string]any{"csat_survey_response": map[string]any{"rating": 6}}},
		}, nothing, nil},
		{"values of another form", "customer_message.json", map[string]any{
			"content_attributes": map[string]any{"submitted_values": []any{map[string]any{"name": "x", "value": "y"}}, "email": "x", "deleted": "no"},
		}, is(connectors.Message, func(*testing.T, connectors.Event) {}), nil},
		{"attributes that are a text", "customer_message.json", map[string]any{"content_attributes": "{}"}, is(connectors.Message, func(*testing.T, connectors.Event) {}), nil},
		{"a mail", "customer_message.json", map[string]any{
			"content": nil, "conversation.channel": "Channel::Email", "conversation.additional_attributes": map[string]any{"mail_subject": "Frage"},
			"content_attributes": map[string]any{"email": map[string]any{"subject": "Re: Frage", "text_content": map[string]any{"full": "Text\n> alt", "reply": "Text"}}},
		}, is(connectors.Message, func(t *testing.T, e connectors.Event) {
			t.Helper()
			require.Equal(t, "Text", e.Text)
			require.Equal(t, "Re: Frage", e.Subject)
			require.Equal(t, "mail", e.Channel)
		}), nil},
		{"a channel we have no name for", "customer_message.json", map[string]any{"conversation.channel": "Channel::Whatsapp"}, is(connectors.Message, func(t *testing.T, e connectors.Event) {
			t.Helper()
			require.Equal(t, "whatsapp", e.Channel)
		}), nil},
		{"a team", "customer_message.json", map[string]any{"conversation.meta.team": map[string]any{"id": 5, "name": "technik"}}, is(connectors.Message, func(t *testing.T, e connectors.Event) {
			t.Helper()
			require.Equal(t, "technik", e.Group)
		}), nil},
		{"what is known of the conversation", "customer_message.json", map[string]any{
			"conversation.custom_attributes": map[string]any{"machine": "FX-200", "year": 2019, "leased": true, "empty": "", "list": []any{1}, "none": nil},
		}, is(connectors.Message, func(t *testing.T, e connectors.Event) {
			t.Helper()
			require.Equal(t, map[string]string{"plan": "plus", "identifier": "crm-20411", "machine": "FX-200", "year": "2019", "leased": "true"}, e.Facts)
		}), nil},
		{"written on the phone", "agent_reply.json", map[string]any{"sender": nil, "content_attributes": map[string]any{"external_echo": true}}, is(connectors.Message, func(t *testing.T, e connectors.Event) {
			t.Helper()
			require.Equal(t, connectors.Agent, e.Role)
		}), nil},
		{"an automation", "agent_reply.json", map[string]any{"sender": nil}, nothing, nil},
		{"somebody else's private note", "agent_reply.json", map[string]any{"private": true}, nothing, nil},
		{"activity", "agent_reply.json", map[string]any{"message_type": "activity"}, nothing, nil},
		{"a place is no file", "attachment.json", map[string]any{"attachments": []any{
			map[string]any{"id": 1, "file_type": "location", "coordinates_lat": 1.5, "data_url": "https://maps.example"}, map[string]any{"id": 2, "file_type": "image", "data_url": ""},
		}}, is(connectors.Message, func(t *testing.T, e connectors.Event) {
			t.Helper()
			require.Empty(t, e.Attachments)
		}), nil},
		{"an event we did not ask for", "customer_message.json", map[string]any{"event": "webwidget_triggered"}, nothing, nil},
		{"no event", "customer_message.json", map[string]any{"event": nil}, nil, connectors.ErrMalformed},
		{"another account", "customer_message.json", map[string]any{"account.id": 4}, nil, connectors.ErrForeign},
		{"no account", "customer_message.json", map[string]any{"account": nil}, nil, connectors.ErrForeign},
		{"no message", "customer_message.json", map[string]any{"id": nil}, nil, connectors.ErrMalformed},
		{"a path for a conversation", "customer_message.json", map[string]any{"conversation.id": "1/../2"}, nil, connectors.ErrMalformed},
		{"no time", "customer_message.json", map[string]any{"created_at": nil}, nil, connectors.ErrMalformed},
		{"a time that is none", "customer_message.json", map[string]any{"created_at": 1e300}, nil, connectors.ErrMalformed},
		{"a text that is none", "customer_message.json", map[string]any{"content": []any{}}, nil, connectors.ErrMalformed},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			rec, err := connector(t, nil).Read(connectors.Delivery{Body: changed(t, tt.sample, tt.change)})
			if tt.err != nil {
				require.ErrorIs(t, err, tt.err)
				require.Empty(t, rec.Events)
				return
			}
			require.NoError(t, err)
			tt.want(t, rec.Events)
		})
	}
}

// Each of the four guards against answering our own note holds alone.
func TestOwnNotesAreIgnored(t *testing.T) {
	t.Parallel()
	stranger := map[string]any{"id": 41, "name": "Jonas", "type": "user"}
	user77 := map[string]any{"id": 77, "name": "Namensvetter", "type": "user"}
	plain := map[string]any{"private": false, "content": "x", "content_attributes": map[string]any{}, "sender": stranger}
	with := func(name string, value any) map[string]any {
		out := maps.Clone(plain)
		out[name] = value
		return out
	}
	user := func(c *chatwoot.Config) { c.Sender = chatwoot.User }
	tests := []struct {
		name    string
		change  map[string]any
		setting func(*chatwoot.Config)
		ours    bool
	}{
		{"by privacy alone", with("private", true), nil, true},
		{"by our name among the attributes alone", with("content_attributes", map[string]any{"copilot_suggestion_id": "sg_1"}), nil, true},
		{"by the marker alone", with("content", "**[Copilot sg_1] x**"), nil, true},
		{"by the sender alone", with("sender", user77), user, true},
		{"a user with the number of our bot is another", with("sender", user77), nil, false},
		{"without any of them it is an agent's reply", plain, nil, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			rec, err := connector(t, tt.setting).Read(connectors.Delivery{Body: changed(t, "private_note_own.json", tt.change)})
			require.NoError(t, err)
			require.Equal(t, tt.ours, len(rec.Events) == 0)
		})
	}
}

// conversationEvent is a delivery about a conversation, as its presenter writes it.
func conversationEvent(t *testing.T, change map[string]any) []byte {
	t.Helper()
	var m struct {
		Conversation map[string]any `json:"conversation"`
	}
	require.NoError(t, json.Unmarshal(connectortest.Body(t, "customer_message.json"), &m))
	maps.Copy(m.Conversation, change)
	data, err := json.Marshal(m.Conversation)
	require.NoError(t, err)
	return data
}

func TestReadConversations(t *testing.T) {
	t.Parallel()
	resolved := map[string]any{"event": "conversation_status_changed", "status": "resolved", "updated_at": 1785000100.25}
	assigned := map[string]any{"event": "conversation_updated", "changed_attributes": []any{map[string]any{"assignee_id": map[string]any{"previous_value": nil, "current_value": 41}}}}
	with := func(base map[string]any, name string, value any) map[string]any {
		out := maps.Clone(base)
		out[name] = value
		return out
	}
	tests := []struct {
		name   string
		change map[string]any
		kind   connectors.Kind
		err    error
	}{
		{"resolved", resolved, connectors.Closed, nil},
		{"snoozed", with(resolved, "status", "snoozed"), "", nil},
		{"opened again", with(resolved, "status", "open"), "", nil},
		{"assigned", assigned, connectors.Assigned, nil},
		{"given to a team", with(assigned, "changed_attributes", []any{map[string]any{"team_id": map[string]any{}}}), connectors.Assigned, nil},
		{"labelled", with(assigned, "changed_attributes", []any{map[string]any{"label_list": map[string]any{}}}), "", nil},
		{"another account", with(resolved, "account", map[string]any{"id": 4}), "", connectors.ErrForeign},
		{"another account's message", with(resolved, "messages", []any{map[string]any{"id": 1, "account_id": 4}}), "", connectors.ErrForeign},
		{"no conversation", with(resolved, "id", nil), "", connectors.ErrMalformed},
		{"no conversation at all", with(resolved, "meta", 1), "", connectors.ErrMalformed},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			body := conversationEvent(t, tt.change)
			rec, err := connector(t, nil).Read(connectors.Delivery{Body: body})
			if tt.err != nil {
				require.ErrorIs(t, err, tt.err)
				require.Empty(t, rec.Events)
				return
			}
			require.NoError(t, err)
			if tt.kind == "" {
				require.Empty(t, rec.Events)
				return
			}
			require.Len(t, rec.Events, 1)
			e := rec.Events[0]
			require.Equal(t, tt.kind, e.Kind)
			require.Equal(t, "4711", e.Conversation)
			require.Equal(t, "41", e.Assignee)
			require.False(t, e.At.IsZero())
			if tt.kind == connectors.Closed {
				require.Equal(t, time.UnixMilli(1785000100250).UTC(), e.At)
			}
			again, err := connector(t, nil).Read(connectors.Delivery{Body: body})
			require.NoError(t, err)
			require.Equal(t, rec, again)
		})
	}
}

func TestValidate(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name   string
		change func(*chatwoot.Config)
		want   string
	}{
		{"nothing is wrong", func(*chatwoot.Config) {}, ""},
		{"a server that does not sign", unsigned, ""},
		{"a server has an address", func(c *chatwoot.Config) { c.BaseURL = "chat.nordwind.example" }, "base_url: required"},
		{"an address has no password", func(c *chatwoot.Config) { c.BaseURL = "https://a:b@chat.example" }, "base_url: required"},
		{"the account is a number", func(c *chatwoot.Config) { c.AccountID = "nordwind" }, "account_id: required"},
		{"some secret is needed", func(c *chatwoot.Config) { c.Secret = config.Secret{} }, "secret: required"},
		{"one way to be known", func(c *chatwoot.Config) { c.URLToken = config.NewSecret(urlToken) }, "url_token: not together"},
		{"an old secret alone is a mistake", func(c *chatwoot.Config) { unsigned(c); c.PreviousSecret = config.NewSecret("x") }, "previous_secret: only together"},
		{"a token must not be guessed", func(c *chatwoot.Config) { unsigned(c); c.URLToken = config.NewSecret("short") }, "url_token: at least 24"},
		{"a token is letters", func(c *chatwoot.Config) { unsigned(c); c.URLToken = config.NewSecret(urlToken + "/x") }, "url_token: at least 24"},
		{"what is not signed is read again", func(c *chatwoot.Config) { unsigned(c); c.Token = config.Secret{} }, "token: required with url_token"},
		{"who writes must be known", func(c *chatwoot.Config) { c.SenderID = "Copilot" }, "sender_id: required with token"},
		{"sender is an enum", func(c *chatwoot.Config) { c.Sender = "contact" }, "sender: must be"},
		{"notes is an enum", func(c *chatwoot.Config) { c.Notes = "public" }, "notes: must be"},
		{"networks are networks", func(c *chatwoot.Config) { c.Allow = []string{"10.0.0.0/8", "intranet"} }, "allow[1]: must be"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			cfg := settings()
			tt.change(&cfg)
			_, err := chatwoot.New(cfg, nil)
			if tt.want == "" {
				require.NoError(t, err)
				return
			}
			require.ErrorContains(t, err, tt.want)
		})
	}
	err := chatwoot.Config{}.Validate()
	for _, field := range []string{"base_url", "account_id", "secret"} {
		require.ErrorContains(t, err, field, "everything, not only the first")
	}
}

// What a customer can see is a message without "private", or a call of the
// public API, of campaigns or of transcripts. This desk knows none of them.
func TestAgentOnly(t *testing.T) {
	t.Parallel()
	connectortest.Never(t, `"private":false`, "/public/", "/platform/", "toggle_", "campaign", "transcript", "bulk_actions", "template_params", "sender_type",
		"to_emails", "cc_emails", "http.MethodPut", "http.MethodPatch", "=PUT", "=PATCH")
}

func FuzzVerify(f *testing.F) {
	for _, v := range connectortest.Load(f) {
		h := v.Header()
		f.Add("/hooks/chatwoot", h.Get("X-Chatwoot-Timestamp"), h.Get("X-Chatwoot-Signature"), v.Body)
	}
	f.Add("/hooks/chatwoot?token="+urlToken, "", "", []byte("{}"))
	c, plain := connector(f, nil), connector(f, unsigned)
	f.Fuzz(func(t *testing.T, target, stamp, sig string, body []byte) {
		h := http.Header{}
		h.Set("X-Chatwoot-Timestamp", stamp)
		h.Set("X-Chatwoot-Signature", sig)
		mac := hmac.New(sha256.New, []byte(secret))
		mac.Write([]byte(stamp + "." + string(body)))
		same := sig == "sha256="+hex.EncodeToString(mac.Sum(nil))
		d := connectors.Delivery{Target: target, Header: h, Body: body}
		if err := c.Verify(t.Context(), d, clock); err == nil && !same {
			t.Fatalf("accepted what was never signed: stamp=%q body=%q", stamp, body)
		}
		if err := plain.Verify(t.Context(), d, clock); err == nil {
			require.Equal(t, []string{urlToken}, d.Query()["token"])
		}
	})
}

func FuzzRead(f *testing.F) {
	for _, v := range connectortest.Load(f) {
		f.Add(v.Body)
	}
	for _, name := range []string{"attachment.json", "bot_message.json", "message_updated_duplicate.json"} {
		f.Add(connectortest.Body(f, name))
	}
	f.Add([]byte(`{"event":"conversation_updated","id":1,"updated_at":1.5,"changed_attributes":[{"assignee_id":{}}],"custom_attributes":{"a":1}}`))
	f.Add([]byte(`{"event":"message_updated","id":1,"created_at":1,"account":{"id":3},"conversation":{"id":1},"message_type":3,"content_attributes":{"submitted_values":{"csat_survey_response":{"rating":1}}}}`))
	c, plain := connector(f, nil), connector(f, unsigned)
	f.Fuzz(func(t *testing.T, body []byte) {
		connectortest.Sound(t, c, connectors.Delivery{Header: http.Header{}, Body: body})
		connectortest.Sound(t, plain, connectors.Delivery{Header: http.Header{}, Body: body})
	})
}
