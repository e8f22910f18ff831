package store_test

import (
	"bytes"
	"context"
	"database/sql"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/sufflor/sufflor/connectors"
	"github.com/sufflor/sufflor/store"
	"github.com/sufflor/sufflor/store/storetest"
)

func open(tb testing.TB, o store.Options) *store.Store {
	tb.Helper()
	s, err := store.Open(tb.Context(), o)
	require.NoError(tb, err)
	tb.Cleanup(func() { require.NoError(tb, s.Close()) })
	return s
}

func TestStore(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(t *testing.T, now func() time.Time) storetest.Store {
		t.Helper()
		s := open(t, store.Options{Dir: t.TempDir(), Now: now})
		t.Cleanup(func() { require.NoError(t, s.Verify(context.WithoutCancel(t.Context()))) })
		return s
	})
}

func TestStoreOnPostgres(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(t *testing.T, now func() time.Time) storetest.Store {
		t.Helper()
		return open(t, store.Options{Dir: t.TempDir(), Postgres: storetest.MigratedPostgres(t), Now: now})
	})
}

func event(key string) connectors.Event {
	return connectors.Event{
		Key: key, Kind: connectors.Message, Conversation: "c1", Message: key,
		Role: connectors.Customer, Text: "Hei", At: time.Now(),
	}
}

func TestOpen(t *testing.T) {
	t.Parallel()
	file := func(dir string) string { return filepath.Join(dir, "sufflor.db") }
	exec := func(t *testing.T, dir, query string) {
		t.Helper()
		db, err := sql.Open("sqlite", file(dir))
		require.NoError(t, err)
		defer db.Close()
		_, err = db.Exec(query)
		require.NoError(t, err)
	}
	for _, tt := range []struct {
		name    string
		prepare func(t *testing.T, dir string) string // returns the directory to open
		options store.Options
		is      error
		says    []string
	}{
		{
			name:    "a directory in use",
			prepare: func(t *testing.T, dir string) string { t.Helper(); open(t, store.Options{Dir: dir}); return dir },
			is:      store.ErrLocked, says: []string{"another sufflor process"},
		},
		{
			name: "a path that is no directory",
			prepare: func(t *testing.T, dir string) string {
				t.Helper()
				path := filepath.Join(dir, "occupied")
				require.NoError(t, os.WriteFile(path, nil, 0o600))
				return path
			},
			says: []string{"occupied", "chown"},
		},
		{
			name: "a directory that others own",
			prepare: func(t *testing.T, dir string) string {
				t.Helper()
				if os.Geteuid() == 0 {
					t.Skip("root may write everywhere")
				}
				require.NoError(t, os.Chmod(dir, 0o500))
				return dir
			},
			is: os.ErrPermission, says: []string{"chown"},
		},
		{
			name: "a file that is not ours",
			prepare: func(t *testing.T, dir string) string {
				t.Helper()
				require.NoError(t, os.WriteFile(file(dir), []byte(strings.Repeat("letters ", 1000)), 0o600))
				return dir
			},
			is: store.ErrCorrupt, says: []string{"sufflor.db", "backup"},
		},
		{
			name: "a file with a damaged first page",
			prepare: func(t *testing.T, dir string) string {
				t.Helper()
				require.NoError(t, open(t, store.Options{Dir: dir}).Close())
				f, err := os.OpenFile(file(dir), os.O_WRONLY, 0)
				require.NoError(t, err)
				defer f.Close()
				_, err = f.WriteAt([]byte(strings.Repeat("x", 4000)), 96)
				require.NoError(t, err)
				return dir
			},
			is: store.ErrCorrupt, says: []string{"sufflor.db", "backup"},
		},
		{
			name: "a file of a newer version",
			prepare: func(t *testing.T, dir string) string {
				t.Helper()
				require.NoError(t, open(t, store.Options{Dir: dir}).Close())
				exec(t, dir, "INSERT INTO goose_db_version (version_id, is_applied) VALUES (99, 1)")
				return dir
			},
			is: store.ErrNewer, says: []string{"schema 99", "this version knows up to"},
		},
		{
			name:    "nothing to read",
			prepare: func(_ *testing.T, dir string) string { return dir },
			options: store.Options{ReadOnly: true},
			is:      os.ErrNotExist, says: []string{"sufflor serve"},
		},
		{
			name:    "no directory named",
			prepare: func(*testing.T, string) string { return "" },
			is:      store.ErrInvalid,
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			tt.options.Dir = tt.prepare(t, t.TempDir())
			_, err := store.Open(t.Context(), tt.options)
			require.Error(t, err)
			if tt.is != nil {
				require.ErrorIs(t, err, tt.is)
			}
			for _, want := range append(tt.says, tt.options.Dir) {
				require.ErrorContains(t, err, want)
			}
		})
	}
}

func TestOpenTakesAnyDirectoryName(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"a b", "50%25", "who?", "c#1", "Sufflør", "x&_txlock=exclusive"} {
		dir := filepath.Join(t.TempDir(), name, "deep")
		s := open(t, store.Options{Dir: dir})
		_, err := s.Accept(t.Context(), "w", "d", []connectors.Event{event("k1")})
		require.NoError(t, err)
		require.FileExists(t, filepath.Join(dir, "sufflor.db"))
	}
}

func TestReopenFindsWhatWasAccepted(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := open(t, store.Options{Dir: dir})
	_, err := s.Accept(t.Context(), "w", "d", []connectors.Event{event("k1")})
	require.NoError(t, err)
	require.NoError(t, s.Close())
	require.NoError(t, s.Close(), "closing twice is harmless")
	require.NoFileExists(t, filepath.Join(dir, "sufflor.db-wal"), "one file is the whole store")

	s = open(t, store.Options{Dir: dir})
	_, err = s.Event(t.Context(), "d", "k1")
	require.NoError(t, err)
	n, err := s.Accept(t.Context(), "w", "d", []connectors.Event{event("k1")})
	require.NoError(t, err)
	require.Zero(t, n)
}

func TestReadOnlyLooksOnWithoutTouching(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := open(t, store.Options{Dir: dir})
	reader := open(t, store.Options{Dir: dir, ReadOnly: true})
	_, err := s.Accept(t.Context(), "w", "d", []connectors.Event{event("k1")})
	require.NoError(t, err)
	_, err = reader.Event(t.Context(), "d", "k1")
	require.NoError(t, err)
	depth, err := reader.QueueDepth(t.Context())
	require.NoError(t, err)
	require.Equal(t, 1, depth)
	require.NoError(t, reader.Check(t.Context()))

	_, err = reader.Accept(t.Context(), "w", "d", []connectors.Event{event("k2")})
	require.ErrorIs(t, err, store.ErrReadOnly)
	require.ErrorIs(t, reader.RetryJob(t.Context(), 1), store.ErrReadOnly)
	require.ErrorIs(t, reader.Work(t.Context(), 1, nil), store.ErrReadOnly)

	require.NoError(t, reader.Close())
	require.NoError(t, s.Close())
	alone := open(t, store.Options{Dir: dir, ReadOnly: true})
	_, err = alone.Event(t.Context(), "d", "k1")
	require.NoError(t, err, "also when nobody serves")
}

func TestCheck(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := open(t, store.Options{Dir: dir})
	require.NoError(t, s.Check(t.Context()))
	require.NoError(t, s.Verify(t.Context()))

	file := filepath.Join(dir, "sufflor.db")
	require.NoError(t, os.Rename(file, file+".away"))
	require.ErrorIs(t, s.Check(t.Context()), os.ErrNotExist)
	require.NoError(t, os.Rename(file+".away", file))
	require.NoError(t, s.Check(t.Context()))
}

func TestVerifyFindsDamageInTheMiddle(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := open(t, store.Options{Dir: dir})
	for i := range 50 {
		e := event(fmt.Sprint("k", i))
		e.Text = strings.Repeat("ord ", 500)
		_, err := s.Accept(t.Context(), "w", "d", []connectors.Event{e})
		require.NoError(t, err)
	}
	require.NoError(t, s.Close())
	file := filepath.Join(dir, "sufflor.db")
	data, err := os.ReadFile(file)
	require.NoError(t, err)
	// Every page but the first few, which a start must read.
	for i := 40 * 4096; i < len(data); i += 4096 {
		copy(data[i:], "\xff\xff\xff\xff\xff\xff\xff\xff")
	}
	require.NoError(t, os.WriteFile(file, data, 0o600))

	s, err = store.Open(t.Context(), store.Options{Dir: dir})
	if err == nil {
		defer s.Close()
		err = s.Verify(t.Context())
	}
	require.ErrorIs(t, err, store.ErrCorrupt)
}

// What a killed process leaves behind, without killing one.
func TestWorkTakesUpWhatWasRunning(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := open(t, store.Options{Dir: dir})
	_, err := s.Accept(t.Context(), "w", "d", []connectors.Event{event("unlucky"), event("poison")})
	require.NoError(t, err)
	require.NoError(t, s.Close())
	db, err := sql.Open("sqlite", filepath.Join(dir, "sufflor.db"))
	require.NoError(t, err)
	_, err = db.Exec(`UPDATE river_job SET state = 'running', attempted_at = datetime('now'),
		attempt = CASE WHEN json_extract(args, '$.key') = 'poison' THEN max_attempts ELSE 3 END;
		INSERT INTO river_leader (elected_at, expires_at, leader_id, name) VALUES (datetime('now'), datetime('now', '+1 hour'), 'killed', 'default')`)
	require.NoError(t, err)
	require.NoError(t, db.Close())

	s = open(t, store.Options{Dir: dir})
	ctx, cancel := context.WithCancel(t.Context())
	jobs := make(chan store.Job, 10)
	done := make(chan error, 1)
	go func() {
		done <- s.Work(ctx, 2, map[string]store.Handler{store.JobEvent: func(_ context.Context, j store.Job) error {
			jobs <- j
			return nil
		}})
	}()
	j := <-jobs
	require.Equal(t, "unlucky", j.Key)
	require.Equal(t, 4, j.Attempt)
	cancel()
	require.NoError(t, <-done)

	dead, err := s.DeadJobs(t.Context())
	require.NoError(t, err)
	require.Len(t, dead, 1, "a job that kills the process each time is given up")
	require.Equal(t, "poison", dead[0].Key)
	require.Contains(t, dead[0].Error, "killed each time")
	require.Empty(t, jobs)
}

// River's cleaner takes what was completed long ago, and nothing that failed
// for good, however long ago.
func TestTheDeadStayWhenTheCleanerHasRun(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := open(t, store.Options{Dir: dir})
	_, err := s.Accept(t.Context(), "w", "d", []connectors.Event{event("done"), event("cancelled"), event("discarded")})
	require.NoError(t, err)
	require.NoError(t, s.Close())
	db, err := sql.Open("sqlite", filepath.Join(dir, "sufflor.db"))
	require.NoError(t, err)
	_, err = db.Exec(`UPDATE river_job SET finalized_at = datetime('now', '-400 days'),
		state = CASE json_extract(args, '$.key') WHEN 'done' THEN 'completed' ELSE json_extract(args, '$.key') END`)
	require.NoError(t, err)
	require.NoError(t, db.Close())

	s = open(t, store.Options{Dir: dir})
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() {
		done <- s.Work(ctx, 1, map[string]store.Handler{store.JobEvent: func(context.Context, store.Job) error { return nil }})
	}()
	look, err := sql.Open("sqlite", filepath.Join(dir, "sufflor.db")+"?mode=ro&_pragma=busy_timeout(10000)")
	require.NoError(t, err)
	require.Eventually(t, func() bool {
		var n int
		return look.QueryRow("SELECT count(*) FROM river_job WHERE state = 'completed'").Scan(&n) == nil && n == 0
	}, 60*time.Second, 20*time.Millisecond, "the cleaner has not run")
	require.NoError(t, look.Close())
	dead, err := s.DeadJobs(t.Context())
	require.NoError(t, err)
	require.Len(t, dead, 2)
	cancel()
	require.NoError(t, <-done)
}

func TestWorkersWakeAtOnce(t *testing.T) {
	t.Parallel()
	s := open(t, store.Options{Dir: t.TempDir(), Poll: time.Hour})
	ctx, cancel := context.WithCancel(t.Context())
	begun, done := make(chan string, 1), make(chan error, 1)
	go func() {
		done <- s.Work(ctx, 4, map[string]store.Handler{store.JobEvent: func(_ context.Context, j store.Job) error {
			begun <- j.Key
			return nil
		}})
	}()
	for i := range 40 {
		_, err := s.Accept(ctx, "w", "d", []connectors.Event{event(fmt.Sprint("k", i))})
		require.NoError(t, err)
		require.Equal(t, fmt.Sprint("k", i), <-begun)
	}
	cancel()
	require.NoError(t, <-done)
}

func TestWorkCancelsAJobThatDoesNotEnd(t *testing.T) {
	if testing.Short() {
		t.Skip("waits for seconds")
	}
	t.Parallel()
	s := open(t, store.Options{Dir: t.TempDir()})
	_, err := s.Accept(t.Context(), "w", "d", []connectors.Event{event("k1")})
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	err = s.Work(ctx, 1, map[string]store.Handler{store.JobEvent: func(ctx context.Context, _ store.Job) error {
		cancel()
		<-ctx.Done()
		return ctx.Err()
	}})
	require.NoError(t, err)

	ctx, cancel = context.WithCancel(t.Context())
	defer cancel()
	var attempt int
	err = s.Work(ctx, 1, map[string]store.Handler{store.JobEvent: func(_ context.Context, j store.Job) error {
		attempt = j.Attempt
		cancel()
		return nil
	}})
	require.NoError(t, err)
	require.Equal(t, 1, attempt, "the end of the process is not the job's fault")
}

func TestManyWritersAndReaders(t *testing.T) {
	t.Parallel()
	const writers, each = 8, 40
	s := open(t, store.Options{Dir: t.TempDir()})
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()

	working := make(chan error, 1)
	go func() {
		working <- s.Work(ctx, 4, map[string]store.Handler{
			store.JobEvent: func(ctx context.Context, j store.Job) error {
				_, err := s.SaveSuggestion(ctx, store.Suggestion{
					ID: "s-" + j.Key, Workspace: j.Workspace, Desk: j.Desk, EventKey: j.Key, Conversation: "c1", Message: j.Key,
				}, true)
				return err
			},
			store.JobDeliver: func(ctx context.Context, j store.Job) error {
				return s.SaveDelivery(ctx, store.Delivery{Suggestion: j.Key, Desk: j.Desk, State: store.DeliveryDelivered, Attempts: j.Attempt})
			},
		})
	}()

	var wg sync.WaitGroup
	errs := make(chan error, writers*each*4)
	for w := range writers {
		wg.Go(func() {
			for i := range each {
				// Every event comes twice, from two writers.
				key := fmt.Sprintf("%d-%d", w/2, i)
				_, err := s.Accept(ctx, "w", "d", []connectors.Event{event(key)})
				errs <- err
			}
		})
		wg.Go(func() {
			for range each {
				_, err := s.History(ctx, "w", "d", "c1", time.Time{}, 10)
				errs <- err
				_, err = s.Feed(ctx, "w", 0, 10)
				errs <- err
				errs <- s.Check(ctx)
			}
		})
	}
	wg.Wait()
	close(errs)
	for err := range errs {
		require.NoError(t, err) // "database is locked" above all
	}
	require.Eventually(t, func() bool {
		n, err := s.QueueDepth(ctx)
		require.NoError(t, err)
		return n == 0
	}, time.Minute, 20*time.Millisecond)
	cancel()
	require.NoError(t, <-working)

	all, err := s.Suggestions(t.Context(), "w", store.SuggestionFilter{Limit: 500})
	require.NoError(t, err)
	require.Len(t, all, writers/2*each)
	items, err := s.Feed(t.Context(), "w", 0, 1000)
	require.NoError(t, err)
	require.Len(t, items, writers/2*each*3, "event, suggestion, delivery, each once")
}

// As an administrator's sqlite3 would. Not in parallel: the less there is to
// do besides, the surer the two meet.
func TestAnOutsideWriterCostsTimeOnly(t *testing.T) {
	dir := t.TempDir()
	s := open(t, store.Options{Dir: dir})
	db, err := sql.Open("sqlite", filepath.Join(dir, "sufflor.db")+"?_pragma=busy_timeout(10000)")
	require.NoError(t, err)
	defer db.Close()
	stop, outside := make(chan struct{}), make(chan error, 1)
	go func() {
		for n := 0; ; n++ {
			select {
			case <-stop:
				outside <- nil
				return
			default:
			}
			if _, err := db.Exec("UPDATE conversations SET subject = ?", fmt.Sprint(n)); err != nil {
				outside <- err
				return
			}
		}
	}()
	for i := range 200 {
		_, err := s.Accept(t.Context(), "w", "d", []connectors.Event{event(fmt.Sprint("k", i))})
		require.NoError(t, err)
	}
	close(stop)
	require.NoError(t, <-outside)
}

func TestWriteWaitsNoLongerThanItsContext(t *testing.T) {
	t.Parallel()
	s := open(t, store.Options{Dir: t.TempDir()})
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := s.Accept(ctx, "w", "d", []connectors.Event{event("k1")})
	require.ErrorIs(t, err, context.Canceled)
	_, err = s.Event(t.Context(), "d", "k1")
	require.ErrorIs(t, err, store.ErrNotFound)
}

func TestDeletedTextIsNotLeftInTheFile(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := open(t, store.Options{Dir: dir})
	e := event("k1")
	e.Text = strings.Repeat("my card is 4111-1111-1111-1111\n", 500)
	_, err := s.Accept(t.Context(), "w", "d", []connectors.Event{e})
	require.NoError(t, err)
	_, err = s.SaveSuggestion(t.Context(), store.Suggestion{
		ID: "s1", Workspace: "w", Desk: "d", EventKey: "k1", Conversation: "c1", Message: "k1", Question: e.Text,
	}, true)
	require.NoError(t, err)
	_, err = s.Accept(t.Context(), "w", "d", []connectors.Event{
		{Key: "k2", Kind: connectors.Deleted, Conversation: "c1", Message: "k1"},
	})
	require.NoError(t, err)
	require.NoError(t, s.Close())
	entries, err := os.ReadDir(dir)
	require.NoError(t, err)
	for _, entry := range entries {
		data, err := os.ReadFile(filepath.Join(dir, entry.Name()))
		require.NoError(t, err)
		require.NotContains(t, string(data), "4111-1111", entry.Name())
	}
}

func FuzzAccept(f *testing.F) {
	s, err := store.Open(f.Context(), store.Options{Dir: f.TempDir()})
	require.NoError(f, err)
	f.Cleanup(func() { require.NoError(f, s.Close()) })
	f.Add("k1", "message", "c1", "m1", "Hei på deg", int64(1_700_000_000))
	f.Add("k'2", "edited", "c\x001", "m\"1", "'); DROP TABLE events; --", int64(-62_135_596_800))
	f.Add("\xff\xfe", "deleted", "", "", "NUL \x00 and half a rune \xc3", int64(1)<<60)
	f.Add("?", "closed", "?0", "$1", "{} [] \\u0000 ?! :x @y", int64(253_402_300_800))
	f.Fuzz(func(t *testing.T, key, kind, conversation, message, text string, unix int64) {
		if key == "" || kind == "" {
			return
		}
		e := connectors.Event{
			Key: key, Kind: connectors.Kind(kind), Conversation: conversation, Message: message, Text: text,
			At: time.Unix(unix, 0), Attachments: []connectors.Attachment{{Name: text}},
		}
		n, err := s.Accept(t.Context(), "w", "d", []connectors.Event{e})
		require.NoError(t, err)
		again, err := s.Accept(t.Context(), "w", "d", []connectors.Event{e})
		require.NoError(t, err)
		require.Zero(t, again, "a redelivery is known, whatever its key looks like")
		got, err := s.Event(t.Context(), "d", key)
		require.NoError(t, err)
		if n == 1 && connectors.Kind(kind) == connectors.Deleted && message != "" {
			require.True(t, got.Gone)
			require.Empty(t, got.Text)
		}
		history, err := s.History(t.Context(), "w", "d", conversation, time.Time{}, 500)
		require.NoError(t, err)
		for _, h := range history {
			require.False(t, h.Gone)
			require.NotContains(t, h.Text, "\x00")
		}
	})
}

func TestBackoff(t *testing.T) {
	t.Parallel()
	for attempt, want := range map[int]time.Duration{
		0: 3 * time.Second, 1: 3 * time.Second, 2: 9 * time.Second, 3: 27 * time.Second, 4: 81 * time.Second,
		5: 243 * time.Second, 6: 729 * time.Second, 7: 15 * time.Minute, 12: 15 * time.Minute, 1 << 40: 15 * time.Minute,
	} {
		require.Equal(t, want, store.Backoff(attempt), "after attempt %d", attempt)
	}
}

func TestAKeyUsedAgainForSomethingElseIsLoggedWithoutItsText(t *testing.T) {
	t.Parallel()
	var log bytes.Buffer
	s := open(t, store.Options{Dir: t.TempDir(), Log: slog.New(slog.NewTextHandler(&log, nil))})
	first := event("k1")
	first.Text = "Hvor er   pakken?"
	for _, tt := range []struct {
		name   string
		change func(*connectors.Event)
		logged bool
	}{
		{"the first", func(*connectors.Event) {}, false},
		{"the same", func(*connectors.Event) {}, false},
		{"with other white space and facts", func(e *connectors.Event) {
			e.Text, e.Facts = "Hvor er\npakken?", map[string]string{"machine": "P-77"}
		}, false},
		{"with another text", func(e *connectors.Event) { e.Text = "Send pengene til 1234" }, true},
		{"of another conversation", func(e *connectors.Event) { e.Conversation = "other" }, true},
	} {
		e := first
		tt.change(&e)
		log.Reset()
		_, err := s.Accept(t.Context(), "w", "d", []connectors.Event{e})
		require.NoError(t, err)
		require.Equal(t, tt.logged, strings.Contains(log.String(), "came again with other content"), tt.name)
		require.NotContains(t, log.String(), "pengene")
		require.Equal(t, tt.logged, strings.Contains(log.String(), "event=k1"), tt.name)
	}
	got, err := s.Event(t.Context(), "d", "k1")
	require.NoError(t, err)
	require.Equal(t, first.Text, got.Text, "the first is kept")

	// Of a deleted message not even a digest is left to compare with.
	gone := first
	gone.Key, gone.Kind = "k2", connectors.Deleted
	_, err = s.Accept(t.Context(), "w", "d", []connectors.Event{gone})
	require.NoError(t, err)
	log.Reset()
	first.Text = "anything"
	_, err = s.Accept(t.Context(), "w", "d", []connectors.Event{first})
	require.NoError(t, err)
	require.Empty(t, log.String())
}
