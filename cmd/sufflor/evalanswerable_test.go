package main

import (
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sufflor/sufflor/suggest"
	"github.com/sufflor/sufflor/suggest/measure/answerable"
)

func TestEvalAnswerableExitsAsOtherCommandsAndLeavesNothingBehind(t *testing.T) {
	tmp := t.TempDir()
	t.Setenv("TMPDIR", tmp)
	tiny := filepath.Join("..", "..", "index", "measure", "testdata", "tiny")
	cancelled, cancel := context.WithCancel(t.Context())
	cancel()
	broken := filepath.Join(t.TempDir(), "dev.jsonl")
	require.NoError(t, os.WriteFile(broken, []byte("{"), 0o600))
	for _, tt := range []struct {
		name string
		ctx  context.Context //nolint:containedctx // a case of the table
		args []string
		want int
	}{
		{"measured", t.Context(), []string{"--dataset", tiny}, exitOK},
		{"as a workspace", t.Context(), []string{"--dataset", tiny, "--calibrated"}, exitOK},
		{"no set named", t.Context(), nil, exitUsage},
		{"fewer than no questions", t.Context(), []string{"--dataset", tiny, "--most", "-1"}, exitUsage},
		{"no set there", t.Context(), []string{"--dataset", t.TempDir()}, exitFailed},
		{"a broken file", t.Context(), []string{"--given", broken}, exitFailed},
		{"one family and none beside it", t.Context(), []string{"--dataset", tiny, "--left-out"}, exitFailed},
		{"too little to train on", t.Context(), []string{"--dataset", tiny, "--most", "2", "--fit", filepath.Join(t.TempDir(), "m.json")}, exitFailed},
		{"interrupted", cancelled, []string{"--dataset", tiny}, exitFailed},
	} {
		t.Run(tt.name, func(t *testing.T) {
			code, _, stderr := command(t, tt.ctx, append([]string{"eval", "answerable"}, tt.args...)...)
			require.Equal(t, tt.want, code, stderr)
			left, err := os.ReadDir(tmp)
			require.NoError(t, err)
			require.Empty(t, left)
		})
	}
}

func TestEvalAnswerableKeepsWhatItSaw(t *testing.T) {
	cache := t.TempDir()
	args := []string{"eval", "answerable", "--json", "--cache", cache, "--dataset", filepath.Join("..", "..", "index", "measure", "testdata", "tiny")}
	code, first, stderr := command(t, t.Context(), args...)
	require.Equal(t, exitOK, code, stderr)
	var reports []answerable.SetReport
	require.NoError(t, json.Unmarshal([]byte(first), &reports))
	require.Len(t, reports, 1)
	require.Positive(t, reports[0].Questions)
	require.FileExists(t, filepath.Join(cache, "tiny-0.jsonl"))
	_, second, _ := command(t, t.Context(), args...)
	require.Equal(t, first, second)
	require.NoError(t, os.WriteFile(filepath.Join(cache, "tiny-0.jsonl"), []byte("{"), 0o600))
	code, _, stderr = command(t, t.Context(), args...)
	require.Equal(t, exitFailed, code)
	require.Contains(t, stderr, "tiny-0.jsonl:1")
}

// The model that ships knows every feature that it is trained on, and no other.
func TestTheShippedModelIsOfOurFeatures(t *testing.T) {
	require.Subset(t, flagFeatures(), keysOf(suggest.DefaultModel().Weights))
	require.Greater(t, len(suggest.DefaultModel().Weights), 80)
	require.NotEmpty(t, suggest.DefaultModel().Trained)
}

func keysOf(m map[string]float64) (out []string) {
	for k := range m {
		out = append(out, k)
	}
	return out
}
