package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sufflor/sufflor/config"
	"github.com/sufflor/sufflor/store"
	"github.com/sufflor/sufflor/suggest"
)

func TestGuidelinesCommand(t *testing.T) {
	dir := t.TempDir()
	cfg := filepath.Join(dir, "c.yaml")
	require.NoError(t, os.WriteFile(cfg, []byte("data: "+dir+"/data\nworkspaces:\n  - id: a\n    name: Eksempel AS\n    language: nb\n    guidelines: {tone: friendly}\n    signatures: {nb: Hilsen huset}\n"), 0o600))
	do := func(want int, in string, args ...string) string {
		t.Helper()
		var out, complaint bytes.Buffer
		code := run(t.Context(), append([]string{"-c", cfg, "guidelines"}, args...), bytes.NewBufferString(in), &out, &complaint)
		require.Equal(t, want, code, "%s%s", out.String(), complaint.String())
		return out.String() + complaint.String()
	}
	require.Contains(t, do(exitOK, "", "history"), "no guidelines were saved")
	require.Contains(t, do(exitOK, "", "show"), "as configured")
	require.Contains(t, do(exitOK, "", "show"), "tone: friendly")
	require.Contains(t, do(exitFailed, "tone: rude", "set", "-"), "one of formal, friendly")
	require.Contains(t, do(exitFailed, "", "set", filepath.Join(dir, "none.yaml")), "none.yaml")
	require.Contains(t, do(exitOK, "tone: formal\nforbidden: [\"billig*\"]\n", "set", "-", "--author", "kari", "--note", "start"), "version 1")
	require.Contains(t, do(exitOK, "greeting: {nb: \"God dag, {name}.\"}\n", "set", "-", "--author", "ola"), "version 2")
	require.Contains(t, do(exitOK, "", "show"), "God dag")
	require.Contains(t, do(exitOK, "", "show", "--version", "1"), "billig*")
	require.Contains(t, do(exitFailed, "", "show", "--version", "9"), "not found")
	history := do(exitOK, "", "history")
	require.Regexp(t, `(?s)2 .*ola.*1 .*kari +start`, history)
	preview := do(exitOK, "", "preview", "--language", "nb")
	require.Contains(t, preview, "God dag, Kari.")
	require.Contains(t, preview, "without a name: God dag.")
	require.Contains(t, preview, "Så fint at du tar kontakt!", "the tone that is configured")
	require.Contains(t, preview, "Hilsen huset")
	require.Contains(t, preview, "GUIDELINES v2")
	require.Contains(t, preview, "Norwegian")
	require.Contains(t, do(exitOK, "", "restore", "1", "--author", "kari"), "version 3")
	require.Contains(t, do(exitOK, "", "show"), "billig*")
	require.Contains(t, do(exitFailed, "", "restore", "77"), "sufflor guidelines history")
	require.Contains(t, do(exitUsage, "", "restore", "x"), "no version")
	var v struct{ Drafts []shownDraft }
	out := do(exitOK, "", "preview", "--json")
	require.NoError(t, json.Unmarshal([]byte(out), &v))
	require.Len(t, v.Drafts, 6)
}

type shownDraft struct{ Language, Letter string }

func TestWrongGuidelinesInTheConfigurationAreNamed(t *testing.T) {
	dir := t.TempDir()
	cfg := filepath.Join(dir, "c.yaml")
	require.NoError(t, os.WriteFile(cfg, []byte("data: "+dir+"/data\nworkspaces:\n  - id: a\n    name: Eksempel AS\n    language: nb\n    guidelines: {tone: rude}\n"), 0o600))
	var out, complaint bytes.Buffer
	require.Equal(t, exitUsage, run(t.Context(), []string{"-c", cfg, "config", "check"}, nil, &out, &complaint))
	require.Contains(t, complaint.String(), "workspaces[0].guidelines: tone")
}

// fixedGuidelines is a store whose guidelines the test decides.
type fixedGuidelines struct {
	g   store.Guidelines
	err error
}

func (s *fixedGuidelines) Guidelines(context.Context, string, int) (store.Guidelines, error) {
	return s.g, s.err
}

func TestGuidesLookEachTimeAndForgiveFaults(t *testing.T) {
	s := &fixedGuidelines{err: store.ErrNotFound}
	var log bytes.Buffer
	g, err := newGuides(config.Config{Workspaces: []config.Workspace{{ID: "a", Name: "A", Language: "nb", Signatures: map[string]string{"nb": "Hei"}}}}, s, slog.New(slog.NewTextHandler(&log, nil)))
	require.NoError(t, err)
	require.Equal(t, suggest.Formal, g.profile("a").Guidelines.Tone)
	require.Zero(t, g.profile("a").Guidelines.Version)
	*s = fixedGuidelines{g: store.Guidelines{Version: 4, Body: "tone: friendly"}}
	require.Equal(t, suggest.Friendly, g.profile("a").Guidelines.Tone)
	require.Equal(t, 4, g.profile("a").Guidelines.Version)
	require.Equal(t, "Hei", g.profile("a").Guidelines.Signature["nb"])
	*s = fixedGuidelines{err: errors.New("disk full")}
	require.Equal(t, 4, g.profile("a").Guidelines.Version, "the last that could be read")
	require.Contains(t, log.String(), "disk full")
	*s = fixedGuidelines{g: store.Guidelines{Version: 5, Body: "tone: rude"}}
	require.Equal(t, 4, g.profile("a").Guidelines.Version)
}

// TestGuidelinesChangeWhileTheServerRuns sets them through the server that has
// the folder; the next draft keeps to them.
func TestGuidelinesChangeWhileTheServerRuns(t *testing.T) {
	p := newPlace(t, 1)
	code, out, errs := command(t, t.Context(), "-c", p.config, "ingest")
	require.Equal(t, exitOK, code, "%s%s", out, errs)
	cmd, log := p.start(t, "serve")
	p.serving(t, log)
	draft := func() suggest.Suggestion {
		var s suggest.Suggestion
		require.Equal(t, 200, p.ask(t, "POST", "/api/ask", `{"text":"Hvor mye olje fylles pumpen P-0 med?","customer":"Kari Nordmann"}`, &s))
		return s
	}
	before := draft()
	require.Equal(t, "configured", before.Versions.Guidelines)
	require.Contains(t, before.Text(), "Hei Kari,")
	file := filepath.Join(p.dir, "g.yaml")
	require.NoError(t, os.WriteFile(file, []byte("tone: friendly\ngreeting: {nb: \"God dag, {name}!\"}\n"), 0o600))
	code, out, errs = command(t, t.Context(), "-c", p.config, "guidelines", "set", file, "--author", "kari")
	require.Equal(t, exitOK, code, errs)
	require.Contains(t, out, "version 1")
	after := draft()
	require.Equal(t, "1", after.Versions.Guidelines)
	require.Contains(t, after.Text(), "God dag, Kari!")
	code, out, errs = command(t, t.Context(), "-c", p.config, "guidelines", "history")
	require.Equal(t, exitOK, code, errs)
	require.Contains(t, out, "kari")
	code, _, errs = command(t, t.Context(), "-c", p.config, "guidelines", "restore", "9")
	require.Equal(t, exitFailed, code)
	require.Contains(t, errs, "sufflor guidelines history")
	require.NoError(t, cmd.Process.Signal(os.Interrupt))
	require.NoError(t, cmd.Wait(), "%s", log)
}
