// Package store keeps what must not be lost: events, suggestions, what agents
// did with them, documents with their passages, and the jobs still to do.
//
// All of it lives in one SQLite file or one PostgreSQL database, so that what
// belongs together commits together: an event is acknowledged only when its job
// is on disk too. The
// package stores without judging: what a suggestion's body holds, and what a
// job does, is the business of its callers.
package store

import (
	"bytes"
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"net/url"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"time"
	"unicode/utf8"

	"github.com/gofrs/flock"
	"github.com/riverqueue/river"
	"github.com/uptrace/bun"
	"golang.org/x/sync/semaphore"
	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

// Errors that callers tell apart.
var (
	// ErrNotFound means that there is no such record, or none in this workspace.
	ErrNotFound = errors.New("not found")
	// ErrLocked means that another process works in the data directory or database.
	ErrLocked = errors.New("data directory in use")
	// ErrNewer means that a later version of sufflor wrote the data.
	ErrNewer = errors.New("data of a newer version")
	// ErrCorrupt means that the file is damaged or not ours.
	ErrCorrupt = errors.New("damaged data")
	// ErrReadOnly means a write to a store that was opened to be read.
	ErrReadOnly = errors.New("store is read-only")
	// ErrInvalid means that a record lacks what it needs to be kept.
	ErrInvalid = errors.New("invalid record")
	// ErrStale means that a suggestion rests on passages that are no more.
	ErrStale = errors.New("a source has changed")
)

const (
	// FileName is the file of the records in the data directory.
	FileName = "sufflor.db"
	lockName = "sufflor.lock"

	// A wait this long means a fault: nothing but a backup tool can compete
	// with our one writer.
	busyTimeout = 10 * time.Second
)

// Options say where the data is. Dir is required.
type Options struct {
	// Postgres is the address of a PostgreSQL database that keeps records and
	// jobs, postgres://user:password@host:5432/database; empty: SQLite does, in
	// Dir. It holds a password and stands in no error. Originals stay in Dir.
	Postgres string

	Dir string           // data directory; created when missing
	Log *slog.Logger     // nil: silence
	Now func() time.Time // nil: time.Now

	// Versions is how many versions of a document are kept, the one in use
	// included; 0 means 5.
	Versions int

	// Poll is how often workers look for jobs that no bell told of, which are
	// retries that came due; 0 means 250 ms.
	Poll time.Duration

	// Shared lets other processes write to the PostgreSQL database too. What the
	// search index has to learn is told to one of them only, see
	// [Store.PendingIndex], so a server with an index of its own needs the
	// database for itself.
	Shared bool

	// ReadOnly opens a store that exists, beside the process that serves it.
	// Writes return [ErrReadOnly].
	ReadOnly bool
}

// Store is the data directory, opened. It is safe for concurrent use. Times
// are kept to the microsecond and come back in UTC.
type Store struct {
	dir  string
	log  *slog.Logger
	now  func() time.Time
	lock *flock.Flock // nil when read-only

	versions  int // of a document that are kept
	poll      time.Duration
	originals originals

	// SQLite has one writer at a time. Writers queue for the one connection
	// of w, in Go, where waiting ends with the context; so they never meet in
	// the file, where it ends in "database is locked". Readers have r and see
	// the last commit. Ours take turns, for the pool would give its connection
	// to anyone who waits, and under load some would wait long.
	w    *bun.DB // nil when read-only
	r    *bun.DB
	turn *semaphore.Weighted

	group group  // of deliveries
	place string // what errors call the records' place
	sql   expressions
	pg    *postgres // nil: SQLite

	insert  *river.Client[*sql.Tx] // nil when read-only
	bell    *bell
	working atomic.Bool
	closing func() error

	mu       sync.Mutex
	watchers map[string]map[chan struct{}]struct{} // by workspace
}

// Open opens the data directory, and creates or upgrades what is in it. The
// directory belongs to one writing process at a time, see [ErrLocked]; a
// PostgreSQL database too, unless it is [Options.Shared].
func Open(ctx context.Context, o Options) (*Store, error) {
	if o.Dir == "" {
		return nil, fmt.Errorf("open store: no data directory given: %w", ErrInvalid)
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	s := &Store{
		dir:      o.Dir,
		log:      o.Log,
		now:      o.Now,
		bell:     newBell(),
		turn:     semaphore.NewWeighted(1),
		watchers: map[string]map[chan struct{}]struct{}{},
		versions: cmp.Or(o.Versions, 5),
		poll:     cmp.Or(o.Poll, fetchPoll),
	}
	s.place, s.sql = s.file(), sqliteExpressions
	s.originals.held = map[string]int{}
	s.closing = sync.OnceValue(s.release)
	var err error
	switch {
	case o.Postgres != "":
		s.sql = postgresExpressions
		err = s.openPostgres(ctx, o)
	case o.ReadOnly:
		err = s.openReader(ctx, "mode=ro")
	default:
		err = s.openWriter(ctx)
	}
	if err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return s, nil
}

// hold makes the directory and takes its lock.
func (s *Store) hold() error {
	if err := os.MkdirAll(s.dir, 0o700); err != nil {
		return s.unwritable(err)
	}
	lock := flock.New(filepath.Join(s.dir, lockName), flock.SetPermissions(0o600))
	ok, err := lock.TryLock()
	if err != nil {
		return s.unwritable(err)
	}
	if !ok {
		return fmt.Errorf("open store in %s: %w by another sufflor process: stop it, or choose another directory", s.dir, ErrLocked)
	}
	s.lock = lock
	return nil
}

func (s *Store) openWriter(ctx context.Context) error {
	if err := s.hold(); err != nil {
		return err
	}
	if err := s.probe(); err != nil {
		return err
	}
	// FULL: a commit is on disk when it returns, for acknowledged is kept.
	// secure_delete: what a customer deleted is overwritten, not only unlinked.
	db := openSQLite(s.dsn(
		"_txlock=immediate",
		"_pragma=journal_mode(WAL)",
		"_pragma=synchronous(FULL)",
		"_pragma=foreign_keys(1)",
		"_pragma=secure_delete(1)",
		"_pragma=journal_size_limit(67108864)",
	))
	db.SetMaxOpenConns(1)
	s.w = bun.NewDB(db, newDialect())
	if err := s.ready(ctx); err != nil {
		return err
	}
	return s.openReader(ctx, "_pragma=query_only(1)")
}

// ready makes a store that can be written ready for use.
func (s *Store) ready(ctx context.Context) (err error) {
	if err := s.migrate(ctx); err != nil {
		return s.explain(err)
	}
	if err := s.interrupt(ctx); err != nil {
		return s.explain(err)
	}
	if s.insert, err = river.NewClient(s.driver(), &river.Config{Logger: s.riverLog()}); err != nil {
		return fmt.Errorf("prepare the job queue: %w", err)
	}
	return nil
}

func (s *Store) openReader(ctx context.Context, mode string) error {
	if _, err := os.Stat(s.file()); err != nil {
		return fmt.Errorf("open store in %s: no data yet; start `sufflor serve` once, or name another directory: %w", s.dir, err)
	}
	if err := s.probe(); err != nil {
		return err
	}
	db := openSQLite(s.dsn(mode))
	readers := max(4, runtime.GOMAXPROCS(0))
	db.SetMaxOpenConns(readers)
	db.SetMaxIdleConns(readers)
	s.r = bun.NewDB(db, newDialect())
	if err := s.checkVersion(ctx); err != nil {
		return s.explain(err)
	}
	return nil
}

// Close ends the use of the directory. [Store.Work] must have returned. A
// second call does nothing.
func (s *Store) Close() error { return s.closing() }

func (s *Store) release() error {
	var errs []error
	if s.pg != nil {
		if s.pg.listen != nil {
			s.pg.listen()
		}
		if s.r != nil {
			errs = append(errs, s.r.Close())
		}
		if s.pg.pool != nil {
			s.pg.pool.Close()
		}
		s.r, s.w = nil, nil
	}
	if s.r != nil {
		errs = append(errs, s.r.Close())
	}
	if s.w != nil {
		// Leave one file behind, so that copying it is a backup. Should this
		// fail, SQLite does it at the next start.
		_, err := s.w.Exec("PRAGMA wal_checkpoint(TRUNCATE)")
		if err != nil && !isCorrupt(err) {
			errs = append(errs, fmt.Errorf("checkpoint %s: %w", s.file(), err))
		}
		errs = append(errs, s.w.Close())
	}
	if s.lock != nil {
		errs = append(errs, s.lock.Unlock())
	}
	return errors.Join(errs...)
}

// Check reports whether the store can be read and written now. It is quick
// enough for a health probe; [Store.Verify] looks at every page.
func (s *Store) Check(ctx context.Context) error {
	if s.pg != nil {
		return s.checkPostgres(ctx)
	}
	// SQLite happily goes on with a file that was deleted under it, and all
	// would be lost with the process.
	if _, err := os.Stat(s.file()); err != nil {
		return fmt.Errorf("check store: the data file is gone; stop sufflor and restore it from the backup: %w", err)
	}
	if err := s.probe(); err != nil {
		return err
	}
	if err := s.checkVersion(ctx); err != nil {
		return s.explain(err)
	}
	return s.checkWrite(ctx)
}

// checkWrite reports whether the store can be written now.
func (s *Store) checkWrite(ctx context.Context) error {
	if s.w == nil {
		return nil
	}
	err := s.write(ctx, func(ctx context.Context, tx *tx) error {
		_, err := tx.NewRaw("UPDATE feed SET at = at WHERE seq = -1").Exec(ctx)
		return err
	})
	if err != nil {
		return s.explain(fmt.Errorf("check store: %w", err))
	}
	return nil
}

// Verify reads the whole file and reports the first faults found. It takes
// about a second per gigabyte and disturbs nobody. PostgreSQL looks after its
// pages itself (data_checksums, pg_amcheck); there only the version is checked.
func (s *Store) Verify(ctx context.Context) error {
	if s.pg != nil {
		return s.explain(s.checkVersion(ctx))
	}
	var faults []string
	if err := s.r.NewRaw("PRAGMA quick_check(10)").Scan(ctx, &faults); err != nil {
		return s.explain(fmt.Errorf("verify %s: %w", s.file(), err))
	}
	if len(faults) != 1 || faults[0] != "ok" {
		return s.corrupt(errors.New(strings.Join(faults, "; ")))
	}
	return nil
}

// probe refuses a file that is not SQLite's before SQLite may touch it. An
// empty or missing file is a new one.
func (s *Store) probe() error {
	f, err := os.Open(s.file())
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return s.unwritable(err)
	}
	defer f.Close() //nolint:errcheck // it was only read
	var head [16]byte
	n, err := io.ReadFull(f, head[:])
	switch {
	case errors.Is(err, io.EOF):
		return nil
	case err != nil && !errors.Is(err, io.ErrUnexpectedEOF):
		return fmt.Errorf("read %s: %w", s.file(), err)
	case !bytes.Equal(head[:n], []byte("SQLite format 3\x00")):
		return s.corrupt(errors.New("not an SQLite file"))
	}
	return nil
}

func (s *Store) file() string { return filepath.Join(s.dir, FileName) }

// dsn is the name by which SQLite opens our file. The path is escaped: a "?"
// or "%" in it is part of a name.
func (s *Store) dsn(params ...string) string {
	u := url.URL{Scheme: "file", OmitHost: true, Path: filepath.ToSlash(s.file())}
	if !filepath.IsAbs(s.file()) {
		u = url.URL{Scheme: "file", Opaque: (&url.URL{Path: filepath.ToSlash(s.file())}).EscapedPath()}
	}
	params = append(params, fmt.Sprintf("_pragma=busy_timeout(%d)", busyTimeout.Milliseconds()))
	u.RawQuery = strings.Join(params, "&")
	return u.String()
}

func (s *Store) unwritable(err error) error {
	return fmt.Errorf("open store in %s: %w; let the user who runs sufflor write there (chown), or choose another directory", s.dir, err)
}

func (s *Store) corrupt(err error) error {
	return fmt.Errorf("%s: %w: %w; stop sufflor, keep a copy of the file, and restore the last backup", s.file(), ErrCorrupt, err)
}

// explain adds what to do to the database's own words.
func (s *Store) explain(err error) error {
	if s.pg != nil {
		return s.explainPostgres(err)
	}
	var e *sqlite.Error
	switch {
	case errors.Is(err, ErrCorrupt) || !errors.As(err, &e):
		return err
	case isCorrupt(err):
		return s.corrupt(err)
	case e.Code()&0xff == sqlite3.SQLITE_FULL:
		return fmt.Errorf("%w; free disk space for %s", err, s.dir)
	case e.Code()&0xff == sqlite3.SQLITE_READONLY, e.Code()&0xff == sqlite3.SQLITE_CANTOPEN:
		return s.unwritable(err)
	}
	return err
}

func isCorrupt(err error) bool {
	var e *sqlite.Error
	return errors.As(err, &e) && (e.Code()&0xff == sqlite3.SQLITE_CORRUPT || e.Code()&0xff == sqlite3.SQLITE_NOTADB)
}

// tx is one write. What it feeds and queues is announced after the commit.
type tx struct {
	bun.Tx
	store *Store
	at    time.Time
	fed   map[string]struct{} // workspaces
	queue map[string]struct{} // kinds of jobs
}

// write runs f in a transaction of its own. Waiting for the writer ends with
// ctx; a write once begun is finished, because a statement cut in half by an
// impatient client helps nobody and costs a rollback.
func (s *Store) write(ctx context.Context, f func(context.Context, *tx) error) error {
	if s.w == nil {
		return ErrReadOnly
	}
	if err := s.turn.Acquire(ctx, 1); err != nil {
		return fmt.Errorf("wait for the writer: %w", err)
	}
	defer s.turn.Release(1)
	return s.transact(ctx, f)
}

// transact is write for the one who has the turn.
func (s *Store) transact(ctx context.Context, f func(context.Context, *tx) error) error {
	conn, err := s.w.Conn(ctx)
	if err != nil {
		return fmt.Errorf("wait for the writer: %w", err)
	}
	defer conn.Close() //nolint:errcheck // it goes back to the pool

	ctx = context.WithoutCancel(ctx)
	btx, err := conn.BeginTx(ctx, nil)
	if err != nil {
		return fmt.Errorf("begin: %w", err)
	}
	defer btx.Rollback() //nolint:errcheck // nothing to do after a commit; else f's error says more
	if s.pg != nil {
		// As in SQLite, one write at a time, of all processes: what a write has
		// read stays so until it commits, and the numbers of the feed come to
		// be seen in their order.
		if _, err := btx.ExecContext(ctx, "SELECT pg_advisory_xact_lock(?)", writerLock); err != nil {
			return s.explain(fmt.Errorf("wait for the other writers: %w", err))
		}
	}
	t := &tx{Tx: btx, store: s, at: s.now(), fed: map[string]struct{}{}, queue: map[string]struct{}{}}
	if err := f(ctx, t); err != nil {
		return s.explain(err)
	}
	if s.pg != nil {
		for workspace := range t.fed {
			if _, err := btx.ExecContext(ctx, "SELECT pg_notify(?, ?)", feedChannel, s.pg.id+" "+workspace); err != nil {
				return s.explain(fmt.Errorf("tell the other processes: %w", err))
			}
		}
	}
	if err := btx.Commit(); err != nil {
		return s.explain(fmt.Errorf("commit: %w", err))
	}
	for kind := range t.queue {
		s.bell.ring(kind)
	}
	for workspace := range t.fed {
		s.wake(workspace)
	}
	return nil
}

// run does what every delivery needs. The arguments go beside the text, which
// so is the same each time and is parsed once for a connection; bun writes
// them into it.
func (t *tx) run(ctx context.Context, query string, args ...any) (sql.Result, error) {
	if t.store.pg != nil { // which counts its arguments in another way
		return t.ExecContext(ctx, query, args...)
	}
	return t.Tx.Tx.ExecContext(ctx, query, plain(args)...)
}

// row is the only row of a query; see [tx.run].
func (t *tx) row(ctx context.Context, query string, args ...any) *sql.Row {
	if t.store.pg != nil {
		return t.QueryRowContext(ctx, query, args...)
	}
	return t.Tx.Tx.QueryRowContext(ctx, query, plain(args)...)
}

// exists reports whether a query has a row; see [tx.run].
func (t *tx) exists(ctx context.Context, query string, args ...any) (found bool, err error) {
	err = t.row(ctx, "SELECT EXISTS ("+query+")", args...).Scan(&found)
	return found, err
}

// plain makes the strings of args what bun makes of them: without NUL, and
// with U+FFFD for what is not UTF-8. So they are found again.
func plain(args []any) []any {
	for i, arg := range args {
		if s, ok := arg.(string); ok && (strings.Contains(s, "\x00") || !utf8.ValidString(s)) {
			args[i] = strings.ReplaceAll(string([]rune(s)), "\x00", "")
		}
	}
	return args
}

// snapshot is a transaction that sees the records as they are now.
func (s *Store) snapshot(ctx context.Context) (bun.Tx, error) {
	if s.pg == nil {
		return s.r.BeginTx(ctx, nil)
	}
	return s.r.BeginTx(ctx, &sql.TxOptions{Isolation: sql.LevelRepeatableRead, ReadOnly: true})
}

// micros is t as it is stored.
func micros(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMicro()
}

func fromMicros(n int64) time.Time {
	if n == 0 {
		return time.Time{}
	}
	return time.UnixMicro(n).UTC()
}

// page bounds how much one call may read.
func page(limit, standard, most int) int64 {
	if limit <= 0 {
		return int64(standard)
	}
	return int64(min(limit, most))
}

func missing(err error) error {
	if errors.Is(err, sql.ErrNoRows) {
		return ErrNotFound
	}
	return err
}
