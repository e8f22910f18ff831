package main

import (
	"bufio"
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"text/tabwriter"
	"unicode/utf8"

	"github.com/spf13/cobra"

	"github.com/sufflor/sufflor/index"
	"github.com/sufflor/sufflor/ingest"
	"github.com/sufflor/sufflor/ingest/formats"
	"github.com/sufflor/sufflor/suggest/ground"
)

// maxCheckLine bounds a line of input, in bytes.
const maxCheckLine = 32 << 20

func (c *cli) checkCmd() *cobra.Command {
	var language string
	cmd := &cobra.Command{
		Use: "check", Short: "Score texts against the passages they rest on", Args: cobra.NoArgs,
		Long: `Reads JSON lines from standard input and writes one JSON line for each, in the same
order: how probable it is that something in the response is not supported by its
context, 0 to 1, and the same for each sentence with a reason. start and end count
Unicode code points of the response. No configuration, index or model is needed.

Input fields: id (anything; it is returned), context (a string or a list of
passages), question (may be missing), response; language ("nb", "sv", "da", "fi",
"de", "en") when it shall not be guessed. Others are ignored, and so are blank lines.

Reasons: number, price, date, unit, percent, code, link, email, phone, iban (no
passage states it), num_conflict (a passage states another value for the same thing),
novel (words that no passage holds), negation, recombined, unsupported, no_source.

A line that cannot be used is reported on standard error as
{"id":…,"line":N,"error":"…"}, the others are scored, and the exit code is 3.
Lines may have up to 32 MB. Of a response the first 2000 words are looked at, and 120
sentences get a score.`,
		Example: `  echo '{"id":1,"context":["Fitting takes 4 hours."],"question":"How long?",
  "response":"Fitting takes 6 hours."}' | tr -d '\n' | sufflor check
  sufflor check <answers.jsonl >scores.jsonl
  sufflor check measure labelled.jsonl`,
		RunE: func(cmd *cobra.Command, _ []string) error { return c.checkLines(cmd.Context(), language) },
	}
	cmd.Flags().StringVar(&language, "language", "", "language of all responses (default: guessed)")
	cmd.AddCommand(c.checkMeasureCmd(), c.checkFitCmd(), c.checkPlantCmd())
	return cmd
}

// checked is a line of output.
type checked struct {
	ID        json.RawMessage   `json:"id"`
	Score     float64           `json:"score"`
	Sentences []checkedSentence `json:"sentences"`
}

type checkedSentence struct {
	Start  int     `json:"start"` // code points
	End    int     `json:"end"`
	Score  float64 `json:"score"`
	Reason string  `json:"reason"`
	Detail string  `json:"detail,omitempty"`
}

// badLine is what is said of a line that cannot be used.
type badLine struct {
	ID    json.RawMessage `json:"id,omitempty"`
	Line  int             `json:"line"`
	Error string          `json:"error"`
}

// lineJob is a line on its way through; done is closed when out or bad is set.
type lineJob struct {
	number int
	data   []byte
	out    checked
	bad    *badLine
	done   chan struct{}
}

func (c *cli) checkLines(ctx context.Context, language string) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	checker := ground.New()
	workers := runtime.GOMAXPROCS(0)
	// What is read and not yet written is bounded by this queue.
	queue, work := make(chan *lineJob, 2*workers), make(chan *lineJob)
	var wg sync.WaitGroup
	for range workers {
		wg.Go(func() {
			for j := range work {
				j.check(checker, language)
				close(j.done)
			}
		})
	}
	var readErr error
	wg.Go(func() {
		defer close(queue)
		defer close(work)
		readErr = readLines(c.stdin, func(number int, data []byte, err error) bool {
			j := &lineJob{number: number, data: data, done: make(chan struct{})}
			if err != nil {
				j.bad = &badLine{Line: number, Error: err.Error()}
			}
			select {
			case queue <- j:
			case <-ctx.Done():
				return false
			}
			select {
			case work <- j:
			case <-ctx.Done():
				close(j.done)
				return false
			}
			return true
		})
	})
	out := bufio.NewWriter(c.stdout)
	results, problems := json.NewEncoder(out), json.NewEncoder(c.stderr)
	results.SetEscapeHTML(false)
	problems.SetEscapeHTML(false)
	lines, bad := 0, 0
	var writeErr error
	for open := true; open && writeErr == nil && ctx.Err() == nil; {
		var j *lineJob
		select {
		case <-ctx.Done():
			continue
		case j, open = <-queue:
		}
		if !open {
			continue
		}
		if <-j.done; ctx.Err() != nil {
			continue // nobody may have looked at it
		}
		lines++
		if j.bad != nil {
			bad++
			writeErr = problems.Encode(j.bad)
		} else if writeErr = results.Encode(j.out); writeErr == nil && len(queue) == 0 {
			writeErr = out.Flush() // whoever waits for one answer gets it
		}
	}
	if err := errors.Join(writeErr, out.Flush()); err != nil {
		return fmt.Errorf("write scores: %w", err)
	}
	if ctx.Err() != nil {
		return ctx.Err() // not waited for: nothing interrupts a read that waits for input
	}
	wg.Wait()
	switch {
	case readErr != nil:
		return fmt.Errorf("read standard input after %d lines: %w", lines, readErr)
	case bad > 0:
		return codedError{fmt.Errorf("%d of %d lines could not be used", bad, lines), exitPartial}
	}
	return nil
}

// readLines calls yield with each line that is not blank, until it returns
// false. Lines that are too long are skipped and reported.
func readLines(r io.Reader, yield func(number int, data []byte, err error) bool) error {
	in := bufio.NewReaderSize(r, 64<<10)
	for number := 1; ; number++ {
		var line []byte
		var long bool
		for {
			part, err := in.ReadSlice('\n')
			if long = long || len(line)+len(part) > maxCheckLine; long {
				line = nil
			} else {
				line = append(line, part...)
			}
			if err == nil {
				break
			}
			if errors.Is(err, bufio.ErrBufferFull) {
				continue
			}
			if long {
				yield(number, nil, fmt.Errorf("longer than %d MB; give fewer passages", maxCheckLine>>20))
			} else if line = bytes.TrimSpace(line); len(line) > 0 {
				yield(number, line, nil)
			}
			if errors.Is(err, io.EOF) {
				return nil
			}
			return err
		}
		if number == 1 {
			line = bytes.TrimPrefix(line, []byte("\xef\xbb\xbf"))
		}
		switch line = bytes.TrimSpace(line); {
		case long:
			if !yield(number, nil, fmt.Errorf("longer than %d MB; give fewer passages", maxCheckLine>>20)) {
				return nil
			}
		case len(line) > 0 && !yield(number, line, nil):
			return nil
		}
	}
}

// check scores a line.
func (j *lineJob) check(checker *ground.Checker, language string) {
	if j.bad != nil {
		return
	}
	var r ground.Row
	err := json.Unmarshal(j.data, &r)
	j.data = nil
	switch {
	case err != nil:
	case r.Response == nil:
		err = errors.New("response: required; a string")
	case r.Context == nil:
		err = errors.New("context: required; a string or a list of strings")
	}
	if err != nil {
		j.bad = &badLine{ID: r.ID, Line: j.number, Error: err.Error()}
		return
	}
	r.Language = cmp.Or(r.Language, language)
	score, sentences := checker.Response(ground.LanguageOf(r), r.Question, r.Context, *r.Response)
	j.out = checked{ID: r.ID, Score: short(score), Sentences: make([]checkedSentence, 0, len(sentences))}
	if j.out.ID == nil {
		j.out.ID = json.RawMessage("null")
	}
	at, points := 0, 0
	to := func(end int) int {
		points += utf8.RuneCountInString((*r.Response)[at:end])
		at = end
		return points
	}
	for _, s := range sentences {
		j.out.Sentences = append(j.out.Sentences, checkedSentence{Start: to(s.Start), End: to(s.End), Score: short(s.Score), Reason: s.Reason, Detail: s.Detail})
	}
}

// short is a probability with four decimals.
func short(p float64) float64 { return math.Round(p*1e4) / 1e4 }

func (c *cli) checkMeasureCmd() *cobra.Command {
	threshold, flip, weights := ground.Doubtful, []string(nil), ""
	cmd := &cobra.Command{
		Use: "measure FILE|FOLDER…", Short: "Measure the scores on labelled responses: AUROC, F1, rows", Args: cobra.MinimumNArgs(1),
		Long: `Reads JSON lines with context, question, response and label (1: something in the
response is unsupported) and prints per file how well the score tells them apart.
Rows without a response and a label but with an answer are taken as supported ones.
best F1 is at the threshold that would suit that very file: what a threshold of your
own can reach, not what to expect.`,
		Example: "  sufflor check measure answers.jsonl --threshold 0.6",
		RunE: func(cmd *cobra.Command, args []string) error {
			sets, err := ground.ReadSets(args, flip)
			if err != nil {
				return err
			}
			checker, err := checkerOf(weights)
			if err != nil {
				return err
			}
			var rows [][]string
			for _, s := range sets {
				a, err := checker.Assess(cmd.Context(), s, threshold)
				if err != nil {
					return err
				}
				rows = append(rows, []string{s.Name, strconv.Itoa(a.N), strconv.Itoa(a.Up), strconv.Itoa(a.Called), three(a.AUROC), three(a.F1), three(a.Precision), three(a.Recall), three(a.BestF1), three(a.BestAt), three(a.Mean)})
			}
			return c.table([]string{"set", "rows", "unsupported", "called", "auroc", "f1", "precision", "recall", "best_f1", "best_at", "mean_score"}, rows)
		},
	}
	cmd.Flags().Float64Var(&threshold, "threshold", threshold, "score from which a response is called unsupported")
	cmd.Flags().StringSliceVar(&flip, "flip", nil, "part of the path of sets whose labels stand the other way round")
	cmd.Flags().StringVar(&weights, "weights", "", "file of weights (default: those in the program)")
	return cmd
}

func checkerOf(weights string) (*ground.Checker, error) {
	if weights == "" {
		return ground.New(), nil
	}
	data, err := os.ReadFile(weights)
	if err != nil {
		return nil, err
	}
	m, err := ground.ReadModel(data)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", weights, err)
	}
	return ground.NewWith(m), nil
}

func three(x float64) string {
	if math.IsNaN(x) {
		return "-"
	}
	return strconv.FormatFloat(x, 'f', 3, 64)
}

// table prints rows under names, or as JSON.
func (c *cli) table(names []string, rows [][]string) error {
	if c.json {
		out := make([]map[string]any, len(rows))
		for i, r := range rows {
			out[i] = map[string]any{}
			for j, v := range r {
				if n, err := strconv.ParseFloat(v, 64); err == nil {
					out[i][names[j]] = n
				} else {
					out[i][names[j]] = v
				}
			}
		}
		return c.print(out)
	}
	w := tabwriter.NewWriter(c.stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, strings.ReplaceAll(strings.Join(names, "\t"), "_", " "))
	for _, r := range rows {
		fmt.Fprintln(w, strings.Join(r, "\t"))
	}
	return w.Flush()
}

func (c *cli) checkFitCmd() *cobra.Command {
	var flip []string
	var out, documents, words string
	cmd := &cobra.Command{
		Use: "fit FOLDER…", Short: "Train the weights on folders of labelled responses", Args: cobra.MinimumNArgs(1),
		Long: `Trains the weights of the score on all *.jsonl files in the folders (see check
measure) and on examples made from documents: quotations, and the same with something
swapped, negated, renamed or put in. Prints how models fare on sets that they have not
seen: folds is the AUROC of five folds within a set, no context on both sides; transfer
that of a model of all other sets. The file that is written is of all sets.`,
		Example: "  sufflor check fit --documents testdata/kb --out suggest/ground/weights.json sets/a sets/b",
		RunE: func(cmd *cobra.Command, args []string) error {
			if words != "" {
				table, err := ground.CommonWords(args)
				if err != nil {
					return err
				}
				return os.WriteFile(words, []byte(table), 0o600)
			}
			sets, err := ground.ReadSets(args, flip)
			if err != nil {
				return err
			}
			passages, err := readPassages(cmd.Context(), documents)
			if err != nil {
				return err
			}
			command := "sufflor check fit"
			if len(flip) > 0 {
				command += " --flip " + strings.Join(flip, ",")
			}
			if documents != "" {
				command += " --documents " + documents
			}
			names := make([]string, len(sets))
			for i, s := range sets {
				names[i] = s.Name
			}
			command += " " + strings.Join(names, " ")
			m, results, err := ground.Fit(cmd.Context(), ground.Training{Sets: sets, Passages: passages, Command: command})
			if err != nil {
				return err
			}
			if out != "" {
				data, err := json.Marshal(m)
				if err != nil {
					return err
				}
				if err := os.WriteFile(out, append(data, '\n'), 0o600); err != nil {
					return err
				}
			}
			var rows [][]string
			for _, r := range results {
				rows = append(rows, []string{r.Name, strconv.Itoa(r.N), strconv.Itoa(r.Up), three(r.Fold), three(r.Transfer)})
			}
			return c.table([]string{"set", "rows", "unsupported", "folds", "transfer"}, rows)
		},
	}
	cmd.Flags().StringVar(&out, "out", "", "write the weights to this file")
	cmd.Flags().StringVar(&documents, "documents", "", "folder of documents to make examples from")
	cmd.Flags().StringSliceVar(&flip, "flip", nil, "part of the path of sets whose labels stand the other way round")
	cmd.Flags().StringVar(&words, "words", "", "write the table of common words to this file instead, counted below the folders")
	return cmd
}

func (c *cli) checkPlantCmd() *cobra.Command {
	var seed uint64 = 1
	cmd := &cobra.Command{
		Use: "plant FOLDER", Short: "Measure the hard rules on swaps planted in sentences of documents", Args: cobra.ExactArgs(1),
		Long: `Takes the sentences of all documents in a folder that state a number, price, date,
unit, code, link or address, as drafts that cite their passage. Swaps one of them for a
near one (a digit, two digits turned, the decimal point, the month, the currency, a
letter, the domain) and counts how many the rules find; writes it another way without
changing what it says (3 240 €, 3.240,00 EUR) and counts the false alarms, and those on
the sentences as they are. Of *.jsonl files the field text of each line is a passage.
With --json, no examples of what was missed are printed on standard error.`,
		Example: "  sufflor check plant testdata/kb",
		RunE: func(cmd *cobra.Command, args []string) error {
			passages, err := readPassages(cmd.Context(), args[0])
			if err != nil {
				return err
			}
			var rows [][]string
			for _, r := range ground.New().Plant(passages, seed) {
				rows = append(rows, []string{r.Language, r.Kind, strconv.Itoa(r.N), strconv.Itoa(r.Found), three(float64(r.Found) / float64(max(1, r.N)))})
				if c.json {
					continue
				}
				for _, m := range r.Wrong {
					fmt.Fprintln(c.stderr, r.Language, r.Kind+":", printable(m))
				}
			}
			return c.table([]string{"language", "kind", "planted", "found", "share"}, rows)
		},
	}
	cmd.Flags().Uint64Var(&seed, "seed", seed, "decides which of several swaps is made")
	return cmd
}

// readPassages reads all documents of a folder, of *.jsonl files the lines'
// texts; "" is none.
func readPassages(ctx context.Context, folder string) ([]ground.Passage, error) {
	if folder == "" {
		return nil, nil
	}
	var out []ground.Passage
	r := ingest.Direct{Reader: formats.All(formats.Options{}), OCR: ingest.Never}
	err := filepath.WalkDir(folder, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		if filepath.Ext(path) == ".jsonl" {
			lines, err := ground.ReadTexts(path)
			out = append(out, lines...)
			return err
		}
		passages, err := readPassagesOf(ctx, r, path)
		for _, p := range passages {
			out = append(out, ground.Passage{Document: path, Language: p.Language, Text: p.Text})
		}
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read documents of %s: %w", folder, err)
	}
	return out, nil
}

func readPassagesOf(ctx context.Context, r ingest.Direct, path string) ([]index.Passage, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }()
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	doc, err := r.Read(ctx, ingest.Input{Name: filepath.Base(path), Path: path, Data: f, Size: info.Size(), Modified: info.ModTime()})
	if err != nil {
		return nil, withHint(err)
	}
	return ingest.Cut(ctx, doc, ingest.Origin{Document: path, Source: path})
}
