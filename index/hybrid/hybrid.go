// Package hybrid searches by words and by meaning.
//
// The question's vector finds passages; these become candidates of the search
// by words, which ranks them all by what it learned of words plus how near they
// are (index.Query.Near). Whatever is wrong with vectors, the search goes on by
// words and says so.
package hybrid

import (
	"container/list"
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/sufflor/sufflor/index"
	"github.com/sufflor/sufflor/index/embed"
	"github.com/sufflor/sufflor/index/vector"
)

// Leg is what a search goes by.
type Leg string

// The legs.
const (
	Lexical Leg = "lexical" // words
	Vector  Leg = "vector"  // meaning
	Hybrid  Leg = "hybrid"  // both
)

const (
	// nearest is how many passages are taken for a question by their vectors.
	nearest = 100
	// remembered is how many vectors of questions are kept: a message's
	// question is searched for several times.
	remembered = 256
	// patience is how long a question waits for its vector by default.
	patience = 700 * time.Millisecond
)

// Options are how an Index works.
type Options struct {
	// Vectors are those of a workspace, nil when there are none.
	Vectors  func(workspace string) *vector.Store
	Embedder embed.Embedder
	Patience time.Duration // how long a question waits for its vector; 0 means 700 ms
	Leg      Leg           // empty: Hybrid
}

// Index is an index of words that finds by meaning, too. It is safe for
// concurrent use.
type Index struct {
	*index.Local
	o Options

	mu    sync.Mutex
	known map[string]*list.Element
	order *list.List // of known, the newest in front
}

type question struct {
	text   string
	vector []float32
}

// New adds vectors to an index.
func New(x *index.Local, o Options) *Index {
	if o.Patience <= 0 {
		o.Patience = patience
	}
	if o.Leg == "" {
		o.Leg = Hybrid
	}
	return &Index{Local: x, o: o, known: map[string]*list.Element{}, order: list.New()}
}

// Search is [index.Local.Search] with passages that lie near in meaning.
// Result.Degraded says why there are none.
func (x *Index) Search(ctx context.Context, q index.Query) (index.Result, error) {
	if x.o.Leg == Lexical {
		return x.Local.Search(ctx, q)
	}
	began := time.Now()
	near, err := x.near(ctx, q)
	if ctx.Err() != nil {
		return index.Result{}, fmt.Errorf("search workspace %q: %w", q.Workspace, ctx.Err())
	}
	if x.o.Leg == Vector {
		if err != nil {
			return index.Result{}, fmt.Errorf("search workspace %q by meaning: %w", q.Workspace, err)
		}
		q.Text, q.Context = "", nil
	}
	q.Near = near
	res, failed := x.Local.Search(ctx, q)
	if err != nil {
		res.Degraded = append(res.Degraded, "meaning: "+reason(err))
	}
	res.Took = time.Since(began)
	return res, failed
}

// errNone means that a workspace has no vectors yet.
var errNone = errors.New("no vectors yet")

// reason is err for agents: without addresses, which errors of servers name.
func reason(err error) string {
	switch {
	case errors.Is(err, errNone):
		return "vectors are still being made"
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, embed.ErrDown):
		return "the embedder does not answer"
	case errors.Is(err, embed.ErrRefused):
		return "the embedder refuses"
	case errors.Is(err, vector.ErrDimension):
		return "vectors are of another model"
	}
	return "vectors cannot be used"
}

// near is the passages whose vectors lie nearest to the question's. A question
// of codes alone has no meaning to find by.
func (x *Index) near(ctx context.Context, q index.Query) ([]index.Near, error) {
	text := q.Sentence
	if text == "" {
		text = q.Text
	}
	if x.o.Leg == Hybrid && onlyCodes(q) {
		return nil, nil
	}
	vectors := x.o.Vectors(q.Workspace)
	if vectors == nil || vectors.Len() == 0 {
		return nil, errNone
	}
	wanted, err := x.vector(ctx, text)
	if err != nil {
		return nil, err
	}
	var hits []vector.Hit
	err = x.Allowed(ctx, q, func(allow func(id string) bool) (err error) {
		hits, err = vectors.Search(ctx, wanted, nearest, allow)
		return err
	})
	near := make([]index.Near, len(hits))
	for i, h := range hits {
		near[i] = index.Near{ID: h.ID, Cosine: h.Cosine}
	}
	return near, err
}

func onlyCodes(q index.Query) bool {
	for _, t := range index.Analyze(q.Language, q.Text) {
		if !t.Stop && !t.Identifier {
			return false
		}
	}
	return true
}

// vector is that of a question, made or remembered.
func (x *Index) vector(ctx context.Context, text string) ([]float32, error) {
	x.mu.Lock()
	if e, ok := x.known[text]; ok {
		x.order.MoveToFront(e)
		v := e.Value.(*question).vector //nolint:forcetypeassert // nothing else is put in
		x.mu.Unlock()
		return v, nil
	}
	x.mu.Unlock()
	ctx, cancel := context.WithTimeout(ctx, x.o.Patience)
	defer cancel()
	v, err := x.o.Embedder.Query(ctx, text)
	if err != nil {
		return nil, err
	}
	x.mu.Lock()
	defer x.mu.Unlock()
	if _, ok := x.known[text]; !ok {
		x.known[text] = x.order.PushFront(&question{text, v})
	}
	for len(x.known) > remembered {
		last := x.order.Remove(x.order.Back()).(*question) //nolint:forcetypeassert // nothing else is put in
		delete(x.known, last.text)
	}
	return v, nil
}
