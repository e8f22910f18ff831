package web

import (
	"cmp"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/sufflor/sufflor/access"
	"github.com/sufflor/sufflor/store"
)

// rule is what a route needs, and how its use stands in the audit log.
type rule struct {
	needs access.Needs
	act   string // empty: not worth a line
}

// What routes need, in short.
var (
	bySignedIn  = access.Needs{} // also who has no role yet, or none any more
	byAgents    = access.Needs{Role: access.Agent, Scope: access.ScopeSuggestions}
	byAskers    = access.Needs{Role: access.Agent, Scope: access.ScopeAsk}
	byEditors   = access.Needs{Role: access.Editor, Scope: access.ScopeDocuments}
	byReviewers = access.Needs{Role: access.Reviewer, Scope: access.ScopeReview}
	byInsight   = access.Needs{Role: access.Reviewer, Scope: access.ScopeInsight}
	byAdmins    = access.Needs{Role: access.Admin}
	byOwners    = access.Needs{Role: access.Admin, Whole: true}
)

// rules are the routes that need somebody to have signed in. A route that is
// not here is the owners' alone. Those marked open in [server.routes] have
// rules for when somebody has.
var rules = map[string]rule{
	"GET /":                                        {byAgents, ""},
	"POST /signout":                                {bySignedIn, ""},
	"GET /panel":                                   {byAgents, "suggestion.seen"},
	"GET /panel/list":                              {byAgents, ""},
	"GET /panel/suggestion":                        {byAgents, "suggestion.seen"},
	"GET /panel/source":                            {byAgents, "source.seen"},
	"POST /panel/outcome":                          {byAgents, "suggestion.outcome"},
	"GET " + embedded:                              {byAgents, ""},
	"POST " + embedded:                             {byAgents, ""},
	"GET " + embedded + "/open":                    {byAgents, ""},
	"POST " + embedded + "/enter":                  {byAgents, ""},
	"POST " + embedded + "/pass":                   {byAgents, ""},
	"GET " + embedded + "/list":                    {byAgents, ""},
	"GET " + embedded + "/source":                  {byAgents, "source.seen"},
	"GET " + embedded + "/live":                    {byAgents, "live.seen"},
	"GET /api/suggestions":                         {byAgents, "suggestions.seen"},
	"GET /api/suggestions/:id":                     {byAgents, "suggestion.seen"},
	"POST /api/suggestions/:id/outcome":            {byAgents, "suggestion.outcome"},
	"GET /api/passages/:id":                        {byAgents, "source.seen"},
	"GET /api/documents":                           {byAgents, ""},
	"GET /api/live":                                {byAgents, "live.seen"},
	"POST /api/ask":                                {byAskers, "asked"},
	"POST /api/search":                             {byAskers, "searched"},
	"GET /api/jobs/dead":                           {byOwners, "jobs.seen"},
	"POST /api/jobs/:id/retry":                     {byOwners, "job.retried"},
	"POST /api/ingest":                             {byEditors, "documents.read"},
	"PUT " + uploads:                               {byEditors, "document.uploaded"},
	"POST /api/reindex":                            {byOwners, "index.built"},
	"POST /api/guidelines":                         {byEditors, "guidelines.changed"},
	"POST /api/backup":                             {byOwners, "backup.made"},
	"GET /api/ingest/status":                       {byEditors, ""},
	"GET /api/ingest/failures":                     {byEditors, ""},
	"GET /api/ingest/history":                      {byEditors, "document.seen"},
	"POST /api/ingest/pause":                       {byEditors, "source.paused"},
	"POST /api/ingest/resume":                      {byEditors, "source.resumed"},
	"POST /api/ingest/remove":                      {byEditors, "documents.erased"},
	"GET /account":                                 {bySignedIn, ""},
	"POST /account/password":                       {bySignedIn, ""}, // the others from here on write their own lines
	"GET /people":                                  {byAdmins, "people.seen"},
	"POST /people":                                 {byAdmins, ""},
	"POST /people/role":                            {byAdmins, ""},
	"POST /people/disable":                         {byOwners, ""},
	"POST /people/reset":                           {byOwners, ""},
	"POST /people/link":                            {byOwners, ""},
	"POST /people/unlink":                          {byOwners, ""},
	"GET /keys":                                    {byAdmins, "keys.seen"},
	"POST /keys":                                   {byAdmins, ""},
	"POST /keys/revoke":                            {byAdmins, ""},
	"GET /audit":                                   {byAdmins, "audit.seen"},
	"GET /audit.csv":                               {byAdmins, "audit.exported"},
	"GET /api/people":                              {byAdmins, "people.seen"},
	"POST /api/people":                             {byAdmins, ""},
	"POST /api/people/role":                        {byAdmins, ""},
	"POST /api/people/disable":                     {byOwners, ""},
	"POST /api/people/reset":                       {byOwners, ""},
	"POST /api/people/link":                        {byOwners, ""},
	"POST /api/people/unlink":                      {byOwners, ""},
	"GET /api/keys":                                {byAdmins, "keys.seen"},
	"POST /api/keys":                               {byAdmins, ""},
	"POST /api/keys/revoke":                        {byAdmins, ""},
	"GET /api/audit":                               {byAdmins, "audit.seen"},
	"GET /api/audit.csv":                           {byAdmins, "audit.exported"},
	"GET " + embedded + "/suggestion":              {byAgents, "suggestion.seen"},
	"POST " + embedded + "/suggestion/:id/outcome": {byAgents, "suggestion.outcome"},

	"GET /source/:id":                {byAgents, "source.seen"},
	"GET /source/:id/original":       {byAgents, "original.seen"},
	"GET /api/passages/:id/place":    {byAgents, "source.seen"},
	"GET /api/passages/:id/original": {byAgents, "original.seen"},
	"GET /insight":                   {byInsight, ""},
	"GET /insight/:page":             {byInsight, ""},
	"GET /api/insight":               {byInsight, ""},
	"GET /api/insight/csv":           {byInsight, "insight.exported"},
	"GET /documents":                 {byEditors, ""},
	"GET /documents/list":            {byEditors, ""},
	"GET /documents/upload":          {byEditors, ""},
	"GET /documents/source":          {byEditors, ""},
	"GET /documents/remove":          {byEditors, ""},
	"GET /documents/removed":         {byEditors, ""},
	"POST /documents/read":           {byEditors, "documents.read"},
	"POST /documents/pause":          {byEditors, "source.paused"},
	"POST /documents/resume":         {byEditors, "source.resumed"},
	"POST /documents/source":         {byEditors, "source.changed"},
	"POST /documents/remove":         {byEditors, "documents.removed"},
	"POST /documents/restore":        {byEditors, "documents.restored"},
	"POST /documents/erase":          {byEditors, "documents.erased"},
	"GET /api/room/sources":          {byEditors, ""},
	"GET /api/room/documents":        {byEditors, ""},
	"GET /api/room/removed":          {byEditors, ""},
	"POST /api/room/uploads":         {byEditors, ""},
	"POST /api/room/read":            {byEditors, "documents.read"},
	"POST /api/room/pause":           {byEditors, "source.paused"},
	"POST /api/room/resume":          {byEditors, "source.resumed"},
	"POST /api/room/source":          {byEditors, "source.changed"},
	"POST /api/room/remove":          {byEditors, "documents.removed"},
	"POST /api/room/restore":         {byEditors, "documents.restored"},
	"POST /api/room/erase":           {byEditors, "documents.erased"},
	"GET /review":                    {byReviewers, ""},
	"GET /review/next":               {byReviewers, ""},
	"GET /review/item":               {byReviewers, "suggestion.seen"},
	"POST /review/item":              {byReviewers, "review.saved"},
	"POST /review/name":              {byReviewers, ""},
	"GET /review/agreement":          {byReviewers, ""},
	"GET /review/triage":             {byReviewers, ""},
	"GET /review/triage/item":        {byReviewers, "suggestion.seen"},
	"POST /review/triage/item":       {byReviewers, "triage.saved"},
	"GET /review/export.csv":         {byReviewers, "reviews.exported"},
	"GET /api/reviews":               {byReviewers, ""},
	"POST /api/reviews":              {byReviewers, "review.saved"},
	"GET /api/reviews/queue":         {byReviewers, "suggestions.seen"},
	"GET /api/reviews/agreement":     {byReviewers, ""},
	"GET /api/reviews/triage":        {byReviewers, ""},
	"POST /api/reviews/triage":       {byReviewers, "triage.saved"},
	"GET /api/reviews/compare":       {byReviewers, ""},
	"GET /api/reviews/export.csv":    {byReviewers, "reviews.exported"},
	"POST /review/rerun":             {byReviewers, "asked"},
	"POST /api/reviews/rerun":        {byReviewers, "asked"},

	"GET " + documentPage:                           {byEditors, "document.seen"},
	"POST " + documentPage + "/fix":                 {byEditors, "passage.changed"},
	"GET /documents/original":                       {byEditors, "original.seen"},
	"GET " + playgroundPage:                         {byEditors, "searched"},
	"GET /api/documents/:id":                        {byEditors, "document.seen"},
	"GET /api/documents/:id/changes":                {byEditors, "document.seen"},
	"GET /api/documents/:id/original":               {byEditors, "original.seen"},
	"POST /api/passages/:id/exclude":                {byEditors, "passage.changed"},
	"POST /api/passages/:id/correct":                {byEditors, "passage.changed"},
	"POST /api/passages/:id/restore":                {byEditors, "passage.changed"},
	"GET /api/passages/:id/fixes":                   {byEditors, ""},
	"GET /api/fixes":                                {byEditors, ""},
	"GET /api/suggestions/:id/edit":                 {byAgents, ""},
	"PUT /api/suggestions/:id/edit":                 {byAgents, ""},
	"DELETE /api/suggestions/:id/edit":              {byAgents, ""},
	"POST /api/suggestions/:id/reword":              {byAgents, "suggestion.reworded"},
	"POST /api/suggestions/:id/again":               {byAgents, "asked"},
	"GET /api/suggestions/:id/templates":            {byAgents, ""},
	"POST /api/knowledge":                           {byAskers, "searched"},
	"GET " + embedded + "/suggestion/:id/edit":      {byAgents, ""},
	"PUT " + embedded + "/suggestion/:id/edit":      {byAgents, ""},
	"DELETE " + embedded + "/suggestion/:id/edit":   {byAgents, ""},
	"POST " + embedded + "/suggestion/:id/reword":   {byAgents, "suggestion.reworded"},
	"POST " + embedded + "/suggestion/:id/again":    {byAgents, "asked"},
	"GET " + embedded + "/suggestion/:id/templates": {byAgents, ""},
	"POST " + embedded + "/knowledge":               {byAgents, "searched"},
	"GET /settings":                                 {byAgents, ""},
	"GET /settings/connectors":                      {byAdmins, "connectors.seen"},
	"POST /settings/connectors/test":                {byAdmins, "connector.tested"},
	"POST /settings/connectors/retry":               {byAdmins, "job.retried"},
	"GET /settings/connectors/:desk/package":        {byAdmins, "connector.packaged"},
	"GET /settings/health":                          {byAdmins, ""},
	"GET /settings/guidelines":                      {byEditors, ""},
	"POST /settings/guidelines":                     {byEditors, ""}, // writes its own line, for it also previews
	"POST /settings/guidelines/restore":             {byEditors, "guidelines.changed"},
	"GET /settings/model":                           {byAdmins, ""},
	"POST /settings/model/test":                     {byAdmins, "model.tested"},
	"GET /settings/data":                            {byAdmins, ""},
	"POST /settings/data":                           {byAdmins, ""}, // writes its own lines
	"POST /settings/data/export":                    {byAdmins, "data.exported"},
	"GET /settings/language":                        {byAgents, ""},
	"POST /settings/language":                       {byAgents, ""},
	"GET /api/settings/connectors":                  {byAdmins, "connectors.seen"},
	"POST /api/settings/connectors/test":            {byAdmins, "connector.tested"},
	"POST /api/settings/connectors/retry":           {byAdmins, "job.retried"},
	"GET /api/settings/connectors/:desk/package":    {byAdmins, "connector.packaged"},
	"GET /api/settings/health":                      {byAdmins, ""},
	"GET /api/settings/guidelines":                  {byEditors, ""},
	"POST /api/settings/guidelines/preview":         {byEditors, "asked"},
	"GET /api/settings/model":                       {byAdmins, ""},
	"POST /api/settings/model/test":                 {byAdmins, "model.tested"},
	"GET /api/settings/data":                        {byAdmins, ""},
	"POST /api/settings/data/look":                  {byAdmins, "data.looked"},
	"POST /api/settings/data/erase":                 {byAdmins, ""}, // writes its own line
	"POST /api/settings/data/export":                {byAdmins, "data.exported"},
	"POST /api/settings/data/retention":             {byAdmins, ""}, // writes its own line
	"GET /api/settings/language":                    {byAgents, ""},
	"POST /api/settings/language":                   {byAgents, ""},
}

func ruleOf(c *gin.Context) rule {
	if r, ok := rules[c.Request.Method+" "+c.FullPath()]; ok {
		return r
	}
	return rule{needs: byOwners, act: "other." + strings.ToLower(c.Request.Method)}
}

// Keys in the gin context.
const (
	whoKey    = "who"
	placeKey  = "workspace"    // the id of the workspace that was decided on
	objectKey = "audit_object" // what the audit log names
	detailKey = "audit_detail"
)

// whoOf is who calls; nobody when none has been let in.
func whoOf(c *gin.Context) access.Who {
	if v, ok := c.Get(whoKey); ok {
		if w, ok := v.(access.Who); ok {
			return w
		}
	}
	return access.Who{Kind: access.KindNobody}
}

// about tells the audit log what a request is about, by id.
func about(c *gin.Context, object, detail string) {
	c.Set(objectKey, object)
	c.Set(detailKey, detail)
}

// permit notes who calls, and refuses who may not use the route in any
// workspace. Which one it is about, [server.workspace] finds out.
func (s *server) permit(c *gin.Context, w access.Who) error {
	c.Set(whoKey, w)
	n := ruleOf(c).needs
	if n == bySignedIn || s.may(w, n) {
		return nil
	}
	return s.refuse(c, n)
}

// may reports whether w may do what needs n somewhere, or everywhere when it
// concerns all.
func (s *server) may(w access.Who, n access.Needs) bool {
	here := func(ws Workspace) bool { return w.May(n, ws.ID) }
	if n.Whole {
		return !slices.ContainsFunc(s.o.Workspaces, func(ws Workspace) bool { return !here(ws) })
	}
	return slices.ContainsFunc(s.o.Workspaces, here)
}

// refuse says what is lacking, and keeps that somebody tried.
func (s *server) refuse(c *gin.Context, n access.Needs) error {
	s.note(c, "refused", c.Request.Method+" "+c.FullPath(), "")
	next := "ask an administrator for the role " + n.Role
	if n.Whole {
		next += " in every workspace"
	}
	if whoOf(c).Kind == access.KindKey {
		next = "use a key with the scope " + access.ScopeAdmin
		if n.Scope != "" {
			next = "use a key with the scope " + n.Scope
		}
	}
	return &fault{status: http.StatusForbidden, text: "you may not do this", next: next}
}

// workspace is the one the request names, or without a name the first in
// which the caller may do what it asks. One that the caller has nothing to do
// with is not found.
func (s *server) workspace(c *gin.Context, id string) (Workspace, error) {
	w, n := whoOf(c), ruleOf(c).needs
	own := s.own(c)
	if i := slices.IndexFunc(own, func(ws Workspace) bool { return ws.ID == id || id == "" && w.May(n, ws.ID) }); i >= 0 {
		if !w.May(n, own[i].ID) {
			return Workspace{}, s.refuse(c, n)
		}
		c.Set(placeKey, own[i].ID)
		return s.tongue(c, own[i]), nil
	}
	if _, err := s.known(id); err == nil {
		s.note(c, "refused", c.Request.Method+" "+c.FullPath(), "workspace "+id)
	}
	return Workspace{}, noWorkspace(id, own)
}

// own are the workspaces that the caller has something to do with.
func (s *server) own(c *gin.Context) []Workspace {
	w := whoOf(c)
	var list []Workspace
	for _, ws := range s.o.Workspaces {
		if w.In(ws.ID) {
			list = append(list, ws)
		}
	}
	return list
}

func noWorkspace(id string, own []Workspace) error {
	ids := make([]string, len(own))
	for i, w := range own {
		ids[i] = w.ID
	}
	return &fault{status: http.StatusNotFound, text: fmt.Sprintf("workspace %q is not configured", id), next: "use one of: " + strings.Join(ids, ", ")}
}

// act writes what was done to the audit log, as the route's rule says.
func (s *server) act(c *gin.Context) {
	r := ruleOf(c)
	w := whoOf(c)
	if r.act == "" || w.Kind == access.KindNobody || c.Writer.Status() >= http.StatusMultipleChoices && c.Writer.Status() != http.StatusSeeOther {
		return
	}
	object := s.objectOf(c)
	if strings.HasSuffix(r.act, ".seen") {
		if object == "" && r.act == "suggestion.seen" {
			return // an empty page
		}
		if !s.saw.first(strings.Join([]string{w.Kind, w.Name, c.GetString(placeKey), r.act, object}, "\x00"), s.o.Now()) {
			return
		}
	}
	detail := c.GetString(detailKey)
	if r.act == "suggestion.outcome" {
		if rec, err := s.o.Store.Suggestion(c.Request.Context(), c.GetString(placeKey), object); err == nil {
			detail += ", conversation " + store.Subject{Conversation: rec.Conversation}.Digest()
		}
	}
	s.note(c, r.act, object, detail)
}

// missed keeps that somebody asked for what is not in their workspace: it may
// be another's. Who asks again and again has asked once.
func (s *server) missed(c *gin.Context, err error) {
	w := whoOf(c)
	if w.Kind == access.KindNobody || !errors.Is(err, store.ErrNotFound) {
		return
	}
	route, object := c.Request.Method+" "+c.FullPath(), s.objectOf(c)
	if s.saw.first(strings.Join([]string{w.Kind, w.Name, c.GetString(placeKey), route, object}, "\x00"), s.o.Now()) {
		s.note(c, "refused", route, "not in this workspace: "+object)
	}
}

// objectOf is what a request is about, by id.
func (s *server) objectOf(c *gin.Context) string {
	return cmp.Or(c.GetString(objectKey), c.Param("id"), c.Query("suggestion"), c.Param("source"), c.Query("document"))
}

// note adds a line to the audit log. One that cannot be kept is told to the
// log of the program: what it is about has happened.
func (s *server) note(c *gin.Context, action, object, detail string) {
	ctx := c.Request.Context()
	if err := s.desk.Log(ctx, whoOf(c), c.GetString(placeKey), action, object, detail); err != nil {
		s.o.Log.ErrorContext(ctx, "audit log not written", "action", action, "err", err)
	}
}

// recently knows what was seen a moment ago: who looks at the same thing again
// and again, as panels do, has seen it once. It is safe for concurrent use.
type recently struct {
	mu sync.Mutex
	at map[string]time.Time
}

const (
	moments    = 15 * time.Minute
	maxMoments = 10_000
)

func (r *recently) first(what string, now time.Time) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if at, ok := r.at[what]; ok && now.Sub(at) < moments {
		return false
	}
	if r.at == nil || len(r.at) >= maxMoments {
		r.at = map[string]time.Time{}
	}
	r.at[what] = now
	return true
}

// still reports whether who was let in for a stream would be let in now:
// signing out, another password and a lost role end it.
func (s *server) still(c *gin.Context) error {
	n, place := ruleOf(c).needs, c.GetString(placeKey)
	session := c.GetString(sessionKey)
	if p := passOf(c); session == "" {
		session = p.Session
	}
	switch w := whoOf(c); {
	case session != "":
		now, _, err := s.sessionOf(c.Request.Context(), session)
		if err == nil && !now.May(n, place) {
			err = unauthorized("the role was taken away")
		}
		return err
	case w.Kind == access.KindKey:
		_, secret, _ := strings.Cut(c.GetHeader("Authorization"), " ")
		_, err := s.desk.Key(c.Request.Context(), strings.TrimSpace(secret))
		return err
	}
	return nil
}
