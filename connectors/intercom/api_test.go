package intercom_test

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/sufflor/sufflor/config"
	"github.com/sufflor/sufflor/connectors"
	"github.com/sufflor/sufflor/connectors/connectortest"
	"github.com/sufflor/sufflor/connectors/intercom"
)

// newPart is the body of a reply, with all fields that Intercom knows of it.
type newPart struct {
	MessageType string   `json:"message_type"`
	Type        string   `json:"type"`
	AdminID     string   `json:"admin_id"`
	Body        string   `json:"body"`
	Skip        bool     `json:"skip_notifications"`
	URLs        []string `json:"attachment_urls"`
}

type redaction struct {
	Type         string `json:"type"`
	Conversation string `json:"conversation_id"`
	Part         string `json:"conversation_part_id"`
}

// inbox plays Intercom with one conversation.
type inbox struct {
	*connectortest.Fake
	t     *testing.T
	item  map[string]any
	parts []map[string]any
	as    string // the type that a new part gets: note, unless Intercom errs
}

func newInbox(t *testing.T) *inbox {
	t.Helper()
	in := &inbox{t: t, as: "note"}
	require.NoError(t, json.Unmarshal(connectortest.Body(t, "api_note_response.json"), &in.item))
	bearer := connectortest.Bearer("access-token")
	in.Fake = connectortest.NewFake(t, func(r *http.Request) bool { return bearer(r) && r.Header.Get("Intercom-Version") == "2.14" })
	in.Get("GET /conversations/{id}", func(c connectortest.Call) (int, any) {
		if c.Path("id") != ticket {
			return http.StatusNotFound, `{"type":"error.list"}`
		}
		require.Equal(t, "display_as=plaintext", c.Query)
		return http.StatusOK, in.conversation()
	})
	connectortest.Take(in.Fake, "POST /conversations/{id}/reply", func(p newPart, c connectortest.Call) (int, any) {
		if c.Path("id") != ticket {
			return http.StatusNotFound, `{"type":"error.list"}`
		}
		require.Equal(t, "note", p.MessageType, "anything else goes to the customer")
		require.Equal(t, "admin", p.Type)
		require.Equal(t, copilot, p.AdminID)
		require.True(t, p.Skip)
		in.add(in.as, copilot, p.Body)
		return http.StatusOK, in.conversation()
	})
	connectortest.Take(in.Fake, "POST /conversations/redact", func(r redaction, _ connectortest.Call) (int, any) {
		require.Equal(t, "conversation_part", r.Type)
		require.Equal(t, ticket, r.Conversation)
		for _, p := range in.parts {
			if p["id"] == r.Part {
				p["redacted"], p["body"] = true, "This message was deleted"
				return http.StatusOK, in.conversation()
			}
		}
		return http.StatusNotFound, `{"type":"error.list"}`
	})
	return in
}

func (in *inbox) add(kind, who, body string) string {
	id := "3412" + time.Unix(int64(len(in.parts)), 0).UTC().Format("0405")
	in.parts = append(in.parts, map[string]any{
		"type": "conversation_part", "id": id, "part_type": kind, "body": body, "created_at": 1785000000 + len(in.parts),
		"author": map[string]any{"type": "admin", "id": who}, "redacted": false,
	})
	return id
}

func (in *inbox) conversation() map[string]any {
	in.item["conversation_parts"] = map[string]any{"conversation_parts": in.parts}
	return in.item
}

func (in *inbox) connector(cl *connectors.Client) *intercom.Connector {
	in.t.Helper()
	cfg := settings()
	cfg.BaseURL = in.URL
	c, err := intercom.New(cfg, cl)
	require.NoError(in.t, err)
	return c
}

const (
	getOne   = "GET /conversations/" + ticket
	postPart = "POST /conversations/" + ticket + "/reply"
	redact   = "POST /conversations/redact"
)

func TestNoteIsInternal(t *testing.T) {
	t.Parallel()
	in := newInbox(t)
	id, err := connectors.Deliver(t.Context(), in.connector(client()), note())
	require.NoError(t, err)
	require.Equal(t, in.parts[0]["id"], id)
	require.Equal(t, []string{getOne, postPart}, in.Lines())
	body := in.parts[0]["body"].(string)
	require.True(t, strings.HasPrefix(body, "<p>[Copilot sg_01K0EXAMPLE] "), "the marker guards against loops")
	require.NotContains(t, body, "javascript:")
	connectortest.Golden(t, "note.golden", []byte(strings.ReplaceAll(body, "><", ">\n<")))
}

func TestNoteIsWrittenOnce(t *testing.T) {
	t.Parallel()
	in := newInbox(t)
	c := in.connector(client())
	in.Fail(&connectortest.Fault{Times: 1, Only: "POST", Done: true, Cut: true})
	_, err := connectors.Deliver(t.Context(), c, note())
	require.Error(t, err)
	require.False(t, connectors.IsPermanent(err), "the answer was lost, so it is worth another attempt: %v", err)
	id, err := connectors.Deliver(t.Context(), c, note())
	require.NoError(t, err)
	require.Equal(t, in.parts[0]["id"], id)
	require.Len(t, in.parts, 1)
}

// Whoever writes our marker cannot keep us from writing, and nothing of theirs
// is taken for a note of ours that went astray.
func TestMarkerOfOthersDoesNotCount(t *testing.T) {
	t.Parallel()
	in := newInbox(t)
	in.add("comment", agent, "[Copilot sg_01K0EXAMPLE] haha")
	in.add("note", agent, "[Copilot sg_01K0EXAMPLE] haha")
	in.add("comment", copilot, "[Copilot sg_01K0EXAMPLE] copied by somebody at our seat")
	id, err := connectors.Deliver(t.Context(), in.connector(client()), note())
	require.NoError(t, err)
	require.Len(t, in.parts, 4)
	require.Equal(t, in.parts[3]["id"], id)
	require.Equal(t, []string{getOne, postPart}, in.Lines(), "nothing is redacted")
}

func TestNoteThatIsNotCertainlyInternalRaisesAnAlarm(t *testing.T) {
	t.Parallel()
	t.Run("the answer says that it is public", func(t *testing.T) {
		t.Parallel()
		in := newInbox(t)
		in.as = "comment"
		_, err := connectors.Deliver(t.Context(), in.connector(client()), note())
		require.ErrorIs(t, err, connectors.ErrVisible)
		require.ErrorContains(t, err, "redacted")
		require.True(t, connectors.IsPermanent(err), "never again")
		require.Equal(t, true, in.parts[0]["redacted"], "taken back at once")
	})
	t.Run("it cannot be taken back", func(t *testing.T) {
		t.Parallel()
		in := newInbox(t)
		in.as = "comment"
		in.Fail(&connectortest.Fault{Only: redact, Status: 500, Body: "{}"})
		_, err := connectors.Deliver(t.Context(), in.connector(client()), note())
		require.ErrorIs(t, err, connectors.ErrVisible)
		require.ErrorContains(t, err, "delete it now")
	})
	for name, answer := range map[string]string{
		"the answer names no part":               `{"id":"` + ticket + `"}`,
		"the answer is about another one":        `{"id":"1"}`,
		"the answer has no kind of part":         `{"id":"` + ticket + `","conversation_parts":{"conversation_parts":[{"id":"9","body":"[Copilot sg_01K0EXAMPLE] x","author":{"type":"admin","id":"814999"}}]}}`,
		"the answer has our words from somebody": `{"id":"` + ticket + `","conversation_parts":{"conversation_parts":[{"id":"9","part_type":"note","body":"[Copilot sg_01K0EXAMPLE] x","author":{"type":"admin","id":"1"}}]}}`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			in := newInbox(t)
			in.Fail(&connectortest.Fault{Only: postPart, Status: 200, Body: answer})
			_, err := connectors.Deliver(t.Context(), in.connector(client()), note())
			require.ErrorIs(t, err, connectors.ErrVisible)
			require.True(t, connectors.IsPermanent(err))
		})
	}
}

func TestNoteFaults(t *testing.T) {
	t.Parallel()
	connectortest.NoteFaults(t, note(), func(t *testing.T, cl *connectors.Client) (*connectortest.Fake, connectors.Noter) {
		t.Helper()
		in := newInbox(t)
		return in.Fake, in.connector(cl)
	})
}

// Intercom tells when a limit ends, not how long it lasts.
func TestLimitsEndWhenIntercomSays(t *testing.T) {
	t.Parallel()
	var sample struct {
		Status  int               `json:"status"`
		Headers map[string]string `json:"headers"`
		Body    json.RawMessage   `json:"body"`
	}
	require.NoError(t, json.Unmarshal(connectortest.Body(t, "api_ratelimited_429.json"), &sample))
	for reset, want := range map[string]time.Duration{"1785000010": 10 * time.Second, "1784999999": 0, "9999999999": time.Minute, "soon": 0} {
		in := newInbox(t)
		sample.Headers["X-RateLimit-Reset"] = reset
		in.Fail(&connectortest.Fault{Status: sample.Status, Header: sample.Headers, Body: string(sample.Body)})
		_, err := connectors.Deliver(t.Context(), in.connector(client()), note())
		var call *connectors.CallError
		require.ErrorAs(t, err, &call)
		require.False(t, connectors.IsPermanent(err))
		require.Equal(t, want, call.After)
	}
}

func TestNoteNeedsIDs(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(*connectors.Note){
		"a path as conversation": func(n *connectors.Note) { n.Conversation = "1/../2" },
		"markup as suggestion":   func(n *connectors.Note) { n.Suggestion = "<b>" },
	} {
		in := newInbox(t)
		n := note()
		change(&n)
		_, err := connectors.Deliver(t.Context(), in.connector(client()), n)
		require.True(t, connectors.IsPermanent(err), name)
		require.Empty(t, in.Lines())
	}
	for _, change := range []func(*intercom.Config){
		func(c *intercom.Config) { c.Notes = intercom.Off }, func(c *intercom.Config) { c.Token = config.Secret{} },
	} {
		cfg := settings()
		change(&cfg)
		c, err := intercom.New(cfg, nil)
		require.NoError(t, err)
		require.True(t, c.Silent())
		_, err = c.Note(t.Context(), note())
		require.True(t, connectors.IsPermanent(err))
	}
}

func TestWithdraw(t *testing.T) {
	t.Parallel()
	in := newInbox(t)
	c := in.connector(client())
	id, err := connectors.Deliver(t.Context(), c, note())
	require.NoError(t, err)
	require.NoError(t, c.Withdraw(t.Context(), id, note()))
	require.Equal(t, true, in.parts[0]["redacted"])
	before := len(in.Lines())
	require.NoError(t, c.Withdraw(t.Context(), id, note()), "twice is once")
	require.Equal(t, []string{getOne}, in.Lines()[before:])
	require.NoError(t, c.Withdraw(t.Context(), "404", note()), "one that is gone is no error")
	n := note()
	n.Conversation = "215468900000002"
	require.NoError(t, c.Withdraw(t.Context(), id, n), "with its conversation")
}

// A redaction is for good, so nothing of others is ever redacted.
func TestWithdrawTakesOnlyOurNotes(t *testing.T) {
	t.Parallel()
	for name, p := range map[string][3]string{
		"a colleague's note":          {"note", agent, "[Copilot sg_01K0EXAMPLE] so war es"},
		"a reply":                     {"comment", copilot, "[Copilot sg_01K0EXAMPLE] Antwort"},
		"what our teammate typed":     {"note", copilot, "Bitte um Rückruf"},
		"a reply of somebody else":    {"comment", agent, "Guten Tag"},
		"a part of an unknown nature": {"", copilot, "[Copilot sg_01K0EXAMPLE]"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			in := newInbox(t)
			id := in.add(p[0], p[1], p[2])
			err := in.connector(client()).Withdraw(t.Context(), id, note())
			require.True(t, connectors.IsPermanent(err), "%v", err)
			require.Equal(t, []string{getOne}, in.Lines())
		})
	}
}

func TestAgentKeepsTheirText(t *testing.T) {
	t.Parallel()
	in := newInbox(t)
	c := in.connector(client())
	d := connectors.Delivery{Path: submit, Body: press(t, "canvas_submit_edited_note.json", storedOf(t, c, agent, note()))}
	require.NoError(t, c.React(t.Context(), d))
	require.Equal(t, []string{postPart}, in.Lines())
	require.Equal(t, "<p><strong>[Copilot sg_01K0EXAMPLE 814860] Jonas Weber</strong></p><p>Guten Tag Anna,</p>"+
		"<p>Ihre Bestellung #55871 wurde gestern versendet und trifft voraussichtlich am 28.07. ein.</p>", in.parts[0]["body"])

	_, err := connectors.Deliver(t.Context(), c, note())
	require.NoError(t, err)
	require.Len(t, in.parts, 2, "the suggestion's own note is another one")

	for _, body := range [][]byte{
		press(t, "canvas_submit_down.json", storedOf(t, c, agent, note())), // another button
		connectortest.Body(t, "canvas_submit_edited_note.json"),            // not drawn by us
		press(t, "canvas_submit_edited_note.json", storedOf(t, c, "814861", note())),
	} {
		require.NoError(t, c.React(t.Context(), connectors.Delivery{Path: submit, Body: body}))
	}
	require.NoError(t, c.React(t.Context(), connectors.Delivery{Body: connectortest.Body(t, "user_replied.json")}))
	require.Len(t, in.parts, 2)
}

// search is the question of a poll, strictly.
type search struct {
	Query struct {
		Field    string `json:"field"`
		Operator string `json:"operator"`
		Value    int64  `json:"value"`
	} `json:"query"`
	Pagination struct {
		PerPage int    `json:"per_page"`
		After   string `json:"starting_after"`
	} `json:"pagination"`
}

func TestPoll(t *testing.T) {
	t.Parallel()
	in := newInbox(t)
	sample := func(file string) map[string]any {
		var got struct {
			Data struct {
				Item map[string]any `json:"item"`
			} `json:"data"`
		}
		require.NoError(t, json.Unmarshal(connectortest.Body(t, file), &got))
		return got.Data.Item
	}
	in.item = sample("user_replied_two_parts.json")
	for _, p := range in.item["conversation_parts"].(map[string]any)["conversation_parts"].([]any) {
		in.parts = append(in.parts, p.(map[string]any))
	}
	for _, file := range []string{"admin_replied.json", "admin_noted_own.json", "admin_noted_human.json", "admin_replied_by_bot.json", "assignment.json"} {
		in.parts = append(in.parts, sample(file)["conversation_parts"].(map[string]any)["conversation_parts"].([]any)[0].(map[string]any))
	}
	in.item["conversation_rating"] = map[string]any{"rating": 1, "remark": "", "created_at": 1784999999}
	var asked []search
	connectortest.Take(in.Fake, "POST /conversations/search", func(s search, _ connectortest.Call) (int, any) {
		require.Equal(t, "updated_at", s.Query.Field)
		asked = append(asked, s)
		if s.Pagination.After == "" {
			return 200, `{"conversations":[{"id":"` + ticket + `","updated_at":1784999999}],"pages":{"next":{"starting_after":"p2"}}}`
		}
		return 200, `{"conversations":[{"id":"404","updated_at":1785000500}],"pages":{"next":null}}`
	})
	c := in.connector(client())
	since := time.Unix(1784999900, 0)
	page, err := c.Poll(t.Context(), "", since)
	require.NoError(t, err)
	require.True(t, page.More)

	known := map[string]bool{}
	for _, file := range []string{"user_created.json", "user_replied_two_parts.json", "admin_replied.json", "assignment.json"} {
		rec, err := c.Read(connectors.Delivery{Body: connectortest.Body(t, file)})
		require.NoError(t, err)
		for _, e := range rec.Events {
			known[e.Key] = true
		}
	}
	found := map[string]bool{}
	for i, e := range page.Events {
		if e.Kind != connectors.Rated {
			found[e.Key] = true
		}
		require.False(t, i > 0 && e.At.Before(page.Events[i-1].At), "oldest first")
	}
	require.Equal(t, known, found, "with the keys that notifications have")

	page, err = c.Poll(t.Context(), page.Cursor, since)
	require.NoError(t, err)
	require.False(t, page.More)
	require.Empty(t, page.Events, "one deleted meanwhile is nothing")
	_, err = c.Poll(t.Context(), page.Cursor, since)
	require.NoError(t, err)
	require.Equal(t, []int64{1784999900, 1784999900, 1785000380}, []int64{asked[0].Query.Value, asked[1].Query.Value, asked[2].Query.Value},
		"all pages of one question, then from its newest change, less the lag of the index")
	require.Equal(t, []string{"", "p2", ""}, []string{asked[0].Pagination.After, asked[1].Pagination.After, asked[2].Pagination.After})

	page, err = c.Poll(t.Context(), `{"s":1784999998}`, since)
	require.NoError(t, err)
	require.NotContains(t, keys(page.Events), "message:"+ticket+":34120001", "what is older was read")

	_, err = c.Poll(t.Context(), "not ours", since)
	require.True(t, connectors.IsPermanent(err))
	in.Fail(&connectortest.Fault{Status: 401, Body: "{}"})
	_, err = c.Poll(t.Context(), "", since)
	require.ErrorIs(t, err, connectors.ErrGone)
}

func keys(events []connectors.Event) []string {
	var out []string
	for _, e := range events {
		out = append(out, e.Key)
	}
	return out
}

func TestFiles(t *testing.T) {
	t.Parallel()
	files := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") != "" {
			t.Errorf("the token went to %s", r.URL.Path)
		}
		switch {
		case r.URL.Path == "/elsewhere":
			http.Redirect(w, r, "https://169.254.169.254/", http.StatusFound)
		case r.URL.Path == "/huge":
			_, _ = w.Write(make([]byte, 5<<20))
		case r.URL.Query().Get("expires") == "old":
			w.WriteHeader(http.StatusForbidden)
		default:
			w.Header().Set("Content-Type", "image/jpeg; x=1")
			_, _ = w.Write([]byte("picture"))
		}
	}))
	t.Cleanup(files.Close)
	transport := files.Client().Transport.(*http.Transport)
	in := newInbox(t)
	in.parts = []map[string]any{{
		"id": "34120003", "part_type": "comment", "author": map[string]any{"type": "user", "id": "u"},
		"attachments": []any{map[string]any{"name": "paket.jpg", "url": files.URL + "/paket.jpg?expires=new", "content_type": "image/jpeg", "filesize": 7}},
	}}
	c := in.connector(connectors.NewClient(0, transport, nil))
	at := connectors.Event{Conversation: ticket, Message: "34120003"}
	file := func(path string) connectors.Attachment { return connectors.Attachment{URL: files.URL + path} }

	_, err := c.Open(t.Context(), at, file("/paket.jpg"), 100)
	var blocked *connectors.BlockedError
	require.ErrorAs(t, err, &blocked, "a private address")
	require.True(t, connectors.IsPermanent(err))

	c.AllowFiles(&connectors.Guard{Allow: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8"), netip.MustParsePrefix("::1/128")}})
	got, err := c.Open(t.Context(), at, file("/paket.jpg"), 7)
	require.NoError(t, err)
	require.Equal(t, connectors.File{Name: "paket.jpg", Type: "image/jpeg", Data: []byte("picture")}, got)

	for _, tt := range []struct {
		a     connectors.Attachment
		limit int64
	}{{file("/paket.jpg"), 6}, {file("/huge"), 4 << 20}, {file("/huge"), 9 << 20}, {connectors.Attachment{URL: files.URL, Size: 101}, 100}} {
		_, err = c.Open(t.Context(), at, tt.a, tt.limit)
		require.ErrorIs(t, err, connectors.ErrTooLarge)
		require.True(t, connectors.IsPermanent(err))
	}
	for _, address := range []string{"", "http://127.0.0.1/x", "file:///etc/passwd", "https://u:p@kb.example/", files.URL + "/elsewhere"} {
		_, err = c.Open(t.Context(), at, connectors.Attachment{URL: address}, 100)
		require.True(t, connectors.IsPermanent(err), "%s: %v", address, err)
	}
	require.Empty(t, in.Lines())

	got, err = c.Open(t.Context(), at, file("/paket.jpg?expires=old"), 100)
	require.NoError(t, err, "an expired address is looked up once more")
	require.Equal(t, "picture", string(got.Data))
	require.Equal(t, []string{getOne}, in.Lines())
	_, err = c.Open(t.Context(), at, file("/other.jpg?expires=old"), 100)
	require.True(t, connectors.IsPermanent(err), "one that left the message: %v", err)
}

func TestTester(t *testing.T) {
	t.Parallel()
	start := func(t *testing.T) (*connectortest.Fake, *intercom.Connector) {
		t.Helper()
		in := newInbox(t)
		in.Get("GET /me", func(connectortest.Call) (int, any) {
			return 200, `{"type":"admin","id":"814000","app":{"type":"app","id_code":"nw1nord0","region":"EU"}}`
		})
		in.Get("GET /admins/{id}", func(c connectortest.Call) (int, any) {
			if c.Path("id") != copilot {
				return 404, `{}`
			}
			return 200, `{"id":"814999","has_inbox_seat":true}`
		})
		in.Get("GET /conversations", func(c connectortest.Call) (int, any) { return 200, `{"conversations":[]}` })
		return in.Fake, in.connector(client())
	}
	bad := func(list []connectors.Finding) map[string]string {
		out := map[string]string{}
		for _, f := range list {
			if !f.OK {
				out[f.What] = f.Hint
			} else if f.Hint != "" {
				t.Errorf("%s is fine and has a hint", f.What)
			}
		}
		return out
	}
	t.Run("all is well, and nothing was written", func(t *testing.T) {
		t.Parallel()
		f, c := start(t)
		list := c.Test(t.Context())
		require.Empty(t, bad(list))
		require.Len(t, list, 6)
		for _, call := range f.Calls() {
			if strings.HasPrefix(call.Line, "POST") {
				require.Equal(t, "POST /conversations/0/reply", call.Line)
			}
		}
	})
	for name, tt := range map[string]struct {
		fault connectortest.Fault
		what  string
		hint  string
	}{
		"the token is void":           {connectortest.Fault{Status: 401, Body: "{}"}, "token", "install the app again"},
		"the token is another's":      {connectortest.Fault{Only: "GET /me", Status: 200, Body: `{"app":{"id_code":"other"}}`}, "workspace", "other"},
		"the teammate is nobody":      {connectortest.Fault{Only: "GET /admins", Status: 404, Body: `{}`}, "admin", "no teammate 814999"},
		"teammates may not be read":   {connectortest.Fault{Only: "GET /admins", Status: 403, Body: `{}`}, "admin", `"Read admins"`},
		"the teammate has no seat":    {connectortest.Fault{Only: "GET /admins", Status: 200, Body: `{"id":814999,"has_inbox_seat":false}`}, "seat", "no seat"},
		"conversations are forbidden": {connectortest.Fault{Only: "GET /conversations", Status: 403, Body: `{}`}, "may read conversations", `"Read conversations"`},
		"notes are forbidden":         {connectortest.Fault{Only: "POST", Status: 403, Body: `{}`}, "may write notes", `"Write conversations"`},
		"notes go nowhere":            {connectortest.Fault{Only: "POST", Status: 200, Body: `{}`}, "may write notes", "should not exist"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f, c := start(t)
			f.Fail(&tt.fault)
			got := bad(c.Test(t.Context()))
			require.Len(t, got, 1)
			require.Contains(t, got[tt.what], tt.hint)
		})
	}
	t.Run("a server that does not answer is no missing permission", func(t *testing.T) {
		t.Parallel()
		_, c := start(t)
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		require.Contains(t, bad(c.Test(ctx)), "token")
	})
	cfg := settings()
	cfg.Token = config.Secret{}
	c, err := intercom.New(cfg, nil)
	require.NoError(t, err)
	require.Contains(t, bad(c.Test(t.Context())), "token")
}

func TestPackage(t *testing.T) {
	t.Parallel()
	p := connectors.PackageOptions{Public: "https://copilot.example", Desk: "intercom", Name: "Copilot"}
	got, err := connector(t).Package(p)
	require.NoError(t, err)
	again, err := connector(t).Package(p)
	require.NoError(t, err)
	require.Equal(t, got, again)
	require.Empty(t, got.Zip)
	var out bytes.Buffer
	out.Write(got.Files["intercom-app.json"])
	for _, s := range got.Steps {
		out.WriteString("- " + s + "\n")
	}
	require.NotContains(t, out.String(), secret)
	require.NotContains(t, out.String(), "access-token")
	connectortest.Golden(t, "package.golden", out.Bytes())
	for _, bad := range []connectors.PackageOptions{
		{Public: "http://copilot.example", Desk: "intercom", Name: "x"},
		{Public: "https://copilot.example?x=1", Desk: "intercom", Name: "x"},
		{Public: "https://copilot.example", Desk: "a/b", Name: "x"},
		{Public: "https://copilot.example", Desk: "intercom"},
	} {
		_, err := connector(t).Package(bad)
		require.Error(t, err)
	}
}

// answers is a transport that answers every call alike and keeps its address.
type answers struct {
	body  string
	asked []string
}

func (a *answers) RoundTrip(r *http.Request) (*http.Response, error) {
	a.asked = append(a.asked, r.URL.String())
	w := httptest.NewRecorder()
	_, _ = w.WriteString(a.body)
	return w.Result(), nil
}

func TestRegions(t *testing.T) {
	t.Parallel()
	for region, want := range map[intercom.Region]string{
		"": "https://api.intercom.io/me", intercom.US: "https://api.intercom.io/me", intercom.EU: "https://api.eu.intercom.io/me", intercom.AU: "https://api.au.intercom.io/me",
	} {
		desk := &answers{body: `{"id":814999,"has_inbox_seat":true,"app":{"id_code":"nw1nord0","region":"AU"}}`}
		cfg := settings()
		cfg.Region = region
		c, err := intercom.New(cfg, connectors.NewClient(0, desk, nil))
		require.NoError(t, err)
		for _, f := range c.Test(t.Context()) {
			if f.What == "region" {
				require.Equal(t, region == intercom.AU, f.OK)
				require.Equal(t, !f.OK, strings.Contains(f.Hint, "set region to au"))
			}
		}
		require.Equal(t, want, desk.asked[0])
	}
}

// What was redacted while Intercom did not reach us is forgotten as well.
func TestPollForgets(t *testing.T) {
	t.Parallel()
	in := newInbox(t)
	in.item["source"].(map[string]any)["redacted"] = true
	in.parts = []map[string]any{{"id": "34120001", "part_type": "comment", "body": "This message was deleted", "redacted": true, "created_at": 1784999993, "updated_at": 1784999999, "author": map[string]any{"type": "user", "id": "u"}}}
	connectortest.Take(in.Fake, "POST /conversations/search", func(search, connectortest.Call) (int, any) {
		return 200, `{"conversations":[{"id":"` + ticket + `","updated_at":1784999999},{"id":"../me","updated_at":1784999999},{"id":"7","updated_at":5}],"pages":{}}`
	})
	page, err := in.connector(client()).Poll(t.Context(), "", time.Unix(1784999990, 0))
	require.NoError(t, err)
	require.ElementsMatch(t, []string{"deleted:" + ticket + ":src:2471500001", "deleted:" + ticket + ":34120001"}, keys(page.Events))
	for _, e := range page.Events {
		require.Equal(t, connectors.Deleted, e.Kind)
		require.Empty(t, e.Text)
	}
}
