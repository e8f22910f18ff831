package web

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"path"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"

	"github.com/gin-gonic/gin"

	"github.com/sufflor/sufflor/index"
	"github.com/sufflor/sufflor/store"
	"github.com/sufflor/sufflor/suggest"
)

// Archive is what the viewer needs of a store: passages and drafts, and the
// documents as they are and as they were.
type Archive interface {
	Suggestion(ctx context.Context, workspace, id string) (store.Suggestion, error)
	Passages(ctx context.Context, workspace string, ids []string) (map[string]index.Passage, error)
	Around(ctx context.Context, workspace, id string, n int) ([]index.Passage, error)
	Document(ctx context.Context, workspace, id string) (store.Document, error)
	Versions(ctx context.Context, workspace, document string) ([]store.Version, error)
	VersionPassages(ctx context.Context, workspace, document string, version int) ([]index.Passage, error)
	Original(hash string) (*os.File, error)
}

// nearby is how many passages before and after the cited one are looked at.
const nearby = 50

// The states of a cited place.
const (
	placeCurrent = "current" // the document says it, there
	placeChanged = "changed" // a later version of the document does not
	placeGone    = "gone"    // the document is no more
)

// place is a passage as it was cited, and what is known today of where it
// stands.
type place struct {
	archive   Archive
	workspace string
	passage   index.Passage // as it was cited
	spans     [][2]int      // of its text, what the draft cites; none: all of it
	state     string

	suggestion     string // "" when no draft cites it
	n, at, of      int    // number of the source, and which one it is in the panel's order
	previous, next *citation
	document       store.Document  // zero when it is gone
	version        store.Version   // the one that holds the passage; Number 0 when none is kept
	around         []index.Passage // of that version, in order; the passage alone when there is none
	fix            *store.FixState // what an editor did to the passage since; nil: nothing
	moved          string          // id of the passage of the present version that says the same
}

// citation is a piece of evidence of a draft.
type citation struct {
	n       int
	passage string
}

// internal reports whether customers must not read it, as it is today or as
// it was cited.
func (p place) internal() bool {
	return p.passage.Audience != index.Public || p.state != placeGone && p.document.Audience != string(index.Public)
}

// address is that of a passage in the viewer, or with below "/api/passages/"
// and a further part that of a call.
func address(below, passage, part, workspace, suggestion string, n int) string {
	q := url.Values{"workspace": {workspace}}
	if suggestion != "" {
		q.Set("suggestion", suggestion)
		q.Set("source", strconv.Itoa(n))
	}
	return below + url.PathEscape(passage) + part + "?" + q.Encode()
}

func viewerAddress(workspace, suggestion string, n int, passage string) string {
	return address("/source/", passage, "", workspace, suggestion, n)
}

// PlaceRequest names a passage: one that is there now, or source number
// Source of a suggestion, which keeps it as it was cited.
type PlaceRequest struct {
	Workspace, Passage string
	Suggestion         string // may be empty
	Source             int    // from 1; 0 without a suggestion
}

// PlaceOf finds where a passage stands. Its errors wrap [store.ErrNotFound] or
// say what there is.
func PlaceOf(ctx context.Context, a Archive, q PlaceRequest) (Place, error) {
	p, err := placeOf(ctx, a, q)
	if err != nil {
		return Place{}, err
	}
	return p.public(), nil
}

// place is the place that the address names.
func (s *server) place(c *gin.Context) (place, error) {
	ws, err := s.workspace(c, c.Query("workspace"))
	if err != nil {
		return place{}, err
	}
	n, err := number(c, "source", 0, 1000)
	if err != nil {
		return place{}, err
	}
	a, ok := s.o.Store.(Archive)
	if !ok {
		return place{}, fmt.Errorf("open a source: %T keeps no documents", s.o.Store)
	}
	return placeOf(c.Request.Context(), a, PlaceRequest{Workspace: ws.ID, Passage: c.Param("id"), Suggestion: c.Query("suggestion"), Source: n})
}

func placeOf(ctx context.Context, a Archive, q PlaceRequest) (place, error) {
	p := place{archive: a, workspace: q.Workspace, suggestion: q.Suggestion, n: q.Source}
	live, err := a.Passages(ctx, q.Workspace, []string{q.Passage})
	if err != nil {
		return p, err
	}
	now, here := live[q.Passage]
	switch {
	case p.suggestion != "":
		if err := p.evidence(ctx, q.Passage); err != nil {
			return p, err
		}
	case here:
		p.passage = now
	default:
		return p, fmt.Errorf("passage %q: %w", q.Passage, store.ErrNotFound)
	}
	p.state, p.around = placeGone, []index.Passage{p.passage}
	p.document, err = a.Document(ctx, q.Workspace, p.passage.Document)
	if errors.Is(err, store.ErrNotFound) {
		return p, nil
	}
	if err != nil {
		return p, err
	}
	versions, err := a.Versions(ctx, q.Workspace, p.passage.Document)
	if errors.Is(err, store.ErrNotFound) { // it went this moment
		return p, nil
	}
	if err != nil {
		return p, err
	}
	versions = slices.DeleteFunc(versions, func(v store.Version) bool { return v.State != store.DocumentOK })
	if here && now.Text == p.passage.Text && now.Document == p.passage.Document {
		return p, p.present(ctx, versions)
	}
	if found, err := p.lookAside(ctx, versions); err != nil || found {
		return p, err
	}
	return p, p.lookBack(ctx, versions)
}

// lookAside finds what an editor did to the passage, in the version in use.
func (p *place) lookAside(ctx context.Context, versions []store.Version) (found bool, err error) {
	a, ok := p.archive.(interface {
		FixOf(ctx context.Context, workspace, passage string) (store.FixState, error)
		ReadPassages(ctx context.Context, workspace, document string, version int) ([]index.Passage, error)
	})
	if !ok {
		return false, nil
	}
	id := cmp.Or(p.passage.Corrected.Passage, p.passage.ID)
	f, err := a.FixOf(ctx, p.workspace, id)
	if errors.Is(err, store.ErrNotFound) || err == nil && f.State != store.FixApplies {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	list, err := a.ReadPassages(ctx, p.workspace, p.passage.Document, p.document.Version)
	at := slices.IndexFunc(list, func(x index.Passage) bool { return x.ID == id })
	if err != nil || at < 0 {
		return false, err
	}
	p.state, p.fix = placeChanged, &f
	p.around = slices.Clone(list[max(0, at-nearby):min(len(list), at+nearby+1)])
	p.around[min(at, nearby)] = p.passage
	if at := slices.IndexFunc(versions, func(v store.Version) bool { return v.Number == p.document.Version }); at >= 0 {
		p.version = versions[at]
	}
	return true, nil
}

// present completes a place that the document still has.
func (p *place) present(ctx context.Context, versions []store.Version) error {
	around, err := p.archive.Around(ctx, p.workspace, p.passage.ID, nearby)
	if errors.Is(err, store.ErrNotFound) { // it went this moment
		p.state = placeChanged
		return nil
	}
	if err != nil {
		return err
	}
	p.state, p.around = placeCurrent, around
	if at := slices.IndexFunc(versions, func(v store.Version) bool { return v.Current }); at >= 0 {
		p.version = versions[at]
	}
	return nil
}

// lookBack finds the version that had the passage, and where the present one
// says the same.
func (p *place) lookBack(ctx context.Context, versions []store.Version) error {
	p.state = placeChanged
	for _, v := range versions {
		list, err := p.archive.VersionPassages(ctx, p.workspace, p.passage.Document, v.Number)
		if errors.Is(err, store.ErrNotFound) {
			continue // it was forgotten this moment
		}
		if err != nil {
			return err
		}
		for i, x := range list {
			same := x.Text == p.passage.Text && x.Question == p.passage.Question
			if same && v.Current && p.moved == "" {
				p.moved = x.ID
			}
			if same && x.ID == p.passage.ID {
				p.version, p.around = v, list[max(0, i-nearby):min(len(list), i+nearby+1)]
				return nil
			}
		}
	}
	return nil
}

// evidence takes the passage from the draft that cites it.
func (p *place) evidence(ctx context.Context, id string) error {
	r, err := p.archive.Suggestion(ctx, p.workspace, p.suggestion)
	if err != nil {
		return err
	}
	if r.State == store.StateWithdrawn {
		return &fault{status: http.StatusNotFound, text: "suggestion " + r.ID + " was withdrawn", next: "open the panel"}
	}
	var body suggest.Suggestion
	if err := json.Unmarshal(r.Body, &body); err != nil {
		return fmt.Errorf("read suggestion %s: %w", r.ID, err)
	}
	if p.n < 1 || p.n > len(body.Evidence) || body.Evidence[p.n-1].Passage.ID != id {
		return &fault{status: http.StatusNotFound, text: "suggestion " + r.ID + " has no such source", next: "open it from the panel"}
	}
	p.passage, p.spans = body.Evidence[p.n-1].Passage, spans(body, p.n-1)
	p.order(body)
	return nil
}

// order finds the neighbours of source n as the panel lists them: what is
// cited first.
func (p *place) order(body suggest.Suggestion) {
	list := make([]citation, 0, len(body.Evidence))
	for _, cited := range []bool{true, false} {
		for i, e := range body.Evidence {
			if e.Cited == cited {
				list = append(list, citation{i + 1, e.Passage.ID})
			}
		}
	}
	at := slices.IndexFunc(list, func(x citation) bool { return x.n == p.n })
	p.at, p.of = at+1, len(list)
	if at > 0 {
		p.previous = &list[at-1]
	}
	if at+1 < len(list) {
		p.next = &list[at+1]
	}
}

// decoders is where pdf.js finds what it loads by a name of its own. The
// version stands in it, because browsers keep it for ever.
const decoders = "/static/pdfjs-5.6.205/"

// viewerRoutes adds the viewer's pages and calls.
func (s *server) viewerRoutes(e *gin.Engine) {
	const decoder = "openjpeg_nowasm_fallback.js"
	s.assets.files[strings.TrimPrefix(decoders, "/static")+decoder] = s.assets.files[strings.TrimPrefix(s.assets.urls[decoder], "/static")]
	e.GET("/source/:id", s.do(s.viewer, s.session))
	e.GET("/source/:id/original", s.do(s.original, s.session))
	e.GET("/api/passages/:id/place", s.do(s.passagePlace, s.caller))
	e.GET("/api/passages/:id/original", s.do(s.original, s.caller))
}

// viewer shows a source at the place that was cited.
func (s *server) viewer(c *gin.Context) error {
	p, err := s.place(c)
	if err != nil {
		return err
	}
	ws, err := s.workspace(c, p.workspace)
	if err != nil {
		return err
	}
	words := s.in(ws)
	v := words.opened(p)
	if v.Original, err = p.original(c.Request.Context(), "/source/"); err != nil {
		return err
	}
	if v.Original != "" && pdfPlace(p) {
		if v.PDF, err = words.pdf(p, v.Original, s.assets); err != nil {
			return err
		}
	}
	return s.page(c, http.StatusOK, ws, "viewer", v)
}

// Place is where a passage stands, and what became of it.
type Place struct {
	State    string          `json:"state"` // current, changed or gone
	Internal bool            `json:"internal"`
	Passage  index.Passage   `json:"passage"` // as it was cited
	Cited    [][2]int        `json:"cited"`   // bytes of its text, from and to
	Where    string          `json:"where"`   // the locator in words
	Around   []index.Passage `json:"around"`  // of the version that has the passage, in order, with it
	Document string          `json:"document"`
	Path     string          `json:"path,omitempty"` // of the document, when there is one
	Version  int             `json:"version,omitempty"`
	Read     time.Time       `json:"read,omitzero"`      // when that version was read
	Moved    string          `json:"moved,omitempty"`    // passage of the present version that says the same
	Fix      *Fixed          `json:"fix,omitempty"`      // what an editor did to it since
	Original string          `json:"original,omitempty"` // address of the document's bytes, when they are kept
}

func (s *server) passagePlace(c *gin.Context) error {
	p, err := s.place(c)
	if err != nil {
		return err
	}
	out := p.public()
	if out.Original, err = p.original(c.Request.Context(), "/api/passages/"); err != nil {
		return err
	}
	c.JSON(http.StatusOK, out)
	return nil
}

func (p place) public() Place {
	out := Place{
		State: p.state, Internal: p.internal(), Passage: p.passage, Cited: p.spans, Where: p.passage.Locator.String(), Around: p.around,
		Document: p.passage.Document, Path: p.document.Path, Version: p.version.Number, Read: p.version.Ingested, Moved: p.moved,
	}
	if p.fix != nil {
		fixed := NewFixed(*p.fix, true)
		out.Fix = &fixed
	}
	if out.Cited == nil {
		out.Cited = [][2]int{}
	}
	return out
}

// original is the address of the bytes of the version that holds the
// passage, or "" where they are not kept or not for agents: a file of solved
// cases holds what was masked in the passages.
func (p place) original(ctx context.Context, below string) (string, error) {
	if p.version.Original == "" {
		return "", nil
	}
	masked, err := p.masked(ctx)
	if err != nil || masked {
		return "", err
	}
	return address(below, p.passage.ID, "/original", p.workspace, p.suggestion, p.n), nil
}

// masked reports whether the version holds solved cases.
func (p place) masked(ctx context.Context) (bool, error) {
	solved := func(x index.Passage) bool { return x.Kind == index.KindCase }
	switch {
	case solved(p.passage) || slices.ContainsFunc(p.around, solved):
		return true, nil
	case pdfPlace(p):
		return false, nil // no PDF is read as cases, and it is asked for in many pieces
	}
	list, err := p.archive.VersionPassages(ctx, p.workspace, p.passage.Document, p.version.Number)
	if err != nil {
		return false, err
	}
	return slices.ContainsFunc(list, solved), nil
}

// originalTime bounds how long a file may take to be sent.
const originalTime = 15 * time.Minute

// originalPolicy is for bytes that others made: were a browser to show them,
// nothing in them would run or load.
const originalPolicy = "default-src 'none'; sandbox; frame-ancestors 'none'"

// original sends the document's own bytes, as a file to be kept and never as
// a page.
func (s *server) original(c *gin.Context) error {
	p, err := s.place(c)
	if err != nil {
		return err
	}
	kept, err := p.original(c.Request.Context(), "")
	if err != nil {
		return err
	}
	if kept == "" {
		return &fault{status: http.StatusNotFound, text: "the original of " + p.passage.Source + " is not kept here", next: "look for it where the documents come from; see ingest.keep_originals"}
	}
	return s.sendOriginal(c, p.version.Original, p.document)
}

// types are what the kinds of documents are called on the web, by extension.
var types = map[string]string{
	"txt": "text/plain", "md": "text/markdown", "markdown": "text/markdown", "csv": "text/csv", "tsv": "text/tab-separated-values",
	"html": "text/html", "htm": "text/html", "xhtml": "application/xhtml+xml", "xml": "application/xml", "svg": "image/svg+xml", "json": "application/json",
	"eml": "message/rfc822", "rtf": "application/rtf", "doc": "application/msword", "xls": "application/vnd.ms-excel", "ppt": "application/vnd.ms-powerpoint",
	"msg":  "application/vnd.ms-outlook",
	"docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
	"xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
	"pptx": "application/vnd.openxmlformats-officedocument.presentationml.presentation",
	"odt":  "application/vnd.oasis.opendocument.text", "ods": "application/vnd.oasis.opendocument.spreadsheet", "odp": "application/vnd.oasis.opendocument.presentation",
	"png": "image/png", "jpg": "image/jpeg", "jpeg": "image/jpeg", "tif": "image/tiff", "tiff": "image/tiff",
}

// originalType is the media type of a kept file. Only a PDF file is told from
// its bytes: a name may promise one and hold something else.
func originalType(f io.ReaderAt, extension string) (string, error) {
	head := make([]byte, 1024) // readers look for the mark in so much, ISO 32000-2 Annex I
	n, err := f.ReadAt(head, 0)
	if err != nil && !errors.Is(err, io.EOF) {
		return "", err
	}
	if bytes.Contains(head[:n], []byte("%PDF-")) {
		return "application/pdf", nil
	}
	if kind, ok := types[extension]; ok {
		return kind, nil
	}
	return "application/octet-stream", nil
}

// fileName is what a document is called when it is saved.
func fileName(source string) string {
	if u, err := url.Parse(source); err == nil && u.Scheme != "" && u.Host != "" {
		source = u.Path
	}
	name := strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r) {
			return -1
		}
		return r
	}, strings.ToValidUTF8(path.Base(strings.ReplaceAll(source, `\`, "/")), ""))
	if strings.Trim(name, "./ ") == "" {
		return "document"
	}
	return name
}
