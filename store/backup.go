package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
)

// Backup is a copy of the data directory in the making.
type Backup struct {
	store *Store
	dir   string
}

// Backup copies the records as they are now into dir, which must not hold any
// yet, while they are read and written. It returns once they are copied; call
// [Backup.Originals] for the documents' bytes, and [Backup.Close]. Until then
// no original is removed.
func (s *Store) Backup(ctx context.Context, dir string) (*Backup, error) {
	if s.w == nil {
		return nil, ErrReadOnly
	}
	if s.pg != nil {
		return nil, fmt.Errorf("back up %s: PostgreSQL keeps the records; back them up with pg_dump, and the folder %s beside them: %w", s.place, s.dir, errors.ErrUnsupported)
	}
	s.originals.mu.Lock()
	s.originals.kept++
	s.originals.mu.Unlock()
	b := &Backup{store: s, dir: dir}
	if err := b.records(ctx); err != nil {
		return nil, errors.Join(fmt.Errorf("copy %s: %w", s.file(), err), b.Close(ctx))
	}
	return b, nil
}

// records writes a compact copy of one snapshot, without what was deleted.
func (b *Backup) records(ctx context.Context) (err error) {
	if err := os.MkdirAll(b.dir, 0o700); err != nil {
		return err
	}
	path := filepath.Join(b.dir, FileName)
	f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_RDWR, 0o600) // SQLite would let others read it
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	// A connection of its own: it lasts, and the others are limited to reading
	// and to writing.
	db, err := sql.Open("sqlite", b.store.dsn())
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	if _, err := db.ExecContext(ctx, "VACUUM INTO ?", path); err != nil {
		return b.store.explain(err)
	}
	if err := f.Sync(); err != nil {
		return err
	}
	c, err := Open(ctx, Options{Dir: b.dir, ReadOnly: true})
	if err != nil {
		return err
	}
	return errors.Join(c.Verify(ctx), c.Close())
}

// Originals copies the kept bytes of all documents that the copied records
// name.
func (b *Backup) Originals(ctx context.Context) error {
	c, err := Open(ctx, Options{Dir: b.dir, ReadOnly: true})
	if err != nil {
		return err
	}
	var hashes []string
	err = c.r.NewSelect().Model((*versionRow)(nil)).Distinct().Column("original").Where("original <> ''").Order("original").Scan(ctx, &hashes)
	if err := errors.Join(err, c.Close()); err != nil {
		return fmt.Errorf("list the originals: %w", err)
	}
	for _, hash := range hashes {
		if err := b.original(ctx, hash, c.original(hash)); err != nil {
			return fmt.Errorf("copy original %s: %w", hash, err)
		}
	}
	return nil
}

func (b *Backup) original(ctx context.Context, hash, path string) (err error) {
	from, err := b.store.Original(hash)
	if errors.Is(err, ErrNotFound) {
		return nil // somebody removed it by hand; the records are worth more
	}
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, from.Close()) }()
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	to, err := os.OpenFile(path, os.O_CREATE|os.O_WRONLY|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	_, err = io.Copy(to, heeding{ctx, from})
	return errors.Join(err, to.Sync(), to.Close())
}

// Close ends the backup: originals may be removed again.
func (b *Backup) Close(ctx context.Context) error {
	s := b.store
	s.originals.mu.Lock()
	s.originals.kept--
	s.originals.mu.Unlock()
	if err := s.SweepOriginals(context.WithoutCancel(ctx)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}
