package embed

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"sync"
	"time"
	"unicode/utf8"
)

// Limits bound what an embedder is asked and how long it may take. Zero fields
// mean the defaults.
type Limits struct {
	Batch     int           // texts in one request; 32
	BatchSize int           // bytes of text in one request; 64 KiB
	Text      int           // bytes of one text, which is cut there; 8 KiB
	Timeout   time.Duration // of one request; 20 s
	Retries   int           // further attempts for documents after a passing failure; 3, negative for none
	Backoff   time.Duration // before the first further attempt, then twice as long each time; 500 ms
	Patience  time.Duration // the longest wait that a server may ask for in between; 1 min
	Rest      time.Duration // after a failure nothing is asked for this long; 30 s
}

func (l Limits) withDefaults() Limits {
	def := func(v *int, to int) {
		if *v <= 0 {
			*v = to
		}
	}
	wait := func(v *time.Duration, to time.Duration) {
		if *v <= 0 {
			*v = to
		}
	}
	def(&l.Batch, 32)
	def(&l.BatchSize, 64<<10)
	def(&l.Text, 8<<10)
	wait(&l.Timeout, 20*time.Second)
	if l.Retries == 0 {
		l.Retries = 3
	}
	wait(&l.Backoff, 500*time.Millisecond)
	wait(&l.Patience, time.Minute)
	wait(&l.Rest, 30*time.Second)
	return l
}

// Options are how a [Guard] asks.
type Options struct {
	Name string // of the model; required
	Dim  int    // numbers in a vector; 0 takes what the first answer has
	// QueryPrefix and PassagePrefix are put before texts; some models were
	// trained with "query: " and "passage: ".
	QueryPrefix, PassagePrefix string
	Limits                     Limits
}

// maxDim bounds a vector, as index/vector does.
const maxDim = 8192

// noticed is how long a caller must have waited before its deadline counts
// against the embedder.
const noticed = 100 * time.Millisecond

// Guard is an [Embedder] around a [Maker]. Nothing gets through that is not
// one vector a text, all of one dimension, of finite numbers that are not all
// zero. Questions and documents have circuit breakers of their own: an embedder
// that is busy with documents may still answer questions.
type Guard struct {
	maker             Maker
	o                 Options
	queries, passages breaker

	mu  sync.Mutex
	dim int
}

// New guards maker.
func New(maker Maker, o Options) (*Guard, error) {
	if o.Name == "" {
		return nil, errors.New("embedder: a name of the model is required")
	}
	if o.Dim < 0 || o.Dim > maxDim {
		return nil, fmt.Errorf("embedder: %d dimensions; at most %d", o.Dim, maxDim)
	}
	o.Limits = o.Limits.withDefaults()
	g := &Guard{maker: maker, o: o, dim: o.Dim}
	g.queries.rest, g.passages.rest = o.Limits.Rest, o.Limits.Rest
	return g, nil
}

// Name is [Model.Name], which needs no asking. What is put before passages is
// part of it: vectors made with and without it do not compare.
func (g *Guard) Name() string {
	if g.o.PassagePrefix == "" {
		return g.o.Name
	}
	return fmt.Sprintf("%s after %q", g.o.Name, g.o.PassagePrefix)
}

// Model implements [Embedder].
func (g *Guard) Model(ctx context.Context) (Model, error) {
	m := Model{Name: g.Name()}
	g.mu.Lock()
	m.Dim = g.dim
	g.mu.Unlock()
	if m.Dim == 0 {
		v, err := g.once(ctx, &g.passages, []string{g.o.PassagePrefix + "dimension"})
		if err != nil {
			return Model{}, err
		}
		m.Dim = len(v[0])
	}
	return m, nil
}

// Query implements [Embedder].
func (g *Guard) Query(ctx context.Context, text string) ([]float32, error) {
	text, err := g.prepare(g.o.QueryPrefix, text)
	if err != nil {
		return nil, err
	}
	out, err := g.once(ctx, &g.queries, []string{text})
	if err != nil {
		return nil, err
	}
	return out[0], nil
}

// Documents implements [Embedder].
func (g *Guard) Documents(ctx context.Context, texts []string) ([][]float32, error) {
	out := make([][]float32, 0, len(texts))
	var batch []string
	size := 0
	flush := func() error {
		if len(batch) == 0 {
			return nil
		}
		vectors, err := g.again(ctx, batch)
		out, batch, size = append(out, vectors...), batch[:0], 0
		return err
	}
	for _, text := range texts {
		text, err := g.prepare(g.o.PassagePrefix, text)
		if err != nil {
			return nil, err
		}
		if len(batch) == g.o.Limits.Batch || size+len(text) > g.o.Limits.BatchSize {
			if err := flush(); err != nil {
				return nil, err
			}
		}
		batch, size = append(batch, text), size+len(text)
	}
	if err := flush(); err != nil {
		return nil, err
	}
	return out, nil
}

// prepare cuts a text to what may be asked, between characters.
func (g *Guard) prepare(prefix, text string) (string, error) {
	text = strings.ToValidUTF8(strings.TrimSpace(text), "\uFFFD")
	if text == "" {
		return "", &MakeError{Kind: ErrText, Reason: "it is empty"}
	}
	if len(text) > g.o.Limits.Text {
		n := g.o.Limits.Text
		for n > 0 && !utf8.RuneStart(text[n]) {
			n--
		}
		text = text[:n]
	}
	return prefix + text, nil
}

// again asks for passages until there is an answer or it is hopeless. Only
// then does the breaker learn of it.
func (g *Guard) again(ctx context.Context, texts []string) ([][]float32, error) {
	if err := g.passages.enter(); err != nil {
		return nil, err
	}
	for attempt := 0; ; attempt++ {
		out, err := g.ask(ctx, texts)
		var f *MakeError
		if !errors.As(err, &f) || f.Slow || errors.Is(f, ErrRefused) || errors.Is(f, ErrText) || f.After > g.o.Limits.Patience || attempt >= g.o.Limits.Retries {
			g.settle(&g.passages, err)
			return out, err
		}
		pause := g.o.Limits.Backoff << min(attempt, 16)
		pause = max(f.After, pause/2+rand.N(pause)) //nolint:gosec // no secret: spread, so that replicas do not come back together
		select {
		case <-time.After(pause):
		case <-ctx.Done():
			g.passages.abandon()
			return nil, ctx.Err()
		}
	}
}

func (g *Guard) once(ctx context.Context, b *breaker, texts []string) ([][]float32, error) {
	if err := b.enter(); err != nil {
		return nil, err
	}
	out, err := g.ask(ctx, texts)
	g.settle(b, err)
	return out, err
}

// settle tells a breaker how it went.
func (g *Guard) settle(b *breaker, err error) {
	var f *MakeError
	switch {
	case err == nil:
		b.leave(nil, 0)
	case !errors.As(err, &f):
		b.abandon()
	case errors.Is(f, ErrText):
		b.leave(nil, 0) // it is there
	default:
		b.leave(err, f.After)
	}
}

// ask makes one request and looks at the answer. What is not a [MakeError] is
// the context's error.
func (g *Guard) ask(ctx context.Context, texts []string) ([][]float32, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	began := time.Now()
	limited, cancel := context.WithTimeout(ctx, g.o.Limits.Timeout)
	defer cancel()
	out, err := g.maker.Make(limited, texts)
	var f *MakeError
	switch {
	case errors.Is(ctx.Err(), context.Canceled):
		return nil, ctx.Err()
	case limited.Err() != nil:
		if ctx.Err() != nil && time.Since(began) < noticed {
			return nil, ctx.Err()
		}
		return nil, &MakeError{Kind: ErrDown, Reason: fmt.Sprintf("no answer within %v", time.Since(began).Round(time.Millisecond)), Slow: true}
	case errors.As(err, &f):
		return nil, f
	case err != nil:
		return nil, &MakeError{Kind: ErrDown, Reason: err.Error()}
	}
	if err := g.check(out, len(texts)); err != nil {
		return nil, &MakeError{Kind: ErrAnswer, Reason: err.Error()}
	}
	return out, nil
}

func (g *Guard) check(vectors [][]float32, n int) error {
	if len(vectors) != n {
		return fmt.Errorf("%d vectors for %d texts", len(vectors), n)
	}
	g.mu.Lock()
	dim := g.dim
	g.mu.Unlock()
	if dim == 0 {
		dim = len(vectors[0])
	}
	for i, v := range vectors {
		if len(v) != dim || dim > maxDim || dim == 0 {
			return fmt.Errorf("vector %d has %d numbers, expected %d; has the model changed?", i+1, len(v), dim)
		}
		zero := true
		for _, x := range v {
			if math.IsNaN(float64(x)) || math.IsInf(float64(x), 0) {
				return fmt.Errorf("vector %d holds a number that is none", i+1)
			}
			zero = zero && x == 0
		}
		if zero {
			return fmt.Errorf("vector %d is all zero", i+1)
		}
	}
	g.mu.Lock()
	g.dim = dim
	g.mu.Unlock()
	return nil
}
