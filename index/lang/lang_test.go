package lang_test

import (
	_ "embed"
	"math"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"

	"github.com/sufflor/sufflor/index/lang"
)

//go:embed testdata/messages.tsv
var messages string

// TestAccuracy holds the guesses to what was measured on messages that the
// table has never seen. Most of them have four words.
func TestAccuracy(t *testing.T) {
	right, all := map[string]int{}, map[string]int{}
	for line := range strings.Lines(messages) {
		want, text, ok := strings.Cut(strings.TrimSpace(line), "\t")
		if !ok {
			continue
		}
		if !strings.Contains(strings.Join(lang.Supported(), " "), want) {
			want = ""
		}
		all[want]++
		if g := lang.Detect(text); g.Language == want {
			right[want]++
		} else {
			t.Logf("%q: %q with %.2f, want %q", text, g.Language, g.Confidence, want)
		}
	}
	require.Len(t, all, 7)
	hits, total := 0, 0
	for l, n := range all {
		hits, total = hits+right[l], total+n
	}
	t.Logf("%d of %d messages right: %.1f %%", hits, total, 100*float64(hits)/float64(total))
	for l, n := range all {
		require.GreaterOrEqual(t, float64(right[l])/float64(n), .9, "language %q", l)
	}
}

func TestDetect(t *testing.T) {
	for _, c := range []struct{ name, text, want string }{
		{"Norwegian thanks", "takk for hjelpen", "nb"},
		{"Swedish thanks", "tack så mycket", "sv"},
		{"Danish thanks", "tak for hjælpen", "da"},
		{"Finnish thanks", "kiitos avusta", "fi"},
		{"German thanks", "danke für die Hilfe", "de"},
		{"English thanks", "thanks for the help", "en"},
		{"nynorsk is Norwegian", "Eg får ikkje logga inn", "nb"},
		{"a possessive after its noun is Norwegian", "hvor er bestillingen min", "nb"},
		{"a capital I inside is Danish", "Har I denne hos jer?", "da"},
		{"capitals do not hide a language", "WO IST MEIN PAKET", "de"},
		{"an English product does not make a message English", "Får ikke skrudd på Teams Rooms Pro Management", "nb"},
		{"letters with their accent apart are read alike", "Na\u0308r fa\u030ar jag pengarna?", "sv"},
		{"an address says nothing about the language", "https://www.example.com/the/help/and/support når kommer pakken", "nb"},
		{"a contraction is one word", "I can’t log in", "en"},
		{"French is none of ours", "Bonjour, le colis n'est pas arrivé", ""},
		{"Dutch is not German", "Wanneer krijg ik mijn geld terug?", ""},
		{"Estonian is not Finnish", "Kas teil on seda laos?", ""},
		{"Icelandic is not Norwegian", "Hvað kostar sendingin?", ""},
		{"another script is none of ours", "Спасибо за помощь", ""},
		{"a code has no language", "E-4419", ""},
		{"a number has no language", "38 900,-", ""},
		{"nothing has no language", "", ""},
		{"a smile has no language", "🙂👍", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			g := lang.Detect(c.text)
			require.Equal(t, c.want, g.Language, "%+v", g)
		})
	}
}

func TestOtherNamesTheLanguage(t *testing.T) {
	for text, want := range map[string]string{
		"Le colis n'est pas encore arrivé chez nous":   "fr",
		"De deur van de koelkast gaat niet meer dicht": "nl",
		"Paczka jeszcze nie dotarła":                   "pl",
		"Þetta er ekki rétt":                           "is",
	} {
		g := lang.Detect(text)
		require.Empty(t, g.Language)
		require.Equal(t, want, g.Other, text)
	}
	require.Empty(t, lang.Detect("takk for hjelpen").Other)
}

func TestPriorDecidesWhatTheWordsDoNot(t *testing.T) {
	const both = "pakken er ikke kommet" // Norwegian and Danish alike
	require.Equal(t, "nb", lang.DetectWith(both, map[string]float64{"nb": 3, "sv": 1}).Language)
	require.Equal(t, "da", lang.DetectWith(both, map[string]float64{"da": 1}).Language)
	require.Less(t, lang.Detect(both).Confidence, .9)
}

func TestPriorDoesNotOverruleTheWords(t *testing.T) {
	prior := map[string]float64{"nb": 1}
	require.Equal(t, "fi", lang.DetectWith("Milloin paketti tulee perille?", prior).Language)
	require.Equal(t, "sv", lang.DetectWith("Jag har inte fått någon bekräftelse", prior).Language)
	require.Empty(t, lang.DetectWith("Bonjour, le colis n'est pas arrivé", prior).Language)
}

func TestPriorWithoutUsableWeightsIsNone(t *testing.T) {
	const text = "Når kommer pakken min?"
	for _, prior := range []map[string]float64{nil, {}, {"xx": 1}, {"nb": -1}, {"nb": math.NaN()}} {
		require.Equal(t, lang.Detect(text), lang.DetectWith(text, prior), "%v", prior)
	}
}

func TestClose(t *testing.T) {
	require.True(t, lang.Close("nb", "sv"))
	require.True(t, lang.Close("da", "nb"))
	require.True(t, lang.Close("fi", "fi"))
	require.False(t, lang.Close("fi", "sv"))
	require.False(t, lang.Close("de", "da"))
	require.False(t, lang.Close("", ""))
}

func TestSupportedIsACopy(t *testing.T) {
	lang.Supported()[0] = "xx"
	require.Equal(t, []string{"nb", "sv", "da", "fi", "de", "en"}, lang.Supported())
}

func FuzzDetect(f *testing.F) {
	for line := range strings.Lines(messages) {
		f.Add(line)
	}
	f.Add("\xff\xfe kan ikke \x00 å\u030a")
	f.Add(strings.Repeat("ø", 5000))
	f.Add("''' 'I' I'I")
	f.Fuzz(func(t *testing.T, text string) {
		g := lang.Detect(text)
		require.Equal(t, g, lang.Detect(text))
		require.GreaterOrEqual(t, g.Confidence, 0.0)
		require.LessOrEqual(t, g.Confidence, 1.0)
		if g.Language != "" {
			require.Contains(t, lang.Supported(), g.Language)
			require.Empty(t, g.Other)
		}
		require.True(t, utf8.ValidString(g.Language))
	})
}

func BenchmarkDetect(b *testing.B) {
	for _, c := range []struct{ name, text string }{
		{"message", "Hei, jeg har ikke fått noen bekreftelse på bestillingen min. Når kommer den?"},
		{"page", strings.Repeat("Maskinen viser E-4419 og stopper etter noen minutter. ", 200)},
	} {
		lang.Detect(c.text) // unpack the table first
		b.Run(c.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				lang.Detect(c.text)
			}
		})
	}
}
