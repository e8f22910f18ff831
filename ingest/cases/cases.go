// Package cases reads solved cases out of JSON: a list, one object a line, or
// an object that holds a list, in the spellings of common help desks.
//
// It also knows what columns of solved cases are called, for spreadsheets and
// CSV files. It does not judge whether an answer is right.
package cases

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/sufflor/sufflor/index"
	"github.com/sufflor/sufflor/ingest"
)

// Reader reads JSON and JSON Lines files of solved cases. The zero value is
// ready for use, also by several goroutines.
type Reader struct{}

const (
	maxCases = 200_000
	maxTexts = 256 << 20 // bytes of all questions and answers
	expected = `expected a list of cases, one case a line, or an object with a list ("cases", "tickets", "data" …), each with a question ("question", "subject", "body") and an answer ("answer", "resolution", "reply")`
)

// errFull ends a file that holds more than is read.
var errFull = errors.New("more than is read")

// Read returns one block a case, without those that are unsolved, spam or
// rated as unhelpful. A line or an entry that is not JSON costs only itself. A
// file that holds no case is an error that says what was expected.
func (Reader) Read(ctx context.Context, in ingest.Input) (ingest.Document, error) {
	text, err := source(in)
	if err != nil {
		return ingest.Document{}, err
	}
	var found []ingest.Block
	var incomplete, open, junk, unhelpful []string
	size, highest := 0, 0.0
	s := splitter{r: text, size: in.Size, line: 1}
	s.emit = func(e entry) error {
		if s.n%64 == 0 && ctx.Err() != nil {
			return ctx.Err()
		}
		if len(found) >= maxCases || size > maxTexts {
			return errFull
		}
		c := fromJSON(e.value)
		if c.ID == "" {
			c.ID = strconv.Itoa(s.n)
		}
		state := stateOf(e.value)
		switch {
		case state == spam:
			junk = append(junk, c.ID)
		case state == unsolved && !answered(e.value):
			open = append(open, c.ID)
		case c.Question == "" || c.Answer == "":
			incomplete = append(incomplete, c.ID)
		default:
			highest = max(highest, Score(c.Rating))
			size += len(c.Question) + len(c.Answer)
			found = append(found, ingest.Block{Kind: ingest.CaseBlock, Case: &c, Locator: index.Locator{Case: c.ID, Line: e.line, LineEnd: e.end}})
		}
		return nil
	}
	err = s.run()
	if ctx.Err() != nil {
		return ingest.Document{}, fmt.Errorf("read %s: %w", in.Name, ctx.Err())
	}
	doc := ingest.Document{}
	switch {
	case errors.Is(err, errFull):
		doc.Warnings = append(doc.Warnings, fmt.Sprintf("only the first %d cases were read", len(found)))
	case err != nil && len(found) > 0:
		doc.Warnings = append(doc.Warnings, err.Error())
	case err != nil:
		return ingest.Document{}, fmt.Errorf("%s: %w", in.Name, err)
	case s.n == 0:
		return ingest.Document{}, fmt.Errorf("%s holds no cases; %s: %w", in.Name, expected, ingest.ErrNoText)
	}
	for _, b := range found {
		if Unhelpful(b.Case.Rating, highest) {
			unhelpful = append(unhelpful, b.Case.ID)
			continue
		}
		doc.Blocks = append(doc.Blocks, b)
	}
	doc.Warnings = append(doc.Warnings, leftOut("without question or answer", incomplete)...)
	doc.Warnings = append(doc.Warnings, leftOut("that are not solved", open)...)
	doc.Warnings = append(doc.Warnings, leftOut("that are spam or deleted", junk)...)
	doc.Warnings = append(doc.Warnings, leftOut("rated as unhelpful", unhelpful)...)
	doc.Warnings = append(doc.Warnings, broken(s.bad)...)
	switch {
	case len(doc.Blocks) > 0:
		return doc, nil
	case len(s.bad) > 0:
		return ingest.Document{}, fmt.Errorf("%s: %s; %s: %w", in.Name, s.bad[0], expected, ingest.ErrDamaged)
	case len(incomplete) == s.n:
		return ingest.Document{}, fmt.Errorf("%s: none of its %d entries is a solved case; %s: %w", in.Name, s.n, expected, ingest.ErrUnsupported)
	}
	return ingest.Document{}, fmt.Errorf("%s: every case was left out (%s): %w", in.Name, strings.Join(doc.Warnings, "; "), ingest.ErrNoText)
}

// answered reports whether an entry has its answer in a field of its own: then
// somebody settled on it, whatever the status says.
func answered(v map[string]any) bool {
	for key := range v {
		if FieldOf(key) == Answer && scalar(v[key]) != "" {
			return true
		}
	}
	return false
}

// broken words warnings of the entries that are not JSON, the first few by
// line.
func broken(bad []string) []string {
	if len(bad) > 5 {
		return append(bad[:5:5], fmt.Sprintf("%d more entries are not JSON", len(bad)-5))
	}
	return bad
}

// leftOut words a warning that names the first few.
func leftOut(why string, names []string) []string {
	if len(names) == 0 {
		return nil
	}
	shown := strings.Join(names[:min(len(names), 5)], ", ")
	if len(names) > 5 {
		shown += " …"
	}
	return []string{fmt.Sprintf("%d cases %s were left out: %s", len(names), why, shown)}
}

func sortedKeys(v map[string]any) []string { return slices.Sorted(maps.Keys(v)) }
