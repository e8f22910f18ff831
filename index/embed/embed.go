// Package embed turns texts into vectors whose directions are alike when the
// texts mean the same.
//
// It holds the contract, and the guard around whatever makes the vectors: a
// server ([github.com/sufflor/sufflor/index/embed/langchain]) or a model in a
// folder. It knows nothing of passages or of where vectors are kept.
package embed

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// Model says what vectors can be compared with each other.
type Model struct {
	Name string
	Dim  int // numbers in a vector
}

// Embedder makes vectors. It is safe for concurrent use. Its errors wrap
// [ErrDown], [ErrRefused], [ErrAnswer], [ErrText] or the context's, and hold
// neither texts nor keys.
type Embedder interface {
	// Model is what the vectors are made by. The first call may have to ask.
	Model(ctx context.Context) (Model, error)

	// Documents returns the vectors of passages, one for each text and in
	// their order. It may take long: what fails for a moment is tried again.
	Documents(ctx context.Context, texts []string) ([][]float32, error)

	// Query returns the vector of a question. It is tried once; after a
	// failure it answers [ErrDown] at once for a while.
	Query(ctx context.Context, text string) ([]float32, error)
}

// Maker is what makes vectors, unguarded: one for each text, in their order.
// It is asked for no more texts than [Limits] say.
type Maker interface {
	Make(ctx context.Context, texts []string) ([][]float32, error)
}

var (
	// ErrDown means that there is no answer now; try later.
	ErrDown = errors.New("embedder does not answer")
	// ErrRefused means that there will be no answer until somebody changes
	// the settings.
	ErrRefused = errors.New("embedder refuses")
	// ErrAnswer means that there was an answer that cannot be used.
	ErrAnswer = errors.New("embedder's answer cannot be used")
	// ErrText means that the embedder cannot take one of the texts.
	ErrText = errors.New("embedder cannot take a text")
)

// MakeError is why a [Maker] gave no vectors.
type MakeError struct {
	Kind   error         // ErrDown, ErrRefused, ErrAnswer or ErrText
	Reason string        // for people; with the next step when there is one
	After  time.Duration // not to be asked before; 0 when it did not say
	Slow   bool          // it cost a whole timeout
}

func (f *MakeError) Error() string { return fmt.Sprintf("%v: %s", f.Kind, f.Reason) }

// Unwrap is the kind.
func (f *MakeError) Unwrap() error { return f.Kind }
