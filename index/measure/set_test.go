package measure_test

import (
	"context"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sufflor/sufflor/index/measure"
)

// files writes a set into a folder called name. Files that are not given are
// good ones.
func files(t *testing.T, name string, given map[string]string) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), name)
	all := map[string]string{
		"corpus.jsonl":   `{"_id": "d1", "title": "", "text": "one"}` + "\n" + `{"_id": "d2", "text": "two"}` + "\n",
		"queries.jsonl":  `{"_id": "q1", "text": "one?"}` + "\n" + `{"_id": "q2", "text": "two?"}` + "\n",
		"qrels/test.tsv": "query-id\tcorpus-id\tscore\nq1\td1\t1\nq2\td2\t2\n",
	}
	maps.Copy(all, given)
	for name, text := range all {
		if text == gone {
			continue
		}
		path := filepath.Join(dir, filepath.FromSlash(name))
		require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o755))
		require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
	}
	return dir
}

// gone is the content of a file that is not there.
const gone = "\x00gone"

func TestOpenNamesWhatIsWrong(t *testing.T) {
	for _, tt := range []struct {
		name       string
		file, text string
		options    measure.Options
		want       string
	}{
		{"no corpus", "corpus.jsonl", gone, measure.Options{}, "corpus.jsonl: no such file"},
		{"no questions file", "queries.jsonl", gone, measure.Options{}, "queries.jsonl: no such file"},
		{"no judgements", "qrels/test.tsv", gone, measure.Options{}, "qrels: no *.tsv with judgements; need test.tsv"},
		{"an empty corpus", "corpus.jsonl", "\n\n", measure.Options{}, "corpus.jsonl: no documents"},
		{"an empty questions file", "queries.jsonl", "", measure.Options{}, "queries.jsonl: no questions"},
		{"judgements with a header only", "qrels/test.tsv", "query-id\tcorpus-id\tscore\n", measure.Options{}, "test.tsv: no judgements"},
		{"judgements without a relevant document", "qrels/test.tsv", "q1\td1\t0\n", measure.Options{}, "test.tsv: no question has a document with a score above 0"},
		{"broken JSON in line 3", "corpus.jsonl", "{\"_id\": \"a\", \"text\": \"\"}\n\n{\"_id\": \"b\", \"text\": \"\n", measure.Options{}, "corpus.jsonl:3: not a JSON object"},
		{"a line that is a list", "queries.jsonl", "[1]\n", measure.Options{}, "queries.jsonl:1: line: a array where a text is needed"},
		{"a text that is a number", "corpus.jsonl", `{"_id": "a", "text": 1}`, measure.Options{}, "corpus.jsonl:1: text: a number where a text is needed"},
		{"a title that is a list", "corpus.jsonl", `{"_id": "a", "title": [], "text": ""}`, measure.Options{}, "corpus.jsonl:1: title: a array where a text is needed"},
		{"a document without text", "corpus.jsonl", `{"_id": "a", "title": "t"}`, measure.Options{}, "corpus.jsonl:1: text: required"},
		{"a question without text", "queries.jsonl", `{"_id": "q1", "text": "x"}` + "\n" + `{"_id": "q2"}`, measure.Options{}, "queries.jsonl:2: text: required"},
		{"a question whose text is null", "queries.jsonl", `{"_id": "q2", "text": null}`, measure.Options{}, "queries.jsonl:1: text: required"},
		{"no id", "corpus.jsonl", `{"text": "a"}`, measure.Options{}, "corpus.jsonl:1: _id: required"},
		{"an id that is a list", "corpus.jsonl", `{"_id": ["a"], "text": "a"}`, measure.Options{}, "corpus.jsonl:1: _id: must be a text or a number"},
		{"an id that is null", "corpus.jsonl", `{"_id": null, "text": "a"}`, measure.Options{}, "corpus.jsonl:1: _id: required"},
		{"an id with a tab", "corpus.jsonl", `{"_id": "a\tb", "text": "a"}`, measure.Options{}, `corpus.jsonl:1: _id: "a\tb" must not hold`},
		{"an endless id", "corpus.jsonl", `{"_id": "` + strings.Repeat("a", measure.MaxIDBytes+1) + `", "text": "a"}`, measure.Options{}, "corpus.jsonl:1: _id: longer than"},
		{"an endless line", "corpus.jsonl", "\n" + strings.Repeat("a", measure.MaxLine+1), measure.Options{}, "corpus.jsonl:2: the line is longer than 16 MB"},
		{"a document twice", "corpus.jsonl", strings.Repeat(`{"_id": "a", "text": "a"}`+"\n", 2), measure.Options{}, `corpus.jsonl:2: _id: "a" stands in line 1, too`},
		{"a question twice", "queries.jsonl", strings.Repeat(`{"_id": "a", "text": "a"}`+"\n", 2), measure.Options{}, `queries.jsonl:2: _id: "a" stands in line 1, too`},
		{"a language that is no code", "corpus.jsonl", `{"_id": "a", "text": "a", "language": "Norwegian Bokmål"}`, measure.Options{}, `corpus.jsonl:1: language: "Norwegian Bokmål" is not a language code`},
		{"a language in the metadata that is no code", "corpus.jsonl", `{"_id": "a", "text": "a", "metadata": {"language": "?"}}`, measure.Options{}, `corpus.jsonl:1: metadata.language: "?" is not a language code`},
		{"judgements of two columns", "qrels/test.tsv", "q1\td1\n", measure.Options{}, "test.tsv:1: 2 columns"},
		{"a score in words after the header", "qrels/test.tsv", "a\tb\tc\nq1\td1\tyes\n", measure.Options{}, `test.tsv:2: score: "yes" is not a whole number`},
		{"half a score", "qrels/test.tsv", "q1\td1\t0.5\n", measure.Options{}, `test.tsv:1: score: "0.5" is not a whole number`},
		{"an endless score", "qrels/test.tsv", "q1\td1\tInf\n", measure.Options{}, `test.tsv:1: score: "Inf" is not a whole number`},
		{"a judgement without a document", "qrels/test.tsv", "q1\t\t1\n", measure.Options{}, "test.tsv:1: document: required"},
		{"two opinions", "qrels/test.tsv", "q1\td1\t1\nq1\td1\t2\n", measure.Options{}, `test.tsv:2: score: 2 for document "d1" of question "q1", which has 1 in line 1`},
		{"a split that is not there", "", "", measure.Options{Split: "dev"}, "qrels: no dev.tsv; choose a split of: test"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			given := map[string]string{}
			if tt.file != "" {
				given[tt.file] = tt.text
			}
			_, err := measure.Open(t.Context(), files(t, "set", given), tt.options)
			require.ErrorContains(t, err, tt.want)
		})
	}
}

func TestOpenCountsWhatDoesNotFitTogether(t *testing.T) {
	dir := files(t, "set_nb", map[string]string{
		"queries.jsonl": `{"_id": "q1", "text": "a"}` + "\n" + `{"_id": "q2", "text": "b"}` + "\n" + `{"_id": "q3", "text": "c"}` + "\n",
		"qrels/test.tsv": "q1\td1\t1\nq1\td1\t1\nq1\tlost\t2\nq2\td2\t0\nq9\td2\t1\nq8\tlost\t0\n" +
			"q1\tl1\t0\nq1\tl2\t0\nq1\tl3\t0\nq1\tl4\t0\n",
	})
	s, err := measure.Open(t.Context(), dir, measure.Options{})
	require.NoError(t, err)
	require.Equal(t, []measure.Query{{ID: "q1", Text: "a", Language: "nb"}, {ID: "q9", Language: "nb", Missing: true}}, s.Queries)
	require.Equal(t, map[string]measure.Relevance{"q1": {"d1": 1, "lost": 2}, "q9": {"d2": 1}}, s.Judged)
	require.Equal(t, 2, s.Gaps.Unjudged, "q2 and q3")
	require.Equal(t, 2, s.Gaps.MissingQuestions, "q8 and q9")
	require.Equal(t, 6, s.Gaps.MissingDocuments)
	require.Equal(t, 1, s.Gaps.Repeated)
	require.Len(t, s.Gaps.Examples, measure.GapExampleCount)
	require.Contains(t, s.Gaps.Examples[0], `test.tsv:3: document "lost" is not in corpus.jsonl`)
	require.Contains(t, s.Gaps.Examples[1], `test.tsv:5: question "q9" is not in queries.jsonl`)
}

func TestOpenReadsWhatSetsLookLike(t *testing.T) {
	for _, tt := range []struct {
		name  string
		given map[string]string
		split string
	}{
		{"no header", map[string]string{"qrels/test.tsv": "q1\td1\t1\nq2\td2\t2\n"}, "test"},
		{"the columns of TREC, parted by spaces", map[string]string{"qrels/test.tsv": "q1 0 d1 1\nq2 0 d2 2\n"}, "test"},
		{"scores with a point", map[string]string{"qrels/test.tsv": "q1\td1\t1.0\nq2\td2\t2.0\n"}, "test"},
		{"Windows line ends and a byte order mark", map[string]string{
			"qrels/test.tsv": "\ufeffquery-id\tcorpus-id\tscore\r\nq1\td1\t1\r\nq2\td2\t2\r\n",
			"queries.jsonl":  "\ufeff{\"_id\": \"q1\", \"text\": \"one?\"}\r\n{\"_id\": \"q2\", \"text\": \"two?\"}",
		}, "test"},
		{"test among other splits", map[string]string{"qrels/dev.tsv": "q1\td2\t1\n"}, "test"},
		{"another split, the only one", map[string]string{"qrels/test.tsv": gone, "qrels/dev.tsv": "q1\td1\t1\nq2\td2\t2\n"}, "dev"},
		{"judged not relevant, in numbers below 0", map[string]string{"qrels/test.tsv": "q1\td1\t1\nq2\td2\t2\nq2\td1\t-1\n"}, "test"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s, err := measure.Open(t.Context(), files(t, "set_en", tt.given), measure.Options{})
			require.NoError(t, err)
			require.Equal(t, map[string]measure.Relevance{"q1": {"d1": 1}, "q2": {"d2": 2}}, s.Judged)
			require.Equal(t, tt.split, s.Split)
			require.Equal(t, measure.Gaps{}, s.Gaps)
			require.Equal(t, []measure.Query{{ID: "q1", Text: "one?", Language: "en"}, {ID: "q2", Text: "two?", Language: "en"}}, s.Queries)
			require.Equal(t, 2, s.Documents)
		})
	}
	t.Run("ids that are numbers", func(t *testing.T) {
		s, err := measure.Open(t.Context(), files(t, "set", map[string]string{
			"corpus.jsonl": `{"_id": 17, "text": "one"}`, "queries.jsonl": `{"_id": 4, "text": "one?"}`, "qrels/test.tsv": "4\t17\t1\n",
		}), measure.Options{})
		require.NoError(t, err)
		require.Equal(t, measure.Gaps{}, s.Gaps)
	})
}

func TestLanguages(t *testing.T) {
	const norwegian, english = "Hvor lenge varer garantien på pumpen?", "How long is the warranty of the pump?"
	corpus := `{"_id": "d1", "text": "` + norwegian + `"}` + "\n" + `{"_id": "d2", "text": "` + english + `", "language": "nn-NO"}` + "\n" +
		`{"_id": "d3", "text": "` + english + `", "metadata": {"language": "sv", "url": 1}}` + "\n" + `{"_id": "d4", "text": "` + norwegian + `", "metadata": "free", "language": "fr"}` + "\n"
	queries := `{"_id": "q1", "text": "` + english + `"}` + "\n" + `{"_id": "q2", "text": "` + norwegian + `", "language": "DA"}` + "\n"
	for _, tt := range []struct {
		name, set          string
		options            measure.Options
		documents, queries []string
	}{
		{"line, then text", "set", measure.Options{}, []string{"nb", "nb", "sv", "fr"}, []string{"en", "da"}},
		{"line, then name", "set_fi", measure.Options{}, []string{"fi", "nb", "sv", "fr"}, []string{"fi", "da"}},
		{"line, then the name's two", "set_x_fi_de", measure.Options{}, []string{"de", "nb", "sv", "fr"}, []string{"fi", "da"}},
		{"what is asked for", "set_fi", measure.Options{Language: "de", QueryLanguage: "en"}, []string{"de", "de", "de", "de"}, []string{"en", "en"}},
		{"only documents", "set_fi", measure.Options{Language: "de"}, []string{"de", "de", "de", "de"}, []string{"fi", "da"}},
		{"the text, whatever is said", "set_fi", measure.Options{Language: measure.Detect, QueryLanguage: measure.Detect}, []string{"nb", "en", "en", "nb"}, []string{"en", "nb"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s, err := measure.Open(t.Context(), files(t, tt.set, map[string]string{"corpus.jsonl": corpus, "queries.jsonl": queries}), tt.options)
			require.NoError(t, err)
			var documents, asked []string
			require.NoError(t, s.Each(t.Context(), func(d measure.Document) error {
				documents = append(documents, d.Language)
				return nil
			}))
			for _, q := range s.Queries {
				asked = append(asked, q.Language)
			}
			require.Equal(t, tt.documents, documents)
			require.Equal(t, tt.queries, asked)
		})
	}
}

func TestLanguagesOfNames(t *testing.T) {
	for name, want := range map[string][2]string{
		"swefaq_sv": {"sv", "sv"}, "xquad_x_en_de": {"de", "en"}, "cranfield": {}, "faq-no": {"nb", "nb"}, "nb": {"nb", "nb"}, "faq_nn": {"nb", "nb"},
		"de_faq": {}, "faq_fr": {}, "": {}, "__": {}, "en_de": {"de", "de"}, "norsk": {},
	} {
		documents, questions := measure.LanguagesOf(name)
		require.Equal(t, want, [2]string{documents, questions}, name)
	}
}

func TestFind(t *testing.T) {
	root := t.TempDir()
	for _, name := range []string{"b/corpus.jsonl", "a/corpus.jsonl", "other/README.md", "file"} {
		require.NoError(t, os.MkdirAll(filepath.Dir(filepath.Join(root, name)), 0o755))
		require.NoError(t, os.WriteFile(filepath.Join(root, name), nil, 0o600))
	}
	found, left, err := measure.Find(root)
	require.NoError(t, err)
	require.Equal(t, []string{filepath.Join(root, "a"), filepath.Join(root, "b")}, found)
	require.Equal(t, []string{"other"}, left)

	found, _, err = measure.Find(filepath.Join(root, "a"))
	require.NoError(t, err)
	require.Equal(t, []string{filepath.Join(root, "a")}, found)

	_, _, err = measure.Find(filepath.Join(root, "other"))
	require.ErrorContains(t, err, "other: no corpus.jsonl in it, nor in a folder in it")
	_, _, err = measure.Find(filepath.Join(root, "nowhere"))
	require.ErrorIs(t, err, os.ErrNotExist)
}

func TestReadingEndsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := measure.Open(ctx, files(t, "set", nil), measure.Options{})
	require.ErrorIs(t, err, context.Canceled)
}

// Whatever is read is within its bounds, and an error names the place.
func FuzzReaders(f *testing.F) {
	f.Add([]byte(`{"_id": "a", "title": "t", "text": "x", "language": "nb", "metadata": {"language": "en"}}`))
	f.Add([]byte(`{"_id": 12e3, "text": ""}`))
	f.Add([]byte(`{"_id": null, "text": null, "metadata": [1]}`))
	f.Add([]byte("query-id\tcorpus-id\tscore\nq1\td 1\t1\nq1\td2\t-0\n"))
	f.Add([]byte("q1 0 d1 1\r\nq1 0 d2 1e300\n"))
	f.Add([]byte("q1\tQ0\td1\t1\t2.5\ttag\nq1\tQ0\td2\t2\t2.5\ttag\nq1 Q0 d3 3 NaN tag"))
	f.Add([]byte("\ufeff\n\n\x00\xff"))
	f.Fuzz(func(t *testing.T, raw []byte) {
		if id, ok := measure.ParseText(raw); ok && (id == "" || len(id) > measure.MaxIDBytes || strings.ContainsAny(id, "\t\n")) {
			t.Fatalf("took the id %q", id)
		}
		for _, j := range measure.Judgements(t.Context(), raw) {
			if j.Question == "" || j.Document == "" || j.Score > measure.MaxJudgedScore || strings.ContainsAny(j.Question+j.Document, "\t\n") {
				t.Fatalf("took the judgement %+v", j)
			}
		}
		run, err := measure.ReadRunFrom(t.Context(), "fuzz.run", strings.NewReader(string(raw)))
		if err != nil {
			if !strings.Contains(err.Error(), "fuzz.run") {
				t.Fatalf("the error names no file: %v", err)
			}
			return
		}
		if strings.Contains(string(raw), "\ufeff") {
			return // a mark at the start of a file is not part of the first id
		}
		// What we write of it, any reader has in the same order.
		var out strings.Builder
		require.NoError(t, run.Write(&out, "tag"))
		again, err := measure.ReadRunFrom(t.Context(), "again.run", strings.NewReader(out.String()))
		require.NoError(t, err)
		for q, found := range run {
			require.Len(t, again[q], len(found))
			for i, d := range found {
				require.Equal(t, d.Document, again[q][i].Document)
			}
		}
	})
}
