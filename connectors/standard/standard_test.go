package standard_test

import (
	"crypto/ed25519"
	"crypto/hmac"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/sufflor/sufflor/config"
	"github.com/sufflor/sufflor/connectors"
	"github.com/sufflor/sufflor/connectors/connectortest"
	"github.com/sufflor/sufflor/connectors/standard"
)

const (
	inbound  = "whsec_AQIDBAUGBwgJCgsMDQ4PEBESExQVFhcYGRobHB0eHyA="
	outbound = "whsec_ZWZnaGlqa2xtbm9wcXJzdHV2d3h5ent8fX5/gIGCg4Q="
)

var clock = time.Unix(1785000000, 0)

func settings(secrets ...string) standard.Config {
	cfg := standard.Config{Tenant: "nordwind"}
	if len(secrets) == 0 {
		secrets = []string{inbound}
	}
	for _, s := range secrets {
		cfg.Secrets = append(cfg.Secrets, config.NewSecret(s))
	}
	return cfg
}

func build(v connectortest.Vector) (connectors.Connector, error) {
	return standard.New(settings(v.Secret), nil)
}

func TestVectors(t *testing.T) {
	t.Parallel()
	sent := connectortest.Vectors(t, build, func(t *testing.T, v connectortest.Vector, got connectortest.Result) {
		t.Helper()
		if !v.Valid || v.Name == "malformed_but_signed" {
			return
		}
		switch v.BodyFile {
		case "message_created_own_note.json":
			require.Empty(t, got.Events)
		case "suggestion_feedback.json":
			require.Len(t, got.Events, 1)
			require.Equal(t, &connectors.Rating{
				Suggestion: "s_7f3a", Verdict: "edited", Text: "Hallo Anna, das Paket wird morgen zugestellt.", Agent: "a_41",
			}, got.Events[0].Rating)
		case "message_created_customer.json":
			require.Len(t, got.Events, 1)
			require.Equal(t, connectors.Customer, got.Events[0].Role)
		default:
			t.Fatalf("vector %s: no assertion for %s", v.Name, v.BodyFile)
		}
	})
	require.Equal(t, 23, sent)
}

func TestSamples(t *testing.T) {
	t.Parallel()
	c, err := standard.New(settings(), nil)
	require.NoError(t, err)
	tests := []struct {
		name, file string
		want       []connectors.Event
	}{
		{"a customer's message", "message_created_customer.json", []connectors.Event{{
			Key: "webhook:msg_1", Kind: connectors.Message, Tenant: "nordwind", Conversation: "c_4711", Message: "m_90122",
			Role: connectors.Customer, Author: "u_815", AuthorName: "Anna Beispiel", Customer: "u_815", Channel: "chat", Assignee: "a_41", Language: "de",
			Text: "Hallo, meine Bestellung #55871 ist seit 5 Tagen überfällig 😕 – wann kommt sie an?",
			At:   time.Date(2026, 7, 25, 17, 19, 53, 412e6, time.UTC),
		}}},
		{"an attachment without a word is kept", "message_created_attachment.json", []connectors.Event{{
			Key: "webhook:msg_1", Kind: connectors.Message, Tenant: "nordwind", Conversation: "c_4711", Message: "m_90123",
			Role: connectors.Customer, Author: "u_815", AuthorName: "Anna Beispiel", Customer: "u_815", Channel: "chat", Assignee: "a_41", Language: "de",
			At: time.Date(2026, 7, 25, 17, 19, 55, 412e6, time.UTC),
			Attachments: []connectors.Attachment{{
				ID: "f_551", Name: "etikett.jpg", Type: "image/jpeg", Size: 184213, URL: "https://desk.example/files/f_551?sig=redacted",
			}},
		}}},
		{"an agent's reply is learned from", "message_created_agent_reply.json", []connectors.Event{{
			Key: "webhook:msg_1", Kind: connectors.Message, Tenant: "nordwind", Conversation: "c_4711", Message: "m_90125",
			Role: connectors.Agent, Author: "a_41", Customer: "u_815", Channel: "chat", Assignee: "a_41",
			Text: "Hallo Anna, das Paket wird morgen zugestellt.", At: time.Date(2026, 7, 25, 17, 19, 59, 412e6, time.UTC),
			Route: map[string]string{"in_reply_to": "m_90122"},
		}}},
		{"our own note is ignored", "message_created_own_note.json", nil},
		{"a bot is ignored", "message_created_bot.json", nil},
		{"nothing said is nothing to do", "message_created_no_text.json", nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			rec, err := c.Read(connectors.Delivery{Header: http.Header{"Webhook-Id": {"msg_1"}}, Body: connectortest.Body(t, tt.file)})
			require.NoError(t, err)
			require.Equal(t, tt.want, rec.Events)
		})
	}
}

func TestReadKeepsWhatTheSenderKnowsOfItsCustomer(t *testing.T) {
	t.Parallel()
	c, err := standard.New(settings(), nil)
	require.NoError(t, err)
	good := string(connectortest.Body(t, "message_created_customer.json"))
	body := strings.Replace(good, `"customer":{`, `"customer":{"facts":{"machine_type":" XY-2000 ","seats":12,"vip":true,"nested":{"a":1},"none":null,"empty":"","long":"`+strings.Repeat("x", 201)+`"},`, 1)
	require.NotEqual(t, good, body)
	rec, err := c.Read(connectors.Delivery{Header: http.Header{"Webhook-Id": {"msg_1"}}, Body: []byte(body)})
	require.NoError(t, err)
	require.Equal(t, map[string]string{"machine_type": "XY-2000", "seats": "12", "vip": "true"}, rec.Events[0].Facts)
}

func TestReadRefuses(t *testing.T) {
	t.Parallel()
	c, err := standard.New(settings(), nil)
	require.NoError(t, err)
	good := string(connectortest.Body(t, "message_created_customer.json"))
	tests := []struct {
		name, old, with string
		want            error
	}{
		{"another tenant is foreign", `"tenant":"nordwind"`, `"tenant":"suedwind"`, connectors.ErrForeign},
		{"no tenant is foreign", `"tenant":"nordwind",`, ``, connectors.ErrForeign},
		{"a message has an id", `"id":"m_90122"`, `"id":""`, connectors.ErrMalformed},
		{"a role is known", `"role":"customer"`, `"role":"boss"`, connectors.ErrMalformed},
		{"a visibility is known", `"visibility":"public"`, `"visibility":"maybe"`, connectors.ErrMalformed},
		{"a time is one", `"created_at":"2026-07-25T17:19:53.412Z"`, `"created_at":"yesterday"`, connectors.ErrMalformed},
		{"nothing follows", `["de","de-DE"]}}`, `["de"]}}{}`, connectors.ErrMalformed},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			body := strings.Replace(good, tt.old, tt.with, 1)
			require.NotEqual(t, good, body)
			rec, err := c.Read(connectors.Delivery{Header: http.Header{"Webhook-Id": {"msg_1"}}, Body: []byte(body)})
			require.ErrorIs(t, err, tt.want)
			require.Empty(t, rec.Events)
			require.NotContains(t, err.Error(), "Bestellung", "no customer text in errors")
		})
	}
}

func TestHTMLBecomesText(t *testing.T) {
	t.Parallel()
	c, err := standard.New(settings(), nil)
	require.NoError(t, err)
	body := strings.Replace(string(connectortest.Body(t, "message_created_customer.json")), `"content_type":"text/plain"`, `"content_type":"text/html; charset=utf-8"`, 1)
	page, err := json.Marshal("<style>p{}</style><p>Hallo <b>Anna</b>\nund Eva,</p><script>alert(1)</script><p>A &amp; B<br>C</p>")
	require.NoError(t, err)
	body = strings.Replace(body, `"Hallo, meine Bestellung #55871 ist seit 5 Tagen überfällig 😕 – wann kommt sie an?"`, string(page), 1)
	rec, err := c.Read(connectors.Delivery{Header: http.Header{"Webhook-Id": {"msg_1"}}, Body: []byte(body)})
	require.NoError(t, err)
	require.Equal(t, "Hallo Anna und Eva,\n\nA & B\nC", rec.Events[0].Text)
}

func TestRotationHoldsTwoSecrets(t *testing.T) {
	t.Parallel()
	c, err := standard.New(settings(inbound, outbound), nil)
	require.NoError(t, err)
	body := []byte(`{}`)
	for _, s := range []string{inbound, outbound} {
		h, err := standard.Sign(config.NewSecret(s), "msg_1", body, clock)
		require.NoError(t, err)
		require.NoError(t, c.Verify(t.Context(), connectors.Delivery{Header: h, Body: body}, clock))
	}
}

func TestEd25519(t *testing.T) {
	t.Parallel()
	private := ed25519.NewKeyFromSeed([]byte(strings.Repeat("s", 32)))
	public := "whpk_" + base64.StdEncoding.EncodeToString(private.Public().(ed25519.PublicKey))
	c, err := standard.New(settings(public), nil)
	require.NoError(t, err)
	for _, secret := range []string{string(private), strings.Repeat("s", 32)} {
		h, err := standard.Sign(config.NewSecret("whsk_"+base64.StdEncoding.EncodeToString([]byte(secret))), "msg_1", []byte("{}"), clock)
		require.NoError(t, err)
		require.NoError(t, c.Verify(t.Context(), connectors.Delivery{Header: h, Body: []byte("{}")}, clock))
	}
	_, err = standard.Sign(config.NewSecret(public), "msg_1", nil, clock)
	require.ErrorContains(t, err, "cannot sign")
}

// With a dot in the id, bytes could move between id and timestamp unnoticed.
func TestIDsWithDotsAreRefused(t *testing.T) {
	t.Parallel()
	c, err := standard.New(settings(), nil)
	require.NoError(t, err)
	key, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(inbound, "whsec_"))
	require.NoError(t, err)
	for _, id := range []string{"msg.1", strings.Repeat("x", 129), "a b", "ü", ""} {
		_, err := standard.Sign(config.NewSecret(inbound), id, nil, clock)
		require.ErrorContains(t, err, "without a dot")
		mac := hmac.New(sha256.New, key)
		mac.Write([]byte(id + ".1785000000.{}"))
		h := http.Header{}
		h.Set("Webhook-Id", id)
		h.Set("Webhook-Timestamp", "1785000000")
		h.Set("Webhook-Signature", "v1,"+base64.StdEncoding.EncodeToString(mac.Sum(nil)))
		require.ErrorIs(t, c.Verify(t.Context(), connectors.Delivery{Header: h, Body: []byte("{}")}, clock), connectors.ErrUnverified, id)
	}
}

func TestOlderHeaderNamesOnlyWhereConfigured(t *testing.T) {
	t.Parallel()
	h, err := standard.Sign(config.NewSecret(inbound), "msg_1", []byte("{}"), clock)
	require.NoError(t, err)
	old := http.Header{}
	for _, name := range []string{"Id", "Timestamp", "Signature"} {
		old.Set("Svix-"+name, h.Get("Webhook-"+name))
	}
	d := connectors.Delivery{Header: old, Body: []byte("{}")}
	c, err := standard.New(settings(), nil)
	require.NoError(t, err)
	require.ErrorIs(t, c.Verify(t.Context(), d, clock), connectors.ErrUnverified)
	cfg := settings()
	cfg.Headers = standard.Svix
	c, err = standard.New(cfg, nil)
	require.NoError(t, err)
	require.NoError(t, c.Verify(t.Context(), d, clock))
}

func TestPing(t *testing.T) {
	t.Parallel()
	c, err := standard.New(settings(), nil)
	require.NoError(t, err)
	body, err := standard.Ping("nordwind", clock)
	require.NoError(t, err)
	h, err := standard.Sign(config.NewSecret(inbound), "ping_1", body, clock)
	require.NoError(t, err)
	d := connectors.Delivery{Header: h, Body: body}
	require.NoError(t, c.Verify(t.Context(), d, clock))
	rec, err := c.Read(d)
	require.NoError(t, err)
	require.Empty(t, rec)
}

func TestValidate(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name   string
		change func(*standard.Config)
		want   string
	}{
		{"nothing is wrong", func(*standard.Config) {}, ""},
		{"a tenant is needed", func(c *standard.Config) { c.Tenant = "" }, "tenant: required"},
		{"a secret is needed", func(c *standard.Config) { c.Secrets = nil }, "secrets: required"},
		{"an empty secret is none", func(c *standard.Config) { c.Secrets = []config.Secret{{}} }, "secrets[0]: required"},
		{"a short secret is refused", func(c *standard.Config) { c.Secrets[0] = config.NewSecret("whsec_c2hvcnQ=") }, "secrets[0]: too short: 5 bytes"},
		{"the published secret is refused", func(c *standard.Config) {
			c.Secrets[0] = config.NewSecret("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
		}, "secrets[0]: is the example"},
		{"a secret is base64", func(c *standard.Config) { c.Secrets[0] = config.NewSecret("whsec_!") }, "secrets[0]: must be base64"},
		{"a private key does not verify", func(c *standard.Config) {
			c.Secrets[0] = config.NewSecret("whsk_" + base64.StdEncoding.EncodeToString(make([]byte, 32)))
		}, "secrets[0]: is a private key"},
		{"headers is an enum", func(c *standard.Config) { c.Headers = "x" }, "headers: must be"},
		{"a callback is https", func(c *standard.Config) {
			c.Callback = standard.Callback{URL: "http://a.example", Secret: config.NewSecret(outbound)}
		}, "callback.url: address \"a.example\" refused: it must start with https://"},
		{"a callback is signed", func(c *standard.Config) { c.Callback.URL = "https://a.example" }, "callback.secret: required"},
		{"directions do not share a secret", func(c *standard.Config) {
			c.Callback = standard.Callback{URL: "https://a.example", Secret: config.NewSecret(strings.TrimPrefix(inbound, "whsec_"))}
		}, "callback.secret: must not be one of secrets"},
		{"a frame is an origin", func(c *standard.Config) { c.Frames = []string{"https://desk.example/x"} }, "frames[0]: must be an origin"},
		{"allowed are networks for attachments too", func(c *standard.Config) { c.Callback.Allow = []string{"intranet"} }, "callback.allow[0]: must be a network"},
		{"allowed are networks", func(c *standard.Config) {
			c.Callback = standard.Callback{URL: "https://a.example", Secret: config.NewSecret(outbound), Allow: []string{"10.0.0.0/8", "intranet"}}
		}, "callback.allow[1]: must be a network"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			cfg := settings()
			tt.change(&cfg)
			_, err := standard.New(cfg, nil)
			if tt.want == "" {
				require.NoError(t, err)
				return
			}
			require.ErrorContains(t, err, tt.want)
		})
	}
}

// receiver is somebody's callback.
type receiver struct {
	status  int
	header  http.Header
	tracked *httptest.Server

	mu     sync.Mutex
	got    []*http.Request
	bodies [][]byte
}

// came are the requests so far and their bodies.
func (r *receiver) came() ([]*http.Request, [][]byte) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.got), slices.Clone(r.bodies)
}

func (r *receiver) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	body, _ := io.ReadAll(req.Body)
	r.mu.Lock()
	r.got, r.bodies = append(r.got, req), append(r.bodies, body)
	r.mu.Unlock()
	maps.Copy(w.Header(), r.header)
	w.WriteHeader(r.status)
}

func listen(t *testing.T, r *receiver, allow ...string) *standard.Connector {
	t.Helper()
	r.tracked = httptest.NewTLSServer(r)
	t.Cleanup(r.tracked.Close)
	roots := x509.NewCertPool()
	roots.AddCert(r.tracked.Certificate())
	cfg := settings()
	cfg.FeedbackURL = "https://copilot.example.net/feedback/"
	cfg.Callback = standard.Callback{URL: r.tracked.URL + "/in", Secret: config.NewSecret(outbound), Allow: allow}
	transport := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12}}
	now := func() time.Time { return clock.Add(412 * time.Millisecond) }
	c, err := standard.New(cfg, connectors.NewClient(0, transport, now))
	require.NoError(t, err)
	return c
}

func note() connectors.Note {
	return connectors.Note{
		Suggestion: "s_7f3a", Conversation: "c_4711", Message: "m_90122", Language: "de", Flag: "high", Confidence: 0.82,
		Text:      "Hallo Anna, Ihr Paket liegt im Depot Hamburg und wird morgen zugestellt.",
		Citations: []connectors.Citation{{Number: 1, Title: "Versandstatus", URL: "https://kb.nordwind.example/versand"}},
	}
}

func TestNoteIsSignedAndForAgentsOnly(t *testing.T) {
	t.Parallel()
	r := &receiver{status: http.StatusAccepted}
	c := listen(t, r, "127.0.0.0/8")
	id, err := connectors.Deliver(t.Context(), c, note())
	require.NoError(t, err)
	again, err := c.Note(t.Context(), note())
	require.NoError(t, err)
	require.Equal(t, id, again, "a repeated attempt is known by its id")
	reqs, bodies := r.came()
	require.Equal(t, id, reqs[0].Header.Get("Webhook-Id"))

	other, err := standard.New(settings(outbound), nil)
	require.NoError(t, err)
	require.NoError(t, other.Verify(t.Context(), connectors.Delivery{Header: reqs[0].Header, Body: bodies[0]}, clock))
	same, err := standard.New(settings(inbound), nil)
	require.NoError(t, err)
	require.ErrorIs(t, same.Verify(t.Context(), connectors.Delivery{Header: reqs[0].Header, Body: bodies[0]}, clock), connectors.ErrUnverified,
		"the inbound secret is never used outbound")

	// All of the agreed sample is in what we send, and nothing contradicts it.
	var want, got map[string]any
	require.NoError(t, json.Unmarshal(connectortest.Body(t, "suggestion_created_outbound.json"), &want))
	require.NoError(t, json.Unmarshal(bodies[0], &got))
	require.Equal(t, "agent_only", got["data"].(map[string]any)["suggestion"].(map[string]any)["visibility"])
	contains(t, want, got)
}

func contains(t *testing.T, want, got any) {
	t.Helper()
	switch want := want.(type) {
	case map[string]any:
		for k, v := range want {
			require.Contains(t, got, k)
			contains(t, v, got.(map[string]any)[k])
		}
	case []any:
		require.Len(t, got, len(want))
		for i, v := range want {
			contains(t, v, got.([]any)[i])
		}
	default:
		require.Equal(t, want, got)
	}
}

func TestRefusalsAreClassified(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name      string
		status    int
		permanent bool
		gone      bool
		after     time.Duration
	}{
		{"410 switches the callback off", 410, true, true, 0},
		{"429 is told how long to wait", 429, false, false, 7 * time.Second},
		{"503 is told how long to wait", 503, false, false, 7 * time.Second},
		{"504 passes", 504, false, false, 7 * time.Second},
		{"404 may be a deployment", 404, false, false, 0},
		{"a redirect counts as failure", 302, false, false, 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			r := &receiver{status: tt.status, header: http.Header{"Retry-After": {"7"}, "Location": {"https://127.0.0.1/elsewhere"}}}
			_, err := connectors.Deliver(t.Context(), listen(t, r, "127.0.0.0/8"), note())
			var e *connectors.CallError
			require.ErrorAs(t, err, &e)
			require.Equal(t, tt.permanent, connectors.IsPermanent(err))
			require.Equal(t, tt.after, e.After)
			reqs, _ := r.came()
			require.Len(t, reqs, 1, "no redirect is followed")
			if tt.gone {
				require.ErrorIs(t, err, connectors.ErrGone)
			} else {
				require.NotErrorIs(t, err, connectors.ErrGone)
			}
		})
	}
}

func TestCallbackIntoOurOwnNetworkIsRefused(t *testing.T) {
	t.Parallel()
	r := &receiver{status: 200}
	c := listen(t, r) // 127.0.0.1 is not allowed
	_, err := c.Note(t.Context(), note())
	var blocked *connectors.BlockedError
	require.ErrorAs(t, err, &blocked)
	require.True(t, connectors.IsPermanent(err))
	reqs, _ := r.came()
	require.Empty(t, reqs)
	require.ErrorAs(t, c.Check(t.Context()), &blocked)
}

// A receiver is told agent_only; no other visibility exists in this desk.
func TestAgentOnly(t *testing.T) {
	t.Parallel()
	connectortest.Never(t, `"visibility":"public"`, "send_message", "reply_to_customer")
}

func FuzzVerify(f *testing.F) {
	for _, v := range connectortest.Load(f) {
		h := v.Header()
		f.Add(h.Get("Webhook-Id"), h.Get("Webhook-Timestamp"), h.Get("Webhook-Signature"), v.Body)
	}
	c, err := standard.New(settings(), nil)
	require.NoError(f, err)
	key, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(inbound, "whsec_"))
	require.NoError(f, err)
	f.Fuzz(func(t *testing.T, id, stamp, sig string, body []byte) {
		h := http.Header{}
		h.Set("Webhook-Id", id)
		h.Set("Webhook-Timestamp", stamp)
		h.Set("Webhook-Signature", sig)
		mac := hmac.New(sha256.New, key)
		mac.Write([]byte(id + "." + stamp + "." + string(body)))
		same := strings.Contains(sig, "v1,"+base64.StdEncoding.EncodeToString(mac.Sum(nil)))
		if err := c.Verify(t.Context(), connectors.Delivery{Header: h, Body: body}, clock); err == nil && !same {
			t.Fatalf("accepted what was never signed: id=%q stamp=%q body=%q", id, stamp, body)
		}
	})
}

func FuzzRead(f *testing.F) {
	for _, v := range connectortest.Load(f) {
		f.Add(v.Header().Get("Webhook-Id"), v.Body)
	}
	c, err := standard.New(settings(), nil)
	require.NoError(f, err)
	f.Fuzz(func(t *testing.T, id string, body []byte) {
		connectortest.Sound(t, c, connectors.Delivery{Header: http.Header{"Webhook-Id": {id}}, Body: body})
	})
}
