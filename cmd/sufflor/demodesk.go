package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/sufflor/sufflor/store"
)

// demoDesk stands in for Zendesk's and Slack's API on this machine: it takes
// what sufflor writes for agents and answers as they do.
type demoDesk struct {
	url   string
	srv   *http.Server
	mu    sync.Mutex
	notes []string // bodies of requests that wrote something
}

func startDemoDesk(ctx context.Context) (*demoDesk, error) {
	ln, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("start the demo's help desk: %w", err)
	}
	d := &demoDesk{url: "http://" + ln.Addr().String()}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /zendesk/api/v2/tickets/{id}/comments.json", func(w http.ResponseWriter, _ *http.Request) {
		reply(w, map[string]any{"comments": []any{}, "meta": map[string]any{"has_more": false}})
	})
	mux.HandleFunc("GET /zendesk/api/v2/incremental/tickets/cursor.json", func(w http.ResponseWriter, _ *http.Request) {
		reply(w, map[string]any{"tickets": []any{}, "after_cursor": "demo", "end_of_stream": true}) // nothing was missed
	})
	mux.HandleFunc("PUT /zendesk/api/v2/tickets/{id}", func(w http.ResponseWriter, r *http.Request) {
		public := d.keep(r, "public")
		reply(w, map[string]any{
			"ticket": map[string]any{"id": 1},
			"audit":  map[string]any{"events": []any{map[string]any{"id": 7001, "type": "Comment", "public": public != "false"}}},
		})
	})
	mux.HandleFunc("POST /slack/chat.postEphemeral", func(w http.ResponseWriter, r *http.Request) {
		d.keep(r, "user")
		reply(w, map[string]any{"ok": true, "message_ts": "1784999999.000100"})
	})
	mux.HandleFunc("POST /slack/users.info", func(w http.ResponseWriter, _ *http.Request) {
		reply(w, map[string]any{"ok": true, "user": map[string]any{"id": demoAgent, "team_id": demoTeam}})
	})
	mux.HandleFunc("GET /slack/users.info", func(w http.ResponseWriter, _ *http.Request) {
		reply(w, map[string]any{"ok": true, "user": map[string]any{"id": demoAgent, "team_id": demoTeam}})
	})
	d.srv = &http.Server{Handler: mux, ReadHeaderTimeout: 5 * time.Second}
	go func() { _ = d.srv.Serve(ln) }() // ends with close
	return d, nil
}

func reply(w http.ResponseWriter, v any) {
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(v)
}

// keep remembers what was written and returns the value of a field in it.
func (d *demoDesk) keep(r *http.Request, field string) string {
	b, err := io.ReadAll(io.LimitReader(r.Body, 1<<20))
	if err != nil {
		return ""
	}
	d.mu.Lock()
	d.notes = append(d.notes, string(b))
	d.mu.Unlock()
	_, rest, _ := strings.Cut(string(b), `"`+field+`":`)
	value, _, _ := strings.Cut(strings.TrimLeft(rest, " "), ",")
	return strings.Trim(value, `"}] `)
}

func (d *demoDesk) close() { _ = d.srv.Close() }

// delivered says whether a suggestion's note reached the desk, waiting a
// moment for it.
func (d *demoDesk) delivered(ctx context.Context, st *store.Store, rec store.Suggestion) (string, error) {
	deadline := time.NewTimer(10 * time.Second)
	defer deadline.Stop()
	wake, stop := st.Watch(rec.Workspace)
	defer stop()
	for {
		list, err := st.Deliveries(ctx, rec.Workspace, rec.ID)
		if err != nil {
			return "", err
		}
		if len(list) > 0 && list[0].State == store.DeliveryDelivered {
			break
		}
		select {
		case <-ctx.Done():
			return "", ctx.Err()
		case <-deadline.C:
			return "Not delivered yet; sufflor jobs dead tells why.", nil
		case <-wake:
		}
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	switch {
	case !slices.ContainsFunc(d.notes, func(n string) bool { return strings.Contains(n, rec.ID) }):
		return "Already delivered in an earlier run.", nil
	case rec.Desk == "zendesk":
		return "Delivered to Zendesk as a private note (public: false).", nil
	}
	return "Delivered to Slack as a message only the agent " + demoAgent + " sees (chat.postEphemeral).", nil
}
