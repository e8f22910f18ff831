package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

// examined is what the doctor said, by check.
func examined(t *testing.T, p place, want int) map[string]finding {
	t.Helper()
	code, out, errs := command(t, t.Context(), "-c", p.config, "--json", "doctor")
	require.Equal(t, want, code, out+errs)
	var got struct {
		Findings []finding `json:"findings"`
	}
	require.NoError(t, json.Unmarshal([]byte(out), &got))
	by := map[string]finding{}
	for _, f := range got.Findings {
		by[f.Check] = f
		if f.Result != checkOK {
			require.NotEmpty(t, f.Next, "%s says what to do", f.Check)
		}
	}
	return by
}

func TestDoctor(t *testing.T) {
	p := newPlace(t, 1)
	require.Equal(t, checkWarn, examined(t, p, exitOK)["records"].Result, "nothing was read yet")
	code, out, errs := command(t, t.Context(), "-c", p.config, "ingest")
	require.Zero(t, code, out+errs)
	by := examined(t, p, exitOK)
	require.Equal(t, checkOK, by["records"].Result)
	require.Equal(t, checkWarn, by["public_url"].Result)

	docs := filepath.Join(p.dir, "docs")
	require.NoError(t, os.RemoveAll(docs))
	db := filepath.Join(p.dir, "data", "sufflor.db")
	require.NoError(t, os.WriteFile(db, []byte("no database, but long enough to be looked at as one"), 0o600))
	by = examined(t, p, exitFailed)
	require.Equal(t, checkFail, by["records"].Result)
	require.Contains(t, by["records"].Next, "restore")

	p.edit(t, "language: nb", "language: xx")
	by = examined(t, p, exitFailed)
	require.Len(t, by, 1, "nothing more can be looked at")
	require.Contains(t, by["configuration"].Said, `"xx"`)
}
