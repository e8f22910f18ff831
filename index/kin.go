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
	room     *adding       // holds sums; nil without any
	sums     []sum         // what they give, in order of passages
}

// related are the words like one of the query.
type related struct {
	word int // in asked
	kin  []kin
	room *gathering // holds their postings
}

// occurring is a posting of one of them.
type occurring struct {
	doc    uint32
	length uint32
	count  float64 // occurrences, each counting as much as it is alike
	of     int     // place in relatives.of
}

// sum is what all words that are like those of the query give a passage.
type sum struct {
	doc uint32
	kin float64
}

// gathering is room for reading the words like one of the query.
type gathering struct {
	tally    tally
	passages []occurring
}

// adding is room for all words of a query in one language.
type adding struct {
	passages, sorted []occurring
	sums             []sum
}

// room is an empty gathering; who gets it gives it back.
func (s *search) room() *gathering { return s.gathering.Get().(*gathering) } //nolint:forcetypeassert // nothing else is put in

func (s *search) giveBack(g *gathering) {
	if g == nil {
		return
	}
	g.passages = g.passages[:0]
	s.gathering.Put(g)
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
			if err := g.Wait(); err != nil {
				return err
			}
			s.sum(r, q)
			return nil
		})
	}()
}

// sum adds up what all words that are like one of the query give, as if they
// were one word.
func (s *search) sum(r *relatives, q *asked) {
	r.room = s.adding.Get().(*adding) //nolint:forcetypeassert // nothing else is put in
	for j, of := range r.of {
		for _, p := range of.room.passages {
			p.of = j
			r.room.passages = append(r.room.passages, p)
		}
		s.giveBack(of.room)
		r.of[j].room = nil
	}
	all := r.room.inOrder(s.segments.end())
	holders := make([]int, len(r.of)) // passages, by place
	for i := range all {
		if p := &all[i]; i == 0 || all[i-1].doc != p.doc || all[i-1].of != p.of {
			holders[p.of]++
		}
	}
	factors := make([]float64, len(r.of))
	for j, of := range r.of {
		factors[j] = q.weights[of.word] * idf(q.passages, holders[j])
	}
	for i := 0; i < len(all); {
		out := sum{doc: all[i].doc}
		for i < len(all) && all[i].doc == out.doc {
			of, length, count := all[i].of, all[i].length, 0.0
			for ; i < len(all) && all[i].doc == out.doc && all[i].of == of; i++ {
				count += all[i].count
			}
			out.kin += factors[of] * saturation(count, float64(length), q.average)
		}
		r.room.sums = append(r.room.sums, out)
	}
	r.sums = r.room.sums
}

// radix is the bits of a document's number that one round sorts by.
const radix = 11

// inOrder is what was gathered in order of documents below end; those of one
// stay as they are. Numbers are sorted from their lowest digits up, for a
// comparison costs more than all of its rounds (radix sort: Knuth, The Art of
// Computer Programming 3, 5.2.5).
func (g *adding) inOrder(end uint64) []occurring {
	if n := len(g.passages); cap(g.sorted) < n {
		g.sorted = make([]occurring, n)
	}
	from, to := g.passages, g.sorted[:len(g.passages)]
	for shift := 0; end>>shift > 0; shift += radix {
		var places [1<<radix + 1]int
		for i := range from {
			places[from[i].doc>>shift&(1<<radix-1)+1]++
		}
		for i := range 1 << radix {
			places[i+1] += places[i]
		}
		for i := range from {
			at := &places[from[i].doc>>shift&(1<<radix-1)]
			to[*at] = from[i]
			*at++
		}
		from, to = to, from
	}
	return from
}

// forget waits for r to be read and gives back its room.
func (s *search) forget(r *relatives) {
	<-r.done
	for j := range r.of {
		s.giveBack(r.of[j].room)
		r.of[j].room = nil
	}
	if r.room != nil {
		r.room.passages, r.room.sums = r.room.passages[:0], r.room.sums[:0]
		s.adding.Put(r.room)
	}
	r.room, r.sums = nil, nil
}

// relate finds the words like those of q, as many as may be read.
func (s *search) relate(r *relatives, q *asked, v *vocabulary, texts []queryTexts) {
	room := s.room()
	defer s.giveBack(room)
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

// gatherKin reads the postings of all words that are like one of the query.
func (s *search) gatherKin(ctx context.Context, name string, of *related) error {
	of.room = s.room()
	open, err := s.opener(name)
	if err != nil {
		return err
	}
	for _, k := range of.kin {
		if err := ctx.Err(); err != nil {
			return err
		}
		add := func(d posting) {
			of.room.passages = append(of.room.passages, occurring{doc: uint32(d.doc), length: uint32(d.length), count: k.likeness * float64(d.count)}) //nolint:gosec // Bleve numbers documents in 32 bits
		}
		if s.allowed == nil {
			err = open.each(ctx, scoped(s.query.Workspace, k.term), add)
		} else {
			var h holders
			if h, err = open.holders(scoped(s.query.Workspace, k.term)); err == nil {
				err = s.read(ctx, h, add)
			}
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// addKin adds what the words like those of the query give. A passage that holds
// no word of the query becomes a candidate, and one that does gets its share,
// only when that may bring it to the second look: they are what remains in
// front.
func (s *search) addKin() error {
	front := s.front[:0]
	for _, r := range s.alike {
		if <-r.done; r.err != nil {
			return r.err
		}
		least := 0.0
		if n := max(s.recipe.second, s.query.Limit); s.recipe.second > 0 && len(s.found) >= n {
			least = lowest(s.found, n, s.first)
		}
		worth := func(kin float64) float64 { return s.languages[r.language].worth * (s.recipe.kin * kin) }
		enough := least * (1 - 1e-9) // for sums that are added up in another order
		for _, p := range r.sums {
			switch {
			case !s.has(p.doc):
				if worth(p.kin) >= least {
					c := s.at(uint64(p.doc))
					c.language = int32(r.language) //nolint:gosec // a handful
					s.view(c).kin = p.kin
				}
			default:
				if c := s.at(uint64(p.doc)); c.more > 0 || s.first(c)+worth(p.kin) >= enough {
					s.view(c).kin += p.kin
				}
			}
		}
		for i := range s.found {
			if c := &s.found[i]; int(c.language) == r.language && (c.more > 0 || s.first(c) >= enough) {
				front = append(front, i)
			}
		}
	}
	if len(s.alike) == len(s.languages) {
		s.front, s.narrowed = front, true
	}
	return nil
}
