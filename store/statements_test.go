package store_test

import (
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sufflor/sufflor/store"
)

func TestStatementsAreKept(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	db := store.OpenSQLite("file:" + filepath.Join(t.TempDir(), "a.db"))
	t.Cleanup(func() { require.NoError(t, db.Close()) })
	db.SetMaxOpenConns(1)
	_, err := db.ExecContext(ctx, "CREATE TABLE a (n INTEGER PRIMARY KEY, word TEXT NOT NULL)")
	require.NoError(t, err)
	const insert = "INSERT INTO a (n, word) VALUES (?, ?)"
	for n, word := range []string{"null", "one", "two"} {
		_, err := db.ExecContext(ctx, insert, n, word)
		require.NoError(t, err)
	}

	t.Run("one that failed runs again, with nothing of before", func(t *testing.T) {
		_, err := db.ExecContext(ctx, insert, 2, "again")
		require.ErrorContains(t, err, "UNIQUE")
		_, err = db.ExecContext(ctx, insert, 3, nil)
		require.ErrorContains(t, err, "NOT NULL")
		_, err = db.ExecContext(ctx, insert, 3)
		require.Error(t, err, "a missing argument is not the last call's")
		_, err = db.ExecContext(ctx, insert, 3, "three")
		require.NoError(t, err)
	})
	t.Run("one whose rows are being read can be asked again", func(t *testing.T) {
		tx, err := db.BeginTx(ctx, nil)
		require.NoError(t, err)
		defer tx.Rollback()
		const list = "SELECT n FROM a WHERE n >= ? ORDER BY n"
		outer, err := tx.QueryContext(ctx, list, 1)
		require.NoError(t, err)
		defer outer.Close()
		var got []int
		for outer.Next() {
			var n, first int
			require.NoError(t, outer.Scan(&n))
			require.NoError(t, tx.QueryRowContext(ctx, list, 0).Scan(&first))
			require.Zero(t, first)
			got = append(got, n)
		}
		require.NoError(t, outer.Err())
		require.Equal(t, []int{1, 2, 3}, got)
	})
	t.Run("rows left early, or none, leave it as new", func(t *testing.T) {
		for _, want := range []string{"null", "two", ""} {
			var word string
			n := map[string]int{"null": 0, "two": 2, "": 99}[want]
			err := db.QueryRowContext(ctx, "SELECT word FROM a WHERE n >= ? ORDER BY n", n).Scan(&word)
			require.Equal(t, want == "", err != nil, err)
			require.Equal(t, want, word)
		}
	})
	t.Run("a changed table is seen", func(t *testing.T) {
		const all = "SELECT * FROM a WHERE n = ?"
		columns := func() []string {
			rows, err := db.QueryContext(ctx, all, 1)
			require.NoError(t, err)
			defer rows.Close()
			require.True(t, rows.Next())
			names, err := rows.Columns()
			require.NoError(t, err)
			types, err := rows.ColumnTypes()
			require.NoError(t, err)
			require.Equal(t, "TEXT", types[1].DatabaseTypeName())
			require.NoError(t, rows.Err())
			return names
		}
		require.Equal(t, []string{"n", "word"}, columns())
		_, err := db.ExecContext(ctx, "ALTER TABLE a ADD COLUMN more TEXT")
		require.NoError(t, err)
		require.Equal(t, []string{"n", "word", "more"}, columns())
	})
	t.Run("more of them than are kept", func(t *testing.T) {
		query := "SELECT n + ? FROM a WHERE n = 1"
		for i := range 3 * store.MaxStatements {
			var got int
			query += " " // another text
			require.NoError(t, db.QueryRowContext(ctx, query, i).Scan(&got))
			require.Equal(t, i+1, got)
		}
	})
	t.Run("several in one text", func(t *testing.T) {
		for n := range 2 {
			_, err := db.ExecContext(ctx, "DELETE FROM a WHERE n = ?; DELETE FROM a WHERE n = ?;", n, n)
			require.NoError(t, err)
		}
		var left int
		require.NoError(t, db.QueryRowContext(ctx, "SELECT count(*) FROM a WHERE n >= ?", 0).Scan(&left))
		require.Equal(t, 2, left)
	})
}
