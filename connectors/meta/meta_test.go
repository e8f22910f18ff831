package meta_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"net/http"
	"net/url"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/sufflor/sufflor/config"
	"github.com/sufflor/sufflor/connectors"
	"github.com/sufflor/sufflor/connectors/connectortest"
	"github.com/sufflor/sufflor/connectors/meta"
)

const (
	secret = "0f5c2c9b7a1e4d3f8a6b5c4d3e2f1a0b"
	verify = "verify_me_4f2a"
	phone  = "106540352242922"
	page   = "112233445566778"
	insta  = "17841400000000001"
)

var clock = time.Unix(1785000000, 0)

func settings() meta.Config {
	return meta.Config{
		AppSecrets: []config.Secret{config.NewSecret(secret)}, VerifyToken: config.NewSecret(verify),
		Accounts: []string{phone, "206540352242922", page, insta, "102290129340398"}, Apps: []string{"555000111222333"},
	}
}

func build(tb testing.TB, change ...func(*meta.Config)) *meta.Connector {
	tb.Helper()
	cfg := settings()
	for _, c := range change {
		c(&cfg)
	}
	c, err := meta.New(cfg, connectors.NewClient(0, nil, func() time.Time { return clock }))
	require.NoError(tb, err)
	return c
}

func TestVectors(t *testing.T) {
	t.Parallel()
	sent := connectortest.Vectors(t, func(v connectortest.Vector) (connectors.Connector, error) {
		cfg := settings()
		if v.Method == http.MethodGet {
			cfg.VerifyToken = config.NewSecret(v.Secret)
		} else {
			cfg.AppSecrets = []config.Secret{config.NewSecret(v.Secret)}
		}
		return meta.New(cfg, nil)
	}, func(t *testing.T, v connectortest.Vector, got connectortest.Result) {
		t.Helper()
		if v.Name == "handshake_ok" {
			require.Equal(t, "text/plain; charset=utf-8", got.Type)
		}
	})
	require.Equal(t, 17, sent)
}

func read(t *testing.T, c *meta.Connector, body string) (connectors.Receipt, error) {
	t.Helper()
	return c.Read(connectors.Delivery{Method: http.MethodPost, Body: []byte(body)})
}

// Every sample, byte for byte as Meta sends it, and what we make of it.
func TestSamples(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob(filepath.Join("testdata", "*.json"))
	require.NoError(t, err)
	c := build(t)
	got := map[string][]connectors.Event{}
	for _, f := range files {
		name := strings.TrimSuffix(filepath.Base(f), ".json")
		if name == "signatures" || name == "malformed" {
			continue
		}
		rec, err := read(t, c, string(connectortest.Body(t, name+".json")))
		require.NoError(t, err, name)
		require.Nil(t, rec.Reply)
		got[name] = rec.Events
	}
	data, err := json.MarshalIndent(got, "", "  ")
	require.NoError(t, err)
	connectortest.Golden(t, "events.golden", append(data, '\n'))

	_, err = read(t, c, string(connectortest.Body(t, "malformed.json")))
	require.ErrorIs(t, err, connectors.ErrMalformed)
}

// messengerItem is a delivery of one item.
func messengerItem(object, id, item string) string {
	return `{"object":"` + object + `","entry":[{"id":"` + id + `","messaging":[` + item + `]}]}`
}

func TestRead(t *testing.T) {
	t.Parallel()
	const from, to = `"sender":{"id":"77"},"recipient":{"id":"` + page + `"},"timestamp":1784999993412`, `"sender":{"id":"` + page + `"},"recipient":{"id":"77"},"timestamp":1784999993412`
	at := time.UnixMilli(1784999993412).UTC()
	base := connectors.Event{
		Tenant: page, Conversation: page + ":77", Customer: "77", Channel: "messenger", At: at, Route: map[string]string{"account": page},
	}
	with := func(change func(*connectors.Event)) []connectors.Event {
		e := base
		change(&e)
		return []connectors.Event{e}
	}
	tests := []struct {
		name, item string
		want       []connectors.Event
	}{
		{"a quick reply without text is its payload", `{` + from + `,"message":{"mid":"m1","quick_reply":{"payload":"track"}}}`, with(func(e *connectors.Event) {
			e.Kind, e.Key, e.Message, e.Role, e.Author, e.Text = connectors.Message, "message:"+page+":m1", "m1", connectors.Customer, "77", "track"
		})},
		{"a button is its title", `{` + from + `,"postback":{"mid":"m2","title":"Wo ist mein Paket?","payload":"x"}}`, with(func(e *connectors.Event) {
			e.Kind, e.Key, e.Message, e.Role, e.Author, e.Text = connectors.Message, "message:"+page+":m2", "m2", connectors.Customer, "77", "Wo ist mein Paket?"
		})},
		{"an edit has a text and the message's id", `{` + from + `,"message_edit":{"mid":"m1","text":"anders","num_edit":2}}`, with(func(e *connectors.Event) {
			e.Kind, e.Key, e.Message, e.Role, e.Author, e.Text = connectors.Edited, "edited:"+page+":m1:2", "m1", connectors.Customer, "77", "anders"
		})},
		{"a deleted reply is forgotten too", `{` + to + `,"message":{"mid":"m4","is_echo":true,"is_deleted":true}}`, with(func(e *connectors.Event) {
			e.Kind, e.Key, e.Message, e.Role, e.Author = connectors.Deleted, "deleted:"+page+":m4", "m4", connectors.Agent, page
		})},
		{
			"a rating is between 0 and 1",
			`{` + from + `,"messaging_feedback":{"feedback_screens":[{"questions":{"q1":{"type":"csat","payload":"4","follow_up":{"payload":"ging schnell"}},"q2":{"type":"csat","payload":"9"},"q3":{"type":"mood","payload":"1"}}}]}}`,
			with(func(e *connectors.Event) {
				e.Kind, e.Key, e.Role, e.Author = connectors.Rated, "rated:"+page+":77:1784999993412:0:q1", connectors.Customer, "77"
				e.Score = &connectors.Score{Value: 0.75, Comment: "ging schnell"}
			}),
		},
		{"a link's preview is no file", `{` + from + `,"message":{"mid":"m5","text":"siehe","attachments":[{"type":"fallback","payload":{"url":"https://x.example"}}]}}`, with(func(e *connectors.Event) {
			e.Kind, e.Key, e.Message, e.Role, e.Author, e.Text = connectors.Message, "message:"+page+":m5", "m5", connectors.Customer, "77", "siehe"
		})},
		{"an echo of a listed app is a program's", `{` + to + `,"message":{"mid":"m6","is_echo":true,"app_id":555000111222333,"text":"Hallo"}}`, nil},
		{"an echo with our metadata is ours", `{` + to + `,"message":{"mid":"m6","is_echo":true,"app_id":1,"metadata":"copilot:s1","text":"Hallo"}}`, nil},
		{"an echo with our first words is ours", `{` + to + `,"message":{"mid":"m6","is_echo":true,"text":"[Copilot sg_1] Hallo"}}`, nil},
		{"a receipt says nothing", `{` + from + `,"read":{"watermark":1}}`, nil},
		{"an empty message says nothing", `{` + from + `,"message":{"mid":"m7","is_unsupported":true}}`, nil},
		{"a reply that is not marked as an echo is one by its sender", `{` + to + `,"message":{"mid":"m8","text":"Guten Tag"}}`, with(func(e *connectors.Event) {
			e.Kind, e.Key, e.Message, e.Role, e.Author, e.Text = connectors.Message, "message:"+page+":m8", "m8", connectors.Agent, page, "Guten Tag"
		})},
	}
	c := build(t)
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			rec, err := read(t, c, messengerItem("page", page, tt.item))
			require.NoError(t, err)
			require.Equal(t, tt.want, rec.Events)
		})
	}
}

func TestReadOfWhatsApp(t *testing.T) {
	t.Parallel()
	whole := func(account, message string) string {
		return `{"object":"whatsapp_business_account","entry":[{"id":"102290129340398","changes":[{"field":"messages","value":{"metadata":{"phone_number_id":"` +
			account + `"},"messages":[` + message + `]}}]}]}`
	}
	tests := []struct {
		name, message, text, file string
		none                      bool
	}{
		{"a list's answer", `{"from":"49","id":"w1","timestamp":"1784999993","type":"interactive","interactive":{"list_reply":{"title":"Retoure"}}}`, "Retoure", "", false},
		{"a button's answer", `{"from":"49","id":"w1","timestamp":1784999993,"type":"interactive","interactive":{"button_reply":{"title":"Ja"}}}`, "Ja", "", false},
		{"a document with a word", `{"from":"49","id":"w1","timestamp":"1784999993","type":"document","document":{"id":"9","filename":"a.pdf","mime_type":"application/pdf","caption":"Rechnung"}}`, "Rechnung", "a.pdf", false},
		{"a voice message without one", `{"from":"49","id":"w1","timestamp":"1784999993","type":"audio","audio":{"id":"9","mime_type":"audio/ogg; codecs=opus"}}`, "", "", false},
		{"a system message", `{"from":"49","id":"w1","timestamp":"1784999993","type":"system","system":{"body":"new number"}}`, "", "", true},
		{"a type of tomorrow", `{"from":"49","id":"w1","timestamp":"1784999993","type":"hologram","hologram":{}}`, "", "", true},
	}
	c := build(t)
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			rec, err := read(t, c, whole(phone, tt.message))
			require.NoError(t, err)
			if tt.none {
				require.Empty(t, rec.Events)
				return
			}
			require.Len(t, rec.Events, 1)
			require.Equal(t, tt.text, rec.Events[0].Text)
			require.Equal(t, int64(1784999993), rec.Events[0].At.Unix())
			if tt.file != "" {
				require.Equal(t, tt.file, rec.Events[0].Attachments[0].Name)
			}
		})
	}
	good := `{"from":"49","id":"w1","timestamp":"1784999993","type":"text","text":{"body":"eins"}}`
	t.Run("a bad item costs itself, not the batch", func(t *testing.T) {
		t.Parallel()
		rec, err := read(t, c, whole(phone, `{"from":{},"id":1},{"from":"49","id":"w0"},`+good+`,`+good))
		require.NoError(t, err)
		require.Len(t, rec.Events, 1, "and what is there twice counts once")
		require.Equal(t, "w1", rec.Events[0].Message)
	})
	t.Run("nothing but bad items is malformed", func(t *testing.T) {
		t.Parallel()
		_, err := read(t, c, whole(phone, `{"from":"49"}`))
		require.ErrorIs(t, err, connectors.ErrMalformed)
	})
	t.Run("a restricted account is told to an administrator", func(t *testing.T) {
		t.Parallel()
		update := `{"object":"whatsapp_business_account","entry":[{"id":"102290129340398","time":1785000000,"changes":[{"field":"account_update","value":{"event":"ACCOUNT_RESTRICTION"}}]}]}`
		rec, err := read(t, c, update)
		require.NoError(t, err)
		require.Equal(t, connectors.Ops, rec.Events[0].Kind)
		require.Contains(t, rec.Events[0].Detail, "ACCOUNT_RESTRICTION")
		_, err = read(t, c, strings.ReplaceAll(update, "102290129340398", "999"))
		require.ErrorIs(t, err, connectors.ErrForeign)
	})
}

// A valid signature says that our app was meant, not that our account was.
func TestForeignAccounts(t *testing.T) {
	t.Parallel()
	c := build(t, func(cfg *meta.Config) { cfg.Accounts = []string{phone, page} })
	for name, body := range map[string]string{
		"another number":      strings.ReplaceAll(string(connectortest.Body(t, "whatsapp_text.json")), phone, "999"),
		"another page":        strings.ReplaceAll(string(connectortest.Body(t, "messenger_text.json")), page, "999"),
		"an Instagram of old": string(connectortest.Body(t, "instagram_text.json")),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := connectors.Delivery{Method: http.MethodPost, Header: meta.Sign(config.NewSecret(secret), []byte(body)), Body: []byte(body)}
			require.NoError(t, c.Verify(t.Context(), d, clock))
			rec, err := c.Read(d)
			require.ErrorIs(t, err, connectors.ErrForeign)
			require.Empty(t, rec.Events)
			v := connectortest.Vector{Method: http.MethodPost, URL: "https://x.example/hooks/meta", Now: clock.Unix(), Body: []byte(body), Headers: map[string]string{}}
			for k := range d.Header {
				v.Headers[k] = d.Header.Get(k)
			}
			got := connectortest.Send(t, c, v)
			require.Equal(t, http.StatusOK, got.Status, "refused for long, Meta would end the subscription of all accounts")
			require.Empty(t, got.Events)
		})
	}
	rec, err := read(t, c, string(connectortest.Body(t, "whatsapp_batched.json")))
	require.NoError(t, err)
	require.Len(t, rec.Events, 1, "of a batch, ours only")

	other, err := meta.New(meta.Config{
		AppSecrets: []config.Secret{config.NewSecret("another tenant's app secret")}, VerifyToken: config.NewSecret("another token"), Accounts: []string{phone},
	}, nil)
	require.NoError(t, err)
	body := connectortest.Body(t, "whatsapp_text.json")
	require.ErrorIs(t, other.Verify(t.Context(), connectors.Delivery{Header: meta.Sign(config.NewSecret(secret), body), Body: body}, clock), connectors.ErrUnverified)
}

func TestStandbyIsHeardOnlyWhereWanted(t *testing.T) {
	t.Parallel()
	body := string(connectortest.Body(t, "messenger_batched_mixed.json"))
	rec, err := read(t, build(t), body)
	require.NoError(t, err)
	require.Len(t, rec.Events, 1)
	rec, err = read(t, build(t, func(c *meta.Config) { c.Standby = true }), body)
	require.NoError(t, err)
	require.Len(t, rec.Events, 2)
	require.Equal(t, "zwei", rec.Events[1].Text)
}

func TestHandshake(t *testing.T) {
	t.Parallel()
	c := build(t)
	require.True(t, c.Greets(http.MethodGet, ""))
	require.False(t, c.Greets(http.MethodPut, ""))
	require.False(t, c.Greets(http.MethodGet, "/other"))
	for name, challenge := range map[string]string{
		"is empty": "", "is long": strings.Repeat("1", 257), "holds markup of lines": "a\r\nb", "is not ASCII": "ü",
	} {
		t.Run("a challenge that "+name+" is not reflected", func(t *testing.T) {
			t.Parallel()
			q := url.Values{"hub.mode": {"subscribe"}, "hub.verify_token": {verify}, "hub.challenge": {challenge}}
			d := connectors.Delivery{Method: http.MethodGet, Target: "/hooks/meta?" + q.Encode()}
			require.NoError(t, c.Verify(t.Context(), d, clock))
			rec, err := c.Read(d)
			require.ErrorIs(t, err, connectors.ErrMalformed)
			require.Nil(t, rec.Reply)
		})
	}
}

func TestTwoSecretsDuringARotation(t *testing.T) {
	t.Parallel()
	old := config.NewSecret("the secret from before")
	c := build(t, func(cfg *meta.Config) { cfg.AppSecrets = append(cfg.AppSecrets, old) })
	body := connectortest.Body(t, "whatsapp_text.json")
	for _, s := range []config.Secret{config.NewSecret(secret), old} {
		require.NoError(t, c.Verify(t.Context(), connectors.Delivery{Header: meta.Sign(s, body), Body: body}, clock))
	}
	upper := meta.Sign(old, body)
	upper.Set("X-Hub-Signature-256", strings.ToUpper(upper.Get("X-Hub-Signature-256")))
	require.ErrorIs(t, c.Verify(t.Context(), connectors.Delivery{Header: upper, Body: body}, clock), connectors.ErrUnverified)
}

func TestValidate(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name   string
		change func(*meta.Config)
		want   string
	}{
		{"nothing is wrong", func(*meta.Config) {}, ""},
		{"a secret is needed", func(c *meta.Config) { c.AppSecrets = nil }, "app_secrets: required"},
		{"an empty secret is none", func(c *meta.Config) { c.AppSecrets = []config.Secret{{}} }, "app_secrets[0]: too short"},
		{"the verify token is no secret", func(c *meta.Config) { c.VerifyToken = c.AppSecrets[0] }, "app_secrets[0]: must not be the verify token"},
		{"a verify token is needed", func(c *meta.Config) { c.VerifyToken = config.Secret{} }, "verify_token: required"},
		{"accounts are needed", func(c *meta.Config) { c.Accounts = nil }, "accounts: required"},
		{"an account is a number", func(c *meta.Config) { c.Accounts[1] = "+49 40" }, "accounts[1]: must be digits"},
		{"an account is listed once", func(c *meta.Config) { c.Accounts[1] = c.Accounts[0] }, "accounts[1]: is listed twice"},
		{"an app is a number", func(c *meta.Config) { c.Apps = []string{"bot"} }, "apps[0]: must be digits"},
		{"a token needs a version", func(c *meta.Config) { c.Token = config.NewSecret("t") }, "version: required with token"},
		{"a base address is one", func(c *meta.Config) { c.BaseURL = "graph" }, "base_url: must be"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			cfg := settings()
			tt.change(&cfg)
			_, err := meta.New(cfg, nil)
			if tt.want == "" {
				require.NoError(t, err)
				return
			}
			require.ErrorContains(t, err, tt.want)
		})
	}
	err := meta.Config{}.Validate()
	require.ErrorContains(t, err, "app_secrets")
	require.ErrorContains(t, err, "accounts", "everything, not only the first")
}

// Nothing at Meta is for agents only: whatever is written there, the customer
// reads. So there is no way to write at all, in types or in addresses.
func TestAgentOnly(t *testing.T) {
	t.Parallel()
	var c any = build(t)
	_, writes := c.(connectors.Noter)
	require.False(t, writes)
	_, reacts := c.(connectors.Reactor)
	require.False(t, reacts)
	connectortest.Never(t, "/messages", "http.MethodPost", "http.MethodPut", "http.MethodPatch", "http.MethodDelete", "=POST", "=PUT",
		"/feed", "/comments", "/photos", "messaging_type", "messaging_product", "sender_action", "thread_control", "template_name")
}

func FuzzVerify(f *testing.F) {
	for _, v := range connectortest.Load(f) {
		u, err := url.Parse(v.URL)
		require.NoError(f, err)
		f.Add(v.Method == http.MethodGet, u.RequestURI(), v.Header().Get("X-Hub-Signature-256"), v.Body)
	}
	c := build(f)
	f.Fuzz(func(t *testing.T, get bool, target, sig string, body []byte) {
		d := connectors.Delivery{Method: http.MethodPost, Target: target, Header: http.Header{"X-Hub-Signature-256": {sig}}, Body: body}
		if get {
			d.Method = http.MethodGet
			q := d.Query()
			same := q.Get("hub.verify_token") == verify && q.Get("hub.mode") == "subscribe"
			require.Equal(t, same, c.Verify(t.Context(), d, clock) == nil)
			return
		}
		mac := hmac.New(sha256.New, []byte(secret))
		mac.Write(body)
		same := sig == "sha256="+hex.EncodeToString(mac.Sum(nil))
		require.Equal(t, same, c.Verify(t.Context(), d, clock) == nil)
	})
}

func FuzzRead(f *testing.F) {
	for _, v := range connectortest.Load(f) {
		u, err := url.Parse(v.URL)
		require.NoError(f, err)
		f.Add(v.Method == http.MethodGet, u.RequestURI(), v.Body)
	}
	c := build(f, func(c *meta.Config) { c.Standby = true })
	f.Fuzz(func(t *testing.T, get bool, target string, body []byte) {
		d := connectors.Delivery{Method: http.MethodPost, Target: target, Body: body}
		if get {
			d.Method = http.MethodGet
		}
		connectortest.Sound(t, c, d)
	})
}
