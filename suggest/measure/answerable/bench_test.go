package answerable_test

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sufflor/sufflor/index"
	retrieval "github.com/sufflor/sufflor/index/measure"
	"github.com/sufflor/sufflor/suggest"
	"github.com/sufflor/sufflor/suggest/extract"
	"github.com/sufflor/sufflor/suggest/measure"
	"github.com/sufflor/sufflor/suggest/measure/answerable"
)

func bench(t *testing.T) (answerable.Bench, *index.Local) {
	t.Helper()
	x, err := index.Open(t.Context(), t.TempDir(), index.Options{})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, x.Close()) })
	cut := func(_ context.Context, workspace string, d retrieval.Document) ([]index.Passage, error) {
		return []index.Passage{{
			ID: workspace + "/" + d.ID, Workspace: workspace, Audience: index.Public, Document: d.ID,
			Title: d.Title, Text: d.Text, Language: d.Language, Kind: index.KindText,
		}}, nil
	}
	return answerable.Bench{Index: x, Writer: extract.New(), Framer: extract.New(), Model: suggest.DefaultModel(), Cut: cut}, x
}

// set writes a set of which document d2 says what d1 says.
func set(t *testing.T) *retrieval.Set {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "own_en")
	for name, text := range map[string]string{
		"corpus.jsonl": `{"_id":"d1","title":"Pump","text":"The pump takes 38 litres of hydraulic oil."}
{"_id":"d2","title":"Pump again","text":"The pump  takes 38 litres of hydraulic oil."}
{"_id":"d3","title":"Returns","text":"Unused parts can be returned within 30 days."}
`,
		"queries.jsonl": `{"_id":"q1","text":"How many litres of hydraulic oil does the pump take?"}
{"_id":"q2","text":"Within how many days can unused parts be returned?"}
`,
		"qrels/test.tsv": "q1\td1\t1\nq2\td3\t1\n",
	} {
		path := filepath.Join(dir, name)
		require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o750))
		require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
	}
	s, err := retrieval.Open(t.Context(), dir, retrieval.Options{})
	require.NoError(t, err)
	return s
}

func TestEachQuestionIsAskedWithItsDocumentsAndWithout(t *testing.T) {
	b, x := bench(t)
	examples, err := b.Ask(t.Context(), set(t))
	require.NoError(t, err)
	require.Len(t, examples, 4)
	for i, e := range examples {
		require.Equal(t, "own_en", e.Set)
		require.Equal(t, "own", e.Family())
		require.Equal(t, i%2 == 0, e.Answerable)
		require.Equal(t, e.Answerable, e.Right, "%s: also from the document of the same text", e.ID)
	}
	require.Less(t, examples[1].Features["own"], 0.5, "the document of the same text is gone, too")
	res, err := x.Search(t.Context(), index.Query{Workspace: "own_en", Text: "pump", Language: "en"})
	require.NoError(t, err)
	require.Len(t, res.Hits, 2, "what was taken out is back")

	b, _ = bench(t)
	b.Most = 1
	examples, err = b.Ask(t.Context(), set(t))
	require.NoError(t, err)
	require.Len(t, examples, 2)
}

func TestGivenPassagesAreAskedAlone(t *testing.T) {
	path := filepath.Join(t.TempDir(), "near_en", "dev.jsonl")
	require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o750))
	write := func(s string) { require.NoError(t, os.WriteFile(path, []byte(s), 0o600)) }
	for _, tt := range []struct{ text, want string }{
		{"", "no questions"},
		{"{", "dev.jsonl:1"},
		{`{"id":"a","context":"x","question":"y"}`, "answerable are required"},
		{`{"id":"a","context":"x","question":"y","answerable":true}` + "\n\n" + `{"id":"a","context":"x","question":"y","answerable":true}`, "dev.jsonl:3"},
	} {
		write(tt.text)
		_, err := answerable.OpenGiven(t.Context(), path, "en")
		require.ErrorContains(t, err, tt.want)
	}
	write(`{"id":"a","title":"Pump","context":"The pump takes 38 litres of oil.","question":"How many litres of oil does the pump take?","answerable":true,"more":1}
{"id":"b","title":"Returns","context":"Parts can be returned within 30 days.","question":"How many litres of oil does the pump take?","answerable":false}
`)
	g, err := answerable.OpenGiven(t.Context(), path, "en")
	require.NoError(t, err)
	b, _ := bench(t)
	examples, err := b.AskGiven(t.Context(), g)
	require.NoError(t, err)
	require.Len(t, examples, 2)
	require.True(t, examples[0].Right)
	require.False(t, examples[1].Right)
	require.Greater(t, examples[0].Features["own"], examples[1].Features["own"], "the other's passage is not seen")
}

// made are examples whose feature x tells what is right, in two families.
func made() (out []measure.Example) {
	for i := range 400 {
		right := i%4 == 0
		x := float64(i%7) / 10
		if right {
			x += 0.35
		}
		out = append(out, measure.Example{
			Set: []string{"a_nb", "b_en"}[i/200], ID: fmt.Sprint(i / 2), Language: "nb", Answerable: i%2 == 0, Right: right, Features: map[string]float64{"x": x},
		})
	}
	return out
}

func TestAFamilyIsJudgedByWhatWasLearnedOfOthers(t *testing.T) {
	var seen [][]measure.Example
	p, err := answerable.LeftOut(made(), func(others []measure.Example) (func(measure.Example) float64, error) {
		seen = append(seen, others)
		return func(e measure.Example) float64 { return e.Features["x"] }, nil
	})
	require.NoError(t, err)
	require.Len(t, seen, 2)
	require.Equal(t, "b_en", seen[0][0].Set)
	require.Len(t, seen[0], 200)
	r := answerable.Judge("a_nb", made()[:200], p, answerable.Thresholds{Low: 0.3, High: 0.9})
	require.Equal(t, 100, r.Questions)
	require.InDelta(t, 0.5, r.Found, 1e-9)
	require.Greater(t, r.Right.AUROC, 0.75)
	_, err = answerable.LeftOut(made()[:200], nil)
	require.ErrorContains(t, err, "family")
}

func TestAWorkspaceLearnsFromTheOtherHalf(t *testing.T) {
	probability := func(e measure.Example) float64 { return min(0.55+e.Features["x"]/3, 0.99) } // much too sure
	plain := answerable.Judge("a", made(), probability, answerable.Thresholds{Low: 0.4, High: 0.9})
	learned := answerable.Calibrated("a", made(), probability, suggest.Thresholds{High: 0.9, Medium: 0.6, Low: 0.4})
	require.Equal(t, 400, learned.Labels)
	require.Less(t, learned.Right.ECE, plain.Right.ECE/2)
	require.InDelta(t, plain.Right.AUROC, learned.Right.AUROC, 0.06, "the order stays, but for the halves")

	var b bytes.Buffer
	names, sets := answerable.BySet(made())
	require.Equal(t, []string{"a_nb", "b_en"}, names)
	require.Len(t, sets["b_en"], 200)
	require.NoError(t, answerable.Write(&b, []answerable.SetReport{plain, learned}))
	require.Contains(t, b.String(), "AUROC right")
}
