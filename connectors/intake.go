package connectors

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"mime"
	"net/http"
	"os"
	"runtime/debug"
	"slices"
	"strings"
	"time"
)

const (
	hookPrefix = "/hooks/"

	// maxBody holds the largest batch of WhatsApp's (3 MB), far above what other
	// desks send; an attachment comes as a link.
	maxBody = 4 << 20

	// readTimeout is for the body alone; headers are the server's affair.
	readTimeout = 10 * time.Second

	// acceptTimeout leaves Slack, the most impatient desk, its 3 s.
	acceptTimeout = 2 * time.Second

	// reactTimeout and acceptTimeout together stay below 3 s as well.
	reactTimeout = 700 * time.Millisecond
)

// Faults that only the intake itself finds.
var (
	errNoHook    = errors.New("no such hook")
	errMethod    = errors.New("method not allowed")
	errMediaType = errors.New("unsupported content type")
	errSlow      = errors.New("body came too slowly")
	errCut       = errors.New("body is shorter than announced")
	errPanic     = errors.New("panic")
)

// Desk is one configured help desk.
type Desk struct {
	Name      string // in the hook's address; unique
	Workspace string // whose conversations these are
	Kind      string // zendesk, slack, standard …
	Connector Connector
}

// Memory remembers what was stored for a while. It may forget at any time, and
// must know nothing that it was not told.
type Memory interface {
	Seen(ctx context.Context, key string) bool
	// Remember does not wait.
	Remember(key string)
}

// Intake takes the deliveries of all desks, at /hooks/{desk} and below. What
// cannot be verified is never stored, and what was stored is answered only
// after Accept has returned. Safe for concurrent use once its fields are set.
type Intake struct {
	Desks map[string]Desk // by name

	// Accept stores events and the work they cause in one transaction. It
	// must ignore an event whose key this desk has sent before, so that a
	// duplicate is answered like the first. Events may come in any order: an
	// edit or deletion before the message it is about.
	Accept func(ctx context.Context, desk Desk, events []Event) error

	// Memory knows deliveries that were stored, so that a repeated one need not
	// be stored again to find that out; nil: there is none.
	Memory Memory

	// Latest is the present suggestion of a conversation, nil when there is
	// none; for a [Viewer]. Nil: there never is.
	Latest func(ctx context.Context, desk Desk, s Show) (*Note, error)

	// Observe is told of each delivery that was answered: the desk's name, ""
	// for none of ours, the status and the time. Nil: nobody is.
	Observe func(desk string, status int, took time.Duration)

	Now func() time.Time // nil is time.Now
	Log *slog.Logger     // nil logs nothing

	MaxBody       int64         // in bytes; 0 is 4 MiB
	ReadTimeout   time.Duration // for the body; 0 is 10 s
	AcceptTimeout time.Duration // for Accept; 0 is 2 s
}

// ServeHTTP implements [http.Handler].
func (in *Intake) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	start := in.now()
	var v visit
	reply, err := in.take(w, r, &v)
	if err != nil {
		reply = Reply{Status: v.status(err)}
	}
	if reply.Status == 0 {
		reply.Status = http.StatusOK
	}
	took := in.now().Sub(start)
	in.log(r, v, reply.Status, took, err)
	if in.Observe != nil {
		in.Observe(v.desk.Name, reply.Status, took)
	}

	if reply.Status == http.StatusMethodNotAllowed {
		w.Header().Set("Allow", http.MethodPost)
	}
	if reply.Type != "" {
		w.Header().Set("Content-Type", reply.Type)
	}
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	w.WriteHeader(reply.Status)
	if _, err := w.Write(reply.Body); err != nil {
		in.logger().DebugContext(r.Context(), "answer not delivered", "desk", v.desk.Name, "err", err)
	}
}

// visit is what is known of a delivery when it is logged.
type visit struct {
	desk   Desk
	asked  bool // whether the fault arose beyond the desk's own door
	path   string
	bytes  int
	events int
}

// status asks the desk what it wants to hear only for faults behind its door:
// whether a body is too large is not for the desk to say.
func (v visit) status(err error) int {
	if a, ok := v.desk.Connector.(Answerer); ok && v.asked {
		if s := a.Answer(err); s != 0 {
			return s
		}
	}
	return statusOf(err)
}

// statusOf is the one place where an error becomes an answer to a help desk.
// Many help desks never retry a 4xx, so our own faults must be 5xx.
func statusOf(err error) int {
	var large *http.MaxBytesError
	switch {
	case errors.Is(err, ErrUnverified):
		return http.StatusUnauthorized
	case errors.Is(err, ErrForeign):
		return http.StatusForbidden
	case errors.Is(err, ErrMalformed), errors.Is(err, errCut):
		return http.StatusBadRequest
	case errors.Is(err, errNoHook):
		return http.StatusNotFound
	case errors.Is(err, errMethod):
		return http.StatusMethodNotAllowed
	case errors.Is(err, errSlow):
		return http.StatusRequestTimeout
	case errors.As(err, &large):
		return http.StatusRequestEntityTooLarge
	case errors.Is(err, errMediaType):
		return http.StatusUnsupportedMediaType
	case errors.Is(err, errPanic):
		return http.StatusInternalServerError
	default:
		return http.StatusServiceUnavailable
	}
}

func (in *Intake) take(w http.ResponseWriter, r *http.Request, v *visit) (Reply, error) {
	timeout := in.ReadTimeout
	if timeout <= 0 {
		timeout = readTimeout
	}
	if err := deadline(w, time.Now().Add(timeout)); err != nil {
		return Reply{}, err
	}
	rest, _ := strings.CutPrefix(r.URL.Path, hookPrefix)
	name, sub, below := strings.Cut(rest, "/")
	desk, ok := in.Desks[name]
	if !ok || len(rest) == len(r.URL.Path) {
		return Reply{}, errNoHook
	}
	v.desk = desk
	if below && sub != "" {
		v.path = "/" + sub
	}
	if err := expected(r, desk.Connector, v.path); err != nil {
		return Reply{}, err
	}
	body, err := in.read(w, r)
	if err != nil {
		return Reply{}, err
	}
	v.bytes, v.asked = len(body), true

	d := Delivery{Method: r.Method, Path: v.path, Target: r.RequestURI, Header: r.Header, Body: body}
	receipt, err := in.open(r.Context(), desk, d)
	if err != nil {
		return Reply{}, err
	}
	v.events = len(receipt.Events)
	if err := in.accept(r.Context(), desk, receipt.Events); err != nil {
		return Reply{}, err
	}
	in.react(r.Context(), desk, d)
	switch {
	case receipt.Show != nil:
		return in.view(r.Context(), desk, *receipt.Show)
	case receipt.Reply != nil:
		return *receipt.Reply, nil
	}
	return Reply{Status: http.StatusOK}, nil
}

// expected reports whether a desk sends such requests to path.
func expected(r *http.Request, c Connector, path string) error {
	if g, ok := c.(Greeter); ok && r.Method != http.MethodPost && g.Greets(r.Method, path) {
		return nil
	}
	types := takes(c, path)
	if len(types) == 0 {
		return errNoHook
	}
	if r.Method != http.MethodPost {
		return errMethod
	}
	media, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil || !slices.Contains(types, media) {
		return errMediaType
	}
	return nil
}

// view is the answer that shows a conversation's suggestion.
func (in *Intake) view(ctx context.Context, desk Desk, s Show) (rep Reply, err error) {
	v, ok := desk.Connector.(Viewer)
	if !ok {
		return Reply{}, fmt.Errorf("desk %q asks for a view and has none", desk.Name)
	}
	defer func() {
		if p := recover(); p != nil {
			in.logger().ErrorContext(ctx, "connector panicked", "desk", desk.Name, "stack", string(debug.Stack()))
			rep, err = Reply{}, fmt.Errorf("view for desk %q: %w", desk.Name, errPanic)
		}
	}()
	ctx, cancel := context.WithTimeout(ctx, reactTimeout)
	defer cancel()
	var n *Note
	if in.Latest != nil {
		if n, err = in.Latest(ctx, desk, s); err != nil {
			return Reply{}, fmt.Errorf("look for the suggestion of conversation %q: %w", s.Conversation, err)
		}
	}
	return v.View(s, n)
}

func takes(c Connector, path string) []string {
	if t, ok := c.(Taker); ok {
		return t.Takes(path)
	}
	if path != "" {
		return nil
	}
	return []string{"application/json"}
}

// read reads the body. Its deadline is lifted once all of it is here, or it
// would end the request while we store; on any other way out it stays, because
// the server still waits for the rest of a body that nobody will read.
func (in *Intake) read(w http.ResponseWriter, r *http.Request) ([]byte, error) {
	limit := in.MaxBody
	if limit <= 0 {
		limit = maxBody
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, limit))
	var large *http.MaxBytesError
	switch {
	case err == nil:
		return body, deadline(w, time.Time{})
	case errors.As(err, &large):
		return nil, fmt.Errorf("body of more than %d bytes: %w", limit, err)
	case errors.Is(err, os.ErrDeadlineExceeded):
		return nil, errSlow
	default:
		return nil, errCut
	}
}

// deadline sets until when a body may be read. A recorder in a test has no
// deadline; every real connection has.
func deadline(w http.ResponseWriter, at time.Time) error {
	err := http.NewResponseController(w).SetReadDeadline(at)
	if err == nil || errors.Is(err, http.ErrNotSupported) {
		return nil
	}
	return fmt.Errorf("set read deadline: %w", err)
}

// open verifies and reads d. Whatever a sender manages to break in a connector
// costs that sender an answer, not the process.
func (in *Intake) open(ctx context.Context, desk Desk, d Delivery) (rec Receipt, err error) {
	defer func() {
		if p := recover(); p != nil {
			// The panic value may quote the body, so only its place is logged.
			in.logger().ErrorContext(ctx, "connector panicked", "desk", desk.Name, "stack", string(debug.Stack()))
			rec, err = Receipt{}, fmt.Errorf("read delivery of desk %q: %w", desk.Name, errPanic)
		}
	}()
	verifying, done := span(ctx, "verify")
	err = desk.Connector.Verify(verifying, d, in.now())
	done(err)
	if err != nil {
		return Receipt{}, err
	}
	rec, err = desk.Connector.Read(d)
	if err != nil {
		return Receipt{}, err
	}
	for i := range rec.Events {
		e := &rec.Events[i]
		if e.Key == "" || e.Kind == "" {
			return Receipt{}, fmt.Errorf("event %d of desk %q has no key or kind", i, desk.Name)
		}
		e.clean()
	}
	return rec, nil
}

// clean removes what databases refuse in a text: NUL and broken UTF-8.
func (e *Event) clean() {
	for _, s := range []*string{
		&e.Key, &e.Tenant, &e.Conversation, &e.Message, &e.Author, &e.AuthorName, &e.Customer,
		&e.Subject, &e.Text, &e.Language, &e.Channel, &e.Detail, &e.Group, &e.Brand, &e.Assignee,
	} {
		*s = strings.ReplaceAll(strings.ToValidUTF8(*s, "\uFFFD"), "\x00", "")
	}
}

func (in *Intake) accept(ctx context.Context, desk Desk, events []Event) error {
	if len(events) == 0 {
		return nil
	}
	timeout := in.AcceptTimeout
	if timeout <= 0 {
		timeout = acceptTimeout
	}
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	key := ""
	if in.Memory != nil {
		// The whole of what was said: a key used again for something else is
		// for the store to judge.
		said, err := json.Marshal(events)
		if err != nil {
			return fmt.Errorf("name %d events: %w", len(events), err)
		}
		key = desk.Workspace + "\x00" + desk.Name + "\x00" + string(said)
		if in.Memory.Seen(ctx, key) {
			return nil
		}
	}
	ctx, done := span(ctx, "commit")
	err := in.Accept(ctx, desk, events)
	done(err)
	if err != nil {
		return fmt.Errorf("store %d events: %w", len(events), err)
	}
	if in.Memory != nil {
		in.Memory.Remember(key)
	}
	return nil
}

func (in *Intake) react(ctx context.Context, desk Desk, d Delivery) {
	re, ok := desk.Connector.(Reactor)
	if !ok {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, reactTimeout)
	defer cancel()
	defer func() {
		if p := recover(); p != nil {
			in.logger().ErrorContext(ctx, "connector panicked", "desk", desk.Name, "stack", string(debug.Stack()))
		}
	}()
	if err := re.React(ctx, d); err != nil {
		in.logger().WarnContext(ctx, "reaction lost", "desk", desk.Name, "path", shown(desk.Connector, d.Path), "err", err)
	}
}

// shown is path as it may stand in a log.
func shown(c Connector, path string) string {
	if d, ok := c.(Discreet); ok {
		return d.Shown(path)
	}
	return path
}

func (in *Intake) log(r *http.Request, v visit, status int, took time.Duration, err error) {
	attrs := []slog.Attr{
		slog.String("desk", v.desk.Name), slog.String("workspace", v.desk.Workspace), slog.String("kind", v.desk.Kind),
		slog.String("path", shown(v.desk.Connector, v.path)), slog.Int("status", status), slog.Int("events", v.events),
		slog.Int("bytes", v.bytes), slog.Duration("took", took),
	}
	level := slog.LevelInfo
	if err != nil {
		level = slog.LevelWarn
		attrs = append(attrs, slog.Any("err", err))
	}
	in.logger().LogAttrs(r.Context(), level, "delivery", attrs...)
}

func (in *Intake) now() time.Time {
	if in.Now == nil {
		return time.Now()
	}
	return in.Now()
}

func (in *Intake) logger() *slog.Logger {
	if in.Log == nil {
		return slog.New(slog.DiscardHandler)
	}
	return in.Log
}
