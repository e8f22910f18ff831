package connectors_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/sufflor/sufflor/config"
	"github.com/sufflor/sufflor/connectors"
	"github.com/sufflor/sufflor/connectors/standard"
	"github.com/sufflor/sufflor/connectors/zendesk"
)

const (
	webhookSecret = "whsec_AQIDBAUGBwgJCgsMDQ4PEBESExQVFhcYGRobHB0eHyA="
	zendeskSecret = "only-for-this-test"
)

var clock = time.Unix(1785000000, 0)

// desk is a connector that does as it is told.
type desk struct {
	verify func() error
	read   func(d connectors.Delivery) (connectors.Receipt, error)
}

func (d desk) Verify(context.Context, connectors.Delivery, time.Time) error {
	if d.verify == nil {
		return nil
	}
	return d.verify()
}

func (d desk) Read(in connectors.Delivery) (connectors.Receipt, error) { return d.read(in) }

// store keeps events by key, as a database would.
type store struct {
	mu     sync.Mutex
	err    error
	events []connectors.Event
	keys   map[string]bool
	calls  int
}

func (s *store) accept(_ context.Context, d connectors.Desk, events []connectors.Event) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.calls++
	if s.err != nil {
		return s.err
	}
	for _, e := range events {
		if k := d.Name + " " + e.Key; !s.keys[k] {
			s.keys[k] = true
			s.events = append(s.events, e)
		}
	}
	return nil
}

func (s *store) all() []connectors.Event {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]connectors.Event(nil), s.events...)
}

// intake is one with a standard desk "std" and a Zendesk desk "zen".
func intake(t *testing.T, s *store, more ...connectors.Desk) (*connectors.Intake, *bytes.Buffer) {
	t.Helper()
	std, err := standard.New(standard.Config{Tenant: "nordwind", Secrets: []config.Secret{config.NewSecret(webhookSecret)}}, nil)
	require.NoError(t, err)
	zen, err := zendesk.New(zendesk.Config{Subdomain: "nordwind", AccountID: "22557799", SigningSecret: config.NewSecret(zendeskSecret)}, nil)
	require.NoError(t, err)
	if s.keys == nil {
		s.keys = map[string]bool{}
	}
	var log bytes.Buffer
	in := &connectors.Intake{
		Desks: map[string]connectors.Desk{
			"std": {Name: "std", Workspace: "nordwind", Kind: "standard", Connector: std},
			"zen": {Name: "zen", Workspace: "nordwind", Kind: "zendesk", Connector: zen},
		},
		Accept: s.accept, Now: func() time.Time { return clock },
		Log: slog.New(slog.NewTextHandler(&log, nil)),
	}
	for _, d := range more {
		in.Desks[d.Name] = d
	}
	return in, &log
}

func message(id, text string) string {
	return fmt.Sprintf(`{"type":"message.created","timestamp":"2026-07-25T17:19:53Z","data":{"tenant":"nordwind","conversation":{"id":"c_1"},`+
		`"message":{"id":%q,"author":{"role":"customer","id":"u_1"},"visibility":"public","text":%q,"created_at":"2026-07-25T17:19:53Z"}}}`, id, text)
}

func post(in http.Handler, path, body string, h http.Header) *httptest.ResponseRecorder {
	r := httptest.NewRequest(http.MethodPost, path, strings.NewReader(body))
	r.Header = h
	w := httptest.NewRecorder()
	in.ServeHTTP(w, r)
	return w
}

func signed(tb testing.TB, id, body string, at time.Time) http.Header {
	tb.Helper()
	h, err := standard.Sign(config.NewSecret(webhookSecret), id, []byte(body), at)
	require.NoError(tb, err)
	return h
}

func TestBadDeliveriesAreRefusedAndNeverStored(t *testing.T) {
	t.Parallel()
	good := message("m_1", "Wo ist mein Paket?")
	plain := http.Header{"Content-Type": {"application/json"}}
	with := func(h http.Header, name, value string) http.Header {
		h = h.Clone()
		h.Set(name, value)
		return h
	}
	tests := []struct {
		name, path, body string
		header           http.Header
		want             int
	}{
		{"unsigned", "/hooks/std", good, plain, 401},
		{"stale", "/hooks/std", good, signed(t, "a", good, clock.Add(-301*time.Second)), 401},
		{"from the future", "/hooks/std", good, signed(t, "a", good, clock.Add(301*time.Second)), 401},
		{"tampered", "/hooks/std", strings.Replace(good, "Paket", "Geld", 1), signed(t, "a", good, clock), 401},
		{"signed for another desk", "/hooks/zen", good, signed(t, "a", good, clock), 401},
		{"unsigned and oversized", "/hooks/std", strings.Repeat("x", 4<<20+1), plain, 413},
		{"signed and oversized", "/hooks/std", strings.Repeat("x", 4<<20+1), signed(t, "a", strings.Repeat("x", 4<<20+1), clock), 413},
		{"truncated but signed", "/hooks/std", good[:90], signed(t, "a", good[:90], clock), 400},
		{"empty but signed", "/hooks/std", "", signed(t, "a", "", clock), 400},
		{"two values", "/hooks/std", good + good, signed(t, "a", good+good, clock), 400},
		{"nested without end", "/hooks/std", strings.Repeat("[", 100_000), signed(t, "a", strings.Repeat("[", 100_000), clock), 400},
		{"of another tenant", "/hooks/std", strings.Replace(good, "nordwind", "suedwind", 1), signed(t, "a", strings.Replace(good, "nordwind", "suedwind", 1), clock), 403},
		{"a form", "/hooks/std", good, with(signed(t, "a", good, clock), "Content-Type", "application/x-www-form-urlencoded"), 415},
		{"without content type", "/hooks/std", good, with(signed(t, "a", good, clock), "Content-Type", ""), 415},
		{"of an unknown desk", "/hooks/nobody", good, signed(t, "a", good, clock), 404},
		{"of no desk", "/hooks/", good, signed(t, "a", good, clock), 404},
		{"elsewhere", "/std", good, signed(t, "a", good, clock), 404},
		{"below a desk without anything there", "/hooks/std/events", good, signed(t, "a", good, clock), 404},
		{"below a desk without a secret for that", "/hooks/zen/messaging", good, signed(t, "a", good, clock), 404},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s := &store{}
			in, log := intake(t, s)
			w := post(in, tt.path, tt.body, tt.header)
			require.Equal(t, tt.want, w.Code)
			require.Empty(t, w.Body.String(), "an answer tells nothing")
			require.Zero(t, s.calls, "nothing reaches the store")
			require.Equal(t, 1, strings.Count(log.String(), "msg=delivery"), "one line per delivery")
			require.NotContains(t, log.String(), "Paket", "no customer text in the log")
		})
	}
}

// discreet is a desk whose path is its secret.
type discreet struct{ desk }

func (discreet) Takes(string) []string { return []string{"application/json"} }

func (discreet) Shown(string) string { return "/om/…" }

func TestPathWithASecretIsNotLogged(t *testing.T) {
	t.Parallel()
	refuse := func() error { return connectors.ErrUnverified }
	in, log := intake(t, &store{}, connectors.Desk{Name: "sf", Connector: discreet{desk{verify: refuse}}})
	require.Equal(t, http.StatusUnauthorized, post(in, "/hooks/sf/om/3c7e9a1d5b", "{}", http.Header{"Content-Type": {"application/json"}}).Code)
	require.Contains(t, log.String(), "path=/om/…")
	require.NotContains(t, log.String(), "3c7e9a1d5b")
}

func TestOnlyPostIsAllowed(t *testing.T) {
	t.Parallel()
	s := &store{}
	in, _ := intake(t, s)
	for _, method := range []string{http.MethodGet, http.MethodHead, http.MethodPut, http.MethodDelete, http.MethodOptions} {
		w := httptest.NewRecorder()
		in.ServeHTTP(w, httptest.NewRequest(method, "/hooks/std", nil))
		require.Equal(t, http.StatusMethodNotAllowed, w.Code, method)
		require.Equal(t, http.MethodPost, w.Header().Get("Allow"))
	}
	require.Zero(t, s.calls)
}

func TestGoodDeliveryIsStoredBeforeItIsAnswered(t *testing.T) {
	t.Parallel()
	s := &store{}
	in, log := intake(t, s)
	body := message("m_1", "Wo ist mein Paket?")
	w := post(in, "/hooks/std/", body, signed(t, "a", body, clock))
	require.Equal(t, http.StatusOK, w.Code)
	require.Empty(t, w.Body.String())
	require.Len(t, s.all(), 1)
	require.Contains(t, log.String(), "desk=std workspace=nordwind kind=standard")
	require.Contains(t, log.String(), "status=200 events=1")
	require.NotContains(t, log.String(), "Paket")
}

func TestDuplicateIsAnsweredLikeTheFirst(t *testing.T) {
	t.Parallel()
	s := &store{}
	in, _ := intake(t, s)
	body := message("m_1", "Wo ist mein Paket?")
	first := post(in, "/hooks/std", body, signed(t, "a", body, clock))
	again := post(in, "/hooks/std", body, signed(t, "a", body, clock.Add(5*time.Second)))
	require.Equal(t, first.Code, again.Code)
	require.Equal(t, first.Body.String(), again.Body.String())
	require.Equal(t, 2, s.calls)
	require.Len(t, s.all(), 1)
}

func zendeskEvent(kind, id, at, comment string) string {
	return `{"account_id":22557799,"detail":{"id":"55871"},"event":{"comment":` + comment + `},"id":"` + id + `","time":"` + at +
		`","type":"zen:event-type:ticket.` + kind + `"}`
}

// A deletion that overtakes its message can be put in its place: it names the
// message and the time.
func TestOutOfOrder(t *testing.T) {
	t.Parallel()
	s := &store{}
	in, _ := intake(t, s)
	deleted := zendeskEvent("comment_redacted", "e2", "2026-07-25T17:19:59Z", `{"id":"8658"}`)
	added := zendeskEvent("comment_added", "e1", "2026-07-25T17:19:53Z", `{"id":"8658","body":"secret","is_public":true,"author":{"id":"1"}}`)
	for _, body := range []string{deleted, added} {
		w := post(in, "/hooks/zen", body, zendesk.Sign(config.NewSecret(zendeskSecret), "22557799", []byte(body), clock))
		require.Equal(t, http.StatusOK, w.Code)
	}
	all := s.all()
	require.Len(t, all, 3)
	require.Equal(t, connectors.Deleted, all[0].Kind)
	require.Equal(t, connectors.Message, all[2].Kind)
	require.Equal(t, all[2].Message, all[0].Message)
	require.Equal(t, all[2].Conversation, all[0].Conversation)
	require.True(t, all[0].At.After(all[2].At))
}

func TestFullQueue(t *testing.T) {
	t.Parallel()
	s := &store{err: errors.New("disk full")}
	in, log := intake(t, s)
	body := message("m_1", "Hallo")
	require.Equal(t, http.StatusServiceUnavailable, post(in, "/hooks/std", body, signed(t, "a", body, clock)).Code)

	added := zendeskEvent("comment_added", "e1", "2026-07-25T17:19:53Z", `{"id":"8658","body":"x","is_public":true}`)
	h := zendesk.Sign(config.NewSecret(zendeskSecret), "22557799", []byte(added), clock)
	require.Equal(t, http.StatusConflict, post(in, "/hooks/zen", added, h).Code, "Zendesk tries again only then")
	require.Contains(t, log.String(), "store 1 events: disk full")

	s.err = nil
	require.Equal(t, http.StatusOK, post(in, "/hooks/zen", added, h).Code)
	require.Len(t, s.all(), 1)
}

func TestAcceptHasADeadline(t *testing.T) {
	t.Parallel()
	s := &store{}
	in, _ := intake(t, s)
	in.AcceptTimeout = time.Millisecond
	in.Accept = func(ctx context.Context, _ connectors.Desk, _ []connectors.Event) error {
		<-ctx.Done()
		return ctx.Err()
	}
	body := message("m_1", "Hallo")
	require.Equal(t, http.StatusServiceUnavailable, post(in, "/hooks/std", body, signed(t, "a", body, clock)).Code)
}

func TestPanicIsAnswered(t *testing.T) {
	t.Parallel()
	s := &store{}
	in, log := intake(t, s, connectors.Desk{Name: "bad", Connector: desk{
		read: func(connectors.Delivery) (connectors.Receipt, error) { panic("Wo ist mein Paket?") },
	}})
	w := post(in, "/hooks/bad", "{}", http.Header{"Content-Type": {"application/json"}})
	require.Equal(t, http.StatusInternalServerError, w.Code)
	require.Zero(t, s.calls)
	require.Contains(t, log.String(), "connector panicked")
	require.Contains(t, log.String(), "intake_test.go", "the place is logged")
	require.NotContains(t, log.String(), "Paket", "the text is not")
}

// A connector reads only what it verified, and what it could not read is not
// stored in part.
func TestOrderOfSteps(t *testing.T) {
	t.Parallel()
	read := false
	s := &store{}
	in, _ := intake(t, s,
		connectors.Desk{Name: "unverified", Connector: desk{
			verify: func() error { return connectors.ErrUnverified },
			read:   func(connectors.Delivery) (connectors.Receipt, error) { read = true; return connectors.Receipt{}, nil },
		}},
		connectors.Desk{Name: "keyless", Connector: desk{
			read: func(connectors.Delivery) (connectors.Receipt, error) {
				return connectors.Receipt{Events: []connectors.Event{{Key: "k", Kind: connectors.Message}, {Kind: connectors.Message}}}, nil
			},
		}},
		connectors.Desk{Name: "dirty", Connector: desk{
			read: func(connectors.Delivery) (connectors.Receipt, error) {
				return connectors.Receipt{
					Events: []connectors.Event{{Key: "k", Kind: connectors.Message, Text: "a\x00b\xff"}},
					Reply:  &connectors.Reply{Status: 202, Type: "application/json", Body: []byte(`{}`)},
				}, nil
			},
		}},
	)
	h := http.Header{"Content-Type": {"application/json; charset=utf-8"}}
	require.Equal(t, 401, post(in, "/hooks/unverified", "{}", h).Code)
	require.False(t, read)
	require.Equal(t, 503, post(in, "/hooks/keyless", "{}", h).Code)
	require.Zero(t, s.calls)

	w := post(in, "/hooks/dirty", "{}", h)
	require.Equal(t, 202, w.Code)
	require.Equal(t, `{}`, w.Body.String())
	require.Equal(t, "application/json", w.Header().Get("Content-Type"))
	require.Equal(t, "ab\uFFFD", s.all()[0].Text)
}

// Over a real connection: a body that ends early or never.
func TestSlowAndCutBodies(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, sent, want string
		hangUp           bool
	}{
		{"cut off", `{"type"`, "400", true},
		{"never finished", `{"type"`, "408", false},
		{"never finished and refused before", `{"type"`, "404", false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s := &store{}
			in, _ := intake(t, s)
			in.ReadTimeout = 50 * time.Millisecond
			server := httptest.NewServer(in)
			t.Cleanup(server.Close)
			conn, err := net.Dial("tcp", server.Listener.Addr().String())
			require.NoError(t, err)
			defer conn.Close()
			path := "/hooks/std"
			if tt.want == "404" {
				path = "/hooks/nobody"
			}
			fmt.Fprintf(conn, "POST "+path+" HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 999\r\n\r\n%s", tt.sent)
			if tt.hangUp {
				require.NoError(t, conn.(*net.TCPConn).CloseWrite())
			}
			require.NoError(t, conn.SetReadDeadline(time.Now().Add(5*time.Second)))
			answer, err := io.ReadAll(conn)
			require.NoError(t, err, "the connection is closed, not kept waiting")
			require.Contains(t, string(answer), "HTTP/1.1 "+tt.want)
			require.Zero(t, s.calls)
		})
	}
}

func FuzzIntake(f *testing.F) {
	f.Add("/hooks/std", "application/json", message("m_1", "x"))
	f.Add("/hooks/zen/trigger", "application/json", `{"v":1}`)
	f.Add("/hooks//", "", "")
	f.Fuzz(func(t *testing.T, path, media, body string) {
		s := &store{}
		in, _ := intake(t, s)
		r := httptest.NewRequest(http.MethodPost, "/", strings.NewReader(body))
		r.URL.Path = path
		r.Header.Set("Content-Type", media)
		w := httptest.NewRecorder()
		in.ServeHTTP(w, r)
		require.GreaterOrEqual(t, w.Code, 400, "unsigned")
		require.Less(t, w.Code, 500)
		require.Zero(t, s.calls)
	})
}

func BenchmarkIntake(b *testing.B) {
	std, err := standard.New(standard.Config{Tenant: "nordwind", Secrets: []config.Secret{config.NewSecret(webhookSecret)}}, nil)
	require.NoError(b, err)
	in := &connectors.Intake{
		Desks:  map[string]connectors.Desk{"std": {Name: "std", Connector: std}},
		Accept: func(context.Context, connectors.Desk, []connectors.Event) error { return nil },
		Now:    func() time.Time { return clock },
	}
	body := message("m_1", "Wo ist mein Paket?")
	h := signed(b, "a", body, clock)
	for b.Loop() {
		if w := post(in, "/hooks/std", body, h); w.Code != http.StatusOK {
			b.Fatal(w.Code)
		}
	}
}
