package ingest

import (
	"cmp"
	"context"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/sufflor/sufflor/store"
)

const (
	maxFiles   = 1_000_000
	maxFolders = 64 // nested
)

// file is a file of a root.
type file struct {
	root     string // absolute
	path     string // below root, with "/"; the base name when root is the file
	absolute string
	size     int64
	modified time.Time
}

// tree is what lies under the roots.
type tree struct {
	roots      []string
	files      []file // by root and path
	unreadable []Failure
	hidden     []hidden
}

// hidden is a folder or file that exists but could not be looked at.
type hidden struct{ root, path string }

// hides reports whether a document lies where we could not look.
func (t tree) hides(root, path string) bool {
	for _, h := range t.hidden {
		if h.root == root && (h.path == "" || path == h.path || strings.HasPrefix(path, h.path+"/")) {
			return true
		}
	}
	return false
}

// walk lists the files under paths in a fixed order. A path inside another one
// is part of that one.
func walk(ctx context.Context, paths []string) (tree, error) {
	var t tree
	for _, p := range paths {
		absolute, err := filepath.Abs(p)
		if err != nil {
			return tree{}, fmt.Errorf("find %s: %w", p, err)
		}
		t.roots = append(t.roots, absolute)
	}
	slices.Sort(t.roots)
	t.roots = slices.Compact(t.roots)
	t.roots = slices.DeleteFunc(slices.Clone(t.roots), func(r string) bool {
		return slices.ContainsFunc(t.roots, func(other string) bool {
			return other != r && strings.HasPrefix(r, strings.TrimSuffix(other, string(filepath.Separator))+string(filepath.Separator))
		})
	})
	for _, root := range t.roots {
		info, err := os.Stat(root)
		if err != nil {
			return tree{}, fmt.Errorf("%s cannot be read, nothing was changed; check that the folder exists and its drive is connected: %w", root, err)
		}
		if !info.IsDir() {
			if !info.Mode().IsRegular() {
				return tree{}, fmt.Errorf("%s is neither a file nor a folder", root)
			}
			t.files = append(t.files, file{root: root, path: filepath.Base(root), absolute: root, size: info.Size(), modified: info.ModTime()})
			continue
		}
		if _, err := os.ReadDir(root); err != nil {
			return tree{}, fmt.Errorf("%s cannot be read, nothing was changed; check the rights of the folder: %w", root, err)
		}
		if err := t.folder(ctx, root, "", map[string]bool{}, 0); err != nil {
			return tree{}, err
		}
	}
	slices.SortFunc(t.files, func(a, b file) int {
		return cmp.Or(cmp.Compare(a.root, b.root), cmp.Compare(a.path, b.path))
	})
	return t, nil
}

// folder adds the files of a folder and of those in it. above are the real
// folders around it, so that a link back to one of them is not followed.
func (t *tree) folder(ctx context.Context, root, below string, above map[string]bool, depth int) error {
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("look through %s: %w", root, err)
	}
	dir := filepath.Join(root, filepath.FromSlash(below))
	real, err := filepath.EvalSymlinks(dir)
	if err != nil {
		t.skip(root, below, err)
		return nil
	}
	if above[real] || depth > maxFolders {
		return nil
	}
	above[real] = true
	defer delete(above, real)
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.skip(root, below, err)
		return nil
	}
	for _, e := range entries {
		if passedOver(e.Name()) {
			continue
		}
		name := path.Join(below, e.Name())
		info, err := os.Stat(filepath.Join(dir, e.Name()))
		if err != nil {
			t.skip(root, name, err)
			continue
		}
		switch {
		case info.IsDir():
			if err := t.folder(ctx, root, name, above, depth+1); err != nil {
				return err
			}
		case info.Mode().IsRegular():
			if len(t.files) >= maxFiles {
				return fmt.Errorf("more than %d files under %s; name smaller folders", maxFiles, root)
			}
			t.files = append(t.files, file{root: root, path: name, absolute: filepath.Join(dir, e.Name()), size: info.Size(), modified: info.ModTime()})
		}
	}
	return nil
}

// skip notes what could not be looked at. A dangling link is not there.
func (t *tree) skip(root, name string, err error) {
	if os.IsNotExist(err) {
		return
	}
	t.hidden = append(t.hidden, hidden{root, name})
	t.unreadable = append(t.unreadable, Failure{Path: name, Reason: reason(err), Hint: Hint(err), Kept: true})
}

// reason is an error without the path it repeats.
func reason(err error) string {
	if pe, ok := err.(*fs.PathError); ok { //nolint:errorlint // only the outermost names the path
		return pe.Err.Error()
	}
	return err.Error()
}

// passedOver knows the names of what is no document: hidden files, and what
// Office and the desktop leave behind.
func passedOver(name string) bool {
	switch strings.ToLower(name) {
	case "thumbs.db", "desktop.ini", "__macosx":
		return true
	}
	return strings.HasPrefix(name, ".") || strings.HasPrefix(name, "~$") || strings.HasSuffix(name, "~")
}

// sortedDocuments lists documents by root and path.
func sortedDocuments(m map[string]store.Document) []store.Document {
	return slices.SortedFunc(maps.Values(m), func(a, b store.Document) int {
		return cmp.Or(cmp.Compare(a.Root, b.Root), cmp.Compare(a.Path, b.Path), cmp.Compare(a.ID, b.ID))
	})
}
