package zendesk_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/sufflor/sufflor/config"
	"github.com/sufflor/sufflor/connectors"
	"github.com/sufflor/sufflor/connectors/connectortest"
	"github.com/sufflor/sufflor/connectors/zendesk"
)

const (
	account = "22557799"
	secret  = "dGVzdC1vbmx5LXplbmRlc2stc2lnbmluZy1zZWNyZXQ="
	appID   = "5df38c8ba23a0b3cbf2b0001"
)

var clock = time.Unix(1785000000, 0)

func settings() zendesk.Config {
	return zendesk.Config{
		Subdomain: "d3v-nordwind-example", AccountID: account, SigningSecret: config.NewSecret(secret),
		Token: config.NewSecret("oauth-token"), APIUser: "9007199254740993",
		Messaging: zendesk.Messaging{
			AppID: appID, WebhookKey: config.NewSecret("sunco_test_webhook_key_0001"),
			KeyID: "app_1", KeySecret: config.NewSecret("key-secret"),
		},
	}
}

func build(v connectortest.Vector) (connectors.Connector, error) {
	cfg := settings()
	switch v.Scheme {
	case "zendesk_webhook":
		cfg.SigningSecret, cfg.Messaging = config.NewSecret(v.Secret), zendesk.Messaging{}
	case "sunco_api_key":
		cfg.Messaging.WebhookKey = config.NewSecret(v.Secret)
	default:
		return nil, connectortest.ErrNotMine
	}
	return zendesk.New(cfg, nil)
}

func TestVectors(t *testing.T) {
	t.Parallel()
	sent := connectortest.Vectors(t, build, func(t *testing.T, v connectortest.Vector, got connectortest.Result) {
		t.Helper()
		for _, e := range got.Events {
			require.Equal(t, account, e.Tenant)
			if v.Scheme == "sunco_api_key" {
				require.Equal(t, connectors.Fetch, e.Kind, "unsigned: only a hint")
				require.Empty(t, e.Text)
			}
		}
		switch v.Name {
		case "customer_comment_ok":
			e := got.Events[0]
			require.Equal(t, "55871", e.Conversation)
			require.Equal(t, "8658716406687", e.Message)
			require.Equal(t, "8658726154110", e.Customer)
			require.Equal(t, "mail", e.Channel)
			require.Equal(t, "Bestellung #55871", e.Subject)
			require.Equal(t, 672717030, e.At.Nanosecond(), "nine digits")
		case "escapes_bigids_ok":
			require.Equal(t, "9007199254740995", got.Events[0].Message)
			require.Equal(t, "Grüße & danke!\r\n\"Auftrag 55871\" / ご注文はまだですか？", got.Events[0].Text)
		case "numeric_ids_ok":
			require.Equal(t, "9007199254740997", got.Events[0].Message, "no float on the way")
		case "messaging_customer_ok":
			require.Equal(t, "55871", got.Events[0].Conversation)
			require.Equal(t, "67ab5f53a96f98663935c3f2", got.Events[0].Route["conversation"])
		case "attachment_linked_ok":
			require.Equal(t, "8658716406687", got.Events[0].Message, "joined on the comment")
		case "attachment_redacted_ok", "comment_redacted_ok":
			require.Len(t, got.Events, 2)
			require.Equal(t, connectors.Deleted, got.Events[0].Kind)
			require.Equal(t, connectors.Fetch, got.Events[1].Kind, "what is left is read again")
		case "sunco_batch_duplicate_ok":
			require.Len(t, got.Events, 1)
		}
	})
	require.Equal(t, 48, sent, "57 vectors, 9 of them in TestSidebarVectors")
}

func TestSidebarVectors(t *testing.T) {
	t.Parallel()
	checked := 0
	for _, v := range connectortest.Load(t) {
		if v.Scheme != "zaf_jwt" {
			continue
		}
		checked++
		t.Run(v.Name, func(t *testing.T) {
			t.Parallel()
			cfg := settings()
			cfg.Sidebar = zendesk.Sidebar{Installation: "8446483", PublicKey: string(connectortest.Body(t, v.PublicKeyFile))}
			require.NoError(t, cfg.Validate())
			app, err := zendesk.NewApp(cfg)
			require.NoError(t, err)
			token := strings.TrimPrefix(string(v.Body), "token=")
			claims, err := app.Verify(token, time.Unix(v.Now, 0))
			if !v.Valid {
				require.ErrorIs(t, err, connectors.ErrUnverified, v.Why)
				require.Zero(t, claims)
				return
			}
			require.NoError(t, err, v.Why)
			require.Equal(t, zendesk.Claims{
				User: "8447388090494", Product: "support", Location: "ticket_sidebar", Expires: time.Unix(1785000300, 0).UTC(),
			}, claims)
		})
	}
	require.Equal(t, 9, checked)
}

// Each of the three guards against answering our own note holds alone.
func TestOwnNotesAreIgnored(t *testing.T) {
	t.Parallel()
	own := string(connectortest.Body(t, "comment_added_own_note.json"))
	public := strings.Replace(own, `"id":"8658716406702","is_public":false`, `"id":"8658716406702","is_public":true`, 1)
	require.NotEqual(t, own, public)
	unmarked := strings.ReplaceAll(public, "[Copilot sg_01K0EXAMPLE] ", "")
	stranger := strings.ReplaceAll(public, "9007199254740993", "8447388090494")
	private := strings.ReplaceAll(strings.ReplaceAll(own, "[Copilot sg_01K0EXAMPLE] ", ""), "9007199254740993", "8447388090494")
	c, err := zendesk.New(settings(), nil)
	require.NoError(t, err)
	for name, body := range map[string]string{
		"by our user although public and unmarked": unmarked,
		"by the marker although by another user":   stranger,
		"by privacy although neither":              private,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			rec, err := c.Read(connectors.Delivery{Body: []byte(body)})
			require.NoError(t, err)
			require.Empty(t, rec.Events)
		})
	}
	neither := strings.ReplaceAll(unmarked, "9007199254740993", "8447388090494")
	rec, err := c.Read(connectors.Delivery{Body: []byte(neither)})
	require.NoError(t, err)
	require.Len(t, rec.Events, 1, "without any of the three it is an agent's reply")
}

func TestValidate(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name   string
		change func(*zendesk.Config)
		want   string
	}{
		{"nothing is wrong", func(*zendesk.Config) {}, ""},
		{"a host is no subdomain", func(c *zendesk.Config) { c.Subdomain = "x.zendesk.com" }, "subdomain: required"},
		{"the account is a number", func(c *zendesk.Config) { c.AccountID = "nordwind" }, "account_id: required"},
		{"some secret is needed", func(c *zendesk.Config) { c.SigningSecret, c.Messaging = config.Secret{}, zendesk.Messaging{} }, "signing_secret: required"},
		{"the published secret is refused", func(c *zendesk.Config) {
			c.SigningSecret = config.NewSecret("dGhpc19zZWNyZXRfaXNfZm9yX3Rlc3Rpbmdfb25seQ==")
		}, "signing_secret: is Zendesk's published test secret"},
		{"the published secret is refused decoded", func(c *zendesk.Config) {
			c.PreviousSecret = config.NewSecret("this_secret_is_for_testing_only")
		}, "previous_signing_secret: is Zendesk's published test secret"},
		{"an old secret alone is a mistake", func(c *zendesk.Config) {
			c.SigningSecret, c.PreviousSecret = config.Secret{}, config.NewSecret("old")
		}, "previous_signing_secret: only together"},
		{"who writes must be known", func(c *zendesk.Config) { c.APIUser = "" }, "api_user: required with token"},
		{"notes is an enum", func(c *zendesk.Config) { c.Notes = "public" }, "notes: must be"},
		{"messaging is whole", func(c *zendesk.Config) { c.Messaging.KeySecret = config.Secret{} }, "messaging.key_secret: required"},
		{"a sidebar needs its key", func(c *zendesk.Config) { c.Sidebar.Installation = "1" }, "sidebar.public_key: must be one PEM block"},
		{"a base address is one", func(c *zendesk.Config) { c.BaseURL = "nordwind" }, "base_url: must be"},
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
			_, err = zendesk.New(cfg, nil)
			require.ErrorContains(t, err, tt.want)
		})
	}
	err := zendesk.Config{}.Validate()
	require.ErrorContains(t, err, "subdomain")
	require.ErrorContains(t, err, "account_id", "everything, not only the first")
	require.ErrorContains(t, err, "signing_secret")
}

func TestSignedBySignIsVerified(t *testing.T) {
	t.Parallel()
	cfg := settings()
	cfg.PreviousSecret = config.NewSecret("the one before")
	c, err := zendesk.New(cfg, nil)
	require.NoError(t, err)
	body := connectortest.Body(t, "comment_added_customer.json")
	for _, s := range []config.Secret{cfg.SigningSecret, cfg.PreviousSecret} {
		d := connectors.Delivery{Method: http.MethodPost, Header: zendesk.Sign(s, account, body, clock), Body: body}
		require.NoError(t, c.Verify(t.Context(), d, clock))
		require.NoError(t, c.Verify(t.Context(), d, clock.Add(15*time.Minute)), "exactly the window")
		require.ErrorIs(t, c.Verify(t.Context(), d, clock.Add(15*time.Minute+time.Second)), connectors.ErrUnverified)
	}
}

// Zendesk gives up on a 500, so it never gets one.
func TestAnswer(t *testing.T) {
	t.Parallel()
	c, err := zendesk.New(settings(), nil)
	require.NoError(t, err)
	require.Equal(t, http.StatusConflict, c.Answer(http.ErrHandlerTimeout))
	require.Zero(t, c.Answer(connectors.ErrMalformed))
	require.Zero(t, c.Answer(connectors.ErrUnverified))
	require.Zero(t, c.Answer(connectors.ErrForeign))
}

func TestPathsWithoutSecretDoNotExist(t *testing.T) {
	t.Parallel()
	cfg := settings()
	cfg.Messaging = zendesk.Messaging{}
	c, err := zendesk.New(cfg, nil)
	require.NoError(t, err)
	require.NotEmpty(t, c.Takes(""))
	require.NotEmpty(t, c.Takes("/trigger"))
	require.Empty(t, c.Takes("/messaging"))
	require.Empty(t, c.Takes("/other"))
	err = c.Verify(t.Context(), connectors.Delivery{Path: "/messaging", Header: http.Header{"X-Api-Key": {""}}}, clock)
	require.ErrorIs(t, err, connectors.ErrUnverified, "an empty key never matches an empty secret")
}

// What a customer can see has its own calls; this desk knows none of them. It
// sends nothing by POST at all, and public comments need "true" somewhere.
func TestAgentOnly(t *testing.T) {
	t.Parallel()
	connectortest.Never(t, "ticket.sendMessage", "http.MethodPost", "http.MethodPatch", "POST", `"public":true`, "api.smooch.io")
}

func FuzzVerify(f *testing.F) {
	for _, v := range connectortest.Load(f) {
		h := v.Header()
		f.Add(h.Get("X-Zendesk-Webhook-Signature-Timestamp"), h.Get("X-Zendesk-Webhook-Signature"), h.Get("X-Api-Key"), v.Body)
	}
	c, err := zendesk.New(settings(), nil)
	require.NoError(f, err)
	f.Fuzz(func(t *testing.T, stamp, sig, key string, body []byte) {
		h := http.Header{}
		h.Set("X-Zendesk-Webhook-Signature-Timestamp", stamp)
		h.Set("X-Zendesk-Webhook-Signature", sig)
		h.Set("X-Api-Key", key)
		mac := hmac.New(sha256.New, []byte(secret))
		mac.Write([]byte(stamp + string(body)))
		same := sig == base64.StdEncoding.EncodeToString(mac.Sum(nil))
		if err := c.Verify(t.Context(), connectors.Delivery{Header: h, Body: body}, clock); err == nil && !same {
			t.Fatalf("accepted what was never signed: stamp=%q body=%q", stamp, body)
		}
		err := c.Verify(t.Context(), connectors.Delivery{Path: "/messaging", Header: h, Body: body}, clock)
		require.Equal(t, key == "sunco_test_webhook_key_0001", err == nil)
	})
}

func FuzzRead(f *testing.F) {
	for _, v := range connectortest.Load(f) {
		if v.Scheme != "zaf_jwt" {
			f.Add(v.Path(f), v.Body)
		}
	}
	c, err := zendesk.New(settings(), nil)
	require.NoError(f, err)
	f.Fuzz(func(t *testing.T, path string, body []byte) {
		connectortest.Sound(t, c, connectors.Delivery{Path: path, Header: http.Header{}, Body: body})
	})
}

func FuzzSidebar(f *testing.F) {
	cfg := settings()
	cfg.Sidebar = zendesk.Sidebar{Installation: "8446483", PublicKey: string(connectortest.Body(f, "zaf_app_public_key.pem"))}
	app, err := zendesk.NewApp(cfg)
	require.NoError(f, err)
	good := strings.TrimPrefix(string(connectortest.Body(f, "zaf_ok.form")), "token=")
	for _, v := range connectortest.Load(f) {
		if v.Scheme == "zaf_jwt" {
			f.Add(strings.TrimPrefix(string(v.Body), "token="))
		}
	}
	f.Fuzz(func(t *testing.T, token string) {
		if _, err := app.Verify(token, clock); err == nil && token != good {
			t.Fatalf("accepted what was never signed: %q", token)
		}
	})
}

func BenchmarkVerify(b *testing.B) {
	c, err := zendesk.New(settings(), nil)
	require.NoError(b, err)
	body := connectortest.Body(b, "comment_added_customer.json")
	d := connectors.Delivery{Header: zendesk.Sign(config.NewSecret(secret), account, body, clock), Body: body}
	for b.Loop() {
		if err := c.Verify(b.Context(), d, clock); err != nil {
			b.Fatal(err)
		}
	}
}
