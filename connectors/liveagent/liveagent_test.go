package liveagent_test

import (
	"context"
	"encoding/json"
	"net/http"
	"os"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v3"

	"github.com/sufflor/sufflor/config"
	"github.com/sufflor/sufflor/connectors"
	"github.com/sufflor/sufflor/connectors/connectortest"
	"github.com/sufflor/sufflor/connectors/liveagent"
)

const (
	pathToken   = "5b1c0f7a9e"
	headerToken = "la_hdr_7tQ2"
	copilot     = "1pkaew79"
	ticketID    = "r5v4x6q1"
)

var clock = time.Unix(1785000000, 0)

func settings() liveagent.Config {
	return liveagent.Config{
		Account: "nordwind", PathToken: config.NewSecret(pathToken), HeaderToken: config.NewSecret(headerToken),
		APIKey: config.NewSecret("v3-key"), Agent: copilot, TimeZone: "UTC", CallsPerMinute: 600_000,
	}
}

func start(tb testing.TB, cfg liveagent.Config, url string) *liveagent.Connector {
	tb.Helper()
	cfg.BaseURL = url
	c, err := liveagent.New(cfg, connectors.NewClient(0, nil, func() time.Time { return clock }))
	require.NoError(tb, err)
	return c
}

func TestVectors(t *testing.T) {
	t.Parallel()
	build := func(v connectortest.Vector) (connectors.Connector, error) {
		cfg := settings()
		cfg.HeaderToken = config.NewSecret(v.Secret)
		return liveagent.New(cfg, connectors.NewClient(0, nil, func() time.Time { return clock }))
	}
	sent := connectortest.Vectors(t, build, func(t *testing.T, v connectortest.Vector, got connectortest.Result) {
		t.Helper()
		for _, e := range got.Events {
			require.Equal(t, "nordwind", e.Tenant)
			require.Equal(t, connectors.Fetch, e.Kind, "unsigned: only a hint")
			require.Equal(t, ticketID, e.Conversation)
			require.Empty(t, e.Text)
			require.Empty(t, e.Subject)
		}
		if v.Name == "own_note_ok" {
			require.Empty(t, got.Events)
		} else if v.Valid {
			require.Len(t, got.Events, 1)
		}
	})
	require.Equal(t, 7, sent)
}

func TestHints(t *testing.T) {
	t.Parallel()
	file := func(name string, pairs ...string) string {
		body := string(connectortest.Body(t, name))
		for i := 0; i < len(pairs); i += 2 {
			require.Contains(t, body, pairs[i])
			body = strings.ReplaceAll(body, pairs[i], pairs[i+1])
		}
		return body
	}
	tests := []struct {
		name, body string
		want       string // the ticket; empty: nothing
		err        error
	}{
		{"a customer's message", file("rule_customer_message.json"), ticketID, nil},
		{"an agent's reply", file("rule_agent_reply.json"), ticketID, nil},
		{"the minimal template", `{"schema":"la1","event":"customer_message","conversation_id":"abc"}`, "abc", nil},
		{"an id that is a number", `{"schema":"la1","conversation_id":12345678901234567890}`, "12345678901234567890", nil},
		{"variables that were not filled in", file("rule_unresolved_variables.json"), ticketID, nil},
		{"quotes in a message", file("rule_malformed.json"), ticketID, nil},
		{"another id in a message with quotes", file("rule_malformed.json", `"now"`, `","conversation_id":"other"`), ticketID, nil},
		{"a note of ours", file("rule_note_own.json"), "", nil},
		{"a note of another agent", file("rule_note_own.json", copilot, "k6citev3"), "", nil},
		{"a mail that we wrote", file("rule_note_own.json", `"message_type": "N"`, `"message_type": "M"`), "", nil},
		{"our account by name", `{"schema":"la1","account":"nordwind","conversation_id":"abc"}`, "abc", nil},
		{"another account", `{"schema":"la1","account":"suedwind","conversation_id":"abc"}`, "", connectors.ErrForeign},
		{"no ticket", `{"schema":"la1","conversation_id":""}`, "", connectors.ErrMalformed},
		{"a ticket that was not filled in", `{"schema":"la1","conversation_id":"{$conversation_id}"}`, "", connectors.ErrMalformed},
		{"a ticket that is a path", `{"schema":"la1","conversation_id":"../agents"}`, "", connectors.ErrMalformed},
		{"another template", `{"conversation_id":"abc"}`, "", connectors.ErrMalformed},
		{"no JSON and no ticket", `hello`, "", connectors.ErrMalformed},
		{"nothing", ``, "", connectors.ErrMalformed},
	}
	c := start(t, settings(), "http://localhost:1")
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			rec, err := c.Read(connectors.Delivery{Body: []byte(tt.body)})
			require.ErrorIs(t, err, tt.err)
			if tt.want == "" {
				require.Empty(t, rec.Events)
				return
			}
			require.Len(t, rec.Events, 1)
			require.Equal(t, tt.want, rec.Events[0].Conversation)
			require.Equal(t, tt.want, rec.Events[0].Route["ticket"])
		})
	}
}

// Two rules that match one message call twice at once; the next message, with
// the same few words, is another hint.
func TestHintsAreToldApartByTime(t *testing.T) {
	t.Parallel()
	now := clock
	c, err := liveagent.New(settings(), connectors.NewClient(0, nil, func() time.Time { return now }))
	require.NoError(t, err)
	key := func() string {
		rec, err := c.Read(connectors.Delivery{Body: []byte(`{"schema":"la1","conversation_id":"abc"}`)})
		require.NoError(t, err)
		return rec.Events[0].Key
	}
	first := key()
	require.Equal(t, first, key())
	now = now.Add(2 * time.Second)
	require.NotEqual(t, first, key())
}

func TestTokens(t *testing.T) {
	t.Parallel()
	rotating := settings()
	rotating.PreviousPathToken, rotating.PreviousHeaderToken = config.NewSecret("0123456789"), config.NewSecret("old")
	plain := settings()
	plain.HeaderToken = config.Secret{}
	tests := []struct {
		name         string
		cfg          liveagent.Config
		path, header string
		ok           bool
	}{
		{"both", settings(), "/" + pathToken, headerToken, true},
		{"those before", rotating, "/0123456789", "old", true},
		{"the old header alone", rotating, "/x", "old", false},
		{"no header where none is configured", plain, "/" + pathToken, "", true},
		{"any header where none is configured", plain, "/" + pathToken, "x", true},
		{"an empty path", plain, "/", "", false},
		{"no path", plain, "", "", false},
		{"a longer path", plain, "/" + pathToken + "/x", "", false},
		{"a token in other case", settings(), "/" + strings.ToUpper(pathToken), headerToken, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			d := connectors.Delivery{Path: tt.path, Header: http.Header{"X-Copilot-Token": {tt.header}}}
			err := start(t, tt.cfg, "http://localhost:1").Verify(t.Context(), d, clock)
			if tt.ok {
				require.NoError(t, err)
			} else {
				require.ErrorIs(t, err, connectors.ErrUnverified)
			}
		})
	}
	c := start(t, settings(), "http://localhost:1")
	require.Empty(t, c.Takes(""))
	require.Contains(t, c.Takes("/x"), "application/json", "which path is right only Verify tells")
}

func TestValidate(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name   string
		change func(*liveagent.Config)
		want   string
	}{
		{"nothing is wrong", func(*liveagent.Config) {}, ""},
		{"notes have all they need", func(c *liveagent.Config) {
			c.Notes, c.NotesKey, c.TestTicket = liveagent.AsNotes, config.NewSecret("v1"), "t1"
		}, ""},
		{"an account is a name", func(c *liveagent.Config) { c.Account = "nordwind.ladesk.com" }, "account: required"},
		{"a path needs its token", func(c *liveagent.Config) { c.PathToken = config.Secret{} }, "path_token: required"},
		{"a token is long", func(c *liveagent.Config) { c.PathToken = config.NewSecret("short") }, "path_token: required"},
		{"a token is a part of an address", func(c *liveagent.Config) { c.PathToken = config.NewSecret("0123456789/x") }, "path_token: required"},
		{"an old token is long too", func(c *liveagent.Config) { c.PreviousPathToken = config.NewSecret("x") }, "previous_path_token: at least"},
		{"an old header alone is a mistake", func(c *liveagent.Config) {
			c.HeaderToken, c.PreviousHeaderToken = config.Secret{}, config.NewSecret("x")
		}, "previous_header_token: only"},
		{"nothing works without a key", func(c *liveagent.Config) { c.APIKey = config.Secret{} }, "api_key: required"},
		{"who is ours is known", func(c *liveagent.Config) { c.Agent = "" }, "agent: required"},
		{"notes need a key", func(c *liveagent.Config) { c.Notes, c.TestTicket = liveagent.AsNotes, "t1" }, "notes_key: required"},
		{"notes are tried first", func(c *liveagent.Config) { c.Notes, c.NotesKey = liveagent.AsNotes, config.NewSecret("v1") }, "test_ticket: required"},
		{"notes is an enum", func(c *liveagent.Config) { c.Notes = "mail" }, "notes: must be"},
		{"a zone is known", func(c *liveagent.Config) { c.TimeZone = "Berlin" }, "time_zone: required"},
		{"this server's zone is not the account's", func(c *liveagent.Config) { c.TimeZone = "Local" }, "time_zone: required"},
		{"calls are counted", func(c *liveagent.Config) { c.CallsPerMinute = -1 }, "calls_per_minute: must"},
		{"a base address is one", func(c *liveagent.Config) { c.BaseURL = "desk" }, "base_url: must be"},
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
			_, err = liveagent.New(cfg, nil)
			require.ErrorContains(t, err, tt.want)
		})
	}
	err := liveagent.Config{}.Validate()
	for _, field := range []string{"account", "path_token", "api_key", "agent", "time_zone"} {
		require.ErrorContains(t, err, field, "everything, not only the first")
	}
}

func TestPackage(t *testing.T) {
	t.Parallel()
	c := start(t, settings(), "")
	o := connectors.PackageOptions{Public: "https://copilot.nordwind.example", Desk: "la", Name: "Copilot"}
	p, err := c.Package(o)
	require.NoError(t, err)
	again, err := c.Package(o)
	require.NoError(t, err)
	require.Equal(t, p, again)
	all := strings.Join(p.Steps, "\n")
	for name, data := range p.Files {
		require.True(t, json.Valid(data), name)
		all += string(data)
	}
	for _, secret := range []string{pathToken, headerToken, "v3-key"} {
		require.NotContains(t, all, secret)
	}
	// What an admin pastes is what we read, once LiveAgent has filled it in.
	body := strings.ReplaceAll(string(p.Files["rule-customer_message.json"]), "{$conversation_id}", ticketID)
	rec, err := c.Read(connectors.Delivery{Body: []byte(body)})
	require.NoError(t, err)
	require.Equal(t, ticketID, rec.Events[0].Conversation)
	o.Public = "copilot"
	_, err = c.Package(o)
	require.Error(t, err)
}

// The example of README.md is one that starts.
func TestReadmeExample(t *testing.T) {
	t.Parallel()
	readme, err := os.ReadFile("README.md")
	require.NoError(t, err)
	_, rest, ok := strings.Cut(string(readme), "```yaml\nkind: liveagent\n")
	require.True(t, ok)
	example, _, _ := strings.Cut(rest, "```")
	example = strings.ReplaceAll(strings.ReplaceAll(example, "\n# ", "\n"), "…", "0123456789abcdef")
	var n yaml.Node
	require.NoError(t, yaml.Unmarshal([]byte(example), &n))
	var cfg liveagent.Config
	require.NoError(t, config.DecodeSettings(*n.Content[0], "settings", &cfg))
	require.NoError(t, cfg.Validate())
	require.Equal(t, 150, cfg.CallsPerMinute, "the lines in comments count as well")
}

// Calls are spread, whoever makes them.
func TestCallsAreSpread(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		cfg := settings()
		cfg.CallsPerMinute = 60
		c, err := liveagent.New(cfg, connectors.NewClient(0, canned(`[]`), nil))
		require.NoError(t, err)
		began := time.Now()
		for range 45 {
			_, err := c.Poll(t.Context(), "", began)
			require.NoError(t, err)
		}
		require.Equal(t, 30*time.Second, time.Since(began), "15 at once, then one a second")
		ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
		defer cancel()
		_, err = c.Poll(ctx, "", began)
		require.ErrorIs(t, err, context.DeadlineExceeded)
	})
}

// M is a mail to the customer, and PUT with a status could send one.
func TestAgentOnly(t *testing.T) {
	t.Parallel()
	connectortest.Never(t, "http.MethodPut", "http.MethodPatch", "http.MethodDelete", "PUT", "/chats", "/reply", "/forward", "sendmail", `"type":"M"`, "type=M", "do_not_send_mail")
}

func FuzzVerify(f *testing.F) {
	for _, v := range connectortest.Load(f) {
		f.Add(v.Path(f), v.Header().Get("X-Copilot-Token"), v.Body)
	}
	c := start(f, settings(), "http://localhost:1")
	f.Fuzz(func(t *testing.T, path, token string, body []byte) {
		err := c.Verify(t.Context(), connectors.Delivery{Path: path, Header: http.Header{"X-Copilot-Token": {token}}, Body: body}, clock)
		require.Equal(t, strings.TrimPrefix(path, "/") == pathToken && token == headerToken, err == nil)
	})
}

func FuzzRead(f *testing.F) {
	for _, v := range connectortest.Load(f) {
		f.Add(v.Body)
	}
	f.Add(connectortest.Body(f, "rule_unresolved_variables.json"))
	c := start(f, settings(), "http://localhost:1")
	f.Fuzz(func(t *testing.T, body []byte) {
		connectortest.Sound(t, c, connectors.Delivery{Header: http.Header{}, Body: body})
	})
}

func TestPathIsNotShown(t *testing.T) {
	t.Parallel()
	c := start(t, settings(), "http://localhost:1")
	require.Equal(t, "/…", c.Shown("/"+pathToken))
	require.Equal(t, "/…", c.Shown("/"+pathToken[1:]), "nor one that is almost right")
	require.Empty(t, c.Shown(""))
}
