package chatwoot_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/sufflor/sufflor/config"
	"github.com/sufflor/sufflor/connectors"
	"github.com/sufflor/sufflor/connectors/chatwoot"
	"github.com/sufflor/sufflor/connectors/connectortest"
)

func note() connectors.Note {
	return connectors.Note{
		Suggestion: "sg_01K0NEW", Conversation: "4711", Message: "90122", Language: "de", Flag: "medium",
		Reasons: []string{"eine Frage bleibt offen", "Zahl <5 geprüft"},
		Text:    "Guten Tag *Anna* & Co,\nheute [versendet](http://x.example).\n\n# Gruß\n- eins\n- zwei\n===",
		Citations: []connectors.Citation{
			{Number: 1, Title: "Versand & Zoll", Where: "S. 3", URL: "https://kb.example/1_(a)"},
			{Number: 2, Title: "Böse", URL: "javascript:alert(1)"},
		},
		PanelURL: "https://copilot.example.net/s/1",
	}
}

const (
	apiRoot  = "/api/v1/accounts/3"
	listPath = apiRoot + "/conversations/{conversation}/messages"
	getNotes = "GET " + apiRoot + "/conversations/4711/messages"
	postNote = "POST " + apiRoot + "/conversations/4711/messages"
	delNote  = "DELETE " + apiRoot + "/conversations/4711/messages/90200"
)

// server plays Chatwoot with its messages per conversation, oldest first.
type server struct {
	mu            sync.Mutex
	messages      map[string][]map[string]any
	conversations []map[string]any // newest activity first
	answer        func(note map[string]any)
}

// written is all that may be in a note.
type written struct {
	Content     string            `json:"content"`
	MessageType string            `json:"message_type"`
	Private     *bool             `json:"private"`
	Attributes  map[string]string `json:"content_attributes"`
}

func id(m map[string]any) int {
	switch n := m["id"].(type) {
	case int:
		return n
	case float64:
		return int(n)
	}
	return 0
}

func start(t *testing.T, s *server, client *connectors.Client, change func(*chatwoot.Config)) (*connectortest.Fake, *chatwoot.Connector) {
	t.Helper()
	if s.messages == nil {
		s.messages = map[string][]map[string]any{}
	}
	f := connectortest.NewFake(t, func(r *http.Request) bool { return r.Header.Get("Api_access_token") == "cw-token" })
	f.Get("GET "+listPath, func(c connectortest.Call) (int, any) {
		s.mu.Lock()
		defer s.mu.Unlock()
		return http.StatusOK, map[string]any{"meta": map[string]any{}, "payload": s.list(t, c)}
	})
	connectortest.Take(f, "POST "+listPath, func(in written, c connectortest.Call) (int, any) {
		s.mu.Lock()
		defer s.mu.Unlock()
		if in.Private == nil || !*in.Private || in.MessageType != "outgoing" || in.Content == "" {
			t.Errorf("a customer could see it: %s", c.Body)
		}
		m := map[string]any{
			"id": 90200, "content": in.Content, "message_type": 1, "private": true, "created_at": clock.Unix(),
			"content_attributes": in.Attributes, "sender": map[string]any{"id": 77, "type": "agent_bot"},
		}
		s.messages[c.Path("conversation")] = append(s.messages[c.Path("conversation")], m)
		if s.answer != nil {
			m = map[string]any{"id": 90200, "private": true}
			s.answer(m)
		}
		return http.StatusOK, m
	})
	f.Get("DELETE "+listPath+"/{message}", func(c connectortest.Call) (int, any) {
		s.mu.Lock()
		defer s.mu.Unlock()
		list := s.messages[c.Path("conversation")]
		i := slices.IndexFunc(list, func(m map[string]any) bool { return strconv.Itoa(id(m)) == c.Path("message") })
		if i < 0 {
			return http.StatusNotFound, `{"error":"Resource could not be found"}`
		}
		s.messages[c.Path("conversation")] = slices.Delete(list, i, i+1)
		return http.StatusOK, nil
	})
	f.Get("GET "+apiRoot+"/conversations", func(c connectortest.Call) (int, any) {
		s.mu.Lock()
		defer s.mu.Unlock()
		page := 0
		_, err := fmt.Sscanf(c.Query, "status=all&assignee_type=all&sort_by=last_activity_at_desc&page=%d", &page)
		require.NoError(t, err)
		from := min((page-1)*25, len(s.conversations))
		return http.StatusOK, map[string]any{"data": map[string]any{"meta": map[string]any{}, "payload": s.conversations[from:min(from+25, len(s.conversations))]}}
	})
	f.Get("GET "+apiRoot+"/conversations/{conversation}", func(c connectortest.Call) (int, any) {
		s.mu.Lock()
		defer s.mu.Unlock()
		for _, conv := range s.conversations {
			if strconv.Itoa(id(conv)) == c.Path("conversation") {
				return http.StatusOK, conv
			}
		}
		return http.StatusNotFound, `{"error":"Resource could not be found"}`
	})
	f.Get("GET "+apiRoot+"/inboxes", func(connectortest.Call) (int, any) {
		return http.StatusOK, `{"payload":[{"id":12,"name":"Webshop Chat","channel_type":"Channel::WebWidget"}]}`
	})
	cfg := settings()
	cfg.BaseURL = f.URL
	if change != nil {
		change(&cfg)
	}
	c, err := chatwoot.New(cfg, client)
	require.NoError(t, err)
	return f, c
}

// list is what Chatwoot's message finder gives.
func (s *server) list(t *testing.T, c connectortest.Call) []map[string]any {
	t.Helper()
	all := s.messages[c.Path("conversation")]
	out := []map[string]any{}
	name, value, _ := strings.Cut(c.Query, "=")
	at, _ := strconv.Atoi(value)
	for _, m := range all {
		if (name == "after" && id(m) > at) || (name == "before" && id(m) < at) || name == "" {
			out = append(out, m)
		}
	}
	if name == "after" {
		return out[:min(len(out), 100)]
	}
	return out[max(0, len(out)-20):]
}

func TestNoteIsPrivate(t *testing.T) {
	t.Parallel()
	f, c := start(t, &server{}, nil, nil)
	got, err := connectors.Deliver(t.Context(), c, note())
	require.NoError(t, err)
	require.Equal(t, "90200", got)
	require.Equal(t, []string{getNotes, postNote}, f.Lines())
	require.Equal(t, "after=90122", f.Calls()[0].Query)
	var sent written
	require.NoError(t, json.Unmarshal(f.Calls()[1].Body, &sent))
	require.Equal(t, map[string]string{"copilot_suggestion_id": "sg_01K0NEW"}, sent.Attributes)
	connectortest.Golden(t, "note.golden", []byte(sent.Content+"\n"))
	require.NotContains(t, sent.Content, "javascript:")

	again, err := connectors.Deliver(t.Context(), c, note())
	require.NoError(t, err)
	require.Equal(t, got, again)
	require.Equal(t, []string{getNotes, postNote, getNotes}, f.Lines(), "written once")
}

// Nothing in a note may call somebody, show a picture from elsewhere, or be
// more than the text it is.
func TestNotesAreEscaped(t *testing.T) {
	t.Parallel()
	f, c := start(t, &server{}, nil, nil)
	n := note()
	n.Text = "[@Jonas](mention://user/41/Jonas) ![x](https://track.example/p.png) <img src=x> `code` a | b\n    indented\n---\n- - -\n+1 **x** ~~y~~ &lt;"
	n.Reasons = []string{"(mention://team/1/x)"}
	n.Citations[0].Title, n.Citations[0].URL = "a](mention://user/41/x) [b", "https://kb.example/a b)(mention://user/41/x)"
	_, err := connectors.Deliver(t.Context(), c, n)
	require.NoError(t, err)
	var sent written
	require.NoError(t, json.Unmarshal(f.Calls()[1].Body, &sent))
	connectortest.Golden(t, "escaped.golden", []byte(sent.Content+"\n"))
	require.NotRegexp(t, `\(mention://(user|team)/(\d+)/(.+?)\)`, sent.Content, "what Chatwoot looks for")
	require.NotContains(t, sent.Content, "![x](")
}

func TestLongNotesFit(t *testing.T) {
	t.Parallel()
	f, c := start(t, &server{}, nil, nil)
	n := note()
	n.Text, n.Message = strings.Repeat("*", 1<<17), ""
	for range 500 {
		n.Citations = append(n.Citations, connectors.Citation{Number: 9, Title: strings.Repeat("T", 300), URL: "https://kb.example/9"})
	}
	_, err := connectors.Deliver(t.Context(), c, n)
	require.NoError(t, err)
	require.Empty(t, f.Calls()[0].Query, "without a message the last few do")
	var sent written
	require.NoError(t, json.Unmarshal(f.Calls()[1].Body, &sent))
	require.LessOrEqual(t, len(sent.Content), 20_000)
	require.Contains(t, sent.Content, n.PanelURL, "the way into the panel stays")

	n.Text, n.Citations, n.PanelURL = "", nil, ""
	n.Suggestion = "sg_2"
	_, err = connectors.Deliver(t.Context(), c, n)
	require.NoError(t, err)
	require.NoError(t, json.Unmarshal(f.Calls()[3].Body, &sent))
	require.Contains(t, sent.Content, "Die Dokumente beantworten das nicht.")
}

// The answer is lost after Chatwoot did what it was asked.
func TestLostAnswerDoesNotWriteTwice(t *testing.T) {
	t.Parallel()
	f, c := start(t, &server{}, nil, nil)
	f.Fail(&connectortest.Fault{Times: 1, Only: "POST", Done: true, Cut: true})
	_, err := connectors.Deliver(t.Context(), c, note())
	require.Error(t, err)
	require.False(t, connectors.IsPermanent(err))
	got, err := connectors.Deliver(t.Context(), c, note())
	require.NoError(t, err)
	require.Equal(t, "90200", got)
	require.Equal(t, []string{getNotes, postNote, getNotes}, f.Lines())
}

func TestNoteFaults(t *testing.T) {
	t.Parallel()
	connectortest.NoteFaults(t, note(), func(t *testing.T, client *connectors.Client) (*connectortest.Fake, connectors.Noter) {
		t.Helper()
		return start(t, &server{}, client, nil)
	})
}

func TestNoteThatIsNotCertainlyPrivateIsTakenBack(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		answer func(map[string]any)
		taken  bool
	}{
		"the answer says public":       {func(m map[string]any) { m["private"] = false }, true},
		"the answer does not say":      {func(m map[string]any) { delete(m, "private") }, true},
		"the answer names no message":  {func(m map[string]any) { delete(m, "private"); delete(m, "id") }, false},
		"the answer names another one": {func(m map[string]any) { m["private"] = false; m["id"] = 1 }, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f, c := start(t, &server{answer: tt.answer}, nil, nil)
			_, err := connectors.Deliver(t.Context(), c, note())
			require.ErrorIs(t, err, connectors.ErrVisible)
			require.True(t, connectors.IsPermanent(err), "never again")
			require.Equal(t, tt.taken, strings.HasPrefix(f.Lines()[len(f.Lines())-1], "DELETE "))
			if strings.Contains(name, "another") {
				require.ErrorContains(t, err, "delete it now")
			}
		})
	}
	_, c := start(t, &server{answer: func(m map[string]any) { delete(m, "id") }}, nil, nil)
	_, err := connectors.Deliver(t.Context(), c, note())
	require.ErrorContains(t, err, "no id")
	require.False(t, connectors.IsPermanent(err), "the next attempt finds it by its marker")
}

// Our marker counts only in a private note of ours.
func TestMarkerOfOthersDoesNotCount(t *testing.T) {
	t.Parallel()
	marked := func(private bool, sender map[string]any) map[string]any {
		return map[string]any{"id": 90150, "content": "[Copilot sg_01K0NEW]", "private": private, "created_at": clock.Unix(), "sender": sender}
	}
	f, c := start(t, &server{messages: map[string][]map[string]any{"4711": {
		marked(false, map[string]any{"id": 77, "type": "agent_bot"}), marked(true, map[string]any{"id": 77, "type": "user"}), marked(true, nil),
	}}}, nil, nil)
	_, err := connectors.Deliver(t.Context(), c, note())
	require.NoError(t, err)
	require.Equal(t, []string{getNotes, postNote}, f.Lines())
}

func TestWithdraw(t *testing.T) {
	t.Parallel()
	f, c := start(t, &server{}, nil, nil)
	got, err := connectors.Deliver(t.Context(), c, note())
	require.NoError(t, err)
	require.NoError(t, c.Withdraw(t.Context(), got, note()))
	require.NoError(t, c.Withdraw(t.Context(), got, note()), "gone already")
	require.Equal(t, []string{getNotes, postNote, delNote, delNote}, f.Lines())
	f.Fail(&connectortest.Fault{Status: http.StatusBadGateway})
	err = c.Withdraw(t.Context(), got, note())
	require.Error(t, err)
	require.False(t, connectors.IsPermanent(err))
	f.Fail(&connectortest.Fault{Status: http.StatusUnauthorized})
	require.ErrorIs(t, c.Withdraw(t.Context(), got, note()), connectors.ErrGone)
	calls := len(f.Calls())
	require.True(t, connectors.IsPermanent(c.Withdraw(t.Context(), "../1", note())))
	require.Len(t, f.Calls(), calls)
}

func TestNotesNeedSettingsAndIDs(t *testing.T) {
	t.Parallel()
	f, c := start(t, &server{}, nil, nil)
	off := connector(t, func(c *chatwoot.Config) { c.Notes = chatwoot.Off })
	none := connector(t, func(c *chatwoot.Config) { c.Token = config.Secret{} })
	require.True(t, off.Silent())
	require.True(t, none.Silent())
	require.False(t, c.Silent())
	odd := note()
	odd.Conversation = "1/../../2"
	for name, tt := range map[string]struct {
		c *chatwoot.Connector
		n connectors.Note
	}{"off": {off, note()}, "no token": {none, note()}, "a path": {c, odd}} {
		_, err := connectors.Deliver(t.Context(), tt.c, tt.n)
		require.True(t, connectors.IsPermanent(err), "%s: %v", name, err)
	}
	require.Empty(t, f.Calls())
}

// apiMessage is a sample as the API lists it: a number for the type, seconds
// for the time.
func apiMessage(t *testing.T, sample string) map[string]any {
	t.Helper()
	var m map[string]any
	require.NoError(t, json.Unmarshal(connectortest.Body(t, sample), &m))
	at, err := time.Parse(time.RFC3339, m["created_at"].(string))
	require.NoError(t, err)
	out := map[string]any{"created_at": at.Unix(), "message_type": map[string]int{"incoming": 0, "outgoing": 1}[m["message_type"].(string)]}
	for _, k := range []string{"id", "content", "private", "content_attributes", "sender", "attachments"} {
		if v, ok := m[k]; ok {
			out[k] = v
		}
	}
	return out
}

// apiConversation is that of a sample as the API has it.
func apiConversation(t *testing.T) map[string]any {
	t.Helper()
	var m struct {
		Conversation map[string]any `json:"conversation"`
	}
	require.NoError(t, json.Unmarshal(connectortest.Body(t, "customer_message.json"), &m))
	conv := m.Conversation
	conv["account_id"] = 3
	conv["meta"].(map[string]any)["channel"] = conv["channel"]
	delete(conv, "channel")
	return conv
}

var samples = []string{"bot_message.json", "customer_message.json", "attachment.json", "private_note_own.json", "agent_reply.json"}

func playing(t *testing.T) *server {
	t.Helper()
	s := &server{messages: map[string][]map[string]any{}, conversations: []map[string]any{apiConversation(t)}}
	for _, name := range samples {
		s.messages["4711"] = append(s.messages["4711"], apiMessage(t, name))
	}
	return s
}

// whole drops what the API rounds.
func whole(events []connectors.Event) []connectors.Event {
	for i := range events {
		events[i].At = events[i].At.Truncate(time.Second)
	}
	return events
}

func TestFetchOfAnUnsignedDelivery(t *testing.T) {
	t.Parallel()
	s := playing(t)
	f, c := start(t, s, nil, unsigned)
	for _, name := range samples {
		signed, err := connector(t, nil).Read(connectors.Delivery{Body: connectortest.Body(t, name)})
		require.NoError(t, err)
		rec, err := c.Read(connectors.Delivery{Body: connectortest.Body(t, name)})
		require.NoError(t, err)
		require.Len(t, rec.Events, len(signed.Events))
		for _, e := range rec.Events {
			got, err := c.Fetch(t.Context(), e)
			require.NoError(t, err)
			require.Equal(t, whole(signed.Events), got, "as if it had been signed")
		}
	}
	forged := changed(t, "customer_message.json", map[string]any{"content": "Bitte Passwort senden"})
	rec, err := c.Read(connectors.Delivery{Body: forged})
	require.NoError(t, err)
	got, err := c.Fetch(t.Context(), rec.Events[0])
	require.NoError(t, err)
	require.Contains(t, got[0].Text, "#55871", "the API's text counts")

	missing := rec.Events[0]
	missing.Message = "99999"
	_, err = c.Fetch(t.Context(), missing)
	require.True(t, connectors.IsPermanent(err), "what the API does not know never happened: %v", err)
	f.Fail(&connectortest.Fault{Status: http.StatusBadGateway})
	_, err = c.Fetch(t.Context(), rec.Events[0])
	require.False(t, connectors.IsPermanent(err))
	f.Fail(&connectortest.Fault{Only: "GET " + apiRoot + "/inboxes", Status: http.StatusUnauthorized})
	got, err = c.Fetch(t.Context(), rec.Events[0])
	require.NoError(t, err)
	require.Len(t, got, 1, "a message counts more than the name of its inbox")
	for _, e := range []connectors.Event{{Conversation: "x", Message: "1"}, {Conversation: "1", Message: "../1"}, {Conversation: "1", Message: "0"}} {
		_, err = c.Fetch(t.Context(), e)
		require.True(t, connectors.IsPermanent(err))
	}
}

func TestPollFindsWhatWasMissed(t *testing.T) {
	t.Parallel()
	_, c := start(t, playing(t), nil, nil)
	page, err := c.Poll(t.Context(), "", time.Unix(1784999900, 0))
	require.NoError(t, err)
	require.True(t, page.More, "the next page may hold more")
	var want []connectors.Event
	for _, name := range samples {
		rec, err := c.Read(connectors.Delivery{Body: connectortest.Body(t, name)})
		require.NoError(t, err)
		want = append(want, rec.Events...)
	}
	require.Len(t, want, 3)
	require.Equal(t, whole(want), page.Events, "with the keys of the deliveries, oldest first")

	page, err = c.Poll(t.Context(), page.Cursor, time.Time{})
	require.NoError(t, err)
	require.False(t, page.More)
	require.Empty(t, page.Events)
	require.LessOrEqual(t, len(page.Cursor), 4<<10)

	page, err = c.Poll(t.Context(), page.Cursor, time.Time{})
	require.NoError(t, err)
	require.Len(t, page.Events, 3, "the last minute is read again; the keys say that it is known")
}

func TestPollGoesThroughPagesAndLongConversations(t *testing.T) {
	t.Parallel()
	const begin = 1784990000
	s := &server{messages: map[string][]map[string]any{}}
	want := 0
	for i := range 60 { // the newest first
		s.conversations = append(s.conversations, map[string]any{"id": i + 1, "account_id": 3, "inbox_id": 12, "last_activity_at": begin + 1000 - i*10, "custom_attributes": nil})
		s.messages[strconv.Itoa(i+1)] = []map[string]any{{"id": 1000 + i, "content": "x", "message_type": 0, "private": false, "created_at": begin + 1000 - i*10}}
		if 1000-i*10 >= 600 {
			want++
		}
	}
	s.messages["1"] = nil
	for i := range 95 {
		s.messages["1"] = append(s.messages["1"], map[string]any{"id": 2000 + i, "content": "m" + strconv.Itoa(i), "message_type": 0, "private": false, "created_at": begin + 900 + i})
	}
	want += 94
	f, c := start(t, s, nil, nil)
	keys := map[string]bool{}
	cursor, rounds := "", 0
	for more := true; more; rounds++ {
		page, err := c.Poll(t.Context(), cursor, time.Unix(begin+600, 0))
		require.NoError(t, err)
		for i, e := range page.Events {
			keys[e.Key] = true
			require.True(t, i == 0 || !e.At.Before(page.Events[i-1].At), "oldest first")
		}
		cursor, more = page.Cursor, page.More
	}
	require.Equal(t, 2, rounds, "the third page is too old to be asked for")
	require.Len(t, keys, want)
	inboxes := 0
	for _, line := range f.Lines() {
		if strings.HasSuffix(line, "/inboxes") {
			inboxes++
		}
	}
	require.Equal(t, 1, inboxes, "names are read once")

	s.mu.Lock()
	s.conversations = slices.Insert(s.conversations, 0, map[string]any{"id": 99, "account_id": 3, "last_activity_at": begin + 2000})
	s.messages["99"] = []map[string]any{{"id": 5000, "content": "neu", "message_type": 0, "private": false, "created_at": begin + 2000}}
	s.mu.Unlock()
	page, err := c.Poll(t.Context(), cursor, time.Time{})
	require.NoError(t, err)
	require.Contains(t, page.Events[len(page.Events)-1].Text, "neu", "the next round finds what came since")
	require.False(t, page.More)
}

func TestPollFaults(t *testing.T) {
	t.Parallel()
	s := playing(t)
	f, c := start(t, s, nil, nil)
	_, err := c.Poll(t.Context(), "{", time.Time{})
	require.True(t, connectors.IsPermanent(err))
	_, err = c.Poll(t.Context(), `{"page":0}`, time.Time{})
	require.True(t, connectors.IsPermanent(err))
	f.Fail(&connectortest.Fault{Only: getNotes, Status: http.StatusBadGateway})
	_, err = c.Poll(t.Context(), "", time.Unix(1, 0))
	require.False(t, connectors.IsPermanent(err), "nothing is skipped: %v", err)
	f.Fail(&connectortest.Fault{Only: getNotes, Status: http.StatusNotFound})
	page, err := c.Poll(t.Context(), "", time.Unix(1, 0))
	require.NoError(t, err, "deleted since it was listed")
	require.Empty(t, page.Events)
	f.Fail(&connectortest.Fault{Status: http.StatusUnauthorized})
	_, err = c.Poll(t.Context(), "", time.Unix(1, 0))
	require.ErrorIs(t, err, connectors.ErrGone)
	f.Fail(nil)
	s.conversations[0]["account_id"] = 4
	_, err = c.Poll(t.Context(), "", time.Unix(1, 0))
	require.ErrorIs(t, err, connectors.ErrForeign)
}

func TestOpen(t *testing.T) {
	t.Parallel()
	f, _ := start(t, &server{}, nil, nil)
	var asked []http.Header
	desk := http.NewServeMux()
	desk.HandleFunc("/rails/active_storage/blobs/redirect/abc/label.jpg", func(w http.ResponseWriter, r *http.Request) {
		asked = append(asked, r.Header.Clone())
		http.Redirect(w, r, "/rails/active_storage/disk/abc/label.jpg", http.StatusFound)
	})
	desk.HandleFunc("/rails/active_storage/disk/abc/label.jpg", func(w http.ResponseWriter, r *http.Request) {
		asked = append(asked, r.Header.Clone())
		w.Header().Set("Content-Type", "image/jpeg")
		_, _ = w.Write([]byte("JPEG bytes"))
	})
	desk.HandleFunc("/inside", func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, "https://169.254.169.254/latest", http.StatusFound)
	})
	files := httptest.NewServer(desk)
	t.Cleanup(files.Close)
	s := files.URL
	c := connector(t, func(cfg *chatwoot.Config) { cfg.BaseURL = s })
	open := func(address string, limit int64) (connectors.File, error) {
		return c.Open(t.Context(), connectors.Event{}, connectors.Attachment{ID: "1", URL: address}, limit)
	}
	got, err := open(s+"/rails/active_storage/blobs/redirect/abc/label.jpg", 10)
	require.NoError(t, err)
	require.Equal(t, "JPEG bytes", string(got.Data))
	require.Equal(t, "image/jpeg", got.Type)
	_, err = open(s+"/rails/active_storage/blobs/redirect/abc/label.jpg", 9)
	require.ErrorIs(t, err, connectors.ErrTooLarge)
	var blocked *connectors.BlockedError
	_, err = open(s+"/inside", 10)
	require.ErrorAs(t, err, &blocked, "a redirect into our own network")
	_, err = open(strings.Replace(f.URL, "http://", "https://", 1)+"/x", 10)
	require.ErrorAs(t, err, &blocked, "a private address that is not the server")
	_, err = open("", 10)
	require.Error(t, err)
	for _, h := range asked {
		require.Empty(t, h.Get("Api_access_token"), "files want no token")
	}
}

func TestTest(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name    string
		profile string
		change  func(*chatwoot.Config)
		fault   *connectortest.Fault
		bad     map[string]string // what is not well, and a word of its hint
	}{
		{name: "all is well", profile: `{"id":77,"accounts":[{"id":1},{"id":3}]}`},
		{name: "a bot has no profile", change: func(c *chatwoot.Config) { c.Sender = chatwoot.AgentBot }},
		{name: "another user's token", profile: `{"id":41,"accounts":[{"id":3}]}`, bad: map[string]string{"sender": "sender_id"}},
		{name: "another account", profile: `{"id":77,"accounts":[{"id":1}]}`, bad: map[string]string{"account": "Settings > Agents"}},
		{name: "a token that is gone", fault: &connectortest.Fault{Status: http.StatusUnauthorized}, bad: map[string]string{"token": "renew token"}},
		{name: "no inbox", profile: `{"id":77,"accounts":[{"id":3}]}`, fault: &connectortest.Fault{Only: "GET " + apiRoot + "/conversations", Status: http.StatusForbidden}, bad: map[string]string{"conversations": "member"}},
		{name: "no token", change: func(c *chatwoot.Config) { c.Token = config.Secret{} }, bad: map[string]string{"token": "sender_id"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			f, c := start(t, &server{}, nil, func(cfg *chatwoot.Config) {
				cfg.Sender = ""
				if tt.change != nil {
					tt.change(cfg)
				}
			})
			if tt.profile != "" || tt.fault != nil {
				f.Get("GET /api/v1/profile", func(connectortest.Call) (int, any) { return http.StatusOK, tt.profile })
			}
			f.Fail(tt.fault)
			got := c.Test(t.Context())
			require.NotEmpty(t, got)
			for _, f := range got {
				word, isBad := tt.bad[f.What]
				require.Equal(t, !isBad, f.OK, "%s: %s", f.What, f.Hint)
				require.Contains(t, f.Hint, word)
				require.Equal(t, f.OK, f.Hint == "", f.What)
			}
			for what := range tt.bad {
				require.True(t, slices.ContainsFunc(got, func(f connectors.Finding) bool { return f.What == what }), what)
			}
		})
	}
}

func TestPackage(t *testing.T) {
	t.Parallel()
	opts := connectors.PackageOptions{Public: "https://copilot.example.net", Desk: "chatwoot", Name: "Sufflør"}
	c := connector(t, nil)
	p, err := c.Package(opts)
	require.NoError(t, err)
	again, err := c.Package(opts)
	require.NoError(t, err)
	require.Equal(t, p, again)
	all := string(p.Files["dashboard-app.json"]) + string(p.Files["webhook.json"]) + strings.Join(p.Steps, "\n") + "\n"
	require.Len(t, p.Files, 2)
	connectortest.Golden(t, "package.golden", []byte(all))
	require.NotContains(t, all, secret)
	require.NotContains(t, all, "cw-token")
	require.Equal(t, []string{"https://chat.nordwind.example"}, c.Origins(), "may frame the panel")

	p, err = connector(t, unsigned).Package(opts)
	require.NoError(t, err)
	require.Contains(t, string(p.Files["webhook.json"]), "url_token")
	require.NotContains(t, string(p.Files["webhook.json"]), urlToken, "no secret is in a package")
	for _, bad := range []connectors.PackageOptions{{Public: "http://x.example", Desk: "d", Name: "n"}, {Public: "https://x.example"}} {
		_, err = c.Package(bad)
		require.Error(t, err)
	}
}
