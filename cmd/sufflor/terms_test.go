package main

import (
	"log/slog"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sufflor/sufflor/config"
	"github.com/sufflor/sufflor/ingest"
	"github.com/sufflor/sufflor/web"
)

func TestTermsAreLearntKeptAndLearntAgain(t *testing.T) {
	cfg, err := demoConfig(t.TempDir(), filepath.Join("..", "..", "testdata", "kb"))
	require.NoError(t, err)
	w := cfg.Workspaces[0]
	log := slog.New(slog.DiscardHandler)
	open := func(cfg config.Config) *app {
		a, err := openApp(t.Context(), cfg, log)
		require.NoError(t, err)
		return a
	}
	a := open(cfg)
	require.Zero(t, a.terms.of(w.ID).Size())
	_, err = a.ingest(t.Context(), w, web.IngestRequest{}, func(ingest.Event) {})
	require.NoError(t, err)
	require.NoError(t, a.terms.learn(t.Context(), w.ID))
	learnt := a.terms.of(w.ID)
	require.Greater(t, learnt.Size(), 100, "%v", learnt.Pairs())
	file := a.terms.file(w.ID)
	first, err := os.Stat(file)
	require.NoError(t, err)
	require.NoError(t, a.terms.learn(t.Context(), w.ID))
	second, err := os.Stat(file)
	require.NoError(t, err)
	require.True(t, os.SameFile(first, second), "nothing changed, so nothing is written")
	require.NoError(t, a.Close())

	a = open(cfg)
	require.Equal(t, learnt.Pairs(), a.terms.of(w.ID).Pairs())
	require.NoError(t, a.Close())

	require.NoError(t, os.WriteFile(file, []byte("{"), 0o600))
	a = open(cfg)
	require.Zero(t, a.terms.of(w.ID).Size())
	require.NoError(t, a.terms.learn(t.Context(), w.ID))
	require.Equal(t, learnt.Pairs(), a.terms.of(w.ID).Pairs())
	require.Nil(t, a.terms.of("another workspace"))
	require.NoError(t, a.Close())
}
