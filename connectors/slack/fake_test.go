package slack_test

import (
	"encoding/json"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/sufflor/sufflor/config"
	"github.com/sufflor/sufflor/connectors"
	"github.com/sufflor/sufflor/connectors/connectortest"
	"github.com/sufflor/sufflor/connectors/slack"
)

type ephemeralBody struct {
	Channel     string           `json:"channel"`
	User        string           `json:"user"`
	ThreadTS    string           `json:"thread_ts"`
	Text        string           `json:"text"`
	Blocks      []map[string]any `json:"blocks"`
	UnfurlLinks *bool            `json:"unfurl_links"`
	UnfurlMedia *bool            `json:"unfurl_media"`
}

// fake is a workspace with one channel and one agent.
func fake(t *testing.T, client *connectors.Client, change ...func(*slack.Config)) (*connectortest.Fake, *slack.Connector) {
	t.Helper()
	f := connectortest.NewFake(t, connectortest.Bearer("xoxb-test"))
	f.Get("GET /api/users.info", func(connectortest.Call) (int, any) {
		return 200, `{"ok":true,"user":{"id":"U01AGENTJON","team_id":"T01NORDWIND"}}`
	})
	connectortest.Take(f, "POST /api/chat.postEphemeral", func(in ephemeralBody, _ connectortest.Call) (int, any) {
		if in.User != "U01AGENTJON" || in.UnfurlLinks == nil || *in.UnfurlLinks {
			t.Errorf("not for the agent alone: %+v", in)
		}
		return 200, `{"ok":true,"message_ts":"1784999994.000500"}`
	})
	cfg := settings()
	cfg.BaseURL, cfg.Channels = f.URL+"/api", []string{"C01SUPPORT1"}
	for _, c := range change {
		c(&cfg)
	}
	if client == nil {
		client = connectors.NewClient(0, nil, func() time.Time { return clock })
	}
	c, err := slack.New(cfg, client)
	require.NoError(t, err)
	return f, c
}

func TestNoteFaults(t *testing.T) {
	t.Parallel()
	connectortest.NoteFaults(t, note(), func(t *testing.T, client *connectors.Client) (*connectortest.Fake, connectors.Noter) {
		t.Helper()
		f, c := fake(t, client)
		return f, c
	})
}

// A message only one agent sees cannot be changed or taken back, except by the
// address of a click on it; with the next reload it is gone.
func TestNotesStay(t *testing.T) {
	t.Parallel()
	_, c := fake(t, nil)
	var any any = c
	_, updates := any.(connectors.Updater)
	_, withdraws := any.(connectors.Withdrawer)
	require.False(t, updates)
	require.False(t, withdraws)
}

func TestBlocksGolden(t *testing.T) {
	t.Parallel()
	f, c := fake(t, nil, func(c *slack.Config) { c.Language = "de" })
	_, err := c.Note(t.Context(), note())
	require.NoError(t, err)
	var sent map[string]any
	calls := f.Calls()
	require.NoError(t, json.Unmarshal(calls[len(calls)-1].Body, &sent))
	got, err := json.MarshalIndent(sent, "", "  ")
	require.NoError(t, err)
	connectortest.Golden(t, "note.golden", append(got, '\n'))
}

// A button works for the agent it was shown to, and means what it was sealed
// with.
func TestButtonsAreSealed(t *testing.T) {
	t.Parallel()
	s := &server{}
	c := start(t, s, "U01AGENTJON", "U02AGENTEVA")
	_, err := c.Note(t.Context(), note())
	require.NoError(t, err)
	sent := s.to("/api/chat.postEphemeral")
	use, down := buttonValue(t, sent[0], "copilot.use"), buttonValue(t, sent[0], "copilot.down")
	after := time.Date(2027, 2, 1, 0, 0, 0, 0, time.UTC)
	other := connectors.NewSealer("slack", "another workspace's secret").Seal(connectors.Action{Suggestion: "sg_x", Agent: "U01AGENTJON", Verdict: "used"})
	const old = `{"v":1,"s":"sg_01K0EXAMPLE","m":"1784999993.412339"}`
	tests := []struct {
		name, action, value, agent string
		at                         time.Time
		verdict                    string
	}{
		{"the agent uses it", "copilot.use", use, "U01AGENTJON", clock, "used"},
		{"for ever", "copilot.use", use, "U01AGENTJON", after, "used"},
		{"another agent does not", "copilot.use", use, "U02AGENTEVA", clock, ""},
		{"one button's value is not another's", "copilot.use", down, "U01AGENTJON", clock, ""},
		{"somebody else's seal is none", "copilot.use", `{"v":2,"k":"` + other + `"}`, "U01AGENTJON", clock, ""},
		{"a broken seal is none", "copilot.use", strings.Replace(use, `"k":"`, `"k":"x`, 1), "U01AGENTJON", clock, ""},
		{"version 2 without a seal is none", "copilot.use", `{"v":2,"s":"sg_01K0EXAMPLE"}`, "U01AGENTJON", clock, ""},
		{"an old button works for a while", "copilot.use", old, "U01AGENTJON", clock, "used"},
		{"and then no more", "copilot.use", old, "U01AGENTJON", after, ""},
		{"the oldest as well", "copilot.up", "up|sg_01K0EXAMPLE", "U01AGENTJON", clock, "up"},
		{"but not for ever", "copilot.up", "up|sg_01K0EXAMPLE", "U01AGENTJON", after, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			rec, err := c.Read(clickBy(t, s, tt.action, tt.value, tt.agent, tt.at))
			if tt.verdict == "" {
				require.ErrorIs(t, err, connectors.ErrMalformed)
				require.Empty(t, rec.Events)
				return
			}
			require.NoError(t, err)
			require.Equal(t, &connectors.Rating{Suggestion: "sg_01K0EXAMPLE", Verdict: tt.verdict, Agent: "U01AGENTJON"}, rec.Events[0].Rating)
			require.Equal(t, note().Conversation, rec.Events[0].Conversation)
		})
	}
	_, err = c.Read(submission(t, `{"s":"sg_01K0EXAMPLE","c":"C01SUPPORT1","th":"1.2"}`, "U01AGENTJON", after))
	require.ErrorIs(t, err, connectors.ErrMalformed, "forms as well")
	_, err = c.Read(submission(t, use, "U01AGENTJON", clock))
	require.ErrorIs(t, err, connectors.ErrMalformed, "a button's value is no form's")
}

// Buttons of before a rotation work during it.
func TestSealOfThePreviousSecret(t *testing.T) {
	t.Parallel()
	s := &server{}
	c := start(t, s, "U01AGENTJON")
	_, err := c.Note(t.Context(), note())
	require.NoError(t, err)
	use := buttonValue(t, s.to("/api/chat.postEphemeral")[0], "copilot.use")
	cfg := settings()
	cfg.SigningSecret, cfg.PreviousSecret = config.NewSecret("the new one"), cfg.SigningSecret
	rotated, err := slack.New(cfg, nil)
	require.NoError(t, err)
	rec, err := rotated.Read(click(t, s, "copilot.use", use))
	require.NoError(t, err)
	require.Len(t, rec.Events, 1)
	cfg.PreviousSecret = config.Secret{}
	done, err := slack.New(cfg, nil)
	require.NoError(t, err)
	_, err = done.Read(click(t, s, "copilot.use", use))
	require.ErrorIs(t, err, connectors.ErrMalformed)
}

func TestOpen(t *testing.T) {
	t.Parallel()
	f, c := fake(t, nil)
	f.Raw("GET /files-pri/{name}", func(call connectortest.Call) (int, any) {
		if call.Path("name") == "login" {
			return 200, "<!DOCTYPE html><html>"
		}
		return 200, []byte("\xff\xd8\xff picture")
	})
	stub := `{"ok":true,"file":{"id":"F09CHECK001","name":"paket.jpg","mimetype":"image/jpeg","size":9,"url_private_download":"` + f.URL + `/files-pri/x"}}`
	f.Get("GET /api/files.info", func(call connectortest.Call) (int, any) {
		require.Equal(t, "file=F09CHECK001", call.Query)
		return 200, stub
	})
	e := connectors.Event{Message: "C1:1.2"}
	photo := connectors.Attachment{ID: "F09PHOTO001", Name: "paket.jpg", Type: "image/jpeg", Size: 9, URL: f.URL + "/files-pri/x"}
	got, err := c.Open(t.Context(), e, photo, 100)
	require.NoError(t, err)
	require.Equal(t, connectors.File{Name: "paket.jpg", Type: "image/jpeg", Data: []byte("\xff\xd8\xff picture")}, got)

	rec, err := c.Read(connectors.Delivery{Path: "/events", Body: connectortest.Body(t, "attachment_check_file_info.json")})
	require.NoError(t, err)
	got, err = c.Open(t.Context(), rec.Events[0], rec.Events[0].Attachments[0], 100)
	require.NoError(t, err, "a stub of another company's file")
	require.Equal(t, "paket.jpg", got.Name)

	tests := []struct {
		name   string
		change func(a *connectors.Attachment)
		limit  int64
		want   string
		is     error
	}{
		{"said to be too large", func(a *connectors.Attachment) { a.Size = 101 }, 100, "too large", connectors.ErrTooLarge},
		{"too large", func(*connectors.Attachment) {}, 9, "too large", connectors.ErrTooLarge},
		{"a page to log in", func(a *connectors.Attachment) { a.URL = f.URL + "/files-pri/login" }, 100, "files:read", nil},
		{"in our own network", func(a *connectors.Attachment) { a.URL = "https://10.0.0.1/x" }, 100, "not a public address", nil},
		{"without https", func(a *connectors.Attachment) { a.URL = "http://files.slack.com/x" }, 100, "must start with https", nil},
		{"nowhere", func(a *connectors.Attachment) { a.URL, a.ID = "", "../x" }, 100, "neither an address nor an id", nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			a := photo
			tt.change(&a)
			_, err := c.Open(t.Context(), e, a, tt.limit)
			require.ErrorContains(t, err, tt.want)
			require.True(t, connectors.IsPermanent(err))
			if tt.is != nil {
				require.ErrorIs(t, err, tt.is)
			}
		})
	}
	f.Fail(&connectortest.Fault{Status: 302, Header: map[string]string{"Location": "https://169.254.169.254/"}})
	_, err = c.Open(t.Context(), e, photo, 100)
	var blocked *connectors.BlockedError
	require.ErrorAs(t, err, &blocked)
	f.Fail(&connectortest.Fault{Status: 401})
	_, err = c.Open(t.Context(), e, photo, 100)
	require.ErrorIs(t, err, connectors.ErrGone)
}

func TestPoll(t *testing.T) {
	t.Parallel()
	event := func(file string) string {
		var in struct {
			Event json.RawMessage `json:"event"`
		}
		require.NoError(t, json.Unmarshal(connectortest.Body(t, file), &in))
		return string(in.Event)
	}
	parent := strings.Replace(event("customer_message.json"), `"type":"message"`, `"type":"message","latest_reply":"1784999997.552109"`, 1)
	edited := strings.Replace(event("attachment.json"), `"text":"So kam das Paket an"`, `"text":"So kam es an","edited":{"user":"U09CUSTANNA","ts":"1784999999.000100"}`, 1)
	pages := map[string]string{
		"":   `{"ok":true,"messages":[` + edited + `,` + event("own_bot_message.json") + `,` + event("channel_join.json") + `],"has_more":true,"response_metadata":{"next_cursor":"n1"}}`,
		"n1": `{"ok":true,"messages":[` + parent + `]}`,
	}
	f, c := fake(t, nil, func(c *slack.Config) { c.Channels = []string{"C01SUPPORT1", "C02SUPPORT2"} })
	f.Get("GET /api/conversations.history", func(call connectortest.Call) (int, any) {
		q, err := url.ParseQuery(call.Query)
		require.NoError(t, err)
		if q.Get("channel") == "C02SUPPORT2" {
			return 200, `{"ok":true,"messages":[]}`
		}
		return 200, pages[q.Get("cursor")]
	})
	f.Get("GET /api/conversations.replies", func(call connectortest.Call) (int, any) {
		q, err := url.ParseQuery(call.Query)
		require.NoError(t, err)
		require.Equal(t, "1784999993.412339", q.Get("ts"))
		return 200, `{"ok":true,"messages":[` + parent + `,` + event("agent_reply.json") + `]}`
	})
	since := clock.Add(-time.Hour)
	var all []connectors.Event
	cursor, rounds := "", 0
	for more := true; more; rounds++ {
		page, err := c.Poll(t.Context(), cursor, since)
		require.NoError(t, err)
		require.True(t, slices.IsSortedFunc(page.Events, func(a, b connectors.Event) int { return a.At.Compare(b.At) }))
		require.LessOrEqual(t, len(page.Cursor), 4<<10)
		all, cursor, more = append(all, page.Events...), page.Cursor, page.More
		require.Less(t, rounds, 9)
	}
	require.Equal(t, 3, rounds, "two pages of one channel, one of the other")

	keys := map[string]connectors.Event{}
	for _, e := range all {
		keys[e.Key] = e
	}
	require.Len(t, all, 4, "ours, joins and what was there twice left out")
	for _, file := range []string{"customer_message.json", "attachment.json", "agent_reply.json"} {
		rec, err := c.Read(connectors.Delivery{Path: "/events", Body: connectortest.Body(t, file)})
		require.NoError(t, err)
		got, ok := keys[rec.Events[0].Key]
		require.True(t, ok, "%s has the key that its delivery has", file)
		require.Equal(t, rec.Events[0].Role, got.Role)
		require.Equal(t, rec.Events[0].Conversation, got.Conversation)
	}
	e := keys["edited:C01SUPPORT1:1784999995.100200:1784999999.000100"]
	require.Equal(t, connectors.Edited, e.Kind)
	require.Equal(t, "So kam es an", e.Text)

	pages[""] = `{"ok":true,"messages":[]}`
	page, err := c.Poll(t.Context(), cursor, since)
	require.NoError(t, err)
	require.Empty(t, page.Events)
	for _, line := range f.Lines() {
		require.True(t, strings.HasPrefix(line, "GET "), line)
	}

	f.Fail(&connectortest.Fault{Status: 429, Header: map[string]string{"Retry-After": "60"}})
	_, err = c.Poll(t.Context(), cursor, since)
	require.False(t, connectors.IsPermanent(err))
	f.Fail(&connectortest.Fault{Status: 200, Body: `{"ok":false,"error":"missing_scope","needed":"channels:history"}`})
	_, err = c.Poll(t.Context(), cursor, since)
	require.ErrorContains(t, err, `"channels:history"`)
	_, err = c.Poll(t.Context(), "nonsense", since)
	require.True(t, connectors.IsPermanent(err))
}

func TestPollOfNothing(t *testing.T) {
	t.Parallel()
	_, c := fake(t, nil, func(c *slack.Config) { c.Channels = nil })
	page, err := c.Poll(t.Context(), "x", clock)
	require.NoError(t, err)
	require.Equal(t, connectors.Page{Cursor: "x"}, page)
}

func TestTester(t *testing.T) {
	t.Parallel()
	const scopes = "channels:history,channels:read,chat:write,commands,files:read,groups:history,groups:read,users:read"
	tests := []struct {
		name          string
		auth, has, is string
		what, hint    string
		fault         *connectortest.Fault
	}{
		{name: "all is well"},
		{name: "another workspace's token", auth: `{"ok":true,"team_id":"T02","user_id":"U01COPILOTB","bot_id":"B01COPILOTB"}`, what: "team is whose token it is", hint: "T02"},
		{name: "another bot's token", auth: `{"ok":true,"team_id":"T01NORDWIND","user_id":"U9","bot_id":"B01COPILOTB"}`, what: "bot_user is whose token it is", hint: "enter U9"},
		{name: "a scope is missing", has: strings.Replace(scopes, "files:read,", "", 1), what: "may read files", hint: "files:read"},
		{name: "not in the channel", is: `{"ok":true,"channel":{"id":"C01SUPPORT1","is_member":false}}`, what: "channel C01SUPPORT1", hint: "/invite"},
		{name: "the channel is archived", is: `{"ok":true,"channel":{"is_member":true,"is_archived":true}}`, what: "channel C01SUPPORT1", hint: "archived"},
		{name: "may not ask about channels, but read them", is: `{"ok":false,"error":"missing_scope","needed":"channels:read"}`},
		{name: "token withdrawn", auth: `{"ok":false,"error":"token_revoked"}`, what: "token", hint: "install the app again"},
		{name: "an agent is no agent", fault: &connectortest.Fault{Only: "GET /api/users.info", Status: 200, Body: `{"ok":true,"user":{"team_id":"T09CUSTOMER"}}`}, what: "agent U01AGENTJON", hint: "remove them"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			f, c := fake(t, nil)
			auth, has, is := `{"ok":true,"team_id":"T01NORDWIND","user_id":"U01COPILOTB","bot_id":"B01COPILOTB"}`, scopes, `{"ok":true,"channel":{"is_member":true}}`
			for _, o := range []struct {
				to   *string
				with string
			}{{&auth, tt.auth}, {&has, tt.has}, {&is, tt.is}} {
				if o.with != "" {
					*o.to = o.with
				}
			}
			f.Get("GET /api/auth.test", func(connectortest.Call) (int, any) {
				return 200, connectortest.Headed{Header: map[string]string{"X-OAuth-Scopes": has}, Body: auth}
			})
			f.Get("GET /api/conversations.info", func(connectortest.Call) (int, any) { return 200, is })
			f.Get("GET /api/conversations.history", func(connectortest.Call) (int, any) { return 200, `{"ok":true,"messages":[]}` })
			f.Fail(tt.fault)
			wrong := map[string]string{}
			for _, finding := range c.Test(t.Context()) {
				if !finding.OK {
					wrong[finding.What] = finding.Hint
				}
			}
			for _, line := range f.Lines() {
				require.True(t, strings.HasPrefix(line, "GET "), "a test changes nothing: %s", line)
			}
			if tt.what == "" {
				require.Empty(t, wrong)
				return
			}
			require.Len(t, wrong, 1, "%v", wrong)
			require.Contains(t, wrong[tt.what], tt.hint)
		})
	}
}

func TestPackage(t *testing.T) {
	t.Parallel()
	_, c := fake(t, nil)
	o := connectors.PackageOptions{Public: "https://copilot.example", Desk: "slack", Name: "Nordwind Copilot"}
	p, err := c.Package(o)
	require.NoError(t, err)
	again, err := c.Package(o)
	require.NoError(t, err)
	require.Equal(t, p, again)
	got := p.Files["manifest.json"]
	connectortest.Golden(t, "manifest.golden", got)
	require.NotContains(t, string(got), secret)
	for _, scope := range []string{"chat:write.public", "chat:write.customize", "im:write", "channels:join", "channels:manage"} {
		require.NotContains(t, string(got), `"`+scope+`"`, "with it the token could write to others")
	}
	_, err = c.Package(connectors.PackageOptions{Public: "copilot.example"})
	require.Error(t, err)
}
