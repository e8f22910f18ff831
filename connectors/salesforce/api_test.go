package salesforce_test

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"encoding/xml"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"github.com/stretchr/testify/require"

	"github.com/sufflor/sufflor/config"
	"github.com/sufflor/sufflor/connectors"
	"github.com/sufflor/sufflor/connectors/connectortest"
	"github.com/sufflor/sufflor/connectors/salesforce"
)

var rsaKey = sync.OnceValue(func() *rsa.PrivateKey {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		panic(err)
	}
	return key
})

func privateKey() string {
	return string(pem.EncodeToMemory(&pem.Block{Type: "RSA PRIVATE KEY", Bytes: x509.MarshalPKCS1PrivateKey(rsaKey())}))
}

const (
	comments = "/services/data/v64.0/sobjects/CaseComment"
	queries  = "GET /services/data/v64.0/query"
	login    = "POST /services/oauth2/token"
)

// desk plays an org: it logs in, keeps comments and answers queries.
type desk struct {
	*connectortest.Fake
	tb  testing.TB
	now func() time.Time

	mu       sync.Mutex
	sessions int                  // how many logins there were; the last one counts
	comments map[string]*comment  // by id
	rows     map[string][]any     // of queries, by object
	publish  bool                 // a flow that publishes what is private
	mute     bool                 // an answer without IsPublished
	queries  []string             // SOQL
	grant    func(url.Values) any // the answer to a login; nil: the usual one
}

type comment struct {
	ID          string `json:"Id"`
	ParentID    string `json:"ParentId"`
	CommentBody string `json:"CommentBody"`
	IsPublished *bool  `json:"IsPublished,omitempty"`
}

// sent is a comment as it comes from us.
type sent struct {
	ParentID    string `json:"ParentId"`
	CommentBody string `json:"CommentBody"`
	IsPublished *bool  `json:"IsPublished"`
}

func newDesk(t *testing.T) *desk {
	t.Helper()
	d := &desk{tb: t, comments: map[string]*comment{}, rows: map[string][]any{}}
	d.Fake = connectortest.NewFake(t, func(r *http.Request) bool {
		if r.URL.Path == "/services/oauth2/token" {
			return r.Header.Get("Authorization") == ""
		}
		return strings.HasPrefix(r.Header.Get("Authorization"), "Bearer session-")
	})
	d.Raw(login, func(c connectortest.Call) (int, any) { return 200, d.login(t, c) })
	for _, path := range []string{queries, queries + "All"} {
		d.Get(path, func(c connectortest.Call) (int, any) {
			if !d.current(c) {
				return expired()
			}
			return d.query(t, c)
		})
	}
	connectortest.Take(d.Fake, "POST "+comments, func(in sent, c connectortest.Call) (int, any) {
		if !d.current(c) {
			return expired()
		}
		d.mu.Lock()
		defer d.mu.Unlock()
		d.private(in)
		require.Equal(t, caseID, in.ParentID)
		id := fmt.Sprintf("00a5g%010dAAA", len(d.comments)+1)
		d.comments[id] = &comment{ID: id, ParentID: in.ParentID, CommentBody: in.CommentBody, IsPublished: &d.publish}
		return 201, map[string]any{"id": id, "success": true, "errors": []any{}}
	})
	connectortest.Take(d.Fake, "PATCH "+comments+"/{id}", func(in sent, c connectortest.Call) (int, any) {
		d.mu.Lock()
		defer d.mu.Unlock()
		d.private(in)
		require.Empty(t, in.ParentID, "a comment stays with its case")
		m := d.comments[c.Path("id")]
		if m == nil {
			return gone()
		}
		m.CommentBody = in.CommentBody
		return 204, nil
	})
	d.Get("GET "+comments+"/{id}", func(c connectortest.Call) (int, any) {
		d.mu.Lock()
		defer d.mu.Unlock()
		m := d.comments[c.Path("id")]
		if m == nil {
			return gone()
		}
		out := *m
		if d.mute {
			out.IsPublished = nil
		}
		return 200, out
	})
	d.Get("DELETE "+comments+"/{id}", func(c connectortest.Call) (int, any) {
		d.mu.Lock()
		defer d.mu.Unlock()
		if d.comments[c.Path("id")] == nil {
			return gone()
		}
		delete(d.comments, c.Path("id"))
		return 204, nil
	})
	return d
}

// private is the promise: a comment is never published, and says so.
func (d *desk) private(in sent) {
	d.tb.Helper()
	if in.IsPublished == nil || *in.IsPublished {
		d.tb.Errorf("a comment that a customer could see: %+v", in)
	}
	if len(in.CommentBody) > 4000 {
		d.tb.Errorf("a comment of %d bytes", len(in.CommentBody))
	}
}

func (d *desk) current(c connectortest.Call) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return c.Header.Get("Authorization") == fmt.Sprintf("Bearer session-%d", d.sessions)
}

// end is what an administrator does to all sessions.
func (d *desk) end() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.sessions += 100
}

func expired() (int, any) {
	return 401, []map[string]string{{"message": "Session expired or invalid", "errorCode": "INVALID_SESSION_ID"}}
}

func gone() (int, any) {
	return 404, []map[string]string{{"message": "entity is deleted", "errorCode": "ENTITY_IS_DELETED"}}
}

func (d *desk) login(t *testing.T, c connectortest.Call) any {
	t.Helper()
	form, err := url.ParseQuery(string(c.Body))
	require.NoError(t, err)
	require.Equal(t, "urn:ietf:params:oauth:grant-type:jwt-bearer", form.Get("grant_type"))
	var claims jwt.RegisteredClaims
	_, err = jwt.NewParser(jwt.WithValidMethods([]string{"RS256"}), jwt.WithExpirationRequired(), jwt.WithTimeFunc(d.now)).
		ParseWithClaims(form.Get("assertion"), &claims, func(*jwt.Token) (any, error) { return &rsaKey().PublicKey, nil })
	require.NoError(t, err)
	require.Equal(t, "3MVG9.example", claims.Issuer)
	require.Equal(t, "copilot@nordwind.example", claims.Subject)
	require.Equal(t, jwt.ClaimStrings{"https://login.salesforce.com"}, claims.Audience)
	require.LessOrEqual(t, claims.ExpiresAt.Sub(d.now()), 3*time.Minute)
	if d.grant != nil {
		return d.grant(form)
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.sessions++
	return map[string]any{
		"access_token": fmt.Sprintf("session-%d", d.sessions), "instance_url": "https://nordwind.my.salesforce.com", "token_type": "Bearer",
		"scope": "api", "id": "https://login.salesforce.com/id/" + org + "/" + me,
	}
}

func (d *desk) query(t *testing.T, c connectortest.Call) (int, any) {
	t.Helper()
	q, err := url.ParseQuery(c.Query)
	require.NoError(t, err)
	soql := q.Get("q")
	d.mu.Lock()
	defer d.mu.Unlock()
	d.queries = append(d.queries, soql)
	for _, object := range []string{"EmailMessage", "ContentDocumentLink", "Case", "CaseComment"} {
		if !strings.Contains(soql, " FROM "+object+" ") {
			continue
		}
		if strings.HasPrefix(soql, "SELECT Id, CommentBody, IsPublished FROM CaseComment") {
			require.Contains(t, soql, "ParentId = '"+caseID+"' AND CreatedById = '"+me+"'")
			rows := []any{}
			for _, m := range d.comments {
				rows = append(rows, *m)
			}
			return 200, map[string]any{"totalSize": len(rows), "done": true, "records": rows}
		}
		deleted := strings.Contains(soql, "IsDeleted = true")
		require.Equal(t, strings.HasSuffix(c.Line, "All"), deleted)
		if deleted {
			object += "-"
		}
		rows := d.rows[object]
		if rows == nil {
			rows = []any{}
		}
		return 200, map[string]any{"totalSize": len(rows), "done": true, "records": rows}
	}
	t.Errorf("not expected: %s", soql)
	return 400, nil
}

func (d *desk) connect(t *testing.T, client *connectors.Client) *salesforce.Connector {
	t.Helper()
	cfg := withAPI(t)
	cfg.BaseURL, cfg.Language = d.URL, "de"
	if d.now = time.Now; client == nil {
		d.now = func() time.Time { return clock }
		client = connectors.NewClient(0, nil, func() time.Time { return clock })
	}
	c, err := salesforce.New(cfg, client)
	require.NoError(t, err)
	return c
}

func note() connectors.Note {
	return connectors.Note{
		Suggestion: "sg_01K0NEW", Conversation: caseID, Flag: "high", Reasons: []string{"every sentence is quoted"},
		Text:      "Guten Tag <Anna> & Co,\nheute versendet.\n\nGruß",
		Citations: []connectors.Citation{{Number: 1, Title: "Versand", Where: "S. 3", URL: "https://kb.example/1"}, {Number: 2, Title: "Böse", URL: "javascript:alert(1)"}},
		PanelURL:  "https://copilot.example/s/1",
		Route:     map[string]string{"case": caseID},
	}
}

func TestNoteIsPrivate(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	c := d.connect(t, nil)
	id, err := connectors.Deliver(t.Context(), c, note())
	require.NoError(t, err)
	require.Equal(t, "00a5g0000000001AAA", id)
	require.Equal(t, []string{login, queries, "POST " + comments, "GET " + comments + "/" + id}, d.Lines(), "looked, written, looked again")
	require.False(t, *d.comments[id].IsPublished)
	connectortest.Golden(t, "note.golden", []byte(d.comments[id].CommentBody))

	again, err := connectors.Deliver(t.Context(), c, note())
	require.NoError(t, err)
	require.Equal(t, id, again)
	require.Len(t, d.comments, 1, "written once")
}

func TestLongNoteFits(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	n := note()
	n.Text = strings.Repeat("äöü & ", 3000)
	n.Reasons = []string{strings.Repeat("warum ", 1000)}
	for i := range 200 {
		n.Citations = append(n.Citations, connectors.Citation{Number: i, Title: strings.Repeat("Titel ", 20), URL: "https://kb.example/" + strings.Repeat("x", 100)})
	}
	id, err := d.connect(t, nil).Note(t.Context(), n)
	require.NoError(t, err)
	require.Contains(t, d.comments[id].CommentBody, " …")
	require.Contains(t, d.comments[id].CommentBody, n.PanelURL)
}

// The answer was lost after the org did what it was asked.
func TestNoteAfterALostAnswerIsWrittenOnce(t *testing.T) {
	t.Parallel()
	for name, fault := range map[string]connectortest.Fault{
		"of the comment":     {Times: 1, Only: "POST " + comments, Done: true, Cut: true},
		"of the second look": {Times: 1, Only: "GET " + comments, Status: 502},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := newDesk(t)
			c := d.connect(t, nil)
			d.Fail(&fault)
			_, err := connectors.Deliver(t.Context(), c, note())
			require.Error(t, err)
			require.False(t, connectors.IsPermanent(err), "%v", err)
			id, err := connectors.Deliver(t.Context(), c, note())
			require.NoError(t, err)
			require.Len(t, d.comments, 1)
			require.NotNil(t, d.comments[id])
		})
	}
}

func TestNoteThatIsNotCertainlyPrivateIsTakenBack(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(*desk){
		"a flow published it":  func(d *desk) { d.publish = true },
		"the org does not say": func(d *desk) { d.mute = true },
		"nobody may read it": func(d *desk) {
			d.Fail(&connectortest.Fault{Times: 1, Only: "GET " + comments, Status: 403, Body: `[]`})
		},
		"it is on another case": func(d *desk) {
			d.Fail(&connectortest.Fault{Times: 1, Only: "GET " + comments, Status: 200, Body: `{"Id":"00a5g0000000001AAA","ParentId":"5005g00001OtherBAA","IsPublished":false}`})
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := newDesk(t)
			change(d)
			_, err := connectors.Deliver(t.Context(), d.connect(t, nil), note())
			require.ErrorIs(t, err, connectors.ErrVisible)
			require.True(t, connectors.IsPermanent(err), "never again")
			require.Empty(t, d.comments, "deleted")
		})
	}
	t.Run("and cannot be deleted", func(t *testing.T) {
		t.Parallel()
		d := newDesk(t)
		d.publish = true
		d.Fail(&connectortest.Fault{Only: "DELETE", Status: 403, Body: `[{"errorCode":"INSUFFICIENT_ACCESS_OR_READONLY"}]`})
		_, err := d.connect(t, nil).Note(t.Context(), note())
		require.ErrorIs(t, err, connectors.ErrVisible)
		require.ErrorContains(t, err, "delete it now")
	})
	t.Run("found published later", func(t *testing.T) {
		t.Parallel()
		d := newDesk(t)
		c := d.connect(t, nil)
		_, err := c.Note(t.Context(), note())
		require.NoError(t, err)
		d.publish = true
		_, err = c.Note(t.Context(), note())
		require.ErrorIs(t, err, connectors.ErrVisible)
		require.Empty(t, d.comments)
	})
	t.Run("the answer names no comment", func(t *testing.T) {
		t.Parallel()
		d := newDesk(t)
		d.Fail(&connectortest.Fault{Only: "POST " + comments, Status: 201, Body: `{"success":false}`})
		_, err := d.connect(t, nil).Note(t.Context(), note())
		require.ErrorIs(t, err, connectors.ErrVisible)
	})
}

func TestNoteFaults(t *testing.T) {
	t.Parallel()
	t.Run("before the login", func(t *testing.T) {
		connectortest.NoteFaults(t, note(), func(t *testing.T, client *connectors.Client) (*connectortest.Fake, connectors.Noter) {
			t.Helper()
			d := newDesk(t)
			return d.Fake, d.connect(t, client)
		})
	})
	t.Run("after it", func(t *testing.T) {
		connectortest.NoteFaults(t, note(), func(t *testing.T, client *connectors.Client) (*connectortest.Fake, connectors.Noter) {
			t.Helper()
			d := newDesk(t)
			c := d.connect(t, client)
			require.NoError(t, c.Login(t.Context()))
			return d.Fake, c
		})
	})
}

func TestSessionIsRenewedOnce(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	c := d.connect(t, nil)
	_, err := c.Note(t.Context(), note())
	require.NoError(t, err)
	n := note()
	n.Suggestion = "sg_02"
	d.end()
	_, err = c.Note(t.Context(), n)
	require.NoError(t, err)
	require.Len(t, d.comments, 2)

	d = newDesk(t)
	c = d.connect(t, nil)
	d.Fail(&connectortest.Fault{Only: queries, Status: 401, Body: `[{"errorCode":"INVALID_SESSION_ID"}]`})
	_, err = c.Note(t.Context(), n)
	require.ErrorIs(t, err, connectors.ErrGone, "a new session that is refused at once")
	require.ErrorContains(t, err, "README.md, step 3")
	require.Equal(t, 2, d.sessions, "one more, not for ever")
}

func TestLoginThatIsRefused(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name  string
		fault connectortest.Fault
		grant any
		is    error
		want  string
		again bool
	}{
		{name: "not admitted", fault: connectortest.Fault{Status: 400, Body: `{"error":"invalid_grant","error_description":"user hasn't approved this consumer"}`}, is: connectors.ErrGone, want: `"invalid_grant"`},
		{name: "no such app", fault: connectortest.Fault{Status: 401, Body: `oops`}, is: connectors.ErrGone, want: "client_id"},
		{name: "busy", fault: connectortest.Fault{Status: 503}, again: true},
		{name: "another org", grant: map[string]string{"access_token": "session-1", "id": "https://login.salesforce.com/id/00D7x0000009ZzZEAU/" + me}, is: connectors.ErrForeign},
		{name: "another user", grant: map[string]string{"access_token": "session-1", "id": "https://login.salesforce.com/id/" + org + "/0055g000003AgEnAAK"}, is: connectors.ErrForeign},
		{name: "no token", grant: map[string]string{}, again: true, want: "no access_token"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			d := newDesk(t)
			if tt.grant != nil {
				d.grant = func(url.Values) any { return tt.grant }
			} else {
				d.Fail(&tt.fault)
			}
			_, err := d.connect(t, nil).Note(t.Context(), note())
			require.Error(t, err)
			if tt.is != nil {
				require.ErrorIs(t, err, tt.is)
			}
			require.ErrorContains(t, err, tt.want)
			require.Equal(t, !tt.again, connectors.IsPermanent(err))
			require.NotContains(t, err.Error(), "approved", "their text is left out")
			require.Equal(t, []string{login}, d.Lines())
		})
	}
}

func TestRefusalsAreClassified(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name      string
		status    int
		code      string
		permanent bool
		after     time.Duration
		want      string
	}{
		{"used up calls come back", 403, "REQUEST_LIMIT_EXCEEDED", false, 2 * time.Minute, "API calls of the day"},
		{"a lock passes", 400, "UNABLE_TO_LOCK_ROW", false, 2 * time.Second, "saves the record"},
		{"a missing right stays", 403, "INSUFFICIENT_ACCESS_OR_READONLY", true, 0, "lacks a right"},
		{"a missing field stays", 400, "INVALID_FIELD", true, 0, "lacks a right (INVALID_FIELD)"},
		{"another rule stays", 400, "FIELD_CUSTOM_VALIDATION_EXCEPTION", true, 0, "FIELD_CUSTOM_VALIDATION_EXCEPTION"},
		{"a code is not a text", 400, "Anna's secret", true, 0, "refused by the desk"},
		{"a deleted case stays", 404, "NOT_FOUND", true, 0, "not there any more"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			d := newDesk(t)
			d.Fail(&connectortest.Fault{Only: "POST " + comments, Status: tt.status, Body: `[{"message":"Bestellung","errorCode":"` + tt.code + `"}]`})
			_, err := d.connect(t, nil).Note(t.Context(), note())
			var call *connectors.CallError
			require.ErrorAs(t, err, &call)
			require.Equal(t, tt.permanent, connectors.IsPermanent(err))
			require.Equal(t, tt.after, call.After)
			require.ErrorContains(t, err, tt.want)
			require.NotContains(t, err.Error(), "Bestellung")
			require.NotContains(t, err.Error(), "Anna")
		})
	}
}

func TestUpdateAndWithdraw(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	c := d.connect(t, nil)
	id, err := c.Note(t.Context(), note())
	require.NoError(t, err)
	better := note()
	better.Text = "Schon zugestellt."
	require.NoError(t, c.Update(t.Context(), id, better))
	require.Contains(t, d.comments[id].CommentBody, "Schon zugestellt.")
	require.Contains(t, d.comments[id].CommentBody, "[Copilot sg_01K0NEW]")

	d.comments[id].IsPublished = new(true)
	require.ErrorIs(t, c.Update(t.Context(), id, better), connectors.ErrVisible)
	require.Empty(t, d.comments, "taken back")
	require.ErrorIs(t, c.Update(t.Context(), id, better), connectors.ErrNoNote)
	require.NoError(t, c.Withdraw(t.Context(), id, better), "gone already")

	id, err = c.Note(t.Context(), note())
	require.NoError(t, err)
	require.NoError(t, c.Withdraw(t.Context(), id, note()))
	require.Empty(t, d.comments)
	for _, odd := range []string{"", "../Account/1", "00a5g0000000001AA"} {
		require.True(t, connectors.IsPermanent(c.Update(t.Context(), odd, note())))
		require.True(t, connectors.IsPermanent(c.Withdraw(t.Context(), odd, note())))
	}
}

func TestNoteNeedsACase(t *testing.T) {
	t.Parallel()
	for name, route := range map[string]map[string]string{"none": nil, "a path": {"case": "../Account/0015g0"}, "a query": {"case": "500' OR Id != '"}} {
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
	c, err := salesforce.New(settings(), nil)
	require.NoError(t, err)
	require.True(t, c.Silent(), "without access there is nothing to write with")
	_, err = c.Note(t.Context(), note())
	require.ErrorContains(t, err, "api: required")
	cfg := withAPI(t)
	cfg.Notes = salesforce.Off
	c, err = salesforce.New(cfg, nil)
	require.NoError(t, err)
	require.True(t, c.Silent())
	_, err = c.Note(t.Context(), note())
	require.ErrorContains(t, err, "notes are off")
}

func mail(id, at string, incoming bool) map[string]any {
	return map[string]any{
		"attributes": map[string]string{"type": "EmailMessage"}, "Id": id, "ParentId": caseID, "CreatedDate": at, "SystemModstamp": at,
		"CreatedById": me, "CreatedBy": map[string]string{"Name": "Automated", "UserType": "Standard"}, "Incoming": incoming, "Status": map[bool]string{true: "0", false: "3"}[incoming],
		"Subject": "Re: x", "TextBody": "Wo ist es?", "HtmlBody": nil, "FromAddress": "anna.beispiel@example.org", "FromName": "Anna", "HasAttachment": incoming,
		"Parent": parent(),
	}
}

func parent() map[string]any {
	return map[string]any{
		"CaseNumber": "00055871", "Subject": "Bestellung #55871 verspätet", "Origin": "Email", "Priority": "High", "Type": nil, "ContactId": "0035g00004AnnaBAAR",
		"Contact": map[string]string{"Name": "Anna"}, "OwnerId": "0055g000003AgEnAAK", "Owner": map[string]string{"Name": "Jonas Weber"},
	}
}

func commentRow(id, at, modified string, published bool) map[string]any {
	return map[string]any{
		"Id": id, "ParentId": caseID, "CreatedDate": at, "LastModifiedDate": modified, "SystemModstamp": modified, "CreatedById": "0055g000003AgEnAAK",
		"CreatedBy": map[string]string{"Name": "Jonas Weber", "UserType": "Standard"}, "CommentBody": "Morgen.", "IsPublished": published, "Parent": parent(),
	}
}

func TestFetchReadsWhatANotificationNames(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	c := d.connect(t, nil)
	del, err := outbound(t, c, string(connectortest.Body(t, "outbound_message_customer.xml")))
	require.NoError(t, err)
	rec, err := c.Read(del)
	require.NoError(t, err)
	d.rows["EmailMessage"] = []any{mail("02s5g00001QwErTAAV", "2026-07-25T17:19:51.000+0000", true)}
	d.rows["ContentDocumentLink"] = []any{map[string]any{
		"LinkedEntityId":  "02s5g00001QwErTAAV",
		"ContentDocument": map[string]any{"LatestPublishedVersionId": "0685g00000AbCdEAAV", "Title": "etikett", "FileExtension": "jpg", "ContentSize": 184213},
	}}
	events, err := c.Fetch(t.Context(), rec.Events[0])
	require.NoError(t, err)
	require.Equal(t, []connectors.Event{{
		Key: "message:02s5g00001QwErTAAV", Kind: connectors.Message, Tenant: org, Conversation: caseID, Message: "02s5g00001QwErTAAV", Role: connectors.Customer,
		Author: "anna.beispiel@example.org", AuthorName: "Anna", Customer: "0035g00004AnnaBAAR", Subject: "Bestellung #55871 verspätet", Text: "Wo ist es?",
		Channel: "email", At: time.Date(2026, 7, 25, 17, 19, 51, 0, time.UTC), Assignee: "0055g000003AgEnAAK", Route: map[string]string{"case": caseID},
		Facts:       map[string]string{"case_number": "00055871", "priority": "High"},
		Attachments: []connectors.Attachment{{ID: "0685g00000AbCdEAAV", Name: "etikett.jpg", Type: "jpg", Size: 184213}},
	}}, events)
	require.Contains(t, d.queries[0], "Id = '02s5g00001QwErTAAV'")

	d.rows["EmailMessage"] = []any{}
	events, err = c.Fetch(t.Context(), rec.Events[0])
	require.NoError(t, err)
	require.Empty(t, events, "what the org does not know never happened")

	moved := mail("02s5g00001QwErTAAV", "2026-07-25T17:19:51.000+0000", true)
	moved["ParentId"] = "5005g00001OtherAAV"
	d.rows["EmailMessage"] = []any{moved}
	events, err = c.Fetch(t.Context(), rec.Events[0])
	require.NoError(t, err)
	require.Empty(t, events, "nor in another case")

	e := rec.Events[0]
	e.Route = map[string]string{"object": "User", "record": "0055g000003AgEnAAK"}
	_, err = c.Fetch(t.Context(), e)
	require.True(t, connectors.IsPermanent(err))
	e.Route = map[string]string{"object": "EmailMessage", "record": "' OR Id != '"}
	_, err = c.Fetch(t.Context(), e)
	require.True(t, connectors.IsPermanent(err))
}

func TestPoll(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	c := d.connect(t, nil)
	since := time.Date(2026, 7, 25, 17, 0, 0, 0, time.UTC)
	d.rows["EmailMessage"] = []any{mail("02s5g00001QwErTAAV", "2026-07-25T17:19:51.000+0000", true)}
	d.rows["CaseComment"] = []any{
		commentRow("00a5g00002ZxCvBAAV", "2026-07-25T17:18:00.000+0000", "2026-07-25T17:18:00.000+0000", true),
		commentRow("00a5g00002ZxCvCAAV", "2026-07-25T17:18:30.000+0000", "2026-07-25T17:19:00.000+0000", true),
		commentRow("00a5g00002ZxCvDAAV", "2026-07-25T17:18:40.000+0000", "2026-07-25T17:19:00.000+0000", false),
	}
	closed := parent()
	closed["Id"], closed["IsClosed"], closed["ClosedDate"] = caseID, true, "2026-07-25T17:20:00.000+0000"
	d.rows["Case"] = []any{closed}
	d.rows["EmailMessage-"] = []any{map[string]any{"Id": "02s5g00001QwErDAAV", "ParentId": caseID, "IsDeleted": true, "SystemModstamp": "2026-07-25T17:21:00.000+0000", "CreatedById": me}}
	page, err := c.Poll(t.Context(), "", since)
	require.NoError(t, err)
	var keys []string
	for _, e := range page.Events {
		keys = append(keys, e.Key)
	}
	require.Equal(t, []string{
		"message:00a5g00002ZxCvBAAV", "message:00a5g00002ZxCvCAAV", "edited:00a5g00002ZxCvCAAV:1784999940", "message:02s5g00001QwErTAAV", "closed:" + caseID + ":1785000000", "deleted:02s5g00001QwErDAAV",
	}, keys)
	require.False(t, page.More)
	require.Len(t, d.queries, 6, "and one for the files")
	require.True(t, strings.HasSuffix(d.queries[0], "SystemModstamp >= 2026-07-25T17:00:00.000Z ORDER BY SystemModstamp, Id LIMIT 20"), d.queries[0])

	// The same as the deliveries of the same events.
	got, err := apex(t, c, event("case.closed", `"record_id":"`+caseID+`"`))
	require.NoError(t, err)
	require.Equal(t, got[0].Key, keys[4])
	got, err = apex(t, c, string(connectortest.Body(t, "apex_callout_customer_email.json")))
	require.NoError(t, err)
	require.Equal(t, got[0].Key, keys[3])

	d.queries = nil
	_, err = c.Poll(t.Context(), page.Cursor, since)
	require.NoError(t, err)
	require.Contains(t, d.queries[0], "SystemModstamp >= 2026-07-25T17:17:51.000Z", "two minutes again")
	require.LessOrEqual(t, len(page.Cursor), 4096)
}

func TestPollGoesOnWhereAPageEnds(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	c := d.connect(t, nil)
	for i := range 20 {
		m := mail(fmt.Sprintf("02s5g%010dAAA", i), "2026-07-25T17:19:51.000+0000", false)
		m["CreatedById"] = "0055g000003AgEnAAK"
		d.rows["EmailMessage"] = append(d.rows["EmailMessage"], m)
	}
	page, err := c.Poll(t.Context(), "", clock)
	require.NoError(t, err)
	require.True(t, page.More)
	require.Len(t, page.Events, 20)
	d.queries, d.rows["EmailMessage"] = nil, nil
	page, err = c.Poll(t.Context(), page.Cursor, clock)
	require.NoError(t, err)
	require.False(t, page.More)
	require.Contains(t, d.queries[0], "(SystemModstamp > 2026-07-25T17:19:51.000Z OR (SystemModstamp = 2026-07-25T17:19:51.000Z AND Id > '02s5g0000000019AAA'))")

	_, err = c.Poll(t.Context(), "{", clock)
	require.True(t, connectors.IsPermanent(err))
	_, err = c.Poll(t.Context(), `{"EmailMessage":{"t":"2026-07-25T17:19:51Z","id":"x' OR '"}}`, clock)
	require.NoError(t, err)
	require.NotContains(t, strings.Join(d.queries, "\n"), "x' OR", "a cursor is no query")

	bad := mail("02s5g00001QwErTAAV", "yesterday", true)
	d.rows["EmailMessage"] = []any{bad}
	_, err = c.Poll(t.Context(), "", clock)
	require.True(t, connectors.IsPermanent(err), "not the same page for ever: %v", err)
}

// An author whom the integration user may not see is no reason to stop.
func TestPollGoesPastWhatItCannotRead(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	hidden := commentRow("00a5g00002ZxCvBAAV", "2026-07-25T17:18:00.000+0000", "2026-07-25T17:18:00.000+0000", true)
	hidden["CreatedBy"] = nil
	d.rows["CaseComment"] = []any{hidden, commentRow("00a5g00002ZxCvCAAV", "2026-07-25T17:19:00.000+0000", "2026-07-25T17:19:00.000+0000", true)}
	page, err := d.connect(t, nil).Poll(t.Context(), "", clock)
	require.NoError(t, err)
	require.Len(t, page.Events, 2)
	require.Equal(t, connectors.Ops, page.Events[0].Kind)
	require.Equal(t, "unreadable:00a5g00002ZxCvBAAV", page.Events[0].Key)
	require.Contains(t, page.Events[0].Detail, "created_by_type: missing")
	require.NotContains(t, page.Events[0].Detail, "Morgen", "nothing of the text")
	require.Equal(t, connectors.Message, page.Events[1].Kind)
}

func TestPollOfHugeMails(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.rows["EmailMessage"] = []any{mail("02s5g00001QwErTAAV", "2026-07-25T17:19:51.000+0000", true)}
	d.Fail(&connectortest.Fault{Times: 1, Only: queries, Status: 200, Body: `{"done":true,"records":[{"TextBody":"` + strings.Repeat("x", 5<<20) + `"}]}`})
	page, err := d.connect(t, nil).Poll(t.Context(), "", clock)
	require.NoError(t, err)
	require.Len(t, page.Events, 1)
	require.True(t, page.More, "one at a time")
	require.True(t, strings.HasSuffix(d.queries[0], " LIMIT 1"))
}

func TestOpen(t *testing.T) {
	t.Parallel()
	const file = "/services/data/v64.0/sobjects/ContentVersion/0685g00000AbCdEAAV/VersionData"
	a := connectors.Attachment{ID: "0685g00000AbCdEAAV", Name: "etikett.jpg", URL: "http://169.254.169.254/latest"}
	start := func(t *testing.T) (*desk, *salesforce.Connector) {
		t.Helper()
		d := newDesk(t)
		d.Get("GET "+file, func(connectortest.Call) (int, any) { return 200, []byte("0123456789") })
		return d, d.connect(t, nil)
	}
	t.Run("a file is read by its id, whatever its address says", func(t *testing.T) {
		t.Parallel()
		d, c := start(t)
		got, err := c.Open(t.Context(), connectors.Event{}, a, 10)
		require.NoError(t, err)
		require.Equal(t, "0123456789", string(got.Data))
		require.Equal(t, []string{login, "GET " + file}, d.Lines())
	})
	t.Run("a larger one is not", func(t *testing.T) {
		t.Parallel()
		_, c := start(t)
		_, err := c.Open(t.Context(), connectors.Event{}, a, 9)
		require.ErrorIs(t, err, connectors.ErrTooLarge)
		big := a
		big.Size = 11
		d, c := start(t)
		_, err = c.Open(t.Context(), connectors.Event{}, big, 10)
		require.ErrorIs(t, err, connectors.ErrTooLarge)
		require.Empty(t, d.Lines(), "not even asked for")
	})
	t.Run("a redirect into our own network is refused", func(t *testing.T) {
		t.Parallel()
		for _, to := range []string{"http://127.0.0.1:1/x", "https://127.0.0.1:1/x", "https://169.254.169.254/latest", "file:///etc/passwd"} {
			d, c := start(t)
			d.Fail(&connectortest.Fault{Only: "GET " + file, Status: 302, Header: map[string]string{"Location": to}})
			_, err := c.Open(t.Context(), connectors.Event{}, a, 10)
			require.True(t, connectors.IsPermanent(err), "%s: %v", to, err)
		}
	})
	t.Run("a session that ended is renewed", func(t *testing.T) {
		t.Parallel()
		d, c := start(t)
		d.Fail(&connectortest.Fault{Times: 1, Only: "GET " + file, Status: 401, Body: `[]`})
		_, err := c.Open(t.Context(), connectors.Event{}, a, 10)
		require.NoError(t, err)
		require.Equal(t, 2, d.sessions)
	})
	t.Run("an id is one", func(t *testing.T) {
		t.Parallel()
		d, c := start(t)
		_, err := c.Open(t.Context(), connectors.Event{}, connectors.Attachment{ID: "../User/1"}, 10)
		require.True(t, connectors.IsPermanent(err))
		require.Empty(t, d.Lines())
	})
}

func TestTest(t *testing.T) {
	t.Parallel()
	start := func(t *testing.T, may map[string]any) *desk {
		t.Helper()
		d := newDesk(t)
		for _, object := range []string{"Case", "EmailMessage", "CaseComment", "ContentVersion"} {
			d.Get("GET /services/data/v64.0/sobjects/"+object+"/describe", func(connectortest.Call) (int, any) {
				out := map[string]any{
					"queryable": true, "createable": true, "updateable": true, "deletable": true,
					"fields": []map[string]any{{"name": "CommentBody", "createable": true}, {"name": "IsPublished", "createable": true}},
				}
				for k, v := range may {
					if field, ok := strings.CutPrefix(k, object+"."); ok {
						out[field] = v
					}
				}
				return 200, out
			})
		}
		d.Get("GET /services/data/v64.0/limits", func(connectortest.Call) (int, any) {
			return 200, map[string]any{"DailyApiRequests": map[string]int{"Max": 100000, "Remaining": 89982}}
		})
		return d
	}
	all := start(t, nil)
	for _, f := range all.connect(t, nil).Test(t.Context()) {
		require.True(t, f.OK, f.What)
		require.NotEmpty(t, f.What)
	}
	for _, line := range all.Lines() {
		require.True(t, strings.HasPrefix(line, "GET ") || line == login, "%s changes something", line)
	}
	missing := func(d *desk) []string {
		var out []string
		for _, f := range d.connect(t, nil).Test(t.Context()) {
			if !f.OK {
				require.NotEmpty(t, f.Hint)
				out = append(out, f.What)
			}
		}
		return out
	}
	require.Equal(t, []string{"may read EmailMessage"}, missing(start(t, map[string]any{"EmailMessage.queryable": false})))
	require.Equal(t, []string{"may write comments that are not published"}, missing(start(t, map[string]any{"CaseComment.createable": false})))
	require.Equal(t, []string{"may change and delete its comments"}, missing(start(t, map[string]any{"CaseComment.deletable": false})))
	used := start(t, nil)
	used.Fail(&connectortest.Fault{Only: "GET /services/data/v64.0/limits", Status: 200, Body: `{"DailyApiRequests":{"Max":100,"Remaining":3}}`})
	require.Equal(t, []string{"API calls left today: 3 of 100"}, missing(used))
	refused := start(t, nil)
	refused.Fail(&connectortest.Fault{Only: login, Status: 400, Body: `{"error":"invalid_grant"}`})
	require.Equal(t, []string{"login"}, missing(refused))

	c, err := salesforce.New(settings(), nil)
	require.NoError(t, err)
	require.Len(t, c.Test(t.Context()), 2)
}

// token is what our Apex class makes.
func token(t *testing.T, method jwt.SigningMethod, key any, change func(jwt.MapClaims)) string {
	t.Helper()
	claims := jwt.MapClaims{
		"iss": org, "aud": "sufflor-panel", "sub": "0055g000003AgEnAAK", "name": "Jonas Weber", "record": caseID, "iat": clock.Unix(), "exp": clock.Unix() + 300,
	}
	if change != nil {
		change(claims)
	}
	text, err := jwt.NewWithClaims(method, claims).SignedString(key)
	require.NoError(t, err)
	return text
}

func TestVisitor(t *testing.T) {
	t.Parallel()
	c, err := salesforce.New(settings(), nil)
	require.NoError(t, err)
	visit := func(token string) (connectors.Visitor, error) {
		return c.Visitor(t.Context(), connectors.Delivery{Method: http.MethodGet, Target: "/embed/desk?token=" + url.QueryEscape(token)}, clock)
	}
	good := token(t, jwt.SigningMethodHS256, panelKey(t), nil)
	got, err := visit(good)
	require.NoError(t, err)
	require.Equal(t, connectors.Visitor{Agent: "0055g000003AgEnAAK", Name: "Jonas Weber", Conversation: caseID, Expires: time.Unix(1785000300, 0).UTC()}, got)

	again, err := c.Visitor(t.Context(), connectors.Delivery{Method: http.MethodPost, Target: "/embed/desk", Body: []byte(url.Values{"token": {good}}.Encode())}, clock)
	require.NoError(t, err)
	require.Equal(t, got, again, "as a form too")
	_, err = c.Visitor(t.Context(), connectors.Delivery{Method: http.MethodPost, Target: "/embed/desk?token=" + good, Body: []byte("token=%zz")}, clock)
	require.ErrorIs(t, err, connectors.ErrUnverified)

	raw := mustKey(t)
	for name, bad := range map[string]string{
		"nothing":                     "",
		"no token":                    "a.b",
		"signed by nobody":            token(t, jwt.SigningMethodNone, jwt.UnsafeAllowNoneSignatureType, nil),
		"another algorithm":           token(t, jwt.SigningMethodHS512, panelKey(t), nil),
		"the key of the hook":         token(t, jwt.SigningMethodHS256, raw, nil),
		"another key":                 token(t, jwt.SigningMethodHS256, []byte("other"), nil),
		"signed with RSA":             token(t, jwt.SigningMethodRS256, rsaKey(), nil),
		"another org":                 token(t, jwt.SigningMethodHS256, panelKey(t), func(m jwt.MapClaims) { m["iss"] = "00D7x0000009ZzZEAU" }),
		"for somebody else":           token(t, jwt.SigningMethodHS256, panelKey(t), func(m jwt.MapClaims) { m["aud"] = "other" }),
		"old":                         token(t, jwt.SigningMethodHS256, panelKey(t), func(m jwt.MapClaims) { m["exp"] = clock.Unix() - 61 }),
		"without an end":              token(t, jwt.SigningMethodHS256, panelKey(t), func(m jwt.MapClaims) { delete(m, "exp") }),
		"of tomorrow":                 token(t, jwt.SigningMethodHS256, panelKey(t), func(m jwt.MapClaims) { m["iat"] = clock.Unix() + 120 }),
		"of nobody":                   token(t, jwt.SigningMethodHS256, panelKey(t), func(m jwt.MapClaims) { m["sub"] = "" }),
		"of a customer":               token(t, jwt.SigningMethodHS256, panelKey(t), func(m jwt.MapClaims) { m["sub"] = "0035g00004AnnaBAAR" }),
		"about what is no record":     token(t, jwt.SigningMethodHS256, panelKey(t), func(m jwt.MapClaims) { m["record"] = "../x" }),
		"with a signature cut by one": good[:len(good)-1],
		"long":                        good + strings.Repeat("A", 5000),
	} {
		_, err := visit(bad)
		require.ErrorIs(t, err, connectors.ErrUnverified, name)
	}
	require.Equal(t, []string{"https://nordwind.lightning.force.com", "https://nordwind.my.salesforce.com"}, c.Origins())
}

func TestPackage(t *testing.T) {
	t.Parallel()
	c, err := salesforce.New(settings(), nil)
	require.NoError(t, err)
	opts := connectors.PackageOptions{Public: "https://copilot.example", Desk: "nordwind", Name: `O'Neill & "Co"`}
	p, err := c.Package(opts)
	require.NoError(t, err)
	again, err := c.Package(opts)
	require.NoError(t, err)
	require.Equal(t, p, again, "the same each time")
	require.Empty(t, p.Zip, "a folder")
	require.NotEmpty(t, p.Steps)
	for name, data := range p.Files {
		text := string(data)
		require.NotContains(t, text, "__PUBLIC__", name)
		require.NotContains(t, text, "__DESK__", name)
		require.NotContains(t, text, "__NAME__", name)
		if strings.HasSuffix(name, "Test.cls") {
			continue
		}
		require.NotContains(t, text, strings.TrimPrefix(secret, "whsec_"), "%s: no secret is in a package", name)
		require.NotContains(t, text, pathToken, name)
	}
	// Each member of a package.xml has its files, and each file is a member's.
	members := map[string]string{
		"ApexClass": "classes/%s.cls", "ApexTrigger": "triggers/%s.trigger", "CspTrustedSite": "cspTrustedSites/%s.cspTrustedSite", "CustomObject": "objects/%s.object",
		"LightningComponentBundle": "lwc/%[1]s/%[1]s.js", "NamedCredential": "namedCredentials/%s.namedCredential", "PermissionSet": "permissionsets/%s.permissionset",
	}
	for _, folder := range []string{"case", "messaging"} {
		var manifest struct {
			Types []struct {
				Members []string `xml:"members"`
				Name    string   `xml:"name"`
			} `xml:"types"`
			Version string `xml:"version"`
		}
		decode(t, p.Files[folder+"/package.xml"], &manifest)
		require.Equal(t, "64.0", manifest.Version)
		want := []string{"package.xml"}
		for _, kind := range manifest.Types {
			for _, m := range kind.Members {
				name := fmt.Sprintf(members[kind.Name], m)
				want = append(want, name)
				switch kind.Name {
				case "ApexClass", "ApexTrigger", "LightningComponentBundle":
					want = append(want, name+"-meta.xml")
				}
			}
		}
		var have []string
		for name := range p.Files {
			if rest, ok := strings.CutPrefix(name, folder+"/"); ok && !strings.HasSuffix(name, ".html") && !strings.HasSuffix(name, ".css") {
				have = append(have, rest)
			}
		}
		slices.Sort(want)
		slices.Sort(have)
		require.Equal(t, want, have)
	}
	var named struct {
		Endpoint string `xml:"endpoint"`
		Merge    bool   `xml:"allowMergeFieldsInBody"`
	}
	decode(t, p.Files["case/namedCredentials/Sufflor.namedCredential"], &named)
	require.Equal(t, "https://copilot.example/hooks/nordwind", named.Endpoint)
	require.False(t, named.Merge, "a body that is changed after signing")
	var set struct {
		Label string `xml:"label"`
	}
	decode(t, p.Files["case/permissionsets/Sufflor.permissionset"], &set)
	require.Equal(t, opts.Name, set.Label)
	require.Contains(t, string(p.Files["case/lwc/sufflorPanel/sufflorPanel.js"]), `title = 'O\'Neill \u0026 \"Co\"';`)

	for name, bad := range map[string]connectors.PackageOptions{
		"not https":   {Public: "http://copilot.example", Desk: "d", Name: "n"},
		"a slash":     {Public: "https://copilot.example/", Desk: "d", Name: "n"},
		"a path":      {Public: "https://copilot.example", Desk: "../d", Name: "n"},
		"no name":     {Public: "https://copilot.example", Desk: "d", Name: " "},
		"a long name": {Public: "https://copilot.example", Desk: "d", Name: strings.Repeat("n", 61)},
	} {
		_, err := c.Package(bad)
		require.Error(t, err, name)
	}
}

// The Apex test expects a signature; ours is the same.
func TestApexSignsAsWeDo(t *testing.T) {
	t.Parallel()
	h, err := salesforce.Sign(config.NewSecret(secret), "sf_02s5g00001QwErTAAV", []byte(`{"test":2432232314}`), time.Unix(1784999999, 0))
	require.NoError(t, err)
	source, err := os.ReadFile(filepath.Join("package", "case", "classes", "SufflorTest.cls"))
	require.NoError(t, err)
	require.Contains(t, string(source), "'"+h.Get("Webhook-Signature")+"'")
	require.Contains(t, string(source), "'"+secret+"'")
}

func decode(t *testing.T, data []byte, v any) {
	t.Helper()
	require.NotEmpty(t, data)
	require.NoError(t, xml.Unmarshal(data, v))
}

func mustKey(t *testing.T) []byte {
	t.Helper()
	key, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(secret, "whsec_"))
	require.NoError(t, err)
	return key
}

func panelKey(t *testing.T) []byte {
	t.Helper()
	mac := hmac.New(sha256.New, mustKey(t))
	mac.Write([]byte("sufflor panel v1"))
	return mac.Sum(nil)
}
