package main

import (
	"context"
	"errors"
	"fmt"
	"strconv"

	"github.com/spf13/cobra"

	"github.com/sufflor/sufflor/index"
	"github.com/sufflor/sufflor/ingest"
	"github.com/sufflor/sufflor/store"
)

func (c *cli) reindexCmd() *cobra.Command {
	return &cobra.Command{
		Use: "reindex", Short: "Rebuild the index from the store", Args: cobra.NoArgs,
		Long: `The index is derived: everything it holds can be made again from the stored
passages. A start does the same when the index is damaged or of another version. Stop the server first.`,
		RunE: func(cmd *cobra.Command, _ []string) (err error) {
			ctx := cmd.Context()
			cfg, err := c.loadOrDemo()
			if err != nil {
				return err
			}
			log := c.quiet(cfg)
			s, err := store.Open(ctx, store.Options{Dir: cfg.Data, Log: log, Versions: cfg.Ingest.KeepVersions})
			if err != nil {
				return err
			}
			defer func() { err = errors.Join(err, s.Close()) }()
			x, err := emptyIndex(ctx, cfg, s)
			if err != nil {
				return err
			}
			defer func() { err = errors.Join(err, x.Close()) }()
			docs := 0
			for _, w := range cfg.Workspaces {
				list, err := s.Documents(ctx, w.ID, store.DocumentFilter{})
				if err != nil {
					return err
				}
				docs += len(list)
			}
			bar := c.progress(false)
			defer bar.close()
			if err := (ingest.Sync{Store: s, Index: &counted{Local: x, of: docs, show: bar.show}}).Settle(ctx); err != nil {
				return err
			}
			st, err := x.Stats(ctx)
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

// counted is an index that shows how far its filling is.
type counted struct {
	*index.Local
	done, of int
	show     func(ingest.Event)
}

// Apply implements [ingest.Index].
func (x *counted) Apply(ctx context.Context, b index.Batch) error {
	documents := map[string]bool{}
	for _, p := range b.Put {
		documents[p.Document] = true
	}
	x.done += len(documents)
	x.show(ingest.Event{Done: x.done, Total: max(x.of, x.done)})
	return x.Local.Apply(ctx, b)
}

func (c *cli) jobsCmd() *cobra.Command {
	cmd := &cobra.Command{
		Use: "jobs", Short: "Look at jobs that failed for good, and start them again",
		Long: `A job is the work on one message. One that failed each time it was tried is dead:
sufflor jobs dead lists such jobs with the reason, sufflor jobs retry ID starts one
again. Stop the server first, or ask it: GET /api/jobs/dead.`,
	}
	open := func(cmd *cobra.Command, do func(*store.Store) error) error {
		cfg, err := c.load()
		if err != nil {
			return err
		}
		s, err := store.Open(cmd.Context(), store.Options{Dir: cfg.Data, Log: c.quiet(cfg)})
		if err != nil {
			return fmt.Errorf("%w (a running server shows its dead jobs at /api/jobs/dead)", err)
		}
		return errors.Join(do(s), s.Close())
	}
	cmd.AddCommand(&cobra.Command{
		Use: "dead", Short: "List dead jobs", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return open(cmd, func(s *store.Store) error {
				jobs, err := s.DeadJobs(cmd.Context())
				if err != nil {
					return err
				}
				if c.json {
					return c.print(jobs)
				}
				for _, j := range jobs {
					fmt.Fprintf(c.stdout, "%d  %s  %s  %s  after %d attempts: %s\n", j.ID, j.Kind, j.Desk, j.Key, j.Attempt, j.Error)
				}
				_, err = fmt.Fprintf(c.stdout, "%d dead jobs\n", len(jobs))
				return err
			})
		},
	}, &cobra.Command{
		Use: "retry ID", Short: "Start a dead job again", Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			id, err := strconv.ParseInt(args[0], 10, 64)
			if err != nil {
				return usage(fmt.Errorf("%q is no job id; sufflor jobs dead lists them", args[0]))
			}
			return open(cmd, func(s *store.Store) error { return s.RetryJob(cmd.Context(), id) })
		},
	})
	return cmd
}
