package store_test

import (
	"database/sql"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sufflor/sufflor/store"
)

func TestTheAuditLogIsOnlyAddedTo(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := open(t, store.Options{Dir: dir})
	require.NoError(t, s.AddAct(t.Context(), store.Act{Kind: "person", Actor: "kari", Action: "suggestion.seen"}))
	require.NoError(t, s.Close())
	db, err := sql.Open("sqlite", filepath.Join(dir, "sufflor.db"))
	require.NoError(t, err)
	for _, q := range []string{"UPDATE audit SET actor = 'ola'", "DELETE FROM audit"} {
		_, err := db.Exec(q)
		require.ErrorContains(t, err, "only added to")
	}
	require.NoError(t, db.Close())
}
