package extract_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sufflor/sufflor/index"
	"github.com/sufflor/sufflor/suggest"
	"github.com/sufflor/sufflor/suggest/extract"
	"github.com/sufflor/sufflor/suggest/message"
)

func passage(id string, kind index.Kind, language, text string) index.Passage {
	return index.Passage{ID: id, Kind: kind, Language: language, Text: text, Title: "Dokument", Audience: index.Public}
}

func row(id string, cells ...string) index.Passage {
	p := passage(id, index.KindRow, "nb", "")
	var lines []string
	for i := 0; i+1 < len(cells); i += 2 {
		p.Cells = append(p.Cells, index.Cell{Header: cells[i], Value: cells[i+1]})
		lines = append(lines, cells[i]+": "+cells[i+1])
	}
	p.Text = strings.Join(lines, "\n")
	return p
}

// write asks one question of passages, the first being the best hit.
func write(t *testing.T, language, question string, passages ...index.Passage) suggest.Answer {
	t.Helper()
	qs := message.Questions(language, question)
	require.Len(t, qs, 1, "the test's message holds one question")
	ask := suggest.BriefAsk{Question: qs[0], Focus: question, Unknown: 6}
	for i, p := range passages {
		ask.Hits = append(ask.Hits, suggest.Scored{Passage: p, Hit: index.Hit{ID: p.ID, Score: 10 - float64(i)}})
	}
	answers, err := extract.New().Write(t.Context(), suggest.Brief{Language: language, Asks: []suggest.BriefAsk{ask}})
	require.NoError(t, err)
	require.Len(t, answers, 1)
	return answers[0]
}

func said(a suggest.Answer) string {
	var b strings.Builder
	for _, s := range a.Sentences {
		b.WriteString(s.Text + "\n")
	}
	return b.String()
}

func TestWrite(t *testing.T) {
	steps := passage("steps", index.KindList, "nb", "Ved E-4419:\n1. Trykk revers i 3 sekunder.\n2. Stans motoren.\n3. Åpne matehetten.\n4. Ta ut stykket.")
	kit20 := row("kit20", "Artikkelnr.", "740-2051", "Vare", "Støysett XY-NK20 for XY-2000", "Pris (NOK) / ekskl. mva.", "38 900 kr")
	kit24 := row("kit24", "Artikkelnr.", "740-2451", "Vare", "Støysett XY-NK24 for XY-2400", "Pris (NOK) / ekskl. mva.", "46 500 kr")
	faq := passage("faq", index.KindFAQ, "nb", "Ja. XY-2000 oppfyller kravene fra og med serienummer 20-4100. Monteringen tar 4 timer.")
	faq.Question = "Oppfyller XY-2000 EUs nye støykrav?"
	fuel := passage("fuel", index.KindText, "nb", "Støysettet til XY-2400 krever vanlig diesel til XY-2400. Støysettet tåler 7 % biodiesel.")
	long := passage("long", index.KindText, "nb", "Knivene vendes etter 50 timer. Oljen er HVLP 46. Tanken rommer 38 liter olje. Den skiftes hvert år. Fargen er grønn. Lakken tåler salt.")

	for _, tt := range []struct {
		name, question string
		passages       []index.Passage
		want           []string
		not            []string
	}{
		{"a how-to gets every step", "Hva gjør jeg ved E-4419?", []index.Passage{steps, long}, []string{"1. Trykk revers", "4. Ta ut stykket"}, []string{"Fargen"}},
		{"a price is the asked machine's", "Hva koster støysettet til XY-2400?", []index.Passage{kit20, kit24}, []string{"46 500 kr", "740-2451"}, []string{"38 900"}},
		{"a percentage is no price where the machine has one", "Hva koster støysettet til XY-2400?", []index.Passage{fuel, kit24}, []string{"46 500 kr"}, []string{"7 %"}},
		{"a FAQ's answer is quoted whole", "Oppfyller XY-2000 det nye støykravet?", []index.Passage{long, faq}, []string{"Ja. ", "20-4100", "4 timer"}, []string{"Fargen"}},
		{"a text gives the sentence that answers", "Hvor mye olje rommer tanken?", []index.Passage{long}, []string{"38 liter"}, []string{"Fargen", "Lakken"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got := said(write(t, "nb", tt.question, tt.passages...))
			for _, w := range tt.want {
				require.Contains(t, strings.ReplaceAll(got, "\n", " "), w)
			}
			for _, n := range tt.not {
				require.NotContains(t, got, n)
			}
		})
	}
}

func TestQuotesAreLiteral(t *testing.T) {
	p := passage("p", index.KindText, "sv", "Kniven vänds efter 50 timmar. Bultarna dras med 210 Nm.\n\nOljan byts varje år.")
	a := write(t, "sv", "Med hur många Nm dras bultarna?", p)
	require.NotEmpty(t, a.Sentences)
	for _, s := range a.Sentences {
		require.Equal(t, s.Text, strings.TrimSpace(p.Text[s.Start:s.End]))
		require.Equal(t, "p", s.Passage)
		require.False(t, s.Foreign)
	}
}

func TestForeignEvidenceIsMarked(t *testing.T) {
	a := write(t, "fi", "Paljonko XY-2000 painaa?", passage("p", index.KindText, "en", "The XY-2000 weighs 1,480 kg."))
	require.NotEmpty(t, a.Sentences)
	require.True(t, a.Sentences[0].Foreign)
	require.Equal(t, "en", a.Sentences[0].Language)
}

func TestNothingFoundSaysNothing(t *testing.T) {
	a := write(t, "de", "Was kostet der Versand?")
	require.Empty(t, a.Sentences)
	require.Empty(t, a.Features)
}

func TestRow(t *testing.T) {
	for _, tt := range []struct {
		name  string
		cells []string
		want  string
	}{
		{"an article number steps aside for the name", []string{"Art.nr", "740-2051", "Vare", "Støysett XY-NK20", "Pris / ekskl. mva.", "38 900 kr"}, "Støysett XY-NK20 (Art.nr: 740-2051): Pris ekskl. mva.: 38 900 kr."},
		{"a code leads its row", []string{"Kode", "E-4401", "Betydning", "panseret er åpent"}, "E-4401: Betydning: panseret er åpent."},
		{"empty cells and dashes are left out", []string{"Vare", "Kniv", "Merknad", "–", "Pris", "10 kr"}, "Kniv: Pris: 10 kr."},
		{"columns without a name", []string{"", "Oslo", "", "0150"}, "Oslo: 0150."},
		{"several lines become one", []string{"Vare", "Kniv\nlang", "Pris", "10\u00a0kr"}, "Kniv lang: Pris: 10 kr."},
	} {
		t.Run(tt.name, func(t *testing.T) {
			require.Equal(t, tt.want, extract.Row(row("r", tt.cells...)))
		})
	}
}

func TestFrame(t *testing.T) {
	asks := []suggest.BriefAsk{{Question: message.Question{Text: "Hva koster det?"}}, {Question: message.Question{Text: "Finnes den i " + strings.Repeat("svært ", 30) + "rødt?"}}}
	answers := []suggest.Answer{
		{Sentences: []suggest.Quote{{Text: "Det koster 10 kr.", Passage: "p", Start: 3, End: 20}, {Text: "Frakt kommer i tillegg.", Passage: "p", Break: "\n"}}},
		{},
	}
	w := extract.New()
	for _, language := range []string{"nb", "sv", "da", "fi", "de", "en"} {
		b := suggest.Brief{Language: language, Customer: "Kari", Asks: asks, Profile: suggest.Profile{Name: "Eksempel AS"}}
		got := suggest.Suggestion{Sentences: w.Frame(b, answers, []bool{true, false})}
		text := got.Text()
		require.Contains(t, text, "Kari")
		require.Contains(t, text, "Det koster 10 kr.\nFrakt kommer i tillegg.")
		require.Contains(t, text, "Finnes den i svært")
		require.NotContains(t, text, "rødt", "a long question is cut")
		require.True(t, strings.HasSuffix(text, "\nEksempel AS"))
		require.NotContains(t, text, "%!", "every placeholder is filled")
		for _, s := range got.Sentences {
			require.Equal(t, s.Kind == suggest.Fact, len(s.Citations) > 0, "facts are cited, and nothing else")
		}
	}
	b := suggest.Brief{Language: "nb", Asks: asks, Profile: suggest.Profile{Name: "X", Signatures: map[string]string{"nb": "Hilsen oss"}}}
	got := suggest.Suggestion{Sentences: w.Frame(b, answers, []bool{true, false})}
	require.True(t, strings.HasSuffix(got.Text(), "Hilsen oss"))
	require.True(t, strings.HasPrefix(got.Text(), "Hei,\n"))
}

func TestOneAnswerToTwoQuestionsIsSaidOnce(t *testing.T) {
	asks := make([]suggest.BriefAsk, 2)
	same := suggest.Answer{Sentences: []suggest.Quote{{Text: "Ja, fra fabrikk.", Passage: "p"}}}
	got := suggest.Suggestion{Sentences: extract.New().Frame(suggest.Brief{Language: "nb", Asks: asks}, []suggest.Answer{same, same}, []bool{true, true})}
	require.Equal(t, 1, strings.Count(got.Text(), "fra fabrikk"))
}

func TestCaseIsQuotedWithoutItsCustomer(t *testing.T) {
	p := passage("c", index.KindCase, "nb", "Hei [name],\n\nTakk for meldingen om ordre [number]. Trekk til flensen på pumpen med 40 Nm. Ring [name] på [phone] hvis den fortsatt lekker.\n\nVennlig hilsen\nEksempel kundeservice")
	p.Question = "Pumpen lekker, hva gjør jeg?"
	got := said(write(t, "nb", "Pumpen min lekker, hva gjør jeg?", p))
	require.Equal(t, "Trekk til flensen på pumpen med 40 Nm.", strings.TrimSpace(got))
}

func TestYesOrNoComesFirst(t *testing.T) {
	got := said(write(t, "nb", "Kan XY-2000 gå på biodiesel og vinterdiesel?",
		passage("a", index.KindText, "nb", "XY-2000 med biodiesel og vinterdiesel trenger filter F-12."),
		passage("b", index.KindText, "nb", "Ja, XY-2000 kan gå på vinterdiesel og biodiesel hele året.")))
	require.True(t, strings.HasPrefix(got, "Ja, "), got)
}
