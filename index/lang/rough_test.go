package lang_test

import (
	_ "embed"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sufflor/sufflor/index/lang"
)

//go:embed testdata/rough.tsv
var rough string

// TestRoughMessages is messages as people send them: without the letters of
// their language, in capitals, around an English error, with codes, addresses
// and smiles. The word list was corrected on them.
func TestRoughMessages(t *testing.T) {
	right, n := 0, 0
	for line := range strings.Lines(rough) {
		want, text, ok := strings.Cut(strings.TrimSpace(line), "\t")
		if !ok {
			continue
		}
		n++
		if g := lang.Detect(text); g.Language == want {
			right++
		} else {
			t.Logf("%q: %q with %.2f, want %q", text, g.Language, g.Confidence, want)
		}
	}
	t.Logf("%d of %d messages right", right, n)
	require.Greater(t, n, 150)
	require.GreaterOrEqual(t, float64(right)/float64(n), .97)
}

func TestCopiedTextSaysLittleAboutItsReader(t *testing.T) {
	for _, c := range []struct{ name, text, want string }{
		{"in straight marks", `Får "Unable to connect to server. Please try again later" når jeg starter`, "nb"},
		{"in German marks", "Da steht „Unable to connect to server, please try again“ was nun", "de"},
		{"in angles", "Näytöllä lukee »Unable to connect to server« kun käynnistän", "fi"},
		{"after a word for errors", "Det står ERROR: The requested resource is not available. Vad gör jag?", "sv"},
		{"after an exception's name", "Jeg får System.IOException: The process cannot access the file! Hvad gør jeg", "da"},
		{"a quotation is all there is", `"Unable to connect to the server"`, "en"},
		{"a mark that is never closed", `En 15" skjerm. Hvor mye koster den og når kan dere levere til oss?`, "nb"},
		{"a mark that is closed far away", `Hej, jeg har en "skærm her. Hvornår kan I levere den, og hvad koster det for os i Danmark? Vi vil gerne have den hurtigst muligt`, "da"},
	} {
		t.Run(c.name, func(t *testing.T) {
			require.Equal(t, c.want, lang.Detect(c.text).Language)
		})
	}
}
