package web

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/gin-gonic/gin"

	"github.com/sufflor/sufflor/access"
	"github.com/sufflor/sufflor/index"
	"github.com/sufflor/sufflor/index/lang"
	"github.com/sufflor/sufflor/store"
	"github.com/sufflor/sufflor/suggest"
	"github.com/sufflor/sufflor/suggest/message"
	"github.com/sufflor/sufflor/suggest/overlap"
)

// Bounds of what an agent sends while working on a draft.
const (
	maxHint   = 1000 // bytes
	maxTab    = 64
	maxQuotes = 20

	knowledgeHits = 8
	quotables     = 6 // sentences of a found passage that can be quoted
)

// panelRecords is what the panel needs of the store beside drafts.
type panelRecords interface {
	SaveEdit(ctx context.Context, e store.Edit, base int) (store.Edit, error)
	Edit(ctx context.Context, workspace, suggestion, agent string) (store.Edit, error)
	DropEdit(ctx context.Context, workspace, suggestion, agent string) error
}

// panelRoutes are what agents do with a draft, in the API and in a desk's
// frame alike.
func (s *server) panelRoutes(e *gin.Engine) {
	for _, at := range []struct {
		base string
		g    guard
	}{{"/api", s.caller}, {embedded, s.passing}} {
		one := at.base + "/suggestions/:id"
		if at.base == embedded {
			one = at.base + "/suggestion/:id"
		}
		e.GET(one+"/edit", s.do(s.edit, at.g))
		e.PUT(one+"/edit", s.do(s.saveEdit, at.g))
		e.DELETE(one+"/edit", s.do(s.dropEdit, at.g))
		e.POST(one+"/reword", s.do(s.reword, at.g))
		e.POST(one+"/again", s.do(s.again, at.g))
		e.GET(one+"/templates", s.do(s.templates, at.g))
		e.POST(at.base+"/knowledge", s.do(s.knowledge, at.g))
	}
}

// subject is the suggestion that a request is about, as far as its sender may
// see it.
func (s *server) subject(c *gin.Context) (w wanted, r store.Suggestion, err error) {
	id := c.Param("id")
	if strings.HasPrefix(c.FullPath(), embedded) {
		p := passOf(c)
		if w.ws, err = s.known(p.Workspace); err == nil {
			w.desk = p.Desk
			r, err = s.allowed(c.Request.Context(), p, id)
		}
	} else if w.ws, err = s.workspace(c, c.Query("workspace")); err == nil {
		r, err = s.o.Store.Suggestion(c.Request.Context(), w.ws.ID, id)
	}
	w.suggestion = r.ID
	about(c, r.ID, "")
	return w, r, err
}

// agentOf names who works, for what is kept of his work.
func agentOf(c *gin.Context) string {
	w := whoOf(c)
	return w.Kind + ":" + w.Name
}

// ---- editing

// quoteJSON is a sentence that an agent quoted by hand.
type quoteJSON struct {
	Passage string `json:"passage"`
	Text    string `json:"text"`
}

type editJSON struct {
	Text    string      `json:"text"`
	Quotes  []quoteJSON `json:"quotes,omitempty"`
	Version int         `json:"version"`
	Tab     string      `json:"tab,omitempty"`
	Updated time.Time   `json:"updated,omitzero"`
}

// editClash is what a page gets that did not see the newest version.
type editClash struct {
	problem

	Edit editJSON `json:"edit"`
}

func newEditJSON(e store.Edit) editJSON {
	out := editJSON{Text: e.Text, Version: e.Version, Tab: e.Tab, Updated: e.Updated}
	_ = json.Unmarshal(e.Quotes, &out.Quotes) // none, or what saveEdit wrote
	return out
}

func (s *server) edit(c *gin.Context) error {
	w, r, err := s.subject(c)
	if err != nil {
		return err
	}
	e, err := s.o.Store.Edit(c.Request.Context(), w.ws.ID, r.ID, agentOf(c))
	if err != nil {
		return err
	}
	c.JSON(http.StatusOK, newEditJSON(e))
	return nil
}

// saveEdit keeps what an agent has typed. Who did not see the version that is
// there gets it with 409, and saves again with its number to replace it.
func (s *server) saveEdit(c *gin.Context) error {
	var q struct {
		Text   string      `json:"text"`
		Quotes []quoteJSON `json:"quotes"`
		Base   int         `json:"base"` // the version that it changes; 0: none
		Tab    string      `json:"tab"`  // names the page, so that it is in no conflict with itself
	}
	if err := readJSON(c, &q); err != nil {
		return err
	}
	w, r, err := s.subject(c)
	if err != nil {
		return err
	}
	switch {
	case len(q.Text) > maxOutcome:
		return badRequest("text", "longer than "+strconv.Itoa(maxOutcome)+" bytes", "shorten it")
	case q.Base < 0:
		return badRequest("base", "below 0", "send the version that is changed, or 0")
	case len(q.Tab) > maxTab:
		return badRequest("tab", "longer than "+strconv.Itoa(maxTab)+" bytes", "send a short random name")
	case len(q.Quotes) > maxQuotes || slices.ContainsFunc(q.Quotes, func(x quoteJSON) bool { return len(x.Passage) > 200 || len(x.Text) > maxReason }):
		return badRequest("quotes", "too many or too long", "send at most "+strconv.Itoa(maxQuotes)+" sentences with the ids of their passages")
	}
	e := store.Edit{Workspace: w.ws.ID, Suggestion: r.ID, Agent: agentOf(c), Text: q.Text, Tab: q.Tab}
	if len(q.Quotes) > 0 {
		if e.Quotes, err = json.Marshal(q.Quotes); err != nil {
			return fmt.Errorf("encode what was quoted: %w", err)
		}
	}
	saved, err := s.o.Store.SaveEdit(c.Request.Context(), e, q.Base)
	if errors.Is(err, store.ErrConflict) {
		c.JSON(http.StatusConflict, editClash{problem{
			Error: "another page saved this text since version " + strconv.Itoa(q.Base),
			Next:  "read it, and send yours with base " + strconv.Itoa(saved.Version) + " to replace it",
			Code:  codeOf(http.StatusConflict),
		}, newEditJSON(saved)})
		return nil
	}
	if err != nil {
		return err
	}
	c.JSON(http.StatusOK, editJSON{Version: saved.Version, Tab: saved.Tab, Updated: saved.Updated, Text: saved.Text})
	return nil
}

func (s *server) dropEdit(c *gin.Context) error {
	w, r, err := s.subject(c)
	if err != nil {
		return err
	}
	if err := s.o.Store.DropEdit(c.Request.Context(), w.ws.ID, r.ID, agentOf(c)); err != nil {
		return err
	}
	c.Status(http.StatusNoContent)
	return nil
}

// ---- drafts that are asked for

// reword has a language model word the agent's text anew.
func (s *server) reword(c *gin.Context) error {
	if s.o.Reword == nil {
		return &fault{status: http.StatusNotImplemented, text: "no language model is configured", next: "edit the text by hand"}
	}
	var q struct {
		Text     string        `json:"text"`
		Style    suggest.Style `json:"style"`
		Language string        `json:"language"` // of a translation
		Quoted   []string      `json:"quoted"`   // ids of passages quoted by hand
	}
	if err := readJSON(c, &q); err != nil {
		return err
	}
	w, r, err := s.subject(c)
	if err != nil {
		return err
	}
	switch {
	case strings.TrimSpace(q.Text) == "" || !utf8.ValidString(q.Text):
		return badRequest("text", "required, in UTF-8", "send the text as it is now")
	case len(q.Text) > suggest.MaxRewording:
		return badRequest("text", "longer than "+strconv.Itoa(suggest.MaxRewording)+" bytes", "shorten it by hand first")
	case !slices.Contains(suggest.Styles, q.Style):
		return badRequest("style", strconv.Quote(string(q.Style))+" is unknown", "use shorter, longer, friendlier, formal or translate")
	case q.Style == suggest.Translated && !slices.Contains(lang.Supported(), q.Language):
		return badRequest("language", strconv.Quote(q.Language)+" is unknown", "use one of: "+strings.Join(lang.Supported(), ", "))
	case len(q.Quoted) > maxQuotes:
		return badRequest("quoted", "too many", "send at most "+strconv.Itoa(maxQuotes))
	}
	sug, err := s.o.Reword(c.Request.Context(), r, suggest.Wording{Text: q.Text, Style: q.Style, Language: q.Language, Quoted: q.Quoted})
	if failed, ok := errors.AsType[*suggest.ComposeError](err); ok {
		s.o.Log.WarnContext(c.Request.Context(), "text not worded anew", "suggestion", r.ID, "cause", string(failed.Cause), "err", failed.Err)
		return s.notReworded(w.ws, failed.Cause)
	}
	if err != nil {
		return err
	}
	return s.drafted(c, w, r, sug, false)
}

// notReworded says why the old text stays, in the agents' language.
func (s *server) notReworded(ws Workspace, cause suggest.Cause) error {
	status := http.StatusServiceUnavailable
	switch cause {
	case suggest.CauseGarbage, suggest.CauseLanguage, suggest.CausePrivate, suggest.CauseUnsupported:
		status = http.StatusUnprocessableEntity
	}
	p := s.in(ws)
	text, ok := p.texts["reword_failed_"+string(cause)]
	if !ok {
		text = p.word("reword_failed_down")
	}
	return &fault{status: status, text: text, next: p.word("reword_kept")}
}

// again asks a suggestion's question once more, as the agent says it was
// meant. Nothing is stored.
func (s *server) again(c *gin.Context) error {
	if s.o.Hinted == nil {
		return &fault{status: http.StatusNotImplemented, text: "this server does not answer questions", next: "ask one that was started with sufflor serve"}
	}
	var q struct {
		Hint string `json:"hint"`
	}
	if err := readJSON(c, &q); err != nil {
		return err
	}
	w, r, err := s.subject(c)
	if err != nil {
		return err
	}
	q.Hint = strings.TrimSpace(q.Hint)
	if q.Hint == "" || len(q.Hint) > maxHint || !utf8.ValidString(q.Hint) {
		return badRequest("hint", "required, at most "+strconv.Itoa(maxHint)+" bytes of UTF-8", "say what the customer means")
	}
	sug, err := s.o.Hinted(c.Request.Context(), r, q.Hint)
	if errors.Is(err, store.ErrInvalid) {
		return &fault{status: http.StatusGone, text: s.in(w.ws).word("withdrawn"), next: s.in(w.ws).word("key_next"), err: err}
	}
	if err != nil {
		return err
	}
	return s.drafted(c, w, r, sug, true)
}

// alternativeView is a draft beside the stored one.
type alternativeView struct {
	suggestionView

	Facts  string // what it says without greeting and closing
	Offer  bool   // it has not been put into the editor yet
	Places []knowledgeView
}

// drafted answers with a draft that is not stored, and for the panel with a
// piece of its page.
func (s *server) drafted(c *gin.Context, w wanted, r store.Suggestion, sug suggest.Suggestion, offer bool) error {
	out := struct {
		Text       string             `json:"text"`
		Suggestion suggest.Suggestion `json:"suggestion"`
		HTML       string             `json:"html,omitempty"`
	}{Text: sug.Text(), Suggestion: sug}
	if c.Query("part") == "1" {
		p := s.in(w.ws)
		v := alternativeView{suggestionView: suggestionView{ID: r.ID, Workspace: w.ws.ID, Language: sug.Language, Flag: p.flag(string(sug.Flag))}, Offer: offer}
		p.fill(&v.suggestionView, sug)
		body := sug
		body.Sentences = slices.DeleteFunc(slices.Clone(sug.Sentences), func(x suggest.Sentence) bool {
			return x.Kind == suggest.Frame && x.Ask < 0 || x.Kind == suggest.Closes
		})
		v.Facts = strings.TrimSpace(body.Text())
		for i, e := range sug.Evidence {
			if e.Cited {
				h := p.knowledge(w.ws.ID, e.Passage, nil)
				h.N = i + 1
				v.Places = append(v.Places, h)
			}
		}
		var err error
		if out.HTML, err = p.render("alternative.html", v); err != nil {
			return err
		}
	}
	c.JSON(http.StatusOK, out)
	return nil
}

// render is a piece of a page as text.
func (p *pages) render(name string, view any) (string, error) {
	var b bytes.Buffer
	if err := p.t.ExecuteTemplate(&b, name, view); err != nil {
		return "", fmt.Errorf("render %s: %w", name, err)
	}
	return b.String(), nil
}

// ---- knowledge

// knowledgeView is a passage that was found by hand, or quoted.
type knowledgeView struct {
	N         int    `json:"-"`
	Passage   string `json:"passage"` // id
	Title     string `json:"title"`
	Path      string `json:"path,omitempty"`
	Where     string `json:"where,omitempty"`
	Language  string `json:"language,omitempty"`
	Internal  bool   `json:"internal,omitempty"` // customers must not read it: nothing of it can be quoted
	Question  string `json:"question,omitempty"`
	Text      string `json:"text"`
	Cells     []index.Cell
	Sentences []string `json:"sentences,omitempty"` // that can be quoted, in order
	Href      string   `json:"href"`                // of the place in the viewer
}

// knowledge searches the documents for an agent: passages, and their
// sentences to quote.
func (s *server) knowledge(c *gin.Context) error {
	if s.o.Search == nil {
		return &fault{status: http.StatusNotImplemented, text: "this server does not search", next: "ask one that was started with sufflor serve"}
	}
	var q struct {
		Text     string `json:"text"`
		Language string `json:"language"`
	}
	if err := readJSON(c, &q); err != nil {
		return err
	}
	var ws Workspace
	var err error
	if strings.HasPrefix(c.FullPath(), embedded) {
		ws, err = s.known(passOf(c).Workspace)
	} else {
		ws, err = s.workspace(c, c.Query("workspace"))
	}
	if err != nil {
		return err
	}
	if q.Text = strings.TrimSpace(q.Text); q.Text == "" || len(q.Text) > maxHint || !utf8.ValidString(q.Text) {
		return badRequest("text", "required, at most "+strconv.Itoa(maxHint)+" bytes of UTF-8", "send what is searched for")
	}
	if q.Language != "" && !slices.Contains(lang.Supported(), q.Language) {
		return badRequest("language", strconv.Quote(q.Language)+" is unknown", "leave it out, or use one of: "+strings.Join(lang.Supported(), ", "))
	}
	res, err := s.o.Search(c.Request.Context(), SearchRequest{Workspace: ws.ID, Text: q.Text, Language: q.Language, Limit: knowledgeHits})
	if err != nil {
		return err
	}
	p := s.in(ws)
	out := struct {
		Hits     []knowledgeView `json:"hits"`
		Degraded []string        `json:"degraded,omitempty"`
		HTML     string          `json:"html,omitempty"`
	}{Hits: []knowledgeView{}, Degraded: res.Degraded}
	asked := overlap.Weigh(overlap.Analyze(res.Language, q.Text), nil, 1)
	for _, h := range res.Hits {
		out.Hits = append(out.Hits, p.knowledge(ws.ID, h.Passage, func(sentence string) float64 {
			return asked.Coverage(overlap.Analyze(h.Passage.Language, sentence))
		}))
	}
	if c.Query("part") == "1" {
		if out.HTML, err = p.render("knowledge.html", out.Hits); err != nil {
			return err
		}
	}
	c.JSON(http.StatusOK, out)
	return nil
}

// knowledge is a passage with its sentences, those that fit best by fit; nil: none.
func (p *pages) knowledge(workspace string, from index.Passage, fit func(sentence string) float64) knowledgeView {
	h := knowledgeView{
		Passage: from.ID, Title: from.Title, Path: strings.Join(from.Headings, " › "), Where: from.Locator.String(), Language: from.Language,
		Internal: from.Audience != index.Public, Question: clip(from.Question, shortQuote), Text: clip(from.Text, 2*shortQuote),
		Href: address("/source/", from.ID, "", workspace, "", 0),
	}
	if h.Title == "" {
		h.Title = from.Source
	}
	if from.Kind == index.KindRow && len(from.Cells) > 0 {
		h.Cells = from.Cells[:min(len(from.Cells), 8)]
	}
	if fit == nil || h.Internal {
		return h
	}
	if len(h.Cells) > 0 {
		var parts []string
		for _, cell := range h.Cells {
			if cell.Value != "" {
				parts = append(parts, cell.Header+": "+cell.Value)
			}
		}
		h.Sentences = []string{strings.Join(parts, "; ")}
		return h
	}
	var all []string
	for _, span := range message.Sentences(from.Language, from.Text) {
		if text := strings.TrimSpace(from.Text[span.Start:span.End]); text != "" && len(text) <= maxReason {
			all = append(all, text)
		}
	}
	kept := map[string]bool{}
	best := slices.Clone(all)
	slices.SortStableFunc(best, func(a, b string) int { return cmp.Compare(fit(b), fit(a)) })
	for _, text := range best[:min(len(best), quotables)] {
		kept[text] = true
	}
	h.Sentences = slices.DeleteFunc(all, func(text string) bool { return !kept[text] })
	return h
}

// ---- templates

// templateView is a template with the values of a conversation.
type templateView struct {
	Name  string `json:"name"`
	Label string `json:"label"`
	Text  string `json:"text"`
}

// templates are the texts that an agent can put into a reply.
func (s *server) templates(c *gin.Context) error {
	w, r, err := s.subject(c)
	if err != nil {
		return err
	}
	language := r.Language
	if l := c.Query("language"); l != "" {
		if !slices.Contains(lang.Supported(), l) {
			return badRequest("language", strconv.Quote(l)+" is unknown", "use one of: "+strings.Join(lang.Supported(), ", "))
		}
		language = l
	}
	list, err := s.filled(c, w.ws, r, language)
	if err != nil {
		return err
	}
	c.JSON(http.StatusOK, gin.H{"language": language, "templates": list})
	return nil
}

// filled are a workspace's templates for one conversation.
func (s *server) filled(c *gin.Context, ws Workspace, r store.Suggestion, language string) ([]templateView, error) {
	profile := suggest.Profile{Name: ws.title()}
	if s.o.Profile != nil {
		profile = s.o.Profile(ws.ID)
	}
	if !slices.Contains(lang.Supported(), language) {
		language = s.in(ws).language
	}
	agent := ""
	if w := whoOf(c); w.Kind == access.KindPerson {
		p, err := s.desk.Store.Person(c.Request.Context(), w.ID)
		if err != nil && !errors.Is(err, store.ErrNotFound) {
			return nil, err
		}
		agent = p.Name
	}
	customer := oneLine(r.Customer)
	first, _, _ := strings.Cut(customer, " ")
	if strings.ContainsAny(customer, "@/\\<>") {
		customer, first = "", "" // an address greets nobody
	}
	values := map[string]string{
		"customer": customer, "first_name": strings.Trim(first, ".,;:"), "agent": oneLine(agent), "company": profile.Name,
		"conversation": oneLine(r.Conversation), "date": s.o.Now().Format(time.DateOnly),
	}
	out := []templateView{}
	p := s.in(ws)
	for _, t := range profile.Guidelines.TemplatesIn(language) {
		v := templateView{Name: t.Name, Label: t.Name, Text: t.Fill(values)}
		if label, ok := p.texts["template_"+t.Name]; ok && slices.Contains(suggest.Shipped, t.Name) {
			v.Label = label
		}
		if v.Text != "" {
			out = append(out, v)
		}
	}
	return out, nil
}

// oneLine is a name from outside, short enough to stand in a text.
func oneLine(s string) string {
	return clip(strings.Join(strings.Fields(strings.ToValidUTF8(s, "")), " "), 80)
}
