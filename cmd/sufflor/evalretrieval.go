package main

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/sufflor/sufflor/config"
	"github.com/sufflor/sufflor/index"
	"github.com/sufflor/sufflor/index/embed"
	"github.com/sufflor/sufflor/index/hybrid"
	"github.com/sufflor/sufflor/index/lang"
	"github.com/sufflor/sufflor/index/measure"
	"github.com/sufflor/sufflor/index/vector"
	"github.com/sufflor/sufflor/ingest"
)

// retrievalFlags are what `eval retrieval` is asked to do.
type retrievalFlags struct {
	datasets     []string
	legs         []string
	run, compare string
	judged, fit  string
	sets         measure.Options
	limit        int
	chunk        bool
}

// maxLimit bounds how many documents a question may ask for.
const maxLimit = 1000

func (c *cli) evalRetrievalCmd() *cobra.Command {
	var f retrievalFlags
	cmd := &cobra.Command{
		Use: "retrieval --dataset DIR", Short: "Measure retrieval on sets of questions whose right documents are known", Args: cobra.NoArgs,
		Long: `Reads sets in BEIR form: a folder with corpus.jsonl (_id, title, text), queries.jsonl
(_id, text) and qrels/test.tsv (question, document, score, with or without a header line);
or a folder of such folders. Each set is put into a temporary index of its own, your
data is not touched; then its questions are asked, one at a time.

A document is one passage, however long, unless --chunk cuts it as ingest does; then it
counts with its best passage. A text's language is "language" of its line, else of its
"metadata", else that of the set's name (faq_nb; x_en_de is English about German), else
what the text looks like.

nDCG has the relevance as gain and log2(rank+1) as discount; what is judged above 0 is
relevant; a question that finds nothing counts 0; scores that are equal are ordered by
document id, descending: as trec_eval does. With --compare, p is that of a paired
randomization test over the questions (10,000 permutations).`,
		Example: `  sufflor eval retrieval --dataset sets/faq_nb --run before.run
  sufflor eval retrieval --dataset sets/faq_nb --compare before.run
  sufflor eval retrieval --dataset sets --run runs/ --json`,
		RunE: func(cmd *cobra.Command, _ []string) error {
			embedder, err := c.embedderOf(f.legs)
			if err := errors.Join(f.check(embedder.Provider), err); err != nil {
				return usage(err)
			}
			return c.evalRetrieval(cmd.Context(), f, embedder)
		},
	}
	cmd.Flags().StringArrayVar(&f.datasets, "dataset", nil, "`folder` of a set, or of sets; may be given again")
	cmd.Flags().StringSliceVar(&f.legs, "leg", []string{string(hybrid.Lexical)}, "what is searched with: lexical, vector, hybrid; the last two need an embedder in the configuration")
	cmd.Flags().StringVar(&f.run, "run", "", "write what was found as a TREC run to this `file`; a folder when there are several sets")
	cmd.Flags().StringVar(&f.compare, "compare", "", "compare with this TREC run: a `file`, or a folder of SET.run")
	cmd.Flags().StringVar(&f.sets.Split, "split", "", "judgements to use, qrels/SPLIT.tsv (default test, or the only one)")
	cmd.Flags().StringVar(&f.sets.Language, "language", "", "language of all texts: "+strings.Join(lang.Supported(), ", ")+", or detect")
	cmd.Flags().StringVar(&f.sets.QueryLanguage, "query-language", "", "language of the questions, where it differs")
	cmd.Flags().IntVar(&f.limit, "limit", 100, "documents a question, 1 to 1000; figures that look deeper are left out")
	cmd.Flags().StringVar(&f.fit, "fit-ranking", "", "train the ranking of the second look on the sets and write it to this `file`")
	cmd.Flags().StringVar(&f.judged, "judged", "", "train on this `file` of eval --judged, too")
	cmd.Flags().BoolVar(&f.chunk, "chunk", false, "cut documents into passages as ingest does")
	return cmd
}

// check is everything that is wrong with the flags by themselves, where vectors
// come from a provider.
func (f *retrievalFlags) check(provider string) error {
	var errs []error
	if len(f.datasets) == 0 {
		errs = append(errs, errors.New("--dataset: required; name a folder with corpus.jsonl, queries.jsonl and qrels"))
	}
	if f.limit < 1 || f.limit > maxLimit {
		errs = append(errs, fmt.Errorf("--limit: %d is not within 1 and %d", f.limit, maxLimit))
	}
	for _, l := range []struct{ flag, value string }{{"--language", f.sets.Language}, {"--query-language", f.sets.QueryLanguage}} {
		if l.value != "" && l.value != measure.Detect && !slices.Contains(lang.Supported(), l.value) {
			errs = append(errs, fmt.Errorf("%s: %q is none of: %s, %s", l.flag, l.value, strings.Join(lang.Supported(), ", "), measure.Detect))
		}
	}
	f.sets.QueryLanguage = cmp.Or(f.sets.QueryLanguage, f.sets.Language)
	if f.sets.Split != filepath.Base(f.sets.Split) && f.sets.Split != "" {
		errs = append(errs, fmt.Errorf("--split: %q is not a name such as test or dev", f.sets.Split))
	}
	if f.judged != "" && f.fit == "" {
		errs = append(errs, errors.New("--judged: is for training; add --fit-ranking FILE"))
	}
	if len(f.legs) == 0 {
		errs = append(errs, errors.New("--leg: required; choose lexical"))
	}
	for _, l := range f.legs {
		switch hybrid.Leg(l) {
		case hybrid.Lexical:
		case hybrid.Vector, hybrid.Hybrid:
			if provider == config.EmbedNone {
				errs = append(errs, fmt.Errorf("--leg %s: no embedder is configured (embedder: in the configuration), and without one there are no vectors; lexical works", l))
			}
		default:
			errs = append(errs, fmt.Errorf("--leg: %q is none of: %s, %s, %s", l, hybrid.Lexical, hybrid.Vector, hybrid.Hybrid))
		}
	}
	if f.fit != "" && !slices.Equal(f.legs, []string{string(hybrid.Lexical)}) {
		errs = append(errs, errors.New("--fit-ranking: trains the search by words; leave --leg out"))
	}
	return errors.Join(errs...)
}

func (c *cli) evalRetrieval(ctx context.Context, f retrievalFlags, from config.Embedder) (err error) {
	var embedder embed.Embedder
	if from.Provider != config.EmbedNone {
		made, closing, err := newEmbedder(from)
		if err != nil {
			return usage(err)
		}
		defer func() { err = errors.Join(err, closing.Close()) }()
		embedder = made
	}
	steps := c.steps()
	defer steps.close()
	sets, err := c.openSets(ctx, f, steps)
	if err != nil {
		return err
	}
	var reports []*measure.Report
	for _, leg := range f.legs {
		rep, err := c.evalLeg(ctx, f, hybrid.Leg(leg), embedder, sets, steps)
		if err != nil {
			return err
		}
		reports = append(reports, rep)
	}
	steps.close()
	if c.json {
		if len(reports) == 1 {
			return c.print(reports[0])
		}
		return c.print(reports)
	}
	for i, rep := range reports {
		if i > 0 {
			fmt.Fprintln(c.stdout)
		}
		if err := rep.Write(c.stdout); err != nil {
			return err
		}
		fmt.Fprintln(c.stdout)
		if err := rep.WriteSpeed(c.stdout); err != nil {
			return err
		}
	}
	return nil
}

// embedderOf is the configured embedder when one of legs needs it.
func (c *cli) embedderOf(legs []string) (config.Embedder, error) {
	if !slices.ContainsFunc(legs, func(l string) bool { return l != string(hybrid.Lexical) }) {
		return config.Embedder{}, nil
	}
	cfg, err := c.loadOrDemo()
	return cfg.Embedder, err
}

// evalLeg measures all sets by one leg.
func (c *cli) evalLeg(ctx context.Context, f retrievalFlags, leg hybrid.Leg, e embed.Embedder, sets []*measure.Set, steps *steps) (*measure.Report, error) {
	if len(f.legs) > 1 && f.run != "" {
		f.run = filepath.Join(f.run, string(leg)) + string(filepath.Separator)
	}
	runs, err := f.runFiles(sets)
	if err != nil {
		return nil, usage(err)
	}
	others, err := f.compared(ctx, sets)
	if err != nil {
		return nil, err
	}
	var judged []measure.Judged
	if f.judged != "" {
		if judged, err = measure.ReadJudged(ctx, f.judged); err != nil {
			return nil, fmt.Errorf("--judged: %w", err)
		}
	}
	rep := measure.NewReport(string(leg), f.limit, f.chunk)
	for i, s := range sets {
		t, err := measureSet(ctx, s, f, leg, e, steps.show)
		if err != nil {
			return nil, err
		}
		if runs != nil {
			if err := t.Run.WriteFile(runs[i], "sufflor-"+string(leg)); err != nil {
				return nil, err
			}
			if n := t.Run.Spaced(); n > 0 {
				steps.close()
				fmt.Fprintf(c.stderr, "%s: ids with spaces: %d; tools that split at spaces, such as trec_eval, cannot read their lines\n", runs[i], n)
			}
		}
		judged = append(judged, t.Judged...)
		rep.Add(t, others[i])
	}
	rep.Finish()
	if f.fit != "" {
		steps.show("training", 0, 1)
		if err := c.fitSearch(f.fit, judged); err != nil {
			return nil, err
		}
	}
	return rep, nil
}

// fitSearch trains the ranking of the second look, and prints what to expect of
// it on sets it has not seen.
func (c *cli) fitSearch(path string, judged []measure.Judged) error {
	weights := measure.Fit(judged)
	// No set has questions of FAQ entries apart from their text: what they hold
	// counts once more.
	weights.Question = weights.Text
	sets := map[string]int{}
	for _, j := range judged {
		sets[j.Set]++
	}
	left := measure.LeftOut(judged)
	fmt.Fprintln(c.stderr, "nDCG@10 of each set, trained on those of other families; questions for which nothing right was found are left out:")
	mean := 0.0
	for _, name := range slices.Sorted(maps.Keys(left)) {
		fmt.Fprintf(c.stderr, "%-20s %.4f\n", name, left[name])
		mean += left[name] / float64(len(left))
	}
	fmt.Fprintf(c.stderr, "%-20s %.4f\n", "mean", mean)
	b, err := json.MarshalIndent(index.Ranking{
		Weights: weights.Rounded(),
		Trained: fmt.Sprintf("sufflor eval retrieval --fit-ranking, %s: %d questions of %d sets: %s",
			time.Now().UTC().Format(time.DateOnly), len(judged), len(sets), strings.Join(slices.Sorted(maps.Keys(sets)), ", ")),
	}, "", "  ")
	if err != nil {
		return err
	}
	return os.WriteFile(path, append(b, '\n'), 0o600)
}

// openSets reads and checks all sets before the first is measured, so that a
// mistake in the last does not cost the work on the others.
func (c *cli) openSets(ctx context.Context, f retrievalFlags, steps *steps) ([]*measure.Set, error) {
	var folders []string
	for _, d := range f.datasets {
		found, left, err := measure.Find(d)
		if err != nil {
			return nil, err
		}
		folders = append(folders, found...)
		if len(left) > 0 {
			fmt.Fprintf(c.stderr, "%s: left out, for they have no corpus.jsonl: %s\n", printable(d), printable(strings.Join(left, ", ")))
		}
	}
	var sets []*measure.Set
	where := map[string]string{}
	for i, folder := range folders {
		steps.show("reading sets", i, len(folders))
		s, err := measure.Open(ctx, folder, f.sets)
		if err != nil {
			return nil, err
		}
		if other, ok := where[s.Name]; ok {
			return nil, usage(fmt.Errorf("%s and %s have the same name; rename one or measure one at a time", other, folder))
		}
		where[s.Name] = folder
		sets = append(sets, s)
	}
	return sets, nil
}

// runFiles is where the run of each set is written, nil for nowhere.
func (f *retrievalFlags) runFiles(sets []*measure.Set) ([]string, error) {
	if f.run == "" {
		return nil, nil
	}
	folder := isFolder(f.run) || strings.HasSuffix(f.run, string(filepath.Separator))
	if !folder && len(sets) > 1 {
		if _, err := os.Stat(f.run); err == nil {
			return nil, fmt.Errorf("--run: %s is a file, and there are %d sets; name a folder", f.run, len(sets))
		}
		folder = true
	}
	dir := filepath.Dir(f.run)
	if folder {
		dir = f.run
		if err := os.MkdirAll(dir, 0o750); err != nil {
			return nil, fmt.Errorf("--run: %w", err)
		}
	}
	if !isFolder(dir) {
		return nil, fmt.Errorf("--run: %s is no folder; make it first", dir)
	}
	out := make([]string, len(sets))
	for i, s := range sets {
		out[i] = f.run
		if folder {
			out[i] = filepath.Join(f.run, s.Name+".run")
		}
	}
	return out, nil
}

func isFolder(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.IsDir()
}

// compared reads the run to compare each set with.
func (f *retrievalFlags) compared(ctx context.Context, sets []*measure.Set) ([]measure.Other, error) {
	out := make([]measure.Other, len(sets))
	if f.compare == "" {
		return out, nil
	}
	folder := isFolder(f.compare)
	if !folder && len(sets) > 1 {
		return nil, usage(fmt.Errorf("--compare: %s is no folder, and there are %d sets; name a folder with a SET.run of each", f.compare, len(sets)))
	}
	for i, s := range sets {
		path := f.compare
		if folder {
			path = filepath.Join(f.compare, s.Name+".run")
		}
		run, err := measure.ReadRun(ctx, path)
		if err != nil {
			return nil, fmt.Errorf("--compare: %w", err)
		}
		if !slices.ContainsFunc(s.Queries, func(q measure.Query) bool { return len(run[q.ID]) > 0 }) {
			return nil, fmt.Errorf("--compare: %s answers no question of set %s; is it the run of another set?", path, s.Name)
		}
		out[i] = measure.Other{Name: filepath.Base(path), Run: run}
	}
	return out, nil
}

// openEmpty opens an index in a folder of its own. done closes it and takes the
// folder away.
func openEmpty(ctx context.Context) (x *index.Local, dir string, done func() error, err error) {
	if dir, err = os.MkdirTemp("", "sufflor-eval-"); err != nil {
		return nil, "", nil, err
	}
	if x, err = index.Open(ctx, filepath.Join(dir, "index"), index.Options{}); err != nil {
		return nil, "", nil, errors.Join(err, os.RemoveAll(dir))
	}
	return x, dir, func() error { return errors.Join(x.Close(), os.RemoveAll(dir)) }, nil
}

// measureSet puts s into an index that is gone afterwards, and asks.
func measureSet(ctx context.Context, s *measure.Set, f retrievalFlags, leg hybrid.Leg, e embed.Embedder, progress func(string, int, int)) (t measure.Trial, err error) {
	x, dir, done, err := openEmpty(ctx)
	if err != nil {
		return t, err
	}
	defer func() { err = errors.Join(err, done()) }()
	b := measure.Bench{Index: x, Limit: f.limit, Progress: progress}
	if f.chunk {
		b.Cut = chunk
	}
	if leg == hybrid.Lexical {
		return b.Try(ctx, s)
	}
	v, _, err := vector.Open(ctx, filepath.Join(dir, "vectors"), vector.Options{Model: "measured"})
	if err != nil {
		return t, err
	}
	defer func() { err = errors.Join(err, v.Close()) }()
	b.Index = measured{
		Index: hybrid.New(x, hybrid.Options{Vectors: func(string) *vector.Store { return v }, Embedder: e, Patience: time.Minute, Leg: leg}),
		put:   func(ctx context.Context, passages []index.Passage) error { return embedAll(ctx, e, v, passages) },
	}
	return b.Try(ctx, s)
}

// measured is an index that waits for its vectors.
type measured struct {
	*hybrid.Index
	put func(ctx context.Context, passages []index.Passage) error
}

// Apply implements [measure.Index].
func (m measured) Apply(ctx context.Context, b index.Batch) error {
	return errors.Join(m.Index.Apply(ctx, b), m.put(ctx, b.Put))
}

// embedAll makes the vectors of passages.
func embedAll(ctx context.Context, e embed.Embedder, v *vector.Store, passages []index.Passage) error {
	for some := range slices.Chunk(passages, 64) {
		texts := make([]string, len(some))
		for i, p := range some {
			texts[i] = embedded(p)
		}
		made, err := e.Documents(ctx, texts)
		if err != nil {
			return fmt.Errorf("vectors of passages: %w", err)
		}
		items := make([]vector.Item, len(some))
		for i, p := range some {
			items[i] = vector.Item{ID: p.ID, Vector: made[i]}
		}
		if err := v.Apply(ctx, items, nil); err != nil {
			return err
		}
	}
	return nil
}

// chunk cuts a document of a set as ingest cuts one whose paragraphs are parted
// by blank lines.
func chunk(ctx context.Context, workspace string, d measure.Document) ([]index.Passage, error) {
	doc := ingest.Document{Title: d.Title, Language: d.Language}
	for p := range strings.SplitSeq(d.Text, "\n\n") {
		doc.Blocks = append(doc.Blocks, ingest.Block{Kind: ingest.Paragraph, Text: p})
	}
	passages, err := ingest.Cut(ctx, doc, ingest.Origin{Workspace: workspace, Audience: index.Public, Document: d.ID})
	for i := range passages {
		passages[i].Title = d.Title // where there is none, ingest makes one up
	}
	return passages, err
}

// steps shows how far long work is: on a terminal in one line that changes,
// else in a line every few seconds, never with --json.
type steps struct {
	out   io.Writer
	live  bool
	quiet bool
	last  time.Time
	shown bool
}

func (c *cli) steps() *steps {
	return &steps{out: c.stderr, live: terminal(c.stderr), quiet: c.json, last: time.Now()}
}

func (s *steps) show(step string, done, total int) {
	every := 2 * time.Second
	if s.live {
		every = 200 * time.Millisecond
	}
	if s.quiet || time.Since(s.last) < every {
		return
	}
	s.last = time.Now()
	line := fmt.Sprintf("%s: %d of %d", printable(step), done, total)
	if s.live {
		fmt.Fprintf(s.out, "\r\x1b[K%s", line)
		s.shown = true
		return
	}
	fmt.Fprintln(s.out, line)
}

// close takes the line away.
func (s *steps) close() {
	if s.shown {
		fmt.Fprint(s.out, "\r\x1b[K")
		s.shown = false
	}
}
