package index_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/sufflor/sufflor/index"
)

// filed is a passage with everything that filters look for.
func filed(id, text, source, collection, product, modified string) index.Passage {
	p := passage(id, text)
	p.SourceName, p.Collection, p.Product = source, collection, product
	if modified != "" {
		p.Modified, _ = time.Parse(time.RFC3339, modified)
	}
	return p
}

func TestFilters(t *testing.T) {
	t.Parallel()
	secret := in("sv", filed("c", "bolt", "notes", "Håndbøker", "XY-3000", "2026-02-01T00:00:00Z"))
	secret.Audience = index.Internal
	x := fill(t,
		in("nb", filed("a", "bolt", "manuals", "Håndbøker", "XY-2000", "2026-01-01T00:00:00Z")),
		in("nb", filed("b", "bolt", "manuals", "prices", "XY-2000", "2026-01-31T23:59:59Z")),
		secret,
		filed("d", "bolt", "", "", "", ""),
		elsewhere("e", "bolt"))
	for _, tt := range []struct {
		name, filters, want string
	}{
		{"nothing is filtered", "", "a b c d"},
		{"an audience", "audience=public", "a b d"},
		{"both audiences", "audience=public audience=internal", "a b c d"},
		{"an audience that nobody is", "audience=everybody", ""},
		{"a language", "language=nb", "a b"},
		{"one of two languages", "language=nb language=sv", "a b c"},
		{"a source", "source=manuals", "a b"},
		{"a source that is the beginning of another's name", "source=manual", ""},
		{"a collection in other letters", "collection=HÅNDBØKER", "a c"},
		{"a collection whose letters are composed another way", "collection=ha\u030andbøker", "a c"},
		{"a product", "product=xy-3000", "c"},
		{"a source is no product", "product=manuals", ""},
		{"several filters at once", "language=nb source=manuals collection=prices", "b"},
		{"filters that exclude one another", "language=sv source=manuals", ""},
		{"modified on a day or later", "after=2026-01-31", "b c"},
		{"modified at a second or later", "after=2026-01-31T23:59:59Z", "b c"},
		{"modified later than a second", "after=2026-02-01T00:00:00Z", "c"},
		{"modified before a day", "before=2026-02-01", "a b"},
		{"modified before a second", "before=2026-01-31T23:59:59Z", "a"},
		{"modified between", "after=2026-01-02 before=2026-02-01", "b"},
		{"modified in an empty time", "after=2026-02-02 before=2026-01-01", ""},
		{"before all time", "before=0001-01-01T00:00:01Z", ""},
		{"another time zone", "before=2026-02-01T01:00:00+01:00", "a b"},
		{"a value with a blank and quotes", `product=" or 1=1`, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			var f index.Filter
			for one := range strings.FieldsSeq(strings.ReplaceAll(tt.filters, `" or 1=1`, `"or1=1`)) {
				name, value, _ := strings.Cut(one, "=")
				require.NoError(t, f.Add(name, value))
			}
			for range 2 { // the second time it is remembered
				require.ElementsMatch(t, strings.Fields(tt.want), ids(t, x, index.Query{Text: "bolt", Filter: f}))
			}
		})
	}
}

func TestFiltersThatCannotBeUnderstood(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name, filter, value, want string
	}{
		{"a name that is none", "colour", "red", `filter "colour": unknown; use one of audience, language, source, collection, product, after, before`},
		{"a name without end", strings.Repeat("x", 100_000), "1", "unknown"},
		{"no name", "", "x", "unknown"},
		{"no value", "source", "  ", "filter source: a value is required"},
		{"no date", "after", "yesterday", `filter after: "yesterday" is no date; write it like 2026-01-31`},
		{"a day that is not", "before", "2026-02-30", "is no date"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			var f index.Filter
			err := f.Add(tt.filter, tt.value)
			require.ErrorIs(t, err, index.ErrFilter)
			require.ErrorContains(t, err, tt.want)
			require.Less(t, len(err.Error()), 300)
		})
	}
	var f index.Filter
	require.NoError(t, f.Add("after", "2026-01-01"))
	require.ErrorContains(t, f.Add("after", "2026-01-02"), "given twice")
}

// Filters hold while candidates are read: what they leave is found however
// many others are better.
func TestAFilterFindsTheFiveThousandthBest(t *testing.T) {
	t.Parallel()
	var passages []index.Passage
	for i := range 6000 {
		p := in("nb", passage(fmt.Sprintf("p%04d", i), "filteret skiftes. Hydraulikk filter olje"))
		p.Product = "other"
		if i%2 == 0 {
			p.Collection = "half"
		}
		passages = append(passages, p)
	}
	last := in("nb", passage("last", strings.Repeat("helt andre ord om alt mulig annet ", 30)+" filter"))
	last.Product, last.Collection = "rare", "half"
	x := fill(t, append(passages, last)...)
	q := index.Query{Text: "skifte av hydraulikk filter og olje", Language: "nb", Limit: 5000}
	require.False(t, slices.Contains(ids(t, x, q), "last"), "5,000 are better")
	q.Limit = 10
	q.Filter.Products = []string{"rare"}
	require.Equal(t, []string{"last"}, ids(t, x, q))
	q.Filter.Collections = []string{"half"}
	require.Equal(t, []string{"last"}, ids(t, x, q))
	q.Filter, q.Limit = index.Filter{Collections: []string{"half"}}, 3000
	require.Len(t, ids(t, x, q), 3000)
}

// allows is what the filter says, the plain way.
func allows(f index.Filter, p index.Passage) bool {
	one := func(list []string, v string) bool {
		return len(list) == 0 || v != "" && slices.ContainsFunc(list, func(s string) bool { return strings.EqualFold(s, v) })
	}
	if !one(f.Languages, p.Language) || !one(f.Sources, p.SourceName) || !one(f.Collections, p.Collection) || !one(f.Products, p.Product) {
		return false
	}
	if len(f.Audiences) > 0 && !slices.Contains(f.Audiences, p.Audience) {
		return false
	}
	dated := !f.ModifiedAfter.IsZero() || !f.ModifiedBefore.IsZero()
	return !dated || !p.Modified.IsZero() && !p.Modified.Before(f.ModifiedAfter) && (f.ModifiedBefore.IsZero() || p.Modified.Before(f.ModifiedBefore))
}

func TestFiltersAgreeWithThePlainWay(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(1, 2))
	pick := func(list ...string) string { return list[r.IntN(len(list))] }
	moment := func() time.Time {
		if r.IntN(8) == 0 {
			return time.Time{}
		}
		// Half of them close together, so that bounds meet them.
		span := int64(1) << (4 + r.IntN(31))
		return time.Unix(1_700_000_000+r.Int64N(span)-span/2, 0).UTC()
	}
	live := map[string]index.Passage{}
	x := open(t, t.TempDir())
	change := func() {
		var b index.Batch
		for range 60 {
			id := fmt.Sprintf("p%03d", r.IntN(300))
			if r.IntN(4) == 0 {
				b.Delete = append(b.Delete, id)
				delete(live, id)
			}
		}
		for range 60 {
			p := in(pick("nb", "sv", ""), passage(fmt.Sprintf("p%03d", r.IntN(300)), "bolt"))
			p.SourceName, p.Collection, p.Product, p.Modified = pick("A", "b", ""), pick("c", "d"), pick("e", "f", "g", ""), moment()
			if r.IntN(2) == 0 {
				p.Audience = index.Internal
			}
			b.Put = append(b.Put, p)
			live[p.ID] = p
		}
		require.NoError(t, x.Apply(t.Context(), b))
	}
	some := func(list ...string) (out []string) {
		for _, s := range list {
			if r.IntN(4) == 0 {
				out = append(out, s)
			}
		}
		return out
	}
	var filters []index.Filter
	for range 150 {
		f := index.Filter{
			Languages: some("nb", "sv", "da"), Sources: some("a", "B"), Collections: some("c", "d"), Products: some("e", "f", "g"),
			ModifiedAfter: moment(), ModifiedBefore: moment(),
		}
		if r.IntN(3) > 0 {
			f.ModifiedAfter = time.Time{}
		}
		if r.IntN(3) > 0 {
			f.ModifiedBefore = time.Time{}
		}
		if r.IntN(2) == 0 {
			f.Audiences = []index.Audience{index.Internal}
		}
		filters = append(filters, f)
	}
	for range 12 {
		change()
		for range 40 {
			f := filters[r.IntN(len(filters))]
			var want []string
			for id, p := range live {
				if allows(f, p) {
					want = append(want, id)
				}
			}
			slices.Sort(want)
			got := slices.Sorted(slices.Values(ids(t, x, index.Query{Text: "bolt", Filter: f, Limit: 1000})))
			require.Equal(t, want, got, "%+v", f)
		}
	}
}

func TestFiltersWhileApplying(t *testing.T) {
	t.Parallel()
	x := fill(t, filed("fixed", "bolt", "s", "", "", ""))
	done := make(chan struct{})
	var wg sync.WaitGroup
	for i := range 4 {
		wg.Go(func() {
			for n := 0; ; n++ {
				select {
				case <-done:
					return
				default:
				}
				f := index.Filter{Sources: []string{"s", fmt.Sprint(i, n%20)}} // more than are remembered
				res, err := x.Search(t.Context(), index.Query{Workspace: "w", Text: "bolt", Filter: f})
				if err != nil || len(res.Hits) == 0 || slices.ContainsFunc(res.Hits, func(h index.Hit) bool { return strings.HasPrefix(h.ID, "not") }) {
					t.Errorf("%v, %v", res.Hits, err)
					return
				}
			}
		})
	}
	for i := range 30 {
		b := index.Batch{Put: []index.Passage{filed(fmt.Sprint("s", i%7), "bolt", "s", "", "", ""), filed(fmt.Sprint("not", i%5), "bolt", "t", "", "", "")}}
		require.NoError(t, x.Apply(t.Context(), b))
	}
	close(done)
	wg.Wait()
}

// BenchmarkFilter searches with filters that leave a fiftieth of the passages,
// and a thousandth, beside searches without.
func BenchmarkFilter(b *testing.B) {
	x := open(b, b.TempDir())
	from := time.Date(2023, 1, 1, 0, 0, 0, 0, time.UTC)
	n := 0
	for part := range corpusParts(*size, 1000) {
		for i := range part {
			part[i].Product, part[i].Modified = fmt.Sprint(n%50), from.Add(time.Duration(n%1000)*24*time.Hour)
			n++
		}
		require.NoError(b, x.Apply(b.Context(), index.Batch{Put: part}))
	}
	zipf := rand.NewZipf(rand.New(rand.NewPCG(5, 6)), 1.1, 4, 50_000)
	queries := make([]string, 200)
	for i := range queries {
		queries[i] = prose(zipf, 6+i%30)
	}
	for _, bm := range []struct {
		name   string
		filter func(i int) index.Filter
	}{
		{"none", func(int) index.Filter { return index.Filter{} }},
		{"product", func(int) index.Filter { return index.Filter{Products: []string{"7"}} }},
		{"day", func(int) index.Filter {
			return index.Filter{ModifiedAfter: from.Add(48 * time.Hour), ModifiedBefore: from.Add(72 * time.Hour)}
		}},
		{"new each time", func(i int) index.Filter {
			return index.Filter{ModifiedAfter: from.Add(time.Duration(i) * time.Minute), ModifiedBefore: from.Add(500*24*time.Hour + time.Duration(i)*time.Second)}
		}},
	} {
		b.Run(bm.name, func(b *testing.B) {
			i := 0
			var took []time.Duration
			for b.Loop() {
				res, err := x.Search(b.Context(), index.Query{Workspace: "w", Text: queries[i%len(queries)], Language: "nb", Filter: bm.filter(i)})
				require.NoError(b, err)
				took = append(took, res.Took)
				i++
			}
			slices.Sort(took)
			b.ReportMetric(float64(took[len(took)/10].Microseconds()), "p10-µs")
			b.ReportMetric(float64(took[len(took)/2].Microseconds()), "p50-µs")
		})
	}
}
