package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"github.com/sufflor/sufflor/config"
	"github.com/sufflor/sufflor/connectors"
	"github.com/sufflor/sufflor/store"
	"github.com/sufflor/sufflor/suggest"
	"github.com/sufflor/sufflor/web"
)

// liveSecret is a secret that another can replace while it is in use. Its zero
// value is none; it is safe for concurrent use.
type liveSecret struct{ now atomic.Pointer[config.Secret] }

// Reveal is the secret itself, "" when there is none.
func (l *liveSecret) Reveal() string {
	if s := l.now.Load(); s != nil {
		return s.Reveal()
	}
	return ""
}

func (l *liveSecret) set(s config.Secret) { l.now.Store(&s) }

// shift is what a running server exchanges when its configuration is read
// again: the desks with their policies, the pages, and who does the jobs.
type shift struct {
	cfg     config.Config
	desks   map[string]connectors.Desk
	worker  *suggest.Worker
	handler http.Handler
	token   config.Secret // of the panel
	signOn  *web.SignOn   // nil: none is configured
	closing chan struct{} // closed when its pages' live streams are to end
}

// newShift builds a shift; nothing of it runs yet.
func (a *app) newShift(s *server, cfg config.Config, read suggest.Reader) (*shift, error) {
	byName, err := desks(cfg)
	if err != nil {
		return nil, err
	}
	n := &shift{cfg: cfg, desks: byName, token: cfg.Panel.Token, closing: make(chan struct{})}
	if n.token.IsZero() {
		if n.token, err = secretFile(filepath.Join(cfg.Data, "panel.key")); err != nil {
			return nil, err
		}
	}
	if n.signOn, err = signOn(cfg); err != nil {
		return nil, err
	}
	if n.worker, err = a.worker(s, cfg, byName, read); err != nil {
		return nil, err
	}
	n.handler, err = a.handler(s, n)
	return n, err
}

// work does jobs and asks desks for what we missed, as s's shift says, until
// ctx is done; asking ends with polling, which is earlier. While shifts change,
// jobs that are running finish first and those that come wait in the store.
func (s *server) work(ctx, polling context.Context) error {
	for ctx.Err() == nil {
		now := s.shift.Load()
		on, stop := context.WithCancel(ctx)
		ask, stopAsking := context.WithCancel(polling)
		var wg sync.WaitGroup
		if now.cfg.Has(config.RoleIngest) {
			wg.Go(func() { poll(ask, now.cfg, now.worker, now.desks) })
		}
		wg.Go(func() {
			select {
			case <-s.relieved:
				stop()
			case <-on.Done():
			}
		})
		var err error
		if now.cfg.Has(config.RoleWorker) {
			err = s.app.store.Work(on, now.cfg.Suggest.Workers, s.app.traces.jobs(timed(now.worker.Handlers(), s.app.metrics)))
		} else {
			<-on.Done()
		}
		stop()
		stopAsking()
		wg.Wait()
		if err != nil {
			return err
		}
	}
	return nil
}

// reload takes what it can of next; a configuration that cannot work leaves
// everything as it is.
func (s *server) reload(ctx context.Context, next config.Config) error {
	old := s.shift.Load()
	if err := checkSources(next); err != nil {
		return err
	}
	cfg, kept, err := old.cfg.Reload(next)
	if err != nil {
		return err
	}
	n, err := s.app.newShift(s, cfg, old.worker.Read) //nolint:contextcheck // each request brings its own
	if err != nil {
		return err
	}
	s.app.modelKey.set(cfg.Model.Key)
	s.shift.Store(n)
	select {
	case s.relieved <- struct{}{}:
	default: // told already, and it takes the newest
	}
	close(old.closing) // panels come again, to the new pages
	if err := announce(cfg.Data, s.URL, n.token); err != nil {
		return err
	}
	log := s.app.log
	if len(kept) > 0 {
		log.WarnContext(ctx, "some of the configuration waits for a restart", "keys", strings.Join(kept, ", "))
	}
	log.InfoContext(ctx, "configuration read again", "desks", len(n.desks))
	return nil
}

// obey reads the configuration again at each signal, until ctx is done.
func (s *server) obey(ctx context.Context, signals <-chan os.Signal, load func() (config.Config, error)) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-signals:
		}
		next, err := load()
		if err == nil {
			err = s.reload(ctx, next)
		}
		if err != nil {
			s.app.log.ErrorContext(ctx, "the configuration is refused; the one before stays in use", "err", err)
		}
	}
}

func (c *cli) reloadCmd() *cobra.Command {
	return &cobra.Command{
		Use: "reload", Short: "Let the running server read its configuration again", Args: cobra.NoArgs,
		Long: `Checks the configuration and sends the server of the data folder SIGHUP. It takes desks,
panel, oidc and model.key at once; what else differs is named in its log and waits for
a restart. A configuration that is wrong changes nothing.

Variables of the environment stay as the server was started with; secrets that change
belong into files: SUFFLOR_NAME_FILE names the one for ${SUFFLOR_NAME}.`,
		RunE: func(cmd *cobra.Command, _ []string) error {
			cfg, err := c.load()
			if err != nil {
				return err
			}
			if _, err := desks(cfg); err != nil {
				return usage(err)
			}
			r, err := serving(cmd.Context(), cfg)
			if err != nil {
				return err
			}
			p, err := os.FindProcess(r.PID)
			if err == nil {
				err = p.Signal(syscall.SIGHUP)
			}
			if err != nil {
				return fmt.Errorf("tell process %d: %w; run this as the server's user", r.PID, err)
			}
			fmt.Fprintf(c.stdout, "process %d reads its configuration again; its log says what came of it\n", r.PID)
			return nil
		},
	}
}

// serving is the server that has the data folder open and answers. One that
// was killed leaves its announcement behind, and its process id to others.
func serving(ctx context.Context, cfg config.Config) (*remote, error) {
	s, err := store.Open(ctx, store.Options{Dir: cfg.Data, Postgres: cfg.Store.Reveal()})
	if err == nil {
		return nil, errors.Join(fmt.Errorf("no server runs on %s; start one with: sufflor serve", cfg.Data), s.Close())
	}
	if !errors.Is(err, store.ErrLocked) {
		return nil, err
	}
	r, err := running(cfg.Data)
	if err != nil {
		return nil, err
	}
	return r, r.alive(ctx)
}

// alive asks a server whether it answers.
func (r *remote) alive(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, r.URL+"/healthz", nil)
	if err != nil {
		return err
	}
	resp, err := r.client.Do(req)
	if err != nil {
		return fmt.Errorf("the server does not answer: %w", err)
	}
	defer func() { _ = resp.Body.Close() }()
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("%s/healthz: %s; its log says which part fails", r.URL, resp.Status)
	}
	return nil
}

func (c *cli) healthcheckCmd() *cobra.Command {
	return &cobra.Command{
		Use: "healthcheck", Short: "Exit with 0 when the server of the data folder answers and is well", Args: cobra.NoArgs,
		Long: "Asks /healthz of the server that announced itself in the data folder, for containers without a shell.",
		RunE: func(cmd *cobra.Command, _ []string) error {
			cfg, err := c.load()
			if err != nil {
				return err
			}
			r, err := running(cfg.Data)
			if err != nil {
				return err
			}
			return r.alive(cmd.Context())
		},
	}
}
