package web

import (
	"context"
	"io"
	"time"

	"github.com/sufflor/sufflor/store"
)

// Room is what the document room does with sources and files. Its errors are
// told in full: they name a source or file and the next step.
type Room interface {
	// Sources are those of a workspace: the configured ones, and what was read
	// and is in none of them.
	Sources(ctx context.Context, workspace string) ([]RoomSource, error)
	// Read begins to read in the background; it does not wait for its turn.
	Read(ctx context.Context, workspace string, q RoomRead) error
	// Keep writes a file into a source that takes uploads, whole or not at
	// all, and lets it be read in the background. f.Name comes from outside.
	Keep(ctx context.Context, workspace, source, author string, f RoomFile, body io.Reader) error
	// Kept tells what became of files that were uploaded, in their order.
	Kept(ctx context.Context, workspace, source string, files []RoomFile) ([]RoomKept, error)
	// Remove takes a source or documents out of search, so that they can be
	// put back. With q.DryRun it only says what would go.
	Remove(ctx context.Context, workspace string, q RoomRemoval) (RoomRemoved, error)
	// Restore puts back what was removed, Erase deletes it for good. One that
	// there is not is [store.ErrNotFound].
	Restore(ctx context.Context, workspace, removal, author string) (store.Shelving, error)
	Erase(ctx context.Context, workspace, removal, author string) (store.Shelving, error)
	// Set sets a source in place of its configuration, or with q.Reset goes
	// back to that. What would make it public changes nothing without
	// q.Public. A source that there is not is [store.ErrNotFound].
	Set(ctx context.Context, workspace string, q RoomChange) (RoomChanged, error)
}

// RoomSource is a source and how it is.
type RoomSource struct {
	Name       string        `json:"name"`
	Kind       string        `json:"kind,omitempty"` // folder, web, s3, webdav; empty when it is not configured
	Collection string        `json:"collection,omitempty"`
	Audience   string        `json:"audience,omitempty"`
	Language   string        `json:"language,omitempty"` // of documents that do not say
	Product    string        `json:"product,omitempty"`
	Places     []string      `json:"places"`
	Configured bool          `json:"configured"`
	Uploads    bool          `json:"uploads,omitempty"`
	Schedule   string        `json:"schedule,omitempty"`
	Watch      bool          `json:"watch,omitempty"`
	Paused     bool          `json:"paused,omitempty"`
	Waiting    bool          `json:"waiting,omitempty"` // for its turn to be read
	Running    *RoomProgress `json:"running,omitempty"`
	LastRead   time.Time     `json:"last_read,omitzero"`
	LastState  string        `json:"last_state,omitempty"` // of a run, see store.RunOK
	NextRead   time.Time     `json:"next_read,omitzero"`
	OK         int           `json:"ok"`     // documents
	Failed     int           `json:"failed"` // documents
	Empty      int           `json:"empty"`  // documents
	Passages   int           `json:"passages"`
	Problems   []RoomProblem `json:"problems,omitempty"` // of the source itself, not of its documents
	Config     string        `json:"config,omitempty"`   // the lines of the configuration that say how it is read
	Settings   []RoomSetting `json:"settings,omitempty"` // what people set in place of them; it holds
}

// RoomSetting is what people set of a source in place of its configuration.
type RoomSetting struct {
	Setting    string    `json:"setting"` // audience, language or schedule
	Value      string    `json:"value"`
	Configured string    `json:"configured"` // what the configuration says
	Author     string    `json:"author"`
	At         time.Time `json:"at"`
}

// RoomChange is what somebody wants to set of a source. Nil leaves it.
type RoomChange struct {
	Workspace string  `json:"workspace,omitempty"`
	Source    string  `json:"source"`
	Audience  *string `json:"audience,omitempty"` // public or internal
	Language  *string `json:"language,omitempty"` // of documents that do not say; empty: told from the text
	Schedule  *string `json:"schedule,omitempty"` // as in the configuration; empty: never by itself
	Reset     bool    `json:"reset,omitempty"`    // back to the configuration in all of it
	Public    bool    `json:"public,omitempty"`   // yes, customers may read it
	DryRun    bool    `json:"dry_run,omitempty"`  // only say what would change
	Author    string  `json:"author,omitempty"`   // who wants it so; a person who has signed in is that
}

// RoomChanged is what was set of a source, or would be.
type RoomChanged struct {
	Source    string   `json:"source"`
	Done      bool     `json:"done"`      // false: nothing was changed
	Changed   []string `json:"changed"`   // in words: what, from what, to what
	Documents int      `json:"documents"` // that have another audience now
	Public    bool     `json:"public"`    // it is opened to customers
	Read      bool     `json:"read"`      // its documents have to be read anew for it
}

// RoomProgress is how far a run is. Total 0 is not known.
type RoomProgress struct {
	Done    int       `json:"done"`
	Total   int       `json:"total"`
	Started time.Time `json:"started"`
}

// RoomProblem is a place that could not be looked at.
type RoomProblem struct {
	Place  string    `json:"place"`
	Reason string    `json:"reason"`
	Hint   string    `json:"hint,omitempty"`
	Since  time.Time `json:"since,omitzero"`
}

// RoomRead says what to read: a source, or documents. With Retry only what
// could not be read before, of all sources when none is named.
type RoomRead struct {
	Source    string
	Documents []string // ids
	Retry     bool
}

// RoomFile is a file to upload, as the browser has it.
type RoomFile struct {
	Name     string `json:"name"` // with folders, parted by "/"
	Size     int64  `json:"size"`
	Modified int64  `json:"modified"` // milliseconds since 1970
}

// When is the time at which the file was changed, zero when that is nonsense.
func (f RoomFile) When(now time.Time) time.Time {
	t := time.UnixMilli(f.Modified)
	if t.Year() < 1980 || t.After(now.Add(24*time.Hour)) {
		return time.Time{}
	}
	return t
}

// The states of an uploaded file.
const (
	KeptMissing = "missing" // it is not there, or another of that name
	KeptReading = "reading" // it waits to be read, or is being read
	KeptIndexed = "indexed" // it is found by searches
	KeptFailed  = "failed"  // it could not be read
	KeptLeft    = "left"    // it is there and is not read, Reason says why
)

// RoomKept is what became of an uploaded file.
type RoomKept struct {
	Name     string   `json:"name"`
	State    string   `json:"state"`
	Document string   `json:"document,omitempty"` // id
	Passages int      `json:"passages,omitempty"`
	Warnings []string `json:"warnings,omitempty"` // of what was read
	Code     string   `json:"code,omitempty"`
	Reason   string   `json:"reason,omitempty"`
	Hint     string   `json:"hint,omitempty"`
}

// RoomRemoval says what to take out of search: a source, or documents.
type RoomRemoval struct {
	Source    string
	Documents []string // ids
	Author    string
	DryRun    bool
}

// RoomRemoved is what was taken out of search, or would be.
type RoomRemoved struct {
	ID        string   `json:"id,omitempty"` // of the removal, to undo it
	Name      string   `json:"name"`
	Source    bool     `json:"source"`
	Documents int      `json:"documents"`
	Passages  int      `json:"passages"`
	Bytes     int64    `json:"bytes"`
	Examples  []string `json:"examples,omitempty"`
	Pauses    bool     `json:"pauses,omitempty"` // the source is paused with it
}
