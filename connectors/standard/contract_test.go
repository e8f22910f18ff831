package standard_test

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/sufflor/sufflor/config"
	"github.com/sufflor/sufflor/connectors"
	"github.com/sufflor/sufflor/connectors/connectortest"
	"github.com/sufflor/sufflor/connectors/standard"
)

func TestReadOfTheRest(t *testing.T) {
	t.Parallel()
	c, err := standard.New(settings(), nil)
	require.NoError(t, err)
	at := time.Date(2026, 7, 25, 17, 30, 0, 0, time.UTC)
	const conversation = `"tenant":"nordwind","conversation":{"id":"c_1","channel":"chat","tags":["eilig",""],"group":"g_1","brand":"b_1","assignee":{"id":"a_1"}},"customer":{"id":"u_1"}`
	base := connectors.Event{
		Key: "webhook:msg_1", Tenant: "nordwind", Conversation: "c_1", Channel: "chat", Tags: []string{"eilig"}, Group: "g_1", Brand: "b_1", Assignee: "a_1", At: at,
	}
	message := func(text, visibility string) string {
		return `,"message":{"id":"m_1","author":{"role":"agent","id":"a_1","name":"Jonas"},"visibility":"` + visibility + `","text":"` + text + `","created_at":"2026-07-25T17:00:00Z"}`
	}
	tests := []struct {
		name, kind, data string
		want             func(e *connectors.Event)
		err              error
	}{
		{"an edit", "message.updated", message("neu", "public"), func(e *connectors.Event) {
			e.Kind, e.Message, e.Role, e.Author, e.AuthorName, e.Text, e.Customer = connectors.Edited, "m_1", connectors.Agent, "a_1", "Jonas", "neu", "u_1"
		}, nil},
		{"an edit that made it private is a deletion", "message.updated", message("neu", "internal"), func(e *connectors.Event) {
			e.Kind, e.Message = connectors.Deleted, "m_1"
		}, nil},
		{"a deletion", "message.deleted", `,"message":{"id":"m_1"}`, func(e *connectors.Event) { e.Kind, e.Message = connectors.Deleted, "m_1" }, nil},
		{"a deletion of nothing", "message.deleted", ``, nil, connectors.ErrMalformed},
		{"a conversation is deleted", "conversation.deleted", ``, func(e *connectors.Event) {
			*e = connectors.Event{Kind: connectors.Erased, Key: e.Key, Tenant: e.Tenant, Conversation: e.Conversation, At: e.At}
		}, nil},
		{"the end", "conversation.closed", ``, func(e *connectors.Event) { e.Kind, e.Customer = connectors.Closed, "u_1" }, nil},
		{"another agent", "conversation.assigned", ``, func(e *connectors.Event) { e.Kind, e.Customer = connectors.Assigned, "u_1" }, nil},
		{"a rating", "conversation.rated", `,"rating":{"value":0.75,"comment":"gut"}`, func(e *connectors.Event) {
			e.Kind, e.Role, e.Author, e.Customer, e.Score = connectors.Rated, connectors.Customer, "u_1", "u_1", &connectors.Score{Value: 0.75, Comment: "gut"}
		}, nil},
		{"the worst rating is one", "conversation.rated", `,"rating":{"value":0}`, func(e *connectors.Event) {
			e.Kind, e.Role, e.Author, e.Customer, e.Score = connectors.Rated, connectors.Customer, "u_1", "u_1", &connectors.Score{}
		}, nil},
		{"a rating on another scale", "conversation.rated", `,"rating":{"value":5}`, nil, connectors.ErrMalformed},
		{"a rating without a value", "conversation.rated", `,"rating":{}`, nil, connectors.ErrMalformed},
		{"a note of another desk of ours", "message.created", message("[Copilot sg_1] Antwort", "public"), nil, nil},
		{"a type of tomorrow", "conversation.dreamt", ``, nil, nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			body := `{"type":"` + tt.kind + `","timestamp":"2026-07-25T17:30:00Z","data":{` + conversation + tt.data + `}}`
			rec, err := c.Read(connectors.Delivery{Header: http.Header{"Webhook-Id": {"msg_1"}}, Body: []byte(body)})
			require.ErrorIs(t, err, tt.err)
			if tt.want == nil {
				require.Empty(t, rec.Events)
				return
			}
			e := base
			tt.want(&e)
			require.Equal(t, []connectors.Event{e}, rec.Events)
			_, err = c.Read(connectors.Delivery{Header: http.Header{"Webhook-Id": {"msg_1"}}, Body: []byte(strings.Replace(body, `"nordwind"`, `"suedwind"`, 1))})
			require.ErrorIs(t, err, connectors.ErrForeign)
		})
	}
}

// sent is what a receiver got, verified as a receiver would.
func sent(t *testing.T, r *receiver, i int) map[string]any {
	t.Helper()
	other, err := standard.New(settings(outbound), nil)
	require.NoError(t, err)
	reqs, bodies := r.came()
	require.NoError(t, other.Verify(t.Context(), connectors.Delivery{Header: reqs[i].Header, Body: bodies[i]}, clock))
	var body map[string]any
	require.NoError(t, json.Unmarshal(bodies[i], &body))
	return body
}

func TestUpdateAndWithdraw(t *testing.T) {
	t.Parallel()
	r := &receiver{status: http.StatusOK}
	c := listen(t, r, "127.0.0.0/8")
	id, err := c.Note(t.Context(), note())
	require.NoError(t, err)
	better := note()
	better.Suggestion, better.Text = "s_7f3b", "Hallo Anna, besser."
	require.NoError(t, c.Update(t.Context(), id, better))
	require.NoError(t, c.Update(t.Context(), id, better))
	require.NoError(t, c.Withdraw(t.Context(), id, note()))
	require.NoError(t, c.Withdraw(t.Context(), id, note()))

	for i, kind := range []string{"suggestion.created", "suggestion.updated", "suggestion.updated", "suggestion.withdrawn", "suggestion.withdrawn"} {
		body := sent(t, r, i)
		require.Equal(t, kind, body["type"])
		data := body["data"].(map[string]any)
		require.Equal(t, "agent_only", data["suggestion"].(map[string]any)["visibility"])
		if i > 0 {
			require.Equal(t, id, data["replaces"])
		}
	}
	ids := map[string]int{}
	reqs, bodies := r.came()
	for _, req := range reqs {
		ids[req.Header.Get("Webhook-Id")]++
	}
	require.Len(t, ids, 3, "a repeated attempt has its id, another webhook another")
	require.NotContains(t, string(bodies[3]), note().Text, "what is taken back is not sent once more")
	connectortest.Golden(t, "suggestion_updated.golden", append(bodies[1], '\n'))
	connectortest.Golden(t, "suggestion_withdrawn.golden", append(bodies[3], '\n'))
}

func TestUpdateOfWhatIsGone(t *testing.T) {
	t.Parallel()
	answer := `{"error":"no_such_suggestion"}`
	s := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusNotFound)
		_, _ = w.Write([]byte(answer))
	}))
	t.Cleanup(s.Close)
	roots := x509.NewCertPool()
	roots.AddCert(s.Certificate())
	cfg := settings()
	cfg.Callback = standard.Callback{URL: s.URL, Secret: config.NewSecret(outbound), Allow: []string{"127.0.0.0/8"}}
	c, err := standard.New(cfg, connectors.NewClient(0, &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12}}, nil))
	require.NoError(t, err)
	err = c.Update(t.Context(), "msg_1", note())
	require.ErrorIs(t, err, connectors.ErrNoNote)
	require.True(t, connectors.IsPermanent(err))
	require.NoError(t, c.Withdraw(t.Context(), "msg_1", note()), "gone already")

	answer = `<html>deploying</html>`
	err = c.Update(t.Context(), "msg_1", note())
	require.NotErrorIs(t, err, connectors.ErrNoNote)
	require.False(t, connectors.IsPermanent(err), "may be a deployment")
	require.Error(t, c.Withdraw(t.Context(), "msg_1", note()))
}

func TestTester(t *testing.T) {
	t.Parallel()
	bare, err := standard.New(settings(), nil)
	require.NoError(t, err)
	found := bare.Test(t.Context())
	require.Len(t, found, 1)
	require.True(t, found[0].OK)

	for _, tt := range []struct {
		name   string
		status int
		allow  []string
		what   string
		hint   string
	}{
		{"all is well", 204, []string{"127.0.0.0/8"}, "", ""},
		{"in our own network", 200, nil, "callback.url is allowed", "not a public address"},
		{"another secret", 401, []string{"127.0.0.0/8"}, "receiver takes a signed webhook.ping", "callback.secret"},
		{"another address", 404, []string{"127.0.0.0/8"}, "receiver takes a signed webhook.ping", "correct the address"},
		{"broken", 500, []string{"127.0.0.0/8"}, "receiver takes a signed webhook.ping", "2xx"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			r := &receiver{status: tt.status}
			c := listen(t, r, tt.allow...)
			wrong := map[string]string{}
			for _, f := range c.Test(t.Context()) {
				if !f.OK {
					wrong[f.What] = f.Hint
				}
			}
			if tt.what == "" {
				require.Empty(t, wrong)
				require.Equal(t, "webhook.ping", sent(t, r, 0)["type"])
				return
			}
			require.Len(t, wrong, 1)
			require.Contains(t, wrong[tt.what], tt.hint)
		})
	}
}

func TestOpen(t *testing.T) {
	t.Parallel()
	seen := http.Header(nil)
	s := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		seen = r.Header
		if r.URL.Path == "/away" {
			http.Redirect(w, r, "http://169.254.169.254/", http.StatusFound)
			return
		}
		_, _ = w.Write([]byte("picture"))
	}))
	t.Cleanup(s.Close)
	roots := x509.NewCertPool()
	roots.AddCert(s.Certificate())
	open := func(a connectors.Attachment, limit int64, allow ...string) (connectors.File, error) {
		cfg := settings()
		cfg.Callback.Allow = allow
		c, err := standard.New(cfg, connectors.NewClient(0, &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12}}, nil))
		require.NoError(t, err)
		return c.Open(t.Context(), connectors.Event{Message: "m_1"}, a, limit)
	}
	photo := connectors.Attachment{ID: "f_1", Name: "etikett.jpg", Type: "image/jpeg", URL: s.URL + "/x"}
	got, err := open(photo, 100, "127.0.0.0/8")
	require.NoError(t, err)
	require.Equal(t, connectors.File{Name: "etikett.jpg", Type: "image/jpeg", Data: []byte("picture")}, got)
	require.Empty(t, seen.Get("Authorization"))

	_, err = open(photo, 3, "127.0.0.0/8")
	require.ErrorIs(t, err, connectors.ErrTooLarge)
	large := photo
	large.Size = 101
	_, err = open(large, 100, "127.0.0.0/8")
	require.ErrorIs(t, err, connectors.ErrTooLarge)
	var blocked *connectors.BlockedError
	_, err = open(photo, 100)
	require.ErrorAs(t, err, &blocked, "our own network is closed unless it is opened")
	away := photo
	away.URL = s.URL + "/away"
	_, err = open(away, 100, "127.0.0.0/8")
	require.ErrorAs(t, err, &blocked, "also by a redirect")
}

func TestPackageAndFrames(t *testing.T) {
	t.Parallel()
	cfg := settings()
	cfg.Frames = []string{"https://desk.example"}
	c, err := standard.New(cfg, nil)
	require.NoError(t, err)
	require.Equal(t, []string{"https://desk.example"}, c.Origins())
	p, err := c.Package(connectors.PackageOptions{Public: "https://copilot.example", Desk: "own", Name: "Copilot"})
	require.NoError(t, err)
	connectortest.Golden(t, "contract.golden", p.Files["contract.json"])
	require.NotContains(t, string(p.Files["contract.json"]), strings.TrimPrefix(inbound, "whsec_"))
	_, err = c.Package(connectors.PackageOptions{Public: "copilot.example"})
	require.Error(t, err)
}

// A receiver that breaks off is tried again, one that is gone is not.
func TestNoteFaults(t *testing.T) {
	t.Parallel()
	r := &receiver{status: http.StatusOK}
	c := listen(t, r, "127.0.0.0/8")
	r.tracked.CloseClientConnections()
	r.tracked.Close()
	_, err := connectors.Deliver(t.Context(), c, note())
	require.Error(t, err)
	require.False(t, connectors.IsPermanent(err))
	err = c.Update(t.Context(), "msg_1", note())
	require.False(t, connectors.IsPermanent(err))
	require.NotErrorIs(t, err, connectors.ErrNoNote)
}
