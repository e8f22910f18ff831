package web

import (
	"archive/zip"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/sufflor/sufflor/access"
	"github.com/sufflor/sufflor/store"
)

// maxSubject bounds a name or id that is looked for, in bytes.
const maxSubject = 500

type dataView struct {
	settingsFrame
	retentionJSON
	Ran      *ageView
	Subject  store.Subject
	Kind     string // customer, conversation or message
	Asked    bool   // somebody looked
	Found    store.Holdings
	Active   []*ageView // of Found
	Wrong    string     // the key of what is wrong with the subject
	Mistyped bool
	Erased   *store.Holdings // what was erased just now
	Retained *store.Holdings
}

func (s *server) dataPage(c *gin.Context) error {
	ws, err := s.workspace(c, c.Query("workspace"))
	if err != nil {
		return err
	}
	return s.showData(c, http.StatusOK, ws, dataView{Kind: "customer"})
}

func (s *server) showData(c *gin.Context, status int, ws Workspace, v dataView) (err error) {
	p, now := s.in(ws), s.o.Now()
	v.settingsFrame = s.settingsFrame(c, ws, "data")
	if v.retentionJSON, err = s.retention(c.Request.Context(), ws); err != nil {
		return err
	}
	v.Ran = p.when(v.LastRun, now)
	for _, h := range v.Found.Conversations {
		v.Active = append(v.Active, p.when(h.Active, now))
	}
	return s.page(c, status, ws, "settings_data", v)
}

// subjectOf is the subject of a form, which sends the fields of all kinds.
func subjectOf(c *gin.Context) (who store.Subject, kind string) {
	kind = c.PostForm("kind")
	who.Desk = strings.TrimSpace(c.PostForm("desk"))
	name := strings.TrimSpace(c.PostForm("name"))
	switch kind {
	case "message":
		who.Conversation, who.Message = strings.TrimSpace(c.PostForm("of")), name
	case "conversation":
		who.Conversation = name
	default:
		kind, who.Customer = "customer", name
	}
	return who, kind
}

func small(who store.Subject) bool {
	return max(len(who.Customer), len(who.Desk), len(who.Conversation), len(who.Message)) <= maxSubject
}

// dataForm looks, erases, or runs the retention.
func (s *server) dataForm(c *gin.Context) error {
	ws, err := s.formFor(c)
	if err != nil {
		return err
	}
	if c.PostForm("do") == "retention" {
		h, err := s.retain(c, ws)
		if err != nil {
			return err
		}
		return s.showData(c, http.StatusOK, ws, dataView{Kind: "customer", Retained: &h})
	}
	v := dataView{}
	v.Subject, v.Kind = subjectOf(c)
	if v.Subject.Validate() != nil || !small(v.Subject) || v.Kind == "message" && v.Subject.Message == "" {
		v.Wrong = "data_name_needed"
		return s.showData(c, http.StatusUnprocessableEntity, ws, v)
	}
	v.Asked = true
	if c.PostForm("do") == "erase" && strings.TrimSpace(c.PostForm("confirm")) == v.Subject.Name() {
		h, err := s.erase(c, ws, v.Subject)
		if err != nil {
			return err
		}
		return s.showData(c, http.StatusOK, ws, dataView{Kind: v.Kind, Erased: &h})
	}
	if v.Found, err = s.look(c, ws, v.Subject); err != nil {
		return err
	}
	status := http.StatusOK
	if v.Mistyped = c.PostForm("do") == "erase"; v.Mistyped {
		status = http.StatusUnprocessableEntity
	}
	return s.showData(c, status, ws, v)
}

// look is a dry run: what an erasure would take.
func (s *server) look(c *gin.Context, ws Workspace, who store.Subject) (store.Holdings, error) {
	h, err := s.o.Store.Holdings(c.Request.Context(), ws.ID, who)
	if err == nil {
		s.note(c, "data.looked", who.Digest(), summary(h))
	}
	return h, err
}

func (s *server) erase(c *gin.Context, ws Workspace, who store.Subject) (store.Holdings, error) {
	// A browser that gives up must not leave half of it.
	return Erase(context.WithoutCancel(c.Request.Context()), s.o.Store, s.desk, whoOf(c), ws.ID, who)
}

// eraser erases all that is kept of a subject.
type eraser interface {
	Erase(ctx context.Context, workspace string, who store.Subject) (store.Holdings, error)
}

// Erase erases all that is kept of a subject and writes to the audit log who
// had it done. The log names the subject by a digest only.
func Erase(ctx context.Context, e eraser, desk access.Desk, by access.Who, workspace string, who store.Subject) (store.Holdings, error) {
	h, err := e.Erase(ctx, workspace, who)
	detail := summary(h)
	if err != nil {
		detail = "not complete: " + detail
	}
	if logErr := desk.Log(ctx, by, workspace, "data.erased", who.Digest(), detail); logErr != nil && err == nil {
		err = logErr
	}
	return h, err
}

// WriteExport writes a zip with all that is kept of a subject: a JSON file for
// each kind of record, and a list of what is in it.
func WriteExport(ctx context.Context, e exporter, workspace string, who store.Subject, now time.Time) ([]byte, store.Holdings, error) {
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	write := func(name string, v any) error {
		f, err := z.CreateHeader(&zip.FileHeader{Name: name, Method: zip.Deflate, Modified: now.UTC()})
		if err != nil {
			return err
		}
		enc := json.NewEncoder(f)
		enc.SetIndent("", "  ")
		enc.SetEscapeHTML(false)
		return enc.Encode(v)
	}
	files := []string{}
	h, err := e.Export(ctx, workspace, who, func(table string, rows []map[string]any) error {
		files = append(files, table+".json")
		return write(table+".json", rows)
	})
	if err == nil {
		err = write("contents.json", map[string]any{"workspace": workspace, "subject": who, "exported": now.UTC().Format(time.RFC3339), "files": files, "found": h})
	}
	if err == nil {
		err = z.Close()
	}
	if err != nil {
		return nil, h, fmt.Errorf("export: %w", err)
	}
	return b.Bytes(), h, nil
}

// exporter tells all that is kept of a subject.
type exporter interface {
	Export(ctx context.Context, workspace string, who store.Subject, each func(table string, rows []map[string]any) error) (store.Holdings, error)
}

func (s *server) export(c *gin.Context, ws Workspace, who store.Subject) error {
	data, h, err := WriteExport(c.Request.Context(), s.o.Store, ws.ID, who, s.o.Now())
	if err != nil {
		return err
	}
	about(c, who.Digest(), summary(h))
	c.Header("Content-Disposition", `attachment; filename="sufflor-export.zip"`)
	c.Data(http.StatusOK, "application/zip", data)
	return nil
}

func (s *server) dataExportForm(c *gin.Context) error {
	ws, err := s.formFor(c)
	if err != nil {
		return err
	}
	who, _ := subjectOf(c)
	if who.Validate() != nil || !small(who) {
		return badRequest("name", "required", "name a customer, a conversation or a message")
	}
	return s.export(c, ws, who)
}

func (s *server) dataAPI(c *gin.Context) error {
	ws, err := s.workspace(c, c.Query("workspace"))
	if err != nil {
		return err
	}
	r, err := s.retention(c.Request.Context(), ws)
	if err != nil {
		return err
	}
	c.JSON(http.StatusOK, r)
	return nil
}

// DataRequest names what the API looks for, exports or erases.
type DataRequest struct {
	Workspace string `json:"workspace"`
	store.Subject

	Confirm string `json:"confirm,omitempty"` // the name once more; required to erase
	DryRun  bool   `json:"dry_run,omitempty"` // of the retention: only count
}

func (s *server) dataRequest(c *gin.Context, named bool) (Workspace, DataRequest, error) {
	var q DataRequest
	if err := readJSON(c, &q); err != nil {
		return Workspace{}, q, err
	}
	ws, err := s.workspace(c, q.Workspace)
	if err != nil {
		return ws, q, err
	}
	if err := q.Validate(); named && (err != nil || !small(q.Subject)) {
		text := "too long"
		if err != nil {
			text = strings.TrimSuffix(err.Error(), ": "+store.ErrInvalid.Error())
		}
		return ws, q, badRequest("subject", text, "send customer, or conversation and perhaps message")
	}
	return ws, q, nil
}

func (s *server) dataLookAPI(c *gin.Context) error {
	ws, q, err := s.dataRequest(c, true)
	if err != nil {
		return err
	}
	h, err := s.o.Store.Holdings(c.Request.Context(), ws.ID, q.Subject)
	if err != nil {
		return err
	}
	about(c, q.Digest(), summary(h))
	c.JSON(http.StatusOK, h)
	return nil
}

func (s *server) dataEraseAPI(c *gin.Context) error {
	ws, q, err := s.dataRequest(c, true)
	if err != nil {
		return err
	}
	if q.Confirm != q.Name() {
		return &fault{status: http.StatusUnprocessableEntity, text: "confirm: must repeat the name that is to be erased", next: "look with POST /api/settings/data/look first"}
	}
	h, err := s.erase(c, ws, q.Subject)
	if err != nil {
		return err
	}
	c.JSON(http.StatusOK, h)
	return nil
}

func (s *server) dataExportAPI(c *gin.Context) error {
	ws, q, err := s.dataRequest(c, true)
	if err != nil {
		return err
	}
	return s.export(c, ws, q.Subject)
}

func (s *server) dataRetentionAPI(c *gin.Context) error {
	ws, q, err := s.dataRequest(c, false)
	if err != nil {
		return err
	}
	var h store.Holdings
	if q.DryRun && s.settings().KeepDays > 0 {
		h, err = s.o.Store.Expired(c.Request.Context(), ws.ID, s.expiry())
	} else {
		h, err = s.retain(c, ws)
	}
	if err != nil {
		return err
	}
	c.JSON(http.StatusOK, h)
	return nil
}
