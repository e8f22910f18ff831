package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/sufflor/sufflor/cmd/sufflor/quick"
	"github.com/sufflor/sufflor/config"
	"github.com/sufflor/sufflor/index/embed/local"
	"github.com/sufflor/sufflor/ingest"
	"github.com/sufflor/sufflor/ingest/formats"
	"github.com/sufflor/sufflor/web"
)

// Exit codes. They are part of the interface: scripts depend on them.
const (
	exitOK      = 0
	exitFailed  = 1 // the command could not do its work
	exitUsage   = 2 // the command line or the configuration is wrong
	exitPartial = 3 // done, but some files could not be read
)

// codedError carries an exit code.
type codedError struct {
	error
	code int
}

func (e codedError) Unwrap() error { return e.error }

// cli is what all sub-commands share.
type cli struct {
	stdin          io.Reader
	stdout, stderr io.Writer
	configPath     string
	workspace      string
	json           bool
	now            func() time.Time              // nil: time.Now
	reread         func() (config.Config, error) // reads a running server's configuration again; nil: it keeps what it has
	shared         bool                          // several processes may have the store open
}

func (c *cli) clock() func() time.Time {
	if c.now == nil {
		return time.Now
	}
	return c.now
}

// run is main without the process: it serves tests as well.
func run(ctx context.Context, args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	if len(args) > 0 && args[0] == readWorker {
		o, files, err := workerOptions(args[1:])
		if err != nil {
			fmt.Fprintln(stderr, "read-worker:", err)
			return exitUsage
		}
		return ingest.WorkerMain(ctx, formats.All(o), files, stdin, stdout, stderr)
	}
	if len(args) == 2 && args[0] == embedWorker {
		if err := local.Serve(args[1], stdin, stdout); err != nil {
			fmt.Fprintln(stderr, "embed-worker:", err)
			return exitUsage
		}
		return 0
	}
	c := &cli{stdin: stdin, stdout: stdout, stderr: stderr}
	root := c.root() //nolint:contextcheck // cobra hands the context to the commands
	root.SetArgs(args)
	root.SetIn(stdin)
	root.SetOut(stdout)
	root.SetErr(stderr)
	err := root.ExecuteContext(ctx)
	if err == nil {
		return exitOK
	}
	if coded, ok := errors.AsType[codedError](err); ok {
		if coded.error != nil {
			fmt.Fprintln(stderr, "sufflor:", err)
		}
		return coded.code
	}
	fmt.Fprintln(stderr, "sufflor:", err)
	return exitFailed
}

// workerOptions are what a worker was started with, see [app.syncer]: a JSON
// object before the files.
func workerOptions(args []string) (o formats.Options, files []string, err error) {
	if len(args) == 0 || !strings.HasPrefix(args[0], "{") {
		return o, args, nil
	}
	if err := json.Unmarshal([]byte(args[0]), &o); err != nil {
		return o, nil, fmt.Errorf("options: %w", err)
	}
	return o, args[1:], nil
}

func (c *cli) root() *cobra.Command {
	root := &cobra.Command{
		Use:   "sufflor",
		Short: "Whispers cited draft replies to support agents",
		Long: `sufflor reads your documents, listens to your help desk and shows your agents,
never your customers, a draft reply with its sources.

Start with:  sufflor demo            see it at work on made-up documents
             sufflor config print    a commented configuration
             sufflor ingest PATH…    read documents
             sufflor serve           listen to the help desk and show the panel`,
		SilenceErrors: true,
		SilenceUsage:  true,

		PersistentPreRun: func(*cobra.Command, []string) { quick.Started() },
	}
	root.PersistentFlags().StringVarP(&c.configPath, "config", "c", "", "configuration file (default: sufflor.yaml, when there is one)")
	root.PersistentFlags().StringVarP(&c.workspace, "workspace", "w", "", "workspace id (default: the only one)")
	root.PersistentFlags().BoolVar(&c.json, "json", false, "print data as JSON")
	root.SetFlagErrorFunc(func(_ *cobra.Command, err error) error { return usage(err) })
	root.AddCommand(c.serveCmd(), c.ingestCmd(), c.sourcesCmd(), c.askCmd(), c.searchCmd(), c.passageCmd(), c.extractCmd(), c.configCmd(), c.reindexCmd(), c.backupCmd(), c.restoreCmd(), c.jobsCmd(),
		c.checkCmd(), c.evalCmd(), c.modelCmd(), c.guidelinesCmd(), c.reviewCmd(), c.connectorsCmd(), c.demoCmd(), c.reportCmd(), c.maskCmd(),
		c.forgetCmd(), c.exportCmd(), c.retentionCmd(), c.peopleCmd(), c.keysCmd(), c.auditCmd(), c.reloadCmd(), c.doctorCmd(), c.healthcheckCmd(), c.versionCmd())
	return root
}

func usage(err error) error { return codedError{err, exitUsage} }

// load reads the configuration that the flags name.
func (c *cli) load() (config.Config, error) {
	path := c.configPath
	if path == "" {
		if _, err := os.Stat("sufflor.yaml"); err == nil {
			path = "sufflor.yaml"
		}
	}
	cfg, err := config.Load(path, environment)
	if err != nil {
		return cfg, usage(err)
	}
	return cfg, nil
}

// environment is a variable's value, or what is in the file that NAME_FILE
// names: secrets are mounted so into containers, and a file can change while
// we run.
func environment(name string) (string, bool) {
	if v, ok := os.LookupEnv(name); ok {
		return v, true
	}
	path, ok := os.LookupEnv(name + "_FILE")
	if !ok {
		return "", false
	}
	data, err := os.ReadFile(path)
	return strings.TrimSpace(string(data)), err == nil
}

// logger writes to standard error as the configuration says.
func (c *cli) logger(l config.Log) *slog.Logger {
	var level slog.Level
	_ = level.UnmarshalText([]byte(l.Level)) // validated
	opts := &slog.HandlerOptions{Level: level}
	if l.Format == "json" {
		return slog.New(requests{slog.NewJSONHandler(c.stderr, opts)})
	}
	return slog.New(requests{slog.NewTextHandler(c.stderr, opts)})
}

// requests adds the number of the request that a line is about.
type requests struct{ slog.Handler }

// Handle implements [slog.Handler].
func (h requests) Handle(ctx context.Context, r slog.Record) error {
	if id := web.RequestID(ctx); id != "" {
		r.AddAttrs(slog.String("request", id))
	}
	return h.Handler.Handle(ctx, r)
}

// WithAttrs implements [slog.Handler].
func (h requests) WithAttrs(attrs []slog.Attr) slog.Handler {
	return requests{h.Handler.WithAttrs(attrs)}
}

// WithGroup implements [slog.Handler].
func (h requests) WithGroup(name string) slog.Handler { return requests{h.Handler.WithGroup(name)} }

// print writes v as indented JSON.
func (c *cli) print(v any) error {
	enc := json.NewEncoder(c.stdout)
	enc.SetIndent("", "  ")
	enc.SetEscapeHTML(false)
	return enc.Encode(v)
}
