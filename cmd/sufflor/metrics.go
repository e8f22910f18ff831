package main

import (
	"context"
	"crypto/subtle"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/http/pprof"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/sufflor/sufflor/config"
	"github.com/sufflor/sufflor/store"
	"github.com/sufflor/sufflor/suggest"
	"github.com/sufflor/sufflor/web/metrics"
)

// newMetrics is what the admin port tells of an app.
func newMetrics(a *app) *metrics.Metrics {
	o := metrics.Options{Version: version, Log: a.log}
	for _, w := range a.cfg.Workspaces {
		for _, d := range w.Desks {
			o.Desks = append(o.Desks, d.Name)
		}
	}
	o.State = func(ctx context.Context) (metrics.State, error) { return a.state(ctx, o.Desks) }
	return metrics.New(o)
}

// state looks up what is not counted as it happens.
func (a *app) state(ctx context.Context, desks []string) (metrics.State, error) {
	s := metrics.State{Waiting: map[string]int{}, Oldest: map[string]time.Duration{}, Spend: map[string]float64{}}
	queues, err := a.store.Queues(ctx)
	if err != nil {
		return s, err
	}
	for kind, q := range queues {
		s.Waiting[kind] = q.Jobs
		s.Dead += q.Dead
		if !q.Oldest.IsZero() {
			s.Oldest[kind] = max(0, time.Since(q.Oldest)) // the queue goes by the real clock
		}
	}
	stats, err := a.index.Stats(ctx)
	if err != nil {
		return s, err
	}
	s.Passages = stats.Passages
	if s.Behind, err = a.store.PendingCount(ctx); err != nil {
		return s, err
	}
	for _, w := range a.cfg.Workspaces {
		if v := a.meaning.status(w.ID); v != nil {
			s.Vectors += max(0, v.Passages-v.Vectors)
		}
		if a.model == nil {
			continue
		}
		spent, err := a.store.MonthSpend(ctx, w.ID, a.now().UTC().Format("2006-01"))
		if err != nil {
			return s, err
		}
		s.Spend[w.ID] = float64(spent.Micros) / 1e6
	}
	for _, name := range desks {
		d, err := a.store.Desk(ctx, name)
		if err != nil {
			return s, err
		}
		if d.State() == store.DeskDisconnected {
			s.Disconnected = append(s.Disconnected, name)
		}
	}
	if a.cfg.Store.IsZero() { // PostgreSQL's own exporter tells the size of a database there
		file, err := os.Stat(filepath.Join(a.cfg.Data, store.FileName))
		if err != nil {
			return s, err
		}
		s.DatabaseBytes = file.Size()
	}
	return s, nil
}

// timed tells m of each attempt at a job.
func timed(handlers map[string]store.Handler, m *metrics.Metrics) map[string]store.Handler {
	if m == nil {
		return handlers
	}
	out := map[string]store.Handler{}
	for kind, handle := range handlers {
		out[kind] = func(ctx context.Context, j store.Job) error {
			began := time.Now()
			err := handle(ctx, j)
			if !errors.Is(ctx.Err(), context.Canceled) { // else it runs again at the next start
				m.Job(kind, time.Since(began), err)
			}
			return err
		}
	}
	return out
}

// drafted counts a suggestion that was stored.
func (a *app) drafted(desk string, s suggest.Suggestion, since time.Duration) {
	d := metrics.Draft{Desk: desk, Mode: string(s.Mode), Flag: string(s.Flag), Degraded: s.Degraded, SinceReceived: since, Stages: map[string]time.Duration{}}
	for stage, ms := range map[string]float64{
		"understand": s.Timings.Understand, "retrieve": s.Timings.Retrieve, "write": s.Timings.Write, "check": s.Timings.Check, "model": s.Timings.Model,
	} {
		if ms > 0 {
			d.Stages[stage] = time.Duration(ms * float64(time.Millisecond))
		}
	}
	a.metrics.Draft(d)
}

// adminPort is the port for those who run sufflor.
type adminPort struct {
	ln  net.Listener
	srv *http.Server
}

// admin opens the admin port, or is nil where none is configured. Health is
// answered as on the other port.
func (a *app) admin(ctx context.Context, public http.Handler) (*adminPort, error) {
	c := a.cfg.Admin
	if c.Listen == "" {
		return nil, nil
	}
	ln, err := (&net.ListenConfig{}).Listen(ctx, "tcp", c.Listen)
	if err != nil {
		return nil, fmt.Errorf("admin.listen: %w; set another address, or \"\" for none", err)
	}
	mux := http.NewServeMux()
	for _, path := range []string{"/livez", "/readyz", "/healthz"} {
		mux.Handle("GET "+path, public)
	}
	for path, h := range map[string]http.Handler{
		"GET /metrics":             a.metrics.Handler(),
		"GET /debug/pprof/":        http.HandlerFunc(pprof.Index),
		"GET /debug/pprof/cmdline": http.HandlerFunc(pprof.Cmdline),
		"GET /debug/pprof/profile": http.HandlerFunc(pprof.Profile),
		"GET /debug/pprof/symbol":  http.HandlerFunc(pprof.Symbol),
		"GET /debug/pprof/trace":   http.HandlerFunc(pprof.Trace),
	} {
		mux.Handle(path, bearer(c.Token, h))
	}
	return &adminPort{ln: ln, srv: &http.Server{Handler: mux, ReadHeaderTimeout: 5 * time.Second, IdleTimeout: time.Minute, MaxHeaderBytes: 16 << 10}}, nil
}

// bearer lets those in who have the token; without one everybody who reaches
// the port, which then is this machine only.
func bearer(token config.Secret, h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		given, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
		if !token.IsZero() && (!ok || subtle.ConstantTimeCompare([]byte(given), []byte(token.Reveal())) != 1) {
			w.Header().Set("WWW-Authenticate", `Bearer realm="sufflor admin"`)
			http.Error(w, "send admin.token as a bearer token", http.StatusUnauthorized)
			return
		}
		w.Header().Set("Cache-Control", "no-store")
		h.ServeHTTP(w, r)
	})
}

// run serves until ctx is done. A profile that is being taken then is cut.
func (p *adminPort) run(ctx context.Context, log *slog.Logger) {
	stop := context.AfterFunc(ctx, func() { _ = p.srv.Close() })
	defer stop()
	log.InfoContext(ctx, "admin port", "address", "http://"+p.ln.Addr().String())
	if err := p.srv.Serve(p.ln); !errors.Is(err, http.ErrServerClosed) {
		log.ErrorContext(ctx, "the admin port ended", "err", err)
	}
}
