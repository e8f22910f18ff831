package ingest_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/sufflor/sufflor/index"
	"github.com/sufflor/sufflor/ingest"
	"github.com/sufflor/sufflor/ingest/formats"
)

// origin is where the documents of these tests come from.
func origin(path string) ingest.Origin {
	return ingest.Origin{
		Workspace: "brisk", Collection: "help", Audience: index.Public, Document: "d1", Source: path,
		Modified: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC), Mask: ingest.Masker{Own: []string{"brisk.example"}},
	}
}

// TestGolden reads whole documents and compares every passage with what was
// agreed on: make golden, then read the diff.
func TestGolden(t *testing.T) {
	files, err := filepath.Glob("testdata/docs/*")
	require.NoError(t, err)
	require.NotEmpty(t, files)
	for _, path := range files {
		t.Run(filepath.Base(path), func(t *testing.T) {
			data, err := os.ReadFile(path)
			require.NoError(t, err)
			doc, err := formats.All(formats.Options{}).Read(t.Context(), ingest.Input{Name: filepath.Base(path), Path: path, Data: bytes.NewReader(data), Size: int64(len(data))})
			require.NoError(t, err)
			passages := ingest.Passages(doc, origin(filepath.Base(path)))
			require.Equal(t, passages, ingest.Passages(doc, origin(filepath.Base(path))), "the same document gives the same passages")
			golden(t, filepath.Join("testdata/golden", filepath.Base(path)+".txt"), show(t, passages))
		})
	}
}

// show writes passages so that a person can judge them.
func show(t *testing.T, passages []index.Passage) string {
	t.Helper()
	var b strings.Builder
	for _, p := range passages {
		at, err := json.Marshal(p.Locator)
		require.NoError(t, err)
		fmt.Fprintf(&b, "== %d %s [%s] %s\n", p.Ordinal, p.Kind, p.Language, p.Breadcrumb())
		fmt.Fprintf(&b, "at %s  %s\n", p.Locator, at)
		if p.Question != "" {
			fmt.Fprintf(&b, "asks %q\n", p.Question)
		}
		for _, c := range p.Cells {
			fmt.Fprintf(&b, "cell %s %q = %q\n", c.Ref, c.Header, c.Value)
		}
		b.WriteString(p.Text + "\n\n")
	}
	return b.String()
}

func golden(t *testing.T, path, got string) {
	t.Helper()
	if os.Getenv("UPDATE_GOLDEN") != "" {
		require.NoError(t, os.WriteFile(path, []byte(got), 0o644))
	}
	want, err := os.ReadFile(path)
	require.NoError(t, err, "run with UPDATE_GOLDEN=1 and read the diff")
	require.Equal(t, string(want), got)
}
