package ingest

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"iter"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
)

const (
	maxFiles   = 1_000_000
	maxFolders = 64 // nested
)

// Folder is a folder, or a single file, as a [Source].
//
// Links are followed as long as they stay inside. A link that leads out is
// reported and not followed, unless FollowLinks says so: who may write into
// the folder must not be able to publish what lies elsewhere. What
// [IgnoreFile]s name and what is never a document is passed over.
type Folder struct {
	FollowLinks bool
	// Except are absolute paths that belong to somebody else, such as the
	// folder of another source inside this one.
	Except []string

	root string
}

// NewFolder is the source of a folder or file. It need not exist yet.
func NewFolder(name string) (*Folder, error) {
	root, err := filepath.Abs(name)
	if err != nil {
		return nil, fmt.Errorf("find %s: %w", name, err)
	}
	return &Folder{root: root}, nil
}

// Folders are the sources of several paths in a fixed order. A path inside
// another one is part of that one.
func Folders(names ...string) ([]*Folder, error) {
	var out []*Folder
	for _, name := range names {
		f, err := NewFolder(name)
		if err != nil {
			return nil, err
		}
		out = append(out, f)
	}
	slices.SortFunc(out, func(a, b *Folder) int { return strings.Compare(a.root, b.root) })
	out = slices.CompactFunc(out, func(a, b *Folder) bool { return a.root == b.root })
	return slices.DeleteFunc(slices.Clone(out), func(f *Folder) bool {
		return slices.ContainsFunc(out, func(other *Folder) bool { return other.root != f.root && Inside(f.root, other.root) })
	}), nil
}

// Inside reports whether an absolute path is root or lies in it.
func Inside(name, root string) bool {
	return name == root || strings.HasPrefix(name, strings.TrimSuffix(root, string(filepath.Separator))+string(filepath.Separator))
}

// Root implements [Source]: it is the absolute path.
func (f *Folder) Root() string { return f.root }

// Count is how many files there are and how many bytes they have. It fails
// like [Folder.List].
func (f *Folder) Count(ctx context.Context) (files int, bytes int64, err error) {
	for it, err := range f.List(ctx) {
		switch {
		case err == nil:
			files++
			bytes += it.Size
		case !passing(err):
			return files, bytes, err
		}
	}
	return files, bytes, nil
}

// List implements [Source]. A root that is not there, or cannot be read, is an
// error and not an empty folder.
func (f *Folder) List(ctx context.Context) iter.Seq2[Item, error] {
	return func(yield func(Item, error) bool) {
		info, err := os.Stat(f.root)
		if err != nil {
			yield(Item{}, fmt.Errorf("%s cannot be read, nothing was changed; check that the folder exists and its drive is connected: %w", f.root, err))
			return
		}
		if info.Mode().IsRegular() {
			yield(Item{Path: filepath.Base(f.root), Size: info.Size(), Modified: info.ModTime()}, nil)
			return
		}
		if !info.IsDir() {
			yield(Item{}, fmt.Errorf("%s is neither a file nor a folder", f.root))
			return
		}
		real, err := filepath.EvalSymlinks(f.root)
		if err == nil {
			_, err = os.ReadDir(f.root)
		}
		if err != nil {
			yield(Item{}, fmt.Errorf("%s cannot be read, nothing was changed; check the rights of the folder: %w", f.root, err))
			return
		}
		ended := false // nobody wants more
		w := walker{Folder: f, ctx: ctx, real: real, above: map[string]bool{}, yield: func(it Item, err error) bool {
			ended = !yield(it, err)
			return !ended
		}}
		w.folder("", []rules{standardRules()}, 0)
		if err := ctx.Err(); err != nil && !ended {
			yield(Item{}, fmt.Errorf("look through %s: %w", f.root, err))
		}
	}
}

// Fetch implements [Source]: the file is local already.
func (f *Folder) Fetch(_ context.Context, it Item, limit int64) (string, func(), error) {
	none := func() {}
	name := f.root
	if info, err := os.Stat(f.root); err != nil || info.IsDir() {
		name = filepath.Join(f.root, filepath.FromSlash(it.Path))
	}
	info, err := os.Stat(name)
	if err != nil {
		return "", none, fmt.Errorf("open: %w", err)
	}
	if info.Size() > limit {
		return "", none, tooLarge(path.Base(it.Path), info.Size(), limit)
	}
	if !f.FollowLinks { // it may have become a link since it was listed
		root, err := filepath.EvalSymlinks(f.root)
		if err != nil {
			return "", none, fmt.Errorf("open: %w", err)
		}
		if target, err := filepath.EvalSymlinks(name); err != nil || !Inside(target, root) {
			return "", none, errors.Join(fmt.Errorf("%s: %s", path.Base(it.Path), leadsOut), err)
		}
	}
	return name, none, nil
}

func tooLarge(name string, size, limit int64) error {
	return fmt.Errorf("%s has %d MB, the limit is %d: %w", name, size>>20, limit>>20, ErrTooLarge)
}

const leadsOut = "a link that leads out of the folder is not followed; set follow_links for this source if it may be"

// walker lists one folder.
type walker struct {
	*Folder
	ctx   context.Context //nolint:containedctx // it lives for one walk
	real  string          // the root without links
	yield func(Item, error) bool
	above map[string]bool // real folders around the one looked at: a link back to them is a circle
	files int
}

// gap says what could not be looked at. It reports whether to go on.
func (w *walker) gap(name string, err error) bool {
	return w.yield(Item{}, &Gap{Path: name, Err: err})
}

// folder lists a folder and those in it; it returns false when nobody wants
// more.
func (w *walker) folder(below string, stack []rules, depth int) bool {
	if w.ctx.Err() != nil {
		return false
	}
	dir := filepath.Join(w.root, filepath.FromSlash(below))
	real, err := filepath.EvalSymlinks(dir)
	if err != nil {
		return errors.Is(err, fs.ErrNotExist) || w.gap(below, err)
	}
	if slices.Contains(w.Except, dir) || slices.Contains(w.Except, real) {
		return true
	}
	if w.above[real] {
		return w.yield(Item{}, &Skipped{Path: below, Reason: "a link to a folder that it lies in; what is there is read once"})
	}
	if depth > maxFolders {
		return w.gap(below, fmt.Errorf("it lies more than %d folders deep", maxFolders))
	}
	w.above[real] = true
	defer delete(w.above, real)
	entries, err := os.ReadDir(dir)
	if err != nil {
		return errors.Is(err, fs.ErrNotExist) || w.gap(below, err)
	}
	own, err := readRules(dir, below)
	if err != nil {
		return w.gap(below, err)
	}
	if len(own.rules) > 0 {
		stack = append(slices.Clone(stack), own)
	}
	for _, e := range entries {
		if !w.entry(path.Join(below, e.Name()), e, stack, depth) {
			return false
		}
	}
	return true
}

func (w *walker) entry(name string, e fs.DirEntry, stack []rules, depth int) bool {
	full := filepath.Join(w.root, filepath.FromSlash(name))
	link := e.Type()&fs.ModeSymlink != 0
	if ignored(stack, name, e.IsDir()) {
		return true
	}
	if link {
		target, err := filepath.EvalSymlinks(full)
		switch {
		case errors.Is(err, fs.ErrNotExist):
			return w.yield(Item{}, &Skipped{Path: name, Reason: "a link that leads nowhere"})
		case err != nil && circle(full):
			return w.gap(name, errors.New("a link that leads back to itself; remove it"))
		case err != nil:
			return w.gap(name, err)
		case !w.FollowLinks && !Inside(target, w.real):
			return w.yield(Item{}, &Skipped{Path: name, Reason: leadsOut})
		}
	}
	info, err := os.Stat(full)
	switch {
	case errors.Is(err, fs.ErrNotExist): // gone since the folder was read
		return true
	case err != nil:
		return w.gap(name, err)
	case info.IsDir():
		if link && ignored(stack, name, true) {
			return true
		}
		return w.folder(name, stack, depth+1)
	case slices.Contains(w.Except, full):
		return true
	case info.Mode().IsRegular():
		if w.files++; w.files > maxFiles {
			w.yield(Item{}, fmt.Errorf("more than %d files under %s; name smaller folders", maxFiles, w.root))
			return false
		}
		return w.yield(Item{Path: name, Size: info.Size(), Modified: info.ModTime()}, nil)
	}
	return w.yield(Item{}, &Skipped{Path: name, Reason: "neither a file nor a folder"}) // a pipe would never end
}

// circle reports whether links lead from a path to itself.
func circle(name string) bool {
	_, err := os.Stat(name)
	return errors.Is(err, syscall.ELOOP)
}

// reason is an error without the path it repeats.
func reason(err error) string {
	if pe, ok := err.(*fs.PathError); ok { //nolint:errorlint // only the outermost names the path
		return pe.Err.Error()
	}
	return err.Error()
}
