package index_test

import (
	"cmp"
	"context"
	"errors"
	"flag"
	"fmt"
	"iter"
	"math"
	"math/rand/v2"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/sufflor/sufflor/index"
)

func fill(tb testing.TB, passages ...index.Passage) *index.Local {
	tb.Helper()
	x := open(tb, tb.TempDir())
	require.NoError(tb, x.Apply(tb.Context(), index.Batch{Put: passages}))
	return x
}

func TestSearchNeverCrossesWorkspaces(t *testing.T) {
	t.Parallel()
	x := fill(t, passage("mine", "bolt E-4419"), elsewhere("theirs", "bolt bolt E-4419"))
	require.Equal(t, []string{"mine"}, ids(t, x, index.Query{Text: "bolt E-4419"}))
	require.Equal(t, []string{"theirs"}, ids(t, x, index.Query{Workspace: "elsewhere", Text: "bolt E-4419"}))
	require.Empty(t, ids(t, x, index.Query{Workspace: "nobody", Text: "bolt"}))
	// A workspace whose name begins like another's is still another one.
	require.Empty(t, ids(t, x, index.Query{Workspace: "else", Text: "bolt"}))
	_, err := x.Search(t.Context(), index.Query{Text: "bolt"})
	require.ErrorContains(t, err, "workspace: required")
}

func TestSearchKeepsToTheAudience(t *testing.T) {
	t.Parallel()
	secret := passage("secret", "bolt bolt E-4419")
	secret.Audience = index.Internal
	x := fill(t, secret, passage("open", "bolt og mutter"))
	require.Equal(t, []string{"open"}, ids(t, x, index.Query{Text: "bolt E-4419", Filter: index.Filter{Audiences: []index.Audience{index.Public}}}))
	require.Equal(t, []string{"secret"}, ids(t, x, index.Query{Text: "bolt E-4419", Filter: index.Filter{Audiences: []index.Audience{index.Internal}}}))
	require.Equal(t, []string{"secret", "open"}, ids(t, x, index.Query{Text: "bolt E-4419", Filter: index.Filter{Audiences: []index.Audience{index.Internal, index.Public}}}))
	require.Equal(t, []string{"secret", "open"}, ids(t, x, index.Query{Text: "bolt E-4419"}))
	require.Empty(t, ids(t, x, index.Query{Text: "bolt", Filter: index.Filter{Audiences: []index.Audience{"somebody"}}}))
}

func TestExactIdentifiersComeFirst(t *testing.T) {
	t.Parallel()
	manual := []index.Passage{
		in("nb", passage("code", "E-4419: materulle blokkert. Trykk revers.")),
		in("nb", passage("kit", "Støysett XY-NK20, artikkel 740-2051, til 38 900 kr.")),
		in("nb", passage("norm", "Målt etter EN ISO 3744 og direktiv 2006/42/EF.")),
	}
	for i := range 60 { // what all talk about, and neighbours of the code
		manual = append(manual, in("nb", passage(fmt.Sprintf("noise%02d", i),
			fmt.Sprintf("Feilkode E-44%02d vises på panelet når maskinen stopper. Hva betyr feilkoden på maskinen?", 20+i))))
	}
	x := fill(t, manual...)
	for _, tt := range []struct {
		name, text, want string
	}{
		{"an error code among many words of other passages", "Hva betyr feilkode E-4419 på panelet? Maskinen stopper og feilkoden vises på maskinen hele tiden", "code"},
		{"a code without its hyphen", "maskinen stopper med feilkode e4419 på panelet", "code"},
		{"a code with a blank", "maskinen stopper med feilkode e 4419 på panelet", "code"},
		{"an article number", "maskinen på panelet 740-2051", "kit"},
		{"a price written another way", "maskinen på panelet 38.900,00", "kit"},
		{"a norm without its first body", "maskinen på panelet ISO 3744", "norm"},
		{"a directive in another language", "maskinen på panelet 2006/42/EC", "norm"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			require.Equal(t, tt.want, ids(t, x, index.Query{Text: tt.text, Language: "nb"})[0])
		})
	}
	res, err := x.Search(t.Context(), index.Query{Workspace: "w", Text: "feilkode E-4419", Language: "nb"})
	require.NoError(t, err)
	require.Positive(t, res.Hits[0].Parts.Identifiers)
	require.Zero(t, res.Hits[1].Parts.Identifiers)
}

func TestACommonModelNameDoesNotDrownTheAnswer(t *testing.T) {
	t.Parallel()
	passages := []index.Passage{in("nb", passage("warranty", "Garantien varer i to år fra levering."))}
	for i := range 200 {
		passages = append(passages, in("nb", passage(fmt.Sprintf("p%03d", i), fmt.Sprintf("XY-2000 har del nummer %d i katalogen.", i))))
	}
	x := fill(t, passages...)
	require.Equal(t, "warranty", ids(t, x, index.Query{Text: "Hvor lenge varer garantien på XY-2000 etter levering?", Language: "nb"})[0])
}

func TestLanguages(t *testing.T) {
	t.Parallel()
	x := fill(t,
		in("nb", passage("nb", "Bytt filteret hvert år.")),
		in("sv", passage("sv", "Byt filtret varje år.")),
		in("de", passage("de", "Der Filter wird jedes Jahr gewechselt.")),
		in("en", passage("en", "The warranty covers hydraulics.")),
		in("fr", passage("fr", "Le filtre est changé chaque année.")),
	)
	res, err := x.Search(t.Context(), index.Query{Workspace: "w", Text: "Når skal filteret byttes?", Language: "nb"})
	require.NoError(t, err)
	require.Equal(t, "nb", res.Hits[0].ID, "the question's own language wins")
	require.True(t, res.Hits[0].Parts.Same)
	for _, h := range res.Hits[1:] {
		require.False(t, h.Parts.Same)
	}
	require.Equal(t, []string{"en"}, ids(t, x, index.Query{Text: "Hydraulics?", Language: "fi"}), "the only passage is found in another language")
	require.Equal(t, "sv", ids(t, x, index.Query{Text: "byt filtret", Language: "sv"})[0])
	require.Equal(t, "de", ids(t, x, index.Query{Text: "Filter gewechselt"})[0], "a question of unknown language")
	require.Equal(t, "fr", ids(t, x, index.Query{Text: "filtre changé", Language: "fr"})[0], "a language without an analyzer")
}

func TestInflectionCompoundsAndTypingErrorsAreFound(t *testing.T) {
	t.Parallel()
	x := fill(t,
		in("nb", passage("filter", "Hydraulikkfilteret skiftes hver 500. time.")),
		in("nb", passage("knife", "Knivene snus etter 50 timer.")),
		in("nb", passage("paint", "Lakken er rød.")),
	)
	require.Equal(t, []string{"knife"}, ids(t, x, index.Query{Text: "kniv", Language: "nb"}))
	require.Equal(t, []string{"filter"}, ids(t, x, index.Query{Text: "hydraulikk", Language: "nb"}))
	require.Equal(t, []string{"filter"}, ids(t, x, index.Query{Text: "hydralikkfilteret", Language: "nb"}))
}

func TestQuestionsAndHeadingsCount(t *testing.T) {
	t.Parallel()
	asked := in("nb", passage("asked", "Ja, innen tretti dager."))
	asked.Kind, asked.Question = index.KindFAQ, "Kan jeg returnere varen?"
	said := in("nb", passage("said", "Du kan returnere varen. Ja, innen tretti dager."))
	headed := in("nb", passage("headed", "Ring oss."))
	headed.Headings = []string{"Reklamasjon"}
	x := fill(t, asked, said, headed)
	require.Equal(t, []string{"asked", "said"}, ids(t, x, index.Query{Text: "returnere varen", Language: "nb"}))
	require.Equal(t, []string{"headed"}, ids(t, x, index.Query{Text: "reklamasjon", Language: "nb"}))
}

func TestPartsExplainTheScore(t *testing.T) {
	t.Parallel()
	x := fill(t,
		in("nb", passage("all", "Garantien dekker hydraulikk.")),
		in("nb", passage("half", "Garantien varer lenge og gjelder overalt i verden.")),
		in("nb", passage("none", "Ring oss.")),
	)
	search := func(text string) []index.Hit {
		res, err := x.Search(t.Context(), index.Query{Workspace: "w", Text: text, Language: "nb"})
		require.NoError(t, err)
		require.Positive(t, res.Took)
		return res.Hits
	}
	hits := search("garantien dekker hydraulikk")
	require.Equal(t, "all", hits[0].ID)
	require.Equal(t, "d-all", hits[0].Document)
	require.Equal(t, index.KindText, hits[0].Kind)
	require.InDelta(t, 1, hits[0].Parts.Coverage, 1e-9)
	require.Positive(t, hits[0].Parts.Kin)
	require.Positive(t, hits[0].Parts.Grams)
	require.Less(t, hits[1].Parts.Coverage, 0.5)
	require.Greater(t, hits[0].Parts.Ideal, hits[1].Parts.Ideal)
	standard := index.Standard()
	require.InDelta(t, math.Exp(standard.Ranking.Score(hits[0].Parts.Features)), hits[0].Score, 1e-9)

	// A question whose words nobody wrote is covered little, whatever else is.
	strange := search("garantien papegøye trompet akvarium")
	require.Less(t, strange[0].Parts.Coverage, 0.25)
	require.Less(t, strange[0].Parts.Ideal, hits[0].Parts.Ideal)
}

func TestTiesBreakByID(t *testing.T) {
	t.Parallel()
	var passages []index.Passage
	for _, i := range rand.New(rand.NewPCG(7, 7)).Perm(50) {
		passages = append(passages, passage(fmt.Sprintf("p%02d", i), "bolt og mutter"))
	}
	want := []string{"p00", "p01", "p02", "p03", "p04"}
	x := fill(t, passages...)
	require.Equal(t, want, ids(t, x, index.Query{Text: "bolt", Limit: 5}))
	slices.Reverse(passages)
	y := open(t, t.TempDir())
	for part := range slices.Chunk(passages, 7) {
		require.NoError(t, y.Apply(t.Context(), index.Batch{Put: part}))
	}
	require.Equal(t, want, ids(t, y, index.Query{Text: "bolt", Limit: 5}))
	require.Len(t, ids(t, y, index.Query{Text: "bolt"}), 10, "the default limit")
}

// TestRankingDoesNotDependOnHistory builds the same passages twice, once in one
// batch and once with detours, and wants the same scores to the last bit.
func TestRankingDoesNotDependOnHistory(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(3, 3))
	var passages []index.Passage
	for i := range 80 {
		passages = append(passages, in("nb", passage(fmt.Sprintf("p%02d", i), sentence(r, 30))))
	}
	straight := fill(t, passages...)
	detour := open(t, t.TempDir())
	for i, p := range passages {
		wrong := p
		wrong.Text, wrong.Language = "noe helt annet E-4419", "sv"
		require.NoError(t, detour.Apply(t.Context(), index.Batch{Put: []index.Passage{wrong, passage(fmt.Sprint("extra", i), "bolt")}}))
	}
	for i, p := range passages {
		require.NoError(t, detour.Apply(t.Context(), index.Batch{Put: []index.Passage{p}, Delete: []string{fmt.Sprint("extra", i)}}))
	}
	for range 20 {
		q := index.Query{Workspace: "w", Text: sentence(r, 8), Language: "nb"}
		want, err := straight.Search(t.Context(), q)
		require.NoError(t, err)
		got, err := detour.Search(t.Context(), q)
		require.NoError(t, err)
		require.Equal(t, want.Hits, got.Hits)
	}
}

// stalling is done once the text has been searched: it counts how often it is
// asked.
type stalling struct {
	context.Context
	left int
}

func (s *stalling) Err() error {
	if s.left--; s.left < 0 {
		return context.DeadlineExceeded
	}
	return nil
}

func TestADeadlineCostsLegsNotTheAnswer(t *testing.T) {
	t.Parallel()
	x := fill(t, in("nb", passage("a", "Garantien dekker hydraulikk.")), in("nb", passage("b", "Ring oss om garantien.")))
	q := index.Query{Workspace: "w", Text: "garantien hydraulikk", Language: "nb"}
	whole, err := x.Search(t.Context(), q)
	require.NoError(t, err)
	refused, degraded := 0, 0
	for asks := range 40 {
		res, err := x.Search(&stalling{t.Context(), asks}, q)
		if err != nil {
			require.ErrorIs(t, err, context.DeadlineExceeded)
			require.Zero(t, degraded, "an earlier deadline gave an answer")
			refused++
			continue
		}
		require.Equal(t, whole.Hits[0].ID, res.Hits[0].ID)
		if len(res.Degraded) > 0 {
			degraded++
			require.Contains(t, strings.Join(res.Degraded, "; "), "out of time")
		} else {
			require.Equal(t, whole.Hits, res.Hits)
		}
	}
	require.Positive(t, refused)
	require.Positive(t, degraded)
}

func TestIDF(t *testing.T) {
	t.Parallel()
	x := fill(t, in("nb", passage("a", "bolten og E-4419")), in("nb", passage("b", "bolten")), in("sv", passage("c", "bolten")), elsewhere("d", "bolten"))
	bolt := index.Analyze("nb", "bolten")[0].Term
	got, err := x.IDF(t.Context(), "w", "nb", []string{bolt, "e4419", "missing", bolt})
	require.NoError(t, err)
	require.InDelta(t, math.Log(1+0.5/2.5), got[bolt], 1e-12)
	require.InDelta(t, math.Log(2), got["e4419"], 1e-12)
	require.InDelta(t, math.Log(1+2.5/0.5), got["missing"], 1e-12)
	all, err := x.IDF(t.Context(), "w", "", []string{"e4419"})
	require.NoError(t, err)
	require.InDelta(t, math.Log(1+2.5/1.5), all["e4419"], 1e-12)
}

func TestLongMessagesAreBounded(t *testing.T) {
	t.Parallel()
	x := fill(t, in("nb", passage("a", "papegøyen bor i akvariet")))
	text := strings.Repeat("maskinen stopper igjen og igjen ", 2000) + " papegøyen"
	for i := range 3000 {
		text += fmt.Sprintf(" ord%d", i)
	}
	require.Equal(t, []string{"a"}, ids(t, x, index.Query{Text: text, Language: "nb"}))
}

func TestSearchWhileApplying(t *testing.T) {
	t.Parallel()
	x := fill(t, passage("fixed", "bolt fast"))
	var wg sync.WaitGroup
	done := make(chan struct{})
	for range 3 {
		wg.Go(func() {
			for {
				select {
				case <-done:
					return
				default:
				}
				res, err := x.Search(t.Context(), index.Query{Workspace: "w", Text: "bolt mutter fast"})
				if err != nil || len(res.Hits) == 0 {
					t.Errorf("search while applying: %d hits, %v", len(res.Hits), err)
					return
				}
				// A batch is seen whole: a and b are only ever put together.
				a := slices.ContainsFunc(res.Hits, func(h index.Hit) bool { return h.ID == "a" })
				b := slices.ContainsFunc(res.Hits, func(h index.Hit) bool { return h.ID == "b" })
				if a != b {
					t.Errorf("half a batch is visible")
					return
				}
			}
		})
	}
	for i := range 20 {
		b := index.Batch{Put: []index.Passage{passage("a", fmt.Sprint("bolt ", i)), passage("b", fmt.Sprint("mutter ", i))}}
		if i%3 == 2 {
			b = index.Batch{Delete: []string{"a", "b"}}
		}
		require.NoError(t, x.Apply(t.Context(), b))
	}
	close(done)
	wg.Wait()
}

// TestWhateverIsAskedIsAnswered asks what no customer should, of an index with
// passages in several languages: an answer, or nothing, but never a fault.
func TestWhateverIsAskedIsAnswered(t *testing.T) {
	t.Parallel()
	var passages []index.Passage
	for i := range 600 {
		language := []string{"nb", "en", "fi", ""}[i%4]
		p := in(language, passage(fmt.Sprintf("p%03d", i), fmt.Sprintf("Maskinen %d stopper. The machine E-%d needs oil, filter %d.", i, 4000+i, i)))
		p.SourceName = "manuals"
		passages = append(passages, p)
	}
	x := fill(t, passages...)
	many := func(n int, format string) string {
		var b strings.Builder
		for i := range n {
			fmt.Fprintf(&b, format, i)
		}
		return b.String()
	}
	for _, tt := range []struct {
		name, text string
		finds      bool
	}{
		{"nothing", "", false},
		{"blanks", " \t\r\n\u00a0\u2028", false},
		{"punctuation", "?!…---///::;;,,..", false},
		{"emoji", "😀👍🏽🏳️‍🌈🇳🇴🤷", false},
		{"emoji around words", "😀machine👍🏽oil🇳🇴", true},
		{"control characters", "\x00\x01\x1b[31m\x7f\u0085\u202e\ufeff", false},
		{"control characters inside words", "ma\x00chine \x1b[31moil\x1b[0m", true},
		{"bytes that are no text", "\xff\xfe\xc3\x28 oil \xf0\x9f", true},
		{"SQL", "'; DROP TABLE passages; -- oil\" OR 1=1 /* */", true},
		{"HTML", "<script>alert('oil')</script><img src=x onerror=alert(1)>&lt;oil&gt;", true},
		{"query syntax", `+oil -filter title:"machine"~2 AND (NOT *:*) /.*/ [a TO z] ^5 \\`, true},
		{"another workspace's terms", "w\x00oil elsewhere\x00oil", true},
		{"a word of 100,000 letters", strings.Repeat("a", 100_000), false},
		{"a code of 100,000 digits", "E-" + strings.Repeat("4", 100_000), false},
		{"25,000 joined words", strings.Repeat("oil-", 25_000), true},
		{"100 kB of text", strings.Repeat("the machine needs oil and stops ", 3200), true},
		{"100 kB of accents", "oil" + strings.Repeat("\u0301", 50_000), false},
		{"10,000 different words", many(10_000, "ord%d ") + "oil", true},
		{"10,000 different codes", many(10_000, "X-%d ") + "oil", true},
		{"10,000 words spelled like those in passages", many(10_000, "maskin%dene ") + "oil", true},
		{"10,000 numbers in groups", many(10_000, "%03d 000 ") + "oil", true},
		{"nested brackets", strings.Repeat("(", 50_000) + "oil" + strings.Repeat(")", 50_000), true},
		{"words of other languages", "öljy 机器需要油 الزيت масло", false},
	} {
		for _, language := range []string{"nb", "", "zz\x00"} {
			t.Run(tt.name+" in "+fmt.Sprintf("%q", language), func(t *testing.T) {
				t.Parallel()
				ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
				defer cancel()
				q := index.Query{Workspace: "w", Text: tt.text, Language: language, Context: []index.Weighted{{Text: tt.text, Weight: math.NaN()}, {Text: tt.text, Weight: 1e9}}}
				res, err := x.Search(ctx, q)
				require.NoError(t, err)
				require.Empty(t, res.Degraded)
				if tt.finds {
					require.NotEmpty(t, res.Hits)
				}
				for _, h := range res.Hits {
					require.False(t, math.IsNaN(h.Score) || math.IsInf(h.Score, 0), "%+v", h)
				}
				// The same as the value of filters: nothing has it, and nothing is said.
				q.Text, q.Context = "oil", nil
				q.Filter = index.Filter{Sources: []string{tt.text}, Products: []string{tt.text}, Audiences: []index.Audience{index.Audience(tt.text)}}
				res, err = x.Search(ctx, q)
				require.NoError(t, err)
				require.Empty(t, res.Hits)
			})
		}
	}
	// Many values, and dates beyond all calendars.
	q := index.Query{Workspace: "w", Text: "oil", Filter: index.Filter{Sources: strings.Fields(many(10_000, "s%d ") + "Manuals")}}
	require.NotEmpty(t, ids(t, x, q))
	q.Filter = index.Filter{ModifiedAfter: time.Unix(math.MinInt64, 0), ModifiedBefore: time.Unix(math.MaxInt64, 0)}
	require.Empty(t, ids(t, x, q), "none has a date")
}

// FuzzSearch throws text at an index that holds the same text, and uses it as
// the label of a source too.
func FuzzSearch(f *testing.F) {
	for _, s := range []string{
		"", "E-4419 38 900 kr", "\xff\x00", "EN ISO 3744", "a@b.c", strings.Repeat("æ", 300), "ord\x00w", "iso iso 1",
		"😀👍🏽", "\x1b[31mrot\x7f\u202e", "'; DROP TABLE x; --", "<script>x</script>", strings.Repeat("ord ", 3000), "W\u0301", "Å A\u030a", "K\u212a",
	} {
		f.Add(s, "nb", "after", "2026-01-31")
		f.Add(s, "", s, s)
	}
	f.Add("Messer wechseln", "de", "colour", "rot")
	f.Add("Messer wechseln", "de", "source", "messer WECHSELN ")
	x := open(f, f.TempDir())
	f.Fuzz(func(t *testing.T, text, language, name, value string) {
		p := in(language, passage("p", text))
		p.SourceName, p.Modified = text, time.Date(2026, 1, 31, 0, 0, 0, 0, time.UTC)
		if err := x.Apply(t.Context(), index.Batch{Put: []index.Passage{p}}); err != nil {
			t.Fatalf("index %q: %v", text, err)
		}
		find := func(filter index.Filter) []index.Hit {
			res, err := x.Search(t.Context(), index.Query{Workspace: "w", Text: text, Language: language, Filter: filter})
			if err != nil {
				t.Fatalf("search %q with %+v: %v", text, filter, err)
			}
			return res.Hits
		}
		hits := find(index.Filter{})
		evidence := slices.ContainsFunc(index.Analyze(language, text), func(tok index.Token) bool { return !tok.Stop })
		if evidence != (len(hits) == 1) {
			t.Fatalf("%q finds %d passages that hold it", text, len(hits))
		}
		for _, h := range hits {
			if !(h.Score > 0) || h.Parts.Coverage < 0 || h.Parts.Coverage > 1 || h.Parts.Ideal < 0 || h.Parts.Ideal > 1 {
				t.Fatalf("%q scores %+v", text, h)
			}
		}
		if n := len(find(index.Filter{Sources: []string{"x", text}})); n != len(hits) && strings.TrimSpace(text) != "" {
			t.Fatalf("%q is its own source, and finds %d", text, n)
		}
		var filter index.Filter
		err := filter.Add(name, value)
		if err != nil && !errors.Is(err, index.ErrFilter) {
			t.Fatalf("filter %q %q: %v", name, value, err)
		}
		if err == nil && len(find(filter)) > len(hits) {
			t.Fatalf("filter %q %q finds more", name, value)
		}
	})
}

// same is the share of the first ten hits that are found as well when every
// posting is read.
func same(b *testing.B, x *index.Local, queries []string) float64 {
	b.Helper()
	found := func(r index.Recipe) map[string]bool {
		x.Cook(r)
		out := map[string]bool{}
		for i, q := range queries {
			res, err := x.Search(b.Context(), index.Query{Workspace: "w", Text: q, Language: "nb"})
			require.NoError(b, err)
			for _, h := range res.Hits {
				out[fmt.Sprint(i, h.ID)] = true
			}
		}
		return out
	}
	whole := index.Standard()
	whole.Postings, whole.Bound, whole.KinPostings = math.MaxInt, 1, math.MaxInt
	want, got := found(whole), found(index.Standard())
	n := 0
	for hit := range want {
		if got[hit] {
			n++
		}
	}
	return float64(n) / float64(len(want))
}

// corpusParts is n passages of Norwegian-looking words with Zipf's frequencies.
func corpusParts(n, part int) iter.Seq[[]index.Passage] {
	r := rand.New(rand.NewPCG(1, 2))
	zipf := rand.NewZipf(r, 1.1, 4, 50_000)
	return func(yield func([]index.Passage) bool) {
		for from := 0; from < n; from += part {
			passages := make([]index.Passage, min(part, n-from))
			for i := range passages {
				passages[i] = in("nb", passage(fmt.Sprintf("p%07d", from+i), prose(zipf, 60+r.IntN(80))))
				passages[i].Title = prose(zipf, 3)
			}
			if !yield(passages) {
				return
			}
		}
	}
}

// corpus is n of them at once.
func corpus(n int) []index.Passage {
	return slices.Collect(corpusParts(n, n))[0]
}

// prose is n invented words; the number behind a word is spelled in syllables.
func prose(zipf *rand.Zipf, n int) string {
	syllables := strings.Fields("ma rin sko gal ter ven li bro ka dus tro pe fil nor sa hus")
	words := make([]string, n)
	for i := range words {
		var w strings.Builder
		for v := zipf.Uint64() + 20; v > 0; v /= uint64(len(syllables)) {
			w.WriteString(syllables[v%uint64(len(syllables))])
		}
		words[i] = w.String()
	}
	return strings.Join(words, " ")
}

func BenchmarkApply(b *testing.B) {
	x := open(b, b.TempDir())
	passages := corpus(1000)
	for b.Loop() {
		require.NoError(b, x.Apply(b.Context(), index.Batch{Put: passages}))
	}
	b.ReportMetric(float64(len(passages)*b.N)/b.Elapsed().Seconds(), "passages/s")
}

var (
	size = flag.Int("passages", 10_000, "passages that BenchmarkSearch searches")
	kept = flag.String("kept", "", "folder where BenchmarkSearch keeps its index for the next time")
)

// BenchmarkSearch asks questions of 6 to 35 words, one at a time, and reports
// how long it takes to open the index and to answer the first one, too.
func BenchmarkSearch(b *testing.B) {
	dir := cmp.Or(*kept, b.TempDir())
	x := open(b, dir)
	stats, err := x.Stats(b.Context())
	require.NoError(b, err)
	built := 0.0
	if stats.Passages != *size {
		began := time.Now()
		for part := range corpusParts(*size, 1000) {
			require.NoError(b, x.Apply(b.Context(), index.Batch{Put: part}))
		}
		built = float64(*size) / time.Since(began).Seconds()
	}
	require.NoError(b, x.Close())
	began := time.Now()
	x = open(b, dir)
	opened := time.Since(began)
	zipf := rand.NewZipf(rand.New(rand.NewPCG(5, 6)), 1.1, 4, 50_000)
	queries := make([]string, 500)
	for i := range queries {
		queries[i] = prose(zipf, 6+i%30)
	}
	first := time.Now()
	_, err = x.Search(b.Context(), index.Query{Workspace: "w", Text: queries[0], Language: "nb"})
	require.NoError(b, err)
	answered := time.Since(first)
	var took []time.Duration
	i := 0
	for b.Loop() {
		res, err := x.Search(b.Context(), index.Query{Workspace: "w", Text: queries[i%len(queries)], Language: "nb"})
		require.NoError(b, err)
		took = append(took, res.Took)
		i++
	}
	stats, err = x.Stats(b.Context())
	require.NoError(b, err)
	b.ReportMetric(built, "built/s")
	b.ReportMetric(100*same(b, x, queries[:50]), "same-%")
	var memory runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&memory)
	b.ReportMetric(float64(memory.HeapInuse)/(1<<20), "heap-MiB")
	b.ReportMetric(float64(opened.Milliseconds()), "open-ms")
	b.ReportMetric(float64(answered.Milliseconds()), "first-ms")
	b.ReportMetric(float64(stats.Bytes)/float64(stats.Passages), "B/passage")
	slices.Sort(took)
	b.ReportMetric(float64(took[len(took)/2].Microseconds()), "p50-µs")
	b.ReportMetric(float64(took[len(took)*95/100].Microseconds()), "p95-µs")
}
