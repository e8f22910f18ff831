package main

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestExtractGivesUpAFileThatTakesAllMemory(t *testing.T) {
	if testing.Short() {
		t.Skip("takes a gigabyte and some seconds")
	}
	// A page of 8 MB whose elements take more than a gigabyte.
	bomb := filepath.Join(t.TempDir(), "bomb.html")
	require.NoError(t, os.WriteFile(bomb, []byte("<html><body>"+strings.Repeat("<p>a", 2_000_000)), 0o600))
	path, err := plainBinary() // the race detector needs several times the memory that the limit leaves
	require.NoError(t, err)
	for name, flags := range map[string][]string{
		"as text": nil, "as passages": {"--passages"},
	} {
		t.Run(name, func(t *testing.T) {
			cmd := exec.Command(path, append([]string{"extract", bomb}, flags...)...)
			cmd.Env = append(os.Environ(), "SUFFLOR_TEST_MAIN=1")
			var complaint bytes.Buffer
			cmd.Stderr = &complaint
			err := cmd.Run()
			require.Error(t, err)
			require.Equal(t, exitFailed, cmd.ProcessState.ExitCode(), complaint.String())
			require.Equal(t, "sufflor: bomb.html was given up: it takes more memory than a file may: over the size limit\n  split it into smaller files\n", complaint.String())
			used, ok := cmd.ProcessState.SysUsage().(*syscall.Rusage)
			require.True(t, ok)
			require.Less(t, used.Maxrss>>10, int64(1000), "MB")
		})
	}
}
