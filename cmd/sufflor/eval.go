package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/sufflor/sufflor/config"
	retrieval "github.com/sufflor/sufflor/index/measure"
	"github.com/sufflor/sufflor/ingest"
	"github.com/sufflor/sufflor/suggest"
	"github.com/sufflor/sufflor/suggest/extract"
	"github.com/sufflor/sufflor/suggest/measure"
)

// fitted are the features of a quote that the flag's model uses, beside those
// of the answer.
var fitted = []string{
	"own", "around", "unit", "question", "exact", "exact_all", "focus", "ideal", "index", "kind_fits", "kind_fails",
	"code", "no_code", "wrong_code", "extra_code", "same", "relevance", "rank", "faq", "case", "row", "money_row", "price", "open", "score", "gap",
}

func (c *cli) evalCmd() *cobra.Command {
	var kb, messages, split, fit, rank, misses, judged string
	cmd := &cobra.Command{
		Use: "eval", Short: "Measure retrieval, drafts and flags on messages with known answers", Args: cobra.NoArgs,
		Long: `Ingests a folder of documents into a fresh temporary index and makes a suggestion
for every message. testdata/eval/README.md describes the messages. Tuning looks at
the dev split only; the test split is for reporting. What the search alone finds on
sets of your own, eval retrieval measures; drafts on sets of your own, eval drafts.`,
		RunE: func(cmd *cobra.Command, _ []string) (err error) {
			ctx := cmd.Context()
			all, err := measure.Load(messages)
			if err != nil {
				return err
			}
			if split == "test" && (misses != "" || fit != "" || rank != "" || judged != "") {
				return usage(errors.New("--misses, --judged, --fit and --fit-ranking look at single messages; they work on --split dev only"))
			}
			a, sum, done, err := c.openEval(ctx, func(dir string) (config.Config, error) { return demoConfig(dir, kb) }, true)
			if err != nil {
				return err
			}
			defer func() { err = errors.Join(err, done()) }()
			w := a.cfg.Workspaces[0]
			start := time.Now()
			results, err := measure.Run(ctx, a.pipeline, w.ID, all, split, nil)
			if err != nil {
				return err
			}
			rep := measure.NewReport(split, results, time.Since(start))
			if judged != "" {
				if err := retrieval.WriteJudged(judged, measure.Searches(results)); err != nil {
					return err
				}
			}
			if misses != "" {
				if err := writeMisses(misses, results); err != nil {
					return err
				}
			}
			if fit != "" {
				if err := c.fit(fit, results); err != nil {
					return err
				}
			}
			if rank != "" {
				if err := c.fitRanking(rank, results); err != nil {
					return err
				}
			}
			if c.json {
				return c.print(rep)
			}
			return c.report(rep, sum)
		},
	}
	cmd.Flags().StringVar(&kb, "kb", filepath.Join("testdata", "kb"), "folder of documents")
	cmd.Flags().StringVar(&messages, "messages", filepath.Join("testdata", "eval"), "folder of messages, *.jsonl")
	cmd.Flags().StringVar(&split, "split", "test", "split to report: test or dev")
	cmd.Flags().StringVar(&misses, "misses", "", "write what went wrong, message by message, to this file (dev only)")
	cmd.Flags().StringVar(&fit, "fit", "", "train the flag's model on the split and write it to this file (dev only)")
	cmd.Flags().StringVar(&rank, "fit-ranking", "", "train the ranking of what could be quoted and write it to this file (dev only)")
	cmd.Flags().StringVar(&judged, "judged", "", "write what the search found and what of it was right to this file, for eval retrieval --judged (dev only)")
	cmd.AddCommand(c.evalRetrievalCmd(), c.evalDraftsCmd())
	return cmd
}

// fitRanking trains the ranking on all of the split, and prints what to expect
// of it on messages it has not seen: five folds.
func (c *cli) fitRanking(path string, results []measure.Result) error {
	w := extract.New()
	choices := measure.Choices(results, func(language string, ask suggest.BriefAsk) []measure.Unit {
		var out []measure.Unit
		for _, u := range w.Candidates(language, ask) {
			out = append(out, measure.Unit{Passage: u.Passage, Text: u.Text, Features: u.Features})
		}
		return out
	})
	const folds, penalty = 5, 3
	held := 0.0
	for k := range folds {
		var train, test []measure.Choice
		for i, ch := range choices {
			if i%folds == k {
				test = append(test, ch)
			} else {
				train = append(train, ch)
			}
		}
		held += measure.FirstRight(test, measure.FitRanking(train, extract.Features, penalty)) / folds
	}
	weights := measure.FitRanking(choices, extract.Features, penalty)
	fmt.Fprintf(c.stderr, "%d asks; first candidate right: %.3f with the ranking in use, %.3f trained, %.3f in %d folds\n",
		len(choices), measure.FirstRight(choices, extract.DefaultRanking().Weights), measure.FirstRight(choices, weights), held, folds)
	b, err := json.MarshalIndent(extract.Ranking{
		Version: time.Now().UTC().Format(time.DateOnly), Weights: weights,
		Trained: fmt.Sprintf("sufflor eval --split dev --fit-ranking FILE, on the dev split of testdata/eval: %d asks", len(choices)),
	}, "", "  ")
	if err != nil {
		return err
	}
	return os.WriteFile(path, append(b, '\n'), 0o600)
}

func (c *cli) report(rep measure.Report, sum ingest.Summary) error {
	fmt.Fprintf(c.stdout, "%d documents, %d passages; %d messages in %.1f s\n\n", sum.Added, sum.Passages, rep.All.Messages, rep.Took.Seconds())
	return rep.Write(c.stdout)
}

// fit trains the flag's model and prints how well it tells right from wrong.
func (c *cli) fit(path string, results []measure.Result) error {
	examples := measure.Examples(results)
	bias, weights, err := measure.Fit(examples, slices.Concat(fitted, suggest.AnswerFeatures), 2)
	if err != nil {
		return err
	}
	m := *suggest.DefaultModel()
	m.Version = time.Now().UTC().Format(time.DateOnly)
	m.Bias, m.Weights = bias, weights
	m.Trained = fmt.Sprintf("sufflor eval --split dev --fit FILE, on the dev split of testdata/eval: %d asks", len(examples))
	right := 0
	for _, e := range examples {
		if e.Right {
			right++
		}
	}
	fmt.Fprintf(c.stderr, "%d asks, %d with a right answer, AUROC %.3f (on the data it was trained on)\n", len(examples), right, measure.AUROC(examples, m.Probability))
	b, err := json.MarshalIndent(m, "", "  ")
	if err != nil {
		return err
	}
	return os.WriteFile(path, append(b, '\n'), 0o600)
}

// writeMisses lists, for a person who tunes, what was not right and why.
func writeMisses(path string, results []measure.Result) error {
	var b strings.Builder
	for _, r := range results {
		s := r.Suggestion
		var ok bool
		switch r.Message.Kind {
		case "answerable":
			ok = r.Stated == r.Facts && s.Flag != suggest.None && r.RightCites == r.Citations && r.Recalled == r.Groups
		case "partly":
			ok = r.Stated == r.Facts && r.Recalled == r.Groups
		default:
			ok = s.Flag == suggest.None
		}
		if ok {
			continue
		}
		fmt.Fprintf(&b, "=== %s %s flag=%s p=%.2f recall %d/%d facts %d/%d cites %d/%d\n%s\n", r.ID, r.Message.Kind, s.Flag, s.Probability,
			r.Recalled, r.Groups, r.Stated, r.Facts, r.RightCites, r.Citations, r.Message.Text)
		for i, a := range s.Asks {
			fmt.Fprintf(&b, "  ask %d %s p=%.2f answered=%v %q missing=%v %v\n", i, a.Kind, a.Score, a.Answered, a.Text, a.Missing, a.Features)
			if i < len(r.Trace.Found) {
				for j, h := range r.Trace.Found[i] {
					if j < 6 {
						fmt.Fprintf(&b, "     %d %.2f %s %s %s | %.90q\n", j+1, h.Hit.Score, h.Passage.Source, h.Passage.Locator, h.Passage.Kind, h.Passage.Text)
					}
				}
			}
			if !a.Answered && i < len(r.Trace.Answers) {
				for _, q := range r.Trace.Answers[i].Sentences {
					fmt.Fprintf(&b, "     would say: %s\n", q.Text)
				}
			}
		}
		for _, q := range r.Message.Questions {
			for _, f := range q.Facts {
				if !measure.HasFact(s.Text(), f) {
					fmt.Fprintf(&b, "  lacks %q (%s)\n", f, q.About)
				}
			}
			fmt.Fprintf(&b, "  needs %v\n", q.Needs)
		}
		fmt.Fprintf(&b, "--- draft\n%s\n\n", s.Text())
	}
	return os.WriteFile(path, []byte(b.String()), 0o600)
}
