package slack_test

import (
	"encoding/json"
	"io"
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
	"github.com/sufflor/sufflor/connectors/slack"
)

type call struct {
	path string // "/api/chat.postEphemeral?…"
	body map[string]any
}

// server plays Slack's API.
type server struct {
	users  map[string]string // by user: the object "user" of users.info
	answer func(path string, body map[string]any) (status int, answer string)
	url    string

	mu    sync.Mutex
	calls []call
}

func (s *server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	data, _ := io.ReadAll(r.Body)
	var body map[string]any
	json.Unmarshal(data, &body)
	s.mu.Lock()
	s.calls = append(s.calls, call{path: r.URL.Path, body: body})
	s.mu.Unlock()
	if r.URL.Path == "/api/users.info" {
		io.WriteString(w, `{"ok":true,"user":`+s.users[r.URL.Query().Get("user")]+`}`)
		return
	}
	status, answer := http.StatusOK, `{"ok":true,"message_ts":"1784999994.000500"}`
	if s.answer != nil {
		status, answer = s.answer(r.URL.Path, body)
	}
	w.Header().Set("Retry-After", "30")
	w.WriteHeader(status)
	io.WriteString(w, answer)
}

// all are the calls so far.
func (s *server) all() []call {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.calls)
}

// to are the bodies sent to one method.
func (s *server) to(path string) []map[string]any {
	s.mu.Lock()
	defer s.mu.Unlock()
	var out []map[string]any
	for _, c := range s.calls {
		if c.path == path {
			out = append(out, c.body)
		}
	}
	return out
}

const insider = `{"id":"U1","team_id":"T01NORDWIND"}`

func start(t *testing.T, s *server, agents ...string) *slack.Connector {
	t.Helper()
	if s.users == nil {
		s.users = map[string]string{}
		for _, a := range agents {
			s.users[a] = insider
		}
	}
	ts := httptest.NewServer(s)
	t.Cleanup(ts.Close)
	s.url = ts.URL
	cfg := settings()
	cfg.BaseURL, cfg.Agents = ts.URL+"/api", agents
	c, err := slack.New(cfg, connectors.NewClient(0, nil, func() time.Time { return clock }))
	require.NoError(t, err)
	return c
}

func note() connectors.Note {
	return connectors.Note{
		Suggestion: "sg_01K0EXAMPLE", Conversation: "C01SUPPORT1:1784999993.412339", Message: "C01SUPPORT1:1784999993.412339",
		Flag: "medium", Reasons: []string{"one source is old"}, Text: "Guten Tag <Anna>, siehe <!channel> & mehr.",
		Citations: []connectors.Citation{
			{Number: 1, Title: "Versand|zeiten", Where: "p. 3", URL: "https://kb.example/a?x=1|2"},
			{Number: 2, Title: "Lokal", URL: "file:///etc/passwd"},
		},
		PanelURL: "https://copilot.example/s/1",
		Route:    map[string]string{"channel": "C01SUPPORT1"},
	}
}

func TestNoteReachesAgentsOnly(t *testing.T) {
	t.Parallel()
	s := &server{}
	c := start(t, s, "U01AGENTJON", "U02AGENTEVA")
	id, err := connectors.Deliver(t.Context(), c, note())
	require.NoError(t, err)
	require.Equal(t, "U01AGENTJON:1784999994.000500,U02AGENTEVA:1784999994.000500", id)

	sent := s.to("/api/chat.postEphemeral")
	require.Len(t, sent, 2)
	for i, user := range []string{"U01AGENTJON", "U02AGENTEVA"} {
		require.Equal(t, user, sent[i]["user"])
		require.Equal(t, "C01SUPPORT1", sent[i]["channel"])
		require.Equal(t, false, sent[i]["unfurl_links"])
	}
	for _, call := range s.all() {
		require.Contains(t, []string{"/api/chat.postEphemeral", "/api/users.info"}, call.path, "nothing else may be called")
	}
	text, err := json.Marshal(sent[0]["blocks"])
	require.NoError(t, err)
	require.NotContains(t, string(text), "<!channel>", "a draft calls nobody")
	require.NotContains(t, string(text), "file:///")

	_, err = c.Note(t.Context(), note())
	require.NoError(t, err)
	require.Len(t, s.to("/api/users.info"), 2, "looked up once an hour")
}

func TestNoteGoesToNobodyWhoMightBeACustomer(t *testing.T) {
	t.Parallel()
	for name, user := range map[string]string{
		"of another workspace": `{"team_id":"T09CUSTOMER"}`,
		"a guest":              `{"team_id":"T01NORDWIND","is_ultra_restricted":true}`,
		"gone":                 `{"team_id":"T01NORDWIND","deleted":true}`,
		"a bot":                `{"team_id":"T01NORDWIND","is_bot":true}`,
		"unknown":              `{}`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := &server{users: map[string]string{"U09CUSTANNA": user}}
			_, err := start(t, s, "U09CUSTANNA").Note(t.Context(), note())
			require.ErrorContains(t, err, "U09CUSTANNA")
			require.True(t, connectors.IsPermanent(err))
			require.Empty(t, s.to("/api/chat.postEphemeral"))
		})
	}
}

// An agent who is not in the channel costs that agent the note, not all.
func TestNoteSkipsAgentsOfOtherChannels(t *testing.T) {
	t.Parallel()
	s := &server{answer: func(_ string, body map[string]any) (int, string) {
		if body["user"] == "U01AGENTJON" {
			return 200, `{"ok":false,"error":"user_not_in_channel"}`
		}
		return 200, `{"ok":true,"message_ts":"1.2"}`
	}}
	id, err := start(t, s, "U01AGENTJON", "U02AGENTEVA").Note(t.Context(), note())
	require.NoError(t, err)
	require.Equal(t, "U02AGENTEVA:1.2", id)
}

func TestRefusalsAreClassified(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name      string
		status    int
		answer    string
		permanent bool
		gone      bool
		after     time.Duration
		say       string
	}{
		{"a revoked token is gone", 200, `{"ok":false,"error":"token_revoked"}`, true, true, 0, "install the app again"},
		{"an inactive account is gone", 200, `{"ok":false,"error":"account_inactive"}`, true, true, 0, "install the app again"},
		{"a missing scope is named", 200, `{"ok":false,"error":"missing_scope","needed":"chat:write"}`, true, false, 0, `"chat:write"`},
		{"an unknown channel stays", 200, `{"ok":false,"error":"channel_not_found"}`, true, false, 0, "/invite"},
		{"nobody in the channel stays", 200, `{"ok":false,"error":"user_not_in_channel"}`, true, false, 0, "invite the agent"},
		{"too long stays", 200, `{"ok":false,"error":"msg_too_long"}`, true, false, 0, "msg_too_long"},
		{"haste is told how long to wait", 429, `{"ok":false,"error":"ratelimited"}`, false, false, 30 * time.Second, "429"},
		{"their fault passes", 500, `oops`, false, false, 30 * time.Second, "500"},
		{"what is no answer passes", 200, `<html>`, false, false, 0, "answer"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s := &server{answer: func(string, map[string]any) (int, string) { return tt.status, tt.answer }}
			_, err := connectors.Deliver(t.Context(), start(t, s, "U01AGENTJON"), note())
			require.ErrorContains(t, err, tt.say)
			require.Equal(t, tt.permanent, connectors.IsPermanent(err))
			var e *connectors.CallError
			require.ErrorAs(t, err, &e)
			require.Equal(t, tt.after, e.After)
			if tt.gone {
				require.ErrorIs(t, err, connectors.ErrGone)
			} else {
				require.NotErrorIs(t, err, connectors.ErrGone)
			}
		})
	}
}

// Slack refuses a message as a whole if one part of it is too long.
func TestBlocksStayWithinSlacksLimits(t *testing.T) {
	t.Parallel()
	huge := strings.Repeat("Wort & <Wort>, ", 20_000)
	n := note()
	n.Text, n.Reasons = huge, []string{huge}
	n.Citations = nil
	for i := range 30 {
		n.Citations = append(n.Citations, connectors.Citation{Number: i, Title: huge, Where: huge, URL: "https://kb.example/" + strings.Repeat("x", 2900)})
	}
	n.Suggestion = "sg_" + strings.Repeat("0", 300)
	n.PanelURL = "https://p.example/" + strings.Repeat("x", 4000)
	s := &server{}
	_, err := start(t, s, "U01AGENTJON").Note(t.Context(), n)
	require.NoError(t, err)

	blocks := s.to("/api/chat.postEphemeral")[0]["blocks"].([]any)
	require.LessOrEqual(t, len(blocks), 50)
	for _, b := range blocks {
		b := b.(map[string]any)
		require.LessOrEqual(t, len([]rune(b["block_id"].(string))), 255)
		if text, ok := b["text"].(map[string]any); ok {
			require.LessOrEqual(t, len([]rune(text["text"].(string))), 3000)
		}
		elements, _ := b["elements"].([]any)
		require.LessOrEqual(t, len(elements), 10)
		for _, e := range elements {
			e := e.(map[string]any)
			if text, ok := e["text"].(string); ok {
				require.LessOrEqual(t, len([]rune(text)), 2000)
			}
			value, _ := e["value"].(string)
			require.LessOrEqual(t, len([]rune(value)), 2000)
			require.NotEqual(t, "copilot.edit", e["action_id"], "a draft too long for the button is edited in the panel")
			require.NotContains(t, e, "url")
		}
	}
}

func TestNoAnswerIsSaid(t *testing.T) {
	t.Parallel()
	s := &server{}
	n := note()
	n.Text, n.Flag, n.Citations = "", "none", nil
	_, err := start(t, s, "U01AGENTJON").Note(t.Context(), n)
	require.NoError(t, err)
	text, err := json.Marshal(s.to("/api/chat.postEphemeral")[0])
	require.NoError(t, err)
	require.Contains(t, string(text), "The documents do not answer this.")
	require.NotContains(t, string(text), "copilot.use")
}

// buttonValue is what a button of a message carries.
func buttonValue(t *testing.T, message map[string]any, action string) string {
	t.Helper()
	for _, b := range message["blocks"].([]any) {
		elements, _ := b.(map[string]any)["elements"].([]any)
		for _, e := range elements {
			if e := e.(map[string]any); e["action_id"] == action {
				return e["value"].(string)
			}
		}
	}
	t.Fatalf("no button %s", action)
	return ""
}

// submission is our form, sent in by agent.
func submission(t *testing.T, metadata, agent string, at time.Time) connectors.Delivery {
	t.Helper()
	var in map[string]any
	require.NoError(t, json.Unmarshal(connectortest.Body(t, "view_submission_edit.payload.json"), &in))
	in["user"].(map[string]any)["id"] = agent
	view := in["view"].(map[string]any)
	view["private_metadata"] = metadata
	view["state"] = map[string]any{"values": map[string]any{"copilot.reply": map[string]any{"copilot.reply.text": map[string]any{"value": "So geht es."}}}}
	data, err := json.Marshal(in)
	require.NoError(t, err)
	return payloadAt(string(data), at)
}

func click(t *testing.T, s *server, action, value string) connectors.Delivery {
	t.Helper()
	return clickBy(t, s, action, value, "U01AGENTJON", clock)
}

func clickBy(t *testing.T, s *server, action, value, agent string, at time.Time) connectors.Delivery {
	t.Helper()
	var in map[string]any
	require.NoError(t, json.Unmarshal(connectortest.Body(t, "block_actions_use.payload.json"), &in))
	in["user"].(map[string]any)["id"] = agent
	in["response_url"] = s.url + "/actions/1"
	in["actions"] = []any{map[string]any{"action_id": action, "value": value, "action_ts": "1784999999.100200"}}
	data, err := json.Marshal(in)
	require.NoError(t, err)
	return payloadAt(string(data), at)
}

// The edit button of a note opens a form with its draft, and what the agent
// saves comes back as feedback.
func TestEditOpensAForm(t *testing.T) {
	t.Parallel()
	s := &server{}
	c := start(t, s, "U01AGENTJON")
	_, err := c.Note(t.Context(), note())
	require.NoError(t, err)
	d := click(t, s, "copilot.edit", buttonValue(t, s.to("/api/chat.postEphemeral")[0], "copilot.edit"))
	rec, err := c.Read(d)
	require.NoError(t, err)
	require.Empty(t, rec.Events, "opening a form is no verdict")
	require.NoError(t, c.React(t.Context(), d))

	view := s.to("/api/views.open")[0]
	require.Equal(t, "1234567890123.9876543210987.0011223344556677", view["trigger_id"])
	form := view["view"].(map[string]any)
	require.NotContains(t, form["private_metadata"], "sg_01K0EXAMPLE", "sealed")
	input := form["blocks"].([]any)[0].(map[string]any)["element"].(map[string]any)
	require.Equal(t, note().Text, input["initial_value"])

	rec, err = c.Read(submission(t, form["private_metadata"].(string), "U01AGENTJON", clock))
	require.NoError(t, err)
	require.Equal(t, &connectors.Rating{Suggestion: "sg_01K0EXAMPLE", Verdict: "edited", Text: "So geht es.", Agent: "U01AGENTJON"}, rec.Events[0].Rating)
	require.Equal(t, note().Conversation, rec.Events[0].Conversation)
}

func TestRatingIsThankedForInPrivate(t *testing.T) {
	t.Parallel()
	s := &server{}
	c := start(t, s, "U01AGENTJON")
	require.NoError(t, c.React(t.Context(), click(t, s, "copilot.up", "up|sg_1")))
	require.Equal(t, []map[string]any{{"response_type": "ephemeral", "replace_original": false, "text": "Thank you, noted."}}, s.to("/actions/1"))

	stranger := strings.Replace(string(click(t, s, "copilot.up", "up|sg_1").Body), "U01AGENTJON", "U09CUSTANNA", 1)
	require.NoError(t, c.React(t.Context(), connectors.Delivery{Path: "/interactive", Body: []byte(stranger)}))
	require.Len(t, s.to("/actions/1"), 1, "nothing for somebody who is no agent")
}

func TestCommandIsAnsweredInPrivate(t *testing.T) {
	t.Parallel()
	s := &server{}
	c := start(t, s, "U01AGENTJON")
	n := note()
	n.Route = map[string]string{"channel": "C01SUPPORT1", "user": "U01AGENTJON", "response_url": s.url + "/commands/1"}
	_, err := c.Note(t.Context(), n)
	require.NoError(t, err)
	require.Equal(t, "ephemeral", s.to("/commands/1")[0]["response_type"])
	require.Empty(t, s.to("/api/chat.postEphemeral"))

	n.Route["user"] = "U09CUSTANNA"
	_, err = c.Note(t.Context(), n)
	require.True(t, connectors.IsPermanent(err))
	n.Route["user"], n.Route["response_url"] = "U01AGENTJON", "https://evil.example/"
	_, err = c.Note(t.Context(), n)
	require.ErrorContains(t, err, "not an address of Slack")
	require.Len(t, s.to("/commands/1"), 1)
}

func TestWithoutTokenNothingIsShown(t *testing.T) {
	t.Parallel()
	cfg := settings()
	cfg.Token = config.Secret{}
	c, err := slack.New(cfg, nil)
	require.NoError(t, err)
	_, err = c.Note(t.Context(), note())
	require.ErrorContains(t, err, "token: required")
	require.True(t, connectors.IsPermanent(err))
}
