package index

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"os"
	"path/filepath"
	"runtime/debug"
	"time"

	"github.com/blevesearch/bleve/v2/util"
	bolt "go.etcd.io/bbolt"
)

// verify reports what is wrong with the engine's files in path. Scorch itself
// would not tell: a snapshot it cannot load it skips, and opens an older one or
// an empty index; and it never looks at the checksums of its segments.
func verify(ctx context.Context, path string) error {
	root := filepath.Join(path, rootFile)
	info, err := os.Stat(root)
	if err != nil {
		return err // bolt would create it
	}
	var segments []string
	err = guard(func() error {
		db, err := bolt.Open(root, 0o600, &bolt.Options{ReadOnly: true, Timeout: time.Second})
		if err != nil {
			return fmt.Errorf("root.bolt: %w", err)
		}
		err = db.View(func(tx *bolt.Tx) error {
			if info.Size() < tx.Size() { // what is missing may be free pages, which nothing below would read
				return fmt.Errorf("root.bolt: truncated to %d of %d bytes", info.Size(), tx.Size())
			}
			segments, err = newestSegments(tx)
			return err
		})
		return errors.Join(err, db.Close())
	})
	if err != nil {
		return err
	}
	for _, name := range segments {
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := verifySegment(filepath.Join(path, filepath.Base(name))); err != nil {
			return err
		}
	}
	return nil
}

// newestSegments is the file names of the last snapshot. It touches every page
// of the root file on the way.
func newestSegments(tx *bolt.Tx) ([]string, error) {
	snapshots := tx.Bucket(util.BoltSnapshotsBucket)
	if snapshots == nil {
		return nil, errors.New("root.bolt: no snapshots")
	}
	if err := walk(snapshots, 0); err != nil {
		return nil, err
	}
	key, _ := snapshots.Cursor().Last()
	if key == nil || snapshots.Bucket(key) == nil {
		return nil, errors.New("root.bolt: no snapshot")
	}
	last := snapshots.Bucket(key)
	if last.Bucket(util.BoltMetaDataKey) == nil || last.Bucket(util.BoltInternalKey) == nil {
		return nil, errors.New("root.bolt: the last snapshot is incomplete")
	}
	var segments []string
	err := last.ForEachBucket(func(k []byte) error {
		if k[0] == util.BoltMetaDataKey[0] || k[0] == util.BoltInternalKey[0] {
			return nil
		}
		name := last.Bucket(k).Get(util.BoltPathKey)
		if name == nil {
			return errors.New("root.bolt: a segment without a file")
		}
		segments = append(segments, string(name))
		return nil
	})
	return segments, err
}

// walk visits all of b; damage makes bolt panic, which guard turns into an error.
func walk(b *bolt.Bucket, depth int) error {
	if depth > 8 { // scorch nests three deep
		return errors.New("root.bolt: nested too deep")
	}
	return b.ForEach(func(k, v []byte) error {
		if v != nil {
			return nil
		}
		child := b.Bucket(k)
		if child == nil {
			return errors.New("root.bolt: a key that is neither value nor bucket")
		}
		return walk(child, depth+1)
	})
}

// verifySegment compares a segment file with the CRC-32 in its last four bytes.
func verifySegment(path string) error {
	name := filepath.Base(path)
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close() //nolint:errcheck // only read
	info, err := f.Stat()
	if err != nil {
		return fmt.Errorf("segment %s: %w", name, err)
	}
	if info.Size() < 8 {
		return fmt.Errorf("segment %s: truncated to %d bytes", name, info.Size())
	}
	sum := crc32.NewIEEE()
	if _, err := io.Copy(sum, io.LimitReader(f, info.Size()-4)); err != nil {
		return fmt.Errorf("segment %s: %w", name, err)
	}
	var want [4]byte
	if _, err := io.ReadFull(f, want[:]); err != nil {
		return fmt.Errorf("segment %s: %w", name, err)
	}
	if sum.Sum32() != binary.BigEndian.Uint32(want[:]) {
		return fmt.Errorf("segment %s: checksum does not match", name)
	}
	return nil
}

// guard runs fn and returns its panic as an error, also one of reading mapped
// memory behind the end of a truncated file.
func guard(fn func() error) (err error) {
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("unreadable: %v", r)
		}
	}()
	return fn()
}
