package main

import (
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/sufflor/sufflor/config"
	"github.com/sufflor/sufflor/index"
	"github.com/sufflor/sufflor/store"
)

// whole wants every stored passage in the index, and nothing else, and gives
// their number.
func whole(t *testing.T, a *app) int {
	t.Helper()
	stored := map[string]bool{}
	for p, err := range a.store.AllPassages(t.Context(), "a") {
		require.NoError(t, err)
		stored[p.ID] = true
	}
	ids, err := a.index.IDs(t.Context(), "")
	require.NoError(t, err)
	require.Len(t, ids, len(stored))
	for _, id := range ids {
		require.True(t, stored[id], id)
	}
	return len(ids)
}

// TestBackupOfARunningServer backs up while messages arrive and documents
// change, and restores into another data folder.
func TestBackupOfARunningServer(t *testing.T) {
	const documents = 40
	p := newPlace(t, documents)
	code, out, errs := command(t, t.Context(), "-c", p.config, "ingest")
	require.Zero(t, code, out+errs)
	cmd, log := p.start(t, "serve")
	p.serving(t, log)

	stop := make(chan struct{})
	stopped := make(chan int)
	go func() { // messages, and a document that changes all the time
		client := &http.Client{Timeout: 5 * time.Second}
		for i := 0; ; i++ {
			select {
			case <-stop:
				stopped <- i
				return
			default:
			}
			p.deliver(client, i)
			text := fmt.Sprintf("# Vifte\n\nViften V-%d har %d blader og går hele natten.\n", i, i)
			_ = os.WriteFile(filepath.Join(p.dir, "docs", "changing.md"), []byte(text), 0o600)
			_, _, _ = command(t, t.Context(), "-c", p.config, "ingest")
		}
	}()
	var copies []string
	for i := range 3 {
		dir := filepath.Join(t.TempDir(), "backups", fmt.Sprint(i))
		code, out, errs = command(t, t.Context(), "-c", p.config, "backup", dir)
		require.Zero(t, code, out+errs+log.String())
		require.Contains(t, out, "sha256sum -c SHA256SUMS")
		require.NoDirExists(t, dir+".part")
		copies = append(copies, dir)
	}
	close(stop)
	require.Positive(t, <-stopped)
	code, _, errs = command(t, t.Context(), "-c", p.config, "backup", copies[0])
	require.Equal(t, exitFailed, code)
	require.Contains(t, errs, "not empty")
	require.NoError(t, cmd.Process.Signal(os.Interrupt))
	require.NoError(t, cmd.Wait(), "%s", log)

	for _, dir := range copies {
		data := filepath.Join(t.TempDir(), "data")
		t.Setenv("SUFFLOR_DATA", data)
		code, out, errs = command(t, t.Context(), "-c", p.config, "restore", dir)
		require.Zero(t, code, out+errs)
		cfg, err := config.Load(p.config, os.LookupEnv)
		require.NoError(t, err)
		require.Equal(t, data, cfg.Data)
		x, err := index.Open(t.Context(), indexDir(cfg), index.Options{})
		require.NoError(t, err, "the index needs no building")
		st, err := x.Stats(t.Context())
		require.NoError(t, err)
		require.GreaterOrEqual(t, st.Passages, documents)
		require.NoError(t, x.Close())
		a, err := openApp(t.Context(), cfg, slog.New(slog.DiscardHandler))
		require.NoError(t, err)
		require.GreaterOrEqual(t, whole(t, a), documents)
		docs, err := a.store.Documents(t.Context(), "a", store.DocumentFilter{})
		require.NoError(t, err)
		for _, d := range docs {
			f, err := a.store.Original(d.Original)
			require.NoError(t, err, d.Path)
			require.NoError(t, f.Close())
		}
		require.NoError(t, a.Close())
		code, _, errs = command(t, t.Context(), "-c", p.config, "restore", dir)
		require.Equal(t, exitUsage, code)
		require.Contains(t, errs, "is there already")
	}
}

func TestABackupThatIsDamagedIsNotRestored(t *testing.T) {
	p := newPlace(t, 3)
	code, out, errs := command(t, t.Context(), "-c", p.config, "ingest")
	require.Zero(t, code, out+errs)
	code, _, errs = command(t, t.Context(), "-c", p.config, "backup", filepath.Join(p.dir, "data", "copy"))
	require.Equal(t, exitUsage, code)
	require.Contains(t, errs, "lies in the data folder")
	dir := filepath.Join(p.dir, "copy")
	require.NoError(t, os.Mkdir(dir+".part", 0o700))
	code, _, errs = command(t, t.Context(), "-c", p.config, "backup", dir)
	require.Equal(t, exitFailed, code)
	require.Contains(t, errs, "left of a backup that was cut off")
	require.NoError(t, os.Remove(dir+".part"))
	code, out, errs = command(t, t.Context(), "-c", p.config, "backup", dir)
	require.Zero(t, code, out+errs)

	data := filepath.Join(t.TempDir(), "data")
	t.Setenv("SUFFLOR_DATA", data)
	sums, err := os.ReadFile(filepath.Join(dir, sumsFile))
	require.NoError(t, err)
	for _, tt := range []struct {
		name, sums, want string
	}{
		{"a file that is another", strings.Replace(string(sums), string(sums[:8]), "01234567", 1), "checksum"},
		{"a name that leads out", strings.Repeat("0", 64) + "  ../evil\n" + string(sums), "line 1"},
		{"a line that is none", string(sums) + "x\n", "is not a checksum"},
		{"no records", "", "does not list sufflor.db"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			require.NoError(t, os.WriteFile(filepath.Join(dir, sumsFile), []byte(tt.sums), 0o600))
			code, _, errs := command(t, t.Context(), "-c", p.config, "restore", dir)
			require.Equal(t, exitFailed, code)
			require.Contains(t, errs, tt.want)
			require.NoFileExists(t, filepath.Join(data, "sufflor.db"))
		})
	}
	require.NoError(t, os.Remove(filepath.Join(dir, sumsFile)))
	code, _, errs = command(t, t.Context(), "-c", p.config, "restore", dir)
	require.Equal(t, exitFailed, code)
	require.Contains(t, errs, "was not cut off has this file")
	require.NoError(t, os.WriteFile(filepath.Join(dir, sumsFile), sums, 0o600))
	code, out, errs = command(t, t.Context(), "-c", p.config, "restore", dir)
	require.Zero(t, code, out+errs)
	code, out, errs = command(t, t.Context(), "-c", p.config, "ask", "Hvor mye olje tar pumpen P-1?")
	require.Zero(t, code, errs)
	require.Contains(t, out, "11 liter")
}
