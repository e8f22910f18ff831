package ingest

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"time"
)

// Item is one file of a source, as the source lists it before it is read.
type Item struct {
	Path     string    // below the source's root, with "/"; of a web page its address
	Size     int64     // bytes; -1 when only fetching tells
	Modified time.Time // zero when unknown
	Tag      string    // another one when the content is another (an ETag); "" where the source has none
}

// Source is where documents come from: a folder, a web site, a bucket. It
// knows nothing of store and index. Implementations are safe for use by one
// run at a time; Fetch may be called concurrently.
type Source interface {
	// Root names the source. Root and an item's path together name a document
	// for as long as it lives, so Root must not change when settings do.
	Root() string

	// List yields every item there is, in a fixed order where that costs
	// nothing. An error that is a [*Gap] says that one place could not be
	// looked at, one that is a [*Skipped] that a place is left out on purpose,
	// and listing goes on; any other error ends it, and then nothing that was
	// known is taken for gone.
	List(ctx context.Context) iter.Seq2[Item, error]

	// Fetch brings the item's content as a local file, at most limit bytes of
	// it; above, the error wraps [ErrTooLarge]. release removes what Fetch
	// made and is never nil. What has gone since it was listed wraps
	// [io/fs.ErrNotExist].
	Fetch(ctx context.Context, it Item, limit int64) (path string, release func(), err error)
}

// Gap is a place of a source that exists but could not be looked at. What is
// known from there stays.
type Gap struct { //nolint:errname // a place first, an error where it is listed
	Path string // of the item, or of the folder or address above the items; "" is the whole source
	Err  error
}

// Error says what could not be looked at and why.
func (g *Gap) Error() string { return fmt.Sprintf("%s: %v", g.Path, g.Err) }

// Unwrap gives the cause.
func (g *Gap) Unwrap() error { return g.Err }

// Skipped is a place of a source that is left out on purpose and that its
// people may miss: a link that leads out. What is known from there goes.
type Skipped struct { //nolint:errname // as Gap
	Path   string
	Reason string
}

// Error says what is left out and why.
func (s *Skipped) Error() string { return s.Path + ": " + s.Reason }

// passing reports whether listing goes on after err.
func passing(err error) bool {
	var gap *Gap
	var skipped *Skipped
	return errors.As(err, &gap) || errors.As(err, &skipped)
}
