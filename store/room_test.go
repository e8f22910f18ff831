package store_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sufflor/sufflor/index"
	"github.com/sufflor/sufflor/store"
)

// shelf fills a workspace with n documents of one passage each.
func shelf(t *testing.T, s *store.Store, workspace string, n int) {
	t.Helper()
	for i := range n {
		d := store.Document{
			Workspace: workspace, ID: fmt.Sprintf("%s-%03d", workspace, i), Root: "/r", Path: fmt.Sprintf("manuals/Pumpe %03d.pdf", n-i),
			Title: fmt.Sprintf("Håndbok P-%03d", i), Collection: "manuals", Audience: "public", Source: "manuals", Language: "nb", Type: "pdf",
		}
		if i%3 == 1 {
			d.Source, d.Collection, d.Audience, d.Language, d.Type = "prices", "prices", "internal", "sv", "xlsx"
		}
		if i%5 == 4 {
			d.Error, d.Code = "no text", store.CodeNoText
			if i%2 == 0 {
				d.Error, d.Code = "has a password", "encrypted"
			}
			require.NoError(t, s.FailDocument(t.Context(), d))
			continue
		}
		_, err := s.PutDocument(t.Context(), d, []index.Passage{{ID: d.ID + "-p", Text: "Pumpen tar 5 liter."}})
		require.NoError(t, err)
	}
}

// walk is all pages of a list, with a limit that has to turn the page.
func walk(t *testing.T, s *store.Store, workspace string, f store.ListFilter) (ids []string) {
	t.Helper()
	for after := ""; ; {
		list, next, err := s.ListDocuments(t.Context(), workspace, f, after, 7)
		require.NoError(t, err)
		for _, d := range list {
			require.Equal(t, workspace, d.Workspace)
			ids = append(ids, d.ID)
		}
		if after = next; next == "" {
			return ids
		}
		require.Len(t, list, 7)
	}
}

func TestListDocuments(t *testing.T) {
	s := open(t, store.Options{Dir: t.TempDir()})
	shelf(t, s, "w", 60)
	shelf(t, s, "other", 5)
	for _, c := range []struct {
		name string
		f    store.ListFilter
		want int
	}{
		{"all of them, each once", store.ListFilter{}, 60},
		{"a source", store.ListFilter{Source: "prices"}, 20},
		{"a collection and a language", store.ListFilter{Collection: "manuals", Language: "nb"}, 40},
		{"a collection and another's language", store.ListFilter{Collection: "manuals", Language: "sv"}, 0},
		{"a format", store.ListFilter{Type: "xlsx"}, 20},
		{"what was read", store.ListFilter{State: store.DocumentOK}, 48},
		{"what was not", store.ListFilter{State: store.ListProblems}, 12},
		{"what holds no text", store.ListFilter{State: store.ListEmpty}, 6},
		{"what failed otherwise", store.ListFilter{State: store.DocumentFailed}, 6},
		{"nothing is out of search", store.ListFilter{State: store.ListShelved}, 0},
		{"a part of a title, whatever the case", store.ListFilter{Name: "HÅNDBOK"}, 60},
		{"a part of a path", store.ListFilter{Name: "umpe 010"}, 2},
		{"a part of a path and a bit of two characters", store.ListFilter{Name: "umpe 05"}, 20},
		{"a part of a path and a format", store.ListFilter{Name: "umpe", Type: "xlsx"}, 20},
		{"a name of another workspace", store.ListFilter{Name: "P-003"}, 1},
		{"what looks like a query", store.ListFilter{Name: `"umpe" OR name:*`}, 0},
		{"what looks like a pattern", store.ListFilter{Name: `pumpe %`}, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := walk(t, s, "w", c.f)
			require.Len(t, got, c.want)
			seen := map[string]bool{}
			for _, id := range got {
				require.False(t, seen[id], id)
				seen[id] = true
			}
		})
	}
	_, _, err := s.ListDocuments(t.Context(), "w", store.ListFilter{Name: "åb 1"}, "", 0)
	require.ErrorIs(t, err, store.ErrShortName)
	for _, f := range []store.ListFilter{{State: "odd"}, {}, {Name: "pumpe"}} {
		_, _, err = s.ListDocuments(t.Context(), "w", f, "odd", 0)
		require.ErrorIs(t, err, store.ErrInvalid)
	}

	require.True(t, strings.HasSuffix(walk(t, s, "w", store.ListFilter{})[0], "059"), "by path")
	_, err = s.DeleteDocument(t.Context(), "w", "w-003")
	require.NoError(t, err)
	require.Empty(t, walk(t, s, "w", store.ListFilter{Name: "P-003"}), "what is gone is not found by its name")
	d, err := s.Document(t.Context(), "w", "w-005")
	require.NoError(t, err)
	d.Title = "Ventil"
	_, err = s.PutDocument(t.Context(), d, []index.Passage{{ID: "new", Text: "x"}})
	require.NoError(t, err)
	require.Equal(t, []string{"w-005"}, walk(t, s, "w", store.ListFilter{Name: "ventil"}))
	require.Empty(t, walk(t, s, "w", store.ListFilter{Name: "P-005"}))
}

// TestListsReadNoMoreThanTheyShow asks the database how it finds a page.
func TestListsReadNoMoreThanTheyShow(t *testing.T) {
	s := open(t, store.Options{Dir: t.TempDir()})
	shelf(t, s, "w", 20)
	for _, f := range []store.ListFilter{
		{},
		{Source: "prices"},
		{Collection: "prices"},
		{State: store.ListProblems},
		{Type: "xlsx"},
		{Language: "sv"},
		{State: store.ListShelved},
		{Shelving: "x"},
		{Name: "pumpe"},
		{Name: "pumpe 01", Source: "prices"},
	} {
		for _, after := range []string{"", "w-004 manuals/Pumpe 008.pdf"} {
			if f.Name != "" && after != "" {
				after = "9"
			}
			plan, err := s.ListPlan(t.Context(), "w", f, after)
			require.NoError(t, err)
			for _, line := range plan {
				require.NotContains(t, line, "TEMP B-TREE", "%+v %q: %q", f, after, plan)
				if strings.HasPrefix(line, "SCAN") {
					require.Contains(t, line, "SCAN f VIRTUAL TABLE INDEX", "%+v %q: %q", f, after, plan)
				}
			}
		}
	}
}

func TestCountsTellStatesApart(t *testing.T) {
	s := open(t, store.Options{Dir: t.TempDir()})
	shelf(t, s, "w", 30)
	list, err := s.Counts(t.Context(), "w")
	require.NoError(t, err)
	sum := map[string]int{}
	for _, c := range list {
		sum[c.State] += c.Documents
		sum["passages"] += c.Passages
	}
	require.Equal(t, map[string]int{"ok": 24, "failed": 3, "empty": 3, "passages": 24}, sum)
}

func TestShelvedDocumentsComeBackAsTheyWere(t *testing.T) {
	s := open(t, store.Options{Dir: t.TempDir()})
	shelf(t, s, "w", 12)
	shelf(t, s, "other", 3)
	p := index.Passage{ID: "two", Ordinal: 1, Text: "Filteret heter F-1.", Headings: []string{"Filter"}}
	d, err := s.Document(t.Context(), "w", "w-000")
	require.NoError(t, err)
	_, err = s.PutDocument(t.Context(), d, []index.Passage{{ID: "one", Text: "Pumpen tar 7 liter."}, p})
	require.NoError(t, err)
	settleAll(t, s)

	h, err := s.Shelve(t.Context(), store.Shelving{Workspace: "w", Name: "Håndbok", Author: "Kari"}, []string{"w-000", "w-001", "w-004", "w-001", "none", "other-000"})
	require.NoError(t, err)
	require.Equal(t, []any{3, 3}, []any{h.Documents, h.Passages}, "w-004 could not be read")
	require.Len(t, walk(t, s, "w", store.ListFilter{}), 9)
	require.Len(t, walk(t, s, "w", store.ListFilter{State: store.ListShelved}), 3)
	require.Len(t, walk(t, s, "w", store.ListFilter{Shelving: h.ID}), 3)
	require.Len(t, walk(t, s, "other", store.ListFilter{}), 3)
	all, err := s.Documents(t.Context(), "w", store.DocumentFilter{})
	require.NoError(t, err)
	require.Len(t, all, 9)
	all, err = s.Documents(t.Context(), "w", store.DocumentFilter{Shelved: true})
	require.NoError(t, err)
	require.Len(t, all, 12)
	found, err := s.Passages(t.Context(), "w", []string{"one", "two", "w-002-p"})
	require.NoError(t, err)
	require.Len(t, found, 1)
	require.ElementsMatch(t, []string{"one", "two", "w-001-p"}, gone(t, s))
	kept, err := s.VersionPassages(t.Context(), "w", "w-000", 2)
	require.NoError(t, err)
	require.Len(t, kept, 2, "what it said can still be read")
	settleAll(t, s)

	list, err := s.Shelvings(t.Context(), "w", "", 0)
	require.NoError(t, err)
	require.Equal(t, []store.Shelving{h}, list)
	_, err = s.Unshelve(t.Context(), "other", h.ID, "Ola")
	require.ErrorIs(t, err, store.ErrNotFound)

	of, err := s.UnshelveDocument(t.Context(), "w", "w-001", "Ola")
	require.NoError(t, err)
	require.Equal(t, h.ID, of)
	h, err = s.Unshelve(t.Context(), "w", h.ID, "Ola")
	require.NoError(t, err)
	require.Equal(t, []any{store.ShelvingRestored, "Ola"}, []any{h.Ending, h.Ender})
	_, err = s.Unshelve(t.Context(), "w", h.ID, "Ola")
	require.ErrorIs(t, err, store.ErrNotFound, "only once")
	found, err = s.Passages(t.Context(), "w", []string{"one", "two", "w-001-p"})
	require.NoError(t, err)
	require.Len(t, found, 3)
	require.Equal(t, p.Headings, found["two"].Headings)
	d, err = s.Document(t.Context(), "w", "w-000")
	require.NoError(t, err)
	require.Equal(t, []any{2, 2, ""}, []any{d.Passages, d.Version, d.Shelved})
	put, err := s.PendingIndex(t.Context(), 100)
	require.NoError(t, err)
	require.Len(t, put, 3)
	known, err := s.KnownDocuments(t.Context(), "w", []string{"w-000", "w-002", "other-000"})
	require.NoError(t, err)
	require.Len(t, known, 2)
	require.Equal(t, []bool{true, false}, []bool{known["w-000"].Pending, known["w-002"].Pending})

	_, err = s.Shelve(t.Context(), store.Shelving{Workspace: "w"}, []string{"none"})
	require.ErrorIs(t, err, store.ErrNotFound)
}

func TestErasedShelvingsAreGone(t *testing.T) {
	s := open(t, store.Options{Dir: t.TempDir()})
	shelf(t, s, "w", 6)
	h, err := s.Shelve(t.Context(), store.Shelving{Workspace: "w", Name: "manuals", Source: true, Author: "Kari"}, []string{"w-000", "w-001"})
	require.NoError(t, err)
	h, err = s.EraseShelving(t.Context(), "w", h.ID, "Ola")
	require.NoError(t, err)
	require.Equal(t, store.ShelvingErased, h.Ending)
	_, err = s.Document(t.Context(), "w", "w-000")
	require.ErrorIs(t, err, store.ErrNotFound)
	_, err = s.Unshelve(t.Context(), "w", h.ID, "Ola")
	require.ErrorIs(t, err, store.ErrNotFound)
}

// gone are the passages that the index has to forget.
func gone(t *testing.T, s *store.Store) (ids []string) {
	t.Helper()
	list, err := s.PendingIndex(t.Context(), 100)
	require.NoError(t, err)
	for _, p := range list {
		ids = append(ids, p.Delete...)
	}
	return ids
}

func settleAll(t *testing.T, s *store.Store) {
	t.Helper()
	list, err := s.PendingIndex(t.Context(), 500)
	require.NoError(t, err)
	require.NoError(t, s.Indexed(t.Context(), list...))
}
