package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/spf13/cobra"
	"github.com/vbauerster/mpb/v8"
	"github.com/vbauerster/mpb/v8/decor"

	"github.com/sufflor/sufflor/config"
	"github.com/sufflor/sufflor/ingest"
	"github.com/sufflor/sufflor/store"
	"github.com/sufflor/sufflor/web"
)

func (c *cli) ingestCmd() *cobra.Command {
	var q web.IngestRequest
	var o reportOptions
	cmd := &cobra.Command{
		Use:   "ingest [SOURCE|PATH…]",
		Short: "Read documents into the index; without a name all configured sources",
		Long: `Reads sources, files and folders into the store and the index. Only what changed
since the last run is read; what is gone from a source goes from search as well. A
file that cannot be read is reported and never stops the run; the exit code is then
3. A run that was stopped or killed goes on where it ended. While a server has the
data folder open, the server does the work.

A name is a configured source; a path inside one is that part of it. A path in no
source is internal unless --audience says otherwise.`,
		Example: `  sufflor ingest                     all configured sources
  sufflor ingest manuals ./new.pdf   one source and one file
  sufflor ingest --dry-run           what would be read and what would go
  sufflor ingest --report run.jsonl  a line of JSON for each file`,
		RunE: func(cmd *cobra.Command, args []string) error { return c.runIngest(cmd.Context(), q, o, args) },
	}
	cmd.Flags().StringVar(&q.Collection, "collection", "", "collection of paths that lie in no source (default: documents)")
	cmd.Flags().StringVar(&q.Audience, "audience", "", "of such paths: public, may be quoted to customers; internal, for agents only (default: internal)")
	cmd.Flags().BoolVar(&q.DryRun, "dry-run", false, "say what would be done, and do nothing")
	o.flags(cmd)
	cmd.AddCommand(c.ingestStatusCmd(), c.ingestFailuresCmd(), c.ingestRetryCmd(), c.ingestPauseCmd(true), c.ingestPauseCmd(false),
		c.ingestRemoveCmd(), c.ingestShelveCmd(), c.ingestUnshelveCmd(), c.ingestHistoryCmd())
	return cmd
}

// reportOptions say how a run is reported.
type reportOptions struct {
	file    string
	verbose bool
}

func (o *reportOptions) flags(cmd *cobra.Command) {
	cmd.Flags().StringVar(&o.file, "report", "", "write a line of JSON for each file to `FILE` (- is standard output)")
	cmd.Flags().BoolVarP(&o.verbose, "verbose", "v", false, "name each file as it is done")
}

// runIngest reads what args name.
func (c *cli) runIngest(ctx context.Context, q web.IngestRequest, o reportOptions, args []string) error {
	cfg, w, err := c.space()
	if err != nil {
		return err
	}
	q.Workspace = w.ID
	for _, name := range args {
		if _, ok := w.Source(name); ok {
			q.Sources = append(q.Sources, name)
			continue
		}
		abs, err := filepath.Abs(name) // a running server has another working folder
		if err != nil {
			return err
		}
		q.Paths = append(q.Paths, abs)
	}
	sum, err := c.ingest(ctx, cfg, w, q, o)
	if err != nil {
		if sum.Added+sum.Changed+sum.Deleted+sum.Failed+sum.Empty > 0 {
			err = errors.Join(err, c.summarize(sum))
		}
		return err
	}
	return c.summarize(sum)
}

// space is the configuration and the workspace that the flags name.
func (c *cli) space() (config.Config, config.Workspace, error) {
	cfg, err := c.loadOrDemo()
	if err != nil {
		return cfg, config.Workspace{}, err
	}
	w, err := cfg.Workspace(c.workspace)
	if err != nil {
		return cfg, w, usage(err)
	}
	return cfg, w, nil
}

// ingest reads documents here, or through the server that has the folder.
func (c *cli) ingest(ctx context.Context, cfg config.Config, w config.Workspace, q web.IngestRequest, o reportOptions) (sum ingest.Summary, err error) {
	bar := c.progress(o.verbose)
	defer bar.close()
	show := bar.show
	if o.file != "" {
		report, closing, reportErr := c.perFile(o.file)
		if reportErr != nil {
			return sum, reportErr
		}
		defer func() { err = errors.Join(err, closing()) }()
		show = func(e ingest.Event) { report(e); bar.show(e) }
	}
	if q.DryRun {
		err = c.reading(ctx, cfg, func(s records) error { sum, err = dryRun(ctx, cfg, w, q, s, show); return err })
		return sum, err
	}
	err = c.either(ctx, cfg,
		func(a *app) error { sum, err = a.ingest(ctx, w, q, show); return err },
		func(r *remote) error { sum, err = r.ingest(ctx, q, show); return err })
	return sum, err
}

// either does something here, or through the server that has the data folder.
func (c *cli) either(ctx context.Context, cfg config.Config, here func(*app) error, there func(*remote) error) error {
	a, err := openApp(ctx, cfg, c.quiet(cfg))
	if errors.Is(err, store.ErrLocked) {
		r, remoteErr := running(cfg.Data)
		if remoteErr != nil {
			return errors.Join(err, remoteErr)
		}
		return there(r)
	}
	if err != nil {
		return err
	}
	return errors.Join(here(a), a.Close())
}

// perFile writes a line for each file of a run.
func (c *cli) perFile(name string) (write func(ingest.Event), closing func() error, err error) {
	out, end := c.stdout, func() error { return nil }
	if name != "-" {
		f, err := os.Create(name)
		if err != nil {
			return nil, nil, usage(fmt.Errorf("report: %w; name a file that can be written", err))
		}
		out, end = f, f.Close
	}
	enc := json.NewEncoder(out)
	enc.SetEscapeHTML(false)
	var failed error
	return func(e ingest.Event) {
			if e.Kind != ingest.Found && e.Kind != ingest.Waiting && failed == nil {
				failed = enc.Encode(e)
			}
		}, func() error {
			if err := errors.Join(failed, end()); err != nil {
				return fmt.Errorf("report: %w", err)
			}
			return nil
		}, nil
}

// summarize prints what a run did; failures decide the exit code.
func (c *cli) summarize(sum ingest.Summary) error {
	if c.json {
		if err := c.print(sum); err != nil {
			return err
		}
	} else {
		c.tell(sum)
	}
	if n := sum.Failed + sum.Empty; n > 0 {
		return codedError{fmt.Errorf("%s could not be read", count(n, "file")), exitPartial}
	}
	return nil
}

// tell prints a summary for people.
func (c *cli) tell(sum ingest.Summary) {
	fmt.Fprintf(c.stdout, "%d added, %d changed, %d unchanged, %d deleted, %d failed", sum.Added, sum.Changed, sum.Unchanged, sum.Deleted, sum.Failed)
	if sum.Empty > 0 {
		fmt.Fprintf(c.stdout, ", %d empty", sum.Empty)
	}
	if sum.Skipped > 0 {
		fmt.Fprintf(c.stdout, ", %d left out", sum.Skipped)
	}
	if sum.DryRun {
		fmt.Fprintf(c.stdout, "; %.1f MB looked at, nothing was changed\n", float64(sum.Bytes)/1e6)
	} else {
		secs := max(sum.Took.Seconds(), 0.001)
		fmt.Fprintf(c.stdout, "; %d pages, %d words, %d passages, %.1f of %.1f MB read in %.1f s (%.2f MB/s, %.0f passages/s)\n", sum.Pages, sum.Words,
			sum.Passages, float64(sum.Read)/1e6, float64(sum.Bytes)/1e6, secs, float64(sum.Read)/1e6/secs, float64(sum.Passages)/secs)
	}
	for _, f := range append(slices.Clone(sum.Failures), sum.Left...) {
		fmt.Fprintf(c.stdout, "  %s\n", printable(because(f.Path, f.Reason)))
		if f.Hint != "" {
			fmt.Fprintf(c.stdout, "    %s\n", f.Hint)
		}
	}
	if more := sum.Failed + sum.Empty - len(sum.Failures); more > 0 {
		fmt.Fprintf(c.stdout, "  and %d more: sufflor ingest failures\n", more)
	}
}

// bar shows progress: a bar on a terminal, else a line every few seconds.
type bar struct {
	out     io.Writer
	pool    *mpb.Progress
	bar     *mpb.Bar
	began   time.Time
	last    time.Time
	at      atomic.Value // string: what was done last
	quiet   bool
	verbose bool
}

func (c *cli) progress(verbose bool) *bar {
	b := &bar{out: c.stderr, quiet: c.json, verbose: verbose, began: time.Now(), last: time.Now()}
	b.at.Store("")
	if terminal(c.stderr) && !c.json {
		b.pool = mpb.New(mpb.WithOutput(c.stderr), mpb.WithWidth(40), mpb.WithRefreshRate(100*time.Millisecond))
	}
	return b
}

// terminal reports whether a person reads what is written to w.
func terminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	if !ok {
		return false
	}
	info, err := f.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}

func (b *bar) show(e ingest.Event) {
	if b.quiet {
		return
	}
	if line := b.line(e); line != "" {
		if b.pool != nil {
			_, _ = b.pool.Write([]byte(line)) // above the bar
		} else {
			fmt.Fprint(b.out, line)
		}
	}
	if e.Path != "" {
		b.at.Store(fmt.Sprintf("%s %s", e.Kind, printable(filepath.Base(e.Path))))
	}
	switch {
	case b.pool != nil:
		b.draw(e)
	case time.Since(b.last) > 2*time.Second:
		b.last = time.Now()
		fmt.Fprintf(b.out, "reading %s%s, %s\n", soFar(e), b.left(e), b.at.Load())
	}
}

// soFar is how far a run is, in files and megabytes.
func soFar(e ingest.Event) string {
	if e.Total == 0 {
		return fmt.Sprintf("%d files, %.1f MB", e.Done, float64(e.Bytes)/1e6)
	}
	return fmt.Sprintf("%d/%d files, %.1f/%.1f MB", e.Done, e.Total, float64(e.Bytes)/1e6, float64(e.Size)/1e6)
}

// left is how long a run will still take when it goes on as it did.
func (b *bar) left(e ingest.Event) string {
	share := float64(e.Bytes) / float64(max(e.Size, 1))
	if e.Total == 0 || share < 0.01 {
		return ""
	}
	rest := time.Duration(float64(time.Since(b.began)) * (1 - share) / share)
	return ", " + rest.Round(time.Second).String() + " left"
}

// line is what is said of a file: of each one with verbose, else of those that
// somebody has to look at.
func (b *bar) line(e ingest.Event) string {
	switch {
	case e.Kind == ingest.Waiting:
		return "waiting for another run to end\n"
	case e.Kind == ingest.Found || e.Path == "":
		return ""
	case e.Failure != nil && b.verbose:
		return fmt.Sprintf("%-9s %s\n", e.Kind, printable(because(e.Path, e.Failure.Reason)))
	case b.verbose:
		s := fmt.Sprintf("%-9s %s", e.Kind, printable(e.Path))
		if e.Passages > 0 {
			s += fmt.Sprintf(" (%d pages, %d words, %d passages, %.2f s)", e.Pages, e.Words, e.Passages, e.Seconds)
		}
		lines := []string{s}
		for _, w := range e.Warnings {
			lines = append(lines, printable(w))
		}
		return strings.Join(lines, "\n          ") + "\n"
	}
	return ""
}

// because is where something is and why it could not be read, its name said
// once.
func because(place, reason string) string {
	name := path.Base(place)
	if rest, ok := strings.CutPrefix(reason, name+": "); ok {
		reason = rest
	} else if rest, ok := strings.CutPrefix(reason, name+" "); ok {
		return place + " " + rest // a sentence
	}
	return place + ": " + reason
}

// count is a number of things in words.
func count(n int, thing string) string {
	if n == 1 {
		return "1 " + thing
	}
	return fmt.Sprintf("%d %ss", n, thing)
}

// printable is a name or a reason as a terminal may show it: characters that steer
// the terminal or turn the direction of text are written as Go escapes.
func printable(s string) string {
	odd := func(r rune) bool { return !unicode.IsPrint(r) && r != '\u00ad' && r != '\u00a0' || r == utf8.RuneError }
	if !strings.ContainsFunc(s, odd) {
		return s
	}
	var out strings.Builder
	for i, r := range s {
		if !odd(r) {
			out.WriteRune(r)
			continue
		}
		_, n := utf8.DecodeRuneInString(s[i:])
		quoted := strconv.Quote(s[i : i+n])
		out.WriteString(quoted[1 : len(quoted)-1])
	}
	return out.String()
}

func (b *bar) draw(e ingest.Event) {
	if b.bar == nil {
		b.bar = b.pool.AddBar(max(e.Size, 1), mpb.BarRemoveOnComplete(),
			mpb.PrependDecorators(decor.Any(func(decor.Statistics) string { return "reading " }), decor.CountersKiloByte("% .1f / % .1f")),
			mpb.AppendDecorators(decor.AverageETA(decor.ET_STYLE_GO), decor.Any(func(decor.Statistics) string { return fmt.Sprintf("  %v", b.at.Load()) })))
	}
	b.bar.SetTotal(max(e.Size, e.Bytes, 1), false)
	b.bar.SetCurrent(e.Bytes)
}

func (b *bar) close() {
	if b.pool == nil {
		return
	}
	if b.bar != nil {
		b.bar.Abort(true) // one of no bytes never completes
	}
	b.pool.Wait()
}
