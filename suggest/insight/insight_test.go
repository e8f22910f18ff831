package insight_test

import (
	"encoding/json"
	"fmt"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/sufflor/sufflor/connectors"
	"github.com/sufflor/sufflor/index"
	"github.com/sufflor/sufflor/store"
	"github.com/sufflor/sufflor/suggest"
	"github.com/sufflor/sufflor/suggest/insight"
)

const ws = "fjordvik"

var monday = time.Date(2026, 1, 12, 9, 0, 0, 0, time.UTC)

// desk is a store with what a help desk would have sent.
type desk struct {
	t *testing.T
	s *store.Store
	n int
}

func newDesk(t *testing.T) *desk {
	t.Helper()
	d := &desk{t: t}
	var err error
	// The store's clock is the desk's, two seconds late.
	d.s, err = store.Open(t.Context(), store.Options{Dir: t.TempDir(), Now: func() time.Time { return d.now().Add(2 * time.Second) }})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, d.s.Close()) })
	for id, title := range map[string]string{"doc-oil": "Manual", "doc-old": "Old manual"} {
		_, err = d.s.PutDocument(t.Context(), store.Document{
			ID: id, Workspace: ws, Collection: "manuals", Audience: "public", Root: "/r", Path: id + ".pdf", Title: title, Hash: id, Modified: monday.AddDate(-3, 0, 0),
		}, []index.Passage{passage(id)})
		require.NoError(t, err)
	}
	return d
}

func passage(document string) index.Passage {
	return index.Passage{ID: "p-" + document, Workspace: ws, Document: document, Title: document, Text: "The tank holds 38 litres.", Audience: index.Public, Language: "en"}
}

func (d *desk) now() time.Time { return monday.Add(time.Duration(d.n) * time.Hour) }

// asked stores a message with its suggestion; text "" has no draft. It returns
// the suggestion's id.
func (d *desk) asked(question, kind, text string, change ...func(*store.Suggestion, *suggest.Suggestion)) string {
	d.t.Helper()
	d.n++
	id := fmt.Sprintf("s%03d", d.n)
	body := suggest.Suggestion{
		Language: "en", Kind: "question", Flag: suggest.High, Probability: 0.9,
		Asks:     []suggest.Ask{{Text: question, Kind: kind, Answered: text != ""}},
		Evidence: []suggest.Evidence{{Passage: passage("doc-oil"), Cited: text != ""}},
	}
	var cites []string
	if text == "" {
		body.Flag, body.Probability = suggest.None, 0
	} else {
		body.Sentences = []suggest.Sentence{{Text: text, Kind: suggest.Fact}}
		cites = []string{"p-doc-oil"}
	}
	rec := store.Suggestion{
		ID: id, Workspace: ws, Desk: "zendesk", EventKey: "k" + id, Conversation: "c" + id, Message: "m" + id, Language: "en", Customer: "Kari Nordmann",
		Question: question, Cites: cites, Created: d.now().Add(2100 * time.Millisecond),
	}
	for _, f := range change {
		f(&rec, &body)
	}
	rec.Flag, rec.Probability, rec.Language = string(body.Flag), body.Probability, body.Language
	_, err := d.s.Accept(d.t.Context(), ws, rec.Desk, []connectors.Event{{
		Key: rec.EventKey, Kind: connectors.Message, Conversation: rec.Conversation, Message: rec.Message, Role: connectors.Customer, Text: question, At: d.now(),
	}})
	require.NoError(d.t, err)
	rec.Body, err = json.Marshal(body)
	require.NoError(d.t, err)
	saved, err := d.s.SaveSuggestion(d.t.Context(), rec, false)
	require.NoError(d.t, err)
	require.True(d.t, saved)
	return id
}

func (d *desk) did(id, action, reason, text string) {
	d.t.Helper()
	require.NoError(d.t, d.s.SaveOutcome(d.t.Context(), store.Outcome{Workspace: ws, Suggestion: id, Action: action, Reason: reason, Text: text, Created: d.now()}))
}

// replied stores the agent's answer, some time after the last message.
func (d *desk) replied(id string, after time.Duration) {
	d.t.Helper()
	_, err := d.s.Accept(d.t.Context(), ws, "zendesk", []connectors.Event{{
		Key: "r" + id, Kind: connectors.Message, Conversation: "c" + id, Message: "r" + id, Role: connectors.Agent, Text: "x", At: d.now().Add(after),
	}})
	require.NoError(d.t, err)
}

func (d *desk) report(parts insight.Part, rate float64) insight.Report {
	d.t.Helper()
	r := &insight.Reader{Store: d.s}
	out, err := r.Report(d.t.Context(), insight.Query{Workspace: ws, From: monday.AddDate(0, 0, -7), To: monday.AddDate(0, 1, 0), Parts: parts, Rate: rate}, 0)
	require.NoError(d.t, err)
	require.Zero(d.t, out.Uncounted)
	return out
}

const ten = "one two three four five six seven eight nine ten"

func TestWhatBecameOfDrafts(t *testing.T) {
	for _, tt := range []struct {
		name     string
		draft    string
		outcomes [][3]string // action, reason, text
		want     func(f insight.Figures) bool
		distance float64
	}{
		{name: "nothing", draft: ten, want: func(f insight.Figures) bool { return f.Open == 1 }, distance: math.NaN()},
		{name: "used", draft: ten, outcomes: [][3]string{{"used"}}, want: func(f insight.Figures) bool { return f.Used == 1 && f.Sent == 0 }, distance: math.NaN()},
		{name: "sent as it was", draft: ten, outcomes: [][3]string{{"sent", "", ten}}, want: func(f insight.Figures) bool { return f.Used == 1 && f.Sent == 1 }},
		{name: "sent with three words changed", draft: ten, outcomes: [][3]string{{"sent", "", "one two three four five six seven x y z"}}, want: func(f insight.Figures) bool { return f.Edited == 1 }, distance: 0.3},
		{name: "edited and not sent yet", draft: ten, outcomes: [][3]string{{"edited", "", "one two three four five six seven eight x y"}}, want: func(f insight.Figures) bool { return f.Edited == 1 }, distance: 0.2},
		{name: "another reply was sent", draft: ten, outcomes: [][3]string{{"sent", "", "No."}}, want: func(f insight.Figures) bool { return f.Ignored == 1 }, distance: 1},
		{name: "rejected", draft: ten, outcomes: [][3]string{{"rejected", "facts"}}, want: func(f insight.Figures) bool { return f.Rejected == 1 }, distance: math.NaN()},
		{name: "rejected for its tone", draft: ten, outcomes: [][3]string{{"down", "tone"}}, want: func(f insight.Figures) bool { return f.Rejected == 1 && f.Precision.N == 0 }, distance: math.NaN()},
		{name: "no draft, and a reply", outcomes: [][3]string{{"sent", "", "No."}}, want: func(f insight.Figures) bool {
			return f.Suggestions == 1 && f.Asked == 1 && f.Coverage.K == 0 && f.Sent == 0 && f.Open == 0
		}, distance: math.NaN()},
	} {
		t.Run(tt.name, func(t *testing.T) {
			d := newDesk(t)
			id := d.asked("How much oil?", "amount", tt.draft)
			for _, o := range tt.outcomes {
				d.did(id, o[0], o[1], o[2])
			}
			f := d.report(0, 0).Whole
			require.True(t, tt.want(f), "%+v", f)
			require.Equal(t, math.IsNaN(tt.distance), !f.Distance.P50.Known())
			if !math.IsNaN(tt.distance) {
				require.InDelta(t, tt.distance, float64(f.Distance.P50), 1e-9)
			}
		})
	}
}

func TestTimesAreMeasured(t *testing.T) {
	d := newDesk(t)
	d.replied(d.asked("How much oil?", "amount", ten), 5*time.Minute)
	r := d.report(insight.Everything, 0)
	require.InDelta(t, 300, float64(r.Whole.Reply.P50), 1e-9)
	require.InDelta(t, 100, float64(r.Whole.Latency.P95), 1e-9, "from our receiving it, 2 s after it was written")
	require.Equal(t, 1, r.Whole.Reply.N)
	require.Len(t, r.Weeks, 6, "each week of the span, with messages or without")
	require.Equal(t, "2026-W02", r.Weeks[0].Name)
	require.Equal(t, 1, r.Weeks[1].Suggestions)
	require.Zero(t, r.Weeks[2].Suggestions)
	require.False(t, r.Weeks[2].Acceptance.Value.Known(), "of nothing there is no share")
}

func TestAReportIsOfItsSpanAndWorkspace(t *testing.T) {
	d := newDesk(t)
	d.asked("How much oil?", "amount", ten)
	r := &insight.Reader{Store: d.s}
	for _, q := range []insight.Query{
		{Workspace: ws, From: monday.AddDate(0, 0, -7), To: monday},
		{Workspace: "nord", From: monday.AddDate(0, 0, -7), To: monday.AddDate(0, 0, 7)},
	} {
		out, err := r.Report(t.Context(), q, 0)
		require.NoError(t, err)
		require.Zero(t, out.Whole.Suggestions)
		_, err = json.Marshal(out)
		require.NoError(t, err, "of nothing, too")
	}
	_, err := r.Report(t.Context(), insight.Query{Workspace: ws, From: monday, To: monday}, 0)
	require.ErrorContains(t, err, "the end is not after the beginning")
}

func TestPrecisionAndReliability(t *testing.T) {
	d := newDesk(t)
	for i := range 20 {
		id := d.asked("How much oil?", "amount", ten, func(_ *store.Suggestion, s *suggest.Suggestion) {
			s.Probability = 0.6 + 0.02*float64(i%10)
			if i%2 == 0 {
				s.Flag = suggest.Medium
			}
		})
		switch {
		case i < 12:
			d.did(id, "used", "", "")
		case i < 15:
			d.did(id, "rejected", "facts", "")
		}
	}
	r := d.report(0, 0)
	require.Equal(t, "high", r.Flags[0].Flag)
	require.Equal(t, 10, r.Flags[0].N)
	require.Equal(t, 7, r.Flags[0].Precision.N)
	require.Equal(t, 6, r.Flags[0].Precision.K)
	require.Less(t, float64(r.Flags[0].Precision.Low), 6.0/7)
	require.Equal(t, 15, r.Calibration.N)
	right := 0
	for _, b := range r.Calibration.Bins {
		right += b.Rate.K
	}
	require.Equal(t, 12, right)
}

func TestWhatIsMissingIsPutTogether(t *testing.T) {
	d := newDesk(t)
	for _, q := range []string{
		"Can you deliver to Svalbard?", "Do you deliver to Svalbard before Christmas?", "How long is the warranty on the XY-2000?",
		"Is it possible that you deliver to Svalbard?", "How many years of warranty does the HK-75 have?", "Do you deliver to Svalbard, call me on +47 22 11 33 44?",
	} {
		d.asked(q, "yesno", "")
	}
	d.did(d.asked("What about the warranty of spare parts?", "what", ten), "rejected", "incomplete: nothing on parts", "")
	d.did(d.asked("What colour is it?", "what", ten), "rejected", "facts", "")
	d.asked("Thanks!", "", "", func(_ *store.Suggestion, s *suggest.Suggestion) { s.Asks = nil })

	r := d.report(insight.Gaps, 0)
	require.Equal(t, 7, r.Gaps.Suggestions)
	require.Equal(t, 7, r.Gaps.Read)
	require.NotEmpty(t, r.Gaps.Gaps)
	first := r.Gaps.Gaps[0]
	require.Equal(t, 4, first.Count)
	require.Contains(t, first.Question, "Svalbard")
	require.Len(t, first.Examples, 4)
	require.Zero(t, first.Rejected)
	second := r.Gaps.Gaps[1]
	require.Equal(t, 3, second.Count)
	require.Equal(t, 1, second.Rejected)
	whole, err := json.Marshal(r.Gaps)
	require.NoError(t, err)
	require.NotContains(t, string(whole), "22 11 33 44", "nobody's number is in a report")
	again, err := json.Marshal(d.report(insight.Gaps, 0).Gaps)
	require.NoError(t, err)
	require.JSONEq(t, string(whole), string(again))

	require.NoError(t, d.s.WithdrawSuggestions(t.Context(), ws, "zendesk", "cs001", "ms001"))
	require.Equal(t, 6, d.report(insight.Gaps, 0).Gaps.Suggestions, "what a customer deleted is not counted")
}

func TestDocumentsByHowTheyDid(t *testing.T) {
	d := newDesk(t)
	for i := range 3 {
		id := d.asked("How much oil?", "amount", ten, func(_ *store.Suggestion, s *suggest.Suggestion) {
			s.Conflicts = []suggest.Conflict{{What: "tank", A: "p-doc-oil", B: "p-doc-old", ValueA: "38", ValueB: "40"}}
		})
		if i == 0 {
			d.did(id, "rejected", "outdated", "")
		} else {
			d.did(id, "used", "", "")
		}
	}
	got := d.report(insight.Documents, 0).Documents
	require.Len(t, got, 2)
	require.Equal(t, "Manual", got[0].Title)
	require.Equal(t, [5]int{3, 2, 0, 1, 3}, [5]int{got[0].Cited, got[0].Used, got[0].Edited, got[0].Rejected, got[0].Disputed})
	require.Equal(t, 1, got[0].Outdated)
	require.InDelta(t, 2.0/3, float64(got[0].Usefulness.Value), 1e-9)
	require.Equal(t, "Old manual", got[1].Title)
	require.Equal(t, 3, got[1].Disputed)
	require.Zero(t, got[1].Cited)

	_, err := d.s.DeleteDocument(t.Context(), ws, "doc-oil")
	require.NoError(t, err)
	got = d.report(insight.Documents, 0).Documents
	require.True(t, got[0].Gone)
	require.Equal(t, 3, got[0].Outdated, "what they rest on is gone")
}

func TestTimeSavedIsKnownOnlyWhereItWasMeasured(t *testing.T) {
	d := newDesk(t)
	require.Equal(t, "with", d.report(0, 40).Money.Why)
	for i := range 12 {
		d.replied(d.asked("How much oil?", "amount", ten), time.Duration(10+i)*time.Minute)
	}
	m := d.report(0, 40).Money
	require.Equal(t, "without", m.Why)
	require.False(t, m.Hours.Known())
	for i := range 12 {
		d.replied(d.asked("Where is my order?", "where", ""), time.Duration(10+i)*time.Minute)
	}
	require.Equal(t, "few", d.report(0, 40).Money.Why, "questions of other kinds say nothing")
	for i := range 12 {
		d.replied(d.asked("How much oil?", "amount", ""), time.Duration(40+i)*time.Minute)
	}
	m = d.report(0, 40).Money
	require.Empty(t, m.Why)
	require.Len(t, m.Kinds, 1)
	require.Equal(t, 12, m.Replies)
	require.InDelta(t, 12*0.5, float64(m.Hours), 1e-9, "half an hour each")
	require.InDelta(t, 12*0.5*40, float64(m.Worth), 1e-9)
	require.Less(t, float64(m.Low), 6.0)
	require.Greater(t, float64(m.High), 6.0)
	require.False(t, d.report(0, 0).Money.Worth.Known(), "nobody said what an hour costs")
}

func TestTablesAreHarmlessInASpreadsheet(t *testing.T) {
	d := newDesk(t)
	for _, q := range []string{"=HYPERLINK(A)", "+bananas", "-apples", "@pears", " =cherries", "＝plums", "grapes, with \"quotes\""} {
		d.asked(q, "what", "")
	}
	d.asked("x", "what", ten, func(r *store.Suggestion, _ *suggest.Suggestion) { r.Desk = "=cmd" })
	found := 0
	for _, table := range d.report(insight.Everything, 0).Tables() {
		var b strings.Builder
		require.NoError(t, table.WriteCSV(&b))
		require.NotContains(t, b.String(), "NaN")
		for _, row := range table.Rows {
			require.Len(t, row, len(table.Columns), table.Key)
		}
		if table.Key == "gaps" {
			for _, want := range []string{"\n'=HYPERLINK", "\n'+bananas", "\n'-apples", "\n'@pears", "\n'=cherries", "\n'＝plums", "\n\"grapes, with \"\"quotes\"\"\""} {
				require.Contains(t, b.String(), want)
				found++
			}
		}
		if table.Key == "desks" {
			require.Contains(t, b.String(), "\n'=cmd,")
		}
	}
	require.Equal(t, 7, found)
}

func TestDraftsThatNobodySawAreComparedWith(t *testing.T) {
	d := newDesk(t)
	for i := range 24 {
		id := d.asked("How much oil?", "amount", ten)
		d.did(id, "sent", "", "No.")
		d.replied(id, time.Duration(10+i%2*30)*time.Minute)
	}
	require.Equal(t, 24, d.report(0, 0).Whole.Ignored)
	var list []store.Counted
	for c, err := range d.s.Counted(t.Context(), ws, monday, monday.AddDate(0, 0, 7), 0) {
		require.NoError(t, err)
		c.Shadow = c.Replied > 20*time.Minute
		list = append(list, c)
	}
	require.NoError(t, d.s.SaveCounted(t.Context(), list...))
	r := d.report(0, 0)
	require.Equal(t, 12, r.Whole.Ignored, "nobody could have used the others")
	require.Equal(t, 24, r.Whole.Coverage.K)
	require.InDelta(t, 12*0.5, float64(r.Money.Hours), 1e-9)
}
