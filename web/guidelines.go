package web

import (
	"net/http"

	"github.com/gin-gonic/gin"
)

// GuidelinesRequest saves guidelines for a workspace: Body, or when Restore is
// not 0 those of that version again.
type GuidelinesRequest struct {
	Workspace string `json:"workspace"`
	Body      string `json:"body,omitempty"` // YAML
	Restore   int    `json:"restore,omitempty"`
	// Base is the version that Body was made from; when a newer one was saved
	// since, nothing is. Null: whatever there is.
	Base   *int   `json:"base,omitempty"`
	Author string `json:"author,omitempty"`
	Note   string `json:"note,omitempty"`
}

// guidelines saves how a workspace wants its drafts to sound.
func (s *server) guidelines(c *gin.Context) error {
	if s.o.Guidelines == nil {
		return &fault{status: http.StatusNotImplemented, text: "this server keeps no guidelines", next: "use sufflor guidelines"}
	}
	var q GuidelinesRequest
	if err := readJSON(c, &q); err != nil {
		return err
	}
	ws, err := s.workspace(c, q.Workspace)
	if err != nil {
		return err
	}
	q.Workspace = ws.ID
	v, err := s.o.Guidelines(c.Request.Context(), q)
	return operated(c, v, err)
}
