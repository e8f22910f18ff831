package main

import (
	"errors"
	"fmt"
	"strconv"

	"github.com/spf13/cobra"

	"github.com/sufflor/sufflor/store"
)

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
		s, err := store.Open(cmd.Context(), store.Options{Dir: cfg.Data, Postgres: cfg.Store.Reveal(), Log: c.quiet(cfg)})
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
