package web

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"

	"github.com/gin-gonic/gin"

	"github.com/sufflor/sufflor/index/lang"
	"github.com/sufflor/sufflor/store"
	"github.com/sufflor/sufflor/suggest"
)

const (
	previewChoices = 20 // stored questions to choose from
	historyShown   = 50
)

type guidelinesView struct {
	settingsFrame
	Tone      []choice
	Forbidden string
	MustSay   guideText // where a language has nothing of its own
	Languages []guideLanguage
	Note      string
	Base      int // the version that the form was made from
	Author    string
	Saved     int                // the version that was saved just now
	Wrong     map[string]string  // by field; "" for what belongs to none
	Newer     *guidelinesVersion // what somebody else saved meanwhile
	History   []guidelinesVersion
	Shown     *guidelinesVersion // an earlier version
	ShownBody string
	Questions []choice
	Preview   *previewView
	CanSave   bool
	CanTry    bool
}

// guideLanguage is what guidelines say in one language.
type guideLanguage struct {
	Code, Name string
	Tone       []choice
	ToneWrong  string
	Fields     []guideText
	Open       bool
}

type guideText struct {
	ID, Label, Code, Text, Wrong string
	Rows                         int
}

type guidelinesVersion struct {
	N            int
	When         ageView
	Author, Note string
	Current      bool
	Address      string
}

type previewView struct {
	Question string
	Before   string
	After    string
	Compare  *compareView
	Old, New string // flags
}

func (p *pages) version(g store.Guidelines, s *server, here string, current bool) guidelinesVersion {
	return guidelinesVersion{N: g.Version, When: p.age(g.Created, s.o.Now()), Author: g.Author, Note: g.Note, Current: current, Address: here + "&version=" + strconv.Itoa(g.Version)}
}

// newest are the guidelines in use, over the configured ones.
func (s *server) newest(ctx context.Context, ws Workspace) (suggest.Guidelines, store.Guidelines, error) {
	var configured suggest.Guidelines
	if f := s.settings().Configured; f != nil {
		configured = f(ws.ID)
	}
	saved, err := s.o.Store.Guidelines(ctx, ws.ID, 0)
	if errors.Is(err, store.ErrNotFound) {
		return configured, store.Guidelines{}, nil
	}
	if err != nil {
		return configured, saved, err
	}
	g, err := suggest.ParseGuidelines([]byte(saved.Body))
	if err != nil { // saved by a version with other rules
		return configured, saved, nil //nolint:nilerr // the form then begins with the configured ones
	}
	g.Version = saved.Version
	return g, saved, nil
}

func (s *server) guidelinesPage(c *gin.Context) error {
	ws, err := s.workspace(c, c.Query("workspace"))
	if err != nil {
		return err
	}
	g, saved, err := s.newest(c.Request.Context(), ws)
	if err != nil {
		return err
	}
	v := guidelinesView{Base: saved.Version}
	v.fill(s.in(ws), g)
	if v.Saved, err = number(c, "saved", 0, 1<<30); err != nil {
		return err
	}
	n, err := number(c, "version", 0, 1<<30)
	if err != nil {
		return err
	}
	if n > 0 {
		old, err := s.o.Store.Guidelines(c.Request.Context(), ws.ID, n)
		if err != nil {
			return err
		}
		shown := s.in(ws).version(old, s, "", old.Version == saved.Version)
		v.Shown, v.ShownBody = &shown, old.Body
	}
	return s.showGuidelines(c, http.StatusOK, ws, v)
}

// fill puts guidelines into the form.
func (v *guidelinesView) fill(p *pages, g suggest.Guidelines) {
	v.Forbidden = strings.Join(g.Forbidden, "\n")
	v.Tone = p.tones("tone_configured", g.Tone)
	v.MustSay = guideText{ID: "must_say." + suggest.AnyLanguage, Label: "guide_must_say_any", Text: g.MustSay[suggest.AnyLanguage], Rows: 2}
	v.MustSay.Wrong = v.Wrong[v.MustSay.ID]
	for _, l := range lang.Supported() {
		one := guideLanguage{Code: l, Name: p.languageName(l), Tone: p.tones("tone_as_all", g.ToneIn[l]), ToneWrong: v.Wrong["tone_in."+l]}
		one.Open = l == p.language || one.ToneWrong != ""
		for _, f := range []guideText{
			{ID: "forbidden_in", Label: "guide_forbidden_in", Text: strings.Join(g.ForbiddenIn[l], "\n"), Rows: 2},
			{ID: "greeting", Label: "guide_greeting", Text: g.Greeting[l], Rows: 2},
			{ID: "must_say", Label: "guide_must_say", Text: g.MustSay[l], Rows: 2},
			{ID: "signature", Label: "guide_signature", Text: g.Signature[l], Rows: 3},
		} {
			f.Code = l
			f.ID += "." + l
			f.Wrong = v.Wrong[f.ID]
			one.Fields = append(one.Fields, f)
			one.Open = one.Open || f.Wrong != ""
		}
		v.Languages = append(v.Languages, one)
	}
}

// tones are the tones to choose from, none of them by the word of that key.
func (p *pages) tones(none string, t suggest.Tone) []choice {
	return []choice{
		{"", p.word(none), t == ""},
		{string(suggest.Formal), p.word("tone_formal"), t == suggest.Formal},
		{string(suggest.Friendly), p.word("tone_friendly"), t == suggest.Friendly},
	}
}

func (s *server) showGuidelines(c *gin.Context, status int, ws Workspace, v guidelinesView) error {
	ctx, p := c.Request.Context(), s.in(ws)
	v.settingsFrame = s.settingsFrame(c, ws, "guidelines")
	v.CanSave, v.CanTry = s.o.Guidelines != nil, s.settings().Preview != nil
	history, err := s.o.Store.GuidelinesHistory(ctx, ws.ID, historyShown)
	if err != nil {
		return err
	}
	for i, g := range history {
		v.History = append(v.History, p.version(g, s, v.Here, i == 0))
	}
	chosen := c.PostForm("suggestion")
	recs, err := s.o.Store.Suggestions(ctx, ws.ID, store.SuggestionFilter{Limit: 3 * previewChoices})
	if err != nil {
		return err
	}
	for _, r := range recs {
		if r.Question != "" && len(v.Questions) < previewChoices {
			v.Questions = append(v.Questions, choice{r.ID, line(r.Question), r.ID == chosen})
		}
	}
	return s.page(c, status, ws, "settings_guidelines", v)
}

// formGuidelines are the guidelines that a form holds.
func formGuidelines(c *gin.Context) suggest.Guidelines {
	text := func(name string) string { return strings.TrimSpace(strings.ReplaceAll(c.PostForm(name), "\r\n", "\n")) }
	lines := func(name string) (out []string) {
		for l := range strings.Lines(text(name)) {
			if l = strings.TrimSpace(l); l != "" {
				out = append(out, l)
			}
		}
		return out
	}
	g := suggest.Guidelines{Tone: suggest.Tone(text("tone")), Forbidden: lines("forbidden"), ToneIn: map[string]suggest.Tone{}, ForbiddenIn: map[string][]string{}}
	for _, l := range lang.Supported() {
		if t := text("tone_in." + l); t != "" {
			g.ToneIn[l] = suggest.Tone(t)
		}
		if f := lines("forbidden_in." + l); len(f) > 0 {
			g.ForbiddenIn[l] = f
		}
	}
	for _, part := range []struct {
		name string
		by   *map[string]string
	}{{"greeting", &g.Greeting}, {"must_say", &g.MustSay}, {"signature", &g.Signature}} {
		*part.by = map[string]string{}
		for _, l := range append(lang.Supported(), suggest.AnyLanguage) {
			if t := text(part.name + "." + l); t != "" {
				(*part.by)[l] = t
			}
		}
	}
	return g
}

// faultsOf puts what is wrong with guidelines to the fields.
func faultsOf(err error) map[string]string {
	if err == nil {
		return nil
	}
	out := map[string]string{}
	for l := range strings.Lines(err.Error()) {
		field, text, ok := strings.Cut(strings.TrimSpace(l), ": ")
		field, _, _ = strings.Cut(field, "[")
		if !ok || strings.HasPrefix(field, "templates.") { // the form has no field for it
			field, text = "", strings.TrimSpace(l)
		}
		if out[field] != "" {
			text = out[field] + "; " + text
		}
		out[field] = text
	}
	return out
}

// guidelinesForm saves what the form says, or shows what it would make of a
// stored question. What was written is kept, whatever is wrong.
func (s *server) guidelinesForm(c *gin.Context) error {
	ws, err := s.formFor(c)
	if err != nil {
		return err
	}
	ctx, p := c.Request.Context(), s.in(ws)
	g := formGuidelines(c)
	now, _, err := s.newest(ctx, ws)
	if err != nil {
		return err
	}
	g.Templates = now.Templates // the form has no fields for them
	base, err := strconv.Atoi(c.PostForm("base"))
	if err != nil || base < 0 {
		return badRequest("base", "no version", "load the page again")
	}
	v := guidelinesView{Base: base, Note: clip(strings.TrimSpace(c.PostForm("note")), 500)}
	v.Wrong = faultsOf(g.Validate())
	v.fill(p, g)
	if v.Wrong != nil {
		return s.showGuidelines(c, http.StatusUnprocessableEntity, ws, v)
	}
	if c.PostForm("do") == "preview" {
		if v.Preview, err = s.preview(c, ws, g, c.PostForm("suggestion")); err != nil {
			return err
		}
		return s.showGuidelines(c, http.StatusOK, ws, v)
	}
	if s.o.Guidelines == nil {
		return unwired("use sufflor guidelines set")
	}
	body, err := g.YAML()
	if err != nil {
		return fmt.Errorf("write guidelines: %w", err)
	}
	_, err = s.o.Guidelines(ctx, GuidelinesRequest{Workspace: ws.ID, Body: string(body), Author: byMe(c), Note: v.Note, Base: &base})
	if errors.Is(err, store.ErrOutdated) {
		_, saved, err := s.newest(ctx, ws)
		if err != nil {
			return err
		}
		newer := p.version(saved, s, s.settingsFrame(c, ws, "guidelines").Here, true)
		v.Newer, v.Base = &newer, saved.Version
		return s.showGuidelines(c, http.StatusConflict, ws, v)
	}
	if err != nil {
		return err
	}
	_, saved, err := s.newest(ctx, ws)
	if err != nil {
		return err
	}
	s.note(c, "guidelines.changed", strconv.Itoa(saved.Version), "")
	c.Redirect(http.StatusSeeOther, s.settingsFrame(c, ws, "guidelines").Here+"&saved="+strconv.Itoa(saved.Version))
	return nil
}

func (s *server) guidelinesRestore(c *gin.Context) error {
	ws, err := s.formFor(c)
	if err != nil {
		return err
	}
	n, err := strconv.Atoi(c.PostForm("version"))
	if err != nil || n < 1 {
		return badRequest("version", "no version", "load the page again")
	}
	if s.o.Guidelines == nil {
		return unwired("use sufflor guidelines restore")
	}
	about(c, strconv.Itoa(n), "restored")
	if _, err := s.o.Guidelines(c.Request.Context(), GuidelinesRequest{Workspace: ws.ID, Restore: n, Author: byMe(c), Note: s.in(ws).word("restored_note", n)}); err != nil {
		return err
	}
	_, saved, err := s.newest(c.Request.Context(), ws)
	if err != nil {
		return err
	}
	c.Redirect(http.StatusSeeOther, s.settingsFrame(c, ws, "guidelines").Here+"&saved="+strconv.Itoa(saved.Version))
	return nil
}

// preview asks a stored question twice: with the guidelines in use, and with g.
func (s *server) preview(c *gin.Context, ws Workspace, g suggest.Guidelines, id string) (*previewView, error) {
	if s.settings().Preview == nil {
		return nil, unwired("use sufflor guidelines preview")
	}
	ctx := c.Request.Context()
	rec, err := s.o.Store.Suggestion(ctx, ws.ID, id)
	if err != nil {
		return nil, err
	}
	now, _, err := s.newest(ctx, ws)
	if err != nil {
		return nil, err
	}
	p := s.in(ws)
	before, err := s.settings().Preview(ctx, rec, now)
	if err != nil {
		return nil, err
	}
	after, err := s.settings().Preview(ctx, rec, g)
	if err != nil {
		return nil, err
	}
	v := &previewView{Question: rec.Question, Before: before.Text(), After: after.Text(), Old: p.flag(string(before.Flag)).Word, New: p.flag(string(after.Flag)).Word}
	v.Compare = p.compare(v.Before, v.After)
	return v, nil
}

// guidelinesJSON are the guidelines in use and the versions before them.
type guidelinesJSON struct {
	Version int                `json:"version"` // 0: as configured
	Now     suggest.Guidelines `json:"guidelines"`
	History []versionJSON      `json:"history"` // newest first
}

type versionJSON struct {
	Version int    `json:"version"`
	Author  string `json:"author,omitempty"`
	Note    string `json:"note,omitempty"`
	Created string `json:"created"`
	Body    string `json:"body"` // YAML
}

func (s *server) guidelinesAPI(c *gin.Context) error {
	ws, err := s.workspace(c, c.Query("workspace"))
	if err != nil {
		return err
	}
	g, saved, err := s.newest(c.Request.Context(), ws)
	if err != nil {
		return err
	}
	history, err := s.o.Store.GuidelinesHistory(c.Request.Context(), ws.ID, historyShown)
	if err != nil {
		return err
	}
	out := guidelinesJSON{Version: saved.Version, Now: g, History: []versionJSON{}}
	for _, h := range history {
		out.History = append(out.History, versionJSON{Version: h.Version, Author: h.Author, Note: h.Note, Created: h.Created.UTC().Format("2006-01-02T15:04:05Z"), Body: h.Body})
	}
	c.JSON(http.StatusOK, out)
	return nil
}

func (s *server) guidelinesPreviewAPI(c *gin.Context) error {
	var q struct {
		Workspace  string `json:"workspace"`
		Suggestion string `json:"suggestion"`
		Body       string `json:"body"` // YAML
	}
	if err := readJSON(c, &q); err != nil {
		return err
	}
	ws, err := s.workspace(c, q.Workspace)
	if err != nil {
		return err
	}
	g, err := suggest.ParseGuidelines([]byte(q.Body))
	if err != nil {
		return &fault{status: http.StatusUnprocessableEntity, text: err.Error(), next: "correct the guidelines"}
	}
	about(c, q.Suggestion, "")
	v, err := s.preview(c, ws, g, q.Suggestion)
	if err != nil {
		return err
	}
	c.JSON(http.StatusOK, gin.H{"question": v.Question, "before": v.Before, "after": v.After})
	return nil
}
