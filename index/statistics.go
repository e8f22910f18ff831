package index

import (
	"encoding/json"
	"fmt"
	"maps"
	"strings"

	bleve "github.com/blevesearch/bleve_index_api"
)

// statistics is what BM25 must know of one workspace as a whole. They are
// written in the same batch as the passages they count, so that every reader
// sees both from the same moment, and deletions count at once.
type statistics struct {
	Passages  int                   `json:"passages"`
	Languages map[string]int        `json:"languages"` // passages, by their language as given
	Audiences map[Audience]int      `json:"audiences"`
	Fields    map[string]fieldStats `json:"fields"`
}

// fieldStats is one field of one workspace.
type fieldStats struct {
	Passages int `json:"n"` // that have at least one term in it
	Length   int `json:"l"` // terms in all of them
}

// average is the mean length.
func (f fieldStats) average() float64 {
	if f.Passages == 0 {
		return 1
	}
	return float64(f.Length) / float64(f.Passages)
}

const statisticsPrefix = "statistics/"

func statisticsKey(workspace string) []byte { return []byte(statisticsPrefix + workspace) }

// readStatistics is the statistics of workspace as r sees them; of an unknown
// workspace they are empty.
func readStatistics(r bleve.IndexReader, workspace string) (statistics, error) {
	s := statistics{Languages: map[string]int{}, Audiences: map[Audience]int{}, Fields: map[string]fieldStats{}}
	raw, err := r.GetInternal(statisticsKey(workspace))
	if err != nil {
		return s, fmt.Errorf("statistics of workspace %q: %w", workspace, err)
	}
	if raw == nil {
		return s, nil
	}
	if err := json.Unmarshal(raw, &s); err != nil {
		return s, fmt.Errorf("statistics of workspace %q: %w: %w", workspace, ErrCorrupt, err)
	}
	return s, nil
}

// allStatistics is the statistics of every workspace r sees.
func allStatistics(r bleve.IndexReader) (map[string]statistics, error) {
	all := map[string]statistics{}
	snapshot, ok := r.(interface{ Internal() map[string][]byte })
	if !ok {
		return nil, fmt.Errorf("statistics: a reader of type %T does not list them", r)
	}
	for key := range maps.Keys(snapshot.Internal()) {
		workspace, ok := strings.CutPrefix(key, statisticsPrefix)
		if !ok {
			continue
		}
		s, err := readStatistics(r, workspace)
		if err != nil {
			return nil, err
		}
		all[workspace] = s
	}
	return all, nil
}

// count adds d by times, 1 or -1.
func (s *statistics) count(d details, by int) {
	s.Passages += by
	add(s.Languages, d.Language, by)
	add(s.Audiences, d.Audience, by)
	for name, length := range d.Lengths {
		f := s.Fields[name]
		f.Passages += by
		f.Length += by * length
		if f.Passages == 0 {
			delete(s.Fields, name)
			continue
		}
		s.Fields[name] = f
	}
}

func add[K comparable](m map[K]int, key K, by int) {
	if m[key] += by; m[key] == 0 {
		delete(m, key)
	}
}

// indexed is the languages that have fields of their own here, neutral among
// them, with their passages.
func (s statistics) indexed() map[string]int {
	out := map[string]int{}
	for language, n := range s.Languages {
		out[known(language)] += n
	}
	return out
}
