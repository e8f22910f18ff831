package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/sufflor/sufflor/config"
	"github.com/sufflor/sufflor/connectors/zendesk"
	"github.com/sufflor/sufflor/index"
	"github.com/sufflor/sufflor/store"
	"github.com/sufflor/sufflor/store/storetest"
)

const testSecret = "c3VmZmxvci1jcmFzaC10ZXN0LXNpZ25pbmctc2VjcmV0"

// conversations the messages belong to.
const conversations = 50

// place is a folder with a configuration and some documents.
type place struct {
	dir, config, listen string
}

func newPlace(t *testing.T, documents int) place {
	t.Helper()
	dir := t.TempDir()
	p := place{dir: dir, config: filepath.Join(dir, "s.yaml"), listen: freeAddress(t)}
	require.NoError(t, os.MkdirAll(filepath.Join(dir, "docs"), 0o700))
	for i := range documents {
		text := fmt.Sprintf("# Pumpe P-%d\n\nPumpen P-%d fylles med %d liter olje. Filteret heter F-%d.\n\n## Pris\n\nEt filter koster %d kr.\n", i, i, 10+i, i, 100+i)
		require.NoError(t, os.WriteFile(filepath.Join(dir, "docs", fmt.Sprintf("p%03d.md", i)), []byte(text), 0o600))
	}
	yaml := fmt.Sprintf(`
data: %[1]s/data
listen: %[2]s
log: {level: warn}
workspaces:
  - id: a
    name: Eksempel AS
    language: nb
    sources: [{collection: c, audience: public, paths: [%[1]s/docs]}]
    desks: [{name: zd, kind: zendesk, settings: {subdomain: example, account_id: "22557799", signing_secret: %[3]s, notes: "off"}}]
`, dir, p.listen, testSecret)
	require.NoError(t, os.WriteFile(p.config, []byte(yaml), 0o600))
	return p
}

// output is what a process writes, to be read while it does.
type output struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.buf.Write(p)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.buf.String()
}

// freeAddress is one that a server can listen on, also after a restart. Its
// port lies below those that the system hands out: between two starts another
// test's connection would take one of them.
func freeAddress(t *testing.T) string {
	t.Helper()
	for range 100 {
		address := fmt.Sprintf("127.0.0.1:%d", 20_000+rand.IntN(10_000))
		if ln, err := net.Listen("tcp", address); err == nil {
			require.NoError(t, ln.Close())
			return address
		}
	}
	t.Fatal("no free port between 20000 and 30000")
	return ""
}

// start runs sufflor as a process of its own.
func (p place) start(t *testing.T, args ...string) (*exec.Cmd, *output) {
	t.Helper()
	var out output
	_, err := plainBinary() // its workers have it too
	require.NoError(t, err)
	cmd := exec.Command(os.Args[0], append([]string{"-c", p.config}, args...)...)
	cmd.Env = append(os.Environ(), "SUFFLOR_TEST_MAIN=1")
	cmd.Stdout, cmd.Stderr = &out, &out
	require.NoError(t, cmd.Start())
	t.Cleanup(func() { _ = cmd.Process.Kill() }) // a test that fails leaves nobody behind
	return cmd, &out
}

// serving waits until a server answers.
func (p place) serving(t *testing.T, out *output) {
	t.Helper()
	require.Eventually(t, func() bool {
		resp, err := http.Get("http://" + p.listen + "/healthz")
		if err != nil {
			return false
		}
		_ = resp.Body.Close()
		return resp.StatusCode == http.StatusOK
	}, 60*time.Second, 20*time.Millisecond, "server did not come up: %s", out)
}

// deliver sends message i once and reports whether it was acknowledged.
func (p place) deliver(client *http.Client, i int) bool {
	body, _ := json.Marshal(map[string]any{
		"account_id": json.Number("22557799"), "id": fmt.Sprintf("event-%d", i), "subject": fmt.Sprintf("zen:ticket:%d", 1000+i%conversations),
		"time": "2026-11-02T09:00:00Z", "type": "zen:event-type:ticket.comment_added", "zendesk_event_version": "2022-11-06",
		"event": map[string]any{"comment": map[string]any{
			"id": fmt.Sprint(50000 + i), "body": fmt.Sprintf("Hvor mye olje tar pumpen P-%d?", i%20), "is_public": true,
			"author": map[string]any{"id": fmt.Sprint(900 + i), "is_staff": false, "name": "Kari"},
		}},
		"detail": map[string]any{"actor_id": fmt.Sprint(900 + i), "id": fmt.Sprint(1000 + i%50), "is_public": true, "requester_id": fmt.Sprint(900 + i), "via": map[string]any{"channel": "mail"}},
	})
	req, err := http.NewRequest(http.MethodPost, "http://"+p.listen+"/hooks/zd", bytes.NewReader(body))
	if err != nil {
		return false
	}
	req.Header = zendesk.Sign(config.NewSecret(testSecret), "22557799", body, time.Now())
	req.Header.Set("Content-Type", "application/json")
	resp, err := client.Do(req)
	if err != nil {
		return false
	}
	_, _ = io.Copy(io.Discard, resp.Body)
	_ = resp.Body.Close()
	return resp.StatusCode == http.StatusOK
}

// TestKilledDuringBurst kills the server three times while 500 webhooks
// arrive. Whatever it acknowledged must end in exactly one suggestion.
func TestKilledDuringBurst(t *testing.T) {
	t.Run("sqlite", killedDuringBurst)
	t.Run("postgres", func(t *testing.T) {
		t.Setenv("SUFFLOR_STORE", storetest.Postgres(t))
		killedDuringBurst(t)
	})
}

func killedDuringBurst(t *testing.T) {
	t.Helper()
	const messages, kills = 500, 3
	p := newPlace(t, 20)
	code, out, errs := command(t, t.Context(), "-c", p.config, "ingest")
	require.Zero(t, code, out+errs)

	client := &http.Client{Timeout: 5 * time.Second}
	var mu sync.Mutex
	acknowledged := map[int]bool{}
	next := 0
	for life := range kills + 1 {
		cmd, log := p.start(t, "serve")
		p.serving(t, log)
		until := messages
		if life < kills {
			until = (life + 1) * messages / (kills + 1)
		}
		var wg sync.WaitGroup
		dying := make(chan struct{})
		for range 8 {
			wg.Go(func() {
				for {
					mu.Lock()
					i := next
					if i >= messages {
						mu.Unlock()
						return
					}
					next++
					mu.Unlock()
					select {
					case <-dying:
						mu.Lock()
						next = min(next, i) // the next life delivers it again, as a desk would
						mu.Unlock()
						return
					default:
					}
					if p.deliver(client, i) {
						mu.Lock()
						acknowledged[i] = true
						mu.Unlock()
					}
				}
			})
		}
		if life < kills {
			require.Eventually(t, func() bool { mu.Lock(); defer mu.Unlock(); return next >= until }, 60*time.Second, time.Millisecond, "%s", log)
			time.Sleep(time.Duration(rand.IntN(20)) * time.Millisecond)
			close(dying)
			require.NoError(t, cmd.Process.Kill())
			_ = cmd.Wait()
			wg.Wait()
			continue
		}
		wg.Wait()
		for i := range messages { // what was lost on the way comes again; duplicates are answered like the first
			require.True(t, p.deliver(client, i), "message %d: %s", i, log)
			acknowledged[i] = true
		}
		require.NoError(t, cmd.Process.Signal(os.Interrupt))
		require.NoError(t, cmd.Wait(), "%s", log)
	}
	require.Len(t, acknowledged, messages)

	// Whatever the last life left in the queue is done by the next.
	cmd, log := p.start(t, "serve")
	p.serving(t, log)
	cfg, err := config.Load(p.config, os.LookupEnv)
	require.NoError(t, err)
	require.Eventually(t, func() bool { return p.suggestions(t, cfg) == messages }, 90*time.Second, 200*time.Millisecond, "%s", log)
	require.NoError(t, cmd.Process.Signal(os.Interrupt))
	require.NoError(t, cmd.Wait(), "%s", log)

	s, err := store.Open(t.Context(), store.Options{Dir: cfg.Data, Postgres: cfg.Store.Reveal(), Log: slog.New(slog.DiscardHandler)})
	require.NoError(t, err)
	defer func() { require.NoError(t, s.Close()) }()
	count := map[string]int{}
	list, err := s.Suggestions(t.Context(), "a", store.SuggestionFilter{Limit: 2 * messages})
	require.NoError(t, err)
	for _, sug := range list {
		count[sug.EventKey]++
	}
	require.Len(t, count, messages)
	for key, n := range count {
		require.Equal(t, 1, n, key)
	}
	dead, err := s.DeadJobs(t.Context())
	require.NoError(t, err)
	require.Empty(t, dead)
}

// suggestions asks the running server how many there are.
func (p place) suggestions(t *testing.T, cfg config.Config) (n int) {
	t.Helper()
	r, err := running(cfg.Data)
	require.NoError(t, err)
	for conversation := range conversations {
		req, err := http.NewRequest(http.MethodGet, fmt.Sprintf("%s/api/suggestions?workspace=a&conversation=%d", r.URL, 1000+conversation), nil)
		require.NoError(t, err)
		req.Header.Set("Authorization", "Bearer "+r.Token)
		resp, err := http.DefaultClient.Do(req)
		require.NoError(t, err)
		var list struct {
			Suggestions []struct {
				ID string `json:"id"`
			} `json:"suggestions"`
		}
		require.NoError(t, json.NewDecoder(resp.Body).Decode(&list))
		require.NoError(t, resp.Body.Close())
		n += len(list.Suggestions)
	}
	return n
}

// TestKilledDuringIngest kills the reading of documents at random moments;
// the run after that must leave store and index as if nothing had happened.
func TestKilledDuringIngest(t *testing.T) {
	const documents = 120
	p := newPlace(t, documents)
	for range 6 {
		cmd, _ := p.start(t, "ingest")
		time.Sleep(time.Duration(100+rand.IntN(500)) * time.Millisecond)
		_ = cmd.Process.Kill() // it may have ended by itself
		_ = cmd.Wait()
	}
	code, out, errs := command(t, t.Context(), "-c", p.config, "--json", "ingest")
	require.Zero(t, code, out+errs)

	cfg, err := config.Load(p.config, os.LookupEnv)
	require.NoError(t, err)
	a, err := openApp(t.Context(), cfg, slog.New(slog.DiscardHandler))
	require.NoError(t, err)
	defer func() { require.NoError(t, a.Close()) }()
	docs, err := a.store.Documents(t.Context(), "a", store.DocumentFilter{})
	require.NoError(t, err)
	require.Len(t, docs, documents)
	stored := 0
	for _, err := range a.store.AllPassages(t.Context(), "a") {
		require.NoError(t, err)
		stored++
	}
	st, err := a.index.Stats(t.Context())
	require.NoError(t, err)
	require.EqualValues(t, stored, st.Passages, "as many passages in the index as in the store")
	for i := range documents {
		res, err := a.index.Search(context.Background(), index.Query{Workspace: "a", Language: "nb", Text: fmt.Sprintf("olje i pumpen P-%d", i), Limit: 1})
		require.NoError(t, err)
		require.Len(t, res.Hits, 1)
		ps, err := a.store.Passages(t.Context(), "a", []string{res.Hits[0].ID})
		require.NoError(t, err)
		require.Contains(t, ps[res.Hits[0].ID].Text, fmt.Sprintf("P-%d ", i))
	}
}
