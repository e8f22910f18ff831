package fetch_test

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/sufflor/sufflor/ingest"
	"github.com/sufflor/sufflor/ingest/fetch"
)

func requireOnly(t *testing.T, dir string, files int) {
	t.Helper()
	n := 0
	require.NoError(t, filepath.WalkDir(dir, func(_ string, d os.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			n++
		}
		return err
	}))
	require.Equal(t, files, n)
}

func TestCache(t *testing.T) {
	dir := t.TempDir()
	require.NoError(t, os.MkdirAll(filepath.Join(dir, "v0", "old"), 0o700))
	require.NoError(t, os.MkdirAll(filepath.Join(dir, "mine"), 0o700))
	c, err := fetch.OpenCache(dir, 1000)
	require.NoError(t, err)
	require.NoDirExists(t, filepath.Join(dir, "v0"), "another layout is removed")
	require.DirExists(t, filepath.Join(dir, "mine"))
	require.True(t, c.Empty())

	type rec struct{ A string }
	require.NoError(t, c.Save("../../etc/passwd\x00", rec{"x"}))
	var got rec
	require.True(t, c.Load("../../etc/passwd\x00", &got))
	require.Equal(t, "x", got.A)
	require.False(t, c.Load("other", &got))
	require.False(t, c.Empty())

	b, err := c.Put(strings.NewReader("hello"), ".html", 5)
	require.NoError(t, err)
	require.Equal(t, "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824", b.Hash)
	_, err = c.Put(strings.NewReader("hello!"), ".html", 5)
	require.ErrorIs(t, err, ingest.ErrTooLarge)

	c, err = fetch.OpenCache(dir, 1000)
	require.NoError(t, err)
	path, release, ok := c.Pin(b)
	require.True(t, ok, "it survives the process")
	require.Equal(t, ".html", filepath.Ext(path))
	data, err := os.ReadFile(path)
	require.NoError(t, err)
	require.Equal(t, "hello", string(data))
	info, err := os.Stat(path)
	require.NoError(t, err)
	require.EqualValues(t, 0o600, info.Mode().Perm())

	big := func(i int) fetch.Body {
		b, err := c.Put(io.LimitReader(endless(byte(i)), 300), ".bin", 300)
		require.NoError(t, err)
		return b
	}
	first := big(1)
	for i := range 5 {
		big(i + 2)
	}
	_, _, ok = c.Pin(first)
	require.False(t, ok, "the oldest go when there is too much")
	require.FileExists(t, path, "what is in use stays")
	release()
	release()

	require.NoError(t, c.Prune(t.Context(), time.Now().Add(time.Minute)))
	require.False(t, c.Load("../../etc/passwd\x00", &got))

	_, _, ok = c.Pin(fetch.Body{Name: "../../../etc/passwd"})
	require.False(t, ok)
	_, err = fetch.OpenCache("", 1)
	require.Error(t, err)
}

func TestACacheForgetsWhatAKilledRunLeft(t *testing.T) {
	dir := t.TempDir()
	c, err := fetch.OpenCache(dir, 0)
	require.NoError(t, err)
	require.NoError(t, c.Save("k", 1))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "v1", "tmp", "body-1"), []byte("half"), 0o600))
	_, err = fetch.OpenCache(dir, 0)
	require.NoError(t, err)
	requireOnly(t, dir, 1)
	var records []string
	require.NoError(t, filepath.WalkDir(filepath.Join(dir, "v1", "record"), func(p string, d os.DirEntry, err error) error {
		if !d.IsDir() {
			records = append(records, p)
		}
		return err
	}))
	require.NoError(t, os.WriteFile(records[0], []byte(`{"half`), 0o600))
	var v int
	require.False(t, c.Load("k", &v), "a damaged record counts as none")
}

func TestACacheUsedByMany(t *testing.T) {
	c, err := fetch.OpenCache(t.TempDir(), 2000)
	require.NoError(t, err)
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			for j := range 20 {
				b, err := c.Put(strings.NewReader(strings.Repeat(fmt.Sprint(i, j%3), 50)), ".txt", 1000)
				if err != nil {
					t.Error(err)
					return
				}
				if path, release, ok := c.Pin(b); ok {
					if _, err := os.ReadFile(path); err != nil {
						t.Error(err)
					}
					release()
				}
				if err := c.Save(fmt.Sprint(j), b); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
}

type endless byte

func (e endless) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = byte(e)
	}
	return len(p), nil
}
