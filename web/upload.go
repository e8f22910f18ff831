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
// answers, the file is searched, or the answer says why not; with read=later
// it answers as soon as the file is kept, and POST /api/room/uploads tells the
// rest. Sending the same again changes nothing.
func (s *server) upload(c *gin.Context) error {
	ws, err := s.workspace(c, c.Query("workspace"))
	if err != nil {
		return err
	}
	if s.o.Upload == nil {
		return &fault{status: http.StatusNotImplemented, text: "this server does not read documents", next: "use sufflor ingest"}
	}
	name := strings.TrimPrefix(c.Param("name"), "/")
	about(c, c.Param("source")+"/"+name, "")
	if c.Request.ContentLength > s.o.MaxUpload {
		return s.tooLarge(name) // before any of it is taken
	}
	if c.Query("read") == "later" {
		return s.uploadLater(c, ws, name)
	}
	v, err := s.o.Upload(c.Request.Context(), ws.ID, c.Param("source"), name, c.Request.Body)
	if _, ok := errors.AsType[*http.MaxBytesError](err); ok {
		return s.tooLarge(name)
	}
	return operated(c, v, err)
}
