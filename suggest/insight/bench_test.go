package insight_test

import (
	"database/sql"
	"encoding/json"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/sufflor/sufflor/store"
	"github.com/sufflor/sufflor/suggest"
	"github.com/sufflor/sufflor/suggest/insight"
)

// many is a store with n suggestions of the half year before monday, each with
// a body of about 2 kB, a message, a reply and an outcome.
func many(b *testing.B, n int) *store.Store {
	b.Helper()
	dir := b.TempDir()
	s, err := store.Open(b.Context(), store.Options{Dir: dir})
	require.NoError(b, err)
	require.NoError(b, s.Close())
	body := suggest.Suggestion{
		Language: "en", Kind: "question", Flag: suggest.High, Probability: 0.9,
		Asks: []suggest.Ask{{Text: "Do you deliver part P-1 to Svalbard before Christmas?", Kind: "yesno", Answered: true}},
	}
	for range 3 {
		body.Sentences = append(body.Sentences, suggest.Sentence{Text: ten, Kind: suggest.Fact})
	}
	for range 2 {
		body.Evidence = append(body.Evidence, suggest.Evidence{Passage: passage("doc-oil"), Cited: true})
	}
	drafted, err := json.Marshal(body)
	require.NoError(b, err)
	body.Flag, body.Sentences, body.Evidence[0].Cited, body.Evidence[1].Cited, body.Asks[0].Answered = suggest.None, nil, false, false, false
	empty, err := json.Marshal(body)
	require.NoError(b, err)
	db, err := sql.Open("sqlite", filepath.Join(dir, store.FileName))
	require.NoError(b, err)
	_, err = db.Exec(`
		PRAGMA synchronous = OFF;
		CREATE TEMP TABLE n AS WITH RECURSIVE n (i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < ?1 - 1) SELECT i, ?2 - i * (15552000000000 / ?1) AS at FROM n;
		INSERT INTO events (desk, key, workspace, kind, conversation, message, text, attachments, body, deleted, at, received)
		SELECT 'd' || (i % 4), 'k' || i, 'w', 'message', 'c' || i, 'm' || i, 'x', '', '{"role":"customer"}', 0, at, at FROM n;
		INSERT INTO suggestions (id, workspace, desk, event_key, event_at, event_seq, conversation, message, language, flag, probability, state, body, created, customer, question)
		SELECT 's' || i, 'w', 'd' || (i % 4), 'k' || i, 0, i, 'c' || i, 'm' || i, CASE i % 3 WHEN 0 THEN 'nb' WHEN 1 THEN 'en' ELSE 'de' END,
			CASE i % 5 WHEN 0 THEN 'none' WHEN 1 THEN 'low' WHEN 2 THEN 'medium' ELSE 'high' END, (i % 97) / 97.0, 'active', CASE i % 5 WHEN 0 THEN ?4 ELSE ?3 END,
			at + 50000, 'Kari', 'x' FROM n;
		INSERT INTO events (desk, key, workspace, kind, conversation, message, text, attachments, body, deleted, at, received)
		SELECT 'd' || (i % 4), 'r' || i, 'w', 'message', 'c' || i, 'r' || i, 'x', '', '{"role":"agent"}', 0, at + 300000000 + i, at FROM n;
		INSERT INTO outcomes (id, workspace, suggestion, action, reason, text, agent, created)
		SELECT 'o' || i, 'w', 's' || i, CASE i % 11 WHEN 0 THEN 'rejected' ELSE 'sent' END, 'facts', CASE i % 7 WHEN 0 THEN 'Something else.' ELSE '' END, '', at FROM n;
	`, n, monday.UnixMicro(), string(drafted), string(empty))
	require.NoError(b, err)
	require.NoError(b, db.Close())
	s, err = store.Open(b.Context(), store.Options{Dir: dir})
	require.NoError(b, err)
	b.Cleanup(func() { require.NoError(b, s.Close()) })
	return s
}

// BenchmarkReport is that of 100,000 suggestions; counting them is done once.
func BenchmarkReport(b *testing.B) {
	const n = 100_000
	s := many(b, n)
	r := &insight.Reader{Store: s}
	began := time.Now()
	_, err := r.CatchUp(b.Context(), "w", 0)
	require.NoError(b, err)
	b.Logf("%d suggestions counted in %v", n, time.Since(began))
	for _, tt := range []struct {
		name  string
		days  int
		parts insight.Part
	}{{"half a year", 181, 0}, {"half a year with gaps", 181, insight.Gaps}, {"half a year with documents", 181, insight.Documents}, {"28 days with all", 28, insight.Everything}} {
		b.Run(tt.name, func(b *testing.B) {
			var out insight.Report
			for b.Loop() {
				out, err = r.Report(b.Context(), insight.Query{Workspace: "w", From: monday.AddDate(0, 0, -tt.days), To: monday.AddDate(0, 0, 1), Parts: tt.parts}, time.Second)
				require.NoError(b, err)
			}
			b.ReportMetric(float64(out.Whole.Suggestions), "suggestions")
		})
	}
}
