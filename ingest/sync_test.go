package ingest_test

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"maps"
	"net"
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

func (f *faulty) Indexed(ctx context.Context, list ...store.Pending) error {
	return f.do("indexed", func() error { return f.Records.Indexed(ctx, list...) })
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
		Workspace: "brisk", Collection: "help", Audience: index.Public, Sources: folders(d.t, paths...),
		Progress: func(e ingest.Event) { d.events = append(d.events, e) },
	}
}

func folders(t *testing.T, paths ...string) (out []ingest.Source) {
	t.Helper()
	list, err := ingest.Folders(paths...)
	require.NoError(t, err)
	for _, f := range list {
		out = append(out, f)
	}
	return out
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
	require.Zero(t, sum.Failed)
	require.Equal(t, []string{"a.md: It boils water.", "sub/b.txt: The lid stays closed while it boils.", "sub/copy.md: It boils water."}, d.index.texts(), "the same content at two paths is two documents")
	d.consistent()
	require.Equal(t, ingest.Found, d.events[0].Kind)
	require.Equal(t, 3, d.events[0].Total)
	require.Equal(t, 3, d.events[len(d.events)-1].Done)

	sum = d.run()
	require.Equal(t, ingest.Summary{Unchanged: 3, Bytes: sum.Bytes, Took: sum.Took}, sum, "nothing was read")

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
	require.Equal(t, 2, sum.Failed)
	require.Equal(t, "archive.zip", sum.Failures[0].Path)
	require.Contains(t, sum.Failures[0].Reason, "damaged")
	require.NotEmpty(t, sum.Failures[0].Hint)
	require.False(t, sum.Failures[0].Kept)
	require.Contains(t, sum.Failures[1].Reason, "photo.png: its header cannot be read")

	d.write("turns.json", `[{"id":1,"question":"Does it`)
	sum = d.run()
	require.Equal(t, 3, sum.Failed)
	require.Equal(t, "turns.json", sum.Failures[2].Path)
	require.True(t, sum.Failures[2].Kept)
	require.Contains(t, d.index.texts(), "turns.json: Yes.")
	docs, err := d.store.Documents(t.Context(), "brisk", store.DocumentFilter{State: store.DocumentFailed})
	require.NoError(t, err)
	require.Len(t, docs, 3)

	d.write("turns.json", `[{"id":1,"question":"Does it boil?","answer":"Yes."}]`)
	sum = d.run()
	require.Equal(t, 2, sum.Failed, "the old content is good again")
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
	require.Equal(t, 1, sum.Failed)
	require.Equal(t, "locked", sum.Failures[0].Path)
	require.Contains(t, sum.Failures[0].Reason, "leads back to itself; remove it")
	require.True(t, sum.Failures[0].Kept)
	require.Equal(t, 1, sum.Deleted, "only the file that is surely gone")
	require.Equal(t, []string{"locked/a.md: It boils water."}, d.index.texts())
}

func TestLinksAreFollowedInsideAndNotInCircles(t *testing.T) {
	d := newDesk(t)
	d.write("sub/a.md", "# Kettle\n\nIt boils water.\n")
	require.NoError(t, os.Symlink(d.dir, filepath.Join(d.dir, "sub", "loop")))
	require.NoError(t, os.Symlink(filepath.Join(d.dir, "nowhere"), filepath.Join(d.dir, "dangling.md")))
	require.NoError(t, os.Symlink(filepath.Join("sub", "a.md"), filepath.Join(d.dir, "inside.md")))
	socket, err := (&net.ListenConfig{}).Listen(t.Context(), "unix", filepath.Join(d.dir, "zz.sock"))
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, socket.Close()) })
	outside := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(outside, "b.md"), []byte("# Lid\n\nKeep it closed.\n"), 0o644))
	require.NoError(t, os.Symlink(outside, filepath.Join(d.dir, "linked")))
	require.NoError(t, os.Symlink(filepath.Join(outside, "b.md"), filepath.Join(d.dir, "out.md")))

	sum := d.run()
	require.Equal(t, 2, sum.Added, "sub/a.md and inside.md")
	require.Zero(t, sum.Failed)
	var left []string
	for _, f := range sum.Left {
		left = append(left, f.Path+": "+f.Reason[:10])
	}
	require.Equal(t, []string{
		"dangling.md: a link tha", "linked: a link tha", "out.md: a link tha", "sub/loop: a link to ", "zz.sock: neither a ",
	}, left, "what is left out is said")
	require.Equal(t, 5, sum.Skipped)

	o := d.options()
	o.Sources[0].(*ingest.Folder).FollowLinks = true
	sum, err = d.sync().Run(t.Context(), o)
	require.NoError(t, err)
	require.Equal(t, 2, sum.Added, "linked/b.md and out.md, when the source says so")

	sum = d.run()
	require.Equal(t, 2, sum.Deleted, "and no longer when it does not")
	d.consistent()
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
			require.Equal(t, 1, sum.Failed)
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
				require.GreaterOrEqual(t, steps, 6, "%v", count.trace)
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

func TestIgnoreFilesAndWhatIsNeverADocument(t *testing.T) {
	d := newDesk(t)
	for _, name := range []string{
		"a.md", "~$a.docx", ".git/x.md", "draft.tmp", "Thumbs.db", "a.md~", "half.part",
		"old/b.md", "old/keep.md", "sub/old/c.md", "sub/note.txt", "sub/deep/note.txt", "sub/.suffloreignored.md",
	} {
		d.write(name, "# Kettle\n\nIt boils water.\n")
	}
	d.write(".suffloreignore", "# what nobody needs\n/old/*\n!/old/keep.md\n*.txt\n")
	d.write("sub/deep/.suffloreignore", "!note.txt\r\n")
	require.Equal(t, 4, d.run().Added)
	var paths []string
	for _, e := range d.events {
		if e.Kind == ingest.Added {
			paths = append(paths, e.Path)
		}
	}
	require.Equal(t, []string{"a.md", "old/keep.md", "sub/deep/note.txt", "sub/old/c.md"}, paths)

	d.write(".suffloreignore", "/old/*\n[a-\n")
	sum := d.run()
	require.Equal(t, 1, sum.Failed, "a line that is not understood: nothing is read, nothing goes")
	require.Contains(t, sum.Failures[0].Reason, "line 2")
	require.Zero(t, sum.Deleted)
	require.Zero(t, sum.Added)
}

func TestASourceInsideAnotherIsNotReadTwice(t *testing.T) {
	d := newDesk(t)
	d.write("a.md", "# Kettle\n\nIt boils water.\n")
	d.write("internal/b.md", "# Margins\n\nWe earn well on kettles.\n")
	o := d.options()
	o.Sources[0].(*ingest.Folder).Except = []string{filepath.Join(d.dir, "internal")}
	sum, err := d.sync().Run(t.Context(), o)
	require.NoError(t, err)
	require.Equal(t, 1, sum.Added)
	require.Equal(t, []string{"a.md: It boils water."}, d.index.texts())
}

func TestAPartOfASourceCanBeRead(t *testing.T) {
	d := newDesk(t)
	d.write("a.md", "# Kettle\n\nIt boils water.\n")
	d.write("sub/b.md", "# Lid\n\nKeep it closed.\n")
	d.write("sub/c.md", "# Cord\n\nKeep it dry.\n")
	d.write("subway.md", "# Way\n\nIt leads down.\n")
	d.run()
	require.NoError(t, os.Remove(filepath.Join(d.dir, "sub", "b.md")))
	require.NoError(t, os.Remove(filepath.Join(d.dir, "a.md")))
	d.write("subway.md", "# Way\n\nIt leads further down.\n")
	o := d.options()
	o.Below = "sub"
	sum, err := d.sync().Run(t.Context(), o)
	require.NoError(t, err)
	require.Equal(t, 1, sum.Deleted, "only what is gone from the part")
	require.Equal(t, 1, sum.Unchanged)
	require.Zero(t, sum.Changed)
	require.Contains(t, strings.Join(d.index.texts(), "\n"), "a.md: ")
	d.consistent()
}

func TestADryRunSaysAndDoesNothing(t *testing.T) {
	d := newDesk(t)
	d.write("stays.md", "# Kettle\n\nIt boils water.\n")
	d.write("touched.md", "# Base\n\nIt is round.\n")
	d.write("changes.md", "# Lid\n\nKeep it closed.\n")
	d.write("goes.md", "# Cord\n\nKeep it dry.\n")
	d.run()
	before := d.index.texts()
	d.write("comes.md", "# New\n\nThis is new.\n")
	d.write("changes.md", "# Lid\n\nKeep it open.\n")
	d.write("huge.md", strings.Repeat("x", 2000))
	later := time.Now().Add(time.Hour)
	require.NoError(t, os.Chtimes(filepath.Join(d.dir, "touched.md"), later, later))
	require.NoError(t, os.Remove(filepath.Join(d.dir, "goes.md")))
	end, err := d.store.FeedEnd(t.Context(), "brisk")
	require.NoError(t, err)

	s, o := d.sync(), d.options()
	s.Files, s.MaxSize, o.DryRun = unreadable{}, 1000, true
	sum, err := s.Run(t.Context(), o)
	require.NoError(t, err)
	require.Equal(t, []int{1, 1, 2, 1, 1}, []int{sum.Added, sum.Changed, sum.Unchanged, sum.Deleted, sum.Failed})
	require.Equal(t, before, d.index.texts())
	after, err := d.store.FeedEnd(t.Context(), "brisk")
	require.NoError(t, err)
	require.Equal(t, end, after, "the store was not written")
	sum = d.run()
	require.Equal(t, []int{2, 1, 2, 1}, []int{sum.Added, sum.Changed, sum.Unchanged, sum.Deleted}, "it said the truth; huge.md is read without the limit")
}

// counting counts what is read.
type counting struct {
	ingest.FileReader
	mu    sync.Mutex
	reads map[string]int
}

func (c *counting) ReadFile(ctx context.Context, path string) (ingest.Document, error) {
	c.mu.Lock()
	c.reads[filepath.Base(path)]++
	c.mu.Unlock()
	return c.FileReader.ReadFile(ctx, path)
}

func TestWhatFailedIsReadAgainOnlyWhenItChangesOrSomebodyAsks(t *testing.T) {
	d := newDesk(t)
	d.write("good.md", "# Kettle\n\nIt boils water.\n")
	d.write("bad.json", "{")
	d.write("empty.txt", "")
	d.write("much.md", strings.Repeat("x\n", 9<<20)) // more than Markdown may have
	c := &counting{FileReader: ingest.Direct{Reader: formats.All(formats.Options{})}, reads: map[string]int{}}
	s := d.sync()
	s.Files = c
	for range 3 {
		sum, err := s.Run(t.Context(), d.options())
		require.NoError(t, err)
		require.Equal(t, 2, sum.Failed)
		require.Equal(t, 1, sum.Empty)
		require.Equal(t, "damaged", sum.Failures[0].Code)
		require.Equal(t, "no_text", sum.Failures[1].Code)
		require.Equal(t, "too_large", sum.Failures[2].Code)
		require.NotEmpty(t, sum.Failures[0].Hint)
	}
	require.Equal(t, map[string]int{"good.md": 1, "bad.json": 1, "empty.txt": 1, "much.md": 1}, c.reads)
	o := d.options()
	o.DryRun = true
	sum, err := s.Run(t.Context(), o)
	require.NoError(t, err)
	require.Zero(t, sum.Added)
	require.Equal(t, 2, sum.Failed)

	o = d.options()
	o.Retry = true
	sum, err = s.Run(t.Context(), o)
	require.NoError(t, err)
	require.Equal(t, map[string]int{"good.md": 1, "bad.json": 2, "empty.txt": 2, "much.md": 2}, c.reads, "only those that failed")
	require.Zero(t, sum.Deleted+sum.Unchanged)

	d.write("bad.json", `[{"id":1,"question":"Does it boil?","answer":"Yes."}]`)
	sum, err = s.Run(t.Context(), d.options())
	require.NoError(t, err)
	require.Equal(t, 1, sum.Added)
	require.Equal(t, 1, sum.Failed)
	d.consistent()
}

func TestASourceThatIsEmptyAllOfASuddenDeletesNothing(t *testing.T) {
	d := newDesk(t)
	for i := range 12 {
		d.write(fmt.Sprintf("%02d.md", i), fmt.Sprintf("# Number %d\n\nText of number %d.\n", i, i))
	}
	d.run()
	require.NoError(t, os.Rename(d.dir, d.dir+"-away"))
	require.NoError(t, os.Mkdir(d.dir, 0o755)) // as when a share is not mounted
	sum := d.run()
	require.Zero(t, sum.Deleted)
	require.Equal(t, 1, sum.Failed)
	require.Contains(t, sum.Failures[0].Reason, "12 documents")
	require.Contains(t, sum.Failures[0].Reason, "sufflor ingest remove")
	require.NoError(t, os.Remove(d.dir))
	require.NoError(t, os.Rename(d.dir+"-away", d.dir))
	require.Equal(t, 12, d.run().Unchanged)
}

func TestTheReportOfAFile(t *testing.T) {
	d := newDesk(t)
	d.write("a.md", "# Kettle\n\nIt boils water.\n")
	s := d.sync()
	s.Originals = true
	s.Files = scanned{}
	sum, err := s.Run(t.Context(), d.options())
	require.NoError(t, err)
	e := d.events[len(d.events)-1]
	require.Equal(t, ingest.Added, e.Kind)
	require.Equal(t, d.dir, e.Root)
	require.Equal(t, 12, e.Pages)
	require.Equal(t, 5, e.Words)
	require.Equal(t, 1, e.Passages)
	require.EqualValues(t, 26, e.File)
	require.Equal(t, []string{"a picture was left out", "needs OCR: pages 3–5, 9"}, e.Warnings)
	require.Equal(t, []int{12, 5, 1}, []int{sum.Pages, sum.Words, sum.Passages})
	require.EqualValues(t, 26, sum.Read)
	docs, err := d.store.Documents(t.Context(), "brisk", store.DocumentFilter{})
	require.NoError(t, err)
	require.Equal(t, []int{12, 5}, []int{docs[0].Pages, docs[0].Words})
	require.Positive(t, docs[0].Seconds)
	f, err := d.store.Original(docs[0].Original)
	require.NoError(t, err)
	require.NoError(t, f.Close())
}

// scanned reads every file as a document with pages that are pictures.
type scanned struct{}

func (scanned) ReadFile(context.Context, string) (ingest.Document, error) {
	return ingest.Document{
		Title: "Scan", Pages: 12, Scans: []int{3, 4, 5, 9}, Warnings: []string{"a picture was left out"},
		Blocks: []ingest.Block{{Kind: ingest.Paragraph, Text: "The kettle boils the water."}},
	}, nil
}

// shelf is a source in memory that tags what it holds.
type shelf struct {
	dir     string
	items   []ingest.Item
	errs    []error // yielded after the items
	fetched []string
}

func (*shelf) Root() string { return "shelf://one" }

func (s *shelf) List(context.Context) iter.Seq2[ingest.Item, error] {
	return func(yield func(ingest.Item, error) bool) {
		for _, it := range s.items {
			if !yield(it, nil) {
				return
			}
		}
		for _, err := range s.errs {
			if !yield(ingest.Item{}, err) {
				return
			}
		}
	}
}

func (s *shelf) Fetch(_ context.Context, it ingest.Item, _ int64) (string, func(), error) {
	s.fetched = append(s.fetched, it.Path)
	f, err := os.CreateTemp(s.dir, "*.md")
	if err != nil {
		return "", func() {}, err
	}
	_, err = f.WriteString("# Page\n\nThis is " + it.Path + ".\n")
	return f.Name(), func() { _ = os.Remove(f.Name()) }, errors.Join(err, f.Close())
}

func TestASourceWithTags(t *testing.T) {
	d := newDesk(t)
	src := &shelf{dir: t.TempDir(), items: []ingest.Item{{Path: "a", Size: -1, Tag: "1"}, {Path: "b/c", Size: -1, Tag: "1"}, {Path: "d", Size: -1}}}
	o := d.options()
	o.Sources = []ingest.Source{src}
	s := d.sync()
	s.Workers = 1 // shelf.fetched is not guarded
	run := func() ingest.Summary {
		t.Helper()
		src.fetched = nil
		sum, err := s.Run(t.Context(), o)
		require.NoError(t, err)
		left, err := os.ReadDir(src.dir)
		require.NoError(t, err)
		require.Empty(t, left, "what was fetched is removed")
		d.consistent()
		return sum
	}
	require.Equal(t, 3, run().Added)
	require.Equal(t, 3, run().Unchanged)
	require.Equal(t, []string{"d"}, src.fetched, "only what has no tag")

	src.items[0].Tag = "2"
	require.Equal(t, 3, run().Unchanged, "another tag, the same content")
	require.Equal(t, []string{"a", "d"}, src.fetched)
	run()
	require.Equal(t, []string{"d"}, src.fetched, "the new tag was noted")

	src.items, src.errs = src.items[:1], []error{&ingest.Gap{Path: "b", Err: errors.New("503")}, &ingest.Skipped{Path: "x", Reason: "robots.txt"}}
	sum := run()
	require.Equal(t, 1, sum.Deleted, "d is gone, what lies below b was not looked at")
	require.Equal(t, 1, sum.Failed)
	require.Equal(t, 1, sum.Skipped)
	require.Len(t, d.index.have, 2)

	src.items, src.errs = nil, []error{errors.New("no network")}
	_, err := s.Run(t.Context(), o)
	require.ErrorContains(t, err, "no network")
	require.Len(t, d.index.have, 2, "a list that breaks off deletes nothing")
	d.consistent()
}

func TestADeletedFileIsGoneBeforeItIsReported(t *testing.T) {
	d := newDesk(t)
	d.write("a.md", "# Kettle\n\nIt boils water.\n")
	d.write("b.md", "# Lid\n\nKeep it closed.\n")
	d.run()
	require.NoError(t, os.Remove(filepath.Join(d.dir, "a.md")))
	o := d.options()
	told := false
	o.Progress = func(e ingest.Event) {
		if e.Kind == ingest.Deleted {
			told = true
			require.Equal(t, []string{"b.md: Keep it closed."}, d.index.texts())
			d.consistent()
		}
	}
	_, err := d.sync().Run(t.Context(), o)
	require.NoError(t, err)
	require.True(t, told)
}

func TestAFileThatIsSlowToCutCostsItselfOnly(t *testing.T) {
	d := newDesk(t)
	d.write("a.md", "# Kettle\n\nIt boils water.\n")
	d.write("b.md", "# Lamp\n\nIt gives light.\n")
	s := d.sync()
	s.Cutting = time.Nanosecond // no document is that quick
	sum, err := s.Run(t.Context(), d.options())
	require.NoError(t, err)
	require.Equal(t, 2, sum.Failed)
	require.Equal(t, "a.md was not cut into passages within 1ns: damaged", sum.Failures[0].Reason)
	require.NotEmpty(t, sum.Failures[0].Hint)

	again := d.options()
	again.Retry = true
	sum, err = d.sync().Run(t.Context(), again)
	require.NoError(t, err)
	require.Equal(t, 2, sum.Added)
	d.consistent()
}
