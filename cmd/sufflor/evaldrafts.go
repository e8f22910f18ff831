package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"github.com/sufflor/sufflor/config"
	"github.com/sufflor/sufflor/index/lang"
	"github.com/sufflor/sufflor/ingest"
	"github.com/sufflor/sufflor/suggest"
	"github.com/sufflor/sufflor/suggest/ground"
	"github.com/sufflor/sufflor/suggest/measure"
	"github.com/sufflor/sufflor/web"
)

// draftsFlags are what `eval drafts` is asked to do.
type draftsFlags struct {
	datasets                     []string
	kb                           string
	ownKB                        bool // whether --kb was given
	writer                       string
	model                        string // in place of the configured one
	set                          measure.DatasetOptions
	run, html                    string
	misses                       int
	compare                      string
	compareWriter, compareConfig string
	compareModel                 string
}

// What can draft.
const (
	writerExtractive = "extractive"
	writerModel      = "model"
)

func (c *cli) evalDraftsCmd() *cobra.Command {
	var f draftsFlags
	cmd := &cobra.Command{
		Use: "drafts [--dataset PATH]", Short: "Measure drafts, citations, flags and groundedness on sets with known answers", Args: cobra.MaximumNArgs(1),
		Long: `Reads sets in three forms and measures what fits each:

  messages   a folder as testdata/eval/README.md describes it: facts, citations, flags
  BEIR       corpus.jsonl, queries.jsonl, qrels/test.tsv, or a folder of such folders:
             retrieval, and whether the draft quotes a passage that answers
  *.jsonl    an item a line: "id", "question" (or "text"), "answer" or "answers" (the
             reference), "context" (a text or a list: the passages to answer from),
             "language", "answerable"; with "response" that is measured in place of a
             draft, and with "label" (0 all supported, 1 something is not) the graders
             of groundedness are measured on it

Your data is not touched: each set has a temporary index. The passages that a set
brings are cut as ingest does. An item with a context is answered from that context
alone and from all of it, while its words weigh what they weigh in the whole set;
an item without one is answered from the documents of --kb, a folder of files or a
BEIR set.

Intervals are of 1,000 bootstrap samples over items, those of one context together.
With --compare, p is that of a paired randomization test, once as it is and once
corrected for the number of measures (Holm). Of the test split there are figures
only, never texts.`,
		Example: `  sufflor eval drafts --html report.html
  sufflor eval drafts --dataset faq.jsonl --run before.jsonl
  sufflor eval drafts --dataset faq.jsonl --compare before.jsonl
  sufflor eval drafts --compare before.jsonl after.jsonl
  sufflor eval drafts --dataset faq.jsonl --writer model --compare-writer extractive
  sufflor eval drafts --dataset faq.jsonl --model small --compare-model large`,
		RunE: func(cmd *cobra.Command, args []string) error {
			f.ownKB = cmd.Flags().Changed("kb")
			if (f.model != "" || f.compareModel != "") && !cmd.Flags().Changed("writer") {
				f.writer = writerModel
			}
			if len(args) == 1 {
				return c.compareSaved(cmd, f, args[0])
			}
			if err := f.check(c.configPath); err != nil {
				return usage(err)
			}
			return c.evalDrafts(cmd.Context(), f)
		},
	}
	flags := cmd.Flags()
	flags.StringArrayVar(&f.datasets, "dataset", nil, "`path` of a set, or of a folder of sets; may be given again (default testdata/eval)")
	flags.StringVar(&f.kb, "kb", filepath.Join("testdata", "kb"), "`folder` of documents, for messages and items without a context")
	flags.StringVar(&f.writer, "writer", writerExtractive, "who drafts: extractive or model")
	flags.StringVar(&f.model, "model", "", "draft with this `model` of the configured provider, not the configured one; means --writer model")
	flags.StringVar(&f.set.Split, "split", "", "messages of this split (default test); judgements qrels/SPLIT.tsv; items with this \"split\"")
	flags.IntVar(&f.set.Limit, "limit", 0, "the first items of each set only (default all)")
	flags.StringVar(&f.run, "run", "", "write every item, its draft and figures to this `file`, one JSON object a line")
	flags.StringVar(&f.html, "html", "", "write a report to read to this `file`")
	flags.IntVar(&f.misses, "misses", 0, "show this many of the worst items with their texts in the report (not of a test split)")
	flags.StringVar(&f.compare, "compare", "", "compare with this saved `file` of --run or --json; with another file as argument, compare the two and measure nothing")
	flags.StringVar(&f.compareWriter, "compare-writer", "", "measure this writer, too, and compare")
	flags.StringVar(&f.compareModel, "compare-model", "", "measure with this `model`, too, and compare")
	flags.StringVar(&f.compareConfig, "compare-config", "", "measure with this configuration `file`, too, and compare")
	return cmd
}

// check is everything that is wrong with the flags by themselves.
func (f *draftsFlags) check(configPath string) error {
	var errs []error
	others := 0
	for _, o := range []string{f.compare, f.compareWriter, f.compareModel, f.compareConfig} {
		if o != "" {
			others++
		}
	}
	if others > 1 {
		errs = append(errs, errors.New("--compare, --compare-writer, --compare-model and --compare-config: choose one"))
	}
	for _, w := range []struct{ flag, value string }{{"--writer", f.writer}, {"--compare-writer", f.compareWriter}} {
		if w.value != "" && w.value != writerExtractive && w.value != writerModel {
			errs = append(errs, fmt.Errorf("%s: %q is none of: %s, %s", w.flag, w.value, writerExtractive, writerModel))
		}
	}
	if f.compareWriter == f.writer {
		errs = append(errs, fmt.Errorf("--compare-writer: %s is --writer, too", f.writer))
	}
	if f.writer != writerModel && (f.model != "" || f.compareModel != "") {
		errs = append(errs, fmt.Errorf("--model and --compare-model: %s drafts without a model; leave --writer out", f.writer))
	}
	if f.compareModel != "" && f.compareModel == f.model {
		errs = append(errs, fmt.Errorf("--compare-model: %s is --model, too", f.model))
	}
	if f.compareConfig != "" && configPath == "" {
		errs = append(errs, errors.New("--compare-config: name the configuration to compare it with by --config"))
	}
	if f.set.Limit < 0 {
		errs = append(errs, fmt.Errorf("--limit: %d is less than 0", f.set.Limit))
	}
	if f.set.Split != "" && f.set.Split != filepath.Base(f.set.Split) {
		errs = append(errs, fmt.Errorf("--split: %q is not a name such as test or dev", f.set.Split))
	}
	errs = append(errs, f.checkOutput())
	if len(f.datasets) == 0 {
		f.datasets = []string{filepath.Join("testdata", "eval")}
		if !isFolder(f.datasets[0]) {
			errs = append(errs, fmt.Errorf("--dataset: required; %s, the default, is not here", f.datasets[0]))
		}
	}
	return errors.Join(errs...)
}

// checkOutput is what is wrong with the files to write.
func (f *draftsFlags) checkOutput() error {
	var errs []error
	if f.misses < 0 || f.misses > maxMisses {
		errs = append(errs, fmt.Errorf("--misses: %d is not within 0 and %d", f.misses, maxMisses))
	}
	if f.misses > 0 && f.html == "" {
		errs = append(errs, errors.New("--misses: are shown in the report; add --html FILE"))
	}
	for _, o := range []struct{ flag, path string }{{"--run", f.run}, {"--html", f.html}} {
		if o.path == "" {
			continue
		}
		if isFolder(o.path) {
			errs = append(errs, fmt.Errorf("%s: %s is a folder; name a file", o.flag, o.path))
		} else if !isFolder(filepath.Dir(o.path)) {
			errs = append(errs, fmt.Errorf("%s: %s is no folder; make it first", o.flag, filepath.Dir(o.path)))
		}
	}
	return errors.Join(errs...)
}

// maxMisses bounds the report.
const maxMisses = 500

// compareSaved compares two saved runs and measures nothing.
func (c *cli) compareSaved(cmd *cobra.Command, f draftsFlags, second string) error {
	if f.compare == "" {
		return usage(fmt.Errorf("%s: an argument only makes sense after --compare FILE; sets are named by --dataset", second))
	}
	for _, name := range []string{"dataset", "kb", "writer", "model", "split", "limit", "run", "misses", "compare-writer", "compare-model", "compare-config"} {
		if cmd.Flags().Changed(name) {
			return usage(fmt.Errorf("--%s: nothing is measured when two saved runs are compared; leave it out, or leave %s out", name, second))
		}
	}
	if err := f.checkOutput(); err != nil {
		return usage(err)
	}
	var saved [2]*measure.Findings
	for i, path := range []string{f.compare, second} {
		var err error
		if saved[i], err = measure.ReadSaved(cmd.Context(), path); err != nil {
			return fmt.Errorf("--compare: %w", err)
		}
		saved[i].Setup.Name = path
	}
	// The second one is what the first became.
	this, before := saved[1], saved[0]
	this.Again()
	if err := this.CompareWith(before); err != nil {
		return fmt.Errorf("--compare: %w", err)
	}
	return c.printFindings(this, f)
}

func (c *cli) evalDrafts(ctx context.Context, f draftsFlags) error {
	sets, err := openDrafted(ctx, f)
	if err != nil {
		return err
	}
	var before *measure.Findings
	if f.compare != "" {
		if before, err = measure.ReadSaved(ctx, f.compare); err != nil {
			return fmt.Errorf("--compare: %w", err)
		}
		before.Setup.Name = filepath.Base(f.compare)
	}
	this, err := c.measureDrafts(ctx, f, sets)
	if err != nil {
		return err
	}
	switch {
	case f.compareWriter != "":
		f.writer = f.compareWriter
		before, err = c.measureDrafts(ctx, f, sets)
	case f.compareModel != "":
		f.model = f.compareModel
		before, err = c.measureDrafts(ctx, f, sets)
	case f.compareConfig != "":
		other := *c
		other.configPath = f.compareConfig
		before, err = other.measureDrafts(ctx, f, sets)
	}
	if err != nil {
		return err
	}
	if f.run != "" {
		if err := this.WriteRun(f.run); err != nil {
			return err
		}
	}
	if before != nil {
		if err := this.CompareWith(before); err != nil {
			return fmt.Errorf("--compare: %w", err)
		}
	}
	return c.printFindings(this, f)
}

// printFindings prints and writes the report.
func (c *cli) printFindings(this *measure.Findings, f draftsFlags) error {
	if f.html != "" {
		if err := this.WriteHTML(f.html, f.misses); err != nil {
			return err
		}
	}
	if c.json {
		return c.print(this.Bare())
	}
	return this.Write(c.stdout)
}

// openEval opens an app on a data folder of its own, and reads into it, with
// read, what the sources of its first workspace hold. done closes it and takes
// the folder away.
func (c *cli) openEval(ctx context.Context, configure func(dir string) (config.Config, error), read bool) (a *app, sum ingest.Summary, done func() error, err error) {
	dir, err := os.MkdirTemp("", "sufflor-eval-")
	if err != nil {
		return nil, sum, nil, err
	}
	done = func() error { return os.RemoveAll(dir) }
	defer func() {
		if err != nil {
			err = errors.Join(err, done())
		}
	}()
	cfg, err := configure(dir)
	if err != nil {
		return nil, sum, nil, err
	}
	if a, err = openApp(ctx, cfg, c.quiet(cfg)); err != nil {
		return nil, sum, nil, err
	}
	done = func() error { return errors.Join(a.Close(), os.RemoveAll(dir)) }
	a.pipeline.Deadline = 30 * time.Second // quality is measured here, not speed
	if !read {
		return a, sum, done, nil
	}
	w := cfg.Workspaces[0]
	bar := c.progress(false)
	sum, err = a.ingest(ctx, w, web.IngestRequest{}, bar.show)
	bar.close()
	if err == nil && sum.Failed+sum.Empty > 0 {
		err = fmt.Errorf("%d files could not be read, first %s: %s", sum.Failed+sum.Empty, sum.Failures[0].Path, sum.Failures[0].Reason)
	}
	if err == nil {
		err = a.terms.learn(ctx, w.ID)
	}
	return a, sum, done, err
}

// openDrafted reads and checks all sets before the first is measured.
func openDrafted(ctx context.Context, f draftsFlags) ([]*measure.Dataset, error) {
	var sets []*measure.Dataset
	where := map[string]string{}
	for _, path := range f.datasets {
		found, err := measure.OpenDatasets(ctx, path, f.set)
		if err != nil {
			return nil, err
		}
		for _, d := range found {
			if other, ok := where[d.Name]; ok {
				return nil, usage(fmt.Errorf("%s and %s have the same name; rename one or measure one at a time", other, d.Path))
			}
			where[d.Name] = d.Path
			if err := searchIn(ctx, d, f); err != nil {
				return nil, err
			}
			if f.misses > 0 && d.Split == measure.Test {
				return nil, usage(fmt.Errorf("--misses: looks at single items, and %s is a test split; choose another by --split", d.Path))
			}
		}
		sets = append(sets, found...)
	}
	return sets, nil
}

// searchIn sees to it that items without a context have documents to be answered
// from: none of ours by accident.
func searchIn(ctx context.Context, d *measure.Dataset, f draftsFlags) error {
	if d.Form != measure.JSONL || !d.Searches() {
		return nil
	}
	if !f.ownKB {
		return usage(fmt.Errorf("%s: some items have no context to answer from; name a folder of documents by --kb", d.Path))
	}
	if _, err := os.Stat(filepath.Join(f.kb, "corpus.jsonl")); err != nil {
		return nil //nolint:nilerr // a folder of files, then
	}
	return d.SearchIn(ctx, f.kb)
}

// graders are what says how well responses rest on their context.
func graders() []measure.NamedGrader {
	return []measure.NamedGrader{{Name: "overlap", Grader: measure.Overlap{}}, {Name: "ground", Grader: grounder{ground.New()}}}
}

// grounder is the checker of drafts as a grader.
type grounder struct{ checker *ground.Checker }

// Score implements [measure.Grader].
func (g grounder) Score(question string, context []string, response string) float64 {
	score, _ := g.checker.Response(lang.Detect(response).Language, question, context, response)
	return score
}

// choose makes the app draft as asked.
func choose(a *app, writer string) error {
	switch {
	case writer == writerExtractive:
		a.pipeline.Composer = nil
	case a.pipeline.Composer == nil:
		return usage(errors.New("--writer model: no model is configured; name a configuration with one by --config, or use extractive"))
	}
	return nil
}

// measureDrafts measures all sets by one writer and one configuration.
func (c *cli) measureDrafts(ctx context.Context, f draftsFlags, sets []*measure.Dataset) (*measure.Findings, error) {
	b := measure.Bench{Graders: graders()}
	setup := measure.Setup{Name: f.writer, Writer: f.writer}
	if c.configPath != "" {
		setup.Name = filepath.Base(c.configPath)
		if f.writer != writerExtractive {
			setup.Name += ", " + f.writer
		}
	}
	if f.model != "" {
		setup.Name += " " + f.model
	}
	for _, g := range b.Graders {
		setup.Graders = append(setup.Graders, g.Name)
	}
	out := measure.NewFindings(setup)
	suggest.Warm() // the first item does not wait for what a server has loaded
	steps := c.steps()
	defer steps.close()
	for _, d := range sets {
		b.Progress = func(done, of int) { steps.show("drafting "+d.Name, done, of) }
		if !d.Searches() && !d.Brings() { // responses only
			outcomes, err := b.Run(ctx, d)
			if err != nil {
				return nil, err
			}
			out.Add(d, 0, outcomes)
			continue
		}
		if err := c.draftSet(ctx, f, d, b, out); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// draftSet measures the drafts for a set and adds them to out.
func (c *cli) draftSet(ctx context.Context, f draftsFlags, d *measure.Dataset, b measure.Bench, out *measure.Findings) (err error) {
	a, _, done, err := c.openEval(ctx, func(dir string) (config.Config, error) { return c.draftsConfig(dir, f, d) }, d.Searches())
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, done()) }()
	if err := choose(a, f.writer); err != nil {
		return err
	}
	given := &measure.Given{Searcher: a.search, Else: a.store, Workspace: givenWorkspace}
	passages, err := given.Fill(ctx, d, chunk, a.index)
	if err != nil {
		return err
	}
	w, profile := a.cfg.Workspaces[0], a.pipeline.Profile
	a.pipeline.Index, a.pipeline.Library = given, given
	a.pipeline.Profile = func(string) suggest.Profile { return profile(w.ID) }
	b.Explain = func(ctx context.Context, d *measure.Dataset, i int) (suggest.Suggestion, suggest.Trace, error) {
		r := d.Items[i].Request
		r.Workspace = w.ID
		if d.Owns(i) {
			r.Workspace = givenWorkspace
			given.Only(d, i)
		}
		s, trace, err := a.pipeline.Explain(ctx, r)
		if err == nil && f.writer == writerModel {
			s, err = a.pipeline.Suggest(ctx, r) // what was found is explained; this is what the model made of it
		}
		out.Setup.Versions = s.Versions
		return s, trace, err
	}
	outcomes, err := b.Run(ctx, d)
	if err != nil {
		return err
	}
	out.Add(d, passages, outcomes)
	return nil
}

// givenWorkspace holds the passages that sets bring.
const givenWorkspace = "given"

// draftsConfig is the configuration to measure a set by, on a data folder of
// its own: the demo's, or the one that was named, with the set's documents and,
// for sets that bring their own passages, the set's language.
func (c *cli) draftsConfig(dir string, f draftsFlags, d *measure.Dataset) (config.Config, error) {
	kb := f.kb
	if !d.Searches() {
		kb = dir // no document is read
	}
	cfg, err := demoConfig(dir, kb)
	if err != nil {
		return cfg, err
	}
	demo := cfg.Workspaces[0]
	if c.configPath != "" {
		if cfg, err = c.load(); err != nil {
			return cfg, err
		}
		cfg.Data, cfg.Embedder = dir, config.Embedder{}
		at := slices.IndexFunc(cfg.Workspaces, func(w config.Workspace) bool { return w.ID == c.workspace })
		if at < 0 && (c.workspace != "" || len(cfg.Workspaces) != 1) {
			return cfg, usage(fmt.Errorf("%s has %d workspaces; choose one by --workspace", c.configPath, len(cfg.Workspaces)))
		}
		w := cfg.Workspaces[max(at, 0)]
		w.Desks, w.Sources = nil, demo.Sources
		cfg.Workspaces = []config.Workspace{w}
	}
	if f.model != "" && f.writer == writerModel && cfg.Model.Provider != config.ModelNone {
		cfg.Model.Model = f.model
	}
	if house := d.House(); d.Form != measure.Messages && slices.Contains(lang.Supported(), house) {
		cfg.Workspaces[0].Language = house
	}
	return cfg, nil
}
