package web

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"

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
	ws, err := s.workspace(q.Workspace)
	if err != nil {
		return err
	}
	q.Workspace = ws.ID
	if slices.Contains(q.Paths, "") {
		return badRequest("paths", "one of them is empty", "leave paths out to read the configured sources")
	}
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
	summary, err := s.o.Ingest(c.Request.Context(), q, func(p any) { line(gin.H{"progress": p}) })
	if err != nil {
		line(problem{Error: err.Error(), Next: "correct it and run the same command again; what was read is kept"})
		s.o.Log.WarnContext(c.Request.Context(), "ingestion over the API ended with an error", "workspace", ws.ID, "err", errors.Join(err, lost))
		return nil
	}
	line(gin.H{"summary": summary})
	if lost != nil {
		return fmt.Errorf("report on ingestion: %w", lost)
	}
	return nil
}
