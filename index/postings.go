package index

import (
	"cmp"
	recent "container/list"
	"context"
	"fmt"
	"math"
	"slices"
	"sync"

	"github.com/RoaringBitmap/roaring/v2"
	segment "github.com/blevesearch/scorch_segment_api/v2"
)

// posting is what a passage holds of a term.
type posting struct {
	doc    uint64
	count  int // occurrences
	length int // terms of the passage in the field
}

// holders are the passages that hold a term, segment by segment.
type holders struct {
	cache *runCache
	parts []shard
	df    int
}

// shard is the postings of one segment, whose numbers are local to it.
type shard struct {
	key        runKey
	start, end uint64 // numbers of the segment's documents in the index
	dictionary segment.TermDictionary
	live       segment.PostingsList // without deleted documents
	deleted    *roaring.Bitmap      // nil when there is none
	n          int                  // in live
}

// opener finds terms of one field. It is for one goroutine.
type opener struct {
	cache *runCache
	name  string
	of    []dictionary

	list segment.PostingsList // room
	all  segment.PostingsIterator
}

// dictionary is the terms of one segment.
type dictionary struct {
	segment.TermDictionary
	id         uint64
	start, end uint64
	deleted    *roaring.Bitmap
}

func newOpener(cache *runCache, in segments, name string) (*opener, error) {
	o := &opener{cache: cache, name: name, of: make([]dictionary, 0, len(in.list))}
	start := uint64(0)
	for i, s := range in.list {
		d, err := s.Segment().Dictionary(name)
		if err != nil {
			return nil, fmt.Errorf("words of %s: %w", name, err)
		}
		o.of = append(o.of, dictionary{d, s.Id(), start, in.ends[i], s.Deleted()})
		start = in.ends[i]
	}
	return o, nil
}

// shard is the postings of term in d, its list made of room when there is some.
func (o *opener) shard(d *dictionary, term string, room segment.PostingsList) (shard, error) {
	p := shard{key: runKey{d.id, o.name, term}, start: d.start, end: d.end, dictionary: d.TermDictionary, deleted: d.deleted}
	var err error
	if p.live, err = d.PostingsList([]byte(term), d.deleted, room); err != nil {
		return p, fmt.Errorf("passages that hold a word in %s: %w", o.name, err)
	}
	p.n = int(p.live.Count()) //nolint:gosec // documents are numbered in 32 bits
	return p, nil
}

// holders finds those of term.
func (o *opener) holders(term string) (holders, error) {
	h := holders{cache: o.cache}
	for i := range o.of {
		p, err := o.shard(&o.of[i], term, nil)
		if err != nil {
			return h, err
		}
		if p.n > 0 {
			h.parts = append(h.parts, p)
			h.df += p.n
		}
	}
	return h, nil
}

// each calls fn for every posting of term in the order of documents.
func (o *opener) each(ctx context.Context, term string, fn func(posting)) error {
	for i := range o.of {
		p, err := o.shard(&o.of[i], term, o.list)
		if err != nil {
			return err
		}
		o.list = p.live
		switch {
		case p.n == 0:
		case p.n < o.cache.least:
			o.all = p.live.Iterator(true, true, false, o.all)
			err = p.drain(ctx, o.all, fn)
		default:
			err = p.each(ctx, o.cache, fn)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// each calls fn for every posting in the order of documents.
func (h holders) each(ctx context.Context, fn func(posting)) error {
	for i := range h.parts {
		if err := h.parts[i].each(ctx, h.cache, fn); err != nil {
			return err
		}
	}
	return nil
}

func (p *shard) each(ctx context.Context, cache *runCache, fn func(posting)) error {
	if p.n < cache.least {
		return p.stream(ctx, p.live, fn)
	}
	r, err := cache.run(ctx, p)
	if err != nil {
		return err
	}
	return r.each(ctx, p, fn)
}

// among calls fn for every posting of docs, which are in ascending order.
func (h holders) among(ctx context.Context, docs []uint64, fn func(at int, found posting)) error {
	from := 0
	for i := range h.parts {
		p := &h.parts[i]
		for from < len(docs) && docs[from] < p.start {
			from++
		}
		to := from
		for to < len(docs) && docs[to] < p.end {
			to++
		}
		if from == to {
			continue
		}
		if err := ctx.Err(); err != nil {
			return err
		}
		here := func(at int, found posting) { fn(from+at, found) }
		r, err := h.cache.lookUp(ctx, p, to-from)
		switch {
		case err != nil:
		case r != nil:
			r.among(p, docs[from:to], here)
		default:
			err = p.among(docs[from:to], here)
		}
		if err != nil {
			return err
		}
		from = to
	}
	return nil
}

// stream decodes a list of the segment's. Bleve's norm is 1/sqrt(length) in
// single precision: exact again after rounding, up to millions of terms.
func (p *shard) stream(ctx context.Context, of segment.PostingsList, fn func(posting)) error {
	return p.drain(ctx, of.Iterator(true, true, false, nil), fn)
}

func (p *shard) drain(ctx context.Context, all segment.PostingsIterator, fn func(posting)) error {
	for n := 0; ; n++ {
		if n&1023 == 0 && ctx.Err() != nil {
			return ctx.Err()
		}
		next, err := all.Next()
		if err != nil || next == nil {
			return err
		}
		fn(p.posting(next))
	}
}

func (p *shard) posting(d segment.Posting) posting {
	norm := d.Norm()
	return posting{p.start + d.Number(), int(d.Frequency()), int(math.Round(1 / (norm * norm)))} //nolint:gosec // occurrences in a passage
}

// among is [holders.among] in one segment that has no run.
func (p *shard) among(docs []uint64, fn func(at int, found posting)) error {
	leap := p.sparse(len(docs))
	all := p.live.Iterator(true, true, false, nil)
	next, err := all.Next()
	for at := 0; at < len(docs) && next != nil && err == nil; {
		switch doc := p.start + next.Number(); {
		case doc == docs[at]:
			fn(at, p.posting(next))
			at++
		case doc > docs[at]:
			at++
		case leap:
			next, err = all.Advance(docs[at] - p.start)
		default:
			next, err = all.Next()
		}
	}
	return err
}

const (
	// runLeast is how many postings of a segment are worth keeping decoded.
	runLeast = 128
	// runsMost is how many decoded postings an index keeps: 120 MiB.
	runsMost = 10 << 20
)

// runKey names the postings of a term in one segment. Segments never change,
// and their numbers are not used again while an index is open.
type runKey struct {
	segment    uint64
	name, term string
}

// run is the decoded postings of a term in a segment, deleted documents among
// them. Bleve decodes one in 40 to 60 ns.
type run []decoded

// decoded is a posting with a local number.
type decoded struct{ doc, count, length uint32 }

func (d decoded) posting(start uint64) posting {
	return posting{start + uint64(d.doc), int(d.count), int(d.length)}
}

func (r run) each(ctx context.Context, p *shard, fn func(posting)) error {
	var gone roaring.IntPeekable
	if p.deleted != nil && !p.deleted.IsEmpty() {
		gone = p.deleted.Iterator()
	}
	for i, d := range r {
		if i&8191 == 0 && ctx.Err() != nil {
			return ctx.Err()
		}
		if gone != nil {
			if gone.AdvanceIfNeeded(d.doc); gone.HasNext() && gone.PeekNext() == d.doc {
				continue
			}
		}
		fn(d.posting(p.start))
	}
	return nil
}

// among finds documents by doubling steps and bisection.
func (r run) among(p *shard, docs []uint64, fn func(at int, found posting)) {
	for at, doc := range docs {
		local := uint32(doc - p.start) //nolint:gosec // Bleve numbers documents in 32 bits
		reach := 1
		for reach < len(r) && r[reach].doc < local {
			reach *= 2
		}
		i, ok := slices.BinarySearchFunc(r[:min(reach+1, len(r))], local, func(d decoded, doc uint32) int { return cmp.Compare(d.doc, doc) })
		if r = r[i:]; ok && (p.deleted == nil || !p.deleted.Contains(local)) {
			fn(at, r[0].posting(p.start))
		}
	}
}

// runCache keeps runs, those used last. It is safe for concurrent use.
type runCache struct {
	mu   sync.Mutex
	runs map[runKey]*recent.Element
	used *recent.List // of *keptRun, used last in front
	size int          // postings kept

	least int // postings of a segment that are worth keeping
	most  int // postings kept
}

type keptRun struct {
	key runKey
	run run
}

func newRunCache() *runCache {
	return &runCache{runs: map[runKey]*recent.Element{}, used: recent.New(), least: runLeast, most: runsMost}
}

func (c *runCache) get(key runKey) (k *keptRun, ok bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	e, ok := c.runs[key]
	if !ok {
		return nil, false
	}
	c.used.MoveToFront(e)
	return e.Value.(*keptRun), true //nolint:forcetypeassert // nothing else is put in
}

func (c *runCache) put(key runKey, r run) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if _, ok := c.runs[key]; ok {
		return
	}
	c.runs[key] = c.used.PushFront(&keptRun{key, r})
	for c.size += len(r); c.size > c.most; {
		last := c.used.Back()
		k := c.used.Remove(last).(*keptRun) //nolint:forcetypeassert // nothing else is put in
		delete(c.runs, k.key)
		c.size -= len(k.run)
	}
}

// run is the decoded postings of p.
func (c *runCache) run(ctx context.Context, p *shard) (run, error) {
	if k, ok := c.get(p.key); ok {
		return k.run, nil
	}
	all := p.live
	if p.deleted != nil && !p.deleted.IsEmpty() {
		var err error
		if all, err = p.dictionary.PostingsList([]byte(p.key.term), nil, nil); err != nil {
			return nil, err
		}
	}
	n := int(all.Count()) //nolint:gosec // documents are numbered in 32 bits
	r := make(run, 0, n)
	if err := p.stream(ctx, all, func(d posting) {
		r = append(r, decoded{uint32(d.doc - p.start), uint32(d.count), uint32(d.length)}) //nolint:gosec // all of one segment
	}); err != nil {
		return nil, err
	}
	c.put(p.key, r)
	return r, nil
}

// lookUp is the run of p to look up n documents in, or nil when looking them
// up without it costs less.
func (c *runCache) lookUp(ctx context.Context, p *shard, n int) (run, error) {
	if p.n < c.least {
		return nil, nil
	}
	if k, ok := c.get(p.key); ok {
		return k.run, nil
	}
	if p.sparse(n) {
		return nil, nil
	}
	return c.run(ctx, p)
}

// sparse reports whether n documents are so few that leaping to them costs
// less than to step through all postings: a leap is worth some eight steps.
func (p *shard) sparse(n int) bool { return p.n > 8*n }
