package ingest

import (
	"bufio"
	"bytes"
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"time"
)

// FileReader reads the document in a file. [Direct] and [*Isolated] are the
// two ways to do it.
type FileReader interface {
	ReadFile(ctx context.Context, path string) (Document, error)
}

// OCR is whether pictures are recognised, which takes seconds a page.
type OCR int

// When pictures are recognised.
const (
	WhenNeeded OCR = iota // in a second pass over files whose pages are pictures
	Never
)

// Direct reads files in this process. A panic becomes an error wrapping
// [ErrDamaged], but nothing protects from a file that takes all memory: use
// [Isolated] for files from outside.
type Direct struct {
	Reader Reader
	OCR    OCR
}

// ReadFile reads the document at path.
func (d Direct) ReadFile(ctx context.Context, path string) (Document, error) {
	return withFile(path, func(in Input) (Document, error) { return d.Read(ctx, in) })
}

// withFile opens the file at path for read and turns a panic of it into an
// error.
func withFile(path string, read func(Input) (Document, error)) (doc Document, err error) {
	f, err := os.Open(path)
	if err != nil {
		return Document{}, fmt.Errorf("open: %w", err)
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	info, err := f.Stat()
	if err != nil {
		return Document{}, fmt.Errorf("open: %w", err)
	}
	if !info.Mode().IsRegular() {
		return Document{}, fmt.Errorf("%s is not a regular file: %w", filepath.Base(path), ErrUnsupported)
	}
	defer func() {
		if p := recover(); p != nil {
			doc, err = Document{}, fmt.Errorf("%s: the reader stopped at %q: %w", filepath.Base(path), fmt.Sprint(p), ErrDamaged)
		}
	}()
	return read(Input{Name: filepath.Base(path), Path: path, Data: f, Size: info.Size(), Modified: info.ModTime()})
}

// Read is ReadFile for an input that is open already.
func (d Direct) Read(ctx context.Context, in Input) (Document, error) {
	doc, err := d.read(ctx, in)
	if err != nil {
		return doc, err
	}
	return Clean(doc), nil
}

func (d Direct) read(ctx context.Context, in Input) (Document, error) {
	doc, err := d.Reader.Read(ctx, in)
	if d.OCR == Never || in.Recognize || !hasPictures(doc, err) {
		return doc, err
	}
	in.Recognize = true
	return better(doc, err)(d.Reader.Read(ctx, in))
}

// hasPictures reports whether a second pass would bring text.
func hasPictures(doc Document, err error) bool {
	return len(doc.Scans) > 0 && (err == nil || errors.Is(err, ErrNeedsOCR))
}

// better keeps what a first pass found when a second one came to nothing.
func better(first Document, firstErr error) func(Document, error) (Document, error) {
	return func(second Document, err error) (Document, error) {
		if err == nil || firstErr != nil {
			return second, err
		}
		first.Warnings = append(first.Warnings, "pictures were not recognised: "+err.Error())
		return first, nil
	}
}

// Limits of one file in a worker process.
type Limits struct {
	Wall   time.Duration // default 2 minutes
	CPU    time.Duration // default 1 minute
	Memory int64         // bytes; default 700 MB
	Output int64         // bytes of the document as JSON; default 256 MB
	Page   time.Duration // more of Wall and CPU for each page that is recognised, up to an hour; default 30 seconds
}

func (l Limits) withDefaults() Limits {
	if l.Wall <= 0 {
		l.Wall = 2 * time.Minute
	}
	if l.CPU <= 0 {
		l.CPU = time.Minute
	}
	if l.Memory <= 0 {
		l.Memory = 700 << 20
	}
	if l.Output <= 0 {
		l.Output = 256 << 20
	}
	if l.Page <= 0 {
		l.Page = 30 * time.Second
	}
	return l
}

// recognising are the limits of a pass that recognises pages.
func (l Limits) recognising(pages int) Limits {
	more := min(time.Duration(pages)*l.Page, time.Hour)
	l.Wall, l.CPU = l.Wall+more, l.CPU+more
	return l
}

// ErrNoWorker means that no worker process could be started: no file can be
// read, whatever is in it.
var ErrNoWorker = errors.New("no process to read files in")

// Isolated reads each file in a worker process, so that a file that crashes
// its reader, never ends or takes all memory costs an error and nothing else.
// A worker reads many files and is started anew after a crash. It is safe for
// concurrent use; Close ends the idle workers.
type Isolated struct {
	// Command starts a worker that calls [WorkerMain], such as
	// {"/usr/bin/sufflor", "read-worker"}. It gets none of our environment:
	// a reader of outside files needs no secrets.
	Command []string
	Limits  Limits
	OCR     OCR

	swept  sync.Once
	mu     sync.Mutex
	idle   []*worker
	closed bool
}

// filesPerWorker bounds what leaks of libraries can add up to.
const filesPerWorker = 200

// request asks a worker for one file.
type request struct {
	Path   []byte `json:"path"`   // a name need not be UTF-8
	CPU    int64  `json:"cpu"`    // seconds
	Memory int64  `json:"memory"` // bytes
	// Recognize and Wall are for a second pass; the readers stop in time to
	// give what they have.
	Recognize bool          `json:"recognize,omitempty"`
	Wall      time.Duration `json:"wall,omitempty"`
}

// response is what a worker found, or, with More, the next of its blocks.
type response struct {
	Document Document
	More     bool   `json:",omitempty"`
	Error    string `json:",omitempty"`
	Kind     string `json:",omitempty"` // which of our errors it wraps
}

// ReadFile reads the document at path in a worker. A worker that crashes or
// runs out of its limits gives an error wrapping [ErrDamaged] that says why.
func (i *Isolated) ReadFile(ctx context.Context, path string) (Document, error) {
	limits := i.Limits.withDefaults()
	doc, err := i.read(ctx, path, limits, false)
	if i.OCR != Never && hasPictures(doc, err) {
		doc, err = better(doc, err)(i.read(ctx, path, limits.recognising(len(doc.Scans)), true))
	}
	if err != nil {
		return doc, err
	}
	return Clean(doc), nil
}

func (i *Isolated) read(ctx context.Context, path string, limits Limits, recognise bool) (Document, error) {
	absolute, err := filepath.Abs(path)
	if err != nil {
		return Document{}, fmt.Errorf("read %s: %w", path, err)
	}
	w, err := i.take() //nolint:contextcheck // a worker outlives the call that started it
	if err != nil {
		return Document{}, err
	}
	name := filepath.Base(path)
	ctx, cancel := context.WithTimeoutCause(ctx, limits.Wall, errTooSlow)
	defer cancel()
	out, err := w.ask(ctx, request{
		Path: []byte(absolute), CPU: max(int64(limits.CPU/time.Second), 1), Memory: limits.Memory, Recognize: recognise, Wall: limits.Wall,
	}, limits.Output)
	if err == nil {
		i.give(w)
		return out.unwrap()
	}
	died := w.stop()
	switch {
	case errors.Is(context.Cause(ctx), errTooSlow):
		return Document{}, fmt.Errorf("%s was not read within %v: %w", name, limits.Wall, ErrDamaged)
	case ctx.Err() != nil:
		return Document{}, fmt.Errorf("read %s: %w", name, ctx.Err())
	case errors.Is(err, ErrTooLarge):
		return Document{}, fmt.Errorf("%s: %w", name, err)
	}
	if died == outOfMemory {
		return Document{}, OverMemory(name)
	}
	return Document{}, fmt.Errorf("%s crashed its reader (%s): %w", name, died, ErrDamaged)
}

var errTooSlow = errors.New("over the time limit")

const outOfMemory = "it takes more memory than a file may"

func (i *Isolated) take() (*worker, error) {
	i.mu.Lock()
	defer i.mu.Unlock()
	if i.closed {
		return nil, fmt.Errorf("closed: %w", ErrNoWorker)
	}
	if n := len(i.idle); n > 0 {
		w := i.idle[n-1]
		i.idle = i.idle[:n-1]
		return w, nil
	}
	i.swept.Do(sweep)
	return start(i.Command)
}

func (i *Isolated) give(w *worker) {
	i.mu.Lock()
	defer i.mu.Unlock()
	if w.files++; i.closed || w.files >= filesPerWorker {
		w.stop()
		return
	}
	i.idle = append(i.idle, w)
}

// Close ends the idle workers; those that read end when they are done.
func (i *Isolated) Close() error {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.closed = true
	for _, w := range i.idle {
		w.stop()
	}
	i.idle = nil
	return nil
}

// worker is a running worker process.
type worker struct {
	cmd    *exec.Cmd
	stdin  io.WriteCloser
	stdout *bufio.Reader
	errors *tail
	files  int
	temp   string   // its folder for temporary files; a killed one cannot tidy up
	held   *os.File // marks temp as in use; may be nil
}

// workerTemp is how the folders of workers for temporary files begin.
const workerTemp = "sufflor-worker-"

func start(command []string) (*worker, error) {
	if len(command) == 0 {
		return nil, fmt.Errorf("no command is set: %w", ErrNoWorker)
	}
	temp, err := os.MkdirTemp("", workerTemp)
	if err != nil {
		return nil, fmt.Errorf("make a folder for a read worker: %w", err)
	}
	w := &worker{errors: &tail{}, temp: temp, held: hold(temp)}
	if err := w.run(command); err != nil {
		w.tidy()
		return nil, err
	}
	return w, nil
}

func (w *worker) run(command []string) error {
	// A worker outlives the call that started it; stop ends it.
	w.cmd = exec.CommandContext(context.Background(), command[0], command[1:]...) //nolint:gosec // our own binary
	w.cmd.Env = []string{"GOTRACEBACK=single", "TMPDIR=" + w.temp, "GOGC=" + strconv.Itoa(startPercent)}
	w.cmd.Stderr = w.errors
	w.cmd.WaitDelay = 5 * time.Second
	if w.held != nil {
		w.cmd.ExtraFiles = []*os.File{w.held} // the worker, and what it starts, may outlive us
	}
	stdin, err := w.cmd.StdinPipe()
	if err != nil {
		return fmt.Errorf("start a read worker: %w", err)
	}
	stdout, err := w.cmd.StdoutPipe()
	if err != nil {
		return fmt.Errorf("start a read worker: %w", err)
	}
	w.stdin, w.stdout = stdin, bufio.NewReader(stdout)
	if err := w.cmd.Start(); err != nil {
		return fmt.Errorf("start %s (%w): %w", command[0], err, ErrNoWorker)
	}
	return nil
}

// ask sends a request and reads the answer, or fails when ctx is done; then
// the worker must be stopped.
func (w *worker) ask(ctx context.Context, r request, limit int64) (response, error) {
	ended := context.AfterFunc(ctx, func() { _ = w.cmd.Process.Kill() })
	defer ended()
	line, err := json.Marshal(r)
	if err != nil {
		return response{}, fmt.Errorf("ask the read worker: %w", err)
	}
	if _, err := w.stdin.Write(append(line, '\n')); err != nil {
		return response{}, fmt.Errorf("ask the read worker: %w", err)
	}
	var blocks []Block
	for total := int64(0); ; {
		out, n, err := w.frame(limit - total)
		if err != nil {
			return response{}, err
		}
		if !out.More {
			out.Document.Blocks = append(blocks, out.Document.Blocks...)
			return out, nil
		}
		total += n
		blocks = append(blocks, out.Document.Blocks...)
	}
}

// frame reads a part of an answer, of at most limit bytes.
func (w *worker) frame(limit int64) (out response, n int64, err error) {
	var size [8]byte
	if _, err := io.ReadFull(w.stdout, size[:]); err != nil {
		return out, 0, fmt.Errorf("hear from the read worker: %w", err)
	}
	n = int64(binary.BigEndian.Uint64(size[:]) & math.MaxInt64)
	if n > limit {
		return out, n, fmt.Errorf("its text takes more than %d MB: %w", limit>>20, ErrTooLarge)
	}
	// Grown as it comes: the size is the worker's word only.
	var data bytes.Buffer
	if _, err := io.CopyN(&data, w.stdout, n); err != nil {
		return out, n, fmt.Errorf("hear from the read worker: %w", err)
	}
	if err := json.Unmarshal(data.Bytes(), &out); err != nil {
		return out, n, fmt.Errorf("understand the read worker: %w", err)
	}
	return out, n, nil
}

// stop ends the worker, waits for it and says how it ended.
func (w *worker) stop() string {
	_ = w.stdin.Close()
	_ = w.cmd.Process.Kill()
	err := w.cmd.Wait() // "signal: killed" is what Kill gives
	w.tidy()
	if why := w.errors.why(); why != "" {
		return why
	}
	if err != nil {
		return err.Error()
	}
	return "it ended without an answer"
}

// tidy removes the worker's temporary files. A tool that lost its worker may
// write for a moment yet.
func (w *worker) tidy() {
	defer func() { _ = w.held.Close() }() // nothing was written; nil is fine, too
	tools, _ := filepath.Glob(filepath.Join(w.temp, "*"))
	for range 10 {
		_ = os.RemoveAll(w.temp)
		if len(tools) == 0 {
			return
		}
		time.Sleep(100 * time.Millisecond)
	}
}

// tail keeps the beginning of what a worker writes to standard error: a fatal
// error stands in its first line.
type tail struct {
	mu   sync.Mutex
	text []byte
}

func (t *tail) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if room := 4096 - len(t.text); room > 0 {
		t.text = append(t.text, p[:min(room, len(p))]...)
	}
	return len(p), nil
}

func (t *tail) why() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	text := strings.TrimSpace(string(t.text))
	for _, sign := range []string{"out of memory", "cannot allocate memory", "pthread_create failed", "newosproc"} {
		if strings.Contains(text, sign) { // a thread's stack is memory, too
			return outOfMemory
		}
	}
	line, _, _ := strings.Cut(text, "\n")
	return line
}

// kinds are the errors that survive the way out of a worker.
var kinds = []struct {
	name string
	err  error
}{
	{"no_text", ErrNoText},
	{"encrypted", ErrEncrypted},
	{"damaged", ErrDamaged},
	{"unsupported", ErrUnsupported},
	{"too_large", ErrTooLarge},
	{"needs_ocr", ErrNeedsOCR},
	{"not_found", os.ErrNotExist},
	{"permission", os.ErrPermission},
}

func wrap(doc Document, err error) response {
	if err == nil {
		return response{Document: doc}
	}
	r := response{Error: err.Error()}
	if errors.Is(err, ErrNeedsOCR) {
		r.Document = Document{Pages: doc.Pages, Scans: doc.Scans}
	}
	for _, k := range kinds {
		if errors.Is(err, k.err) {
			r.Kind = k.name
			break
		}
	}
	return r
}

func (r response) unwrap() (Document, error) {
	if r.Error == "" {
		return r.Document, nil
	}
	for _, k := range kinds {
		if k.name == r.Kind {
			return r.Document, fmt.Errorf("%s: %w", strings.TrimSuffix(r.Error, ": "+k.err.Error()), k.err)
		}
	}
	return Document{}, errors.New(r.Error)
}
