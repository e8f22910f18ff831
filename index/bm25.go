package index

import (
	"cmp"
	"context"
	"errors"
	"math"
	"slices"

	bleve "github.com/blevesearch/bleve_index_api"
)

// The parameters of BM25 are Lucene's defaults; measured against k1 0.9 and b
// 0.4 they are better on short passages (docs/measurements/retrieval.md).
const (
	k1 = 1.2
	b  = 0.75
)

// idf is the weight of a term that df of n passages hold, never negative:
// Robertson and Zaragoza, The Probabilistic Relevance Framework, 2009, with
// the 1 that Lucene's BM25Similarity adds inside the logarithm.
func idf(n, df int) float64 {
	return math.Log(1 + (float64(n)-float64(df)+0.5)/(float64(df)+0.5))
}

// saturation is the part of BM25 that depends on the passage: tf occurrences
// in length terms where average is usual. As Lucene's since version 8 it leaves
// out the constant factor k1+1.
func saturation(tf, length, average float64) float64 {
	return tf / (tf + k1*(1-b+b*length/average))
}

// queryTerm is a term and how often it was asked for.
type queryTerm struct {
	term   string
	weight float64 // occurrences, those in context count less
}

// queryTerms adds up the weights of terms, in order of first appearance.
type queryTerms struct {
	list []queryTerm
	at   map[string]int
}

// maxQueryTerms bounds what is looked up of one message; see recipe for how
// many of them are used.
const maxQueryTerms = 512

func (q *queryTerms) add(term string, weight float64) {
	if !(weight > 0) { // also when it is not a number
		return
	}
	if i, ok := q.at[term]; ok {
		q.list[i].weight += weight
		return
	}
	if len(q.list) >= maxQueryTerms {
		return
	}
	if q.at == nil {
		q.at = map[string]int{}
	}
	q.at[term] = len(q.list)
	q.list = append(q.list, queryTerm{term, weight})
}

// list is a term's postings and its weight in the query.
type list struct {
	queryTerm
	holders
	idf float64
}

// leg is one field of a workspace being searched.
type leg struct {
	stats fieldStats
	lists []list // heaviest first
}

// openLeg looks up terms and keeps those that weigh most, at most limit.
func openLeg(ctx context.Context, find func(term string) (holders, error), s fieldStats, terms []queryTerm, limit int) (leg, error) {
	l := leg{stats: s}
	if s.Passages == 0 {
		return l, nil
	}
	for _, t := range terms {
		if err := ctx.Err(); err != nil {
			return l, err
		}
		h, err := find(t.term)
		if err != nil {
			return l, err
		}
		l.lists = append(l.lists, list{queryTerm: t, holders: h, idf: idf(s.Passages, h.df)})
	}
	// The rarest terms decide; the rest costs most and changes least.
	slices.SortStableFunc(l.lists, func(a, b list) int {
		return cmp.Or(cmp.Compare(b.weight*b.idf, a.weight*a.idf), cmp.Compare(a.term, b.term))
	})
	l.lists = cut(l.lists, limit)
	return l, nil
}

// cut keeps the first limit terms that passages hold and as many that none
// does: those cost nothing and still count in coverage, but must not take the
// place of words that can find something.
func cut(lists []list, limit int) (kept []list) {
	held, absent := 0, 0
	for _, t := range lists {
		n := &absent
		if t.df > 0 {
			n = &held
		}
		if *n++; *n <= limit {
			kept = append(kept, t)
		}
	}
	return kept
}

// ideal is the score of a passage of usual length that holds each term once.
func (l leg) ideal() float64 {
	sum := 0.0
	for _, t := range l.lists {
		sum += t.weight * t.idf * saturation(1, 1, 1)
	}
	return sum
}

// mass is the IDF of all terms, each counted once.
func (l leg) mass() float64 {
	sum := 0.0
	for _, t := range l.lists {
		sum += t.idf
	}
	return sum
}

// score is what BM25 gives for one posting of t.
func (t *list) score(d posting, average float64) float64 {
	return t.weight * t.idf * saturation(float64(d.count), float64(d.length), average)
}

// postings calls fn for each passage that holds term in the field name, which
// keeps no counts.
func postings(ctx context.Context, r bleve.IndexReader, name, term string, fn func(*bleve.TermFieldDoc) error) error {
	reader, err := r.TermFieldReader(ctx, []byte(term), name, false, false, false)
	if err != nil {
		return err
	}
	doc := &bleve.TermFieldDoc{}
	for n := 0; ; n++ {
		if n&1023 == 0 && ctx.Err() != nil {
			return errors.Join(ctx.Err(), reader.Close())
		}
		next, err := reader.Next(doc.Reset())
		if err != nil || next == nil {
			return errors.Join(err, reader.Close())
		}
		if err := fn(next); err != nil {
			return errors.Join(err, reader.Close())
		}
	}
}
