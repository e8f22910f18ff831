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
	Explain   bool              `json:"explain,omitempty"`  // why each hit stands where it does, and what a draft would quote
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
	// Reordered tells who put the best hits in another order than their scores
	// say: "model", or nobody.
	Reordered string       `json:"reordered,omitempty"`
	Draft     *SearchDraft `json:"draft,omitempty"` // with Explain
}

// SearchDraft is what a draft would quote when a customer asked what was
// searched for. It sees all that customers may read, whatever the filters.
type SearchDraft struct {
	Flag    string        `json:"flag"`
	Quotes  []SearchQuote `json:"quotes"`
	Missing []string      `json:"missing,omitempty"` // questions that nothing answers
}

// SearchQuote is a sentence of such a draft.
type SearchQuote struct {
	Text    string        `json:"text"`
	Passage index.Passage `json:"passage"` // the first that it cites
	Hit     int           `json:"hit"`     // place of that among the hits, from 1; 0: it is not among them
}

// SearchHit is a found passage and why it stands where it does.
type SearchHit struct {
	Score   float64       `json:"score"` // comparable within one result only
	Parts   index.Parts   `json:"parts"`
	Passage index.Passage `json:"passage"`

	Why     *index.Why    `json:"why,omitempty"`     // with Explain
	Matches []index.Match `json:"matches,omitempty"` // of the passage's text, with Explain
	// SameAs is the place, from 1, of a better hit of another document that
	// says the same: drafts take them for one. 0: none.
	SameAs int  `json:"same_as,omitempty"`
	Quoted bool `json:"quoted,omitempty"` // by the draft
}

// search finds passages, with what they were ranked by.
func (s *server) search(c *gin.Context) error {
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
	res, err := s.found(c, q)
	if err != nil {
		return err
	}
	c.JSON(http.StatusOK, res)
	return nil
}

// found searches, and says what is wrong with a filter.
func (s *server) found(c *gin.Context, q SearchRequest) (SearchResult, error) {
	if s.o.Search == nil {
		return SearchResult{}, &fault{status: http.StatusNotImplemented, text: "this server does not search", next: "ask one that was started with sufflor serve"}
	}
	res, err := s.o.Search(c.Request.Context(), q)
	if errors.Is(err, index.ErrFilter) {
		err = &fault{status: http.StatusBadRequest, text: err.Error(), next: "filters are " + strings.Join(index.FilterNames, ", ")}
	}
	return res, err
}
