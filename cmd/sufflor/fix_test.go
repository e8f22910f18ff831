package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sufflor/sufflor/web"
)

func TestAFixOfAPassageHoldsInSearchAndDraftsUntilItIsUndone(t *testing.T) {
	p := newPlace(t, 1)
	p.configure(t, "max_file_bytes: 4096", `
      - {name: manuals, collection: b, audience: public, paths: [DIR/manuals]}`)
	const good = "# Brems B-9\n\n## Trykk\n\nBremsen B-9 tåler 900 bar.\n\n## Slitasje\n\nBytt beleggene på bremsen hvert år.\n"
	p.write(t, "manuals/a.md", good)
	run := func(args ...string) string {
		t.Helper()
		code, out, errs := command(t, t.Context(), append([]string{"-c", p.config}, args...)...)
		require.Zero(t, code, out+errs)
		return out
	}
	search := func(args ...string) (found web.SearchResult) {
		t.Helper()
		require.NoError(t, json.Unmarshal([]byte(run(append([]string{"--json", "search", "hvor mange bar tåler bremsen B-9"}, args...)...)), &found))
		return found
	}
	has := func(text string) bool {
		t.Helper()
		for _, h := range search("-n", "50").Hits {
			if strings.Contains(h.Passage.Text, text) {
				return true
			}
		}
		return false
	}
	drafts := func(text string) bool {
		t.Helper()
		return strings.Contains(run("--json", "ask", "Hvor mange bar tåler bremsen B-9?"), text)
	}
	run("ingest")
	id := search().Hits[0].Passage.ID
	require.True(t, drafts("900 bar"))
	code, _, errs := command(t, t.Context(), "-c", p.config, "passage", "exclude", id)
	require.NotZero(t, code)
	require.Contains(t, errs, "--reason")

	story := func(t *testing.T) {
		t.Helper()
		require.Contains(t, run("passage", "exclude", id, "--reason", "misprint", "--author", "Kari"), "nothing finds or quotes it")
		require.False(t, has("900 bar"), "at once")
		require.False(t, drafts("900 bar"))
		run("reindex")
		require.False(t, has("900 bar"), "in an index built anew")
		p.write(t, "manuals/a.md", "# Brems B-9\n\nNy innledning om bremsen.\n\n## Trykk\n\nBremsen B-9 tåler 900 bar.\n\n## Slitasje\n\nBytt beleggene på bremsen hvert år.\n")
		run("ingest")
		require.True(t, has("Ny innledning"))
		require.False(t, has("900 bar"), "in another place of a new version")

		var list struct{ Fixes []web.Fixed }
		require.NoError(t, json.Unmarshal([]byte(run("--json", "passage", "fixes", "--state", "applies")), &list))
		require.Len(t, list.Fixes, 1)
		require.Equal(t, []string{"exclude", "misprint", "Kari"}, []string{list.Fixes[0].Action, list.Fixes[0].Reason, list.Fixes[0].Author})
		moved := list.Fixes[0].Passage
		text := filepath.Join(p.dir, "text")
		require.NoError(t, os.WriteFile(text, []byte("Bremsen B-9 tåler 700 bar.\n"), 0o600))
		run("passage", "fix", moved, "--file", text, "--reason", "misprint")
		require.True(t, has("700 bar"))
		require.False(t, has("900 bar"))
		require.True(t, drafts("700 bar"))

		p.write(t, "manuals/a.md", "# Brems B-9\n\n## Trykk\n\nBremsen B-9 tåler 950 bar.\n")
		run("ingest")
		require.True(t, has("950 bar"), "what the document says anew is not hidden by an old fix")
		require.False(t, has("700 bar"))
		require.Contains(t, run("passage", "fixes", "--state", "lost"), moved)
		p.write(t, "manuals/a.md", good)
		run("ingest")
		require.True(t, has("700 bar"), "it says the same again")
		require.Contains(t, run("passage", "restore", id), "as the document has it")
		require.True(t, has("900 bar"))
		require.False(t, has("700 bar"))
		require.Contains(t, run("passage", "fixes", "--state", "applies"), "no passage was changed")
	}
	t.Run("from the data folder", story)
	cmd, log := p.start(t, "serve")
	p.serving(t, log)
	t.Run("from the running server", story)

	found := search("--explain")
	require.NotEmpty(t, found.Hits[0].Why.Shares)
	require.NotEmpty(t, found.Hits[0].Matches)
	require.True(t, found.Hits[0].Quoted)
	require.Equal(t, 1, found.Draft.Quotes[0].Hit)
	require.Contains(t, run("search", "hvor mange bar tåler bremsen B-9", "--explain"), "a draft would quote it")
	run("passage", "exclude", id, "--reason", "misprint")
	stop(t, cmd, log)
	require.False(t, has("900 bar"), "after the server has ended")

	run("ingest", "remove", filepath.Join(p.dir, "manuals", "a.md"), "--yes")
	require.Contains(t, run("passage", "fixes"), "no passage was changed", "erased is erased")
}
