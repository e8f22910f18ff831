package teams_test

import (
	"encoding/json"
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/sufflor/sufflor/config"
	"github.com/sufflor/sufflor/connectors"
	"github.com/sufflor/sufflor/connectors/connectortest"
	"github.com/sufflor/sufflor/connectors/teams"
)

const (
	app     = "00000000-0000-4000-8000-00000000b07a"
	tenant  = "00000000-0000-4000-8000-0000000000aa"
	jonas   = "11111111-1111-4111-8111-111111111111"
	anna    = "22222222-2222-4222-8222-222222222222"
	group   = "19:gc0000gc0000@thread.v2"
	service = "https://smba.trafficmanager.net/emea/" + tenant + "/"
	token64 = "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY="
)

var clock = time.Unix(1785000000, 0)

func settings() teams.Config {
	return teams.Config{
		TenantID: tenant, AppID: app, ClientSecret: config.NewSecret("entra~secret"), OutgoingToken: config.NewSecret(token64),
		Agents: []string{jonas}, Language: "de",
	}
}

// openid plays the Bot Framework's page of keys.
func openid(tb testing.TB) *connectortest.Fake {
	tb.Helper()
	f := connectortest.NewFake(tb, func(r *http.Request) bool { return r.Header.Get("Authorization") == "" })
	file := func(name string) func(connectortest.Call) (int, any) {
		body := connectortest.Body(tb, name)
		return func(connectortest.Call) (int, any) { return http.StatusOK, body }
	}
	f.Get("GET /v1/.well-known/openidconfiguration", file("openid_configuration.json"))
	f.Get("GET /v1/.well-known/keys", file("openid_keys.json"))
	return f
}

func start(tb testing.TB, cfg teams.Config, url string) *teams.Connector {
	tb.Helper()
	cfg.BaseURL = url
	c, err := teams.New(cfg, connectors.NewClient(0, nil, func() time.Time { return clock }))
	require.NoError(tb, err)
	return c
}

func TestVectors(t *testing.T) {
	t.Parallel()
	keys := openid(t)
	build := func(v connectortest.Vector) (connectors.Connector, error) {
		cfg := settings()
		cfg.BaseURL = keys.URL
		if v.Scheme == "teams_outgoing_hmac" { // alone, so that it is refused without its secret
			cfg.AppID, cfg.ClientSecret, cfg.OutgoingToken = "", config.Secret{}, config.NewSecret(v.Secret)
		}
		return teams.New(cfg, nil)
	}
	sent := connectortest.Vectors(t, build, func(t *testing.T, v connectortest.Vector, got connectortest.Result) {
		t.Helper()
		for _, e := range got.Events {
			require.Equal(t, tenant, e.Tenant)
			require.Equal(t, "msteams", e.Channel)
		}
		switch v.Name {
		case "jwt_customer_groupchat_ok":
			require.Equal(t, connectors.Event{
				Key: "message:" + group + ":1784999993412", Kind: connectors.Message, Tenant: tenant, Conversation: group, Message: "1784999993412",
				Role: connectors.Customer, Author: anna, AuthorName: "Anna Berg (Guest)", Customer: anna, Language: "de-DE", Channel: "msteams",
				Text:  "Hallo, meine Bestellung #55871 ist seit 5 Tagen überfällig 😕 – wann kommt sie an?",
				Facts: map[string]string{"country": "DE", "timezone": "Europe/Berlin"},
				At:    time.Date(2026, 7, 25, 17, 19, 53, 412339000, time.UTC),
				Route: map[string]string{"service": service, "conversation": group, "kind": "groupChat", "who": "Anna Berg (Guest)"},
			}, got.Events[0])
		case "jwt_customer_channel_mention_ok":
			require.Equal(t, "wo ist Auftrag 55871?", got.Events[0].Text)
			require.Equal(t, "19:c0ffee00c0ffee00c0ffee00c0ffee00@thread.tacv2;messageid=1784999994100", got.Events[0].Conversation)
			require.Equal(t, "19:c0ffee00c0ffee00c0ffee00c0ffee00@thread.tacv2", got.Events[0].Route["conversation"])
			require.Equal(t, "19:c0ffee00c0ffee00c0ffee00c0ffee00@thread.tacv2", got.Events[0].Group)
		case "jwt_file_ok":
			require.Equal(t, "siehe Anhang", got.Events[0].Text)
			require.Equal(t, []connectors.Attachment{{
				ID: "1150D938-8870-4044-9F2C-5BBDEBA70C9D", Name: "paket.pdf", Type: "application/pdf",
				URL: "https://nordwind-example.sharepoint.example/_layouts/15/download.aspx?tempauth=EXAMPLE",
			}}, got.Events[0].Attachments)
			require.Empty(t, got.Events[0].AuthorName, "the agent is not the customer to be greeted")
		case "jwt_inline_image_ok":
			require.Equal(t, "So kam es an", got.Events[0].Text)
			require.Len(t, got.Events[0].Attachments, 1)
			require.Equal(t, "0-weu-d1-EXAMPLE", got.Events[0].Attachments[0].ID)
		case "jwt_edit_ok", "jwt_undelete_ok":
			require.Equal(t, connectors.Edited, got.Events[0].Kind)
			require.NotEmpty(t, got.Events[0].Text)
		case "jwt_delete_ok":
			require.Equal(t, connectors.Deleted, got.Events[0].Kind)
			require.Empty(t, got.Events[0].Text)
		case "jwt_bot_added_ok":
			require.Equal(t, connectors.Ops, got.Events[0].Kind)
			require.Equal(t, `"Jonas Weber" (`+jonas+`) added the app and can be shown suggestions`, got.Events[0].Detail)
		case "jwt_reaction_ok", "jwt_feedback_bad_inner_ok", "jwt_legacy_submit_ok":
			require.Equal(t, "up", got.Events[0].Rating.Verdict)
			require.Empty(t, got.Events[0].Rating.Reason)
			require.Equal(t, jonas, got.Events[0].Rating.Agent)
		case "jwt_feedback_dislike_ok":
			require.Equal(t, "Lieferdatum fehlt", got.Events[0].Rating.Reason)
			require.JSONEq(t, `{}`, got.Body)
		case "jwt_card_use_ok":
			require.Empty(t, got.Events[0].Rating.Text, "used as it was")
			require.JSONEq(t, `{"statusCode":200,"type":"application/vnd.microsoft.activity.message","value":"Danke, notiert."}`, got.Body)
		case "jwt_card_edit_ok":
			require.Equal(t, "Guten Tag Anna, Ihre Bestellung #55871 ging gestern raus.", got.Events[0].Rating.Text)
			require.Equal(t, "sg_01K0EXAMPLE", got.Events[0].Rating.Suggestion)
		case "jwt_card_refresh_ok":
			require.Equal(t, connectors.Feedback, got.Events[0].Kind)
			require.Nil(t, got.Events[0].Rating, "looking is not judging")
			require.Contains(t, got.Body, `"type":"application/vnd.microsoft.card.adaptive"`)
		case "jwt_compose_fetch_ok":
			e := got.Events[0]
			require.Equal(t, connectors.Command, e.Kind)
			require.Equal(t, "Hallo, meine Bestellung #55871 ist seit 5 Tagen überfällig 😕 – wann kommt sie an?", e.Text)
			require.Equal(t, jonas, e.Route["user"], "who asks is answered")
			require.Contains(t, got.Body, `{"task":{"type":"continue"`)
		case "jwt_compose_submit_ok":
			require.Equal(t, connectors.Feedback, got.Events[0].Kind)
			require.Equal(t, "edited", got.Events[0].Rating.Verdict)
		case "hmac_ok":
			require.Equal(t, "Vorschlag für Bestellung #55871 – überfällig 😕", got.Events[0].Text)
			require.JSONEq(t, `{"type":"message","text":"Ein Vorschlag wird gesucht …"}`, got.Body, "never a draft: the whole channel reads it")
		}
	})
	require.Equal(t, 65, sent)
}

// read is what a connector makes of a body that was verified.
func read(t *testing.T, cfg teams.Config, path, body string) (connectors.Receipt, error) {
	t.Helper()
	c, err := teams.New(cfg, nil)
	require.NoError(t, err)
	return c.Read(connectors.Delivery{Path: path, Header: http.Header{}, Body: []byte(body)})
}

// change is a sample with some of its text replaced.
func change(t *testing.T, file string, pairs ...string) string {
	t.Helper()
	body := string(connectortest.Body(t, file))
	for i := 0; i < len(pairs); i += 2 {
		require.Contains(t, body, pairs[i])
		body = strings.ReplaceAll(body, pairs[i], pairs[i+1])
	}
	return body
}

func TestForeignAndOddBodies(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name string
		body string
		want error
	}{
		{"a foreign tenant of the conversation", change(t, "customer_message_groupchat.json", `"tenantId":"`+tenant, `"tenantId":"99999999-0000-4000-8000-0000000000aa`), connectors.ErrForeign},
		{"a foreign tenant of the sender", change(t, "customer_message_groupchat.json", `"tenant":{"id":"`+tenant, `"tenant":{"id":"99999999-0000-4000-8000-0000000000aa`), connectors.ErrForeign},
		{"another bot", change(t, "customer_message_groupchat.json", `"recipient":{"id":"28:`+app, `"recipient":{"id":"28:99999999-0000-4000-8000-00000000b07a`), connectors.ErrForeign},
		{"a service that is not Teams", change(t, "customer_message_groupchat.json", "smba.trafficmanager.net", "smba.trafficmanager.net.attacker.example"), connectors.ErrForeign},
		{"a service by plain http", change(t, "customer_message_groupchat.json", "https://smba", "http://smba"), connectors.ErrForeign},
		{"no tenant at all", `{"type":"message","id":"1","serviceUrl":"` + service + `","conversation":{"id":"x"}}`, connectors.ErrMalformed},
		{"no id", change(t, "customer_message_groupchat.json", `"id":"1784999993412",`, ``), connectors.ErrMalformed},
		{"a conversation that is a path", change(t, "customer_message_groupchat.json", group, "../../x"), connectors.ErrMalformed},
		{"an invoke without value", change(t, "invoke_card_action_use.json", `"value":{`, `"valued":{`), connectors.ErrMalformed},
		{"a list", `[]`, connectors.ErrMalformed},
		{"nothing", ``, connectors.ErrMalformed},
		{"two values", change(t, "customer_message_groupchat.json") + `{}`, connectors.ErrMalformed},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			rec, err := read(t, settings(), "", tt.body)
			require.ErrorIs(t, err, tt.want)
			require.Empty(t, rec.Events)
		})
	}
	_, err := read(t, settings(), "/outgoing", change(t, "outgoing_webhook_message.json", tenant, "99999999-0000-4000-8000-0000000000aa"))
	require.ErrorIs(t, err, connectors.ErrForeign)
}

func TestRead(t *testing.T) {
	t.Parallel()
	const customer, agent = "customer_message_groupchat.json", "agent_reply_groupchat.json"
	mention := `"entities":[{"mentioned":{"id":"28:` + app + `","name":"Copilot"},"text":"<at>Copilot</at>","type":"mention"},`
	tests := []struct {
		name string
		body string
		want connectors.Kind // empty: nothing
		role connectors.Role
		text string
	}{
		{"a customer's message", change(t, customer), connectors.Message, connectors.Customer, "Hallo, meine Bestellung #55871 ist seit 5 Tagen überfällig 😕 – wann kommt sie an?"},
		{"without a readable time", change(t, customer, `"timestamp":"2026-07-25T17:19:53.4123390Z"`, `"timestamp":"soon"`), connectors.Message, connectors.Customer, "Hallo, meine Bestellung #55871 ist seit 5 Tagen überfällig 😕 – wann kommt sie an?"},
		{"a colleague who is not on the list", change(t, agent, jonas, "33333333-3333-4333-8333-333333333333"), connectors.Message, connectors.Customer, "Guten Tag Anna, Ihre Bestellung #55871 wurde heute versendet."},
		{"an agent who mentions us asks", change(t, agent, `"entities":[`, mention, `"text":"Guten`, `"text":"<at>Copilot</at> Guten`), connectors.Command, connectors.Agent, "Guten Tag Anna, Ihre Bestellung #55871 wurde heute versendet."},
		{"an agent who only mentions us asks for the last one", change(t, agent, `"entities":[`, mention, `"text":"Guten Tag Anna, Ihre Bestellung #55871 wurde heute versendet."`, `"text":"<at>Copilot</at>&nbsp;"`), connectors.Command, connectors.Agent, ""},
		{"a customer who only mentions us", change(t, customer, `"entities":[`, mention, `"text":"Hallo, meine Bestellung #55871 ist seit 5 Tagen überfällig 😕 – wann kommt sie an?"`, `"text":"<at>Copilot</at> "`), "", "", ""},
		{"an agent who whispers to us asks", change(t, agent, `"name":"Copilot"}`, `"name":"Copilot","isTargeted":true}`), connectors.Command, connectors.Agent, "Guten Tag Anna, Ihre Bestellung #55871 wurde heute versendet."},
		{"a customer who whispers to us", change(t, customer, `"name":"Copilot"}`, `"name":"Copilot","isTargeted":true}`), "", "", ""},
		{"somebody else in a chat of their own", change(t, "attachment_personal_file.json", jonas, anna), "", "", ""},
		{"words with a mention of a colleague", change(t, customer, `"text":"Hallo, meine`, `"text":"<at id=\"1\">Jonas</at>, meine`), connectors.Message, connectors.Customer, "Jonas, meine Bestellung #55871 ist seit 5 Tagen überfällig 😕 – wann kommt sie an?"},
		{"a sticker", change(t, customer, "Hallo, meine Bestellung #55871 ist seit 5 Tagen überfällig 😕 – wann kommt sie an?", ""), "", "", ""},
		{"entities of a new shape", change(t, customer, `"entities":[`, `"entities":[7,{"type":["x"]},`), connectors.Message, connectors.Customer, "Hallo, meine Bestellung #55871 ist seit 5 Tagen überfällig 😕 – wann kommt sie an?"},
		{"our own message by id", change(t, "own_bot_message.json"), "", "", ""},
		{"our own message by role", change(t, customer, `"name":"Anna Berg (Guest)"`, `"name":"x","role":"bot"`), "", "", ""},
		{"our own message by its label", change(t, customer, `"entities":[`, `"entities":[{"type":"https://schema.org/Message","additionalType":["AIGeneratedContent"]},`), "", "", ""},
		{"an edit that is none", change(t, "message_update_edit.json", "editMessage", "linkPreview"), "", "", ""},
		{"a reaction that means nothing", change(t, "message_reaction.json", "like", "surprised"), "", "", ""},
		{"a reaction of a customer", change(t, "message_reaction.json", jonas, anna), "", "", ""},
		{"a reaction in a group", change(t, "message_reaction.json", "personal", "groupChat"), "", "", ""},
		{"a button of another app's card", change(t, "message_submit_legacy.json", `{"v":1,"s":"sg_01K0EXAMPLE","a":"up"}`, `{"x":1}`), "", "", ""},
		{"a button pressed by a customer", change(t, "message_submit_legacy.json", jonas, anna), "", "", ""},
		{"an empty edit", change(t, "invoke_card_action_edit.json", "Guten Tag Anna, Ihre Bestellung #55871 ging gestern raus.", " "), "", "", ""},
		{"members who are not us", change(t, "conversation_update_bot_added.json", `"membersAdded":[{"id":"28:`+app, `"membersAdded":[{"id":"29:x`), "", "", ""},
		{"an upgrade", change(t, "installation_update_remove.json", `"remove"`, `"remove-upgrade"`), "", "", ""},
		{"an invoke that we do not know", change(t, "invoke_card_action_use.json", "adaptiveCard/action", "signin/verifyState"), "", "", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			rec, err := read(t, settings(), "", tt.body)
			require.NoError(t, err)
			if tt.want == "" {
				require.Empty(t, rec.Events)
				return
			}
			require.Len(t, rec.Events, 1)
			require.Equal(t, tt.want, rec.Events[0].Kind)
			require.Equal(t, tt.role, rec.Events[0].Role)
			require.Equal(t, tt.text, rec.Events[0].Text)
		})
	}
}

// Whoever is not on the list is told so, and learns nothing else.
func TestStrangersGetNothing(t *testing.T) {
	t.Parallel()
	for file, want := range map[string]string{
		"invoke_card_action_use.json":    `{"statusCode":403,"type":"application/vnd.microsoft.error","value":{"code":"Forbidden","message":"Sie stehen nicht auf der Agentenliste dieses Copiloten."}}`,
		"invoke_card_refresh.json":       `{"statusCode":403,"type":"application/vnd.microsoft.error","value":{"code":"Forbidden","message":"Sie stehen nicht auf der Agentenliste dieses Copiloten."}}`,
		"invoke_compose_fetch_task.json": `{"task":{"type":"message","value":"Sie stehen nicht auf der Agentenliste dieses Copiloten."}}`,
		"invoke_compose_submit.json":     `{"task":{"type":"message","value":"Sie stehen nicht auf der Agentenliste dieses Copiloten."}}`,
		"invoke_feedback_dislike.json":   `{}`,
		"outgoing_webhook_message.json":  `{"type":"message","text":"Sie stehen nicht auf der Agentenliste dieses Copiloten."}`,
	} {
		path := ""
		if strings.HasPrefix(file, "outgoing") {
			path = "/outgoing"
		}
		rec, err := read(t, settings(), path, change(t, file, jonas, "33333333-3333-4333-8333-333333333333"))
		require.NoError(t, err, file)
		require.Empty(t, rec.Events, file)
		require.Nil(t, rec.Show, file)
		require.JSONEq(t, want, string(rec.Reply.Body), file)
	}
	c := start(t, settings(), "http://localhost:1")
	_, err := c.View(connectors.Show{Conversation: group, Agent: anna}, &connectors.Note{Text: "secret"})
	require.ErrorIs(t, err, connectors.ErrUnverified)
}

// The seal is what says which conversation and suggestion a button is about.
func TestSealedButtons(t *testing.T) {
	t.Parallel()
	seal := func(secret string, a connectors.Action) string { return connectors.NewSealer("teams", secret).Seal(a) }
	act := connectors.Action{Suggestion: "sg_1", Conversation: group, Agent: jonas, Verdict: "used"}
	other := act
	other.Agent = anna
	good := seal("entra~secret", act)
	tests := []struct {
		name, seal string
		ok         bool
	}{
		{"ours", good, true},
		{"made with the secret before", seal("entra~old", act), true},
		{"made with another secret", seal("stranger", act), false},
		{"shown to another agent", seal("entra~secret", other), false},
		{"cut", good[:len(good)-1], false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			cfg := settings()
			cfg.PreviousSecret = config.NewSecret("entra~old")
			// The suggestion beside the seal is not looked at.
			rec, err := read(t, cfg, "", change(t, "invoke_card_action_use.json", `{"v":1,"s":"sg_01K0EXAMPLE",`, `{"v":1,"s":"sg_forged","k":"`+tt.seal+`",`))
			require.NoError(t, err)
			if !tt.ok {
				require.Empty(t, rec.Events)
				require.Contains(t, string(rec.Reply.Body), `"statusCode":400`)
				return
			}
			require.Equal(t, "sg_1", rec.Events[0].Rating.Suggestion)
			require.Equal(t, group, rec.Events[0].Conversation, "the customer's, not the agent's chat")
		})
	}
}

func TestValidate(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name   string
		change func(*teams.Config)
		want   string
	}{
		{"nothing is wrong", func(*teams.Config) {}, ""},
		{"an outgoing webhook alone", func(c *teams.Config) { c.AppID, c.ClientSecret = "", config.Secret{} }, ""},
		{"a tenant is a GUID", func(c *teams.Config) { c.TenantID = "nordwind.onmicrosoft.com" }, "tenant_id: required"},
		{"some sender is needed", func(c *teams.Config) { c.AppID, c.ClientSecret, c.OutgoingToken = "", config.Secret{}, config.Secret{} }, "app_id: required"},
		{"an app is a GUID", func(c *teams.Config) { c.AppID = "copilot" }, "app_id: must be a GUID"},
		{"a secret belongs to an app", func(c *teams.Config) { c.AppID = "" }, "app_id: required with client_secret"},
		{"the id of a secret is not it", func(c *teams.Config) { c.ClientSecret = config.NewSecret(app) }, "client_secret: is a GUID"},
		{"an old secret alone is a mistake", func(c *teams.Config) { c.ClientSecret, c.PreviousSecret = config.Secret{}, config.NewSecret("x") }, "previous_client_secret: only"},
		{"a token is base64", func(c *teams.Config) { c.OutgoingToken = config.NewSecret("not base64 !!") }, "outgoing_token: must be"},
		{"an old token is base64 too", func(c *teams.Config) { c.PreviousOutgoingToken = config.NewSecret("!") }, "previous_outgoing_token: must be"},
		{"an old token alone is a mistake", func(c *teams.Config) {
			c.OutgoingToken, c.PreviousOutgoingToken = config.Secret{}, config.NewSecret(token64)
		}, "previous_outgoing_token: only"},
		{"agents are known", func(c *teams.Config) { c.Agents = nil }, "agents: required"},
		{"an agent is a GUID", func(c *teams.Config) { c.Agents = []string{"jonas@nordwind.example"} }, "agents[0]: must be a GUID"},
		{"an agent is listed once", func(c *teams.Config) { c.Agents = []string{jonas, strings.ToUpper(jonas)} }, "agents[1]: is listed twice"},
		{"agents are few", func(c *teams.Config) { c.Agents = make([]string, 51) }, "agents: at most 50"},
		{"a cloud is known", func(c *teams.Config) { c.Cloud = "moon" }, "cloud: must be one of china, public, usgov"},
		{"notes is an enum", func(c *teams.Config) { c.Notes = "channel" }, "notes: must be"},
		{"addresses are https", func(c *teams.Config) { c.Developer.Privacy = "http://x.example" }, "developer.privacy: must be"},
		{"a base address is one", func(c *teams.Config) { c.BaseURL = "teams" }, "base_url: must be"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			cfg := settings()
			tt.change(&cfg)
			err := cfg.Validate()
			if tt.want == "" {
				require.NoError(t, err)
				return
			}
			require.ErrorContains(t, err, tt.want)
			_, err = teams.New(cfg, nil)
			require.ErrorContains(t, err, tt.want)
		})
	}
	err := teams.Config{}.Validate()
	for _, field := range []string{"tenant_id", "app_id", "agents"} {
		require.ErrorContains(t, err, field, "everything, not only the first")
	}
}

func TestPathsWithoutSecretDoNotExist(t *testing.T) {
	t.Parallel()
	bot, hook := settings(), settings()
	bot.OutgoingToken = config.Secret{}
	hook.AppID, hook.ClientSecret = "", config.Secret{}
	b, h := start(t, bot, "http://localhost:1"), start(t, hook, "http://localhost:1")
	require.NotEmpty(t, b.Takes(""))
	require.Empty(t, b.Takes("/outgoing"))
	require.Empty(t, b.Takes("/x"))
	require.Empty(t, h.Takes(""))
	require.NotEmpty(t, h.Takes("/outgoing"))
	require.True(t, h.Silent(), "its answers are public, so it has no notes")
	require.False(t, b.Silent())
	require.Empty(t, h.Origins())
	for _, c := range []*teams.Connector{b, h} {
		for _, path := range []string{"", "/outgoing", "/x"} {
			err := c.Verify(t.Context(), connectors.Delivery{Path: path, Header: http.Header{"Authorization": {"HMAC "}}}, clock)
			require.ErrorIs(t, err, connectors.ErrUnverified)
		}
	}
}

func TestTypesOfFiles(t *testing.T) {
	t.Parallel()
	for extension, want := range map[string]string{
		"PDF": "application/pdf", "jpeg": "image/jpeg", "png": "image/png", "log": "text/plain", "csv": "text/csv", "exe": "", "": "",
		"docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
		"xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
		"pptx": "application/vnd.openxmlformats-officedocument.presentationml.presentation",
	} {
		rec, err := read(t, settings(), "", change(t, "attachment_personal_file.json", `"fileType":"pdf"`, `"fileType":"`+extension+`"`))
		require.NoError(t, err)
		require.Equal(t, want, rec.Events[0].Attachments[0].Type, extension)
	}
}

func TestSignedBySignIsVerified(t *testing.T) {
	t.Parallel()
	cfg := settings()
	cfg.PreviousOutgoingToken = config.NewSecret("dGhlIG9uZSBiZWZvcmU=")
	c := start(t, cfg, "http://localhost:1")
	body := []byte(`{"type":"message","text":"Grüße"}`)
	for _, s := range []config.Secret{cfg.OutgoingToken, cfg.PreviousOutgoingToken} {
		h, err := teams.Sign(s, body)
		require.NoError(t, err)
		require.NoError(t, c.Verify(t.Context(), connectors.Delivery{Path: "/outgoing", Header: h, Body: body}, clock))
	}
	h, err := teams.Sign(cfg.OutgoingToken, body)
	require.NoError(t, err)
	require.Equal(t, "HMAC l/rq6Sq6PuDpt65S6fscQ9MPrg+AvgD/kwZkm8cHreQ=", h.Get("Authorization"), "the worked vector")
	_, err = teams.Sign(config.NewSecret("!"), body)
	require.Error(t, err)
}

// Nothing is sent to a group, a channel or a webhook, and no message is made
// visible to one member of a group: if that flag is lost, all see the draft.
func TestAgentOnly(t *testing.T) {
	t.Parallel()
	connectortest.Never(
		t, "isTargetedActivity", "@thread", "webhook.office.com", "incomingwebhook", "logic.azure.com", "graph.microsoft.com",
		"/channels/", "/chats/", "http.MethodPatch", `"isGroup":true`, "composeExtension/query", `"composeExtension":`, "19:",
	)
}

func FuzzVerify(f *testing.F) {
	valid := map[string]bool{}
	for _, v := range connectortest.Load(f) {
		f.Add(v.Path(f), v.Header().Get("Authorization"), v.Body)
		if v.Valid && v.Scheme == "botframework_jwt" {
			valid[v.Header().Get("Authorization")] = true
		}
	}
	c := start(f, settings(), openid(f).URL)
	f.Fuzz(func(t *testing.T, path, auth string, body []byte) {
		err := c.Verify(t.Context(), connectors.Delivery{Path: path, Header: http.Header{"Authorization": {auth}}, Body: body}, clock)
		if err != nil {
			require.ErrorIs(t, err, connectors.ErrUnverified)
			return
		}
		switch path {
		case "":
			require.True(t, valid[auth], "accepted a token that was never signed: %q", auth)
			var a struct {
				ServiceURL string `json:"serviceUrl"`
			}
			if json.Unmarshal(body, &a) == nil {
				require.Equal(t, strings.TrimSuffix(service, "/"), strings.TrimSuffix(a.ServiceURL, "/"))
			}
		case "/outgoing":
			h, err := teams.Sign(config.NewSecret(token64), body)
			require.NoError(t, err)
			require.Equal(t, h.Get("Authorization"), auth, "accepted what was never signed: %q", body)
		default:
			t.Fatalf("accepted at %q", path)
		}
	})
}

func FuzzRead(f *testing.F) {
	for _, v := range connectortest.Load(f) {
		f.Add(v.Path(f), v.Body)
	}
	c := start(f, settings(), "http://localhost:1")
	f.Fuzz(func(t *testing.T, path string, body []byte) {
		d := connectors.Delivery{Path: path, Header: http.Header{}, Body: body}
		connectortest.Sound(t, c, d)
		rec, err := c.Read(d)
		if err != nil || rec.Show == nil {
			return
		}
		_, err = c.View(*rec.Show, &connectors.Note{Suggestion: "sg_1", Text: "x"})
		require.False(t, err != nil && !errors.Is(err, connectors.ErrUnverified))
	})
}
