package vector

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	mathbits "math/bits"
	"os"
	"path/filepath"
	"sync"
)

const (
	// together is how many vectors are linked in one go.
	together = 32
	// deadShare is the share of deleted vectors in the graph above which they
	// are taken out.
	deadShare = 0.2
	// minWaste is what must be lost on disk before the log is written anew.
	minWaste = 1 << 20
)

// keeper does in the background what searches and writes do not wait for: it
// links vectors, takes deleted ones out, saves the graph and shrinks the log.
type keeper struct {
	working sync.Mutex // held during a step; before writing
	stopped chan struct{}
	bell    chan struct{}
	running sync.WaitGroup
	unsaved int // links since the graph was saved; under working

	mu      sync.Mutex
	due     bool
	quiet   chan struct{} // closed when nothing is due
	trouble error
}

func (k *keeper) start(s *Store) {
	k.stopped, k.bell = make(chan struct{}), make(chan struct{}, 1)
	k.running.Go(func() {
		for {
			select {
			case <-k.stopped:
				return
			case <-k.bell:
			}
			for s.step() {
			}
			k.rest()
		}
	})
	k.wake()
}

func (k *keeper) stop() {
	close(k.stopped)
	k.running.Wait()
	k.rest()
}

// pause waits until a step ends and holds the next one off.
func (k *keeper) pause()  { k.working.Lock() }
func (k *keeper) resume() { k.working.Unlock() }

func (k *keeper) wake() {
	k.mu.Lock()
	defer k.mu.Unlock()
	if !k.due {
		k.due, k.quiet = true, make(chan struct{})
	}
	select {
	case k.bell <- struct{}{}:
	default:
	}
}

// rest notes that nothing is left to do, unless something came meanwhile.
func (k *keeper) rest() {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.due && (len(k.bell) == 0 || k.isStopped()) {
		k.due = false
		close(k.quiet)
	}
}

func (k *keeper) isStopped() bool {
	select {
	case <-k.stopped:
		return true
	default:
		return false
	}
}

// note keeps err for [Store.Settle] and reports whether to go on.
func (k *keeper) note(err error) bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.trouble = err
	return err == nil
}

// Settle waits until the background has caught up and returns what went wrong
// there. Nothing is lost by it: searches compare with what is not linked.
func (s *Store) Settle(ctx context.Context) error {
	s.keeper.mu.Lock()
	due, quiet := s.keeper.due, s.keeper.quiet
	s.keeper.mu.Unlock()
	if due {
		select {
		case <-quiet:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	s.keeper.mu.Lock()
	defer s.keeper.mu.Unlock()
	return s.keeper.trouble
}

// step does the most urgent thing and reports whether there may be more.
func (s *Store) step() bool {
	if s.keeper.isStopped() {
		return false
	}
	s.keeper.working.Lock()
	defer s.keeper.working.Unlock()
	s.mu.RLock()
	t, g := s.table, s.graph
	var live, dead int
	var fresh []uint32
	if t != nil {
		live = len(t.slot)
	}
	if t != nil && (g != nil || live > s.exact) {
		dead, fresh = survey(t, g)
	}
	s.mu.RUnlock()
	switch {
	case g != nil && live <= s.exact/2:
		return s.keeper.note(s.dropGraph())
	case g == nil && live > s.exact:
		s.mu.Lock()
		s.graph = newGraph()
		s.mu.Unlock()
		return true
	case g != nil && float64(dead) > deadShare*float64(g.size):
		return s.keeper.note(s.takeOut(t, g))
	case g != nil && len(fresh) > 0:
		s.link(t, g, fresh)
		s.keeper.unsaved += len(fresh)
		if s.keeper.unsaved < 1000+g.size/8 {
			return true
		}
		return s.keeper.note(s.save())
	}
	return s.keeper.note(s.shrink()) && false
}

// survey counts the deleted vectors in g and names some that are not in it.
func survey(t *table, g *graph) (dead int, fresh []uint32) {
	for w := range t.live {
		live, in := t.live[w], uint64(0)
		if g != nil {
			in = g.in.word(w)
		}
		dead += mathbits.OnesCount64(in &^ live)
		for word := live &^ in; word != 0 && len(fresh) < together; word &= word - 1 {
			fresh = append(fresh, uint32(w*64+mathbits.TrailingZeros64(word))) //nolint:gosec // a slot
		}
	}
	return dead, fresh
}

// link puts slots into the graph. Their links are found side by side, as if
// none of them were in it yet; so each also looks at those before it.
func (s *Store) link(t *table, g *graph, slots []uint32) {
	found := make([]links, len(slots))
	find := func(i int) {
		sc := s.scratch.Get().(*scratch)
		defer s.scratch.Put(sc)
		s.mu.RLock()
		defer s.mu.RUnlock()
		found[i] = g.find(sc, t, slots[i], slots[:i])
	}
	var wg sync.WaitGroup
	for w := range s.workers {
		wg.Go(func() {
			for i := w; i < len(slots); i += s.workers {
				find(i)
			}
		})
	}
	wg.Wait()
	sc := s.scratch.Get().(*scratch)
	defer s.scratch.Put(sc)
	for _, l := range found {
		s.mu.RLock()
		changed := g.back(sc, t, l)
		s.mu.RUnlock()
		s.mu.Lock()
		if t.live.has(l.slot) && t.ids[l.slot] == l.id && t.norm[l.slot] == l.norm { // else it was deleted meanwhile
			g.insert(l, changed)
		}
		s.mu.Unlock()
	}
}

// takeOut leads all links past deleted vectors and frees their slots.
func (s *Store) takeOut(t *table, g *graph) error {
	s.mu.RLock()
	var dead bits
	for w, in := range g.in {
		dead = append(dead, in&^t.live.word(w))
	}
	s.mu.RUnlock()
	sc := s.scratch.Get().(*scratch)
	defer s.scratch.Put(sc)
	for slot := range uint32(len(g.level)) { //nolint:gosec // slots
		if slot%chunkLen == 0 && s.keeper.isStopped() {
			return nil // what is left is done the next time
		}
		if !g.has(slot) || dead.has(slot) {
			continue
		}
		for l := range int(g.level[slot]) + 1 {
			s.mu.RLock()
			r, changed := g.without(sc, t, slot, l, dead)
			s.mu.RUnlock()
			if changed {
				s.mu.Lock()
				g.setLinks(r.slot, r.level, r.links)
				s.mu.Unlock()
			}
		}
	}
	s.writing.Lock()
	defer s.writing.Unlock()
	s.mu.Lock()
	g.remove(dead)
	s.mu.Unlock()
	// The disk must not know of links to a slot that gets another vector.
	s.keeper.unsaved++
	if err := s.checkpoint(); err != nil {
		return err
	}
	for slot := range t.end() {
		if dead.has(slot) {
			t.free = append(t.free, slot)
		}
	}
	return nil
}

// dropGraph ends the graph of a store that has become small.
func (s *Store) dropGraph() error {
	s.writing.Lock()
	defer s.writing.Unlock()
	s.mu.Lock()
	s.graph = nil
	s.mu.Unlock()
	s.table.freeAll()
	if err := os.Remove(filepath.Join(s.dir, graphFile)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("remove graph: %w", err)
	}
	return nil
}

// save is checkpoint for those that do not hold writing.
func (s *Store) save() error {
	s.writing.Lock()
	defer s.writing.Unlock()
	return s.checkpoint()
}

// checkpoint saves the graph. The caller holds writing, and nothing else
// changes the graph meanwhile.
func (s *Store) checkpoint() error {
	if s.graph == nil || s.keeper.unsaved == 0 {
		return nil
	}
	if err := s.graph.write(s.dir, s.table.dim, s.log.seq); err != nil {
		return err
	}
	s.keeper.unsaved = 0
	return nil
}

// shrink writes the log anew when half of it no longer counts.
func (s *Store) shrink() error {
	s.writing.Lock()
	defer s.writing.Unlock()
	l := s.log
	if l == nil || l.broken != nil || l.waste < minWaste || l.waste < l.size/2 {
		return nil
	}
	// The new log does not tell what came after the saved graph.
	s.keeper.unsaved++
	if err := s.checkpoint(); err != nil {
		return err
	}
	next, err := l.rewrite(s.dir, s.table)
	if err != nil {
		return err
	}
	s.log = next
	return l.file.Close()
}
