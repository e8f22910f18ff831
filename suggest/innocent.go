package suggest

import (
	"sync"

	"github.com/sufflor/sufflor/index"
	"github.com/sufflor/sufflor/suggest/guard"
)

// maxInnocent bounds the passages that are remembered.
const maxInnocent = 200_000

// Innocent remembers passages that do not try to instruct, which are nearly
// all: each search brings dozens that were looked at before. A passage's id
// changes with its text. It is safe for concurrent use; the zero value is empty,
// and a nil one remembers nothing.
type Innocent struct {
	mu    sync.Mutex
	known map[passageKey]struct{}
}

type passageKey struct{ workspace, id, title string }

// clean is p without what tries to instruct, and whether there was any.
func (n *Innocent) clean(p index.Passage) (index.Passage, bool) {
	if n == nil {
		out, signals := guard.Passage(p)
		return out, len(signals) > 0
	}
	key := passageKey{p.Workspace, p.ID, p.Title}
	n.mu.Lock()
	_, ok := n.known[key]
	n.mu.Unlock()
	if ok {
		return p, false
	}
	out, signals := guard.Passage(p)
	if len(signals) > 0 {
		return out, true
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.known == nil || len(n.known) >= maxInnocent {
		n.known = map[passageKey]struct{}{}
	}
	n.known[key] = struct{}{}
	return p, false
}
