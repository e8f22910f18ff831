package store_test

import (
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/sufflor/sufflor/connectors"
	"github.com/sufflor/sufflor/index"
	"github.com/sufflor/sufflor/store"
)

func sum(text string) string {
	h := sha256.Sum256([]byte(text))
	return hex.EncodeToString(h[:])
}

// keep puts a document whose original has the given content.
func keep(t *testing.T, s *store.Store, id, text string) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "in.txt")
	require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
	hash, release, err := s.KeepOriginal(t.Context(), path)
	require.NoError(t, err)
	defer release()
	require.Equal(t, sum(text), hash)
	_, err = s.PutDocument(t.Context(), store.Document{ID: id, Workspace: "w", Root: "r", Path: id, Original: hash},
		[]index.Passage{{ID: id + "-" + hash[:8], Text: text}})
	require.NoError(t, err)
}

// kept are the names of the originals on disk.
func kept(t *testing.T, dir string) []string {
	t.Helper()
	var names []string
	err := filepath.WalkDir(filepath.Join(dir, "originals"), func(_ string, e fs.DirEntry, err error) error {
		if err == nil && !e.IsDir() {
			names = append(names, e.Name())
		}
		return err
	})
	require.NoError(t, err)
	return names
}

func TestOriginalsLiveAsLongAsAVersionNamesThem(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := open(t, store.Options{Dir: dir, Versions: 2})
	keep(t, s, "d1", "one")
	keep(t, s, "d2", "one")
	require.Equal(t, []string{sum("one")}, kept(t, dir), "the same bytes are kept once")
	f, err := s.Original(sum("one"))
	require.NoError(t, err)
	data, err := io.ReadAll(f)
	require.NoError(t, err)
	require.NoError(t, f.Close())
	require.Equal(t, "one", string(data))

	keep(t, s, "d1", "two")
	keep(t, s, "d1", "three")
	require.ElementsMatch(t, []string{sum("one"), sum("two"), sum("three")}, kept(t, dir), "d2 still names it")
	_, err = s.DeleteDocument(t.Context(), "w", "d2")
	require.NoError(t, err)
	require.ElementsMatch(t, []string{sum("two"), sum("three")}, kept(t, dir))
	keep(t, s, "d1", "four")
	require.ElementsMatch(t, []string{sum("three"), sum("four")}, kept(t, dir), "only two versions are kept")
	_, err = s.DeleteDocument(t.Context(), "w", "d1")
	require.NoError(t, err)
	require.Empty(t, kept(t, dir))
	_, err = s.Original(sum("four"))
	require.ErrorIs(t, err, store.ErrNotFound)
	_, err = s.Original("../../sufflor.db")
	require.ErrorIs(t, err, store.ErrNotFound)
}

func TestOriginalsThatNobodyPutAreRemoved(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := open(t, store.Options{Dir: dir})
	keep(t, s, "d1", "one")
	path := filepath.Join(t.TempDir(), "x")
	require.NoError(t, os.WriteFile(path, []byte("two"), 0o600))
	_, release, err := s.KeepOriginal(t.Context(), path)
	require.NoError(t, err)
	require.Len(t, kept(t, dir), 2)
	release()
	require.Equal(t, []string{sum("one")}, kept(t, dir))

	// What a killed process left: a whole file without a record, and a half.
	_, _, err = s.KeepOriginal(t.Context(), path)
	require.NoError(t, err)
	half := filepath.Join(dir, "originals", "new-123")
	require.NoError(t, os.WriteFile(half, []byte("tw"), 0o600))
	old := time.Now().Add(-2 * time.Hour)
	require.NoError(t, os.Chtimes(half, old, old))
	require.NoError(t, s.Close())
	s = open(t, store.Options{Dir: dir})
	require.Len(t, kept(t, dir), 3)
	require.NoError(t, s.SweepOriginals(t.Context()))
	require.Equal(t, []string{sum("one")}, kept(t, dir))

	require.NoError(t, os.WriteFile(filepath.Join(dir, "originals", sum("one")[:2], sum("one")), []byte("on"), 0o600))
	_, err = s.Original(sum("one"))
	require.ErrorIs(t, err, store.ErrCorrupt, "a damaged original is not handed out")
}

func TestOriginalsUnderConcurrentUse(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := open(t, store.Options{Dir: dir})
	var wg sync.WaitGroup
	for w := range 4 {
		wg.Go(func() {
			for i := range 10 {
				id := fmt.Sprint("d", w)
				keep(t, s, id, fmt.Sprint("shared ", i%2))
				if i%3 == 2 {
					_, err := s.DeleteDocument(t.Context(), "w", id)
					require.NoError(t, err)
				}
			}
			keep(t, s, fmt.Sprint("d", w), "shared 0")
		})
	}
	wg.Wait()
	for w := range 4 {
		d, err := s.Document(t.Context(), "w", fmt.Sprint("d", w))
		require.NoError(t, err)
		f, err := s.Original(d.Original)
		require.NoError(t, err, "what a document names is there")
		require.NoError(t, f.Close())
	}
}

// TestUpgradeThatWasKilledIsDoneAgain opens data whose tables were made anew by
// a process that could not note it any more.
func TestUpgradeThatWasKilledIsDoneAgain(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := open(t, store.Options{Dir: dir})
	_, err := s.Accept(t.Context(), "w", "d", []connectors.Event{event("k1")})
	require.NoError(t, err)
	_, err = s.SaveSuggestion(t.Context(), store.Suggestion{ID: "s1", Workspace: "w", Desk: "d", EventKey: "k1", Conversation: "c1", Message: "k1"}, true)
	require.NoError(t, err)
	require.NoError(t, s.Close())
	db, err := sql.Open("sqlite", filepath.Join(dir, "sufflor.db"))
	require.NoError(t, err)
	later, err := filepath.Glob(filepath.Join("migrations", "*.sql"))
	require.NoError(t, err)
	for _, name := range slices.Backward(later) {
		if filepath.Base(name) < "00007" {
			break
		}
		migration, err := os.ReadFile(name)
		require.NoError(t, err)
		_, down, _ := strings.Cut(string(migration), "-- +goose Down")
		_, err = db.Exec(strings.NewReplacer("-- +goose StatementBegin", "", "-- +goose StatementEnd", "").Replace(down))
		require.NoError(t, err, name)
	}
	_, err = db.Exec(`DELETE FROM goose_db_version WHERE version_id > 5`)
	require.NoError(t, err)
	require.NoError(t, db.Close())

	s = open(t, store.Options{Dir: dir})
	sug, err := s.Suggestion(t.Context(), "w", "s1")
	require.NoError(t, err)
	require.False(t, sug.Asked.IsZero())
	notes, err := s.Deliveries(t.Context(), "w", "s1")
	require.NoError(t, err)
	require.Len(t, notes, 1)
	require.NoError(t, s.Verify(t.Context()))
}

// TestUpgradeFromTheFirstSchema opens data as the version before sources left it.
func TestUpgradeFromTheFirstSchema(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := open(t, store.Options{Dir: dir})
	require.NoError(t, s.Close())
	db, err := sql.Open("sqlite", filepath.Join(dir, "sufflor.db"))
	require.NoError(t, err)
	later, err := filepath.Glob(filepath.Join("migrations", "*.sql"))
	require.NoError(t, err)
	for _, name := range slices.Backward(later[1:]) {
		migration, err := os.ReadFile(name)
		require.NoError(t, err)
		_, down, ok := strings.Cut(string(migration), "-- +goose Down")
		require.True(t, ok)
		_, err = db.Exec(down)
		require.NoError(t, err)
	}
	for _, q := range []string{
		`DELETE FROM goose_db_version WHERE version_id > 1`,
		`INSERT INTO documents (workspace, id, collection, audience, root, path, title, language, hash, type, size, modified, ingested, passages, state, error, hint, warnings, version)
		 VALUES ('w', 'd1', 'c', 'public', 'r', 'a.md', 'A', 'nb', '1:x', 'md', 3, 0, 5, 1, 'ok', '', '', 'null', 4)`,
		`INSERT INTO passages (id, workspace, document, ordinal, body) VALUES ('p1', 'w', 'd1', 0, '{"id":"p1","text":"old words"}')`,
		`INSERT INTO suggestions (id, workspace, desk, event_key, event_at, event_seq, conversation, message, language, flag, probability, state, body, created, customer, question)
		 VALUES ('s1', 'w', 'd', 'k1', 0, 0, 'c', 'm', 'nb', 'high', 1, 'active', '{"evidence":[{"passage":{"id":"p1"},"cited":true},{"passage":{"id":"p2"},"cited":false}]}', 1, '', ''),
		        ('s2', 'w', 'd', 'k2', 0, 0, 'c', 'm2', 'nb', 'high', 1, 'withdrawn', '{}', 1, '', '')`,
		`INSERT INTO outcomes (id, workspace, suggestion, action, reason, text, agent, created) VALUES ('o1', 'w', 's1', 'used', '', '', '', 7)`,
		`INSERT INTO deliveries (suggestion, desk, workspace, state, external, error, attempts, updated) VALUES ('s1', 'd', 'w', 'delivered', 'n1', '', 1, 8)`,
	} {
		_, err := db.Exec(q)
		require.NoError(t, err)
	}
	require.NoError(t, db.Close())

	s = open(t, store.Options{Dir: dir})
	ps, err := s.Passages(t.Context(), "w", []string{"p1"})
	require.NoError(t, err)
	require.Equal(t, index.Passage{ID: "p1", Text: "old words", SourceName: "r"}, ps["p1"], "a passage knows where it came from")
	_, err = s.PutDocument(t.Context(), store.Document{ID: "d1", Workspace: "w", Root: "r", Path: "a.md", Hash: "2:y", Audience: "public"}, nil)
	require.NoError(t, err)
	sug, err := s.Suggestion(t.Context(), "w", "s1")
	require.NoError(t, err)
	require.False(t, sug.Stale.IsZero(), "suggestions from before know what they cite")
	outcomes, err := s.Outcomes(t.Context(), "w", "s1")
	require.NoError(t, err)
	require.Len(t, outcomes, 1, "what refers to a table survives its being made anew")
	notes, err := s.Deliveries(t.Context(), "w", "s1")
	require.NoError(t, err)
	require.Len(t, notes, 1)
	require.Equal(t, "n1", notes[0].External)
	db, err = sql.Open("sqlite", filepath.Join(dir, "sufflor.db"))
	require.NoError(t, err)
	_, err = db.Exec("PRAGMA foreign_keys = 1; INSERT INTO outcomes (id, workspace, suggestion, action, reason, text, agent, created) VALUES ('o2', 'w', 'nobody', 'used', '', '', '', 7)")
	require.ErrorContains(t, err, "FOREIGN KEY", "and still refers to it")
	require.NoError(t, db.Close())
	versions, err := s.Versions(t.Context(), "w", "d1")
	require.NoError(t, err)
	require.Len(t, versions, 2)
	require.Equal(t, 4, versions[1].Number)
	old, err := s.VersionPassages(t.Context(), "w", "d1", 4)
	require.NoError(t, err)
	require.Equal(t, "old words", old[0].Text)
}
