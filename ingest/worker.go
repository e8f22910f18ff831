package ingest

import (
	"bufio"
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"strings"
	"time"
)

// Streamer is a [Reader] that can give a document's blocks one by one, so that
// it need not hold all of them. The document it returns has no blocks.
type Streamer interface {
	Stream(ctx context.Context, in Input, emit func(Block)) (Document, error)
}

// frameSize is how much text a worker collects before it sends a part of its
// answer, in bytes.
const frameSize = 256 << 10

// WorkerMain is the worker process of [Isolated]: it reads requests from
// stdin, one a line, answers on stdout, and returns the exit code. Files named
// by args are read first, with the default limits.
func WorkerMain(ctx context.Context, r Reader, args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	watchCPU(stderr)
	tidy := func() {} // whoever started us may be gone
	if temp := os.TempDir(); strings.HasPrefix(filepath.Base(temp), workerTemp) {
		tidy = func() { _ = os.RemoveAll(temp) }
	}
	defer tidy()
	collectLate()
	limits := Limits{}.withDefaults()
	for _, path := range args {
		q := request{Path: []byte(path), CPU: int64(limits.CPU / time.Second), Memory: limits.Memory}
		if err := q.answer(ctx, r, stdout); err != nil {
			fmt.Fprintln(stderr, "read-worker:", err)
			return 1
		}
	}
	lines := bufio.NewScanner(stdin)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var q request
		if err := json.Unmarshal(lines.Bytes(), &q); err != nil {
			fmt.Fprintln(stderr, "read-worker: a request is not understood:", err)
			return 1
		}
		alone := q.watchWall(tidy)
		if err := q.answer(ctx, r, stdout); err != nil {
			fmt.Fprintln(stderr, "read-worker:", err)
			return 1
		}
		alone.Stop()
		giveBack()
	}
	if err := lines.Err(); err != nil {
		fmt.Fprintln(stderr, "read-worker:", err)
		return 1
	}
	return 0
}

// startPercent is GOGC for a worker's first 16 MB, this many times a hundredth
// of 4 MB. To collect what the packages of this program make when it starts,
// which stays, takes longer than to read a small file.
const startPercent = 400

// collectLate leaves memory alone until the first collection. From then on it
// is dearer than time: there are many workers, and large documents.
func collectLate() {
	debug.SetGCPercent(startPercent)
	collected := &struct{ self any }{}
	runtime.AddCleanup(collected, func(percent int) { debug.SetGCPercent(percent) }, 50)
}

// keptMemory is what a worker may keep between files, in bytes. To give it back
// takes longer than to read a small file.
const keptMemory = 64 << 20

// giveBack returns memory to the system after a large file.
func giveBack() {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	if m.HeapSys-m.HeapReleased > keptMemory {
		debug.FreeOSMemory()
	}
}

// orphanTime is what a worker gives its parent to end it, before it does so.
const orphanTime = 2 * time.Second

// watchWall ends a worker that is stuck in a file and whose parent, which would
// end it, was killed.
func (q request) watchWall(tidy func()) *time.Timer {
	wall := q.Wall
	if wall <= 0 {
		wall = Limits{}.withDefaults().Wall
	}
	return time.AfterFunc(wall+orphanTime, func() {
		tidy()
		os.Exit(1) //nolint:forbidigo // the worker's main is stuck in the file
	})
}

// answer reads the file of a request in this process and writes what it found.
func (q request) answer(ctx context.Context, r Reader, out io.Writer) error {
	if err := limit(q); err != nil {
		return fmt.Errorf("set limits: %w", err)
	}
	if q.Recognize && q.Wall > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, q.Wall)
		defer cancel()
	}
	var blocks []Block
	var broken error // the parent is gone, or a block cannot be written as JSON
	size := 0
	emit := func(b Block) {
		blocks = append(blocks, b)
		if size += weight(b); size >= frameSize && broken == nil {
			broken = send(out, response{Document: Document{Blocks: blocks}, More: true})
			blocks, size = nil, 0
		}
	}
	doc, err := withFile(string(q.Path), func(in Input) (Document, error) {
		in.Recognize = q.Recognize
		if s, ok := r.(Streamer); ok {
			return s.Stream(ctx, in, emit)
		}
		return r.Read(ctx, in)
	})
	if broken == nil {
		doc.Blocks = append(blocks, doc.Blocks...)
		broken = send(out, wrap(doc, err))
	}
	if odd, ok := errors.AsType[*json.UnsupportedValueError](broken); ok { // a locator that is not a number
		return send(out, wrap(Document{}, fmt.Errorf("%s: %w: %w", filepath.Base(string(q.Path)), odd, ErrDamaged)))
	}
	return broken
}

// send writes a part of an answer: its length in eight bytes, then JSON.
func send(w io.Writer, r response) error {
	data, err := json.Marshal(r)
	if err != nil {
		return fmt.Errorf("answer: %w", err)
	}
	out := binary.BigEndian.AppendUint64(make([]byte, 0, 8+len(data)), uint64(len(data)))
	if _, err := w.Write(append(out, data...)); err != nil {
		return fmt.Errorf("answer: %w", err)
	}
	return nil
}

// weight is about the bytes of a block's text.
func weight(b Block) int {
	n := len(b.Text) + 64
	if b.Table != nil {
		for _, r := range b.Table.Rows {
			n += 96
			for _, c := range r.Cells {
				n += len(c) + 16
			}
		}
	}
	if b.Case != nil {
		n += len(b.Case.Question) + len(b.Case.Answer)
	}
	return n
}
