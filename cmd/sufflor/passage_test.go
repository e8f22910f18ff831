package main

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sufflor/sufflor/web"
)

func TestAPassageIsShownWhereItStands(t *testing.T) {
	p := newPlace(t, 1)
	p.configure(t, "max_file_bytes: 4096", `
      - {name: manuals, collection: b, audience: public, paths: [DIR/manuals]}`)
	p.write(t, "manuals/a.md", "# Brems B-9\n\n## Trykk\n\nBremsen B-9 tåler 900 bar.\n\n## Slitasje\n\nBytt beleggene hvert år.\n")
	code, out, errs := command(t, t.Context(), "-c", p.config, "ingest")
	require.Zero(t, code, out+errs)
	code, out, errs = command(t, t.Context(), "-c", p.config, "--json", "search", "hvor mange bar tåler bremsen")
	require.Zero(t, code, errs)
	var found web.SearchResult
	require.NoError(t, json.Unmarshal([]byte(out), &found))
	id := found.Hits[0].Passage.ID

	show := func(t *testing.T) {
		t.Helper()
		code, out, errs := command(t, t.Context(), "-c", p.config, "passage", id)
		require.Zero(t, code, errs)
		require.Contains(t, out, "> Bremsen B-9 tåler 900 bar.\n")
		require.Contains(t, out, "  Bytt beleggene hvert år.\n", "what follows")
		code, out, errs = command(t, t.Context(), "-c", p.config, "passage", id, "--around", "0")
		require.Zero(t, code, errs)
		require.NotContains(t, out, "beleggene")
		code, out, errs = command(t, t.Context(), "-c", p.config, "--json", "passage", id)
		require.Zero(t, code, errs)
		var got web.Place
		require.NoError(t, json.Unmarshal([]byte(out), &got))
		require.Equal(t, "current", got.State)
		require.Equal(t, 1, got.Version)

		code, _, errs = command(t, t.Context(), "-c", p.config, "passage", "nothing")
		require.NotZero(t, code)
		require.Contains(t, errs, "not found")
		code, _, errs = command(t, t.Context(), "-c", p.config, "passage", id, "--suggestion", "nothing", "--source", "1")
		require.NotZero(t, code)
		require.Contains(t, errs, "not found")
		code, _, errs = command(t, t.Context(), "-c", p.config, "passage", id, "--source", "1")
		require.NotZero(t, code)
		require.Contains(t, errs, "--suggestion and --source belong together")
	}
	t.Run("from the data folder", show)
	cmd, log := p.start(t, "serve")
	p.serving(t, log)
	t.Run("from the running server", show)
	stop(t, cmd, log)
}
