package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/sufflor/sufflor/index"
	retrieval "github.com/sufflor/sufflor/index/measure"
	"github.com/sufflor/sufflor/suggest"
	"github.com/sufflor/sufflor/suggest/extract"
	"github.com/sufflor/sufflor/suggest/measure"
	"github.com/sufflor/sufflor/suggest/measure/answerable"
)

// answerableFlags are what `eval answerable` is asked to do.
type answerableFlags struct {
	datasets []string
	sets     retrieval.Options
	most     int
	cache    string
	fit      string
}

func (c *cli) evalAnswerableCmd() *cobra.Command {
	var f answerableFlags
	cmd := &cobra.Command{
		Use: "answerable --dataset DIR", Short: "Measure how well the flag tells what the documents answer", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if len(f.datasets) == 0 {
				return usage(errors.New("--dataset: required; name a folder with corpus.jsonl, queries.jsonl and qrels"))
			}
			return c.evalAnswerable(cmd.Context(), f)
		},
	}
	cmd.Flags().StringArrayVar(&f.datasets, "dataset", nil, "`folder` of a set, or of sets; may be given again")
	cmd.Flags().IntVar(&f.most, "most", 0, "questions of a set, taken evenly; 0 takes all")
	cmd.Flags().StringVar(&f.cache, "cache", "", "keep what was seen of each set in this `folder` and take it from there next time")
	return cmd
}

func (c *cli) evalAnswerable(ctx context.Context, f answerableFlags) error {
	steps := c.steps()
	defer steps.close()
	sets, err := c.openSets(ctx, retrievalFlags{datasets: f.datasets, sets: f.sets}, steps)
	if err != nil {
		return err
	}
	for _, s := range sets {
		x, err := c.examplesOf(ctx, f, s, steps)
		if err != nil {
			return err
		}
		steps.close()
		fmt.Fprintln(c.stderr, s.Name, len(x))
	}
	return nil
}

// examplesOf asks the questions of a set, or reads what came of it before.
func (c *cli) examplesOf(ctx context.Context, f answerableFlags, s *retrieval.Set, steps *steps) (out []measure.Example, err error) {
	path := filepath.Join(f.cache, fmt.Sprintf("%s-%d.jsonl", s.Name, f.most))
	if f.cache != "" {
		if out, err = readExamples(path); err == nil || !errors.Is(err, os.ErrNotExist) {
			return out, err
		}
	}
	dir, err := os.MkdirTemp("", "sufflor-eval-")
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	x, err := index.Open(ctx, filepath.Join(dir, "index"), index.Options{})
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, x.Close()) }()
	b := answerable.Bench{Index: x, Writer: extract.New(), Framer: extract.New(), Model: suggest.DefaultModel(), Cut: chunk, Most: f.most, Progress: steps.show}
	out, err = b.Ask(ctx, s)
	if err == nil && f.cache != "" {
		err = writeExamples(path, out)
	}
	return out, err
}

func readExamples(path string) (out []measure.Example, err error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	sc := bufio.NewScanner(file)
	sc.Buffer(nil, 1<<20)
	for line := 1; sc.Scan(); line++ {
		var e measure.Example
		if err := json.Unmarshal(sc.Bytes(), &e); err != nil {
			return nil, fmt.Errorf("%s:%d: %w; remove the file to measure again", path, line, err)
		}
		out = append(out, e)
	}
	return out, sc.Err()
}

func writeExamples(path string, examples []measure.Example) (err error) {
	if err := os.MkdirAll(filepath.Dir(path), 0o750); err != nil {
		return err
	}
	file, err := os.Create(path)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	enc := json.NewEncoder(file)
	for _, e := range examples {
		if err := enc.Encode(e); err != nil {
			return err
		}
	}
	return nil
}
