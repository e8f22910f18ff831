package vector

import (
	"cmp"
	"context"
	"fmt"
	"math"
	mathbits "math/bits"
	"slices"
	"sync"
	"sync/atomic"
)

// probe is what vectors are compared with.
type probe struct {
	v    []int16
	norm float32
}

// newProbe is q with 12 bits a number, so that nearly all that is lost by
// rounding is what was lost when the vectors were stored.
func newProbe(q []float32) (probe, error) {
	top, err := greatest(q)
	if err != nil {
		return probe{}, err
	}
	p := probe{v: make([]int16, len(q))}
	var square float64
	for i, x := range q {
		p.v[i] = int16(math.Round(float64(x) / top * 2047))
		square += float64(p.v[i]) * float64(p.v[i])
	}
	p.norm = float32(1 / math.Sqrt(square))
	return p, nil
}

// storedProbe is the probe of a vector in the table.
func storedProbe(t *table, slot uint32) probe {
	v := t.vector(slot)
	p := probe{v: make([]int16, len(v)), norm: t.norm[slot]}
	for i, x := range v {
		p.v[i] = int16(signed(x)) //nolint:gosec // -128 to 127
	}
	return p
}

// cosine of p and a vector in the table.
func (p probe) cosine(t *table, slot uint32) float32 {
	return float32(product(p.v, t.vector(slot))) * p.norm * t.norm[slot]
}

// Search returns the k vectors nearest to query, nearest first, ties by id; at
// most [MaxHits]. allow, when it is not nil, says which ids may be found: it is
// asked inside the search, from several goroutines, must be quick, and must
// not call the store. An empty store gives no hit.
func (s *Store) Search(ctx context.Context, query []float32, k int, allow func(id string) bool) ([]Hit, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	k = min(k, MaxHits)
	s.mu.RLock()
	closed, t := s.closed, s.table
	s.mu.RUnlock()
	switch {
	case closed:
		return nil, ErrClosed
	case t == nil || k <= 0:
		return nil, nil
	case len(query) != t.dim:
		return nil, fmt.Errorf("search vectors: %d dimensions, the store has %d: %w", len(query), t.dim, ErrDimension)
	}
	p, err := newProbe(query)
	if err != nil {
		return nil, fmt.Errorf("search vectors: the question's vector %w", err)
	}
	var best nearest
	if s.useGraph(t, k, allow) {
		// What is not in the graph yet comes first: were it linked between the
		// two, it would be found twice and not never.
		if err := s.scan(ctx, t, p, k, allow, true, &best); err != nil {
			return nil, err
		}
		if s.searchGraph(t, p, k, allow, &best) {
			return best.hits(k), nil
		}
		best = best[:0]
	}
	if err := s.scan(ctx, t, p, k, allow, false, &best); err != nil {
		return nil, err
	}
	return best.hits(k), nil
}

// found is a vector that may become a hit.
type found struct {
	cosine float32
	id     string
}

// worse orders by cosine, then by id.
func (a found) worse(b found) bool {
	return a.cosine < b.cosine || a.cosine == b.cosine && a.id > b.id
}

// nearest is a heap of the best seen so far, the worst at its root.
type nearest []found

// add keeps f if it is among the best k.
func (n *nearest) add(f found, k int) {
	h := *n
	if len(h) < k {
		h = append(h, f)
		for i := len(h) - 1; i > 0; {
			up := (i - 1) / 2
			if !h[i].worse(h[up]) {
				break
			}
			h[i], h[up] = h[up], h[i]
			i = up
		}
		*n = h
		return
	}
	if !h[0].worse(f) {
		return
	}
	h[0] = f
	for i := 0; ; {
		down := 2*i + 1
		if down >= len(h) {
			return
		}
		if down+1 < len(h) && h[down+1].worse(h[down]) {
			down++
		}
		if !h[down].worse(h[i]) {
			return
		}
		h[i], h[down] = h[down], h[i]
		i = down
	}
}

// hits are the best k, best first. A vector that was replaced during the
// search may have been seen twice.
func (n nearest) hits(k int) []Hit {
	slices.SortFunc(n, func(a, b found) int { return cmp.Or(cmp.Compare(b.cosine, a.cosine), cmp.Compare(a.id, b.id)) })
	out := make([]Hit, 0, min(k, len(n)))
	seen := make(map[string]bool, len(n))
	for _, f := range n {
		if len(out) < k && !seen[f.id] {
			seen[f.id] = true
			out = append(out, Hit{ID: f.id, Cosine: float64(max(-1, min(1, f.cosine)))})
		}
	}
	return out
}

// scan compares p with every vector, or, when the graph is searched too, with
// those that are not in it yet. The lock is given back between chunks, so that
// writers wait a tenth of a millisecond and searches hardly for them.
func (s *Store) scan(ctx context.Context, t *table, p probe, k int, allow func(string) bool, linked bool, best *nearest) error {
	s.mu.RLock()
	chunks := len(t.chunks)
	s.mu.RUnlock()
	workers := min(s.workers, (chunks+15)/16) // below 16 chunks a goroutine costs more than it saves
	var next atomic.Int64
	parts := make([]nearest, max(workers, 1))
	work := func(part *nearest) {
		for {
			c := int(next.Add(1)) - 1
			if c >= chunks || ctx.Err() != nil || !s.scanChunk(t, c, p, k, allow, linked, part) {
				return
			}
		}
	}
	var wg sync.WaitGroup
	for i := 1; i < len(parts); i++ {
		wg.Go(func() { work(&parts[i]) })
	}
	work(&parts[0])
	wg.Wait()
	if err := ctx.Err(); err != nil {
		return err
	}
	for _, part := range parts {
		for _, f := range part {
			best.add(f, k)
		}
	}
	return nil
}

// scanChunk compares p with the vectors of one chunk. It reports false when
// the store was closed or emptied.
func (s *Store) scanChunk(t *table, c int, p probe, k int, allow func(string) bool, linked bool, best *nearest) bool {
	s.mu.RLock()
	defer s.mu.RUnlock()
	if s.table != t {
		return false
	}
	for w := c * chunkLen / 64; w < (c+1)*chunkLen/64; w++ {
		word := t.live.word(w)
		if linked && s.graph != nil {
			word &^= s.graph.in.word(w)
		}
		for ; word != 0; word &= word - 1 {
			slot := uint32(w*64 + mathbits.TrailingZeros64(word)) //nolint:gosec // a slot
			f := found{cosine: p.cosine(t, slot), id: t.ids[slot]}
			if len(*best) == k && !(*best)[0].worse(f) || allow != nil && !allow(f.id) {
				continue
			}
			best.add(f, k)
		}
	}
	return true
}

const (
	// samples is how many vectors tell what share a filter allows.
	samples = 256
	// rare is the share below which every allowed vector is compared: a graph
	// leads past them.
	rare = 0.05
)

// useGraph decides whether the graph is worth it.
func (s *Store) useGraph(t *table, k int, allow func(string) bool) bool {
	s.mu.RLock()
	defer s.mu.RUnlock()
	if s.graph == nil || s.table != t || len(t.slot) <= s.exact || k > len(t.slot)/50 {
		return false
	}
	if allow == nil {
		return true
	}
	asked, allowed := 0, 0
	for i := range samples {
		slot := uint32(i * t.len() / samples) //nolint:gosec // a slot
		if !t.live.has(slot) {
			continue
		}
		asked++
		if allow(t.ids[slot]) {
			allowed++
		}
	}
	return float64(allowed) >= rare*float64(asked) && float64(allowed)/float64(max(asked, 1))*float64(len(t.slot)) > float64(20*k)
}

// searchGraph reports false when there is no graph any more.
func (s *Store) searchGraph(t *table, p probe, k int, allow func(string) bool, best *nearest) bool {
	sc := s.scratch.Get().(*scratch)
	defer s.scratch.Put(sc)
	s.mu.RLock()
	defer s.mu.RUnlock()
	g := s.graph
	if g == nil || s.table != t || g.size == 0 {
		return false
	}
	g.search(sc, t, p, max(searchWidth, 2*k), func(slot uint32) bool {
		return t.live.has(slot) && (allow == nil || allow(t.ids[slot]))
	})
	for _, n := range sc.top {
		best.add(found{cosine: n.cosine, id: t.ids[n.slot]}, k)
	}
	return true
}
