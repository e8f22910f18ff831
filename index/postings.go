package index

import (
	"cmp"
	recent "container/list"
	"context"
	"fmt"
	"math"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/RoaringBitmap/roaring/v2"
	segment "github.com/blevesearch/scorch_segment_api/v2"
	zapx "github.com/blevesearch/zapx/v17"
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
	of         segment.Segment
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
	of         segment.Segment
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
		o.of = append(o.of, dictionary{d, s.Segment(), s.Id(), start, in.ends[i], s.Deleted()})
		start = in.ends[i]
	}
	return o, nil
}

// shard is the postings of term in d, its list made of room when there is some.
func (o *opener) shard(d *dictionary, term string, room segment.PostingsList) (shard, error) {
	p := shard{key: runKey{segment: d.id, name: o.name, term: term}, start: d.start, end: d.end, of: d.of, deleted: d.deleted}
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
	if r == nil {
		return p.stream(ctx, p.live, fn)
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
	if d, ok := d.(*zapx.Posting); ok { // what it calls a norm here is the length itself
		return posting{p.start + d.Number(), int(d.Frequency()), int(d.NormUint64())} //nolint:gosec // occurrences in a passage, terms of it
	}
	norm := d.Norm()
	return posting{p.start + d.Number(), int(d.Frequency()), int(1/(norm*norm) + 0.5)} //nolint:gosec // occurrences in a passage
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
	// runsMost is how many decoded postings an index keeps: 240 MiB.
	runsMost = 30 << 20
	// leaptMost is how many terms are remembered to have been leapt through.
	leaptMost = 1 << 12
)

// runKey names the postings of a term in one segment. Segments never change,
// and their numbers are not used again while an index is open.
type runKey struct {
	segment    uint64
	name, term string
	dense      bool // kept as such
}

// run is the decoded postings of a term in a segment, deleted documents among
// them. Bleve decodes one in 40 to 60 ns.
type run []decoded

// decoded is a posting with a local number. Runs with one that does not fit
// are not kept.
type decoded struct {
	doc           uint32
	count, length uint16
}

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

// runCache keeps decoded postings, those used last. It is safe for concurrent use.
type runCache struct {
	mu      sync.Mutex
	runs    map[runKey]*recent.Element
	used    *recent.List // of *cached, used last in front
	size    int          // postings kept, or as many bytes
	leapt   map[runKey]bool
	lengths map[runKey]*lengths // without term

	least int // postings of a segment that are worth keeping
	most  int // postings kept
}

// cached is what is known of one term in one segment: a run or what is dense.
type cached struct {
	key   runKey
	run   run
	dense *dense
	size  int // in postings
}

func newRunCache() *runCache {
	return &runCache{
		runs: map[runKey]*recent.Element{}, used: recent.New(), leapt: map[runKey]bool{}, lengths: map[runKey]*lengths{},
		least: runLeast, most: runsMost,
	}
}

func (c *runCache) get(key runKey) (k *cached, ok bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	e, ok := c.runs[key]
	if !ok {
		return nil, false
	}
	c.used.MoveToFront(e)
	return e.Value.(*cached), true //nolint:forcetypeassert // nothing else is put in
}

func (c *runCache) put(k *cached) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if _, ok := c.runs[k.key]; ok {
		return
	}
	c.runs[k.key] = c.used.PushFront(k)
	c.size += k.size
	if k.dense != nil {
		c.use(k.dense.lengths, 1)
	}
	for c.size > c.most {
		last := c.used.Remove(c.used.Back()).(*cached) //nolint:forcetypeassert // nothing else is put in
		delete(c.runs, last.key)
		c.size -= last.size
		if last.dense != nil {
			c.use(last.dense.lengths, -1)
		}
	}
}

// use counts users of l, which is known and counted in size as long as it has
// any. c is locked.
func (c *runCache) use(l *lengths, by int) {
	size := len(l.of) / 2 // four bytes each
	if l.users == 0 {
		c.size += size
		if c.lengths[l.key] == nil { // two may have come to be at a time
			c.lengths[l.key] = l
		}
	}
	if l.users += by; l.users == 0 {
		c.size -= size
		if c.lengths[l.key] == l {
			delete(c.lengths, l.key)
		}
	}
}

// again reports whether p was leapt through before, and remembers that it is.
func (c *runCache) again(p *shard) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.leapt[p.key] {
		return true
	}
	if len(c.leapt) >= leaptMost {
		clear(c.leapt)
	}
	c.leapt[p.key] = true
	return false
}

// run is the decoded postings of p.
func (c *runCache) run(ctx context.Context, p *shard) (run, error) {
	if k, ok := c.get(p.key); ok {
		return k.run, nil
	}
	all, err := p.whole()
	if err != nil {
		return nil, err
	}
	r, fits := make(run, 0, all.Count()), true
	if err := p.stream(ctx, all, func(d posting) {
		fits = fits && d.count <= math.MaxUint16 && d.length <= math.MaxUint16
		r = append(r, decoded{uint32(d.doc - p.start), uint16(d.count), uint16(d.length)}) //nolint:gosec // all of one segment, and looked at
	}); err != nil || !fits {
		return nil, err
	}
	c.put(&cached{key: p.key, run: r, size: len(r)})
	return r, nil
}

// whole is the postings of p, deleted documents among them. Terms of one opener
// are read side by side, and a dictionary is for one goroutine: it has its own.
func (p *shard) whole() (segment.PostingsList, error) {
	if p.deleted == nil || p.deleted.IsEmpty() {
		return p.live, nil
	}
	d, err := p.of.Dictionary(p.key.name)
	if err != nil {
		return nil, fmt.Errorf("words of %s: %w", p.key.name, err)
	}
	return d.PostingsList([]byte(p.key.term), nil, nil)
}

// dense is the postings of a term that many documents of a segment hold, for
// looking documents up.
type dense struct {
	counts  []byte            // occurrences, four bits a document; all set are in more
	more    map[uint32]uint32 // by document
	lengths *lengths
}

// lengths are the terms of a segment's documents in one field, of those that
// hold a term that is kept dense; the same for all such terms.
type lengths struct {
	key   runKey // without term
	of    []uint32
	users int // of what is kept
}

const manyMore = 15

// dense is the postings of p.
func (c *runCache) dense(ctx context.Context, p *shard) (*dense, error) {
	all, err := p.whole()
	if err != nil {
		return nil, err
	}
	n := p.end - p.start
	d := &dense{counts: make([]byte, n/2+1), more: map[uint32]uint32{}, lengths: c.lengthsOf(p, n)}
	if err := p.stream(ctx, all, func(found posting) {
		doc, count := uint32(found.doc-p.start), uint32(found.count) //nolint:gosec // all of one segment
		atomic.StoreUint32(&d.lengths.of[doc], uint32(found.length)) //nolint:gosec // terms of a passage
		if count >= manyMore {
			d.more[doc], count = count, manyMore
		}
		d.counts[doc/2] |= byte(count << (doc % 2 * 4)) //nolint:gosec // four bits
	}); err != nil {
		return nil, err
	}
	key := p.key
	key.dense = true
	c.put(&cached{key: key, dense: d, size: len(d.counts)/decodedSize + len(d.more)})
	return d, nil
}

// decodedSize is the bytes of [decoded].
const decodedSize = 8

// lengthsOf is those that the n documents of p's segment share.
func (c *runCache) lengthsOf(p *shard, n uint64) *lengths {
	c.mu.Lock()
	defer c.mu.Unlock()
	key := runKey{segment: p.key.segment, name: p.key.name}
	if l := c.lengths[key]; l != nil {
		return l
	}
	return &lengths{key: key, of: make([]uint32, n)}
}

func (d *dense) among(p *shard, docs []uint64, fn func(at int, found posting)) {
	for at, doc := range docs {
		local := uint32(doc - p.start) //nolint:gosec // Bleve numbers documents in 32 bits
		count := uint32(d.counts[local/2] >> (local % 2 * 4) & manyMore)
		if count == 0 || p.deleted != nil && p.deleted.Contains(local) {
			continue
		}
		if count == manyMore {
			count = d.more[local]
		}
		fn(at, posting{doc, int(count), int(atomic.LoadUint32(&d.lengths.of[local]))})
	}
}

// finder looks documents up.
type finder interface {
	among(p *shard, docs []uint64, fn func(at int, found posting))
}

// lookUp is what to look up n documents of p in, or nil when looking them up
// without it costs less. Who leaps through a list a second time will do so again.
func (c *runCache) lookUp(ctx context.Context, p *shard, n int) (finder, error) {
	if p.n < c.least {
		return nil, nil
	}
	if k, ok := c.get(p.key); ok {
		return k.run, nil
	}
	key := p.key
	key.dense = true
	if k, ok := c.get(key); ok {
		return k.dense, nil
	}
	if p.sparse(n) {
		if !c.again(p) {
			return nil, nil
		}
		if size := p.end - p.start; uint64(p.n) > size/(2*decodedSize) { //nolint:gosec // a count
			return c.dense(ctx, p)
		}
	}
	r, err := c.run(ctx, p)
	if r == nil {
		return nil, err
	}
	return r, err
}

// sparse reports whether n documents are so few that leaping to them costs
// less than to step through all postings: a leap is worth some eight steps.
func (p *shard) sparse(n int) bool { return p.n > 8*n }
