package main

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/sufflor/sufflor/connectors"
	"github.com/sufflor/sufflor/store"
)

func TestForgetAndExportCommands(t *testing.T) {
	dir := t.TempDir()
	cfg := filepath.Join(dir, "c.yaml")
	require.NoError(t, os.WriteFile(cfg, []byte("data: "+dir+"/data\nretention: {conversation_days: 30}\nworkspaces:\n  - id: a\n    name: Eksempel AS\n    language: nb\n"), 0o600))
	fill := func(key, conversation, customer string, at time.Time) {
		s, err := store.Open(t.Context(), store.Options{Dir: dir + "/data"})
		require.NoError(t, err)
		_, err = s.Accept(t.Context(), "a", "desk", []connectors.Event{{Key: key, Kind: connectors.Message, Conversation: conversation, Message: key, Role: connectors.Customer, Customer: customer, Text: "secret words", At: at}})
		require.NoError(t, err)
		require.NoError(t, s.Close())
	}
	fill("k1", "c1", "kari@example.com", time.Now())
	fill("k2", "c2", "old@example.com", time.Now().Add(-40*24*time.Hour))
	do := func(want int, in string, args ...string) string {
		t.Helper()
		var out, complaint bytes.Buffer
		code := run(t.Context(), append([]string{"-c", cfg}, args...), bytes.NewBufferString(in), &out, &complaint)
		require.Equal(t, want, code, "%s%s", out.String(), complaint.String())
		return out.String() + complaint.String()
	}
	require.Contains(t, do(exitUsage, "", "forget"), "--customer")
	require.Contains(t, do(exitUsage, "", "forget", "--message", "m"), "required")
	require.Contains(t, do(exitOK, "", "forget", "--customer", "nobody"), "nothing is kept")
	require.Contains(t, do(exitOK, "", "forget", "--customer", "KARI@example.com", "--dry-run"), "kept: 1 event")
	zip := filepath.Join(dir, "k.zip")
	require.Contains(t, do(exitOK, "", "export", "--customer", "kari@example.com", "--out", zip), "k.zip")
	require.FileExists(t, zip)
	require.Contains(t, do(exitFailed, "", "export", "--customer", "kari@example.com", "--out", zip), "not there yet")
	require.Contains(t, do(exitFailed, "no\n", "forget", "--customer", "kari@example.com"), "nothing was erased")
	require.Contains(t, do(exitUsage, "", "forget", "--customer", "kari@example.com"), "--yes")
	require.Contains(t, do(exitOK, "kari@example.com\n", "forget", "--customer", "kari@example.com"), "erased: 1 event")
	require.Contains(t, do(exitOK, "", "retention", "--dry-run"), "kept for too long: 1 event")
	require.Contains(t, do(exitOK, "", "retention"), "erased: 1 event")
	require.Contains(t, do(exitOK, "", "retention"), "nothing is erased")
	log := do(exitOK, "", "audit")
	require.Contains(t, log, "data.erased")
	require.Contains(t, log, "data.exported")
	require.Contains(t, log, "data.retention")
	require.NotContains(t, log, "kari")
	data, err := os.ReadFile(dir + "/data/sufflor.db")
	require.NoError(t, err)
	require.NotContains(t, string(data), "secret words")
	require.NotContains(t, string(data), "@example.com")
}
