package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/sufflor/sufflor/config"
	"github.com/sufflor/sufflor/index"
	"github.com/sufflor/sufflor/ingest"
	"github.com/sufflor/sufflor/store"
)

func (c *cli) reindexCmd() *cobra.Command {
	return &cobra.Command{
		Use: "reindex", Short: "Rebuild the index from the store", Args: cobra.NoArgs,
		Long: `The index is derived: everything it holds can be made again from the stored
passages. A running server does it beside the present index, which answers until the
new one is complete. A start does it by itself when the index is damaged or of
another version; a server then listens at once and says what is still missing.`,
		RunE: func(cmd *cobra.Command, _ []string) (err error) {
			ctx := cmd.Context()
			cfg, err := c.loadOrDemo()
			if err != nil {
				return err
			}
			st, err := c.reindex(ctx, cfg, c.indexing())
			if err != nil {
				return err
			}
			if c.json {
				return c.print(st)
			}
			_, err = fmt.Fprintf(c.stdout, "%d passages indexed\n", st.Passages)
			return err
		},
	}
}

// indexing shows how many passages are indexed, every few seconds.
func (c *cli) indexing() func(ingest.Event) {
	last := time.Now()
	return func(e ingest.Event) {
		if !c.json && time.Since(last) > 2*time.Second {
			last = time.Now()
			fmt.Fprintf(c.stderr, "indexing: %d of %d passages\n", e.Done, e.Total)
		}
	}
}

// reindex builds the index here, or lets the server do it that has the folder.
func (c *cli) reindex(ctx context.Context, cfg config.Config, show func(ingest.Event)) (st index.Stats, err error) {
	s, err := store.Open(ctx, store.Options{Dir: cfg.Data, Postgres: cfg.Store.Reveal(), Log: c.quiet(cfg), Versions: cfg.Ingest.KeepVersions})
	if errors.Is(err, store.ErrLocked) {
		r, remoteErr := running(cfg.Data)
		if remoteErr != nil {
			return st, errors.Join(err, remoteErr)
		}
		err = r.follow(ctx, "/api/reindex", struct{}{}, show, &st)
		return st, err
	}
	if err != nil {
		return st, err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	x, err := emptyIndex(ctx, cfg, s)
	if err != nil {
		return st, err
	}
	defer func() { err = errors.Join(err, x.Close()) }()
	a := app{store: s, index: x}
	if err := a.fill(ctx, func(done, all int) { show(ingest.Event{Done: done, Total: all}) }); err != nil {
		return st, err
	}
	return x.Stats(ctx)
}

// How much a server tells the index before it listens: a second's work.
const (
	fewDocuments = 200
	fewPassages  = 2000
)

// catchUp heals what a killed process left between store and index. When that
// is much, because the index is new, it only says so: the rest is for
// [app.fillUp], and every answer tells what it may lack.
func (a *app) catchUp(ctx context.Context) (more bool, err error) {
	pending, err := a.store.Backlog(ctx)
	if err != nil {
		return false, err
	}
	if pending.Documents <= fewDocuments && pending.Passages <= fewPassages {
		return false, a.settle(ctx)
	}
	all, err := a.store.Extent(ctx)
	if err != nil {
		return false, err
	}
	a.index.Filling(percent(all.Passages-pending.Passages, all.Passages))
	return true, nil
}

// fillUp fills the index while it answers, and does not give up before ctx ends.
func (a *app) fillUp(ctx context.Context) {
	began := time.Now()
	a.log.WarnContext(ctx, "the search index is being rebuilt; answers lack what it has not learned yet")
	for wait := time.Second; ; wait = min(2*wait, time.Minute) {
		err := a.fill(ctx, func(done, all int) { a.index.Filling(percent(done, all)) })
		if err == nil {
			a.index.Filled()
			a.log.InfoContext(ctx, "the search index is rebuilt", "took", time.Since(began).Round(time.Millisecond))
			return
		}
		if ctx.Err() != nil {
			return // what is pending goes on at the next start
		}
		a.log.ErrorContext(ctx, "the search index is not complete; trying again", "in", wait, "err", err)
		select {
		case <-ctx.Done():
			return
		case <-time.After(wait):
		}
	}
}

// fill is [app.settle], with how many passages of all are done.
func (a *app) fill(ctx context.Context, tell func(done, all int)) error {
	x := watched{Local: a.index, applied: func() {
		pending, err := a.store.Backlog(ctx)
		all, allErr := a.store.Extent(ctx)
		if err == nil && allErr == nil { // it only informs
			tell(max(all.Passages-pending.Passages, 0), all.Passages)
		}
	}}
	return ingest.Sync{Store: a.store, Index: x, Turn: a.turn}.Settle(ctx)
}

// watched is an index that tells when it was changed.
type watched struct {
	*index.Local
	applied func()
}

// Apply implements [ingest.Index].
func (x watched) Apply(ctx context.Context, b index.Batch) error {
	err := x.Local.Apply(ctx, b)
	x.applied()
	return err
}

func percent(done, all int) int { return 100 * max(done, 0) / max(all, 1) }

// reindexPage is how many passages are moved in one turn.
const reindexPage = 1000

// reindex builds the index anew beside the one that answers.
func (a *app) reindex(ctx context.Context, show func(ingest.Event)) (index.Stats, error) {
	e, err := a.store.Extent(ctx)
	if err != nil {
		return index.Stats{}, err
	}
	defer a.rebuilding.Store(0)
	done, last := 0, ""
	// What is read of the store must be in the new index before somebody
	// else tells both indexes of a change that came after.
	move := func(put func(context.Context, index.Batch) error) (bool, error) {
		free, err := a.turn.Take(ctx)
		if err != nil {
			return false, err
		}
		defer free()
		list, err := a.store.PassagesAfter(ctx, last, reindexPage)
		if err != nil || len(list) == 0 {
			return false, err
		}
		if err := put(ctx, index.Batch{Put: list}); err != nil {
			return false, err
		}
		last = list[len(list)-1].ID
		done += len(list)
		return true, nil
	}
	err = a.index.Rebuild(ctx, func(put func(context.Context, index.Batch) error) error {
		for {
			a.rebuilding.Store(int64(min(percent(done, e.Passages), 100)) + 1)
			more, err := move(put)
			if err != nil || !more {
				return err
			}
			show(ingest.Event{Done: done, Total: max(e.Passages, done)})
		}
	})
	if err != nil {
		return index.Stats{}, fmt.Errorf("rebuild the index: %w; the present one goes on answering", err)
	}
	return a.index.Stats(ctx)
}
