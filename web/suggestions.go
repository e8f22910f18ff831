package web

import (
	"encoding/json"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/gin-gonic/gin"

	"github.com/sufflor/sufflor/access"
	"github.com/sufflor/sufflor/store"
	"github.com/sufflor/sufflor/suggest"
)

// Bounds of the API's lists and texts.
const (
	listLimit  = 50
	listMost   = 200
	maxReason  = 2 << 10
	maxOutcome = 64 << 10 // bytes of an edited draft
)

// suggestionJSON is a suggestion in the API.
type suggestionJSON struct {
	ID           string          `json:"id"`
	Workspace    string          `json:"workspace"`
	Desk         string          `json:"desk"`
	Conversation string          `json:"conversation"`
	Message      string          `json:"message"`
	Customer     string          `json:"customer"`
	Question     string          `json:"question"`
	Language     string          `json:"language"`
	Flag         string          `json:"flag"`
	Probability  float64         `json:"probability"`
	State        string          `json:"state"`
	Created      time.Time       `json:"created"`
	Stale        time.Time       `json:"stale,omitzero"`    // when a source it cites was changed or removed
	Pending      bool            `json:"pending,omitempty"` // a language model is still writing a better draft
	Text         string          `json:"text,omitempty"`    // the draft, plain; single suggestions only
	Suggestion   json.RawMessage `json:"suggestion,omitempty"`
	Outcomes     []outcomeJSON   `json:"outcomes,omitempty"`
}

type outcomeJSON struct {
	ID      string    `json:"id,omitempty"`
	Action  string    `json:"action"`
	Reason  string    `json:"reason,omitempty"`
	Text    string    `json:"text,omitempty"`
	Agent   string    `json:"agent,omitempty"`
	Created time.Time `json:"created"`
}

func newSuggestionJSON(r store.Suggestion) suggestionJSON {
	return suggestionJSON{
		ID: r.ID, Workspace: r.Workspace, Desk: r.Desk, Conversation: r.Conversation, Message: r.Message,
		Customer: r.Customer, Question: r.Question, Language: r.Language, Flag: r.Flag, Probability: r.Probability,
		State: r.State, Created: r.Created, Stale: r.Stale, Pending: r.Pending,
	}
}

// suggestions lists, newest first. The next page starts before the last
// one's time of creation.
func (s *server) suggestions(c *gin.Context) error {
	ws, err := s.workspace(c, c.Query("workspace"))
	if err != nil {
		return err
	}
	f := store.SuggestionFilter{Conversation: c.Query("conversation"), Flag: c.Query("flag"), State: c.Query("state")}
	if f.Limit, err = number(c, "limit", listLimit, listMost); err != nil {
		return err
	}
	if f.Before, err = moment(c, "before"); err != nil {
		return err
	}
	records, err := s.o.Store.Suggestions(c.Request.Context(), ws.ID, f)
	if err != nil {
		return err
	}
	list := make([]suggestionJSON, len(records))
	for i, r := range records {
		list[i] = newSuggestionJSON(r)
	}
	c.JSON(http.StatusOK, gin.H{"suggestions": list})
	return nil
}

func (s *server) suggestion(c *gin.Context) error {
	ws, err := s.workspace(c, c.Query("workspace"))
	if err != nil {
		return err
	}
	r, err := s.o.Store.Suggestion(c.Request.Context(), ws.ID, c.Param("id"))
	if err != nil {
		return err
	}
	outcomes, err := s.o.Store.Outcomes(c.Request.Context(), ws.ID, r.ID)
	if err != nil {
		return err
	}
	out := newSuggestionJSON(r)
	out.Suggestion = r.Body
	var body suggest.Suggestion
	if json.Unmarshal(r.Body, &body) == nil { // else the reader sees the raw body, and no text
		out.Text = body.Text()
	}
	for _, o := range outcomes {
		out.Outcomes = append(out.Outcomes, outcomeJSON{ID: o.ID, Action: o.Action, Reason: o.Reason, Text: o.Text, Agent: o.Agent, Created: o.Created})
	}
	c.JSON(http.StatusOK, out)
	return nil
}

// verdict is what an agent says about a suggestion. A later thumb replaces an
// earlier one; nothing is erased.
type verdict struct {
	Action string `json:"action"`
	Reason string `json:"reason"`
	Text   string `json:"text"`
	Agent  string `json:"agent"`
}

var actions = []string{store.ActionUsed, store.ActionEdited, store.ActionRejected, store.ActionUp, store.ActionDown}

func (v verdict) validate() error {
	switch {
	case !slices.Contains(actions, v.Action):
		return badRequest("action", strconv.Quote(v.Action)+" is unknown", "use one of: "+strings.Join(actions, ", "))
	case v.Action == store.ActionEdited && strings.TrimSpace(v.Text) == "":
		return badRequest("text", "required with action edited", "send the text as it was edited")
	case len(v.Reason) > maxReason:
		return badRequest("reason", "longer than "+strconv.Itoa(maxReason)+" bytes", "shorten it")
	case len(v.Text) > maxOutcome:
		return badRequest("text", "longer than "+strconv.Itoa(maxOutcome)+" bytes", "shorten it")
	case len(v.Agent) > 200:
		return badRequest("agent", "longer than 200 bytes", "send a short name or id")
	case !utf8.ValidString(v.Reason + v.Text + v.Agent):
		return badRequest("body", "not UTF-8", "send UTF-8")
	}
	return nil
}

func (s *server) record(c *gin.Context, workspace, id string, v verdict) (store.Outcome, error) {
	if w := whoOf(c); w.Kind == access.KindPerson {
		v.Agent = w.Name // whatever the script says
	}
	about(c, id, v.Action)
	o := store.Outcome{
		Workspace: workspace, Suggestion: id, Action: v.Action, Reason: strings.TrimSpace(v.Reason), Text: v.Text, Agent: v.Agent, Created: s.o.Now(),
	}
	if v.Action == store.ActionUsed {
		// Who presses Use twice has used one draft.
		o.ID = "panel:" + id + ":used:" + v.Agent
	}
	if err := s.o.Store.SaveOutcome(c.Request.Context(), o); err != nil || v.Action != store.ActionEdited {
		return o, err
	}
	return o, s.o.Store.DropEdit(c.Request.Context(), workspace, id, agentOf(c)) // it has been used
}

func (s *server) outcome(c *gin.Context) error {
	ws, err := s.workspace(c, c.Query("workspace"))
	if err != nil {
		return err
	}
	v, err := readVerdict(c)
	if err != nil {
		return err
	}
	return s.recorded(c, ws.ID, c.Param("id"), v)
}

func readVerdict(c *gin.Context) (v verdict, err error) {
	if err := readJSON(c, &v); err != nil {
		return v, err
	}
	return v, v.validate()
}

// recorded keeps v and answers with what was kept.
func (s *server) recorded(c *gin.Context, workspace, id string, v verdict) error {
	o, err := s.record(c, workspace, id, v)
	if err != nil {
		return err
	}
	c.JSON(http.StatusCreated, outcomeJSON{Action: o.Action, Reason: o.Reason, Text: o.Text, Agent: o.Agent, Created: o.Created})
	return nil
}

// number is a query parameter from 1 to most.
func number(c *gin.Context, name string, standard, most int) (int, error) {
	text := c.Query(name)
	if text == "" {
		return standard, nil
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 || n > most {
		return 0, badRequest(name, strconv.Quote(text)+" is not possible", "use a number from 1 to "+strconv.Itoa(most))
	}
	return n, nil
}

func moment(c *gin.Context, name string) (time.Time, error) {
	text := c.Query(name)
	if text == "" {
		return time.Time{}, nil
	}
	t, err := time.Parse(time.RFC3339Nano, text)
	if err != nil {
		return time.Time{}, badRequest(name, strconv.Quote(text)+" is not a time", "write it like 2026-01-31T12:00:00Z")
	}
	return t, nil
}
