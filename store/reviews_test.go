package store_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/sufflor/sufflor/connectors"
	"github.com/sufflor/sufflor/index"
	"github.com/sufflor/sufflor/store"
)

// reviewed is a store with suggestions sg_0 to sg_2 of workspace a, and sg_x of b.
func reviewed(t *testing.T) (*store.Store, *time.Time) {
	t.Helper()
	now := time.Date(2026, 1, 15, 12, 0, 0, 0, time.UTC)
	s := open(t, store.Options{Dir: t.TempDir(), Now: func() time.Time { return now }})
	for i, id := range []string{"sg_0", "sg_1", "sg_2", "sg_x"} {
		workspace := "a"
		if id == "sg_x" {
			workspace = "b"
		}
		saved, err := s.SaveSuggestion(t.Context(), store.Suggestion{
			ID: id, Workspace: workspace, Desk: "d", EventKey: "k" + id, Conversation: "c", Message: "m" + id, Flag: "high", Language: "nb",
			Body: json.RawMessage(`{"language":"nb"}`), Created: now.Add(time.Duration(i) * time.Minute), Question: "Hvor mye?",
		}, false)
		require.NoError(t, err)
		require.True(t, saved)
	}
	return s, &now
}

func rating(suggestion, reviewer string) store.Review {
	return store.Review{Workspace: "a", Suggestion: suggestion, Reviewer: reviewer, Correct: 4, Complete: 3, Tone: 5, Citation: 0, Comment: "fine", Corrected: "38 l", Took: 12 * time.Second}
}

func TestReviewsAreKeptOncePerReviewer(t *testing.T) {
	t.Parallel()
	s, now := reviewed(t)
	require.NoError(t, s.SaveReview(t.Context(), rating("sg_0", "Kari")))
	*now = now.Add(time.Hour)
	again := rating("sg_0", "Kari")
	again.Correct, again.Comment, again.Took = 1, "no: 83", time.Minute
	require.NoError(t, s.SaveReview(t.Context(), again))
	require.NoError(t, s.SaveReview(t.Context(), rating("sg_1", "Kari")))
	require.NoError(t, s.SaveReview(t.Context(), rating("sg_0", "Ola")))

	require.ErrorIs(t, s.SaveReview(t.Context(), again), store.ErrSettled, "Ola's stands beside it")
	require.NoError(t, s.SaveReview(t.Context(), rating("sg_1", "Kari")), "nobody else's does here")

	list, err := s.Reviews(t.Context(), "a", "", time.Time{}, 0)
	require.NoError(t, err)
	require.Len(t, list, 3)
	first := list[0]
	require.Equal(t, []any{"sg_0", "Kari", 1, 3, "no: 83", 12 * time.Second}, []any{first.Suggestion, first.Reviewer, first.Correct, first.Complete, first.Comment, first.Took},
		"changed later, and as fast as the first look was")
	require.Equal(t, time.Hour, first.Updated.Sub(first.Created))

	list, err = s.Reviews(t.Context(), "a", "sg_1", time.Time{}, 0)
	require.NoError(t, err)
	require.Len(t, list, 1)
	list, err = s.Reviews(t.Context(), "a", "", *now, 0)
	require.NoError(t, err)
	require.Len(t, list, 2)
	list, err = s.Reviews(t.Context(), "a", "", time.Time{}, 1)
	require.NoError(t, err)
	require.Equal(t, "sg_1", list[0].Suggestion, "the newest")
	list, err = s.Reviews(t.Context(), "b", "", time.Time{}, 0)
	require.NoError(t, err)
	require.Empty(t, list)
}

func TestReviewsThatAreRefused(t *testing.T) {
	t.Parallel()
	s, _ := reviewed(t)
	for _, c := range []struct {
		name   string
		change func(*store.Review)
		is     error
	}{
		{"a rating of six", func(r *store.Review) { r.Tone = 6 }, store.ErrInvalid},
		{"a negative rating", func(r *store.Review) { r.Tone = -1 }, store.ErrInvalid},
		{"no rating at all", func(r *store.Review) { r.Correct, r.Complete, r.Tone = 0, 0, 0 }, store.ErrInvalid},
		{"nobody", func(r *store.Review) { r.Reviewer = "" }, store.ErrInvalid},
		{"a long name", func(r *store.Review) { r.Reviewer = strings.Repeat("x", 201) }, store.ErrInvalid},
		{"a long comment", func(r *store.Review) { r.Comment = strings.Repeat("x", 9000) }, store.ErrInvalid},
		{"a comment that is no text", func(r *store.Review) { r.Comment = "\xff" }, store.ErrInvalid},
		{"time that runs back", func(r *store.Review) { r.Took = -1 }, store.ErrInvalid},
		{"a suggestion of another workspace", func(r *store.Review) { r.Suggestion = "sg_x" }, store.ErrNotFound},
		{"another workspace", func(r *store.Review) { r.Workspace = "b" }, store.ErrNotFound},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := rating("sg_0", "Kari")
			c.change(&r)
			require.ErrorIs(t, s.SaveReview(t.Context(), r), c.is)
		})
	}
	list, err := s.Reviews(t.Context(), "a", "", time.Time{}, 0)
	require.NoError(t, err)
	require.Empty(t, list)
}

func putManual(t *testing.T, s *store.Store) {
	t.Helper()
	_, err := s.PutDocument(t.Context(), store.Document{
		ID: "doc", Workspace: "a", Collection: "c", Audience: "public", Root: "/d", Path: "manual.pdf", Title: "Manual", Hash: "1", Type: "pdf",
	}, []index.Passage{{ID: "p", Workspace: "a", Document: "doc", Audience: index.Public, Text: "38 litres"}})
	require.NoError(t, err)
}

func TestTriage(t *testing.T) {
	t.Parallel()
	s, now := reviewed(t)
	putManual(t, s)
	first := store.Triage{Workspace: "a", Suggestion: "sg_0", Cause: store.CauseOutdated, State: store.TriageOpen, Document: "doc", Owner: "Per", Note: "says 83", Author: "Kari"}
	require.NoError(t, s.SaveTriage(t.Context(), first))
	*now = now.Add(time.Hour)
	require.NoError(t, s.SaveTriage(t.Context(), store.Triage{Workspace: "a", Suggestion: "sg_1", Cause: store.CauseMissing, State: store.TriageOpen, Author: "Ola"}))

	list, err := s.Triages(t.Context(), "a", store.TriageFilter{})
	require.NoError(t, err)
	require.Len(t, list, 2)
	require.Equal(t, "sg_1", list[0].Suggestion)
	require.Equal(t, "Manual", list[1].Title)

	_, err = s.DeleteDocument(t.Context(), "a", "doc")
	require.NoError(t, err)
	first.State = store.TriageFixed
	require.NoError(t, s.SaveTriage(t.Context(), first), "the document has gone since")
	list, err = s.Triages(t.Context(), "a", store.TriageFilter{State: store.TriageFixed, Owner: "Per", Document: "doc"})
	require.NoError(t, err)
	require.Len(t, list, 1)
	require.Equal(t, []any{"Manual", time.Hour}, []any{list[0].Title, list[0].Updated.Sub(list[0].Created)})
	list, err = s.Triages(t.Context(), "a", store.TriageFilter{Owner: "Pål"})
	require.NoError(t, err)
	require.Empty(t, list)

	for name, c := range map[string]struct {
		change func(*store.Triage)
		is     error
	}{
		"an unknown cause":           {func(x *store.Triage) { x.Cause = "bad" }, store.ErrInvalid},
		"an unknown state":           {func(x *store.Triage) { x.State = "bad" }, store.ErrInvalid},
		"a long note":                {func(x *store.Triage) { x.Note = strings.Repeat("x", 9000) }, store.ErrInvalid},
		"another document":           {func(x *store.Triage) { x.Document = "doc2" }, store.ErrNotFound},
		"a suggestion of another":    {func(x *store.Triage) { x.Suggestion = "sg_x" }, store.ErrNotFound},
		"a document that never was ": {func(x *store.Triage) { x.Suggestion = "sg_1" }, store.ErrNotFound},
	} {
		x := first
		c.change(&x)
		require.ErrorIs(t, s.SaveTriage(t.Context(), x), c.is, name)
	}
}

func TestReruns(t *testing.T) {
	t.Parallel()
	s, _ := reviewed(t)
	for i := range 7 {
		r, err := s.SaveRerun(t.Context(), store.Rerun{Workspace: "a", Suggestion: "sg_0", Flag: fmt.Sprint("f", i), Body: json.RawMessage(`{"n":1}`), Author: "Kari"})
		require.NoError(t, err)
		require.NotEmpty(t, r.ID)
	}
	_, err := s.SaveRerun(t.Context(), store.Rerun{Workspace: "a", Suggestion: "sg_1", Flag: "low", Body: json.RawMessage(`{}`)})
	require.NoError(t, err)
	list, err := s.Reruns(t.Context(), "a", "sg_0")
	require.NoError(t, err)
	require.Len(t, list, 5, "the last five are kept")
	require.Equal(t, "f6", list[0].Flag)
	require.JSONEq(t, `{"n":1}`, string(list[0].Body))
	last, err := s.LastRerun(t.Context(), "a", []string{"sg_0", "sg_1", "sg_2", "sg_x"})
	require.NoError(t, err)
	require.Len(t, last, 2)
	require.Equal(t, "f6", last["sg_0"].Flag)
	last, err = s.LastRerun(t.Context(), "b", []string{"sg_0"})
	require.NoError(t, err)
	require.Empty(t, last)

	_, err = s.SaveRerun(t.Context(), store.Rerun{Workspace: "a", Suggestion: "sg_0", Body: json.RawMessage(`{`)})
	require.ErrorIs(t, err, store.ErrInvalid)
	_, err = s.SaveRerun(t.Context(), store.Rerun{Workspace: "a", Suggestion: "sg_x", Body: json.RawMessage(`{}`)})
	require.ErrorIs(t, err, store.ErrNotFound)
}

func TestADeletedMessageTakesWhatWasWrittenAboutItAlong(t *testing.T) {
	t.Parallel()
	s, _ := reviewed(t)
	require.NoError(t, s.SaveReview(t.Context(), rating("sg_0", "Kari")))
	require.NoError(t, s.SaveReview(t.Context(), rating("sg_1", "Kari")))
	require.NoError(t, s.SaveTriage(t.Context(), store.Triage{Workspace: "a", Suggestion: "sg_0", Cause: store.CauseMissing, State: store.TriageOpen, Note: "Kari Nordmann asks"}))
	_, err := s.SaveRerun(t.Context(), store.Rerun{Workspace: "a", Suggestion: "sg_0", Body: json.RawMessage(`{}`)})
	require.NoError(t, err)
	_, err = s.Accept(t.Context(), "a", "d", []connectors.Event{{Key: "gone", Kind: connectors.Deleted, Conversation: "c", Message: "msg_0", Role: connectors.Customer}})
	require.NoError(t, err)

	list, err := s.Reviews(t.Context(), "a", "", time.Time{}, 0)
	require.NoError(t, err)
	require.Len(t, list, 2)
	for _, r := range list {
		if r.Suggestion == "sg_0" {
			require.Empty(t, r.Comment+r.Corrected)
			require.Equal(t, 4, r.Correct, "the ratings stay: they hold no text")
		} else {
			require.Equal(t, "fine", r.Comment)
		}
	}
	triages, err := s.Triages(t.Context(), "a", store.TriageFilter{})
	require.NoError(t, err)
	require.Empty(t, triages[0].Note)
	reruns, err := s.Reruns(t.Context(), "a", "sg_0")
	require.NoError(t, err)
	require.Empty(t, reruns)
	require.ErrorIs(t, s.SaveReview(t.Context(), rating("sg_0", "Ola")), store.ErrInvalid)
	open, err := s.Reviewable(t.Context(), "a", time.Time{}, 0)
	require.NoError(t, err)
	require.Len(t, open, 2)
}

func TestReviewable(t *testing.T) {
	t.Parallel()
	s, now := reviewed(t)
	for _, o := range []store.Outcome{{Action: store.ActionUsed}, {Action: store.ActionSent, Text: "38 l"}} {
		o.Workspace, o.Suggestion = "a", "sg_1"
		require.NoError(t, s.SaveOutcome(t.Context(), o))
		*now = now.Add(time.Second)
	}
	list, err := s.Reviewable(t.Context(), "a", time.Time{}, 0)
	require.NoError(t, err)
	require.Len(t, list, 3)
	require.Equal(t, "sg_2", list[0].Suggestion.ID)
	require.Nil(t, list[0].Suggestion.Body)
	require.Len(t, list[1].Outcomes, 2)
	require.Equal(t, "38 l", list[1].Outcomes[1].Text)
	list, err = s.Reviewable(t.Context(), "a", list[1].Suggestion.Created, 1)
	require.NoError(t, err)
	require.Len(t, list, 1)
	bodies, err := s.Bodies(t.Context(), "a", []string{"sg_0", "sg_x", "none"})
	require.NoError(t, err)
	require.Len(t, bodies, 1)
	require.JSONEq(t, `{"language":"nb"}`, string(bodies["sg_0"]))
}
