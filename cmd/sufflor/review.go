package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/sufflor/sufflor/config"
	"github.com/sufflor/sufflor/store"
	"github.com/sufflor/sufflor/suggest"
	"github.com/sufflor/sufflor/suggest/review"
)

// reviewFlags are the rules of a sample on the command line, in percent.
type reviewFlags struct {
	rejected                     bool
	heavy, topics, random, days  int
	agent, language, flag, asker string
}

func (f *reviewFlags) add(cmd *cobra.Command) {
	cmd.Flags().IntVar(&f.days, "days", 30, "look at the drafts of the last so many days")
}

func (f *reviewFlags) addRules(cmd *cobra.Command) {
	f.add(cmd)
	cmd.Flags().BoolVar(&f.rejected, "rejected", false, "take all that were flagged high and rejected")
	cmd.Flags().IntVar(&f.heavy, "heavy", 0, "take those of which at least this percentage of the words was changed")
	cmd.Flags().IntVar(&f.topics, "topics", 0, "take those for questions unlike all that was asked in so many weeks before")
	cmd.Flags().IntVar(&f.random, "random", 0, "take this percentage of all, always the same ones")
	cmd.Flags().StringVar(&f.agent, "agent", "", "only of this agent")
	cmd.Flags().StringVar(&f.language, "language", "", "only in this language")
	cmd.Flags().StringVar(&f.flag, "flag", "", "only with this flag: high, medium, low or none")
	cmd.Flags().StringVar(&f.asker, "reviewer", "", "only what waits for this reviewer")
}

func (f *reviewFlags) rules() (r review.Rules, since time.Time, err error) {
	for name, n := range map[string]int{"heavy": f.heavy, "random": f.random} {
		if n < 0 || n > 100 {
			return r, since, usage(fmt.Errorf("--%s: %d: must be 0 to 100", name, n))
		}
	}
	if f.topics < 0 || f.topics > 52 {
		return r, since, usage(fmt.Errorf("--topics: %d: must be 0 to 52 weeks", f.topics))
	}
	if f.days < 1 || f.days > 3660 {
		return r, since, usage(fmt.Errorf("--days: %d: must be 1 to 3660", f.days))
	}
	r = review.Rules{
		Rejected: f.rejected, Heavy: float64(f.heavy) / 100, Topics: f.topics, Random: float64(f.random) / 100, Second: review.UsualSecond,
		Agent: f.agent, Language: f.language, Flag: f.flag,
	}
	return r, time.Now().AddDate(0, 0, -f.days), nil
}

func (c *cli) reviewCmd() *cobra.Command {
	cmd := &cobra.Command{
		Use: "review", Short: "Say how good drafts were: the queue, the ratings, how far people agree, and questions asked again",
		Long: `People rate drafts at /review, in the browser. These commands read what they said
beside a running server, and ask the questions of bad drafts again:

  sufflor review list --rejected --random 10   drafts to rate, and who has
  sufflor review agreement                     Cohen's kappa and Krippendorff's alpha
  sufflor review export > reviews.csv          everything, for a spreadsheet
  sufflor review rerun                         ask again what is said to be mended`,
	}
	cmd.AddCommand(c.reviewListCmd(), c.reviewExportCmd(), c.reviewAgreementCmd(), c.reviewRerunCmd())
	return cmd
}

// reviewed opens the store beside a server that may be running.
func (c *cli) reviewed(ctx context.Context, do func(s *store.Store, w config.Workspace) error) error {
	cfg, w, err := c.space()
	if err != nil {
		return err
	}
	s, err := store.Open(ctx, store.Options{Dir: cfg.Data, Postgres: cfg.Store.Reveal(), Log: c.quiet(cfg), ReadOnly: true})
	if err != nil {
		return err
	}
	return errors.Join(do(s, w), s.Close())
}

type listedDraft struct {
	Suggestion string          `json:"suggestion"`
	Created    time.Time       `json:"created"`
	Flag       string          `json:"flag"`
	Language   string          `json:"language"`
	Why        []review.Reason `json:"why"`
	Changed    *float64        `json:"changed"` // share of words; null: not known
	Have       int             `json:"have"`
	Need       int             `json:"need"`
}

func (c *cli) reviewListCmd() *cobra.Command {
	f := reviewFlags{}
	cmd := &cobra.Command{
		Use: "list", Short: "List the drafts that the rules pick", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			rules, since, err := f.rules()
			if err != nil {
				return err
			}
			return c.reviewed(cmd.Context(), func(s *store.Store, w config.Workspace) error {
				sample, err := review.Draw(cmd.Context(), s, w.ID, rules, since)
				if err != nil {
					return err
				}
				entries := sample.Entries
				if f.asker != "" {
					entries = sample.For(f.asker)
				}
				return c.listed(sample, entries)
			})
		},
	}
	f.addRules(cmd)
	return cmd
}

func (c *cli) listed(sample review.Sample, entries []review.Entry) error {
	list := []listedDraft{}
	for _, e := range entries {
		d := listedDraft{
			Suggestion: e.Suggestion.ID, Created: e.Suggestion.Created, Flag: e.Suggestion.Flag, Language: e.Suggestion.Language,
			Why: e.Why, Have: len(e.Reviews), Need: e.Need,
		}
		if e.Changed >= 0 {
			d.Changed = &e.Changed
		}
		list = append(list, d)
	}
	if c.json {
		return c.print(map[string]any{"looked_at": sample.Looked, "limited": sample.Limited, "drafts": list})
	}
	for _, d := range list {
		why := make([]string, len(d.Why))
		for i, r := range d.Why {
			why[i] = string(r)
		}
		fmt.Fprintf(c.stdout, "%s  %s  %-6s  %s  %s  rated by %d of %d\n",
			d.Suggestion, d.Created.Local().Format("2006-01-02 15:04"), d.Flag, d.Language, strings.Join(why, ","), d.Have, d.Need)
	}
	newest := ""
	if sample.Limited {
		newest = ", the newest; use fewer --days"
	}
	_, err := fmt.Fprintf(c.stdout, "%d of %d drafts%s\n", len(list), sample.Looked, newest)
	return err
}

func (c *cli) reviewExportCmd() *cobra.Command {
	f := reviewFlags{}
	out := ""
	cmd := &cobra.Command{
		Use: "export", Short: "Write the ratings, and what became of bad drafts, of the newest 2000 drafts as CSV", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			rules, since, err := f.rules()
			if err != nil {
				return err
			}
			return c.reviewed(cmd.Context(), func(s *store.Store, w config.Workspace) (err error) {
				to := c.stdout
				if out != "" {
					file, err := os.OpenFile(out, os.O_CREATE|os.O_WRONLY|os.O_TRUNC, 0o600)
					if err != nil {
						return fmt.Errorf("export reviews: %w", err)
					}
					defer func() { err = errors.Join(err, file.Close()) }()
					to = file
				}
				return review.Export(cmd.Context(), to, s, w.ID, rules, since, func(list []store.Review) []store.Review { return list })
			})
		},
	}
	f.add(cmd)
	cmd.Flags().StringVarP(&out, "output", "o", "", "write to this file, readable by you alone (default: standard output)")
	return cmd
}

func (c *cli) reviewAgreementCmd() *cobra.Command {
	f := reviewFlags{}
	cmd := &cobra.Command{
		Use: "agreement", Short: "Say how far reviewers agree: Cohen's kappa for two, Krippendorff's alpha for all", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			_, since, err := f.rules()
			if err != nil {
				return err
			}
			return c.reviewed(cmd.Context(), func(s *store.Store, w config.Workspace) error {
				list, err := s.Reviews(cmd.Context(), w.ID, "", since, store.MaxLabelled)
				if err != nil {
					return err
				}
				agreed := review.Agree(review.Ratings(list))
				if c.json {
					return c.print(map[string]any{"reviews": len(list), "agreement": agreed})
				}
				fmt.Fprintf(c.stdout, "%d ratings\n", len(list))
				for _, a := range agreed {
					fmt.Fprintf(c.stdout, "%-9s mean %s  ratings %d  by two %d  alpha %s\n", a.Scale, known(a.Mean), a.Count, a.Units, known(a.Alpha))
					for _, p := range a.Pairs {
						fmt.Fprintf(c.stdout, "          %s / %s: %d drafts, kappa %s, equal %.0f %%\n", printable(p.First), printable(p.Second), p.Units, known(p.Kappa), 100*p.Equal)
					}
				}
				return nil
			})
		},
	}
	f.add(cmd)
	return cmd
}

func known(x *float64) string {
	if x == nil {
		return "not known"
	}
	return fmt.Sprintf("%.2f", *x)
}

type rerunResult struct {
	Done   []string `json:"done"`
	Failed []string `json:"failed"`
}

func (c *cli) reviewRerunCmd() *cobra.Command {
	return &cobra.Command{
		Use: "rerun [SUGGESTION…]", Short: "Ask the questions of drafts again: those named, or all that are said to be mended (20 at most)", Args: cobra.MaximumNArgs(20),
		RunE: func(cmd *cobra.Command, args []string) error {
			cfg, w, err := c.space()
			if err != nil {
				return err
			}
			got, err := c.rerun(cmd.Context(), cfg, w, args)
			if err != nil {
				return err
			}
			if c.json {
				return c.print(got)
			}
			for _, id := range got.Failed {
				fmt.Fprintf(c.stdout, "%s  could not be asked\n", id)
			}
			if _, err := fmt.Fprintf(c.stdout, "asked again: %d, could not be asked: %d; compare them at /review/triage\n", len(got.Done), len(got.Failed)); err != nil {
				return err
			}
			if len(got.Failed) > 0 {
				return codedError{nil, exitPartial}
			}
			return nil
		},
	}
}

// rerun asks again here, or through the server that has the folder.
func (c *cli) rerun(ctx context.Context, cfg config.Config, w config.Workspace, ids []string) (got rerunResult, err error) {
	a, err := openApp(ctx, cfg, c.quiet(cfg))
	if errors.Is(err, store.ErrLocked) {
		remote, remoteErr := running(cfg.Data)
		if remoteErr != nil {
			return got, errors.Join(err, remoteErr)
		}
		q := map[string]any{"suggestions": ids, "fixed": len(ids) == 0, "author": me()}
		err = remote.post(ctx, "/api/reviews/rerun?workspace="+w.ID, q, func(body io.Reader) error { return json.NewDecoder(body).Decode(&got) })
		return got, err
	}
	if err != nil {
		return got, err
	}
	defer func() { err = errors.Join(err, a.Close()) }()
	read, closeReader, err := a.attachmentReader()
	if err != nil {
		return got, err
	}
	defer func() { err = errors.Join(err, closeReader()) }()
	worker, err := a.worker(&server{app: a}, cfg, nil, read) // it delivers nothing here
	if err != nil {
		return got, err
	}
	suggest.Warm()
	got.Done, got.Failed, err = review.AskAgain(ctx, a.store, worker.Again, a.log, w.ID, ids, me())
	return got, err
}
