package web

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/sufflor/sufflor/access"
	"github.com/sufflor/sufflor/store"
	"github.com/sufflor/sufflor/suggest"
)

// The states of a part of the server.
const (
	partOK      = "ok"
	partWarns   = "warn"
	partFails   = "fail"
	partUnknown = "unknown" // or not used
)

const (
	oldJob     = 2 * time.Minute    // a job that waits longer holds drafts up
	oldBackup  = 7 * 24 * time.Hour // then a new one is due
	lowDisk    = 0.10               // of the disk
	fullDisk   = 0.03
	modelDays  = 7 // that the model's figures are of
	modelShare = 0.75
)

// PartJSON is a part of the server with how it is.
type PartJSON struct {
	Part   string `json:"part"`
	State  string `json:"state"`            // ok, warn, fail, unknown
	Detail string `json:"detail,omitempty"` // in the language of the pages
	Next   string `json:"next,omitempty"`   // the step to take
	Text   string `json:"text,omitempty"`   // what the part says itself, in English
}

// parts looks at everything. What one part cannot tell keeps the others from
// nothing.
func (s *server) parts(ctx context.Context, ws Workspace, owner bool) []PartJSON {
	p, set := s.in(ws), s.settings()
	now := s.o.Now()
	add := func(part, state, detail, next string) PartJSON {
		one := PartJSON{Part: part, State: state, Detail: detail}
		if next != "" {
			one.Next = p.word(next)
		}
		return one
	}
	list := []PartJSON{s.checked(ctx, p, "store", s.o.Store.Check, "health_store_next")}
	if check := s.o.Health["index"]; check != nil {
		list = append(list, s.checked(ctx, p, "index", check, "health_index_next"))
	}
	if set.Pending != nil {
		switch n, err := set.Pending(ctx); {
		case err != nil:
			list = append(list, s.lost(ctx, p, "pending", err))
		case n > 0:
			list = append(list, add("pending", partWarns, strconv.Itoa(n), "health_pending_next"))
		default:
			list = append(list, add("pending", partOK, p.word("health_pending_none"), ""))
		}
	}
	place := ws.ID
	if owner {
		place = ""
	}
	if w, err := s.o.Store.Waiting(ctx, place, ""); err != nil {
		list = append(list, s.lost(ctx, p, "queue", err))
	} else {
		one := add("queue", partOK, p.word("health_queue", w.Jobs), "")
		if !w.Oldest.IsZero() {
			one.Detail += " " + p.word("health_oldest", p.age(w.Oldest, now).Words)
			if now.Sub(w.Oldest) > oldJob {
				one.State, one.Next = partFails, p.word("health_queue_next")
			}
		}
		list = append(list, one)
		if w.Dead > 0 {
			list = append(list, add("dead", partWarns, strconv.Itoa(w.Dead), "health_dead_next"))
		} else {
			list = append(list, add("dead", partOK, p.word("health_dead_none"), ""))
		}
	}
	list = append(list, s.deskPart(ctx, p, ws))
	list = append(list, s.modelPart(ctx, p, ws), s.embedderPart(p, ws))
	if set.Disk != nil {
		list = append(list, s.diskPart(ctx, p))
	}
	if u, err := s.o.Store.LastUpkeep(ctx, store.UpkeepBackup, ""); err != nil {
		list = append(list, s.lost(ctx, p, "backup", err))
	} else {
		switch {
		case u.At.IsZero():
			list = append(list, add("backup", partWarns, p.word("health_backup_none"), "health_backup_next"))
		case now.Sub(u.At) > oldBackup:
			list = append(list, add("backup", partWarns, p.word("health_backup", p.age(u.At, now).Words), "health_backup_next"))
		default:
			list = append(list, add("backup", partOK, p.word("health_backup", p.age(u.At, now).Words), ""))
		}
	}
	return list
}

// checked is a part that a health check knows.
func (s *server) checked(ctx context.Context, p *pages, part string, check func(context.Context) error, next string) PartJSON {
	err := check(ctx)
	if partial, ok := errors.AsType[Partial](err); ok {
		return PartJSON{Part: part, State: partWarns, Text: string(partial), Next: p.word("health_partial_next")}
	}
	if err != nil {
		s.o.Log.ErrorContext(ctx, "health check failed", "part", part, "err", err)
		return PartJSON{Part: part, State: partFails, Detail: p.word("health_failed"), Next: p.word(next)}
	}
	return PartJSON{Part: part, State: partOK, Detail: p.word("health_works")}
}

// lost is a part of which nobody can tell how it is.
func (s *server) lost(ctx context.Context, p *pages, part string, err error) PartJSON {
	s.o.Log.ErrorContext(ctx, "health not known", "part", part, "err", err)
	return PartJSON{Part: part, State: partUnknown, Detail: p.word("health_unknown"), Next: p.word("health_log_next")}
}

func (s *server) deskPart(ctx context.Context, p *pages, ws Workspace) PartJSON {
	list, err := s.deskList(ctx, ws)
	if err != nil {
		return s.lost(ctx, p, "desks", err)
	}
	if len(list) == 0 {
		return PartJSON{Part: "desks", State: partUnknown, Detail: p.word("desks_none"), Next: p.word("desks_none_next")}
	}
	gone := 0
	for _, d := range list {
		if d.State == store.DeskDisconnected {
			gone++
		}
	}
	if gone > 0 {
		return PartJSON{Part: "desks", State: partFails, Detail: p.word("health_desks_gone", gone, len(list)), Next: p.word("health_desks_next")}
	}
	return PartJSON{Part: "desks", State: partOK, Detail: p.word("health_desks", len(list))}
}

func (s *server) modelPart(ctx context.Context, p *pages, ws Workspace) PartJSON {
	m := s.settings().Model
	if m == nil {
		return PartJSON{Part: "model", State: partUnknown, Detail: p.word("model_none")}
	}
	if m.Resting != nil && m.Resting() {
		return PartJSON{Part: "model", State: partFails, Detail: p.word("model_resting"), Next: p.word("model_resting_next")}
	}
	b, err := s.budget(ctx, ws, *m)
	switch {
	case err != nil:
		return s.lost(ctx, p, "model", err)
	case b.Share >= 1:
		return PartJSON{Part: "model", State: partFails, Detail: p.word("model_spent"), Next: p.word("model_spent_next")}
	case b.Share >= modelShare:
		return PartJSON{Part: "model", State: partWarns, Detail: p.word("model_share", int(100*b.Share)), Next: p.word("model_spent_next")}
	}
	return PartJSON{Part: "model", State: partOK, Detail: p.word("health_works")}
}

func (s *server) embedderPart(p *pages, ws Workspace) PartJSON {
	if s.settings().Embedder == nil {
		return PartJSON{Part: "embedder", State: partUnknown, Detail: p.word("embedder_none")}
	}
	e := s.settings().Embedder(ws.ID)
	one := PartJSON{Part: "embedder", State: partOK, Detail: p.word("embedder_done", e.Vectors, e.Passages), Text: e.Error}
	switch {
	case e.Error != "":
		one.State, one.Next = partFails, p.word("embedder_next")
	case e.Vectors+e.Failed < e.Passages:
		one.State, one.Next = partWarns, p.word("health_pending_next")
	}
	return one
}

func (s *server) diskPart(ctx context.Context, p *pages) PartJSON {
	free, total, err := s.settings().Disk()
	if err != nil || total == 0 {
		return s.lost(ctx, p, "disk", err)
	}
	share := float64(free) / float64(total)
	one := PartJSON{Part: "disk", State: partOK, Detail: p.word("disk_free", p.size(int64(min(free, 1<<62))), int(100*share))}
	switch {
	case share < fullDisk:
		one.State, one.Next = partFails, p.word("disk_next")
	case share < lowDisk:
		one.State, one.Next = partWarns, p.word("disk_next")
	}
	return one
}

// size is a number of bytes for people.
func (p *pages) size(n int64) string {
	if n >= 1e9 {
		return p.decimal(strconv.FormatFloat(float64(n)/1e9, 'f', 1, 64)) + " GB"
	}
	return p.decimal(strconv.FormatFloat(float64(n)/1e6, 'f', 1, 64)) + " MB"
}

type healthView struct {
	settingsFrame
	Parts []partLine
	Worst string
}

type partLine struct {
	PartJSON
	Name, Word, Sign string
}

var partWords = map[string]string{
	"store": "part_store", "index": "part_index", "pending": "part_pending", "queue": "part_queue", "dead": "part_dead",
	"desks": "part_desks", "model": "part_model", "embedder": "part_embedder", "disk": "part_disk", "backup": "part_backup",
}

var healthWords = map[string]string{
	partOK: "health_is_ok", partWarns: "health_is_warn", partFails: "health_is_fail", partUnknown: "health_is_unknown",
}

// modelCauses are why a model's draft was not used.
var modelCauses = map[suggest.Cause]string{
	suggest.CauseSlow: "cause_slow", suggest.CauseDown: "cause_down", suggest.CauseLimited: "cause_limited", suggest.CauseBudget: "cause_budget",
	suggest.CauseGarbage: "cause_garbage", suggest.CauseLanguage: "cause_language", suggest.CausePrivate: "cause_private",
	suggest.CauseUnsupported: "cause_unsupported",
}

var stateSigns = map[string]string{partOK: "✓", partWarns: "!", partFails: "✕", partUnknown: "–"}

func (s *server) healthPage(c *gin.Context) error {
	ws, err := s.workspace(c, c.Query("workspace"))
	if err != nil {
		return err
	}
	p := s.in(ws)
	v := healthView{settingsFrame: s.settingsFrame(c, ws, "health")}
	worst := 0
	order := []string{partOK, partUnknown, partWarns, partFails}
	for _, part := range s.parts(c.Request.Context(), ws, s.may(whoOf(c), byOwners)) {
		worst = max(worst, slices.Index(order, part.State))
		v.Parts = append(v.Parts, partLine{PartJSON: part, Name: p.word(partWords[part.Part]), Word: p.word(healthWords[part.State]), Sign: stateSigns[part.State]})
	}
	v.Worst = map[string]string{partWarns: "health_some_warn", partFails: "health_some_fail"}[order[worst]]
	if v.Worst == "" {
		v.Worst = "health_all_ok"
	}
	return s.page(c, http.StatusOK, ws, "settings_health", v)
}

func (s *server) healthAPI(c *gin.Context) error {
	ws, err := s.workspace(c, c.Query("workspace"))
	if err != nil {
		return err
	}
	c.JSON(http.StatusOK, gin.H{"parts": s.parts(c.Request.Context(), ws, s.may(whoOf(c), byOwners))})
	return nil
}

// budgetJSON is what the model cost a workspace this month.
type budgetJSON struct {
	store.Spend

	Share float64 `json:"share"` // of the nearest cap; 0 without one
}

func (s *server) budget(ctx context.Context, ws Workspace, m ModelSetting) (budgetJSON, error) {
	spent, err := s.o.Store.MonthSpend(ctx, ws.ID, s.o.Now().UTC().Format("2006-01"))
	b := budgetJSON{Spend: spent}
	if m.MonthlySpend > 0 {
		b.Share = float64(spent.Micros) / 1e6 / m.MonthlySpend
	}
	if m.MonthlyTokens > 0 {
		b.Share = max(b.Share, float64(spent.TokensIn+spent.TokensOut)/float64(m.MonthlyTokens))
	}
	return b, err
}

// modelJSON is how the model is configured and how it does.
type modelJSON struct {
	Model    *ModelSetting  `json:"model"` // null: none is configured
	Deadline float64        `json:"deadline_seconds,omitempty"`
	Resting  bool           `json:"resting"`
	Budget   budgetJSON     `json:"budget"`
	Use      store.ModelUse `json:"use"` // of the last week
}

func (s *server) model(ctx context.Context, ws Workspace) (modelJSON, error) {
	m := s.settings().Model
	if m == nil {
		return modelJSON{}, nil
	}
	out := modelJSON{Model: m, Deadline: m.Deadline.Seconds(), Resting: m.Resting != nil && m.Resting()}
	var err, useErr error
	out.Budget, err = s.budget(ctx, ws, *m)
	out.Use, useErr = s.o.Store.ModelUse(ctx, ws.ID, s.o.Now().Add(-modelDays*24*time.Hour))
	return out, errors.Join(err, useErr)
}

type modelView struct {
	settingsFrame
	modelJSON
	Spent, Cap, TokensCap, Share string
	Causes                       []causeView
	Mean, P95                    string
	CanTest                      bool
	Try                          *ModelTry
	First, Total                 string
}

type causeView struct {
	Word string
	N    int
}

func (s *server) modelPage(c *gin.Context) error {
	ws, err := s.workspace(c, c.Query("workspace"))
	if err != nil {
		return err
	}
	return s.showModel(c, ws, nil)
}

func (s *server) showModel(c *gin.Context, ws Workspace, try *ModelTry) error {
	m, err := s.model(c.Request.Context(), ws)
	if err != nil {
		return err
	}
	p := s.in(ws)
	v := modelView{settingsFrame: s.settingsFrame(c, ws, "model"), modelJSON: m, CanTest: s.settings().TestModel != nil, Try: try}
	seconds := func(ms float64) string { return p.decimal(strconv.FormatFloat(ms/1000, 'f', 1, 64)) }
	if m.Model != nil {
		money := func(n float64) string {
			return p.decimal(strconv.FormatFloat(n, 'f', 2, 64)) + " " + m.Model.Currency
		}
		v.Spent = money(float64(m.Budget.Micros) / 1e6)
		if m.Model.MonthlySpend > 0 {
			v.Cap = money(m.Model.MonthlySpend)
		}
		if m.Model.MonthlyTokens > 0 {
			v.TokensCap = strconv.FormatInt(m.Model.MonthlyTokens, 10)
		}
		if m.Budget.Share > 0 {
			v.Share = p.word("percent", int(100*m.Budget.Share+0.5))
		}
	}
	if m.Use.MeanMS > 0 {
		v.Mean, v.P95 = seconds(m.Use.MeanMS), seconds(m.Use.P95MS)
	}
	for cause, n := range m.Use.Failures {
		word := cause
		if key, ok := modelCauses[suggest.Cause(cause)]; ok {
			word = p.word(key)
		}
		v.Causes = append(v.Causes, causeView{word, n})
	}
	slices.SortFunc(v.Causes, func(a, b causeView) int {
		if a.N != b.N {
			return b.N - a.N
		}
		return slices.Compare([]byte(a.Word), []byte(b.Word))
	})
	if try != nil {
		v.First, v.Total = seconds(try.FirstMS), seconds(try.TotalMS)
	}
	return s.page(c, http.StatusOK, ws, "settings_model", v)
}

func (s *server) modelAPI(c *gin.Context) error {
	ws, err := s.workspace(c, c.Query("workspace"))
	if err != nil {
		return err
	}
	m, err := s.model(c.Request.Context(), ws)
	if err != nil {
		return err
	}
	c.JSON(http.StatusOK, m)
	return nil
}

func (s *server) modelTest(c *gin.Context) error {
	ws, err := s.formFor(c)
	if err != nil {
		return err
	}
	if s.settings().TestModel == nil {
		return unwired("configure a model, or use sufflor model test")
	}
	try := s.settings().TestModel(c.Request.Context())
	return s.showModel(c, ws, &try)
}

func (s *server) modelTestAPI(c *gin.Context) error {
	var q deskRequest
	if err := readJSON(c, &q); err != nil {
		return err
	}
	if _, err := s.workspace(c, q.Workspace); err != nil {
		return err
	}
	if s.settings().TestModel == nil {
		return unwired("configure a model, or use sufflor model test")
	}
	c.JSON(http.StatusOK, s.settings().TestModel(c.Request.Context()))
	return nil
}

// retention is what is kept for how long.
type retentionJSON struct {
	KeepDays      int             `json:"keep_days"` // conversations; 0: until somebody erases them
	KeepVersions  int             `json:"keep_versions,omitempty"`
	KeepOriginals bool            `json:"keep_originals"`
	LastRun       time.Time       `json:"last_run,omitzero"`
	LastReport    json.RawMessage `json:"last_report,omitempty"`
	Due           int             `json:"due"` // conversations that the next run erases
	DueMore       bool            `json:"due_more,omitempty"`
}

func (s *server) retention(ctx context.Context, ws Workspace) (retentionJSON, error) {
	set := s.settings()
	out := retentionJSON{KeepDays: set.KeepDays, KeepVersions: set.KeepVersions, KeepOriginals: set.KeepOriginals}
	u, err := s.o.Store.LastUpkeep(ctx, store.UpkeepRetention, ws.ID)
	if err != nil {
		return out, err
	}
	out.LastRun, out.LastReport = u.At, u.Report
	if set.KeepDays > 0 {
		h, err := s.o.Store.Expired(ctx, ws.ID, s.expiry())
		if err != nil {
			return out, err
		}
		out.Due, out.DueMore = len(h.Conversations), h.More
	}
	return out, nil
}

// expiry is the time before which conversations are kept no longer.
func (s *server) expiry() time.Time {
	return s.o.Now().Add(-time.Duration(s.settings().KeepDays) * 24 * time.Hour)
}

// retain erases what is kept for too long.
func (s *server) retain(c *gin.Context, ws Workspace) (store.Holdings, error) {
	if s.settings().KeepDays <= 0 {
		return store.Holdings{}, &fault{status: http.StatusConflict, text: "retention is not configured", next: "set retention.conversation_days in the configuration"}
	}
	return Retain(c.Request.Context(), s.o.Store, s.desk, whoOf(c), ws.ID, s.expiry())
}

// keeper is what erases what is kept for too long.
type keeper interface {
	EraseExpired(ctx context.Context, workspace string, before time.Time) (store.Holdings, error)
	SaveUpkeep(ctx context.Context, kind, workspace string, report any) error
}

// Retain erases the conversations of a workspace in which nothing has happened
// since a time, and keeps who had it done.
func Retain(ctx context.Context, k keeper, desk access.Desk, who access.Who, workspace string, before time.Time) (store.Holdings, error) {
	h, err := k.EraseExpired(ctx, workspace, before)
	if err != nil {
		return h, err
	}
	counts := h
	counts.Conversations = nil
	report := map[string]any{"conversations": len(h.Conversations), "counts": counts}
	if err := k.SaveUpkeep(ctx, store.UpkeepRetention, workspace, report); err != nil {
		return h, err
	}
	if h.Empty() {
		return h, nil
	}
	return h, desk.Log(ctx, who, workspace, "data.retention", "", summary(h))
}

// summary is what was erased, in numbers.
func summary(h store.Holdings) string {
	return fmt.Sprintf("conversations %d, events %d, suggestions %d, files %d", len(h.Conversations), h.Events, h.Suggestions, h.Files)
}
