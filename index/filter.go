package index

import (
	"context"
	"errors"
	"fmt"
	"math/bits"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/blevesearch/bleve/v2/index/scorch"
	bleve "github.com/blevesearch/bleve_index_api"
	"golang.org/x/text/unicode/norm"
)

// Filter says which passages may be found. An empty list allows all; of what
// stands in a list one must hold, of several fields each. A value that no
// passage has finds nothing. Values are compared without regard to case.
type Filter struct {
	Audiences   []Audience
	Languages   []string
	Sources     []string // names of sources, see [Passage.SourceName]
	Collections []string
	Products    []string
	// ModifiedAfter and ModifiedBefore are when documents were last changed:
	// at or after the one and before the other, to the second. A passage
	// without a date is not found when one of them is set.
	ModifiedAfter, ModifiedBefore time.Time
}

// ErrFilter means that there is no such filter, or that its value cannot be
// understood.
var ErrFilter = errors.New("filter is not valid")

// FilterNames are what [Filter.Add] knows.
var FilterNames = []string{"audience", "language", "source", "collection", "product", "after", "before"}

// Add adds a value, as people write it, to those that f allows. Dates are
// 2026-01-31, in UTC, or a time such as 2026-01-31T12:00:00Z.
func (f *Filter) Add(name, value string) error {
	value = strings.TrimSpace(value)
	if value == "" && slices.Contains(FilterNames, name) {
		return fmt.Errorf("filter %s: a value is required: %w", name, ErrFilter)
	}
	var err error
	switch name {
	case "audience":
		f.Audiences = append(f.Audiences, Audience(strings.ToLower(value)))
	case "language":
		f.Languages = append(f.Languages, value)
	case "source":
		f.Sources = append(f.Sources, value)
	case "collection":
		f.Collections = append(f.Collections, value)
	case "product":
		f.Products = append(f.Products, value)
	case "after":
		f.ModifiedAfter, err = filterTime(name, value, f.ModifiedAfter)
	case "before":
		f.ModifiedBefore, err = filterTime(name, value, f.ModifiedBefore)
	default:
		return fmt.Errorf("filter %.40q: unknown; use one of %s: %w", name, strings.Join(FilterNames, ", "), ErrFilter)
	}
	return err
}

func filterTime(name, value string, before time.Time) (time.Time, error) {
	if !before.IsZero() {
		return before, fmt.Errorf("filter %s: given twice: %w", name, ErrFilter)
	}
	for _, layout := range []string{time.DateOnly, time.RFC3339} {
		if t, err := time.Parse(layout, value); err == nil {
			return t, nil
		}
	}
	return before, fmt.Errorf("filter %s: %.40q is no date; write it like 2026-01-31 or 2026-01-31T12:00:00Z: %w", name, value, ErrFilter)
}

// The kinds of labels, the first byte of their terms.
const (
	labelLanguage   = "l"
	labelSource     = "s"
	labelCollection = "c"
	labelProduct    = "p"
	labelModified   = "d" // to "g": times, see timeTerm
)

func labelTerm(kind, value string) string {
	return kind + strings.ToLower(norm.NFC.String(strings.TrimSpace(value)))
}

// Times are terms on several levels, so that a range is a few terms however
// many times there are: seconds, and these without their last 8, 16 and 24 bits.
const (
	timeLevels = 4
	timeStep   = 8
	maxTime    = 1<<40 - 1 // seconds since year 1: beyond year 30000
)

// seconds is t since year 1.
func seconds(t time.Time) uint64 {
	const before1970 = 62135596800
	return uint64(min(max(t.Unix(), -before1970), maxTime-before1970) + before1970)
}

func timeTerm(level int, value uint64) string {
	return fmt.Sprintf("%c%010x", labelModified[0]+byte(level), value) //nolint:gosec // a few levels
}

// labels are the terms that filters look for, beside the audience.
func labels(p Passage) []string {
	var out []string
	for _, l := range []struct{ kind, value string }{
		{labelLanguage, p.Language}, {labelSource, p.SourceName}, {labelCollection, p.Collection}, {labelProduct, p.Product},
	} {
		if l.value != "" {
			out = append(out, labelTerm(l.kind, l.value))
		}
	}
	if !p.Modified.IsZero() {
		for level := range timeLevels {
			out = append(out, timeTerm(level, seconds(p.Modified)>>(timeStep*level)))
		}
	}
	return out
}

// clause is what one field of a filter asks: any of its terms, each from the
// first to before the second in the order of bytes.
type clause struct {
	field string
	terms [][2]string
}

// clauses are what f asks, without what all of stats have.
func (f Filter) clauses(workspace string, stats statistics) []clause {
	var out []clause
	one := func(field string, terms []string) {
		if len(terms) == 0 {
			return
		}
		c := clause{field: field}
		slices.Sort(terms)
		for _, t := range slices.Compact(terms) {
			t = scoped(workspace, t)
			c.terms = append(c.terms, [2]string{t, t + "\x00"})
		}
		out = append(out, c)
	}
	audiences := make([]string, len(f.Audiences))
	for i, a := range f.Audiences {
		audiences[i] = string(a)
	}
	for a := range stats.Audiences {
		if !slices.Contains(f.Audiences, a) {
			one(fieldAccess, audiences)
			break
		}
	}
	for _, l := range []struct {
		kind   string
		values []string
	}{{labelLanguage, f.Languages}, {labelSource, f.Sources}, {labelCollection, f.Collections}, {labelProduct, f.Products}} {
		terms := make([]string, len(l.values))
		for i, v := range l.values {
			terms[i] = labelTerm(l.kind, v)
		}
		one(fieldLabels, terms)
	}
	if !f.ModifiedAfter.IsZero() || !f.ModifiedBefore.IsZero() {
		out = append(out, clause{fieldLabels, f.timeRange(workspace)})
	}
	return out
}

// timeRange covers the times from ModifiedAfter to before ModifiedBefore, the
// coarsest level wherever it fits.
func (f Filter) timeRange(workspace string) (out [][2]string) {
	low, high := uint64(0), uint64(maxTime)
	if !f.ModifiedAfter.IsZero() {
		low = seconds(f.ModifiedAfter)
	}
	if !f.ModifiedBefore.IsZero() {
		if high = seconds(f.ModifiedBefore); high == 0 {
			return nil
		}
		high--
	}
	const last = 1<<timeStep - 1
	for level := 0; low <= high; level++ {
		add := func(from, to uint64) {
			out = append(out, [2]string{scoped(workspace, timeTerm(level, from)), scoped(workspace, timeTerm(level, to)) + "\x00"})
		}
		if level == timeLevels-1 || low>>timeStep == high>>timeStep {
			add(low, high)
			break
		}
		if low&last != 0 {
			add(low, low|last)
			low += last // rounded up below
		}
		if high&last != last {
			add(high&^last, high)
			if high < 1<<timeStep {
				break
			}
			high -= last + 1 // rounded down
		}
		low, high = low>>timeStep, high>>timeStep
	}
	return out
}

// filter collects the passages that are allowed, if any is not.
func (s *search) filter(ctx context.Context, known *filters) error {
	clauses := s.query.Filter.clauses(s.query.Workspace, s.stats)
	if len(clauses) == 0 {
		return nil
	}
	var err error
	s.allowed, err = known.allowed(ctx, s.segments, clauses)
	s.few = s.allowed.count()
	if leap*s.few <= s.stats.Passages {
		s.only = s.allowed.list()
	}
	return err
}

// filters remembers which documents of each segment filters allow. A segment
// never changes: what is deleted from it is left out when postings are read.
type filters struct {
	mu   sync.Mutex
	of   map[string]*filtered // by filter
	turn uint64
}

type filtered struct {
	segments map[uint64]documents // by segment id
	used     uint64
}

// maxFilters is how many filters are remembered: 4 MB at a million passages.
const maxFilters = 32

// allowed is the documents of all segments that meet every clause.
func (f *filters) allowed(ctx context.Context, stored segments, clauses []clause) (documents, error) {
	key := fmt.Sprintf("%q", clauses)
	have := f.remembered(key)
	now := make(map[uint64]documents, len(stored.list))
	var all documents
	for i, s := range stored.list {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		set, ok := have[s.Id()]
		if !ok {
			var err error
			if set, err = allowedIn(s, clauses); err != nil {
				return nil, err
			}
		}
		now[s.Id()] = set
		first := uint64(0)
		if i > 0 {
			first = stored.ends[i-1]
		}
		all.or(set, first)
	}
	f.remember(key, now)
	if all == nil {
		all = documents{}
	}
	return all, nil
}

func (f *filters) remembered(key string) map[uint64]documents {
	f.mu.Lock()
	defer f.mu.Unlock()
	if one := f.of[key]; one != nil {
		return one.segments
	}
	return nil
}

// remember keeps what is known of one filter, and forgets the one that was not
// asked for the longest.
func (f *filters) remember(key string, segments map[uint64]documents) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.of == nil {
		f.of = map[string]*filtered{}
	}
	f.turn++
	f.of[key] = &filtered{segments, f.turn}
	if len(f.of) <= maxFilters {
		return
	}
	oldest := key
	for k, one := range f.of {
		if one.used < f.of[oldest].used {
			oldest = k
		}
	}
	delete(f.of, oldest)
}

func (f *filters) forget() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.of = nil
}

// allowedIn is the documents of one segment that meet every clause, those that
// were deleted among them.
func allowedIn(s *scorch.SegmentSnapshot, clauses []clause) (documents, error) {
	var all documents
	for i, c := range clauses {
		dictionary, err := s.Segment().Dictionary(c.field)
		if err != nil {
			return nil, err
		}
		var any documents
		for _, t := range c.terms {
			terms := dictionary.AutomatonIterator(nil, []byte(t[0]), []byte(t[1]))
			for {
				e, err := terms.Next()
				if err != nil {
					return nil, err
				}
				if e == nil {
					break
				}
				list, err := dictionary.PostingsList([]byte(e.Term), nil, nil)
				if err != nil {
					return nil, err
				}
				postings := list.Iterator(false, false, false, nil)
				for {
					p, err := postings.Next()
					if err != nil {
						return nil, err
					}
					if p == nil {
						break
					}
					any.set(p.Number())
				}
			}
		}
		if i == 0 {
			all = any
		} else {
			all.and(any)
		}
	}
	return all, nil
}

// leap is how many postings cost as much to step through as one leap.
const leap = 8

// reads is how many postings reading those of df passages costs.
func (s *search) reads(df int) int {
	if s.allowed == nil {
		return df
	}
	return min(df, leap*s.few)
}

// read calls fn for the postings of h that are allowed. Where these may be far
// fewer than all, it leaps from one to the next.
func (s *search) read(ctx context.Context, h holders, fn func(posting)) error {
	if s.allowed == nil {
		return h.each(ctx, fn)
	}
	if leap*s.few <= h.df {
		return h.among(ctx, s.only, func(_ int, d posting) { fn(d) })
	}
	return h.each(ctx, func(d posting) {
		if s.allowed.has(d.doc) {
			fn(d)
		}
	})
}

// documents is a set of document numbers.
type documents []uint64

func (s documents) has(doc uint64) bool {
	return doc/64 < uint64(len(s)) && s[doc/64]&(1<<(doc%64)) != 0
}

func (s *documents) grow(words uint64) {
	if n := uint64(len(*s)); words > n {
		*s = append(*s, make([]uint64, words-n)...)
	}
}

func (s *documents) set(doc uint64) {
	s.grow(doc/64 + 1)
	(*s)[doc/64] |= 1 << (doc % 64)
}

// or adds the numbers of other, each plus first.
func (s *documents) or(other documents, first uint64) {
	at, shift := first/64, first%64
	s.grow(at + uint64(len(other)) + 1)
	for i, w := range other {
		(*s)[at+uint64(i)] |= w << shift
		if shift > 0 {
			(*s)[at+uint64(i)+1] |= w >> (64 - shift)
		}
	}
}

// and leaves only the numbers that other has too.
func (s *documents) and(other documents) {
	*s = (*s)[:min(len(*s), len(other))]
	for i := range *s {
		(*s)[i] &= other[i]
	}
}

func (s documents) count() int {
	n := 0
	for _, w := range s {
		n += bits.OnesCount64(w)
	}
	return n
}

// list is the numbers in ascending order.
func (s documents) list() []uint64 {
	out := make([]uint64, 0, s.count())
	for at, w := range s {
		for ; w != 0; w &= w - 1 {
			out = append(out, uint64(at*64+bits.TrailingZeros64(w))) //nolint:gosec // a place
		}
	}
	return out
}

// Allowed calls fn with what tells whether a passage may be found for q; nil
// when all of them may. That is valid until fn returns, safe for concurrent
// use, and says no of passages that are not there. fn must not search x.
func (x *Local) Allowed(ctx context.Context, q Query, fn func(allow func(id string) bool) error) error {
	return x.read(func(r bleve.IndexReader) error {
		s := search{query: q, reader: r}
		var err error
		if s.segments, err = segmentsOf(r); err != nil {
			return err
		}
		if s.stats, err = readStatistics(r, q.Workspace); err != nil {
			return err
		}
		if err := s.filter(ctx, &x.filters); err != nil {
			return err
		}
		if s.allowed == nil {
			return fn(nil)
		}
		return fn(func(id string) bool {
			internal, err := r.InternalID(id)
			return err == nil && internal != nil && s.allowed.has(internal.Value())
		})
	})
}
