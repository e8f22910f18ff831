package suggest

import (
	"slices"
	"sync"
)

// Live tells what language models are writing to whoever watches. What it
// tells is a preview: the stored suggestion counts, and who misses a piece
// loses nothing. The zero value is ready; nil tells nobody.
type Live struct {
	// Pass tells other replicas, which [Live.Hear] it. It must not wait. Nil:
	// there are none. It is set before the first use.
	Pass func(workspace string, p Piece)

	mu       sync.Mutex
	watchers map[string]map[chan Piece]struct{} // by workspace
}

// Piece is how far a draft has come: all its sentences so far.
type Piece struct {
	Suggestion string
	Sentences  []Sentence
}

// backlog is how many pieces wait for a slow watcher before some are lost.
const backlog = 64

// Tell hands a piece to those who watch the workspace. It never waits.
func (l *Live) Tell(workspace string, p Piece) {
	if l == nil {
		return
	}
	p.Sentences = slices.Clone(p.Sentences)
	if l.Pass != nil {
		l.Pass(workspace, p)
	}
	l.Hear(workspace, p)
}

// Hear is Tell for what another replica told.
func (l *Live) Hear(workspace string, p Piece) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for ch := range l.watchers[workspace] {
		select {
		case ch <- p:
		default:
		}
	}
}

// Watch returns the pieces of a workspace from now on. Call stop when done;
// the channel is never closed.
func (l *Live) Watch(workspace string) (pieces <-chan Piece, stop func()) {
	if l == nil {
		return nil, func() {}
	}
	ch := make(chan Piece, backlog)
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.watchers == nil {
		l.watchers = map[string]map[chan Piece]struct{}{}
	}
	if l.watchers[workspace] == nil {
		l.watchers[workspace] = map[chan Piece]struct{}{}
	}
	l.watchers[workspace][ch] = struct{}{}
	return ch, sync.OnceFunc(func() {
		l.mu.Lock()
		defer l.mu.Unlock()
		delete(l.watchers[workspace], ch)
		if len(l.watchers[workspace]) == 0 {
			delete(l.watchers, workspace)
		}
	})
}
