package ingest_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sufflor/sufflor/ingest"
)

// left lists the files of a folder that an ignore file leaves over.
func left(t *testing.T, ignore string, names ...string) (out []string) {
	t.Helper()
	dir := t.TempDir()
	for _, name := range names {
		full := filepath.Join(dir, name)
		require.NoError(t, os.MkdirAll(filepath.Dir(full), 0o755))
		require.NoError(t, os.WriteFile(full, []byte("x"), 0o644))
	}
	require.NoError(t, os.WriteFile(filepath.Join(dir, ingest.IgnoreFile), []byte(ignore), 0o644))
	f, err := ingest.NewFolder(dir)
	require.NoError(t, err)
	for it, err := range f.List(t.Context()) {
		require.NoError(t, err)
		out = append(out, it.Path)
	}
	return out
}

// The cases are those that gitignore(5) describes.
func TestIgnorePatterns(t *testing.T) {
	for _, tt := range []struct {
		name, ignore string
		files, want  []string
	}{
		{"a name counts at any depth", "x.md", []string{"x.md", "a/x.md", "a/b/x.md", "y.md"}, []string{"y.md"}},
		{"a leading slash ties it to the folder", "/x.md", []string{"x.md", "a/x.md"}, []string{"a/x.md"}},
		{"a slash in the middle does so too", "a/x.md", []string{"a/x.md", "b/a/x.md"}, []string{"b/a/x.md"}},
		{"a trailing slash means folders only", "x/", []string{"x/1.md", "a/x/2.md", "b/x"}, []string{"b/x"}},
		{"a folder takes all below it along", "a", []string{"a/1.md", "a/b/2.md", "c/a/3.md", "ab.md"}, []string{"ab.md"}},
		{"a star stops at a slash", "a/*.md", []string{"a/1.md", "a/b/2.md"}, []string{"a/b/2.md"}},
		{"two stars in front are any folder", "**/x/1.md", []string{"x/1.md", "a/x/1.md", "x/2.md"}, []string{"x/2.md"}},
		{"two stars at the end are all inside", "a/**", []string{"a/1.md", "a/b/2.md", "b/3.md"}, []string{"b/3.md"}},
		{"two stars in the middle are any depth", "a/**/z.md", []string{"a/z.md", "a/b/z.md", "a/b/c/z.md", "z.md"}, []string{"z.md"}},
		{"two stars elsewhere are one", "a**b.md", []string{"axb.md", "ab.md", "b.md"}, []string{"b.md"}},
		{"a question mark is one character", "?.md", []string{"a.md", "ab.md"}, []string{"ab.md"}},
		{"a set", "[a-c]1.md", []string{"a1.md", "d1.md"}, []string{"d1.md"}},
		{"a set of others", "[!a-c]1.md", []string{"a1.md", "d1.md"}, []string{"a1.md"}},
		{"a set with a closing bracket first", "[]a]1.md", []string{"]1.md", "a1.md", "b1.md"}, []string{"b1.md"}},
		{"a later line takes back", "*.md\n!keep.md", []string{"keep.md", "x.md"}, []string{"keep.md"}},
		{"what lies in a folder left out cannot be taken back", "a/\n!a/keep.md", []string{"a/keep.md", "b.md"}, []string{"b.md"}},
		{"a comment", "# x.md\n\\#y.md", []string{"x.md", "#y.md"}, []string{"x.md"}},
		{"an exclamation mark as such", `\!x.md`, []string{"!x.md", "x.md"}, []string{"x.md"}},
		{"spaces at the end do not count", "x.md   ", []string{"x.md", "y.md"}, []string{"y.md"}},
		{"a quoted space does", "x.md\\ ", []string{"x.md ", "x.md"}, []string{"x.md"}},
		{"letters of other alphabets", "brød/*ål*.md", []string{"brød/kål1.md", "brød/x.md"}, []string{"brød/x.md"}},
		{"signs of regular expressions are letters", "a.b+(c)$.md", []string{"a.b+(c)$.md", "axb+(c)$.md"}, []string{"axb+(c)$.md"}},
		{"lines of Windows and a byte order mark", "\ufeffx.md\r\ny.md\r\n", []string{"x.md", "y.md", "z.md"}, []string{"z.md"}},
		{"what is never a document can be taken back", "!*.tmp", []string{"x.tmp", "y.md", "~$x.docx"}, []string{"x.tmp", "y.md"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			require.Equal(t, tt.want, left(t, tt.ignore, tt.files...))
		})
	}
}

func TestWhatNoSourceHasToName(t *testing.T) {
	for _, passed := range []string{".git/config", "a/~$plan.docx", "Thumbs.db", "x/__MACOSX/y", "plan.docx~", "a/half.part", "@eaDir/a.pdf", "#recycle/a.pdf", "lost+found/"} {
		require.True(t, ingest.PassedOver(passed), passed)
	}
	for _, read := range []string{"a/plan.docx", "lost+found", "a//b", "", "parts/a.pdf"} {
		require.False(t, ingest.PassedOver(read), read)
	}
}

func FuzzIgnoreFile(f *testing.F) {
	for _, seed := range []string{"*.md\n!x.md", "[a-", "a/**/b\\", "[[:alpha:]]", "!", "/", "**", "[^]x", "\\", strings.Repeat("*a", 400)} {
		f.Add(seed)
	}
	dir := f.TempDir()
	require.NoError(f, os.WriteFile(filepath.Join(dir, "aaaaaaaaaaaaaaaaaaaaaaaaaaaaab.md"), []byte("x"), 0o644))
	folder, err := ingest.NewFolder(dir)
	require.NoError(f, err)
	f.Fuzz(func(t *testing.T, text string) {
		require.NoError(t, os.WriteFile(filepath.Join(dir, ingest.IgnoreFile), []byte(text), 0o644))
		for _, err := range folder.List(t.Context()) {
			if err != nil {
				require.ErrorContains(t, err, ingest.IgnoreFile)
			}
		}
	})
}
