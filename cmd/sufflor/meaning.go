package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"log/slog"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/sufflor/sufflor/config"
	"github.com/sufflor/sufflor/index"
	"github.com/sufflor/sufflor/index/embed"
	"github.com/sufflor/sufflor/index/embed/langchain"
	"github.com/sufflor/sufflor/index/embed/local"
	"github.com/sufflor/sufflor/index/fill"
	"github.com/sufflor/sufflor/index/vector"
	"github.com/sufflor/sufflor/store"
)

// embedWorker is the hidden first argument that makes the binary run a model
// in a folder, whose tokenizer may end its process.
const embedWorker = "embed-worker"

// quietTime is how long documents must have been left alone before their vectors
// are made: a run over many files changes the index hundreds of times.
const quietTime = 2 * time.Second

// meaning is what finds passages by their vectors.
type meaning struct {
	embedder *embed.Guard
	stores   map[string]*vector.Store // by workspace
	fillers  map[string]*fill.Filler
	closers  []io.Closer

	mu   sync.Mutex
	bell *time.Timer
}

// newEmbedder is the configured embedder and what closes it. It asks nothing yet.
func newEmbedder(c config.Embedder) (*embed.Guard, io.Closer, error) {
	o := embed.Options{
		Dim: c.Dimensions, QueryPrefix: c.QueryPrefix, PassagePrefix: c.PassagePrefix,
		Limits: embed.Limits{Batch: c.Batch, Timeout: c.Timeout},
	}
	if c.Provider == config.EmbedONNX {
		exe, err := executable()
		if err != nil {
			return nil, nil, fmt.Errorf("find our own binary: %w", err)
		}
		m, err := local.New(local.Options{Folder: c.Folder, Command: []string{exe, embedWorker}})
		if err != nil {
			return nil, nil, fmt.Errorf("embedder.folder: %w", err)
		}
		o.Name, o.Limits.Batch = m.Name(), min(o.Limits.Batch, local.MaxBatch)
		g, err := embed.New(m, o)
		return g, m, err
	}
	var key langchain.Revealer
	if !c.Key.IsZero() {
		key = c.Key
	}
	m, err := langchain.New(langchain.Options{Provider: langchain.Provider(c.Provider), URL: c.URL, Model: c.Model, Key: key, Dimensions: c.Dimensions})
	if err != nil {
		return nil, nil, fmt.Errorf("embedder: %w", err)
	}
	o.Name = c.Provider + " " + c.Model
	g, err := embed.New(m, o)
	return g, io.NopCloser(nil), err
}

// openMeaning opens the vectors of every workspace. Files that are damaged or
// of another version are made anew: there is nothing in them that the model
// cannot make again. Whoever gets a meaning closes it, also beside an error.
func openMeaning(ctx context.Context, cfg config.Config, s *store.Store, log *slog.Logger) (*meaning, error) {
	guard, embedder, err := newEmbedder(cfg.Embedder)
	if err != nil {
		return nil, err
	}
	m := &meaning{embedder: guard, stores: map[string]*vector.Store{}, fillers: map[string]*fill.Filler{}, closers: []io.Closer{embedder}}
	for _, w := range cfg.Workspaces {
		dir := filepath.Join(cfg.Data, "vectors", w.ID)
		o := vector.Options{Model: m.embedder.Name(), Dim: cfg.Embedder.Dimensions}
		v, opened, err := vector.Open(ctx, dir, o)
		if errors.Is(err, vector.ErrCorrupt) || errors.Is(err, vector.ErrVersion) {
			log.WarnContext(ctx, "vectors are made anew", "workspace", w.ID, "reason", err)
			if err := vector.Remove(dir); err != nil {
				return m, fmt.Errorf("remove old vectors: %w", err)
			}
			v, opened, err = vector.Open(ctx, dir, o)
		}
		if err != nil {
			return m, fmt.Errorf("vectors of workspace %q: %w", w.ID, err)
		}
		if opened != (vector.Opened{}) {
			log.InfoContext(ctx, "vectors opened", "workspace", w.ID, "fresh", opened.Fresh, "cut", opened.Cut, "graph", opened.Graph)
		}
		m.stores[w.ID] = v
		m.closers = append(m.closers, v)
		m.fillers[w.ID] = fill.New(m.embedder, v, shelf{s, w.ID}, fill.Options{Batch: cfg.Embedder.Batch, Rate: cfg.Embedder.Rate, Log: log})
	}
	return m, nil
}

// Close closes vectors and embedder.
func (m *meaning) Close() error {
	if m == nil {
		return nil
	}
	m.mu.Lock()
	if m.bell != nil {
		m.bell.Stop()
	}
	m.mu.Unlock()
	var errs []error
	for _, c := range m.closers {
		errs = append(errs, c.Close())
	}
	return errors.Join(errs...)
}

// of is the vectors of a workspace.
func (m *meaning) of(workspace string) *vector.Store { return m.stores[workspace] }

// run keeps vectors in step with passages until ctx ends.
func (m *meaning) run(ctx context.Context) {
	if m == nil {
		return
	}
	var wg sync.WaitGroup
	for _, f := range m.fillers {
		wg.Go(func() { _ = f.Run(ctx) }) // always nil
	}
	wg.Wait()
}

// changed says that passages have come or gone.
func (m *meaning) changed() {
	if m == nil {
		return
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.bell != nil {
		m.bell.Stop()
	}
	m.bell = time.AfterFunc(quietTime, func() {
		for _, f := range m.fillers {
			f.Wake()
		}
	})
}

// vectorStatus is how far the vectors of a workspace are.
type vectorStatus struct {
	Model    string `json:"model"`
	State    string `json:"state"`
	Vectors  int    `json:"vectors"`
	Passages int    `json:"passages,omitempty"`
	Failed   int    `json:"failed,omitempty"`
	Error    string `json:"error,omitempty"`
}

func (m *meaning) status(workspace string) *vectorStatus {
	if m == nil || m.stores[workspace] == nil {
		return nil
	}
	p := m.fillers[workspace].Progress()
	return &vectorStatus{
		Model: m.embedder.Name(), State: string(p.State), Vectors: m.stores[workspace].Len(),
		Passages: p.Total, Failed: p.Failed, Error: p.Err,
	}
}

// shelf is the passages of a workspace for those who make vectors.
type shelf struct {
	store     *store.Store
	workspace string
}

// IDs implements [fill.Passages].
func (s shelf) IDs(ctx context.Context) iter.Seq2[string, error] {
	return s.store.PassageIDs(ctx, s.workspace)
}

// Texts implements [fill.Passages].
func (s shelf) Texts(ctx context.Context, ids []string) (map[string]string, error) {
	passages, err := s.store.Passages(ctx, s.workspace, ids)
	out := make(map[string]string, len(passages))
	for id, p := range passages {
		out[id] = embedded(p)
	}
	return out, err
}

// embedded is the text of a passage that is turned into a vector.
func embedded(p index.Passage) string {
	var lines []string
	for _, l := range []string{strings.Join(append([]string{p.Title}, p.Headings...), " › "), p.Question, p.Text} {
		if strings.TrimSpace(l) != "" {
			lines = append(lines, l)
		}
	}
	return strings.Join(lines, "\n")
}
