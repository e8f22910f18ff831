package web

import (
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/sufflor/sufflor/index"
	"github.com/sufflor/sufflor/store"
	"github.com/sufflor/sufflor/suggest"
)

// listLength is how many suggestions stand in the list: more than a person
// works on at a time.
const listLength = 30

// panelView is the whole page.
type panelView struct {
	Title      string
	Workspaces []workspaceView
	Rooms      []roomView
	List       listView
	Main       *suggestionView // nil: nothing to show yet
	Data       string          // for the script
	Version    string
}

// InFrame implements what the templates ask of a page with a panel.
func (panelView) InFrame() bool { return false }

// roomView leads to a part of the house; Word is a key of the texts.
type roomView struct {
	Href, Word string
	Current    bool
}

// rooms are those of a workspace, as far as this server has them and the
// caller may enter. The one that was asked for is current.
func (s *server) rooms(c *gin.Context, ws Workspace) (out []roomView) {
	w, q, here := whoOf(c), "?workspace="+url.QueryEscape(ws.ID), c.FullPath()
	if here == "/people" || here == "/keys" || here == "/audit" {
		here = "/account"
	}
	for _, one := range []struct {
		path, word string
		open       bool
	}{
		{"/panel", "panel", w.May(byAgents, ws.ID)},
		{documentsPage, "room", s.o.Room != nil && w.May(byEditors, ws.ID)},
		{"/review", "review", s.o.Rerun != nil && w.May(byReviewers, ws.ID)},
		{"/insight", "insight", s.o.Insight != nil && w.May(byInsight, ws.ID)},
		{"/settings", "settings", w.May(byAgents, ws.ID)},
		{"/account", "account", true},
	} {
		if one.open {
			out = append(out, roomView{Href: one.path + q, Word: one.word, Current: here == one.path || strings.HasPrefix(here, one.path+"/")})
		}
	}
	return out
}

type workspaceView struct {
	Name    string
	Href    string
	Current bool
}

type listView struct {
	Items []itemView
	All   string // address of the list without its filter, "" when there is none
	Older string // address of the next page, "" when this is the last
}

// wanted is what a panel's address asks for.
type wanted struct {
	ws           Workspace
	desk         string // "": all
	conversation string
	suggestion   string
	source       int // 0: none open
	before       time.Time
}

func (s *server) wanted(c *gin.Context) (w wanted, err error) {
	if w.ws, err = s.workspace(c, c.Query("workspace")); err != nil {
		return w, err
	}
	w.conversation, w.suggestion = c.Query("conversation"), c.Query("suggestion")
	if w.source, err = number(c, "source", 0, 1000); err != nil {
		return w, err
	}
	w.before, err = moment(c, "before")
	return w, err
}

// panel shows the latest suggestions and one of them in full: the one asked
// for, or the newest.
func (s *server) panel(c *gin.Context) error {
	w, err := s.wanted(c)
	if err != nil {
		return err
	}
	// First, so that whatever happens while we look comes over the stream.
	seq, err := s.o.Store.FeedEnd(c.Request.Context(), w.ws.ID)
	if err != nil {
		return err
	}
	view := panelView{Version: s.o.Version, Title: w.ws.title(), Rooms: s.rooms(c, w.ws)}
	if view.List, err = s.list(c, &w); err != nil {
		return err
	}
	if w.suggestion != "" {
		if view.Main, err = s.main(c, w); err != nil {
			return err
		}
		view.Title = view.Main.Customer + " – " + view.Title
	}
	if own := s.own(c); len(own) > 1 {
		for _, ws := range own {
			view.Workspaces = append(view.Workspaces, workspaceView{Name: ws.title(), Href: link("workspace", ws.ID), Current: ws.ID == w.ws.ID})
		}
	}
	if view.Data, err = s.in(w.ws).script(map[string]any{
		"base": "/panel", "who": agentOf(c), "workspace": w.ws.ID, "conversation": w.conversation, "suggestion": w.suggestion, "seq": seq,
	}); err != nil {
		return err
	}
	return s.page(c, http.StatusOK, w.ws, "panel", view)
}

// list reads the list, and chooses the newest when nothing was asked for.
func (s *server) list(c *gin.Context, w *wanted) (listView, error) {
	records, err := s.o.Store.Suggestions(c.Request.Context(), w.ws.ID, store.SuggestionFilter{
		Desk: w.desk, Conversation: w.conversation, State: store.StateActive, Before: w.before, Limit: listLength,
	})
	if err != nil {
		return listView{}, err
	}
	full := len(records) == listLength
	if records, err = s.withEarlier(c, *w, records); err != nil {
		return listView{}, err
	}
	if w.suggestion == "" && len(records) > 0 {
		w.suggestion = records[0].ID
	}
	var v listView
	p, now := s.in(w.ws), s.o.Now()
	for _, r := range records {
		v.Items = append(v.Items, p.item(r, w.conversation, w.suggestion, now))
	}
	if w.conversation != "" {
		v.All = link("workspace", w.ws.ID, "suggestion", w.suggestion)
	}
	if full {
		v.Older = link("workspace", w.ws.ID, "conversation", w.conversation, "before", records[len(records)-1].Created.Format(time.RFC3339Nano))
	}
	return v, nil
}

// main reads the suggestion that is shown in full.
func (s *server) main(c *gin.Context, w wanted) (*suggestionView, error) {
	r, err := s.o.Store.Suggestion(c.Request.Context(), w.ws.ID, w.suggestion)
	if err != nil {
		return nil, err
	}
	return s.full(c, w, r)
}

// full is r with all that is shown of it.
func (s *server) full(c *gin.Context, w wanted, r store.Suggestion) (*suggestionView, error) {
	about(c, r.ID, "")
	outcomes, err := s.o.Store.Outcomes(c.Request.Context(), w.ws.ID, r.ID)
	if err != nil {
		return nil, err
	}
	v := s.in(w.ws).suggestion(r, outcomes, s.o.Now())
	if v.Broken {
		s.o.Log.ErrorContext(c.Request.Context(), "stored suggestion cannot be read", "suggestion", r.ID)
	}
	if err := s.complete(c, w.ws, v.Conflicts); err != nil {
		return nil, err
	}
	if err := s.work(c, w, r, &v); err != nil {
		return nil, err
	}
	if r.State == store.StateSuperseded {
		newer, err := s.o.Store.Suggestions(c.Request.Context(), w.ws.ID, store.SuggestionFilter{
			Desk: r.Desk, Conversation: r.Conversation, Message: r.Message, State: store.StateActive, Limit: 1,
		})
		if err != nil {
			return nil, err
		}
		if len(newer) > 0 {
			v.Newer = link("workspace", w.ws.ID, "suggestion", newer[0].ID)
		}
	}
	if w.source > 0 && !v.Broken {
		opened, err := s.context(c, w.ws, r, w.source)
		if err != nil {
			return nil, err
		}
		for _, list := range [][]sourceView{v.Cited, v.Also} {
			if i := slices.IndexFunc(list, func(src sourceView) bool { return src.N == w.source }); i >= 0 {
				list[i].Context = opened
			}
		}
	}
	return &v, nil
}

// context opens evidence number n of a suggestion.
func (s *server) context(c *gin.Context, ws Workspace, r store.Suggestion, n int) (*contextView, error) {
	var body suggest.Suggestion
	if err := json.Unmarshal(r.Body, &body); err != nil {
		return nil, err
	}
	if n < 1 || n > len(body.Evidence) {
		return nil, &fault{status: http.StatusNotFound, text: "suggestion " + r.ID + " has no source " + strconv.Itoa(n), next: "it has " + strconv.Itoa(len(body.Evidence))}
	}
	near, err := s.o.Store.Around(c.Request.Context(), ws.ID, body.Evidence[n-1].Passage.ID, 1)
	if errors.Is(err, store.ErrNotFound) {
		near, err = []index.Passage{}, nil // the document changed; we kept what was cited
	}
	if err != nil {
		return nil, err
	}
	v := open(body, n-1, near)
	v.Place = viewerAddress(ws.ID, r.ID, n, body.Evidence[n-1].Passage.ID)
	if body.Evidence[n-1].Attachment != "" {
		v.Gone, v.Place = false, "" // the customer's file is no document of ours
	}
	return v, nil
}

func (s *server) listPart(c *gin.Context) error {
	w, err := s.wanted(c)
	if err != nil {
		return err
	}
	return s.showList(c, w)
}

// showList is the list as a piece of a page.
func (s *server) showList(c *gin.Context, w wanted) error {
	if w.suggestion == "" {
		w.suggestion = "-" // a list alone chooses nothing
	}
	v, err := s.list(c, &w)
	if err != nil {
		return err
	}
	if w.desk != "" {
		v.All, v.Older = "", "" // there is no other list beside a desk's conversation
	}
	return s.page(c, http.StatusOK, w.ws, "list", v)
}

func (s *server) suggestionPart(c *gin.Context) error {
	w, err := s.wanted(c)
	if err != nil {
		return err
	}
	v, err := s.main(c, w)
	if err != nil {
		return err
	}
	return s.page(c, http.StatusOK, w.ws, "suggestion", v)
}

func (s *server) sourcePart(c *gin.Context) error {
	w, err := s.wanted(c)
	if err != nil {
		return err
	}
	r, err := s.o.Store.Suggestion(c.Request.Context(), w.ws.ID, w.suggestion)
	if err != nil {
		return err
	}
	return s.showSource(c, w, r)
}

// showSource is a source of r as a piece of a page.
func (s *server) showSource(c *gin.Context, w wanted, r store.Suggestion) error {
	v, err := s.context(c, w.ws, r, w.source)
	if err != nil {
		return err
	}
	v.Framed = w.desk != ""
	return s.page(c, http.StatusOK, w.ws, "source", v)
}

// outcomeForm takes the thumbs of browsers without our script.
func (s *server) outcomeForm(c *gin.Context) error {
	if err := c.Request.ParseForm(); err != nil {
		return bodyError(err)
	}
	ws, err := s.workspace(c, c.PostForm("workspace"))
	if err != nil {
		return err
	}
	v := verdict{Action: c.PostForm("action"), Reason: reason(c.PostFormArray("reason"), c.PostForm("comment")), Text: c.PostForm("text")}
	if err := v.validate(); err != nil {
		return err
	}
	id := c.PostForm("suggestion")
	if _, err := s.record(c, ws.ID, id, v); err != nil {
		return err
	}
	c.Redirect(http.StatusSeeOther, link("workspace", ws.ID, "suggestion", id))
	return nil
}

// reason joins what was ticked and what was written: "facts, source: comment".
func reason(ticked []string, comment string) string {
	out := strings.Join(ticked, ", ")
	if comment = strings.TrimSpace(comment); comment != "" {
		if out != "" {
			out += ": "
		}
		out += comment
	}
	return out
}
