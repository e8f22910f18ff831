package index_test

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sufflor/sufflor/index"
)

func open(tb testing.TB, dir string) *index.Local {
	tb.Helper()
	x, err := index.Open(tb.Context(), dir, index.Options{})
	require.NoError(tb, err)
	tb.Cleanup(func() { require.NoError(tb, x.Close()) })
	return x
}

// passage is one of workspace w in an unknown language, so that words stay as
// they are.
func passage(id, text string) index.Passage {
	return index.Passage{ID: id, Workspace: "w", Audience: index.Public, Document: "d-" + id, Text: text, Kind: index.KindText}
}

func elsewhere(id, text string) index.Passage {
	p := passage(id, text)
	p.Workspace = "elsewhere"
	return p
}

func in(language string, p index.Passage) index.Passage {
	p.Language = language
	return p
}

func ids(tb testing.TB, x *index.Local, q index.Query) []string {
	tb.Helper()
	if q.Workspace == "" {
		q.Workspace = "w"
	}
	res, err := x.Search(tb.Context(), q)
	require.NoError(tb, err)
	require.Empty(tb, res.Degraded)
	out := []string{}
	for _, h := range res.Hits {
		out = append(out, h.ID)
	}
	return out
}

func TestApplyReplacesAndDeletes(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	x := open(t, dir)
	ctx := t.Context()
	require.NoError(t, x.Apply(ctx, index.Batch{Put: []index.Passage{passage("a", "bolt"), passage("b", "bolt"), in("nb", passage("c", "bolt"))}}))
	require.NoError(t, x.Apply(ctx, index.Batch{
		Put:    []index.Passage{passage("a", "thrown away"), passage("a", "flens"), passage("b", "mutter")},
		Delete: []string{"b", "c", "never there", ""},
	}))
	check := func(t *testing.T, x *index.Local) {
		t.Helper()
		ctx := t.Context()
		require.Empty(t, ids(t, x, index.Query{Text: "bolt"}))
		require.Equal(t, []string{"a"}, ids(t, x, index.Query{Text: "flens"}))
		require.Equal(t, []string{"b"}, ids(t, x, index.Query{Text: "mutter"}), "put after delete in one batch")
		all, err := x.IDs(ctx, "")
		require.NoError(t, err)
		require.Equal(t, []string{"a", "b"}, all)
		s, err := x.Stats(ctx)
		require.NoError(t, err)
		require.Equal(t, 2, s.Passages)
		require.Equal(t, map[string]int{"": 2}, s.ByLanguage)
		require.Positive(t, s.Bytes)
		there, err := x.Contains(ctx, "a")
		require.NoError(t, err)
		require.True(t, there)
		gone, err := x.Contains(ctx, "c")
		require.NoError(t, err)
		require.False(t, gone)
	}
	check(t, x)
	require.NoError(t, x.Close())
	require.NoError(t, x.Close(), "closing twice does nothing")
	_, err := x.Search(ctx, index.Query{Workspace: "w", Text: "bolt"})
	require.ErrorIs(t, err, index.ErrClosed)
	require.ErrorIs(t, x.Apply(ctx, index.Batch{Delete: []string{"a"}}), index.ErrClosed)
	check(t, open(t, dir))
}

func TestAPassageMayMoveToAnotherWorkspace(t *testing.T) {
	t.Parallel()
	x := open(t, t.TempDir())
	require.NoError(t, x.Apply(t.Context(), index.Batch{Put: []index.Passage{passage("a", "bolt")}}))
	require.NoError(t, x.Apply(t.Context(), index.Batch{Put: []index.Passage{elsewhere("a", "bolt")}}))
	require.Empty(t, ids(t, x, index.Query{Text: "bolt"}))
	require.Equal(t, []string{"a"}, ids(t, x, index.Query{Workspace: "elsewhere", Text: "bolt"}))
	here, err := x.IDs(t.Context(), "w")
	require.NoError(t, err)
	require.Empty(t, here)
}

func TestApplyRefusesInvalidPassagesWhole(t *testing.T) {
	t.Parallel()
	x := open(t, t.TempDir())
	err := x.Apply(t.Context(), index.Batch{Put: []index.Passage{
		passage("good", "bolt"),
		{ID: "", Workspace: "w", Audience: index.Public},
		{ID: "b", Audience: index.Public},
		{ID: "c", Workspace: "w\x00elsewhere", Audience: index.Public},
		{ID: "d", Workspace: "w", Audience: "everyone"},
	}})
	require.ErrorIs(t, err, index.ErrInvalid)
	for _, want := range []string{`put[1] ""`, "id: required", `put[2] "b"`, "workspace: required", "zero byte", `audience: "everyone"`} {
		require.ErrorContains(t, err, want)
	}
	require.Empty(t, ids(t, x, index.Query{Text: "bolt"}))
}

func TestResetEmptiesEveryWorkspace(t *testing.T) {
	t.Parallel()
	x := open(t, t.TempDir())
	require.NoError(t, x.Apply(t.Context(), index.Batch{Put: []index.Passage{passage("a", "bolt"), elsewhere("b", "bolt")}}))
	require.NoError(t, x.Reset(t.Context()))
	all, err := x.IDs(t.Context(), "")
	require.NoError(t, err)
	require.Empty(t, all)
	require.NoError(t, x.Apply(t.Context(), index.Batch{Put: []index.Passage{passage("a", "flens")}}))
	require.Equal(t, []string{"a"}, ids(t, x, index.Query{Text: "flens"}))
}

func TestASecondOpenIsRefusedAtOnce(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	x := open(t, dir)
	_, err := index.Open(t.Context(), dir, index.Options{})
	require.ErrorIs(t, err, index.ErrLocked)
	require.ErrorContains(t, err, dir)
	require.ErrorIs(t, index.Remove(dir), index.ErrLocked)
	require.NoError(t, x.Close())
	again := open(t, dir)
	require.NoError(t, again.Close())
	require.NoError(t, index.Remove(dir))
}

// filled is the folder of a closed index with a few segments.
func filled(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	x := open(t, dir)
	for i := range 3 {
		require.NoError(t, x.Apply(t.Context(), index.Batch{Put: []index.Passage{passage(fmt.Sprint("p", i), "bolt og mutter og skrue")}}))
	}
	require.NoError(t, x.Close())
	return dir
}

func files(t *testing.T, dir, pattern string) []string {
	t.Helper()
	found, err := filepath.Glob(filepath.Join(dir, "bleve", pattern))
	require.NoError(t, err)
	require.NotEmpty(t, found)
	return found
}

func TestOpenTellsDamage(t *testing.T) {
	t.Parallel()
	edit := func(path string, change func([]byte) []byte) error {
		raw, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		return os.WriteFile(path, change(raw), 0o600)
	}
	each := func(pattern string, change func(string) error) func(*testing.T, string) error {
		return func(t *testing.T, dir string) error {
			t.Helper()
			var errs []error
			for _, f := range files(t, dir, pattern) {
				errs = append(errs, change(f))
			}
			return errors.Join(errs...)
		}
	}
	half := func(p string) error { return edit(p, func(b []byte) []byte { return b[:len(b)/2] }) }
	empty := func(p string) error { return edit(p, func([]byte) []byte { return nil }) }
	flip := func(p string) error {
		return edit(p, func(b []byte) []byte { b[len(b)/3] ^= 0x55; return b })
	}
	garble := func(p string) error {
		return edit(p, func(b []byte) []byte { return bytes.Repeat([]byte{0xa5}, len(b)) })
	}
	garbleData := func(p string) error { // the two meta pages stay good
		return edit(p, func(b []byte) []byte {
			page := os.Getpagesize()
			copy(b[2*page:], bytes.Repeat([]byte{0xa5}, len(b)-2*page))
			return b
		})
	}
	manifest := func(text string) func(*testing.T, string) error {
		return func(_ *testing.T, dir string) error {
			return os.WriteFile(filepath.Join(dir, "sufflor-index.json"), []byte(text), 0o600)
		}
	}
	for _, tt := range []struct {
		name   string
		damage func(*testing.T, string) error
		want   error
		say    string
	}{
		{"segments cut in half", each("*.zap", half), index.ErrCorrupt, "checksum"},
		{"empty segments", each("*.zap", empty), index.ErrCorrupt, "truncated"},
		{"one wrong byte in a segment", each("*.zap", flip), index.ErrCorrupt, "checksum"},
		{"missing segments", each("*.zap", os.Remove), index.ErrCorrupt, ".zap"},
		{"a garbled root", each("root.bolt", garble), index.ErrCorrupt, "root.bolt"},
		{"a root with garbled pages", each("root.bolt", garbleData), index.ErrCorrupt, ""},
		{"a root cut off", each("root.bolt", func(p string) error { // behind the last page in use there may be as much again
			return edit(p, func(b []byte) []byte { return b[:3*os.Getpagesize()] })
		}), index.ErrCorrupt, ""},
		{"a root of two pages", each("root.bolt", func(p string) error {
			return edit(p, func(b []byte) []byte { return b[:2*os.Getpagesize()] })
		}), index.ErrCorrupt, ""},
		{"an empty root", each("root.bolt", empty), index.ErrCorrupt, "root.bolt"},
		{"a missing root", each("root.bolt", os.Remove), index.ErrCorrupt, "root.bolt"},
		{"no engine folder", func(_ *testing.T, dir string) error { return os.RemoveAll(filepath.Join(dir, "bleve")) }, index.ErrCorrupt, "root.bolt"},
		{"no manifest", func(_ *testing.T, dir string) error { return os.Remove(filepath.Join(dir, "sufflor-index.json")) }, index.ErrCorrupt, "sufflor-index.json"},
		{"a manifest that is no JSON", manifest("{"), index.ErrCorrupt, "sufflor-index.json"},
		{"a manifest that says nothing", manifest("{}"), index.ErrCorrupt, "format"},
		{"another format", manifest(`{"format":9999,"analysis":1,"ready":true}`), index.ErrVersion, "9999"},
		{"another analysis", manifest(`{"format":3,"analysis":9999,"ready":true}`), index.ErrVersion, "9999"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			dir := filled(t)
			require.NoError(t, tt.damage(t, dir))
			_, err := index.Open(t.Context(), dir, index.Options{})
			require.ErrorIs(t, err, tt.want)
			require.ErrorContains(t, err, tt.say)
			require.ErrorContains(t, err, dir)
			require.ErrorContains(t, err, "sufflor reindex")

			require.NoError(t, index.Remove(dir), "what is damaged can be built again")
			x := open(t, dir)
			all, err := x.IDs(t.Context(), "")
			require.NoError(t, err)
			require.Empty(t, all)
		})
	}
}

func TestACrashWhileCreatingIsNoDamage(t *testing.T) {
	t.Parallel()
	dir := filled(t)
	manifest, err := os.ReadFile(filepath.Join(dir, "sufflor-index.json"))
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(filepath.Join(dir, "sufflor-index.json"), []byte(strings.Replace(string(manifest), "true", "false", 1)), 0o600))
	x := open(t, dir)
	all, err := x.IDs(t.Context(), "")
	require.NoError(t, err)
	require.Empty(t, all)
}

// TestWhatWasAppliedSurvivesACrash lets a process of its own apply batches and
// kills it in the middle: whatever it said was applied must be there.
func TestWhatWasAppliedSurvivesACrash(t *testing.T) {
	t.Parallel()
	const folder = "SUFFLOR_TEST_CRASH"
	if dir := os.Getenv(folder); dir != "" { // the process to be killed
		x := open(t, dir)
		for i := range 100_000 {
			id := fmt.Sprintf("p%05d", i)
			require.NoError(t, x.Apply(t.Context(), index.Batch{Put: []index.Passage{passage(id, "bolt")}}))
			fmt.Println("applied", id)
		}
		return
	}
	dir := t.TempDir()
	child := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^"+t.Name()+"$")
	child.Env = append(os.Environ(), folder+"="+dir)
	out, err := child.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, child.Start())
	var applied []string
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		if id, ok := strings.CutPrefix(lines.Text(), "applied "); ok {
			applied = append(applied, id)
		}
		if len(applied) == 60 {
			require.NoError(t, child.Process.Kill())
		}
	}
	require.Error(t, child.Wait(), "it was killed")
	require.GreaterOrEqual(t, len(applied), 60)

	x := open(t, dir)
	there := ids(t, x, index.Query{Text: "bolt", Limit: 100_000})
	require.Subset(t, there, applied)
	require.LessOrEqual(t, len(there), len(applied)+1, "at most the batch it was busy with")
	s, err := x.Stats(t.Context())
	require.NoError(t, err)
	require.Equal(t, len(there), s.Passages, "statistics and passages are of one moment")
}

func TestCancelledWorkStops(t *testing.T) {
	t.Parallel()
	x := open(t, t.TempDir())
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	require.ErrorIs(t, x.Apply(ctx, index.Batch{Put: []index.Passage{passage("a", "bolt")}}), context.Canceled)
	require.NoError(t, x.Apply(t.Context(), index.Batch{Put: []index.Passage{passage("b", "bolt")}}))
	_, err := x.Search(ctx, index.Query{Workspace: "w", Text: "bolt"})
	require.ErrorIs(t, err, context.Canceled)
	_, err = x.IDs(ctx, "")
	require.ErrorIs(t, err, context.Canceled)
	_, err = x.IDF(ctx, "w", "", []string{"bolt"})
	require.ErrorIs(t, err, context.Canceled)
	_, err = index.Open(ctx, t.TempDir(), index.Options{})
	require.ErrorIs(t, err, context.Canceled)
	require.Equal(t, []string{"b"}, ids(t, x, index.Query{Text: "bolt"}))
}
