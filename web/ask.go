package web

import (
	"net/http"
	"strings"

	"github.com/gin-gonic/gin"

	"github.com/sufflor/sufflor/suggest"
)

// ask drafts an answer to a text without keeping anything.
func (s *server) ask(c *gin.Context) error {
	if s.o.Ask == nil {
		return &fault{status: http.StatusNotImplemented, text: "this server does not answer questions", next: "ask one that was started with sufflor serve"}
	}
	var q struct {
		Workspace string `json:"workspace"`
		Text      string `json:"text"`
		Customer  string `json:"customer"`
	}
	if err := readJSON(c, &q); err != nil {
		return err
	}
	ws, err := s.workspace(c, q.Workspace)
	if err != nil {
		return err
	}
	if strings.TrimSpace(q.Text) == "" {
		return badRequest("text", "required", "send what the customer wrote")
	}
	sug, err := s.o.Ask(c.Request.Context(), suggest.Request{Workspace: ws.ID, Text: q.Text, Customer: q.Customer})
	if err != nil {
		return err
	}
	c.JSON(http.StatusOK, sug)
	return nil
}
