package storetest

import (
	"bytes"
	"context"
	"database/sql"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	_ "github.com/jackc/pgx/v5/stdlib" // the driver "pgx"
	"github.com/stretchr/testify/require"

	"github.com/sufflor/sufflor/store"
)

// RequirePostgres is the environment variable that makes a missing PostgreSQL
// fail the tests that need one, as in CI, where it skips them elsewhere.
const RequirePostgres = "SUFFLOR_REQUIRE_POSTGRES"

// template is the database with our tables that each test gets a copy of.
const template = "template_sufflor"

// cluster is a PostgreSQL server of one test binary, on a socket in a folder of
// its own.
type cluster struct {
	dir    string
	server *exec.Cmd
	log    bytes.Buffer
	admin  *sql.DB
	count  atomic.Int64
}

var (
	clusterOnce sync.Once
	theCluster  *cluster
	errCluster  error
)

// Main runs the tests of a package that uses [Postgres], and ends the server
// after them. Call it from TestMain and exit with what it returns.
func Main(m *testing.M) int {
	code := m.Run()
	if theCluster != nil {
		theCluster.stop()
	}
	return code
}

// Postgres is the address of a new database without tables. The test is skipped
// where there is no PostgreSQL, unless [RequirePostgres] is set.
func Postgres(tb testing.TB) string {
	tb.Helper()
	return database(tb, "template0")
}

// MigratedPostgres is [Postgres] with the tables of a store in it.
func MigratedPostgres(tb testing.TB) string {
	tb.Helper()
	return database(tb, template)
}

func database(tb testing.TB, of string) string {
	tb.Helper()
	clusterOnce.Do(func() { theCluster, errCluster = startCluster() })
	if theCluster == nil && errCluster == nil {
		if os.Getenv(RequirePostgres) != "" {
			tb.Fatal("no PostgreSQL, which " + RequirePostgres + " requires: .ci/setup installs it")
		}
		tb.Skip("no PostgreSQL: install Debian's package postgresql, or run .ci/setup")
	}
	require.NoError(tb, errCluster)
	c := theCluster
	name := fmt.Sprintf("test_%d", c.count.Add(1))
	_, err := c.admin.ExecContext(tb.Context(), "CREATE DATABASE "+name+" TEMPLATE "+of)
	require.NoError(tb, err)
	tb.Cleanup(func() {
		_, err := c.admin.ExecContext(context.WithoutCancel(tb.Context()), "DROP DATABASE "+name+" WITH (FORCE)")
		require.NoError(tb, err)
	})
	return c.address(name)
}

func (c *cluster) address(database string) string {
	return (&url.URL{Scheme: "postgres", User: url.UserPassword("postgres", "never shown"), Path: "/" + database, RawQuery: url.Values{"host": {c.dir}}.Encode()}).String()
}

// binaries is the folder of the newest server that is installed, "" for none.
func binaries() string {
	found, _ := filepath.Glob("/usr/lib/postgresql/*/bin/postgres") // the pattern is good
	if path, err := exec.LookPath("postgres"); err == nil {
		found = append(found, path)
	}
	slices.Sort(found)
	if len(found) == 0 {
		return ""
	}
	return filepath.Dir(found[len(found)-1])
}

// startCluster starts a server, or gives nil where none is installed.
func startCluster() (c *cluster, err error) {
	bin := binaries()
	if bin == "" {
		return nil, nil //nolint:nilnil // there is none
	}
	c = &cluster{}
	if c.dir, err = os.MkdirTemp("/tmp", "sufflor-pg-"); err != nil { // a socket's path is short
		return nil, err
	}
	defer func() {
		if err != nil {
			c.stop()
			err = fmt.Errorf("start PostgreSQL: %w: %s", err, c.log.String())
		}
	}()
	as := &syscall.SysProcAttr{}
	if os.Geteuid() == 0 { // PostgreSQL refuses to run as root
		u, err := user.Lookup("postgres")
		if err != nil {
			if u, err = user.Lookup("nobody"); err != nil {
				return nil, err
			}
		}
		uid, err1 := strconv.Atoi(u.Uid)
		gid, err2 := strconv.Atoi(u.Gid)
		if err1 != nil || err2 != nil {
			return nil, fmt.Errorf("user %s has no number", u.Username)
		}
		as.Credential = &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}
		if err := os.Chown(c.dir, uid, gid); err != nil {
			return nil, err
		}
	}
	data := filepath.Join(c.dir, "data")
	command := func(name string, args ...string) *exec.Cmd {
		cmd := exec.Command(filepath.Join(bin, name), args...)
		cmd.Dir, cmd.SysProcAttr, cmd.Stdout, cmd.Stderr = c.dir, as, &c.log, &c.log
		cmd.Env = append(os.Environ(), "LC_ALL=C.UTF-8")
		return cmd
	}
	if err := command("initdb", "-D", data, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--no-sync").Run(); err != nil {
		return nil, err
	}
	c.server = command("postgres", "-D", data, "-k", c.dir, "-c", "listen_addresses=", "-c", "fsync=off", "-c", "full_page_writes=off",
		"-c", "synchronous_commit=off", "-c", "max_connections=200", "-c", "shared_buffers=32MB", "-c", "autovacuum=off")
	if err := c.server.Start(); err != nil {
		c.server = nil
		return nil, err
	}
	if c.admin, err = sql.Open("pgx", c.address("postgres")); err != nil {
		return nil, err
	}
	c.admin.SetMaxOpenConns(1) // copies of the template are made one by one
	for deadline := time.Now().Add(time.Minute); ; time.Sleep(20 * time.Millisecond) {
		if err = c.admin.Ping(); err == nil || time.Now().After(deadline) {
			break
		}
	}
	if err != nil {
		return nil, err
	}
	if _, err := c.admin.Exec("CREATE DATABASE " + template + " TEMPLATE template0"); err != nil {
		return nil, err
	}
	s, err := store.Open(context.Background(), store.Options{Dir: filepath.Join(c.dir, "template"), Postgres: c.address(template)})
	if err != nil {
		return nil, err
	}
	return c, s.Close()
}

// stop ends the server and removes what it left.
func (c *cluster) stop() {
	if c.admin != nil {
		c.admin.Close()
	}
	if c.server != nil {
		c.server.Process.Signal(syscall.SIGQUIT) // nothing is worth keeping
		c.server.Wait()
	}
	os.RemoveAll(c.dir)
}
