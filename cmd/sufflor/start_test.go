package main

import (
	"bytes"
	"os"
	"os/exec"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// Each file may need a new process: what our packages make before main must
// be little, and tables, word lists and patterns be made when they are used.
func TestOurPackagesDoLittleBeforeMain(t *testing.T) {
	const most = 100_000 // bytes made by one package
	cmd := exec.Command(os.Args[0], readWorker)
	cmd.Env = append(os.Environ(), "GODEBUG=inittrace=1")
	var trace bytes.Buffer
	cmd.Stderr = &trace
	require.NoError(t, cmd.Run())
	made := regexp.MustCompile(`(?m)^init (\S+) @.*, (\d+) bytes,`)
	ours := 0
	for _, found := range made.FindAllStringSubmatch(trace.String(), -1) {
		if !strings.HasPrefix(found[1], "github.com/sufflor/sufflor/") {
			continue
		}
		ours++
		n, err := strconv.Atoi(found[2])
		require.NoError(t, err)
		require.Less(t, n, most, "%s; make it lazy with sync.OnceValue or pattern.Lazy", found[1])
	}
	require.NotZero(t, ours, "no package was traced: %s", trace.String())
}
