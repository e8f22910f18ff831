package web

import (
	"net/http"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/sufflor/sufflor/access"
	"github.com/sufflor/sufflor/store"
	"github.com/sufflor/sufflor/suggest/review"
)

// reviewJSON is a review in the API. Ratings are 1 to 5, 0 for what could not
// be judged.
type reviewJSON struct {
	Suggestion string    `json:"suggestion"`
	Reviewer   string    `json:"reviewer"`
	Correct    int       `json:"correct"`
	Complete   int       `json:"complete"`
	Tone       int       `json:"tone"`
	Citation   int       `json:"citation"`
	Comment    string    `json:"comment,omitempty"`
	Corrected  string    `json:"corrected,omitempty"`
	Seconds    float64   `json:"seconds,omitempty"`
	Created    time.Time `json:"created,omitzero"`
	Updated    time.Time `json:"updated,omitzero"`
}

func newReviewJSON(v store.Review) reviewJSON {
	return reviewJSON{
		Suggestion: v.Suggestion, Reviewer: v.Reviewer, Correct: v.Correct, Complete: v.Complete, Tone: v.Tone, Citation: v.Citation,
		Comment: v.Comment, Corrected: v.Corrected, Seconds: v.Took.Seconds(), Created: v.Created, Updated: v.Updated,
	}
}

// reviewsAPI lists reviews of the last days, or those of one suggestion.
func (s *server) reviewsAPI(c *gin.Context) error {
	a, err := s.reviewing(c)
	if err != nil {
		return err
	}
	id := c.Query("suggestion")
	since := a.since
	if id != "" {
		if _, err := s.o.Store.Suggestion(c.Request.Context(), a.ws.ID, id); err != nil {
			return err
		}
		since = time.Time{}
	}
	found, err := s.o.Store.Reviews(c.Request.Context(), a.ws.ID, id, since, store.MaxLabelled)
	if err != nil {
		return err
	}
	list := []reviewJSON{}
	for _, v := range s.visible(c, a)(found) {
		list = append(list, newReviewJSON(v))
	}
	c.JSON(http.StatusOK, gin.H{"reviews": list})
	return nil
}

// saveReviewAPI keeps a review. Without a reviewer it is that of the session.
func (s *server) saveReviewAPI(c *gin.Context) error {
	ws, err := s.workspace(c, c.Query("workspace"))
	if err != nil {
		return err
	}
	var q reviewJSON
	if err := readJSON(c, &q); err != nil {
		return err
	}
	who, err := s.named(c, q.Reviewer)
	if err != nil {
		return err
	}
	if q.Seconds < 0 || q.Seconds > maxTook.Seconds() {
		q.Seconds = 0
	}
	v := store.Review{
		Workspace: ws.ID, Suggestion: q.Suggestion, Reviewer: who, Correct: q.Correct, Complete: q.Complete, Tone: q.Tone, Citation: q.Citation,
		Comment: q.Comment, Corrected: q.Corrected, Took: time.Duration(q.Seconds * float64(time.Second)),
	}
	if err := s.saveReview(c, v); err != nil {
		return err
	}
	c.JSON(http.StatusCreated, newReviewJSON(v))
	return nil
}

// named is the reviewer that a call names, or that of the session. A person
// who signed in speaks for nobody else.
func (s *server) named(c *gin.Context, name string) (string, error) {
	if w := whoOf(c); w.Kind == access.KindPerson && name != "" && !review.SamePerson(name, w.Name) {
		return "", badRequest("reviewer", "is not who signed in", "leave it out")
	}
	if name == "" || whoOf(c).Kind == access.KindPerson {
		name = s.reviewer(c)
	}
	who, ok := personName(name)
	if !ok {
		return "", badRequest("reviewer", "required, at most 100 bytes", "send the name of whoever reviews")
	}
	return who, nil
}

type entryJSON struct {
	suggestionJSON
	Why     []review.Reason `json:"why"`
	Changed *float64        `json:"changed"` // share of words; null: not known
	Need    int             `json:"need"`    // people who rate it
	Have    int             `json:"have"`
}

// queueAPI is the sample that the rules pick, for one reviewer what waits for
// them.
func (s *server) queueAPI(c *gin.Context) error {
	a, err := s.reviewing(c)
	if err != nil {
		return err
	}
	sample, err := s.draw(c, a)
	if err != nil {
		return err
	}
	entries := sample.Entries
	if who := c.Query("reviewer"); who != "" {
		entries = sample.For(who)
	}
	list := []entryJSON{}
	for _, e := range entries {
		j := entryJSON{suggestionJSON: newSuggestionJSON(e.Suggestion), Why: e.Why, Need: e.Need, Have: len(e.Reviews)}
		if e.Changed >= 0 {
			j.Changed = &e.Changed
		}
		list = append(list, j)
	}
	c.JSON(http.StatusOK, gin.H{"looked_at": sample.Looked, "limited": sample.Limited, "open": sample.Open(), "drafts": list})
	return nil
}

func (s *server) agreementAPI(c *gin.Context) error {
	_, list, err := s.rated(c)
	if err != nil {
		return err
	}
	c.JSON(http.StatusOK, gin.H{"reviews": len(list), "agreement": review.Agree(review.Ratings(list))})
	return nil
}

// triageJSON is a triage in the API.
type triageJSON struct {
	Suggestion string    `json:"suggestion"`
	Cause      string    `json:"cause"`
	State      string    `json:"state"`
	Document   string    `json:"document,omitempty"`
	Title      string    `json:"title,omitempty"`
	Owner      string    `json:"owner,omitempty"`
	Note       string    `json:"note,omitempty"`
	Author     string    `json:"author,omitempty"`
	Created    time.Time `json:"created,omitzero"`
	Updated    time.Time `json:"updated,omitzero"`
}

func newTriageJSON(t store.Triage) *triageJSON {
	return &triageJSON{
		Suggestion: t.Suggestion, Cause: t.Cause, State: t.State, Document: t.Document, Title: t.Title, Owner: t.Owner, Note: t.Note,
		Author: t.Author, Created: t.Created, Updated: t.Updated,
	}
}

type badJSON struct {
	suggestionJSON
	Rejected bool        `json:"rejected"` // by an agent
	Triage   *triageJSON `json:"triage"`   // null: nobody has looked at it yet
	Rerun    *rerunJSON  `json:"rerun"`    // null: not asked again
}

type rerunJSON struct {
	ID          string       `json:"id"`
	Flag        string       `json:"flag"`
	Probability float64      `json:"probability"`
	Author      string       `json:"author,omitempty"`
	Created     time.Time    `json:"created"`
	Text        string       `json:"text,omitempty"`
	Diff        []diffPieces `json:"diff,omitempty"` // from the first draft
}

type diffPieces = review.Piece

func newRerunJSON(r store.Rerun) *rerunJSON {
	return &rerunJSON{ID: r.ID, Flag: r.Flag, Probability: r.Probability, Author: r.Author, Created: r.Created}
}

func (s *server) triageAPI(c *gin.Context) error {
	a, err := s.reviewing(c)
	if err != nil {
		return err
	}
	bad, err := review.Worst(c.Request.Context(), s.o.Store, a.ws.ID, a.rules, a.since)
	if err != nil {
		return err
	}
	list := []badJSON{}
	for _, b := range bad {
		j := badJSON{suggestionJSON: newSuggestionJSON(b.Suggestion), Rejected: b.ByAgent}
		if b.Triage != nil {
			j.Triage = newTriageJSON(*b.Triage)
		}
		if b.Rerun != nil {
			j.Rerun = newRerunJSON(*b.Rerun)
		}
		list = append(list, j)
	}
	c.JSON(http.StatusOK, gin.H{"drafts": list})
	return nil
}

func (s *server) saveTriageAPI(c *gin.Context) error {
	ws, err := s.workspace(c, c.Query("workspace"))
	if err != nil {
		return err
	}
	var q triageJSON
	if err := readJSON(c, &q); err != nil {
		return err
	}
	if q.State == "" {
		q.State = store.TriageOpen
	}
	who, err := s.named(c, q.Author)
	if err != nil {
		return err
	}
	owner, _ := personName(q.Owner)
	t := store.Triage{
		Workspace: ws.ID, Suggestion: q.Suggestion, Cause: q.Cause, State: q.State, Document: q.Document, Owner: owner, Note: q.Note, Author: who,
	}
	if err := s.saveTriage(c, t); err != nil {
		return err
	}
	c.JSON(http.StatusCreated, newTriageJSON(t))
	return nil
}

// compareAPI sets a draft beside what was sent, and beside what its question
// gave later.
func (s *server) compareAPI(c *gin.Context) error {
	ws, err := s.workspace(c, c.Query("workspace"))
	if err != nil {
		return err
	}
	rec, err := s.o.Store.Suggestion(c.Request.Context(), ws.ID, c.Query("suggestion"))
	if err != nil {
		return err
	}
	outcomes, err := s.o.Store.Outcomes(c.Request.Context(), ws.ID, rec.ID)
	if err != nil {
		return err
	}
	reruns, err := s.o.Store.Reruns(c.Request.Context(), ws.ID, rec.ID)
	if err != nil {
		return err
	}
	draft := review.Text(rec.Body)
	out := struct {
		Suggestion string         `json:"suggestion"`
		Flag       string         `json:"flag"`
		Draft      string         `json:"draft"`
		Sent       *string        `json:"sent"` // null: not known
		Diff       []review.Piece `json:"diff,omitempty"`
		Reruns     []*rerunJSON   `json:"reruns"`
	}{Suggestion: rec.ID, Flag: rec.Flag, Draft: draft, Reruns: []*rerunJSON{}}
	if o, ok := review.Sent(outcomes); ok {
		out.Sent, out.Diff = &o.Text, review.Diff(draft, o.Text)
	}
	for _, r := range reruns {
		j := newRerunJSON(r)
		j.Text = review.Text(r.Body)
		j.Diff = review.Diff(draft, j.Text)
		out.Reruns = append(out.Reruns, j)
	}
	c.JSON(http.StatusOK, out)
	return nil
}

// rerunAPI asks questions again: those named, or all that are said to be mended.
func (s *server) rerunAPI(c *gin.Context) error {
	ws, err := s.workspace(c, c.Query("workspace"))
	if err != nil {
		return err
	}
	var q struct {
		Suggestions []string `json:"suggestions"`
		Fixed       bool     `json:"fixed"`
		Author      string   `json:"author"`
	}
	if err := readJSON(c, &q); err != nil {
		return err
	}
	who, err := s.named(c, q.Author)
	if err != nil {
		return err
	}
	if (len(q.Suggestions) == 0) != q.Fixed {
		return badRequest("suggestions", "some, or fixed", "name suggestions, or send \"fixed\": true for all that are said to be mended")
	}
	done, failed, err := s.rerun(c, ws, q.Suggestions, who)
	if err != nil {
		return err
	}
	c.JSON(http.StatusOK, gin.H{"done": append([]string{}, done...), "failed": append([]string{}, failed...)})
	return nil
}
