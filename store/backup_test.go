package store_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sufflor/sufflor/index"
	"github.com/sufflor/sufflor/store"
)

func TestABackupIsWholeWhileTheStoreIsWritten(t *testing.T) {
	t.Parallel()
	home := t.TempDir()
	s := open(t, store.Options{Dir: home, Versions: 1})
	source := filepath.Join(t.TempDir(), "a.txt")
	put := func(i int) {
		require.NoError(t, os.WriteFile(source, fmt.Append(nil, "text ", i), 0o600))
		hash, release, err := s.KeepOriginal(t.Context(), source)
		require.NoError(t, err)
		_, err = s.PutDocument(t.Context(), store.Document{ID: "d", Workspace: "w", Root: "r", Path: "a.txt", Audience: "public", Original: hash, Hash: fmt.Sprint(i)},
			[]index.Passage{{ID: fmt.Sprint("p", i), Text: fmt.Sprint("text ", i)}})
		release()
		require.NoError(t, err)
	}
	put(0)
	done := make(chan struct{})
	var wg sync.WaitGroup
	wg.Go(func() {
		for i := 1; ; i++ {
			select {
			case <-done:
				return
			default:
				put(i)
			}
		}
	})
	for range 3 {
		dir := filepath.Join(t.TempDir(), "copy")
		b, err := s.Backup(t.Context(), dir)
		require.NoError(t, err)
		require.NoError(t, b.Originals(t.Context()))
		require.NoError(t, b.Close(t.Context()))
		c := open(t, store.Options{Dir: dir, Versions: 1})
		require.NoError(t, c.Verify(t.Context()))
		d, err := c.Document(t.Context(), "w", "d")
		require.NoError(t, err)
		ps, err := c.Passages(t.Context(), "w", []string{"p" + d.Hash})
		require.NoError(t, err)
		require.Equal(t, "text "+d.Hash, ps["p"+d.Hash].Text)
		f, err := c.Original(d.Original)
		require.NoError(t, err, "the bytes are those of the records")
		require.NoError(t, f.Close())
		require.NoError(t, c.Close())
		info, err := os.Stat(filepath.Join(dir, "sufflor.db"))
		require.NoError(t, err)
		require.Zero(t, info.Mode().Perm()&0o077, "customers' text is nobody else's")
	}
	close(done)
	wg.Wait()
	files, err := filepath.Glob(filepath.Join(home, "originals", "*", "*"))
	require.NoError(t, err)
	require.Len(t, files, 1, "what was kept for the backups is gone")
}

func TestABackupThatCannotBe(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := open(t, store.Options{Dir: dir})
	_, err := s.Backup(t.Context(), dir)
	require.ErrorIs(t, err, os.ErrExist, "not over itself")
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err = s.Backup(ctx, filepath.Join(t.TempDir(), "copy"))
	require.ErrorIs(t, err, context.Canceled)
	require.NoError(t, s.Verify(t.Context()), "the store itself is as it was")
	r := open(t, store.Options{Dir: dir, ReadOnly: true})
	_, err = r.Backup(t.Context(), filepath.Join(t.TempDir(), "copy"))
	require.ErrorIs(t, err, store.ErrReadOnly)
}
