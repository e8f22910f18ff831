package store

import (
	"context"
	"database/sql"
	sqldriver "database/sql/driver"
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/oklog/ulid/v2"
	"github.com/riverqueue/river/riverdriver"
	"github.com/riverqueue/river/riverdriver/riverdatabasesql"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"
	"github.com/uptrace/bun"
	"github.com/uptrace/bun/dialect/pgdialect"
)

const (
	// oldestPostgres is the first version of PostgreSQL that we are tested with.
	oldestPostgres = 15

	// writerLock is taken by each write until it commits, see [Store.write].
	writerLock = 0x5375666c // "Sufl"

	// feedChannel tells other processes whose feed has grown.
	feedChannel = "sufflor_feed"

	// serverLock is held by a process that has the database for itself.
	serverLock = writerLock + 1

	relisten = time.Second // after a connection that listens was lost
)

// postgres is what a store over PostgreSQL has besides.
type postgres struct {
	pool   *pgxpool.Pool
	id     string // of this process, in what it tells the others
	shared bool   // see [Options.Shared]
	listen func() // ends listening, and waits for it
}

// openPostgres connects, and upgrades the schema unless the store is only read.
func (s *Store) openPostgres(ctx context.Context, o Options) error {
	cfg, err := pgxpool.ParseConfig(o.Postgres)
	if err != nil { // its text may hold the password
		return fmt.Errorf("open store: not an address of PostgreSQL; write it as postgres://user:password@host:5432/database: %w", ErrInvalid)
	}
	cfg.ConnConfig.RuntimeParams["application_name"] = "sufflor"
	cfg.ConnConfig.RuntimeParams["standard_conforming_strings"] = "on" // bun quotes for it
	if o.ReadOnly {
		cfg.ConnConfig.RuntimeParams["default_transaction_read_only"] = "on"
	}
	if cfg.ConnConfig.ConnectTimeout == 0 {
		cfg.ConnConfig.ConnectTimeout = busyTimeout
	}
	s.pg = &postgres{id: ulid.Make().String(), shared: o.Shared}
	s.place = fmt.Sprintf("database %q on %s", cfg.ConnConfig.Database, cfg.ConnConfig.Host)
	if s.pg.pool, err = pgxpool.NewWithConfig(ctx, cfg); err != nil {
		return fmt.Errorf("open store in %s: %w", s.place, err)
	}
	db := sql.OpenDB(connector{stdlib.GetPoolConnector(s.pg.pool)})
	db.SetMaxIdleConns(0) // the pool keeps them
	s.r = bun.NewDB(db, newPostgresDialect())
	var version int
	if err := s.r.NewRaw("SELECT current_setting('server_version_num')::int").Scan(ctx, &version); err != nil {
		return s.explain(fmt.Errorf("open store in %s: %w", s.place, err))
	}
	if major := version / 10000; major < oldestPostgres {
		return fmt.Errorf("open store in %s: PostgreSQL %d; version %d or newer is required: upgrade the server: %w", s.place, major, oldestPostgres, errors.ErrUnsupported)
	}
	if o.ReadOnly {
		return s.explain(s.checkVersion(ctx))
	}
	if err := s.hold(); err != nil {
		return err
	}
	s.w = s.r
	if err := s.hear(ctx); err != nil {
		return s.explain(err)
	}
	return s.ready(ctx)
}

// checkPostgres is [Store.Check].
func (s *Store) checkPostgres(ctx context.Context) error {
	if err := s.checkVersion(ctx); err != nil {
		return s.explain(err)
	}
	return s.checkWrite(ctx)
}

// erasable are the tables in which erasing leaves dead rows.
var erasable = []string{
	"attachments", "conversations", "deliveries", "edits", "events", "feed", "outcomes", "reruns", "reviews", "revisions", "river_job", "suggestions", "triage",
}

// scrubPostgres frees the space of what was erased, for the server to write
// over. The server's own log and backups of it are its operator's to keep short.
func (s *Store) scrubPostgres(ctx context.Context) error {
	for _, table := range erasable {
		if _, err := s.w.ExecContext(ctx, "VACUUM ?", bun.Ident(table)); err != nil {
			return s.explain(fmt.Errorf("what was erased is gone from the records, but its space in table %s is not freed yet; the server does that later (autovacuum): %w", table, err))
		}
	}
	return nil
}

// hear wakes those who watch when another process has fed them, until the
// store is closed.
func (s *Store) hear(ctx context.Context) error {
	conn, err := s.listening(ctx)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(context.WithoutCancel(ctx))
	done := make(chan struct{})
	s.pg.listen = func() { cancel(); <-done }
	go func() {
		defer close(done)
		for {
			err := s.hearAll(ctx, conn)
			for err != nil && ctx.Err() == nil {
				s.log.WarnContext(ctx, "other processes are not heard; trying again", "err", err)
				select {
				case <-ctx.Done():
				case <-time.After(relisten):
				}
				conn, err = s.listening(ctx)
			}
			if ctx.Err() != nil {
				return
			}
			s.wakeAll() // something may have happened meanwhile
		}
	}()
	return nil
}

// listening is a connection that hears what other processes tell, and keeps
// them out unless the database is shared.
func (s *Store) listening(ctx context.Context) (*pgx.Conn, error) {
	pooled, err := s.pg.pool.Acquire(ctx)
	if err != nil {
		return nil, err
	}
	conn := pooled.Hijack()
	if _, err := conn.Exec(ctx, "LISTEN "+feedChannel); err != nil {
		return nil, errors.Join(err, conn.Close(ctx))
	}
	alone := s.pg.shared
	if !s.pg.shared {
		err = conn.QueryRow(ctx, "SELECT pg_try_advisory_lock($1)", serverLock).Scan(&alone)
	}
	if err == nil && !alone {
		err = fmt.Errorf("open store in %s: %w by another sufflor process: stop it, or choose another database", s.place, ErrLocked)
	}
	if err != nil {
		return nil, errors.Join(err, conn.Close(ctx))
	}
	return conn, nil
}

// hearAll wakes who watches until the connection is lost or ctx is done.
func (s *Store) hearAll(ctx context.Context, conn *pgx.Conn) error {
	defer conn.Close(context.WithoutCancel(ctx)) //nolint:errcheck // it only listened
	for {
		n, err := conn.WaitForNotification(ctx)
		if err != nil {
			return err
		}
		if from, workspace, ok := strings.Cut(n.Payload, " "); ok && from != s.pg.id {
			s.wake(workspace)
		}
	}
}

// connector makes connections that send a query without arguments as it is.
// Bun writes values into its queries; preparing each of them would cost a round
// trip and crowd out those of River that are worth preparing.
type connector struct{ sqldriver.Connector }

func (c connector) Connect(ctx context.Context) (sqldriver.Conn, error) {
	made, err := c.Connector.Connect(ctx)
	if err != nil {
		return nil, err
	}
	pgc, ok := made.(*stdlib.Conn)
	if !ok {
		return made, nil
	}
	return conn{pgc}, nil
}

type conn struct{ *stdlib.Conn }

func (c conn) QueryContext(ctx context.Context, query string, args []sqldriver.NamedValue) (sqldriver.Rows, error) {
	if len(args) == 0 {
		args = []sqldriver.NamedValue{{Ordinal: 1, Value: pgx.QueryExecModeSimpleProtocol}}
	}
	return c.Conn.QueryContext(ctx, query, args)
}

// postgresDialect is bun's, for text that PostgreSQL would refuse: NUL bytes,
// see [dialect], and what is not UTF-8.
type postgresDialect struct{ *pgdialect.Dialect }

func newPostgresDialect() postgresDialect { return postgresDialect{pgdialect.New()} }

// AppendString quotes what of s PostgreSQL can keep.
func (d postgresDialect) AppendString(b []byte, s string) []byte {
	return d.Dialect.AppendString(b, strings.ToValidUTF8(strings.ReplaceAll(s, "\x00", ""), "\uFFFD"))
}

// postgresDriver is River's for database/sql, whose transactions are ours,
// with the listener of its driver for pgx.
type postgresDriver struct {
	*riverdatabasesql.Driver
	pool *pgxpool.Pool
}

// SupportsListener is what makes River ask for one.
func (postgresDriver) SupportsListener() bool { return true }

// GetListener returns a listener with a connection of its own.
func (d postgresDriver) GetListener(p *riverdriver.GetListenenerParams) riverdriver.Listener {
	return riverpgxv5.New(d.pool).GetListener(p)
}

// explainPostgres adds what to do to PostgreSQL's own words.
func (s *Store) explainPostgres(err error) error {
	var e *pgconn.PgError
	if !errors.As(err, &e) {
		if _, ok := errors.AsType[*pgconn.ConnectError](err); ok {
			return fmt.Errorf("%w; see that the server runs and can be reached, and what `store` says", err)
		}
		return err
	}
	switch {
	case e.Code == "25006":
		return fmt.Errorf("%w: %w", ErrReadOnly, err)
	case e.Code == "42P01":
		return fmt.Errorf("%w: %w; no data yet: start `sufflor serve` once", fs.ErrNotExist, err)
	case e.Code == "42501", e.Code == "3F000":
		return fmt.Errorf("%w; let the user own the database: ALTER DATABASE … OWNER TO …", err)
	case e.Code == "3D000":
		return fmt.Errorf("%w; create it: CREATE DATABASE … ENCODING 'UTF8' TEMPLATE template0", err)
	case strings.HasPrefix(e.Code, "28"):
		return fmt.Errorf("%w; see user and password in `store`, and pg_hba.conf of the server", err)
	case strings.HasPrefix(e.Code, "53"):
		return fmt.Errorf("%w; the server has no room: see its disk, memory and max_connections", err)
	}
	return err
}
