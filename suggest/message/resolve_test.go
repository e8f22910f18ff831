package message_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sufflor/sufflor/suggest/message"
)

// turns reads "c: …" and "a: …" as a customer's and an agent's messages.
func turns(lines ...string) []message.Turn {
	var out []message.Turn
	for _, l := range lines {
		who, text, _ := strings.Cut(l, ": ")
		out = append(out, message.Turn{Agent: who == "a", Text: text})
	}
	return out
}

var resolveCases = []struct {
	name, language string
	history        []message.Turn
	body, want     string
}{
	{"the price of what was asked about", "nb", turns("c: Har dere filter til XY-2000 på lager?", "a: Ja, det er på lager."), "Og hva koster det?", "Har dere filter til XY-2000 på lager?"},
	{"how long it takes", "nb", turns("c: Kan dere sende en ny pumpe til Tromsø?", "a: Ja, det kan vi."), "og hvor lang tid tar det?", "Kan dere sende en ny pumpe til Tromsø?"},
	{"a code that the answer named", "en", turns("c: Is there a noise kit for the XY-2400?", "a: Yes, it is called XY-NK24 and is fitted in 5 hours."), "and what does it cost?", "Is there a noise kit for the XY-2400? XY-NK24"},
	{"another product, asked the same", "nb", turns("c: Hva koster service på XY-2000?", "a: 4 900 kr."), "Hva med XY-3000?", "Hva koster service på ?"},
	{"a chain of follow-ups", "de", turns("c: Passt der Ölfilter zur Presse?", "a: Ja.", "c: Und was kostet er?", "a: 49 €."), "Und wie lange dauert das?", "Passt der Ölfilter zur Presse?"},
	{"thanks in between", "sv", turns("c: Har ni hydraulolja i dunk?", "a: Ja, 20 liter.", "c: Tack!", "a: Ingen orsak."), "Och vad kostar den?", "Har ni hydraulolja i dunk?"},
	{"a statement is a subject", "da", turns("c: Vi har fået en utæt hydraulikslange.", "a: Det var ærgerligt."), "Hvad koster den?", "Vi har fået en utæt hydraulikslange."},
	{"Finnish", "fi", turns("c: Saako malliin melusarjan?", "a: Kyllä, se on XY-NK24."), "Ja paljonko se maksaa?", "Saako malliin melusarjan? XY-NK24"},
	{"only the agent named it", "en", turns("c: Hi!", "a: You could use the XY-NK24."), "What does it cost?", "XY-NK24"},
	{"a question that stands by itself", "en", turns("c: Is there a noise kit?", "a: Yes."), "What does freight to Leeds cost?", ""},
	{"nothing was said before", "nb", nil, "Og hva koster det?", ""},
	{"only thanks before", "nb", turns("c: Takk!", "a: Bare hyggelig."), "Og hva koster det?", ""},
	{"the quoted history of a turn is not its subject", "nb", turns("c: Kan filteret vaskes?\n\nDen 3. mars 2026 kl. 10.12 skrev Ola <ola@sufflor.example>:\n> Hva koster frakt til Bodø?", "a: Nei."), "Hva koster det?", "Kan filteret vaskes?"},
	{"the last of several questions", "en", turns("c: Are you open on Saturday? And do you repair chainsaws?", "a: Yes, both."), "What does it cost?", "And do you repair chainsaws?"},
}

func TestResolve(t *testing.T) {
	for _, c := range resolveCases {
		t.Run(c.name, func(t *testing.T) {
			qs := message.Questions(c.language, c.body)
			require.Len(t, qs, 1)
			require.Equal(t, c.want, message.Resolve(c.language, qs[0], c.history))
		})
	}
}

func FuzzResolve(f *testing.F) {
	for _, c := range resolveCases {
		first, second := "", ""
		if len(c.history) > 1 {
			first, second = c.history[0].Text, c.history[1].Text
		}
		f.Add(c.language, c.body, first, second)
	}
	f.Fuzz(func(t *testing.T, language, body, first, second string) {
		history := []message.Turn{{Text: first}, {Agent: true, Text: second}, {Text: second}}
		for _, q := range message.Questions(language, body) {
			got := message.Resolve(language, q, history)
			require.LessOrEqual(t, len(got), 600)
			for word := range strings.FieldsSeq(got) {
				require.Contains(t, strings.ReplaceAll(first+" "+second, "\r", "\n"), word, "nothing is made up")
			}
		}
	})
}
