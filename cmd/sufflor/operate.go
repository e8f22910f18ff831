package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/sufflor/sufflor/config"
	"github.com/sufflor/sufflor/store"
	"github.com/sufflor/sufflor/web"
)

// reading opens the store to look only, beside a server that may be running.
// Before anything was read, there is nothing to see.
func (c *cli) reading(ctx context.Context, cfg config.Config, read func(records) error) error {
	s, err := store.Open(ctx, store.Options{Dir: cfg.Data, Postgres: cfg.Store.Reveal(), Log: c.quiet(cfg), ReadOnly: true})
	if errors.Is(err, os.ErrNotExist) {
		return read(unread{})
	}
	if err != nil {
		return err
	}
	return errors.Join(read(s), s.Close())
}

func (c *cli) ingestStatusCmd() *cobra.Command {
	return &cobra.Command{
		Use: "status", Short: "Show the sources: last run, next run, what could not be read", Args: cobra.NoArgs,
		Long: `Shows each source with its last run, its documents and when it runs next; then what
was read but is in no source any more. A run that is under way is shown as it is.`,
		RunE: func(cmd *cobra.Command, _ []string) error {
			cfg, w, err := c.space()
			if err != nil {
				return err
			}
			return c.reading(cmd.Context(), cfg, func(s records) error {
				st, err := statusOf(cmd.Context(), cfg, w, s)
				if err != nil {
					return err
				}
				// How far vectors are, only who makes them knows.
				if r, err := running(cfg.Data); err == nil && cfg.Embedder.Provider != config.EmbedNone {
					st.Vectors = r.vectors(cmd.Context(), w.ID)
				}
				if c.json {
					return c.print(st)
				}
				return showStatus(c.stdout, st)
			})
		},
	}
}

// showStatus prints a table for people.
func showStatus(out io.Writer, st status) error {
	t := tabwriter.NewWriter(out, 0, 4, 2, ' ', 0)
	fmt.Fprintln(t, "SOURCE\tSTATE\tOK\tFAILED\tEMPTY\tPASSAGES\tLAST RUN\tNEXT RUN")
	for _, s := range st.Sources {
		state, last := "never run", "-"
		if r := s.LastRun; r != nil {
			state, last = r.State, shortTime(r.Ended)
		}
		switch {
		case s.Running != nil && s.Running.Report.Total > 0:
			state = fmt.Sprintf("running %d/%d", s.Running.Report.Done, s.Running.Report.Total)
		case s.Running != nil:
			state = fmt.Sprintf("running %d", s.Running.Report.Done)
		case s.Paused:
			state = "paused"
		case !s.Configured:
			state = "not configured"
		}
		fmt.Fprintf(t, "%s\t%s\t%d\t%d\t%d\t%d\t%s\t%s\n", s.Name, state, s.OK, s.Failed, s.Empty, s.Passages, last, nextRun(s))
	}
	if err := t.Flush(); err != nil {
		return err
	}
	failures := false
	for _, s := range st.Sources {
		failures = failures || s.Failed+s.Empty > 0
		switch r := s.LastRun; {
		case r == nil:
		case r.Error != "":
			fmt.Fprintf(out, "%s: %s\n", s.Name, r.Error)
		case s.Failed+s.Empty == 0 && len(r.Report.Failures) > 0: // a place: it counts as no document
			fmt.Fprintf(out, "%s: %s\n", s.Name, printable(because(r.Report.Failures[0].Path, r.Report.Failures[0].Reason)))
		}
		if !s.Configured {
			fmt.Fprintf(out, "%s: still in search; remove it with: sufflor ingest remove %s\n", s.Name, s.Name)
		}
	}
	if failures {
		fmt.Fprintln(out, "what could not be read, why, and what to do: sufflor ingest failures")
	}
	if st.Pending > 0 {
		fmt.Fprintf(out, "on the way into the index: %s\n", count(st.Pending, "document"))
	}
	if v := st.Vectors; v != nil {
		fmt.Fprintf(out, "vectors (%s): %d of %s, %s", v.Model, v.Vectors, count(v.Passages, "passage"), v.State)
		if v.Failed > 0 {
			fmt.Fprintf(out, "; %d that the model cannot take are found by their words only", v.Failed)
		}
		if v.Error != "" {
			fmt.Fprintf(out, ": %s", printable(v.Error))
		}
		fmt.Fprintln(out)
	}
	return nil
}

func nextRun(s sourceStatus) string {
	switch {
	case s.Paused || !s.Configured:
		return "-"
	case s.Watch && s.Schedule == "":
		return "on change"
	case s.NextRun.IsZero():
		return "on command"
	case !s.NextRun.After(time.Now()):
		return "now" // as soon as a server runs
	}
	return shortTime(s.NextRun)
}

func shortTime(t time.Time) string { return t.Local().Format("2006-01-02 15:04") }

func (c *cli) ingestFailuresCmd() *cobra.Command {
	return &cobra.Command{
		Use: "failures [SOURCE]", Short: "List what could not be read, why, and what to do", Args: cobra.MaximumNArgs(1),
		Long: `Lists each file and each place, such as a share or a web site, that could not be
read, with the reason and what can be done about it. A file that is mended is read
with the next run; sufflor ingest retry reads all of them again.`,
		RunE: func(cmd *cobra.Command, args []string) error {
			cfg, w, err := c.space()
			if err != nil {
				return err
			}
			return c.reading(cmd.Context(), cfg, func(s records) error {
				list, err := failuresOf(cmd.Context(), cfg, w, s, strings.Join(args, ""))
				if err != nil {
					return err
				}
				if c.json {
					return c.print(list)
				}
				for _, f := range list {
					at := strings.TrimSuffix(f.Root+"/"+f.Path, "/")
					if strings.Contains(f.Path, "://") {
						at = f.Path
					}
					fmt.Fprintln(c.stdout, printable(because(at, f.Reason)))
					if f.Hint != "" {
						fmt.Fprintf(c.stdout, "  %s\n", f.Hint)
					}
					if f.Kept {
						fmt.Fprintln(c.stdout, "  what was read before stays in use")
					}
				}
				fmt.Fprintln(c.stdout, count(len(list), "failure"))
				return nil
			})
		},
	}
}

func (c *cli) ingestRetryCmd() *cobra.Command {
	var o reportOptions
	cmd := &cobra.Command{
		Use: "retry [SOURCE|PATH…]", Short: "Read again what failed, and only that",
		Long: `Reads what could not be read before. A run by itself does not: as long as the bytes
are the same, they fail the same way. Use it after a new version, or when OCR was
installed.`,
		RunE: func(cmd *cobra.Command, args []string) error {
			return c.runIngest(cmd.Context(), web.IngestRequest{Retry: true}, o, args)
		},
	}
	o.flags(cmd)
	return cmd
}

func (c *cli) ingestPauseCmd(paused bool) *cobra.Command {
	cmd := &cobra.Command{
		Use: "pause SOURCE", Short: "Do not read a source until it is resumed", Args: cobra.ExactArgs(1),
		Long: "A paused source is read neither by schedule nor by command. What was read of it stays in search.",
	}
	word := "paused"
	if !paused {
		cmd.Use, cmd.Short, cmd.Long, word = "resume SOURCE", "Let a paused source be read again", "", "resumed"
	}
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		cfg, w, err := c.space()
		if err != nil {
			return err
		}
		err = c.either(cmd.Context(), cfg,
			func(a *app) error { return a.pause(cmd.Context(), w, args[0], paused) },
			func(r *remote) error {
				return r.post(cmd.Context(), "/api/ingest/"+map[bool]string{true: "pause", false: "resume"}[paused],
					map[string]any{"workspace": w.ID, "source": args[0]}, func(io.Reader) error { return nil })
			})
		if err != nil {
			return err
		}
		if c.json {
			return c.print(map[string]any{"source": args[0], "paused": paused})
		}
		fmt.Fprintf(c.stdout, "%s is %s\n", args[0], word)
		return nil
	}
	return cmd
}

func (c *cli) ingestRemoveCmd() *cobra.Command {
	yes := false
	cmd := &cobra.Command{
		Use: "remove SOURCE|PATH|ADDRESS", Short: "Take documents out of search, with all that is kept of them", Args: cobra.ExactArgs(1),
		Long: `Removes documents with their passages, versions and originals, at once and for good.
A source is paused first, so that its next run does not bring them back. The files
themselves are not touched.`,
		RunE: func(cmd *cobra.Command, args []string) error {
			cfg, w, err := c.space()
			if err != nil {
				return err
			}
			return c.either(cmd.Context(), cfg,
				func(a *app) error {
					return c.remove(args[0], w, yes, func(name string, dry bool) (removal, error) { return a.remove(cmd.Context(), w, name, dry) })
				},
				func(r *remote) error {
					return c.remove(args[0], w, yes, func(name string, dry bool) (out removal, err error) {
						err = r.post(cmd.Context(), "/api/ingest/remove", map[string]any{"workspace": w.ID, "target": name, "dry_run": dry},
							func(body io.Reader) error { return json.NewDecoder(body).Decode(&out) })
						return out, err
					})
				})
		},
	}
	cmd.Flags().BoolVarP(&yes, "yes", "y", false, "do not ask")
	return cmd
}

// remove shows what would go, asks, and removes it.
func (c *cli) remove(name string, w config.Workspace, yes bool, do func(name string, dry bool) (removal, error)) error {
	r, err := do(name, true)
	if err != nil {
		return err
	}
	if abs, absErr := filepath.Abs(name); r.Documents == 0 && !r.Source && absErr == nil {
		name = abs // no source and no address: a path from here
		if r, err = do(name, true); err != nil {
			return err
		}
	}
	if r.Documents == 0 && !r.Source {
		return fmt.Errorf("nothing in workspace %s is called %s; sufflor ingest status lists what there is", w.ID, name)
	}
	if !yes {
		fmt.Fprintf(c.stderr, "%s with %s (%.1f MB) taken out of search, with all versions and originals:\n", count(r.Documents, "document"), count(r.Passages, "passage"), float64(r.Bytes)/1e6)
		for _, e := range r.Examples {
			fmt.Fprintln(c.stderr, "  "+e)
		}
		if more := r.Documents - len(r.Examples); more > 0 {
			fmt.Fprintf(c.stderr, "  and %d more\n", more)
		}
		fmt.Fprint(c.stderr, "Remove them? [y/N] ")
		answer, err := bufio.NewReader(io.LimitReader(c.stdin, 1000)).ReadString('\n')
		if errors.Is(err, io.EOF) && answer == "" {
			return usage(errors.New("nobody answered, nothing was removed; say --yes where nobody can"))
		}
		if answer = strings.ToLower(strings.TrimSpace(answer)); answer != "y" && answer != "yes" {
			return codedError{errors.New("nothing was removed"), exitFailed}
		}
	}
	if r, err = do(name, false); err != nil {
		return err
	}
	if c.json {
		return c.print(r)
	}
	fmt.Fprintf(c.stdout, "%s with %s removed\n", count(r.Documents, "document"), count(r.Passages, "passage"))
	if r.Next != "" {
		fmt.Fprintln(c.stdout, r.Next)
	}
	return nil
}

func (c *cli) ingestHistoryCmd() *cobra.Command {
	version := 0
	cmd := &cobra.Command{
		Use: "history DOCUMENT", Short: "Show the versions a document was read in", Args: cobra.ExactArgs(1),
		Long: "DOCUMENT is a path, an address, a file name that only one document has, or an id.",
		RunE: func(cmd *cobra.Command, args []string) error {
			cfg, w, err := c.space()
			if err != nil {
				return err
			}
			return c.reading(cmd.Context(), cfg, func(s records) error {
				h, err := historyOf(cmd.Context(), w, s, args[0], version)
				if err != nil {
					return err
				}
				if c.json {
					return c.print(h)
				}
				return showHistory(c.stdout, h)
			})
		},
	}
	cmd.Flags().IntVar(&version, "text", 0, "print what version `N` said")
	return cmd
}

func showHistory(out io.Writer, h history) error {
	if len(h.Passages) > 0 {
		for _, p := range h.Passages {
			fmt.Fprintf(out, "%s  %s\n%s\n\n", p.Breadcrumb(), p.Locator, strings.TrimSpace(strings.Join([]string{p.Question, p.Text}, "\n")))
		}
		return nil
	}
	fmt.Fprintf(out, "%s (%s)\n", h.Place, h.ID)
	t := tabwriter.NewWriter(out, 0, 4, 2, ' ', 0)
	fmt.Fprintln(t, "VERSION\tREAD\tSTATE\tSIZE\tPAGES\tWORDS\tPASSAGES\tSECONDS\tORIGINAL")
	for _, v := range h.Versions {
		state, number := v.State, strconv.Itoa(v.Number)
		if v.Current {
			state = "in use"
		}
		if v.Error != "" {
			state, number = v.Error, "-"
		}
		kept := "-"
		if v.Original != "" {
			kept = v.Original[:12]
		}
		fmt.Fprintf(t, "%s\t%s\t%s\t%d\t%d\t%d\t%d\t%.2f\t%s\n", number, shortTime(v.Ingested), state, v.Size, v.Pages, v.Words, v.Passages, v.Seconds, kept)
	}
	return t.Flush()
}
