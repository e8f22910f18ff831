package bilingual_test

import (
	"bufio"
	"context"
	"encoding/json"
	"flag"
	"hash/fnv"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sufflor/sufflor/index"
	"github.com/sufflor/sufflor/index/bilingual"
)

var (
	setsFlag  = flag.String("sets", "", "prefix of BEIR sets in several languages whose ids are the same, such as DIR/msbc_faq")
	pairsFlag = flag.String("pairs", "en>nb,nb>de,sv>nb,fi>en,da>fi", "languages of questions and answers")
)

// TestAcrossLanguages measures questions whose answers only another language
// has. Terms are learnt from one half of the documents, by their names; the
// questions are on the other half.
//
//	go test ./index/bilingual -run TestAcrossLanguages -v -sets DIR/msbc_faq
func TestAcrossLanguages(t *testing.T) {
	if *setsFlag == "" {
		t.Skip("-sets names no sets")
	}
	for p := range strings.SplitSeq(*pairsFlag, ",") {
		from, to, ok := strings.Cut(p, ">")
		require.True(t, ok, p)
		across(t, *setsFlag, from, to)
	}
}

type document struct {
	ID    string `json:"_id"`
	Title string `json:"title"`
	Text  string `json:"text"`
}

func readSet(t *testing.T, set, name string) (out []document) {
	t.Helper()
	f, err := os.Open(filepath.Join(set, name))
	require.NoError(t, err)
	defer f.Close()
	s := bufio.NewScanner(f)
	s.Buffer(nil, 16<<20)
	for s.Scan() {
		var d document
		require.NoError(t, json.Unmarshal(s.Bytes(), &d))
		out = append(out, d)
	}
	require.NoError(t, s.Err())
	return out
}

// taught reports whether terms are learnt from a document.
func taught(id string) bool {
	name, _, _ := strings.Cut(id, "#")
	h := fnv.New32a()
	h.Write([]byte(name))
	return h.Sum32()%2 == 0
}

func asPassages(docs []document, language string, all bool) (out []index.Passage) {
	n := map[string]int{}
	for _, d := range docs {
		if !all && !taught(d.ID) {
			continue
		}
		name, _, _ := strings.Cut(d.ID, "#")
		out = append(out, index.Passage{
			ID: language + d.ID, Workspace: "w", Collection: "c", Audience: index.Public, Document: language + name, Source: language + "/" + name,
			Title: d.Title, Kind: index.KindText, Language: language, Ordinal: n[name], Text: d.Text,
		})
		n[name]++
	}
	return out
}

// relevant is the documents that answer each question, those that are taught or
// the others.
func relevant(t *testing.T, set string, taughtOnes bool) map[string]map[string]bool {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(set, "qrels", "*.tsv"))
	require.NoError(t, err)
	require.NotEmpty(t, files)
	data, err := os.ReadFile(files[0])
	require.NoError(t, err)
	out := map[string]map[string]bool{}
	for line := range strings.Lines(string(data)) {
		c := strings.Split(strings.TrimSpace(line), "\t")
		if len(c) < 3 || c[0] == "query-id" || c[2] == "0" || taught(c[1]) != taughtOnes {
			continue
		}
		if out[c[0]] == nil {
			out[c[0]] = map[string]bool{}
		}
		out[c[0]][c[1]] = true
	}
	return out
}

func across(t *testing.T, sets, from, to string) {
	t.Helper()
	asked, held := sets+"_"+from, sets+"_"+to
	source, target := readSet(t, asked, "corpus.jsonl"), readSet(t, held, "corpus.jsonl")
	l := learn(t, asPassages(source, from, false), asPassages(target, to, true))
	foreign, mixed := open(t, asPassages(target, to, true)), open(t, asPassages(target, to, true), asPassages(source, from, false))
	for _, run := range []struct {
		name   string
		x      *index.Local
		taught bool   // questions on documents that both languages have
		answer string // language of the right ones
	}{
		{"the other language alone", foreign, false, to},
		{"both, answered in the other", mixed, false, to},
		{"both, answered in the question's", mixed, true, from},
	} {
		right := relevant(t, asked, run.taught)
		var figures [2]struct{ gain, recall float64 }
		n := 0
		for _, q := range readSet(t, asked, "queries.jsonl") {
			wanted := right[q.ID]
			if len(wanted) == 0 {
				continue
			}
			n++
			for i, s := range []interface {
				Search(ctx context.Context, q index.Query) (index.Result, error)
			}{run.x, bilingual.Index{Searcher: run.x, Terms: func(string) *bilingual.Lexicon { return l }}} {
				res, err := s.Search(t.Context(), index.Query{Workspace: "w", Text: q.Text, Language: from, Limit: 10})
				require.NoError(t, err)
				gain, ideal, hits := 0.0, 0.0, 0
				for j := range min(10, len(wanted)) {
					ideal += 1 / math.Log2(float64(j+2))
				}
				for j, h := range res.Hits {
					if id, ok := strings.CutPrefix(h.ID, run.answer); ok && wanted[id] {
						gain += 1 / math.Log2(float64(j+2))
						hits++
					}
				}
				figures[i].gain += gain / ideal
				figures[i].recall += float64(hits) / float64(len(wanted))
			}
		}
		require.Positive(t, n)
		t.Logf("%s>%s %-33s %3d questions: nDCG@10 %.3f -> %.3f, recall@10 %.3f -> %.3f", from, to, run.name, n,
			figures[0].gain/float64(n), figures[1].gain/float64(n), figures[0].recall/float64(n), figures[1].recall/float64(n))
	}
}
