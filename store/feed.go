package store

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/uptrace/bun"
)

// The kinds of feed items, and what their Ref names.
const (
	FeedEvent      = "event"      // desk + "/" + event key
	FeedSuggestion = "suggestion" // suggestion id
	FeedOutcome    = "outcome"    // suggestion id
	FeedDelivery   = "delivery"   // suggestion id
	FeedDocuments  = "documents"  // document id
)

// FeedItem tells that something changed, and where to look.
type FeedItem struct {
	Seq       int64 // increases with each commit, not without gaps
	Workspace string
	Kind      string
	Ref       string
	At        time.Time
}

type feedRow struct {
	bun.BaseModel `bun:"table:feed,alias:f"`

	Seq       int64 `bun:",pk,autoincrement"`
	Workspace string
	Kind      string
	Ref       string
	At        int64
}

// feed notes a change, to be told after the commit. Of suggestions that are
// measured only nobody hears.
func (t *tx) feed(ctx context.Context, workspace, kind, ref string) error {
	switch kind {
	case FeedSuggestion, FeedOutcome, FeedDelivery:
		shadow, err := t.exists(ctx, "SELECT 1 FROM suggestions WHERE id = ? AND shadow", ref)
		if err != nil {
			return fmt.Errorf("feed %s %s: %w", kind, ref, err)
		}
		if shadow {
			return nil
		}
	}
	_, err := t.run(ctx, "INSERT INTO feed (workspace, kind, ref, at) VALUES (?, ?, ?, ?)", workspace, kind, ref, micros(t.at))
	if err != nil {
		return fmt.Errorf("feed %s %s: %w", kind, ref, err)
	}
	t.fed[workspace] = struct{}{}
	return nil
}

// Feed is what changed in a workspace after sequence number after, oldest
// first, at most limit items (0: 100; never more than 1,000). Who was away
// reads on from the last number seen and misses nothing.
func (s *Store) Feed(ctx context.Context, workspace string, after int64, limit int) ([]FeedItem, error) {
	var rows []feedRow
	err := s.r.NewSelect().Model(&rows).
		Where("workspace = ?", workspace).Where("seq > ?", after).
		Order("seq").Limit(page(limit, 100, 1000)).Scan(ctx)
	if err != nil {
		return nil, fmt.Errorf("feed of workspace %q: %w", workspace, err)
	}
	items := make([]FeedItem, len(rows))
	for i, r := range rows {
		items[i] = FeedItem{Seq: r.Seq, Workspace: r.Workspace, Kind: r.Kind, Ref: r.Ref, At: fromMicros(r.At)}
	}
	return items, nil
}

// FeedEnd is the newest sequence number of a workspace: where to start for
// who does not care about the past. It is 0 when nothing has happened yet.
func (s *Store) FeedEnd(ctx context.Context, workspace string) (int64, error) {
	var seq int64
	err := s.r.NewSelect().Model((*feedRow)(nil)).ColumnExpr("coalesce(max(seq), 0)").
		Where("workspace = ?", workspace).Scan(ctx, &seq)
	if err != nil {
		return 0, fmt.Errorf("feed of workspace %q: %w", workspace, err)
	}
	return seq, nil
}

// Watch returns a channel that receives after each commit that changed the
// feed of a workspace. Commits in quick succession may share one receive, so
// read [Store.Feed] to its end each time. Call stop when done; the channel is
// never closed.
func (s *Store) Watch(workspace string) (wake <-chan struct{}, stop func()) {
	ch := make(chan struct{}, 1)
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.watchers[workspace] == nil {
		s.watchers[workspace] = map[chan struct{}]struct{}{}
	}
	s.watchers[workspace][ch] = struct{}{}
	return ch, sync.OnceFunc(func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		delete(s.watchers[workspace], ch)
		if len(s.watchers[workspace]) == 0 {
			delete(s.watchers, workspace)
		}
	})
}

// wakeAll wakes all who watch.
func (s *Store) wakeAll() {
	s.mu.Lock()
	workspaces := slices.Collect(maps.Keys(s.watchers))
	s.mu.Unlock()
	for _, w := range workspaces {
		s.wake(w)
	}
}

func (s *Store) wake(workspace string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for ch := range s.watchers[workspace] {
		select {
		case ch <- struct{}{}:
		default: // it has not looked yet, and will see this change too
		}
	}
}
