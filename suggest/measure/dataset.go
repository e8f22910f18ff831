package measure

import (
	"bytes"
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
	"unicode"

	"github.com/sufflor/sufflor/index/lang"
	retrieval "github.com/sufflor/sufflor/index/measure"
	"github.com/sufflor/sufflor/suggest"
)

// Form is how a set is written.
type Form string

// The forms of sets.
const (
	Messages Form = "messages" // ours, see testdata/eval/README.md
	BEIR     Form = "beir"     // corpus.jsonl, queries.jsonl, qrels/*.tsv
	JSONL    Form = "jsonl"    // an item a line, see [Item]
)

// The bounds of what is read.
const (
	maxItems = 500_000
	maxID    = 1024 // bytes
)

// Test is the split that is only reported: nobody looks at its single items.
const Test = "test"

// Item is one thing to measure: a message to answer, or a response that was
// given to one.
type Item struct {
	ID       string
	Language string // as the set says; "" when it does not
	Request  suggest.Request
	// References are right answers; none when nobody wrote one.
	References []string
	// Context is the passages that go with the item, when Given; else it is
	// answered from documents.
	Context []string
	Given   bool
	Title   string // of the context
	// Answerable says whether an answer can be given at all; nil when unknown.
	Answerable *bool
	// Response, unless nil, is what is measured in place of a draft.
	Response *string
	// Unsupported says whether the response says something that its context does
	// not support; nil when nobody judged it.
	Unsupported *bool
	Message     *Message            // of [Messages]
	Gold        retrieval.Relevance // of [BEIR]: documents that answer
}

// Dataset is a set of items.
type Dataset struct {
	Name, Path, Split string
	Form              Form
	Items             []Item
	Notes             []string // what a reader of the figures must know

	beir *retrieval.Set // whose documents are the set's
}

// DatasetOptions are how sets are read.
type DatasetOptions struct {
	// Split chooses items. Empty is test for messages, test or the only one for
	// BEIR, and all items of JSON lines.
	Split string
	Limit int // the first items only; 0 for all
}

// OpenDatasets reads and checks the sets at path: a folder of our messages, a
// folder in BEIR form or a folder of such, or *.jsonl, each file a set.
func OpenDatasets(ctx context.Context, path string, o DatasetOptions) ([]*Dataset, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, fmt.Errorf("data set: %w", err)
	}
	if !info.IsDir() {
		d, err := openFile(ctx, path, o)
		return []*Dataset{d}, err
	}
	files, err := filepath.Glob(filepath.Join(path, "*.jsonl"))
	if err != nil {
		return nil, fmt.Errorf("data set: %w", err)
	}
	if len(files) == 0 || slices.ContainsFunc(files, func(f string) bool { return filepath.Base(f) == "corpus.jsonl" }) {
		return openBEIR(ctx, path, o)
	}
	ours, err := isMessages(ctx, files[0])
	if err != nil {
		return nil, err
	}
	if ours {
		all, err := Load(path)
		if err != nil {
			return nil, err
		}
		d, err := newMessages(path, all, o)
		return []*Dataset{d}, err
	}
	var out []*Dataset
	for _, f := range files {
		d, err := openFile(ctx, f, o)
		if err != nil {
			return nil, err
		}
		if len(files) > 1 {
			d.Name = filepath.Base(filepath.Dir(mustAbs(f))) + "/" + strings.TrimSuffix(filepath.Base(f), ".jsonl")
		}
		out = append(out, d)
	}
	return out, nil
}

func mustAbs(path string) string {
	if abs, err := filepath.Abs(path); err == nil {
		return abs
	}
	return path
}

// openFile reads one file, of messages or of items.
func openFile(ctx context.Context, path string, o DatasetOptions) (*Dataset, error) {
	ours, err := isMessages(ctx, path)
	if err != nil {
		return nil, err
	}
	if ours {
		all, err := loadFiles([]string{path})
		if err != nil {
			return nil, err
		}
		return newMessages(path, all, o)
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("data set: %w", err)
	}
	defer f.Close() //nolint:errcheck // only read
	return readItems(ctx, path, f, o)
}

// isMessages reports whether the first line of a file is one of our messages.
func isMessages(ctx context.Context, path string) (bool, error) {
	f, err := os.Open(path)
	if err != nil {
		return false, fmt.Errorf("data set: %w", err)
	}
	defer f.Close() //nolint:errcheck // only read
	ours := false
	err = retrieval.Lines(ctx, path, f, func(_ int, raw []byte) error {
		var fields map[string]json.RawMessage
		if err := json.Unmarshal(raw, &fields); err != nil {
			return fmt.Errorf("not a JSON object: %w", err)
		}
		_, asked := fields["questions"]
		_, kind := fields["kind"]
		ours = asked && kind
		return io.EOF
	})
	if errors.Is(err, io.EOF) {
		err = nil
	}
	return ours, err
}

func newMessages(path string, all []Message, o DatasetOptions) (*Dataset, error) {
	d := &Dataset{Name: "messages", Path: path, Form: Messages, Split: cmp.Or(o.Split, Test)}
	for _, m := range all {
		if m.Split != d.Split || o.Limit > 0 && len(d.Items) == o.Limit {
			continue
		}
		answerable := m.Kind == "answerable" || m.Kind == "partly"
		d.Items = append(d.Items, Item{ID: m.ID, Language: m.Language, Request: m.request(), Answerable: &answerable, Message: &m})
	}
	if len(d.Items) == 0 {
		return nil, fmt.Errorf("%s: no message of the split %q; --split chooses another", path, d.Split)
	}
	return d, nil
}

// openBEIR opens a set, or those in a folder.
func openBEIR(ctx context.Context, path string, o DatasetOptions) ([]*Dataset, error) {
	folders, _, err := retrieval.Find(path)
	if err != nil {
		return nil, fmt.Errorf("%w; nor a *.jsonl with messages or items", err)
	}
	var out []*Dataset
	for _, folder := range folders {
		s, err := retrieval.Open(ctx, folder, retrieval.Options{Split: o.Split})
		if err != nil {
			return nil, err
		}
		d := &Dataset{Name: s.Name, Path: folder, Split: s.Split, Form: BEIR, beir: s}
		answerable := true
		for _, q := range s.Queries {
			if !q.Missing && (o.Limit == 0 || len(d.Items) < o.Limit) {
				d.Items = append(d.Items, Item{
					ID: q.ID, Language: q.Language, Request: suggest.Request{Text: q.Text, Language: q.Language},
					Answerable: &answerable, Gold: s.Judged[q.ID],
				})
			}
		}
		if len(d.Items) == 0 {
			return nil, fmt.Errorf("%s: no judged question is in queries.jsonl", folder)
		}
		if n := s.Gaps.MissingQuestions; n > 0 {
			d.Notes = append(d.Notes, fmt.Sprintf("judged questions that queries.jsonl does not have, left out: %d", n))
		}
		if n := s.Gaps.MissingDocuments; n > 0 {
			d.Notes = append(d.Notes, fmt.Sprintf("judgements of documents that corpus.jsonl does not have, counted as not found: %d", n))
		}
		out = append(out, d)
	}
	return out, nil
}

// used are the fields of an item that are read.
var used = []string{"id", "question", "text", "answer", "answers", "context", "title", "language", "lang", "label", "response", "answerable", "split"}

// splits are what a file is called that is one.
var splits = []string{Test, "dev", "train", "validation", "val"}

// errEnough ends the reading of a file.
var errEnough = errors.New("enough")

// readItems reads JSON lines. What it does not know of a line is counted, and
// otherwise left alone: sets have their own fields.
func readItems(ctx context.Context, path string, in io.Reader, o DatasetOptions) (*Dataset, error) {
	name := strings.TrimSuffix(filepath.Base(path), ".jsonl")
	d := &Dataset{Name: name, Path: path, Form: JSONL, Split: o.Split}
	if slices.Contains(splits, name) {
		d.Name, d.Split = filepath.Base(filepath.Dir(mustAbs(path))), name
	}
	at := map[string]int{}
	unused := map[string]int{}
	skipped := 0
	err := retrieval.Lines(ctx, path, in, func(line int, raw []byte) error {
		if o.Limit > 0 && len(d.Items) == o.Limit {
			return errEnough
		}
		if len(d.Items) == maxItems {
			return fmt.Errorf("more than %d items; --limit measures the first ones", maxItems)
		}
		item, split, err := parseItem(raw, unused)
		if err != nil {
			return err
		}
		if before := at[item.ID]; before > 0 {
			return fmt.Errorf("id: %q stands in line %d, too", item.ID, before)
		}
		at[item.ID] = line
		if split != "" && o.Split != "" && split != o.Split {
			skipped++
			return nil
		}
		if split == Test {
			d.Split = Test // one item of it makes it a set nobody looks into
		}
		d.Items = append(d.Items, item)
		return nil
	})
	if err != nil && !errors.Is(err, errEnough) {
		return nil, err
	}
	if len(d.Items) == 0 {
		if skipped > 0 {
			return nil, fmt.Errorf("%s: no item of the split %q; --split chooses another", path, o.Split)
		}
		return nil, fmt.Errorf("%s: no items; a line holds id, question, and answer or context", path)
	}
	if names := slices.Sorted(maps.Keys(unused)); len(names) > 0 {
		note := "fields that are not used: " + strings.Join(names[:min(len(names), maxNamed)], ", ")
		if more := len(names) - maxNamed; more > 0 {
			note += fmt.Sprintf(" and %d more", more)
		}
		d.Notes = append(d.Notes, note)
	}
	return d, nil
}

// The bounds of what is told of fields that are not used.
const (
	maxUnused = 1000
	maxNamed  = 12
)

// visible replaces what could move a terminal's cursor.
func visible(r rune) rune {
	if !unicode.IsPrint(r) {
		return unicode.ReplacementChar
	}
	return r
}

// parseItem reads a line, and counts in unused the fields that it leaves alone.
func parseItem(raw []byte, unused map[string]int) (it Item, split string, err error) {
	var fields map[string]json.RawMessage
	if err := json.Unmarshal(raw, &fields); err != nil {
		return it, "", fmt.Errorf("not a JSON object: %w", err)
	}
	for name, value := range fields {
		if bytes.Equal(value, []byte("null")) {
			delete(fields, name)
		} else if !slices.Contains(used, name) && len(unused) < maxUnused {
			unused[shorten(strings.Map(visible, name), 40)]++
		}
	}
	for _, pair := range [][2]string{{"question", "text"}, {"answer", "answers"}, {"language", "lang"}} {
		if fields[pair[0]] != nil && fields[pair[1]] != nil {
			return it, "", fmt.Errorf("%s and %s: are the same; keep one", pair[0], pair[1])
		}
	}
	if it.ID, err = parseID(fields["id"]); err != nil {
		return it, "", err
	}
	text := func(into *string, names ...string) {
		for _, n := range names {
			if v := fields[n]; v != nil && err == nil && json.Unmarshal(v, into) != nil {
				err = fmt.Errorf("%s: %.40s is not a text", n, v)
			}
		}
	}
	list := func(into *[]string, names ...string) {
		for _, n := range names {
			v := fields[n]
			if v == nil || err != nil {
				continue
			}
			var one string
			if json.Unmarshal(v, &one) == nil {
				*into = []string{one}
			} else if json.Unmarshal(v, into) != nil {
				err = fmt.Errorf("%s: %.40s is neither a text nor a list of texts", n, v)
			}
			*into = slices.DeleteFunc(*into, func(s string) bool { return strings.TrimSpace(s) == "" })
		}
	}
	text(&it.Request.Text, "question", "text")
	text(&it.Language, "language", "lang")
	text(&it.Title, "title")
	text(&split, "split")
	list(&it.References, "answer", "answers")
	list(&it.Context, "context")
	it.Given = fields["context"] != nil
	if fields["response"] != nil {
		it.Response = new(string)
		text(it.Response, "response")
	}
	if v := fields["answerable"]; v != nil && err == nil {
		it.Answerable = new(bool)
		if json.Unmarshal(v, it.Answerable) != nil {
			err = fmt.Errorf("answerable: %.40s is neither true nor false", v)
		}
	}
	if v := fields["label"]; v != nil && err == nil {
		switch string(v) {
		case "0", "1":
			unsupported := string(v) == "1"
			it.Unsupported = &unsupported
		default:
			err = fmt.Errorf("label: %.40s is neither 0 (all supported) nor 1 (something is not)", v)
		}
	}
	if err == nil {
		err = it.check()
	}
	return it, split, err
}

// check is what fields must have of each other, and completes it.
func (it *Item) check() error {
	if it.Language != "" {
		code, ok := retrieval.Primary(it.Language)
		if !ok {
			return fmt.Errorf("language: %.40q is not a language code such as nb or en", it.Language)
		}
		it.Language, it.Request.Language = code, code
	}
	switch {
	case it.Unsupported != nil && it.Response == nil:
		return errors.New("label: judges a response, and there is none")
	case it.Unsupported != nil && !it.Given:
		return errors.New("label: judges a response by its context, and there is none")
	case it.Response == nil && strings.TrimSpace(it.Request.Text) == "":
		return errors.New("question: required, or a response to measure in place of a draft")
	case it.Response != nil && it.Unsupported == nil && len(it.References) == 0:
		return errors.New("response: there is nothing to measure it by; add answer, or label and context")
	case it.Answerable != nil && !*it.Answerable && len(it.References) > 0:
		return errors.New("answerable: is false, and there is an answer")
	}
	if it.Answerable == nil && len(it.References) > 0 {
		yes := true
		it.Answerable = &yes
	}
	return nil
}

// parseID reads an id, a text or a number as it is written.
func parseID(raw json.RawMessage) (string, error) {
	var id string
	var number json.Number
	switch {
	case raw == nil:
		return "", errors.New("id: required")
	case json.Unmarshal(raw, &id) == nil:
	case json.Unmarshal(raw, &number) == nil:
		id = number.String()
	default:
		return "", errors.New("id: must be a text or a number")
	}
	switch {
	case id == "":
		return "", errors.New("id: required")
	case len(id) > maxID:
		return "", fmt.Errorf("id: longer than %d bytes", maxID)
	case strings.ContainsFunc(id, unicode.IsControl):
		return "", fmt.Errorf("id: %q must not hold control characters", id)
	}
	return id, nil
}

// House is the language most items are in, as far as the set says or its texts
// look like; "" when that cannot be told.
func (d *Dataset) House() string {
	n := map[string]int{}
	for i, it := range d.Items {
		l := it.Language
		if l == "" && i < 200 {
			l = lang.Detect(strings.Join(append([]string{it.Request.Text}, it.Context...), "\n")).Language
		}
		if slices.Contains(lang.Supported(), l) {
			n[l]++
		}
	}
	best := ""
	for _, l := range slices.Sorted(maps.Keys(n)) {
		if n[l] > n[best] {
			best = l
		}
	}
	return best
}

// SearchIn makes the documents of the BEIR set in folder those of d: items that
// bring no context are answered from them.
func (d *Dataset) SearchIn(ctx context.Context, folder string) (err error) {
	d.beir, err = retrieval.Open(ctx, folder, retrieval.Options{})
	return err
}

// Owns reports whether item i is answered from passages that the set brings.
func (d *Dataset) Owns(i int) bool { return d.Items[i].Given || d.beir != nil }

// Searches reports whether some item has to be answered from documents that the
// set does not bring.
func (d *Dataset) Searches() bool { return d.some(func(i int) bool { return !d.Owns(i) }) }

// Brings reports whether the set brings passages that its drafts rest on.
func (d *Dataset) Brings() bool { return d.some(d.Owns) }

// some reports whether what holds for one of the items that are drafted.
func (d *Dataset) some(what func(i int) bool) bool {
	for i, it := range d.Items {
		if it.Response == nil && what(i) {
			return true
		}
	}
	return false
}
