package web

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"path"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/sufflor/sufflor/store"
)

// roomRecords is what the document room needs of the store.
type roomRecords interface {
	ListDocuments(ctx context.Context, workspace string, f store.ListFilter, after string, limit int) (list []store.Document, next string, err error)
	Counts(ctx context.Context, workspace string) ([]store.Tally, error)
	Shelvings(ctx context.Context, workspace, before string, limit int) ([]store.Shelving, error)
}

// Actions of the room, below /documents as forms and below /api/room as JSON.
const (
	roomRemove  = "/remove"
	roomRestore = "/restore"
	roomErase   = "/erase"
)

func (s *server) roomRoutes(e *gin.Engine) {
	e.GET("/documents", s.do(s.signedIn(s.roomOverview), anyone))
	e.GET("/documents/list", s.do(s.signedIn(s.roomList), anyone))
	e.GET("/documents/upload", s.do(s.signedIn(s.roomUpload), anyone))
	e.GET("/documents/source", s.do(s.signedIn(s.roomSource), anyone))
	e.GET("/documents/remove", s.do(s.signedIn(s.roomRemovePage), anyone))
	e.GET("/documents/removed", s.do(s.signedIn(s.roomRemoved), anyone))
	e.GET("/api/room/sources", s.do(s.roomSourcesAPI, s.caller))
	e.GET("/api/room/documents", s.do(s.roomDocumentsAPI, s.caller))
	e.GET("/api/room/removed", s.do(s.roomRemovedAPI, s.caller))
	e.POST("/api/room/uploads", s.do(s.roomKept, s.caller))
	e.POST("/documents/source", s.do(s.roomSetForm, s.session))
	e.POST("/api/room/source", s.do(s.roomSetAPI, s.caller))
	for name, act := range map[string]roomAction{
		"/read": s.roomRead, "/pause": s.roomPause(true), "/resume": s.roomPause(false),
		roomRemove: s.roomRemoveDo, roomRestore: s.roomRestore, roomErase: s.roomErase,
	} {
		e.POST("/documents"+name, s.do(s.roomForm(act), s.session))
		e.POST("/api/room"+name, s.do(s.roomJSON(act), s.caller))
	}
}

// roomLong are the routes whose work may take longer than other answers.
func roomLong(route string) bool {
	for _, name := range []string{roomRemove, roomRestore, roomErase, "/source"} {
		if route == "/documents"+name || route == "/api/room"+name {
			return true
		}
	}
	return false
}

// room is the document room of this server, and the workspace that a request
// names.
func (s *server) room(c *gin.Context, workspace string) (Room, Workspace, error) {
	ws, err := s.workspace(c, workspace)
	if err != nil {
		return nil, ws, err
	}
	if s.o.Room == nil {
		return nil, ws, &fault{status: http.StatusNotImplemented, text: "this server does not read documents", next: "use sufflor ingest"}
	}
	return s.o.Room, ws, nil
}

// roomRequest is what the room's actions are asked with; each uses some of it.
type roomRequest struct {
	Workspace string   `json:"workspace,omitempty"`
	Source    string   `json:"source,omitempty"`
	Documents []string `json:"documents,omitempty"` // ids
	Retry     bool     `json:"retry,omitempty"`
	DryRun    bool     `json:"dry_run,omitempty"`
	ID        string   `json:"id,omitempty"` // of a removal
}

// maxNamed is how many documents an action may name.
const maxNamed = 200

// roomAction does what was asked, and says where the page goes on and what the
// API answers.
type roomAction func(c *gin.Context, room Room, ws Workspace, q roomRequest) (to string, answer any, err error)

func (s *server) roomJSON(act roomAction) handler {
	return func(c *gin.Context) error {
		var q roomRequest
		if err := readJSON(c, &q); err != nil {
			return err
		}
		_, answer, err := s.roomAct(c, act, q)
		if err != nil {
			return err
		}
		c.JSON(http.StatusOK, answer)
		return nil
	}
}

func (s *server) roomForm(act roomAction) handler {
	return func(c *gin.Context) error {
		if err := c.Request.ParseForm(); err != nil {
			return bodyError(err)
		}
		_ = http.NewResponseController(c.Writer).SetReadDeadline(time.Time{}) // it was for the form
		to, _, err := s.roomAct(c, act, roomRequest{
			Workspace: c.PostForm("workspace"), Source: c.PostForm("source"), Documents: c.PostFormArray("document"), Retry: c.PostForm("retry") == "1", ID: c.PostForm("id"),
		})
		if err != nil {
			return err
		}
		if back := c.PostForm("back"); strings.HasPrefix(back, "/documents?") || strings.HasPrefix(back, "/documents/") {
			to = back
		}
		c.Redirect(http.StatusSeeOther, to)
		return nil
	}
}

func (s *server) roomAct(c *gin.Context, act roomAction, q roomRequest) (string, any, error) {
	room, ws, err := s.room(c, q.Workspace)
	if err != nil {
		return "", nil, err
	}
	if len(q.Documents) > maxNamed || slices.Contains(q.Documents, "") {
		return "", nil, badRequest("documents", fmt.Sprintf("%d are named, or one is empty", len(q.Documents)), "name 1 to "+strconv.Itoa(maxNamed))
	}
	about(c, q.Source+q.ID+strings.Join(q.Documents[:min(len(q.Documents), 20)], ", "), "")
	to, answer, err := act(c, room, ws, q)
	return to, answer, roomError(err)
}

// roomError tells in full what is wrong: who may use the room looks after the
// sources.
func roomError(err error) error {
	var f *fault
	switch {
	case err == nil || errors.As(err, &f) || errors.Is(err, store.ErrNotFound):
		return err
	}
	return &fault{status: http.StatusUnprocessableEntity, text: err.Error(), next: "correct it and try again", err: err}
}

// at is the address of a page of the room. Empty values are left out.
func roomAt(page string, ws Workspace, pairs ...string) string {
	q := url.Values{"workspace": {ws.ID}}
	for i := 0; i+1 < len(pairs); i += 2 {
		if pairs[i+1] != "" {
			q.Set(pairs[i], pairs[i+1])
		}
	}
	return (&url.URL{Path: "/documents" + page, RawQuery: q.Encode()}).String()
}

func (s *server) roomRead(c *gin.Context, room Room, ws Workspace, q roomRequest) (string, any, error) {
	if q.Source == "" && len(q.Documents) == 0 && !q.Retry {
		return "", nil, badRequest("source", "required", "name a source, or documents, or ask for a retry of all")
	}
	err := room.Read(c.Request.Context(), ws.ID, RoomRead{Source: q.Source, Documents: q.Documents, Retry: q.Retry})
	to := roomAt("", ws, "done", "read")
	if q.Source != "" {
		to = roomAt("/source", ws, "name", q.Source, "done", "read")
	}
	return to, gin.H{"begun": true}, err
}

func (s *server) roomPause(paused bool) roomAction {
	return func(c *gin.Context, room Room, ws Workspace, q roomRequest) (string, any, error) {
		o, err := s.operator()
		if err != nil {
			return "", nil, err
		}
		if _, err := s.oneSource(c, room, ws, q.Source); err != nil {
			return "", nil, err
		}
		done := "resume"
		if paused {
			done = "pause"
		}
		return roomAt("/source", ws, "name", q.Source, "done", done), gin.H{"source": q.Source, "paused": paused}, o.Pause(c.Request.Context(), ws.ID, q.Source, paused)
	}
}

// oneSource is a source of a workspace by name.
func (s *server) oneSource(c *gin.Context, room Room, ws Workspace, name string) (RoomSource, error) {
	list, err := room.Sources(c.Request.Context(), ws.ID)
	if err != nil {
		return RoomSource{}, roomError(err)
	}
	if i := slices.IndexFunc(list, func(one RoomSource) bool { return one.Name == name }); i >= 0 {
		return list[i], nil
	}
	return RoomSource{}, fmt.Errorf("source %q: %w", name, store.ErrNotFound)
}

func (s *server) roomRemoveDo(c *gin.Context, room Room, ws Workspace, q roomRequest) (string, any, error) {
	if (q.Source == "") == (len(q.Documents) == 0) {
		return "", nil, badRequest("source", "name either a source or documents", "send one of them")
	}
	if q.DryRun {
		about(c, q.Source+strings.Join(q.Documents, ", "), "only asked what would go")
	}
	r, err := room.Remove(c.Request.Context(), ws.ID, RoomRemoval{Source: q.Source, Documents: q.Documents, Author: whoOf(c).Name, DryRun: q.DryRun})
	return roomAt("/removed", ws, "done", "remove"), r, err
}

func (s *server) roomRestore(c *gin.Context, room Room, ws Workspace, q roomRequest) (string, any, error) {
	h, err := room.Restore(c.Request.Context(), ws.ID, q.ID, whoOf(c).Name)
	return roomAt("/removed", ws, "done", "restore"), removalJSON(h), err
}

func (s *server) roomErase(c *gin.Context, room Room, ws Workspace, q roomRequest) (string, any, error) {
	h, err := room.Erase(c.Request.Context(), ws.ID, q.ID, whoOf(c).Name)
	return roomAt("/removed", ws, "done", "erase"), removalJSON(h), err
}

func (s *server) roomSourcesAPI(c *gin.Context) error {
	room, ws, err := s.room(c, c.Query("workspace"))
	if err != nil {
		return err
	}
	list, err := room.Sources(c.Request.Context(), ws.ID)
	if err != nil {
		return roomError(err)
	}
	c.JSON(http.StatusOK, gin.H{"workspace": ws.ID, "sources": list, "max_upload": s.o.MaxUpload})
	return nil
}

// roomFilter is what an address asks of the list.
func roomFilter(c *gin.Context) store.ListFilter {
	return store.ListFilter{
		Name: clip(strings.TrimSpace(c.Query("q")), 200), Source: c.Query("source"), Collection: c.Query("collection"), Type: c.Query("type"),
		Language: c.Query("language"), State: c.Query("state"), Shelving: c.Query("removal"),
	}
}

// roomListed is a page of documents; a name that is too short finds nothing
// and is no error.
func (s *server) roomListed(c *gin.Context, ws Workspace, limit int) (list []store.Document, next string, short bool, err error) {
	list, next, err = s.o.Store.ListDocuments(c.Request.Context(), ws.ID, roomFilter(c), c.Query("after"), limit)
	switch {
	case errors.Is(err, store.ErrShortName):
		return nil, "", true, nil
	case errors.Is(err, store.ErrInvalid):
		return nil, "", false, badRequest("state", "or after cannot be understood", "use a state of ok, problems, failed, empty or shelved, and what the page before gave as next")
	}
	return list, next, false, err
}

func (s *server) roomDocumentsAPI(c *gin.Context) error {
	ws, err := s.workspace(c, c.Query("workspace"))
	if err != nil {
		return err
	}
	limit, err := number(c, "limit", 50, 200)
	if err != nil {
		return err
	}
	list, next, short, err := s.roomListed(c, ws, limit)
	if err != nil {
		return err
	}
	if short {
		return badRequest("q", "no word of it has "+strconv.Itoa(store.MinName)+" characters", "send more of the name")
	}
	out := make([]documentJSON, len(list))
	for i, d := range list {
		out[i] = documentOf(d)
	}
	c.JSON(http.StatusOK, gin.H{"documents": out, "next": next})
	return nil
}

func removalJSON(h store.Shelving) gin.H {
	out := gin.H{"id": h.ID, "name": h.Name, "source": h.Source, "author": h.Author, "removed": h.Created, "documents": h.Documents, "passages": h.Passages}
	if !h.Ended.IsZero() {
		out["ended"], out["ending"], out["ended_by"] = h.Ended, h.Ending, h.Ender
	}
	return out
}

func (s *server) roomRemovedAPI(c *gin.Context) error {
	ws, err := s.workspace(c, c.Query("workspace"))
	if err != nil {
		return err
	}
	list, err := s.o.Store.Shelvings(c.Request.Context(), ws.ID, c.Query("before"), 50)
	if err != nil {
		return err
	}
	out := make([]gin.H, len(list))
	for i, h := range list {
		out[i] = removalJSON(h)
	}
	c.JSON(http.StatusOK, gin.H{"removed": out})
	return nil
}

// maxAsked is how many files may be asked after at once.
const maxAsked = 200

// roomKept tells what became of files: those to be sent, and those that were.
func (s *server) roomKept(c *gin.Context) error {
	var q struct {
		Workspace string     `json:"workspace"`
		Source    string     `json:"source"`
		Files     []RoomFile `json:"files"`
	}
	if err := readJSON(c, &q); err != nil {
		return err
	}
	room, ws, err := s.room(c, q.Workspace)
	if err != nil {
		return err
	}
	if len(q.Files) > maxAsked {
		return badRequest("files", strconv.Itoa(len(q.Files))+" are too many", "ask after at most "+strconv.Itoa(maxAsked))
	}
	list, err := room.Kept(c.Request.Context(), ws.ID, q.Source, q.Files)
	if err != nil {
		return roomError(err)
	}
	c.JSON(http.StatusOK, gin.H{"files": list})
	return nil
}

// uploadLater keeps a file and lets it be read in the background.
func (s *server) uploadLater(c *gin.Context, ws Workspace, name string) error {
	room, _, err := s.room(c, ws.ID)
	if err != nil {
		return err
	}
	f := RoomFile{Name: name, Size: c.Request.ContentLength}
	if text := c.Query("modified"); text != "" {
		if f.Modified, err = strconv.ParseInt(text, 10, 64); err != nil {
			return badRequest("modified", strconv.Quote(text)+" is no time", "send milliseconds since 1970, or leave it out")
		}
	}
	if err := room.Keep(c.Request.Context(), ws.ID, c.Param("source"), whoOf(c).Name, f, c.Request.Body); err != nil {
		if _, large := errors.AsType[*http.MaxBytesError](err); large {
			return s.tooLarge(name)
		}
		return roomError(err)
	}
	about(c, c.Param("source")+"/"+name, "")
	c.JSON(http.StatusAccepted, gin.H{"name": name, "state": KeptReading})
	return nil
}

// tooLarge says how large a file may be.
func (s *server) tooLarge(name string) error {
	return &fault{
		status: http.StatusRequestEntityTooLarge, text: fmt.Sprintf("%s is larger than a file may be: %d bytes", path.Base(name), s.o.MaxUpload),
		next: "split it, or set ingest.max_file_bytes in the configuration",
	}
}
