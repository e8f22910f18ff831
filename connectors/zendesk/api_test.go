package zendesk_test

import (
	"encoding/json"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/sufflor/sufflor/connectors"
	"github.com/sufflor/sufflor/connectors/connectortest"
	"github.com/sufflor/sufflor/connectors/zendesk"
)

// call is a request Zendesk got.
type call struct {
	line string // "GET /api/v2/tickets/1.json"
	auth string
	body string
}

// desk plays Zendesk: it answers by "METHOD path" and records what it was asked.
type desk struct {
	answers map[string]string
	status  map[string]int
	header  http.Header

	mu    sync.Mutex
	calls []call
}

func (d *desk) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	line := r.Method + " " + r.URL.Path
	d.mu.Lock()
	d.calls = append(d.calls, call{line: line, auth: r.Header.Get("Authorization"), body: string(body)})
	d.mu.Unlock()
	maps.Copy(w.Header(), d.header)
	answer, ok := d.answers[line]
	if s := d.status[line]; s != 0 {
		w.WriteHeader(s)
	} else if !ok {
		w.WriteHeader(http.StatusNotFound)
	}
	io.WriteString(w, answer)
}

// all are the calls so far.
func (d *desk) all() []call {
	d.mu.Lock()
	defer d.mu.Unlock()
	return slices.Clone(d.calls)
}

func (d *desk) lines() []string {
	d.mu.Lock()
	defer d.mu.Unlock()
	var out []string
	for _, c := range d.calls {
		out = append(out, c.line)
	}
	return out
}

func start(t *testing.T, d *desk) *zendesk.Connector {
	t.Helper()
	s := httptest.NewServer(d)
	t.Cleanup(s.Close)
	cfg := settings()
	cfg.BaseURL = s.URL
	c, err := zendesk.New(cfg, nil)
	require.NoError(t, err)
	return c
}

const (
	getTicket   = "GET /api/v2/tickets/55871.json"
	getComments = "GET /api/v2/tickets/55871/comments.json"
	putTicket   = "PUT /api/v2/tickets/55871.json"
	hideComment = "PUT /api/v2/tickets/55871/comments/8658716406702/make_private.json"
)

func note() connectors.Note {
	return connectors.Note{
		Suggestion: "sg_01K0NEW", Conversation: "55871", Flag: "high", Reasons: []string{"every sentence is quoted"},
		Text:      "Guten Tag <Anna> & Co,\nheute versendet.\n\nGruß",
		Citations: []connectors.Citation{{Number: 1, Title: "Versand", Where: "p. 3", URL: "https://kb.example/1"}, {Number: 2, Title: "Böse", URL: "javascript:alert(1)"}},
		PanelURL:  "https://copilot.example/s/1",
		Route:     map[string]string{"ticket": "55871"},
	}
}

func TestNoteIsPrivate(t *testing.T) {
	t.Parallel()
	d := &desk{answers: map[string]string{
		getComments: `{"comments":[]}`,
		putTicket:   string(connectortest.Body(t, "api_private_note_response.json")),
	}}
	c := start(t, d)
	id, err := connectors.Deliver(t.Context(), c, note())
	require.NoError(t, err)
	require.Equal(t, "8658716406702", id)
	require.Equal(t, []string{getComments, putTicket}, d.lines())
	require.Equal(t, "Bearer oauth-token", d.all()[1].auth)

	var sent struct {
		Ticket struct {
			Comment map[string]any `json:"comment"`
		} `json:"ticket"`
	}
	require.NoError(t, json.Unmarshal([]byte(d.all()[1].body), &sent))
	public, said := sent.Ticket.Comment["public"]
	require.True(t, said, "public is always sent: Zendesk's default is mostly public")
	require.Equal(t, false, public)
	body := sent.Ticket.Comment["html_body"].(string)
	require.True(t, strings.HasPrefix(body, "<p>[Copilot sg_01K0NEW] "), "the marker guards against loops")
	require.Contains(t, body, "<p>Guten Tag &lt;Anna&gt; &amp; Co,<br>heute versendet.</p><p>Gruß</p>")
	require.Contains(t, body, `<a href="https://kb.example/1">Versand</a>, p. 3`)
	require.NotContains(t, body, "javascript:")
}

func TestNoteIsWrittenOnce(t *testing.T) {
	t.Parallel()
	d := &desk{answers: map[string]string{getComments: string(connectortest.Body(t, "api_ticket_comments.json"))}}
	n := note()
	n.Suggestion = "sg_01K0EXAMPLE" // in the sample already
	id, err := start(t, d).Note(t.Context(), n)
	require.NoError(t, err)
	require.Equal(t, "8658716406702", id)
	require.Equal(t, []string{getComments}, d.lines(), "nothing written")
}

// A customer who writes our marker cannot keep us from writing the note.
func TestMarkerOfACustomerDoesNotCount(t *testing.T) {
	t.Parallel()
	d := &desk{answers: map[string]string{
		getComments: `{"comments":[{"id":1,"author_id":2,"public":true,"body":"[Copilot sg_01K0NEW] haha"}]}`,
		putTicket:   string(connectortest.Body(t, "api_private_note_response.json")),
	}}
	_, err := start(t, d).Note(t.Context(), note())
	require.NoError(t, err)
	require.Equal(t, []string{getComments, putTicket}, d.lines())
}

func TestNoteThatIsNotCertainlyPrivateRaisesAnAlarm(t *testing.T) {
	t.Parallel()
	good := string(connectortest.Body(t, "api_private_note_response.json"))
	tests := []struct {
		name, answer string
		hidden       bool
	}{
		{"the answer says public", strings.Replace(good, `"public": false`, `"public": true`, 1), true},
		{"the answer does not say", strings.Replace(good, `"public": false,`, ``, 1), true},
		{"the answer names no comment", `{"ticket":{"id":55871}}`, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			d := &desk{answers: map[string]string{getComments: `{"comments":[]}`, putTicket: tt.answer, hideComment: `{}`}}
			_, err := connectors.Deliver(t.Context(), start(t, d), note())
			require.ErrorIs(t, err, connectors.ErrVisible)
			require.True(t, connectors.IsPermanent(err), "never again")
			require.Equal(t, tt.hidden, strings.HasPrefix(d.lines()[len(d.lines())-1], hideComment))
		})
	}
}

func TestRefusalsAreClassified(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name      string
		status    int
		permanent bool
		gone      bool
		after     time.Duration
	}{
		{"a revoked token is gone", 401, true, true, 0},
		{"a missing scope stays", 403, true, false, 0},
		{"an edit conflict passes", 409, false, false, 2 * time.Second},
		{"a closed ticket stays closed", 422, true, false, 0},
		{"haste is told how long to wait", 429, false, false, 93 * time.Second},
		{"their fault passes", 503, false, false, 93 * time.Second},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			d := &desk{
				answers: map[string]string{getComments: `{"comments":[]}`},
				status:  map[string]int{putTicket: tt.status}, header: http.Header{"Retry-After": {"93"}},
			}
			_, err := connectors.Deliver(t.Context(), start(t, d), note())
			var e *connectors.CallError
			require.ErrorAs(t, err, &e)
			require.Equal(t, tt.status, e.Status)
			require.Equal(t, tt.permanent, connectors.IsPermanent(err))
			require.Equal(t, tt.after, e.After)
			if tt.gone {
				require.ErrorIs(t, err, connectors.ErrGone)
			} else {
				require.NotErrorIs(t, err, connectors.ErrGone)
			}
		})
	}
}

func TestNoteNeedsATicket(t *testing.T) {
	t.Parallel()
	for name, route := range map[string]map[string]string{
		"none": nil, "a path": {"ticket": "1/../../users"}, "messaging only": {"conversation": "67ab"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := &desk{}
			n := note()
			n.Route = route
			_, err := start(t, d).Note(t.Context(), n)
			require.True(t, connectors.IsPermanent(err), "%v", err)
			require.Empty(t, d.lines())
		})
	}
}

func fetchDesk(t *testing.T) *desk {
	t.Helper()
	return &desk{answers: map[string]string{
		getTicket:                              `{"ticket":{"id":55871,"requester_id":8658726154110,"subject":"Bestellung #55871","via":{"channel":"email"}}}`,
		getComments:                            string(connectortest.Body(t, "api_ticket_comments.json")),
		"GET /api/v2/users/8658726154110.json": `{"user":{"id":8658726154110,"name":"Anna Berg","role":"end-user","locale":"de"}}`,
		"GET /api/v2/users/8447388090494.json": `{"user":{"id":8447388090494,"name":"Jonas Weber","role":"agent","locale":"de"}}`,
	}}
}

func read(t *testing.T, c *zendesk.Connector, path, file string) []connectors.Event {
	t.Helper()
	rec, err := c.Read(connectors.Delivery{Path: path, Header: http.Header{}, Body: connectortest.Body(t, file)})
	require.NoError(t, err)
	require.NotEmpty(t, rec.Events)
	return rec.Events
}

func TestFetchOfATrigger(t *testing.T) {
	t.Parallel()
	c := start(t, fetchDesk(t))
	events, err := c.Fetch(t.Context(), read(t, c, "/trigger", "trigger_ids_only.json")[0])
	require.NoError(t, err)
	require.Len(t, events, 2, "our own private note is left out")

	first := events[0]
	require.Equal(t, connectors.Customer, first.Role)
	require.Equal(t, "de", first.Language)
	require.Equal(t, "Bestellung #55871", first.Subject)
	require.Equal(t, "paket.jpg", first.Attachments[0].Name)
	require.Equal(t, connectors.Agent, events[1].Role)

	same := read(t, c, "", "comment_added_customer.json")[0]
	require.Equal(t, same.Key, first.Key, "the same comment by either way is one event")
	require.Equal(t, same.Text, first.Text)
}

func TestFetchLeavesOutWhatIsOld(t *testing.T) {
	t.Parallel()
	c := start(t, fetchDesk(t))
	e := read(t, c, "/trigger", "trigger_ids_only.json")[0]
	e.At = e.At.Add(time.Hour)
	events, err := c.Fetch(t.Context(), e)
	require.NoError(t, err)
	require.Empty(t, events)
}

func TestFetchAfterARedaction(t *testing.T) {
	t.Parallel()
	d := fetchDesk(t)
	d.answers[getComments] = strings.ReplaceAll(d.answers[getComments], "#55871", "▇▇▇")
	c := start(t, d)
	e := read(t, c, "", "comment_redacted.json")[1]
	events, err := c.Fetch(t.Context(), e)
	require.NoError(t, err)
	require.Len(t, events, 1)
	require.Equal(t, connectors.Edited, events[0].Kind)
	require.Equal(t, "8658716406687", events[0].Message)
	require.Contains(t, events[0].Text, "▇▇▇")
	require.False(t, events[0].At.Before(e.At), "later than the deletion")
}

// The delivery is not signed, so whatever it says, the API's text counts.
func TestFetchOfMessagingTrustsTheAPIOnly(t *testing.T) {
	t.Parallel()
	var delivery struct {
		Events []struct {
			Payload struct {
				Message json.RawMessage `json:"message"`
			} `json:"payload"`
		} `json:"events"`
	}
	require.NoError(t, json.Unmarshal(connectortest.Body(t, "sunco_message_user.json"), &delivery))
	genuine := string(delivery.Events[0].Payload.Message)
	const list = "GET /sc/v2/apps/" + appID + "/conversations/67ab5f53a96f98663935c3f2/messages"
	d := &desk{answers: map[string]string{list: `{"messages":[` + genuine + `]}`}}
	c := start(t, d)

	events, err := c.Fetch(t.Context(), read(t, c, "/messaging", "sunco_message_user_tampered.json")[0])
	require.NoError(t, err)
	require.Len(t, events, 1)
	require.Contains(t, events[0].Text, "#55871")
	require.Equal(t, "kd-4711", events[0].Customer)
	require.Equal(t, "Basic YXBwXzE6a2V5LXNlY3JldA==", d.all()[0].auth)
	require.Equal(t, read(t, c, "", "messaging_message_added_customer.json")[0].Key, events[0].Key)

	d.answers[list] = `{"messages":[]}`
	_, err = c.Fetch(t.Context(), read(t, c, "/messaging", "sunco_message_user.json")[0])
	require.True(t, connectors.IsPermanent(err), "what the API does not know never happened: %v", err)

	deleted := strings.Replace(genuine, `"source"`, `"deleted":true,"source"`, 1)
	d.answers[list] = `{"messages":[` + deleted + `]}`
	events, err = c.Fetch(t.Context(), read(t, c, "/messaging", "sunco_message_deleted.json")[0])
	require.NoError(t, err)
	require.Equal(t, connectors.Deleted, events[0].Kind)
	require.Empty(t, events[0].Text)
}
