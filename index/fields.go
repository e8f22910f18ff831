package index

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/blevesearch/bleve/v2/document"
	bleve "github.com/blevesearch/bleve_index_api"
)

// The legs of a search, each a field of its own a language (see field), apart
// from identifiers, which read the same in every language.
const (
	legText      = "t" // title, headings, question and text
	legHeading   = "h" // title and headings alone
	legQuestion  = "q" // the question of a FAQ or a case alone
	legCodes     = "i" // identifiers, whole
	fieldAccess  = "a" // audience
	fieldLabels  = "f" // what filters look for
	fieldDetails = "m" // stored only: details
	fieldTraces  = "w" // stored only: traces
)

// field is the name of a leg's field for one language.
func field(leg, language string) string {
	if leg == legCodes {
		return leg
	}
	return leg + "_" + known(language)
}

// scoped is a term as it is stored. Every term begins with its workspace, so
// that postings, document frequencies and dictionaries of one workspace are
// its own, and no query can reach another's.
func scoped(workspace, term string) string { return workspace + "\x00" + term }

// details are stored with each passage: what a hit shows, and what must be
// subtracted from the statistics when the passage goes.
type details struct {
	Workspace string         `json:"w"`
	Audience  Audience       `json:"a"`
	Document  string         `json:"d"`
	Language  string         `json:"l,omitempty"`
	Kind      Kind           `json:"k,omitempty"`
	Lengths   map[string]int `json:"n"` // field name to terms in it, without empty fields
}

// analysed is a passage ready to be indexed.
type analysed struct {
	doc     *document.Document
	details details
	words   traces
}

// analysePassage counts p's terms field by field.
func analysePassage(p Passage) (analysed, error) {
	title := analyze(p.Language, strings.Join(append([]string{p.Title}, p.Headings...), "\n"))
	question := analyze(p.Language, p.Question)
	text := analyze(p.Language, p.Text)
	whole := slices.Concat(title, question, text)

	d := details{
		Workspace: p.Workspace, Audience: p.Audience, Document: p.Document,
		Language: p.Language, Kind: p.Kind, Lengths: map[string]int{},
	}
	doc := document.NewDocument(p.ID)
	add := func(leg string, terms []string) {
		if len(terms) == 0 {
			return
		}
		name := field(leg, p.Language)
		d.Lengths[name] = len(terms)
		doc.AddField(newTermField(name, p.Workspace, terms))
	}
	add(legText, evidence(whole))
	add(legHeading, evidence(title))
	add(legQuestion, evidence(question))
	add(legCodes, slices.Concat(
		codes(title, strings.Join(append([]string{p.Title}, p.Headings...), "\n"), written),
		codes(question, p.Question, written), codes(text, p.Text, written)))
	doc.AddField(newTermField(fieldAccess, p.Workspace, []string{string(p.Audience)}))
	if filed := labels(p); len(filed) > 0 {
		doc.AddField(newTermField(fieldLabels, p.Workspace, filed))
	}
	stored, err := json.Marshal(d)
	if err != nil {
		return analysed{}, fmt.Errorf("passage %q: %w", p.ID, err)
	}
	doc.AddField(&termField{name: fieldDetails, options: bleve.StoreField, value: stored})
	words := traces{traced(title), traced(question), traced(text)}
	doc.AddField(&termField{name: fieldTraces, options: bleve.StoreField, value: words.encode()})
	return analysed{doc: doc, details: d, words: words}, nil
}

// evidence is the terms that carry meaning, in order.
func evidence(words []word) []string {
	terms := make([]string, 0, len(words))
	for _, w := range words {
		if !w.Stop {
			terms = append(terms, w.Term)
		}
	}
	return terms
}

// spelling says how strictly a name and the number after it are joined.
type spelling int

const (
	written spelling = iota // "XY 2000" is a model, "over 2000" is not
	typed                   // customers write "xy 2000"; what no document holds does no harm
)

// codes is the identifiers whose exact match decides, each once, in order.
func codes(words []word, text string, s spelling) []string {
	var out []string
	for i, w := range words {
		switch {
		case w.role == code:
			out = append(out, w.Term)
		case w.role == part && i > 0 && neighbours(words[i-1], w, text, s):
			out = append(out, words[i-1].folded+w.Term)
		}
	}
	seen := make(map[string]bool, len(out))
	return slices.DeleteFunc(out, func(c string) bool {
		was := seen[c]
		seen[c] = true
		return was
	})
}

// neighbours reports whether name and number, one blank apart, are a model
// such as "XY 2000".
func neighbours(name, number word, text string, s spelling) bool {
	if name.folded == "" || len(number.Term) < 2 || !allDigits(number.Term) || utf8.RuneCountInString(name.folded) > 4 {
		return false
	}
	if name.End+1 != number.Start || text[name.End] != ' ' {
		return false
	}
	return s == typed || !strings.ContainsFunc(text[name.Start:name.End], func(r rune) bool { return !unicode.IsUpper(r) })
}

// termField is a field whose terms we have counted ourselves. Bleve stores its
// length exactly (the norm of a posting is 1/sqrt(length)).
type termField struct {
	name    string
	options bleve.FieldIndexingOptions
	value   []byte
	length  int
	terms   bleve.TokenFrequencies
}

func newTermField(name, workspace string, terms []string) *termField {
	counted := make(map[string]int, len(terms))
	for _, t := range terms {
		counted[t]++
	}
	freqs := make(bleve.TokenFrequencies, len(counted))
	all := make([]bleve.TokenFreq, len(counted))
	i := 0
	for t, n := range counted {
		key := scoped(workspace, t)
		all[i].Term = []byte(key)
		all[i].SetFrequency(n)
		freqs[key] = &all[i]
		i++
	}
	return &termField{name: name, options: bleve.IndexField, length: len(terms), terms: freqs}
}

func (f *termField) Name() string                                     { return f.name }
func (f *termField) Value() []byte                                    { return f.value }
func (f *termField) ArrayPositions() []uint64                         { return nil }
func (f *termField) EncodedFieldType() byte                           { return 't' }
func (f *termField) Analyze()                                         {}
func (f *termField) Options() bleve.FieldIndexingOptions              { return f.options }
func (f *termField) AnalyzedLength() int                              { return f.length }
func (f *termField) AnalyzedTokenFrequencies() bleve.TokenFrequencies { return f.terms }
func (f *termField) NumPlainTextBytes() uint64                        { return uint64(len(f.value)) }

func (f *termField) Size() int { return len(f.name) + len(f.value) + f.terms.Size() }
