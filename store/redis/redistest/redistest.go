// Package redistest runs real Redis servers for tests: Debian's redis-server,
// private to the test, on a free port of this machine.
package redistest

import (
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// Secret is one for tests.
const Secret = "a-secret-of-tests-only-0123456789"

// Server is a redis-server.
type Server struct {
	Addr string // host:port
	URL  string

	tb   testing.TB
	bin  string
	args []string
	cmd  *exec.Cmd
}

// Start runs a server with further arguments, and skips the test where none is
// installed; SUFFLOR_REQUIRE_TOOLS makes that a failure.
func Start(tb testing.TB, args ...string) *Server {
	tb.Helper()
	bin, err := exec.LookPath("redis-server")
	if err != nil {
		if os.Getenv("SUFFLOR_REQUIRE_TOOLS") != "" {
			tb.Fatal("redis-server is not installed; .ci/setup installs it")
		}
		tb.Skip("redis-server is not installed (Debian: apt-get install redis-server)")
	}
	port := FreePort(tb)
	dir := tb.TempDir()
	s := &Server{Addr: "127.0.0.1:" + port, URL: "redis://127.0.0.1:" + port, tb: tb, bin: bin}
	s.args = append([]string{"--port", port, "--bind", "127.0.0.1", "--dir", dir, "--save", "", "--appendonly", "no", "--daemonize", "no"}, args...)
	s.Again()
	tb.Cleanup(s.Kill)
	return s
}

// Sentinel runs a sentinel that watches master under the name main.
func Sentinel(tb testing.TB, master *Server) *Server {
	tb.Helper()
	host, port, err := net.SplitHostPort(master.Addr)
	require.NoError(tb, err)
	own := FreePort(tb)
	file := filepath.Join(tb.TempDir(), "sentinel.conf")
	conf := fmt.Sprintf("port %s\nbind 127.0.0.1\nsentinel monitor main %s %s 1\nsentinel down-after-milliseconds main 500\nsentinel failover-timeout main 2000\n", own, host, port)
	require.NoError(tb, os.WriteFile(file, []byte(conf), 0o600))
	s := &Server{Addr: "127.0.0.1:" + own, URL: "redis://127.0.0.1:" + own, tb: tb, bin: master.bin, args: []string{file, "--sentinel"}}
	s.Again()
	tb.Cleanup(s.Kill)
	return s
}

// Cluster runs three masters that share all slots.
func Cluster(tb testing.TB) []*Server {
	tb.Helper()
	var nodes []*Server
	create := []string{"--cluster", "create", "--cluster-yes", "--cluster-replicas", "0"}
	for range 3 {
		s := Start(tb, "--cluster-enabled", "yes", "--cluster-node-timeout", "2000", "--cluster-port", FreePort(tb))
		nodes, create = append(nodes, s), append(create, s.Addr)
	}
	out, err := exec.CommandContext(tb.Context(), "redis-cli", create...).CombinedOutput()
	require.NoError(tb, err, string(out))
	for _, s := range nodes {
		require.Eventually(tb, func() bool {
			out, err := s.Do("cluster", "info")
			return err == nil && len(out) > 16 && out[:16] == "cluster_state:ok"
		}, 20*time.Second, 50*time.Millisecond)
	}
	return nodes
}

// Again starts a server that was killed, and waits until it answers.
func (s *Server) Again() {
	s.tb.Helper()
	s.cmd = exec.CommandContext(context.WithoutCancel(s.tb.Context()), s.bin, s.args...)
	require.NoError(s.tb, s.cmd.Start())
	require.Eventually(s.tb, func() bool {
		out, err := s.Do("ping")
		return err == nil && (out == "PONG\n" || strings.HasPrefix(out, "NOAUTH"))
	}, 20*time.Second, 20*time.Millisecond, "redis-server does not answer")
}

// Kill ends the server as kill -9 does.
func (s *Server) Kill() {
	if s.cmd != nil && s.cmd.Process != nil {
		_ = s.cmd.Process.Kill()
		_ = s.cmd.Wait()
		s.cmd = nil
	}
}

// Do is what redis-cli says.
func (s *Server) Do(args ...string) (string, error) {
	_, port, err := net.SplitHostPort(s.Addr)
	if err != nil {
		return "", err
	}
	out, err := exec.CommandContext(context.WithoutCancel(s.tb.Context()), "redis-cli", append([]string{"-p", port}, args...)...).Output()
	return string(out), err
}

// FreePort is a port that nobody listened on just now.
func FreePort(tb testing.TB) string {
	tb.Helper()
	ln, err := (&net.ListenConfig{}).Listen(tb.Context(), "tcp", "127.0.0.1:0")
	require.NoError(tb, err)
	defer func() { _ = ln.Close() }()
	return strconv.Itoa(ln.Addr().(*net.TCPAddr).Port)
}
