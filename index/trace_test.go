package index_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sufflor/sufflor/index"
)

func TestStoredWordsComeBack(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		"", "Garantien dekker hydraulikken på XY-2000 til 38 900 kr.",
		"Se https://a.example/b|c#d>e?f=1&g=2 og ring +47 22 33 44 55, a.b@c.example",
		"happily cities ponies", "# > | \n \x1f", "\xff\xfe æ\u00adø",
	} {
		for _, language := range []string{"nb", "sv", "da", "fi", "de", "en", ""} {
			index.RequireTracesComeBack(t, language, text)
		}
	}
}

func FuzzStoredWords(f *testing.F) {
	f.Add("Garantien dekker E-4419 > 3 | 4 # 5", "nb")
	f.Add("http://a.b/c d|2 e>f #g", "en")
	f.Fuzz(func(t *testing.T, text, language string) { index.RequireTracesComeBack(t, language, text) })
}

func TestStoredWordsThatAreDamagedAreRefused(t *testing.T) {
	t.Parallel()
	for _, raw := range []string{"", "a", "a\nb", "a\nb\nc\nd", "ord|9\n\n", "ord|x\n\n", "ord|-1\n\n"} {
		require.Error(t, index.DecodeTraces(raw), "%q", raw)
	}
	require.NoError(t, index.DecodeTraces("\n\n"))
}
