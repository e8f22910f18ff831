// Package flowtest shows documents for tests.
package flowtest

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sufflor/sufflor/ingest"
)

// Lines is a document's blocks in a line each: "heading2| Text",
// "item1 3.| Text", "table| caption <a;b> [group] c;d".
func Lines(doc ingest.Document) []string {
	var out []string
	for _, b := range doc.Blocks {
		line := string(b.Kind)
		if b.Level > 0 {
			line += fmt.Sprint(b.Level)
		}
		if b.Marker != "" {
			line += " " + b.Marker
		}
		line += "| " + b.Text
		if b.Table != nil {
			line += b.Table.Caption + "<" + strings.Join(b.Table.Header, ";") + ">"
			var rows strings.Builder
			for _, r := range b.Table.Rows {
				rows.WriteString(" [" + r.Group + "] " + strings.Join(r.Cells, ";"))
			}
			line += rows.String()
		}
		out = append(out, line)
	}
	return out
}

// Golden compares a document's title and lines with what was agreed on: set
// UPDATE_GOLDEN, then read the diff.
func Golden(tb testing.TB, path string, doc ingest.Document) {
	tb.Helper()
	got := doc.Title + "\n" + strings.Join(Lines(doc), "\n") + "\n"
	if os.Getenv("UPDATE_GOLDEN") != "" {
		require.NoError(tb, os.WriteFile(path, []byte(got), 0o600))
	}
	want, err := os.ReadFile(path)
	require.NoError(tb, err, "run with UPDATE_GOLDEN=1 and read the diff")
	require.Equal(tb, string(want), got)
}
