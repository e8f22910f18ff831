package store_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sufflor/sufflor/index"
	"github.com/sufflor/sufflor/store"
)

// learn is what the index is told, until it knows all.
func learn(t *testing.T, s *store.Store) map[string]index.Passage {
	t.Helper()
	out := map[string]index.Passage{}
	for {
		list, err := s.PendingIndex(t.Context(), 0)
		require.NoError(t, err)
		if len(list) == 0 {
			return out
		}
		for _, p := range list {
			for _, one := range p.Put {
				out[one.ID] = one
			}
		}
		require.NoError(t, s.Indexed(t.Context(), list...))
	}
}

func audience(value string) store.SourceSetting {
	configured := "public"
	if value == "public" {
		configured = "internal"
	}
	return store.SourceSetting{Workspace: "acme", Source: "manuals", Setting: store.SettingAudience, Value: value, Configured: configured, Author: "Kari"}
}

func TestASourcesAudienceReachesAllThatIsKeptOfIt(t *testing.T) {
	s := open(t, store.Options{Dir: t.TempDir()})
	d := guide
	d.Source = "manuals"
	mean := says("p3", `it says \"audience\":"public" and {"audience":"public"}`, 3, 2)
	_, err := s.PutDocument(t.Context(), d, []index.Passage{says("p1", "one", 1, 0), says("p2", "two", 2, 1), mean})
	require.NoError(t, err)
	old := guide // read before sources had names: it is known by its place
	old.ID, old.Root, old.Path = "d2", "/srv/manuals", "d2.pdf"
	_, err = s.PutDocument(t.Context(), old, []index.Passage{{ID: "q1", Audience: index.Public, Text: "four"}})
	require.NoError(t, err)
	other := guide
	other.ID, other.Path, other.Source = "d3", "d3.pdf", "prices"
	_, err = s.PutDocument(t.Context(), other, []index.Passage{{ID: "r1", Audience: index.Public, Text: "five"}})
	require.NoError(t, err)
	foreign := guide
	foreign.Workspace, foreign.Source = "umbrella", "manuals"
	_, err = s.PutDocument(t.Context(), foreign, []index.Passage{{ID: "u1", Workspace: "umbrella", Document: "d1", Audience: index.Public, Text: "six"}})
	require.NoError(t, err)
	fix(t, s, store.FixExclude, "p1", "")
	st, _ := fix(t, s, store.FixCorrect, "p2", "two and a half")
	learn(t, s)

	n, err := s.SetAudience(t.Context(), "acme", "manuals", []string{"/srv/manuals"}, index.Internal)
	require.NoError(t, err)
	require.Equal(t, 2, n)
	got, err := s.Passages(t.Context(), "acme", []string{st.Live, "p3", "q1", "r1"})
	require.NoError(t, err)
	require.Equal(t, index.Internal, got[st.Live].Audience)
	require.Equal(t, index.Internal, got["q1"].Audience)
	require.Equal(t, index.Internal, got["p3"].Audience)
	require.Equal(t, mean.Text, got["p3"].Text, "only the field changes")
	require.Equal(t, index.Public, got["r1"].Audience, "another source")
	theirs, err := s.Passages(t.Context(), "umbrella", []string{"u1"})
	require.NoError(t, err)
	require.Equal(t, index.Public, theirs["u1"].Audience, "another workspace")
	told := learn(t, s)
	require.Len(t, told, 3)
	for id, p := range told {
		require.Equal(t, index.Internal, p.Audience, id)
	}
	fix(t, s, store.FixRestore, "p1", "")
	got, err = s.Passages(t.Context(), "acme", []string{"p1"})
	require.NoError(t, err)
	require.Equal(t, index.Internal, got["p1"].Audience, "what was set aside is of the document too")
	learn(t, s)

	n, err = s.SetAudience(t.Context(), "acme", "manuals", nil, index.Internal)
	require.NoError(t, err)
	require.Zero(t, n)
	require.Empty(t, learn(t, s), "what is as it should be is left alone")
	_, err = s.SetAudience(t.Context(), "acme", "manuals", nil, "everyone")
	require.ErrorIs(t, err, store.ErrInvalid)
}

func TestADocumentReadForAnotherAudienceIsNotStored(t *testing.T) {
	s := open(t, store.Options{Dir: t.TempDir()})
	d := guide
	d.Source = "manuals"
	require.NoError(t, s.SetSource(t.Context(), audience("internal")))
	_, err := s.PutDocument(t.Context(), d, []index.Passage{says("p1", "one", 1, 0)})
	require.ErrorIs(t, err, store.ErrAudience)
	require.Empty(t, inUse(t, s))

	d.Audience = "internal"
	_, err = s.PutDocument(t.Context(), d, []index.Passage{says("p1", "one", 1, 0)})
	require.NoError(t, err)
	d.Audience, d.Workspace = "public", "umbrella"
	_, err = s.PutDocument(t.Context(), d, []index.Passage{{ID: "u1", Text: "six"}})
	require.NoError(t, err, "another workspace's source of that name")
}

func TestWhatIsSetOfASource(t *testing.T) {
	s := open(t, store.Options{Dir: t.TempDir()})
	language := store.SourceSetting{Workspace: "acme", Source: "manuals", Setting: store.SettingLanguage, Value: "nb", Configured: "en", Author: "Kari"}
	require.NoError(t, s.SetSource(t.Context(), audience("public"), language))
	list, err := s.SourceSettings(t.Context(), "acme")
	require.NoError(t, err)
	require.Len(t, list, 2)
	require.False(t, list[0].At.IsZero())
	list[1].At = language.At
	require.Equal(t, language, list[1])
	list, err = s.SourceSettings(t.Context(), "umbrella")
	require.NoError(t, err)
	require.Empty(t, list)

	bad := language
	bad.Value, bad.Setting = "x", "colour"
	require.ErrorIs(t, s.SetSource(t.Context(), audience("internal"), bad), store.ErrInvalid)
	require.ErrorIs(t, s.SetSource(t.Context(), audience("everyone")), store.ErrInvalid)
	list, err = s.SourceSettings(t.Context(), "acme")
	require.NoError(t, err)
	require.Equal(t, "public", list[0].Value, "all of it or nothing")

	language.Value = "en"
	require.NoError(t, s.SetSource(t.Context(), language))
	list, err = s.SourceSettings(t.Context(), "acme")
	require.NoError(t, err)
	require.Len(t, list, 1, "it is back to the configuration")
}

func TestFixesAndAudienceHoldOverTakingADocumentOutAndBack(t *testing.T) {
	s := open(t, store.Options{Dir: t.TempDir()})
	d := guide
	d.Source = "manuals"
	_, err := s.PutDocument(t.Context(), d, []index.Passage{says("p1", "one", 1, 0), says("p2", "two", 2, 1), says("p3", "three", 3, 2)})
	require.NoError(t, err)
	fix(t, s, store.FixExclude, "p1", "")
	fixed, _ := fix(t, s, store.FixCorrect, "p2", "two and a half")
	h, err := s.Shelve(t.Context(), store.Shelving{Workspace: "acme", Name: "d1.pdf", Author: "Kari"}, []string{"d1"})
	require.NoError(t, err)
	require.Empty(t, inUse(t, s))
	_, err = s.SetAudience(t.Context(), "acme", "manuals", nil, index.Internal)
	require.NoError(t, err)
	learn(t, s)

	_, err = s.Unshelve(t.Context(), "acme", h.ID, "Kari")
	require.NoError(t, err)
	require.Equal(t, []string{"two and a half", "three"}, inUse(t, s))
	require.Equal(t, []string{"exclude applies", "correct applies"}, stateOf(t, s))
	got, err := s.Passages(t.Context(), "acme", []string{"p1", "p2", "p3", fixed.Live})
	require.NoError(t, err)
	require.Len(t, got, 2)
	for id, p := range got {
		require.Equal(t, index.Internal, p.Audience, id)
	}
	require.Len(t, learn(t, s), 2)
	fix(t, s, store.FixRestore, "p1", "")
	require.Equal(t, []string{"one", "two and a half", "three"}, inUse(t, s), "each fix can still be undone")
}
