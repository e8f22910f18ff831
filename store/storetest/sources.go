package storetest

import (
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/sufflor/sufflor/index"
	"github.com/sufflor/sufflor/store"
)

// resting is a suggestion that cites and shows passages.
func resting(id string, cites, shows []string) store.Suggestion {
	s := suggestion(id, "k-"+id, "m-"+id)
	s.Cites, s.Shows = cites, shows
	return s
}

func stale(x fixture, id string) bool {
	x.t.Helper()
	sug, err := x.s.Suggestion(x.t.Context(), ws, id)
	require.NoError(x.t, err)
	return !sug.Stale.IsZero()
}

// fed are the suggestions that the feed named after seq.
func fed(x fixture, after int64) (ids []string) {
	x.t.Helper()
	items, err := x.s.Feed(x.t.Context(), ws, after, 0)
	require.NoError(x.t, err)
	for _, item := range items {
		if item.Kind == store.FeedSuggestion {
			ids = append(ids, item.Ref)
		}
	}
	return ids
}

var staleTests = []test{
	{"a suggestion goes stale with a passage that it cites, and the feed says so", func(x fixture) {
		t, s := x.t, x.s
		put(t, s, "d1", "a", "b")
		put(t, s, "d2", "z")
		save(t, s, resting("cites-a", []string{"d1/a"}, nil), false)
		save(t, s, resting("cites-b", []string{"d1/b", "d2/z"}, nil), false)
		save(t, s, resting("shows-a", []string{"d1/b"}, []string{"d1/a"}), false)
		save(t, s, resting("cites-z", []string{"d2/z"}, nil), false)
		end, err := s.FeedEnd(t.Context(), ws)
		require.NoError(t, err)

		put(t, s, "d1", "b", "c")
		require.True(t, stale(x, "cites-a"))
		require.False(t, stale(x, "cites-b"), "what it cites is unchanged")
		require.False(t, stale(x, "shows-a"), "the draft does not rest on it")
		require.Equal(t, []string{"cites-a"}, fed(x, end))

		end, err = s.FeedEnd(t.Context(), ws)
		require.NoError(t, err)
		_, err = s.DeleteDocument(t.Context(), ws, "d2")
		require.NoError(t, err)
		require.True(t, stale(x, "cites-b"))
		require.True(t, stale(x, "cites-z"))
		require.False(t, stale(x, "shows-a"))
		require.Equal(t, []string{"cites-b", "cites-z"}, fed(x, end), "once each, in order")
	}},
	{"a suggestion goes stale when what it cites may be quoted no more", func(x fixture) {
		t, s := x.t, x.s
		put(t, s, "d1", "a")
		save(t, s, resting("s1", []string{"d1/a"}, nil), false)
		d, list := document("d1"), passages("d1", "a")
		d.Audience, list[0].Audience = "internal", index.Internal
		_, err := s.PutDocument(t.Context(), d, list)
		require.NoError(t, err)
		require.True(t, stale(x, "s1"))
		_, err = s.SaveSuggestion(t.Context(), resting("s2", []string{"d1/a"}, nil), false)
		require.ErrorIs(t, err, store.ErrStale, "an internal passage is not cited")
		save(t, s, resting("s3", nil, []string{"d1/a"}), false)
	}},
	{"a draft whose source changed while it was made is not saved", func(x fixture) {
		t, s := x.t, x.s
		put(t, s, "d1", "a", "b")
		put(t, s, "d1", "b")
		for _, sug := range []store.Suggestion{
			resting("s1", []string{"d1/a"}, nil), resting("s1", []string{"d1/b"}, []string{"d1/a"}), resting("s1", []string{"d1/b", "d1/b", "never"}, nil),
		} {
			_, err := s.SaveSuggestion(t.Context(), sug, true)
			require.ErrorIs(t, err, store.ErrStale)
		}
		_, err := s.Suggestion(t.Context(), ws, "s1")
		require.ErrorIs(t, err, store.ErrNotFound)
		depth, err := s.QueueDepth(t.Context())
		require.NoError(t, err)
		require.Zero(t, depth, "nothing is delivered")
		save(t, s, resting("s1", []string{"d1/b", "d1/b"}, []string{"d1/b"}), true)
	}},
	{"an event that has its suggestion keeps it, also when its source is gone", func(x fixture) {
		t, s := x.t, x.s
		put(t, s, "d1", "a")
		save(t, s, resting("s1", []string{"d1/a"}, nil), false)
		_, err := s.DeleteDocument(t.Context(), ws, "d1")
		require.NoError(t, err)
		saved, err := s.SaveSuggestion(t.Context(), resting("s1", []string{"d1/a"}, nil), false)
		require.NoError(t, err)
		require.False(t, saved)
	}},
}

var versionTests = []test{
	{"each version is kept with what it said, up to five", func(x fixture) {
		t, s, clock := x.t, x.s, x.clock
		for i := range 7 {
			d := document("d1")
			d.Hash, d.Pages, d.Words, d.Seconds, d.Tag = fmt.Sprint("h", i), i, 10*i, 0.5, fmt.Sprint("t", i)
			_, err := s.PutDocument(t.Context(), d, passages("d1", fmt.Sprint("v", i), "same"))
			require.NoError(t, err)
			clock.Advance(time.Hour)
		}
		list, err := s.Versions(t.Context(), ws, "d1")
		require.NoError(t, err)
		require.Len(t, list, 5)
		require.Equal(t, store.Version{
			Number: 7, Hash: "h6", Tag: "t6", Size: 42, Modified: start.UTC(), Ingested: start.Add(6 * time.Hour).UTC(), State: store.DocumentOK,
			Pages: 6, Words: 60, Passages: 2, Seconds: 0.5, Current: true,
		}, list[0])
		require.Equal(t, 3, list[4].Number)
		require.False(t, list[4].Current)
		for _, v := range list {
			got, err := s.VersionPassages(t.Context(), ws, "d1", v.Number)
			require.NoError(t, err)
			require.Equal(t, passages("d1", fmt.Sprint("v", v.Number-1), "same"), got)
		}
		_, err = s.VersionPassages(t.Context(), ws, "d1", 2)
		require.ErrorIs(t, err, store.ErrNotFound)
		_, err = s.Versions(t.Context(), "rival", "d1")
		require.ErrorIs(t, err, store.ErrNotFound)
		found, err := s.Passages(t.Context(), ws, []string{"d1/v5", "d1/v6"})
		require.NoError(t, err)
		require.Len(t, found, 1, "an earlier version is no source")
	}},
	{"failures stand in the history once, and push no good version out", func(x fixture) {
		t, s := x.t, x.s
		put(t, s, "d1", "a")
		bad := store.Document{ID: "d1", Workspace: ws, Root: "kb", Path: "d1.pdf", Hash: "h2", Code: "encrypted", Error: "password protected"}
		require.NoError(t, s.FailDocument(t.Context(), bad))
		require.NoError(t, s.FailDocument(t.Context(), bad))
		list, err := s.Versions(t.Context(), ws, "d1")
		require.NoError(t, err)
		require.Len(t, list, 2)
		require.Equal(t, "encrypted", list[0].Code)
		require.Equal(t, 1, list[0].Number)
		require.False(t, list[0].Current)
		require.True(t, list[1].Current, "the last good one stays in use")
		for i := range 9 {
			bad.Hash = fmt.Sprint("bad", i)
			require.NoError(t, s.FailDocument(t.Context(), bad))
		}
		got, err := s.VersionPassages(t.Context(), ws, "d1", 1)
		require.NoError(t, err)
		require.Equal(t, passages("d1", "a"), got)
		put(t, s, "d1", "b")
		got, err = s.VersionPassages(t.Context(), ws, "d1", 1)
		require.NoError(t, err)
		require.Equal(t, passages("d1", "a"), got)
	}},
	{"a deleted document takes its versions along", func(x fixture) {
		t, s := x.t, x.s
		put(t, s, "d1", "a")
		put(t, s, "d1", "b")
		_, err := s.DeleteDocument(t.Context(), ws, "d1")
		require.NoError(t, err)
		_, err = s.VersionPassages(t.Context(), ws, "d1", 1)
		require.ErrorIs(t, err, store.ErrNotFound)
		put(t, s, "d1", "c")
		list, err := s.Versions(t.Context(), ws, "d1")
		require.NoError(t, err)
		require.Len(t, list, 1)
	}},
	{"an unchanged document takes on new marks of its source", func(x fixture) {
		t, s := x.t, x.s
		put(t, s, "d1", "a")
		later := start.Add(time.Hour).UTC()
		require.NoError(t, s.TouchDocument(t.Context(), store.Document{ID: "d1", Workspace: ws, Tag: "t2", Size: 43, Modified: later}))
		d, err := s.Document(t.Context(), ws, "d1")
		require.NoError(t, err)
		require.Equal(t, "t2", d.Tag)
		require.Equal(t, later, d.Modified)
		require.EqualValues(t, 43, d.Size)
		require.Equal(t, 1, d.Version)
	}},
}

var sourceTests = []test{
	{"a source keeps its pause and its last run when its settings change", func(x fixture) {
		t, s := x.t, x.s
		src := store.Source{Workspace: ws, Name: "manuals", Kind: "folder", Roots: []string{"/a", "/b"}, NextRun: start.UTC()}
		require.NoError(t, s.SaveSource(t.Context(), src))
		require.NoError(t, s.PauseSource(t.Context(), ws, "manuals", true))
		require.ErrorIs(t, s.PauseSource(t.Context(), ws, "nobody", true), store.ErrNotFound)
		require.ErrorIs(t, s.PauseSource(t.Context(), "rival", "manuals", true), store.ErrNotFound)
		require.ErrorIs(t, s.SaveSource(t.Context(), store.Source{Workspace: ws}), store.ErrInvalid)

		r, err := s.SaveRun(t.Context(), store.Run{Workspace: ws, Source: "manuals", State: store.RunRunning, Started: start})
		require.NoError(t, err)
		require.NotEmpty(t, r.ID)
		list, err := s.Sources(t.Context(), ws)
		require.NoError(t, err)
		require.True(t, list[0].LastRun.IsZero(), "it has not ended")
		r.State, r.Ended, r.Report = store.RunPartial, start.Add(time.Minute), json.RawMessage(`{"added":3}`)
		_, err = s.SaveRun(t.Context(), r)
		require.NoError(t, err)

		src.Roots, src.NextRun = []string{"/c"}, time.Time{}
		require.NoError(t, s.SaveSource(t.Context(), src))
		src.Paused, src.LastRun, src.LastResult = true, start.Add(time.Minute).UTC(), store.RunPartial
		list, err = s.Sources(t.Context(), ws)
		require.NoError(t, err)
		require.Equal(t, []store.Source{src}, list)
		runs, err := s.Runs(t.Context(), ws, "manuals", 0)
		require.NoError(t, err)
		require.Len(t, runs, 1)
		require.JSONEq(t, `{"added":3}`, string(runs[0].Report))
		require.Equal(t, start.UTC(), runs[0].Started)
	}},
	{"only the last runs are remembered", func(x fixture) {
		t, s := x.t, x.s
		for i := range 60 {
			_, err := s.SaveRun(t.Context(), store.Run{ID: fmt.Sprintf("r%02d", i), Workspace: ws, Source: "a", State: store.RunOK, Started: start, Ended: start})
			require.NoError(t, err)
		}
		runs, err := s.Runs(t.Context(), ws, "a", 1000)
		require.NoError(t, err)
		require.Len(t, runs, 50)
		require.Equal(t, "r59", runs[0].ID)
	}},
	{"documents are counted by root", func(x fixture) {
		t, s := x.t, x.s
		for i, id := range []string{"d1", "d2"} {
			d := document(id)
			d.Pages, d.Words = i+1, 10
			_, err := s.PutDocument(t.Context(), d, passages(id, "a", "b"))
			require.NoError(t, err)
		}
		require.NoError(t, s.FailDocument(t.Context(), store.Document{ID: "d3", Workspace: ws, Root: "kb", Path: "x", Code: "damaged", Error: "x"}))
		require.NoError(t, s.FailDocument(t.Context(), store.Document{ID: "d4", Workspace: ws, Root: "web", Path: "y", Code: store.CodeNoText, Error: "y"}))
		totals, err := s.Totals(t.Context(), ws)
		require.NoError(t, err)
		require.Equal(t, []store.Totals{
			{Root: "kb", OK: 2, Failed: 1, Passages: 4, Pages: 3, Words: 20, Bytes: 84},
			{Root: "web", Empty: 1},
		}, totals)
		n, err := s.PendingCount(t.Context())
		require.NoError(t, err)
		require.Equal(t, 2, n)
	}},
	{"documents can be deleted while they are listed", func(x fixture) {
		t, s := x.t, x.s
		for i := range 450 {
			_, err := s.PutDocument(t.Context(), document(fmt.Sprintf("d%03d", i)), nil)
			require.NoError(t, err)
		}
		n := 0
		for d, err := range s.EachDocument(t.Context(), ws, store.DocumentFilter{Root: "kb"}) {
			require.NoError(t, err)
			require.Equal(t, fmt.Sprintf("d%03d", n), d.ID)
			if n%3 == 0 {
				_, err := s.DeleteDocument(t.Context(), ws, d.ID)
				require.NoError(t, err)
			}
			n++
		}
		require.Equal(t, 450, n)
		left, err := s.Documents(t.Context(), ws, store.DocumentFilter{})
		require.NoError(t, err)
		require.Len(t, left, 300)
	}},
	{"several documents are indexed in one step", func(x fixture) {
		t, s := x.t, x.s
		put(t, s, "d1", "a")
		put(t, s, "d2", "b")
		first := pending(t, s)
		put(t, s, "d2", "c")
		require.NoError(t, s.Indexed(t.Context(), first...))
		left := pending(t, s)
		require.Len(t, left, 1, "what changed meanwhile stays pending")
		require.Equal(t, "d2", left[0].Document)
		require.Equal(t, []string{"d2/b"}, left[0].Delete)
	}},
	{"what is pending is handed out in pieces", func(x fixture) {
		t, s := x.t, x.s
		ids := make([]string, 2000)
		for i := range ids {
			ids[i] = fmt.Sprintf("p%04d", i)
		}
		for i := range 4 {
			put(t, s, fmt.Sprint("d", i), ids...)
		}
		list, err := s.PendingIndex(t.Context(), 100)
		require.NoError(t, err)
		require.Len(t, list, 3, "no more once they are several thousand")
		require.True(t, slices.IsSortedFunc(list, func(a, b store.Pending) int { return int(a.Token - b.Token) }))
	}},
}
