package index

import (
	"cmp"
	"context"
	"maps"
	"slices"

	"golang.org/x/sync/errgroup"
)

// kinReaders is how many words of a query have their kin read at a time, beside
// the search for the words themselves.
const kinReaders = 2

// relatives are the words like those of the query in one language, and the
// passages that hold them, being read.
type relatives struct {
	language int           // in search.languages
	done     chan struct{} // closed when it is read
	err      error         // valid, like what follows, once done is closed
	of       []related     // in the order of the query's words
}

// related are the words like one of the query.
type related struct {
	word     int // in asked
	kin      []kin
	passages []occurring
}

// occurring is a passage that holds some of them.
type occurring struct {
	doc    uint32
	length uint32
	count  float64 // occurrences, each counting as much as it is alike
}

// gathering is room for one goroutine.
type gathering struct {
	tally    tally
	slot     []int32 // by document number: its place plus one
	passages []occurring
}

// readKin begins to read the words that are spelled like those asked for; they
// may find what no stem did. It also tells the second look what is alike.
func (s *search) readKin(ctx context.Context, i int, texts []queryTexts) {
	language := s.languages[i].language
	v := s.words[language]
	if v == nil || s.recipe.kin == 0 && s.recipe.second == 0 {
		return
	}
	r := &relatives{language: i, done: make(chan struct{})}
	s.alike = append(s.alike, r)
	q, name := s.asked[i], field(legText, language)
	go func() {
		defer close(r.done)
		r.err = guard(func() error {
			s.relate(r, q, v, texts)
			g, reading := errgroup.WithContext(ctx)
			g.SetLimit(kinReaders)
			for j := range r.of {
				g.Go(func() error { return guard(func() error { return s.gatherKin(reading, name, &r.of[j]) }) })
			}
			return g.Wait()
		})
	}()
}

// relate finds the words like those of q, as many as may be read.
func (s *search) relate(r *relatives, q *asked, v *vocabulary, texts []queryTexts) {
	room := s.gathering.Get().(*gathering) //nolint:forcetypeassert // nothing else is put in
	defer s.gathering.Put(room)
	q.vocabulary = v
	common := s.tooCommon(q.passages)
	budget := s.recipe.kinRead
	for _, t := range slices.SortedFunc(maps.Keys(q.words), func(a, b string) int { return cmp.Compare(q.words[a], q.words[b]) }) {
		folded, word := q.spelling[t], q.words[t]
		if folded == "" {
			continue
		}
		shares := v.spelling(folded)
		for g, share := range shares {
			a := q.grams[g]
			a.words = append(a.words, match{word, share, false})
			q.grams[g] = a
		}
		if s.recipe.kin == 0 {
			continue
		}
		of := related{word: word}
		for _, k := range v.kin(shares, &room.tally, s.recipe.kinLeast, s.recipe.kinMax) {
			if budget > 0 && k.df <= common {
				budget -= s.reads(k.df)
				of.kin = append(of.kin, k)
			}
		}
		r.of = append(r.of, of)
	}
	for _, g := range gather(texts, wordGrams) {
		n := v.holders(g.term)
		if n > common {
			continue
		}
		weight := g.weight * idf(q.passages, min(n, q.passages))
		q.gramIDF = append(q.gramIDF, weight)
		a := q.grams[g.term]
		a.gram = len(q.gramIDF)
		q.grams[g.term] = a
		q.mass += weight
	}
	q.counted = make([]float64, len(q.gramIDF))
}

// gatherKin reads the passages of all words that are like one of the query.
func (s *search) gatherKin(ctx context.Context, name string, of *related) error {
	room := s.gathering.Get().(*gathering) //nolint:forcetypeassert // nothing else is put in
	defer func() {
		for _, p := range room.passages {
			room.slot[p.doc] = 0
		}
		room.passages = room.passages[:0]
		s.gathering.Put(room)
	}()
	if n := int(s.segments.end()); len(room.slot) < n { //nolint:gosec // documents are numbered in 32 bits
		room.slot = make([]int32, n)
	}
	open, err := s.opener(name)
	if err != nil {
		return err
	}
	for _, k := range of.kin {
		if err := ctx.Err(); err != nil {
			return err
		}
		count := func(d posting) {
			at := room.slot[d.doc]
			if at == 0 {
				room.passages = append(room.passages, occurring{doc: uint32(d.doc), length: uint32(d.length)}) //nolint:gosec // Bleve numbers documents in 32 bits
				at = int32(len(room.passages))                                                                 //nolint:gosec // as above
				room.slot[d.doc] = at
			}
			room.passages[at-1].count += k.likeness * float64(d.count)
		}
		if s.allowed == nil {
			err = open.each(ctx, scoped(s.query.Workspace, k.term), count)
		} else {
			var h holders
			if h, err = open.holders(scoped(s.query.Workspace, k.term)); err == nil {
				err = s.read(ctx, h, count)
			}
		}
		if err != nil {
			return err
		}
	}
	of.passages = slices.Clone(room.passages)
	return nil
}

// addKin scores all words that are like one of the query as if they were one
// word. A passage that holds no word of the query becomes a candidate only when
// these alone may bring it to the second look.
func (s *search) addKin() error {
	for _, r := range s.alike {
		if <-r.done; r.err != nil {
			return r.err
		}
		q := s.asked[r.language]
		s.kin.grow(int(s.segments.end())) //nolint:gosec // documents are numbered in 32 bits
		for _, of := range r.of {
			factor := q.weights[of.word] * idf(q.passages, len(of.passages))
			for _, p := range of.passages {
				s.kin.add(p.doc, factor*saturation(p.count, float64(p.length), q.average))
			}
		}
		least := 0.0
		if n := max(s.recipe.second, s.query.Limit); s.recipe.second > 0 && len(s.found) >= n {
			least = lowest(s.found, n, s.first)
		}
		s.kin.each(func(doc uint32, kin float64) {
			c := candidate{language: int32(r.language), kin: kin} //nolint:gosec // a handful
			if s.has(doc) || s.first(&c) >= least {
				own := s.at(uint64(doc))
				own.language = c.language
				own.kin += kin
			}
		})
	}
	return nil
}

// sums are numbers by document.
type sums struct {
	of      []float64
	touched []uint32
}

func (s *sums) grow(n int) {
	if len(s.of) < n {
		s.of = make([]float64, n)
	}
}

// add adds v, which is above 0.
func (s *sums) add(doc uint32, v float64) {
	if s.of[doc] == 0 {
		s.touched = append(s.touched, doc)
	}
	s.of[doc] += v
}

// each calls fn with every sum and forgets it.
func (s *sums) each(fn func(doc uint32, sum float64)) {
	for _, doc := range s.touched {
		fn(doc, s.of[doc])
		s.of[doc] = 0
	}
	s.touched = s.touched[:0]
}
