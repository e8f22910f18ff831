package main

import (
	"encoding/csv"
	"encoding/json"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/sufflor/sufflor/config"
	"github.com/sufflor/sufflor/connectors"
	"github.com/sufflor/sufflor/store"
	"github.com/sufflor/sufflor/suggest"
)

// TestABadDraftIsRatedMendedAndAskedAgain goes the whole way: a draft from a
// document that is wrong, two ratings, a triage, the document mended, and the
// same question asked again by the command and by the running server.
func TestABadDraftIsRatedMendedAndAskedAgain(t *testing.T) {
	p := newPlace(t, 1)
	do := func(want int, args ...string) string {
		t.Helper()
		code, out, errs := command(t, t.Context(), append([]string{"-c", p.config}, args...)...)
		require.Equal(t, want, code, "%s%s", out, errs)
		return out + errs
	}
	do(exitOK, "ingest")
	cfg, err := config.Load(p.config, os.LookupEnv)
	require.NoError(t, err)
	a, err := openApp(t.Context(), cfg, slog.New(slog.DiscardHandler))
	require.NoError(t, err)
	e := connectors.Event{
		Key: "e1", Kind: connectors.Message, Conversation: "c1", Message: "m1", Role: connectors.Customer, At: time.Now(),
		Text: "Hvor mye olje fylles pumpen P-0 med?", AuthorName: "Kari Nordmann",
	}
	_, err = a.store.Accept(t.Context(), "a", "zd", []connectors.Event{e})
	require.NoError(t, err)
	s, err := a.pipeline.Suggest(t.Context(), suggest.Request{Workspace: "a", Text: e.Text, Customer: e.AuthorName})
	require.NoError(t, err)
	require.Contains(t, s.Text(), "10 liter")
	body, err := json.Marshal(s)
	require.NoError(t, err)
	_, err = a.store.SaveSuggestion(t.Context(), store.Suggestion{
		ID: "sg_1", Workspace: "a", Desk: "zd", EventKey: "e1", Conversation: "c1", Message: "m1", Language: s.Language, Flag: "high",
		Probability: s.Probability, Body: body, Customer: e.AuthorName, Question: e.Text,
	}, false)
	require.NoError(t, err)
	require.NoError(t, a.store.SaveOutcome(t.Context(), store.Outcome{Workspace: "a", Suggestion: "sg_1", Action: store.ActionRejected, Reason: "facts", Agent: "Ola"}))
	for _, who := range []string{"Eva", "Per"} {
		require.NoError(t, a.store.SaveReview(t.Context(), store.Review{Workspace: "a", Suggestion: "sg_1", Reviewer: who, Correct: 1, Tone: 5, Comment: "=HYPERLINK(1)"}))
	}
	require.NoError(t, a.store.SaveTriage(t.Context(), store.Triage{Workspace: "a", Suggestion: "sg_1", Cause: store.CauseOutdated, State: store.TriageFixed, Owner: "Per", Author: "Eva"}))
	require.NoError(t, a.Close())

	require.Regexp(t, `sg_1 .* high +nb +rejected +rated by 2 of [12]\n1 of 1 drafts`, do(exitOK, "review", "list", "--rejected"))
	require.Contains(t, do(exitOK, "review", "list", "--agent", "nobody"), "0 of 1 drafts")
	require.Contains(t, do(exitUsage, "review", "list", "--random", "101"), "--random: 101")
	require.Contains(t, do(exitUsage, "review", "list", "--days", "0"), "--days: 0")
	agreement := do(exitOK, "review", "agreement")
	require.Regexp(t, `correct +mean 1.00 +ratings 2 +by two 1 +alpha not known`, agreement)
	require.Contains(t, agreement, "Eva / Per: 1 drafts, kappa not known, equal 100 %")

	// The document is mended, and the question asked again.
	p.write(t, "docs/p000.md", "# Pumpe P-0\n\nPumpen P-0 fylles med 34 liter olje. Filteret heter F-0.\n")
	do(exitOK, "ingest")
	require.Contains(t, do(exitOK, "review", "rerun"), "asked again: 1")
	require.Contains(t, do(exitFailed, "review", "rerun", "sg_none"), "sg_none")
	last := func() []store.Rerun {
		t.Helper()
		r, err := store.Open(t.Context(), store.Options{Dir: filepath.Join(p.dir, "data"), ReadOnly: true})
		require.NoError(t, err)
		defer r.Close()
		list, err := r.Reruns(t.Context(), "a", "sg_1")
		require.NoError(t, err)
		return list
	}
	require.Len(t, last(), 1)
	var again suggest.Suggestion
	require.NoError(t, json.Unmarshal(last()[0].Body, &again))
	require.Contains(t, again.Text(), "34 liter")
	require.NotContains(t, again.Text(), "10 liter")
	require.Contains(t, again.Text(), "Kari", "with the conversation as it was")

	file := filepath.Join(p.dir, "out.csv")
	do(exitOK, "review", "export", "-o", file)
	data, err := os.ReadFile(file)
	require.NoError(t, err)
	rows, err := csv.NewReader(strings.NewReader(string(data))).ReadAll()
	require.NoError(t, err)
	require.Len(t, rows, 3)
	require.Contains(t, string(data), "'=HYPERLINK(1)")
	info, err := os.Stat(file)
	require.NoError(t, err)
	require.Equal(t, os.FileMode(0o600), info.Mode().Perm())

	cmd, log := p.start(t, "serve")
	p.serving(t, log)
	require.Contains(t, do(exitOK, "review", "rerun", "sg_1"), "asked again: 1", "through the server that has the folder")
	require.Contains(t, do(exitOK, "review", "list", "--rejected"), "1 of 1 drafts", "beside it")
	stop(t, cmd, log)
	require.Len(t, last(), 2)
}
