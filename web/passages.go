package web

import (
	"net/http"

	"github.com/gin-gonic/gin"

	"github.com/sufflor/sufflor/index"
)

// passage shows a passage as its document says it now, with its neighbours.
func (s *server) passage(c *gin.Context) error {
	ws, err := s.workspace(c, c.Query("workspace"))
	if err != nil {
		return err
	}
	n, err := number(c, "around", 2, 20)
	if err != nil {
		return err
	}
	near, err := s.o.Store.Around(c.Request.Context(), ws.ID, c.Param("id"), n)
	if err != nil {
		return err
	}
	before, at, after := split(near, c.Param("id"))
	c.JSON(http.StatusOK, struct {
		Passage index.Passage   `json:"passage"`
		Where   string          `json:"where"` // the locator in words
		Before  []index.Passage `json:"before"`
		After   []index.Passage `json:"after"`
	}{at, at.Locator.String(), before, after})
	return nil
}

// split parts passages in document order at the one with the given id.
func split(near []index.Passage, id string) (before []index.Passage, at index.Passage, after []index.Passage) {
	before, after = []index.Passage{}, []index.Passage{}
	for _, p := range near {
		switch {
		case p.ID == id:
			at = p
		case at.ID == "":
			before = append(before, p)
		default:
			after = append(after, p)
		}
	}
	return before, at, after
}
