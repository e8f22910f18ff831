package web

import (
	"cmp"
	"errors"
	"slices"
	"strings"

	"github.com/gin-gonic/gin"

	"github.com/sufflor/sufflor/index/lang"
	"github.com/sufflor/sufflor/store"
	"github.com/sufflor/sufflor/suggest"
)

// maxAsking is how many questions to the customer are proposed.
const maxAsking = 8

// askingView is a question that the agent may put to the customer.
type askingView struct {
	Text string // in the customer's language
	Why  string // in the agents'
}

// asking is what to ask the customer for: the questions that no document
// answers, the words of the others that their sources do not hold, and the
// variant where sources differ.
func (p *pages) asking(v suggestionView, s suggest.Suggestion, customer *pages) (out []askingView) {
	add := func(text, why string) {
		if len(out) < maxAsking && text != "" && !slices.ContainsFunc(out, func(a askingView) bool { return a.Text == text }) {
			out = append(out, askingView{text, why})
		}
	}
	for _, x := range s.Sentences {
		if x.Kind == suggest.Asks {
			add(x.Text, p.word("asking_draft"))
		}
	}
	for _, question := range v.Missing {
		add(customer.word("ask_open", quoted(question)), p.word("asking_open"))
	}
	for _, a := range s.Asks {
		if words := distinctWords(a.Missing); len(words) > 0 && a.Answered {
			add(customer.word("ask_words", strings.Join(words, ", ")), p.word("asking_words"))
		}
	}
	if len(s.Conflicts) > 0 {
		add(customer.word("ask_variant"), p.word("asking_conflict"))
	}
	return out
}

func quoted(text string) string { return clip(strings.Join(strings.Fields(text), " "), shortLine) }

func distinctWords(words []string) (out []string) {
	for _, w := range words {
		if w = strings.TrimSpace(w); w != "" && len(out) < 4 && !slices.Contains(out, w) {
			out = append(out, clip(w, 40))
		}
	}
	return out
}

// inLanguage are the pages in a language of a customer.
func (s *server) inLanguage(language string) *pages {
	if p, ok := s.pages[language]; ok {
		return p
	}
	return s.pages[fallback]
}

// workView is what an agent can do with a suggestion beside using it.
type workView struct {
	Edit      editJSON
	Quoted    []knowledgeView // passages that were quoted by hand
	Asking    []askingView
	Templates []templateView
	Search    bool
	Hint      bool
	Reword    bool
	Into      []languageView // languages to translate into
	Others    []itemView     // what else the conversation has asked
	RejectBy  []reasonCode
}

type languageView struct{ Code, Name string }

type reasonCode struct{ Code, Word string }

// rejections are the reasons for which a draft is rejected, in the order in
// which they are shown; each is kept as the outcome's reason.
var rejections = []string{"wrong", "outdated", "not_found", "language", "tone", "too_long", "internal"}

// overtaken reports whether a suggestion is for an earlier message of a
// conversation that goes on.
func overtaken(r store.Suggestion) bool { return r.State == store.StateOvertaken }

// work looks up what an agent can do with a suggestion, and has done.
func (s *server) work(c *gin.Context, w wanted, r store.Suggestion, v *suggestionView) (err error) {
	ctx, p := c.Request.Context(), s.in(w.ws)
	if v.Work.Others, err = s.others(c, w, r); err != nil || v.Broken || r.State == store.StateWithdrawn {
		return err
	}
	v.Work.Search, v.Work.Hint = s.o.Search != nil, s.o.Hinted != nil && r.Question != ""
	v.Work.Reword = s.o.Reword != nil && s.o.Rewords != nil && s.o.Rewords(w.ws.ID)
	v.Work.Asking = p.asking(*v, v.body, s.inLanguage(v.Language))
	names := suggest.PhrasesIn(p.language).Languages
	for _, l := range lang.Supported() {
		v.Work.Into = append(v.Work.Into, languageView{l, p.word("into", names[l])})
	}
	for _, code := range rejections {
		v.Work.RejectBy = append(v.Work.RejectBy, reasonCode{code, p.word("reject_" + code)})
	}
	if v.Work.Templates, err = s.filled(c, w.ws, r, v.Language); err != nil {
		return err
	}
	e, err := s.o.Store.Edit(ctx, w.ws.ID, r.ID, agentOf(c))
	if errors.Is(err, store.ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	v.Work.Edit = newEditJSON(e)
	ids := make([]string, len(v.Work.Edit.Quotes))
	for i, q := range v.Work.Edit.Quotes {
		ids[i] = q.Passage
	}
	found, err := s.o.Store.Passages(ctx, w.ws.ID, ids)
	if err != nil {
		return err
	}
	for _, q := range v.Work.Edit.Quotes {
		if from, ok := found[q.Passage]; ok {
			h := p.knowledge(w.ws.ID, from, nil)
			h.Text, h.Cells = q.Text, nil
			v.Work.Quoted = append(v.Work.Quoted, h)
		}
	}
	return nil
}

// maxOthers is how many further drafts of a conversation are named.
const maxOthers = 6

// others are the conversation's further drafts that still wait for an answer:
// who asks twice in a row has two.
func (s *server) others(c *gin.Context, w wanted, r store.Suggestion) (out []itemView, err error) {
	if r.Conversation == "" {
		return nil, nil
	}
	records, err := s.o.Store.Suggestions(c.Request.Context(), w.ws.ID, store.SuggestionFilter{Desk: r.Desk, Conversation: r.Conversation, Limit: listLength})
	if err != nil {
		return nil, err
	}
	if !slices.ContainsFunc(records, func(x store.Suggestion) bool { return x.State == store.StateActive }) {
		return nil, nil // somebody has answered
	}
	for _, x := range records {
		if x.ID != r.ID && len(out) < maxOthers && (x.State == store.StateActive || overtaken(x)) {
			out = append(out, s.in(w.ws).item(x, w.conversation, r.ID, s.o.Now()))
		}
	}
	return out, nil
}

// withEarlier puts beside the drafts in the list those for earlier messages of
// the same conversations.
func (s *server) withEarlier(c *gin.Context, w wanted, records []store.Suggestion) ([]store.Suggestion, error) {
	if len(records) == 0 {
		return records, nil
	}
	earlier, err := s.o.Store.Suggestions(c.Request.Context(), w.ws.ID, store.SuggestionFilter{
		Desk: w.desk, Conversation: w.conversation, State: store.StateOvertaken, Before: w.before, Limit: listLength,
	})
	if err != nil {
		return nil, err
	}
	type thread struct{ desk, conversation string }
	on := map[thread]bool{}
	for _, r := range records {
		on[thread{r.Desk, r.Conversation}] = true
	}
	for _, r := range earlier {
		if on[thread{r.Desk, r.Conversation}] {
			records = append(records, r)
		}
	}
	slices.SortStableFunc(records, func(a, b store.Suggestion) int { return cmp.Or(b.Created.Compare(a.Created), cmp.Compare(b.ID, a.ID)) })
	return records, nil
}

// rejected is an outcome's reason with the names of what was ticked.
func (p *pages) rejected(reason string) string {
	ticked, comment, commented := strings.Cut(reason, ":")
	parts := strings.Split(ticked, ",")
	for i, code := range parts {
		if code = strings.TrimSpace(code); slices.Contains(rejections, code) {
			parts[i] = p.word("reject_" + code)
		} else {
			parts[i] = code
		}
	}
	out := strings.Join(parts, ", ")
	if commented {
		out += ":" + comment
	}
	return out
}
