package measure

import (
	"math"
	"slices"
)

// Relevance is the judgements of one question: how relevant each document is
// that answers it, 1 or more. What is not in it is not relevant.
type Relevance map[string]int

// Metric is one figure of a ranking, 0 to 1, more is better.
type Metric struct {
	Name  string // "nDCG@10"
	Depth int    // how many ranks it looks at
	of    func(rels Relevance, ranking []string, depth int) float64
}

// Of is the metric of one question's ranking, document ids best first.
func (m Metric) Of(rels Relevance, ranking []string) float64 { return m.of(rels, ranking, m.Depth) }

// Metrics is what is measured on rankings of limit documents, in the order of
// the tables. Those that look deeper are left out: they would be too low.
func Metrics(limit int) []Metric {
	all := []Metric{
		{"nDCG@10", 10, NDCG},
		{"MRR@10", 10, ReciprocalRank},
		{"recall@5", 5, Recall},
		{"recall@10", 10, Recall},
		{"recall@50", 50, Recall},
		{"recall@100", 100, Recall},
		{"hit@3", 3, Success},
		{"success@1", 1, Success},
	}
	return slices.DeleteFunc(all, func(m Metric) bool { return m.Depth > limit })
}

// NDCG is the normalized discounted cumulative gain of the first depth
// documents (Järvelin and Kekäläinen, ACM TOIS 20:4, 2002) as trec_eval's
// ndcg_cut takes it: the gain is the relevance itself, the discount of rank r
// is log2(r+1), and the sum is divided by that of the best possible order of
// all judged documents, found or not.
func NDCG(rels Relevance, ranking []string, depth int) float64 {
	gains := make([]int, 0, len(rels))
	for _, g := range rels {
		gains = append(gains, g)
	}
	slices.Sort(gains)
	slices.Reverse(gains)
	var got, best float64
	for i, g := range first(gains, depth) {
		best += discounted(g, i)
	}
	if best == 0 {
		return 0
	}
	for i, d := range first(ranking, depth) {
		got += discounted(rels[d], i)
	}
	return got / best
}

func discounted(gain, at int) float64 { return float64(gain) / math.Log2(float64(at)+2) }

// ReciprocalRank is 1 / the rank of the first relevant document among the
// first depth ones, and 0 when there is none: trec_eval's recip_rank with a
// bound, as MS MARCO has it. Its mean is MRR.
func ReciprocalRank(rels Relevance, ranking []string, depth int) float64 {
	for i, d := range first(ranking, depth) {
		if rels[d] > 0 {
			return 1 / float64(i+1)
		}
	}
	return 0
}

// Recall is the share of the relevant documents that are among the first depth
// ones: trec_eval's recall.
func Recall(rels Relevance, ranking []string, depth int) float64 {
	if len(rels) == 0 {
		return 0
	}
	found := 0
	for _, d := range first(ranking, depth) {
		if rels[d] > 0 {
			found++
		}
	}
	return float64(found) / float64(len(rels))
}

// Success is 1 when a relevant document is among the first depth ones, else 0:
// trec_eval's success, also called the hit rate.
func Success(rels Relevance, ranking []string, depth int) float64 {
	if ReciprocalRank(rels, ranking, depth) > 0 {
		return 1
	}
	return 0
}

func first[T any](s []T, n int) []T { return s[:min(len(s), n)] }
