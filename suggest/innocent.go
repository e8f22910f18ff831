package suggest

import (
	"hash/maphash"
	"reflect"
	"sync"

	"github.com/sufflor/sufflor/index"
	"github.com/sufflor/sufflor/suggest/guard"
)

// maxInnocent bounds the passages that are remembered.
const maxInnocent = 200_000

// Innocent remembers passages that do not try to instruct, which are nearly
// all: each search brings dozens that were looked at before. They are known by
// all that is looked at, since headings change without a new id. It is safe for
// concurrent use; the zero value is empty, and a nil one remembers nothing.
type Innocent struct {
	once  sync.Once
	seed  maphash.Seed
	mu    sync.Mutex
	known map[uint64]struct{} // sums
}

// clean is p without what tries to instruct, and whether there was any.
func (n *Innocent) clean(p index.Passage) (index.Passage, bool) {
	if n == nil {
		out, signals := guard.Passage(p)
		return out, len(signals) > 0
	}
	n.once.Do(func() { n.seed, n.known = maphash.MakeSeed(), map[uint64]struct{}{} })
	key := looked(n.seed, p)
	n.mu.Lock()
	_, ok := n.known[key]
	n.mu.Unlock()
	if ok {
		return p, false
	}
	out, signals := guard.Passage(p)
	if len(signals) > 0 || !reflect.DeepEqual(out, p) { // the end of a long one is blanked unseen
		return out, len(signals) > 0
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	if len(n.known) >= maxInnocent {
		clear(n.known)
	}
	n.known[key] = struct{}{}
	return p, false
}

// looked is the sum of what [guard.Passage] looks at.
func looked(seed maphash.Seed, p index.Passage) uint64 {
	var h maphash.Hash
	h.SetSeed(seed)
	add := func(s string) {
		maphash.WriteComparable(&h, len(s)) // so that no text passes for two
		_, _ = h.WriteString(s)             // never fails
	}
	add(p.Language)
	add(p.Text)
	add(p.Question)
	add(p.Title)
	maphash.WriteComparable(&h, len(p.Headings))
	for _, s := range p.Headings {
		add(s)
	}
	for _, c := range p.Cells {
		add(c.Header)
		add(c.Value)
	}
	return h.Sum64()
}
