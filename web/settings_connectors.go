package web

import (
	"archive/zip"
	"bytes"
	"context"
	"fmt"
	"html/template"
	"maps"
	"net/http"
	"path"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/gin-gonic/gin"
	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/extension"
	"github.com/yuin/goldmark/text"

	"github.com/sufflor/sufflor/connectors"
	"github.com/sufflor/sufflor/store"
)

const (
	deskTestTimeout = time.Minute // for all questions to one desk
	maxDeadShown    = 20
)

// DeskJSON is a help desk as the API shows it.
type DeskJSON struct {
	Name         string        `json:"name"`
	Kind         string        `json:"kind"`
	State        string        `json:"state"`  // connected, disconnected, never
	Hook         string        `json:"hook"`   // where it sends its deliveries
	Reason       string        `json:"reason"` // of the disconnection, with what to do
	Since        time.Time     `json:"disconnected_since,omitzero"`
	LastDelivery time.Time     `json:"last_delivery,omitzero"`
	LastNote     time.Time     `json:"last_note,omitzero"`
	LastPoll     time.Time     `json:"last_poll,omitzero"`
	LastError    string        `json:"last_error,omitempty"`
	ErrorAt      time.Time     `json:"last_error_at,omitzero"`
	Queue        store.Waiting `json:"queue"`
	Dead         []deadJobJSON `json:"dead"`
	Tests        bool          `json:"tests"`   // whether it can be asked
	Package      bool          `json:"package"` // whether there is an app of ours for it
}

// deskList are the desks of a workspace, by name.
func (s *server) deskList(ctx context.Context, ws Workspace) ([]DeskJSON, error) {
	dead, err := s.o.Store.DeadJobs(ctx)
	if err != nil {
		return nil, err
	}
	list := []DeskJSON{}
	for _, name := range slices.Sorted(maps.Keys(s.o.Desks)) {
		d := s.o.Desks[name]
		if d.Workspace != ws.ID {
			continue
		}
		st, err := s.o.Store.Desk(ctx, name)
		if err != nil {
			return nil, err
		}
		one := DeskJSON{
			Name: name, Kind: d.Kind, State: st.State(), Hook: s.settings().PublicURL + "/hooks/" + name, Reason: st.Reason, Since: st.Lost,
			LastDelivery: st.Received, LastNote: st.Noted, LastPoll: st.Polled, LastError: st.Error, ErrorAt: st.Failed, Dead: []deadJobJSON{},
		}
		if one.Queue, err = s.o.Store.Waiting(ctx, ws.ID, name); err != nil {
			return nil, err
		}
		for _, j := range dead {
			if j.Workspace == ws.ID && j.Desk == name && len(one.Dead) < maxDeadShown {
				one.Dead = append(one.Dead, deadJob(j))
			}
		}
		_, one.Tests = d.Connector.(connectors.Tester)
		_, one.Package = d.Connector.(connectors.Packager)
		list = append(list, one)
	}
	return list, nil
}

func (s *server) connectorsAPI(c *gin.Context) error {
	ws, err := s.workspace(c, c.Query("workspace"))
	if err != nil {
		return err
	}
	list, err := s.deskList(c.Request.Context(), ws)
	if err != nil {
		return err
	}
	c.JSON(http.StatusOK, gin.H{"desks": list})
	return nil
}

var deskWords = map[string]string{
	store.DeskConnected: "desk_connected", store.DeskDisconnected: "desk_disconnected", store.DeskNever: "desk_never",
}

type connectorsView struct {
	settingsFrame
	NoAddress bool // public_url is not configured
	Desks     []deskView
}

type deskView struct {
	DeskJSON
	Word, Sign         string // of the state
	Delivery, Note     *ageView
	Poll, Fault, Lost  *ageView
	Oldest             *ageView
	Died               []ageView // of Dead
	Guide              template.HTML
	Tested             bool
	Findings           []connectors.Finding
	ID, PackageAddress string
}

func (p *pages) when(t, now time.Time) *ageView {
	if t.IsZero() {
		return nil
	}
	v := p.age(t, now)
	return &v
}

func (s *server) connectorsPage(c *gin.Context) error {
	ws, err := s.workspace(c, c.Query("workspace"))
	if err != nil {
		return err
	}
	return s.showConnectors(c, ws, "", nil)
}

// showConnectors shows the desks, one of them with what its test found.
func (s *server) showConnectors(c *gin.Context, ws Workspace, tested string, findings []connectors.Finding) error {
	list, err := s.deskList(c.Request.Context(), ws)
	if err != nil {
		return err
	}
	p, now := s.in(ws), s.o.Now()
	v := connectorsView{settingsFrame: s.settingsFrame(c, ws, "connectors"), NoAddress: s.settings().PublicURL == ""}
	for _, d := range list {
		one := deskView{
			DeskJSON: d, Word: p.word(deskWords[d.State]), Sign: map[string]string{store.DeskConnected: "✓", store.DeskDisconnected: "✕"}[d.State],
			Delivery: p.when(d.LastDelivery, now), Note: p.when(d.LastNote, now), Poll: p.when(d.LastPoll, now), Fault: p.when(d.ErrorAt, now), Lost: p.when(d.Since, now),
			Oldest: p.when(d.Queue.Oldest, now), ID: "desk-" + d.Name, Tested: tested == d.Name,
			PackageAddress: "/settings/connectors/" + d.Name + "/package?workspace=" + ws.ID,
		}
		for _, j := range d.Dead {
			one.Died = append(one.Died, p.age(j.Died, now))
		}
		if one.Tested {
			one.Findings = findings
		}
		if one.Guide, err = guide(d.Kind, d.Hook, d.Name); err != nil {
			return err
		}
		v.Desks = append(v.Desks, one)
	}
	return s.page(c, http.StatusOK, ws, "settings_connectors", v)
}

// guide is how a desk is set up, with its own address in it. The text is ours;
// raw HTML in it is left out all the same.
func guide(kind, hook, name string) (template.HTML, error) {
	source := []byte(connectors.Guide(kind))
	md := goldmark.New(goldmark.WithExtensions(extension.Table))
	doc := md.Parser().Parse(text.NewReader(source))
	err := ast.Walk(doc, func(n ast.Node, entering bool) (ast.WalkStatus, error) {
		switch n := n.(type) {
		case *ast.Link:
			if entering && !strings.HasPrefix(string(n.Destination), "https://") { // into the repository
				n.Destination = []byte("#desk-" + name)
			}
		case *ast.Heading:
			n.Level = 4
		}
		return ast.WalkContinue, nil
	})
	if err != nil {
		return "", fmt.Errorf("set-up of %s: %w", kind, err)
	}
	var b bytes.Buffer
	if err := md.Renderer().Render(&b, source, doc); err != nil {
		return "", fmt.Errorf("set-up of %s: %w", kind, err)
	}
	escaped := template.HTMLEscapeString(hook)
	out := strings.NewReplacer("https://&lt;your host&gt;/hooks/&lt;desk&gt;", escaped, "&lt;desk&gt;", template.HTMLEscapeString(name)).Replace(b.String())
	return template.HTML(out), nil //nolint:gosec // our own READMEs, rendered without raw HTML
}

// testDesk asks a desk everything we need of it; nil when it cannot be asked.
func (s *server) testDesk(c *gin.Context, ws Workspace, name string) ([]connectors.Finding, error) {
	d, err := s.deskHere(c, ws, name)
	if err != nil {
		return nil, err
	}
	t, ok := d.Connector.(connectors.Tester)
	if !ok {
		return nil, nil
	}
	ctx, cancel := context.WithTimeout(c.Request.Context(), deskTestTimeout)
	defer cancel()
	list := t.Test(ctx)
	if len(list) == 0 { // a test that looked at nothing has not passed
		list = []connectors.Finding{{What: "test", Hint: "the desk said nothing; look at the log and try again"}}
	}
	return list, nil
}

func (s *server) connectorTest(c *gin.Context) error {
	ws, err := s.formFor(c)
	if err != nil {
		return err
	}
	findings, err := s.testDesk(c, ws, c.PostForm("desk"))
	if err != nil {
		return err
	}
	return s.showConnectors(c, ws, c.PostForm("desk"), findings)
}

// findingJSON is a [connectors.Finding] as the API shows it.
type findingJSON struct {
	What string `json:"what"`
	OK   bool   `json:"ok"`
	Hint string `json:"hint,omitempty"`
}

type deskRequest struct {
	Workspace string `json:"workspace,omitempty"`
	Desk      string `json:"desk,omitempty"`
	Job       int64  `json:"job,omitempty"` // the number of a dead one
}

func (s *server) connectorTestAPI(c *gin.Context) error {
	var q deskRequest
	if err := readJSON(c, &q); err != nil {
		return err
	}
	ws, err := s.workspace(c, q.Workspace)
	if err != nil {
		return err
	}
	findings, err := s.testDesk(c, ws, q.Desk)
	if err != nil {
		return err
	}
	out := []findingJSON{}
	for _, f := range findings {
		out = append(out, findingJSON(f))
	}
	c.JSON(http.StatusOK, gin.H{"desk": q.Desk, "tested": findings != nil, "findings": out})
	return nil
}

// retry gives a dead job of a workspace a new life; one of another is not
// found.
func (s *server) retry(c *gin.Context, ws Workspace, id int64) error {
	dead, err := s.o.Store.DeadJobs(c.Request.Context())
	if err != nil {
		return err
	}
	if !slices.ContainsFunc(dead, func(j store.DeadJob) bool { return j.ID == id && j.Workspace == ws.ID }) {
		return &fault{status: http.StatusNotFound, text: "no such job was given up here", next: "load the page again: it may run already"}
	}
	about(c, strconv.FormatInt(id, 10), "")
	return s.o.Store.RetryJob(c.Request.Context(), id)
}

func (s *server) connectorRetry(c *gin.Context) error {
	ws, err := s.formFor(c)
	if err != nil {
		return err
	}
	id, err := strconv.ParseInt(c.PostForm("id"), 10, 64)
	if err != nil {
		return badRequest("id", "no number", "load the page again")
	}
	if err := s.retry(c, ws, id); err != nil {
		return err
	}
	c.Redirect(http.StatusSeeOther, s.settingsFrame(c, ws, "connectors").Here)
	return nil
}

func (s *server) connectorRetryAPI(c *gin.Context) error {
	var q deskRequest
	if err := readJSON(c, &q); err != nil {
		return err
	}
	ws, err := s.workspace(c, q.Workspace)
	if err != nil {
		return err
	}
	if err := s.retry(c, ws, q.Job); err != nil {
		return err
	}
	c.JSON(http.StatusAccepted, gin.H{"job": q.Job})
	return nil
}

// connectorPackage is the app that shows our panel inside a desk, with the
// steps to install it, as a zip.
func (s *server) connectorPackage(c *gin.Context) error {
	ws, err := s.workspace(c, c.Query("workspace"))
	if err != nil {
		return err
	}
	d, err := s.deskHere(c, ws, c.Param("desk"))
	if err != nil {
		return err
	}
	p, ok := d.Connector.(connectors.Packager)
	if !ok {
		return &fault{status: http.StatusNotFound, text: "a desk of kind " + d.Kind + " holds no app of ours", next: "agents open the panel at /panel"}
	}
	if !strings.HasPrefix(s.settings().PublicURL, "https://") {
		return &fault{status: http.StatusConflict, text: "the app has to know our https address", next: "set public_url in the configuration and start the server again"}
	}
	pkg, err := p.Package(connectors.PackageOptions{Desk: d.Name, Name: "Sufflør", Public: strings.TrimRight(s.settings().PublicURL, "/")})
	if err != nil {
		return &fault{status: http.StatusUnprocessableEntity, text: "package: " + err.Error(), next: "correct the desk's configuration", err: err}
	}
	var b bytes.Buffer
	if err := zipPackage(&b, pkg); err != nil {
		return err
	}
	name := "sufflor-" + d.Name + ".zip"
	c.Header("Content-Disposition", `attachment; filename="`+name+`"`)
	c.Data(http.StatusOK, "application/zip", b.Bytes())
	return nil
}

// zipPackage writes a package: the app, as a zip of its own where the desk
// wants one, and the steps.
func zipPackage(b *bytes.Buffer, pkg connectors.Package) error {
	files := pkg.Files
	if pkg.Zip != "" {
		var inner bytes.Buffer
		if err := zipFiles(&inner, pkg.Files); err != nil {
			return err
		}
		files = map[string][]byte{path.Base(pkg.Zip): inner.Bytes()}
	} else {
		files = maps.Clone(files)
	}
	var steps strings.Builder
	for i, step := range pkg.Steps {
		fmt.Fprintf(&steps, "%d. %s\n", i+1, strings.TrimSpace(step))
	}
	if files == nil {
		files = map[string][]byte{}
	}
	files["STEPS.txt"] = []byte(steps.String())
	return zipFiles(b, files)
}

// zipFiles writes files in the order of their names, all of the same time: the
// first that the format knows.
func zipFiles(b *bytes.Buffer, files map[string][]byte) error {
	z := zip.NewWriter(b)
	for _, name := range slices.Sorted(maps.Keys(files)) {
		h := &zip.FileHeader{Name: name, Method: zip.Deflate, Modified: time.Date(1980, 1, 1, 0, 0, 0, 0, time.UTC)}
		h.SetMode(0o644)
		f, err := z.CreateHeader(h)
		if err == nil {
			_, err = f.Write(files[name])
		}
		if err != nil {
			return fmt.Errorf("zip %s: %w", name, err)
		}
	}
	return z.Close()
}
