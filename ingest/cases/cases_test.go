package cases_test

import (
	"context"
	"io"
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

func TestHelpDesks(t *testing.T) {
	tests := []struct {
		name, json string
		want       ingest.Case
	}{
		{
			name: "Zendesk, with history and signature in the answer",
			json: `{"id":35436,"subject":"Pump leaks","description":"Hi,\n\nthe pump leaks.\n\nRegards\nOla","requester_id":1,"status":"solved","tags":["pump"],"satisfaction_rating":{"score":"good"},"created_at":"2026-03-01T10:00:00Z","comments":[
{"id":1,"author_id":1,"plain_body":"the pump leaks.","public":true},{"id":2,"author_id":2,"plain_body":"ask Per first","public":false},
{"id":3,"author_id":2,"plain_body":"Tighten the lid by a quarter turn, then it holds.\n\nBest regards\nKari Nordmann\n\nOn Sun, 1 Mar 2026, Ola <ola@b.example> wrote:\n> the pump leaks.","public":true},
{"id":4,"author_id":1,"plain_body":"Thanks, it holds!","public":true},{"id":5,"author_id":2,"plain_body":"You are welcome!","public":true}]}`,
			want: ingest.Case{ID: "35436", Question: "Hi,\n\nthe pump leaks.", Answer: "Tighten the lid by a quarter turn, then it holds.", Tags: []string{"pump"}, Rating: "good", At: time.Date(2026, 3, 1, 10, 0, 0, 0, time.UTC)},
		},
		{
			name: "Zendesk, ticket beside its comments",
			json: `{"ticket":{"id":7,"subject":"Lid","description":"Is it tight?","requester_id":1,"status":"closed"},"comments":[{"author_id":1,"body":"Is it tight?","public":true},{"author_id":9,"html_body":"<div class=\"zd-comment\"><p>Yes, to 3 bar.</p></div>","public":true}]}`,
			want: ingest.Case{ID: "7", Question: "Lid\nIs it tight?", Answer: "Yes, to 3 bar."},
		},
		{
			name: "Intercom",
			json: `{"type":"conversation","id":"215","state":"closed","created_at":1772500000,"source":{"type":"conversation","id":"9","subject":"","body":"<p>Er den tett?</p>","author":{"type":"user","id":"u1"}},"tags":{"type":"tag.list","tags":[{"name":"pumpe"}]},"conversation_rating":{"rating":5,"remark":"fint"},
"conversation_parts":{"type":"conversation_part.list","conversation_parts":[{"part_type":"assignment","body":null,"author":{"type":"admin","id":"a1"}},{"part_type":"comment","body":"<p>Takk for meldingen, en kollega svarer snart!</p>","author":{"type":"bot","id":"b1"}},
{"part_type":"comment","body":"<p>Ja, opp til 3 bar.</p>","author":{"type":"admin","id":"a1"}},{"part_type":"note","body":"<p>spør Per om 4 bar</p>","author":{"type":"admin","id":"a1"}},{"part_type":"comment","body":"<p>Takk</p>","author":{"type":"user","id":"u1"}}]}}`,
			want: ingest.Case{ID: "215", Question: "Er den tett?", Answer: "Ja, opp til 3 bar.", Tags: []string{"pumpe"}, Rating: "5", At: time.Unix(1772500000, 0).UTC()},
		},
		{
			name: "Freshdesk",
			json: `{"id":4711,"subject":"Pumpe","description":"<div>Er den <b>tett</b>?</div>","description_text":"Er den tett?","requester_id":815,"responder_id":41,"status":5,"spam":false,"tags":["pumpe"],"created_at":"2026-03-01T10:00:00Z",
"conversations":[{"id":1,"user_id":77,"body_text":"spør Per","incoming":false,"private":true},{"id":2,"user_id":41,"body":"<div>Ja, opp til 3 bar.</div>","incoming":false,"private":false},{"id":3,"user_id":815,"body_text":"Takk!","incoming":true,"private":false}]}`,
			want: ingest.Case{ID: "4711", Question: "Pumpe\nEr den tett?", Answer: "Ja, opp til 3 bar.", Tags: []string{"pumpe"}, At: time.Date(2026, 3, 1, 10, 0, 0, 0, time.UTC)},
		},
		{
			name: "HubSpot tickets",
			json: `{"results":[{"id":"88","properties":{"subject":"Pump","content":"Is it tight?","hs_pipeline_stage":"4","createdate":"2026-03-01T10:00:00.118Z","hs_ticket_category":"PRODUCT","resolution":"Yes, to 3 bar."},"archived":false}]}`,
			want: ingest.Case{ID: "88", Question: "Pump\nIs it tight?", Answer: "Yes, to 3 bar.", Tags: []string{"PRODUCT"}, At: time.Date(2026, 3, 1, 10, 0, 0, 118_000_000, time.UTC)},
		},
		{
			name: "HubSpot threads",
			json: `{"id":"95","status":"CLOSED","messages":[{"type":"MESSAGE","direction":"INCOMING","text":"Is it tight?","senders":[{"actorId":"V-6"}]},{"type":"COMMENT","text":"ask Per","senders":[{"actorId":"A-1"}]},{"type":"MESSAGE","direction":"OUTGOING","text":"Yes, to 3 bar.","richText":"<p>Yes, to 3 bar.</p>","senders":[{"actorId":"A-1"}]}]}`,
			want: ingest.Case{ID: "95", Question: "Is it tight?", Answer: "Yes, to 3 bar."},
		},
		{
			name: "Zammad",
			json: `{"id":81,"number":"10081","title":"Pumpe","state":"closed","articles":[{"sender":"Customer","internal":false,"content_type":"text/html","body":"<p>Er den tett?</p>"},{"sender":"Agent","internal":true,"body":"spør Per"},{"sender":"Agent","internal":false,"body":"Ja, opp til 3 bar."}]}`,
			want: ingest.Case{ID: "81", Question: "Pumpe\nEr den tett?", Answer: "Ja, opp til 3 bar."},
		},
		{
			name: "a forum with an accepted answer",
			json: `{"id":5,"title":"Is it tight?","answers":[{"id":6,"body":"No.","accepted":false},{"id":7,"body":"Yes, to 3 bar.","accepted":true},{"id":8,"body":"I think so, it looks like it at least.","accepted":false}]}`,
			want: ingest.Case{ID: "5", Question: "Is it tight?", Answer: "Yes, to 3 bar."},
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			doc, err := read(t, tt.json)
			require.NoError(t, err)
			require.Empty(t, doc.Warnings)
			require.Len(t, doc.Blocks, 1)
			require.Equal(t, tt.want, *doc.Blocks[0].Case)
		})
	}
}

func TestUnsolvedAndSpamAreLeftOut(t *testing.T) {
	comments := `"requester_id":1,"comments":[{"author_id":1,"body":"Tight?"},{"author_id":2,"body":"Let me see."}]}`
	doc, err := read(t, `[{"id":1,"status":"open",`+comments+`,{"id":2,"status":"solved",`+comments+`,{"id":3,"status":"pending",`+comments+`,{"id":4,"spam":true,`+comments+`,{"id":5,"status":2,`+comments+`,{"id":6,"status":"open","question":"Tight?","answer":"Yes."}]`)
	require.NoError(t, err)
	require.Len(t, doc.Blocks, 2)
	require.Equal(t, "2", doc.Blocks[0].Case.ID)
	require.Equal(t, "6", doc.Blocks[1].Case.ID, "an answer of its own was settled on")
	require.Equal(t, []string{"3 cases that are not solved were left out: 1, 3, 5", "1 cases that are spam or deleted were left out: 4"}, doc.Warnings)
}

func TestABrokenEntryCostsOnlyItself(t *testing.T) {
	one := func(id string) string { return `{"id":"` + id + `","question":"q` + id + `","answer":"a"}` }
	tests := []struct {
		name, json string
		ids        []string
		warning    string
	}{
		{"a line", one("1") + "\n{\"id\":\n" + one("3") + "\n", []string{"1", "3"}, "line 2 is not JSON"},
		{"the first line", "{\"id\":1,}\n" + one("2") + "\n", []string{"2"}, "line 1 is not JSON"},
		{"a line of another sort", one("1") + "\n17\n" + one("3"), []string{"1", "3"}, "line 2 is not JSON (it is no object)"},
		{"the last line, cut", one("1") + "\n" + one("2") + "\n{\"id\":\"3\",\"ques", []string{"1", "2"}, "line 3 is not JSON"},
		{"an element of a list", "[" + one("1") + ",\n{\"id\":1,,},\n" + one("3") + "]", []string{"1", "3"}, "line 2 is not JSON"},
		{"a list that is cut", "[" + one("1") + ",\n" + one("2") + ",\n{\"id\":\"3", []string{"1", "2"}, "line 3 is not JSON (it has no end)"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			doc, err := read(t, tt.json)
			require.NoError(t, err)
			var ids []string
			for _, b := range doc.Blocks {
				ids = append(ids, b.Case.ID)
			}
			require.Equal(t, tt.ids, ids)
			require.NotEmpty(t, doc.Warnings)
			require.Contains(t, doc.Warnings[0], tt.warning)
		})
	}
}

// endless is a file that is made while it is read.
type endless struct {
	head, unit, tail string
	n                int
}

func (e endless) size() int64 { return int64(len(e.head) + e.n*len(e.unit) + len(e.tail)) }

func (e endless) ReadAt(p []byte, off int64) (int, error) {
	n := 0
	for n < len(p) {
		at := int(off) + n
		from, body := at, e.head
		switch {
		case at >= int(e.size()):
			return n, io.EOF
		case at >= len(e.head)+e.n*len(e.unit):
			from, body = at-len(e.head)-e.n*len(e.unit), e.tail
		case at >= len(e.head):
			from, body = (at-len(e.head))%len(e.unit), e.unit
		}
		n += copy(p[n:], body[from:])
	}
	return n, nil
}

func TestLargeFilesAreStreamed(t *testing.T) {
	filler := strings.Repeat("x", 40_000)
	one := `{"id":1,"question":"Tight?","answer":"Yes.","notused":"` + filler + `"}`
	for name, file := range map[string]endless{
		"lines":            {unit: one + "\n", n: 1800},
		"a list in object": {head: `{"count":1801,"tickets":[` + one, unit: "," + one, tail: `],"next_page":null}`, n: 1800},
	} {
		t.Run(name, func(t *testing.T) {
			doc, err := cases.Reader{}.Read(t.Context(), ingest.Input{Name: "big.json", Data: file, Size: file.size()})
			require.NoError(t, err)
			require.GreaterOrEqual(t, len(doc.Blocks), 1800)
			require.Empty(t, doc.Warnings)
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
		{name: "nested without end", json: `[{"a":` + strings.Repeat("[", 100_000), want: ingest.ErrDamaged, says: "64 levels"},
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
