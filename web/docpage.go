package web

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/sufflor/sufflor/index"
	"github.com/sufflor/sufflor/store"
)

// Addresses of the pages about documents.
const (
	documentsPage  = "/documents" // what there is of them
	documentPage   = "/documents/view"
	playgroundPage = "/documents/playground"
)

// passagesPage is how many passages of a document stand on one page.
const passagesPage = 20

func (s *server) docRoutes(e *gin.Engine) {
	e.GET(documentPage, s.do(s.signedIn(s.documentView), anyone))
	e.POST(documentPage+"/fix", s.do(s.fixForm, s.session))
	e.GET("/documents/original", s.do(s.documentOriginal, s.session))
	e.GET(playgroundPage, s.do(s.signedIn(s.playground), anyone))
	e.GET("/api/documents/:id", s.do(s.documentCall, s.caller))
	e.GET("/api/documents/:id/changes", s.do(s.changesCall, s.caller))
	e.GET("/api/documents/:id/original", s.do(s.documentOriginal, s.caller))
	s.fixRoutes(e)
}

// opened is a document with all that its page shows.
type opened struct {
	ws       Workspace
	document store.Document
	versions []store.Version // newest first
	passages []index.Passage // of the version in use, as they were read
	fixes    []store.FixState
	history  []store.Fix
	citing   store.Citing
}

// open reads a document. An id that this workspace does not have is not found.
func (s *server) openDocument(ctx context.Context, ws Workspace, id string) (o opened, err error) {
	o.ws = ws
	if o.document, err = s.o.Store.Document(ctx, ws.ID, id); err != nil {
		return o, err
	}
	if o.versions, err = s.o.Store.Versions(ctx, ws.ID, id); err != nil {
		return o, err
	}
	if o.passages, err = s.o.Store.ReadPassages(ctx, ws.ID, id, o.document.Version); err != nil && !errors.Is(err, store.ErrNotFound) {
		return o, err
	}
	if o.history, o.fixes, err = s.o.Store.Fixes(ctx, ws.ID, id); err != nil {
		return o, err
	}
	o.citing, err = s.o.Store.Citing(ctx, ws.ID, id, 10)
	return o, err
}

// fixOf is the newest fix of a passage, by its id as it was read.
func (o opened) fixOf(id string) (store.FixState, bool) {
	at := slices.IndexFunc(o.fixes, func(f store.FixState) bool {
		return f.Passage == id && f.State != store.FixLost && f.State != store.FixGone
	})
	if at < 0 {
		return store.FixState{}, false
	}
	return o.fixes[at], true
}

// cited is how many suggestions cite a passage, as it is in use.
func (o opened) cited(id string) int {
	if f, ok := o.fixOf(id); ok && f.Live != "" {
		id = f.Live
	}
	return o.citing.Passages[id]
}

// current is the version in use; its Number is 0 when there is none.
func (o opened) current() store.Version {
	for _, v := range o.versions {
		if v.State == store.DocumentOK && v.Number == o.document.Version {
			return v
		}
	}
	return store.Version{}
}

// place is where a passage of the document stands.
func (o opened) place(a Archive, at int) place {
	p := o.passages[at]
	return place{
		archive: a, workspace: o.ws.ID, passage: p, state: placeCurrent, document: o.document, version: o.current(),
		around: o.passages[max(0, at-nearby):min(len(o.passages), at+nearby+1)],
	}
}

// original is the address of the document's bytes, "" when they are not kept
// or hold what was masked in its solved cases.
func (o opened) original() string {
	if o.current().Original == "" || slices.ContainsFunc(o.passages, func(p index.Passage) bool { return p.Kind == index.KindCase }) {
		return ""
	}
	return "/documents/original?" + url.Values{"workspace": {o.ws.ID}, "id": {o.document.ID}}.Encode()
}

// documentID is the one that a page's or a call's address names.
func documentID(c *gin.Context) string { return cmp.Or(c.Param("id"), c.Query("id")) }

func (s *server) documentView(c *gin.Context) error {
	ws, err := s.workspace(c, c.Query("workspace"))
	if err != nil {
		return err
	}
	return s.showDocument(c, ws, c.Query("id"), http.StatusOK, nil)
}

// unsaved is a fix that could not be made, as it was typed.
type unsaved struct {
	Passage, Action, Text, Reason, Problem string
}

// showDocument renders the page of a document. What could not be saved stands
// in its form again.
func (s *server) showDocument(c *gin.Context, ws Workspace, id string, status int, typed *unsaved) error {
	about(c, id, "")
	o, err := s.openDocument(c.Request.Context(), ws, id)
	if err != nil {
		return err
	}
	q := docQuery{at: cmp.Or(c.Query("at"), c.PostForm("passage")), only: c.Query("only"), done: c.Query("done")}
	if q.page, err = number(c, "page", 0, 1_000_000); err != nil {
		return err
	}
	if q.from, err = number(c, "from", 0, 1_000_000_000); err != nil {
		return err
	}
	if q.to, err = number(c, "to", 0, 1_000_000_000); err != nil {
		return err
	}
	p := s.in(ws)
	v := p.document(o, q, typed, s.o.Now())
	v.docFrame = s.docFrame(c, ws, "", o.document.Title)
	if q.from > 0 && q.to > 0 {
		d, err := s.changes(c.Request.Context(), o, q.from, q.to)
		if err != nil {
			return err
		}
		v.Changes = p.changes(d, o.document)
	}
	if at := v.at; at >= 0 {
		place := o.place(s.o.Store, at)
		v.Place = p.opened(place)
		v.Place.NotKept = false
		v.Original = o.original()
		if v.Original != "" && pdfPlace(place) {
			if v.Place.PDF, err = p.pdf(place, v.Original, s.assets); err != nil {
				return err
			}
		}
	}
	return s.page(c, status, ws, "docpage", v)
}

// changes compares two versions of a document.
func (s *server) changes(ctx context.Context, o opened, from, to int) (DocumentChanges, error) {
	var read [2][]index.Passage
	for i, n := range []int{from, to} {
		var err error
		if read[i], err = s.o.Store.ReadPassages(ctx, o.ws.ID, o.document.ID, n); err != nil {
			if errors.Is(err, store.ErrNotFound) {
				err = &fault{status: http.StatusNotFound, text: fmt.Sprintf("version %d of this document is not kept", n), next: "compare others; see ingest.keep_versions", err: err}
			}
			return DocumentChanges{}, err
		}
	}
	d := compare(read[0], read[1])
	d.From, d.To = from, to
	return d, nil
}

// fixForm changes a passage from the page. What cannot be saved is not lost:
// it stands in the form again, with what is wrong.
func (s *server) fixForm(c *gin.Context) error {
	if err := c.Request.ParseForm(); err != nil {
		return bodyError(err)
	}
	ws, err := s.workspace(c, c.PostForm("workspace"))
	if err != nil {
		return err
	}
	action, ok := fixActions[c.PostForm("action")]
	if !ok {
		return badRequest("action", strconv.Quote(clip(c.PostForm("action"), 40))+" is unknown", "use one of: exclude, correct, restore")
	}
	id, passage := c.PostForm("id"), c.PostForm("passage")
	seen, err := strconv.ParseInt(cmp.Or(c.PostForm("seen"), "-1"), 10, 64)
	if err != nil {
		return badRequest("seen", "is not a number", "open the page again")
	}
	author, err := fixAuthor(c, s.reviewer(c))
	if err != nil {
		return err
	}
	f := store.Fix{Workspace: ws.ID, Passage: passage, Action: action, Text: c.PostForm("text"), Reason: c.PostForm("reason"), Author: author, Seen: seen}
	done, err := s.fix(c, f)
	if problem, ok := errors.AsType[*fault](err); ok && problem.status < http.StatusInternalServerError {
		words := s.in(ws).fixProblem(problem)
		return s.showDocument(c, ws, id, problem.status, &unsaved{Passage: passage, Action: c.PostForm("action"), Text: f.Text, Reason: f.Reason, Problem: words})
	}
	if err != nil {
		return err
	}
	c.Redirect(http.StatusSeeOther, documentAddress(ws.ID, done.Document, "at", done.Passage, "done", done.Action)+"#p-"+url.PathEscape(done.Passage))
	return nil
}

// documentAddress is that of a document's page.
func documentAddress(workspace, id string, pairs ...string) string {
	return addressOfPage(documentPage, append([]string{"workspace", workspace, "id", id}, pairs...)...)
}

// addressOfPage is a path with a query. Empty values are left out.
func addressOfPage(path string, pairs ...string) string {
	q := url.Values{}
	for i := 0; i+1 < len(pairs); i += 2 {
		if pairs[i+1] != "" {
			q.Set(pairs[i], pairs[i+1])
		}
	}
	return (&url.URL{Path: path, RawQuery: q.Encode()}).String()
}

// documentOriginal sends a document's own bytes, as they were when the version
// in use was read.
func (s *server) documentOriginal(c *gin.Context) error {
	ws, err := s.workspace(c, c.Query("workspace"))
	if err != nil {
		return err
	}
	about(c, documentID(c), "")
	o, err := s.openDocument(c.Request.Context(), ws, documentID(c))
	if err != nil {
		return err
	}
	if o.original() == "" {
		return &fault{status: http.StatusNotFound, text: "the original of " + o.document.Path + " is not kept here", next: "look for it where the documents come from; see ingest.keep_originals"}
	}
	return s.sendOriginal(c, o.current().Original, o.document)
}

// sendOriginal sends bytes that others made, as a file to be kept and never as
// a page.
func (s *server) sendOriginal(c *gin.Context, hash string, d store.Document) error {
	f, err := s.o.Store.Original(hash)
	if err != nil {
		return err
	}
	defer f.Close() //nolint:errcheck // it was only read
	kind, err := originalType(f, d.Type)
	if err != nil {
		return fmt.Errorf("original of %s: %w", d.Path, err)
	}
	h := c.Writer.Header()
	h.Set("Content-Security-Policy", originalPolicy)
	h.Set("Content-Type", kind)
	h.Set("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": fileName(d.Path)}))
	h.Set("ETag", `"`+hash+`"`)
	_ = http.NewResponseController(c.Writer).SetWriteDeadline(time.Now().Add(originalTime)) // recorders in tests have none
	http.ServeContent(c.Writer, c.Request, "", time.Time{}, f)
	return nil
}

// passageJSON is a passage in the API, with what was done to it.
type passageJSON struct {
	Passage index.Passage `json:"passage"` // as it was read
	Where   string        `json:"where"`   // the locator in words
	Cited   int           `json:"cited"`   // suggestions that cite it
	Fix     *Fixed        `json:"fix,omitempty"`
}

// documentCall tells of one document all that its page shows.
func (s *server) documentCall(c *gin.Context) error {
	ws, err := s.workspace(c, c.Query("workspace"))
	if err != nil {
		return err
	}
	from, err := number(c, "from", 1, 10_000_000)
	if err != nil {
		return err
	}
	limit, err := number(c, "limit", 100, 1000)
	if err != nil {
		return err
	}
	o, err := s.openDocument(c.Request.Context(), ws, c.Param("id"))
	if err != nil {
		return err
	}
	c.JSON(http.StatusOK, o.public(from, limit))
	return nil
}

// public is a document in the API, with up to limit passages from the
// from-th on.
func (o opened) public(from, limit int) any {
	type versionJSON struct {
		Version  int       `json:"version"`
		State    string    `json:"state"`
		Current  bool      `json:"current,omitempty"`
		Ingested time.Time `json:"ingested"`
		Modified time.Time `json:"modified,omitzero"`
		Size     int64     `json:"size"`
		Pages    int       `json:"pages"`
		Words    int       `json:"words"`
		Passages int       `json:"passages"`
		Code     string    `json:"code,omitempty"`
		Error    string    `json:"error,omitempty"`
	}
	type countJSON struct {
		Flag   string `json:"flag"`
		Action string `json:"action,omitempty"` // what an agent did; empty: nothing yet
		N      int    `json:"n"`
	}
	type draftJSON struct {
		Suggestion string    `json:"suggestion"`
		Created    time.Time `json:"created"`
		Flag       string    `json:"flag"`
		Action     string    `json:"action,omitempty"`
		Stale      bool      `json:"stale,omitempty"`
	}
	var out struct {
		Document documentJSON  `json:"document"`
		Versions []versionJSON `json:"versions"`
		Total    int           `json:"total"` // passages as read
		Passages []passageJSON `json:"passages"`
		Lost     []Fixed       `json:"lost"` // fixes that no longer apply
		History  []Fixed       `json:"history"`
		Cited    struct {
			Suggestions int         `json:"suggestions"`
			Counts      []countJSON `json:"counts"`
			Latest      []draftJSON `json:"latest"`
		} `json:"cited"`
	}
	out.Document, out.Total, out.Lost, out.History = documentOf(o.document), len(o.passages), []Fixed{}, []Fixed{}
	for _, v := range o.versions {
		out.Versions = append(out.Versions, versionJSON{
			v.Number, v.State, v.Current, v.Ingested, v.Modified, v.Size, v.Pages, v.Words, v.Passages, v.Code, v.Error,
		})
	}
	first := min(from-1, len(o.passages))
	out.Passages = []passageJSON{}
	for _, p := range o.passages[first:min(len(o.passages), first+limit)] {
		x := passageJSON{Passage: p, Where: p.Locator.String(), Cited: o.cited(p.ID)}
		if f, ok := o.fixOf(p.ID); ok {
			fixed := NewFixed(f, true)
			x.Fix = &fixed
		}
		out.Passages = append(out.Passages, x)
	}
	for _, f := range o.fixes {
		if f.State == store.FixLost {
			out.Lost = append(out.Lost, NewFixed(f, true))
		}
	}
	for _, f := range o.history {
		out.History = append(out.History, NewFixed(store.FixState{Fix: f}, true))
	}
	out.Cited.Suggestions, out.Cited.Counts, out.Cited.Latest = o.citing.Suggestions, []countJSON{}, []draftJSON{}
	for _, n := range o.citing.Counts {
		out.Cited.Counts = append(out.Cited.Counts, countJSON(n))
	}
	for _, d := range o.citing.Latest {
		out.Cited.Latest = append(out.Cited.Latest, draftJSON{d.ID, d.Created, d.Flag, d.Action, d.Stale})
	}
	return out
}

// changesCall tells what changed between two versions.
func (s *server) changesCall(c *gin.Context) error {
	ws, err := s.workspace(c, c.Query("workspace"))
	if err != nil {
		return err
	}
	o, err := s.openDocument(c.Request.Context(), ws, c.Param("id"))
	if err != nil {
		return err
	}
	from, err := number(c, "from", 0, 1_000_000_000)
	if err != nil {
		return err
	}
	to, err := number(c, "to", 0, 1_000_000_000)
	if err != nil {
		return err
	}
	if from == 0 || to == 0 {
		return badRequest("from, to", "both are required", "name two versions; GET /api/documents/:id lists them")
	}
	d, err := s.changes(c.Request.Context(), o, from, to)
	if err != nil {
		return err
	}
	c.JSON(http.StatusOK, d)
	return nil
}
