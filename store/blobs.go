package store

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"

	"github.com/uptrace/bun"
)

// originalsDir holds the bytes of documents as they were read, each file named
// by the SHA-256 of what is in it: equal files are kept once.
const originalsDir = "originals"

var originalName = regexp.MustCompile(`^[0-9a-f]{64}$`)

// originals knows which files are about to be referred to, so that nobody
// removes them before they are.
type originals struct {
	mu   sync.Mutex
	held map[string]int // by hash
	kept int            // backups under way, which need them all
}

func (s *Store) original(hash string) string {
	return filepath.Join(s.dir, originalsDir, hash[:2], hash)
}

// KeepOriginal copies the file at path to the originals, whole or not at all,
// and returns the SHA-256 of its content. Call release once a document that
// names the hash is put, or will not be: a file that no version refers to may
// then be removed.
func (s *Store) KeepOriginal(ctx context.Context, path string) (hash string, release func(), err error) {
	none := func() {}
	if s.w == nil {
		return "", none, ErrReadOnly
	}
	from, err := os.Open(path)
	if err != nil {
		return "", none, fmt.Errorf("keep the original: %w", err)
	}
	defer from.Close() //nolint:errcheck // it was only read
	dir := filepath.Join(s.dir, originalsDir)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return "", none, s.unwritable(err)
	}
	tmp, err := os.CreateTemp(dir, "new-*")
	if err != nil {
		return "", none, s.unwritable(err)
	}
	defer os.Remove(tmp.Name()) //nolint:errcheck // it was moved when all went well
	sum := sha256.New()
	_, err = io.Copy(io.MultiWriter(tmp, sum), heeding{ctx, from})
	// Its name is its hash: whoever reads it can tell that it is whole, so it
	// need not be on the platter before the record is.
	if err := errors.Join(err, tmp.Close()); err != nil {
		return "", none, fmt.Errorf("keep the original: %w", err)
	}
	hash = hex.EncodeToString(sum.Sum(nil))
	s.originals.mu.Lock()
	defer s.originals.mu.Unlock()
	if _, err := os.Stat(s.original(hash)); err != nil {
		if err := os.MkdirAll(filepath.Dir(s.original(hash)), 0o700); err != nil {
			return "", none, s.unwritable(err)
		}
		if err := os.Rename(tmp.Name(), s.original(hash)); err != nil {
			return "", none, fmt.Errorf("keep the original: %w", err)
		}
	}
	s.originals.held[hash]++
	return hash, sync.OnceFunc(func() { s.letGo(context.WithoutCancel(ctx), hash) }), nil
}

// letGo ends one hold of an original.
func (s *Store) letGo(ctx context.Context, hash string) {
	s.originals.mu.Lock()
	if s.originals.held[hash]--; s.originals.held[hash] <= 0 {
		delete(s.originals.held, hash)
	}
	s.originals.mu.Unlock()
	s.dropOriginals(ctx, []string{hash})
}

// Original opens the kept bytes of a document, or gives [ErrNotFound]; what is
// there but not what was kept is [ErrCorrupt].
func (s *Store) Original(hash string) (*os.File, error) {
	if !originalName.MatchString(hash) {
		return nil, fmt.Errorf("original %q: %w", hash, ErrNotFound)
	}
	f, err := os.Open(s.original(hash))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("original %s: %w", hash, ErrNotFound)
	}
	if err != nil {
		return nil, fmt.Errorf("original %s: %w", hash, err)
	}
	sum := sha256.New()
	if _, err = io.Copy(sum, f); err == nil {
		_, err = f.Seek(0, io.SeekStart)
	}
	if err == nil && hex.EncodeToString(sum.Sum(nil)) != hash {
		err = fmt.Errorf("%w: it is not what was kept; read its source again", ErrCorrupt)
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("original %s: %w", hash, err), f.Close())
	}
	return f, nil
}

// dropOriginals removes those of hashes that no version refers to. What it
// cannot remove now, [Store.SweepOriginals] will.
func (s *Store) dropOriginals(ctx context.Context, hashes []string) {
	s.originals.mu.Lock()
	defer s.originals.mu.Unlock()
	if s.originals.kept > 0 {
		return
	}
	for chunk := range slices.Chunk(hashes, batch) {
		var used []string
		err := s.r.NewSelect().Model((*versionRow)(nil)).Distinct().Column("original").
			Where("original IN ?", bun.Tuple(chunk)).Scan(ctx, &used)
		if err != nil {
			s.log.WarnContext(ctx, "originals not looked up", "err", err)
			return
		}
		for _, hash := range chunk {
			if !originalName.MatchString(hash) || s.originals.held[hash] > 0 || slices.Contains(used, hash) {
				continue
			}
			if err := os.Remove(s.original(hash)); err != nil && !errors.Is(err, fs.ErrNotExist) {
				s.log.WarnContext(ctx, "original not removed", "hash", hash, "err", err)
			}
		}
	}
}

// SweepOriginals removes what a killed process left among the originals:
// halves, and files that no version refers to.
func (s *Store) SweepOriginals(ctx context.Context) error {
	if s.w == nil {
		return ErrReadOnly
	}
	dir := filepath.Join(s.dir, originalsDir)
	entries, err := os.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("sweep the originals: %w", err)
	}
	for _, e := range entries {
		if err := ctx.Err(); err != nil {
			return err
		}
		if !e.IsDir() {
			info, err := e.Info()
			// A younger one may be in the making.
			if err == nil && strings.HasPrefix(e.Name(), "new-") && s.now().Sub(info.ModTime()) > maxCopy {
				_ = os.Remove(filepath.Join(dir, e.Name())) // it may have been moved meanwhile
			}
			continue
		}
		files, err := os.ReadDir(filepath.Join(dir, e.Name()))
		if err != nil {
			return fmt.Errorf("sweep the originals: %w", err)
		}
		var hashes []string
		for _, f := range files {
			if originalName.MatchString(f.Name()) && f.Name()[:2] == e.Name() {
				hashes = append(hashes, f.Name())
			}
		}
		s.dropOriginals(ctx, hashes)
	}
	return nil
}

// heeding is a reader that ends with its context.
type heeding struct {
	ctx context.Context //nolint:containedctx // it lives for one copy
	r   io.Reader
}

func (h heeding) Read(p []byte) (int, error) {
	if err := h.ctx.Err(); err != nil {
		return 0, err
	}
	return h.r.Read(p)
}
