package freshworks_test

import (
	"crypto/tls"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/sufflor/sufflor/connectors"
	"github.com/sufflor/sufflor/connectors/connectortest"
	"github.com/sufflor/sufflor/connectors/freshworks"
)

type object = map[string]any

func basicKey(key string) func(*http.Request) bool {
	return func(r *http.Request) bool {
		user, _, ok := r.BasicAuth()
		return ok && user == key
	}
}

// freshdesk is an account with one ticket that talks, and quiet ones.
type freshdesk struct {
	*connectortest.Fake

	mu      sync.Mutex
	ticket  object
	replies []object
	others  []object // tickets in the list, before ours
	ratings []object
	answer  func(object) object // changes what is answered to what writes; nil does not
}

const (
	getTicket  = "GET /api/v2/tickets/4711"
	getReplies = "GET /api/v2/tickets/4711/conversations"
	postNote   = "POST /api/v2/tickets/4711/notes"
)

func newFreshdesk(t *testing.T) *freshdesk {
	t.Helper()
	f := &freshdesk{
		Fake: connectortest.NewFake(t, basicKey("fd-api-key")),
		ticket: object{
			"id": 4711, "subject": "Bestellung #55871 verspätet", "description_text": "Wo bleibt sie?", "status": 2, "priority": 2, "source": 1, "type": "Lieferung",
			"requester_id": 48000815, "responder_id": 48000041, "group_id": 7, "product_id": nil, "tags": []string{"versand"},
			"custom_fields": object{"cf_maschine": "K-200", "cf_baujahr": 2019, "cf_leer": nil}, "attachments": []object{},
			"created_at": "2026-07-25T17:15:00Z", "updated_at": "2026-07-25T17:19:59Z",
			"requester": object{"id": 48000815, "name": "Anna Beispiel", "email": "anna@example.org"}, "stats": object{"resolved_at": nil},
		},
	}
	require.NoError(t, json.Unmarshal(connectortest.Body(t, "freshdesk_api_conversations.json"), &f.replies))
	f.Get(getTicket, func(c connectortest.Call) (int, any) {
		f.mu.Lock()
		defer f.mu.Unlock()
		require.Equal(t, "include=requester,stats", c.Query)
		return http.StatusOK, f.ticket
	})
	f.Get("GET /api/v2/tickets/{id}/conversations", func(c connectortest.Call) (int, any) {
		f.mu.Lock()
		defer f.mu.Unlock()
		if c.Path("id") != "4711" {
			return http.StatusOK, []object{}
		}
		q, err := url.ParseQuery(c.Query)
		require.NoError(t, err)
		size, page := number(t, q.Get("per_page")), number(t, q.Get("page"))
		require.LessOrEqual(t, size, 100, "documented maximum")
		from := min((page-1)*size, len(f.replies))
		return http.StatusOK, f.replies[from:min(from+size, len(f.replies))]
	})
	type noteIn struct {
		Body    string `json:"body"`
		Private *bool  `json:"private"`
	}
	connectortest.Take(f.Fake, "POST /api/v2/tickets/{id}/notes", func(in noteIn, c connectortest.Call) (int, any) {
		if in.Private == nil || !*in.Private {
			t.Errorf("a customer would see this: %s", c.Body)
		}
		f.mu.Lock()
		defer f.mu.Unlock()
		if c.Path("id") != "4711" {
			return http.StatusNotFound, nil
		}
		return http.StatusCreated, f.write(object{"id": 48100000 + len(f.replies) + 1, "body": in.Body})
	})
	type bodyIn struct {
		Body string `json:"body"`
	}
	connectortest.Take(f.Fake, "PUT /api/v2/conversations/{id}", func(in bodyIn, c connectortest.Call) (int, any) {
		f.mu.Lock()
		defer f.mu.Unlock()
		for _, r := range f.replies {
			if fmt.Sprint(r["id"]) == c.Path("id") {
				r["body"], r["body_text"] = in.Body, connectors.PlainText(in.Body)
				if f.answer != nil {
					return http.StatusOK, f.answer(r)
				}
				return http.StatusOK, r
			}
		}
		return http.StatusNotFound, nil
	})
	f.Get("DELETE /api/v2/conversations/{id}", func(c connectortest.Call) (int, any) {
		f.mu.Lock()
		defer f.mu.Unlock()
		for i, r := range f.replies {
			if fmt.Sprint(r["id"]) == c.Path("id") {
				f.replies = append(f.replies[:i:i], f.replies[i+1:]...)
				return http.StatusNoContent, nil
			}
		}
		return http.StatusNotFound, nil
	})
	return f
}

func number(t *testing.T, s string) int {
	t.Helper()
	n, err := strconv.Atoi(s)
	require.NoError(t, err)
	return n
}

// write adds a note of the API's user and is what is answered.
func (f *freshdesk) write(r object) object {
	r["ticket_id"], r["user_id"], r["incoming"], r["private"], r["source"] = 4711, number0(apiUser), false, true, 2
	r["body_text"] = connectors.PlainText(fmt.Sprint(r["body"]))
	r["created_at"] = "2026-07-25T17:20:10Z"
	if f.answer != nil {
		r = f.answer(r)
	}
	f.replies = append(f.replies, r)
	return r
}

func number0(s string) int {
	n, _ := strconv.Atoi(s)
	return n
}

func (f *freshdesk) connect(t *testing.T, change func(*freshworks.DeskConfig)) *freshworks.Desk {
	t.Helper()
	cfg := deskSettings()
	cfg.BaseURL = f.URL
	if change != nil {
		change(&cfg)
	}
	d, err := freshworks.NewDesk(cfg, connectors.NewClient(0, nil, now))
	require.NoError(t, err)
	return d
}

func deskNote() connectors.Note {
	return connectors.Note{
		Suggestion: "sg_01K0NEW", Conversation: "4711", Message: "48100001", Flag: "medium", Reasons: []string{"one of two sentences is quoted"},
		Text: "Guten Tag <Anna> & Co,\nheute versendet.\n\nGruß",
		Citations: []connectors.Citation{
			{Number: 1, Title: "Versand", Where: "p. 3", URL: "https://kb.example/1"}, {Number: 2, Title: "Böse", URL: "javascript:alert(1)"},
		},
		PanelURL: "https://copilot.example/s/1", Route: map[string]string{"ticket": "4711"},
	}
}

func TestDeskNoteIsPrivate(t *testing.T) {
	t.Parallel()
	f := newFreshdesk(t)
	d := f.connect(t, func(c *freshworks.DeskConfig) { c.Language = "de" })
	id, err := connectors.Deliver(t.Context(), d, deskNote())
	require.NoError(t, err)
	require.Equal(t, "48100005", id)
	require.Equal(t, []string{getReplies, postNote}, f.Lines())
	var sent struct {
		Body string `json:"body"`
	}
	require.NoError(t, json.Unmarshal(f.Calls()[1].Body, &sent))
	require.NotContains(t, sent.Body, "javascript:")
	connectortest.Golden(t, "note_de.golden", []byte(sent.Body+"\n"))
	require.False(t, d.Silent())
}

func TestDeskNoteIsWrittenOnce(t *testing.T) {
	t.Parallel()
	for name, fault := range map[string]connectortest.Fault{
		"the answer is lost":          {Times: 1, Only: postNote, Done: true, Cut: true},
		"the answer comes as a fault": {Times: 1, Only: postNote, Done: true, Status: 502},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newFreshdesk(t)
			d := f.connect(t, nil)
			f.Fail(&fault)
			_, err := connectors.Deliver(t.Context(), d, deskNote())
			require.Error(t, err)
			require.False(t, connectors.IsPermanent(err))
			id, err := connectors.Deliver(t.Context(), d, deskNote())
			require.NoError(t, err)
			require.Equal(t, "48100005", id)
			require.Len(t, f.replies, 5, "one note")
		})
	}
}

// A customer who writes our marker cannot keep us from writing the note.
func TestDeskMarkerOfACustomerDoesNotCount(t *testing.T) {
	t.Parallel()
	f := newFreshdesk(t)
	f.replies[0]["body_text"] = "[Copilot sg_01K0NEW] haha"
	id, err := connectors.Deliver(t.Context(), f.connect(t, nil), deskNote())
	require.NoError(t, err)
	require.Equal(t, "48100005", id)
}

func TestDeskNoteThatIsNotCertainlyPrivate(t *testing.T) {
	t.Parallel()
	with := func(change func(object)) func(object) object {
		return func(r object) object {
			out := object{}
			maps.Copy(out, r)
			change(out)
			return out
		}
	}
	for name, tt := range map[string]struct {
		answer  func(object) object
		deleted bool
	}{
		"the answer says public":     {with(func(r object) { r["private"] = false }), true},
		"nothing says that it is":    {with(func(r object) { delete(r, "private") }), true},
		"the answer names no note":   {with(func(r object) { delete(r, "id") }), false},
		"the answer names no id":     {with(func(r object) { r["id"] = "x/y" }), false},
		"the answer says null of it": {with(func(r object) { r["private"] = nil }), true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newFreshdesk(t)
			f.answer = tt.answer
			_, err := connectors.Deliver(t.Context(), f.connect(t, nil), deskNote())
			require.ErrorIs(t, err, connectors.ErrVisible)
			require.True(t, connectors.IsPermanent(err), "never again")
			lines := f.Lines()
			require.Equal(t, tt.deleted, strings.HasPrefix(lines[len(lines)-1], "DELETE "), "%v", lines)
			if tt.deleted {
				require.Len(t, f.replies, 4, "taken back")
			}
		})
	}
	t.Run("an answer that does not say is looked up", func(t *testing.T) {
		t.Parallel()
		f := newFreshdesk(t)
		f.replies = append(f.replies, object{
			"id": 48100009, "user_id": 48000077, "private": true, "incoming": false, "body_text": "[Copilot sg_OTHER] x", "created_at": "2026-07-25T17:20:00Z",
		})
		f.answer = func(object) object { return object{"id": 48100009, "body": "x"} }
		id, err := connectors.Deliver(t.Context(), f.connect(t, nil), deskNote())
		require.NoError(t, err)
		require.Equal(t, "48100009", id)
	})
}

func TestDeskUpdateAndWithdraw(t *testing.T) {
	t.Parallel()
	f := newFreshdesk(t)
	d := f.connect(t, nil)
	id, err := connectors.Deliver(t.Context(), d, deskNote())
	require.NoError(t, err)

	better := deskNote()
	better.Suggestion, better.Text = "sg_01K0BETTER", "Morgen kommt sie."
	require.NoError(t, d.Update(t.Context(), id, better))
	require.Contains(t, f.replies[4]["body_text"], "[Copilot sg_01K0BETTER]")
	require.Contains(t, f.replies[4]["body_text"], "Morgen kommt sie.")

	require.ErrorIs(t, d.Update(t.Context(), "48100099", better), connectors.ErrNoNote)
	require.ErrorIs(t, d.Update(t.Context(), "1/../2", better), connectors.ErrNoNote)
	require.ErrorIs(t, d.Update(t.Context(), "48100004", better), connectors.ErrNoNote, "what an agent wrote is never touched")
	require.Equal(t, "Hallo Anna, das Paket wird morgen zugestellt.", f.replies[3]["body_text"])
	require.NoError(t, d.Withdraw(t.Context(), "48100004", better))
	require.Len(t, f.replies, 5, "nor deleted")

	f.answer = func(object) object { return object{"id": number0(id)} }
	require.NoError(t, d.Update(t.Context(), id, better), "an answer that does not say is looked up")
	f.answer = func(object) object { return object{"private": false} }
	require.ErrorIs(t, d.Update(t.Context(), id, better), connectors.ErrVisible)
	require.Len(t, f.replies, 4, "and taken back")
	f.answer = nil

	id, err = connectors.Deliver(t.Context(), d, deskNote())
	require.NoError(t, err)
	require.NoError(t, d.Withdraw(t.Context(), id, deskNote()))
	require.Len(t, f.replies, 4)
	require.NoError(t, d.Withdraw(t.Context(), id, deskNote()), "gone already")

	id, err = connectors.Deliver(t.Context(), d, deskNote())
	require.NoError(t, err)
	f.Fail(&connectortest.Fault{Only: "DELETE ", Status: 403})
	err = d.Withdraw(t.Context(), id, deskNote())
	require.True(t, connectors.IsPermanent(err))
	f.Fail(&connectortest.Fault{Only: "DELETE ", Status: 503})
	err = d.Withdraw(t.Context(), id, deskNote())
	require.Error(t, err)
	require.False(t, connectors.IsPermanent(err))
	f.Fail(&connectortest.Fault{Only: "PUT ", Status: 404})
	require.ErrorIs(t, d.Update(t.Context(), id, better), connectors.ErrNoNote)
}

func TestDeskNoteNeedsATicket(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(*connectors.Note, *freshworks.DeskConfig){
		"none":      func(n *connectors.Note, _ *freshworks.DeskConfig) { n.Route = nil },
		"a path":    func(n *connectors.Note, _ *freshworks.DeskConfig) { n.Route["ticket"] = "1/../../agents" },
		"notes off": func(_ *connectors.Note, c *freshworks.DeskConfig) { c.Notes = freshworks.Off },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f, n := newFreshdesk(t), deskNote()
			d := f.connect(t, func(c *freshworks.DeskConfig) { change(&n, c) })
			_, err := d.Note(t.Context(), n)
			require.True(t, connectors.IsPermanent(err), "%v", err)
			require.True(t, connectors.IsPermanent(d.Update(t.Context(), "1", n)))
			require.Empty(t, f.Lines())
		})
	}
}

func TestDeskNoteFaults(t *testing.T) {
	t.Parallel()
	connectortest.NoteFaults(t, deskNote(), func(t *testing.T, client *connectors.Client) (*connectortest.Fake, connectors.Noter) {
		t.Helper()
		f := newFreshdesk(t)
		cfg := deskSettings()
		cfg.BaseURL = f.URL
		d, err := freshworks.NewDesk(cfg, client)
		require.NoError(t, err)
		return f.Fake, d
	})
}

func hintOf(t *testing.T, d *freshworks.Desk, name string) connectors.Event {
	t.Helper()
	got, err := d.Read(connectors.Delivery{Body: connectortest.Body(t, name)})
	require.NoError(t, err)
	require.Len(t, got.Events, 1)
	return got.Events[0]
}

func kinds(events []connectors.Event) []string {
	var out []string
	for _, e := range events {
		out = append(out, string(e.Kind)+" "+e.Key)
	}
	return out
}

func TestDeskFetch(t *testing.T) {
	t.Parallel()
	f := newFreshdesk(t)
	d := f.connect(t, nil)
	got, err := d.Fetch(t.Context(), hintOf(t, d, "freshdesk_customer_reply.json"))
	require.NoError(t, err)
	require.Equal(t, []string{
		"message ticket:4711", "message reply:4711:48100001", "message reply:4711:48100003", "message reply:4711:48100004", "assigned assigned:4711:48000041:7",
	}, kinds(got), "our own private note is left out")

	first, second, third := got[0], got[1], got[3]
	require.Equal(t, "Wo bleibt sie?", first.Text)
	require.Equal(t, "Anna Beispiel", first.AuthorName)
	require.Equal(t, connectors.Customer, second.Role)
	require.Equal(t, "48000815", second.Customer)
	require.Equal(t, "email", second.Channel)
	require.Equal(t, []string{"versand"}, second.Tags)
	require.Equal(t, "7", second.Group)
	require.Equal(t, "48000041", second.Assignee)
	require.Empty(t, second.Brand, "null is no product")
	require.Equal(t, map[string]string{"type": "Lieferung", "cf_maschine": "K-200", "cf_baujahr": "2019"}, second.Facts)
	require.Equal(t, "etikett.jpg", got[2].Attachments[0].Name)
	require.Equal(t, connectors.Agent, third.Role)
	require.Equal(t, "48000041", third.Author)
}

func TestDeskFetchLeavesOut(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name   string
		change func(*freshdesk, *connectors.Event)
		want   []string
	}{
		{"what is old", func(_ *freshdesk, e *connectors.Event) { e.At = e.At.Add(3 * time.Hour) }, []string{"assigned assigned:4711:48000041:7"}},
		{"what is not old by our clock, if the rule does not say when", func(f *freshdesk, e *connectors.Event) {
			e.At = time.Time{}
			f.ticket["created_at"] = "2026-07-25T12:00:00Z"
		}, []string{"message reply:4711:48100001", "message reply:4711:48100003", "message reply:4711:48100004", "assigned assigned:4711:48000041:7"}},
		{"a ticket that is spam", func(f *freshdesk, _ *connectors.Event) { f.ticket["spam"] = true }, []string{"closed spam:4711:2026-07-25T17:19:59Z"}},
		{"a ticket in the bin", func(f *freshdesk, _ *connectors.Event) { f.ticket["deleted"] = true }, []string{"erased erased:4711:2026-07-25T17:19:59Z"}},
		{"whatever does not say that it is public", func(f *freshdesk, _ *connectors.Event) {
			for _, r := range f.replies {
				delete(r, "private")
			}
		}, []string{"message ticket:4711", "assigned assigned:4711:48000041:7"}},
		{"what was forwarded, what we wrote in public, and what has our marker", func(f *freshdesk, _ *connectors.Event) {
			f.replies[2]["source"] = 8
			f.replies[1]["private"], f.replies[1]["body_text"] = false, "Hallo"
			f.replies[3]["body_text"] = "[copilot sg_1] Hallo"
		}, []string{"message ticket:4711", "message reply:4711:48100001", "assigned assigned:4711:48000041:7"}},
		{"a ticket that an agent began is an agent's", func(f *freshdesk, _ *connectors.Event) {
			f.ticket["source"], f.ticket["responder_id"], f.ticket["group_id"] = 10, 48000077, nil
			f.replies = nil
		}, []string{"assigned assigned:4711:48000077:"}},
		{"a ticket that nobody has", func(f *freshdesk, _ *connectors.Event) {
			f.ticket["responder_id"], f.ticket["group_id"], f.replies = nil, nil, nil
		}, []string{"message ticket:4711"}},
		{"a picture without a word is a file", func(f *freshdesk, _ *connectors.Event) {
			f.replies = f.replies[2:3]
			f.replies[0]["body_text"], f.replies[0]["body"] = "", ""
		}, []string{"message ticket:4711", "attached reply:4711:48100003", "assigned assigned:4711:48000041:7"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			f := newFreshdesk(t)
			d := f.connect(t, nil)
			e := hintOf(t, d, "freshdesk_customer_reply.json")
			tt.change(f, &e)
			got, err := d.Fetch(t.Context(), e)
			require.NoError(t, err)
			require.Equal(t, tt.want, kinds(got))
		})
	}
	d := newFreshdesk(t).connect(t, nil)
	_, err := d.Fetch(t.Context(), connectors.Event{Key: "k", Route: map[string]string{"ticket": "../1"}})
	require.True(t, connectors.IsPermanent(err))
}

func TestDeskFetchOfAClosedTicket(t *testing.T) {
	t.Parallel()
	f := newFreshdesk(t)
	f.ticket["status"], f.ticket["stats"] = 5, object{"resolved_at": "2026-07-25T18:00:00Z", "closed_at": "2026-07-27T18:00:00Z"}
	d := f.connect(t, nil)
	got, err := d.Fetch(t.Context(), hintOf(t, d, "freshdesk_agent_reply.json"))
	require.NoError(t, err)
	last := got[len(got)-1]
	require.Equal(t, connectors.Closed, last.Kind)
	require.Equal(t, "closed:4711:2026-07-25T18:00:00Z", last.Key, "resolved, then closed by the system, is one end")
}

func TestDeskHTMLAloneIsMadePlain(t *testing.T) {
	t.Parallel()
	f := newFreshdesk(t)
	f.ticket["description_text"], f.ticket["description"] = "", "<div>Wo bleibt <b>sie</b>?<br>Gruß</div><script>x</script>"
	d := f.connect(t, nil)
	got, err := d.Fetch(t.Context(), hintOf(t, d, "freshdesk_customer_reply.json"))
	require.NoError(t, err)
	require.Equal(t, "Wo bleibt sie?\nGruß", got[0].Text)
}

func TestDeskFetchReadsAllPages(t *testing.T) {
	t.Parallel()
	f := newFreshdesk(t)
	f.replies = nil
	for i := range 205 {
		f.replies = append(f.replies, object{
			"id": 1000 + i, "user_id": 48000815, "incoming": true, "private": false, "body_text": "x", "created_at": "2026-07-25T17:19:00Z",
		})
	}
	d := f.connect(t, nil)
	got, err := d.Fetch(t.Context(), hintOf(t, d, "freshdesk_customer_reply.json"))
	require.NoError(t, err)
	require.Len(t, got, 1+205+1)
	require.Len(t, f.Lines(), 4)

	for i := range 2000 {
		f.replies = append(f.replies, object{"id": 5000 + i, "private": true})
	}
	_, err = d.Fetch(t.Context(), hintOf(t, d, "freshdesk_customer_reply.json"))
	require.True(t, connectors.IsPermanent(err), "a ticket without end is not read to it: %v", err)
}

// list lets f list its tickets, and its ratings.
func (f *freshdesk) list(t *testing.T) {
	t.Helper()
	f.Get("GET /api/v2/tickets", func(c connectortest.Call) (int, any) {
		f.mu.Lock()
		defer f.mu.Unlock()
		q, err := url.ParseQuery(c.Query)
		require.NoError(t, err)
		if q.Get("updated_since") == "" {
			return http.StatusOK, []object{f.ticket}
		}
		require.Equal(t, []string{"updated_at", "asc"}, []string{q.Get("order_by"), q.Get("order_type")})
		var all []object
		for _, o := range append(slices.Clip(f.others), f.ticket) {
			if fmt.Sprint(o["updated_at"]) >= q.Get("updated_since") { // as texts: all are UTC in seconds
				all = append(all, o)
			}
		}
		size, page := number(t, q.Get("per_page")), number(t, q.Get("page"))
		from := min((page-1)*size, len(all))
		return http.StatusOK, all[from:min(from+size, len(all))]
	})
	f.Get("GET /api/v2/surveys/satisfaction_ratings", func(c connectortest.Call) (int, any) {
		f.mu.Lock()
		defer f.mu.Unlock()
		return http.StatusOK, f.ratings
	})
}

func TestDeskPoll(t *testing.T) {
	t.Parallel()
	f := newFreshdesk(t)
	f.list(t)
	f.ratings = []object{
		{"id": 9, "ticket_id": 4711, "user_id": 48000815, "agent_id": 48000041, "feedback": "Danke!", "ratings": object{"default_question": 103}, "created_at": "2026-07-25T19:00:00Z"},
		{"id": 10, "ticket_id": 4712, "ratings": object{"default_question": -103}, "created_at": "2026-07-25T19:01:00Z"},
		{"id": 11, "ticket_id": 4713, "ratings": object{"default_question": 100}, "created_at": "2026-07-25T19:02:00Z"},
		{"id": 12, "ticket_id": 4714, "ratings": object{"other_question": 1}, "created_at": "2026-07-25T19:03:00Z"},
	}
	d := f.connect(t, nil)
	since := time.Date(2026, 7, 25, 17, 0, 0, 0, time.UTC)
	page, err := d.Poll(t.Context(), "", since)
	require.NoError(t, err)
	require.False(t, page.More)
	require.Equal(t, []string{
		"message ticket:4711", "message reply:4711:48100001", "message reply:4711:48100003", "message reply:4711:48100004", "assigned assigned:4711:48000041:7",
		"rated rated:4711:9", "rated rated:4712:10", "rated rated:4713:11",
	}, kinds(page.Events), "with the keys that Fetch gives")
	require.Equal(t, &connectors.Score{Value: 1, Comment: "Danke!"}, page.Events[5].Score)
	require.Equal(t, &connectors.Score{Value: 0}, page.Events[6].Score)
	require.Equal(t, &connectors.Score{Value: 0.5}, page.Events[7].Score)

	fetched, err := d.Fetch(t.Context(), hintOf(t, d, "freshdesk_customer_reply.json"))
	require.NoError(t, err)
	require.Equal(t, fetched, page.Events[:5], "the same events, however we learn of them")

	again, err := d.Poll(t.Context(), page.Cursor, since)
	require.NoError(t, err)
	require.Equal(t, page.Cursor, again.Cursor, "nothing happened since")

	f.Fail(&connectortest.Fault{Only: "GET /api/v2/surveys", Status: 403})
	_, err = d.Poll(t.Context(), page.Cursor, since)
	require.NoError(t, err, "an account without surveys still has tickets")
	f.Fail(&connectortest.Fault{Only: "GET /api/v2/tickets", Status: 429, Header: map[string]string{"Retry-After": "9"}})
	_, err = d.Poll(t.Context(), page.Cursor, since)
	require.Error(t, err)
	require.False(t, connectors.IsPermanent(err))
	_, err = d.Poll(t.Context(), "not ours", since)
	require.ErrorIs(t, err, connectors.ErrMalformed)
}

// Every ticket is seen, also where many were updated in the same moment.
func TestDeskPollSeesEveryTicket(t *testing.T) {
	t.Parallel()
	f := newFreshdesk(t)
	f.list(t)
	for i := range 45 {
		at := "2026-07-25T17:01:00Z"
		if i >= 25 {
			at = fmt.Sprintf("2026-07-25T17:02:%02dZ", i)
		}
		f.others = append(f.others, object{
			"id": 5000 + i, "source": 1, "requester_id": 1, "description_text": "x", "created_at": "2026-07-25T17:00:30Z", "updated_at": at, "status": 2,
		})
	}
	d := f.connect(t, nil)
	seen, cursor, polls := map[string]bool{}, "", 0
	for {
		page, err := d.Poll(t.Context(), cursor, time.Date(2026, 7, 25, 17, 0, 0, 0, time.UTC))
		require.NoError(t, err)
		for _, e := range page.Events {
			seen[e.Conversation] = true
		}
		cursor = page.Cursor
		if polls++; !page.More {
			break
		}
		require.Less(t, polls, 50)
	}
	require.Len(t, seen, 46)
}

func TestDeskOpen(t *testing.T) {
	t.Parallel()
	f := newFreshdesk(t)
	s := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") != "" {
			t.Error("the key went to a host that is not Freshdesk's")
		}
		switch r.URL.Path {
		case "/fresh":
			w.Header().Set("Content-Type", "image/jpeg")
			_, _ = w.Write([]byte("picture"))
		case "/stale":
			w.WriteHeader(http.StatusForbidden)
		case "/away":
			http.Redirect(w, r, "/fresh", http.StatusFound)
		case "/inside":
			http.Redirect(w, r, "https://10.0.0.1/metadata", http.StatusFound)
		case "/huge":
			_, _ = w.Write(make([]byte, 5<<20))
		}
	}))
	t.Cleanup(s.Close)
	tr, ok := s.Client().Transport.(*http.Transport)
	require.True(t, ok)
	client := connectors.NewClient(0, &http.Transport{TLSClientConfig: &tls.Config{RootCAs: tr.TLSClientConfig.RootCAs, MinVersion: tls.VersionTLS12}}, now)
	cfg := deskSettings()
	cfg.BaseURL = f.URL
	d, err := freshworks.NewDesk(cfg, client)
	require.NoError(t, err)
	event := connectors.Event{Route: map[string]string{"ticket": "4711"}}
	open := func(path string, size, limit int64) (connectors.File, error) {
		return d.Open(t.Context(), event, connectors.Attachment{ID: "480551", Name: "etikett.jpg", URL: s.URL + path, Size: size}, limit)
	}
	blocked := &connectors.BlockedError{}
	_, err = open("/fresh", 0, 100)
	require.ErrorAs(t, err, &blocked, "our own network is not Freshdesk's")

	d.AllowFiles(netip.MustParsePrefix("127.0.0.0/8"))
	got, err := open("/fresh", 7, 100)
	require.NoError(t, err)
	require.Equal(t, connectors.File{Name: "etikett.jpg", Type: "image/jpeg", Data: []byte("picture")}, got)
	require.Empty(t, f.Lines())

	// An address whose time is over is asked for anew, by the file's id.
	f.replies[2]["attachments"] = []object{{"id": 480551, "name": "etikett.jpg", "attachment_url": s.URL + "/fresh"}}
	got, err = open("/stale", 7, 100)
	require.NoError(t, err)
	require.Equal(t, "picture", string(got.Data))
	f.replies[2]["attachments"] = []object{}
	_, err = open("/stale", 7, 100)
	require.True(t, connectors.IsPermanent(err), "gone: %v", err)
	f.ticket["attachments"] = []object{{"id": 480551, "attachment_url": s.URL + "/fresh"}}
	_, err = open("/stale", 7, 100)
	require.NoError(t, err, "files of the first message are the ticket's")

	_, err = open("/fresh", 7, 6)
	require.ErrorIs(t, err, connectors.ErrTooLarge, "said to be too large")
	_, err = open("/fresh", 0, 6)
	require.ErrorIs(t, err, connectors.ErrTooLarge, "found to be too large")
	_, err = open("/huge", 0, 4<<20)
	require.ErrorIs(t, err, connectors.ErrTooLarge)
	_, err = open("/away", 0, 100)
	require.NoError(t, err, "a redirect is followed")
	_, err = open("/inside", 0, 100)
	require.ErrorAs(t, err, &blocked, "but not into our own network")
}

func TestDeskTest(t *testing.T) {
	t.Parallel()
	f := newFreshdesk(t)
	f.list(t)
	me := 48000077
	f.Get("GET /api/v2/agents/me", func(connectortest.Call) (int, any) { return http.StatusOK, object{"id": me} })
	d := f.connect(t, nil)
	all := map[string]bool{"api_key": true, "api_user": true, "may read tickets": true, "may write notes": true, "may read ratings": true}
	got, _ := verdicts(t, d)
	require.Equal(t, all, got)
	require.Len(t, f.replies, 4, "nothing was written")

	me = 1
	got, hints := verdicts(t, d)
	require.False(t, got["api_user"])
	require.Contains(t, hints, "the key is of agent 1")
	me = 48000077

	f.Fail(&connectortest.Fault{Only: "POST ", Status: 403})
	got, hints = verdicts(t, d)
	require.False(t, got["may write notes"])
	require.Contains(t, hints, "right to add private notes")

	f.Fail(&connectortest.Fault{Status: 401})
	got, hints = verdicts(t, d)
	require.Equal(t, map[string]bool{"api_key": false}, got, "nothing more can be asked")
	require.NotContains(t, hints, "fd-api-key")
}

func verdicts(t *testing.T, c connectors.Tester) (map[string]bool, string) {
	t.Helper()
	out, hints := map[string]bool{}, ""
	for _, f := range c.Test(t.Context()) {
		out[f.What] = f.OK
		require.Equal(t, f.OK, f.Hint == "", "%+v", f)
		hints += f.Hint + "\n"
	}
	return out, hints
}
