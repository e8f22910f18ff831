package bilingual

import (
	"cmp"
	"context"
	"iter"
	"maps"
	"path"
	"slices"
	"strings"
	"sync"

	"github.com/sufflor/sufflor/index"
)

// The bounds of what is compared.
const (
	maxDocuments = 50_000   // of a workspace
	maxHeld      = 64 << 20 // bytes of text that are compared; the rest teaches nothing
	maxPassages  = 500      // of a document; longer ones are aligned by what comes first
	common       = 40       // documents in which a code stands that tells nothing
	partners     = 3        // documents in one other language that one is learnt with
)

const (
	// leastAlike is how much of their codes and numbers two documents must
	// share: of those in either, weighed by rarity.
	leastAlike = 0.4
	// leastCodes is how many that must be.
	leastCodes = 3
	// leastMatch is how well two passages must fit.
	leastMatch = 0.35
	// leastSame is the share of their codes and numbers that must be the same for
	// one to stand for the other: another country's terms have other numbers.
	leastSame = 0.8
)

// document is what is kept of one while others are looked for.
type document struct {
	id, language string
	name         string // its path without what names a language
	passages     []index.Passage
	codes        map[string]bool
}

// parallels are the texts that passages hold in two languages, and which of the
// passages say the same. Documents belong together when their paths differ by
// the language's name only, or when they share codes and numbers that few others
// have; passages, when they stand in the same order with the same codes.
func parallels(ctx context.Context, passages iter.Seq2[index.Passage, error]) ([]Sample, map[string][]string, error) {
	docs, err := documents(ctx, passages)
	if err != nil {
		return nil, nil, err
	}
	var out []Sample
	same := map[string][]string{}
	for _, p := range together(docs) {
		if err := ctx.Err(); err != nil {
			return nil, nil, err
		}
		a, b := p[0], p[1]
		out = append(out, pieces(a.passages[0].Title, b.passages[0].Title, a.language, b.language)...)
		for _, m := range match(a.passages, b.passages) {
			x, y := a.passages[m.a], b.passages[m.b]
			out = append(out, parts(x, y)...)
			if m.agree {
				same[x.ID] = append(same[x.ID], y.ID)
				same[y.ID] = append(same[y.ID], x.ID)
			}
		}
	}
	return out, same, nil
}

func documents(ctx context.Context, passages iter.Seq2[index.Passage, error]) ([]*document, error) {
	by := map[string]*document{}
	held := 0
	for p, err := range passages {
		if err != nil {
			return nil, err
		}
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		if p.Language == "" {
			continue
		}
		// A price list may hold a sheet in each language.
		id := p.Document + "\x00" + p.Language
		d := by[id]
		if d == nil {
			if len(by) == maxDocuments {
				break
			}
			d = &document{id: id, language: p.Language, name: nameless(p.Source), codes: map[string]bool{}}
			by[id] = d
		}
		if len(d.passages) == maxPassages {
			continue
		}
		if held += size(p); held > maxHeld {
			break
		}
		d.passages = append(d.passages, p)
		maps.Copy(d.codes, codesOf(p))
	}
	docs := slices.SortedFunc(maps.Values(by), func(a, b *document) int { return cmp.Compare(a.id, b.id) })
	for _, d := range docs {
		slices.SortFunc(d.passages, func(a, b index.Passage) int {
			return cmp.Or(cmp.Compare(a.Ordinal, b.Ordinal), cmp.Compare(a.ID, b.ID))
		})
	}
	return docs, nil
}

// size is the bytes of text in a passage.
func size(p index.Passage) int {
	n := len(p.Text) + len(p.Question)
	for _, h := range p.Headings {
		n += len(h)
	}
	for _, c := range p.Cells {
		n += len(c.Header) + len(c.Value)
	}
	return n
}

// codesOf is the identifiers and numbers of a passage, as the search knows them.
func codesOf(p index.Passage) map[string]bool {
	out := map[string]bool{}
	for _, t := range index.Analyze(p.Language, strings.Join(append(slices.Clone(p.Headings), p.Question, p.Text), "\n")) {
		if t.Identifier && len(t.Term) > 1 {
			out[t.Term] = true
		}
	}
	return out
}

// languageNames are how folders and files say in which language they are.
var languageNames = sync.OnceValue(func() map[string]bool {
	out := map[string]bool{}
	for n := range strings.FieldsSeq(`nb no nn nor nob norsk norwegian bokmal bokmål sv se swe svensk svenska swedish da dk dan dansk danish
fi fin suomi finnish de ger deu deutsch german en eng english gb us uk engelsk tysk finsk ruotsi norja tanska saksa englanti`) {
		out[n] = true
	}
	return out
})

// nameless is a path without what names a language, or "" when nothing does.
func nameless(source string) string {
	source = strings.ToLower(strings.ReplaceAll(source, `\`, "/"))
	source = strings.TrimSuffix(source, path.Ext(source))
	found := false
	kept := strings.FieldsFunc(source, func(r rune) bool { return strings.ContainsRune("/._- ()[]", r) })
	kept = slices.DeleteFunc(kept, func(part string) bool {
		named := languageNames()[part]
		found = found || named
		return named
	})
	if !found || len(kept) == 0 {
		return ""
	}
	return strings.Join(kept, " ")
}

// together is the documents that say the same in two languages.
func together(docs []*document) [][2]*document {
	holders := map[string][]int{}
	named := map[string][]int{}
	for i, d := range docs {
		if d.name != "" {
			named[d.name] = append(named[d.name], i)
		}
		for c := range d.codes {
			holders[c] = append(holders[c], i)
		}
	}
	weight := func(c string) float64 {
		if n := len(holders[c]); n > 1 && n <= common {
			return 1 / float64(n)
		}
		return 0
	}
	mass := make([]float64, len(docs))
	for i, d := range docs {
		for _, c := range slices.Sorted(maps.Keys(d.codes)) {
			mass[i] += weight(c)
		}
	}
	type fit struct {
		with  int
		score float64
	}
	best := make([]map[string][]fit, len(docs)) // by the other's language
	for i, d := range docs {
		shared, count := map[int]float64{}, map[int]int{}
		for _, c := range slices.Sorted(maps.Keys(d.codes)) {
			w := weight(c)
			if w == 0 {
				continue
			}
			for _, j := range holders[c] {
				if docs[j].language != d.language {
					shared[j] += w
					count[j]++
				}
			}
		}
		fits := map[string][]fit{}
		for _, j := range slices.Sorted(maps.Keys(shared)) {
			score := shared[j] / (mass[i] + mass[j] - shared[j])
			if count[j] >= leastCodes && score >= leastAlike {
				fits[docs[j].language] = append(fits[docs[j].language], fit{j, score})
			}
		}
		for _, j := range named[d.name] {
			if d.name != "" && docs[j].language != d.language && !slices.ContainsFunc(fits[docs[j].language], func(f fit) bool { return f.with == j }) {
				fits[docs[j].language] = append(fits[docs[j].language], fit{j, 1})
			}
		}
		for l := range fits {
			slices.SortFunc(fits[l], func(a, b fit) int { return cmp.Or(cmp.Compare(b.score, a.score), cmp.Compare(a.with, b.with)) })
			fits[l] = fits[l][:min(len(fits[l]), partners)]
		}
		best[i] = fits
	}
	var out [][2]*document
	for i, d := range docs {
		for _, l := range slices.Sorted(maps.Keys(best[i])) {
			for _, f := range best[i][l] {
				mutual := slices.ContainsFunc(best[f.with][d.language], func(o fit) bool { return o.with == i })
				if mutual && i < f.with {
					out = append(out, [2]*document{d, docs[f.with]})
				}
			}
		}
	}
	return out
}

// matched is the places of two passages.
type matched struct {
	a, b  int
	agree bool // they hold the same codes and numbers, so that one can stand for the other
}

// match aligns passages in order: those that fit best in sum, none twice and
// none crossing (Needleman and Wunsch, Journal of Molecular Biology 48, 1970).
func match(a, b []index.Passage) []matched {
	codesA, codesB := make([]map[string]bool, len(a)), make([]map[string]bool, len(b))
	for i := range a {
		codesA[i] = codesOf(a[i])
	}
	for j := range b {
		codesB[j] = codesOf(b[j])
	}
	sum := make([][]float64, len(a)+1)
	for i := range sum {
		sum[i] = make([]float64, len(b)+1)
	}
	scores := make([][]float64, len(a))
	for i := len(a) - 1; i >= 0; i-- {
		scores[i] = make([]float64, len(b))
		for j := len(b) - 1; j >= 0; j-- {
			s := fits(a[i], b[j], codesA[i], codesB[j])
			scores[i][j] = s
			sum[i][j] = max(sum[i+1][j], sum[i][j+1])
			if s >= leastMatch {
				sum[i][j] = max(sum[i][j], sum[i+1][j+1]+s)
			}
		}
	}
	var out []matched
	for i, j := 0, 0; i < len(a) && j < len(b); {
		switch s := scores[i][j]; {
		case s >= leastMatch && sum[i][j] == sum[i+1][j+1]+s:
			out = append(out, matched{i, j, agree(codesA[i], codesB[j])})
			i, j = i+1, j+1
		case sum[i][j] == sum[i+1][j]:
			i++
		default:
			j++
		}
	}
	return out
}

// fits is how likely two passages say the same, 0 to 1.
func fits(a, b index.Passage, codesA, codesB map[string]bool) float64 {
	if a.Kind != b.Kind || len(a.Headings) != len(b.Headings) && a.Kind != index.KindRow {
		return 0
	}
	longer, shorter := max(len(a.Text), len(b.Text)), min(len(a.Text), len(b.Text))
	if longer == 0 || longer > 3*shorter+20 {
		return 0
	}
	length := float64(shorter) / float64(longer)
	alike, any := alike(codesA, codesB)
	if !any {
		return 0.5 * length // nothing to tell by but the order
	}
	return 0.7*alike + 0.3*length
}

// alike is the share of codes in both of those in either, and whether there are
// any.
func alike(a, b map[string]bool) (float64, bool) {
	shared := 0
	for c := range a {
		if b[c] {
			shared++
		}
	}
	all := len(a) + len(b) - shared
	if all == 0 {
		return 0, false
	}
	return float64(shared) / float64(all), true
}

// agree reports whether the codes and numbers of two passages are the same, or
// there are none.
func agree(a, b map[string]bool) bool {
	share, any := alike(a, b)
	return !any || share >= leastSame
}

// parts are the texts of two passages that say the same.
func parts(a, b index.Passage) []Sample {
	out := pieces(a.Question, b.Question, a.Language, b.Language)
	if len(a.Headings) == len(b.Headings) {
		for i := range a.Headings {
			out = append(out, pieces(a.Headings[i], b.Headings[i], a.Language, b.Language)...)
		}
	}
	if len(a.Cells) == len(b.Cells) {
		for i := range a.Cells {
			out = append(out, pieces(a.Cells[i].Header, b.Cells[i].Header, a.Language, b.Language)...)
			out = append(out, pieces(a.Cells[i].Value, b.Cells[i].Value, a.Language, b.Language)...)
		}
	}
	return append(out, pieces(a.Text, b.Text, a.Language, b.Language)...)
}

// pieces is two texts, parted as finely as both part alike.
func pieces(a, b, from, to string) []Sample {
	a, b = strings.TrimSpace(a), strings.TrimSpace(b)
	if a == "" || b == "" {
		return nil
	}
	for _, split := range []func(string) []string{paragraphs, lines, sentences} {
		left, right := split(a), split(b)
		if len(left) > 1 && len(left) == len(right) {
			var out []Sample
			for i := range left {
				out = append(out, pieces(left[i], right[i], from, to)...)
			}
			return out
		}
	}
	return []Sample{{Side{from, a}, Side{to, b}}}
}

func paragraphs(s string) []string { return nonempty(strings.Split(s, "\n\n")) }

func lines(s string) []string { return nonempty(strings.Split(s, "\n")) }

// sentences parts roughly: both sides are parted alike or not at all.
func sentences(s string) []string {
	var out []string
	from := 0
	for i := 0; i+1 < len(s); i++ {
		if strings.ContainsRune(".?!:", rune(s[i])) && s[i+1] == ' ' {
			out, from = append(out, s[from:i+1]), i+2
		}
	}
	return nonempty(append(out, s[min(from, len(s)):]))
}

func nonempty(list []string) []string {
	return slices.DeleteFunc(list, func(s string) bool { return strings.TrimSpace(s) == "" })
}
