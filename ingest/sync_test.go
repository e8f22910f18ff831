package ingest_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/sufflor/sufflor/index"
	"github.com/sufflor/sufflor/ingest"
	"github.com/sufflor/sufflor/ingest/formats"
	"github.com/sufflor/sufflor/store"
)

// memory is an index that only remembers, and may be told to fail.
type memory struct {
	mu   sync.Mutex
	have map[string]index.Passage
}

func (m *memory) Apply(_ context.Context, b index.Batch) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, id := range b.Delete {
		delete(m.have, id)
	}
	for _, p := range b.Put {
		m.have[p.ID] = p
	}
	return nil
}

// texts are what the index holds, sorted.
func (m *memory) texts() []string {
	var out []string
	for _, p := range m.have {
		out = append(out, p.Source+": "+p.Text)
	}
	slices.Sort(out)
	return out
}

// faulty fails one call, before or after it took effect: what a process sees
// of itself when it is killed there.
type faulty struct {
	ingest.Records
	index ingest.Index
	calls int
	at    int // the call that fails, 0 for none
	after bool
	trace []string
}

var errKilled = errors.New("killed")

func (f *faulty) do(name string, effect func() error) error {
	f.calls++
	f.trace = append(f.trace, name)
	if f.calls == f.at && !f.after {
		return errKilled
	}
	err := effect()
	if f.calls == f.at {
		return errKilled
	}
	return err
}

func (f *faulty) PutDocument(ctx context.Context, d store.Document, p []index.Passage) (old []string, err error) {
	err = f.do("put "+d.Path, func() error { old, err = f.Records.PutDocument(ctx, d, p); return err })
	return old, err
}

func (f *faulty) FailDocument(ctx context.Context, d store.Document) error {
	return f.do("fail "+d.Path, func() error { return f.Records.FailDocument(ctx, d) })
}

func (f *faulty) DeleteDocument(ctx context.Context, workspace, id string) (old []string, err error) {
	err = f.do("delete", func() error { old, err = f.Records.DeleteDocument(ctx, workspace, id); return err })
	return old, err
}

func (f *faulty) Indexed(ctx context.Context, p store.Pending) error {
	return f.do("indexed", func() error { return f.Records.Indexed(ctx, p) })
}

func (f *faulty) Apply(ctx context.Context, b index.Batch) error {
	return f.do("apply", func() error { return f.index.Apply(ctx, b) })
}

// desk is a store, an index and a folder to sync.
type desk struct {
	t      *testing.T
	dir    string
	store  *store.Store
	index  *memory
	events []ingest.Event
}

func newDesk(t *testing.T) *desk {
	t.Helper()
	st, err := store.Open(t.Context(), store.Options{Dir: t.TempDir()})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, st.Close()) })
	return &desk{t: t, dir: t.TempDir(), store: st, index: &memory{have: map[string]index.Passage{}}}
}

func (d *desk) write(name, text string) {
	d.t.Helper()
	path := filepath.Join(d.dir, name)
	require.NoError(d.t, os.MkdirAll(filepath.Dir(path), 0o755))
	require.NoError(d.t, os.WriteFile(path, []byte(text), 0o644))
	// A change within one tick of the clock has another size in these tests.
}

func (d *desk) options(paths ...string) ingest.Options {
	if len(paths) == 0 {
		paths = []string{d.dir}
	}
	return ingest.Options{
		Workspace: "brisk", Collection: "help", Audience: index.Public, Paths: paths,
		Progress: func(e ingest.Event) { d.events = append(d.events, e) },
	}
}

func (d *desk) sync() ingest.Sync {
	return ingest.Sync{Files: ingest.Direct{Reader: formats.All(formats.Options{})}, Store: d.store, Index: d.index}
}

func (d *desk) run() ingest.Summary {
	d.t.Helper()
	sum, err := d.sync().Run(d.t.Context(), d.options())
	require.NoError(d.t, err)
	return sum
}

// consistent requires that index and store hold the same passages.
func (d *desk) consistent() {
	d.t.Helper()
	stored := map[string]index.Passage{}
	for p, err := range d.store.AllPassages(d.t.Context(), "brisk") {
		require.NoError(d.t, err)
		stored[p.ID] = p
	}
	require.ElementsMatch(d.t, slices.Collect(maps.Keys(stored)), slices.Collect(maps.Keys(d.index.have)))
	pending, err := d.store.PendingIndex(d.t.Context(), 10)
	require.NoError(d.t, err)
	require.Empty(d.t, pending)
}

func TestRunAddsChangesAndDeletes(t *testing.T) {
	d := newDesk(t)
	d.write("a.md", "# Kettle\n\nIt boils water.\n")
	d.write("sub/b.txt", "The lid stays closed while it boils.\n")
	d.write("sub/copy.md", "# Kettle\n\nIt boils water.\n")
	d.write(".hidden.md", "# Secret\n\nNobody reads this.\n")
	d.write("~$a.docx", "lock file")

	sum := d.run()
	require.Equal(t, 3, sum.Added)
	require.Equal(t, 3, sum.Passages)
	require.Empty(t, sum.Failed)
	require.Equal(t, []string{"a.md: It boils water.", "sub/b.txt: The lid stays closed while it boils.", "sub/copy.md: It boils water."}, d.index.texts(), "the same content at two paths is two documents")
	d.consistent()
	require.Equal(t, ingest.Found, d.events[0].Kind)
	require.Equal(t, 3, d.events[0].Total)
	require.Equal(t, 3, d.events[len(d.events)-1].Done)

	sum = d.run()
	require.Equal(t, ingest.Summary{Unchanged: 3, Bytes: sum.Bytes, Took: sum.Took}, sum)

	d.write("a.md", "# Kettle\n\nIt boils water in two minutes.\n")
	require.NoError(t, os.Remove(filepath.Join(d.dir, "sub", "b.txt")))
	sum = d.run()
	require.Equal(t, 1, sum.Changed)
	require.Equal(t, 1, sum.Unchanged)
	require.Equal(t, 1, sum.Deleted)
	require.Equal(t, []string{"a.md: It boils water in two minutes.", "sub/copy.md: It boils water."}, d.index.texts())
	d.consistent()
}

func TestRunReadsOnlyWhatChanged(t *testing.T) {
	d := newDesk(t)
	d.write("a.md", "# Kettle\n\nIt boils water.\n")
	d.run()
	s := d.sync()
	s.Files = unreadable{}

	_, err := s.Run(t.Context(), d.options())
	require.NoError(t, err)
	require.Equal(t, ingest.Unchanged, d.events[len(d.events)-1].Kind, "same size and time")

	later := time.Now().Add(time.Hour)
	require.NoError(t, os.Chtimes(filepath.Join(d.dir, "a.md"), later, later))
	_, err = s.Run(t.Context(), d.options())
	require.NoError(t, err)
	require.Equal(t, ingest.Unchanged, d.events[len(d.events)-1].Kind, "same content")

	o := d.options()
	o.Audience = index.Internal
	sum, err := d.sync().Run(t.Context(), o)
	require.NoError(t, err)
	require.Equal(t, 1, sum.Changed, "who may read it has changed")
	for _, p := range d.index.have {
		require.Equal(t, index.Internal, p.Audience)
	}
}

// unreadable fails for every file.
type unreadable struct{}

func (unreadable) ReadFile(context.Context, string) (ingest.Document, error) {
	return ingest.Document{}, errors.New("nobody should have asked")
}

func TestBadFilesAreReportedAndKeepTheirLastGoodVersion(t *testing.T) {
	d := newDesk(t)
	d.write("good.md", "# Kettle\n\nIt boils water.\n")
	d.write("turns.json", `[{"id":1,"question":"Does it boil?","answer":"Yes."}]`)
	d.write("archive.zip", "PK\x03\x04 is not a zip file")
	d.write("photo.png", "\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR")

	sum := d.run()
	require.Equal(t, 2, sum.Added)
	require.Len(t, sum.Failed, 2)
	require.Equal(t, "archive.zip", sum.Failed[0].Path)
	require.Contains(t, sum.Failed[0].Reason, "damaged")
	require.NotEmpty(t, sum.Failed[0].Hint)
	require.False(t, sum.Failed[0].Kept)
	require.Contains(t, sum.Failed[1].Reason, "photo.png: its header cannot be read")

	d.write("turns.json", `[{"id":1,"question":"Does it`)
	sum = d.run()
	require.Len(t, sum.Failed, 3)
	require.Equal(t, "turns.json", sum.Failed[2].Path)
	require.True(t, sum.Failed[2].Kept)
	require.Contains(t, d.index.texts(), "turns.json: Yes.")
	docs, err := d.store.Documents(t.Context(), "brisk", store.DocumentFilter{State: store.DocumentFailed})
	require.NoError(t, err)
	require.Len(t, docs, 3)

	d.write("turns.json", `[{"id":1,"question":"Does it boil?","answer":"Yes."}]`)
	sum = d.run()
	require.Len(t, sum.Failed, 2, "the old content is good again")
	d.consistent()
}

func TestARootThatIsGoneDeletesNothing(t *testing.T) {
	d := newDesk(t)
	d.write("a.md", "# Kettle\n\nIt boils water.\n")
	d.run()
	require.NoError(t, os.Rename(d.dir, d.dir+"-away"))

	_, err := d.sync().Run(t.Context(), d.options())
	require.ErrorIs(t, err, os.ErrNotExist)
	require.ErrorContains(t, err, "nothing was changed")
	require.Len(t, d.index.have, 1)

	require.NoError(t, os.Rename(d.dir+"-away", d.dir))
	_, err = d.sync().Run(t.Context(), d.options(d.dir, filepath.Join(t.TempDir(), "missing")))
	require.ErrorIs(t, err, os.ErrNotExist, "one missing root stops the run before anything changes")
}

func TestAFolderThatCannotBeReadKeepsItsDocuments(t *testing.T) {
	d := newDesk(t)
	d.write("locked/a.md", "# Kettle\n\nIt boils water.\n")
	d.write("lockedaway.md", "# Lid\n\nKeep it closed.\n")
	d.run()
	require.NoError(t, os.RemoveAll(filepath.Join(d.dir, "locked")))
	require.NoError(t, os.Remove(filepath.Join(d.dir, "lockedaway.md")))
	require.NoError(t, os.Symlink("locked", filepath.Join(d.dir, "locked")), "a link to itself cannot be read by anybody, root included")

	sum := d.run()
	require.Len(t, sum.Failed, 1)
	require.Equal(t, "locked", sum.Failed[0].Path)
	require.True(t, sum.Failed[0].Kept)
	require.Equal(t, 1, sum.Deleted, "only the file that is surely gone")
	require.Equal(t, []string{"locked/a.md: It boils water."}, d.index.texts())
}

func TestLinksAreFollowedButNotInCircles(t *testing.T) {
	d := newDesk(t)
	d.write("sub/a.md", "# Kettle\n\nIt boils water.\n")
	require.NoError(t, os.Symlink(d.dir, filepath.Join(d.dir, "sub", "loop")))
	require.NoError(t, os.Symlink(filepath.Join(d.dir, "nowhere"), filepath.Join(d.dir, "dangling.md")))
	outside := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(outside, "b.md"), []byte("# Lid\n\nKeep it closed.\n"), 0o644))
	require.NoError(t, os.Symlink(outside, filepath.Join(d.dir, "linked")))

	sum := d.run()
	require.Equal(t, 2, sum.Added)
	require.Empty(t, sum.Failed)
}

func TestSingleFilesAndNestedRoots(t *testing.T) {
	d := newDesk(t)
	d.write("a.md", "# Kettle\n\nIt boils water.\n")
	d.write("sub/b.md", "# Lid\n\nKeep it closed.\n")

	sum, err := d.sync().Run(t.Context(), d.options(filepath.Join(d.dir, "a.md")))
	require.NoError(t, err)
	require.Equal(t, 1, sum.Added)
	require.Equal(t, []string{"a.md: It boils water."}, d.index.texts())

	e := newDesk(t)
	e.dir = d.dir
	sum, err = e.sync().Run(t.Context(), e.options(d.dir, filepath.Join(d.dir, "sub"), d.dir))
	require.NoError(t, err)
	require.Equal(t, 2, sum.Added, "a folder inside another is read once")
}

func TestOptionsAreChecked(t *testing.T) {
	d := newDesk(t)
	_, err := d.sync().Run(t.Context(), ingest.Options{Audience: "everybody"})
	require.ErrorContains(t, err, "workspace: required")
	require.ErrorContains(t, err, "collection: required")
	require.ErrorContains(t, err, `audience "everybody"`)
	require.ErrorContains(t, err, "no files or folders")
}

func TestRunStopsWithItsContext(t *testing.T) {
	d := newDesk(t)
	for i := range 20 {
		d.write(fmt.Sprintf("%02d.md", i), fmt.Sprintf("# Number %d\n\nText of number %d.\n", i, i))
	}
	ctx, cancel := context.WithCancel(t.Context())
	o := d.options()
	o.Progress = func(e ingest.Event) {
		if e.Done == 3 {
			cancel()
		}
	}
	sum, err := d.sync().Run(ctx, o)
	require.ErrorIs(t, err, context.Canceled)
	require.Less(t, sum.Added, 20)
	require.Equal(t, 20, sum.Added+d.run().Added)
	d.consistent()
}

// TestEveryStepCanBeTheLast kills a run at each of its steps, before and after
// the step took effect, and requires that the next run makes it good.
func TestEveryStepCanBeTheLast(t *testing.T) {
	steps := 1
	for at := 1; at <= steps; at++ {
		for _, after := range []bool{false, true} {
			d := newDesk(t)
			d.write("changes.md", "# Kettle\n\nIt boils water.\n\n## Lid\n\nKeep it closed.\n")
			d.write("goes.md", "# Old\n\nThis will go.\n")
			d.write("stays.md", "# Stays\n\nThis stays as it is.\n")
			d.run()
			d.write("changes.md", "# Kettle\n\nIt boils water in two minutes.\n")
			d.write("comes.md", "# New\n\nThis is new here.\n")
			d.write("broken.json", "{")
			require.NoError(t, os.Remove(filepath.Join(d.dir, "goes.md")))

			f := &faulty{Records: d.store, index: d.index, at: at, after: after}
			s := d.sync()
			s.Store, s.Index = f, f
			_, err := s.Run(t.Context(), d.options())
			require.ErrorIs(t, err, errKilled, "step %d of %s", at, strings.Join(f.trace, ", "))

			sum := d.run()
			require.Len(t, sum.Failed, 1)
			require.Equal(t, []string{"changes.md: It boils water in two minutes.", "comes.md: This is new here.", "stays.md: This stays as it is."}, d.index.texts(), "killed at step %d, after its effect: %v", at, after)
			d.consistent()

			if at == 1 && after { // count the steps of a whole run once
				e := newDesk(t)
				e.dir = d.dir
				count := &faulty{Records: e.store, index: e.index}
				s.Store, s.Index = count, count
				_, err := s.Run(t.Context(), e.options())
				require.NoError(t, err)
				steps = count.calls
				require.GreaterOrEqual(t, steps, 10, "%v", count.trace)
			}
		}
	}
}

func TestAnIndexThatIsBehindIsToldFirst(t *testing.T) {
	d := newDesk(t)
	d.write("a.md", "# Kettle\n\nIt boils water.\n")
	d.run()
	clear(d.index.have)
	require.NoError(t, d.store.MarkAllPending(t.Context()))
	require.NoError(t, d.sync().Settle(t.Context()))
	d.consistent()
	require.Len(t, d.index.have, 1)
}
