package slack_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/sufflor/sufflor/config"
	"github.com/sufflor/sufflor/connectors"
	"github.com/sufflor/sufflor/connectors/connectortest"
	"github.com/sufflor/sufflor/connectors/slack"
)

const secret = "00112233445566778899aabbccddeeff"

var clock = time.Unix(1785000000, 0)

func settings() slack.Config {
	return slack.Config{
		SigningSecret: config.NewSecret(secret), Token: config.NewSecret("xoxb-test"),
		Team: "T01NORDWIND", App: "A01COPILOT1", BotUser: "U01COPILOTB", Bot: "B01COPILOTB",
		Agents: []string{"U01AGENTJON"},
	}
}

func build(v connectortest.Vector) (connectors.Connector, error) {
	cfg := settings()
	cfg.SigningSecret = config.NewSecret(v.Secret)
	if v.Name == "official_published_vector" {
		cfg.Team, cfg.Agents = "T1DC2JH3J", []string{"U2CERLKJA"}
		return slack.WithPublicSecret(cfg), nil
	}
	return slack.New(cfg, nil)
}

func TestVectors(t *testing.T) {
	t.Parallel()
	sent := connectortest.Vectors(t, build, func(t *testing.T, v connectortest.Vector, got connectortest.Result) {
		t.Helper()
		switch v.Name {
		case "url_verification_ok":
			require.JSONEq(t, `{"challenge":"3eZbrw1aBm2rZgRNFdxV2595E9CY3gmdALWMmHkvFXO7tYXAYM8P"}`, got.Body)
			require.Equal(t, "application/json", got.Type)
		case "ssl_check_unsigned", "view_submission_ok", "customer_message_ok":
			require.Empty(t, got.Body)
		case "slash_command_ok":
			require.JSONEq(t, `{"response_type":"ephemeral","text":"Looking for a suggestion …"}`, got.Body)
			require.Equal(t, "vorschlag für #55871 & kürzer", got.Events[0].Text)
			require.Equal(t, "https://hooks.slack.com/commands/T01NORDWIND/1234567890123/EXAMPLEonly", got.Events[0].Route["response_url"])
		}
		if len(got.Events) == 0 {
			return
		}
		e := got.Events[0]
		switch v.Name {
		case "customer_message_ok":
			require.Equal(t, connectors.Message, e.Kind)
			require.Equal(t, "C01SUPPORT1:1784999993.412339", e.Conversation)
			require.Equal(t, "C01SUPPORT1:1784999993.412339", e.Message)
			require.Equal(t, "T09CUSTOMER:U09CUSTANNA", e.Customer)
			require.Equal(t, time.Unix(1784999993, 412339000).UTC(), e.At)
			require.NotContains(t, e.Route, "thread_ts", "no thread yet: an ephemeral answer in it would not show")
		case "customer_message_escapes_ok":
			require.Equal(t, "Grüße & danke! Siehe Auftrag 55871 (https://shop.example/o/55871) <dringend> ご注文はまだですか？", e.Text)
		case "agent_reply_ok", "thread_broadcast_ok":
			require.Equal(t, "C01SUPPORT1:1784999993.412339", e.Conversation)
		case "attachment_ok":
			require.Equal(t, connectors.Attachment{
				ID: "F09PHOTO001", Name: "paket.jpg", Type: "image/jpeg", Size: 184221,
				URL: "https://files.slack.com/files-pri/T09CUSTOMER-F09PHOTO001/download/paket.jpg",
			}, e.Attachments[0])
		case "message_changed_edit_ok":
			require.Equal(t, "C01SUPPORT1:1784999993.412339", e.Message)
			require.Contains(t, e.Text, "#55872")
			require.Equal(t, time.Unix(1784999998, 500000).UTC(), e.At)
		case "message_deleted_ok":
			require.Equal(t, connectors.Deleted, e.Kind)
			require.Equal(t, "C01SUPPORT1:1784999993.412339", e.Message)
			require.Empty(t, e.Text)
		case "block_actions_use_ok", "block_actions_feedback_ok":
			require.Equal(t, "C01SUPPORT1:1784999993.412339", e.Conversation)
			require.Equal(t, "sg_01K0EXAMPLE", e.Rating.Suggestion)
			require.Equal(t, "U01AGENTJON", e.Rating.Agent)
		case "view_submission_ok":
			require.Equal(t, "Guten Tag Anna,\n\nIhre Bestellung #55871 geht heute raus.", e.Rating.Text)
		}
	})
	require.Equal(t, 41, sent)
}

func payload(body string) connectors.Delivery { return payloadAt(body, clock) }

// payloadAt is an interaction that Slack signed at that time.
func payloadAt(body string, at time.Time) connectors.Delivery {
	form := []byte("payload=" + url.QueryEscape(body))
	return connectors.Delivery{Path: "/interactive", Header: slack.Sign(config.NewSecret(secret), form, at), Body: form}
}

// A click counts only from somebody on the list of agents, of our workspace.
func TestClicksOfOthersAreIgnored(t *testing.T) {
	t.Parallel()
	c, err := slack.New(settings(), nil)
	require.NoError(t, err)
	click := string(connectortest.Body(t, "block_actions_use.payload.json"))
	tests := []struct {
		name, old, with string
		want            error
		events          int
	}{
		{"the agent counts", "U01AGENTJON", "U01AGENTJON", nil, 1},
		{"a customer does not", "U01AGENTJON", "U09CUSTANNA", nil, 0},
		{"another workspace's user of that id does not", `"team_id": "T01NORDWIND"`, `"team_id": "T09CUSTOMER"`, nil, 0},
		{"another workspace is foreign", `"id": "T01NORDWIND"`, `"id": "T09CUSTOMER"`, connectors.ErrForeign, 0},
		{"another app is foreign", "A01COPILOT1", "A09OTHER", connectors.ErrForeign, 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			rec, err := c.Read(payload(strings.ReplaceAll(click, tt.old, tt.with)))
			require.ErrorIs(t, err, tt.want)
			require.Len(t, rec.Events, tt.events)
		})
	}
}

func TestCommandOfOthers(t *testing.T) {
	t.Parallel()
	c, err := slack.New(settings(), nil)
	require.NoError(t, err)
	form := string(connectortest.Body(t, "slash_command.form"))
	rec, err := c.Read(connectors.Delivery{Path: "/commands", Body: []byte(strings.Replace(form, "U01AGENTJON", "U09CUSTANNA", 1))})
	require.NoError(t, err)
	require.Empty(t, rec.Events)
	require.Contains(t, string(rec.Reply.Body), `"response_type":"ephemeral"`)

	elsewhere := strings.Replace(form, "hooks.slack.com", "hooks.slack.com.evil.example", 1)
	rec, err = c.Read(connectors.Delivery{Path: "/commands", Body: []byte(elsewhere)})
	require.NoError(t, err)
	require.NotContains(t, rec.Events[0].Route, "response_url", "a draft goes to Slack only")

	_, err = c.Read(connectors.Delivery{Path: "/commands", Body: []byte(strings.Replace(form, "T01NORDWIND", "T09CUSTOMER", 1))})
	require.ErrorIs(t, err, connectors.ErrForeign)
}

func TestEventsOfOtherInstallationsAreForeign(t *testing.T) {
	t.Parallel()
	c, err := slack.New(settings(), nil)
	require.NoError(t, err)
	body := string(connectortest.Body(t, "customer_message.json"))
	shared := strings.Replace(body, `"team_id":"T01NORDWIND"`, `"team_id":"T09CUSTOMER"`, 1)
	rec, err := c.Read(connectors.Delivery{Path: "/events", Body: []byte(shared)})
	require.NoError(t, err, "in a shared channel the authorizations tell")
	require.Equal(t, "T01NORDWIND", rec.Events[0].Tenant)

	_, err = c.Read(connectors.Delivery{Path: "/events", Body: []byte(strings.ReplaceAll(body, "T01NORDWIND", "T77OTHER"))})
	require.ErrorIs(t, err, connectors.ErrForeign)
}

func TestOwnMessagesAreKnownByAnyOfTheirIDs(t *testing.T) {
	t.Parallel()
	c, err := slack.New(settings(), nil)
	require.NoError(t, err)
	own := string(connectortest.Body(t, "own_bot_message.json"))
	for name, hide := range map[string][]string{
		"by its user": {`"bot_id":"B01COPILOTB","app_id":"A01COPILOT1",`, ``},
		"by its app":  {`"bot_id":"B01COPILOTB",`, ``, `"user":"U01COPILOTB","type"`, `"user":"U01X","type"`},
		"by its bot":  {`"app_id":"A01COPILOT1","text"`, `"text"`, `"user":"U01COPILOTB","type"`, `"user":"U01X","type"`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			body := strings.NewReplacer(hide...).Replace(own)
			require.NotEqual(t, own, body)
			rec, err := c.Read(connectors.Delivery{Path: "/events", Body: []byte(body)})
			require.NoError(t, err)
			require.Empty(t, rec.Events)
		})
	}
}

func TestPlain(t *testing.T) {
	t.Parallel()
	tests := []struct{ name, in, want string }{
		{"entities are decoded once", "&amp;lt; &lt;b&gt;", "&lt; <b>"},
		{"a link keeps label and address", "<https://a.example/x|Auftrag>", "Auftrag (https://a.example/x)"},
		{"a label that is the address says enough", "<https://a.example/x|a.example/x>", "a.example/x"},
		{"a bare link is itself", "<https://a.example/x?a=1&amp;b=2>", "https://a.example/x?a=1&b=2"},
		{"mail is its address", "<mailto:a@b.example|a@b.example>", "a@b.example"},
		{"people, channels and calls", "<@U1> <@U1|anna> <#C1|help> <!here> <!subteam^S1|@team>", "@U1 @anna #help @here @team"},
		{"a date is its text", "<!date^1392734382^{date}|Feb 18>", "Feb 18"},
		{"what never closes stays", "1 < 2", "1 < 2"},
		{"an empty tag vanishes", "a<>b", "ab"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			require.Equal(t, tt.want, slack.Plain(tt.in))
		})
	}
}

func TestStampTime(t *testing.T) {
	t.Parallel()
	at, ok := slack.StampTime("1784999993.412339")
	require.True(t, ok)
	require.Equal(t, int64(1784999993412339), at.UnixMicro())
	for _, bad := range []string{"", "x", "1.x", "-1", "1.1234567", "99999999999999999999"} {
		_, ok := slack.StampTime(bad)
		require.False(t, ok, bad)
	}
}

func TestValidate(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name   string
		change func(*slack.Config)
		want   string
	}{
		{"nothing is wrong", func(*slack.Config) {}, ""},
		{"a secret is needed", func(c *slack.Config) { c.SigningSecret = config.Secret{} }, "signing_secret: required"},
		{"the published secret is refused", func(c *slack.Config) { c.SigningSecret = config.NewSecret("8f742231b10e8888abcd99yyyzzz85a5") }, "signing_secret: is the example"},
		{"a user's token is refused", func(c *slack.Config) { c.Token = config.NewSecret("xoxp-1") }, "token: must be a bot token"},
		{"a workspace is needed", func(c *slack.Config) { c.Team = "nordwind" }, "team: required"},
		{"an app is needed", func(c *slack.Config) { c.App = "" }, "app: required"},
		{"somebody must be allowed to see", func(c *slack.Config) { c.Agents = nil }, "agents: required"},
		{"an agent is an id", func(c *slack.Config) { c.Agents = []string{"jonas"} }, "agents[0]: is no user id"},
		{"a channel is an id", func(c *slack.Config) { c.Channels = []string{"support"} }, "channels[0]: is no channel id"},
		{"a channel is listed once", func(c *slack.Config) { c.Channels = []string{"C1", "C1"} }, "channels[1]: is listed twice"},
		{"an agent is listed once", func(c *slack.Config) { c.Agents = []string{"U1", "U1"} }, "agents[1]: is listed twice"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			cfg := settings()
			tt.change(&cfg)
			_, err := slack.New(cfg, nil)
			if tt.want == "" {
				require.NoError(t, err)
				return
			}
			require.ErrorContains(t, err, tt.want)
		})
	}
}

func TestSignedBySignIsVerified(t *testing.T) {
	t.Parallel()
	cfg := settings()
	cfg.PreviousSecret = config.NewSecret("the one before")
	c, err := slack.New(cfg, nil)
	require.NoError(t, err)
	body := connectortest.Body(t, "customer_message.json")
	for _, s := range []config.Secret{cfg.SigningSecret, cfg.PreviousSecret} {
		require.NoError(t, c.Verify(t.Context(), connectors.Delivery{Header: slack.Sign(s, body, clock), Body: body}, clock))
	}
}

// A probe is let off only without any signature, and never stored.
func TestProbeIsNoWayAroundTheSignature(t *testing.T) {
	t.Parallel()
	c, err := slack.New(settings(), nil)
	require.NoError(t, err)
	form := "ssl_check=1&" + string(connectortest.Body(t, "slash_command.form"))
	v := connectortest.Vector{Method: http.MethodPost, URL: "https://x.example/hooks/slack/commands", Now: clock.Unix(), Body: []byte(form)}
	v.Headers = map[string]string{"Content-Type": "application/x-www-form-urlencoded"}
	require.Empty(t, connectortest.Send(t, c, v).Events)
	v.Headers["X-Slack-Signature"] = "v0=00"
	require.Equal(t, http.StatusUnauthorized, connectortest.Send(t, c, v).Status)
}

// The API has methods that post what customers can see. This desk knows none.
func TestAgentOnly(t *testing.T) {
	t.Parallel()
	connectortest.Never(t, "chat.postMessage", "chat.update", "chat.meMessage", "chat.scheduleMessage", "chat.delete", "conversations.join", "files.upload", "=in_channel", `"in_channel"`, "conversations.open")
}

func FuzzVerify(f *testing.F) {
	for _, v := range connectortest.Load(f) {
		h := v.Header()
		f.Add(h.Get("X-Slack-Request-Timestamp"), h.Get("X-Slack-Signature"), v.Body)
	}
	c, err := slack.New(settings(), nil)
	require.NoError(f, err)
	f.Fuzz(func(t *testing.T, stamp, sig string, body []byte) {
		h := http.Header{}
		h.Set("X-Slack-Request-Timestamp", stamp)
		h.Set("X-Slack-Signature", sig)
		mac := hmac.New(sha256.New, []byte(secret))
		mac.Write([]byte("v0:" + stamp + ":" + string(body)))
		same := sig == "v0="+hex.EncodeToString(mac.Sum(nil))
		if err := c.Verify(t.Context(), connectors.Delivery{Header: h, Body: body}, clock); err == nil && !same {
			t.Fatalf("accepted what was never signed: stamp=%q body=%q", stamp, body)
		}
	})
}

func FuzzRead(f *testing.F) {
	for _, v := range connectortest.Load(f) {
		f.Add(v.Path(f), v.Body)
	}
	c, err := slack.New(settings(), nil)
	require.NoError(f, err)
	f.Fuzz(func(t *testing.T, path string, body []byte) {
		connectortest.Sound(t, c, connectors.Delivery{Path: path, Header: http.Header{}, Body: body})
		connectortest.Sound(t, c, connectors.Delivery{Path: path, Header: http.Header{"X-Slack-Request-Timestamp": {"1785000000"}}, Body: body})
	})
}

func FuzzPieces(f *testing.F) {
	f.Add("Guten Tag & <b>", 10)
	f.Add(strings.Repeat("&", 50), 10)
	f.Add(strings.Repeat("ü \n", 50), 12)
	f.Fuzz(func(t *testing.T, s string, n int) {
		if n < 10 || n > 5000 {
			return
		}
		text := slack.Escape(strings.ToValidUTF8(s, ""))
		joined := ""
		for _, p := range slack.Pieces(text, n) {
			require.LessOrEqual(t, len([]rune(p)), n)
			joined += p
			// Cut inside an entity, its rest would show.
			require.Equal(t, p, slack.Escape(slack.Plain(p)), "an entity was cut")
		}
		require.Equal(t, strings.Join(strings.Fields(text), ""), strings.Join(strings.Fields(joined), ""), "no text is lost")
	})
}

func BenchmarkRead(b *testing.B) {
	c, err := slack.New(settings(), nil)
	require.NoError(b, err)
	d := connectors.Delivery{Path: "/events", Body: connectortest.Body(b, "customer_message.json")}
	for b.Loop() {
		if _, err := c.Read(d); err != nil {
			b.Fatal(err)
		}
	}
}
