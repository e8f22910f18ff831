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
	df     int
	idf    float64
	reader bleve.TermFieldReader // nil when no passage holds the term
}

// leg is one field of a workspace being searched.
type leg struct {
	stats fieldStats
	lists []list // heaviest first
}

// openLeg looks up terms and keeps those that weigh most, at most limit. The
// caller closes the leg.
func openLeg(ctx context.Context, r bleve.IndexReader, s fieldStats, name, workspace string, terms []queryTerm, limit int) (l leg, err error) {
	l.stats = s
	if s.Passages == 0 {
		return l, nil
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, l.close())
		}
	}()
	for _, t := range terms {
		if err := ctx.Err(); err != nil {
			return l, err
		}
		reader, err := r.TermFieldReader(ctx, []byte(scoped(workspace, t.term)), name, true, true, false)
		if err != nil {
			return l, err
		}
		df := int(reader.Count()) //nolint:gosec // a count of passages
		l.lists = append(l.lists, list{queryTerm: t, df: df, idf: idf(s.Passages, df), reader: reader})
	}
	// The rarest terms decide; the rest costs most and changes least.
	slices.SortStableFunc(l.lists, func(a, b list) int {
		return cmp.Or(cmp.Compare(b.weight*b.idf, a.weight*a.idf), cmp.Compare(a.term, b.term))
	})
	var rest leg
	l.lists, rest.lists = cut(l.lists, limit)
	return l, rest.close()
}

// cut keeps the first limit terms that passages hold and as many that none
// does: those cost nothing and still count in coverage, but must not take the
// place of words that can find something.
func cut(lists []list, limit int) (kept, rest []list) {
	held, absent := 0, 0
	for _, t := range lists {
		n := &absent
		if t.df > 0 {
			n = &held
		}
		if *n++; *n <= limit {
			kept = append(kept, t)
		} else {
			rest = append(rest, t)
		}
	}
	return kept, rest
}

func (l leg) close() error {
	var errs []error
	for _, t := range l.lists {
		errs = append(errs, t.reader.Close())
	}
	return errors.Join(errs...)
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
func (t *list) score(d *bleve.TermFieldDoc, average float64) float64 {
	// The norm is 1/sqrt(length) in single precision: exact again after
	// rounding, up to millions of terms.
	length := math.Round(1 / (d.Norm * d.Norm))
	return t.weight * t.idf * saturation(float64(d.Freq), length, average)
}

// score calls fn for each passage that holds t. The order is the same for the
// same query, so that sums are equal to the last bit.
func (l leg) score(ctx context.Context, t *list, fn func(doc uint64, score float64)) error {
	average := l.stats.average()
	doc := &bleve.TermFieldDoc{}
	for n := 0; ; n++ {
		if n&1023 == 0 && ctx.Err() != nil {
			return ctx.Err()
		}
		next, err := t.reader.Next(doc.Reset())
		if err != nil || next == nil {
			return err
		}
		fn(next.ID.Value(), t.score(next, average))
	}
}

// postings calls fn for each passage that holds term in the field name, with
// how often and the field's length if counts is set.
func postings(ctx context.Context, r bleve.IndexReader, name, term string, counts bool, fn func(*bleve.TermFieldDoc) error) error {
	reader, err := r.TermFieldReader(ctx, []byte(term), name, counts, counts, false)
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
