package llmtest

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// OllamaVersion is the server that is built. Later modules lack the headers
// that Go leaves out of module zips.
const OllamaVersion = "v0.6.5"

// OllamaModel is the name of the tiny model in the server.
const OllamaModel = "tiny"

// Ollama builds a server from its Go module, or takes the binary that
// SUFFLOR_OLLAMA names, starts it on loopback with the tiny model in it, and
// returns its address. Building needs cgo, a C++ compiler, the module's
// sources and some minutes; the binary is kept in the user's cache. The server
// ends with the test.
func Ollama(tb testing.TB) (url string) {
	tb.Helper()
	binary := os.Getenv("SUFFLOR_OLLAMA")
	if binary == "" {
		binary = build(tb)
	}
	dir := tb.TempDir()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		tb.Fatal(err)
	}
	address := listener.Addr().String()
	_ = listener.Close() // Ollama opens it itself
	env := append(os.Environ(), "OLLAMA_HOST="+address, "OLLAMA_MODELS="+filepath.Join(dir, "models"), "HOME="+dir, "OLLAMA_NO_CLOUD=1",
		"OLLAMA_KEEP_ALIVE=5m", "OLLAMA_NUM_PARALLEL=1", "OLLAMA_CONTEXT_LENGTH=4096")

	var log bytes.Buffer
	server := exec.CommandContext(context.WithoutCancel(tb.Context()), binary, "serve")
	server.Env, server.Dir, server.Stdout, server.Stderr = env, dir, &log, &log
	server.Cancel = func() error { return server.Process.Signal(os.Interrupt) }
	if err := server.Start(); err != nil {
		tb.Fatalf("start %s: %v", binary, err)
	}
	ended := make(chan error, 1)
	go func() { ended <- server.Wait() }()
	tb.Cleanup(func() {
		_ = server.Process.Signal(os.Interrupt) // it ends its runners too
		select {
		case <-ended:
		case <-time.After(10 * time.Second):
			_ = server.Process.Kill()
			<-ended
		}
		if tb.Failed() {
			tb.Logf("the server's log:\n%s", log.Bytes()[max(0, log.Len()-20_000):])
		}
	})
	url = "http://" + address
	await(tb, url, ended)

	model := filepath.Join(dir, "tiny.gguf")
	f, err := os.Create(model)
	if err != nil {
		tb.Fatal(err)
	}
	if err := Tiny(f, 7); err != nil {
		tb.Fatal(err)
	}
	if err := f.Close(); err != nil {
		tb.Fatal(err)
	}
	// One thread: the default number waits for cores that others use.
	recipe := "FROM " + model + "\nTEMPLATE \"\"\"{{ .System }}\n{{ .Prompt }}\n\"\"\"\nPARAMETER num_thread 1\n"
	if err := os.WriteFile(filepath.Join(dir, "Modelfile"), []byte(recipe), 0o600); err != nil {
		tb.Fatal(err)
	}
	create := exec.CommandContext(tb.Context(), binary, "create", OllamaModel, "-f", filepath.Join(dir, "Modelfile"))
	create.Env, create.Dir = env, dir
	if out, err := create.CombinedOutput(); err != nil {
		tb.Fatalf("ollama create: %v\n%s", err, out)
	}
	return url
}

// await waits until the server answers.
func await(tb testing.TB, url string, ended chan error) {
	tb.Helper()
	client := &http.Client{Timeout: time.Second}
	for range 300 {
		req, err := http.NewRequestWithContext(tb.Context(), http.MethodGet, url+"/api/version", nil)
		if err != nil {
			tb.Fatal(err)
		}
		if resp, err := client.Do(req); err == nil {
			_ = resp.Body.Close()
			return
		}
		select {
		case err := <-ended:
			ended <- err
			tb.Fatalf("the server ended: %v", err)
		case <-time.After(100 * time.Millisecond):
		}
	}
	tb.Fatal("the server does not answer")
}

// build compiles the server in a module of its own, so that its many
// dependencies stay out of ours.
func build(tb testing.TB) string {
	tb.Helper()
	cache, err := os.UserCacheDir()
	if err != nil {
		tb.Fatal(err)
	}
	binary := filepath.Join(cache, "sufflor-test", "ollama-"+OllamaVersion)
	if _, err := os.Stat(binary); err == nil {
		return binary
	}
	dir := tb.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "go.mod"), []byte("module build\n\ngo 1.24.0\n"), 0o600); err != nil {
		tb.Fatal(err)
	}
	for _, args := range [][]string{
		{"get", "github.com/ollama/ollama@" + OllamaVersion},
		{"build", "-trimpath", "-o", binary, "github.com/ollama/ollama"},
	} {
		cmd := exec.CommandContext(tb.Context(), "go", args...)
		cmd.Dir, cmd.Env = dir, append(os.Environ(), "GOFLAGS=-mod=mod", "GOWORK=off", "CGO_ENABLED=1")
		if out, err := cmd.CombinedOutput(); err != nil {
			text := strings.TrimSpace(string(out))
			tb.Fatalf("%s: %v\n%s\nset SUFFLOR_OLLAMA to a binary of your own", fmt.Sprint("go ", args[0]), err, text[max(0, len(text)-2000):])
		}
	}
	return binary
}
