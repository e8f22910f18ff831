package main

import (
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/sufflor/sufflor/store"
	"github.com/sufflor/sufflor/suggest/insight"
)

func TestAReportIsTheSameWithAServerAndWithout(t *testing.T) {
	p := newPlace(t, 1)
	code, _, errs := command(t, t.Context(), "-c", p.config, "ingest")
	require.Equal(t, exitOK, code, errs)
	report := func() (r insight.Report) {
		t.Helper()
		code, out, errs := command(t, t.Context(), "-c", p.config, "report", "--since", "7d", "--json", "--rate", "45")
		require.Equal(t, exitOK, code, errs)
		require.NoError(t, json.Unmarshal([]byte(out), &r))
		return r
	}
	require.Zero(t, report().Whole.Suggestions)

	cmd, log := p.start(t, "serve")
	p.serving(t, log)
	client := &http.Client{Timeout: 5 * time.Second}
	require.Eventually(t, func() bool { return p.deliver(client, 0) }, 20*time.Second, 50*time.Millisecond)
	require.Eventually(t, func() bool { return report().Whole.Suggestions == 1 }, 20*time.Second, 100*time.Millisecond)
	served := report()
	require.Equal(t, 1, served.Whole.Latency.N)
	require.Positive(t, float64(served.Whole.Latency.P50))
	require.NoError(t, cmd.Process.Signal(syscall.SIGTERM))
	require.NoError(t, cmd.Wait())

	alone := report()
	one, err := json.Marshal(served)
	require.NoError(t, err)
	two, err := json.Marshal(alone)
	require.NoError(t, err)
	require.JSONEq(t, string(one), string(two))

	file := filepath.Join(p.dir, "week.html")
	code, out, errs := command(t, t.Context(), "-c", p.config, "report", "--since", "4w", "--html", file)
	require.Equal(t, exitOK, code, errs)
	require.Empty(t, out)
	require.Contains(t, errs, "report of 1 suggestion: "+file)
	page, err := os.ReadFile(file)
	require.NoError(t, err)
	require.Contains(t, string(page), `<html lang="nb">`)
	require.Contains(t, string(page), "Eksempel AS")
	require.NotContains(t, string(page), "<script")

	code, out, errs = command(t, t.Context(), "-c", p.config, "report")
	require.Equal(t, exitOK, code, errs)
	require.Contains(t, out, "1 suggestion, 1 with something to answer")
	require.Contains(t, out, "hours saved                not known")
}

func TestReportsThatCannotBe(t *testing.T) {
	p := newPlace(t, 1)
	for _, tt := range []struct {
		name string
		args []string
		code int
		says string
	}{
		{"no days", []string{"--since", "0d"}, exitUsage, "use at least one day"},
		{"a time that is none", []string{"--since", "yesterday"}, exitUsage, `"yesterday" is not a day`},
		{"too long ago", []string{"--since", "2001-01-01"}, exitUsage, "more than three years"},
		{"nine thousand weeks", []string{"--since", "9000w"}, exitUsage, "more than three years"},
		{"an end before the beginning", []string{"--since", "2026-02-01", "--until", "2026-01-01"}, exitUsage, "after the last day"},
		{"a negative rate", []string{"--rate", "-3"}, exitUsage, "use a number from 0"},
		{"a folder that is not there", []string{"--html", filepath.Join(p.dir, "none", "x.html")}, exitFailed, "name a file that can be written"},
		{"an unknown workspace", []string{"-w", "nobody"}, exitUsage, "nobody"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			code, _, errs := command(t, t.Context(), append([]string{"-c", p.config, "report"}, tt.args...)...)
			require.Equal(t, tt.code, code, errs)
			require.Contains(t, errs, tt.says)
		})
	}
	s, err := store.Open(t.Context(), store.Options{Dir: filepath.Join(p.dir, "data")})
	require.NoError(t, err)
	code, _, errs := command(t, t.Context(), "-c", p.config, "report")
	require.NoError(t, s.Close())
	require.Equal(t, exitFailed, code)
	require.Contains(t, errs, "in use by a command that does not serve")
}
