package web

import (
	"slices"
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/sufflor/sufflor/index"
	"github.com/sufflor/sufflor/suggest"
	"github.com/sufflor/sufflor/suggest/message"
)

// reasonView is what a flag rests on, in words.
type reasonView struct {
	Text  string
	Warns bool
}

// markedView is a reason to hand a conversation over.
type markedView struct {
	Name string
	Text string // the customer's words that say so, "" when it has none
}

// conflictView is two passages that say different things.
type conflictView struct {
	Title   string
	Sides   [2]sideView
	SameAge bool // dates do not tell which is newer
}

// sideView is one of the two. Without a title its passage is gone.
type sideView struct {
	passage  string // id, while its place is not known
	Value    string
	Title    string
	Path     string
	Where    string
	Date     string // "Changed 2026-01-15"
	Language string
	Newer    bool
	Internal bool // became so since
	N        int  // its number among the sources; 0: it is none
	Href     string
}

// Codes of reasons, as package suggest gives them, by where they are shown.
var (
	struckCodes = []string{"unsupported", "anchors", "filtered", "chatter", "guard", "promise", "disputed"}
	warnCodes   = []string{"planted", "instructs", "conflict", "old", "changed", "internal", "internal_at", "forbidden", "tone", "late"}
	saidBy      = map[string]string{string(message.Person): "human", string(message.Anger): "angry"} // rules whose reason has another code
)

// reasons puts each reason where it belongs: beside what the customer wants
// handed over, with the sentences that were left out, or with the flag.
func (p *pages) reasons(v *suggestionView, s suggest.Suggestion) {
	shown := []string{"degraded"} // one line says all parts
	for _, rule := range s.Escalate {
		code := rule
		if other, ok := saidBy[rule]; ok {
			code = other
		}
		m := markedView{Name: rule}
		if name, ok := p.texts["mark_"+rule]; ok {
			m.Name = name
		}
		if i := slices.IndexFunc(s.Reasons, func(r suggest.Reason) bool { return r.Code == code }); i >= 0 {
			m.Text = s.Reasons[i].Text
		}
		shown = append(shown, code)
		v.Marks = append(v.Marks, m)
	}
	if len(s.Conflicts) > 0 {
		shown = append(shown, "conflict") // has a card of its own
	}
	if len(s.Sentences) > 0 {
		switch s.Mode {
		case suggest.Written:
			v.Author = p.word("by_model", s.Versions.Model)
			shown = append(shown, "model")
		case suggest.Extractive:
			v.Author = p.word("by_quotes")
		}
	}
	// What became of the model is told by a reason in words.
	v.Degraded = strings.Join(slices.DeleteFunc(slices.Clone(s.Degraded), func(part string) bool { return strings.HasPrefix(part, "model (") }), ", ")
	for _, r := range s.Reasons {
		switch {
		case r.Text == "" || slices.Contains(shown, r.Code):
		case slices.Contains(struckCodes, r.Code):
			v.Struck = append(v.Struck, r.Text)
		default:
			v.Reasons = append(v.Reasons, reasonView{r.Text, slices.Contains(warnCodes, r.Code) || strings.HasPrefix(r.Code, "model_")})
		}
	}
	// Warnings are not to be overlooked below a list of places.
	slices.SortStableFunc(v.Reasons, func(a, b reasonView) int {
		switch {
		case a.Warns == b.Warns:
			return 0
		case a.Warns:
			return -1
		}
		return 1
	})
}

// conflicts shows what the sources disagree on. Sides that are no evidence of
// the draft have no place yet, see [server.complete].
func (p *pages) conflicts(v suggestionView, s suggest.Suggestion) (out []conflictView) {
	for _, c := range s.Conflicts {
		x := conflictView{Title: p.word("conflict", clip(c.What, shortLine)), SameAge: c.Newer == ""}
		for i, side := range [2]sideView{{passage: c.A, Value: c.ValueA}, {passage: c.B, Value: c.ValueB}} {
			side.Value, side.Newer, side.Date = clip(side.Value, shortQuote), c.Newer == side.passage && c.Newer != "", p.word("undated")
			if at := slices.IndexFunc(s.Evidence, func(e suggest.Evidence) bool { return e.Passage.ID == side.passage }); at >= 0 {
				src := p.source(v, s, at)
				side.N, side.Href = src.N, src.Href
				p.place(&side, s.Evidence[at].Passage)
			}
			x.Sides[i] = side
		}
		out = append(out, x)
	}
	return out
}

// place says where a side stands.
func (p *pages) place(side *sideView, from index.Passage) {
	side.passage, side.Title, side.Language = "", from.Title, from.Language
	side.Path, side.Where = strings.Join(from.Headings, " › "), from.Locator.String()
	side.Internal = from.Audience != index.Public
	if side.Title == "" {
		side.Title = from.Source
	}
	if !from.Modified.IsZero() {
		side.Date = p.word("changed_on", from.Modified.Format(time.DateOnly))
	}
}

// complete looks up the places of sides that are no evidence.
func (s *server) complete(c *gin.Context, ws Workspace, conflicts []conflictView) error {
	var ids []string
	for _, x := range conflicts {
		for _, side := range x.Sides {
			if side.passage != "" {
				ids = append(ids, side.passage)
			}
		}
	}
	if len(ids) == 0 {
		return nil
	}
	found, err := s.o.Store.Passages(c.Request.Context(), ws.ID, ids)
	if err != nil {
		return err
	}
	for i := range conflicts {
		for j := range conflicts[i].Sides {
			side := &conflicts[i].Sides[j]
			if from, ok := found[side.passage]; ok {
				s.in(ws).place(side, from)
			}
		}
	}
	return nil
}
