package main

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/sufflor/sufflor/config"
	"github.com/sufflor/sufflor/ingest"
	tools "github.com/sufflor/sufflor/ingest/tool"
	"github.com/sufflor/sufflor/store"
)

// How a check of the doctor ended.
const (
	checkOK   = "ok"
	checkWarn = "warn" // it works, with less
	checkFail = "fail"
)

// scarceDisk is the free space below which the doctor warns, in bytes, and
// scarceFiles the number of files that may be open.
const (
	scarceDisk  = 1 << 30
	scarceFiles = 1024
)

// finding is one line of the doctor.
type finding struct {
	Check  string `json:"check"`
	Result string `json:"result"` // ok, warn or fail
	Said   string `json:"said"`
	Next   string `json:"next,omitempty"`
}

// doctor collects findings.
type doctor struct{ found []finding }

func (d *doctor) ok(check, said string) { d.found = append(d.found, finding{check, checkOK, said, ""}) }

func (d *doctor) warn(check, said, next string) {
	d.found = append(d.found, finding{check, checkWarn, said, next})
}

func (d *doctor) fail(check, said, next string) {
	d.found = append(d.found, finding{check, checkFail, said, next})
}

// tell is ok with said, or the error.
func (d *doctor) tell(check, said string, err error, next string) {
	if err != nil {
		d.fail(check, err.Error(), next)
		return
	}
	d.ok(check, said)
}

func (c *cli) doctorCmd() *cobra.Command {
	return &cobra.Command{
		Use: "doctor", Short: "Check everything sufflor depends on, and say what to do", Args: cobra.NoArgs,
		Long: `Looks at the configuration, the data folder, the records, sources, desks, model,
embedder, single sign-on and the tools for scans, one line each: ok, warn or fail, with
the next step. It keeps nothing of what it tries and works beside a running server. Desks are asked
whether our credentials do, the model for a few words. The exit code is 1 when
something fails.`,
		RunE: func(cmd *cobra.Command, _ []string) error {
			var d doctor
			cfg, err := c.load()
			if err == nil {
				err = errors.Join(checkSources(cfg), func() error { _, err := desks(cfg); return err }())
			}
			d.tell("configuration", fmt.Sprintf("%s, %s", cfgName(c.configPath), count(len(cfg.Workspaces), "workspace")), err, "mend what is named; sufflor config print shows every key")
			if err == nil {
				c.examine(cmd.Context(), cfg, &d)
			}
			return c.showFindings(d.found)
		},
	}
}

func cfgName(path string) string {
	if path == "" {
		return "the configuration"
	}
	return filepath.Base(path)
}

// examine looks at everything that a valid configuration names.
func (c *cli) examine(ctx context.Context, cfg config.Config, d *doctor) {
	d.machine(cfg)
	d.records(ctx, cfg, c)
	d.scans(cfg)
	for _, w := range cfg.Workspaces {
		for _, s := range w.NamedSources() {
			for _, path := range s.Paths {
				_, err := os.ReadDir(path)
				if errors.Is(err, syscall.ENOTDIR) {
					err = nil
				}
				d.tell("source "+s.Name, path, err, "mount or create it, or let sufflor's user read it")
			}
		}
	}
	byName, _ := desks(cfg) // looked at with the configuration
	for _, name := range slices.Sorted(maps.Keys(byName)) {
		t := testDesk(ctx, byName[name])
		if !t.Tested {
			d.ok("desk "+name, "cannot be asked; its first message shows")
		}
		for _, f := range t.Findings {
			if f.OK {
				d.ok("desk "+name, f.What)
			} else {
				d.fail("desk "+name, f.What, f.Hint)
			}
		}
	}
	d.services(ctx, cfg)
}

// machine looks at folder, disk, limits and what the outside sees.
func (d *doctor) machine(cfg config.Config) {
	probe, err := os.CreateTemp(cfg.Data, ".doctor-*")
	if err == nil {
		err = errors.Join(probe.Close(), os.Remove(probe.Name()))
	}
	if errors.Is(err, os.ErrNotExist) {
		d.warn("data folder", cfg.Data+" does not exist", "sufflor serve or ingest makes it")
	} else {
		d.tell("data folder", cfg.Data+" can be written to", err, "let sufflor's user write to it, or set another (data: or SUFFLOR_DATA)")
	}
	if free, _, err := disk(cfg.Data); err == nil && free < scarceDisk {
		d.warn("disk", fmt.Sprintf("%.1f GB free", float64(free)/1e9), "make room: a full disk stops everything")
	} else if err == nil {
		d.ok("disk", fmt.Sprintf("%.1f GB free", float64(free)/1e9))
	}
	if n, err := openFiles(); err == nil && n < scarceFiles {
		d.warn("open files", fmt.Sprintf("at most %d", n), "raise it: LimitNOFILE=65536 in the systemd unit, or ulimit -n")
	} else if err == nil {
		d.ok("open files", fmt.Sprintf("at most %d", n))
	}
	_, err = time.LoadLocation("Europe/Oslo")
	d.tell("time zones", "known", err, "install tzdata: opening hours need it")
	switch {
	case cfg.PublicURL == "":
		d.warn("public_url", "not set", "set it, with https: links in notes lead to "+cfg.Listen+" else")
	case !strings.HasPrefix(cfg.PublicURL, "https://"):
		d.warn("public_url", cfg.PublicURL+" is not encrypted", "put a proxy with TLS in front, and https:// here")
	default:
		d.ok("public_url", cfg.PublicURL)
	}
}

// records looks into the store, to read only.
func (d *doctor) records(ctx context.Context, cfg config.Config, c *cli) {
	s, err := store.Open(ctx, store.Options{Dir: cfg.Data, Postgres: cfg.Store.Reveal(), Log: c.quiet(cfg), ReadOnly: true})
	if errors.Is(err, os.ErrNotExist) {
		d.warn("records", "none yet", "sufflor serve or ingest begins them")
		return
	}
	if err == nil {
		err = errors.Join(s.Verify(ctx), s.Close())
	}
	next := "keep a copy of the folder, then: sufflor restore, from the last backup"
	if !cfg.Store.IsZero() {
		next = "mend the database or its address (store), or bring its last dump back"
	}
	d.tell("records", "whole, and of this version", err, next)
	if r, err := running(cfg.Data); err == nil {
		d.tell("server", r.URL+" is well", r.alive(ctx), "look into its log, or start it: sufflor serve")
	}
}

// scans looks for the tools that recognise text in pictures.
func (d *doctor) scans(cfg config.Config) {
	if cfg.Ingest.OCR == "off" {
		return
	}
	for _, name := range []string{"tesseract", "pdftoppm"} {
		path, err := tools.Kit{}.Find(name)
		if err != nil {
			d.warn("scans", err.Error(), ingest.Hint(ingest.ErrNeedsOCR))
			continue
		}
		d.ok("scans", path)
	}
}

// services asks what is asked over the network.
func (d *doctor) services(ctx context.Context, cfg config.Config) {
	if cfg.Model.Provider != config.ModelNone {
		t, err := tryModel(ctx, cfg.Model)
		if err == nil && !t.OK {
			err = errors.New(t.Next)
		}
		d.tell("model", t.Model, err, "sufflor model test tells more")
	}
	if cfg.Embedder.Provider != config.EmbedNone {
		e, closer, err := newEmbedder(cfg.Embedder)
		if err == nil {
			_, err = e.Query(ctx, "pumpe")
			err = errors.Join(err, closer.Close())
		}
		d.tell("embedder", cfg.Embedder.Provider, err, "see embedder in the configuration; search goes by words meanwhile")
	}
	on, err := signOn(cfg)
	if on != nil {
		err = on.Provider.Check(ctx)
	}
	if cfg.OIDC.On() {
		d.tell("single sign-on", cfg.OIDC.Issuer, err, "see oidc in the configuration; passwords let in meanwhile")
	}
}

// showFindings prints them; a failure decides the exit code.
func (c *cli) showFindings(list []finding) error {
	failed := 0
	for i := range list {
		list[i].Said = strings.Join(strings.Fields(list[i].Said), " ")
		if list[i].Result == checkFail {
			failed++
		}
	}
	if c.json {
		if err := c.print(map[string]any{"findings": list, "failed": failed}); err != nil {
			return err
		}
	} else {
		w := tabwriter.NewWriter(c.stdout, 0, 0, 2, ' ', 0)
		for _, f := range list {
			line := f.Result + "\t" + f.Check + "\t" + printable(f.Said)
			if f.Next != "" && f.Result != checkOK {
				line += "; " + printable(f.Next)
			}
			fmt.Fprintln(w, line)
		}
		if err := w.Flush(); err != nil {
			return err
		}
	}
	if failed > 0 {
		return codedError{fmt.Errorf("%s failed", count(failed, "check")), exitFailed}
	}
	return nil
}
