package storetest

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/sufflor/sufflor/index"
	"github.com/sufflor/sufflor/store"
)

func document(id string) store.Document {
	return store.Document{
		ID: id, Workspace: ws, Collection: "public", Audience: "public", Root: "kb", Path: id + ".pdf",
		Title: "Guide " + id, Language: "nb", Hash: "h1", Type: "application/pdf", Size: 42,
		Modified: start, Warnings: []string{"page 3 has no text"},
	}
}

func passages(document string, ids ...string) []index.Passage {
	list := make([]index.Passage, len(ids))
	for i, id := range ids {
		list[i] = index.Passage{
			ID: document + "/" + id, Workspace: ws, Collection: "public", Audience: index.Public,
			Document: document, Source: document + ".pdf", Title: "Guide", Kind: index.KindText, Language: "nb",
			Ordinal: i, Text: "text of " + id, Locator: index.Locator{Page: i + 1}, Modified: start.UTC(),
		}
	}
	return list
}

func put(t *testing.T, s Store, id string, ids ...string) (old []string) {
	t.Helper()
	old, err := s.PutDocument(t.Context(), document(id), passages(id, ids...))
	require.NoError(t, err)
	return old
}

func pending(t *testing.T, s Store) []store.Pending {
	t.Helper()
	list, err := s.PendingIndex(t.Context(), 0)
	require.NoError(t, err)
	return list
}

// apply does to an index what p asks for, in the order that hurts.
func apply(idx map[string]bool, p store.Pending) {
	for _, passage := range p.Put {
		idx[passage.ID] = true
	}
	for _, id := range p.Delete {
		delete(idx, id)
	}
}

var documentTests = []test{
	{"a document and its passages come back as they were put", func(x fixture) {
		t, s := x.t, x.s
		require.Empty(t, put(t, s, "d1", "a", "b"))
		want := document("d1")
		want.Modified, want.Ingested = start.UTC(), start.UTC()
		want.Passages, want.State, want.Version = 2, store.DocumentOK, 1
		got, err := s.Document(t.Context(), ws, "d1")
		require.NoError(t, err)
		require.Equal(t, want, got)
		list, err := s.Documents(t.Context(), ws, store.DocumentFilter{})
		require.NoError(t, err)
		require.Equal(t, []store.Document{want}, list)

		found, err := s.Passages(t.Context(), ws, []string{"d1/a", "d1/b", "d1/zzz"})
		require.NoError(t, err)
		all := passages("d1", "a", "b")
		require.Equal(t, map[string]index.Passage{"d1/a": all[0], "d1/b": all[1]}, found)
		found, err = s.Passages(t.Context(), "rival", []string{"d1/a"})
		require.NoError(t, err)
		require.Empty(t, found)
		_, err = s.Document(t.Context(), "rival", "d1")
		require.ErrorIs(t, err, store.ErrNotFound)
	}},
	{"documents are listed by root and path", func(x fixture) {
		t, s := x.t, x.s
		for _, id := range []string{"d2", "d1", "d3"} {
			d := document(id)
			if id == "d3" {
				d.Root = "cases"
			}
			_, err := s.PutDocument(t.Context(), d, nil)
			require.NoError(t, err)
		}
		for _, tt := range []struct {
			filter store.DocumentFilter
			want   []string
		}{
			{store.DocumentFilter{}, []string{"d3", "d1", "d2"}},
			{store.DocumentFilter{Root: "kb"}, []string{"d1", "d2"}},
			{store.DocumentFilter{Root: "none"}, nil},
			{store.DocumentFilter{State: store.DocumentFailed}, nil},
		} {
			list, err := s.Documents(t.Context(), ws, tt.filter)
			require.NoError(t, err)
			var ids []string
			for _, d := range list {
				ids = append(ids, d.ID)
			}
			require.Equal(t, tt.want, ids)
		}
	}},
	{"a new version names the passages that are no more", func(x fixture) {
		t, s := x.t, x.s
		put(t, s, "d1", "a", "b", "c")
		require.Equal(t, []string{"d1/a", "d1/c"}, put(t, s, "d1", "b", "x"))
		found, err := s.Passages(t.Context(), ws, []string{"d1/a", "d1/b", "d1/c", "d1/x"})
		require.NoError(t, err)
		require.Len(t, found, 2)
		require.Equal(t, 0, found["d1/b"].Ordinal, "what stayed is rewritten too")
		d, err := s.Document(t.Context(), ws, "d1")
		require.NoError(t, err)
		require.Equal(t, 2, d.Version)
		require.Equal(t, 2, d.Passages)
	}},
	{"passages that cannot be told apart are refused, and nothing changes", func(x fixture) {
		t, s := x.t, x.s
		put(t, s, "d1", "a")
		put(t, s, "d2", "a")
		stolen := passages("d2", "a")
		stolen[0].Document = "d1"
		foreign := passages("d1", "a", "b")
		foreign[1].Workspace = "rival"
		nameless := passages("d1", "a")
		nameless[0].ID = ""
		for name, list := range map[string][]index.Passage{
			"another document's id": stolen,
			"another workspace":     foreign,
			"twice the same id":     passages("d1", "b", "b"),
			"no id":                 nameless,
		} {
			_, err := s.PutDocument(t.Context(), document("d1"), list)
			require.ErrorIs(t, err, store.ErrInvalid, name)
		}
		found, err := s.Passages(t.Context(), ws, []string{"d1/a", "d2/a", "d1/b"})
		require.NoError(t, err)
		require.Len(t, found, 2)
		_, err = s.PutDocument(t.Context(), store.Document{Path: "x.pdf"}, nil)
		require.ErrorIs(t, err, store.ErrInvalid)
	}},
	{"a failure keeps the last good passages", func(x fixture) {
		t, s := x.t, x.s
		put(t, s, "d1", "a", "b")
		broken := store.Document{
			ID: "d1", Workspace: ws, Root: "kb", Path: "d1.pdf", Hash: "h2", Size: 7,
			Error: "page 2: encrypted", Hint: "save it without a password",
		}
		require.NoError(t, s.FailDocument(t.Context(), broken))
		d, err := s.Document(t.Context(), ws, "d1")
		require.NoError(t, err)
		require.Equal(t, store.DocumentFailed, d.State)
		require.Equal(t, broken.Error, d.Error)
		require.Equal(t, broken.Hint, d.Hint)
		require.Equal(t, "h2", d.Hash, "so that the same bytes need not be read again")
		require.Equal(t, "Guide d1", d.Title)
		require.Equal(t, 2, d.Passages)
		require.Equal(t, 1, d.Version)
		found, err := s.Passages(t.Context(), ws, []string{"d1/a", "d1/b"})
		require.NoError(t, err)
		require.Len(t, found, 2)

		put(t, s, "d1", "a")
		d, err = s.Document(t.Context(), ws, "d1")
		require.NoError(t, err)
		require.Equal(t, store.DocumentOK, d.State)
		require.Empty(t, d.Error+d.Hint)
	}},
	{"a document that never was good is listed with its error", func(x fixture) {
		t, s := x.t, x.s
		require.NoError(t, s.FailDocument(t.Context(), store.Document{ID: "d1", Workspace: ws, Path: "x.doc", Error: "unknown format"}))
		list, err := s.Documents(t.Context(), ws, store.DocumentFilter{State: store.DocumentFailed})
		require.NoError(t, err)
		require.Len(t, list, 1)
		require.Equal(t, "unknown format", list[0].Error)
		require.Empty(t, pending(t, s), "there is nothing to index")
	}},
	{"a deleted document is gone at once, and from the index soon", func(x fixture) {
		t, s := x.t, x.s
		put(t, s, "d1", "a", "b")
		for _, p := range pending(t, s) {
			require.NoError(t, s.Indexed(t.Context(), p))
		}
		_, err := s.DeleteDocument(t.Context(), "rival", "d1")
		require.ErrorIs(t, err, store.ErrNotFound)
		old, err := s.DeleteDocument(t.Context(), ws, "d1")
		require.NoError(t, err)
		require.Equal(t, []string{"d1/a", "d1/b"}, old)
		found, err := s.Passages(t.Context(), ws, old)
		require.NoError(t, err)
		require.Empty(t, found)
		_, err = s.Document(t.Context(), ws, "d1")
		require.ErrorIs(t, err, store.ErrNotFound)

		list := pending(t, s)
		require.Len(t, list, 1)
		require.Empty(t, list[0].Put)
		require.Equal(t, old, list[0].Delete)
		require.NoError(t, s.Indexed(t.Context(), list[0]))
		require.Empty(t, pending(t, s))
		_, err = s.DeleteDocument(t.Context(), ws, "d1")
		require.ErrorIs(t, err, store.ErrNotFound)
	}},
	{"what changed while it was indexed stays pending", func(x fixture) {
		t, s := x.t, x.s
		put(t, s, "d1", "a", "b")
		first := pending(t, s)
		put(t, s, "d1", "b", "c")
		require.NoError(t, s.Indexed(t.Context(), first[0]))
		second := pending(t, s)
		require.Len(t, second, 1)
		require.Greater(t, second[0].Token, first[0].Token)
		require.Equal(t, []string{"d1/a"}, second[0].Delete)
		require.Equal(t, passages("d1", "b", "c"), second[0].Put)
		require.NoError(t, s.Indexed(t.Context(), second[0]))
		require.Empty(t, pending(t, s))
	}},
	{"an index that applies what is pending ends with the live passages", func(x fixture) {
		t, s := x.t, x.s
		// Each step changes documents; the index looks after some steps only,
		// and once forgets to say so, as after a crash.
		idx := map[string]bool{}
		look := func(say bool) {
			for _, p := range pending(t, s) {
				apply(idx, p)
				if say {
					require.NoError(t, s.Indexed(t.Context(), p))
				}
			}
		}
		put(t, s, "d1", "a", "b")
		put(t, s, "d2", "a")
		look(true)
		put(t, s, "d1", "b")
		put(t, s, "d1", "a", "c") // a is back before the index saw it go
		look(false)
		require.Equal(t, map[string]bool{"d1/a": true, "d1/c": true, "d2/a": true}, idx)
		_, err := s.DeleteDocument(t.Context(), ws, "d2")
		require.NoError(t, err)
		look(false)
		put(t, s, "d2", "z") // the document is back too
		put(t, s, "d1", "c")
		look(true)
		require.Equal(t, map[string]bool{"d1/c": true, "d2/z": true}, idx)
		require.Empty(t, pending(t, s))
	}},
	{"a reindex sees every document again", func(x fixture) {
		t, s := x.t, x.s
		put(t, s, "d1", "a")
		put(t, s, "d2", "b")
		old := pending(t, s)
		require.NoError(t, s.MarkAllPending(t.Context()))
		for _, p := range old {
			require.NoError(t, s.Indexed(t.Context(), p))
		}
		again := pending(t, s)
		require.Len(t, again, 2, "an index run begun before the reindex does not count")
		require.Equal(t, "d1", again[0].Document)
		first, err := s.PendingIndex(t.Context(), 1)
		require.NoError(t, err)
		require.Equal(t, again[:1], first)
	}},
	{"the passages around one are its neighbours in order", func(x fixture) {
		t, s := x.t, x.s
		put(t, s, "d1", "a", "b", "c", "d", "e")
		put(t, s, "d2", "x")
		for _, tt := range []struct {
			id   string
			n    int
			want []string
		}{
			{"d1/c", 1, []string{"d1/b", "d1/c", "d1/d"}},
			{"d1/a", 2, []string{"d1/a", "d1/b", "d1/c"}},
			{"d1/e", 9, []string{"d1/a", "d1/b", "d1/c", "d1/d", "d1/e"}},
			{"d1/c", 0, []string{"d1/c"}},
			{"d2/x", -1, []string{"d2/x"}},
		} {
			got, err := s.Around(t.Context(), ws, tt.id, tt.n)
			require.NoError(t, err)
			var ids []string
			for _, p := range got {
				ids = append(ids, p.ID)
			}
			require.Equal(t, tt.want, ids, "%d around %s", tt.n, tt.id)
		}
		_, err := s.Around(t.Context(), "rival", "d1/c", 1)
		require.ErrorIs(t, err, store.ErrNotFound)
	}},
	{"all passages of a workspace come page by page, in order", func(x fixture) {
		t, s := x.t, x.s
		const n = 450 // more than two pages
		ids := make([]string, n)
		for i := range ids {
			ids[i] = fmt.Sprintf("%03d", i)
		}
		put(t, s, "d2", ids...)
		put(t, s, "d1", "a")
		var got []string
		for p, err := range s.AllPassages(t.Context(), ws) {
			require.NoError(t, err)
			got = append(got, p.ID)
			if len(got) == 100 { // a consumer may write meanwhile
				accept(t, s, message("k1", "m1", "x", start))
			}
		}
		require.Len(t, got, n+1)
		require.True(t, slices.IsSorted(got))
		for range s.AllPassages(t.Context(), ws) {
			break
		}
		for range s.AllPassages(t.Context(), "rival") {
			t.Fatal("another workspace's passage")
		}
	}},
	{"a document may have thousands of passages", func(x fixture) {
		t, s := x.t, x.s
		ids := make([]string, 3000)
		for i := range ids {
			ids[i] = fmt.Sprintf("%04d", i)
		}
		put(t, s, "d1", ids...)
		began := time.Now()
		require.Len(t, put(t, s, "d1", ids[:10]...), 2990)
		require.Less(t, time.Since(began), 10*time.Second)
		list := pending(t, s)
		require.Len(t, list[0].Delete, 2990)
		require.Len(t, list[0].Put, 10)
	}},
}
