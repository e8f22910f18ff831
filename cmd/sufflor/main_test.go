package main

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/sufflor/sufflor/store/storetest"
)

// TestMain lets the test binary be sufflor: for scripts, for the reading of
// documents in worker processes, and for servers that are killed.
func TestMain(m *testing.M) {
	if len(os.Args) > 1 && (os.Args[1] == readWorker || os.Args[1] == embedWorker) {
		main()
	}
	executable = plainBinary
	if os.Getenv("SUFFLOR_TEST_MAIN") != "" {
		main()
	}
	testscript.Main(tidied{m}, map[string]func(){"sufflor": main})
}

// plainKey tells processes of ours where the plain binary is.
const plainKey = "SUFFLOR_TEST_PLAIN"

// plainBinary is what users run: sufflor without the race detector, which takes
// several times as long to start and to read. Scripts and the workers of all
// tests run it; the race detector watches what runs in the test's own process,
// servers of their own processes, and the readers' own tests.
var plainBinary = sync.OnceValues(func() (string, error) {
	if path := os.Getenv(plainKey); path != "" || !raced {
		return cmp.Or(path, os.Args[0]), nil
	}
	dir, err := os.MkdirTemp("", "sufflor-plain-")
	if err != nil {
		return "", err
	}
	path := filepath.Join(dir, "sufflor")
	out, err := exec.Command("go", "build", "-o", path, ".").CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("build sufflor for the tests: %w: %s", err, out)
	}
	return path, os.Setenv(plainKey, path)
})

// tidied removes what [plainBinary] built, and ends the PostgreSQL server that
// tests started.
type tidied struct{ *testing.M }

func (m tidied) Run() int {
	code := storetest.Main(m.M)
	if path := os.Getenv(plainKey); path != "" {
		_ = os.RemoveAll(filepath.Dir(path))
	}
	return code
}

func TestScripts(t *testing.T) {
	root, err := filepath.Abs(filepath.Join("..", ".."))
	if err != nil {
		t.Fatal(err)
	}
	testscript.Run(t, testscript.Params{
		Dir: filepath.Join(root, "testdata", "script"),
		Setup: func(e *testscript.Env) error {
			e.Setenv("ROOT", root)
			path, err := plainBinary()
			if err == nil && raced { // before the one of testscript, which is this process
				e.Setenv("PATH", filepath.Dir(path)+string(filepath.ListSeparator)+e.Getenv("PATH"))
			}
			return err
		},
		UpdateScripts: os.Getenv("UPDATE_GOLDEN") != "",
	})
}

// command runs sufflor in this process.
func command(t *testing.T, ctx context.Context, args ...string) (code int, stdout, stderr string) { //nolint:revive // t comes first in tests
	t.Helper()
	var out, errs bytes.Buffer
	code = run(ctx, args, bytes.NewReader(nil), &out, &errs)
	return code, out.String(), errs.String()
}
