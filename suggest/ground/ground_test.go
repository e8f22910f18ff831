package ground_test

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"strings"
	"sync"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"

	"github.com/sufflor/sufflor/suggest/ground"
)

func TestHardRules(t *testing.T) {
	for _, tt := range []struct {
		name, language, source, sentence, want, detail string
	}{
		{"a price with other separators", "nb", "Settet koster 3 240 € i 2026.", "Settet koster 3.240,00 EUR.", ground.Supported, ""},
		{"a price with the dot of another country", "de", "Der Satz kostet 3.240 €.", "Der Satz kostet EUR 3,240.00.", ground.Supported, ""},
		{"a price with one digit changed", "nb", "Settet koster 3 240 € i 2026.", "Settet koster 3 340 €.", ground.Price, "3 340 €"},
		{"a price in another currency", "sv", "Satsen kostar 3 240 kr.", "Satsen kostar 3 240 EUR.", ground.Price, "3 240 EUR"},
		{"crowns of another country", "da", "Sættet koster 500 DKK.", "Sættet koster 500 SEK.", ground.Price, "500 SEK"},
		{"crowns without their country", "da", "Sættet koster 500 DKK.", "Sættet koster 500 kr.", ground.Supported, ""},
		{"a cell whose header names the currency", "en", "Price 2026 (NOK): 38 900", "The price is NOK 38,900.", ground.Supported, ""},
		{"a cell whose header names another currency", "en", "Price 2026 (NOK): 38 900", "The price is EUR 38,900.", ground.Price, "EUR 38,900"},
		{"millions in words", "en", "Revenue was 1 200 000 EUR.", "Revenue was 1.2 million EUR.", ground.Supported, ""},
		{"an ISO date in words", "nb", "Gyldig fra 2026-03-03.", "Gyldig fra 3. mars 2026.", ground.Supported, ""},
		{"a short date in words", "sv", "Gäller från 3/3/26.", "Gäller från den 3 mars 2026.", ground.Supported, ""},
		{"a date in another language", "fi", "Gültig ab 3. März 2026.", "Voimassa 3. maaliskuuta 2026 alkaen.", ground.Supported, ""},
		{"another month", "de", "Gültig ab 3. März 2026.", "Gültig ab 3. April 2026.", ground.Date, "3. April 2026"},
		{"a month alone", "en", "Delivery starts on 3 March 2026.", "Delivery starts in March.", ground.Supported, ""},
		{"another month alone", "en", "Delivery starts on 3 March 2026.", "Delivery starts in April.", ground.Date, "April"},
		{"a day without the year of its source", "nb", "Stengt 24. desember 2026.", "Stengt 24. desember.", ground.Supported, ""},
		{"a number as a word", "nb", "Det tar to timer.", "Det tar 2 timer.", ground.Supported, ""},
		{"a word for a number", "fi", "Asennus kestää 2 tuntia.", "Asennus kestää kaksi tuntia.", ground.Supported, ""},
		{"a word for another number with its unit", "de", "Der Einbau dauert 2 Stunden.", "Der Einbau dauert drei Stunden.", ground.Measure, "drei Stunden"},
		{"one and a half", "nb", "Kurset varer halvannet år.", "Kurset varer 1,5 år.", ground.Supported, ""},
		{"a time of day", "sv", "Vi öppnar kl. 08.30.", "Vi öppnar 08:30.", ground.Supported, ""},
		{"another time of day", "sv", "Vi öppnar kl. 08.30.", "Vi öppnar kl. 09.30.", ground.Date, "09.30"},
		{"a range with a dash", "en", "It takes 2 to 3 days.", "It takes 2–3 days.", ground.Supported, ""},
		{"another range of the same numbers", "en", "It takes 2–3 days, or 4 by sea.", "It takes 2–4 days, or 3 by sea.", ground.Number, "2–4 days"},
		{"another unit", "da", "Montering tager 4 timer.", "Montering tager 4 dage.", ground.Measure, "4 dage"},
		{"a percentage", "fi", "Alennus on 10 %.", "Alennus on 15 %.", ground.Percentage, "15 %"},
		{"an error code without its hyphen", "en", "Code E-4419 means a jam.", "E4419 means a jam.", ground.Supported, ""},
		{"another error code", "en", "Code E-4419 means a jam.", "Code E-4491 means a jam.", ground.Code, "E-4491"},
		{"leading zeros count", "en", "See article 900-0010.", "See article 900-001.", ground.Code, "001"},
		{"a link", "en", "Read https://www.sufflor.example/help.", "See sufflor.example/help", ground.Supported, ""},
		{"a link to elsewhere", "en", "Read https://www.sufflor.example/help.", "See https://suffler.example/help.", ground.Link, "https://suffler.example/help"},
		{"a mail address", "en", "Write to help@sufflor.example.", "Write to help@suffler.example.", ground.Address, "help@suffler.example"},
		{"a telephone number with its country", "nb", "Ring 22 33 44 55.", "Ring +47 22334455.", ground.Supported, ""},
		{"another telephone number", "nb", "Ring 22 33 44 55.", "Ring 22 33 44 56.", ground.Phone, "22 33 44 56"},
		{"an account number without blanks", "nb", "Betal til NO93 8601 1117 947.", "Betal til NO9386011117947.", ground.Supported, ""},
		{"another account number", "nb", "Betal til NO93 8601 1117 947.", "Betal til NO93 8601 1117 974.", ground.Account, "NO93 8601 1117 974"},
		{"the number of another thing", "en", "Oil is changed every 50 hours. Knives are turned every 100 hours.", "Knives are turned every 50 hours.", ground.NumConflict, "50 hours ≠ 100 hours"},
		{"the mark of a list", "en", "Press the button.", "1. Press the button.", ground.Supported, ""},
		{"a decade and an ordinal are no units", "en", "It was built in the 1980s, on the third floor.", "It was built in the 1980s on the 3rd floor.", ground.Supported, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			v := ground.New().Support(tt.language, "", tt.sentence, []int{0}, []ground.Source{{Text: tt.source}})
			if tt.want == ground.Supported {
				require.False(t, ground.Hard(v.Reason), "%s %s", v.Reason, v.Detail)
				return
			}
			require.Equal(t, tt.want, v.Reason)
			require.Equal(t, tt.detail, v.Detail)
			require.InDelta(t, 1, v.Score, 1e-9)
		})
	}
}

var terms = []ground.Source{
	{Language: "en", Title: "Delivery", Text: "Machines are delivered within six weeks. Spare parts are sent on the same working day."},
	{Language: "en", Title: "Warranty", Text: "Our address has changed.\n\nThe warranty lasts 24 months from delivery. It covers parts, not wear."},
}

func TestSupportFindsTheSpan(t *testing.T) {
	v := ground.New().Support("en", "How long is the warranty?", "The warranty is 24 months from delivery.", []int{0}, terms[1:])
	require.Empty(t, v.Reason)
	require.Less(t, v.Score, ground.Doubtful)
	require.Equal(t, "The warranty lasts 24 months from delivery.", terms[1].Text[v.Start:v.End])
	require.Equal(t, []bool{true}, v.Cited)
}

func TestSupportDropsWrongCitations(t *testing.T) {
	c := ground.New()
	v := c.Support("en", "", "The warranty covers parts, not wear.", []int{0, 1, 7, -1}, terms)
	require.Equal(t, 1, v.Passage)
	require.Equal(t, []bool{false, true, false, false}, v.Cited)
	wrong := c.Support("en", "", "The warranty covers parts, not wear.", []int{0}, terms)
	require.Equal(t, 1, wrong.Passage, "the best passage is named whatever was proposed")
	require.Equal(t, []bool{false}, wrong.Cited)
}

func TestSupportWithoutSources(t *testing.T) {
	v := ground.New().Support("en", "", "The warranty lasts 24 months.", nil, nil)
	require.Equal(t, ground.NoSource, v.Reason)
	require.Equal(t, -1, v.Passage)
}

func TestSupportBeyondTheText(t *testing.T) {
	s := []ground.Source{{Language: "en", Text: "See below.", More: []string{"Baler BP-500 costs 900 EUR"}}}
	v := ground.New().Support("en", "", "The baler BP-500 costs 900 EUR.", []int{0}, s)
	require.Equal(t, 0, v.Passage)
	require.Zero(t, v.Start)
	require.Zero(t, v.End, "cells are no part of the text")
}

// Each draft says what its passage says, and then something else.
func TestScoresInSixLanguages(t *testing.T) {
	c := ground.New()
	for language, x := range map[string][3]string{
		"nb": {"Filteret byttes hver 250. time. Bruk alltid originale deler fra verkstedet.", "Filteret byttes hver 250. time.", "Vi sender gratis kaffe til alle verksteder i Bergen."},
		"sv": {"Filtret byts var 250:e timme. Använd alltid originaldelar från verkstaden.", "Filtret byts var 250:e timme.", "Vi skickar gratis kaffe till alla verkstäder i Göteborg."},
		"da": {"Filteret skiftes hver 250. time. Brug altid originale dele fra værkstedet.", "Filteret skiftes hver 250. time.", "Vi sender gratis kaffe til alle værksteder i Aarhus."},
		"fi": {"Suodatin vaihdetaan 250 tunnin välein. Käytä aina alkuperäisiä osia.", "Suodatin vaihdetaan 250 tunnin välein.", "Lähetämme ilmaista kahvia kaikille korjaamoille Turussa."},
		"de": {"Der Filter wird alle 250 Stunden gewechselt. Verwenden Sie immer Originalteile.", "Der Filter wird alle 250 Stunden gewechselt.", "Wir schicken allen Werkstätten in Hamburg kostenlosen Kaffee."},
		"en": {"The filter is changed every 250 hours. Always use original parts.", "The filter is changed every 250 hours.", "We send free coffee to all workshops in London."},
	} {
		good, sentences := c.Response(language, "", []string{x[0]}, x[1])
		require.Less(t, good, ground.Doubtful, language)
		require.Len(t, sentences, 1)
		bad, sentences := c.Response(language, "", []string{x[0]}, x[1]+" "+x[2])
		require.Greater(t, bad, ground.Doubtful, language)
		require.Len(t, sentences, 2)
		require.Less(t, sentences[0].Score, sentences[1].Score, language)
		require.NotEmpty(t, sentences[1].Reason, language)
	}
}

func TestGreetingsClaimNothing(t *testing.T) {
	c := ground.New()
	for language, text := range map[string]string{"nb": "Hei, og takk for meldingen!", "sv": "Hej och tack för ditt meddelande!", "da": "Hej, og tak for din besked!", "fi": "Hei ja kiitos viestistä!", "de": "Guten Tag und danke für Ihre Nachricht!", "en": "Hello, and thanks for your message!"} {
		v := c.Support(language, "", text, nil, terms)
		require.Less(t, v.Score, ground.Doubtful, "%s: %s", language, text)
	}
}

func TestResponseOfNothing(t *testing.T) {
	c := ground.New()
	score, sentences := c.Response("en", "", []string{"Something."}, " \n ")
	require.Zero(t, score)
	require.Empty(t, sentences)
	score, sentences = c.Response("en", "", nil, "The warranty lasts 24 months.")
	require.Greater(t, score, ground.Doubtful)
	require.Len(t, sentences, 1)
}

func TestLongContextsAreReadToTheirEnd(t *testing.T) {
	long := strings.Repeat("The machine has many parts that workshops know well. ", 4000) + "The warranty lasts 24 months from delivery."
	score, _ := ground.New().Response("en", "", []string{long}, "The warranty lasts 24 months from delivery.")
	require.Less(t, score, ground.Doubtful)
}

// A checker remembers passages; answers must not depend on what it remembers.
func TestSameAnswerTwice(t *testing.T) {
	c := ground.New()
	first := c.Support("en", "", "The warranty is 24 months.", []int{1}, terms)
	for i := range 600 {
		c.Support("en", "", "The warranty is 24 months.", nil, []ground.Source{{Text: fmt.Sprintf("Passage %d.", i)}})
	}
	require.Equal(t, first, c.Support("en", "", "The warranty is 24 months.", []int{1}, terms))
	require.Equal(t, first, c.Supports("en", "", []string{"The warranty is 24 months."}, [][]int{{1}}, terms)[0])
}

func TestConcurrentUse(t *testing.T) {
	c := ground.New()
	want := c.Support("en", "", "The warranty is 24 months.", []int{1}, terms)
	got := make([]ground.Verdict, 8)
	var wg sync.WaitGroup
	for i := range got {
		wg.Go(func() {
			c.Response("en", "", []string{fmt.Sprint("Passage ", i, " of some.")}, "Passage of some.")
			got[i] = c.Support("en", "", "The warranty is 24 months.", []int{1}, terms)
		})
	}
	wg.Wait()
	for _, v := range got {
		require.Equal(t, want, v)
	}
}

func TestSwapsChangeWhatIsStated(t *testing.T) {
	pick := rand.New(rand.NewPCG(1, 2))
	text := "From 3. March 2026 the kit XY-NK20 costs 38 900 NOK; write to help@sufflor.example."
	kinds := map[string]bool{}
	for _, s := range ground.Swaps("en", text, pick) {
		kinds[s.Kind] = true
		require.NotEqual(t, text, s.Text)
		v := ground.New().Support("en", "", s.Text, []int{0}, []ground.Source{{Text: text}})
		require.True(t, ground.Hard(v.Reason), "%s: %s", s.Kind, s.Text)
	}
	for _, k := range []string{"digit", "transposed", "decimal", "month", "currency", "letter", "domain"} {
		require.Contains(t, kinds, k)
	}
	for _, s := range ground.Respelled("en", text) {
		v := ground.New().Support("en", "", s.Text, []int{0}, []ground.Source{{Text: text}})
		require.False(t, ground.Hard(v.Reason), "%s %s: %s", v.Reason, v.Detail, s.Text)
	}
}

func TestReadModelRefusesWhatItCannotUse(t *testing.T) {
	data, err := os.ReadFile("weights.json")
	require.NoError(t, err)
	require.Less(t, len(data), 300<<10)
	m, err := ground.ReadModel(data)
	require.NoError(t, err)
	require.Contains(t, m.About, "Trained on")
	require.Contains(t, m.Command, "sufflor check fit")
	for name, text := range map[string]string{
		"no JSON": "{", "empty": "{}",
		"other features": strings.Replace(string(data), `"novel_mass"`, `"novel_mess"`, 1),
	} {
		_, err := ground.ReadModel([]byte(text))
		require.Error(t, err, name)
	}
	m.Tree.Trees[0][0].Left = 0 // a circle
	damaged, err := json.Marshal(m)
	require.NoError(t, err)
	_, err = ground.ReadModel(damaged)
	require.ErrorContains(t, err, "train again")
}

func FuzzResponse(f *testing.F) {
	f.Add("en", "How long?", "The warranty lasts 24 months.", "The warranty lasts 2–3 months, 3.240 €, NO93 8601 1117 947.")
	f.Add("fi", "", "10 %", "\xff\xfe 1.1.1 03/03/26 12:30 ½ mill. kr −")
	f.Add("", "", "", "…!?")
	f.Add("sv", "a", "två 3 till 4–5", "1–1–1 to og 2 to 2 och 2")
	f.Fuzz(func(t *testing.T, language, question, context, response string) {
		c := ground.New()
		score, sentences := c.Response(language, question, []string{context, response}, response)
		if !(score >= 0 && score <= 1) {
			t.Fatalf("score %v", score)
		}
		at := 0
		for _, s := range sentences {
			if s.Start < at || s.End <= s.Start || s.End > len(response) || !(s.Score >= 0 && s.Score <= 1) {
				t.Fatalf("sentence %+v of %d bytes after %d", s, len(response), at)
			}
			if utf8.ValidString(response) && !utf8.ValidString(response[s.Start:s.End]) {
				t.Fatalf("sentence %+v cuts a letter", s)
			}
			at = s.End
		}
		v := c.Support(language, question, response, []int{0, 9}, []ground.Source{{Text: context, Title: question}})
		if !(v.Score >= 0 && v.Score <= 1) || v.Start < 0 || v.End < v.Start || v.End > len(context) {
			t.Fatalf("verdict %+v", v)
		}
		// What is quoted word for word is never objected to by a rule.
		if w := c.Support(language, "", response, []int{0}, []ground.Source{{Text: response}}); strings.TrimSpace(response) != "" && ground.Hard(w.Reason) {
			t.Fatalf("%q is no support for itself: %s %s", response, w.Reason, w.Detail)
		}
	})
}

func draft() (sources []ground.Source, sentences []string, cited [][]int) {
	words := strings.Fields("the machine filter oil is changed every hour by workshop staff who know parts and tools for hydraulic pumps while customers order kits from our warehouse in spring or autumn")
	pick := rand.New(rand.NewPCG(3, 4))
	for n := range 8 {
		var b strings.Builder
		for i := range 200 {
			b.WriteString(words[pick.IntN(len(words))])
			if i%12 == 11 {
				fmt.Fprintf(&b, " %d", 100*n+i)
				b.WriteString(".")
			}
			b.WriteString(" ")
		}
		sources = append(sources, ground.Source{Language: "en", Text: b.String()})
	}
	for n := range 5 {
		sentences = append(sentences, strings.SplitAfter(sources[n].Text, ". ")[2])
		cited = append(cited, []int{n})
	}
	return sources, sentences, cited
}

// BenchmarkDraft is five sentences against eight passages of 200 words.
func BenchmarkDraft(b *testing.B) {
	sources, sentences, cited := draft()
	for b.Loop() {
		ground.New().Supports("en", "when is the oil changed?", sentences, cited, sources)
	}
}

// BenchmarkResponse is the same as one text, without citations.
func BenchmarkResponse(b *testing.B) {
	sources, sentences, _ := draft()
	context := make([]string, len(sources))
	for i, s := range sources {
		context[i] = s.Text
	}
	text := strings.Join(sentences, " ")
	for b.Loop() {
		ground.New().Response("en", "when is the oil changed?", context, text)
	}
}
