package suggest

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"time"

	"github.com/sufflor/sufflor/index"
	"github.com/sufflor/sufflor/index/lang"
	"github.com/sufflor/sufflor/store"
	"github.com/sufflor/sufflor/suggest/guard"
	"github.com/sufflor/sufflor/suggest/message"
	"github.com/sufflor/sufflor/suggest/overlap"
	"github.com/sufflor/sufflor/suggest/privacy"
)

// Bounds of the work for one message.
const (
	maxAsks     = 6        // further questions are named as open
	maxEvidence = 8        // passages kept with a suggestion
	maxText     = 64 << 10 // bytes of a message that are looked at
)

// Searcher finds passages; [index.Index] is one.
type Searcher interface {
	Search(ctx context.Context, q index.Query) (index.Result, error)
	// IDF is the inverse document frequency of terms in a language's
	// passages; a term that no passage holds gets the largest.
	IDF(ctx context.Context, workspace, language string, terms []string) (map[string]float64, error)
	Version() string
}

// Library holds the passages' text.
type Library interface {
	Passages(ctx context.Context, workspace string, ids []string) (map[string]index.Passage, error)
}

// Pipeline makes suggestions. All fields are required but Log, Votes, Innocent and
// Composer. It is safe for concurrent use.
type Pipeline struct {
	Index   Searcher
	Library Library
	Writer  Writer
	Framer  Framer
	Profile func(workspace string) Profile
	Model   *Model
	// Calibration of the model's probabilities; nil takes them as they are.
	Calibration Calibration
	Deadline    time.Duration
	Now         func() time.Time
	Log         *slog.Logger
	// Votes are what agents thought of drafts that cite passages; nil when
	// nobody keeps them.
	Votes func(ctx context.Context, workspace string, ids []string) (map[string]store.Votes, error)
	// Composer writes with a language model what was found; nil: none does.
	// It has ComposeIn for it, beside Deadline; 0: 12 s.
	Composer  Composer
	ComposeIn time.Duration
	// Innocent saves looking for instructions in the same passages again; nil
	// is fine.
	Innocent *Innocent
}

// understood is a message taken apart.
type understood struct {
	language  string
	uncertain bool
	class     message.Class
	body      string
	customer  string
	asks      []ask
	dropped   []string // questions over maxAsks
	marks     []message.Mark
	steered   bool // what the customer wrote tries to instruct
}

type ask struct {
	message.Question
	focus   string // question with what it refers to
	context []index.Weighted
	machine bool // the desk says which machine the customer has
}

// Suggest makes a suggestion for r: quotations, and then, where a language
// model is there for it, the model's draft in their place. It gives an error
// only when the index or the library cannot be asked at all; everything less
// costs quality and is said in the result.
//
// What it returns rests on passages that were there when it was done: a draft
// whose sources change while it is made is made once more, and withheld when
// that happens again.
func (p *Pipeline) Suggest(ctx context.Context, r Request) (Suggestion, error) {
	return p.Write(ctx, r, nil)
}

// Quote is Suggest without the model: what can be shown within Deadline. More
// reports whether [Pipeline.Write] may better it.
func (p *Pipeline) Quote(ctx context.Context, r Request) (s Suggestion, more bool, err error) {
	s, err = p.steady(ctx, r, func(ctx context.Context, f finding) Suggestion {
		more = len(p.writable(f)) > 0
		return f.quoted
	})
	return s, more && s.Flag != None, err
}

// Write is Suggest for somebody who watches: each sentence of the model is
// told when it has passed the checks that need no other sentence. What is
// told may still be struck; what is returned counts. A nil watch is fine.
func (p *Pipeline) Write(ctx context.Context, r Request, watch func(Sentence)) (Suggestion, error) {
	return p.steady(ctx, r, func(ctx context.Context, f finding) Suggestion { return p.rewrite(ctx, f, watch) })
}

// steady makes a suggestion of what is found until it rests on what is there.
// The second time is without the model: its answer is paid for, and this one
// would come late.
func (p *Pipeline) steady(ctx context.Context, r Request, finish func(context.Context, finding) Suggestion) (Suggestion, error) {
	for again := false; ; again = true {
		f, err := p.find(ctx, r)
		s := f.quoted
		if err != nil {
			return s, err
		}
		if !again {
			s = finish(ctx, f)
		}
		live, err := p.live(ctx, r.Workspace, s)
		if err != nil || live {
			return attach(s, r), err
		}
		if again {
			return attach(p.Withhold(r.Workspace, s), r), nil
		}
	}
}

// live reports whether all that s rests on is still there, and said to the
// same people.
func (p *Pipeline) live(ctx context.Context, workspace string, s Suggestion) (bool, error) {
	if len(s.Evidence) == 0 {
		return true, nil
	}
	ids := make([]string, len(s.Evidence))
	for i, e := range s.Evidence {
		ids[i] = e.Passage.ID
	}
	now, err := p.Library.Passages(ctx, workspace, ids)
	if err != nil {
		return false, fmt.Errorf("look at %d passages again: %w", len(ids), err)
	}
	for _, e := range s.Evidence {
		if n, ok := now[e.Passage.ID]; !ok || n.Audience != e.Passage.Audience {
			return false, nil
		}
	}
	return true, nil
}

// Withhold is s without its draft and its evidence, because the documents that
// it rests on changed.
func (p *Pipeline) Withhold(workspace string, s Suggestion) Suggestion {
	s.Flag, s.Probability = None, 0
	s.Sentences, s.Evidence, s.Checks = []Sentence{}, []Evidence{}, []Check{}
	s.Missing = nil
	for i := range s.Asks {
		s.Asks[i].Answered = false
		s.Missing = append(s.Missing, s.Asks[i].Text)
	}
	s.Reasons = []Reason{reason(p.Profile(workspace).Language, "changed")}
	return s
}

// Warm loads the word lists and tables of every language, so that the first
// customer does not wait for them.
func Warm() {
	for _, l := range lang.Supported() {
		_ = message.Questions(l, "E-1?")
		_ = overlap.Expand(overlap.Analyze(l, "E-1"))
	}
	_ = lang.Detect("hei")
	_ = PhrasesIn("en")
}

// Trace is what a suggestion came from before anything was left out.
type Trace struct {
	Brief   Brief
	Found   [][]Scored // per ask, best first
	Answers []Answer   // per ask, also those below the threshold
}

// Explain is Quote with a trace, for measuring.
func (p *Pipeline) Explain(ctx context.Context, r Request) (Suggestion, Trace, error) {
	f, err := p.find(ctx, r)
	return f.quoted, Trace{Brief: f.brief, Found: f.found, Answers: f.answers}, err
}

// finding is a message with what was found for it.
type finding struct {
	request Request
	profile Profile
	message understood
	brief   Brief
	found   [][]Scored
	answers []Answer
	quoted  Suggestion // the draft made of quotations
}

// find does everything up to the draft made of quotations.
func (p *Pipeline) find(ctx context.Context, r Request) (finding, error) {
	ctx, cancel := context.WithTimeout(ctx, p.Deadline)
	defer cancel()
	start := p.Now()
	profile := p.Profile(r.Workspace)
	s := Suggestion{Mode: Extractive, Versions: Versions{
		Pipeline: Version, Index: p.Index.Version(), Writer: p.Writer.Version(), Weights: p.Model.Version, Guidelines: profile.Guidelines.Name(),
	}}

	_, done := span(ctx, "understand")
	u := understand(r, profile)
	done(nil)
	f := finding{request: r, profile: profile, message: u}
	s.Language, s.Kind, s.Urgent, s.Angry = u.language, string(u.class.Kind), u.class.Urgent, u.class.Angry
	s.Timings.Understand = ms(p.Now().Sub(start))
	if len(u.asks) == 0 {
		p.nothingAsked(&s, u, profile)
		s.Timings.Total = ms(p.Now().Sub(start))
		f.quoted = s
		return f, nil
	}

	mark := p.Now()
	part, done := span(ctx, "retrieve")
	brief, found, err := p.retrieve(part, r, u, profile, &s)
	done(err)
	if err != nil {
		return finding{quoted: s}, err
	}
	s.Timings.Retrieve = ms(p.Now().Sub(mark))

	mark = p.Now()
	part, done = span(ctx, "write")
	answers, err := p.Writer.Write(part, brief)
	done(err)
	if err == nil && len(answers) != len(brief.Asks) {
		err = fmt.Errorf("writer gave %d answers to %d questions", len(answers), len(brief.Asks))
	}
	if err != nil {
		// No draft is better than a wrong one, and a lost writer must not cost
		// the agent the passages we did find.
		if p.Log != nil {
			p.Log.WarnContext(ctx, "draft withheld", "workspace", r.Workspace, "err", err)
		}
		answers = make([]Answer, len(brief.Asks))
		s.Degraded = append(s.Degraded, degradedName(err, p.Writer.Version()))
	}
	for i := range answers {
		found[i] = reorder(found[i], answers[i].Order)
	}
	s.Timings.Write = ms(p.Now().Sub(mark))

	mark = p.Now()
	_, done = span(ctx, "check")
	p.finish(r.Workspace, &s, u, brief, answers, found, profile)
	keep(&s, profile)
	done(nil)
	s.Timings.Check = ms(p.Now().Sub(mark))
	s.Timings.Total = ms(p.Now().Sub(start))
	f.brief, f.found, f.answers, f.quoted = brief, found, answers, s
	return f, nil
}

func degradedName(err error, part string) string {
	if errors.Is(err, context.DeadlineExceeded) {
		return part + " (deadline)"
	}
	return part
}

// understand takes the message apart. It does no I/O.
func understand(r Request, profile Profile) understood {
	text := r.Text
	if len(text) > maxText {
		text = strings.ToValidUTF8(text[:maxText], "")
	}
	cleaned := message.Clean(text)
	u := understood{body: cleaned.Body, customer: firstName(r.Customer)}
	if u.customer == "" {
		u.customer = cleaned.Name
	}
	u.language, u.uncertain = language(r, cleaned.Body, profile)
	u.class = message.Classify(u.language, u.body)
	u.marks = message.Escalate(profile.Escalation, u.language, u.body, turns(r.History), r.Facts)
	for _, t := range append([]Turn{{Text: text}}, r.History...) {
		u.steered = u.steered || !t.Agent && len(guard.Suspicious(u.language, t.Text)) > 0
	}
	u.steered = u.steered || steered(r.Files)
	hint := strings.TrimSpace(r.Hint)
	if _, ok := message.Automatic(r.Subject, u.body); ok && hint == "" {
		u.class.Kind = message.IsAutomatic
		return u
	}
	questions := message.Questions(u.language, u.body)
	if len(questions) == 0 && u.class.Kind.Answerable() && strings.TrimSpace(u.body) != "" {
		// "e4412 lights up.. just add oil or what": no form of a question we
		// know, but the customer wants something.
		questions = []message.Question{{Text: u.body, End: len(u.body), Kind: message.Open}}
	}
	var before []string
	if hint != "" {
		for _, q := range questions {
			before = append(before, q.Text)
		}
		if questions = message.Questions(u.language, hint); len(questions) == 0 {
			questions = []message.Question{{Text: hint, End: len(hint), Kind: message.Open, Context: []string{u.body}}}
		}
	}
	for i, q := range questions {
		if i >= maxAsks {
			u.dropped = append(u.dropped, q.Text)
			continue
		}
		u.asks = append(u.asks, newAsk(u.language, q, before, r))
		before = append(before, q.Text)
	}
	return u
}

// newAsk puts a question together with what it may refer to: the statements
// around it, the message's earlier questions, the subject, the conversation.
func newAsk(language string, q message.Question, before []string, r Request) ask {
	a := ask{Question: q}
	parts := []string{q.Text}
	add := func(text string, weight float64) {
		if text = strings.TrimSpace(text); text != "" {
			parts = append(parts, text)
			a.context = append(a.context, index.Weighted{Text: text, Weight: weight})
		}
	}
	around, earlier := aroundWeight, beforeWeight
	leans := q.Refers || says(language, q) <= thin
	if leans {
		around, earlier = aroundThinWeight, refersWeight
	}
	add(strings.Join(q.Context, " "), around)
	add(strings.Join(before, " "), earlier)
	if !strings.Contains(q.Text, r.Subject) {
		add(r.Subject, around)
	}
	if e := expansions[q.Kind]; e != "" {
		a.context = append(a.context, index.Weighted{Text: e, Weight: expandWeight})
	}
	alone := leans && len(before) == 0 && (q.Refers || len(q.Context) == 0)
	if alone {
		last := lastCustomer(r.History)
		add(last, refersWeight)
		if about := message.Resolve(language, q, turns(r.History)); about != "" && about != last {
			a.context = append(a.context, index.Weighted{Text: about, Weight: aroundWeight})
		}
	}
	a.context = append(a.context, history(r.History, alone)...)
	for _, t := range message.Facts(r.Facts, nil, r.Text).Terms {
		a.context = append(a.context, index.Weighted{Text: t.Text, Weight: t.Weight})
		a.machine = a.machine || len(message.Codes(t.Text)) > 0
	}
	a.context = append(a.context, fileContext(r.Files)...)
	parts = append(parts, fileFocus(q.Text, r.Files)...)
	a.focus = strings.Join(parts, "\n")
	return a
}

// thin is how many words on the matter a question has at most that cannot be
// understood without what stands around it.
const thin = 1

// says is how many of a question's words are on the matter; a price question
// has one that only asks for the price.
func says(language string, q message.Question) int {
	n := overlap.ContentWords(overlap.Analyze(language, q.Text))
	if q.Kind == message.Price {
		n--
	}
	return n
}

// Weights of what stands around a question, beside its own 1; set on the dev
// split of testdata/eval.
const (
	aroundWeight     = 0.3  // the statements around it, the subject
	aroundThinWeight = 0.5  // the same, when the question says little
	beforeWeight     = 0.4  // the message's earlier questions
	refersWeight     = 0.6  // the same, when the question leans on them
	expandWeight     = 0.3  // words that answers of its kind hold
	synonymWeight    = 0.35 // words of the thesaurus
)

// expansions are words that answers of a kind hold where questions have
// others: a price list never says "cost".
var expansions = map[message.Kind]string{
	message.Price: "pris kr hinta preis price €",
}

// history weighs the conversation's last turns, the customer's three times the
// agent's (.3 and .1 helped most in an earlier study of multi-turn questions).
// Most messages here stand by themselves and get half of that; a question that
// says nothing itself leans on the turns and gets twice.
func history(turns []Turn, refers bool) []index.Weighted {
	var out []index.Weighted
	if t := lastCustomer(turns); t != "" {
		w := 0.15
		if refers {
			w = 0.6
		}
		out = append(out, index.Weighted{Text: t, Weight: w})
	}
	for _, t := range slices.Backward(turns) {
		if t.Agent {
			w := 0.05
			if refers {
				w = 0.2
			}
			return append(out, index.Weighted{Text: message.Clean(t.Text).Body, Weight: w})
		}
	}
	return out
}

// turns is a conversation as package message takes it.
func turns(history []Turn) []message.Turn {
	out := make([]message.Turn, len(history))
	for i, t := range history {
		out[i] = message.Turn(t)
	}
	return out
}

func lastCustomer(turns []Turn) string {
	for _, t := range slices.Backward(turns) {
		if !t.Agent {
			return message.Clean(t.Text).Body
		}
	}
	return ""
}

// language decides in which language to answer: the message's own words
// first, then what the customer wrote before, the desk's hint, the house.
func language(r Request, body string, profile Profile) (string, bool) {
	// The house's language is the likelier one where two are spelt alike.
	prior := map[string]float64{profile.Language: 0.3}
	for _, t := range r.History {
		if g := lang.Detect(message.Clean(t.Text).Body); g.Language != "" && !t.Agent {
			prior[g.Language] += g.Confidence
		}
	}
	hint, _, _ := strings.Cut(strings.ToLower(strings.ReplaceAll(r.Language, "_", "-")), "-")
	if hint == "no" || hint == "nn" {
		hint = "nb"
	}
	if slices.Contains(lang.Supported(), hint) {
		prior[hint]++
	} else {
		hint = ""
	}
	g := lang.DetectWith(body, prior)
	if g.Language == "" || !slices.Contains(lang.Supported(), g.Language) {
		if hint == "" {
			hint = profile.Language
		}
		return hint, true
	}
	return g.Language, g.Confidence < 0.5
}

func firstName(name string) string {
	name = strings.TrimSpace(name)
	if strings.ContainsAny(name, "@/\\<>") || len(name) > 80 {
		return "" // an address or a file name greets nobody
	}
	first, _, _ := strings.Cut(name, " ")
	return strings.Trim(first, ".,;:")
}

// candidates is how many passages are looked at closely for an ask; the
// index's first few are not yet those that answer.
const candidates = 60

// said is all that the customer wrote, of which no instruction may be repeated.
func said(r Request) string {
	texts := []string{r.Subject, r.Text}
	for _, t := range r.History {
		if !t.Agent {
			texts = append(texts, t.Text)
		}
	}
	return strings.Join(texts, "\n")
}

// retrieve searches for each ask and makes the writer's brief.
func (p *Pipeline) retrieve(ctx context.Context, r Request, u understood, profile Profile, s *Suggestion) (Brief, [][]Scored, error) {
	b := Brief{Said: said(r), Language: u.language, Customer: u.customer, Profile: profile, Upset: u.class.Angry || u.class.Kind == message.IsComplaint}
	found := make([][]Scored, len(u.asks))
	for i, a := range u.asks {
		ba := BriefAsk{Question: a.Question, Focus: a.focus}
		asked := overlap.Analyze(u.language, a.Text)
		q := index.Query{Workspace: r.Workspace, Text: overlap.Content(asked), Language: u.language, Sentence: a.Text, Context: a.context, Limit: candidates}
		q.Filter.Collections = r.Collections
		if a.Refers {
			q.Sentence = a.focus
		}
		q.Sentence = anonymous(r.Customer, q.Sentence)
		if more := overlap.Expand(asked); more != "" {
			q.Context = append(slices.Clone(q.Context), index.Weighted{Text: more, Weight: synonymWeight})
		}
		hits, err := p.search(ctx, q, s)
		if err != nil {
			if i > 0 && errors.Is(err, context.DeadlineExceeded) {
				s.Degraded = append(s.Degraded, "search (deadline)")
				b.Asks = append(b.Asks, ba)
				continue
			}
			return b, nil, fmt.Errorf("search for question %d: %w", i+1, err)
		}
		if a.Kind == message.Price && !a.machine { // codes of other machines lead astray
			first := hits
			if i > 0 {
				first = append(slices.Clone(found[i-1][:min(3, len(found[i-1]))]), hits...)
			}
			if ba.Bridge = bridge(overlap.Weigh(overlap.Analyze(u.language, a.focus), nil, 1), a.focus, u.language, first); len(ba.Bridge) > 0 {
				q.Context, q.Limit = append(slices.Clone(q.Context), index.Weighted{Text: q.Text, Weight: 1}), bridged
				for _, q.Text = range ba.Bridge {
					more, err := p.search(ctx, q, s)
					if err != nil {
						return b, nil, fmt.Errorf("search for question %d: %w", i+1, err)
					}
					hits = merge(hits, more)
				}
			}
		}
		found[i] = hits
		for _, h := range hits {
			if h.Passage.Audience == index.Public {
				ba.Hits = append(ba.Hits, h)
			}
		}
		terms := []string{unheard}
		for _, tok := range index.Analyze(u.language, a.focus+"\n"+strings.Join(ba.Bridge, " ")) {
			if !tok.Stop {
				terms = append(terms, tok.Term)
			}
		}
		if ba.IDF, err = p.Index.IDF(ctx, r.Workspace, u.language, terms); err != nil {
			return b, nil, fmt.Errorf("weigh question %d: %w", i+1, err)
		}
		ba.Unknown = ba.IDF[unheard]
		b.Asks = append(b.Asks, ba)
	}
	return b, found, nil
}

// anonymous is a question without the customer's name, and what else is
// personal, where it names the customer: models that search may stand outside
// the house, and need no names.
func anonymous(customer, text string) string {
	if customer == "" {
		return text
	}
	v := privacy.New(privacy.Options{Known: []privacy.Person{{Name: customer}}})
	if !slices.ContainsFunc(v.Find(text), func(f privacy.Finding) bool { return f.Kind == privacy.Name }) {
		return text
	}
	return v.Mask(text)
}

// reorder puts passages in the writer's order; those it did not see stay last.
func reorder(hits []Scored, order []string) []Scored {
	at := make(map[string]int, len(order))
	for i, id := range order {
		at[id] = i
	}
	out := slices.Clone(hits)
	slices.SortStableFunc(out, func(a, b Scored) int {
		i, ok := at[a.Passage.ID]
		if !ok {
			i = len(order)
		}
		j, ok := at[b.Passage.ID]
		if !ok {
			j = len(order)
		}
		return cmp.Compare(i, j)
	})
	return out
}

// bridged is how many passages are taken for a code that was found on the way.
// Each code is searched for by itself: a passage that names two of three is no
// better than the price list's row for the one that is meant.
const bridged = 20

// search asks the index and reads the passages.
func (p *Pipeline) search(ctx context.Context, q index.Query, s *Suggestion) ([]Scored, error) {
	res, err := p.Index.Search(ctx, q)
	if err != nil {
		return nil, err
	}
	for _, d := range res.Degraded {
		part, _, _ := strings.Cut(d, ":") // how far it is changes from one search to the next
		if !slices.ContainsFunc(s.Degraded, func(said string) bool { return strings.HasPrefix(said, part) }) {
			s.Degraded = append(s.Degraded, d)
		}
	}
	ids := make([]string, len(res.Hits))
	for j, h := range res.Hits {
		ids[j] = h.ID
	}
	texts, err := p.Library.Passages(ctx, q.Workspace, ids)
	if err != nil {
		return nil, fmt.Errorf("read %d passages: %w", len(ids), err)
	}
	var out []Scored
	for _, h := range res.Hits {
		// A passage that left the store is gone, whatever the index says.
		if t, ok := texts[h.ID]; ok {
			clean, planted := p.Innocent.clean(t)
			out = append(out, Scored{Hit: h, Passage: clean, Planted: planted})
		}
	}
	return fold(experienced(out, p.votes(ctx, q.Workspace, ids, s))), nil
}

// votes on passages; without them the order is that of the search.
func (p *Pipeline) votes(ctx context.Context, workspace string, ids []string, s *Suggestion) map[string]store.Votes {
	if p.Votes == nil || len(ids) == 0 {
		return nil
	}
	votes, err := p.Votes(ctx, workspace, ids)
	if err != nil {
		if p.Log != nil {
			p.Log.WarnContext(ctx, "ranked without agents' votes", "workspace", workspace, "err", err)
		}
		if !slices.Contains(s.Degraded, "votes") {
			s.Degraded = append(s.Degraded, "votes")
		}
	}
	return votes
}

// maxBridge bounds the codes that are followed.
const maxBridge = 3

// bridge finds codes that the best passages on the matter name and the
// customer does not: who asks what an upgrade costs does not know that the
// price list calls it kit XY-NK20. Only sentences that share a word with the
// question lead on, codes aside.
func bridge(q overlap.Query, focus, language string, hits []Scored) []string {
	asked := message.Codes(focus)
	var out []string
	for i, h := range hits {
		if i >= 3 {
			break
		}
		p := h.Passage
		if p.Language != language || p.Kind == index.KindRow || p.Kind == index.KindTable {
			continue
		}
		for _, span := range message.Sentences(language, p.Text) {
			sentence := p.Text[span.Start:span.End]
			if q.Words().Coverage(overlap.Analyze(language, sentence)) < 0.15 {
				continue
			}
			for _, a := range message.Anchors(sentence) {
				if a.Kind == message.Code && !asked[a.Norm] && !slices.Contains(out, a.Text) && len(out) < maxBridge {
					out = append(out, a.Text)
				}
			}
		}
	}
	return out
}

// unheard is a term that no passage can hold: its weight is that of words
// nobody's documents know.
const unheard = "\x00"

// nothingAsked is the result for thanks, greetings and the like.
func (p *Pipeline) nothingAsked(s *Suggestion, u understood, profile Profile) {
	s.Flag, s.Escalate = None, marksOf(u.marks)
	code := "noquestion"
	switch u.class.Kind {
	case message.IsThanks, message.IsAutomatic, message.IsSpam:
		code = s.Kind
	}
	s.Reasons = append(s.Reasons, reason(profile.Language, code))
	s.Reasons = append(s.Reasons, hints(u, profile.Language)...)
	s.Checks = []Check{}
	s.Asks, s.Sentences, s.Evidence = []Ask{}, []Sentence{}, []Evidence{}
}

// hints are what the agent should know about the message itself.
func hints(u understood, agents string) (out []Reason) {
	if u.class.Kind == "human" {
		out = append(out, reason(agents, "human"))
	}
	if u.class.Angry {
		out = append(out, reason(agents, "angry"))
	}
	if u.class.Urgent {
		out = append(out, reason(agents, "urgent"))
	}
	if u.uncertain {
		out = append(out, reason(agents, "language"))
	}
	if u.steered {
		out = append(out, reason(agents, "instructs"))
	}
	for _, m := range u.marks {
		switch m.Rule {
		case message.Person, message.Anger: // said above in words of their own
		default:
			out = append(out, reason(agents, string(m.Rule), clip(m.Text)))
		}
	}
	return out
}
