package overlap_test

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v3"

	"github.com/sufflor/sufflor/suggest/overlap"
)

var six = []string{"da", "de", "en", "fi", "nb", "sv"}

// The word lists are data that people edit: each group speaks all languages,
// in single lower-case words, and has a name of its own.
func TestThesaurusIsWellFormed(t *testing.T) {
	var groups []map[string]any
	for _, file := range []string{"synonyms.yaml", "related.yaml"} {
		data, err := os.ReadFile(file)
		require.NoError(t, err)
		var some []map[string]any
		require.NoError(t, yaml.Unmarshal(data, &some))
		groups = append(groups, some...)
	}
	names := map[string]bool{}
	for _, g := range groups {
		name := fmt.Sprint(g["about"])
		require.NotEmpty(t, name)
		require.False(t, names[name], "two groups are about %q", name)
		names[name] = true
		require.Len(t, g, 7, name)
		for _, l := range six {
			words, ok := g[l].([]any)
			require.True(t, ok, "%s: %s", name, l)
			require.NotEmpty(t, words, "%s: %s", name, l)
			seen := map[string]bool{}
			for _, w := range words {
				word := fmt.Sprint(w)
				require.NotContains(t, word, " ", "%s: %s", name, l)
				require.Equal(t, strings.ToLower(word), word, "%s: %s", name, l)
				require.False(t, seen[word], "%s: %s: %s twice", name, l, word)
				seen[word] = true
			}
		}
	}
}

func TestExpandAndContent(t *testing.T) {
	text := overlap.Analyze("en", "Could you please tell me what the postage on E-4419 parts is?")
	more := strings.Fields(overlap.Expand(text))
	require.True(t, slices.Contains(more, "freight") || slices.Contains(more, "shipping"), "%v", more)
	content := overlap.Content(text)
	require.Contains(t, content, "postage")
	require.Contains(t, content, "E-4419")
	require.NotContains(t, content, "please")
	require.Equal(t, "Hei og takk!", overlap.Content(overlap.Analyze("nb", "Hei og takk!")), "never nothing")
	require.Empty(t, overlap.Expand(overlap.Analyze("xx", "postage")))
}

func TestSynonymsCountInPart(t *testing.T) {
	q := overlap.Weigh(overlap.Analyze("en", "postage"), nil, 1)
	got := q.Coverage(overlap.Analyze("en", "Freight is free from EUR 450."))
	require.Greater(t, got, 0.5)
	require.Less(t, got, 1.0)
	require.Zero(t, q.Coverage(overlap.Analyze("en", "The knives are sharpened.")))
}
