package flowtest

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sufflor/sufflor/ingest"
)

// What may become of a text that people may not see; "" is one that they see.
const (
	LeftOut = "was left out"
	Kept    = "was read"
)

// Judged checks what became of a trick of five words in a document, and that
// nothing else is said of it. The document has more, with the word "synlig".
func Judged(tb testing.TB, doc ingest.Document, trick, want string) {
	tb.Helper()
	text := strings.Join(Lines(doc), "\n")
	require.Contains(tb, text, "synlig")
	first, _, _ := strings.Cut(trick, " ")
	if want == LeftOut {
		require.NotContains(tb, text, first)
	} else {
		require.Contains(tb, text, first)
	}
	if want == "" {
		require.Empty(tb, doc.Warnings)
		return
	}
	require.Len(tb, doc.Warnings, 1)
	require.Contains(tb, doc.Warnings[0], want)
	require.Contains(tb, doc.Warnings[0], "5 words in ")
}
