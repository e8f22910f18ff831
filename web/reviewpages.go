package web

import (
	"cmp"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/sufflor/sufflor/access"
	"github.com/sufflor/sufflor/index/lang"
	"github.com/sufflor/sufflor/store"
	"github.com/sufflor/sufflor/suggest"
	"github.com/sufflor/sufflor/suggest/review"
)

const (
	queueLength = 100 // drafts that are listed; the rest is counted

	// Who leaves a draft open for longer has done something else.
	maxTook = 30 * time.Minute
)

// reviewFrame is what all review pages share.
type reviewFrame struct {
	Title      string
	Rooms      []roomView
	Nav        []workspaceView
	Workspaces []workspaceView
	Reviewer   string
	Workspace  string
	NameForm   string // where a name goes, with the rules
	SignedIn   bool   // as a person: nobody is asked for a name
	Version    string
}

func (s *server) reviewFrame(c *gin.Context, a reviewing, path, title string) reviewFrame {
	p := s.in(a.ws)
	f := reviewFrame{Rooms: s.rooms(c, a.ws), Title: p.word(title) + " – " + a.ws.title(), Reviewer: s.reviewer(c), Workspace: a.ws.ID, NameForm: a.to("/review/name"), SignedIn: whoOf(c).Kind == access.KindPerson, Version: s.o.Version}
	for _, n := range []struct{ path, word string }{
		{"/review", "review"}, {"/review/triage", "triage"}, {"/review/agreement", "agreement"},
	} {
		f.Nav = append(f.Nav, workspaceView{Name: p.word(n.word), Href: a.to(n.path), Current: n.path == path})
	}
	if own := s.own(c); len(own) > 1 {
		for _, ws := range own {
			f.Workspaces = append(f.Workspaces, workspaceView{Name: ws.title(), Href: a.to(cmp.Or(path, "/review"), "workspace", ws.ID), Current: ws.ID == a.ws.ID})
		}
	}
	return f
}

type choice struct {
	Value, Word string
	Chosen      bool
}

// queueView is the sample that the rules pick.
type queueView struct {
	reviewFrame
	NeedsName bool
	Rejected  bool
	Heavy     string
	Topics    int
	Random    string
	Second    string
	Days      int
	Agent     string
	Agents    []string
	Languages []choice
	Flags     []choice

	Entries []entryView
	Total   int
	Open    int
	Mine    int
	More    int // not listed
	Looked  string
	Start   string
	Export  string
}

type entryView struct {
	Href     string
	Customer string
	Line     string
	Flag     flagView
	Age      ageView
	Why      []string
	State    string
	Mine     bool
}

var reasonWords = map[review.Reason]string{
	review.Rejected: "done_rejected", review.Heavy: "why_heavy", review.Topic: "why_topic", review.Random: "why_random", review.Named: "why_named",
}

func (s *server) reviewQueue(c *gin.Context) error {
	a, err := s.reviewing(c)
	if err != nil {
		return err
	}
	sample, err := s.draw(c, a)
	if err != nil {
		return err
	}
	p, now := s.in(a.ws), s.o.Now()
	v := queueView{
		reviewFrame: s.reviewFrame(c, a, "/review", "review"),
		Rejected:    a.rules.Rejected, Heavy: percents(a.rules.Heavy), Topics: a.rules.Topics, Random: percents(a.rules.Random), Second: p.word("rule_second", int(100*a.rules.Second+0.5)),
		Days: a.days, Agent: a.rules.Agent, Total: len(sample.Entries), Open: sample.Open(),
		Looked: p.word("looked_at", sample.Looked, a.days), Start: a.to("/review/next"), Export: a.to("/review/export.csv"),
	}
	if sample.Limited {
		v.Looked = p.word("looked_at_newest", sample.Looked)
	}
	v.NeedsName = v.Reviewer == ""
	mine := sample.For(v.Reviewer)
	if !v.NeedsName {
		v.Mine = len(mine)
	}
	for i, e := range sample.Entries {
		for _, o := range e.Outcomes {
			if o.Agent != "" && !slices.Contains(v.Agents, o.Agent) && len(v.Agents) < 200 {
				v.Agents = append(v.Agents, o.Agent)
			}
		}
		if i < queueLength {
			v.Entries = append(v.Entries, p.entry(e, a, v.Reviewer, now))
		}
	}
	slices.Sort(v.Agents)
	v.More = v.Total - len(v.Entries)
	names := suggest.PhrasesIn(p.language).Languages
	for _, l := range lang.Supported() {
		word := l
		if n, ok := names[l]; ok {
			word = n
		}
		v.Languages = append(v.Languages, choice{l, word, l == a.rules.Language})
	}
	for _, f := range []suggest.Flag{suggest.High, suggest.Medium, suggest.Low, suggest.None} {
		v.Flags = append(v.Flags, choice{string(f), p.flag(string(f)).Word, string(f) == a.rules.Flag})
	}
	return s.page(c, http.StatusOK, a.ws, "review_queue", v)
}

func (p *pages) entry(e review.Entry, a reviewing, reviewer string, now time.Time) entryView {
	v := entryView{
		Href: a.to("/review/item", "suggestion", e.Suggestion.ID), Customer: p.customer(e.Suggestion.Customer),
		Line: line(e.Suggestion.Question), Flag: p.flag(e.Suggestion.Flag), Age: p.age(e.Suggestion.Created, now), Mine: reviewer != "" && e.For(reviewer),
	}
	for _, w := range e.Why {
		word := p.word(reasonWords[w])
		if w == review.Heavy {
			word = p.word(reasonWords[w]) + " (" + p.word("percent", int(100*e.Changed+0.5)) + ")"
		}
		v.Why = append(v.Why, word)
	}
	v.State = p.word("rated_of", len(e.Reviews), max(e.Need, len(e.Reviews)))
	if e.Rated(reviewer) && !e.Done() {
		v.State += " – " + p.word("rated_by_you")
	}
	return v
}

// line is a text's beginning on one line.
func line(text string) string {
	return clip(strings.Join(strings.Fields(clip(text, 4*shortLine)), " "), shortLine)
}

// reviewName remembers who reviews.
func (s *server) reviewName(c *gin.Context) error {
	a, err := s.reviewing(c)
	if err != nil {
		return err
	}
	if err := c.Request.ParseForm(); err != nil {
		return bodyError(err)
	}
	name, ok := personName(c.PostForm("name"))
	if !ok {
		return badRequest("name", "required, at most 100 bytes", "write your name")
	}
	rememberReviewer(c, name)
	next := "/review"
	if c.PostForm("triage") != "" {
		next = "/review/triage"
	}
	c.Redirect(http.StatusSeeOther, a.to(next))
	return nil
}

// reviewNext goes to the next draft that waits for the reviewer: the one after
// the given one, or the first.
func (s *server) reviewNext(c *gin.Context) error {
	a, err := s.reviewing(c)
	if err != nil {
		return err
	}
	return s.goOn(c, a, c.Query("after"))
}

func (s *server) goOn(c *gin.Context, a reviewing, after string) error {
	who := s.reviewer(c)
	if who == "" {
		c.Redirect(http.StatusSeeOther, a.to("/review"))
		return nil
	}
	sample, err := s.draw(c, a)
	if err != nil {
		return err
	}
	at := slices.IndexFunc(sample.Entries, func(e review.Entry) bool { return e.Suggestion.ID == after })
	for _, e := range sample.Entries[at+1:] {
		if e.For(who) {
			c.Redirect(http.StatusSeeOther, a.to("/review/item", "suggestion", e.Suggestion.ID))
			return nil
		}
	}
	c.Redirect(http.StatusSeeOther, a.to("/review"))
	return nil
}

// scaleView is one thing that is rated, with what each number means.
type scaleView struct {
	Name, Word, Asks string
	Options          []optionView
}

type optionView struct {
	N      int
	Word   string
	Chosen bool
}

var scaleWords = []struct {
	scale   review.Scale
	word    string
	asks    string
	anchors [5]string // from 1 to 5
}{
	{review.Correct, "correct", "correct_asks", [5]string{"correct_1", "correct_2", "correct_3", "correct_4", "correct_5"}},
	{review.Complete, "complete", "complete_asks", [5]string{"complete_1", "complete_2", "complete_3", "complete_4", "complete_5"}},
	{review.Tone, "tone", "tone_asks", [5]string{"tone_1", "tone_2", "tone_3", "tone_4", "tone_5"}},
	{review.Citation, "citation", "citation_asks", [5]string{"citation_1", "citation_2", "citation_3", "citation_4", "citation_5"}},
}

// itemPage is a draft that is rated.
type itemPage struct {
	reviewFrame
	S         suggestionView
	Sent      *compareView
	Scales    []scaleView
	Given     []givenView // when it is settled: what everybody said
	Settled   bool
	Saved     bool
	Comment   string
	Corrected string
	Action    string
	Skip      string
	Opened    int64 // Unix milliseconds
}

// givenView is what somebody said.
type givenView struct {
	Who     string
	Ratings []string // in the order of the scales
	Comment string
	Correct string
}

// compareView sets two texts side by side.
type compareView struct {
	Before, After []diffView
	Same          bool
	Changed       string
}

type diffView struct {
	Op   review.Op
	Text string
}

func (p *pages) compare(before, after string) *compareView {
	v := &compareView{Same: true}
	for _, piece := range review.Diff(before, after) {
		switch d := (diffView{piece.Op, piece.Text}); piece.Op {
		case review.Delete:
			v.Before = append(v.Before, d)
		case review.Insert:
			v.After = append(v.After, d)
		default:
			v.Before, v.After = append(v.Before, diffView{piece.Op, piece.Was}), append(v.After, d)
		}
		v.Same = v.Same && piece.Op == review.Same
	}
	v.Changed = p.word("changed_words", int(100*suggest.EditDistance(before, after)+0.5))
	return v
}

func (s *server) reviewItem(c *gin.Context) error {
	a, err := s.reviewing(c)
	if err != nil {
		return err
	}
	rec, err := s.o.Store.Suggestion(c.Request.Context(), a.ws.ID, c.Query("suggestion"))
	if err != nil {
		return err
	}
	v := itemPage{
		reviewFrame: s.reviewFrame(c, a, "", "review"), Action: a.to("/review/item", "suggestion", rec.ID), Skip: a.to("/review/next", "after", rec.ID),
		Opened: s.o.Now().UnixMilli(), Saved: c.Query("saved") != "",
	}
	if v.Reviewer == "" {
		c.Redirect(http.StatusSeeOther, a.to("/review"))
		return nil
	}
	outcomes, err := s.o.Store.Outcomes(c.Request.Context(), a.ws.ID, rec.ID)
	if err != nil {
		return err
	}
	reviews, err := s.o.Store.Reviews(c.Request.Context(), a.ws.ID, rec.ID, time.Time{}, 0)
	if err != nil {
		return err
	}
	p := s.in(a.ws)
	v.S = p.suggestion(rec, outcomes, s.o.Now())
	if o, ok := review.Sent(outcomes); ok && rec.State != store.StateWithdrawn {
		v.Sent = p.compare(v.S.Plain, o.Text)
	}
	var mine store.Review
	for _, r := range reviews {
		if review.SamePerson(r.Reviewer, v.Reviewer) {
			mine = r
		}
	}
	// Before somebody has rated, nothing tells them what others think.
	if v.Settled = mine.Reviewer != "" && len(reviews) > 1; v.Settled {
		for _, r := range reviews {
			v.Given = append(v.Given, p.given(r))
		}
	}
	v.Scales, v.Comment, v.Corrected = p.scales(mine), mine.Comment, mine.Corrected
	return s.page(c, http.StatusOK, a.ws, "review_item", v)
}

func (p *pages) scales(mine store.Review) []scaleView {
	given := review.Given(mine)
	var out []scaleView
	for _, w := range scaleWords {
		s := scaleView{Name: string(w.scale), Word: p.word(w.word), Asks: p.word(w.asks)}
		for i, key := range w.anchors {
			s.Options = append(s.Options, optionView{i + 1, p.word(key), given[w.scale] == i+1})
		}
		s.Options = append(s.Options, optionView{0, p.word("not_judged"), mine.Reviewer != "" && given[w.scale] == 0})
		out = append(out, s)
	}
	return out
}

func (p *pages) given(r store.Review) givenView {
	g := givenView{Who: r.Reviewer, Comment: r.Comment, Correct: r.Corrected}
	given := review.Given(r)
	for _, w := range scaleWords {
		word := "–"
		if n := given[w.scale]; n > 0 {
			word = strconv.Itoa(n)
		}
		g.Ratings = append(g.Ratings, p.word(w.word)+": "+word)
	}
	return g
}

// reviewSave takes a rating and goes on to the next draft.
func (s *server) reviewSave(c *gin.Context) error {
	a, who, err := s.posted(c)
	if err != nil {
		return err
	}
	id := c.Query("suggestion")
	v := store.Review{Workspace: a.ws.ID, Suggestion: id, Reviewer: who, Comment: lines(c.PostForm("comment")), Corrected: lines(c.PostForm("corrected"))}
	for name, into := range map[review.Scale]*int{review.Correct: &v.Correct, review.Complete: &v.Complete, review.Tone: &v.Tone, review.Citation: &v.Citation} {
		if *into, err = ratingOf(c.PostForm(string(name)), string(name)); err != nil {
			return err
		}
	}
	if opened, err := strconv.ParseInt(c.PostForm("opened"), 10, 64); err == nil {
		if took := s.o.Now().Sub(time.UnixMilli(opened)); took > 0 && took <= maxTook {
			v.Took = took
		}
	}
	// One person is one reviewer, however they write their name today.
	reviews, err := s.o.Store.Reviews(c.Request.Context(), a.ws.ID, id, time.Time{}, 0)
	if err != nil {
		return err
	}
	for _, r := range reviews {
		if review.SamePerson(r.Reviewer, who) {
			v.Reviewer = r.Reviewer
		}
	}
	if err := s.saveReview(c, v); err != nil {
		return err
	}
	return s.goOn(c, a, id)
}

// ratingOf reads what a form says; what was not touched could not be judged.
func ratingOf(text, field string) (int, error) {
	if text == "" {
		return 0, nil
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 0 || n > 5 {
		return 0, badRequest(field, strconv.Quote(clip(text, 20))+" is not possible", "use 1 to 5, or 0 for what cannot be judged")
	}
	return n, nil
}

// lines is a text of a form, whose lines end as browsers end them.
func lines(text string) string { return strings.TrimSpace(strings.ReplaceAll(text, "\r\n", "\n")) }

// agreementPage tells how far reviewers agree.
type agreementPage struct {
	reviewFrame
	Reviews int
	People  int
	Median  string
	Scales  []agreementView
	Pairs   []pairView
	Words   []string // of the scales, for the table's head
	Days    int
}

type agreementView struct {
	Word    string
	Mean    string
	Ratings int
	Units   int
	Alpha   string
	Means   string // what the alpha means, or why there is none
}

type pairView struct {
	Who   string
	Cells []pairCell
}

type pairCell struct {
	Kappa string
	Units int
	Equal string
}

func (s *server) reviewAgreement(c *gin.Context) error {
	a, list, err := s.rated(c)
	if err != nil {
		return err
	}
	p := s.in(a.ws)
	v := agreementPage{reviewFrame: s.reviewFrame(c, a, "/review/agreement", "agreement"), Reviews: len(list), Days: a.days, Median: p.word("unknown")}
	people := map[string]bool{}
	var took []time.Duration
	for _, r := range list {
		people[r.Reviewer] = true
		if r.Took > 0 {
			took = append(took, r.Took)
		}
	}
	v.People = len(people)
	if len(took) > 0 {
		slices.Sort(took)
		v.Median = p.word("seconds", p.decimal(strconv.FormatFloat(took[len(took)/2].Seconds(), 'f', 1, 64)))
	}
	pairs := map[string]*pairView{}
	var order []string
	for i, g := range review.Agree(review.Ratings(list)) {
		word := p.word(scaleWords[i].word)
		v.Words = append(v.Words, word)
		v.Scales = append(v.Scales, agreementView{
			Word: word, Mean: p.rounded(g.Mean, 1), Ratings: g.Count, Units: g.Units, Alpha: p.rounded(g.Alpha, 2), Means: p.means(g),
		})
		for _, pair := range g.Pairs {
			key := pair.First + "\x00" + pair.Second
			if pairs[key] == nil {
				pairs[key] = &pairView{Who: pair.First + " / " + pair.Second, Cells: make([]pairCell, len(scaleWords))}
				order = append(order, key)
			}
			pairs[key].Cells[i] = pairCell{Kappa: p.rounded(pair.Kappa, 2), Units: pair.Units, Equal: p.word("percent", int(100*pair.Equal+0.5))}
		}
	}
	slices.Sort(order)
	for _, key := range order {
		v.Pairs = append(v.Pairs, *pairs[key])
	}
	return s.page(c, http.StatusOK, a.ws, "review_agreement", v)
}

func (p *pages) rounded(x *float64, digits int) string {
	if x == nil {
		return p.word("unknown")
	}
	return p.decimal(strconv.FormatFloat(*x, 'f', digits, 64))
}

// fewDrafts is below how many drafts a figure says nothing yet, by our own
// choice: one more rating would move it from one word to another.
const fewDrafts = 20

// means says in words what an alpha is worth. The bounds are Krippendorff's,
// Content Analysis, 4th edition, chapter 12.
func (p *pages) means(a review.Agreement) string {
	switch {
	case a.Units == 0:
		return p.word("alpha_no_pairs")
	case a.Alpha == nil:
		return p.word("alpha_all_same")
	case a.Units < fewDrafts:
		return p.word("alpha_few", fewDrafts)
	case *a.Alpha >= 0.8:
		return p.word("alpha_good")
	case *a.Alpha >= 0.667:
		return p.word("alpha_fair")
	}
	return p.word("alpha_poor")
}

// reviewExport sends everything as CSV.
func (s *server) reviewExport(c *gin.Context) error {
	a, err := s.reviewing(c)
	if err != nil {
		return err
	}
	c.Header("Content-Type", "text/csv; charset=utf-8")
	c.Header("Content-Disposition", `attachment; filename="sufflor-reviews.csv"`)
	w := &started{w: c.Writer}
	err = review.Export(c.Request.Context(), w, s.o.Store, a.ws.ID, a.rules, a.since, s.visible(c, a))
	if err != nil && !w.yes {
		c.Header("Content-Disposition", "")
		c.Header("Content-Type", "")
	}
	return err
}

// started writes the mark by which spreadsheets know UTF-8 before the first
// byte.
type started struct {
	w   gin.ResponseWriter
	yes bool
}

func (s *started) Write(b []byte) (int, error) {
	if !s.yes {
		s.yes = true
		if _, err := s.w.WriteString("\ufeff"); err != nil {
			return 0, err
		}
	}
	return s.w.Write(b)
}
