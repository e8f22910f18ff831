// Package measure says how good retrieval, drafts and flags are on messages
// whose answers are known.
package measure

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"unicode"

	"github.com/sufflor/sufflor/index"
	"github.com/sufflor/sufflor/suggest"
)

// Message is a customer's message with what a right answer rests on.
// testdata/eval/README.md describes the fields.
type Message struct {
	ID        string     `json:"id"`
	Split     string     `json:"split"` // dev or test
	Language  string     `json:"lang"`
	Kind      string     `json:"kind"`
	Style     []string   `json:"style"`
	Customer  string     `json:"customer"`
	History   []Turn     `json:"history"`
	Text      string     `json:"text"`
	Questions []Question `json:"questions"`
}

// Turn is an earlier message.
type Turn struct {
	Role string `json:"role"`
	Text string `json:"text"`
}

// Question is one thing the customer wants.
type Question struct {
	About      string     `json:"about"`
	Answerable bool       `json:"answerable"`
	Needs      [][]Need   `json:"needs"`
	Facts      [][]string `json:"facts"`
}

// Need names a passage by document and words.
type Need struct {
	Doc   string `json:"doc"`
	Quote string `json:"quote"`
}

// Load reads all *.jsonl of a folder, in order of names.
func Load(dir string) ([]Message, error) {
	files, err := filepath.Glob(filepath.Join(dir, "*.jsonl"))
	if err != nil {
		return nil, err
	}
	if len(files) == 0 {
		return nil, fmt.Errorf("%s: no *.jsonl with messages; see testdata/eval/README.md for the format", dir)
	}
	return loadFiles(files)
}

func loadFiles(files []string) ([]Message, error) {
	var out []Message
	seen := map[string]string{}
	for _, f := range files {
		data, err := os.ReadFile(f)
		if err != nil {
			return nil, err
		}
		sc := bufio.NewScanner(bytes.NewReader(data))
		sc.Buffer(nil, 1<<20)
		for line := 1; sc.Scan(); line++ {
			if len(bytes.TrimSpace(sc.Bytes())) == 0 {
				continue
			}
			var m Message
			dec := json.NewDecoder(bytes.NewReader(sc.Bytes()))
			dec.DisallowUnknownFields()
			if err := dec.Decode(&m); err != nil {
				return nil, fmt.Errorf("%s:%d: %w", f, line, err)
			}
			if m.ID == "" || seen[m.ID] != "" {
				return nil, fmt.Errorf("%s:%d: id %q is empty or was used in %s", f, line, m.ID, seen[m.ID])
			}
			seen[m.ID] = f
			out = append(out, m)
		}
		if err := sc.Err(); err != nil {
			return nil, fmt.Errorf("%s: %w", f, err)
		}
	}
	return out, nil
}

// request is what the desk would deliver.
func (m Message) request() suggest.Request {
	r := suggest.Request{Text: m.Text, Customer: m.Customer}
	for _, t := range m.History {
		r.History = append(r.History, suggest.Turn{Agent: t.Role == "agent", Text: t.Text})
	}
	return r
}

// Right reports whether p is a right passage for a group of needs.
func Right(p index.Passage, group []Need) bool {
	body := fold(strings.Join(append([]string{p.Question, p.Text, p.Title}, p.Headings...), "\n"))
	return slices.ContainsFunc(group, func(n Need) bool {
		return (p.Source == n.Doc || strings.HasSuffix(filepath.ToSlash(p.Source), "/"+n.Doc)) && strings.Contains(body, fold(n.Quote))
	})
}

// HasFact reports whether text states one of the alternatives.
func HasFact(text string, alternatives []string) bool {
	t := digits(fold(text))
	return slices.ContainsFunc(alternatives, func(a string) bool { return strings.Contains(t, digits(fold(a))) })
}

// fold makes texts comparable without regard to case and kind of white space.
func fold(s string) string {
	return strings.Join(strings.FieldsFunc(strings.ToLower(s), unicode.IsSpace), " ")
}

// digits drops separators between groups of three digits: 38 900 is 38900.
func digits(s string) string {
	r := []rune(s)
	out := make([]rune, 0, len(r))
	for i, c := range r {
		if (c == ' ' || c == '.' || c == ',' || c == '\'' || c == '’') && i > 0 && unicode.IsDigit(r[i-1]) && three(r[i+1:]) {
			continue
		}
		out = append(out, c)
	}
	return string(out)
}

func three(r []rune) bool {
	for i := range 3 {
		if i >= len(r) || !unicode.IsDigit(r[i]) {
			return false
		}
	}
	return len(r) == 3 || !unicode.IsDigit(r[3])
}
