package web

import (
	"net/http"
	"path/filepath"
	"strconv"

	"github.com/gin-gonic/gin"
)

// backup copies records, originals and index into a new folder where the
// server runs.
func (s *server) backup(c *gin.Context) error {
	if s.o.Backup == nil {
		return &fault{status: http.StatusNotImplemented, text: "this server makes no backups", next: "use sufflor backup"}
	}
	var q struct {
		Dir string `json:"dir"`
	}
	if err := readJSON(c, &q); err != nil {
		return err
	}
	if !filepath.IsAbs(q.Dir) {
		return badRequest("dir", strconv.Quote(q.Dir)+" is not absolute", "name a new folder from the root of the machine that runs the server")
	}
	v, err := s.o.Backup(c.Request.Context(), q.Dir)
	return operated(c, v, err)
}

// reindex builds the search index anew beside the present one. The answer is
// lines of JSON, as of ingestion.
func (s *server) reindex(c *gin.Context) error {
	if s.o.Reindex == nil {
		return &fault{status: http.StatusNotImplemented, text: "this server has no index of its own", next: "use sufflor reindex"}
	}
	var q struct{}
	if err := readJSON(c, &q); err != nil {
		return err
	}
	return s.follow(c, "reindex", "run the same command again", func(progress func(any)) (any, error) { return s.o.Reindex(c.Request.Context(), progress) })
}
