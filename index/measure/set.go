// Package measure says how good retrieval is, on sets of questions whose right
// documents are known.
//
// It reads sets in BEIR form, asks an index, and scores what it found as
// trec_eval does. It does not know how the index ranks.
package measure

import (
	"bufio"
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"github.com/sufflor/sufflor/index/lang"
)

// Detect as a language of [Options] is that of each text by itself, whatever
// the set says.
const Detect = "detect"

// Options are how a set is read. The zero value is good.
type Options struct {
	// Split names the judgements, qrels/<split>.tsv. Empty is "test", or the
	// only one there is.
	Split string
	// Language and QueryLanguage are those of documents and questions, or
	// [Detect]. Empty is what the line says, else the set's name, else what
	// the text looks like.
	Language, QueryLanguage string
}

// Document is a line of corpus.jsonl.
type Document struct {
	ID, Title, Text string
	Language        string // "" when unknown
}

// Query is a question of a set that at least one document answers.
type Query struct {
	ID, Text string
	Language string // "" when unknown
	// Missing is true for a question that is judged and not in queries.jsonl.
	// Nobody can ask it; it counts 0, as trec_eval -c has it.
	Missing bool
}

// Gaps are what does not fit together in a set.
type Gaps struct {
	Unjudged         int      `json:"unjudged_questions"` // without a relevant document; they are not asked
	MissingQuestions int      `json:"missing_questions"`  // judged, not in queries.jsonl; they count 0
	MissingDocuments int      `json:"missing_documents"`  // judgements of documents that are not in corpus.jsonl; relevant ones count as not found
	Repeated         int      `json:"repeated_judgements"`
	Examples         []string `json:"examples,omitempty"` // the first few missing ones, with file and line
}

// maxExamples is how many gaps are told one by one.
const maxExamples = 5

// Set is a collection of documents with judged questions.
type Set struct {
	Name      string // of its folder
	Split     string
	Documents int
	Queries   []Query // in the order of queries.jsonl, then the missing ones by id
	Judged    map[string]Relevance
	Gaps      Gaps

	dir     string
	options Options
}

// The bounds of what is read.
const (
	maxLine = 16 << 20 // bytes of a line
	maxID   = 1024     // bytes of an id
)

const (
	corpusFile  = "corpus.jsonl"
	queriesFile = "queries.jsonl"
	qrelsFolder = "qrels"
)

// Find is the folders of sets at dir: dir itself, or else the folders in it
// that hold a corpus.jsonl, in the order of their names. left names the others.
func Find(dir string) (sets, left []string, err error) {
	if _, err := os.Stat(filepath.Join(dir, corpusFile)); err == nil {
		return []string{dir}, nil, nil
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, nil, fmt.Errorf("data set: %w", err)
	}
	for _, e := range entries {
		sub := filepath.Join(dir, e.Name())
		if info, err := os.Stat(sub); err != nil || !info.IsDir() { // a link to a folder is one
			continue
		}
		if _, err := os.Stat(filepath.Join(sub, corpusFile)); err != nil {
			left = append(left, e.Name())
			continue
		}
		sets = append(sets, sub)
	}
	if len(sets) == 0 {
		return nil, nil, fmt.Errorf("%s: no %s in it, nor in a folder in it; a set has %s, %s and %s/test.tsv",
			dir, corpusFile, corpusFile, queriesFile, qrelsFolder)
	}
	return sets, left, nil
}

// Open reads and checks the set in dir. Its documents are read again by
// [Set.Each], so that a large set need not fit into memory; their ids must.
func Open(ctx context.Context, dir string, o Options) (*Set, error) {
	abs, err := filepath.Abs(dir)
	if err != nil {
		return nil, fmt.Errorf("data set: %w", err)
	}
	s := &Set{Name: filepath.Base(abs), Split: o.Split, dir: dir, options: o}
	ids, err := s.documentIDs(ctx)
	if err != nil {
		return nil, err
	}
	queries, err := s.queries(ctx)
	if err != nil {
		return nil, err
	}
	path, err := s.judgements()
	if err != nil {
		return nil, err
	}
	judged, err := within(path, func(f io.Reader) (judgements, error) { return readJudgements(ctx, path, f) })
	if err != nil {
		return nil, err
	}
	s.join(path, ids, queries, judged)
	if len(s.Judged) == 0 {
		return nil, fmt.Errorf("%s: no question has a document with a score above 0", path)
	}
	return s, nil
}

// documentIDs checks the documents and returns which there are.
func (s *Set) documentIDs(ctx context.Context) (map[string]int, error) {
	path := filepath.Join(s.dir, corpusFile)
	return within(path, func(f io.Reader) (map[string]int, error) {
		ids := map[string]int{}
		err := readTexts(ctx, path, f, func(line int, t text) error {
			if before := ids[t.id]; before > 0 {
				return fmt.Errorf("_id: %q stands in line %d, too", t.id, before)
			}
			ids[t.id] = line
			s.Documents++
			return nil
		})
		if err == nil && s.Documents == 0 {
			err = fmt.Errorf("%s: no documents", path)
		}
		return ids, err
	})
}

func (s *Set) queries(ctx context.Context) ([]Query, error) {
	path := filepath.Join(s.dir, queriesFile)
	_, named := languagesOf(s.Name)
	return within(path, func(f io.Reader) ([]Query, error) {
		var out []Query
		ids := map[string]int{}
		err := readTexts(ctx, path, f, func(line int, t text) error {
			if before := ids[t.id]; before > 0 {
				return fmt.Errorf("_id: %q stands in line %d, too", t.id, before)
			}
			ids[t.id] = line
			out = append(out, Query{ID: t.id, Text: t.text, Language: language(s.options.QueryLanguage, t.language, named, t.text)})
			return nil
		})
		if err == nil && len(out) == 0 {
			err = fmt.Errorf("%s: no questions", path)
		}
		return out, err
	})
}

// judgements is the file of the split, and sets its name.
func (s *Set) judgements() (string, error) {
	folder := filepath.Join(s.dir, qrelsFolder)
	files, err := filepath.Glob(filepath.Join(folder, "*.tsv"))
	if err != nil {
		return "", fmt.Errorf("%s: %w", folder, err)
	}
	there := make([]string, len(files))
	for i, f := range files {
		there[i] = strings.TrimSuffix(filepath.Base(f), ".tsv")
	}
	want := cmp.Or(s.Split, "test")
	switch {
	case slices.Contains(there, want):
		s.Split = want
	case s.Split == "" && len(there) == 1:
		s.Split = there[0]
	case len(there) == 0:
		return "", fmt.Errorf("%s: no *.tsv with judgements; need %s.tsv with question, document and score", folder, want)
	default:
		return "", fmt.Errorf("%s: no %s.tsv; choose a split of: %s", folder, want, strings.Join(there, ", "))
	}
	return filepath.Join(folder, s.Split+".tsv"), nil
}

// join keeps the questions that have a relevant document, and counts what is
// missing.
func (s *Set) join(path string, documents map[string]int, queries []Query, judged judgements) {
	s.Judged = map[string]Relevance{}
	s.Gaps.Repeated = judged.repeated
	asked := make(map[string]bool, len(queries))
	for _, q := range queries {
		asked[q.ID] = true
	}
	lost := map[string]bool{}
	_, named := languagesOf(s.Name)
	for _, j := range judged.lines {
		if documents[j.document] == 0 {
			s.Gaps.MissingDocuments++
			s.Gaps.example("%s:%d: document %q is not in %s", path, j.line, j.document, corpusFile)
		}
		if !asked[j.question] && !lost[j.question] {
			lost[j.question] = true
			s.Gaps.MissingQuestions++
			s.Gaps.example("%s:%d: question %q is not in %s", path, j.line, j.question, queriesFile)
		}
		if j.score <= 0 {
			continue
		}
		if s.Judged[j.question] == nil {
			s.Judged[j.question] = Relevance{}
		}
		s.Judged[j.question][j.document] = j.score
	}
	for _, q := range queries {
		if len(s.Judged[q.ID]) > 0 {
			s.Queries = append(s.Queries, q)
		} else {
			s.Gaps.Unjudged++
		}
	}
	var missing []Query
	for id := range s.Judged {
		if !asked[id] {
			missing = append(missing, Query{ID: id, Language: language(s.options.QueryLanguage, "", named, ""), Missing: true})
		}
	}
	slices.SortFunc(missing, func(a, b Query) int { return cmp.Compare(a.ID, b.ID) })
	s.Queries = append(s.Queries, missing...)
}

func (g *Gaps) example(format string, args ...any) {
	if len(g.Examples) < maxExamples {
		g.Examples = append(g.Examples, fmt.Sprintf(format, args...))
	}
}

// Each calls fn with the documents, in the order of the file, until it returns
// an error.
func (s *Set) Each(ctx context.Context, fn func(Document) error) error {
	path := filepath.Join(s.dir, corpusFile)
	named, _ := languagesOf(s.Name)
	_, err := within(path, func(f io.Reader) (struct{}, error) {
		return struct{}{}, readTexts(ctx, path, f, func(_ int, t text) error {
			return fn(Document{ID: t.id, Title: t.title, Text: t.text, Language: language(s.options.Language, t.language, named, t.title+"\n"+t.text)})
		})
	})
	return err
}

// language is that of a text, by what knows it best: who asks, the line, the
// set's name, the text itself.
func language(asked, declared, named, text string) string {
	if asked == Detect {
		return lang.Detect(text).Language
	}
	if l := cmp.Or(asked, declared, named); l != "" {
		return l
	}
	return lang.Detect(text).Language
}

// languagesOf reads the languages of documents and questions from a set's
// name: "swefaq_sv", and "xquad_x_en_de" for English questions about German
// documents. They are "" when the name has none.
func languagesOf(set string) (documents, questions string) {
	parts := strings.FieldsFunc(set, func(r rune) bool { return r == '_' || r == '-' })
	known := func(part string) string {
		if l, ok := Primary(part); ok && slices.Contains(lang.Supported(), l) {
			return l
		}
		return ""
	}
	if n := len(parts); n > 0 {
		documents = known(parts[n-1])
		questions = documents
		if n > 2 && documents != "" {
			questions = cmp.Or(known(parts[n-2]), documents)
		}
	}
	return documents, questions
}

// Primary is the language of a tag such as "nn-NO", as index names it. It is
// not ok when the tag has another form.
func Primary(tag string) (language string, ok bool) {
	l := strings.ToLower(tag)
	if i := strings.IndexAny(l, "-_"); i > 0 {
		l = l[:i]
	}
	if len(l) < 2 || len(l) > 3 || strings.ContainsFunc(l, func(r rune) bool { return r < 'a' || r > 'z' }) {
		return "", false
	}
	if l == "no" || l == "nn" {
		l = "nb"
	}
	return l, true
}

// text is a line of corpus.jsonl or queries.jsonl.
type text struct{ id, title, text, language string }

// id is a text, or a number as it is written.
type id string

func (i *id) UnmarshalJSON(raw []byte) error {
	if n := json.Number(""); json.Unmarshal(raw, &n) == nil && raw[0] != '"' && raw[0] != 'n' {
		*i = id(raw)
		return nil
	}
	var s string
	if err := json.Unmarshal(raw, &s); err != nil {
		return errors.New("_id: must be a text or a number")
	}
	*i = id(s)
	return nil
}

func (i id) check() error {
	switch {
	case i == "":
		return errors.New("_id: required")
	case len(i) > maxID:
		return fmt.Errorf("_id: longer than %d bytes", maxID)
	case strings.ContainsFunc(string(i), unicode.IsControl):
		return fmt.Errorf("_id: %q must not hold tabs, line breaks or other control characters", string(i))
	}
	return nil
}

// parseText reads a line. Keys it does not know are left alone: sets have
// their own.
func parseText(raw []byte) (text, error) {
	var l struct {
		ID       id              `json:"_id"`
		Title    string          `json:"title"`
		Text     *string         `json:"text"`
		Language string          `json:"language"`
		Metadata json.RawMessage `json:"metadata"`
	}
	if err := json.Unmarshal(raw, &l); err != nil {
		if wrong, ok := errors.AsType[*json.UnmarshalTypeError](err); ok {
			return text{}, fmt.Errorf("%s: a %s where a text is needed", cmp.Or(wrong.Field, "line"), wrong.Value)
		}
		if _, ok := errors.AsType[*json.SyntaxError](err); ok {
			return text{}, fmt.Errorf("not a JSON object: %w", err)
		}
		return text{}, err
	}
	if err := l.ID.check(); err != nil {
		return text{}, err
	}
	if l.Text == nil {
		return text{}, errors.New("text: required")
	}
	field := "language"
	if l.Language == "" {
		var m struct {
			Language string `json:"language"`
		}
		if json.Unmarshal(l.Metadata, &m) == nil { // metadata is free; another form says nothing of the language
			field, l.Language = "metadata.language", m.Language
		}
	}
	if l.Language != "" {
		code, ok := Primary(l.Language)
		if !ok {
			return text{}, fmt.Errorf("%s: %.40q is not a language code such as nb or en", field, l.Language)
		}
		l.Language = code
	}
	return text{id: string(l.ID), title: l.Title, text: *l.Text, language: l.Language}, nil
}

func readTexts(ctx context.Context, name string, in io.Reader, fn func(line int, t text) error) error {
	return Lines(ctx, name, in, func(line int, raw []byte) error {
		t, err := parseText(raw)
		if err != nil {
			return err
		}
		return fn(line, t)
	})
}

// judgements are the lines of a split, each pair of question and document once.
type judgements struct {
	lines    []judgement
	repeated int // further lines that say the same
}

type judgement struct {
	question, document string
	score, line        int
}

// maxScore bounds a judgement; grades are small numbers.
const maxScore = 1 << 20

// readJudgements reads question, document and score, or TREC's four columns
// with one between question and document that is not used. The first line may
// be a header.
func readJudgements(ctx context.Context, name string, in io.Reader) (judgements, error) {
	type pair struct{ question, document string }
	var out judgements
	at, first := map[pair]int{}, true
	err := Lines(ctx, name, in, func(line int, raw []byte) error {
		header := first
		first = false
		p := columns(string(raw))
		if len(p) == 4 {
			p = slices.Delete(p, 1, 2)
		}
		if len(p) != 3 {
			return fmt.Errorf("%d columns; judgements have 3, parted by tabs: question, document, score", len(p))
		}
		score, err := strconv.ParseFloat(p[2], 64)
		if err != nil && header {
			return nil
		}
		if err != nil || score != float64(int(score)) || score > maxScore || score < -maxScore {
			return fmt.Errorf("score: %.40q is not a whole number", p[2])
		}
		for i, what := range []string{"question", "document"} {
			if p[i] == "" {
				return fmt.Errorf("%s: required", what)
			}
		}
		j := judgement{question: p[0], document: p[1], score: int(score), line: line}
		if before, ok := at[pair{j.question, j.document}]; ok {
			if old := out.lines[before]; old.score != j.score {
				return fmt.Errorf("score: %d for document %q of question %q, which has %d in line %d", j.score, j.document, j.question, old.score, old.line)
			}
			out.repeated++
			return nil
		}
		at[pair{j.question, j.document}] = len(out.lines)
		out.lines = append(out.lines, j)
		return nil
	})
	if err == nil && len(out.lines) == 0 {
		err = fmt.Errorf("%s: no judgements", name)
	}
	return out, err
}

// within opens a file for fn.
func within[T any](path string, fn func(io.Reader) (T, error)) (T, error) {
	f, err := os.Open(path)
	if err != nil {
		var none T
		return none, fmt.Errorf("data set: %w", err)
	}
	defer f.Close() //nolint:errcheck // only read
	return fn(f)
}

// Lines calls fn with each line that is not blank, and puts file and line
// before its errors. A line may have 16 MB.
func Lines(ctx context.Context, name string, in io.Reader, fn func(line int, text []byte) error) error {
	sc := bufio.NewScanner(in)
	sc.Buffer(make([]byte, 0, 64<<10), maxLine)
	n := 0
	for sc.Scan() {
		n++
		raw := sc.Bytes()
		if n == 1 {
			raw = bytes.TrimPrefix(raw, []byte("\ufeff"))
		}
		if len(bytes.TrimSpace(raw)) == 0 {
			continue
		}
		if err := ctx.Err(); err != nil {
			return fmt.Errorf("read %s: %w", name, err)
		}
		if err := fn(n, raw); err != nil {
			return fmt.Errorf("%s:%d: %w", name, n, err)
		}
	}
	if err := sc.Err(); errors.Is(err, bufio.ErrTooLong) {
		return fmt.Errorf("%s:%d: the line is longer than %d MB", name, n+1, maxLine>>20)
	} else if err != nil {
		return fmt.Errorf("read %s: %w", name, err)
	}
	return nil
}
