package zendesk_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/sufflor/sufflor/config"
	"github.com/sufflor/sufflor/connectors"
	"github.com/sufflor/sufflor/connectors/connectortest"
	"github.com/sufflor/sufflor/connectors/zendesk"
)

// ticketDesk keeps the comments of one ticket and takes private notes.
type ticketDesk struct {
	*connectortest.Fake
	comments []string
}

type noteBody struct {
	Ticket struct {
		Comment struct {
			HTMLBody string `json:"html_body"`
			Public   *bool  `json:"public"`
		} `json:"comment"`
	} `json:"ticket"`
}

// fake is an account that has ticket 55871.
func fake(t *testing.T, client *connectors.Client) (*ticketDesk, *zendesk.Connector) {
	t.Helper()
	d := &ticketDesk{Fake: connectortest.NewFake(t, connectortest.Bearer("oauth-token"))}
	d.Get("GET /api/v2/tickets/55871/comments.json", func(connectortest.Call) (int, any) {
		return 200, `{"comments":[` + strings.Join(d.comments, ",") + `],"users":[]}`
	})
	connectortest.Take(d.Fake, "PUT /api/v2/tickets/55871.json", func(in noteBody, _ connectortest.Call) (int, any) {
		if in.Ticket.Comment.Public == nil || *in.Ticket.Comment.Public {
			t.Errorf("a public comment: %+v", in)
		}
		id := 100 + len(d.comments)
		d.comments = append(d.comments, fmt.Sprintf(`{"id":%d,"author_id":9007199254740993,"public":false,"body":%q}`, id, in.Ticket.Comment.HTMLBody))
		return 200, fmt.Sprintf(`{"audit":{"events":[{"id":%d,"type":"Comment","public":false}]}}`, id)
	})
	cfg := settings()
	cfg.BaseURL = d.URL
	if client == nil {
		client = connectors.NewClient(0, nil, func() time.Time { return clock })
	}
	c, err := zendesk.New(cfg, client)
	require.NoError(t, err)
	return d, c
}

func TestNoteFaults(t *testing.T) {
	t.Parallel()
	connectortest.NoteFaults(t, note(), func(t *testing.T, client *connectors.Client) (*connectortest.Fake, connectors.Noter) {
		t.Helper()
		d, c := fake(t, client)
		return d.Fake, c
	})
}

// The desk wrote the note and the answer got lost: the next attempt finds it.
func TestNoteAfterALostAnswerIsNotWrittenAgain(t *testing.T) {
	t.Parallel()
	d, c := fake(t, nil)
	d.Fail(&connectortest.Fault{Only: "PUT", Times: 1, Done: true, Cut: true})
	_, err := connectors.Deliver(t.Context(), c, note())
	require.Error(t, err)
	require.False(t, connectors.IsPermanent(err))
	id, err := connectors.Deliver(t.Context(), c, note())
	require.NoError(t, err)
	require.Equal(t, "100", id)
	require.Len(t, d.comments, 1)
}

func TestNoteGolden(t *testing.T) {
	t.Parallel()
	d, c := fake(t, nil)
	_, err := c.Note(t.Context(), note())
	require.NoError(t, err)
	calls := d.Calls()
	var sent noteBody
	require.NoError(t, json.Unmarshal(calls[len(calls)-1].Body, &sent))
	connectortest.Golden(t, "note.golden", []byte(strings.ReplaceAll(sent.Ticket.Comment.HTMLBody, "<p>", "\n<p>")+"\n"))
}

// Comments cannot be changed or deleted, and redacting is no undoing: it
// leaves a black bar, needs a right that could black out a customer's words,
// and is for ever. So notes stay, and the panel says which one holds.
func TestNotesStay(t *testing.T) {
	t.Parallel()
	_, c := fake(t, nil)
	var any any = c
	_, updates := any.(connectors.Updater)
	_, withdraws := any.(connectors.Withdrawer)
	require.False(t, updates)
	require.False(t, withdraws)
}

func TestReadOfTickets(t *testing.T) {
	t.Parallel()
	c, err := zendesk.New(settings(), nil)
	require.NoError(t, err)
	status := string(connectortest.Body(t, "status_changed.json"))
	event := func(kind, event string) string {
		before, _, _ := strings.Cut(status, `"event":`)
		body := before + `"event":` + event + `,"id":"e-1","subject":"zen:ticket:55871","time":"2026-07-25T17:19:59Z","type":"zen:event-type:` + kind + `"}`
		return body
	}
	tests := []struct {
		name, body string
		kind       connectors.Kind
		key        string
		assignee   string
		group      string
	}{
		{"solved is over", status, connectors.Closed, "closed:55871:2026-07-25T17:19:53Z", "8447388090494", "8447320466430"},
		{"reopened is not", strings.Replace(status, `"current":"SOLVED"`, `"current":"OPEN"`, 1), "", "", "", ""},
		{"deleted is forgotten", event("ticket.soft_deleted", `{}`), connectors.Erased, "erased:55871:2026-07-25T17:19:53Z", "", ""},
		{"deleted for good is forgotten", event("ticket.permanently_deleted", `{}`), connectors.Erased, "erased:55871:2026-07-25T17:19:53Z", "", ""},
		{"a status of deleted is forgotten", strings.Replace(status, `"current":"SOLVED"`, `"current":"DELETED"`, 1), connectors.Erased, "erased:55871:2026-07-25T17:19:53Z", "", ""},
		{"spam is over", event("ticket.marked_as_spam", `{}`), connectors.Closed, "closed:55871:2026-07-25T17:19:53Z", "8447388090494", "8447320466430"},
		{"merged is over", event("ticket.merged", `{"target_ticket_id":"1"}`), connectors.Closed, "closed:55871:2026-07-25T17:19:53Z", "8447388090494", "8447320466430"},
		{"another agent", event("ticket.agent_assignment_changed", `{"current":"17","previous":"16"}`), connectors.Assigned, "assigned:e-1", "17", "8447320466430"},
		{"an agent as a number", event("ticket.agent_assignment_changed", `{"current":17,"previous":null}`), connectors.Assigned, "assigned:e-1", "17", "8447320466430"},
		{"no agent any more", event("ticket.agent_assignment_changed", `{"current":null,"previous":"17"}`), connectors.Assigned, "assigned:e-1", "", "8447320466430"},
		{"another group", event("ticket.group_assignment_changed", `{"current":"18","previous":"19"}`), connectors.Assigned, "assigned:e-1", "8447388090494", "18"},
		{"what nobody reads", event("ticket.custom_field_changed", `{"current":{"value":true},"previous":[1]}`), "", "", "", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			rec, err := c.Read(connectors.Delivery{Header: http.Header{}, Body: []byte(tt.body)})
			require.NoError(t, err)
			if tt.kind == "" {
				require.Empty(t, rec.Events)
				return
			}
			require.Len(t, rec.Events, 1)
			e := rec.Events[0]
			require.Equal(t, tt.kind, e.Kind)
			require.Equal(t, tt.key, e.Key)
			if tt.kind == connectors.Erased {
				require.Empty(t, e.Subject+e.Customer+e.Brand)
				require.Empty(t, e.Facts)
				return
			}
			require.Equal(t, tt.assignee, e.Assignee)
			require.Equal(t, tt.group, e.Group)
			require.Equal(t, "8447346621310", e.Brand)
			require.Equal(t, []string{"versand"}, e.Tags)
			require.Equal(t, map[string]string{"priority": "normal", "type": "question"}, e.Facts)
		})
	}
	for name, of := range map[string]struct {
		json string
		want []string
		err  error
	}{
		"words":  {`"versand eilig"`, []string{"versand", "eilig"}, nil},
		"none":   {`null`, nil, nil},
		"number": {`7`, nil, connectors.ErrMalformed},
	} {
		t.Run("tags as "+name, func(t *testing.T) {
			t.Parallel()
			rec, err := c.Read(connectors.Delivery{Header: http.Header{}, Body: []byte(strings.Replace(status, `["versand"]`, of.json, 1))})
			require.ErrorIs(t, err, of.err)
			if err == nil {
				require.ElementsMatch(t, of.want, rec.Events[0].Tags)
			}
		})
	}
}

const changedTicket = `{"id":55871,"requester_id":8658726154110,"assignee_id":8447388090494,"group_id":8447320466430,"brand_id":8447346621310,
	"subject":"Bestellung #55871","status":"solved","priority":"normal","tags":["versand"],"updated_at":"2026-07-25T17:19:59Z","via":{"channel":"email"},
	"satisfaction_rating":{"id":1234,"score":"good","comment":"ging schnell"}}`

// export is an account whose export has the given pages.
func export(t *testing.T, pages map[string]string) (*ticketDesk, *zendesk.Connector) {
	t.Helper()
	d, c := fake(t, nil)
	d.Get("GET /api/v2/incremental/tickets/cursor.json", func(call connectortest.Call) (int, any) {
		page, ok := pages[call.Query]
		if !ok {
			t.Errorf("no page %q", call.Query)
		}
		return 200, page
	})
	d.Get("GET /api/v2/users/{id}", func(call connectortest.Call) (int, any) {
		if call.Path("id") == "8658726154110.json" {
			return 200, `{"user":{"id":8658726154110,"name":"Anna Berg","role":"end-user","locale":"de"}}`
		}
		return 200, `{"user":{"id":8447388090494,"name":"Jonas Weber","role":"agent"}}`
	})
	list := string(connectortest.Body(t, "api_ticket_comments.json"))
	d.comments = []string{strings.TrimSpace(list[strings.Index(list, "[")+1 : strings.Index(list, "\n  ],\n  \"meta\"")])}
	return d, c
}

func TestPoll(t *testing.T) {
	t.Parallel()
	since := time.Date(2026, 7, 25, 17, 0, 0, 0, time.UTC)
	d, c := export(t, map[string]string{
		"exclude_deleted=false&per_page=25&start_time=1784998800": `{"tickets":[` + changedTicket + `],"after_cursor":"abc==","end_of_stream":false}`,
		"cursor=abc%3D%3D&exclude_deleted=false&per_page=25":      `{"tickets":[` + changedTicket + `],"after_cursor":"def==","end_of_stream":true}`,
		"cursor=def%3D%3D&exclude_deleted=false&per_page=25":      `{"tickets":[],"after_cursor":"def==","end_of_stream":true}`,
	})
	page, err := c.Poll(t.Context(), "", since)
	require.NoError(t, err)
	require.True(t, page.More)
	var kinds []connectors.Kind
	for _, e := range page.Events {
		kinds = append(kinds, e.Kind)
		require.Equal(t, "55871", e.Conversation)
		require.Equal(t, []string{"versand"}, e.Tags)
	}
	require.Equal(t, []connectors.Kind{connectors.Message, connectors.Message, connectors.Rated, connectors.Closed}, kinds, "oldest first, our own note left out")
	require.Equal(t, &connectors.Score{Value: 1, Comment: "ging schnell"}, page.Events[2].Score)

	// The same events as those of deliveries have their keys.
	same := read(t, c, "", "comment_added_customer.json")[0]
	require.Equal(t, same.Key, page.Events[0].Key)
	require.Equal(t, same.Text, page.Events[0].Text)
	closed := strings.Replace(string(connectortest.Body(t, "status_changed.json")), `"updated_at":"2026-07-25T17:19:53Z"`, `"updated_at":"2026-07-25T17:19:59Z"`, 1)
	rec, err := c.Read(connectors.Delivery{Header: http.Header{}, Body: []byte(closed)})
	require.NoError(t, err)
	require.Equal(t, rec.Events[0].Key, page.Events[3].Key)

	again, err := c.Poll(t.Context(), page.Cursor, since)
	require.NoError(t, err)
	require.False(t, again.More)
	require.Equal(t, page.Events, again.Events, "until the stream ends, the same counts as new")

	idle, err := c.Poll(t.Context(), again.Cursor, since)
	require.NoError(t, err)
	require.Empty(t, idle.Events)
	require.Equal(t, again.Cursor, idle.Cursor)
	require.LessOrEqual(t, len(idle.Cursor), 4<<10)
	for _, line := range d.Lines() {
		require.True(t, strings.HasPrefix(line, "GET "), line)
	}
}

func TestPollForgetsADeletedTicket(t *testing.T) {
	t.Parallel()
	deleted := strings.Replace(changedTicket, `"status":"solved"`, `"status":"deleted"`, 1)
	require.NotEqual(t, changedTicket, deleted)
	d, c := export(t, map[string]string{
		"cursor=a&exclude_deleted=false&per_page=25": `{"tickets":[` + deleted + `],"after_cursor":"b","end_of_stream":true}`,
	})
	page, err := c.Poll(t.Context(), "1784999000:a", clock)
	require.NoError(t, err)
	require.Len(t, page.Events, 1)
	require.Equal(t, connectors.Erased, page.Events[0].Kind)
	require.Empty(t, page.Events[0].Subject+page.Events[0].Customer)
	require.Len(t, d.Lines(), 1, "its comments are not asked for")
	hook := strings.Replace(string(connectortest.Body(t, "status_changed.json")), `"current":"SOLVED"`, `"current":"DELETED"`, 1)
	rec, err := c.Read(connectors.Delivery{Header: http.Header{}, Body: []byte(strings.Replace(hook, `"updated_at":"2026-07-25T17:19:53Z"`, `"updated_at":"2026-07-25T17:19:59Z"`, 1))})
	require.NoError(t, err)
	require.Equal(t, rec.Events[0].Key, page.Events[0].Key)
}

func TestPollLeavesOutWhatIsOld(t *testing.T) {
	t.Parallel()
	d, c := export(t, map[string]string{
		"exclude_deleted=false&per_page=25&start_time=1784999880": `{"tickets":[` + changedTicket + `],"after_cursor":"a","end_of_stream":true}`,
		"cursor=a&exclude_deleted=false&per_page=25":              `{"tickets":[],"after_cursor":"a","end_of_stream":true}`,
	})
	// A start in the last minutes is refused by Zendesk, so it begins earlier.
	page, err := c.Poll(t.Context(), "", clock.Add(time.Hour))
	require.NoError(t, err)
	require.Empty(t, page.Events, "changed long before")
	require.Equal(t, []string{"GET /api/v2/incremental/tickets/cursor.json"}, d.Lines())

	for name, fault := range map[string]connectortest.Fault{
		"busy": {Status: 429, Header: map[string]string{"Retry-After": "9"}}, "cut": {Cut: true}, "no JSON": {Status: 200, Body: "<html>"},
	} {
		d.Fail(&fault)
		_, err = c.Poll(t.Context(), "1:a", clock)
		require.Error(t, err, name)
		require.False(t, connectors.IsPermanent(err), name)
	}
	cfg := settings()
	cfg.Token = config.Secret{}
	mute, err := zendesk.New(cfg, nil)
	require.NoError(t, err)
	page, err = mute.Poll(t.Context(), "5:x", clock)
	require.NoError(t, err, "without a token there is nothing to ask with")
	require.Equal(t, connectors.Page{Cursor: "5:x"}, page)
}

func TestOpen(t *testing.T) {
	t.Parallel()
	d, c := fake(t, nil)
	d.Raw("GET /attachments/token/{token}/", func(call connectortest.Call) (int, any) {
		switch call.Path("token") {
		case "login":
			return 200, "<!DOCTYPE html><title>Log in</title>"
		case "gone":
			return 404, "no"
		}
		return 200, []byte("\xff\xd8\xff picture")
	})
	d.Get("GET /api/v2/attachments/77.json", func(connectortest.Call) (int, any) {
		return 200, map[string]any{"attachment": map[string]string{"content_url": d.URL + "/attachments/token/x/"}}
	})
	e := connectors.Event{Message: "1", Route: map[string]string{"ticket": "55871"}}
	photo := connectors.Attachment{ID: "7", Name: "paket.jpg", Type: "image/jpeg", URL: d.URL + "/attachments/token/x/?name=paket.jpg"}

	got, err := c.Open(t.Context(), e, photo, 100)
	require.NoError(t, err)
	require.Equal(t, "\xff\xd8\xff picture", string(got.Data))
	got, err = c.Open(t.Context(), e, connectors.Attachment{ID: "77"}, 100)
	require.NoError(t, err, "without an address it is asked for")
	require.Equal(t, "\xff\xd8\xff picture", string(got.Data))

	tests := []struct {
		name, url string
		limit     int64
		want      string
		is        error
	}{
		{"too large", photo.URL, 5, "too large", connectors.ErrTooLarge},
		{"a page to log in", d.URL + "/attachments/token/login/", 100, "ticket_attachments:read", nil},
		{"gone", d.URL + "/attachments/token/gone/", 100, "not there any more", nil},
		{"in our own network", "https://10.0.0.1/x", 100, "not a public address", nil},
		{"metadata of a cloud", "http://169.254.169.254/latest", 100, "must start with https", nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			a := photo
			a.URL = tt.url
			_, err := c.Open(t.Context(), e, a, tt.limit)
			require.ErrorContains(t, err, tt.want)
			require.True(t, connectors.IsPermanent(err))
			if tt.is != nil {
				require.ErrorIs(t, err, tt.is)
			}
		})
	}
	_, err = c.Open(t.Context(), e, connectors.Attachment{ID: "../users/1"}, 100)
	require.ErrorContains(t, err, "neither an address nor an id")
	d.Fail(&connectortest.Fault{Status: 302, Header: map[string]string{"Location": "https://192.168.0.1/x"}})
	_, err = c.Open(t.Context(), e, photo, 100)
	var blocked *connectors.BlockedError
	require.ErrorAs(t, err, &blocked, "a redirect into our own network")
	d.Fail(&connectortest.Fault{Status: 401})
	_, err = c.Open(t.Context(), e, photo, 100)
	require.ErrorIs(t, err, connectors.ErrGone)
}

// Messages have files with a key of their own.
func TestOpenOfMessaging(t *testing.T) {
	t.Parallel()
	d := connectortest.NewFake(t, func(r *http.Request) bool { return r.Header.Get("Authorization") == "Basic YXBwXzE6a2V5LXNlY3JldA==" })
	d.Raw("GET /sc/attachments/1", func(connectortest.Call) (int, any) { return 200, "x" })
	cfg := settings()
	cfg.BaseURL = d.URL
	c, err := zendesk.New(cfg, nil)
	require.NoError(t, err)
	_, err = c.Open(t.Context(), connectors.Event{Route: map[string]string{"conversation": "67ab"}}, connectors.Attachment{URL: d.URL + "/sc/attachments/1"}, 10)
	require.NoError(t, err)
}

func TestTester(t *testing.T) {
	t.Parallel()
	good := func(d *ticketDesk) (me, scopes, hooks, signing *string) {
		texts := []string{
			`{"user":{"id":9007199254740993,"role":"agent","only_private_comments":true,"ticket_restriction":null}}`,
			`{"token":{"scopes":["tickets:read","write","users:read"]}}`,
			`{"webhooks":[{"id":"01W","name":"Copilot","endpoint":"https://c.example/hooks/zd","status":"active","subscriptions":["zen:event-type:ticket.comment_added"]},{"id":"01X","name":"other","endpoint":"https://x.example/in"}]}`,
			`{"signing_secret":{"algorithm":"SHA256","secret":"` + secret + `"}}`,
		}
		for i, line := range []string{
			"GET /api/v2/users/me.json", "GET /api/v2/oauth/tokens/current.json", "GET /api/v2/webhooks", "GET /api/v2/webhooks/01W/signing_secret",
		} {
			d.Get(line, func(connectortest.Call) (int, any) { return 200, texts[i] })
		}
		return &texts[0], &texts[1], &texts[2], &texts[3]
	}
	wrong := func(found []connectors.Finding) map[string]string {
		out := map[string]string{}
		for _, f := range found {
			if !f.OK {
				out[f.What] = f.Hint
				if f.Hint == "" {
					t.Errorf("%s: says not what to do", f.What)
				}
			}
		}
		return out
	}
	tests := []struct {
		name   string
		change func(d *ticketDesk, me, scopes, hooks, signing *string)
		what   string
		hint   string
	}{
		{"all is well", nil, "", ""},
		{"the token is nobody's", func(_ *ticketDesk, me, _, _, _ *string) { *me = `{"user":{"id":null,"role":"end-user"}}` }, "token", "renew token"},
		{"the token was withdrawn", func(d *ticketDesk, _, _, _, _ *string) { d.Fail(&connectortest.Fault{Status: 401}) }, "token", "renew token"},
		{"it is another user's", func(_ *ticketDesk, me, _, _, _ *string) { *me = strings.Replace(*me, "9007199254740993", "12", 1) }, "api_user is whose token it is", "user 12"},
		{"it is a customer's", func(_ *ticketDesk, me, _, _, _ *string) { *me = strings.Replace(*me, `"agent"`, `"end-user"`, 1) }, "user is an agent", "end-user"},
		{"it sees its group only", func(_ *ticketDesk, me, _, _, _ *string) {
			*me = strings.Replace(*me, `"ticket_restriction":null`, `"ticket_restriction":"groups"`, 1)
		}, "user sees all tickets", "groups"},
		{"it may not write", func(_ *ticketDesk, _, scopes, _, _ *string) { *scopes = `{"token":{"scopes":["read"]}}` }, "may write notes", "tickets:write"},
		{"the webhook is off", func(_ *ticketDesk, _, _, hooks, _ *string) { *hooks = strings.Replace(*hooks, "active", "inactive", 1) }, `webhook "Copilot"`, "activate"},
		{"the webhook has another secret", func(_ *ticketDesk, _, _, _, signing *string) { *signing = `{"signing_secret":{"secret":"x"}}` }, `webhook "Copilot"`, "another secret"},
		{"the webhook hears something else", func(_ *ticketDesk, _, _, hooks, _ *string) {
			*hooks = strings.Replace(*hooks, "ticket.comment_added", "user.created", 1)
		}, `webhook "Copilot"`, "step 3"},
		{"there is no webhook", func(_ *ticketDesk, _, _, hooks, _ *string) { *hooks = `{"webhooks":[]}` }, "webhook", "step 3"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			d, c := fake(t, nil)
			me, scopes, hooks, signing := good(d)
			if tt.change != nil {
				tt.change(d, me, scopes, hooks, signing)
			}
			got := wrong(c.Test(t.Context()))
			for _, line := range d.Lines() {
				require.True(t, strings.HasPrefix(line, "GET "), "a test changes nothing: %s", line)
			}
			if tt.what == "" {
				require.Empty(t, got)
				return
			}
			require.Len(t, got, 1)
			require.Contains(t, got[tt.what], tt.hint)
		})
	}
}
