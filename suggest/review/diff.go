package review

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Op is what became of a piece of text.
type Op string

// The operations of a diff.
const (
	Same   Op = "same"
	Delete Op = "delete" // only in the first text
	Insert Op = "insert" // only in the second text
)

// Piece is a run of words with one fate, with the white space behind each: the
// same and inserted pieces in order are the second text, to the byte. Between
// them, the deleted pieces stand where they were.
type Piece struct {
	Op   Op     `json:"op"`
	Text string `json:"text"`

	// Was is the same words as the first text has them, whose white space may
	// be other; with the deleted pieces in order it is the first text.
	Was string `json:"-"`
}

// maxEdits bounds the work of a diff: a trace takes as many words of memory as
// its square. Texts that differ in more words are shown as replaced in that
// part.
const maxEdits = 1500

// Diff compares two texts word by word with the greedy algorithm of Myers, "An
// O(ND) Difference Algorithm and Its Variations", Algorithmica 1, 1986. White
// space does not count. Within a change the deleted words come first.
func Diff(a, b string) []Piece {
	x, y := words(a), words(b)
	var out []Piece
	head := 0
	for head < len(x) && head < len(y) && x[head].word == y[head].word {
		head++
	}
	tail := 0
	for tail < len(x)-head && tail < len(y)-head && x[len(x)-1-tail].word == y[len(y)-1-tail].word {
		tail++
	}
	for i := range head {
		out = put(out, edit{Same, y[i], x[i]})
	}
	for _, e := range edits(x[head:len(x)-tail], y[head:len(y)-tail]) {
		out = put(out, e)
	}
	for i := tail; i > 0; i-- {
		out = put(out, edit{Same, y[len(y)-i], x[len(x)-i]})
	}
	return ordered(out)
}

// token is a word with the white space behind it; of the first token of a
// text, the word may be empty.
type token struct{ word, space string }

// words cuts a text into words and signs of punctuation. What stands between
// two letters or digits belongs to the word: 46.50, ISO-VG, don't.
func words(text string) []token {
	var out []token
	for len(text) > 0 {
		end := wordEnd(text)
		rest := strings.TrimLeftFunc(text[end:], unicode.IsSpace)
		out = append(out, token{text[:end], text[end : len(text)-len(rest)]})
		text = rest
	}
	return out
}

func wordEnd(text string) int {
	end := 0
	for end < len(text) {
		r, n := utf8.DecodeRuneInString(text[end:])
		switch {
		case inWord(r):
		case unicode.IsSpace(r):
			return end
		case end == 0:
			return n // a sign of its own
		default:
			next, _ := utf8.DecodeRuneInString(text[end+n:])
			if !inWord(next) {
				return end
			}
		}
		end += n
	}
	return end
}

func inWord(r rune) bool {
	return r != utf8.RuneError && (unicode.IsLetter(r) || unicode.IsDigit(r) || unicode.IsMark(r))
}

type edit struct {
	op    Op
	token token
	was   token // of [Same], in the first text
}

// edits is the shortest script from x to y. Past maxEdits, all of x is deleted
// and all of y inserted.
func edits(x, y []token) []edit {
	trace, ok := search(x, y)
	if !ok {
		var out []edit
		for _, w := range x {
			out = append(out, edit{op: Delete, token: w})
		}
		for _, w := range y {
			out = append(out, edit{op: Insert, token: w})
		}
		return out
	}
	// Back from the end, each step to the diagonal that it came from.
	out := make([]edit, 0, max(len(x), len(y)))
	i, j := len(x), len(y)
	for d := len(trace) - 1; d > 0; d-- {
		v, k := trace[d-1], i-j
		insert := down(v, d, k)
		var start int // along x, of the same words after the edit
		if insert {
			start = v.at(k + 1)
		} else {
			start = v.at(k-1) + 1
		}
		for ; i > start; i, j = i-1, j-1 {
			out = append(out, edit{Same, y[j-1], x[i-1]})
		}
		if insert {
			j--
			out = append(out, edit{op: Insert, token: y[j]})
		} else {
			i--
			out = append(out, edit{op: Delete, token: x[i]})
		}
	}
	for i > 0 { // on diagonal 0, the same from here on
		i--
		out = append(out, edit{Same, y[i], x[i]})
	}
	slices.Reverse(out)
	return out
}

// reach is how far along x each diagonal came with d edits: those from -d to
// d in steps of 2.
type reach []int32

func (v reach) at(k int) int { return int(v[(k+len(v)-1)/2]) }

// down reports whether diagonal k is reached with d edits from the one above,
// by an insertion; v is what d-1 edits reached.
func down(v reach, d, k int) bool {
	return k == -d || k != d && v.at(k-1) < v.at(k+1)
}

// search tells for each number of edits how far they reach, until the end.
func search(x, y []token) (trace []reach, ok bool) {
	var v reach
	for d := 0; d <= min(len(x)+len(y), maxEdits); d++ {
		next := make(reach, d+1)
		for k := -d; k <= d; k += 2 {
			i := 0
			switch {
			case d == 0:
			case down(v, d, k):
				i = v.at(k + 1)
			default:
				i = v.at(k-1) + 1
			}
			for i < len(x) && i-k < len(y) && i-k >= 0 && x[i].word == y[i-k].word {
				i++
			}
			next[(k+d)/2] = int32(i)
			if i == len(x) && i-k == len(y) {
				return append(trace, next), true
			}
		}
		trace, v = append(trace, next), next
	}
	return nil, false
}

func put(out []Piece, e edit) []Piece {
	if len(out) == 0 || out[len(out)-1].Op != e.op {
		out = append(out, Piece{Op: e.op})
	}
	last := &out[len(out)-1]
	last.Text += e.token.word + e.token.space
	last.Was += e.was.word + e.was.space
	return out
}

// ordered puts the deleted words of each change before the inserted ones.
func ordered(in []Piece) []Piece {
	var out []Piece
	for i := 0; i < len(in); {
		if in[i].Op == Same {
			out = append(out, in[i])
			i++
			continue
		}
		var gone, come string
		for ; i < len(in) && in[i].Op != Same; i++ {
			if in[i].Op == Delete {
				gone += in[i].Text
			} else {
				come += in[i].Text
			}
		}
		if gone != "" {
			out = append(out, Piece{Op: Delete, Text: gone})
		}
		if come != "" {
			out = append(out, Piece{Op: Insert, Text: come})
		}
	}
	return out
}
