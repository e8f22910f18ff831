package store_test

import (
	"context"
	"database/sql"
	"errors"
	"net/url"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sufflor/sufflor/connectors"
	"github.com/sufflor/sufflor/store"
	"github.com/sufflor/sufflor/store/storetest"
)

// columns are the tables of a database with their columns.
func columns(t *testing.T, driver, address, query string) map[string][]string {
	t.Helper()
	db, err := sql.Open(driver, address)
	require.NoError(t, err)
	defer db.Close()
	rows, err := db.QueryContext(t.Context(), query)
	require.NoError(t, err)
	defer rows.Close()
	found := map[string][]string{}
	for rows.Next() {
		var table, column string
		require.NoError(t, rows.Scan(&table, &column))
		found[table] = append(found[table], column)
	}
	require.NoError(t, rows.Err())
	for _, list := range found {
		slices.Sort(list)
	}
	return found
}

func TestBothDatabasesHaveTheSameTables(t *testing.T) {
	t.Parallel()
	postgres := columns(t, "pgx", storetest.MigratedPostgres(t), `SELECT table_name, column_name FROM information_schema.columns
		WHERE table_schema = 'public' AND table_name NOT LIKE 'river%' AND table_name <> 'goose_db_version'`)
	dir := t.TempDir()
	open(t, store.Options{Dir: dir})
	sqlite := columns(t, "sqlite", "file:"+dir+"/"+store.FileName, `SELECT m.name, c.name FROM sqlite_master AS m JOIN pragma_table_info(m.name) AS c
		WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite_%' AND m.name NOT LIKE 'river%' AND m.name NOT LIKE 'document_parts%' AND m.name <> 'goose_db_version'`)
	require.Greater(t, len(sqlite), 30)
	require.Equal(t, sqlite, postgres)
}

func TestTwoProcessesOverOnePostgres(t *testing.T) {
	t.Parallel()
	address := storetest.Postgres(t)
	opened := make(chan *store.Store, 2)
	for range 2 { // at once, over an empty database
		dir := t.TempDir()
		go func() {
			s, err := store.Open(t.Context(), store.Options{Dir: dir, Postgres: address, Shared: true})
			if err != nil {
				t.Errorf("open: %v", err)
			}
			opened <- s
		}()
	}
	a, b := <-opened, <-opened
	require.NotNil(t, a)
	require.NotNil(t, b)
	t.Cleanup(func() { require.NoError(t, errors.Join(a.Close(), b.Close())) })

	wake, stop := b.Watch("w")
	defer stop()
	n, err := a.Accept(t.Context(), "w", "d", []connectors.Event{event("k1")})
	require.NoError(t, err)
	require.Equal(t, 1, n)
	<-wake // or the test times out
	feed, err := b.Feed(t.Context(), "w", 0, 10)
	require.NoError(t, err)
	require.Len(t, feed, 1)
	require.Equal(t, "d/k1", feed[0].Ref)

	n, err = b.Accept(t.Context(), "w", "d", []connectors.Event{event("k1")})
	require.NoError(t, err)
	require.Zero(t, n, "whoever gets a delivery twice, it is one event")

	ctx, cancel := context.WithCancel(t.Context())
	did, ended := make(chan string, 1), make(chan error, 1)
	go func() {
		ended <- b.Work(ctx, 1, map[string]store.Handler{store.JobEvent: func(_ context.Context, j store.Job) error {
			did <- j.Key
			return nil
		}})
	}()
	require.Equal(t, "k1", <-did, "a job that one queued, another does")
	cancel()
	require.NoError(t, <-ended)
}

func TestOnePostgresIsForOneServer(t *testing.T) {
	t.Parallel()
	address := storetest.MigratedPostgres(t)
	s := open(t, store.Options{Dir: t.TempDir(), Postgres: address})
	_, err := store.Open(t.Context(), store.Options{Dir: t.TempDir(), Postgres: address})
	require.ErrorIs(t, err, store.ErrLocked)
	r := open(t, store.Options{Dir: t.TempDir(), Postgres: address, ReadOnly: true})
	require.ErrorIs(t, r.AddAct(t.Context(), store.Act{Action: "x", Kind: "person"}), store.ErrReadOnly, "to read is for all")
	_, err = r.Documents(t.Context(), "w", store.DocumentFilter{})
	require.NoError(t, err)
	_, err = s.Backup(t.Context(), t.TempDir())
	require.ErrorContains(t, err, "pg_dump")
	require.NoError(t, s.Close())
	open(t, store.Options{Dir: t.TempDir(), Postgres: address})
}

func TestPostgresThatCannotBeUsed(t *testing.T) {
	t.Parallel()
	good := storetest.MigratedPostgres(t)
	changed := func(change func(*url.URL)) string {
		u, err := url.Parse(good)
		require.NoError(t, err)
		change(u)
		return u.String()
	}
	exec := func(query string) {
		db, err := sql.Open("pgx", good)
		require.NoError(t, err)
		defer db.Close()
		_, err = db.ExecContext(t.Context(), query)
		require.NoError(t, err)
	}
	for _, tt := range []struct {
		name, address, says string
		before              string // a query
		is                  error
	}{
		{name: "not an address", address: "postgres://u:never shown@h:port/x", says: "postgres://user:password@host:5432/database", is: store.ErrInvalid},
		{name: "no such database", address: changed(func(u *url.URL) { u.Path = "/nowhere" }), says: "CREATE DATABASE"},
		{name: "no server", address: changed(func(u *url.URL) { u.RawQuery = "host=/nowhere" }), says: "see that the server runs"},
		{name: "no such user", address: changed(func(u *url.URL) { u.User = url.UserPassword("nobody", "never shown") }), says: "see user and password"},
		{name: "a newer schema", address: good, before: "INSERT INTO goose_db_version (version_id, is_applied) VALUES (9999, true)", says: "install the newer sufflor", is: store.ErrNewer},
		{
			name: "no right to make tables", before: "CREATE ROLE guest LOGIN; DELETE FROM goose_db_version WHERE version_id = 9999; DROP SCHEMA public CASCADE; CREATE SCHEMA public; GRANT USAGE ON SCHEMA public TO guest",
			address: changed(func(u *url.URL) { u.User = url.UserPassword("guest", "never shown") }), says: "OWNER TO",
		},
	} {
		if tt.before != "" {
			exec(tt.before)
		}
		_, err := store.Open(t.Context(), store.Options{Dir: t.TempDir(), Postgres: tt.address})
		require.ErrorContains(t, err, tt.says, tt.name)
		require.NotContains(t, err.Error(), "never", tt.name)
		if tt.is != nil {
			require.ErrorIs(t, err, tt.is, tt.name)
		}
	}
}
