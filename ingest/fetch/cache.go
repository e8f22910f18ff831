package fetch

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/sufflor/sufflor/ingest/pattern"
)

// layout is the version of what lies in a cache's folder.
const layout = "v1"

var otherLayout = pattern.Lazy(`^v[0-9]+$`)

// maxRecord bounds one record, which holds the links of a page.
const maxRecord = 16 << 20

// Cache keeps contents and records about them in a folder that must be its
// own. Files appear whole or not at all, so a run that is killed leaves
// nothing half. Contents are named by what they hold; those used longest ago
// go when there are too many. Losing the folder costs time, nothing else.
// Safe for concurrent use by one process.
type Cache struct {
	dir string
	max int64

	mu     sync.Mutex
	total  int64
	bodies map[string]*kept
}

type kept struct {
	size   int64
	used   time.Time
	pinned int
}

// OpenCache opens the folder, or makes it, for at most max bytes of contents.
// What another layout left there is removed.
func OpenCache(dir string, max int64) (*Cache, error) {
	if dir == "" {
		return nil, errors.New("open cache: a folder is required")
	}
	c := &Cache{dir: filepath.Join(dir, layout), max: max, bodies: map[string]*kept{}}
	for _, sub := range []string{"body", "record", "tmp"} {
		if err := os.MkdirAll(filepath.Join(c.dir, sub), 0o700); err != nil {
			return nil, fmt.Errorf("open cache: %w", err)
		}
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, fmt.Errorf("open cache: %w", err)
	}
	for _, e := range entries {
		if e.IsDir() && e.Name() != layout && otherLayout().MatchString(e.Name()) {
			if err := os.RemoveAll(filepath.Join(dir, e.Name())); err != nil {
				return nil, fmt.Errorf("remove a cache of another version: %w", err)
			}
		}
	}
	if err := c.clearTemp(); err != nil {
		return nil, err
	}
	err = filepath.WalkDir(filepath.Join(c.dir, "body"), func(_ string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return err
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		c.bodies[d.Name()] = &kept{size: info.Size(), used: info.ModTime()}
		c.total += info.Size()
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("look through the cache: %w", err)
	}
	c.shrink()
	return c, nil
}

// clearTemp removes what a killed run was writing.
func (c *Cache) clearTemp() error {
	tmp := filepath.Join(c.dir, "tmp")
	entries, err := os.ReadDir(tmp)
	if err != nil {
		return fmt.Errorf("open cache: %w", err)
	}
	for _, e := range entries {
		if err := os.Remove(filepath.Join(tmp, e.Name())); err != nil {
			return fmt.Errorf("open cache: %w", err)
		}
	}
	return nil
}

func (c *Cache) recordPath(key string) string {
	sum := sha256.Sum256([]byte(key))
	name := hex.EncodeToString(sum[:])
	return filepath.Join(c.dir, "record", name[:2], name+".json")
}

func (c *Cache) bodyPath(name string) string { return filepath.Join(c.dir, "body", name[:2], name) }

// Load reads the record of a key into v and reports whether there is one. A
// record that cannot be read counts as none.
func (c *Cache) Load(key string, v any) bool {
	f, err := os.Open(c.recordPath(key))
	if err != nil {
		return false
	}
	data, err := io.ReadAll(io.LimitReader(f, maxRecord+1))
	return errors.Join(err, f.Close()) == nil && len(data) <= maxRecord && json.Unmarshal(data, v) == nil
}

// Save writes the record of a key.
func (c *Cache) Save(key string, v any) error {
	data, err := json.Marshal(v)
	if err != nil {
		return fmt.Errorf("write a cache record: %w", err)
	}
	if len(data) > maxRecord {
		return fmt.Errorf("write a cache record: it has %d bytes, at most %d are kept", len(data), maxRecord)
	}
	f, err := os.CreateTemp(filepath.Join(c.dir, "tmp"), "record-*")
	if err != nil {
		return fmt.Errorf("write a cache record: %w", err)
	}
	_, err = f.Write(data)
	if err = errors.Join(err, f.Close()); err == nil {
		err = rename(f.Name(), c.recordPath(key))
	}
	if err != nil {
		_ = os.Remove(f.Name())
		return fmt.Errorf("write a cache record: %w", err)
	}
	return nil
}

// Prune removes records that were not written or touched since a time.
func (c *Cache) Prune(ctx context.Context, since time.Time) error {
	err := filepath.WalkDir(filepath.Join(c.dir, "record"), func(path string, d fs.DirEntry, err error) error {
		if err = cmp.Or(err, ctx.Err()); err != nil || !d.Type().IsRegular() {
			return err
		}
		info, err := d.Info()
		if err == nil && info.ModTime().Before(since) {
			err = os.Remove(path) //nolint:gosec // in a folder that is ours alone
		}
		return err
	})
	if err != nil {
		return fmt.Errorf("tidy the cache: %w", err)
	}
	return nil
}

// Touch marks the record of a key as in use.
func (c *Cache) Touch(key string, now time.Time) {
	_ = os.Chtimes(c.recordPath(key), now, now) // a record that is gone is written anew
}

// Empty reports whether there is no record.
func (c *Cache) Empty() bool {
	entries, err := os.ReadDir(filepath.Join(c.dir, "record"))
	return err == nil && len(entries) == 0
}

// Body is a content in the cache.
type Body struct {
	Name string `json:"name"` // of its file
	Hash string `json:"hash"` // SHA-256 of the content, hexadecimal
	Size int64  `json:"size"` // bytes
}

// Put keeps what r gives, at most limit bytes; above, the error wraps
// [github.com/sufflor/sufflor/ingest.ErrTooLarge]. ext is the extension of its
// file.
func (c *Cache) Put(r io.Reader, ext string, limit int64) (Body, error) {
	f, err := os.CreateTemp(filepath.Join(c.dir, "tmp"), "body-*")
	if err != nil {
		return Body{}, fmt.Errorf("keep in the cache: %w", err)
	}
	digest := sha256.New()
	err = copyLimited(io.MultiWriter(f, digest), r, limit)
	info, statErr := f.Stat()
	if err := errors.Join(err, statErr, f.Close()); err != nil {
		_ = os.Remove(f.Name())
		return Body{}, err
	}
	hash := hex.EncodeToString(digest.Sum(nil))
	b := Body{Name: hash + Extension("x"+ext), Hash: hash, Size: info.Size()}
	if err := rename(f.Name(), c.bodyPath(b.Name)); err != nil {
		_ = os.Remove(f.Name())
		return Body{}, fmt.Errorf("keep in the cache: %w", err)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if old, ok := c.bodies[b.Name]; ok {
		c.total -= old.size
		old.size, old.used = b.Size, time.Now()
	} else {
		c.bodies[b.Name] = &kept{size: b.Size, used: time.Now()}
	}
	c.total += b.Size
	c.shrink()
	return b, nil
}

// Pin gives the file of a content and keeps it until release is called. ok is
// false when the content is no longer there.
func (c *Cache) Pin(b Body) (path string, release func(), ok bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	k, ok := c.bodies[b.Name]
	if !ok {
		return "", func() {}, false
	}
	path = c.bodyPath(b.Name)
	now := time.Now()
	if err := os.Chtimes(path, now, now); err != nil { // somebody removed it
		c.drop(b.Name)
		return "", func() {}, false
	}
	k.used = now
	k.pinned++
	return path, sync.OnceFunc(func() {
		c.mu.Lock()
		defer c.mu.Unlock()
		k.pinned--
	}), true
}

// shrink removes what was used longest ago until a tenth is free. The caller
// holds the lock.
func (c *Cache) shrink() {
	if c.max <= 0 || c.total <= c.max {
		return
	}
	var names []string
	for name, k := range c.bodies {
		if k.pinned == 0 {
			names = append(names, name)
		}
	}
	slices.SortFunc(names, func(a, b string) int {
		return cmp.Or(c.bodies[a].used.Compare(c.bodies[b].used), strings.Compare(a, b))
	})
	for _, name := range names {
		if c.total <= c.max-c.max/10 {
			return
		}
		_ = os.Remove(c.bodyPath(name))
		c.drop(name)
	}
}

func (c *Cache) drop(name string) {
	c.total -= c.bodies[name].size
	delete(c.bodies, name)
}

func rename(from, to string) error {
	if err := os.MkdirAll(filepath.Dir(to), 0o700); err != nil {
		return err //nolint:wrapcheck // names the path
	}
	return os.Rename(from, to) //nolint:wrapcheck // names the paths
}
