// Package table is the letter statistics that language identification looks
// words up in, and the compact file they are kept in.
//
// A gram is one to five symbols: letters, and the boundaries of a word. Its
// entry says, for each class, how likely the gram's last symbol is after the
// ones before it, compared with the class in which it is likeliest. Grams that
// say nothing their endings do not say already are left out, so a reader takes
// the longest gram that is there.
package table

import (
	"bufio"
	"bytes"
	"compress/flate"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math/bits"
	"slices"
)

// Sizes that the format fixes.
const (
	MaxGram    = 5  // symbols in a gram
	MaxClasses = 16 // classes of a table
	Levels     = 16 // steps of likelihood, 0 the likeliest class

	// Step is the natural logarithm between two levels.
	Step = 0.45

	symbolBits = 7
	levelBits  = 4
	version    = 1
	magic      = "SLID"
	// maxEntries bounds what a damaged file can make us allocate.
	maxEntries = 1 << 20
)

// ErrDamaged means that a file is not a table of this version.
var ErrDamaged = errors.New("language table is damaged or of another version; run go generate ./index/lang")

// Key is a gram: seven bits a symbol, the last symbol lowest.
type Key uint64

// Symbols that are not letters.
const (
	None     Key = 0 // never part of a gram
	Boundary Key = 1 // before the first and after the last letter of a word
	Foreign  Key = 2 // a letter that is not in letters
)

// letters in the order of their symbols, which start after Foreign.
const letters = "abcdefghijklmnopqrstuvwxyzßàáâãäåæçèéêëìíîïðñòóôõöøùúûüýþÿąćčęłńőœśšűźżž"

var symbols = func() map[rune]Key {
	m := make(map[rune]Key, len(letters))
	next := Foreign + 1
	for _, r := range letters {
		m[r] = next
		next++
	}
	return m
}()

// Symbol is the symbol of a lower-case letter, [Foreign] when there is none.
func Symbol(r rune) Key {
	if 'a' <= r && r <= 'z' {
		return Foreign + 1 + Key(r-'a')
	}
	if s, ok := symbols[r]; ok {
		return s
	}
	return Foreign
}

// Push is the gram k followed by the symbol s; symbols beyond [MaxGram] fall
// off its beginning.
func (k Key) Push(s Key) Key {
	return (k<<symbolBits | s) & (1<<(MaxGram*symbolBits) - 1)
}

// Last is the gram of the last n symbols of k.
func (k Key) Last(n int) Key {
	return k & (1<<(n*symbolBits) - 1)
}

// Head is k without its last symbol.
func (k Key) Head() Key {
	return k >> symbolBits
}

// After is the gram k with the symbol s before it.
func (k Key) After(s Key) Key {
	return s<<(k.Len()*symbolBits) | k
}

// Len is the number of symbols in k.
func (k Key) Len() int {
	return (bits.Len64(uint64(k)) + symbolBits - 1) / symbolBits
}

// Entry is a gram and its levels.
type Entry struct {
	Gram   Key
	Levels Levels4
}

// Levels4 holds a level of 0 to 15 for each of sixteen classes.
type Levels4 uint64

// Of is the level of class i.
func (l Levels4) Of(i int) uint8 {
	return uint8(l >> (i * levelBits) & (Levels - 1))
}

// With is l with another level for class i.
func (l Levels4) With(i int, level uint8) Levels4 {
	shift := i * levelBits
	return l&^(Levels4(Levels-1)<<shift) | Levels4(level&(Levels-1))<<shift
}

// Sum adds up levels, eight classes at a time.
type Sum struct {
	even, odd uint64 // a byte a class
	n         int    // levels in even and odd
	total     [MaxClasses]int
}

// lanes keeps the lower half of each byte.
const lanes = 0x0f0f0f0f0f0f0f0f

// Add adds l.
func (s *Sum) Add(l Levels4) {
	s.even += uint64(l) & lanes
	s.odd += uint64(l) >> levelBits & lanes
	if s.n++; s.n == 255/(Levels-1) { // one more could carry into the next class
		s.flush()
	}
}

// All is the sums so far, a class at its index.
func (s *Sum) All() [MaxClasses]int {
	s.flush()
	return s.total
}

func (s *Sum) flush() {
	for i := range MaxClasses / 2 {
		s.total[2*i] += int(s.even >> (8 * i) & 0xff)
		s.total[2*i+1] += int(s.odd >> (8 * i) & 0xff)
	}
	s.even, s.odd, s.n = 0, 0, 0
}

// Table finds the levels of grams. It is safe for concurrent use.
type Table struct {
	Classes []string
	grams   []Key // open addressing, None where empty
	levels  []Levels4
	shift   int
}

// New is a table of entries, which must not repeat a gram.
func New(classes []string, entries []Entry) *Table {
	size := bits.Len(uint(len(entries)*3/2) | 1)
	t := &Table{Classes: classes, grams: make([]Key, 1<<size), levels: make([]Levels4, 1<<size), shift: 64 - size}
	for _, e := range entries {
		i := t.slot(e.Gram)
		t.grams[i], t.levels[i] = e.Gram, e.Levels
	}
	return t
}

// Longest is the levels of the longest gram that ends like k and is in the
// table; ok is false when not even the last symbol is.
func (t *Table) Longest(k Key) (l Levels4, ok bool) {
	for n := k.Len(); n > 0; n-- {
		g := k.Last(n)
		if i := t.slot(g); t.grams[i] == g {
			return t.levels[i], true
		}
	}
	return 0, false
}

// slot is where g is, or where it would be put. The table always has room.
func (t *Table) slot(g Key) int {
	// Fibonacci hashing, Knuth, The Art of Computer Programming 3, 6.4.
	i := int(uint64(g) * 0x9E3779B97F4A7C15 >> t.shift) //nolint:gosec // shifted to the table's size
	for t.grams[i] != g && t.grams[i] != None {
		i = (i + 1) & (len(t.grams) - 1)
	}
	return i
}

// Write writes a table file. The entries are sorted in place; the same entries
// give the same bytes.
func Write(w io.Writer, classes []string, entries []Entry) error {
	if len(classes) == 0 || len(classes) > MaxClasses || len(entries) > maxEntries {
		return fmt.Errorf("%d classes and %d entries: a table holds at most %d and %d", len(classes), len(entries), MaxClasses, maxEntries)
	}
	slices.SortFunc(entries, func(a, b Entry) int {
		if a.Gram < b.Gram {
			return -1
		}
		return 1
	})
	var raw []byte
	raw = binary.AppendUvarint(raw, uint64(len(classes)))
	for _, c := range classes {
		raw = binary.AppendUvarint(raw, uint64(len(c)))
		raw = append(raw, c...)
	}
	raw = binary.AppendUvarint(raw, uint64(len(entries)))
	var last Key
	for _, e := range entries {
		if e.Gram <= last {
			return fmt.Errorf("gram %d: repeated or empty", e.Gram)
		}
		raw = binary.AppendUvarint(raw, uint64(e.Gram-last))
		last = e.Gram
	}
	// A column a class packs better than a row an entry.
	for c := range classes {
		for i := 0; i < len(entries); i += 2 {
			b := entries[i].Levels.Of(c)
			if i+1 < len(entries) {
				b |= entries[i+1].Levels.Of(c) << levelBits
			}
			raw = append(raw, b)
		}
	}
	if _, err := io.WriteString(w, magic+string(rune(version))); err != nil {
		return fmt.Errorf("write language table: %w", err)
	}
	z, err := flate.NewWriter(w, flate.BestCompression)
	if err != nil {
		return fmt.Errorf("write language table: %w", err)
	}
	if _, err := z.Write(raw); err != nil {
		return fmt.Errorf("write language table: %w", err)
	}
	if err := z.Close(); err != nil {
		return fmt.Errorf("write language table: %w", err)
	}
	return nil
}

// Read reads what [Write] wrote. Errors wrap [ErrDamaged].
func Read(b []byte) (*Table, error) {
	head := []byte(magic + string(rune(version)))
	if !bytes.HasPrefix(b, head) {
		return nil, fmt.Errorf("header: %w", ErrDamaged)
	}
	z := flate.NewReader(bytes.NewReader(b[len(head):]))
	r := bufio.NewReader(z)
	n, err := binary.ReadUvarint(r)
	if err != nil || n == 0 || n > MaxClasses {
		return nil, fmt.Errorf("number of classes: %w", ErrDamaged)
	}
	classes := make([]string, n)
	for i := range classes {
		size, err := r.ReadByte()
		if err != nil || size > 8 {
			return nil, fmt.Errorf("class %d: %w", i, ErrDamaged)
		}
		name := make([]byte, size)
		if _, err := io.ReadFull(r, name); err != nil {
			return nil, fmt.Errorf("class %d: %w", i, ErrDamaged)
		}
		classes[i] = string(name)
	}
	count, err := binary.ReadUvarint(r)
	if err != nil || count > maxEntries {
		return nil, fmt.Errorf("number of entries: %w", ErrDamaged)
	}
	var entries []Entry // grown as the file proves that it holds them
	var last Key
	for i := range count {
		d, err := binary.ReadUvarint(r)
		next := last + Key(d)
		if err != nil || next <= last || next.Len() > MaxGram {
			return nil, fmt.Errorf("gram %d of %d: %w", i, count, ErrDamaged)
		}
		entries = append(entries, Entry{Gram: next})
		last = next
	}
	column := make([]byte, (len(entries)+1)/2)
	for c := range classes {
		if _, err := io.ReadFull(r, column); err != nil {
			return nil, fmt.Errorf("levels of %q: %w", classes[c], ErrDamaged)
		}
		for i := range entries {
			entries[i].Levels = entries[i].Levels.With(c, column[i/2]>>(i%2*levelBits))
		}
	}
	return New(classes, entries), nil
}
