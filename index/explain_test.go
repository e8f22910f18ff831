package index_test

import (
	"math"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sufflor/sufflor/index"
)

func TestAnExplanationAddsUpToTheScore(t *testing.T) {
	t.Parallel()
	x := fill(t,
		in("nb", passage("oil", "Oljefilteret byttes hver tredje måned. E-4419 betyr blokkert oljefilter.")),
		in("nb", passage("belt", "Beltene strammes med nøkkel 13. Filteret ligger under setet.")),
		in("sv", passage("olja", "Oljefiltret byts var tredje månad.")),
		in("de", passage("leer", "Der Ölfilter wird alle drei Monate gewechselt: E-4419.")),
	)
	for _, text := range []string{"hvor ofte byttes oljefilteret", "oljefilter E-4419", "filter", "E-4419"} {
		q := index.Query{Workspace: "w", Text: text, Language: "nb", Limit: 10}
		res, err := x.Search(t.Context(), q)
		require.NoError(t, err)
		require.NotEmpty(t, res.Hits)
		for _, h := range res.Hits {
			w := index.Explain(q, h)
			require.InEpsilon(t, h.Score, w.Words+w.Codes, 1e-9, "%s: %s", text, h.ID)
			sum := 0.0
			for _, s := range w.Shares {
				sum += s.Gives
			}
			require.InEpsilon(t, w.Words, w.Language*math.Exp(sum), 1e-9)
			require.Equal(t, h.Parts.Identifiers > 0, w.Codes > 0)
		}
	}
}

func TestMatchesAreTheWordsOfTheQuery(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name, language, query, text string
		want                        []string
	}{
		{"other endings", "en", "how often is oil changed", "Oil changes: the oil is changing.", []string{"Oil", "changes", "oil", "changing"}},
		{"stop words are none", "en", "what is the oil", "The tank is full.", nil},
		{"compounds are alike", "nb", "filter", "Oljefilteret og luftfilter.", []string{"~Oljefilteret", "~luftfilter"}},
		{"identifiers", "en", "E-4419", "Code E-4419 or E-4420.", []string{"E-4419"}},
		{"nothing asked", "en", "", "Oil.", nil},
		{"no language", "", "oil", "The oil.", []string{"oil"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			var got []string
			for _, m := range index.Matches(tt.language, tt.query, tt.text) {
				sign := ""
				if m.Alike {
					sign = "~"
				}
				got = append(got, sign+tt.text[m.Start:m.End])
			}
			require.Equal(t, tt.want, got)
		})
	}
}
