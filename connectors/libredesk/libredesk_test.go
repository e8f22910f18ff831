package libredesk_test

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v3"

	"github.com/sufflor/sufflor/config"
	"github.com/sufflor/sufflor/connectors"
	"github.com/sufflor/sufflor/connectors/connectortest"
	"github.com/sufflor/sufflor/connectors/libredesk"
)

const (
	secret   = "ld_whsec_5e1b7c0d2f"
	copilot  = "30"
	chat     = "4d1f2f5c-6c0c-4b8a-9b3e-2d0f6f4f9a77"
	question = "5b0c7a1e-0000-4000-8000-000000090122"
	link     = "0123456789abcdef0123456789abcdef"
)

var clock = time.Unix(1785000000, 0)

// settings are those without a key for the API.
func settings() libredesk.Config {
	return libredesk.Config{
		BaseURL: "https://desk.nordwind.example", WebhookSecret: config.NewSecret(secret), ContextSecret: config.NewSecret(link), Language: "de",
	}
}

func withKey(cfg libredesk.Config) libredesk.Config {
	cfg.APIKey, cfg.APISecret, cfg.Agent = config.NewSecret("key"), config.NewSecret("sec"), copilot
	return cfg
}

func build(tb testing.TB, cfg libredesk.Config) *libredesk.Connector {
	tb.Helper()
	c, err := libredesk.New(cfg, nil)
	require.NoError(tb, err)
	return c
}

func TestVectors(t *testing.T) {
	t.Parallel()
	sent := connectortest.Vectors(t, func(v connectortest.Vector) (connectors.Connector, error) {
		cfg := withKey(settings())
		cfg.APIKey, cfg.APISecret = config.Secret{}, config.Secret{}
		cfg.WebhookSecret = config.NewSecret(v.Secret)
		return libredesk.New(cfg, nil)
	}, func(t *testing.T, v connectortest.Vector, got connectortest.Result) {
		t.Helper()
		switch v.Name {
		case "customer_ok":
			require.Len(t, got.Events, 1)
			e := got.Events[0]
			require.Equal(t, connectors.Message, e.Kind)
			require.Equal(t, connectors.Customer, e.Role)
			require.Equal(t, "message:"+question, e.Key)
			require.Equal(t, chat, e.Conversation)
			require.Equal(t, "Anna Beispiel", e.AuthorName)
			require.Equal(t, "815", e.Customer)
			require.Equal(t, "desk.nordwind.example", e.Tenant)
			require.Equal(t, 120_000_000, e.At.Nanosecond())
		case "agent_reply_sent_ok":
			require.Len(t, got.Events, 1)
			require.Equal(t, connectors.Agent, got.Events[0].Role)
			require.Equal(t, "Hallo Anna, das Paket wird morgen zugestellt.", got.Events[0].Text)
		default:
			require.Empty(t, got.Events)
		}
	})
	require.Equal(t, 9, sent)
}

func body(t *testing.T, file string) string {
	t.Helper()
	return string(connectortest.Body(t, file))
}

func read(t *testing.T, c *libredesk.Connector, text string) []connectors.Event {
	t.Helper()
	rec, err := c.Read(connectors.Delivery{Body: []byte(text)})
	require.NoError(t, err)
	return rec.Events
}

// With a key for the API a customer's message first gets its subject.
func TestCustomerMessagesAreEnriched(t *testing.T) {
	t.Parallel()
	c := build(t, withKey(settings()))
	got := read(t, c, body(t, "message_created_customer.json"))
	require.Len(t, got, 1)
	require.Equal(t, connectors.Fetch, got[0].Kind)
	require.Equal(t, "fetch:"+question, got[0].Key)
	require.NotEmpty(t, got[0].Text, "what is authentic is kept, should the rest not be readable")
	got = read(t, c, body(t, "message_updated_agent_reply_sent.json"))
	require.Equal(t, connectors.Message, got[0].Kind)
}

// Each guard against answering ourselves or another program holds alone.
func TestOwnAndForeignWordsAreIgnored(t *testing.T) {
	t.Parallel()
	reply := body(t, "message_updated_agent_reply_sent.json")
	asked := body(t, "message_created_customer.json")
	change := func(in, old, with string) string {
		t.Helper()
		require.Contains(t, in, old)
		return strings.Replace(in, old, with, 1)
	}
	for name, text := range map[string]string{
		"because it is private":             change(reply, `"private":false`, `"private":true`),
		"because nobody says it is public":  change(reply, `"private":false,`, ``),
		"by our agent":                      change(reply, `"author":{"id":12,`, `"author":{"id":30,`),
		"by our sender":                     change(reply, `"sender_id":12,`, `"sender_id":30,`),
		"by the marker":                     strings.ReplaceAll(reply, "Hallo Anna", "[Copilot sg_01K0] Hallo Anna"),
		"because a rule wrote it":           change(reply, `"meta":{"echo_id":"e-91"}`, `"meta":{"is_automated":true}`),
		"because it asks for a rating":      change(reply, `"meta":{"echo_id":"e-91"}`, `"meta":{"is_csat":true}`),
		"because it repeats a chat":         change(reply, `"meta":{"echo_id":"e-91"}`, `"meta":{"continuity_email":true}`),
		"because the assistant wrote it":    change(reply, `"type":"agent","last_active_at"`, `"type":"ai_assistant","last_active_at"`),
		"because it was not sent yet":       change(reply, `"status":"sent"`, `"status":"pending"`),
		"because it could not be sent":      change(reply, `"status":"sent"`, `"status":"failed"`),
		"because it is an activity":         change(reply, `"type":"outgoing"`, `"type":"activity"`),
		"because an agent wrote it as them": change(asked, `"type":"contact","last_active_at"`, `"type":"agent","last_active_at"`),
		"because it is empty":               strings.ReplaceAll(asked, "Hallo, meine Bestellung #55871 ist seit 5 Tagen überfällig 😕 – wann kommt sie an?", " "),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			require.Empty(t, read(t, build(t, withKey(settings())), text))
		})
	}
	require.Len(t, read(t, build(t, withKey(settings())), reply), 1, "without any of them it is an agent's reply")
	for _, file := range []string{"private_note_own.json", "ai_assistant_message.json", "activity.json", "webhook_test.json", "message_created_agent_reply.json"} {
		require.Empty(t, read(t, build(t, settings()), body(t, file)), file)
	}
}

func event(name, payload string) string {
	return `{"event":"` + name + `","payload":` + payload + `,"timestamp":"2026-07-25T17:19:59Z"}`
}

const item = `{"uuid":"` + chat + `","subject":"Retoure","inbox_channel":"email","inbox_name":"Nordwind","assigned_user_id":12,"assigned_team_id":3,"tags":["vip"],` +
	`"status":"Resolved","updated_at":"2026-07-25T17:20:00Z","last_interaction_at":"2026-07-25T17:19:00Z","custom_attributes":{"Maschine":"RX-3","Baujahr":2019,"x":null},` +
	`"contact":{"id":815,"external_user_id":"kd-4711","custom_attributes":{"Vertrag":true,"Maschine":"alt"}}}`

func TestReadChanges(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, event, payload string
		want                 func(t *testing.T, events []connectors.Event)
	}{
		{
			"a resolved conversation is over", "conversation.status_changed", `{"conversation_uuid":"` + chat + `","new_status":"Resolved","conversation":` + item + `}`,
			func(t *testing.T, events []connectors.Event) {
				t.Helper()
				require.Len(t, events, 1)
				e := events[0]
				require.Equal(t, connectors.Closed, e.Kind)
				require.Equal(t, "closed:"+chat+":1784999940000000", e.Key)
				require.Equal(t, "Retoure", e.Subject)
				require.Equal(t, []string{"vip"}, e.Tags)
				require.Equal(t, "3", e.Group)
				require.Equal(t, "12", e.Assignee)
				require.Equal(t, "email", e.Channel)
				require.Equal(t, "Nordwind", e.Brand)
				require.Equal(t, "kd-4711", e.Customer)
				require.Equal(t, map[string]string{"Maschine": "RX-3", "Baujahr": "2019", "Vertrag": "true"}, e.Facts)
			},
		},
		{
			"older versions send no conversation", "conversation.status_changed", `{"conversation_uuid":"` + chat + `","new_status":"Closed"}`,
			func(t *testing.T, events []connectors.Event) {
				t.Helper()
				require.Equal(t, connectors.Closed, events[0].Kind)
				require.Equal(t, "closed:"+chat+":1784999999000000", events[0].Key)
			},
		},
		{
			"a status of one's own is known by its category", "conversation.status_changed",
			`{"conversation_uuid":"` + chat + `","new_status":"Erledigt","conversation":{"uuid":"` + chat + `","status_category":"resolved"}}`,
			func(t *testing.T, events []connectors.Event) {
				t.Helper()
				require.Equal(t, connectors.Closed, events[0].Kind)
			},
		},
		{
			"an open conversation is not over", "conversation.status_changed", `{"conversation_uuid":"` + chat + `","new_status":"Open","conversation":{"uuid":"` + chat + `","status":"Closed"}}`,
			func(t *testing.T, events []connectors.Event) { t.Helper(); require.Empty(t, events) },
		},
		{
			"somebody has it now", "conversation.assigned", `{"conversation_uuid":"` + chat + `","assigned_to":14,"actor_id":1,"conversation":` + item + `}`,
			func(t *testing.T, events []connectors.Event) {
				t.Helper()
				require.Equal(t, connectors.Assigned, events[0].Kind)
				require.Equal(t, "14", events[0].Assignee)
			},
		},
		{
			"nobody has it now", "conversation.unassigned", `{"conversation_uuid":"` + chat + `","conversation":` + item + `}`,
			func(t *testing.T, events []connectors.Event) {
				t.Helper()
				require.Equal(t, connectors.Assigned, events[0].Kind)
				require.Empty(t, events[0].Assignee)
			},
		},
		{
			"the customer rated", "conversation.status_changed",
			`{"conversation_uuid":"` + chat + `","new_status":"Open","conversation":{"uuid":"` + chat + `","csat_rating":2,"csat_feedback":" langsam ","csat_responded_at":"2026-07-25T17:00:00Z"}}`,
			func(t *testing.T, events []connectors.Event) {
				t.Helper()
				require.Equal(t, connectors.Rated, events[0].Kind)
				require.Equal(t, &connectors.Score{Value: 0.25, Comment: "langsam"}, events[0].Score)
			},
		},
		{
			"another conversation's details are not believed", "conversation.assigned", `{"conversation_uuid":"` + question + `","assigned_to":14,"conversation":` + item + `}`,
			func(t *testing.T, events []connectors.Event) {
				t.Helper()
				require.Empty(t, events[0].Subject)
			},
		},
		{
			"tags, creations and rules of one's own mean nothing", "conversation.tags_changed", `{"conversation_uuid":"` + chat + `"}`,
			func(t *testing.T, events []connectors.Event) { t.Helper(); require.Empty(t, events) },
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			tt.want(t, read(t, build(t, settings()), event(tt.event, tt.payload)))
		})
	}
}

func TestReadRefuses(t *testing.T) {
	t.Parallel()
	for name, text := range map[string]string{
		"no event":                    `{"payload":{}}`,
		"a message that is a list":    event("message.created", `[]`),
		"a message without id":        event("message.created", `{"conversation_uuid":"`+chat+`"}`),
		"a message nowhere":           event("message.created", `{"uuid":"`+question+`"}`),
		"an id that is a path":        event("message.created", `{"uuid":"`+question+`","conversation_uuid":"../../../../../../agents/me/xxxxxxx--"}`),
		"a change of nothing":         event("conversation.assigned", `{}`),
		"a message without a payload": `{"event":"message.created"}`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			rec, err := build(t, settings()).Read(connectors.Delivery{Body: []byte(text)})
			require.ErrorIs(t, err, connectors.ErrMalformed)
			require.Empty(t, rec)
		})
	}
}

// The events of all samples, as they are stored.
func TestReadGolden(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	c := build(t, settings())
	for _, file := range []string{
		"message_created_customer", "attachment", "message_created_agent_reply", "message_updated_agent_reply_sent", "private_note_own",
		"ai_assistant_message", "activity", "webhook_test",
	} {
		fmt.Fprintf(&out, "== %s\n", file)
		for _, e := range read(t, c, body(t, file+".json")) {
			data, err := json.MarshalIndent(e, "", "  ")
			require.NoError(t, err)
			out.Write(append(data, '\n'))
		}
	}
	connectortest.Golden(t, "events.golden", out.Bytes())
}

func TestVerify(t *testing.T) {
	t.Parallel()
	cfg := settings()
	cfg.PreviousSecret, cfg.Window = config.NewSecret("the one before"), time.Minute
	c := build(t, cfg)
	text := connectortest.Body(t, "message_created_customer.json")
	at := time.Date(2026, 7, 25, 17, 19, 59, 0, time.UTC)
	for _, s := range []config.Secret{cfg.WebhookSecret, cfg.PreviousSecret} {
		d := connectors.Delivery{Header: libredesk.Sign(s, text), Body: text}
		require.NoError(t, c.Verify(t.Context(), d, at))
		require.NoError(t, c.Verify(t.Context(), d, at.Add(time.Minute)), "exactly the window")
		require.NoError(t, c.Verify(t.Context(), d, at.Add(-time.Minute)))
		require.ErrorIs(t, c.Verify(t.Context(), d, at.Add(time.Minute+time.Second)), connectors.ErrUnverified)
		require.ErrorIs(t, c.Verify(t.Context(), d, at.Add(-time.Minute-time.Second)), connectors.ErrUnverified)
	}
	other := connectors.Delivery{Header: libredesk.Sign(config.NewSecret("of another desk"), text), Body: text}
	require.ErrorIs(t, c.Verify(t.Context(), other, at), connectors.ErrUnverified)
	for _, timeless := range []string{`{}`, `[]`, `{"timestamp":"yesterday"}`, `{"timestamp":null}`, `{"timestamp":17}`} {
		d := connectors.Delivery{Header: libredesk.Sign(cfg.WebhookSecret, []byte(timeless)), Body: []byte(timeless)}
		require.ErrorIs(t, c.Verify(t.Context(), d, at), connectors.ErrUnverified, timeless)
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
	var desk config.Desk
	require.NoError(t, yaml.Unmarshal([]byte(example), &desk))
	require.Equal(t, "libredesk", desk.Kind)
	var cfg libredesk.Config
	require.NoError(t, config.DecodeSettings(desk.Settings, "settings", &cfg))
	cfg.ContextSecret = config.NewSecret(link) // the example's stands in the environment
	require.NoError(t, cfg.Validate())
	require.Equal(t, "de", cfg.Language)
}

func TestValidate(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name   string
		change func(*libredesk.Config)
		want   string
	}{
		{"nothing is wrong", func(*libredesk.Config) {}, ""},
		{"a key is not needed", func(c *libredesk.Config) { c.APIKey, c.APISecret, c.Agent = config.Secret{}, config.Secret{}, "" }, ""},
		{"a server has an address", func(c *libredesk.Config) { c.BaseURL = "desk" }, "base_url: required"},
		{"an address has no password", func(c *libredesk.Config) { c.BaseURL = "https://a:b@desk.example" }, "base_url: required"},
		{"a secret is needed", func(c *libredesk.Config) { c.WebhookSecret = config.Secret{} }, "webhook_secret: required"},
		{"an old secret alone is none", func(c *libredesk.Config) { c.WebhookSecret, c.PreviousSecret = config.Secret{}, c.WebhookSecret }, "webhook_secret: required"},
		{"a window is short", func(c *libredesk.Config) { c.Window = 2 * time.Hour }, "window: must be"},
		{"a window goes forward", func(c *libredesk.Config) { c.Window = -time.Second }, "window: must be"},
		{"a key has two halves", func(c *libredesk.Config) { c.APISecret = config.Secret{} }, "api_key: only together"},
		{"who writes must be known", func(c *libredesk.Config) { c.Agent = "copilot" }, "agent: required with api_key"},
		{"notes is an enum", func(c *libredesk.Config) { c.Notes = "public" }, "notes: must be"},
		{"a link's secret is a key", func(c *libredesk.Config) { c.ContextSecret = config.NewSecret("short") }, "context_secret: must have 32 characters"},
		{"an old link's secret is one too", func(c *libredesk.Config) { c.PreviousContext = config.NewSecret("short") }, "previous_context_secret: must have 32 characters"},
		{"a network is one", func(c *libredesk.Config) { c.AllowNetworks = []string{"10.1.0.0/16", "intranet"} }, "allow_networks: [1] is no network"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			cfg := withKey(settings())
			tt.change(&cfg)
			_, err := libredesk.New(cfg, nil)
			if tt.want == "" {
				require.NoError(t, err)
				return
			}
			require.ErrorContains(t, err, tt.want)
		})
	}
	err := libredesk.Config{APIKey: config.NewSecret("x"), APISecret: config.NewSecret("y")}.Validate()
	require.ErrorContains(t, err, "base_url")
	require.ErrorContains(t, err, "webhook_secret", "everything, not only the first")
	require.ErrorContains(t, err, "agent")
}

// What a customer can see needs private to be false or missing, a sender that is
// not an agent, or one of the other calls: this desk knows none of them.
func TestAgentOnly(t *testing.T) {
	t.Parallel()
	connectortest.Never(t, "=contact", "=/api/v1/conversations", "http.MethodPut", "http.MethodPatch", `"private":false`, "/draft", "/retry", "/macros", "/assignee", `json:"to"`, `json:"cc"`, `json:"bcc"`)
}

func sealed(tb testing.TB, key, plain string) string {
	tb.Helper()
	block, err := aes.NewCipher([]byte(key))
	require.NoError(tb, err)
	gcm, err := cipher.NewGCM(block)
	require.NoError(tb, err)
	nonce := []byte("twelve bytes")
	return base64.StdEncoding.EncodeToString(gcm.Seal(nonce, nonce, []byte(plain), nil))
}

func visit(token string) connectors.Delivery {
	return connectors.Delivery{Method: http.MethodGet, Target: "/embed/desk?token=" + url.QueryEscape(token)}
}

const opened = `{"agent_id":12,"agent_email":"jonas@nordwind.example","conversation_uuid":"` + chat + `","contact_id":815,"email":"x@example.org","iat":1785000000,"exp":1785001200}`

func TestVisitor(t *testing.T) {
	t.Parallel()
	cfg := settings()
	const before = "ffffffffffffffffffffffffffffffff"
	cfg.PreviousContext = config.NewSecret(before)
	c := build(t, cfg)
	for _, key := range []string{link, before} {
		v, err := c.Visitor(t.Context(), visit(sealed(t, key, opened)), clock)
		require.NoError(t, err)
		require.Equal(t, connectors.Visitor{
			Agent: "12", Name: "jonas@nordwind.example", Conversation: chat, Expires: time.Unix(1785001200, 0).UTC(),
		}, v)
	}
	good := sealed(t, link, opened)
	for name, tt := range map[string]struct {
		token string
		at    time.Time
	}{
		"no token":                     {"", clock},
		"no base64":                    {"%%%", clock},
		"too short":                    {"AAAA", clock},
		"too long":                     {strings.Repeat("A", 5000), clock},
		"another link's":               {sealed(t, "another secret of 32 characters!", opened), clock},
		"changed":                      {good[:40] + "AAAA" + good[44:], clock},
		"expired":                      {good, clock.Add(21 * time.Minute)},
		"from the future":              {good, clock.Add(-2 * time.Minute)},
		"without an end":               {sealed(t, link, strings.Replace(opened, `,"exp":1785001200`, "", 1)), clock},
		"without a beginning":          {sealed(t, link, strings.Replace(opened, `"iat":1785000000,`, "", 1)), clock},
		"good for years":               {sealed(t, link, strings.Replace(opened, "1785001200", "1985001200", 1)), clock},
		"of nobody":                    {sealed(t, link, strings.Replace(opened, `"agent_id":12`, `"agent_id":null`, 1)), clock},
		"of no conversation":           {sealed(t, link, strings.Replace(opened, chat, "x", 1)), clock},
		"of something else altogether": {sealed(t, link, "not JSON"), clock},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			v, err := c.Visitor(t.Context(), visit(tt.token), tt.at)
			require.ErrorIs(t, err, connectors.ErrUnverified)
			require.Zero(t, v)
		})
	}
	cfg.ContextSecret, cfg.PreviousContext = config.Secret{}, config.Secret{}
	_, err := build(t, cfg).Visitor(t.Context(), visit(good), clock)
	require.ErrorIs(t, err, connectors.ErrUnverified, "without a secret nobody gets in")
}

func FuzzVerify(f *testing.F) {
	for _, v := range connectortest.Load(f) {
		f.Add(v.Header().Get("X-Libredesk-Signature"), v.Body)
	}
	c := build(f, settings())
	f.Fuzz(func(t *testing.T, sig string, body []byte) {
		h := http.Header{}
		h.Set("X-Libredesk-Signature", sig)
		mac := hmac.New(sha256.New, []byte(secret))
		mac.Write(body)
		same := sig == "sha256="+hex.EncodeToString(mac.Sum(nil))
		if err := c.Verify(t.Context(), connectors.Delivery{Header: h, Body: body}, clock); err == nil && !same {
			t.Fatalf("accepted what was never signed: sig=%q body=%q", sig, body)
		}
		// A signature of ours is accepted unless the body says another time.
		err := c.Verify(t.Context(), connectors.Delivery{Header: libredesk.Sign(config.NewSecret(secret), body), Body: body}, clock)
		if err != nil {
			require.ErrorIs(t, err, connectors.ErrUnverified)
			require.True(t, json.Valid(body))
		}
	})
}

func FuzzRead(f *testing.F) {
	for _, v := range connectortest.Load(f) {
		f.Add(v.Body)
	}
	f.Add([]byte(event("conversation.status_changed", `{"conversation_uuid":"`+chat+`","new_status":"Resolved","conversation":`+item+`}`)))
	f.Add([]byte(event("conversation.assigned", `{"conversation_uuid":"`+chat+`","assigned_to":14}`)))
	plain, keyed := build(f, settings()), build(f, withKey(settings()))
	f.Fuzz(func(t *testing.T, body []byte) {
		connectortest.Sound(t, plain, connectors.Delivery{Header: http.Header{}, Body: body})
		connectortest.Sound(t, keyed, connectors.Delivery{Header: http.Header{}, Body: body})
	})
}

func FuzzVisitor(f *testing.F) {
	good := sealed(f, link, opened)
	f.Add(good)
	f.Add(base64.StdEncoding.EncodeToString([]byte("too short")))
	c := build(f, settings())
	f.Fuzz(func(t *testing.T, token string) {
		if _, err := c.Visitor(t.Context(), visit(token), clock); err == nil && token != good {
			t.Fatalf("accepted what was never made: %q", token)
		}
	})
}
