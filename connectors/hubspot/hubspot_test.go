package hubspot_test

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"maps"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/sufflor/sufflor/config"
	"github.com/sufflor/sufflor/connectors"
	"github.com/sufflor/sufflor/connectors/connectortest"
	"github.com/sufflor/sufflor/connectors/hubspot"
)

const (
	portal = "48211307"
	app    = "3120457"
	thread = "9598272090"
	secret = "7f1d2b9e-4a63-4c0f-9e55-1b2c3d4e5f60"
	public = "https://copilot.example.net"
	hook   = "/hooks/hubspot"
)

var clock = time.Unix(1785000000, 0)

func settings() hubspot.Config {
	return hubspot.Config{
		PublicURL: public, PortalID: portal, AppID: app, ClientSecret: config.NewSecret(secret),
		Token: config.NewSecret("pat-token"), Language: "de",
	}
}

func connector(tb testing.TB) *hubspot.Connector {
	tb.Helper()
	c, err := hubspot.New(settings(), nil)
	require.NoError(tb, err)
	return c
}

func build(v connectortest.Vector) (connectors.Connector, error) {
	cfg := settings()
	cfg.ClientSecret = config.NewSecret(v.Secret)
	if v.Name == "v1_ok" || v.Name == "v2_ok" {
		cfg.Signatures = hubspot.Legacy
	}
	return hubspot.New(cfg, nil)
}

func TestVectors(t *testing.T) {
	t.Parallel()
	sent := connectortest.Vectors(t, build, func(t *testing.T, v connectortest.Vector, got connectortest.Result) {
		t.Helper()
		for _, e := range got.Events {
			require.Equal(t, portal, e.Tenant)
			require.Equal(t, thread, e.Conversation)
		}
		switch v.Name {
		case "v3_new_message_ok", "v1_ok", "v2_ok":
			require.Len(t, got.Events, 1)
			require.Equal(t, connectors.Fetch, got.Events[0].Kind)
			require.Equal(t, "2f1c9b1e6a2b4f7e9a", got.Events[0].Message)
			require.Equal(t, time.UnixMilli(1784999994118).UTC(), got.Events[0].At)
		case "v3_batch_ok":
			require.Len(t, got.Events, 2, "one of them came twice, a comment and a creation are none of our business")
			require.Equal(t, "2f1c9b1e6a2b4f7e9a", got.Events[0].Message)
			require.Equal(t, "2f1c9b1e6a2b4f7e9b", got.Events[1].Message)
		case "v3_own_comment_ok":
			require.Empty(t, got.Events)
		case "v3_card_feedback_ok", "v3_card_encoded_query_ok":
			agent := map[string]string{"v3_card_feedback_ok": "7700112", "v3_card_encoded_query_ok": "jonas@nordwind.example"}[v.Name]
			require.Len(t, got.Events, 1)
			require.Equal(t, &connectors.Rating{
				Suggestion: "s_7f3a", Verdict: "edited", Text: "Hallo Anna, das Paket wird morgen zugestellt.", Agent: agent,
			}, got.Events[0].Rating)
		}
	})
	require.Equal(t, 15, sent)
}

// Without a word about it in the settings nobody gets in with the old hashes.
func TestLegacyMustBeAllowed(t *testing.T) {
	t.Parallel()
	cfg := settings()
	cfg.Signatures = hubspot.Legacy
	legacy, err := hubspot.New(cfg, nil)
	require.NoError(t, err)
	for _, v := range connectortest.Load(t) {
		if v.Name != "v1_ok" && v.Name != "v2_ok" {
			continue
		}
		d := v.Delivery(t)
		require.ErrorIs(t, connector(t).Verify(t.Context(), d, clock), connectors.ErrUnverified, v.Name)
		require.NoError(t, legacy.Verify(t.Context(), d, clock.Add(time.Hour)), "they hold no time")
		d.Path = "/panel/feedback"
		require.ErrorIs(t, legacy.Verify(t.Context(), d, clock), connectors.ErrUnverified, "never for the card")
		d.Path = ""
		d.Header.Set("X-HubSpot-Signature-Version", "v4")
		require.ErrorIs(t, legacy.Verify(t.Context(), d, clock), connectors.ErrUnverified)
		d.Header.Set("X-HubSpot-Signature-Version", "v1")
		d.Body = append([]byte(nil), d.Body[1:]...)
		require.ErrorIs(t, legacy.Verify(t.Context(), d, clock), connectors.ErrUnverified)
	}
}

func signed(t *testing.T, body, path, target string, at time.Time, s config.Secret) connectors.Delivery {
	t.Helper()
	cfg := settings()
	cfg.ClientSecret = s
	c, err := hubspot.New(cfg, nil)
	require.NoError(t, err)
	d := connectors.Delivery{Method: http.MethodPost, Path: path, Target: target, Body: []byte(body)}
	d.Header, err = c.Resign(d, at)
	require.NoError(t, err)
	return d
}

func TestVerify(t *testing.T) {
	t.Parallel()
	cfg := settings()
	cfg.PreviousSecret = config.NewSecret("the one before")
	cfg.PublicURL += "/"
	c, err := hubspot.New(cfg, nil)
	require.NoError(t, err)
	set := func(name, value string) func(*connectors.Delivery) {
		return func(d *connectors.Delivery) { d.Header.Set(name, value) }
	}
	tests := []struct {
		name   string
		secret config.Secret
		age    time.Duration
		change func(*connectors.Delivery)
		ok     bool
	}{
		{name: "the present secret", secret: cfg.ClientSecret, ok: true},
		{name: "the one before", secret: cfg.PreviousSecret, ok: true},
		{name: "another app's", secret: config.NewSecret("other")},
		{name: "exactly as old as allowed", secret: cfg.ClientSecret, age: 300 * time.Second, ok: true},
		{name: "a millisecond older", secret: cfg.ClientSecret, age: 300*time.Second + time.Millisecond},
		{name: "exactly as early as allowed", secret: cfg.ClientSecret, age: -300 * time.Second, ok: true},
		{name: "a millisecond earlier", secret: cfg.ClientSecret, age: -300*time.Second - time.Millisecond},
		{name: "another method", secret: cfg.ClientSecret, change: func(d *connectors.Delivery) { d.Method = http.MethodPut }},
		{name: "another address", secret: cfg.ClientSecret, change: func(d *connectors.Delivery) { d.Target = "/hooks/other" }},
		{name: "a query nobody signed", secret: cfg.ClientSecret, change: func(d *connectors.Delivery) { d.Target += "?portalId=1" }},
		{name: "a time with a sign", secret: cfg.ClientSecret, change: set("X-HubSpot-Request-Timestamp", "+785000000000")},
		{name: "a longer time", secret: cfg.ClientSecret, change: set("X-HubSpot-Request-Timestamp", "01785000000000")},
		{name: "spaces for plus signs", secret: cfg.ClientSecret, ok: true, change: func(d *connectors.Delivery) {
			d.Header.Set("X-HubSpot-Signature-v3", strings.ReplaceAll(d.Header.Get("X-HubSpot-Signature-v3"), "+", " "))
		}},
		{name: "an empty signature", secret: cfg.ClientSecret, change: set("X-HubSpot-Signature-v3", "")},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			d := signed(t, "[]", "", hook, clock.Add(-tt.age), tt.secret)
			if tt.change != nil {
				tt.change(&d)
			}
			if err := c.Verify(t.Context(), d, clock); tt.ok {
				require.NoError(t, err)
			} else {
				require.ErrorIs(t, err, connectors.ErrUnverified)
			}
		})
	}
}

// Of the escapes in an address only the documented ones are resolved.
func TestEscapesInTheAddress(t *testing.T) {
	t.Parallel()
	c := connector(t)
	for target, asSigned := range map[string]string{
		"/x?u=a%40b%2Fc%3A%3F%21%24%27%28%29%2A%2C%3B": "/x?u=a@b/c:?!$'()*,;",
		"/x?u=a%20b%26c%3Dd%2B":                        "/x?u=a%20b%26c%3Dd%2B",
	} {
		d := signed(t, "{}", "", asSigned, clock, config.NewSecret(secret))
		d.Target = target
		require.NoError(t, c.Verify(t.Context(), d, clock), target)
	}
}

func event(t *testing.T, change map[string]any) string {
	t.Helper()
	var list []map[string]any
	require.NoError(t, json.Unmarshal(connectortest.Body(t, "webhook_new_message.json"), &list))
	maps.Copy(list[0], change)
	data, err := json.Marshal(list[0])
	require.NoError(t, err)
	return string(data)
}

func TestReadEvents(t *testing.T) {
	t.Parallel()
	status := map[string]any{"subscriptionType": "conversation.propertyChange", "propertyName": "status", "propertyValue": "CLOSED"}
	assigned := map[string]any{"subscriptionType": "conversation.propertyChange", "propertyName": "assignedTo", "propertyValue": "A-7700112"}
	with := func(base map[string]any, name string, value any) map[string]any {
		out := maps.Clone(base)
		out[name] = value
		return out
	}
	tests := []struct {
		name   string
		change map[string]any
		kinds  []connectors.Kind
		err    error
	}{
		{"a message is fetched", nil, []connectors.Kind{connectors.Fetch}, nil},
		{"ids may be texts", map[string]any{"objectId": thread, "portalId": portal, "appId": app, "eventId": "100"}, []connectors.Kind{connectors.Fetch}, nil},
		{"a comment is not ours to read", map[string]any{"messageType": "COMMENT"}, nil, nil},
		{"words of welcome are nobody's", map[string]any{"messageType": "WELCOME_MESSAGE"}, nil, nil},
		{"a creation says nothing", map[string]any{"subscriptionType": "conversation.creation"}, nil, nil},
		{"what we do not know is left alone", map[string]any{"subscriptionType": "contact.propertyChange"}, nil, nil},
		{"closed", status, []connectors.Kind{connectors.Closed}, nil},
		{"opened again", with(status, "propertyValue", "OPEN"), nil, nil},
		{"restored", with(with(status, "propertyName", "isArchived"), "propertyValue", false), nil, nil},
		{"assigned", assigned, []connectors.Kind{connectors.Assigned}, nil},
		{"assigned to nobody", with(assigned, "propertyValue", ""), []connectors.Kind{connectors.Assigned}, nil},
		{"assigned to nobody, null", with(assigned, "propertyValue", nil), []connectors.Kind{connectors.Assigned}, nil},
		{"assigned to a truth value", with(assigned, "propertyValue", true), nil, connectors.ErrMalformed},
		{"archived", map[string]any{"subscriptionType": "conversation.deletion"}, []connectors.Kind{connectors.Closed}, nil},
		{"deleted for privacy", map[string]any{"subscriptionType": "conversation.privacyDeletion"}, []connectors.Kind{connectors.Erased}, nil},
		{"another account", map[string]any{"portalId": 1}, nil, connectors.ErrForeign},
		{"no account", map[string]any{"portalId": nil}, nil, connectors.ErrForeign},
		{"another app", map[string]any{"appId": 1}, nil, connectors.ErrForeign},
		{"no thread", map[string]any{"objectId": nil}, nil, connectors.ErrMalformed},
		{"a path for a thread", map[string]any{"objectId": "1/../2"}, nil, connectors.ErrMalformed},
		{"a path for a message", map[string]any{"messageId": "../../1"}, nil, connectors.ErrMalformed},
		{"the folder above for a message", map[string]any{"messageId": ".."}, nil, connectors.ErrMalformed},
		{"an id of another form", map[string]any{"messageId": "AQ+x==|1.2"}, []connectors.Kind{connectors.Fetch}, nil},
		{"no message", map[string]any{"messageId": nil}, nil, connectors.ErrMalformed},
		{"no event id", map[string]any{"eventId": nil}, nil, connectors.ErrMalformed},
		{"no time", map[string]any{"occurredAt": 0}, nil, connectors.ErrMalformed},
		{"a time no date can be", map[string]any{"occurredAt": int64(1) << 60}, nil, connectors.ErrMalformed},
		{"a thread of the wrong shape", map[string]any{"objectId": []int{1}}, nil, connectors.ErrMalformed},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			one := event(t, tt.change)
			rec, err := connector(t).Read(connectors.Delivery{Body: []byte("[" + one + "]")})
			if tt.err != nil {
				require.ErrorIs(t, err, tt.err)
				require.Empty(t, rec.Events)
			} else {
				require.NoError(t, err)
				require.Equal(t, tt.kinds, kinds(rec.Events))
			}
			for _, e := range rec.Events {
				require.Equal(t, thread, e.Conversation)
				if e.Kind == connectors.Assigned && e.Assignee != "" {
					require.Equal(t, "7700112", e.Assignee, "as the card names its user")
				}
			}
			again := strings.Replace(one, `"attemptNumber":0`, `"attemptNumber":3`, 1)
			rec2, _ := connector(t).Read(connectors.Delivery{Body: []byte("[" + again + "," + one + "]")})
			require.Equal(t, rec.Events, rec2.Events, "a redelivery has the same keys")
		})
	}
}

func kinds(events []connectors.Event) []connectors.Kind {
	var out []connectors.Kind
	for _, e := range events {
		out = append(out, e.Kind)
	}
	return out
}

// HubSpot does not repeat what we refuse, so a bad event costs no good one;
// and it is not left out in silence.
func TestOneBadEventDoesNotCostTheOthers(t *testing.T) {
	t.Parallel()
	good := event(t, nil)
	for name, bad := range map[string]string{
		"another account": event(t, map[string]any{"portalId": 1}), "no thread": event(t, map[string]any{"objectId": nil}), "no event": "17",
	} {
		rec, err := connector(t).Read(connectors.Delivery{Body: []byte("[" + bad + "," + good + "]")})
		require.NoError(t, err, name)
		require.ElementsMatch(t, []connectors.Kind{connectors.Ops, connectors.Fetch}, kinds(rec.Events), name)
		for _, e := range rec.Events {
			if e.Kind == connectors.Ops {
				require.Contains(t, e.Detail, "1 of 2 events", name)
			}
		}
	}
	_, err := connector(t).Read(connectors.Delivery{Body: []byte("[" + strings.Repeat("1,", 1000) + "1]")})
	require.ErrorIs(t, err, connectors.ErrMalformed, "a delivery has an end")
	_, err = connector(t).Read(connectors.Delivery{Body: []byte("null")})
	require.ErrorIs(t, err, connectors.ErrMalformed)
	rec, err := connector(t).Read(connectors.Delivery{Body: []byte("[]")})
	require.NoError(t, err)
	require.Empty(t, rec)
}

func TestCard(t *testing.T) {
	t.Parallel()
	const user = "?userId=7700112&portalId=" + portal + "&appId=" + app
	feedback := string(connectortest.Body(t, "card_feedback.json"))
	tests := []struct {
		name, path, query, body string
		err                     error
	}{
		{"feedback", "/panel/feedback", user, feedback, nil},
		{"the suggestion", "/panel/suggestion", user, `{"threadId":"9598272090"}`, nil},
		{"a thread as a number", "/panel/suggestion", user, `{"threadId":9598272090}`, nil},
		{"another account, validly signed", "/panel/feedback", "?userId=1&portalId=1&appId=" + app, feedback, connectors.ErrForeign},
		{"another account asks for ours", "/panel/suggestion", "?portalId=" + portal + "&userId=1&portalId=666", `{"threadId":"9598272090"}`, connectors.ErrMalformed},
		{"an agent says to be another", "/panel/feedback", "?userId=1&" + user[1:], feedback, connectors.ErrMalformed},
		{"another app", "/panel/feedback", "?userId=1&portalId=" + portal + "&appId=1", feedback, connectors.ErrForeign},
		{"no account", "/panel/suggestion", "", `{"threadId":"1"}`, connectors.ErrForeign},
		{"nobody", "/panel/feedback", "?portalId=" + portal, feedback, connectors.ErrMalformed},
		{"no verdict", "/panel/feedback", user, strings.Replace(feedback, "edited", "sent", 1), connectors.ErrMalformed},
		{"no suggestion", "/panel/feedback", user, strings.Replace(feedback, "s_7f3a", "", 1), connectors.ErrMalformed},
		{"no thread", "/panel/suggestion", user, `{}`, connectors.ErrMalformed},
		{"a thread that is a path", "/panel/suggestion", user, `{"threadId":"../1"}`, connectors.ErrMalformed},
		{"no JSON", "/panel/suggestion", user, `threadId`, connectors.ErrMalformed},
		{"no JSON of feedback", "/panel/feedback", user, `[`, connectors.ErrMalformed},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			c := connector(t)
			d := signed(t, tt.body, tt.path, hook+tt.path+tt.query, clock, config.NewSecret(secret))
			require.NoError(t, c.Verify(t.Context(), d, clock))
			rec, err := c.Read(d)
			if tt.err != nil {
				require.ErrorIs(t, err, tt.err)
				require.Empty(t, rec)
				return
			}
			require.NoError(t, err)
			if tt.path == "/panel/suggestion" {
				require.Equal(t, &connectors.Show{Conversation: thread, Agent: "7700112"}, rec.Show)
				return
			}
			require.Equal(t, connectors.Feedback, rec.Events[0].Kind)
			again, err := c.Read(signed(t, tt.body, tt.path, d.Target, clock.Add(time.Second), config.NewSecret(secret)))
			require.NoError(t, err)
			require.Equal(t, rec.Events[0].Key, again.Events[0].Key, "HubSpot repeats once")
			other, err := c.Read(signed(t, strings.Replace(tt.body, "{", `{"press":"2",`, 1), tt.path, d.Target, clock, config.NewSecret(secret)))
			require.NoError(t, err)
			require.NotEqual(t, rec.Events[0].Key, other.Events[0].Key, "an agent may come back to a verdict")
		})
	}
}

func TestView(t *testing.T) {
	t.Parallel()
	c := connector(t)
	empty, err := c.View(connectors.Show{}, nil)
	require.NoError(t, err)
	require.JSONEq(t, `{}`, string(empty.Body))
	n := note()
	rep, err := c.View(connectors.Show{}, &n)
	require.NoError(t, err)
	require.Equal(t, "application/json", rep.Type)
	connectortest.Golden(t, "view.golden", []byte(string(rep.Body)+"\n"))
	for range 99 {
		n.Citations = append(n.Citations, connectors.Citation{Quote: strings.Repeat("x", 1<<16)})
	}
	n.Text = strings.Repeat("ä", 1<<20)
	rep, err = c.View(connectors.Show{}, &n)
	require.NoError(t, err)
	require.Less(t, len(rep.Body), 100_000, "HubSpot hands on 1 MB at most")
}

// The card's question goes all the way through an intake.
func TestCardIsAnswered(t *testing.T) {
	t.Parallel()
	c := connector(t)
	n := note()
	in := &connectors.Intake{
		Desks: map[string]connectors.Desk{"hubspot": {Name: "hubspot", Connector: c}}, Now: func() time.Time { return clock },
		Latest: func(_ context.Context, _ connectors.Desk, s connectors.Show) (*connectors.Note, error) {
			if s.Conversation != thread {
				return nil, nil
			}
			return &n, nil
		},
	}
	for asked, want := range map[string]string{thread: `"suggestion":"sg_01K0NEW"`, "1": "{}"} {
		target := hook + "/panel/suggestion?userId=7700112&portalId=" + portal + "&appId=" + app
		d := signed(t, `{"threadId":"`+asked+`"}`, "/panel/suggestion", target, clock, config.NewSecret(secret))
		r := httptest.NewRequestWithContext(t.Context(), d.Method, target, bytes.NewReader(d.Body))
		r.Header = d.Header
		w := httptest.NewRecorder()
		in.ServeHTTP(w, r)
		require.Equal(t, http.StatusOK, w.Code)
		require.Equal(t, "application/json", w.Header().Get("Content-Type"))
		require.Contains(t, w.Body.String(), want)
	}
}

func TestTakes(t *testing.T) {
	t.Parallel()
	for path, ok := range map[string]bool{"": true, "/panel/feedback": true, "/panel/suggestion": true, "/panel": false, "/x": false} {
		require.Equal(t, ok, len(connector(t).Takes(path)) == 1, path)
	}
}

func TestValidate(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name   string
		change func(*hubspot.Config)
		want   string
	}{
		{"nothing is wrong", func(*hubspot.Config) {}, ""},
		{"OAuth instead of a token", func(c *hubspot.Config) {
			c.Token, c.ClientID, c.RefreshToken = config.Secret{}, "id", config.NewSecret("r")
		}, ""},
		{"without our address no signature can be checked", func(c *hubspot.Config) { c.PublicURL = "" }, "public_url: required"},
		{"HubSpot calls https only", func(c *hubspot.Config) { c.PublicURL = "http://copilot.example.net" }, "public_url: required"},
		{"an address has no query", func(c *hubspot.Config) { c.PublicURL += "/?a=b" }, "public_url: required"},
		{"the account is a number", func(c *hubspot.Config) { c.PortalID = "nordwind" }, "portal_id: required"},
		{"the app is a number", func(c *hubspot.Config) { c.AppID = "" }, "app_id: required"},
		{"a secret is needed", func(c *hubspot.Config) { c.ClientSecret = config.Secret{} }, "client_secret: required"},
		{"signatures is an enum", func(c *hubspot.Config) { c.Signatures = "v2" }, "signatures: must be"},
		{"notes is an enum", func(c *hubspot.Config) { c.Notes = "public" }, "notes: must be"},
		{"one way to a token", func(c *hubspot.Config) { c.ClientID = "id" }, "token: either"},
		{"half of OAuth", func(c *hubspot.Config) { c.Token, c.ClientID = config.Secret{}, "id" }, "refresh_token: required"},
		{"the other half", func(c *hubspot.Config) { c.Token, c.RefreshToken = config.Secret{}, config.NewSecret("r") }, "client_id: required"},
		{"properties are names", func(c *hubspot.Config) { c.ContactProperties = []string{"a", "b,c"} }, "contact_properties[1]: must be"},
		{"properties have an end", func(c *hubspot.Config) { c.ContactProperties = make([]string, 21) }, "contact_properties: at most 20"},
		{"a base address is one", func(c *hubspot.Config) { c.BaseURL = "hubspot" }, "base_url: must be"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			cfg := settings()
			tt.change(&cfg)
			_, err := hubspot.New(cfg, nil)
			if tt.want == "" {
				require.NoError(t, err)
				return
			}
			require.ErrorContains(t, err, tt.want)
		})
	}
	err := hubspot.Config{}.Validate()
	for _, field := range []string{"public_url", "portal_id", "app_id", "client_secret"} {
		require.ErrorContains(t, err, field, "everything, not only the first")
	}
}

// A message reaches a customer by its sender, channel and recipients, or by
// its type. This desk knows none of them where it writes, and changes nothing.
func TestAgentOnly(t *testing.T) {
	t.Parallel()
	connectortest.Never(t, "senderActorId", "channelAccountId", "deliveryIdentifier", "recipientField", "http.MethodPut", "http.MethodPatch", "http.MethodDelete",
		"=PUT", "=PATCH", "=DELETE", "custom-channels", "transactional", "single-send", "single_send", `"type":"MESSAGE"`)
}

func FuzzVerify(f *testing.F) {
	for _, v := range connectortest.Load(f) {
		h := v.Header()
		f.Add(v.Method, v.Delivery(f).Target, h.Get("X-HubSpot-Request-Timestamp"), h.Get("X-HubSpot-Signature-v3"), h.Get("X-HubSpot-Signature"), h.Get("X-HubSpot-Signature-Version"), v.Body)
	}
	c := connector(f)
	f.Fuzz(func(t *testing.T, method, target, stamp, sig, old, version string, body []byte) {
		h := http.Header{}
		h.Set("X-HubSpot-Request-Timestamp", stamp)
		h.Set("X-HubSpot-Signature-v3", sig)
		h.Set("X-HubSpot-Signature", old)
		h.Set("X-HubSpot-Signature-Version", version)
		uri := public + target
		for _, r := range []string{"%3A:", "%2F/", "%3F?", "%40@", "%21!", "%24$", "%27'", "%28(", "%29)", "%2A*", "%2C,", "%3B;"} {
			uri = strings.ReplaceAll(uri, r[:3], r[3:])
		}
		mac := hmac.New(sha256.New, []byte(secret))
		mac.Write([]byte(method + uri + string(body) + stamp))
		same := strings.ReplaceAll(sig, " ", "+") == base64.StdEncoding.EncodeToString(mac.Sum(nil))
		err := c.Verify(t.Context(), connectors.Delivery{Method: method, Target: target, Header: h, Body: body}, clock)
		if err == nil && !same {
			t.Fatalf("accepted what was never signed: %s %q stamp=%q body=%q", method, target, stamp, body)
		}
		if ms, bad := strconv.ParseInt(stamp, 10, 64); err == nil && (bad != nil || clock.UnixMilli()-ms > 300_000) {
			t.Fatalf("accepted an old time %q", stamp)
		}
	})
}

func FuzzRead(f *testing.F) {
	for _, v := range connectortest.Load(f) {
		f.Add(v.Path(f), v.Delivery(f).Target, v.Body)
	}
	f.Add("/panel/suggestion", "/x?userId=1&portalId="+portal, []byte(`{"threadId":1}`))
	f.Add("", "", []byte(`[{"eventId":1,"portalId":48211307,"appId":3120457,"occurredAt":1,"subscriptionType":"conversation.propertyChange","objectId":1,"propertyName":"assignedTo","propertyValue":"A-1"}]`))
	c := connector(f)
	f.Fuzz(func(t *testing.T, path, target string, body []byte) {
		connectortest.Sound(t, c, connectors.Delivery{Path: path, Target: target, Header: http.Header{}, Body: body})
	})
}
