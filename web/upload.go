package web

import (
	"errors"
	"net/http"
	"strings"
	"time"

	"github.com/gin-gonic/gin"
)

// uploads is where files are sent to: the source's name, then the file's name
// in it, which may have folders.
const uploads = "/api/uploads/:source/*name"

// uploadTimeout is how long a file may take to arrive.
const uploadTimeout = 10 * time.Minute

// upload keeps a file in a source that takes uploads and reads it. When it
// answers, the file is searched, or the answer says why not. Sending the same
// again changes nothing.
func (s *server) upload(c *gin.Context) error {
	if s.o.Upload == nil {
		return &fault{status: http.StatusNotImplemented, text: "this server does not read documents", next: "use sufflor ingest"}
	}
	ws, err := s.workspace(c, c.Query("workspace"))
	if err != nil {
		return err
	}
	v, err := s.o.Upload(c.Request.Context(), ws.ID, c.Param("source"), strings.TrimPrefix(c.Param("name"), "/"), c.Request.Body)
	if _, ok := errors.AsType[*http.MaxBytesError](err); ok {
		return err
	}
	return operated(c, v, err)
}
