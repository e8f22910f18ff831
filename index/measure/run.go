package measure

import (
	"bufio"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// Ranked is a document that a question found.
type Ranked struct {
	Document string
	Score    float64
}

// Run is what each question found, best first.
type Run map[string][]Ranked

// ranking is the documents of a question in their order.
func (r Run) ranking(question string) []string {
	out := make([]string, len(r[question]))
	for i, d := range r[question] {
		out[i] = d.Document
	}
	return out
}

// Spaced is how many ids hold spaces. Tools that split a run at any white
// space, trec_eval among them, cannot read those lines.
func (r Run) Spaced() int {
	spaced := map[string]bool{}
	for q, found := range r {
		spaced[q] = strings.Contains(q, " ")
		for _, d := range found {
			spaced[d.Document] = strings.Contains(d.Document, " ")
		}
	}
	n := 0
	for _, s := range spaced {
		if s {
			n++
		}
	}
	return n
}

// most bounds written scores, so that there is room below in 32 bits.
const most = 1e30

// Write writes r as TREC runs are written: question, "Q0", document, rank from
// 1, score and tag, parted by tabs, questions in the order of their ids. Scores
// are those of the search in 32 bits, the precision of trec_eval, lowered by as
// little as makes them fall strictly with the rank: scorers sort by score, and
// each breaks ties in its own way.
func (r Run) Write(w io.Writer, tag string) error {
	out := bufio.NewWriter(w)
	for _, q := range slices.Sorted(maps.Keys(r)) {
		last := float32(math.Inf(1))
		for i, d := range r[q] {
			score := float32(min(max(d.Score, -most), most))
			if score >= last {
				score = math.Nextafter32(last, float32(math.Inf(-1)))
			}
			last = score
			fmt.Fprintf(out, "%s\tQ0\t%s\t%d\t%s\t%s\n", q, d.Document, i+1, strconv.FormatFloat(float64(score), 'f', -1, 32), tag)
		}
	}
	return out.Flush()
}

// WriteFile is [Run.Write] into a file, which is replaced whole or not at all.
func (r Run) WriteFile(path, tag string) error {
	if err := WriteWhole(path, func(w io.Writer) error { return r.Write(w, tag) }); err != nil {
		return fmt.Errorf("write run %s: %w", path, err)
	}
	return nil
}

// WriteWhole replaces a file by what write writes, whole or not at all.
func WriteWhole(path string, write func(w io.Writer) error) error {
	f, err := os.CreateTemp(filepath.Dir(path), filepath.Base(path)+".*")
	if err != nil {
		return err
	}
	out := bufio.NewWriter(f)
	err = errors.Join(write(out), out.Flush(), f.Sync(), f.Close())
	if err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		return errors.Join(err, os.Remove(f.Name()))
	}
	return nil
}

// ReadRun reads a TREC run as trec_eval does: documents by falling score, ties
// by falling document id; the rank that is written is not looked at. A document
// that one question names twice is an error. The run is held in memory.
func ReadRun(ctx context.Context, path string) (Run, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("run: %w", err)
	}
	defer f.Close() //nolint:errcheck // only read
	return readRun(ctx, path, f)
}

func readRun(ctx context.Context, name string, in io.Reader) (Run, error) {
	type pair struct{ question, document string }
	run, seen := Run{}, map[pair]int{}
	err := Lines(ctx, name, in, func(line int, text []byte) error {
		p := columns(string(text))
		if len(p) != 6 {
			return fmt.Errorf("%d columns; a TREC run has 6: question, Q0, document, rank, score, tag", len(p))
		}
		score, err := strconv.ParseFloat(p[4], 64)
		if err != nil || math.IsNaN(score) || math.IsInf(score, 0) {
			return fmt.Errorf("score: %.40q is not a number", p[4])
		}
		if p[0] == "" || p[2] == "" {
			return errors.New("question and document: required")
		}
		at := pair{p[0], p[2]}
		if before := seen[at]; before > 0 {
			return fmt.Errorf("document %q of question %q stands in line %d, too", p[2], p[0], before)
		}
		seen[at] = line
		run[p[0]] = append(run[p[0]], Ranked{Document: p[2], Score: score})
		return nil
	})
	if err != nil {
		return nil, err
	}
	if len(run) == 0 {
		return nil, fmt.Errorf("%s: the run is empty", name)
	}
	for _, found := range run {
		slices.SortFunc(found, func(a, b Ranked) int {
			return cmp.Or(cmp.Compare(b.Score, a.Score), cmp.Compare(b.Document, a.Document))
		})
	}
	return run, nil
}

// columns are what a line of judgements or of a run holds: parted by tabs, so
// that ids may hold spaces, or else by white space.
func columns(line string) []string {
	if !strings.Contains(line, "\t") {
		return strings.Fields(line)
	}
	p := strings.Split(strings.TrimSpace(line), "\t")
	for i := range p {
		p[i] = strings.TrimSpace(p[i])
	}
	return p
}
