package prompt_test

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"

	"github.com/sufflor/sufflor/suggest/prompt"
)

const good = `{"language":"nb","sentences":[{"text":"Pumpen tar 38 liter.","cites":[1],"kind":"fact"},{"text":"Hvilken modell har du?","cites":[],"kind":"question"}],"missing":["farge"],"answered":[1]}`

func TestParse(t *testing.T) {
	fact := prompt.Sentence{Text: "Pumpen tar 38 liter.", Cites: []int{1}, Kind: prompt.Fact}
	for _, tt := range []struct {
		name, text string
		want       []prompt.Sentence
		repaired   bool
		plain      bool
	}{
		{name: "the schema", text: good, want: []prompt.Sentence{fact, {Text: "Hvilken modell har du?", Cites: []int{}, Kind: prompt.Question}}},
		{name: "in a fence", text: "```json\n" + good + "\n```", want: []prompt.Sentence{fact, {Text: "Hvilken modell har du?", Cites: []int{}, Kind: prompt.Question}}},
		{name: "between words", text: "Here it is:\n" + good + "\nHope it helps {x}!", want: []prompt.Sentence{fact, {Text: "Hvilken modell har du?", Cites: []int{}, Kind: prompt.Question}}},
		{name: "after a thought", text: "<think>{\"a\": 1} hm</think>" + good, want: []prompt.Sentence{fact, {Text: "Hvilken modell har du?", Cites: []int{}, Kind: prompt.Question}}},
		{name: "with fields nobody asked for", text: `{"note":"x","language":"nb","sentences":[{"text":"Pumpen tar 38 liter.","cites":[1],"kind":"fact","tool":"rm"}],"answered":[1]}`, want: []prompt.Sentence{fact}},
		{name: "a trailing comma is mended", text: `{"language":"nb","sentences":[{"text":"Pumpen tar 38 liter.","cites":[1],"kind":"fact"},],"missing":[],"answered":[1]}`, want: []prompt.Sentence{fact}, repaired: true},
		{name: "half a sentence goes, for half a number is another number", text: `{"language":"nb","sentences":[{"text":"Pumpen tar 38 liter.","cites":[1],"kind":"fact"},{"text":"Den koster 1`, want: []prompt.Sentence{fact}, repaired: true},
		{name: "text with marks", text: "Pumpen tar 38 liter [1]. Oljen skiftes hvert år. [2, 3]", want: []prompt.Sentence{fact, {Text: "Oljen skiftes hvert år.", Cites: []int{2, 3}, Kind: prompt.Fact}}, plain: true},
		{name: "hidden characters go", text: `{"sentences":[{"text":"Pumpen\u200b tar\u202e 38\n liter.\u0007","cites":[1],"kind":"fact"}]}`, want: []prompt.Sentence{fact}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			a, err := prompt.Parse("nb", tt.text)
			require.NoError(t, err)
			require.Equal(t, tt.want, a.Sentences)
			require.Equal(t, tt.repaired, a.Repaired)
			require.Equal(t, tt.plain, a.Plain)
		})
	}
}

func TestParseRefuses(t *testing.T) {
	sentence := `{"text":"x","cites":[1],"kind":"fact"}`
	for name, text := range map[string]string{
		"nothing":                       " \n",
		"an empty object":               "{}",
		"no sentences":                  `{"language":"nb","sentences":[],"missing":[],"answered":[]}`,
		"prose without a mark":          "The pump takes 38 litres, I think.",
		"an unknown kind":               `{"sentences":[{"text":"x","cites":[1],"kind":"order"}]}`,
		"citations that are no numbers": `{"sentences":[{"text":"x","cites":["one"],"kind":"fact"}]}`,
		"too many sentences":            `{"sentences":[` + strings.Repeat(sentence+",", 30) + sentence + `]}`,
		"too many citations":            `{"sentences":[{"text":"x","cites":[1,2,3,4,5,6,7],"kind":"fact"}]}`,
		"a sentence too long":           `{"sentences":[{"text":"` + strings.Repeat("x", 800) + `","cites":[1],"kind":"fact"}]}`,
		"too much altogether":           strings.Repeat(" x", 40<<10),
		"deep nesting":                  strings.Repeat("[", 9) + "{" + strings.Repeat(`{"a":`, 5000),
		"another shape":                 `{"sentences":"Pumpen tar 38 liter."}`,
	} {
		t.Run(name, func(t *testing.T) {
			_, err := prompt.Parse("nb", text)
			require.ErrorIs(t, err, prompt.ErrAnswer)
		})
	}
}

func FuzzParse(f *testing.F) {
	f.Add(good)
	f.Add("```json\n" + good[:len(good)-20])
	f.Add("Pumpen tar 38 liter [1].")
	f.Add(`{"sentences":[{'text':"x",cites:[1,],kind:fact}`)
	f.Add("{\"sentences\":[{\"text\":\"\xff\\u202e\",\"cites\":[-1,99999999999],\"kind\":\"step\"}]}")
	f.Fuzz(func(t *testing.T, text string) {
		a, err := prompt.Parse("nb", text)
		if err != nil {
			require.ErrorIs(t, err, prompt.ErrAnswer)
			return
		}
		require.LessOrEqual(t, len(a.Sentences), 24)
		for _, s := range a.Sentences {
			require.NotEmpty(t, s.Text)
			require.True(t, utf8.ValidString(s.Text))
			require.LessOrEqual(t, utf8.RuneCountInString(s.Text), 700)
			require.LessOrEqual(t, len(s.Cites), 6)
			require.NotContains(t, s.Text, "\n")
		}
	})
}
