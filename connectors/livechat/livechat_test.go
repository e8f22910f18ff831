package livechat_test

import (
	"encoding/json"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v3"

	"github.com/sufflor/sufflor/config"
	"github.com/sufflor/sufflor/connectors"
	"github.com/sufflor/sufflor/connectors/connectortest"
	"github.com/sufflor/sufflor/connectors/livechat"
)

const (
	organization = "390e44e6-f1e6-4368-a6dd-74a14508c2e1"
	secretKey    = "lc_secret_u8Zk2pQ0"
	pathToken    = "9d2f6c1b"
	bot          = "5c9871d5372c824cbf22d860a707a578"
	agent        = "jonas@nordwind.example"
	customer     = "b7eff798-f8df-4364-8059-649c35c9ed0c"
	chatID       = "PJ0MRSHTDG"
	threadID     = "K600PKZON8"
)

func settings() livechat.Config {
	return livechat.Config{
		Organization: organization, PathToken: config.NewSecret(pathToken), SecretKey: config.NewSecret(secretKey),
		Token: config.NewSecret("dal:token"), Region: "dal", Bot: bot, Client: "c5e4f61e1a6c3b1521b541bc5c5a2ac5",
	}
}

func connector(tb testing.TB) *livechat.Connector {
	tb.Helper()
	c, err := livechat.New(settings(), nil)
	require.NoError(tb, err)
	return c
}

// Vectors that are refused with a status of their own are in TestRefusedAtTheDoor.
func build(v connectortest.Vector) (connectors.Connector, error) {
	if v.Name == "malformed" || v.Name == "wrong_path_token" {
		return nil, connectortest.ErrNotMine
	}
	cfg := settings()
	cfg.SecretKey = config.NewSecret(v.Secret)
	return livechat.New(cfg, nil)
}

func TestVectors(t *testing.T) {
	t.Parallel()
	sent := connectortest.Vectors(t, build, func(t *testing.T, v connectortest.Vector, got connectortest.Result) {
		t.Helper()
		for _, e := range got.Events {
			require.Equal(t, organization, e.Tenant)
			require.Equal(t, chatID, e.Conversation)
			require.Equal(t, threadID, e.Route["thread"])
		}
		switch v.Name {
		case "incoming_event_customer_ok":
			e := got.Events[0]
			require.Equal(t, connectors.Customer, e.Role)
			require.Equal(t, "K600PKZON8_7", e.Message)
			require.Equal(t, customer, e.Customer)
			require.Equal(t, agent, e.Assignee)
			require.Equal(t, "Hallo, meine Bestellung #55871 ist seit 5 Tagen überfällig 😕 – wann kommt sie an?", e.Text)
			require.Equal(t, 412000000, e.At.Nanosecond(), "microseconds")
			require.Equal(t, map[string]string{"source.client_id": "c5e4f61e1a6c3b1521b541bc5c5a2ac5", "source.customer_client_id": "app_x"}, e.Facts)
		case "incoming_event_agent_reply_ok":
			require.Equal(t, connectors.Agent, got.Events[0].Role)
			require.Equal(t, customer, got.Events[0].Customer)
		case "incoming_event_own_agents_only_ok":
			require.Empty(t, got.Events)
		case "postback_feedback_ok":
			require.Empty(t, got.Events, "its button has no seal: anybody could have named it")
		case "tampered_body_undetectable":
			require.Contains(t, got.Events[0].Text, "#55872", "the limit of this scheme; source: api closes it")
		}
	})
	require.Equal(t, 7, sent, "9 vectors, 2 of them in TestRefusedAtTheDoor")
}

func TestRefusedAtTheDoor(t *testing.T) {
	t.Parallel()
	want := map[string]int{"malformed": http.StatusBadRequest, "wrong_path_token": http.StatusNotFound}
	checked := 0
	for _, v := range connectortest.Load(t) {
		status, mine := want[v.Name]
		if !mine {
			continue
		}
		checked++
		t.Run(v.Name, func(t *testing.T) {
			t.Parallel()
			c := connector(t)
			got := connectortest.Send(t, c, v)
			require.Equal(t, status, got.Status, v.Why)
			require.Empty(t, got.Events)
			require.Empty(t, got.Body)
			require.ErrorIs(t, c.Verify(t.Context(), v.Delivery(t), time.Unix(v.Now, 0)), connectors.ErrUnverified, "and again behind the door")
		})
	}
	require.Equal(t, len(want), checked)
}

// delivery is a body of action with that payload.
func delivery(action, payload string) connectors.Delivery {
	return connectors.Delivery{Method: http.MethodPost, Path: "/" + pathToken, Body: []byte(
		`{"webhook_id":"w","secret_key":"` + secretKey + `","action":"` + action + `","organization_id":"` + organization + `","payload":` + payload +
			`,"additional_data":{"chat_presence_user_ids":["` + customer + `","` + agent + `","` + bot + `"]}}`)}
}

func incoming(event string) string {
	return `{"chat_id":"` + chatID + `","thread_id":"` + threadID + `","event":` + event + `}`
}

func read(t *testing.T, c *livechat.Connector, d connectors.Delivery) []connectors.Event {
	t.Helper()
	require.NoError(t, c.Verify(t.Context(), d, time.Time{}))
	got, err := c.Read(d)
	require.NoError(t, err)
	return got.Events
}

func sample(t *testing.T, name string) connectors.Delivery {
	t.Helper()
	return connectors.Delivery{Method: http.MethodPost, Path: "/" + pathToken, Body: connectortest.Body(t, name)}
}

func TestVerify(t *testing.T) {
	t.Parallel()
	body := string(connectortest.Body(t, "incoming_event_customer.json"))
	rotating := settings()
	rotating.PreviousKey = config.NewSecret("the key before, 16+")
	tests := []struct {
		name string
		cfg  livechat.Config
		path string
		body string
		ok   bool
	}{
		{"the key matches", settings(), "/" + pathToken, body, true},
		{"the key of before a rotation matches too", rotating, "/" + pathToken, strings.Replace(body, secretKey, "the key before, 16+", 1), true},
		{"without a rotation an empty key matches nothing", settings(), "/" + pathToken, strings.Replace(body, secretKey, "", 1), false},
		{"null is no key", settings(), "/" + pathToken, strings.Replace(body, `"`+secretKey+`"`, "null", 1), false},
		{"a list is no key", settings(), "/" + pathToken, strings.Replace(body, `"`+secretKey+`"`, `["`+secretKey+`"]`, 1), false},
		{"the member has one spelling", settings(), "/" + pathToken, strings.Replace(body, "secret_key", "Secret_Key", 1), false},
		{"a key within the payload is not the key", settings(), "/" + pathToken, `{"payload":{"secret_key":"` + secretKey + `"}}`, false},
		{"the bare hook is not the hook", settings(), "", body, false},
		{"nothing is below the hook", settings(), "/" + pathToken + "/x", body, false},
		{"a part of the path token is not enough", settings(), "/9d2f6c1", body, false},
		{"a list is no delivery", settings(), "/" + pathToken, `[]`, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			c, err := livechat.New(tt.cfg, nil)
			require.NoError(t, err)
			err = c.Verify(t.Context(), connectors.Delivery{Path: tt.path, Body: []byte(tt.body)}, time.Time{})
			if tt.ok {
				require.NoError(t, err)
				return
			}
			require.ErrorIs(t, err, connectors.ErrUnverified)
			require.NotContains(t, err.Error(), secretKey)
			require.NotContains(t, err.Error(), "überfällig", "a body is never quoted")
		})
	}
}

func TestAnotherOrganizationIsForeign(t *testing.T) {
	t.Parallel()
	body := strings.Replace(string(connectortest.Body(t, "incoming_event_customer.json")), organization, "00000000-f1e6-4368-a6dd-74a14508c2e1", 1)
	d := connectors.Delivery{Path: "/" + pathToken, Body: []byte(body)}
	c := connector(t)
	require.NoError(t, c.Verify(t.Context(), d, time.Time{}))
	_, err := c.Read(d)
	require.ErrorIs(t, err, connectors.ErrForeign)

	// Another tenant's key, valid for that tenant, is no key here.
	cfg := settings()
	cfg.SecretKey = config.NewSecret("another tenant's key")
	other, err := livechat.New(cfg, nil)
	require.NoError(t, err)
	require.ErrorIs(t, other.Verify(t.Context(), sample(t, "incoming_event_customer.json"), time.Time{}), connectors.ErrUnverified)
}

func TestRead(t *testing.T) {
	t.Parallel()
	const at = `"created_at":"2026-07-25T17:20:00.000001Z"`
	message := func(author, visibility, more string) string {
		return incoming(`{"id":"K600PKZON8_11",` + at + `,"type":"message","author_id":"` + author + `","visibility":"` + visibility + `","text":"Hi"` + more + `}`)
	}
	tests := []struct {
		name   string
		d      connectors.Delivery
		kind   connectors.Kind // empty: nothing
		key    string
		checks func(*testing.T, connectors.Event)
	}{
		{"a customer's file", sample(t, "incoming_event_file.json"), connectors.Attached, "event:PJ0MRSHTDG:K600PKZON8_8", func(t *testing.T, e connectors.Event) {
			t.Helper()
			require.Equal(t, []connectors.Attachment{{
				ID: "K600PKZON8_8", Name: "etikett.jpg", Type: "image/jpeg", Size: 184213,
				URL: "https://cdn.livechat-files.com/api/file/lc/att/8948324/45a3581b/etikett.jpg",
			}}, e.Attachments)
			require.Equal(t, connectors.Customer, e.Role)
		}},
		{"what LiveChat says of routing", sample(t, "incoming_event_system_message.json"), "", "", nil},
		{"a bot's message", delivery("incoming_event", message("0123456789abcdef0123456789abcdef", "all", "")), "", "", nil},
		{"a whisper among agents", delivery("incoming_event", message(agent, "agents", "")), "", "", nil},
		{"an event that does not say who sees it", delivery("incoming_event", message(customer, "", "")), "", "", nil},
		{
			"a customer who knows our marker is not silenced", delivery("incoming_event", message(customer, "all", `,"custom_id":"copilot:sg_1"`)),
			connectors.Message, "event:PJ0MRSHTDG:K600PKZON8_11", nil,
		},
		{"a pressed button without a text", delivery("incoming_event", incoming(`{"id":"K600PKZON8_12",`+at+`,"type":"message","author_id":"`+customer+
			`","visibility":"all","postback":{"id":"action_yes"}}`)), connectors.Message, "event:PJ0MRSHTDG:K600PKZON8_12", func(t *testing.T, e connectors.Event) {
			t.Helper()
			require.Equal(t, "action_yes", e.Text)
		}},
		{"a form", delivery("incoming_event", incoming(`{"id":"K600PKZON8_1",`+at+`,"type":"filled_form","author_id":"`+customer+`","visibility":"all"}`)), "", "", nil},
		{
			"a changed message", delivery("event_updated", message(customer, "all", "")), connectors.Edited, "edited:PJ0MRSHTDG:K600PKZON8_11:3639efcd08abb273",
			func(t *testing.T, e connectors.Event) {
				t.Helper()
				require.Equal(t, "K600PKZON8_11", e.Message)
			},
		},
		{
			"a deleted message", delivery("event_deleted", `{"chat_id":"PJ0MRSHTDG","thread_id":"K600PKZON8","event_id":"K600PKZON8_4"}`), connectors.Deleted,
			"deleted:PJ0MRSHTDG:K600PKZON8_4", func(t *testing.T, e connectors.Event) {
				t.Helper()
				require.Equal(t, "K600PKZON8_4", e.Message)
			},
		},
		{"a closed thread", delivery("chat_deactivated", `{"chat_id":"PJ0MRSHTDG","thread_id":"K600PKZON8"}`), connectors.Closed, "closed:PJ0MRSHTDG:K600PKZON8", nil},
		{"a moved chat", delivery("chat_transferred", `{"chat_id":"PJ0MRSHTDG","thread_id":"K600PKZON8","requester_id":"x@y.example","reason":"manual",
			"transferred_to":{"group_ids":[19],"agent_ids":["smith@example.com"]}}`), connectors.Assigned, "", func(t *testing.T, e connectors.Event) {
			t.Helper()
			require.Equal(t, "smith@example.com", e.Assignee)
			require.Equal(t, "19", e.Group)
		}},
		{
			"a chat that nobody has", delivery("chat_transferred", `{"chat_id":"PJ0MRSHTDG","transferred_to":{"group_ids":[3],"agent_ids":[]}}`), connectors.Assigned, "",
			func(t *testing.T, e connectors.Event) {
				t.Helper()
				require.Empty(t, e.Assignee)
			},
		},
		{
			"a good rating", delivery("thread_properties_updated", `{"chat_id":"PJ0MRSHTDG","thread_id":"K600PKZON8","properties":{"rating":{"score":1,"comment":"Super!"}}}`),
			connectors.Rated, "", func(t *testing.T, e connectors.Event) {
				t.Helper()
				require.Equal(t, &connectors.Score{Value: 1, Comment: "Super!"}, e.Score)
				require.Equal(t, customer, e.Customer)
			},
		},
		{
			"a bad rating of a chat", delivery("chat_properties_updated", `{"chat_id":"PJ0MRSHTDG","properties":{"rating":{"score":0}}}`), connectors.Rated, "",
			func(t *testing.T, e connectors.Event) {
				t.Helper()
				require.Equal(t, &connectors.Score{}, e.Score)
			},
		},
		{
			"a comment of a rating alone is looked up", delivery("thread_properties_updated", `{"chat_id":"PJ0MRSHTDG","thread_id":"K600PKZON8","properties":{"rating":{"comment":"x"}}}`),
			connectors.Fetch, "", nil,
		},
		{"other properties", delivery("chat_properties_updated", `{"chat_id":"PJ0MRSHTDG","properties":{"routing":{"pinned":true}}}`), "", "", nil},
		{"a rating out of range", delivery("chat_properties_updated", `{"chat_id":"PJ0MRSHTDG","properties":{"rating":{"score":7}}}`), "", "", nil},
		{"properties of another form cost nothing", delivery("chat_properties_updated", `{"chat_id":"PJ0MRSHTDG","properties":[1,{"rating":2}]}`), "", "", nil},
		{"an action that is none of our business", delivery("routing_status_set", `{"agent_id":"a@b.example","status":"offline"}`), "", "", nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got := read(t, connector(t), tt.d)
			if tt.kind == "" {
				require.Empty(t, got)
				return
			}
			require.Len(t, got, 1)
			require.Equal(t, tt.kind, got[0].Kind)
			require.Equal(t, chatID, got[0].Conversation)
			require.Equal(t, "livechat", got[0].Channel)
			require.NotEmpty(t, got[0].Key)
			if tt.key != "" {
				require.Equal(t, tt.key, got[0].Key)
			}
			if tt.checks != nil {
				tt.checks(t, got[0])
			}
		})
	}
}

func TestReadNewChat(t *testing.T) {
	t.Parallel()
	got := read(t, connector(t), delivery("incoming_chat", `{"chat":{"id":"PJ0MRSHTDG",
		"users":[{"id":"`+customer+`","type":"customer","name":"Anna"},{"id":"`+agent+`","type":"agent","name":"Jonas"}],
		"access":{"group_ids":[7]},"properties":{"routing":{"start_url":"https://shop.example/"}},
		"thread":{"id":"K600PKZON8","active":true,"tags":["delivery"],"user_ids":["`+customer+`"],"events":[
			{"id":"K600PKZON8_3","created_at":"2026-07-25T17:19:52Z","type":"message","author_id":"`+agent+`","visibility":"all","text":"Moin"},
			{"id":"K600PKZON8_2","created_at":"2026-07-25T17:19:51Z","type":"message","author_id":"`+customer+`","visibility":"all","text":"Hallo"},
			{"id":"K600PKZON8_1","created_at":"2026-07-25T17:19:50Z","type":"system_message","visibility":"all","text":"assigned"}]}}}`))
	require.Len(t, got, 2)
	require.Equal(t, []string{"Hallo", "Moin"}, []string{got[0].Text, got[1].Text}, "oldest first")
	require.Equal(t, "Anna", got[0].AuthorName)
	require.Equal(t, []string{"delivery"}, got[0].Tags)
	require.Equal(t, "7", got[0].Group)
	require.Equal(t, "https://shop.example/", got[0].Facts["routing.start_url"])
	require.Equal(t, "event:PJ0MRSHTDG:K600PKZON8_2", got[0].Key, "the same as when it had come alone")
}

func TestReadRefusesOddShapes(t *testing.T) {
	t.Parallel()
	for name, d := range map[string]connectors.Delivery{
		"no chat":               delivery("incoming_event", `{"event":{"id":"a_1"}}`),
		"a path instead of id":  delivery("incoming_event", `{"chat_id":"../x","event":{"id":"a_1"}}`),
		"an event without time": delivery("incoming_event", incoming(`{"id":"a_1","type":"message"}`)),
		"a deletion of nothing": delivery("event_deleted", `{"chat_id":"PJ0MRSHTDG"}`),
		"an end of nothing":     delivery("chat_deactivated", `{"chat_id":"PJ0MRSHTDG"}`),
		"a chat without thread": delivery("incoming_chat", `{"chat":{"id":"PJ0MRSHTDG"}}`),
		"a text that is none":   delivery("incoming_event", incoming(`{"id":"a_1","text":{"a":1}}`)),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := connector(t).Read(d)
			require.ErrorIs(t, err, connectors.ErrMalformed)
			require.Empty(t, got)
		})
	}
}

// Each guard against answering our own note holds alone.
func TestOwnNotesAreIgnored(t *testing.T) {
	t.Parallel()
	body := func(author, visibility, custom, text string) connectors.Delivery {
		return delivery("incoming_event", incoming(`{"id":"K600PKZON8_9","created_at":"2026-07-25T17:19:57Z","type":"message","author_id":"`+author+
			`","visibility":"`+visibility+`","custom_id":"`+custom+`","text":"`+text+`"}`))
	}
	other := "other@nordwind.example"
	for name, d := range map[string]connectors.Delivery{
		"by our bot although public and unmarked":  body(bot, "all", "", "Hi"),
		"by its visibility although by an agent":   body(other, "agents", "", "Hi"),
		"by its custom id although by an agent":    body(other, "all", "copilot:sg_1", "Hi"),
		"by its first words although by an agent":  body(other, "all", "", "[Copilot sg_1] Hi"),
		"because no bot is anybody we listen to":   body("ffffffffffffffffffffffffffffffff", "all", "", "Hi"),
		"by all of them, as LiveChat would say it": sample(t, "incoming_event_own_agents_only.json"),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			require.Empty(t, read(t, connector(t), d))
		})
	}
	require.Len(t, read(t, connector(t), body(other, "all", "", "Hi")), 1, "without any of them it is an agent's reply")
}

func TestPostbacks(t *testing.T) {
	t.Parallel()
	c := connector(t)
	press := func(user, chat, id, toggled string) connectors.Delivery {
		return delivery("incoming_rich_message_postback", `{"user_id":"`+user+`","chat_id":"`+chat+`","thread_id":"K600PKZON8","event_id":"K600PKZON8_9",
			"postback":{"id":"`+id+`","toggled":`+toggled+`}}`)
	}
	seal := func(chat, verdict string) string {
		return c.Seal(connectors.Action{Suggestion: "sg_1", Conversation: chat, Verdict: verdict})
	}
	got := read(t, c, press(agent, chatID, seal(chatID, "up"), "true"))
	require.Len(t, got, 1)
	require.Equal(t, connectors.Feedback, got[0].Kind)
	require.Equal(t, &connectors.Rating{Suggestion: "sg_1", Verdict: "up", Agent: agent}, got[0].Rating)
	require.Equal(t, got, read(t, c, press(agent, chatID, seal(chatID, "up"), "true")), "a redelivery is known by its key")

	for name, d := range map[string]connectors.Delivery{
		"a customer cannot judge":             press(customer, chatID, seal(chatID, "up"), "true"),
		"nor can a bot":                       press(bot, chatID, seal(chatID, "up"), "true"),
		"a button belongs to its chat":        press(agent, "OTHERCHAT", seal(chatID, "up"), "true"),
		"a seal that was touched":             press(agent, chatID, seal(chatID, "up")+"x", "true"),
		"a button of another app":             press(agent, chatID, "action_yes", "true"),
		"a verdict that no button of ours is": press(agent, chatID, seal(chatID, "used"), "true"),
		"a button that was let go":            press(agent, chatID, seal(chatID, "up"), "false"),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			require.Empty(t, read(t, c, d))
		})
	}
}

// The example of README.md is one that starts.
func TestExample(t *testing.T) {
	t.Parallel()
	readme, err := os.ReadFile("README.md")
	require.NoError(t, err)
	_, rest, _ := strings.Cut(string(readme), "```yaml\n")
	example, _, found := strings.Cut(rest, "```")
	require.True(t, found)
	var d config.Desk
	require.NoError(t, yaml.Unmarshal([]byte(example), &d))
	require.Equal(t, "livechat", d.Kind)
	var cfg livechat.Config
	require.NoError(t, config.DecodeSettings(d.Settings, "settings", &cfg))
	cfg.PathToken = config.NewSecret(pathToken) // which the environment has
	require.NoError(t, cfg.Validate())
	require.Equal(t, "de", cfg.Language)
}

func TestValidate(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name   string
		change func(*livechat.Config)
		want   string
	}{
		{"nothing is wrong", func(*livechat.Config) {}, ""},
		{"the organization is known", func(c *livechat.Config) { c.Organization = "nordwind" }, "organization: required"},
		{"a key is needed", func(c *livechat.Config) { c.SecretKey = config.Secret{} }, "secret_key: required"},
		{"a short key is guessed", func(c *livechat.Config) { c.SecretKey = config.NewSecret("short") }, "secret_key: required, 16 or more"},
		{"so is a short old one", func(c *livechat.Config) { c.PreviousKey = config.NewSecret("short") }, "previous_secret_key: at least 16"},
		{"the path ends with a token", func(c *livechat.Config) { c.PathToken = config.Secret{} }, "path_token: required"},
		{"the token fits into a path", func(c *livechat.Config) { c.PathToken = config.NewSecret("a/b/c/d/e") }, "path_token: required"},
		{"path and key differ", func(c *livechat.Config) {
			c.SecretKey, c.PathToken = config.NewSecret("0123456789abcdef"), config.NewSecret("0123456789abcdef")
		}, "path_token: must not be the secret_key"},
		{"notes have an author", func(c *livechat.Config) { c.Bot = "" }, "bot: required with token"},
		{"a bot has an id", func(c *livechat.Config) { c.Bots = []string{""} }, "bots[0]: is empty"},
		{"an account has a token", func(c *livechat.Config) { c.Account, c.Token = organization, config.Secret{} }, "token: required with account"},
		{"an account is an id", func(c *livechat.Config) { c.Account = "me" }, "account: must be"},
		{"two regions exist", func(c *livechat.Config) { c.Region = "moon" }, "region: must be"},
		{"notes are private or off", func(c *livechat.Config) { c.Notes = "public" }, "notes: must be"},
		{"buttons are on or off", func(c *livechat.Config) { c.Buttons = "maybe" }, "buttons: must be"},
		{"a source is known", func(c *livechat.Config) { c.Source = "hearsay" }, "source: must be"},
		{"reading again needs a token", func(c *livechat.Config) { c.Source, c.Token = livechat.FromAPI, config.Secret{} }, `source: "api" needs a token`},
		{"the widget is served by https", func(c *livechat.Config) { c.Widget = "http://x.example/" }, "widget: must be"},
		{"the base is an address", func(c *livechat.Config) { c.BaseURL = "api" }, "base_url: must be"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			cfg := settings()
			tt.change(&cfg)
			_, err := livechat.New(cfg, nil)
			if tt.want == "" {
				require.NoError(t, err)
				return
			}
			require.ErrorContains(t, err, tt.want)
			require.NotContains(t, err.Error(), secretKey)
		})
	}
	require.ErrorContains(t, livechat.Config{}.Validate(), "secret_key")
	require.ErrorContains(t, livechat.Config{}.Validate(), "organization", "all that is wrong, not only the first")
}

// What a customer can see has its own calls and values; this desk knows none
// of the calls, and the visibility for everybody is only ever compared.
func TestAgentOnly(t *testing.T) {
	t.Parallel()
	connectortest.Never(t, "send_event_preview", "send_typing_indicator", "send_rich_message_postback", "start_chat", "resume_chat",
		"deactivate_chat", "transfer_chat", "multicast", "upload_file", "update_event", "attach_to_last_thread", `"visibility":"all"`, "customer/action",
		"http.MethodPut", "http.MethodPatch")
}

func FuzzVerify(f *testing.F) {
	for _, v := range connectortest.Load(f) {
		f.Add(v.Path(f), v.Body)
	}
	f.Add("/"+pathToken, []byte(`{"secret_key":"x","secret_key":"`+secretKey+`"}`))
	f.Add("/"+pathToken, []byte(`{"SECRET_KEY":"`+secretKey+`"}`))
	c := connector(f)
	f.Fuzz(func(t *testing.T, path string, body []byte) {
		err := c.Verify(t.Context(), connectors.Delivery{Path: path, Body: body}, time.Time{})
		if err != nil {
			require.ErrorIs(t, err, connectors.ErrUnverified)
			return
		}
		var in map[string]any
		if json.Unmarshal(body, &in) != nil || in["secret_key"] != secretKey || path != "/"+pathToken {
			t.Fatalf("accepted what does not hold the key: path=%q body=%q", path, body)
		}
	})
}

func FuzzRead(f *testing.F) {
	for _, v := range connectortest.Load(f) {
		f.Add(v.Body)
	}
	for _, d := range []connectors.Delivery{
		delivery("event_updated", incoming(`{"id":"K600PKZON8_1","created_at":"2026-07-25T17:20:00Z","type":"message","author_id":"`+customer+`","visibility":"all","text":"Hi"}`)),
		delivery("chat_transferred", `{"chat_id":"PJ0MRSHTDG","transferred_to":{"group_ids":[19],"agent_ids":["smith@example.com"]}}`),
		delivery("thread_properties_updated", `{"chat_id":"PJ0MRSHTDG","properties":{"rating":{"score":1,"comment":"x"}}}`),
		delivery("incoming_chat", `{"chat":{"id":"PJ0MRSHTDG","thread":{"id":"K600PKZON8","events":[]}}}`),
	} {
		f.Add(d.Body)
	}
	c := connector(f)
	cfg := settings()
	cfg.Source = livechat.FromAPI
	again, err := livechat.New(cfg, nil)
	require.NoError(f, err)
	f.Fuzz(func(t *testing.T, body []byte) {
		connectortest.Sound(t, c, connectors.Delivery{Path: "/" + pathToken, Body: body})
		connectortest.Sound(t, again, connectors.Delivery{Path: "/" + pathToken, Body: body})
	})
}

func TestPathIsNotShown(t *testing.T) {
	t.Parallel()
	c := connector(t)
	require.Equal(t, "/…", c.Shown("/"+pathToken))
	require.Equal(t, "/…", c.Shown("/"+pathToken[1:]), "nor one that is almost right")
	require.Empty(t, c.Shown(""))
}
