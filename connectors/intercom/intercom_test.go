package intercom_test

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha1"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v3"

	"github.com/sufflor/sufflor/config"
	"github.com/sufflor/sufflor/connectors"
	"github.com/sufflor/sufflor/connectors/connectortest"
	"github.com/sufflor/sufflor/connectors/intercom"
)

const (
	workspace  = "nw1nord0"
	secret     = "0f0f0f0f-test-only-client-secret-0001"
	copilot    = "814999"
	agent      = "814860"
	ticket     = "215468900000001"
	initialize = "/canvas/initialize"
	submit     = "/canvas/submit"
)

var clock = time.Unix(1785000000, 0)

func settings() intercom.Config {
	return intercom.Config{
		Workspace: workspace, ClientSecret: config.NewSecret(secret), Token: config.NewSecret("access-token"), Admin: copilot,
		App: "nordwind-copilot-example", Language: "de", Region: intercom.EU,
	}
}

func client() *connectors.Client {
	return connectors.NewClient(0, nil, func() time.Time { return clock })
}

func connector(tb testing.TB) *intercom.Connector {
	tb.Helper()
	c, err := intercom.New(settings(), client())
	require.NoError(tb, err)
	return c
}

// note is a suggestion with something in each field.
func note() connectors.Note {
	return connectors.Note{
		Suggestion: "sg_01K0EXAMPLE", Conversation: ticket, Message: "34120001", Language: "de", Flag: "high", Confidence: 0.82,
		Reasons: []string{"alle Sätze sind belegt", "eine [Quelle](https://boese.example) ist *alt*"},
		Text:    "Guten Tag Anna,\n\nIhre Bestellung #55871 wurde heute versendet und trifft voraussichtlich am 28.07. ein.",
		Citations: []connectors.Citation{
			{Number: 1, Title: "Versandzeiten > Inland", Where: "S. 3", Quote: "In der Regel 3 Tage.", URL: "https://kb.example/a/12_(neu)"},
			{Number: 2, Title: "Rückgabe [alt](https://boese.example)", Where: "Abs. 2"},
			{Number: 3, Title: "Skript", URL: "javascript:alert(1)"},
		},
		PanelURL: "https://copilot.example/s/1",
	}
}

// drawn answers presses as if the panel had been drawn by us: the vendor's
// samples hold a bare suggestion id where we keep a sealed one.
type drawn struct {
	*intercom.Connector
	t *testing.T
}

func (d drawn) Read(in connectors.Delivery) (connectors.Receipt, error) {
	bare := []byte(`"stored_data":{"v":1,"s":"sg_01K0EXAMPLE","c":"` + ticket + `","m":"34120001"}`)
	in.Body = bytes.ReplaceAll(in.Body, bare, []byte(`"stored_data":`+storedOf(d.t, d.Connector, agent, note())))
	return d.Connector.Read(in)
}

// storedOf is what travels with the panel that shows n to an agent.
func storedOf(t *testing.T, c *intercom.Connector, who string, n connectors.Note) string {
	t.Helper()
	reply, err := c.View(connectors.Show{Conversation: n.Conversation, Agent: who}, &n)
	require.NoError(t, err)
	var out struct {
		Canvas struct {
			Stored json.RawMessage `json:"stored_data"`
		} `json:"canvas"`
	}
	require.NoError(t, json.Unmarshal(reply.Body, &out))
	return string(out.Canvas.Stored)
}

func TestVectors(t *testing.T) {
	t.Parallel()
	build := func(v connectortest.Vector) (connectors.Connector, error) {
		cfg := settings()
		cfg.ClientSecret = config.NewSecret(v.Secret)
		c, err := intercom.New(cfg, client())
		return drawn{c, t}, err
	}
	sent := connectortest.Vectors(t, build, func(t *testing.T, v connectortest.Vector, got connectortest.Result) {
		t.Helper()
		for _, e := range got.Events {
			require.Equal(t, workspace, e.Tenant)
			require.Equal(t, ticket, e.Conversation)
		}
		switch v.Name {
		case "user_created_ok":
			require.Equal(t, "src:2471500001", got.Events[0].Message)
		case "user_replied_ok":
			e := got.Events[0]
			require.Equal(t, connectors.Message, e.Kind)
			require.Equal(t, "34120001", e.Message)
			require.Equal(t, "kd-4711", e.Customer, "by the company's own id")
			require.Equal(t, "Anna Berg", e.AuthorName)
			require.Equal(t, agent, e.Assignee)
			require.Equal(t, "conversation", e.Channel)
		case "user_replied_html_escapes_ok":
			require.Equal(t, "Grüße & danke!\nSiehe Auftrag ご注文は？", got.Events[0].Text)
		case "user_replied_attachment_ok":
			require.Equal(t, []connectors.Attachment{{
				Name: "paket.jpg", Type: "image/jpeg", Size: 184221,
				URL: "https://downloads.intercomcdn.example/i/o/1/paket.jpg?expires=1785003600&signature=EXAMPLE",
			}}, got.Events[0].Attachments)
		case "user_replied_two_parts_ok":
			require.Len(t, got.Events, 2)
			require.Equal(t, "34120004", got.Events[1].Message)
		case "lead_created_ok":
			require.Equal(t, "Retoure", got.Events[0].Subject)
			require.Equal(t, "email", got.Events[0].Channel)
		case "part_redacted_ok":
			require.Equal(t, connectors.Deleted, got.Events[0].Kind)
			require.Equal(t, "34120001", got.Events[0].Message)
			require.Empty(t, got.Events[0].Text)
		case "conversation_deleted_ok":
			require.Equal(t, []connectors.Event{{
				Kind: connectors.Erased, Key: "gone:215468900000001", Tenant: got.Events[0].Tenant, Conversation: "215468900000001", At: time.Unix(1784999999, 0).UTC(),
			}}, got.Events)
		case "assignment_ok":
			require.Equal(t, connectors.Assigned, got.Events[0].Kind)
			require.Equal(t, agent, got.Events[0].Assignee)
		case "canvas_initialize_ok":
			require.Contains(t, got.Body, `"canvas":{"content":{"components":[`)
		case "canvas_submit_edited_ok":
			require.Contains(t, got.Events[0].Rating.Text, "gestern")
			require.Equal(t, agent, got.Events[0].Rating.Agent)
		}
	})
	require.Equal(t, 38, sent)
}

// Each guard against answering our own words holds alone.
func TestOwnAndForeignWordsAreIgnored(t *testing.T) {
	t.Parallel()
	reply := string(connectortest.Body(t, "admin_replied.json"))
	change := func(old, with string) string {
		t.Helper()
		require.Contains(t, reply, old)
		return strings.Replace(reply, old, with, 1)
	}
	const by = `"author":{"type":"admin","id":"814860","name":"Jonas Weber","email":"jonas@nordwind.example"}`
	for name, body := range map[string]string{
		"by our teammate":                 change(by, `"author":{"type":"admin","id":814999}`),
		"by our app":                      change(`"external_id":null,"redacted":false}]`, `"external_id":null,"redacted":false,"app_package_code":"nordwind-copilot-example"}]`),
		"by the marker":                   change("Guten Tag Anna,", "[Copilot sg_01K0EXAMPLE] Guten Tag Anna,"),
		"because it is a note":            change(`"part_type":"comment"`, `"part_type":"note"`),
		"because a bot wrote it":          change(by, `"author":{"type":"bot","id":"1"}`),
		"because Fin wrote it as a team":  change(by, `"author":{"type":"team","id":"1"}`),
		"because Fin wrote it as admin":   change(by, `"author":{"type":"admin","id":"1","from_ai_agent":true}`),
		"because it is an answer of Fin":  change(by, `"author":{"type":"admin","id":"1","is_ai_answer":true}`),
		"because the operator wrote it":   change(by, `"author":{"type":"user","id":"1","email":"operator+nw1nord0@intercom.example"}`),
		"because its kind is unknown":     change(`"part_type":"comment"`, `"part_type":"language_detection_details"`),
		"because it has no kind":          change(`"part_type":"comment",`, ``),
		"because it is empty":             change(`"body":"Guten Tag Anna, Ihre Bestellung #55871 wurde heute versendet."`, `"body":"<p> </p>"`),
		"because the topic is of no talk": change(`conversation.admin.replied`, `ticket.admin.replied`),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			rec, err := connector(t).Read(connectors.Delivery{Body: []byte(body)})
			require.NoError(t, err)
			require.Empty(t, rec.Events)
		})
	}
	rec, err := connector(t).Read(connectors.Delivery{Body: []byte(reply)})
	require.NoError(t, err)
	require.Len(t, rec.Events, 1, "without any of them it is an agent's reply")
}

func notification(topic, item string) []byte {
	return []byte(`{"type":"notification_event","app_id":"nw1nord0","id":"notif_1","topic":"` + topic + `","created_at":1785000000,"data":{"item":` + item + `}}`)
}

func TestReadOddShapes(t *testing.T) {
	t.Parallel()
	const by = `"author":{"type":"user","id":"u1"}`
	tests := []struct {
		name, topic, item string
		want              func(t *testing.T, events []connectors.Event)
	}{
		{
			"ids may be numbers and lists may be missing", "conversation.user.replied",
			`{"id":7,"conversation_parts":{"conversation_parts":[{"id":9,"part_type":"comment","body":"Hallo","created_at":"1784999999",` + by + `}]}}`,
			func(t *testing.T, events []connectors.Event) {
				t.Helper()
				require.Equal(t, "message:7:9", events[0].Key)
				require.Equal(t, "u1", events[0].Customer)
				require.Equal(t, int64(1784999999), events[0].At.Unix())
			},
		},
		{
			"what has another shape is as good as missing", "conversation.user.replied",
			`{"id":"7","tags":["x"],"contacts":[],"custom_attributes":"none","conversation_rating":5,"created_at":{},"conversation_parts":{"conversation_parts":[` +
				`{"id":"9","part_type":"comment","body":"Hallo","attachments":"none","assigned_to":814860,` + by + `}]}}`,
			func(t *testing.T, events []connectors.Event) {
				t.Helper()
				require.Len(t, events, 1)
				require.Equal(t, "Hallo", events[0].Text)
			},
		},
		{
			"tags, teams and attributes are kept", "conversation.user.replied",
			`{"id":"7","tags":{"tags":[{"name":"vip"},{"name":"bahn"}]},"team_assignee_id":991,"custom_attributes":{"Maschine":"RX-3","Baujahr":2019,"Wartung":true,"x":null,"y":{}},` +
				`"conversation_parts":{"conversation_parts":[{"id":"9","part_type":"comment","body":"Hallo",` + by + `}]}}`,
			func(t *testing.T, events []connectors.Event) {
				t.Helper()
				require.Equal(t, []string{"vip", "bahn"}, events[0].Tags)
				require.Equal(t, "991", events[0].Group)
				require.Equal(t, map[string]string{"Maschine": "RX-3", "Baujahr": "2019", "Wartung": "true"}, events[0].Facts)
			},
		},
		{
			"a part that comes twice is one event, and the oldest is first", "conversation.user.replied",
			`{"id":"7","conversation_parts":{"conversation_parts":[{"id":"10","part_type":"comment","body":"b","created_at":2,` + by + `},` +
				`{"id":"9","part_type":"comment","body":"a","created_at":2,` + by + `},{"id":"10","part_type":"comment","body":"b","created_at":2,` + by + `}]}}`,
			func(t *testing.T, events []connectors.Event) {
				t.Helper()
				require.Len(t, events, 2)
				require.Equal(t, "9", events[0].Message)
			},
		},
		{
			"a pasted picture is an attachment", "conversation.user.replied",
			`{"id":"7","conversation_parts":{"conversation_parts":[{"id":"9","part_type":"comment","body":"<div class=\"intercom-container\"><img src=\"https://downloads.intercomcdn.com/i/o/2/bild.png?x=1\"></div>",` + by + `}]}}`,
			func(t *testing.T, events []connectors.Event) {
				t.Helper()
				require.Equal(t, "bild.png", events[0].Attachments[0].Name)
				require.Empty(t, events[0].Text)
			},
		},
		{
			"tags that a customer typed stay", "conversation.user.replied",
			`{"id":"7","conversation_parts":{"conversation_parts":[{"id":"9","part_type":"comment","body":"Wo setze ich <b>?\r\nIn 1 < 2 & 3?",` + by + `}]}}`,
			func(t *testing.T, events []connectors.Event) {
				t.Helper()
				require.Equal(t, "Wo setze ich <b>?\nIn 1 < 2 & 3?", events[0].Text)
			},
		},
		{
			"who writes in a group is the customer", "conversation.user.replied",
			`{"id":"7","contacts":{"contacts":[{"id":"u0","external_id":"kd-0"},{"id":"u1","external_id":"kd-1"}]},` +
				`"conversation_parts":{"conversation_parts":[{"id":"9","part_type":"comment","body":"Hallo",` + by + `}]}}`,
			func(t *testing.T, events []connectors.Event) {
				t.Helper()
				require.Equal(t, "kd-1", events[0].Customer)
			},
		},
		{
			"closing with words is a reply and a close", "conversation.admin.closed",
			`{"id":"7","conversation_parts":{"conversation_parts":[{"id":"9","part_type":"close","body":"<p>Gern geschehen!</p>","created_at":3,"author":{"type":"admin","id":"814860"}}]}}`,
			func(t *testing.T, events []connectors.Event) {
				t.Helper()
				require.Len(t, events, 2)
				require.Equal(t, connectors.Closed, events[0].Kind)
				require.Equal(t, connectors.Agent, events[1].Role)
				require.Equal(t, "Gern geschehen!", events[1].Text)
			},
		},
		{
			"closing by a bot is a close", "conversation.admin.closed",
			`{"id":"7","conversation_parts":{"conversation_parts":[{"id":"9","part_type":"close","body":"Automatisch geschlossen","created_at":3,"author":{"type":"bot","id":"1"}}]}}`,
			func(t *testing.T, events []connectors.Event) {
				t.Helper()
				require.Len(t, events, 1)
				require.Equal(t, connectors.Closed, events[0].Kind)
			},
		},
		{
			"closing without a part is a close", "conversation.admin.closed", `{"id":"7"}`,
			func(t *testing.T, events []connectors.Event) {
				t.Helper()
				require.Equal(t, "closed:notif_1", events[0].Key)
			},
		},
		{
			"a conversation for a team has nobody yet", "conversation.admin.assigned",
			`{"id":"7","admin_assignee_id":0,"conversation_parts":{"conversation_parts":[{"id":"9","part_type":"assignment","body":null,"created_at":3,"assigned_to":{"type":"team","id":55},"author":{"type":"admin","id":"814860"}}]}}`,
			func(t *testing.T, events []connectors.Event) {
				t.Helper()
				require.Equal(t, connectors.Assigned, events[0].Kind)
				require.Equal(t, "55", events[0].Group)
				require.Empty(t, events[0].Assignee)
			},
		},
		{
			"an assignment without a part is one", "conversation.admin.assigned", `{"id":"7","admin_assignee_id":814860}`,
			func(t *testing.T, events []connectors.Event) {
				t.Helper()
				require.Equal(t, agent, events[0].Assignee)
			},
		},
		{
			"a rating is between 0 and 1", "conversation.rating.added", `{"id":"7","updated_at":5,"conversation_rating":{"rating":4,"remark":"schnell","created_at":4}}`,
			func(t *testing.T, events []connectors.Event) {
				t.Helper()
				require.Equal(t, connectors.Rated, events[0].Kind)
				require.Equal(t, &connectors.Score{Value: 0.75, Comment: "schnell"}, events[0].Score)
			},
		},
		{
			"a rating out of range is none", "conversation.rating.added", `{"id":"7","conversation_rating":{"rating":9}}`,
			func(t *testing.T, events []connectors.Event) { t.Helper(); require.Empty(t, events) },
		},
		{
			"a redacted first message is forgotten", "conversation_part.redacted", `{"id":"7","source":{"id":"3","redacted":true}}`,
			func(t *testing.T, events []connectors.Event) {
				t.Helper()
				require.Equal(t, connectors.Deleted, events[0].Kind)
				require.Equal(t, "src:3", events[0].Message)
			},
		},
		{
			"a campaign is nobody's reply", "conversation.admin.single.created",
			`{"id":"7","source":{"id":"3","delivered_as":"automated","body":"Sommeraktion","author":{"type":"admin","id":"814860"}}}`,
			func(t *testing.T, events []connectors.Event) { t.Helper(); require.Empty(t, events) },
		},
		{
			"an agent may begin", "conversation.admin.single.created",
			`{"id":"7","source":{"id":"3","delivered_as":"admin_initiated","body":"<p>Guten Tag</p>","author":{"type":"admin","id":"814860"}}}`,
			func(t *testing.T, events []connectors.Event) {
				t.Helper()
				require.Equal(t, connectors.Agent, events[0].Role)
			},
		},
		{
			"an app that was removed needs an administrator", "app.uninstalled", `{}`,
			func(t *testing.T, events []connectors.Event) {
				t.Helper()
				require.Equal(t, connectors.Ops, events[0].Kind)
				require.NotEmpty(t, events[0].Detail)
			},
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			rec, err := connector(t).Read(connectors.Delivery{Body: notification(tt.topic, tt.item)})
			require.NoError(t, err)
			tt.want(t, rec.Events)
		})
	}
}

func TestReadRefuses(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		body []byte
		want error
	}{
		"a conversation without an id":  {notification("conversation.user.replied", `{}`), connectors.ErrMalformed},
		"an id that is a path":          {notification("conversation.user.replied", `{"id":"../me"}`), connectors.ErrMalformed},
		"a part without an id":          {notification("conversation.user.replied", `{"id":"7","conversation_parts":{"conversation_parts":[{}]}}`), connectors.ErrMalformed},
		"a first message without an id": {notification("conversation.user.created", `{"id":"7"}`), connectors.ErrMalformed},
		"a notification without an id":  {[]byte(`{"app_id":"nw1nord0","topic":"conversation.user.replied","data":{"item":{"id":"7"}}}`), connectors.ErrMalformed},
		"another workspace":             {[]byte(`{"app_id":"other","id":"n","topic":"conversation.user.replied","data":{"item":{"id":"7"}}}`), connectors.ErrForeign},
		"no workspace":                  {[]byte(`{"id":"n","topic":"conversation.user.replied","data":{"item":{"id":"7"}}}`), connectors.ErrForeign},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			rec, err := connector(t).Read(connectors.Delivery{Body: tt.body})
			require.ErrorIs(t, err, tt.want)
			require.Empty(t, rec)
		})
	}
}

// The events of all samples, as they are stored.
func TestReadGolden(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	for _, file := range []string{
		"user_created", "user_replied", "user_replied_html_escapes", "user_replied_attachment", "user_replied_two_parts", "lead_created",
		"admin_replied", "admin_replied_by_bot", "admin_noted_human", "admin_noted_own", "operator_replied_bot", "part_redacted",
		"conversation_deleted", "assignment", "ping",
	} {
		rec, err := connector(t).Read(connectors.Delivery{Body: connectortest.Body(t, file+".json")})
		require.NoError(t, err)
		fmt.Fprintf(&out, "== %s\n", file)
		for _, e := range rec.Events {
			data, err := json.MarshalIndent(e, "", "  ")
			require.NoError(t, err)
			out.Write(append(data, '\n'))
		}
	}
	connectortest.Golden(t, "events.golden", out.Bytes())
}

func TestHeadIsAnsweredAndMeansNothing(t *testing.T) {
	t.Parallel()
	c := connector(t)
	require.True(t, c.Greets(http.MethodHead, ""))
	require.False(t, c.Greets(http.MethodGet, ""))
	require.False(t, c.Greets(http.MethodHead, submit))
	in := &connectors.Intake{Desks: map[string]connectors.Desk{"desk": {Name: "desk", Connector: c}}}
	for path, want := range map[string]int{"/hooks/desk": http.StatusOK, "/hooks/desk/canvas/submit": http.StatusMethodNotAllowed} {
		w := httptest.NewRecorder()
		in.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodHead, path, nil))
		require.Equal(t, want, w.Code, path)
	}
	head := connectors.Delivery{Method: http.MethodHead}
	require.NoError(t, c.Verify(t.Context(), head, clock))
	head.Body = connectortest.Body(t, "user_replied.json")
	require.ErrorIs(t, c.Verify(t.Context(), head, clock), connectors.ErrUnverified, "not with a body")
	rec, err := c.Read(head)
	require.NoError(t, err)
	require.Empty(t, rec)
	head = connectors.Delivery{Method: http.MethodHead, Path: submit}
	require.ErrorIs(t, c.Verify(t.Context(), head, clock), connectors.ErrUnverified)
}

func TestSignedBySignIsVerified(t *testing.T) {
	t.Parallel()
	cfg := settings()
	cfg.PreviousSecret = config.NewSecret("the one before")
	c, err := intercom.New(cfg, nil)
	require.NoError(t, err)
	body := connectortest.Body(t, "canvas_initialize.json")
	for _, s := range []config.Secret{cfg.ClientSecret, cfg.PreviousSecret} {
		for _, path := range []string{"", initialize, submit} {
			d := connectors.Delivery{Path: path, Header: intercom.Sign(s, path, body), Body: body}
			require.NoError(t, c.Verify(t.Context(), d, clock))
			d.Body = append(bytes.Clone(body), ' ')
			require.ErrorIs(t, c.Verify(t.Context(), d, clock), connectors.ErrUnverified)
		}
	}
	hook := connectors.Delivery{Header: intercom.Sign(cfg.ClientSecret, submit, body), Body: body}
	require.ErrorIs(t, c.Verify(t.Context(), hook, clock), connectors.ErrUnverified, "neither header counts at the other's address")
	other := connectors.Delivery{Header: intercom.Sign(config.NewSecret("of another app"), "", body), Body: body}
	require.ErrorIs(t, c.Verify(t.Context(), other, clock), connectors.ErrUnverified)
}

// What is for another workspace is dropped, but Intercom must not hear of it:
// all workspaces with the app share its address, and their health.
func TestAnswer(t *testing.T) {
	t.Parallel()
	c := connector(t)
	require.Equal(t, http.StatusOK, c.Answer(fmt.Errorf("x: %w", connectors.ErrForeign)))
	for _, err := range []error{connectors.ErrMalformed, connectors.ErrUnverified, http.ErrHandlerTimeout} {
		require.Zero(t, c.Answer(err))
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
	require.Equal(t, "intercom", desk.Kind)
	var cfg intercom.Config
	require.NoError(t, config.DecodeSettings(desk.Settings, "settings", &cfg))
	require.NoError(t, cfg.Validate())
	require.Equal(t, "de", cfg.Language)
}

func TestValidate(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name   string
		change func(*intercom.Config)
		want   string
	}{
		{"nothing is wrong", func(*intercom.Config) {}, ""},
		{"nothing is written without a token", func(c *intercom.Config) { c.Token, c.Admin, c.App = config.Secret{}, "", "" }, ""},
		{"a workspace has an id", func(c *intercom.Config) { c.Workspace = "Nordwind GmbH" }, "workspace: required"},
		{"a secret is needed", func(c *intercom.Config) { c.ClientSecret = config.Secret{} }, "client_secret: required"},
		{"an old secret alone is none", func(c *intercom.Config) { c.ClientSecret, c.PreviousSecret = config.Secret{}, c.ClientSecret }, "client_secret: required"},
		{"the secret is no token", func(c *intercom.Config) { c.Token = c.ClientSecret }, "token: is the client secret"},
		{"who writes must be known", func(c *intercom.Config) { c.Admin = "copilot" }, "admin: required with token"},
		{"an app has a code", func(c *intercom.Config) { c.App = "a b" }, "app: must be"},
		{"notes is an enum", func(c *intercom.Config) { c.Notes = "public" }, "notes: must be"},
		{"a region is one of three", func(c *intercom.Config) { c.Region = "de" }, "region: must be"},
		{"a base address is one", func(c *intercom.Config) { c.BaseURL = "intercom" }, "base_url: must be"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			cfg := settings()
			tt.change(&cfg)
			_, err := intercom.New(cfg, nil)
			if tt.want == "" {
				require.NoError(t, err)
				return
			}
			require.ErrorContains(t, err, tt.want)
		})
	}
	err := intercom.Config{Token: config.NewSecret("x")}.Validate()
	require.ErrorContains(t, err, "workspace")
	require.ErrorContains(t, err, "client_secret", "everything, not only the first")
	require.ErrorContains(t, err, "admin")
}

// A part of any type but note would reach the customer, and so would a canvas
// in the Messenger, a new message, a quick reply or a ticket.
func TestAgentOnly(t *testing.T) {
	t.Parallel()
	connectortest.Never(t, "=comment", "quick_reply", "=/messages", "/parts", "/tickets", "/contacts", "content_url", "http.MethodPut", "http.MethodPatch", "http.MethodDelete", "in_app")
}

func FuzzVerify(f *testing.F) {
	for _, v := range connectortest.Load(f) {
		h := v.Header()
		f.Add(v.Path(f), h.Get("X-Hub-Signature"), h.Get("X-Body-Signature"), v.Body)
	}
	c := connector(f)
	f.Fuzz(func(t *testing.T, path, hub, canvas string, body []byte) {
		h := http.Header{}
		h.Set("X-Hub-Signature", hub)
		h.Set("X-Body-Signature", canvas)
		sum1, sum2 := hmac.New(sha1.New, []byte(secret)), hmac.New(sha256.New, []byte(secret))
		sum1.Write(body)
		sum2.Write(body)
		same := hub == "sha1="+hex.EncodeToString(sum1.Sum(nil))
		if path != "" {
			same = canvas == hex.EncodeToString(sum2.Sum(nil))
		}
		err := c.Verify(t.Context(), connectors.Delivery{Method: http.MethodPost, Path: path, Header: h, Body: body}, clock)
		require.Equal(t, same, err == nil)
	})
}

func FuzzRead(f *testing.F) {
	c := connector(f)
	for _, v := range connectortest.Load(f) {
		f.Add(v.Path(f), v.Body)
	}
	f.Fuzz(func(t *testing.T, path string, body []byte) {
		connectortest.Sound(t, c, connectors.Delivery{Method: http.MethodPost, Path: path, Header: http.Header{}, Body: body})
	})
}
