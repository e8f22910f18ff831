package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"
	"github.com/vbauerster/mpb/v8"
	"github.com/vbauerster/mpb/v8/decor"

	"github.com/sufflor/sufflor/config"
	"github.com/sufflor/sufflor/index"
	"github.com/sufflor/sufflor/ingest"
	"github.com/sufflor/sufflor/store"
	"github.com/sufflor/sufflor/web"
)

func (c *cli) ingestCmd() *cobra.Command {
	collection, audience := "", ""
	cmd := &cobra.Command{
		Use:   "ingest [PATH…]",
		Short: "Read documents into the index; without PATH the configured sources",
		Long: `Reads files and folders into the store and the index. Only what changed since
the last run is read; what is gone from a folder goes from search as well. A file
that cannot be read is reported and never stops the run; the exit code is then 3.
While a server has the data folder open, the server does the work.`,
		RunE: func(cmd *cobra.Command, args []string) error {
			cfg, err := c.loadOrDemo()
			if err != nil {
				return err
			}
			w, err := cfg.Workspace(c.workspace)
			if err != nil {
				return usage(err)
			}
			q := web.IngestRequest{Workspace: w.ID, Collection: collection, Audience: audience}
			for _, p := range args {
				abs, err := filepath.Abs(p) // a running server has another working folder
				if err != nil {
					return err
				}
				q.Paths = append(q.Paths, abs)
			}
			sum, err := c.ingest(cmd.Context(), cfg, w, q)
			if err != nil {
				return err
			}
			return c.summarize(sum)
		},
	}
	cmd.Flags().StringVar(&collection, "collection", "", "collection of the documents (default: that of the configured source, else documents)")
	cmd.Flags().StringVar(&audience, "audience", "", "public: may be quoted to customers; internal: for agents only (default: that of the configured source, else internal)")
	return cmd
}

// sourcesFor gives paths from the command line the collection and audience of
// the configured source they lie in; unknown ones are internal, the safe side.
func sourcesFor(w config.Workspace, paths []string, collection, audience string) []config.Source {
	var out []config.Source
	for _, p := range paths {
		s := config.Source{Collection: "documents", Audience: string(index.Internal), Paths: []string{p}}
		for _, known := range w.Sources {
			for _, root := range known.Paths {
				if abs, err := filepath.Abs(root); err == nil && within(p, abs) {
					s.Collection, s.Audience = known.Collection, known.Audience
				}
			}
		}
		if collection != "" {
			s.Collection = collection
		}
		if audience != "" {
			s.Audience = audience
		}
		out = append(out, s)
	}
	return out
}

func within(p, root string) bool {
	rel, err := filepath.Rel(root, p)
	return err == nil && rel != ".." && !filepath.IsAbs(rel) && (len(rel) < 3 || rel[:3] != ".."+string(filepath.Separator))
}

// ingest reads documents here, or through the server that has the folder.
func (c *cli) ingest(ctx context.Context, cfg config.Config, w config.Workspace, q web.IngestRequest) (ingest.Summary, error) {
	bar := c.progress()
	defer bar.close()
	a, err := openApp(ctx, cfg, c.quiet(cfg))
	if errors.Is(err, store.ErrLocked) {
		r, remoteErr := running(cfg.Data)
		if remoteErr != nil {
			return ingest.Summary{}, errors.Join(err, remoteErr)
		}
		return r.ingest(ctx, q, bar.show)
	}
	if err != nil {
		return ingest.Summary{}, err
	}
	sum, err := a.ingest(ctx, w, q, bar.show)
	return sum, errors.Join(err, a.Close())
}

// ingest runs the syncer over what q names and adds up.
func (a *app) ingest(ctx context.Context, w config.Workspace, q web.IngestRequest, progress func(ingest.Event)) (total ingest.Summary, err error) {
	sources := w.Sources
	if len(q.Paths) > 0 {
		sources = sourcesFor(w, q.Paths, q.Collection, q.Audience)
	}
	if len(sources) == 0 {
		return total, usage(fmt.Errorf("workspace %s has no sources; name files or folders: sufflor ingest PATH…", w.ID))
	}
	s, closeWorkers, err := a.syncer(w.OwnDomains)
	if err != nil {
		return total, err
	}
	defer func() { err = errors.Join(err, closeWorkers()) }()
	for _, src := range sources {
		sum, err := s.Run(ctx, ingest.Options{
			Workspace: w.ID, Collection: src.Collection, Audience: index.Audience(src.Audience), Paths: src.Paths, Progress: progress,
		})
		add(&total, sum)
		if err != nil {
			return total, err
		}
	}
	return total, nil
}

// add adds what one source brought to the total.
func add(total *ingest.Summary, sum ingest.Summary) {
	total.Added += sum.Added
	total.Changed += sum.Changed
	total.Unchanged += sum.Unchanged
	total.Deleted += sum.Deleted
	total.Failed = append(total.Failed, sum.Failed...)
	total.Passages += sum.Passages
	total.Bytes += sum.Bytes
	total.Took += sum.Took
}

// summarize prints what a run did; failures decide the exit code.
func (c *cli) summarize(sum ingest.Summary) error {
	if c.json {
		if err := c.print(sum); err != nil {
			return err
		}
	} else {
		fmt.Fprintf(c.stdout, "%d added, %d changed, %d unchanged, %d deleted, %d failed; %d passages, %.1f MB in %.1f s\n",
			sum.Added, sum.Changed, sum.Unchanged, sum.Deleted, len(sum.Failed), sum.Passages, float64(sum.Bytes)/1e6, sum.Took.Seconds())
		for _, f := range sum.Failed {
			fmt.Fprintf(c.stdout, "  %s: %s\n", f.Path, f.Reason)
			if f.Hint != "" {
				fmt.Fprintf(c.stdout, "    %s\n", f.Hint)
			}
		}
	}
	if len(sum.Failed) > 0 {
		return codedError{fmt.Errorf("%d files could not be read", len(sum.Failed)), exitPartial}
	}
	return nil
}

// bar shows progress: a bar on a terminal, else a line every few seconds.
type bar struct {
	out   io.Writer
	pool  *mpb.Progress
	bar   *mpb.Bar
	last  time.Time
	quiet bool
}

func (c *cli) progress() *bar {
	b := &bar{out: c.stderr, quiet: c.json, last: time.Now()}
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
	switch {
	case b.quiet:
	case b.pool != nil:
		if b.bar == nil {
			b.bar = b.pool.AddBar(int64(e.Total),
				mpb.PrependDecorators(decor.Name("reading "), decor.CountersNoUnit("%d/%d")),
				mpb.AppendDecorators(decor.Elapsed(decor.ET_STYLE_GO)), mpb.BarRemoveOnComplete())
		}
		b.bar.SetTotal(int64(e.Total), false)
		b.bar.SetCurrent(int64(e.Done))
	case time.Since(b.last) > 2*time.Second:
		b.last = time.Now()
		fmt.Fprintf(b.out, "reading %d/%d %s\n", e.Done, e.Total, filepath.Base(e.Path))
	}
}

func (b *bar) close() {
	if b.pool == nil {
		return
	}
	if b.bar != nil {
		b.bar.SetTotal(-1, true)
	}
	b.pool.Wait()
}
