package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sufflor/sufflor/ingest"
)

func TestAnUploadedFileIsSearchedWhenTheAnswerComes(t *testing.T) {
	p := newPlace(t, 1)
	p.configure(t, "max_file_bytes: 4096", `
      - {name: inbox, collection: b, audience: public, paths: [DIR/inbox], uploads: true}
      - {name: closed, collection: c, audience: public, paths: [DIR/closed]}`)
	p.write(t, "closed/a.md", "# Slange S-1\n\nSlangen S-1 er 3 meter lang.\n")
	cmd, log := p.start(t, "serve")
	p.serving(t, log)

	text := "# Brems B-9\n\nBremsen B-9 tåler 900 bar.\n"
	var sum ingest.Summary
	require.Equal(t, 200, p.ask(t, "PUT", "/api/uploads/inbox/2026/brems.md", text, &sum))
	require.Equal(t, 1, sum.Added)
	require.Contains(t, p.answer(t, "Hvor mange bar tåler bremsen B-9?"), "900 bar")
	require.Equal(t, 200, p.ask(t, "PUT", "/api/uploads/inbox/2026/brems.md", text, &sum))
	require.Zero(t, sum.Added+sum.Changed, "sent again it changes nothing")
	require.Equal(t, 200, p.ask(t, "PUT", "/api/uploads/inbox/2026/brems.md", strings.Replace(text, "900", "750", 1), &sum))
	require.Equal(t, 1, sum.Changed)
	require.NotContains(t, p.answer(t, "Hvor mange bar tåler bremsen B-9?"), "900 bar")

	for name, code := range map[string]int{
		"closed/a.md": 422, "nobody/a.md": 422, "inbox/..%2fa.md": 422, "inbox/a/..%2f..%2f..%2fa.md": 422, "inbox/.hidden.md": 422, "inbox/": 422, "inbox/%00.md": 422, "inbox/half.part": 422, "inbox/Thumbs.db": 422, "inbox/~$plan.docx": 422,
	} {
		require.Equal(t, code, p.ask(t, "PUT", "/api/uploads/"+name, text, nil), name)
	}
	require.Equal(t, 413, p.ask(t, "PUT", "/api/uploads/inbox/large.md", strings.Repeat("large ", 1000), nil))
	var left []string
	require.NoError(t, filepath.WalkDir(filepath.Join(p.dir, "inbox"), func(path string, e os.DirEntry, err error) error {
		if err == nil && !e.IsDir() {
			left = append(left, e.Name())
		}
		return err
	}))
	require.Equal(t, []string{"brems.md"}, left, "what was refused leaves nothing behind")
	stop(t, cmd, log)
}
