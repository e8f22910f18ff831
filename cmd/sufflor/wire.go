package main

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"time"

	"github.com/sufflor/sufflor/config"
	"github.com/sufflor/sufflor/index"
	"github.com/sufflor/sufflor/index/bilingual"
	"github.com/sufflor/sufflor/index/hybrid"
	"github.com/sufflor/sufflor/ingest"
	"github.com/sufflor/sufflor/ingest/formats"
	"github.com/sufflor/sufflor/store"
	"github.com/sufflor/sufflor/store/redis"
	"github.com/sufflor/sufflor/suggest"
	"github.com/sufflor/sufflor/suggest/calibrate"
	"github.com/sufflor/sufflor/suggest/extract"
	"github.com/sufflor/sufflor/suggest/insight"
	"github.com/sufflor/sufflor/suggest/llm"
	"github.com/sufflor/sufflor/web/metrics"
)

// readWorker is the hidden first argument that makes the binary read one
// untrusted file after another in a process of its own.
const readWorker = "read-worker"

// app is everything opened on one data folder.
type app struct {
	cfg      config.Config
	log      *slog.Logger
	now      func() time.Time
	traces   *traces // nil when none are sent
	store    *store.Store
	index    *index.Local
	meaning  *meaning         // nil without an embedder
	terms    *terms           // words in other languages
	search   suggest.Searcher // index, with vectors when there are and words in other languages
	pipeline *suggest.Pipeline
	model    *llm.Model // nil when none is configured
	modelKey liveSecret
	asking   []closer // what may be asking the model
	learning *calibrate.Keeper
	insight  *insight.Reader
	metrics  *metrics.Metrics
	redis    *redis.Client // nil without one
	bus      *redis.Bus    // beside it
	live     suggest.Live  // what language models are writing
	busy     chan struct{} // holds one while documents are read or removed
	turn     ingest.Turn   // of whoever tells the index what the store knows

	rebuilding atomic.Int64 // percent of a new index beside the present one, plus one; 0 when none is built
}

// openApp opens store and index and heals what a killed process left between
// them. Whoever gets an app closes it.
func openApp(ctx context.Context, cfg config.Config, log *slog.Logger) (*app, error) {
	a, err := openParts(ctx, cfg, log)
	if err != nil {
		return nil, err
	}
	if err := a.settle(ctx); err != nil {
		return nil, errors.Join(fmt.Errorf("bring the index up to date: %w", err), a.Close())
	}
	return a, nil
}

// openParts opens store and index as they are.
func openParts(ctx context.Context, cfg config.Config, log *slog.Logger) (*app, error) {
	return openPartsAt(ctx, cfg, log, time.Now)
}

// openPartsAt is openParts by another clock.
func openPartsAt(ctx context.Context, cfg config.Config, log *slog.Logger, now func() time.Time) (*app, error) {
	s, err := store.Open(ctx, store.Options{Dir: cfg.Data, Postgres: cfg.Store.Reveal(), Log: log, Versions: cfg.Ingest.KeepVersions, Now: now})
	if err != nil {
		return nil, err
	}
	x, err := openIndex(ctx, cfg, s, log)
	if err != nil {
		return nil, errors.Join(err, s.Close())
	}
	a := &app{cfg: cfg, log: log, now: now, store: s, index: x, busy: make(chan struct{}, 1), turn: ingest.NewTurn(), terms: openTerms(ctx, cfg, s, x, log)}
	if cfg.Admin.Listen != "" {
		a.metrics = newMetrics(a)
	}
	if err := a.openRedis(ctx); err != nil {
		return nil, errors.Join(err, a.Close())
	}
	legs := bilingual.Index{Searcher: x, Terms: a.terms.of}
	if cfg.Embedder.Provider != config.EmbedNone {
		if a.meaning, err = openMeaning(ctx, cfg, s, log); err != nil {
			return nil, errors.Join(err, a.Close())
		}
		legs.Searcher = hybrid.New(x, hybrid.Options{Vectors: a.meaning.of, Embedder: a.embedder(a.meaning)})
	}
	if err := a.useModel(&legs); err != nil {
		return nil, errors.Join(usage(err), a.Close())
	}
	a.search = a.ranked(legs)
	a.insight = &insight.Reader{Store: s}
	a.learning = newKeeper(cfg, s, suggest.DefaultModel(), log)
	g, err := newGuides(cfg, s, log)
	if err != nil {
		return nil, errors.Join(usage(err), a.Close())
	}
	a.pipeline = &suggest.Pipeline{
		Index: a.search, Library: s, Writer: extract.New(), Framer: extract.New(), Profile: g.profile,
		Model: suggest.DefaultModel(), Deadline: cfg.Suggest.Deadline, Now: now, Log: log, Votes: s.Votes,
		Calibration: a.learning, ComposeIn: cfg.Model.Deadline, Innocent: &suggest.Innocent{},
	}
	if c := a.composer(); c != nil {
		a.pipeline.Composer = c
	}
	return a, nil
}

// settle tells the index what the store knows and it does not.
func (a *app) settle(ctx context.Context) error {
	return ingest.Sync{Store: a.store, Index: watched{a.index, a.changed}, Turn: a.turn}.Settle(ctx)
}

// changed says that passages have come or gone.
func (a *app) changed() {
	a.meaning.changed()
	a.terms.changed()
}

// openIndex opens the index of a store. One that is damaged, or of another
// version, is replaced by an empty one that has yet to learn everything:
// there is nothing in it that the store does not have.
func openIndex(ctx context.Context, cfg config.Config, s *store.Store, log *slog.Logger) (*index.Local, error) {
	x, err := index.Open(ctx, indexDir(cfg), index.Options{})
	if !errors.Is(err, index.ErrCorrupt) && !errors.Is(err, index.ErrVersion) {
		return x, err
	}
	log.WarnContext(ctx, "the index is built again from the store", "reason", err)
	return emptyIndex(ctx, cfg, s)
}

// emptyIndex replaces the index of a store by an empty one. What that has to
// learn is noted first: killed in between, the next start goes on.
func emptyIndex(ctx context.Context, cfg config.Config, s *store.Store) (*index.Local, error) {
	if err := s.MarkAllPending(ctx); err != nil {
		return nil, err
	}
	if err := index.Remove(indexDir(cfg)); err != nil {
		return nil, fmt.Errorf("remove the old index: %w", err)
	}
	return index.Open(ctx, indexDir(cfg), index.Options{})
}

func indexDir(cfg config.Config) string { return filepath.Join(cfg.Data, "index") }

// Close closes what openApp opened, in reverse order.
func (a *app) Close() error {
	var errs []error
	for _, c := range a.asking {
		errs = append(errs, c.Close())
	}
	return errors.Join(errors.Join(errs...), a.meaning.Close(), a.terms.Close(), a.closeRedis(), a.index.Close(), a.store.Close())
}

// syncer reads documents into a's store and index, each file in a worker
// process that a hostile one can only take down alone. Whoever gets it ends
// the workers with the function beside it.
func (a *app) syncer(w config.Workspace, s config.Source) (ingest.Sync, func() error, error) {
	files, err := a.isolated(s.IncludeHidden)
	if err != nil {
		return ingest.Sync{}, nil, err
	}
	return ingest.Sync{
		Files: files, Store: a.store, Index: watched{a.index, a.changed}, Turn: a.turn, Mask: ingest.Masker{Own: w.OwnDomains},
		MaxSize: a.cfg.Ingest.MaxFileBytes, Workers: a.cfg.Ingest.Workers, Originals: a.cfg.Ingest.KeepOriginals, Now: a.now,
	}, files.Close, nil
}

// executable is our own binary, which runs the workers too. Tests have another.
var executable = os.Executable

// isolated reads files in worker processes, as configured.
func (a *app) isolated(hidden bool) (*ingest.Isolated, error) {
	exe, err := executable()
	if err != nil {
		return nil, fmt.Errorf("find our own binary: %w", err)
	}
	options, err := json.Marshal(formats.Options{Hidden: hidden, Languages: a.cfg.Ingest.OCRLanguages})
	if err != nil {
		return nil, fmt.Errorf("tell workers what to read: %w", err)
	}
	files := &ingest.Isolated{Command: []string{exe, readWorker, string(options)}, Limits: ingest.Limits{Wall: a.cfg.Ingest.FileTimeout}}
	if a.cfg.Ingest.OCR == "off" {
		files.OCR = ingest.Never
	}
	return files, nil
}

// secretFile is a random token kept in a file only we can read.
func secretFile(path string) (config.Secret, error) {
	data, err := os.ReadFile(path)
	if err == nil && len(strings.TrimSpace(string(data))) >= 24 {
		return config.NewSecret(strings.TrimSpace(string(data))), nil
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return config.Secret{}, fmt.Errorf("read key: %w", err)
	}
	b := make([]byte, 24)
	_, _ = rand.Read(b) // never fails
	token := base64.RawURLEncoding.EncodeToString(b)
	if err := os.WriteFile(path, []byte(token+"\n"), 0o600); err != nil {
		return config.Secret{}, fmt.Errorf("write key: %w", err)
	}
	return config.NewSecret(token), nil
}
