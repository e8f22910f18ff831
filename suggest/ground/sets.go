package ground

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/sufflor/sufflor/index/lang"
)

// Texts is a context: a string or a list of passages.
type Texts []string

// UnmarshalJSON implements [json.Unmarshaler].
func (t *Texts) UnmarshalJSON(data []byte) error {
	var one string
	if err := json.Unmarshal(data, &one); err == nil {
		*t = Texts{one}
		return nil
	}
	var many []string
	if err := json.Unmarshal(data, &many); err != nil {
		return errors.New("context: want a string or a list of strings")
	}
	*t = many
	return nil
}

// Row is a response with its passages and, in a labelled set, its label.
type Row struct {
	ID       json.RawMessage `json:"id"`
	Context  Texts           `json:"context"`
	Question string          `json:"question"`
	Response *string         `json:"response"`
	Label    *int            `json:"label"` // 1: something is unsupported
	Answer   string          `json:"answer"`
	Language string          `json:"language"`
	group    string
}

// Set is a labelled set.
type Set struct {
	Name string
	Rows []Row
	Made bool // by us, not labelled by people
}

// ReadSets reads the *.jsonl files of folders, or files, that hold labelled
// responses. Gold answers without a label (field answer) are supported ones.
// Labels of the sets that flip names, by a part of their path, stand the other
// way round. Rows of other kinds are left out; a file without any usable row is an error.
func ReadSets(paths, flip []string) ([]Set, error) {
	var out []Set
	for _, path := range paths {
		files, err := filepath.Glob(filepath.Join(path, "*.jsonl"))
		if err != nil {
			return nil, fmt.Errorf("look for sets in %s: %w", path, err)
		}
		if len(files) == 0 {
			files = []string{path}
		}
		slices.Sort(files)
		for _, file := range files {
			data, err := os.ReadFile(file)
			if err != nil {
				return nil, fmt.Errorf("read a labelled set: %w", err)
			}
			flipped := slices.ContainsFunc(flip, func(f string) bool { return f != "" && strings.Contains(file, f) })
			s := Set{Name: filepath.Base(filepath.Dir(file)) + "/" + strings.TrimSuffix(filepath.Base(file), ".jsonl")}
			n := 0
			for line := range strings.Lines(string(data)) {
				n++
				if strings.TrimSpace(line) == "" {
					continue
				}
				var r Row
				if err := json.Unmarshal([]byte(line), &r); err != nil {
					return nil, fmt.Errorf("%s:%d: %w", file, n, err)
				}
				if r.Response == nil && r.Answer != "" {
					zero := 0
					r.Response, r.Label = &r.Answer, &zero
				}
				if r.Label != nil && *r.Label != 0 && *r.Label != 1 {
					return nil, fmt.Errorf("%s:%d: label %d; want 0 (supported) or 1 (something is not)", file, n, *r.Label)
				}
				if flipped && r.Label != nil {
					*r.Label = 1 - *r.Label
				}
				if r.Response != nil && r.Label != nil && len(r.Context) > 0 {
					s.Rows = append(s.Rows, r)
				}
			}
			if len(s.Rows) == 0 {
				return nil, fmt.Errorf("%s: no row with context, response and label", file)
			}
			out = append(out, s)
		}
	}
	return out, nil
}

// LanguageOf tells the language of a response from itself and its passages,
// unless a row names it.
func LanguageOf(r Row) string {
	if r.Language != "" {
		return r.Language
	}
	text := *r.Response
	for _, c := range r.Context {
		if len(text) > 600 {
			break
		}
		text += "\n" + c
	}
	return lang.Detect(text).Language
}
