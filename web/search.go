package web

import (
	"encoding/json"
	"errors"
	"net/http"
	"strings"

	"github.com/gin-gonic/gin"

	"github.com/sufflor/sufflor/index"
)

// SearchRequest asks for passages, without a draft.
type SearchRequest struct {
	Workspace string            `json:"workspace"`
	Text      string            `json:"text"`
	Language  string            `json:"language,omitempty"` // of Text; empty: told from it
	Filter    map[string]Values `json:"filter,omitempty"`   // by the names of [index.FilterNames]
	Limit     int               `json:"limit,omitempty"`    // 1 to 100; 0 means 10
}

// MaxHits is the most passages that a [SearchRequest] can ask for.
const MaxHits = 100

// Values are one or several; in JSON a text or a list of texts.
type Values []string

// UnmarshalJSON implements [json.Unmarshaler].
func (v *Values) UnmarshalJSON(data []byte) error {
	var one string
	if json.Unmarshal(data, &one) == nil {
		*v = Values{one}
		return nil
	}
	return json.Unmarshal(data, (*[]string)(v))
}

// SearchResult is what was found, best first.
type SearchResult struct {
	Language string      `json:"language"` // that the text was taken for
	Hits     []SearchHit `json:"hits"`
	Degraded []string    `json:"degraded,omitempty"` // what did not answer, in words
	Took     float64     `json:"took_ms"`
}

// SearchHit is a found passage and why it stands where it does.
type SearchHit struct {
	Score   float64       `json:"score"` // comparable within one result only
	Parts   index.Parts   `json:"parts"`
	Passage index.Passage `json:"passage"`
}

// search finds passages, with what they were ranked by.
func (s *server) search(c *gin.Context) error {
	if s.o.Search == nil {
		return &fault{status: http.StatusNotImplemented, text: "this server does not search", next: "ask one that was started with sufflor serve"}
	}
	var q SearchRequest
	if err := readJSON(c, &q); err != nil {
		return err
	}
	ws, err := s.workspace(c, q.Workspace)
	if err != nil {
		return err
	}
	q.Workspace = ws.ID
	if strings.TrimSpace(q.Text) == "" {
		return badRequest("text", "required", "send what is searched for")
	}
	if q.Limit < 0 || q.Limit > MaxHits {
		return badRequest("limit", "must be between 1 and 100", "leave it out for 10")
	}
	res, err := s.o.Search(c.Request.Context(), q)
	if errors.Is(err, index.ErrFilter) {
		return &fault{status: http.StatusBadRequest, text: err.Error(), next: "filters are " + strings.Join(index.FilterNames, ", ")}
	}
	if err != nil {
		return err
	}
	c.JSON(http.StatusOK, res)
	return nil
}
