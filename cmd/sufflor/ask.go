package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/sufflor/sufflor/config"
	"github.com/sufflor/sufflor/store"
	"github.com/sufflor/sufflor/suggest"
)

func (c *cli) askCmd() *cobra.Command {
	customer := ""
	cmd := &cobra.Command{
		Use: `ask "MESSAGE"`, Short: "Draft a reply to one message, in the terminal (- reads it from standard input)", Args: cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			text := strings.Join(args, " ")
			if text == "-" {
				data, err := io.ReadAll(io.LimitReader(c.stdin, 1<<20))
				if err != nil {
					return fmt.Errorf("read the message from standard input: %w", err)
				}
				text = string(data)
			}
			cfg, err := c.loadOrDemo()
			if err != nil {
				return err
			}
			w, err := cfg.Workspace(c.workspace)
			if err != nil {
				return usage(err)
			}
			s, err := c.ask(cmd.Context(), cfg, suggest.Request{Workspace: w.ID, Text: text, Customer: customer})
			if err != nil {
				return err
			}
			if c.json {
				return c.print(s)
			}
			return show(c.stdout, s)
		},
	}
	cmd.Flags().StringVar(&customer, "customer", "", "the customer's name, for the greeting")
	return cmd
}

// ask answers from the data folder, or through the server that has it open.
func (c *cli) ask(ctx context.Context, cfg config.Config, r suggest.Request) (suggest.Suggestion, error) {
	a, err := openApp(ctx, cfg, c.quiet(cfg))
	if errors.Is(err, store.ErrLocked) {
		remote, remoteErr := running(cfg.Data)
		if remoteErr != nil {
			return suggest.Suggestion{}, errors.Join(err, remoteErr)
		}
		return remote.ask(ctx, r)
	}
	if err != nil {
		return suggest.Suggestion{}, err
	}
	suggest.Warm()
	// A person who waits at a terminal rather waits longer than gets nothing.
	a.pipeline.Deadline = max(a.pipeline.Deadline, time.Minute)
	s, err := a.pipeline.Suggest(ctx, r)
	return s, errors.Join(err, a.Close())
}

// show prints a suggestion for a person at a terminal.
func show(w io.Writer, s suggest.Suggestion) error {
	var b strings.Builder
	fmt.Fprintf(&b, "%s (%.2f)", strings.ToUpper(string(s.Flag)), s.Probability)
	for _, r := range s.Reasons {
		fmt.Fprintf(&b, "  %s", r.Text)
	}
	b.WriteString("\n\n")
	b.WriteString(s.Marked())
	if len(s.Sentences) > 0 {
		b.WriteString("\n\n")
	}
	for i, e := range s.Evidence {
		if !e.Cited && len(s.Sentences) > 0 {
			continue
		}
		mark := fmt.Sprintf("[%d]", i+1)
		if !e.Cited {
			mark = " · "
		}
		fmt.Fprintf(&b, "%s %s, %s  (%s)", mark, e.Passage.Breadcrumb(), e.Passage.Locator, e.Passage.Source)
		if e.Elsewhere > 0 {
			fmt.Fprintf(&b, ", the same in other documents: %d", e.Elsewhere)
		}
		b.WriteString("\n")
	}
	fmt.Fprintf(&b, "%.1f ms: understand %.1f, retrieve %.1f, write %.1f, check %.1f\n",
		s.Timings.Total, s.Timings.Understand, s.Timings.Retrieve, s.Timings.Write, s.Timings.Check)
	_, err := io.WriteString(w, b.String())
	return err
}
