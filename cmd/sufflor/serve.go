package main

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"github.com/sufflor/sufflor/config"
	"github.com/sufflor/sufflor/connectors"
	"github.com/sufflor/sufflor/ingest"
	"github.com/sufflor/sufflor/store"
	"github.com/sufflor/sufflor/suggest"
	"github.com/sufflor/sufflor/web"
)

func (c *cli) serveCmd() *cobra.Command {
	var roles []string
	cmd := &cobra.Command{
		Use: "serve", Short: "Listen to the help desks and show the panel", Args: cobra.NoArgs,
		Long: `Takes the help desks' webhooks, shows the panel, and reads the sources that have a
schedule or are watched. It prints the panel's address once it listens. Ctrl+C or
SIGTERM lets it finish what it began, a second one ends it at once; SIGHUP (sufflor
reload) lets it read its configuration again. It needs one with a workspace:

  sufflor config print > sufflor.yaml   then: sufflor config check`,
		RunE: func(cmd *cobra.Command, _ []string) error {
			load := func() (config.Config, error) {
				cfg, err := c.load()
				if err == nil && len(roles) > 0 {
					cfg.Roles = roles
					err = cfg.Validate()
				}
				return cfg, err
			}
			cfg, err := load()
			if err != nil {
				return usage(err)
			}
			c.reread = load
			if len(cfg.Workspaces) == 0 {
				return usage(errors.New("workspaces: none is configured; write a configuration with: sufflor config print > sufflor.yaml"))
			}
			return c.serve(cmd.Context(), cfg, func(s *server) {
				desk := accessDesk(cfg, s.app.store)
				link, err := desk.SetUp(cmd.Context())
				if some, errSome := desk.Store.HasPeople(cmd.Context()); err == nil && errSome == nil && some && !cfg.Panel.TokenSignIn {
					fmt.Fprintf(c.stderr, "panel: %s\n", cmp.Or(cfg.PublicURL, s.URL))
					return
				}
				if err == nil && link != "" {
					// Also into a log: it is good once, for an hour, and for
					// nothing once there is an account.
					fmt.Fprintf(c.stderr, "make the first account, within an hour: %s/setup?link=%s\n", cmp.Or(cfg.PublicURL, s.URL), link)
				}
				if terminal(c.stderr) {
					fmt.Fprintf(c.stderr, "panel: %s\n", s.SignIn())
				} else { // a log is no place for the token
					fmt.Fprintf(c.stderr, "panel: %s, the token is in %s\n", s.URL, filepath.Join(cfg.Data, "panel.key"))
				}
			})
		},
	}
	cmd.Flags().StringSliceVar(&roles, "role", nil, "what this server does: web, worker, ingest (default: roles of the configuration)")
	return cmd
}

// errOneProcess means that roles cannot be spread over processes here.
var errOneProcess = errors.New("roles: a data folder with SQLite belongs to one process, which has to be web, worker and ingest; leave roles out")

// stopIn is how long requests that were begun have when a server stops.
const stopIn = 10 * time.Second

// server is a running sufflor.
type server struct {
	URL      string
	Token    config.Secret
	app      *app
	closing  chan struct{} // closed when it begins to stop
	plan     *scheduler
	reader   *reader
	draining atomic.Bool // it is told to stop, and still answers
	shift    atomic.Pointer[shift]
	relieved chan struct{} // told of each further shift
}

// SignIn is the address that lets a browser in.
func (s *server) SignIn() string { return s.URL + "/signin?token=" + s.Token.Reveal() }

// serve runs until ctx is done; ready is called once it listens.
func (c *cli) serve(ctx context.Context, cfg config.Config, ready func(*server)) (err error) {
	log := tracedLog(cfg.Telemetry, c.logger(cfg.Log))
	byName, err := desks(cfg)
	if err := errors.Join(err, checkSources(cfg)); err != nil {
		return usage(err)
	}
	if !cfg.HasAll() && !c.shared {
		return usage(errOneProcess)
	}
	a, err := openPartsAt(ctx, cfg, log, c.clock())
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, a.Close()) }()
	if err := a.reconcile(ctx); err != nil {
		return fmt.Errorf("look after what people set of sources: %w", err)
	}
	filling, err := a.catchUp(ctx)
	if err != nil {
		return fmt.Errorf("bring the index up to date: %w", err)
	}
	if a.traces, err = openTraces(ctx, cfg.Telemetry, log); err != nil {
		return err
	}
	defer a.traces.close(context.WithoutCancel(ctx), log)
	suggest.Warm()
	ln, err := (&net.ListenConfig{}).Listen(ctx, "tcp", cfg.Listen)
	if err != nil {
		if errors.Is(err, syscall.EADDRINUSE) {
			return fmt.Errorf("listen: %s is in use; stop the other program or set another address (listen: or SUFFLOR_LISTEN)", cfg.Listen)
		}
		return fmt.Errorf("listen on %s: %w; set another address (listen: or SUFFLOR_LISTEN)", cfg.Listen, err)
	}
	s := &server{URL: "http://" + ln.Addr().String(), app: a, closing: make(chan struct{}), plan: newScheduler(a), reader: newReader(a), relieved: make(chan struct{}, 1)}
	read, closeReader, err := a.attachmentReader()
	if err != nil {
		return errors.Join(err, ln.Close())
	}
	defer func() { err = errors.Join(err, closeReader()) }()
	first, err := a.newShift(s, cfg, read) //nolint:contextcheck // each request brings its own
	if err != nil {
		return errors.Join(err, ln.Close())
	}
	s.shift.Store(first)
	s.Token = first.token
	if err := announce(cfg.Data, s.URL, s.Token); err != nil {
		return errors.Join(err, ln.Close())
	}
	defer func() { _ = os.Remove(announced(cfg.Data)) }()

	admin, err := a.admin(ctx, http.HandlerFunc(s.serveHTTP))
	if err != nil {
		return errors.Join(err, ln.Close())
	}
	srv := &http.Server{
		Handler: http.HandlerFunc(s.serveHTTP), ReadHeaderTimeout: 5 * time.Second, IdleTimeout: 2 * time.Minute, MaxHeaderBytes: 64 << 10,
		BaseContext: func(net.Listener) context.Context { return context.WithoutCancel(ctx) },
	}
	srv.RegisterOnShutdown(func() { close(s.closing); close(s.shift.Load().closing) })

	var wg sync.WaitGroup
	ctx, stopAll := context.WithCancel(ctx)
	defer stopAll()
	working, stopWorking := context.WithCancel(context.WithoutCancel(ctx))
	defer stopWorking()
	errs := make(chan error, 2)
	wg.Go(func() { errs <- s.work(working, ctx) })
	if admin != nil {
		wg.Go(func() { admin.run(ctx, log) })
	}
	wg.Go(func() {
		if err := srv.Serve(ln); !errors.Is(err, http.ErrServerClosed) {
			errs <- err
		}
	})
	if filling {
		wg.Go(func() { a.fillUp(ctx) })
	}
	if first.signOn != nil {
		wg.Go(func() {
			if err := first.signOn.Provider.Check(ctx); err != nil {
				log.WarnContext(ctx, "single sign-on lets nobody in until its provider answers; passwords do", "err", err)
			}
		})
	}
	if a.bus != nil {
		wg.Go(func() { a.bus.Run(ctx) })
	}
	wg.Go(func() { a.meaning.run(ctx) })
	wg.Go(func() { a.terms.run(ctx) })
	wg.Go(func() { _ = a.learning.Run(ctx, learnEvery) }) // always nil
	if cfg.Has(config.RoleIngest) {
		wg.Go(func() { a.count(ctx) })
		wg.Go(func() { s.reader.run(ctx) })
		wg.Go(func() { a.retain(ctx) })
		wg.Go(func() { s.plan.run(ctx) }) // a run that is stopped goes on at the next start
		wg.Go(func() {
			if err := a.store.SweepOriginals(ctx); err != nil && ctx.Err() == nil {
				log.WarnContext(ctx, "originals not swept", "err", err)
			}
		})
	}
	obeying, stopObeying := context.WithCancel(ctx)
	defer stopObeying()
	var obey sync.WaitGroup
	if c.reread != nil {
		signals := make(chan os.Signal, 1)
		signal.Notify(signals, syscall.SIGHUP)
		defer signal.Stop(signals)
		obey.Go(func() { s.obey(obeying, signals, c.reread) })
	}
	log.InfoContext(ctx, "listening", "address", s.URL, "workspaces", len(cfg.Workspaces), "desks", len(byName))
	if ready != nil {
		wg.Go(func() { ready(s) })
	}
	select {
	case <-ctx.Done():
	case err = <-errs:
	}
	s.draining.Store(true)
	stopObeying()
	obey.Wait()
	if err == nil && cfg.DrainWait > 0 {
		log.InfoContext(ctx, "stopping; requests are answered until load balancers have seen it", "wait", cfg.DrainWait)
		select {
		case <-time.After(cfg.DrainWait):
		case err = <-errs:
		}
	}
	stopAll()
	// First no new deliveries, then the work that was begun.
	stop, cancel := context.WithTimeout(context.WithoutCancel(ctx), stopIn)
	defer cancel()
	shut := srv.Shutdown(stop)
	if errors.Is(shut, context.DeadlineExceeded) {
		log.WarnContext(ctx, "requests cut off that took too long", "limit", stopIn)
		shut = srv.Close()
	}
	err = errors.Join(err, shut)
	stopWorking()
	wg.Wait()
	log.InfoContext(ctx, "stopped")
	return err
}

// serveHTTP lets the present shift answer. A server without the role web says
// only how it is.
func (s *server) serveHTTP(w http.ResponseWriter, r *http.Request) {
	now := s.shift.Load()
	if !now.cfg.Has(config.RoleWeb) && !slices.Contains([]string{"/livez", "/healthz", "/readyz"}, r.URL.Path) {
		http.Error(w, "this server has no role web; ask one that has", http.StatusNotFound)
		return
	}
	now.handler.ServeHTTP(w, r)
}

// worker makes what does the jobs.
func (a *app) worker(s *server, cfg config.Config, byName map[string]connectors.Desk, read suggest.Reader) (*suggest.Worker, error) {
	what, err := policies(cfg)
	if err != nil {
		return nil, err
	}
	conns := map[string]connectors.Connector{}
	for name, d := range byName {
		conns[name] = d.Connector
	}
	return &suggest.Worker{
		Store: a.store, Pipeline: a.pipeline, Desks: conns, Policies: what, Read: read, Now: a.now, Log: a.log, Live: &a.live, Observe: a.drafted,
		Link: s.link, Source: func(workspace, suggestion string, number int) string {
			return fmt.Sprintf("%s&source=%d", s.link(workspace, suggestion), number)
		},
	}, nil
}

// untilClosing is ctx for long work: a server that stops does not wait for
// thousands of files.
func (s *server) untilClosing(ctx context.Context) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancel(ctx)
	go func() {
		select {
		case <-s.closing:
			cancel()
		case <-ctx.Done():
		}
	}()
	return ctx, cancel
}

// link is the address of a suggestion for a note in the desk.
func (s *server) link(workspace, suggestion string) string {
	base := s.app.cfg.PublicURL
	if base == "" {
		base = s.URL
	}
	return base + "/panel?workspace=" + workspace + "&suggestion=" + suggestion
}

// handler wires the HTTP side.
func (a *app) handler(s *server, n *shift) (http.Handler, error) {
	cfg, byName, w := n.cfg, n.desks, n.worker
	intake := &connectors.Intake{
		Desks: byName, Now: a.now, Log: a.log, Latest: w.Latest, Observe: a.metrics.Delivery,
		Accept: func(ctx context.Context, d connectors.Desk, events []connectors.Event) error {
			_, err := w.Accept(ctx, d.Workspace, d.Name, events)
			return err
		},
	}
	var spaces []web.Workspace
	for _, w := range a.cfg.Workspaces {
		spaces = append(spaces, web.Workspace{ID: w.ID, Name: w.Name, Language: w.Language})
	}
	o := web.Options{
		Store: a.store, Hooks: a.traces.hooks(intake), Desks: byName, Token: n.token, TokenSignIn: cfg.Panel.TokenSignIn, Workspaces: spaces, FrameAncestors: cfg.Panel.FrameAncestors,
		Version: version, Log: a.log, Now: a.now, SignOn: n.signOn, Answers: answers(), Observe: a.metrics.Request, Refused: a.metrics.SignInRefused,
		Closing: n.closing, Draining: s.draining.Load, Health: withSignOn(n.signOn, map[string]func(context.Context) error{"desks": desksHealth(a.store, slices.Sorted(maps.Keys(byName))), "index": func(ctx context.Context) error {
			_, err := a.index.Stats(ctx)
			if lacks := a.index.Lacks(); err == nil && lacks != "" {
				return web.Partial("answers lack " + lacks)
			}
			if n := a.rebuilding.Load(); err == nil && n > 0 {
				return web.Partial(fmt.Sprintf("ok; a new index is being built beside it, %d %% done", n-1))
			}
			return err
		}}),
		Ask: a.pipeline.Suggest, Rerun: w.Again, Fix: a.fix,
		Hinted: w.Hinted, Reword: w.Reword, Rewords: a.pipeline.Rewords, Profile: a.pipeline.Profile,
		Search: func(ctx context.Context, q web.SearchRequest) (web.SearchResult, error) {
			w, err := a.cfg.Workspace(q.Workspace)
			if err != nil {
				return web.SearchResult{}, err
			}
			return a.find(ctx, w, q)
		},
		Ingest: func(ctx context.Context, q web.IngestRequest, progress func(any)) (any, error) {
			w, err := a.cfg.Workspace(q.Workspace)
			if err != nil {
				return nil, err
			}
			ctx, cancel := s.untilClosing(ctx)
			defer cancel()
			return a.ingest(ctx, w, q, func(e ingest.Event) { progress(e) })
		},
		Upload: func(ctx context.Context, workspace, source, name string, body io.Reader) (any, error) {
			w, err := a.cfg.Workspace(workspace)
			if err != nil {
				return nil, err
			}
			return a.upload(ctx, w, source, name, body)
		},
		Writing:    a.live.Watch,
		Insight:    a.insight,
		Guidelines: func(ctx context.Context, q web.GuidelinesRequest) (any, error) { return a.saveGuidelines(ctx, q) },
		Reindex: func(ctx context.Context, progress func(any)) (any, error) {
			ctx, cancel := s.untilClosing(ctx)
			defer cancel()
			return a.reindex(ctx, func(e ingest.Event) { progress(e) })
		},
		Backup: func(ctx context.Context, dir string) (any, error) {
			ctx, cancel := s.untilClosing(ctx)
			defer cancel()
			return a.backup(ctx, dir)
		},
		MaxUpload: a.cfg.Ingest.MaxFileBytes,
		Operator:  operator{s},
		Room:      room{s},
		Settings:  a.settings(cfg, w),
	}
	a.share(&o, intake)
	return web.New(o)
}

// answers are of the types that the parts of the API answer with.
func answers() map[string]any {
	return map[string]any{
		"PUT /api/uploads/:source/*name": ingest.Summary{},
		"GET /api/ingest/status":         status{},
		"GET /api/ingest/failures": struct {
			Failures []failure `json:"failures"`
		}{},
		"GET /api/ingest/history": history{},
		"POST /api/ingest/remove": removal{},
		"POST /api/guidelines":    store.Guidelines{},
		"POST /api/backup":        backupReport{},
	}
}

// operator does for the API what the sub-commands of ingest do.
type operator struct{ *server }

// Status implements [web.Operator].
func (o operator) Status(ctx context.Context, workspace string) (any, error) {
	w, err := o.app.cfg.Workspace(workspace)
	if err != nil {
		return nil, err
	}
	st, err := statusOf(ctx, o.app.cfg, w, o.app.store)
	st.Vectors = o.app.meaning.status(workspace)
	return st, err
}

// Failures implements [web.Operator].
func (o operator) Failures(ctx context.Context, workspace, source string) (any, error) {
	w, err := o.app.cfg.Workspace(workspace)
	if err != nil {
		return nil, err
	}
	list, err := failuresOf(ctx, o.app.cfg, w, o.app.store, source)
	return map[string]any{"failures": list}, err
}

// History implements [web.Operator].
func (o operator) History(ctx context.Context, workspace, document string, version int) (any, error) {
	w, err := o.app.cfg.Workspace(workspace)
	if err != nil {
		return nil, err
	}
	return historyOf(ctx, w, o.app.store, document, version)
}

// Pause implements [web.Operator].
func (o operator) Pause(ctx context.Context, workspace, source string, paused bool) error {
	w, err := o.app.cfg.Workspace(workspace)
	if err != nil {
		return err
	}
	if err := o.app.pause(ctx, w, source, paused); err != nil {
		return err
	}
	o.plan.poke()
	return nil
}

// Remove implements [web.Operator].
func (o operator) Remove(ctx context.Context, workspace, name string, dry bool) (any, error) {
	w, err := o.app.cfg.Workspace(workspace)
	if err != nil {
		return nil, err
	}
	return o.app.remove(ctx, w, name, dry)
}

// announcement tells other commands on this machine how to reach a running
// server. The file is readable by its owner only.
type announcement struct {
	PID   int    `json:"pid"`
	URL   string `json:"url"`
	Token string `json:"token"`
}

func announced(data string) string { return filepath.Join(data, "server.json") }

func announce(data, url string, token config.Secret) error {
	b, err := json.Marshal(announcement{PID: os.Getpid(), URL: url, Token: token.Reveal()})
	if err != nil {
		return err
	}
	if err := os.WriteFile(announced(data), b, 0o600); err != nil {
		return fmt.Errorf("data: %w; make the folder writable or set another (data: or SUFFLOR_DATA)", err)
	}
	return nil
}
