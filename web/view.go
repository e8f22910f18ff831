package web

import (
	"cmp"
	"encoding/json"
	"fmt"
	"math"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/sufflor/sufflor/index"
	"github.com/sufflor/sufflor/store"
	"github.com/sufflor/sufflor/suggest"
)

// Bounds of what is shown before somebody asks for more, in runes.
const (
	shortMessage = 140
	shortLine    = 120
	shortQuote   = 260
	shortNear    = 500
)

// flagView is a flag as people see it: a word and a shape, never a colour
// alone.
type flagView struct {
	Code string // high, medium, low, none
	Word string
}

func (p *pages) flag(code string) flagView {
	switch suggest.Flag(code) {
	case suggest.High, suggest.Medium, suggest.Low, suggest.None:
	default:
		code = string(suggest.None) // what we do not know is not to be trusted
	}
	return flagView{Code: code, Word: p.word("flag_" + code)}
}

// ageView is a time as a page shows it.
type ageView struct {
	Stamp string // RFC 3339
	Words string
}

func (p *pages) age(t, now time.Time) ageView {
	v := ageView{Stamp: t.UTC().Format(time.RFC3339)}
	switch d := now.Sub(t); {
	case d < time.Minute:
		v.Words = p.word("now")
	case d < time.Hour:
		v.Words = p.word("minutes", int(d/time.Minute))
	case d < 24*time.Hour:
		v.Words = p.word("hours", int(d/time.Hour))
	default:
		v.Words = p.word("days", int(d/(24*time.Hour)))
	}
	return v
}

// itemView is a line of the list.
type itemView struct {
	ID       string
	Href     string
	Customer string
	Line     string
	Flag     flagView
	Age      ageView
	Created  int64 // microseconds, to tell new from old
	Current  bool
	Stale    bool // a source changed since
	Earlier  bool // a later message of the conversation has its own
}

// link is the address of a panel. Empty values are left out.
func link(pairs ...string) string {
	q := url.Values{}
	for i := 0; i+1 < len(pairs); i += 2 {
		if pairs[i+1] != "" {
			q.Set(pairs[i], pairs[i+1])
		}
	}
	return (&url.URL{Path: "/panel", RawQuery: q.Encode()}).String()
}

func (p *pages) item(r store.Suggestion, conversation, current string, now time.Time) itemView {
	return itemView{
		ID:       r.ID,
		Href:     link("workspace", r.Workspace, "conversation", conversation, "suggestion", r.ID),
		Customer: p.customer(r.Customer),
		Line:     clip(strings.Join(strings.Fields(clip(r.Question, 4*shortLine)), " "), shortLine),
		Flag:     p.flag(r.Flag),
		Age:      p.age(r.Created, now),
		Created:  r.Created.UnixMicro(),
		Current:  r.ID == current,
		Stale:    !r.Stale.IsZero(),
		Earlier:  overtaken(r),
	}
}

func (p *pages) customer(name string) string {
	if name = strings.TrimSpace(name); name == "" {
		return p.word("customer_unknown")
	}
	return clip(name, 80)
}

// suggestionView is the suggestion that is being read.
type suggestionView struct {
	ID, Workspace, Conversation string

	Customer string
	Age      ageView
	Message  string
	Short    string // the message's beginning when it is long, else ""

	State  string
	Writes bool   // a language model is still writing
	Stale  bool   // a source changed since
	Notice string // why it is not the present answer, in words; "" when it is
	Over   bool   // the conversation has gone on without it
	Newer  string // address of the suggestion that replaced this one
	Broken bool   // the stored body cannot be read

	Flag     flagView
	Likely   string // "71% likely to be usable"
	Percent  string
	Reasons  []reasonView
	Degraded string
	Marks    []markedView // why to hand over
	Author   string       // who wrote the draft, in words
	Struck   []string     // sentences that were left out, with the reason
	Missing  []string     // questions left open

	Language     string // of the draft, a BCP 47 code
	LanguageName string
	Paragraphs   []paragraphView
	Plain        string
	Closing      string // how Plain ends
	NoDraft      string // why there is none, in words

	Conflicts []conflictView
	Cited     []sourceView
	Also      []sourceView

	Took     string
	Asks     []askView
	Checks   []checkView
	Versions []string
	Done     []doneView
	Vote     string // up, down, rejected or ""

	Work workView
	body suggest.Suggestion
}

type paragraphView struct{ Sentences []sentenceView }

type sentenceView struct {
	Text  string
	Line  bool // starts a new line
	Kind  string
	Marks []markView
	Cites string // the numbers, parted by spaces

	Unsupported bool // it states something, and has no source
	Disputed    bool // another source says something else
}

type markView struct {
	N     int
	Href  string
	Label string
}

type askView struct {
	Text     string
	Answered bool
}

type checkView struct {
	Name   string
	Passed bool
	Detail string
}

type doneView struct {
	Words  string
	Action string
}

// sourceView is a piece of evidence in the list of sources.
type sourceView struct {
	N        int
	Title    string
	Path     string // headings
	Where    string
	Quote    string
	Question string
	Cells    []index.Cell
	Language string
	Internal bool
	Cited    bool
	From     string // the customer's file that it is from, in words; "" for documents
	Same     string // how many other documents say it, in words; "" for none
	Mended   string // who corrected it, in words; "" for the document's own words
	Href     string
	Close    string
	Context  *contextView // nil: closed
}

// contextView is a source opened where it stands in its document.
type contextView struct {
	Before, After []nearView
	Question      string
	Segments      []segment
	Cells         []index.Cell
	Language      string
	Gone          bool
	Place         string // address of the place in the viewer
	Framed        bool   // in a desk's frame, whose pass opens nothing else: the viewer opens in a window of its own
}

// nearView is a neighbour of the passage that was cited.
type nearView struct {
	Heading  string
	Text     string
	Language string
}

// segment is a piece of a passage's text, cited or not.
type segment struct {
	Text string
	Mark bool
}

// suggestion turns a record into what the page shows. A body that cannot be
// read costs the draft, not the page.
func (p *pages) suggestion(r store.Suggestion, outcomes []store.Outcome, now time.Time) suggestionView {
	v := suggestionView{
		ID: r.ID, Workspace: r.Workspace, Conversation: r.Conversation,
		Customer: p.customer(r.Customer), Age: p.age(r.Created, now), Message: strings.TrimSpace(r.Question),
		State: r.State, Flag: p.flag(r.Flag), Language: r.Language, Writes: r.Pending, Stale: !r.Stale.IsZero() && r.State != store.StateWithdrawn,
	}
	if utf8.RuneCountInString(v.Message) > shortMessage || strings.Contains(v.Message, "\n") {
		v.Short = clip(strings.Join(strings.Fields(clip(v.Message, 4*shortMessage)), " "), 2*shortMessage) // the style sheet shows three lines
	}
	v.Done, v.Vote = p.done(outcomes)
	v.Notice = p.notice(r.State)
	v.Over = v.Notice != "" && r.State != store.StateOvertaken
	if r.State == store.StateWithdrawn {
		return v
	}
	var s suggest.Suggestion
	if err := json.Unmarshal(r.Body, &s); err != nil {
		v.Broken = true
		return v
	}
	p.fill(&v, s)
	v.body = s
	return v
}

// notice says that a suggestion is not to be used as it stands. A state that
// we do not know is taken for one that is over.
func (p *pages) notice(state string) string {
	switch state {
	case store.StateActive:
		return ""
	case store.StateSuperseded:
		return p.word("superseded")
	case store.StateWithdrawn:
		return p.word("withdrawn")
	case store.StateAnswered:
		return p.word("is_answered")
	case store.StateClosed:
		return p.word("over_closed")
	case store.StateOvertaken:
		return p.word("over_overtaken")
	}
	return p.word("is_over")
}

func (p *pages) fill(v *suggestionView, s suggest.Suggestion) {
	v.Language = cmp.Or(s.Language, v.Language)
	if name, ok := suggest.PhrasesIn(p.language).Languages[v.Language]; ok {
		v.LanguageName = p.word("draft_in", name)
	}
	if len(s.Sentences) > 0 && s.Probability > 0 {
		percent := int(math.Round(100 * min(s.Probability, 1)))
		v.Likely, v.Percent = p.word("likely", percent), p.word("percent", percent)
	}
	p.reasons(v, s)
	v.Conflicts = p.conflicts(*v, s)
	v.Missing = s.Missing
	v.Plain = s.Text()
	if i := slices.IndexFunc(s.Sentences, func(x suggest.Sentence) bool { return x.Kind == suggest.Closes }); i >= 0 {
		v.Closing = suggest.Suggestion{Sentences: s.Sentences[i:]}.Text()
	}
	v.Paragraphs = paragraphs(s, p, v)
	if len(s.Sentences) == 0 {
		v.NoDraft = p.word("no_draft")
		if len(s.Asks) == 0 && len(s.Missing) == 0 {
			v.NoDraft = p.word("no_need")
		}
	}
	for i := range s.Evidence {
		src := p.source(*v, s, i)
		if src.Cited {
			v.Cited = append(v.Cited, src)
		} else {
			v.Also = append(v.Also, src)
		}
	}
	v.Took = p.word("seconds", p.decimal(strconv.FormatFloat(s.Timings.Total/1000, 'f', 2, 64)))
	for _, a := range s.Asks {
		v.Asks = append(v.Asks, askView{Text: a.Text, Answered: a.Answered})
	}
	for _, c := range s.Checks {
		name := c.Name
		if known, ok := p.texts["check_"+c.Name]; ok {
			name = known
		}
		v.Checks = append(v.Checks, checkView{Name: name, Passed: c.Passed, Detail: c.Detail})
	}
	for _, part := range []struct{ name, value string }{
		{"sufflor", s.Versions.Pipeline},
		{"index", s.Versions.Index},
		{"writer", s.Versions.Writer},
		{"weights", s.Versions.Weights},
		{"guidelines", s.Versions.Guidelines},
		{"prompt", s.Versions.Prompt},
		{"model", s.Versions.Model},
	} {
		if part.value != "" {
			v.Versions = append(v.Versions, part.name+" "+part.value)
		}
	}
}

// done is what has been done so far, each thing once, in words; of two verdicts
// the later holds.
func (p *pages) done(outcomes []store.Outcome) (done []doneView, vote string) {
	for _, o := range outcomes {
		switch o.Action {
		case store.ActionUp, store.ActionDown, store.ActionRejected:
			vote = o.Action
			continue
		}
		words, ok := p.texts["done_"+o.Action]
		if ok && !slices.ContainsFunc(done, func(d doneView) bool { return d.Action == o.Action }) {
			done = append(done, doneView{Words: words, Action: o.Action})
		}
	}
	if vote != "" {
		done = append(done, doneView{Words: p.word("done_" + vote), Action: vote})
	}
	return done, vote
}

func paragraphs(s suggest.Suggestion, p *pages, v *suggestionView) []paragraphView {
	var out []paragraphView
	for _, x := range s.Sentences {
		if len(out) == 0 || strings.Contains(x.Break, "\n\n") {
			out = append(out, paragraphView{})
		}
		sv := sentenceView{Text: x.Text, Kind: string(x.Kind), Line: x.Break == "\n"}
		var numbers []string
		for _, c := range x.Citations {
			n := strconv.Itoa(c.Number)
			// A number without evidence would be a link to nowhere.
			if c.Number < 1 || c.Number > len(s.Evidence) || slices.Contains(numbers, n) {
				continue
			}
			numbers = append(numbers, n)
			sv.Marks = append(sv.Marks, markView{
				N: c.Number, Href: v.source(n) + "#source-" + n,
				Label: p.word("source_n", c.Number) + ": " + s.Evidence[c.Number-1].Passage.Breadcrumb(),
			})
		}
		sv.Cites = strings.Join(numbers, " ")
		sv.Unsupported = x.Kind == suggest.Fact && len(numbers) == 0
		sv.Disputed = slices.ContainsFunc(v.Conflicts, func(c conflictView) bool {
			return slices.ContainsFunc(c.Sides[:], func(side sideView) bool { return slices.Contains(numbers, strconv.Itoa(side.N)) })
		})
		last := &out[len(out)-1]
		last.Sentences = append(last.Sentences, sv)
	}
	return out
}

// source is the address of the page with source n open; "" closes all.
func (v suggestionView) source(n string) string {
	return link("workspace", v.Workspace, "suggestion", v.ID, "source", n)
}

func (p *pages) source(v suggestionView, s suggest.Suggestion, i int) sourceView {
	e := s.Evidence[i]
	n := strconv.Itoa(i + 1)
	out := sourceView{
		N: i + 1, Title: e.Passage.Title, Path: strings.Join(e.Passage.Headings, " › "), Where: e.Passage.Locator.String(),
		Question: clip(e.Passage.Question, shortQuote), Language: e.Passage.Language, Internal: e.Passage.Audience != index.Public,
		Cited: e.Cited, Href: v.source(n) + "#source-" + n, Close: v.source("") + "#source-" + n,
	}
	out.Mended = p.corrected(e.Passage)
	if e.Attachment != "" {
		out.From = p.word("from_attachment", clip(e.Attachment, 80))
	}
	if e.Elsewhere > 0 {
		out.Same = p.word("same_elsewhere", e.Elsewhere)
	}
	if e.Passage.Kind == index.KindRow && len(e.Passage.Cells) > 0 {
		out.Cells = e.Passage.Cells[:min(len(e.Passage.Cells), 8)]
		return out
	}
	var quotes []string
	for _, seg := range segments(e.Passage.Text, spans(s, i)) {
		if seg.Mark {
			quotes = append(quotes, strings.TrimSpace(seg.Text))
		}
	}
	if len(quotes) == 0 {
		quotes = []string{e.Passage.Text}
	}
	out.Quote = clip(strings.Join(quotes, " … "), shortQuote)
	return out
}

// spans are the parts of evidence i that the draft cites.
func spans(s suggest.Suggestion, i int) [][2]int {
	var out [][2]int
	for _, x := range s.Sentences {
		for _, c := range x.Citations {
			switch {
			case c.Number != i+1:
			case c.Start == 0 && c.End == 0:
				out = append(out, [2]int{0, len(s.Evidence[i].Passage.Text)})
			default:
				out = append(out, [2]int{c.Start, c.End})
			}
		}
	}
	return out
}

// segments cuts a text at the cited spans. Spans may overlap and come in any
// order; one that lies outside the text or cuts a character is left out: it
// belongs to another version of the text.
func segments(text string, spans [][2]int) []segment {
	spans = slices.DeleteFunc(slices.Clone(spans), func(s [2]int) bool {
		return s[0] < 0 || s[1] > len(text) || s[0] >= s[1] || !boundary(text, s[0]) || !boundary(text, s[1])
	})
	slices.SortFunc(spans, func(a, b [2]int) int { return cmp.Or(cmp.Compare(a[0], b[0]), cmp.Compare(a[1], b[1])) })
	var out []segment
	add := func(part string, mark bool) {
		if part != "" {
			out = append(out, segment{Text: part, Mark: mark})
		}
	}
	at := 0
	for i := 0; i < len(spans); {
		start, end := spans[i][0], spans[i][1]
		for i++; i < len(spans) && spans[i][0] <= end; i++ {
			end = max(end, spans[i][1])
		}
		add(text[at:start], false)
		add(text[start:end], true)
		at = end
	}
	add(text[at:], false)
	return out
}

func boundary(text string, at int) bool { return at == len(text) || utf8.RuneStart(text[at]) }

// open shows evidence i of s in its document. near are the passage and its
// neighbours as they are now, or nothing when it is no more.
func open(s suggest.Suggestion, i int, near []index.Passage) *contextView {
	e := s.Evidence[i].Passage
	v := &contextView{Question: e.Question, Segments: segments(e.Text, spans(s, i)), Language: e.Language}
	if e.Kind == index.KindRow {
		v.Cells = e.Cells
	}
	before, at, after := split(near, e.ID)
	if at.ID == "" || at.Text != e.Text {
		v.Gone = true
		return v
	}
	v.Before, v.After = neighbours(before, e, false), neighbours(after, e, true)
	return v
}

// neighbours shows the side that is nearest to the cited passage.
func neighbours(list []index.Passage, to index.Passage, head bool) []nearView {
	out := make([]nearView, 0, len(list))
	for _, n := range list {
		v := nearView{Text: n.Text, Language: n.Language}
		if !slices.Equal(n.Headings, to.Headings) && len(n.Headings) > 0 {
			v.Heading = n.Headings[len(n.Headings)-1]
		}
		if n.Kind == index.KindRow && len(n.Cells) > 0 {
			values := make([]string, 0, len(n.Cells))
			for _, c := range n.Cells {
				if c.Value != "" {
					values = append(values, c.Value)
				}
			}
			v.Text = strings.Join(values, " · ")
		}
		if n.Question != "" {
			v.Text = n.Question + "\n" + v.Text
		}
		if head {
			v.Text = clip(v.Text, shortNear)
		} else {
			v.Text = clipLeft(v.Text, shortNear)
		}
		out = append(out, v)
	}
	return out
}

// clip shortens text to at most n runes, at a space when one is near.
func clip(text string, n int) string {
	if len(text) <= n || utf8.RuneCountInString(text) <= n {
		return text
	}
	end, count := 0, 0
	for i := range text {
		if count == n-1 {
			end = i
			break
		}
		count++
	}
	cut := text[:end]
	if at := strings.LastIndexAny(cut, " \n"); at > len(cut)*3/4 {
		cut = cut[:at]
	}
	return strings.TrimRight(cut, " \n,;:") + "…"
}

// clipLeft is clip for a text whose end matters.
func clipLeft(text string, n int) string {
	extra := utf8.RuneCountInString(text) - n
	if extra <= 0 {
		return text
	}
	for i := range text {
		if extra < 0 {
			return "…" + strings.TrimLeft(text[i:], " \n")
		}
		extra--
	}
	return "…"
}

// script is what the page's script has to know, as JSON in an attribute: data
// and the words it shows, with more of them where it does more.
func (p *pages) script(data map[string]any, more ...string) (string, error) {
	words := map[string]string{}
	for _, k := range append(more, []string{
		"used", "select_copy", "recorded", "live", "connecting", "lost", "signed_out", "announce", "not_saved", "not_loaded",
		"now", "minutes", "hours", "days", "new", "sign_in", "panel", "draft_ready", "ready_meanwhile", "rejected",
		"edit_saving", "edit_saved", "edit_offline", "edit_signed_out", "edit_here", "edit_clash", "edit_restored", "undone", "inserted_text",
		"reword_waits", "reword_done", "reword_typed", "hint_waits", "search_waits", "search_found",
	}...) {
		words[k] = p.word(k)
	}
	data["texts"] = words
	text, err := json.Marshal(data)
	if err != nil {
		return "", fmt.Errorf("encode the script's data: %w", err)
	}
	return string(text), nil
}
