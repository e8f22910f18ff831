package tool_test

import (
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/sufflor/sufflor/ingest/tool"
)

// script is a kit whose only program is a shell script named "wild".
func script(t *testing.T, body string) (tool.Kit, string) {
	t.Helper()
	dir := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(dir, "wild"), []byte("#!/bin/sh\n"+body+"\n"), 0o755))
	k := tool.Kit{Folders: []string{dir}, Temp: t.TempDir()}
	path, err := k.Find("wild")
	require.NoError(t, err)
	return k, path
}

func run(t *testing.T, k tool.Kit, l tool.Limits, path string, args ...string) (string, error) {
	t.Helper()
	f, err := k.Folder()
	require.NoError(t, err)
	out, err := f.Run(t.Context(), l, path, args...)
	require.NoError(t, f.Close())
	require.NoDirExists(t, f.Path)
	return string(out), err
}

func TestAProgramSeesItsPrivateFolderAndNoSecrets(t *testing.T) {
	t.Setenv("SUFFLOR_SECRET", "hunter2")
	k, path := script(t, `pwd; echo "$HOME"; env; echo "$1"`)
	out, err := run(t, k, tool.Limits{}, path, "an argument")
	require.NoError(t, err)
	require.NotContains(t, out, "hunter2")
	require.Contains(t, out, "an argument")
	lines := strings.Split(out, "\n")
	require.Equal(t, lines[0], lines[1])
	require.Contains(t, lines[0], "sufflor-tool-")
}

func TestWhatIsNotInstalledIsSaidByName(t *testing.T) {
	k := tool.Kit{Folders: []string{t.TempDir()}}
	_, err := k.Find("soffice", "libreoffice")
	require.ErrorIs(t, err, tool.ErrMissing)
	require.EqualError(t, err, "soffice or libreoffice is not installed")
}

func TestAWildProgramIsStopped(t *testing.T) {
	tests := []struct {
		name, body string
		limits     tool.Limits
		says       string
		linux      bool
	}{
		{name: "one that fails says its last words", body: "echo first >&2; echo 'no such page' >&2; exit 3", says: "no such page"},
		{name: "one that never ends", body: "sleep 600", limits: tool.Limits{Wall: 100 * time.Millisecond}, says: "did not end within 100ms"},
		{name: "one that leaves a child that never ends", body: "sleep 600 & wait", limits: tool.Limits{Wall: 100 * time.Millisecond}, says: "did not end within 100ms"},
		{name: "one that never stops talking", body: "exec yes", limits: tool.Limits{Output: 1 << 10}, says: "wrote more than 0 mb"},
		{name: "one that burns the processor", body: "while :; do :; done", limits: tool.Limits{CPU: time.Second}, says: "killed", linux: true},
		{name: "one that fills the disk", body: "exec head -c 100000000 /dev/zero > big", limits: tool.Limits{File: 1 << 20}, says: "file size", linux: true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if tt.linux && runtime.GOOS != "linux" {
				t.Skip("limits need Linux")
			}
			k, path := script(t, tt.body)
			_, err := run(t, k, tt.limits, path)
			require.Error(t, err)
			require.Contains(t, strings.ToLower(err.Error()), tt.says)
			require.Contains(t, err.Error(), "wild")
		})
	}
}

func TestACopyHasOurNameAndALimit(t *testing.T) {
	k := tool.Kit{Temp: t.TempDir()}
	f, err := k.Folder()
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, f.Close()) })
	path, err := f.Put("../../in.png", strings.NewReader("data"), 4)
	require.NoError(t, err)
	require.Equal(t, f.Path, filepath.Dir(path))
	_, err = f.Put("more.png", strings.NewReader("data!"), 4)
	require.ErrorContains(t, err, "more than")
}
