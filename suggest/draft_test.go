package suggest_test

import (
	"context"
	"encoding/json"
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/sufflor/sufflor/store"
	"github.com/sufflor/sufflor/suggest"
)

// pen is a composer that says what the best passage says, when it is let.
type pen struct {
	let chan struct{} // nil: at once
	err error
}

func (*pen) Ready(string) bool { return true }

func (p *pen) Compose(ctx context.Context, m suggest.Material, watch func(suggest.Sentence)) (suggest.Composition, error) {
	q := m.Answers[0].Sentences[0]
	s := suggest.Sentence{Text: "Svar: " + q.Text, Kind: suggest.Fact, Citations: []suggest.Citation{{Passage: q.Passage, Start: q.Start, End: q.End}}}
	if watch != nil {
		watch(s)
		watch(suggest.Sentence{Text: "Pumpen P-77 fylles med 99 liter.", Kind: suggest.Fact, Citations: s.Citations})
	}
	if p.let != nil {
		select {
		case <-p.let:
		case <-ctx.Done():
			return suggest.Composition{}, ctx.Err()
		}
	}
	return suggest.Composition{Sentences: []suggest.Sentence{s}, Model: "m", Prompt: "p"}, p.err
}

func (o office) body(t *testing.T, id string) (store.Suggestion, suggest.Suggestion) {
	t.Helper()
	rec, err := o.store.Suggestion(t.Context(), ws, id)
	require.NoError(t, err)
	var s suggest.Suggestion
	require.NoError(t, json.Unmarshal(rec.Body, &s))
	return rec, s
}

// stored waits for n suggestions, finished or not.
func (o office) stored(t *testing.T, n int) []store.Suggestion {
	t.Helper()
	var list []store.Suggestion
	require.Eventually(t, func() bool {
		var err error
		list, err = o.store.Suggestions(t.Context(), ws, store.SuggestionFilter{})
		require.NoError(t, err)
		return len(list) == n
	}, 20*time.Second, 5*time.Millisecond)
	return list
}

func TestQuotationsAreSeenWhileTheModelWrites(t *testing.T) {
	p := &pen{let: make(chan struct{})}
	live := &suggest.Live{}
	pieces, stop := live.Watch(ws)
	defer stop()
	o := openWith(t, p, live)
	// More messages than workers: none waits for the model.
	for _, key := range []string{"1", "2", "3", "4"} {
		q := question(key, oil)
		q.Conversation = "c" + key
		o.accept(t, q)
	}
	for _, rec := range o.stored(t, 4) {
		require.True(t, rec.Pending)
		_, s := o.body(t, rec.ID)
		require.Equal(t, suggest.Extractive, s.Mode)
		require.Contains(t, s.Text(), "38 liter")
	}
	require.Empty(t, o.desk.sent(), "a note is written once")
	piece := <-pieces
	require.Len(t, piece.Sentences, 1, "what no check lets pass is not shown")
	require.Contains(t, piece.Sentences[0].Text, "Svar: ")
	close(p.let)
	for _, rec := range o.settled(t, 4) {
		require.False(t, rec.Pending)
		_, s := o.body(t, rec.ID)
		require.Equal(t, suggest.Written, s.Mode)
		require.Contains(t, s.Text(), "Svar: ")
		require.Equal(t, "m", s.Versions.Model)
		require.Positive(t, s.Timings.Model)
	}
	require.Len(t, o.desk.sent(), 4)
	require.Contains(t, o.desk.sent()[0].Text, "Svar: ")
}

func TestFailedModelLeavesTheQuotations(t *testing.T) {
	for cause, code := range map[suggest.Cause]string{
		suggest.CauseSlow: "model_slow", suggest.CauseDown: "model_down", suggest.CauseLimited: "model_limited", suggest.CauseBudget: "model_budget",
		suggest.CauseGarbage: "model_garbage", suggest.CauseLanguage: "model_language", suggest.CausePrivate: "model_private", suggest.CauseUnsupported: "model_unsupported",
	} {
		t.Run(string(cause), func(t *testing.T) {
			o := openWith(t, &pen{err: &suggest.ComposeError{Cause: cause, Err: errors.New("x")}}, nil)
			o.accept(t, question("1", oil))
			rec, s := o.body(t, o.settled(t, 1)[0].ID)
			require.False(t, rec.Pending)
			require.Equal(t, suggest.Extractive, s.Mode)
			require.Contains(t, codes(s), code)
			require.NotEmpty(t, s.Reasons[len(s.Reasons)-1].Text)
			require.Equal(t, []string{"model (" + string(cause) + ")"}, s.Degraded)
			require.Len(t, o.desk.sent(), 1)
			require.Contains(t, o.desk.sent()[0].Text, "38 liter")
		})
	}
}

func TestNothingToWriteIsNotWaitedFor(t *testing.T) {
	o := openWith(t, &pen{let: make(chan struct{})}, nil)
	o.accept(t, question("1", "Hvilke farger kan lastebilen lakkeres i?"))
	rec := o.settled(t, 1)[0]
	require.False(t, rec.Pending)
}

func TestLiveNeverWaits(t *testing.T) {
	var nobody *suggest.Live
	nobody.Tell(ws, suggest.Piece{})
	live := &suggest.Live{}
	_, stop := live.Watch(ws)
	for range 1000 {
		live.Tell(ws, suggest.Piece{Suggestion: "s"})
		live.Tell("other", suggest.Piece{})
	}
	stop()
	stop()
}
