package suggest_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/sufflor/sufflor/connectors"
	"github.com/sufflor/sufflor/store"
	"github.com/sufflor/sufflor/suggest"
)

func drafted() suggest.Suggestion {
	return suggest.Suggestion{Language: "nb", Sentences: []suggest.Sentence{
		{Text: "Hei Kari,", Kind: suggest.Frame},
		{Text: "Pumpen P-77 fylles med 38 liter hydraulikkolje.", Kind: suggest.Fact, Break: "\n\n"},
		{Text: "Oljen skiftes hvert år. Bruk alltid vårt eget filter.", Kind: suggest.Fact},
		{Text: "Vennlig hilsen\nEksempel AS", Kind: suggest.Closes, Break: "\n\n"},
	}}
}

func TestWhatBecameOfADraft(t *testing.T) {
	type fate struct {
		fate suggest.Fate
		text string // of the draft, or of the reply when added
	}
	s := drafted()
	for _, tt := range []struct {
		name  string
		reply string
		want  []fate
	}{
		{"sent as it was", s.Text(), []fate{
			{suggest.Kept, "Hei Kari,"},
			{suggest.Kept, "Pumpen P-77 fylles med 38 liter hydraulikkolje."},
			{suggest.Kept, "Oljen skiftes hvert år."},
			{suggest.Kept, "Bruk alltid vårt eget filter."},
			{suggest.Kept, "Vennlig hilsen"},
			{suggest.Kept, "Eksempel AS"},
		}},
		{"a number changed, one sentence dropped, one added, the order changed", "Hei Kari!\n\nOljen skiftes hvert år. Pumpen P-77 fylles med 41 liter hydraulikkolje. Ring meg gjerne i morgen tidlig.\n\nVennlig hilsen\nJonas", []fate{
			{suggest.Kept, "Hei Kari,"},
			{suggest.Changed, "Pumpen P-77 fylles med 38 liter hydraulikkolje."},
			{suggest.Kept, "Oljen skiftes hvert år."},
			{suggest.Dropped, "Bruk alltid vårt eget filter."},
			{suggest.Kept, "Vennlig hilsen"},
			{suggest.Dropped, "Eksempel AS"},
			{suggest.Added, "Ring meg gjerne i morgen tidlig."},
			{suggest.Added, "Jonas"},
		}},
		{"something else", "Dette må vi se nærmere på.", []fate{
			{suggest.Dropped, "Hei Kari,"},
			{suggest.Dropped, "Pumpen P-77 fylles med 38 liter hydraulikkolje."},
			{suggest.Dropped, "Oljen skiftes hvert år."},
			{suggest.Dropped, "Bruk alltid vårt eget filter."},
			{suggest.Dropped, "Vennlig hilsen"},
			{suggest.Dropped, "Eksempel AS"},
			{suggest.Added, "Dette må vi se nærmere på."},
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			sent := suggest.CompareSent(s, tt.reply)
			var got []fate
			count := map[suggest.Fate]int{}
			for _, x := range sent.Sentences {
				text := tt.reply[x.Reply[0]:x.Reply[1]]
				if x.Draft >= 0 {
					text = s.Sentences[x.Draft].Text
					if x.Part != [2]int{} {
						text = text[x.Part[0]:x.Part[1]]
					}
					require.Equal(t, s.Sentences[x.Draft].Kind, x.Kind)
				}
				got = append(got, fate{x.Fate, text})
				count[x.Fate]++
				require.Equal(t, x.Fate == suggest.Changed, x.Distance > 0)
			}
			require.Equal(t, tt.want, got)
			require.Equal(t, []int{count[suggest.Kept], count[suggest.Changed], count[suggest.Dropped], count[suggest.Added]}, []int{sent.Kept, sent.Changed, sent.Dropped, sent.Added})
			require.InDelta(t, suggest.EditDistance(s.Text(), tt.reply), sent.Distance, 1e-9)
		})
	}
	require.InDelta(t, 1, suggest.CompareSent(s, s.Text()).Coverage, 1e-9)
	require.Zero(t, suggest.CompareSent(s, "Dette må vi se nærmere på.").Coverage)
	require.Zero(t, suggest.CompareSent(suggest.Suggestion{}, "Hei").Coverage)
	require.Equal(t, suggest.CompareSent(s, "Hei"), suggest.CompareSent(s, "Hei"), "always the same")
}

func FuzzCompareSent(f *testing.F) {
	f.Add("Pumpen P-77 fylles med 41 liter.", "nb")
	f.Add("\xff\x00. .\n\n", "")
	f.Fuzz(func(t *testing.T, reply, language string) {
		s := drafted()
		s.Language = language
		got := suggest.CompareSent(s, reply)
		if got.Distance < 0 || got.Distance > 1 || got.Coverage < 0 || got.Coverage > 1 {
			t.Fatalf("distance %f, coverage %f", got.Distance, got.Coverage)
		}
		for _, x := range got.Sentences {
			_ = reply[x.Reply[0]:x.Reply[1]]
			if x.Draft >= 0 {
				_ = s.Sentences[x.Draft].Text[x.Part[0]:x.Part[1]]
			}
		}
	})
}

// sent are the outcomes of replies, by the key of the question's event.
func (o office) sent(t *testing.T) map[string][]suggest.Sent {
	t.Helper()
	list, err := o.store.Suggestions(t.Context(), ws, store.SuggestionFilter{Shadow: true})
	require.NoError(t, err)
	out := map[string][]suggest.Sent{}
	for _, rec := range list {
		outcomes, err := o.store.Outcomes(t.Context(), ws, rec.ID)
		require.NoError(t, err)
		for _, x := range outcomes {
			require.Equal(t, store.ActionSent, x.Action)
			var s suggest.Sent
			require.NoError(t, json.Unmarshal(x.Detail, &s))
			require.NotContains(t, string(x.Detail), "liter", "figures, not text")
			out[rec.EventKey] = append(out[rec.EventKey], s)
		}
	}
	return out
}

// combined is one letter with the answers of two drafts.
func combined(a, b string) string {
	paragraphs := strings.Split(a, "\n\n")
	return strings.Join(slices.Insert(paragraphs, 3, strings.Split(b, "\n\n")[2]), "\n\n")
}

// TestAReplyIsMatchedToWhatItAnswers has several open suggestions in one
// conversation.
func TestAReplyIsMatchedToWhatItAnswers(t *testing.T) {
	texts := func(t *testing.T, o office) (oilDraft, filterDraft string) {
		t.Helper()
		list, err := o.store.Suggestions(t.Context(), ws, store.SuggestionFilter{})
		require.NoError(t, err)
		for _, rec := range list {
			_, s := o.body(t, rec.ID)
			switch rec.EventKey {
			case "1":
				oilDraft = s.Text()
			case "2":
				filterDraft = s.Text()
			}
		}
		return oilDraft, filterDraft
	}
	for _, tt := range []struct {
		name    string
		replies func(oilDraft, filterDraft string) []string
		want    map[string]int // outcomes by question
	}{
		{"the first one, though it is not the last", func(o, _ string) []string { return []string{o} }, map[string]int{"1": 1}},
		{"the last one", func(_, f string) []string { return []string{f} }, map[string]int{"2": 1}},
		{"both, one after the other", func(o, f string) []string { return []string{o, f} }, map[string]int{"1": 1, "2": 1}},
		{"both at once", func(o, f string) []string { return []string{combined(o, f)} }, map[string]int{"1": 1, "2": 1}},
		{"neither: the last that nobody answered", func(string, string) []string { return []string{"Jeg sjekker og kommer tilbake."} }, map[string]int{"2": 1}},
		{"neither, twice: nothing is said of the first", func(string, string) []string {
			return []string{"Jeg sjekker og kommer tilbake.", "Fremdeles ikke svar fra lageret."}
		}, map[string]int{"2": 1}},
		{"with the customer's mail quoted below", func(_, f string) []string {
			return []string{f + "\n\nDen tir. 3. mars 2026 kl. 10:12 skrev Kari Nordmann <kari@example.com>:\n> " + oil + "\n> Med hilsen Kari"}
		}, map[string]int{"2": 1}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			o := open(t)
			o.accept(t, question("1", oil))
			o.settled(t, 1)
			o.accept(t, question("2", filter))
			o.settled(t, 2)
			for i, text := range tt.replies(texts(t, o)) {
				o.accept(t, answer(strings.Repeat("r", i+1), text))
				o.quiet(t)
			}
			got := map[string]int{}
			for key, list := range o.sent(t) {
				got[key] = len(list)
				if tt.name != "neither: the last that nobody answered" && tt.name != "neither, twice: nothing is said of the first" {
					require.InDelta(t, 0, list[0].Distance, 0.01, "%s: %+v", key, list[0])
					require.Positive(t, list[0].Kept)
				}
			}
			require.Equal(t, tt.want, got)
		})
	}
}

func TestAReplyThatIsOlderThanTheQuestionDoesNotAnswerIt(t *testing.T) {
	o := open(t)
	q := question("1", oil)
	o.accept(t, q)
	o.settled(t, 1)
	early := answer("r", "Det går 38 liter i pumpen P-77.")
	early.At = q.At.Add(-time.Minute) // it came late
	o.accept(t, early)
	o.quiet(t)
	require.Empty(t, o.sent(t))
	require.Equal(t, store.StateActive, o.states(t)["1"])
}

// TestAReplyBeforeItsSuggestionIsMeasured is what a catch-up brings: question
// and answer at once.
func TestAReplyBeforeItsSuggestionIsMeasured(t *testing.T) {
	o := open(t)
	q := question("1", oil)
	q.At = time.Now().Add(-time.Hour)
	r := answer("r", "Pumpen P-77 fylles med 38 liter hydraulikkolje.")
	r.At = q.At.Add(time.Minute)
	o.accept(t, q, r)
	o.settled(t, 1)
	require.Equal(t, store.StateAnswered, o.states(t)["1"])
	require.Len(t, o.sent(t)["1"], 1)
	require.Empty(t, o.desk.sent(), "nobody needs a note any more")
}

func TestADeletedReplyIsForgottenAndItsFiguresStay(t *testing.T) {
	o := open(t)
	o.accept(t, question("1", oil))
	rec := o.settled(t, 1)[0]
	o.accept(t, answer("r", "Pumpen P-77 fylles med 38 liter hydraulikkolje."))
	o.quiet(t)
	o.accept(t, connectors.Event{Key: "gone", Kind: connectors.Deleted, Conversation: "c1", Message: "m-r", At: time.Now()})
	outcomes, err := o.store.Outcomes(t.Context(), ws, rec.ID)
	require.NoError(t, err)
	require.Len(t, outcomes, 1)
	require.Empty(t, outcomes[0].Text)
	require.Len(t, o.sent(t)["1"], 1)
}

func TestAnEditedReplyIsComparedAgainAndAnswersNothingNew(t *testing.T) {
	o := open(t)
	o.accept(t, question("1", oil))
	o.settled(t, 1)
	o.accept(t, answer("r", "Pumpen P-77 fylles med 38 liter hydraulikkolje."))
	o.quiet(t)
	o.accept(t, question("2", filter))
	o.settled(t, 2)
	e := answer("r-edit", "Pumpen P-77 fylles med 39 liter hydraulikkolje.")
	e.Kind, e.Message = connectors.Edited, "m-r"
	o.accept(t, e)
	o.quiet(t)
	require.Len(t, o.sent(t)["1"], 2)
	require.Equal(t, store.StateActive, o.states(t)["2"])
}
