package web

import (
	"cmp"
	"encoding/json"
	"net/http"
	"slices"
	"strconv"

	"github.com/gin-gonic/gin"

	"github.com/sufflor/sufflor/store"
	"github.com/sufflor/sufflor/suggest"
	"github.com/sufflor/sufflor/suggest/review"
)

// triagePage lists drafts that somebody would not have.
type triagePage struct {
	reviewFrame
	NeedsName bool
	States    []stateView
	Owners    []workspaceView
	Items     []badView
	More      int
	Can       bool // questions can be asked again
	Note      string
	Fixed     int // listed as mended
	Action    string
}

type stateView struct {
	workspaceView
	Count int
}

type badView struct {
	ID       string
	Href     string
	Customer string
	Line     string
	Age      ageView
	Before   flagView
	After    *flagView
	Said     []string // why it was rejected
	State    string
	Cause    string
	Document string
	Owner    string
	Fixed    bool
	Rated    bool
}

// What is not triaged has a state of its own on the page.
const untriaged = "new"

var stateWords = map[string]string{
	untriaged: "state_new", store.TriageOpen: "state_open", store.TriageFixed: "state_fixed", store.TriageClosed: "state_closed",
}

var causeWords = map[string]string{
	store.CauseMissing: "cause_missing", store.CauseNotRetrieved: "cause_not_retrieved", store.CauseBadlyWritten: "cause_badly_written",
	store.CauseOutdated: "cause_outdated", store.CauseConflicting: "cause_conflicting", store.CauseWrongAudience: "cause_wrong_audience",
}

func stateOf(t *store.Triage) string {
	if t == nil {
		return untriaged
	}
	return t.State
}

func (s *server) reviewTriage(c *gin.Context) error {
	a, err := s.reviewing(c)
	if err != nil {
		return err
	}
	bad, err := review.Worst(c.Request.Context(), s.o.Store, a.ws.ID, a.rules, a.since)
	if err != nil {
		return err
	}
	p, now := s.in(a.ws), s.o.Now()
	state, owner := c.Query("state"), c.Query("owner")
	v := triagePage{reviewFrame: s.reviewFrame(c, a, "/review/triage", "triage"), Can: s.o.Rerun != nil, Action: a.to(rerunPage, "state", state, "owner", owner)}
	v.NeedsName = v.Reviewer == ""
	counts := map[string]int{}
	var owners []string
	for _, b := range bad {
		counts[stateOf(b.Triage)]++
		if b.Triage != nil && b.Triage.Owner != "" && !slices.Contains(owners, b.Triage.Owner) {
			owners = append(owners, b.Triage.Owner)
		}
		if state != "" && stateOf(b.Triage) != state || owner != "" && (b.Triage == nil || b.Triage.Owner != owner) {
			continue
		}
		if len(v.Items) == queueLength {
			v.More++
			continue
		}
		item := p.bad(b)
		item.Age, item.Href = p.age(b.Suggestion.Created, now), a.to("/review/triage/item", "suggestion", b.Suggestion.ID)
		if item.Fixed {
			v.Fixed++
		}
		v.Items = append(v.Items, item)
	}
	v.States = append(v.States, stateView{workspaceView{p.word("all_states"), a.to("/review/triage", "owner", owner), state == ""}, len(bad)})
	for _, st := range append([]string{untriaged}, store.TriageStates()...) {
		v.States = append(v.States, stateView{workspaceView{p.word(stateWords[st]), a.to("/review/triage", "state", st, "owner", owner), st == state}, counts[st]})
	}
	slices.Sort(owners)
	for _, o := range owners {
		w := workspaceView{Name: o, Href: a.to("/review/triage", "state", state, "owner", o), Current: o == owner}
		if w.Current {
			w.Href = a.to("/review/triage", "state", state) // once more takes it away
		}
		v.Owners = append(v.Owners, w)
	}
	if n, err := strconv.Atoi(c.Query("done")); err == nil {
		failed, _ := strconv.Atoi(c.Query("failed"))
		v.Note = p.word("asked_again", n, failed)
	}
	return s.page(c, http.StatusOK, a.ws, "review_triage", v)
}

func (p *pages) bad(b review.Bad) badView {
	v := badView{
		ID: b.Suggestion.ID, Customer: p.customer(b.Suggestion.Customer), Line: line(b.Suggestion.Question), Before: p.flag(b.Suggestion.Flag),
		State: p.word(stateWords[stateOf(b.Triage)]), Rated: !b.ByAgent && len(b.Reviews) > 0,
	}
	v.Said = p.said(b.Outcomes)
	if t := b.Triage; t != nil {
		v.Cause, v.Document, v.Owner, v.Fixed = p.word(causeWords[t.Cause]), t.Title, t.Owner, t.State == store.TriageFixed
	}
	if b.Rerun != nil {
		f := p.flag(b.Rerun.Flag)
		v.After = &f
	}
	return v
}

// said is what agents wrote when they rejected a draft.
func (p *pages) said(outcomes []store.Outcome) []string {
	var out []string
	for _, o := range outcomes {
		if o.Action != store.ActionRejected && o.Action != store.ActionDown {
			continue
		}
		out = append(out, cmp.Or(o.Agent, p.word("an_agent"))+": "+clip(cmp.Or(p.rejected(o.Reason), p.word("no_reason")), shortQuote))
	}
	return out
}

// triageItemPage is one bad draft, with what its question gives now.
type triageItemPage struct {
	reviewFrame
	Customer  string
	Message   string
	Said      []string
	Withdrawn bool
	Before    answerView
	After     *answerView
	Diff      *compareView
	Earlier   []string // reruns before the last
	Causes    []choice
	States    []choice
	Documents []choice
	Owner     string
	Owners    []string
	Note      string
	Can       bool
	NeedsName bool
	Action    string
	Rerun     string
	ID        string
	Saved     bool
	Failed    bool
	Back      string
}

// answerView is a draft with its sources, for comparing.
type answerView struct {
	Flag    flagView
	Likely  string
	Age     ageView
	NoDraft string
	Broken  bool
	Cited   []sourceView
	Missing []string
	Plain   string
}

func (s *server) triageItem(c *gin.Context) error {
	a, err := s.reviewing(c)
	if err != nil {
		return err
	}
	ctx := c.Request.Context()
	rec, err := s.o.Store.Suggestion(ctx, a.ws.ID, c.Query("suggestion"))
	if err != nil {
		return err
	}
	outcomes, err := s.o.Store.Outcomes(ctx, a.ws.ID, rec.ID)
	if err != nil {
		return err
	}
	reruns, err := s.o.Store.Reruns(ctx, a.ws.ID, rec.ID)
	if err != nil {
		return err
	}
	all, err := s.o.Store.Triages(ctx, a.ws.ID, store.TriageFilter{})
	if err != nil {
		return err
	}
	p, now := s.in(a.ws), s.o.Now()
	before := p.suggestion(rec, outcomes, now)
	v := triageItemPage{
		reviewFrame: s.reviewFrame(c, a, "", "triage"), ID: rec.ID, Customer: before.Customer, Message: before.Message, Said: p.said(outcomes),
		Withdrawn: rec.State == store.StateWithdrawn, Before: answer(before), Can: s.o.Rerun != nil,
		Action: a.to("/review/triage/item", "suggestion", rec.ID), Rerun: a.to(rerunPage, "back", rec.ID),
		Saved: c.Query("saved") != "", Failed: c.Query("failed") != "", Back: a.to("/review/triage"),
	}
	v.NeedsName = v.Reviewer == ""
	for i, r := range reruns {
		if i > 0 {
			v.Earlier = append(v.Earlier, p.flag(r.Flag).Word+", "+p.age(r.Created, now).Words)
			continue
		}
		again := rec
		again.Body, again.Flag, again.Language, again.Created, again.State = r.Body, r.Flag, r.Language, r.Created, store.StateActive
		after := p.suggestion(again, nil, now)
		x := answer(after)
		v.After, v.Diff = &x, p.compare(before.Plain, after.Plain)
	}
	mine := store.Triage{State: store.TriageOpen}
	if i := slices.IndexFunc(all, func(t store.Triage) bool { return t.Suggestion == rec.ID }); i >= 0 {
		mine = all[i]
	}
	v.Note, v.Owner = mine.Note, mine.Owner
	for _, k := range store.Causes() {
		v.Causes = append(v.Causes, choice{k, p.word(causeWords[k]), k == mine.Cause})
	}
	for _, k := range store.TriageStates() {
		v.States = append(v.States, choice{k, p.word(stateWords[k]), k == mine.State})
	}
	v.documents(p, rec, mine)
	for _, t := range all {
		if t.Owner != "" && !slices.Contains(v.Owners, t.Owner) {
			v.Owners = append(v.Owners, t.Owner)
		}
	}
	slices.Sort(v.Owners)
	return s.page(c, http.StatusOK, a.ws, "review_triage_item", v)
}

// documents offers those that the draft rests on, and the one chosen before.
func (v *triageItemPage) documents(p *pages, rec store.Suggestion, mine store.Triage) {
	v.Documents = []choice{{"", p.word("no_document"), mine.Document == ""}}
	var body suggest.Suggestion
	_ = json.Unmarshal(rec.Body, &body) // one that cannot be read has no documents, and the page says so
	add := func(id, title string) {
		if id != "" && !slices.ContainsFunc(v.Documents, func(d choice) bool { return d.Value == id }) {
			v.Documents = append(v.Documents, choice{id, cmp.Or(title, id), id == mine.Document})
		}
	}
	add(mine.Document, mine.Title)
	for _, e := range body.Evidence {
		add(e.Passage.Document, e.Passage.Title)
	}
}

func answer(v suggestionView) answerView {
	return answerView{Flag: v.Flag, Likely: v.Likely, Age: v.Age, NoDraft: v.NoDraft, Broken: v.Broken, Cited: v.Cited, Missing: v.Missing, Plain: v.Plain}
}

func (s *server) triageSave(c *gin.Context) error {
	a, who, err := s.posted(c)
	if err != nil {
		return err
	}
	owner, _ := personName(c.PostForm("owner"))
	t := store.Triage{
		Workspace: a.ws.ID, Suggestion: c.Query("suggestion"), Cause: c.PostForm("cause"), State: c.PostForm("state"), Document: c.PostForm("document"),
		Owner: owner, Note: lines(c.PostForm("note")), Author: who,
	}
	if t.Document != "" && owner == "" {
		// Who looks after a document is remembered from the last time.
		last, err := s.o.Store.Triages(c.Request.Context(), a.ws.ID, store.TriageFilter{Document: t.Document})
		if err != nil {
			return err
		}
		if i := slices.IndexFunc(last, func(t store.Triage) bool { return t.Owner != "" }); i >= 0 {
			t.Owner = last[i].Owner
		}
	}
	if err := s.saveTriage(c, t); err != nil {
		return err
	}
	c.Redirect(http.StatusSeeOther, a.to("/review/triage/item", "suggestion", t.Suggestion, "saved", "1"))
	return nil
}

// rerunForm asks questions again and shows what that gave.
func (s *server) rerunForm(c *gin.Context) error {
	a, who, err := s.posted(c)
	if err != nil {
		return err
	}
	ids := c.PostFormArray("suggestion")
	if len(ids) == 0 {
		return badRequest("suggestion", "none is chosen", "go back and choose at least one")
	}
	done, failed, err := s.rerun(c, a.ws, ids, who)
	if err != nil {
		return err
	}
	if back := c.Query("back"); back != "" {
		problem := ""
		if len(failed) > 0 {
			problem = "1"
		}
		c.Redirect(http.StatusSeeOther, a.to("/review/triage/item", "suggestion", back, "failed", problem))
		return nil
	}
	c.Redirect(http.StatusSeeOther, a.to("/review/triage", "state", c.Query("state"), "owner", c.Query("owner"),
		"done", strconv.Itoa(len(done)), "failed", strconv.Itoa(len(failed))))
	return nil
}
