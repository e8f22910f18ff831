package main

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
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
	if os.Getenv("SUFFLOR_TEST_MAIN") != "" {
		main()
	}
	testscript.Main(serverTests{m}, map[string]func(){"sufflor": main})
}

// serverTests ends the PostgreSQL server that tests started.
type serverTests struct{ *testing.M }

func (m serverTests) Run() int { return storetest.Main(m.M) }

func TestScripts(t *testing.T) {
	root, err := filepath.Abs(filepath.Join("..", ".."))
	if err != nil {
		t.Fatal(err)
	}
	testscript.Run(t, testscript.Params{
		Dir: filepath.Join(root, "testdata", "script"),
		Setup: func(e *testscript.Env) error {
			e.Setenv("ROOT", root)
			return nil
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
