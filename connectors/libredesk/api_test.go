package libredesk_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/sufflor/sufflor/connectors"
	"github.com/sufflor/sufflor/connectors/connectortest"
	"github.com/sufflor/sufflor/connectors/libredesk"
)

func note() connectors.Note {
	return connectors.Note{
		Suggestion: "sg_01K0EXAMPLE", Conversation: chat, Message: question, Language: "de", Flag: "medium",
		Reasons: []string{"ein Satz ist nur teilweise belegt"}, Text: "Guten Tag {{ .Contact.FirstName }} & Co,\n\nIhr Paket <kommt> morgen.",
		Citations: []connectors.Citation{{Number: 1, Title: "Versandzeiten", Where: "S. 3", URL: "https://kb.example/a/12"}, {Number: 2, Title: "Skript", URL: "javascript:alert(1)"}},
		PanelURL:  "https://copilot.example/s/1",
	}
}

// newMessage is the body of a message, with all fields that LibreDesk knows.
type newMessage struct {
	Message     string   `json:"message"`
	Private     *bool    `json:"private"`
	SenderType  string   `json:"sender_type"`
	Attachments []int    `json:"attachments"`
	Mentions    []any    `json:"mentions"`
	To          []string `json:"to"`
	CC          []string `json:"cc"`
	BCC         []string `json:"bcc"`
	EchoID      string   `json:"echo_id"`
}

// server plays LibreDesk with one conversation.
type server struct {
	*connectortest.Fake
	t       *testing.T
	list    []map[string]any // of messages, the newest first
	visible bool             // whether it errs and makes notes public
	deletes bool             // whether this version can delete notes
}

func success(data any) map[string]any { return map[string]any{"status": "success", "data": data} }

const failure = `{"status":"error","message":"x","error_type":"NotFoundException"}`

func newServer(t *testing.T) *server {
	t.Helper()
	s := &server{t: t, deletes: true}
	s.Fake = connectortest.NewFake(t, func(r *http.Request) bool { return r.Header.Get("Authorization") == "token key:sec" })
	s.Get("GET /api/v1/conversations/{uuid}/messages", func(c connectortest.Call) (int, any) {
		q, err := url.ParseQuery(c.Query)
		require.NoError(t, err)
		page, err := strconv.Atoi(q.Get("page"))
		require.NoError(t, err)
		size, err := strconv.Atoi(q.Get("page_size"))
		require.NoError(t, err)
		require.LessOrEqual(t, size, 100, "more is refused by older versions")
		var found []map[string]any
		for _, m := range s.list {
			if q.Get("private") == fmt.Sprint(m["private"]) && slices.Contains(q["type"], m["type"].(string)) {
				found = append(found, m)
			}
		}
		pages := (len(found) + size - 1) / size
		found = found[min(len(found), (page-1)*size):min(len(found), page*size)]
		return 200, success(map[string]any{"results": found, "total_pages": pages, "page": page})
	})
	s.Get("GET /api/v1/conversations/{uuid}/messages/{message}", func(c connectortest.Call) (int, any) {
		for _, m := range s.list {
			if m["uuid"] == c.Path("message") {
				return 200, success(m)
			}
		}
		return 404, failure
	})
	s.Get("DELETE /api/v1/conversations/{uuid}/messages/{message}", func(c connectortest.Call) (int, any) {
		for i, m := range s.list {
			if s.deletes && m["uuid"] == c.Path("message") && m["private"] == true {
				s.list = append(s.list[:i:i], s.list[i+1:]...)
				return 200, success(true)
			}
		}
		return 404, failure
	})
	connectortest.Take(s.Fake, "POST /api/v1/conversations/{uuid}/messages", func(in newMessage, c connectortest.Call) (int, any) {
		require.NotNil(t, in.Private, "without it the text goes to the customer")
		require.True(t, *in.Private)
		require.Equal(t, "agent", in.SenderType)
		require.Empty(t, in.To)
		require.NotContains(t, in.Message, "{{", "LibreDesk would fill it in")
		return 200, success(s.add(c.Path("uuid"), 30, !s.visible, in.Message))
	})
	return s
}

// add puts a message of an agent on top.
func (s *server) add(conversation string, author int, private bool, content string) map[string]any {
	m := map[string]any{
		"uuid": fmt.Sprintf("5b0c7a1e-0000-4000-8000-%012d", 91000+len(s.list)), "conversation_uuid": conversation, "type": "outgoing", "status": "sent",
		"private": private, "content": content, "text_content": connectors.PlainText(content), "content_type": "html", "sender_id": author, "sender_type": "agent",
		"created_at": "2026-07-25T17:19:59Z", "updated_at": "2026-07-25T17:19:59Z", "author": map[string]any{"id": author, "type": "agent"},
	}
	s.list = append([]map[string]any{m}, s.list...)
	return m
}

func (s *server) connector(cl *connectors.Client) *libredesk.Connector {
	s.t.Helper()
	cfg := withKey(settings())
	cfg.BaseURL = s.URL + "/"
	c, err := libredesk.New(cfg, cl)
	require.NoError(s.t, err)
	return c
}

const (
	getMessages = "GET /api/v1/conversations/" + chat + "/messages"
	postMessage = "POST /api/v1/conversations/" + chat + "/messages"
)

func TestNoteIsPrivate(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	id, err := connectors.Deliver(t.Context(), s.connector(nil), note())
	require.NoError(t, err)
	require.Equal(t, s.list[0]["uuid"], id)
	require.Equal(t, []string{getMessages, postMessage}, s.Lines())
	content := s.list[0]["content"].(string)
	require.True(t, strings.HasPrefix(content, "<p>[Copilot sg_01K0EXAMPLE] "), "the marker guards against loops")
	require.NotContains(t, content, "javascript:")
	require.Contains(t, connectors.PlainText(content), "Guten Tag {{ .Contact.FirstName }} & Co,", "agents see what was written")
	connectortest.Golden(t, "note.golden", []byte(strings.ReplaceAll(content, "><", ">\n<")))
}

func TestNoteIsWrittenOnce(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	c := s.connector(nil)
	s.Fail(&connectortest.Fault{Times: 1, Only: "POST", Done: true, Cut: true})
	_, err := connectors.Deliver(t.Context(), c, note())
	require.Error(t, err)
	require.False(t, connectors.IsPermanent(err), "the answer was lost, so it is worth another attempt: %v", err)
	id, err := connectors.Deliver(t.Context(), c, note())
	require.NoError(t, err)
	require.Equal(t, s.list[0]["uuid"], id)
	require.Len(t, s.list, 1)
}

// A colleague who quotes our note cannot keep us from writing the next one.
func TestMarkerOfOthersDoesNotCount(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	s.add(chat, 12, true, "[Copilot sg_01K0EXAMPLE] so war es")
	s.add(chat, 30, false, "[Copilot sg_01K0EXAMPLE] öffentlich")
	_, err := connectors.Deliver(t.Context(), s.connector(nil), note())
	require.NoError(t, err)
	require.Len(t, s.list, 3)
}

func TestNoteThatIsNotCertainlyPrivateRaisesAnAlarm(t *testing.T) {
	t.Parallel()
	t.Run("the answer says that it is public", func(t *testing.T) {
		t.Parallel()
		s := newServer(t)
		s.visible = true
		_, err := connectors.Deliver(t.Context(), s.connector(nil), note())
		require.ErrorIs(t, err, connectors.ErrVisible)
		require.True(t, connectors.IsPermanent(err), "never again")
		require.ErrorContains(t, err, "tell the customer", "LibreDesk does not delete what is public")
		require.Contains(t, s.Lines()[2], "DELETE ", "but it was tried")
	})
	for name, answer := range map[string]string{
		"the answer does not say":     `{"status":"success","data":{"uuid":"` + question + `"}}`,
		"the answer names no message": `{"status":"success","data":{"private":true}}`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newServer(t)
			s.Fail(&connectortest.Fault{Only: "POST", Status: 200, Body: answer})
			_, err := connectors.Deliver(t.Context(), s.connector(nil), note())
			require.ErrorIs(t, err, connectors.ErrVisible)
			require.True(t, connectors.IsPermanent(err))
		})
	}
}

func TestNoteFaults(t *testing.T) {
	t.Parallel()
	connectortest.NoteFaults(t, note(), func(t *testing.T, cl *connectors.Client) (*connectortest.Fake, connectors.Noter) {
		t.Helper()
		s := newServer(t)
		return s.Fake, s.connector(cl)
	})
}

func TestNoteNeedsIDs(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(*connectors.Note){
		"a path as conversation": func(n *connectors.Note) { n.Conversation = "../agents/me" },
		"markup as suggestion":   func(n *connectors.Note) { n.Suggestion = "<b>" },
	} {
		s := newServer(t)
		n := note()
		change(&n)
		_, err := connectors.Deliver(t.Context(), s.connector(nil), n)
		require.True(t, connectors.IsPermanent(err), name)
		require.Empty(t, s.Lines())
	}
	off := withKey(settings())
	off.Notes = libredesk.Off
	for _, cfg := range []libredesk.Config{settings(), off} {
		c := build(t, cfg)
		require.True(t, c.Silent())
		_, err := c.Note(t.Context(), note())
		require.True(t, connectors.IsPermanent(err))
	}
}

func TestWithdraw(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	c := s.connector(nil)
	id, err := connectors.Deliver(t.Context(), c, note())
	require.NoError(t, err)
	require.NoError(t, c.Withdraw(t.Context(), id, note()))
	require.Empty(t, s.list)
	require.NoError(t, c.Withdraw(t.Context(), id, note()), "one that is gone is no error")

	id, err = connectors.Deliver(t.Context(), c, note())
	require.NoError(t, err)
	s.deletes = false
	err = c.Withdraw(t.Context(), id, note())
	require.True(t, connectors.IsPermanent(err))
	require.ErrorContains(t, err, "cannot delete notes")
	require.Len(t, s.list, 1)
}

// A deletion is for good, so nothing of others is ever deleted.
func TestWithdrawTakesOnlyOurNotes(t *testing.T) {
	t.Parallel()
	for name, add := range map[string]func(s *server) map[string]any{
		"a colleague's note":     func(s *server) map[string]any { return s.add(chat, 12, true, "[Copilot sg_01K0EXAMPLE] so war es") },
		"a public reply":         func(s *server) map[string]any { return s.add(chat, 30, false, "[Copilot sg_01K0EXAMPLE] Antwort") },
		"what our agent typed":   func(s *server) map[string]any { return s.add(chat, 30, true, "Bitte um Rückruf") },
		"one of another chat":    func(s *server) map[string]any { return s.add(question, 30, true, "[Copilot sg_01K0EXAMPLE]") },
		"a reply of a colleague": func(s *server) map[string]any { return s.add(chat, 12, false, "Guten Tag") },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newServer(t)
			id := add(s)["uuid"].(string)
			err := s.connector(nil).Withdraw(t.Context(), id, note())
			require.True(t, connectors.IsPermanent(err), "%v", err)
			require.Len(t, s.list, 1)
			require.Len(t, s.Lines(), 1)
		})
	}
}

func TestFetch(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	s.Get("GET /api/v1/conversations/{uuid}", func(connectortest.Call) (int, any) { return 200, `{"status":"success","data":` + item + `}` })
	c := s.connector(nil)
	e := read(t, c, body(t, "message_created_customer.json"))[0]
	events, err := c.Fetch(t.Context(), e)
	require.NoError(t, err)
	require.Len(t, events, 1)
	got := events[0]
	require.Equal(t, connectors.Message, got.Kind)
	require.Equal(t, "message:"+question, got.Key, "as it would be without a key")
	require.Equal(t, "Retoure", got.Subject)
	require.Equal(t, "email", got.Channel)
	require.Equal(t, "kd-4711", got.Customer)
	require.Contains(t, got.Text, "#55871")

	s.Fail(&connectortest.Fault{Status: 403, Body: failure})
	events, err = c.Fetch(t.Context(), e)
	require.NoError(t, err, "what may not be read is left out; the message is not lost")
	require.Contains(t, events[0].Text, "#55871")
	require.Empty(t, events[0].Subject)

	s.Fail(&connectortest.Fault{Status: 503, Body: failure})
	_, err = c.Fetch(t.Context(), e)
	require.Error(t, err)
	require.False(t, connectors.IsPermanent(err), "what may pass is tried again")

	_, err = c.Fetch(t.Context(), connectors.Event{Conversation: "../x", Message: question})
	require.True(t, connectors.IsPermanent(err))
}

func TestPoll(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	payload := func(file string) map[string]any {
		var got struct {
			Payload map[string]any `json:"payload"`
		}
		require.NoError(t, json.Unmarshal(connectortest.Body(t, file), &got))
		return got.Payload
	}
	for _, file := range []string{
		"message_created_customer.json", "attachment.json", "private_note_own.json", "ai_assistant_message.json", "message_updated_agent_reply_sent.json",
	} {
		s.list = append(s.list, payload(file))
	}
	s.list = append(s.list, s.add(chat, 12, false, "noch nicht gesendet"))
	s.list[0]["status"] = "pending"
	old := s.add(chat, 12, false, "vor langer Zeit")
	old["created_at"], old["updated_at"] = "2026-07-25T10:00:00Z", "2026-07-25T10:00:00Z"
	s.Get("GET /api/v1/conversations/{uuid}", func(c connectortest.Call) (int, any) {
		if c.Path("uuid") != chat {
			return 404, failure
		}
		return 200, `{"status":"success","data":` + item + `}`
	})
	full := `{"uuid":"` + chat + `","last_message_at":"2026-07-25T17:19:58Z"}` + strings.Repeat(`,{"uuid":"`+question+`","last_message_at":"2026-07-25T17:15:00Z"}`, 19)
	pages := map[string]string{
		"page=1&page_size=20": full,
		"page=2&page_size=20": `{"uuid":"` + question + `","last_message_at":"2026-07-25T10:00:00Z"},{"uuid":"` + chat + `","last_message_at":null}`,
	}
	s.Get("GET /api/v1/conversations/all", func(c connectortest.Call) (int, any) {
		require.Contains(t, pages, c.Query)
		return 200, `{"status":"success","data":{"results":[` + pages[c.Query] + `],"total":22,"total_pages":2}}`
	})
	c := s.connector(nil)
	since := time.Date(2026, 7, 25, 17, 10, 0, 0, time.UTC)
	page, err := c.Poll(t.Context(), "", since)
	require.NoError(t, err)
	require.True(t, page.More)

	known := map[string]bool{}
	for _, text := range []string{
		body(t, "message_created_customer.json"), body(t, "attachment.json"), body(t, "message_updated_agent_reply_sent.json"),
		event("conversation.status_changed", `{"conversation_uuid":"`+chat+`","new_status":"Resolved","conversation":`+item+`}`),
	} {
		for _, e := range read(t, build(t, settings()), text) {
			known[e.Key] = true
		}
	}
	found := map[string]bool{}
	for i, e := range page.Events {
		found[e.Key] = true
		require.Equal(t, "Retoure", e.Subject)
		require.False(t, i > 0 && e.At.Before(page.Events[i-1].At), "oldest first")
	}
	require.Equal(t, known, found, "with the keys that webhooks have; no notes, bots, unsent or old ones")

	page, err = c.Poll(t.Context(), page.Cursor, since)
	require.NoError(t, err)
	require.False(t, page.More)
	require.Empty(t, page.Events)
	pages["page=1&page_size=20"] = `{"uuid":"` + question + `","last_message_at":"2026-07-25T17:14:57Z"}`
	before := len(s.Lines())
	page, err = c.Poll(t.Context(), page.Cursor, since)
	require.NoError(t, err)
	require.Empty(t, page.Events)
	require.Len(t, s.Lines()[before:], 1, "from the newest message it saw, less the time that sending takes")

	pages["page=1&page_size=20"] = `{"uuid":"` + question + `","last_message_at":"2026-07-25T17:00:00Z"},{"uuid":"` + chat + `","last_message_at":"2026-07-25T17:19:58Z"}`
	_, err = c.Poll(t.Context(), "", since)
	require.ErrorContains(t, err, "newest messages are not first", "or messages would be missed silently")
	for _, bad := range []string{"not ours", `{"p":-1}`} {
		_, err = c.Poll(t.Context(), bad, since)
		require.True(t, connectors.IsPermanent(err))
	}
	s.Fail(&connectortest.Fault{Status: 401, Body: failure})
	_, err = c.Poll(t.Context(), "", since)
	require.ErrorIs(t, err, connectors.ErrGone)
	s.Fail(&connectortest.Fault{Status: 200, Body: `{"status":"error"}`})
	_, err = c.Poll(t.Context(), "", since)
	require.Error(t, err)
	require.False(t, connectors.IsPermanent(err))
	_, err = build(t, settings()).Poll(t.Context(), "", since)
	require.True(t, connectors.IsPermanent(err), "without a key")
}

// A conversation that said more than one page since is read on, but not for ever.
func TestPollReadsOn(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	s.Get("GET /api/v1/conversations/all", func(connectortest.Call) (int, any) {
		return 200, `{"status":"success","data":{"results":[{"uuid":"` + chat + `","last_message_at":"2026-07-25T17:19:58Z"}]}}`
	})
	s.Get("GET /api/v1/conversations/{uuid}", func(connectortest.Call) (int, any) {
		return 200, `{"status":"success","data":{"uuid":"` + chat + `"}}`
	})
	c := s.connector(nil)
	since := time.Date(2026, 7, 25, 17, 0, 0, 0, time.UTC)
	for _, tt := range []struct{ said, found, calls int }{{3, 3, 3}, {250, 250, 5}, {900, 500, 7}} {
		for len(s.list) < tt.said {
			s.add(chat, 12, false, "Antwort")
		}
		before := len(s.Lines())
		page, err := c.Poll(t.Context(), "", since)
		require.NoError(t, err)
		require.Len(t, page.Events, tt.found)
		require.Len(t, s.Lines()[before:], tt.calls)
	}
	for _, m := range s.list[90:] {
		m["created_at"], m["updated_at"] = "2026-07-25T10:00:00Z", "2026-07-25T10:00:00Z"
	}
	before := len(s.Lines())
	page, err := c.Poll(t.Context(), "", since)
	require.NoError(t, err)
	require.Len(t, page.Events, 90)
	require.Len(t, s.Lines()[before:], 3, "what is older is not read")
}

func TestFiles(t *testing.T) {
	t.Parallel()
	const file = "0b7e4a6a-7a51-4a55-a3f5-0e7a1f6b2c33"
	elsewhere := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") != "" {
			t.Errorf("the key went to %s", r.Host)
		}
		switch r.URL.Path {
		case "/again":
			http.Redirect(w, r, "https://169.254.169.254/", http.StatusFound)
		case "/huge":
			_, _ = w.Write(make([]byte, 5<<20))
		default:
			_, _ = w.Write([]byte("from elsewhere"))
		}
	}))
	t.Cleanup(elsewhere.Close)
	s := newServer(t)
	s.Get("GET /uploads/{uuid}", func(connectortest.Call) (int, any) { return 200, "picture" })
	c := s.connector(connectors.NewClient(0, elsewhere.Client().Transport, nil))
	a := connectors.Attachment{ID: file, Name: "etikett.jpg", URL: "https://desk.nordwind.example/uploads/" + file + "?signature=expired", Size: 7}

	got, err := c.Open(t.Context(), connectors.Event{}, a, 7)
	require.NoError(t, err)
	require.Equal(t, "picture", string(got.Data))
	require.Equal(t, "etikett.jpg", got.Name)
	small := a
	small.Size = 0
	_, err = c.Open(t.Context(), connectors.Event{}, small, 6)
	require.ErrorIs(t, err, connectors.ErrTooLarge)
	_, err = c.Open(t.Context(), connectors.Event{}, a, 6)
	require.ErrorIs(t, err, connectors.ErrTooLarge)

	lead := func(to string) {
		s.Fail(&connectortest.Fault{Status: http.StatusFound, Header: map[string]string{"Location": to}})
	}
	lead(elsewhere.URL + "/x")
	_, err = c.Open(t.Context(), connectors.Event{}, a, 100)
	var blocked *connectors.BlockedError
	require.ErrorAs(t, err, &blocked, "a private address")
	require.True(t, connectors.IsPermanent(err))
	c.AllowFiles(&connectors.Guard{Allow: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8"), netip.MustParsePrefix("::1/128")}})
	got, err = c.Open(t.Context(), connectors.Event{}, a, 100)
	require.NoError(t, err)
	require.Equal(t, "from elsewhere", string(got.Data))
	for _, to := range []string{"http://127.0.0.1/x", "/login", "https://u:p@kb.example/", elsewhere.URL + "/again"} {
		lead(to)
		_, err = c.Open(t.Context(), connectors.Event{}, a, 100)
		require.True(t, connectors.IsPermanent(err), "%s: %v", to, err)
	}
	lead(elsewhere.URL + "/huge")
	_, err = c.Open(t.Context(), connectors.Event{}, a, 9<<20)
	require.ErrorIs(t, err, connectors.ErrTooLarge)
	s.Fail(&connectortest.Fault{Status: 401, Body: failure})
	_, err = c.Open(t.Context(), connectors.Event{}, a, 100)
	require.ErrorIs(t, err, connectors.ErrGone)

	_, err = c.Open(t.Context(), connectors.Event{}, connectors.Attachment{ID: "../agents/me"}, 100)
	require.True(t, connectors.IsPermanent(err))
	_, err = build(t, settings()).Open(t.Context(), connectors.Event{}, a, 100)
	require.True(t, connectors.IsPermanent(err))
}

func TestTester(t *testing.T) {
	t.Parallel()
	const all = `"conversations:read","conversations:read_all","messages:read","messages:write"`
	for name, tt := range map[string]struct {
		me   string
		what string // that is wrong; empty: nothing
		hint string
	}{
		"all is well":              {`{"id":30,"permissions":[` + all + `]}`, "", ""},
		"newer names will do":      {`{"id":30,"permissions":["conversations:read","conversations:read_all","messages:read","messages:write_private"]}`, "", ""},
		"another agent's key":      {`{"id":12,"permissions":[` + all + `]}`, "agent", "agent 12"},
		"no way to read":           {`{"id":30,"permissions":["conversations:read_all","messages:read","messages:write"]}`, "may read conversations", "add conversations:read to"},
		"no way to look":           {`{"id":30,"permissions":["conversations:read","messages:read","messages:write"]}`, "may look for missed messages", "conversations:read_all"},
		"no way to read messages":  {`{"id":30,"permissions":["conversations:read","conversations:read_all","messages:write"]}`, "may read messages", "messages:read"},
		"no way to write":          {`{"id":30,"permissions":["conversations:read","conversations:read_all","messages:read"]}`, "may write notes", "messages:write_private or messages:write"},
		"a version that is silent": {`{"id":30}`, "permissions", "does not list them"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newServer(t)
			s.Get("GET /api/v1/agents/me", func(connectortest.Call) (int, any) { return 200, `{"status":"success","data":` + tt.me + `}` })
			s.Get("GET /api/v1/conversations/all", func(connectortest.Call) (int, any) { return 200, `{"status":"success","data":{"results":[]}}` })
			bad := map[string]string{}
			for _, f := range s.connector(nil).Test(t.Context()) {
				require.Equal(t, f.OK, f.Hint == "", f.What)
				if !f.OK {
					bad[f.What] = f.Hint
				}
			}
			if tt.what == "" {
				require.Empty(t, bad)
				return
			}
			require.Len(t, bad, 1)
			require.Contains(t, bad[tt.what], tt.hint)
		})
	}
	s := newServer(t)
	s.Get("GET /api/v1/agents/me", func(connectortest.Call) (int, any) { return 200, "" })
	s.Fail(&connectortest.Fault{Status: 401, Body: failure})
	got := s.connector(nil).Test(t.Context())
	require.Len(t, got, 1)
	require.Contains(t, got[0].Hint, "api_secret")
	require.False(t, build(t, settings()).Test(t.Context())[0].OK)
}

func TestPackage(t *testing.T) {
	t.Parallel()
	p := connectors.PackageOptions{Public: "https://copilot.example", Desk: "libredesk", Name: "Copilot"}
	c := build(t, withKey(settings()))
	got, err := c.Package(p)
	require.NoError(t, err)
	again, err := c.Package(p)
	require.NoError(t, err)
	require.Equal(t, got, again)
	var out bytes.Buffer
	out.Write(got.Files["libredesk-settings.json"])
	for _, s := range got.Steps {
		out.WriteString("- " + s + "\n")
	}
	require.NotContains(t, out.String(), secret)
	require.NotContains(t, out.String(), link)
	connectortest.Golden(t, "package.golden", out.Bytes())
	for _, bad := range []connectors.PackageOptions{
		{Public: "http://copilot.example", Desk: "l", Name: "x"},
		{Public: "https://copilot.example?x=1", Desk: "l", Name: "x"},
		{Public: "https://copilot.example", Desk: "a/b", Name: "x"},
		{Public: "https://copilot.example", Desk: "l"},
	} {
		_, err := c.Package(bad)
		require.Error(t, err)
	}
}
