package insight_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sufflor/sufflor/suggest/insight"
)

func TestQuestionsOnOneMatterArePutTogether(t *testing.T) {
	for _, tt := range []struct {
		name, language string
		groups         [][]string
	}{
		{"English", "en", [][]string{
			{"Can you deliver to Svalbard?", "Do you deliver to Svalbard before Christmas?", "Is it possible that you deliver to Svalbard?"},
			{"How long is the warranty on the XY-2000?", "How many years of warranty does the HK-75 have?", "What about the warranty of spare parts?"},
			{"Can I pay by invoice?", "Is payment by invoice possible?"},
			{"What does the XY-2000 weigh?"},
			{"Where can I find the manual for the XY-2000?"},
		}},
		{"Norwegian", "nb", [][]string{
			{"Hvor lang garanti er det på XY-2000?", "Har dere garanti på deler?", "Hvor mange års garanti har HK-75?"},
			{"Leverer dere til Svalbard?", "Kan dere levere til Svalbard før jul?"},
			{"Hvordan endrer jeg passordet mitt?", "Jeg har glemt passordet"},
		}},
		{"Finnish", "fi", [][]string{
			{"Kuinka pitkä takuu on?", "Onko varaosilla takuu?"},
			{"Toimitatteko Ahvenanmaalle?", "Voitteko toimittaa Ahvenanmaalle ennen joulua?"},
		}},
		{"a language that we do not know", "xx", [][]string{{"abc def", "abc def"}, {"ghi"}}},
		{"nothing to go by", "en", [][]string{{"?"}, {"!"}, {""}}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var texts []string
			for i := range 3 { // apart from each other
				for _, g := range tt.groups {
					if i < len(g) {
						texts = append(texts, g[i])
					}
				}
			}
			var got [][]string
			for _, c := range insight.Cluster(tt.language, texts) {
				var group []string
				for _, i := range c {
					group = append(group, texts[i])
				}
				slices.Sort(group)
				got = append(got, group)
			}
			for _, g := range tt.groups {
				slices.Sort(g)
			}
			require.ElementsMatch(t, tt.groups, got)
		})
	}
}

func BenchmarkCluster(b *testing.B) {
	texts := make([]string, 1000)
	for i := range texts {
		texts[i] = fmt.Sprintf("Do you deliver part %d of the harvester to town %d before Christmas?", i%37, i%91)
	}
	for b.Loop() {
		insight.Cluster("en", texts)
	}
}

func TestAQuestionIsUnlikeWhatWasAskedBefore(t *testing.T) {
	texts := []string{
		"Can you deliver to Svalbard?", "Do you deliver to Svalbard before Christmas?", "How long is the warranty on the XY-2000?",
		"?", "Is it possible that you deliver to Svalbard?",
	}
	require.Equal(t, []bool{true, false, true, false, false}, insight.Unlike("en", texts, []int{0, 0, 0, 0, 0}))
	require.Equal(t, []bool{true, false, true, false, true}, insight.Unlike("en", texts, []int{0, 0, 0, 0, 2}), "what was asked long ago does not count")
	require.Empty(t, insight.Unlike("en", nil, nil))
}
