package web

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/url"
	"runtime/debug"
	"strings"
	"time"

	"github.com/gin-gonic/gin"
	"github.com/oklog/ulid/v2"

	"github.com/sufflor/sufflor/access"
	"github.com/sufflor/sufflor/store"
)

// handler answers a request. What it calls gets c.Request.Context(), never c
// itself: gin uses c for the next request while the database driver may still
// be watching the context of the last.
type handler func(c *gin.Context) error

// guard decides whether a request may go on.
type guard func(c *gin.Context) error

func anyone(*gin.Context) error { return nil }

// fault is an error with what its reader may know.
type fault struct {
	status int
	text   string // what is wrong, with the field or id
	next   string // what to do about it
	err    error  // for the log, may be nil
}

func (f *fault) Error() string {
	if f.err != nil {
		return f.text + ": " + f.err.Error()
	}
	return f.text
}

func (f *fault) Unwrap() error { return f.err }

func badRequest(field, text, next string) error {
	return &fault{status: http.StatusBadRequest, text: field + ": " + text, next: next}
}

// publicError is the one place where an error becomes an answer. What we did
// not foresee is told to the log, and its reader gets the number to find it.
func publicError(err error, request string) *fault {
	var f *fault
	var large *http.MaxBytesError
	var refusal *access.RefusalError
	switch {
	case errors.As(err, &f):
		return f
	case errors.As(err, &refusal):
		return &fault{status: http.StatusUnprocessableEntity, text: err.Error(), next: "change that and send it again"}
	case errors.Is(err, store.ErrNotFound):
		return &fault{status: http.StatusNotFound, text: "not found in this workspace", next: "check the id and the workspace parameter", err: err}
	case errors.Is(err, store.ErrInvalid):
		return &fault{status: http.StatusBadRequest, text: "the record is not complete", next: "see GET /api/suggestions for the fields", err: err}
	case errors.As(err, &large):
		return &fault{status: http.StatusRequestEntityTooLarge, text: fmt.Sprintf("the request is larger than %d bytes", large.Limit), next: "send less text", err: err}
	case errors.Is(err, context.DeadlineExceeded):
		return &fault{status: http.StatusServiceUnavailable, text: "this took too long", next: "try again in a moment", err: err}
	default:
		return &fault{status: http.StatusInternalServerError, text: "something went wrong on our side", next: "look for request " + request + " in the log of sufflor", err: err}
	}
}

// do runs h for those that g lets in. Everything every answer needs is here:
// limits, headers, and what becomes of errors and panics.
func (s *server) do(h handler, g guard) gin.HandlerFunc {
	return func(c *gin.Context) {
		start := s.o.Now()
		s.headers(c.Writer.Header())
		stop := s.limit(c)
		defer stop()
		err := s.guarded(c, h, g)
		request := ""
		if err != nil {
			request = ulid.Make().String()
			s.fail(c, err, request)
		}
		// The query is left out: it may hold the token.
		s.o.Log.DebugContext(c.Request.Context(), "request", "method", c.Request.Method, "route", c.FullPath(), "status", c.Writer.Status(),
			"took", s.o.Now().Sub(start), "request", request)
	}
}

func (s *server) guarded(c *gin.Context, h handler, g guard) (err error) {
	defer func() {
		if v := recover(); v != nil {
			err = fmt.Errorf("panic: %v\n%s", v, debug.Stack())
		}
	}()
	if err := g(c); err != nil {
		return err
	}
	if streams(c.FullPath()) {
		s.act(c) // nobody knows when it ends
		return h(c)
	}
	if err := h(c); err != nil {
		s.missed(c, err)
		return err
	}
	s.act(c)
	return nil
}

// streams reports whether a route answers until somebody hangs up.
func streams(route string) bool { return route == "/api/live" || route == embedded+"/live" }

func (s *server) headers(h http.Header) {
	h.Set("Content-Security-Policy", s.csp)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("X-Frame-Options", "SAMEORIGIN") // for browsers that do not know frame-ancestors; the others pass it over
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	h.Set("Permissions-Policy", "camera=(), geolocation=(), microphone=()")
	h.Set("Cache-Control", "no-store")
}

// limit bounds what a request can take of us. Streams lift the deadlines.
func (s *server) limit(c *gin.Context) (stop func()) {
	if c.FullPath() == uploads {
		// A body that is refused for what it says of itself stays as it is:
		// net/http would read on in another one before it answers.
		if c.Request.ContentLength <= s.o.MaxUpload {
			c.Request.Body = http.MaxBytesReader(c.Writer, c.Request.Body, s.o.MaxUpload)
		}
		_ = http.NewResponseController(c.Writer).SetReadDeadline(time.Now().Add(uploadTimeout))
		return func() {}
	}
	c.Request.Body = http.MaxBytesReader(c.Writer, c.Request.Body, maxBody)
	if c.Request.Method == http.MethodPost {
		// Recorders in tests have no deadlines, and need none.
		_ = http.NewResponseController(c.Writer).SetReadDeadline(time.Now().Add(readTimeout))
	}
	switch c.FullPath() {
	case "/api/live", embedded + "/live", "/api/ingest", "/api/ingest/remove", "/api/backup", "/api/reindex", rerunPage, rerunAPI:
		return func() {}
	}
	if settingsSlow(c.FullPath()) || roomLong(c.FullPath()) {
		return func() {}
	}
	ctx, cancel := context.WithTimeout(c.Request.Context(), answerTimeout)
	c.Request = c.Request.WithContext(ctx)
	return cancel
}

func (s *server) fail(c *gin.Context, err error, request string) {
	if errors.Is(err, context.Canceled) && c.Request.Context().Err() != nil {
		return // nobody listens any more
	}
	f := publicError(err, request)
	if f.status >= http.StatusInternalServerError {
		s.o.Log.ErrorContext(c.Request.Context(), "request failed", "method", c.Request.Method, "route", c.FullPath(), "status", f.status, "request", request, "err", err)
	}
	if c.Writer.Written() {
		return // a stream that broke off; its reader sees the end
	}
	if f.status == http.StatusUnauthorized {
		c.Header("WWW-Authenticate", `Bearer realm="sufflor"`)
	}
	path := c.Request.URL.Path
	inFrame := strings.HasPrefix(c.FullPath(), embedded+"/") && c.FullPath() != embedded+"/open"
	if strings.HasPrefix(path, "/api/") || path == "/healthz" || path == "/readyz" || inFrame || fetched(c.Request) {
		c.JSON(f.status, problem{Code: codeOf(f.status), Error: f.text, Next: f.next})
		return
	}
	if f.status == http.StatusUnauthorized && c.Request.Method == http.MethodGet && isPage(path) && navigated(c.Request) {
		c.Redirect(http.StatusSeeOther, "/signin?next="+url.QueryEscape(c.Request.URL.RequestURI()))
		return
	}
	if err := s.page(c, f.status, s.o.Workspaces[0], "error", s.errorView(c, f)); err != nil {
		s.o.Log.ErrorContext(c.Request.Context(), "error page failed", "err", err)
		c.String(f.status, "%s", f.text)
	}
}

// fetched reports whether a script asks, which wants to know what is wrong and
// not be led to a page: what somebody has typed must stay.
func fetched(r *http.Request) bool {
	return r.Header.Get("Sec-Fetch-Dest") == "empty"
}

// navigated reports whether somebody goes to a page, as far as browsers say.
// Of one that does not say, pieces of the panel are asked by its script.
func navigated(r *http.Request) bool {
	mode := r.Header.Get("Sec-Fetch-Mode")
	return mode == "navigate" || mode == "" && !strings.HasPrefix(r.URL.Path, "/panel/")
}

// problem is how the API says that something is wrong: a word for programs,
// and for people what it is and what to do next.
type problem struct {
	Error string `json:"error"`
	Next  string `json:"next"`
	Code  string `json:"code"`
}

// codeOf is the word for a status, such as not_found.
func codeOf(status int) string {
	return strings.ReplaceAll(strings.ToLower(http.StatusText(status)), " ", "_")
}

// readJSON reads a small JSON object into v and accepts nothing beside it.
func readJSON(c *gin.Context, v any) error {
	media, _, err := mime.ParseMediaType(c.GetHeader("Content-Type"))
	if err != nil || media != "application/json" {
		return &fault{status: http.StatusUnsupportedMediaType, text: "Content-Type: must be application/json", next: "send the fields as one JSON object"}
	}
	body, err := io.ReadAll(c.Request.Body)
	if err != nil {
		return bodyError(err)
	}
	// The deadline was for the body. Left in place it would cancel a long
	// answer, because net/http goes on reading to notice who hangs up.
	_ = http.NewResponseController(c.Writer).SetReadDeadline(time.Time{})
	d := json.NewDecoder(bytes.NewReader(body))
	d.DisallowUnknownFields()
	if err := d.Decode(v); err != nil {
		return &fault{status: http.StatusBadRequest, text: "body: " + err.Error(), next: "send one JSON object with the documented fields"}
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return badRequest("body", "there is something after the object", "send one JSON object")
	}
	return nil
}

func bodyError(err error) error {
	if _, ok := errors.AsType[*http.MaxBytesError](err); ok {
		return err
	}
	return &fault{status: http.StatusBadRequest, text: "body: could not be read to its end", next: "send it again", err: err}
}
