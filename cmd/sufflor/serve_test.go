package main

import (
	"bytes"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/sufflor/sufflor/config"
	"github.com/sufflor/sufflor/connectors/zendesk"
)

func TestServeSaysWhatIsInTheWay(t *testing.T) {
	p := newPlace(t, 1)
	ln, err := net.Listen("tcp", p.listen)
	require.NoError(t, err)
	code, _, errs := command(t, t.Context(), "-c", p.config, "serve")
	require.NoError(t, ln.Close())
	require.Equal(t, exitFailed, code)
	require.Contains(t, errs, p.listen)
	require.Contains(t, errs, "in use")
	require.Contains(t, errs, "SUFFLOR_LISTEN")

	// A file where the data folder should be cannot be written to by anyone.
	q := newPlace(t, 1)
	require.NoError(t, os.WriteFile(filepath.Join(q.dir, "data"), nil, 0o600))
	code, _, errs = command(t, t.Context(), "-c", q.config, "serve")
	require.Equal(t, exitFailed, code)
	require.Contains(t, errs, filepath.Join(q.dir, "data"))

	code, _, errs = command(t, t.Context(), "-c", filepath.Join(q.dir, "none.yaml"), "serve")
	require.Equal(t, exitUsage, code)
	require.Contains(t, errs, "none.yaml")
	require.Contains(t, errs, "config print")
}

// TestBadDeliveries sends what a desk never would to a real server: the right
// answer, nothing stored, a log without the customer's words.
func TestBadDeliveries(t *testing.T) {
	p := newPlace(t, 1)
	cmd, log := p.start(t, "serve")
	p.serving(t, log)
	client := &http.Client{Timeout: 5 * time.Second}
	const secretWords = "Fortrolig: pumpen lekker"
	good := []byte(`{"account_id":22557799,"id":"e1","type":"zen:event-type:ticket.comment_added","event":{"comment":{"id":"1","body":"` + secretWords + `"}}}`)
	sign := func(body []byte, at time.Time) http.Header {
		h := zendesk.Sign(config.NewSecret(testSecret), "22557799", body, at)
		h.Set("Content-Type", "application/json")
		return h
	}
	now := time.Now()
	for _, tt := range []struct {
		name   string
		path   string
		body   []byte
		header http.Header
		want   int
	}{
		{"unsigned", "/hooks/zd", good, http.Header{"Content-Type": {"application/json"}}, 401},
		{"stale", "/hooks/zd", good, sign(good, now.Add(-2*time.Hour)), 401},
		{"tampered", "/hooks/zd", append(bytes.Clone(good), ' '), sign(good, now), 401},
		{"truncated but signed", "/hooks/zd", good[:40], sign(good[:40], now), 400},
		{"over 4 MiB", "/hooks/zd", bytes.Repeat([]byte("x"), 4<<20+1), sign(good, now), 413},
		{"no such desk", "/hooks/nobody", good, sign(good, now), 404},
	} {
		t.Run(tt.name, func(t *testing.T) {
			req, err := http.NewRequest(http.MethodPost, "http://"+p.listen+tt.path, bytes.NewReader(tt.body))
			require.NoError(t, err)
			req.Header = tt.header
			resp, err := client.Do(req)
			require.NoError(t, err)
			require.NoError(t, resp.Body.Close())
			require.Equal(t, tt.want, resp.StatusCode)
		})
	}
	cfg, err := config.Load(p.config, os.LookupEnv)
	require.NoError(t, err)
	require.Zero(t, p.suggestions(t, cfg))
	require.NoError(t, cmd.Process.Signal(os.Interrupt))
	require.NoError(t, cmd.Wait(), "%s", log)
	require.NotContains(t, log.String(), "Fortrolig", "customers' words are not logged")
	require.NotContains(t, log.String(), testSecret)
	require.Equal(t, 6, strings.Count(log.String(), "delivery"), "one line each: %s", log)

	db, err := os.ReadFile(filepath.Join(p.dir, "data", "sufflor.db"))
	require.NoError(t, err)
	require.NotContains(t, string(db), "Fortrolig", "nothing unverified is stored")
}
