package cases_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/sufflor/sufflor/index"
	"github.com/sufflor/sufflor/ingest"
	"github.com/sufflor/sufflor/ingest/cases"
)

func read(tb testing.TB, s string) (ingest.Document, error) {
	tb.Helper()
	return cases.Reader{}.Read(context.Background(), ingest.Input{Name: "test.json", Path: "test.json", Data: strings.NewReader(s), Size: int64(len(s))})
}

func TestShapes(t *testing.T) {
	want := ingest.Case{ID: "7", Question: "Is it tight?", Answer: "Yes.", Language: "en", Tags: []string{"lid", "K-07"}, Rating: "5", At: time.Date(2025, 3, 21, 14, 0, 0, 0, time.UTC)}
	tests := []struct {
		name, json string
		at         index.Locator
	}{
		{name: "a list", json: `[{"id":"7","question":"Is it tight?","answer":"Yes.","language":"en","tags":["lid","K-07"],"rating":5,"created_at":"2025-03-21T14:00:00Z"}]`, at: index.Locator{Case: "7", Line: 1, LineEnd: 1}},
		{name: "one a line", json: "\n" + `{"ticketId":7,"Question":"Is it tight?","reply":"Yes.","lang":"en","labels":"lid, K-07","score":"5","createdAt":"2025-03-21T14:00:00Z"}` + "\n", at: index.Locator{Case: "7", Line: 2, LineEnd: 2}},
		{name: "an object with a list", json: "{\n\"count\": 1,\n\"cases\": [\n{\"case_id\": 7,\n\"subject\":\"Is it tight?\",\"resolution\":\"Yes.\",\"locale\":\"en\",\"tags\":[\"lid\",\"K-07\"],\"csat\":5,\"date\":\"2025-03-21 14:00:00\"}\n]}", at: index.Locator{Case: "7", Line: 4, LineEnd: 5}},
		{name: "as Zendesk exports it", json: `{"tickets":[{"id":7,"subject":"tight","description":"Is it tight?","requester_id":11,"satisfaction_rating":{"score":5},"tags":["lid","K-07"],"language":"en","created_at":"2025-03-21T14:00:00Z","comments":[` +
			`{"author_id":11,"public":true,"body":"Is it tight?"},{"author_id":2,"public":false,"body":"ask Per"},{"author_id":2,"public":true,"html_body":"<p>Yes.</p>"},{"author_id":11,"public":true,"body":"Thanks"}]}]}`, at: index.Locator{Case: "7", Line: 1, LineEnd: 1}},
		{name: "in Norwegian", json: `[{"saksnr":7,"spørsmål":"Is it tight?","svar":"Yes.","språk":"en","kategori":"lid,K-07","vurdering":"5","dato":"2025-03-21 14:00"}]`, at: index.Locator{Case: "7", Line: 1, LineEnd: 1}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			doc, err := read(t, tt.json)
			require.NoError(t, err)
			require.Len(t, doc.Blocks, 1)
			require.Equal(t, want, *doc.Blocks[0].Case)
			require.Equal(t, tt.at, doc.Blocks[0].Locator)
		})
	}
}

func TestSubjectsAndMarkup(t *testing.T) {
	doc, err := read(t, `[{"id":1,"subject":"Overheating","body":"<div>It shows K-07 &amp; stops.</div><p>Why?</p><script>x()</script>","answer":"Let it<br>cool."},{"id":2,"subject":"How heavy?","question":"Hello, how heavy? is it","answer":"540 kg"}]`)
	require.NoError(t, err)
	require.Equal(t, "Overheating\nIt shows K-07 & stops.\nWhy?", doc.Blocks[0].Case.Question)
	require.Equal(t, "Let it\ncool.", doc.Blocks[0].Case.Answer)
	require.Equal(t, "Hello, how heavy? is it", doc.Blocks[1].Case.Question, "a subject that the question repeats is left out")
}

func TestWhatIsLeftOutIsSaid(t *testing.T) {
	doc, err := read(t, `[{"id":1,"question":"a?","answer":"b","rating":5},{"id":2,"question":"c?"},{"id":3,"question":"d?","answer":"e","rating":1},{"id":4,"question":"f?","answer":"g","rating":"bad"},{"question":"h?","answer":"i"}]`)
	require.NoError(t, err)
	require.Len(t, doc.Blocks, 2)
	require.Equal(t, "5", doc.Blocks[1].Case.ID, "a case without id is known by its place")
	require.Equal(t, []string{"1 cases without question or answer were left out: 2", "2 cases rated as unhelpful were left out: 3, 4"}, doc.Warnings)
}

func TestFaultsSayWhatWasExpected(t *testing.T) {
	tests := []struct {
		name, json string
		want       error
		says       string
	}{
		{name: "not JSON", json: "{\"a\":1}\n{oops", want: ingest.ErrDamaged, says: "line 2 is not JSON"},
		{name: "other JSON", json: `[{"name":"a","size":3}]`, want: ingest.ErrUnsupported, says: "none of its 1 entries"},
		{name: "a list of texts", json: `["a"]`, want: ingest.ErrUnsupported, says: "entry 1 is no object"},
		{name: "a number", json: `17`, want: ingest.ErrUnsupported, says: "neither an object nor a list"},
		{name: "an empty list", json: `[]`, want: ingest.ErrNoText, says: "holds no cases"},
		{name: "nothing", json: ` `, want: ingest.ErrNoText, says: "holds no cases"},
		{name: "nested without end", json: strings.Repeat("[", 100_000), want: ingest.ErrDamaged, says: "64 levels"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := read(t, tt.json)
			require.ErrorIs(t, err, tt.want)
			require.ErrorContains(t, err, tt.says)
			require.ErrorContains(t, err, "test.json")
		})
	}
}

func TestColumns(t *testing.T) {
	at, ok := cases.Columns([]string{"Nr.", "Betreff", "Anfrage", "Lösung", "Sprache", "sonst"})
	require.True(t, ok)
	require.Equal(t, map[cases.Field]int{cases.ID: 0, cases.Subject: 1, cases.Question: 2, cases.Answer: 3, cases.Language: 4}, at)
	at, ok = cases.Columns([]string{"Emne", "Svar"})
	require.True(t, ok, "a subject may be the question")
	require.Equal(t, 0, at[cases.Question])
	_, ok = cases.Columns([]string{"Beskrivelse", "Pris"})
	require.False(t, ok)
	_, ok = cases.FromRow([]string{"1"}, map[cases.Field]int{cases.Question: 1, cases.Answer: 2})
	require.False(t, ok, "short rows are no cases")
}

func FuzzRead(f *testing.F) {
	for _, s := range []string{`[{"question":"a","answer":"b"}]`, "{\"q\":\"a\",\"a\":\"b\"}\n{}", `{"cases":[{}]}`, `{"cases":[{"comments":[{"body":1}]}]}`, `[1,{}]`, `{"a":"\ud800"}`, `[[[]]]`, "\xff"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		doc, err := read(t, s)
		if err != nil {
			return
		}
		last := strings.Count(s, "\n") + strings.Count(s, "\r") + 1
		for _, b := range doc.Blocks {
			if b.Case == nil || b.Case.Question == "" || b.Case.Answer == "" || b.Locator.LineEnd > last {
				t.Fatalf("%+v", b)
			}
		}
	})
}
