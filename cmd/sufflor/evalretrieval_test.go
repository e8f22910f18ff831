package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sufflor/sufflor/index/measure"
)

func TestEvalRetrievalExitsAsOtherCommandsAndLeavesNothingBehind(t *testing.T) {
	tmp := t.TempDir()
	t.Setenv("TMPDIR", tmp)
	tiny := filepath.Join("..", "..", "index", "measure", "testdata", "tiny")
	cancelled, cancel := context.WithCancel(t.Context())
	cancel()
	for _, tt := range []struct {
		name string
		ctx  context.Context //nolint:containedctx // a case of the table
		args []string
		want int
	}{
		{"measured", t.Context(), []string{"--dataset", tiny}, exitOK},
		{"no set named", t.Context(), nil, exitUsage},
		{"a leg that is not there", t.Context(), []string{"--dataset", tiny, "--leg", "vector"}, exitUsage},
		{"a flag that is not there", t.Context(), []string{"--dataset", tiny, "--depth", "3"}, exitUsage},
		{"no set there", t.Context(), []string{"--dataset", t.TempDir()}, exitFailed},
		{"a run that is not there", t.Context(), []string{"--dataset", tiny, "--compare", filepath.Join(tmp, "none.run")}, exitFailed},
		{"interrupted", cancelled, []string{"--dataset", tiny}, exitFailed},
	} {
		t.Run(tt.name, func(t *testing.T) {
			code, _, stderr := command(t, tt.ctx, append([]string{"eval", "retrieval"}, tt.args...)...)
			require.Equal(t, tt.want, code, stderr)
			left, err := os.ReadDir(tmp)
			require.NoError(t, err)
			require.Empty(t, left, "the index is gone")
		})
	}
}

func TestEvalRetrievalCutsAsIngestDoes(t *testing.T) {
	dir := t.TempDir()
	long := ""
	for i := range 40 {
		long += fmt.Sprintf("Pump %d is made of steel and runs for many years without any care at all.\\n\\n", i)
	}
	for name, text := range map[string]string{
		"corpus.jsonl":   `{"_id": "a", "title": "Pump", "text": "` + long + `Its filter is changed once a year."}` + "\n" + `{"_id": "b", "text": "A pump."}` + "\n",
		"queries.jsonl":  `{"_id": "q", "text": "When is the filter of the pump changed?"}`,
		"qrels/test.tsv": "q\ta\t1\n",
	} {
		require.NoError(t, os.MkdirAll(filepath.Join(dir, "qrels"), 0o755))
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600))
	}
	for _, tt := range []struct {
		name     string
		args     []string
		passages int
	}{
		{"whole", nil, 2},
		{"cut", []string{"--chunk"}, 4}, // of 3,000 characters
	} {
		t.Run(tt.name, func(t *testing.T) {
			code, stdout, stderr := command(t, t.Context(), append([]string{"--json", "eval", "retrieval", "--dataset", dir}, tt.args...)...)
			require.Equal(t, exitOK, code, stderr)
			var rep measure.Report
			require.NoError(t, json.Unmarshal([]byte(stdout), &rep))
			require.Equal(t, 2, rep.Sets[0].Documents)
			require.Equal(t, tt.passages, rep.Sets[0].Passages)
			require.InDelta(t, 1, rep.Sets[0].Figures["success@1"], 1e-12)
		})
	}
}
