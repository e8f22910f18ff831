package main

import (
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/sufflor/sufflor/config"
	"github.com/sufflor/sufflor/store"
)

// get asks the server and returns the status, 0 when nobody answers.
func (p place) get(path, token string) int {
	req, _ := http.NewRequest(http.MethodGet, "http://"+p.listen+path, nil)
	if token != "" {
		req.Header.Set("Authorization", "Bearer "+token)
	}
	resp, err := (&http.Client{Timeout: 5 * time.Second}).Do(req)
	if err != nil {
		return 0
	}
	_ = resp.Body.Close()
	return resp.StatusCode
}

// edit replaces text in the configuration.
func (p place) edit(t *testing.T, old, with string) {
	t.Helper()
	data, err := os.ReadFile(p.config)
	require.NoError(t, err)
	require.Contains(t, string(data), old)
	require.NoError(t, os.WriteFile(p.config, []byte(strings.ReplaceAll(string(data), old, with)), 0o600))
}

// TestStopsWithoutLosingAnything ends the real server amid webhooks: it says
// no at /readyz while it still answers, and whatever it acknowledged ends in
// one suggestion, now or after the next start.
func TestStopsWithoutLosingAnything(t *testing.T) {
	p := newPlace(t, 5)
	p.edit(t, "log: {level: warn}", "log: {level: info}\ndrain_wait: 1s")
	cmd, log := p.start(t, "serve")
	p.serving(t, log)
	require.Equal(t, http.StatusOK, p.get("/readyz", ""))
	client := &http.Client{Timeout: 5 * time.Second}
	acknowledged := 0
	for acknowledged < 30 {
		if p.deliver(client, acknowledged) {
			acknowledged++
		}
	}
	require.NoError(t, cmd.Process.Signal(syscall.SIGTERM))
	require.Eventually(t, func() bool { return p.get("/readyz", "") == http.StatusServiceUnavailable }, 5*time.Second, 5*time.Millisecond, "%s", log)
	require.Equal(t, http.StatusOK, p.get("/healthz", ""), "it is alive while it drains")
	for p.deliver(client, acknowledged) { // until it takes no more
		acknowledged++
	}
	require.Greater(t, acknowledged, 30, "who has not seen it yet is answered")
	require.NoError(t, cmd.Wait(), "exit code 0: %s", log)
	require.Contains(t, log.String(), "msg=stopped")

	cfg, err := config.Load(p.config, os.LookupEnv)
	require.NoError(t, err)
	s, err := store.Open(t.Context(), store.Options{Dir: cfg.Data, Log: slog.New(slog.DiscardHandler)})
	require.NoError(t, err)
	dead, err := s.DeadJobs(t.Context())
	require.NoError(t, err)
	require.Empty(t, dead)
	require.NoError(t, s.Close())

	cmd, log = p.start(t, "serve")
	p.serving(t, log)
	require.Eventually(t, func() bool { return p.suggestions(t, cfg) == acknowledged }, 120*time.Second, 200*time.Millisecond, "%s", log)
	require.NoError(t, cmd.Process.Signal(syscall.SIGTERM))
	require.NoError(t, cmd.Wait())
}

func TestASecondSignalEndsAtOnce(t *testing.T) {
	p := newPlace(t, 1)
	p.edit(t, "log: {level: warn}", "log: {level: warn}\ndrain_wait: 5m")
	cmd, log := p.start(t, "serve")
	p.serving(t, log)
	require.NoError(t, cmd.Process.Signal(syscall.SIGTERM))
	require.Eventually(t, func() bool { return p.get("/readyz", "") == http.StatusServiceUnavailable }, 5*time.Second, 5*time.Millisecond)
	require.NoError(t, cmd.Process.Signal(syscall.SIGTERM))
	require.ErrorContains(t, cmd.Wait(), "signal: terminated")
}

// TestReload exchanges secrets of a running server, and refuses what is wrong.
func TestReload(t *testing.T) {
	p := newPlace(t, 1)
	const before, after = "a-token-of-the-first-configuration", "a-token-of-the-second-configuration"
	p.edit(t, "log: {level: warn}", "log: {level: info}\npanel: {token: "+before+"}")
	cmd, log := p.start(t, "serve")
	p.serving(t, log)
	client := &http.Client{Timeout: 5 * time.Second}
	const api = "/api/suggestions?workspace=a"
	require.Equal(t, http.StatusOK, p.get(api, before))

	p.edit(t, before, "short")
	code, _, errs := command(t, t.Context(), "-c", p.config, "reload")
	require.Equal(t, exitUsage, code, "the command does not send what is wrong: %s", errs)
	require.NoError(t, cmd.Process.Signal(syscall.SIGHUP))
	require.Eventually(t, func() bool { return strings.Contains(log.String(), "the configuration is refused") }, 10*time.Second, 10*time.Millisecond)
	require.Equal(t, http.StatusOK, p.get(api, before), "the old one goes on")

	p.edit(t, "short", after)
	p.edit(t, testSecret, "YW5vdGhlci1zaWduaW5nLXNlY3JldC1vZi10aGUtZGVzaw")
	p.edit(t, "workspaces:", "suggest: {deadline: 3s}\nworkspaces:")
	code, out, errs := command(t, t.Context(), "-c", p.config, "reload")
	require.Zero(t, code, errs)
	require.Contains(t, out, fmt.Sprint(cmd.Process.Pid))
	require.Eventually(t, func() bool { return strings.Contains(log.String(), "configuration read again") }, 10*time.Second, 10*time.Millisecond, "%s", log)
	require.Equal(t, http.StatusUnauthorized, p.get(api, before))
	require.Equal(t, http.StatusOK, p.get(api, after))
	require.False(t, p.deliver(client, 1), "signed with the old secret")
	require.Contains(t, log.String(), "waits for a restart")
	require.Contains(t, log.String(), "keys=suggest")
	require.NoError(t, cmd.Process.Signal(syscall.SIGTERM))
	require.NoError(t, cmd.Wait(), "%s", log)

	code, _, errs = command(t, t.Context(), "-c", p.config, "reload")
	require.Equal(t, exitFailed, code)
	require.Contains(t, errs, "no server runs")
}

func TestRolesOfOneFolderStayTogether(t *testing.T) {
	p := newPlace(t, 1)
	for _, role := range []string{"web", "worker,ingest"} {
		code, _, errs := command(t, t.Context(), "-c", p.config, "serve", "--role", role)
		require.Equal(t, exitUsage, code)
		require.Contains(t, errs, "SQLite")
	}
	code, _, errs := command(t, t.Context(), "-c", p.config, "serve", "--role", "web,cook")
	require.Equal(t, exitUsage, code)
	require.Contains(t, errs, `"cook"; one of web, worker, ingest`)
}
