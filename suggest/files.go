package suggest

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"mime"
	"path/filepath"
	"runtime/debug"
	"slices"
	"strings"
	"time"

	"github.com/sufflor/sufflor/connectors"
	"github.com/sufflor/sufflor/index"
	"github.com/sufflor/sufflor/index/lang"
	"github.com/sufflor/sufflor/store"
	"github.com/sufflor/sufflor/suggest/guard"
	"github.com/sufflor/sufflor/suggest/message"
	"github.com/sufflor/sufflor/suggest/overlap"
)

// Bounds of customers' files.
const (
	maxFileSize  = 20 << 20 // bytes
	maxFiles     = 5        // of one message
	maxFileText  = 256 << 10
	maxFetches   = 3                // attempts
	fetchFor     = time.Minute      // one attempt
	filesFor     = 3 * time.Minute  // after its message came, nobody waits for a file
	joinFor      = 30 * time.Second // that a file waits for the suggestion of its message
	joinAgain    = 2 * time.Second
	maxShown     = 3  // passages of files beside a draft
	maxFileCodes = 12 // codes of files that searches are helped by

	maxFocusCodes = 3   // and that a question without any is about
	fileWeight    = 0.4 // of these, for files of the message itself
	olderWeight   = 0.1 // and of earlier messages
)

// Reader takes a customer's file apart, safe from whatever is in it. Errors
// say what is wrong with the file and are final, but for the context's.
type Reader func(ctx context.Context, name, mediaType string, data []byte) ([]index.Passage, error)

// File is a customer's file and what it says.
type File struct {
	Name     string
	Present  bool   // with the message itself, not an earlier one
	Error    string // why it could not be read
	Passages []index.Passage
}

// readable reports whether an event brings files of a customer that can be
// looked at.
func (w *Worker) readable(e store.Event) bool {
	_, ok := w.Desks[e.Desk].(connectors.Opener)
	return ok && w.Read != nil && len(e.Attachments) > 0 && !e.Gone && (e.Role == connectors.Customer || e.Role == "")
}

// files reads the files of an event, and has the message's draft made anew with
// them. A file that cannot be had or read is kept as such, with the reason.
func (w *Worker) files(ctx context.Context, j store.Job) error {
	e, err := w.Store.Event(ctx, j.Desk, j.Key)
	if errors.Is(err, store.ErrNotFound) {
		return permanent(fmt.Errorf("files of event %s of desk %s: %w", j.Key, j.Desk, err))
	}
	if err != nil {
		return err
	}
	mine, err := w.customers(ctx, e)
	if err != nil {
		return err
	}
	if !mine {
		if e.Kind == connectors.Attached {
			return nil
		}
		// The desk has another configuration now; a draft may wait for us.
		_, err := w.Store.Redraft(ctx, e.Workspace, e.Desk, e.Key)
		return err
	}
	known, err := w.Store.Files(ctx, e.Workspace, e.Desk, e.Conversation)
	if err != nil {
		return err
	}
	before := 0 // files of the message that came in other events
	for _, f := range known {
		if f.Event != e.Key && f.Message != "" && f.Message == e.Message && f.State != store.FileSkipped {
			before++
		}
	}
	age := w.Now().Sub(e.Received)
	last := j.Attempt >= maxFetches || age > filesFor
	var later error
	for n, a := range e.Attachments {
		if slices.ContainsFunc(known, func(f store.File) bool { return f.Event == e.Key && f.Number == n }) {
			continue // before this process was killed
		}
		f := store.File{
			Workspace: e.Workspace, Desk: e.Desk, Event: e.Key, Number: n, Conversation: e.Conversation, Message: e.Message,
			Name: fileName(a, n), Type: a.Type, Size: a.Size,
		}
		if j.Attempt > maxFetches { // whatever it is that stops us, the draft goes on
			f.State, f.Error = store.FileFailed, "it could not be read in time"
		} else if err := w.readFile(ctx, e, a, &f, before); err != nil {
			if ctx.Err() != nil || !last {
				later = errors.Join(later, fmt.Errorf("file %s of event %s: %w", f.Name, e.Key, err))
				continue
			}
			f.State, f.Error = store.FileFailed, err.Error()
		}
		if f.State != store.FileRead {
			w.Log.WarnContext(ctx, "file of a customer not read", "desk", e.Desk, "event", e.Key, "number", n, "state", f.State, "err", f.Error)
		}
		if err := w.Store.SaveFile(ctx, f); err != nil {
			return err
		}
	}
	if later != nil {
		return later
	}
	found, err := w.Store.Redraft(ctx, e.Workspace, e.Desk, e.Key)
	if err != nil || found || e.Kind != connectors.Attached || age > joinFor {
		return err
	}
	return laterError{fmt.Errorf("message %s of event %s has no suggestion yet", e.Message, e.Key)}
}

// laterError asks the queue for a moment.
type laterError struct{ error }

// RetryAfter is the moment.
func (laterError) RetryAfter() time.Duration { return joinAgain }

// customers reports whether an event's files are a customer's. An event that
// only says that a file joined a message may not say whose.
func (w *Worker) customers(ctx context.Context, e store.Event) (bool, error) {
	if !w.readable(e) {
		return false, nil
	}
	if e.Role == connectors.Customer || e.Message == "" {
		return e.Role == connectors.Customer, nil
	}
	list, err := w.Store.History(ctx, e.Workspace, e.Desk, e.Conversation, time.Time{}, 100)
	if err != nil {
		return false, err
	}
	for _, h := range list {
		if h.Message == e.Message {
			return h.Role == connectors.Customer, nil
		}
	}
	if w.Now().Sub(e.Received) > joinFor {
		return false, nil
	}
	return false, laterError{fmt.Errorf("message %s of event %s has not come yet", e.Message, e.Key)}
}

// fileName is what a file is called where people read of it, never empty.
func fileName(a connectors.Attachment, n int) string {
	name := filepath.Base(strings.ReplaceAll(strings.TrimSpace(a.Name), "\\", "/"))
	if name == "." || name == "/" {
		name = fmt.Sprintf("file %d", n+1)
	}
	return connectors.Clip(strings.Map(func(r rune) rune {
		if r < ' ' {
			return -1
		}
		return r
	}, name), 200)
}

// unwanted are media types that say nothing in words.
var unwanted = []string{"audio", "video", "font", "model"}

// readFile fetches and reads one file into f. An error is worth another
// attempt; what is not is said in f. Before is how many files the message has
// had already.
func (w *Worker) readFile(ctx context.Context, e store.Event, a connectors.Attachment, f *store.File, before int) error {
	kind, _, _ := mime.ParseMediaType(a.Type)
	major, _, _ := strings.Cut(kind, "/")
	switch {
	case before+f.Number >= maxFiles:
		f.State, f.Error = store.FileSkipped, fmt.Sprintf("only the first %d files of a message are read", maxFiles)
		return nil
	case slices.Contains(unwanted, major):
		f.State, f.Error = store.FileSkipped, "a file of type "+kind+" is not read"
		return nil
	case a.Size > maxFileSize:
		f.State, f.Error = store.FileFailed, fmt.Sprintf("it has %d MB, at most %d are read", a.Size>>20, maxFileSize>>20)
		return nil
	}
	got, err := w.open(ctx, e, a)
	if err == nil && len(got.Data) > maxFileSize {
		err = connectors.ErrTooLarge
	}
	switch {
	case errors.Is(err, connectors.ErrTooLarge):
		f.State, f.Error = store.FileFailed, fmt.Sprintf("it is larger than %d MB", maxFileSize>>20)
		return nil
	case err != nil && connectors.IsPermanent(err):
		f.State, f.Error = store.FileFailed, err.Error()
		if errors.Is(err, connectors.ErrGone) {
			return w.Store.DeskFailed(ctx, e.Desk, err)
		}
		return nil
	case err != nil:
		return err
	}
	f.Size = int64(len(got.Data))
	f.Type = cmp.Or(f.Type, got.Type)
	if strings.TrimSpace(a.Name) == "" && got.Name != "" {
		f.Name = fileName(connectors.Attachment{Name: got.Name}, f.Number)
	}
	passages, err := w.Read(ctx, f.Name, f.Type, got.Data)
	if err != nil {
		if ctx.Err() != nil {
			return err
		}
		f.State, f.Error = store.FileFailed, err.Error()
		return nil
	}
	f.State = store.FileRead
	size := 0
	for i, p := range passages {
		if size += len(p.Text); size > maxFileText {
			break
		}
		// Its own id, title and audience, whatever the reader gave it: nothing
		// of it may be taken for a document's.
		p.ID = fmt.Sprintf("file:%s:%s:%d:%d", e.Desk, e.Key, f.Number, i)
		p.Workspace, p.Collection, p.Document, p.SourceName, p.Source = e.Workspace, "", p.ID, "", f.Name
		p.Title, p.Audience, p.Ordinal = f.Name, index.Internal, i
		f.Passages = append(f.Passages, p)
	}
	return nil
}

// open fetches a file. What it manages to break in its connector costs the
// file, not the process.
func (w *Worker) open(ctx context.Context, e store.Event, a connectors.Attachment) (f connectors.File, err error) {
	ctx, cancel := context.WithTimeout(ctx, fetchFor)
	defer cancel()
	defer func() {
		if v := recover(); v != nil {
			w.Log.ErrorContext(ctx, "connector panicked", "desk", e.Desk, "stack", string(debug.Stack()))
			f, err = connectors.File{}, connectors.Permanent(errors.New("the connector could not fetch it"))
		}
	}()
	return w.Desks[e.Desk].(connectors.Opener).Open(ctx, e.Event, a, maxFileSize)
}

// filesFor are the files of an event's conversation, up to the event.
func (w *Worker) filesFor(ctx context.Context, e store.Event) ([]File, error) {
	if w.Read == nil || e.Conversation == "" {
		return nil, nil
	}
	list, err := w.Store.Files(ctx, e.Workspace, e.Desk, e.Conversation)
	if err != nil {
		return nil, err
	}
	var out []File
	for _, f := range list {
		present := f.Event == e.Key || e.Message != "" && f.Message == e.Message
		if present || f.State == store.FileRead {
			out = append(out, File{Name: f.Name, Present: present, Error: f.Error, Passages: f.Passages})
		}
	}
	return out, nil
}

// codes are the codes in a file, in its order, such as the error on a
// photographed display.
func (f File) codes() (out []string) {
	for _, p := range f.Passages {
		for _, a := range message.Anchors(p.Text) {
			if a.Kind == message.Code && !slices.Contains(out, a.Text) && len(out) < maxFileCodes {
				out = append(out, a.Text)
			}
		}
	}
	return out
}

// fileFocus is the codes of the latest file that has some, for a question that
// names none: it asks about what the file shows. A long log is no help to it.
func fileFocus(question string, files []File) []string {
	if len(message.Codes(question)) > 0 {
		return nil
	}
	for _, f := range slices.Backward(files) {
		if codes := f.codes(); len(codes) > 0 {
			return codes[:min(len(codes), maxFocusCodes)]
		}
	}
	return nil
}

// fileContext is what files add to a search: the codes in them. Their words
// would drown the question.
func fileContext(files []File) (out []index.Weighted) {
	for _, f := range slices.Backward(files) {
		weight := olderWeight
		if f.Present {
			weight = fileWeight
		}
		codes := f.codes()
		if len(codes) > 0 && len(out) < maxFiles {
			out = append(out, index.Weighted{Text: strings.Join(codes, " "), Weight: weight})
		}
	}
	return out
}

// steered reports whether a file of the message tries to instruct.
func steered(files []File) bool {
	for _, f := range files {
		for _, p := range f.Passages {
			if f.Present && len(guard.Suspicious(p.Language, p.Text)) > 0 {
				return true
			}
		}
	}
	return false
}

// attach shows the agent, beside a draft, what the customer's files say on the
// questions, and which could not be read.
func attach(s Suggestion, r Request) Suggestion {
	if len(r.Files) == 0 || len(s.Asks) == 0 {
		return s
	}
	type shown struct {
		name    string
		passage index.Passage
		score   float64
	}
	var all []shown
	for _, f := range r.Files {
		if f.Present && f.Error != "" {
			text := f.Error
			if !strings.HasPrefix(text, f.Name) {
				text = f.Name + ": " + text
			}
			s.Degraded = append(slices.Clone(s.Degraded), text)
		}
		for i, p := range f.Passages {
			x := shown{f.Name, p, 0}
			if p.Language == "" {
				p.Language = lang.Detect(p.Text).Language
			}
			for _, a := range s.Asks {
				q := overlap.Weigh(overlap.Analyze(s.Language, a.Text), nil, 1)
				x.score = max(x.score, q.Coverage(overlap.Analyze(p.Language, p.Text)))
				for code := range message.Codes(a.Text) {
					if message.Codes(p.Text)[code] {
						x.score++
					}
				}
			}
			if f.Present && i == 0 {
				x.score += 0.2 // what it begins with says what it is
			}
			if f.Present && len(message.Codes(p.Text)) > 0 {
				x.score += 0.3 // the search was helped by them
			}
			if x.score >= 0.2 {
				all = append(all, x)
			}
		}
	}
	slices.SortStableFunc(all, func(a, b shown) int { return cmp.Compare(b.score, a.score) })
	s.Evidence = slices.Clone(s.Evidence)
	for _, x := range all[:min(len(all), maxShown)] {
		s.Evidence = append(s.Evidence, Evidence{Passage: x.passage, Score: x.score, Attachment: x.name})
	}
	return s
}
