package figures_test

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sufflor/sufflor/suggest/privacy"
	"github.com/sufflor/sufflor/suggest/privacy/figures"
)

// The files of examples are what their makers make; UPDATE_GOLDEN writes them.
func kept(t *testing.T, name string, lines []line) []byte {
	t.Helper()
	path, made := filepath.Join("testdata", name), encode(lines)
	if os.Getenv("UPDATE_GOLDEN") != "" {
		require.NoError(t, os.WriteFile(path, made, 0o644))
	}
	raw, err := os.ReadFile(path)
	require.NoError(t, err)
	require.True(t, bytes.Equal(raw, made), "%s is not what is made; UPDATE_GOLDEN=1 writes it", path)
	return raw
}

func measured(t *testing.T, raw []byte) figures.Report {
	t.Helper()
	rep, err := figures.Measure(bytes.NewReader(raw), privacy.Options{})
	require.NoError(t, err)
	var out strings.Builder
	require.NoError(t, rep.Write(&out))
	t.Log("\n" + out.String())
	return rep
}

// The bars are those of the issue. The committed files are a sample of what
// TestMoreExamples measures with another seed.
func TestVectors(t *testing.T) {
	holds(t, measured(t, kept(t, "vectors.jsonl", vectors(1, 40))))
}

func TestLookalikes(t *testing.T) {
	rep := measured(t, kept(t, "lookalikes.jsonl", lookalikes(2, 40)))
	require.GreaterOrEqual(t, float64(rep.Left)/float64(rep.Plain), .99)
}

func TestMoreExamples(t *testing.T) {
	holds(t, measured(t, encode(vectors(31, 1000))))
	rep := measured(t, encode(lookalikes(32, 2000)))
	require.GreaterOrEqual(t, float64(rep.Left)/float64(rep.Plain), .99)
}

func holds(t *testing.T, rep figures.Report) {
	t.Helper()
	for _, r := range rep.Rows {
		if !strings.HasPrefix(r.Type, "nothing") {
			require.True(t, r.Known, r.Type)
			require.GreaterOrEqual(t, r.F1, .995, r.Type)
		}
	}
}

func TestMeasure(t *testing.T) {
	rep, err := figures.Measure(strings.NewReader(`{"recognizer":"email","text":"a@b.example c@d.example","expected":3,"positions":[[0,11],[30,40]]}

{"text":"æ a@b.example 91 82 23 33","spans":[{"type":"EMAIL_ADDRESS","start":2,"end":13},{"type":"AGE","start":0,"end":1}]}
{"text":"Ordre 12345","shape":"5","spans":[]}
`), privacy.Options{})
	require.NoError(t, err)
	require.Equal(t, figures.Report{
		Rows: []figures.Row{
			{Type: "AGE", Examples: 1, Expected: 1, Missed: 1},
			{Type: "EMAIL_ADDRESS", Examples: 1, Expected: 1, Right: 1, F1: 1, Known: true},
			{Type: "email", Examples: 1, Expected: 3, Right: 1, Missed: 2, Wrong: 1, F1: .4, Known: true},
			{Type: "nothing, found as PHONE", Wrong: 1},
		},
		Plain: 1, Left: 1, Shapes: []figures.Shape{{Shape: "5", Plain: 1, Left: 1}},
	}, rep)

	_, err = figures.Measure(strings.NewReader("{}{\n"), privacy.Options{})
	require.ErrorContains(t, err, "line 1")
	_, err = figures.Measure(strings.NewReader("\n"), privacy.Options{})
	require.ErrorContains(t, err, "no examples")
}
