package ingest

import (
	"errors"
	"io/fs"
	"time"

	"github.com/sufflor/sufflor/store"
)

// EventKind is what became of a file.
type EventKind string

// The kinds of events of a run.
const (
	Found     EventKind = "found" // the files are counted, or cannot be (Total 0); Path is empty
	Added     EventKind = "added"
	Changed   EventKind = "changed"
	Unchanged EventKind = "unchanged"
	Deleted   EventKind = "deleted"
	Failed    EventKind = "failed"
	Empty     EventKind = "empty"   // read, but there is no text in it
	Left      EventKind = "skipped" // left out on purpose, see [Skipped]
	Waiting   EventKind = "waiting" // for another run to end
)

// Event is the progress of a run.
type Event struct {
	Kind     EventKind `json:"kind"`
	Root     string    `json:"root,omitempty"` // of the source
	Path     string    `json:"path,omitempty"`
	Done     int       `json:"done"`                 // files
	Total    int       `json:"total"`                // files; 0 as long as nobody knows
	Bytes    int64     `json:"bytes"`                // of Done
	Size     int64     `json:"size"`                 // of Total
	File     int64     `json:"file_bytes,omitempty"` // of this file
	Pages    int       `json:"pages,omitempty"`      // of this document, as all below
	Words    int       `json:"words,omitempty"`
	Passages int       `json:"passages,omitempty"`
	Seconds  float64   `json:"seconds,omitempty"` // that fetching and reading took
	Warnings []string  `json:"warnings,omitempty"`
	Failure  *Failure  `json:"failure,omitempty"` // of Failed, Empty and Left
}

// Failure is a file that could not be read, in words for people.
type Failure struct {
	Path   string `json:"path"`
	Code   string `json:"code,omitempty"` // no_text, encrypted, damaged …
	Reason string `json:"reason"`
	Hint   string `json:"hint,omitempty"` // what to do; may be empty
	Kept   bool   `json:"kept,omitempty"` // the last good version stays in use
}

// maxFailures is how many failures a summary tells in full.
const maxFailures = 100

// Summary is what a run did.
type Summary struct {
	Added     int           `json:"added"`
	Changed   int           `json:"changed"`
	Unchanged int           `json:"unchanged"`
	Deleted   int           `json:"deleted"`
	Failed    int           `json:"failed"` // without Empty
	Empty     int           `json:"empty"`
	Skipped   int           `json:"skipped"`
	Pages     int           `json:"pages"` // of documents added and changed
	Words     int           `json:"words"`
	Passages  int           `json:"passages"`
	Bytes     int64         `json:"bytes"`      // of all files found
	Read      int64         `json:"read_bytes"` // of those that were read
	Took      time.Duration `json:"took_ns"`
	DryRun    bool          `json:"dry_run,omitempty"`
	Failures  []Failure     `json:"failures,omitempty"` // failed and empty, the first 100
	Left      []Failure     `json:"left,omitempty"`     // skipped, the first 100
}

// Add adds what another run did.
func (s *Summary) Add(o Summary) {
	s.Added += o.Added
	s.Changed += o.Changed
	s.Unchanged += o.Unchanged
	s.Deleted += o.Deleted
	s.Failed += o.Failed
	s.Empty += o.Empty
	s.Skipped += o.Skipped
	s.Pages += o.Pages
	s.Words += o.Words
	s.Passages += o.Passages
	s.Bytes += o.Bytes
	s.Read += o.Read
	s.Took += o.Took
	s.DryRun = s.DryRun || o.DryRun
	for _, f := range o.Failures {
		s.Failures = remember(s.Failures, f)
	}
	for _, f := range o.Left {
		s.Left = remember(s.Left, f)
	}
}

func remember(list []Failure, f Failure) []Failure {
	if len(list) < maxFailures {
		list = append(list, f)
	}
	return list
}

func (job *read) kind() EventKind {
	if job.failure.Code == store.CodeNoText {
		return Empty
	}
	return Failed
}

// lasting reports whether the same bytes would fail again. One that is too large
// to be looked at leaves no trace of its bytes and is looked at again: the limit
// can be set.
func lasting(err error) bool {
	if errors.Is(err, ErrNeedsOCR) { // it may be installed meanwhile
		return false
	}
	for _, e := range []error{ErrNoText, ErrEncrypted, ErrDamaged, ErrUnsupported, ErrTooLarge} {
		if errors.Is(err, e) {
			return true
		}
	}
	return false
}

// codeOf is an error in one word, for programs.
func codeOf(err error) string {
	if errors.Is(err, errBusy) {
		return "busy"
	}
	if errors.Is(err, ErrNeedsOCR) {
		return "needs_ocr"
	}
	for _, k := range kinds {
		if errors.Is(err, k.err) {
			return k.name
		}
	}
	return "other"
}

// Hint is what a person can do about a file that could not be read, "" when
// the reason says it all.
func Hint(err error) string {
	switch {
	case errors.Is(err, ErrEncrypted):
		return "remove the password in the program it was made with, and save it again"
	case errors.Is(err, ErrNeedsOCR):
		return "install tesseract-ocr and poppler-utils on the machine that runs sufflor, or save it as a PDF with a text layer; then: sufflor ingest retry"
	case errors.Is(err, ErrNoText):
		return "if it is a scan, run text recognition (OCR) over it first; an empty file can be deleted, or named in " + IgnoreFile
	case errors.Is(err, ErrTooLarge):
		return "split it into smaller files"
	case errors.Is(err, ErrUnsupported):
		return "save what it holds in a form that is read: PDF, .docx, .xlsx, .csv, .html, .md or .txt"
	case errors.Is(err, ErrDamaged):
		return "open it in the program it was made with and save it again, print a PDF to a new one; if it opens there, send us the file"
	case errors.Is(err, errBusy):
		return "wait until nobody writes to it, and run again"
	case errors.Is(err, fs.ErrPermission):
		return "give the user that runs sufflor the right to read it"
	case errors.Is(err, fs.ErrNotExist):
		return "it was deleted meanwhile; run again"
	}
	return ""
}
