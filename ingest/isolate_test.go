package ingest_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/sufflor/sufflor/ingest"
)

// TestMain makes the test binary a read worker when it is started as one.
func TestMain(m *testing.M) {
	if len(os.Args) > 1 && os.Args[1] == "read-worker" {
		os.Exit(ingest.WorkerMain(context.Background(), wild{}, os.Args[2:], os.Stdin, os.Stdout, os.Stderr))
	}
	if len(os.Args) > 2 && os.Args[1] == "read-parent" {
		i := &ingest.Isolated{Command: []string{os.Args[0], "read-worker"}, Limits: ingest.Limits{Wall: 3 * time.Second}}
		_, _ = i.ReadFile(context.Background(), os.Args[2])
		os.Exit(1)
	}
	os.Exit(m.Run())
}

// wild is a reader that does whatever its file says.
type wild struct{}

func (wild) Read(_ context.Context, in ingest.Input) (ingest.Document, error) {
	data, err := ingest.ReadAll(in)
	if err != nil {
		return ingest.Document{}, err
	}
	switch text := string(data); text {
	case "panic":
		panic("this file is wild")
	case "die": // what recover cannot stop
		var m map[string]int
		go func() { m["x"]++ }()
		select {}
	case "loop":
		for {
			runtime.Gosched()
		}
	case "memory":
		var all [][]byte
		for {
			all = append(all, bytes.Repeat([]byte{1}, 16<<20))
			if len(all) > 1000 {
				return ingest.Document{}, nil // 16 GB: nothing stopped us
			}
		}
	case "much":
		return ingest.Document{Title: strings.Repeat("x", 4<<20)}, nil
	case "scan", "half a scan", "scan that recognition cannot read":
		doc := ingest.Document{Title: text, Pages: 2, Scans: []int{2}}
		switch {
		case in.Recognize && text == "scan that recognition cannot read":
			return doc, ingest.ErrDamaged
		case in.Recognize:
			return ingest.Document{Title: text, Pages: 2, Blocks: []ingest.Block{{Kind: ingest.Paragraph, Text: "recognised"}}}, nil
		case text == "scan":
			return doc, ingest.ErrNeedsOCR
		}
		doc.Blocks = []ingest.Block{{Kind: ingest.Paragraph, Text: "its first page"}}
		return doc, nil
	case "litter":
		if _, err := os.MkdirTemp("", "litter-"); err != nil {
			return ingest.Document{}, err
		}
		select {}
	case "encrypted":
		return ingest.Document{}, ingest.ErrEncrypted
	default:
		pid, err := json.Marshal(os.Getpid())
		return ingest.Document{Title: text, Language: string(pid), Warnings: os.Environ()}, err
	}
}

func isolated(t *testing.T, l ingest.Limits) *ingest.Isolated {
	t.Helper()
	exe, err := os.Executable()
	require.NoError(t, err)
	i := &ingest.Isolated{Command: []string{exe, "read-worker"}, Limits: l}
	t.Cleanup(func() { require.NoError(t, i.Close()) })
	return i
}

func put(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "file.txt")
	require.NoError(t, os.WriteFile(path, []byte(text), 0o644))
	return path
}

func TestAWorkerReadsManyFilesAndKnowsNoSecrets(t *testing.T) {
	t.Setenv("SUFFLOR_SECRET", "hunter2")
	i := isolated(t, ingest.Limits{})
	first, err := i.ReadFile(t.Context(), put(t, "one"))
	require.NoError(t, err)
	second, err := i.ReadFile(t.Context(), put(t, "two"))
	require.NoError(t, err)
	require.Equal(t, "one", first.Title)
	require.Equal(t, "two", second.Title)
	require.Equal(t, first.Language, second.Language, "the same process read both")
	require.NotContains(t, strings.Join(second.Warnings, "\n"), "hunter2")
}

func TestAKilledWorkerLeavesNoFilesBehind(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("TMPDIR is how Unix names the folder")
	}
	temp := t.TempDir()
	t.Setenv("TMPDIR", temp)
	i := isolated(t, ingest.Limits{Wall: time.Second})
	path := put(t, "litter")
	_, err := i.ReadFile(t.Context(), path)
	require.ErrorContains(t, err, "1s")
	left, err := filepath.Glob(filepath.Join(temp, "sufflor-worker-*"))
	require.NoError(t, err)
	require.Empty(t, left)
}

func TestFoldersOfWorkersThatAreGoneAreSwept(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("nothing marks them elsewhere")
	}
	temp := t.TempDir()
	t.Setenv("TMPDIR", temp)
	old := time.Now().Add(-time.Hour)
	for _, name := range []string{"sufflor-worker-gone", "sufflor-worker-new", "somebody-else"} {
		require.NoError(t, os.Mkdir(filepath.Join(temp, name), 0o700))
		require.NoError(t, os.WriteFile(filepath.Join(temp, name, "page.png"), []byte("x"), 0o600))
		if name != "sufflor-worker-new" {
			require.NoError(t, os.Chtimes(filepath.Join(temp, name), old, old))
		}
	}
	folders := func() (out []string) {
		entries, err := os.ReadDir(temp)
		require.NoError(t, err)
		for _, e := range entries {
			out = append(out, e.Name())
		}
		return out
	}

	first := isolated(t, ingest.Limits{})
	_, err := first.ReadFile(t.Context(), put(t, "one"))
	require.NoError(t, err)
	require.NotContains(t, folders(), "sufflor-worker-gone")
	require.Subset(t, folders(), []string{"somebody-else", "sufflor-worker-new"})

	for _, name := range folders() { // the first one's worker, which lives, looks old, too
		require.NoError(t, os.Chtimes(filepath.Join(temp, name), old, old))
	}
	require.Len(t, folders(), 3)
	second := isolated(t, ingest.Limits{})
	_, err = second.ReadFile(t.Context(), put(t, "two"))
	require.NoError(t, err)
	require.NotContains(t, folders(), "sufflor-worker-new")
	require.Len(t, folders(), 3, "those of two workers, and somebody else's")
	_, err = first.ReadFile(t.Context(), put(t, "three"))
	require.NoError(t, err)
}

func TestAWorkerWhoseParentWasKilledKeepsItsFolderAndEnds(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("nothing marks folders elsewhere")
	}
	temp := t.TempDir()
	t.Setenv("TMPDIR", temp)
	exe, err := os.Executable()
	require.NoError(t, err)
	parent := exec.Command(exe, "read-parent", put(t, "litter"))
	require.NoError(t, parent.Start())
	litter := func() []string {
		found, err := filepath.Glob(filepath.Join(temp, "sufflor-worker-*", "litter-*"))
		require.NoError(t, err)
		return found
	}
	require.Eventually(t, func() bool { return len(litter()) > 0 }, time.Minute, 5*time.Millisecond)
	folder := filepath.Dir(litter()[0])
	require.NoError(t, parent.Process.Kill())
	_, _ = parent.Process.Wait()
	old := time.Now().Add(-time.Hour)
	require.NoError(t, os.Chtimes(folder, old, old))

	other := isolated(t, ingest.Limits{})
	_, err = other.ReadFile(t.Context(), put(t, "one"))
	require.NoError(t, err)
	require.DirExists(t, folder, "its worker, which reads yet, has it open")
	require.Eventually(t, func() bool {
		_, err := os.Stat(folder)
		return errors.Is(err, fs.ErrNotExist)
	}, time.Minute, 50*time.Millisecond, "the worker ends by itself and takes its folder along")
}

func TestAFileMayHaveANameOfAnotherCharset(t *testing.T) {
	path := filepath.Join(t.TempDir(), "bl\xe5.txt") // Latin-1, from an old archive
	if err := os.WriteFile(path, []byte("one"), 0o644); err != nil {
		t.Skip("this file system takes UTF-8 only")
	}
	doc, err := isolated(t, ingest.Limits{}).ReadFile(t.Context(), path)
	require.NoError(t, err)
	require.Equal(t, "one", doc.Title)
}

func TestAWildFileCostsAnErrorAndNothingElse(t *testing.T) {
	if testing.Short() {
		t.Skip("waits for limits")
	}
	tests := []struct {
		name, text string
		limits     ingest.Limits
		want       error
		says       string
	}{
		{name: "a panic names itself", text: "panic", want: ingest.ErrDamaged, says: "this file is wild"},
		{name: "a fatal error is told from its first line", text: "die", want: ingest.ErrDamaged, says: "nil map"},
		{name: "an endless loop ends with the wall clock", text: "loop", limits: ingest.Limits{Wall: 200 * time.Millisecond}, want: ingest.ErrDamaged, says: "200ms"},
		{name: "too long a text is refused before it is read", text: "much", limits: ingest.Limits{Output: 1 << 20}, want: ingest.ErrTooLarge, says: "more than 1 MB"},
		{name: "our errors come through", text: "encrypted", want: ingest.ErrEncrypted, says: "password"},
	}
	if runtime.GOOS == "linux" {
		tests = append(tests, []struct {
			name, text string
			limits     ingest.Limits
			want       error
			says       string
		}{
			{name: "an endless loop ends with its processor time", text: "loop", limits: ingest.Limits{CPU: time.Second}, want: ingest.ErrDamaged, says: "processor time"},
			{name: "a memory bomb ends with its memory", text: "memory", limits: ingest.Limits{Memory: 256 << 20}, want: ingest.ErrTooLarge, says: "memory"},
		}...)
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			i := isolated(t, tt.limits)
			_, err := i.ReadFile(t.Context(), put(t, tt.text))
			require.ErrorIs(t, err, tt.want)
			require.ErrorContains(t, err, tt.says)
			require.ErrorContains(t, err, tt.want.Error())
			i.Limits = ingest.Limits{} // a busy machine may need longer to start one
			after, err := i.ReadFile(t.Context(), put(t, "after"))
			require.NoError(t, err, "the next file has a new worker")
			require.Equal(t, "after", after.Title)
		})
	}
}

func TestWorkersReadSideBySide(t *testing.T) {
	i := isolated(t, ingest.Limits{})
	var wg sync.WaitGroup
	for range 4 {
		path := put(t, "same")
		wg.Go(func() {
			for range 5 {
				doc, err := i.ReadFile(t.Context(), path)
				if err != nil || doc.Title != "same" {
					t.Errorf("read %q, %v", doc.Title, err)
				}
			}
		})
	}
	wg.Wait()
}

func TestNoWorkerIsNoFaultOfTheFile(t *testing.T) {
	i := &ingest.Isolated{Command: []string{filepath.Join(t.TempDir(), "missing")}}
	_, err := i.ReadFile(t.Context(), put(t, "one"))
	require.ErrorIs(t, err, ingest.ErrNoWorker)
	require.NotErrorIs(t, err, ingest.ErrDamaged)

	d := newDesk(t)
	d.write("a.md", "# Kettle\n\nIt boils water.\n")
	s := d.sync()
	s.Files = i
	sum, err := s.Run(t.Context(), d.options())
	require.ErrorIs(t, err, ingest.ErrNoWorker)
	require.Empty(t, sum.Failed, "a run without workers must not mark files as bad")
}

func TestCancelledReadsSayThatTheyWereCancelled(t *testing.T) {
	i := isolated(t, ingest.Limits{})
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	_, err := i.ReadFile(ctx, put(t, "loop"))
	require.ErrorIs(t, err, context.DeadlineExceeded)
	require.NotErrorIs(t, err, ingest.ErrDamaged)
}

func TestAWorkerReadsTheFilesOfItsArguments(t *testing.T) {
	exe, err := os.Executable()
	require.NoError(t, err)
	out, err := exec.CommandContext(t.Context(), exe, "read-worker", put(t, "one")).Output()
	require.NoError(t, err)
	require.Len(t, out, 8+int(binary.BigEndian.Uint64(out)))
	var answer struct{ Document ingest.Document }
	require.NoError(t, json.Unmarshal(out[8:], &answer))
	require.Equal(t, "one", answer.Document.Title)

	cmd := exec.CommandContext(t.Context(), exe, "read-worker")
	cmd.Stdin = strings.NewReader("not a request\n")
	problems, err := cmd.CombinedOutput()
	require.Error(t, err)
	require.Contains(t, string(problems), "not understood")
}

func TestDirectTurnsPanicsIntoErrors(t *testing.T) {
	_, err := ingest.Direct{Reader: wild{}}.ReadFile(t.Context(), put(t, "panic"))
	require.ErrorIs(t, err, ingest.ErrDamaged)
	_, err = ingest.Direct{Reader: wild{}}.ReadFile(t.Context(), filepath.Join(t.TempDir(), "missing"))
	require.ErrorIs(t, err, os.ErrNotExist)
	_, err = ingest.Direct{Reader: wild{}}.ReadFile(t.Context(), t.TempDir())
	require.ErrorIs(t, err, ingest.ErrUnsupported)
}

func TestPicturesAreRecognisedInASecondPass(t *testing.T) {
	tests := []struct {
		name, text string
		ocr        ingest.OCR
		want       string // of the first block
		err        error
	}{
		{name: "a scan", text: "scan", want: "recognised"},
		{name: "a file with a page that is a picture", text: "half a scan", want: "recognised"},
		{name: "a scan, where recognition is off", text: "scan", ocr: ingest.Never, err: ingest.ErrNeedsOCR},
		{name: "a file with a page of text, where recognition is off", text: "half a scan", ocr: ingest.Never, want: "its first page"},
		{name: "a second pass that fails keeps what the first one found", text: "scan that recognition cannot read", want: "its first page"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			i := isolated(t, ingest.Limits{})
			i.OCR = tt.ocr
			readers := map[string]ingest.FileReader{"isolated": i, "direct": ingest.Direct{Reader: wild{}, OCR: tt.ocr}}
			for name, r := range readers {
				doc, err := r.ReadFile(t.Context(), put(t, tt.text))
				if tt.err != nil {
					require.ErrorIs(t, err, tt.err, name)
					require.Equal(t, []int{2}, doc.Scans, name)
					continue
				}
				require.NoError(t, err, name)
				require.Equal(t, tt.want, doc.Blocks[0].Text, name)
			}
		})
	}
}
