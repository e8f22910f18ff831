// Package assist lets a language model help the search: it puts questions into
// the other languages of a workspace, and says which of the best passages answer.
//
// Neither is needed for an answer. Whatever a model does, the search goes on
// with what it has, within the time it gives the model, and says so.
package assist

import (
	"container/list"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"
	"unicode"

	"golang.org/x/sync/singleflight"

	"github.com/sufflor/sufflor/suggest/llm"
)

// Model is what is asked; [llm.Model] is one.
type Model interface {
	Generate(ctx context.Context, p llm.Prompt, watch func(piece string)) (llm.Reply, error)
	Name() string
}

// Shared keeps replies where all replicas find them.
type Shared interface {
	// Do is the value kept under key, or what make makes, which is kept unless
	// it gives an error. Its errors are those of make and of ctx.
	Do(ctx context.Context, workspace, key string, make func(context.Context) ([]byte, error)) ([]byte, error)
}

// alone keeps nothing.
type alone struct{}

func (alone) Do(ctx context.Context, _, _ string, make func(context.Context) ([]byte, error)) ([]byte, error) {
	return make(ctx)
}

// errLate means that the model did not answer within the caller's patience. Its
// answer is kept when it comes, for the next time.
var errLate = errors.New("the model takes too long")

var errClosed = errors.New("the model is not asked any more")

const (
	// longest is how long an answer is waited for that nobody waits for any
	// more.
	longest = 20 * time.Second
	// remembered is how many answers are kept.
	remembered = 2048
)

// asker asks a model and keeps its answers. A question that is being asked is
// not asked again.
type asker[T any] struct {
	model    Model
	kind     string // what it asks for, with the version of how
	shared   Shared
	patience time.Duration
	flight   singleflight.Group
	life     context.Context // of calls; they outlive who asked
	end      context.CancelFunc

	mu    sync.Mutex
	calls sync.WaitGroup // under mu once life has ended
	known map[string]*list.Element
	order *list.List // of known, the newest in front
}

type answer[T any] struct {
	key   string
	value T
}

func newAsker[T any](m Model, kind string, patience time.Duration) *asker[T] {
	life, end := context.WithCancel(context.Background()) //nolint:gosec // Close calls it
	return &asker[T]{model: m, kind: kind, shared: alone{}, patience: patience, life: life, end: end, known: map[string]*list.Element{}, order: list.New()}
}

// Close ends calls that are under way and waits for them.
func (a *asker[T]) Close() error {
	a.mu.Lock()
	a.end()
	a.mu.Unlock()
	a.calls.Wait()
	return nil
}

// begin notes a call, unless the asker is closed.
func (a *asker[T]) begin() bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.life.Err() != nil {
		return false
	}
	a.calls.Add(1)
	return true
}

// ask is the model's answer to p, made, awaited or remembered. read takes it
// from the reply's text.
func (a *asker[T]) ask(ctx context.Context, key string, p llm.Prompt, read func(text string) (T, error)) (T, error) {
	key = a.model.Name() + "\x00" + p.Workspace + "\x00" + key
	if v, ok := a.get(key); ok {
		return v, nil
	}
	var none T
	done := a.flight.DoChan(key, func() (any, error) { //nolint:contextcheck // the answer is kept, whoever still waits for it
		if !a.begin() {
			return none, errClosed
		}
		defer a.calls.Done()
		call, cancel := context.WithTimeout(a.life, longest)
		defer cancel()
		var v T
		text, err := a.shared.Do(call, p.Workspace, a.kind+"\x00"+key, func(ctx context.Context) ([]byte, error) {
			reply, err := a.model.Generate(ctx, p, nil)
			if err != nil {
				return nil, err
			}
			if v, err = read(reply.Text); err != nil {
				return nil, fmt.Errorf("what %s said: %w", a.model.Name(), err)
			}
			return json.Marshal(v)
		})
		if err != nil {
			return none, err
		}
		if err := json.Unmarshal(text, &v); err != nil {
			return none, fmt.Errorf("what was kept of %s: %w", a.model.Name(), err)
		}
		a.put(key, v)
		return v, nil
	})
	wait, cancel := context.WithTimeout(ctx, a.patience)
	defer cancel()
	select {
	case r := <-done:
		if r.Err != nil {
			return none, r.Err
		}
		return r.Val.(T), nil //nolint:forcetypeassert // the function above gives no other
	case <-wait.Done():
		if ctx.Err() != nil {
			return none, ctx.Err()
		}
		return none, errLate
	}
}

func (a *asker[T]) get(key string) (v T, ok bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	e, ok := a.known[key]
	if !ok {
		return v, false
	}
	a.order.MoveToFront(e)
	return e.Value.(answer[T]).value, true //nolint:forcetypeassert // nothing else is put in
}

func (a *asker[T]) put(key string, v T) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if _, ok := a.known[key]; ok {
		return
	}
	a.known[key] = a.order.PushFront(answer[T]{key, v})
	for len(a.known) > remembered {
		last := a.order.Remove(a.order.Back()).(answer[T]) //nolint:forcetypeassert // nothing else is put in
		delete(a.known, last.key)
	}
}

// object decodes the one JSON object of a reply, which models like to fence.
func object(text string, into any) error {
	from, to := strings.IndexByte(text, '{'), strings.LastIndexByte(text, '}')
	if from < 0 || to < from {
		return errors.New("no JSON object in it")
	}
	return json.Unmarshal([]byte(text[from:to+1]), into)
}

// fenced is text between marks that it cannot hold: what stands between them is
// data. Characters that nobody sees are left out.
func fenced(mark, text string) string {
	text = strings.Map(func(r rune) rune {
		if r == '\n' || r == '\t' {
			return r
		}
		if unicode.Is(unicode.C, r) || unicode.Is(unicode.Variation_Selector, r) {
			return -1
		}
		return r
	}, strings.ToValidUTF8(text, ""))
	return "<<" + mark + "\n" + text + "\n" + mark + ">>"
}

// newMark is a mark that no text can know beforehand.
func newMark() string { return rand.Text()[:12] }

// clip is s cut to at most limit bytes, at the end of a letter.
func clip(s string, limit int) string {
	if len(s) > limit {
		s = strings.ToValidUTF8(s[:limit], "")
	}
	return s
}

// properties are those of a reply's object.
type properties struct{ names, forms []string }

func (p *properties) add(name, form string) {
	p.names = append(p.names, `"`+name+`"`)
	p.forms = append(p.forms, `"`+name+`":`+form)
}

func (p *properties) schema(name string) *llm.Schema {
	return &llm.Schema{Name: name, JSON: json.RawMessage(`{"type":"object","properties":{` + strings.Join(p.forms, ",") +
		`},"required":[` + strings.Join(p.names, ",") + `],"additionalProperties":false}`)}
}
