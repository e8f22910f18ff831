package web

import (
	"cmp"
	"context"
	"encoding/base64"
	"errors"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/gin-gonic/gin"

	"github.com/sufflor/sufflor/access"
	"github.com/sufflor/sufflor/store"
	"github.com/sufflor/sufflor/suggest/review"
)

// reviewRecords is what quality assurance needs of the store.
type reviewRecords interface {
	review.Records
	SaveReview(ctx context.Context, r store.Review) error
	SaveTriage(ctx context.Context, t store.Triage) error
	SaveRerun(ctx context.Context, r store.Rerun) (store.Rerun, error)
	Reruns(ctx context.Context, workspace, suggestion string) ([]store.Rerun, error)
}

// Addresses whose work takes longer than others'.
const (
	rerunPage = "/review/rerun"
	rerunAPI  = "/api/reviews/rerun"

	rerunPeriod = 3 * time.Minute
)

func (s *server) reviewRoutes(e *gin.Engine) {
	e.GET("/review", s.do(s.signedIn(s.reviewQueue), anyone))
	e.GET("/review/next", s.do(s.reviewNext, s.session))
	e.GET("/review/item", s.do(s.signedIn(s.reviewItem), anyone))
	e.POST("/review/item", s.do(s.reviewSave, s.session))
	e.POST("/review/name", s.do(s.reviewName, s.session))
	e.GET("/review/agreement", s.do(s.signedIn(s.reviewAgreement), anyone))
	e.GET("/review/triage", s.do(s.signedIn(s.reviewTriage), anyone))
	e.GET("/review/triage/item", s.do(s.signedIn(s.triageItem), anyone))
	e.POST("/review/triage/item", s.do(s.triageSave, s.session))
	e.POST(rerunPage, s.do(s.rerunForm, s.session))
	e.GET("/review/export.csv", s.do(s.reviewExport, s.session))

	e.GET("/api/reviews", s.do(s.reviewsAPI, s.caller))
	e.POST("/api/reviews", s.do(s.saveReviewAPI, s.caller))
	e.GET("/api/reviews/queue", s.do(s.queueAPI, s.caller))
	e.GET("/api/reviews/agreement", s.do(s.agreementAPI, s.caller))
	e.GET("/api/reviews/triage", s.do(s.triageAPI, s.caller))
	e.POST("/api/reviews/triage", s.do(s.saveTriageAPI, s.caller))
	e.GET("/api/reviews/compare", s.do(s.compareAPI, s.caller))
	e.POST(rerunAPI, s.do(s.rerunAPI, s.caller))
	e.GET("/api/reviews/export.csv", s.do(s.reviewExport, s.caller))
}

// signedIn leads who has no session to the sign-in and back.
func (s *server) signedIn(h handler) handler {
	return func(c *gin.Context) error {
		err := s.session(c)
		if f, ok := errors.AsType[*fault](err); ok && f.status == http.StatusUnauthorized && !fetched(c.Request) {
			c.Redirect(http.StatusSeeOther, "/signin?next="+url.QueryEscape(c.Request.URL.RequestURI()))
			return nil
		}
		if err != nil {
			return err
		}
		return h(c)
	}
}

const reviewerCookie = "sufflor_reviewer"

// maxReviewer bounds a reviewer's name, in bytes.
const maxReviewer = 100

// reviewer is who reviews: the person who signed in, whatever else is said.
// While there are no accounts the name is free and remembered as long as the
// browser is open, "" when nobody has said it yet.
func (s *server) reviewer(c *gin.Context) string {
	if w := whoOf(c); w.Kind == access.KindPerson {
		return w.Name
	}
	k, err := c.Request.Cookie(reviewerCookie)
	if err != nil {
		return ""
	}
	text, err := base64.RawURLEncoding.DecodeString(k.Value)
	if err != nil {
		return ""
	}
	name, _ := personName(string(text))
	return name
}

func rememberReviewer(c *gin.Context, name string) {
	setCookie(c, reviewerCookie, "/", base64.RawURLEncoding.EncodeToString([]byte(name)), 0)
}

// personName is a name without needless white space, and whether it is one.
func personName(text string) (string, bool) {
	name := strings.Join(strings.Fields(text), " ")
	return name, name != "" && len(name) <= maxReviewer && utf8.ValidString(name)
}

// reviewing is what a review's address asks for: a workspace and the rules of a
// sample. The address of each further page carries them on.
type reviewing struct {
	ws    Workspace
	rules review.Rules
	days  int
	since time.Time
	query url.Values
}

// The rules when an address names none.
const (
	usualDays   = 30
	usualHeavy  = 50 // percent
	usualRandom = 10
	mostDays    = 366
	mostWeeks   = 52
)

func (s *server) reviewing(c *gin.Context) (a reviewing, err error) {
	if a.ws, err = s.workspace(c, c.Query("workspace")); err != nil {
		return a, err
	}
	given := c.Query("rules") != ""
	for _, name := range []string{"rejected", "heavy", "topics", "random", "agent", "language", "flag"} {
		_, ok := c.GetQuery(name)
		given = given || ok
	}
	usual := func(n int) int {
		if given {
			return 0
		}
		return n
	}
	if a.days, err = number(c, "days", usualDays, mostDays); err != nil {
		return a, err
	}
	a.since = s.o.Now().AddDate(0, 0, -a.days)
	r := review.Rules{
		Rejected: c.Query("rejected") == "1" || !given,
		Agent:    strings.TrimSpace(c.Query("agent")), Language: c.Query("language"), Flag: c.Query("flag"),
		Second: max(0, cmp.Or(s.o.Second, review.UsualSecond)), // not the caller's choice: it decides what is hidden
	}
	for _, part := range []struct {
		name  string
		usual int
		into  *float64
	}{{"heavy", usual(usualHeavy), &r.Heavy}, {"random", usual(usualRandom), &r.Random}} {
		if *part.into, err = percent(c, part.name, part.usual); err != nil {
			return a, err
		}
	}
	if c.Query("topics") != "0" {
		if r.Topics, err = number(c, "topics", 0, mostWeeks); err != nil {
			return a, err
		}
	}
	a.rules = r
	a.query = url.Values{"workspace": {a.ws.ID}, "rules": {"1"}}
	set := func(name, value string) {
		if value != "" {
			a.query.Set(name, value)
		}
	}
	if r.Rejected {
		set("rejected", "1")
	}
	set("heavy", percents(r.Heavy))
	if r.Topics > 0 {
		set("topics", strconv.Itoa(r.Topics))
	}
	set("random", percents(r.Random))
	set("days", strconv.Itoa(a.days))
	set("agent", r.Agent)
	set("language", r.Language)
	set("flag", r.Flag)
	return a, nil
}

// percent is a query parameter from 0 to 100, as a share.
func percent(c *gin.Context, name string, standard int) (float64, error) {
	text := strings.TrimSpace(c.Query(name))
	if text == "" {
		return float64(standard) / 100, nil
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 0 || n > 100 {
		return 0, badRequest(name, strconv.Quote(text)+" is not possible", "use a whole number of percent from 0 to 100")
	}
	return float64(n) / 100, nil
}

func percents(share float64) string { return strconv.Itoa(int(share*100 + 0.5)) }

// to is the address of another page with the same rules.
func (a reviewing) to(path string, pairs ...string) string {
	q := maps.Clone(a.query)
	for i := 0; i+1 < len(pairs); i += 2 {
		if pairs[i+1] != "" {
			q.Set(pairs[i], pairs[i+1])
		}
	}
	return (&url.URL{Path: path, RawQuery: q.Encode()}).String()
}

// draw is the sample, newest drafts first within each reason.
func (s *server) draw(c *gin.Context, a reviewing) (review.Sample, error) {
	return review.Draw(c.Request.Context(), s.o.Store, a.ws.ID, a.rules, a.since)
}

// visible leaves out what would tell a reviewer another's ratings too early.
// Who bears the token is the operator, and sees all.
func (s *server) visible(c *gin.Context, a reviewing) func([]store.Review) []store.Review {
	return func(list []store.Review) []store.Review {
		if c.GetHeader("Authorization") != "" {
			return list
		}
		return a.rules.Visible(list, s.reviewer(c))
	}
}

// rated are the reviews of the days that an address asks for, as far as who
// asks may see them.
func (s *server) rated(c *gin.Context) (a reviewing, list []store.Review, err error) {
	if a, err = s.reviewing(c); err != nil {
		return a, nil, err
	}
	list, err = s.o.Store.Reviews(c.Request.Context(), a.ws.ID, "", a.since, store.MaxLabelled)
	return a, s.visible(c, a)(list), err
}

// posted reads a form of a reviewer.
func (s *server) posted(c *gin.Context) (a reviewing, who string, err error) {
	if a, err = s.reviewing(c); err != nil {
		return a, "", err
	}
	if err := c.Request.ParseForm(); err != nil {
		return a, "", bodyError(err)
	}
	who, err = s.named(c, "")
	return a, who, err
}

// saveReview keeps a review, and says what is wrong with it.
func (s *server) saveReview(c *gin.Context, r store.Review) error {
	for name, n := range review.Given(r) {
		if n < 0 || n > 5 {
			return badRequest(string(name), strconv.Itoa(n)+" is not possible", "use 1 to 5, or 0 for what cannot be judged")
		}
	}
	switch {
	case r.Correct+r.Complete+r.Tone+r.Citation == 0:
		return badRequest("correct", "nothing is rated", "rate at least one of: correct, complete, tone, citation")
	case len(r.Comment) > maxNote:
		return badRequest("comment", "longer than "+strconv.Itoa(maxNote)+" bytes", "shorten it")
	case len(r.Corrected) > maxOutcome:
		return badRequest("corrected", "longer than "+strconv.Itoa(maxOutcome)+" bytes", "shorten it")
	case !utf8.ValidString(r.Comment + r.Corrected):
		return badRequest("body", "not UTF-8", "send UTF-8")
	}
	err := s.o.Store.SaveReview(c.Request.Context(), r)
	return settled(err)
}

// maxNote bounds comments and notes, in bytes.
const maxNote = 8 << 10

// settled says what the store's own refusals mean.
func settled(err error) error {
	switch {
	case errors.Is(err, store.ErrSettled):
		return &fault{status: http.StatusConflict, text: "two people have rated this draft and seen each other's ratings", next: "it stays as it is; rate the next one", err: err}
	case errors.Is(err, store.ErrInvalid):
		return &fault{status: http.StatusConflict, text: "this draft cannot be judged", next: "the customer may have deleted the message", err: err}
	}
	return err
}

func (s *server) saveTriage(c *gin.Context, t store.Triage) error {
	switch {
	case !slices.Contains(store.Causes(), t.Cause):
		return badRequest("cause", strconv.Quote(t.Cause)+" is unknown", "use one of: "+strings.Join(store.Causes(), ", "))
	case !slices.Contains(store.TriageStates(), t.State):
		return badRequest("state", strconv.Quote(t.State)+" is unknown", "use one of: "+strings.Join(store.TriageStates(), ", "))
	case len(t.Owner) > maxReviewer:
		return badRequest("owner", "longer than "+strconv.Itoa(maxReviewer)+" bytes", "send a short name")
	case len(t.Note) > maxNote:
		return badRequest("note", "longer than "+strconv.Itoa(maxNote)+" bytes", "shorten it")
	case !utf8.ValidString(t.Owner + t.Note):
		return badRequest("body", "not UTF-8", "send UTF-8")
	}
	return settled(s.o.Store.SaveTriage(c.Request.Context(), t))
}

// rerun asks the questions of suggestions again, or without any of those that
// are said to be mended.
func (s *server) rerun(c *gin.Context, ws Workspace, ids []string, author string) (done, failed []string, err error) {
	if s.o.Rerun == nil {
		return nil, nil, &fault{status: http.StatusNotImplemented, text: "this server does not ask questions again", next: "use sufflor review rerun"}
	}
	if len(ids) > review.MaxAgain {
		return nil, nil, badRequest("suggestions", strconv.Itoa(len(ids))+" are not possible", "name at most "+strconv.Itoa(review.MaxAgain))
	}
	_ = http.NewResponseController(c.Writer).SetReadDeadline(time.Time{}) // it was for the form
	ctx, cancel := context.WithTimeout(c.Request.Context(), rerunPeriod)
	defer cancel()
	return review.AskAgain(ctx, s.o.Store, s.o.Rerun, s.o.Log, ws.ID, ids, author)
}
