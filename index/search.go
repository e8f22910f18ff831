package index

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"sync"
	"time"

	bleve "github.com/blevesearch/bleve_index_api"
	"golang.org/x/sync/errgroup"
)

// recipe is how a search goes. Measured in docs/measurements/retrieval.md.
//
// The first look finds candidates by BM25 of stems and of the words that are
// spelled like those asked for; the second ranks the best of them by all that
// their words tell.
type recipe struct {
	question float64 // of a FAQ's or case's question, on top of its part in the text
	kin      float64 // of words like those asked for
	terms    int     // terms of a message that are searched for
	second   int     // candidates that get a second look; 0 leaves the order of the first
	kinMax   int     // words like one asked for that are searched for
	kinLeast float64 // how like they must be
	common   float64 // share of passages above which a word or n-gram counts as no likeness
	postings int     // that the first look reads of one language before it adds no more candidates
	kinRead  int     // postings that are read of all words like those asked for
	bound    float64 // of what BM25's saturation can be, for telling when no better candidate can come; 1 is certain
	near     float64 // of nearness in meaning, 0 to 1, in the logarithm of the odds
	ranking  Ranking // of the second look
}

var standard = recipe{question: 0.5, kin: 0.6, terms: 16, second: 64, kinMax: 16, kinLeast: 0.2, common: 0.2, postings: 200_000, kinRead: 100_000, bound: 0.7, near: 2}

const (
	// kinFloor keeps likenesses of use while there are only a few passages.
	kinFloor = 3
	// kinCeiling bounds what a search costs however many passages there are.
	kinCeiling = 5_000
	// alikeLeast is how alike words must be to count in the second look.
	alikeLeast = 0.1
	// kept is how many candidates common words are looked up for.
	kept = 1000
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

// candidate is a passage that at least one leg found, with what each gave. A
// search has up to some hundred thousand, hence their size: half a line of the
// processor's cache.
type candidate struct {
	doc      uint32
	language int32 // in search.languages
	text     float64
	covered  float64 // IDF of the terms found
	more     int32   // place in scratch.views plus one; 0: it has none
}

// view is what only some candidates have.
type view struct {
	question float64
	kin      float64
	codes    float64
	near     float64
	meant    bool    // among [Query.Near]
	look     *look   // nil without a second look
	score    float64 // of the second look
}

// scratch is what a search needs a lot of.
type scratch struct {
	slot     []int32 // by document number: its candidate's place plus one
	found    []candidate
	views    []view
	front    []int // places of the candidates that may still come to the second look
	narrowed bool  // whether front holds: else all may
}

func (s *scratch) at(doc uint64) *candidate {
	if doc >= uint64(len(s.slot)) {
		s.slot = append(s.slot, make([]int32, doc+1-uint64(len(s.slot)))...)
	}
	if s.slot[doc] == 0 {
		s.found = append(s.found, candidate{doc: uint32(doc)}) //nolint:gosec // Bleve numbers documents in 32 bits
		s.slot[doc] = int32(len(s.found))                      //nolint:gosec // Bleve numbers documents in 32 bits
	}
	return &s.found[s.slot[doc]-1]
}

func (s *scratch) has(doc uint32) bool {
	return int(doc) < len(s.slot) && s.slot[doc] > 0
}

// view is c's own, valid until another candidate gets its first.
func (s *scratch) view(c *candidate) *view {
	if c.more == 0 {
		s.views = append(s.views, view{})
		c.more = int32(len(s.views)) //nolint:gosec // of candidates, which are numbered so
	}
	return &s.views[c.more-1]
}

// seen is c's view, or an empty one.
func (s *scratch) seen(c *candidate) view {
	if c.more == 0 {
		return view{}
	}
	return s.views[c.more-1]
}

func (s *scratch) reset() {
	for i := range s.found {
		s.slot[s.found[i].doc] = 0
	}
	clear(s.views)
	s.found, s.views, s.front, s.narrowed = s.found[:0], s.views[:0], s.front[:0], false
}

// contenders is the places of the candidates that may still come to the front.
func (s *scratch) contenders() []int {
	if !s.narrowed {
		s.front = s.front[:0]
		for i := range s.found {
			s.front = append(s.front, i)
		}
		s.narrowed = true
	}
	return s.front
}

// search is one query under way.
type search struct {
	*scratch
	recipe    recipe
	query     Query
	reader    bleve.IndexReader
	segments  segments
	runs      *runCache
	stats     statistics
	allowed   documents // nil allows all
	few       int       // how many are
	only      []uint64  // those, when they were needed
	languages []spoken
	asked     []*asked               // by place in languages
	words     map[string]*vocabulary // by language; without one that was not read in time
	codeIdeal float64
	top       float64 // the best of the first look, without identifiers
	alike     []*relatives
	gathering *sync.Pool // of *gathering
	adding    *sync.Pool // of *adding
	ranked    []int      // places of the candidates that got a second look; nil without one
}

// spoken is one of the languages a query is searched in.
type spoken struct {
	language string
	worth    float64
	ideal    float64 // of the text
	mass     float64 // IDF of the query's terms
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
	words, late, err := x.spoken(ctx, q.Workspace)
	if err != nil {
		return Result{}, fmt.Errorf("search workspace %q: %w", q.Workspace, err)
	}
	err = x.read(func(r bleve.IndexReader) error {
		s := search{recipe: x.recipe, query: q, reader: r, runs: x.runs, words: words, scratch: x.scratch.Get().(*scratch), gathering: &x.gathering, adding: &x.adding}
		defer func() {
			s.reset()
			x.scratch.Put(s.scratch)
		}()
		var err error
		if s.segments, err = segmentsOf(r); err != nil {
			return err
		}
		if s.stats, err = readStatistics(r, q.Workspace); err != nil {
			return err
		}
		if err = s.filter(ctx, &x.filters); err != nil {
			return err
		}
		res.Degraded, err = s.run(ctx)
		if err != nil {
			return err
		}
		res.Hits, err = s.hits()
		return err
	})
	res.Degraded = append(late, res.Degraded...)
	if lacks := x.Lacks(); lacks != "" {
		res.Degraded = append(res.Degraded, lacks)
	}
	if err != nil {
		return Result{}, fmt.Errorf("search workspace %q: %w", q.Workspace, err)
	}
	res.Took = time.Since(began)
	return res, nil
}

// Languages is how many passages workspace holds by language, "" for those of
// no language that is known.
func (x *Local) Languages(ctx context.Context, workspace string) (map[string]int, error) {
	var out map[string]int
	err := x.read(func(r bleve.IndexReader) error {
		stats, err := readStatistics(r, workspace)
		out = stats.indexed()
		return errors.Join(err, ctx.Err())
	})
	return out, err
}

// spoken is the vocabularies of a workspace by language, and in words what was
// not read in time. It must not be called while a reader is held: who closes
// the index waits for readers, and the vocabulary for who closes it.
func (x *Local) spoken(ctx context.Context, workspace string) (map[string]*vocabulary, []string, error) {
	var stats statistics
	if err := x.read(func(r bleve.IndexReader) (err error) {
		stats, err = readStatistics(r, workspace)
		return err
	}); err != nil {
		return nil, nil, err
	}
	words := map[string]*vocabulary{}
	for language := range stats.indexed() {
		v, err := x.words(ctx, workspace, language)
		switch {
		case err == nil:
			words[language] = v
		case errors.Is(err, context.DeadlineExceeded):
			return words, []string{"similar words: still being read"}, nil
		default:
			return nil, nil, err
		}
	}
	return words, nil, nil
}

// run searches leg by leg, the one that matters most first, and returns those
// that the deadline cut off.
func (s *search) run(ctx context.Context) ([]string, error) {
	if s.allowed != nil && s.few == 0 {
		return nil, nil
	}
	asked := known(s.query.Language)
	texts := s.texts()
	for language := range s.stats.indexed() {
		s.languages = append(s.languages, spoken{language: language, worth: kinship(asked, language)})
	}
	slices.SortFunc(s.languages, func(a, b spoken) int { return cmp.Compare(a.language, b.language) })
	// Words that are alike are read beside the rest of the search.
	reading, cancel := context.WithCancel(ctx)
	defer func() {
		cancel()
		for _, k := range s.alike {
			s.forget(k)
		}
	}()
	for i := range s.languages {
		language := s.languages[i].language
		words := analyseQuery(texts, asked, language)
		if t := s.query.Translated[language]; t != "" {
			words[0] = analyseQuery([]Weighted{{Text: t, Weight: 1}}, language, language)[0]
		}
		if err := s.text(ctx, reading, i, words); err != nil {
			return nil, err
		}
	}
	var missing []string
	step := func(name string, run func() error) error {
		err := run()
		if errors.Is(err, context.DeadlineExceeded) {
			missing = append(missing, name+": out of time")
			return nil
		}
		return err
	}
	if err := step("identifiers", func() error { return s.identifiers(ctx, texts) }); err != nil {
		return nil, err
	}
	if err := s.addNear(ctx); err != nil {
		return nil, err
	}
	if err := step("similar words", s.addKin); err != nil {
		return nil, err
	}
	s.combine()
	if s.recipe.second == 0 || len(missing) > 0 || len(s.words) < len(s.languages) {
		return missing, nil
	}
	looked := s.best(max(s.recipe.second, s.query.Limit))
	if err := step("ranking", func() error { return s.second(ctx, looked) }); err != nil {
		return nil, err
	}
	if len(missing) == 0 {
		s.rank(looked)
	}
	return missing, nil
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

// open is one leg of the query.
func (s *search) open(ctx context.Context, name string, terms []queryTerm) (leg, error) {
	stats := s.stats.Fields[name]
	if stats.Passages == 0 {
		return leg{stats: stats}, nil
	}
	o, err := s.opener(name)
	if err != nil {
		return leg{stats: stats}, err
	}
	find := func(term string) (holders, error) { return o.holders(scoped(s.query.Workspace, term)) }
	return openLeg(ctx, find, stats, terms, s.recipe.terms)
}

// opener finds the passages that hold terms in the field name.
func (s *search) opener(name string) (*opener, error) { return newOpener(s.runs, s.segments, name) }

// text scores stems in the whole passage and in questions, and prepares what
// later legs ask of this language; they read beside it, as long as reading.
func (s *search) text(ctx, reading context.Context, i int, texts []queryTexts) error {
	language := s.languages[i].language
	l, err := s.open(ctx, field(legText, language), gather(texts, evidence))
	if err != nil {
		return err
	}
	s.asked = append(s.asked, s.prepare(l, texts))
	s.readKin(reading, i, texts)
	found := func(c *candidate, score float64, t *list) {
		c.language = int32(i) //nolint:gosec // a handful
		c.text += score
		c.covered += t.idf
	}
	from, err := s.candidates(ctx, l, found)
	if err != nil {
		return err
	}
	if from < len(l.lists) {
		if err := s.lookUp(ctx, l.stats, l.lists[from:], func() []int { return s.strongest(i) }, found); err != nil {
			return err
		}
	}
	s.languages[i].ideal = l.ideal()
	s.languages[i].mass = l.mass()

	used := make([]queryTerm, len(l.lists))
	for j, t := range l.lists {
		used[j] = t.queryTerm
	}
	q, err := s.open(ctx, field(legQuestion, language), used)
	if err != nil {
		return err
	}
	return s.lookUp(ctx, q.stats, q.lists, func() []int { return s.strongest(i) }, func(c *candidate, score float64, _ *list) { s.view(c).question += score })
}

// candidates reads the postings of l, heaviest term first, until a passage that
// was not found can no longer come to the front (MaxScore: Turtle and Flood,
// Query evaluation: strategies and optimizations, 1995), or until enough are
// read. It returns the place of the first term that was not.
func (s *search) candidates(ctx context.Context, l leg, fn func(c *candidate, score float64, t *list)) (int, error) {
	rest := 0.0
	for _, t := range l.lists {
		rest += s.recipe.bound * t.weight * t.idf
	}
	read, others := 0, len(s.found) // those found in other languages
	most := 0.0                     // what those terms can give that were read
	average := l.stats.average()
	for j := range l.lists {
		t := &l.lists[j]
		if own := s.found[others:]; j > 0 && t.df > kept && len(own) >= kept {
			if read+s.reads(t.df) > s.recipe.postings || rest < most && better(own, rest) >= kept {
				return j, nil
			}
		}
		if err := s.read(ctx, t.holders, func(d posting) {
			fn(s.at(d.doc), t.score(d, average), t)
		}); err != nil {
			return j, err
		}
		read += s.reads(t.df)
		rest -= s.recipe.bound * t.weight * t.idf
		most += t.weight * t.idf
	}
	return len(l.lists), nil
}

// better counts candidates whose text is worth more than bound, up to kept.
func better(found []candidate, bound float64) int {
	n := 0
	for i := range found {
		if found[i].text > bound {
			if n++; n == kept {
				break
			}
		}
	}
	return n
}

// strongest is the places of the candidates of one language that have the best
// text, in order of their documents.
func (s *search) strongest(language int) []int {
	bound := 0.0
	if len(s.found) > kept {
		bound = lowest(s.found, kept, func(c *candidate) float64 {
			if int(c.language) != language {
				return 0
			}
			return c.text
		})
	}
	var places []int
	for i := range s.found {
		if c := &s.found[i]; int(c.language) == language && c.text >= bound {
			places = append(places, i)
		}
	}
	return s.inOrder(places)
}

func (s *search) inOrder(places []int) []int {
	slices.SortFunc(places, func(a, b int) int { return cmp.Compare(s.found[a].doc, s.found[b].doc) })
	return places
}

// all is the places of all candidates, in order of their documents.
func (s *search) all() []int {
	places := make([]int, len(s.found))
	for i := range places {
		places[i] = i
	}
	return s.inOrder(places)
}

// lookUp scores terms in candidates already found, whose places which gives in
// order of their documents.
func (s *search) lookUp(ctx context.Context, stats fieldStats, lists []list, which func() []int, fn func(c *candidate, score float64, t *list)) error {
	if !slices.ContainsFunc(lists, func(t list) bool { return t.df > 0 }) {
		return nil
	}
	places := which()
	docs := make([]uint64, len(places))
	for i, at := range places {
		docs[i] = uint64(s.found[at].doc)
	}
	// Terms may be read side by side; they are added up in their order, so that
	// sums are equal to the last bit.
	found := make([][]held, len(lists))
	g, reading := errgroup.WithContext(ctx)
	total := 0
	for j := range lists {
		total += lists[j].df
	}
	g.SetLimit(1)
	if total > sideBySide {
		g.SetLimit(maxReaders)
	}
	for j := range lists {
		g.Go(func() error {
			return guard(func() error { // whoever called can catch no panic of this goroutine
				return lists[j].among(reading, docs, func(at int, d posting) { found[j] = append(found[j], held{at, d}) })
			})
		})
	}
	if err := g.Wait(); err != nil {
		return err
	}
	average := stats.average()
	for j := range lists {
		t := &lists[j]
		for _, h := range found[j] {
			fn(&s.found[places[h.at]], t.score(h.posting, average), t)
		}
	}
	return nil
}

const (
	// maxReaders is how many terms of a query are read at a time.
	maxReaders = 4
	// sideBySide is above how many postings that is worth the while.
	sideBySide = 50_000
)

// held is a posting of the candidate at a place.
type held struct {
	at int
	posting
}

// prepare is the query for the second look at passages of a language.
func (s *search) prepare(l leg, texts []queryTexts) *asked {
	q := &asked{
		words: map[string]int{}, spelling: map[string]string{}, grams: map[string]asks{},
		seen: make(map[string]*lexis, 1<<11), average: l.stats.average(), passages: l.stats.Passages,
	}
	for _, t := range l.lists {
		q.words[t.term] = len(q.idf)
		q.idf = append(q.idf, t.weight*t.idf)
		q.weights = append(q.weights, t.weight)
		q.total += t.weight * t.idf
	}
	for _, t := range texts {
		for _, w := range t.words {
			if _, ok := q.spelling[w.Term]; !ok && !w.Stop && w.folded != "" {
				q.spelling[w.Term] = w.folded
			}
		}
	}
	n := len(q.idf)
	q.sum, q.row, q.alike = make([]float64, n), make([]float64, n), make([]float64, n)
	return q
}

// tooCommon is the number of passages above which a word or an n-gram says
// nothing by being alike.
func (s *search) tooCommon(passages int) int {
	return min(max(int(s.recipe.common*float64(passages)), kinFloor), kinCeiling)
}

// wordGrams is the character n-grams of words, repeated as they are.
func wordGrams(words []word) []string {
	var out []string
	for _, w := range words {
		if !w.Stop && w.folded != "" {
			eachGram(w.folded, func(g string) { out = append(out, g) })
		}
	}
	return out
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
	l, err := s.open(ctx, legCodes, q.list)
	if err != nil {
		return err
	}
	if l.stats.Passages > 0 {
		for j := range l.lists {
			s.codeIdeal += weight(&l.lists[j])
		}
	}
	// Codes are rare, candidates are many.
	few := 0
	for ; few < len(l.lists) && l.lists[few].df <= len(s.found); few++ {
		t := &l.lists[few]
		if err := t.each(ctx, func(d posting) {
			if s.has(uint32(d.doc)) { //nolint:gosec // Bleve numbers documents in 32 bits
				s.view(s.at(d.doc)).codes += weight(t)
			}
		}); err != nil {
			return err
		}
	}
	return s.lookUp(ctx, l.stats, l.lists[few:], s.all, func(c *candidate, _ float64, t *list) { s.view(c).codes += weight(t) })
}

// combine finds what identifiers are worth.
func (s *search) combine() {
	for _, i := range s.contenders() {
		s.top = max(s.top, s.first(&s.found[i]))
	}
	s.codeIdeal *= s.top
}

// first is what the first look gives without identifiers.
func (s *search) first(c *candidate) float64 {
	sum := c.text
	if c.more > 0 {
		v := &s.views[c.more-1]
		sum = c.text + s.recipe.question*v.question + s.recipe.kin*v.kin
	}
	return s.languages[c.language].worth * sum
}

// score is what the first look gives, once it is combined.
func (s *search) score(c *candidate) float64 {
	score := s.first(c)
	if c.more > 0 {
		decide(&score, s.views[c.more-1].codes, s.top)
	}
	return score
}

// rank scores by the second look; candidates that did not get one are out.
func (s *search) rank(looked []int) {
	top, wordless := 0.0, s.wordless()
	for _, i := range looked {
		c := &s.found[i]
		v := s.view(c)
		z := s.recipe.near * v.near
		if !wordless {
			z += s.recipe.ranking.Score(v.look.features)
		}
		v.score = s.languages[c.language].worth * math.Exp(z)
		top = max(top, v.score)
	}
	for _, i := range looked {
		v := s.view(&s.found[i])
		decide(&v.score, v.codes, top)
	}
	s.ranked = looked
}

// decide adds to a score what identifiers are worth when the best score is top.
// An exact one is worth as much as the best passage without it: it comes first
// whatever the other words say.
func decide(score *float64, codes, top float64) {
	if *score > 0 {
		*score += codes * top
	}
}

// wordless reports whether the query has no word to rank by.
func (s *search) wordless() bool {
	return !slices.ContainsFunc(s.asked, func(q *asked) bool { return q.total > 0 })
}

// addNear makes the passages that lie near in meaning candidates. How near is
// measured from the last of them: models differ in what their cosines span.
func (s *search) addNear(ctx context.Context) error {
	if len(s.query.Near) == 0 {
		return nil
	}
	places := map[string]int{}
	for i, l := range s.languages {
		places[l.language] = i
	}
	last := s.query.Near[0].Cosine
	for _, n := range s.query.Near {
		last = min(last, n.Cosine)
	}
	for i, n := range s.query.Near {
		if i&63 == 0 && ctx.Err() != nil {
			return ctx.Err()
		}
		id, err := s.reader.InternalID(n.ID)
		if err != nil {
			return err
		}
		if id == nil || s.allowed != nil && !s.allowed.has(id.Value()) {
			continue // gone since, or for others
		}
		d, _, err := s.segments.details(id.Value())
		if err != nil {
			return fmt.Errorf("passage %q: %w: %w; run `sufflor reindex`", n.ID, ErrCorrupt, err)
		}
		place, ok := places[known(d.Language)]
		if !ok || d.Workspace != s.query.Workspace {
			continue
		}
		c := s.at(id.Value())
		c.language = int32(place) //nolint:gosec // a handful
		v := s.view(c)
		v.meant = true
		if last < 1 {
			v.near = max(0, min((n.Cosine-last)/(1-last), 1))
		}
	}
	return nil
}

// lowest is the limit-th best value of the candidates, or the lowest when
// there are fewer.
func lowest(found []candidate, limit int, value func(*candidate) float64) float64 {
	l := lowestOf{limit: limit, bound: math.Inf(-1)}
	for i := range found {
		l.add(value(&found[i]))
	}
	return l.value()
}

// lowestOf finds the limit-th best of values, or the lowest when there are fewer.
type lowestOf struct {
	limit int
	bound float64   // what is below is of no account
	best  []float64 // at most twice limit
}

func (l *lowestOf) add(v float64) {
	if v < l.bound {
		return
	}
	if l.best == nil {
		l.best = make([]float64, 0, 2*l.limit)
	}
	if l.best = append(l.best, v); len(l.best) == 2*l.limit {
		l.bound = partition(l.best, l.limit)
		l.best = l.best[:l.limit]
	}
}

// value is 0 when there was none.
func (l *lowestOf) value() float64 {
	if len(l.best) == 0 {
		return 0
	}
	return partition(l.best, min(l.limit, len(l.best)))
}

// partition brings the n highest values to the front, in any order, and is the
// lowest of these (quickselect: Hoare, Algorithm 65: Find, 1961).
func partition(values []float64, n int) float64 {
	low, high := 0, len(values)-1
	for low < high {
		pivot := values[low+(high-low)/2]
		i, j := low, high
		for i <= j {
			for values[i] > pivot {
				i++
			}
			for values[j] < pivot {
				j--
			}
			if i <= j {
				values[i], values[j] = values[j], values[i]
				i, j = i+1, j-1
			}
		}
		switch {
		case n-1 <= j:
			high = j
		case n-1 >= i:
			low = i
		default:
			return values[n-1]
		}
	}
	return values[n-1]
}

// hits is the best candidates, ties broken by id: document numbers differ from
// one build of the index to the next.
func (s *search) hits() ([]Hit, error) {
	places, score := s.ranked, func(c *candidate) float64 { return s.seen(c).score }
	if places == nil {
		places, score = s.best(s.query.Limit), s.score
	}
	bound := lowestOf{limit: s.query.Limit, bound: math.Inf(-1)}
	for _, i := range places {
		bound.add(score(&s.found[i]))
	}
	least := bound.value()
	var hits []Hit
	best := map[string]*candidate{}
	for _, i := range places {
		c := &s.found[i]
		if score(c) < least || score(c) == 0 {
			continue
		}
		id, err := s.reader.ExternalID(bleve.NewIndexInternalID(nil, uint64(c.doc)))
		if err != nil {
			return nil, err
		}
		hits = append(hits, Hit{ID: id, Score: score(c)})
		best[id] = c
	}
	slices.SortFunc(hits, func(a, b Hit) int {
		return cmp.Or(cmp.Compare(b.Score, a.Score), cmp.Compare(a.ID, b.ID))
	})
	hits = hits[:min(len(hits), s.query.Limit)]
	for i := range hits {
		h := &hits[i]
		c := best[h.ID]
		d, _, err := s.segments.details(uint64(c.doc))
		if err == nil && d.Workspace != s.query.Workspace {
			err = errors.New("it is not the workspace's")
		}
		if err != nil {
			return nil, fmt.Errorf("passage %q: %w: %w; run `sufflor reindex`", h.ID, ErrCorrupt, err)
		}
		h.Document, h.Language, h.Kind = d.Document, d.Language, d.Kind
		h.Parts = s.parts(c)
		h.Parts.Same = d.Language != "" && d.Language == s.query.Language
	}
	return hits, nil
}

func (s *search) parts(c *candidate) Parts {
	l, v := s.languages[c.language], s.seen(c)
	p := Parts{
		BM25:        c.text + s.recipe.question*v.question,
		Identifiers: v.codes,
		Kin:         v.kin,
		Near:        v.near,
	}
	if v.look != nil {
		p.Grams, p.Features = v.look.grams, v.look.features
	}
	if l.mass > 0 {
		p.Coverage = math.Min(c.covered/l.mass, 1)
	}
	if ideal := l.worth*l.ideal + s.codeIdeal; ideal > 0 {
		p.Ideal = math.Min(s.score(c)/ideal, 1)
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
