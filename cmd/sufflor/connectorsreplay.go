package main

import (
	"bufio"
	"bytes"
	"cmp"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"regexp"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/sufflor/sufflor/config"
	"github.com/sufflor/sufflor/connectors"
	"github.com/sufflor/sufflor/connectors/slack"
	"github.com/sufflor/sufflor/connectors/standard"
	"github.com/sufflor/sufflor/connectors/zendesk"
	"github.com/sufflor/sufflor/store"
	"github.com/sufflor/sufflor/suggest"
)

const (
	maxRecording  = 16 << 20 // bytes of a file with a delivery
	replayTimeout = 30 * time.Second
)

// resigner is a connector that can sign a delivery as its desk would.
type resigner interface {
	// Resign returns the headers of d as the desk would send it at that time.
	Resign(d connectors.Delivery, at time.Time) (http.Header, error)
}

// resigners sign for the kinds whose packages have a function for it, and no
// connector that is a [resigner].
var resigners = map[string]func(s deskSettings, d connectors.Delivery, at time.Time) (http.Header, error){
	"slack": func(s deskSettings, d connectors.Delivery, at time.Time) (http.Header, error) {
		var cfg slack.Config
		if err := s.decode(&cfg); err != nil {
			return nil, err
		}
		return slack.Sign(cfg.SigningSecret, d.Body, at), nil
	},
	"standard": func(s deskSettings, d connectors.Delivery, at time.Time) (http.Header, error) {
		var cfg standard.Config
		if err := s.decode(&cfg); err != nil {
			return nil, err
		}
		// The id is what tells a redelivery from a new one: it stays.
		id, err := cmp.Or(d.Header.Get("Webhook-Id"), d.Header.Get("Svix-Id")), errors.New("no secret is configured")
		for _, secret := range cfg.Secrets {
			var h http.Header
			if h, err = standard.Sign(secret, id, d.Body, at); err == nil {
				return h, nil
			}
		}
		return nil, err // of the last one; a public key cannot sign
	},
	"zendesk": func(s deskSettings, d connectors.Delivery, at time.Time) (http.Header, error) {
		var cfg zendesk.Config
		if err := s.decode(&cfg); err != nil {
			return nil, err
		}
		return zendesk.Sign(cfg.SigningSecret, cfg.AccountID, d.Body, at), nil
	},
}

func (c *cli) connectorsReplay() *cobra.Command {
	var o replayOptions
	cmd := &cobra.Command{
		Use: "replay FILE --desk NAME", Short: "Take a recorded delivery as if the desk had sent it", Args: cobra.ExactArgs(1),
		Long: `Sends a recorded delivery through the door that the desk itself uses: into the running
server, or into the data folder when none runs, which works on it at its next start. The
delivery must verify like any other; signatures are good for some minutes only, so an
older one needs --resign. What was stored before is not stored again.

FILE is "-" for standard input, and holds one delivery as JSON

  {"method": "POST", "target": "/hooks/zendesk", "headers": {"Content-Type": "application/json"},
   "body": "…"}           or, for bytes that are no text: "body_base64"

or as the text of an HTTP request, as proxies and tunnels record it: request line,
headers, an empty line, body. What follows /hooks/<name> in its address is kept.`,
		Example: `  sufflor connectors replay delivery.json --desk zendesk --dry-run --resign
  sufflor connectors replay request.http --desk slack --resign`,
		RunE: func(cmd *cobra.Command, args []string) error {
			if o.desk == "" {
				return usage(errors.New("--desk: required; the name of the desk in the configuration"))
			}
			o.file = args[0]
			return c.replay(cmd.Context(), o)
		},
	}
	cmd.Flags().StringVar(&o.desk, "desk", "", "`name` of the desk that is to take it")
	cmd.Flags().StringVar(&o.path, "path", "", "`path` below the desk's hook, such as /events (default: that of the recording)")
	cmd.Flags().BoolVar(&o.resign, "resign", false, "sign it anew with the configured secret")
	cmd.Flags().BoolVar(&o.dry, "dry-run", false, "verify and read it, and store nothing")
	return cmd
}

type replayOptions struct {
	file, desk, path string
	resign, dry      bool
}

// replayed is what became of a delivery.
type replayed struct {
	Desk   string             `json:"desk"`
	Status int                `json:"status,omitempty"` // the answer; none in a dry run
	Stored *int               `json:"stored,omitempty"` // events that were new; a running server does not say
	Events []connectors.Event `json:"events"`
}

func (c *cli) replay(ctx context.Context, o replayOptions) error {
	cfg, desk, err := c.configuredDesk(o.desk)
	if err != nil {
		return err
	}
	d, err := c.recording(o)
	if err != nil {
		return err
	}
	now := time.Now()
	if o.resign {
		if err := resign(cfg, desk, &d, now); err != nil {
			return err
		}
	}
	ctx, cancel := context.WithTimeout(ctx, replayTimeout)
	defer cancel()
	out := replayed{Desk: desk.Name, Events: []connectors.Event{}}
	// What the desk's own door will find, found here first: it can say why not.
	if err := desk.Connector.Verify(ctx, d, now); err != nil {
		return replayHint(o, err)
	}
	receipt, err := desk.Connector.Read(d)
	if err != nil {
		return fmt.Errorf("%s: %w", o.file, err)
	}
	out.Events = append(out.Events, receipt.Events...)
	if !o.dry {
		if err := c.take(ctx, cfg, desk, d, &out); err != nil {
			return err
		}
	}
	if c.json {
		err = c.print(out)
	} else {
		err = c.showReplayed(out, o.dry)
	}
	if err == nil && out.Status >= http.StatusMultipleChoices {
		err = fmt.Errorf("the hook answered %d %s", out.Status, http.StatusText(out.Status))
	}
	return err
}

func replayHint(o replayOptions, err error) error {
	err = fmt.Errorf("%s: %w", o.file, err)
	if errors.Is(err, connectors.ErrUnverified) && !o.resign {
		return fmt.Errorf("%w; if it is authentic and only old, or of another server, sign it anew with --resign", err)
	}
	return err
}

// take sends d through the intake: of the server that has the data folder, or
// our own.
func (c *cli) take(ctx context.Context, cfg config.Config, desk connectors.Desk, d connectors.Delivery, out *replayed) error {
	s, err := store.Open(ctx, store.Options{Dir: cfg.Data, Postgres: cfg.Store.Reveal(), Log: c.quiet(cfg)})
	if errors.Is(err, store.ErrLocked) {
		r, remoteErr := running(cfg.Data)
		if remoteErr != nil {
			return errors.Join(err, remoteErr)
		}
		out.Status, err = r.deliver(ctx, d)
		return err
	}
	if err != nil {
		return err
	}
	what, err := policies(cfg)
	if err != nil {
		return errors.Join(err, s.Close())
	}
	worker := &suggest.Worker{Store: s, Policies: what, Now: time.Now, Log: c.quiet(cfg)}
	stored := 0
	intake := &connectors.Intake{
		Desks: map[string]connectors.Desk{desk.Name: desk}, Now: time.Now, Log: c.quiet(cfg), MaxBody: maxRecording,
		Accept: func(ctx context.Context, desk connectors.Desk, events []connectors.Event) error {
			n, err := worker.Accept(ctx, desk.Workspace, desk.Name, events)
			stored += n
			return err
		},
	}
	req, err := request(ctx, "", d)
	if err == nil {
		var w answer
		req.RequestURI = d.Target
		intake.ServeHTTP(&w, req)
		out.Status, out.Stored = w.status, &stored
	}
	return errors.Join(err, s.Close())
}

// answer keeps the status of an answer, which is all we want of it.
type answer struct {
	header http.Header
	status int
}

func (a *answer) Header() http.Header {
	if a.header == nil {
		a.header = http.Header{}
	}
	return a.header
}

func (a *answer) Write(b []byte) (int, error) { return len(b), nil }
func (a *answer) WriteHeader(status int)      { a.status = status }

func request(ctx context.Context, base string, d connectors.Delivery) (*http.Request, error) {
	req, err := http.NewRequestWithContext(ctx, d.Method, base+d.Target, bytes.NewReader(d.Body))
	if err != nil {
		return nil, fmt.Errorf("target %q: %w", d.Target, err)
	}
	req.Header = d.Header.Clone()
	return req, nil
}

// deliver hands d to the running server and returns the status of its answer.
func (r *remote) deliver(ctx context.Context, d connectors.Delivery) (int, error) {
	req, err := request(ctx, r.URL, d)
	if err != nil {
		return 0, err
	}
	resp, err := r.client.Do(req)
	if err != nil {
		return 0, fmt.Errorf("deliver to the running server (pid %d): %w", r.PID, err)
	}
	defer func() { _ = resp.Body.Close() }()
	return resp.StatusCode, nil
}

func (c *cli) showReplayed(r replayed, dry bool) error {
	for _, e := range r.Events {
		fmt.Fprintf(c.stdout, "%s  %s  conversation %s", e.Kind, cmp.Or(string(e.Role), "-"), printable(cmp.Or(e.Conversation, "-")))
		if e.Message != "" {
			fmt.Fprintf(c.stdout, "  message %s", printable(e.Message))
		}
		if text := strings.Join(strings.Fields(cmp.Or(e.Text, e.Detail)), " "); text != "" {
			fmt.Fprintf(c.stdout, "  %s", printable(beginning(text, 80)))
		}
		fmt.Fprintln(c.stdout)
	}
	if len(r.Events) == 0 {
		fmt.Fprintln(c.stdout, "nothing in it is of our business")
	}
	var err error
	switch {
	case dry:
		_, err = fmt.Fprintf(c.stdout, "%s; a dry run: nothing was stored\n", count(len(r.Events), "event"))
	case r.Stored == nil:
		_, err = fmt.Fprintf(c.stdout, "%s; the running server answered %d\n", count(len(r.Events), "event"), r.Status)
	case *r.Stored < len(r.Events):
		_, err = fmt.Fprintf(c.stdout, "%s, %d of them new; the others were stored before\n", count(len(r.Events), "event"), *r.Stored)
	default:
		_, err = fmt.Fprintf(c.stdout, "%s stored; sufflor serve works on them\n", count(len(r.Events), "event"))
	}
	return err
}

// resign gives d the headers that the desk would send now.
func resign(cfg config.Config, desk connectors.Desk, d *connectors.Delivery, now time.Time) error {
	h, err := signed(cfg, desk, *d, now)
	if err != nil {
		return fmt.Errorf("sign for desk %s: %w", desk.Name, err)
	}
	for name, values := range h {
		if name == "Content-Type" && d.Header.Get(name) != "" {
			continue // what it is does not change with who signs
		}
		d.Header[name] = values
	}
	return nil
}

func signed(cfg config.Config, desk connectors.Desk, d connectors.Delivery, now time.Time) (http.Header, error) {
	if r, ok := desk.Connector.(resigner); ok {
		return r.Resign(d, now)
	}
	sign, ok := resigners[desk.Kind]
	if !ok {
		return nil, fmt.Errorf("a desk of kind %s cannot be signed for; replay it within the time its signature is good for", desk.Kind)
	}
	for i, w := range cfg.Workspaces {
		for j, s := range w.Desks {
			if s.Name == desk.Name {
				return sign(deskSettings{desk: s, at: fmt.Sprintf("workspaces[%d].desks[%d].settings", i, j)}, d, now)
			}
		}
	}
	return nil, errors.New("not configured")
}

// recording reads the delivery and addresses it to the desk.
func (c *cli) recording(o replayOptions) (connectors.Delivery, error) {
	in, closing := c.stdin, func() error { return nil }
	if o.file != "-" {
		f, err := os.Open(o.file)
		if err != nil {
			return connectors.Delivery{}, usage(fmt.Errorf("%w; name the file with the recorded delivery", err))
		}
		in, closing = f, f.Close
	}
	data, err := io.ReadAll(io.LimitReader(in, maxRecording+1))
	if err := errors.Join(err, closing()); err != nil {
		return connectors.Delivery{}, fmt.Errorf("read %s: %w", o.file, err)
	}
	if len(data) > maxRecording {
		return connectors.Delivery{}, fmt.Errorf("%s: larger than %d MB, and no desk sends that much", o.file, maxRecording>>20)
	}
	d, err := parseRecording(data)
	if err != nil {
		return d, fmt.Errorf("%s: %w", o.file, err)
	}
	if err := address(&d, o.desk, o.path); err != nil {
		return d, fmt.Errorf("%s: %w", o.file, err)
	}
	return d, nil
}

// parseRecording reads a delivery in either of the two forms.
func parseRecording(data []byte) (connectors.Delivery, error) {
	data = bytes.TrimLeft(bytes.TrimPrefix(data, []byte("\ufeff")), " \t\r\n")
	switch {
	case len(data) == 0:
		return connectors.Delivery{}, errors.New("empty; it must hold one delivery, as JSON or as the text of an HTTP request")
	case data[0] == '{':
		return parseJSONRecording(data)
	}
	return parseHTTPRecording(data)
}

func parseJSONRecording(data []byte) (d connectors.Delivery, err error) {
	var r struct {
		Method  string            `json:"method"`
		Target  string            `json:"target"`
		Headers map[string]values `json:"headers"`
		Body    string            `json:"body"`
		Base64  string            `json:"body_base64"`
	}
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&r); err != nil {
		return d, fmt.Errorf("%w; the fields are method, target, headers, and body or body_base64", err)
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return d, errors.New("there is something after the object; a file holds one delivery")
	}
	d = connectors.Delivery{Method: cmp.Or(r.Method, http.MethodPost), Target: r.Target, Header: http.Header{}, Body: []byte(r.Body)}
	if r.Base64 != "" {
		if r.Body != "" {
			return d, errors.New("body and body_base64: only one of them")
		}
		if d.Body, err = base64.StdEncoding.DecodeString(r.Base64); err != nil {
			return d, fmt.Errorf("body_base64: %w", err)
		}
	}
	for name, list := range r.Headers {
		for _, v := range list {
			d.Header.Add(name, v)
		}
	}
	return d, nil
}

// values is one text or a list of them.
type values []string

// UnmarshalJSON implements [json.Unmarshaler].
func (v *values) UnmarshalJSON(data []byte) error {
	var one string
	if err := json.Unmarshal(data, &one); err == nil {
		*v = values{one}
		return nil
	}
	return json.Unmarshal(data, (*[]string)(v))
}

// newer is a request line of a protocol that has none on the wire; tools write
// it nevertheless.
var newer = regexp.MustCompile(`^([!-~]+ [!-~]+) HTTP/[23](\.0)?(\r?\n)`)

func parseHTTPRecording(data []byte) (d connectors.Delivery, err error) {
	r := bufio.NewReader(bytes.NewReader(newer.ReplaceAll(data, []byte("$1 HTTP/1.1$3"))))
	req, err := http.ReadRequest(r)
	if err != nil {
		return d, fmt.Errorf("neither JSON nor the text of an HTTP request: %w", err)
	}
	body, err := io.ReadAll(req.Body)
	if err != nil {
		return d, fmt.Errorf("body: %w; it has fewer bytes than its headers say", err)
	}
	if req.ContentLength == 0 && req.Header.Get("Content-Length") == "" && len(req.TransferEncoding) == 0 { // all that follows
		if body, err = io.ReadAll(r); err != nil {
			return d, fmt.Errorf("body: %w", err)
		}
	} else if rest, err := io.ReadAll(r); err != nil || len(bytes.TrimSpace(rest)) > 0 {
		return d, errors.New("body: it has more bytes than its headers say; a file holds one delivery")
	}
	return connectors.Delivery{Method: req.Method, Target: req.URL.RequestURI(), Header: req.Header, Body: body}, nil
}

// hookPath is where desks deliver to; a proxy may have put something before it.
const hookPath = "/hooks/"

// address turns d to the desk's own hook. below replaces the recorded path
// below the hook.
func address(d *connectors.Delivery, desk, below string) error {
	u, err := url.ParseRequestURI(cmp.Or(d.Target, "/"))
	if err != nil {
		return fmt.Errorf("target %q: %w", d.Target, err)
	}
	path := strings.TrimSuffix(u.Path, "/")
	if _, rest, ok := strings.Cut(path, hookPath); ok {
		_, path, ok = strings.Cut(rest, "/")
		if ok {
			path = "/" + path
		}
	}
	if below != "" {
		path = "/" + strings.Trim(below, "/")
		if path == "/" {
			path = ""
		}
	}
	d.Path = path
	d.Target = (&url.URL{Path: hookPath + desk + path, RawQuery: u.RawQuery}).RequestURI()
	return nil
}
