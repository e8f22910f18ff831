// Command gen makes the table that package lang embeds, from the letter
// statistics of lingua-go (see ../NOTICE):
//
//	go mod download -json github.com/pemistahl/lingua-go@v1.4.0 # its Dir
//	go run ./index/lang/gen -models Dir/language-models
//
// The same models give the same bytes; it takes two minutes.
//
// lingua's models give P(letter | up to four letters before it) and know
// nothing of where words begin and end. Both can be had back from them. The
// rarest letter occurs once, so its probability is one through the number of
// letters, and every conditional probability becomes a count. What is missing
// between the count of "ikke" and the counts of all its continuations are the
// words that end in it; likewise on the left side, and by inclusion and
// exclusion for whole words of up to three letters. Short function words tell
// Norwegian, Danish and Swedish apart better than anything else.
//
// A gram is kept when knowing it, rather than its longest kept ending, raises
// the expected log probability of the right language enough.
package main

import (
	"archive/zip"
	"bytes"
	"cmp"
	"encoding/binary"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"math"
	"os"
	"path/filepath"
	"slices"

	"github.com/sufflor/sufflor/index/lang/internal/table"
)

// class is what the table tells apart. Languages we do not support are there
// to be recognised as such; rare ones are pooled.
type class struct {
	name   string
	group  int // classes of one group need not be told apart
	models []string
}

const groupOther = 6

var classes = []class{
	{"nb", 0, []string{"nb"}},
	{"nn", 0, []string{"nn"}},
	{"sv", 1, []string{"sv"}},
	{"da", 2, []string{"da"}},
	{"fi", 3, []string{"fi"}},
	{"de", 4, []string{"de"}},
	{"en", 5, []string{"en"}},
	{"fr", groupOther, []string{"fr"}},
	{"es", groupOther, []string{"es"}},
	{"nl", groupOther, []string{"nl"}},
	{"pl", groupOther, []string{"pl"}},
	{"et", groupOther, []string{"et"}},
	{"is", groupOther, []string{"is"}},
	{"x1", groupOther, []string{"it", "pt", "ro", "ca"}},
	{"x2", groupOther, []string{"cs", "sk", "sl", "hr", "lt", "lv"}},
	{"x3", groupOther, []string{"tr", "hu", "id", "sq", "so", "cy"}},
}

const (
	// shrink is how many observations the shorter gram counts as.
	shrink = 4.0
	// maxModel bounds one unpacked model; the largest has 8 MB.
	maxModel = 64 << 20
)

var orders = []string{"unigrams", "bigrams", "trigrams", "quadrigrams", "fivegrams"}

func main() {
	models := flag.String("models", "", "folder language-models of github.com/pemistahl/lingua-go v1.4.0")
	out := flag.String("out", "index/lang/grams.bin", "file to write")
	size := flag.Int("entries", 116_000, "grams to keep")
	flag.Parse()
	if err := run(*models, *out, *size); err != nil {
		slog.New(slog.NewTextHandler(os.Stderr, nil)).Error("make language table", "err", err)
		os.Exit(1) //nolint:forbidigo // this is a main
	}
}

func run(models, out string, size int) error {
	if models == "" {
		return errors.New("-models: required; go mod download -json github.com/pemistahl/lingua-go@v1.4.0 tells the module's Dir, take its folder language-models")
	}
	var ms []model
	for _, c := range classes {
		m, err := train(models, c.models)
		if err != nil {
			return fmt.Errorf("class %s: %w", c.name, err)
		}
		ms = append(ms, m)
	}
	entries := prune(ms, size)
	names := make([]string, len(classes))
	for i, c := range classes {
		names[i] = c.name
	}
	var b bytes.Buffer
	if err := table.Write(&b, names, entries); err != nil {
		return err
	}
	if err := os.WriteFile(out, b.Bytes(), 0o644); err != nil { //nolint:gosec // a source file
		return err
	}
	fmt.Printf("%s: %d grams, %d bytes\n", out, len(entries), b.Len())
	return nil
}

// model is how often each gram occurs in a million words, boundaries included.
type model struct {
	counts map[table.Key]float64
	memo   map[table.Key]float64
}

// train adds up the counts of the languages, each scaled to a million words.
func train(dir string, languages []string) (model, error) {
	m := model{counts: map[table.Key]float64{}, memo: map[table.Key]float64{}}
	for _, l := range languages {
		inner, err := counts(filepath.Join(dir, l))
		if err != nil {
			return model{}, err
		}
		all := bounded(inner)
		scale := 1e6 / all[table.Boundary] / float64(len(languages))
		for k, n := range all {
			m.counts[k] += n * scale
		}
	}
	return m, nil
}

// counts gives back how often each gram of letters occurred.
func counts(dir string) (map[table.Key]float64, error) {
	all := map[table.Key]float64{}
	var total float64
	for n, order := range orders {
		probs, err := read(filepath.Join(dir, order+".pb.bin.zip"))
		if err != nil {
			return nil, err
		}
		if n == 0 {
			rarest := 1.0
			for _, g := range probs {
				rarest = min(rarest, g.p)
			}
			total = 1 / rarest
		}
		for _, g := range probs {
			var k, before table.Key
			for _, r := range g.text {
				before, k = k, k.Push(table.Symbol(r))
			}
			if k.Len() != n+1 {
				return nil, fmt.Errorf("%s: %q among the %s", dir, g.text, order)
			}
			given := total
			if n > 0 {
				given = all[before]
			}
			all[k] += math.Round(g.p * given)
		}
	}
	return all, nil
}

// bounded adds the grams with word boundaries to those of letters.
func bounded(inner map[table.Key]float64) map[table.Key]float64 {
	type around struct{ left, right, both float64 }
	sums := map[table.Key]around{}
	for k, n := range inner {
		size := k.Len()
		if size > 1 {
			tail := k.Last(size - 1)
			s := sums[tail]
			s.left += n
			sums[tail] = s
			head := k.Head()
			s = sums[head]
			s.right += n
			sums[head] = s
		}
		if size > 2 {
			mid := k.Head().Last(size - 2)
			s := sums[mid]
			s.both += n
			sums[mid] = s
		}
	}
	all := make(map[table.Key]float64, len(inner)*2)
	words := 0.0
	for k, n := range inner {
		all[k] = n
		size := k.Len()
		if size == table.MaxGram {
			continue
		}
		s := sums[k]
		if d := n - s.right; d > 0 {
			all[k.Push(table.Boundary)] = d
		}
		if d := n - s.left; d > 0 {
			all[k.After(table.Boundary)] = d
			if size == 1 {
				words += d
			}
		}
		if size <= table.MaxGram-2 {
			// Rare words of models whose texts were cut differently do not
			// add up; a part is never more than the whole.
			d := min(n-s.left-s.right+s.both, n-s.left, n-s.right)
			if d > 0 {
				all[k.After(table.Boundary).Push(table.Boundary)] = d
			}
		}
	}
	all[table.Boundary] = words
	return all
}

// prob is the smoothed probability of the gram's last symbol after the others.
func (m model) prob(k table.Key) float64 {
	if p, ok := m.memo[k]; ok {
		return p
	}
	n := k.Len()
	var p float64
	if n == 1 {
		letters := 5.5e6 // of a million words, boundaries included
		p = (m.counts[k] + .5) / letters
	} else {
		// Counts are per million words of a corpus of about twenty million.
		const corpus = 20
		given := m.counts[k.Head()] * corpus
		p = (min(m.counts[k]*corpus, given) + shrink*m.prob(k.Last(n-1))) / (given + shrink)
	}
	m.memo[k] = p
	return p
}

// logs is the log probabilities of all classes, the likeliest 0.
type logs [table.MaxClasses]float64

func vector(ms []model, k table.Key) logs {
	var v logs
	top := math.Inf(-1)
	for i, m := range ms {
		v[i] = math.Log(m.prob(k))
		top = max(top, v[i])
	}
	for i := range ms {
		v[i] = max(v[i]-top, -table.Step*(table.Levels-1))
	}
	return v
}

// prune keeps the grams with the highest gain. Shorter ones are settled first:
// what a longer gram adds depends on which of its endings is kept.
func prune(ms []model, size int) []table.Entry {
	byLen := make([][]table.Key, table.MaxGram+1)
	seen := map[table.Key]bool{}
	for _, m := range ms {
		for k, n := range m.counts {
			if !seen[k] && n > .2 {
				seen[k] = true
				byLen[k.Len()] = append(byLen[k.Len()], k)
			}
		}
	}
	for _, ks := range byLen {
		slices.Sort(ks)
	}
	// The threshold that gives the wanted size is found by bisection.
	low, high := 0.0, 1000.0
	var best []table.Entry
	for range 24 {
		mid := (low + high) / 2
		if low == 0 {
			mid = high / 10
		}
		entries := above(ms, byLen, mid)
		if len(entries) > size {
			low = mid
		} else {
			high = mid
			best = entries
		}
		if d := size - len(entries); d >= 0 && d < size/100 {
			break
		}
	}
	return best
}

func above(ms []model, byLen [][]table.Key, threshold float64) []table.Entry {
	kept := map[table.Key]logs{}
	var entries []table.Entry
	for n := 1; n <= table.MaxGram; n++ {
		for _, k := range byLen[n] {
			if n > 1 && atMost(ms, k) < threshold {
				continue
			}
			v := vector(ms, k)
			if n > 1 {
				if gain(ms, k, v, ending(kept, k)) < threshold {
					continue
				}
			}
			kept[k] = v
			e := table.Entry{Gram: k}
			for i := range ms {
				e.Levels = e.Levels.With(i, uint8(math.Round(-v[i]/table.Step)))
			}
			entries = append(entries, e)
		}
	}
	return entries
}

func ending(kept map[table.Key]logs, k table.Key) logs {
	for n := k.Len() - 1; n > 0; n-- {
		if v, ok := kept[k.Last(n)]; ok {
			return v
		}
	}
	return logs{}
}

// weight is how much class i counts when grams are chosen.
func weight(i int) float64 {
	if classes[i].group == groupOther {
		return .25
	}
	return 1
}

// atMost is a quick upper bound of gain, which keeps the search short.
func atMost(ms []model, k table.Key) float64 {
	g := 0.0
	for i, m := range ms {
		g += weight(i) * m.counts[k]
	}
	return g * (table.Step*(table.Levels-1) + 3) // ln 16 < 3
}

// gain is how many nats a million words of each language gain together when
// the gram is looked up instead of its ending. Grams that mislead gain nothing.
func gain(ms []model, k table.Key, v, without logs) float64 {
	g := 0.0
	a, b := posterior(v), posterior(without)
	for i, m := range ms {
		g += weight(i) * m.counts[k] * (a[classes[i].group] - b[classes[i].group])
	}
	return g
}

// posterior is the log probability of each group after one gram.
func posterior(v logs) [groupOther + 1]float64 {
	var p [groupOther + 1]float64
	sum := 0.0
	for i, c := range classes {
		x := math.Exp(v[i])
		p[c.group] += x
		sum += x
	}
	for i := range p {
		p[i] = math.Log(p[i] / sum)
	}
	return p
}

// gram is a gram of letters and its conditional probability.
type gram struct {
	text string
	p    float64
}

// read unpacks a model: a zip file with one protocol buffer, whose field 4
// repeats { double probability = 1; repeated string ngrams = 2 }.
func read(path string) ([]gram, error) {
	z, err := zip.OpenReader(path)
	if err != nil {
		return nil, err
	}
	defer z.Close() //nolint:errcheck // only read
	if len(z.File) != 1 {
		return nil, fmt.Errorf("%s: %d files, want 1", path, len(z.File))
	}
	f, err := z.File[0].Open()
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	defer f.Close() //nolint:errcheck // only read
	b, err := io.ReadAll(io.LimitReader(f, maxModel))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	var out []gram
	err = fields(b, func(number uint64, _ float64, set []byte) error {
		if number != 4 {
			return nil
		}
		var p float64
		return fields(set, func(number uint64, x float64, text []byte) error {
			switch number {
			case 1:
				p = x
			case 2:
				out = append(out, gram{string(text), p})
			}
			return nil
		})
	})
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	slices.SortFunc(out, func(a, b gram) int { return cmp.Compare(a.text, b.text) })
	return out, nil
}

var errWire = errors.New("not a protocol buffer of lingua-go v1.4.0")

// fields calls f for each field of a protocol buffer message.
func fields(b []byte, f func(number uint64, double float64, text []byte) error) error {
	for len(b) > 0 {
		tag, n := binary.Uvarint(b)
		if n <= 0 {
			return errWire
		}
		b = b[n:]
		var double float64
		var text []byte
		switch tag & 7 {
		case 0:
			_, n := binary.Uvarint(b)
			if n <= 0 {
				return errWire
			}
			b = b[n:]
		case 1:
			if len(b) < 8 {
				return errWire
			}
			double = math.Float64frombits(binary.LittleEndian.Uint64(b))
			b = b[8:]
		case 2:
			size, n := binary.Uvarint(b)
			if n <= 0 || size > uint64(len(b)-n) { //nolint:gosec // n is at most len(b)
				return errWire
			}
			text = b[n : n+int(size)] //nolint:gosec // bounded above
			b = b[n+int(size):]       //nolint:gosec // bounded above
		default:
			return errWire
		}
		if err := f(tag>>3, double, text); err != nil {
			return err
		}
	}
	return nil
}
