package liveagent_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/sufflor/sufflor/config"
	"github.com/sufflor/sufflor/connectors"
	"github.com/sufflor/sufflor/connectors/connectortest"
	"github.com/sufflor/sufflor/connectors/liveagent"
)

type (
	message struct {
		ID         string `json:"id"`
		User       string `json:"userid"`
		Type       string `json:"type"`
		Created    string `json:"datecreated"`
		Format     string `json:"format"`
		Text       string `json:"message"`
		Visibility string `json:"visibility"`
	}
	group struct {
		ID       string    `json:"id"`
		User     string    `json:"userid"`
		Name     string    `json:"user_full_name"`
		Type     string    `json:"type"`
		Status   string    `json:"status"`
		Created  string    `json:"datecreated"`
		Messages []message `json:"messages"`
	}
)

// desk plays LiveAgent: the sample ticket and a test ticket, notes of version
// 1, and three agents.
type desk struct {
	*connectortest.Fake
	t *testing.T

	mu      sync.Mutex
	tickets []map[string]any
	groups  map[string][]group
	writes  string // the type of what is written, whatever was asked for
	loses   bool   // says that it wrote and did not
	files   map[string]string
}

func newDesk(t *testing.T) *desk {
	t.Helper()
	d := &desk{t: t, writes: "N", groups: map[string][]group{}, files: map[string]string{"f551": "JPEG"}}
	d.tickets = []map[string]any{{
		"id": ticketID, "owner_contactid": "c815abcd", "owner_name": "Anna Beispiel", "departmentid": "default", "agentid": "", "status": "C",
		"tags": []string{"vip"}, "code": "KDE-WQPSZ-382", "channel_type": "E", "date_changed": "2026-07-25 17:19:59",
		"subject": "Bestellung #55871 verspätet", "custom_fields": []map[string]any{{"code": "machine", "value": "NW-7"}, {"code": "odd", "value": []int{1}}},
	}, {"id": "test1", "status": "R", "date_changed": "2026-01-01 00:00:00"}}
	var sample []group
	require.NoError(t, json.Unmarshal(connectortest.Body(t, "api_ticket_messages.json"), &sample))
	d.groups[ticketID] = sample
	d.Fake = connectortest.NewFake(t, func(r *http.Request) bool {
		if strings.HasPrefix(r.URL.Path, "/api/conversations/") {
			return r.Header.Get("Apikey") == ""
		}
		return r.Header.Get("Apikey") == "v3-key"
	})
	d.Get("GET /api/v3/tickets", d.list)
	d.Get("GET /api/v3/tickets/{id}", func(c connectortest.Call) (int, any) {
		d.mu.Lock()
		defer d.mu.Unlock()
		i := slices.IndexFunc(d.tickets, func(t map[string]any) bool { return t["id"] == c.Path("id") })
		if i < 0 {
			return http.StatusNotFound, `{"message":"x"}`
		}
		return http.StatusOK, d.tickets[i]
	})
	d.Get("GET /api/v3/tickets/{id}/messages", func(c connectortest.Call) (int, any) {
		d.mu.Lock()
		defer d.mu.Unlock()
		q, err := url.ParseQuery(c.Query)
		require.NoError(t, err)
		require.Equal(t, "100", q.Get("_perPage"), "LiveAgent's own default is ten")
		var page int
		_, err = fmt.Sscan(q.Get("_page"), &page)
		require.NoError(t, err)
		all := d.groups[c.Path("id")]
		from := min((page-1)*100, len(all))
		return http.StatusOK, append([]group{}, all[from:min(from+100, len(all))]...)
	})
	d.Get("GET /api/v3/agents/{id}", func(c connectortest.Call) (int, any) {
		if slices.Contains([]string{copilot, "k6citev3", "maria"}, c.Path("id")) {
			return http.StatusOK, map[string]string{"id": c.Path("id")}
		}
		return http.StatusNotFound, nil
	})
	d.Get("GET /api/v3/files/{id}", func(c connectortest.Call) (int, any) {
		if f, ok := d.files[c.Path("id")]; ok {
			return http.StatusOK, f
		}
		return http.StatusNotFound, nil
	})
	d.Raw("POST /api/conversations/{id}/messages", d.note)
	return d
}

func (d *desk) list(c connectortest.Call) (int, any) {
	d.mu.Lock()
	defer d.mu.Unlock()
	q, err := url.ParseQuery(c.Query)
	require.NoError(d.t, err)
	require.Equal(d.t, "date_changed", q.Get("_sortField"))
	var page, size int
	_, err = fmt.Sscan(q.Get("_page"), &page)
	require.NoError(d.t, err)
	_, err = fmt.Sscan(q.Get("_perPage"), &size)
	require.NoError(d.t, err)
	after := ""
	if f := q.Get("_filters"); f != "" {
		var filters [][3]string
		require.NoError(d.t, json.Unmarshal([]byte(f), &filters))
		require.Equal(d.t, "date_changed", filters[0][0])
		require.Equal(d.t, "D>", filters[0][1])
		after = filters[0][2]
	}
	out := []map[string]any{}
	for _, t := range d.tickets {
		if t["date_changed"].(string) > after {
			out = append(out, t)
		}
	}
	slices.SortStableFunc(out, func(a, b map[string]any) int {
		return strings.Compare(a["date_changed"].(string), b["date_changed"].(string))
	})
	if q.Get("_sortDir") == "DESC" {
		slices.Reverse(out)
	}
	from := min((page-1)*size, len(out))
	return http.StatusOK, out[from:min(from+size, len(out))]
}

// note takes a note, and nothing that a customer would see.
func (d *desk) note(c connectortest.Call) (int, any) {
	d.mu.Lock()
	defer d.mu.Unlock()
	form, err := url.ParseQuery(string(c.Body))
	require.NoError(d.t, err)
	text := form.Get("message")
	form.Del("message")
	require.Equal(d.t, url.Values{"apikey": {"v1-key"}, "useridentifier": {copilot}, "type": {"N"}, "is_html_message": {"N"}}, form)
	require.Empty(d.t, c.Query, "a key in an address ends up in logs")
	if !d.loses {
		id := c.Path("id")
		n := fmt.Sprintf("n%d", len(d.groups[id]))
		d.groups[id] = append(d.groups[id], group{ID: n, User: copilot, Type: "I", Status: "V", Messages: []message{
			{ID: n + "_0", User: copilot, Type: d.writes, Format: "T", Text: text, Visibility: "R"},
		}})
	}
	return http.StatusOK, `{"response":{"status":"OK"}}`
}

// notes counts those on the customer's ticket.
func (d *desk) notes() int {
	d.mu.Lock()
	defer d.mu.Unlock()
	n := 0
	for _, g := range d.groups[ticketID] {
		if strings.HasPrefix(g.ID, "n") {
			n++
		}
	}
	return n
}

func (d *desk) add(id string, groups ...group) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.groups[id] = append(d.groups[id], groups...)
}

func fetch(t *testing.T, c *liveagent.Connector) ([]connectors.Event, error) {
	t.Helper()
	rec, err := c.Read(connectors.Delivery{Body: connectortest.Body(t, "rule_customer_message_tampered.json")})
	require.NoError(t, err)
	return c.Fetch(t.Context(), rec.Events[0])
}

// Whatever a call says, the API's text counts.
func TestFetch(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	events, err := fetch(t, start(t, settings(), d.URL))
	require.NoError(t, err)
	data, err := json.MarshalIndent(events, "", " ")
	require.NoError(t, err)
	connectortest.Golden(t, "events.golden", []byte(string(data)+"\n"))
	require.Len(t, events, 3, "our note is left out")
	require.Contains(t, events[0].Text, "#55871", "not the #55872 of the forged call")
}

func TestFetchOfEveryKind(t *testing.T) {
	t.Parallel()
	const at = "2026-07-25 17:10:00"
	m := func(id, user, kind, format, text string) message {
		return message{id, user, kind, at, format, text, "A"}
	}
	secret := m("x", "c815abcd", "M", "T", "psst")
	secret.Visibility = "R"
	old := m("x", "c815abcd", "M", "T", "last year")
	old.Created = "2025-07-25 17:10:00"
	tests := []struct {
		name   string
		ticket map[string]any // what differs
		group  group
		kinds  []connectors.Kind
		check  func(t *testing.T, e connectors.Event)
	}{
		{"a chat line of the customer", nil, group{Type: "C", Messages: []message{m("x", "c815abcd", "M", "T", "Hallo?")}}, []connectors.Kind{"message"}, func(t *testing.T, e connectors.Event) {
			t.Helper()
			require.Equal(t, connectors.Customer, e.Role)
			require.Equal(t, "Anna Beispiel", e.AuthorName)
		}},
		{"a chat line of an agent whom the API knows", nil, group{Type: "C", Messages: []message{m("x", "maria", "M", "T", "Guten Tag")}}, []connectors.Kind{"message"}, func(t *testing.T, e connectors.Event) {
			t.Helper()
			require.Equal(t, connectors.Agent, e.Role)
		}},
		{"a chat line of a visitor whom it does not", nil, group{Type: "C", Messages: []message{m("x", "visitor9", "M", "T", "Hallo?")}}, []connectors.Kind{"message"}, func(t *testing.T, e connectors.Event) {
			t.Helper()
			require.Equal(t, connectors.Customer, e.Role)
		}},
		{"a chat line of the agent in charge", map[string]any{"agentid": "k6citev3"}, group{Type: "C", Messages: []message{m("x", "k6citev3", "M", "T", "Guten Tag")}}, []connectors.Kind{"message", "assigned"}, func(t *testing.T, e connectors.Event) {
			t.Helper()
			require.Equal(t, connectors.Agent, e.Role)
			require.Equal(t, "k6citev3", e.Assignee)
		}},
		{"WhatsApp", nil, group{Type: "6", User: "c815abcd", Messages: []message{m("x", "", "M", "T", "Hi")}}, []connectors.Kind{"message"}, func(t *testing.T, e connectors.Event) {
			t.Helper()
			require.Equal(t, "whatsapp", e.Channel)
		}},
		{"a mail in HTML", nil, group{Type: "3", Messages: []message{m("x", "c815", "M", "H", "<p>a &amp; b</p><script>x</script>")}}, []connectors.Kind{"message"}, func(t *testing.T, e connectors.Event) {
			t.Helper()
			require.Equal(t, "a & b", e.Text)
		}},
		{"a file alone", nil, group{Type: "3", Messages: []message{m("x", "c815", "F", "J", `{"id":"f1","name":"a.pdf","size":"12"}`)}}, []connectors.Kind{"message"}, func(t *testing.T, e connectors.Event) {
			t.Helper()
			require.Equal(t, []connectors.Attachment{{ID: "f1", Name: "a.pdf", Size: 12}}, e.Attachments)
			require.Empty(t, e.Text)
		}},
		{"a file that is not described", nil, group{Type: "3", Messages: []message{m("x", "c815", "F", "J", `nothing`)}}, nil, nil},
		{"praise with a comment", nil, group{Type: "Y", Messages: []message{m("x", "c815", "W", "T", "1"), m("y", "c815", "C", "T", "Super!")}}, []connectors.Kind{"rated"}, func(t *testing.T, e connectors.Event) {
			t.Helper()
			require.Equal(t, connectors.Score{Value: 1, Comment: "Super!"}, *e.Score)
		}},
		{"blame", nil, group{Type: "Y", Messages: []message{m("x", "c815", "P", "T", "")}}, []connectors.Kind{"rated"}, func(t *testing.T, e connectors.Event) {
			t.Helper()
			require.Equal(t, connectors.Score{}, *e.Score)
		}},
		{"a deleted mail", nil, group{Type: "3", Status: "D", Messages: []message{m("x", "c815", "M", "T", "Geheim")}}, []connectors.Kind{"deleted"}, func(t *testing.T, e connectors.Event) {
			t.Helper()
			require.Empty(t, e.Text)
			require.Equal(t, "x", e.Message)
			require.False(t, e.At.IsZero())
		}},
		{"a resolved ticket", map[string]any{"status": "R", "date_resolved": at}, group{}, []connectors.Kind{"closed"}, nil},
		{"a closed ticket", map[string]any{"status": "L"}, group{}, []connectors.Kind{"closed"}, nil},
		{"spam", map[string]any{"status": "B"}, group{Type: "3", Messages: []message{m("x", "c815", "M", "T", "Win!")}}, []connectors.Kind{"closed"}, nil},
		{"a deleted ticket", map[string]any{"status": "X"}, group{Type: "3", Messages: []message{m("x", "c815", "M", "T", "Geheim")}}, []connectors.Kind{"erased"}, func(t *testing.T, e connectors.Event) {
			t.Helper()
			require.Empty(t, e.Subject+e.Text+e.Customer)
		}},
		{"a time in the future", nil, group{Type: "3", Messages: []message{{"x", "c815", "M", "2026-07-26 02:00:00", "T", "Hallo", "A"}}}, []connectors.Kind{"message"}, func(t *testing.T, e connectors.Event) {
			t.Helper()
			require.Equal(t, clock.UTC(), e.At, "a wrong zone must not put it ahead of what is to come")
		}},
		{"no time", nil, group{Type: "3", Messages: []message{{"x", "c815", "M", "", "T", "Hallo", "A"}}}, []connectors.Kind{"message"}, nil},
		{"an old mail", nil, group{Type: "3", Messages: []message{old}}, nil, nil},
		{"a note of another agent", nil, group{Type: "I", Messages: []message{m("x", "k6citev3", "N", "T", "Lager fragen")}}, nil, nil},
		{"an internal group", nil, group{Type: "U", Messages: []message{m("x", "k6citev3", "M", "T", "Lager fragen")}}, nil, nil},
		{"what customers do not see", nil, group{Type: "3", Messages: []message{secret}}, nil, nil},
		{"a mail of ours by user", nil, group{Type: "4", Messages: []message{m("x", copilot, "M", "T", "Hallo")}}, nil, nil},
		{"a mail of ours by its mark", nil, group{Type: "4", Messages: []message{m("x", "k6citev3", "M", "T", "[copilot sg_1] Vorschlag")}}, nil, nil},
		{"a customer who writes our mark", nil, group{Type: "3", Messages: []message{m("x", "c815", "M", "T", "[copilot sg_1] haha")}}, []connectors.Kind{"message"}, nil},
		{"an automatic answer", nil, group{Type: "4", Messages: []message{m("x", "", "M", "T", "Danke für Ihre Nachricht")}}, nil, nil},
		{"a forward to somebody else", nil, group{Type: "O", Messages: []message{m("x", "k6citev3", "M", "T", "Bitte ansehen")}}, nil, nil},
		{"a merged group", nil, group{Type: "3", Status: "M", Messages: []message{m("x", "c815", "M", "T", "Hallo")}}, nil, nil},
		{"headers, titles and quotations", nil, group{Type: "3", Messages: []message{m("a", "c", "H", "T", "x"), m("b", "c", "T", "T", "x"), m("c", "c", "Q", "T", "x"), m("d", "c", "S", "T", "x")}}, nil, nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			d := newDesk(t)
			tt.group.ID, d.groups[ticketID] = "g", []group{tt.group}
			maps.Copy(d.tickets[0], tt.ticket)
			events, err := fetch(t, start(t, settings(), d.URL))
			require.NoError(t, err)
			var kinds []connectors.Kind
			for _, e := range events {
				kinds = append(kinds, e.Kind)
			}
			require.Equal(t, tt.kinds, kinds)
			if tt.check != nil {
				tt.check(t, events[0])
			}
		})
	}
}

func TestFetchFaults(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		fault connectortest.Fault
		gone  bool
		again bool
	}{
		"a key that was withdrawn": {connectortest.Fault{Status: 401}, true, false},
		"a key without the right":  {connectortest.Fault{Status: 403}, false, false},
		"a ticket that is gone":    {connectortest.Fault{Status: 404}, false, false},
		"haste":                    {connectortest.Fault{Status: 429}, false, true},
		"a broken answer":          {connectortest.Fault{Cut: true}, false, true},
		"maintenance":              {connectortest.Fault{Status: 200, Body: "<html>"}, false, true},
		"broken at the messages":   {connectortest.Fault{Status: 500, Only: "GET /api/v3/tickets/" + ticketID + "/messages"}, false, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := newDesk(t)
			d.Fail(&tt.fault)
			events, err := fetch(t, start(t, settings(), d.URL))
			require.Error(t, err)
			require.Empty(t, events)
			require.Equal(t, tt.again, !connectors.IsPermanent(err), "%v", err)
			if tt.gone {
				require.ErrorIs(t, err, connectors.ErrGone)
				require.ErrorContains(t, err, "api_key")
			}
		})
	}
	d := newDesk(t)
	d.tickets[0]["id"] = "other"
	_, err := fetch(t, start(t, settings(), d.URL))
	require.Error(t, err)
	_, err = start(t, settings(), d.URL).Fetch(t.Context(), connectors.Event{Route: map[string]string{"ticket": "../x"}})
	require.True(t, connectors.IsPermanent(err))
}

func TestPoll(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.tickets = d.tickets[:1]
	for i := range 45 { // more than two pages, most of them of one second
		id := fmt.Sprintf("t%02d", i)
		d.tickets = append(d.tickets, map[string]any{"id": id, "status": "C", "channel_type": "E", "date_changed": fmt.Sprintf("2026-07-25 17:%02d:00", max(0, i-40))})
		d.groups[id] = []group{{ID: "g", Type: "3", Name: "Bo", Messages: []message{{"m" + id, "c1", "M", "2026-07-25 16:00:00", "T", "Hallo", "A"}}}}
	}
	c := start(t, settings(), d.URL)
	keys, cursor, polls := map[string]bool{}, "", 0
	for more := true; more; polls++ {
		require.Less(t, polls, 10)
		p, err := c.Poll(t.Context(), cursor, clock.Add(-time.Hour))
		require.NoError(t, err)
		for _, e := range p.Events {
			keys[e.Key] = true
		}
		cursor, more = p.Cursor, p.More
		require.LessOrEqual(t, len(cursor), 4096)
	}
	require.Len(t, keys, 45+3)

	fetched, err := fetch(t, c)
	require.NoError(t, err)
	for _, e := range fetched {
		require.True(t, keys[e.Key], "the same event by either way: %s", e.Key)
	}

	d.add("t07", group{ID: "g2", Type: "3", Messages: []message{{"new", "c1", "M", "2026-07-25 17:20:00", "T", "Noch etwas", "A"}}})
	d.tickets[8]["date_changed"] = "2026-07-25 17:20:00"
	p, err := c.Poll(t.Context(), cursor, clock)
	require.NoError(t, err)
	require.True(t, slices.ContainsFunc(p.Events, func(e connectors.Event) bool { return e.Message == "new" }))
	require.False(t, p.More)

	for _, odd := range []string{"x", `{"after":"yesterday"}`} {
		_, err = c.Poll(t.Context(), odd, clock)
		require.True(t, connectors.IsPermanent(err), odd)
	}
	d.Fail(&connectortest.Fault{Status: 503})
	_, err = c.Poll(t.Context(), cursor, clock)
	require.False(t, connectors.IsPermanent(err))
}

// After a long outage a poll goes on where it was, however long ago.
func TestPollAfterAnOutage(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.groups[ticketID] = []group{{ID: "g", Type: "3", Messages: []message{{"m1", "c", "M", "2026-07-20 10:00:00", "T", "Hallo", "A"}}}}
	d.tickets[0]["date_changed"] = "2026-07-20 10:00:00"
	p, err := start(t, settings(), d.URL).Poll(t.Context(), `{"after":"2026-07-19 00:00:00"}`, clock)
	require.NoError(t, err)
	require.Len(t, p.Events, 1)
}

func noting() liveagent.Config {
	cfg := settings()
	cfg.Notes, cfg.NotesKey, cfg.TestTicket, cfg.Language = liveagent.AsNotes, config.NewSecret("v1-key"), "test1", "de"
	return cfg
}

func note() connectors.Note {
	return connectors.Note{
		Suggestion: "sg_01K0NEW", Conversation: ticketID, Flag: "high", Reasons: []string{"jeder Satz ist belegt"},
		Text:      "Guten Tag <Anna> & Co,\nheute versendet.\n\nGruß",
		Citations: []connectors.Citation{{Number: 1, Title: "Versand", Where: "S. 3", URL: "https://kb.example/1"}, {Number: 2, Title: "Böse", URL: "javascript:alert(1)"}},
		PanelURL:  "https://copilot.example/s/1",
		Route:     map[string]string{"ticket": ticketID},
	}
}

func TestNote(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	c := start(t, noting(), d.URL)
	id, err := connectors.Deliver(t.Context(), c, note())
	require.NoError(t, err)
	require.Equal(t, "n4_0", id)
	require.Len(t, d.groups["test1"], 1, "the test ticket comes first")
	connectortest.Golden(t, "note.golden", []byte(d.groups[ticketID][4].Messages[0].Text))

	again, err := connectors.Deliver(t.Context(), c, note())
	require.NoError(t, err)
	require.Equal(t, id, again)
	require.Equal(t, 1, d.notes(), "written once")

	_, err = connectors.Deliver(t.Context(), start(t, noting(), d.URL), note())
	require.NoError(t, err)
	require.Len(t, d.groups["test1"], 1, "tried once, not at each start")
	require.Equal(t, 1, d.notes())

	events, err := fetch(t, c)
	require.NoError(t, err)
	require.Len(t, events, 3, "it is not answered")
}

func TestNoteThatIsNoneRaisesAnAlarm(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name   string
		change func(d *desk)
		notes  int // on the customer's ticket
	}{
		{"a mail on the test ticket", func(d *desk) { d.writes = "M" }, 0},
		{"a mail on the customer's ticket", func(d *desk) {
			d.groups["test1"] = []group{{ID: "n0", User: copilot, Type: "I", Messages: []message{{ID: "n0_0", User: copilot, Type: "N", Text: "[copilot sg_test]"}}}}
			d.writes = "M"
		}, 1},
		{"a note that is not there", func(d *desk) { d.loses = true }, 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			d := newDesk(t)
			tt.change(d)
			c := start(t, noting(), d.URL)
			_, err := connectors.Deliver(t.Context(), c, note())
			require.ErrorIs(t, err, connectors.ErrVisible)
			require.True(t, connectors.IsPermanent(err))
			require.Equal(t, tt.notes, d.notes())

			d.writes, d.loses = "N", false
			n, calls := note(), len(d.Calls())
			n.Suggestion = "sg_2"
			_, err = connectors.Deliver(t.Context(), c, n)
			require.ErrorContains(t, err, "no notes are written any more")
			require.True(t, connectors.IsPermanent(err))
			require.Len(t, d.Calls(), calls, "nothing after an alarm")
		})
	}
}

// The ticket tells what became of a call whose answer was lost.
func TestLostAnswers(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		fault connectortest.Fault
		ok    bool // the first attempt
		again bool
	}{
		"done, and cut":           {connectortest.Fault{Done: true, Cut: true}, true, false},
		"done, and called faulty": {connectortest.Fault{Done: true, Status: 500}, true, false},
		"not done, and faulty":    {connectortest.Fault{Status: 500}, false, true},
		"haste":                   {connectortest.Fault{Status: 429}, false, true},
		"refused":                 {connectortest.Fault{Status: 400}, false, false},
		"a key that is gone":      {connectortest.Fault{Status: 401}, false, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := newDesk(t)
			c := start(t, noting(), d.URL)
			tt.fault.Only, tt.fault.Times = "POST /api/conversations/"+ticketID, 1
			d.Fail(&tt.fault)
			id, err := connectors.Deliver(t.Context(), c, note())
			require.Equal(t, tt.ok, err == nil, "%v", err)
			if !tt.ok {
				require.Equal(t, tt.again, !connectors.IsPermanent(err), "%v", err)
				require.NotErrorIs(t, err, connectors.ErrVisible)
			}
			again, err := connectors.Deliver(t.Context(), c, note())
			require.NoError(t, err)
			require.Equal(t, 1, d.notes())
			if tt.ok {
				require.Equal(t, id, again)
			}
		})
	}
	t.Run("written, and then not readable", func(t *testing.T) {
		t.Parallel()
		d := newDesk(t)
		c := start(t, noting(), d.URL)
		_, err := connectors.Deliver(t.Context(), c, note())
		require.NoError(t, err)
		n := note()
		n.Suggestion = "sg_2"
		d.Fail(&connectortest.Fault{Only: "GET /api/v3/tickets/" + ticketID, Status: 503})
		_, err = connectors.Deliver(t.Context(), c, n)
		require.False(t, connectors.IsPermanent(err), "%v", err)
		d.Fail(nil)
		_, err = connectors.Deliver(t.Context(), c, n)
		require.NoError(t, err)
		require.Equal(t, 2, d.notes())
	})
}

func TestNoteFaults(t *testing.T) {
	t.Parallel()
	connectortest.NoteFaults(t, note(), func(t *testing.T, client *connectors.Client) (*connectortest.Fake, connectors.Noter) {
		t.Helper()
		d := newDesk(t)
		cfg := noting()
		cfg.BaseURL = d.URL
		c, err := liveagent.New(cfg, client)
		require.NoError(t, err)
		return d.Fake, c
	})
}

// Whoever the API says wrote a note: with our sign and of that type it is ours.
func TestNoteUnderAnotherName(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.add(ticketID, group{ID: "n9", User: "owner", Type: "I", Messages: []message{{ID: "n9_0", User: "owner", Type: "N", Text: "[copilot sg_01K0NEW] …"}}})
	id, err := connectors.Deliver(t.Context(), start(t, noting(), d.URL), note())
	require.NoError(t, err)
	require.Equal(t, "n9_0", id)
}

func TestNotesThatCannotBe(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	c := start(t, settings(), d.URL)
	require.True(t, c.Silent())
	require.False(t, start(t, noting(), d.URL).Silent())
	_, err := connectors.Deliver(t.Context(), c, note())
	require.ErrorContains(t, err, "notes are off")
	n := note()
	n.Route = map[string]string{"ticket": "../agents"}
	_, err = connectors.Deliver(t.Context(), start(t, noting(), d.URL), n)
	require.True(t, connectors.IsPermanent(err))
	require.Empty(t, d.Calls())
}

// A customer who writes our sign cannot keep us from writing the note.
func TestSignOfACustomerDoesNotCount(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.add(ticketID, group{ID: "g9", User: "c815", Type: "3", Messages: []message{{ID: "g9_0", User: "c815", Type: "M", Text: "[copilot sg_01K0NEW] haha"}}})
	_, err := connectors.Deliver(t.Context(), start(t, noting(), d.URL), note())
	require.NoError(t, err)
	require.Equal(t, 1, d.notes())
}

func TestOpen(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	c := start(t, settings(), d.URL)
	a := connectors.Attachment{ID: "f551", Name: "etikett.jpg", Type: "image/jpeg", Size: 4}
	f, err := c.Open(t.Context(), connectors.Event{}, a, 100)
	require.NoError(t, err)
	require.Equal(t, connectors.File{Name: "etikett.jpg", Type: "image/jpeg", Data: []byte("JPEG")}, f)
	_, err = c.Open(t.Context(), connectors.Event{}, connectors.Attachment{ID: "f551"}, 3)
	require.ErrorIs(t, err, connectors.ErrTooLarge)
	_, err = c.Open(t.Context(), connectors.Event{}, connectors.Attachment{ID: "f551", Size: 101}, 100)
	require.ErrorIs(t, err, connectors.ErrTooLarge)
	for _, id := range []string{"", "../tickets", "f552"} {
		_, err = c.Open(t.Context(), connectors.Event{}, connectors.Attachment{ID: id}, 100)
		require.True(t, connectors.IsPermanent(err), id)
	}

	private := httptest.NewTLSServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Error("our own network was called") }))
	t.Cleanup(private.Close)
	for _, where := range []string{private.URL, "https://169.254.169.254/latest", "http://example.com/x", "file:///etc/passwd"} {
		d.Fail(&connectortest.Fault{Only: "GET /api/v3/files", Status: 302, Header: map[string]string{"Location": where}})
		_, err = c.Open(t.Context(), connectors.Event{}, a, 100)
		var blocked *connectors.BlockedError
		require.ErrorAs(t, err, &blocked, where)
	}
}

func TestFindings(t *testing.T) {
	t.Parallel()
	list := func(d *desk, cfg liveagent.Config) map[string]bool {
		out := map[string]bool{}
		for _, f := range start(t, cfg, d.URL).Test(t.Context()) {
			out[f.What] = f.OK
			require.Equal(t, f.OK, f.Hint == "", "%v", f)
		}
		return out
	}
	d := newDesk(t)
	good := map[string]bool{"may read tickets": true, "may read messages": true, "time_zone": true, "agent exists": true, "test_ticket": true}
	require.Equal(t, good, list(d, noting()))
	for _, l := range d.Lines() {
		require.True(t, strings.HasPrefix(l, "GET "), "nothing is changed: %s", l)
	}
	cfg := noting()
	cfg.TimeZone, cfg.Agent = "America/Los_Angeles", "nobody"
	got := list(d, cfg)
	require.False(t, got["time_zone"], "17:19 there is eight hours ahead")
	require.False(t, got["agent exists"])
	d.Fail(&connectortest.Fault{Status: 401})
	require.Equal(t, map[string]bool{"may read tickets": false}, list(d, noting()))
}

// canned answers every request with the same bytes.
type canned []byte

func (c canned) RoundTrip(*http.Request) (*http.Response, error) {
	return &http.Response{StatusCode: http.StatusOK, Header: http.Header{}, Body: io.NopCloser(bytes.NewReader(c))}, nil
}

// Answers of the API are outside bytes as well: what they hold of customers is
// whatever customers wrote.
func FuzzAnswers(f *testing.F) {
	f.Add(connectortest.Body(f, "api_ticket_messages.json"))
	f.Add([]byte(`[{"id":"t1","date_changed":"2026-07-25 17:19:59","status":"R","agentid":7,"tags":["x"]}]`))
	f.Add([]byte(`{"id":"` + ticketID + `","status":"C"}`))
	f.Fuzz(func(t *testing.T, answer []byte) {
		c, err := liveagent.New(settings(), connectors.NewClient(0, canned(answer), func() time.Time { return clock }))
		require.NoError(t, err)
		events, err := c.Fetch(t.Context(), connectors.Event{Route: map[string]string{"ticket": ticketID}, At: clock})
		p, err2 := c.Poll(t.Context(), "", clock)
		require.True(t, err == nil || len(events) == 0)
		require.True(t, err2 == nil || len(p.Events) == 0)
		for _, e := range append(events, p.Events...) {
			require.NotEmpty(t, e.Key)
			require.NotEmpty(t, e.Kind)
			require.NotEmpty(t, e.Conversation)
			require.False(t, e.At.After(clock.Add(time.Hour)))
		}
	})
}
