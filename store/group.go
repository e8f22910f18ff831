package store

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
)

// maxGroup is how many writes share a commit: enough that the disk's part of
// each is small, few enough that the first does not wait long for the last.
const maxGroup = 64

// A group is of writes that wait for their turn. Whoever gets it does all that
// wait, and commits once: in a burst the commit, which waits for the disk, is
// the most of what a delivery costs.
type group struct {
	mu      sync.Mutex
	waiting []*member
}

type member struct {
	f    func(context.Context, *tx) error
	done chan struct{} // closed when err says how it ended
	err  error
}

// writeGrouped is [Store.write] for what is short and comes in bursts. Writes
// of one commit do not undo each other: what one fails at is taken back alone.
func (s *Store) writeGrouped(ctx context.Context, f func(context.Context, *tx) error) error {
	if s.w == nil {
		return ErrReadOnly
	}
	m := &member{f: f, done: make(chan struct{})}
	s.group.join(m)
	if err := s.turn.Acquire(ctx, 1); err != nil {
		if s.group.leave(m) {
			return fmt.Errorf("wait for the writer: %w", err)
		}
		<-m.done // begun, so it is finished
		return m.err
	}
	defer s.turn.Release(1)
	for {
		select {
		case <-m.done: // by us, or by who had the turn before
			return m.err
		default:
			s.writeAll(ctx, s.group.take())
		}
	}
}

func (g *group) join(m *member) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.waiting = append(g.waiting, m)
}

// leave takes m out of those that wait, and reports false when it was begun.
func (g *group) leave(m *member) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	i := slices.Index(g.waiting, m)
	if i >= 0 {
		g.waiting = slices.Delete(g.waiting, i, i+1)
	}
	return i >= 0
}

// take is those who waited longest.
func (g *group) take() []*member {
	g.mu.Lock()
	defer g.mu.Unlock()
	n := min(len(g.waiting), maxGroup)
	all := slices.Clone(g.waiting[:n])
	g.waiting = slices.Delete(g.waiting, 0, n)
	return all
}

// writeAll does the writes of all in one transaction. The caller has the turn;
// that it no longer waits for an answer is not the others' fault.
func (s *Store) writeAll(ctx context.Context, all []*member) {
	failed := make([]error, len(all))
	err := errors.New("the write ended early") // should one of them panic
	defer func() {
		for i, m := range all {
			m.err = s.explain(failed[i])
			if m.err == nil {
				m.err = err
			}
			close(m.done)
		}
	}()
	err = s.transact(context.WithoutCancel(ctx), func(ctx context.Context, t *tx) (err error) {
		if len(all) == 1 {
			return all[0].f(ctx, t)
		}
		for i, m := range all {
			if failed[i], err = t.alone(ctx, m.f); err != nil {
				return err
			}
		}
		return nil
	})
}

// alone does f so that nothing of it stays when it fails. The second error
// means that this could not be done, and nothing of the transaction may stay.
func (t *tx) alone(ctx context.Context, f func(context.Context, *tx) error) (failed, err error) {
	const name = "grouped"
	if _, err := t.ExecContext(ctx, "SAVEPOINT "+name); err != nil {
		return nil, fmt.Errorf("begin a part: %w", err)
	}
	if failed = f(ctx, t); failed != nil {
		if _, err := t.ExecContext(ctx, "ROLLBACK TO "+name); err != nil {
			return failed, fmt.Errorf("take back a part: %w", err)
		}
	}
	if _, err := t.ExecContext(ctx, "RELEASE "+name); err != nil {
		return failed, fmt.Errorf("end a part: %w", err)
	}
	return failed, nil
}
