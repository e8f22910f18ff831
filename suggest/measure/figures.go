package measure

import (
	"cmp"
	"maps"
	"math"
	"slices"

	"github.com/sufflor/sufflor/index/lang"
	"github.com/sufflor/sufflor/suggest"
	"github.com/sufflor/sufflor/suggest/measure/stats"
)

// Number is a figure that may be unknown.
type Number = stats.Number

// Part of a report that a measure belongs to.
type Part string

// The parts, in the order of reports.
const (
	Retrieval    Part = "retrieval"
	Drafting     Part = "draft"
	Citing       Part = "citations"
	Abstaining   Part = "abstention"
	Flagging     Part = "flag"
	Groundedness Part = "groundedness"
)

// Measure is one figure of a set. Those that have neither of nor share are means
// of the score of their key over the items that have it.
type Measure struct {
	Key   string // stable: it stands in reports
	Label string
	About string // what it is, and where its formula is from
	Part  Part
	Low   bool // less is better
	Plain bool // neither more nor less is better
	of    func([]*Outcome) float64
	share func([]*Outcome) (k, n int) // in place of of, where it is k of n
	on    func(*Outcome) bool         // whether an item counts
}

// Measures are all there are, in the order of reports, with those of graders.
func Measures(graders []string) []Measure {
	out := []Measure{
		{Key: "recall_at_5", Label: "recall@5", Part: Retrieval, About: "needed passages among the first five that an ask found; of BEIR sets, relevant documents (trec_eval recall)"},
		{Key: "mrr_at_10", Label: "MRR@10", Part: Retrieval, About: "1 / rank of the first right passage, to rank 10 (trec_eval recip_rank)"},
		{Key: "ndcg_at_10", Label: "nDCG@10", Part: Retrieval, About: "normalized discounted cumulative gain (Järvelin and Kekäläinen 2002; trec_eval ndcg_cut)"},

		{Key: "rouge_l", Label: "ROUGE-L", Part: Drafting, About: "F of the longest common subsequence of words with the reference, not stemmed (Lin 2004); facts only, without greeting and closing; no draft counts 0"},
		{Key: "token_f1", Label: "token F1", Part: Drafting, About: "overlap of words with the reference, as SQuAD has it (Rajpurkar et al. 2016); no draft counts 0"},
		{Key: "reference_recall", Label: "reference recall", Part: Drafting, About: "the reference's words that the draft has: the recall of token F1; no draft counts 0"},
		{Key: "writer_rouge_l", Label: "ROUGE-L, writer alone", Part: Drafting, About: "ROUGE-L of what the writer answered, also where the flag withheld it"},
		{Key: "writer_token_f1", Label: "token F1, writer alone", Part: Drafting, About: "token F1 of what the writer answered, also where the flag withheld it"},
		{Key: "writer_reference_recall", Label: "reference recall, writer alone", Part: Drafting, About: "reference recall of what the writer answered, also where the flag withheld it"},
		{Key: "facts_stated", Label: "facts stated", Part: Drafting, About: "required facts that the draft states; no draft counts 0"},
		{Key: "facts_complete", Label: "all facts stated", Part: Drafting, About: "messages whose draft states every required fact"},
		{Key: "completeness", Label: "completeness", Part: Drafting, About: "a message's answerable questions whose every required fact is stated"},
		{Key: "asks_answered", Label: "asks answered", Part: Drafting, About: "of drafts: the asks found in the message that the draft answers", Plain: true},
		{Key: "draft_words", Label: "words", Part: Drafting, About: "of drafts: words of the factual sentences", Plain: true},

		{Key: "citation_precision", Label: "citation precision", Part: Citing, About: "of drafts: citations of a right passage (after ALCE, Gao et al. 2023, by judged passages in place of entailment)"},
		{Key: "citation_recall", Label: "citation recall", Part: Citing, About: "needed passages, of BEIR sets relevant documents, that the draft cites; no draft counts 0"},
		{Key: "quotes_gold", Label: "quotes a gold passage", Part: Citing, About: "questions whose draft cites a relevant document; no draft counts 0"},
		{Key: "cited_sentences", Label: "sentences cited", Part: Citing, About: "of drafts: factual sentences with a citation"},

		{Key: "drafted", Label: "drafted", Part: Abstaining, About: "items that got a draft: a flag other than none", Plain: true},
		{Key: "none_answerable", Label: "none of answerable", Part: Abstaining, About: "answerable items without a draft", Low: true},
		{Key: "none_unanswerable", Label: "none of unanswerable", Part: Abstaining, About: "unanswerable items without a draft"},
		{Key: "none_idle", Label: "none of thanks, greetings, off-topic", Part: Abstaining, About: "messages that ask nothing, without a draft"},
	}
	answerable := func(o *Outcome) bool { return o.Flag != "" && o.Answerable != nil && o.Probability.Known() }
	out = append(out, Measure{
		Key: "answerable_auroc", Label: "AUROC, answerable or not", Part: Abstaining, on: answerable,
		About: "chance that an answerable item gets a higher probability than an unanswerable one (Hanley and McNeil 1982)",
		of: func(os []*Outcome) float64 {
			var p []float64
			var yes []bool
			for _, o := range os {
				if answerable(o) {
					p, yes = append(p, float64(o.Probability)), append(yes, *o.Answerable)
				}
			}
			return stats.AUROC(p, yes)
		},
	})
	flag := func(key, label, about string, low bool, of func(p []float64, right []bool) float64) {
		out = append(out, Measure{Key: key, Label: "flag " + label, About: about, Part: Flagging, Low: low, on: judged, of: func(os []*Outcome) float64 { return of(probabilities(os)) }})
	}
	flag("flag_auroc", "AUROC", "chance that a right draft gets a higher probability than a wrong one (Hanley and McNeil 1982)", false, stats.AUROC)
	flag("flag_ece", "ECE", "expected calibration error, ten bins of equal mass (Naeini et al. 2015; Nguyen and O'Connor 2015); its interval leans upward, for draws repeat items", true,
		func(p []float64, right []bool) float64 { return stats.ECE(p, right, bins) })
	flag("flag_brier", "Brier score", "mean squared difference of probability and outcome (Brier 1950)", true, stats.Brier)
	flag("flag_brier_skill", "Brier skill", "1 less the Brier score as a share of that of the base rate (Murphy 1973)", false, stats.BrierSkill)
	flag("flag_aurc", "AURC", "area under the risk-coverage curve (Geifman et al. 2019)", true, stats.AURC)
	flag("flag_excess_aurc", "excess AURC", "AURC less that of the best possible order (Geifman et al. 2019)", true, stats.ExcessAURC)
	for _, f := range flags {
		if f == suggest.None {
			continue
		}
		out = append(out, Measure{
			Key: "flag_" + string(f) + "_precision", Label: "precision of " + string(f), Part: Flagging,
			About: "drafts flagged " + string(f) + " that are right", on: func(o *Outcome) bool { return judged(o) && o.Flag == string(f) },
			share: func(os []*Outcome) (k, n int) {
				row := flagRow(f, os)
				return row.Right, row.N
			},
		}, Measure{
			Key: "flag_" + string(f) + "_coverage", Label: "coverage of " + string(f), Part: Flagging, Plain: f != suggest.High,
			About: "questions whose draft is flagged " + string(f), on: judged, of: func(os []*Outcome) float64 { return float64(flagRow(f, os).Coverage) },
		})
	}
	for _, g := range graders {
		graded := func(o *Outcome) bool { _, ok := o.Graded[g]; return ok && o.Unsupported != nil }
		ground := func(key, label, about string, of func(scores []float64, unsupported []bool) float64) {
			out = append(out, Measure{Key: "grounded_" + g + "_" + key, Label: label + ", " + g, About: about, Part: Groundedness, on: graded, of: func(os []*Outcome) float64 {
				return of(labels(g, os))
			}})
		}
		out = append(out, Measure{
			Key: "unsupported_" + g, Label: "unsupported, " + g, Part: Groundedness, Low: true,
			About: "of our drafts: mean score of the grader, the cited passages being the context",
		})
		ground("auroc", "AUROC", "chance that an unsupported response scores higher than a supported one (Hanley and McNeil 1982)", stats.AUROC)
		ground("f1", "F1 at 0.5", "F1 of calling unsupported what scores 0.5 or more", func(s []float64, u []bool) float64 { return stats.At(s, u, 0.5).F1 })
		ground("best_f1", "best F1", "F1 at the threshold that suits the set best: nobody has it before", func(s []float64, u []bool) float64 { return stats.BestCut(s, u).F1 })
	}
	return out
}

// bins of the calibration error.
const bins = 10

// flags, best first.
var flags = []suggest.Flag{suggest.High, suggest.Medium, suggest.Low, suggest.None}

// judged reports whether an outcome says something of the flag.
func judged(o *Outcome) bool { return o.Flag != "" && o.Right != nil && o.Probability.Known() }

// probabilities is what flags said and whether it was right.
func probabilities(os []*Outcome) (p []float64, right []bool) {
	for _, o := range os {
		if judged(o) {
			p, right = append(p, float64(o.Probability)), append(right, *o.Right)
		}
	}
	return p, right
}

// labels is what a grader said of responses and what was right.
func labels(grader string, os []*Outcome) (scores []float64, unsupported []bool) {
	for _, o := range os {
		if s, ok := o.Graded[grader]; ok && o.Unsupported != nil {
			scores, unsupported = append(scores, s), append(unsupported, *o.Unsupported)
		}
	}
	return scores, unsupported
}

// counts reports whether an item counts for m.
func (m Measure) counts(o *Outcome) bool {
	if m.on != nil {
		return m.on(o)
	}
	_, ok := o.Scores[m.Key]
	return ok
}

// Value is the figure over outcomes; NaN when none counts.
func (m Measure) Value(os []*Outcome) float64 {
	switch {
	case m.of != nil:
		return m.of(os)
	case m.share != nil:
		k, n := m.share(os)
		return float64(k) / float64(n)
	}
	var sum, n float64
	for _, o := range os {
		if v, ok := o.Scores[m.Key]; ok {
			sum += v
			n++
		}
	}
	return sum / n
}

// Estimate is a figure and how sure it is.
type Estimate struct {
	Value Number `json:"value"`
	Low   Number `json:"low"` // 95 % interval
	High  Number `json:"high"`
	N     int    `json:"n"` // items it is of
}

// estimates are the figures that outcomes have.
func estimates(os []*Outcome, measures []Measure) map[string]Estimate {
	out := map[string]Estimate{}
	for _, m := range measures {
		some := slices.DeleteFunc(slices.Clone(os), func(o *Outcome) bool { return !m.counts(o) })
		if len(some) == 0 {
			continue
		}
		value := m.Value(some)
		if math.IsNaN(value) && m.Part == Abstaining {
			continue // all are answerable: nothing is to be told apart
		}
		low, high := m.interval(some)
		e := Estimate{Value: Number(value), Low: Number(low), High: Number(high), N: len(some)}
		out[m.Key] = e
	}
	return out
}

// interval is that of the figure over outcomes that all count.
func (m Measure) interval(os []*Outcome) (low, high float64) {
	if m.share != nil {
		return stats.Wilson(m.share(os)) // where all or none are right, draws have no spread
	}
	if m.of != nil {
		drawn := make([]*Outcome, 0, len(os))
		return stats.Interval(groups(os), func(places []int) float64 {
			drawn = drawn[:0]
			for _, i := range places {
				drawn = append(drawn, os[i])
			}
			return m.of(drawn)
		})
	}
	values := make([]float64, len(os))
	for i, o := range os {
		values[i] = o.Scores[m.Key]
	}
	return stats.Interval(groups(os), func(places []int) float64 {
		sum := 0.0
		for _, i := range places {
			sum += values[i]
		}
		return sum / float64(len(places))
	})
}

func groups(os []*Outcome) [][]int {
	keys := make([]string, len(os))
	for i, o := range os {
		keys[i] = o.Group
	}
	return stats.Groups(keys)
}

// FlagRow is the drafts of one flag.
type FlagRow struct {
	Flag     string `json:"flag"`
	N        int    `json:"n"`
	Coverage Number `json:"coverage"` // share of all questions
	// Right is how many of them are right; of none, how many of the withheld
	// would have been.
	Right     int    `json:"right"`
	Precision Number `json:"precision"`
	Low       Number `json:"low"` // 95 % score interval (Wilson 1927)
	High      Number `json:"high"`
}

func flagRow(f suggest.Flag, os []*Outcome) FlagRow {
	row := FlagRow{Flag: string(f)}
	all := 0
	for _, o := range os {
		if !judged(o) {
			continue
		}
		all++
		if o.Flag == string(f) {
			row.N++
			row.Right += b2i(*o.Right)
		}
	}
	low, high := stats.Wilson(row.Right, row.N)
	row.Coverage, row.Precision = Number(float64(row.N)/float64(all)), Number(float64(row.Right)/float64(row.N))
	row.Low, row.High = Number(low), Number(high)
	return row
}

// ReliabilityBin is a bin of the reliability diagram.
type ReliabilityBin struct {
	N    int    `json:"n"`
	Low  Number `json:"low"` // smallest and largest probability
	High Number `json:"high"`
	Mean Number `json:"mean"` // of the probabilities
	Rate Number `json:"rate"` // share that is right
}

// RiskPoint is a point of the risk-coverage curve.
type RiskPoint struct {
	Coverage  Number `json:"coverage"`
	Risk      Number `json:"risk"`
	Threshold Number `json:"threshold"`
}

// Latency is the times of a step, in milliseconds (nearest rank).
type Latency struct {
	P50 Number `json:"p50_ms"`
	P95 Number `json:"p95_ms"`
	P99 Number `json:"p99_ms"`
	N   int    `json:"n"`
}

// latencies by step.
func latencies(os []*Outcome) map[string]Latency {
	times := map[string][]float64{}
	for _, o := range os {
		for name, ms := range o.Steps {
			times[name] = append(times[name], ms)
		}
	}
	out := map[string]Latency{}
	for name, ms := range times {
		out[name] = Latency{P50: Number(stats.Percentile(ms, .5)), P95: Number(stats.Percentile(ms, .95)), P99: Number(stats.Percentile(ms, .99)), N: len(ms)}
	}
	return out
}

// byLanguage parts outcomes, our languages first; those of an unknown language
// are left out.
func byLanguage(os []*Outcome) (languages []string, of map[string][]*Outcome) {
	of = map[string][]*Outcome{}
	for _, o := range os {
		if o.Language != "" {
			of[o.Language] = append(of[o.Language], o)
		}
	}
	place := func(l string) int {
		if i := slices.Index(lang.Supported(), l); i >= 0 {
			return i
		}
		return len(lang.Supported())
	}
	languages = slices.SortedFunc(maps.Keys(of), func(a, b string) int { return cmp.Or(cmp.Compare(place(a), place(b)), cmp.Compare(a, b)) })
	return languages, of
}
