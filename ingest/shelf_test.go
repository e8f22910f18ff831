package ingest_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sufflor/sufflor/ingest"
	"github.com/sufflor/sufflor/store"
)

func TestARunOfNamedItemsReadsThemAndDeletesNothing(t *testing.T) {
	d := newDesk(t)
	d.write("a.md", "# Kettle\n\nIt boils water.\n")
	d.write("b.md", "# Lid\n\nIt stays closed.\n")
	d.run()
	d.write("a.md", "# Kettle\n\nIt boils water, and tea.\n")
	d.write("b.md", "# Lid\n\nIt opens by itself.\n")
	d.write("sub/c.md", "# Spout\n\nIt drips.\n")
	o := d.options()
	o.Only = map[string]bool{"a.md": true, "sub/c.md": true, "gone.md": true}
	sum, err := d.sync().Run(t.Context(), o)
	require.NoError(t, err)
	require.Equal(t, []int{1, 1, 0, 0}, []int{sum.Added, sum.Changed, sum.Unchanged, sum.Deleted})
	require.Contains(t, d.index.texts(), "b.md: It stays closed.", "it was not named")

	require.NoError(t, os.Remove(filepath.Join(d.dir, "b.md")))
	sum, err = d.sync().Run(t.Context(), o)
	require.NoError(t, err)
	require.Zero(t, sum.Deleted)
	d.consistent()
}

func TestShelvedDocumentsAreNotRead(t *testing.T) {
	d := newDesk(t)
	d.write("a.md", "# Kettle\n\nIt boils water.\n")
	d.write("b.md", "# Lid\n\nIt stays closed.\n")
	d.run()
	id := ingest.DocumentID("brisk", d.dir, "a.md")
	h, err := d.store.Shelve(t.Context(), store.Shelving{Workspace: "brisk", Name: "a.md", Author: "Kari"}, []string{id})
	require.NoError(t, err)
	for _, text := range []string{"# Kettle\n\nIt boils water.\n", "# Kettle\n\nIt boils tea now.\n"} {
		d.write("a.md", text)
		sum := d.run()
		require.Equal(t, []int{0, 0, 1, 0, 1}, []int{sum.Added, sum.Changed, sum.Unchanged, sum.Deleted, sum.Skipped})
		require.Contains(t, sum.Left[0].Reason, "by hand")
		require.Equal(t, []string{"b.md: It stays closed."}, d.index.texts())
		d.consistent()
	}
	require.NoError(t, os.Remove(filepath.Join(d.dir, "a.md")))
	require.Zero(t, d.run().Deleted, "it can be put back though its file is gone")
	d.write("a.md", "# Kettle\n\nIt boils tea now.\n")
	_, err = d.store.Unshelve(t.Context(), "brisk", h.ID, "Kari")
	require.NoError(t, err)
	require.Equal(t, 1, d.run().Changed)
	require.Contains(t, d.index.texts(), "a.md: It boils tea now.")
	d.consistent()
}
