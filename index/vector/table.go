package vector

import "math"

// chunkLen is how many slots are kept, and compared, together.
const chunkLen = 1024

// bits is a set of slots.
type bits []uint64

func (b bits) has(slot uint32) bool {
	return int(slot/64) < len(b) && b[slot/64]&(1<<(slot%64)) != 0
}

func (b *bits) set(slot uint32) {
	for int(slot/64) >= len(*b) {
		*b = append(*b, 0)
	}
	(*b)[slot/64] |= 1 << (slot % 64)
}

func (b bits) clear(slot uint32) {
	if int(slot/64) < len(b) {
		b[slot/64] &^= 1 << (slot % 64)
	}
}

// word is the slots 64·i to 64·i+63 of the set.
func (b bits) word(i int) uint64 {
	if i >= len(b) {
		return 0
	}
	return b[i]
}

// table is the vectors in memory, each in a slot. The slot of a deleted vector
// is used again, but while the graph leads through it.
type table struct {
	dim    int
	chunks [][]byte          // of chunkLen vectors
	norm   []float32         // by slot: 1 / length of the vector
	ids    []string          // by slot
	slot   map[string]uint32 // by id
	live   bits
	free   []uint32
}

func newTable(dim int) *table { return &table{dim: dim, slot: map[string]uint32{}} }

// typicalEntry is about what a vector takes in the log besides its numbers.
const typicalEntry = 33

// expect makes room for n vectors, so that the map need not grow step by step.
func (t *table) expect(n int) {
	t.slot = make(map[string]uint32, n)
	t.norm, t.ids = make([]float32, 0, n), make([]string, 0, n)
}

// len is the number of slots, free ones included.
func (t *table) len() int { return len(t.norm) }

// end is the first slot there is not.
func (t *table) end() uint32 { return uint32(t.len()) } //nolint:gosec // 2^32 vectors do not fit into memory

func (t *table) vector(slot uint32) []byte {
	at := int(slot%chunkLen) * t.dim
	return t.chunks[slot/chunkLen][at : at+t.dim : at+t.dim]
}

// cosine of two vectors.
func (t *table) cosine(a, b uint32) float32 {
	return float32(bytesProduct(t.vector(a), t.vector(b))) * t.norm[a] * t.norm[b]
}

// put fills a slot that is free, or the next one.
func (t *table) put(slot uint32, id string, v []byte) {
	if int(slot) == t.len() {
		t.grow()
	}
	copy(t.vector(slot), v)
	t.norm[slot] = float32(1 / math.Sqrt(float64(bytesProduct(v, v))))
	t.ids[slot] = id
	t.slot[id] = slot
	t.live.set(slot)
}

// grow adds a slot.
func (t *table) grow() {
	if t.len()%chunkLen == 0 {
		t.chunks = append(t.chunks, allocate(chunkLen*t.dim))
	}
	t.norm, t.ids = append(t.norm, 0), append(t.ids, "")
}

func (t *table) remove(slot uint32) {
	delete(t.slot, t.ids[slot])
	t.ids[slot] = ""
	t.live.clear(slot)
}

// apply does what a batch says and returns the slots that became free.
func (t *table) apply(b batch, g *graph) (freed []uint32) {
	for _, e := range b.entries {
		if e.op == opDelete {
			t.remove(e.slot)
			if g == nil || !g.has(e.slot) {
				freed = append(freed, e.slot)
			}
			continue
		}
		if int(e.slot) < t.len() {
			t.free = t.free[:len(t.free)-1]
		}
		t.put(e.slot, e.id, e.vector)
	}
	return freed
}

// freeAll makes every slot without a vector free.
func (t *table) freeAll() {
	t.free = t.free[:0]
	for slot := range t.end() {
		if !t.live.has(slot) {
			t.free = append(t.free, slot)
		}
	}
}

// release gives memory back that the garbage collector does not know.
func (t *table) release() {
	for _, c := range t.chunks {
		release(c)
	}
	t.chunks = nil
}
