package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"hash/fnv"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/sufflor/sufflor/config"
	retrieval "github.com/sufflor/sufflor/index/measure"
	"github.com/sufflor/sufflor/suggest"
	"github.com/sufflor/sufflor/suggest/calibrate"
	"github.com/sufflor/sufflor/suggest/extract"
	"github.com/sufflor/sufflor/suggest/measure"
	"github.com/sufflor/sufflor/suggest/measure/answerable"
)

// fitted are the features of a quote that the flag's model uses, beside those
// of the answer and of the search.
var fitted = []string{
	"own", "around", "unit", "question", "exact", "exact_all", "focus", "ideal", "index", "kind_fits", "kind_fails",
	"code", "no_code", "wrong_code", "extra_code", "same", "relevance", "rank", "faq", "case", "row", "money_row", "price", "open", "score", "gap",
	"rarest", "words", "heading", "list", "elsewhere", "bm25", "grams", "kin",
}

// products are pairs of features that the model also looks at together.
func products() (out []string) {
	for _, a := range []string{"own", "top.gap", "look.alike", "cover.two", "score"} {
		for _, b := range []string{"content", "same", "top.quoted", "names.lost", "unit_words", "cover.pairs"} {
			out = append(out, a+"*"+b)
		}
	}
	return out
}

// How the flag's model is trained; chosen by the figures of sets, and of
// messages, that were left out.
const (
	penalty    = 1000 // of the model of all examples
	ownPenalty = 100  // of the model of our own messages
	generality = 0.45 // part of the former in the sum of both
	// anchor is the family that has a model of its own, and whose share of
	// right answers the sum expects: our messages are what customers write.
	// Sets that ask each question once with and once without its answer say
	// in what order, not how often.
	anchor = "messages"
)

// answerableFlags are what `eval answerable` is asked to do.
type answerableFlags struct {
	datasets, given []string
	messages        bool
	most            int
	cache, fit      string
	leftOut         bool
	calibrated      bool
}

func (c *cli) evalAnswerableCmd() *cobra.Command {
	var f answerableFlags
	cmd := &cobra.Command{
		Use: "answerable --dataset DIR", Short: "Measure how well the flag tells what the documents answer", Args: cobra.NoArgs,
		Long: `Reads sets in BEIR form, as eval retrieval does, and asks each question twice: with
the documents that answer it in a temporary index, and with them and all of the same
text taken out. An answer is right when it is quoted from a document that answers; so
the best of wrong ones counts as wrong also where the right one is there.

--given reads lines of {"id", "context", "title", "question", "answerable"}: questions
with one passage that answers or nearly does.

With --fit the flag's model is trained on all that was named, a family of sets (msbc_nb,
msbc_sv …) as much as another. --left-out reports each set by a model trained on the
other families: what to expect of the model on documents it has not seen.`,
		Example: `  sufflor eval answerable --dataset sets/faq_nb
  sufflor eval answerable --dataset sets --messages --left-out --fit model.json`,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if len(f.datasets)+len(f.given) == 0 {
				return usage(errors.New("--dataset: required; name a folder with corpus.jsonl, queries.jsonl and qrels"))
			}
			if f.most < 0 {
				return usage(fmt.Errorf("--most: %d is below 0", f.most))
			}
			return c.evalAnswerable(cmd.Context(), f)
		},
	}
	cmd.Flags().StringArrayVar(&f.datasets, "dataset", nil, "`folder` of a set, or of sets; may be given again")
	cmd.Flags().StringArrayVar(&f.given, "given", nil, "`file` of questions with one passage each, in English; may be given again")
	cmd.Flags().BoolVar(&f.messages, "messages", false, "train on the dev split of testdata/eval, too")
	cmd.Flags().IntVar(&f.most, "most", 0, "questions of a set, taken evenly; 0 takes all")
	cmd.Flags().StringVar(&f.cache, "cache", "", "keep what was seen of each set in this `folder` and take it from there next time; empty it when anything but the model changes")
	cmd.Flags().StringVar(&f.fit, "fit", "", "train the flag's model and write it to this `file`")
	cmd.Flags().BoolVar(&f.leftOut, "left-out", false, "report each set by a model trained on the other families")
	cmd.Flags().BoolVar(&f.calibrated, "calibrated", false, "report each family of sets as a workspace that learned from the other half of its questions")
	return cmd
}

func (c *cli) evalAnswerable(ctx context.Context, f answerableFlags) error {
	steps := c.steps()
	defer steps.close()
	examples, err := c.answerableExamples(ctx, f, steps)
	if err != nil {
		return err
	}
	steps.close()
	m := suggest.DefaultModel()
	probability := func(e measure.Example) float64 { return m.Probability(e.Features) }
	if f.leftOut {
		probability, err = answerable.LeftOut(examples, func(others []measure.Example) (func(measure.Example) float64, error) {
			o, err := trainFlag(others)
			return func(e measure.Example) float64 { return o.Probability(e.Features) }, err
		})
		if err != nil {
			return err
		}
	}
	t := answerable.Thresholds{Low: m.Low, High: m.High}
	var reports []answerable.SetReport
	names, sets := answerable.BySet(examples)
	for _, name := range names {
		if !f.calibrated {
			reports = append(reports, answerable.Judge(name, sets[name], probability, t))
		}
	}
	if f.calibrated {
		families, of := answerable.ByFamily(examples)
		for _, name := range families {
			reports = append(reports, answerable.Calibrated(name, of[name], probability, m.Thresholds()))
		}
	}
	if len(names) > 1 && !f.calibrated {
		reports = append(reports, answerable.Judge("all", examples, probability, t))
	}
	if f.fit != "" {
		if err := c.fitFlag(f.fit, "sufflor eval answerable --fit FILE", examples); err != nil {
			return err
		}
	}
	if c.json {
		return c.print(reports)
	}
	return answerable.Write(c.stdout, reports)
}

// answerableExamples asks all that f names.
func (c *cli) answerableExamples(ctx context.Context, f answerableFlags, steps *steps) ([]measure.Example, error) {
	var examples []measure.Example
	if len(f.datasets) > 0 {
		sets, err := c.openSets(ctx, retrievalFlags{datasets: f.datasets}, steps)
		if err != nil {
			return nil, err
		}
		for _, s := range sets {
			e, err := f.cached(ctx, s.Name, func() ([]measure.Example, error) {
				return askEmpty(ctx, f, steps, func(b answerable.Bench) ([]measure.Example, error) { return b.Ask(ctx, s) })
			})
			if err != nil {
				return nil, err
			}
			examples = append(examples, e...)
		}
	}
	for _, path := range f.given {
		g, err := answerable.OpenGiven(ctx, path, "en")
		if err != nil {
			return nil, err
		}
		e, err := f.cached(ctx, g.Name, func() ([]measure.Example, error) {
			return askEmpty(ctx, f, steps, func(b answerable.Bench) ([]measure.Example, error) { return b.AskGiven(ctx, g) })
		})
		if err != nil {
			return nil, err
		}
		examples = append(examples, e...)
	}
	if !f.messages {
		return examples, nil
	}
	e, err := f.cached(ctx, "messages", func() ([]measure.Example, error) { return c.messageExamples(ctx) })
	return append(examples, e...), err
}

// askEmpty asks with a bench on an index that is gone afterwards.
func askEmpty(ctx context.Context, f answerableFlags, steps *steps, ask func(answerable.Bench) ([]measure.Example, error)) (out []measure.Example, err error) {
	x, _, done, err := openEmpty(ctx)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, done()) }()
	return ask(answerable.Bench{
		Index: x, Writer: extract.New(), Framer: extract.New(), Model: suggest.DefaultModel(), Cut: chunk, Most: f.most, Progress: steps.show,
	})
}

// messageExamples are those of the dev split of our own messages.
func (c *cli) messageExamples(ctx context.Context) (out []measure.Example, err error) {
	all, err := measure.Load(filepath.Join("testdata", "eval"))
	if err != nil {
		return nil, err
	}
	a, _, done, err := c.openEval(ctx, func(dir string) (config.Config, error) { return demoConfig(dir, filepath.Join("testdata", "kb")) }, true)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, done()) }()
	results, err := measure.Run(ctx, a.pipeline, a.cfg.Workspaces[0].ID, all, "dev", nil)
	return measure.Examples(results), err
}

// cached is what make gives, kept in a file of the folder.
func (f answerableFlags) cached(ctx context.Context, name string, make func() ([]measure.Example, error)) ([]measure.Example, error) {
	if f.cache == "" {
		return make()
	}
	path := filepath.Join(f.cache, fmt.Sprintf("%s-%d.jsonl", name, f.most))
	if out, err := readExamples(ctx, path); err == nil || !errors.Is(err, os.ErrNotExist) {
		return out, err
	}
	out, err := make()
	if err != nil {
		return nil, err
	}
	return out, writeExamples(path, out)
}

func readExamples(ctx context.Context, path string) (out []measure.Example, err error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close() //nolint:errcheck // only read
	err = retrieval.Lines(ctx, path, file, func(_ int, raw []byte) error {
		var e measure.Example
		if err := json.Unmarshal(raw, &e); err != nil {
			return fmt.Errorf("%w; remove the file to measure again", err)
		}
		out = append(out, e)
		return nil
	})
	return out, err
}

func writeExamples(path string, examples []measure.Example) error {
	var b strings.Builder
	enc := json.NewEncoder(&b)
	for _, e := range examples {
		if err := enc.Encode(e); err != nil {
			return err
		}
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o750); err != nil {
		return err
	}
	return os.WriteFile(path, []byte(b.String()), 0o600)
}

// flagFeatures are all that the flag's model is trained on.
func flagFeatures() []string {
	return slices.Concat(fitted, suggest.AnswerFeatures, suggest.SignalFeatures, products())
}

// trainFlag is weights and bias learned from examples. With examples of the
// anchor it is the weighted sum of a model of all and one of these, scaled so
// that it gives them, each by a sum that has not seen its message, the share of
// right answers that they have.
func trainFlag(examples []measure.Example) (suggest.Model, error) {
	m, err := sumOf(examples)
	if err != nil || !slices.ContainsFunc(examples, anchored) {
		return m, err
	}
	const folds = 5
	var points []calibrate.Point
	for k := range folds {
		unseen := func(e measure.Example) bool { return anchored(e) && foldOf(e, folds) == k }
		o, err := sumOf(slices.DeleteFunc(slices.Clone(examples), unseen))
		if err != nil {
			return m, err
		}
		for _, e := range examples {
			if unseen(e) && len(e.Features) > 0 {
				points = append(points, calibrate.Point{P: o.Probability(e.Features), Y: b2f(e.Right), W: 1})
			}
		}
	}
	slope, shift := calibrate.Sigmoid(points)
	return scaled(m, slope, shift), nil
}

func anchored(e measure.Example) bool { return e.Family() == anchor }

// sumOf is the model of all examples and that of the anchor's, added up.
func sumOf(examples []measure.Example) (suggest.Model, error) {
	bias, weights, err := measure.Fit(examples, flagFeatures(), penalty)
	all := suggest.Model{Bias: bias, Weights: weights}
	own := slices.DeleteFunc(slices.Clone(examples), func(e measure.Example) bool { return !anchored(e) })
	if err != nil || len(own) == 0 || len(own) == len(examples) {
		return all, err
	}
	bias, weights, err = measure.Fit(own, flagFeatures(), ownPenalty)
	if err != nil {
		return all, err
	}
	sum := scaled(all, generality, (1-generality)*bias)
	for name, w := range weights {
		sum.Weights[name] += (1 - generality) * w
	}
	return sum, nil
}

// scaled is m with its logit times slope plus shift.
func scaled(m suggest.Model, slope, shift float64) suggest.Model {
	out := suggest.Model{Bias: math.Round((m.Bias*slope+shift)*1e4) / 1e4, Weights: map[string]float64{}}
	for name, w := range m.Weights {
		out.Weights[name] = math.Round(w*slope*1e4) / 1e4
	}
	return out
}

// foldOf puts the questions of a message into the same fold.
func foldOf(e measure.Example, folds uint32) int {
	id, _, _ := strings.Cut(e.ID, "/")
	h := fnv.New32a()
	_, _ = h.Write([]byte(id)) // never fails
	return int(h.Sum32() % folds)
}

func b2f(b bool) float64 {
	if b {
		return 1
	}
	return 0
}

// fitFlag trains the flag's model and prints how well it tells right from
// wrong.
func (c *cli) fitFlag(path, command string, examples []measure.Example) error {
	trained, err := trainFlag(examples)
	if err != nil {
		return err
	}
	m := *suggest.DefaultModel()
	m.Version = time.Now().UTC().Format(time.DateOnly)
	m.Bias, m.Weights = trained.Bias, trained.Weights
	names, _ := answerable.BySet(examples)
	m.Trained = fmt.Sprintf("%s, on %d examples of %s", command, len(examples), strings.Join(names, ", "))
	fmt.Fprintf(c.stderr, "%d examples, AUROC %.3f (on the data it was trained on)\n", len(examples), measure.AUROC(examples, m.Probability))
	b, err := json.MarshalIndent(m, "", "  ")
	if err != nil {
		return err
	}
	return os.WriteFile(path, append(b, '\n'), 0o600)
}
