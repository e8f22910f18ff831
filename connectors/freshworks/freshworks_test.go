package freshworks_test

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
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
	"github.com/sufflor/sufflor/connectors/freshworks"
)

const (
	hookToken = "fd_hdr_Zx81kq"
	apiUser   = "48000077"
	app       = "a1553a5a-9eed-48e8-9fc7-9106080f509d"
	copilot   = "0c0b1d77-0000-4000-8000-00000000c0de"
	talk      = "ac2175df14d36caf64e9a578fad89070"
	customer  = "dbec0910-b4d6-4d81-8015-81f560a918de"
)

var clock = time.Date(2026, 7, 25, 17, 30, 0, 0, time.UTC)

func now() time.Time { return clock }

func deskSettings() freshworks.DeskConfig {
	return freshworks.DeskConfig{
		Domain: "nordwind", HookToken: config.NewSecret(hookToken), APIKey: config.NewSecret("fd-api-key"), APIUser: apiUser,
	}
}

func chatSettings(tb testing.TB) freshworks.ChatConfig {
	tb.Helper()
	return freshworks.ChatConfig{
		App: app, PublicKey: string(connectortest.Body(tb, "freshchat_public_key.pem")), APIURL: "https://nordwind.freshchat.com/v2",
		Token: config.NewSecret("fc-token"), Agent: copilot,
	}
}

func desk(tb testing.TB) *freshworks.Desk {
	tb.Helper()
	d, err := freshworks.NewDesk(deskSettings(), connectors.NewClient(0, nil, now))
	require.NoError(tb, err)
	return d
}

func chat(tb testing.TB) *freshworks.Chat {
	tb.Helper()
	c, err := freshworks.NewChat(chatSettings(tb), nil)
	require.NoError(tb, err)
	return c
}

// The vectors of both products stand in one file; the address tells which.
func build(tb testing.TB) func(connectortest.Vector) (connectors.Connector, error) {
	tb.Helper()
	return func(v connectortest.Vector) (connectors.Connector, error) {
		if strings.Contains(v.URL, "/hooks/freshdesk/") {
			cfg := deskSettings()
			cfg.HookToken = config.NewSecret(v.Secret)
			return freshworks.NewDesk(cfg, nil)
		}
		cfg := chatSettings(tb)
		cfg.PublicKey = v.Secret
		if name, isFile := strings.CutPrefix(v.Secret, "file:"); isFile {
			cfg.PublicKey = string(connectortest.Body(tb, name))
		}
		return freshworks.NewChat(cfg, nil)
	}
}

func TestVectors(t *testing.T) {
	t.Parallel()
	sent := connectortest.Vectors(t, build(t), func(t *testing.T, v connectortest.Vector, got connectortest.Result) {
		t.Helper()
		switch v.Name {
		case "freshchat_malformed_but_signed":
			require.Empty(t, got.Events)
		case "freshchat_customer_ok", "freshchat_key_as_pasted_ok":
			e := got.Events[0]
			require.Equal(t, connectors.Customer, e.Role)
			require.Equal(t, talk, e.Conversation)
			require.Equal(t, customer, e.Customer)
			require.Equal(t, "web", e.Channel)
			require.Equal(t, "Hallo, meine Bestellung #55871 ist seit 5 Tagen überfällig 😕 – wann kommt sie an?", e.Text)
		case "freshchat_agent_ok":
			require.Equal(t, connectors.Agent, got.Events[0].Role)
		case "freshchat_own_private_ok":
			require.Empty(t, got.Events)
		case "freshdesk_header_token_ok", "freshdesk_basic_ok", "freshdesk_malformed_but_authenticated":
			require.Len(t, got.Events, 1)
			require.Equal(t, connectors.Fetch, got.Events[0].Kind, "not signed: only a hint")
			require.Equal(t, "4711", got.Events[0].Conversation)
			require.Empty(t, got.Events[0].Text)
		}
	})
	require.Equal(t, 16, sent)
}

func TestVerifyDesk(t *testing.T) {
	t.Parallel()
	rotating := deskSettings()
	rotating.PreviousToken = config.NewSecret("the token before")
	basic := func(user, password string) http.Header {
		r := http.Request{Header: http.Header{}}
		r.SetBasicAuth(user, password)
		return r.Header
	}
	tests := []struct {
		name string
		cfg  freshworks.DeskConfig
		h    http.Header
		ok   bool
	}{
		{"the token in its header", deskSettings(), http.Header{"X-Copilot-Token": {hookToken}}, true},
		{"the token as a Basic password", deskSettings(), basic("copilot", hookToken), true},
		{"another user with the token", deskSettings(), basic("admin", hookToken), false},
		{"a wrong header is not made good by Basic", deskSettings(), func() http.Header {
			h := basic("copilot", hookToken)
			h.Set("X-Copilot-Token", "x")
			return h
		}(), false},
		{"the token of before a rotation", rotating, http.Header{"X-Copilot-Token": {"the token before"}}, true},
		{"nothing, while there is no token of before", deskSettings(), http.Header{"X-Copilot-Token": {""}}, false},
		{"an empty password", deskSettings(), basic("copilot", ""), false},
		{"a part of the token", deskSettings(), http.Header{"X-Copilot-Token": {hookToken[:5]}}, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			d, err := freshworks.NewDesk(tt.cfg, nil)
			require.NoError(t, err)
			err = d.Verify(t.Context(), connectors.Delivery{Header: tt.h, Body: []byte("{}")}, clock)
			if tt.ok {
				require.NoError(t, err)
				return
			}
			require.ErrorIs(t, err, connectors.ErrUnverified)
			require.NotContains(t, err.Error(), hookToken)
		})
	}
}

// account is a Freshchat account with a key of its own.
type account struct{ key *rsa.PrivateKey }

func newAccount(tb testing.TB) account {
	tb.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	require.NoError(tb, err)
	return account{key}
}

func (a account) sign(tb testing.TB, body []byte) http.Header {
	tb.Helper()
	sum := sha256.Sum256(body)
	sig, err := rsa.SignPKCS1v15(rand.Reader, a.key, crypto.SHA256, sum[:])
	require.NoError(tb, err)
	return http.Header{"X-Freshchat-Signature": {base64.StdEncoding.EncodeToString(sig)}}
}

func (a account) pem(tb testing.TB) string {
	tb.Helper()
	der, err := x509.MarshalPKIXPublicKey(&a.key.PublicKey)
	require.NoError(tb, err)
	return string(pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der}))
}

func TestVerifyChat(t *testing.T) {
	t.Parallel()
	one, two := newAccount(t), newAccount(t)
	body := connectortest.Body(t, "freshchat_customer_message.json")
	verify := func(cfg freshworks.ChatConfig, h http.Header, body []byte) error {
		c, err := freshworks.NewChat(cfg, nil)
		require.NoError(t, err)
		return c.Verify(t.Context(), connectors.Delivery{Header: h, Body: body}, clock)
	}
	cfg := chatSettings(t)
	cfg.PublicKey = one.pem(t)
	require.NoError(t, verify(cfg, one.sign(t, body), body))
	require.ErrorIs(t, verify(cfg, two.sign(t, body), body), connectors.ErrUnverified, "another tenant's valid signature")

	cfg.PreviousKey = two.pem(t)
	require.NoError(t, verify(cfg, two.sign(t, body), body), "a webhook made anew has a new key; both are good for a while")
	require.NoError(t, verify(cfg, one.sign(t, body), body))

	h := one.sign(t, body)
	h.Set("X-Freshchat-Signature", h.Get("X-Freshchat-Signature")[:80]+"\n"+h.Get("X-Freshchat-Signature")[80:])
	require.ErrorIs(t, verify(cfg, h, body), connectors.ErrUnverified, "one delivery has one spelling")
}

// Keys are read however they were copied.
func TestKeysAsTheyArePasted(t *testing.T) {
	t.Parallel()
	a := newAccount(t)
	spki := a.pem(t)
	pkcs1 := string(pem.EncodeToMemory(&pem.Block{Type: "RSA PUBLIC KEY", Bytes: x509.MarshalPKCS1PublicKey(&a.key.PublicKey)}))
	body := []byte(`{}`)
	h := a.sign(t, body)
	bare := strings.NewReplacer("-----BEGIN PUBLIC KEY-----", "", "-----END PUBLIC KEY-----", "", "\n", "").Replace(spki)
	for name, key := range map[string]string{
		"PEM":                             spki,
		"PKCS#1":                          pkcs1,
		"on one line":                     strings.ReplaceAll(spki, "\n", " "),
		"on one line with a false label":  strings.ReplaceAll(strings.ReplaceAll(spki, "\n", " "), "PUBLIC", "RSA PUBLIC"),
		"with Windows line ends":          strings.ReplaceAll(spki, "\n", "\r\n"),
		"without labels":                  bare,
		"without labels, cut into pieces": bare[:50] + "\n  " + bare[50:],
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cfg := chatSettings(t)
			cfg.PublicKey = key
			c, err := freshworks.NewChat(cfg, nil)
			require.NoError(t, err)
			require.NoError(t, c.Verify(t.Context(), connectors.Delivery{Header: h, Body: body}, clock))
		})
	}
	small, err := rsa.GenerateKey(rand.Reader, 1024)
	require.NoError(t, err)
	private := string(pem.EncodeToMemory(&pem.Block{Type: "RSA PRIVATE KEY", Bytes: x509.MarshalPKCS1PrivateKey(a.key)}))
	for name, key := range map[string]string{
		"nothing": "", "a word": "secret", "two keys": spki + spki, "a private key": private, "not base64": "-----BEGIN PUBLIC KEY----- !!! -----END PUBLIC KEY-----",
		"another thing in base64": base64.StdEncoding.EncodeToString([]byte("hello")), "a short key": account{small}.pem(t),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cfg := chatSettings(t)
			cfg.PublicKey = key
			_, err := freshworks.NewChat(cfg, nil)
			require.ErrorContains(t, err, "public_key: required")
		})
	}
}

func TestReadDesk(t *testing.T) {
	t.Parallel()
	d := desk(t)
	read := func(body string) ([]connectors.Event, error) {
		got, err := d.Read(connectors.Delivery{Body: []byte(body)})
		return got.Events, err
	}
	for _, name := range []string{"freshdesk_customer_reply.json", "freshdesk_agent_reply.json", "freshdesk_simple_json.json", "freshdesk_malformed_placeholder.json"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			body := string(connectortest.Body(t, name))
			got, err := read(body)
			require.NoError(t, err)
			require.Len(t, got, 1)
			require.Equal(t, connectors.Fetch, got[0].Kind)
			require.Equal(t, map[string]string{"ticket": "4711"}, got[0].Route)
			require.Equal(t, "nordwind", got[0].Tenant)
			again, err := read(body)
			require.NoError(t, err)
			require.Equal(t, got, again, "a call that is repeated has the same key")
		})
	}
	one, err := read(string(connectortest.Body(t, "freshdesk_customer_reply.json")))
	require.NoError(t, err)
	require.Equal(t, time.Date(2026, 7, 25, 17, 19, 58, 0, time.UTC), one[0].At)
	two, err := read(string(connectortest.Body(t, "freshdesk_agent_reply.json")))
	require.NoError(t, err)
	require.NotEqual(t, one[0].Key, two[0].Key)

	for name, body := range map[string]string{
		"nothing": ``, "no ticket": `{"copilot":{}}`, "a list": `[]`, "a placeholder that was not filled in": `{"copilot":{"ticket_id":"{{ticket.id}}"}}`,
		"broken, and without a number": `{"copilot":{"ticket_id":"{{ticket.id}}","x":"a"b"}}`, "broken, a number that is cut": `{"ticket_id": 47`,
		"broken, a negative one": `{"ticket_id":-47,"x":"a"b"}`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := read(body)
			require.ErrorIs(t, err, connectors.ErrMalformed)
			require.Empty(t, got)
		})
	}
	_, err = read(`{"copilot":{"ticket_id":"1","ticket_url":"https://other.freshdesk.com/a/tickets/1"}}`)
	require.ErrorIs(t, err, connectors.ErrForeign)
	_, err = read(`{"copilot":{"ticket_id":"1","ticket_url":"https://help.nordwind.example/a/tickets/1"}}`)
	require.NoError(t, err, "a portal may have a host of its own")

	// The ticket's number comes before what a customer wrote.
	got, err := read(`{"copilot":{"ticket_id":"4711","latest_public_comment":"he said "ticket_id":"1" "}}`)
	require.NoError(t, err)
	require.Equal(t, "4711", got[0].Conversation)
}

func sample(t *testing.T, name string) string {
	t.Helper()
	return string(connectortest.Body(t, name))
}

func TestReadChat(t *testing.T) {
	t.Parallel()
	state := func(action, data string) string {
		return `{"actor":{"actor_type":"agent","actor_id":"x"},"action":"` + action + `","action_time":"2026-07-25T17:21:00.5Z","data":{` + data + `}}`
	}
	place := `"conversation":{"conversation_id":"` + talk + `","app_id":"` + app + `","channel_id":"ch","status":"s","assigned_agent_id":"a1","assigned_group_id":"g1"}`
	agent := sample(t, "freshchat_agent_reply.json")
	tests := []struct {
		name   string
		body   string
		kind   connectors.Kind // empty: nothing
		checks func(*testing.T, connectors.Event)
	}{
		{"a message with a picture and a file", sample(t, "freshchat_attachment.json"), connectors.Message, func(t *testing.T, e connectors.Event) {
			t.Helper()
			require.Equal(t, "Foto anbei", e.Text)
			require.Equal(t, []connectors.Attachment{
				{Name: "etikett.jpg", URL: "https://fc-media.example/etikett.jpg"},
				{Name: "rechnung.pdf", Type: "application/pdf", Size: 51234, URL: "https://fc-media.example/rechnung.pdf"},
			}, e.Attachments)
		}},
		{"a picture without a word", strings.Replace(sample(t, "freshchat_attachment.json"), `{"text":{"content":"Foto anbei"}},`, "", 1), connectors.Attached, nil},
		{"a message of an old account", sample(t, "freshchat_legacy_msg_parts.json"), connectors.Message, func(t *testing.T, e connectors.Event) {
			t.Helper()
			require.True(t, strings.HasSuffix(e.Conversation, "_feedback"))
			require.Contains(t, e.Text, "#55871")
			require.Equal(t, customer, e.Author)
		}},
		{"an agent's message without a type, as some accounts send it", strings.Replace(agent, `"message_type":"normal",`, "", 1), connectors.Message, nil},
		{"what the system says", sample(t, "freshchat_system_message.json"), "", nil},
		{"a note of Freshworks' own bots", strings.Replace(agent, `"message_source"`, `"botsPrivateNote":true,"message_source"`, 1), "", nil},
		{"a type that nobody told us of", strings.Replace(agent, `"normal"`, `"whisper"`, 1), "", nil},
		{"an agent without an id", strings.ReplaceAll(agent, "fba1873d-67d6-4d63-be97-53b29ae1e42a", ""), "", nil},
		{"buttons without a word", strings.Replace(agent, `"text":{"content":"Hallo Anna, das Paket wird morgen zugestellt."}`, `"url_button":{}`, 1), "", nil},
		{
			"an assignment", state("conversation_assignment", `"assignment":{"assignor":"agent","to_agent_id":"a2","to_group_id":"g2",`+place+`}`), connectors.Assigned,
			func(t *testing.T, e connectors.Event) {
				t.Helper()
				require.Equal(t, "a2", e.Assignee)
				require.Equal(t, "g2", e.Group)
				require.Equal(t, "assigned:"+talk+":2026-07-25T17:21:00.5Z", e.Key)
			},
		},
		{"an assignment that only the conversation tells", state("conversation_assignment", `"assignment":{`+place+`}`), connectors.Assigned, func(t *testing.T, e connectors.Event) {
			t.Helper()
			require.Equal(t, "a1", e.Assignee)
		}},
		{"a resolution", state("conversation_resolution", `"resolve":{"resolver":"agent",`+place+`}`), connectors.Closed, nil},
		{"a conversation that is open again", state("conversation_reopen", `"reopen":{`+place+`}`), "", nil},
		{"an action that is none of our business", state("something", ``), "", nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got, err := chat(t).Read(connectors.Delivery{Body: []byte(tt.body)})
			require.NoError(t, err)
			if tt.kind == "" {
				require.Empty(t, got.Events)
				return
			}
			require.Len(t, got.Events, 1)
			require.Equal(t, tt.kind, got.Events[0].Kind)
			require.Equal(t, app, got.Events[0].Tenant)
			require.Equal(t, got.Events[0].Conversation, got.Events[0].Route["conversation"])
			if tt.checks != nil {
				tt.checks(t, got.Events[0])
			}
		})
	}
	for name, body := range map[string]string{
		"a message without a time":  strings.Replace(agent, `"created_time":"2026-07-25T17:19:59.803Z"`, `"created_time":"now"`, 1),
		"an id that leaves a path":  strings.Replace(agent, talk, "../"+talk, 1),
		"a resolution of nothing":   state("conversation_resolution", `"resolve":{"conversation":{"app_id":"`+app+`"}}`),
		"a text that is none":       strings.Replace(agent, `{"content":"Hallo`, `{"content":["Hallo`, 1),
		"a message that is a list":  `{"action":"message_create","data":{"message":[]}}`,
		"something after the value": agent + "{}",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := chat(t).Read(connectors.Delivery{Body: []byte(body)})
			require.ErrorIs(t, err, connectors.ErrMalformed)
			require.Empty(t, got)
		})
	}
	for name, body := range map[string]string{
		"a message of another app":    strings.Replace(agent, app, "00000000-9eed-48e8-9fc7-9106080f509d", 1),
		"a resolution of another app": state("conversation_resolution", `"resolve":{`+strings.Replace(place, app, "other", 1)+`}`),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := newAccount(t)
			cfg := chatSettings(t)
			cfg.PublicKey = a.pem(t)
			c, err := freshworks.NewChat(cfg, nil)
			require.NoError(t, err)
			d := connectors.Delivery{Header: a.sign(t, []byte(body)), Body: []byte(body)}
			require.NoError(t, c.Verify(t.Context(), d, clock), "validly signed")
			_, err = c.Read(d)
			require.ErrorIs(t, err, connectors.ErrForeign)
		})
	}
}

// Each guard against answering our own message holds alone.
func TestOwnMessagesAreIgnored(t *testing.T) {
	t.Parallel()
	const jonas = "fba1873d-67d6-4d63-be97-53b29ae1e42a"
	agent := sample(t, "freshchat_agent_reply.json")
	cfg := chatSettings(t)
	cfg.Bots = []string{"b07b07b0"}
	c, err := freshworks.NewChat(cfg, nil)
	require.NoError(t, err)
	for name, body := range map[string]string{
		"by the agent although public and unmarked": strings.ReplaceAll(agent, jonas, copilot),
		"by who acted although the message has no author": strings.Replace(strings.ReplaceAll(agent, jonas, copilot),
			`"actor_id":"`+copilot+`","id"`, `"id"`, 1),
		"by its type although another's":    strings.Replace(agent, `"normal"`, `"private"`, 1),
		"by the marker although another's":  strings.Replace(agent, "Hallo Anna", "[copilot sg_1] Hallo", 1),
		"because another program wrote it":  strings.ReplaceAll(agent, jonas, "b07b07b0"),
		"by all of them, as Freshchat says": sample(t, "freshchat_private_note_own.json"),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := c.Read(connectors.Delivery{Body: []byte(body)})
			require.NoError(t, err)
			require.Empty(t, got.Events)
		})
	}
	marked := strings.Replace(sample(t, "freshchat_customer_message.json"), "Hallo, ", "[Copilot sg_1] Hallo, ", 1)
	got, err := c.Read(connectors.Delivery{Body: []byte(marked)})
	require.NoError(t, err)
	require.Len(t, got.Events, 1, "a customer who knows our marker is not silenced")
}

// The examples of README.md are ones that start.
func TestExamples(t *testing.T) {
	t.Parallel()
	readme, err := os.ReadFile("README.md")
	require.NoError(t, err)
	parts := strings.Split(string(readme), "```yaml\n")
	require.Len(t, parts, 3)
	kinds := []string{}
	for _, part := range parts[1:] {
		example, _, found := strings.Cut(part, "```")
		require.True(t, found)
		var d config.Desk
		require.NoError(t, yaml.Unmarshal([]byte(example), &d))
		kinds = append(kinds, d.Kind)
		if d.Kind == "freshdesk" {
			var cfg freshworks.DeskConfig
			require.NoError(t, config.DecodeSettings(d.Settings, "settings", &cfg))
			require.NoError(t, cfg.Validate())
			continue
		}
		var cfg freshworks.ChatConfig
		require.NoError(t, config.DecodeSettings(d.Settings, "settings", &cfg))
		cfg.PublicKey = string(connectortest.Body(t, "freshchat_public_key_as_pasted.txt"))
		require.NoError(t, cfg.Validate())
	}
	require.Equal(t, []string{"freshdesk", "freshchat"}, kinds)
}

func TestValidate(t *testing.T) {
	t.Parallel()
	desks := []struct {
		name   string
		change func(*freshworks.DeskConfig)
		want   string
	}{
		{"nothing is wrong", func(*freshworks.DeskConfig) {}, ""},
		{"a host is no domain", func(c *freshworks.DeskConfig) { c.Domain = "x.freshdesk.com" }, "domain: required"},
		{"a token is needed", func(c *freshworks.DeskConfig) { c.HookToken = config.Secret{} }, "hook_token: required"},
		{"a short token is guessed", func(c *freshworks.DeskConfig) { c.HookToken = config.NewSecret("short") }, "hook_token: required, 12 or more"},
		{"so is a short old one", func(c *freshworks.DeskConfig) { c.PreviousToken = config.NewSecret("short") }, "previous_hook_token: at least 12"},
		{"tickets are read", func(c *freshworks.DeskConfig) { c.APIKey = config.Secret{} }, "api_key: required"},
		{"somebody reads them", func(c *freshworks.DeskConfig) { c.APIUser = "jonas" }, "api_user: required, digits"},
		{"programs have ids", func(c *freshworks.DeskConfig) { c.Bots = []string{"1", "x"} }, "bots[1]: must be"},
		{"notes are private or off", func(c *freshworks.DeskConfig) { c.Notes = "public" }, "notes: must be"},
		{"an origin is no address", func(c *freshworks.DeskConfig) { c.AppOrigins = []string{"https://x.example/y"} }, "app_origins[0]: must be"},
		{"the base is an address", func(c *freshworks.DeskConfig) { c.BaseURL = "api" }, "base_url: must be"},
	}
	for _, tt := range desks {
		t.Run("Freshdesk: "+tt.name, func(t *testing.T) {
			t.Parallel()
			cfg := deskSettings()
			tt.change(&cfg)
			_, err := freshworks.NewDesk(cfg, nil)
			if tt.want == "" {
				require.NoError(t, err)
				return
			}
			require.ErrorContains(t, err, tt.want)
		})
	}
	chats := []struct {
		name   string
		change func(*freshworks.ChatConfig)
		want   string
	}{
		{"nothing is wrong", func(*freshworks.ChatConfig) {}, ""},
		{"an account is known", func(c *freshworks.ChatConfig) { c.App = "" }, "app: required"},
		{"a key is needed", func(c *freshworks.ChatConfig) { c.PublicKey = "" }, "public_key: required"},
		{"an old key is a key", func(c *freshworks.ChatConfig) { c.PreviousKey = "x" }, "previous_public_key: is no public key"},
		{"a token has an address", func(c *freshworks.ChatConfig) { c.APIURL = "" }, "api_url: required with token"},
		{"an address has a token", func(c *freshworks.ChatConfig) { c.Token = config.Secret{} }, "token: required with api_url"},
		{"notes have an author", func(c *freshworks.ChatConfig) { c.Agent = "" }, "agent: required with token"},
		{"programs have ids", func(c *freshworks.ChatConfig) { c.Bots = []string{"a b"} }, "bots[0]: must be"},
		{"notes are private or off", func(c *freshworks.ChatConfig) { c.Notes = "public" }, "notes: must be"},
		{"an origin is https", func(c *freshworks.ChatConfig) { c.AppOrigins = []string{"http://x.example"} }, "app_origins[0]: must be"},
	}
	for _, tt := range chats {
		t.Run("Freshchat: "+tt.name, func(t *testing.T) {
			t.Parallel()
			cfg := chatSettings(t)
			tt.change(&cfg)
			_, err := freshworks.NewChat(cfg, nil)
			if tt.want == "" {
				require.NoError(t, err)
				return
			}
			require.ErrorContains(t, err, tt.want)
		})
	}
	err := freshworks.DeskConfig{}.Validate()
	require.ErrorContains(t, err, "domain")
	require.ErrorContains(t, err, "api_user", "all that is wrong, not only the first")
}

// What a customer can see has its own paths and fields; these desks know none
// of them. The type that everybody sees is only ever compared with.
func TestAgentOnly(t *testing.T) {
	t.Parallel()
	connectortest.Never(t, "/reply", "/forward", "outbound_email\"", "notify_emails", "to_emails", "cc_emails", "http.MethodPatch",
		`"private":false`, `"message_type":"normal"`, "/outbound", "hmac")
}

func FuzzVerify(f *testing.F) {
	for _, v := range connectortest.Load(f) {
		h := v.Header()
		f.Add(h.Get("X-Copilot-Token"), h.Get("Authorization"), h.Get("X-Freshchat-Signature"), v.Body)
	}
	d, c := desk(f), chat(f)
	block, _ := pem.Decode(connectortest.Body(f, "freshchat_public_key.pem"))
	key, err := x509.ParsePKIXPublicKey(block.Bytes)
	require.NoError(f, err)
	f.Fuzz(func(t *testing.T, token, basic, sig string, body []byte) {
		h := http.Header{}
		h.Set("X-Copilot-Token", token)
		h.Set("Authorization", basic)
		h.Set("X-Freshchat-Signature", sig)
		dl := connectors.Delivery{Header: h, Body: body}
		const good = "Y29waWxvdDpmZF9oZHJfWng4MWtx"
		want := token == hookToken || token == "" && strings.EqualFold(strings.TrimSuffix(basic, good), "Basic ") && strings.HasSuffix(basic, good)
		require.Equal(t, want, d.Verify(t.Context(), dl, clock) == nil)

		raw, err := base64.StdEncoding.DecodeString(sig)
		sum := sha256.Sum256(body)
		pub, ok := key.(*rsa.PublicKey)
		require.True(t, ok)
		signed := err == nil && rsa.VerifyPKCS1v15(pub, crypto.SHA256, sum[:], raw) == nil
		if c.Verify(t.Context(), dl, clock) == nil && !signed {
			t.Fatalf("accepted what was never signed: sig=%q body=%q", sig, body)
		}
	})
}

func FuzzRead(f *testing.F) {
	for _, v := range connectortest.Load(f) {
		f.Add(v.Body)
	}
	for _, name := range []string{"freshdesk_simple_json.json", "freshdesk_agent_reply.json", "freshchat_attachment.json", "freshchat_legacy_msg_parts.json"} {
		f.Add(connectortest.Body(f, name))
	}
	d, c := desk(f), chat(f)
	f.Fuzz(func(t *testing.T, body []byte) {
		connectortest.Sound(t, d, connectors.Delivery{Body: body})
		connectortest.Sound(t, c, connectors.Delivery{Body: body})
	})
}

func FuzzKey(f *testing.F) {
	f.Add(string(connectortest.Body(f, "freshchat_public_key.pem")))
	f.Add(string(connectortest.Body(f, "freshchat_public_key_as_pasted.txt")))
	f.Fuzz(func(t *testing.T, key string) {
		cfg := freshworks.ChatConfig{App: app, PublicKey: key}
		c, err := freshworks.NewChat(cfg, nil)
		if err == nil {
			require.Error(t, c.Verify(t.Context(), connectors.Delivery{Header: http.Header{}, Body: []byte("{}")}, clock))
		}
	})
}
