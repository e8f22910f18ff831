package web

import (
	"errors"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/gin-gonic/gin"

	"github.com/sufflor/sufflor/index"
	"github.com/sufflor/sufflor/index/lang"
)

// maxSearched bounds a query from the page, in runes.
const maxSearched = 2000

// playView is the search playground.
type playView struct {
	docFrame
	Query                  string
	As                     []choice
	Collections, Sources   []choice
	Languages, In          []choice
	After, Before          string
	Problem                string
	Asked                  bool
	Took, Taken            string
	Degraded               []string
	Reordered              bool
	Hits                   []hitView
	Draft                  *playDraft
	collections, sources   string
	languages, in, readers string
}

// hitView is a found passage and why it stands where it does.
type hitView struct {
	N                      int
	Title, Path, Where     string
	Question               string
	Text                   []markedPiece
	Language, LanguageName string
	File, Collection       string
	Internal, Quoted       bool
	Corrected              string
	Same                   string // "says the same as 1"
	SameHref               string
	Href                   string // in its document
	Score                  string
	Legs                   []scoreView
	Shares                 []scoreView
	Sum                    string // how the score comes about, in words
}

// markedPiece is a piece of text: plain, a word of the query, or one like it.
type markedPiece struct {
	Text        string
	Same, Alike bool
}

// scoreView is a line of the table of why.
type scoreView struct{ Name, About, Value, Weight, Gives string }

type playDraft struct {
	Flag    flagView
	Quotes  []playQuote
	Missing []string
}

type playQuote struct{ Text, Title, Where, Href, Hit string }

// legWords are the parts of the search and what they are called.
var legWords = []struct {
	word string
	of   func(index.Parts) float64
}{
	{"play_leg_words", func(p index.Parts) float64 { return p.BM25 }},
	{"play_leg_kin", func(p index.Parts) float64 { return p.Kin }},
	{"play_leg_letters", func(p index.Parts) float64 { return p.Grams }},
	{"play_leg_codes", func(p index.Parts) float64 { return p.Identifiers }},
	{"play_leg_meaning", func(p index.Parts) float64 { return p.Near }},
	{"play_leg_coverage", func(p index.Parts) float64 { return p.Coverage }},
}

// shareWords are what features of the ranking are called.
var shareWords = map[string]string{
	"meaning": "play_share_meaning", "text": "play_share_text", "question": "play_share_question", "kin": "play_share_kin",
	"grams": "play_share_grams", "alike": "play_share_alike", "lead": "play_share_lead", "near": "play_share_near",
	"window": "play_share_window", "title": "play_share_title", "aim": "play_share_aim", "length": "play_share_length",
}

// playground searches, and shows why what was found stands where it does.
func (s *server) playground(c *gin.Context) error {
	ws, err := s.workspace(c, c.Query("workspace"))
	if err != nil {
		return err
	}
	p := s.in(ws)
	v := playView{docFrame: s.docFrame(c, ws, playgroundPage, p.word("play_title"))}
	if err := s.playChoices(c, ws, &v); err != nil {
		return err
	}
	q := v.request(c, ws)
	status := http.StatusOK
	switch {
	case q.Text == "" && c.Query("q") == "":
	case q.Text == "":
		v.Problem, status = p.word("play_empty"), http.StatusBadRequest
	case utf8.RuneCountInString(q.Text) > maxSearched:
		v.Problem, status = p.word("play_long", maxSearched), http.StatusBadRequest
	default:
		res, err := s.found(c, q)
		if f, ok := errors.AsType[*fault](err); ok && f.status == http.StatusBadRequest {
			v.Problem, status = p.word("play_filter"), f.status
			break
		}
		if err != nil {
			return err
		}
		p.found(&v, ws, res)
	}
	return s.page(c, status, ws, "playground", v)
}

// playChoices are the filters, with what the workspace has.
func (s *server) playChoices(c *gin.Context, ws Workspace, v *playView) error {
	collections, sources, err := s.o.Store.Shelves(c.Request.Context(), ws.ID)
	if err != nil {
		return err
	}
	v.Query = strings.TrimSpace(strings.ToValidUTF8(c.Query("q"), ""))
	v.After, v.Before = c.Query("after"), c.Query("before")
	pick := func(name string, values []string, word func(string) string) (list []choice, chosen string) {
		chosen = c.Query(name)
		if !slices.Contains(values, chosen) {
			chosen = ""
		}
		for _, x := range values {
			list = append(list, choice{Value: x, Word: word(x), Chosen: x == chosen})
		}
		return list, chosen
	}
	same := func(x string) string { return x }
	p := s.in(ws)
	v.Collections, v.collections = pick("collection", collections, same)
	v.Sources, v.sources = pick("source", sources, same)
	v.Languages, v.languages = pick("language", lang.Supported(), p.languageName)
	v.In, v.in = pick("in", lang.Supported(), p.languageName)
	v.As, v.readers = pick("as", []string{"agent", "customer"}, func(x string) string {
		if x == "customer" {
			return p.word("play_as_customer")
		}
		return p.word("play_as_agent")
	})
	return nil
}

func (v *playView) request(c *gin.Context, ws Workspace) SearchRequest {
	q := SearchRequest{Workspace: ws.ID, Text: v.Query, Language: v.in, Filter: map[string]Values{}, Limit: 10, Explain: true}
	for name, value := range map[string]string{"collection": v.collections, "source": v.sources, "language": v.languages, "after": v.After, "before": v.Before} {
		if value != "" {
			q.Filter[name] = Values{value}
		}
	}
	if v.readers == "customer" {
		q.Filter["audience"] = Values{string(index.Public)}
	}
	about(c, "", strconv.Itoa(len(q.Filter))+" filters")
	return q
}

func (p *pages) figure(x float64, digits int) string {
	return p.decimal(strings.Replace(strconv.FormatFloat(x, 'f', digits, 64), "-", "−", 1))
}

func (p *pages) found(v *playView, ws Workspace, res SearchResult) {
	v.Asked, v.Degraded, v.Reordered = true, res.Degraded, res.Reordered != ""
	v.Took = p.word("play_took", p.figure(res.Took, 1))
	v.Taken = p.word("play_taken", p.languageName(res.Language))
	for i, h := range res.Hits {
		v.Hits = append(v.Hits, p.hit(ws, i, h))
	}
	if d := res.Draft; d != nil {
		v.Draft = &playDraft{Flag: p.flag(d.Flag), Missing: d.Missing}
		for _, q := range d.Quotes {
			x := playQuote{
				Text: q.Text, Title: q.Passage.Breadcrumb(), Where: q.Passage.Locator.String(),
				Href: documentAddress(ws.ID, q.Passage.Document, "at", q.Passage.ID) + "#passages",
			}
			if q.Hit > 0 {
				x.Hit = p.word("play_hit", q.Hit)
			}
			v.Draft.Quotes = append(v.Draft.Quotes, x)
		}
	}
}

func (p *pages) hit(ws Workspace, i int, h SearchHit) hitView {
	x := h.Passage
	v := hitView{
		N: i + 1, Title: x.Title, Path: strings.Join(x.Headings, " › "), Where: x.Locator.String(), Question: x.Question, Text: marked(x.Text, h.Matches),
		Language: x.Language, LanguageName: p.languageName(x.Language), File: fileName(x.Source), Collection: x.Collection,
		Internal: x.Audience != index.Public, Quoted: h.Quoted, Score: p.figure(h.Score, 2),
		Href: documentAddress(ws.ID, x.Document, "at", x.ID) + "#passages",
	}
	if x.Corrected.By != "" {
		v.Corrected = p.corrected(x)
	}
	if h.SameAs > 0 {
		v.Same, v.SameHref = p.word("play_same", h.SameAs), "#hit-"+strconv.Itoa(h.SameAs)
	}
	for _, l := range legWords {
		v.Legs = append(v.Legs, scoreView{Name: p.word(l.word), Value: p.figure(l.of(h.Parts), 2)})
	}
	if h.Why == nil {
		return v
	}
	for _, s := range h.Why.Shares {
		name := s.Name
		if key, ok := shareWords[s.Name]; ok {
			name = p.word(key)
		}
		gives := p.figure(s.Gives, 2)
		if s.Gives > 0 {
			gives = "+" + gives
		}
		v.Shares = append(v.Shares, scoreView{Name: name, Value: p.figure(s.Value, 3), Weight: p.figure(s.Weight, 2), Gives: gives})
	}
	v.Sum = p.word("play_sum", p.figure(h.Why.Language, 1), p.figure(h.Why.Words, 2), p.figure(h.Why.Codes, 2))
	return v
}

// corrected says who put a passage right.
func (p *pages) corrected(x index.Passage) string {
	if x.Corrected.By == "" {
		return ""
	}
	return p.word("doc_corrected_by", x.Corrected.By, x.Corrected.At.UTC().Format("2006-01-02"))
}

// marked cuts a text at the words that match. Matches that do not lie in it,
// or not in order, are left out.
func marked(text string, matches []index.Match) []markedPiece {
	var out []markedPiece
	at := 0
	for _, m := range matches {
		if m.Start < at || m.End > len(text) || m.Start >= m.End || !boundary(text, m.Start) || !boundary(text, m.End) {
			continue
		}
		if m.Start > at {
			out = append(out, markedPiece{Text: text[at:m.Start]})
		}
		out = append(out, markedPiece{Text: text[m.Start:m.End], Same: !m.Alike, Alike: m.Alike})
		at = m.End
	}
	if at < len(text) {
		out = append(out, markedPiece{Text: text[at:]})
	}
	return out
}
