package store_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/sufflor/sufflor/index"
	"github.com/sufflor/sufflor/store"
)

// says is a passage that stands on a page.
func says(id, text string, page, ordinal int) index.Passage {
	return index.Passage{
		ID: id, Workspace: "acme", Document: "d1", Source: "d1.pdf", Title: "Guide", Audience: index.Public, Kind: index.KindText, Language: "en",
		Headings: []string{"Oil"}, Text: text, Ordinal: ordinal, Locator: index.Locator{Page: page},
	}
}

var guide = store.Document{ID: "d1", Workspace: "acme", Collection: "manuals", Audience: "public", Root: "kb", Path: "d1.pdf", Title: "Guide", Language: "en"}

func putGuide(t *testing.T, s *store.Store, list ...index.Passage) {
	t.Helper()
	_, err := s.PutDocument(t.Context(), guide, list)
	require.NoError(t, err)
}

func fix(t *testing.T, s *store.Store, action, passage, text string) (store.FixState, []store.Pending) {
	t.Helper()
	st, todo, err := s.FixPassage(t.Context(), store.Fix{
		Workspace: "acme", Passage: passage, Action: action, Text: text, Reason: "it is wrong", Author: "Kari", Seen: -1,
	})
	require.NoError(t, err)
	return st, todo
}

// settled is a store whose index has learned all.
func settled(t *testing.T, s *store.Store) {
	t.Helper()
	list, err := s.PendingIndex(t.Context(), 0)
	require.NoError(t, err)
	require.NoError(t, s.Indexed(t.Context(), list...))
}

// inUse are the texts that can be found, in order.
func inUse(t *testing.T, s *store.Store) []string {
	t.Helper()
	var out []string
	for p, err := range s.AllPassages(t.Context(), "acme") {
		require.NoError(t, err)
		out = append(out, p.Text)
	}
	return out
}

func stateOf(t *testing.T, s *store.Store) []string {
	t.Helper()
	_, now, err := s.Fixes(t.Context(), "acme", "d1")
	require.NoError(t, err)
	var out []string
	for _, f := range now {
		out = append(out, f.Action+" "+f.State)
	}
	return out
}

func TestAnExcludedPassageIsOutOfUseUntilThatIsUndone(t *testing.T) {
	s := open(t, store.Options{Dir: t.TempDir()})
	putGuide(t, s, says("p1", "one", 1, 0), says("p2", "two", 2, 1))
	settled(t, s)

	st, todo := fix(t, s, store.FixExclude, "p2", "")
	require.Equal(t, store.FixApplies, st.State)
	require.Equal(t, []string{"p2"}, todo[0].Delete)
	require.Empty(t, todo[0].Put)
	require.Equal(t, []string{"one"}, inUse(t, s))
	d, err := s.Document(t.Context(), "acme", "d1")
	require.NoError(t, err)
	require.Equal(t, 1, d.Passages)
	list, err := s.PendingIndex(t.Context(), 0)
	require.NoError(t, err)
	require.Equal(t, []string{"p2"}, list[0].Delete, "a process that is killed here tells the index when it starts")
	require.NoError(t, s.Indexed(t.Context(), todo...))
	n, err := s.PendingCount(t.Context())
	require.NoError(t, err)
	require.Zero(t, n, "the index has learned all there was")

	st, todo = fix(t, s, store.FixRestore, "p2", "")
	require.Equal(t, store.FixUndone, st.State)
	require.Equal(t, "two", todo[0].Put[0].Text)
	require.Equal(t, []string{"one", "two"}, inUse(t, s))
	_, _, err = s.FixPassage(t.Context(), store.Fix{Workspace: "acme", Passage: "p2", Action: store.FixRestore, Author: "Kari", Seen: -1})
	require.ErrorIs(t, err, store.ErrInvalid, "there is nothing to undo any more")
}

func TestACorrectionIsAnotherPassageAndSaysWhoMadeIt(t *testing.T) {
	s := open(t, store.Options{Dir: t.TempDir()})
	putGuide(t, s, says("p1", "The tank holds 38 litres.", 1, 0))
	st, _ := fix(t, s, store.FixCorrect, "p1", "  The tank holds 34 litres.\r\n")
	found, err := s.Passages(t.Context(), "acme", []string{"p1", st.Live})
	require.NoError(t, err)
	require.Len(t, found, 1)
	p := found[st.Live]
	require.Equal(t, "The tank holds 34 litres.", p.Text)
	require.Equal(t, []any{"Kari", "p1"}, []any{p.Corrected.By, p.Corrected.Passage})
	require.Equal(t, 1, p.Locator.Page)

	again, todo := fix(t, s, store.FixCorrect, st.Live, "The tank holds 35 litres.")
	require.NotEqual(t, st.Live, again.Live)
	require.Empty(t, todo, "the document was pending already, so all of it is told")
	require.Equal(t, []string{"The tank holds 35 litres."}, inUse(t, s))
	fix(t, s, store.FixExclude, again.Live, "")
	require.Empty(t, inUse(t, s))
	fix(t, s, store.FixRestore, "p1", "")
	require.Equal(t, []string{"The tank holds 38 litres."}, inUse(t, s))

	history, now, err := s.Fixes(t.Context(), "acme", "d1")
	require.NoError(t, err)
	require.Len(t, history, 4)
	require.Equal(t, store.FixRestore, history[0].Action)
	require.Equal(t, "The tank holds 38 litres.", history[3].Was.Text)
	require.Len(t, now, 1)
	require.Equal(t, store.FixUndone, now[0].State)
}

func TestAFixHoldsOverReadingTheDocumentAgain(t *testing.T) {
	for _, tt := range []struct {
		name string
		then []index.Passage
		want []string
		is   string
	}{
		{"the same", []index.Passage{says("p1", "one", 1, 0), says("p2", "two", 2, 1)}, []string{"one"}, "exclude applies"},
		{"it stands on another page", []index.Passage{says("p0", "new", 1, 0), says("p1b", "one", 2, 1), says("p2b", "two", 3, 2)}, []string{"new", "one"}, "exclude applies"},
		{"its words are others", []index.Passage{says("p1", "one", 1, 0), says("p2b", "two and a half", 2, 1)}, []string{"one", "two and a half"}, "exclude lost"},
		{"it is gone", []index.Passage{says("p1", "one", 1, 0)}, []string{"one"}, "exclude lost"},
		{"two say the same elsewhere", []index.Passage{says("p2b", "two", 4, 0), says("p2c", "two", 5, 1)}, []string{"two", "two"}, "exclude lost"},
		{"another says the same, and it stands where it stood", []index.Passage{says("p2", "two", 2, 0), says("p2c", "two", 5, 1)}, []string{"two"}, "exclude applies"},
		{"under another heading", func() []index.Passage {
			p := says("p2b", "two", 2, 0)
			p.Headings = []string{"Petrol"}
			return []index.Passage{p}
		}(), []string{"two"}, "exclude lost"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := open(t, store.Options{Dir: t.TempDir()})
			putGuide(t, s, says("p1", "one", 1, 0), says("p2", "two", 2, 1))
			fix(t, s, store.FixExclude, "p2", "")
			putGuide(t, s, tt.then...)
			require.Equal(t, tt.want, inUse(t, s))
			require.Equal(t, []string{tt.is}, stateOf(t, s))
			putGuide(t, s, says("p1", "one", 1, 0), says("p2", "two", 2, 1))
			require.Equal(t, []string{"one"}, inUse(t, s), "what the document says again is fixed again")
			require.Equal(t, []string{"exclude applies"}, stateOf(t, s))
		})
	}
}

func TestAFixHoldsOverRestartDeletionAndReturnOfTheDocument(t *testing.T) {
	dir := t.TempDir()
	s := open(t, store.Options{Dir: dir})
	putGuide(t, s, says("p1", "one", 1, 0), says("p2", "two", 2, 1))
	fix(t, s, store.FixCorrect, "p1", "ONE")
	require.NoError(t, s.Close())
	s = open(t, store.Options{Dir: dir})
	require.NoError(t, s.MarkAllPending(t.Context()))
	list, err := s.PendingIndex(t.Context(), 0)
	require.NoError(t, err)
	require.Equal(t, []string{"ONE", "two"}, []string{list[0].Put[0].Text, list[0].Put[1].Text}, "an index built anew has it")

	_, err = s.DeleteDocument(t.Context(), "acme", "d1")
	require.NoError(t, err)
	require.Equal(t, []string{"correct gone"}, stateOf(t, s))
	putGuide(t, s, says("p1", "one", 1, 0))
	require.Equal(t, []string{"ONE"}, inUse(t, s))
	all, err := s.AllFixes(t.Context(), "acme", store.FixApplies, 0)
	require.NoError(t, err)
	require.Len(t, all, 1)
	other, err := s.AllFixes(t.Context(), "rival", "", 0)
	require.NoError(t, err)
	require.Empty(t, other)

	require.NoError(t, s.ForgetFixes(t.Context(), "acme", "d1"))
	putGuide(t, s, says("p1", "one", 1, 0))
	require.Equal(t, []string{"one"}, inUse(t, s))
}

func TestVersionsAreKeptAsReadAndAsUsed(t *testing.T) {
	s := open(t, store.Options{Dir: t.TempDir()})
	putGuide(t, s, says("p1", "one", 1, 0), says("p2", "two", 2, 1), says("p3", "three", 3, 2))
	fix(t, s, store.FixExclude, "p1", "")
	fix(t, s, store.FixCorrect, "p2", "TWO")
	check := func() {
		t.Helper()
		used, err := s.VersionPassages(t.Context(), "acme", "d1", 1)
		require.NoError(t, err)
		require.Equal(t, []string{"TWO", "three"}, textsOf(used))
		read, err := s.ReadPassages(t.Context(), "acme", "d1", 1)
		require.NoError(t, err)
		require.Equal(t, []string{"one", "two", "three"}, textsOf(read))
	}
	check()
	putGuide(t, s, says("p9", "nine", 1, 0))
	check()
	_, err := s.ReadPassages(t.Context(), "rival", "d1", 1)
	require.ErrorIs(t, err, store.ErrNotFound)
}

func textsOf(list []index.Passage) (out []string) {
	for _, p := range list {
		out = append(out, p.Text)
	}
	return out
}

func TestACorrectedRowKeepsItsCellsWhenItsLinesAreTheSame(t *testing.T) {
	row := says("p1", "Prices\nPart: 55-1046\nPrice: EUR 64.00", 1, 0)
	row.Kind = index.KindRow
	row.Cells = []index.Cell{{Header: "Part", Value: "55-1046", Ref: "A2"}, {Header: "Price", Value: "EUR 64.00", Ref: "B2"}}
	for _, tt := range []struct {
		name, text string
		kind       index.Kind
		cells      []index.Cell
	}{
		{"another value", "Prices\nPart: 55-1046\nPrice: EUR 66.00", index.KindRow, []index.Cell{{Header: "Part", Value: "55-1046", Ref: "A2"}, {Header: "Price", Value: "EUR 66.00", Ref: "B2"}}},
		{"other lines", "The filter costs EUR 66.00.", index.KindText, nil},
		{"another header", "Prices\nPart: 55-1046\nCost: EUR 66.00", index.KindText, nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := open(t, store.Options{Dir: t.TempDir()})
			putGuide(t, s, row)
			st, _ := fix(t, s, store.FixCorrect, "p1", tt.text)
			found, err := s.Passages(t.Context(), "acme", []string{st.Live})
			require.NoError(t, err)
			require.Equal(t, tt.kind, found[st.Live].Kind)
			require.Equal(t, tt.cells, found[st.Live].Cells)
		})
	}
}

func TestAFixThatCannotBeIsRefused(t *testing.T) {
	s := open(t, store.Options{Dir: t.TempDir()})
	putGuide(t, s, says("p1", "one", 1, 0))
	good := store.Fix{Workspace: "acme", Passage: "p1", Action: store.FixCorrect, Text: "ONE", Reason: "wrong", Author: "Kari", Seen: -1}
	for _, tt := range []struct {
		name   string
		change func(*store.Fix)
		want   error
	}{
		{"another workspace's passage", func(f *store.Fix) { f.Workspace = "rival" }, store.ErrNotFound},
		{"no such passage", func(f *store.Fix) { f.Passage = "p2" }, store.ErrNotFound},
		{"no reason", func(f *store.Fix) { f.Reason = " " }, store.ErrInvalid},
		{"no author", func(f *store.Fix) { f.Author = "" }, store.ErrInvalid},
		{"no text", func(f *store.Fix) { f.Text = " \n" }, store.ErrInvalid},
		{"the same text", func(f *store.Fix) { f.Text = "one\n" }, store.ErrInvalid},
		{"too much text", func(f *store.Fix) { f.Text = strings.Repeat("x", store.MaxFixText+1) }, store.ErrInvalid},
		{"too much of a reason", func(f *store.Fix) { f.Reason = strings.Repeat("x", store.MaxFixReason+1) }, store.ErrInvalid},
		{"not UTF-8", func(f *store.Fix) { f.Text = "\xff" }, store.ErrInvalid},
		{"another action", func(f *store.Fix) { f.Action = "burn" }, store.ErrInvalid},
		{"nothing to undo", func(f *store.Fix) { f.Action = store.FixRestore }, store.ErrInvalid},
		{"somebody else was first", func(f *store.Fix) { f.Seen = 7 }, store.ErrFixed},
	} {
		t.Run(tt.name, func(t *testing.T) {
			f := good
			tt.change(&f)
			_, _, err := s.FixPassage(t.Context(), f)
			require.ErrorIs(t, err, tt.want)
			require.Equal(t, []string{"one"}, inUse(t, s))
		})
	}
	f := good
	f.Seen = 0
	st, _, err := s.FixPassage(t.Context(), f)
	require.NoError(t, err)
	_, _, err = s.FixPassage(t.Context(), f)
	require.ErrorIs(t, err, store.ErrFixed)
	putGuide(t, s, says("p2", "two", 1, 0))
	_, _, err = s.FixPassage(t.Context(), store.Fix{Workspace: "acme", Passage: "p1", Action: store.FixCorrect, Text: "x", Reason: "y", Author: "Kari", Seen: -1})
	require.ErrorIs(t, err, store.ErrNotFound, "the document does not say it any more")
	lost, err := s.FixOf(t.Context(), "acme", "p1")
	require.NoError(t, err)
	require.Equal(t, []any{store.FixLost, st.Seq}, []any{lost.State, lost.Seq})
	undone, todo, err := s.FixPassage(t.Context(), store.Fix{Workspace: "acme", Passage: "p1", Action: store.FixRestore, Author: "Kari", Seen: lost.Seq})
	require.NoError(t, err)
	require.Empty(t, todo)
	require.Equal(t, store.FixUndone, undone.State)
	putGuide(t, s, says("p1", "one", 1, 0))
	require.Equal(t, []string{"one"}, inUse(t, s), "what was undone stays undone")
}

func TestWhoCitesADocumentAndHowThatWent(t *testing.T) {
	s := open(t, store.Options{Dir: t.TempDir()})
	putGuide(t, s, says("p1", "one", 1, 0), says("p2", "two", 2, 1))
	for i, id := range []string{"s1", "s2", "s3"} {
		saved, err := s.SaveSuggestion(t.Context(), store.Suggestion{
			ID: id, Workspace: "acme", Desk: "desk", EventKey: id, Conversation: id, Message: id, Flag: []string{"high", "high", "low"}[i],
			Cites: []string{"p1"}, Created: time.Date(2026, 3, 1, 12, i, 0, 0, time.UTC), Question: "how much? " + id, Body: []byte(`{}`),
		}, false)
		require.NoError(t, err)
		require.True(t, saved)
	}
	for i, action := range []string{store.ActionUsed, store.ActionDown} {
		require.NoError(t, s.SaveOutcome(t.Context(), store.Outcome{ID: fmt.Sprint("o", i), Workspace: "acme", Suggestion: "s1", Action: action}))
	}
	fix(t, s, store.FixExclude, "p1", "")
	c, err := s.Citing(t.Context(), "acme", "d1", 2)
	require.NoError(t, err)
	require.Equal(t, 3, c.Suggestions, "also by what is in use no more")
	require.ElementsMatch(t, []store.CitingCount{{Flag: "high", Action: "used", N: 1}, {Flag: "high", N: 1}, {Flag: "low", N: 1}}, c.Counts)
	require.Equal(t, []string{"s3", "s2"}, []string{c.Latest[0].ID, c.Latest[1].ID})
	require.True(t, c.Latest[0].Stale)
	require.Empty(t, c.Passages)
	fix(t, s, store.FixRestore, "p1", "")
	c, err = s.Citing(t.Context(), "acme", "d1", 0)
	require.NoError(t, err)
	require.Equal(t, map[string]int{"p1": 3}, c.Passages)
	c, err = s.Citing(t.Context(), "rival", "d1", 0)
	require.NoError(t, err)
	require.Zero(t, c.Suggestions)
}
