package main

import (
	"io"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// TestTheAdminPortTellsWhatWasDone sends one message through a real server.
func TestTheAdminPortTellsWhatWasDone(t *testing.T) {
	p := newPlace(t, 1)
	const token = "0123456789abcdefghijklmnop"
	admin := freeAddress(t)
	f, err := os.OpenFile(p.config, os.O_APPEND|os.O_WRONLY, 0)
	require.NoError(t, err)
	_, err = f.WriteString("\nadmin: {listen: " + admin + ", token: " + token + "}\n")
	require.NoError(t, err)
	require.NoError(t, f.Close())
	cmd, log := p.start(t, "serve")
	p.serving(t, log)
	client := &http.Client{Timeout: 10 * time.Second}
	get := func(url, token string) (int, string, http.Header) {
		t.Helper()
		req, err := http.NewRequest(http.MethodGet, url, nil)
		require.NoError(t, err)
		if token != "" {
			req.Header.Set("Authorization", "Bearer "+token)
		}
		resp, err := client.Do(req)
		require.NoError(t, err)
		defer resp.Body.Close()
		b, err := io.ReadAll(resp.Body)
		require.NoError(t, err)
		return resp.StatusCode, string(b), resp.Header
	}

	code, _, _ := get("http://"+admin+"/metrics", "")
	require.Equal(t, http.StatusUnauthorized, code)
	code, _, _ = get("http://"+admin+"/debug/pprof/", token+"x")
	require.Equal(t, http.StatusUnauthorized, code)
	code, page, _ := get("http://"+admin+"/debug/pprof/", token)
	require.Equal(t, http.StatusOK, code)
	require.Contains(t, page, "goroutine")
	for _, at := range []string{admin, p.listen} {
		for _, path := range []string{"/livez", "/readyz", "/healthz"} {
			code, body, header := get("http://"+at+path, "")
			require.Equal(t, http.StatusOK, code, at+path+body)
			require.Len(t, header.Get("X-Request-Id"), 26)
		}
	}
	code, _, _ = get("http://"+p.listen+"/metrics", token)
	require.Equal(t, http.StatusNotFound, code, "metrics are for the admin port")

	require.True(t, p.deliver(client, 0))
	var text string
	require.Eventually(t, func() bool {
		_, text, _ = get("http://"+admin+"/metrics", token)
		return strings.Contains(text, "sufflor_suggestions_total{")
	}, time.Minute, 50*time.Millisecond)
	require.Contains(t, text, `sufflor_delivery_duration_seconds_count{desk="zd",outcome="accepted"} 1`)
	require.Contains(t, text, `sufflor_job_duration_seconds_count{kind="event",outcome="done"} 1`)
	require.Contains(t, text, `sufflor_stage_duration_seconds_count{stage="retrieve"}`)
	require.Contains(t, text, "sufflor_state_readable 1")
	require.Contains(t, text, `sufflor_http_request_duration_seconds_count{code="200",method="GET",route="/readyz"}`)
	require.NoError(t, cmd.Process.Signal(os.Interrupt))
	require.NoError(t, cmd.Wait(), "%s", log)
}
