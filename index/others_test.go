//go:build measure

package index_test

import (
	"context"
	"database/sql"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/blevesearch/bleve/v2"
	"github.com/blevesearch/bleve/v2/analysis/lang/no"
	"github.com/stretchr/testify/require"
	_ "modernc.org/sqlite"

	"github.com/sufflor/sufflor/index"
)

// What others need for the questions of BenchmarkSearch over the same passages:
//
//	go test -tags measure ./index -run xxx -bench Other -passages 100000 -benchtime 500x -kept FOLDER

// BenchmarkOtherBleve asks Bleve's own search: one field of Norwegian stems,
// its BM25, any word may match.
func BenchmarkOtherBleve(b *testing.B) {
	dir := otherDir(b, "bleve")
	x, err := bleve.Open(dir)
	if err != nil {
		text := bleve.NewTextFieldMapping() // as small as it can be
		text.Analyzer, text.Store, text.IncludeInAll, text.IncludeTermVectors, text.DocValues = no.AnalyzerName, false, false, false, false
		mapping := bleve.NewIndexMapping()
		mapping.ScoringModel = "bm25"
		mapping.DefaultMapping = bleve.NewDocumentStaticMapping()
		mapping.DefaultMapping.AddFieldMappingsAt("text", text)
		x, err = bleve.New(dir, mapping)
		require.NoError(b, err)
		otherFill(b, func(part []index.Passage) error {
			batch := x.NewBatch()
			for _, p := range part {
				if err := batch.Index(p.ID, map[string]any{"text": p.Title + "\n" + p.Text}); err != nil {
					return err
				}
			}
			return x.Batch(batch)
		})
	}
	defer func() { require.NoError(b, x.Close()) }()
	otherAsk(b, func(ctx context.Context, text string) (int, error) {
		q := bleve.NewMatchQuery(text)
		q.SetField("text")
		res, err := x.SearchInContext(ctx, bleve.NewSearchRequestOptions(q, 10, 0, false))
		if err != nil {
			return 0, err
		}
		return res.Hits.Len(), nil
	})
}

// BenchmarkOtherFTS5 asks SQLite's full-text search, unstemmed: the ten best by
// its BM25 of those that hold any word.
func BenchmarkOtherFTS5(b *testing.B) {
	dir := otherDir(b, "fts5")
	require.NoError(b, os.MkdirAll(dir, 0o700))
	db, err := sql.Open("sqlite", filepath.Join(dir, "fts5.db"))
	require.NoError(b, err)
	defer db.Close()
	n := 0
	if db.QueryRow("SELECT count(*) FROM p_content").Scan(&n); n != *size {
		_, err = db.Exec("PRAGMA journal_mode = WAL; PRAGMA synchronous = OFF; DROP TABLE IF EXISTS p; CREATE VIRTUAL TABLE p USING fts5(text)")
		require.NoError(b, err)
		otherFill(b, func(part []index.Passage) error {
			tx, err := db.Begin()
			if err != nil {
				return err
			}
			for _, p := range part {
				if _, err := tx.Exec("INSERT INTO p(text) VALUES (?)", p.Title+"\n"+p.Text); err != nil {
					return err
				}
			}
			return tx.Commit()
		})
	}
	otherAsk(b, func(ctx context.Context, text string) (int, error) {
		rows, err := db.QueryContext(ctx, "SELECT rowid FROM p WHERE p MATCH ? ORDER BY rank LIMIT 10", `"`+strings.Join(strings.Fields(text), `" OR "`)+`"`)
		if err != nil {
			return 0, err
		}
		defer rows.Close()
		n := 0
		for rows.Next() {
			n++
		}
		return n, rows.Err()
	})
}

func otherDir(b *testing.B, name string) string {
	if *kept == "" {
		return filepath.Join(b.TempDir(), name)
	}
	return filepath.Join(*kept, fmt.Sprint(name, "-", *size))
}

// otherFill is the passages of BenchmarkSearch, and reports how many are taken
// a second of processor time, the generator's included.
func otherFill(b *testing.B, put func([]index.Passage) error) {
	began := processor()
	for part := range corpusParts(*size, 1000) {
		require.NoError(b, put(part))
	}
	b.Logf("%d passages, %.0f a second of processor time", *size, float64(*size)/(processor()-began).Seconds())
}

func processor() time.Duration {
	var u syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &u)
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

func otherAsk(b *testing.B, search func(context.Context, string) (int, error)) {
	zipf := rand.NewZipf(rand.New(rand.NewPCG(5, 6)), 1.1, 4, 50_000)
	queries := make([]string, 500)
	for i := range queries {
		queries[i] = prose(zipf, 6+i%30)
	}
	_, err := search(b.Context(), queries[0])
	require.NoError(b, err)
	var took []time.Duration
	for i := 0; b.Loop(); i++ {
		began := time.Now()
		n, err := search(b.Context(), queries[i%len(queries)])
		took = append(took, time.Since(began))
		require.NoError(b, err)
		require.Positive(b, n)
	}
	slices.Sort(took)
	b.ReportMetric(float64(took[len(took)/2].Microseconds()), "p50-µs")
	b.ReportMetric(float64(took[len(took)*95/100].Microseconds()), "p95-µs")
}
