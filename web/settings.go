package web

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/sufflor/sufflor/access"
	"github.com/sufflor/sufflor/connectors"
	"github.com/sufflor/sufflor/store"
	"github.com/sufflor/sufflor/suggest"
)

// Settings are what the pages for those who run the server know beyond the
// records. Its functions may be nil: what they tell is shown as not known.
type Settings struct {
	PublicURL string        // as desks and browsers reach us; empty: not configured
	Model     *ModelSetting // nil: drafts are quotations
	// TestModel asks the model for a tiny reply.
	TestModel func(ctx context.Context) ModelTry
	// Embedder tells how far the vectors of a workspace are; nil: there are none.
	Embedder func(workspace string) EmbedderState
	// Disk is the space where the data is, in bytes.
	Disk func() (free, total uint64, err error)
	// Pending counts the documents that the index has yet to learn.
	Pending func(ctx context.Context) (int, error)
	// Configured are the guidelines of a workspace before anybody saved some.
	Configured func(workspace string) suggest.Guidelines
	// Preview asks a stored suggestion's question again with other guidelines.
	Preview func(ctx context.Context, rec store.Suggestion, g suggest.Guidelines) (suggest.Suggestion, error)

	KeepDays      int  // how long conversations are kept; 0: until somebody erases them
	KeepVersions  int  // of a document
	KeepOriginals bool // the bytes of what was read
}

// ModelSetting is the configured model, without its key.
type ModelSetting struct {
	Name          string        `json:"name"` // provider/model
	Host          string        `json:"host,omitempty"`
	Key           bool          `json:"key"` // whether one is set
	Local         bool          `json:"local"`
	Translate     bool          `json:"translate"`
	Rerank        bool          `json:"rerank"`
	Deadline      time.Duration `json:"-"`
	MaxTokens     int           `json:"max_tokens"`
	Context       int           `json:"context"`
	Currency      string        `json:"currency,omitempty"`
	MonthlySpend  float64       `json:"monthly_spend,omitempty"`  // 0: no cap
	MonthlyTokens int64         `json:"monthly_tokens,omitempty"` // 0: no cap
	// Resting reports whether it failed so often that it is left alone.
	Resting func() bool `json:"-"`
}

// ModelTry is how a test of the model went.
type ModelTry struct {
	Model     string  `json:"model"`
	Named     string  `json:"named,omitempty"` // by the server
	OK        bool    `json:"ok"`
	Obeys     bool    `json:"obeys_schema"`
	FirstMS   float64 `json:"first_piece_ms,omitempty"`
	TotalMS   float64 `json:"total_ms"`
	TokensIn  int     `json:"tokens_in,omitempty"`
	TokensOut int     `json:"tokens_out,omitempty"`
	Estimated bool    `json:"tokens_estimated,omitempty"`
	Cause     string  `json:"cause,omitempty"`
	Next      string  `json:"next,omitempty"` // the step to take
}

// EmbedderState is how far the vectors of a workspace are.
type EmbedderState struct {
	Model    string `json:"model"`
	State    string `json:"state"`
	Vectors  int    `json:"vectors"`
	Passages int    `json:"passages,omitempty"`
	Failed   int    `json:"failed,omitempty"`
	Error    string `json:"error,omitempty"`
}

// settingsRecords is what the settings need of the store.
type settingsRecords interface {
	Desk(ctx context.Context, name string) (store.Desk, error)
	Waiting(ctx context.Context, workspace, desk string) (store.Waiting, error)
	LastUpkeep(ctx context.Context, kind, workspace string) (store.Upkeep, error)
	SaveUpkeep(ctx context.Context, kind, workspace string, report any) error
	SetLanguage(ctx context.Context, person, language string) error
	MonthSpend(ctx context.Context, workspace, month string) (store.Spend, error)
	ModelUse(ctx context.Context, workspace string, since time.Time) (store.ModelUse, error)
	Guidelines(ctx context.Context, workspace string, version int) (store.Guidelines, error)
	GuidelinesHistory(ctx context.Context, workspace string, limit int) ([]store.Guidelines, error)
	Holdings(ctx context.Context, workspace string, who store.Subject) (store.Holdings, error)
	Erase(ctx context.Context, workspace string, who store.Subject) (store.Holdings, error)
	Expired(ctx context.Context, workspace string, before time.Time) (store.Holdings, error)
	EraseExpired(ctx context.Context, workspace string, before time.Time) (store.Holdings, error)
	Export(ctx context.Context, workspace string, who store.Subject, each func(table string, rows []map[string]any) error) (store.Holdings, error)
}

// settingsPages are the pages in their order; who may open each stands in
// [rules].
var settingsPages = []string{"connectors", "health", "guidelines", "model", "data", "language"}

var settingsWords = map[string]string{
	"connectors": "settings_connectors", "health": "settings_health", "guidelines": "settings_guidelines",
	"model": "settings_model", "data": "settings_data", "language": "settings_language",
}

func (s *server) settingsRoutes(e *gin.Engine) {
	e.GET("/settings", s.do(s.settingsHome, s.session))
	e.GET("/settings/connectors", s.do(s.connectorsPage, s.session))
	e.POST("/settings/connectors/test", s.do(s.connectorTest, s.session))
	e.POST("/settings/connectors/retry", s.do(s.connectorRetry, s.session))
	e.GET("/settings/connectors/:desk/package", s.do(s.connectorPackage, s.session))
	e.GET("/settings/health", s.do(s.healthPage, s.session))
	e.GET("/settings/guidelines", s.do(s.guidelinesPage, s.session))
	e.POST("/settings/guidelines", s.do(s.guidelinesForm, s.session))
	e.POST("/settings/guidelines/restore", s.do(s.guidelinesRestore, s.session))
	e.GET("/settings/model", s.do(s.modelPage, s.session))
	e.POST("/settings/model/test", s.do(s.modelTest, s.session))
	e.GET("/settings/data", s.do(s.dataPage, s.session))
	e.POST("/settings/data", s.do(s.dataForm, s.session))
	e.POST("/settings/data/export", s.do(s.dataExportForm, s.session))
	e.GET("/settings/language", s.do(s.tonguePage, s.session))
	e.POST("/settings/language", s.do(s.saveTongue, s.session))

	e.GET("/api/settings/connectors", s.do(s.connectorsAPI, s.caller))
	e.POST("/api/settings/connectors/test", s.do(s.connectorTestAPI, s.caller))
	e.POST("/api/settings/connectors/retry", s.do(s.connectorRetryAPI, s.caller))
	e.GET("/api/settings/connectors/:desk/package", s.do(s.connectorPackage, s.caller))
	e.GET("/api/settings/health", s.do(s.healthAPI, s.caller))
	e.GET("/api/settings/guidelines", s.do(s.guidelinesAPI, s.caller))
	e.POST("/api/settings/guidelines/preview", s.do(s.guidelinesPreviewAPI, s.caller))
	e.GET("/api/settings/model", s.do(s.modelAPI, s.caller))
	e.POST("/api/settings/model/test", s.do(s.modelTestAPI, s.caller))
	e.GET("/api/settings/data", s.do(s.dataAPI, s.caller))
	e.POST("/api/settings/data/look", s.do(s.dataLookAPI, s.caller))
	e.POST("/api/settings/data/erase", s.do(s.dataEraseAPI, s.caller))
	e.POST("/api/settings/data/export", s.do(s.dataExportAPI, s.caller))
	e.POST("/api/settings/data/retention", s.do(s.dataRetentionAPI, s.caller))
	e.GET("/api/settings/language", s.do(s.tongueAPI, s.caller))
	e.POST("/api/settings/language", s.do(s.saveTongueAPI, s.caller))
}

// settingsSlow are the routes that ask others, or write the whole file anew.
func settingsSlow(route string) bool {
	switch route {
	case "/settings/connectors/test", "/settings/guidelines", "/settings/model/test", "/settings/data", "/settings/data/export",
		"/api/settings/connectors/test", "/api/settings/guidelines/preview", "/api/settings/model/test",
		"/api/settings/data/erase", "/api/settings/data/export", "/api/settings/data/retention":
		return true
	}
	return false
}

// settingsFrame is what the pages share.
type settingsFrame struct {
	Title      string
	Heading    string
	Rooms      []roomView
	Nav        []workspaceView
	Workspaces []workspaceView
	Workspace  string
	Here       string // the page's address
	Version    string
}

func (s *server) settingsFrame(c *gin.Context, ws Workspace, page string) settingsFrame {
	p, q := s.in(ws), "?workspace="+url.QueryEscape(ws.ID)
	heading := p.word(settingsWords[page])
	f := settingsFrame{Rooms: s.rooms(c, ws), Title: heading + " – " + ws.title(), Heading: heading, Workspace: ws.ID, Here: "/settings/" + page + q, Version: s.o.Version}
	for _, name := range settingsPages {
		if whoOf(c).May(rules["GET /settings/"+name].needs, ws.ID) {
			f.Nav = append(f.Nav, workspaceView{Name: p.word(settingsWords[name]), Href: "/settings/" + name + q, Current: name == page})
		}
	}
	if own := s.own(c); len(own) > 1 {
		for _, o := range own {
			if whoOf(c).May(rules["GET /settings/"+page].needs, o.ID) {
				f.Workspaces = append(f.Workspaces, workspaceView{Name: o.title(), Href: "/settings/" + page + "?workspace=" + url.QueryEscape(o.ID), Current: o.ID == ws.ID})
			}
		}
	}
	return f
}

// settingsHome goes to the first page that the caller may open.
func (s *server) settingsHome(c *gin.Context) error {
	ws, err := s.workspace(c, c.Query("workspace"))
	if err != nil {
		return err
	}
	page := "language"
	for _, name := range settingsPages {
		if whoOf(c).May(rules["GET /settings/"+name].needs, ws.ID) {
			page = name
			break
		}
	}
	c.Redirect(http.StatusSeeOther, "/settings/"+page+"?workspace="+url.QueryEscape(ws.ID))
	return nil
}

// formFor reads a form and the workspace that it names. What follows may take
// long; the deadline for reading was for the form.
func (s *server) formFor(c *gin.Context) (Workspace, error) {
	if err := c.Request.ParseForm(); err != nil {
		return Workspace{}, bodyError(err)
	}
	_ = http.NewResponseController(c.Writer).SetReadDeadline(time.Time{})
	return s.workspace(c, c.PostForm("workspace"))
}

// settings are what is known, never nil.
func (s *server) settings() Settings {
	if s.o.Settings == nil {
		return Settings{}
	}
	return *s.o.Settings
}

// deskHere is the desk of that name in a workspace: those of others are not
// found.
func (s *server) deskHere(c *gin.Context, ws Workspace, name string) (connectors.Desk, error) {
	d, ok := s.o.Desks[name]
	if !ok || d.Workspace != ws.ID {
		return d, &fault{status: http.StatusNotFound, text: "this workspace has no such desk", next: "GET /api/settings/connectors lists them"}
	}
	about(c, name, "")
	return d, nil
}

// byMe is who is named as the author of a change.
func byMe(c *gin.Context) string {
	if w := whoOf(c); w.Kind != access.KindNobody {
		return w.Name
	}
	return ""
}

// unwired is the answer where this server lacks what a call needs.
func unwired(next string) error {
	return &fault{status: http.StatusNotImplemented, text: "this server cannot do that", next: next, err: errors.ErrUnsupported}
}
