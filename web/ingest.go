package web

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/gin-gonic/gin"
)

// ingest reads documents where the server runs, for the command line that
// finds the data folder in use. The answer is lines of JSON: {"progress": …}
// while it works, then {"summary": …} or {"error": …, "next": …}. The bearer
// of the token is the operator, so errors are told in full.
func (s *server) ingest(c *gin.Context) error {
	if s.o.Ingest == nil {
		return &fault{status: http.StatusNotImplemented, text: "this server does not read documents", next: "use sufflor ingest"}
	}
	var q IngestRequest
	if err := readJSON(c, &q); err != nil {
		return err
	}
	ws, err := s.workspace(c, q.Workspace)
	if err != nil {
		return err
	}
	q.Workspace = ws.ID
	if slices.Contains(q.Paths, "") || slices.Contains(q.Sources, "") {
		return badRequest("paths", "one of them is empty", "leave sources and paths out to read the configured sources")
	}
	if len(q.Paths) > 0 && !s.may(whoOf(c), byOwners) { // they may be any file of the machine
		return s.refuse(c, byOwners)
	}
	about(c, strings.Join(q.Sources, ", "), "")
	if i := slices.IndexFunc(q.Paths, func(p string) bool { return !filepath.IsAbs(p) }); i >= 0 {
		return badRequest("paths", strconv.Quote(q.Paths[i])+" is not absolute", "name it from the root of the machine that runs the server")
	}
	return s.follow(c, "ingestion", "correct it and run the same command again; what was read is kept", func(progress func(any)) (any, error) { return s.o.Ingest(c.Request.Context(), q, progress) })
}

// follow answers with lines of JSON while do works, and with its result.
func (s *server) follow(c *gin.Context, what, next string, do func(progress func(any)) (any, error)) error {
	c.Header("Content-Type", "application/x-ndjson")
	c.Status(http.StatusOK)
	out := stream{w: c.Writer, c: http.NewResponseController(c.Writer)}
	var lost error // the first line that could not be sent
	line := func(v any) {
		if lost != nil {
			return
		}
		data, err := json.Marshal(v)
		if err == nil {
			err = out.send(append(data, '\n'))
		}
		lost = err
	}
	summary, err := do(func(p any) { line(gin.H{"progress": p}) })
	if err != nil {
		line(problem{Code: codeOf(http.StatusUnprocessableEntity), Error: err.Error(), Next: next})
		s.o.Log.WarnContext(c.Request.Context(), "work for the operator ended with an error", "work", what, "err", errors.Join(err, lost))
		return nil
	}
	line(gin.H{"summary": summary})
	if lost != nil {
		return fmt.Errorf("report on %s: %w", what, lost)
	}
	return nil
}

// operator is who looks after the sources.
func (s *server) operator() (Operator, error) {
	if s.o.Operator == nil {
		return nil, &fault{status: http.StatusNotImplemented, text: "this server does not read documents", next: "use sufflor ingest"}
	}
	return s.o.Operator, nil
}

// operated answers with v, or tells the operator what is wrong.
func operated(c *gin.Context, v any, err error) error {
	if err != nil {
		return &fault{status: http.StatusUnprocessableEntity, text: err.Error(), next: "correct it and ask again", err: err}
	}
	c.JSON(http.StatusOK, v)
	return nil
}

// asked is the operator and the workspace of a request.
func (s *server) asked(c *gin.Context, workspace string) (Operator, string, error) {
	o, err := s.operator()
	if err != nil {
		return nil, "", err
	}
	ws, err := s.workspace(c, workspace)
	return o, ws.ID, err
}

func (s *server) ingestStatus(c *gin.Context) error {
	o, ws, err := s.asked(c, c.Query("workspace"))
	if err != nil {
		return err
	}
	v, err := o.Status(c.Request.Context(), ws)
	return operated(c, v, err)
}

func (s *server) ingestFailures(c *gin.Context) error {
	o, ws, err := s.asked(c, c.Query("workspace"))
	if err != nil {
		return err
	}
	v, err := o.Failures(c.Request.Context(), ws, c.Query("source"))
	return operated(c, v, err)
}

func (s *server) ingestHistory(c *gin.Context) error {
	o, ws, err := s.asked(c, c.Query("workspace"))
	if err != nil {
		return err
	}
	if c.Query("document") == "" {
		return badRequest("document", "required", "name a document's id, path or address")
	}
	about(c, c.Query("document"), "")
	version, err := number(c, "version", 0, 1<<30)
	if err != nil {
		return err
	}
	v, err := o.History(c.Request.Context(), ws, c.Query("document"), version)
	return operated(c, v, err)
}

// sourceRequest names a source, or what is to be removed.
type sourceRequest struct {
	Workspace string `json:"workspace"`
	Source    string `json:"source,omitempty"`
	Target    string `json:"target,omitempty"` // of a removal: a source's name, a path or an address
	DryRun    bool   `json:"dry_run,omitempty"`
}

func (s *server) ingestPause(paused bool) handler {
	return func(c *gin.Context) error {
		var q sourceRequest
		if err := readJSON(c, &q); err != nil {
			return err
		}
		o, ws, err := s.asked(c, q.Workspace)
		if err != nil {
			return err
		}
		about(c, q.Source, "")
		return operated(c, pausedJSON{q.Source, paused}, o.Pause(c.Request.Context(), ws, q.Source, paused))
	}
}

func (s *server) ingestRemove(c *gin.Context) error {
	var q sourceRequest
	if err := readJSON(c, &q); err != nil {
		return err
	}
	o, ws, err := s.asked(c, q.Workspace)
	if err != nil {
		return err
	}
	if q.Target == "" {
		return badRequest("target", "required", "name a source, a path or an address")
	}
	about(c, q.Target, "")
	if q.DryRun {
		about(c, q.Target, "only asked what would go")
	}
	v, err := o.Remove(c.Request.Context(), ws, q.Target, q.DryRun)
	return operated(c, v, err)
}
