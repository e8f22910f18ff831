package zammad_test

import (
	"crypto/hmac"
	"crypto/sha1"
	"encoding/hex"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/sufflor/sufflor/config"
	"github.com/sufflor/sufflor/connectors"
	"github.com/sufflor/sufflor/connectors/connectortest"
	"github.com/sufflor/sufflor/connectors/zammad"
)

const (
	host   = "help.nordwind.example"
	secret = "zmd_hub_token_4Jc81k"
)

var clock = time.Unix(1785000000, 0)

func settings() zammad.Config {
	return zammad.Config{
		URL: "https://" + host, SignatureToken: config.NewSecret(secret), Token: config.NewSecret("api-token"), APIUser: "31",
		Facts: []string{"machine_type", "contract", "phone"},
	}
}

func connect(tb testing.TB) *zammad.Connector {
	tb.Helper()
	c, err := zammad.New(settings(), nil)
	require.NoError(tb, err)
	return c
}

func TestVectors(t *testing.T) {
	t.Parallel()
	sent := connectortest.Vectors(t, func(v connectortest.Vector) (connectors.Connector, error) {
		cfg := settings()
		cfg.SignatureToken = config.NewSecret(v.Secret)
		return zammad.New(cfg, nil)
	}, func(t *testing.T, v connectortest.Vector, got connectortest.Result) {
		t.Helper()
		switch v.Name {
		case "customer_article_ok", "replay_months_later":
			require.Equal(t, []connectors.Event{{
				Key: "article:104", Kind: connectors.Message, Tenant: host, Conversation: "81", Message: "104", Role: connectors.Customer,
				Author: "88", AuthorName: "Anna Beispiel", Customer: "88", Subject: "Bestellung #55871 verspätet",
				Text: "Hallo,\nmeine Bestellung #55871 ist seit 5 Tagen überfällig 😕 – wann kommt sie an?", Channel: "web",
				At: time.Date(2026, 7, 25, 17, 19, 51, 318e6, time.UTC), Group: "Service Desk", Assignee: "5",
				Facts: map[string]string{"number": "10081", "priority": "2 normal"}, Route: map[string]string{"ticket": "81"},
			}}, got.Events)
		case "own_internal_note_ok":
			require.Empty(t, got.Events)
		}
	})
	require.Equal(t, 10, sent)
}

func read(t *testing.T, c *zammad.Connector, body string) ([]connectors.Event, error) {
	t.Helper()
	rec, err := c.Read(connectors.Delivery{Header: http.Header{}, Body: []byte(body)})
	return rec.Events, err
}

func file(t *testing.T, name string) string {
	t.Helper()
	return string(connectortest.Body(t, name))
}

func TestReadOfEachFile(t *testing.T) {
	t.Parallel()
	c := connect(t)
	got, err := read(t, c, file(t, "agent_reply.json"))
	require.NoError(t, err)
	require.Len(t, got, 1)
	require.Equal(t, connectors.Agent, got[0].Role)
	require.Equal(t, "Jonas Agent", got[0].AuthorName)
	require.Equal(t, "Hallo Anna,\ndas Paket wird morgen zugestellt.", got[0].Text)
	require.Equal(t, "email", got[0].Channel)
	require.Equal(t, "88", got[0].Customer)

	got, err = read(t, c, file(t, "attachment.json"))
	require.NoError(t, err)
	require.Len(t, got, 1)
	require.Equal(t, []connectors.Attachment{{
		ID: "174", Name: "etikett.jpg", Type: "image/jpeg", Size: 184213, URL: "https://help.nordwind.example/api/v1/ticket_attachment/81/106/174",
	}}, got[0].Attachments)

	for _, name := range []string{"internal_note_own.json", "system_autoreply.json", "state_change_no_article.json"} {
		got, err = read(t, c, file(t, name))
		require.NoError(t, err, name)
		require.Empty(t, got, name)
	}
	_, err = read(t, c, file(t, "malformed.json"))
	require.ErrorIs(t, err, connectors.ErrMalformed)
}

func TestReadOfOddShapes(t *testing.T) {
	t.Parallel()
	const ticket = `"id":81,"number":"10081","title":"x","state":"open","owner_id":5,"customer_id":88,"updated_at":"2026-07-25T17:19:51Z"`
	const article = `"id":104,"ticket_id":81,"type":"web","sender":"Customer","content_type":"text/html","body":"Hi","internal":false,"created_by_id":88,"created_at":"2026-07-25T17:19:51Z"`
	body := func(ticket, article string) string { return `{"ticket":{` + ticket + `},"article":` + article + `}` }
	with := func(old, new string) string { return "{" + strings.Replace(article, old, new, 1) + "}" }
	tests := []struct {
		name, body string
		check      func(t *testing.T, e connectors.Event)
		none       bool
		err        error
	}{
		{name: "ids may be text", body: body(strings.Replace(ticket, `"id":81`, `"id":"81"`, 1), with(`"ticket_id":81`, `"ticket_id":"81"`)), check: func(t *testing.T, e connectors.Event) {
			t.Helper()
			require.Equal(t, "81", e.Conversation)
		}},
		{name: "plain text is left as it is", body: body(ticket, with(`"text/html","body":"Hi"`, `"text/plain","body":"a < b\n\n  <c>"`)), check: func(t *testing.T, e connectors.Event) {
			t.Helper()
			require.Equal(t, "a < b\n\n  <c>", e.Text)
		}},
		{name: "what an agent typed for a caller is the caller's", body: body(ticket, with(`"created_by_id":88`, `"created_by_id":5,"origin_by_id":88,"origin_by":{"firstname":"Anna","lastname":"B."}`)), check: func(t *testing.T, e connectors.Event) {
			t.Helper()
			require.Equal(t, connectors.Customer, e.Role)
			require.Equal(t, "88", e.Author)
			require.Equal(t, "Anna B.", e.AuthorName)
		}},
		{name: "nobody owns it", body: body(strings.Replace(ticket, `"owner_id":5`, `"owner_id":1`, 1), with("", "")), check: func(t *testing.T, e connectors.Event) {
			t.Helper()
			require.Empty(t, e.Assignee)
		}},
		{name: "facts are what the settings name", body: body(ticket+`,"machine_type":"XY-2000","contract":7,"secret_field":"x","tags":["gold"," eilig "],"organization":{"id":1,"name":"Werft"},"customer":{"id":88,"vip":true,"phone":"040"}`, with("", "")), check: func(t *testing.T, e connectors.Event) {
			t.Helper()
			require.Equal(t, map[string]string{
				"number": "10081", "machine_type": "XY-2000", "contract": "7", "organization": "Werft", "vip": "true", "phone": "040",
			}, e.Facts)
			require.Equal(t, []string{"gold", "eilig"}, e.Tags)
		}},
		{name: "an answer of the API has names for objects", body: body(ticket+`,"group":"Versand","owner":"jonas","customer":"anna@example.org","organization":null,"priority":"3 high","tags":"a, b"`, with("", "")), check: func(t *testing.T, e connectors.Event) {
			t.Helper()
			require.Equal(t, "Versand", e.Group)
			require.Equal(t, "3 high", e.Facts["priority"])
			require.Equal(t, []string{"a", "b"}, e.Tags)
		}},
		{name: "a closed ticket is over", body: body(strings.Replace(ticket, `"open"`, `"Closed"`, 1)+`,"close_at":"2026-07-25T17:20:00Z"`, "null"), check: func(t *testing.T, e connectors.Event) {
			t.Helper()
			require.Equal(t, connectors.Closed, e.Kind)
			require.Equal(t, "closed:81:1785000000000", e.Key)
			require.Equal(t, clock.UTC(), e.At)
		}},
		{name: "a ticket with another owner is assigned", body: body(ticket+`,"last_owner_update_at":"2026-07-25T17:20:00Z"`, "null"), check: func(t *testing.T, e connectors.Event) {
			t.Helper()
			require.Equal(t, connectors.Assigned, e.Kind)
			require.Equal(t, "assigned:81:5:1785000000000", e.Key)
			require.Equal(t, "5", e.Assignee)
		}},
		{name: "a message says nothing of the owner", body: body(ticket+`,"last_owner_update_at":"2026-07-25T17:20:00Z"`, with("", "")), check: func(t *testing.T, e connectors.Event) {
			t.Helper()
			require.Equal(t, connectors.Message, e.Kind)
		}},
		{name: "a ticket alone is nothing", body: `{"ticket":{` + ticket + `}}`, none: true},
		{name: "a public note of ours is ours", body: body(ticket, with(`"sender":"Customer"`, `"sender":"Agent","x":0`)+""), check: func(t *testing.T, e connectors.Event) {
			t.Helper()
			require.Equal(t, connectors.Agent, e.Role)
		}},
		{name: "an article of another ticket is odd", body: body(ticket, with(`"ticket_id":81`, `"ticket_id":82`)), err: connectors.ErrMalformed},
		{name: "what nobody calls public is not read", body: body(ticket, with(`"internal":false,`, ``)), err: connectors.ErrMalformed},
		{name: "a time is needed", body: body(ticket, with(`"created_at"`, `"x"`)), err: connectors.ErrMalformed},
		{name: "a payload of one's own is refused", body: `{"text":"#{ticket.id}"}`, err: connectors.ErrMalformed},
		{name: "an unresolved variable is no id", body: `{"ticket":{"id":"#{ticket.id}"}}`, err: connectors.ErrMalformed},
		{name: "a file of another Zammad is not ours", body: body(ticket, with(`"body"`, `"attachments":[{"id":1,"url":"https://help.other.example/api/v1/ticket_attachment/81/104/1"}],"body"`)), err: connectors.ErrForeign},
		{name: "a list is no payload", body: `[]`, err: connectors.ErrMalformed},
		{name: "a state that is a list is odd", body: `{"ticket":{"id":81,"state":[1]}}`, err: connectors.ErrMalformed},
	}
	c := connect(t)
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got, err := read(t, c, tt.body)
			if tt.err != nil {
				require.ErrorIs(t, err, tt.err)
				return
			}
			require.NoError(t, err)
			if tt.none {
				require.Empty(t, got)
				return
			}
			require.Len(t, got, 1)
			tt.check(t, got[0])
		})
	}
}

// An agent's answer that closes the ticket is both.
func TestAnswerThatCloses(t *testing.T) {
	t.Parallel()
	got, err := read(t, connect(t), strings.Replace(file(t, "agent_reply.json"), `"state": "open"`, `"state": "closed"`, 1))
	require.NoError(t, err)
	require.Len(t, got, 2)
	require.Equal(t, connectors.Message, got[0].Kind)
	require.Equal(t, connectors.Closed, got[1].Kind)
}

// Each of the three guards against answering our own note holds alone.
func TestOwnNotesAreIgnored(t *testing.T) {
	t.Parallel()
	own := strings.ReplaceAll(file(t, "internal_note_own.json"), "[copilot s_7f3a]", "[Copilot sg_7f3a]")
	public := strings.Replace(own, `"internal": true`, `"internal": false`, 1)
	require.NotEqual(t, own, public)
	strip := func(s string) string { return strings.ReplaceAll(s, "[Copilot sg_7f3a]", "") }
	stranger := func(s string) string { return strings.ReplaceAll(s, `"created_by_id": 31`, `"created_by_id": 5`) }
	c := connect(t)
	for name, body := range map[string]string{
		"by our user although public and unmarked": strip(public),
		"by the marker although by another user":   stranger(public),
		"by privacy although neither":              strip(stranger(own)),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := read(t, c, body)
			require.NoError(t, err)
			require.Empty(t, got)
		})
	}
	got, err := read(t, c, strip(stranger(public)))
	require.NoError(t, err)
	require.Len(t, got, 1, "without any of the three it is an agent's reply")
}

func TestValidate(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name   string
		change func(*zammad.Config)
		want   string
	}{
		{"nothing is wrong", func(*zammad.Config) {}, ""},
		{"a name is no address", func(c *zammad.Config) { c.URL = "help.nordwind.example" }, "url: required"},
		{"an address has no quotes", func(c *zammad.Config) { c.URL = "https://h/'; rm -rf /" }, "url: required"},
		{"a token is needed", func(c *zammad.Config) { c.SignatureToken = config.Secret{} }, "signature_token: required"},
		{"a token is long", func(c *zammad.Config) { c.SignatureToken = config.NewSecret("short") }, "signature_token: too short"},
		{"so is the bearer's", func(c *zammad.Config) { c.HookToken = config.NewSecret("short") }, "hook_token: too short"},
		{"an old token alone is a mistake", func(c *zammad.Config) { c.PreviousToken, c.SignatureToken = c.SignatureToken, config.Secret{} }, "previous_signature_token: only together"},
		{"who writes must be known", func(c *zammad.Config) { c.APIUser = "copilot@nordwind.example" }, "api_user: required with token"},
		{"notes is an enum", func(c *zammad.Config) { c.Notes = "public" }, "notes: must be"},
		{"a state has a name", func(c *zammad.Config) { c.ClosedStates = []string{" "} }, "closed_states[0]"},
		{"a fact has a name", func(c *zammad.Config) { c.Facts = []string{""} }, "facts[0]"},
		{"facts are few", func(c *zammad.Config) { c.Facts = strings.Split(strings.Repeat("a,", 32)+"a", ",") }, "facts: at most"},
		{"a base address is one", func(c *zammad.Config) { c.BaseURL = "nordwind" }, "base_url: must be"},
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
			_, err = zammad.New(cfg, nil)
			require.ErrorContains(t, err, tt.want)
		})
	}
	err := zammad.Config{}.Validate()
	require.ErrorContains(t, err, "url")
	require.ErrorContains(t, err, "signature_token", "everything, not only the first")
}

func TestRotationAndSecondFactor(t *testing.T) {
	t.Parallel()
	body := connectortest.Body(t, "customer_article.json")
	cfg := settings()
	cfg.PreviousToken = config.NewSecret("the one before it")
	c, err := zammad.New(cfg, nil)
	require.NoError(t, err)
	for _, s := range []config.Secret{cfg.SignatureToken, cfg.PreviousToken} {
		require.NoError(t, c.Verify(t.Context(), connectors.Delivery{Header: zammad.Sign(s, body), Body: body}, clock))
	}
	other := zammad.Sign(config.NewSecret("another Zammad's token"), body)
	require.ErrorIs(t, c.Verify(t.Context(), connectors.Delivery{Header: other, Body: body}, clock), connectors.ErrUnverified)

	cfg.HookToken = config.NewSecret("0123456789abcdef")
	c, err = zammad.New(cfg, nil)
	require.NoError(t, err)
	h := zammad.Sign(cfg.SignatureToken, body)
	d := connectors.Delivery{Header: h, Body: body}
	require.ErrorIs(t, c.Verify(t.Context(), d, clock), connectors.ErrUnverified, "signed, but without the bearer token")
	h.Set("Authorization", "Bearer 0123456789abcdef")
	require.NoError(t, c.Verify(t.Context(), d, clock))
	h.Del("X-Hub-Signature")
	require.ErrorIs(t, c.Verify(t.Context(), d, clock), connectors.ErrUnverified, "nor the token without a signature")
}

// What a customer can see is sent by types of articles and by drafts; this desk
// knows none of them.
func TestAgentOnly(t *testing.T) {
	t.Parallel()
	connectortest.Never(t, "http.MethodPut", "http.MethodPatch", `"internal":false`, "shared_draft", "=email", "=phone", "=web", "=sms", "=chat", "whatsapp", "telegram", "twitter", "facebook",
		"notification.email", "notification.sms", "article.note")
	data, err := os.ReadFile(filepath.Join("package", "install.sh"))
	require.NoError(t, err)
	for _, never := range []string{"articles", "tickets", "notification"} {
		require.NotContains(t, string(data), never)
	}
}

func FuzzVerify(f *testing.F) {
	for _, v := range connectortest.Load(f) {
		f.Add(v.Header().Get("X-Hub-Signature"), v.Body)
	}
	c := connect(f)
	f.Fuzz(func(t *testing.T, sig string, body []byte) {
		h := http.Header{}
		h.Set("X-Hub-Signature", sig)
		mac := hmac.New(sha1.New, []byte(secret))
		mac.Write(body)
		err := c.Verify(t.Context(), connectors.Delivery{Header: h, Body: body}, clock)
		require.Equal(t, sig == "sha1="+hex.EncodeToString(mac.Sum(nil)), err == nil)
		if err != nil {
			require.ErrorIs(t, err, connectors.ErrUnverified)
		}
	})
}

func FuzzRead(f *testing.F) {
	for _, v := range connectortest.Load(f) {
		f.Add(v.Body)
	}
	for _, name := range []string{"agent_reply.json", "attachment.json", "system_autoreply.json", "state_change_no_article.json"} {
		f.Add(connectortest.Body(f, name))
	}
	f.Add([]byte(`{"ticket":{"id":"81","state":"closed","group":"x","customer":"y","tags":"a,b","last_owner_update_at":"2026-07-25T17:20:00Z"},"article":null}`))
	c := connect(f)
	f.Fuzz(func(t *testing.T, body []byte) {
		connectortest.Sound(t, c, connectors.Delivery{Header: http.Header{}, Body: body})
	})
}
