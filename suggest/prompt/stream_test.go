package prompt_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sufflor/sufflor/suggest/prompt"
)

// pieces feeds text n bytes at a time.
func pieces(text string, n int) (out []prompt.Sentence) {
	var s prompt.Stream
	for len(text) > 0 {
		k := min(n, len(text))
		out = append(out, s.Feed(text[:k])...)
		text = text[k:]
	}
	return out
}

func TestStream(t *testing.T) {
	tricky := `{"language":"nb","sentences" : [ {"text":"Si \"]}\" {her} \\","cites":[1],"kind":"fact"},{"text":"To.","cites":[],"kind":"courtesy"}],"missing":["{\"text\":\"x\"}"],"answered":[1]}`
	for _, text := range []string{good, "```json\n" + good + "\n```", tricky} {
		whole, err := prompt.Parse("nb", text)
		require.NoError(t, err)
		for _, n := range []int{1, 3, 7, len(text)} {
			require.Equal(t, whole.Sentences, pieces(text, n))
		}
	}
	t.Run("a sentence is told when it is complete, not before", func(t *testing.T) {
		var s prompt.Stream
		require.Empty(t, s.Feed(`{"sentences":[{"text":"Pumpen tar 3`))
		require.Empty(t, s.Feed(`8 liter.","cites":[1],"kind":"fact"`))
		require.Len(t, s.Feed(`}`), 1)
		require.Empty(t, s.Feed(`,{"text":"x","cites":[1],"kind":"order"}`), "not what the schema allows")
	})
}

func FuzzStream(f *testing.F) {
	f.Add(good, 3)
	f.Add(`{"sentences":[{"text":"\"}`, 1)
	f.Add(`"sentences":[}]`, 2)
	f.Fuzz(func(t *testing.T, text string, n int) {
		if n < 1 || n > 1<<20 {
			return
		}
		require.Equal(t, pieces(text, len(text)+1), pieces(text, n))
	})
}
