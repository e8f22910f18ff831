package main

import (
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/sufflor/sufflor/config"
	"github.com/sufflor/sufflor/connectors"
	"github.com/sufflor/sufflor/ingest"
	"github.com/sufflor/sufflor/store"
	"github.com/sufflor/sufflor/web"
)

// gazebo is a desk that is asked for its messages and draws its panel from our
// answer.
type gazebo struct {
	mu     sync.Mutex
	events []connectors.Event
	asked  []string // cursors
}

func (*gazebo) Verify(context.Context, connectors.Delivery, time.Time) error { return nil }

func (*gazebo) Read(d connectors.Delivery) (connectors.Receipt, error) {
	return connectors.Receipt{Show: &connectors.Show{Conversation: strings.TrimSpace(string(d.Body)), Route: map[string]string{"canvas": "1"}}}, nil
}

func (*gazebo) Takes(string) []string { return []string{"text/plain"} }

func (*gazebo) View(s connectors.Show, n *connectors.Note) (connectors.Reply, error) {
	b, err := json.Marshal(map[string]any{"show": s, "note": n})
	return connectors.Reply{Type: "application/json", Body: b}, err
}

func (g *gazebo) Poll(_ context.Context, cursor string, _ time.Time) (connectors.Page, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.asked = append(g.asked, cursor)
	events := g.events
	g.events = nil
	return connectors.Page{Events: events, Cursor: "after " + cursor}, nil
}

// TestAPolledMessageIsShownInTheDesksOwnPanel goes from a poll to the answer
// that a desk draws, through everything between them but the desk.
func TestAPolledMessageIsShownInTheDesksOwnPanel(t *testing.T) {
	p := newPlace(t, 3)
	cfg, err := config.Load(p.config, os.LookupEnv)
	require.NoError(t, err)
	cfg.Suggest.Deadline = 30 * time.Second
	a, err := openApp(t.Context(), cfg, slog.New(slog.DiscardHandler))
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, a.Close()) })
	_, err = a.ingest(t.Context(), cfg.Workspaces[0], web.IngestRequest{}, func(ingest.Event) {})
	require.NoError(t, err)

	desk := &gazebo{events: []connectors.Event{{
		Key: "m1", Kind: connectors.Message, Role: connectors.Customer, Conversation: "77", Message: "1", Text: "Hvor mye olje fylles det i pumpen P-2?", At: time.Now(),
	}}}
	byName := map[string]connectors.Desk{"zd": {Name: "zd", Workspace: "a", Kind: "gazebo", Connector: desk}}
	s := &server{URL: "http://127.0.0.1:1", Token: config.NewSecret(strings.Repeat("x", 32)), app: a, closing: make(chan struct{}), plan: newScheduler(a)}
	read, done, err := a.attachmentReader()
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, done()) })
	w, err := a.worker(s, cfg, byName, read)
	require.NoError(t, err)
	h, err := a.handler(s, &shift{cfg: cfg, desks: byName, worker: w, token: s.Token, closing: s.closing})
	require.NoError(t, err)
	srv := httptest.NewServer(h)
	t.Cleanup(srv.Close)
	ctx, cancel := context.WithCancel(t.Context())
	var wg sync.WaitGroup
	wg.Go(func() { poll(ctx, cfg, w, byName) })
	wg.Go(func() { _ = a.store.Work(ctx, 2, w.Handlers()) })
	t.Cleanup(func() { cancel(); wg.Wait() })

	show := func(conversation string) (n *connectors.Note) {
		resp, err := http.Post(srv.URL+"/hooks/zd", "text/plain", strings.NewReader(conversation))
		require.NoError(t, err)
		body, err := io.ReadAll(resp.Body)
		require.NoError(t, err)
		require.NoError(t, resp.Body.Close())
		require.Equal(t, http.StatusOK, resp.StatusCode, string(body))
		var out struct{ Note *connectors.Note }
		require.NoError(t, json.Unmarshal(body, &out))
		return out.Note
	}
	require.Eventually(t, func() bool { return show("77") != nil }, 60*time.Second, 20*time.Millisecond)
	n := show("77")
	require.Contains(t, n.Text, "12 liter")
	require.Contains(t, n.PanelURL, n.Suggestion)
	require.NotEmpty(t, n.Citations)
	require.Equal(t, n.PanelURL+"&source=1", n.Citations[0].URL)
	require.Equal(t, "1", n.Route["canvas"])
	require.Nil(t, show("78"))

	d, err := a.store.Desk(t.Context(), "zd")
	require.NoError(t, err)
	require.Equal(t, store.DeskConnected, d.State())
	require.Equal(t, "after ", d.Cursor)
	require.WithinDuration(t, time.Now().Add(-24*time.Hour), d.Since, time.Minute)
	_, err = a.store.Accept(t.Context(), "a", "zd", []connectors.Event{{
		Key: "m2", Kind: connectors.Message, Role: connectors.Agent, Conversation: "77", Message: "2", Text: "Det går 12 liter i den.", At: time.Now(),
	}})
	require.NoError(t, err)
	require.Eventually(t, func() bool { return show("77") == nil }, 60*time.Second, 20*time.Millisecond, "answered: nothing to show")
}
