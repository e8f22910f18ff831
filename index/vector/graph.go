package vector

import (
	"cmp"
	"math"
	"slices"
)

// The graph is a hierarchical navigable small world, as in Malkov and
// Yashunin, "Efficient and robust approximate nearest neighbor search using
// Hierarchical Navigable Small World graphs", arXiv:1603.09320 (2018). Numbers
// of algorithms are that paper's. Deleted vectors stay as ways through until
// they are taken out as in Singh et al., "FreshDiskANN", arXiv:2105.09613
// (2021), algorithm 4.
const (
	// links of a vector above the ground (M in the paper), and on it.
	upperLinks  = 16
	groundLinks = 2 * upperLinks
	// linkWidth is how many candidates a vector's links are chosen from
	// (efConstruction), searchWidth how many a search keeps at least (ef).
	// Measured in docs/measurements/vectors.md.
	linkWidth   = 100
	searchWidth = 128
	// maxLevel bounds the levels; one of 10^19 vectors would be on it.
	maxLevel = 15
)

// graph is the links between vectors. Only the keeper changes it.
type graph struct {
	in     bits                // slots in it
	level  []uint8             // by slot
	ground [][]uint32          // chunks of chunkLen lists; a list is its length and groundLinks slots
	upper  map[uint32][]uint32 // by slot: lists of levels 1 and up, each its length and upperLinks slots
	entry  uint32              // on level top
	top    int
	size   int // slots in it
}

func newGraph() *graph { return &graph{upper: map[uint32][]uint32{}} }

func (g *graph) has(slot uint32) bool { return g.in.has(slot) }

// list is the links of a slot on a level, its length first, then all places.
func (g *graph) list(slot uint32, level int) []uint32 {
	if level == 0 {
		at := int(slot%chunkLen) * (groundLinks + 1)
		return g.ground[slot/chunkLen][at : at+groundLinks+1]
	}
	at := (level - 1) * (upperLinks + 1)
	return g.upper[slot][at : at+upperLinks+1]
}

func (g *graph) links(slot uint32, level int) []uint32 {
	l := g.list(slot, level)
	return l[1 : 1+l[0]]
}

func (g *graph) setLinks(slot uint32, level int, links []uint32) {
	l := g.list(slot, level)
	l[0] = uint32(copy(l[1:], links)) //nolint:gosec // at most groundLinks
}

func room(level int) int {
	if level == 0 {
		return groundLinks
	}
	return upperLinks
}

// levelOf draws a slot's level: each has a sixteenth of the one below. It is
// drawn from the slot, so that no generator's state need be kept.
func levelOf(slot uint32) int {
	x := (uint64(slot) + 1) * 0x9e3779b97f4a7c15 // splitmix64, Steele et al., OOPSLA 2014
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	x ^= x >> 31
	u := (float64(x>>11) + 1) / (1 << 53)
	return min(maxLevel, int(-math.Log(u)/math.Log(upperLinks)))
}

// place makes room for a slot.
func (g *graph) place(slot uint32, level int) {
	for int(slot) >= len(g.level) {
		g.level = append(g.level, 0)
	}
	for int(slot/chunkLen) >= len(g.ground) {
		g.ground = append(g.ground, make([]uint32, chunkLen*(groundLinks+1)))
	}
	g.level[slot] = uint8(level) //nolint:gosec // at most maxLevel
	g.setLinks(slot, 0, nil)
	if level > 0 {
		g.upper[slot] = make([]uint32, level*(upperLinks+1))
	}
	g.in.set(slot)
	g.size++
}

// near is a slot and its cosine with what is searched for.
type near struct {
	cosine float32
	slot   uint32
}

func nearer(a, b near) int {
	return cmp.Or(cmp.Compare(b.cosine, a.cosine), cmp.Compare(a.slot, b.slot))
}

// scratch is what a search of the graph needs a lot of.
type scratch struct {
	seen  []uint32 // by slot: the last round that came by
	round uint32
	todo  []near // heap, nearest first
	top   []near // heap, farthest first
	kept  []near
	cand  []near
}

func (sc *scratch) begin(slots int) {
	if len(sc.seen) < slots {
		sc.seen = append(sc.seen, make([]uint32, slots-len(sc.seen))...)
	}
	if sc.round++; sc.round == 0 {
		clear(sc.seen)
		sc.round = 1
	}
	sc.todo, sc.top = sc.todo[:0], sc.top[:0]
}

// visit reports whether this round sees slot for the first time.
func (sc *scratch) visit(slot uint32) bool {
	if sc.seen[slot] == sc.round {
		return false
	}
	sc.seen[slot] = sc.round
	return true
}

// push and pop keep h a heap by sign × cosine, the greatest at its root.
func push(h []near, n near, sign float32) []near {
	h = append(h, n)
	for i := len(h) - 1; i > 0; {
		up := (i - 1) / 2
		if sign*h[i].cosine <= sign*h[up].cosine {
			break
		}
		h[i], h[up] = h[up], h[i]
		i = up
	}
	return h
}

func pop(h []near, sign float32) []near {
	last := len(h) - 1
	h[0] = h[last]
	h = h[:last]
	for i := 0; ; {
		down := 2*i + 1
		if down >= len(h) {
			return h
		}
		if down+1 < len(h) && sign*h[down+1].cosine > sign*h[down].cosine {
			down++
		}
		if sign*h[down].cosine <= sign*h[i].cosine {
			return h
		}
		h[i], h[down] = h[down], h[i]
		i = down
	}
}

// search leaves in sc.top up to width slots near p that accept takes
// (algorithm 5). Those it does not take are ways through.
func (g *graph) search(sc *scratch, t *table, p probe, width int, accept func(uint32) bool) {
	g.searchLevel(sc, t, p, g.descend(t, p, 0), width, 0, accept)
}

// descend goes down greedily from the top to the level above level's and
// returns where it ends.
func (g *graph) descend(t *table, p probe, level int) near {
	at := near{cosine: p.cosine(t, g.entry), slot: g.entry}
	for l := g.top; l > level; l-- {
		for moved := true; moved; {
			moved = false
			for _, slot := range g.links(at.slot, l) {
				if c := p.cosine(t, slot); c > at.cosine {
					at, moved = near{cosine: c, slot: slot}, true
				}
			}
		}
	}
	return at
}

// searchLevel is algorithm 2.
func (g *graph) searchLevel(sc *scratch, t *table, p probe, from near, width, level int, accept func(uint32) bool) {
	sc.begin(t.len())
	sc.visit(from.slot)
	sc.todo = push(sc.todo, from, 1)
	if accept(from.slot) {
		sc.top = push(sc.top, from, -1)
	}
	for len(sc.todo) > 0 {
		at := sc.todo[0]
		if len(sc.top) == width && at.cosine < sc.top[0].cosine {
			return
		}
		sc.todo = pop(sc.todo, 1)
		for _, slot := range g.links(at.slot, level) {
			if !sc.visit(slot) {
				continue
			}
			n := near{cosine: p.cosine(t, slot), slot: slot}
			if len(sc.top) == width && n.cosine <= sc.top[0].cosine {
				continue
			}
			sc.todo = push(sc.todo, n, 1)
			if !accept(slot) {
				continue
			}
			if len(sc.top) == width {
				sc.top = pop(sc.top, -1)
			}
			sc.top = push(sc.top, n, -1)
		}
	}
}

// choose leaves in sc.kept up to n of cand (nearest first) to link to: those
// nearer to the vector than to one already chosen, so that links lead in all
// directions, then the nearest of the others (algorithm 4).
func (sc *scratch) choose(t *table, cand []near, n int) []near {
	sc.kept = sc.kept[:0]
	if len(cand) <= n {
		sc.kept = append(sc.kept, cand...)
		return sc.kept
	}
	dropped := sc.todo[:0]
	for _, c := range cand {
		if len(sc.kept) == n {
			break
		}
		if slices.ContainsFunc(sc.kept, func(k near) bool { return t.cosine(c.slot, k.slot) > c.cosine }) {
			dropped = append(dropped, c)
			continue
		}
		sc.kept = append(sc.kept, c)
	}
	sc.kept = append(sc.kept, dropped[:min(len(dropped), n-len(sc.kept))]...)
	sc.todo = dropped
	return sc.kept
}

// links are those a slot is to get, by level.
type links struct {
	slot   uint32
	id     string // with norm, tells whether the slot got another vector meanwhile
	norm   float32
	level  int
	levels [][]near
}

// find looks for the links of a slot that is not in the graph (the first half
// of algorithm 1). mates are slots that are linked together with it.
func (g *graph) find(sc *scratch, t *table, slot uint32, mates []uint32) links {
	out := links{slot: slot, id: t.ids[slot], norm: t.norm[slot], level: levelOf(slot)}
	out.levels = make([][]near, out.level+1)
	p := storedProbe(t, slot)
	var from near
	if g.size > 0 {
		from = g.descend(t, p, out.level)
	}
	for l := out.level; l >= 0; l-- {
		cand := sc.cand[:0]
		if g.size > 0 && l <= g.top {
			g.searchLevel(sc, t, p, from, linkWidth, l, func(n uint32) bool { return t.live.has(n) })
			cand = append(cand, sc.top...)
		}
		for _, m := range mates {
			if levelOf(m) >= l && t.live.has(m) {
				cand = append(cand, near{cosine: t.cosine(slot, m), slot: m})
			}
		}
		slices.SortFunc(cand, nearer)
		if len(cand) > 0 && g.size > 0 && l <= g.top && g.has(cand[0].slot) {
			from = cand[0]
		}
		out.levels[l] = slices.Clone(sc.choose(t, cand, upperLinks))
		sc.cand = cand
	}
	return out
}

// list of links that a slot gets.
type relink struct {
	slot  uint32
	level int
	links []uint32
}

// back is what the lists of those that l links to become (the second half of
// algorithm 1).
func (g *graph) back(sc *scratch, t *table, l links) []relink {
	var out []relink
	for level, list := range l.levels {
		for _, n := range list {
			if !g.has(n.slot) {
				continue // a mate that went meanwhile
			}
			old := g.links(n.slot, level)
			if len(old) < room(level) {
				out = append(out, relink{n.slot, level, append(slices.Clone(old), l.slot)})
				continue
			}
			cand := append(sc.cand[:0], near{cosine: n.cosine, slot: l.slot})
			for _, o := range old {
				cand = append(cand, near{cosine: t.cosine(n.slot, o), slot: o})
			}
			slices.SortFunc(cand, nearer)
			out = append(out, relink{n.slot, level, slotsOf(sc.choose(t, cand, room(level)))})
			sc.cand = cand
		}
	}
	return out
}

func slotsOf(list []near) []uint32 {
	out := make([]uint32, len(list))
	for i, n := range list {
		out[i] = n.slot
	}
	return out
}

// insert puts a slot into the graph with the links that were found and what
// they change.
func (g *graph) insert(l links, changed []relink) {
	g.place(l.slot, l.level)
	for level, list := range l.levels {
		var there []uint32
		for _, n := range list {
			if g.has(n.slot) {
				there = append(there, n.slot)
			}
		}
		g.setLinks(l.slot, level, there)
	}
	for _, r := range changed {
		g.setLinks(r.slot, r.level, r.links)
	}
	if g.size == 1 || l.level > g.top {
		g.entry, g.top = l.slot, l.level
	}
}

// without is the links of a slot once those in dead are gone: the links of the
// dead take their places. changed is false when none of them is dead.
func (g *graph) without(sc *scratch, t *table, slot uint32, level int, dead bits) (r relink, changed bool) {
	old := g.links(slot, level)
	if !slices.ContainsFunc(old, dead.has) {
		return relink{}, false
	}
	sc.begin(t.len())
	sc.visit(slot)
	cand := sc.cand[:0]
	add := func(list []uint32) {
		for _, n := range list {
			if !dead.has(n) && sc.visit(n) {
				cand = append(cand, near{cosine: t.cosine(slot, n), slot: n})
			}
		}
	}
	add(old)
	for _, n := range old {
		if dead.has(n) {
			add(g.links(n, level))
		}
	}
	slices.SortFunc(cand, nearer)
	r = relink{slot, level, slotsOf(sc.choose(t, cand, room(level)))}
	sc.cand = cand
	return r, true
}

// remove takes slots out that nothing links to any more.
func (g *graph) remove(dead bits) {
	for slot := range uint32(len(g.level)) { //nolint:gosec // slots
		if dead.has(slot) && g.has(slot) {
			g.setLinks(slot, 0, nil)
			delete(g.upper, slot)
			g.level[slot] = 0
			g.in.clear(slot)
			g.size--
		}
	}
	if g.size == 0 || !dead.has(g.entry) {
		return
	}
	g.top = -1
	for slot := range uint32(len(g.level)) { //nolint:gosec // slots
		if g.has(slot) && int(g.level[slot]) > g.top {
			g.entry, g.top = slot, int(g.level[slot])
		}
	}
}
