// Package local makes vectors with a model in a folder, without a server: an
// ONNX graph of the kind that sentence-transformers exports, run in pure Go by
// hugot. It is for some thousand passages: a small model takes a tenth of a
// second for a question and half a second for a passage on two processors.
//
// The model runs in a process of its own. The tokenizer below ends its process
// at texts it cannot take, and what runs the graph may panic or take all
// memory; so a text costs at worst its own vector.
package local

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"sync"
	"time"

	"github.com/sufflor/sufflor/index/embed"
)

const (
	// MaxBatch is how many texts are best asked for at a time: more would not
	// be done within a request's time.
	MaxBatch = 4
	// stuck is after what time without an answer the process is ended.
	stuck = 2 * time.Minute
	// maxLine bounds an answer: MaxBatch vectors of 8,192 numbers in decimals.
	maxLine = 4 << 20
)

// Options say which model runs where.
type Options struct {
	Folder string
	// Command starts a process that calls [Serve]; the folder is appended.
	Command []string
}

// Client is an [embed.Maker]. It is safe for concurrent use; whoever makes one
// closes it.
type Client struct {
	o    Options
	name string
	turn chan struct{} // holds one while the process is asked

	mu     sync.Mutex
	closed bool
	proc   *process // nil when none runs
}

// New looks at the folder; the model is loaded when it is first needed.
func New(o Options) (*Client, error) {
	if len(o.Command) == 0 {
		return nil, errors.New("embedder: a command that serves the model is required")
	}
	f, err := inspect(o.Folder)
	if err != nil {
		return nil, err
	}
	return &Client{o: o, name: f.name, turn: make(chan struct{}, 1)}, nil
}

// Name is the folder's name and what tells the model from another in its place.
func (c *Client) Name() string { return c.name }

// Close ends the process and waits for what was asked of it.
func (c *Client) Close() error {
	c.mu.Lock()
	p := c.proc
	c.closed, c.proc = true, nil
	c.mu.Unlock()
	if p != nil {
		p.end()
	}
	c.turn <- struct{}{}
	<-c.turn
	return nil
}

// Make implements [embed.Maker]. Texts go one by one, so that a question waits
// for one passage and not for all.
func (c *Client) Make(ctx context.Context, texts []string) ([][]float32, error) {
	out := make([][]float32, 0, len(texts))
	for _, text := range texts {
		v, err := c.one(ctx, text)
		if err != nil {
			return nil, err
		}
		out = append(out, v)
	}
	return out, nil
}

func (c *Client) one(ctx context.Context, text string) ([]float32, error) {
	select {
	case c.turn <- struct{}{}:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	p, err := c.running()
	if err != nil {
		<-c.turn
		return nil, err
	}
	type result struct {
		vector []float32
		err    error
	}
	done := make(chan result, 1)
	go func() {
		// Whoever asked may have left; the answer is read all the same, so
		// that the next one is not taken for it.
		defer func() { <-c.turn }()
		v, err := p.ask(text)
		if err != nil {
			c.drop(p, err)
		}
		done <- result{v, err}
	}()
	select {
	case r := <-done:
		return r.vector, r.err
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// running is the process, started when there is none.
func (c *Client) running() (*process, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed {
		return nil, &embed.MakeError{Kind: embed.ErrDown, Reason: "it was closed"}
	}
	if c.proc == nil {
		p, err := start(append(append([]string{}, c.o.Command...), c.o.Folder))
		if err != nil {
			return nil, &embed.MakeError{Kind: embed.ErrRefused, Reason: fmt.Sprintf("the model's process cannot be started: %v", err)}
		}
		c.proc = p
	}
	return c.proc, nil
}

// drop lets go of a process that failed, unless it only said no.
func (c *Client) drop(p *process, err error) {
	if _, lives := errors.AsType[*answered](err); lives {
		return
	}
	p.end()
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.proc == p {
		c.proc = nil
	}
}

// request and answer are lines of JSON between the processes. The first answer
// comes unasked, when the model is loaded.
type request struct {
	Text string `json:"text"`
}

type answer struct {
	Vector []float32 `json:"vector,omitempty"`
	Error  string    `json:"error,omitempty"`
}

// answered is a failure that the process told of, and lives.
type answered struct{ failure *embed.MakeError }

func (a *answered) Error() string { return a.failure.Error() }
func (a *answered) Unwrap() error { return a.failure }

// process is a running model.
type process struct {
	cmd    *exec.Cmd
	in     io.WriteCloser
	out    *bufio.Scanner
	loaded bool
	ended  sync.Once
}

func start(command []string) (*process, error) {
	cmd := exec.Command(command[0], command[1:]...) //nolint:gosec,noctx // the caller's own binary; it lives longer than one request
	cmd.Env = []string{}                            // it needs none of our secrets
	cmd.WaitDelay = time.Second
	in, err := cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	p := &process{cmd: cmd, in: in, out: bufio.NewScanner(out)}
	p.out.Buffer(make([]byte, 0, 64<<10), maxLine)
	return p, nil
}

// end kills the process and waits for it.
func (p *process) end() {
	p.ended.Do(func() {
		_ = p.in.Close()
		_ = p.cmd.Process.Kill()
		_ = p.cmd.Wait() // it was killed, and says so
	})
}

// ask is for one goroutine at a time.
func (p *process) ask(text string) ([]float32, error) {
	watch := time.AfterFunc(stuck, func() { _ = p.cmd.Process.Kill() })
	defer watch.Stop()
	if !p.loaded {
		if a, err := p.read(); err != nil || a.Error != "" {
			return nil, &embed.MakeError{Kind: embed.ErrRefused, Reason: "the model cannot be loaded; " + orElse(a.Error, "its process ended: is there enough memory?")}
		}
		p.loaded = true
	}
	line, err := json.Marshal(request{Text: text})
	if err == nil {
		_, err = p.in.Write(append(line, '\n'))
	}
	var a answer
	if err == nil {
		a, err = p.read()
	}
	switch {
	case err != nil:
		return nil, &embed.MakeError{Kind: embed.ErrText, Reason: "the model's process ended while it read it"}
	case a.Error != "":
		return nil, &answered{&embed.MakeError{Kind: embed.ErrText, Reason: a.Error}}
	}
	return a.Vector, nil
}

func orElse(s, other string) string {
	if s == "" {
		return other
	}
	return s
}

func (p *process) read() (a answer, err error) {
	if !p.out.Scan() {
		return a, errors.Join(io.ErrUnexpectedEOF, p.out.Err())
	}
	err = json.NewDecoder(bytes.NewReader(p.out.Bytes())).Decode(&a)
	return a, err
}
