package measure

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"hash/fnv"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/sufflor/sufflor/index"
	retrieval "github.com/sufflor/sufflor/index/measure"
	"github.com/sufflor/sufflor/suggest"
)

// Outcome is what came of an item, in figures. Its JSON is what reports and
// saved runs hold; Detail is only in runs of splits that may be looked at.
type Outcome struct {
	ID string `json:"id"`
	// Group is what items with the same context share: they are no independent
	// witnesses.
	Group    string `json:"group"`
	Language string `json:"language,omitempty"`
	Kind     string `json:"kind,omitempty"` // of a message
	// Flag is that of the draft; empty when a response was measured.
	Flag        string `json:"flag,omitempty"`
	Probability Number `json:"probability"`
	// Right says whether the draft is right, or would have been where the flag
	// withheld it: what the probability is about. Nil when that is not known.
	Right      *bool `json:"right,omitempty"`
	Answerable *bool `json:"answerable,omitempty"`
	// Unsupported is the label of a response, Graded what graders say of it.
	Unsupported *bool              `json:"unsupported,omitempty"`
	Graded      map[string]float64 `json:"graded,omitempty"`
	Scores      map[string]float64 `json:"scores"`             // by key of [Measures]
	Steps       map[string]float64 `json:"steps_ms,omitempty"` // of the pipeline
	Degraded    []string           `json:"degraded,omitempty"`
	Detail      *Detail            `json:"detail,omitempty"`

	house string // language of the set, where nothing better is known
}

// Detail is what a person needs to see what went wrong.
type Detail struct {
	Question   string   `json:"question"`
	Draft      string   `json:"draft"`
	References []string `json:"references,omitempty"`
	Sources    []Source `json:"sources,omitempty"`
	Reasons    []string `json:"reasons,omitempty"`
}

// Source is a passage that a draft cites.
type Source struct {
	Number int    `json:"number"`
	Name   string `json:"name"`
	Text   string `json:"text"`
}

// NamedGrader is a grader and what it is called in the figures.
type NamedGrader struct {
	Name string
	Grader
}

// Explain makes the suggestion for item i of d.
type Explain func(ctx context.Context, d *Dataset, i int) (suggest.Suggestion, suggest.Trace, error)

// Bench measures sets.
type Bench struct {
	Explain Explain
	Graders []NamedGrader
	// Progress, unless nil, is told how many items are done.
	Progress func(done, of int)
}

// Run measures the items of d, one after the other.
func (b Bench) Run(ctx context.Context, d *Dataset) ([]*Outcome, error) {
	var out []*Outcome
	house := d.House()
	for i, it := range d.Items {
		o := newOutcome(d, i)
		o.house = house
		if it.Response != nil {
			b.respond(it, o)
		} else {
			s, trace, err := b.Explain(ctx, d, i)
			if err != nil {
				return nil, fmt.Errorf("item %s of set %s: %w", it.ID, d.Name, err)
			}
			b.draft(it, s, trace, o)
		}
		out = append(out, o)
		if b.Progress != nil {
			b.Progress(i+1, len(d.Items))
		}
		if err := ctx.Err(); err != nil {
			return nil, err
		}
	}
	return out, nil
}

func newOutcome(d *Dataset, i int) *Outcome {
	it := d.Items[i]
	o := &Outcome{ID: it.ID, Group: it.ID, Language: it.Language, Answerable: it.Answerable, Unsupported: it.Unsupported, Scores: map[string]float64{}}
	if len(it.Context) > 0 {
		h := fnv.New64a()
		_, _ = h.Write([]byte(strings.Join(it.Context, "\x00")))
		o.Group = "context " + strconv.FormatUint(h.Sum64(), 36)
	}
	if it.Message != nil {
		o.Kind = it.Message.Kind
	}
	return o
}

// respond measures a given response.
func (b Bench) respond(it Item, o *Outcome) {
	o.Detail = &Detail{Question: shorten(it.Request.Text, shownText), Draft: shorten(*it.Response, shownText), References: shown(it.References)}
	for i, c := range it.Context {
		o.Detail.Sources = append(o.Detail.Sources, Source{Number: i + 1, Name: cmp.Or(it.Title, "context"), Text: shorten(c, shownText)})
	}
	if it.Given {
		o.Graded = map[string]float64{}
		for _, g := range b.Graders {
			if v := g.Score(it.Request.Text, it.Context, *it.Response); !math.IsNaN(v) { // n tells
				o.Graded[g.Name] = v
			}
		}
	}
	if len(it.References) > 0 {
		o.compare("", it, *it.Response)
	}
}

// compare scores a text by an item's references.
func (o *Outcome) compare(prefix string, it Item, text string) (recall float64) {
	f1 := TokenF1(cmp.Or(o.Language, o.house), text, it.References...)
	o.Scores[prefix+"rouge_l"] = ROUGEL(text, it.References...).F
	o.Scores[prefix+"token_f1"] = f1.F
	o.Scores[prefix+"reference_recall"] = f1.Recall
	return f1.Recall
}

// enough is the share of a reference's words that makes a draft right where
// nothing better is known.
const enough = 0.5

// draft measures a suggestion.
func (b Bench) draft(it Item, s suggest.Suggestion, trace suggest.Trace, o *Outcome) {
	o.Language = cmp.Or(o.Language, s.Language)
	o.Flag, o.Probability, o.Degraded = string(s.Flag), Number(s.Probability), s.Degraded
	o.Steps = steps(s.Timings)
	o.Detail = detail(it, s)
	drafted := s.Flag != suggest.None
	idle := it.Message != nil && !slices.Contains([]string{"answerable", "partly", "unanswerable"}, it.Message.Kind)
	switch {
	case idle:
		o.Scores["none_idle"] = float64(b2i(!drafted))
		o.Answerable = nil // there is no question
	case it.Answerable != nil && *it.Answerable:
		o.Scores["none_answerable"] = float64(b2i(!drafted))
	case it.Answerable != nil:
		o.Scores["none_unanswerable"] = float64(b2i(!drafted))
	}
	o.Scores["drafted"] = float64(b2i(drafted))
	said := facts(s)
	would, quoted := withheld(trace) // the writer's answers, whatever the flag made of them
	if drafted {
		o.Scores["draft_words"] = float64(len(Words(said)))
		o.cited(s)
		answered := 0
		for _, a := range s.Asks {
			answered += b2i(a.Answered)
		}
		o.Scores["asks_answered"] = rate(answered, len(s.Asks))
		for _, g := range b.Graders {
			if v := g.Score(it.Request.Text, sources(s), said); !math.IsNaN(v) {
				o.Scores["unsupported_"+g.Name] = v
			}
		}
	} else {
		said = ""
	}
	cites := citations(s)
	text := s.Text()
	if !drafted {
		cites, text = quoted, would
	}
	switch {
	case idle:
	case it.Message != nil:
		o.message(*it.Message, s, trace, drafted)
		o.right(*it.Answerable && messageRight(*it.Message, text, cites))
	case it.Gold != nil:
		o.gold(it.Gold, s, trace, drafted)
		o.right(slices.ContainsFunc(cites, func(p index.Passage) bool { return it.Gold[p.Document] > 0 }))
	case it.Answerable != nil && !*it.Answerable:
		o.right(false)
	case len(it.References) > 0:
		recall := o.compare("", it, said)
		alone := o.compare("writer_", it, would)
		if !drafted {
			recall = alone
		}
		o.right(recall >= enough)
	}
}

func (o *Outcome) right(yes bool) { o.Right = &yes }

// cited counts the factual sentences that cite something.
func (o *Outcome) cited(s suggest.Suggestion) {
	stated, cited := 0, 0
	for _, x := range s.Sentences {
		if x.Kind == suggest.Fact {
			stated++
			cited += b2i(len(x.Citations) > 0)
		}
	}
	if stated > 0 {
		o.Scores["cited_sentences"] = rate(cited, stated)
	}
}

// message measures by what a message's authors said a right answer needs.
func (o *Outcome) message(m Message, s suggest.Suggestion, trace suggest.Trace, drafted bool) {
	r := judge(m, s, trace)
	if r.Groups > 0 {
		o.Scores["recall_at_5"] = rate(r.Recalled, r.Groups)
		o.Scores["mrr_at_10"] = r.Reciprocal / float64(r.Groups)
	}
	if r.Facts > 0 {
		o.Scores["facts_stated"] = rate(r.Stated, r.Facts)
		o.Scores["facts_complete"] = float64(b2i(r.Stated == r.Facts))
	}
	complete, questions := 0, 0
	reached, groups := 0, 0
	cited := citations(s)
	for _, q := range m.Questions {
		if !q.Answerable {
			continue
		}
		if len(q.Facts) > 0 {
			questions++
			complete += b2i(!slices.ContainsFunc(q.Facts, func(f []string) bool { return !HasFact(s.Text(), f) }))
		}
		for _, group := range q.Needs {
			groups++
			reached += b2i(slices.ContainsFunc(cited, func(p index.Passage) bool { return Right(p, group) }))
		}
	}
	if questions > 0 {
		o.Scores["completeness"] = rate(complete, questions)
	}
	if groups > 0 {
		o.Scores["citation_recall"] = rate(reached, groups)
	}
	if drafted && r.Citations > 0 {
		o.Scores["citation_precision"] = rate(r.RightCites, r.Citations)
	}
}

// messageRight reports whether a text states every fact that a message's
// answerable questions ask for, and cites right passages only.
func messageRight(m Message, text string, cited []index.Passage) bool {
	var needs [][]Need
	for _, q := range m.Questions {
		if !q.Answerable {
			continue
		}
		needs = append(needs, q.Needs...)
		if slices.ContainsFunc(q.Facts, func(f []string) bool { return !HasFact(text, f) }) {
			return false
		}
	}
	return len(cited) > 0 && !slices.ContainsFunc(cited, func(p index.Passage) bool {
		return !slices.ContainsFunc(needs, func(group []Need) bool { return Right(p, group) })
	})
}

// gold measures by documents that were judged.
func (o *Outcome) gold(gold retrieval.Relevance, s suggest.Suggestion, trace suggest.Trace, drafted bool) {
	ranking := documents(trace.Found)
	o.Scores["ndcg_at_10"] = retrieval.NDCG(gold, ranking, 10)
	o.Scores["mrr_at_10"] = retrieval.ReciprocalRank(gold, ranking, 10)
	o.Scores["recall_at_5"] = retrieval.Recall(gold, ranking, 5)
	cited := citations(s)
	hits, all := 0, 0
	reached := map[string]bool{}
	for _, p := range cited {
		all++
		if gold[p.Document] > 0 {
			hits++
			reached[p.Document] = true
		}
	}
	relevant := 0
	for _, g := range gold {
		relevant += b2i(g > 0)
	}
	o.Scores["quotes_gold"] = float64(b2i(hits > 0))
	o.Scores["citation_recall"] = rate(len(reached), relevant)
	if drafted && all > 0 {
		o.Scores["citation_precision"] = rate(hits, all)
	}
}

// documents is the documents of what was found, each at the best rank that one
// of a message's questions gave it.
func documents(found [][]suggest.Scored) []string {
	var out []string
	seen := map[string]bool{}
	for rank := 0; ; rank++ {
		more := false
		for _, hits := range found {
			if rank >= len(hits) {
				continue
			}
			more = true
			if d := hits[rank].Passage.Document; !seen[d] {
				seen[d] = true
				out = append(out, d)
			}
		}
		if !more {
			return out
		}
	}
}

// facts is what a draft states, without greeting, lead-ins and closing.
func facts(s suggest.Suggestion) string {
	var out []string
	for _, x := range s.Sentences {
		if x.Kind == suggest.Fact {
			out = append(out, x.Text)
		}
	}
	return strings.Join(out, " ")
}

// citations is the cited passage of each citation.
func citations(s suggest.Suggestion) []index.Passage {
	var out []index.Passage
	for _, x := range s.Sentences {
		for _, c := range x.Citations {
			if c.Number >= 1 && c.Number <= len(s.Evidence) {
				out = append(out, s.Evidence[c.Number-1].Passage)
			}
		}
	}
	return out
}

// sources is the text of the passages that a draft cites.
func sources(s suggest.Suggestion) []string {
	var out []string
	for _, e := range s.Evidence {
		if e.Cited {
			out = append(out, strings.Join(slices.DeleteFunc([]string{e.Passage.Title, e.Passage.Question, e.Passage.Text}, func(t string) bool { return t == "" }), "\n"))
		}
	}
	return out
}

// withheld is what the writer answered, whatever the flag made of it, and the
// passages it took that from.
func withheld(trace suggest.Trace) (text string, from []index.Passage) {
	byID := map[string]index.Passage{}
	for _, hits := range trace.Found {
		for _, h := range hits {
			byID[h.Passage.ID] = h.Passage
		}
	}
	var out []string
	for _, a := range trace.Answers {
		for _, q := range a.Sentences {
			if slices.Contains(out, q.Text) {
				continue // two questions, one answer
			}
			out = append(out, q.Text)
			if p, ok := byID[q.Passage]; ok {
				from = append(from, p)
			}
		}
	}
	return strings.Join(out, " "), from
}

// steps is the timings by name, in milliseconds.
func steps(t suggest.Timings) map[string]float64 {
	raw, err := json.Marshal(t)
	if err != nil {
		return nil // numbers are always written
	}
	var by map[string]float64
	if json.Unmarshal(raw, &by) != nil {
		return nil
	}
	out := map[string]float64{}
	for name, ms := range by {
		out[strings.TrimSuffix(name, "_ms")] = ms
	}
	return out
}

// The bounds of what a person is shown of an item.
const (
	shownText   = 2000 // bytes
	shownSource = 600
)

func detail(it Item, s suggest.Suggestion) *Detail {
	d := &Detail{Question: shorten(it.Request.Text, shownText), Draft: shorten(s.Marked(), shownText), References: shown(it.References)}
	for i, e := range s.Evidence {
		if e.Cited || s.Flag == suggest.None && i < 3 {
			name := strings.Join(slices.DeleteFunc([]string{e.Passage.Source, e.Passage.Title}, func(t string) bool { return t == "" }), " · ")
			d.Sources = append(d.Sources, Source{Number: i + 1, Name: name, Text: shorten(e.Passage.Text, shownSource)})
		}
	}
	for _, r := range s.Reasons {
		d.Reasons = append(d.Reasons, r.Text)
	}
	return d
}

func shown(texts []string) (out []string) {
	for _, t := range texts {
		out = append(out, shorten(t, shownText))
	}
	return out
}

// shorten cuts a text at a limit of bytes.
func shorten(s string, limit int) string {
	if len(s) <= limit {
		return s
	}
	return strings.ToValidUTF8(s[:limit], "") + " …"
}
