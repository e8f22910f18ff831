package index

import (
	"cmp"
	"container/heap"
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"time"

	bleve "github.com/blevesearch/bleve_index_api"
)

// recipe is how the legs are put together, all on the scale of BM25. Measured
// in docs/measurements/retrieval.md.
type recipe struct {
	heading  float64 // of title and headings, on top of their part in the text
	question float64 // of a FAQ's or case's question, likewise
	grams    float64
	bigrams  float64
	terms    int     // terms of a message that are searched for
	gramMax  int     // n-grams that are searched for
	common   float64 // share of passages above which an n-gram is left out
}

var standard = recipe{heading: 0.05, question: 0.5, grams: 0.2, bigrams: 0.2, terms: 16, gramMax: 64, common: 0.2}

const (
	// gramFloor keeps n-grams of use while there are only a few passages.
	gramFloor = 3
	// gramCeiling bounds what a search costs however many passages there are.
	gramCeiling = 20_000
)

// defaultLimit is the number of hits when none is asked for.
const defaultLimit = 10

// kinship is what a passage in one language is worth to a question in another.
// Danish, Norwegian and Swedish readers understand each other and share many
// words; between the rest it is identifiers, names and loan words that match.
func kinship(asked, passage string) float64 {
	switch {
	case asked == neutral || asked == passage:
		return 1
	case passage == neutral: // not recognised, often a table of names and numbers
		return 0.8
	case scandinavian(asked) && scandinavian(passage):
		return 0.6
	}
	return 0.3
}

func scandinavian(language string) bool {
	return language == "nb" || language == "sv" || language == "da"
}

// candidate is a passage that at least one leg found, with what each gave.
type candidate struct {
	doc      uint64
	language int // in search.languages
	text     float64
	heading  float64
	question float64
	grams    float64
	bigrams  float64
	codes    float64
	covered  float64 // IDF of the terms found
	base     float64
	score    float64
}

// scratch is what a search needs a lot of.
type scratch struct {
	slot  []int32 // by document number: its candidate's place plus one
	found []candidate
}

func (s *scratch) at(doc uint64) *candidate {
	if doc >= uint64(len(s.slot)) {
		s.slot = append(s.slot, make([]int32, doc+1-uint64(len(s.slot)))...)
	}
	if s.slot[doc] == 0 {
		s.found = append(s.found, candidate{doc: doc})
		s.slot[doc] = int32(len(s.found)) //nolint:gosec // Bleve numbers documents in 32 bits
	}
	return &s.found[s.slot[doc]-1]
}

// known is the candidate doc, or nil.
func (s *scratch) known(doc uint64) *candidate {
	if doc >= uint64(len(s.slot)) || s.slot[doc] == 0 {
		return nil
	}
	return &s.found[s.slot[doc]-1]
}

func (s *scratch) reset() {
	for _, c := range s.found {
		s.slot[c.doc] = 0
	}
	s.found = s.found[:0]
}

// search is one query under way.
type search struct {
	*scratch
	recipe    recipe
	query     Query
	reader    bleve.IndexReader
	stats     statistics
	allowed   bits // nil allows all
	languages []spoken
	codeIdeal float64
}

// spoken is one of the languages a query is searched in.
type spoken struct {
	language string
	worth    float64
	ideal    float64 // of text, n-grams and bigrams together
	mass     float64 // IDF of the query's terms
}

// bits is a set of document numbers.
type bits []uint64

func (s bits) has(doc uint64) bool { return doc/64 < uint64(len(s)) && s[doc/64]&(1<<(doc%64)) != 0 }

func (s *bits) set(doc uint64) {
	if doc/64 >= uint64(len(*s)) {
		*s = append(*s, make([]uint64, doc/64+1-uint64(len(*s)))...)
	}
	(*s)[doc/64] |= 1 << (doc % 64)
}

// Search finds the passages of q.Workspace that best match q, in every language
// it holds. When ctx's deadline comes after the text was searched, what is
// found by then is returned and Result.Degraded names what is missing.
func (x *Local) Search(ctx context.Context, q Query) (Result, error) {
	began := time.Now()
	if q.Workspace == "" {
		return Result{}, errors.New("search: workspace: required")
	}
	if q.Limit <= 0 {
		q.Limit = defaultLimit
	}
	var res Result
	err := x.read(func(r bleve.IndexReader) error {
		s := search{recipe: x.recipe, query: q, reader: r, scratch: x.scratch.Get().(*scratch)}
		defer func() {
			s.reset()
			x.scratch.Put(s.scratch)
		}()
		var err error
		if s.stats, err = readStatistics(r, q.Workspace); err != nil {
			return err
		}
		res.Degraded, err = s.run(ctx)
		if err != nil {
			return err
		}
		res.Hits, err = s.hits()
		return err
	})
	if err != nil {
		return Result{}, fmt.Errorf("search workspace %q: %w", q.Workspace, err)
	}
	res.Took = time.Since(began)
	return res, nil
}

// run searches leg by leg, the one that matters most first, and returns those
// that the deadline cut off.
func (s *search) run(ctx context.Context) ([]string, error) {
	if err := s.filter(ctx); err != nil {
		return nil, err
	}
	asked := known(s.query.Language)
	texts := s.texts()
	spokenWords := map[string][]queryTexts{}
	for language := range s.stats.indexed() {
		s.languages = append(s.languages, spoken{language: language, worth: kinship(asked, language)})
	}
	slices.SortFunc(s.languages, func(a, b spoken) int { return cmp.Compare(a.language, b.language) })
	for i := range s.languages {
		language := s.languages[i].language
		spokenWords[language] = analyseQuery(texts, asked, language)
		if err := s.text(ctx, i, spokenWords[language]); err != nil {
			return nil, err
		}
	}
	var missing []string
	for _, step := range []struct {
		name string
		run  func() error
	}{
		{"identifiers", func() error { return s.identifiers(ctx, texts) }},
		{"character n-grams", func() error {
			return s.each(func(i int) error { return s.grams(ctx, i, spokenWords[s.languages[i].language]) })
		}},
		{"word pairs", func() error {
			return s.each(func(i int) error { return s.bigrams(ctx, i, spokenWords[s.languages[i].language]) })
		}},
	} {
		err := step.run()
		switch {
		case errors.Is(err, context.DeadlineExceeded):
			missing = append(missing, step.name+": out of time")
		case err != nil:
			return nil, err
		}
	}
	s.combine()
	return missing, nil
}

func (s *search) each(fn func(i int) error) error {
	for i := range s.languages {
		if err := fn(i); err != nil {
			return err
		}
	}
	return nil
}

// filter collects the passages whose audience is allowed, if any is not.
func (s *search) filter(ctx context.Context) error {
	if len(s.query.Audience) == 0 {
		return nil
	}
	all := true
	for a := range s.stats.Audiences {
		all = all && slices.Contains(s.query.Audience, a)
	}
	if all {
		return nil
	}
	s.allowed = bits{}
	for _, a := range s.query.Audience {
		if err := postings(ctx, s.reader, fieldAccess, scoped(s.query.Workspace, string(a)), func(d *bleve.TermFieldDoc) error {
			s.allowed.set(d.ID.Value())
			return nil
		}); err != nil {
			return err
		}
	}
	return nil
}

// texts is the query and its context with their weights.
func (s *search) texts() []Weighted {
	texts := []Weighted{{Text: s.query.Text, Weight: 1}}
	for _, c := range s.query.Context {
		texts = append(texts, Weighted{Text: c.Text, Weight: min(max(c.Weight, 0), 1)})
	}
	return texts
}

// queryTexts is a text analysed in one language.
type queryTexts struct {
	weight float64
	words  []word
}

// analyseQuery analyses texts, written in asked, for passages in language. The
// function words of either carry no evidence.
func analyseQuery(texts []Weighted, asked, language string) []queryTexts {
	out := make([]queryTexts, len(texts))
	stop := analyzers()[asked].stop
	for i, t := range texts {
		words := analyze(language, t.Text)
		for j := range words {
			words[j].Stop = words[j].Stop || !words[j].Identifier && stop[words[j].folded]
		}
		out[i] = queryTexts{t.Weight, words}
	}
	return out
}

// gather adds up the terms that pick takes from each text.
func gather(texts []queryTexts, pick func([]word) []string) []queryTerm {
	var q queryTerms
	for _, t := range texts {
		for _, term := range pick(t.words) {
			q.add(term, t.weight)
		}
	}
	return q.list
}

// scan scores one leg and hands each allowed passage to fn.
func (s *search) scan(ctx context.Context, name string, terms []queryTerm, limit, maxDF int, fn func(doc uint64, score float64, t *list)) (leg, error) {
	l, err := openLeg(ctx, s.reader, s.stats.Fields[name], name, s.query.Workspace, terms, limit, maxDF)
	if err != nil {
		return l, err
	}
	err = l.score(ctx, func(doc uint64, score float64, t *list) {
		if s.allowed == nil || s.allowed.has(doc) {
			fn(doc, score, t)
		}
	})
	return l, errors.Join(err, l.close())
}

// text scores stems: in the whole passage, in headings and in questions.
func (s *search) text(ctx context.Context, i int, texts []queryTexts) error {
	language := s.languages[i].language
	terms := gather(texts, evidence)
	l, err := s.scan(ctx, field(legText, language), terms, s.recipe.terms, 0, func(doc uint64, score float64, t *list) {
		c := s.at(doc)
		c.language = i
		c.text += score
		c.covered += t.idf
	})
	if err != nil {
		return err
	}
	s.languages[i].ideal += l.ideal()
	s.languages[i].mass = l.mass()
	used := make([]queryTerm, len(l.lists))
	for j, t := range l.lists {
		used[j] = t.queryTerm
	}
	if _, err := s.scan(ctx, field(legHeading, language), used, s.recipe.terms, 0, func(doc uint64, score float64, _ *list) {
		s.at(doc).heading += score
	}); err != nil {
		return err
	}
	_, err = s.scan(ctx, field(legQuestion, language), used, s.recipe.terms, 0, func(doc uint64, score float64, _ *list) {
		s.at(doc).question += score
	})
	return err
}

// grams scores character n-grams; they may find what no stem did.
func (s *search) grams(ctx context.Context, i int, texts []queryTexts) error {
	name := field(legGrams, s.languages[i].language)
	maxDF := int(s.recipe.common * float64(s.stats.Fields[name].Passages))
	maxDF = min(max(maxDF, gramFloor), gramCeiling)
	l, err := s.scan(ctx, name, gather(texts, grams), s.recipe.gramMax, maxDF, func(doc uint64, score float64, _ *list) {
		c := s.at(doc)
		c.language = i
		c.grams += score
	})
	s.languages[i].ideal += s.recipe.grams * l.ideal()
	return err
}

// bigrams scores pairs of stems, in passages already found.
func (s *search) bigrams(ctx context.Context, i int, texts []queryTexts) error {
	l, err := s.scan(ctx, field(legBigrams, s.languages[i].language), gather(texts, bigrams), s.recipe.terms, 0, func(doc uint64, score float64, _ *list) {
		if c := s.known(doc); c != nil {
			c.bigrams += score
		}
	})
	s.languages[i].ideal += s.recipe.bigrams * l.ideal()
	return err
}

// rare is the number of passages that may hold an identifier which still
// decides alone.
func rare(n int) int { return max(20, n/50) }

// identifiers gives each exact match a weight between 0 and 1: 1 for an error
// code that few passages hold, little for the model the whole manual is about.
func (s *search) identifiers(ctx context.Context, texts []Weighted) error {
	var q queryTerms
	for _, t := range texts {
		for _, c := range codes(analyze(s.query.Language, t.Text), t.Text, typed) {
			q.add(c, t.Weight)
		}
	}
	n := s.stats.Passages
	decisive := idf(n, min(rare(n), n))
	weight := func(t *list) float64 { return min(t.weight, 1) * min(idf(n, t.df)/decisive, 1) }
	st := s.stats.Fields[legCodes]
	l, err := s.scan(ctx, legCodes, q.list, s.recipe.terms, 0, func(doc uint64, _ float64, t *list) {
		if c := s.known(doc); c != nil {
			c.codes += weight(t)
		}
	})
	if st.Passages > 0 {
		for j := range l.lists {
			s.codeIdeal += weight(&l.lists[j])
		}
	}
	return err
}

// combine adds up the legs. An exact identifier is worth as much as the best
// passage without it: it comes first whatever the other words say.
func (s *search) combine() {
	top := 0.0
	for i := range s.found {
		c := &s.found[i]
		c.base = s.languages[c.language].worth * (c.text + s.recipe.heading*c.heading + s.recipe.question*c.question +
			s.recipe.grams*c.grams + s.recipe.bigrams*c.bigrams)
		top = max(top, c.base)
	}
	for i := range s.found {
		c := &s.found[i]
		c.codes *= top
		c.score = c.base + c.codes
	}
	s.codeIdeal *= top
}

// scores is a heap with the lowest score first.
type scores []float64

func (h scores) Len() int           { return len(h) }
func (h scores) Less(i, j int) bool { return h[i] < h[j] }
func (h scores) Swap(i, j int)      { h[i], h[j] = h[j], h[i] }
func (h *scores) Push(v any)        { *h = append(*h, v.(float64)) }
func (h *scores) Pop() any {
	v := (*h)[len(*h)-1]
	*h = (*h)[:len(*h)-1]
	return v
}

// lowest is the score of the limit-th best candidate.
func lowest(found []candidate, limit int) float64 {
	h := make(scores, 0, min(limit, len(found)))
	for i := range found {
		switch score := found[i].score; {
		case len(h) < limit:
			heap.Push(&h, score)
		case score > h[0]:
			h[0] = score
			heap.Fix(&h, 0)
		}
	}
	if len(h) == 0 {
		return 0
	}
	return h[0]
}

// hits is the best candidates, ties broken by id: document numbers differ from
// one build of the index to the next.
func (s *search) hits() ([]Hit, error) {
	bound := lowest(s.found, s.query.Limit)
	var hits []Hit
	best := map[string]candidate{}
	for _, c := range s.found {
		if c.score < bound || c.score == 0 {
			continue
		}
		id, err := s.reader.ExternalID(bleve.NewIndexInternalID(nil, c.doc))
		if err != nil {
			return nil, err
		}
		hits = append(hits, Hit{ID: id, Score: c.score})
		best[id] = c
	}
	slices.SortFunc(hits, func(a, b Hit) int {
		return cmp.Or(cmp.Compare(b.Score, a.Score), cmp.Compare(a.ID, b.ID))
	})
	hits = hits[:min(len(hits), s.query.Limit)]
	for i := range hits {
		h := &hits[i]
		d, ok, err := readDetails(s.reader, h.ID)
		if err != nil {
			return nil, err
		}
		if !ok || d.Workspace != s.query.Workspace {
			return nil, fmt.Errorf("passage %q: %w: it is not the workspace's; run `sufflor reindex`", h.ID, ErrCorrupt)
		}
		c := best[h.ID]
		h.Document, h.Language, h.Kind = d.Document, d.Language, d.Kind
		h.Parts = s.parts(c)
		h.Parts.Same = d.Language != "" && d.Language == s.query.Language
	}
	return hits, nil
}

func (s *search) parts(c candidate) Parts {
	l := s.languages[c.language]
	p := Parts{
		BM25:        c.text + s.recipe.heading*c.heading + s.recipe.question*c.question,
		Identifiers: c.codes,
		Grams:       c.grams,
		Bigrams:     c.bigrams,
	}
	if l.mass > 0 {
		p.Coverage = math.Min(c.covered/l.mass, 1)
	}
	if ideal := l.worth*l.ideal + s.codeIdeal; ideal > 0 {
		p.Ideal = math.Min(c.score/ideal, 1)
	}
	return p
}

// IDF is how much evidence each of terms carries in the passages of workspace
// in language; of all languages together when it is "". Terms are those of
// [Analyze]. A term that no passage holds carries most.
func (x *Local) IDF(ctx context.Context, workspace, language string, terms []string) (map[string]float64, error) {
	out := make(map[string]float64, len(terms))
	err := x.read(func(r bleve.IndexReader) error {
		s, err := readStatistics(r, workspace)
		if err != nil {
			return err
		}
		var fields []string
		n := 0
		for l := range s.indexed() {
			if language == "" || l == known(language) {
				name := field(legText, l)
				fields = append(fields, name)
				n += s.Fields[name].Passages
			}
		}
		for _, term := range terms {
			if _, ok := out[term]; ok {
				continue
			}
			df := 0
			for _, name := range fields {
				reader, err := r.TermFieldReader(ctx, []byte(scoped(workspace, term)), name, false, false, false)
				if err != nil {
					return err
				}
				df += int(reader.Count()) //nolint:gosec // a count of passages
				if err := errors.Join(ctx.Err(), reader.Close()); err != nil {
					return err
				}
			}
			out[term] = idf(n, df)
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("weigh %d terms in workspace %q: %w", len(terms), workspace, err)
	}
	return out, nil
}
