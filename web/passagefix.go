package web

import (
	"context"
	"errors"
	"net/http"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/gin-gonic/gin"

	"github.com/sufflor/sufflor/access"
	"github.com/sufflor/sufflor/index"
	"github.com/sufflor/sufflor/store"
)

// docRecords is what the page of a document needs of the store.
type docRecords interface {
	Archive
	ReadPassages(ctx context.Context, workspace, document string, version int) ([]index.Passage, error)
	Fixes(ctx context.Context, workspace, document string) (history []store.Fix, now []store.FixState, err error)
	AllFixes(ctx context.Context, workspace, state string, limit int) ([]store.FixState, error)
	FixOf(ctx context.Context, workspace, passage string) (store.FixState, error)
	Citing(ctx context.Context, workspace, document string, latest int) (store.Citing, error)
	Shelves(ctx context.Context, workspace string) (collections, sources []string, err error)
}

// FixRequest is the body of a call that excludes, corrects or restores a
// passage.
type FixRequest struct {
	Workspace string `json:"workspace,omitempty"`
	Text      string `json:"text,omitempty"`   // of a correction
	Reason    string `json:"reason,omitempty"` // required, except when restoring
	Author    string `json:"author,omitempty"` // of a call with the token or a key; else who signed in
	// Seen is the newest fix that the author knew of, 0 for none. When it is
	// not the newest, nothing is done and the answer is 409. Left out,
	// whatever there is gives way.
	Seen *int64 `json:"seen,omitempty"`
}

// Fixed is a fix as the API tells it.
type Fixed struct {
	Fix      int64     `json:"fix"`
	Document string    `json:"document"`
	Passage  string    `json:"passage"`        // as it was read
	Live     string    `json:"live,omitempty"` // the corrected passage
	Action   string    `json:"action"`         // exclude, correct or restore
	State    string    `json:"state,omitempty"`
	Text     string    `json:"text,omitempty"`
	Was      string    `json:"was,omitempty"`   // what the document had
	Where    string    `json:"where,omitempty"` // where that stood
	Reason   string    `json:"reason,omitempty"`
	Author   string    `json:"author"`
	At       time.Time `json:"at"`
	// Indexed is false when the search index has yet to learn of it: an
	// excluded passage is found no more all the same, a corrected one not yet.
	Indexed bool `json:"indexed"`
}

// NewFixed is a fix as the API tells it.
func NewFixed(st store.FixState, indexed bool) Fixed {
	return Fixed{
		Fix: st.Seq, Document: st.Document, Passage: st.Passage, Live: st.Live, Action: st.Action, State: st.State, Text: st.Text,
		Was: st.Was.Text, Where: st.Was.Locator.String(), Reason: st.Reason, Author: st.Author, At: st.At, Indexed: indexed,
	}
}

// fixActions are the calls below /api/passages/:id/ and what they do.
var fixActions = map[string]string{"exclude": store.FixExclude, "correct": store.FixCorrect, "restore": store.FixRestore}

func (s *server) fixRoutes(e *gin.Engine) {
	for call, action := range fixActions {
		e.POST("/api/passages/:id/"+call, s.do(s.fixCall(action), s.caller))
	}
	e.GET("/api/passages/:id/fixes", s.do(s.passageFixes, s.caller))
	e.GET("/api/fixes", s.do(s.allFixes, s.caller))
}

func (s *server) fixCall(action string) handler {
	return func(c *gin.Context) error {
		var q FixRequest
		if err := readJSON(c, &q); err != nil {
			return err
		}
		ws, err := s.workspace(c, q.Workspace)
		if err != nil {
			return err
		}
		author, err := fixAuthor(c, q.Author)
		if err != nil {
			return err
		}
		f := store.Fix{Workspace: ws.ID, Passage: c.Param("id"), Action: action, Text: q.Text, Reason: q.Reason, Author: author, Seen: -1}
		if q.Seen != nil {
			f.Seen = *q.Seen
		}
		done, err := s.fix(c, f)
		if err != nil {
			return err
		}
		c.JSON(http.StatusOK, done)
		return nil
	}
}

// fixAuthor is who fixes. A person who signed in speaks for nobody else.
func fixAuthor(c *gin.Context, named string) (string, error) {
	w := whoOf(c)
	if w.Kind == access.KindPerson || named == "" {
		named = w.Name
	}
	name, ok := personName(named)
	if !ok {
		return "", badRequest("author", "at most "+strconv.Itoa(maxReviewer)+" bytes", "send a short name")
	}
	return name, nil
}

// fix does it, and says in the reader's terms why not.
func (s *server) fix(c *gin.Context, f store.Fix) (Fixed, error) {
	if s.o.Fix == nil {
		return Fixed{}, &fault{status: http.StatusNotImplemented, text: "this server changes no passages", next: "use sufflor passage"}
	}
	about(c, f.Passage, f.Action)
	f.Reason, f.Text = strings.TrimSpace(f.Reason), strings.Trim(f.Text, " \t\r\n")
	switch {
	case f.Action != store.FixRestore && f.Reason == "":
		return Fixed{}, badRequest("reason", "required", "say why, for whoever asks later")
	case len(f.Reason) > store.MaxFixReason:
		return Fixed{}, badRequest("reason", "longer than "+strconv.Itoa(store.MaxFixReason)+" bytes", "shorten it")
	case f.Action == store.FixCorrect && f.Text == "":
		return Fixed{}, badRequest("text", "required", "exclude the passage when it should say nothing")
	case len(f.Text) > store.MaxFixText:
		return Fixed{}, badRequest("text", "longer than "+strconv.Itoa(store.MaxFixText)+" bytes", "shorten it")
	case !utf8.ValidString(f.Text + f.Reason):
		return Fixed{}, badRequest("text", "not UTF-8", "send UTF-8")
	}
	done, err := s.o.Fix(c.Request.Context(), f)
	switch {
	case errors.Is(err, store.ErrFixed):
		return done, &fault{status: http.StatusConflict, text: "somebody else has changed this passage in the meantime", next: "look at it again, then decide", err: err}
	case errors.Is(err, store.ErrInvalid) && f.Action == store.FixCorrect:
		return done, &fault{status: http.StatusConflict, text: "the passage says that already", next: "change the text, or leave it", err: err}
	case errors.Is(err, store.ErrInvalid):
		return done, &fault{status: http.StatusConflict, text: "there is nothing to undo: the passage is as the document has it", next: "look at it again", err: err}
	}
	return done, err
}

// passageFixes tells who did what to one passage.
func (s *server) passageFixes(c *gin.Context) error {
	ws, err := s.workspace(c, c.Query("workspace"))
	if err != nil {
		return err
	}
	st, err := s.o.Store.FixOf(c.Request.Context(), ws.ID, c.Param("id"))
	if err != nil {
		return err
	}
	history, _, err := s.o.Store.Fixes(c.Request.Context(), ws.ID, st.Document)
	if err != nil {
		return err
	}
	list := []Fixed{}
	for _, f := range history {
		if f.Thread == st.Thread {
			list = append(list, NewFixed(store.FixState{Fix: f}, true))
		}
	}
	c.JSON(http.StatusOK, gin.H{"now": NewFixed(st, true), "history": list})
	return nil
}

// allFixes lists the passages of a workspace that were fixed, with how each
// stands. That is where to look for those that no longer apply.
func (s *server) allFixes(c *gin.Context) error {
	ws, err := s.workspace(c, c.Query("workspace"))
	if err != nil {
		return err
	}
	limit, err := number(c, "limit", 100, 1000)
	if err != nil {
		return err
	}
	state := c.Query("state")
	switch state {
	case "", store.FixApplies, store.FixLost, store.FixGone, store.FixUndone:
	default:
		return badRequest("state", strconv.Quote(state)+" is unknown", "use one of: applies, lost, gone, undone")
	}
	found, err := s.o.Store.AllFixes(c.Request.Context(), ws.ID, state, limit)
	if err != nil {
		return err
	}
	list := make([]Fixed, len(found))
	for i, f := range found {
		list[i] = NewFixed(f, true)
	}
	c.JSON(http.StatusOK, gin.H{"fixes": list})
	return nil
}
