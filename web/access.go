package web

import (
	"cmp"
	"encoding/csv"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/sufflor/sufflor/access"
	"github.com/sufflor/sufflor/store"
)

func (s *server) accessRoutes(e *gin.Engine) {
	for _, path := range []string{"/setup", "/reset"} {
		e.GET(path, s.do(s.linkPage, anyone))
		e.POST(path, s.do(s.useLink, anyone))
	}
	e.GET("/account", s.do(s.accountPage, s.session))
	e.POST("/account/password", s.do(s.changePassword, s.session))
	e.GET("/people", s.do(s.peoplePage, s.session))
	e.GET("/keys", s.do(s.keysPage, s.session))
	e.GET("/audit", s.do(s.auditPage, s.session))
	e.GET("/audit.csv", s.do(s.auditCSV, s.session))
	e.GET("/api/people", s.do(s.peopleAPI, s.caller))
	e.GET("/api/keys", s.do(s.keysAPI, s.caller))
	e.GET("/api/audit", s.do(s.auditAPI, s.caller))
	e.GET("/api/audit.csv", s.do(s.auditCSV, s.caller))
	for path, change := range map[string]func(*gin.Context, changeRequest) (changed, error){
		"/people": s.addPerson, "/people/role": s.setRole, "/people/disable": s.disablePerson, "/people/reset": s.resetPerson,
		"/people/link": s.linkPerson, "/people/unlink": s.unlinkPerson,
		"/keys": s.addKey, "/keys/revoke": s.revokeKey,
	} {
		e.POST(path, s.do(s.byForm(change), s.session))
		e.POST("/api"+path, s.do(byJSON(change), s.caller))
	}
}

// changeRequest is what people and keys are changed with; each change uses
// some of it.
type changeRequest struct {
	Workspace string   `json:"workspace,omitempty"`
	Login     string   `json:"login,omitempty"`
	Name      string   `json:"name,omitempty"`
	Role      string   `json:"role,omitempty"` // "none" takes it away
	Disabled  bool     `json:"disabled,omitempty"`
	Scopes    []string `json:"scopes,omitempty"`
	ID        string   `json:"id,omitempty"`      // of a key
	Subject   string   `json:"subject,omitempty"` // at the sign-on provider
}

// changed is what came of it. Link and Key are shown once.
type changed struct {
	Login string `json:"login,omitempty"`
	ID    string `json:"id,omitempty"`
	Link  string `json:"link,omitempty"` // a path; good for an hour, once
	Key   string `json:"key,omitempty"`
}

func byJSON(change func(*gin.Context, changeRequest) (changed, error)) handler {
	return func(c *gin.Context) error {
		var q changeRequest
		if err := readJSON(c, &q); err != nil {
			return err
		}
		out, err := change(c, q)
		if err != nil {
			return err
		}
		c.JSON(http.StatusOK, out)
		return nil
	}
}

// byForm makes a change that a page asked for, and shows the page again.
func (s *server) byForm(change func(*gin.Context, changeRequest) (changed, error)) handler {
	return func(c *gin.Context) error {
		if err := c.Request.ParseForm(); err != nil {
			return bodyError(err)
		}
		q := changeRequest{
			Workspace: c.PostForm("workspace"), Login: strings.TrimSpace(c.PostForm("login")), Name: strings.TrimSpace(c.PostForm("name")),
			Role: c.PostForm("role"), Disabled: c.PostForm("disabled") == "true", Scopes: c.PostFormArray("scopes"), ID: c.PostForm("id"),
			Subject: c.PostForm("subject"),
		}
		out, err := change(c, q)
		var refusal *access.RefusalError
		n, status := notice{}, http.StatusOK
		switch {
		case errors.As(err, &refusal):
			n.Wrong, status = err.Error(), http.StatusUnprocessableEntity
		case err != nil:
			return err
		default:
			n.Done, n.Login, n.Key = true, out.Login, out.Key
			if out.Link != "" {
				n.Link = base(c.Request) + out.Link
			}
		}
		if strings.HasPrefix(c.FullPath(), "/keys") {
			return s.showKeys(c, status, n)
		}
		return s.showPeople(c, status, q.Workspace, n)
	}
}

// base is how the browser reached us.
func base(r *http.Request) string {
	if https(r) {
		return "https://" + r.Host
	}
	return "http://" + r.Host
}

func (s *server) addPerson(c *gin.Context, q changeRequest) (changed, error) {
	ws, err := s.workspace(c, q.Workspace)
	if err != nil {
		return changed{}, err
	}
	p, link, err := s.desk.Add(c.Request.Context(), whoOf(c), access.NewPerson{Login: q.Login, Name: q.Name, Workspace: ws.ID, Role: q.Role})
	out := changed{Login: p.Login}
	if link != "" {
		out.Link = "/reset?link=" + url.QueryEscape(link)
	}
	return out, err
}

func (s *server) setRole(c *gin.Context, q changeRequest) (changed, error) {
	ws, err := s.workspace(c, q.Workspace)
	if err != nil {
		return changed{}, err
	}
	return changed{Login: q.Login}, s.desk.Role(c.Request.Context(), whoOf(c), q.Login, ws.ID, q.Role)
}

func (s *server) disablePerson(c *gin.Context, q changeRequest) (changed, error) {
	return changed{Login: q.Login}, s.desk.Disable(c.Request.Context(), whoOf(c), q.Login, q.Disabled)
}

func (s *server) resetPerson(c *gin.Context, q changeRequest) (changed, error) {
	link, err := s.desk.Reset(c.Request.Context(), whoOf(c), q.Login)
	return changed{Login: q.Login, Link: "/reset?link=" + url.QueryEscape(link)}, err
}

func (s *server) addKey(c *gin.Context, q changeRequest) (changed, error) {
	if q.Workspace == access.Everywhere {
		if !s.may(whoOf(c), byOwners) {
			return changed{}, s.refuse(c, byOwners)
		}
	} else {
		ws, err := s.workspace(c, q.Workspace)
		if err != nil {
			return changed{}, err
		}
		q.Workspace = ws.ID
	}
	k, secret, err := s.desk.AddKey(c.Request.Context(), whoOf(c), access.NewKey{Name: q.Name, Workspace: q.Workspace, Scopes: q.Scopes})
	return changed{ID: k.ID, Key: secret}, err
}

func (s *server) revokeKey(c *gin.Context, q changeRequest) (changed, error) {
	keys, err := s.ownKeys(c)
	if err != nil {
		return changed{}, err
	}
	if !slices.ContainsFunc(keys, func(k store.Key) bool { return k.ID == q.ID }) {
		return changed{}, &fault{status: http.StatusNotFound, text: "no such key", next: "GET /api/v1/keys lists them", err: store.ErrNotFound}
	}
	return changed{ID: q.ID}, s.desk.RevokeKey(c.Request.Context(), whoOf(c), q.ID)
}

// ownKeys are those that the caller may look after.
func (s *server) ownKeys(c *gin.Context) ([]store.Key, error) {
	keys, err := s.desk.Store.Keys(c.Request.Context())
	w := whoOf(c)
	return slices.DeleteFunc(keys, func(k store.Key) bool {
		if k.Workspace == access.Everywhere {
			return !s.may(w, byOwners)
		}
		return !w.May(byAdmins, k.Workspace)
	}), err
}

// ownPeople are those of a workspace; an owner sees those of none, too.
func (s *server) ownPeople(c *gin.Context, ws Workspace) ([]store.Person, error) {
	people, err := s.desk.Store.People(c.Request.Context())
	owner := s.may(whoOf(c), byOwners)
	return slices.DeleteFunc(people, func(p store.Person) bool { return p.Roles[ws.ID] == "" && !owner }), err
}

// notice is what a page says about the change before it.
type notice struct {
	Done  bool
	Wrong string
	Login string
	Link  string
	Key   string
}

// topView is what the pages of this part share.
type topView struct {
	Title  string
	Me     string
	Admin  bool
	Here   string // the page's address
	Rooms  []roomView
	Notice notice
}

func (s *server) top(c *gin.Context, here, title string, ws Workspace, n notice) topView {
	return topView{Title: s.in(ws).word(title), Me: whoOf(c).Name, Admin: s.may(whoOf(c), byAdmins), Here: here, Rooms: s.rooms(c, ws), Notice: n}
}

type peopleView struct {
	topView
	Workspace  string
	Workspaces []Workspace
	Roles      []roleView // "none" too
	Owner      bool
	People     []personView
}

type roleView struct{ Value, Key string }

// roleKey is the key of a role's name; "" and "none" are none.
func roleKey(role string) string {
	switch role {
	case access.Agent:
		return "role_agent"
	case access.Editor:
		return "role_editor"
	case access.Reviewer:
		return "role_reviewer"
	case access.Admin:
		return "role_admin"
	}
	return "role_none"
}

type personView struct {
	Login, Name, Role, Seen string
	Disabled, NoPassword    bool
	Linked                  bool   // to the sign-on provider
	Others                  string // roles in other workspaces that the reader looks after
	Myself                  bool
}

func day(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format("2006-01-02 15:04")
}

func (s *server) peoplePage(c *gin.Context) error {
	return s.showPeople(c, http.StatusOK, c.Query("workspace"), notice{})
}

func (s *server) showPeople(c *gin.Context, status int, workspace string, n notice) error {
	ws, err := s.workspace(c, workspace)
	if err != nil {
		return err
	}
	people, err := s.ownPeople(c, ws)
	if err != nil {
		return err
	}
	w := whoOf(c)
	v := peopleView{topView: s.top(c, "/people", "people", ws, n), Workspace: ws.ID, Owner: s.may(w, byOwners)}
	for _, role := range append(access.Roles(), "none") {
		v.Roles = append(v.Roles, roleView{role, roleKey(role)})
	}
	for _, own := range s.own(c) {
		if w.May(byAdmins, own.ID) {
			v.Workspaces = append(v.Workspaces, own)
		}
	}
	for _, p := range people {
		var others []string
		for _, own := range v.Workspaces {
			if role := p.Roles[own.ID]; role != "" && own.ID != ws.ID {
				others = append(others, own.title()+": "+s.in(ws).word(roleKey(role)))
			}
		}
		v.People = append(v.People, personView{
			Linked: len(p.Linked) > 0, Others: strings.Join(others, ", "),
			Login: p.Login, Name: p.Name, Role: cmp.Or(p.Roles[ws.ID], "none"), Seen: day(p.Seen), Disabled: p.Disabled, NoPassword: p.Password == "", Myself: w.ID == p.ID,
		})
	}
	return s.page(c, status, ws, "access_people", v)
}

func (s *server) peopleAPI(c *gin.Context) error {
	ws, err := s.workspace(c, c.Query("workspace"))
	if err != nil {
		return err
	}
	people, err := s.ownPeople(c, ws)
	if err != nil {
		return err
	}
	out := make([]PersonJSON, len(people))
	for i, p := range people {
		out[i] = PersonOf(p, s.own(c)...)
	}
	c.JSON(http.StatusOK, gin.H{"people": out})
	return nil
}

// PersonJSON is an account as the API and the commands show it.
type PersonJSON struct {
	Login    string            `json:"login"`
	Name     string            `json:"name,omitempty"`
	Roles    map[string]string `json:"roles"` // by workspace
	Disabled bool              `json:"disabled,omitempty"`
	Password bool              `json:"password"` // whether one is set
	Linked   bool              `json:"linked"`   // to the sign-on provider
	Created  time.Time         `json:"created"`
	Seen     time.Time         `json:"seen,omitzero"` // the last sign-in
}

// PersonOf shows p with the roles in those workspaces.
func PersonOf(p store.Person, workspaces ...Workspace) PersonJSON {
	out := PersonJSON{Login: p.Login, Name: p.Name, Roles: map[string]string{}, Disabled: p.Disabled, Password: p.Password != "", Linked: len(p.Linked) > 0, Created: p.Created, Seen: p.Seen}
	for _, ws := range workspaces {
		if role := p.Roles[ws.ID]; role != "" {
			out.Roles[ws.ID] = role
		}
	}
	return out
}

// KeyJSON is a key as the API and the commands show it; never its secret.
type KeyJSON struct {
	ID        string    `json:"id"`
	Name      string    `json:"name"`
	Workspace string    `json:"workspace"` // "*": every one
	Scopes    []string  `json:"scopes"`
	Author    string    `json:"author,omitempty"`
	Created   time.Time `json:"created"`
	Used      time.Time `json:"used,omitzero"`
	Revoked   time.Time `json:"revoked,omitzero"`
}

// KeyOf shows k.
func KeyOf(k store.Key) KeyJSON {
	return KeyJSON{ID: k.ID, Name: k.Name, Workspace: k.Workspace, Scopes: k.Scopes, Author: k.Author, Created: k.Created, Used: k.Used, Revoked: k.Revoked}
}

type keysView struct {
	topView
	Keys       []keyView
	Workspaces []Workspace
	Owner      bool
	Scopes     []string
}

type keyView struct {
	ID, Name, Workspace, Scopes, Author, Created, Used, Revoked string
}

func (s *server) keysPage(c *gin.Context) error { return s.showKeys(c, http.StatusOK, notice{}) }

func (s *server) showKeys(c *gin.Context, status int, n notice) error {
	ws, err := s.workspace(c, "")
	if err != nil {
		return err
	}
	keys, err := s.ownKeys(c)
	if err != nil {
		return err
	}
	v := keysView{topView: s.top(c, "/keys", "keys_title", ws, n), Owner: s.may(whoOf(c), byOwners), Scopes: access.Scopes()}
	for _, own := range s.own(c) {
		if whoOf(c).May(byAdmins, own.ID) {
			v.Workspaces = append(v.Workspaces, own)
		}
	}
	for _, k := range keys {
		v.Keys = append(v.Keys, keyView{
			ID: k.ID, Name: k.Name, Workspace: k.Workspace, Scopes: strings.Join(k.Scopes, ", "), Author: k.Author,
			Created: day(k.Created), Used: day(k.Used), Revoked: day(k.Revoked),
		})
	}
	return s.page(c, status, ws, "access_keys", v)
}

func (s *server) keysAPI(c *gin.Context) error {
	keys, err := s.ownKeys(c)
	if err != nil {
		return err
	}
	out := make([]KeyJSON, len(keys))
	for i, k := range keys {
		out[i] = KeyOf(k)
	}
	c.JSON(http.StatusOK, gin.H{"keys": out})
	return nil
}

// ActJSON is a line of the audit log.
type ActJSON struct {
	Seq       int64     `json:"seq"`
	At        time.Time `json:"at"`
	Workspace string    `json:"workspace,omitempty"`
	Kind      string    `json:"kind"`
	Actor     string    `json:"actor"`
	Action    string    `json:"action"`
	Object    string    `json:"object,omitempty"`
	Detail    string    `json:"detail,omitempty"`
}

// ActOf shows a.
func ActOf(a store.Act) ActJSON {
	return ActJSON{Seq: a.Seq, At: a.At, Workspace: a.Workspace, Kind: a.Kind, Actor: a.Actor, Action: a.Action, Object: a.Object, Detail: a.Detail}
}

// acts are the lines that the address asks for and the caller may see. What
// is about the installation, only an owner sees.
func (s *server) acts(c *gin.Context, limit int) ([]store.Act, error) {
	w := whoOf(c)
	f := store.ActFilter{Workspaces: []string{}, Actor: c.Query("actor"), Action: c.Query("action"), Object: c.Query("object"), Limit: limit}
	if s.may(w, byOwners) {
		f.Workspaces = append(f.Workspaces, "")
	}
	for _, ws := range s.own(c) {
		if w.May(byAdmins, ws.ID) {
			f.Workspaces = append(f.Workspaces, ws.ID)
		}
	}
	if id := c.Query("workspace"); id != "" {
		ws, err := s.workspace(c, id)
		if err != nil {
			return nil, err
		}
		f.Workspaces = []string{ws.ID}
	}
	var err error
	if f.Since, err = date(c, "since", 0); err != nil {
		return nil, err
	}
	if f.Until, err = date(c, "until", 24*time.Hour); err != nil {
		return nil, err
	}
	before, err := number(c, "before", 0, 1<<53)
	if err != nil {
		return nil, err
	}
	f.Before = int64(before)
	return s.desk.Store.Acts(c.Request.Context(), f)
}

// date is a day, as forms send it, or a time. A day gets add: it is meant to
// its end.
func date(c *gin.Context, name string, add time.Duration) (time.Time, error) {
	if t, err := time.Parse(time.DateOnly, c.Query(name)); err == nil {
		return t.Add(add), nil
	}
	return moment(c, name)
}

const auditLength = 100

type auditView struct {
	topView
	Workspaces                                          []Workspace
	Workspace, Actor, Action, Object, Since, Until, CSV string
	Older                                               string
	Acts                                                []actView
}

type actView struct {
	At, Workspace, Kind, Actor, Action, Object, Detail string
}

func (s *server) auditPage(c *gin.Context) error {
	acts, err := s.acts(c, auditLength)
	if err != nil {
		return err
	}
	ws, err := s.workspace(c, c.Query("workspace"))
	if err != nil {
		return err
	}
	v := auditView{
		topView: s.top(c, "/audit", "audit_title", ws, notice{}), Workspace: c.Query("workspace"), Actor: c.Query("actor"), Action: c.Query("action"),
		Object: c.Query("object"), Since: c.Query("since"), Until: c.Query("until"),
	}
	for _, own := range s.own(c) {
		if whoOf(c).May(byAdmins, own.ID) {
			v.Workspaces = append(v.Workspaces, own)
		}
	}
	q := c.Request.URL.Query()
	q.Del("before")
	v.CSV = (&url.URL{Path: "/audit.csv", RawQuery: q.Encode()}).String()
	if len(acts) == auditLength {
		q.Set("before", strconv.FormatInt(acts[len(acts)-1].Seq, 10))
		v.Older = (&url.URL{Path: "/audit", RawQuery: q.Encode()}).String()
	}
	for _, a := range acts {
		v.Acts = append(v.Acts, actView{At: a.At.Format("2006-01-02 15:04:05"), Workspace: a.Workspace, Kind: a.Kind, Actor: a.Actor, Action: a.Action, Object: a.Object, Detail: a.Detail})
	}
	return s.page(c, http.StatusOK, ws, "access_audit", v)
}

func (s *server) auditAPI(c *gin.Context) error {
	limit, err := number(c, "limit", auditLength, 10_000)
	if err != nil {
		return err
	}
	acts, err := s.acts(c, limit)
	if err != nil {
		return err
	}
	out := make([]ActJSON, len(acts))
	for i, a := range acts {
		out[i] = ActOf(a)
	}
	c.JSON(http.StatusOK, gin.H{"acts": out})
	return nil
}

func (s *server) auditCSV(c *gin.Context) error {
	acts, err := s.acts(c, 10_000)
	if err != nil {
		return err
	}
	c.Header("Content-Disposition", `attachment; filename="audit.csv"`)
	c.Header("Content-Type", "text/csv; charset=utf-8")
	c.Status(http.StatusOK)
	return WriteActs(csv.NewWriter(c.Writer), acts)
}

// WriteActs writes lines of the audit log as a table.
func WriteActs(w *csv.Writer, acts []store.Act) error {
	_ = w.Write([]string{"seq", "at", "workspace", "kind", "actor", "action", "object", "detail"}) // Flush tells
	for _, a := range acts {
		row := []string{strconv.FormatInt(a.Seq, 10), a.At.Format(time.RFC3339), a.Workspace, a.Kind, a.Actor, a.Action, a.Object, a.Detail}
		for i := range row {
			row[i] = harmless(row[i])
		}
		_ = w.Write(row)
	}
	w.Flush()
	return w.Error()
}

// harmless is a cell that no table calculation takes for a formula.
func harmless(s string) string {
	if s != "" && strings.ContainsAny(s[:1], "=+-@\t\r\n") {
		return "'" + s
	}
	return s
}

type accountView struct {
	topView
	Roles   []string
	Person  bool
	Wrong   string
	Minimum int
}

func (s *server) accountPage(c *gin.Context) error { return s.showAccount(c, http.StatusOK, "") }

func (s *server) showAccount(c *gin.Context, status int, wrong string) error {
	ws := s.o.Workspaces[0] // for its language
	if own := s.own(c); len(own) > 0 {
		ws = own[0]
	}
	w := whoOf(c)
	v := accountView{topView: s.top(c, "/account", "account", ws, notice{}), Person: w.Kind == access.KindPerson, Wrong: wrong, Minimum: access.MinPassword}
	for _, own := range s.own(c) {
		role := access.Admin
		if v.Person {
			role = w.Roles[own.ID]
		}
		v.Roles = append(v.Roles, own.title()+": "+s.in(ws).word(roleKey(role)))
	}
	return s.page(c, status, ws, "access_account", v)
}

func (s *server) changePassword(c *gin.Context) error {
	if err := c.Request.ParseForm(); err != nil {
		return bodyError(err)
	}
	w := whoOf(c)
	if w.Kind != access.KindPerson {
		return &fault{status: http.StatusForbidden, text: "the token has no password", next: "sign in with an account"}
	}
	password := c.PostForm("password")
	wrong := ""
	if password != c.PostForm("again") {
		wrong = "password_differs"
	} else {
		_, bad, err := s.password(c, w.Name, func() (store.Person, error) {
			return store.Person{}, s.desk.Change(c.Request.Context(), w, c.PostForm("old"), password)
		})
		var refusal *access.RefusalError
		switch {
		case errors.As(err, &refusal):
			wrong = "password_weak"
		case err != nil:
			return err
		default:
			wrong = bad
		}
	}
	if wrong != "" {
		return s.showAccount(c, http.StatusUnprocessableEntity, wrong)
	}
	setSession(c, "", -time.Second) // all have ended, this one too
	c.Redirect(http.StatusSeeOther, "/signin")
	return nil
}

// linkView is the page of a link by which somebody sets a password.
type linkView struct {
	Path    string
	Link    string
	First   bool
	Gone    bool
	Login   string
	Name    string
	Wrong   string
	Minimum int
}

func (s *server) linkPage(c *gin.Context) error {
	return s.showLink(c, http.StatusOK, linkView{Link: c.Query("link")})
}

func (s *server) showLink(c *gin.Context, status int, v linkView) error {
	v.Path, v.First, v.Minimum = c.FullPath(), c.FullPath() == "/setup", access.MinPassword
	person, err := s.desk.Store.Link(c.Request.Context(), access.Digest(v.Link))
	switch {
	case errors.Is(err, store.ErrNotFound) || err == nil && (person == "") != v.First:
		v.Gone, v.Link, status = true, "", http.StatusNotFound
	case err != nil:
		return err
	case !v.First:
		p, err := s.desk.Store.Person(c.Request.Context(), person)
		if err != nil {
			return err
		}
		v.Login, v.Name = p.Login, p.Name
	}
	return s.page(c, status, s.o.Workspaces[0], "access_link", v)
}

func (s *server) useLink(c *gin.Context) error {
	if fromElsewhere(c.Request) {
		return foreign()
	}
	if err := c.Request.ParseForm(); err != nil {
		return bodyError(err)
	}
	ctx := c.Request.Context()
	v := linkView{Link: c.PostForm("link"), Login: strings.TrimSpace(c.PostForm("login")), Name: strings.TrimSpace(c.PostForm("name"))}
	password := c.PostForm("password")
	if password != c.PostForm("again") {
		v.Wrong = "password_differs"
		return s.showLink(c, http.StatusUnprocessableEntity, v)
	}
	var p store.Person
	var err error
	if c.FullPath() == "/setup" {
		p, err = s.desk.First(ctx, v.Link, v.Login, v.Name, password)
	} else {
		p, err = s.desk.ByLink(ctx, v.Link, password)
	}
	var refusal *access.RefusalError
	switch {
	case errors.As(err, &refusal):
		v.Wrong = "password_weak"
		return s.showLink(c, http.StatusUnprocessableEntity, v)
	case errors.Is(err, store.ErrNotFound):
		return s.showLink(c, http.StatusNotFound, linkView{})
	case err != nil:
		return err
	}
	if p.Disabled {
		return s.showLink(c, http.StatusNotFound, linkView{})
	}
	if err := s.begin(c, p.ID); err != nil {
		return err
	}
	c.Redirect(http.StatusSeeOther, "/account")
	return nil
}
