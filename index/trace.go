package index

import (
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/blevesearch/bleve/v2/index/scorch"
	bleve "github.com/blevesearch/bleve_index_api"
)

// trace is a term of a passage in its place, as the second look needs it.
type trace struct {
	term   string
	folded string // the word before stemming; "" for an identifier
}

// traces are the terms of a passage that carry meaning: those of title and
// headings, of the question, and of the text.
type traces [3][]trace

// The places in traces.
const (
	inTitle = iota
	inQuestion
	inText
)

// traced is the words of one part.
func traced(words []word) []trace {
	out := make([]trace, 0, len(words))
	for _, w := range words {
		if !w.Stop {
			out = append(out, trace{w.Term, w.folded})
		}
	}
	return out
}

// Terms hold neither blanks nor the signs used here: the scanner splits words
// at them.
const (
	partEnd   = "\n"
	wordEnd   = " "
	isCode    = '#'
	cutMark   = "|" // followed by the number of bytes that the stem lacks
	otherMark = ">" // followed by the stem
)

// encode is t as it is stored. Most stems are the beginning of their word.
func (t traces) encode() []byte {
	var out []byte
	for i, part := range t {
		if i > 0 {
			out = append(out, partEnd...)
		}
		for j, w := range part {
			if j > 0 {
				out = append(out, wordEnd...)
			}
			switch {
			case w.folded == "":
				out = append(append(out, isCode), w.term...)
			case w.folded == w.term:
				out = append(out, w.folded...)
			case strings.HasPrefix(w.folded, w.term):
				out = append(append(out, w.folded...), cutMark...)
				out = strconv.AppendInt(out, int64(len(w.folded)-len(w.term)), 10)
			default:
				out = append(append(append(out, w.folded...), otherMark...), w.term...)
			}
		}
	}
	return out
}

// decodeTraces is the opposite of encode.
func decodeTraces(raw string) (traces, error) {
	var t traces
	parts := strings.Split(raw, partEnd)
	if len(parts) != len(t) {
		return t, fmt.Errorf("%d parts of words instead of %d", len(parts), len(t))
	}
	for i, part := range parts {
		if part == "" {
			continue
		}
		t[i] = make([]trace, 0, strings.Count(part, wordEnd)+1)
		for s := range strings.SplitSeq(part, wordEnd) {
			w, err := decodeTrace(s)
			if err != nil {
				return t, err
			}
			t[i] = append(t[i], w)
		}
	}
	return t, nil
}

func decodeTrace(s string) (trace, error) {
	if s != "" && s[0] == isCode {
		return trace{term: s[1:]}, nil
	}
	if at := strings.LastIndexByte(s, cutMark[0]); at >= 0 {
		return cutTrace(s[:at], s[at+1:])
	}
	if folded, term, ok := strings.Cut(s, otherMark); ok {
		return trace{term, folded}, nil
	}
	return trace{s, s}, nil
}

// cutTrace is a word whose stem lacks some bytes at its end.
func cutTrace(folded, rest string) (trace, error) {
	lacks, err := strconv.Atoi(rest)
	if err != nil || lacks < 0 || lacks > len(folded) {
		return trace{}, fmt.Errorf("word %q lacks %q bytes", folded, rest)
	}
	return trace{folded[:len(folded)-lacks], folded}, nil
}

// distinct is the different terms that are words.
func (t traces) distinct() map[string]bool {
	out := map[string]bool{}
	for _, part := range t {
		for _, w := range part {
			out[w.term] = true
		}
	}
	return out
}

// segments finds stored fields by document number.
type segments struct {
	list []*scorch.SegmentSnapshot
	ends []uint64 // number after the last document of each
}

func segmentsOf(r bleve.IndexReader) (segments, error) {
	snapshot, ok := r.(*scorch.IndexSnapshot)
	if !ok {
		return segments{}, fmt.Errorf("a reader of type %T has no segments", r)
	}
	var s segments
	end := uint64(0)
	for _, one := range snapshot.Segments() {
		end += uint64(max(one.FullSize(), 0))
		s.list, s.ends = append(s.list, one), append(s.ends, end)
	}
	return s, nil
}

// end is the number after the last document of all.
func (s segments) end() uint64 {
	if len(s.ends) == 0 {
		return 0
	}
	return s.ends[len(s.ends)-1]
}

// details is what is stored of a document, its words encoded.
func (s segments) details(doc uint64) (d details, words string, err error) {
	err = errors.New("no details stored")
	failed := s.visit(doc, func(name string, value []byte) {
		switch name {
		case fieldDetails:
			err = json.Unmarshal(value, &d)
		case fieldTraces:
			words = string(value)
		}
	})
	return d, words, errors.Join(failed, err)
}

// visit calls fn for each stored field of a document.
func (s segments) visit(doc uint64, fn func(name string, value []byte)) error {
	for i, end := range s.ends {
		if doc >= end {
			continue
		}
		if i > 0 {
			doc -= s.ends[i-1]
		}
		return s.list[i].VisitDocument(doc, func(name string, _ byte, value []byte, _ []uint64) bool {
			fn(name, value)
			return true
		})
	}
	return fmt.Errorf("document %d is beyond %d segments", doc, len(s.list))
}
