package zammad_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/sufflor/sufflor/connectors"
	"github.com/sufflor/sufflor/connectors/connectortest"
	"github.com/sufflor/sufflor/connectors/zammad"
)

const (
	byTicket = "GET /api/v1/ticket_articles/by_ticket/81"
	create   = "POST /api/v1/ticket_articles"
	search   = "GET /api/v1/tickets/search"
)

// desk plays a Zammad: it keeps articles, and checks that each is private.
type desk struct {
	*connectortest.Fake
	tb testing.TB

	mu       sync.Mutex
	articles map[string]map[string]any // by id
	tickets  map[string]map[string]any
	change   func(map[string]any) // what a trigger does to a new article
	searches []url.Values
}

// sent is an article as it comes from us: each field, and no other.
type sent struct {
	TicketID    string `json:"ticket_id"`
	Subject     string `json:"subject"`
	Body        string `json:"body"`
	ContentType string `json:"content_type"`
	Type        string `json:"type"`
	Internal    *bool  `json:"internal"`
	Sender      string `json:"sender"`
}

func newDesk(t *testing.T) *desk {
	t.Helper()
	d := &desk{tb: t, articles: map[string]map[string]any{}, tickets: map[string]map[string]any{}}
	d.Fake = connectortest.NewFake(t, func(r *http.Request) bool { return r.Header.Get("Authorization") == "Token token=api-token" })
	connectortest.Take(d.Fake, create, func(in sent, _ connectortest.Call) (int, any) {
		if in.Internal == nil || !*in.Internal || in.Type != "note" || in.Sender != "Agent" || in.ContentType != "text/html" {
			t.Errorf("an article that a customer could see: %+v", in)
		}
		d.mu.Lock()
		defer d.mu.Unlock()
		id := fmt.Sprint(200 + len(d.articles))
		a := map[string]any{
			"id": json.Number(id), "ticket_id": json.Number(in.TicketID), "subject": in.Subject, "body": in.Body, "content_type": in.ContentType, "type": in.Type,
			"internal": true, "sender": in.Sender, "created_by_id": 31, "created_by": "copilot@nordwind.example", "created_at": "2026-07-25T17:20:00Z", "attachments": []any{},
		}
		if d.change != nil {
			d.change(a)
		}
		d.articles[id] = a
		return 201, a
	})
	d.Get("GET /api/v1/ticket_articles/by_ticket/{id}", func(c connectortest.Call) (int, any) {
		d.mu.Lock()
		defer d.mu.Unlock()
		out := []any{}
		for _, a := range d.articles {
			if fmt.Sprint(a["ticket_id"]) == c.Path("id") {
				out = append(out, a)
			}
		}
		return 200, out
	})
	d.Get("GET /api/v1/tickets/{id}", func(c connectortest.Call) (int, any) {
		require.Equal(t, "expand=true", c.Query)
		d.mu.Lock()
		defer d.mu.Unlock()
		if got := d.tickets[c.Path("id")]; got != nil {
			return 200, got
		}
		return 404, map[string]string{"error": "Couldn't find Ticket"}
	})
	d.Get("GET /api/v1/ticket_articles/{id}", func(c connectortest.Call) (int, any) {
		d.mu.Lock()
		defer d.mu.Unlock()
		if got := d.articles[c.Path("id")]; got != nil {
			return 200, got
		}
		return 404, map[string]string{"error": "Couldn't find Article"}
	})
	d.Get("DELETE /api/v1/ticket_articles/{id}", func(c connectortest.Call) (int, any) {
		d.mu.Lock()
		defer d.mu.Unlock()
		if d.articles[c.Path("id")] == nil {
			return 404, map[string]string{"error": "Couldn't find Article"}
		}
		delete(d.articles, c.Path("id"))
		return 200, map[string]any{}
	})
	d.Get(search, func(c connectortest.Call) (int, any) { return 200, d.search(t, c) })
	return d
}

// search is by day, newest first, in pages.
func (d *desk) search(t *testing.T, c connectortest.Call) any {
	t.Helper()
	q, err := url.ParseQuery(c.Query)
	require.NoError(t, err)
	d.mu.Lock()
	defer d.mu.Unlock()
	d.searches = append(d.searches, q)
	from, to, ok := strings.Cut(strings.TrimSuffix(strings.TrimPrefix(q.Get("query"), "updated_at:["), "]"), " TO ")
	require.True(t, ok)
	require.Equal(t, from, to, "one day")
	_, err = time.Parse(time.DateOnly, from)
	require.NoError(t, err)
	var ids []string
	assets := map[string]any{}
	for id, ticket := range d.tickets {
		if strings.HasPrefix(ticket["updated_at"].(string), from) {
			ids = append(ids, id)
		}
	}
	slices.SortFunc(ids, func(a, b string) int {
		return strings.Compare(d.tickets[b]["updated_at"].(string)+b, d.tickets[a]["updated_at"].(string)+a)
	})
	page, size := 1, 100
	fmt.Sscan(q.Get("page"), &page)
	ids = ids[min(len(ids), (page-1)*size):]
	ids = ids[:min(len(ids), size)]
	numbers := []json.Number{}
	for _, id := range ids {
		numbers = append(numbers, json.Number(id))
		assets[id] = d.tickets[id]
	}
	return map[string]any{"tickets": numbers, "tickets_count": len(ids), "assets": map[string]any{"Ticket": assets, "User": map[string]any{}}}
}

func (d *desk) connect(t *testing.T, client *connectors.Client) *zammad.Connector {
	t.Helper()
	cfg := settings()
	cfg.BaseURL, cfg.Language = d.URL, "de"
	if client == nil {
		client = connectors.NewClient(0, nil, func() time.Time { return clock })
	}
	c, err := zammad.New(cfg, client)
	require.NoError(t, err)
	return c
}

func note() connectors.Note {
	return connectors.Note{
		Suggestion: "sg_01K0NEW", Conversation: "81", Flag: "high", Reasons: []string{"every sentence is quoted"},
		Text:      "Guten Tag <Anna> & Co,\nheute versendet.\n\nGruß",
		Citations: []connectors.Citation{{Number: 1, Title: "Versand", Where: "S. 3", URL: "https://kb.example/1"}, {Number: 2, Title: "Böse", URL: "javascript:alert(1)"}},
		PanelURL:  "https://copilot.example/s/1",
		Route:     map[string]string{"ticket": "81"},
	}
}

func TestNoteIsInternal(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	c := d.connect(t, nil)
	id, err := connectors.Deliver(t.Context(), c, note())
	require.NoError(t, err)
	require.Equal(t, []string{byTicket, create}, d.Lines(), "looked, written")
	connectortest.Golden(t, "note.golden", []byte(d.articles[id]["body"].(string)))

	again, err := connectors.Deliver(t.Context(), c, note())
	require.NoError(t, err)
	require.Equal(t, id, again)
	require.Len(t, d.articles, 1, "written once")
}

// A customer who writes our marker cannot keep us from writing the note.
func TestMarkerOfACustomerDoesNotCount(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.articles["1"] = map[string]any{"id": 1, "ticket_id": 81, "body": "[Copilot sg_01K0NEW]", "created_by_id": 88, "type": "email", "internal": false}
	_, err := d.connect(t, nil).Note(t.Context(), note())
	require.NoError(t, err)
	require.Len(t, d.articles, 2)
}

func TestNoteAfterALostAnswerIsWrittenOnce(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	c := d.connect(t, nil)
	d.Fail(&connectortest.Fault{Times: 1, Only: create, Done: true, Cut: true})
	_, err := connectors.Deliver(t.Context(), c, note())
	require.Error(t, err)
	require.False(t, connectors.IsPermanent(err), "%v", err)
	_, err = connectors.Deliver(t.Context(), c, note())
	require.NoError(t, err)
	require.Len(t, d.articles, 1)
}

func TestNoteThatIsNotCertainlyInternalIsTakenBack(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(map[string]any){
		"a trigger made it public":  func(a map[string]any) { a["internal"] = false },
		"the answer does not say":   func(a map[string]any) { delete(a, "internal") },
		"internal, but sent":        func(a map[string]any) { a["type"] = "email" },
		"it is on another ticket":   func(a map[string]any) { a["ticket_id"] = 82 },
		"the answer has no type":    func(a map[string]any) { delete(a, "type") },
		"internal is not yes or no": func(a map[string]any) { a["internal"] = nil },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := newDesk(t)
			d.change = change
			_, err := connectors.Deliver(t.Context(), d.connect(t, nil), note())
			require.ErrorIs(t, err, connectors.ErrVisible)
			require.True(t, connectors.IsPermanent(err), "never again")
			require.Empty(t, d.articles, "deleted")
		})
	}
	t.Run("and cannot be deleted", func(t *testing.T) {
		t.Parallel()
		d := newDesk(t)
		d.change = func(a map[string]any) { a["internal"] = false }
		d.Fail(&connectortest.Fault{Only: "DELETE", Status: 403, Body: `{"error":"Not authorized"}`})
		_, err := d.connect(t, nil).Note(t.Context(), note())
		require.ErrorIs(t, err, connectors.ErrVisible)
		require.ErrorContains(t, err, "delete it now")
	})
	t.Run("found public later", func(t *testing.T) {
		t.Parallel()
		d := newDesk(t)
		c := d.connect(t, nil)
		id, err := c.Note(t.Context(), note())
		require.NoError(t, err)
		d.articles[id]["internal"] = false
		_, err = c.Note(t.Context(), note())
		require.ErrorIs(t, err, connectors.ErrVisible)
		require.Empty(t, d.articles)
	})
	t.Run("the answer names no article", func(t *testing.T) {
		t.Parallel()
		d := newDesk(t)
		d.Fail(&connectortest.Fault{Only: create, Status: 201, Body: `{}`})
		_, err := d.connect(t, nil).Note(t.Context(), note())
		require.ErrorIs(t, err, connectors.ErrVisible)
	})
}

func TestNoteFaults(t *testing.T) {
	t.Parallel()
	connectortest.NoteFaults(t, note(), func(t *testing.T, client *connectors.Client) (*connectortest.Fake, connectors.Noter) {
		t.Helper()
		d := newDesk(t)
		return d.Fake, d.connect(t, client)
	})
}

func TestRefusalsAreClassified(t *testing.T) {
	t.Parallel()
	for status, want := range map[int]string{403: "lacks a right", 404: "not there any more", 422: "not valid"} {
		d := newDesk(t)
		d.Fail(&connectortest.Fault{Only: create, Status: status, Body: `{"error":"Bestellung"}`})
		_, err := d.connect(t, nil).Note(t.Context(), note())
		require.True(t, connectors.IsPermanent(err))
		require.ErrorContains(t, err, want)
		require.NotContains(t, err.Error(), "Bestellung")
	}
	d := newDesk(t)
	d.Fail(&connectortest.Fault{Only: create, Status: 401, Body: `{}`})
	_, err := d.connect(t, nil).Note(t.Context(), note())
	require.ErrorIs(t, err, connectors.ErrGone)
	require.ErrorContains(t, err, "renew token")
}

// A ticket of years is larger than an answer may be; its latest articles tell.
func TestNoteOnAHugeTicket(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	c := d.connect(t, nil)
	id, err := c.Note(t.Context(), note())
	require.NoError(t, err)
	ids := []any{json.Number(id)}
	for i := range 100 {
		ids = append(ids, i+1)
	}
	d.tickets["81"] = map[string]any{"id": 81, "updated_at": "2026-07-25T17:20:00Z", "article_ids": ids}
	d.Fail(&connectortest.Fault{Only: byTicket, Status: 200, Body: strings.Repeat(" ", 5<<20)})
	again, err := c.Note(t.Context(), note())
	require.NoError(t, err)
	require.Equal(t, id, again)
	require.Len(t, d.articles, 1)

	other := note()
	other.Suggestion = "sg_02"
	_, err = c.Note(t.Context(), other)
	require.NoError(t, err)
	require.Len(t, d.articles, 2)
	require.Less(t, len(d.Lines()), 30, "the last ten, not all")
}

func TestNoteNeedsATicket(t *testing.T) {
	t.Parallel()
	for name, route := range map[string]map[string]string{"none": nil, "a path": {"ticket": "1/../../users"}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := newDesk(t)
			n := note()
			n.Route = route
			_, err := d.connect(t, nil).Note(t.Context(), n)
			require.True(t, connectors.IsPermanent(err), "%v", err)
			require.Empty(t, d.Lines())
		})
	}
	cfg := settings()
	require.False(t, connect(t).Silent())
	cfg.Notes = zammad.Off
	c, err := zammad.New(cfg, nil)
	require.NoError(t, err)
	require.True(t, c.Silent())
	_, err = c.Note(t.Context(), note())
	require.ErrorContains(t, err, "notes are off")
}

func TestWithdraw(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	c := d.connect(t, nil)
	id, err := c.Note(t.Context(), note())
	require.NoError(t, err)
	require.NoError(t, c.Withdraw(t.Context(), id, note()))
	require.Empty(t, d.articles)
	require.NoError(t, c.Withdraw(t.Context(), id, note()), "gone already")
	d.Fail(&connectortest.Fault{Only: "DELETE", Status: 403, Body: `{"error":"note is too old to be deleted"}`})
	err = c.Withdraw(t.Context(), id, note())
	require.True(t, connectors.IsPermanent(err))
	require.ErrorContains(t, err, "ui_ticket_zoom_article_delete_timeframe")
	require.True(t, connectors.IsPermanent(c.Withdraw(t.Context(), "../users/1", note())))
}

func (d *desk) ticket(id, updated, state string) {
	d.tickets[id] = map[string]any{
		"id": json.Number(id), "number": "100" + id, "title": "Bestellung", "state": state, "state_id": 2, "group": "Service Desk", "group_id": 3, "owner": "jonas@nordwind.example",
		"owner_id": 5, "customer": "anna.beispiel@example.org", "customer_id": 88, "priority": "2 normal", "organization": nil, "updated_at": updated, "article_ids": []any{},
	}
}

func (d *desk) article(id, ticket, at, sender string) {
	d.articles[id] = map[string]any{
		"id": json.Number(id), "ticket_id": json.Number(ticket), "type": "email", "type_id": 1, "sender": sender, "from": "x", "content_type": "text/html", "body": "Hallo<br>" + id,
		"internal": false, "created_by_id": 88, "created_by": "anna.beispiel@example.org", "created_at": at, "attachments": []any{},
	}
}

func TestPoll(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	c := d.connect(t, nil)
	since := time.Date(2026, 7, 25, 17, 0, 0, 0, time.UTC)
	d.ticket("81", "2026-07-25T17:19:51.333Z", "open")
	d.article("103", "81", "2026-07-25T16:00:00Z", "Customer") // before
	d.article("104", "81", "2026-07-25T17:19:51.318Z", "Customer")
	d.article("105", "81", "2026-07-25T17:19:51.320Z", "System")
	d.ticket("82", "2026-07-25T17:10:00.000Z", "closed")
	d.tickets["82"]["close_at"] = "2026-07-25T17:10:00.000Z"
	d.article("106", "82", "2026-07-25T17:09:00.000Z", "Agent")
	d.ticket("83", "2026-07-25T16:30:00.000Z", "open") // before
	page, err := c.Poll(t.Context(), "", since)
	require.NoError(t, err)
	var keys []string
	for _, e := range page.Events {
		keys = append(keys, e.Key)
	}
	require.Equal(t, []string{"article:106", "closed:82:1784999400000", "article:104"}, keys)
	require.False(t, page.More)
	require.Equal(t, "updated_at:[2026-07-25 TO 2026-07-25]", d.searches[0].Get("query"))
	require.NotContains(t, d.Lines(), "GET /api/v1/tickets/83")

	// The same as the delivery of the same article.
	got, err := read(t, c, file(t, "customer_article.json"))
	require.NoError(t, err)
	require.Equal(t, got[0].Key, keys[2])

	page, err = c.Poll(t.Context(), page.Cursor, since)
	require.NoError(t, err)
	require.Len(t, page.Events, 1, "the last minutes again")
	require.LessOrEqual(t, len(page.Cursor), 4096)
}

func TestPollIsBounded(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	c := d.connect(t, nil)
	for i := range 125 { // of one moment, as after a change in bulk
		d.ticket(fmt.Sprint(1000+i), "2026-07-25T12:00:00.000Z", "open")
		d.article(fmt.Sprint(5000+i), fmt.Sprint(1000+i), "2026-07-25T12:00:00Z", "Customer")
	}
	cursor, seen, polls := "", map[string]bool{}, 0
	for more := true; more; polls++ {
		require.Less(t, polls, 20)
		before := len(d.Lines())
		page, err := c.Poll(t.Context(), cursor, time.Date(2026, 7, 25, 0, 0, 0, 0, time.UTC))
		require.NoError(t, err)
		require.LessOrEqual(t, len(d.Lines())-before, 25)
		for _, e := range page.Events {
			require.False(t, seen[e.Key], "%s twice", e.Key)
			seen[e.Key] = true
		}
		cursor, more = page.Cursor, page.More
	}
	require.Len(t, seen, 125)
}

func TestPollGoesThroughTheDays(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	c := d.connect(t, nil)
	d.ticket("81", "2026-07-23T23:59:59.999Z", "open")
	d.article("104", "81", "2026-07-23T23:59:59.900Z", "Customer")
	d.ticket("82", "2026-07-25T00:00:00.000Z", "open")
	d.article("105", "82", "2026-07-25T00:00:00.000Z", "Customer")
	cursor := ""
	var keys []string
	for range 10 {
		page, err := c.Poll(t.Context(), cursor, time.Date(2026, 7, 23, 12, 0, 0, 0, time.UTC))
		require.NoError(t, err)
		for _, e := range page.Events {
			keys = append(keys, e.Key)
		}
		if cursor = page.Cursor; !page.More {
			break
		}
	}
	require.Equal(t, []string{"article:104", "article:105"}, keys)
	require.Equal(t, "updated_at:[2026-07-25 TO 2026-07-25]", d.searches[len(d.searches)-1].Get("query"))
}

func TestPollGoesPastWhatItCannotRead(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.ticket("81", "2026-07-25T17:19:51.333Z", "open")
	d.article("104", "81", "2026-07-25T17:19:51.318Z", "Customer")
	d.article("105", "81", "2026-07-25T17:19:51.320Z", "Customer")
	delete(d.articles["104"], "internal")
	page, err := d.connect(t, nil).Poll(t.Context(), "", time.Date(2026, 7, 25, 17, 0, 0, 0, time.UTC))
	require.NoError(t, err)
	require.Len(t, page.Events, 2)
	require.Equal(t, connectors.Ops, page.Events[0].Kind)
	require.Equal(t, "unreadable:article:104", page.Events[0].Key)
	require.NotContains(t, page.Events[0].Detail, "Hallo", "nothing of the text")
	require.Equal(t, "article:105", page.Events[1].Key)
}

func TestPollFaults(t *testing.T) {
	t.Parallel()
	since := time.Date(2026, 7, 25, 17, 0, 0, 0, time.UTC)
	d := newDesk(t)
	c := d.connect(t, nil)
	_, err := c.Poll(t.Context(), "{", since)
	require.True(t, connectors.IsPermanent(err))
	d.ticket("81", "2026-07-25T17:19:51.333Z", "open")
	d.Fail(&connectortest.Fault{Only: "GET /api/v1/tickets/81", Status: 404, Body: "{}"})
	page, err := c.Poll(t.Context(), "", since)
	require.NoError(t, err, "gone meanwhile")
	require.Empty(t, page.Events)
	d.Fail(&connectortest.Fault{Only: byTicket, Status: 503})
	_, err = c.Poll(t.Context(), "", since)
	require.Error(t, err)
	require.False(t, connectors.IsPermanent(err))
	d.Fail(&connectortest.Fault{Only: search, Status: 200, Body: `{"tickets":[81],"assets":{}}`})
	_, err = c.Poll(t.Context(), "", since)
	require.ErrorContains(t, err, "does not say when ticket")
	var ids []string
	tickets := map[string]any{}
	for i := range 100 {
		ids = append(ids, fmt.Sprint(i+1))
		tickets[fmt.Sprint(i+1)] = map[string]string{"updated_at": "2026-07-25T17:19:51Z"}
	}
	same, err := json.Marshal(map[string]any{"tickets": ids, "assets": map[string]any{"Ticket": tickets}})
	require.NoError(t, err)
	d.Fail(&connectortest.Fault{Only: search, Status: 200, Body: string(same)})
	_, err = c.Poll(t.Context(), "", since)
	require.True(t, connectors.IsPermanent(err))
	require.ErrorContains(t, err, "the first again")
}

func TestOpen(t *testing.T) {
	t.Parallel()
	const path = "/api/v1/ticket_attachment/81/106/174"
	got, err := read(t, connect(t), file(t, "attachment.json"))
	require.NoError(t, err)
	e := got[0]
	a := e.Attachments[0]
	a.Size, a.URL = 10, "http://169.254.169.254/latest"
	start := func(t *testing.T) (*desk, *zammad.Connector) {
		t.Helper()
		d := newDesk(t)
		d.Get("GET "+path, func(connectortest.Call) (int, any) { return 200, []byte("0123456789") })
		return d, d.connect(t, nil)
	}
	t.Run("a file is read by its ids, whatever its address says", func(t *testing.T) {
		t.Parallel()
		d, c := start(t)
		f, err := c.Open(t.Context(), e, a, 10)
		require.NoError(t, err)
		require.Equal(t, "0123456789", string(f.Data))
		require.Equal(t, []string{"GET " + path}, d.Lines())
	})
	t.Run("a larger one is not", func(t *testing.T) {
		t.Parallel()
		d, c := start(t)
		_, err := c.Open(t.Context(), e, a, 9)
		require.ErrorIs(t, err, connectors.ErrTooLarge)
		require.Empty(t, d.Lines(), "not even asked for")
		unknown := a
		unknown.Size = 0
		_, err = c.Open(t.Context(), e, unknown, 9)
		require.ErrorIs(t, err, connectors.ErrTooLarge)
	})
	t.Run("a redirect into our own network is refused", func(t *testing.T) {
		t.Parallel()
		for _, to := range []string{"http://127.0.0.1:1/x", "https://127.0.0.1:1/x", "https://169.254.169.254/latest", "file:///etc/passwd"} {
			d, c := start(t)
			d.Fail(&connectortest.Fault{Only: "GET " + path, Status: 302, Header: map[string]string{"Location": to}})
			_, err := c.Open(t.Context(), e, a, 10)
			require.True(t, connectors.IsPermanent(err), "%s: %v", to, err)
		}
	})
	t.Run("a page instead of a picture is none", func(t *testing.T) {
		t.Parallel()
		d, c := start(t)
		d.Fail(&connectortest.Fault{Only: "GET " + path, Status: 200, Header: map[string]string{"Content-Type": "text/html"}, Body: "<html>"})
		_, err := c.Open(t.Context(), e, a, 10)
		require.True(t, connectors.IsPermanent(err))
		require.ErrorContains(t, err, "as a page")
	})
	t.Run("a token that is refused", func(t *testing.T) {
		t.Parallel()
		d, c := start(t)
		d.Fail(&connectortest.Fault{Only: "GET " + path, Status: 401, Body: "{}"})
		_, err := c.Open(t.Context(), e, a, 10)
		require.ErrorIs(t, err, connectors.ErrGone)
	})
	t.Run("an id is one", func(t *testing.T) {
		t.Parallel()
		d, c := start(t)
		_, err := c.Open(t.Context(), e, connectors.Attachment{ID: "../1"}, 10)
		require.True(t, connectors.IsPermanent(err))
		require.Empty(t, d.Lines())
	})
}

func TestTest(t *testing.T) {
	t.Parallel()
	start := func(t *testing.T, me string) *desk {
		t.Helper()
		d := newDesk(t)
		d.ticket("81", "2026-07-25T17:19:51.333Z", "open")
		d.Get("GET /api/v1/users/me", func(connectortest.Call) (int, any) { return 200, me })
		return d
	}
	missing := func(d *desk) []string {
		var out []string
		for _, f := range d.connect(t, nil).Test(t.Context()) {
			if !f.OK {
				require.NotEmpty(t, f.Hint)
				out = append(out, f.What)
			}
		}
		for _, line := range d.Lines() {
			require.True(t, strings.HasPrefix(line, "GET "), "%s changes something", line)
		}
		return out
	}
	const good = `{"id":31,"active":true,"group_ids":{"3":["full"],"4":["read","create","change"]}}`
	all := start(t, good)
	require.Empty(t, missing(all))
	require.Len(t, all.connect(t, nil).Test(t.Context()), 5)
	require.Equal(t, []string{"token is of api_user"}, missing(start(t, strings.Replace(good, "31", "5", 1))))
	require.Equal(t, []string{"may read tickets and write notes in 1 of 2 groups"}, missing(start(t, strings.Replace(good, `"change"`, `"overview"`, 1))))
	require.Equal(t, []string{"may read tickets and write notes in 0 of 0 groups"}, missing(start(t, `{"id":31,"active":true,"group_ids":{}}`)))
	refused := start(t, good)
	refused.Fail(&connectortest.Fault{Status: 401, Body: "{}"})
	require.Equal(t, []string{"token"}, missing(refused))
	noSearch := start(t, good)
	noSearch.Fail(&connectortest.Fault{Only: search, Status: 403, Body: "{}"})
	require.Equal(t, []string{"may search tickets, for what was missed"}, missing(noSearch))
	noArticles := start(t, good)
	noArticles.Fail(&connectortest.Fault{Only: byTicket, Status: 403, Body: "{}"})
	require.Equal(t, []string{"may read articles"}, missing(noArticles))
}

func TestPackage(t *testing.T) {
	t.Parallel()
	cfg := settings()
	c, err := zammad.New(cfg, nil)
	require.NoError(t, err)
	opts := connectors.PackageOptions{Public: "https://copilot.example", Desk: "nordwind", Name: `O'Neill & "Co"`}
	p, err := c.Package(opts)
	require.NoError(t, err)
	again, err := c.Package(opts)
	require.NoError(t, err)
	require.Equal(t, p, again, "the same each time")
	require.NotEmpty(t, p.Steps)
	for name, data := range p.Files {
		require.NotContains(t, string(data), secret, "%s: no secret is in a package", name)
		require.NotContains(t, string(data), "api-token", name)
		if filepath.Ext(name) == ".json" {
			require.True(t, json.Valid(data), name)
		}
	}
	var hook struct {
		Endpoint string `json:"endpoint"`
		Verify   bool   `json:"ssl_verify"`
		Custom   bool   `json:"customized_payload"`
		Bearer   string `json:"bearer_token"`
	}
	require.NoError(t, json.Unmarshal(p.Files["webhook.json"], &hook))
	require.Equal(t, "https://copilot.example/hooks/nordwind", hook.Endpoint)
	require.True(t, hook.Verify)
	require.False(t, hook.Custom)
	require.Empty(t, hook.Bearer)
	for _, name := range []string{"trigger-customer.json", "trigger-agent.json", "trigger-closed.json", "trigger-owner.json"} {
		var trigger struct {
			Mode    string                    `json:"execution_condition_mode"`
			Perform map[string]map[string]any `json:"perform"`
		}
		require.NoError(t, json.Unmarshal(p.Files[name], &trigger))
		require.Equal(t, "selective", trigger.Mode)
		require.Equal(t, map[string]map[string]any{"notification.webhook": {"webhook_id": "WEBHOOK_ID"}}, trigger.Perform, "and nothing that a customer gets")
	}
	require.Contains(t, string(p.Files["trigger-agent.json"]), `"article.internal"`, "notes among agents stay")
	require.Contains(t, string(p.Files["panel-field.json"]), "https://copilot.example/embed/nordwind?conversation=#{ticket.id}")

	for name, bad := range map[string]connectors.PackageOptions{
		"not https": {Public: "http://copilot.example", Desk: "d", Name: "n"},
		"a slash":   {Public: "https://copilot.example/", Desk: "d", Name: "n"},
		"a path":    {Public: "https://copilot.example", Desk: "../d", Name: "n"},
		"no name":   {Public: "https://copilot.example", Desk: "d"},
	} {
		_, err := c.Package(bad)
		require.Error(t, err, name)
	}
}

// The installer is run against a Zammad that keeps what it gets.
func TestInstaller(t *testing.T) {
	t.Parallel()
	for _, tool := range []string{"sh", "curl", "sed"} {
		if _, err := exec.LookPath(tool); err != nil {
			t.Skip(tool + " is not here")
		}
	}
	type got map[string]any
	var mu sync.Mutex
	var webhooks, triggers, fields []got
	f := connectortest.NewFake(t, func(r *http.Request) bool { return r.Header.Get("Authorization") == "Token token=admin-token" })
	keep := func(to *[]got) func(got, connectortest.Call) (int, any) {
		return func(in got, _ connectortest.Call) (int, any) {
			mu.Lock()
			defer mu.Unlock()
			*to = append(*to, in)
			return 201, `{"id":17,"name":"x","updated_by_id":3,"created_by_id":3}`
		}
	}
	connectortest.Take(f, "POST /api/v1/webhooks", keep(&webhooks))
	connectortest.Take(f, "POST /api/v1/triggers", keep(&triggers))
	connectortest.Take(f, "POST /api/v1/object_manager_attributes", keep(&fields))
	connectortest.Take(f, "POST /api/v1/object_manager_attributes_execute_migrations", func(struct{}, connectortest.Call) (int, any) { return 200, `{}` })

	cfg := settings()
	cfg.URL, cfg.HookToken = f.URL, cfg.SignatureToken
	c, err := zammad.New(cfg, nil)
	require.NoError(t, err)
	p, err := c.Package(connectors.PackageOptions{Public: "https://copilot.example", Desk: "nordwind", Name: "Copilot"})
	require.NoError(t, err)
	dir := t.TempDir()
	for name, data := range p.Files {
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), data, 0o600))
	}
	run := func(env []string, args ...string) (string, error) {
		cmd := exec.CommandContext(t.Context(), "sh", append([]string{filepath.Join(dir, "install.sh")}, args...)...)
		cmd.Env = append([]string{"PATH=" + os.Getenv("PATH")}, env...)
		out, err := cmd.CombinedOutput()
		return string(out), err
	}
	out, err := run([]string{"ZAMMAD_TOKEN=admin-token", "SIGNATURE_TOKEN=abc_DEF-1", "HOOK_TOKEN=hook-2"})
	require.NoError(t, err, out)
	require.Len(t, webhooks, 1)
	require.Equal(t, "abc_DEF-1", webhooks[0]["signature_token"])
	require.Equal(t, "hook-2", webhooks[0]["bearer_token"])
	require.Len(t, triggers, 4)
	for _, tr := range triggers {
		require.Equal(t, map[string]any{"notification.webhook": map[string]any{"webhook_id": float64(17)}}, tr["perform"])
	}
	out, err = run([]string{"ZAMMAD_TOKEN=admin-token"}, "panel")
	require.NoError(t, err, out)
	require.Len(t, fields, 1)

	for name, env := range map[string][]string{
		"no token":           {"SIGNATURE_TOKEN=abc", "HOOK_TOKEN=x"},
		"no signature token": {"ZAMMAD_TOKEN=admin-token", "HOOK_TOKEN=x"},
		"no bearer token":    {"ZAMMAD_TOKEN=admin-token", "SIGNATURE_TOKEN=abc"},
		"an odd token":       {"ZAMMAD_TOKEN=admin-token", "SIGNATURE_TOKEN=a/b&c", "HOOK_TOKEN=x"},
	} {
		out, err = run(env)
		require.Error(t, err, name)
		require.Contains(t, out, "TOKEN", name)
	}
	require.Len(t, webhooks, 1)
}
